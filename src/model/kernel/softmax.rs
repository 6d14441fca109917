//! One row of scores, from dots to weights, and what is summed up on the way.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::math;

/// Elements that are summed in f32 before the sum goes on in f64, and of those the most that are
/// added one after the other: the limit of row sums counts on it.
const CHUNK: usize = 1024;
const CHUNK_VECTORS: usize = 128;

/// Turns the dots of one query into its weights.
pub(in crate::model) struct Softmax<'a> {
    /// On entry the dots of the keys `from..`, on return their weights, 0 where the key is not
    /// visible. A multiple of 16 long.
    pub cells: &'a mut [f32],
    /// The key of the first cell.
    pub from: usize,
    /// The keys that the query sees, at least one; the last is the query itself.
    pub visible: Range<usize>,
    pub scale: f32,
    pub softcap: Option<f32>,
    pub slope: Option<f32>,
    pub sink: Option<f32>,
    /// Where the weights of each key are gathered, of the same cells.
    pub columns: Columns<'a>,
}

/// What is gathered of each key over some rows.
pub(in crate::model) struct Columns<'a> {
    pub max: &'a mut [f32],
    pub sum: &'a mut [f32],
}

/// What one row leaves behind.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::model) struct RowSums {
    /// Log of the sum of `exp(score)`, the sink included.
    pub lse: f64,
    /// `-sum p ln p`.
    pub entropy: f64,
    /// The weight of key 0.
    pub first: f64,
    /// Of all other keys, `sum p` and `sum p * (query - key)`: where the first has nearly all, what is
    /// left over would be lost in a subtraction.
    pub rest: f64,
    pub rest_distance: f64,
}

