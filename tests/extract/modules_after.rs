//! Modules after a network in a checkpoint that tell how its last stages or its pooling are computed.

use human_alignment::Result;
use human_alignment::error::ExtractError;
use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
use ndarray::ArrayD;

use crate::common::refusals::assert_refused;

/// Tensors of 0.5, by name and shape.
type Others<'a> = &'a [(&'a str, &'a [usize])];

/// Returns weights of an architecture under a prefix, with other tensors beside them.
fn weights(architecture: &str, prefix: &str, others: Others<'_>) -> Weights {
    let architecture = Architecture::named(architecture).unwrap();
    let own = Network::list_parameters(&architecture).unwrap().into_iter();
    // Without those of frozen normalizations.
    let own = own.filter(|(name, _)| !name.ends_with("num_batches_tracked"));
    let own = own.map(|(name, shape)| (format!("{prefix}{name}"), shape));
    let others = others
        .iter()
        .map(|&(name, shape)| (name.to_owned(), shape.to_vec()));
    let all = own.chain(others);
    Weights::from_tensors(all.map(|(name, shape)| (name, ArrayD::from_elem(shape, 0.5))))
}

fn network(architecture: &str, tap: &str, weights: &Weights) -> Result<Network> {
    let architecture = Architecture::named(architecture).unwrap();
    Network::new(&architecture, weights, &[Tap::new(tap)], Device::Cpu)
}

/// Checks that a network is refused at a tap with a message, that another tap before it is not, and that
/// the flags of the message help.
fn check(architecture: &str, taps: [&str; 2], message: &str, prefix: &str, others: Others<'_>) {
    let weights = weights(architecture, prefix, others);
    let [tap, before] = taps;
    let refused = network(architecture, tap, &weights);
    assert_refused!(
        refused,
        Extract(ExtractError::MeaningfulTensors { .. }),
        "{prefix} {others:?}"
    );
    let refused = refused.err().unwrap().report().to_string();
    assert!(refused.contains(message), "{refused}");
    if !before.is_empty() {
        network(architecture, before, &weights).unwrap();
    }
    let flags = refused.split("--without ").skip(1);
    let ignored = flags.fold(weights, |weights, flag| {
        weights
            .without(flag.split([' ', ')']).next().unwrap())
            .unwrap()
    });
    network(architecture, tap, &ignored).unwrap();
}

#[test]
fn what_reads_maps_tells_of_dilation() {
    let message = "dilated convolutions instead of strides";
    let kernel: &[usize] = &[7, 512, 3, 3];
    let each: &[usize] = &[512, 1, 3, 3];
    for (prefix, others) in [
        ("resnet.", &[("aspp.branch1.weight", kernel)][..]),
        ("feats.", &[("psp.stages.0.1.weight", kernel)]),
        ("pretrained.", &[("head.conv5a.0.weight", kernel)]),
        ("backbone.", &[("ppm.features.0.1.weight", each)]),
        ("net.", &[("ASPP.image_pool.weight", &[7, 512, 1, 1])]),
        ("", &[("layer5.conv2d_list.0.weight", kernel)]),
        ("encoder.", &[("decoder.cbr.0.weight", kernel)]),
        (
            "encoder.",
            &[
                ("decoder.0.convs.0.0.weight", kernel),
                ("decoder.0.convs.1.0.weight", each),
            ],
        ),
        // Of DETR, whose networks are dilated in one of its variants.
        ("backbone.0.body.", &[("input_proj.weight", kernel)]),
    ] {
        let before = if prefix.is_empty() { "" } else { "layer2" };
        check("resnet18", ["penultimate", before], message, prefix, others);
    }
    let inverted: &[usize] = &[7, 320, 1, 1];
    let taps = ["penultimate", "features.6"];
    check(
        "mobilenet_v2",
        taps,
        message,
        "net.",
        &[("aspp.0.weight", inverted)],
    );
    // The same that detectors, decoders with steps, projections and other networks have.
    for others in [
        ("neck.lateral_convs.3.conv.weight", kernel),
        ("deconv_layers.0.weight", kernel),
        ("projector.conv1.weight", kernel),
        ("neck.mlp2.0.weight", kernel),
        ("momentum_encoder.conv.weight", kernel),
        ("head.deconv.0.weight", &[512, 256, 4, 4]),
        ("head.1.weight", &[7, 512]),
    ] {
        let weights = weights("resnet18", "backbone.", &[others]);
        network("resnet18", "penultimate", &weights).unwrap();
    }
    let names = (0..4).map(|step| format!("decoder.blocks.{step}.conv.weight"));
    let names: Vec<String> = names.collect();
    let shapes: [&[usize]; 4] = [kernel, &[7, 9, 3, 3], &[7, 8, 3, 3], &[7, 7, 3, 3]];
    let steps: Vec<_> = names.iter().map(String::as_str).zip(shapes).collect();
    let weights = weights("resnet18", "encoder.", &steps);
    network("resnet18", "penultimate", &weights).unwrap();
}

