//! Tests of choice noise ceiling.

use approx::assert_relative_eq;
use human_alignment::inference::ChoiceNoiseCeiling;
use human_alignment::inference::Confidence;
use human_alignment::judgment::Anchored;
use human_alignment::judgment::OddOneOut;
use human_alignment::stimuli::Stimuli;

#[test]
fn counts_agreement_within_questions() {
    // One question with answers 2:1:0, one with 1:1, and one with a single answer.
    let trials = vec![
        [0, 1, 2],
        [1, 0, 2],
        [2, 1, 0],
        [3, 4, 5],
        [5, 4, 3],
        [6, 7, 8],
    ];
    let trials = OddOneOut::new(Stimuli::numbered(9), trials).unwrap();
    let ceiling = ChoiceNoiseCeiling::new(&trials, Confidence::default()).unwrap();
    assert_eq!((ceiling.n_questions, ceiling.n_answers), (2, 5));
    // Majority: (2 + 1) of 5. Leave-one-out: of 2:1 remain 1:1 for two answers (credit 1/2
    // each) and 2:0 for the third (credit 0); of 1:1 remains 0:1 (credit 0).
    assert_relative_eq!(ceiling.majority.value, 3.0 / 5.0);
    assert_relative_eq!(ceiling.leave_one_out.value, 1.0 / 5.0);
    assert!(ceiling.majority_interval.contains(ceiling.majority.value));
}

#[test]
fn anchored_questions_have_a_head() {
    let trials = vec![[0, 1, 2], [0, 2, 1], [1, 0, 2], [0, 1, 2]];
    let trials = Anchored::new(Stimuli::numbered(3), trials).unwrap();
    let ceiling = ChoiceNoiseCeiling::new(&trials, Confidence::default()).unwrap();
    assert_eq!((ceiling.n_questions, ceiling.n_answers), (1, 3));
    assert_relative_eq!(ceiling.majority.value, 2.0 / 3.0);
}

#[test]
fn nothing_repeats_nothing_is_known() {
    let trials = OddOneOut::new(Stimuli::numbered(4), vec![[0, 1, 2], [1, 2, 3]]).unwrap();
    assert_eq!(
        ChoiceNoiseCeiling::new(&trials, Confidence::default()),
        None
    );
}
