//! Lists of ids in files.

use std::path::{Path, PathBuf};

use super::Stimuli;
use super::numbers::number_in_another_order;
use crate::error::{FileError, Quoted, Result};
use crate::formats::TextEncoding;
use crate::io::extension;
use crate::io::mat::MatFile;
use crate::io::text::{
    Table, counts, id_rank, is_header_of_ids, is_index_name, is_of_stimuli, read_text,
    without_fractions, words,
};

/// A list of ids in a file: the stimuli to which rows of a matrix or indices of trials refer.
///
/// | file | ids |
/// |---|---|
/// | `.csv`, `.tsv`, `.tab` | the given column; else the column named `id`, `uniqueID`, `stimulus`, …; else the only column that contains text; else the only column |
/// | `.mat` (level 5) | the only cell array of texts, or the rows of a char array |
/// | any other | one id per line; with [`IdList::with_column`] as for a table |
///
/// A first line such as `id` or `uniqueID` is read as the header. Another one that is named like stimuli,
/// such as `image`, and unlike most other lines is an error.
///
/// ```
/// use human_alignment::stimuli::IdList;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("animals.csv");
/// # std::fs::write(&path, "name,legs\ncat,4\nhen,2\n").unwrap();
/// let animals = IdList::new(&path).with_column("name").read()?;
/// assert_eq!(animals.ids(), ["cat", "hen"]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct IdList {
    path: PathBuf,
    column: Option<String>,
    encoding: TextEncoding,
}

impl IdList {
    /// Creates a list from the path of a file, which is read later.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().into(),
            column: None,
            encoding: TextEncoding::default(),
        }
    }

    /// Sets the column of a table that holds the ids.
    #[must_use]
    pub fn with_column(mut self, name: impl Into<String>) -> Self {
        self.column = Some(name.into());
        self
    }

    /// Sets the encoding of the text. Default: UTF-8, or UTF-16 if the file is recognized as such.
    #[must_use]
    pub fn with_encoding(mut self, encoding: TextEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Reads the ids.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read. Within `Context::File`, returns
    /// [`FileError::Malformed`] or [`FileError::Encoding`] if the file is not valid text,
    /// [`FileError::NoSuchColumn`] or [`FileError::RaggedRow`] if the table is invalid,
    /// [`FileError::Ambiguous`] if the column of ids cannot be determined, another column numbers
    /// the lines in another order or the first line may be a header, and an error if [`Stimuli::new`] does.
    pub fn read(&self) -> Result<Stimuli> {
        let ids = self.read_ids().map(|mut ids| {
            without_fractions(&mut ids);
            ids
        });
        let stimuli = ids
            .and_then(Stimuli::new)
            .map_err(|error| error.in_file(&self.path))?;
        Ok(stimuli.with_origin(&self.path))
    }

    fn read_ids(&self) -> Result<Vec<String>> {
        let ending = extension(&self.path);
        match ending.as_str() {
            "mat" => MatFile::open(&self.path)?.read_only_texts(),
            "csv" | "tsv" | "tab" => self.read_table(),
            "npy" | "npz" | "safetensors" => Err(FileError::UnsupportedFormat {
                path: self.path.clone(),
                format: "an array, and ids are text",
                remedy: "convert it in Python: numpy.savetxt(\"ids.txt\", numpy.load(\"FILE\", allow_pickle=True), fmt=\"%s\")",
            }.into()),
            "json" | "jsonl" => Err(FileError::UnsupportedFormat {
                path: self.path.clone(),
                format: "JSON",
                remedy: "write one id per line",
            }
            .into()),
            _ if self.column.is_some() => self.read_table(),
            _ => {
                let text = read_text(&self.path, self.encoding)?;
                without_header(unquoted(text.trim_end().lines().map(str::trim).collect()))
            }
        }
    }

    fn read_table(&self) -> Result<Vec<String>> {
        let mut table = Table::read(&self.path, self.encoding)?;
        if table.n_columns() == 1 && self.column.is_none() {
            // The header of a list could be an id.
            table.without_header();
            return without_header(table.texts(0)?);
        }
        let column = match &self.column {
            Some(name) => table.column(name)?,
            None => id_column(&table)?,
        };
        check_order(&table, column)?;
        table.texts(column)
    }
}

