//! Comparisons of models, noise ceilings from elsewhere, and probes on some data sets.

use human_alignment::error::ArgumentError;
use human_alignment::inference::{Confidence, Correction, Interval, benjamini_yekutieli, holm};
use human_alignment::metric::rsa::Comparator;
use human_alignment::probe::ProbeCrossValidation;
use human_alignment::study::{
    AlignmentCovariance, Contrast, Measures, Metric, MetricQuantity, Model, Study, StudyRow,
    StudyTable,
};
use human_alignment::transfer::PairedMetric;
use human_alignment::{
    Dissimilarity, Probe, Representation, Similarity, SimilarityDataset, ZeroShotOddOneOut,
    dataset::SimulatedObserver,
};

use crate::common::refusals::assert_refused;
use crate::runs::{features, near, only, people, rdms};

fn model(name: &str, seed: u64) -> Model {
    let features = near(&features(1), 0.5, seed);
    Model::new(name)
        .on("choices", features.clone())
        .on("distances", features)
}

fn study(measures: Measures) -> Study {
    Study::new(measures)
        .with_dataset("choices", people())
        .unwrap()
        .with_dataset("distances", rdms())
        .unwrap()
        .with_model(model("one", 2).with_tap("late", 1))
        .unwrap()
        .with_model(model("other", 3))
        .unwrap()
}

fn accuracy() -> Metric {
    Metric::of(MetricQuantity::Accuracy(Similarity::Cosine))
}

#[test]
fn differences_of_models_are_paired() {
    let measures = Measures::default().with_bootstrap(100).unwrap();
    let measures = measures.with_comparison("one late", "other");
    let cache = tempfile::tempdir().unwrap();
    let run = || {
        let study = study(measures.clone()).with_cache(cache.path());
        study.run().unwrap()
    };
    let table = run();
    assert_eq!(table, run());
    assert_eq!(table.failures().count(), 0);
    let against = || Contrast::Model("other".into());
    let difference = accuracy().against(against());
    let found = only(&table, "one late", "choices", &difference);
    let found = found.measured.unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
    let both = [2, 3].map(|seed| near(&features(1), 0.5, seed));
    let both = [(&metric, &both[0]), (&metric, &both[1])];
    let (_, expected) = ZeroShotOddOneOut::score_both(both, &people()).unwrap();
    let expected = expected.unwrap();
    assert_eq!(found.value, expected.difference.value);
    assert_eq!(found.interval, Some(expected.interval));
    assert_eq!((found.n, found.ceiling), (2000, None));

    let rsa = Metric::of(MetricQuantity::Rsa {
        dissimilarity: Some(Dissimilarity::Correlation),
        comparator: Comparator::Spearman,
    });
    let found = only(&table, "one late", "distances", &rsa.against(against()));
    assert!(found.measured.unwrap().interval.is_some());
    assert_eq!(table.of("choices", &difference).count(), 1);

    for [one, other] in [["one", "other"], ["one late", "nobody"]] {
        let measures = Measures::default().with_comparison(one, other);
        assert_refused!(
            study(measures).run(),
            Argument(ArgumentError::InvalidParameter { .. })
        );
    }
}

