//! Dissimilarities that participants judged, as command lines name them.

use std::path::{Path, PathBuf};

use clap::Args;
use human_alignment::rdm::{Participant, RdmFile, Similarities};
use human_alignment::stimuli::Pairing;
use human_alignment::{RdmSet, Result, Stimuli};

use crate::pairing::pair;
use crate::reading::Reading;

/// How files of dissimilarities are read.
#[derive(Args)]
pub struct RdmReading {
    /// Stimulus ids, one a line or a column of a table, for the human dissimilarities.
    #[arg(long, value_name = "FILE")]
    pub human_ids: Option<PathBuf>,
    /// The array of an .npz, .safetensors or .mat file that holds the human dissimilarities.
    #[arg(long, value_name = "NAME")]
    pub human_array: Option<String>,
    /// The number of stimuli, where shapes don't tell it: participants come first (66 participants × 3 pairs),
    /// or last (66 pairs × 3 participants).
    #[arg(long, value_name = "N")]
    pub n_stimuli: Option<usize>,
    /// Allow pairs that were not judged: NaN, or in tables empty, NA, null or a point.
    #[arg(long)]
    pub missing: bool,
    /// Average the two triangles of matrices that are not symmetric.
    #[arg(long)]
    pub average_triangles: bool,
    /// The human numbers are similarities, and become C − similarity. C is that of a stimulus with itself;
    /// default: the diagonal where it is the largest, else the largest of all pairs.
    #[arg(long, value_name = "C", num_args = 0..=1, require_equals = true)]
    pub similarities: Option<Option<f64>>,
}

impl RdmReading {
    /// The file of the RDMs of models.
    pub fn models(&self, path: &Path, ids: Option<Stimuli>, reading: &Reading) -> Result<RdmFile> {
        let mut file = RdmFile::open(path)?.with_encoding(reading.encoding);
        if let Some(ids) = ids {
            file = file.with_ids(ids);
        }
        if let Some(n) = self.n_stimuli {
            file = file.with_n_stimuli(n);
        }
        if self.missing {
            file = file.with_missing_pairs();
        }
        if self.average_triangles {
            file = file.with_averaged_triangles();
        }
        Ok(file)
    }

    /// Reads files of participants, one after the other; `n_stimuli` is their number, where a model tells it.
    pub fn participants(
        &self,
        paths: &[PathBuf],
        n_stimuli: Option<usize>,
        reading: &Reading,
    ) -> Result<RdmSet> {
        let ids = self
            .human_ids
            .as_deref()
            .map(|path| reading.in_form(reading.list(path)?));
        let ids = ids.transpose()?;
        let mut sets = Vec::new();
        for path in paths {
            let mut file = self.models(path, ids.clone(), reading)?;
            if let Some(n) = self.n_stimuli.or(n_stimuli) {
                file = file.with_n_stimuli(n);
            }
            if let Some(array) = &self.human_array {
                file = file.with_array(array);
            }
            if let Some(of_itself) = self.similarities {
                file = file.with_similarities(Similarities { of_itself });
            }
            let set = file.read()?;
            let stimuli = reading.in_form(set.stimuli().clone())?;
            let set = set.with_stimuli(stimuli)?;
            sets.push(match paths.len() {
                1 => set,
                _ => named_after(path, set)?,
            });
        }
        RdmSet::concat(sets)
    }
}

/// Names participants after their file, since those of several files may have the same names.
fn named_after(path: &Path, set: RdmSet) -> Result<RdmSet> {
    let file = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = |participant: &Participant| Participant {
        id: match set.len() {
            1 => file.to_string(),
            _ => format!("{file} {}", participant.id),
        },
        session: participant.session.clone(),
    };
    let names = set.participants().iter().map(name).collect();
    set.with_participants(names)
}

/// Tells how the stimuli that were judged are matched with those that have features, of which there may be
/// more, and notes it where that is by position.
pub fn pair_judged(features: &Stimuli, judged: &Stimuli) -> Result<Pairing> {
    match features.is_named() && judged.is_named() {
        true => features.positions_of(judged).map(|_| Pairing::Id),
        false => pair(features, judged),
    }
}
