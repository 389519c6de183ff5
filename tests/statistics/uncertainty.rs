//! Uncertainty alignment against numpy and scipy, and on real people.

use std::path::Path;

use approx::assert_relative_eq;
use human_alignment::dataset::TripletSource;
use human_alignment::error::ArgumentError;
use human_alignment::inference::{Confidence, clustered_mean_of};
use human_alignment::uncertainty::{Disagreement, TrialCorrelation, UncertaintyAnalysis};
use human_alignment::{
    FileSource, OddOneOut, OddOneOutTask, Representation, Similarity, Stimuli, ZeroShotOddOneOut,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::refusals::assert_refused;

/// Reads the objects of THINGS and the VICE embedding of them.
fn things(shared: &Path) -> (Stimuli, Representation) {
    let list = |name: &str| {
        let text = std::fs::read_to_string(shared.join("data/things").join(name)).unwrap();
        Stimuli::new(text.lines()).unwrap()
    };
    let vice = FileSource::open(shared.join("data/things/vice_embedding.npy")).unwrap();
    let vice = vice.with_ids(list("vice_objects.txt")).read().unwrap();
    (list("concepts.txt"), vice)
}

/// Reads the answers of the 199 people who answered the same 440 questions.
pub fn crossed(shared: &Path, stimuli: &Stimuli) -> OddOneOut {
    let path = shared.join("data/things/crossed_triplets.npy");
    // The questions are not in the order of answers.
    let questions = FileSource::open(path).unwrap().read().unwrap();
    let questions = questions.features().to_f64().mapv(|index| index as u32);
    let odd = FileSource::open(shared.join("data/things/crossed_odd_position.npy")).unwrap();
    let odd = odd.read().unwrap().features().to_f64();
    let (mut trials, mut people) = (Vec::new(), Vec::new());
    for (person, answers) in odd.rows().into_iter().enumerate() {
        for (question, answer) in questions.rows().into_iter().zip(answers) {
            let [a, b, c] = [0, 1, 2].map(|column| question[column]);
            trials.push(match answer {
                0.0 => [b, c, a],
                1.0 => [a, c, b],
                _ => [a, b, c],
            });
            people.push(person.to_string());
        }
    }
    let trials = OddOneOut::new(stimuli.clone(), trials).unwrap();
    trials.with_participants(people).unwrap()
}

/// Compares the entropies of VICE with those of 199 people. Values by scipy.stats.spearmanr,
/// pearsonr and linregress of the softmax entropies and of Σ n/N (digamma(N) − digamma(n)); standard
/// errors by the sum of products of influences over all pairs of questions that share an object.
#[test]
fn vice_and_people_on_crossed_questions() {
    let Some(shared) = common::shared() else {
        return;
    };
    let (stimuli, vice) = things(&shared);
    let trials = crossed(&shared, &stimuli);
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let analysis = UncertaintyAnalysis::default();
    let anonymous = OddOneOut::new(stimuli, trials.as_slice().to_vec()).unwrap();
    let found = analysis.run(&metric, &vice, &anonymous).unwrap();
    assert_eq!(
        (found.n_questions, found.n_answers, found.n_dropped),
        (440, 87_560, 0)
    );
    let near =
        |found: f64, expected: f64| assert_relative_eq!(found, expected, max_relative = 1e-6);
    // Ranks of entropies that are equal but for rounding depend on the order of operations.
    let spearman = found.spearman.estimate.value;
    assert_relative_eq!(spearman, 0.526_842_378_018_525_8, max_relative = 1e-5);
    near(found.pearson.estimate.value, 0.576_122_390_598_085_7);
    // All answers in one bin, and no question with so many answers.
    let one_bin = analysis.with_bin_width(2.0).unwrap();
    let one_bin = one_bin.run(&metric, &vice, &anonymous).unwrap();
    assert_eq!(one_bin.bins.len(), 1);
    near(
        one_bin.bins[0].human_entropy.value,
        found.human_entropy.value,
    );
    let many = analysis.with_min_answers(200).unwrap();
    assert!(many.run(&metric, &vice, &anonymous).is_err());
    assert!(analysis.with_bin_width(0.0).is_err());
    assert!(analysis.with_min_answers(1).is_err());
    near(found.slope.value, 0.455_761_649_896_872_35);
    near(found.intercept, 0.511_663_874_811_067_8);
    near(
        found.pearson.estimate.standard_error.unwrap(),
        0.048_126_569_294_576_135,
    );
    let error = found.spearman.estimate.standard_error.unwrap();
    assert_relative_eq!(error, 0.042_189_050_960_127_365, max_relative = 5e-5);
    near(found.model_entropy, 0.852_934_474_218_821_5);
    near(found.human_entropy.value, 0.900_398_698_034_959_2);
    let last = found.bins.last().unwrap();
    assert_eq!((found.bins.len(), last.n_questions), (11, 143));
    near(last.human_entropy.value, 0.975_240_411_783_510_2);
    // The same by splitting people: √0.9598 and 0.9699.
    let ceiling = found.ceiling.unwrap();
    assert_relative_eq!(ceiling.pearson.value, 0.979_678, epsilon = 0.002);
    assert_relative_eq!(ceiling.spearman.value, 0.969_869, epsilon = 0.002);

    let named = analysis.run(&metric, &vice, &trials).unwrap();
    assert_eq!(named.spearman.estimate.value, found.spearman.estimate.value);
    assert!(named.spearman.interval.lower > 0.4, "{:?}", named.spearman);
}

/// Correlates the entropies of VICE with the share of answers that differ from the commonest one, in
/// 1,985 questions. Values by scipy.stats.spearmanr and pearsonr.
#[test]
fn vice_and_repeated_questions() {
    let Some(shared) = common::shared() else {
        return;
    };
    let (stimuli, vice) = things(&shared);
    let table = std::fs::read_to_string(shared.join("data/things/repeated_triplets.tsv")).unwrap();
    let (mut questions, mut dissent) = (Vec::new(), Vec::new());
    for line in table.lines().skip(1) {
        let fields: Vec<f64> = line
            .split('\t')
            .map(|field| field.parse().unwrap())
            .collect();
        questions.push([fields[0] as u32, fields[1] as u32, fields[2] as u32]);
        dissent.push(1.0 - fields[4]);
    }
    let questions = OddOneOut::new(stimuli, questions).unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let entropies = metric.entropies(&vice, &questions).unwrap();
    let found =
        TrialCorrelation::new(&questions, &entropies, &dissent, Confidence::default()).unwrap();
    assert_eq!(found.n_trials, 1985);
    assert_relative_eq!(
        found.spearman.estimate.value,
        0.724_412_288_903_034_2,
        epsilon = 1e-6
    );
    assert_relative_eq!(
        found.pearson.estimate.value,
        0.729_670_460_797_182_2,
        epsilon = 1e-6
    );
    assert!(found.spearman.interval.lower > 0.68, "{:?}", found.spearman);
}

/// Checks that answers of the same people contribute to the error of entropies exactly as a sum over
/// objects would, if each question has other people.
#[test]
fn influences_of_answers_sum_to_those_of_questions() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut trials, mut entropies) = (Vec::new(), Vec::new());
    for question in 0..40u32 {
        let entropy: f64 = rng.random();
        entropies.push(entropy);
        for _ in 0..5 {
            let (a, b, c) = (question, 40 + question % 7, 50 + question % 11);
            let is_other = rng.random::<f64>() < entropy;
            trials.push(if is_other { [a, c, b] } else { [a, b, c] });
        }
    }
    let trials = OddOneOut::new(Stimuli::numbered(61), trials).unwrap();
    let human = Disagreement::new(&trials, 5).unwrap();
    let found = UncertaintyAnalysis::default()
        .run_entropies(&human, &entropies)
        .unwrap();
    // The same statistics of one value per question.
    let of_people = human.entropies();
    let confidence = Confidence::default();
    let plain =
        TrialCorrelation::new(human.questions(), &entropies, of_people, confidence).unwrap();
    for (found, plain) in [
        (found.spearman.estimate, plain.spearman.estimate),
        (found.pearson.estimate, plain.pearson.estimate),
        (found.slope, plain.slope),
        (
            found.human_entropy,
            clustered_mean_of(human.questions(), of_people).unwrap(),
        ),
    ] {
        assert_relative_eq!(found.value, plain.value, max_relative = 1e-12);
        let errors = [found, plain].map(|it| it.standard_error.unwrap());
        assert_relative_eq!(errors[0], errors[1], max_relative = 1e-9);
    }
}

