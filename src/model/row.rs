//! The rows of one head, from dots to weights, and the numbers that they leave behind.

use std::collections::HashMap;
use std::ops::Range;

use super::kernel::{self, Columns, RowSums, Softmax};
use super::record::{Pool, RowNumbers, Thumbnails, thumbnail_side, thumbnail_tile, without_first};
use super::resume::Begun;
use super::{Head, Rule};

/// `ln sum exp(x)`: what a row of logits is normalised with. NaN where one of them is.
pub fn log_sum_exp(logits: &[f32]) -> f64 {
    kernel::log_sum_exp(logits)
}

/// For each token, the last earlier position with the same id.
pub(super) struct Repeats {
    ids: Vec<u32>,
    earlier: Vec<Option<usize>>,
}

impl Repeats {
    pub(super) fn new(ids: &[u32]) -> Self {
        let mut last = HashMap::new();
        let earlier = ids.iter().enumerate().map(|(i, &id)| last.insert(id, i));
        Self {
            earlier: earlier.collect(),
            ids: ids.to_vec(),
        }
    }

    /// The ids that it was made from.
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The earlier positions of the token at `i`, nearest first.
    fn before(&self, i: usize) -> impl Iterator<Item = usize> {
        let next = |&j: &usize| self.earlier.get(j).copied().flatten();
        std::iter::successors(next(&i), next)
    }
}

/// Shared inputs of every row of a layer.
pub(super) struct Taking<'a> {
    pub rule: &'a Rule,
    pub repeats: &'a Repeats,
    pub tiling: &'a Tiling,
}

/// How positions are pooled to the tiles of a thumbnail.
pub(super) struct Tiling {
    n: usize,
    /// Tokens a side of a tile.
    pub(super) tile: usize,
    /// Tiles a side.
    pub(super) side: usize,
    /// Columns of each tile: `bounds[t]..bounds[t + 1]`.
    bounds: Vec<usize>,
}

impl Tiling {
    pub(super) fn new(n: usize) -> Self {
        let (tile, side) = (thumbnail_tile(n), thumbnail_side(n));
        let bounds = (0..=side).map(|at| (at * tile).min(n)).collect();
        Self {
            n,
            tile,
            side,
            bounds,
        }
    }

    fn tile(&self, position: usize) -> usize {
        position / self.tile
    }

    /// What an earlier run's rows leave in the tiles of a head: the tile, the largest weight, the sum.
    /// `cells` are the visible cells of that run's tiles.
    pub(super) fn earlier(
        &self,
        begun: &Begun,
        head: usize,
        cells: &[u64],
        mut each: impl FnMut(usize, f32, f64),
    ) {
        let Begun { record, rows, .. } = *begun;
        let old = Self::new(record.tokens);
        let times = self.tile / old.tile;
        for row in 0..rows.div_ceil(old.tile) {
            for column in 0..=row {
                let count = cells[row * old.side + column];
                let tile = |pool| record.thumbnails.tile(Head(head), row, column, pool);
                let (Some(max), Some(mean)) = (tile(Pool::Max), tile(Pool::Mean)) else {
                    continue;
                };
                let at = row / times * self.side + column / times;
                each(at, max, f64::from(mean) * count as f64);
            }
        }
    }

    /// The visible cells of each tile, `[side, side]`.
    pub(super) fn counts(&self, rule: &Rule) -> Vec<u64> {
        let mut counts = vec![0; self.side * self.side];
        for i in 0..self.n {
            let visible = rule.visible(i);
            if visible.is_empty() {
                continue;
            }
            let first = self.tile(i) * self.side;
            for column in self.tile(visible.start)..=self.tile(i) {
                let from = self.bounds[column].max(visible.start);
                let to = self.bounds[column + 1].min(visible.end);
                counts[first + column] += (to - from) as u64;
            }
        }
        counts
    }
}

/// What a block of rows of one head leaves behind, filled row by row.
pub(super) struct BlockRows {
    /// The key of the first column.
    from: usize,
    lse: Vec<f32>,
    rows: RowNumbers,
    /// The weight that each key receives from the block.
    received: Vec<f32>,
    tiles: Vec<TilePart>,
    /// The largest weight and the sum of weights of each key, over the rows of one row of tiles.
    column_max: Vec<f32>,
    column_sum: Vec<f32>,
    /// Those rows.
    pooled: Range<usize>,
}

/// Some rows' share of a row of tiles.
struct TilePart {
    row: usize,
    first_column: usize,
    max: Vec<f32>,
    sum: Vec<f64>,
}

