//! Arguments for reading trials.

#![allow(dead_code)] // The example embed reads trials without features.

use std::path::{Path, PathBuf};

use clap::Args;
use human_alignment::dataset::{Counting, TripletFile, TripletSource};
use human_alignment::inference::DesignCaution;
use human_alignment::stimuli::Pairing;
use human_alignment::{Error, Representation, Result, Stimuli, Task, TrialParticipants, Trials};
use serde::Serialize;

use crate::common::notes;
use crate::pairing::pair;
use crate::reading::Reading;

/// Number of trials per chunk of a file that is streamed: 12 MB.
pub const CHUNK: usize = 1 << 20;

/// Options of trial files.
#[derive(Args)]
pub struct TrialReading {
    /// File with the stimulus ids that trial indices refer to: one id per line, or a table with an
    /// id column. Default: the rows of the features.
    #[arg(long, value_name = "FILE")]
    pub stimuli: Option<PathBuf>,
    /// Participant of each trial, in the order of the trials: an array (.npy, .mat) or a text file
    /// with one name per line. Default: the participants in the trial file, if any.
    #[arg(long, value_name = "FILE")]
    pub participants: Option<PathBuf>,
    /// First index of the trials: 0, 1, or inferred from the indices.
    #[arg(long, default_value_t)]
    pub count_from: Counting,
    /// Drop trials with stimuli that have no features, and report their number. Without this flag
    /// they are an error.
    #[arg(long)]
    pub drop_missing: bool,
    /// Drop trials that show a stimulus twice, and report their number. Without this flag they are
    /// an error.
    #[arg(long)]
    pub drop_repeated: bool,
}

/// How the files were interpreted.
#[derive(Serialize)]
pub struct Input {
    /// How trials and features were matched.
    pub paired_by: Pairing,
    /// Number of trials that were dropped because they show stimuli without features.
    pub dropped_missing: usize,
    /// Number of trials that were dropped because they show a stimulus twice.
    pub dropped_repeated: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participants: Option<usize>,
    /// Why intervals are only approximate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
}

impl TrialReading {
    /// Reads trials and keeps those whose stimuli have features. Trial indices refer to `rows`,
    /// unless --stimuli is given.
    pub fn trials<T: Task>(
        &self,
        path: &Path,
        rows: &Stimuli,
        features: &Stimuli,
        reading: &Reading,
    ) -> Result<(Trials<T>, Input)> {
        let counted = match &self.stimuli {
            Some(path) => reading.in_form(reading.list(path)?)?,
            None => rows.clone(),
        };
        let mut source = source::<T>(path, reading, self.count_from, self.drop_repeated)?;
        if let Some(participants) = &self.participants {
            source = source.with_participants(read_participants(participants)?);
        }
        if self.drop_missing {
            source = source.without_unknown();
        }
        let file: TripletFile<T> = source.read(&counted)?;
        if let Some(list) = &self.stimuli {
            let remedy =
                "leave out --stimuli, and pass this file as --ids if the features have no ids,";
            refuse_two_meanings(list, &counted, self.count_from, remedy)?;
        }
        let paired_by = match (file.pairing(), &self.stimuli) {
            (Pairing::Id, _) => Pairing::Id,
            (Pairing::Position, None) => note_counted_rows(rows),
            (Pairing::Position, Some(_)) if features.is_named() && counted.is_named() => {
                Pairing::Id
            }
            (Pairing::Position, Some(_)) => pair(features, &counted)?,
        };
        let dropped_repeated = file.n_repeated();
        let n_unknown = file.n_unknown();
        let mut trials = file.into_judgments();
        let mut dropped_missing = n_unknown;
        if trials.stimuli() != features {
            if !self.drop_missing {
                trials.require_within(features)?;
            }
            let n_dropped;
            (trials, n_dropped) = trials.restrict_to(features)?;
            dropped_missing += n_dropped;
        }
        if self.stimuli.is_none() && paired_by == Pairing::Position {
            refuse_several_rows(features, trials.shown())?;
        }
        note_dropped(dropped_missing, "show stimuli without features");
        note_dropped(dropped_repeated, REPEATED);
        let cautions = cautions(DesignCaution::all_of(&trials));
        let input = Input {
            cautions,
            paired_by,
            dropped_missing,
            dropped_repeated,
            participants: trials.participants().map(|all| all.labels().len()),
        };
        Ok((trials, input))
    }
}

/// Reads the participant of each trial, and refuses the numbers of the trials.
pub fn read_participants(path: &Path) -> Result<TrialParticipants> {
    /// Smallest number of trials for which this is no coincidence.
    const LEAST: usize = 10;

    let participants = TrialParticipants::read(path)?;
    let labels = participants.labels();
    let number = |label: &String| label.parse::<usize>().ok();
    let first = labels.first().and_then(number);
    let are_numbers = first.is_some_and(|first| {
        first <= 1
            && labels
                .iter()
                .zip(first..)
                .all(|(label, n)| number(label) == Some(n))
    });
    let has_each_one = labels.len() == participants.by_trial().len();
    if !are_numbers || !has_each_one || labels.len() < LEAST {
        return Ok(participants);
    }
    Err(Error::other(format!(
        "{}: the participants are numbered like the trials, one for each: give the participant of each trial, \
         or leave out --participants if everyone answered one trial, which gives the same result",
        path.display()
    )))
}

