//! Files that were made to break a reader: each ends in an error with a short message.

use std::path::Path;

use human_alignment::Result;
use human_alignment::dataset::Meadows;
use human_alignment::extract::preprocess::ImageDecoder;
use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};

use crate::common::{refused, shared};

/// Returns the message of the error of a file, which must be short.
fn message<T>(path: &Path, read: impl FnOnce(&Path) -> Result<T>) -> String {
    let error = read(path).map(drop).unwrap_err();
    assert!(error.path().is_some(), "{error:?}");
    let message = error.report().to_string();
    assert!(message.len() < 1000, "{message}");
    message
}

fn network(path: &Path) -> Result<Network> {
    let architecture = Architecture::named("resnet20_cifar10")?;
    let weights = Weights::read(path)?;
    Network::new(&architecture, &weights, &[Tap::new("logits")], Device::Cpu)
}

#[test]
fn hostile_files_end_in_an_error() {
    let Some(folder) = shared().map(|shared| shared.join("hostile")) else {
        return;
    };
    for (name, says) in [
        ("laughs_26.pth", "a list of 2 values"),
        ("nested_1000000.pth", "a list of 1 values"),
        ("storage_short.pth", "too few arguments"),
        ("string_4g.pth", "cut short"),
        ("tensor_v2_empty.pth", "too few arguments"),
        ("resnet20_one_bit_flipped.pth", "checksum"),
    ] {
        let message = message(&folder.join(name), network);
        assert!(message.contains(says), "{name}: {message}");
    }
    assert!(network(&folder.join("resnet20.pth")).is_ok());
    let tall = message(&folder.join("tall.png"), |path| {
        ImageDecoder::default().read(path)
    });
    assert!(tall.contains("no side longer than 65535"), "{tall}");
    let empties = message(&folder.join("empties.mat"), |path| Meadows::read(path));
    assert!(empties.contains("no array \"rdmutv\""), "{empties}");
    let weights = folder.join("resnet20_one_bit_flipped.pth");
    let arguments = [
        "--model",
        "resnet20_cifar10",
        "--weights",
        weights.to_str().unwrap(),
    ];
    let images = folder.to_str().unwrap();
    let out = tempfile::tempdir().unwrap();
    let never = out.path().join("never.npy");
    let more = ["--images", images, "--out", never.to_str().unwrap()];
    assert!(refused("extract", &[&arguments[..], &more].concat()).contains("checksum"));
}
