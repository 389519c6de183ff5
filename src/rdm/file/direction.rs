//! What the columns beside judgments say: their direction, and which of them are of another kind.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::columns::listed;
use super::scale::{
    DIRECTIONS, LABELS, PLACES, QUESTIONS, Said, asks_for_similarity, names_last_pole, said_by,
    shared_text, without_tags,
};
use crate::error::{Error, FileError, Quoted, RdmError, Result};
use crate::io::text::{excludes, has_one_of, marked, marks_practice, truth, words};

/// Checks that the values of stimuli with themselves are smaller than others, unless they are
/// similarities.
///
/// # Errors
/// Returns [`RdmError::LooksLikeSimilarities`] if they are larger, and [`FileError::Ambiguous`] if they
/// are both the smallest and the largest, or smaller although the values are said to be similarities.
pub(super) fn check_with_itself(
    name: &str,
    own: &[f64],
    others: &[f64],
    are_similarities: bool,
) -> Result<()> {
    let range = |values: &[f64]| {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        [
            least,
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ]
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ([least, largest], [least_own, largest_own]) = (range(others), range(own));
    if own.is_empty() || least >= largest {
        return Ok(());
    }
    let is_mixed = least_own <= least && largest_own >= largest;
    if is_mixed || are_similarities && mean(own) < mean(others) {
        return Err(FileError::Ambiguous {
            what: format!(
                "whether the values of column {} are similarities: those of stimuli with themselves are \
                 from {least_own} to {largest_own}, those of two stimuli from {least} to {largest}",
                Quoted(name)
            ),
            remedy: "convert all rows to dissimilarities, or remove those of stimuli with themselves if they \
                     are no judgments",
        }
        .into());
    }
    if are_similarities || mean(own) <= mean(others) {
        return Ok(());
    }
    Err(RdmError::LooksLikeSimilarities {
        evidence: format!(
            "the mean of column {} is {:.3} for stimuli with themselves, and {:.3} for two stimuli",
            Quoted(name),
            mean(own),
            mean(others)
        ),
    }
    .into())
}

/// A column that is not read, or an array beside the one that is read, with one text per judgment.
pub(super) struct Beside<'n> {
    pub(super) is_array: bool,
    pub(super) name: &'n str,
    pub(super) texts: Vec<String>,
}

/// The judgments that [`Beside`] accompanies.
pub(super) struct Judgments {
    /// The pair of each judgment, or `None` for a stimulus with itself.
    pub(super) pairs: Vec<Option<String>>,
    /// The participant of each judgment.
    pub(super) people: Vec<String>,
    /// The text of each judgment.
    pub(super) values: Vec<String>,
}

