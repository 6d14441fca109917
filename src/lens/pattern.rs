//! One head, or the mean over heads, as cells, rows, columns and windows.

use std::num::NonZeroUsize;
use std::ops::Range;

use rayon::prelude::*;

use super::band::{Band, Factors, Source};
use super::block::clip;
use super::{Grid, Scale};
use crate::capture::{Head, Key, LayerRecord, Query};

/// Which pattern of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// One head.
    Head(Head),
    /// The mean over all heads of the layer.
    Mean,
}

/// One pattern at one scale.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    pub(super) layer: &'a LayerRecord,
    pub(super) select: Select,
    pub(super) scale: Scale,
}

impl<'a> Pattern<'a> {
    /// The pattern of `select` in `layer` at `scale`.
    pub fn new(layer: &'a LayerRecord, select: Select, scale: Scale) -> Self {
        Self {
            layer,
            select,
            scale,
        }
    }

    /// The heads that it averages over.
    pub(super) fn heads(&self) -> Range<usize> {
        match self.select {
            Select::Head(head) => head.0..head.0 + 1,
            Select::Mean => 0..self.layer.heads,
        }
    }

    /// Series of factors that its rows have: one a head where each head is renormalised.
    pub(super) fn series(&self) -> usize {
        match self.scale.is_renormalised() {
            true => self.heads().len(),
            false => usize::from(self.scale.needs_row()),
        }
    }

    /// The exact weight of one cell, whatever the scale; `None` where masked.
    pub fn weight(&self, query: Query, key: Key) -> Option<f32> {
        let heads = self.heads();
        let count = heads.len() as f32;
        let mut sum = 0.0;
        for head in heads {
            sum += self.layer.weight(Head(head), query, key)?;
        }
        Some(sum / count)
    }

    /// The shown value of one cell; `None` where masked.
    pub fn cell(&self, query: Query, key: Key) -> Option<f32> {
        if self.scale.needs_row() {
            let visible = self.layer.rule.visible(query.0);
            if query.0 >= self.layer.tokens || !visible.contains(&key.0) {
                return None;
            }
            return self.row(query).get(key.0 - visible.start).copied();
        }
        self.weight(query, key).map(|w| self.scale.of_cell(w))
    }

    /// The exact weights of one query over its visible keys, whatever the scale; the first entry
    /// belongs to key `visible(query).start`.
    pub fn weights(&self, query: Query) -> Vec<f32> {
        self.averaged(query, |_, _, weight| weight, |_| {})
    }

    /// The exact weights of the queries that see a key, whatever the scale; the first entry belongs
    /// to the query at the key's own position.
    pub fn weights_of_key(&self, key: Key) -> Vec<f32> {
        let (n, heads) = (self.layer.tokens, self.heads());
        let end = match self.layer.rule.window {
            Some(window) => key.0.saturating_add(window).min(n),
            None => n,
        };
        let count = heads.len() as f32;
        let mut sums = vec![0.0; end.saturating_sub(key.0)];
        let part = |(at, sums): (usize, &mut [f32])| {
            let first = key.0 + at * PART;
            let mut weights = vec![0.0; sums.len()];
            for head in heads.clone() {
                let queries = first..first + sums.len();
                self.layer
                    .weights_of_key(Head(head), queries, key, &mut weights);
                for (sum, weight) in sums.iter_mut().zip(&weights) {
                    *sum += weight;
                }
            }
            sums.iter_mut().for_each(|sum| *sum /= count);
        };
        match sums.len() <= PART {
            true => part((0, sums.as_mut_slice())),
            false => sums.par_chunks_mut(PART).enumerate().for_each(part),
        }
        sums
    }

    /// The shown values of one query over its visible keys; the first entry belongs to key
    /// `visible(query).start`.
    pub fn row(&self, query: Query) -> Vec<f32> {
        let first = self.visible(query).start;
        match self.scale {
            Scale::Raw => self.weights(query),
            Scale::Sqrt | Scale::Log => {
                let mut row = self.weights(query);
                row.iter_mut().for_each(|w| *w = self.scale.of_cell(*w));
                row
            }
            Scale::RowMax => {
                let mut row = self.weights(query);
                let max = row.iter().copied().fold(0.0, f32::max);
                if max > 0.0 {
                    row.iter_mut().for_each(|w| *w /= max);
                }
                row
            }
            Scale::NoSink => self.averaged(
                query,
                |_, key, weight| if key == 0 { 0.0 } else { weight },
                |row| renormalise(row, usize::from(first == 0)),
            ),
            Scale::ValueWeighted => self.averaged(
                query,
                |head, key, weight| {
                    weight * self.layer.at(&self.layer.value_norms, Head(head), key)
                },
                |row| renormalise(row, 0),
            ),
        }
    }

    /// The keys that a query sees.
    pub fn visible(&self, query: Query) -> Range<usize> {
        if query.0 >= self.layer.tokens {
            return 0..0;
        }
        self.layer.rule.visible(query.0)
    }

    /// The row of each head, passed through `cell(head, key, weight)` and `whole`, averaged.
    fn averaged(
        &self,
        query: Query,
        cell: impl Fn(usize, usize, f32) -> f32,
        whole: impl Fn(&mut [f32]),
    ) -> Vec<f32> {
        let visible = self.visible(query);
        let heads = self.heads();
        let share = 1.0 / heads.len().max(1) as f32;
        let mut mean = vec![0.0; visible.len()];
        let mut row = vec![0.0; visible.len()];
        for head in heads {
            self.fill(Head(head), query, visible.clone(), &mut row);
            for (value, key) in row.iter_mut().zip(visible.clone()) {
                *value = cell(head, key, *value);
            }
            whole(&mut row);
            for (sum, value) in mean.iter_mut().zip(&row) {
                *sum += value * share;
            }
        }
        mean
    }

