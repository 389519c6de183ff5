//! Archives of several arrays: ids, answers and participants beside features and trials.

use human_alignment::dataset::TripletFile;
use human_alignment::error::{ArgumentError, FileError};
use human_alignment::{FileSource, OddOneOutTask, Result, SimilarityDataset, Stimuli};
use tempfile::TempDir;
use zip::CompressionMethod;

use crate::common::arrays::{npy, npz, safetensors};
use crate::common::files::put;
use crate::common::refusals::assert_refused;

fn texts(texts: &[&str]) -> Vec<u8> {
    let width = texts.iter().map(|text| text.len()).max().unwrap();
    let units = texts.iter().flat_map(|text| {
        let padded = text.chars().chain(std::iter::repeat('\0')).take(width);
        padded
            .flat_map(|unit| u32::from(unit).to_le_bytes())
            .collect::<Vec<u8>>()
    });
    let shape = format!("({},)", texts.len());
    npy(
        &format!("<U{width}"),
        false,
        &shape,
        &units.collect::<Vec<u8>>(),
    )
}

fn numbers(shape: &str, numbers: &[f64]) -> Vec<u8> {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
    npy("<f8", false, shape, &bytes.collect::<Vec<u8>>())
}

/// Python objects, whose pickle is not read.
fn objects(n: usize) -> Vec<u8> {
    npy("|O", false, &format!("({n},)"), b"\x80\x04.")
}

fn archive(folder: &TempDir, members: &[(&str, Vec<u8>)]) -> std::path::PathBuf {
    put(folder, "a.npz", npz(CompressionMethod::Stored, members))
}

fn ids_of(members: &[(&str, Vec<u8>)]) -> Result<Stimuli> {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(&folder, members);
    Ok(FileSource::open(&path)?.read()?.stimuli().clone())
}

#[test]
fn ids_are_read_beside_features() {
    let features = (
        "features.npy",
        numbers("(3, 2)", &[1.0, 0.5, 2.0, 0.25, 3.0, 1.0]),
    );
    for (name, ids, expected) in [
        (
            "image_names.npy",
            texts(&["dog", "cat", "cow"]),
            ["dog", "cat", "cow"],
        ),
        (
            "ids.npy",
            numbers("(3,)", &[7.0, 3.0, 5.0]),
            ["7", "3", "5"],
        ),
        (
            "image_numbers.npy",
            numbers("(3, 1)", &[7.0, 3.0, 5.0]),
            ["7", "3", "5"],
        ),
    ] {
        let found = ids_of(&[features.clone(), (name, ids)]).unwrap();
        assert_eq!(found.ids(), expected, "{name}");
    }
    // Texts with another name, unless an array is named like ids.
    let words = ("words.npy", texts(&["x", "y", "z"]));
    let found = ids_of(&[features.clone(), words.clone()]).unwrap();
    assert_eq!(found.ids(), ["x", "y", "z"]);
    let names = ("names.npy", texts(&["a", "b", "c"]));
    let found = ids_of(&[features.clone(), words, names]).unwrap();
    assert_eq!(found.ids(), ["a", "b", "c"]);
    // Categories, numbers of rows, and texts of something else.
    for (name, other) in [
        ("labels.npy", texts(&["animal", "animal", "tool"])),
        ("ids.npy", numbers("(3,)", &[0.0, 1.0, 2.0])),
        ("names.npy", texts(&["layer1", "layer2"])),
    ] {
        let found = ids_of(&[features.clone(), (name, other)]).unwrap();
        assert!(!found.is_named(), "{name}: {found:?}");
    }
    let indices = numbers("(3,)", &[7.0, 3.0, 5.0]);
    for (name, other) in [("names.npy", objects(3)), ("img_idx.npy", indices)] {
        let refused = ids_of(&[features.clone(), (name, other)]);
        assert_refused!(refused, File(FileError::Ambiguous { .. }));
    }
    let names = [
        ("names.npy", texts(&["a", "b", "c"])),
        ("files.npy", texts(&["x", "y", "z"])),
    ];
    let refused = ids_of(&[&[features][..], &names].concat());
    assert_refused!(refused, File(FileError::Ambiguous { .. }));
}