impl BlockRows {
    /// For rows from `first` on that see no key before `from`; `width` cells are handed over a row.
    pub(super) fn new(first: usize, from: usize, width: usize) -> Self {
        Self {
            from,
            lse: Vec::new(),
            rows: RowNumbers::default(),
            received: vec![0.0; width],
            tiles: Vec::new(),
            column_max: vec![0.0; width],
            column_sum: vec![0.0; width],
            pooled: first..first,
        }
    }

    /// The row after the last that was taken.
    pub(super) fn end(&self) -> usize {
        self.pooled.end
    }

    /// Takes the next row of `head`. On entry `cells` are dots, on return weights; keys that the
    /// query does not see become 0.
    pub(super) fn take(&mut self, head: usize, cells: &mut [f32], taking: &Taking) {
        let Taking { rule, tiling, .. } = *taking;
        let i = self.pooled.end;
        if tiling.tile(i) != tiling.tile(self.pooled.start) {
            self.pool(taking);
        }
        self.pooled.end = i + 1;
        let visible = rule.visible(i);
        let sums = kernel::run(Softmax {
            cells,
            from: self.from,
            visible: visible.clone(),
            scale: rule.scale,
            softcap: rule.softcap,
            slope: rule.slopes.get(head).copied(),
            sink: rule.sink(head),
            columns: Columns {
                max: &mut self.column_max,
                sum: &mut self.column_sum,
            },
        });
        self.note(i, cells, &sums, taking);
    }

    /// Takes the next row of weights that another program captured; a query sees every key up to
    /// itself. There are no scores, so the log-sum-exp is 0.
    pub(super) fn take_weights(&mut self, cells: &[f32], entropy: f64, taking: &Taking) {
        let i = self.pooled.end;
        if taking.tiling.tile(i) != taking.tiling.tile(self.pooled.start) {
            self.pool(taking);
        }
        self.pooled.end = i + 1;
        let mut sums = RowSums {
            entropy,
            first: cells.first().copied().map_or(0.0, f64::from),
            ..RowSums::default()
        };
        let columns = self.column_max.iter_mut().zip(&mut self.column_sum);
        for (key, (w, (max, sum))) in cells.iter().zip(columns).take(i + 1).enumerate() {
            if key > 0 {
                sums.rest += f64::from(*w);
                sums.rest_distance += f64::from(*w) * (i - key) as f64;
            }
            // NaN must reach the tile and stay: `max` alone would drop it.
            if *w > *max || w.is_nan() {
                *max = *w;
            }
            *sum += w;
        }
        self.note(i, cells, &sums, taking);
    }

    /// Notes the numbers of row `i`, whose weights are `cells`.
    fn note(&mut self, i: usize, cells: &[f32], sums: &RowSums, taking: &Taking) {
        let repeats = taking.repeats;
        self.lse.push(sums.lse as f32);

        let weight = |key: usize| match key.checked_sub(self.from) {
            Some(at) => cells.get(at).copied().unwrap_or(0.0),
            None => 0.0,
        };
        let numbers = &mut self.rows;
        numbers.self_weight.push(weight(i));
        numbers
            .previous
            .push(if i > 0 { weight(i - 1) } else { 0.0 });
        numbers.first.push(sums.first as f32);
        numbers.mass.push((sums.first + sums.rest) as f32);
        numbers.entropy.push(sums.entropy as f32);
        let distance = sums.first * i as f64 + sums.rest_distance;
        numbers.distance.push(distance as f32);
        let alone = without_first(sums.rest_distance, sums.rest);
        numbers.distance_without_first.push(alone);
        let (mut duplicate, mut induction) = (0.0, 0.0);
        for j in repeats.before(i) {
            duplicate += weight(j);
            induction += weight(j + 1);
        }
        numbers.duplicate.push(duplicate);
        numbers.induction.push(induction);
    }

