//! Levels of trials, and trials that separate families of models.

use approx::assert_relative_eq;
use human_alignment::concept::{FamilyPartition, GroupDifference, ModelFamily, TrialGroups};
use human_alignment::error::ArgumentError;
use human_alignment::inference::{Confidence, Credit, clustered_mean};
use human_alignment::{OddOneOut, Stimuli};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::refusals::assert_refused;

fn random_trials(n_objects: u32, n_trials: usize, rng: &mut ChaCha8Rng) -> Vec<[u32; 3]> {
    let draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n_objects)) };
    let trials = std::iter::repeat_with(draw).filter(|[a, b, c]| a != b && a != c && b != c);
    trials.take(n_trials).collect()
}

/// Computes the standard error of a mean of influences by the sum over all pairs of trials that share
/// an object, which is at least the sum over pairs that share all three.
fn by_definition(trials: &[[u32; 3]], influences: &[f64]) -> f64 {
    let (mut sum, mut same, mut n_sharing) = (0.0, 0.0, 0.0);
    for (t, x) in trials.iter().zip(influences) {
        for (u, y) in trials.iter().zip(influences) {
            let n_common = t.iter().filter(|index| u.contains(index)).count();
            if n_common > 0 {
                sum += x * y;
                n_sharing += 1.0;
            }
            if n_common == 3 {
                same += x * y;
            }
        }
    }
    let squared = (trials.len() as f64).powi(2);
    (f64::max(sum, same) / squared / (1.0 - n_sharing / squared)).sqrt()
}

#[test]
fn differences_between_levels_are_by_definition() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let trials = random_trials(40, 300, &mut rng);
    let levels: Vec<&str> = (0..300)
        .map(|_| ["global", "local", "boundary", ""][rng.random_range(0..4)])
        .collect();
    let credits: Vec<Credit> = (0..300)
        .map(|_| Credit::from(rng.random::<f64>() < 0.6))
        .collect();
    let set = OddOneOut::new(Stimuli::numbered(40), trials.clone()).unwrap();
    let groups = TrialGroups::by_label(&set, &levels).unwrap();
    assert_eq!(groups.len(), 3);
    let n_unlabelled = levels.iter().filter(|level| level.is_empty()).count();
    assert_eq!(groups.n_ungrouped(), n_unlabelled);
    let confidence = Confidence::default();
    let found = GroupDifference::all_pairs(&set, &groups, &credits, confidence).unwrap();
    assert_eq!(found.len(), 3);
    for pair in &found {
        let members = [pair.first, pair.second].map(|group| groups.trials(group).unwrap());
        let means = members.map(|own| {
            own.iter().map(|&trial| credits[trial].value()).sum::<f64>() / own.len() as f64
        });
        assert_relative_eq!(
            pair.difference.value,
            means[0] - means[1],
            max_relative = 1e-12
        );
        let (mut shown, mut influences) = (Vec::new(), Vec::new());
        let n = (members[0].len() + members[1].len()) as f64;
        for (own, (mean, sign)) in members.iter().zip([(means[0], 1.0), (means[1], -1.0)]) {
            for &trial in own.iter() {
                shown.push(trials[trial]);
                influences.push(sign * (credits[trial].value() - mean) * n / own.len() as f64);
            }
        }
        let expected = by_definition(&shown, &influences);
        assert_relative_eq!(
            pair.difference.standard_error.unwrap(),
            expected,
            max_relative = 1e-9
        );
    }
    assert_refused!(
        TrialGroups::by_label(&set, &levels[1..]),
        Argument(ArgumentError::LengthMismatch { .. })
    );
}

