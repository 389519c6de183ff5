//! Tests with checkpoints that are assembled byte by byte.

use std::io::Write;
use std::path::PathBuf;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use std::fs::File;

/// Creates a checkpoint with a pickle and other members, in a temporary folder.
fn checkpoint(pickle: &[u8], members: &[(&str, &[u8])]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pth");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in [(PICKLE, pickle)].iter().chain(members) {
        zip.start_file(format!("archive/{name}"), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    (folder, path)
}

fn text(text: &str) -> Vec<u8> {
    [
        &b"X"[..],
        &(text.len() as u32).to_le_bytes(),
        text.as_bytes(),
    ]
    .concat()
}

fn sizes(sizes: &[u32]) -> Vec<u8> {
    let sizes = sizes
        .iter()
        .flat_map(|size| [&b"J"[..], &size.to_le_bytes()].concat());
    [b"(".to_vec(), sizes.collect(), b"t".to_vec()].concat()
}

/// Encodes a tensor.
fn tensor(class: &str, storage: &str, offset: u32, shape: &[u32], strides: &[u32]) -> Vec<u8> {
    [
        &b"ctorch._utils\n_rebuild_tensor_v2\n(("[..],
        &text("storage"),
        format!("ctorch\n{class}\n").as_bytes(),
        &text(storage),
        &text("cpu"),
        b"NtQJ",
        &offset.to_le_bytes(),
        &sizes(shape),
        &sizes(strides),
        b"\x89ccollections\nOrderedDict\n)RtR",
    ]
    .concat()
}

/// Encodes a pickle of a dictionary.
fn dict(items: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let items = items
        .iter()
        .flat_map(|(name, value)| [text(name), value.clone()].concat());
    [b"\x80\x02}(".to_vec(), items.collect(), b"u.".to_vec()].concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn refused(pickle: &[u8], members: &[(&str, &[u8])]) -> String {
    let (_folder, path) = checkpoint(pickle, members);
    let read = || -> Result<()> {
        let mut file = Checkpoint::open(&path)?;
        let names: Vec<String> = file.list().into_keys().collect();
        for name in names {
            file.read(&name)?;
        }
        Ok(())
    };
    read().unwrap_err().report().to_string()
}

#[test]
fn tensors_are_parts_of_storages_in_any_order_of_axes() {
    let values = floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let doubles: Vec<u8> = [0.5f64, -0.5]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let parameter = [
        b"ctorch._utils\n_rebuild_parameter\n(".to_vec(),
        tensor("FloatStorage", "0", 1, &[2], &[1]),
        b"\x88ccollections\nOrderedDict\n)RtR".to_vec(),
    ];
    let state = dict(&[
        ("rows", tensor("FloatStorage", "0", 0, &[2, 3], &[3, 1])),
        ("columns", tensor("FloatStorage", "0", 0, &[2, 3], &[1, 2])),
        ("repeated", tensor("FloatStorage", "0", 2, &[2, 2], &[2, 0])),
        ("scalar", tensor("FloatStorage", "0", 5, &[], &[])),
        ("none", tensor("FloatStorage", "0", 6, &[0, 3], &[3, 1])),
        ("double", tensor("DoubleStorage", "1", 0, &[2], &[1])),
        ("parameter", parameter.concat()),
        ("epoch", b"K\x05".to_vec()),
    ]);
    let members: [(&str, &[u8]); 2] = [("data/0", &values), ("data/1", &doubles)];
    let nested = [
        b"\x80\x02}(",
        &text("epoch")[..],
        b"K\x01",
        &text("state_dict"),
    ]
    .concat();
    let nested = [nested, state[2..state.len() - 1].to_vec(), b"u.".to_vec()].concat();
    for (pickle, prefix) in [(state, ""), (nested, "state_dict.")] {
        let (_folder, path) = checkpoint(&pickle, &members);
        let mut file = Checkpoint::open(&path).unwrap();
        let listing = file.list();
        let names: Vec<&str> = listing.keys().map(|name| &name[prefix.len()..]).collect();
        assert_eq!(
            names,
            [
                "columns",
                "double",
                "none",
                "parameter",
                "repeated",
                "rows",
                "scalar"
            ]
        );
        let columns = &listing[&format!("{prefix}columns")];
        assert_eq!((&columns.shape[..], columns.is_float), (&[2, 3][..], true));
        let mut read = |name: &str| file.read(&format!("{prefix}{name}")).unwrap().unwrap();
        assert_eq!(read("rows"), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(read("columns"), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(read("repeated"), [2.0, 2.0, 4.0, 4.0]);
        assert_eq!(read("scalar"), [5.0]);
        assert!(read("none").is_empty());
        assert_eq!(read("double"), [0.5, -0.5]);
        assert_eq!(read("parameter"), [1.0, 2.0]);
        assert_eq!(file.read("other").unwrap(), None);
    }
}

#[test]
fn the_architecture_is_that_which_was_noted() {
    let values = floats(&[1.0]);
    let weight = || tensor("FloatStorage", "0", 0, &[1], &[1]);
    let named = |items: &[(&str, Vec<u8>)]| {
        let pickle = dict(items);
        let (_folder, path) = checkpoint(&pickle, &[("data/0", &values)]);
        let file = Checkpoint::open(&path).unwrap();
        let mut named = file.named_architectures().into_iter();
        named.next().map(|named| (named.name, named.by_timm))
    };
    let version = || b"K\x02".to_vec();
    let arch = |name: &str| {
        vec![
            ("x", weight()),
            ("arch", text(name)),
            ("version", version()),
        ]
    };
    let of = |name: &str, by_timm: bool| Some((name.to_owned(), by_timm));
    assert_eq!(named(&arch("resnetaa50")), of("resnetaa50", true));
    assert_eq!(named(&arch("visiontransformer")), None);
    // Other programs have other names, which are settings.
    assert_eq!(named(&arch("vit_base16")[..2]), None);
    assert_eq!(named(&[("x", weight()), ("version", version())]), None);
}

#[test]
fn settings_of_modules_and_functions_are_their_names_and_arguments() {
    let class = b"ctorch.nn.modules.batchnorm\nBatchNorm2d\n";
    let named = b"}X\x03\0\0\0epsK\x01s";
    let partial = [
        b"cfunctools\npartial\n(",
        &class[..],
        b"tR(",
        class,
        b")",
        named,
        b"Ntb",
    ];
    let pickle = dict(&[
        ("x", tensor("FloatStorage", "0", 0, &[1], &[1])),
        ("act", b"ctorch.nn.modules.activation\nGELU\n)R".to_vec()),
        ("norm", partial.concat()),
        ("optimizer", text("adam")),
    ]);
    let (_folder, path) = checkpoint(&pickle, &[("data/0", &floats(&[1.0]))]);
    let settings = Checkpoint::open(&path).unwrap().settings().into_iter();
    let found: Vec<String> = settings
        .map(|s| format!("{}={}", s.name, s.value))
        .collect();
    let expected = [
        "act=\"torch.nn.modules.activation.GELU\"",
        "norm._target_=\"torch.nn.modules.batchnorm.BatchNorm2d\"",
        "norm.eps=1",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_dictionary_with_several_names_is_found_under_the_first() {
    let values = floats(&[1.0]);
    let inner = dict(&[("x", tensor("FloatStorage", "0", 0, &[1], &[1]))]);
    // Without the protocol and the end, and put into the memo.
    let inner = [&inner[2..inner.len() - 1], b"q\x01"].concat();
    let again = || b"h\x01".to_vec();
    let mut items = vec![("a", inner)];
    items.extend((0..10_000).map(|_| ("b", again())));
    let deep = dict(&[("c", again())]);
    items.push(("d", deep[2..deep.len() - 1].to_vec()));
    let (_folder, path) = checkpoint(&dict(&items), &[("data/0", &values)]);
    let names = Checkpoint::open(&path).unwrap().list().into_keys();
    assert_eq!(names.collect::<Vec<_>>(), ["a.x"]);
}

#[test]
fn big_endian_values_are_read_as_such() {
    let values: Vec<u8> = [1.5f32, -2.0]
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect();
    let pickle = dict(&[("x", tensor("FloatStorage", "0", 0, &[2], &[1]))]);
    let (_folder, path) = checkpoint(&pickle, &[("byteorder", b"big"), ("data/0", &values)]);
    let mut file = Checkpoint::open(&path).unwrap();
    assert_eq!(file.read("x").unwrap().unwrap(), [1.5, -2.0]);
}

#[test]
fn a_flipped_bit_is_noticed() {
    let values = floats(&[1.0; 64]);
    let pickle = dict(&[
        ("x", tensor("FloatStorage", "0", 0, &[2], &[1])),
        ("y", tensor("FloatStorage", "0", 62, &[2], &[1])),
    ]);
    let (_folder, path) = checkpoint(&pickle, &[("data/0", &values)]);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes
        .windows(256)
        .position(|window| window == values)
        .unwrap();
    // In a value that belongs to neither tensor.
    bytes[at + 120] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let mut file = Checkpoint::open(&path).unwrap();
    let message = file.verify().unwrap_err().report().to_string();
    assert!(message.contains("checksum"), "{message}");
}

#[test]
fn what_is_no_state_dict_is_refused() {
    let values = floats(&[1.0; 4]);
    let members: [(&str, &[u8]); 1] = [("data/0", &values)];
    let of = |tensor: Vec<u8>| dict(&[("x", tensor)]);
    for (pickle, says) in [
        (b"\x80\x02}.".to_vec(), "empty dictionary"),
        (b"\x80\x02".to_vec(), "cut short"),
        (b".".to_vec(), "empty stack"),
        (b"(t".repeat(3), "cut short"),
        (b"u.".to_vec(), "lacks a mark"),
        (b"h\x01.".to_vec(), "never put"),
        (b"\x97.".to_vec(), "operation 0x97"),
        (b"].".to_vec(), "a list of 0 values"),
        (b"X\xff\xff\xff\xffa".to_vec(), "cut short"),
        ([&b"]("[..], &b"]".repeat(1 << 22)].concat(), "values"),
        (
            of(b"ctorch._utils\n_rebuild_tensor_v2\n)R".to_vec()),
            "too few arguments",
        ),
        (
            of(tensor("FloatStorage", "0", 0, &[5], &[1])),
            "declares 20 bytes",
        ),
        (
            of(tensor("FloatStorage", "0", u32::MAX >> 1, &[1], &[1])),
            "declares",
        ),
        (
            of(tensor(
                "FloatStorage",
                "0",
                0,
                &[1 << 30, 1 << 30, 1 << 30],
                &[0; 3],
            )),
            "too many values",
        ),
        (
            of(tensor("FloatStorage", "0", 0, &[3], &[2])),
            "declares 20 bytes",
        ),
        (
            of(tensor("FloatStorage", "0", 0, &[2, 2], &[1])),
            "2 axes, but 1 strides",
        ),
        (
            of(tensor("FloatStorage", "0", 0, &[1; 40], &[1; 40])),
            "shape is invalid",
        ),
        (
            of(tensor("QInt8Storage", "0", 0, &[4], &[1])),
            "QInt8Storage",
        ),
        (of(tensor("FloatStorage", "9", 0, &[4], &[1])), "not found"),
    ] {
        let message = refused(&pickle, &members);
        assert!(message.contains(says), "{message}");
        assert!(message.len() < 1000, "{message}");
    }
}

#[test]
fn neither_deep_nor_repeated_nesting_costs_more_than_its_bytes() {
    let deep = [
        b"\x80\x02)".to_vec(),
        b"\x85".repeat(1_000_000),
        b".".to_vec(),
    ]
    .concat();
    assert!(refused(&deep, &[]).contains("have no names"));
    // Each tuple contains the previous tuple twice.
    let laughs = [
        b"\x80\x02)".to_vec(),
        b"q\x00h\x00\x86".repeat(200),
        b".".to_vec(),
    ]
    .concat();
    assert!(refused(&laughs, &[]).contains("have no names"));
    // A list that contains itself.
    assert!(refused(b"\x80\x02]q\x00h\x00a.", &[]).contains("have no names"));
}

/// Damages pickles at random, which must end in an error or in tensors, quickly and without a panic.
#[test]
fn damaged_pickles_are_refused_or_read() {
    const N_CASES: usize = 1_000_000;

    let nested = [
        b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00}(\x8c\x05model\x94".to_vec(),
        dict(&[("a.weight", tensor("FloatStorage", "0", 0, &[2, 3], &[3, 1]))])[2..].to_vec(),
    ]
    .concat();
    let corpus = [
        dict(&[
            ("rows", tensor("FloatStorage", "0", 0, &[2, 3], &[3, 1])),
            ("count", tensor("LongStorage", "1", 0, &[], &[])),
        ]),
        [&nested[..nested.len() - 1], b"u."].concat(),
        b"\x80\x02ccollections\nOrderedDict\n](]X\x01\x00\x00\x00aK\x01eeq\x00\x85R0h\x00."
            .to_vec(),
        b"(dp0\nS'a'\nI1\nsV\xc3\xa9\n(lp1\nL5L\nas.".to_vec(),
        b"\x80\x04\x8c\x01a\x8c\x01b\x93)\x81}(\x8c\x01cK\x01ub.".to_vec(),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut n_read = 0;
    for case in 0..N_CASES {
        let mut bytes = corpus[case % corpus.len()].clone();
        for _ in 0..rng.random_range(1..5) {
            let at = rng.random_range(0..bytes.len());
            match rng.random_range(0..4) {
                0 => bytes[at] = rng.random(),
                1 => bytes.insert(at, rng.random()),
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {
                    let piece = bytes[at..].iter().take(8).copied().collect::<Vec<_>>();
                    bytes.splice(at..at, piece);
                }
            }
        }
        let Ok((pickle, _)) = Pickle::read(&bytes) else {
            continue;
        };
        let Ok(found) = StateDict::find(&pickle) else {
            continue;
        };
        n_read += 1;
        assert!(!found.without_tensors(&pickle).is_empty());
        for &(id, _) in found.tensors.values() {
            if let Ok(tensor) = Tensor::read(&pickle, id) {
                drop(tensor.lengths());
            }
        }
    }
    assert!(n_read > N_CASES / 100, "{n_read}");
}
