//! The miniature of the `study` example: the same bits whatever the threads, effects where they are put
//! in, and none where the controls take them out.

use human_alignment::error::StimuliError;
use std::collections::HashSet;
use std::sync::LazyLock;

use approx::assert_abs_diff_eq;
use human_alignment::metric::rsa::Comparator;
use human_alignment::study::{
    DriverAnalysis, Drivers, Factor, LayerChoice, Measures, Metric, MetricQuantity, ModelFactors,
};
use human_alignment::{Dissimilarity, RepresentationSource, Similarity, Stimuli};

use crate::miniature::design::{Labels, N_OUTPUTS};
use crate::miniature::people::People;
use crate::miniature::raster::SIDE;
use crate::miniature::source;
use crate::miniature::study::{ARRANGEMENTS, CHOICES};
use crate::miniature::{Miniature, Settings};

use crate::common::refusals::assert_refused;

fn small() -> Settings {
    Settings {
        n_training_variants: 16,
        n_judged_variants: 3,
        n_epochs: 12,
        n_people: 6,
        n_shared_questions: 100,
        n_own_questions: 300,
        ..Settings::default()
    }
}

fn tiny(trained: bool) -> Settings {
    Settings {
        trained,
        n_training_variants: 3,
        n_epochs: 2,
        ..small()
    }
}

const ACCURACY: Metric = Metric::of(MetricQuantity::Accuracy(Similarity::Cosine));

const GEOMETRY: Metric = Metric::of(MetricQuantity::Rsa {
    dissimilarity: Some(Dissimilarity::Correlation),
    comparator: Comparator::Spearman,
});

/// How human the last layers are, by both metrics: of networks that were or would have been trained, and
/// of those that are not to be.
fn alignment(built: &Miniature) -> [[Vec<(ModelFactors, f64)>; 2]; 2] {
    let study = built
        .study(Measures::default().with_bootstrap(0).unwrap())
        .unwrap();
    let table = study.run().unwrap();
    assert_eq!(table.failures().count(), 0);
    [(CHOICES, ACCURACY), (ARRANGEMENTS, GEOMETRY)].map(|(dataset, metric)| {
        let rows = table
            .networks(dataset, &metric, LayerChoice::Last)
            .into_iter();
        let of_networks = rows.map(|row| (row.factors.clone(), row.value().unwrap()));
        let is_untrained =
            |(factors, _): &(ModelFactors, f64)| factors.training_data.as_deref() == Some("none");
        let (untrained, trained): (Vec<_>, Vec<_>) = of_networks.partition(is_untrained);
        assert_eq!((trained.len(), untrained.len()), (16, 4));
        [trained, untrained]
    })
}

fn drivers(networks: &[(ModelFactors, f64)]) -> Drivers {
    let analysis = DriverAnalysis::default().with_replicates(100).unwrap();
    analysis.run(networks).unwrap()
}

/// By how much shapes make networks more human than colours do, and whether that is more than chance.
fn of_training_data(found: &Drivers) -> (f64, bool) {
    let mut coefficients = found.coefficients.iter();
    let coefficient =
        coefficients.find(|coefficient| coefficient.name == "training-data: shapes, not colours");
    let coefficient = coefficient.unwrap();
    (
        coefficient.estimate.value,
        !coefficient.interval.contains(0.0),
    )
}

/// Builds a small miniature with trained networks on so many threads.
fn trained(n_threads: usize) -> Miniature {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
    let pool = pool.build().unwrap();
    pool.install(|| Miniature::new(&tiny(true))).unwrap()
}

/// A small miniature with trained networks, built on three threads, once for all tests.
static TRAINED: LazyLock<Miniature> = LazyLock::new(|| trained(3));

/// A small miniature with untrained networks, built once for all tests.
static UNTRAINED: LazyLock<Miniature> = LazyLock::new(|| Miniature::new(&tiny(false)).unwrap());

