//! Representations: features of stimuli, one row per stimulus, with their provenance.

mod dimensionality;
pub(crate) mod error;
mod features;
mod file;
mod provenance;

use std::sync::Arc;

use ndarray::{Array2, Ix1};

pub use features::{Features, FeaturesView};
#[cfg(feature = "extract")]
pub(crate) use file::Described;
pub use file::FileSource;
pub use provenance::Provenance;

use crate::error::{Error, FeatureError, Result, same_length, wrong_shape};
use crate::fingerprint::Fingerprint;
use crate::linalg::{Precision, Real, Values, with_values};
use crate::stimuli::Stimuli;

/// A source of representations, which computes or reads features of given stimuli: a file, a
/// network, or a transform of another source.
///
/// ```
/// use human_alignment::{Representation, RepresentationSource, Result, Stimuli};
///
/// /// A toy source with one feature: the length of the id.
/// struct NameLength;
///
/// impl RepresentationSource for NameLength {
///     fn name(&self) -> &str {
///         "name length"
///     }
///
///     fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
///         let lengths = stimuli.ids().iter().map(|id| id.len() as f32).collect();
///         let column = ndarray::Array1::from_vec(lengths).insert_axis(ndarray::Axis(1));
///         Representation::new(stimuli.clone(), column)
///     }
/// }
/// ```
pub trait RepresentationSource {
    /// Returns a short name for tables and figures.
    fn name(&self) -> &str;

    /// Returns the representation of the given stimuli, in their order.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if the source has no features for some of the stimuli, and
    /// any other error of the source.
    fn represent(&self, stimuli: &Stimuli) -> Result<Representation>;

    /// Returns a text that identifies the representation of the stimuli and is cheaper to compute
    /// than the features, such as the hashes of weights, preprocessing and images. A
    /// [study](crate::study::Study::with_cache) uses it as the cache key of features. The default
    /// implementation returns `None`: the features are not cached.
    ///
    /// # Errors
    /// Returns any error of the source, as for [`RepresentationSource::represent`].
    fn key(&self, _stimuli: &Stimuli) -> Result<Option<String>> {
        Ok(None)
    }
}

/// Features of stimuli: an `n_stimuli × n_features` matrix of finite `f32` or `f64`, the ids of its
/// rows, and its [`Provenance`].
///
/// Features keep their precision: computations with `f64` features use all digits, while `f32`
/// features take half the memory. Clones share the memory of the features.
///
/// ```
/// use human_alignment::{Precision, Representation, Stimuli};
/// use ndarray::array;
///
/// let stimuli = Stimuli::new(["cat", "dog"])?;
/// let features = array![[1.0_f32, 0.0, 2.0], [0.5, 1.0, 2.0]];
/// let representation = Representation::new(stimuli.clone(), features)?;
/// assert_eq!(representation.features().dim(), (2, 3));
/// assert_eq!(representation.precision(), Precision::Single);
///
/// let rows = [vec![1.0, 0.0, 2.0], vec![0.5, 1.0, 2.0]];
/// let double = Representation::from_rows(stimuli, &rows)?;
/// assert_eq!(double.precision(), Precision::Double);
/// assert_eq!(double.features(), representation.features().to_f64());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Representation {
    stimuli: Stimuli,
    features: Features,
    provenance: Provenance,
}

