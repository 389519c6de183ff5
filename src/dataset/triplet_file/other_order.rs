//! Three columns in another order than that of a trial, according to their names.

use super::answer_words::ANSWERS;
use super::column_names::{CLOSE, FAR, HEADS, has_word, strip};
use crate::io::text::plain;

/// Words in names of columns of the odd one.
const ODD_WORDS: [&str; 15] = [
    "odd", "ooo", "outlier", "intruder", "diff", "lone", "loner", "single", "unique", "excluded",
    "removed", "alien", "target", "deviant", "other",
];

/// Words in names of columns that are in an order of their own.
const ORDERS: [&str; 15] = [
    "similar",
    "dissimilar",
    "lower",
    "higher",
    "less",
    "more",
    "least",
    "most",
    "smaller",
    "larger",
    "nearer",
    "nearest",
    "better",
    "worse",
    "rank",
];

/// Checks whether the names of three columns, as they are written, indicate another order than that
/// of a trial: one of the first two is that of the odd one, or the last one differs less from one of
/// the others than they do; or one is known from anchored trials.
pub(super) fn tell_another_order(written: &[String], is_anchored: bool) -> bool {
    let is_answer = |name: &String| {
        let name = plain(name);
        let begins = |beginning: &&str| name.starts_with(*beginning);
        ["different", "dissimilar"]
            .iter()
            .any(|odd| name.contains(odd))
            || ANSWERS.iter().any(begins)
    };
    let is_anchored_name = |name: &String| {
        let known = [&HEADS[..], &CLOSE, &FAR];
        let stripped = plain(name);
        known
            .into_iter()
            .any(|known| known.contains(&strip(&stripped)) || has_word(name, known))
    };
    let is_order = |name: &String| has_word(name, &ORDERS);
    if is_anchored {
        return written
            .iter()
            .any(|name| is_anchored_name(name) || is_answer(name) || is_order(name));
    }
    let is_odd = |name: &String| is_answer(name) || has_word(name, &ODD_WORDS);
    let stem = |name: &String| -> String {
        let name = plain(name);
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let stems: Vec<String> = written.iter().map(stem).collect();
    let has_partner = |one: usize, other: usize| stems[one] == stems[2] && stems[other] != stems[2];
    let is_last_a_pair = !stems[2].is_empty() && (has_partner(0, 1) || has_partner(1, 0));
    let is_head = |name: &String| HEADS.contains(&plain(name).as_str());
    written[..2].iter().any(is_odd)
        || written[..2].iter().any(is_head)
        || written.iter().any(is_order)
        || is_last_a_pair
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_odd_one_and_of_candidates_tell() {
        let tells = |header: &str, is_anchored: bool| {
            let names: Vec<String> = header.split(',').map(str::to_owned).collect();
            tell_another_order(&names, is_anchored)
        };
        for header in [
            "most_different,other1,other2",
            "img_1,lone,img_2",
            "same1,diff,same2",
            "single,pair_1,pair_2",
            "leastSimilar,a,b",
            "head,b,c",
            "anchor,p,n",
        ] {
            assert!(tells(header, false), "{header}");
        }
        for header in [
            "stimulus,less_similar,more_similar",
            "ref_img,img_far,img_near",
            "anchor_text,hard_negative,positive_text",
        ] {
            assert!(tells(header, true), "{header}");
        }
        assert!(!tells("x,y,z", false));
        assert!(!tells("pair_1,pair_2,rest", false));
        assert!(!tells("x,y,z", true));
    }
}
