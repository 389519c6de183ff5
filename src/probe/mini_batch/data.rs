//! Training data: standardized rows of features, and trials that refer to them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::error::Result;
use crate::fingerprint::Fingerprint;
use crate::judgment::{Task, Trials};
use crate::representation::Representation;
use crate::transform::Standardization;

/// The rows of a representation, standardized on access to avoid a second copy of, for example, a
/// million images.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    representation: &'a Representation,
    standardization: &'a Standardization,
}

impl<'a> Rows<'a> {
    pub fn new(representation: &'a Representation, standardization: &'a Standardization) -> Self {
        Self {
            representation,
            standardization,
        }
    }

    pub fn len(&self) -> usize {
        self.representation.n_stimuli()
    }

    pub fn n_features(&self) -> usize {
        self.representation.n_features()
    }

    /// Returns the id of a row.
    pub fn id(&self, row: usize) -> &'a str {
        &self.representation.stimuli().ids()[row]
    }

    /// Writes the standardized features of the given rows, one row after another, to `out`.
    pub fn write(&self, rows: &[u32], out: &mut [f64]) {
        let n_features = self.n_features();
        let features = self.representation.values();
        out.par_chunks_exact_mut(n_features)
            .zip(rows)
            .for_each(|(out, &row)| {
                let start = row as usize * n_features;
                let features = features.slice(start..start + n_features);
                self.standardization.write(features, n_features, out);
            });
    }
}

/// Returns the trials as rows of a representation.
///
/// # Errors
/// Returns `StimuliError::Missing` if a stimulus of a trial has no
/// row.
pub(super) fn trials_of_rows<T: Task>(
    trials: &Trials<T>,
    representation: &Representation,
) -> Result<Vec<[u32; 3]>> {
    let shown: Vec<usize> = trials.shown().iter().map(|&shown| shown as usize).collect();
    let rows = representation
        .stimuli()
        .positions_of(&trials.stimuli().select(&shown)?)?;
    let mut row_of = vec![0; trials.stimuli().len()];
    for (stimulus, row) in shown.into_iter().zip(rows) {
        row_of[stimulus] = row;
    }
    let trials = trials.as_slice().iter();
    Ok(trials
        .map(|trial| trial.map(|stimulus| row_of[stimulus as usize]))
        .collect())
}

/// Returns the rows of a representation that are shown in training or validation trials, in
/// ascending order.
pub(super) fn shown(
    representation: &Representation,
    trials: [&[[u32; 3]]; 2],
) -> Result<Representation> {
    let mut shown: Vec<usize> = trials
        .iter()
        .flat_map(|trials| trials.as_flattened())
        .map(|&row| row as usize)
        .collect();
    shown.par_sort_unstable();
    shown.dedup();
    representation.select(&representation.stimuli().select(&shown)?)
}

/// Computes the SHA-256 of the training data: trials, rows of their objects, and context images.
pub(super) fn fingerprint<T: Task>(
    representation: &Representation,
    trials: [&[[u32; 3]]; 2],
    shown: &Representation,
    context: &[&Representation],
) -> String {
    let mut fingerprint = Fingerprint::new(T::NAME);
    fingerprint.text(&representation.stimuli().fingerprint());
    for trials in trials {
        // The number of trials separates training from validation trials.
        fingerprint.text(&trials.len().to_string());
        fingerprint.indices(trials.as_flattened());
    }
    for representation in [shown].into_iter().chain(context.iter().copied()) {
        fingerprint.text(&representation.stimuli().fingerprint());
        fingerprint.features(representation.values());
    }
    fingerprint.finish()
}

/// Shuffles a slice, with all orders equally probable. Draws numbers of 64 bits; with the 32 bits of
/// [`linalg::shuffle`](crate::linalg::shuffle), a seed would give another training.
pub(super) fn shuffle<T>(things: &mut [T], rng: &mut ChaCha8Rng) {
    for last in (1..things.len()).rev() {
        things.swap(last, rng.random_range(0..=last as u64) as usize);
    }
}

/// Rows dealt in batches. They are shuffled again whenever fewer remain than a batch needs.
pub(super) struct Deck {
    rows: Vec<u32>,
    n_dealt: usize,
    rng: ChaCha8Rng,
}

