//! Transforms from files of both formats, and back.

use human_alignment::error::{ArgumentError, Context, FileError};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use human_alignment::transform::{LinearTransform, Standardization, Training, Transformed};
use human_alignment::{
    Error, FileSource, Precision, Provenance, Representation, RepresentationSource, Result, Stimuli,
};
use ndarray::{Array1, Array2, array};
use zip::{CompressionMethod, ZipArchive};

use crate::common;
use crate::common::arrays::{floats, npy, npz, safetensors};
use crate::common::files::put;
use crate::common::refusals::{assert_kind, assert_refused};

/// Every part that a transform can have.
fn example() -> LinearTransform {
    let training = Training::default()
        .with_learner("probe")
        .with_data("0f".repeat(32))
        .with_penalty([0.1])
        .and_then(|training| training.with_objective(1.0 / 3.0))
        .and_then(|training| training.with_duality_gap(1e-7))
        .unwrap()
        .with_folds(5)
        .with_note("seed", "7");
    let weights = Array2::from_shape_fn((4, 2), |(row, column)| 0.1 * (2 * row + column) as f64);
    LinearTransform::new(Standardization::scalar(0.3, 1.7).unwrap(), weights)
        .and_then(|transform| transform.with_bias(array![-0.1, 0.7]))
        .unwrap()
        .with_training(training)
}

fn read_bytes(name: &str, bytes: impl AsRef<[u8]>) -> Result<LinearTransform> {
    let folder = tempfile::tempdir().unwrap();
    LinearTransform::read(put(&folder, name, bytes))
}

/// The bytes of the file that the transform makes.
fn written(transform: &LinearTransform, name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    transform.write(&path).unwrap();
    fs::read(path).unwrap()
}

/// The error within the array of this name within the file.
#[track_caller]
fn refused(name: &str, bytes: impl AsRef<[u8]>, array: &str) -> Error {
    let error = read_bytes(name, bytes).unwrap_err();
    let message = error.report().to_string();
    assert!(
        message.contains(name) && message.contains(array),
        "{message}"
    );
    assert!(error.path().unwrap().ends_with(name));
    match error.context().nth(1) {
        Some(Context::Array(name)) => assert_eq!(name, array),
        None => assert_kind!(error, File(FileError::NoSuchArray { .. })),
        other => panic!("{other:?}"),
    }
    error
}

/// The members of an archive, in their order.
fn members(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let n_members = archive.len();
    let member = |index| {
        let mut member = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        (member.name().unwrap().into_owned(), bytes)
    };
    (0..n_members).map(member).collect()
}

