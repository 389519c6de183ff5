//! Transforms that were learned from one data set, scored on others.

mod common;

use approx::assert_relative_eq;
use common::{example, json_of, refused};
use human_alignment::dataset::{SimulatedObserver, TripletFile};
use human_alignment::error::{ArgumentError, ErrorKind};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::metric::rsa::{Comparator, RsaBootstrap};
use human_alignment::transform::Standardization;
use human_alignment::{
    AlignmentMetric, AnchoredTask, Dissimilarity, Error, FileSource, LinearTransform,
    OddOneOutTask, Probe, Rdm, RdmSet, Representation, RepresentationalSimilarity, Similarity,
    Stimuli, ZeroShotOddOneOut, transfer, transfer_across,
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const N: usize = 30;

/// Two features that people see, and four of which they don't.
fn features() -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let features = Array2::from_shape_simple_fn((N, 6), || rng.random_range(-1.0..1.0f32));
    Representation::new(Stimuli::numbered(N as u32), features).unwrap()
}

/// Keeps what people see.
fn seen() -> LinearTransform {
    let weights = Array2::from_shape_fn((6, 2), |(feature, dimension)| {
        f64::from(u8::from(feature == dimension))
    });
    LinearTransform::new(Standardization::none(), weights).unwrap()
}

/// Arrangements of people who see what `seen` keeps, with noise.
fn arrangements() -> RdmSet {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let seen = seen().apply(&features()).unwrap();
    let rdm = Dissimilarity::Euclidean.rdm(&seen).unwrap();
    let person = |_| {
        let noisy = rdm.values().iter().map(|d| d + rng.random_range(-0.4..0.4));
        Rdm::new(rdm.stimuli().clone(), noisy.collect()).unwrap()
    };
    RdmSet::numbered((0..6).map(person).collect()).unwrap()
}

#[test]
fn what_people_see_helps_with_their_choices_and_their_arrangements() {
    let (features, transform) = (features(), seen());
    let people = SimulatedObserver::new(transform.apply(&features).unwrap()).unwrap();
    let people = people.with_temperature(0.3).unwrap();
    let trials = people.odd_one_out(6000, 1).unwrap().into_judgments();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let moved = transfer(&transform, &features, &trials, &metric).unwrap();
    // Both scores are those of the metric, and the difference is theirs.
    let transformed = transform.apply(&features).unwrap();
    assert_eq!(moved.before, metric.score(&features, &trials).unwrap());
    assert_eq!(moved.after, metric.score(&transformed, &trials).unwrap());
    let difference = moved.difference.unwrap();
    assert_relative_eq!(
        difference.difference.value,
        moved.after.accuracy - moved.before.accuracy,
        max_relative = 1e-12
    );
    assert!(difference.interval.lower > 0.0, "{difference:?}");

    let cosine = ZeroShotOddOneOut::new(Similarity::Cosine);
    let across = transfer_across(&transform, &features, &trials, [&cosine, &metric]).unwrap();
    assert_eq!(across.before, cosine.score(&features, &trials).unwrap());
    assert_eq!(across.after, moved.after);

    let people = arrangements();
    let geometry = RepresentationalSimilarity::new(Dissimilarity::Euclidean, Comparator::Spearman)
        .with_bootstrap(RsaBootstrap::new(300, 1).unwrap());
    let moved = transfer(&transform, &features, &people, &geometry).unwrap();
    let alone = geometry.score(&transformed, &people).unwrap();
    assert_relative_eq!(moved.after.value, alone.value, max_relative = 1e-12);
    let difference = moved.difference.unwrap();
    assert_relative_eq!(
        difference.difference.value,
        moved.after.mean_per_person - moved.before.mean_per_person,
        max_relative = 1e-12
    );
    assert!(difference.interval.lower > 0.0, "{difference:?}");
    // Without a bootstrap there are scores, and no difference with an interval.
    let plain = RepresentationalSimilarity::new(Dissimilarity::Euclidean, Comparator::Spearman);
    let moved = transfer(&transform, &features, &people, &plain).unwrap();
    assert!(moved.difference.is_none());
}

