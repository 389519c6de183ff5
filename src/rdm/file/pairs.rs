//! Labels that name the two stimuli of a pair.

use std::collections::{HashMap, HashSet};

use super::order::{Register, pairs_in_order};
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{has_one_of, words};
use crate::linalg::{n_stimuli_of, pair_index};
use crate::stimuli::{Stimuli, counted};

/// Words between the two stimuli of a pair, such as `cat_vs_dog`.
const BETWEEN: [&str; 4] = ["vs", "versus", "v", "x"];

/// The stimuli that labels of pairs name, and where each pair is among the labels.
pub(super) struct NamedPairs {
    pub(super) stimuli: Stimuli,
    /// The position of the label of each pair of an upper triangle, row by row.
    pub(super) order: Vec<usize>,
    /// The words that all labels have in common, such as `rating` in `cat_dog_rating`.
    pub(super) shared: String,
}

impl NamedPairs {
    /// Finds the pairs that labels name, or returns `None` if they do not name each pair of some
    /// stimuli once.
    pub(super) fn of(labels: &[String]) -> Result<Option<Self>> {
        let Some(n) = n_stimuli_of(labels.len()).filter(|&n| n >= 3) else {
            return Ok(None);
        };
        let Some(found) = split(labels, n) else {
            return Ok(None);
        };
        let shared = shared_words(labels);
        Ok(Some(Self {
            shared,
            ..Self::of_split(found, n)?
        }))
    }

    /// Returns the two stimuli that each of the labels names.
    pub(super) fn by_label(&self, labels: &[String]) -> HashMap<String, [String; 2]> {
        let ids = self.stimuli.ids();
        let pairs = (0..ids.len()).flat_map(|one| (one + 1..ids.len()).map(move |two| [one, two]));
        let named = self.order.iter().zip(pairs);
        let named = named.map(|(&at, pair)| (labels[at].clone(), pair.map(|one| ids[one].clone())));
        named.collect()
    }

    /// Finds the pairs whose first and second stimuli are in two lists, or returns `None` if these are
    /// not each pair of some stimuli once.
    pub(super) fn of_two(firsts: &[String], seconds: &[String]) -> Result<Option<Self>> {
        let n = n_stimuli_of(firsts.len()).filter(|&n| n >= 3 && firsts.len() == seconds.len());
        let Some(n) = n else {
            return Ok(None);
        };
        let (mut names, mut seen, mut pairs) = (Register::default(), HashSet::new(), Vec::new());
        for (first, second) in firsts.iter().zip(seconds) {
            let (first, second) = (names.number(first.trim()), names.number(second.trim()));
            if first == second || !seen.insert((first.min(second), first.max(second))) {
                return Ok(None);
            }
            pairs.push((first, second));
        }
        let names = names.names;
        if names.len() != n {
            return Ok(None);
        }
        Self::of_split(Split { names, pairs }, n).map(Some)
    }

    fn of_split(Split { names, pairs }: Split, n: usize) -> Result<Self> {
        let mut order = vec![0; pairs.len()];
        for (label, &(first, second)) in pairs.iter().enumerate() {
            order[pair_index(n, first.min(second), first.max(second))] = label;
        }
        let by_row = pairs.iter().copied();
        let by_column = pairs.iter().map(|&(first, second)| (second, first));
        let is_upper = pairs.iter().all(|(first, second)| first < second)
            && (by_row.is_sorted() || by_column.is_sorted());
        Ok(match counted(&names) {
            Some((_, position)) => {
                let sorted = pairs_in_order(&position);
                let names = position.iter().map(|&place| names[place].clone());
                Self {
                    stimuli: Stimuli::new(names)?,
                    order: sorted.into_iter().map(|pair| order[pair]).collect(),
                    shared: String::new(),
                }
            }
            // The names are in order if the pairs are those of a triangle.
            None => {
                let stimuli = Stimuli::new(names)?;
                let stimuli = match is_upper {
                    true => stimuli,
                    false => stimuli.without_order(),
                };
                Self {
                    stimuli,
                    order,
                    shared: String::new(),
                }
            }
        })
    }
}

/// The two stimuli that each label names.
struct Split {
    /// Names in the order of their first occurrence.
    names: Vec<String>,
    pairs: Vec<(usize, usize)>,
}

