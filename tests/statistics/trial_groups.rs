//! Tests of trial groups.

use human_alignment::concept::Membership;
use human_alignment::concept::TrialGroups;
use human_alignment::error::ArgumentError;
use human_alignment::error::JudgmentError;
use human_alignment::judgment::OddOneOut;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::assert_refused;

#[test]
fn categories_are_those_of_the_objects() {
    let labels = ["animal", "animal", "food", "", "food"];
    let trials = vec![[0, 1, 2], [0, 2, 4], [3, 4, 2], [2, 4, 3]];
    let trials = OddOneOut::new(Stimuli::numbered(5), trials).unwrap();
    let of = |membership| {
        let groups = TrialGroups::by_category(&trials, &labels, membership).unwrap();
        assert_eq!(groups.names(), ["animal", "food"]);
        let of_groups = [0, 1].map(|group| groups.trials(group).unwrap().to_vec());
        (of_groups, groups.n_ungrouped())
    };
    assert_eq!(of(Membership::BothOfPair), ([vec![0], vec![3]], 2));
    assert_eq!(of(Membership::OneOfPair), ([vec![0, 1], vec![1, 2, 3]], 0));
    assert_eq!(
        of(Membership::AnyShown),
        ([vec![0, 1], vec![0, 1, 2, 3]], 0)
    );
    assert_refused!(
        TrialGroups::by_category(&trials, &labels[..4], Membership::AnyShown),
        Argument(ArgumentError::LengthMismatch {
            expected: 5,
            found: 4,
            ..
        })
    );
}

#[test]
fn groups_of_ones_own_are_sets_of_trials() {
    let groups = TrialGroups::new(4, [("some".to_owned(), vec![3, 1, 3])]).unwrap();
    assert_eq!(groups.trials(0), Some(&[1, 3][..]));
    assert_eq!((groups.trials(1), groups.n_ungrouped()), (None, 2));
    assert_refused!(
        TrialGroups::new(3, [("some".to_owned(), vec![3])]),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    assert_refused!(TrialGroups::new(0, []), Judgment(JudgmentError::NoTrials));
}
