//! Accuracies of single people and their agreement, against scipy and on real people.

use approx::assert_relative_eq;
use human_alignment::agreement::ParticipantAgreement;
use human_alignment::error::{ArgumentError, JudgmentError};
use human_alignment::individual::{ParticipantAccuracies, RandomEffects, shrink};
use human_alignment::inference::{Confidence, Credit};
use human_alignment::{OddOneOut, Stimuli};

use crate::common;
use crate::common::refusals::assert_refused;
use crate::uncertainty::crossed;

const VALUES: [f64; 6] = [0.52, 0.61, 0.47, 0.70, 0.58, 0.66];
const VARIANCES: [f64; 6] = [0.001, 0.002, 0.0005, 0.003, 0.001, 0.0015];

/// Checks τ and its interval against the roots by scipy.optimize.brentq of Q(τ²) minus 5 and minus
/// scipy.stats.chi2.ppf, and p against chi2.sf.
#[test]
fn random_effects_are_the_roots_of_q() {
    let found = RandomEffects::fit(&VALUES, &VARIANCES, Confidence::default()).unwrap();
    assert_relative_eq!(
        found.standard_deviation,
        0.076_841_624_175_368_44,
        max_relative = 1e-7
    );
    assert_relative_eq!(found.mean, 0.582_696_904_639_604_2, max_relative = 1e-9);
    assert_relative_eq!(
        found.standard_error,
        0.034_928_819_458_317_69,
        max_relative = 1e-7
    );
    assert_relative_eq!(found.q, 31.958_585_858_585_86, max_relative = 1e-10);
    assert_relative_eq!(found.p_value, 6.054_508_448_161_771e-6, max_relative = 1e-7);
    assert_relative_eq!(
        found.interval.lower,
        0.039_029_289_794_660_24,
        max_relative = 1e-6
    );
    assert_relative_eq!(
        found.interval.upper,
        0.206_755_980_043_115_52,
        max_relative = 1e-6
    );
}

/// Checks p and the interval of τ against scipy.stats.f with 5 and 8 degrees of freedom.
#[test]
fn estimated_variances_have_the_f_distribution() {
    let confidence = Confidence::default();
    let found = RandomEffects::fit_estimated(&VALUES, &VARIANCES, 8.0, confidence).unwrap();
    assert_relative_eq!(
        found.p_value,
        0.011_164_183_694_511_595,
        max_relative = 1e-7
    );
    assert_relative_eq!(
        found.interval.lower,
        0.017_539_462_182_561_73,
        max_relative = 1e-6
    );
    assert_relative_eq!(
        found.interval.upper,
        0.219_559_783_968_198_53,
        max_relative = 1e-6
    );
    let known = RandomEffects::fit(&VALUES, &VARIANCES, confidence).unwrap();
    let almost = RandomEffects::fit_estimated(&VALUES, &VARIANCES, 1e9, confidence).unwrap();
    assert_relative_eq!(almost.p_value, known.p_value, max_relative = 1e-2);
    assert_relative_eq!(
        almost.interval.upper,
        known.interval.upper,
        max_relative = 1e-4
    );
    for degrees_of_freedom in [0.0, f64::NAN, f64::INFINITY] {
        assert_refused!(
            RandomEffects::fit_estimated(&VALUES, &VARIANCES, degrees_of_freedom, confidence),
            Argument(ArgumentError::InvalidParameter { .. })
        );
    }
}

/// Posterior means, standard deviations and shrinkages.
const SHRUNKEN: [[f64; 3]; 6] = [
    [
        0.525_359_147_407_528_9,
        0.030_762_824_520_624_91,
        0.085_346_889_778_972_44,
    ],
    [
        0.605_974_095_926_462_3,
        0.041_966_755_060_551_5,
        0.149_804_162_134_830_8,
    ],
    [
        0.475_199_099_505_069_3,
        0.022_401_497_049_682_25,
        0.046_193_806_478_113_78,
    ],
    [
        0.676_458_924_755_321_2,
        0.052_631_416_218_396_156,
        0.201_820_933_827_437_3,
    ],
    [
        0.580_238_334_020_790_5,
        0.030_494_900_470_506_882,
        0.085_346_889_778_972_44,
    ],
    [
        0.650_796_445_019_806,
        0.037_593_769_509_444_284,
        0.119_490_767_833_029_52,
    ],
];

/// Checks posterior means, standard deviations and shrinkages against scipy.integrate.quad over τ².
#[test]
fn shrunken_values_are_posterior_means() {
    let found = shrink(&VALUES, &VARIANCES).unwrap();
    for (unit, [value, standard_error, shrinkage]) in found.iter().zip(SHRUNKEN) {
        assert_relative_eq!(unit.value, value, max_relative = 1e-9);
        assert_relative_eq!(unit.standard_error, standard_error, max_relative = 1e-7);
        assert_relative_eq!(unit.shrinkage, shrinkage, max_relative = 1e-7);
    }
    // Equal units are shrunken to their mean, except for the factor (k − 3) / (k − 1).
    let equal = RandomEffects::fit(&[0.5; 5], &[0.01; 5], Confidence::default()).unwrap();
    assert_eq!((equal.standard_deviation, equal.p_value), (0.0, 1.0));
    let few = shrink(&[0.5, 0.7], &[0.01; 2]).unwrap();
    assert_eq!((few[1].value, few[1].shrinkage), (0.7, 0.0));
}

