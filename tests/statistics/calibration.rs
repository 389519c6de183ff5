//! Calibration, against scikit-learn, scipy and simulated observers whose temperature is known.

use approx::assert_relative_eq;
use human_alignment::calibration::{
    BestTemperature, Bins, Predictions, PublishedSearch, ReliabilityTable, ReliabilityTarget,
    SearchCriterion, TemperatureScaling, TemperatureSearchResult,
};
use human_alignment::dataset::{SimulatedObserver, TripletFile};
use human_alignment::error::ComputationError;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::metric::odd_one_out::TiePolicy;
use human_alignment::{
    AlignmentMetric, Anchored, AnchoredTask, FileSource, OddOneOut, OddOneOutTask, Precision,
    Representation, Similarity, SimilarityDataset, Stimuli, ZeroShotOddOneOut,
};
use ndarray::{Array2, array};

use crate::common;
use crate::common::refusals::assert_refused;

/// Twelve objects, f[i][j] = ((i·(2j + 3) + j²) % 7) / 4, in exact binary fractions.
fn representation() -> Representation {
    let features = Array2::from_shape_fn((12, 4), |(i, j)| ((i * (2 * j + 3) + j * j) % 7) as f32);
    Representation::new(Stimuli::numbered(12), features / 4.0).unwrap()
}

/// All triples of them; in three of five the most similar pair is chosen (the first of several), in the
/// others pair number % 3.
fn trials() -> OddOneOut {
    let features = representation().features().to_f64();
    let dot = |a: u32, b: u32| features.row(a as usize).dot(&features.row(b as usize));
    let mut trials = Vec::new();
    for a in 0..12 {
        for b in a + 1..12 {
            for c in b + 1..12 {
                let pairs = [[a, b, c], [a, c, b], [b, c, a]];
                let n = trials.len();
                let of = |pair: usize| dot(pairs[pair][0], pairs[pair][1]);
                let best = (1..3).fold(
                    0,
                    |best, pair| if of(pair) > of(best) { pair } else { best },
                );
                trials.push(pairs[if n % 5 < 3 { best } else { n % 3 }]);
            }
        }
    }
    OddOneOut::new(Stimuli::numbered(12), trials).unwrap()
}

fn metric() -> ZeroShotOddOneOut {
    ZeroShotOddOneOut::new(Similarity::Dot)
        .with_temperature(2.0)
        .unwrap()
}

fn predictions() -> Predictions<OddOneOutTask> {
    let choices = ChoiceFrequencies::trial_by_trial(&trials());
    Predictions::from_metric(&metric(), &representation(), &choices).unwrap()
}

fn check_table(
    table: &ReliabilityTable,
    counts: &[u64],
    accuracies: &[f64],
    confidences: &[f64],
    error: f64,
) {
    let found: Vec<u64> = table.bins.iter().map(|bin| bin.n_predictions).collect();
    assert_eq!(found, counts);
    assert_eq!(
        (accuracies.len(), confidences.len()),
        (counts.len(), counts.len())
    );
    for ((bin, &accuracy), &confidence) in table.bins.iter().zip(accuracies).zip(confidences) {
        assert_relative_eq!(bin.accuracy.value, accuracy, max_relative = 1e-12);
        assert_relative_eq!(bin.mean_confidence, confidence, max_relative = 1e-12);
        assert_relative_eq!(bin.gap.value, accuracy - confidence, epsilon = 1e-12);
        assert!(bin.interval.contains(bin.accuracy.value));
        assert!(bin.lower < confidence && confidence <= bin.upper);
    }
    assert_relative_eq!(
        table.expected_calibration_error,
        error,
        max_relative = 1e-12
    );
}

