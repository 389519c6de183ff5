//! The names of the columns of stimuli.

use super::answer_words::resembles_answer;
use super::counts::is_count;
use crate::error::{FileError, Result};
use crate::io::text::{plain, words};

/// Beginnings of the names of columns that hold the odd one.
const ODD: [&str; 5] = ["odd", "ooo", "outlier", "intruder", "different"];

/// Names of the three columns of an anchored trial whose order is the answer.
pub(super) const HEADS: [&str; 13] = [
    "head",
    "anchor",
    "reference",
    "ref",
    "center",
    "centre",
    "target",
    "probe",
    "query",
    "sample",
    "standard",
    "cue",
    "top",
];
pub(super) const CLOSE: [&str; 12] = [
    "winner",
    "close",
    "closer",
    "near",
    "positive",
    "pos",
    "similar",
    "chosen",
    "selected",
    "preferred",
    "match",
    "target",
];
pub(super) const FAR: [&str; 12] = [
    "loser",
    "far",
    "farther",
    "further",
    "negative",
    "neg",
    "different",
    "notchosen",
    "unchosen",
    "notselected",
    "rejected",
    "distractor",
];

/// Words in the names of numbered columns that hold stimuli.
const STIMULI: [&str; 14] = [
    "image", "img", "stimulus", "stim", "object", "obj", "concept", "item", "word", "picture",
    "pic", "file", "triplet", "option",
];

/// Parts in which the names of the two candidates of an anchored trial differ.
const SIDES: [(&str, &str); 4] = [("left", "right"), ("1", "2"), ("a", "b"), ("0", "1")];

/// Words in the names of the candidates, beside those for stimuli.
const CANDIDATES: [&str; 6] = [
    "candidate",
    "comparison",
    "alternative",
    "path",
    "name",
    "id",
];

/// Names of three columns that belong together.
const TRIPLES: [[&str; 3]; 7] = [
    ["i", "j", "k"],
    ["a", "b", "c"],
    ["l", "m", "r"],
    ["first", "second", "third"],
    ["left", "center", "right"],
    ["left", "centre", "right"],
    ["left", "middle", "right"],
];

/// Words in the names of columns with places on the screen.
pub(super) const PLACES: [&str; 5] = ["pos", "position", "location", "slot", "place"];

/// Checks whether a column holds response times.
pub(super) fn is_of_time(name: &str) -> bool {
    let joined = plain(name);
    let is_mark = ["timeout", "timedout", "outlier", "valid", "exclude"]
        .iter()
        .any(|mark| joined.contains(mark));
    let is_time = has_word(name, &["rt", "rts"]) || joined.contains("time");
    !is_mark && (is_time || joined.contains("latency")) && !is_count(name)
}

/// Returns the place of the middle if the names of three columns are those of the sides of a screen and its
/// middle.
pub(super) fn middle_of(names: [&str; 3]) -> Option<usize> {
    let find = |sides: &[&str]| {
        let is_side = |name: &&str| sides.iter().any(|side| name.contains(side));
        names.iter().position(is_side)
    };
    let has_sides = find(&["left"]).is_some() && find(&["right"]).is_some();
    find(&["middle", "center", "centre"]).filter(|_| has_sides)
}

/// Checks whether one of the words of a name is among these.
pub(super) fn has_word(name: &str, of: &[&str]) -> bool {
    words(name).iter().any(|word| of.contains(&word.as_str()))
}

/// Checks whether a column is named after the odd one.
pub(super) fn is_odd(name: &str) -> bool {
    ODD.iter().any(|odd| name.starts_with(odd))
}

/// Finds three columns of stimuli of which one is named after the odd one, and returns it last.
pub(super) fn odd_and_others(names: &[String], columns: &[usize]) -> Option<[usize; 3]> {
    let (odd, others): (Vec<usize>, Vec<usize>) =
        columns.iter().partition(|column| is_odd(&names[**column]));
    match (&odd[..], &others[..]) {
        (&[odd], &[first, second])
            if !names[odd].ends_with("index")
                && !others
                    .iter()
                    .any(|&column| resembles_answer(&names[column])) =>
        {
            Some([first, second, odd])
        }
        _ => None,
    }
}

