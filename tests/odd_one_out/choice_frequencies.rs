//! Tests of choice frequencies.

use human_alignment::error::JudgmentError;
use human_alignment::judgment::Anchored;
use human_alignment::judgment::AnchoredTask;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::judgment::OddOneOut;
use human_alignment::judgment::OddOneOutTask;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::assert_refused;

#[test]
fn repeated_trials_are_counted_by_the_pair_that_was_chosen() {
    let stimuli = Stimuli::numbered(4);
    let trials = vec![[3, 1, 0], [0, 1, 3], [0, 3, 1], [1, 0, 3], [1, 2, 3]];
    let frequencies =
        ChoiceFrequencies::from_trials(&OddOneOut::new(stimuli.clone(), trials).unwrap());
    assert_eq!(frequencies.questions(), [[0, 1, 3], [1, 2, 3]]);
    assert_eq!(frequencies.by_pair(), [[2.0, 1.0, 1.0], [1.0, 0.0, 0.0]]);

    let trials = vec![[2, 0, 1], [2, 1, 0], [2, 1, 0], [0, 1, 2]];
    let frequencies = ChoiceFrequencies::from_trials(&Anchored::new(stimuli, trials).unwrap());
    assert_eq!(frequencies.questions(), [[0, 1, 2], [2, 0, 1]]);
    assert_eq!(frequencies.by_pair(), [[1.0, 0.0, 0.0], [1.0, 2.0, 0.0]]);
    assert_eq!(
        frequencies.normalized().by_pair()[1],
        [1.0 / 3.0, 2.0 / 3.0, 0.0]
    );
}

#[test]
fn trials_may_stay_apart_and_in_their_order() {
    let trials = vec![[3, 1, 0], [0, 1, 3], [3, 1, 0]];
    let trials = OddOneOut::new(Stimuli::numbered(4), trials).unwrap();
    let frequencies = ChoiceFrequencies::trial_by_trial(&trials);
    assert_eq!(frequencies.questions(), trials.as_slice());
    assert_eq!(frequencies.by_pair(), [[1.0, 0.0, 0.0]; 3]);
    assert_eq!(frequencies.shown(), [0, 1, 3]);
}

#[test]
fn frequencies_that_nobody_can_have_are_refused() {
    let stimuli = || Stimuli::numbered(3);
    for bad in [
        [-1.0, 1.0, 1.0],
        [0.0, 0.0, 0.0],
        [f64::NAN, 1.0, 0.0],
        [f64::INFINITY, 1.0, 0.0],
    ] {
        let pairs = vec![[1.0, 0.0, 0.0], bad];
        let questions = vec![[0, 1, 2]; 2];
        let refused = ChoiceFrequencies::<OddOneOutTask>::new(stimuli(), questions, pairs);
        assert_refused!(
            refused,
            Judgment(JudgmentError::InvalidFrequencies { question: 1, .. })
        );
    }
    let third = vec![[0.0, 0.5, 0.5]];
    assert!(ChoiceFrequencies::<AnchoredTask>::new(stimuli(), vec![[0, 1, 2]], third).is_err());
    assert!(ChoiceFrequencies::<OddOneOutTask>::new(stimuli(), vec![], vec![]).is_err());
}
