//! Embeddings learned from choices: planted ones are found, fits do not depend on interruptions or threads, and a convex
//! problem bounds them.

use std::collections::HashSet;

use human_alignment::dataset::{SimulatedObserver, TripletFile};
use human_alignment::embedding::{
    Spose, SposeCrossValidation, Vice, expected_information, folds_by_question,
    informative_triples, match_dimensions, random_triples, reproducibility,
};
use human_alignment::error::ArgumentError;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::probe::{PenaltyKind, Standardize};
use human_alignment::transform::Standardization;
use human_alignment::{OddOneOutTask, Probe, Representation, SimilarityDataset, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::refusals::assert_refused;

pub(crate) type Choices = ChoiceFrequencies<OddOneOutTask>;

/// Returns a sparse embedding: every object has weights in about a third of the dimensions.
pub(crate) fn planted(n_objects: usize, n_dimensions: usize) -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut weight = || {
        let (is_present, size): (f64, f64) = (rng.random(), rng.random());
        if is_present < 0.35 {
            0.3 + 1.7 * size
        } else {
            0.02 * size
        }
    };
    let weights = Array2::from_shape_simple_fn((n_objects, n_dimensions), &mut weight);
    Representation::new(Stimuli::numbered(n_objects as u32), weights).unwrap()
}

pub(crate) fn choices_of(truth: &Representation, n_trials: usize, seed: u64) -> Choices {
    let observer = SimulatedObserver::new(truth.clone()).unwrap();
    ChoiceFrequencies::from_trials(observer.odd_one_out(n_trials, seed).unwrap().judgments())
}

pub(crate) fn spose(lambda: f64) -> Spose {
    Spose::new(20).unwrap().with_lambda(lambda).unwrap()
}

#[test]
fn a_planted_embedding_is_found() {
    let truth = planted(120, 5);
    let (choices, test) = (choices_of(&truth, 40_000, 1), choices_of(&truth, 40_000, 2));
    let embedding = spose(0.02).fit(&choices).unwrap();
    assert!(embedding.is_converged());
    assert_eq!(embedding.n_dimensions(), 5);
    let matched = match_dimensions(&truth, embedding.representation(), 200, 1).unwrap();
    for pair in &matched.pairs {
        assert!(pair.correlation >= 0.95, "{pair:?}");
        assert_eq!(pair.p_value, 1.0 / 201.0);
    }
    let sums: Vec<f64> = (0..5)
        .map(|dimension| {
            let values = embedding.representation().features().to_f64();
            values.column(dimension).sum()
        })
        .collect();
    assert!(sums.is_sorted_by(|a, b| a >= b), "{sums:?}");
    assert!(embedding.to_concepts().is_ok());
    // The truth predicts new trials little better.
    let found = embedding.score(&test).unwrap();
    let best = {
        let observer = SimulatedObserver::new(truth.clone()).unwrap();
        let trials = observer.odd_one_out(40_000, 2).unwrap();
        let metric = human_alignment::ZeroShotOddOneOut::new(human_alignment::Similarity::Dot);
        use human_alignment::AlignmentMetric;
        metric.score(&truth, trials.judgments()).unwrap()
    };
    assert!(
        best.accuracy - found.accuracy < 0.01,
        "{found:?} {}",
        best.accuracy
    );
    assert!(
        found.cross_entropy - best.cross_entropy < 0.01,
        "{found:?} {}",
        best.cross_entropy
    );
}

#[test]
fn lambda_is_chosen_near_the_best() {
    let truth = planted(60, 4);
    let (choices, test) = (choices_of(&truth, 6_000, 1), choices_of(&truth, 40_000, 2));
    let lambdas = [0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 3.0];
    let selection = SposeCrossValidation::new(Spose::new(15).unwrap())
        .with_lambdas(&lambdas)
        .unwrap()
        .run(&choices)
        .unwrap();
    assert_eq!(
        selection
            .path
            .iter()
            .map(|at| at.lambda)
            .collect::<Vec<_>>(),
        lambdas
    );
    assert_eq!(selection.embedding.lambda(), selection.best.lambda);
    let of = |lambda: f64| -> f64 {
        let spose = Spose::new(15).unwrap().with_lambda(lambda).unwrap();
        spose
            .fit(&choices)
            .unwrap()
            .score(&test)
            .unwrap()
            .cross_entropy
    };
    let best = lambdas
        .iter()
        .map(|&lambda| of(lambda))
        .fold(f64::INFINITY, f64::min);
    let chosen = selection.embedding.score(&test).unwrap().cross_entropy;
    assert!(chosen < best + 0.02, "{chosen} {best} {:?}", selection.path);
    // All dimensions are removed where the penalty is too large, and every answer has probability 1/3.
    let last = selection.path.last().unwrap();
    assert_eq!((last.n_dimensions, last.accuracy), (0.0, 0.0));
    assert!((last.cross_entropy - 3f64.ln()).abs() < 1e-12);
}

