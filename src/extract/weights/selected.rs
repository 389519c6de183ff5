//! Which parameters of a file a network uses.

use crate::extract::preprocess::described::{DescribedIn, DescribedPreprocessing};

/// Information on the parameters of a file that a network uses.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SelectedWeights {
    /// Beginning of the names of the parameters in the file, such as `teacher.backbone`, without
    /// modules that only wrap others (`module`, `_orig_mod`); empty if the names are those of the
    /// network.
    pub key: String,
    /// The library whose names were converted to those of the network, if any.
    pub converted_from: Option<&'static str>,
    /// Whether all parameters have the shapes of the published network: other weights have, for
    /// example, another number of classes.
    pub has_published_shapes: bool,
    /// Names of modules beside the network, in the same dictionary, that are not read, such as a
    /// projection, or an attention that a model adds to its backbone.
    pub unread: Vec<String>,
    /// Whether the file has the classifier of the network, or the network has none. Weights without
    /// it are not the published ones.
    pub has_classifier: bool,
    /// The architecture with the other activation, which these weights of CLIP fit as well, if
    /// neither the file nor a configuration beside it names the activation.
    pub other_activation: Option<String>,
    /// What files beside the weights say about the preprocessing.
    pub(in crate::extract) described: Vec<(DescribedIn, DescribedPreprocessing)>,
}
