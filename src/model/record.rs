//! What one layer of a run leaves behind: plain host memory, linear in the number of tokens.

use std::borrow::Cow;
use std::ops::Range;

use super::resume::Trail;
use super::{Dense, Floats, Head, Key, Layer, Query, Rule};

/// One layer of a run. `H` query heads, `H_kv` KV heads, `n` tokens, `d` dimensions a head.
#[derive(Clone, Debug)]
pub struct LayerRecord {
    /// Which layer.
    pub layer: Layer,
    /// `H`.
    pub heads: usize,
    /// `H_kv`; query head `h` reads KV head `h / (H / H_kv)`.
    pub kv_heads: usize,
    /// `n`.
    pub tokens: usize,
    /// `d`.
    pub head_dim: usize,
    /// `[H, n, d]`, after position encoding and any q-norm: exactly what is dotted. Where only the
    /// last queries are kept ([`Rule::from`]), those alone, as in all tables of queries.
    pub q: Floats,
    /// `[H_kv, n, d]`, the same.
    pub k: Floats,
    /// `[H, n]`: log of the sum over visible keys of `exp(score)`, the sink logit included.
    pub lse: Floats,
    /// How dots become scores.
    pub rule: Rule,
    /// Numbers of each query.
    pub rows: RowNumbers<Floats>,
    /// `[H, n]`: the weight that each key receives, summed over queries.
    pub received: Floats,
    /// The whole pattern of each head, pooled.
    pub thumbnails: Thumbnails,
    /// `[H, n]`: `|W_O v_j|`, the norm of what a key's value adds to the residual stream at
    /// weight 1 (Kobayashi et al. 2020). Empty where another program's weights came without it.
    pub value_norms: Floats,
    /// Weights that another program computed. Where they are, there is no `q`, no `k` and no
    /// `head_dim`, and `lse` is 0: a score is the logarithm of a weight.
    pub dense: Option<Dense>,
    /// What a run on an edited text takes up, where the run kept it.
    pub trail: Option<Trail>,
}

/// Numbers of each query, each `[H, n]`; A is one head's pattern and i the query. Lists while they
/// are filled, [`Floats`] in a record.
#[derive(Clone, Debug, Default)]
pub struct RowNumbers<T = Vec<f32>> {
    /// `A[i,i]`.
    pub self_weight: T,
    /// `A[i,i-1]`; 0 for query 0.
    pub previous: T,
    /// `A[i,0]`.
    pub first: T,
    /// `-sum_j A ln A`, in nats.
    pub entropy: T,
    /// `sum_j A[i,j] (i - j)`, in tokens.
    pub distance: T,
    /// The same without key 0, renormalised; 0 where nothing else is attended to.
    pub distance_without_first: T,
    /// `sum A[i,j]` over `j < i` with `t[j] = t[i]`.
    pub duplicate: T,
    /// `sum A[i,j]` over `1 <= j <= i` with `t[j-1] = t[i]`.
    pub induction: T,
    /// `sum_j A[i,j]`: 1, or 1 minus the sink's share.
    pub mass: T,
}

/// [`RowNumbers::distance_without_first`] from the sums of weight times distance and of weight over
/// all keys but the first.
pub(super) fn without_first(distance: f64, weight: f64) -> f32 {
    match weight == 0.0 {
        true => 0.0,
        false => (distance / weight) as f32,
    }
}

impl<T> RowNumbers<T> {
    /// The names of the numbers, in the order of [`RowNumbers::each`].
    pub const NAMES: [&'static str; 9] = [
        "self_weight",
        "previous",
        "first",
        "entropy",
        "distance",
        "distance_without_first",
        "duplicate",
        "induction",
        "mass",
    ];

    /// All of them, in one order.
    pub fn each(&self) -> [&T; 9] {
        [
            &self.self_weight,
            &self.previous,
            &self.first,
            &self.entropy,
            &self.distance,
            &self.distance_without_first,
            &self.duplicate,
            &self.induction,
            &self.mass,
        ]
    }

    /// The numbers in the order of [`RowNumbers::each`].
    pub fn of(each: [T; 9]) -> Self {
        let [self_weight, previous, first, entropy, distance, rest @ ..] = each;
        let [distance_without_first, duplicate, induction, mass] = rest;
        Self {
            self_weight,
            previous,
            first,
            entropy,
            distance,
            distance_without_first,
            duplicate,
            induction,
            mass,
        }
    }
}

