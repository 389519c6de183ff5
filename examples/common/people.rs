//! Arguments for reading human dissimilarities.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use clap::Args;
use human_alignment::inference::Resample;
use human_alignment::metric::rsa::Comparator;
use human_alignment::rdm::{Participant, RdmFile, Similarities};
use human_alignment::stimuli::Pairing;
use human_alignment::{Error, FileSource, RdmSet, Result, Stimuli, TrialParticipants};

use crate::common::notes;
use crate::pairing::pair;
use crate::reading::Reading;

/// Options of files with dissimilarities.
#[derive(Args)]
pub struct RdmReading {
    /// File with the stimulus ids of the human dissimilarities: one id per line, or a table with an
    /// id column.
    #[arg(long, value_name = "FILE")]
    pub human_ids: Option<PathBuf>,
    /// File with the participant of each RDM of --human, in order: one label per line. RDMs with the
    /// same label are sessions of one participant and are averaged.
    #[arg(long, value_name = "FILE")]
    pub human_participants: Option<PathBuf>,
    /// Name of the array with the human dissimilarities in an .npz, .safetensors or .mat file.
    #[arg(long, value_name = "NAME")]
    pub human_array: Option<String>,
    /// Number of stimuli, if the shape of an array is ambiguous: 66 × 3 may be 66 participants × 3
    /// pairs or 66 pairs × 3 participants.
    #[arg(long, value_name = "N")]
    pub n_stimuli: Option<usize>,
    /// Each row of an array with two axes is a participant, as participants × pairs of stimuli, even
    /// if there are as many participants as pairs.
    #[arg(long)]
    pub condensed_rows: bool,
    /// Read dissimilarities without an error for numbers and RDMs that may be codes of missing
    /// judgments or summaries of others.
    #[arg(long)]
    pub unchecked_human: bool,
    /// Allow missing pairs: NaN, or in tables an empty field, NA, null or a dot.
    #[arg(long)]
    pub missing: bool,
    /// Average the two triangles of matrices that are not symmetric. Without this flag they are an
    /// error.
    #[arg(long)]
    pub average_triangles: bool,
    /// The human values are similarities, which are converted to dissimilarities by C − similarity.
    /// C is the similarity of a stimulus with itself; default: the value on the diagonal if it is
    /// the same for all stimuli and the largest, otherwise the largest similarity.
    #[arg(long, value_name = "C", num_args = 0..=1, require_equals = true)]
    pub similarities: Option<Option<f64>>,
}

/// Returns what a bootstrap draws by default: stimuli and participants where both are possible.
#[allow(dead_code)] // Not in programs without a bootstrap.
pub fn resample(compare: Comparator, people: &RdmSet) -> Resample {
    match (compare, people.n_participants()) {
        (Comparator::WhitenedPearson | Comparator::WhitenedCosine, _) => Resample::People,
        (_, 1) => Resample::Stimuli,
        _ => Resample::Both,
    }
}

impl RdmReading {
    /// Creates the reader of a file with RDMs of models.
    pub fn models(&self, path: &Path, ids: Option<Stimuli>, reading: &Reading) -> Result<RdmFile> {
        let mut file = RdmFile::new(path)?.with_encoding(reading.encoding);
        for &form in &reading.match_ids {
            file = file.with_id_form(form);
        }
        if let Some(ids) = ids {
            file = file.with_ids(ids);
        }
        if let Some(n) = self.n_stimuli {
            file = file.with_n_stimuli(n);
        }
        if self.unchecked_human {
            file = file.with_unchecked_content();
        }
        if self.missing {
            file = file.with_missing_pairs();
        }
        if self.average_triangles {
            file = file.with_averaged_triangles();
        }
        Ok(file)
    }

    /// Refuses --human-array if no file has named arrays.
    fn require_named_arrays(&self, paths: &[PathBuf]) -> Result<()> {
        let Some(array) = &self.human_array else {
            return Ok(());
        };
        for path in paths {
            if FileSource::open(path)?.has_named_arrays() {
                return Ok(());
            }
        }
        Err(Error::other(format!(
            "--human-array {array}: no file of --human has named arrays (.npz, .safetensors or .mat)"
        )))
    }

