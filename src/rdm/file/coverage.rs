//! Recognition of columns with the stimuli of pairs by their content.

use std::collections::HashSet;

use super::order::Register;
use crate::error::Result;
use crate::io::text::Table;
use crate::linalg::n_pairs;

/// How far two columns are the pairs of some stimuli.
pub(super) enum Coverage {
    /// Every pair has one row.
    Complete,
    /// They appear to be pairs of stimuli, but pairs are missing or repeated.
    Partial,
    None,
}

impl Coverage {
    /// Returns how far the texts or whole numbers in two columns are the pairs of some stimuli.
    pub(super) fn of(table: &Table, columns: [usize; 2]) -> Result<Self> {
        let mut ids = Register::default();
        let (mut ordered, mut pairs) = (HashSet::new(), HashSet::new());
        let (mut n_rows, mut n_same, mut n_texts) = (0, 0, 0);
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            n_rows += 1;
            let mut both = [0; 2];
            for (place, &column) in both.iter_mut().zip(&columns) {
                let text = row.text(column);
                let number = row.maybe_number(column);
                let is_count = text.bytes().all(|byte| byte.is_ascii_digit());
                if row.is_missing(column) || number.is_some() && !is_count {
                    return Ok(Coverage::None);
                }
                n_texts += usize::from(number.is_none());
                *place = ids.number(text);
            }
            let [first, second] = both;
            n_same += usize::from(first == second);
            ordered.insert((first, second));
            if first != second {
                pairs.insert((first.min(second), first.max(second)));
            }
        }
        let n = ids.names.len();
        let is_complete = n >= 3 && pairs.len() == n_pairs(n);
        let has_each_once = ordered.len() == n_rows && (n_same == 0 || n_same == n);
        let is_text = n_texts == 2 * n_rows && n >= 3 && n_same == 0;
        Ok(match (is_complete, has_each_once) {
            // Three pairs of three numbers may also be three judgments.
            (true, true) if n > 3 || is_text => Coverage::Complete,
            _ if is_text && n < n_rows + 2 => Coverage::Partial,
            (true, _) if n_same == 0 && (n > 4 || has_each_once) => Coverage::Partial,
            (false, true) if n > 4 && n_same == 0 && 2 * pairs.len() > n_pairs(n) => {
                Coverage::Partial
            }
            _ => Coverage::None,
        })
    }
}