/// Refuses features whose columns appear to be the stimuli: they have more rows than columns, without
/// ids, and the trials show as many stimuli as there are columns, counted from 0 or 1. `shown` are
/// the positions of these stimuli among the rows, in ascending order.
pub fn refuse_transposed(name: &str, features: &Representation, shown: &[u32]) -> Result<()> {
    /// Smallest number of columns for which this is no coincidence.
    const LEAST: usize = 5;

    let (n_rows, n_columns) = (features.n_stimuli(), features.n_features());
    let may_be_either = (LEAST..n_rows).contains(&n_columns) && !features.stimuli().is_named();
    let &[first @ (0 | 1), .., last] = shown else {
        return Ok(());
    };
    let are_in_succession = (last - first) as usize + 1 == shown.len();
    if !may_be_either || shown.len() != n_columns || !are_in_succession {
        return Ok(());
    }
    Err(Error::other(format!(
        "{name}: it is not clear whether its {n_rows} rows or its {n_columns} columns are the stimuli: the \
         trials show {n_columns} stimuli, counted from {first}: transpose the array (array.T) if stimuli are in \
         columns; otherwise keep only the rows that trials show, or give the ids of the rows (--ids)"
    )))
}

/// Refuses features without ids that appear to have several rows of each stimulus: trials show the first rows,
/// of which there are a half, a third or another part. `shown` are the positions of the shown rows, in
/// ascending order.
pub fn refuse_several_rows(features: &Stimuli, shown: &[u32]) -> Result<()> {
    /// Smallest number of stimuli for which this is no coincidence.
    const LEAST: usize = 5;

    let (n_rows, n) = (features.len(), shown.len());
    let are_first = shown.last().is_some_and(|&last| last as usize + 1 == n);
    if features.is_named() || n < LEAST || !are_first || n_rows == n || n_rows % n != 0 {
        return Ok(());
    }
    Err(Error::other(format!(
        "it is not clear which rows of the features the {n} stimuli of the trials are: there are {n_rows}, {} for \
         each: average the rows of each stimulus if there are several; otherwise keep only the first {n} rows, or \
         give the ids of the rows (--ids)",
        n_rows / n
    )))
}

/// Prepares to read a file of trials.
pub fn source<T: Task>(
    path: &Path,
    reading: &Reading,
    count_from: Counting,
    drop_repeated: bool,
) -> Result<TripletSource<T>> {
    let mut source = TripletSource::<T>::new(path)?
        .with_encoding(reading.encoding)
        .with_counting(count_from);
    for &form in &reading.match_ids {
        source = source.with_id_form(form);
    }
    if drop_repeated {
        source = source.without_repeats();
    }
    Ok(source)
}

/// Refuses a list of ids that are the numbers of its lines in another order: the numbers in trials may
/// be ids or count the lines.
pub fn refuse_two_meanings(
    list: &Path,
    counted: &Stimuli,
    count_from: Counting,
    remedy: &str,
) -> Result<()> {
    let ids: Option<Vec<usize>> = counted.ids().iter().map(|id| id.parse().ok()).collect();
    let Some(ids) = ids.filter(|ids| counted.is_named() && !ids.is_empty()) else {
        return Ok(());
    };
    let mut ascending = ids.clone();
    ascending.sort_unstable();
    let first = ascending[0];
    let are_lines = first <= 1 && ascending.iter().zip(first..).all(|(&id, line)| id == line);
    if count_from != Counting::Inferred || !are_lines || ids == ascending {
        return Ok(());
    }
    Err(Error::other(format!(
        "{}: its ids are the numbers from {first} to {} in another order, so that it is not clear whether the \
         numbers in the trials are ids or count the lines of this file: pass --count-from 0 or --count-from 1 \
         if they count lines; {remedy} if they are ids",
        list.display(),
        ascending[ids.len() - 1]
    )))
}

/// What is wrong with trials that --drop-repeated drops.
pub const REPEATED: &str = "show a stimulus twice";

/// Adds a note if trials were dropped.
pub fn note_dropped(n: usize, what: &str) {
    if n > 0 {
        notes::add(format!("dropped {n} trials that {what}"));
    }
}

/// Adds cautions to the notes and returns their texts.
pub fn cautions(cautions: Vec<DesignCaution>) -> Vec<String> {
    let texts: Vec<String> = cautions.iter().map(|caution| caution.to_string()).collect();
    texts.iter().for_each(|text| notes::add(text.clone()));
    texts
}

/// Adds a note that trial indices refer to the rows of the features.
pub fn note_counted_rows(features: &Stimuli) -> Pairing {
    let hint = match features.is_named() {
        true => "; if they count another list of ids, pass it with --stimuli",
        false => ", which have no ids",
    };
    notes::add(format!(
        "trial indices count the rows of the features{hint}"
    ));
    Pairing::Position
}
