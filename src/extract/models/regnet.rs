//! RegNet: Radosavovic et al., "Designing network design spaces" (2020). RegNetY has squeeze and
//! excitation, RegNetX does not.

use super::blocks::Residual;
use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, ConvNorm, ConvSpec, Linear, Squeeze, SqueezeExcitation,
};
use crate::extract::models::inverted_residual::make_divisible;
use crate::extract::module::{Sequential, Tapped};

const EPSILON: f64 = 1e-5;
const STEM: usize = 32;

/// A network, given by the rule for the widths of its blocks.
#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    has_squeeze: bool,
    /// Number of blocks.
    depth: usize,
    /// Width of the first block.
    initial_width: usize,
    /// Difference between the widths of consecutive blocks, before rounding.
    slope: f64,
    /// Ratio between the widths of consecutive stages.
    multiplier: f64,
    /// Channels per group of the convolutions.
    group_width: usize,
}

const fn config(
    name: &'static str,
    depth: usize,
    initial_width: usize,
    slope: f64,
    multiplier: f64,
    group_width: usize,
) -> Config {
    Config {
        name,
        has_squeeze: false,
        depth,
        initial_width,
        slope,
        multiplier,
        group_width,
    }
}

const X: [Config; 7] = [
    config("regnet_x_400mf", 22, 24, 24.48, 2.54, 16),
    config("regnet_x_800mf", 16, 56, 35.73, 2.28, 16),
    config("regnet_x_1_6gf", 18, 80, 34.01, 2.25, 24),
    config("regnet_x_3_2gf", 25, 88, 26.31, 2.25, 48),
    config("regnet_x_8gf", 23, 80, 49.56, 2.88, 120),
    config("regnet_x_16gf", 22, 216, 55.59, 2.1, 128),
    config("regnet_x_32gf", 23, 320, 69.86, 2.0, 168),
];

const Y: [Config; 7] = [
    config("regnet_y_400mf", 16, 48, 27.89, 2.09, 8),
    config("regnet_y_800mf", 14, 56, 38.84, 2.4, 16),
    config("regnet_y_1_6gf", 27, 48, 20.71, 2.65, 24),
    config("regnet_y_3_2gf", 21, 80, 42.63, 2.66, 24),
    config("regnet_y_8gf", 17, 192, 76.82, 2.19, 56),
    config("regnet_y_16gf", 18, 200, 106.23, 2.48, 112),
    config("regnet_y_32gf", 20, 232, 115.89, 2.53, 232),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    let with_squeeze = |config| Config {
        has_squeeze: true,
        ..config
    };
    let configs = X.into_iter().chain(Y.into_iter().map(with_squeeze));
    configs.map(|config| {
        let head = Head {
            logits: "fc",
            penultimate: "avgpool",
        };
        Architecture::new(config.name, "RegNet", head, move |b| build(b, config))
    })
}

/// A stage of blocks with the same width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stage {
    width: usize,
    depth: usize,
    group_width: usize,
}

impl Config {
    /// Returns the stages: the widths of blocks increase linearly and are rounded to powers of the
    /// multiplier (times the first width) and then to multiples of 8.
    fn stages(&self) -> Vec<Stage> {
        let initial = self.initial_width as f64;
        let mut stages: Vec<Stage> = Vec::new();
        for block in 0..self.depth {
            let width = initial + self.slope * block as f64;
            let power = (width / initial).log(self.multiplier).round_ties_even();
            let rounded = (initial * self.multiplier.powf(power) / 8.0).round_ties_even();
            let width = 8 * rounded as usize;
            match stages.last_mut() {
                Some(stage) if stage.width == width => stage.depth += 1,
                _ => stages.push(Stage {
                    width,
                    depth: 1,
                    group_width: self.group_width.min(width),
                }),
            }
        }
        for stage in &mut stages {
            stage.width = make_divisible(stage.width as f64, stage.group_width);
        }
        stages
    }
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let mut network = Sequential::default();
    network.push(builder, "stem", |b| {
        let spec = ConvSpec::same(3, STEM, 3).stride(2);
        ConvNorm::numbered(b, spec, EPSILON, Activation::Relu)
    })?;
    let mut inputs = STEM;
    network.push(builder, "trunk_output", |b| {
        let mut trunk = Sequential::default();
        for (number, stage) in (1..).zip(config.stages()) {
            trunk.push(b, &format!("block{number}"), |b| {
                let mut blocks = Sequential::default();
                for block in 0..stage.depth {
                    let shape = BlockShape {
                        inputs,
                        outputs: stage.width,
                        stride: if block == 0 { 2 } else { 1 },
                        groups: stage.width / stage.group_width,
                        has_squeeze: config.has_squeeze,
                    };
                    let name = format!("block{number}-{block}");
                    blocks.push(b, &name, |b| residual(b, shape))?;
                    inputs = stage.width;
                }
                Ok(blocks)
            })?;
        }
        Ok(trunk)
    })?;
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "fc", |b| Linear::classifier(b, inputs, 1000))?;
    Ok(network)
}

#[derive(Debug, Clone, Copy)]
struct BlockShape {
    inputs: usize,
    outputs: usize,
    stride: usize,
    groups: usize,
    has_squeeze: bool,
}

/// Creates a residual block of 1×1, grouped 3×3 and 1×1 convolutions.
fn residual(builder: &Builder<'_>, shape: BlockShape) -> Result<Residual> {
    let BlockShape {
        inputs,
        outputs,
        stride,
        groups,
        has_squeeze,
    } = shape;
    let (relu, none) = (Activation::Relu, Activation::Identity);
    let conv = |b: &Builder<'_>, spec, activation| ConvNorm::numbered(b, spec, EPSILON, activation);
    let project = |b: &Builder<'_>| {
        let spec = ConvSpec::new(inputs, outputs, 1).stride(stride);
        let mut projection = Sequential::default();
        projection.add(conv(b, spec, none)?);
        Ok(projection)
    };
    let shortcut = (stride != 1 || inputs != outputs)
        .then(|| Tapped::new(builder, "proj", project))
        .transpose()?;
    let mut branch = Sequential::default();
    branch.push(builder, "f", |b| {
        let mut f = Sequential::default();
        f.push(b, "a", |b| conv(b, ConvSpec::new(inputs, outputs, 1), relu))?;
        let grouped = ConvSpec::same(outputs, outputs, 3)
            .stride(stride)
            .groups(groups);
        f.push(b, "b", |b| conv(b, grouped, relu))?;
        if has_squeeze {
            let squeeze = Squeeze {
                channels: inputs / 4,
                activation: relu,
                gate: Activation::Sigmoid,
            };
            f.push(b, "se", |b| SqueezeExcitation::new(b, outputs, squeeze))?;
        }
        f.push(b, "c", |b| {
            conv(b, ConvSpec::new(outputs, outputs, 1), none)
        })?;
        Ok(f)
    })?;
    Ok(Residual::new(builder, branch, shortcut, Some("activation")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_those_of_the_paper() {
        // Tables 8 and 9 of the paper.
        let of = |config: &Config| -> Vec<[usize; 2]> {
            let stages = config.stages().into_iter();
            stages.map(|stage| [stage.depth, stage.width]).collect()
        };
        assert_eq!(of(&X[2]), [[2, 72], [4, 168], [10, 408], [2, 912]]);
        assert_eq!(of(&Y[0]), [[1, 48], [3, 104], [6, 208], [6, 440]]);
        assert_eq!(of(&Y[6]), [[2, 232], [5, 696], [12, 1392], [1, 3712]]);
    }
}
