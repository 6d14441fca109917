//! How attention changes across layers.

use serde::Serialize;

use super::{Numbers, all_numbers};
use crate::capture::LayerRecord;

/// The numbers of one layer, each the mean over its heads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FlowPoint {
    /// Mean of `A[i,i]` over queries from 1 on.
    #[serde(rename = "self")]
    pub self_weight: f64,
    /// Mean of the mass that goes to earlier tokens.
    pub previous_mass: f64,
    /// Mean of `A[i,0]`.
    pub first: f64,
    /// Mean entropy, in nats.
    pub entropy: f64,
    /// Mean entropy over that of uniform rows, 0..1.
    pub entropy_relative: f64,
}

/// The flow of one layer.
pub fn flow(layer: &LayerRecord) -> FlowPoint {
    let heads = all_numbers(layer);
    flow_of(&heads)
}

/// The flow of a layer with heads of these numbers.
pub fn flow_of(heads: &[Numbers]) -> FlowPoint {
    let mean = |number: fn(&Numbers) -> f64| -> f64 {
        heads.iter().map(number).sum::<f64>() / heads.len() as f64
    };
    FlowPoint {
        self_weight: mean(|n| n.self_weight),
        previous_mass: mean(|n| n.previous_mass),
        first: mean(|n| n.first),
        entropy: mean(|n| n.entropy),
        entropy_relative: mean(|n| n.entropy_relative),
    }
}

/// The two series that analyze_attention.py of gpt-from-scratch plots, by its own definitions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeedFlow {
    /// Mean of `A[i,i]` over all queries, query 0 included, and heads.
    pub average_self_attention: f64,
    /// Mean of all entries `A[i,j]` with `j < i` (entries, not mass) and heads; 0 for one token.
    pub average_attention_to_previous: f64,
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
        average_attention_to_previous: if entries > 0.0 {
            earlier / entries
        } else {
            0.0
        },
    }
}