impl Deck {
    pub fn new(n_rows: usize, mut rng: ChaCha8Rng) -> Self {
        let mut rows: Vec<u32> = (0..n_rows as u32).collect();
        shuffle(&mut rows, &mut rng);
        Self {
            rows,
            n_dealt: 0,
            rng,
        }
    }

    /// Deals `n` different rows, or all rows if there are fewer.
    pub fn deal(&mut self, n: usize) -> &[u32] {
        let n = n.min(self.rows.len());
        if self.rows.len() - self.n_dealt < n {
            shuffle(&mut self.rows, &mut self.rng);
            self.n_dealt = 0;
        }
        self.n_dealt += n;
        &self.rows[self.n_dealt - n..self.n_dealt]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{StimuliError, assert_refused};
    use crate::judgment::{OddOneOut, OddOneOutTask};
    use crate::stimuli::Stimuli;
    use ndarray::array;
    use rand::SeedableRng;

    fn features() -> Representation {
        let stimuli = Stimuli::new(["d", "c", "b", "a"]).unwrap();
        let features = array![[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]];
        Representation::new(stimuli, features).unwrap()
    }

    #[test]
    fn trials_find_their_rows_by_id() {
        let stimuli = Stimuli::new(["a", "missing", "b", "c"]).unwrap();
        let trials = |trials| OddOneOut::new(stimuli.clone(), trials).unwrap();
        let rows = trials_of_rows(&trials(vec![[0, 2, 3], [3, 0, 2]]), &features()).unwrap();
        assert_eq!(rows, [[3, 2, 1], [1, 3, 2]]);
        let refused = trials_of_rows(&trials(vec![[0, 1, 3]]), &features());
        assert_refused!(refused, Stimuli(StimuliError::Missing { n_missing: 1, .. }));
    }

    #[test]
    fn rows_are_standardised() {
        let (features, standardization) = (features(), Standardization::scalar(1.0, 2.0).unwrap());
        let rows = Rows::new(&features, &standardization);
        let mut out = vec![0.0; 4];
        rows.write(&[3, 1], &mut out);
        assert_eq!(out, [2.5, 3.0, 0.5, 1.0]);
        assert_eq!(rows.id(3), "a");
    }

    #[test]
    fn the_fingerprint_is_of_all_that_matters() {
        type Trials<'t> = [&'t [[u32; 3]]; 2];
        let hash = |representation: &Representation, trials: Trials<'_>, context: &[_]| {
            let shown = shown(representation, trials).unwrap();
            fingerprint::<OddOneOutTask>(representation, trials, &shown, context)
        };
        let all = features();
        let (first, second) = ([[0, 1, 2], [1, 2, 0]], [[2, 1, 0]]);
        let reference = hash(&all, [&first, &second], &[&all]);
        assert_eq!(reference, hash(&all, [&first, &second], &[&all]));
        // A row that occurs in no trial does not matter; one that occurs does.
        let changed = |row: usize| {
            let mut changed = all.clone().into_features().into_f64();
            changed[[row, 0]] += 1.0;
            Representation::new(all.stimuli().clone(), changed).unwrap()
        };
        let unshown = hash(&changed(3), [&first, &second], &[&all]);
        assert_eq!(reference, unshown);
        for other in [
            hash(&changed(0), [&first, &second], &[&all]),
            hash(&all, [&first[..1], &[first[1], second[0]]], &[&all]),
            hash(&all, [&second, &first], &[&all]),
            hash(&all, [&first, &second], &[&changed(3)]),
            hash(&all, [&first, &second], &[]),
        ] {
            assert_ne!(reference, other);
        }
    }

    #[test]
    fn a_deck_deals_all_before_it_is_shuffled() {
        let mut deck = Deck::new(7, ChaCha8Rng::seed_from_u64(1));
        let mut orders = Vec::new();
        for _ in 0..20 {
            let mut dealt = deck.deal(3).to_vec();
            dealt.extend_from_slice(deck.deal(3));
            orders.push(dealt.clone());
            dealt.sort_unstable();
            dealt.dedup();
            assert_eq!(dealt.len(), 6);
        }
        orders.sort_unstable();
        orders.dedup();
        assert!(orders.len() > 15);
        let mut all = deck.deal(9).to_vec();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5, 6]);
    }
}
