//! Arrangement data exported by the Meadows platform.

mod mat;
mod tree;

use std::path::Path;

use crate::error::{Error, FileError, Result};
use crate::images::IMAGE_ENDINGS;
use crate::io::extension;
use crate::rdm::{Arrangement, Participant, Rdm, RdmSet};
use crate::stimuli::Stimuli;

/// RDMs and raw arrangements exported by the [Meadows](https://meadows-research.com) platform.
///
/// | file | RDMs |
/// |---|---|
/// | `…_1D.mat` of one participant | one: variables `stimuli` and `rdmutv` |
/// | `…_1D.mat` of several | one per participant: variables `stimuli_able_fly`, `rdmutv_able_fly`, …, or `stimuli` for all |
/// | `…_tree.json` of one participant | one per task, with the raw trials of each |
/// | `…_tree.json` of several | one per participant and task: `{"able-fly": {"tasks": […]}, …}` |
///
/// A pair without an estimate (NaN, or `null` in JSON) is a missing pair of the RDM. If `rdmutv`
/// has several rows, each row is one RDM, with session `1`, `2`, ….
///
/// The label of a participant is the nickname given by the platform, such as `able-fly`, taken from
/// the file or from its name (`Meadows_EXPERIMENT_v_VERSION_PERSON_TASK_1D.mat`). If there are
/// several tasks, each is a session named after the task. The id of a stimulus is the name of its
/// image without the file extension. RDMs whose stimuli are in another order are reordered to match
/// the first RDM.
///
/// [`InverseMds`](crate::rdm::InverseMds) can compute the exported estimate from the [raw
/// trials](Meadows::arrangements).
///
/// ```no_run
/// use human_alignment::SimilarityDataset;
/// use human_alignment::dataset::Meadows;
/// use human_alignment::rdm::InverseMds;
///
/// let person = Meadows::read("Meadows_myExp_v_v1_cuddly-bunny_3_tree.json")?;
/// let published = &person.judgments().rdms()[0];
/// let again = InverseMds::default().estimate(person.stimuli(), &person.arrangements()[0])?;
/// println!("{} and {}", published.n_pairs(), again.n_pairs());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Meadows {
    name: String,
    rdms: RdmSet,
    arrangements: Vec<Vec<Arrangement>>,
}

/// The RDM and raw trials of one participant in one task.
struct Estimate {
    participant: Participant,
    rdm: Rdm,
    trials: Vec<Arrangement>,
}

impl Meadows {
    /// Reads all tasks of an export. All tasks must have the same stimuli.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] if the file extension is neither `.mat` nor `.json`,
    /// and [`FileError::Read`] if the file cannot be read. Within `Context::File`, returns
    /// [`FileError::Malformed`], [`FileError::Truncated`], `ComputationError::OutOfMemory` or
    /// [`FileError::UnsupportedElement`] if the file cannot be parsed, [`FileError::NoSuchArray`]
    /// with the names of the existing variables, `ArgumentError::TooFew` if there is no
    /// multiple-arrangement task, and, within `Context::Rdm`, an error if [`Stimuli::new`],
    /// [`Rdm::with_missing`] or [`Arrangement::new`] does (the latter within
    /// `Context::Arrangement`), if a dissimilarity is negative, or if tasks have different stimuli.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_tasks(path.as_ref(), None)
    }

    /// Reads one task, given by its name, of an export of several tasks.
    ///
    /// # Errors
    /// Returns an error if [`Meadows::read`] does, and [`FileError::NoSuchArray`] with the names of
    /// the existing tasks if there is no such task.
    pub fn read_task(path: impl AsRef<Path>, task: &str) -> Result<Self> {
        Self::read_tasks(path.as_ref(), Some(task))
    }

    fn read_tasks(path: &Path, task: Option<&str>) -> Result<Self> {
        let read = || {
            let mut estimates = match extension(path).as_str() {
                "mat" => mat::read(path),
                "json" => tree::read(path),
                _ => {
                    return Err(FileError::UnknownFormat {
                        path: path.into(),
                        expected: ".mat or .json",
                    }
                    .into());
                }
            }?;
            if let Some(task) = task {
                let tasks = estimates.iter().filter_map(|estimate| {
                    let session = estimate.participant.session.as_ref();
                    session.cloned()
                });
                let available: Vec<String> = tasks.collect();
                if !available.iter().any(|known| known == task) {
                    return Err(FileError::NoSuchArray {
                        name: task.into(),
                        available,
                    }
                    .into());
                }
                estimates.retain(|known| known.participant.session.as_deref() == Some(task));
            }
            let arrangements = estimates.iter_mut();
            let arrangements = arrangements.map(|known| std::mem::take(&mut known.trials));
            let arrangements = arrangements.collect();
            let both = estimates
                .into_iter()
                .map(|known| (known.participant, known.rdm));
            let (participants, rdms) = both.unzip();
            Ok((RdmSet::new(participants, rdms)?, arrangements))
        };
        let (rdms, arrangements) = read().map_err(|error: Error| error.in_file(path))?;
        let name = path.file_stem().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            rdms,
            arrangements,
        })
    }

    /// Returns the raw trials of each RDM, in order; empty for RDMs of `.mat` files.
    pub fn arrangements(&self) -> &[Vec<Arrangement>] {
        &self.arrangements
    }
}

data_set!(Meadows, rdms: RdmSet, |set| &set.name);

/// Creates the RDM of one participant and task, with stimuli named after their images; NaN is a
/// missing pair.
fn rdm(images: Vec<String>, values: Vec<f64>) -> Result<Rdm> {
    let stimuli = Stimuli::new(images.iter().map(|image| without_ending(image)))?;
    let rdm = Rdm::with_missing(stimuli, values)?;
    rdm.require_non_negative()?;
    Ok(rdm)
}

/// Returns the name of an image without its file extension.
fn without_ending(image: &str) -> &str {
    let is_ending = |ending: &str| {
        let ending = ending.to_ascii_lowercase();
        // Meadows also shows drawings.
        IMAGE_ENDINGS.contains(&ending.as_str()) || ending == "svg"
    };
    match image.rsplit_once('.') {
        Some((stem, ending)) if is_ending(ending) => stem,
        _ => image,
    }
}

/// Returns the participant named in the path: `Meadows_EXPERIMENT_v_VERSION_PERSON_1D.mat` or
/// `…_PERSON_TASK_1D.mat`. If the name has another form, returns the file stem.
fn person_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let parts: Vec<&str> = stem.split('_').collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        ["Meadows", .., person, task, _] if is_number(task) => person.to_string(),
        ["Meadows", .., person, _] => person.to_string(),
        _ => stem.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_in_names_of_files() {
        for (file, person) in [
            ("Meadows_myExp_v_v1_cuddly-bunny_3_1D.mat", "cuddly-bunny"),
            (
                "Meadows_my_long_Exp_v_v1_cuddly-bunny_12_tree.json",
                "cuddly-bunny",
            ),
            (
                "Meadows_twoMaTasks_v_v1_informed-mole_tree.json",
                "informed-mole",
            ),
            ("download.json", "download"),
            ("Meadows.json", "Meadows"),
        ] {
            assert_eq!(person_of(Path::new(file)), person);
        }
    }

    #[test]
    fn only_endings_of_images_are_left_out() {
        for (image, name) in [
            ("stim118.png", "stim118"),
            ("beach", "beach"),
            ("a.b.JPG", "a.b"),
            ("Dr. Who", "Dr. Who"),
        ] {
            assert_eq!(without_ending(image), name);
        }
    }
}
