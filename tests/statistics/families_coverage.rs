//! Calibration errors, ranks, equivalence and power hold what they promise in small simulations.

#[path = "../../examples/coverage/calibration.rs"]
mod calibration;
#[path = "../../examples/coverage/power.rs"]
mod power;
#[path = "../../examples/coverage/ranks.rs"]
mod ranks;

use human_alignment::inference::PlannedDesign;

#[test]
fn calibrated_predictions_are_rarely_rejected() {
    let experiment = calibration::Experiment {
        n_objects: 200,
        n_people: Some(20),
        n_trials: 2000,
        error: 0.0,
    };
    let found = experiment.replicate(400, 1).unwrap();
    assert!((0.02..=0.08).contains(&found.rejections), "{found:?}");
    assert!(found.coverage >= 0.95, "{found:?}");
    // The bias of each bin is 0.47 instead of 0.80 standard errors.
    let ratio = found.corrected / found.plug_in;
    assert!((0.5..0.65).contains(&ratio), "{found:?}");
}

#[test]
fn errors_of_calibration_are_covered() {
    let experiment = |error: f64| calibration::Experiment {
        n_objects: 100,
        n_people: Some(20),
        n_trials: 2000,
        error,
    };
    let found = experiment(0.1).replicate(300, 2).unwrap();
    assert!(found.rejections > 0.9, "{found:?}");
    assert!(found.coverage >= 0.94, "{found:?}");
    assert!((found.corrected - 0.1).abs() < 0.01, "{found:?}");
    // Where gaps are smaller than their standard errors, the correction removes most of the bias.
    let found = experiment(0.02).replicate(300, 2).unwrap();
    assert!(found.coverage >= 0.94, "{found:?}");
    let bias = |error: f64| (error - 0.02).abs();
    assert!(
        bias(found.corrected) < 0.5 * bias(found.plug_in),
        "{found:?}"
    );
}

#[test]
fn true_ranks_are_covered() {
    let experiment = ranks::Experiment {
        n_objects: 85,
        n_trials: 2000,
        accuracies: ranks::GROUPS,
    };
    let found = experiment.replicate(300, 3).unwrap();
    assert!(found.coverage >= 0.95, "{found:?}");
    // The sets are informative, and a difference of the margin is rarely called equivalent.
    assert!(found.mean_size < 5.0, "{found:?}");
    assert!(found.equivalent_at_margin <= 0.08, "{found:?}");
}

#[test]
fn planned_errors_and_power_are_those_of_experiments() {
    for people_differ in [false, true] {
        let design = PlannedDesign::new(30, 30, 40).unwrap();
        let design = design.with_answers_per_question(3).unwrap();
        let experiment = power::Experiment::new(design, people_differ).unwrap();
        let found = experiment.replicate(600, 4).unwrap();
        let ratio = found.standard_deviation / found.planned_error;
        assert!((0.9..1.1).contains(&ratio), "{found:?}");
        let planned = found.planned_power;
        assert!((found.power_from_pilot - planned).abs() < 0.1, "{found:?}");
        let objects = found.mean_objects / experiment.components.objects;
        assert!((0.85..1.2).contains(&objects), "{found:?}");
        match people_differ {
            true => {
                let people = found.mean_participants / experiment.components.participants;
                assert!((0.85..1.2).contains(&people), "{found:?}");
            }
            false => assert!((found.rejections - planned).abs() < 0.08, "{found:?}"),
        }
    }
}
