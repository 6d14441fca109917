//! Blocks of weights of one head, at the speed of the machine: plain loops over packed keys, which
//! the compiler turns into whatever vectors the processor has.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use crate::capture::{Head, LayerRecord, Query};

/// Keys beside each other in a panel.
const LANES: usize = 32;
/// Queries that pass over a panel together.
const GROUP: usize = 4;

/// A range of keys of one KV head, packed so that `LANES` of them are dotted at once.
pub(super) struct Packed {
    keys: Range<usize>,
    dim: usize,
    /// `[panels, d, LANES]`; keys past the end are 0.
    panels: Vec<f32>,
}

impl Packed {
    /// Packs the keys that query head `head` sees at `keys`.
    pub(super) fn new(layer: &LayerRecord, head: Head, keys: Range<usize>) -> Self {
        let dim = layer.head_dim;
        let mut panels = vec![0.0; keys.len().div_ceil(LANES) * dim * LANES];
        let vectors = layer.keys(head, keys.clone());
        for (at, key) in vectors.chunks_exact(dim.max(1)).enumerate() {
            let panel = at / LANES * dim * LANES + at % LANES;
            let places = panels.iter_mut().skip(panel).step_by(LANES);
            for (place, value) in places.zip(key) {
                *place = *value;
            }
        }
        Self { keys, dim, panels }
    }
}

/// The weights of `queries` over the packed keys, `[queries, keys]`. Cells that a query does not
/// see are left as they are or filled with anything.
pub(super) fn weights(
    layer: &LayerRecord,
    head: Head,
    packed: &Packed,
    queries: Range<usize>,
    out: &mut [f32],
) {
    // Queries that are not kept see nothing.
    let first = layer.rule.from.clamp(queries.start, queries.end);
    let skipped = (first - queries.start) * packed.keys.len();
    let out = out.get_mut(skipped..).unwrap_or_default();
    let queries = first..queries.end;
    if layer.dense.is_some() {
        // Weights that another program captured are read, not computed.
        let rows = out.chunks_mut(packed.keys.len().max(1));
        for (row, query) in rows.zip(queries) {
            let seen = clip(&layer.rule.visible(query), &packed.keys);
            let keys = packed.keys.start + seen.start..packed.keys.start + seen.end;
            if let Some(cells) = row.get_mut(seen) {
                layer.weights(head, Query(query), keys, cells);
            }
        }
        return;
    }
    Arch::new().dispatch(Block {
        layer,
        head,
        packed,
        queries,
        out,
    });
}

struct Block<'a> {
    layer: &'a LayerRecord,
    head: Head,
    packed: &'a Packed,
    queries: Range<usize>,
    out: &'a mut [f32],
}

impl WithSimd for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        // Without such an instruction a fused multiply-add is a slow call.
        match S::IS_SCALAR {
            true => self.fill::<false>(),
            false => self.fill::<true>(),
        }
    }
}

impl Block<'_> {
    #[inline(always)]
    fn fill<const FUSED: bool>(self) {
        let Self {
            layer,
            head,
            packed,
            queries,
            out,
        } = self;
        let width = packed.keys.len();
        let panel = packed.dim * LANES;
        if width == 0 || panel == 0 {
            return;
        }
        let seen = |query: usize| clip(&layer.rule.visible(query), &packed.keys);
        let groups = out.chunks_mut(GROUP * width);
        let (first, end) = (queries.start, queries.end);
        for (at, rows) in groups.enumerate() {
            let from = first + at * GROUP;
            let last = (from + GROUP).min(end).saturating_sub(1);
            if from > last {
                return;
            }
            // A last group that is not full takes its last query several times.
            let vectors = layer.queries(head, from..last + 1);
            let q: [&[f32]; GROUP] = std::array::from_fn(|r| {
                let start = r.min(last - from) * packed.dim;
                vectors.get(start..start + packed.dim).unwrap_or(&[])
            });
            let columns = seen(from).start..seen(last).end;
            let panels = columns.start / LANES..columns.end.div_ceil(LANES);
            for p in panels {
                let Some(keys) = packed.panels.get(p * panel..(p + 1) * panel) else {
                    return;
                };
                let dots = dots::<FUSED>(q, keys);
                let column = p * LANES;
                let lanes = LANES.min(width - column);
                for (row, dots) in rows.chunks_mut(width).zip(&dots) {
                    let row = row.iter_mut().skip(column).take(lanes);
                    row.zip(dots).for_each(|(cell, dot)| *cell = *dot);
                }
            }
            for (row, query) in rows.chunks_mut(width).zip(from..=last) {
                let seen = seen(query);
                let lse = layer.at(&layer.lse, head, query);
                let key = packed.keys.start + seen.start;
                let Some(cells) = row.get_mut(seen) else {
                    continue;
                };
                let rule = &layer.rule;
                if rule.softcap.is_none() && rule.slopes.is_empty() {
                    // The same as below, in a form that becomes vectors.
                    for cell in cells {
                        *cell = exp::<FUSED>(rule.scale * *cell - lse);
                    }
                } else {
                    for (cell, key) in cells.iter_mut().zip(key..) {
                        *cell = exp::<FUSED>(rule.score(head.0, query, key, *cell) - lse);
                    }
                }
            }
        }
    }
}

