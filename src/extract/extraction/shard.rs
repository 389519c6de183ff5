//! Parts of an extraction, to distribute it over the jobs of an array job.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Error, ExtractError, FileError, ImageError, Result};
use crate::representation::{FileSource, Provenance, Representation};
use crate::stimuli::Stimuli;

/// Key of the note in the provenance that describes the part.
const NOTE: &str = "shard";

/// Largest number of shards listed in an error message.
const NAMED: usize = 8;

/// One of n interleaved parts of a set of images: every n-th image. As text it is `1/4` to `4/4`;
/// `0/4` to `3/4` are accepted as well.
///
/// ```
/// use human_alignment::extract::Shard;
///
/// let second: Shard = "2/4".parse()?;
/// assert_eq!((second, second.to_string()), (Shard::new(2, 4)?, "2/4".into()));
/// assert!("5/4".parse::<Shard>().is_err());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// Creates shard `number` of `of` shards, counted from 1 or from 0: number 0 is the same shard
    /// as number `of`.
    ///
    /// # Errors
    /// Returns [`ArgumentError::InvalidParameter`] if `of` is 0 or `number` is greater than `of`.
    pub fn new(number: usize, of: usize) -> Result<Self> {
        if of == 0 || number > of {
            let found = format!("{number}/{of}");
            return Err(Error::parameter("shard", "i/n with i at most n", found));
        }
        Ok(Self {
            number: if number == 0 { of } else { number },
            of,
        })
    }

    /// Returns the positions of the shard among `n_images` images.
    pub(super) fn positions(self, n_images: usize) -> impl ExactSizeIterator<Item = usize> {
        (self.number % self.of..n_images).step_by(self.of)
    }

    /// Creates the description of this part of the images `all`.
    pub(super) fn of(self, all: &Stimuli) -> Part {
        Part {
            shard: self,
            n_images: all.len(),
            stimuli: all.fingerprint(),
            skipped: Vec::new(),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || Error::parameter("shard", "i/n", text);
        let (number, of) = text.split_once('/').ok_or_else(refused)?;
        let number = number.parse().map_err(|_| refused())?;
        Self::new(number, of.parse().map_err(|_| refused())?)
    }
}

impl TryFrom<String> for Shard {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

/// The description of a part, which is stored in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    shard: Shard,
    /// Number of images of the whole extraction.
    n_images: usize,
    /// Hash of the ids of all images.
    stimuli: String,
    /// Positions, within the part, of skipped images.
    skipped: Vec<usize>,
}

impl Part {
    /// Sets the positions, within the part, of skipped images.
    pub fn without(mut self, skipped: Vec<usize>) -> Self {
        self.skipped = skipped;
        self
    }

    /// Adds the description of the part to a provenance.
    pub fn record(&self, provenance: Provenance) -> Provenance {
        let note = serde_json::to_string(self).expect("numbers and strings");
        provenance.with_note(NOTE, note)
    }
}

/// Joins the parts of an extraction, in any order, into the representation of all images.
///
/// # Errors
/// Returns [`ArgumentError::TooFew`] if there are no parts and [`ExtractError::MissingShards`] if
/// some are missing. Also returns, within `Context::File`, the error of a file that cannot be read,
/// [`ExtractError::NotAShard`] if a file is not a part of an extraction, and
/// [`ExtractError::ShardMismatch`] if a file belongs to another extraction than the first file or
/// repeats a part. Parts may be empty, but if all of them are, returns [`ImageError::AllSkipped`].
pub fn join_shards(parts: &[impl AsRef<Path>]) -> Result<Representation> {
    let mut joined: Option<Joined> = None;
    for path in parts {
        let path = path.as_ref();
        let mut add = || {
            let (part, rows) = read(path)?;
            match &mut joined {
                None => joined = Some(Joined::new(part, rows)),
                Some(joined) => joined.add(part, rows)?,
            }
            Ok(())
        };
        add().map_err(|error: Error| error.in_file(path))?;
    }
    let joined = joined.ok_or(ArgumentError::TooFew {
        what: "shards",
        needed: 1,
        found: 0,
    })?;
    joined.finish()
}

