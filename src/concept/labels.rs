//! Labels of stimuli, from tables.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{Error, Result, StimuliError};
use crate::formats::TextEncoding;
use crate::io::text::Table;
use crate::stimuli::{Stimuli, missing};

/// Reads the label of each stimulus from a table with a header, in the order of `stimuli`.
///
/// One column of the table has ids and one has labels. Rows with other ids are ignored, and an
/// empty field is an empty label.
///
/// # Errors
/// Returns `FileError::Read` if the file cannot be read, and within `Context::File`
/// `FileError::NoSuchColumn`, `FileError::RaggedRow`, `FileError::Malformed`,
/// [`StimuliError::Duplicate`] for a duplicate id, and [`StimuliError::Missing`] for stimuli
/// without a row.
pub fn read_labels(
    path: impl AsRef<Path>,
    id_column: &str,
    label_column: &str,
    stimuli: &Stimuli,
) -> Result<Vec<String>> {
    let path = path.as_ref();
    let read = || {
        let table = Table::read(path, TextEncoding::default())?;
        let (ids, labels) = (table.column(id_column)?, table.column(label_column)?);
        let mut rows: HashMap<String, (usize, String)> = HashMap::new();
        let mut position = 0;
        let mut table_rows = table.rows();
        while let Some(row) = table_rows.next()? {
            let id = row.text(ids).to_owned();
            let label = row.text(labels).trim().to_owned();
            if let Some((first, _)) = rows.insert(id.clone(), (position, label)) {
                return Err(StimuliError::Duplicate {
                    id,
                    first,
                    second: position,
                }
                .into());
            }
            position += 1;
        }
        let absent = || stimuli.ids().iter().filter(|&id| !rows.contains_key(id));
        let n_missing = absent().count();
        if n_missing > 0 {
            return Err(missing(absent(), n_missing, stimuli.len()));
        }
        let label = |id| rows.get(id).map(|(_, label)| label.clone());
        Ok(stimuli.ids().iter().filter_map(label).collect())
    };
    read().map_err(|error: Error| error.in_file(path))
}
