//! Representations: one row of features a stimulus, and where they come from.

mod dimensionality;
mod file;
mod provenance;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

#[cfg(feature = "extract")]
pub(crate) use file::Described;
pub use file::FileSource;
pub use provenance::Provenance;

use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::stimuli::Stimuli;

/// Anything that can represent stimuli as rows of features: a file, a network, a transform of
/// another source.
///
/// ```
/// use human_alignment::{Representation, RepresentationSource, Result, Stimuli};
///
/// /// How long each name is: a representation, if a poor one.
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
    /// A short name for tables and figures.
    fn name(&self) -> &str;

    /// The representation of these stimuli, in this order.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] where the source can't represent some of them; otherwise whatever
    /// keeps the source from doing so.
    fn represent(&self, stimuli: &Stimuli) -> Result<Representation>;

    /// What the representation of these stimuli depends on, as text that changes with it and takes less time:
    /// hashes of weights, preprocessing and images, say. A [study](crate::study::Study::with_cache) keeps
    /// features by it. `None`, unless a source says otherwise, where nothing takes less.
    ///
    /// # Errors
    /// Whatever keeps the source from telling, as for [`RepresentationSource::represent`].
    fn key(&self, _stimuli: &Stimuli) -> Result<Option<String>> {
        Ok(None)
    }
}

/// Features of stimuli: an `n_stimuli × n_features` matrix of finite `f32` in row-major order, the
/// ids of its rows, and its [`Provenance`].
///
/// ```
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::array;
///
/// let stimuli = Stimuli::new(["cat", "dog"])?;
/// let features = array![[1.0, 0.0, 2.0], [0.5, 1.0, 2.0]];
/// let representation = Representation::new(stimuli, features)?;
/// assert_eq!(representation.features().dim(), (2, 3));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Representation {
    stimuli: Stimuli,
    features: Array2<f32>,
    provenance: Provenance,
}

impl Representation {
    /// SHA-256 over ids and features, as 64 hexadecimal digits, by which what was computed from them is
    /// known again.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::new("representation");
        fingerprint.text(&self.stimuli.fingerprint());
        fingerprint.features(self.as_slice());
        fingerprint.finish()
    }

    /// Features and the stimuli of their rows.
    ///
    /// A matrix in another memory order is copied into row-major order; one that is row-major
    /// already is taken as it is.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where rows and ids differ in number, [`Error::Shape`] where there
    /// are no columns, [`Error::NotFinite`] naming the row and column of the first NaN or infinity.
    pub fn new(stimuli: Stimuli, features: Array2<f32>) -> Result<Self> {
        if features.nrows() != stimuli.len() {
            return Err(Error::LengthMismatch {
                what: "rows of the feature matrix",
                expected: stimuli.len(),
                found: features.nrows(),
            });
        }
        if features.ncols() == 0 {
            return Err(Error::Shape {
                what: "the feature matrix",
                expected: "at least one column".into(),
                found: features.shape().iter().map(|&len| len as u64).collect(),
            });
        }
        let features = if features.is_standard_layout() {
            features
        } else {
            features.as_standard_layout().into_owned()
        };
        for (row, values) in features.axis_iter(Axis(0)).enumerate() {
            // Without an early end, which would keep the compiler from vectorising it.
            if values.fold(true, |finite, value| finite & value.is_finite()) {
                continue;
            }
            if let Some(column) = values.iter().position(|value| !value.is_finite()) {
                return Err(Error::NotFinite {
                    row,
                    stimulus: stimuli.ids()[row].clone(),
                    column,
                    value: values[column].into(),
                });
            }
        }
        Ok(Self {
            stimuli,
            features,
            provenance: Provenance::default(),
        })
    }

    /// The same representation with another record of where it comes from.
    #[must_use]
    pub fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = provenance;
        self
    }

    /// The stimuli, one a row.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// The features, one row a stimulus; always in row-major order.
    pub fn features(&self) -> ArrayView2<'_, f32> {
        self.features.view()
    }

    /// Where the features come from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Number of stimuli (rows).
    pub fn n_stimuli(&self) -> usize {
        self.features.nrows()
    }

    /// Number of features (columns).
    pub fn n_features(&self) -> usize {
        self.features.ncols()
    }

    /// The features of one stimulus.
    pub fn row(&self, id: &str) -> Option<ArrayView1<'_, f32>> {
        self.stimuli.position(id).map(|row| self.features.row(row))
    }

    /// The features, taken out.
    pub fn into_features(self) -> Array2<f32> {
        self.features
    }

    /// The rows of these stimuli, in their order; rows of other stimuli are left out.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] names the stimuli that have no row.
    pub fn select(&self, stimuli: &Stimuli) -> Result<Self> {
        let rows = self.stimuli.positions_of(stimuli)?;
        let rows: Vec<usize> = rows.into_iter().map(|row| row as usize).collect();
        Ok(Self {
            stimuli: stimuli.clone(),
            features: self.features.select(Axis(0), &rows),
            provenance: self.provenance.clone(),
        })
    }

    /// The features as one slice, row after row.
    pub(crate) fn as_slice(&self) -> &[f32] {
        self.features
            .as_slice()
            .expect("features are kept in row-major order")
    }
}

/// A representation held in memory is a source of itself.
impl RepresentationSource for Representation {
    fn name(&self) -> &str {
        self.provenance.model().unwrap_or("unnamed")
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        self.select(stimuli)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ShapeBuilder, array};

    #[test]
    fn names_the_cell_that_is_not_finite() {
        let stimuli = Stimuli::new(["a", "b"]).unwrap();
        let error = Representation::new(stimuli, array![[1.0, 2.0], [3.0, f32::NAN]]).unwrap_err();
        assert_eq!(
            error.report().to_string(),
            "row 1 (\"b\"), column 1: NaN is not finite"
        );
    }

    #[test]
    fn rows_follow_their_ids() {
        let stimuli = Stimuli::new(["a", "b", "c"]).unwrap();
        let all = Representation::new(stimuli, array![[1.0], [2.0], [3.0]]).unwrap();
        let some = all.represent(&Stimuli::new(["c", "a"]).unwrap()).unwrap();
        assert_eq!(some.features(), array![[3.0], [1.0]]);
        assert!(matches!(
            all.select(&Stimuli::new(["a", "d"]).unwrap()),
            Err(Error::MissingStimuli { n_missing: 1, .. })
        ));
    }

    #[test]
    fn column_major_features_keep_their_values() {
        let stimuli = Stimuli::new(["a", "b"]).unwrap();
        let by_column = Array2::from_shape_vec((2, 2).f(), vec![1.0, 3.0, 2.0, 4.0]).unwrap();
        let representation = Representation::new(stimuli, by_column).unwrap();
        assert_eq!(representation.as_slice(), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn refuses_what_has_no_features() {
        let stimuli = Stimuli::new(["a"]).unwrap();
        assert!(matches!(
            Representation::new(stimuli.clone(), Array2::zeros((1, 0))),
            Err(Error::Shape { .. })
        ));
        assert!(matches!(
            Representation::new(stimuli, Array2::zeros((2, 1))),
            Err(Error::LengthMismatch {
                expected: 1,
                found: 2,
                ..
            })
        ));
    }
}
