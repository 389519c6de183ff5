//! The published mini-batch recipe: against PyTorch, against the certified optimum, what it must not
//! depend on, when it stops, and what it refuses.

use human_alignment::error::{
    ArgumentError, ComputationError, Context, FeatureError, StimuliError,
};
use std::ops::ControlFlow;

use approx::{assert_abs_diff_eq, assert_relative_eq};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::metric::odd_one_out::TiePolicy;
use human_alignment::probe::mini_batch::{
    ContextFeatures, Epoch, Initialization, Kept, LocalSimilarity, MiniBatchFit, MiniBatchProbe,
    Monitored, Optimizer, Penalty, StoppingReason, StoppingState, WarmUp,
};
use human_alignment::probe::{PenaltyKind, Standardize};
use human_alignment::transform::Standardization;
use human_alignment::{
    AlignmentMetric, AnchoredTask, OddOneOutTask, Probe, Representation, Result, Similarity,
    Stimuli, Task, Trials, ZeroShotOddOneOut,
};
use ndarray::{Array1, Array2, Axis, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::simulated::{answers, simulated};

use crate::common::refusals::{assert_kind, assert_refused};

/// Whole numbers that single precision holds.
fn formula(n: usize, a: usize, b: usize, modulus: usize) -> Representation {
    let number = |(i, j)| ((i * a + j * b + i * i * j) % modulus) as f32;
    let features = Array2::from_shape_fn((n, 4), number);
    Representation::new(Stimuli::numbered(n as u32), features).unwrap()
}

/// Trials of nine objects.
fn formula_trials<T: Task>(n_trials: usize, step: usize) -> Trials<T> {
    let trial = |t: usize| {
        let a = (t * step + t / 9) % 9;
        let next = |by: usize| (a + 1 + by % 8) % 9;
        let (b, c) = (next(t), next(3 * t + 1));
        let c = if c == b { next(3 * t + 2) } else { c };
        [a, b, c].map(|object| object as u32)
    };
    Trials::new(Stimuli::numbered(9), (0..n_trials).map(trial).collect()).unwrap()
}

fn assert_close<'a>(found: impl IntoIterator<Item = &'a f64>, expected: &[f64]) {
    let found: Vec<f64> = found.into_iter().copied().collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_relative_eq!(found, expected, max_relative = 1e-11);
    }
}

// The same objective from the same start, with all trials and images in one batch, in PyTorch 2.15 and
// float64: W and b as leaves, x = (features − features.mean()) / features.std(unbiased=False),
// cross_entropy(stack(dot products) / temperature, 0) for trials; for images
// cross_entropy(s / tau, softmax(t / tau)) of the similarities of normalize(x) (t) and
// normalize(x @ W + b) (s) without their diagonals; then backward, clip_grad_norm_, step.

#[test]
fn glocal_takes_the_steps_of_pytorch() {
    // SGD(lr=0.05, momentum=0.9), LinearLR(total_iters=30), clip at 0.25, 30 epochs;
    // 0.7 trials + 0.3 images with tau = 0.5 + 0.02 * ((W - eye * W.diag().mean()) ** 2).sum().
    let local = LocalSimilarity::new(formula(12, 5, 3, 13), 0.3, 0.5).unwrap();
    let local = local.with_validation(formula(6, 3, 2, 7)).unwrap();
    let fit = MiniBatchProbe::glocal(local, 0.02)
        .and_then(|probe| probe.with_optimizer(Optimizer::Sgd { momentum: 0.9 }))
        .and_then(|probe| probe.with_learning_rate(0.05))
        .and_then(|probe| probe.with_initial_scale(0.5))
        .and_then(|probe| probe.with_gradient_clipping(Some(0.25)))
        .and_then(|probe| probe.with_epochs(1, 30))
        .unwrap()
        .with_bias()
        .without_early_stopping()
        .fit::<OddOneOutTask>(
            &formula(9, 7, 5, 11),
            &formula_trials(40, 2),
            &formula_trials(15, 5),
        )
        .unwrap();
    let history = fit.history();
    for (epoch, learning_rate, trials, images, validation, validation_images, penalty) in [
        (
            0,
            0.016666666666666666,
            1.2696168366469784,
            2.264394822780281,
            1.3942730339700982,
            1.5141637624126616,
            2.5418573567075625e-07,
        ),
        (
            9,
            0.02666666666666667,
            1.1457904905584364,
            2.2693118870480142,
            1.232394798629898,
            1.515542131413025,
            0.000807957646655605,
        ),
        (
            29,
            0.04888888888888887,
            1.0885247074388102,
            2.1854665416089216,
            1.1696284803119026,
            1.5010494757296573,
            0.00821316569603871,
        ),
    ] {
        let found = &history[epoch];
        assert_eq!(found.number, epoch + 1);
        let found = [
            found.learning_rate,
            found.training_loss,
            found.training_local_loss.unwrap(),
            found.validation_loss,
            found.validation_local_loss.unwrap(),
        ];
        let expected = [learning_rate, trials, images, validation, validation_images];
        assert_close(&found, &expected);
        assert_relative_eq!(history[epoch].penalty, penalty, max_relative = 1e-9);
        assert_relative_eq!(
            history[epoch].validation_objective,
            validation + validation_images,
            max_relative = 1e-11
        );
    }
    assert_eq!(
        history.iter().map(|epoch| epoch.n_clipped).sum::<usize>(),
        9
    );
    let transform = fit.transform();
    assert_close(
        transform.weights().iter(),
        &[
            0.3663252184429238,
            -0.03269896204750726,
            0.13778117841216503,
            -0.09441740149233512,
            0.243528591414757,
            0.46566452513153456,
            0.13003502368558686,
            -0.07200098044471433,
            0.28605619978543806,
            0.0026524752134817918,
            0.2557187859114132,
            -0.28197181290673606,
            0.22980873203720134,
            -0.0209819715441254,
            -0.14528211040321407,
            0.12444041506348762,
        ],
    );
    assert_close(
        transform.bias().unwrap().iter(),
        &[
            0.2331532257501702,
            0.46987873926829166,
            0.33175758157561025,
            0.46835044084841143,
        ],
    );
    let moments = transform.standardization().of_feature(0).unwrap();
    assert_close(
        &[moments.0, moments.1],
        &[5.027777777777778, 3.00449765731969],
    );
    assert_relative_eq!(
        fit.training_loss(),
        1.0891437951310854,
        max_relative = 1e-11
    );
    assert_eq!(fit.outcome(), StoppingReason::MaxEpochs);
}

