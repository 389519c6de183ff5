//! Tensors that are not parameters of the network.

use crate::error::{ExtractError, Result};

/// A tensor that is not a parameter of the network.
pub(super) struct Other<'n> {
    pub name: &'n str,
    pub shape: &'n [usize],
    pub is_float: bool,
    /// Number of the dictionary in which the tensor is stored.
    pub dictionary: usize,
}

impl<'n> Other<'n> {
    /// Checks whether the tensor is one of the factors of a LoRA or of a similar change.
    pub fn is_of_lora(&self) -> bool {
        const KINDS: [&str; 11] = [
            "lora_", "lokr_", "hada_", "ia3_", "oft_", "boft_", "vera_", "w_As", "w_Bs", "w_a_",
            "w_b_",
        ];

        let mut parts = self.name.split('.');
        parts.any(|part| KINDS.iter().any(|kind| part.starts_with(kind)))
    }

    /// Checks whether the tensor is the matrix of a linear classifier.
    pub fn is_of_classifier(&self) -> bool {
        let mut parts = self.name.rsplit('.');
        let is_matrix = parts.next() == Some("weight") && self.shape.len() == 2;
        is_matrix
            && matches!(
                parts.next(),
                Some("classifier" | "classification_head" | "head" | "fc" | "linear")
            )
    }

    /// Checks whether the tensor has a value for each colour and is not of a layer.
    pub fn is_of_colors(&self) -> bool {
        let has_shape = matches!(self.shape, [3] | [1, 3] | [3, 1, 1] | [1, 3, 1, 1]);
        self.is_float && has_shape && !self.is_of_layer()
    }

    /// Checks whether the tensor has a name of the parameters and buffers of layers.
    pub fn is_of_layer(&self) -> bool {
        const OF_LAYERS: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

        let name = self.name.rsplit('.').next().unwrap_or_default();
        OF_LAYERS.contains(&name)
    }

    /// Returns the name of the module.
    pub fn module(&self) -> &'n str {
        self.name.rsplit_once('.').map_or("", |(module, _)| module)
    }

    /// Returns the name up to its last word, and that word.
    pub fn last_word(&self) -> (&str, &str) {
        let at = self.name.rfind(['.', '_']).map_or(0, |at| at + 1);
        self.name.split_at(at)
    }
}

/// Returns the error for tensors that mean something, if there are any.
pub(super) fn refuse(tensors: Vec<String>, meaning: String) -> Result<()> {
    match tensors.is_empty() {
        true => Ok(()),
        false => Err(ExtractError::MeaningfulTensors { tensors, meaning }.into()),
    }
}