#[test]
fn a_published_transform_is_read_applied_and_written_back() {
    let Some(shared) = common::shared() else {
        return;
    };
    let path = shared.join("data/glocal/resnet18_avgpool_transform.npz");
    let transform = LinearTransform::read(&path).unwrap();
    assert_eq!(
        (transform.n_features(), transform.n_dimensions()),
        (512, 512)
    );
    assert_eq!(transform.precision(), Precision::Single);
    assert_eq!(transform.standardization().n_features(), None);
    assert!(transform.training().is_none());

    // i, j = np.arange(3)[:, None], np.arange(512)[None, :]
    // x = (7 * i + 11 * j) % 64 / 32
    // W, b, m, s = (z[k].astype(np.float64) for k in ("weights", "bias", "mean", "std"))
    // y = (x - m) / s @ W + b; y[:, [0, 1, 255, 511]], (y ** 2).sum()
    let features = Array2::from_shape_fn((3, 512), |(i, j)| ((7 * i + 11 * j) % 64) as f32 / 32.0);
    let features = Representation::new(Stimuli::numbered(3), features).unwrap();
    let transformed = transform.apply(&features).unwrap();
    let expected = [
        [
            -0.02615525116509021,
            -0.04025377430597747,
            0.07179086907134248,
            0.0991420530293459,
        ],
        [
            0.0061573769403030325,
            -0.024672642763206153,
            0.10320225950930843,
            0.10976601397417576,
        ],
        [
            -0.007979767902916789,
            -0.011108784721342241,
            0.011395698337417843,
            -0.008175896246554432,
        ],
    ];
    for (row, expected) in transformed.features().to_f64().outer_iter().zip(expected) {
        for (column, expected) in [0, 1, 255, 511].into_iter().zip(expected) {
            let found = row[column];
            assert!((found - expected).abs() < 1e-8, "{found} {expected}");
        }
    }
    let squares: f64 = transformed.features().iter().map(|y| y.powi(2)).sum();
    assert!((squares - 3.8208768789650285).abs() < 1e-6, "{squares}");

    let folder = tempfile::tempdir().unwrap();
    let training = Training::default().with_learner("published");
    for transform in [transform.clone(), transform.with_training(training)] {
        let npz = folder.path().join("a.npz");
        transform.write(&npz).unwrap();
        assert_eq!(LinearTransform::read(&npz).unwrap(), transform);
        // The arrays are the same files, with header and all.
        let (before, after) = (members(&path), members(&npz));
        let n_arrays = before.len();
        assert_eq!(n_arrays, 4);
        assert!(after[..n_arrays] == before, "an array differs");
        match transform.training() {
            None => assert_eq!(after.len(), n_arrays),
            Some(_) => {
                let (name, text) = &after[n_arrays];
                assert_eq!(name, "training.json");
                assert_eq!(text, br#"{"learner":"published"}"#);
            }
        }

        let tensors = folder.path().join("a.safetensors");
        transform.write(&tensors).unwrap();
        assert_eq!(LinearTransform::read(&tensors).unwrap(), transform);
    }
}

#[test]
fn every_part_comes_back() {
    let per_feature = Standardization::per_feature(array![0.1, 0.2], array![0.3, 1e-300]).unwrap();
    let one = Standardization::per_feature(array![0.1], array![0.3]).unwrap();
    let plain = LinearTransform::new(Standardization::none(), array![[0.1, -0.0]]).unwrap();
    let of_one = LinearTransform::new(one, array![[0.1]]).unwrap();
    let by_feature = LinearTransform::new(per_feature, array![[1e300], [5e-324]]).unwrap();
    let single = example().with_precision(Precision::Single).unwrap();
    for transform in [example(), single, plain, of_one, by_feature] {
        for name in ["a.npz", "a.safetensors", "A.NPZ"] {
            let bytes = written(&transform, name);
            let read = read_bytes(name, &bytes).unwrap();
            assert_eq!(read, transform, "{name}");
            assert_eq!(read.fingerprint(), transform.fingerprint());
            // The same transform, the same bytes; whenever it is written.
            assert_eq!(written(&read, name), bytes, "{name}");
        }
    }
}

#[test]
fn weights_of_low_rank_are_written_in_full() {
    let wave =
        |shape| Array2::from_shape_fn(shape, |(i, j)| (1.3 * i as f64 + 2.7 * j as f64).sin());
    // The last one has several blocks of rows.
    for (n_features, n_dimensions, rank) in [(5, 5, 2), (4, 5, 1), (6, 3, 0), (800, 801, 3)] {
        let (left, right) = (wave((n_features, rank)), wave((rank, n_dimensions)));
        let standardization = Standardization::scalar(0.3, 1.7).unwrap();
        let factors = LinearTransform::near_identity(standardization.clone(), 0.9, left, right)
            .and_then(|factors| factors.with_bias(Array1::linspace(-0.1, 0.7, n_dimensions)))
            .unwrap()
            .with_training(Training::default().with_learner("probe"));
        let all = LinearTransform::new(standardization, factors.weights().into_owned())
            .and_then(|all| all.with_bias(factors.bias().unwrap().to_owned()))
            .unwrap()
            .with_training(factors.training().unwrap().clone());
        for name in ["a.npz", "a.safetensors"] {
            let bytes = written(&factors, name);
            let read = read_bytes(name, &bytes).unwrap();
            assert_eq!(read, all, "{name}");
            assert_eq!(read.fingerprint(), factors.fingerprint());
            assert_eq!(written(&factors, name), bytes);
            // Of f32, the file has the numbers of the rounded transform.
            let single = factors.clone().with_precision(Precision::Single).unwrap();
            assert_eq!(read_bytes(name, written(&single, name)).unwrap(), single);
        }
    }
}

#[test]
fn other_readers_agree() {
    let transform = example();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    transform.write(&path).unwrap();
    for (name, bytes) in &members(&path)[..4] {
        let array = npyz::NpyFile::new(&bytes[..]).unwrap();
        let shape = array.shape().to_vec();
        let values: Vec<f64> = array.into_vec().unwrap();
        let (expected, values_expected): (&[u64], Vec<f64>) = match name.as_str() {
            "weights.npy" => (&[4, 2], transform.weights().iter().copied().collect()),
            "bias.npy" => (&[2], vec![-0.1, 0.7]),
            "mean.npy" => (&[], vec![0.3]),
            "std.npy" => (&[], vec![1.7]),
            other => panic!("{other}"),
        };
        assert_eq!(
            (shape.as_slice(), values),
            (expected, values_expected),
            "{name}"
        );
    }

    let bytes = written(&transform, "a.safetensors");
    let tensors = ::safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.len(), 4);
    let bias = tensors.tensor("bias").unwrap();
    assert_eq!(bias.shape(), [2]);
    assert_eq!(
        bias.data(),
        [(-0.1f64).to_le_bytes(), 0.7f64.to_le_bytes()].concat()
    );
    assert!(tensors.tensor("mean").unwrap().shape().is_empty());
}