#[test]
fn the_naive_transform_takes_the_steps_of_pytorch() {
    // Adam(lr=0.01), clip at 0.2, 30 epochs; two pairs a trial at temperature 0.8;
    // 0.01 * (0.7 * torch.linalg.norm(W) + 0.3 * W.abs().sum()); W begins as 0.3 * eye.
    let fit = MiniBatchProbe::naive(0.0)
        .and_then(|probe| {
            probe.with_penalty(Penalty::Norms {
                weight: 0.01,
                frobenius_share: 0.7,
            })
        })
        .and_then(|probe| probe.with_learning_rate(0.01))
        .and_then(|probe| probe.with_initial_scale(0.3))
        .and_then(|probe| probe.with_gradient_clipping(Some(0.2)))
        .and_then(|probe| probe.with_temperature(0.8))
        .and_then(|probe| probe.with_epochs(1, 30))
        .unwrap()
        .with_initialization(Initialization::ScaledIdentity)
        .without_early_stopping()
        .fit::<AnchoredTask>(
            &formula(9, 7, 5, 11),
            &formula_trials(40, 2),
            &formula_trials(15, 5),
        )
        .unwrap();
    for (epoch, training, validation, penalty) in [
        (
            0,
            0.7159863850852208,
            0.7393629667610687,
            0.007907234790392972,
        ),
        (
            9,
            0.6808543189528574,
            0.7111346335204715,
            0.009588653738473413,
        ),
        (
            29,
            0.672790929796018,
            0.7519171949361068,
            0.011624299736587367,
        ),
    ] {
        let found = fit.history()[epoch];
        assert_eq!(
            (found.learning_rate, found.training_local_loss),
            (0.01, None)
        );
        let found = [
            found.training_loss,
            found.validation_objective,
            found.penalty,
        ];
        assert_close(&found, &[training, validation, penalty]);
    }
    assert_close(
        fit.transform().weights().iter(),
        &[
            0.11522660124621045,
            0.011215063453072988,
            0.05404788979693808,
            0.08943272149620882,
            -0.008791352884965221,
            0.2691096257514887,
            0.23856612459935167,
            -0.2023933615595064,
            0.12286489336805545,
            0.26509351597359493,
            0.18588261312781176,
            -0.13117744584483615,
            0.13052711963173427,
            -0.2060058584295672,
            -0.10070144092134295,
            0.19613039072186902,
        ],
    );
    assert!(fit.transform().bias().is_none());
    let objective = 0.672703499456263 + 0.011624299736587367;
    assert_relative_eq!(fit.objective(), objective, max_relative = 1e-11);
}

