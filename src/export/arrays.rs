//! Shared by the array formats: the layout, the recipe, and the weights row by row.

use std::io::Write;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::{ExportError, Request, made_by};
use crate::capture::{Capture, Head, LayerRecord, Query};
use crate::lens::{Pattern, Scale, Select};
use crate::safe;

/// Rows that are computed at a time.
const BLOCK: usize = 64;

/// Bytes of the `attention` array of a request: `4 L H n n`.
///
/// # Errors
/// A number that does not fit 64 bits.
pub fn attention_bytes(capture: &Capture, request: &Request) -> Result<u64, ExportError> {
    let n = capture.len();
    [request.layers.len(), request.heads.len(), n, n]
        .into_iter()
        .try_fold(4u64, |bytes, side| {
            bytes.checked_mul(u64::try_from(side).ok()?)
        })
        .ok_or(ExportError::TooLarge { tokens: n })
}

/// The shape of the `attention` array: `[L, H, n, n]`, chosen layers and heads.
pub(super) fn attention_shape(capture: &Capture, request: &Request) -> [usize; 4] {
    let n = capture.len();
    [request.layers.len(), request.heads.len(), n, n]
}

/// The logits with their shape `[n, V]`, where the capture has them.
pub(super) fn logits(capture: &Capture) -> Option<(&[f32], [usize; 2])> {
    let logits = capture.logits.as_deref()?;
    let n = capture.len();
    let vocabulary = logits.len().checked_div(n)?;
    Some((logits.get(..n * vocabulary)?, [n, vocabulary]))
}

/// The whole recipe as JSON: where the run came from, and what of it is in the file.
pub(super) fn recipe(capture: &Capture, request: &Request) -> Result<String, ExportError> {
    let mut recipe = serde_json::to_value(&*capture.origin)?;
    if let Value::Object(recipe) = &mut recipe {
        let layers: Vec<usize> = request.layers.iter().map(|layer| layer.0).collect();
        let heads: Vec<usize> = request.heads.iter().map(|head| head.0).collect();
        recipe.insert("made_by".into(), json!(made_by(capture)));
        recipe.insert("shape".into(), serde_json::to_value(capture.shape)?);
        recipe.insert("layers".into(), json!(layers));
        recipe.insert("heads".into(), json!(heads));
        recipe.insert("scale".into(), json!(Scale::Raw.name()));
    }
    Ok(safe::json_text(&recipe)?)
}

/// The shown text of every token.
pub(super) fn labels(capture: &Capture) -> Vec<&str> {
    let tokens = capture.tokens.iter();
    tokens.map(|token| token.label.text()).collect()
}

/// Writes the token ids as little-endian i64.
pub(super) fn write_ids(capture: &Capture, out: &mut dyn Write) -> Result<(), ExportError> {
    for token in capture.tokens.iter() {
        out.write_all(&i64::from(token.id).to_le_bytes())?;
    }
    Ok(())
}

/// Writes numbers as little-endian f32.
pub(super) fn write_floats(values: &[f32], out: &mut dyn Write) -> Result<(), ExportError> {
    for block in values.chunks(1 << 16) {
        out.write_all(&little_endian(block))?;
    }
    Ok(())
}

fn little_endian(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Writes the weights, `[L, H, n, n]` little-endian f32 with 0 where masked, a block of rows at a
/// time.
pub(super) fn write_attention(
    records: &[&LayerRecord],
    heads: &[Head],
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    for record in records {
        for &head in heads {
            for first in (0..record.tokens).step_by(BLOCK) {
                let end = record.tokens.min(first + BLOCK);
                let rows: Vec<Vec<u8>> = (first..end)
                    .into_par_iter()
                    .map(|query| little_endian(&full_row(record, head, Query(query))))
                    .collect();
                for row in rows {
                    out.write_all(&row)?;
                }
            }
        }
    }
    Ok(())
}

/// One row of a head over all keys, `[n]`: 0 where masked, all NaN where the query is not kept.
pub(super) fn full_row(record: &LayerRecord, head: Head, query: Query) -> Vec<f32> {
    let pattern = Pattern::new(record, Select::Head(head), Scale::Raw);
    if query.0 < record.rule.from {
        return vec![f32::NAN; record.tokens];
    }
    let first = pattern.visible(query).start;
    let mut row = vec![0.0; first];
    row.extend(pattern.weights(query));
    row.resize(record.tokens, 0.0);
    row
}
