//! Intervals contain the truth as often as they say, and tests reject a true hypothesis as rarely.

#[path = "../../examples/coverage/accuracy.rs"]
mod accuracy;

use accuracy::{Experiment, Findings};

fn check(found: Findings) {
    assert!((0.93..=0.97).contains(&found.coverage), "{found:?}");
    assert!((0.03..=0.07).contains(&found.false_rejections), "{found:?}");
}

#[test]
fn sparse_trials() {
    let experiment = Experiment::new(1854, 2171);
    let found = experiment.replicate(1000, 1).unwrap();
    check(found);
    // Trials that share objects are not independent, and each object has too few of them for the
    // bootstrap.
    assert!(
        found.binomial < 0.85 * found.standard_deviation,
        "{found:?}"
    );
    assert!(
        found.bootstrap > 1.5 * found.standard_deviation,
        "{found:?}"
    );
}

#[test]
fn dense_trials() {
    let experiment = Experiment::new(85, 20_000);
    let found = experiment.replicate(1000, 1).unwrap();
    check(found);
    assert!(found.binomial < 0.2 * found.standard_deviation, "{found:?}");
    let ratio = found.bootstrap / found.standard_error;
    assert!((0.9..1.1).contains(&ratio), "{found:?}");
}

#[test]
fn participants_who_differ() {
    for (n_objects, n_participants) in [(1854, 10), (85, 5), (85, 20)] {
        let experiment = Experiment {
            n_participants: Some(n_participants),
            participant_effect: 0.5,
            ..Experiment::new(n_objects, 5_000)
        };
        // Standard errors of these shares are 0.007.
        let found = experiment.replicate(1000, 1).unwrap();
        assert!((0.925..=0.98).contains(&found.coverage), "{found:?}");
        assert!(
            (0.02..=0.075).contains(&found.false_rejections),
            "{found:?}"
        );
        assert!(found.objects_only < 0.92, "{found:?}");
    }
}

#[test]
fn accuracies_near_one() {
    let experiment = Experiment {
        logit: 6.0,
        ..Experiment::new(85, 2_000)
    };
    let found = experiment.replicate(1000, 1).unwrap();
    assert!((0.93..=0.99).contains(&found.coverage), "{found:?}");
}

#[test]
fn all_triples_of_few_objects() {
    for (n_objects, logit, object_effect) in [(30, -0.693, 0.0), (30, 0.4, 0.6), (10, 0.4, 0.6)] {
        let experiment = Experiment {
            n_trials: None,
            logit,
            object_effect,
            ..Experiment::new(n_objects, 0)
        };
        let found = experiment.replicate(500, 1).unwrap();
        // Without effects of objects, intervals are conservative.
        let least = if object_effect == 0.0 { 0.95 } else { 0.93 };
        assert!(found.coverage >= least, "{found:?}");
        assert!(found.false_rejections <= 0.07, "{found:?}");
    }
}