#[test]
fn presets_are_as_published() {
    let naive = MiniBatchProbe::naive(0.01).unwrap();
    let explicit = naive
        .clone()
        .with_penalty(Penalty::Norms {
            weight: 0.01,
            frobenius_share: 1.0,
        })
        .and_then(|probe| probe.with_temperature(1.0))
        .and_then(|probe| probe.with_initial_scale(1e-3))
        .and_then(|probe| probe.with_optimizer(Optimizer::Adam))
        .and_then(|probe| probe.with_learning_rate(1e-3))
        .and_then(|probe| probe.with_warm_up(WarmUp::None))
        .and_then(|probe| probe.with_gradient_clipping(Some(1.0)))
        .and_then(|probe| probe.with_batch_size(256))
        .and_then(|probe| probe.with_epochs(10, 100))
        .and_then(|probe| probe.with_early_stopping(10, 1e-4))
        .unwrap()
        .without_bias()
        .with_initialization(Initialization::Gaussian)
        .with_standardize(Standardize::Scalar)
        .with_kept(Kept::LastEpoch)
        .with_seed(0);
    assert_eq!(naive, explicit);

    let global = MiniBatchProbe::global(1e-3).unwrap();
    let explicit = naive
        .clone()
        .with_penalty(Penalty::ScaledIdentity { weight: 1e-3 })
        .and_then(|probe| probe.with_warm_up(WarmUp::OverMaxEpochs { from: 1.0 / 3.0 }))
        .and_then(|probe| probe.with_epochs(15, 100))
        .and_then(|probe| probe.with_early_stopping(10, 1e-4))
        .unwrap()
        .with_monitored(Monitored::Objective)
        .with_stopping_state(StoppingState::default())
        .with_initialization(Initialization::ScaledIdentity);
    assert_eq!(global, explicit);

    let local = LocalSimilarity::new(formula(12, 5, 3, 13), 0.1, 1.0).unwrap();
    assert_eq!(local.batch_size(), 1024);
    assert_eq!(local.context_features(), ContextFeatures::Standardized);
    let glocal = MiniBatchProbe::glocal(local, 1e-3).unwrap();
    let explicit = glocal
        .clone()
        .with_penalty(Penalty::ScaledIdentity { weight: 1e-3 })
        .and_then(|probe| probe.with_temperature(1.0))
        .and_then(|probe| probe.with_initial_scale(1e-3))
        .and_then(|probe| probe.with_optimizer(Optimizer::Adam))
        .and_then(|probe| probe.with_learning_rate(1e-3))
        .and_then(|probe| probe.with_warm_up(WarmUp::OverMaxEpochs { from: 1.0 / 3.0 }))
        .and_then(|probe| probe.with_gradient_clipping(Some(1.0)))
        .and_then(|probe| probe.with_batch_size(256))
        .and_then(|probe| probe.with_epochs(20, 100))
        .and_then(|probe| probe.with_early_stopping(15, 1e-4))
        .unwrap()
        .without_bias()
        .with_initialization(Initialization::ScaledIdentity)
        .with_monitored(Monitored::SumOfLosses)
        .with_standardize(Standardize::Scalar)
        .with_kept(Kept::LastEpoch);
    assert_eq!(glocal, explicit);
    assert_eq!(glocal.local_similarity().unwrap().alpha(), 0.1);
}

/// Other images of the same network.
fn images(n: u32, n_features: usize) -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(70);
    let features = Array2::from_shape_fn((n as usize, n_features), |(_, axis)| {
        rng.random_range(-1.0..1.0f32) / (1.0 + axis as f32)
    });
    Representation::new(Stimuli::numbered(n), features).unwrap()
}

fn quick(penalty: f64) -> MiniBatchProbe {
    MiniBatchProbe::naive(penalty)
        .and_then(|probe| probe.with_learning_rate(0.01))
        .and_then(|probe| probe.with_batch_size(64))
        .unwrap()
}

#[test]
fn an_epoch_is_one_pass_over_the_trials() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 1000);
    let probe = quick(0.01).with_epochs(1, 3).unwrap();
    let fit = probe.fit(&features, &training, &validation).unwrap();
    assert_eq!(fit.history().len(), 3);
    assert!(fit.history().iter().all(|epoch| epoch.n_steps == 16));

    // A step so small that nothing moves sees every trial once, in whatever batches.
    let still = probe.clone().with_learning_rate(1e-300).unwrap();
    let still = still
        .with_optimizer(Optimizer::Sgd { momentum: 0.0 })
        .unwrap();
    let still = still.with_initial_scale(0.3).unwrap();
    let still = still.fit(&features, &training, &validation).unwrap();
    assert_eq!(still.history().len(), 3);
    for epoch in still.history() {
        assert_relative_eq!(
            epoch.training_loss,
            still.training_loss(),
            max_relative = 1e-13
        );
    }
    // A batch is seen before its step, so that an epoch looks worse than it leaves the transform.
    let last = fit.history()[2];
    assert!(last.training_loss > fit.training_loss(), "{last:?}");
}

#[test]
fn losses_are_those_of_the_transform() {
    fn check<T: Task>() {
        let (features, training, validation) = simulated::<T>(20, 8, 1000);
        let probe = quick(0.01).with_bias().with_temperature(0.8).unwrap();
        let fit = probe.fit(&features, &training, &validation).unwrap();
        let transformed = fit.transform().apply(&features).unwrap();
        let metric = ZeroShotOddOneOut::new(Similarity::Dot);
        let metric = metric.with_temperature(0.8).unwrap();
        for (trials, loss) in [
            (&training, fit.training_loss()),
            (&validation, fit.validation_loss()),
        ] {
            let score = metric.score(&transformed, trials).unwrap();
            assert_abs_diff_eq!(score.cross_entropy, loss, epsilon = 1e-6);
        }
        let weights = fit.transform().weights();
        let norm = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
        assert_relative_eq!(fit.penalty(), 0.01 * norm, max_relative = 1e-13);
        let objective = fit.training_loss() + fit.penalty();
        assert_relative_eq!(fit.objective(), objective, max_relative = 1e-14);
    }
    check::<OddOneOutTask>();
    check::<AnchoredTask>();
}

