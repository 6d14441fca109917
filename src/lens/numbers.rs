//! The numbers of a head.

use std::ops::Range;

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
    of_head(layer, head, &uniform_entropies(layer))
}

/// The numbers of every head of a layer; see [`numbers`].
pub fn all_numbers(layer: &LayerRecord) -> Vec<Numbers> {
    let uniform = uniform_entropies(layer);
    let heads = (0..layer.heads).map(Head);
    heads.map(|head| of_head(layer, head, &uniform)).collect()
}

/// One over the entropy of a uniform row, of the queries that means run over.
fn uniform_entropies(layer: &LayerRecord) -> Vec<f64> {
    let queries = layer.rule.from.max(1)..layer.tokens;
    queries.map(|i| 1.0 / ((i + 1) as f64).ln()).collect()
}

fn of_head(layer: &LayerRecord, head: Head, uniform: &[f64]) -> Numbers {
    let n = layer.tokens;
    let first = layer.rule.from.max(1);
    // The numbers of a head from a query on; none where the table does not reach so far back.
    let part = |table: &'_ [f32], from: usize| -> Option<Range<usize>> {
        let held = table.len() / layer.heads.max(1);
        let skipped = (from.max(layer.rule.from) + held).checked_sub(n)?;
        let start = head.0 * held;
        (skipped <= held).then_some(start + skipped..start + held)
    };
    let values = |table: &[f32], from: usize| -> f64 {
        let values = part(table, from).and_then(|part| table.get(part));
        values.map_or(f64::NAN, sum)
    };
    let queries = n.saturating_sub(first) as f64;
    let entries = (first..n).sum::<usize>() as f64;
    let mean = |table: &[f32]| values(table, 1) / queries;
    let rows = &layer.rows;
    let entropies = part(&rows.entropy, 1).and_then(|part| rows.entropy.get(part));
    let relative = entropies.map_or(f64::NAN, |entropies| {
        let each = entropies.iter().zip(uniform);
        each.map(|(entropy, uniform)| f64::from(*entropy) * uniform)
            .sum()
    });
    let earlier = values(&rows.mass, 1) - values(&rows.self_weight, 1);
    let mass = values(&rows.mass, 0);
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
        duplicate: values(&rows.duplicate, 0) / mass,
        induction: values(&rows.induction, 0) / mass,
    }
}

/// The sum, in eight parts side by side.
fn sum(values: &[f32]) -> f64 {
    let mut parts = [0f64; 8];
    let (eights, rest) = values.as_chunks::<8>();
    for eight in eights {
        for (part, value) in parts.iter_mut().zip(eight) {
            *part += f64::from(*value);
        }
    }
    let rest: f64 = rest.iter().map(|value| f64::from(*value)).sum();
    parts.iter().sum::<f64>() + rest
}
