//! Agreement of two sources, corrected for chance.

use serde::{Deserialize, Serialize};

use crate::inference::{
    ClusteredTrials, Confidence, Credit, Estimate, Interval, Term, linearized, mean_over_trials,
};

/// The agreement of two sources.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PairAgreement {
    /// Index of one source, 0-based.
    pub first: usize,
    /// Index of the other source, 0-based.
    pub second: usize,
    /// Share of questions in which the sources agree, in [0, 1], with its standard error.
    pub agreement: Estimate,
    /// Confidence interval of the agreement, within [0, 1].
    pub interval: Interval,
    /// Expected agreement of two independent sources that give each answer as often as these
    /// sources.
    pub expected: f64,
    /// Cohen's κ (1960), (agreement − expected) / (1 − expected), in [−1, 1]: 0 for agreement by
    /// chance, 1 for perfect agreement. `None` if it is undefined, because both sources always give
    /// the same one answer. The standard error is by the delta method.
    pub kappa: Option<Estimate>,
    /// Confidence interval of κ, within [−1, 1].
    pub kappa_interval: Option<Interval>,
}

/// Compares the answers of two sources to the same questions, below `N` each; `None` agrees with no
/// answer, not even with another `None`. `estimate` computes an estimate over the questions.
pub(super) fn compare<const N: usize>(
    [first, second]: [usize; 2],
    answers: [&[Option<u8>]; 2],
    confidence: Confidence,
    estimate: impl Fn(&dyn Fn(ClusteredTrials<'_>) -> Estimate) -> Estimate,
) -> PairAgreement {
    let n = answers[0].len() as f64;
    let pairs = || answers[0].iter().zip(answers[1]);
    let agree = |a: Option<u8>, b: Option<u8>| a.is_some() && a == b;
    let credits: Vec<Credit> = pairs().map(|(&a, &b)| agree(a, b).into()).collect();
    let agreement = estimate(&|questions| mean_over_trials(questions, &credits));

    let [p, q] = answers.map(|answers| {
        let mut counts = [0u64; N];
        for &answer in answers.iter().flatten() {
            counts[usize::from(answer)] += 1;
        }
        counts.map(|count| count as f64 / n)
    });
    let expected: f64 = p.iter().zip(&q).map(|(p, q)| p * q).sum();
    let disagreement = 1.0 - expected;
    let kappa = (disagreement > 1e-12).then(|| {
        let observed = agreement.value;
        let value = (observed - expected) / disagreement;
        // Derivatives of κ with respect to the observed and the expected agreement, and the
        // contribution of each question to both.
        let by_expected = -(1.0 - observed) / (disagreement * disagreement);
        let share = |shares: &[f64; N], answer: Option<u8>| {
            answer.map_or(0.0, |answer| shares[usize::from(answer)])
        };
        let terms: Vec<Term> = pairs()
            .map(|(&a, &b)| {
                let observed = f64::from(u8::from(agree(a, b))) - observed;
                let expected = share(&q, a) + share(&p, b) - 2.0 * expected;
                Term {
                    residual: observed / disagreement + by_expected * expected,
                    weight: 1.0,
                }
            })
            .collect();
        estimate(&|questions| linearized(value, questions, &terms))
    });
    PairAgreement {
        first,
        second,
        agreement,
        interval: agreement.interval_within(confidence, [0.0, 1.0]),
        expected,
        kappa_interval: kappa.map(|kappa| kappa.interval_within(confidence, [-1.0, 1.0])),
        kappa,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn of<const N: usize>(a: &[Option<u8>], b: &[Option<u8>]) -> PairAgreement {
        // No two questions share an object.
        let questions: Vec<[u32; 3]> = (0..a.len() as u32)
            .map(|n| [3 * n, 3 * n + 1, 3 * n + 2])
            .collect();
        compare::<N>([0, 1], [a, b], Confidence::default(), |of| {
            of(ClusteredTrials::new(&questions, 3 * a.len(), None))
        })
    }

    #[test]
    fn kappa_is_that_of_scikit_learn() {
        let a = [0, 1, 2, 2, 1, 0, 0, 1, 2, 0].map(Some);
        let b = [0, 1, 1, 2, 1, 0, 2, 1, 2, 2].map(Some);
        let found = of::<3>(&a, &b);
        assert_relative_eq!(found.agreement.value, 0.7);
        // sklearn.metrics.cohen_kappa_score(a, b)
        assert_relative_eq!(
            found.kappa.unwrap().value,
            0.558_823_529_411_764_7,
            epsilon = 1e-12
        );
    }

    /// Checks that the standard error of the delta method equals the jackknife for many questions,
    /// if no object is shared.
    #[test]
    fn the_error_of_kappa_is_that_of_leaving_questions_out() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..400 {
            let answer: u8 = rng.random_range(0..3);
            a.push((rng.random::<f64>() > 0.05).then_some(answer));
            b.push(Some(if rng.random::<f64>() < 0.5 {
                answer
            } else {
                rng.random_range(0..2)
            }));
        }
        let found = of::<3>(&a, &b).kappa.unwrap();
        let without = |left_out: usize| {
            let mut of_both = [a.clone(), b.clone()];
            of_both.iter_mut().for_each(|answers| {
                answers.remove(left_out);
            });
            of::<3>(&of_both[0], &of_both[1]).kappa.unwrap().value
        };
        let values: Vec<f64> = (0..400).map(without).collect();
        let mean = values.iter().sum::<f64>() / 400.0;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let jackknife = (squares * 399.0 / 400.0).sqrt();
        assert_relative_eq!(
            found.standard_error.unwrap(),
            jackknife,
            max_relative = 0.01
        );
    }

    #[test]
    fn what_is_undecided_agrees_with_nothing() {
        let a = [Some(0), None, None, Some(1)];
        let found = of::<3>(&a, &a);
        assert_eq!(found.agreement.value, 0.5);
        assert_eq!(found.expected, 0.125);
        assert_relative_eq!(found.kappa.unwrap().value, 0.375 / 0.875);
    }

    #[test]
    fn one_answer_for_everything_leaves_kappa_undefined() {
        let found = of::<2>(&[Some(1); 5], &[Some(1); 5]);
        assert_eq!((found.agreement.value, found.kappa), (1.0, None));
        let found = of::<2>(&[Some(1); 5], &[Some(0); 5]);
        assert_eq!(found.kappa.unwrap().value, 0.0);
    }
}
