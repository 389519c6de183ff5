//! Layouts of an array of dissimilarities.

use crate::error::{Error, FileError, RdmError, Result, wrong_shape};
use crate::linalg::{n_pairs, n_stimuli_of};

/// The arrangement of the RDMs of participants in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) n_stimuli: usize,
    pub(super) n_participants: usize,
    pub(super) cells: Cells,
    /// True if the axis of the participants is the last one, false if it is the first.
    pub(super) participants_last: bool,
}

/// The form of the RDM of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cells {
    /// A square matrix.
    Square,
    /// The strict upper triangle, row by row.
    Condensed,
}

/// Information about an array in addition to its shape.
pub(super) struct Knowledge<'a> {
    /// Number of stimuli, if known.
    pub(super) n_stimuli: Option<usize>,
    /// True if an array of two axes holds one triangle per row, even if both axes have the same
    /// length.
    pub(super) has_condensed_rows: bool,
    /// Whether the last axis is that of the participants, if labels tell.
    pub(super) people_last: Option<bool>,
    /// Checks whether the array, read with a layout, has symmetric matrices.
    pub(super) is_symmetric: &'a dyn Fn(Layout) -> bool,
}

impl Knowledge<'_> {
    /// Creates what is known from the shape alone.
    pub(super) fn of_shape() -> Self {
        Self {
            n_stimuli: None,
            has_condensed_rows: false,
            people_last: None,
            is_symmetric: &|_| true,
        }
    }
}

impl Layout {
    /// Determines the layout from the shape, the known number of stimuli and, if necessary, the
    /// content.
    ///
    /// # Errors
    /// Returns [`ArgumentError::Shape`] for a shape that no RDMs have, [`RdmError::NotAllPairs`]
    /// for a vector whose length is not n(n−1)/2, and [`FileError::Ambiguous`] if several layouts
    /// are possible.
    pub(super) fn of(shape: &[usize], known: &Knowledge<'_>) -> Result<Self> {
        if shape.contains(&0) {
            return Err(no_rdms(shape, known.n_stimuli));
        }
        let has_rows = |layout: &Layout| {
            layout.cells == Cells::Condensed
                && (!layout.participants_last || layout.n_participants == 1)
        };
        let fits = |layout: &Layout| {
            known.n_stimuli.is_none_or(|n| n == layout.n_stimuli)
                && (!known.has_condensed_rows || has_rows(layout))
        };
        let mut candidates: Vec<Layout> = Self::candidates(shape);
        candidates.retain(fits);
        match (candidates.as_slice(), shape) {
            ([], [found]) if n_stimuli_of(*found).is_none() => {
                Err(RdmError::NotAllPairs { found: *found }.into())
            }
            ([], _) => Err(no_rdms(shape, known.n_stimuli)),
            (&[layout], _) => Ok(layout),
            (several, _) => Self::choose(several, shape, known),
        }
    }

    /// Returns all layouts that an array of a shape can have.
    fn candidates(shape: &[usize]) -> Vec<Layout> {
        let square = |n_stimuli, n_participants, participants_last| Layout {
            n_stimuli,
            n_participants,
            cells: Cells::Square,
            participants_last,
        };
        let condensed = |n_pairs, n_participants, participants_last| {
            n_stimuli_of(n_pairs).map(|n_stimuli| Layout {
                n_stimuli,
                n_participants,
                cells: Cells::Condensed,
                participants_last,
            })
        };
        let mut found = Vec::new();
        match *shape {
            [n_pairs] => found.extend(condensed(n_pairs, 1, false)),
            [1, n_pairs] if n_pairs > 1 => found.extend(condensed(n_pairs, 1, false)),
            [n_pairs, 1] if n_stimuli_of(n_pairs).is_some() => {
                found.extend(condensed(n_pairs, 1, true));
            }
            [rows, columns] => {
                if rows == columns && rows > 1 {
                    found.push(square(rows, 1, false));
                }
                found.extend(condensed(columns, rows, false));
                found.extend(condensed(rows, columns, true));
            }
            [first, second, third] => {
                if second == third {
                    found.push(square(second, first, false));
                }
                if first == second {
                    found.push(square(first, third, true));
                }
            }
            _ => {}
        }
        found
    }

    fn choose(several: &[Layout], shape: &[usize], known: &Knowledge<'_>) -> Result<Self> {
        let squares = || {
            several
                .iter()
                .filter(|layout| layout.cells == Cells::Square)
        };
        if let Some(&layout) = squares().find(|layout| (known.is_symmetric)(**layout)) {
            return Ok(layout);
        }
        let all_square = squares().count() == several.len();
        // If several layouts remain, the convention is that the participants are the first axis.
        let condensed: Vec<_> = several
            .iter()
            .filter(|layout| layout.cells == Cells::Condensed)
            .collect();
        let says_condensed = known.n_stimuli.is_some() || known.has_condensed_rows;
        match condensed.as_slice() {
            _ if all_square => Ok(several[0]),
            [first, rest @ ..]
                if says_condensed
                    && rest.iter().all(|other| other.n_stimuli == first.n_stimuli) =>
            {
                // As many participants as pairs.
                match known.people_last {
                    _ if rest.is_empty() || known.has_condensed_rows => Ok(**first),
                    Some(last) => {
                        let mut both = condensed.iter();
                        let is_meant = |layout: &&&Layout| layout.participants_last == last;
                        Ok(**both.find(is_meant).unwrap_or(first))
                    }
                    None => Err(as_many_people_as_pairs(first)),
                }
            }
            // This layout has more stimuli than the other one and the participants first, so it is
            // more likely.
            [first, second] if squares().next().is_none() && first.n_stimuli > second.n_stimuli => {
                Ok(**first)
            }
            _ => Err(ambiguous(several, shape)),
        }
    }
}

