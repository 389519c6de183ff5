//! Representations from files of every format, and back.

use human_alignment::error::{ArgumentError, ErrorKind, FeatureError, FileError, StimuliError};
use std::fs;
use std::path::Path;

use human_alignment::{
    Error, Features, FeaturesView, FileSource, Precision, Provenance, Representation,
    RepresentationSource, Stimuli,
};
use ndarray::{Array2, array};
use proptest::prelude::*;
use zip::CompressionMethod;

use crate::common;
use crate::common::arrays::{floats, npy, npz, safetensors};
use crate::common::files::put;
use crate::common::refusals::{assert_kind, assert_refused};

fn read(path: &Path) -> Result<Representation, Error> {
    FileSource::open(path)?.read()
}

fn read_bytes(name: &str, bytes: impl AsRef<[u8]>) -> Result<Representation, Error> {
    let folder = tempfile::tempdir().unwrap();
    read(&put(&folder, name, bytes))
}

/// The error within the file's.
#[track_caller]
fn refused(result: Result<Representation, Error>) -> Error {
    let error = result.unwrap_err();
    assert!(error.path().is_some(), "{error:?} does not name the file");
    error
}

fn example() -> Representation {
    let stimuli = Stimuli::new(["cat", "dog", "“owl”, grey"]).unwrap();
    let features = array![[1.0, 0.0], [0.5, -1.0], [f32::MIN_POSITIVE, 1e30]];
    let provenance = Provenance::default()
        .with_model("alexnet")
        .with_tap("classifier.4")
        .with_note("training data", "ImageNet-1k");
    Representation::new(stimuli, features)
        .unwrap()
        .with_provenance(provenance)
}

macro_rules! each_type {
    ($check:ident: $($descr:literal $type:ty),*) => {
        $(
            $check(concat!("<", $descr), &|value| <$type>::to_le_bytes(value as $type).to_vec());
            $check(concat!(">", $descr), &|value| <$type>::to_be_bytes(value as $type).to_vec());
        )*
    };
}

#[test]
fn npy_of_every_type_byte_order_and_memory_order() {
    fn check(descr: &str, encode: &dyn Fn(i32) -> Vec<u8>) {
        let expected = array![[1.0, 2.0, 3.0], [4.0, 5.0, 127.0]];
        for (fortran, values) in [(false, [1, 2, 3, 4, 5, 127]), (true, [1, 4, 2, 5, 3, 127])] {
            let data: Vec<u8> = values.into_iter().flat_map(encode).collect();
            let bytes = npy(descr, fortran, "(2, 3)", &data);
            let representation = read_bytes("a.npy", &bytes).unwrap();
            assert_eq!(representation.features(), expected, "{descr} {fortran}");
            assert_eq!(representation.stimuli(), &Stimuli::unnamed(2));
        }
    }
    each_type!(check: "u1" u8, "u2" u16, "u4" u32, "u8" u64, "i1" i8, "i2" i16, "i4" i32,
        "i8" i64, "f4" f32, "f8" f64);
    check("<f2", &|value| {
        half::f16::from_f32(value as f32).to_le_bytes().to_vec()
    });
    check(">f2", &|value| {
        half::f16::from_f32(value as f32).to_be_bytes().to_vec()
    });

    let bools = npy("|b1", false, "(2, 2)", &[0, 1, 1, 0]);
    let representation = read_bytes("a.npy", bools).unwrap();
    assert_eq!(representation.features(), array![[0.0, 1.0], [1.0, 0.0]]);
}

#[test]
fn bytes_after_an_array_are_passed_over() {
    let bytes = npy("<f4", false, "(1, 1)", &floats(&[1.0, 2.0]));
    assert_eq!(
        read_bytes("a.npy", bytes).unwrap().features(),
        array![[1.0]]
    );
}

#[test]
fn negative_and_large_values_keep_their_meaning() {
    let bytes = npy(
        "<i8",
        false,
        "(1, 2)",
        &[-3i64, i64::MAX].map(i64::to_le_bytes).concat(),
    );
    let features = read_bytes("a.npy", bytes).unwrap();
    assert_eq!(features.features(), array![[-3.0, 2f64.powi(63)]]);
    // An f64 beyond f32 is named, as an infinity is.
    let bytes = npy(
        "<f8",
        false,
        "(1, 2)",
        &[1.0, 1e39].map(f64::to_le_bytes).concat(),
    );
    assert_kind!(
        refused(read_bytes("a.npy", bytes)),
        Feature(FeatureError::OutOfRange {
            row: 0,
            column: 1,
            ..
        })
    );
}

