//! Arguments for reading features.

#![allow(dead_code)] // No example uses all of them.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use human_alignment::error::{ErrorKind, FileError};
use human_alignment::{Error, FileSource, Representation, Result};

use crate::reading::Reading;

/// Options of feature files.
#[derive(Args)]
pub struct FeatureReading {
    /// Name of the array to read from .npz, .safetensors and .mat files. Default: the only array that
    /// can be the features.
    #[arg(long, value_name = "NAME")]
    pub array: Option<String>,
    /// Name of the id column of a table of features. Default: a column with a name such as id or
    /// stimulus, otherwise the first column with text.
    #[arg(long, value_name = "NAME")]
    pub id_column: Option<String>,
    /// Name of a column of a table of features that is none; repeat the flag for several columns.
    #[arg(long, value_name = "NAME")]
    pub ignore_column: Vec<String>,
    /// Read features without an error for rows, columns and numbers that may be ids, row numbers,
    /// summaries of others or codes of missing values.
    #[arg(long)]
    pub unchecked: bool,
    #[command(flatten)]
    pub text: Reading,
}

/// A file of features, an optional file with the ids of its rows, and its array, if it is not that of
/// --array.
pub type FeatureFile<'a> = (&'a Path, Option<&'a Path>, Option<&'a str>);

impl FeatureReading {
    /// Reads features; `ids` is an optional file with the ids of the rows.
    pub fn features(&self, path: &Path, ids: Option<&Path>) -> Result<Representation> {
        self.features_without((path, ids, None), &[])
            .map_err(of_features)
    }

    /// Reads several files. A column, or an array of all files, need only be in one of them.
    pub fn features_of_all(&self, files: &[FeatureFile<'_>]) -> Result<Vec<Representation>> {
        // The error for a single file names what it has.
        if let &[file] = files {
            return Ok(vec![self.features_without(file, &[]).map_err(of_features)?]);
        }
        let mut all = Vec::new();
        let mut found: BTreeSet<&String> = BTreeSet::new();
        let names: BTreeSet<&String> = self.names().collect();
        for &file in files {
            let (features, absent) = self.features_of_one(file)?;
            all.push(features);
            found.extend(names.iter().filter(|name| !absent.contains(name)));
        }
        match names.into_iter().find(|name| !found.contains(name)) {
            Some(name) => {
                let paths = files.iter().map(|(path, ..)| path.display().to_string());
                let paths: Vec<String> = paths.collect();
                Err(Error::other(format!(
                    "neither {} has an array or a column {name:?}",
                    paths.join(" nor ")
                )))
            }
            None => Ok(all),
        }
    }

    /// Returns the names of arrays and columns that were given.
    fn names(&self) -> impl Iterator<Item = &String> {
        let columns = self.id_column.iter().chain(&self.ignore_column);
        self.array.iter().chain(columns)
    }

    /// Reads one of several files, which need not have the named array and columns. Returns the
    /// features and the names that the file does not have.
    fn features_of_one(&self, file: FeatureFile<'_>) -> Result<(Representation, Vec<String>)> {
        let source = FileSource::open(file.0)?;
        let mut absent: Vec<String> = Vec::new();
        if !source.has_named_arrays() {
            absent.extend(self.array.clone());
        }
        if !source.is_table() {
            absent.extend(self.id_column.iter().chain(&self.ignore_column).cloned());
        }
        loop {
            match self.features_without(file, &absent) {
                Ok(features) => return Ok((features, absent)),
                Err(error) => match error.kind() {
                    ErrorKind::File(
                        FileError::NoSuchColumn { name, .. } | FileError::NoSuchArray { name, .. },
                    ) if self.names().any(|given| given == name) && !absent.contains(name) => {
                        absent.push(name.clone());
                    }
                    _ => return Err(error),
                },
            }
        }
    }

    /// Reads features without some of the named array and columns.
    fn features_without(
        &self,
        (path, ids, array): FeatureFile<'_>,
        absent: &[String],
    ) -> Result<Representation> {
        let is_there = |name: &&String| !absent.contains(name);
        let mut source = FileSource::open(path)?.with_encoding(self.text.encoding);
        if let Some(ids) = ids {
            // The ids are not transformed here: a table may have the same ids in another order.
            source = source.with_ids(self.text.list(ids)?);
        }
        let of_all = self.array.as_ref().filter(is_there).map(String::as_str);
        if let Some(array) = array.or(of_all) {
            source = source.with_array(array)?;
        }
        if let Some(column) = self.id_column.as_ref().filter(is_there) {
            source = source.with_id_column(column)?;
        }
        for column in self.ignore_column.iter().filter(is_there) {
            source = source.with_ignored_column(column)?;
        }
        if self.unchecked {
            source = source.with_unchecked_content();
        }
        let features = source.read()?;
        let stimuli = self.text.in_form(features.stimuli().clone())?;
        features.with_stimuli(stimuli)
    }
}

/// Adds to the error for a column that a table does not have whose columns the flags name.
fn of_features(error: Error) -> Error {
    match error.kind() {
        ErrorKind::File(FileError::NoSuchColumn { .. }) => Error::other(format!(
            "{}; --id-column and --ignore-column name columns of tables of features only: remove other columns \
             of judgments from their table",
            error.report()
        )),
        _ => error,
    }
}
