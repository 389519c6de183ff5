//! Matrices of features in single or double precision.

use ndarray::{
    ArcArray2, Array, Array2, ArrayBase, ArrayView, ArrayView2, Axis, Data, Dimension, Ix1, Ix2,
    NdIndex,
};

use crate::linalg::{Precision, Values};

/// A matrix of features, stimuli × features, of `f32` or `f64`.
///
/// Created with `into` from an array of either type: [`Array2`] and [`ArcArray2`] are moved without
/// a copy, [`ArrayView2`] and `&Array2` are copied. Clones share their memory.
///
/// ```
/// use human_alignment::{Features, Precision};
/// use ndarray::array;
///
/// let features = Features::from(array![[1.0_f32, 0.1]]);
/// assert_eq!(features.precision(), Precision::Single);
/// assert_eq!(features.into_f64(), array![[1.0, f64::from(0.1_f32)]]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Features {
    /// 32-bit floats.
    Single(ArcArray2<f32>),
    /// 64-bit floats.
    Double(ArcArray2<f64>),
}

/// A borrowed matrix of features, or with `D =` [`Ix1`](type@Ix1) a single row.
///
/// Comparison with an array of `f32` or `f64` is by value; two views are equal only if their types
/// are equal too.
///
/// ```
/// use human_alignment::FeaturesView;
/// use ndarray::{array, aview2};
///
/// let features = FeaturesView::from(aview2(&[[1.0, 2.0], [3.0, 4.0]]));
/// assert_eq!(features.dim(), (2, 2));
/// assert_eq!(features.row(1), array![3.0, 4.0]);
/// assert_eq!(features.get([0, 1]), Some(2.0));
/// assert!(features.as_f32().is_none());
/// assert_eq!(features.to_f64().sum(), 10.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FeaturesView<'a, D: Dimension = Ix2> {
    /// 32-bit floats.
    Single(ArrayView<'a, f32, D>),
    /// 64-bit floats.
    Double(ArrayView<'a, f64, D>),
}

macro_rules! from_arrays {
    ($($float:ty => $variant:ident),*) => {$(
        impl From<Array2<$float>> for Features {
            fn from(features: Array2<$float>) -> Self {
                Features::$variant(features.into_shared())
            }
        }

        impl From<ArcArray2<$float>> for Features {
            fn from(features: ArcArray2<$float>) -> Self {
                Features::$variant(features)
            }
        }

        impl From<ArrayView2<'_, $float>> for Features {
            fn from(features: ArrayView2<'_, $float>) -> Self {
                features.to_owned().into()
            }
        }

        impl From<&Array2<$float>> for Features {
            fn from(features: &Array2<$float>) -> Self {
                features.view().into()
            }
        }

        impl<'a, D: Dimension> From<ArrayView<'a, $float, D>> for FeaturesView<'a, D> {
            fn from(features: ArrayView<'a, $float, D>) -> Self {
                FeaturesView::$variant(features)
            }
        }

        impl<'a, D: Dimension> From<&'a Array<$float, D>> for FeaturesView<'a, D> {
            fn from(features: &'a Array<$float, D>) -> Self {
                FeaturesView::$variant(features.view())
            }
        }
    )*};
}
from_arrays!(f32 => Single, f64 => Double);

/// Copies the features.
impl From<FeaturesView<'_>> for Features {
    fn from(features: FeaturesView<'_>) -> Self {
        match features {
            FeaturesView::Single(features) => features.into(),
            FeaturesView::Double(features) => features.into(),
        }
    }
}

impl Features {
    /// Borrows the features.
    pub fn view(&self) -> FeaturesView<'_> {
        match self {
            Features::Single(features) => FeaturesView::Single(features.view()),
            Features::Double(features) => FeaturesView::Double(features.view()),
        }
    }

    /// Returns the number of rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        self.view().dim()
    }

    /// Returns the precision of the elements: [`Precision::Single`] for `f32`,
    /// [`Precision::Double`] for `f64`.
    pub fn precision(&self) -> Precision {
        match self {
            Features::Single(_) => Precision::Single,
            Features::Double(_) => Precision::Double,
        }
    }

    /// Converts the features to `f64`, which represents every `f32` exactly. Features that are
    /// `f64` and not shared with a clone are not copied.
    pub fn into_f64(self) -> Array2<f64> {
        match self {
            Features::Single(features) => features.mapv(f64::from),
            Features::Double(features) => features.into_owned(),
        }
    }

    /// Converts the features to `f32`, rounding `f64` to the nearest value. Features that are `f32`
    /// and not shared with a clone are not copied.
    pub fn into_f32(self) -> Array2<f32> {
        match self {
            Features::Single(features) => features.into_owned(),
            Features::Double(features) => features.mapv(|value| value as f32),
        }
    }

    /// Converts the features to row-major order; copies them only if they are in another order.
    pub(super) fn into_standard_layout(self) -> Self {
        match self {
            Features::Single(features) if !features.is_standard_layout() => {
                features.as_standard_layout().into_owned().into()
            }
            Features::Double(features) if !features.is_standard_layout() => {
                features.as_standard_layout().into_owned().into()
            }
            features => features,
        }
    }

    /// Returns the rows at the given positions.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        match self {
            Features::Single(features) => features.select(Axis(0), rows).into(),
            Features::Double(features) => features.select(Axis(0), rows).into(),
        }
    }

    /// Returns the features as a row-major slice. The matrix must be in row-major order.
    pub(super) fn values(&self) -> Values<'_> {
        let expected = "features are kept in row-major order";
        match self {
            Features::Single(features) => Values::Single(features.as_slice().expect(expected)),
            Features::Double(features) => Values::Double(features.as_slice().expect(expected)),
        }
    }
}