#[test]
fn npz_stored_and_deflated() {
    let matrix = npy("<f4", false, "(2, 2)", &floats(&[1.0, 2.0, 3.0, 4.0]));
    let by_column = npy("<f4", true, "(2, 2)", &floats(&[1.0, 3.0, 2.0, 4.0]));
    let expected = array![[1.0, 2.0], [3.0, 4.0]];
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        for matrix in [&matrix, &by_column] {
            let bytes = npz(method, &[("features.npy", matrix.clone())]);
            assert_eq!(read_bytes("a.npz", bytes).unwrap().features(), expected);
        }
        let scalar = npy("<f4", false, "()", &floats(&[1.0]));
        let texts = npy("<U3", false, "(2,)", &[0; 24]);
        let bytes = npz(
            method,
            &[
                ("mean.npy", scalar),
                ("names.npy", texts),
                ("features.npy", matrix.clone()),
            ],
        );
        assert_eq!(read_bytes("a.npz", bytes).unwrap().features(), expected);
    }
}

#[test]
fn arrays_are_chosen_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let one = npy("<f4", false, "(1, 1)", &floats(&[1.0]));
    let two = npy("<f4", false, "(1, 1)", &floats(&[2.0]));
    let members = [("one.npy", one), ("two.npy", two)];
    let archive = put(&folder, "a.npz", npz(CompressionMethod::Deflated, &members));
    let header = r#"{"one":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},
        "two":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}}"#;
    let tensors = put(
        &folder,
        "a.safetensors",
        safetensors(header, &floats(&[1.0, 2.0])),
    );
    for path in [archive, tensors] {
        let source = FileSource::open(&path).unwrap();
        let chosen = source.clone().with_array("two").unwrap().read().unwrap();
        assert_eq!(chosen.features(), array![[2.0]]);
        for source in [source.clone(), source.with_array("three").unwrap()] {
            assert_kind!(
                refused(source.read()),
                File(FileError::NoSuchArray { available, .. })
                    if *available == ["one", "two"]
            );
        }
    }
}

#[test]
fn safetensors_of_every_type() {
    let values = [1i16, 2, 3, 100];
    let bytes = |encode: &dyn Fn(i16) -> Vec<u8>| values.iter().flat_map(|&v| encode(v)).collect();
    let types: [(&str, Vec<u8>); 8] = [
        (
            "F16",
            bytes(&|v| half::f16::from_f32(v.into()).to_le_bytes().to_vec()),
        ),
        (
            "BF16",
            bytes(&|v| half::bf16::from_f32(v.into()).to_le_bytes().to_vec()),
        ),
        ("F32", bytes(&|v| f32::from(v).to_le_bytes().to_vec())),
        ("F64", bytes(&|v| f64::from(v).to_le_bytes().to_vec())),
        ("U8", bytes(&|v| vec![v as u8])),
        ("I16", bytes(&|v| v.to_le_bytes().to_vec())),
        ("I64", bytes(&|v| i64::from(v).to_le_bytes().to_vec())),
        ("U32", bytes(&|v| (v as u32).to_le_bytes().to_vec())),
    ];
    for (dtype, data) in types {
        let n = data.len();
        let header =
            format!(r#"{{"x":{{"dtype":"{dtype}","shape":[2,2],"data_offsets":[0,{n}]}}}}"#);
        let representation = read_bytes("a.safetensors", safetensors(&header, &data)).unwrap();
        assert_eq!(
            representation.features(),
            array![[1.0, 2.0], [3.0, 100.0]],
            "{dtype}"
        );
    }
    let header = r#"{"x":{"dtype":"C64","shape":[1,1],"data_offsets":[0,8]}}"#;
    let error = refused(read_bytes("a.safetensors", safetensors(header, &[0; 8])));
    assert_kind!(error, File(FileError::UnsupportedElement { .. }));
}

#[test]
fn the_name_of_a_file_tells_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    example().write(path("a.npy")).unwrap();
    example().write(path("a.safetensors")).unwrap();
    example().write_npy(path("b.npy")).unwrap();
    example().write_safetensors(path("b.safetensors")).unwrap();
    for ending in ["npy", "npy.json", "safetensors"] {
        let bytes = |name: &str| fs::read(path(&format!("{name}.{ending}"))).unwrap();
        assert_eq!(bytes("a"), bytes("b"), "{ending}");
    }
    assert_refused!(
        example().write(path("a.csv")),
        File(FileError::UnknownFormat { .. })
    );
}

