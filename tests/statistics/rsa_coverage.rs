//! Intervals for RSA cover the truth as often as they say or more often, and tests reject a true
//! null as rarely.

#[path = "../../examples/coverage/rsa.rs"]
mod rsa;

use human_alignment::inference::Resample;
use human_alignment::metric::rsa::Comparator;
use rsa::{Design, Method};

fn check(design: Design, n_experiments: u64, highest: f64) {
    let rates = design.simulate(n_experiments, 1).unwrap();
    let coverages = [
        rates.model,
        rates.mean_person,
        rates.against_ceiling,
        rates.relative,
    ];
    for coverage in coverages {
        assert!(
            (0.93..=highest).contains(&coverage),
            "{design:?}: {rates:?}"
        );
    }
    assert!(rates.false_differences <= 0.07, "{design:?}: {rates:?}");
}

fn check_bootstrap(over: Resample) {
    let design = Design {
        over,
        method: Method::Bootstrap(200),
        comparator: Comparator::Pearson,
        ..Design::default()
    };
    check(design, 400, 1.0);
}

#[test]
fn bootstrap_over_stimuli() {
    check_bootstrap(Resample::Stimuli);
}

#[test]
fn bootstrap_over_people() {
    check_bootstrap(Resample::People);
}

#[test]
fn bootstrap_over_both() {
    check_bootstrap(Resample::Both);
}

/// Few and many participants, who differ little or much.
#[test]
fn analytic_over_both() {
    for (n_stimuli, n_people, individuality, judgment_noise) in [
        (20, 5, 0.6, 2.0),
        (20, 30, 0.6, 2.0),
        (30, 12, 0.1, 8.0),
        (30, 12, 1.2, 2.0),
    ] {
        let design = Design {
            n_stimuli,
            n_people,
            individuality,
            judgment_noise,
            ..Design::default()
        };
        check(design, 600, 0.985);
    }
}

#[test]
fn analytic_over_one() {
    for over in [Resample::Stimuli, Resample::People] {
        let design = Design {
            over,
            ..Design::default()
        };
        // Differences to the ceiling are conservative for the same stimuli.
        check(design, 600, 0.99);
    }
}
