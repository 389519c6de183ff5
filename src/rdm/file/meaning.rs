//! What the name of a column says about the direction of its numbers.

use super::columns::is_distance;
use crate::io::text::{JUDGMENTS, consists_of, is_one_of, words};

/// Words for the similarity of a pair, which are also names of files with similarities.
pub(super) const NOUNS: [&str; 25] = [
    "similarity",
    "simi",
    "similitud",
    "similitude",
    "similarité",
    "similaridade",
    "similarità",
    "somiglianza",
    "semejanza",
    "gelijkenis",
    "ähnlichkeit",
    "aehnlichkeit",
    "ressemblance",
    "resemblance",
    "relatedness",
    "confusability",
    "confusion",
    "cooccurrence",
    "cooc",
    "cooccur",
    "gram",
    "gramian",
    "相似度",
    "相似性",
    "rsm",
];

/// Other words for the similarity of a pair, and for coefficients of correlation.
const SIMILARITIES: [&str; 51] = [
    "similar",
    "alike",
    "agreement",
    "proximity",
    "closeness",
    "association",
    "affinity",
    "likeness",
    "alikeness",
    "sameness",
    "r",
    "rho",
    "tau",
    "corr",
    "cor",
    "correl",
    "correlation",
    "korrelation",
    "corrcoef",
    "pearson",
    "spearman",
    "same",
    "together",
    "overlap",
    "shared",
    "jaccard",
    "cos",
    "cosine",
    "dot",
    "match",
    "agree",
    "pmi",
    "covariance",
    "strength",
    "closer",
    "identical",
    "simlex",
    "iou",
    "kernel",
    "near",
    "equal",
    "sorted",
    "linked",
    "coherence",
    "mutual",
    "confuse",
    "confused",
    "matching",
    "compatibility",
    "interchangeability",
    "interchangeable",
];

/// Endings of words for a matrix.
pub(super) const MATRICES: [&str; 3] = ["matrix", "mat", "mtx"];

/// Words for a pole of a scale at which stimuli differ.
const DIFFERENCES: [&str; 8] = [
    "different",
    "dissimilar",
    "difference",
    "dissimilarity",
    "unlike",
    "distinct",
    "distant",
    "unrelated",
];

/// What larger numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Similarity,
    Dissimilarity,
    /// The name speaks of both.
    Both,
    Unknown,
}

impl Direction {
    /// Returns the direction that the name of a column tells.
    pub(super) fn of(name: &str) -> Self {
        let words = words(name);
        let differs = words.iter().any(|word| is_one_of(word, &DIFFERENCES));
        let direction = match (is_similarity(name), is_distance(name)) {
            // An RDM of correlations has their distances.
            (true, false)
                if words
                    .iter()
                    .any(|word| is_one_of(word, &["rdm", "rdv", "dsm"])) =>
            {
                return Direction::Unknown;
            }
            (true, _) if differs => return poles(name, &words),
            (_, true) => Direction::Dissimilarity,
            (true, false) => Direction::Similarity,
            (false, false) => return Direction::Unknown,
        };
        match complement(name, &words) {
            Complement::No => direction,
            Complement::Yes => direction.opposite(),
            Complement::Unclear => Direction::Both,
        }
    }

    fn opposite(self) -> Self {
        match self {
            Direction::Similarity => Direction::Dissimilarity,
            Direction::Dissimilarity => Direction::Similarity,
            other => other,
        }
    }
}

/// Checks whether a name is that of similarities. `psim`, `cossim` and `simrating` are words of this kind.
/// Two words such as `co_occurrence` are one.
pub(super) fn is_similarity(name: &str) -> bool {
    let words = words(name);
    let mut joined = words.windows(2).map(|both| both.concat());
    words.iter().any(|word| is_word_of_similarity(word))
        || joined.any(|word| is_one_of(&word, &NOUNS))
}

fn is_word_of_similarity(word: &str) -> bool {
    let stem = MATRICES.iter().find_map(|end| word.strip_suffix(end));
    let is_word = |word: &str| {
        let is_sim = word.ends_with("sim") && !word.ends_with("dissim");
        is_sim || word == "sims" || is_one_of(word, &SIMILARITIES)
    };
    is_noun(word) || is_word(word) || stem.is_some_and(is_word)
}

/// Checks whether a word is a noun for similarities, such as `simrating` or `simmat`.
pub(super) fn is_noun(word: &str) -> bool {
    let is_of = |of: &str| {
        let rest = word.strip_prefix(of);
        rest.is_some_and(|rest| consists_of(rest, &[&JUDGMENTS, &MATRICES]))
    };
    let is_sim = is_of("sim") && word != "sim";
    is_one_of(word, &NOUNS) || is_sim || is_of("similarity") || is_of("gram")
}