/// All differences of a study are one family, whatever their data set, layer and metric.
#[test]
fn differences_are_one_family() {
    let measures = Measures::default().with_bootstrap(100).unwrap();
    let measures = measures
        .with_comparison("other", "one late")
        .with_all_comparisons()
        .with_correction(Correction::BenjaminiYekutieli);
    let mut table = study(measures).run().unwrap();
    let is_difference = |row: &&StudyRow| {
        let metric = row.metric.as_ref().expect("no failures");
        metric.contrast.is_some() && row.measured.unwrap().standard_error.is_some()
    };
    let family: Vec<&StudyRow> = table.rows.iter().filter(is_difference).collect();
    let datasets = ["choices", "distances"];
    assert!(
        datasets
            .iter()
            .all(|name| family.iter().filter(|row| row.dataset == *name).count() > 0)
    );
    let p_values: Vec<f64> = family
        .iter()
        .map(|row| row.measured.unwrap().estimate().unwrap().p_value())
        .collect();
    let found: Vec<f64> = family.iter().map(|row| row.p_value.unwrap()).collect();
    assert_eq!(found, p_values);
    let adjusted = |table: &StudyTable| -> Vec<f64> {
        let rows = table.rows.iter();
        rows.filter_map(|row| row.adjusted_p_value).collect()
    };
    assert_eq!(adjusted(&table), benjamini_yekutieli(&p_values));
    table.adjust(Correction::Holm);
    assert_eq!(adjusted(&table), holm(&p_values));
    // A smaller table is a smaller family.
    table.rows.retain(|row| row.dataset == "choices");
    table.adjust(Correction::Holm);
    let n = adjusted(&table).len();
    assert!(0 < n && n < p_values.len());
}

#[test]
fn networks_are_ranked_by_all_their_differences() {
    let measures = Measures::default()
        .with_bootstrap(100)
        .unwrap()
        .with_all_comparisons();
    let table = study(measures).run().unwrap();
    let ranks = table
        .ranks("choices", &accuracy(), Confidence::default())
        .unwrap();
    let labels: Vec<String> = ranks.iter().map(|(row, _)| row.label()).collect();
    assert_eq!(labels, ["one late", "other"]);
    let difference = accuracy().against(Contrast::Model("other".into()));
    let difference = only(&table, "one late", "choices", &difference);
    let first = match difference.value().unwrap() > 0.0 {
        true => [1, 2],
        false => [2, 1],
    };
    assert_eq!([ranks[0].1.rank, ranks[1].1.rank], first);
    // Of two models, one is ranked before the other if their difference is significant.
    let is_known = difference.p_value.unwrap() <= 0.05;
    let sets: Vec<usize> = ranks
        .iter()
        .map(|(_, rank)| rank.worst - rank.best)
        .collect();
    assert_eq!(sets, [usize::from(!is_known); 2]);
    let without = study(Measures::default()).run().unwrap();
    assert_refused!(
        without.ranks("choices", &accuracy(), Confidence::default()),
        Argument(ArgumentError::InvalidParameter { .. })
    );
}

#[test]
fn a_noise_ceiling_may_come_from_other_trials() {
    let interval = |lower, upper| Interval { lower, upper };
    let ceiling = |table: &human_alignment::study::StudyTable| {
        let row = only(table, "other", "choices", &accuracy());
        row.measured.unwrap().ceiling
    };
    let cache = tempfile::tempdir().unwrap();
    let of = |study: Study| study.with_cache(cache.path()).run().unwrap();
    let own = ceiling(&of(study(Measures::default())));
    let given = interval(0.65, 0.7);
    let with_ceiling = study(Measures::default()).with_ceiling("choices", given);
    // Accuracies from the cache have the new ceiling.
    assert_ne!(own, Some(given));
    assert_eq!(ceiling(&of(with_ceiling.unwrap())), Some(given));
    assert_eq!(ceiling(&of(study(Measures::default()))), own);
    for (dataset, refused) in [
        ("distances", given),
        ("elsewhere", given),
        ("choices", interval(0.7, 0.6)),
        ("choices", interval(-0.1, 0.6)),
        ("choices", interval(0.5, 1.1)),
        ("choices", interval(f64::NAN, 0.6)),
    ] {
        assert_refused!(
            study(Measures::default()).with_ceiling(dataset, refused),
            Argument(ArgumentError::InvalidParameter { .. })
        );
    }
}