#[test]
fn lists_that_do_not_name_the_rows_are_no_ids() {
    let features = ("x.npy", numbers("(3, 2)", &[1.0, 0.5, 2.0, 0.25, 3.0, 1.0]));
    let message = |others: &[(&str, Vec<u8>)]| {
        let members: Vec<_> = std::iter::once(&features).chain(others).cloned().collect();
        let folder = tempfile::tempdir().unwrap();
        let source = FileSource::open(archive(&folder, &members)).unwrap();
        let found = source.with_array("x").and_then(|source| source.read());
        let found = found.map(|features| features.stimuli().clone());
        found.map_err(|error| error.report().to_string())
    };
    let list = |name: &'static str, names: &[&str]| (name, texts(names));
    let codes = |name: &'static str, numbers_: &[f64]| (name, numbers("(3,)", numbers_));
    let classes = list("classes.npy", &["ant", "bee", "cow"]);
    for (others, part) in [
        // Objects may be the names of the rows.
        (vec![("paths.npy", objects(3))], "Python objects"),
        (vec![("accession.npy", objects(3))], "Python objects"),
        // The names of classes that numbers count.
        (
            vec![classes.clone(), codes("y.npy", &[2.0, 0.0, 1.0])],
            "the names of the classes",
        ),
        (
            vec![classes.clone(), codes("target.npy", &[2.0, 1.0, 1.0])],
            "the names of the classes",
        ),
        // Names of other rows, or of columns.
        (
            vec![list("image_names.npy", &["a", "b", "c", "d", "e"])],
            "has 5 names",
        ),
        (
            vec![
                list("paths.npy", &["a", "b"]),
                list("dims.npy", &["d1", "d2", "d3"]),
            ],
            "has 2 names",
        ),
    ] {
        let error = message(&others).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    for (others, ids) in [
        (vec![classes.clone()], &["ant", "bee", "cow"][..]),
        (
            vec![classes.clone(), codes("y.npy", &[0.0, 1.0, 2.0])],
            &["ant", "bee", "cow"],
        ),
        (
            vec![
                list("names.npy", &["u", "v", "w"]),
                classes,
                codes("y.npy", &[2.0, 0.0, 1.0]),
            ],
            &["u", "v", "w"],
        ),
        (vec![list("feature_names.npy", &["f", "g"])], &[]),
        (
            vec![list("class_names.npy", &["a", "b", "c", "d", "e"])],
            &[],
        ),
        (
            vec![list("label_names.npy", &["a", "b", "c", "d", "e"])],
            &[],
        ),
        // They name the rows of another array.
        (
            vec![
                list("image_names.npy", &["a", "b", "c", "d", "e"]),
                ("fold.npy", numbers("(5,)", &[0.0; 5])),
            ],
            &[],
        ),
    ] {
        let found = message(&others).unwrap();
        assert_eq!(found.is_named(), !ids.is_empty(), "{others:?}");
        assert!(found.ids() == ids || !found.is_named(), "{others:?}");
    }
    // One name too few for many rows.
    let labels = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let read = |n: usize| {
        let rows: Vec<f64> = (0..24).map(|number| f64::from(number) + 0.5).collect();
        let names = ("labels.npy", texts(&labels[..n]));
        ids_of(&[("x.npy", numbers("(12, 2)", &rows)), names])
    };
    assert!(read(11).is_err());
    assert!(!read(10).unwrap().is_named() && read(12).unwrap().ids() == labels);
    // Another set of stimuli.
    let sets = [
        ("x_val.npy", features.1.clone()),
        ("ids_train.npy", texts(&["a", "b", "c"])),
    ];
    assert!(!ids_of(&sets).unwrap().is_named());
    // Dissimilarities are no features.
    let square = [
        0.0, 1.0, 2.0, 3.0, 1.0, 0.0, 4.0, 5.0, 2.0, 4.0, 0.0, 6.0, 3.0, 5.0, 6.0, 0.0,
    ];
    let read = |name: &str| ids_of(&[(name, numbers("(4, 4)", &square))]);
    assert!(read("rdm.npy").is_err() && read("x.npy").is_ok());
}

#[test]
fn different_texts_are_ids_whatever_their_name() {
    let features = || {
        (
            "features.npy",
            numbers("(3, 2)", &[1.0, 0.5, 2.0, 0.25, 3.0, 1.0]),
        )
    };
    let names = ["url", "captions", "sources", "description", "note", "x"];
    for name in names.map(|name| format!("{name}.npy")) {
        let beside = |others: &[(&str, Vec<u8>)]| {
            let own = (&*name, texts(&["a", "b", "c"]));
            ids_of(&[&[features(), own], others].concat())
        };
        for others in [&[][..], &[("rt.npy", numbers("(3,)", &[7.0, 3.0, 5.0]))]] {
            assert_eq!(beside(others).unwrap().ids(), ["a", "b", "c"], "{name}");
        }
        let named = beside(&[("stimuli.npy", texts(&["k", "l", "m"]))]);
        assert_eq!(named.unwrap().ids(), ["k", "l", "m"], "{name}");
        let two = beside(&[("hash.npy", texts(&["k", "l", "m"]))]);
        assert_refused!(two, File(FileError::Ambiguous { .. }));
    }
}

/// Returns a `.safetensors` file of three rows of features and three numbers.
fn tensors(name: &str, beside: &[f64]) -> Vec<u8> {
    let header = format!(
        r#"{{"features":{{"dtype":"F64","shape":[3,2],"data_offsets":[24,72]}},
        "{name}":{{"dtype":"F64","shape":[3],"data_offsets":[0,24]}}}}"#
    );
    let features = [1.0, 0.5, 2.0, 0.25, 3.0, 1.0];
    let data = beside.iter().chain(&features);
    let data: Vec<u8> = data.flat_map(|number| number.to_le_bytes()).collect();
    safetensors(&header, &data)
}