#[test]
fn records_have_the_settings_of_the_scripts() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    let local = LocalSimilarity::new(images(30, 8), 0.1, 1.0).unwrap();
    let presets = [
        MiniBatchProbe::naive(0.01),
        MiniBatchProbe::global(0.01),
        MiniBatchProbe::glocal(local, 0.01),
    ]
    .map(|probe| probe.unwrap().with_learning_rate(0.01).unwrap());
    let records = presets.map(|probe| {
        let stop = |_: &Epoch| ControlFlow::Break(());
        let fit = probe.fit_observed(&features, &training, &validation, stop);
        fit.unwrap().transform().training().unwrap().clone()
    });
    let warm_up = "from 0.3333333333333333 over all epochs";
    let [ten, fifteen] = [10, 15].map(|n| format!("{n} epochs without 0.0001 of improvement"));
    for (name, naive, global, glocal) in [
        ("bias", "no", "no", "no"),
        (
            "initialization",
            "gaussian",
            "scaled-identity",
            "scaled-identity",
        ),
        ("initial scale", "0.001", "0.001", "0.001"),
        ("optimizer", "Adam", "Adam", "Adam"),
        ("warm-up", "none", warm_up, warm_up),
        ("gradient clipping", "1", "1", "1"),
        ("batch size", "256", "256", "256"),
        ("minimum epochs", "10", "15", "20"),
        ("maximum epochs", "100", "100", "100"),
        ("patience", &ten, &ten, &fifteen),
        ("monitored", "objective", "objective", "sum-of-losses"),
        ("kept", "last-epoch", "last-epoch", "last-epoch"),
    ] {
        let found = records.each_ref().map(|record| record.note(name).unwrap());
        assert_eq!(found, [naive, global, glocal], "{name}");
    }
    assert_eq!(records[2].note("context features"), Some("standardized"));
    assert_eq!(records[2].note("initial stopping state"), None);
}

#[test]
fn context_features_are_standardised_or_not() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    let fit = |images: Representation, context_features| {
        let local = LocalSimilarity::new(images, 0.3, 0.5).unwrap();
        let local = local.with_context_features(context_features);
        let probe = MiniBatchProbe::glocal(local, 1e-3).unwrap().with_bias();
        let probe = probe.with_epochs(1, 3).unwrap();
        probe.fit(&features, &training, &validation).unwrap()
    };
    let images = images(30, 8);
    let standardized = fit(images.clone(), ContextFeatures::Standardized);
    let (mean, std) = standardized
        .transform()
        .standardization()
        .of_feature(0)
        .unwrap();
    let by_hand = images.features().to_f64().mapv(|x| (x - mean) / std);
    let by_hand = Representation::new(images.stimuli().clone(), by_hand).unwrap();
    let by_hand = fit(by_hand, ContextFeatures::AsGiven);
    let weights = by_hand.transform().weights();
    for (found, expected) in weights.iter().zip(standardized.transform().weights()) {
        assert_abs_diff_eq!(found, &expected, epsilon = 1e-12);
    }
    let as_given = fit(images, ContextFeatures::AsGiven);
    assert_ne!(
        as_given.transform().weights(),
        standardized.transform().weights()
    );
    // The transform is applied to standardized features in either case.
    assert_eq!(
        as_given.transform().standardization(),
        standardized.transform().standardization()
    );
    let record = as_given.transform().training().unwrap();
    assert_eq!(record.note("context features"), Some("as-given"));
}

#[test]
fn the_monitored_loss_is_the_one_that_was_asked_for() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    let local = LocalSimilarity::new(images(30, 8), 0.1, 0.2).unwrap();
    let probe = MiniBatchProbe::glocal(local, 0.0)
        .and_then(|probe| probe.with_learning_rate(0.05))
        .and_then(|probe| probe.with_epochs(1, 40))
        .and_then(|probe| probe.with_early_stopping(1, 1e-4))
        .unwrap();
    let fit = |monitored| {
        let probe = probe.clone().with_monitored(monitored);
        probe.fit(&features, &training, &validation).unwrap()
    };
    let [objective, sum] = [Monitored::Objective, Monitored::SumOfLosses].map(fit);
    let losses = |epoch: &Epoch| (epoch.validation_loss, epoch.validation_local_loss.unwrap());
    for epoch in objective.history() {
        let (trials, images) = losses(epoch);
        let expected = 0.9 * trials + 0.1 * images;
        assert_relative_eq!(epoch.validation_objective, expected, max_relative = 1e-14);
    }
    for epoch in sum.history() {
        let (trials, images) = losses(epoch);
        assert_relative_eq!(
            epoch.validation_objective,
            trials + images,
            max_relative = 1e-14
        );
    }
    // The transform moves away from the images, of which the sum takes more notice.
    let n_epochs = [&objective, &sum].map(|fit| fit.history().len());
    assert!(n_epochs[1] < n_epochs[0], "{n_epochs:?}");
}

