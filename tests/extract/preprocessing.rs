//! Resizing, cropping and normalizing, against Pillow and torchvision and against plain definitions.

use human_alignment::error::{ArgumentError, FileError};
use std::path::Path;

use human_alignment::extract::preprocess::{
    ChannelOrder, CropRule, Filter, ImageDecoder, Normalization, Orientation, PassOrder,
    Preprocessing, Resize, RgbImage, ValueRange, resize,
};
use ndarray::Array3;
use npyz::NpyFile;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common;
use crate::common::formula::formula;
use crate::common::refusals::{assert_kind, assert_refused};

/// An 8-bit `.npy` file of pixels.
fn pixels(path: &Path) -> RgbImage {
    let file = NpyFile::new(std::fs::File::open(path).unwrap()).unwrap();
    let shape: Vec<usize> = file.shape().iter().map(|&n| n as usize).collect();
    let pixels = Array3::from_shape_vec([shape[0], shape[1], shape[2]], file.into_vec().unwrap());
    RgbImage::new(pixels.unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    let decimals = value.as_array().unwrap().iter();
    decimals
        .map(|value| value.as_f64().unwrap() as f32)
        .collect()
}

fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !bytes.fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(byte), step))
}

/// Pillow 9.4 and torchvision 0.14, eight images through three pipelines.
#[test]
fn pipelines_are_those_of_torchvision() {
    let Some(shared) = common::shared() else {
        return;
    };
    let goldens = shared.join("goldens/extract");
    let text = std::fs::read(goldens.join("preprocess.json")).unwrap();
    let expected: Value = serde_json::from_slice(&text).unwrap();
    let pipelines = [
        ("imagenet_256_bilinear_224", "imagenet"),
        ("clip_224_bicubic_224", "clip"),
        ("inception_342_bilinear_299", "inception"),
    ];
    let mut n_compared = 0;
    for image in expected["images"].as_array().unwrap() {
        let source = shared.join(image["source"].as_str().unwrap());
        let decoded = ImageDecoder::default().read(&source).unwrap();
        if let Some(path) = image["decoded_rgb"].as_str() {
            assert_eq!(decoded, pixels(&goldens.join(path)), "{source:?}");
        }
        let crc = format!("{:08x}", crc32(decoded.pixels().iter().copied()));
        assert_eq!(image["decoded_rgb_crc32"], crc.as_str(), "{source:?}");

        for (name, preset) in pipelines {
            let golden = &image["pipelines"][name];
            let preprocessing = Preprocessing::preset(preset).unwrap();
            let expected_pixels = pixels(&goldens.join(golden["pixels"].as_str().unwrap()));
            assert_eq!(
                preprocessing.pixels(&decoded).unwrap(),
                expected_pixels,
                "{source:?} {name}"
            );
            let tensor = preprocessing.tensor(&decoded).unwrap();
            let values = tensor.as_slice().unwrap();
            let golden = &golden["tensor"];
            assert_eq!(golden["shape"], json!(preprocessing.shape()));
            // Bit for bit.
            assert_eq!(
                values[..16],
                floats(&golden["first16"]),
                "{source:?} {name}"
            );
            let spaced: Vec<f32> = (0..16)
                .map(|j| values[j * (values.len() - 1) / 15])
                .collect();
            assert_eq!(spaced, floats(&golden["spaced16"]), "{source:?} {name}");
            let n = values.len() as f64;
            let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
            assert!((mean - golden["mean"].as_f64().unwrap()).abs() < 1e-6);
            n_compared += 1;
        }
    }
    assert_eq!(n_compared, 8 * 3);
}

/// The kernel of a filter and how far it reaches.
fn kernel(filter: Filter, x: f64) -> (f64, f64) {
    let distance = x.abs();
    let sinc = |x: f64| {
        let turn = std::f64::consts::PI * x;
        if x == 0.0 { 1.0 } else { turn.sin() / turn }
    };
    match filter {
        Filter::Box => (if -0.5 < x && x <= 0.5 { 1.0 } else { 0.0 }, 0.5),
        Filter::Bilinear => ((1.0 - distance).max(0.0), 1.0),
        Filter::Bicubic if distance < 1.0 => {
            ((1.5 * distance - 2.5) * distance * distance + 1.0, 2.0)
        }
        Filter::Bicubic if distance < 2.0 => (
            (((distance - 5.0) * distance + 8.0) * distance - 4.0) * -0.5,
            2.0,
        ),
        Filter::Bicubic => (0.0, 2.0),
        Filter::Lanczos if distance < 3.0 => (sinc(x) * sinc(x / 3.0), 3.0),
        Filter::Lanczos => (0.0, 3.0),
    }
}

