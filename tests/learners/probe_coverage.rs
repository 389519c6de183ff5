//! Intervals of cross-validated probes cover what probes fitted to other data reach, and gains are
//! rarely found where there is nothing to learn.

#[path = "../../examples/coverage/learners.rs"]
mod learners;

use learners::{Choices, Design};

const DESIGN: Design = Design {
    n_objects: 30,
    n_features: 5,
    n_trials: 3000,
    n_folds: 2,
    penalty: 1e-3,
    choices: Choices::OfFeatures,
};

#[test]
fn what_is_learned() {
    let rates = DESIGN.simulate(300, 1).unwrap();
    assert!(rates.mean_gain > 0.1, "{rates:?}");
    assert!(rates.accuracy.0 >= 0.93 && rates.own >= 0.93, "{rates:?}");
    assert!(rates.gain.0 >= 0.93, "{rates:?}");
    // Given the fits alone, intervals are too narrow.
    assert!(rates.gain.1 < 0.93, "{rates:?}");
}

#[test]
fn nothing_to_learn() {
    let design = Design {
        n_folds: 3,
        choices: Choices::OfOthers,
        ..DESIGN
    };
    let rates = design.simulate(300, 1).unwrap();
    assert!(rates.mean_gain.abs() < 0.005, "{rates:?}");
    assert!(
        rates.gain.0 >= 0.93 && rates.accuracy.0 >= 0.93,
        "{rates:?}"
    );
}
