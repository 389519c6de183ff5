//! The pairs and participants of dissimilarities, in other arrays of the same file.

use ndarray::{ArrayD, Axis, Ix2};

use super::RdmFile;
use super::columns::candidates_of_stimuli;
use super::content::Contents;
use super::layout::{Cells, Knowledge, Layout};
use super::lookalikes::are_listed_pairs;
use super::pairs::{NamedPairs, require_order};
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::array_names::is_remark;
use crate::io::arrays::{Content, NamedArray, candidates, describe, is_list, read_named};
use crate::io::choice::Holds;
use crate::io::text::{are_different, counts, is_participant, words};
use crate::linalg::{n_pairs, n_stimuli_of};

/// An array with the two stimuli of each pair.
pub(super) struct PairList {
    pub(super) name: String,
    firsts: Vec<String>,
    seconds: Vec<String>,
}

impl RdmFile {
    /// Finds the arrays of whole numbers that list all pairs of some stimuli, such as
    /// `np.triu_indices(n, 1)`.
    pub(super) fn lists_of_pairs(&self) -> Result<Vec<PairList>> {
        let mut found = Vec::new();
        let arrays = match candidates(&self.path, self.format) {
            // Other arrays than the named one may be damaged.
            Err(_) if self.array.is_some() => Vec::new(),
            arrays => arrays?,
        };
        // The only array is refused if it lists pairs.
        for array in arrays.iter().filter(|_| arrays.len() > 1) {
            let (Holds::Numbers, Some(&[rows, columns])) = (
                &array.holds,
                array.shape.as_ref().map(|shape| &shape[..]).and_then(two),
            ) else {
                continue;
            };
            let may_list = |n: u64| usize::try_from(n).is_ok_and(|n| n_stimuli_of(n).is_some());
            if !(columns == 2 && may_list(rows) || rows == 2 && may_list(columns)) {
                continue;
            }
            let numbers = read_named(&self.path, self.format, &array.name)?;
            found.extend(list_of(&array.name, numbers));
        }
        Ok(found)
    }

    /// Adds the pairs that other arrays of the file name, which may be in another order than those of
    /// an upper triangle.
    pub(super) fn label_pairs(
        &self,
        array: ArrayD<f64>,
        name: Option<&str>,
        lists: &[PairList],
    ) -> Result<Contents> {
        let shape = array.shape().to_vec();
        let layout = self.layout(&shape, Knowledge::of_shape());
        let axis = match layout {
            Ok(layout) if layout.cells == Cells::Condensed && shape.len() < 3 => {
                axis_of_pairs(layout, &shape)
            }
            _ => return Ok(Contents::unlabelled(array)),
        };
        let Some(named) = self.pairs_beside(shape[axis], name, lists)? else {
            return Ok(Contents::unlabelled(array));
        };
        let (array, axis) = match shape.len() {
            1 => (array.insert_axis(Axis(0)), 1),
            _ => (array, axis),
        };
        Ok(Contents::of_pairs(array, axis, named, None).without_numbers())
    }

    /// Finds the order of `m` pairs in other arrays than the one that is read.
    fn pairs_beside(
        &self,
        m: usize,
        read: Option<&str>,
        lists: &[PairList],
    ) -> Result<Option<NamedPairs>> {
        for list in lists.iter().filter(|list| list.firsts.len() == m) {
            if let Some(named) = NamedPairs::of_two(&list.firsts, &list.seconds)? {
                return Ok(Some(named));
            }
        }
        let arrays = describe(&self.path, self.format, |name, _| Some(name) != read)?;
        for array in &arrays {
            if let Content::Texts(texts) = &array.content
                && let Some(named) = of_texts(array, texts, m)?
            {
                return Ok(Some(named));
            }
        }
        of_two_arrays(&arrays, m)
    }

    /// Finds the participants of the RDMs, of which a repeated one has several sessions.
    pub(super) fn participants_beside(
        &self,
        arrays: &[NamedArray],
        layout: Layout,
    ) -> Option<Vec<String>> {
        let n = layout.n_participants;
        if n < 2 {
            return None;
        }
        for array in arrays.iter().filter(|array| is_participant(&array.name)) {
            if let Content::Unread(what) = &array.content {
                log::warn!(
                    "{}: its array {} holds {what}, which is not read: if a participant has several \
                     RDMs, give the labels of the participants (`--human-participants`)",
                    self.path.display(),
                    Quoted(&array.name)
                );
                continue;
            }
            let labels = texts_of(array).filter(|labels| labels.len() == n);
            if let Some(labels) = labels.filter(|labels| counts(labels).is_none()) {
                return Some(labels);
            }
        }
        None
    }
}

fn two(shape: &[u64]) -> Option<&[u64; 2]> {
    shape.try_into().ok()
}

fn axis_of_pairs(layout: Layout, shape: &[usize]) -> usize {
    match layout.participants_last {
        true => 0,
        false => shape.len() - 1,
    }
}

/// Returns the pairs that an array lists, one per row or column.
fn list_of(name: &str, numbers: ArrayD<f64>) -> Option<PairList> {
    let matrix = numbers.into_dimensionality::<Ix2>().ok()?;
    let matrix = match matrix.ncols() {
        2 if are_listed_pairs(matrix.view()) => matrix,
        _ => matrix.reversed_axes(),
    };
    if matrix.ncols() != 2 || !are_listed_pairs(matrix.view()) {
        return None;
    }
    let texts = |column: usize| matrix.column(column).iter().map(f64::to_string).collect();
    Some(PairList {
        name: name.to_owned(),
        firsts: texts(0),
        seconds: texts(1),
    })
}

