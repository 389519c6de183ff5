//! Data sets of dissimilarities: the published layouts, exports of the Meadows platform, and the
//! estimate from raw arrangements.

use human_alignment::error::{ArgumentError, FileError, RdmError};
use std::fs;
use std::path::Path;

use human_alignment::dataset::{
    FreeArrangement, FreeArrangementSet, Meadows, MultiArrangement, Peterson, Things48,
};
use human_alignment::rdm::{Evidence, InverseMds, RdmFile, Scaling};
use human_alignment::{RdmSet, SimilarityDataset, Stimuli};
use serde_json::{Value, json};

use crate::common;
use crate::common::files::put;
use crate::common::refusals::{assert_kind, assert_refused};

/// What a reader must find in the small files of the published layouts.
fn expected(shared: &Path) -> Value {
    let expected = fs::read(shared.join("goldens/formats/expected.json")).unwrap();
    serde_json::from_slice(&expected).unwrap()
}

fn doubles(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn texts(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Every person's own data are there, and no two people's are alike.
fn check_people(people: &RdmSet, n: usize) {
    assert_eq!(people.len(), n);
    for (first, rdm) in people.rdms().iter().enumerate() {
        assert_eq!(people.participants()[first].id, first.to_string());
        assert!(!people.rdms()[first + 1..].contains(rdm));
    }
}

// As published

#[test]
fn multi_arrangement_as_published() {
    let Some(shared) = common::shared() else {
        return;
    };
    let expected = &expected(&shared)["multi_arrangement"];
    let read = |folder: &str| MultiArrangement::read(shared.join("goldens/formats").join(folder));
    let people = read("multi_arrangement").unwrap();
    assert_eq!(people.stimuli().ids(), texts(&expected["stimuli"]));
    check_people(people.judgments(), 3);
    let mean = people.judgments().mean(Scaling::None).unwrap();
    assert_eq!(
        bits(mean.values()),
        bits(&doubles(&expected["mean_upper_triangle"]))
    );
    let image = people.image_path("003").unwrap();
    assert!(image.ends_with("images/003.jpg") && image.is_file());
    assert_eq!(people.image_path("008"), None);

    let compressed = read("multi_arrangement_compressed").unwrap();
    assert_eq!(compressed.judgments(), people.judgments());
}

#[test]
fn free_arrangement_as_published() {
    let Some(shared) = common::shared() else {
        return;
    };
    let folder = shared.join("goldens/formats/free_arrangement");
    for &set in FreeArrangementSet::ALL {
        let expected = &expected(&shared)["free_arrangement"][set.name()];
        let people = FreeArrangement::read(&folder, set).unwrap();
        assert!(people.name().contains(set.name()));
        assert_eq!(people.stimuli().ids(), texts(&expected["stimuli"]));
        check_people(people.judgments(), 4);
        let mean = people.judgments().mean(Scaling::None).unwrap();
        assert_eq!(bits(mean.values()), bits(&doubles(&expected["mean_pairs"])));
        let image = people.image_path("0006").unwrap();
        let path = format!("images/{set}/0006.jpg");
        assert!(image.ends_with(path) && image.is_file());
    }
}

#[test]
fn peterson_as_published() {
    let Some(shared) = common::shared() else {
        return;
    };
    let folder = shared.join("goldens/formats/peterson");
    for category in ["animals", "fruits"] {
        let expected = &expected(&shared)[format!("peterson/{category}")];
        let ratings = Peterson::read(&folder, category).unwrap();
        assert_eq!(ratings.stimuli().ids(), texts(&expected["stimuli"]));
        let similarities = doubles(&expected["upper_triangle"]);
        assert_eq!(bits(ratings.similarities()), bits(&similarities));
        let dissimilarities: Vec<f64> = similarities.iter().map(|s| 10.0 - s).collect();
        assert_eq!(ratings.judgments().len(), 1);
        assert_eq!(ratings.judgments().rdms()[0].values(), dissimilarities);
        let image = ratings.image_path(&format!("{category}2")).unwrap();
        assert!(image.ends_with(format!("{category}2.png")));
    }
}

#[test]
fn things48_as_published() {
    let Some(shared) = common::shared() else {
        return;
    };
    let data = shared.join("data/things");
    let things = Stimuli::read_column(data.join("things_concepts.tsv"), "uniqueID").unwrap();
    let table = data.join("spose_embedding66d_rescaled_48val_reordered.csv");
    let objects = Things48::objects(&table).unwrap();
    assert_eq!(objects.len(), 48);
    // The first column counts them in the order of their images' names, not in that of the concepts.
    let rows = Stimuli::read_column(&table, "").unwrap();
    let row = |id: &String| things.position(id).unwrap().to_string();
    let differ = objects.ids().iter().zip(rows.ids());
    let differ = differ.filter(|(id, place)| row(id) != **place);
    assert_eq!(differ.map(|(id, _)| id).collect::<Vec<_>>(), ["camera1"]);
    let path = data.join("RDM48_triplet.mat");
    let rdm = Things48::read(&path, objects).unwrap();
    let rdm = &rdm.judgments().rdms()[0];
    let between = |a: &str, b: &str| {
        let position = |id| rdm.stimuli().position(id).unwrap();
        rdm.between(position(a), position(b)).unwrap()
    };
    // scipy.io.loadmat(path)["RDM48_triplet"][0, 1:3]
    assert_eq!(between("pizza", "beaver"), 0.8307692307692307);
    assert_eq!(between("macadamia", "pizza"), 0.14925373134328357);

    let error = Things48::read(&path, Stimuli::numbered(47)).unwrap_err();
    let message = error.report().to_string();
    assert!(
        message.contains("RDM48_triplet.mat: ") && message.contains("47×47"),
        "{message}"
    );
    let error = Things48::objects(data.join("things_concepts.tsv")).unwrap_err();
    assert!(
        error
            .report()
            .to_string()
            .contains("no column \"image_name\""),
        "{error}"
    );
}

#[test]
fn meadows_as_exported() {
    let Some(shared) = common::shared() else {
        return;
    };
    let read = |file: &str| Meadows::read(shared.join("data/meadows").join(file)).unwrap();
    let several = read("Meadows_myExp_v_v1_arrangement_1D.mat");
    let people: Vec<&str> = several
        .judgments()
        .participants()
        .iter()
        .map(|person| person.id.as_str())
        .collect();
    assert_eq!(people, ["able-fly", "clean-koi", "cuddly-bunny"]);
    assert_eq!(several.stimuli().len(), 118);
    assert_eq!(several.stimuli().ids()[..2], ["stim118", "stim117"]);

    // rsatoolbox.io.meadows.load_rdms(path), whose stimuli are sorted by name:
    // dissimilarities[:, [0, 5000, 6902]]
    let mut ids = several.stimuli().ids().to_vec();
    ids.sort_unstable();
    let sorted = several.judgments().select(&Stimuli::new(ids).unwrap());
    let sorted = sorted.unwrap();
    for (rdm, values) in sorted.rdms().iter().zip(RSATOOLBOX) {
        assert_eq!([0, 5000, 6902].map(|pair| rdm.values()[pair]), values);
    }

    // The same person three times.
    let alone = read("Meadows_myExp_v_v1_cuddly-bunny_3_1D.mat");
    let tree = read("Meadows_myExp_v_v1_cuddly-bunny_3_tree.json");
    assert_eq!(
        alone.judgments().participants()[0].to_string(),
        "cuddly-bunny"
    );
    assert_eq!(alone.judgments().rdms()[0], several.judgments().rdms()[2]);
    assert_eq!(alone.judgments(), tree.judgments());
    assert!(alone.arrangements()[0].is_empty());
    assert_eq!(tree.arrangements()[0].len(), 109);

    let path = "Meadows_twoMaTasks_v_v1_informed-mole_tree.json";
    let tasks = read(path);
    assert_eq!(tasks.stimuli().ids(), ["beach", "fireplace", "river"]);
    let people = tasks.judgments().participants();
    assert_eq!(people[0].to_string(), "informed-mole, session ma1");
    assert_eq!(people[1].to_string(), "informed-mole, session ma2");
    assert_eq!(
        tasks.judgments().rdms()[0].values(),
        [0.6856751985051518, 0.2181217316152998, 0.6944583733760173]
    );
    let path = shared.join("data/meadows").join(path);
    let second = Meadows::read_task(&path, "ma2").unwrap();
    assert_eq!(second.judgments().rdms(), &tasks.judgments().rdms()[1..]);
    assert_eq!(second.arrangements(), &tasks.arrangements()[1..]);
    let error = Meadows::read_task(&path, "gi1").unwrap_err();
    assert!(
        error
            .report()
            .to_string()
            .contains("(available: \"ma1\", \"ma2\")"),
        "{error}"
    );
}

/// Of able-fly, clean-koi and cuddly-bunny.
const RSATOOLBOX: [[f64; 3]; 3] = [
    [
        0.013277290779981831,
        0.0097855599095795,
        0.016598106791849372,
    ],
    [
        0.008816966982503678,
        0.012320214542928082,
        0.007732343538847646,
    ],
    [
        0.006978976198314773,
        0.016630072830278102,
        0.007912853875612644,
    ],
];

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt()
}

#[test]
fn raw_trials_give_the_exported_estimate() {
    let Some(shared) = common::shared() else {
        return;
    };
    let read = |file: &str| Meadows::read(shared.join("data/meadows").join(file)).unwrap();
    let person = read("Meadows_myExp_v_v1_cuddly-bunny_3_tree.json");
    let exported = person.judgments().rdms()[0].scaled(Scaling::RootMeanSquare);
    let exported = exported.unwrap();
    let estimate = |method: InverseMds| {
        let rdm = method.estimate(person.stimuli(), &person.arrangements()[0]);
        rdm.unwrap()
    };
    let agreement = |method| pearson(estimate(method).values(), exported.values());

    let method = InverseMds::default();
    let rdm = estimate(method);
    assert_eq!(rdm.n_missing(), 0);
    let differences = rdm.values().iter().zip(exported.values());
    let largest = differences.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(largest < 6e-4, "{largest}");
    assert!(agreement(method) > 0.999_999, "{}", agreement(method));

    // What other weights would give; the same numbers as an independent calculation in numpy.
    let without_floor = method.with_evidence_floor(0.0).unwrap();
    for (method, expected) in [
        (without_floor, 0.98745),
        (
            without_floor.with_evidence(Evidence::SquaredRelativeDistance),
            0.98463,
        ),
        (
            method.with_evidence(Evidence::SquaredRelativeDistance),
            0.99845,
        ),
        (method.with_evidence(Evidence::Equal), 0.91709),
    ] {
        assert!(
            (agreement(method) - expected).abs() < 2e-5,
            "{}",
            agreement(method)
        );
    }

    // Two short tasks of another person.
    let tasks = read("Meadows_twoMaTasks_v_v1_informed-mole_tree.json");
    assert_eq!(
        (tasks.judgments().len(), tasks.arrangements().len()),
        (2, 2)
    );
    for (exported, trials) in tasks.judgments().rdms().iter().zip(tasks.arrangements()) {
        let exported = exported.scaled(Scaling::RootMeanSquare).unwrap();
        let rdm = method.estimate(tasks.stimuli(), trials).unwrap();
        for (found, expected) in rdm.values().iter().zip(exported.values()) {
            assert!((found - expected).abs() < 1e-3, "{found} {expected}");
        }
    }
}

// Bad input

fn element(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = [kind, data.len() as u32].map(u32::to_le_bytes).concat();
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// An array of a MATLAB file: 6 doubles, 2 a struct, 4 letters.
fn array(class: u8, shape: &[usize], name: &str, content: &[u8]) -> Vec<u8> {
    let shape = shape
        .iter()
        .flat_map(|&length| (length as i32).to_le_bytes());
    let flags = [class, 0, 0, 0, 0, 0, 0, 0];
    let parts = [
        element(6, &flags),
        element(5, &shape.collect::<Vec<u8>>()),
        element(1, name.as_bytes()),
        content.to_vec(),
    ];
    element(14, &parts.concat())
}

fn numbers(shape: &[usize], name: &str, column_major: &[f64]) -> Vec<u8> {
    let data = column_major.iter().flat_map(|value| value.to_le_bytes());
    array(6, shape, name, &element(9, &data.collect::<Vec<u8>>()))
}

fn mat(variables: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![b' '; 124];
    bytes[..19].copy_from_slice(b"MATLAB 5.0 MAT-file");
    bytes.extend([0, 1, b'I', b'M']);
    bytes.extend(variables.concat());
    bytes
}

/// Two people's matrices of three images, of which one element is set.
fn judgments(person: usize, row: usize, column: usize, value: f64) -> Vec<u8> {
    let mut values = vec![0.0; 18];
    for (place, value) in values.iter_mut().enumerate() {
        let (row, column) = (place / 2 % 3, place / 6);
        *value = if row == column {
            0.0
        } else {
            (row + column) as f64
        };
    }
    values[person + 2 * row + 6 * column] = value;
    mat(&[numbers(&[2, 3, 3], "judgments", &values)])
}

fn multi_arrangement(
    judgments: impl AsRef<[u8]>,
    n_images: usize,
) -> human_alignment::Result<RdmSet> {
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "sim_judgements/judgments_general.mat", judgments);
    put(&folder, "images/README.txt", "none of them");
    for image in 0..n_images {
        put(&folder, &format!("images/{image}.jpg"), "");
    }
    let people = MultiArrangement::read(folder.path())?;
    Ok(people.judgments().clone())
}

/// The error, which names the file and says this.
fn says<T>(result: human_alignment::Result<T>, file: &str, problem: &str) {
    let error = result.map(drop).unwrap_err();
    assert!(error.path().is_some(), "{error}");
    let message = error.report().to_string();
    assert!(message.contains(&format!("{file}: ")), "{message}");
    assert!(message.contains(problem), "{message}");
}

#[test]
fn multi_arrangements_that_are_none_are_refused() {
    let file = "judgments_general.mat";
    let sound = judgments(0, 0, 0, 0.0);
    assert_eq!(multi_arrangement(&sound, 3).unwrap().len(), 2);
    for (bad, problem) in [
        (
            judgments(1, 0, 2, 2.1),
            "RDM of 1: pair (\"0\", \"2\"): the matrix is not symmetric",
        ),
        (
            judgments(0, 1, 1, 0.1),
            "RDM of 0: pair (\"1\", \"1\"): the diagonal is 0.1",
        ),
        (
            judgments(1, 2, 1, f64::INFINITY),
            "pair (\"1\", \"2\"): inf is not finite",
        ),
    ] {
        says(multi_arrangement(bad, 3), file, problem);
    }
    let both = |value| {
        let mut values = vec![0.0, 1.0, value, 1.0, 0.0, 1.0, value, 1.0, 0.0];
        values.resize(9, 0.0);
        mat(&[numbers(&[1, 3, 3], "judgments", &values)])
    };
    says(
        multi_arrangement(both(f64::NAN), 3),
        file,
        "pair (\"0\", \"2\")",
    );
    says(multi_arrangement(both(-0.5), 3), file, "-0.5 is negative");
    for n_images in [0, 2, 4] {
        let problem = format!("{n_images} (expected 3)");
        says(multi_arrangement(&sound, n_images), file, &problem);
    }
    let square = mat(&[numbers(&[3, 3], "judgments", &[0.0; 9])]);
    says(multi_arrangement(square, 3), file, "has shape [3, 3]");
    let oblong = mat(&[numbers(&[1, 3, 2], "judgments", &[0.0; 6])]);
    says(multi_arrangement(oblong, 3), file, "has shape [1, 3, 2]");
    let other = mat(&[
        numbers(&[1, 1], "rdms", &[0.0]),
        numbers(&[1, 1], "n", &[0.0]),
    ]);
    let problem = "no array \"judgments\" (available: \"rdms\", \"n\")";
    says(multi_arrangement(other, 3), file, problem);
    let text = mat(&[array(4, &[1, 2], "judgments", &element(16, b"no"))]);
    says(multi_arrangement(text, 3), file, "elements of type char");
    for length in 0..sound.len() {
        let error = multi_arrangement(&sound[..length], 3).unwrap_err();
        assert!(error.path().is_some(), "{length}: {error}");
    }
    let hdf = b"MATLAB 7.3 MAT-file".repeat(20);
    says(multi_arrangement(hdf, 3), file, "save it with -v7");

    let nothing = tempfile::tempdir().unwrap();
    let error = MultiArrangement::read(nothing.path()).unwrap_err();
    assert_kind!(error, File(FileError::Read { path, .. }) if path.ends_with("images"));
}

#[test]
fn free_arrangements_that_are_none_are_refused() {
    let open = |set: &str, field: &str, shape: &[usize], values: &[f64]| {
        let names = |names: &str| {
            let mut bytes = names.as_bytes().to_vec();
            bytes.resize(32, 0);
            [element(5, &32i32.to_le_bytes()), element(1, &bytes)].concat()
        };
        let inner = [names(field), numbers(shape, "", values)].concat();
        let inner = array(2, &[1, 1], "", &inner);
        let outer = array(2, &[1, 1], "BEHAVIOR", &[names(set), inner].concat());
        let folder = tempfile::tempdir().unwrap();
        put(&folder, "sim_judgements/BEHAVIOR.mat", mat(&[outer]));
        for image in ["a", "b", "c"] {
            put(&folder, &format!("images/set1/{image}.png"), "");
        }
        FreeArrangement::read(folder.path(), FreeArrangementSet::First)
    };
    let field = "pairwisedistances";
    let people = open("set1", field, &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    assert_eq!(people.judgments().rdms()[1].values(), [2.0, 4.0, 6.0]);
    let file = "BEHAVIOR.mat";
    let pairs = |n: usize| vec![1.0; n];
    says(
        open("set1", field, &[1, 4], &pairs(4)),
        file,
        "4 dissimilarities: their number must be",
    );
    says(
        open("set1", field, &[1, 6], &pairs(6)),
        file,
        "3 (expected 4)",
    );
    says(
        open("set1", field, &[1, 3, 2], &pairs(6)),
        file,
        "has shape [1, 3, 2]",
    );
    says(
        open("set2", field, &[1, 3], &pairs(3)),
        file,
        "\"set1\" (available: \"set2\")",
    );
    says(
        open("set1", "d", &[1, 3], &pairs(3)),
        file,
        "(available: \"d\")",
    );
    let bad = [1.0, f64::NAN, 1.0];
    says(
        open("set1", field, &[1, 3], &bad),
        file,
        "RDM of 0: pair (\"a\", \"c\")",
    );
    says(
        open("set1", field, &[1, 3], &[1.0, 1.0, -1.0]),
        file,
        "pair (\"b\", \"c\"): -1 is negative",
    );
}

#[test]
fn ratings_that_are_none_are_refused() {
    let sound = [10.0, 4.0, 2.0, 4.0, 10.0, 0.0, 2.0, 0.0, 10.0];
    let open = |file: &str, bytes: Vec<u8>| {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, &format!("cars/sim_judgements/{file}"), bytes);
        for image in ["a.png", "b.jpg", "c.jpeg"] {
            put(&folder, &format!("cars/images/{image}"), "");
        }
        Peterson::read(folder.path(), "cars")
    };
    let with = |place: usize, value: f64| {
        let mut values = sound;
        values[place] = value;
        mat(&[numbers(&[3, 3], "carsSimMatrix", &values)])
    };
    let ratings = open("cars.mat", with(0, 10.0)).unwrap();
    assert_eq!(ratings.similarities(), [4.0, 2.0, 0.0]);
    assert_eq!(ratings.judgments().rdms()[0].values(), [6.0, 8.0, 10.0]);
    for (place, value, problem) in [
        (1, 4.5, "pair (\"a\", \"b\"): the matrix is not symmetric"),
        (4, 9.0, "pair (\"b\", \"b\"): the diagonal is 1"),
        (
            5,
            10.5,
            "pair (\"c\", \"b\"): 10.5 is not on the scale from 0 to 10",
        ),
        (5, -0.5, "-0.5 is not on the scale"),
        (5, f64::NAN, "NaN is not on the scale"),
    ] {
        says(open("cars.mat", with(place, value)), "cars.mat", problem);
    }
    let two = |first: &str, second: &str| {
        let one = |name| numbers(&[3, 3], name, &sound);
        mat(&[one(first), one(second)])
    };
    assert!(open("cars.mat", two("other", "sim")).is_ok());
    says(
        open("cars.mat", two("sim", "sim2")),
        "cars.mat",
        "(available: \"sim\", \"sim2\")",
    );
    says(
        open("cars.mat", two("a", "b")),
        "cars.mat",
        "(available: \"a\", \"b\")",
    );
    let small = mat(&[numbers(&[2, 2], "sim", &[10.0, 1.0, 1.0, 10.0])]);
    says(open("cars.mat", small), "cars.mat", "3 (expected 2)");
    let oblong = mat(&[numbers(&[3, 2], "sim", &[1.0; 6])]);
    says(open("cars.mat", oblong), "cars.mat", "has shape [3, 2]");
    says(
        open("cars.pkl", b"\x80\x04".to_vec()),
        "cars.pkl",
        "numpy.save",
    );
    says(
        open("cars.txt", Vec::new()),
        "sim_judgements",
        "0 (expected 1)",
    );

    // The pickle, once converted.
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }\n";
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.as_bytes());
    npy.extend(sound.iter().flat_map(|value| value.to_le_bytes()));
    let converted = open("cars.npy", npy).unwrap();
    assert_eq!(converted.judgments(), ratings.judgments());

    for category in ["", "..", "a/b", "."] {
        let error = Peterson::read("x", category).unwrap_err();
        assert_kind!(
            error,
            Argument(ArgumentError::InvalidParameter { .. }),
            "{category}"
        );
    }
}

