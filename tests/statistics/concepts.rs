//! Analysis by concept: simulated observers with known answers, and THINGS with VICE.

use approx::assert_relative_eq;
use human_alignment::agreement::Choices;
use human_alignment::concept::{
    ConceptEmbedding, ExpectedAccuracy, GroupAlignment, GroupAnalysis, GroupAnalysisResult,
    Membership, SharedFailures, TrialGroups, read_labels,
};
use human_alignment::dataset::{LabelTriplets, SimulatedObserver, TripletFile};
use human_alignment::error::ArgumentError;
use human_alignment::inference::{
    Confidence, Credit, Estimate, Folds, clustered_mean, clustered_mean_of,
};
use human_alignment::{
    FileSource, OddOneOut, OddOneOutTask, Representation, Ridge, Similarity, Stimuli,
    ZeroShotOddOneOut,
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::refusals::assert_refused;

const N: u32 = 60;

/// Sixty objects, each of one of four dimensions only, and of that more or less.
fn one_dimension_each() -> Representation {
    let features = Array2::from_shape_fn((N as usize, 4), |(object, dimension)| {
        f32::from(u8::from(object % 4 == dimension)) * (1.0 + object as f32 / 100.0)
    });
    Representation::new(Stimuli::numbered(N), features).unwrap()
}

/// Trials with two objects of one dimension and a third of another.
fn trials() -> OddOneOut {
    let labels: Vec<String> = (0..N).map(|object| (object % 4).to_string()).collect();
    let trials = LabelTriplets::new(Stimuli::numbered(N), &labels, 4000, 1).unwrap();
    trials.into_judgments()
}

fn without(dimensions: &[usize]) -> Vec<Credit> {
    let mut features = one_dimension_each().into_features().into_f32();
    dimensions
        .iter()
        .for_each(|&dimension| features.column_mut(dimension).fill(0.0));
    let representation = Representation::new(Stimuli::numbered(N), features).unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let trials = trials();
    let outcomes = metric.outcomes(&representation, &trials).unwrap();
    outcomes.credits().to_vec()
}

fn accuracies(found: &GroupAnalysisResult) -> Vec<f64> {
    let accuracy = |group: &GroupAlignment| group.accuracy.unwrap().value;
    found.groups.iter().map(accuracy).collect()
}

#[test]
fn a_model_fails_where_it_misses_a_dimension() {
    let trials = trials();
    let embedding = ConceptEmbedding::new(one_dimension_each()).unwrap();
    let embedding = embedding
        .with_names(["animal", "food", "tool", "red"])
        .unwrap();
    let groups = TrialGroups::by_dimension(&embedding, &trials, 1).unwrap();
    let of_groups: Vec<usize> = (0..4).map(|n| groups.trials(n).unwrap().len()).collect();
    assert_eq!((of_groups, groups.n_ungrouped()), (vec![1000; 4], 0));

    let found = GroupAnalysis::default()
        .run(&trials, &groups, &without(&[2]), None)
        .unwrap();
    assert_eq!(accuracies(&found), [1.0, 1.0, 0.0, 1.0]);
    assert_eq!(found.accuracy.value, 0.75);
    assert_eq!(found.cross_entropy, None);
    let worst = found.by_accuracy()[0];
    assert_eq!(
        (worst.name.as_str(), worst.n_trials, worst.is_sparse),
        ("tool", 1000, false)
    );
    assert_eq!(worst.difference.unwrap().value, -0.75);
    let p = worst.adjusted_p_value.unwrap();
    assert!(p < 1e-4, "{p}");
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(
        serde_json::from_str::<GroupAnalysisResult>(&json).unwrap(),
        found
    );

    let models = [without(&[2]), without(&[2, 3]), without(&[1, 2])];
    let models = models.each_ref().map(Vec::as_slice);
    let failures = SharedFailures::new(&models, &groups).unwrap();
    assert_eq!(failures.trials, groups.trials(2).unwrap());
    assert_eq!(failures.expected, 4000.0 * 0.25 * 0.5 * 0.5);
    let n_failed: Vec<usize> = failures.groups.iter().map(|group| group.n_failed).collect();
    assert_eq!(n_failed, [0, 0, 1000, 0]);
}

/// Six trials without an object in common, so that the errors are those of independent trials.
#[test]
fn errors_are_those_of_a_calculation_by_hand() {
    let trials = (0..6).map(|trial| [0, 1, 2].map(|object| 3 * trial + object));
    let trials = OddOneOut::new(Stimuli::numbered(18), trials.collect()).unwrap();
    let groups = [("red".to_owned(), vec![0, 1, 2, 3])];
    let groups = TrialGroups::new(6, groups).unwrap();
    let credits = [true, true, false, true, false, false].map(Credit::from);
    let costs = [1.0, 2.0, 3.0, 2.0, 5.0, 5.0];
    let probabilities = Array2::from_elem((6, 3), 1.0 / 3.0);
    for n_trials in [5, 7] {
        let of_others = |_: &OddOneOut| TrialGroups::new(n_trials, [("red".to_owned(), vec![4])]);
        let expected = ExpectedAccuracy::default();
        assert_refused!(
            expected.run(&trials, probabilities.view(), of_others),
            Argument(ArgumentError::LengthMismatch { .. })
        );
    }
    let analysis = GroupAnalysis::default().with_min_trials(4).unwrap();
    let found = analysis
        .run(&trials, &groups, &credits, Some(&costs))
        .unwrap();
    let group = &found.groups[0];
    let of = |estimate: Option<Estimate>| {
        let estimate = estimate.unwrap();
        (estimate.value, estimate.standard_error.unwrap())
    };
    assert_eq!((found.n_ungrouped, group.is_sparse), (2, false));
    // Squared residuals of 3/4 in all, over 4 · 3.
    assert_eq!(of(group.accuracy), (0.75, 0.25));
    // The score interval of 3 of 4 for n = 0.75 · 0.25 / 0.25² = 3 independent trials, with the
    // square of t = 3.182446, the quantile for 3 degrees of freedom, instead of 1.96².
    let interval = group.interval.unwrap();
    let squared = 3.182_446_f64.powi(2);
    let centre = 0.75 + squared / 6.0;
    let half = (squared * (0.75 * 0.25 / 3.0 + squared / 36.0)).sqrt();
    for (end, expected) in [
        (interval.lower, centre - half),
        (interval.upper, centre + half),
    ] {
        assert_relative_eq!(end, expected / (1.0 + squared / 3.0), max_relative = 1e-5);
    }
    // 1 + 0 + 1 + 0, over 4 · 3.
    let (cross_entropy, error) = of(group.cross_entropy);
    assert_eq!(cross_entropy, 2.0);
    assert_relative_eq!(error, (2.0f64 / 12.0).sqrt(), max_relative = 1e-12);
    let cross_entropy = group.cross_entropy.unwrap();
    let interval = cross_entropy.interval(Confidence::default());
    assert_relative_eq!(interval.upper, 2.0 + 3.182_446 * error, epsilon = 1e-6);
    // Right ones of the group move the difference by 1/4 − 4/6 · 1/2 = −1/12, the wrong one by
    // −3/4 + 4/6 · 1/2 = −5/12, the others by 4/6 · 1/2 = 1/3: 5/12 in squares, over 4 · 3.
    let (difference, error) = of(group.difference);
    assert_eq!(difference, 0.25);
    assert_relative_eq!(error, (5.0f64 / 144.0).sqrt(), max_relative = 1e-12);
}

#[test]
fn the_whole_is_no_different_from_itself() {
    let trials = trials();
    let everything = vec![("everything".to_owned(), (0..4000).collect())];
    let groups = TrialGroups::new(4000, everything).unwrap();
    let credits = without(&[2]);
    let costs: Vec<f64> = (0..4000).map(|n| f64::from(n % 7)).collect();
    let found = GroupAnalysis::default()
        .run(&trials, &groups, &credits, Some(&costs))
        .unwrap();
    let group = &found.groups[0];
    assert_eq!(group.accuracy, Some(found.accuracy));
    assert_eq!(found.accuracy, clustered_mean(&trials, &credits).unwrap());
    assert_eq!(group.cross_entropy, found.cross_entropy);
    assert_eq!(
        found.cross_entropy,
        Some(clustered_mean_of(&trials, &costs).unwrap())
    );
    assert_eq!(group.difference.unwrap().value, 0.0);
    assert_relative_eq!(
        group.difference.unwrap().standard_error.unwrap(),
        0.0,
        epsilon = 1e-12
    );
    assert_eq!(group.p_value, Some(1.0));
}

#[test]
fn few_trials_are_said_to_be_few() {
    let trials = trials();
    let groups = [
        ("none", vec![]),
        ("few", (0..29).collect()),
        ("some", (0..30).collect()),
    ];
    let groups = groups.map(|(name, trials)| (name.to_owned(), trials));
    let groups = TrialGroups::new(4000, groups).unwrap();
    let run = |analysis: GroupAnalysis| {
        analysis
            .run(&trials, &groups, &without(&[2]), None)
            .unwrap()
    };
    let found = run(GroupAnalysis::default());
    let [none, few, some] = &found.groups[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        (none.accuracy, none.is_sparse, none.p_value),
        (None, true, None)
    );
    assert!(few.is_sparse && few.accuracy.is_some() && few.p_value.is_none());
    assert!(!some.is_sparse && some.p_value.is_some());
    assert_eq!(found.by_accuracy(), [some]);
    let found = run(GroupAnalysis::default().with_min_trials(10).unwrap());
    assert!(!found.groups[1].is_sparse);
    assert!(GroupAnalysis::default().with_min_trials(1).is_err());

    let few = GroupAnalysis::default().run(&trials, &groups, &without(&[2])[..9], None);
    assert_refused!(
        few,
        Argument(ArgumentError::LengthMismatch { found: 9, .. })
    );
    let others = TrialGroups::new(10, []).unwrap();
    let refused = GroupAnalysis::default().run(&trials, &others, &without(&[2]), None);
    assert_refused!(
        refused,
        Argument(ArgumentError::LengthMismatch {
            expected: 4000,
            found: 10,
            ..
        })
    );
}

#[test]
fn what_the_human_embedding_predicts_is_told_apart() {
    let features = Array2::from_shape_fn((80, 4), |(i, j)| 1.0 + ((i * 4 + j) as f32 * 1.7).sin());
    let human = Representation::new(Stimuli::numbered(80), features).unwrap();
    let people = SimulatedObserver::new(human.clone()).unwrap();
    let trials = people.odd_one_out(5000, 2).unwrap().into_judgments();
    let embedding = ConceptEmbedding::new(human.clone()).unwrap();
    let groups = TrialGroups::by_predictability(&embedding, &trials).unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let outcomes = metric.outcomes(&human, &trials).unwrap();
    let costs = metric.surprisals(&human, &trials).unwrap();
    let analysis = GroupAnalysis::default();
    let found = analysis
        .run(&trials, &groups, outcomes.credits(), Some(&costs))
        .unwrap();
    assert_eq!(groups.names(), ["human-predictable", "other"]);
    assert_eq!(accuracies(&found), [1.0, 0.0]);
    assert_eq!(found.groups[0].n_trials, outcomes.counts().n_correct);
    let [predictable, other] = [0, 1].map(|n: usize| found.groups[n].cross_entropy.unwrap().value);
    let (score, all) = (outcomes.score(), found.cross_entropy.unwrap().value);
    assert!(predictable < all && all < other);
    assert_relative_eq!(all, score.cross_entropy, max_relative = 1e-11);
}

/// Tests of groups that do not differ reject as rarely as they say, though objects differ.
#[test]
fn groups_that_do_not_differ_are_rarely_told_apart() {
    const REPLICATES: usize = 600;

    let (n_objects, n_trials) = (90u32, 3000);
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut n_rejected = 0;
    for _ in 0..REPLICATES {
        let effects: Vec<f64> = (0..n_objects)
            .map(|_| rng.random_range(-0.2..0.2))
            .collect();
        let in_group: Vec<bool> = (0..n_objects).map(|_| rng.random_bool(0.3)).collect();
        let (mut trials, mut credits, mut group) = (Vec::new(), Vec::new(), Vec::new());
        while trials.len() < n_trials {
            let [a, b, c]: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..n_objects));
            if a == b || a == c || b == c {
                continue;
            }
            if in_group[a as usize] {
                group.push(trials.len());
            }
            let effect: f64 = [a, b, c]
                .map(|object| effects[object as usize])
                .iter()
                .sum();
            credits.push(Credit::from(rng.random_bool(0.5 + effect / 2.0)));
            trials.push([a, b, c]);
        }
        let trials = OddOneOut::new(Stimuli::numbered(n_objects), trials).unwrap();
        let groups = TrialGroups::new(n_trials, [("group".to_owned(), group)]).unwrap();
        let found = GroupAnalysis::default()
            .run(&trials, &groups, &credits, None)
            .unwrap();
        n_rejected += usize::from(found.groups[0].p_value.unwrap() < 0.05);
    }
    let share = n_rejected as f64 / REPLICATES as f64;
    assert!((0.02..0.08).contains(&share), "{share}");
}

