//! A whole pattern, pooled to tiles of many sizes: once built, any part of it is drawn at any zoom
//! without a weight being computed.

use std::ops::Range;

use rayon::prelude::*;

use super::band::{Band, Factors, Source};
use super::block::clip;
use super::{Grid, Pattern};
use crate::capture::{Pool, Rule};

/// Tiles a side of the finest level, at most.
const SIDE: usize = 2048;

/// The side of the smallest tiles of a pyramid of `tokens` tokens, in tokens: a power of two.
pub fn base_tile(tokens: usize) -> usize {
    tokens.div_ceil(SIDE).next_power_of_two().max(4)
}

/// A part of a pattern in tiles of `tile x tile` cells, counted from cell (0, 0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// Tokens a side of a tile.
    pub tile: usize,
    /// Rows of tiles.
    pub rows: Range<usize>,
    /// Columns of tiles.
    pub columns: Range<usize>,
}

impl Tiles {
    /// The tokens of a range of tiles, of `tokens` in all.
    fn tokens(&self, tiles: &Range<usize>, tokens: usize) -> Range<usize> {
        let end = (tiles.end * self.tile).min(tokens);
        (tiles.start * self.tile).min(end)..end
    }

    /// The queries that they hold, of `tokens` in all.
    pub fn queries(&self, tokens: usize) -> Range<usize> {
        self.tokens(&self.rows, tokens)
    }

    /// The keys that they hold, of `tokens` in all.
    pub fn keys(&self, tokens: usize) -> Range<usize> {
        self.tokens(&self.columns, tokens)
    }
}

/// The largest and the mean visible value of every tile of a pattern, at levels that double.
/// Values are those of [`super::Scale::pooled_as`]. `O((n / base)^2)` memory, with a bound on
/// `n / base`.
#[derive(Clone, Debug)]
pub struct Pyramid {
    rule: Rule,
    tokens: usize,
    /// The finest first; each with tiles of twice the side of the one before.
    levels: Vec<Level>,
    factors: Factors,
}

/// Tiles on and below the diagonal, row by row: row `r` has `r + 1`.
#[derive(Clone, Debug)]
struct Level {
    tile: usize,
    side: usize,
    /// Negative where no cell is visible.
    max: Vec<f32>,
    sum: Vec<f32>,
}

/// The value of a tile without a visible cell; no weight is negative.
const MASKED: f32 = -1.0;

/// The larger; NaN wins, and stays.
#[inline(always)]
pub(super) fn larger(held: f32, value: f32) -> f32 {
    if value > held || value.is_nan() {
        value
    } else {
        held
    }
}

/// The place of a tile in a level.
fn place(row: usize, column: usize) -> usize {
    row * (row + 1) / 2 + column
}

impl Level {
    fn new(tile: usize, tokens: usize) -> Self {
        let side = tokens.div_ceil(tile);
        Self {
            tile,
            side,
            max: vec![MASKED; place(side, 0)],
            sum: vec![0.0; place(side, 0)],
        }
    }

    /// The largest value and the sum of `times x times` tiles from `(row, column)` on.
    fn of(&self, rows: Range<usize>, columns: Range<usize>) -> (f32, f32) {
        let (mut max, mut sum) = (MASKED, 0.0);
        for row in rows.start..rows.end.min(self.side) {
            let range = place(row, columns.start)..place(row, columns.end.min(row + 1));
            let tiles = self.max.get(range.clone()).unwrap_or(&[]);
            max = tiles.iter().copied().fold(max, larger);
            let sums = self.sum.get(range).unwrap_or(&[]);
            sum += sums.iter().sum::<f32>();
        }
        (max, sum)
    }

    /// The level above, of tiles of twice the side.
    fn above(&self, tokens: usize) -> Self {
        let mut above = Self::new(self.tile * 2, tokens);
        for row in 0..above.side {
            for column in 0..=row {
                let (rows, columns) = (2 * row..2 * row + 2, 2 * column..2 * column + 2);
                let (max, sum) = self.of(rows, columns);
                let at = place(row, column);
                above.max[at] = max;
                above.sum[at] = sum;
            }
        }
        above
    }
}

/// Takes a level apart into its rows.
fn rows_of(mut values: &mut [f32], side: usize) -> Vec<&mut [f32]> {
    let mut rows = Vec::with_capacity(side);
    for row in 0..side {
        let (first, rest) = values.split_at_mut((row + 1).min(values.len()));
        rows.push(first);
        values = rest;
    }
    rows
}

