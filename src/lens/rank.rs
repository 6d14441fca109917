//! What a token attends to most, and who attends to it.

use super::Pattern;
use crate::capture::{Key, Query};

/// One entry of a ranked list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// The position of the other token: a key in [`top_keys`], a query in [`top_queries`].
    pub position: usize,
    /// The exact weight between the two.
    pub weight: f32,
}

/// The keys that a query attends to most, by exact weight, at most `k`. Equal weights: the later
/// key first, as a reversed stable sort by weight gives.
pub fn top_keys(pattern: &Pattern, query: Query, k: usize) -> Vec<Ranked> {
    let first = pattern.visible(query).start;
    let weights = pattern.weights(query).into_iter().enumerate();
    best(weights.map(|(i, weight)| (first + i, weight)), k)
}

/// The queries that attend to a key most, by exact weight, at most `k`; `tokens` is n.
pub fn top_queries(pattern: &Pattern, key: Key, tokens: usize, k: usize) -> Vec<Ranked> {
    let weights = (key.0..tokens).filter_map(|i| Some((i, pattern.weight(Query(i), key)?)));
    best(weights, k)
}

fn best(weights: impl Iterator<Item = (usize, f32)>, k: usize) -> Vec<Ranked> {
    let mut all: Vec<Ranked> = weights
        .map(|(position, weight)| Ranked { position, weight })
        .collect();
    // NaN sorts first, whatever its sign: a broken row must be seen, not hidden below the fold.
    let order = |a: &Ranked, b: &Ranked| {
        let nan = b.weight.is_nan().cmp(&a.weight.is_nan());
        nan.then(b.weight.total_cmp(&a.weight))
            .then(b.position.cmp(&a.position))
    };
    if k < all.len() {
        all.select_nth_unstable_by(k, order);
        all.truncate(k);
    }
    all.sort_by(order);
    all
}