#[test]
fn people_at_chance_are_counted() {
    // Nine people are right in 80 % of 60 trials, and one person in 20 %.
    let (mut trials, mut credits, mut people) = (Vec::new(), Vec::new(), Vec::new());
    for person in 0..10u32 {
        for trial in 0..60u32 {
            let first = 3 * (60 * person + trial);
            trials.push([first, first + 1, first + 2]);
            credits.push(Credit::from((trial % 5 == 0) == (person == 3)));
            people.push(format!("p{person}"));
        }
    }
    let trials = OddOneOut::new(Stimuli::numbered(1800), trials).unwrap();
    let trials = trials.with_participants(people).unwrap();
    let found = ParticipantAccuracies::new(&trials, &credits, Confidence::default()).unwrap();
    assert_eq!(
        (found.n_at_or_below_chance, found.n_not_above_chance),
        (1, 1)
    );
    assert_eq!(found.participants[3].id, "p3");
    assert_relative_eq!(found.participants[3].accuracy, 0.2);
    assert!(found.participants[3].shrunken.value > 0.2);
    assert!(found.distribution.p_value < 1e-6);
    // No two trials share an object.
    assert_eq!(found.common_variance, 0.0);

    let anonymous = OddOneOut::new(Stimuli::numbered(1800), trials.as_slice().to_vec()).unwrap();
    assert_refused!(
        ParticipantAccuracies::new(&anonymous, &credits, Confidence::default()),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    assert_refused!(
        ParticipantAccuracies::new(&trials, &vec![Credit::FULL; 600], Confidence::default()),
        Argument(ArgumentError::InvalidParameter { .. })
    );
}

/// Compares 199 people who answered the same 440 questions. Agreements by numpy:
/// `(odd[:, None] == odd[None]).mean(2)`.
#[test]
fn people_on_crossed_questions() {
    let Some(shared) = common::shared() else {
        return;
    };
    let trials = crossed(&shared, &Stimuli::numbered(1854));
    let found = ParticipantAgreement::new(&trials, 400, Confidence::default()).unwrap();
    assert_eq!((found.n_questions, found.pairs.len()), (440, 199 * 198 / 2));
    assert_relative_eq!(
        found.agreement.value,
        0.464_607_934_068_875_2,
        max_relative = 1e-12
    );
    let pair = found.pair(1, 0).unwrap();
    assert_eq!(pair.n_shared, 440);
    assert_relative_eq!(pair.agreement.agreement.value, 0.484_090_909_090_909_07);
    let of = |person: usize| found.participants[person].agreement.unwrap().value;
    assert_relative_eq!(of(0), 0.431_852_617_079_889_76, max_relative = 1e-12);
    assert_relative_eq!(of(190), 0.325_677_226_813_590_46, max_relative = 1e-12);
    assert!(found.participants[190].is_at_chance && !found.participants[0].is_at_chance);
    let largest = found
        .participants
        .iter()
        .map(|it| it.agreement.unwrap().value);
    assert_relative_eq!(
        largest.fold(0.0, f64::max),
        0.522_164_830_119_375_3,
        max_relative = 1e-12
    );
}

#[test]
fn a_person_who_answers_at_random_is_an_outlier() {
    let (mut trials, mut people) = (Vec::new(), Vec::new());
    for person in 0..9u32 {
        for question in 0..60u32 {
            let (a, b, c) = (question, 60 + question, 120 + question);
            // People deviate from each other in different questions; the last one always does.
            let deviates = person == 8 || (question + person) % (12 + person) == 0;
            trials.push(if deviates { [b, c, a] } else { [a, b, c] });
            people.push(person.to_string());
        }
    }
    // The second answer to a question is not counted.
    trials.push([1, 61, 121]);
    people.push("8".into());
    let trials = OddOneOut::new(Stimuli::numbered(180), trials).unwrap();
    let trials = trials.with_participants(people).unwrap();
    let found = ParticipantAgreement::new(&trials, 1, Confidence::default()).unwrap();
    assert_eq!(found.participants[8].n_answers, 60);
    let outliers = found.participants.iter().filter(|person| person.is_outlier);
    assert_eq!(
        outliers
            .map(|person| person.id.as_str())
            .collect::<Vec<_>>(),
        ["8"]
    );
    assert_eq!((found.n_outliers, found.n_at_chance), (1, 1));
}

#[test]
fn agreement_needs_questions_of_several_people() {
    let trials = OddOneOut::new(Stimuli::numbered(6), vec![[0, 1, 2], [3, 4, 5]]).unwrap();
    assert_refused!(
        ParticipantAgreement::new(&trials, 1, Confidence::default()),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    let trials = trials.with_participants(["Ann", "Bob"]).unwrap();
    assert_refused!(
        ParticipantAgreement::new(&trials, 1, Confidence::default()),
        Judgment(JudgmentError::NoTrials)
    );
}
