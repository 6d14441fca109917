//! Taking up an earlier run: a text that begins like the one before computes only what follows.
//!
//! What a position leaves behind does not depend on what comes after it. So queries, keys, values
//! and numbers of the common beginning serve again. Two things sum over rows: the weight that keys
//! receive, of which a [`Trail`] holds the sums up to a few rows, its marks, and thumbnails, whose
//! tiles of a longer text are made of tiles of a shorter one.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rayon::prelude::*;

use super::{Floats, LayerRecord, thumbnail_tile};

/// Rows between two marks at least: those of a block of attention.
const STEP: usize = 64;
/// Tiles between two marks, so that a run has some sixteen of them at any length.
const TILES: usize = 4;

/// Rows between two marks of a text of `tokens` tokens.
pub(super) fn step(tokens: usize) -> usize {
    (TILES * thumbnail_tile(tokens)).max(STEP)
}

/// What a run on an edited text takes up of a layer, beside its record.
#[derive(Clone, Debug)]
pub struct Trail {
    /// `[H_kv, n, d]`
    pub(super) values: Floats,
    /// Ascending; the last is all rows.
    pub(super) marks: Vec<Mark>,
}

/// What the rows up to one leave.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub rows: usize,
    /// `[H, rows]`: the weight that each key receives from them.
    pub received: Vec<f32>,
}

/// An earlier run of the same decoder.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    /// Its tokens.
    pub ids: &'a [u32],
    /// All layers; those without a trail are of no use.
    pub layers: &'a [Arc<LayerRecord>],
}

impl Earlier<'_> {
    /// Rows that a run on `ids` need not compute: the most for which there is a mark, and at least
    /// one less than there are ids.
    pub(super) fn rows(&self, ids: &[u32], layers: usize) -> usize {
        let same = self.ids.iter().zip(ids).take_while(|(a, b)| a == b).count();
        let same = same.min(ids.len().saturating_sub(1));
        // Tiles are put together and never split.
        let tiles = thumbnail_tile(self.ids.len()) <= thumbnail_tile(ids.len());
        let all = self.layers.len() == layers;
        let Some(Some(first)) = self.layers.first().map(|layer| &layer.trail) else {
            return 0;
        };
        if !all || !tiles || self.layers.iter().any(|layer| layer.trail.is_none()) {
            return 0;
        }
        let trails = || self.layers.iter().filter_map(|layer| layer.trail.as_ref());
        let has = |trail: &Trail, rows| trail.marks.iter().any(|mark| mark.rows == rows);
        let marked = |rows| trails().all(|trail| has(trail, rows));
        let marks = first.marks.iter().rev().map(|mark| mark.rows);
        marks
            .filter(|&rows| rows <= same && marked(rows))
            .max()
            .unwrap_or(0)
    }
}

/// The beginning of a layer that was run before.
#[derive(Clone, Copy)]
pub(super) struct Begun<'a> {
    pub record: &'a LayerRecord,
    pub trail: &'a Trail,
    /// How many rows of it serve.
    pub rows: usize,
}

impl<'a> Begun<'a> {
    /// The first rows of a layer.
    pub(super) fn new(record: &'a LayerRecord, rows: usize) -> Option<Self> {
        let trail = record.trail.as_ref().filter(|_| rows > 0)?;
        Some(Self {
            record,
            trail,
            rows,
        })
    }

    /// The mark that the run goes on from.
    pub(super) fn mark(&self) -> Option<&'a Mark> {
        self.trail.marks.iter().find(|mark| mark.rows == self.rows)
    }

    /// The norms of values `[H * n]`, from those of the rows behind.
    pub(super) fn value_norms(&self, rest: &[f32]) -> Vec<f32> {
        let Self { record, rows, .. } = self;
        joined(&record.value_norms, *rows, rest, record.heads, 1)
    }

    /// The earlier marks that serve as marks of a text of `tokens` tokens.
    pub(super) fn marks(&self, tokens: usize) -> impl Iterator<Item = &'a Mark> {
        let (rows, step) = (self.rows, step(tokens));
        let fits = move |mark: &&Mark| mark.rows <= rows && mark.rows.is_multiple_of(step);
        self.trail.marks.iter().filter(fits)
    }
}

/// The first `rows` rows of `[H, .., d]`, and behind them those of `[H, m, d]`.
pub(super) fn joined(old: &[f32], rows: usize, new: &[f32], heads: usize, d: usize) -> Vec<f32> {
    let each = |all: &[f32]| all.len() / heads.max(1);
    let (old_each, new_each, kept) = (each(old), each(new), rows * d);
    let mut all = vec![0.0; heads * (kept + new_each)];
    let parts = all.par_chunks_mut((kept + new_each).max(1));
    parts.enumerate().for_each(|(head, all)| {
        let (first, rest) = all.split_at_mut(kept);
        let old = old.get(head * old_each..head * old_each + kept);
        first.copy_from_slice(old.unwrap_or(&[]));
        rest.copy_from_slice(&new[head * new_each..(head + 1) * new_each]);
    });
    all
}
