//! Streaming of trials with three indices from `.npy` and text files.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::element::{Element, Kind, Number, RawIndex};
use super::npy::NpyReader;
use super::txt_triplets::TextTriplets;
use super::{BUFFER_BYTES, Origin, extension, open};
use crate::error::{Error, FileError, JudgmentError, Result, wrong_shape};
use crate::linalg::reserve;

/// A reader for trials with three indices, chunk by chunk.
pub(crate) enum TripletReader {
    Npy(NpyTriplets),
    Text(TextTriplets),
}

impl TripletReader {
    /// Opens a file; the extension determines the format.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] if the extension is not `.npy`, `.txt`, `.csv`, `.tsv`,
    /// `.tab` or `.dat`, and the errors of [`NpyTriplets::open`] and [`TextTriplets::open`].
    pub(crate) fn open(path: &Path) -> Result<Self> {
        match extension(path).as_str() {
            "npy" => NpyTriplets::open(path).map(TripletReader::Npy),
            "txt" | "csv" | "tsv" | "tab" | "dat" => {
                TextTriplets::open(path).map(TripletReader::Text)
            }
            _ => Err(FileError::UnknownFormat {
                path: path.into(),
                expected: ".npy, .txt, .csv or .tsv",
            }
            .into()),
        }
    }

    /// Returns true if the first line of a text file that is not a comment consists of three whole
    /// numbers, so that [`TripletReader::open`] can read it; otherwise the file is a table.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read.
    pub(crate) fn begins_with_indices(path: &Path) -> Result<bool> {
        TextTriplets::open(path)?.begins_with_indices()
    }

    /// Returns whether the file, of which the first trial was read, is a table, which may have a header.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self, TripletReader::Text(reader) if reader.is_table())
    }

    /// Returns the number of trials, if the header declares it and the file contains that many.
    pub(crate) fn n_trials(&self) -> Option<u64> {
        match self {
            TripletReader::Npy(reader) => reader.n_trials(),
            TripletReader::Text(_) => None,
        }
    }

    /// Appends up to `max` trials and returns their number, which is smaller only at the end of the
    /// file.
    ///
    /// # Errors
    /// Returns `Context::File` with the problem of the first invalid trial or line.
    pub(crate) fn read_chunk(&mut self, out: &mut Vec<[u32; 3]>, max: usize) -> Result<usize> {
        match self {
            TripletReader::Npy(reader) => reader.read_chunk(out, max),
            TripletReader::Text(reader) => reader.read_chunk(out, max),
        }
    }
}

/// A reader for an array of shape (trials, 3).
pub(crate) struct NpyTriplets {
    path: PathBuf,
    /// One reader for row-major data, or three readers, one for each column, for column-major data.
    readers: Vec<NpyReader<File>>,
    element: Element,
    n_trials: u64,
    /// Number of trials read so far.
    n_read: u64,
    bytes: Vec<u8>,
    decoded: Vec<RawIndex>,
}

/// Number of trials that are read at once.
const STEP: usize = BUFFER_BYTES / (3 * size_of::<u64>());