    /// Reads and concatenates files of participants; `n_stimuli` is the number of stimuli of the
    /// model, if known.
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
        let n_ids = ids.as_ref().map(Stimuli::len);
        let n_stimuli = self.n_stimuli.or(n_ids).or(n_stimuli);
        self.require_named_arrays(paths)?;
        if let Some(Some(of_itself)) = self.similarities
            && !of_itself.is_finite()
        {
            return Err(Error::other(format!(
                "--similarities must be a finite number, not {of_itself}"
            )));
        }
        let mut sets = Vec::new();
        for path in paths {
            let mut file = self.models(path, ids.clone(), reading)?;
            if let Some(n) = n_stimuli {
                file = file.with_n_stimuli(n);
            }
            if self.condensed_rows {
                file = file.with_condensed_rows();
            }
            if let Some(array) = &self.human_array {
                file = file.with_array(array);
            }
            if let Some(of_itself) = self.similarities {
                file = file.with_similarities(Similarities { of_itself });
            }
            let set = file.read()?;
            let stimuli = reading.in_form(set.stimuli().clone())?;
            sets.push(set.with_stimuli(stimuli)?);
        }
        let set = match sets.len() {
            1 => sets.remove(0),
            _ => {
                let sets = name_rows(sets)?;
                let repeated = repeated_labels(&sets);
                let mut files = labels_of_files(paths);
                if self.human_participants.is_none() {
                    files = sessions_of_files(files, &sets)?;
                }
                let sets = files.iter().zip(sets);
                let named = sets.map(|(file, set)| named_after(file, set, &repeated));
                RdmSet::concat(named.collect::<Result<_>>()?)?
            }
        };
        let set = match &self.human_participants {
            Some(path) => {
                let labels = TrialParticipants::read(path)?;
                set.with_participants(Participant::from_labels(labels.labels_of_trials()))?
            }
            None => set,
        };
        let (n_rdms, n_people) = (set.len(), set.n_participants());
        if n_people < n_rdms {
            notes::add(format!(
                "{n_rdms} RDMs of {n_people} people; the sessions of a person are averaged"
            ));
        }
        Ok(set)
    }
}

/// Gives the rows of files without ids the ids of the first file that has them, and adds a note, as
/// the rows are then matched by position. Refuses them if the other files are in different orders.
fn name_rows(sets: Vec<RdmSet>) -> Result<Vec<RdmSet>> {
    let is_named = |stimuli: &&Stimuli| stimuli.is_named();
    let mut named = sets.iter().map(RdmSet::stimuli).filter(is_named);
    let Some(ids) = named.next().cloned() else {
        return Ok(sets);
    };
    let n_named = 1 + named.clone().count();
    if n_named < sets.len() && named.any(|other| other.ids() != ids.ids()) {
        return Err(Error::other(
            "a file of --human has no ids, and those with ids are in different orders: give the ids of each, \
             or write all in one order and pass it with --human-ids",
        ));
    }
    let in_order = |set: RdmSet| match set.stimuli().is_named() {
        true => Ok(set),
        false => match pair(&ids, set.stimuli())? {
            Pairing::Id => Ok(set),
            Pairing::Position => set.with_stimuli(ids.clone()),
        },
    };
    sets.into_iter().map(in_order).collect()
}

/// Returns the labels of participants that occur in several files. Participants without labels are
/// numbered in each file, and are different people.
fn repeated_labels(sets: &[RdmSet]) -> HashSet<String> {
    let (mut seen, mut repeated) = (HashSet::new(), HashSet::new());
    for set in sets {
        let mut ids = set.participants().iter().map(|participant| &participant.id);
        if ids
            .clone()
            .enumerate()
            .all(|(position, id)| *id == position.to_string())
        {
            continue;
        }
        let own: HashSet<&String> = ids.by_ref().collect();
        repeated.extend(
            own.iter()
                .filter(|id| seen.contains(**id))
                .map(|id| id.to_string()),
        );
        seen.extend(own.into_iter().cloned());
    }
    repeated
}