#[test]
fn arrays_of_every_float_and_order() {
    let halves = |values: &[f32]| -> Vec<u8> {
        let half = |&value| half::f16::from_f32(value).to_le_bytes();
        values.iter().flat_map(half).collect()
    };
    let doubles = |values: &[f64]| -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_be_bytes())
            .collect()
    };
    let weights = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0];
    let by_column = [0.5, 1.5, 2.5, 1.0, 2.0, 3.0];
    let scalar = |value: f32| npy("<f4", false, "(1,)", &floats(&[value]));
    let half = npz(
        CompressionMethod::Stored,
        &[
            ("std.npy", scalar(0.1)),
            ("mean.npy", scalar(0.3)),
            (
                "weights.npy",
                npy("<f2", true, "(3, 2)", &halves(&by_column)),
            ),
        ],
    );
    let half = read_bytes("a.npz", half).unwrap();
    assert_eq!(half.weights(), array![[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]]);
    assert_eq!(half.precision(), Precision::Single);
    assert_eq!(
        half.standardization().of_feature(2),
        Some((0.3f32.into(), 0.1f32.into()))
    );
    assert_eq!(read_bytes("a.npz", written(&half, "a.npz")).unwrap(), half);

    // Where one array is of f64, nothing of it is lost.
    let mixed: &[(&str, Vec<u8>)] = &[
        (
            "weights.npy",
            npy("<f4", false, "(3, 2)", &floats(&weights)),
        ),
        ("bias.npy", npy(">f8", false, "(2,)", &doubles(&[0.1, 0.2]))),
    ];
    let mixed = read_bytes("a.npz", npz(CompressionMethod::Deflated, mixed)).unwrap();
    assert_eq!(mixed.precision(), Precision::Double);
    assert_eq!(mixed.bias().unwrap(), array![0.1, 0.2]);
    assert_eq!(mixed.weights(), half.weights());
    assert_eq!(mixed.standardization(), &Standardization::none());

    let header = r#"{"weights":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]}}"#;
    let brain = read_bytes("a.safetensors", safetensors(header, &[0x80, 0x3f])).unwrap();
    assert_eq!(brain.weights(), array![[1.0]]);
    assert_eq!(brain.precision(), Precision::Single);
}

/// An archive of a transform of 2 features and 1 dimension, with one member replaced or added.
fn changed(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    let vector = |values: &[f32]| {
        npy(
            "<f4",
            false,
            &format!("({},)", values.len()),
            &floats(values),
        )
    };
    let mut members = vec![
        (
            "weights.npy",
            npy("<f4", false, "(2, 1)", &floats(&[1.0, 2.0])),
        ),
        ("bias.npy", vector(&[0.5])),
        ("mean.npy", vector(&[0.1, 0.2])),
        ("std.npy", vector(&[0.3, 0.4])),
    ];
    match members.iter_mut().find(|(member, _)| *member == name) {
        Some(member) => member.1 = bytes,
        None => members.push((name, bytes)),
    }
    npz(CompressionMethod::Deflated, &members)
}

