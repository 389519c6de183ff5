//! Formats of numeric files, determined by the file extension.

use std::path::Path;

use super::extension;
use crate::error::{Error, FileError, Result};

/// The format of a file of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Npy,
    Npz,
    Safetensors,
    Mat,
    /// A table or list in a text file, with any separator.
    Text,
}

impl Format {
    /// Determines the format from the file extension.
    ///
    /// # Errors
    /// Returns [`FileError::UnsupportedFormat`], with instructions for conversion, for a known
    /// format that is not supported, or [`FileError::UnknownFormat`] for any other extension.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let foreign = |format, remedy| {
            Error::from(FileError::UnsupportedFormat {
                path: path.into(),
                format,
                remedy,
            })
        };
        Err(match extension(path).as_str() {
            "npy" => return Ok(Format::Npy),
            "npz" => return Ok(Format::Npz),
            "safetensors" => return Ok(Format::Safetensors),
            "mat" => return Ok(Format::Mat),
            "csv" | "tsv" | "tab" | "txt" | "dat" | "vec" => return Ok(Format::Text),
            "h5" | "hdf5" | "hdf" | "he5" => foreign(
                "HDF5",
                "numpy.save(\"array.npy\", h5py.File(\"FILE\")[\"NAME\"][()]) in Python converts one of \
                 its arrays",
            ),
            "pkl" | "pickle" | "p" => foreign(
                "a Python pickle",
                "numpy.save(\"array.npy\", numpy.asarray(pickle.load(open(\"FILE\", \"rb\")))) in Python \
                 converts an array",
            ),
            "pt" | "pth" | "ckpt" => foreign(
                "a PyTorch file",
                "numpy.save(\"array.npy\", torch.load(\"FILE\", map_location=\"cpu\").numpy()) in Python \
                 converts a tensor",
            ),
            "xlsx" | "xls" | "ods" => foreign("a spreadsheet", "save the sheet as CSV (UTF-8)"),
            "parquet" | "feather" | "arrow" => foreign(
                "an Arrow table",
                "pandas.read_parquet or read_feather and to_csv in Python convert it",
            ),
            "rds" | "rdata" | "rda" => foreign(
                "an R object",
                "write.csv(as.matrix(x), \"FILE.csv\") in R converts it",
            ),
            "json" | "jsonl" | "ndjson" => foreign("JSON", "write the numbers as .csv or .npy"),
            "sav" | "zsav" | "por" | "dta" | "sas7bdat" => foreign(
                "a file of SPSS, Stata or SAS",
                "pandas.read_spss, read_stata or read_sas and to_csv in Python convert it",
            ),
            "gz" | "bz2" | "xz" | "zip" | "7z" => foreign("compressed", "decompress it"),
            _ => Error::from(FileError::UnknownFormat {
                path: path.into(),
                expected: ".npy, .npz, .safetensors, .mat, .csv, .tsv or .txt; rename another text file to .txt",
            }),
        })
    }
}
