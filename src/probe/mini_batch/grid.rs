//! The values of settings that the published scripts accept.

/// The values of settings that a published script accepts. An empty slice means that the script
/// accepts any value, or has no such setting.
///
/// The scripts list these values as the choices of their arguments. Which of them were combined for
/// the papers is not in the repositories. The script of the gLocal search runs all combinations of
/// the given learning rates, penalties, α, τ and batch sizes.
///
/// The best combination is chosen by `find_best_probes.py`, from results of 3 and 4 folds: in the
/// repository of the first paper, the one with the highest mean accuracy of the folds; in that of
/// the second paper, the one with the lowest mean cross-entropy. Both ignore results with an accuracy
/// of exactly 1, and the latter also a cross-entropy of exactly ln 3, infinity or NaN.
///
/// ```
/// use human_alignment::probe::mini_batch::{MiniBatchProbe, PublishedGrid};
///
/// let probes = PublishedGrid::GLOBAL.penalties.iter().map(|&penalty| MiniBatchProbe::global(penalty));
/// assert_eq!(probes.collect::<Result<Vec<_>, _>>()?.len(), 9);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PublishedGrid {
    /// The file name of the script.
    pub script: &'static str,
    /// Weights λ of the penalty.
    pub penalties: &'static [f64],
    /// Learning rates η.
    pub learning_rates: &'static [f64],
    /// Temperatures τ of the local term.
    pub taus: &'static [f64],
    /// Scales σ of the initial weights.
    pub initial_scales: &'static [f64],
    /// Numbers of trials in a batch.
    pub batch_sizes: &'static [usize],
    /// Numbers of images in a batch.
    pub context_batch_sizes: &'static [usize],
    /// Numbers of folds.
    pub n_folds: &'static [usize],
}

/// 1,000 to 1e-5, in steps of a factor of 10.
const POWERS: [f64; 9] = [1e3, 1e2, 1e1, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5];

/// 64 to 4,096, in steps of a factor of 2.
const SIZES: [usize; 7] = [64, 128, 256, 512, 1024, 2048, 4096];

/// Returns the elements of a slice from `start` to `end`, exclusive.
const fn part<T>(slice: &'static [T], start: usize, end: usize) -> &'static [T] {
    slice.split_at(end).0.split_at(start).1
}

impl PublishedGrid {
    /// `main_probing.py` of the first paper, for [`MiniBatchProbe::naive`](super::MiniBatchProbe::naive):
    /// λ from 0.1 to 1e-5. The learning rate is not restricted.
    pub const NAIVE: Self = Self {
        script: "main_probing.py",
        penalties: part(&POWERS, 4, 9),
        learning_rates: &[],
        taus: &[],
        initial_scales: &[],
        batch_sizes: part(&SIZES, 0, 5),
        context_batch_sizes: &[],
        n_folds: &[2, 3, 4, 5],
    };

    /// `main_probing_final.py` of the first paper, which learns a naive transform from the published
    /// training trials of THINGS, without folds: λ from 10 to 1e-5.
    pub const NAIVE_FINAL: Self = Self {
        script: "main_probing_final.py",
        penalties: part(&POWERS, 2, 9),
        n_folds: &[],
        ..Self::NAIVE
    };

    /// `main_global_probing.py` of the second paper, for
    /// [`MiniBatchProbe::global`](super::MiniBatchProbe::global): λ from 1,000 to 1e-5. The learning
    /// rate is not restricted.
    pub const GLOBAL: Self = Self {
        script: "main_global_probing.py",
        penalties: &POWERS,
        initial_scales: part(&POWERS, 4, 8),
        batch_sizes: part(&SIZES, 0, 6),
        ..Self::NAIVE
    };

    /// `main_glocal_probing_efficient.py` of the second paper, for
    /// [`MiniBatchProbe::glocal`](super::MiniBatchProbe::glocal): λ from 10 to 1e-5. The weight α is
    /// not restricted.
    pub const GLOCAL: Self = Self {
        script: "main_glocal_probing_efficient.py",
        penalties: part(&POWERS, 2, 9),
        learning_rates: part(&POWERS, 4, 9),
        taus: &[1.0, 0.5, 0.25, 0.1, 0.05, 0.025, 0.01],
        initial_scales: part(&POWERS, 3, 8),
        batch_sizes: part(&SIZES, 0, 5),
        context_batch_sizes: &SIZES,
        n_folds: &[],
    };

    /// `main_glocal_probing_final.py` of the second paper, which learns a gLocal transform from the
    /// published training trials of THINGS, without folds. The values are those of
    /// [`PublishedGrid::GLOCAL`].
    pub const GLOCAL_FINAL: Self = Self {
        script: "main_glocal_probing_final.py",
        ..Self::GLOCAL
    };

    /// All grids.
    pub const ALL: [Self; 5] = [
        Self::NAIVE,
        Self::NAIVE_FINAL,
        Self::GLOBAL,
        Self::GLOCAL,
        Self::GLOCAL_FINAL,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_scripts() {
        assert_eq!(
            PublishedGrid::NAIVE.penalties,
            [1e-1, 1e-2, 1e-3, 1e-4, 1e-5]
        );
        assert_eq!(PublishedGrid::NAIVE.batch_sizes, [64, 128, 256, 512, 1024]);
        let from_ten = [1e1, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5];
        assert_eq!(PublishedGrid::NAIVE_FINAL.penalties, from_ten);
        assert!(PublishedGrid::NAIVE_FINAL.n_folds.is_empty());
        assert_eq!(
            PublishedGrid::GLOBAL.penalties,
            [1e3, 1e2, 1e1, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5]
        );
        assert_eq!(
            PublishedGrid::GLOBAL.initial_scales,
            [1e-1, 1e-2, 1e-3, 1e-4]
        );
        assert_eq!(
            PublishedGrid::GLOBAL.batch_sizes,
            [64, 128, 256, 512, 1024, 2048]
        );
        assert_eq!(PublishedGrid::GLOBAL.n_folds, [2, 3, 4, 5]);
        let glocal = PublishedGrid::GLOCAL;
        assert_eq!(glocal.penalties, from_ten);
        assert_eq!(glocal.learning_rates, [1e-1, 1e-2, 1e-3, 1e-4, 1e-5]);
        assert_eq!(glocal.initial_scales, [1.0, 1e-1, 1e-2, 1e-3, 1e-4]);
        assert_eq!(glocal.context_batch_sizes.len(), 7);
        for grid in PublishedGrid::ALL {
            assert_eq!(
                grid.taus.len(),
                if grid.script.contains("glocal") { 7 } else { 0 }
            );
            assert!(grid.script.ends_with(".py") && grid.batch_sizes.contains(&256));
        }
    }
}
