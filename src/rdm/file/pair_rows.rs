//! Judgments of tables with one row per pair.

use ndarray::{ArrayD, Axis, IxDyn};

use super::RdmFile;
use super::content::Contents;
use super::direction::check_with_itself;
use super::fields::judgment;
use super::long::LongTable;
use super::names::{check_names, require_direction};
use super::order::{Register, pairs_in_order};
use crate::error::{FileError, Result};
use crate::io::text::{Table, counts, without_fractions};
use crate::linalg::{n_pairs, pair_index, reserve, zeroed};
use crate::stimuli::{IdForm, Stimuli, counted};

impl RdmFile {
    /// Reads the pairs into one triangle per participant. Several judgments of a pair are averaged.
    pub(super) fn read_long(&self, table: &Table, long: &LongTable) -> Result<Contents> {
        let name = table.name(long.value());
        check_names(&[name.to_owned()], self.similarities.is_some())?;
        if self.similarities.is_none() {
            require_direction(long.stimuli().map(|column| table.name(column)), name)?;
        }
        table.refuse_thousands(long.values())?;
        self.check_ignored(table, long)?;
        let mut stimuli = Register::default();
        let mut participants = Register::default();
        let (mut judgments, mut own, mut n_empty) = (Vec::new(), Vec::new(), 0);
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            let are_missing =
                |columns: &[usize]| columns.iter().all(|&column| row.is_missing(column));
            if are_missing(&long.stimuli()) && are_missing(long.values()) {
                n_empty += 1;
                continue;
            }
            let [first, second] = long.pair(&row).map(|id| {
                (!id.is_empty()).then(|| stimuli.number(&IdForm::convert(&self.id_forms, id)))
            });
            let (Some(first), Some(second)) = (first, second) else {
                return Err(row.missing(long.stimuli()[usize::from(first.is_some())]));
            };
            // Judgments of unknown participants need not be of one participant.
            if let Some(column) = long.participant().filter(|&column| row.is_missing(column)) {
                return Err(row.missing(column));
            }
            for &column in long.values() {
                let who = match long.participant() {
                    _ if long.has_columns_of_people() => table.name(column),
                    participant => participant.map_or("", |column| row.text(column)),
                };
                let (who, value) = (participants.number(who), judgment(&row, column)?);
                // The similarity of a stimulus with itself is not a pair.
                if first == second && !value.is_nan() {
                    own.push(value);
                } else if !value.is_nan() {
                    judgments.push((who, first.min(second), first.max(second), value));
                }
            }
        }
        if n_empty > 0 {
            log::info!(
                "{}: {n_empty} rows have neither stimuli nor a judgment, and are left out",
                self.path.display()
            );
        }
        if !own.is_empty() {
            let others: Vec<f64> = judgments.iter().map(|&(.., value)| value).collect();
            check_with_itself(name, &own, &others, self.similarities.is_some())?;
        }
        let (n, m) = (stimuli.names.len(), n_pairs(stimuli.names.len()));
        let n_participants = participants.names.len();
        let n_cells = m.saturating_mul(n_participants);
        self.refuse_sparse(judgments.len(), n_cells, [n, n_participants])?;
        let mut values: Vec<f64> = zeroed(n_cells, "the dissimilarities")?;
        let mut n_judgments = Vec::new();
        reserve(&mut n_judgments, n_cells, "the numbers of judgments")?;
        n_judgments.resize(n_cells, 0u32);
        for (who, first, second, value) in judgments {
            let cell = who * m + pair_index(n, first, second);
            values[cell] += value;
            n_judgments[cell] += 1;
        }
        if n_judgments.iter().any(|&n| n > 1) {
            self.refuse_merged(table, long)?;
            log::info!(
                "{}: pairs that one participant judged several times are averaged",
                self.path.display()
            );
        }
        for (value, &n) in values.iter_mut().zip(&n_judgments) {
            *value = if n == 0 {
                f64::NAN
            } else {
                *value / f64::from(n)
            };
        }
        let array = ArrayD::from_shape_vec(IxDyn(&[n_participants, m]), values);
        let array = array.map_err(|error| FileError::malformed("table", error))?;
        let mut names = stimuli.names;
        without_fractions(&mut names);
        let (array, stimuli) = match counted(&names) {
            // Names that count have an order, in which they can be matched with rows without ids.
            Some((_, position)) => {
                let order = pairs_in_order(&position);
                let names = position.iter().map(|&place| names[place].clone());
                (array.select(Axis(1), &order), Stimuli::new(names)?)
            }
            // The order in which names first occur in a table has no meaning.
            None => (array, Stimuli::new(names)?.without_order()),
        };
        let labels_count = counts(stimuli.ids()).is_some();
        let contents = match long.has_columns_of_people() {
            true => Contents {
                names: participants.names.clone(),
                ..Contents::unlabelled(array)
            },
            false => Contents::unlabelled(array).with_value(table, long.value()),
        };
        let are_told = long.has_columns_of_people() || long.participant().is_some();
        Ok(Contents {
            stimuli: Some(stimuli),
            participants: are_told.then_some(participants.names),
            labels_count,
            is_condensed: true,
            ..contents
        })
    }

    /// Checks that there are enough judgments for memory for all pairs of all participants.
    fn refuse_sparse(&self, n: usize, n_cells: usize, [stimuli, people]: [usize; 2]) -> Result<()> {
        /// Number of pairs of all participants for which memory is allocated in any case.
        const FEW: usize = 1 << 24;
        /// Largest ratio of all pairs to those that were judged.
        const MAX_RATIO: usize = 1000;

        let needed = match self.may_miss_pairs {
            true => n_cells / MAX_RATIO,
            false => n_cells,
        };
        if n_cells <= FEW || n >= needed {
            return Ok(());
        }
        Err(FileError::malformed(
            "table",
            format!(
                "it has {n} judgments, but {stimuli} stimuli and {people} participants, who have \
                 {n_cells} pairs: check that the columns of stimuli and participants hold these"
            ),
        ))
    }
}