#[test]
fn a_normalization_of_pooled_features_tells_of_the_last_stride() {
    let message = "a stride of 1 in layer4";
    let mean: &[usize] = &[512];
    for (prefix, others) in [
        ("base.", &[("bottleneck.running_mean", mean)][..]),
        ("", &[("feat_bn.running_mean", mean)]),
        ("base.", &[("bottleneck.weight", mean)]),
        (
            "model.backbone.",
            &[("model.heads.neck.0.running_mean", mean)],
        ),
        (
            "model.",
            &[
                ("classifier.add_block.0.weight", &[256, 512]),
                ("classifier.add_block.1.running_mean", &[256]),
            ],
        ),
    ] {
        let before = if prefix.is_empty() { "" } else { "layer3" };
        check("resnet18", ["penultimate", before], message, prefix, others);
    }
    // Those of a projection normalize the outputs of its linear layers.
    for names in [
        ["projector.0.weight", "projector.1.running_mean"],
        ["neck.fc0.weight", "neck.bn0.running_mean"],
    ] {
        let others = [(names[0], &[512, 512][..]), (names[1], mean)];
        let weights = weights("resnet18", "backbone.", &others);
        network("resnet18", "penultimate", &weights).unwrap();
    }
}

#[test]
fn a_pooling_with_parameters_is_another_one() {
    let one: &[usize] = &[1];
    for (prefix, name, shape) in [
        ("backbone.", "pool.p", one),
        ("", "avgpool.p", one),
        ("backbone.", "aggregation.1.p", one),
        ("encoder.", "netvlad.centroids", &[64, 512]),
        ("features.", "whiten.weight", &[512, 512]),
        ("backbone.", "heads.pool_layer.p", one),
        ("", "attnpool.q_proj.weight", &[512, 512]),
    ] {
        // Beside parameters without a prefix they have to be ignored also before it.
        let before = if prefix.is_empty() { "" } else { "layer4" };
        let message = "of a pooling that has parameters";
        check(
            "resnet18",
            ["penultimate", before],
            message,
            prefix,
            &[(name, shape)],
        );
    }
}

#[test]
fn a_head_that_reads_two_poolings_tells_of_both() {
    let others: Others<'_> = &[
        ("1.2.running_mean", &[1024]),
        ("1.4.weight", &[512, 1024]),
        ("1.8.weight", &[10, 512]),
    ];
    let weights = weights("resnet18", "0.", others);
    let refused = network("resnet18", "penultimate", &weights);
    let refused = refused.err().unwrap().report().to_string();
    assert!(refused.contains("the mean and the maximum"), "{refused}");
    network("resnet18", "layer4", &weights).unwrap();
    let flat: Others<'_> = &[("out.1.weight", &[10, 512 * 49])];
    let weights = self::weights("resnet18", "net.", flat);
    assert!(network("resnet18", "penultimate", &weights).is_err());
}

