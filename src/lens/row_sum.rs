//! How far the sums of rows are off, and how far they may be.

use serde::Serialize;

use crate::capture::{Head, LayerRecord, dot};

/// The relative error of one rounding to f32, u = 2^-24.
const ROUNDING: f64 = f32::EPSILON as f64 / 2.0;

/// The relative error of one rounding to f16, and the error of numbers too small for it.
const HALF_ROUNDING: f64 = 1.0 / 2048.0;
const HALF_SMALLEST: f64 = 1.0 / 33_554_432.0;

/// Roundings of one score beside those of its dot: scale, soft-cap and bias of the run and of the
/// lens.
const SCORE: f64 = 16.0;

/// Roundings of one weight beside those of its score: two exponentials, each right to 5 u, the
/// subtractions before them, the division, the last sum.
const WEIGHT: f64 = 24.0;

/// Numbers that a run adds one after the other in f32, at most, before its sum goes on elsewhere.
const SUMMED: usize = 160;

/// A row and how far its sum is off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RowSum {
    /// `|sum - expected|`; expected is 1, or 1 minus the sink's share `exp(sink - lse)`.
    pub error: f64,
    /// The most that it may be, as [`Limits`] derives it.
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
            limit: f64::from(f32::EPSILON),
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
        (sum, limit): (f64, f64),
        layer: &LayerRecord,
        head: Head,
        query: usize,
    ) {
        let error = (sum - expected(layer, head, query)).abs();
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

/// How far the sums of the rows of one head may be off, as float arithmetic bounds it.
///
/// A weight is `exp(s - lse)`. The run took `lse` over its own scores, the lens computes `s` anew,
/// and each rounds in its own order. With u = 2^-24, d dimensions a head, and `r = scale |q| |k|`,
/// the largest that the score of a query and a key can be:
///
/// * A dot of d products is off by at most `d u sum |q_c k_c| <= d u |q| |k|`, in whatever order it
///   is added (Higham 2002, section 3.1), so the score by `d u r` in the run and in the lens each.
/// * Scaling, soft-cap (which never widens an error) and bias `b` round the score a few times each:
///   `32 u r + 8 u |b|`.
/// * `lse` is rounded to f32: `u |lse|`. Subtracting it rounds by `u |s - lse|`, whose mean over a
///   row is at most its entropy, so by `ln n + 1` roundings, in the run and in the lens.
/// * A sum of m positive numbers in f32 is off by at most m u of itself; a run adds no more than 160
///   before it goes on in f64 or in another part.
/// * Queries and keys stored as f16 are off by 2^-11 of themselves each: `2^-10 r`.
///
/// What depends on the key moves the exponent of its weight w by some `e`, and so the sum of the row
/// by at most `sum w (exp(e) - 1)`. Keys that carry no weight count for nothing, however long they
/// are. The rest moves the whole row, a sink's share included.
///
/// The sum that the run took of its own weights holds no dot: there the sums and `lse` are left.
/// Weights of another program are what it says; of them the rounding of its sums, `2 n u`, and of
/// the type they are stored in are allowed.
pub(super) struct Limits<'a> {
    layer: &'a LayerRecord,
    head: Head,
    /// `|k|` of each key.
    lengths: &'a [f64],
}

impl<'a> Limits<'a> {
    /// `lengths` are those of the keys that the head sees, as [`key_lengths`] gives them.
    pub fn new(layer: &'a LayerRecord, head: Head, lengths: &'a [f64]) -> Self {
        Self {
            layer,
            head,
            lengths,
        }
    }

    /// The most that the sum may be off which the run took of its own weights.
    pub fn of_run(&self, query: usize) -> f64 {
        if let Some(limit) = self.of_another_program(query) {
            return limit;
        }
        let summed = self.layer.rule.visible(query).len().min(SUMMED) as f64;
        ROUNDING * (2.0 * summed + self.lse(query) + WEIGHT)
    }

    /// The most that the sum of these weights of a query may be off, which the lens computed for
    /// all keys that it sees.
    pub fn of_row(&self, query: usize, weights: &[f32]) -> f64 {
        if let Some(limit) = self.of_another_program(query) {
            return limit;
        }
        let layer = self.layer;
        let visible = layer.rule.visible(query);
        let (n, d) = (visible.len() as f64, layer.head_dim as f64);
        let own = length(&layer.queries(self.head, query..query + 1));
        let scale = f64::from(layer.rule.scale.abs());
        let halves =
            [&layer.q, &layer.k].map(|table| f64::from(u8::from(table.halves().is_some())));
        let halves: f64 = halves.iter().sum();
        let of_reach =
            2.0 * (d + SCORE) * ROUNDING + halves * HALF_ROUNDING * (1.0 + HALF_ROUNDING);
        let of_bias = 8.0 * ROUNDING * f64::from(self.slope().abs());
        let of_any =
            ROUNDING * (self.lse(query) + n.min(SUMMED as f64) + 2.0 * (n.ln() + 1.0) + WEIGHT);
        let off = |key: usize| {
            let length = self.lengths.get(key).copied().unwrap_or(f64::NAN);
            let small = halves * HALF_SMALLEST * d.sqrt() * scale * (own + length);
            let ahead = query.abs_diff(key) as f64;
            of_reach * scale * own * length + small + of_bias * ahead
        };
        let weights = || visible.clone().zip(weights.iter().copied().map(f64::from));
        let greatest = visible.clone().map(off).fold(0.0, f64::max);
        if greatest > 0.1 {
            let each = weights().map(|(key, w)| w * off(key).exp_m1());
            return each.sum::<f64>() + of_any;
        }
        // (exp(e) - 1) / e rises with e.
        let rise = match greatest > 0.0 {
            true => greatest.exp_m1() / greatest,
            false => 1.0,
        };
        weights().map(|(key, w)| w * off(key)).sum::<f64>() * rise + of_any
    }

    fn lse(&self, query: usize) -> f64 {
        f64::from(self.layer.at(&self.layer.lse, self.head, query)).abs()
    }

    fn slope(&self) -> f32 {
        let slopes = &self.layer.rule.slopes;
        slopes.get(self.head.0).copied().unwrap_or(0.0)
    }

    fn of_another_program(&self, query: usize) -> Option<f64> {
        let dense = self.layer.dense.as_ref()?;
        let n = self.layer.rule.visible(query).len() as f64;
        Some(dense.dtype().rounding(n) + ROUNDING * (2.0 * n + WEIGHT))
    }
}

/// The length of every key that a head sees; none where another program computed the weights.
pub(super) fn key_lengths(layer: &LayerRecord, head: Head) -> Vec<f64> {
    let keys = layer.keys(head, 0..layer.tokens);
    let keys = keys.chunks_exact(layer.head_dim.max(1));
    keys.map(length).collect()
}

/// The length of a vector. One over it for the rounding of the length itself.
fn length(vector: &[f32]) -> f64 {
    f64::from(dot(vector, vector)).sqrt() * (1.0 + 1e-4)
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
