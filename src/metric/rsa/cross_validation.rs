//! Cross-validation of weighted models over stimuli and participants.

use std::collections::HashMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error, RdmError, Result, at_least, same_length};
use crate::inference::Folds;
use crate::linalg::n_pairs;
use crate::metric::rsa::permutation::shuffled;
use crate::metric::rsa::{Comparator, WeightedModel, WeightedModelFit};
use crate::rdm::{Rdm, RdmSet};

/// A partition of the stimuli and of the participants' RDMs into folds that are held out together.
///
/// ```
/// use human_alignment::inference::Folds;
/// use human_alignment::metric::rsa::RsaFolds;
///
/// // Two folds of three stimuli, and two of two participants.
/// let folds = RsaFolds::new(Folds::contiguous(6, 2)?, Folds::new(vec![0, 1, 0, 1])?)?;
/// assert_eq!(folds.participants().held_out(0), [0, 2]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct RsaFolds {
    stimuli: Folds,
    participants: Folds,
}

/// Deserialized folds, before they are checked.
#[derive(Deserialize)]
struct Unchecked {
    stimuli: Folds,
    participants: Folds,
}

impl TryFrom<Unchecked> for RsaFolds {
    type Error = Error;

    fn try_from(folds: Unchecked) -> Result<Self> {
        Self::new(folds.stimuli, folds.participants)
    }
}

impl RsaFolds {
    /// Minimum number of stimuli of a fold, so that it has several pairs.
    pub const MIN_STIMULI: usize = 3;

    /// Creates folds from the folds of stimuli and of the RDMs of participants, in their order.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if a fold has fewer than [`RsaFolds::MIN_STIMULI`] stimuli.
    pub fn new(stimuli: Folds, participants: Folds) -> Result<Self> {
        for fold in 0..stimuli.n_folds() {
            let size = stimuli.held_out(fold).len();
            at_least("stimuli in a fold", Self::MIN_STIMULI, size)?;
        }
        Ok(Self {
            stimuli,
            participants,
        })
    }

    /// Creates random folds of stimuli and of participants, of sizes as equal as possible. All
    /// sessions of a participant are in one fold.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than two folds of either kind, or fewer
    /// than [`RsaFolds::MIN_STIMULI`] stimuli or one participant per fold.
    pub fn random(
        people: &RdmSet,
        n_of_stimuli: usize,
        n_of_people: usize,
        seed: u64,
    ) -> Result<Self> {
        let mut persons = HashMap::new();
        let person_of: Vec<usize> = people
            .participants()
            .iter()
            .map(|participant| {
                let next = persons.len();
                *persons.entry(participant.id.as_str()).or_insert(next)
            })
            .collect();
        let deal = |stream, what, n: usize, n_folds: usize, least: usize| {
            at_least("folds", 2, n_folds)?;
            let needed = n_folds.saturating_mul(least);
            at_least(what, needed, n)?;
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stream);
            let mut folds = vec![0; n];
            for (rank, position) in shuffled(n, &mut rng).into_iter().enumerate() {
                folds[position as usize] = rank % n_folds;
            }
            Ok::<_, Error>(folds)
        };
        let n = people.stimuli().len();
        let of_stimuli = deal(
            0,
            "stimuli for the folds",
            n,
            n_of_stimuli,
            Self::MIN_STIMULI,
        )?;
        let of_persons = deal(
            1,
            "participants for the folds",
            persons.len(),
            n_of_people,
            1,
        )?;
        let of_people = person_of.into_iter().map(|person| of_persons[person]);
        Self::new(Folds::new(of_stimuli)?, Folds::new(of_people.collect())?)
    }

    /// Returns the folds of stimuli.
    pub fn stimuli(&self) -> &Folds {
        &self.stimuli
    }

    /// Returns the folds of the RDMs of participants.
    pub fn participants(&self) -> &Folds {
        &self.participants
    }

    /// Checks that there is one fold for each stimulus and RDM, and that no participant is in two
    /// folds.
    fn check(&self, people: &RdmSet) -> Result<()> {
        for (what, folds, expected) in [
            ("folds of stimuli", &self.stimuli, people.stimuli().len()),
            ("folds of participants", &self.participants, people.len()),
        ] {
            same_length(what, expected, folds.assignments().len())?;
        }
        let mut fold_of = HashMap::new();
        for (participant, &fold) in people
            .participants()
            .iter()
            .zip(self.participants.assignments())
        {
            if *fold_of.entry(&participant.id).or_insert(fold) != fold {
                let expected = "the same for all sessions of a participant";
                let found = format_args!("several for {:?}", participant.id);
                return Err(Error::parameter("the fold", expected, found));
            }
        }
        Ok(())
    }
}

/// The similarity of the predictions of a [`WeightedModel`] to held-out participants and stimuli.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RsaCrossValidationResult {
    /// Comparator of predictions and participants.
    pub comparator: Comparator,
    /// Mean over held-out participants, each in each fold of stimuli; comparable with a noise
    /// ceiling.
    pub value: f64,
    /// Results of each fold of stimuli with each fold of participants, participants varying
    /// fastest.
    pub folds: Vec<RsaFoldResult>,
    /// Number of pairs of stimuli in different folds, which are never tested.
    pub n_straddling: usize,
}

