//! Transforms in files.

mod npz;
mod safetensors;

use std::borrow::Cow;
use std::io::{Read, Result as IoResult, Write};
use std::iter::once;
use std::path::Path;

use ndarray::{Array1, Array2};

use super::{LinearTransform, Standardization, check_finite};
use crate::error::{Error, FileError, Result, wrong_shape};
use crate::io::atomic::write_atomically;
use crate::io::element::Kind;
use crate::io::npy::NpyReader;
use crate::io::{BUFFER_BYTES, extension};
use crate::linalg::Precision;

/// The allowed names of arrays.
const NAMES: [&str; 4] = ["weights", "bias", "mean", "std"];

#[derive(Debug, Clone, Copy)]
enum Format {
    Npz,
    Safetensors,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        match extension(path).as_str() {
            "npz" => Ok(Format::Npz),
            "safetensors" => Ok(Format::Safetensors),
            _ => Err(FileError::UnknownFormat {
                path: path.into(),
                expected: ".npz or .safetensors",
            }
            .into()),
        }
    }
}

impl LinearTransform {
    /// Reads a transform. The file extension determines the format:
    ///
    /// | extension | arrays | training record |
    /// |---|---|---|
    /// | `.npz` | of the archive, as numpy writes them | JSON in the member `training.json` |
    /// | `.safetensors` | tensors | JSON in the metadata, `training` |
    ///
    /// | array | shape | |
    /// |---|---|---|
    /// | `weights` | features × dimensions | |
    /// | `bias` | dimensions | optional |
    /// | `mean`, `std` | `()`, `(1,)` or `(features,)` | both, or neither: no standardization |
    ///
    /// Vectors may have further axes of length 1, as in `(1, features)`.
    ///
    /// Floats of 16, 32 and 64 bits are supported. The precision of the transform is single if all
    /// arrays are of 16 or 32 bits, so that [`LinearTransform::write`] preserves the arrays of an
    /// `f32` file, except that a `mean` and `std` of shape `(1,)` for several features are written
    /// with shape `()`.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] if the file extension is not supported, and
    /// [`FileError::Read`] if the file cannot be read. Within `Context::File`, returns
    /// [`FileError::Malformed`] if the file cannot be parsed or a checksum is wrong,
    /// [`FileError::NoSuchArray`] if an array is missing, and, within `Context::Array`,
    /// `ArgumentError::Shape`, [`FileError::UnsupportedElement`], [`FileError::Truncated`],
    /// `ComputationError::OutOfMemory` or [`FileError::Malformed`] if an array cannot be read, and
    /// `ArgumentError::InvalidParameter` if a name is unknown, a number is not finite or a
    /// standard deviation is not positive.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let transform = match Format::of(path)? {
            Format::Npz => npz::read(path),
            Format::Safetensors => safetensors::read(path),
        };
        transform.map_err(|error| error.in_file(path))
    }

    /// Writes the transform in the format given by the file extension, see
    /// [`LinearTransform::read`], in its [`LinearTransform::precision`].
    ///
    /// The file is replaced atomically. The same transform always gives the same bytes. For a
    /// transform by [`LinearTransform::near_identity`], all weights are computed and written, in
    /// blocks; the transform that is read has all weights in memory and the same
    /// [`LinearTransform::fingerprint`].
    ///
    /// ```
    /// use human_alignment::transform::{LinearTransform, Standardization, Training};
    /// use ndarray::array;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("transform.npz");
    /// let transform = LinearTransform::new(Standardization::scalar(0.5, 2.0)?, array![[1.0], [-1.0]])?
    ///     .with_training(Training::default().with_learner("ridge"));
    /// transform.write(&path)?;
    /// assert_eq!(LinearTransform::read(&path)?, transform);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] if the file extension is not supported, and
    /// [`FileError::Write`] if the file cannot be written; an existing file is then left unchanged.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let format = Format::of(path)?;
        write_atomically(path, |writer| match format {
            Format::Npz => npz::write(self, writer),
            Format::Safetensors => safetensors::write(self, writer),
        })
    }

    /// Returns the arrays to be written.
    fn arrays(&self) -> Vec<Output<'_>> {
        let (n_features, n_dimensions) = self.weights.dim();
        let shape = vec![n_features, n_dimensions];
        let mut arrays = vec![Output {
            name: "weights",
            shape,
            blocks: Box::new(self.weights.blocks()),
        }];
        if let Some(bias) = self.bias_in_order() {
            arrays.push(Output::of("bias", vec![bias.len()], bias));
        }
        if let Some((mean, std)) = self.standardization.moments() {
            let shape: Vec<usize> = self.standardization.n_features().into_iter().collect();
            arrays.push(Output::of("mean", shape.clone(), mean));
            arrays.push(Output::of("std", shape, std));
        }
        arrays
    }
}

/// An array to be written.
struct Output<'a> {
    name: &'static str,
    shape: Vec<usize>,
    /// The numbers in row-major order.
    blocks: Box<dyn Iterator<Item = Cow<'a, [f64]>> + 'a>,
}

impl<'a> Output<'a> {
    fn of(name: &'static str, shape: Vec<usize>, values: &'a [f64]) -> Self {
        let blocks = Box::new(once(values.into()));
        Self {
            name,
            shape,
            blocks,
        }
    }

    /// Returns the number of bytes in a file.
    fn n_bytes(&self, precision: Precision) -> usize {
        let size = match precision {
            Precision::Single => 4,
            Precision::Double => 8,
        };
        self.shape.iter().product::<usize>() * size
    }

    /// Writes the numbers as little-endian bytes.
    fn write(self, precision: Precision, to: &mut dyn Write) -> IoResult<()> {
        for block in self.blocks {
            write_values(&block, precision, to)?;
        }
        Ok(())
    }
}

