//! A study is its metrics, one after another; what fails is a row; what was found is not computed again.

use human_alignment::error::{ArgumentError, ErrorKind, FileError, JudgmentError};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use human_alignment::agreement::{AgreementMatrix, Choices, ErrorConsistency};
use human_alignment::calibration::{Bins, Predictions, TemperatureScaling};
use human_alignment::dataset::SimulatedObserver;
use human_alignment::inference::{Confidence, Folds, clustered_mean};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::metric::cka::Kernel;
use human_alignment::metric::rsa::{Comparator, RsaBootstrap};
use human_alignment::probe::ProbeCrossValidation;
use human_alignment::study::{
    Contrast, LayerChoice, Measures, Metric, MetricQuantity, Model, ModelOutput, Study, StudyRow,
    StudyTable,
};
use human_alignment::{
    AlignmentMetric, Cka, ConceptEmbedding, Dissimilarity, Error, OddOneOut, Probe, Rdm, RdmSet,
    Representation, RepresentationSource, RepresentationalSimilarity, Result, Ridge, Similarity,
    SimilarityDataset, Stimuli, ZeroShotOddOneOut, transfer,
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::refusals::{assert_kind, assert_refused};

/// Features of 24 stimuli.
pub fn features(seed: u64) -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let features = Array2::from_shape_simple_fn((24, 5), || rng.random_range(-1.0..1.0f32));
    Representation::new(Stimuli::numbered(24), features).unwrap()
}

/// A noisy copy.
pub fn near(other: &Representation, noise: f32, seed: u64) -> Representation {
    let mixed = other.features().to_f32() + noise * features(seed).features().to_f32();
    Representation::new(other.stimuli().clone(), mixed).unwrap()
}

fn constant() -> Representation {
    Representation::new(Stimuli::numbered(24), Array2::<f32>::ones((24, 5))).unwrap()
}

pub fn people() -> OddOneOut {
    let observer = SimulatedObserver::new(features(1)).unwrap();
    observer.odd_one_out(2000, 1).unwrap().judgments().clone()
}

pub fn rdms() -> RdmSet {
    let of = |seed| {
        Dissimilarity::Correlation
            .rdm(&near(&features(1), 0.7, seed))
            .unwrap()
    };
    RdmSet::numbered((20..24).map(of).collect()).unwrap()
}

fn cosine() -> ZeroShotOddOneOut {
    ZeroShotOddOneOut::new(Similarity::Cosine)
}

fn measures() -> Measures {
    let probe = ProbeCrossValidation::new(Probe::new(0.002).unwrap().with_tolerance(1e-5).unwrap());
    Measures::default()
        .with_bootstrap(100)
        .unwrap()
        .with_probe(probe)
        .with_transfer("choices", "distances")
        .with_calibration(Bins::default())
        .with_agreement()
        .with_cka(Cka::new(Kernel::Linear).unwrap())
}

/// Three models, one of them with two layers, on two data sets.
fn study() -> Study {
    let model = |name: &str, features: Representation| {
        Model::new(name)
            .on("choices", features.clone())
            .on("distances", features)
    };
    Study::new(measures())
        .with_seed(7)
        .with_dataset("choices", people())
        .unwrap()
        .with_dataset("distances", rdms())
        .unwrap()
        .with_model(model("net", features(2)).with_tap("early", 1))
        .unwrap()
        .with_model(model("net", near(&features(1), 0.5, 3)).with_tap("late", 2))
        .unwrap()
        .with_model(model("other", features(4)))
        .unwrap()
}

pub fn only<'t>(
    table: &'t StudyTable,
    label: &str,
    dataset: &str,
    metric: &Metric,
) -> &'t StudyRow {
    let mut rows = table.of(dataset, metric).filter(|row| row.label() == label);
    let row = rows
        .next()
        .unwrap_or_else(|| panic!("no {metric} of {label} on {dataset}"));
    assert!(
        rows.next().is_none(),
        "{metric} of {label} on {dataset} twice"
    );
    row
}

