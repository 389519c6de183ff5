//! From image files to features: interruptions, shards, images that can't be read, weights that don't fit.

use human_alignment::error::{ArgumentError, ErrorKind, ExtractError, FileError, StimuliError};
use std::ops::ControlFlow;
use std::path::Path;

use human_alignment::extract::preprocess::{Filter, Normalization, Preprocessing, Resize};
use human_alignment::extract::{
    Architecture, Device, Extraction, Network, NetworkSource, Pooling, Shard, Tap,
    UnreadablePolicy, Weights, join_shards,
};
use human_alignment::{
    Error, FileSource, ImageFiles, Representation, RepresentationSource, Stimuli,
};

use crate::common::pictures::{folders, names};
use crate::common::refusals::{assert_kind, assert_refused};

/// A small network over small images.
fn extraction(taps: &[&str], seed: u64) -> Extraction {
    let architecture = Architecture::named("squeezenet1_1").unwrap();
    let taps: Vec<Tap> = taps.iter().map(|tap| tap.parse().unwrap()).collect();
    let weights = Weights::random(seed);
    let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
    let size = Resize::Exact {
        width: 48,
        height: 48,
    };
    let preprocessing =
        Preprocessing::new(size, Filter::Bilinear, [48, 48], Normalization::IMAGENET).unwrap();
    Extraction::new(network, preprocessing)
        .with_batch_size(5)
        .unwrap()
}

fn read(path: &Path) -> Representation {
    FileSource::open(path).unwrap().read().unwrap()
}

#[test]
fn features_in_files_are_those_in_memory() {
    let folders = folders(12);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let extraction = extraction(&["features.5@mean", "penultimate", "logits"], 1);
    let in_memory = extraction.represent(&images).unwrap();
    let outputs = ["a.npy", "b.safetensors", "c.npy"].map(|name| folders.out.join(name));
    let done = extraction.write(&images, &outputs).unwrap();
    assert_eq!((done.n_images, done.n_resumed), (12, 0));
    assert_eq!(done.n_features, [128, 512, 1000]);
    for (path, expected) in outputs.iter().zip(&in_memory) {
        assert_eq!(&read(path), expected);
    }
    assert_eq!(
        names(&folders.out),
        [
            "a.npy",
            "a.npy.json",
            "b.safetensors",
            "c.npy",
            "c.npy.json"
        ]
    );
    let provenance = in_memory[0].provenance();
    assert_eq!(provenance.model(), Some("squeezenet1_1"));
    assert_eq!(provenance.tap(), Some("features.5@mean"));
    assert_eq!(provenance.weights(), Some("random, seed 1"));
    assert_eq!(provenance.preprocessing().unwrap().len(), 64);
    assert_eq!(in_memory[0].stimuli().ids()[3], "picture003");

    // A source gives the same rows, in whatever order.
    let source = self::extraction(&["features.5@mean"], 1);
    let source = NetworkSource::new(source, images).unwrap();
    assert_eq!(source.name(), "squeezenet1_1 features.5@mean");
    let wanted = Stimuli::new(["picture007", "picture000"]).unwrap();
    let represented = source.represent(&wanted).unwrap();
    assert_eq!(represented, in_memory[0].select(&wanted).unwrap());
    assert_refused!(
        source.represent(&Stimuli::new(["picture999"]).unwrap()),
        Stimuli(StimuliError::Missing { .. })
    );
}