/// Resizes the last axis but one, pixel by pixel.
fn plain_pass(pixels: &Array3<u8>, n_new: usize, filter: Filter) -> Array3<u8> {
    let (n_rows, n_old, _) = pixels.dim();
    if n_old == n_new {
        return pixels.clone();
    }
    let scale = n_old as f64 / n_new as f64;
    let stretch = scale.max(1.0);
    let support = kernel(filter, 0.0).1 * stretch;
    Array3::from_shape_fn((n_rows, n_new, 3), |(row, new, channel)| {
        let centre = (new as f64 + 0.5) * scale;
        let first = ((centre - support + 0.5) as i64).max(0) as usize;
        let end = ((centre + support + 0.5) as usize).min(n_old);
        let weight = |old: usize| kernel(filter, (old as f64 - centre + 0.5) * (1.0 / stretch)).0;
        let sum: f64 = (first..end).map(weight).sum();
        let terms = (first..end).map(|old| {
            let scaled = (weight(old) / sum * 4_194_304.0).round() as i64;
            scaled * i64::from(pixels[[row, old, channel]])
        });
        ((2_097_152 + terms.sum::<i64>()) >> 22).clamp(0, 255) as u8
    })
}

/// The definition: rows, rounded to 8 bits, then columns.
fn plain_resize(image: &RgbImage, width: usize, height: usize, filter: Filter) -> Array3<u8> {
    let turned = |pixels: Array3<u8>| pixels.permuted_axes([1, 0, 2]);
    let across = |pixels: Array3<u8>| plain_pass(&pixels, width, filter);
    let down = |pixels: Array3<u8>| turned(plain_pass(&turned(pixels), height, filter));
    let pixels = image.pixels().to_owned();
    let lost = |old: usize, new: usize| old as i64 - new as i64;
    let rows = lost(image.height(), height);
    match rows > 0 && rows > 2 * lost(image.width(), width) {
        true => across(down(pixels)),
        false => down(across(pixels)),
    }
}

/// Image.fromarray(pixels).resize((width, height), filter) of Pillow 12.0.0 (the same as of 9.5.0) and
/// 13.0.0, as `zlib.crc32` of the bytes; the pixels are `floor(128 * (v + 1))` of the formula.
#[test]
fn both_orders_of_passes_are_those_of_pillow() {
    use Filter::{Bicubic, Bilinear, Box, Lanczos};
    for (old, new, filter, of_12, of_13) in [
        ([40, 90], [20, 45], Bilinear, 0x8abd_8959, 0x7558_7962),
        ([40, 90], [41, 89], Bicubic, 0xedda_948c, 0x8a65_6f20),
        ([40, 91], [30, 70], Lanczos, 0x7ee5_4a3c, 0x7f4f_9a59),
        ([33, 200], [64, 64], Bicubic, 0x0770_b5a7, 0x6524_13ae),
        ([40, 90], [30, 70], Bicubic, 0x4a2e_3a86, 0x4a2e_3a86),
        ([90, 40], [45, 20], Bicubic, 0x6442_e388, 0x6442_e388),
        ([50, 50], [80, 49], Box, 0x5073_5fe5, 0x5073_5fe5),
        ([50, 60], [50, 30], Bilinear, 0xebb1_579c, 0xebb1_579c),
    ] {
        let [width, height] = old;
        let levels = formula("image:0").take(3 * width * height);
        let levels = levels.map(|v| (128.0 * (v + 1.0)) as u8).collect();
        let image = Array3::from_shape_vec((height, width, 3), levels).unwrap();
        let image = RgbImage::new(image).unwrap();
        let [width, height] = new;
        let exact = Resize::Exact { width, height };
        let made = Preprocessing::new(exact, filter, new, Normalization::HALF).unwrap();
        for (passes, expected) in [
            (PassOrder::HorizontalFirst, of_12),
            (PassOrder::VerticalWhereCheaper, of_13),
        ] {
            let resized = made.with_passes(passes).pixels(&image).unwrap();
            let found = crc32(resized.pixels().iter().copied());
            assert_eq!(found, expected, "{old:?} {new:?} {filter} {passes}");
        }
        let current = resize(&image, [height, width], filter).unwrap();
        assert_eq!(crc32(current.pixels().iter().copied()), of_13);
    }
}