/// Returns the names of files without extensions, with as many of their folders as are needed to tell
/// them apart: `sub-01/rdm.csv` and `sub-02/rdm.csv`.
fn labels_of_files(paths: &[PathBuf]) -> Vec<Participant> {
    let parts: Vec<Vec<String>> = (paths.iter())
        .map(|path| {
            let stem = path.with_extension("");
            let parts = stem.components();
            parts
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect()
        })
        .collect();
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    let ends = |n: usize| -> Vec<String> {
        let end = |parts: &Vec<String>| parts[parts.len().saturating_sub(n)..].join("/");
        parts.iter().map(end).collect()
    };
    let are_distinct = |labels: &Vec<String>| {
        let different: HashSet<&String> = labels.iter().collect();
        different.len() == labels.len()
    };
    let labels = (1..=longest).map(ends).find(are_distinct);
    let labels = labels.unwrap_or_else(|| ends(1)).into_iter();
    labels.map(Participant::new).collect()
}

/// Separates the sessions from the names of files of the same person, such as `sub-01_ses-1` and
/// `sub-01_ses-2`. Refuses such names if they do not tell the person, or if the files have several people
/// without labels.
fn sessions_of_files(files: Vec<Participant>, sets: &[RdmSet]) -> Result<Vec<Participant>> {
    let split: Vec<Participant> = files.iter().map(|file| person_of(&file.id)).collect();
    let mut n_files: HashMap<&str, usize> = HashMap::new();
    for person in split.iter().filter(|person| person.session.is_some()) {
        *n_files.entry(&person.id).or_default() += 1;
    }
    let has_several = |person: &Participant| n_files.get(&*person.id).is_some_and(|&n| n > 1);
    let is_numbered = |set: &RdmSet| set.participants()[0].id == "0";
    for ((file, person), set) in files.iter().zip(&split).zip(sets) {
        let names_person = person.id.contains(|c: char| c.is_ascii_digit());
        if has_several(person) && is_numbered(set) && (set.len() > 1 || !names_person) {
            return Err(Error::other(format!(
                "it is not clear whether {} and other files of --human are sessions of the same people: give \
                 the participant of each RDM with --human-participants",
                file.id
            )));
        }
    }
    let pairs = files.into_iter().zip(&split);
    let sessions = pairs.map(|(file, person)| match has_several(person) {
        true => person.clone(),
        false => file,
    });
    Ok(sessions.collect())
}

/// Returns the parts of the name of a file that name sessions, and the rest, which names the person.
fn person_of(file: &str) -> Participant {
    const SESSIONS: [&str; 10] = [
        "ses",
        "session",
        "run",
        "rep",
        "repetition",
        "day",
        "visit",
        "wave",
        "round",
        "block",
    ];
    let is_session = |part: &&str| {
        let part = part.to_lowercase();
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
        word.len() < part.len() && SESSIONS.contains(&word)
    };
    let parts = file.split(['_', '/', '.', ' ']);
    let (sessions, rest): (Vec<&str>, Vec<&str>) = parts.partition(is_session);
    match sessions.is_empty() {
        true => Participant::new(file),
        false => Participant::new(rest.join("_")).in_session(sessions.join("_")),
    }
}

/// Adds the name of their file to the ids of participants, as several files may have the same numbers.
/// The file of a participant whose label occurs in several files is a session.
fn named_after(file: &Participant, set: RdmSet, repeated: &HashSet<String>) -> Result<RdmSet> {
    let session = |participant: &Participant| match &participant.session {
        Some(session) => format!("{file}, {session}"),
        None => file.to_string(),
    };
    let in_session = |participant: &Participant| Participant {
        session: Some(session(participant)),
        id: participant.id.clone(),
    };
    let name = |participant: &Participant| Participant {
        id: match set.len() {
            1 => file.id.clone(),
            _ => format!("{file} {}", participant.id),
        },
        session: match set.len() {
            1 => file.session.clone().or(participant.session.clone()),
            _ => participant.session.clone(),
        },
    };
    let names =
        set.participants()
            .iter()
            .map(|participant| match repeated.contains(&participant.id) {
                true => in_session(participant),
                false => name(participant),
            });
    let names = names.collect();
    set.with_participants(names)
}

/// Returns how judged stimuli are matched with those of the features, of which there may be more,
/// and adds a note if they are matched by position.
pub fn pair_judged(features: &Stimuli, judged: &Stimuli) -> Result<Pairing> {
    match features.is_named() && judged.is_named() {
        true => features.positions_of(judged).map(|_| Pairing::Id),
        false => pair(features, judged),
    }
}