/// sklearn.calibration.calibration_curve(correct, P.max(1), n_bins=5, strategy="uniform") with
/// P = scipy.special.softmax(S / 2, axis=1) and ties counted as wrong; counts of
/// np.searchsorted(np.linspace(0, 1, 6)[1:-1], P.max(1)).
#[test]
fn bins_of_equal_width_are_those_of_scikit_learn() {
    let table =
        predictions().reliability(ReliabilityTarget::TopPair, Bins::equal_width(5).unwrap());
    check_table(
        &table,
        &[67, 110, 41, 2],
        &[
            0.492_537_313_432_835_8,
            0.736_363_636_363_636_3,
            0.707_317_073_170_731_7,
            1.0,
        ],
        &[
            0.375_639_357_581_318_7,
            0.493_195_534_483_389_2,
            0.658_437_763_652_27,
            0.825_901_289_123_481_9,
        ],
        0.167_876_833_458_585_42,
    );
    assert_relative_eq!(
        table.maximum_calibration_error,
        0.243_168_101_880_247_12,
        max_relative = 1e-12
    );
    let json = serde_json::to_string(&table).unwrap();
    assert_eq!(
        serde_json::from_str::<ReliabilityTable>(&json).unwrap(),
        table
    );
}

/// np.quantile(P.max(1), [.25, .5, .75], method="inverted_cdf"), then means by bin.
#[test]
fn bins_of_equal_mass_are_quantiles() {
    let table = predictions().reliability(ReliabilityTarget::TopPair, Bins::equal_mass(4).unwrap());
    check_table(
        &table,
        &[55, 60, 52, 53],
        &[
            0.454_545_454_545_454_53,
            0.683_333_333_333_333_3,
            0.769_230_769_230_769_3,
            0.735_849_056_603_773_5,
        ],
        &[
            0.370_358_989_069_695_33,
            0.428_126_343_762_813_06,
            0.528_105_803_153_346_5,
            0.651_854_148_123_304_3,
        ],
        0.167_876_833_458_585_53,
    );
    assert_relative_eq!(
        table.bins[1].upper,
        0.457_679_146_976_121,
        max_relative = 1e-12
    );
}

/// The same of np.eye(3)[y].ravel() and P.ravel().
#[test]
fn every_pair_is_a_prediction() {
    let table =
        predictions().reliability(ReliabilityTarget::EveryPair, Bins::equal_width(5).unwrap());
    check_table(
        &table,
        &[126, 381, 110, 41, 2],
        &[
            0.134_920_634_920_634_9,
            0.238_845_144_356_955_4,
            0.736_363_636_363_636_3,
            0.707_317_073_170_731_7,
            1.0,
        ],
        &[
            0.168_039_320_562_350_77,
            0.304_272_404_010_448_75,
            0.493_195_534_483_389_2,
            0.658_437_763_652_27,
            0.825_901_289_123_481_9,
        ],
        0.088_184_061_572_233_81,
    );
}

#[test]
fn scores_are_those_of_scikit_learn() {
    let score = predictions().score(Bins::equal_width(5).unwrap());
    // sklearn.metrics.log_loss(y, P), brier_score_loss(y, P, scale_by_half=False),
    // scipy.special.entr(P).sum(1).mean()
    assert_relative_eq!(
        score.cross_entropy.value,
        0.908_104_192_424_209,
        max_relative = 1e-12
    );
    assert_relative_eq!(
        score.brier.value,
        0.532_185_373_233_475_1,
        max_relative = 1e-12
    );
    assert_relative_eq!(
        score.mean_entropy,
        1.014_391_362_790_475,
        max_relative = 1e-12
    );
    assert_eq!(
        (score.n_questions, score.weight, score.n_ties),
        (220, 220.0, 21)
    );
    // With one answer a question there is no disagreement to take away.
    assert_relative_eq!(
        score.brier_of_shares.value,
        score.brier.value,
        max_relative = 1e-12
    );
    assert_relative_eq!(
        score.every_pair_calibration_error,
        0.088_184_061_572_233_81,
        max_relative = 1e-12
    );

    // As the metric has it.
    let reference = metric().score(&representation(), &trials()).unwrap();
    assert_relative_eq!(
        score.accuracy.value,
        reference.accuracy,
        max_relative = 1e-12
    );
    let (found, expected) = (score.accuracy.standard_error, reference.standard_error);
    assert_relative_eq!(found.unwrap(), expected.unwrap(), max_relative = 1e-9);
    assert_relative_eq!(
        score.cross_entropy.value,
        reference.cross_entropy,
        max_relative = 1e-11
    );

    let surprisals = metric().surprisals(&representation(), &trials()).unwrap();
    let mean = surprisals.iter().sum::<f64>() / 220.0;
    assert_relative_eq!(mean, reference.cross_entropy, max_relative = 1e-11);
}

