//! What has come to the host of a layer that runs on a device.

use super::{Block, NUMBERS, Small, columns_of};
use crate::model::fetch::Landing;
use crate::model::record::{RowNumbers, Thumbnails, thumbnail_side, thumbnail_tile, without_first};
use crate::model::{Error, LayerRecord};

/// Everything of a layer that has come to the host.
pub(super) struct Kept {
    heads: usize,
    n: usize,
    /// `[NUMBERS, H, n]`
    numbers: Vec<f32>,
    /// What every key received, `[H, n]`.
    pub(super) received: Vec<f32>,
    /// Tokens a side of a tile, and tiles a side.
    tile: usize,
    side: usize,
    max: Vec<f32>,
    sum: Vec<f64>,
}

impl Kept {
    pub(super) fn new(heads: usize, n: usize) -> Self {
        let side = thumbnail_side(n);
        Self {
            heads,
            n,
            numbers: vec![0.0; NUMBERS * heads * n],
            received: Vec::new(),
            tile: thumbnail_tile(n),
            side,
            max: vec![Thumbnails::MASKED; heads * side * side],
            sum: vec![0.0; heads * side * side],
        }
    }

    /// Waits for a block and takes what it left.
    pub(super) fn take(&mut self, small: Small, landing: &Landing) -> Result<(), Error> {
        let (n, size, side) = (self.n, self.tile, self.side);
        let Block { start, count, .. } = small.block;
        let tiles = small.block.tiles(size);
        landing.end(small.numbers, |numbers| {
            for (table, values) in numbers.chunks_exact(count).enumerate() {
                let at = table * n + start;
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
                    if *new > *max || new.is_nan() {
                        *max = *new;
                    }
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
        let from = record.rule.from;
        let mut tables = self.numbers.chunks_exact(self.heads * self.n);
        // The rows that are kept, of each head.
        let mut next = || -> Vec<f32> {
            let heads = tables.next().unwrap_or_default().chunks_exact(self.n);
            heads.flat_map(|head| &head[from..]).copied().collect()
        };
        let (lse, self_weight, previous, first) = (next(), next(), next(), next());
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
        let (n, size, side) = (self.n, self.tile, self.side);
        let mut counts = vec![0u64; side * side];
        for i in 0..n {
            let visible = record.rule.visible(i);
            if visible.is_empty() {
                continue;
            }
            for tile in visible.start / size..=i / size {
                let columns = columns_of(tile, n, size);
                let seen = columns.end.min(visible.end) - columns.start.max(visible.start);
                if let Some(count) = counts.get_mut(i / size * side + tile) {
                    *count += seen as u64;
                }
            }
        }
        let mean = self.sum.iter().zip(counts.iter().cycle());
        let mean = mean.map(|(sum, count)| match count {
            0 => Thumbnails::MASKED,
            count => (sum / *count as f64) as f32,
        });
        LayerRecord {
            lse: lse.into(),
            rows: RowNumbers::<Vec<f32>> {
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
            .into(),
            received: self.received.into(),
            thumbnails: Thumbnails {
                side,
                mean: mean.collect(),
                max: self.max,
            },
            ..record
        }
    }
}