fn images(longest: usize) -> impl Strategy<Value = RgbImage> {
    (1..=longest, 1..=longest, any::<u64>(), any::<bool>()).prop_map(
        |(width, height, seed, is_harsh)| {
            let mut state = seed | 1;
            let pixels = Array3::from_shape_fn((height, width, 3), |_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let level = (state >> 56) as u8;
                if is_harsh { 255 * (level >> 7) } else { level }
            });
            RgbImage::new(pixels).unwrap()
        },
    )
}

fn filters() -> impl Strategy<Value = Filter> {
    prop::sample::select(Filter::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn resizing_is_what_it_is_defined_as(
        image in images(60),
        width in 1..80u32,
        height in 1..80u32,
        filter in filters(),
    ) {
        let resized = resize(&image, [height, width], filter).unwrap();
        let plain = plain_resize(&image, width as usize, height as usize, filter);
        prop_assert_eq!(resized.pixels(), plain);
    }

    #[test]
    fn the_crop_is_a_part_of_all_of_it(
        image in images(60),
        short in 1..60u32,
        crop in [1..90u32, 1..90u32],
        filter in filters(),
    ) {
        let resizing = Resize::ShortSide(short);
        let preprocessing =
            Preprocessing::new(resizing, filter, crop, Normalization::HALF).unwrap();
        let cropped = preprocessing.pixels(&image).unwrap();

        let shorter = image.width().min(image.height());
        let side = |side: usize| (short as usize * side / shorter) as u32;
        let (width, height) = (side(image.width()), side(image.height()));
        let whole = resize(&image, [height, width], filter).unwrap().into_pixels();
        // torchvision: center_crop, on a black border where it needs one. Which old row or column
        // stands at a new one:
        let old = |at: usize, size: u32, crop: u32| {
            let border = crop.saturating_sub(size) as usize / 2;
            let from = (f64::from(size.saturating_sub(crop)) / 2.0).round_ties_even() as usize;
            let inside = at.checked_sub(border)?;
            (inside < crop.min(size) as usize).then_some(from + inside)
        };
        let shape = (crop[1] as usize, crop[0] as usize, 3);
        let expected = Array3::from_shape_fn(shape, |(y, x, channel)| {
            match (old(y, height, crop[1]), old(x, width, crop[0])) {
                (Some(y), Some(x)) => whole[[y, x, channel]],
                _ => 0,
            }
        });
        prop_assert_eq!(cropped.pixels(), expected);
    }
}

#[test]
fn every_preset_takes_every_shape_of_image() {
    for (name, preset) in Preprocessing::PRESETS {
        for shape in [(1, 1, 3), (1, 500, 3), (300, 1, 3), (2, 3, 3)] {
            let image = RgbImage::new(Array3::from_elem(shape, 200)).unwrap();
            let tensor = preset.tensor(&image).unwrap();
            assert_eq!(tensor.shape(), preset.shape(), "{name} {shape:?}");
            assert!(tensor.iter().all(|value| value.is_finite()));
            // One level everywhere stays so.
            let pixels = preset.pixels(&image).unwrap();
            assert!(
                pixels.pixels().iter().all(|&level| level == 200),
                "{name} {shape:?}"
            );
        }
    }
}

#[test]
fn batches_are_filled_in_place() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/extract/images/baseline.png");
    let preprocessing = Preprocessing::CIFAR_32;
    let tensor = preprocessing.read(&path).unwrap();
    let n = tensor.len();
    let mut batch = vec![f32::NAN; 3 * n];
    preprocessing
        .read_into(&path, &mut batch[n..2 * n])
        .unwrap();
    assert_eq!(batch[n..2 * n], *tensor.as_slice().unwrap());
    assert!(
        batch[..n]
            .iter()
            .chain(&batch[2 * n..])
            .all(|value| value.is_nan())
    );
    assert_refused!(
        preprocessing.read_into(&path, &mut batch),
        Argument(ArgumentError::LengthMismatch { expected, found, .. })
            if *expected == n && *found == 3 * n
    );
}

