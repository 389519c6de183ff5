//! Tests of choices.

use human_alignment::agreement::Choices;
use human_alignment::error::ArgumentError;
use human_alignment::error::JudgmentError;
use human_alignment::error::StimuliError;
use human_alignment::inference::Credit;
use human_alignment::judgment::Anchored;
use human_alignment::judgment::OddOneOut;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::assert_refused;

fn numbered(n: u32, trials: Vec<[u32; 3]>) -> OddOneOut {
    OddOneOut::new(Stimuli::numbered(n), trials).unwrap()
}

#[test]
fn a_choice_is_a_pair_of_the_question() {
    let trials = numbered(4, vec![[3, 1, 0], [0, 3, 1], [0, 1, 3]]);
    let choices = Choices::from_trials("people", &trials);
    assert_eq!(choices.questions(), [[0, 1, 3]; 3]);
    assert_eq!(choices.chosen(), [Some(2), Some(1), Some(0)]);
    // The second pair of the first trial is (3, 0), the third of the second (3, 1).
    let chosen = [Some(1), Some(2), None];
    let choices = Choices::new("network", &trials, &chosen).unwrap();
    assert_eq!(choices.chosen(), [Some(1), Some(2), None]);
    assert_eq!(choices.n_ties(), 1);

    let trials = Anchored::new(Stimuli::numbered(4), vec![[3, 1, 0], [3, 0, 1]]).unwrap();
    let choices = Choices::from_trials("people", &trials);
    assert_eq!(choices.questions(), [[3, 0, 1]; 2]);
    assert_eq!(choices.chosen(), [Some(1), Some(0)]);
    let choices = Choices::new("network", &trials, &[Some(1), Some(0)]).unwrap();
    assert_eq!(choices.chosen(), [Some(0), Some(0)]);
    assert_refused!(
        Choices::new("network", &trials, &[Some(2), Some(0)]),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    assert_refused!(
        Choices::new("network", &trials, &[None]),
        Argument(ArgumentError::LengthMismatch { .. })
    );
}

#[test]
fn credits_follow_ids_and_turns() {
    let people = OddOneOut::new(
        Stimuli::new(["a", "b", "c", "d"]).unwrap(),
        vec![[0, 1, 2], [1, 2, 3], [0, 2, 1], [0, 1, 2]],
    )
    .unwrap();
    let reversed = Stimuli::new(["d", "c", "b", "a"]).unwrap();
    // d, c, b, a are 0, 1, 2, 3: (b, c) of (b, c, d); then (a, b), (a, b), (b, c) of (a, b, c).
    let answers = vec![[2, 1, 0], [3, 2, 1], [2, 3, 1], [1, 2, 3]];
    let answers = OddOneOut::new(reversed.clone(), answers).unwrap();
    let choices = Choices::from_trials("model", &answers);
    let (right, wrong) = (Credit::FULL, Credit::NONE);
    assert_eq!(
        choices.credits(&people).unwrap(),
        [right, right, wrong, wrong]
    );
    let undecided = Choices::new("model", &answers, &[None; 4]).unwrap();
    assert_eq!(undecided.credits(&people).unwrap(), [wrong; 4]);

    let few = OddOneOut::new(reversed, vec![[2, 1, 0], [3, 2, 1], [3, 2, 1]]).unwrap();
    assert_refused!(
        Choices::from_trials("model", &few).credits(&people),
        Judgment(JudgmentError::Unanswered { trial: 3, .. })
    );
    let others = Stimuli::new(["a", "b", "c", "x"]).unwrap();
    let others = OddOneOut::new(others, vec![[0, 1, 2]]).unwrap();
    assert_refused!(
        Choices::from_trials("model", &others).credits(&people),
        Stimuli(StimuliError::Missing { n_missing: 1, .. })
    );
}