#[test]
fn foreign_arrays_are_named() {
    // Left as it is, it can be read.
    let one = npy("<f4", false, "(1,)", &floats(&[0.5]));
    assert_eq!(
        read_bytes("a.npz", changed("bias.npy", one))
            .unwrap()
            .n_features(),
        2
    );

    let shapes: [(&str, &[&str]); 4] = [
        (
            "weights",
            &["(2,)", "()", "(2, 1, 1)", "(0, 1)", "(2, 0)", "(3, 1)"],
        ),
        ("bias", &["()", "(2,)", "(2, 1)", "(0,)"]),
        ("mean", &["(3,)", "(2, 2)", "(0,)"]),
        ("std", &["()", "(1,)", "(3,)", "(1, 3)"]),
    ];
    for (array, shapes) in shapes {
        let member = format!("{array}.npy");
        for shape in shapes {
            let lengths = shape.trim_matches(['(', ')']).split(',').map(str::trim);
            let n = lengths.filter(|length| !length.is_empty());
            let n: usize = n.map(|length| length.parse::<usize>().unwrap()).product();
            let array_of = npy("<f4", false, shape, &floats(&vec![1.0; n]));
            // With three features, it is the mean that doesn't fit.
            let array = if *shape == "(3, 1)" { "mean" } else { array };
            let error = refused("a.npz", changed(&member, array_of), array);
            assert_kind!(
                error,
                Argument(ArgumentError::Shape { .. }),
                "{array} {shape}: {error}"
            );
        }
        let (shape, n) = match array {
            "weights" => ("(2, 1)", 2),
            "bias" => ("(1,)", 1),
            _ => ("(2,)", 2),
        };
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut values = vec![1.0; n];
            values[n - 1] = bad;
            let bytes = changed(&member, npy("<f4", false, shape, &floats(&values)));
            let error = refused("a.npz", bytes, array);
            assert_kind!(error, Argument(ArgumentError::InvalidParameter { .. }));
            assert!(
                error.report().to_string().contains(&format!("{bad}")),
                "{error}"
            );
        }
        for (descr, size) in [
            ("<i8", 8),
            ("|b1", 1),
            ("|u1", 1),
            ("<U4", 16),
            ("|S4", 4),
            ("<c8", 8),
            ("|O", 8),
        ] {
            let bytes = changed(&member, npy(descr, false, shape, &vec![0; size * n]));
            let error = refused("a.npz", bytes, array);
            assert_kind!(
                error,
                File(FileError::UnsupportedElement { .. }),
                "{descr}: {error}"
            );
        }
        let error = refused("a.npz", changed(&member, b"GIF89a".to_vec()), array);
        assert_kind!(error, File(FileError::Malformed { .. }));
    }
    for std in [0.0, -1.0] {
        let std = npy("<f4", false, "(2,)", &floats(&[1.0, std]));
        let error = refused("a.npz", changed("std.npy", std), "std");
        assert!(error.report().to_string().ends_with("at 1"), "{error}");
    }
    let extra = npy("<f4", false, "()", &floats(&[1.0]));
    for member in ["scale.npy", "Weights.npy", "weights", "README"] {
        let array = member.strip_suffix(".npy").unwrap_or(member);
        let error = refused("a.npz", changed(member, extra.clone()), array);
        assert_kind!(error, Argument(ArgumentError::InvalidParameter { .. }));
    }
    let error = refused(
        "a.npz",
        changed("training.json", b"{\"folds\":-1}".to_vec()),
        "training.json",
    );
    assert_kind!(error, File(FileError::Malformed { format: "json", .. }));
}

#[test]
fn vectors_may_have_further_axes_of_length_one() {
    let plain = read_bytes(
        "a.npz",
        changed("bias.npy", npy("<f4", false, "(1,)", &floats(&[0.5]))),
    );
    for (member, shape, values) in [
        ("bias.npy", "(1, 1)", &[0.5][..]),
        ("mean.npy", "(2, 1)", &[0.1, 0.2]),
        ("mean.npy", "(1, 2)", &[0.1, 0.2]),
        ("std.npy", "(1, 2, 1)", &[0.3, 0.4]),
    ] {
        let array = npy("<f4", false, shape, &floats(values));
        let found = read_bytes("a.npz", changed(member, array)).unwrap();
        assert_eq!(&found, plain.as_ref().unwrap(), "{member} {shape}");
    }
}