#[test]
fn answers_to_a_question_may_be_put_together() {
    // Each third question once more, with another answer.
    let mut all = trials().as_slice().to_vec();
    let again: Vec<[u32; 3]> = all.iter().step_by(3).map(|&[a, b, c]| [a, c, b]).collect();
    all.extend(again);
    let all = OddOneOut::new(Stimuli::numbered(12), all).unwrap();
    let bins = Bins::equal_width(5).unwrap();
    let representation = representation();
    let of = |choices| Predictions::from_metric(&metric(), &representation, &choices).unwrap();
    let apart = of(ChoiceFrequencies::trial_by_trial(&all));
    let together = of(ChoiceFrequencies::from_trials(&all));
    assert_eq!((apart.len(), together.len()), (294, 220));
    let [apart_score, score] = [&apart, &together].map(|predictions| predictions.score(bins));
    for (apart, together) in [
        (apart_score.brier, score.brier),
        (apart_score.cross_entropy, score.cross_entropy),
        (apart_score.accuracy, score.accuracy),
    ] {
        assert_relative_eq!(apart.value, together.value, max_relative = 1e-12);
        let (apart, together) = (apart.standard_error, together.standard_error);
        assert_relative_eq!(apart.unwrap(), together.unwrap(), max_relative = 1e-9);
    }
    // brier_score_loss over 294 answers; the mean over answers of ((P − shares) ** 2).sum().
    assert_relative_eq!(
        score.brier.value,
        0.608_180_909_921_460_1,
        max_relative = 1e-12
    );
    assert_relative_eq!(
        score.brier_of_shares.value,
        0.356_480_229_649_351,
        max_relative = 1e-12
    );
    for &target in ReliabilityTarget::ALL {
        for bins in [bins, Bins::equal_mass(6).unwrap()] {
            let [apart, together] = [&apart, &together].map(|it| it.reliability(target, bins));
            assert_relative_eq!(
                apart.expected_calibration_error,
                together.expected_calibration_error,
                max_relative = 1e-12
            );
            assert_eq!(apart.bins.len(), together.bins.len());
            for (apart, together) in apart.bins.iter().zip(&together.bins) {
                assert_relative_eq!(apart.weight, together.weight);
                let (apart, together) = (apart.gap.standard_error, together.gap.standard_error);
                assert_eq!(apart.is_some(), together.is_some());
                let (apart, together) = (apart.unwrap_or(0.0), together.unwrap_or(0.0));
                assert_relative_eq!(apart, together, epsilon = 1e-9);
            }
        }
    }
}

#[test]
fn given_probabilities_are_scored_as_those_of_a_representation() {
    let choices = ChoiceFrequencies::trial_by_trial(&trials());
    let probabilities = metric()
        .probabilities(&representation(), &trials())
        .unwrap();
    let accuracies = [
        TiePolicy::Wrong,
        TiePolicy::Fractional,
        TiePolicy::PublishedAllEqual,
    ]
    .map(|ties| {
        let given = Predictions::new(&choices, probabilities.view()).unwrap();
        let given = given.with_ties(ties).score(Bins::default());
        let metric = metric().with_ties(ties);
        let own = Predictions::from_metric(&metric, &representation(), &choices).unwrap();
        let own = own.score(Bins::default());
        for (given, own) in [
            (
                given.expected_calibration_error,
                own.expected_calibration_error,
            ),
            (given.accuracy.value, own.accuracy.value),
            (given.cross_entropy.value, own.cross_entropy.value),
            (given.mean_entropy, own.mean_entropy),
        ] {
            assert_relative_eq!(given, own, max_relative = 1e-12);
        }
        own.accuracy.value
    });
    // Wrong, fractional, the first of two.
    assert!(
        accuracies[0] < accuracies[1] && accuracies[1] < accuracies[2],
        "{accuracies:?}"
    );
}

