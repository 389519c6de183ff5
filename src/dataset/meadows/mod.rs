//! Exports of the Meadows platform.

mod mat;
mod tree;

use std::path::Path;

use crate::dataset::SimilarityDataset;
use crate::error::{Error, FileError, Result};
use crate::io::extension;
use crate::rdm::{Arrangement, Participant, Rdm, RdmSet};
use crate::stimuli::Stimuli;

/// What people arranged on the [Meadows](https://meadows-research.com) platform, as it exports it.
///
/// | file | RDMs |
/// |---|---|
/// | `…_1D.mat` of one person | one: variables `stimuli` and `rdmutv` |
/// | `…_1D.mat` of several | one a person: variables `stimuli_able_fly`, `rdmutv_able_fly`, …, or `stimuli` for all |
/// | `…_tree.json` of one person | one a task, and the raw trials of each |
/// | `…_tree.json` of several | the same for each person: `{"able-fly": {"tasks": […]}, …}` |
///
/// A pair without an estimate (NaN, or `null` in JSON) is a missing pair of the RDM. A `rdmutv` of several rows
/// is one RDM a row, in sessions `1`, `2`, ….
///
/// People have the nicknames of the platform, such as `able-fly`, which stand in the file or in its
/// name (`Meadows_EXPERIMENT_v_VERSION_PERSON_TASK_1D.mat`). Where there are several tasks, each is a
/// session named after it. Stimuli are called after their images, without the ending. What RDMs say
/// of the same stimuli in another order is put into the order of the first.
///
/// The exported estimate is also within reach of everyone: [`InverseMds`](crate::rdm::InverseMds)
/// makes it of the [raw trials](Meadows::arrangements).
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

/// What one person said in one task.
struct Estimate {
    participant: Participant,
    rdm: Rdm,
    trials: Vec<Arrangement>,
}

impl Meadows {
    /// Reads an export of all tasks, which have to be of the same stimuli.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`] for an ending other than `.mat` and `.json`; [`Error::Read`]; within
    /// [`Error::InFile`]: [`Error::Malformed`], [`Error::Truncated`], [`Error::OutOfMemory`] and
    /// [`Error::UnsupportedElement`] for what can't be read, [`Error::NoSuchArray`] naming the
    /// variables that are there, [`Error::TooFew`] without a multiple-arrangement task, and within
    /// [`Error::InRdm`] what [`Stimuli::new`], [`Rdm::with_missing`] and [`Arrangement::new`] refuse (of a
    /// trial within [`Error::InTrial`]), negative dissimilarities, and tasks of other stimuli.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_tasks(path.as_ref(), None)
    }

    /// Reads one task of an export of several, given by its name.
    ///
    /// # Errors
    /// As for [`Meadows::read`]; [`Error::NoSuchArray`] naming the tasks that are there.
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

    /// The raw trials, in their order, for each of the RDMs; none for those of `.mat` files.
    pub fn arrangements(&self) -> &[Vec<Arrangement>] {
        &self.arrangements
    }
}

impl SimilarityDataset for Meadows {
    type Judgments = RdmSet;

    fn name(&self) -> &str {
        &self.name
    }

    fn stimuli(&self) -> &Stimuli {
        self.rdms.stimuli()
    }

    fn judgments(&self) -> &RdmSet {
        &self.rdms
    }
}

/// The RDM of one person and task, of stimuli that are called after their images; NaN where a pair is missing.
fn rdm(images: Vec<String>, values: Vec<f64>) -> Result<Rdm> {
    let stimuli = Stimuli::new(images.iter().map(|image| without_ending(image)))?;
    let rdm = Rdm::with_missing(stimuli, values)?;
    rdm.require_non_negative()?;
    Ok(rdm)
}

/// The name of an image without its ending.
fn without_ending(image: &str) -> &str {
    const ENDINGS: [&str; 9] = [
        "jpg", "jpeg", "png", "gif", "bmp", "webp", "svg", "tif", "tiff",
    ];
    match image.rsplit_once('.') {
        Some((stem, ending)) if ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) => stem,
        _ => image,
    }
}

/// Whose file it is: `Meadows_EXPERIMENT_v_VERSION_PERSON_1D.mat` or `…_PERSON_TASK_1D.mat`. A file
/// with another name is its own person.
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