#[test]
fn numbers_are_those_of_the_metrics() {
    let table = study().run().unwrap();
    let failures: Vec<_> = table.failures().collect();
    assert!(failures.is_empty(), "{failures:?}");
    let late = near(&features(1), 0.5, 3);

    for similarity in [Similarity::Cosine, Similarity::Dot] {
        let score = ZeroShotOddOneOut::new(similarity)
            .score(&late, &people())
            .unwrap();
        let row = only(
            &table,
            "net late",
            "choices",
            &Metric::of(MetricQuantity::Accuracy(similarity)),
        );
        let measured = row.measured.unwrap();
        assert_eq!(measured.value, score.accuracy);
        assert_eq!(measured.interval, Some(score.interval));
        assert_eq!((measured.n, measured.n_ties), (2000, Some(0)));
        assert_eq!((row.seed, row.depth), (None, Some(2)));
        assert_eq!(row.content_hash, late.fingerprint());
        assert_eq!(row.data_hash, people().fingerprint());
        let row = only(
            &table,
            "net late",
            "choices",
            &Metric::of(MetricQuantity::CrossEntropy(similarity)),
        );
        assert_eq!(row.value(), Some(score.cross_entropy));
    }
    let accuracy = |label, similarity| {
        let metric = Metric::of(MetricQuantity::Accuracy(similarity));
        only(&table, label, "choices", &metric).value().unwrap()
    };
    let gain = Metric::of(MetricQuantity::Accuracy(Similarity::Dot))
        .against(Contrast::Similarity(Similarity::Cosine));
    let gain = only(&table, "other", "choices", &gain).measured.unwrap();
    let expected = accuracy("other", Similarity::Dot) - accuracy("other", Similarity::Cosine);
    assert!((gain.value - expected).abs() < 1e-12);
    let gain = Metric::of(MetricQuantity::Accuracy(Similarity::Cosine))
        .against(Contrast::Layer("early".into()));
    let gain = only(&table, "net late", "choices", &gain).measured.unwrap();
    let expected =
        accuracy("net late", Similarity::Cosine) - accuracy("net early", Similarity::Cosine);
    assert!((gain.value - expected).abs() < 1e-12);
    assert!(gain.interval.unwrap().lower > 0.0);

    let (dissimilarity, comparator) = (Dissimilarity::Correlation, Comparator::Spearman);
    let metric = RepresentationalSimilarity::new(dissimilarity, comparator)
        .with_bootstrap(RsaBootstrap::new(100, 7).unwrap());
    let score = metric.score(&late, &rdms()).unwrap();
    let rsa = Metric::of(MetricQuantity::Rsa {
        dissimilarity: Some(dissimilarity),
        comparator,
    });
    let measured = only(&table, "net late", "distances", &rsa)
        .measured
        .unwrap();
    assert_eq!(measured.value, score.value);
    assert_eq!(measured.interval, score.interval);
    assert_eq!(measured.n, 24 * 23 / 2);
    let per_person = Metric::of(MetricQuantity::RsaPerPerson {
        dissimilarity: Some(dissimilarity),
        comparator,
    });
    let measured = only(&table, "net late", "distances", &per_person)
        .measured
        .unwrap();
    assert_eq!(measured.value, score.mean_per_person);
    assert_eq!(measured.interval, score.interval_per_person);
    assert_eq!(
        measured.ceiling.unwrap().lower,
        score.ceiling.unwrap().lower
    );

    let probe = ProbeCrossValidation::new(Probe::new(0.002).unwrap().with_tolerance(1e-5).unwrap());
    let pooled = probe.run(&late, &people()).unwrap().pooled;
    let measured = only(
        &table,
        "net late",
        "choices",
        &Metric::of(MetricQuantity::Probed),
    )
    .measured
    .unwrap();
    assert_eq!(measured.value, pooled.probed.accuracy.value);
    let measured = only(
        &table,
        "net late",
        "choices",
        &Metric::of(MetricQuantity::Probed).against(Contrast::Unlearned),
    )
    .measured
    .unwrap();
    assert_eq!(measured.value, pooled.difference.difference.value);

    let (fitted, _) = probe.choose(&late, &people()).unwrap();
    let fit = fitted
        .fit(&late, &ChoiceFrequencies::from_trials(&people()))
        .unwrap();
    let transferred = transfer(fit.transform(), &late, &rdms(), &metric).unwrap();
    let moved = Metric::of(MetricQuantity::RsaTransferred {
        from: "choices".into(),
        comparator,
    });
    let measured = only(&table, "net late", "distances", &moved)
        .measured
        .unwrap();
    assert_eq!(measured.value, transferred.after.value);

    let late_choices = Choices::from_representation("", &cosine(), &late, &people()).unwrap();
    let other_choices =
        Choices::from_representation("", &cosine(), &features(4), &people()).unwrap();
    let said = Choices::from_trials("", &people());
    let level = Confidence::default();
    let with = || "other".to_owned();
    let pair = |one, other| AgreementMatrix::new(&[one, other], level).unwrap().pairs[1];
    let errors = ErrorConsistency::new(&said, &[&late_choices, &other_choices], level).unwrap();
    for (metric, pair) in [
        (
            Metric::of(MetricQuantity::Kappa),
            pair(&said, &late_choices),
        ),
        (
            Metric::of(MetricQuantity::Kappa).against(Contrast::Model(with())),
            pair(&late_choices, &other_choices),
        ),
        (
            Metric::of(MetricQuantity::ErrorConsistency).against(Contrast::Model(with())),
            errors.pairs[1],
        ),
    ] {
        let measured = only(&table, "net late", "choices", &metric)
            .measured
            .unwrap();
        assert_eq!(measured.value, pair.kappa.unwrap().value);
        assert_eq!(measured.interval, pair.kappa_interval);
    }
    // Only the last layer of a network chooses.
    let kappa = Metric::of(MetricQuantity::Kappa);
    let mut early = table.of("choices", &kappa);
    assert!(early.all(|row| row.label() != "net early"));

    let similarity = Similarity::Cosine;
    let choices = ChoiceFrequencies::from_trials(&people());
    let fit = TemperatureScaling::new(similarity)
        .fit(&late, &choices)
        .unwrap();
    let scaled = cosine()
        .with_temperature(fit.temperature().unwrap())
        .unwrap();
    let predictions = Predictions::from_metric(&scaled, &late, &choices).unwrap();
    let score = predictions.score(Bins::default());
    for (metric, value) in [
        (
            Metric::of(MetricQuantity::Temperature(similarity)),
            fit.temperature().unwrap(),
        ),
        (
            Metric::of(MetricQuantity::ScaledCrossEntropy(similarity)),
            score.cross_entropy.value,
        ),
        (
            Metric::of(MetricQuantity::CalibrationError(similarity)),
            score.expected_calibration_error,
        ),
        (
            Metric::of(MetricQuantity::Brier(similarity)),
            score.brier.value,
        ),
    ] {
        assert_eq!(
            only(&table, "net late", "choices", &metric).value(),
            Some(value)
        );
    }

    let cka = Cka::new(Kernel::Linear).unwrap();
    for (first, with, expected) in [
        ("net early", "net late", cka.compare(&features(2), &late)),
        ("net late", "other", cka.compare(&late, &features(4))),
    ] {
        let row = only(
            &table,
            first,
            "choices",
            &Metric::of(MetricQuantity::Cka).against(Contrast::Model(with.into())),
        );
        assert!((row.value().unwrap() - expected.unwrap()).abs() < 1e-12);
    }
}

/// A source that fails, and one that counts how often it is asked.
struct Source<'c> {
    features: Result<Representation>,
    n_asked: &'c AtomicUsize,
}