/// The 2,171 trials of THINGS, by the dimensions of VICE and by category. Counts by numpy:
/// ((V[a] + V[b]) / 2).argmax(1), np.argsort(-means, axis=1, kind="stable").
#[test]
fn people_and_language_models_by_the_dimensions_of_vice() {
    let Some(shared) = common::shared() else {
        return;
    };
    let things = shared.join("data/things");
    let stimuli = Stimuli::numbered(1854);
    let read = |who: &str| {
        let path = things.join(format!("2171trials_{who}.txt"));
        TripletFile::<OddOneOutTask>::read(path, stimuli.clone())
            .unwrap()
            .into_judgments()
    };
    let people = read("humans");
    let credits = |who: &str| {
        Choices::from_trials(who, &read(who))
            .credits(&people)
            .unwrap()
    };
    let (gpt_4, chat_gpt) = (credits("GPT_4"), credits("ChatGPT_3.5"));
    let vice = FileSource::open(things.join("vice_embedding.npy")).unwrap();
    let vice = vice.with_ids(stimuli.clone()).read().unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let of_vice = metric.outcomes(&vice, &people).unwrap();
    let costs = metric.surprisals(&vice, &people).unwrap();
    let embedding = ConceptEmbedding::new(vice.clone()).unwrap();

    let dimensions = [22usize, 41, 8, 31, 38];
    let count = |k| {
        let groups = TrialGroups::by_dimension(&embedding, &people, k).unwrap();
        dimensions.map(|dimension| groups.trials(dimension).unwrap().len())
    };
    assert_eq!(count(1), [718, 486, 0, 132, 25]);
    assert_eq!(count(2), [989, 636, 11, 331, 76]);

    let groups = TrialGroups::by_dimension(&embedding, &people, 1).unwrap();
    let analysis = GroupAnalysis::default();
    let run = |credits: &[Credit]| {
        analysis
            .run(&people, &groups, credits, Some(&costs))
            .unwrap()
    };
    for (credits, n_correct, expected) in [
        (&gpt_4[..], 993.0, [317, 234, 0, 58, 11]),
        (&chat_gpt, 754.0, [234, 190, 0, 37, 11]),
        (of_vice.credits(), 1433.0, [508, 290, 0, 81, 12]),
    ] {
        let found = run(credits);
        assert_eq!(found.accuracy.value, n_correct / 2171.0);
        assert_eq!(
            found.groups.iter().filter(|group| !group.is_sparse).count(),
            9
        );
        for (dimension, n_correct) in dimensions.into_iter().zip(expected) {
            let group = &found.groups[dimension];
            let accuracy = group.accuracy.map_or(0.0, |accuracy| accuracy.value);
            assert_relative_eq!(
                accuracy * group.n_trials as f64,
                f64::from(n_correct),
                epsilon = 1e-9
            );
            assert_eq!(group.is_sparse, group.n_trials < 30);
        }
    }
    let found = run(of_vice.credits());
    let of_22 = &found.groups[22];
    assert_relative_eq!(
        of_22.cross_entropy.unwrap().value,
        0.730_223_053_643_478_2,
        max_relative = 1e-9
    );
    assert_relative_eq!(
        found.cross_entropy.unwrap().value,
        0.787_767_303_934_567_6,
        max_relative = 1e-9
    );
    assert!(
        found
            .groups
            .iter()
            .all(|group| group.adjusted_p_value >= group.p_value)
    );

    // What VICE itself predicts is easier for language models too.
    let predictable = TrialGroups::by_predictability(&embedding, &people).unwrap();
    for (credits, [n_predictable, n_other]) in
        [(&gpt_4, [826.0, 167.0]), (&chat_gpt, [604.0, 150.0])]
    {
        let found = analysis.run(&people, &predictable, credits, None).unwrap();
        assert_eq!(
            (found.groups[0].n_trials, found.groups[1].n_trials),
            (1433, 738)
        );
        assert_relative_eq!(
            accuracies(&found)[0],
            n_predictable / 1433.0,
            max_relative = 1e-12
        );
        assert_relative_eq!(accuracies(&found)[1], n_other / 738.0, max_relative = 1e-12);
        assert!(found.groups[0].adjusted_p_value.unwrap() < 1e-6);
    }

    let failures = SharedFailures::new(&[&gpt_4, &chat_gpt], &groups).unwrap();
    assert_eq!(failures.trials.len(), 990);
    assert_relative_eq!(
        failures.expected,
        768.874_251_497_006_1,
        max_relative = 1e-12
    );
    let n_failed = dimensions.map(|dimension| failures.groups[dimension].n_failed);
    assert_eq!(n_failed, [334, 208, 0, 67, 9]);
    let failures = SharedFailures::new(&[&gpt_4, &chat_gpt, of_vice.credits()], &groups).unwrap();
    assert_eq!(failures.trials.len(), 497);

    // Categories stand in the table of objects, in the order of the embedding.
    let concepts = things.join("things_concepts.tsv");
    let ids = Stimuli::read_column(&concepts, "uniqueID").unwrap();
    let column = "Top-down Category (manual selection)";
    let labels = read_labels(&concepts, "uniqueID", column, &ids).unwrap();
    let of = |membership, category: &str| {
        let groups = TrialGroups::by_category(&people, &labels, membership).unwrap();
        let found = analysis.run(&people, &groups, &gpt_4, None).unwrap();
        let group = found
            .groups
            .into_iter()
            .find(|group| group.name == category)
            .unwrap();
        let n_correct = group.accuracy.unwrap().value * group.n_trials as f64;
        (group.n_trials, n_correct.round() as u64)
    };
    assert_eq!(of(Membership::BothOfPair, "food"), (39, 37));
    assert_eq!(of(Membership::BothOfPair, "animal"), (24, 24));
    assert_eq!(of(Membership::AnyShown, "food"), (524, 263));
    assert_eq!(of(Membership::AnyShown, "animal"), (373, 202));

    // How well each dimension can be predicted from features that were made of VICE.
    let features = FileSource::open(shared.join("goldens/things_features_a.npy")).unwrap();
    let features = features.with_ids(stimuli).read().unwrap();
    let ridge = Ridge::new([1.0, 100.0]).unwrap();
    let folds = Folds::contiguous(1854, 5).unwrap();
    let validation = ridge.cross_validate(&features, &vice, &folds).unwrap();
    let r2 = embedding.label(validation.pooled_r2()).unwrap();
    assert_eq!((r2.len(), r2[41].0), (42, "dimension 41"));
    let mean = r2.iter().map(|&(_, value)| value).sum::<f64>() / 42.0;
    assert_relative_eq!(mean, validation.mean_pooled_r2(), max_relative = 1e-12);
}
