//! Checks of the indices of trials from which the number of stimuli follows.

use human_alignment::{Error, OddOneOut, Result};

/// Refuses trials in which one or two indices are far above all others, as codes of missing answers
/// (99, 9999) are: the gap below them is much larger than all other gaps.
///
/// `first` is the number of the first stimulus in the file.
pub fn refuse_codes(path: &str, trials: &OddOneOut, first: u32) -> Result<()> {
    /// Largest number of indices above the gap.
    const MOST: usize = 2;
    /// Smallest ratio of the gap to the largest of the others.
    const RATIO: u32 = 4;

    let shown = trials.shown();
    let gaps = || shown.windows(2).map(|pair| pair[1] - pair[0]);
    let n_above = |place: usize| shown.len() - 1 - place;
    let Some((place, gap)) = gaps().enumerate().max_by_key(|&(_, gap)| gap) else {
        return Ok(());
    };
    let of_others = gaps().enumerate().filter(|&(other, _)| other != place);
    let next = of_others.map(|(_, gap)| gap).max().unwrap_or(1);
    let last = shown[shown.len() - 1] + first;
    let is_of_nines = last > 9 && last.to_string().bytes().all(|digit| digit == b'9');
    let is_far = gap >= RATIO * next || is_of_nines && gap > 2 * next;
    if n_above(place) > MOST || n_above(place) > place || !is_far {
        return Ok(());
    }
    let code = shown[place + 1];
    let mut with_code = trials
        .as_slice()
        .iter()
        .filter(|trial| trial.contains(&code));
    let n = with_code.clone().count();
    let trial = with_code.next().expect("the index is shown");
    let [a, b, c] = trial.map(|index| index + first);
    Err(Error::other(format!(
        "{path}: cannot determine whether {}, in {n} of {} trials such as {a} {b} {c}, is a stimulus or \
         marks a missing answer: the largest index below it is {}: remove these trials, or name the \
         file with the ids of all stimuli by --stimuli",
        code + first,
        trials.len(),
        shown[place] + first
    )))
}