#[test]
fn safetensors_keep_ids_and_provenance() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (
        folder.path().join("a.safetensors"),
        folder.path().join("b.safetensors"),
    );
    example().write_safetensors(&one).unwrap();
    example().write_safetensors(&two).unwrap();
    assert_eq!(read(&one).unwrap(), example());
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());

    let bytes = fs::read(&one).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("features").unwrap().shape(), [3, 2]);
    assert_eq!(
        tensors
            .tensor("features")
            .unwrap()
            .data()
            .as_ptr()
            .align_offset(4),
        0
    );

    let other = Stimuli::new(["x", "y", "z"]).unwrap();
    let renamed = FileSource::open(&one)
        .unwrap()
        .with_ids(other.clone())
        .read()
        .unwrap();
    assert_eq!(renamed.stimuli(), &other);
}

#[test]
fn npy_keeps_ids_and_provenance_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("features.npy");
    example().write_npy(&path).unwrap();
    assert_eq!(read(&path).unwrap(), example());
    let witness = npyz::NpyFile::new(&fs::read(&path).unwrap()[..])
        .unwrap()
        .into_vec::<f32>();
    assert_eq!(
        witness.unwrap(),
        example().features().to_f32().into_raw_vec_and_offset().0
    );

    // Replaced without its description.
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_kind!(refused(read(&path)), File(FileError::StaleSidecar { .. }));
    // So are bytes after the array.
    *bytes.last_mut().unwrap() ^= 1;
    bytes.push(0);
    fs::write(&path, &bytes).unwrap();
    assert_kind!(refused(read(&path)), File(FileError::StaleSidecar { .. }));
    let ids = Stimuli::new(["x", "y", "z"]).unwrap();
    let named = FileSource::open(&path)
        .unwrap()
        .with_ids(ids.clone())
        .read()
        .unwrap();
    assert_eq!(named.stimuli(), &ids);

    fs::write(folder.path().join("features.npy.json"), "{").unwrap();
    let error = read(&path).unwrap_err();
    assert!(
        error.report().to_string().contains("features.npy.json"),
        "{error}"
    );
    assert!(error.path().is_some());

    // As another program writes it.
    let other = r#"{"ids": ["x", "y", "z"]}"#;
    fs::write(folder.path().join("features.npy.json"), other).unwrap();
    let message = read(&path).unwrap_err().report().to_string();
    assert!(message.contains("rename it"), "{message}");
    assert_eq!(
        FileSource::open(&path)
            .unwrap()
            .with_ids(ids)
            .read()
            .unwrap(),
        named
    );
}

#[test]
fn tables_with_ids_in_the_first_or_a_named_column() {
    let plain = "id,a,b\ncat,1,2.5\n\"dog, old\", 3 ,-4e2\n";
    let expected = array![[1.0, 2.5], [3.0, -400.0]];
    let ids = Stimuli::new(["cat", "dog, old"]).unwrap();
    for (name, text) in [
        ("a.csv", plain.to_owned()),
        ("a.CSV", format!("\u{feff}{}", plain.replace('\n', "\r\n"))),
        (
            "a.tsv",
            "id\ta\tb\ncat\t1\t2.5\ndog, old\t3\t-400".to_owned(),
        ),
    ] {
        let table = read_bytes(name, text).unwrap();
        assert_eq!(table.features(), expected);
        assert_eq!(table.stimuli(), &ids);
    }

    // The layout of the published SPoSE embedding.
    let folder = tempfile::tempdir().unwrap();
    let text = ",image_name,0,1\n0,aardvark_01b.jpg,0.34,11.0\n1,abacus_01b.jpg,0.5,2\n";
    let path = put(&folder, "spose.csv", text);
    let source = FileSource::open(&path).unwrap();
    let source = source.with_id_column("image_name").unwrap();
    let table = source
        .clone()
        .with_ignored_column("")
        .unwrap()
        .read()
        .unwrap();
    assert_eq!(
        table.stimuli().ids(),
        ["aardvark_01b.jpg", "abacus_01b.jpg"]
    );
    assert_eq!(table.features(), array![[0.34, 11.0], [0.5, 2.0]]);
    let unknown = source.with_ignored_column("index").unwrap().read();
    assert_kind!(refused(unknown), File(FileError::NoSuchColumn { name, .. }) if name == "index");
}