#[test]
fn detectors_have_other_normalizations_and_strides() {
    let lateral: (&str, &[usize]) = ("backbone.fpn.inner_blocks.3.0.weight", &[256, 512, 1, 1]);
    let detector = weights("resnet18", "backbone.body.", &[lateral]);
    let refused = network("resnet18", "layer4", &detector);
    let refused = refused.err().unwrap().report().to_string();
    assert!(refused.contains("--epsilon 0"), "{refused}");
    let named = detector.clone().with_epsilon(0.0).unwrap();
    assert_ne!(named.fingerprint(), detector.fingerprint());
    network("resnet18", "layer4", &named).unwrap();
    // Those of MobileNetV3 have another one also where they are trained.
    let counter: (&str, &[usize]) = ("backbone.body.features.0.1.num_batches_tracked", &[]);
    let mobile = [
        (
            "backbone.fpn.inner_blocks.1.0.weight",
            &[256, 960, 1, 1][..],
        ),
        counter,
    ];
    let mobile = weights("mobilenet_v3_large", "backbone.body.", &mobile);
    let refused = network("mobilenet_v3_large", "features.16", &mobile);
    let refused = refused.err().unwrap().report().to_string();
    assert!(refused.contains("--epsilon 1e-5"), "{refused}");
    let mobile = mobile.with_epsilon(1e-5).unwrap();
    network("mobilenet_v3_large", "features.16", &mobile).unwrap();
    // Normalizations that are trained have the usual epsilon.
    let counter: (&str, &[usize]) = ("backbone.body.bn1.num_batches_tracked", &[]);
    let trained = weights("resnet18", "backbone.body.", &[lateral, counter]);
    network("resnet18", "layer4", &trained).unwrap();
    for epsilon in [-1e-5, f64::NAN, f64::INFINITY] {
        assert!(trained.clone().with_epsilon(epsilon).is_err());
    }
    let (message, taps) = ("the strides of Caffe", ["layer1", "conv1"]);
    let others: Others<'_> = &[("RCNN_rpn.RPN_Conv.weight", &[512, 256, 3, 3])];
    check("resnet18", taps, message, "RCNN_base.", others);
}

/// Returns weights of a ResNet whose classifier has other tensors.
fn with_classifier(architecture: &str, tensors: Others<'_>) -> Weights {
    let architecture = Architecture::named(architecture).unwrap();
    let own = Network::list_parameters(&architecture).unwrap().into_iter();
    let own = own.filter(|(name, _)| !name.starts_with("fc."));
    let others = tensors
        .iter()
        .map(|&(name, shape)| (name.to_owned(), shape.to_vec()));
    let all = own.chain(others);
    Weights::from_tensors(all.map(|(name, shape)| (name, ArrayD::from_elem(shape, 0.5))))
}

#[test]
fn a_classifier_tells_of_what_it_reads() {
    let one: &[usize] = &[1];
    let mean: &[usize] = &[512];
    for (tensors, message, before) in [
        // The mean and the maximum, all places, a map, and what else may be under this name.
        (
            &[("fc.weight", &[10, 1024][..])][..],
            "all places",
            "layer4",
        ),
        (&[("fc.weight", &[10, 25088])], "all places", "layer4"),
        (&[("fc.weight", &[10, 512, 1, 1])], "all places", "layer4"),
        (&[("fc.0.p", one)], "of a pooling", "layer4"),
        (&[("fc.0.running_mean", mean)], "a stride of 1", "layer3"),
    ] {
        let weights = with_classifier("resnet18", tensors);
        let refused = network("resnet18", "penultimate", &weights);
        let refused = refused.err().unwrap().report().to_string();
        assert!(refused.contains(message), "{refused}");
        network("resnet18", before, &weights).unwrap();
        let ignored = weights.without("fc").unwrap();
        network("resnet18", "penultimate", &ignored).unwrap();
    }
    for tensors in [
        &[("fc.weight", &[10, 512][..])][..],
        // A projection.
        &[("fc.0.weight", &[512, 512]), ("fc.1.running_mean", &[512])],
        &[("fc.0.weight", &[1024, 512]), ("fc.2.weight", &[10, 1024])],
    ] {
        let weights = with_classifier("resnet18", tensors);
        network("resnet18", "penultimate", &weights).unwrap();
    }
    let faces = with_classifier("resnet50", &[("fc.weight", &[8631, 2048])]);
    let refused = network("resnet50", "layer1", &faces);
    let refused = refused.err().unwrap().report().to_string();
    assert!(refused.contains("VGGFace2"), "{refused}");
    network("resnet50", "bn1", &faces).unwrap();
    network("resnet50", "layer1", &faces.without("fc").unwrap()).unwrap();
}

#[test]
fn a_head_is_asked_about_layer_by_layer() {
    let others: Others<'_> = &[
        ("heads.pool_layer.p", &[1]),
        ("heads.bottleneck.0.running_mean", &[512]),
    ];
    let weights = weights("resnet18", "backbone.", others);
    let ignored = weights.without("heads.pool_layer").unwrap();
    let refused = network("resnet18", "penultimate", &ignored);
    let refused = refused.err().unwrap().report().to_string();
    assert!(
        refused.contains("--without heads.bottleneck.0"),
        "{refused}"
    );
}
