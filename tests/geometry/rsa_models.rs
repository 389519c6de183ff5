//! Several models at once: partial correlations, weighted models, and the permutation test.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use human_alignment::error::{ArgumentError, ErrorKind, RdmError, StimuliError};
use human_alignment::inference::Folds;
use human_alignment::metric::rsa::{
    Comparator, PermutationTest, RsaCrossValidationResult, RsaFolds, WeightedModel,
    WeightedModelFit,
};
use human_alignment::rdm::Participant;
use human_alignment::{Error, Rdm, RdmSet, Result, Stimuli};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::common::refusals::{assert_kind, assert_refused};

const X: [f64; 15] = [
    6., 21., 23., 12., 11., 16., 2., 21., 4., 10., 13., 3., 11., 8., 19.,
];
const Y: [f64; 15] = [
    6., 21., 23., 12., 11., 3., 6., 19., 19., 16., 7., 8., 22., 1., 21.,
];
const C1: [f64; 15] = [
    5., 17., 14., 19., 9., 14., 20., 11., 10., 5., 5., 13., 1., 18., 2.,
];
const C2: [f64; 15] = [
    2., 5., 10., 17., 3., 16., 23., 9., 20., 2., 13., 3., 6., 21., 5.,
];
const F4: [f64; 15] = [
    4., 13., 5., 3., 7., 20., 13., 12., 17., 6., 6., 12., 8., 15., 3.,
];

/// An RDM of numbered stimuli; NaN is missing.
fn rdm(values: impl Into<Vec<f64>>) -> Rdm {
    let values = values.into();
    let n = (1..).find(|n| n * (n - 1) / 2 == values.len()).unwrap();
    Rdm::with_missing(Stimuli::numbered(n as u32), values).unwrap()
}

/// The distances of random points.
fn random_rdm(n: u32, rng: &mut ChaCha8Rng) -> Rdm {
    let points: Vec<[f64; 3]> = (0..n)
        .map(|_| std::array::from_fn(|_| rng.random_range(-1.0..1.0)))
        .collect();
    let squared = |(i, j): (usize, usize)| {
        let differences = points[i]
            .iter()
            .zip(points[j])
            .map(|(a, b)| (a - b).powi(2));
        differences.sum::<f64>().sqrt()
    };
    rdm(pairs(n as usize).map(squared).collect::<Vec<_>>())
}

fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// The same RDM, its stimuli in another order.
fn reversed(rdm: &Rdm) -> Rdm {
    let ids = rdm.stimuli().ids().iter().rev().cloned();
    rdm.select(&Stimuli::new(ids).unwrap()).unwrap()
}

fn combined(parts: &[(f64, &Rdm)]) -> Rdm {
    let first = parts[0].1;
    let value = |pair| {
        parts
            .iter()
            .map(|(weight, rdm)| weight * rdm.values()[pair])
            .sum()
    };
    rdm((0..first.n_pairs()).map(value).collect::<Vec<f64>>())
}

fn on_threads<T: Send>(n: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
    pool.unwrap().install(run)
}

