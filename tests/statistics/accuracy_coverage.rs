//! Intervals cover the truth as often as they say, and tests reject a true null as rarely.

#[path = "../../examples/coverage/accuracy.rs"]
mod accuracy;

use accuracy::{Experiment, Findings};

fn check(found: Findings) {
    assert!((0.93..=0.97).contains(&found.coverage), "{found:?}");
    assert!((0.03..=0.07).contains(&found.false_rejections), "{found:?}");
}

#[test]
fn sparse_trials() {
    let experiment = Experiment {
        n_objects: 1854,
        n_trials: 2171,
    };
    let found = experiment.replicate(1000, 1).unwrap();
    check(found);
    // Trials that share objects are no independent ones, and each object has too few of them for
    // the bootstrap.
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
    let experiment = Experiment {
        n_objects: 85,
        n_trials: 20_000,
    };
    let found = experiment.replicate(1000, 1).unwrap();
    check(found);
    assert!(found.binomial < 0.2 * found.standard_deviation, "{found:?}");
    let ratio = found.bootstrap / found.standard_error;
    assert!((0.9..1.1).contains(&ratio), "{found:?}");
}
