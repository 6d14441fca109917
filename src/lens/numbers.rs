//! The numbers of a head.

use serde::Serialize;

use crate::capture::{Head, LayerRecord};

/// The numbers of one head. Means run over queries; query 0 has one key, so it is left out of
/// them. A is the pattern, i the query, j the key.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Numbers {
    /// Mean of `A[i,i]`.
    #[serde(rename = "self")]
    pub self_weight: f64,
    /// Mean of `A[i,i-1]` (previous-token pattern of TransformerLens `head_detector`).
    pub previous: f64,
    /// Mean of `A[i,0]` (sink of Gu et al. 2024).
    pub first: f64,
    /// Mean of `-sum_j A ln A`, in nats (Clark et al. 2019).
    pub entropy: f64,
    /// Mean of the entropy over `ln(i+1)`, the entropy of a uniform row: 0..1.
    pub entropy_relative: f64,
    /// Mean of `sum_j A[i,j] (i-j)`, in tokens (Vig & Belinkov 2019).
    pub distance: f64,
    /// The same without key 0, rows renormalised.
    pub distance_without_first: f64,
    /// Mean of the row's mass that goes to earlier tokens: `1 - A[i,i]` where rows sum to 1.
    pub previous_mass: f64,
    /// Mean of all entries `A[i,j]` with `j < i`: entries, not rows.
    pub earlier_entry: f64,
    /// `sum A[i,j]` with `j < i` and `t[j] = t[i]`, over `sum A` (`head_detector`, "mul").
    pub duplicate: f64,
    /// `sum A[i,j]` with `1 <= j <= i` and `t[j-1] = t[i]`, over `sum A` (`head_detector`, "mul").
    pub induction: f64,
}

/// The numbers of one head, over the queries that are kept; NaN where the text has a single token and there is nothing to average.
pub fn numbers(layer: &LayerRecord, head: Head) -> Numbers {
    let n = layer.tokens;
    let sum = |table: &[f32], from: usize| -> f64 {
        (from.max(layer.rule.from)..n)
            .map(|i| f64::from(layer.at(table, head, i)))
            .sum()
    };
    let first = layer.rule.from.max(1);
    let queries = n.saturating_sub(first) as f64;
    let entries = (first..n).sum::<usize>() as f64;
    let mean = |table: &[f32]| sum(table, 1) / queries;
    let rows = &layer.rows;
    let relative: f64 = (first..n)
        .map(|i| f64::from(layer.at(&rows.entropy, head, i)) / ((i + 1) as f64).ln())
        .sum();
    let earlier = sum(&rows.mass, 1) - sum(&rows.self_weight, 1);
    let mass = sum(&rows.mass, 0);
    Numbers {
        self_weight: mean(&rows.self_weight),
        previous: mean(&rows.previous),
        first: mean(&rows.first),
        entropy: mean(&rows.entropy),
        entropy_relative: relative / queries,
        distance: mean(&rows.distance),
        distance_without_first: mean(&rows.distance_without_first),
        previous_mass: earlier / queries,
        earlier_entry: earlier / entries,
        duplicate: sum(&rows.duplicate, 0) / mass,
        induction: sum(&rows.induction, 0) / mass,
    }
}
