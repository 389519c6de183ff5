//! The similarity ratings of Peterson et al. (2018), in their published layout.

use std::path::{Path, PathBuf};

use ndarray::Array2;

use crate::dataset::SimilarityDataset;
use crate::error::{ArgumentError, Error, FileError, PairProblem, RdmError, Result, wrong_shape};
use crate::images::ImageFiles;
use crate::io::mat::MatFile;
use crate::io::npy::NpyReader;
use crate::io::{Origin, extension};
use crate::rdm::{Rdm, RdmSet};
use crate::stimuli::Stimuli;

/// Mean similarity ratings of pairs of images of one category, from 0 (not similar at all) to 10.
///
/// Peterson, Abbott & Griffiths, "Evaluating (and improving) the correspondence between deep neural
/// networks and human representations" (Cognitive Science, 2018). The published layout has a folder
/// for each of the six categories:
///
/// ```text
/// CATEGORY/sim_judgements/NAME.mat      one variable with "sim" in its name: images × images,
///                                       symmetric, 10 on the diagonal
/// CATEGORY/images/ID.png                images; sorted by file name, they are the rows
/// ```
///
/// The dissimilarity of a pair is 10 minus its similarity. One category, the fruits, is published as a
/// Python pickle (`fruits_mturkRESULTS_all.pickle`), which is rejected because reading a pickle can
/// execute arbitrary code: convert it to a matrix in `.npy`, which is supported.
///
/// The scripts of Muttenthaler et al. (ICLR 2023, `data/peterson.py`) read this pickle as a
/// dictionary from pairs to lists of single ratings. A key has the names of two stimuli, separated by
/// a comma; the first number in a name, minus 1, is its row. A pair has the mean of its ratings (0 if
/// it has none), and the diagonal is 10. The following code does the same, but leaves pairs without
/// ratings missing, so that they are not mistaken for dissimilar pairs:
///
/// ```text
/// import pickle, re, numpy
/// ratings = pickle.load(open("fruits_mturkRESULTS_all.pickle", "rb"))
/// rows = lambda key: [int(re.findall(r"\d+", name)[0]) - 1 for name in key.split(",")]
/// n = 1 + max(max(rows(key)) for key in ratings)
/// matrix = numpy.full((n, n), numpy.nan)
/// numpy.fill_diagonal(matrix, 10)
/// for key, given in ratings.items():
///     i, j = rows(key)
///     matrix[i, j] = matrix[j, i] = numpy.mean(given)
/// numpy.save("fruits.npy", matrix)
/// ```
///
/// The scripts sort images by file name, so that image 10 precedes image 2 if numbers have no leading
/// zeros; the rows of the matrix are in the order of the numbers. Compare the two orders before use.
///
/// ```no_run
/// use human_alignment::SimilarityDataset;
/// use human_alignment::dataset::Peterson;
///
/// let fruits = Peterson::read("data/peterson", "fruits")?;
/// println!("{}: {} images", fruits.name(), fruits.stimuli().len());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Peterson {
    name: String,
    images: ImageFiles,
    similarities: Vec<f64>,
    rdms: RdmSet,
}

impl Peterson {
    /// The highest similarity, which is that of an image with itself; the lowest is 0.
    pub const HIGHEST: f64 = 10.0;

    /// Reads a category from the folder of the data set.
    ///
    /// # Errors
    /// Returns [`ArgumentError::InvalidParameter`] if the category is not a valid folder name, and
    /// [`FileError::Read`] if a file cannot be read. Within `Context::File`, returns
    /// [`FileError::Malformed`] (for a pickle, with a remedy), [`FileError::Truncated`],
    /// `ComputationError::OutOfMemory` or [`FileError::UnsupportedElement`] if the file cannot be
    /// parsed, [`FileError::NoSuchArray`] with the names of the existing variables unless exactly
    /// one has "sim" in its name, [`ArgumentError::Shape`] if the matrix is not square,
    /// [`ArgumentError::LengthMismatch`] if the number of images differs from the number of rows or
    /// there is not exactly one file, and [`RdmError::InvalidPair`] if a similarity is outside [0,
    /// 10], asymmetric, or not 10 on the diagonal.
    pub fn read(folder: impl AsRef<Path>, category: &str) -> Result<Self> {
        let is_name = Path::new(category).file_name() == Some(category.as_ref());
        if !is_name {
            let expected = "the name of a folder";
            return Err(Error::parameter("category", expected, category));
        }
        let folder = folder.as_ref().join(category);
        let images = ImageFiles::by_file_name(&folder.join("images"))?;
        let path = file_in(&folder.join("sim_judgements"))?;
        let read = || {
            let matrix = match extension(&path).as_str() {
                "npy" => read_npy(&path),
                "mat" => read_mat(&path),
                _ => Err(Origin::new(&path, "mat").malformed(PICKLE)),
            }?;
            if matrix.nrows() != matrix.ncols() {
                return Err(not_square(matrix.shape()));
            }
            images.require(matrix.nrows())?;
            convert(images.stimuli(), &matrix)
        };
        let (similarities, rdm) = read().map_err(|error: Error| error.in_file(&path))?;
        Ok(Self {
            name: format!("{category} (Peterson et al. 2018)"),
            images,
            similarities,
            rdms: rdm.into(),
        })
    }

