//! The state of an unfinished fit in a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use safetensors::Dtype;
use safetensors::tensor::TensorInfo;
use serde::{Deserialize, Serialize};

use super::EmbeddingScore;
use super::choices::TrainingChoices;
use super::objective::Value;
use super::solver::{Ending, State, new_history};
use crate::error::{Error, ErrorKind, FileError, Result};
use crate::fingerprint::Fingerprint;
use crate::io::atomic::write_atomically;
use crate::io::element::encode_f64;
use crate::io::safetensors::{SafetensorsFile, write_header};

/// The entry of the metadata with the hash of the data and the settings.
const RUN: &str = "run";

/// The entry of the metadata with everything but the arrays.
const PROGRESS: &str = "progress";

/// The entry of the metadata with the hash of the progress and the arrays.
const CONTENT: &str = "content";

/// Least time between two writes.
const INTERVAL: Duration = Duration::from_secs(2);

/// A complete fit of a cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct CompleteFit {
    pub score: EmbeddingScore,
    pub n_dimensions: usize,
}

/// The parts of a state that are not arrays.
#[derive(Serialize, Deserialize)]
struct Progress {
    complete: Vec<CompleteFit>,
    value: Value,
    n_iterations: usize,
    n_passes: usize,
    recent: Vec<f64>,
    ending: Option<Ending>,
}

/// The complete fits of a run, and the state of the current one or of the last complete one.
pub(super) type Saved = (Vec<CompleteFit>, State);

/// A file with the state of a run.
pub(super) struct Checkpoint {
    path: PathBuf,
    run: String,
    written: Instant,
}

/// Computes the hash of choices and settings, of which a file is the state.
pub(super) fn run_of(settings: &impl Serialize, choices: &impl TrainingChoices) -> String {
    let mut fingerprint = Fingerprint::new("embedding");
    let settings = serde_json::to_string(settings).expect("string keys and finite numbers");
    fingerprint.text(&settings);
    fingerprint.text(&choices.stimuli().fingerprint());
    fingerprint.text(&choices.fingerprint());
    fingerprint.finish()
}

/// Computes the hash of the content of a file, by which a damaged file is noticed.
fn content_of<'a>(progress: &str, arrays: impl IntoIterator<Item = &'a [f64]>) -> String {
    let mut fingerprint = Fingerprint::new("state");
    fingerprint.text(progress);
    for values in arrays {
        fingerprint.numbers(values);
    }
    fingerprint.finish()
}

/// Adds what to do about a file that is not a state.
fn with_remedy(error: Error) -> Error {
    let what = match error.kind() {
        ErrorKind::File(FileError::Read { .. } | FileError::OtherRun) => return error,
        ErrorKind::File(FileError::Malformed { source, .. }) => source.to_string(),
        other => other.to_string(),
    };
    FileError::malformed("safetensors", format!("{what}; remove it to start again"))
}

impl Checkpoint {
    /// Prepares to write the state of a run to a file, and reads it if it exists.
    ///
    /// # Errors
    /// Within `Context::File`, returns `FileError::Malformed` if the file is not the state of a fit
    /// and `FileError::OtherRun` if it is that of another run.
    pub fn open(path: &Path, run: String) -> Result<(Self, Option<Saved>)> {
        let checkpoint = Self {
            path: path.into(),
            run,
            written: Instant::now(),
        };
        let saved = path.exists().then(|| checkpoint.read()).transpose();
        let saved = saved.map_err(|error| with_remedy(error).in_file(path))?;
        Ok((checkpoint, saved))
    }

    fn read(&self) -> Result<Saved> {
        let mut file = SafetensorsFile::open(&self.path)?;
        let run = file.note(RUN).unwrap_or_default();
        if run != self.run {
            return Err(FileError::OtherRun.into());
        }
        let progress: Option<Progress> = file.parse_note(PROGRESS)?;
        let progress = progress.ok_or_else(|| file.malformed("it has no progress"))?;
        let mut read = |name: &str| -> Result<Vec<f64>> {
            match file.tensor(name)? {
                Some(mut reader) => reader.read_row_major(),
                None => Err(file.malformed("an array is missing")),
            }
        };
        let (x, gradient) = (read("x")?, read("gradient")?);
        let (steps, changes) = (read("steps")?, read("changes")?);
        let written = content_of(
            file.note(PROGRESS).unwrap_or_default(),
            [&changes[..], &gradient, &steps, &x],
        );
        if file.note(CONTENT) != Some(&written) {
            return Err(file.malformed("it is damaged: its hash is another one"));
        }
        let len = x.len();
        let has_steps = steps.len() == changes.len() && steps.len().is_multiple_of(len.max(1));
        let has_weights = x.iter().all(|&x| x >= 0.0 && x.is_finite());
        if gradient.len() != len || !has_steps || !has_weights {
            return Err(file.malformed("its arrays are not those of a fit"));
        }
        let mut history = new_history();
        let pairs = steps
            .chunks_exact(len.max(1))
            .zip(changes.chunks_exact(len.max(1)));
        for (step, change) in pairs {
            history.push_unchecked(step.to_vec(), change.to_vec());
        }
        let state = State {
            x,
            gradient,
            value: progress.value,
            history,
            n_iterations: progress.n_iterations,
            n_passes: progress.n_passes,
            recent: progress.recent,
            ending: progress.ending,
        };
        Ok((progress.complete, state))
    }

    /// Writes the state if the last write was some time ago, or in any case if `now` is true.
    ///
    /// # Errors
    /// Returns `FileError::Write`.
    pub fn save_if_due(
        &mut self,
        complete: &[CompleteFit],
        state: &State,
        now: bool,
    ) -> Result<()> {
        if !now && self.written.elapsed() < INTERVAL {
            return Ok(());
        }
        let (mut steps, mut changes) = (Vec::new(), Vec::new());
        for (step, change) in state.history.pairs() {
            steps.extend_from_slice(step);
            changes.extend_from_slice(change);
        }
        let arrays: [(&str, Vec<f64>); 4] = [
            ("changes", changes),
            ("gradient", state.gradient.clone()),
            ("steps", steps),
            ("x", state.x.clone()),
        ];
        let mut tensors = BTreeMap::new();
        let mut start = 0;
        for (name, values) in &arrays {
            let end = start + 8 * values.len();
            let info = TensorInfo {
                dtype: Dtype::F64,
                shape: vec![values.len()],
                data_offsets: (start, end),
            };
            tensors.insert(*name, info);
            start = end;
        }
        let progress = Progress {
            complete: complete.to_vec(),
            value: state.value,
            n_iterations: state.n_iterations,
            n_passes: state.n_passes,
            recent: state.recent.clone(),
            ending: state.ending,
        };
        write_atomically(&self.path, |to| {
            let progress = serde_json::to_string(&progress)?;
            let content = content_of(&progress, arrays.iter().map(|(_, values)| &values[..]));
            let metadata = BTreeMap::from([
                (RUN, self.run.clone()),
                (PROGRESS, progress),
                (CONTENT, content),
            ]);
            write_header(metadata, tensors, to)?;
            let mut bytes = Vec::new();
            for (_, values) in &arrays {
                for values in values.chunks(1 << 12) {
                    encode_f64(values, &mut bytes);
                    to.write_all(&bytes)?;
                }
            }
            Ok(())
        })?;
        self.written = Instant::now();
        Ok(())
    }
}