/// Returns the direction of a scale whose two poles a name describes, such as `1 = similar, 7 =
/// different`, if it gives the numbers of both.
fn poles(name: &str, words: &[String]) -> Direction {
    // Signs and decimals are no parts of words.
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let is_mark = |c: char| matches!(c, '-' | '\u{2212}' | '.' | ',');
    let mut places = name.char_indices().filter(|&(_, c)| is_mark(c));
    if places.any(|(at, c)| is_digit(name[at + c.len_utf8()..].chars().next())) {
        return Direction::Both;
    }
    let number = |word: &String| word.parse::<u32>().ok();
    let n_numbers = words.iter().filter_map(number).count();
    let are_turned = words
        .iter()
        .any(|word| ["not", "least", "less"].contains(&word.as_str()));
    if n_numbers != 2 || are_turned {
        return Direction::Both;
    }
    let is_pole = |word: &String, is_similar: bool| match is_one_of(word, &DIFFERENCES) {
        true => !is_similar,
        false => is_similar && is_word_of_similarity(word),
    };
    let beside = |is_similar: bool, is_before: bool| {
        let at = words.iter().rposition(|word| is_pole(word, is_similar))?;
        match is_before {
            true => words[..at].iter().rev().find_map(number),
            false => words[at..].iter().find_map(number),
        }
    };
    let compared = [true, false].into_iter().find_map(|is_before| {
        let (similar, different) = (beside(true, is_before)?, beside(false, is_before)?);
        (similar != different).then_some(similar < different)
    });
    match compared {
        Some(true) => Direction::Dissimilarity,
        Some(false) => Direction::Similarity,
        None => Direction::Both,
    }
}

/// Whether a name is that of numbers whose direction was turned.
enum Complement {
    Yes,
    No,
    Unclear,
}

/// Checks whether a name begins with `1 −`, `one minus` or `1 /`.
fn complement(name: &str, words: &[String]) -> Complement {
    const TURNED: [&str; 12] = [
        "inverse",
        "inverted",
        "inv",
        "reverse",
        "reversed",
        "rev",
        "flipped",
        "not",
        "non",
        "reciprocal",
        "complement",
        "minus",
    ];
    let is_minus = |c: char| matches!(c, '-' | '\u{2212}' | '\u{2013}');
    let is_name = |text: &str| {
        let text = text.trim_start();
        text.starts_with(|c: char| c.is_alphabetic() || c == '(')
            && !text.contains(|c: char| c.is_ascii_digit())
    };
    let plain = name.trim();
    let after_one = plain.strip_prefix("1.0").or(plain.strip_prefix('1'));
    let turned =
        after_one.and_then(|rest| rest.trim_start().strip_prefix(|c| is_minus(c) || c == '/'));
    let begins =
        |with: &[&str]| words.len() > with.len() && words.iter().zip(with).all(|(a, b)| a == b);
    // Negative numbers may be similarities, or the negation of either.
    let is_negative = plain.starts_with(is_minus)
        || ["neg", "negative", "negated"].contains(&words[0].as_str()) && words.len() == 2;
    if turned.is_some_and(is_name) || begins(&["one", "minus"]) || begins(&["1", "minus"]) {
        return Complement::Yes;
    }
    let has_one_minus = name.match_indices('1').any(|(at, _)| {
        let rest = name[at + 1..].trim_start();
        rest.strip_prefix(|c| is_minus(c) || c == '/')
            .is_some_and(is_name)
            && !name[..at].ends_with(char::is_alphanumeric)
    });
    let is_turned = words.iter().any(|word| TURNED.contains(&word.as_str()));
    match has_one_minus || is_turned || is_negative {
        true => Complement::Unclear,
        false => Complement::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_direction() {
        for (direction, names) in [
            (
                Direction::Similarity,
                &[
                    "similarity",
                    "psim",
                    "simrating",
                    "similarityscore",
                    "Aehnlichkeit",
                    "correl",
                    "cosine",
                    "semantic_relatedness",
                    "r",
                    "Pearson r",
                    "1 - distance",
                    "similarity (1 = very different, 7 = very similar)",
                    "negative_affect_similarity",
                    "ressemblance",
                    "相似度",
                    "co_occurrence",
                    "p_confuse",
                    "RSM",
                    "simmat",
                    "sim_mat",
                    "corrmat",
                    "simi",
                    "sims",
                    "gram_matrix",
                    "cooc",
                ][..],
            ),
            (
                Direction::Dissimilarity,
                &[
                    "dissimilarity",
                    "correlation_distance",
                    "cosine_distance",
                    "1-r",
                    "1 - cos",
                    "1 \u{2212} similarity",
                    "1-similarity",
                    "one_minus_similarity",
                    "one minus r",
                    "rating (1 = very similar, 7 = very different)",
                    "rating (very similar = 1, very different = 7)",
                ],
            ),
            (
                Direction::Both,
                &[
                    "similar_different",
                    "rating (-3 = similar, 3 = different)",
                    "inverse_similarity",
                    "-similarity",
                    "negative_similarity",
                    "negative distance",
                    "mean_1-r",
                ],
            ),
            (
                Direction::Unknown,
                &[
                    "rating",
                    "1-7 rating",
                    "d",
                    "distmat",
                    "format",
                    "simulated",
                    "dissimrating",
                    "不相似度",
                ],
            ),
        ] {
            for name in names {
                assert_eq!(Direction::of(name), direction, "{name}");
            }
        }
    }
}
