//! Arrays as safetensors.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::arrays::{self, attention_bytes, attention_shape};
use super::{ExportError, Request, made_by};
use crate::capture::Capture;

/// Writes `input_ids` I64 `[n]`, `attention` F32 `[L, H, n, n]` (chosen layers and heads, 0 where
/// masked) and, where the capture has them, `logits` F32 `[n, V]`. The metadata holds `text`,
/// `tokens` (the shown text of each, a JSON array), `made_by` and `recipe` (JSON).
///
/// Python reads it without this crate, and BertViz shows it:
///
/// ```python
/// import json, torch, bertviz
/// from safetensors import safe_open
/// with safe_open("attention.safetensors", "pt") as file:
///     attention = file.get_tensor("attention")
///     tokens = json.loads(file.metadata()["tokens"])
/// bertviz.head_view([layer.unsqueeze(0) for layer in attention], tokens)
/// ```
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn safetensors(
    capture: &Capture,
    request: &Request,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let records = request.records(capture)?;
    let too_large = || ExportError::TooLarge {
        tokens: capture.len(),
    };
    let logits = arrays::logits(capture);

    let mut header = Map::new();
    let metadata = json!({
        "text": capture.text,
        "tokens": serde_json::to_string(&arrays::labels(capture))?,
        "made_by": made_by(capture),
        "recipe": arrays::recipe(capture, request)?,
    });
    header.insert("__metadata__".into(), metadata);
    let mut end = 0u64;
    let mut tensor = |name: &str, dtype: &str, shape: &[usize], bytes: u64| {
        let start = end;
        end = end.checked_add(bytes).ok_or_else(too_large)?;
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]});
        header.insert(name.into(), entry);
        Ok::<(), ExportError>(())
    };
    tensor(
        "input_ids",
        "I64",
        &[capture.len()],
        8 * capture.len() as u64,
    )?;
    let shape = attention_shape(capture, request);
    tensor(
        "attention",
        "F32",
        &shape,
        attention_bytes(capture, request)?,
    )?;
    if let Some((values, shape)) = logits {
        tensor("logits", "F32", &shape, 4 * values.len() as u64)?;
    }

    let mut header = Value::Object(header).to_string().into_bytes();
    // Data begins at a multiple of 8, so that readers can map it.
    header.resize(header.len().next_multiple_of(8), b' ');
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    arrays::write_ids(capture, out)?;
    arrays::write_attention(&records, &request.heads, out)?;
    if let Some((values, _)) = logits {
        arrays::write_floats(values, out)?;
    }
    out.flush()?;
    Ok(())
}