#[test]
fn a_transform_for_other_features_is_refused() {
    let narrow =
        Representation::new(Stimuli::numbered(N as u32), Array2::<f32>::ones((N, 3))).unwrap();
    let people = arrangements();
    let metric = RepresentationalSimilarity::default();
    assert!(matches!(
        transfer(&seen(), &narrow, &people, &metric)
            .as_ref()
            .map_err(Error::kind),
        Err(ErrorKind::Argument(ArgumentError::LengthMismatch {
            expected: 6,
            found: 3,
            ..
        }))
    ));
}

/// What was learned from choices of the odd one among shoes, on other questions about the same shoes.
#[test]
fn choices_of_shoes_transfer_to_anchored_choices() {
    let Some(shared) = common::shared() else {
        return;
    };
    let shoes = shared.join("data/zappos");
    let features = FileSource::open(shoes.join("alexnet_fc_features.npy")).unwrap();
    let features = features.read().unwrap();
    let stimuli = features.stimuli().clone();
    let odd = TripletFile::<OddOneOutTask>::read(shoes.join("odd_one_out_derived.npy"), stimuli);
    let probe = Probe::new(1.0).unwrap().with_tolerance(1e-5).unwrap();
    let choices = ChoiceFrequencies::from_trials(&odd.unwrap().into_judgments());
    let fit = probe.fit(&features, &choices).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("shoes.safetensors");
    fit.transform().write(&saved).unwrap();

    let path = |name: &str| shoes.join(name).to_str().unwrap().to_owned();
    let report = json_of(
        "transfer",
        &[
            "--transform",
            saved.to_str().unwrap(),
            "--features",
            &path("alexnet_fc_features.npy"),
            "--anchored",
            &path("anchored_triplets.npy"),
            "--json",
        ],
    );
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    assert_relative_eq!(
        number(&report["before"]["accuracy"]),
        0.7178,
        epsilon = 1e-4
    );
    // What the library says of the same.
    let stimuli = features.stimuli().clone();
    let anchored = TripletFile::<AnchoredTask>::read(shoes.join("anchored_triplets.npy"), stimuli);
    let cosine = ZeroShotOddOneOut::new(Similarity::Cosine);
    let dot = ZeroShotOddOneOut::new(Similarity::Dot);
    let anchored = anchored.unwrap().into_judgments();
    let moved = transfer_across(fit.transform(), &features, &anchored, [&cosine, &dot]).unwrap();
    assert_eq!(number(&report["after"]["accuracy"]), moved.after.accuracy);
    let difference = &report["difference"]["difference"]["value"];
    assert!(number(difference) > 0.1, "{report}");
}

#[test]
fn the_command_line_demonstrates_and_refuses() {
    let output = example("transfer", &["--json"]);
    assert!(output.status.success());
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for row in rows.as_array().unwrap() {
        let lower = |name: &str| row[name]["difference"]["interval"][0].as_f64().unwrap();
        let upper = |name: &str| row[name]["difference"]["interval"][1].as_f64().unwrap();
        assert!(lower("learned") > 0.0, "{row}");
        assert!(lower("other_objects") > 0.0, "{row}");
        assert!(lower("arrangements") > 0.0, "{row}");
        // A control: what people care about who were not learned from is not in the transform.
        assert!(upper("other_people") < 0.05, "{row}");
    }

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (transform, features_file, human) = (path("t.npz"), path("f.npy"), path("r.npy"));
    seen().write(&transform).unwrap();
    features().write_npy(&features_file).unwrap();
    arrangements().write_npy(&human).unwrap();
    let all = ["--transform", &transform, "--features", &features_file];
    let table = example("transfer", &[&all[..], &["--human", &human]].concat());
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.contains("before") && table.contains("--bootstrap"),
        "{table}"
    );
    assert!(refused("transfer", &all).contains("required"));
    let truncated = std::fs::read(&transform).unwrap();
    std::fs::write(&transform, &truncated[..truncated.len() / 2]).unwrap();
    let message = refused("transfer", &[&all[..], &["--human", &human]].concat());
    assert!(message.contains(&transform), "{message}");
}
