//! Tests of sets of RDMs.

use human_alignment::error::ArgumentError;
use human_alignment::error::RdmError;
use human_alignment::rdm::Participant;
use human_alignment::rdm::Rdm;
use human_alignment::rdm::RdmSet;
use human_alignment::rdm::Scaling;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::assert_refused;

fn rdm(ids: [&str; 3], values: [f64; 3]) -> Rdm {
    Rdm::with_missing(Stimuli::new(ids).unwrap(), values.to_vec()).unwrap()
}

#[test]
fn people_are_matched_by_stimulus() {
    let first = rdm(["a", "b", "c"], [1.0, 2.0, 3.0]);
    let second = rdm(["c", "a", "b"], [20.0, 30.0, 10.0]);
    let set = RdmSet::numbered(vec![first.clone(), second]).unwrap();
    assert_eq!(set.rdms()[1].values(), [10.0, 20.0, 30.0]);
    assert_eq!(set.mean(Scaling::None).unwrap().values(), [5.5, 11.0, 16.5]);
    let unit = set.mean(Scaling::Rank).unwrap();
    assert_eq!(unit.values(), [1.0, 2.0, 3.0]);

    let other = rdm(["a", "b", "d"], [1.0, 2.0, 3.0]);
    let error = RdmSet::numbered(vec![first, other]).unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "RDM of 1: 1 of 3 stimuli are missing: \"c\"; the other side has ids such as \"d\""
    );
}

#[test]
fn sessions_are_averaged() {
    let ids = ["a", "b", "c"];
    let rdms = vec![
        rdm(ids, [1.0, 2.0, f64::NAN]),
        rdm(ids, [5.0, 5.0, 5.0]),
        rdm(ids, [3.0, f64::NAN, f64::NAN]),
    ];
    let participants = vec![
        Participant::new("Ann").in_session("1"),
        Participant::new("Bob"),
        Participant::new("Ann").in_session("2"),
    ];
    let set = RdmSet::new(participants.clone(), rdms.clone()).unwrap();
    let people = set.by_participant(Scaling::None).unwrap();
    assert_eq!(people.len(), 2);
    assert_eq!(people.rdms()[0], rdm(ids, [2.0, 2.0, f64::NAN]));
    assert_eq!(people.participants()[1].to_string(), "Bob");

    assert_eq!((set.len(), set.n_participants()), (3, 2));
    let labelled = Participant::from_labels(["Ann", "Bob", "Ann"]);
    assert_eq!(labelled, participants);

    let twice = vec![participants[0].clone(); 3];
    assert_refused!(
        RdmSet::new(twice, rdms),
        Rdm(RdmError::DuplicateParticipant {
            first: 0,
            second: 1,
            ..
        })
    );
    assert_refused!(
        RdmSet::numbered(vec![]),
        Argument(ArgumentError::TooFew { .. })
    );
}