/// Returns a table of five rows, with a column beside those of `names`.
fn with_column(names: &[&str], other: &str) -> String {
    let header = [&["image"], names, &[other]].concat().join(",");
    let rows = (0..5).map(|row| {
        let values = (0..names.len()).map(|column| format!(",{}.5", row * column % 3));
        format!("\ns{row}{},{}", values.collect::<String>(), row % 2)
    });
    header + &rows.collect::<String>()
}

#[test]
fn a_column_of_another_name_beside_numbered_ones_is_no_feature() {
    let folder = tempfile::tempdir().unwrap();
    for names in [
        &["f0", "f1", "f2", "f3", "f4"][..],
        &["feat_1", "feat_2", "feat_3", "feat_4", "feat_5"],
        &["0", "1", "2", "3", "4"],
    ] {
        for other in ["superclass", "target", "y", "epoch", "height", "md5", "age"] {
            let path = put(&folder, "a.csv", with_column(names, other));
            let error = refused(read(&path));
            assert_kind!(error, File(FileError::Ambiguous { .. }));
            let source = FileSource::open(&path).unwrap();
            let source = source.with_ignored_column(other).unwrap();
            assert_eq!(source.read().unwrap().n_features(), 5, "{other}");
        }
    }
    let norms = ["size", "danger", "speed", "wet", "loud"];
    let all = read_bytes("a.csv", with_column(&norms, "height")).unwrap();
    assert_eq!(all.n_features(), 6);
}

#[test]
fn messages_name_a_remedy_that_works() {
    let message = |name: &str, text: &str| {
        let error = refused(read_bytes(name, text));
        error.report().to_string()
    };
    let layers = "image,a,layer\ncat,1.5,x\ndog,2.5,x\ncat,0.5,y\ndog,3.5,y\n";
    let folder = tempfile::tempdir().unwrap();
    let source = FileSource::open(put(&folder, "a.csv", layers)).unwrap();
    let error = refused(source.with_ignored_column("layer").unwrap().read());
    assert!(error.to_string().contains("\"layer\" tells"), "{error}");
    let one = "image,a,layer\ncat,1.5,x\ndog,2.5,x\n";
    let source = FileSource::open(put(&folder, "a.csv", one)).unwrap();
    let read = source.with_ignored_column("layer").unwrap().read();
    assert_eq!(read.unwrap().n_features(), 1);
    let twice = message("a.csv", "image,a\ncat,1.5\ndog,2.5\ncat,1.5\n");
    assert!(twice.contains("keep one of them"), "{twice}");

    // Two columns of texts before those that are numbered, as pandas writes two levels of an index.
    let levels = "category,image,0,1,2\na,cat,0.5,1,2\na,dog,1.5,2,3\n";
    assert!(message("a.csv", levels).contains("--ignore-column"));
    let source = FileSource::open(put(&folder, "a.csv", levels)).unwrap();
    let read = source.with_ignored_column("category").unwrap().read();
    assert_eq!(read.unwrap().stimuli().ids(), ["cat", "dog"]);

    let bare = "cat,1.5,x\ndog,2.5,y\n";
    assert!(message("a.csv", bare).contains("the first line has the names"));
    let source = FileSource::open(put(&folder, "a.csv", bare)).unwrap();
    let error = refused(source.with_ignored_column("c").unwrap().read());
    assert!(error.to_string().contains("no header"), "{error}");
}

#[test]
fn ids_beside_a_table_leave_all_columns_features() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "a.csv", "a,b\n1,2\n3,4\n");
    let ids = Stimuli::new(["cat", "dog"]).unwrap();
    let table = FileSource::open(path)
        .unwrap()
        .with_ids(ids)
        .read()
        .unwrap();
    assert_eq!(table.features(), array![[1.0, 2.0], [3.0, 4.0]]);
}