fn meadows_mat(variables: &[Vec<u8>]) -> human_alignment::Result<Meadows> {
    let folder = tempfile::tempdir().unwrap();
    Meadows::read(put(&folder, "Meadows_e_v_v1_a-b_1_1D.mat", mat(variables)))
}

#[test]
fn exports_that_are_none_are_refused() {
    let stimuli = |name: &str| array(4, &[3, 5], name, &element(16, b"abc...pppnnnggg"));
    let pairs = |name: &str, values: &[f64]| numbers(&[1, values.len()], name, values);
    let sound = meadows_mat(&[stimuli("stimuli"), pairs("rdmutv", &[1.0, 2.0, 3.0])]).unwrap();
    assert_eq!(sound.stimuli().ids(), ["a", "b", "c"]);
    let file = "_1D.mat";
    let one = |values: &[f64]| meadows_mat(&[stimuli("stimuli"), pairs("rdmutv", values)]);
    says(
        one(&[1.0, 2.0]),
        file,
        "RDM of a-b: wrong number of pairs of stimuli: 2 (expected 3)",
    );
    says(
        one(&[1.0, 2.0, -3.0]),
        file,
        "pair (\"b\", \"c\"): -3 is negative",
    );
    says(
        one(&[f64::INFINITY, 2.0, 3.0]),
        file,
        "pair (\"a\", \"b\"): inf is not finite",
    );
    says(
        meadows_mat(&[stimuli("stimuli")]),
        file,
        "no array \"rdmutv\" (available: \"stimuli\")",
    );
    says(
        meadows_mat(&[pairs("rdmutv_x_y", &[1.0]), stimuli("names")]),
        file,
        "no array \"stimuli_x_y\" (available: \"rdmutv_x_y\", \"names\")",
    );
    let matrix = numbers(&[3, 3], "rdmutv", &[0.0; 9]);
    says(
        meadows_mat(&[stimuli("stimuli"), matrix]),
        file,
        "has shape [3, 3]",
    );

    // One person saw the stimuli in another order.
    let turned = array(4, &[3, 1], "stimuli_b_b", &element(16, b"cab"));
    let first = array(4, &[3, 1], "stimuli_a_a", &element(16, b"abc"));
    let people = meadows_mat(&[
        first.clone(),
        pairs("rdmutv_a_a", &[1.0, 2.0, 3.0]),
        turned,
        pairs("rdmutv_b_b", &[2.0, 3.0, 1.0]),
    ])
    .unwrap();
    assert_eq!(people.judgments().rdms()[0], people.judgments().rdms()[1]);
    let other = array(4, &[3, 1], "stimuli_b_b", &element(16, b"abx"));
    let pairs = [
        pairs("rdmutv_a_a", &[1.0; 3]),
        pairs("rdmutv_b_b", &[1.0; 3]),
    ]
    .concat();
    says(
        meadows_mat(&[first, other, pairs]),
        file,
        "RDM of b-b: 1 of 3 stimuli are missing: \"c\"",
    );
    let error = Meadows::read("export.txt").unwrap_err();
    assert_kind!(error, File(FileError::UnknownFormat { .. }));
}