/// numpy 2.4.6: with `A = np.column_stack([np.ones(15), c1, c2])` and
/// `res = lambda v: v - A @ np.linalg.lstsq(A, v, rcond=None)[0]`,
/// `np.corrcoef(res(x), res(y))[0, 1]` and `np.corrcoef(res(x), y)[0, 1]`; for Spearman of
/// `scipy.stats.rankdata` of each.
#[test]
fn partial_correlations_are_those_of_numpy() {
    let [x, y, c1, c2] = [X, Y, C1, C2].map(rdm);
    let (c1, c2) = (reversed(&c1), reversed(&c2));
    for (comparator, partial, semipartial) in [
        (Comparator::Pearson, 0.5250300979300365, 0.48255432198246867),
        (Comparator::Spearman, 0.5379221124928504, 0.5066959152523562),
    ] {
        let found = comparator.partial(&x, &y, &[&c1, &c2]).unwrap();
        assert_relative_eq!(found, partial, max_relative = 1e-12);
        let found = comparator.semipartial(&x, &y, &[&c1, &c2]).unwrap();
        assert_relative_eq!(found, semipartial, max_relative = 1e-12);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The formulas of textbooks for one control.
    #[test]
    fn one_control_is_the_textbook_formula(seed in any::<u64>(), missing in 0usize..45) {
        let mut rng = rng(seed);
        let [first, second, control] = std::array::from_fn(|_| random_rdm(10, &mut rng));
        for comparator in [Comparator::Pearson, Comparator::Spearman] {
            let r = |a: &Rdm, b: &Rdm| comparator.compare(a, b).unwrap();
            let (r12, r1c, r2c) = (r(&first, &second), r(&first, &control), r(&second, &control));
            let semipartial = (r12 - r1c * r2c) / (1.0 - r1c * r1c).sqrt();
            let partial = semipartial / (1.0 - r2c * r2c).sqrt();
            let found = comparator.partial(&first, &second, &[&control]).unwrap();
            prop_assert!((found - partial).abs() < 1e-12);
            let found = comparator.semipartial(&first, &second, &[&control]).unwrap();
            prop_assert!((found - semipartial).abs() < 1e-12);
            let found = comparator.partial(&first, &second, &[]).unwrap();
            prop_assert!((found - r12).abs() < 1e-12);

            // Whichever of them misses a pair, the pair counts for none.
            let gap = |rdm: &Rdm| {
                let mut values = rdm.values().to_vec();
                values[missing] = f64::NAN;
                Rdm::with_missing(rdm.stimuli().clone(), values).unwrap()
            };
            let all = [&first, &second, &control];
            let gaps = all.map(gap);
            let everywhere = comparator.partial(&gaps[0], &gaps[1], &[&gaps[2]]).unwrap();
            for one in 0..3 {
                let [a, b, c] = std::array::from_fn(|at| if at == one { &gaps[at] } else { all[at] });
                prop_assert_eq!(comparator.partial(a, b, &[c]).unwrap(), everywhere);
            }
        }
    }

    /// Weights are found where they are the truth, whatever units features come in.
    #[test]
    fn true_weights_are_found(seed in any::<u64>(), true_weights in prop::array::uniform3(0u8..9)) {
        prop_assume!(true_weights.iter().any(|&weight| weight > 0));
        let mut rng = rng(seed);
        let features: [Rdm; 3] = std::array::from_fn(|_| random_rdm(9, &mut rng));
        let true_weights = true_weights.map(f64::from);
        let truth = combined(&[0, 1, 2].map(|at| (true_weights[at], &features[at])));
        let units = [1e-3, 1.0, 1e5];
        let scaled = [0, 1, 2].map(|at| combined(&[(units[at], &features[at])]));
        let features = [&scaled[0], &scaled[1], &scaled[2]];
        for comparator in [
            Comparator::Pearson,
            Comparator::Cosine,
            Comparator::WhitenedPearson,
            Comparator::WhitenedCosine,
        ] {
            let fitted = WeightedModel::new(comparator).fit(&features, &truth.clone().into()).unwrap();
            let predicted = fitted.predict(&features).unwrap();
            prop_assert!(comparator.compare(&predicted, &truth).unwrap() > 1.0 - 1e-9);
            let in_units = |at: usize| fitted.weights[at] / fitted.root_mean_squares[at] * units[at];
            let total: f64 = (0..3).map(in_units).sum();
            for (at, weight) in true_weights.iter().enumerate() {
                let share = weight / true_weights.iter().sum::<f64>();
                prop_assert!((in_units(at) / total - share).abs() < 1e-6, "{comparator}");
            }
        }
    }
}

/// A control that has nothing to do with either leaves the correlation as it is.
#[test]
fn an_unrelated_control_changes_little() {
    let mut rng = rng(4);
    let [first, noise, control] = std::array::from_fn(|_| random_rdm(150, &mut rng));
    let second = combined(&[(1.0, &first), (1.0, &noise)]);
    for comparator in [Comparator::Pearson, Comparator::Spearman] {
        let plain = comparator.compare(&first, &second).unwrap();
        let partial = comparator.partial(&first, &second, &[&control]).unwrap();
        assert!((0.5..0.9).contains(&plain));
        assert_abs_diff_eq!(partial, plain, epsilon = 0.01);
        // What holds the noise constant leaves nothing but the first.
        let without_noise = comparator.partial(&first, &second, &[&noise]).unwrap();
        assert!(without_noise > plain + 0.1);
    }
}

#[test]
fn what_controls_explain_is_refused() {
    let [x, y, c1, c2] = [X, Y, C1, C2].map(rdm);
    let mixed = combined(&[(2.0, &c1), (-0.5, &c2)]);
    let shifted = rdm(mixed.values().iter().map(|d| d + 4.0).collect::<Vec<_>>());
    let in_single = |rdm: &Rdm| -> Rdm {
        let values = rdm.values().iter().map(|&d| f64::from((d / 3.0) as f32));
        self::rdm(values.collect::<Vec<_>>())
    };
    let pearson = Comparator::Pearson;
    let message = |result: Result<f64>| result.unwrap_err().report().to_string();
    let explained = "the dissimilarities are a linear combination of those held constant";

    for second in [&shifted, &in_single(&shifted)] {
        assert_eq!(
            message(pearson.partial(&x, second, &[&c1, &c2])),
            format!("RDM of the second of two: {explained}: the partial correlation is undefined")
        );
        assert!(message(pearson.partial(second, &x, &[&c1, &c2])).contains("the first of two"));
        assert!(message(pearson.semipartial(second, &x, &[&c1, &c2])).contains("first"));
        let nothing = pearson.semipartial(&x, second, &[&c1, &c2]).unwrap();
        assert_abs_diff_eq!(nothing, 0.0, epsilon = 1e-6);
        let error = pearson.partial(&x, &y, &[&c1, &c2, second]).unwrap_err();
        assert!(error.report().to_string().starts_with("RDM of control 2: "));
        assert_kind!(error, Rdm(RdmError::Collinear { .. }));
    }

    let constant = rdm([2.0; 15]);
    assert!(message(pearson.partial(&x, &y, &[&c1, &constant])).contains("control 1: the dissim"));
    for &comparator in Comparator::ALL {
        let refused = matches!(
            comparator
                .partial(&x, &y, &[&c1])
                .as_ref()
                .map_err(Error::kind),
            Err(ErrorKind::Argument(ArgumentError::InvalidParameter { .. }))
        );
        let correlates = matches!(comparator, Comparator::Pearson | Comparator::Spearman);
        assert_eq!(refused, !correlates);
    }
    let other = Rdm::new(Stimuli::numbered(7), vec![1.0; 21]).unwrap();
    assert!(message(pearson.partial(&x, &y, &[&c1, &other])).contains("control 1"));
    let gaps = rdm(Vec::from_iter(
        (0..15).map(|at| if at < 4 { X[at] } else { f64::NAN }),
    ));
    assert_refused!(
        pearson.partial(&x, &gaps, &[&c1, &c2]),
        Argument(ArgumentError::TooFew {
            needed: 5,
            found: 4,
            ..
        })
    );
}

/// Two people and four features over six stimuli.
fn example() -> ([Rdm; 4], RdmSet) {
    let [x, y, c1, c2, f4] = [X, Y, C1, C2, F4].map(rdm);
    let people = vec![
        combined(&[(1.0, &y), (0.5, &x), (1.0, &c2)]),
        reversed(&combined(&[(1.0, &y), (2.0, &c1), (1.0, &x)])),
    ];
    ([x, c1, c2, f4], RdmSet::numbered(people).unwrap())
}

/// scipy 1.17.1, `scipy.optimize.nnls(A, t)[0]`: the columns of A are features over the root of
/// their mean square, t the mean of people's root-mean-square-1 values, standard scores or ranks;
/// under correlations of `A - A.mean(0)` and `t - t.mean()`; whitened, both from the left by L, with
/// LᵀL the inverse of the square of each element of C Cᵀ, C the contrasts of pairs.
#[test]
fn weights_are_those_of_scipy() {
    let (features, people) = example();
    let features = features.each_ref();
    for (comparator, weights, intercept) in [
        (
            Comparator::Cosine,
            [
                0.5824081592436771,
                0.20605722024491097,
                0.21692180329189786,
                0.06306652972246274,
            ],
            Some(0.0),
        ),
        (
            Comparator::Pearson,
            [
                1.4650698185675548,
                0.5106912520117646,
                0.5565649511088635,
                0.0,
            ],
            Some(-2.187417777467321),
        ),
        (
            Comparator::Spearman,
            [
                5.898774852918152,
                2.6611774254985954,
                2.4017460490915767,
                0.17246775141332302,
            ],
            Some(-1.619980780709902),
        ),
        (
            Comparator::WhitenedCosine,
            [
                0.5278784964406087,
                0.19731860222451714,
                0.15769372473504492,
                0.09836216836610961,
            ],
            Some(0.0),
        ),
        (
            Comparator::WhitenedPearson,
            [
                1.4545499246724964,
                0.5628103312499086,
                0.4443270013965908,
                0.08626401752300845,
            ],
            None,
        ),
    ] {
        let fitted = WeightedModel::new(comparator)
            .fit(&features, &people)
            .unwrap();
        assert_eq!(fitted.weights.len(), weights.len());
        for (found, expected) in fitted.weights.iter().zip(weights) {
            assert_relative_eq!(*found, expected, max_relative = 1e-10, epsilon = 1e-12);
        }
        if let Some(intercept) = intercept {
            assert_relative_eq!(fitted.intercept, intercept, max_relative = 1e-10);
        }
    }
}

/// No weights have a higher mean over people than those that are fitted.
#[test]
fn fitted_weights_are_the_best() {
    let (features, people) = example();
    let features = features.each_ref();
    let mut rng = rng(2);
    for comparator in [Comparator::Pearson, Comparator::Cosine] {
        let mean = |weights: &WeightedModelFit| {
            let predicted = weights.predict(&features).unwrap();
            let value = |rdm| comparator.compare(&predicted, rdm).unwrap();
            people.rdms().iter().map(value).sum::<f64>() / 2.0
        };
        let fitted = WeightedModel::new(comparator)
            .fit(&features, &people)
            .unwrap();
        let best = mean(&fitted);
        for _ in 0..300 {
            let mut other = fitted.clone();
            for weight in &mut other.weights {
                *weight = (*weight + rng.random_range(-0.1..0.1)).max(0.0);
            }
            assert!(mean(&other) <= best + 1e-12);
        }
    }
}

/// Pairs that nobody judged, or that a feature lacks, count for nothing.
#[test]
fn missing_pairs_are_left_out_of_a_fit() {
    let mut rng = rng(3);
    let features: [Rdm; 2] = std::array::from_fn(|_| random_rdm(8, &mut rng));
    let mut truth = combined(&[(2.0, &features[0]), (1.0, &features[1])]).into_values();
    truth[5] = f64::NAN;
    let mut gap = features[1].values().to_vec();
    gap[9] = f64::NAN;
    truth[9] = 1e3; // Would spoil the fit.
    let with_gap = rdm(gap);
    let given = [&features[0], &with_gap];
    let people = RdmSet::from(rdm(truth));
    let fitted = WeightedModel::new(Comparator::Cosine)
        .fit(&given, &people)
        .unwrap();
    let per_unit = |at: usize| fitted.weights[at] / fitted.root_mean_squares[at];
    assert_relative_eq!(per_unit(0), 2.0 * per_unit(1), max_relative = 1e-9);
    let predicted = fitted.predict(&given).unwrap();
    assert_eq!(
        (predicted.n_missing(), predicted.values()[9].is_nan()),
        (1, true)
    );

    let whitened = WeightedModel::new(Comparator::WhitenedCosine).fit(&given, &people);
    assert_refused!(whitened, Rdm(RdmError::InvalidPair { .. }));
}

/// People who weigh two of three features, each with noise of their own.
fn simulated(n_people: usize, n_stimuli: u32, seed: u64) -> ([Rdm; 3], RdmSet) {
    let mut rng = rng(seed);
    let features: [Rdm; 3] = std::array::from_fn(|_| random_rdm(n_stimuli, &mut rng));
    let person = |_| {
        let noise = random_rdm(n_stimuli, &mut rng);
        combined(&[(3.0, &features[0]), (1.0, &features[1]), (0.5, &noise)])
    };
    let people = RdmSet::numbered((0..n_people).map(person).collect()).unwrap();
    (features, people)
}

fn rsa_folds(stimuli: Vec<usize>, participants: Vec<usize>) -> Result<RsaFolds> {
    RsaFolds::new(Folds::new(stimuli)?, Folds::new(participants)?)
}

#[test]
fn cross_validation_holds_out_stimuli_and_people() {
    let (features, people) = simulated(6, 20, 1);
    let given = features.each_ref();
    let folds = RsaFolds::random(&people, 4, 3, 7).unwrap();
    for fold in 0..4 {
        assert_eq!(folds.stimuli().held_out(fold).len(), 5);
    }
    let model = WeightedModel::new(Comparator::Pearson);
    let run = |people: &RdmSet| model.cross_validate(&given, people, &folds).unwrap();
    let result = run(&people);
    assert_eq!(result.folds.len(), 12);
    assert_eq!(result.n_straddling, 190 - 4 * 10);
    assert!(result.value > 0.9, "{}", result.value);
    for fold in &result.folds {
        assert_eq!(
            (fold.n_training, fold.n_test, fold.n_straddling),
            (105, 10, 75)
        );
        let [first, second, third] = fold.weights.weights[..] else {
            panic!("three features");
        };
        assert!(first > 2.0 * second && second > 2.0 * third);
    }

    // By hand, for one of them.
    let fold = &result.folds[5];
    assert_eq!((fold.stimuli, fold.people), (1, 2));
    let ids = |held_out: bool| {
        let is_of = |at: &usize| (folds.stimuli().assignments()[*at] == 1) == held_out;
        let positions: Vec<usize> = (0..20).filter(is_of).collect();
        people.stimuli().select(&positions).unwrap()
    };
    let select = |stimuli: &Stimuli| features.each_ref().map(|rdm| rdm.select(stimuli).unwrap());
    let rdms = |held_out: bool| {
        let is_of = |at: &usize| (folds.participants().assignments()[*at] == 2) == held_out;
        let rdms = (0..6)
            .filter(is_of)
            .map(|at| people.rdms()[at].select(&ids(held_out)));
        rdms.collect::<Result<Vec<Rdm>>>().unwrap()
    };
    let training = select(&ids(false));
    let fitted = model.fit(
        &training.each_ref(),
        &RdmSet::numbered(rdms(false)).unwrap(),
    );
    assert_eq!(fitted.as_ref().unwrap(), &fold.weights);
    let test = select(&ids(true));
    let predicted = fitted.unwrap().predict(&test.each_ref()).unwrap();
    let held_out = rdms(true);
    let values = held_out
        .iter()
        .map(|rdm| Comparator::Pearson.compare(&predicted, rdm).unwrap());
    assert_relative_eq!(fold.value, values.sum::<f64>() / 2.0, epsilon = 1e-14);
    let mean = result.folds.iter().map(|fold| fold.value).sum::<f64>() / 12.0;
    assert_relative_eq!(result.value, mean, epsilon = 1e-14);

    // What is held out doesn't reach the weights, and what straddles reaches nothing.
    let spoilt = |is_spoilt: &dyn Fn(usize, bool, bool) -> bool| {
        let rdms = people.rdms().iter().enumerate().map(|(person, rdm)| {
            let is_of = |at: usize| folds.stimuli().assignments()[at] == 1;
            let values = pairs(20).zip(rdm.values()).map(|((i, j), value)| {
                match is_spoilt(person, is_of(i), is_of(j)) {
                    true => value.powi(3),
                    false => *value,
                }
            });
            self::rdm(values.collect::<Vec<_>>())
        });
        run(&RdmSet::numbered(rdms.collect()).unwrap()).folds[5].clone()
    };
    let of_2 = |person: usize| folds.participants().assignments()[person] == 2;
    assert_eq!(&spoilt(&|_, i, j| i != j), fold);
    assert_eq!(&spoilt(&|person, i, j| (i && j) != of_2(person)), fold);
    let of_test = spoilt(&|person, i, j| i && j && of_2(person));
    assert_eq!(of_test.weights, fold.weights);
    assert_ne!(of_test.value, fold.value);
    let of_training = spoilt(&|person, i, j| !i && !j && !of_2(person));
    assert_ne!(of_training.weights, fold.weights);
}

#[test]
fn cross_validation_depends_on_the_seed_alone() {
    let (features, people) = simulated(5, 14, 2);
    let features = features.each_ref();
    let run = |seed: u64, n_threads: usize| -> RsaCrossValidationResult {
        on_threads(n_threads, || {
            let folds = RsaFolds::random(&people, 3, 2, seed).unwrap();
            let model = WeightedModel::new(Comparator::Spearman);
            model.cross_validate(&features, &people, &folds).unwrap()
        })
    };
    assert_eq!(run(1, 1), run(1, 4));
    assert_ne!(run(1, 1), run(2, 1));
    let json = serde_json::to_string(&run(1, 1)).unwrap();
    assert_eq!(
        serde_json::from_str::<RsaCrossValidationResult>(&json).unwrap(),
        run(1, 1)
    );
}

/// Sessions of a person are held out together.
#[test]
fn sessions_stay_together() {
    let (features, people) = simulated(6, 9, 3);
    let session =
        |at: usize| Participant::new((at / 2).to_string()).in_session((at % 2).to_string());
    let sessions = RdmSet::new((0..6).map(session).collect(), people.rdms().to_vec()).unwrap();
    for seed in 0..20 {
        let folds = RsaFolds::random(&sessions, 3, 3, seed).unwrap();
        assert!(
            folds
                .participants()
                .assignments()
                .chunks(2)
                .all(|person| person[0] == person[1])
        );
    }
    let apart = rsa_folds(vec![0, 0, 0, 1, 1, 1, 2, 2, 2], vec![0, 1, 0, 1, 0, 1]).unwrap();
    let model = WeightedModel::default();
    let error = model
        .cross_validate(&features.each_ref(), &sessions, &apart)
        .unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "the fold must be the same for all sessions of a participant, not several for \"0\""
    );
}