#[test]
fn early_stopping_may_continue_that_of_another_fold() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    let probe = quick(0.0)
        .with_learning_rate(0.05)
        .and_then(|probe| probe.with_epochs(4, 40))
        .and_then(|probe| probe.with_early_stopping(3, 1e-4))
        .unwrap();
    let first = probe.fit(&features, &training, &validation).unwrap();
    assert_eq!(first.outcome(), StoppingReason::EarlyStopped);
    let state = first.stopping_state();
    assert_eq!(state.n_without_improvement, 3);
    let n_epochs = first.history().len();
    let lowest = &first.history()[n_epochs - 4];
    assert_eq!(state.lowest, lowest.validation_objective);
    assert!(n_epochs > 4);

    // The same epochs improve on nothing, so that the next fold stops as soon as it may.
    let continued = probe.clone().with_stopping_state(state);
    let second = continued.fit(&features, &training, &validation).unwrap();
    assert_eq!(second.history().len(), 4);
    assert_eq!(second.history()[3].n_without_improvement, 7);
    assert_eq!(
        second.stopping_state(),
        StoppingState {
            n_without_improvement: 7,
            ..state
        }
    );
    let record = second.transform().training().unwrap();
    let note = record.note("initial stopping state").unwrap();
    assert!(note.ends_with(", 3 epochs without improvement"), "{note}");

    // A loss above all that follow restarts the count.
    let above = StoppingState {
        lowest: 2.0,
        ..state
    };
    let third = probe.with_stopping_state(above);
    let third = third.fit(&features, &training, &validation).unwrap();
    assert_eq!(third.history(), first.history());
}

#[test]
fn published_probes_count_undecided_trials_as_wrong() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 1000);
    let probe = MiniBatchProbe::global(1e-3).unwrap();
    let probe = probe.with_epochs(1, 4).unwrap();
    let fit = probe.fit(&features, &training, &validation).unwrap();
    let transformed = fit.transform().apply(&features).unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let published = metric.with_ties(TiePolicy::PublishedProbe);
    let probabilities = metric.probabilities(&transformed, &validation).unwrap();
    // break_ties of the scripts: two equal numbers, or all equal after rounding to two decimals.
    let is_correct = |row: &[f64]| {
        let [p, q, r] = [row[0] as f32, row[1] as f32, row[2] as f32];
        let rounded = [p, q, r].map(|x| (x * 100.0).round_ties_even());
        let are_equal = p == q || p == r || q == r;
        let are_near = rounded[0] == rounded[1] && rounded[0] == rounded[2];
        !are_equal && !are_near && p > q && p > r
    };
    let rows = probabilities.rows();
    let n_correct = rows
        .into_iter()
        .filter(|row| is_correct(row.as_slice().unwrap()));
    let n_correct = n_correct.count() as u64;
    let [found, usual] = [published, metric].map(|metric| {
        let score = metric.score(&transformed, &validation).unwrap();
        let outcomes = metric.outcomes(&transformed, &validation).unwrap();
        assert_eq!(outcomes.score().n_correct, score.n_correct);
        score.n_correct
    });
    assert_eq!(found, n_correct);
    // After few epochs, many probabilities are near 1/3.
    assert!(0 < found && found < usual, "{found} {usual}");
}

#[test]
fn a_transform_remembers_its_training() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    let local = LocalSimilarity::new(images(30, 8), 0.1, 1.0).unwrap();
    let probe = MiniBatchProbe::glocal(local, 1e-3).unwrap().with_seed(5);
    let probe = probe.with_epochs(1, 2).unwrap();
    let fit = probe.fit(&features, &training, &validation).unwrap();
    let record = fit.transform().training().unwrap();
    assert_eq!(record.learner(), Some("mini-batch probe"));
    assert_eq!(record.penalty(), [1e-3]);
    assert_eq!(record.objective(), Some(fit.objective()));
    assert_eq!(record.data().map(str::len), Some(64));
    for (name, value) in [
        ("penalty", "0.001 · ‖W − mean(diag W) · I‖²"),
        ("optimizer", "Adam"),
        ("learning rate", "0.001"),
        ("gradient clipping", "1"),
        ("patience", "15 epochs without 0.0001 of improvement"),
        ("epochs", "2"),
        ("outcome", "max-epochs"),
        ("seed", "5"),
        ("alpha", "0.1"),
        ("context images", "30"),
    ] {
        assert_eq!(record.note(name), Some(value), "{name}");
    }
    // Other trials are other data.
    let other = probe.fit(&features, &validation, &training).unwrap();
    assert_ne!(record.data(), other.transform().training().unwrap().data());
}

#[test]
fn the_bits_depend_on_the_seed_and_not_on_the_number_of_threads() {
    let (features, training, validation) = simulated::<OddOneOutTask>(150, 60, 3000);
    let local = LocalSimilarity::new(images(200, 60), 0.2, 0.5).unwrap();
    let local = local.with_batch_size(70).unwrap();
    for probe in [
        quick(0.01).with_bias(),
        MiniBatchProbe::glocal(local, 1e-3).unwrap(),
    ] {
        let probe = probe.with_epochs(1, 3).unwrap();
        let fit = |n_threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .build()
                .unwrap();
            let probe = probe.clone().with_seed(seed);
            pool.install(|| probe.fit(&features, &training, &validation).unwrap())
        };
        let one = fit(1, 3);
        assert_eq!(one, fit(3, 3));
        assert_ne!(one.transform().weights(), fit(1, 4).transform().weights());
    }
}

