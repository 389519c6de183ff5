//! What texts say about the poles of a scale.

use std::collections::{HashMap, HashSet};

use super::meaning::Direction;
use crate::io::text::{has_one_of, words};

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

/// Returns the words that most of several texts share, without the tags of HTML, such as `How similar are
/// and` of questions that name two stimuli. Words with `/` are parts of paths, which ask for nothing.
pub(super) fn shared_text(texts: &[String]) -> String {
    /// Part of the texts that have a shared word; others may be instructions.
    const MOST: f64 = 0.9;

    let words_of = |text: &String| -> Vec<String> {
        let text = without_tags(text);
        let words = text.split_whitespace();
        let words = words.filter(|word| !word.contains(['/', '\\']));
        words.map(str::to_owned).collect()
    };
    let all: Vec<Vec<String>> = texts.iter().map(words_of).collect();
    let mut n_texts: HashMap<&String, usize> = HashMap::new();
    for words in &all {
        for word in words.iter().collect::<HashSet<&String>>() {
            *n_texts.entry(word).or_default() += 1;
        }
    }
    let is_shared = |word: &&String| n_texts[*word] as f64 >= MOST * texts.len() as f64;
    let shared = all
        .iter()
        .map(|words| words.iter().filter(is_shared).collect::<Vec<_>>());
    let longest = shared.max_by_key(Vec::len).unwrap_or_default();
    let longest = longest.into_iter().map(String::as_str);
    longest.collect::<Vec<&str>>().join(" ")
}

/// Returns whether a column is named like the label of the last pole of a scale, or of its first.
pub(super) fn names_last_pole(name: &str) -> Option<bool> {
    const FIRST: [&str; 6] = ["left", "min", "minimum", "low", "lower", "start"];
    const LAST: [&str; 6] = ["right", "max", "maximum", "high", "upper", "end"];

    if !has_one_of(name, &LABELS) {
        return None;
    }
    match (has_one_of(name, &FIRST), has_one_of(name, &LAST)) {
        (true, false) => Some(false),
        (false, true) => Some(true),
        _ => None,
    }
}

/// Returns a text with spaces for the tags of HTML.
pub(super) fn without_tags(text: &str) -> String {
    let mut parts = text.split('<');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push(' ');
        // Without `>`, it is the sign of a comparison.
        plain.push_str(part.split_once('>').map_or(part, |(_, after)| after));
    }
    plain.replace("&nbsp;", " ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_share_their_words() {
        let asks = |texts: [&str; 3]| asks_for_similarity(&shared_text(&texts.map(str::to_owned)));
        for texts in [
            [
                "How similar are cat and dog?",
                "How similar are cat and hen?",
                "How similar are dog and hen?",
            ],
            [
                "<p>How similar are these?</p><img src=\"a/cat.png\"><img src=\"a/dog.png\">",
                "<p>How similar are these?</p><img src=\"a/cat.png\"><img src=\"a/hen.png\">",
                "<p>How similar are these?</p><img src=\"a/dog.png\"><img src=\"a/hen.png\">",
            ],
            [
                "Rate img_1 and img_2: 1 = very different, 7 = very similar",
                "Rate img_1 and img_3: 1 = very different, 7 = very similar",
                "Rate img_2 and img_3: 1 = very different, 7 = very similar",
            ],
            [
                "Sind sich Hund und Katze ähnlich?",
                "Sind sich Hund und Huhn ähnlich?",
                "Sind sich Katze und Huhn ähnlich?",
            ],
        ] {
            assert!(asks(texts), "{texts:?}");
        }
        for texts in [
            [
                "How different are cat and dog?",
                "How different are cat and hen?",
                "How different are dog and hen?",
            ],
            [
                "My Drive/similarity study/cat.png",
                "My Drive/similarity study/dog.png",
                "My Drive/similarity study/hen.png",
            ],
            ["similar pair", "different pair", "similar pair"],
            [
                "1 = similar, 7 = different: cat, dog",
                "1 = similar, 7 = different: cat, hen",
                "1 = similar, 7 = different: dog, hen",
            ],
        ] {
            assert!(!asks(texts), "{texts:?}");
        }
    }
}
