//! Tests of rdm scaling.

use approx::assert_relative_eq;
use human_alignment::error::RdmError;
use human_alignment::rdm::Rdm;
use human_alignment::rdm::Scaling;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::assert_refused;

#[test]
fn missing_pairs_stay_missing() {
    let values = vec![3.0, f64::NAN, 1.0, 2.0, 3.0, 4.0];
    let rdm = Rdm::with_missing(Stimuli::numbered(4), values).unwrap();
    let ranks = rdm.scaled(Scaling::Rank).unwrap();
    assert!(ranks.values()[1].is_nan());
    assert_eq!(ranks.values()[2..], [1.0, 2.0, 3.5, 5.0]);
    let mean_of = |rdm: &Rdm, of: fn(f64) -> f64| {
        let present = rdm.values().iter().filter(|value| !value.is_nan());
        present.map(|&value| of(value)).sum::<f64>() / 5.0
    };
    let scaled = rdm.scaled(Scaling::RootMeanSquare).unwrap();
    assert_relative_eq!(
        mean_of(&scaled, |value| value * value),
        1.0,
        epsilon = 1e-12
    );
    let scores = rdm.scaled(Scaling::StandardScore).unwrap();
    assert_relative_eq!(mean_of(&scores, |value| value), 0.0, epsilon = 1e-12);
    assert_relative_eq!(
        mean_of(&scores, |value| value * value),
        1.0,
        epsilon = 1e-12
    );
}

#[test]
fn what_is_constant_has_no_scale() {
    let all = |value| Rdm::new(Stimuli::numbered(3), vec![value; 3]).unwrap();
    assert_refused!(
        all(2.0).scaled(Scaling::StandardScore),
        Rdm(RdmError::Constant { .. })
    );
    assert!(all(2.0).scaled(Scaling::RootMeanSquare).is_ok());
    assert!(all(0.0).scaled(Scaling::RootMeanSquare).is_err());
    let huge = all(1e300).scaled(Scaling::RootMeanSquare).unwrap();
    assert_relative_eq!(huge.values()[0], 1.0, epsilon = 1e-12);
}