impl RepresentationSource for Source<'static> {
    fn name(&self) -> &str {
        "source"
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        self.n_asked.fetch_add(1, Ordering::Relaxed);
        match &self.features {
            Ok(features) => features.select(stimuli),
            Err(error) => Err(Error::other(error.to_string())),
        }
    }

    fn key(&self, _: &Stimuli) -> Result<Option<String>> {
        Ok(Some("the same".into()))
    }
}

#[test]
fn what_fails_is_a_row_and_the_others_are_measured() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let broken = Source {
        features: Err(Error::other("there are no images")),
        n_asked: &ASKED,
    };
    let with = study()
        .with_model(Model::new("broken").on("choices", ModelOutput::Source(Box::new(broken))))
        .unwrap()
        .with_model(
            Model::new("flat")
                .on("choices", constant())
                .on("distances", constant()),
        )
        .unwrap()
        .run()
        .unwrap();
    let failures: Vec<(String, String)> = with
        .failures()
        .map(|row| (row.label(), row.failure.clone().unwrap()))
        .collect();
    let is_broken =
        |(model, failure): &(String, String)| model == "broken" && failure == "there are no images";
    assert!(failures.iter().any(is_broken));
    let reasons = ["do not vary", "are equal"];
    let of_flat: Vec<&String> = failures
        .iter()
        .filter(|(label, _)| label == "flat")
        .map(|(_, reason)| reason)
        .collect();
    assert!(
        of_flat
            .iter()
            .any(|reason| reasons.iter().any(|part| reason.contains(part)))
    );
    // A constant representation has no correlation and no CKA, but ties in every trial.
    let metric = Metric::of(MetricQuantity::Accuracy(Similarity::Cosine));
    let flat = only(&with, "flat", "choices", &metric).measured.unwrap();
    assert_eq!((flat.value, flat.n_ties), (0.0, Some(2000)));
    // All other rows are those of a study without the two.
    let without = study().run().unwrap();
    assert!(!without.rows.is_empty());
    let with = without_adjustment(&with.rows);
    for row in without_adjustment(&without.rows) {
        assert!(with.contains(&row), "{row:?}");
    }
}

#[test]
fn what_was_found_is_not_computed_again() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        let counted = Source {
            features: Ok(features(9)),
            n_asked: &ASKED,
        };
        let study = study()
            .with_model(Model::new("counted").on("choices", ModelOutput::Source(Box::new(counted))))
            .unwrap();
        study.with_cache(folder.path()).run().unwrap()
    };
    let first = run();
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    let files = || {
        fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().path())
    };
    let n_files = files().count();
    assert_eq!(run(), first);
    assert_eq!(
        (ASKED.load(Ordering::Relaxed), files().count()),
        (1, n_files)
    );

    // An entry that was cut short is computed again, and then as it was.
    let before: Vec<(PathBuf, Vec<u8>)> = files()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    for (path, whole) in &before {
        fs::write(path, &whole[..whole.len() / 2]).unwrap();
    }
    assert_eq!(run(), first);
    for (path, whole) in &before {
        assert_eq!(&fs::read(path).unwrap(), whole);
    }
}

/// Returns the files of a cache, without those of their hashes, sorted.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut entries: Vec<PathBuf> = files
        .filter(|path| path.extension().unwrap() != "seal")
        .collect();
    entries.sort();
    entries
}

#[test]
fn a_cache_notices_what_was_changed_or_exchanged() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        let measures = Measures::default().with_bootstrap(20).unwrap();
        let study = Study::new(measures)
            .with_cache(folder.path())
            .with_dataset("choices", people())
            .unwrap()
            .with_dataset("distances", rdms())
            .unwrap();
        let study = (1..3).fold(study, |study, seed| {
            let source = Named(format!("net {seed}"), features(seed), &UNCOUNTED);
            let model = Model::new(format!("net {seed}")).on("choices", source);
            let model = model.on("distances", features(seed));
            study.with_model(model).unwrap()
        });
        study.run().unwrap()
    };
    static UNCOUNTED: AtomicUsize = AtomicUsize::new(0);
    let first = run();
    let entries = entries(folder.path());
    let endings = |ending: &str| {
        let of_kind = entries
            .iter()
            .filter(|path| path.extension().unwrap() == ending);
        of_kind.cloned().collect::<Vec<_>>()
    };
    let kinds = ["json", "safetensors"].map(endings);
    assert!(kinds[0].len() > 3 && kinds[1].len() == 2, "{entries:?}");

    // One digit or one bit of each entry.
    for path in &entries {
        let whole = fs::read(path).unwrap();
        let mut changed = whole.clone();
        let is_digit = |byte: &u8| (b'1'..=b'8').contains(byte);
        let place = match path.extension().unwrap() == "json" {
            true => changed.iter().position(is_digit),
            false => Some(changed.len() - 2),
        };
        let Some(place) = place else { continue };
        changed[place] ^= 1;
        fs::write(path, &changed).unwrap();
        assert_eq!(run(), first, "{}", path.display());
        assert_eq!(fs::read(path).unwrap(), whole, "{}", path.display());
    }
    // Two entries, with and without their hashes.
    let exchange = |left: &Path, right: &Path| {
        let kept = folder.path().join("kept.seal");
        fs::rename(left, &kept).unwrap();
        fs::rename(right, left).unwrap();
        fs::rename(&kept, right).unwrap();
    };
    let seal = |path: &Path| PathBuf::from(format!("{}.seal", path.display()));
    for kind in &kinds {
        for pair in kind.windows(2) {
            for with_seals in [false, true] {
                let before = [0, 1].map(|n| fs::read(&pair[n]).unwrap());
                exchange(&pair[0], &pair[1]);
                if with_seals {
                    exchange(&seal(&pair[0]), &seal(&pair[1]));
                }
                assert_eq!(run(), first, "{pair:?}");
                assert_eq!([0, 1].map(|n| fs::read(&pair[n]).unwrap()), before);
            }
        }
    }
    // An entry whose hash is gone.
    fs::remove_file(seal(&entries[0])).unwrap();
    assert_eq!(run(), first);
    assert!(seal(&entries[0]).exists());
}

