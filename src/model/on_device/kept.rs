//! What has come to the host of a layer that runs on a device.

use super::{Block, NUMBERS, Small};
use crate::model::fetch::Landing;
use crate::model::record::{RowNumbers, Thumbnails, without_first};
use crate::model::resume::{Begun, joined};
use crate::model::row::Tiling;
use crate::model::{Error, LayerRecord};

/// Everything of a layer that has come to the host.
pub(super) struct Kept<'a> {
    heads: usize,
    n: usize,
    /// What was run before; the rows behind it are kept here.
    pub(super) begun: Option<Begun<'a>>,
    /// `[NUMBERS, H, m]`
    numbers: Vec<f32>,
    /// What every key received, `[H, n]`.
    pub(super) received: Vec<f32>,
    tiling: Tiling,
    /// `[H, side, side]`
    max: Vec<f32>,
    sum: Vec<f64>,
}

impl<'a> Kept<'a> {
    pub(super) fn new(heads: usize, n: usize, begun: Option<Begun<'a>>) -> Self {
        let tiling = Tiling::new(n);
        let tiles = tiling.side * tiling.side;
        let first = begun.map_or(0, |begun| begun.rows);
        let mut kept = Self {
            heads,
            n,
            begun,
            numbers: vec![0.0; NUMBERS * heads * (n - first)],
            received: Vec::new(),
            tiling,
            max: vec![Thumbnails::MASKED; heads * tiles],
            sum: vec![0.0; heads * tiles],
        };
        if let Some(begun) = &begun {
            let cells = Tiling::new(begun.record.tokens).counts(&begun.record.rule);
            let (tiling, held) = (&kept.tiling, kept.max.iter_mut().zip(&mut kept.sum));
            let mut held: Vec<(&mut f32, &mut f64)> = held.collect();
            for head in 0..heads {
                tiling.earlier(begun, head, &cells, |at, max, sum| {
                    if let Some((held, total)) = held.get_mut(head * tiles + at) {
                        larger(held, max);
                        **total += sum;
                    }
                });
            }
        }
        kept
    }

    /// The first row that is kept here.
    fn first(&self) -> usize {
        self.begun.map_or(0, |begun| begun.rows)
    }

    /// Waits for a block and takes what it left.
    pub(super) fn take(&mut self, small: Small, landing: &Landing) -> Result<(), Error> {
        let (first, m) = (self.first(), self.n - self.first());
        let (size, side) = (self.tiling.tile, self.tiling.side);
        let Block { start, count, .. } = small.block;
        let tiles = small.block.tiles(size);
        landing.end(small.numbers, |numbers| {
            for (table, values) in numbers.chunks_exact(count).enumerate() {
                let at = table * m + start - first;
                if let Some(place) = self.numbers.get_mut(at..at + count) {
                    place.copy_from_slice(values);
                }
            }
        })?;
        let row_tiles = small.block.row_tiles(size);
        let mut put = |largest: &[f32], sums: &[f32]| {
            let groups = largest.len() / (self.heads * tiles.len());
            let pooled = groups != count;
            let cells = largest.chunks_exact(tiles.len());
            let cells = cells.zip(sums.chunks_exact(tiles.len()));
            for (at, (largest, sums)) in cells.enumerate() {
                let (head, group) = (at / groups, at % groups);
                let row = match pooled {
                    true => row_tiles.start + group,
                    false => (start + group) / size,
                };
                let first = (head * side + row) * side + tiles.start;
                let held = self.max.iter_mut().zip(&mut self.sum).skip(first);
                // What no query sees is below every weight, and its sum is 0.
                for ((max, sum), (new, add)) in held.zip(largest.iter().zip(sums)) {
                    larger(max, *new);
                    *sum += f64::from(*add);
                }
            }
        };
        landing.end(small.largest, |largest| {
            landing.end(small.sums, |sums| put(largest, sums))
        })?
    }

    /// The record with all that was kept.
    pub(super) fn record(self, record: LayerRecord) -> LayerRecord {
        let first_row = self.first();
        let (from, m) = (record.rule.from.max(first_row), self.n - first_row);
        let mut tables = self.numbers.chunks_exact(self.heads * m);
        // The rows that are kept, of each head.
        let mut next = || -> Vec<f32> {
            let heads = tables.next().unwrap_or_default().chunks_exact(m);
            let rows = heads.flat_map(|head| &head[from - first_row..]);
            rows.copied().collect()
        };
        let (mut lse, self_weight, previous, first) = (next(), next(), next(), next());
        let (entropy, duplicate, induction) = (next(), next(), next());
        let (mut distance, mut mass) = (next(), next());
        let mut distance_without_first = Vec::with_capacity(mass.len());
        let positions = (0..self.heads).flat_map(|_| from..self.n);
        let sums = distance.iter_mut().zip(&mut mass);
        for ((i, first), (distance, mass)) in positions.zip(&first).zip(sums) {
            distance_without_first.push(without_first(f64::from(*distance), f64::from(*mass)));
            *distance += first * i as f32;
            *mass += first;
        }
        let counts = self.tiling.counts(&record.rule);
        let mean = self.sum.iter().zip(counts.iter().cycle());
        let mean = mean.map(|(sum, count)| match count {
            0 => Thumbnails::MASKED,
            count => (sum / *count as f64) as f32,
        });
        let mut rows = RowNumbers::of([
            self_weight,
            previous,
            first,
            entropy,
            distance,
            distance_without_first,
            duplicate,
            induction,
            mass,
        ]);
        if let Some(begun) = &self.begun {
            let (record, heads) = (begun.record, self.heads);
            lse = joined(&record.lse, begun.rows, &lse, heads, 1);
            rows = rows.behind(&record.rows, |old, new| {
                joined(old, begun.rows, new, heads, 1)
            });
        }
        LayerRecord {
            lse: lse.into(),
            rows: rows.into(),
            received: self.received.into(),
            thumbnails: Thumbnails {
                side: self.tiling.side,
                mean: mean.collect(),
                max: self.max,
            },
            ..record
        }
    }
}

/// The larger of two; NaN stays.
fn larger(held: &mut f32, new: f32) {
    if new > *held || new.is_nan() {
        *held = new;
    }
}