/// The default candidates are tried from the largest, and the small ones are skipped.
#[test]
fn a_lambda_is_found_without_trying_all() {
    let truth = planted(40, 3);
    let (choices, test) = (choices_of(&truth, 4_000, 1), choices_of(&truth, 40_000, 2));
    let selection = SposeCrossValidation::new(Spose::new(10).unwrap())
        .run(&choices)
        .unwrap();
    let path = &selection.path;
    assert!(path.is_sorted_by(|a, b| a.lambda < b.lambda));
    assert_eq!(path.last().unwrap().lambda, 0.2);
    assert!(
        path[0].lambda > 0.005 && path[0].lambda < selection.best.lambda,
        "{path:#?} {:?}",
        selection.best
    );
    let chosen = selection.embedding.score(&test).unwrap().cross_entropy;
    for lambda in [0.005, 0.02, 0.04, 0.08, 0.16] {
        let spose = Spose::new(10).unwrap().with_lambda(lambda).unwrap();
        let other = spose.fit(&choices).unwrap().score(&test).unwrap();
        assert!(
            chosen < other.cross_entropy + 0.01,
            "{lambda} {other:?} {chosen}"
        );
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let choices = choices_of(&planted(210, 4), 20_000, 1);
    let spose = spose(0.02).with_max_iterations(30).unwrap();
    let vice = Vice::new(6).unwrap().with_max_steps(20).unwrap();
    let with = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap();
        pool.install(|| (spose.fit(&choices).unwrap(), vice.fit(&choices).unwrap()))
    };
    assert_eq!(with(1), with(3));
}

/// With identity features and the trace penalty, the probe is the convex relaxation of the embedding with a penalty of
/// its squared weights. Its lower bound holds for every embedding, and that of a planted one is close to it.
#[test]
fn no_embedding_is_below_the_bound_of_the_probe() {
    let weight = 1e-4;
    let choices = choices_of(&planted(40, 3), 20_000, 1);
    let embedding = Spose::new(40)
        .unwrap()
        .with_lambda(0.01)
        .unwrap()
        .fit(&choices)
        .unwrap();
    let identity = Representation::new(Stimuli::numbered(40), Array2::<f64>::eye(40)).unwrap();
    let fit = Probe::new(weight)
        .unwrap()
        .with_penalty_kind(PenaltyKind::Trace)
        .with_standardize(Standardize::By(Standardization::scalar(0.0, 1.0).unwrap()))
        .with_tolerance(1e-6)
        .unwrap()
        .fit(&identity, &choices)
        .unwrap();
    let squares: f64 = embedding
        .representation()
        .features()
        .iter()
        .map(|x| x * x)
        .sum();
    let objective = embedding.loss() + weight * squares;
    let zero = 3f64.ln();
    assert!(
        objective >= fit.lower_bound(),
        "{objective} {}",
        fit.lower_bound()
    );
    // It explains most of what any similarities explain.
    let share = (zero - objective) / (zero - fit.lower_bound());
    assert!(share > 0.8, "{share} {objective} {}", fit.lower_bound());
}

#[test]
fn probabilities_of_a_model_give_its_dimensions() {
    let truth = planted(60, 4);
    let questions: Vec<[u32; 3]> = {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut draw = || {
            let [a, b, c] = [0; 3].map(|_| rng.random_range(0..60u32));
            [a, b, c]
        };
        let all = std::iter::repeat_with(&mut draw);
        all.filter(|[a, b, c]| a != b && a != c && b != c)
            .take(8_000)
            .collect()
    };
    let trials =
        human_alignment::OddOneOut::new(truth.stimuli().clone(), questions.clone()).unwrap();
    let metric = human_alignment::ZeroShotOddOneOut::new(human_alignment::Similarity::Dot);
    let probabilities = metric.probabilities(&truth, &trials).unwrap();
    let of_pairs = probabilities
        .rows()
        .into_iter()
        .map(|row| [row[0], row[1], row[2]]);
    let choices = Choices::new(truth.stimuli().clone(), questions, of_pairs.collect()).unwrap();
    let embedding = spose(0.002).fit(&choices).unwrap();
    let matched = match_dimensions(&truth, embedding.representation(), 20, 1).unwrap();
    // Without the noise of choices, fewer trials determine it better.
    assert!(
        matched.pairs.iter().all(|pair| pair.correlation > 0.98),
        "{matched:?}"
    );
    let [lacking, _] = matched.lacking(0.9);
    assert!(lacking.is_empty());
}

