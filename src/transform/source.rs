//! A source of transformed representations.

use super::LinearTransform;
use crate::error::Result;
use crate::representation::{Representation, RepresentationSource};
use crate::stimuli::Stimuli;

/// A source that applies a transform to the representations of another source.
///
/// ```
/// use human_alignment::transform::{LinearTransform, Standardization, Transformed};
/// use human_alignment::{Provenance, Representation, RepresentationSource, Stimuli};
/// use ndarray::array;
///
/// let animals = Stimuli::new(["cat", "dog"])?;
/// let features = Representation::new(animals, array![[1.0, 2.0], [3.0, 4.0]])?
///     .with_provenance(Provenance::default().with_model("alexnet"));
/// let transform = LinearTransform::new(Standardization::none(), array![[1.0], [-2.0]])?;
///
/// let source = Transformed::new(features, transform);
/// assert_eq!(source.name(), "alexnet → transform");
/// let dog = source.represent(&Stimuli::new(["dog"])?)?;
/// assert_eq!(dog.features(), array![[-5.0]]);
/// // The provenance identifies the transform.
/// let fingerprint = source.transform().fingerprint();
/// assert_eq!(dog.provenance().note("transform"), Some(fingerprint.as_str()));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Transformed<S> {
    source: S,
    transform: LinearTransform,
    name: String,
}

impl<S: RepresentationSource> Transformed<S> {
    /// Creates a source from another source and a transform. Its name is that of the source and,
    /// after an arrow, that of the learner of the transform (`alexnet → ridge`), or `transform` if
    /// it is unknown.
    pub fn new(source: S, transform: LinearTransform) -> Self {
        let learner = transform.training().and_then(|training| training.learner());
        let name = format!("{} → {}", source.name(), learner.unwrap_or("transform"));
        Self {
            source,
            transform,
            name,
        }
    }

    /// Sets the name for tables and figures.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Returns the source of the untransformed representations.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Returns the transform.
    pub fn transform(&self) -> &LinearTransform {
        &self.transform
    }
}

/// Applies [`LinearTransform::apply`] to the representation of the source.
impl<S: RepresentationSource> RepresentationSource for Transformed<S> {
    fn name(&self) -> &str {
        &self.name
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        self.transform.apply(&self.source.represent(stimuli)?)
    }

    fn key(&self, stimuli: &Stimuli) -> Result<Option<String>> {
        let key = self.source.key(stimuli)?;
        Ok(key.map(|key| format!("{} of {key}", self.transform.fingerprint())))
    }
}
