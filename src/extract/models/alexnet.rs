//! AlexNet: Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014),
//! the variant of Krizhevsky, Sutskever & Hinton (2012) for one GPU, without local response
//! normalization.

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, ConvActivation, ConvSpec, Linear, MaxPool, PoolSpec,
};
use crate::extract::module::{Identity, Sequential};

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    let head = Head {
        logits: "classifier.6",
        penultimate: "classifier.4",
    };
    [Architecture::new("alexnet", "AlexNet", head, build)].into_iter()
}

fn build(builder: &Builder<'_>) -> Result<Sequential> {
    let mut network = Sequential::default();
    network.push(builder, "features", features)?;
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 6)))?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "classifier", classifier)?;
    Ok(network)
}

fn features(builder: &Builder<'_>) -> Result<Sequential> {
    let conv = |names, spec| ConvActivation::new(builder, names, spec, Activation::Relu);
    let pool = |b: &Builder<'_>| Ok(MaxPool::new(b, PoolSpec::new(3, 2)));
    let mut features = Sequential::default();
    let first = ConvSpec::new(3, 64, 11).stride(4).padding(2);
    features.add(conv(["0", "1"], first)?);
    features.push(builder, "2", pool)?;
    features.add(conv(["3", "4"], ConvSpec::same(64, 192, 5))?);
    features.push(builder, "5", pool)?;
    features.add(conv(["6", "7"], ConvSpec::same(192, 384, 3))?);
    features.add(conv(["8", "9"], ConvSpec::same(384, 256, 3))?);
    features.add(conv(["10", "11"], ConvSpec::same(256, 256, 3))?);
    features.push(builder, "12", pool)?;
    Ok(features)
}

fn classifier(builder: &Builder<'_>) -> Result<Sequential> {
    let mut classifier = Sequential::default();
    classifier.push(builder, "0", |_| Ok(Identity))?;
    classifier.push(builder, "1", |b| Linear::new(b, 256 * 6 * 6, 4096))?;
    classifier.push(builder, "2", |b| Ok(Activation::Relu.module(b)))?;
    classifier.push(builder, "3", |_| Ok(Identity))?;
    classifier.push(builder, "4", |b| Linear::new(b, 4096, 4096))?;
    classifier.push(builder, "5", |b| Ok(Activation::Relu.module(b)))?;
    classifier.push(builder, "6", |b| Linear::classifier(b, 4096, 1000))?;
    Ok(classifier)
}
