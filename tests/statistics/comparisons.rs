//! Tests of comparisons.

use human_alignment::error::ArgumentError;
use human_alignment::inference::Comparison;
use human_alignment::inference::Confidence;
use human_alignment::inference::Credit;
use human_alignment::judgment::OddOneOut;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::assert_refused;

#[test]
fn the_same_credits_do_not_differ() {
    let trials = vec![[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 4, 8]];
    let trials = OddOneOut::new(Stimuli::numbered(9), trials).unwrap();
    let (right, wrong) = (Credit::FULL, Credit::NONE);
    let a = [right, wrong, right, wrong];
    let b = [wrong, wrong, wrong, wrong];
    let found = Comparison::all_pairs(&trials, &[&a, &a, &b], Confidence::default()).unwrap();
    let positions: Vec<_> = found.iter().map(|c| (c.first, c.second)).collect();
    assert_eq!(positions, [(0, 1), (0, 2), (1, 2)]);
    assert_eq!(found[0].difference.value, 0.0);
    assert_eq!(found[0].p_value, 1.0);
    assert_eq!(found[1].difference.value, 0.5);
    assert!(found[1].adjusted_p_value >= found[1].p_value);
    assert_refused!(
        Comparison::all_pairs(&trials, &[&a, &b[..3]], Confidence::default()),
        Argument(ArgumentError::LengthMismatch {
            expected: 4,
            found: 3,
            ..
        })
    );
}