#[test]
fn missing_arrays_are_named() {
    let weights = npy("<f4", false, "(2, 1)", &floats(&[1.0, 2.0]));
    let scalar = npy("<f4", false, "()", &floats(&[1.0]));
    for (missing, members) in [
        ("weights", vec![]),
        ("weights", vec![("bias.npy", scalar.clone())]),
        (
            "std",
            vec![
                ("weights.npy", weights.clone()),
                ("mean.npy", scalar.clone()),
            ],
        ),
        (
            "mean",
            vec![
                ("weights.npy", weights.clone()),
                ("std.npy", scalar.clone()),
            ],
        ),
    ] {
        let error = refused("a.npz", npz(CompressionMethod::Stored, &members), missing);
        assert_kind!(error, File(FileError::NoSuchArray { name, .. }) if name == missing);
    }
    let header = |name: &str, dtype: &str| {
        format!(r#"{{"{name}":{{"dtype":"{dtype}","shape":[1,1],"data_offsets":[0,4]}}}}"#)
    };
    let error = refused(
        "a.safetensors",
        safetensors(&header("bias", "F32"), &[0; 4]),
        "weights",
    );
    assert_kind!(error, File(FileError::NoSuchArray { .. }));
    let error = refused(
        "a.safetensors",
        safetensors(&header("gain", "F32"), &[0; 4]),
        "gain",
    );
    assert_kind!(error, Argument(ArgumentError::InvalidParameter { .. }));
    let error = refused(
        "a.safetensors",
        safetensors(&header("weights", "I32"), &[0; 4]),
        "weights",
    );
    assert_kind!(error, File(FileError::UnsupportedElement { .. }));
    assert_refused!(
        LinearTransform::read("transform.pt"),
        File(FileError::UnknownFormat { .. })
    );
    assert_refused!(
        example().write("transform"),
        File(FileError::UnknownFormat { .. })
    );
    assert_refused!(
        LinearTransform::read("absent.npz"),
        File(FileError::Read { .. })
    );
}

#[test]
fn sizes_that_lie_are_found_out_at_once() {
    for shape in ["(4000000, 1000000)", "(18446744073709551615, 2)"] {
        for fortran in [false, true] {
            let weights = npy("<f4", fortran, shape, &[0; 64]);
            let error = refused("a.npz", changed("weights.npy", weights), "weights");
            assert_kind!(error, File(FileError::Truncated { .. }));
        }
    }
    // Much behind a little, in an array and in the record.
    let mut bomb = npy("<f4", false, "(2, 1)", &floats(&[1.0, 2.0]));
    bomb.resize(64 << 20, 0);
    let bytes = changed("weights.npy", bomb);
    assert!(bytes.len() < 1 << 20);
    let error = refused("a.npz", bytes, "weights");
    assert_kind!(error, File(FileError::Malformed { .. }));
    let bomb = vec![b' '; 64 << 20];
    let error = refused("a.npz", changed("training.json", bomb), "training.json");
    assert!(
        error.report().to_string().contains("longer than"),
        "{error}"
    );

    // The archive and the header agree about what is not there.
    let weights = npy("<f4", false, "(16384, 16384)", &[0; 64]);
    let size = (weights.len() as u32).to_le_bytes();
    let claimed = (weights.len() as u32 - 64 + (1 << 30)).to_le_bytes();
    let mut bytes = npz(CompressionMethod::Deflated, &[("weights.npy", weights)]);
    let entry = bytes
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    assert_eq!(bytes[entry + 24..][..4], size);
    bytes[entry + 24..][..4].copy_from_slice(&claimed);
    let error = refused("a.npz", bytes, "weights");
    assert_kind!(error, File(FileError::Truncated { found: 64, .. }));

    let header =
        r#"{"weights":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}"#;
    let error = read_bytes("a.safetensors", safetensors(header, &[0; 64])).unwrap_err();
    assert!(
        error.report().to_string().contains("has only 64"),
        "{error}"
    );
}

#[test]
fn a_wrong_checksum_names_its_array() {
    let value = 1.5f32.to_le_bytes();
    let weights = npy("<f4", false, "(1, 1)", &value);
    let mut bytes = npz(CompressionMethod::Stored, &[("weights.npy", weights)]);
    let place = bytes.windows(4).position(|bytes| bytes == value).unwrap();
    bytes[place + 2] ^= 1;
    let error = refused("a.npz", bytes, "weights");
    assert_kind!(error, File(FileError::Malformed { format: "npz", .. }));

    let mut bytes = written(&example(), "a.safetensors");
    let last = bytes.len() - 1;
    bytes[last - 1] ^= 1;
    let error = read_bytes("a.safetensors", bytes).unwrap_err();
    assert!(error.report().to_string().contains("checksum"), "{error}");
}

#[test]
fn no_damage_makes_another_transform() {
    let full = example();
    let plain = LinearTransform::new(Standardization::none(), array![[0.1], [0.2]])
        .and_then(|plain| plain.with_bias(array![3.0]))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for transform in [full, plain] {
        for name in ["a.npz", "a.safetensors"] {
            let whole = written(&transform, name);
            for length in 0..whole.len() {
                let path = put(&folder, name, &whole[..length]);
                let error = LinearTransform::read(&path).unwrap_err();
                assert_eq!(error.path(), Some(path.as_path()));
            }
            let mut n_refused = 0;
            for place in 0..whole.len() {
                for flip in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                    let mut bytes = whole.clone();
                    bytes[place] ^= flip;
                    // A new file: to write over one can wait for the disk.
                    fs::remove_file(folder.path().join(name)).unwrap();
                    match LinearTransform::read(put(&folder, name, bytes)) {
                        // A time or a permission, say.
                        Ok(read) => assert_eq!(read, transform, "{name}: {flip} at {place}"),
                        Err(_) => n_refused += 1,
                    }
                }
            }
            assert!(n_refused > 4 * whole.len(), "{name}: {n_refused}");
        }
    }
}