impl RowNumbers {
    /// These behind others, each table as `joined(others, these)` puts it together.
    pub(super) fn behind(
        self,
        others: &RowNumbers<Floats>,
        joined: impl Fn(&[f32], &[f32]) -> Vec<f32>,
    ) -> Self {
        let (others, these) = (others.each(), self.each());
        Self::of(std::array::from_fn(|at| joined(others[at], these[at])))
    }
}

impl From<RowNumbers> for RowNumbers<Floats> {
    fn from(rows: RowNumbers) -> Self {
        let RowNumbers {
            self_weight,
            previous,
            first,
            entropy,
            distance,
            distance_without_first,
            duplicate,
            induction,
            mass,
        } = rows;
        Self {
            self_weight: self_weight.into(),
            previous: previous.into(),
            first: first.into(),
            entropy: entropy.into(),
            distance: distance.into(),
            distance_without_first: distance_without_first.into(),
            duplicate: duplicate.into(),
            induction: induction.into(),
            mass: mass.into(),
        }
    }
}

/// How a tile of many cells becomes one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pool {
    /// The largest visible weight: a spike is never lost.
    #[default]
    Max,
    /// The mean over the visible weights.
    Mean,
}

/// The largest side of a thumbnail, in tiles.
pub const THUMBNAIL_SIDE: usize = 64;

/// Every head's pattern, pooled to `side x side` tiles.
#[derive(Clone, Debug, Default)]
pub struct Thumbnails {
    /// Tiles a side, of [`thumbnail_tile`] tokens each.
    pub side: usize,
    pub(crate) max: Vec<f32>,
    pub(crate) mean: Vec<f32>,
}

impl Thumbnails {
    /// Marks a tile without a visible cell; no weight is negative.
    pub(crate) const MASKED: f32 = -1.0;

    /// Thumbnails of `[H, side, side]` tiles, -1 where no cell of a tile is visible.
    pub fn of(side: usize, max: Vec<f32>, mean: Vec<f32>) -> Self {
        Self { side, max, mean }
    }

    /// One tile of a head, `None` where no cell of it is visible.
    pub fn tile(&self, head: Head, row: usize, column: usize, pool: Pool) -> Option<f32> {
        let tiles = match pool {
            Pool::Max => &self.max,
            Pool::Mean => &self.mean,
        };
        if row >= self.side || column >= self.side {
            return None;
        }
        tiles
            .get((head.0 * self.side + row) * self.side + column)
            .copied()
            .filter(|&value| value != Self::MASKED)
    }
}

/// The side of a thumbnail's tile in tokens: a power of two, so that the tiles of a longer text are
/// made of those of a shorter one.
pub fn thumbnail_tile(tokens: usize) -> usize {
    tokens.div_ceil(THUMBNAIL_SIDE).next_power_of_two()
}

/// The tiles a side of a thumbnail, at most [`THUMBNAIL_SIDE`].
pub fn thumbnail_side(tokens: usize) -> usize {
    tokens.div_ceil(thumbnail_tile(tokens))
}

/// The tile that position `i` of `n` falls into when `n` positions are pooled to `side` tiles.
/// Monotone, and onto when `side <= n`.
#[inline]
pub fn tile_of(i: usize, n: usize, side: usize) -> usize {
    i * side / n.max(1)
}

impl LayerRecord {
    /// The KV head that query head `head` reads.
    #[inline]
    pub fn kv_head(&self, head: Head) -> usize {
        head.0 * self.kv_heads / self.heads.max(1)
    }

    /// The query vector `[d]` of one head and position.
    #[inline]
    pub fn query(&self, head: Head, query: Query) -> &[f32] {
        let range = self.of_queries(head, query.0..query.0 + 1);
        self.q.get(range).unwrap_or(&[])
    }

    /// The key vector `[d]` that query head `head` sees at a position.
    #[inline]
    pub fn key(&self, head: Head, key: Key) -> &[f32] {
        let start = (self.kv_head(head) * self.tokens + key.0) * self.head_dim;
        self.k.get(start..start + self.head_dim).unwrap_or(&[])
    }