#[test]
fn pairs_without_an_estimate_are_missing() {
    let stimuli = array(4, &[3, 5], "stimuli", &element(16, b"abc...pppnnnggg"));
    let values = numbers(&[1, 3], "rdmutv", &[1.0, f64::NAN, 3.0]);
    let person = meadows_mat(&[stimuli, values]).unwrap();
    let rdm = &person.judgments().rdms()[0];
    assert_eq!(rdm.n_missing(), 1);
    assert_eq!((rdm.values()[0], rdm.values()[2]), (1.0, 3.0));

    let text = tree().to_string();
    // JSON has no NaN, but Python writes it. Texts stay as they are.
    let folder = tempfile::tempdir().unwrap();
    let read = |third: &str| {
        let text = text.replace("0.3]", &format!("{third}]"));
        let text = text.replace("a.png", r#"\"NaN, Infinity\\.png"#);
        Meadows::read(put(&folder, "Meadows_e_v_v1_a-b_tree.json", text))
    };
    for missing in ["NaN", "null"] {
        let person = read(missing).unwrap();
        assert_eq!(person.stimuli().ids(), ["\"NaN, Infinity\\", "b", "c"]);
        let rdm = &person.judgments().rdms()[0];
        assert_eq!((rdm.n_missing(), rdm.values()[1]), (1, 0.2));
    }
    for (infinite, value) in [("Infinity", "inf"), ("-Infinity", "-inf")] {
        let problem = format!("pair (\"b\", \"c\"): {value} is not finite");
        says(read(infinite), "_tree.json", &problem);
    }
    says(
        read("\"far\""),
        "_tree.json",
        "RDM of a-b: not a readable Meadows tree",
    );
}

#[test]
fn a_cell_that_is_no_number_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        let path = folder.path().join("h.csv");
        fs::write(&path, text).unwrap();
        RdmFile::new(&path).unwrap().read()
    };
    let text = "item1,item2,dissimilarity\na,b,0.5\na,c,high\nb,c,0.25\n";
    let message = read(text).unwrap_err().report().to_string();
    assert!(
        message.contains("line 3") && message.contains("high"),
        "{message}"
    );
    // Larger values of stimuli with themselves are those of similarities.
    let text = "item1,item2,value\na,a,1\na,b,0.5\na,c,0.75\nb,b,1\nb,c,0.25\n";
    assert_refused!(read(text), Rdm(RdmError::LooksLikeSimilarities { .. }));
    assert!(read(&text.replace(",1\n", ",0\n")).is_ok());
}

