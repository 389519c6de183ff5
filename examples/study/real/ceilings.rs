//! How far people agree with each other about THINGS: noise ceilings from repeated trials.

use human_alignment::inference::{
    ChoiceNoiseCeiling, Confidence, Estimate, Interval, clustered_mean, clustered_mean_of,
};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::{Error, OddOneOut, Result, Similarity, ZeroShotOddOneOut};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Data;

/// A triple that several participants answered.
#[derive(Deserialize)]
struct Repeated {
    id_lo: u32,
    id_mid: u32,
    id_hi: u32,
    /// The number of answers.
    n: u32,
    /// The share of the most frequent one.
    modal_share: f64,
}

impl Repeated {
    /// Returns the number of the most frequent answers.
    fn n_first(&self) -> u32 {
        (f64::from(self.n) * self.modal_share).round() as u32
    }

    fn is_valid(&self) -> bool {
        let first = self.n_first();
        (2..1_000_000).contains(&self.n)
            && self.modal_share <= 1.0
            && first >= (self.n - first).div_ceil(2)
    }
}

/// Chooses the frequency of the second most frequent answer, from that of the most frequent answer
/// and of all others.
type Split = fn(&mut ChaCha8Rng, u32, u32) -> u32;

/// The agreement of participants who answered the same trials.
#[derive(Clone, Serialize)]
pub struct Ceiling {
    pub judgments: String,
    pub n_questions: usize,
    pub n_answers: usize,
    /// Share of answers that agree with the majority of all answers.
    pub majority: Estimate,
    pub majority_interval: Interval,
    /// Share of answers that agree with the majority of the other answers.
    pub leave_one_out: Estimate,
    /// Bounds of this share if only the frequency of the most frequent answer is published.
    pub leave_one_out_bounds: Option<Interval>,
    /// Share of pairs of answers that agree; unknown from the frequency of the most frequent answer.
    pub two_people: Option<Estimate>,
    /// Accuracy of VICE (dot product) with the answers, if they are published.
    pub vice: Option<Estimate>,
}

impl Ceiling {
    /// Returns the range from the lower to the upper estimate of the noise ceiling.
    pub fn range(&self) -> Interval {
        Interval {
            lower: self.leave_one_out.value,
            upper: self.majority.value,
        }
    }
}

impl Data {
    /// Computes the noise ceilings from repeated triples and from triples that all participants of
    /// another experiment answered.
    pub fn ceilings(&self) -> Result<[Ceiling; 2]> {
        Ok([
            self.in_file("things/repeated_triplets.tsv", self.repeated_trials())?,
            self.in_file("things/crossed_odd_position.npy", self.crossed_trials())?,
        ])
    }