/// scipy.optimize.minimize_scalar of −scipy.special.log_softmax(β S, axis=1)[:, 0].mean().
#[test]
fn the_temperature_is_that_of_scipy() {
    let trials = trials();
    let scaling = TemperatureScaling::new(Similarity::Dot);
    let fit = |choices| scaling.fit(&representation(), &choices).unwrap();
    let found = fit(ChoiceFrequencies::trial_by_trial(&trials));
    assert_relative_eq!(
        found.temperature().unwrap(),
        1.085_755_178,
        max_relative = 1e-7
    );
    assert_relative_eq!(
        found.cross_entropy_after,
        0.866_835_167_517_538_1,
        max_relative = 1e-12
    );
    assert_relative_eq!(
        found.cross_entropy_before,
        0.868_008_137_243_723_4,
        max_relative = 1e-12
    );
    assert!((1..10).contains(&found.n_iterations), "{found:?}");
    // Put together, in single precision, and as the metric scores it.
    let together = fit(ChoiceFrequencies::from_trials(&trials));
    let (a, b) = (
        found.temperature().unwrap(),
        together.temperature().unwrap(),
    );
    assert_relative_eq!(a, b, max_relative = 1e-11);
    let single = scaling.with_precision(Precision::Single);
    let single = single.fit(&representation(), &ChoiceFrequencies::from_trials(&trials));
    assert_relative_eq!(
        single.unwrap().temperature().unwrap(),
        a,
        max_relative = 1e-6
    );
    let metric = ZeroShotOddOneOut::new(Similarity::Dot)
        .with_temperature(a)
        .unwrap();
    let score = metric.score(&representation(), &trials).unwrap();
    assert_relative_eq!(
        score.cross_entropy,
        found.cross_entropy_after,
        max_relative = 1e-11
    );
}

#[test]
fn the_temperature_follows_the_unit_of_similarities() {
    let choices = ChoiceFrequencies::from_trials(&trials());
    let features = representation().into_features().into_f32();
    let scaled = |factor: f32| {
        let scaled = Representation::new(Stimuli::numbered(12), &features * factor).unwrap();
        let fit = TemperatureScaling::new(Similarity::Dot).fit(&scaled, &choices);
        fit.unwrap().temperature().unwrap()
    };
    let at_one = scaled(1.0);
    for exponent in [-40, -7, 11, 60] {
        let factor = 2f64.powi(exponent);
        let expected = at_one * factor * factor;
        assert_relative_eq!(scaled(factor as f32), expected, max_relative = 1e-10);
    }
}

#[test]
fn an_end_is_told_from_a_temperature() {
    let features = array![[3.0, 0.0], [2.0, 0.0], [0.0, 3.0], [0.0, 2.0]];
    let representation = Representation::new(Stimuli::numbered(4), features).unwrap();
    let scaling = TemperatureScaling::new(Similarity::Dot);
    let fit = |trials: Vec<[u32; 3]>| {
        let trials = OddOneOut::new(Stimuli::numbered(4), trials).unwrap();
        scaling
            .fit(&representation, &ChoiceFrequencies::from_trials(&trials))
            .unwrap()
    };
    // Never wrong.
    let certain = fit(vec![[0, 1, 2], [2, 3, 0]]);
    assert_eq!(certain.best, BestTemperature::Zero);
    assert_eq!(
        (certain.cross_entropy_after, certain.temperature()),
        (0.0, None)
    );
    // Always wrong.
    let wrong = fit(vec![[0, 2, 1], [2, 0, 3]]);
    assert_eq!(wrong.best, BestTemperature::Infinite);
    assert_relative_eq!(wrong.cross_entropy_after, 3f64.ln());
    assert!(wrong.cross_entropy_before > 3.0);
    // Right in one of two: between the ends. With logits (6, 0, 0) / τ and the pair chosen in half of the
    // trials, p = ½ where exp(6/τ) = 2.
    let half = fit(vec![[0, 1, 2], [0, 2, 1]]);
    let expected = 6.0 / 2f64.ln();
    assert_relative_eq!(half.temperature().unwrap(), expected, max_relative = 1e-12);
    // All alike.
    let same = Representation::new(Stimuli::numbered(4), Array2::<f32>::ones((4, 2))).unwrap();
    let trials = OddOneOut::new(Stimuli::numbered(4), vec![[0, 1, 2]]).unwrap();
    assert_refused!(
        scaling.fit(&same, &ChoiceFrequencies::from_trials(&trials)),
        Computation(ComputationError::EqualSimilarities)
    );
    // Of anchored questions the third pair says nothing.
    let trials = vec![[0, 1, 2], [0, 2, 1], [0, 1, 3]];
    let trials = Anchored::new(Stimuli::numbered(4), trials).unwrap();
    let anchored = scaling
        .fit(&representation, &ChoiceFrequencies::from_trials(&trials))
        .unwrap();
    assert_relative_eq!(
        anchored.temperature().unwrap(),
        expected,
        max_relative = 1e-12
    );
    let predictions = Predictions::<AnchoredTask>::from_metric(
        &ZeroShotOddOneOut::new(Similarity::Dot)
            .with_temperature(expected)
            .unwrap(),
        &representation,
        &ChoiceFrequencies::from_trials(&trials),
    );
    let score = predictions.unwrap().score(Bins::default());
    assert_relative_eq!(
        score.cross_entropy.value,
        anchored.cross_entropy_after,
        max_relative = 1e-12
    );
}