/// Checks whether three columns hold places on the screen, according to their names.
pub(super) fn are_places(names: &[String], columns: [usize; 3]) -> bool {
    let is_place = |column: usize| PLACES.iter().any(|place| names[column].contains(place));
    columns.into_iter().all(is_place)
}

/// Finds the head and the two candidates, and whether the names say which candidate is the closer
/// one.
pub(super) fn anchored(names: &[String]) -> Option<([usize; 3], bool)> {
    let any = |wanted: &[&str]| {
        let is_wanted = |column: &String, name: &str| column == name || strip(column) == name;
        let find = |name: &&str| names.iter().position(|column| is_wanted(column, name));
        wanted.iter().find_map(find)
    };
    // Names that other columns have too.
    let position = |wanted: &str| names.iter().position(|name| name == wanted);
    let is_abx = position("a").is_some() && position("b").is_some();
    let head_of_abx = || position("x").filter(|_| is_abx);
    let head = any(&HEADS)
        .or_else(|| any(&["item"]))
        .or_else(head_of_abx)?;
    if let (Some(close), Some(far)) = (any(&CLOSE), any(&FAR))
        && close != head
    {
        return Some(([head, close, far], true));
    }
    let [first, second] = candidates(names, head)?;
    Some(([head, first, second], false))
}

/// Finds the only two columns of candidates: their names differ by a side or a number, and have
/// nothing else than a word for a stimulus.
fn candidates(names: &[String], head: usize) -> Option<[usize; 2]> {
    let mut found = Vec::new();
    for (first, name) in names
        .iter()
        .enumerate()
        .filter(|&(column, _)| column != head)
    {
        for (from, to) in SIDES {
            let Some(at) = name.rfind(from) else {
                continue;
            };
            let rest = [&name[..at], &name[at + from.len()..]].concat();
            let known = STIMULI.iter().chain(&CANDIDATES);
            let is_of_stimuli = known.into_iter().any(|word| rest.contains(word));
            let is_alone = rest.is_empty() && from.len() > 1 || *name == "a";
            let other = format!("{}{to}{}", &name[..at], &name[at + from.len()..]);
            let second = names.iter().position(|name| *name == other);
            if let Some(second) = second.filter(|_| is_of_stimuli || is_alone) {
                found.push([first, second]);
            }
        }
    }
    match found.as_slice() {
        &[one] => Some(one),
        _ => None,
    }
}

/// Returns a column name without a suffix such as `id` or `image`.
pub(super) fn strip(name: &str) -> &str {
    ["id", "image", "stimulus", "path", "index", "idx"]
        .iter()
        .find_map(|part| name.strip_suffix(part).filter(|rest| !rest.is_empty()))
        .unwrap_or(name)
}