#[test]
fn a_cache_knows_other_settings_and_other_data() {
    let folder = tempfile::tempdir().unwrap();
    let run = |measures: Measures, seed| {
        let study = Study::new(measures)
            .with_seed(seed)
            .with_cache(folder.path())
            .with_dataset("distances", rdms())
            .unwrap();
        let study = study
            .with_model(Model::new("net").on("distances", features(2)))
            .unwrap();
        study.run().unwrap().rows
    };
    let measures = || Measures::default().with_bootstrap(50).unwrap();
    let first = run(measures(), 1);
    assert_ne!(run(measures(), 2)[0].measured, first[0].measured);
    let pearson = [(Dissimilarity::Correlation, Comparator::Pearson)];
    assert_ne!(
        run(measures().with_rsa(pearson), 1)[0].value(),
        first[0].value()
    );
    let euclidean = [(Dissimilarity::Euclidean, Comparator::Spearman)];
    assert_ne!(
        run(measures().with_rsa(euclidean), 1)[0].value(),
        first[0].value()
    );
    assert_eq!(run(measures(), 1), first);
}

#[test]
fn a_cache_that_cannot_be_written_ends_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::write(&taken, "").unwrap();
    let error = study().with_cache(&taken).run().unwrap_err();
    assert_kind!(error, File(FileError::Write { path, .. }) if *path == taken);
}

#[test]
fn choices_alone_are_held_against_those_of_people() {
    let people = people();
    // The first half agrees; the second names another odd one.
    let trials = people.as_slice().iter().enumerate();
    let choices = trials.map(|(position, &[a, b, odd])| match position < 1000 {
        true => [b, a, odd],
        false => [odd, a, b],
    });
    let choices = OddOneOut::new(people.stimuli().clone(), choices.collect()).unwrap();
    let study = |choices: OddOneOut| {
        let study = Study::new(Measures::default())
            .with_dataset("choices", people.clone())
            .unwrap()
            .with_dataset("distances", rdms())
            .unwrap();
        study.with_model(Model::new("a language model").on("choices", choices))
    };
    let table = study(choices.clone()).unwrap().run().unwrap();
    let row = only(
        &table,
        "a language model",
        "choices",
        &Metric::of(MetricQuantity::Agreement),
    );
    assert_eq!(row.value(), Some(0.5));
    assert_eq!(row.content_hash, choices.fingerprint());

    // Questions are joined, in whatever order they are.
    let reversed: Vec<[u32; 3]> = people.as_slice().iter().rev().copied().collect();
    let reversed = OddOneOut::new(people.stimuli().clone(), reversed).unwrap();
    let credits = Choices::from_trials("", &reversed)
        .credits(&people)
        .unwrap();
    let expected = clustered_mean(&people, &credits).unwrap().value;
    let table = study(reversed).unwrap().run().unwrap();
    let row = only(
        &table,
        "a language model",
        "choices",
        &Metric::of(MetricQuantity::Agreement),
    );
    assert_eq!(row.value(), Some(expected));
    let fewer = OddOneOut::new(people.stimuli().clone(), choices.as_slice()[1..].to_vec());
    let error = study(fewer.unwrap()).unwrap_err();
    assert_kind!(error, Judgment(JudgmentError::Unanswered { .. }));
}

#[test]
fn an_rdm_has_no_dissimilarity_of_its_own() {
    let rdm = Dissimilarity::Correlation.rdm(&features(2)).unwrap();
    let ways = [
        (Dissimilarity::Correlation, Comparator::Spearman),
        (Dissimilarity::Cosine, Comparator::Spearman),
    ];
    let study = Study::new(
        Measures::default()
            .with_rsa(ways)
            .with_bootstrap(0)
            .unwrap(),
    )
    .with_dataset("distances", rdms())
    .unwrap()
    .with_model(Model::new("published").on("distances", rdm))
    .unwrap()
    .with_model(Model::new("features").on("distances", features(2)))
    .unwrap();
    let table = study.run().unwrap();
    let of = |dissimilarity, label| {
        let comparator = Comparator::Spearman;
        let metric = Metric::of(MetricQuantity::Rsa {
            dissimilarity,
            comparator,
        });
        only(&table, label, "distances", &metric).value()
    };
    assert_eq!(
        of(None, "published"),
        of(Some(Dissimilarity::Correlation), "features")
    );
    let metrics = table.measurements();
    assert_eq!(metrics.len(), 6);
}

#[test]
fn rsa_does_not_depend_on_the_other_models() {
    let net = |tap: &str, depth, size| {
        let model = Model::new("net").with_tap(tap, depth);
        model.on("distances", features(size))
    };
    let study = |other: Option<Model>| {
        let measures = Measures::default().with_bootstrap(100).unwrap();
        let mut study = Study::new(measures)
            .with_dataset("distances", rdms())
            .unwrap();
        for model in [net("early", 1, 2), net("late", 2, 3)]
            .into_iter()
            .chain(other)
        {
            study.add_model(model).unwrap();
        }
        study.run().unwrap()
    };
    // Constant in all replicates without the first stimulus.
    let stimuli = rdms().stimuli().clone();
    let n_others = stimuli.len() - 1;
    let mut values = vec![0.0; n_others * stimuli.len() / 2];
    values[..n_others].fill(1.0);
    let isolated = Rdm::new(stimuli, values).unwrap();
    let isolated = Model::new("isolated").on("distances", isolated);
    let undefined = Model::new("constant").on("distances", constant());

    let alone = study(None);
    assert!(alone.rows.iter().all(|row| row.failure.is_none()));
    let (with_isolated, with_constant) = (study(Some(isolated)), study(Some(undefined)));
    let of_net = |table: &StudyTable| {
        let rows = table.rows.iter().filter(|row| row.model == "net");
        without_adjustment(&rows.cloned().collect::<Vec<_>>())
    };
    assert_eq!(of_net(&with_isolated), of_net(&alone));
    assert_eq!(of_net(&with_constant), of_net(&alone));
    let of_isolated = with_isolated
        .rows
        .iter()
        .find(|row| row.model == "isolated");
    assert!(of_isolated.unwrap().measured.is_some());
}

