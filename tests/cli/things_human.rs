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
    let corrections = corrections(&shared);
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
            // The reference has no small-sample correction, which is known from the trials alone.
            let correction = corrections
                .iter()
                .find(|(n_trials, _)| found["trials"] == *n_trials)
                .map(|(_, correction)| correction)
                .expect("one of the two sets of trials");
            for (field, of_reference, shared) in [
                ("standard_error", "se_objects_or_people_raw", correction[0]),
                ("standard_error_objects", "se_objects_raw", correction[1]),
            ] {
                let found = found[field].as_f64().unwrap() * (1.0 - shared).sqrt();
                let wanted = expected[of_reference].as_f64().unwrap();
                assert!(
                    (found - wanted).abs() <= 1e-9 * wanted,
                    "{name}, {similarity}, {field}: {found}, not {wanted}"
                );
            }
            assert_eq!(found["clusters"], "objects-and-participants");
        }
    }
}

/// Returns the numbers of trials with and without the objects that have no image, with the shares of
/// pairs of trials that have an object or the participant in common, and an object in common.
fn corrections(shared: &std::path::Path) -> [(usize, [f64; 2]); 2] {
    let things = shared.join("data/things");
    let read = |name: &str| -> Vec<u16> {
        let file = std::fs::File::open(things.join(name)).unwrap();
        npyz::NpyFile::new(std::io::BufReader::new(file))
            .unwrap()
            .into_vec()
            .unwrap()
    };
    let trials = read("human_triplets.npy");
    let participants = read("human_triplets_participant.npy");
    let lines = |path: std::path::PathBuf| -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    let all = lines(things.join("concepts.txt"));
    let pictured = lines(shared.join("data/things_features/objects_with_image.txt"));
    let is_pictured: Vec<bool> = all.iter().map(|name| pictured.contains(name)).collect();
    let judged: Vec<([u16; 3], u16)> = trials
        .chunks(3)
        .map(|trial| [trial[0], trial[1], trial[2]])
        .zip(participants)
        .collect();
    let with_images =
        |(trial, _): &&([u16; 3], u16)| trial.iter().all(|&at| is_pictured[usize::from(at)]);
    let of_pictured = judged.iter().filter(with_images).copied().collect();
    [judged.clone(), of_pictured].map(|judged: Vec<([u16; 3], u16)>| {
        let squares = |keys: &dyn Fn([u16; 3], u16) -> Vec<[u16; 4]>| -> f64 {
            let mut counts = std::collections::HashMap::<[u16; 4], f64>::new();
            for &(trial, participant) in &judged {
                for key in keys(trial, participant) {
                    *counts.entry(key).or_default() += 1.0;
                }
            }
            counts.values().map(|count| count * count).sum()
        };
        const NONE: u16 = u16::MAX;
        let sharing_objects = |of: &dyn Fn(u16) -> u16| {
            let sorted = |mut trial: [u16; 3]| {
                trial.sort_unstable();
                trial
            };
            squares(&|trial, who| trial.map(|a| [of(who), a, NONE, NONE]).to_vec())
                - squares(&|trial, who| {
                    let [a, b, c] = sorted(trial);
                    [[a, b], [a, c], [b, c]]
                        .map(|[a, b]| [of(who), a, b, NONE])
                        .to_vec()
                })
                + squares(&|trial, who| {
                    let [a, b, c] = sorted(trial);
                    vec![[of(who), a, b, c]]
                })
        };
        let by_object = sharing_objects(&|_| NONE);
        let by_participant = squares(&|_, who| vec![[who, NONE, NONE, NONE]]);
        let either = by_object + by_participant - sharing_objects(&|who| who);
        let n = judged.len();
        (
            n,
            [either, by_object].map(|shared| shared / (n as f64).powi(2)),
        )
    })
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