/// Splits each label into two of `n` names, if each pair of them has one label.
fn split(labels: &[String], n: usize) -> Option<Split> {
    let labels: Vec<&str> = labels.iter().map(|label| trimmed(label)).collect();
    let prefix = common(&labels, |label| Box::new(label.char_indices()));
    let suffix = common(&labels, |label| Box::new(label.char_indices().rev()));
    // Such as `X` in `X0_1`, which R puts before numbers, or `_rating` in `cat_dog_rating`.
    [(0, 0), (prefix, 0), (0, suffix), (prefix, suffix)]
        .into_iter()
        .find_map(|(prefix, suffix)| {
            let parts = labels.iter().map(|label| {
                let n_chars = label.chars().count();
                let kept = n_chars.checked_sub(prefix + suffix)?;
                let at = |n| {
                    label
                        .char_indices()
                        .nth(n)
                        .map_or(label.len(), |(at, _)| at)
                };
                Some(trimmed(&label[at(prefix)..at(prefix + kept)]))
            });
            split_trimmed(&parts.collect::<Option<Vec<&str>>>()?, n)
        })
}

/// Returns the words that all labels have once each. Those that occur twice are parts of both stimuli.
fn shared_words(labels: &[String]) -> String {
    let mut labels = labels.iter().map(|label| words(label));
    let mut shared = labels.next().unwrap_or_default();
    let has_once =
        |words: &[String], word: &String| words.iter().filter(|other| *other == word).count() == 1;
    let first = shared.clone();
    shared.retain(|word| has_once(&first, word));
    for words in labels {
        shared.retain(|word| has_once(&words, word));
    }
    shared.join(" ")
}

/// Returns a label without brackets, quotation marks and spaces around it.
fn trimmed(label: &str) -> &str {
    label.trim_matches(|c: char| c.is_whitespace() || "()[]{}\"'_-.,".contains(c))
}

type Chars<'a> = Box<dyn Iterator<Item = (usize, char)> + 'a>;

/// Returns the number of characters with which all labels begin, in the given direction.
fn common(labels: &[&str], chars: impl Fn(&str) -> Chars<'_>) -> usize {
    let Some((first, others)) = labels.split_first() else {
        return 0;
    };
    let shared = |other: &&str| {
        let both = chars(first).zip(chars(other));
        both.take_while(|((_, one), (_, two))| one == two).count()
    };
    others.iter().map(shared).min().unwrap_or(0)
}

fn split_trimmed(labels: &[&str], n: usize) -> Option<Split> {
    let splits: Vec<Vec<(&str, &str)>> = labels.iter().map(|label| splits(label)).collect();
    // A name occurs in the labels of n − 1 pairs; other parts of labels do not.
    let mut n_labels: HashMap<&str, usize> = HashMap::new();
    for splits in &splits {
        let parts: HashSet<&str> = splits.iter().flat_map(|&(a, b)| [a, b]).collect();
        for part in parts {
            *n_labels.entry(part).or_insert(0) += 1;
        }
    }
    let is_likely = |part: &str| n_labels[part] >= n - 1;
    let likely: Vec<Vec<(&str, &str)>> = splits
        .into_iter()
        .map(|splits| {
            let splits = splits.into_iter();
            splits
                .filter(|(a, b)| is_likely(a) && is_likely(b))
                .collect()
        })
        .collect();
    // In `img_1_img_9`, `img_1_img` and `9` may be as frequent as names; other labels tell.
    let certain: HashSet<&str> = likely
        .iter()
        .filter(|likely| likely.len() == 1)
        .flat_map(|likely| [likely[0].0, likely[0].1])
        .collect();
    let mut names = Register::default();
    let mut pairs = Vec::with_capacity(labels.len());
    let mut seen = HashSet::new();
    for likely in &likely {
        let is_name = |&&(a, b): &&(&str, &str)| {
            likely.len() == 1 || certain.contains(a) && certain.contains(b)
        };
        let mut possible = likely.iter().filter(is_name);
        let (Some(&(first, second)), None) = (possible.next(), possible.next()) else {
            return None;
        };
        let (first, second) = (names.number(first), names.number(second));
        if first == second || !seen.insert((first.min(second), first.max(second))) {
            return None;
        }
        pairs.push((first, second));
    }
    let names = names.names;
    (names.len() == n).then_some(Split { names, pairs })
}