    /// Computes the noise ceiling from the frequency of the most frequent answer to each of 1,985
    /// triples.
    ///
    /// The split of the answers that are not the most frequent is not published. The majority of
    /// the other answers depends on it where the two most frequent answers may be equally frequent:
    /// the bounds are those of the most uneven and of the most even split, and the share is that of
    /// random splits, each of the same probability.
    fn repeated_trials(&self) -> Result<Ceiling> {
        let path = self.path("things/repeated_triplets.tsv");
        let in_file = |what: String| Error::other(format!("{}: {what}", path.display()));
        let reader = csv::ReaderBuilder::new().delimiter(b'\t').from_path(&path);
        let mut reader = reader.map_err(|error| in_file(error.to_string()))?;
        let table: Vec<Repeated> = reader
            .deserialize()
            .collect::<Result<_, _>>()
            .map_err(|error: csv::Error| in_file(error.to_string()))?;
        if let Some(row) = table.iter().position(|row| !row.is_valid()) {
            return Err(in_file(format!(
                "row {row} is not three objects, a number of answers (at least 2) and the share of the \
                 most frequent one, from 1/3 to 1"
            )));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut ceiling = |second: Split| -> Result<ChoiceNoiseCeiling> {
            let mut trials = Vec::new();
            for row in &table {
                let [a, b, c] = [row.id_lo, row.id_mid, row.id_hi];
                let first = row.n_first();
                let others = row.n - first;
                let second = second(&mut rng, first, others);
                let counts = [first, second, others - second];
                for (trial, count) in [[a, b, c], [a, c, b], [b, c, a]].into_iter().zip(counts) {
                    trials.extend(std::iter::repeat_n(trial, count as usize));
                }
            }
            let trials = OddOneOut::new(self.things.all.clone(), trials)?;
            of(&trials)
        };
        let random =
            ceiling(|rng, first, others| rng.random_range(others.div_ceil(2)..=others.min(first)))?;
        let uneven = ceiling(|_, first, others| others.min(first))?;
        let even = ceiling(|_, _, others| others.div_ceil(2))?;
        Ok(Ceiling {
            judgments: "repeated triples".into(),
            n_questions: random.n_questions,
            n_answers: random.n_answers,
            majority: random.majority,
            majority_interval: random.majority_interval,
            leave_one_out: random.leave_one_out,
            leave_one_out_bounds: Some(Interval {
                lower: uneven.leave_one_out.value,
                upper: even.leave_one_out.value,
            }),
            two_people: None,
            vice: None,
        })
    }

    /// Computes the noise ceiling from triples that all of some other participants answered.
    fn crossed_trials(&self) -> Result<Ceiling> {
        let last = (self.things.all.len() - 1) as f64;
        let triples = self.counts("things/crossed_triplets.npy", [None, Some(3)], last)?;
        let shape = [None, Some(triples.nrows())];
        let odd = self.counts("things/crossed_odd_position.npy", shape, 2.0)?;
        let (mut trials, mut participants) = (Vec::new(), Vec::new());
        for ((participant, question), &odd) in odd.indexed_iter() {
            let triple = triples.row(question);
            let mut trial = [0, 1, 2].map(|column| triple[column] as u32);
            trial.swap(odd as usize, 2);
            trials.push(trial);
            participants.push(participant.to_string());
        }
        let trials = OddOneOut::new(self.things.all.clone(), trials)?;
        let trials = trials.with_participants(participants)?;
        let found = of(&trials)?;
        let metric = ZeroShotOddOneOut::new(Similarity::Dot);
        let vice = metric.outcomes(&self.vice()?, &trials)?;
        Ok(Ceiling {
            judgments: format!("{} triples, {} people", triples.nrows(), odd.nrows()),
            n_questions: found.n_questions,
            n_answers: found.n_answers,
            majority: found.majority,
            majority_interval: found.majority_interval,
            leave_one_out: found.leave_one_out,
            leave_one_out_bounds: None,
            two_people: Some(agreement_of_two(&trials)?),
            vice: Some(clustered_mean(&trials, vice.credits())?),
        })
    }
}

fn of(trials: &OddOneOut) -> Result<ChoiceNoiseCeiling> {
    let ceiling = ChoiceNoiseCeiling::new(trials, Confidence::default());
    ceiling.ok_or_else(|| Error::other("no triple was answered twice"))
}

/// Computes the share of pairs of answers to the same question that agree.
fn agreement_of_two(trials: &OddOneOut) -> Result<Estimate> {
    let frequencies = ChoiceFrequencies::from_trials(trials);
    let values = trials.as_slice().iter().map(|&trial| {
        let mut question = trial;
        question.sort_unstable();
        let position = frequencies.questions().binary_search(&question);
        let counts = frequencies.by_pair()[position.expect("a question of the trials")];
        let n: f64 = counts.iter().sum();
        // The pairs of a question are (0,1), (0,2), (1,2).
        let n_same = match question.map(|index| index == trial[2]) {
            [_, _, true] => counts[0],
            [_, true, _] => counts[1],
            _ => counts[2],
        };
        (n_same - 1.0) / (n - 1.0)
    });
    clustered_mean_of(trials, &values.collect::<Vec<_>>())
}
