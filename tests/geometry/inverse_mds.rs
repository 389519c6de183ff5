//! Estimates with known results, and invalid trials.

use approx::assert_relative_eq;
use human_alignment::Result;
use human_alignment::error::ArgumentError;
use human_alignment::error::RdmError;
use human_alignment::rdm::Arrangement;
use human_alignment::rdm::Evidence;
use human_alignment::rdm::InverseMds;
use human_alignment::rdm::Rdm;
use human_alignment::rdm::Scaling;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::{assert_kind, assert_refused};

fn name(stimulus: usize) -> String {
    format!("s{stimulus}")
}

fn all(n: usize) -> Stimuli {
    Stimuli::new((0..n).map(name)).unwrap()
}

/// Returns the true position of a stimulus.
fn place(stimulus: usize) -> [f64; 2] {
    let angle = stimulus as f64 * 2.4;
    let radius = (stimulus as f64 + 1.0).sqrt();
    [radius * angle.cos(), radius * angle.sin()]
}

/// Creates a trial with the true positions of some stimuli, multiplied by a scale.
fn trial(shown: &[usize], scale: f64) -> Arrangement {
    let stimuli = Stimuli::new(shown.iter().map(|&stimulus| name(stimulus))).unwrap();
    let places = shown
        .iter()
        .map(|&stimulus| place(stimulus).map(|x| x * scale));
    Arrangement::new(stimuli, places.collect()).unwrap()
}

fn methods() -> impl Iterator<Item = InverseMds> {
    let with = |evidence| InverseMds::default().with_evidence(evidence);
    let floors = |method: InverseMds| [0.0, 0.2].map(|floor| method.with_evidence_floor(floor));
    let all = Evidence::ALL.iter().copied().map(with).flat_map(floors);
    all.map(Result::unwrap)
}

#[test]
fn what_agrees_up_to_scale_is_found() {
    let trials = [
        trial(&[0, 1, 2, 3], 1.0),
        trial(&[5, 3, 2, 4], 0.1),
        trial(&[4, 1, 5, 0], 7.0),
        trial(&[1, 3, 5], 0.01),
        trial(&[4, 0], 3.0),
    ];
    let expected = trial(&[0, 1, 2, 3, 4, 5], 1.0);
    let pairs = (0..6).flat_map(|first| (first + 1..6).map(move |second| (first, second)));
    let distances = pairs.map(|(first, second)| expected.distance(first, second).unwrap());
    let expected = Rdm::new(all(6), distances.collect()).unwrap();
    let expected = expected.scaled(Scaling::RootMeanSquare).unwrap();
    for method in methods() {
        // Trials 0 and 2 share a pair, as do 0 and 1; together 0, 1 and 2 show all pairs.
        let rdm = method.estimate(&all(6), &trials).unwrap();
        assert_eq!(rdm.n_missing(), 0);
        for (found, expected) in rdm.values().iter().zip(expected.values()) {
            assert_relative_eq!(found, expected, max_relative = 1e-9);
        }
    }
}

#[test]
fn pairs_never_shown_are_missing() {
    let trials = [trial(&[0, 1, 2], 1.0), trial(&[3, 1, 2], 0.5)];
    // In another order, with a stimulus that no trial shows.
    let stimuli = Stimuli::new(["s4", "s2", "s0", "s3", "s1"]).unwrap();
    let rdm = InverseMds::default().estimate(&stimuli, &trials).unwrap();
    assert_eq!(rdm.n_missing(), 5);
    assert_eq!(rdm.between(2, 3), None);
    let of = |a: usize, b: usize| (place(a)[0] - place(b)[0]).hypot(place(a)[1] - place(b)[1]);
    let ratio = rdm.between(3, 4).unwrap() / rdm.between(2, 1).unwrap();
    assert_relative_eq!(ratio, of(3, 1) / of(0, 2), max_relative = 1e-9);
    let there = rdm.values().iter().filter(|value| !value.is_nan());
    let mean_square = there.map(|value| value * value).sum::<f64>() / 5.0;
    assert_relative_eq!(mean_square, 1.0, max_relative = 1e-12);
}

#[test]
fn trials_without_a_common_scale_are_refused() {
    let method = InverseMds::default();
    // The trials share a stimulus, but no pair.
    let trials = [
        trial(&[0, 1, 2], 1.0),
        trial(&[1, 0], 2.0),
        trial(&[2, 3], 1.0),
    ];
    let error = method.estimate(&all(4), &trials).unwrap_err();
    assert_kind!(
        error,
        Rdm(RdmError::Disconnected {
            first: 0,
            second: 2,
            ..
        })
    );
    // A trial that shares a pair with each of the others connects them.
    let connecting = [&trials[..], &[trial(&[2, 3, 0], 1.0)]].concat();
    method.estimate(&all(4), &connecting).unwrap();
    assert_refused!(
        method.estimate(&all(4), &[]),
        Argument(ArgumentError::TooFew { .. })
    );
    let error = method.estimate(&all(2), &trials).unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "arrangement 0: 1 of 3 stimuli are missing: \"s2\""
    );
}

#[test]
fn sizes_do_not_leave_the_range() {
    for scale in [1e-300, 1e-160, 1e160, 1e300] {
        let trials = [trial(&[0, 1, 2], scale), trial(&[1, 2, 3, 0], 1.0)];
        for method in methods() {
            let rdm = method.estimate(&all(4), &trials).unwrap();
            assert!(rdm.values().iter().all(|value| *value > 0.0), "{scale}");
        }
    }
}

#[test]
fn pairs_on_one_point_are_alike() {
    let places = vec![[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]];
    let arrangement = Arrangement::new(all(3), places).unwrap();
    for method in methods() {
        let trials = std::slice::from_ref(&arrangement);
        let rdm = method.estimate(&all(3), trials).unwrap();
        assert_eq!(rdm.values()[0], 0.0);
        assert_relative_eq!(rdm.values()[1], 1.5f64.sqrt(), max_relative = 1e-12);
    }
}

#[test]
fn arrangements_that_say_nothing_are_refused() {
    let error = Arrangement::new(all(3), vec![[0.5, 0.5]; 3]).unwrap_err();
    assert_kind!(error, Rdm(RdmError::Constant { .. }));
    for value in [f64::NAN, f64::INFINITY, -1.7e308] {
        let places = vec![[0.0, 0.0], [1.0, value]];
        let error = Arrangement::new(all(2), places).unwrap_err();
        assert!(
            error
                .report()
                .to_string()
                .starts_with("row 1 (\"s1\"), column 1: "),
            "{error}"
        );
    }
    assert_refused!(
        Arrangement::new(all(1), vec![[0.0, 0.0]]),
        Argument(ArgumentError::TooFew { .. })
    );
    assert_refused!(
        Arrangement::new(all(2), vec![[0.0, 0.0]]),
        Argument(ArgumentError::LengthMismatch { .. })
    );
    for floor in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(InverseMds::default().with_evidence_floor(floor).is_err());
    }
}
