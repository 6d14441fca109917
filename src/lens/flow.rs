//! How attention changes across layers.

use serde::Serialize;

use super::{Numbers, Repeats, all_numbers};
use crate::capture::LayerRecord;

/// The flow of one layer: the mean of every number over its heads.
pub fn flow(layer: &LayerRecord, repeats: &Repeats) -> Numbers {
    Numbers::mean(&all_numbers(layer, repeats))
}

/// The two series that analyze_attention.py of gpt-from-scratch plots, by its own definitions, which
/// are not those of [`Measure`](super::Measure): query 0 counts in the first, entries in the second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeedFlow {
    /// Mean of `A[i,i]` over all queries, query 0 included, and heads.
    pub average_self_attention: f64,
    /// Mean of all entries `A[i,j]` with `j < i` (entries, not mass) and heads; `None` for one token.
    pub average_attention_to_previous: Option<f64>,
}

impl SeedFlow {
    /// What the first series is called in a legend.
    pub const SELF: &str = "Average Self-Attention (with query 0, as analyze_attention.py)";
    /// What the second series is called in a legend.
    pub const PREVIOUS: &str =
        "Average Attention to Previous Tokens (mean of entries, as analyze_attention.py)";
}

/// The seed's two numbers of one layer, over the queries that are kept.
pub fn seed_flow(layer: &LayerRecord) -> SeedFlow {
    let (n, from) = (layer.tokens, layer.rule.from);
    let total = |table: &[f32]| table.iter().copied().map(f64::from).sum::<f64>();
    let heads = layer.heads as f64;
    let self_sum = total(&layer.rows.self_weight);
    let entries = (from..n).sum::<usize>() as f64 * heads;
    let earlier = total(&layer.rows.mass) - self_sum;
    SeedFlow {
        average_self_attention: self_sum / ((n - from) as f64 * heads),
        average_attention_to_previous: (entries > 0.0).then(|| earlier / entries),
    }
}
