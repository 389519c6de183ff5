//! Checks of the indices of trials from which the number of stimuli follows.

use human_alignment::{Error, OddOneOut, Result};

/// Refuses trials in which one or two indices are far above all others, as codes of missing answers
/// (99, 9999) are: the gap below them is much larger than all other gaps.
///
/// `first` is the number of the first stimulus in the file.
pub fn refuse_codes(path: &str, trials: &OddOneOut, first: u32) -> Result<()> {
    let Some((code, below)) = code_of_missing(trials.shown(), first) else {
        return Ok(());
    };
    let mut with_code = trials
        .as_slice()
        .iter()
        .filter(|trial| trial.contains(&code));
    let n = with_code.clone().count();
    let trial = with_code.next().expect("the index is shown");
    let [a, b, c] = trial.map(|index| index + first);
    let place = format!(", in {n} of {} trials such as {a} {b} {c},", trials.len());
    Err(refusal(path, code + first, below + first, &place))
}

/// Refuses such indices in trials that are streamed, of which only the shown indices are known.
pub fn refuse_codes_among(path: &str, shown: &[u32], first: u32) -> Result<()> {
    match code_of_missing(shown, first) {
        Some((code, below)) => Err(refusal(path, code + first, below + first, "")),
        None => Ok(()),
    }
}

/// Returns the index that may mark a missing answer, and the largest index below it.
fn code_of_missing(shown: &[u32], first: u32) -> Option<(u32, u32)> {
    /// Largest number of indices above the gap.
    const MOST: usize = 2;
    /// Smallest ratio of the gap to the largest of the others.
    const RATIO: u32 = 4;

    let gaps = || shown.windows(2).map(|pair| pair[1] - pair[0]);
    let n_above = |place: usize| shown.len() - 1 - place;
    let (place, gap) = gaps().enumerate().max_by_key(|&(_, gap)| gap)?;
    let of_others = gaps().enumerate().filter(|&(other, _)| other != place);
    let next = of_others.map(|(_, gap)| gap).max().unwrap_or(1);
    let last = shown[shown.len() - 1] + first;
    let is_of_nines = last > 9 && last.to_string().bytes().all(|digit| digit == b'9');
    let is_far = gap >= RATIO * next || is_of_nines && gap > 2 * next;
    let is_code = n_above(place) <= MOST && n_above(place) <= place && is_far;
    is_code.then(|| (shown[place + 1], shown[place]))
}

fn refusal(path: &str, code: u32, below: u32, place: &str) -> Error {
    Error::other(format!(
        "{path}: cannot determine whether {code}{place} is a stimulus or marks a missing answer: the \
         largest index below it is {below}: remove these trials, or name the file with the ids of all \
         stimuli by --stimuli"
    ))
}