#[test]
fn units_and_summaries_are_no_stimuli() {
    let names = "name,area,height";
    let rows = "ant,0.123,1.52\nbee,0.456,2.25\ncow,0.789,0.76";
    for (text, line) in [
        (format!("{names}\nunit,cm2,cm\n{rows}\n"), 2),
        (format!("{names}\n,cm2,cm\n{rows}\n"), 2),
        (format!(",area,height\n,cm2,cm\n{rows}\n"), 1),
        (format!("{names}\n{rows}\n{names}\n"), 5),
        (format!("{names}\nunits,1,1\n{rows}\n"), 2),
        (format!("{names}\n{rows}\nMean,0.456,1.51\n"), 5),
        (format!("{names}\n{rows}\nSD,0.3,0.7\n"), 5),
        (format!("{names}\n{rows}\nn =,3,3\n"), 5),
        (format!("{names}\n{rows}\nmax,0.789,2.25\n"), 5),
        (format!("{names}\n{rows}\ngemiddelde,0.456,1.51\n"), 5),
        (format!("{names}\n{rows}\n\nsomme,1.368,4.53\n"), 6),
        (
            "area,height\n0.123,1.52\n0.456,2.25\n0.789,0.76\n0.456,1.51\n".to_owned(),
            5,
        ),
    ] {
        let error = refused(read_bytes("a.csv", text.clone()));
        assert!(
            error.to_string().contains(&format!("line {line}")),
            "{text}: {error}"
        );
        assert_kind!(error, File(FileError::Ambiguous { .. }));
    }
    // Names of stimuli, not at the end or with other numbers.
    for text in [
        format!("{names}\n{rows}\nmax,0.5,2.0\n"),
        format!("{names}\nn,0.5,1.6\n{rows}\n"),
        format!("{names}\n{rows}\ntotal,1.1,0.2\nzoo,0.5,0.1\n"),
        "name,r,g,b\nred,255,0,0\ngreen,0,255,0\nblue,0,0,255\nwhite,255,255,255\n".to_owned(),
    ] {
        assert!(read_bytes("a.csv", text.clone()).is_ok(), "{text}");
    }
}

#[test]
fn tables_name_the_line_at_fault() {
    let ragged = "id,a,b\n\"x\ny\",1,2\n\nz,3\n";
    for text in [ragged.to_owned(), ragged.replace('\n', "\r\n")] {
        assert_kind!(
            refused(read_bytes("a.csv", text)),
            File(FileError::RaggedRow {
                line: 5,
                expected: 3,
                found: 2,
                ..
            })
        );
    }
    assert_kind!(
        refused(read_bytes("a.csv", "id,a,b\nx,1,2\ny,3,four\n")),
        File(FileError::NotANumber { line: 3, field: 3, found, .. })
            if found == "four"
    );
    assert_kind!(
        refused(read_bytes("a.csv", "id,a,b\nx,1,2\ny,,3\n")),
        Feature(FeatureError::Missing { source, .. })
            if matches!(source.kind(), ErrorKind::File(FileError::MissingValue { line: 3, field: 2, .. }))
    );
    for missing in ["nan", "NA", "."] {
        assert_kind!(
            refused(read_bytes(
                "a.csv",
                format!("id,a,b\nx,1,2\ny,3,{missing}\n")
            )),
            Feature(FeatureError::Missing { .. })
        );
    }
    for value in ["inf", "1e309"] {
        assert_kind!(
            refused(read_bytes("a.csv", format!("id,a,b\nx,1,2\ny,3,{value}\n"))),
            Feature(FeatureError::NotFinite { row: 1, column: 1, stimulus, .. })
                if stimulus == "y"
        );
    }
    assert_kind!(
        refused(read_bytes("a.csv", "id,a,b\nx,1,2\ny,3,1e39\n")),
        Feature(FeatureError::OutOfRange { row: 1, column: 1, stimulus, .. })
            if stimulus == "y"
    );
    assert_kind!(
        refused(read_bytes("a.csv", "id,a\nx,1\nx,2\n")),
        Stimuli(StimuliError::Duplicate { .. })
    );
    for (text, expected) in [
        ("", "it is empty"),
        ("{\"id\": [1, 2],\n\"x\": [3, 4]}\n", "it is JSON"),
        ("[{\"id\": 1, \"x\": 2}]\n", "it is JSON"),
        ("<!DOCTYPE html>\n<html></html>\n", "it is HTML"),
        ("id,a\n", "at least one row of numbers"),
        ("id\nx\n", "which column holds values"),
    ] {
        let error = read_bytes("a.csv", text).unwrap_err().report().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn values_that_are_not_finite_are_named() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let data = floats(&[1.0, 2.0, 3.0, value]);
        let matrix = npy("<f4", false, "(2, 2)", &data);
        let header = r#"{"x":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
        for (name, bytes) in [
            (
                "a.npz",
                npz(CompressionMethod::Deflated, &[("x.npy", matrix.clone())]),
            ),
            ("a.npy", matrix),
            ("a.safetensors", safetensors(header, &data)),
        ] {
            let error = refused(read_bytes(name, bytes));
            assert_kind!(
                error,
                Feature(FeatureError::NotFinite {
                    row: 1,
                    column: 1,
                    ..
                })
            );
        }
    }
}