fn read(path: &Path) -> Result<(Part, Representation)> {
    let rows = FileSource::open(path)?.read()?;
    let note = rows
        .provenance()
        .note(NOTE)
        .ok_or(ExtractError::NotAShard)?;
    let part: Part =
        serde_json::from_str(note).map_err(|source| FileError::malformed("shard", source))?;
    let n_images = part.shard.positions(part.n_images).len();
    let is_ascending = part.skipped.is_sorted_by(|a, b| a < b);
    let is_inside = part.skipped.last().is_none_or(|&last| last < n_images);
    let expected = n_images.saturating_sub(part.skipped.len());
    if !is_ascending || !is_inside || expected != rows.n_stimuli() {
        return Err(ArgumentError::LengthMismatch {
            what: "rows of the shard",
            expected,
            found: rows.n_stimuli(),
        }
        .into());
    }
    Ok((part, rows))
}

/// The parts read so far.
struct Joined {
    first: Part,
    provenance: Provenance,
    /// Parts by their numbers.
    parts: BTreeMap<usize, (Part, Representation)>,
}

impl Joined {
    fn new(part: Part, rows: Representation) -> Self {
        Self {
            first: part.clone(),
            provenance: rows.provenance().clone().without_note(NOTE),
            parts: BTreeMap::from([(part.shard.number, (part, rows))]),
        }
    }

    fn add(&mut self, part: Part, rows: Representation) -> Result<()> {
        let mismatch = |what| {
            Error::from(ExtractError::ShardMismatch {
                what,
                shard: part.shard.to_string(),
            })
        };
        let provenance = rows.provenance().clone().without_note(NOTE);
        let is_same_set = (part.shard.of, part.n_images, &part.stimuli)
            == (
                self.first.shard.of,
                self.first.n_images,
                &self.first.stimuli,
            );
        if !is_same_set {
            return Err(mismatch("of another set of images"));
        }
        if provenance != self.provenance {
            return Err(mismatch(
                "of another network, weights, tap or preprocessing",
            ));
        }
        let is_as_wide =
            |(_, first): &(Part, Representation)| first.n_features() == rows.n_features();
        if !self.parts.values().all(is_as_wide) {
            return Err(mismatch("of another number of features"));
        }
        match self.parts.entry(part.shard.number) {
            Entry::Occupied(_) => Err(mismatch("there twice")),
            Entry::Vacant(entry) => {
                entry.insert((part, rows));
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Representation> {
        let of = self.first.shard.of;
        if self.parts.len() < of {
            let missing = (1..=of).filter(|number| !self.parts.contains_key(number));
            return Err(ExtractError::MissingShards {
                n_missing: of - self.parts.len(),
                shards: missing
                    .take(NAMED)
                    .map(|number| format!("{number}/{of}"))
                    .collect(),
            }
            .into());
        }
        let parts: Vec<(Part, Representation)> = self.parts.into_values().collect();
        let mut places: Vec<(usize, usize, usize)> = Vec::new();
        for (number, (part, _)) in parts.iter().enumerate() {
            let positions = part.shard.positions(part.n_images).enumerate();
            let kept = positions.filter(|(place, _)| part.skipped.binary_search(place).is_err());
            for (row, (_, position)) in kept.enumerate() {
                places.push((position, number, row));
            }
        }
        if places.is_empty() {
            return Err(ImageError::AllSkipped {
                n_images: self.first.n_images,
                reason: String::new(),
            }
            .into());
        }
        places.sort_unstable();
        let mut ids = Vec::new();
        let n_features = parts[0].1.n_features();
        // Networks compute f32, and parts are written as f32.
        let mut values: Vec<f32> = Vec::with_capacity(places.len() * n_features);
        for &(_, number, row) in &places {
            let rows = &parts[number].1;
            ids.extend(rows.stimuli().id(row).map(str::to_owned));
            values.extend(rows.features().row(row).to_f32());
        }
        let features = Array2::from_shape_vec((places.len(), n_features), values);
        let features = features.map_err(|source| FileError::malformed("shard", source))?;
        let joined = Representation::new(Stimuli::new(ids)?, features)?;
        Ok(joined.with_provenance(self.provenance))
    }
}