#[test]
fn a_simulated_observer_has_the_temperature_that_is_found() {
    // No two pairs are equally similar.
    let features = Array2::from_shape_fn((40, 5), |(i, j)| ((i * 5 + j) as f32 * 1.7).sin() + 0.3);
    let representation = Representation::new(Stimuli::numbered(40), features).unwrap();
    for similarity in [
        Similarity::Dot,
        Similarity::Cosine,
        Similarity::NegativeEuclidean,
    ] {
        for temperature in [0.2, 2.0] {
            let observer = SimulatedObserver::new(representation.clone())
                .unwrap()
                .with_similarity(similarity)
                .with_temperature(temperature)
                .unwrap();
            let simulated = observer.odd_one_out(30_000, 5).unwrap();
            let choices = ChoiceFrequencies::from_trials(simulated.judgments());
            let fit = TemperatureScaling::new(similarity)
                .fit(&representation, &choices)
                .unwrap();
            let found = fit.temperature().unwrap();
            assert_relative_eq!(found, temperature, max_relative = 0.08);
            assert!(fit.cross_entropy_after <= fit.cross_entropy_before);

            // At the right temperature the gaps are within their errors; at a wrong one they are not.
            let calibrated = |temperature| {
                let metric = ZeroShotOddOneOut::new(similarity).with_temperature(temperature);
                let predictions =
                    Predictions::from_metric(&metric.unwrap(), &representation, &choices);
                predictions
                    .unwrap()
                    .reliability(ReliabilityTarget::TopPair, Bins::default())
            };
            let (right, wrong) = (calibrated(temperature), calibrated(3.0 * temperature));
            assert!(right.expected_calibration_error < 0.012, "{right:?}");
            assert!(
                wrong.expected_calibration_error > 3.0 * right.expected_calibration_error,
                "{similarity} {temperature}"
            );
            let within = right.bins.iter().filter(|bin| {
                bin.gap
                    .standard_error
                    .is_none_or(|error| bin.gap.value.abs() < 4.0 * error)
            });
            assert!(within.count() + 1 >= right.bins.len(), "{right:?}");
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let features =
        Array2::from_shape_fn((60, 5), |(i, j)| ((i * (3 * j + 5) + j) % 13) as f32 / 5.0);
    let representation = Representation::new(Stimuli::numbered(60), features).unwrap();
    let observer = SimulatedObserver::new(representation.clone()).unwrap();
    let simulated = observer.odd_one_out(20_000, 2).unwrap();
    let choices = ChoiceFrequencies::from_trials(simulated.judgments());
    let run = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        pool.install(|| {
            let fit = TemperatureScaling::new(Similarity::Cosine).fit(&representation, &choices);
            let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
            let predictions = Predictions::from_metric(&metric, &representation, &choices).unwrap();
            (
                fit.unwrap(),
                predictions.score(Bins::equal_mass(12).unwrap()),
            )
        })
    };
    assert_eq!(run(1), run(4));
}

fn check_search(
    search: &TemperatureSearchResult,
    criterion: SearchCriterion,
    expected: &[f64; 21],
) {
    assert_eq!(search.criterion, criterion);
    for ((point, &temperature), &value) in search
        .points
        .iter()
        .zip(&PublishedSearch::GRID)
        .zip(expected)
    {
        assert_eq!(point.temperature, temperature);
        assert_relative_eq!(point.value, value, max_relative = 1e-9);
    }
    assert_eq!(search.best.temperature, 0.005);
    assert!(!search.at_grid_end);
}

/// Made-up features of THINGS on the trials of people, with VICE's probabilities of the same questions:
/// scipy.spatial.distance.jensenshannon(softmax(D * t, axis=1), softmax(V, axis=1), axis=1).mean(), and
/// the published function for the calibration error.
#[test]
fn the_published_search_finds_what_it_finds_in_numpy() {
    let Some(shared) = common::shared() else {
        return;
    };
    let stimuli = Stimuli::numbered(1854);
    let read = |path| {
        let source = FileSource::open(shared.join(path))
            .unwrap()
            .with_ids(stimuli.clone());
        source.read().unwrap()
    };
    let vice = read("data/things/vice_embedding.npy");
    let features = read("goldens/things_features_a.npy");
    let people = shared.join("data/things/2171trials_humans.txt");
    let people = TripletFile::<OddOneOutTask>::read(people, stimuli.clone()).unwrap();
    let people = people.judgments();

    let probabilities = ZeroShotOddOneOut::new(Similarity::Dot)
        .probabilities(&vice, people)
        .unwrap();
    let given = probabilities
        .rows()
        .into_iter()
        .map(|row| [row[0], row[1], row[2]]);
    let given =
        ChoiceFrequencies::new(stimuli, people.as_slice().to_vec(), given.collect()).unwrap();
    let search = PublishedSearch::default();
    let found = search.by_jensen_shannon(&features, &given).unwrap();
    check_search(&found, SearchCriterion::JensenShannon, &JENSEN_SHANNON);
    let found = search.by_calibration_error(&features, people).unwrap();
    check_search(
        &found,
        SearchCriterion::CalibrationError,
        &CALIBRATION_ERROR,
    );

    // VICE is nearest to itself as it is.
    let itself = search.by_jensen_shannon(&vice, &given).unwrap();
    assert_eq!((itself.best.temperature, itself.at_grid_end), (1.0, true));
    assert!(itself.best.value < 1e-7);

    // scipy.optimize.minimize_scalar as above: people's choices under VICE and under the features.
    let choices = ChoiceFrequencies::from_trials(people);
    let fit = |features| {
        TemperatureScaling::new(Similarity::Dot)
            .fit(features, &choices)
            .unwrap()
    };
    let of_vice = fit(&vice);
    assert_relative_eq!(
        of_vice.temperature().unwrap(),
        0.963_869_361,
        max_relative = 1e-6
    );
    assert_relative_eq!(
        of_vice.cross_entropy_before,
        0.787_767_303_934_567_6,
        max_relative = 1e-9
    );
    assert_relative_eq!(
        of_vice.cross_entropy_after,
        0.787_520_384_620_515_8,
        max_relative = 1e-9
    );
    let of_features = fit(&features);
    assert_relative_eq!(
        of_features.temperature().unwrap(),
        266.239_98,
        max_relative = 1e-6
    );
    assert_relative_eq!(
        of_features.cross_entropy_before,
        85.448_458_259_212_33,
        max_relative = 1e-9
    );
    assert_relative_eq!(
        of_features.cross_entropy_after,
        0.814_626_227_211_184_3,
        max_relative = 1e-9
    );
}

const JENSEN_SHANNON: [f64; 21] = [
    0.373846603752,
    0.373458350907,
    0.372591241146,
    0.369577753668,
    0.359821271110,
    0.354203452198,
    0.342843034134,
    0.307638080350,
    0.202272943998,
    0.153488781620,
    0.086799650841,
    0.095320005116,
    0.181401774224,
    0.197762734266,
    0.214250895554,
    0.230701177332,
    0.240489896384,
    0.242112593396,
    0.243732427057,
    0.245349265090,
    0.246317876033,
];

const CALIBRATION_ERROR: [f64; 21] = [
    0.359225315687,
    0.358687462550,
    0.357709363625,
    0.354343364282,
    0.343097465544,
    0.336703730921,
    0.324088816602,
    0.287068659164,
    0.184704887971,
    0.135888144113,
    0.065071539364,
    0.084970294776,
    0.212548271715,
    0.236161609110,
    0.259770048171,
    0.283011458130,
    0.296635247340,
    0.298876225807,
    0.301107978613,
    0.303330241921,
    0.304658938457,
];