    /// Pools the columns of the rows since the last time.
    fn pool(&mut self, taking: &Taking) {
        let Taking { rule, tiling, .. } = *taking;
        let rows = self.pooled.clone();
        if rows.is_empty() {
            return;
        }
        let seen = rule.visible(rows.start).start..rows.end;
        let (first_column, last) = (tiling.tile(seen.start), tiling.tile(seen.end - 1));
        let mut part = TilePart {
            row: tiling.tile(rows.start),
            first_column,
            max: Vec::with_capacity(last + 1 - first_column),
            sum: Vec::with_capacity(last + 1 - first_column),
        };
        for column in first_column..=last {
            let from = tiling.bounds[column].max(seen.start) - self.from;
            let to = tiling.bounds[column + 1].min(seen.end) - self.from;
            // NaN must reach the tile and stay: `max` alone would drop it.
            let (mut max, mut sum) = (0.0f32, 0.0f64);
            for (&w, &s) in self.column_max[from..to]
                .iter()
                .zip(&self.column_sum[from..to])
            {
                if w > max || w.is_nan() {
                    max = w;
                }
                sum += f64::from(s);
            }
            part.max.push(max);
            part.sum.push(sum);
        }
        self.tiles.push(part);
        let seen = seen.start - self.from..seen.end - self.from;
        for (received, sum) in self.received[seen.clone()]
            .iter_mut()
            .zip(&self.column_sum[seen])
        {
            *received += sum;
        }
        self.column_max.fill(0.0);
        self.column_sum.fill(0.0);
        self.pooled.start = rows.end;
    }
}

/// Everything that is kept of one head.
pub(super) struct HeadRows {
    lse: Vec<f32>,
    rows: RowNumbers,
    pub(super) received: Vec<f32>,
    max: Vec<f32>,
    sum: Vec<f64>,
}

/// The heads of a layer, one behind the other.
#[derive(Default)]
pub(super) struct Collected {
    pub lse: Vec<f32>,
    pub rows: RowNumbers,
    pub received: Vec<f32>,
    pub thumbnails: Thumbnails,
}

impl HeadRows {
    pub(super) fn new(n: usize) -> Self {
        let side = thumbnail_side(n);
        Self {
            lse: Vec::with_capacity(n),
            rows: RowNumbers::default(),
            received: vec![0.0; n],
            max: vec![Thumbnails::MASKED; side * side],
            sum: vec![0.0; side * side],
        }
    }

    /// The sums of the rows that were run before; their numbers stay where they are.
    /// `cells` are the visible cells of the earlier run's tiles.
    pub(super) fn begun(begun: &Begun, head: usize, tiling: &Tiling, cells: &[u64]) -> Self {
        let mut all = Self::new(tiling.n);
        let rows = begun.rows;
        let received = begun.mark().map(|mark| &mark.received);
        let received = received.and_then(|all| all.get(head * rows..(head + 1) * rows));
        let held = all.received.iter_mut();
        held.zip(received.unwrap_or_default())
            .for_each(|(held, sum)| *held = *sum);
        tiling.earlier(begun, head, cells, |at, max, sum| {
            all.max_and_sum(at, max, sum)
        });
        all
    }

    /// Takes a tile's share.
    fn max_and_sum(&mut self, at: usize, max: f32, sum: f64) {
        let held = &mut self.max[at];
        if max > *held || max.is_nan() {
            *held = max;
        }
        self.sum[at] += sum;
    }

    /// Takes the next block of rows.
    pub(super) fn append(&mut self, mut block: BlockRows, taking: &Taking) {
        block.pool(taking);
        self.lse.extend(block.lse);
        self.rows.append(block.rows);
        let received = self.received.get_mut(block.from..).unwrap_or_default();
        for (received, more) in received.iter_mut().zip(&block.received) {
            *received += more;
        }
        for part in block.tiles {
            let first = part.row * taking.tiling.side + part.first_column;
            for (at, (max, sum)) in part.max.into_iter().zip(part.sum).enumerate() {
                self.max_and_sum(first + at, max, sum);
            }
        }
    }

    /// Puts the heads of a layer one behind the other.
    pub(super) fn collect(heads: Vec<Self>, rule: &Rule, tiling: &Tiling) -> Collected {
        let counts = tiling.counts(rule);
        let mut all = Collected::default();
        all.thumbnails.side = tiling.side;
        for head in heads {
            all.lse.extend(head.lse);
            all.received.extend(head.received);
            all.rows.append(head.rows);
            all.thumbnails.max.extend(head.max);
            let means = head.sum.iter().zip(&counts);
            all.thumbnails
                .mean
                .extend(means.map(|(sum, &count)| match count {
                    0 => Thumbnails::MASKED,
                    count => (sum / count as f64) as f32,
                }));
        }
        all
    }
}

impl RowNumbers {
    fn append(&mut self, other: Self) {
        self.self_weight.extend(other.self_weight);
        self.previous.extend(other.previous);
        self.first.extend(other.first);
        self.entropy.extend(other.entropy);
        self.distance.extend(other.distance);
        self.distance_without_first
            .extend(other.distance_without_first);
        self.duplicate.extend(other.duplicate);
        self.induction.extend(other.induction);
        self.mass.extend(other.mass);
    }
}