#[test]
fn models_that_do_not_fit_are_refused() {
    let study = || {
        let study = Study::new(Measures::default())
            .with_dataset("choices", people())
            .unwrap();
        study
            .with_model(Model::new("net").on("choices", features(2)))
            .unwrap()
    };
    assert!(study().with_dataset("choices", rdms()).is_err());
    let named = |model: Model| study().with_model(model).unwrap_err().report().to_string();
    let twice = named(Model::new("net").on("choices", features(3)));
    assert!(twice.contains("net"), "{twice}");
    let unknown = named(Model::new("other").on("elsewhere", features(3)));
    assert!(unknown.contains("elsewhere"), "{unknown}");
    let rdm = Dissimilarity::Correlation.rdm(&features(2)).unwrap();
    let misplaced = named(Model::new("other").on("choices", rdm));
    assert!(misplaced.contains("Rdm"), "{misplaced}");
    for (from, to) in [
        ("choices", "choices"),
        ("elsewhere", "choices"),
        ("distances", "choices"),
    ] {
        let study = Study::new(Measures::default().with_transfer(from, to))
            .with_dataset("choices", people())
            .unwrap()
            .with_dataset("distances", rdms())
            .unwrap();
        assert!(
            matches!(
                study.run().as_ref().map_err(Error::kind),
                Err(ErrorKind::Argument(ArgumentError::InvalidParameter { .. }))
            ),
            "{from} to {to}"
        );
    }
    let twice = [Similarity::Dot, Similarity::Dot].map(ZeroShotOddOneOut::new);
    assert!(Measures::default().with_zero_shot(twice).is_err());
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let table = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        pool.install(|| study().run().unwrap())
    };
    assert_eq!(table(1), table(4));
}

#[test]
fn progress_counts_models() {
    let seen = AtomicUsize::new(0);
    let flow = study().run_observed(|progress| {
        assert_eq!(progress.n_models, 3);
        assert!(progress.n_done <= 3);
        seen.fetch_add(1, Ordering::Relaxed);
        ControlFlow::Continue(())
    });
    assert!(flow.unwrap().is_continue());
    assert_eq!(seen.into_inner(), 3);
}

#[test]
fn a_study_that_was_stopped_goes_on() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let folder = tempfile::tempdir().unwrap();
    let mut study = Study::new(Measures::default())
        .with_cache(folder.path())
        .with_dataset("choices", people())
        .unwrap();
    for seed in 0..4 {
        let name = format!("model {seed}");
        let source = Named(name.clone(), features(seed), &ASKED);
        let model = Model::new(name).on("choices", source);
        study.add_model(model).unwrap();
    }
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1);
    let flow = one_thread.build().unwrap().install(|| {
        study.run_observed(|progress| match progress.n_done {
            2 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
    });
    let ControlFlow::Break(part) = flow.unwrap() else {
        panic!("not stopped")
    };
    assert_eq!(ASKED.load(Ordering::Relaxed), 2);
    let whole = study.run().unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed), 4);
    assert!(part.rows.len() < whole.rows.len());
    let whole = without_adjustment(&whole.rows);
    let part = without_adjustment(&part.rows);
    assert!(part.iter().all(|row| whole.contains(row)));
}

/// Returns rows without the p-values that are adjusted for all rows of a table.
fn without_adjustment(rows: &[StudyRow]) -> Vec<StudyRow> {
    let mut rows = rows.to_vec();
    rows.iter_mut().for_each(|row| row.adjusted_p_value = None);
    rows
}

/// The correlation of an RDM with the first of the RDMs of the participants.
struct FirstPerson<'c> {
    n_scored: &'c AtomicUsize,
}

impl AlignmentMetric<RdmSet> for FirstPerson<'_> {
    type Score = f64;

    fn score(&self, representation: &Representation, people: &RdmSet) -> Result<f64> {
        self.n_scored.fetch_add(1, Ordering::Relaxed);
        let rdm = Dissimilarity::Correlation.rdm(&representation.select(people.stimuli())?)?;
        Comparator::Pearson.compare(&rdm, &people.rdms()[0])
    }
}