/// Returns the ways to split a label in two, at the marks or spaces in it.
fn splits(label: &str) -> Vec<(&str, &str)> {
    let mut marks: Vec<(usize, usize)> = Vec::new();
    for (at, c) in label.char_indices().filter(|(_, c)| !c.is_alphanumeric()) {
        match marks.last_mut() {
            Some((_, end)) if *end == at => *end += c.len_utf8(),
            _ => marks.push((at, at + c.len_utf8())),
        }
    }
    let mut cuts = marks.clone();
    for pair in marks.windows(2) {
        let word = label[pair[0].1..pair[1].0].to_lowercase();
        if BETWEEN.contains(&word.as_str()) {
            // The word is a part of neither name.
            cuts.retain(|cut| !pair.contains(cut));
            cuts.push((pair[0].0, pair[1].1));
        }
    }
    let parts = cuts
        .iter()
        .map(|&(start, end)| (&label[..start], &label[end..]));
    parts
        .filter(|(a, b)| !a.is_empty() && !b.is_empty())
        .collect()
}

/// Checks that labels of pairs that do not name stimuli only number the pairs in order.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if the order of the pairs is not known.
pub(super) fn require_order(labels: &[String], axis: &str) -> Result<()> {
    // Such as `trial1`, which numbers the order in which each participant saw the pairs.
    let number_trials = labels.iter().all(|label| has_one_of(label, &["trial"]));
    let is_numbered = match counted(labels) {
        Some((_, position)) => position.is_sorted() && !number_trials,
        None => labels.len() < 2,
    };
    if is_numbered {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "which pairs of stimuli the {axis} are: their labels, such as {} and {}, do not name each \
             pair of some stimuli once",
            Quoted(&labels[0]),
            Quoted(&labels[1])
        ),
        remedy: "label them with the two stimuli of the pair, such as cat_dog, or remove the labels \
                 if the pairs are in the order of an upper triangle, row by row",
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(labels: &[&str]) -> Option<(Vec<String>, Vec<usize>)> {
        let labels: Vec<String> = labels.iter().map(|&label| label.into()).collect();
        let pairs = NamedPairs::of(&labels).unwrap()?;
        Some((pairs.stimuli.ids().to_vec(), pairs.order))
    }

    #[test]
    fn labels_name_pairs() {
        for (labels, names, order) in [
            (["0_1", "0_2", "1_2"], ["0", "1", "2"], [0, 1, 2]),
            (["2-1", "3-2", "1-3"], ["1", "2", "3"], [0, 2, 1]),
            (["X0_1", "X1_2", "X0_2"], ["0", "1", "2"], [0, 2, 1]),
            (["(0, 2)", "(1, 2)", "(0, 1)"], ["0", "1", "2"], [2, 0, 1]),
            (["a vs b", "a vs c", "b vs c"], ["a", "b", "c"], [0, 1, 2]),
            (
                ["hot_dog_ice_tea", "hot_dog_x", "ice_tea_x"],
                ["hot_dog", "ice_tea", "x"],
                [0, 1, 2],
            ),
            (
                ["cat_dog_rating", "hen_dog_rating", "cat_hen_rating"],
                ["cat", "dog", "hen"],
                [0, 2, 1],
            ),
            (
                ["img_1_img_2", "img_1_img_3", "img_2_img_3"],
                ["img_1", "img_2", "img_3"],
                [0, 1, 2],
            ),
            (
                ["s.1 - s.2", "s.1 - s.3", "s.2 - s.3"],
                ["s.1", "s.2", "s.3"],
                [0, 1, 2],
            ),
            (
                ["img2_img1", "img3_img1", "img3_img2"],
                ["img1", "img2", "img3"],
                [0, 1, 2],
            ),
        ] {
            let names = names.map(str::to_owned).to_vec();
            assert_eq!(found(&labels), Some((names, order.to_vec())), "{labels:?}");
        }
        for labels in [
            ["1", "2", "3"],
            ["a_b", "a_c", "a_d"],
            ["a_b", "b_a", "a_c"],
            ["pair 1", "pair 2", "pair 3"],
        ] {
            assert_eq!(found(&labels), None, "{labels:?}");
        }
    }
}
