//! Human embeddings, and the dimensions that determine choices.

use ndarray::ArrayView1;
use rayon::prelude::*;

use crate::error::{Error, FeatureError, Result, same_length};
use crate::judgment::{Task, Trials};
use crate::linalg::{Real, with_values};
use crate::representation::Representation;

/// A human embedding, objects × named dimensions, with non-negative values.
///
/// ```
/// use human_alignment::concept::ConceptEmbedding;
/// use human_alignment::{OddOneOut, Representation, Stimuli};
/// use ndarray::array;
///
/// let stimuli = Stimuli::new(["cat", "dog", "ball"])?;
/// let values = array![[2.0, 0.0], [1.5, 0.5], [0.0, 3.0]];
/// let embedding = ConceptEmbedding::new(Representation::new(stimuli.clone(), values)?)?
///     .with_names(["animal", "round"])?;
/// let trials = OddOneOut::new(stimuli, vec![[0, 1, 2]])?;
/// assert_eq!(embedding.dimensions(&trials, 1)?, [[0]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConceptEmbedding {
    representation: Representation,
    names: Vec<String>,
}

impl ConceptEmbedding {
    /// Creates an embedding with dimensions named `"dimension 0"`, `"dimension 1"`, ….
    ///
    /// # Errors
    /// Returns [`FeatureError::Negative`] naming the object and the column of a negative value.
    pub fn new(representation: Representation) -> Result<Self> {
        let n_features = representation.n_features();
        let features = representation.features();
        let negative = features.iter().enumerate().find(|&(_, value)| value < 0.0);
        if let Some((position, value)) = negative {
            return Err(FeatureError::Negative {
                stimulus: representation.stimuli().ids()[position / n_features].clone(),
                dimension: position % n_features,
                value,
            }
            .into());
        }
        let names = (0..representation.n_features()).map(|column| format!("dimension {column}"));
        Ok(Self {
            names: names.collect(),
            representation,
        })
    }

    /// Sets the names of the dimensions, in the order of the columns.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of names and dimensions differ.
    pub fn with_names<I>(mut self, names: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        self.check_length("names of dimensions", names.len())?;
        self.names = names;
        Ok(self)
    }

    /// Returns the names of the dimensions, in the order of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the values, objects × dimensions.
    pub fn representation(&self) -> &Representation {
        &self.representation
    }

    /// Returns the number of dimensions.
    pub fn n_dimensions(&self) -> usize {
        self.names.len()
    }

    /// Returns values with the names of the dimensions that they belong to, such as the R² of
    /// [`RidgeCrossValidationResult::pooled_r2`](crate::ridge::RidgeCrossValidationResult::pooled_r2)
    /// for each dimension.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of values and dimensions differ.
    pub fn label(&self, values: ArrayView1<'_, f64>) -> Result<Vec<(&str, f64)>> {
        self.check_length("numbers of dimensions", values.len())?;
        let names = self.names.iter().map(String::as_str);
        Ok(names.zip(values.iter().copied()).collect())
    }

    /// Returns, for each trial, the `k` dimensions with the largest mean over the two objects of
    /// the chosen pair, in descending order; equal means are ordered by column.
    ///
    /// Dimensions with a mean of 0 are excluded, so that a trial can have fewer than `k`.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` for stimuli of trials that the embedding does not have,
    /// and `ArgumentError::InvalidParameter` if `k` is 0 or larger than the number of dimensions.
    pub fn dimensions<T: Task>(&self, trials: &Trials<T>, k: usize) -> Result<Vec<Vec<u32>>> {
        if !(1..=self.n_dimensions()).contains(&k) {
            let expected = "1 to the number of dimensions";
            return Err(Error::parameter("dimensions of a trial", expected, k));
        }
        let rows = self.rows(trials)?;
        let turns_on = |&[first, second, _]: &[u32; 3]| {
            let [first, second] = [first, second].map(|index| rows[index as usize]);
            with_values!(self.representation.values(), values => {
                let row = |row: usize| &values[row * self.n_dimensions()..][..self.n_dimensions()];
                largest_means(row(first), row(second), k)
            })
        };
        Ok(trials.as_slice().par_iter().map(turns_on).collect())
    }

    /// Returns the row of each stimulus that occurs in trials, and 0 for the others.
    fn rows<T: Task>(&self, trials: &Trials<T>) -> Result<Vec<usize>> {
        let shown: Vec<usize> = trials.shown().iter().map(|&index| index as usize).collect();
        let stimuli = trials.stimuli().select(&shown)?;
        let positions = self.representation.stimuli().positions_of(&stimuli)?;
        let mut rows = vec![0; trials.stimuli().len()];
        for (stimulus, row) in shown.into_iter().zip(positions) {
            rows[stimulus] = row as usize;
        }
        Ok(rows)
    }

    fn check_length(&self, what: &'static str, found: usize) -> Result<()> {
        same_length(what, self.n_dimensions(), found)
    }
}

/// Returns the `k` columns with the largest positive means of two rows, in descending order.
fn largest_means<T: Real>(first: &[T], second: &[T], k: usize) -> Vec<u32> {
    let mut largest: Vec<(f64, u32)> = Vec::with_capacity(k + 1);
    for (dimension, (&first, &second)) in (0..).zip(first.iter().zip(second)) {
        let mean = f64::midpoint(first.into(), second.into());
        let place = largest.partition_point(|&(other, _)| other >= mean);
        if mean > 0.0 && place < k {
            largest.insert(place, (mean, dimension));
            largest.truncate(k);
        }
    }
    largest
        .into_iter()
        .map(|(_, dimension)| dimension)
        .collect()
}