#[test]
fn different_whole_numbers_tell_that_rows_are_in_another_order() {
    let read = |name: &str, beside: &[f64]| {
        let folder = tempfile::tempdir().unwrap();
        let features = numbers("(3, 2)", &[1.0, 0.5, 2.0, 0.25, 3.0, 1.0]);
        let beside_it = (&*format!("{name}.npy"), numbers("(3, 1)", beside));
        let archive = archive(&folder, &[("features.npy", features), beside_it]);
        let tensors = put(&folder, "a.safetensors", tensors(name, beside));
        let open = |path| FileSource::open(path)?.with_array("features");
        let sources = [archive, tensors].map(|path| open(path).unwrap());
        (folder, sources)
    };
    let names = [
        "nsd_id", "cocoId", "keys", "row_ids", "perm", "leaves", "rt",
    ];
    for name in names {
        for values in [[7.0, 3.0, 5.0], [2.0, 0.0, 1.0], [3.0, 1.0, 2.0]] {
            let (_folder, sources) = read(name, &values);
            for source in sources {
                let refused = source.read();
                assert_refused!(refused, File(FileError::Ambiguous { .. }), "{name}");
                let given = Stimuli::new(["a", "b", "c"]).unwrap();
                let read = source.with_ids(given.clone()).read().unwrap();
                assert_eq!(read.stimuli(), &given);
            }
        }
        // Numbers of rows, folds, decimals, and effects.
        for harmless in [
            [0.0, 1.0, 2.0],
            [1.0, 2.0, 3.0],
            [7.0, 3.0, 7.0],
            [0.5, 3.0, 1.0],
            [-1.0, 3.0, 1.0],
        ] {
            let (_folder, sources) = read(name, &harmless);
            for source in sources {
                assert!(!source.read().unwrap().stimuli().is_named(), "{name}");
            }
        }
    }
    for name in ["image_id", "ids", "stimulus_numbers"] {
        let (_folder, sources) = read(name, &[7.0, 3.0, 5.0]);
        for source in sources {
            assert_eq!(source.read().unwrap().stimuli().ids(), ["7", "3", "5"]);
        }
    }
    let (_folder, sources) = read("ratings", &[7.0, 3.0, 5.0]);
    for source in sources {
        assert!(!source.read().unwrap().stimuli().is_named());
    }
    let (_folder, sources) = read("indices", &[7.0, 3.0, 5.0]);
    for source in sources {
        assert_refused!(source.read(), File(FileError::Ambiguous { .. }));
    }
    // Beside ids, only positions are unclear.
    for (values, is_read) in [([7.0, 3.0, 5.0], true), ([2.0, 0.0, 1.0], false)] {
        let found = ids_of(&[
            (
                "features.npy",
                numbers("(3, 2)", &[1.0, 0.5, 2.0, 0.25, 3.0, 1.0]),
            ),
            ("names.npy", texts(&["a", "b", "c"])),
            ("trial.npy", numbers("(3,)", &values)),
        ]);
        assert_eq!(found.is_ok(), is_read, "{values:?}");
    }
    // The features themselves.
    let one = ids_of(&[
        ("features.npy", numbers("(3, 1)", &[7.0, 3.0, 5.0])),
        ("labels.npy", numbers("(3,)", &[1.0, 0.0, 1.0])),
    ]);
    assert!(!one.unwrap().is_named());
}