#[test]
fn folds_are_checked() {
    let too_few = |result: Result<RsaFolds>, expected: (&str, usize, usize)| {
        let error = result.unwrap_err();
        let (what, needed, found) = expected;
        assert_eq!(
            error.to_string(),
            format!("too few {what}: {found} (needed: at least {needed})")
        );
    };
    let six = vec![0, 0, 0, 1, 1, 1];
    too_few(
        rsa_folds(vec![0, 0, 0, 1, 1], vec![0, 1]),
        ("stimuli in a fold", 3, 2),
    );
    too_few(rsa_folds(vec![0; 6], vec![0, 1]), ("folds", 2, 1));
    too_few(rsa_folds(six.clone(), vec![0, 0]), ("folds", 2, 1));
    too_few(
        rsa_folds(six.clone(), vec![0, 2, 2]),
        ("items in a fold", 1, 0),
    );
    too_few(rsa_folds(vec![], vec![]), ("folds", 2, 0));
    assert_refused!(
        rsa_folds(vec![0, 0, 0, usize::MAX, 1, 1], vec![0, 1]),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    assert!(serde_json::from_str::<RsaFolds>(r#"{"stimuli":[0,1],"participants":[0,1]}"#).is_err());

    let (features, people) = simulated(3, 8, 1);
    too_few(
        RsaFolds::random(&people, 3, 2, 1),
        ("stimuli for the folds", 9, 8),
    );
    too_few(
        RsaFolds::random(&people, 2, 4, 1),
        ("participants for the folds", 4, 3),
    );
    too_few(
        RsaFolds::random(&people, usize::MAX, 2, 1),
        ("stimuli for the folds", usize::MAX, 8),
    );
    for n in [0, 1] {
        too_few(RsaFolds::random(&people, 2, n, 1), ("folds", 2, n));
    }
    let other = rsa_folds(six, vec![0, 1, 1]).unwrap();
    assert_refused!(
        WeightedModel::default().cross_validate(&features.each_ref(), &people, &other),
        Argument(ArgumentError::LengthMismatch {
            expected: 8,
            found: 6,
            ..
        })
    );
}

#[test]
fn what_has_no_weight_is_refused() {
    let (features, people) = simulated(4, 8, 1);
    let model = WeightedModel::new(Comparator::Pearson);
    // People who see it the other way round.
    let against = people
        .rdms()
        .iter()
        .map(|rdm| combined(&[(-1.0, rdm)]))
        .collect();
    let against = RdmSet::numbered(against).unwrap();
    let fitted = model.fit(&[&features[0]], &against).unwrap();
    assert_eq!(fitted.weights, [0.0]);
    let predicted = fitted.predict(&[&features[0]]).unwrap();
    assert!(
        Comparator::Pearson
            .compare(&predicted, &against.rdms()[0])
            .is_err()
    );
    let folds = rsa_folds(vec![0, 0, 0, 0, 1, 1, 1, 1], vec![0, 0, 1, 1]).unwrap();
    let error = model
        .cross_validate(&[&features[0]], &against, &folds)
        .unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "fold 0: fold 0 of participants: the dissimilarities do not vary: the value of a model \
         whose weights are all 0 is undefined"
    );

    let [zero, one] = [0.0, 1.0].map(|value| rdm([value; 28]));
    let message = |features: &[&Rdm], model: WeightedModel| {
        model
            .fit(features, &people)
            .unwrap_err()
            .report()
            .to_string()
    };
    let first = &features[0];
    assert!(message(&[first, &zero], model).contains("RDM of feature 1"));
    assert!(message(&[first, &one], model).contains("RDM of feature 1"));
    let cosine = WeightedModel::new(Comparator::Cosine);
    assert!(cosine.fit(&[first, &one], &people).is_ok());
    assert!(message(&[first, &zero], cosine).contains("RDM of feature 1"));
    assert_refused!(
        cosine.fit(&[], &people),
        Argument(ArgumentError::TooFew { .. })
    );
    assert!(message(&[&rdm(X)], model).contains("RDM of feature 0: 2 of 8 stimuli are missing"));
    for comparator in [
        Comparator::KendallTauA,
        Comparator::RhoA,
        Comparator::Pearson,
    ] {
        assert_refused!(
            comparator.compare(&rdm([1.0]), &rdm([1.0])),
            Argument(ArgumentError::TooFew {
                needed: 2,
                found: 1,
                ..
            })
        );
    }
    let pair = RdmSet::from(rdm([1.0]));
    assert_refused!(
        model.fit(&[&rdm([2.0])], &pair),
        Argument(ArgumentError::TooFew {
            needed: 3,
            found: 2,
            ..
        })
    );
    assert_refused!(
        fitted.predict(&[first, first]),
        Argument(ArgumentError::LengthMismatch {
            expected: 1,
            found: 2,
            ..
        })
    );

    // The same feature twice: together they do what one does.
    let alone = cosine.fit(&[first], &people).unwrap();
    let twice = cosine.fit(&[first, first], &people).unwrap();
    assert_relative_eq!(
        twice.weights.iter().sum::<f64>(),
        alone.weights[0],
        epsilon = 1e-12
    );
}

/// With four stimuli there are 24 orders: their shares are known.
#[test]
fn permutations_find_the_share_of_all_orders() {
    let (model, people) = (rdm([1., 2., 3., 4., 5., 6.]), rdm([2., 1., 4., 3., 6., 5.]));
    let orders = (0..256usize).map(|at| [at / 64, at / 16 % 4, at / 4 % 4, at % 4]);
    let orders: Vec<[usize; 4]> = orders
        .filter(|order| (0..4).all(|stimulus| order.contains(&stimulus)))
        .collect();
    assert_eq!(orders.len(), 24);
    let n_permutations = 20_000;
    for &comparator in Comparator::ALL {
        let value = comparator.compare(&model, &people).unwrap();
        let of = |order: &[usize; 4]| {
            let value = |(i, j): (usize, usize)| model.between(order[i], order[j]).unwrap();
            let permuted = rdm(pairs(4).map(value).collect::<Vec<_>>());
            comparator.compare(&permuted, &people).unwrap()
        };
        let values: Vec<f64> = orders.iter().map(of).collect();
        let share = |counts: &dyn Fn(f64) -> bool| {
            values.iter().filter(|&&permuted| counts(permuted)).count() as f64 / 24.0
        };
        let greater = share(&|permuted| permuted >= value - 1e-12);
        let less = share(&|permuted| permuted <= value + 1e-12);
        let test = PermutationTest::new(n_permutations, 5).unwrap();
        let found = test
            .run(comparator, &model, &people.clone().into())
            .unwrap();
        assert_eq!(found.value, value);
        assert_abs_diff_eq!(found.p_value, greater, epsilon = 0.012);
        let two_sided = (2.0 * greater.min(less)).min(1.0);
        assert_abs_diff_eq!(found.two_sided_p_value, two_sided, epsilon = 0.024);
    }
}

/// Where nothing is the case, the test says so in 95 of 100 times; a test over pairs, as if these
/// were independent, doesn't.
#[test]
fn a_permutation_test_keeps_its_level() {
    let test = PermutationTest::new(199, 1).unwrap();
    for comparator in [Comparator::Pearson, Comparator::WhitenedCosine] {
        let rejected: Vec<[bool; 3]> = (0..1000)
            .into_par_iter()
            .map(|seed| {
                let mut rng = rng(seed);
                let model = random_rdm(10, &mut rng);
                let people = RdmSet::numbered((0..2).map(|_| random_rdm(10, &mut rng)).collect());
                let found = test.run(comparator, &model, &people.unwrap()).unwrap();
                // scipy.stats.t.ppf(0.95, 43)
                let r = found.value;
                let over_pairs = r * (43.0 / (1.0 - r * r)).sqrt() > 1.6810707032025196;
                [
                    found.p_value <= 0.05,
                    found.two_sided_p_value <= 0.05,
                    over_pairs,
                ]
            })
            .collect();
        let n_rejected = |test: usize| rejected.iter().filter(|rejected| rejected[test]).count();
        // Binomial: 50 ± 7.
        for side in [0, 1] {
            let n_rejected = n_rejected(side);
            assert!(
                (30..=70).contains(&n_rejected),
                "{comparator}: {n_rejected}"
            );
        }
        if comparator == Comparator::Pearson {
            assert!(n_rejected(2) > 70, "{}", n_rejected(2));
        }
    }
}

#[test]
fn a_model_that_knows_the_stimuli_is_found() {
    let (features, people) = simulated(3, 12, 4);
    let test = PermutationTest::new(500, 2).unwrap();
    let result = |model: &Rdm, people: &RdmSet, comparator| test.run(comparator, model, people);
    for &comparator in Comparator::ALL {
        let found = result(&features[0], &people, comparator).unwrap();
        assert!(found.p_value <= 3.0 / 501.0, "{comparator}: {found:?}");
        let on = |n| on_threads(n, || result(&features[0], &people, comparator).unwrap());
        assert_eq!((on(1), on(4)), (found, found));
        let found = result(&features[2], &people, comparator).unwrap();
        assert!(found.p_value > 0.01, "{comparator}: {found:?}");
    }

    // Pairs that are missing, and stimuli that people did not judge or judged in another order.
    let mut gaps = features[0].values().to_vec();
    gaps[3] = f64::NAN;
    let gaps = rdm(gaps);
    let found = result(&gaps, &people, Comparator::Spearman).unwrap();
    assert!(found.p_value < 0.01 && found.two_sided_p_value < 0.01);
    assert_refused!(
        result(&gaps, &people, Comparator::WhitenedPearson),
        Rdm(RdmError::InvalidPair { .. })
    );
    let some = people
        .select(&Stimuli::new(["7", "3", "11", "0", "5"]).unwrap())
        .unwrap();
    assert!(result(&features[0], &some, Comparator::Spearman).is_ok());

    let three = Stimuli::numbered(3);
    assert_refused!(
        result(
            &features[0],
            &people.select(&three).unwrap(),
            Comparator::Spearman
        ),
        Argument(ArgumentError::TooFew {
            needed: 4,
            found: 3,
            ..
        })
    );
    assert_refused!(
        result(&rdm(X), &people, Comparator::Spearman),
        Stimuli(StimuliError::Missing { n_missing: 6, .. })
    );
    for n in [0, 1_000_001, usize::MAX] {
        assert!(PermutationTest::new(n, 1).is_err());
    }
    assert!(serde_json::from_str::<PermutationTest>(r#"{"n_permutations":0,"seed":1}"#).is_err());
}