    /// Returns the similarities as published, from 0 to 10: the strict upper triangle, row by row.
    pub fn similarities(&self) -> &[f64] {
        &self.similarities
    }

    /// Returns the path of the image of a stimulus, or `None` if there is no such stimulus.
    pub fn image_path(&self, id: &str) -> Option<&Path> {
        self.images.path(id)
    }
}

impl SimilarityDataset for Peterson {
    type Judgments = RdmSet;

    fn name(&self) -> &str {
        &self.name
    }

    fn stimuli(&self) -> &Stimuli {
        self.images.stimuli()
    }

    fn judgments(&self) -> &RdmSet {
        &self.rdms
    }
}

const SQUARE: &str = "n×n for n images";

const PICKLE: &str = "it is a Python pickle, and reading a pickle can execute arbitrary code; \
    it has the ratings of pairs, not a matrix: convert it in Python with numpy.save, as the \
    documentation of human_alignment::dataset::Peterson shows, and put the .npy file in this folder";

/// Finds the file of similarities: an `.npy` file, else a `.mat` file, else a pickle.
fn file_in(folder: &Path) -> Result<PathBuf> {
    let unreadable = |source| FileError::unreadable(folder, source);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default();
        let is_pickle = || matches!(extension(&path).as_str(), "pkl" | "pickle" | "p");
        let rank = match extension(&path).as_str() {
            "npy" => 0,
            "mat" => 1,
            _ if is_pickle() => 2,
            _ => continue,
        };
        if !name.as_encoded_bytes().starts_with(b".") {
            files.push((rank, path));
        }
    }
    files.sort_unstable();
    let best = files.first().map(|&(rank, _)| rank);
    files.retain(|&(rank, _)| Some(rank) == best);
    match files.as_slice() {
        [(_, path)] => Ok(path.clone()),
        several => Err(Error::from(ArgumentError::LengthMismatch {
            what: "files of similarities (.mat or .npy)",
            expected: 1,
            found: several.len(),
        })
        .in_file(folder)),
    }
}

fn read_mat(path: &Path) -> Result<Array2<f64>> {
    let mut file = MatFile::open(path)?;
    let mut names = file.names();
    names.retain(|name| name.to_ascii_lowercase().contains("sim"));
    let [name] = names.as_slice() else {
        return Err(FileError::NoSuchArray {
            name: if names.is_empty() { "…sim…" } else { "" }.into(),
            available: file.names(),
        }
        .into());
    };
    file.read(name)?.into_matrix(SQUARE)
}

fn read_npy(path: &Path) -> Result<Array2<f64>> {
    let mut reader = NpyReader::open(path)?;
    let shape: Vec<usize> = reader
        .shape()
        .iter()
        .map(|&length| length as usize)
        .collect();
    let &[rows, columns] = shape.as_slice() else {
        return Err(not_square(&shape));
    };
    let values = reader.read_row_major()?;
    Array2::from_shape_vec((rows, columns), values).map_err(|_| not_square(&shape))
}

/// Returns the similarities of pairs and the RDM of dissimilarities.
fn convert(stimuli: &Stimuli, matrix: &Array2<f64>) -> Result<(Vec<f64>, Rdm)> {
    for ((row, column), &value) in matrix.indexed_iter() {
        // The range check also rejects NaN.
        if !(0.0..=Peterson::HIGHEST).contains(&value) {
            return Err(RdmError::InvalidPair {
                first: stimuli.ids()[row].clone(),
                second: stimuli.ids()[column].clone(),
                problem: PairProblem::OffScale {
                    value,
                    lowest: 0.0,
                    highest: Peterson::HIGHEST,
                },
            }
            .into());
        }
    }
    let dissimilarities = matrix.mapv(|similarity| Peterson::HIGHEST - similarity);
    let rdm = Rdm::from_square(stimuli.clone(), dissimilarities.view())?;
    let upper = matrix.rows().into_iter().enumerate();
    let upper = upper.flat_map(|(row, values)| values.into_iter().skip(row + 1).copied());
    Ok((upper.collect(), rdm))
}

fn not_square(found: &[usize]) -> Error {
    wrong_shape("the matrix of similarities", SQUARE, found)
}