#[test]
fn response_times_are_related_within_people() {
    // Bob is slow and sees the certain questions; within people, uncertain questions take longer.
    let table = "image1,image2,image3,choice,participant,rt\n".to_owned()
        + &(0..12u32)
            .map(|n| {
                let (a, b, c) = (3 * n, 3 * n + 1, 3 * n + 2);
                let (person, rt) = match n {
                    11 => ("Eve", 1.0),
                    5 => ("Ann", f64::NAN),
                    n if n < 6 => ("Ann", f64::from(n + 1)),
                    n => ("Bob", f64::from(100 * (n - 4))),
                };
                let rt = if rt.is_nan() {
                    String::new()
                } else {
                    rt.to_string()
                };
                format!("{a},{b},{c},{c},{person},{rt}\n")
            })
            .collect::<String>();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.csv");
    std::fs::write(&path, table).unwrap();
    let source = TripletSource::<OddOneOutTask>::new(&path).unwrap();
    let file = source.read(&Stimuli::numbered(36)).unwrap();
    let times = file.response_times().unwrap().to_vec();
    let trials = file.into_judgments();
    let entropies: Vec<f64> = (0..12)
        .map(|n| if n < 6 { 10 + n } else { n - 6 }.into())
        .collect();
    let confidence = Confidence::default();
    let found =
        TrialCorrelation::of_response_times(&trials, &entropies, &times, confidence).unwrap();
    // Without the trial that has no time, and without the one trial of Eve.
    assert_eq!(found.n_trials, 10);
    assert!(found.pearson.estimate.value > 0.9, "{found:?}");
    let logs: Vec<f64> = times
        .iter()
        .map(|time| if time.is_nan() { 0.0 } else { time.ln() })
        .collect();
    let across = TrialCorrelation::new(&trials, &entropies, &logs, confidence).unwrap();
    assert!(across.pearson.estimate.value < 0.0, "{across:?}");
    assert_refused!(
        TrialCorrelation::of_response_times(&trials, &entropies[1..], &times, confidence),
        Argument(ArgumentError::LengthMismatch { .. })
    );
}

#[test]
fn undefined_correlations_are_refused() {
    let questions: Vec<[u32; 3]> = (0..4).map(|n| [3 * n, 3 * n + 1, 3 * n + 2]).collect();
    let trials = OddOneOut::new(Stimuli::numbered(12), questions.repeat(3)).unwrap();
    let human = Disagreement::new(&trials, 2).unwrap();
    let analysis = UncertaintyAnalysis::default();
    // All people agree in every question.
    assert_refused!(
        analysis.run_entropies(&human, &[0.1, 0.2, 0.3, 0.4]),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    for wrong in [f64::NAN, -0.1] {
        assert_refused!(
            analysis.run_entropies(&human, &[0.1, 0.2, 0.3, wrong]),
            Argument(ArgumentError::InvalidParameter { .. })
        );
    }
    assert_refused!(
        analysis.run_entropies(&human, &[0.1]),
        Argument(ArgumentError::LengthMismatch { .. })
    );
    assert_refused!(
        Disagreement::new(&trials, 1),
        Argument(ArgumentError::InvalidParameter { .. })
    );
}