#[test]
fn headers_that_lie_are_found_out_at_once() {
    for shape in [
        "(4000000, 1000000)",
        "(18446744073709551615, 18446744073709551615)",
    ] {
        for fortran in [false, true] {
            let bytes = npy("<f4", fortran, shape, &[0; 100]);
            let archive = npz(CompressionMethod::Deflated, &[("x.npy", bytes.clone())]);
            assert_kind!(
                refused(read_bytes("a.npy", bytes)),
                File(FileError::Truncated { .. })
            );
            assert_kind!(
                refused(read_bytes("a.npz", archive)),
                File(FileError::Truncated { .. })
            );
        }
    }
    // Rows without columns take no bytes, so any number of them could be claimed.
    let bytes = npy("<f4", false, "(4000000000, 0)", &[]);
    assert_kind!(
        refused(read_bytes("a.npy", bytes)),
        Argument(ArgumentError::Shape { .. })
    );

    let header =
        r#"{"x":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}"#;
    let error = refused(read_bytes("a.safetensors", safetensors(header, &[0; 64])));
    assert_kind!(
        error,
        File(FileError::Truncated {
            expected: 4_000_000_000_000,
            found: 64,
            ..
        })
    );
    let mut bytes = u64::MAX.to_le_bytes().to_vec();
    bytes.extend(b"{}");
    assert_kind!(
        refused(read_bytes("a.safetensors", bytes)),
        File(FileError::Malformed { .. })
    );
    let header = r#"{"x":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}"#;
    let error = refused(read_bytes("a.safetensors", safetensors(header, &[0; 5])));
    assert_kind!(error, File(FileError::Malformed { .. }));
}

#[test]
fn a_short_file_says_what_is_there() {
    let bytes = npy("<f4", false, "(2, 2)", &floats(&[1.0, 2.0, 3.0]));
    assert_kind!(
        refused(read_bytes("a.npy", bytes)),
        File(FileError::Truncated {
            expected: 16,
            found: 12,
            ..
        })
    );
}

#[test]
fn only_matrices_are_features() {
    for shape in ["(8,)", "(2, 2, 2)", "()"] {
        let error = read_bytes("a.npy", npy("<f4", false, shape, &[0; 32])).unwrap_err();
        assert!(error.report().to_string().contains("2-D matrix"), "{error}");
    }
    let no_rows = read_bytes("a.npy", npy("<f4", false, "(0, 3)", &[])).unwrap();
    assert_eq!(no_rows.features().dim(), (0, 3));
    let error = refused(read_bytes("a.npy", npy("<f4", false, "(3, 0)", &[])));
    assert_kind!(error, Argument(ArgumentError::Shape { .. }));
    for descr in ["<c8", "|S4", "<U4", "|O", "<f16", "<M8[s]"] {
        let error = refused(read_bytes("a.npy", npy(descr, false, "(1, 1)", &[0; 32])));
        assert_kind!(
            error,
            File(FileError::UnsupportedElement { .. }),
            "{descr}: {error}"
        );
    }
}

#[test]
fn what_is_no_file_of_its_format_is_refused() {
    for name in ["a.npy", "a.npz", "a.safetensors"] {
        for garbage in [
            &b""[..],
            b"\x93NUMPY",
            b"PK\x03\x04",
            b"GIF89a and so on and on",
        ] {
            let error = refused(read_bytes(name, garbage));
            assert_kind!(error, File(FileError::Malformed { .. }), "{name}: {error}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "a.xyz", "");
    assert_refused!(
        FileSource::open(path),
        File(FileError::UnknownFormat { .. })
    );
    let path = put(&folder, "a.h5", "");
    assert_refused!(
        FileSource::open(path),
        File(FileError::UnsupportedFormat { .. })
    );
    let absent = folder.path().join("absent.npy");
    assert_refused!(FileSource::open(absent), File(FileError::Read { .. }));
}

#[test]
fn options_of_another_format_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let matrix = FileSource::open(put(&folder, "a.npy", "")).unwrap();
    let table = FileSource::open(put(&folder, "a.csv", "")).unwrap();
    for refused in [
        matrix.clone().with_id_column("id"),
        matrix.clone().with_ignored_column("index"),
        matrix.with_array("features"),
        table.with_array("features"),
    ] {
        assert_refused!(refused, Argument(ArgumentError::InvalidParameter { .. }));
    }
}

#[test]
fn ids_and_rows_must_agree_in_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "a.npy", npy("<f4", false, "(2, 1)", &[0; 8]));
    let source = FileSource::open(path)
        .unwrap()
        .with_ids(Stimuli::numbered(3));
    assert_kind!(
        refused(source.read()),
        Stimuli(StimuliError::IdCount { n_rows: 2, .. })
    );
}

