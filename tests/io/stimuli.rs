//! Tests of stimuli.

use human_alignment::error::StimuliError;
use human_alignment::stimuli::Pairing;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::{assert_kind, assert_refused};

#[test]
fn joins_name_what_differs() {
    let stored = Stimuli::new(["c", "a", "b", "x"]).unwrap();
    let needed = Stimuli::new(["a", "b", "c"]).unwrap();
    assert_eq!(stored.positions_of(&needed).unwrap(), [1, 2, 0]);
    assert_refused!(
        needed.positions_of(&stored),
        Stimuli(StimuliError::Missing { ids, n_missing: 1, n_needed: 4, .. })
            if *ids == ["x"]
    );
    assert_refused!(
        stored.same_set_as(&needed),
        Stimuli(StimuliError::Unexpected { ids, n_extra: 1, .. })
            if *ids == ["x"]
    );
    assert_eq!(stored.intersection(&needed).ids(), ["c", "a", "b"]);
}

#[test]
fn refuses_ids_that_cannot_be_joined() {
    assert_refused!(
        Stimuli::new(["a", "b", "a"]),
        Stimuli(StimuliError::Duplicate {
            first: 0,
            second: 2,
            ..
        })
    );
    assert_refused!(
        Stimuli::new(["a", ""]),
        Stimuli(StimuliError::EmptyId { position: 1, .. })
    );
}

#[test]
fn numbered_stimuli_are_their_positions() {
    assert_eq!(Stimuli::numbered(3), Stimuli::new(["0", "1", "2"]).unwrap());
}

#[test]
fn the_fingerprint_depends_on_ids_and_order() {
    let ab = Stimuli::new(["ab", "c"]).unwrap();
    assert_ne!(
        ab.fingerprint(),
        Stimuli::new(["a", "bc"]).unwrap().fingerprint()
    );
    assert_ne!(
        ab.fingerprint(),
        Stimuli::new(["c", "ab"]).unwrap().fingerprint()
    );
}

#[test]
fn rows_without_ids_are_matched_by_position_where_counts_agree() {
    let rows = Stimuli::unnamed(3);
    let named = Stimuli::new(["0", "1", "2"]).unwrap();
    assert_ne!(rows, named);
    assert_ne!(rows.fingerprint(), named.fingerprint());
    assert_eq!(rows.position("0"), None);
    assert_eq!(rows.ids(), ["0", "1", "2"]);
    assert_eq!(rows.pairing_with(&named).unwrap(), Pairing::Position);
    assert_eq!(named.pairing_with(&rows).unwrap(), Pairing::Position);
    assert_eq!(named.pairing_with(&named).unwrap(), Pairing::Id);
    let one_to_three = Stimuli::new(["1", "2", "3"]).unwrap();
    assert_eq!(rows.positions_of(&one_to_three).unwrap(), [0, 1, 2]);
    for other in [Stimuli::unnamed(4), Stimuli::new(["0", "1"]).unwrap()] {
        let error = rows.positions_of(&other).unwrap_err();
        assert_kind!(error, Stimuli(StimuliError::NotPaired { .. }));
        assert!(other.same_set_as(&rows).is_err());
        assert!(rows.intersection(&other).is_empty());
    }
}

#[test]
fn some_rows_without_ids_are_known_by_their_numbers() {
    let rows = Stimuli::unnamed(5);
    let some = rows.select(&[4, 1]).unwrap();
    assert_eq!(some.ids(), ["4", "1"]);
    assert_eq!(rows.positions_of(&some).unwrap(), [4, 1]);
    assert_eq!(some.positions_of(&rows.select(&[1]).unwrap()).unwrap(), [1]);
    assert!(some.positions_of(&rows).is_err());
    // Two rows of five are not two rows.
    assert!(some.positions_of(&Stimuli::unnamed(2)).is_err());
    let named = Stimuli::new(["a", "b", "c", "d", "e"]).unwrap();
    assert_eq!(named.positions_of(&some).unwrap(), [4, 1]);
    assert_eq!(rows.select(&[0, 1, 2, 3, 4]).unwrap(), rows);
    assert!(rows.select(&[0, 0]).is_err() && rows.select(&[5]).is_err());
}

#[test]
fn near_misses_are_explained() {
    let message = |needed: [&str; 2], here: [&str; 2]| {
        let [needed, here] = [needed, here].map(|ids| Stimuli::new(ids).unwrap());
        here.positions_of(&needed).unwrap_err().to_string()
    };
    for (needed, here, form) in [
        (
            ["cat", "dog"],
            ["images/cat.jpg", "images/dog.jpg"],
            "file-stem",
        ),
        (["cat.jpg", "dog.jpg"], ["cat", "dog"], "file-stem"),
        (["Cat", "Dog"], ["cat", "dog"], "lower-case"),
        (["caf\u{e9}", "x"], ["cafe\u{301}", "x"], "nfc"),
        (
            ["cat", "dog"],
            ["i/cat/cat_01b.jpg", "i/dog/dog_01b.jpg"],
            "folder",
        ),
    ] {
        let message = message(needed, here);
        assert!(
            message.contains(&format!("--match-ids {form}")),
            "{message}"
        );
    }
    let message = message(["cat", "dog"], ["id", "cat"]);
    assert!(message.contains("reads like a header"), "{message}");
}
