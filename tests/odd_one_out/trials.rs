//! Tests of trials.

use human_alignment::error::{ArgumentError, JudgmentError, StimuliError};
use human_alignment::{Anchored, OddOneOut, Stimuli};

use crate::common::refusals::{assert_kind, assert_refused};

fn four() -> Stimuli {
    Stimuli::new(["a", "b", "c", "d"]).unwrap()
}

#[test]
fn names_the_trial_at_fault() {
    let refused = |trials: Vec<[u32; 3]>| OddOneOut::new(four(), trials).unwrap_err();
    assert_eq!(
        refused(vec![[0, 1, 2], [0, 4, 1]]).to_string(),
        "trial 1: index 4 is out of range: there are 4 stimuli (if indices count from 1, set \
             this: `with_counting`, `--count-from 1`)"
    );
    assert_eq!(
        refused(vec![[0, 1, 2], [1, 2, 3], [3, 0, 3]]).to_string(),
        "trial 2: stimulus 3 occurs twice; trials with repeated stimuli can be \
         dropped (`TripletSource::without_repeats`, `--drop-repeated`)"
    );
    assert_kind!(refused(vec![]), Judgment(JudgmentError::NoTrials));
    let mut many = vec![[0, 1, 2]; 200_000];
    many[150_000] = [1, 1, 2];
    many[199_999] = [9, 1, 2];
    assert_kind!(
        refused(many),
        Judgment(JudgmentError::InvalidTrial { trial: 150_000, .. })
    );
}

#[test]
fn joined_trials_count_the_stimuli_of_the_first() {
    let other = Stimuli::new(["d", "c", "x", "a"]).unwrap();
    let named = |stimuli: Stimuli, trial, name| {
        let trials = OddOneOut::new(stimuli, vec![trial]).unwrap();
        trials.with_participants([name]).unwrap()
    };
    let first = named(four(), [0, 1, 2], "p");
    let second = named(other.clone(), [0, 1, 3], "q");
    let joined = OddOneOut::concat([&first, &second, &first]).unwrap();
    assert_eq!(joined.as_slice(), [[0, 1, 2], [3, 2, 0], [0, 1, 2]]);
    assert_eq!(joined.participants().unwrap().by_trial(), [0, 1, 0]);
    let foreign = named(other, [2, 1, 3], "q");
    assert!(OddOneOut::concat([&first, &foreign]).is_err());
    let anonymous = OddOneOut::new(four(), vec![[0, 1, 2]]).unwrap();
    assert!(OddOneOut::concat([&first, &anonymous]).is_err());
    let error = OddOneOut::from_ids(four(), [["a", "b", "x"], ["x", "y", "a"]]).unwrap_err();
    assert_kind!(error, Stimuli(StimuliError::Missing { n_missing: 2, .. }));
}

#[test]
fn knows_which_stimuli_were_shown() {
    let trials = Anchored::new(four(), vec![[3, 0, 1], [0, 1, 3]]).unwrap();
    assert_eq!(trials.shown(), [0, 1, 3]);
}

#[test]
fn restriction_drops_and_counts() {
    let trials = OddOneOut::new(four(), vec![[0, 1, 2], [3, 2, 1], [1, 2, 0]])
        .unwrap()
        .with_participants(["x", "y", "y"])
        .unwrap();
    let cba = Stimuli::new(["c", "b", "a"]).unwrap();
    let (restricted, n_dropped) = trials.restrict_to(&cba).unwrap();
    assert_eq!(n_dropped, 1);
    assert_eq!(restricted.as_slice(), [[2, 1, 0], [1, 0, 2]]);
    assert_eq!(restricted.participants().unwrap().labels(), ["x", "y"]);
    let none = Stimuli::new(["p", "q", "r"]).unwrap();
    assert_refused!(
        trials.restrict_to(&none),
        Stimuli(StimuliError::Missing { n_missing: 4, .. })
    );
}

#[test]
fn participants_must_match_the_trials() {
    let trials = OddOneOut::new(four(), vec![[0, 1, 2]]).unwrap();
    assert_refused!(
        trials.with_participants(["x", "y"]),
        Argument(ArgumentError::LengthMismatch {
            expected: 1,
            found: 2,
            ..
        })
    );
}
