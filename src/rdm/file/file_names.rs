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

/// Checks whether a name is that of a lower triangle, such as `tril` or `rdm_lower`, and not of a lower bound or
/// a level of processing.
pub(super) fn names_lower_triangle(name: &str) -> bool {
    const OTHERS: [&str; 8] = [
        "tri",
        "triangle",
        "triangular",
        "half",
        "rdm",
        "rdv",
        "dsm",
        "matrix",
    ];

    let words = words(name);
    let is_whole = |word: &String| {
        let rest = word.strip_prefix("lower").or(word.strip_prefix("low"));
        let is_triangle =
            rest.is_some_and(|rest| ["tri", "half"].iter().any(|of| rest.starts_with(of)));
        is_triangle || ["tril", "trils", "trilvec", "ltri", "ltriangle"].contains(&word.as_str())
    };
    let is_beside = |both: &[String]| {
        let is_of = |lower: &str, other: &String| match lower {
            "lower" => is_one_of(other, &OTHERS),
            // Such as `rdm_low`, which may be one of a low level.
            "low" => is_one_of(other, &OTHERS[..4]),
            _ => false,
        };
        is_of(&both[0], &both[1]) || is_of(&both[1], &both[0])
    };
    let is_other = ["bound", "ci", "limit", "ceiling", "quantile", "percentile"];
    words.iter().any(is_whole)
        || words.windows(2).any(is_beside) && !words.iter().any(|word| is_one_of(word, &is_other))
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