impl<'a, D: Dimension> FeaturesView<'a, D> {
    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        match self {
            FeaturesView::Single(features) => features.len(),
            FeaturesView::Double(features) => features.len(),
        }
    }

    /// Returns true if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the precision of the elements: [`Precision::Single`] for `f32`,
    /// [`Precision::Double`] for `f64`.
    pub fn precision(&self) -> Precision {
        match self {
            FeaturesView::Single(_) => Precision::Single,
            FeaturesView::Double(_) => Precision::Double,
        }
    }

    /// Returns the array if it is of `f32`, otherwise `None`.
    pub fn as_f32(&self) -> Option<ArrayView<'a, f32, D>> {
        match self {
            FeaturesView::Single(features) => Some(features.clone()),
            FeaturesView::Double(_) => None,
        }
    }

    /// Returns the array if it is of `f64`, otherwise `None`.
    pub fn as_f64(&self) -> Option<ArrayView<'a, f64, D>> {
        match self {
            FeaturesView::Single(_) => None,
            FeaturesView::Double(features) => Some(features.clone()),
        }
    }

    /// Returns an element as `f64`, or `None` if the index is out of range.
    pub fn get(&self, index: impl NdIndex<D>) -> Option<f64> {
        match self {
            FeaturesView::Single(features) => features.get(index).map(|&value| value.into()),
            FeaturesView::Double(features) => features.get(index).copied(),
        }
    }

    /// Copies the features as `f64`, which represents every `f32` exactly.
    pub fn to_f64(&self) -> Array<f64, D> {
        match self {
            FeaturesView::Single(features) => features.mapv(f64::from),
            FeaturesView::Double(features) => features.to_owned(),
        }
    }

    /// Copies the features as `f32`, rounding `f64` to the nearest value.
    pub fn to_f32(&self) -> Array<f32, D> {
        match self {
            FeaturesView::Single(features) => features.to_owned(),
            FeaturesView::Double(features) => features.mapv(|value| value as f32),
        }
    }

    /// Returns an iterator over the elements as `f64`, row by row.
    pub fn iter(&self) -> impl Iterator<Item = f64> + use<'a, D> {
        let single = self.as_f32().map(ArrayView::into_iter);
        let double = self.as_f64().map(ArrayView::into_iter);
        let single = single.into_iter().flatten().map(|&value| f64::from(value));
        single.chain(double.into_iter().flatten().copied())
    }
}

impl<'a> FeaturesView<'a> {
    /// Returns the number of rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            FeaturesView::Single(features) => features.dim(),
            FeaturesView::Double(features) => features.dim(),
        }
    }

    /// Returns the number of rows.
    pub fn nrows(&self) -> usize {
        self.dim().0
    }

    /// Returns the number of columns.
    pub fn ncols(&self) -> usize {
        self.dim().1
    }

    /// Returns a row.
    ///
    /// # Panics
    /// Panics if the index is out of range.
    pub fn row(&self, index: usize) -> FeaturesView<'a, Ix1> {
        match *self {
            FeaturesView::Single(features) => features.index_axis_move(Axis(0), index).into(),
            FeaturesView::Double(features) => features.index_axis_move(Axis(0), index).into(),
        }
    }
}

/// Compares shape and values, independent of the element type.
impl<S, D> PartialEq<ArrayBase<S, D>> for FeaturesView<'_, D>
where
    S: Data,
    S::Elem: Copy + Into<f64>,
    D: Dimension,
{
    fn eq(&self, other: &ArrayBase<S, D>) -> bool {
        let raw_dim = match self {
            FeaturesView::Single(features) => features.raw_dim(),
            FeaturesView::Double(features) => features.raw_dim(),
        };
        raw_dim == other.raw_dim() && self.iter().eq(other.iter().map(|&value| value.into()))
    }
}
