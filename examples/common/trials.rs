//! Trials, as command lines name them.

use std::path::{Path, PathBuf};

use clap::Args;
use human_alignment::dataset::{Counting, TripletFile, TripletSource};
use human_alignment::stimuli::Pairing;
use human_alignment::{Participants, Result, Stimuli, Task, Trials};
use serde::Serialize;

use crate::common::notes;
use crate::pairing::pair;
use crate::reading::Reading;

/// How files of trials are read.
#[derive(Args)]
pub struct TrialReading {
    /// The ids that the indices of trials count, where that is not the rows of the features.
    #[arg(long, value_name = "FILE")]
    pub stimuli: Option<PathBuf>,
    /// The participant of each trial (.npy, .txt), where the trials don't say.
    #[arg(long, value_name = "FILE")]
    pub participants: Option<PathBuf>,
    /// Where indices of trials count from: inferred, 0 or 1.
    #[arg(long, default_value_t)]
    pub count_from: Counting,
    /// Drop trials of stimuli without features, and count them.
    #[arg(long)]
    pub drop_missing: bool,
    /// Drop trials that show one stimulus twice, and count them.
    #[arg(long)]
    pub drop_repeated: bool,
}

/// How files were understood.
#[derive(Serialize)]
pub struct Input {
    /// How trials are matched with features.
    pub paired_by: Pairing,
    /// Trials that were dropped because they show stimuli without features.
    pub dropped_missing: usize,
    /// Trials that were dropped because they show one stimulus twice.
    pub dropped_repeated: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participants: Option<usize>,
}

impl TrialReading {
    /// Reads trials of the stimuli that have features; unless they count another list, `rows` is what their
    /// indices count.
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
        let mut source = TripletSource::<T>::open(path)?
            .with_encoding(reading.encoding)
            .with_counting(self.count_from);
        for &form in &reading.match_ids {
            source = source.with_id_form(form);
        }
        if let Some(participants) = &self.participants {
            source = source.with_participants(Participants::read(participants)?);
        }
        if self.drop_repeated {
            source = source.without_repeats();
        }
        if self.drop_missing {
            source = source.without_unknown();
        }
        let file: TripletFile<T> = source.read(&counted)?;
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
        for (n, what) in [
            (dropped_missing, "show stimuli without features"),
            (dropped_repeated, "show one stimulus twice"),
        ] {
            if n > 0 {
                notes::add(format!("{n} trials are dropped, because they {what}"));
            }
        }
        let input = Input {
            paired_by,
            dropped_missing,
            dropped_repeated,
            participants: trials.participants().map(|all| all.labels().len()),
        };
        Ok((trials, input))
    }
}

/// Notes that trials count the rows of the features.
pub fn note_counted_rows(features: &Stimuli) -> Pairing {
    let hint = match features.is_named() {
        true => "; where they count another list of ids, give it (--stimuli)",
        false => ", which have no ids",
    };
    notes::add(format!("the trials count the rows of the features{hint}"));
    Pairing::Position
}