/// An array of a file.
struct Array {
    shape: Vec<u64>,
    values: Vec<f64>,
    /// Whether the element type of the file is at most 32 bits.
    is_single: bool,
}

/// A file of named arrays.
trait ArrayFile {
    /// Returns the names of all arrays.
    fn names(&self) -> Vec<String>;

    /// Reads an existing array; its data are read only if the shape passes the check.
    fn read(&mut self, name: &str, check: &dyn Fn(&[u64]) -> Result<()>) -> Result<Array>;
}

/// Creates a transform from its arrays.
fn assemble(file: &mut impl ArrayFile) -> Result<LinearTransform> {
    let names = file.names();
    if let Some(name) = names.iter().find(|name| !NAMES.contains(&name.as_str())) {
        let unknown = Error::parameter("the name", "weights, bias, mean or std", name);
        return Err(unknown.in_array(name));
    }
    let has = |name: &str| names.iter().any(|there| there == name);
    let mut is_single = true;
    let mut read = |name: &'static str, expected: &str, fits: &dyn Fn(&[u64]) -> bool| {
        if !has(name) {
            return Err(Error::from(FileError::NoSuchArray {
                name: name.into(),
                available: names.clone(),
            }));
        }
        let check = |shape: &[u64]| match fits(shape) {
            true => Ok::<_, Error>(()),
            false => Err(wrong_shape(name, expected, shape)),
        };
        let array = file
            .read(name, &check)
            .map_err(|error| error.in_array(name))?;
        is_single &= array.is_single;
        Ok(array)
    };

    let expected = "features × dimensions, at least one of each";
    let weights = read(
        "weights",
        expected,
        &|shape| matches!(shape, &[p, k] if p > 0 && k > 0),
    )?;
    let (n_features, n_dimensions) = (weights.shape[0], weights.shape[1]);
    let bias = match has("bias") {
        true => {
            let expected = format!("[{n_dimensions}], one per dimension");
            let fits = |shape: &[u64]| !shape.is_empty() && is_vector(shape, n_dimensions);
            Some(read("bias", &expected, &fits)?)
        }
        false => None,
    };
    let standardization = match has("mean") || has("std") {
        true => {
            let expected = format!("[], [1] or [{n_features}], one per feature");
            let fits = |shape: &[u64]| is_vector(shape, 1) || is_vector(shape, n_features);
            let mean = read("mean", &expected, &fits)?;
            let expected = format!("{:?}, that of mean", mean.shape);
            let n = mean.values.len() as u64;
            let std = read("std", &expected, &|shape| is_vector(shape, n))?;
            standardize(mean, std, n_features)?
        }
        false => Standardization::none(),
    };

    let shape = (n_features as usize, n_dimensions as usize);
    let weights = Array2::from_shape_vec(shape, weights.values).map_err(|error| {
        let format = "array";
        let source = error.into();
        Error::from(FileError::Malformed { format, source }).in_array("weights")
    })?;
    let mut transform = LinearTransform::new(standardization, weights)
        .map_err(|error| error.in_array("weights"))?;
    if let Some(bias) = bias {
        transform = transform
            .with_bias(Array1::from(bias.values))
            .map_err(|error| error.in_array("bias"))?;
    }
    if is_single {
        transform.precision = Precision::Single;
    }
    Ok(transform)
}

/// Checks whether an array has `n` elements along one axis. Other axes, of length 1, are those that
/// numpy keeps with `keepdims` and MATLAB always has.
fn is_vector(shape: &[u64], n: u64) -> bool {
    let mut longer = shape.iter().filter(|&&length| length != 1);
    match n {
        1 => longer.next().is_none(),
        _ => longer.next() == Some(&n) && longer.next().is_none(),
    }
}

/// Creates the standardization from two arrays of the same shape.
fn standardize(mean: Array, std: Array, n_features: u64) -> Result<Standardization> {
    let is_per_feature = !mean.shape.is_empty() && mean.values.len() as u64 == n_features;
    let (mean, std) = (Array1::from(mean.values), Array1::from(std.values));
    check_finite("mean", mean.view()).map_err(|error| error.in_array("mean"))?;
    let standardization = match is_per_feature {
        true => Standardization::per_feature(mean, std),
        false => Standardization::scalar(mean[0], std[0]),
    };
    standardization.map_err(|error| error.in_array("std"))
}

/// Reads the data of an array if its shape passes the check.
fn read_data<R: Read>(
    reader: &mut NpyReader<R>,
    check: &dyn Fn(&[u64]) -> Result<()>,
) -> Result<Array> {
    let is_single = match reader.header().element.kind {
        Kind::F16 | Kind::BF16 | Kind::F32 => true,
        Kind::F64 => false,
        other => {
            return Err(FileError::UnsupportedElement {
                expected: "floats of 16, 32 or 64 bits",
                found: format!("{other:?}").to_lowercase(),
            }
            .into());
        }
    };
    check(reader.shape())?;
    Ok(Array {
        shape: reader.shape().to_vec(),
        values: reader.read_row_major()?,
        is_single,
    })
}

/// Writes numbers as little-endian bytes.
fn write_values(values: &[f64], precision: Precision, to: &mut dyn Write) -> IoResult<()> {
    let mut bytes = Vec::new();
    for values in values.chunks(BUFFER_BYTES / 8) {
        bytes.clear();
        match precision {
            Precision::Single => {
                bytes.extend(
                    values
                        .iter()
                        .flat_map(|&value| (value as f32).to_le_bytes()),
                );
            }
            Precision::Double => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        }
        to.write_all(&bytes)?;
    }
    Ok(())
}