/// Returns the same pictures and networks with other people.
pub fn asked_again(built: &Miniature, settings: &Settings) -> Miniature {
    Miniature {
        training: built.training.clone(),
        judged: built.judged.clone(),
        networks: built.networks.clone(),
        people: People::simulate(settings, &built.judged).unwrap(),
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let (one, three) = (trained(1), &*TRAINED);
    assert_eq!(one.training, three.training);
    assert_eq!(one.judged, three.judged);
    assert_eq!(one.people.embedding, three.people.embedding);
    assert_eq!(one.people.trials, three.people.trials);
    assert_eq!(one.people.arrangements, three.people.arrangements);
    assert_eq!(one.networks.len(), 20);
    for (one, three) in one.networks.iter().zip(&three.networks) {
        let fingerprints = [one, three].map(|trained| trained.network.fingerprint().unwrap());
        assert_eq!(fingerprints[0], fingerprints[1], "{}", one.design.name());
        assert_eq!(one.report, three.report);
    }
    // Another seed is another world.
    let other = Settings {
        seed: 1,
        ..tiny(false)
    };
    let other = Miniature::new(&other).unwrap();
    assert_ne!(one.judged, other.judged);
    assert_ne!(one.people.trials, other.people.trials);
}

#[test]
fn what_networks_learn_to_tell_apart_makes_them_human() {
    let built = Miniature::new(&small()).unwrap();
    let mean = |networks: &[(ModelFactors, f64)]| {
        networks.iter().map(|(_, value)| value).sum::<f64>() / networks.len() as f64
    };
    for [trained, untrained] in alignment(&built) {
        let found = drivers(&trained);
        let (effect, is_found) = of_training_data(&found);
        assert!(is_found && effect > 0.04, "{found:?}");
        assert_eq!(found.drivers[0].factor, Factor::TrainingData);
        assert!(found.drivers[0].share > 0.4, "{found:?}");
        let (shapes, colours): (Vec<_>, Vec<_>) = trained
            .into_iter()
            .partition(|(factors, _)| factors.training_data.as_deref() == Some("shapes"));
        // People care little for colours: to learn those is at most a little help.
        let untrained = mean(&untrained);
        assert!(mean(&shapes) - untrained > 0.05);
        assert!(mean(&colours) - untrained < 0.4 * (mean(&shapes) - untrained));
    }
}

#[test]
fn without_training_it_makes_no_difference_for_what() {
    let built = &*UNTRAINED;
    let mut networks = built.networks.iter();
    assert!(networks.all(|network| network.report.is_none() && network.n_epochs == 0));
    for [trained, _] in alignment(built) {
        let found = drivers(&trained);
        let (effect, is_found) = of_training_data(&found);
        assert!(!is_found && effect.abs() < 0.02, "{found:?}");
    }
}

#[test]
fn nobody_is_like_people_who_do_not_look() {
    let at_random = Settings {
        people_at_random: true,
        ..small()
    };
    let built = asked_again(&TRAINED, &at_random);
    let [choices, geometry] = alignment(&built);
    for (_, accuracy) in choices.iter().flatten() {
        assert_abs_diff_eq!(*accuracy, 1.0 / 3.0, epsilon = 0.04);
    }
    for (_, correlation) in geometry.iter().flatten() {
        assert_abs_diff_eq!(*correlation, 0.0, epsilon = 0.08);
    }
}

#[test]
fn pictures_are_what_they_are_called() {
    let built = &*UNTRAINED;
    let judged = &built.judged;
    assert_eq!(judged.pictures.len(), judged.stimuli.len());
    let named = judged.pictures.iter().zip(judged.stimuli.ids());
    for ((picture, id), shape) in named.zip(judged.shapes()) {
        assert_eq!(picture.pixels.len(), SIDE * SIDE * 3);
        assert_eq!(id.split(' ').next(), Some(shape));
    }
    // No two are the same, and none is in both sets.
    let both = judged.pictures.iter().chain(&built.training.pictures);
    let pixels: HashSet<&[u8]> = both.map(|picture| picture.pixels.as_slice()).collect();
    let n_pictures = judged.pictures.len() + built.training.pictures.len();
    assert_eq!(pixels.len(), n_pictures);
    assert!(
        judged
            .stimuli
            .intersection(&built.training.stimuli)
            .is_empty()
    );
    // All networks have as much to tell apart.
    for labels in [Labels::Shapes, Labels::Colours] {
        assert_eq!(labels.n_words().iter().product::<usize>(), N_OUTPUTS);
    }
    let none = Settings {
        n_judged_variants: 0,
        ..tiny(false)
    };
    let error = Miniature::new(&none).map(drop).unwrap_err().to_string();
    assert!(error.starts_with("no pictures"), "{error}");
}

#[test]
fn people_name_their_concepts_and_themselves() {
    let settings = tiny(false);
    let built = &*UNTRAINED;
    let People {
        embedding,
        trials,
        arrangements,
    } = &built.people;
    for id in built.judged.stimuli.ids() {
        let row = embedding.representation().row(id).unwrap();
        for (concept, weight) in embedding.names().iter().zip(row.iter()) {
            // Every concept but the size is a word of the name.
            let is_named = id.split(' ').any(|word| word == concept);
            assert!(
                concept == "large" || is_named == (weight > 0.0),
                "{id}: {concept}"
            );
        }
    }
    let asked = settings.n_people * (settings.n_shared_questions + settings.n_own_questions);
    assert_eq!(trials.len(), asked);
    let people: Vec<String> = arrangements
        .participants()
        .iter()
        .map(|person| person.to_string())
        .collect();
    assert_eq!(trials.participants().unwrap().labels(), people);
}

#[test]
fn a_layer_is_a_source() {
    let built = &*UNTRAINED;
    let network = &built.networks[1];
    let layer = |tap| source::Layer::new(network.clone(), tap, built.judged.clone());
    let source = layer("conv2").unwrap();
    assert_eq!(source.name(), "conv small shapes softmax conv2");
    let all = source.represent(&built.judged.stimuli).unwrap();
    assert_eq!(all.provenance().note("training data"), Some("shapes"));
    assert_eq!(all.provenance().note("epochs"), Some("0"));
    // Rows follow ids.
    let some = built.judged.stimuli.select(&[50, 7]).unwrap();
    let few = source.represent(&some).unwrap();
    let expected = all.select(&some).unwrap();
    for (found, expected) in few.features().iter().zip(expected.features().iter()) {
        assert_abs_diff_eq!(found, expected, epsilon = 1e-5);
    }
    assert_ne!(few.features().row(0), few.features().row(1));

    let error = layer("conv9").map(drop).unwrap_err().to_string();
    assert!(
        error.contains("conv9") && error.contains("conv3"),
        "{error}"
    );
    let unseen = Stimuli::new(["star red stripes 99"]).unwrap();
    assert_refused!(
        source.represent(&unseen),
        Stimuli(StimuliError::Missing { n_missing: 1, .. })
    );
}
