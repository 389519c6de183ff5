//! Conversion of the numbers in a file to RDMs.

use ndarray::{ArrayD, ArrayViewMut2, Axis, Ix2, Ix3};

use super::RdmFile;
use super::columns::only_value;
use super::layout::{Cells, Layout};
use super::names::check_names;
use super::pairs::{NamedPairs, require_order};
use super::square::{
    average_triangles, clear_small_diagonal, convert, largest, only_triangle, refuse_similarities,
};
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Table, counts, is_participant, is_person, words};
use crate::rdm::Rdm;
use crate::stimuli::Stimuli;

/// The content of a file.
pub(super) struct Contents {
    /// One matrix, or one row per participant.
    pub(super) array: ArrayD<f64>,
    /// Stimuli, if the file has labels for them.
    pub(super) stimuli: Option<Stimuli>,
    /// Names of the participants, if the file has them.
    pub(super) participants: Option<Vec<String>>,
    /// Whether the labels of the stimuli only number them, so that a list of ids can replace them.
    pub(super) labels_count: bool,
    /// Whether each row is known to be an upper triangle.
    pub(super) is_condensed: bool,
    /// Whether the rows were the columns of the file.
    pub(super) was_transposed: bool,
    /// Labels of rows and columns that are participants or pairs.
    pub(super) axes: [Option<Vec<String>>; 2],
    /// The name of the array, in a file of several.
    pub(super) array_name: Option<String>,
    /// Names of all numbers, such as that of the array, or the words that all labels of pairs share.
    pub(super) titles: Vec<String>,
    /// Names of the numbers of each participant.
    pub(super) names: Vec<String>,
    /// The column of judgments, in words, if the numbers are those of one.
    pub(super) value: Option<String>,
}

impl Contents {
    /// Creates the content of a file without labels.
    pub(super) fn unlabelled(array: ArrayD<f64>) -> Self {
        Self {
            array,
            stimuli: None,
            participants: None,
            labels_count: false,
            is_condensed: false,
            was_transposed: false,
            axes: [None, None],
            array_name: None,
            titles: Vec::new(),
            names: Vec::new(),
            value: None,
        }
    }

    /// Returns all names of the numbers.
    pub(super) fn all_names(&self) -> impl Iterator<Item = &String> {
        let titles = self.titles.iter().chain(&self.array_name);
        titles.chain(&self.names)
    }

    /// Sets the column of the judgments.
    pub(super) fn with_value(mut self, table: &Table, column: usize) -> Self {
        let name = table.name(column);
        self.value = Some(match name {
            "" => format!("column {}", column + 1),
            name => format!("column {name:?}"),
        });
        self.titles.push(name.to_owned());
        self
    }

    /// Checks the direction that the names of the numbers tell.
    ///
    /// # Errors
    /// Returns the errors of [`check_names`].
    pub(super) fn check_names(&self, are_similarities: bool) -> Result<()> {
        for title in self.titles.iter().chain(&self.array_name) {
            check_names(std::slice::from_ref(title), are_similarities)?;
        }
        check_names(&self.names, are_similarities)
    }

    /// Creates the content of rows, or columns, of triangles whose pairs are named along `axis`.
    pub(super) fn of_pairs(
        array: ArrayD<f64>,
        axis: usize,
        named: NamedPairs,
        participants: Option<Vec<String>>,
    ) -> Self {
        let array = array.select(Axis(axis), &named.order);
        let array = match axis {
            0 => array.reversed_axes(),
            _ => array,
        };
        Self {
            labels_count: counts(named.stimuli.ids()).is_some(),
            stimuli: Some(named.stimuli),
            titles: vec![named.shared],
            is_condensed: true,
            was_transposed: axis == 0,
            axes: [participants, None],
            ..Self::unlabelled(array.as_standard_layout().into_owned())
        }
    }

    /// Leaves out stimuli that are only numbered, so that other ids can replace the numbers.
    pub(super) fn without_numbers(mut self) -> Self {
        self.stimuli = self.stimuli.filter(|_| !self.labels_count);
        self
    }

    /// Returns whether the participants are along the last axis, if the labels of one axis name people and
    /// those of the other do not.
    pub(super) fn people_last(&self) -> Option<bool> {
        let name_people =
            |labels: &Option<Vec<String>>| labels.as_ref().is_some_and(|labels| are_people(labels));
        match [&self.axes[0], &self.axes[1]].map(name_people) {
            [false, true] => Some(true),
            [true, false] => Some(false),
            _ => None,
        }
    }