#[test]
fn maps_of_features_are_not_passed_over() {
    let read = |members: &[(&str, Vec<u8>)]| {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(&folder, members);
        FileSource::open(&path)?.read()
    };
    let values: Vec<f64> = (0..12).map(f64::from).collect();
    let matrix = || ("targets.npy", numbers("(3, 2)", &values[..6]));
    for shape in ["(3, 1, 2, 2)", "(3, 4, 1)"] {
        let maps = || ("maps.npy", numbers(shape, &values));
        let refused = read(&[maps(), matrix()]);
        assert_refused!(refused, File(FileError::NoSuchArray { .. }));
        // A list beside them leaves no choice, but maps are not a matrix.
        let list = ("labels.npy", numbers("(3, 1)", &values[..3]));
        let refused = read(&[maps(), list]);
        assert_refused!(refused, Argument(ArgumentError::Shape { .. }));
    }
    let list = ("labels.npy", numbers("(1, 3)", &values[..3]));
    assert_eq!(read(&[list, matrix()]).unwrap().n_features(), 2);
}

/// Reads three trials and arrays beside them.
fn trials(others: &[(&str, Vec<u8>)]) -> Result<TripletFile<OddOneOutTask>> {
    let folder = tempfile::tempdir().unwrap();
    let queries = numbers("(3, 3)", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 3.0, 5.0]);
    let path = archive(
        &folder,
        &[&[("triplets.npy", queries)][..], others].concat(),
    );
    TripletFile::read(&path, Stimuli::numbered(6))
}

#[test]
fn answers_and_participants_are_read_beside_trials() {
    let in_order = [[0, 1, 2], [3, 4, 5], [1, 3, 5]];
    assert_eq!(trials(&[]).unwrap().judgments().as_slice(), in_order);
    let first_odd = [[2, 1, 0], [3, 4, 5], [1, 5, 3]];
    for answers in [
        numbers("(3,)", &[0.0, 2.0, 1.0]),
        numbers("(3, 1)", &[0.0, 5.0, 3.0]),
        texts(&["1", "3", "2"]),
    ] {
        let file = trials(&[("odd_choice.npy", answers)]).unwrap();
        assert_eq!(file.judgments().as_slice(), first_odd);
    }
    let file = trials(&[
        ("participant.npy", texts(&["A", "B", "A"])),
        ("rt.npy", numbers("(3,)", &[0.5, 1.5, 1.0])),
    ])
    .unwrap();
    assert_eq!(file.judgments().as_slice(), in_order);
    let participants = file.judgments().participants().unwrap();
    assert_eq!(participants.labels(), ["A", "B"]);
    for (name, unknown) in [
        ("marked.npy", objects(3)),
        ("marked.npy", texts(&["left", "right", "left"])),
        ("marked.npy", numbers("(3,)", &[1.0, 2.0, 3.0])),
        ("onehot.npy", numbers("(3, 3)", &[0.0; 9])),
        ("response.npy", objects(3)),
        ("chosen_pair.npy", numbers("(3,)", &[0.0, 2.0, 1.0])),
        ("participant.npy", objects(3)),
    ] {
        let refused = trials(&[(name, unknown)]);
        assert_refused!(refused, File(FileError::Ambiguous { .. }));
    }
    let two = [
        ("choice.npy", numbers("(3,)", &[0.0, 2.0, 1.0])),
        ("response.npy", numbers("(3,)", &[0.0, 2.0, 1.0])),
    ];
    assert_refused!(trials(&two), File(FileError::Ambiguous { .. }));
}