/// The part of `visible` inside of `keys`, counted from the first of `keys`.
pub(super) fn clip(visible: &Range<usize>, keys: &Range<usize>) -> Range<usize> {
    let start = visible.start.clamp(keys.start, keys.end);
    let end = visible.end.clamp(start, keys.end);
    start - keys.start..end - keys.start
}

/// The dots of four queries with the keys of one panel.
#[inline(always)]
fn dots<const FUSED: bool>(q: [&[f32]; GROUP], panel: &[f32]) -> [[f32; LANES]; GROUP] {
    let mut sums = [[0f32; LANES]; GROUP];
    let (keys, _) = panel.as_chunks::<LANES>();
    let [a, b, c, d] = q;
    for ((((keys, a), b), c), d) in keys.iter().zip(a).zip(b).zip(c).zip(d) {
        for (sums, q) in sums.iter_mut().zip([a, b, c, d]) {
            for (sum, key) in sums.iter_mut().zip(keys) {
                *sum = match FUSED {
                    true => q.mul_add(*key, *sum),
                    false => *sum + q * key,
                };
            }
        }
    }
    sums
}

#[inline(always)]
fn fma<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    match FUSED {
        true => a.mul_add(b, c),
        false => a * b + c,
    }
}

/// `e^x` to about one unit in the last place, without a branch: `2^n e^r` with `|r| <= ln 2 / 2`
/// and the Taylor series of `e^r`. 0 where the result is below the normal numbers; NaN stays NaN.
#[inline(always)]
fn exp<const FUSED: bool>(x: f32) -> f32 {
    /// Adding it leaves the nearest whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const SERIES: [f32; 7] = [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let rounded = fma::<FUSED>(x, std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = fma::<FUSED>(n, -LN_2_HIGH, x);
    let r = fma::<FUSED>(n, -LN_2_LOW, r);
    let mut sum = 1.0 / 5040.0;
    for term in SERIES {
        sum = fma::<FUSED>(sum, r, term);
    }
    let power = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    let value = sum * power;
    let value = if x > 88.0 { f32::INFINITY } else { value };
    if x < -87.0 { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_the_library_s() {
        let values = (-8700..=100).map(|i| i as f32 / 100.0);
        for x in values {
            for found in [exp::<true>(x), exp::<false>(x)] {
                let off = (found - x.exp()).abs() / x.exp();
                assert!(off < 3e-7, "{x}: {found}, {off}");
            }
        }
        assert_eq!(exp::<true>(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp::<true>(-100.0), 0.0);
        assert_eq!(exp::<true>(f32::INFINITY), f32::INFINITY);
        assert!(exp::<true>(f32::NAN).is_nan());
    }

    #[test]
    fn clipping_counts_from_the_first_key() {
        assert_eq!(clip(&(3..9), &(5..20)), 0..4);
        assert_eq!(clip(&(3..9), &(0..5)), 3..5);
        assert!(clip(&(0..3), &(5..20)).is_empty());
        assert!(clip(&(7..9), &(2..5)).is_empty());
    }
}
