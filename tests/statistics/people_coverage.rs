//! Intervals of single people and of uncertainty alignment cover the truth as often as they say.

#[path = "../../examples/coverage/people.rs"]
mod people;

use people::{Crowd, Poll};

#[test]
fn people_who_differ() {
    let crowd = Crowd {
        n_objects: 1854,
        n_people: 20,
        n_trials: 100,
        deviation: 0.3,
    };
    let found = crowd.simulate(300, 1).unwrap();
    assert!((0.93..=0.97).contains(&found.each_person), "{found:?}");
    // Accuracies have lighter tails than the normal distribution, so the interval is conservative.
    assert!((0.93..=0.99).contains(&found.between), "{found:?}");
    assert!(found.differ > 0.9, "{found:?}");
}

#[test]
fn people_who_are_equal() {
    let crowd = Crowd {
        n_objects: 100,
        n_people: 20,
        n_trials: 100,
        deviation: 0.0,
    };
    let found = crowd.simulate(500, 1).unwrap();
    assert!((0.02..=0.08).contains(&found.differ), "{found:?}");
    assert!((0.93..=1.0).contains(&found.each_person), "{found:?}");
}

#[test]
fn entropies_of_a_model_and_of_people() {
    let poll = Poll {
        n_objects: 100,
        n_questions: 300,
        n_answers: 8,
    };
    let found = poll.simulate(400, 1).unwrap();
    assert!(
        found.iter().all(|rate| (0.92..=0.98).contains(rate)),
        "{found:?}"
    );
}
