//! Tests of concept embedding.

use human_alignment::concept::ConceptEmbedding;
use human_alignment::error::ArgumentError;
use human_alignment::error::StimuliError;
use human_alignment::judgment::OddOneOut;
use human_alignment::representation::Representation;
use human_alignment::stimuli::Stimuli;
use ndarray::array;

use crate::common::refusals::assert_refused;

fn embedding() -> ConceptEmbedding {
    let stimuli = Stimuli::new(["a", "b", "c", "d"]).unwrap();
    let features = array![
        [3.0, 1.0, 0.0],
        [0.0, 1.5, 0.0],
        [0.0, 0.0, 2.0],
        [0.0, 0.0, 0.0]
    ];
    ConceptEmbedding::new(Representation::new(stimuli, features).unwrap()).unwrap()
}

#[test]
fn choices_turn_on_what_the_pair_has_most_of() {
    // The same objects in another order, and one that is neither shown nor embedded.
    let stimuli = Stimuli::new(["d", "x", "b", "a", "c"]).unwrap();
    let trials = vec![[3, 2, 4], [2, 4, 3], [0, 2, 3], [4, 3, 2]];
    let trials = OddOneOut::new(stimuli, trials).unwrap();
    let of = |k| embedding().dimensions(&trials, k).unwrap();
    // Means: ab (1.5, 1.25, 0), bc (0, 0.75, 1), db (0, 0.75, 0), ca (1.5, 0.5, 1).
    assert_eq!(of(1), [[0], [2], [1], [0]]);
    let three: [&[u32]; 4] = [&[0, 1], &[2, 1], &[1], &[0, 2, 1]];
    assert_eq!(of(3), three);
    assert_eq!(of(2)[3], [0, 2]);
    for k in [0, 4] {
        let refused = embedding().dimensions(&trials, k);
        assert_refused!(refused, Argument(ArgumentError::InvalidParameter { .. }));
    }
    let missing = OddOneOut::new(trials.stimuli().clone(), vec![[0, 1, 2]]).unwrap();
    let refused = embedding().dimensions(&missing, 1);
    assert_refused!(refused, Stimuli(StimuliError::Missing { n_missing: 1, .. }));
}

#[test]
fn of_equals_the_first_is_taken() {
    let features = array![[1.0, 2.0, 2.0], [1.0, 2.0, 2.0], [0.0, 0.0, 1.0]];
    let representation = Representation::new(Stimuli::numbered(3), features).unwrap();
    let embedding = ConceptEmbedding::new(representation).unwrap();
    let trials = OddOneOut::new(Stimuli::numbered(3), vec![[0, 1, 2]]).unwrap();
    assert_eq!(embedding.dimensions(&trials, 3).unwrap(), [[1, 2, 0]]);
}

#[test]
fn dimensions_have_names_and_nothing_below_zero() {
    let embedding = embedding();
    assert_eq!(embedding.names()[2], "dimension 2");
    assert!(embedding.clone().with_names(["x", "y"]).is_err());
    let named = embedding.with_names(["animal", "round", "red"]).unwrap();
    let labelled = named.label(array![0.1, 0.2, 0.3].view()).unwrap();
    assert_eq!(labelled[1], ("round", 0.2));
    assert!(named.label(array![0.1].view()).is_err());
    let features = array![[1.0, 0.0], [0.5, -0.25]];
    let representation = Representation::new(Stimuli::numbered(2), features).unwrap();
    let error = ConceptEmbedding::new(representation).unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "stimulus \"1\" has -0.25 in dimension 1: the dimensions of a concept embedding must not be negative"
    );
}