#[test]
fn a_write_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let old = example();
    // A record too long for the format, found out behind the arrays.
    let long = Training::default().with_note("log", "x".repeat(101_000_000));
    let new = LinearTransform::new(Standardization::none(), array![[1.0]]).unwrap();
    let new = new.with_training(long);
    for name in ["a.npz", "a.safetensors"] {
        let path = folder.path().join(name);
        old.write(&path).unwrap();
        let error = new.write(&path).unwrap_err();
        assert_kind!(error, File(FileError::Write { path: named, .. }) if *named == path);
        assert_eq!(LinearTransform::read(&path).unwrap(), old);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    let nowhere = folder.path().join("no/such/a.npz");
    let error = old.write(&nowhere).unwrap_err();
    assert_kind!(error, File(FileError::Write { path, .. }) if *path == nowhere);
}

#[test]
fn a_transformed_source_says_what_it_went_through() {
    let folder = tempfile::tempdir().unwrap();
    let stimuli = Stimuli::new(["cat", "dog", "cow"]).unwrap();
    let features = Array2::from_shape_fn((3, 4), |(row, column)| (row * 4 + column) as f32 / 8.0);
    let provenance = Provenance::default().with_model("alexnet").with_tap("fc7");
    let features = Representation::new(stimuli, features)
        .unwrap()
        .with_provenance(provenance);
    let path = folder.path().join("alexnet.safetensors");
    features.write_safetensors(&path).unwrap();

    let source = Transformed::new(FileSource::open(&path).unwrap(), example());
    assert_eq!(source.name(), "alexnet → probe");
    let shown = Stimuli::new(["cow", "cat"]).unwrap();
    let found = source.represent(&shown).unwrap();
    assert_eq!(found.stimuli(), &shown);
    // (x - 0.3) / 1.7 @ W + b, with W = 0.1 * np.arange(8).reshape(4, 2)
    for (id, expected) in [
        ("cow", [0.6000000000000001, 1.6088235294117648]),
        ("cat", [-0.10588235294117646, 0.6676470588235294]),
    ] {
        for (found, expected) in found.row(id).unwrap().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{id}: {found} {expected}");
        }
    }
    assert_eq!(found.provenance().tap(), Some("fc7"));
    let fingerprint = example().fingerprint();
    assert_eq!(
        found.provenance().note("transform"),
        Some(fingerprint.as_str())
    );

    // Behind another one, both are recorded; and so in files.
    let next = LinearTransform::new(Standardization::none(), array![[1.0], [1.0]]).unwrap();
    let line = format!("{fingerprint} → {}", next.fingerprint());
    let twice = Transformed::new(source, next).with_name("sum");
    assert_eq!(twice.name(), "sum");
    let found = twice.represent(&shown).unwrap();
    assert_eq!(found.provenance().note("transform"), Some(line.as_str()));
    let path = folder.path().join("sum.npy");
    found.write_npy(&path).unwrap();
    assert_eq!(FileSource::open(&path).unwrap().read().unwrap(), found);

    let unknown = twice
        .represent(&Stimuli::new(["hen"]).unwrap())
        .unwrap_err();
    assert!(unknown.report().to_string().contains("hen"));
    let narrow = LinearTransform::new(Standardization::none(), array![[1.0]]).unwrap();
    let refused = Transformed::new(features, narrow)
        .represent(&shown)
        .unwrap_err();
    assert_kind!(
        refused,
        Argument(ArgumentError::LengthMismatch {
            expected: 1,
            found: 4,
            ..
        })
    );
}
