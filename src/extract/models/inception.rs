//! Inception v3: Szegedy et al., "Rethinking the Inception architecture for computer vision"
//! (2016).
//!
//! The pretrained network of torchvision takes images normalized for ImageNet and rescales them to
//! [−1, 1] itself (`transform_input`). Here this is part of the preprocessing, so that its weights
//! need [`Normalization::HALF`](crate::extract::preprocess::Normalization::HALF).

use super::blocks::{Branches, basic_conv, note_unused_basic_conv, note_unused_linear};
use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    AdaptiveAveragePool, AveragePool, ConvSpec, Linear, MaxPool, PoolSpec,
};
use crate::extract::module::{Identity, Sequential};

/// A step of a branch.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A convolution that keeps the size of maps: name, output channels, and height and width of
    /// the kernel.
    Conv(&'static str, usize, [usize; 2]),
    /// A 3×3 convolution with stride 2 and no padding: name and output channels.
    Halve(&'static str, usize),
    /// A 1×3 and a 3×1 convolution of the same input, concatenated: names, and output channels of
    /// each.
    Fork([&'static str; 2], usize),
    /// 3×3 average pooling with stride 1.
    AveragePool,
    /// 3×3 max pooling with stride 2.
    MaxPool,
}

use Step::{Conv, Fork, Halve};

type Branch = Vec<Step>;

const POINT: [usize; 2] = [1, 1];
const SQUARE: [usize; 2] = [3, 3];
const ROW: [usize; 2] = [1, 7];
const COLUMN: [usize; 2] = [7, 1];

/// Returns the branches of a module on maps of 35 × 35; `pooled` is the number of channels after
/// the pooling.
fn module_a(pooled: usize) -> Vec<Branch> {
    vec![
        vec![Conv("branch1x1", 64, POINT)],
        vec![
            Conv("branch5x5_1", 48, POINT),
            Conv("branch5x5_2", 64, [5, 5]),
        ],
        vec![
            Conv("branch3x3dbl_1", 64, POINT),
            Conv("branch3x3dbl_2", 96, SQUARE),
            Conv("branch3x3dbl_3", 96, SQUARE),
        ],
        vec![Step::AveragePool, Conv("branch_pool", pooled, POINT)],
    ]
}

/// Returns the branches of a module that reduces maps of 35 × 35 to 17 × 17.
fn module_b() -> Vec<Branch> {
    vec![
        vec![Halve("branch3x3", 384)],
        vec![
            Conv("branch3x3dbl_1", 64, POINT),
            Conv("branch3x3dbl_2", 96, SQUARE),
            Halve("branch3x3dbl_3", 96),
        ],
        vec![Step::MaxPool],
    ]
}

/// Returns the branches of a module on maps of 17 × 17; `width` is the number of channels between
/// 1×7 and 7×1 convolutions.
fn module_c(width: usize) -> Vec<Branch> {
    vec![
        vec![Conv("branch1x1", 192, POINT)],
        vec![
            Conv("branch7x7_1", width, POINT),
            Conv("branch7x7_2", width, ROW),
            Conv("branch7x7_3", 192, COLUMN),
        ],
        vec![
            Conv("branch7x7dbl_1", width, POINT),
            Conv("branch7x7dbl_2", width, COLUMN),
            Conv("branch7x7dbl_3", width, ROW),
            Conv("branch7x7dbl_4", width, COLUMN),
            Conv("branch7x7dbl_5", 192, ROW),
        ],
        vec![Step::AveragePool, Conv("branch_pool", 192, POINT)],
    ]
}

/// Returns the branches of a module that reduces maps of 17 × 17 to 8 × 8.
fn module_d() -> Vec<Branch> {
    vec![
        vec![Conv("branch3x3_1", 192, POINT), Halve("branch3x3_2", 320)],
        vec![
            Conv("branch7x7x3_1", 192, POINT),
            Conv("branch7x7x3_2", 192, ROW),
            Conv("branch7x7x3_3", 192, COLUMN),
            Halve("branch7x7x3_4", 192),
        ],
        vec![Step::MaxPool],
    ]
}

/// Returns the branches of a module on maps of 8 × 8.
fn module_e() -> Vec<Branch> {
    vec![
        vec![Conv("branch1x1", 320, POINT)],
        vec![
            Conv("branch3x3_1", 384, POINT),
            Fork(["branch3x3_2a", "branch3x3_2b"], 384),
        ],
        vec![
            Conv("branch3x3dbl_1", 448, POINT),
            Conv("branch3x3dbl_2", 384, SQUARE),
            Fork(["branch3x3dbl_3a", "branch3x3dbl_3b"], 384),
        ],
        vec![Step::AveragePool, Conv("branch_pool", 192, POINT)],
    ]
}

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    let head = Head {
        logits: "fc",
        penultimate: "avgpool",
    };
    let inception_v3 = Architecture::new("inception_v3", "Inception", head, build);
    [inception_v3.with_input_size(299)].into_iter()
}

fn build(builder: &Builder<'_>) -> Result<Sequential> {
    let mut network = Sequential::default();
    let conv = |spec| move |b: &Builder<'_>| basic_conv(b, spec);
    let pool = |b: &Builder<'_>| Ok(MaxPool::new(b, PoolSpec::new(3, 2)));
    let first = ConvSpec::new(3, 32, 3).stride(2);
    network.push(builder, "Conv2d_1a_3x3", conv(first))?;
    network.push(builder, "Conv2d_2a_3x3", conv(ConvSpec::new(32, 32, 3)))?;
    network.push(builder, "Conv2d_2b_3x3", conv(ConvSpec::same(32, 64, 3)))?;
    network.push(builder, "maxpool1", pool)?;
    network.push(builder, "Conv2d_3b_1x1", conv(ConvSpec::new(64, 80, 1)))?;
    network.push(builder, "Conv2d_4a_3x3", conv(ConvSpec::new(80, 192, 3)))?;
    network.push(builder, "maxpool2", pool)?;
    let modules = [
        ("Mixed_5b", module_a(32)),
        ("Mixed_5c", module_a(64)),
        ("Mixed_5d", module_a(64)),
        ("Mixed_6a", module_b()),
        ("Mixed_6b", module_c(128)),
        ("Mixed_6c", module_c(160)),
        ("Mixed_6d", module_c(160)),
        ("Mixed_6e", module_c(192)),
        ("Mixed_7a", module_d()),
        ("Mixed_7b", module_e()),
        ("Mixed_7c", module_e()),
    ];
    let mut channels = 192;
    for (name, branches) in modules {
        let inputs = channels;
        network.push(builder, name, |b| {
            let (module, outputs) = module(b, inputs, &branches)?;
            channels = outputs;
            Ok(module)
        })?;
        if name == "Mixed_6e" {
            note_auxiliary(&builder.child("AuxLogits"), channels);
        }
    }
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.push(builder, "dropout", |_| Ok(Identity))?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "fc", |b| Linear::classifier(b, channels, 1000))?;
    Ok(network)
}

/// Creates a module of concatenated branches, and returns it with the number of its output
/// channels.
fn module(builder: &Builder<'_>, inputs: usize, branches: &[Branch]) -> Result<(Branches, usize)> {
    let mut parts = Vec::new();
    let mut outputs = 0;
    for steps in branches {
        let mut branch = Sequential::default();
        let mut channels = inputs;
        for &step in steps {
            channels = push(&mut branch, builder, channels, step)?;
        }
        parts.push(branch);
        outputs += channels;
    }
    Ok((Branches::new(builder, parts), outputs))
}

/// Adds a step to a branch, and returns its number of output channels.
fn push(
    branch: &mut Sequential,
    builder: &Builder<'_>,
    inputs: usize,
    step: Step,
) -> Result<usize> {
    let conv = |spec| move |b: &Builder<'_>| basic_conv(b, spec);
    let same = |outputs, kernel| conv(ConvSpec::same_rectangle(inputs, outputs, kernel));
    Ok(match step {
        Conv(name, outputs, kernel) => {
            branch.push(builder, name, same(outputs, kernel))?;
            outputs
        }
        Halve(name, outputs) => {
            let spec = ConvSpec::new(inputs, outputs, 3).stride(2);
            branch.push(builder, name, conv(spec))?;
            outputs
        }
        Fork([first, second], outputs) => {
            let mut tines = [Sequential::default(), Sequential::default()];
            tines[0].push(builder, first, same(outputs, [1, 3]))?;
            tines[1].push(builder, second, same(outputs, [3, 1]))?;
            branch.add(Branches::new(builder, tines.into()));
            2 * outputs
        }
        Step::AveragePool => {
            branch.add(AveragePool::new(builder, PoolSpec::new(3, 1).padding(1)));
            inputs
        }
        Step::MaxPool => {
            branch.add(MaxPool::new(builder, PoolSpec::new(3, 2)));
            inputs
        }
    })
}

fn note_auxiliary(builder: &Builder<'_>, inputs: usize) {
    note_unused_basic_conv(&builder.child("conv0"), ConvSpec::new(inputs, 128, 1));
    note_unused_basic_conv(&builder.child("conv1"), ConvSpec::new(128, 768, 5));
    note_unused_linear(&builder.child("fc"), 768, 1000);
}