/// The epoch after which training is to stop: the first, once the fewest are over, with as many epochs
/// behind it as the patience that were no better than the best by enough.
fn stops_after(history: &[Epoch], min: usize, patience: usize, improvement: f64) -> Option<usize> {
    let (mut best, mut since) = (f64::INFINITY, 0);
    history.iter().position(|epoch| {
        if epoch.validation_objective < best - improvement {
            (best, since) = (epoch.validation_objective, 0);
        } else {
            since += 1;
        }
        assert_eq!(epoch.n_without_improvement, since);
        since >= patience && epoch.number >= min
    })
}

#[test]
fn training_stops_when_it_should() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    // Without a penalty and in large steps, few trials are soon learned by heart.
    let probe = quick(0.0).with_learning_rate(0.05).unwrap();
    let mut outcomes = Vec::new();
    for (min, max, patience, improvement) in [
        (1, 40, 1, 1e-4),
        (1, 40, 3, 1e-4),
        (15, 40, 2, 1e-4),
        (1, 40, 3, 0.05),
        (1, 4, 10, 1e-4),
    ] {
        let probe = probe
            .clone()
            .with_epochs(min, max)
            .and_then(|probe| probe.with_early_stopping(patience, improvement))
            .unwrap();
        let all = probe.clone().without_early_stopping();
        let all = all.fit(&features, &training, &validation).unwrap();
        assert_eq!(
            (all.history().len(), all.outcome()),
            (max, StoppingReason::MaxEpochs)
        );
        let expected = stops_after(all.history(), min, patience, improvement);

        let fit = probe.fit(&features, &training, &validation).unwrap();
        let last = expected.unwrap_or(max - 1);
        assert_eq!(fit.history(), &all.history()[..=last]);
        assert_eq!(fit.kept_epoch().number, last + 1);
        let is_early = fit.outcome() == StoppingReason::EarlyStopped;
        assert_eq!(is_early, expected.is_some());
        outcomes.push((last + 1, is_early));
    }
    // Each setting makes a difference.
    assert!(
        outcomes[0].1 && outcomes[0].0 < outcomes[1].0,
        "{outcomes:?}"
    );
    assert!(outcomes[2].1 && outcomes[2].0 >= 15, "{outcomes:?}");
    assert!(outcomes[3].0 < outcomes[1].0, "{outcomes:?}");
    assert_eq!(outcomes[4], (4, false));
}