/// The result of one held-out fold of stimuli and participants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RsaFoldResult {
    /// Number of the fold of stimuli, 0-based.
    pub stimuli: usize,
    /// Number of the fold of participants, 0-based.
    pub people: usize,
    /// Mean similarity of the prediction to the held-out participants.
    pub value: f64,
    /// Weights fitted to the other stimuli and participants.
    pub weights: WeightedModelFit,
    /// Number of held-out RDMs of participants.
    pub n_people: usize,
    /// Number of pairs among the training stimuli.
    pub n_training: usize,
    /// Number of pairs among the held-out stimuli.
    pub n_test: usize,
    /// Number of pairs of a training stimulus and a held-out stimulus, which are not used.
    pub n_straddling: usize,
}

impl WeightedModel {
    /// Fits the weights to the training stimuli and participants, and tests them on pairs of
    /// held-out stimuli judged by held-out participants, for each fold of stimuli with each fold of
    /// participants.
    ///
    /// # Errors
    /// - Returns `ArgumentError::LengthMismatch` if the folds do not match the stimuli and
    ///   participants.
    /// - Returns `ArgumentError::InvalidParameter` if sessions of a participant are in different
    ///   folds.
    /// - Returns the same errors as [`WeightedModel::fit`] and [`Comparator::compare`], and
    ///   [`RdmError::Constant`] if all weights are 0, wrapped in [`Context::Rdm`] that names the
    ///   fold.
    pub fn cross_validate(
        self,
        features: &[&Rdm],
        people: &RdmSet,
        folds: &RsaFolds,
    ) -> Result<RsaCrossValidationResult> {
        folds.check(people)?;
        let n_of_people = folds.participants.n_folds();
        // One fold of stimuli at a time, so that at most two copies of the RDMs are in memory.
        let held_out: Vec<Vec<RsaFoldResult>> = (0..folds.stimuli.n_folds())
            .map(|of_stimuli| {
                let (training, test) = split(&folds.stimuli, of_stimuli);
                let select = |positions: &[usize]| {
                    let stimuli = people.stimuli().select(positions)?;
                    let features = features.iter().enumerate().map(|(position, rdm)| {
                        let selected = rdm.select(&stimuli);
                        selected.map_err(|error| error.in_rdm(format_args!("feature {position}")))
                    });
                    let features: Vec<Rdm> = features.collect::<Result<_>>()?;
                    Ok::<_, Error>((features, people.select(&stimuli)?))
                };
                let (training, test) = (select(&training)?, select(&test)?);
                let values: Vec<Result<RsaFoldResult>> = (0..n_of_people)
                    .into_par_iter()
                    .map(|of_people| {
                        let by = split(&folds.participants, of_people);
                        let tested = self.tested([of_stimuli, of_people], &training, &test, by);
                        tested.map_err(|error| {
                            let error = error.with_context(Context::ParticipantFold(of_people));
                            error.in_fold(of_stimuli)
                        })
                    })
                    .collect();
                values.into_iter().collect()
            })
            .collect::<Result<_>>()?;
        let held_out: Vec<RsaFoldResult> = held_out.into_iter().flatten().collect();
        let n_values: usize = held_out.iter().map(|fold| fold.n_people).sum();
        let sum: f64 = held_out
            .iter()
            .map(|fold| fold.value * fold.n_people as f64)
            .sum();
        let n_tested: usize = held_out
            .iter()
            .step_by(n_of_people)
            .map(|fold| fold.n_test)
            .sum();
        Ok(RsaCrossValidationResult {
            comparator: self.comparator(),
            value: sum / n_values as f64,
            n_straddling: n_pairs(people.stimuli().len()) - n_tested,
            folds: held_out,
        })
    }

    /// Fits the weights for one fold and tests them.
    fn tested(
        self,
        [of_stimuli, of_people]: [usize; 2],
        training: &(Vec<Rdm>, RdmSet),
        test: &(Vec<Rdm>, RdmSet),
        (fitted, held_out): (Vec<usize>, Vec<usize>),
    ) -> Result<RsaFoldResult> {
        let some = |people: &RdmSet, positions: &[usize]| {
            let participants = positions
                .iter()
                .map(|&at| people.participants()[at].clone());
            let rdms = positions.iter().map(|&at| people.rdms()[at].clone());
            RdmSet::new(participants.collect(), rdms.collect())
        };
        let features: Vec<&Rdm> = training.0.iter().collect();
        let weights = self.fit(&features, &some(&training.1, &fitted)?)?;
        if weights.weights.iter().all(|&weight| weight == 0.0) {
            return Err(RdmError::Constant {
                undefined: "the value of a model whose weights are all 0",
            }
            .into());
        }
        let features: Vec<&Rdm> = test.0.iter().collect();
        let predicted = weights.predict(&features)?;
        let mut sum = 0.0;
        for &position in &held_out {
            let value = self
                .comparator()
                .compare(&predicted, &test.1.rdms()[position]);
            sum += value.map_err(|error| error.in_rdm(&test.1.participants()[position]))?;
        }
        let (n_fitted, n_held_out) = (training.1.stimuli().len(), test.1.stimuli().len());
        Ok(RsaFoldResult {
            stimuli: of_stimuli,
            people: of_people,
            value: sum / held_out.len() as f64,
            weights,
            n_people: held_out.len(),
            n_training: n_pairs(n_fitted),
            n_test: n_pairs(n_held_out),
            n_straddling: n_fitted * n_held_out,
        })
    }
}

/// Returns the positions outside the held-out fold, and the positions in it.
fn split(folds: &Folds, held_out: usize) -> (Vec<usize>, Vec<usize>) {
    (folds.training(held_out), folds.held_out(held_out))
}