#[test]
fn rows_are_selected_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.safetensors");
    example().write_safetensors(&path).unwrap();
    let source = FileSource::open(&path).unwrap().with_name("net");
    assert_eq!(source.name(), "net");
    let some = Stimuli::new(["dog", "cat"]).unwrap();
    let selected = source.represent(&some).unwrap();
    assert_eq!(selected.features(), array![[0.5, -1.0], [1.0, 0.0]]);
    assert_eq!(source.represent(example().stimuli()).unwrap(), example());
    let error = refused(source.represent(&Stimuli::new(["cow"]).unwrap()));
    assert_kind!(error, Stimuli(StimuliError::Missing { n_missing: 1, .. }));
}

#[test]
fn what_cannot_be_written_is_named_and_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no/such/folder/a.safetensors");
    for result in [
        example().write_safetensors(&nowhere),
        example().write_npy(&nowhere),
    ] {
        assert_refused!(result, File(FileError::Write { path, .. }) if *path == nowhere);
    }
    let path = folder.path().join("a.npy");
    example().write_npy(&path).unwrap();
    let old = fs::read(&path).unwrap();
    // The description can't be written, so the matrix isn't replaced either.
    let sidecar = folder.path().join("a.npy.json");
    fs::remove_file(&sidecar).unwrap();
    fs::create_dir(&sidecar).unwrap();
    let other = Representation::new(Stimuli::numbered(1), array![[7.0]]).unwrap();
    let result = other.write_npy(&path);
    assert_refused!(result, File(FileError::Write { path, .. }) if *path == sidecar);
    assert_eq!(fs::read(&path).unwrap(), old);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn many_rows_go_out_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let features = Array2::from_shape_fn((3_001, 67), |(row, column)| (row * 67 + column) as f32);
    let representation = Representation::new(Stimuli::numbered(3_001), features).unwrap();
    let (one, two) = (
        folder.path().join("a.npy"),
        folder.path().join("a.safetensors"),
    );
    representation.write_npy(&one).unwrap();
    representation.write_safetensors(&two).unwrap();
    assert_eq!(read(&one).unwrap(), representation);
    assert_eq!(read(&two).unwrap(), representation);
}