#[test]
fn rows_of_pairs_are_sessions() {
    let stimuli = |name: &str| array(4, &[4, 1], name, &element(16, b"abcd"));
    let column_major = [
        1.0, 7.0, 2.0, 8.0, 3.0, 9.0, 4.0, 10.0, 5.0, 11.0, 6.0, 12.0,
    ];
    let rows = numbers(&[2, 6], "rdmutv", &column_major);
    let people = meadows_mat(&[stimuli("stimuli"), rows]).unwrap();
    let rdms = people.judgments();
    let sessions: Vec<String> = rdms
        .participants()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(sessions, ["a-b, session 1", "a-b, session 2"]);
    assert_eq!(rdms.rdms()[0].values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(rdms.rdms()[1].values(), [7.0, 8.0, 9.0, 10.0, 11.0, 12.0]);
    // People can share one list of stimuli.
    let people = meadows_mat(&[
        stimuli("stimuli"),
        numbers(&[1, 6], "rdmutv_able_fly", &[1.0; 6]),
        numbers(&[6, 1], "rdmutv_calm_owl", &[2.0; 6]),
    ]);
    let rdms = people.unwrap().judgments().clone();
    assert_eq!(rdms.participants()[1].id, "calm-owl");
    assert_eq!(rdms.rdms()[1].values(), [2.0; 6]);
}

#[test]
fn a_tree_may_be_of_several_people() {
    let task = |name: &str, rdm: [f64; 3]| {
        let mut task = tree();
        task["task"]["name"] = name.into();
        task["rdm"] = rdm.to_vec().into();
        task
    };
    let several = json!({
        "able-fly": {"token": null, "tasks": [task("ma1", [1.0, 2.0, 3.0]), task("ma2", [2.0; 3])]},
        "calm-owl": {"token": null, "tasks": [task("ma1", [4.0, 5.0, 6.0])]},
    });
    let people = meadows_tree(&several).unwrap();
    let who: Vec<String> = people
        .judgments()
        .participants()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        who,
        [
            "able-fly, session ma1",
            "able-fly, session ma2",
            "calm-owl, session ma1"
        ]
    );
    assert_eq!(people.judgments().rdms()[2].values(), [4.0, 5.0, 6.0]);
    assert_eq!(people.arrangements().len(), 3);
    let mut other = several.clone();
    other["calm-owl"]["tasks"][0]["stimuli"][2]["name"] = "x.png".into();
    let problem = "RDM of calm-owl, session ma1: 1 of 3 stimuli are missing: \"c\"";
    says(meadows_tree(&other), "_tree.json", problem);
    says(meadows_tree(&json!({})), "_tree.json", "too few");
}