#[test]
fn trials_may_count_a_list_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let queries = numbers("(2, 3)", &[0.0, 1.0, 2.0, 2.0, 1.0, 3.0]);
    let names = texts(&["cat", "dog", "cow", "pig"]);
    let members = [("triplets.npy", queries), ("stimuli.npy", names)];
    let path = archive(&folder, &members);
    let read =
        |ids: [&str; 4]| TripletFile::<OddOneOutTask>::read(&path, Stimuli::new(ids).unwrap());
    let same = read(["cat", "dog", "cow", "pig"]).unwrap();
    assert_eq!(same.judgments().as_slice(), [[0, 1, 2], [2, 1, 3]]);
    let other = read(["pig", "cow", "dog", "cat"]);
    assert_refused!(other, File(FileError::Ambiguous { .. }));
}

#[test]
fn trials_may_count_ids_that_are_numbers_or_objects() {
    let ids = ["213", "782", "95", "640"];
    let read = |name: &str, list: Vec<u8>| {
        let folder = tempfile::tempdir().unwrap();
        let queries = numbers("(2, 3)", &[0.0, 1.0, 2.0, 2.0, 1.0, 3.0]);
        let path = archive(&folder, &[("triplets.npy", queries), (name, list)]);
        TripletFile::<OddOneOutTask>::read(&path, Stimuli::new(ids).unwrap())
    };
    for (name, shape) in [("ids.npy", "(4,)"), ("stim_ids.npy", "(4, 1)")] {
        let same = read(name, numbers(shape, &[213.0, 782.0, 95.0, 640.0])).unwrap();
        assert_eq!(same.judgments().as_slice(), [[0, 1, 2], [2, 1, 3]]);
        let other = read(name, numbers(shape, &[640.0, 95.0, 782.0, 213.0]));
        assert_refused!(other, File(FileError::Ambiguous { .. }), "{name}");
    }
    for (name, n) in [("names.npy", 4), ("names.npy", 3), ("anything.npy", 4)] {
        let refused = read(name, objects(n));
        assert_refused!(refused, File(FileError::Ambiguous { .. }), "{name}");
    }
    // Numbers of the rows in another order, also if the stimuli have no ids.
    for name in ["order.npy", "nsd_id.npy"] {
        let order = numbers("(4,)", &[2.0, 0.0, 3.0, 1.0]);
        assert_refused!(
            read(name, order.clone()),
            File(FileError::Ambiguous { .. }),
            "{name}"
        );
        let folder = tempfile::tempdir().unwrap();
        let queries = numbers("(2, 3)", &[0.0, 1.0, 2.0, 2.0, 1.0, 3.0]);
        let path = archive(&folder, &[("triplets.npy", queries), (name, order)]);
        let read = TripletFile::<OddOneOutTask>::read(&path, Stimuli::unnamed(4));
        assert_refused!(read, File(FileError::Ambiguous { .. }), "{name}");
    }
    // Numbers of rows, and of something else.
    assert!(read("ids.npy", numbers("(4,)", &[0.0, 1.0, 2.0, 3.0])).is_ok());
    assert!(read("sizes.npy", numbers("(4,)", &[7.0, 3.0, 9.0, 1.0])).is_ok());
    assert!(read("settings.npy", objects(7)).is_ok());
}