    /// Treats stimuli that are only numbered as rows without ids.
    pub(super) fn with_numbered_rows(mut self) -> Self {
        self.stimuli = self.stimuli.map(|stimuli| match counts(stimuli.ids()) {
            Some(first) => Stimuli::labelled_rows(stimuli.len() as u32, first as u32),
            None => stimuli,
        });
        self
    }

    /// Checks the labels of pairs, keeps those of participants, and drops columns that are not
    /// judgments, once the layout is known.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if the order of the pairs is not known.
    pub(super) fn settle_axes(&mut self, layout: Layout) -> Result<()> {
        if layout.cells == Cells::Square || self.array.ndim() != 2 {
            return Ok(());
        }
        let mut axes = std::mem::take(&mut self.axes);
        let (pairs, participants) = match layout.participants_last {
            true => (0, 1),
            false => (1, 0),
        };
        if let Some(labels) = &axes[pairs] {
            require_order(labels, ["rows", "columns"][pairs])?;
            if !self.titles.iter().any(|title| is_participant(title)) {
                refuse_raters(labels, axes[participants].as_deref(), pairs)?;
            }
        }
        let labels = axes[participants].take();
        // The participants are the columns of the file, unless their labels are those of rows.
        if let Some(names) = labels
            .as_ref()
            .filter(|_| layout.participants_last || self.was_transposed)
            && let Some(value) = only_value(names)?
        {
            let axis = Axis(if layout.participants_last { 1 } else { 0 });
            self.array = self.array.select(axis, &[value]);
            self.names = vec![names[value].clone()];
            return Ok(());
        }
        self.names = labels.clone().unwrap_or_default();
        if let Some(labels) = labels
            && labels.len() > 1
            && counts(&labels).is_none()
        {
            self.participants = Some(labels);
        }
        Ok(())
    }
}

impl RdmFile {
    /// Creates the RDM of each participant from an array.
    pub(super) fn rdms(
        &self,
        array: ArrayD<f64>,
        layout: Layout,
        stimuli: &Stimuli,
    ) -> Result<Vec<Rdm>> {
        if layout.participants_last && array.ndim() > 1 {
            log::info!(
                "{}: the last axis of shape {:?} is read as participants",
                self.path.display(),
                array.shape()
            );
        }
        let array = match (layout.participants_last, array.ndim()) {
            (true, 2) => array.reversed_axes(),
            (true, 3) => array.permuted_axes(vec![2, 0, 1]),
            (false, 2) if layout.cells == Cells::Square => array.insert_axis(Axis(0)),
            (_, 1) => array.insert_axis(Axis(0)),
            _ => array,
        };
        let of_participant = |position: usize, rdm: Result<Rdm>| {
            rdm.map_err(|error| match layout.n_participants {
                1 => error,
                _ => error.in_rdm(format!("participant {position}")),
            })
        };
        let mut rdms = Vec::new();
        match layout.cells {
            Cells::Square => {
                let mut squares = cast::<Ix3>(array)?;
                for (position, square) in squares.axis_iter_mut(Axis(0)).enumerate() {
                    rdms.push(of_participant(position, self.square(stimuli, square))?);
                }
            }
            Cells::Condensed => {
                let triangles = cast::<Ix2>(array)?;
                for (position, triangle) in triangles.axis_iter(Axis(0)).enumerate() {
                    let triangle = triangle.to_vec();
                    rdms.push(of_participant(position, self.condensed(stimuli, triangle))?);
                }
            }
        }
        Ok(rdms)
    }

    /// Creates an RDM from a square matrix.
    pub(super) fn square(
        &self,
        stimuli: &Stimuli,
        mut square: ArrayViewMut2<'_, f64>,
    ) -> Result<Rdm> {
        if let Some(filled) = only_triangle(square.view()) {
            log::info!(
                "{}: only the {} triangle is filled; it is used for both",
                self.path.display(),
                filled.name()
            );
            filled.copy_to_other(&mut square);
        } else if self.averages_triangles {
            average_triangles(&mut square);
        }
        match self.similarities {
            Some(conversion) => convert(&mut square, conversion),
            None => {
                refuse_similarities(square.view())?;
                if let Some(own) = clear_small_diagonal(&mut square) {
                    log::warn!(
                        "{}: the diagonal has judgments of stimuli with themselves, of at most {own}, which are \
                         not used",
                        self.path.display()
                    );
                }
            }
        }
        match self.may_miss_pairs {
            true => Rdm::from_square_with_missing(stimuli.clone(), square.view()),
            false => Rdm::from_square(stimuli.clone(), square.view()),
        }
    }

