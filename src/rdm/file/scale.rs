//! What texts say about the poles of a scale.

use super::meaning::Direction;
use crate::io::text::words;

/// Words in the names of columns that tell directions or scales apart.
pub(super) const DIRECTIONS: [&str; 16] = [
    "reversed",
    "reverse",
    "inverted",
    "inverse",
    "flipped",
    "direction",
    "polarity",
    "scale",
    "scoring",
    "coding",
    "coded",
    "keyed",
    "recoded",
    "umgepolt",
    "polung",
    "inversé",
];

/// Words in the names of columns with questions, whose words are no property of a pair.
pub(super) const QUESTIONS: [&str; 7] = [
    "question",
    "condition",
    "wording",
    "instruction",
    "prompt",
    "task",
    "query",
];

/// Words in the names of columns with the labels of a scale.
pub(super) const LABELS: [&str; 4] = ["label", "anchor", "endpoint", "pole"];

/// Words in the names of columns that tell where something is shown.
pub(super) const PLACES: [&str; 8] = [
    "order",
    "position",
    "side",
    "layout",
    "presentation",
    "image",
    "stimulus",
    "stim",
];

/// Beginnings of words for stimuli that are similar, in English, German and French.
const SIMILAR: [&str; 5] = ["similar", "ähnlich", "aehnlich", "semblable", "ressembl"];

/// Other words for such stimuli, which may also say something else.
const SAME: [&str; 9] = [
    "same",
    "sim",
    "alike",
    "identical",
    "identisch",
    "identique",
    "gleich",
    "pareil",
    "match",
];

/// Beginnings of words for stimuli that differ.
const DIFFERENT: [&str; 11] = [
    "dissimilar",
    "different",
    "difference",
    "différen",
    "unähnlich",
    "unaehnlich",
    "verschieden",
    "unterschied",
    "distinct",
    "distan",
    "dissembl",
];

/// Other words for such stimuli.
const UNLIKE: [&str; 5] = ["unlike", "odd", "diss", "dissim", "diff"];

/// Beginnings of words for scales that were turned.
const TURNED: [&str; 6] = ["revers", "invers", "invert", "flipped", "umge", "turned"];

/// What a word of a text says about a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Said {
    Similar,
    Different,
    Turned,
    /// A number beside words for similarities or differences.
    Number(u32),
}

/// Returns what the words of a text say about a scale, in their order.
pub(super) fn said_by(text: &str) -> Vec<Said> {
    /// Largest number of numbers that are those of the poles of a scale.
    const NUMBERS: usize = 2;

    let begins = |word: &str, with: &[&str]| with.iter().any(|known| word.starts_with(known));
    let said_by_word = |word: &String| {
        let word = word.as_str();
        let is_different = begins(word, &DIFFERENT) || UNLIKE.contains(&word);
        let is_similar = begins(word, &SIMILAR) || SAME.contains(&word);
        match (is_different, is_similar, begins(word, &TURNED)) {
            (true, ..) => Some(Said::Different),
            (_, true, _) => Some(Said::Similar),
            (.., true) => Some(Said::Turned),
            _ => word.parse().ok().map(Said::Number),
        }
    };
    let said: Vec<Said> = words(text).iter().filter_map(said_by_word).collect();
    let (numbers, others): (Vec<Said>, Vec<Said>) = said
        .iter()
        .partition(|said| matches!(said, Said::Number(_)));
    match others.is_empty() || numbers.len() > NUMBERS {
        true => others,
        false => said,
    }
}

/// Checks whether a text, or a scale with its two poles, asks for the similarity of two stimuli.
pub(super) fn asks_for_similarity(text: &str) -> bool {
    let said = said_by(text);
    let has = |meant: Said| said.contains(&meant);
    match (has(Said::Similar), has(Said::Different)) {
        (true, true) => {
            // A list of the poles of a scale begins with that of small numbers.
            let is_list = text.trim_start().starts_with(['[', '(']);
            let begins = |meant: Said| said.first() == Some(&meant);
            let are_poles = match said[..] {
                [Said::Number(one), first, Said::Number(two), _]
                | [first, Said::Number(one), _, Said::Number(two)] => {
                    (first == Said::Different) == (one < two)
                }
                _ => Direction::of(text) == Direction::Similarity,
            };
            are_poles || is_list && begins(Said::Different)
        }
        (true, false) => {
            let asks = |word: &String| SIMILAR.iter().any(|known| word.starts_with(known));
            let words = words(text);
            let is_turned = has(Said::Turned) || words.iter().any(|word| word == "dis");
            !is_turned && words.iter().any(|word| asks(word) || word == "alike")
        }
        _ => false,
    }
}
