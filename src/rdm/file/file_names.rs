//! What the name of a file says about the direction of its numbers.

use super::meaning::{Direction, MATRICES, NOUNS, is_noun};
use crate::io::text::{is_one_of, words};

/// Checks whether a file is named like similarities. The words `sim`, which may be a simulation, `r` or
/// `correlation` do not tell, nor does the name of a study or task.
pub(super) fn names_file_of_similarities(stem: &str) -> bool {
    const STUDIES: [&str; 5] = ["task", "study", "experiment", "exp", "project"];

    let words = words(stem);
    let is_study = words.iter().any(|word| is_one_of(word, &STUDIES));
    let are_noun = |both: &[String]| {
        let is_matrix = both[0] == "sim" && MATRICES.contains(&both[1].as_str());
        is_matrix || is_one_of(&both.concat(), &NOUNS)
    };
    let has_noun = words.iter().any(|word| is_noun(word)) || words.windows(2).any(are_noun);
    has_noun && !is_study && Direction::of(stem) == Direction::Similarity
}

/// Checks whether a name is that of an RDM or of dissimilarities, also within a word such as `rdmutv`.
pub(super) fn names_dissimilarities(name: &str) -> bool {
    let begins = |word: &String| {
        let beginnings = ["rdm", "rdv", "dsm", "diss", "dist"];
        beginnings.iter().any(|known| word.starts_with(known))
    };
    words(name).iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_similarities() {
        for stem in [
            "human_rsm",
            "RSM",
            "similarity_matrix",
            "similarityMatrix",
            "simmat",
            "sim-matrix",
            "cooccurrence",
            "co_occurrence_counts",
            "confusion_matrix",
            "Aehnlichkeit",
        ] {
            assert!(names_file_of_similarities(stem), "{stem}");
        }
        for stem in [
            "dissimilarity",
            "similarity_judgments_rdm",
            "similarity_rdms",
            "rdm_from_similarity",
            "similarity_distance",
            "1-similarity",
            "similarity_task",
            "similarity_experiment_2",
            "sim_01",
            "simulated",
            "r",
            "cosine",
            "correlation",
            "sorted",
            "pairs_shared",
            "human",
        ] {
            assert!(!names_file_of_similarities(stem), "{stem}");
        }
    }
}
