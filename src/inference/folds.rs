//! Folds of a cross-validation.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at_least};
use crate::linalg::shuffle;

/// The folds of a cross-validation: the fold of each item (such as a stimulus), in which the item
/// is held out. The item is a training item in all other folds.
///
/// ```
/// use human_alignment::inference::Folds;
///
/// let folds = Folds::contiguous(5, 2)?;
/// assert_eq!(folds.held_out(0), [0, 1, 2]);
/// assert_eq!(folds.training(0), [3, 4]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<usize>", into = "Vec<usize>")]
pub struct Folds {
    of: Vec<usize>,
    n_folds: usize,
}

impl Folds {
    /// Creates folds from the 0-based index of the fold of each item.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two folds or an empty fold, and
    /// `ArgumentError::InvalidParameter` if an index is not less than the number of items.
    pub fn new(of: Vec<usize>) -> Result<Self> {
        if let Some(&beyond) = of.iter().find(|&&fold| fold >= of.len()) {
            let expected = "less than the number of items";
            return Err(Error::parameter("the number of a fold", expected, beyond));
        }
        let n_folds = of.iter().max().map_or(0, |&last| last + 1);
        check_number(n_folds, of.len())?;
        let mut sizes = vec![0usize; n_folds];
        of.iter().for_each(|&fold| sizes[fold] += 1);
        for size in sizes {
            at_least("items in a fold", 1, size)?;
        }
        Ok(Self { of, n_folds })
    }

    /// Creates `n_folds` folds of consecutive items. If the sizes cannot be equal, the first folds
    /// have one item more.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two folds or fewer items than folds, and
    /// `ArgumentError::InvalidParameter` for 2³² items or more.
    pub fn contiguous(n: usize, n_folds: usize) -> Result<Self> {
        check_number(n_folds, n)?;
        let sizes = (0..n_folds).map(|fold| n / n_folds + usize::from(fold < n % n_folds));
        let of = sizes
            .enumerate()
            .flat_map(|(fold, size)| std::iter::repeat_n(fold, size))
            .collect();
        Ok(Self { of, n_folds })
    }

    /// Creates `n_folds` random folds whose sizes differ by at most one. The same seed gives the
    /// same folds.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two folds or fewer items than folds, and
    /// `ArgumentError::InvalidParameter` for 2³² items or more.
    pub fn random(n: usize, n_folds: usize, seed: u64) -> Result<Self> {
        check_number(n_folds, n)?;
        let mut of: Vec<usize> = (0..n).map(|rank| rank % n_folds).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        shuffle(&mut of, &mut rng);

        Ok(Self { of, n_folds })
    }

    /// Returns the number of folds, at least two.
    pub fn n_folds(&self) -> usize {
        self.n_folds
    }

    /// Returns the 0-based index of the fold of each item.
    pub fn assignments(&self) -> &[usize] {
        &self.of
    }

    /// Returns the items that are held out in a fold, in ascending order.
    ///
    /// # Panics
    /// Panics if there is no fold with this number.
    pub fn held_out(&self, fold: usize) -> Vec<usize> {
        self.require(fold);
        self.select(|of| of == fold)
    }

    /// Returns the training items of a fold, that is, the items of all other folds, in ascending
    /// order.
    ///
    /// # Panics
    /// Panics if there is no fold with this number.
    pub fn training(&self, fold: usize) -> Vec<usize> {
        self.require(fold);
        self.select(|of| of != fold)
    }

    fn require(&self, fold: usize) {
        let n = self.n_folds;
        assert!(
            fold < n,
            "fold {fold} of {n} folds, which are numbered from 0"
        );
    }

    fn select(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let folds = self.of.iter().enumerate();
        folds
            .filter_map(|(position, &of)| is_wanted(of).then_some(position))
            .collect()
    }
}

impl TryFrom<Vec<usize>> for Folds {
    type Error = Error;

    fn try_from(of: Vec<usize>) -> Result<Self> {
        Self::new(of)
    }
}

impl From<Folds> for Vec<usize> {
    fn from(folds: Folds) -> Self {
        folds.of
    }
}

fn check_number(n_folds: usize, n: usize) -> Result<()> {
    at_least("folds", 2, n_folds)?;
    at_least("items to divide into folds", n_folds, n)?;
    match u32::try_from(n) {
        Ok(_) => Ok(()),
        Err(_) => {
            let expected = "fewer than 2^32";
            Err(Error::parameter("items to divide into folds", expected, n))
        }
    }
}