impl Pyramid {
    /// Builds it from the exact weights, in blocks of rows on all cores; `None` where `cancelled`
    /// said so on the way.
    pub fn build(pattern: &Pattern, cancelled: &(dyn Fn() -> bool + Sync)) -> Option<Self> {
        let layer = pattern.layer;
        let tokens = layer.tokens;
        let mut base = Level::new(base_tile(tokens), tokens);
        let (tile, side) = (base.tile, base.side);
        // Whole tiles of about 32 queries.
        let rows_a_block = (32 / tile).max(1);
        let source = Source::new(*pattern, 0..tokens);
        let (mut max, mut sum) = (rows_of(&mut base.max, side), rows_of(&mut base.sum, side));
        let blocks = max
            .par_chunks_mut(rows_a_block)
            .zip(sum.par_chunks_mut(rows_a_block))
            .enumerate();
        let learned: Option<Vec<Factors>> = blocks
            .map_init(Work::default, |work, (block, (max, sum))| {
                if cancelled() {
                    return None;
                }
                let first = block * rows_a_block * tile;
                let end = (first + max.len() * tile).min(tokens);
                let mut learned = Factors::default();
                work.band.fill(&source, first..end, None, &mut learned);
                for (at, (max, sum)) in max.iter_mut().zip(sum.iter_mut()).enumerate() {
                    let from = first + at * tile;
                    work.columns(pattern, from..(from + tile).min(end), first);
                    work.tiles(tile, max, sum);
                }
                Some(learned)
            })
            .collect();
        let mut factors = Factors::default();
        if pattern.scale.needs_row() {
            factors = Factors::joined(&learned?);
        } else {
            learned?;
        }
        let mut levels = vec![base];
        while let Some(last) = levels.last().filter(|last| last.side > 1) {
            let above = last.above(tokens);
            levels.push(above);
        }
        Some(Self {
            rule: layer.rule.clone(),
            tokens,
            levels,
            factors,
        })
    }

    /// What rows are divided by at its scale; of no query where the scale needs no rows.
    pub fn factors(&self) -> &Factors {
        &self.factors
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let levels = self.levels.iter();
        let floats: usize = levels.map(|level| level.max.len() + level.sum.len()).sum();
        floats * size_of::<f32>() + self.factors.bytes()
    }

    /// A part of the pattern; `None` where the tiles are none that its own tiles fill.
    pub fn view(&self, tiles: &Tiles, pool: Pool) -> Option<Grid> {
        let fits = |level: &&Level| tiles.tile.is_multiple_of(level.tile);
        let level = self.levels.iter().rev().find(fits)?;
        let times = tiles.tile / level.tile;
        let mut grid = Grid::masked(tiles.rows.len(), tiles.columns.len());
        let columns = tiles.columns.len().max(1);
        for (row, cells) in tiles.rows.clone().zip(grid.cells.chunks_mut(columns)) {
            for (column, cell) in tiles.columns.clone().zip(cells) {
                if column > row {
                    break;
                }
                let (max, sum) = level.of(
                    row * times..(row + 1) * times,
                    column * times..(column + 1) * times,
                );
                *cell = match pool {
                    Pool::Max => (max != MASKED).then_some(max),
                    Pool::Mean => {
                        let count = visible(&self.rule, self.tokens, tiles.tile, row, column);
                        (count > 0).then(|| sum / count as f32)
                    }
                };
            }
        }
        Some(grid)
    }
}

/// How many cells of a tile are visible.
pub(super) fn visible(rule: &Rule, tokens: usize, tile: usize, row: usize, column: usize) -> usize {
    let bounds = |at: usize| (at * tile).min(tokens)..((at + 1) * tile).min(tokens);
    let (queries, keys) = (bounds(row), bounds(column));
    if queries.is_empty() || keys.is_empty() {
        return 0;
    }
    // Where the first query sees the last key and the last query the first, all see all.
    let (first, last) = (rule.visible(queries.start), rule.visible(queries.end - 1));
    if first.contains(&(keys.end - 1)) && last.contains(&keys.start) {
        return queries.len() * keys.len();
    }
    if keys.start >= last.end || keys.end <= first.start {
        return 0;
    }
    queries.map(|i| clip(&rule.visible(i), &keys).len()).sum()
}

/// Room for one thread's work.
#[derive(Default)]
struct Work {
    band: Band,
    max: Vec<f32>,
    sum: Vec<f32>,
}

impl Work {
    /// Pools the rows of the band that belong to `queries` into one row, key by key. `first` is the
    /// band's first query.
    fn columns(&mut self, pattern: &Pattern, queries: Range<usize>, first: usize) {
        let keys = 0..queries.end;
        self.max.clear();
        self.max.resize(keys.end, MASKED);
        self.sum.clear();
        self.sum.resize(keys.end, 0.0);
        for query in queries {
            let seen = clip(&pattern.layer.rule.visible(query), &keys);
            let row = self.band.row(query - first, seen.clone());
            let max = self.max.get_mut(seen.clone()).unwrap_or(&mut []);
            for (held, value) in max.iter_mut().zip(row) {
                *held = larger(*held, *value);
            }
            let sum = self.sum.get_mut(seen).unwrap_or(&mut []);
            for (held, value) in sum.iter_mut().zip(row) {
                *held += *value;
            }
        }
    }

    /// Pools the row into tiles.
    fn tiles(&self, tile: usize, max: &mut [f32], sum: &mut [f32]) {
        for (held, values) in max.iter_mut().zip(self.max.chunks(tile)) {
            *held = values.iter().copied().fold(MASKED, larger);
        }
        for (held, values) in sum.iter_mut().zip(self.sum.chunks(tile)) {
            *held = values.iter().sum();
        }
    }
}
