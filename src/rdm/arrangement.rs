//! Stimuli that a participant arranged by similarity.

use crate::error::{FeatureError, RdmError, Result, at_least, same_length};
use crate::stimuli::Stimuli;

/// The positions on the screen at which a participant placed stimuli in one trial. A smaller
/// distance means more similar stimuli.
///
/// ```
/// use human_alignment::rdm::Arrangement;
/// use human_alignment::Stimuli;
///
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let trial = Arrangement::new(animals, vec![[0.0, 0.0], [0.3, 0.4], [0.0, 0.9]])?;
/// assert_eq!(trial.distance(0, 1), Some(0.5));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Arrangement {
    stimuli: Stimuli,
    positions: Vec<[f64; 2]>,
}

impl Arrangement {
    /// Creates an arrangement from stimuli and their positions. All trials must use the same unit.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two stimuli,
    /// `ArgumentError::LengthMismatch` if the numbers of stimuli and positions differ,
    /// [`FeatureError::NotFinite`] naming a coordinate that is not finite, and
    /// [`RdmError::Constant`] if all positions are equal, so that the arrangement has no scale.
    pub fn new(stimuli: Stimuli, positions: Vec<[f64; 2]>) -> Result<Self> {
        at_least("stimuli", 2, stimuli.len())?;
        same_length("positions", stimuli.len(), positions.len())?;
        for (row, position) in positions.iter().enumerate() {
            for (column, &value) in position.iter().enumerate() {
                // The limit keeps distances finite.
                if value.is_nan() || value.abs() > f64::MAX / 8.0 {
                    return Err(FeatureError::NotFinite {
                        row,
                        stimulus: stimuli.ids()[row].clone(),
                        column,
                        value,
                    }
                    .into());
                }
            }
        }
        if positions.iter().all(|position| position == &positions[0]) {
            return Err(RdmError::Constant {
                undefined: "the scale of the arrangement",
            }
            .into());
        }
        Ok(Self { stimuli, positions })
    }

    /// Returns the stimuli that were shown.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Returns the position of each stimulus, as x and y.
    pub fn positions(&self) -> &[[f64; 2]] {
        &self.positions
    }

    /// Returns the Euclidean distance of two stimuli, given by their 0-based positions in
    /// [`Arrangement::stimuli`], or `None` if a position is out of range.
    pub fn distance(&self, first: usize, second: usize) -> Option<f64> {
        let (a, b) = (self.positions.get(first)?, self.positions.get(second)?);
        Some((a[0] - b[0]).hypot(a[1] - b[1]))
    }
}