#[test]
fn metrics_of_ones_own_are_measured() {
    static SCORED: AtomicUsize = AtomicUsize::new(0);
    let folder = tempfile::tempdir().unwrap();
    let first_person = || FirstPerson { n_scored: &SCORED };
    let measures = || {
        let measures = Measures::default().with_metric("first person", first_person());
        let measures = measures
            .unwrap()
            .with_cached_metric("kept", "1", first_person());
        let dot = ZeroShotOddOneOut::new(Similarity::Dot);
        let measures = measures.unwrap().with_metric::<OddOneOut, _>("dot", dot);
        measures.unwrap()
    };
    let run = || {
        let model = Model::new("net").on("choices", features(2));
        let study = Study::new(measures()).with_cache(folder.path());
        let study = study.with_dataset("choices", people()).unwrap();
        let study = study.with_dataset("distances", rdms()).unwrap();
        let study = study
            .with_model(model.on("distances", features(2)))
            .unwrap();
        let flat = Model::new("flat").on("distances", constant());
        study.with_model(flat).unwrap().run().unwrap()
    };
    let table = run();
    let named = |name: &str| Metric::of(MetricQuantity::Named(name.into()));
    let expected = first_person().score(&features(2), &rdms()).unwrap();
    for name in ["first person", "kept"] {
        let row = only(&table, "net", "distances", &named(name));
        let measured = row.measured.unwrap();
        assert_eq!((measured.value, measured.n), (expected, 24 * 23 / 2));
        assert_eq!((measured.interval, row.seed), (None, None));
        assert!(table.of("choices", &named(name)).next().is_none());
        let is_of_metric = |row: &&StudyRow| row.metric == Some(named(name));
        let failed = table.failures().find(is_of_metric).unwrap();
        assert_eq!(failed.model, "flat");
    }
    let own = only(&table, "net", "choices", &named("dot")).measured;
    let zero_shot = Metric::of(MetricQuantity::Accuracy(Similarity::Dot));
    let zero_shot = only(&table, "net", "choices", &zero_shot).measured;
    assert_eq!(own.unwrap().interval, zero_shot.unwrap().interval);
    assert_eq!(own.unwrap().n_ties, zero_shot.unwrap().n_ties);

    // Numbers are kept only under a key; failures never.
    let n_scored = SCORED.load(Ordering::Relaxed);
    assert_eq!(run(), table);
    assert_eq!(SCORED.load(Ordering::Relaxed), n_scored + 3);
    assert!(measures().with_metric("kept", first_person()).is_err());
}

/// A metric without a value.
struct Undefined;

impl AlignmentMetric<RdmSet> for Undefined {
    type Score = f64;

    fn score(&self, _: &Representation, _: &RdmSet) -> Result<f64> {
        Ok(f64::NAN)
    }
}

#[test]
fn values_that_are_not_finite_are_failures() {
    let measures = Measures::default().with_metric("undefined", Undefined);
    let study = Study::new(measures.unwrap()).with_dataset("distances", rdms());
    let model = Model::new("net").on("distances", features(2));
    let study = study.unwrap().with_model(model).unwrap();
    let table = study.run().unwrap();
    let is_own =
        |row: &&StudyRow| row.metric == Some(Metric::of(MetricQuantity::Named("undefined".into())));
    let failed = table.failures().find(is_own).unwrap();
    assert!(failed.measured.is_none());
    let reason = failed.failure.as_deref().unwrap();
    assert!(reason.contains("must be finite, not NaN"), "{reason}");
}

#[test]
fn concepts_are_predicted_by_ridge_regression() {
    let concepts = features(1).features().to_f64().mapv(f64::abs);
    let concepts = Representation::new(Stimuli::numbered(24), concepts).unwrap();
    let names = ["animate", "round", "red", "large", "edible"];
    let concepts = ConceptEmbedding::new(concepts).unwrap();
    let concepts = concepts.with_names(names).unwrap();
    let ridge = Ridge::new([0.1, 1.0]).unwrap();
    let study = Study::new(Measures::default().with_ridge(ridge.clone(), 3).unwrap())
        .with_seed(5)
        .with_dataset("concepts", concepts.clone())
        .unwrap()
        .with_model(Model::new("net").on("concepts", features(1)))
        .unwrap();
    let table = study.run().unwrap();
    assert_eq!(table.rows.len(), 1 + names.len());
    let folds = Folds::random(24, 3, 5).unwrap();
    let fit = ridge.cross_validate(&features(1), concepts.representation(), &folds);
    let fit = fit.unwrap();
    let of = |concept| {
        let metric = Metric::of(MetricQuantity::RidgeR2 { concept });
        let row = only(&table, "net", "concepts", &metric);
        assert_eq!(row.seed, Some(5));
        row.value().unwrap()
    };
    assert_eq!(of(None), fit.mean_pooled_r2());
    for (name, &r2) in names.iter().zip(fit.pooled_r2()) {
        assert_eq!(of(Some((*name).to_owned())), r2);
    }
    assert!(Measures::default().with_ridge(ridge, 1).is_err());
}

#[test]
fn any_data_set_and_any_source_is_taken() {
    let observer = SimulatedObserver::new(features(1)).unwrap();
    let people = observer.odd_one_out(300, 1).unwrap();
    let source: Box<dyn RepresentationSource + Send + Sync> = Box::new(features(2));
    let table = Study::new(Measures::default())
        .with_dataset("choices", &people)
        .unwrap()
        .with_model(Model::new("shared").on("choices", Arc::new(features(2))))
        .unwrap()
        .with_model(Model::new("boxed").on("choices", source))
        .unwrap()
        .run()
        .unwrap();
    let accuracy = Metric::of(MetricQuantity::Accuracy(Similarity::Cosine));
    let expected = cosine().score_dataset(&features(2), &people).unwrap();
    for label in ["shared", "boxed"] {
        let row = only(&table, label, "choices", &accuracy);
        assert_eq!(row.value(), Some(expected.accuracy));
    }
}

#[test]
fn rows_carry_the_seed_of_their_randomness() {
    for row in study().run().unwrap().rows {
        let metric = row.metric.unwrap();
        let expected = match metric.quantity {
            MetricQuantity::Rsa { .. }
            | MetricQuantity::RsaPerPerson { .. }
            | MetricQuantity::RsaTransferred { .. } => Some(7),
            MetricQuantity::Probed | MetricQuantity::NotProbed => Some(0),
            _ => None,
        };
        assert_eq!(row.seed, expected, "{metric}");
    }
}

