//! How far the sums of rows are off, and how far they may be.

use serde::Serialize;

use crate::capture::{Head, LayerRecord};

/// The most that a row's sum may be off, unless its scores are so large that an f32 does not hold
/// them to that precision.
pub const ROW_SUM_LIMIT: f64 = 1e-5;

/// A row and how far its sum is off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RowSum {
    /// `|sum - expected|`; expected is 1, or 1 minus the sink's share `exp(sink - lse)`.
    pub error: f64,
    /// The most that it may be: [`ROW_SUM_LIMIT`], or the rounding of the row's `lse`, since a
    /// weight is off by as large a share as its exponent is off; or the rounding of what is stored
    /// in less than f32.
    pub limit: f64,
    /// The head of the worst row.
    pub head: usize,
    /// The query of the worst row.
    pub query: usize,
}

impl Default for RowSum {
    fn default() -> Self {
        Self {
            error: 0.0,
            limit: ROW_SUM_LIMIT,
            head: 0,
            query: 0,
        }
    }
}

impl RowSum {
    /// Takes another row where that is further off, measured by what it may be; a sum that is no
    /// number is the furthest.
    pub(super) fn worst(
        &mut self,
        (sum, rounding): (f64, f64),
        layer: &LayerRecord,
        head: Head,
        query: usize,
    ) {
        let error = (sum - expected(layer, head, query)).abs();
        let lse = f64::from(layer.at(&layer.lse, head, query)).abs();
        let limit = ROW_SUM_LIMIT
            .max(f64::from(f32::EPSILON) * lse)
            .max(rounding);
        let further = error / limit > self.error / self.limit;
        if !self.error.is_nan() && (further || error.is_nan()) {
            *self = Self {
                error,
                limit,
                head: head.0,
                query,
            };
        }
    }

    /// Whether it is within its limit.
    pub fn holds(&self) -> bool {
        self.error <= self.limit
    }
}

/// The length of the longest key that a head sees, where keys are stored in less than f32.
pub(super) fn longest_key(layer: &LayerRecord, head: Head) -> f64 {
    if layer.k.halves().is_none() {
        return 0.0;
    }
    let keys = layer.keys(head, 0..layer.tokens);
    let lengths = keys.chunks_exact(layer.head_dim.max(1)).map(length);
    lengths.fold(0.0, f64::max)
}

fn length(vector: &[f32]) -> f64 {
    let squares = vector.iter().map(|x| f64::from(*x) * f64::from(*x));
    squares.sum::<f64>().sqrt()
}

/// The most that rounding what is stored moves a row's sum. f16 moves each number by up to 2^-11 of
/// itself, and so a score by up to 2^-10 of `scale |q| |k|`, and a weight by as large a share as its
/// score is moved.
pub(super) fn rounding(layer: &LayerRecord, head: Head, query: usize, longest: f64) -> f64 {
    if let Some(dense) = &layer.dense {
        return dense.dtype().rounding();
    }
    if longest == 0.0 {
        return 0.0;
    }
    let query = length(&layer.queries(head, query..query + 1));
    (f64::from(layer.rule.scale.abs()) * query * longest / 1024.0).exp_m1()
}

/// What a row must sum to: 1, or 1 minus the sink's share.
fn expected(layer: &LayerRecord, head: Head, i: usize) -> f64 {
    match layer.rule.sink(head.0) {
        Some(sink) => {
            let lse = f64::from(layer.at(&layer.lse, head, i));
            1.0 - (f64::from(sink) - lse).exp()
        }
        None => 1.0,
    }
}