    /// One number of a `[H, n]` table, or of one that holds the last positions alone; NaN outside
    /// of it.
    #[inline]
    pub fn at(&self, table: &[f32], head: Head, position: usize) -> f32 {
        let held = table.len() / self.heads.max(1);
        let at = (position + held).checked_sub(self.tokens);
        match at.filter(|&at| at < held) {
            Some(at) => table.get(head.0 * held + at).copied().unwrap_or(f32::NAN),
            None => f32::NAN,
        }
    }

    /// The query vectors `[.., d]` of one head at some positions, widened where they are stored as
    /// f16; empty where there are none.
    #[inline]
    pub fn queries(&self, head: Head, queries: Range<usize>) -> Cow<'_, [f32]> {
        self.q.part(self.of_queries(head, queries))
    }

    /// The key vectors `[.., d]` that query head `head` sees at some positions, likewise.
    #[inline]
    pub fn keys(&self, head: Head, keys: Range<usize>) -> Cow<'_, [f32]> {
        let first = self.kv_head(head) * self.tokens;
        let at = |key: usize| (first + key) * self.head_dim;
        self.k.part(at(keys.start)..at(keys.end))
    }

    /// Where the query vectors of a head lie; nowhere for queries that are not kept.
    #[inline]
    fn of_queries(&self, head: Head, queries: Range<usize>) -> Range<usize> {
        let from = self.rule.from;
        if queries.start < from {
            return 0..0;
        }
        let first = head.0 * (self.tokens - from);
        let at = |query: usize| (first + query - from) * self.head_dim;
        at(queries.start)..at(queries.end)
    }

    /// The exact weight of one cell, `None` where the query does not see the key. O(d).
    ///
    /// `weight(h,i,j) = exp(score(h,i,j) - lse[h,i])`
    pub fn weight(&self, head: Head, query: Query, key: Key) -> Option<f32> {
        if head.0 >= self.heads
            || query.0 >= self.tokens
            || !self.rule.visible(query.0).contains(&key.0)
        {
            return None;
        }
        let mut weight = [0.0];
        self.weights(head, query, key.0..key.0 + 1, &mut weight);
        Some(weight[0])
    }

    /// The exact weights of one query for some of the keys that it sees, into `out`, as
    /// [`LayerRecord::weight`] gives them; NaN for what does not exist.
    pub fn weights(&self, head: Head, query: Query, keys: Range<usize>, out: &mut [f32]) {
        if let Some(dense) = &self.dense {
            return dense.row(head.0, query.0, keys, out);
        }
        let q = self.queries(head, query.0..query.0 + 1);
        let k = self.keys(head, keys.clone());
        let lse = self.at(&self.lse, head, query.0);
        let vectors = k.chunks_exact(self.head_dim.max(1));
        if vectors.len() != keys.len() {
            out.fill(f32::NAN);
        }
        for ((weight, key), k) in out.iter_mut().zip(keys).zip(vectors) {
            let score = self.rule.score(head.0, query.0, key, dot(&q, k));
            *weight = (score - lse).exp();
        }
    }

    /// The exact weights of some queries for one key that all of them see, into `out`, as
    /// [`LayerRecord::weight`] gives them; NaN for what does not exist.
    pub fn weights_of_key(&self, head: Head, queries: Range<usize>, key: Key, out: &mut [f32]) {
        if self.dense.is_some() {
            for (weight, query) in out.iter_mut().zip(queries) {
                let cell = self.weight(head, Query(query), key);
                *weight = cell.unwrap_or(f32::NAN);
            }
            return;
        }
        let q = self.queries(head, queries.clone());
        let k = self.keys(head, key.0..key.0 + 1);
        let vectors = q.chunks_exact(self.head_dim.max(1));
        if vectors.len() != queries.len() || k.is_empty() {
            return out.fill(f32::NAN);
        }
        let first = head.0 * self.tokens + queries.start;
        let lse = self.lse.iter().skip(first);
        for (((weight, query), q), lse) in out.iter_mut().zip(queries).zip(vectors).zip(lse) {
            let score = self.rule.score(head.0, query, key.0, dot(q, &k));
            *weight = (score - lse).exp();
        }
    }
}

/// Dot product of two vectors of one length, in eight partial sums so that it vectorises.
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (x, y) in a8.iter().zip(b8) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}