impl WithSimd for Softmax<'_> {
    type Output = RowSums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> RowSums {
        let Self {
            cells,
            from,
            visible,
            ..
        } = self;
        let lanes = S::F32_LANES;
        let step = (CHUNK / lanes).min(CHUNK_VECTORS);
        let query = visible.end.saturating_sub(1);
        let (start, end) = (visible.start - from, visible.end - from);
        // Whole vectors that hold all visible cells.
        let (low, high) = (start / lanes * lanes, end.div_ceil(lanes) * lanes);
        cells[..low].fill(0.0);
        cells[high..].fill(0.0);
        let active = &mut cells[low..high];

        // Scores.
        let lane_keys = lane_numbers(simd);
        let (scale, cap) = (simd.splat_f32s(self.scale), self.softcap.unwrap_or(1.0));
        let (vectors, _) = S::as_mut_simd_f32s(active);
        for (at, cell) in vectors.iter_mut().enumerate() {
            let mut score = simd.mul_f32s(scale, *cell);
            if self.softcap.is_some() {
                let inner = simd.div_f32s(score, simd.splat_f32s(cap));
                score = simd.mul_f32s(simd.splat_f32s(cap), math::tanh(simd, inner));
            }
            if let Some(slope) = self.slope {
                // Whole numbers below 2^24, exact.
                let first = (from + low + at * lanes) as f32 - query as f32;
                let ahead = simd.add_f32s(lane_keys, simd.splat_f32s(first));
                // Rounded twice, as `Rule::score` does: the lens must find the same score.
                let bias = simd.mul_f32s(simd.splat_f32s(slope), ahead);
                score = simd.add_f32s(score, bias);
            }
            *cell = score;
        }
        // What is not visible must take no part, whatever stands there.
        active[..start - low].fill(f32::NEG_INFINITY);
        active[end - low..].fill(f32::NEG_INFINITY);
        let (vectors, _) = S::as_mut_simd_f32s(active);
        let mut max = simd.splat_f32s(f32::NEG_INFINITY);
        for cell in vectors.iter() {
            max = simd.max_f32s(max, *cell);
        }
        let max = simd.reduce_max_f32s(max);
        let max = self.sink.map_or(max, |sink| max.max(sink));

        // Exponentials. With t = score - max, e = exp(t) and T = sum e, the entropy is
        // (ln T * sum e - sum e t) / T: all terms of one sign, so nothing cancels.
        let top = simd.splat_f32s(max);
        let (mut sum, mut sum_et) = (0.0f64, 0.0f64);
        for vectors in vectors.chunks_mut(step) {
            let (mut e_sum, mut et_sum) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
            for cell in vectors {
                let t = simd.sub_f32s(*cell, top);
                let e = math::exp(simd, t);
                // The product of 0 and minus infinity would be NaN.
                let t = simd.max_f32s(simd.splat_f32s(-128.0), t);
                e_sum = simd.add_f32s(e_sum, e);
                et_sum = simd.mul_add_e_f32s(e, t, et_sum);
                *cell = e;
            }
            sum += f64::from(simd.reduce_sum_f32s(e_sum));
            sum_et += f64::from(simd.reduce_sum_f32s(et_sum));
        }
        let sink = self.sink.map_or(0.0, |s| f64::from((s - max).exp()));
        let total = sum + sink;
        if total.is_nan() {
            // Of one NaN the whole row becomes NaN, and no other cell.
            cells[low..high].fill(0.0);
            cells[start..end].fill(f32::NAN);
            self.columns.max[start..end].fill(f32::NAN);
            self.columns.sum[start..end].fill(f32::NAN);
            return RowSums {
                lse: f64::NAN,
                entropy: f64::NAN,
                first: f64::NAN,
                rest: f64::NAN,
                rest_distance: f64::NAN,
            };
        }

        // Weights; that of key 0 by itself.
        let share = (1.0 / total) as f32;
        let first = match active.first_mut() {
            Some(cell) if visible.start == 0 => std::mem::take(cell) * share,
            _ => 0.0,
        };
        let share = simd.splat_f32s(share);
        let (vectors, _) = S::as_mut_simd_f32s(active);
        let (column_max, _) = S::as_mut_simd_f32s(&mut self.columns.max[low..high]);
        let (column_sum, _) = S::as_mut_simd_f32s(&mut self.columns.sum[low..high]);
        let (mut rest, mut rest_distance) = (0.0f64, 0.0f64);
        let chunks = vectors.chunks_mut(step).zip(column_max.chunks_mut(step));
        for (chunk, ((cells, maxima), sums)) in chunks.zip(column_sum.chunks_mut(step)).enumerate()
        {
            let (mut w_sum, mut away_sum) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
            let farthest = query as f32 - (from + low + chunk * step * lanes) as f32;
            let mut away = simd.sub_f32s(simd.splat_f32s(farthest), lane_keys);
            for (cell, (maximum, sum)) in cells.iter_mut().zip(maxima.iter_mut().zip(sums)) {
                let w = simd.mul_f32s(*cell, share);
                w_sum = simd.add_f32s(w_sum, w);
                away_sum = simd.mul_add_e_f32s(w, away, away_sum);
                away = simd.sub_f32s(away, simd.splat_f32s(lanes as f32));
                // NaN stays.
                let more = simd.less_than_f32s(*maximum, w);
                *maximum = simd.select_f32s(more, w, *maximum);
                *sum = simd.add_f32s(*sum, w);
                *cell = w;
            }
            rest += f64::from(simd.reduce_sum_f32s(w_sum));
            rest_distance += f64::from(simd.reduce_sum_f32s(away_sum));
        }
        if visible.start == 0 {
            // The first cell, as no key comes before.
            cells[0] = first;
            let Columns { max, sum } = self.columns;
            max[0] = if max[0] < first { first } else { max[0] };
            sum[0] += first;
        }
        RowSums {
            lse: f64::from(max) + total.ln(),
            entropy: (total.ln() * sum - sum_et) / total,
            first: f64::from(first),
            rest,
            rest_distance,
        }
    }
}

/// 0, 1, 2, ... in the lanes of a vector.
#[inline(always)]
fn lane_numbers<S: Simd>(simd: S) -> S::f32s {
    let mut numbers = [0.0f32; 64];
    let mut next = 0.0;
    for number in &mut numbers {
        *number = next;
        next += 1.0;
    }
    simd.partial_load_f32s(&numbers[..S::F32_LANES])
}
