//! What has come to the host of a layer that runs on a device.

use candle_core::{Device, Tensor};

use super::{NUMBERS, Small, columns_of};
use crate::model::record::{RowNumbers, Thumbnails, thumbnail_side, thumbnail_tile};
use crate::model::{Error, LayerRecord, Rule};

/// Everything of a layer that has come to the host.
pub(super) struct Kept {
    heads: usize,
    n: usize,
    /// `[NUMBERS, H, n]`
    numbers: Vec<f32>,
    received: Vec<f32>,
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
            received: vec![0.0; heads * n],
            tile: thumbnail_tile(n),
            side,
            max: vec![Thumbnails::MASKED; heads * side * side],
            sum: vec![0.0; heads * side * side],
        }
    }

    /// Waits for a block and takes what it left.
    pub(super) fn take(&mut self, small: &Small, rule: &Rule) -> Result<(), Error> {
        let cpu = |t: &Tensor| t.to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>();
        let (n, size, side) = (self.n, self.tile, self.side);
        let rows = small.numbers.dim(2)?;
        let numbers = cpu(&small.numbers)?;
        for (table, values) in numbers.chunks_exact(rows).enumerate() {
            let at = table * n + small.start;
            if let Some(place) = self.numbers.get_mut(at..at + rows) {
                place.copy_from_slice(values);
            }
        }
        let received = cpu(&small.received)?;
        let width = small.received.dim(1)?;
        for (head, values) in received.chunks_exact(width).enumerate() {
            let sums = self.received.iter_mut().skip(head * n + small.from);
            sums.zip(values).for_each(|(sum, value)| *sum += value);
        }
        let (largest, sums) = (cpu(&small.largest)?, cpu(&small.sums)?);
        let tiles = small.largest.dim(2)?;
        let cells = largest.chunks_exact(tiles).zip(sums.chunks_exact(tiles));
        for (at, (largest, sums)) in cells.enumerate() {
            let (head, i) = (at / rows, small.start + at % rows);
            let first = (head * side + i / size) * side + small.first_tile;
            let seen = rule.visible(i).start / size;
            let held = self.max.iter_mut().zip(&mut self.sum).skip(first);
            for (tile, ((max, sum), (new, add))) in
                (small.first_tile..).zip(held.zip(largest.iter().zip(sums)))
            {
                if tile >= seen && tile <= i / size {
                    if *new > *max || new.is_nan() {
                        *max = *new;
                    }
                    *sum += f64::from(*add);
                }
            }
        }
        Ok(())
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
        let (entropy, distance, duplicate, induction) = (next(), next(), next(), next());
        let mass = next();
        let positions = (0..self.heads).flat_map(|_| from..self.n);
        let alone = positions.zip(distance.iter().zip(first.iter().zip(&mass)));
        let distance_without_first = alone.map(|(i, (distance, (first, mass)))| {
            let rest = mass - first;
            // A share this small is rounding, and so would be the distance.
            match rest <= f32::EPSILON {
                true => 0.0,
                false => (distance - first * i as f32) / rest,
            }
        });
        let distance_without_first = distance_without_first.collect();
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