#[test]
fn an_interrupted_extraction_goes_on_and_ends_with_the_same_bits() {
    let folders = folders(23);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let extraction = extraction(&["penultimate", "features.5@mean"], 1);
    let whole = ["whole1.npy", "whole2.safetensors"].map(|name| folders.out.join(name));
    extraction.write(&images, &whole).unwrap();

    let parts = ["part1.npy", "part2.safetensors"].map(|name| folders.out.join(name));
    let mut n_done = 0;
    let stopped = extraction.write_observed(&images, &parts, |progress| {
        n_done = progress.n_done;
        match n_done >= 10 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    assert_refused!(
        stopped,
        Extract(ExtractError::Interrupted {
            n_done: 10,
            n_needed: 23,
            ..
        })
    );
    assert!(!parts[0].exists() && !parts[1].exists());
    // Whatever was being written when the machine stopped is cut off.
    let rows = folders.out.join("part1.npy.partial");
    let mut torn = std::fs::read(&rows).unwrap();
    assert_eq!(torn.len(), 10 * 512 * 4);
    torn.extend([7; 999]);
    std::fs::write(&rows, torn).unwrap();

    let done = extraction.write(&images, &parts).unwrap();
    assert_eq!((done.n_images, done.n_resumed), (23, 10));
    for (part, whole) in parts.iter().zip(&whole) {
        assert_eq!(std::fs::read(part).unwrap(), std::fs::read(whole).unwrap());
    }
    let descriptions = ["part1.npy.json", "whole1.npy.json"];
    let [part, whole] = descriptions.map(|name| std::fs::read(folders.out.join(name)).unwrap());
    assert_eq!(part, whole);
    assert!(
        names(&folders.out)
            .iter()
            .all(|name| !name.contains("partial"))
    );
}

#[test]
fn rows_that_were_lost_are_made_again_and_others_are_not_taken_for_them() {
    let folders = folders(11);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let out = [folders.out.join("f.npy")];
    let stop = |_| ControlFlow::Break(());
    assert!(
        extraction(&["penultimate"], 1)
            .write_observed(&images, &out, stop)
            .is_err()
    );
    // The same file with other weights, another tap, other images.
    let refused = |extraction: &Extraction, images: &ImageFiles| {
        let refused = extraction.write(images, &out).unwrap_err();
        assert_kind!(refused, Extract(ExtractError::OtherExtraction { .. }));
    };
    refused(&extraction(&["penultimate"], 2), &images);
    refused(&extraction(&["logits"], 1), &images);
    let fewer = images.select(&images.stimuli().select(&[0, 1, 2, 3, 4, 5]).unwrap());
    refused(&extraction(&["penultimate"], 1), &fewer.unwrap());
    // Rows that the record tells of and that are gone.
    std::fs::write(folders.out.join("f.npy.partial"), b"too short").unwrap();
    let done = extraction(&["penultimate"], 1)
        .write(&images, &out)
        .unwrap();
    assert_eq!((done.n_images, done.n_resumed), (11, 0));
    let expected = extraction(&["penultimate"], 1).represent(&images).unwrap();
    assert_eq!(read(&out[0]), expected[0]);
}

#[test]
fn shards_joined_are_the_whole() {
    let folders = folders(13);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let path = |name: &str| folders.out.join(name);
    extraction(&["penultimate"], 1)
        .write(&images, &[path("whole.npy")])
        .unwrap();
    let mut parts = Vec::new();
    for number in 1..=4 {
        let shard = Shard::new(number, 4).unwrap();
        let part = path(&format!("part{number}.safetensors"));
        let extraction = extraction(&["penultimate"], 1).with_shard(shard);
        let done = extraction.write(&images, &[&part]).unwrap();
        assert_eq!(done.n_images, if number == 4 { 4 } else { 3 });
        parts.push(part);
    }
    parts.reverse();
    let joined = join_shards(&parts).unwrap();
    joined.write_npy(path("joined.npy")).unwrap();
    for ending in ["", ".json"] {
        let bytes = |name: &str| std::fs::read(path(&format!("{name}.npy{ending}"))).unwrap();
        assert_eq!(bytes("joined"), bytes("whole"));
    }
    // Counted from 0, the parts are the same.
    let from_0 = extraction(&["penultimate"], 1).with_shard(Shard::new(0, 4).unwrap());
    assert_eq!(from_0.represent(&images).unwrap()[0].n_stimuli(), 4);

    let missing = join_shards(&parts[..3]).unwrap_err();
    assert_kind!(
        missing,
        Extract(ExtractError::MissingShards { n_missing: 1, shards, .. })
            if shards == &["1/4"]
    );
    let refused = |parts: &[&Path], what: &str| {
        let message = join_shards(parts).unwrap_err().report().to_string();
        assert!(message.contains(what), "{message}");
    };
    refused(&[&parts[0], &parts[0]], "there twice");
    refused(&[&parts[0], &path("whole.npy")], "not a shard");
    // What a damaged or made-up note claims is not believed.
    let rows = read(&parts[0]);
    for note in [
        r#"{"shard":"1/0","n_images":13,"stimuli":"","skipped":[]}"#,
        r#"{"shard":"1/4","n_images":3,"stimuli":"","skipped":[0,1,2,3,4,5]}"#,
        r#"{"shard":"1/4","n_images":99,"stimuli":"","skipped":[9,8]}"#,
        r#"{"shard":"1/99999999999999","n_images":99999999999999999,"stimuli":"","skipped":[]}"#,
        "{}",
    ] {
        let noted = rows.provenance().clone().with_note("shard", note);
        let made_up = rows.clone().with_provenance(noted);
        made_up.write(path("made_up.npy")).unwrap();
        let refused = join_shards(&[path("made_up.npy")]).unwrap_err();
        assert!(refused.path().is_some(), "{note}: {refused}");
    }
    let other = extraction(&["penultimate"], 2).with_shard(Shard::new(1, 4).unwrap());
    other.write(&images, &[path("other.npy")]).unwrap();
    refused(&[&parts[0], &path("other.npy")], "another network");
    let fewer = images
        .select(&images.stimuli().select(&[0, 1, 2, 3, 4, 5]).unwrap())
        .unwrap();
    let other = extraction(&["penultimate"], 1).with_shard(Shard::new(1, 4).unwrap());
    other.write(&fewer, &[path("fewer.npy")]).unwrap();
    refused(&[&parts[0], &path("fewer.npy")], "another set");
    assert!(join_shards(&parts[..0]).is_err());
}

#[test]
fn an_image_that_cannot_be_read_is_fatal_or_skipped() {
    let folders = folders(9);
    std::fs::write(folders.images.join("picture004.png"), b"this is no picture").unwrap();
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let out = [folders.out.join("f.npy")];
    let fatal = extraction(&["penultimate"], 1)
        .write(&images, &out)
        .unwrap_err();
    assert!(fatal.to_string().contains("picture004.png"), "{fatal}");

    let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
    let done = lenient.write(&images, &out).unwrap();
    assert_eq!(done.n_images, 8);
    assert_eq!(done.skipped.len(), 1);
    assert_eq!(done.skipped[0].0, "picture004");
    let features = read(&out[0]);
    assert_eq!(features, lenient.represent(&images).unwrap()[0]);
    assert_eq!(features.stimuli().position("picture004"), None);
    // In parts, too.
    let parts = [1, 2].map(|number| {
        let part = folders.out.join(format!("part{number}.npy"));
        let shard = Shard::new(number, 2).unwrap();
        let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
        lenient.with_shard(shard).write(&images, &[&part]).unwrap();
        part
    });
    assert_eq!(join_shards(&parts).unwrap(), features);
}

#[test]
fn more_shards_than_images_are_refused() {
    let folders = folders(3);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    for number in [1, 4] {
        let extraction = extraction(&["penultimate"], 1);
        let extraction = extraction.with_shard(Shard::new(number, 4).unwrap());
        let refused = extraction.write(&images, &[folders.out.join("part.npy")]);
        let message = refused.unwrap_err().to_string();
        assert!(
            message.contains("at most the number of images"),
            "{message}"
        );
    }
}

#[test]
fn if_no_image_can_be_read_the_first_reason_is_reported() {
    let folders = folders(2);
    for name in names(&folders.images) {
        std::fs::write(folders.images.join(name), b"this is no picture").unwrap();
    }
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
    let refused = lenient.write(&images, &[folders.out.join("features.npy")]);
    let message = refused.unwrap_err().to_string();
    assert!(
        message.starts_with("all 2 images were skipped; the first: "),
        "{message}"
    );
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let resnet = Architecture::named("resnet18").unwrap();
    let taps = |names: &[&str]| names.iter().map(|name| Tap::new(*name)).collect::<Vec<_>>();
    let network = |weights: &Weights, names: &[&str]| {
        Network::new(&resnet, weights, &taps(names), Device::Cpu).map(|_| ())
    };
    let random = Weights::random(1);
    let error = network(&random, &["layer4.7"]).unwrap_err();
    let ErrorKind::Argument(ArgumentError::UnknownName { name, nearest, .. }) = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(name, "layer4.7");
    assert!(
        nearest.iter().any(|name| name.starts_with("layer4.")),
        "{nearest:?}"
    );
    assert_refused!(
        network(&random, &[]),
        Argument(ArgumentError::TooFew { .. })
    );
    assert!(Architecture::named("resnet1000").is_err());

    // Parameters that are missing, too many and of another shape, all at once.
    let all = Network::list_parameters(&resnet).unwrap();
    let tensors = all.iter().filter_map(|(name, shape)| {
        let shape: &[usize] = match name.as_str() {
            "bn1.weight" => &[7],
            _ => shape,
        };
        let keep = name != "layer1.0.conv1.weight" && !name.ends_with("tracked");
        keep.then(|| (name.clone(), ndarray::ArrayD::zeros(shape)))
    });
    let mut tensors: Vec<_> = tensors.collect();
    tensors.push(("extra".into(), ndarray::ArrayD::zeros(vec![1])));
    let error = network(&Weights::from_tensors(tensors.clone()), &["fc"]).unwrap_err();
    let ErrorKind::Extract(ExtractError::WeightsMismatch {
        missing,
        unexpected,
        misshapen,
        ..
    }) = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!(*missing, ["layer1.0.conv1.weight"]);
    assert_eq!(*unexpected, ["extra"]);
    assert_eq!(misshapen.len(), 1);
    assert_eq!(misshapen[0], "bn1.weight: [7], not [64]");

    // A prefix is taken off, and what is not wanted passed over.
    let fitting = all.iter().filter(|(name, _)| !name.ends_with("tracked"));
    let prefixed = fitting.map(|(name, shape)| {
        let ones = ndarray::ArrayD::from_elem(shape.clone(), 0.01f32);
        (format!("module.{name}"), ones)
    });
    let prefixed: Vec<_> = prefixed
        .chain([("head.1".into(), ndarray::ArrayD::zeros(vec![1]))])
        .collect();
    let weights = Weights::from_tensors(prefixed);
    assert!(weights.clone().with_prefix("backbone.").is_err());
    let weights = weights.with_prefix("module.").unwrap();
    network(&weights, &["fc"]).unwrap();
    network(&weights.clone().without("fc."), &["avgpool"]).unwrap();
    // A module cannot do without its parameters.
    let absent = weights.without("fc.");
    let refused = network(&absent, &["fc"]).unwrap_err();
    assert_kind!(
        refused,
        Extract(ExtractError::WeightsMismatch { missing, .. }) if missing.len() == 2
    );

    let images = ndarray::Array4::<f32>::zeros((1, 3, 64, 64));
    let pooled = [Tap::new("avgpool").with_pooling(Pooling::ClassToken)];
    let network = Network::new(&resnet, &random, &pooled, Device::Cpu).unwrap();
    let refused = network
        .represent(images.view())
        .unwrap_err()
        .report()
        .to_string();
    assert!(refused.contains("tokens"), "{refused}");
    // An image that a window doesn't fit into.
    let alexnet = Architecture::named("alexnet").unwrap();
    let network = Network::new(&alexnet, &random, &taps(&["features.12"]), Device::Cpu).unwrap();
    let tiny = ndarray::Array4::<f32>::zeros((1, 3, 20, 20));
    let refused = network
        .represent(tiny.view())
        .unwrap_err()
        .report()
        .to_string();
    assert!(refused.contains("too small"), "{refused}");
    if cfg!(not(feature = "cuda")) {
        let network = Network::new(&resnet, &random, &taps(&["fc"]), Device::Cuda(0));
        assert!(network.is_err());
    }
    assert!(matches!(
        Network::new(&resnet, &random, &taps(&["fc"]), Device::Cuda(0))
            .as_ref()
            .map_err(Error::kind),
        Err(ErrorKind::Extract(ExtractError::NoDevice { .. })) | Ok(_)
    ));
}

#[test]
fn files_that_are_no_weights_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let message = Weights::read(&path).unwrap_err().report().to_string();
        assert!(message.contains(name), "{message}");
        message
    };
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
    assert!(refused("pointer.safetensors", pointer).contains("git lfs pull"));
    let legacy = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
    assert!(refused("legacy.pth", legacy).contains("cut short"));
    assert!(refused("plain.pkl", b"\x80\x04N.").contains("torch.save"));
    refused("empty.safetensors", b"");
    refused("short.safetensors", &[255; 8]);
    refused("archive.pth", b"PK\x03\x04 and nothing more");
    assert!(refused("page.bin", b"<html>").contains("web page"));
    assert!(refused("keras.h5", b"\x89HDF\r\n").contains("HDF5"));
    assert!(refused("model.safetensors.index.json", b"{}").contains("weight_map"));
    let elsewhere = br#"{"weight_map": {"x": "../y.safetensors"}}"#;
    assert!(refused("other.index.json", elsewhere).contains("not the name of a file"));
    assert_refused!(
        Weights::read(folder.path().join("none.pth")),
        File(FileError::Read { .. })
    );
}
