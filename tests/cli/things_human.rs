//! Trials of the THINGS objects by 264 participants, scored from the command line, against numbers that were
//! computed with numpy.

use serde_json::Value;

use crate::common;

#[test]
fn every_representation_is_joined_by_name() {
    let Some(shared) = common::shared() else {
        return;
    };
    let golden = std::fs::read(shared.join("goldens/things_human.json")).unwrap();
    let golden: serde_json::Map<String, Value> = serde_json::from_slice(&golden).unwrap();
    assert!(golden.len() >= 32);
    let data = shared.join("data");
    let path = |name: &str| data.join(name).display().to_string();
    let lists = [
        "things/concepts.txt",
        "things_features/objects_with_image.txt",
    ]
    .map(path);
    for (name, expected) in &golden {
        // VICE is in the order of file names, which differs from that of the trials in 21 places.
        let (features, ids) = match name.as_str() {
            "vice_embedding" => (
                path("things/vice_embedding.npy"),
                vec![path("things/vice_objects.txt")],
            ),
            _ => (path(&format!("things_features/{name}.npy")), lists.to_vec()),
        };
        for similarity in ["cosine", "dot"] {
            let json_of = |ids: &str| {
                common::example(
                    "odd_one_out",
                    &[
                        "--features",
                        &features,
                        "--ids",
                        ids,
                        "--triplets",
                        &path("things/human_triplets.npy"),
                        "--stimuli",
                        &lists[0],
                        "--participants",
                        &path("things/human_triplets_participant.npy"),
                        "--drop-missing",
                        "--similarity",
                        similarity,
                        "--json",
                    ],
                )
            };
            // Features exist of all 1,854 objects, or of the 1,845 with an image: the other list is refused.
            let outputs: Vec<_> = ids.iter().map(|ids| json_of(ids)).collect();
            let answers = outputs.iter().filter(|output| output.status.success());
            let answers: Vec<Value> = answers
                .map(|output| serde_json::from_slice(&output.stdout).unwrap())
                .collect();
            let [found] = answers.as_slice() else {
                panic!("{name}: {} lists of ids fit", answers.len());
            };
            assert_eq!(found["trials"], expected["trials"], "{name}");
            let n_dropped = 127_304 - expected["trials"].as_u64().unwrap();
            assert_eq!(found["dropped_missing"], n_dropped, "{name}");
            let expected = &expected[similarity];
            for field in ["correct", "ties"] {
                assert_eq!(found[field], expected[field], "{name}, {similarity}");
            }
            let [entropy, wanted] =
                [found, expected].map(|row| row["cross_entropy"].as_f64().unwrap());
            assert!(
                (entropy - wanted).abs() <= 1e-9 * wanted,
                "{name}, {similarity}: {entropy}, not {wanted}"
            );
        }
    }
}

#[test]
fn rows_in_another_order_are_not_taken_by_number() {
    let Some(shared) = common::shared() else {
        return;
    };
    let path = |name: &str| shared.join("data/things").join(name).display().to_string();
    let [features, ids, stimuli] =
        ["vice_embedding.npy", "vice_objects.txt", "concepts.txt"].map(path);
    for (trials, n_correct) in [
        ("2171trials_humans.txt", 1441),
        ("human_triplets.npy", 81229),
    ] {
        let answer = common::json_of(
            "odd_one_out",
            &[
                "--features",
                &features,
                "--ids",
                &ids,
                "--stimuli",
                &stimuli,
                "--triplets",
                &path(trials),
                "--similarity",
                "dot",
                "--json",
            ],
        );
        assert_eq!(answer["correct"], n_correct);
        assert_eq!(answer["paired_by"], "id");
    }
}

#[test]
fn trials_without_features_are_refused_with_their_number() {
    let Some(shared) = common::shared() else {
        return;
    };
    let path = |name: &str| shared.join("data").join(name).display().to_string();
    let message = common::refused(
        "odd_one_out",
        &[
            "--features",
            &path("things_features/squeezenet1_1.penultimate.npy"),
            "--ids",
            &path("things_features/objects_with_image.txt"),
            "--stimuli",
            &path("things/concepts.txt"),
            "--triplets",
            &path("things/human_triplets.npy"),
        ],
    );
    assert!(message.contains("of 127304 trials"), "{message}");
    assert!(message.contains("--drop-missing"), "{message}");
}
