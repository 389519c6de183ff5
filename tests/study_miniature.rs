//! The miniature of the `study` example: the same bits whatever the threads, effects where they are put
//! in, and none where the controls take them out.

#[allow(dead_code)] // Not all of it is needed here.
#[path = "../examples/study/miniature/mod.rs"]
mod miniature;

use approx::assert_abs_diff_eq;
use human_alignment::metric::rsa::Comparator;
use human_alignment::{
    AlignmentMetric, Dissimilarity, Error, RepresentationSource, RepresentationalSimilarity,
    Similarity, Stimuli, ZeroShotOddOneOut,
};
use miniature::design::{Labels, Objective};
use miniature::panel::Trained;
use miniature::people::People;
use miniature::{Miniature, Settings};

fn small() -> Settings {
    Settings {
        n_training_variants: 12,
        n_judged_variants: 3,
        n_epochs: 10,
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

/// How far two metrics find networks at their penultimate layer like people: the accuracy of choices
/// and the correlation of RDMs.
fn alignment(network: &Trained, of: &Miniature, people: &People) -> [f64; 2] {
    let source = network.at("penultimate", &of.judged).unwrap();
    let representation = source.represent(&of.judged.stimuli).unwrap();
    let choices = ZeroShotOddOneOut::new(Similarity::Cosine);
    let geometry =
        RepresentationalSimilarity::new(Dissimilarity::Correlation, Comparator::Spearman);
    let correlation = geometry.score(&representation, &people.arrangements);
    [
        choices
            .score(&representation, &people.trials)
            .unwrap()
            .accuracy,
        correlation.unwrap().value,
    ]
}

/// The mean over the networks of some designs.
fn mean(
    of: &Miniature,
    people: &People,
    is_meant: impl Fn(Option<(Labels, Objective)>) -> bool,
) -> [f64; 2] {
    let networks = of.networks.iter();
    let meant: Vec<[f64; 2]> = networks
        .filter(|network| is_meant(network.design.task))
        .map(|network| alignment(network, of, people))
        .collect();
    assert!(meant.len() >= 4);
    [0, 1].map(|metric| meant.iter().map(|both| both[metric]).sum::<f64>() / meant.len() as f64)
}

fn has(labels: Labels) -> impl Fn(Option<(Labels, Objective)>) -> bool {
    move |task| task.is_some_and(|(own, _)| own == labels)
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let build = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
        let pool = pool.build().unwrap();
        pool.install(|| Miniature::new(&tiny(true))).unwrap()
    };
    let (one, three) = (build(1), build(3));
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
    let none = Settings {
        n_judged_variants: 0,
        ..tiny(false)
    };
    assert!(matches!(Miniature::new(&none), Err(Error::TooFew { .. })));
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
    let settings = small();
    let built = Miniature::new(&settings).unwrap();
    let people = &built.people;
    let [wide, narrow] = [Labels::Wide, Labels::Narrow].map(|of| mean(&built, people, has(of)));
    let untrained = mean(&built, people, |task| task.is_none());
    for metric in [0, 1] {
        let found = format!("{wide:?}, {narrow:?}, {untrained:?}");
        assert!(wide[metric] > untrained[metric] + 0.06, "{found}");
        assert!(untrained[metric] > narrow[metric] + 0.01, "{found}");
    }
    let by_objective = [Objective::Softmax, Objective::Contrastive].map(|objective| {
        mean(&built, people, |task| {
            task == Some((Labels::Wide, objective))
        })
    });
    let difference = by_objective[1][0] - by_objective[0][0];
    assert!(
        difference.abs() < (wide[0] - narrow[0]) / 3.0,
        "{by_objective:?}"
    );

    // People who answer without looking are like no network, and not like each other.
    let at_random = Settings {
        people_at_random: true,
        ..settings
    };
    let at_random = People::simulate(&at_random, &built.judged).unwrap();
    for network in &built.networks {
        let [accuracy, correlation] = alignment(network, &built, &at_random);
        assert_abs_diff_eq!(accuracy, 1.0 / 3.0, epsilon = 0.04);
        assert_abs_diff_eq!(correlation, 0.0, epsilon = 0.08);
    }
}

#[test]
fn without_training_it_makes_no_difference_for_what() {
    let built = Miniature::new(&tiny(false)).unwrap();
    assert!(
        built
            .networks
            .iter()
            .all(|network| network.report.is_none())
    );
    let [wide, narrow] =
        [Labels::Wide, Labels::Narrow].map(|of| mean(&built, &built.people, has(of)));
    assert_abs_diff_eq!(wide[0], narrow[0], epsilon = 0.03);
    assert_abs_diff_eq!(wide[1], narrow[1], epsilon = 0.06);
}

#[test]
fn people_name_their_concepts_and_themselves() {
    let settings = tiny(false);
    let built = Miniature::new(&settings).unwrap();
    let People {
        embedding,
        concepts,
        trials,
        arrangements,
    } = &built.people;
    assert_eq!(embedding.n_features(), concepts.len());
    assert!(embedding.features().iter().all(|&weight| weight >= 0.0));
    for id in built.judged.stimuli.ids() {
        let row = embedding.row(id).unwrap();
        for (concept, &weight) in concepts.iter().zip(row) {
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
fn a_network_is_a_source() {
    let built = Miniature::new(&tiny(false)).unwrap();
    let network = &built.networks[0];
    let source = network.at("conv2", &built.judged).unwrap();
    assert_eq!(source.name(), "convolutional small wide softmax");
    let all = source.represent(&built.judged.stimuli).unwrap();
    assert_eq!(all.provenance().note("training data"), Some("wide"));
    assert_eq!(all.provenance().note("epochs"), Some("0"));
    // Rows follow ids.
    let some = built.judged.stimuli.select(&[50, 7]).unwrap();
    let few = source.represent(&some).unwrap();
    let expected = all.select(&some).unwrap();
    for (found, expected) in few.features().iter().zip(expected.features()) {
        assert_abs_diff_eq!(*found, *expected, epsilon = 1e-5);
    }
    assert_ne!(
        few.row(some.ids()[0].as_str()),
        few.row(some.ids()[1].as_str())
    );

    assert!(matches!(
        network.at("conv9", &built.judged),
        Err(Error::UnknownName { nearest, .. }) if nearest.contains(&"conv3".into())
    ));
    let unseen = Stimuli::new(["star red stripes 99"]).unwrap();
    assert!(matches!(
        source.represent(&unseen),
        Err(Error::MissingStimuli { n_missing: 1, .. })
    ));
    let both = built.judged.stimuli.intersection(&built.training.stimuli);
    assert!(both.is_empty());
}