#[test]
fn metrics_have_names_in_files_and_in_text() {
    use MetricQuantity as Q;
    let (dissimilarity, comparator) = (Some(Dissimilarity::Correlation), Comparator::Spearman);
    let text = |text: &str| text.to_owned();
    let rdm = |dissimilarity| Q::Rsa {
        dissimilarity,
        comparator,
    };
    let per_person = Q::RsaPerPerson {
        dissimilarity,
        comparator,
    };
    let from = || text("choices");
    let moved = || Q::RsaTransferred {
        from: from(),
        comparator,
    };
    let transferred = || Q::Transferred { from: from() };
    let layer = || Contrast::Layer(text("conv1"));
    let model = || Contrast::Model(text("other"));
    let over = Contrast::Similarity(Similarity::Cosine);
    let by = Similarity::Dot;
    let concept = Some(text("red"));
    for (metric, json, name) in [
        (
            Metric::of(Q::Accuracy(by)),
            r#"{"kind":"zero-shot","similarity":"dot"}"#,
            "accuracy (dot)",
        ),
        (
            Metric::of(Q::Accuracy(by)).against(over),
            r#"{"kind":"similarity-gain","similarity":"dot","over":"cosine"}"#,
            "dot − cosine",
        ),
        (
            Metric::of(Q::Accuracy(by)).against(layer()),
            r#"{"kind":"layer-gain","similarity":"dot","over":"conv1"}"#,
            "accuracy − conv1 (dot)",
        ),
        (
            Metric::of(Q::Accuracy(by)).against(model()),
            r#"{"kind":"difference","similarity":"dot","with":"other"}"#,
            "accuracy − other (dot)",
        ),
        (
            Metric::of(Q::CrossEntropy(by)),
            r#"{"kind":"cross-entropy","similarity":"dot"}"#,
            "cross-entropy (dot)",
        ),
        (
            Metric::of(Q::Temperature(by)),
            r#"{"kind":"temperature","similarity":"dot"}"#,
            "temperature (dot)",
        ),
        (
            Metric::of(Q::ScaledCrossEntropy(by)),
            r#"{"kind":"scaled-cross-entropy","similarity":"dot"}"#,
            "cross-entropy at fitted temperature (dot)",
        ),
        (
            Metric::of(Q::CalibrationError(by)),
            r#"{"kind":"calibration-error","similarity":"dot"}"#,
            "expected calibration error (dot)",
        ),
        (
            Metric::of(Q::Brier(by)),
            r#"{"kind":"brier","similarity":"dot"}"#,
            "Brier score (dot)",
        ),
        (
            Metric::of(Q::Agreement),
            r#"{"kind":"agreement"}"#,
            "agreement",
        ),
        (
            Metric::of(Q::Kappa),
            r#"{"kind":"kappa-with-people"}"#,
            "κ with people",
        ),
        (
            Metric::of(Q::Kappa).against(model()),
            r#"{"kind":"kappa","with":"other"}"#,
            "κ with other",
        ),
        (
            Metric::of(Q::ErrorConsistency).against(model()),
            r#"{"kind":"error-consistency","with":"other"}"#,
            "error consistency with other",
        ),
        (
            Metric::of(Q::Probed),
            r#"{"kind":"probed"}"#,
            "probed accuracy",
        ),
        (
            Metric::of(Q::NotProbed),
            r#"{"kind":"not-probed"}"#,
            "accuracy on the trials of the probe",
        ),
        (
            Metric::of(Q::Probed).against(Contrast::Unlearned),
            r#"{"kind":"probe-gain"}"#,
            "probed − zero-shot",
        ),
        (
            Metric::of(transferred()),
            r#"{"kind":"transferred","from":"choices"}"#,
            "accuracy, transform of choices",
        ),
        (
            Metric::of(transferred()).against(Contrast::Unlearned),
            r#"{"kind":"transfer-gain","from":"choices"}"#,
            "transform of choices − zero-shot",
        ),
        (
            Metric::of(rdm(dissimilarity)),
            r#"{"kind":"rsa","dissimilarity":"correlation","comparator":"spearman"}"#,
            "RSA (correlation, spearman)",
        ),
        (
            Metric::of(rdm(None)),
            r#"{"kind":"rsa","dissimilarity":null,"comparator":"spearman"}"#,
            "RSA (spearman)",
        ),
        (
            Metric::of(rdm(dissimilarity)).against(layer()),
            r#"{"kind":"rsa-layer-gain","dissimilarity":"correlation","comparator":"spearman","over":"conv1"}"#,
            "RSA − conv1 (correlation, spearman)",
        ),
        (
            Metric::of(rdm(dissimilarity)).against(model()),
            r#"{"kind":"rsa-difference","dissimilarity":"correlation","comparator":"spearman","with":"other"}"#,
            "RSA − other (correlation, spearman)",
        ),
        (
            Metric::of(per_person),
            r#"{"kind":"rsa-per-person","dissimilarity":"correlation","comparator":"spearman"}"#,
            "RSA per person (correlation, spearman)",
        ),
        (
            Metric::of(moved()),
            r#"{"kind":"rsa-transferred","from":"choices","comparator":"spearman"}"#,
            "RSA (spearman), transform of choices",
        ),
        (
            Metric::of(moved()).against(Contrast::Unlearned),
            r#"{"kind":"rsa-transfer-gain","from":"choices","comparator":"spearman"}"#,
            "RSA (spearman), transform of choices − untransformed",
        ),
        (
            Metric::of(Q::Cka).against(model()),
            r#"{"kind":"cka","with":"other"}"#,
            "CKA with other",
        ),
        (
            Metric::of(Q::RidgeR2 { concept }),
            r#"{"kind":"ridge-r2","concept":"red"}"#,
            "R² of ridge regression (red)",
        ),
        (
            Metric::of(Q::Named(text("mine"))),
            r#"{"kind":"named","name":"mine"}"#,
            "mine",
        ),
    ] {
        assert_eq!(metric.to_string(), name);
        assert_eq!(serde_json::to_string(&metric).unwrap(), json);
        assert_eq!(serde_json::from_str::<Metric>(json).unwrap(), metric);
    }
    let unknown = serde_json::from_str::<Metric>(r#"{"kind":"zero-shot"}"#);
    assert!(unknown.unwrap_err().to_string().contains("zero-shot"));
}

#[test]
fn layers_and_networks_are_told_apart() {
    let table = study().run().unwrap();
    let metric = Metric::of(MetricQuantity::Accuracy(Similarity::Cosine));
    let labels = |rows: Vec<&StudyRow>| rows.into_iter().map(StudyRow::label).collect::<Vec<_>>();
    let last = table.networks("choices", &metric, LayerChoice::Last);
    assert_eq!(labels(last), ["net late", "other"]);
    let best = table.networks("choices", &metric, LayerChoice::Largest);
    assert_eq!(labels(best), ["net late", "other"]);
    let curves = table.layer_curves("choices", &metric);
    assert_eq!(curves.len(), 1);
    assert_eq!(labels(curves[0].clone()), ["net early", "net late"]);
}

#[test]
fn consistency_is_a_correlation_over_networks() {
    // numpy.corrcoef; tanh(arctanh(r) ± scipy.stats.norm.ppf(0.975) / sqrt(n - 3))
    let row = |model: &str, dataset: &str, value: f64| -> StudyRow {
        let row = serde_json::json!({
            "model": model, "dataset": dataset, "metric": {"kind": "agreement"}, "value": value, "n": 1,
            "content_hash": "", "data_hash": "",
        });
        serde_json::from_value(row).unwrap()
    };
    let (one, other) = ([0.3, 0.45, 0.4, 0.5, 0.9], [0.2, 0.3, 0.35, 0.4]);
    let one = one
        .iter()
        .enumerate()
        .map(|(i, &value)| row(&i.to_string(), "one", value));
    let other = other
        .iter()
        .enumerate()
        .map(|(i, &value)| row(&i.to_string(), "other", value));
    let table = StudyTable {
        rows: one.chain(other).collect(),
    };
    let of = |one, other| {
        let agreement = Metric::of(MetricQuantity::Agreement);
        let both = [(one, &agreement), (other, &agreement)];
        table.consistency(both, LayerChoice::Last, Confidence::default())
    };
    let found = of("one", "other").unwrap();
    assert_eq!(found.n_networks, 4);
    assert!(
        (found.pearson - 0.885_714_285_714_286).abs() < 1e-9,
        "{}",
        found.pearson
    );
    assert!((found.r_squared - found.pearson.powi(2)).abs() < 1e-15);
    let interval = found.interval.unwrap();
    assert!(
        (interval.lower - -0.506_702_968).abs() < 1e-8,
        "{interval:?}"
    );
    assert_refused!(
        of("one", "none"),
        Argument(ArgumentError::TooFew { found: 0, .. })
    );
}

#[test]
fn tables_are_files() {
    let folder = tempfile::tempdir().unwrap();
    let flat = Model::new("flat, \"quoted\" | x").on("distances", constant());
    let table = study().with_model(flat).unwrap().run().unwrap();
    assert!(table.failures().count() > 0);

    let path = folder.path().join("table.json");
    table.write(&path).unwrap();
    assert_eq!(StudyTable::read(&path).unwrap(), table);

    let path = folder.path().join("table.csv");
    table.write(&path).unwrap();
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name| headers.iter().position(|header| header == name).unwrap();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), table.rows.len());
    for (record, row) in records.iter().zip(&table.rows) {
        assert_eq!(&record[column("model")], row.model);
        let value: Option<f64> = record[column("value")].parse().ok();
        assert_eq!(value, row.value());
        assert_eq!(
            &record[column("failure")],
            row.failure.as_deref().unwrap_or("")
        );
    }

    let empty = folder.path().join("empty.csv");
    StudyTable::default().write(&empty).unwrap();
    assert_eq!(fs::read_to_string(&empty).unwrap().lines().count(), 1);
    let kinds = records.iter().map(|record| &record[column("kind")]);
    assert!(kinds.into_iter().any(|kind| kind == "rsa-per-person"));

    let path = folder.path().join("table.md");
    table.write(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 2 + table.rows.len());
    let n_cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(text.lines().all(|line| n_cells(line) == 7));

    let path = folder.path().join("table.txt");
    assert_refused!(table.write(&path), File(FileError::UnknownFormat { .. }));
    fs::write(&path, "{\"rows\": 3}").unwrap();
    assert_eq!(
        StudyTable::read(&path).unwrap_err().path(),
        Some(path.as_path())
    );
}