#[test]
fn dimensions_are_reproduced_by_other_seeds_and_halves() {
    let truth = planted(80, 4);
    let choices = choices_of(&truth, 30_000, 1);
    let folds = folds_by_question(&choices, 2, 1).unwrap();
    let fit = |choices: &Choices, seed: u64| {
        let embedding = spose(0.02).with_seed(seed).fit(choices).unwrap();
        embedding.into_representation()
    };
    let first = fit(&choices, 0);
    let halves =
        [0, 1].map(|fold| fit(&choices.select(&folds.held_out(fold)).unwrap(), fold as u64));
    let seeds = [1, 2].map(|seed| fit(&choices, seed));
    for (others, least) in [(&halves, 0.9), (&seeds, 0.99)] {
        let found = reproducibility(&first, &[&others[0], &others[1]]).unwrap();
        for dimension in found {
            assert!(dimension.mean > least, "{dimension:?}");
            // The mean of z = atanh(r), transformed back.
            let z: f64 = dimension
                .correlations
                .iter()
                .map(|r| r.atanh())
                .sum::<f64>()
                / 2.0;
            assert!((dimension.mean - z.tanh()).abs() < 1e-12);
        }
    }
}

#[test]
fn vice_finds_a_planted_embedding_and_its_uncertainty() {
    let truth = planted(60, 3);
    let choices = choices_of(&truth, 30_000, 1);
    let vice = Vice::new(10).unwrap().fit(&choices).unwrap();
    assert!(vice.is_converged());
    assert_eq!(vice.n_dimensions(), 3);
    let matched = match_dimensions(&truth, vice.representation(), 20, 1).unwrap();
    assert!(
        matched.pairs.iter().all(|pair| pair.correlation > 0.95),
        "{matched:?}"
    );
    assert!(
        vice.deviations()
            .features()
            .iter()
            .all(|deviation| deviation > 0.0 && deviation < 1.0)
    );
    let spose = spose(0.02).fit(&choices).unwrap();
    let [vice, spose] = [vice.score(&choices), spose.score(&choices)].map(Result::unwrap);
    assert!(
        (vice.cross_entropy - spose.cross_entropy).abs() < 0.002,
        "{vice:?} {spose:?}"
    );
}

/// Answers to informative questions improve the embedding more than answers to random ones.
#[test]
fn informative_questions_are_worth_asking() {
    let truth = planted(40, 3);
    let people = SimulatedObserver::new(truth.clone()).unwrap();
    let test = choices_of(&truth, 40_000, 100);
    let vice = Vice::new(6).unwrap().with_stopping(500, 500).unwrap();
    let learn = |triples: &[[u32; 3]], seed| {
        let answers = people.answer::<OddOneOutTask>(triples, seed).unwrap();
        vice.fit(&ChoiceFrequencies::from_trials(answers.judgments()))
            .unwrap()
    };
    let mut cross_entropies = [0.0; 2];
    for seed in 0..3 {
        let mut triples = random_triples(40, 1600, seed).unwrap();
        let first = learn(&triples[..800], seed);
        let random = learn(&triples, seed).score(&test).unwrap();
        let next = informative_triples(&first, 800, seed).unwrap();
        let information = |triples: &[[u32; 3]]| -> f64 {
            let each = expected_information(&first, triples, seed + 1).unwrap();
            each.iter().sum::<f64>() / each.len() as f64
        };
        assert!(information(&next) > 1.5 * information(&triples[800..]));
        triples.truncate(800);
        triples.extend(next);
        let informative = learn(&triples, seed).score(&test).unwrap();
        cross_entropies[0] += random.cross_entropy / 3.0;
        cross_entropies[1] += informative.cross_entropy / 3.0;
    }
    assert!(
        cross_entropies[1] < cross_entropies[0],
        "{cross_entropies:?}"
    );
}