/// Finds the three columns of the stimuli.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if several triples of columns may be those.
pub(super) fn triple(names: &[String]) -> Result<Option<[usize; 3]>> {
    let mut found = triples(names);
    if found.len() > 1 {
        let is_of_stimuli = |&[first, ..]: &[usize; 3]| {
            let name = &names[first];
            STIMULI.iter().any(|word| name.contains(word))
        };
        if found.iter().any(|&triple| !are_places(names, triple)) {
            found.retain(|&triple| !are_places(names, triple));
        }
        if found.iter().any(is_of_stimuli) {
            found.retain(is_of_stimuli);
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        [one, other, ..] => {
            let shown = [one, other].map(|triple| triple.map(|column| names[column].as_str()));
            Err(FileError::Ambiguous {
                what: format!(
                    "which columns hold the stimuli: {:?} or {:?}",
                    shown[0], shown[1]
                ),
                remedy: "name them image1, image2, image3, or remove the others",
            }
            .into())
        }
    }
}

/// Returns all triples of columns whose names differ by a number, or the one that is known to belong
/// together.
pub(super) fn triples(names: &[String]) -> Vec<[usize; 3]> {
    let position = |wanted: &str| names.iter().position(|name| name == wanted);
    for triple in TRIPLES {
        if let [Some(a), Some(b), Some(c)] = triple.map(position) {
            return vec![[a, b, c]];
        }
    }
    let mut found: Vec<[usize; 3]> = Vec::new();
    for (first, name) in names.iter().enumerate() {
        // Names such as `stimleft` or `imagea`.
        let of_suffixes = |triple: [&str; 3]| {
            let stem = name.strip_suffix(triple[0])?;
            let other = |word: &str| position(&format!("{stem}{word}"));
            Some([first, other(triple[1])?, other(triple[2])?])
        };
        // Names such as `leftimage`.
        let of_prefixes = |triple: [&str; 3]| {
            let stem = name.strip_prefix(triple[0])?;
            let is_stimulus = STIMULI.iter().any(|word| stem.contains(word));
            let other = |word: &str| position(&format!("{word}{stem}"));
            let all = [first, other(triple[1])?, other(triple[2])?];
            is_stimulus.then_some(all)
        };
        let triples = || TRIPLES.into_iter();
        let of_words = triples().filter(|[word, ..]| word.len() > 1);
        let found_here = triples().find_map(of_suffixes);
        found.extend(found_here.or_else(|| { of_words }.find_map(of_prefixes)));
    }
    for (first, name) in names.iter().enumerate() {
        let with = |from: &str, to: &str| {
            let at = name.rfind(from)?;
            let mut other = name.clone();
            other.replace_range(at..at + from.len(), to);
            position(&other)
        };
        let of = |one, two, three| Some([first, with(one, two)?, with(one, three)?]);
        if let Some(triple) = of("0", "1", "2").or_else(|| of("1", "2", "3"))
            && !found
                .iter()
                .any(|other| triple.iter().any(|column| other.contains(column)))
        {
            found.push(triple);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &str) -> Vec<String> {
        names.split(',').map(plain).collect()
    }

    #[test]
    fn stimuli_are_found_by_name() {
        for (header, expected) in [
            ("image1,image2,image3,choice", [0, 1, 2]),
            ("rt,stim_3,stim_1,stim_2", [2, 3, 1]),
            ("trial,img0,img1,img2", [1, 2, 3]),
            ("image1Path,image2Path,image3Path", [0, 1, 2]),
            ("k,j,i", [2, 1, 0]),
            ("left_image,center_image,right_image", [0, 1, 2]),
            ("id,leftImg,middleImg,rightImg", [1, 2, 3]),
        ] {
            assert_eq!(
                triple(&names(header)).unwrap().unwrap(),
                expected,
                "{header}"
            );
        }
        for (header, expected) in [
            ("head,winner,loser,RT", [0, 1, 2]),
            ("negative,anchor,positive", [1, 2, 0]),
            ("center,left,right,answer", [0, 1, 2]),
            ("reference_image,left_image,right_image,response", [0, 1, 2]),
            ("ref,stim1,stim2,resp", [0, 1, 2]),
            ("head,option_a,option_b,choice", [0, 1, 2]),
            ("sample,comparison1,comparison2,response", [0, 1, 2]),
            ("probe,a,b,choice", [0, 1, 2]),
            (
                "ref_path,left_path,right_path,left_vote,right_vote",
                [0, 1, 2],
            ),
            ("winner_id,loser_id,head_id", [2, 0, 1]),
            ("X,A,B,response", [0, 1, 2]),
            ("item,left,right,choice", [0, 1, 2]),
            ("item,sample,comparison1,comparison2", [1, 2, 3]),
        ] {
            assert_eq!(anchored(&names(header)).unwrap().0, expected, "{header}");
        }
        assert_eq!(triple(&names("id_lo,id_mid,id_hi,n")).unwrap(), None);
        assert_eq!(anchored(&names("image1,image2,image3")), None);
        assert_eq!(anchored(&names("x,y,left,right")), None);
        assert_eq!(anchored(&names("cue,item1,item2,word1,word2")), None);
    }
}
