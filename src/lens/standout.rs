//! Which head stands out most, and which of its cells tells its story.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Pattern, Scale, Select};
use crate::capture::{Capture, Head, Key, LayerRecord, Pool, Query, thumbnail_tile};

/// Rows that count of those that look at one key: a head that parks its weight on one token does so
/// in all rows, and tells no more by it than in a few.
const ROWS_OF_A_KEY: usize = 4;

/// A pair of words is told rather than one with a mark of punctuation, where its weight is at least
/// this share of the other's.
const NEARLY: f32 = 0.75;

/// How much a head stands out, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standout {
    /// The sum, over the rows of the head's thumbnail, of how far their highest weight lies above
    /// that of a uniform row, times the logarithm of how far back it lies: a sure look at something
    /// far is what neighbourhood does not explain. Key 0, the token itself and the one before don't
    /// count: every model has heads that look there.
    pub strength: f64,
    /// The tile with the highest of these weights, row and column.
    tile: (usize, usize),
}

/// How much a head stands out; `None` where no row has a weight that counts.
pub fn standout(layer: &LayerRecord, head: Head) -> Option<Standout> {
    let (side, size) = (layer.thumbnails.side, thumbnail_tile(layer.tokens));
    let mut of_key: HashMap<usize, Vec<f64>> = HashMap::new();
    let mut best: Option<((usize, usize), f32)> = None;
    for row in 0..side {
        let tile = |column| layer.thumbnails.tile(head, row, column, Pool::Max);
        // A tile next to the diagonal holds a cell next to it.
        let columns = 1..row.saturating_sub(1);
        let weights = columns.filter_map(|column| Some((column, tile(column)?)));
        let weights = weights.filter(|(_, weight)| weight.is_finite());
        let Some((column, weight)) = weights.max_by(|a, b| a.1.total_cmp(&b.1)) else {
            continue;
        };
        let last = ((row + 1) * size).min(layer.tokens).saturating_sub(1);
        let uniform = 1.0 / layer.rule.visible(last).len().max(2) as f64;
        let above = ((f64::from(weight) - uniform) / (1.0 - uniform)).max(0.0);
        let rows = of_key.entry(column).or_default();
        rows.push(above * ((row - column) as f64).ln());
        if best.is_none_or(|(_, most)| weight > most) {
            best = Some(((row, column), weight));
        }
    }
    let strength = of_key.into_iter().map(|(key, mut rows)| {
        rows.sort_by(|a, b| b.total_cmp(a));
        (key, rows.iter().take(ROWS_OF_A_KEY).sum::<f64>())
    });
    // In one order, so that equal heads stay equal.
    let mut strength: Vec<(usize, f64)> = strength.collect();
    strength.sort_by_key(|(key, _)| Reverse(*key));
    let strength: f64 = strength.into_iter().map(|(_, sum)| sum).sum();
    let (tile, _) = best?;
    (strength > 0.0).then_some(Standout { strength, tile })
}

/// The cell of a head that tells its story: the highest weight that lies neither on key 0, nor on
/// the token itself, nor on the one before; between two words where such a pair comes near it. Of a
/// long text it is sought in one tile.
pub fn telling_cell(
    capture: &Capture,
    layer: &LayerRecord,
    head: Head,
    standout: &Standout,
) -> Option<(Query, Key)> {
    let (n, size) = (layer.tokens, thumbnail_tile(layer.tokens));
    let of_tile = |tile: usize| tile * size..((tile + 1) * size).min(n);
    let (queries, keys) = match size {
        1 => (0..n, 0..n),
        _ => (of_tile(standout.tile.0), of_tile(standout.tile.1)),
    };
    let pattern = Pattern::new(layer, Select::Head(head), Scale::Raw);
    let grid = pattern.window(queries.clone(), keys.clone(), None);
    let columns = grid.columns.max(1);
    let cells = grid.cells.iter().enumerate().filter_map(|(at, weight)| {
        let (query, key) = (queries.start + at / columns, keys.start + at % columns);
        let weight = (*weight).filter(|weight| weight.is_finite())?;
        (key > 0 && key + 1 < query).then_some((query, key, weight))
    });
    let is_word = |position: usize| {
        let label = capture.label(position);
        label.is_some_and(|label| label.plain().chars().any(char::is_alphanumeric))
    };
    let words: Vec<bool> = (0..n.min(queries.end)).map(is_word).collect();
    let word = |position: usize| words.get(position).copied().unwrap_or(false);
    let (mut best, mut of_words) = (None, None);
    for cell in cells {
        let higher = |held: &Option<(usize, usize, f32)>| held.is_none_or(|held| cell.2 > held.2);
        if higher(&best) {
            best = Some(cell);
        }
        if word(cell.0) && word(cell.1) && higher(&of_words) {
            of_words = Some(cell);
        }
    }
    let best = best?;
    let (query, key, _) = of_words
        .filter(|cell| cell.2 >= NEARLY * best.2)
        .unwrap_or(best);
    Some((Query(query), Key(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Layer, RowNumbers, Rule, Thumbnails};

    /// A layer of two heads whose thumbnails hold these weights.
    fn layer(n: usize, weights: [fn(usize, usize) -> f32; 2]) -> LayerRecord {
        let side = n.div_ceil(thumbnail_tile(n));
        let tiles = |head: usize| {
            let rows = (0..side).flat_map(move |row| (0..side).map(move |column| (row, column)));
            rows.map(move |(row, column)| match column <= row {
                true => weights[head](row, column),
                false => Thumbnails::MASKED,
            })
        };
        let max: Vec<f32> = tiles(0).chain(tiles(1)).collect();
        LayerRecord {
            layer: Layer(0),
            heads: 2,
            kv_heads: 2,
            tokens: n,
            head_dim: 1,
            q: Vec::new().into(),
            k: Vec::new().into(),
            lse: Vec::new().into(),
            rule: Rule::scaled(1.0),
            rows: RowNumbers::default(),
            received: Vec::new().into(),
            thumbnails: Thumbnails::of(side, max.clone(), max),
            value_norms: Vec::new().into(),
            dense: None,
            trail: None,
        }
    }

    fn strengths(n: usize, weights: [fn(usize, usize) -> f32; 2]) -> [f64; 2] {
        let layer = layer(n, weights);
        [0, 1].map(|head| standout(&layer, Head(head)).map_or(0.0, |found| found.strength))
    }

    #[test]
    fn heads_that_look_far_and_at_many_tokens_stand_out() {
        let copies = |i: usize, j: usize| if i >= 30 && j + 20 == i { 0.9 } else { 0.001 };
        for n in [40, 64, 1000, 20_000] {
            // Nothing that every model has: the first token, the token itself, the one before.
            for idle in [
                |_: usize, j: usize| if j == 0 { 0.99 } else { 0.001 },
                |i: usize, j: usize| if i == j { 0.99 } else { 0.001 },
                |i: usize, j: usize| if i == j + 1 { 0.99 } else { 0.001 },
                // Nor a sink that is not the first token, nor the token before that one.
                |_: usize, j: usize| if j == 1 { 0.99 } else { 0.001 },
                |i: usize, j: usize| if i == j + 2 { 0.5 } else { 0.001 },
                |i: usize, _: usize| 1.0 / (i + 1) as f32,
            ] {
                let [first, second] = strengths(n, [idle, copies]);
                assert!(second > first, "{n}: {first} {second}");
            }
        }
    }
}