impl Beside<'_> {
    fn described(&self) -> String {
        format!(
            "{} {}",
            if self.is_array { "array" } else { "column" },
            Quoted(self.name)
        )
    }

    /// Returns the error for judgments that are marked.
    fn marked(&self, n: usize, marked_as: &str) -> Error {
        if !self.is_array {
            return marked(n, self.name, marked_as);
        }
        Error::from(FileError::Ambiguous {
            what: format!(
                "whether what its {} marks as {marked_as} ({n} of {}) are judgments",
                self.described(),
                self.texts.len()
            ),
            remedy: "leave out what is no judgment, and remove the array",
        })
    }

    /// Checks that judgments of another direction or scale are not told apart.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if there are several texts, and they are named like a direction
    /// (`reversed`), or speak of a similarity in some judgments and of a difference in others, as the left
    /// label of a scale does. Such texts may also be a property of the pair, or the label of the judgment,
    /// unless they are named like a question.
    pub(super) fn refuse_directions(&self, judgments: &Judgments) -> Result<()> {
        /// Largest number of different texts that are not free text.
        const MOST: usize = 10;
        /// Words for kinds of judgments that are no similarities.
        const DIFFERENCES: [&str; 4] = ["dissimilarity", "difference", "distance", "dissimilar"];
        /// Largest number of ratings of a scale.
        const RATINGS: usize = 25;

        let texts: BTreeSet<&String> = self.texts.iter().collect();
        let is_named = has_one_of(self.name, &DIRECTIONS);
        let is_question = has_one_of(self.name, &QUESTIONS);
        if texts.len() < 2 || texts.len() > MOST && !is_named && !is_question {
            return Ok(());
        }
        let said: BTreeSet<Vec<Said>> = texts.iter().map(|text| said_by(text)).collect();
        let turns = |said: &Vec<Said>| said.contains(&Said::Turned);
        let is_silent = Vec::is_empty;
        let n_told = said.iter().filter(|said| !is_silent(said) && !turns(said));
        let differ = n_told.count() > 1;
        let are_turned = said.iter().any(turns) && !said.iter().all(turns);
        let is_place = has_one_of(self.name, &PLACES);
        let are_ordered = has_one_of(self.name, &LABELS) && is_place;
        let are_of_pairs = || {
            let pairs = judgments
                .pairs
                .iter()
                .map(|pair| pair.as_deref().unwrap_or_default());
            determine(pairs, &self.texts)
        };
        let are_of_ratings = || {
            let ratings: BTreeSet<&String> = judgments.values.iter().collect();
            let is_scale = ratings.len() <= RATINGS && 2 * ratings.len() <= judgments.values.len();
            is_scale && determine(judgments.values.iter().map(String::as_str), &self.texts)
        };
        let some_are = |known: &[&str]| texts.iter().any(|text| has_one_of(text, known));
        let are_kinds = some_are(&["similarity"]) && some_are(&DIFFERENCES);
        let is_other = is_named
            || are_kinds
            || differ && is_question
            || (differ || are_turned && !is_place || are_ordered)
                && !are_of_pairs()
                && !are_of_ratings();
        if !is_other {
            return Ok(());
        }
        Err(FileError::Ambiguous {
            what: format!(
                "whether all judgments have the same direction and scale: {} has the values {}",
                self.described(),
                listed(texts.into_iter().take(3))
            ),
            remedy: "convert the judgments of the other direction (for example 8 − rating on a scale of 1 \
                     to 7) or keep one kind of row, and remove the column",
        }
        .into())
    }

    /// Checks that no question to all participants, with or without the names of the stimuli, asks for the
    /// similarity, if the name of the judgments does not say that they are dissimilarities.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one does.
    pub(super) fn refuse_question(&self, judgments: &str) -> Result<()> {
        let texts = self.texts.iter().filter(|text| !text.trim().is_empty());
        let texts: Vec<String> = texts.cloned().collect();
        let Some(first) = texts.first() else {
            return Ok(());
        };
        let is_constant = texts.iter().all(|text| text == first);
        let is_flag = truth(first) == Some(true)
            && words(self.name)
                .first()
                .is_some_and(|word| ["is", "are"].contains(&word.as_str()));
        let asks = match (is_constant, names_last_pole(self.name)) {
            (true, Some(is_last)) if said_by(first).contains(&Said::Similar) => {
                is_last && !said_by(first).contains(&Said::Different)
            }
            (true, _) => {
                let text = without_tags(first);
                asks_for_similarity(&text) || is_flag && asks_for_similarity(self.name)
            }
            (false, _) => asks_for_similarity(&shared_text(&texts)),
        };
        if !asks {
            return Ok(());
        }
        Err(FileError::Ambiguous {
            what: format!(
                "whether {judgments} holds similarities: {} {} {}",
                self.described(),
                if is_constant {
                    "is"
                } else {
                    "has texts such as"
                },
                Quoted(first)
            ),
            remedy: "if larger means more similar, convert them (`RdmFile::with_similarities`, \
                     `--similarities`); otherwise name them \"dissimilarity\"",
        }
        .into())
    }

    /// Checks that no judgments of two stimuli are marked as excluded or masked, or some as practice or as
    /// tests of attention, but not all of the same participant.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if some are.
    pub(super) fn refuse_marked(&self, judgments: &Judgments) -> Result<()> {
        let (mut n_excluded, mut n_masked, mut n_read) = (0, 0, 0);
        // The numbers of judgments that are marked as practice or tests, and of all others, by participant.
        let mut of_people: BTreeMap<&String, [usize; 2]> = BTreeMap::new();
        let is_mask = words(self.name).last().is_some_and(|word| word == "mask");
        let rows = self
            .texts
            .iter()
            .zip(&judgments.pairs)
            .zip(&judgments.people);
        // Judgments of a stimulus with itself are not pairs.
        for ((text, _), who) in rows.filter(|((_, pair), _)| pair.is_some()) {
            n_read += 1;
            n_masked += usize::from(is_mask && truth(text) == Some(true));
            n_excluded += usize::from(excludes(self.name, text));
            let is_other = !marks_practice(self.name, text);
            of_people.entry(who).or_default()[usize::from(is_other)] += 1;
        }
        if n_masked > 0 && n_masked < n_read {
            return Err(self.marked(n_masked, "masked, or as those to keep"));
        }
        if n_excluded > 0 {
            return Err(self.marked(n_excluded, "excluded"));
        }
        // Participants may be marked too, such as those of a group with training.
        if of_people
            .values()
            .any(|[n_marked, n_others]| *n_marked > 0 && *n_others > 0)
        {
            let n = of_people.values().map(|[n_marked, _]| n_marked).sum();
            return Err(self.marked(n, "practice or as tests of attention"));
        }
        Ok(())
    }
}