#[test]
fn json_goes_round_and_is_checked() {
    for (name, preset) in Preprocessing::PRESETS {
        let turned = preset.with_orientation(Orientation::Exif);
        for preprocessing in [preset, turned] {
            let text = serde_json::to_string(&preprocessing).unwrap();
            let read: Preprocessing = serde_json::from_str(&text).unwrap();
            assert_eq!(read, preprocessing, "{name}");
        }
    }
    let good = serde_json::to_value(Preprocessing::IMAGENET).unwrap();
    assert_eq!(
        good.to_string(),
        json!({
            "orientation": "as-stored",
            "resize": {"short-side": 256},
            "filter": "bilinear",
            "passes": "vertical-where-cheaper",
            "crop": [224, 224],
            "normalization": {
                "order": "rgb",
                "range": "unit",
                "mean": [0.485f32, 0.456f32, 0.406f32],
                "std": [0.229f32, 0.224f32, 0.225f32],
            },
        })
        .to_string()
    );
    let bad = [
        ("/resize", json!({"short-side": 0})),
        ("/resize", json!({"short-side": 8193})),
        ("/resize", json!({"exact": {"width": 32, "height": 0}})),
        ("/crop", json!([0, 224])),
        ("/crop", json!([224, 100_000])),
        ("/crop", json!([224, -1])),
        ("/filter", json!("nearest")),
        ("/passes", json!("vertical-first")),
        ("/normalization/std", json!([0.2, 0.0, 0.2])),
        ("/normalization/std", json!([0.2, -0.2, 0.2])),
        ("/normalization/std", json!([0.2, 1e39, 0.2])),
        ("/normalization/mean", json!([0.2, null, 0.2])),
        ("/normalization/mean", json!([0.2, 0.2])),
        ("/orientation", json!(true)),
    ];
    for (at, value) in bad {
        let mut changed = good.clone();
        *changed.pointer_mut(at).unwrap() = value.clone();
        let read = serde_json::from_value::<Preprocessing>(changed);
        assert!(read.is_err(), "{at}: {value}");
    }
    // Files from before the choice of the order.
    let mut older = good.clone();
    older.as_object_mut().unwrap().remove("passes");
    let read: Preprocessing = serde_json::from_value(older).unwrap();
    assert_eq!(read, Preprocessing::IMAGENET);
    let mut unknown = good.clone();
    unknown["antialias"] = json!(false);
    assert!(serde_json::from_value::<Preprocessing>(unknown).is_err());
}

#[test]
fn fingerprints_tell_preprocessings_apart() {
    let base = Preprocessing::IMAGENET;
    let normalization = Normalization::IMAGENET;
    let (mean, std) = (normalization.mean(), normalization.std());
    let with =
        |resize, filter, crop| Preprocessing::new(resize, filter, crop, normalization).unwrap();
    let [short, exact] = [
        Resize::ShortSide(256),
        Resize::Exact {
            width: 256,
            height: 256,
        },
    ];
    let variants = [
        base,
        with(Resize::ShortSide(255), Filter::Bilinear, [224; 2]),
        with(exact, Filter::Bilinear, [224; 2]),
        with(short, Filter::Bicubic, [224; 2]),
        with(short, Filter::Bilinear, [223, 224]),
        with(short, Filter::Bilinear, [224, 223]),
        base.with_orientation(Orientation::Exif),
        base.with_passes(PassOrder::HorizontalFirst),
        base.with_crop_rule(CropRule::Transformers),
        base.with_normalization(normalization.with_order(ChannelOrder::Bgr)),
        base.with_normalization(normalization.with_range(ValueRange::Byte)),
        base.with_normalization(Normalization::new([mean[0], mean[1], 0.407], std).unwrap()),
        base.with_normalization(Normalization::new(mean, [0.23, std[1], std[2]]).unwrap()),
    ];
    let fingerprints: std::collections::BTreeSet<String> =
        variants.iter().map(Preprocessing::fingerprint).collect();
    assert_eq!(fingerprints.len(), variants.len());
    assert_eq!(
        base.fingerprint(),
        Preprocessing::preset("imagenet").unwrap().fingerprint()
    );
    // Files record it: it may not change without a reason.
    // python: hashlib.sha256(json.dumps(…, separators=(",", ":")).encode()).hexdigest()
    assert_eq!(
        base.fingerprint(),
        "9e994ad0317b0c5e7691fb22a9bc4d9ffcb0077d541c95a479b260a6898a52b4"
    );
}

#[test]
fn what_cannot_be_done_is_refused() {
    let image = RgbImage::new(Array3::zeros((2, 2, 3))).unwrap();
    for (width, height) in [(0, 5), (5, 0), (8193, 5), (5, u32::MAX)] {
        assert_refused!(
            resize(&image, [height, width], Filter::Box),
            Argument(ArgumentError::InvalidParameter { .. })
        );
    }
    assert!("nearest".parse::<Filter>().is_err());
    assert_eq!("bicubic".parse::<Filter>().unwrap(), Filter::Bicubic);
    let error = Preprocessing::IMAGENET.read("no/such.jpg").unwrap_err();
    assert_kind!(error, File(FileError::Read { path, .. }) if path == Path::new("no/such.jpg"));
}
