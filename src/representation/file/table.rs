//! Features in columns of a `.csv` or `.tsv` file.

use ndarray::Array2;

use super::{Contents, FileSource};
use crate::error::{Error, Result};
use crate::io::reserve;
use crate::io::table::Table;
use crate::representation::Provenance;

impl FileSource {
    /// Reads every column that isn't one of ids or ignored.
    pub(super) fn read_table(&self) -> Result<Contents> {
        let mut table = Table::open(&self.path)?;
        let id_column = match (&self.id_column, &self.ids) {
            (Some(name), _) => Some(table.column(name)?),
            (None, Some(_)) => None,
            (None, None) => Some(0),
        };
        for name in &self.ignored_columns {
            table.column(name)?;
        }
        let names = table.header().iter().enumerate();
        let columns: Vec<usize> = names
            .filter(|(column, name)| {
                Some(*column) != id_column && !self.ignored_columns.contains(name)
            })
            .map(|(column, _)| column)
            .collect();
        let refused = |expected: &str, n_rows: usize| Error::Shape {
            what: "the table of features",
            expected: expected.into(),
            found: vec![n_rows as u64, columns.len() as u64],
        };
        if columns.is_empty() {
            return Err(refused("at least one column of features", 0));
        }

        let (mut ids, mut values, mut n_rows) = (Vec::new(), Vec::new(), 0);
        while let Some(row) = table.next_row()? {
            if values.capacity() - values.len() < columns.len() {
                let ahead = columns.len().max(values.len());
                reserve(&mut values, ahead, "the table")?;
            }
            for &column in &columns {
                values.push(row.number(column)?);
            }
            ids.extend(id_column.map(|column| row.text(column)));
            n_rows += 1;
        }
        if n_rows == 0 {
            return Err(refused("at least one row under the header", 0));
        }
        let features = Array2::<f64>::from_shape_vec((n_rows, columns.len()), values);
        let features = features.map_err(|error| Error::Malformed {
            format: "table",
            source: error.into(),
        })?;
        Ok(Contents {
            features: features.into(),
            ids: id_column.map(|_| ids),
            provenance: Provenance::default(),
        })
    }
}