/// Removes the first line of a list if it denotes ids, such as `id`.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it may be a header: it is named like stimuli and most other lines are
/// not, or it is the only one that is no number.
fn without_header(mut lines: Vec<String>) -> Result<Vec<String>> {
    let Some((first, others)) = lines.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Ok(lines);
    };
    if is_header_of_ids(first) {
        lines.remove(0);
        return Ok(lines);
    }
    // Ids such as `key` may be named so too.
    let is_named = |line: &&String| is_of_stimuli(line) || id_rank(line).is_some();
    let is_number = |line: &String| line.parse::<f64>().is_ok();
    let n_named = others.iter().filter(is_named).count();
    let is_alone = is_named(&first) && 2 * n_named < others.len();
    if !is_alone && (is_number(first) || !others.iter().all(is_number)) {
        return Ok(lines);
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether the first line, {}, is a header or an id",
            Quoted(first)
        ),
        remedy: "remove it if it is a header; if it is an id, write the line \"id\" above it",
    }
    .into())
}

/// Removes quotation marks around ids, if all have them, as R writes them.
fn unquoted(ids: Vec<&str>) -> Vec<String> {
    let inner = |id: &&str| -> Option<String> {
        let inner = id.strip_prefix('"')?.strip_suffix('"')?;
        (!inner.contains('"')).then(|| inner.to_owned())
    };
    let all: Option<Vec<String>> = ids.iter().map(inner).collect();
    all.unwrap_or_else(|| ids.into_iter().map(str::to_owned).collect())
}

/// Checks that no column beside the ids numbers the lines in another order, unless another one numbers
/// them in order. Ranks do not number lines.
fn check_order(table: &Table, ids: usize) -> Result<()> {
    let is_rank = |column: usize| words(table.name(column)).iter().any(|word| word == "rank");
    let others = (0..table.n_columns()).filter(|&column| column != ids && !is_rank(column));
    let others = others.map(|column| Ok((column, table.texts(column)?)));
    let others: Vec<(usize, Vec<String>)> = others.collect::<Result<_>>()?;
    if others.iter().any(|(_, labels)| counts(labels).is_some()) {
        return Ok(());
    }
    for (column, mut labels) in others {
        without_fractions(&mut labels);
        if labels.len() < 3 || !number_in_another_order(&labels) {
            continue;
        }
        return Err(FileError::Ambiguous {
            what: format!(
                "whether the ids are in the order of the lines or in that of column {} ({})",
                column + 1,
                Quoted(table.name(column))
            ),
            remedy: "sort the lines by this column if it numbers the rows of the array or the stimuli \
                     of the trials; otherwise remove it",
        }
        .into());
    }
    Ok(())
}

/// Finds the column that holds ids, by names and content.
fn id_column(table: &Table) -> Result<usize> {
    let columns = 0..table.n_columns();
    let ranked = columns
        .clone()
        .filter_map(|column| Some((id_rank(table.name(column))?, column)));
    if let Some((_, column)) = ranked.min() {
        return Ok(column);
    }
    let mut is_text = vec![false; table.n_columns()];
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        for (column, is_text) in is_text.iter_mut().enumerate() {
            *is_text |= row.maybe_number(column).is_none() && !row.is_missing(column);
        }
    }
    let texts: Vec<usize> = columns.clone().filter(|&column| is_text[column]).collect();
    let named: Vec<usize> = columns
        .filter(|&column| table.header().is_none() || !is_index_name(table.name(column)))
        .collect();
    match (texts.as_slice(), named.as_slice()) {
        ([column], _) | ([], [column]) => Ok(*column),
        _ => Err(FileError::Ambiguous {
            what: "which column holds the ids".into(),
            remedy: "name the column `id`, set it (`IdList::with_column`), or use a list with one id per line",
        }
        .into()),
    }
}