    /// Creates an RDM from an upper triangle.
    pub(super) fn condensed(&self, stimuli: &Stimuli, mut values: Vec<f64>) -> Result<Rdm> {
        if let Some(conversion) = self.similarities {
            let self_similarity = conversion.of_itself.unwrap_or(largest(values.iter()));
            for value in &mut values {
                *value = self_similarity - *value;
            }
        }
        match self.may_miss_pairs {
            true => Rdm::with_missing(stimuli.clone(), values),
            false => Rdm::new(stimuli.clone(), values),
        }
    }
}

/// Checks that the labels of pairs are not those of raters or features (`P1`, `rater_1`, `dim_1`), unless those
/// of the other axis are those of people.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if they are.
fn refuse_raters(labels: &[String], others: Option<&[String]>, axis: usize) -> Result<()> {
    /// Words before the number of a rater or a feature.
    const COLUMNS: [&str; 11] = [
        "judge",
        "assessor",
        "panelist",
        "expert",
        "coder",
        "feat",
        "feature",
        "dim",
        "dimension",
        "component",
        "pc",
    ];

    let is_other = |label: &String| match &words(label)[..] {
        [first, rest @ ..] if COLUMNS.contains(&first.as_str()) => {
            !rest.is_empty() && rest.iter().all(|word| is_number(word))
        }
        _ => false,
    };
    let are_raters = are_numbered_people(labels) || labels.iter().all(is_other);
    let are_others_people = || others.is_some_and(are_numbered_people);
    if labels.len() < 2 || !are_raters || are_others_people() {
        return Ok(());
    }
    let axis = ["rows", "columns"][axis];
    Err(FileError::Ambiguous {
        what: format!(
            "whether the {axis}, such as {} and {}, are pairs of stimuli, as their number allows, or ratings \
             and features of stimuli",
            Quoted(&labels[0]),
            Quoted(&labels[1])
        ),
        remedy: "if they are pairs, label them with the two stimuli, such as cat_dog, or remove the labels if \
                 they are in the order of an upper triangle, row by row; if not, compute the dissimilarities of \
                 the stimuli first",
    }
    .into())
}

/// Checks whether labels are those of people with numbers, such as `P1`.
pub(super) fn are_numbered_people(labels: &[String]) -> bool {
    let has_number = |label: &String| words(label).iter().any(|word| is_number(word));
    labels.iter().all(has_number) && are_people(labels)
}

/// Checks whether labels are those of people: names without numbers, or numbers after a word or letter for
/// participants.
pub(super) fn are_people(labels: &[String]) -> bool {
    /// Letters before the number of a participant.
    const LETTERS: [&str; 4] = ["s", "p", "vp", "sj"];

    let is_person = |word: &String| is_person(word) || LETTERS.contains(&word.as_str());
    labels.iter().all(|label| match &words(label)[..] {
        [name] => !is_number(name),
        [first, rest @ ..] => is_person(first) && rest.iter().all(|word| is_number(word)),
        [] => false,
    })
}

fn is_number(word: &str) -> bool {
    word.chars().all(char::is_numeric)
}

fn cast<D: ndarray::Dimension>(array: ArrayD<f64>) -> Result<ndarray::Array<f64, D>> {
    array
        .into_dimensionality()
        .map_err(|error| FileError::malformed("array", error))
}

/// Checks whether the first matrix of a layout is symmetric, or has only one filled triangle.
pub(super) fn is_symmetric(array: &ArrayD<f64>, layout: Layout) -> bool {
    let first = match (array.ndim(), layout.participants_last) {
        (3, true) => array.index_axis(Axis(2), 0),
        (3, false) => array.index_axis(Axis(0), 0),
        _ => array.view(),
    };
    let Ok(square) = first.into_dimensionality::<Ix2>() else {
        return false;
    };
    let size = square.fold(0.0, |size: f64, value| size.max(value.abs()));
    let tolerance = Rdm::TOLERANCE * size;
    let n = square.nrows();
    let agree = |row: usize, column: usize| {
        let (upper, lower) = (square[[row, column]], square[[column, row]]);
        upper.is_nan() && lower.is_nan() || (upper - lower).abs() <= tolerance
    };
    let is_symmetric = (0..n).all(|row| (row + 1..n).all(|column| agree(row, column)));
    let diagonal = square[[0, 0]];
    let same =
        |value: f64| value.is_nan() || diagonal.is_nan() || (value - diagonal).abs() <= tolerance;
    let is_constant = square.diag().iter().all(|&value| same(value));
    (is_symmetric || only_triangle(square).is_some()) && is_constant
}