/// A stimulus that nobody was asked about is as uncertain as before.
#[test]
fn stimuli_without_choices_have_the_uncertainty_of_the_prior() {
    let people = SimulatedObserver::new(planted(13, 2)).unwrap();
    let triples = random_triples(12, 220, 1).unwrap().repeat(20);
    let answers = people.answer::<OddOneOutTask>(&triples, 1).unwrap();
    let choices = ChoiceFrequencies::from_trials(answers.judgments());
    let vice = Vice::new(3).unwrap().with_prior(0.5, 2.0, 0.75).unwrap();
    let embedding = vice.fit(&choices).unwrap();
    let deviation = embedding.deviations().features().get([12, 0]).unwrap();
    // 0.75 · 0.25 + 0.25 · 4.
    let variance = deviation.powi(2);
    assert!((variance - 1.1875).abs() < 1e-12, "{variance}");
    let all = informative_triples(&embedding, 286, 1).unwrap();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 286);
    let (with, without): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|triple| triple.contains(&12));
    let information = |triples: Vec<[u32; 3]>| {
        let each = expected_information(&embedding, &triples, 1).unwrap();
        each.iter().sum::<f64>() / each.len() as f64
    };
    let (with, without) = (information(with), information(without));
    assert!(with > 2.0 * without, "{with} {without}");
    assert!(expected_information(&embedding, &[[1, 1, 2]], 1).is_err());
    assert!(informative_triples(&embedding, 287, 1).is_err());
    assert_eq!(informative_triples(&embedding, 0, 1).unwrap().len(), 0);
    let all = informative_triples(&embedding, 286, 1).unwrap();
    assert_eq!(
        all.iter().collect::<std::collections::HashSet<_>>().len(),
        286
    );
}

#[test]
fn bad_settings_are_refused() {
    assert_refused!(
        Spose::new(0),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let spose = || Spose::new(3).unwrap();
        assert_refused!(
            spose().with_lambda(bad),
            Argument(ArgumentError::InvalidParameter { .. })
        );
        assert_refused!(
            spose().with_tolerance(bad),
            Argument(ArgumentError::InvalidParameter { .. })
        );
        let validation = SposeCrossValidation::new(spose()).with_lambdas(&[0.1, bad]);
        assert_refused!(validation, Argument(ArgumentError::InvalidParameter { .. }));
        let vice = Vice::new(3).unwrap().with_prior(bad, 1.0, 0.5);
        assert_refused!(vice, Argument(ArgumentError::InvalidParameter { .. }));
    }
    let validation = SposeCrossValidation::new(Spose::new(3).unwrap());
    assert_refused!(
        validation.clone().with_folds(1),
        Argument(ArgumentError::TooFew { .. })
    );
    assert_refused!(
        validation.with_lambdas(&[]),
        Argument(ArgumentError::TooFew { .. })
    );
    let constant =
        Representation::new(Stimuli::numbered(4), Array2::from_elem((4, 1), 0.1)).unwrap();
    let other = planted(4, 2);
    let matched = match_dimensions(&other, &constant, 10, 1);
    assert_refused!(matched, Argument(ArgumentError::InvalidParameter { .. }));
    assert_refused!(
        reproducibility(&other, &[]),
        Argument(ArgumentError::TooFew { .. })
    );
}

/// A projected Adam in numpy with 30 dimensions predicts 54.2 % of the held-out trials of 264 people.
#[test]
fn human_choices_are_predicted_better_than_by_a_projected_adam() {
    let Some(shared) = common::shared() else {
        return;
    };
    let file = shared.join("data/things/human_triplets.npy");
    let file = TripletFile::<OddOneOutTask>::read(file, Stimuli::numbered(1854));
    let trials = file.unwrap();
    let choices = ChoiceFrequencies::from_trials(trials.judgments());
    let folds = folds_by_question(&choices, 10, 0).unwrap();
    let training = choices.select(&folds.training(0)).unwrap();
    let test = choices.select(&folds.held_out(0)).unwrap();
    let spose = Spose::new(30).unwrap().with_lambda(0.06).unwrap();
    let embedding = spose.with_tolerance(1e-4).unwrap().fit(&training).unwrap();
    let score = embedding.score(&test).unwrap();
    assert!(score.accuracy > 0.57, "{score:?}");
    assert!(score.cross_entropy < 3f64.ln() - 0.1, "{score:?}");
}