/// As one that was interrupted: what is in the cache is not asked for again.
#[test]
fn a_study_that_grew_asks_for_what_is_new() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let run = |n_models, folder: &tempfile::TempDir| {
        let counted = |seed| {
            let name = format!("model {seed}");
            let source = Named(name.clone(), features(seed), &ASKED);
            Model::new(name).on("choices", ModelOutput::Source(Box::new(source)))
        };
        let study = Study::new(Measures::default()).with_dataset("choices", people());
        let study = (0..n_models).fold(study.unwrap(), |study, seed| {
            study.with_model(counted(seed)).unwrap()
        });
        study.with_cache(folder.path()).run().unwrap()
    };
    let [folder, empty] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let part = run(3, &folder);
    assert_eq!(ASKED.load(Ordering::Relaxed), 3);
    let whole = run(6, &folder);
    assert_eq!(ASKED.load(Ordering::Relaxed), 6);
    assert_eq!(
        without_adjustment(&whole.rows[..part.rows.len()]),
        without_adjustment(&part.rows)
    );
    assert_eq!(run(6, &empty), whole);
}

struct Named(String, Representation, &'static AtomicUsize);

impl RepresentationSource for Named {
    fn name(&self) -> &str {
        &self.0
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        self.2.fetch_add(1, Ordering::Relaxed);
        self.1.select(stimuli)
    }

    fn key(&self, _: &Stimuli) -> Result<Option<String>> {
        Ok(Some(self.1.fingerprint()))
    }
}