fn ambiguous(several: &[Layout], shape: &[usize]) -> Error {
    let reading = |layout: &Layout| {
        let (n, p) = (layout.n_stimuli, layout.n_participants);
        match layout.cells {
            Cells::Square => format!("an {n}×{n} matrix, which is not symmetric"),
            Cells::Condensed => format!("{p} participants × {} pairs of {n} stimuli", n_pairs(n)),
        }
    };
    let readings: Vec<String> = several.iter().map(reading).collect();
    Error::from(FileError::Ambiguous {
        what: format!(
            "what an array of shape {shape:?} holds ({})",
            readings.join(", or ")
        ),
        remedy: "set the number of stimuli (`with_n_stimuli`, `--n-stimuli`), or write one row per participant",
    })
}

/// Returns the error for an array whose rows or columns may be the participants.
fn as_many_people_as_pairs(layout: &Layout) -> Error {
    let (p, n) = (layout.n_participants, layout.n_stimuli);
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether the rows or the columns of an array of shape [{p}, {p}] are the participants: there are as \
             many of them as pairs of {n} stimuli"
        ),
        remedy: "if each row is a participant, set that (`with_condensed_rows`, `--condensed-rows`); if each column is \
                 one, transpose the array first",
    })
}

fn no_rdms(shape: &[usize], n_stimuli: Option<usize>) -> Error {
    let expected = match n_stimuli {
        None => "n×n, n(n−1)/2, participants×n×n or participants×n(n−1)/2".into(),
        Some(n) => {
            let m = n_pairs(n);
            let hint = match *shape {
                [rows, columns] if columns == n && rows % n == 0 => {
                    "; matrices one below the other are array.reshape(-1, n, n)"
                }
                [rows, columns]
                    if n_stimuli_of(rows).is_some() || n_stimuli_of(columns).is_some() =>
                {
                    "; participants come first, so the array may have to be transposed"
                }
                _ => "",
            };
            format!("for {n} stimuli: {n}×{n}, {m}, participants×{n}×{n} or participants×{m}{hint}")
        }
    };
    wrong_shape("the array of dissimilarities", expected, shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(shape: &[usize], n_stimuli: Option<usize>, symmetric: bool) -> Result<Layout> {
        let knowledge = Knowledge {
            n_stimuli,
            has_condensed_rows: false,
            people_last: None,
            is_symmetric: &|_| symmetric,
        };
        Layout::of(shape, &knowledge)
    }

    fn found(shape: &[usize], n: Option<usize>) -> Option<(usize, usize, Cells, bool)> {
        let layout = layout(shape, n, false).ok()?;
        let Layout {
            n_stimuli,
            n_participants,
            cells,
            participants_last,
        } = layout;
        Some((n_stimuli, n_participants, cells, participants_last))
    }

    #[test]
    fn the_number_of_stimuli_tells_layouts_apart() {
        use Cells::{Condensed, Square};

        for (shape, n, expected) in [
            (&[66][..], None, Some((12, 1, Condensed, false))),
            (&[65], None, None),
            (&[66], Some(11), None),
            (&[66, 1], None, Some((12, 1, Condensed, true))),
            (&[1, 66], None, Some((12, 1, Condensed, false))),
            (&[12, 12], None, Some((12, 1, Square, false))),
            (&[4, 66], None, Some((12, 4, Condensed, false))),
            (&[66, 4], None, Some((12, 4, Condensed, true))),
            // Both lengths are numbers of pairs.
            (&[66, 3], None, None),
            (&[66, 3], Some(12), Some((12, 3, Condensed, true))),
            (&[66, 3], Some(3), Some((3, 66, Condensed, false))),
            (&[66, 3], Some(11), None),
            (&[3, 66], None, Some((12, 3, Condensed, false))),
            (&[28, 28], None, None),
            (&[28, 28], Some(8), None),
            (&[28, 28], Some(28), Some((28, 1, Square, false))),
            (&[5, 9, 9], None, Some((9, 5, Square, false))),
            (&[9, 9, 5], None, Some((9, 5, Square, true))),
            (&[9, 9, 9], None, Some((9, 9, Square, false))),
            (&[0], None, None),
            (&[0, 12, 12], None, None),
            (&[0, 0, 0], None, None),
            (&[3, 3], Some(3), None),
            (&[2, 3, 4], None, None),
            (&[2, 2, 2, 2], None, None),
        ] {
            assert_eq!(found(shape, n), expected, "{shape:?} {n:?}");
        }
        assert_eq!(layout(&[28, 28], None, true).unwrap().cells, Square);
        for last in [false, true] {
            let labelled = Knowledge {
                n_stimuli: Some(8),
                has_condensed_rows: false,
                people_last: Some(last),
                is_symmetric: &|_| false,
            };
            let labelled = Layout::of(&[28, 28], &labelled).unwrap();
            assert_eq!(
                (labelled.cells, labelled.participants_last),
                (Condensed, last)
            );
        }
        let rows = Knowledge {
            n_stimuli: None,
            has_condensed_rows: true,
            people_last: None,
            is_symmetric: &|_| true,
        };
        let rows = Layout::of(&[28, 28], &rows).unwrap();
        assert_eq!(
            (rows.cells, rows.n_stimuli, rows.n_participants),
            (Condensed, 8, 28)
        );
        // The rows are those of pairs.
        let columns = Knowledge {
            n_stimuli: None,
            has_condensed_rows: true,
            people_last: None,
            is_symmetric: &|_| true,
        };
        assert!(Layout::of(&[28, 5], &columns).is_err());
        assert_eq!(layout(&[3, 3], Some(3), true).unwrap().cells, Square);
    }
}
