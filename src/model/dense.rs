//! Weights that another program computed, and the record of a layer that is made of them.

use std::ops::Range;
use std::sync::Arc;

use half::{bf16, f16};
use rayon::prelude::*;

use super::row::{BlockRows, HeadRows, Repeats, Taking, Tiling};
use super::{Floats, Layer, LayerRecord, Map, Rule};

/// How a weight is stored, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenseType {
    /// IEEE half precision.
    F16,
    /// The upper half of an f32.
    Bf16,
    /// Single precision.
    F32,
    /// Double precision; rounded to f32 when it is read.
    F64,
}

/// The weights of a layer, `[H, n, n]` with query before key, in a file that is mapped.
#[derive(Clone, Debug)]
pub struct Dense {
    map: Arc<Map>,
    /// Where `[0, 0, 0]` is, in bytes.
    start: usize,
    dtype: DenseType,
    heads: usize,
    tokens: usize,
}

impl DenseType {
    /// Bytes of a weight.
    pub fn bytes(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The most that rounding to this type moves the sum of a row of `keys` weights: each by a share
    /// of itself, twice where they were computed in it, too; those below the smallest normal f16 by
    /// up to 2^-25.
    pub fn rounding(self, keys: f64) -> f64 {
        match self {
            Self::Bf16 => 1.0 / 256.0,
            Self::F16 => 1.0 / 1024.0 + keys / 33_554_432.0,
            Self::F32 | Self::F64 => f64::from(f32::EPSILON),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl Dense {
    /// `[H, n, n]` weights from byte `start` of a map on; `None` where they do not lie in it.
    pub fn new(
        map: &Arc<Map>,
        start: usize,
        dtype: DenseType,
        heads: usize,
        tokens: usize,
    ) -> Option<Self> {
        let count = heads.checked_mul(tokens)?.checked_mul(tokens)?;
        let end = start.checked_add(count.checked_mul(dtype.bytes())?)?;
        (end <= map.bytes().len()).then(|| Self {
            map: Arc::clone(map),
            start,
            dtype,
            heads,
            tokens,
        })
    }

    /// How weights are stored.
    pub fn dtype(&self) -> DenseType {
        self.dtype
    }

    /// The weights of one query for `keys`, into `out`; what lies outside is NaN.
    pub fn row(&self, head: usize, query: usize, keys: Range<usize>, out: &mut [f32]) {
        out.fill(f32::NAN);
        let n = self.tokens;
        if head >= self.heads || query >= n || keys.end > n || keys.start > keys.end {
            return;
        }
        let width = self.dtype.bytes();
        let start = self.start + ((head * n + query) * n + keys.start) * width;
        let bytes = self.map.bytes().get(start..start + keys.len() * width);
        let bytes = bytes.unwrap_or_default();
        let out = out.iter_mut();
        match self.dtype {
            DenseType::F16 => {
                let stored = bytes.as_chunks().0.iter();
                out.zip(stored)
                    .for_each(|(w, b)| *w = f16::from_le_bytes(*b).to_f32());
            }
            DenseType::Bf16 => {
                let stored = bytes.as_chunks().0.iter();
                out.zip(stored)
                    .for_each(|(w, b)| *w = bf16::from_le_bytes(*b).to_f32());
            }
            DenseType::F32 => {
                let stored = bytes.as_chunks().0.iter();
                out.zip(stored)
                    .for_each(|(w, b)| *w = f32::from_le_bytes(*b));
            }
            DenseType::F64 => {
                let stored = bytes.as_chunks().0.iter();
                out.zip(stored)
                    .for_each(|(w, b)| *w = f64::from_le_bytes(*b) as f32);
            }
        }
    }

    /// The record of a layer that has these weights: its numbers, received weights and thumbnails
    /// come from the code of the forward pass. `ids` are the `n` tokens. A query sees the keys up
    /// to itself, whatever stands behind them; the largest absolute weight there is given, too.
    pub fn record(self, layer: Layer, ids: &[u32]) -> (LayerRecord, f32) {
        let (heads, n) = (self.heads, self.tokens);
        let (rule, repeats, tiling) = (Rule::scaled(1.0), Repeats::new(ids), Tiling::new(n));
        let taking = Taking {
            rule: &rule,
            repeats: &repeats,
            tiling: &tiling,
        };
        let heads_done = (0..heads).into_par_iter().map(|head| {
            let mut rows = HeadRows::new(n);
            let mut block = BlockRows::new(0, 0, n);
            let mut ahead = 0f32;
            let mut row = vec![0.0; n];
            for i in 0..n {
                self.row(head, i, 0..n, &mut row);
                let (seen, unseen) = row.split_at_mut(i + 1);
                for w in unseen.iter() {
                    // A NaN ahead counts as well, and stays.
                    if w.abs() > ahead || w.is_nan() {
                        ahead = w.abs();
                    }
                }
                unseen.fill(0.0);
                let entropy = entropy(seen);
                block.take_weights(&row, entropy, &taking);
            }
            rows.append(block, &taking);
            (rows, ahead)
        });
        let (rows, ahead): (Vec<HeadRows>, Vec<f32>) = heads_done.unzip();
        let ahead = ahead.into_iter().fold(
            0.0,
            |most: f32, w| {
                if w > most || w.is_nan() { w } else { most }
            },
        );
        let collected = HeadRows::collect(rows, &rule, &tiling);
        let record = LayerRecord {
            layer,
            heads,
            kv_heads: heads,
            tokens: n,
            head_dim: 0,
            q: Floats::default(),
            k: Floats::default(),
            lse: collected.lse.into(),
            rule: rule.clone(),
            rows: collected.rows.into(),
            received: collected.received.into(),
            thumbnails: collected.thumbnails,
            value_norms: Floats::default(),
            dense: Some(self),
            trail: None,
        };
        (record, ahead)
    }
}

/// `-sum w ln w` in nats, which needs no scores.
fn entropy(weights: &[f32]) -> f64 {
    let terms = weights.iter().map(|&w| match w == 0.0 {
        true => 0.0,
        false => f64::from(w) * f64::from(w).ln(),
    });
    // Not -0 where all terms are.
    0.0 - terms.sum::<f64>()
}