/// What `f32` can't hold is kept as `f64`.
#[test]
fn elements_keep_their_precision() {
    let zeros = [0; 8];
    for (descr, expected) in [
        ("|b1", Precision::Single),
        ("|u1", Precision::Single),
        ("<i2", Precision::Single),
        ("<f2", Precision::Single),
        (">f4", Precision::Single),
        ("<i4", Precision::Double),
        ("<u4", Precision::Double),
        (">i8", Precision::Double),
        ("<u8", Precision::Double),
        ("<f8", Precision::Double),
    ] {
        let matrix = npy(descr, false, "(1, 1)", &zeros);
        let archive = npz(
            CompressionMethod::Stored,
            &[(
                "x.npy",
                npy(descr, true, "(1, 1)", &zeros[..descr[2..].parse().unwrap()]),
            )],
        );
        for (name, bytes) in [("a.npy", matrix), ("a.npz", archive)] {
            assert_eq!(
                read_bytes(name, bytes).unwrap().precision(),
                expected,
                "{name} {descr}"
            );
        }
    }
    for (dtype, size, expected) in [
        ("BF16", 2, Precision::Single),
        ("F32", 4, Precision::Single),
        ("I32", 4, Precision::Double),
        ("F64", 8, Precision::Double),
    ] {
        let header =
            format!(r#"{{"x":{{"dtype":"{dtype}","shape":[1,1],"data_offsets":[0,{size}]}}}}"#);
        let bytes = safetensors(&header, &zeros[..size]);
        assert_eq!(
            read_bytes("a.safetensors", bytes).unwrap().precision(),
            expected,
            "{dtype}"
        );
    }
    let offset = read_bytes("a.csv", "id,a\nx,10000000.123456\n").unwrap();
    assert_eq!(offset.features(), array![[10_000_000.123456]]);
    // 2²⁴ + 1 is the first integer that f32 don't have.
    let integers = npy("<i4", false, "(1, 1)", &16_777_217i32.to_le_bytes());
    let integers = read_bytes("a.npy", integers).unwrap();
    assert_eq!(integers.features().get([0, 0]), Some(16_777_217.0));
}

fn valid_files() -> Vec<(&'static str, Vec<u8>)> {
    let matrix = npy(
        "<f4",
        true,
        "(3, 2)",
        &floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.safetensors");
    example().write_safetensors(&path).unwrap();
    vec![
        (
            "a.npz",
            npz(CompressionMethod::Deflated, &[("x.npy", matrix.clone())]),
        ),
        (
            "a.npz",
            npz(CompressionMethod::Stored, &[("x.npy", matrix.clone())]),
        ),
        ("a.npy", matrix),
        ("a.npy", npy("<f8", true, "(1, 2)", &[0; 16])),
        ("a.safetensors", fs::read(path).unwrap()),
        ("a.csv", b"id,a,b\n\"x\",1,2\ny,3,4\n".to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any bits that are a finite number within the range of `f32`, of either type, come back as they are.
    #[test]
    fn every_bit_goes_out_and_comes_back(
        n_columns in 1usize..4,
        bits in prop::collection::vec(any::<u64>(), 12),
    ) {
        let shape = (12 / n_columns, n_columns);
        let values = bits[..shape.0 * shape.1].iter();
        let single = values.clone().map(|&bits| f32::from_bits(bits as u32));
        let single = single.map(|value| if value.is_finite() { value } else { 0.1 });
        let double = values.map(|&bits| f64::from_bits(bits));
        let double = double.map(|value| if value.abs() < 3e38 { value } else { -0.1 });
        let single = Array2::from_shape_vec(shape, single.collect()).unwrap();
        let double = Array2::from_shape_vec(shape, double.collect()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for features in [Features::from(&single), Features::from(&double)] {
            let stimuli = Stimuli::numbered(shape.0 as u32);
            let representation = Representation::new(stimuli, features).unwrap();
            for name in ["a.npy", "a.safetensors"] {
                let path = folder.path().join(name);
                representation.write(&path).unwrap();
                let found = read(&path).unwrap();
                // Equality is that of bits, but for the sign of zero.
                match found.features() {
                    FeaturesView::Single(found) => {
                        prop_assert!(found.iter().zip(&single).all(|(a, b)| a.to_bits() == b.to_bits()));
                    }
                    FeaturesView::Double(found) => {
                        prop_assert!(found.iter().zip(&double).all(|(a, b)| a.to_bits() == b.to_bits()));
                    }
                }
                prop_assert_eq!(found.precision(), representation.precision());
                prop_assert_eq!(found.fingerprint(), representation.fingerprint());
            }
        }
    }

    #[test]
    fn no_damage_makes_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (name, mut bytes) in valid_files() {
            for (place, byte) in &changes {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            // Whether it can be read is no matter.
            let _ = read(&put(&folder, name, bytes));
        }
    }

    #[test]
    fn no_garbage_makes_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().unwrap();
        for (name, valid) in valid_files() {
            let start = valid.len().min(12);
            let _ = read(&put(&folder, name, &bytes));
            let _ = read(&put(&folder, name, [&valid[..start], &bytes].concat()));
        }
    }
}

#[test]
fn published_files_can_be_read() {
    let Some(shared) = common::shared() else {
        return;
    };
    let things = Path::new(&shared).join("data/things");
    let concepts = Stimuli::read_column(things.join("things_concepts.tsv"), "uniqueID").unwrap();
    assert_eq!(concepts.len(), 1854);
    assert_eq!(concepts.id(0), Some("aardvark"));
    assert_eq!(concepts.id(1853), Some("zucchini"));
    let vice = FileSource::open(things.join("vice_embedding.npy")).unwrap();
    let vice = vice.with_ids(concepts).read().unwrap();
    assert_eq!(vice.features().dim(), (1854, 42));
    let spose = FileSource::open(things.join("spose_embedding66d_rescaled.csv")).unwrap();
    let spose = spose
        .with_id_column("image_name")
        .unwrap()
        .with_ignored_column("")
        .unwrap();
    let spose = spose.read().unwrap();
    assert_eq!(spose.features().dim(), (1854, 66));
    let first = spose.row("aardvark_01b.jpg").unwrap().get(0);
    assert_eq!(first, Some(0.3412201532504557));
}