#[test]
fn families_are_separated_trial_by_trial() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let trials = random_trials(60, 400, &mut rng);
    let set = OddOneOut::new(Stimuli::numbered(60), trials.clone()).unwrap();
    // Models of a family differ from a common choice in a fifth of the trials.
    let mut family = |n: usize| -> Vec<Vec<Option<u8>>> {
        let common: Vec<u8> = (0..400).map(|_| rng.random_range(0..3)).collect();
        let mut model = || {
            let own = common
                .iter()
                .map(|&choice| match rng.random_range(0..10u8) {
                    0 => None,
                    1 => Some(rng.random_range(0..3)),
                    _ => Some(choice),
                });
            own.collect()
        };
        (0..n).map(|_| model()).collect()
    };
    let (first, second) = (family(3), family(2));
    let families = [("first", &first), ("second", &second)]
        .map(|(name, choices)| ModelFamily::new(name, choices.clone()).unwrap());
    let found = FamilyPartition::new(&set, &families, Confidence::default()).unwrap();
    let all_right =
        |of: &[Vec<Option<u8>>], trial: usize| of.iter().all(|own| own[trial] == Some(0));
    let all_wrong =
        |of: &[Vec<Option<u8>>], trial: usize| of.iter().all(|own| own[trial] != Some(0));
    let separation = &found.separations[0];
    assert_eq!((separation.right, separation.wrong), (0, 1));
    let expected: Vec<usize> = (0..400)
        .filter(|&trial| all_right(&first, trial) && all_wrong(&second, trial))
        .collect();
    assert!(expected.len() > 10);
    assert_eq!(separation.trials, expected);
    let alike = expected
        .iter()
        .filter(|&&trial| second[0][trial].is_some() && second[0][trial] == second[1][trial]);
    let n_alike = alike.count();
    assert_eq!(separation.n_alike, n_alike);
    // The models of a family share most choices.
    assert!(
        n_alike as f64 > 1.3 * separation.expected_alike,
        "{separation:?}"
    );

    let credits: Vec<Credit> = (0..400)
        .map(|trial| Credit::from(expected.contains(&trial)))
        .collect();
    assert_eq!(separation.share, clustered_mean(&set, &credits).unwrap());
    let share = |of: &dyn Fn(usize) -> bool| (0..400).filter(|&it| of(it)).count() as f64 / 400.0;
    let (p, q) = (
        share(&|it| all_right(&first, it)),
        share(&|it| all_wrong(&second, it)),
    );
    assert_relative_eq!(separation.expected, p * q);
    let excess = separation.share.value - p * q;
    assert_relative_eq!(separation.excess.value, excess, epsilon = 1e-12);
    let influences: Vec<f64> = (0..400)
        .map(|trial| {
            let both = [all_right(&first, trial), all_wrong(&second, trial)];
            let [right, wrong] = both.map(|is| f64::from(u8::from(is)));
            right * wrong - separation.share.value - q * (right - p) - p * (wrong - q)
        })
        .collect();
    let error = separation.excess.standard_error.unwrap();
    assert_relative_eq!(
        error,
        by_definition(&trials, &influences),
        max_relative = 1e-9
    );
}

#[test]
fn families_that_do_not_fit_are_refused() {
    let trials = OddOneOut::new(Stimuli::numbered(6), vec![[0, 1, 2], [3, 4, 5]]).unwrap();
    let one = ModelFamily::new("one", vec![vec![Some(0), Some(1)]]).unwrap();
    let beyond = ModelFamily::new("beyond", vec![vec![Some(0), Some(3)]]).unwrap();
    let short = ModelFamily::new("short", vec![vec![Some(0)]]).unwrap();
    let confidence = Confidence::default();
    assert_refused!(
        FamilyPartition::new(&trials, std::slice::from_ref(&one), confidence),
        Argument(ArgumentError::TooFew { .. })
    );
    assert_refused!(
        FamilyPartition::new(&trials, &[one.clone(), beyond], confidence),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    assert_refused!(
        FamilyPartition::new(&trials, &[one, short], confidence),
        Argument(ArgumentError::LengthMismatch { .. })
    );
    assert_refused!(
        ModelFamily::new("none", Vec::new()),
        Argument(ArgumentError::TooFew { .. })
    );
}
