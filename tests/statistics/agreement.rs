//! Agreement between people, language models and representations.

use approx::assert_relative_eq;
use human_alignment::agreement::{AgreementMatrix, Choices, ErrorConsistency};
use human_alignment::dataset::{SimulatedObserver, TripletFile};
use human_alignment::error::{ArgumentError, JudgmentError};
use human_alignment::inference::{Confidence, clustered_mean};
use human_alignment::{
    AlignmentMetric, FileSource, OddOneOut, OddOneOutTask, Representation, Similarity, Stimuli,
    ZeroShotOddOneOut,
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::refusals::assert_refused;

/// The same 2,171 questions, answered by people and two language models, held against one another and
/// against VICE. κ by sklearn.metrics.cohen_kappa_score of the positions of the odd one in the sorted
/// question, and of whether it is that of people.
#[test]
fn people_and_language_models_on_things() {
    let Some(shared) = common::shared() else {
        return;
    };
    let stimuli = Stimuli::numbered(1854);
    let read = |who: &str| {
        let path = shared.join(format!("data/things/2171trials_{who}.txt"));
        TripletFile::<OddOneOutTask>::read(path, stimuli.clone())
            .unwrap()
            .into_judgments()
    };
    let people = read("humans");
    let of = |who: &str| Choices::from_trials(who, &read(who));
    let vice = FileSource::open(shared.join("data/things/vice_embedding.npy")).unwrap();
    let vice = vice.with_ids(stimuli.clone()).read().unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let sources = [
        Choices::from_trials("people", &people),
        of("GPT_4"),
        of("ChatGPT_3.5"),
        Choices::from_representation("VICE", &metric, &vice, &people).unwrap(),
    ];
    let sources = sources.each_ref();
    let found = AgreementMatrix::new(&sources, Confidence::default()).unwrap();
    assert_eq!(found.names, ["people", "GPT_4", "ChatGPT_3.5", "VICE"]);
    assert_eq!(
        (found.n_questions, found.n_dropped.as_slice()),
        (2171, &[0; 4][..])
    );
    assert_eq!(found.n_ties, [0; 4]);

    let agreements = found.agreements();
    for ([one, other], expected) in [
        ([0, 1], 993.0 / 2171.0),
        ([0, 2], 754.0 / 2171.0),
        ([1, 2], 0.562_413_634_269_922_1),
    ] {
        assert_relative_eq!(agreements[[one, other]], expected, max_relative = 1e-12);
        assert_eq!(agreements[[one, other]], agreements[[other, one]]);
    }
    assert_eq!(agreements.diag().to_vec(), [1.0; 4]);
    let kappas = found.kappas();
    for ([one, other], expected) in [
        ([0, 1], 0.186_032_196_668_300_5),
        ([0, 2], 0.020_374_245_929_035_806),
        ([1, 2], 0.343_222_336_013_369_6),
    ] {
        assert_relative_eq!(
            kappas[[one, other]].unwrap(),
            expected,
            max_relative = 1e-11
        );
    }
    // ChatGPT is hardly better than chance, GPT-4 is.
    let kappa = |one, other| found.pair(one, other).unwrap().kappa.unwrap();
    assert!(kappa(0, 2).p_value() > 0.05);
    assert!(kappa(0, 1).p_value() < 1e-6);
    assert!(found.pair(0, 4).is_none());
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(
        serde_json::from_str::<AgreementMatrix>(&json).unwrap(),
        found
    );

    // The agreement with people is the zero-shot score.
    let score = metric.score(&vice, &people).unwrap();
    let pair = found.pair(3, 0).unwrap();
    assert_eq!(
        (pair.agreement.value, pair.interval),
        (score.accuracy, score.interval)
    );
    assert_eq!(pair.agreement.standard_error, score.standard_error);
    // And so are the credits of a source without a representation.
    let credits = sources[1].credits(&people).unwrap();
    let accuracy = clustered_mean(&people, &credits).unwrap();
    assert_eq!(accuracy, found.pair(0, 1).unwrap().agreement);

    let errors = ErrorConsistency::new(sources[0], &sources[1..], Confidence::default()).unwrap();
    assert_eq!(errors.accuracies[0], accuracy);
    assert_relative_eq!(
        errors.kappas()[[0, 1]].unwrap(),
        0.418_303_022_751_343_8,
        max_relative = 1e-11
    );
    assert_relative_eq!(errors.kappas()[[2, 2]].unwrap(), 1.0, max_relative = 1e-12);
}

fn embedding(n: u32) -> Representation {
    let features =
        Array2::from_shape_fn((n as usize, 4), |(i, j)| ((i * 4 + j) as f32 * 1.7).sin());
    Representation::new(Stimuli::numbered(n), features).unwrap()
}

#[test]
fn sources_are_joined_by_question() {
    let observer = SimulatedObserver::new(embedding(30)).unwrap();
    let all = observer.odd_one_out(3000, 3).unwrap().into_judgments();
    let half = all.select(&(0..1500).rev().collect::<Vec<_>>()).unwrap();
    let of_all = Choices::from_trials("all", &all);

    // The same answers with stimuli in another order.
    let reversed = Stimuli::new((0..30).rev().map(|n| n.to_string())).unwrap();
    let (others, n_dropped) = all.restrict_to(&reversed).unwrap();
    assert_eq!(n_dropped, 0);
    let of_others = Choices::from_trials("others", &others);
    let found = AgreementMatrix::new(&[&of_all, &of_others], Confidence::default()).unwrap();
    assert_eq!((found.n_questions, found.agreements()[[0, 1]]), (3000, 1.0));

    // Half of them, backwards: a question that was asked twice meets its other answer at times.
    let of_half = Choices::from_trials("half", &half);
    let found = AgreementMatrix::new(&[&of_all, &of_half], Confidence::default()).unwrap();
    assert_eq!((found.n_questions, found.n_dropped), (1500, vec![1500, 0]));
    let pair = found.pairs[1];
    assert!(
        pair.agreement.value > 0.75 && pair.agreement.value < 1.0,
        "{pair:?}"
    );

    let none = OddOneOut::new(Stimuli::new(["x", "y", "z"]).unwrap(), vec![[0, 1, 2]]).unwrap();
    let none = Choices::from_trials("none", &none);
    let refused = AgreementMatrix::new(&[&of_all, &none], Confidence::default());
    assert_refused!(refused, Judgment(JudgmentError::NoTrials));
    let refused = AgreementMatrix::new::<OddOneOutTask>(&[], Confidence::default());
    assert_refused!(refused, Argument(ArgumentError::TooFew { .. }));
}

#[test]
fn errors_of_one_cause_are_consistent_and_others_are_not() {
    let people = SimulatedObserver::new(embedding(60)).unwrap();
    let people = people
        .with_temperature(0.01)
        .unwrap()
        .odd_one_out(20_000, 1)
        .unwrap();
    let people = people.into_judgments();
    let of_people = Choices::from_trials("people", &people);
    // Two models that miss the first feature in the same way, and one that misses the others.
    let without = |columns: &[usize]| {
        let mut features = embedding(60).into_features().into_f32();
        columns
            .iter()
            .for_each(|&column| features.column_mut(column).fill(0.0));
        let representation = Representation::new(Stimuli::numbered(60), features).unwrap();
        let metric = ZeroShotOddOneOut::new(Similarity::Dot);
        Choices::from_representation("model", &metric, &representation, &people).unwrap()
    };
    let (a, same, b) = (without(&[0]), without(&[0]), without(&[3]));
    // And one that errs at random: it turns a fifth of the choices of people into others.
    let mut random = vec![Some(0); people.len()];
    random
        .iter_mut()
        .step_by(5)
        .for_each(|choice| *choice = Some(1));
    let random = Choices::new("random", &people, &random).unwrap();
    let found = ErrorConsistency::new(&of_people, &[&a, &same, &b, &random], Confidence::default());
    let found = found.unwrap();
    let kappa = |first, second| found.kappas()[[first, second]].unwrap();
    assert_relative_eq!(kappa(0, 1), 1.0);
    assert!(kappa(0, 2) < 0.5, "{}", kappa(0, 2));
    assert!(kappa(0, 3).abs() < 0.02, "{}", kappa(0, 3));
    assert_relative_eq!(found.accuracies[3].value, 0.8);
    // Only the accuracies say what is expected.
    let pair = found
        .pairs
        .iter()
        .find(|pair| (pair.first, pair.second) == (0, 3))
        .unwrap();
    let [p, q] = [0, 3].map(|source: usize| found.accuracies[source].value);
    assert_relative_eq!(
        pair.expected,
        p * q + (1.0 - p) * (1.0 - q),
        max_relative = 1e-12
    );
}

/// The object-level error of κ is its standard deviation over other objects and trials.
#[test]
fn the_error_of_kappa_knows_of_objects() {
    const REPLICATES: usize = 400;

    let (n_objects, n_trials) = (80u32, 3000);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut kappas, mut squared_errors) = (Vec::new(), 0.0);
    let mut binomial = 0.0;
    for _ in 0..REPLICATES {
        // Two sources agree more about some objects than about others.
        let effects: Vec<f64> = (0..n_objects)
            .map(|_| rng.random_range(-0.2..0.2))
            .collect();
        let (mut trials, mut chosen) = (Vec::new(), Vec::new());
        while trials.len() < n_trials {
            let [a, b, c]: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..n_objects));
            if a == b || a == c || b == c {
                continue;
            }
            let effect: f64 = [a, b, c]
                .map(|object| effects[object as usize])
                .iter()
                .sum();
            trials.push([a, b, c]);
            let agrees = rng.random_bool(0.6 + effect / 2.0);
            chosen.push(Some(if agrees { 0 } else { rng.random_range(1..3) }));
        }
        let trials = OddOneOut::new(Stimuli::numbered(n_objects), trials).unwrap();
        let sources = [
            Choices::from_trials("people", &trials),
            Choices::new("model", &trials, &chosen).unwrap(),
        ];
        let found = AgreementMatrix::new(&sources.each_ref(), Confidence::default()).unwrap();
        let kappa = found.pair(0, 1).unwrap().kappa.unwrap();
        kappas.push(kappa.value);
        squared_errors += kappa.standard_error.unwrap().powi(2);
        let share = found.agreements()[[0, 1]];
        binomial += share * (1.0 - share) / n_trials as f64 * 1.5 * 1.5;
    }
    let n = REPLICATES as f64;
    let mean = kappas.iter().sum::<f64>() / n;
    let variance = kappas
        .iter()
        .map(|kappa| (kappa - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    let ratio = (squared_errors / n / variance).sqrt();
    assert!((0.9..1.1).contains(&ratio), "{ratio}");
    // As if questions shared nothing, it would be too small.
    assert!((binomial / n / variance).sqrt() < 0.6);
}