/// Checks whether equal keys always stand beside the same text.
fn determine<'k>(keys: impl Iterator<Item = &'k str>, texts: &[String]) -> bool {
    let mut known = HashMap::new();
    keys.zip(texts)
        .all(|(key, text)| *known.entry(key).or_insert(text) == text)
}

/// Returns the error for a column that tells the rows of a pair apart.
pub(super) fn told_apart(name: &str, has_participants: bool) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "why pairs have several rows, which column {} tells apart",
            Quoted(name)
        ),
        remedy: match has_participants {
            true => {
                "keep the rows of one kind of judgment; if participants are numbered from 1 in each group, \
                 make their labels unique (A-1 and B-1); to average the rows of a participant, remove the \
                 column or name it \"repetition\""
            }
            false => {
                "name the column \"participant\" if it holds the participants; to average the rows, \
                 remove it or name it \"repetition\""
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stimuli_are_most_similar_to_themselves() {
        let check = |own: &[f64], are_similarities| {
            check_with_itself("rating", own, &[1.0, 4.0, 7.0], are_similarities)
        };
        for own in [&[7.0][..], &[6.0, 7.0, 5.0], &[1.0, 7.0]] {
            assert!(check(own, false).is_err(), "{own:?}");
        }
        for own in [&[][..], &[1.0], &[1.0, 2.0, 1.0]] {
            assert!(check(own, false).is_ok(), "{own:?}");
        }
        assert!(check(&[7.0], true).is_ok() && check(&[1.0, 2.0], true).is_err());
    }

    /// Returns whether a column of two participants, who judged the same two pairs, is accepted.
    fn is_accepted(name: &str, texts: [&str; 4]) -> bool {
        let texts: Vec<String> = texts.map(str::to_owned).to_vec();
        let beside = Beside {
            is_array: false,
            name,
            texts,
        };
        let judgments = Judgments {
            pairs: ["a", "b", "a", "b"]
                .map(|pair| Some(pair.to_owned()))
                .to_vec(),
            people: ["P1", "P1", "P2", "P2"].map(str::to_owned).to_vec(),
            values: ["1", "7", "7", "1"].map(str::to_owned).to_vec(),
        };
        beside.refuse_directions(&judgments).is_ok() && beside.refuse_marked(&judgments).is_ok()
    }

    #[test]
    fn scales_that_are_turned_for_some_people_are_refused() {
        for (name, [one, two]) in [
            ("left_label", ["similar", "different"]),
            ("anchor", ["identical", "very different"]),
            (
                "labels",
                [r#"["same","different"]"#, r#"["different","same"]"#],
            ),
            ("key_map", ["1=same", "7=same"]),
            ("condition", ["sim", "diss"]),
            ("Skala", ["sehr ähnlich", "sehr unähnlich"]),
            ("extrémité", ["semblable", "différent"]),
            ("sens", ["normal", "inverse"]),
            ("umgepolt", ["ja", "nein"]),
            ("order_of_labels", ["SD", "DS"]),
        ] {
            assert!(!is_accepted(name, [one, one, two, two]), "{name}");
        }
        for (name, texts) in [
            // A property of the pair, and the label of the rating.
            ("category", ["same", "different", "same", "different"]),
            ("label", ["similar", "different", "different", "similar"]),
            (
                "position_of_images",
                ["normal", "normal", "reversed", "reversed"],
            ),
            ("group", ["expert", "expert", "novice", "novice"]),
            (
                "question",
                [
                    "How similar?",
                    "How similar?",
                    "How similar?",
                    "How similar?",
                ],
            ),
        ] {
            assert!(is_accepted(name, texts), "{name}");
        }
    }

    #[test]
    fn questions_for_similarities_set_the_direction() {
        for (name, text, is_refused) in [
            ("prompt", "How similar are these two objects?", true),
            ("task", "similarity", true),
            ("scale", "0=different,100=identical", true),
            ("labels", r#"["completely different","identical"]"#, true),
            ("frage", "Wie ähnlich sind sich die Bilder?", true),
            ("isSimilarity", "1", true),
            ("prompt", "How dissimilar are these two objects?", false),
            ("scale", "1=identical, 7=different", false),
            ("prompt", "How similar or different are these?", false),
            ("condition", "same", false),
            ("is_valid", "1", false),
        ] {
            let texts = vec![text.to_owned(), String::new(), text.to_owned()];
            let beside = Beside {
                is_array: false,
                name,
                texts,
            };
            let checked = beside.refuse_question("column \"response\"");
            assert_eq!(checked.is_err(), is_refused, "{name}: {text}");
        }
    }
}