impl Stimuli {
    /// Reads a list of ids: a text file with one id per line, or the column of a table that holds
    /// ids.
    ///
    /// # Errors
    /// Returns an error if [`IdList::read`] does.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        IdList::new(path).read()
    }

    /// Reads the ids from a named column of a table with a header.
    ///
    /// # Errors
    /// Returns an error if [`IdList::read`] does.
    pub fn read_column(path: impl AsRef<Path>, column: &str) -> Result<Self> {
        IdList::new(path).with_column(column).read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(name: &str, text: impl AsRef<[u8]>) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Ok(Stimuli::read(&path)?.ids().to_vec())
    }

    #[test]
    fn lists_of_ids_in_many_layouts() {
        for (name, text) in [
            ("a.txt", "hot dog\ncat, black\n"),
            ("a.txt", "\"hot dog\"\n\"cat, black\"\n"),
            ("a.csv", "id\nhot dog\n\"cat, black\"\n"),
            ("a.csv", "\u{feff}hot dog\r\n\"cat, black\"\r\n"),
            ("a.tsv", "uniqueID\tn\nhot dog\t1\ncat, black\t2\n"),
            ("a.tsv", "n\tWord\n1\thot dog\n2\tcat, black\n"),
            ("a.csv", "0,hot dog\n1,\"cat, black\"\n"),
            ("a.csv", ",image_name\n0,hot dog\n1,\"cat, black\"\n"),
        ] {
            assert_eq!(
                ids(name, text).unwrap(),
                ["hot dog", "cat, black"],
                "{text}"
            );
        }
        // As numpy writes numbers by default.
        let written = "3.000000000000000000e+00\n1.000000000000000000e+00\n";
        assert_eq!(ids("a.txt", written).unwrap(), ["3", "1"]);
        for first in ["id", "uniqueID", "stimulus", "stimulus id"] {
            for name in ["a.txt", "a.csv"] {
                let text = format!("{first}\nfile\ndog\n");
                assert_eq!(ids(name, text).unwrap(), ["file", "dog"], "{first}");
            }
        }
        for text in [
            "image\ncat\nkey\ndog\n",
            "stimulus_name\ncat\ndog\n",
            "All stimuli of experiment 1\ncat\ndog\n",
            "\"key\"\n\"cat\"\n\"dog\"\n",
            "nsd\n3\n1\n",
        ] {
            for name in ["a.txt", "a.csv"] {
                let error = ids(name, text).unwrap_err();
                assert!(
                    error.report().to_string().contains("is a header"),
                    "{error}"
                );
            }
        }
        for lines in [["image1.png", "image2.png"], ["cat", "image"], ["3", "a"]] {
            assert_eq!(ids("a.txt", lines.join("\n")).unwrap(), lines);
        }
        // These ids could also be names of columns.
        assert_eq!(ids("a.csv", "key\nword\n").unwrap(), ["key", "word"]);
        assert_eq!(ids("a.csv", "3\n1\n").unwrap(), ["3", "1"]);
        assert!(ids("a.csv", "a,b\nx,y\nz,w\n").is_err());
        // Numbers of rows in another order than that of the lines.
        for header in ["index,stimulus", "embedding_row,id", ",name", "order,word"] {
            let text = format!("{header}\n2,cat\n0,dog\n1,hen\n");
            let error = ids("a.csv", text).unwrap_err();
            assert!(
                error.report().to_string().contains("sort the lines"),
                "{error}"
            );
        }
        let ranked = "rank,word\n2,cat\n3,dog\n1,hen\n";
        assert_eq!(ids("a.csv", ranked).unwrap(), ["cat", "dog", "hen"]);
        assert!(ids("a.txt", b"caf\xe9\n").is_err());
        assert!(ids("a.txt", "a\n\nb\n").is_err());
    }

    #[test]
    fn ids_come_from_a_named_column() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("concepts.tsv");
        let text = "Word\tuniqueID\tnote\nbat\tbat1\t\"a \"\"b\"\"\tc\"\nbat\tbat2\t\n";
        std::fs::write(&path, text).unwrap();
        let stimuli = Stimuli::read_column(&path, "uniqueID").unwrap();
        assert_eq!(stimuli.ids(), ["bat1", "bat2"]);
        let error = Stimuli::read_column(&path, "id").unwrap_err();
        assert!(
            error
                .report()
                .to_string()
                .contains("\"Word\", \"uniqueID\", \"note\"")
        );
        assert!(Stimuli::read_column(&path, "Word").is_err());
    }
}