    /// The weights of one query of a head over keys that it sees; of long rows on all cores.
    fn fill(&self, head: Head, query: Query, keys: Range<usize>, row: &mut [f32]) {
        if row.len() <= PART {
            return self.layer.weights(head, query, keys, row);
        }
        row.par_chunks_mut(PART).enumerate().for_each(|(at, part)| {
            let first = keys.start + at * PART;
            let keys = first..first + part.len();
            self.layer.weights(head, query, keys, part);
        });
    }

    /// The shown values of one key over all queries, `[n]`; `None` where masked.
    pub fn column(&self, key: Key) -> Vec<Option<f32>> {
        (0..self.layer.tokens)
            .map(|query| self.cell(Query(query), key))
            .collect()
    }

    /// The shown values of a rectangle of cells. Costs `O(d)` a cell; where the scale needs rows,
    /// `O(d)` a cell of the whole rows, unless `known` holds their factors.
    pub fn window(
        &self,
        queries: Range<usize>,
        keys: Range<usize>,
        known: Option<&Factors>,
    ) -> Grid {
        let mut grid = Grid::masked(queries.len(), keys.len());
        let columns = keys.len();
        let source = Source::new(*self, keys.clone());
        let fill = |queries: Range<usize>, cells: &mut [Option<f32>]| {
            self.each_row(&source, queries.clone(), known, |query, first, row| {
                let at = (query - queries.start) * columns + first - keys.start;
                let cells = cells.iter_mut().skip(at);
                for (cell, value) in cells.zip(row) {
                    *cell = Some(self.scale.of_cell(*value));
                }
            });
        };
        let size = self.cost(&queries, &keys, known.is_some());
        let rows = match size > PARTED {
            true => queries.len().div_ceil(cores()).next_multiple_of(BLOCK),
            false => queries.len(),
        };
        // Threads of its own: those of the pool may be a model's, which the screen can't wait for.
        std::thread::scope(|scope| {
            let mut rest = grid.cells.as_mut_slice();
            for first in queries.clone().step_by(rows.max(1)) {
                let part = first..queries.end.min(first + rows);
                let (cells, after) = rest.split_at_mut(part.len() * columns);
                rest = after;
                match part.end == queries.end {
                    true => fill(part, cells),
                    false => drop(scope.spawn(|| fill(part, cells))),
                }
            }
        });
        grid
    }

    /// What rows are divided by at this scale; costs `O(d)` a cell of the rows.
    pub fn factors(&self, queries: Range<usize>) -> Factors {
        let (n, rule) = (self.layer.tokens, &self.layer.rule);
        let queries = queries.start.min(n)..queries.end.min(n);
        let keys = rule.visible(queries.start).start.min(queries.end)..queries.end;
        let source = Source::new(*self, keys);
        let mut band = Band::default();
        let found: Vec<Factors> = blocks(queries)
            .map(|block| {
                let mut learned = Factors::default();
                band.fill(&source, block, None, &mut learned);
                learned
            })
            .collect();
        Factors::joined(&found)
    }

    /// Multiplications that [`Pattern::window`] costs, about.
    pub fn cost(&self, queries: &Range<usize>, keys: &Range<usize>, known: bool) -> usize {
        let width = match self.scale.needs_row() && !known {
            true => queries.end.max(keys.len()),
            false => keys.len(),
        };
        queries.len() * width * self.layer.head_dim * self.heads().len()
    }

    /// Calls `each(query, key, values)` for the visible part of every row of `queries` over the
    /// source's keys, `key` being the first; a scale that acts on each cell alone is not applied.
    pub(super) fn each_row(
        &self,
        source: &Source,
        queries: Range<usize>,
        known: Option<&Factors>,
        mut each: impl FnMut(usize, usize, &[f32]),
    ) {
        let queries = queries.start..queries.end.min(self.layer.tokens);
        if queries.is_empty() || source.keys.is_empty() {
            return;
        }
        let seen = self.layer.rule.visible(queries.start).start..queries.end;
        let whole = source.keys.start <= seen.start && source.keys.end >= seen.end;
        let found;
        let known = match known {
            Some(known) if known.hold(&queries) => Some(known),
            _ if self.scale.needs_row() && !whole => {
                found = self.factors(queries.clone());
                Some(&found)
            }
            _ => None,
        };
        let (mut band, mut learned) = (Band::default(), Factors::default());
        for block in blocks(queries) {
            band.fill(source, block.clone(), known, &mut learned);
            for (row, query) in block.enumerate() {
                let seen = clip(&self.layer.rule.visible(query), &source.keys);
                if !seen.is_empty() {
                    each(query, source.keys.start + seen.start, band.row(row, seen));
                }
            }
        }
    }
}

/// Multiplications beyond which a window is shared among threads.
const PARTED: usize = 1 << 24;

/// Threads that share a window, at most.
fn cores() -> usize {
    let cores = std::thread::available_parallelism();
    cores.map_or(1, NonZeroUsize::get).min(8)
}

/// Keys of a long row that a thread takes at once.
const PART: usize = 8192;

/// Queries that are computed together.
const BLOCK: usize = 32;

/// A range in blocks of queries.
fn blocks(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(BLOCK)
        .map(move |first| first..end.min(first + BLOCK))
}

/// Divides `row[from..]` by its sum, and zeroes what stands before it.
fn renormalise(row: &mut [f32], from: usize) {
    let from = from.min(row.len());
    let (before, rest) = row.split_at_mut(from);
    before.fill(0.0);
    let sum: f32 = rest.iter().sum();
    if sum > 0.0 {
        rest.iter_mut().for_each(|w| *w /= sum);
    }
}