#[test]
fn probes_are_learned_on_some_data_sets() {
    let observer = SimulatedObserver::new(features(1)).unwrap();
    let others = observer.odd_one_out(500, 9).unwrap().judgments().clone();
    let probe = ProbeCrossValidation::new(Probe::new(0.01).unwrap().with_tolerance(1e-3).unwrap());
    let measures = Measures::default()
        .with_bootstrap(0)
        .unwrap()
        .with_probe(probe)
        .with_transfer("choices", "others")
        .with_transfer("choices", "distances")
        .with_transfer("others", "choices");
    let with = |model: Model| model.on("others", near(&features(1), 0.5, 2));
    let table = Study::new(measures)
        .with_dataset("choices", people())
        .unwrap()
        .with_dataset("others", others)
        .unwrap()
        .with_dataset("distances", rdms())
        .unwrap()
        .with_model(with(model("all", 2)))
        .unwrap()
        .with_model(with(model("some", 2)).with_probes_on(["choices"]))
        .unwrap()
        .with_model(with(model("none", 2)).without_probes())
        .unwrap()
        .run()
        .unwrap();
    assert_eq!(table.failures().count(), 0);
    let has = |label: &str, dataset: &str, quantity: MetricQuantity| {
        let metric = Metric::of(quantity);
        table.of(dataset, &metric).any(|row| row.model == label)
    };
    let from = |name: &str| MetricQuantity::Transferred { from: name.into() };
    let to_distances = || MetricQuantity::RsaTransferred {
        from: "choices".into(),
        comparator: Comparator::Spearman,
    };
    for (label, on_choices, on_others) in [
        ("all", true, true),
        ("some", true, false),
        ("none", false, false),
    ] {
        assert_eq!(has(label, "choices", MetricQuantity::Probed), on_choices);
        assert_eq!(has(label, "others", MetricQuantity::Probed), on_others);
        assert_eq!(has(label, "others", from("choices")), on_choices);
        assert_eq!(has(label, "distances", to_distances()), on_choices);
        assert_eq!(has(label, "choices", from("others")), on_others);
    }
}

#[test]
fn covariances_are_those_of_the_credits_and_are_cached() {
    let people = people();
    let caches = [0; 2].map(|_| tempfile::tempdir().unwrap());
    let features = [features(2), near(&features(1), 0.5, 3)];
    let study = |first: &Representation, cache: &tempfile::TempDir| {
        Study::new(Measures::default())
            .with_cache(cache.path())
            .with_dataset("choices", people.clone())
            .unwrap()
            .with_model(Model::new("a").on("choices", first.clone()))
            .unwrap()
            .with_model(Model::new("b").on("choices", features[1].clone()))
            .unwrap()
    };
    let studied = study(&features[0], &caches[0]);
    let table = studied.run().unwrap();
    let accuracy = Metric::of(MetricQuantity::Accuracy(Similarity::Cosine));
    let rows: Vec<&StudyRow> = table.of("choices", &accuracy).collect();
    let found = studied.accuracy_covariance("choices", &rows).unwrap();
    assert_eq!(
        studied.accuracy_covariance("choices", &rows).unwrap(),
        found
    );

    let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
    let values = features.each_ref().map(|features| -> Vec<f64> {
        let outcomes = metric.outcomes(features, &people).unwrap();
        outcomes
            .credits()
            .iter()
            .map(|credit| credit.value())
            .collect()
    });
    let values = values.each_ref().map(Vec::as_slice);
    assert_eq!(
        found,
        AlignmentCovariance::of_trials(&people, &values).unwrap()
    );

    // Rows of other features and of other metrics.
    let other = study(&near(&features[0], 0.1, 5), &caches[1]);
    assert_refused!(
        other.accuracy_covariance("choices", &rows),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    let mut of_other_metric = rows[0].clone();
    of_other_metric.metric = Some(Metric::of(MetricQuantity::Agreement));
    assert_refused!(
        studied.accuracy_covariance("choices", &[&of_other_metric]),
        Argument(ArgumentError::InvalidParameter { .. })
    );
}
