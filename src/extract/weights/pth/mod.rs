//! Checkpoints that PyTorch wrote, read by candle.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::DType;
use candle_core::pickle::PthTensors;

use crate::error::{Error, Result};
use crate::extract::flow::of_candle;

/// Where checkpoints hold parameters, if not at the top.
const NESTED: [&str; 5] = ["state_dict", "model", "model_state_dict", "teacher", "net"];

/// Opens a checkpoint, and looks where in it the parameters are.
pub(super) fn open(path: &Path) -> Result<PthTensors> {
    let at_top = PthTensors::new(path, None).map_err(malformed)?;
    if !at_top.tensor_infos().is_empty() {
        return Ok(at_top);
    }
    for key in NESTED {
        if let Ok(nested) = PthTensors::new(path, Some(key))
            && !nested.tensor_infos().is_empty()
        {
            return Ok(nested);
        }
    }
    Ok(at_top)
}

/// The shape of each tensor.
pub(super) fn shapes(tensors: &PthTensors) -> BTreeMap<String, Vec<usize>> {
    let infos = tensors.tensor_infos().iter();
    infos
        .map(|(name, info)| (name.clone(), info.layout.dims().to_vec()))
        .collect()
}

/// The values of a tensor, row-major.
pub(super) fn read(tensors: &PthTensors, name: &str, file_length: u64) -> Result<Vec<f32>> {
    if let Some(info) = tensors.tensor_infos().get(name) {
        let needed = (info.layout.shape().elem_count() as u64)
            .saturating_mul(info.dtype.size_in_bytes() as u64);
        if needed > file_length {
            return Err(Error::Truncated {
                expected: needed,
                found: file_length,
            });
        }
    }
    let tensor = tensors.get(name).map_err(malformed)?;
    let tensor =
        tensor.ok_or_else(|| malformed(candle_core::Error::Msg("no such tensor".into())))?;
    let values = tensor.to_dtype(DType::F32).and_then(|x| x.flatten_all());
    values.and_then(|x| x.to_vec1()).map_err(of_candle)
}

fn malformed(error: candle_core::Error) -> Error {
    Error::Malformed {
        format: "PyTorch checkpoint",
        source: Box::new(error),
    }
}