impl Representation {
    /// Returns the SHA-256 of ids and features, as 64 hexadecimal digits, which identifies results
    /// computed from them. Features of `f32` and `f64` have different hashes, even if their values
    /// are equal.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::new("representation");
        fingerprint.text(&self.stimuli.fingerprint());
        fingerprint.features(self.values());
        fingerprint.finish()
    }

    /// Creates a representation from the stimuli of its rows and features (stimuli × features), an
    /// array of `f32` or `f64`.
    ///
    /// An owned array in row-major order is moved without a copy; an array in another memory order
    /// or a view is copied.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of rows differs from the number of
    /// stimuli, `ArgumentError::Shape` if there are no columns, [`FeatureError::NotFinite`] with
    /// the row and column of the first NaN or infinity, and [`FeatureError::OutOfRange`] with the
    /// row and column of the first `f64` outside the range of `f32`.
    pub fn new(stimuli: Stimuli, features: impl Into<Features>) -> Result<Self> {
        Self::checked(stimuli, features.into())
    }

    /// Creates a representation from a copy of a view of `f32` or `f64`.
    ///
    /// ```
    /// use human_alignment::{Representation, Stimuli};
    /// use ndarray::{array, s};
    ///
    /// let all = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// let some = Representation::from_view(Stimuli::numbered(2), all.slice(s![.., 1..]))?;
    /// assert_eq!(some.features(), array![[2.0, 3.0], [5.0, 6.0]]);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if [`Representation::new`] does.
    pub fn from_view<'a>(stimuli: Stimuli, features: impl Into<FeaturesView<'a>>) -> Result<Self> {
        Self::checked(stimuli, features.into().into())
    }

    /// Creates a representation from rows of `f32` or `f64`: slices, vectors or arrays.
    ///
    /// ```
    /// use human_alignment::{Representation, Stimuli};
    ///
    /// let rows = vec![vec![1.0, 2.0], vec![3.0]];
    /// let refused = Representation::from_rows(Stimuli::new(["cat", "dog"])?, &rows);
    /// assert_eq!(
    ///     refused.unwrap_err().to_string(),
    ///     "row 1 (\"dog\") has 1 features where row 0 has 2"
    /// );
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`FeatureError::Ragged`] if the length of a row differs from that of the first, and
    /// an error if [`Representation::new`] does.
    pub fn from_rows<T, R>(stimuli: Stimuli, rows: &[R]) -> Result<Self>
    where
        T: Copy,
        R: AsRef<[T]>,
        Array2<T>: Into<Features>,
    {
        let n_features = rows.first().map_or(0, |row| row.as_ref().len());
        check_n_rows(&stimuli, rows.len())?;
        let mut values = Vec::with_capacity(rows.len() * n_features);
        for (row, features) in rows.iter().map(AsRef::as_ref).enumerate() {
            if features.len() != n_features {
                return Err(FeatureError::Ragged {
                    row,
                    stimulus: stimuli.ids()[row].clone(),
                    expected: n_features,
                    found: features.len(),
                }
                .into());
            }
            values.extend_from_slice(features);
        }
        let features = Array2::from_shape_vec((rows.len(), n_features), values);
        Self::new(stimuli, features.expect("rows of the same length"))
    }

    fn checked(stimuli: Stimuli, features: Features) -> Result<Self> {
        let (n_rows, n_columns) = features.dim();
        check_n_rows(&stimuli, n_rows)?;
        if n_columns == 0 {
            return Err(wrong_shape(
                "the feature matrix",
                "at least one column",
                &[n_rows, n_columns],
            ));
        }
        let features = features.into_standard_layout();
        with_values!(features.values(), values => check_values(&stimuli, values, n_columns))?;
        Ok(Self {
            stimuli,
            features,
            provenance: Provenance::default(),
        })
    }

    /// Sets the record of where the features come from.
    #[must_use]
    pub fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = provenance;
        self
    }

    /// Returns the stimuli of the rows.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Returns the features, stimuli × features, in row-major order.
    pub fn features(&self) -> FeaturesView<'_> {
        self.features.view()
    }

    /// Returns the precision of the features: [`Precision::Single`] for `f32`,
    /// [`Precision::Double`] for `f64`.
    pub fn precision(&self) -> Precision {
        self.features.precision()
    }

    /// Returns the record of where the features come from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Returns the number of stimuli (rows).
    pub fn n_stimuli(&self) -> usize {
        self.features.dim().0
    }

    /// Returns the number of features (columns).
    pub fn n_features(&self) -> usize {
        self.features.dim().1
    }

    /// Returns the features of one stimulus, or `None` if there is no such id.
    pub fn row(&self, id: &str) -> Option<FeaturesView<'_, Ix1>> {
        let row = self.stimuli.position(id)?;
        Some(self.features().row(row))
    }

    /// Converts the representation into its features.
    pub fn into_features(self) -> Features {
        self.features
    }

    /// Sets the stimuli of the rows, in order.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of stimuli differs from the number
    /// of rows.
    pub fn with_stimuli(self, stimuli: Stimuli) -> Result<Self> {
        same_length("stimuli of the rows", self.n_stimuli(), stimuli.len())?;
        Ok(Self { stimuli, ..self })
    }

    /// Selects the rows of the given stimuli, in their order. Nothing is copied if these are the
    /// stimuli of all rows in the same order.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` with the stimuli that have no row.
    pub fn select(&self, stimuli: &Stimuli) -> Result<Self> {
        if &self.stimuli == stimuli {
            return Ok(self.clone());
        }
        let rows = self.stimuli.positions_of(stimuli)?;
        let rows: Vec<usize> = rows.into_iter().map(|row| row as usize).collect();
        Ok(Self {
            stimuli: stimuli.clone(),
            features: self.features.select(&rows),
            provenance: self.provenance.clone(),
        })
    }

    /// Returns the features as a row-major slice.
    pub(crate) fn values(&self) -> Values<'_> {
        self.features.values()
    }
}

fn check_n_rows(stimuli: &Stimuli, n_rows: usize) -> Result<()> {
    same_length("rows of the feature matrix", stimuli.len(), n_rows)
}

/// Checks that features are finite and within the range of `f32`, so that their fourth powers are
/// finite in `f64`.
fn check_values<T: Real>(stimuli: &Stimuli, values: &[T], n_columns: usize) -> Result<()> {
    let is_allowed = |value: T| {
        let value: f64 = value.into();
        value.abs() <= f64::from(f32::MAX)
    };
    for (row, values) in values.chunks_exact(n_columns).enumerate() {
        // No early exit, which would prevent vectorization.
        if values
            .iter()
            .fold(true, |all, &value| all & is_allowed(value))
        {
            continue;
        }
        if let Some(column) = values.iter().position(|&value| !is_allowed(value)) {
            let stimulus = stimuli.ids()[row].clone();
            let value: f64 = values[column].into();
            return Err(match value.is_finite() {
                false => Error::from(FeatureError::NotFinite {
                    row,
                    stimulus,
                    column,
                    value,
                }),
                true => Error::from(FeatureError::OutOfRange {
                    row,
                    stimulus,
                    column,
                    value,
                }),
            });
        }
    }
    Ok(())
}

macro_rules! pointer_to_a_source {
    ($($pointer:ty),*) => {$(
        impl<S: RepresentationSource + ?Sized> RepresentationSource for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
                (**self).represent(stimuli)
            }

            fn key(&self, stimuli: &Stimuli) -> Result<Option<String>> {
                (**self).key(stimuli)
            }
        }
    )*};
}

pointer_to_a_source!(&S, Box<S>, Arc<S>);

/// A representation in memory is a source that selects its rows.
impl RepresentationSource for Representation {
    fn name(&self) -> &str {
        self.provenance.model().unwrap_or("unnamed")
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        self.select(stimuli)
    }
}

#[cfg(test)]
mod tests;