#[test]
fn an_observer_sees_every_epoch_and_may_stop() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    let probe = quick(0.0).with_learning_rate(0.05).unwrap();
    let probe = probe.without_early_stopping().with_epochs(1, 30).unwrap();
    let all = probe.fit(&features, &training, &validation).unwrap();
    let mut seen = Vec::new();
    let mut stop_after = |probe: &MiniBatchProbe, last: usize| {
        seen.clear();
        let fit = probe.fit_observed(&features, &training, &validation, |epoch| {
            seen.push(*epoch);
            match epoch.number == last {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        let fit = fit.unwrap();
        assert_eq!(fit.outcome(), StoppingReason::StoppedByObserver);
        assert_eq!((fit.history(), seen.len()), (&seen[..], last));
        fit
    };
    let stopped = stop_after(&probe, 25);
    assert_eq!(stopped.history(), &all.history()[..25]);
    assert_eq!(stopped.kept_epoch().number, 25);

    // Of the same epochs, the best is another one, and its weights are those of a training that ends
    // there.
    let objective = |epoch: &&Epoch| epoch.validation_objective;
    let best = stopped
        .history()
        .iter()
        .min_by(|a, b| objective(a).total_cmp(&objective(b)))
        .unwrap()
        .number;
    assert!(best < 25);
    let kept = stop_after(&probe.clone().with_kept(Kept::BestEpoch), 25);
    assert_eq!(kept.kept_epoch().number, best);
    let ended = stop_after(&probe, best);
    assert_eq!(kept.transform().weights(), ended.transform().weights());
    assert_relative_eq!(
        kept.training_loss(),
        ended.training_loss(),
        max_relative = 1e-13
    );
    assert!(kept.validation_loss() < stopped.validation_loss());
}

#[test]
fn no_training_beats_the_certified_optimum() {
    fn check<T: Task>() {
        let (features, training, validation) = simulated::<T>(40, 12, 6000);
        let weight = 0.01;
        let probe = Probe::new(weight).unwrap();
        let probe = probe.with_penalty_kind(PenaltyKind::Trace);
        let choices = ChoiceFrequencies::from_trials(&training);
        let optimum = probe.fit(&features, &choices).unwrap();
        let recipe = quick(0.0).with_penalty(Penalty::SquaredFrobenius { weight });
        let fit = recipe
            .unwrap()
            .fit(&features, &training, &validation)
            .unwrap();
        let bound = probe.bound(fit.transform(), &features, &choices).unwrap();
        assert_relative_eq!(bound.objective, fit.objective(), max_relative = 1e-10);
        assert_relative_eq!(bound.loss, fit.training_loss(), max_relative = 1e-10);
        let excess = fit.objective() - optimum.objective();
        assert!(
            excess > 0.0 && excess <= bound.duality_gap(),
            "{excess} {bound:?}"
        );
        // It comes near, though.
        assert!(excess < 0.01, "{excess}");
    }
    check::<OddOneOutTask>();
    check::<AnchoredTask>();
}

fn accuracy<T: Task>(features: &Representation, trials: &Trials<T>) -> f64 {
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    metric.score(features, trials).unwrap().accuracy
}

#[test]
fn what_is_learned_helps_with_trials_that_were_not_seen() {
    /// An observer who cares about two of twelve features.
    fn check<T: Task>() {
        let images = images(40, 12).into_features().into_f32();
        let stimuli = Stimuli::numbered(40);
        let seen = 15.0 * images.select(Axis(1), &[4, 5]);
        let (training, validation) = answers::<T>(&stimuli, seen, 6000);
        let features = Representation::new(stimuli, images).unwrap();
        let fit = quick(0.01).fit(&features, &training, &validation).unwrap();
        let transformed = fit.transform().apply(&features).unwrap();
        let before = accuracy(&features, &validation);
        let after = accuracy(&transformed, &validation);
        assert!(after > before + 0.2, "{before} {after}");
    }
    check::<OddOneOutTask>();
    check::<AnchoredTask>();
}

/// The cosines of all pairs, less their mean.
fn cosines(features: &Representation) -> Array1<f64> {
    let features = features.features().to_f64();
    let norms = features.rows().into_iter().map(|row| row.dot(&row).sqrt());
    let norms: Vec<f64> = norms.collect();
    let products = features.dot(&features.t());
    let n = norms.len();
    let pairs = (0..n).flat_map(|a| (0..a).map(move |b| (a, b)));
    let cosines = pairs.map(|(a, b)| products[[a, b]] / (norms[a] * norms[b]));
    let cosines: Array1<f64> = cosines.collect();
    &cosines - cosines.mean().unwrap()
}

/// The correlation of the cosines of images before and after a transform.
fn similarity_kept(fit: &MiniBatchFit, images: &Representation) -> f64 {
    let standardization = fit.transform().standardization();
    let (mean, std) = standardization.of_feature(0).unwrap();
    let before = images
        .features()
        .to_f64()
        .mapv(|x| ((x - mean) / std) as f32);
    let before = Representation::new(images.stimuli().clone(), before).unwrap();
    let before = cosines(&before);
    let after = cosines(&fit.transform().apply(images).unwrap());
    before.dot(&after) / (before.dot(&before) * after.dot(&after)).sqrt()
}

#[test]
fn the_local_term_keeps_the_similarities_of_images() {
    let (features, training, validation) = simulated::<OddOneOutTask>(40, 12, 3000);
    let images = images(100, 12);
    let fit = |alpha| {
        let local = LocalSimilarity::new(images.clone(), alpha, 0.2).unwrap();
        let local = local.with_batch_size(50).unwrap();
        MiniBatchProbe::glocal(local, 0.0)
            .and_then(|probe| probe.with_optimizer(Optimizer::Sgd { momentum: 0.9 }))
            .and_then(|probe| probe.with_learning_rate(0.02))
            .and_then(|probe| probe.with_initial_scale(0.3))
            .and_then(|probe| probe.with_batch_size(64))
            .and_then(|probe| probe.with_epochs(20, 40))
            .unwrap()
            .without_bias()
            .fit(&features, &training, &validation)
            .unwrap()
    };
    let [free, bound] = [fit(0.0), fit(0.98)];
    let [of_free, of_bound] = [&free, &bound].map(|fit| similarity_kept(fit, &images));
    assert!(of_bound > 0.97 && of_free < 0.9, "{of_free} {of_bound}");
    assert!(free.validation_loss() < bound.validation_loss());
    assert!(free.local_loss() > bound.local_loss());
    // Between the two there is something of both.
    let both = fit(0.5);
    let of_both = similarity_kept(&both, &images);
    assert!(of_free < of_both && of_both < of_bound, "{of_both}");
    let loss = both.validation_loss();
    assert!(free.validation_loss() < loss && loss < bound.validation_loss());
}

#[test]
fn divergence_is_an_error_that_names_the_epoch() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    let expect_epoch = |result: Result<MiniBatchFit>, expected: Option<usize>| match result {
        Err(error) => {
            assert_kind!(error, Computation(ComputationError::LossNotFinite { .. }));
            let [Context::Epoch(epoch)] = error.context().collect::<Vec<_>>()[..] else {
                panic!("{error}");
            };
            assert!(
                expected.is_none_or(|expected| *epoch == expected),
                "{epoch}"
            );
        }
        other => panic!("{other:?}"),
    };
    let huge = quick(0.01).with_learning_rate(1e200).unwrap();
    let result = huge.fit(&features, &training, &validation);
    expect_epoch(result, Some(1));
    // With a single step an epoch, only validation can tell.
    let single = huge.clone().with_batch_size(1000).unwrap();
    let result = single.fit(&features, &training, &validation);
    expect_epoch(result, Some(1));
    // Steps that grow with the weights.
    let momentum = 0.9;
    let growing = quick(0.0)
        .with_optimizer(Optimizer::Sgd { momentum })
        .and_then(|probe| probe.with_learning_rate(100.0))
        .and_then(|probe| probe.with_gradient_clipping(None))
        .and_then(|probe| probe.with_penalty(Penalty::SquaredFrobenius { weight: 1.0 }));
    let result = growing.unwrap().fit(&features, &training, &validation);
    expect_epoch(result, None);
}

#[test]
fn refuses_what_has_no_answer() {
    let (features, training, validation) = simulated::<OddOneOutTask>(20, 8, 500);
    let probe = quick(0.01);
    let fit = |probe: &MiniBatchProbe, features: &Representation| {
        probe.fit(features, &training, &validation).unwrap_err()
    };
    let ids: Vec<&String> = features.stimuli().ids().iter().skip(1).collect();
    let fewer = features.select(&Stimuli::new(ids).unwrap()).unwrap();
    assert_kind!(
        fit(&probe, &fewer),
        Stimuli(StimuliError::Missing { n_missing: 1, .. })
    );
    // Stimuli of validation trials are needed too.
    let other = Stimuli::new(["object 0", "object 1", "elsewhere"]).unwrap();
    let other = Trials::new(other, vec![[0, 1, 2]]).unwrap();
    let refused = probe.fit(&features, &training, &other);
    assert_refused!(refused, Stimuli(StimuliError::Missing { n_missing: 1, .. }));
    let constant = Representation::new(features.stimuli().clone(), Array2::<f32>::ones((20, 8)));
    assert_kind!(
        fit(&probe, &constant.unwrap()),
        Feature(FeatureError::Constant { .. })
    );
    let moments = Standardization::per_feature(array![0.0], array![1.0]).unwrap();
    let probe_by = probe.clone().with_standardize(Standardize::By(moments));
    assert_kind!(
        fit(&probe_by, &features),
        Argument(ArgumentError::LengthMismatch {
            expected: 8,
            found: 1,
            ..
        })
    );

    let glocal = |images| {
        let local = LocalSimilarity::new(images, 0.1, 1.0).unwrap();
        MiniBatchProbe::glocal(local, 1e-3).unwrap()
    };
    assert_kind!(
        fit(&glocal(images(10, 7)), &features),
        Argument(ArgumentError::LengthMismatch {
            expected: 8,
            found: 7,
            ..
        })
    );
    let mut flat = images(10, 8).into_features().into_f32();
    flat.row_mut(4).fill(0.25);
    let flat = Representation::new(Stimuli::numbered(10), flat).unwrap();
    let by = Standardization::scalar(0.25, 1.0).unwrap();
    let probe_by = glocal(flat).with_standardize(Standardize::By(by));
    assert_kind!(
        fit(&probe_by, &features),
        Feature(FeatureError::ZeroVector { stimulus, .. })
            if stimulus == "4"
    );
}

#[test]
fn a_context_image_that_the_transform_takes_to_zero_is_named() {
    // The weights begin so small that the square of the shortest image is no longer a number above 0.
    let features = array![[1.0, 0.5], [-1.0, 0.25], [0.5, -1.0], [0.25, 1.0]];
    let features = Representation::new(Stimuli::numbered(4), features).unwrap();
    let short = array![[1.0, 1.0], [0.0, 1e-30], [1.0, -1.0]];
    let images = Representation::new(Stimuli::new(["a", "short", "b"]).unwrap(), short).unwrap();
    let local = LocalSimilarity::new(images, 0.1, 1.0).unwrap();
    let trials = Trials::new(Stimuli::numbered(4), vec![[0, 1, 2], [1, 2, 3]]).unwrap();
    let probe = MiniBatchProbe::glocal(local, 1e-3)
        .and_then(|probe| probe.with_initial_scale(1e-160))
        .unwrap()
        .without_bias()
        .with_standardize(Standardize::By(Standardization::none()));
    let refused = probe.fit::<OddOneOutTask>(&features, &trials, &trials);
    let error = refused.unwrap_err();
    assert!(error.context().eq([&Context::Epoch(1)]), "{error}");
    assert_kind!(error, Feature(FeatureError::ZeroVector { stimulus, .. }) if stimulus == "short");
}

#[test]
fn parameters_outside_their_range_are_refused() {
    let probe = || MiniBatchProbe::naive(0.0).unwrap();
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let local = LocalSimilarity::new(images(3, 2), 0.1, 1.0).unwrap();
        for refused in [
            MiniBatchProbe::naive(bad),
            MiniBatchProbe::glocal(local, bad),
            probe().with_penalty(Penalty::SquaredFrobenius { weight: bad }),
            probe().with_temperature(bad),
            probe().with_initial_scale(bad),
            probe().with_learning_rate(bad),
            probe().with_gradient_clipping(Some(bad)),
            probe().with_early_stopping(1, bad),
            probe().with_optimizer(Optimizer::Sgd { momentum: bad }),
            probe().with_warm_up(WarmUp::OverMaxEpochs { from: bad }),
        ] {
            assert_refused!(refused, Argument(ArgumentError::InvalidParameter { .. }));
        }
    }
    for refused in [
        probe().with_initial_scale(0.0),
        probe().with_learning_rate(0.0),
        probe().with_gradient_clipping(Some(0.0)),
        probe().with_batch_size(0),
        probe().with_epochs(0, 0),
        probe().with_epochs(11, 10),
        probe().with_early_stopping(0, 1e-4),
    ] {
        assert_refused!(refused, Argument(ArgumentError::InvalidParameter { .. }));
    }
    assert!(probe().with_gradient_clipping(None).is_ok());
    assert!(probe().with_epochs(0, 1).is_ok());
}
