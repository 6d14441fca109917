//! Another program's weights in safetensors.

use std::fs::File;
use std::path::Path;

use safetensors::tensor::Dtype;

use super::foreign::{ATTENTION, Found, IDS, RECIPE, TEXT, TOKENS};
use super::header::Tensor;
use super::{FileError, Header, How, Opened, map};
use crate::capture::{DenseType, Map};

/// Opens a safetensors file with `attention`; `None` where it has none, or none of four dimensions.
pub(super) fn open(
    name: String,
    mut file: File,
    path: &Path,
    how: How,
) -> Result<Option<Opened>, FileError> {
    // A header that can't be read is the model reader's to tell.
    let Ok(header) = Header::read(&mut file) else {
        return Ok(None);
    };
    let Some(weights) = header.tensor(ATTENTION).filter(|t| t.shape.len() == 4) else {
        return Ok(None);
    };
    let unsuited = |what: String| FileError::Unsuited {
        name: name.clone(),
        what,
    };
    let dtype = match weights.dtype {
        Dtype::F16 => DenseType::F16,
        Dtype::BF16 => DenseType::Bf16,
        Dtype::F32 => DenseType::F32,
        Dtype::F64 => DenseType::F64,
        other => {
            return Err(unsuited(format!(
                "'attention' is {other:?}, and F32, F16, BF16 or F64 was expected"
            )));
        }
    };
    let map = map(&name, &mut file, header.length)?;
    let ids = match header.tensor(IDS) {
        Some(ids) => Some(integers(&ids, &map).map_err(unsuited)?),
        None => None,
    };
    let tokens = match header.text(TOKENS) {
        Some(json) => Some(strings(json).map_err(unsuited)?),
        None => None,
    };
    let found = Found {
        shape: weights.shape,
        dtype,
        start: weights.at.start,
        map,
        ids,
        tokens,
        text: header.text(TEXT).map(str::to_owned),
        recipe: header.text(RECIPE).map(str::to_owned),
        format: "safetensors, weights",
    };
    found.open(name, path, how).map(Some)
}

/// Ids `[n]` or `[1, n]` in I64 or I32.
fn integers(tensor: &Tensor, map: &Map) -> Result<Vec<i64>, String> {
    let bytes = map.bytes().get(tensor.at.clone()).unwrap_or_default();
    match (tensor.dtype, tensor.shape.as_slice()) {
        (Dtype::I64, [_] | [1, _]) => {
            let numbers = bytes.as_chunks().0.iter();
            Ok(numbers.map(|b| i64::from_le_bytes(*b)).collect())
        }
        (Dtype::I32, [_] | [1, _]) => {
            let numbers = bytes.as_chunks().0.iter();
            Ok(numbers.map(|b| i32::from_le_bytes(*b).into()).collect())
        }
        (dtype, shape) => Err(format!(
            "'input_ids' is {dtype:?} {shape:?}, and I64 or I32 [n] was expected"
        )),
    }
}

fn strings(json: &str) -> Result<Vec<String>, String> {
    let wrong = |_| "the metadata 'tokens' is not a JSON list of strings".to_owned();
    serde_json::from_str(json).map_err(wrong)
}