fn tree() -> Value {
    let place = |id: &str, x: f64, y: f64| json!({"id": id, "x": x, "y": y});
    json!({
        "task": {"name": "ma", "task_type": "multiarrange"},
        "stimuli": [
            {"id": "1", "name": "a.png"},
            {"id": "2", "name": "b.png"},
            {"id": "3", "name": "c.png"},
        ],
        "rdm": [0.1, 0.2, 0.3],
        "trials": [
            {"positions": [place("1", 0.0, 0.0), place("3", 0.0, 1.0), place("2", 1.0, 0.0)]},
            {"positions": [place("3", 0.0, 0.0), place("2", 0.0, 1.0)]},
        ],
    })
}

fn meadows_tree(tree: &Value) -> human_alignment::Result<Meadows> {
    let folder = tempfile::tempdir().unwrap();
    Meadows::read(put(
        &folder,
        "Meadows_e_v_v1_a-b_tree.json",
        tree.to_string(),
    ))
}

#[test]
fn trees_that_are_none_are_refused() {
    let sound = meadows_tree(&tree()).unwrap();
    assert_eq!(sound.judgments().participants()[0].to_string(), "a-b");
    let trial = &sound.arrangements()[0][1];
    assert_eq!(trial.stimuli().ids(), ["c", "b"]);
    assert_eq!(trial.positions(), [[0.0, 0.0], [0.0, 1.0]]);
    for (pointer, value, problem) in [
        (
            "/rdm",
            json!([0.1, 0.2]),
            "RDM of a-b: wrong number of pairs of stimuli: 2 (expected 3)",
        ),
        (
            "/rdm/1",
            json!(-0.2),
            "pair (\"a\", \"c\"): -0.2 is negative",
        ),
        ("/rdm/1", json!("far"), "a text where a number should be"),
        (
            "/trials/1/positions/0/y",
            json!(null),
            "arrangement 1: row 0 (\"c\"), column 1",
        ),
        ("/rdm", json!("no"), "expected a sequence"),
        (
            "/stimuli/2/name",
            json!("a.png"),
            "duplicate stimulus \"a\", at 0 and 2",
        ),
        (
            "/stimuli/2/id",
            json!("1"),
            "duplicate stimulus \"1\", at 0 and 2",
        ),
        (
            "/trials/1/positions/0/id",
            json!("9"),
            "arrangement 1: 1 of 2 stimuli are missing: \"9\"",
        ),
        (
            "/trials/1/positions/0/id",
            json!("2"),
            "arrangement 1: duplicate stimulus \"b\"",
        ),
        (
            "/trials/1/positions/0/y",
            json!(1.0),
            "arrangement 1: the dissimilarities do not vary",
        ),
        (
            "/trials/1/positions/0/y",
            json!(1e308),
            "arrangement 1: row 0 (\"c\"), column 1",
        ),
        (
            "/trials/0/positions",
            json!([]),
            "arrangement 0: too few stimuli: 0",
        ),
        (
            "/task/task_type",
            json!("info"),
            "too few multiple-arrangement tasks: 0",
        ),
    ] {
        let mut bad = tree();
        *bad.pointer_mut(pointer).unwrap() = value;
        says(meadows_tree(&bad), "_tree.json", problem);
    }
    says(
        meadows_tree(&json!({"tasks": 3})),
        "_tree.json",
        "its tasks are no list",
    );
    says(meadows_tree(&json!([])), "_tree.json", "too few");
    let folder = tempfile::tempdir().unwrap();
    let cut = tree().to_string();
    for length in 0..cut.len() {
        let path = put(&folder, "cut.json", &cut[..length]);
        says(
            Meadows::read(path),
            "cut.json",
            "not a readable Meadows tree file",
        );
    }
    let deep = "[".repeat(100_000);
    says(
        Meadows::read(put(&folder, "deep.json", deep)),
        "deep.json",
        "recursion limit",
    );

    // Tasks of different stimuli can't be one set, and can be read one by one.
    let mut second = tree();
    second["task"]["name"] = json!("other");
    second["stimuli"][0]["name"] = json!("x.png");
    let mut first = tree();
    let both = json!({"tasks": [first.take(), second, {"task": {"task_type": "info"}}]});
    says(
        meadows_tree(&both),
        "_tree.json",
        "RDM of a-b, session other: 1 of 3 stimuli are missing",
    );
    let path = put(&folder, "Meadows_e_v_v1_a-b_tree.json", both.to_string());
    let other = Meadows::read_task(path, "other").unwrap();
    assert_eq!(other.stimuli().ids(), ["x", "b", "c"]);
    assert_eq!(other.name(), "Meadows_e_v_v1_a-b_tree");
}