impl NpyTriplets {
    /// Opens an array of trials.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read. Also returns, within
    /// `Context::File`, [`ArgumentError::Shape`] if the shape is not (trials, 3),
    /// [`FileError::Malformed`], [`FileError::UnsupportedElement`] or [`FileError::Truncated`].
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Self::open_array(path).map_err(|error| error.in_file(path))
    }

    fn open_array(path: &Path) -> Result<Self> {
        let reader = NpyReader::open(path)?;
        let header = reader.header().clone();
        let &[n_trials, 3] = header.shape.as_slice() else {
            return Err(wrong_shape(
                "the array of trials",
                "(trials, 3)",
                &header.shape,
            ));
        };
        if header.element.kind == Kind::Bool {
            return Err(FileError::UnsupportedElement {
                expected: "integers, or floats with whole values",
                found: "bool".into(),
            }
            .into());
        }
        let mut readers = vec![reader];
        if header.fortran_order {
            let column_bytes = n_trials * header.element.size() as u64;
            for column in 1..3 {
                let start = header.data_offset.saturating_add(column * column_bytes);
                let mut file = open(path)?;
                file.seek(SeekFrom::Start(start))
                    .map_err(|source| FileError::unreadable(path, source))?;
                let origin = Origin::new(path, "npy");
                let reader = NpyReader::with_header(header.clone(), file, None, origin)?;
                readers.push(reader);
            }
        }
        Ok(Self {
            path: path.into(),
            readers,
            element: header.element,
            n_trials,
            n_read: 0,
            bytes: Vec::new(),
            decoded: Vec::new(),
        })
    }

    /// Returns the number of trials, if the file is known to contain all of them.
    fn n_trials(&self) -> Option<u64> {
        self.readers[0].is_sized().then_some(self.n_trials)
    }

    /// Appends up to `max` trials and returns their number, which is smaller only at the end of the
    /// file.
    ///
    /// # Errors
    /// Returns, within `Context::File`, [`JudgmentError::InvalidTrial`] for the first trial with a
    /// value that is not an index, or `ComputationError::OutOfMemory`.
    pub(crate) fn read_chunk(&mut self, out: &mut Vec<[u32; 3]>, max: usize) -> Result<usize> {
        let left = self.n_trials - self.n_read;
        let n_new = usize::try_from(left).unwrap_or(usize::MAX).min(max);
        let mut n_left = n_new;
        while n_left > 0 {
            let step = n_left.min(STEP);
            self.read_step(out, step)
                .map_err(|error| error.in_file(&self.path))?;
            n_left -= step;
        }
        Ok(n_new)
    }

    /// Reads `n` trials, which must fit into the buffer.
    fn read_step(&mut self, out: &mut Vec<[u32; 3]>, n: usize) -> Result<()> {
        if out.capacity() - out.len() < n {
            let ahead = out.len().max(n);
            reserve(out, ahead, "the trials")?;
        }
        let Self {
            readers,
            element,
            bytes,
            decoded,
            ..
        } = self;
        bytes.resize(3 * n * element.size(), 0);
        let part = bytes.len() / readers.len();
        for (reader, part) in readers.iter_mut().zip(bytes.chunks_mut(part)) {
            reader.fill(part)?;
        }
        decoded.clear();
        element.decode(bytes, decoded);

        let bits = decoded.iter().fold(0, |bits, index| bits | index.0);
        if bits > u64::from(u32::MAX) {
            return Err(self.first_problem(n));
        }
        if self.readers.len() == 1 {
            let (trials, _) = self.decoded.as_chunks();
            out.extend(
                trials
                    .iter()
                    .map(|trial: &[RawIndex; 3]| trial.map(|index| index.0 as u32)),
            );
        } else {
            let (first, rest) = self.decoded.split_at(n);
            let (second, third) = rest.split_at(n);
            let trials = first.iter().zip(second).zip(third);
            out.extend(trials.map(|((a, b), c)| [a.0 as u32, b.0 as u32, c.0 as u32]));
        }
        self.n_read += n as u64;
        Ok(())
    }

    /// Returns the error for the first invalid trial among the `n` decoded ones.
    fn first_problem(&self, n: usize) -> Error {
        let mut numbers = Vec::new();
        self.element.decode(&self.bytes, &mut numbers);
        let place = |trial: usize, position: usize| match self.readers.len() {
            1 => 3 * trial + position,
            _ => position * n + trial,
        };
        for trial in 0..n {
            for position in 0..3 {
                let number: Number = numbers[place(trial, position)];
                if let Err(problem) = number.index() {
                    let trial = self.n_read + trial as u64;
                    return Error::from(JudgmentError::InvalidTrial { trial, problem });
                }
            }
        }
        // Not reached: `RawIndex` and `Number` agree on which numbers are indices.
        Origin::new(&self.path, "npy").malformed("it contains a value that is not an index")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, ErrorKind, TrialProblem, assert_refused};
    use crate::io::npy::tests::npy;

    fn read_all(name: &str, bytes: &[u8], max: usize) -> Result<Vec<[u32; 3]>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut reader = TripletReader::open(&path)?;
        let mut out = Vec::new();
        while reader.read_chunk(&mut out, max)? > 0 {}
        Ok(out)
    }

    fn problem(result: Result<Vec<[u32; 3]>>) -> (u64, TrialProblem) {
        match result.unwrap_err().into_kind() {
            ErrorKind::Judgment(JudgmentError::InvalidTrial { trial, problem }) => (trial, problem),
            other => panic!("{other}"),
        }
    }

    macro_rules! all_types {
        ($trials:expr; $($descr:literal $type:ty),*) => {
            $(for fortran in [false, true] {
                let flat: Vec<u32> = match fortran {
                    false => $trials.iter().flatten().copied().collect(),
                    true => (0..3).flat_map(|c| $trials.iter().map(move |t| t[c])).collect(),
                };
                let shape = format!("({}, 3)", $trials.len());
                let little: Vec<u8> =
                    flat.iter().flat_map(|&i| (i as $type).to_le_bytes()).collect();
                let big: Vec<u8> = flat.iter().flat_map(|&i| (i as $type).to_be_bytes()).collect();
                for (order, data) in [("<", little), (">", big)] {
                    let bytes = npy(&format!("{order}{}", $descr), fortran, &shape, &data);
                    for max in [1, 4, 1_000_000] {
                        assert_eq!(read_all("t.npy", &bytes, max).unwrap(), $trials, "{}", $descr);
                    }
                }
            })*
        };
    }

    #[test]
    fn every_type_and_order() {
        let trials: Vec<[u32; 3]> = (0..40).map(|t| [t, t + 1, 2 * t + 2]).collect();
        all_types!(trials; "u1" u8, "u2" u16, "u4" u32, "u8" u64, "i1" i8, "i2" i16, "i4" i32,
            "i8" i64, "f4" f32, "f8" f64);
    }

    #[test]
    fn chunks_join() {
        let trials: Vec<[u32; 3]> = (0..50_000).map(|t| [t, t + 1, t + 2]).collect();
        let rows: Vec<u8> = trials
            .as_flattened()
            .iter()
            .flat_map(|i| i.to_le_bytes())
            .collect();
        let columns: Vec<u8> = (0..3)
            .flat_map(|c| trials.iter().map(move |trial| trial[c]))
            .flat_map(u32::to_le_bytes)
            .collect();
        for max in [7_001, usize::MAX] {
            let bytes = npy("<u4", false, "(50000, 3)", &rows);
            assert_eq!(read_all("t.npy", &bytes, max).unwrap(), trials);
            let bytes = npy("<u4", true, "(50000, 3)", &columns);
            assert_eq!(read_all("t.npy", &bytes, max).unwrap(), trials);
        }
    }

    #[test]
    fn names_the_first_bad_trial() {
        let data = |values: [f64; 9]| values.map(f64::to_le_bytes).concat();
        let (rows, columns) = (
            data([0., 1., 2., 3., 4., 0.5, -1., 7., 8.]),
            data([0., 3., -1., 1., 4., 7., 2., 0.5, 8.]),
        );
        for (fortran, data) in [(false, rows), (true, columns)] {
            let bytes = npy("<f8", fortran, "(3, 3)", &data);
            for max in [1, 2, 100] {
                assert_eq!(
                    problem(read_all("t.npy", &bytes, max)),
                    (1, TrialProblem::NotAnInteger { value: 0.5 })
                );
            }
        }
        let bytes = npy(
            "<i8",
            false,
            "(1, 3)",
            &[1, -2, 3i64].map(i64::to_le_bytes).concat(),
        );
        assert_eq!(
            problem(read_all("t.npy", &bytes, 9)),
            (0, TrialProblem::Negative { value: -2.0 })
        );
        let bytes = npy(
            "<u8",
            false,
            "(1, 3)",
            &[1, 2, u64::MAX].map(u64::to_le_bytes).concat(),
        );
        assert!(matches!(
            problem(read_all("t.npy", &bytes, 9)),
            (
                0,
                TrialProblem::OutOfRange {
                    index: u64::MAX,
                    ..
                }
            )
        ));
    }

    #[test]
    fn refuses_other_arrays() {
        for (descr, shape) in [("<i8", "(3, 2)"), ("<i8", "(6,)"), ("<i8", "(1, 3, 2)")] {
            let error = read_all("t.npy", &npy(descr, false, shape, &[0; 48]), 9).unwrap_err();
            let is_shape = matches!(
                error.kind(),
                ErrorKind::Argument(ArgumentError::Shape { .. })
            );
            assert!(is_shape, "{error}");
        }
        let error = read_all("t.npy", &npy("|b1", false, "(1, 3)", &[0; 3]), 9).unwrap_err();
        assert!(error.report().to_string().contains("bool"));
        let error = read_all("t.npy", &npy("<i8", true, "(100000, 3)", &[0; 48]), 9).unwrap_err();
        assert!(
            error.report().to_string().contains("has only 48"),
            "{error}"
        );
        assert_refused!(
            read_all("t.mat", b"", 9),
            File(FileError::UnknownFormat { .. })
        );
    }
}