#[test]
fn damaged_answers_are_not_left_out() {
    let queries = numbers("(3, 3)", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 3.0, 5.0]);
    let answers = numbers("(3,)", &[0.0, 2.0, 1.0]);
    let members = [("triplets.npy", queries), ("response.npy", answers)];
    let mut bytes = npz(CompressionMethod::Stored, &members);
    let of_answers = b"'shape': (3,), }\n";
    let places = bytes.windows(of_answers.len());
    let header = places.into_iter().position(|part| part == of_answers);
    bytes[header.unwrap() + of_answers.len() + 6] ^= 1;
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "a.npz", bytes);
    let read = TripletFile::<OddOneOutTask>::read(&path, Stimuli::numbered(6));
    assert_refused!(read, File(FileError::Ambiguous { .. }));
}

#[test]
fn trials_of_texts_are_ids() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<u8> = ["cat", "dog", "cow", "cow", "pig", "cat"]
        .iter()
        .flat_map(|id| id.chars().flat_map(|unit| u32::from(unit).to_le_bytes()))
        .collect();
    let path = put(&folder, "t.npy", npy("<U3", false, "(2, 3)", &ids));
    let animals = Stimuli::new(["cow", "pig", "cat", "dog"]).unwrap();
    let file = TripletFile::<OddOneOutTask>::read(&path, animals).unwrap();
    assert_eq!(file.judgments().as_slice(), [[2, 3, 0], [0, 1, 2]]);
}

#[test]
fn numbers_of_rows_in_an_array_are_no_feature() {
    let read = |first: f64| {
        let rows = (0..12).flat_map(|row| [first + f64::from(row), 0.5 * f64::from(row % 5), 1.25]);
        let values: Vec<f64> = rows.collect();
        let folder = tempfile::tempdir().unwrap();
        let path = archive(&folder, &[("features.npy", numbers("(12, 3)", &values))]);
        FileSource::open(&path)?.read()
    };
    for first in [0.0, 1.0] {
        assert_refused!(read(first), File(FileError::Ambiguous { .. }));
    }
    assert!(read(2.0).is_ok());
}

#[test]
fn participants_of_other_trials_are_refused() {
    for names in [&["Ann", "Ann"][..], &["Ann", "Bob", "Ann", "Bob"]] {
        let refused = trials(&[("subject.npy", texts(names))]);
        assert_refused!(refused, Argument(ArgumentError::LengthMismatch { .. }));
    }
    // The people, and not those of each trial.
    let people = ("subjects.npy", texts(&["Ann", "Bob"]));
    assert!(trials(&[people, ("subject.npy", texts(&["Ann"; 3]))]).is_ok());
}

#[test]
fn a_vector_beside_features_may_be_meant() {
    let values: Vec<f64> = (0..60).map(|at| f64::from(at * at % 23)).collect();
    let matrix = |name| (name, numbers("(10, 3)", &values[..30]));
    let vector = |name| (name, numbers("(10,)", &values[30..40]));
    let read = |members: &[(&str, Vec<u8>)]| {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(&folder, members);
        FileSource::open(path)?.read()
    };
    for members in [
        [matrix("X.npy"), vector("y.npy")],
        [matrix("folds.npy"), vector("y.npy")],
        [matrix("coords.npy"), vector("feat.npy")],
    ] {
        assert_refused!(read(&members), File(FileError::NoSuchArray { .. }));
    }
    assert!(read(&[matrix("X.npy"), vector("labels.npy")]).is_ok());
    let complex = ("features.npy", npy("<c16", false, "(10, 3)", &[0; 480]));
    assert_refused!(
        read(&[matrix("coords.npy"), complex]),
        File(FileError::Ambiguous { .. })
    );
}
