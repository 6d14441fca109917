//! What a token attends to most, and who attends to it.

use super::Pattern;
use crate::capture::{Head, Key, Layer, LayerRecord, Query};

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
    let weights = pattern.weights_of_key(key).into_iter().enumerate();
    let weights = weights.map(|(at, weight)| (key.0 + at, weight));
    best(weights.take_while(|(query, _)| *query < tokens), k)
}

/// A head, and the weight that it puts between two tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadWeight {
    /// Its layer.
    pub layer: Layer,
    /// The head.
    pub head: Head,
    /// The exact weight.
    pub weight: f32,
}

/// Every head that lets a query see a key, by the exact weight between the two, the highest first;
/// equal ones in the order of the model. Costs `O(d)` a head.
pub fn top_heads<'a>(
    layers: impl Iterator<Item = &'a LayerRecord>,
    query: Query,
    key: Key,
) -> Vec<HeadWeight> {
    let of_layer = |layer: &'a LayerRecord| {
        (0..layer.heads).map(Head).filter_map(move |head| {
            let weight = layer.weight(head, query, key)?;
            let layer = layer.layer;
            Some(HeadWeight {
                layer,
                head,
                weight,
            })
        })
    };
    let mut all: Vec<HeadWeight> = layers.flat_map(of_layer).collect();
    all.sort_by(|a, b| highest(a.weight, b.weight));
    all
}

/// The higher first. NaN before all, whatever its sign: a broken row must be seen, not hidden
/// below the fold.
fn highest(a: f32, b: f32) -> std::cmp::Ordering {
    let nan = b.is_nan().cmp(&a.is_nan());
    nan.then(b.total_cmp(&a))
}

pub(super) fn best(weights: impl Iterator<Item = (usize, f32)>, k: usize) -> Vec<Ranked> {
    let mut all: Vec<Ranked> = weights
        .map(|(position, weight)| Ranked { position, weight })
        .collect();
    let order =
        |a: &Ranked, b: &Ranked| highest(a.weight, b.weight).then(b.position.cmp(&a.position));
    if k < all.len() {
        all.select_nth_unstable_by(k, order);
        all.truncate(k);
    }
    all.sort_by(order);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Head, Layer, LayerRecord, RowNumbers, Rule, Thumbnails};
    use crate::lens::{Scale, Select};

    /// Two heads of one dimension, on more tokens than one thread takes.
    fn long(window: Option<usize>) -> LayerRecord {
        let (tokens, heads) = (20_000, 2);
        let wave = |step: f32| {
            let at = 0..heads * tokens;
            at.map(|i| (i as f32 * step).sin()).collect::<Vec<f32>>()
        };
        LayerRecord {
            layer: Layer(0),
            heads,
            kv_heads: heads,
            tokens,
            head_dim: 1,
            q: wave(0.7).into(),
            k: wave(1.3).into(),
            lse: wave(0.1).into(),
            rule: Rule {
                window,
                ..Rule::scaled(1.0)
            },
            rows: RowNumbers::default(),
            received: Vec::new().into(),
            thumbnails: Thumbnails::default(),
            value_norms: Vec::new().into(),
            dense: None,
            trail: None,
        }
    }

    #[test]
    fn long_rows_and_columns_are_the_cells() {
        for (window, select) in [
            (None, Select::Head(Head(1))),
            (None, Select::Mean),
            (Some(9000), Select::Mean),
        ] {
            let layer = long(window);
            let pattern = Pattern::new(&layer, select, Scale::Raw);
            let (query, key) = (Query(19_990), Key(900));
            let (row, column) = (pattern.weights(query), pattern.weights_of_key(key));
            let visible = pattern.visible(query);
            assert_eq!(row.len(), visible.len());
            for (weight, j) in row.into_iter().zip(visible) {
                let cell = pattern.weight(query, Key(j)).unwrap();
                assert!((weight - cell).abs() < 1e-6, "{window:?} key {j}");
            }
            for i in 0..20_000usize {
                let held = i.checked_sub(key.0).and_then(|at| column.get(at));
                assert_eq!(
                    held.copied(),
                    pattern.weight(Query(i), key),
                    "{window:?} {i}"
                );
            }
        }
    }
}
