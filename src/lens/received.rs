//! What a key receives from those that can see it.

use super::{Select, TokenNumber};
use crate::capture::LayerRecord;

/// The weight that a key receives, the mean over the queries that are kept and can see it; NaN where
/// there is none.
pub fn mean_received(layer: &LayerRecord, select: Select, key: usize) -> f32 {
    let first = key.max(layer.rule.from);
    let end = match layer.rule.window {
        Some(window) => layer.tokens.min(key.saturating_add(window)),
        None => layer.tokens,
    };
    match end.saturating_sub(first) {
        0 => f32::NAN,
        queries => TokenNumber::Received.of(layer, select, key) / queries as f32,
    }
}