/// Returns the pairs that texts name: one text for each, or the two stimuli of each.
fn of_texts(array: &NamedArray, texts: &[String], m: usize) -> Result<Option<NamedPairs>> {
    if texts.len() == 2 * m && texts.len() != n_stimuli(m) {
        let (firsts, seconds) = texts.split_at(m);
        let by_column = NamedPairs::of_two(firsts, seconds)?;
        let every_second = |from: usize| texts.iter().skip(from).step_by(2).cloned();
        let [firsts, seconds] = [0, 1].map(|from| every_second(from).collect::<Vec<String>>());
        let by_row = NamedPairs::of_two(&firsts, &seconds)?;
        return match (by_column, by_row) {
            (Some(_), Some(_)) => Err(unknown_order(&[&array.name])),
            (one, other) => Ok(one.or(other)),
        };
    }
    // The names of as many stimuli or participants are no labels of pairs.
    if texts.len() != m || m == n_stimuli(m) || is_participant(&array.name) {
        return Ok(None);
    }
    let named = NamedPairs::of(texts)?;
    let is_of_pairs = words(&array.name)
        .iter()
        .any(|word| word.starts_with("pair"));
    if named.is_none() && (is_of_pairs || are_different(texts) && !is_remark(&array.name)) {
        require_order(texts, "numbers")?;
    }
    Ok(named)
}

fn n_stimuli(m: usize) -> usize {
    n_stimuli_of(m).unwrap_or(0)
}

/// Returns the pairs whose first and second stimuli are in two arrays, such as `item1` and `item2`, or in the
/// only two with each pair once, whatever their names.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if there are two such arrays, or two of texts, but not with each pair
/// once, or if several have each pair once.
fn of_two_arrays(arrays: &[NamedArray], m: usize) -> Result<Option<NamedPairs>> {
    let lists = arrays
        .iter()
        .filter(|array| array.list_len() == Some(m as u64) && m == n_pairs(n_stimuli(m)))
        .filter_map(|array| Some((array.name.clone(), texts_of(array)?)));
    let (names, texts): (Vec<String>, Vec<Vec<String>>) = lists.unzip();
    let is_whole = |text: &String| text.parse::<f64>().is_ok_and(|x| x.fract() == 0.0);
    let is_text = |text: &String| text.parse::<f64>().is_err();
    let mut refused = None;
    for [first, second] in candidates_of_stimuli(&names) {
        let both = [&texts[first], &texts[second]];
        if !both
            .iter()
            .all(|texts| texts.iter().all(is_whole) || texts.iter().all(is_text))
        {
            continue;
        }
        if let Some(named) = NamedPairs::of_two(both[0], both[1])? {
            return Ok(Some(named));
        }
        let error = unknown_order(&[&names[first], &names[second]]);
        refused = refused.or(texts[first].iter().any(is_text).then_some(error));
    }
    if let Some(error) = refused {
        return Err(error);
    }
    let accompanies = |name: &String| is_remark(name) || is_participant(name);
    let of_kind = |is_meant: &dyn Fn(&String) -> bool| -> Vec<usize> {
        let are_meant = |&at: &usize| !accompanies(&names[at]) && texts[at].iter().all(is_meant);
        (0..names.len()).filter(are_meant).collect()
    };
    let (named, numbered) = (of_kind(&is_text), of_kind(&is_whole));
    for lists in [&named, &numbered] {
        let mut found = Vec::new();
        for (at, &first) in lists.iter().enumerate() {
            for &second in &lists[at + 1..] {
                if let Some(pairs) = NamedPairs::of_two(&texts[first], &texts[second])? {
                    found.push((pairs, [&names[first], &names[second]]));
                }
            }
        }
        match (found.pop(), found.pop()) {
            (Some((pairs, _)), None) => return Ok(Some(pairs)),
            (Some((_, [first, second])), Some((_, others))) => {
                let names =
                    [first, second, others[0], others[1]].map(|name| Quoted(name).to_string());
                return Err(FileError::Ambiguous {
                    what: format!(
                        "which two of its arrays {} hold the stimuli of each pair",
                        names.join(", ")
                    ),
                    remedy: "keep only two arrays of stimuli, and name them item1 and item2",
                }
                .into());
            }
            _ => {}
        }
    }
    match named[..] {
        [first, second, ..] => Err(unknown_order(&[&names[first], &names[second]])),
        _ => Ok(None),
    }
}

fn unknown_order(names: &[&String]) -> Error {
    let names: Vec<String> = names.iter().map(|name| Quoted(name).to_string()).collect();
    FileError::Ambiguous {
        what: format!(
            "which pairs of stimuli the numbers are: its arrays {} do not name each pair of some stimuli \
             once",
            names.join(" and ")
        ),
        remedy: "write the two stimuli of each pair as two arrays of texts, item1 and item2, or remove them \
                 if the pairs are in the order of an upper triangle, row by row",
    }
    .into()
}

/// Returns the elements of a list as texts.
pub(super) fn texts_of(array: &NamedArray) -> Option<Vec<String>> {
    match &array.content {
        Content::Texts(texts) => Some(texts.clone()),
        Content::Numbers {
            values: Some(values),
            ..
        } if is_list(&array.shape) => Some(values.iter().map(f64::to_string).collect()),
        _ => None,
    }
}

/// Checks whether an array with this name is known to list pairs.
pub(super) fn lists(found: &[PairList], name: &str) -> bool {
    found.iter().any(|list| list.name == name)
}
