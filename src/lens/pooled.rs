//! Patterns in tiles: exact, from their rows, or coarse, from their thumbnails.

use std::ops::Range;

use rayon::prelude::*;

use super::band::{Factors, Source};
use super::pyramid::{Tiles, larger, visible};
use super::{Grid, Pattern, Scale};
use crate::capture::{Head, Pool, thumbnail_tile, tile_of};

impl Pattern<'_> {
    /// A rectangle of cells pooled to at most `rows x columns` tiles. A tile without a visible
    /// cell is masked; the mean is over visible cells; NaN wins over every value. A scale that acts
    /// on each cell alone acts on what was pooled. Rows are computed in blocks, on all cores.
    pub fn pooled(
        &self,
        queries: Range<usize>,
        keys: Range<usize>,
        rows: usize,
        columns: usize,
        pool: Pool,
    ) -> Grid {
        let rows = rows.min(queries.len());
        let columns = columns.min(keys.len());
        let mut grid = Grid::masked(rows, columns);
        if rows == 0 || columns == 0 {
            return grid;
        }
        let (height, width) = (queries.len(), keys.len());
        let first = |row: usize| queries.start + (row * height).div_ceil(rows);
        let column = |key: usize| tile_of(key - keys.start, width, columns);
        let source = Source::new(*self, keys.clone());
        let lines = grid.cells.par_chunks_mut(columns).enumerate();
        lines.for_each(|(row, cells)| {
            self.pool_row(
                &source,
                first(row)..first(row + 1),
                None,
                pool,
                &column,
                cells,
            );
        });
        grid.rescale(self.scale);
        grid
    }

    /// A part of the pattern in tiles, at [`Scale::pooled_as`]; `known` as in
    /// [`Pattern::window`]. On the calling thread alone.
    pub fn tiles(&self, tiles: &Tiles, pool: Pool, known: Option<&Factors>) -> Grid {
        let mut grid = Grid::masked(tiles.rows.len(), tiles.columns.len());
        let source = Source::new(*self, tiles.keys(self.layer.tokens));
        let lines = grid.cells.chunks_mut(tiles.columns.len().max(1));
        for (row, cells) in tiles.rows.clone().zip(lines) {
            self.tile_row(&source, tiles, row, known, pool, cells);
        }
        grid
    }

    /// The same on all cores; `None` where `cancelled` said so on the way.
    pub fn tiles_unless(
        &self,
        tiles: &Tiles,
        pool: Pool,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Grid> {
        let mut grid = Grid::masked(tiles.rows.len(), tiles.columns.len());
        let source = Source::new(*self, tiles.keys(self.layer.tokens));
        let lines = grid.cells.par_chunks_mut(tiles.columns.len().max(1));
        let done = lines.enumerate().all(|(at, cells)| {
            let go_on = !cancelled();
            if go_on {
                self.tile_row(&source, tiles, tiles.rows.start + at, None, pool, cells);
            }
            go_on
        });
        done.then_some(grid)
    }

    fn tile_row(
        &self,
        source: &Source,
        tiles: &Tiles,
        row: usize,
        known: Option<&Factors>,
        pool: Pool,
        cells: &mut [Option<f32>],
    ) {
        let queries = row * tiles.tile..(row + 1) * tiles.tile;
        let column = |key: usize| key / tiles.tile - tiles.columns.start;
        self.pool_row(source, queries, known, pool, &column, cells);
    }

    /// Pools the rows of `queries` into one row of cells; `column` tells the cell of a key.
    fn pool_row(
        &self,
        source: &Source,
        queries: Range<usize>,
        known: Option<&Factors>,
        pool: Pool,
        column: &impl Fn(usize) -> usize,
        cells: &mut [Option<f32>],
    ) {
        let mut counts = vec![0u32; cells.len()];
        self.each_row(source, queries, known, |_, key, row| {
            for (key, value) in (key..).zip(row) {
                let at = column(key);
                let (Some(cell), Some(count)) = (cells.get_mut(at), counts.get_mut(at)) else {
                    continue;
                };
                *count += 1;
                *cell = Some(match (*cell, pool) {
                    (None, _) => *value,
                    (Some(held), Pool::Max) => larger(held, *value),
                    (Some(held), Pool::Mean) => held + value,
                });
            }
        });
        if pool == Pool::Mean {
            for (cell, count) in cells.iter_mut().zip(counts) {
                *cell = cell.map(|sum| sum / count as f32);
            }
        }
    }

    /// A part of the pattern in tiles, from its thumbnail: at once, at any length, and coarse.
    /// Weights, whatever the scale; see [`Pattern::thumbnail`].
    pub fn sketch(&self, tiles: &Tiles, pool: Pool) -> Grid {
        let n = self.layer.tokens;
        let whole = Pattern::new(self.layer, self.select, Scale::Raw).thumbnail(pool);
        let mut grid = Grid::masked(tiles.rows.len(), tiles.columns.len());
        let columns = tiles.columns.len().max(1);
        let size = thumbnail_tile(n);
        // The thumbnail's tiles that a tile touches.
        let touched = |tile: usize| {
            let (first, end) = (tile * tiles.tile, ((tile + 1) * tiles.tile).min(n));
            first / size..end.max(1).div_ceil(size)
        };
        for (row, cells) in tiles.rows.clone().zip(grid.cells.chunks_mut(columns)) {
            for (column, cell) in tiles.columns.clone().zip(cells) {
                if visible(&self.layer.rule, n, tiles.tile, row, column) == 0 {
                    continue;
                }
                let found = touched(row).flat_map(|r| touched(column).map(move |c| (r, c)));
                let found = found.filter_map(|(r, c)| whole.get(r, c));
                *cell = found.reduce(larger);
            }
        }
        grid
    }

    /// The whole head from its thumbnail: at once, at any length. The mean over heads is the mean
    /// of their tiles. Scales that need rows fall back to the weight, as the thumbnail holds no
    /// rows.
    pub fn thumbnail(&self, pool: Pool) -> Grid {
        let thumbnails = &self.layer.thumbnails;
        let side = thumbnails.side;
        let mut grid = Grid::masked(side, side);
        let heads = self.heads();
        let share = 1.0 / heads.len().max(1) as f32;
        for row in 0..side {
            for column in 0..side {
                let mut sum = None;
                for head in heads.clone() {
                    if let Some(value) = thumbnails.tile(Head(head), row, column, pool) {
                        sum = Some(sum.unwrap_or(0.0) + value * share);
                    }
                }
                grid.cells[row * side + column] = sum.map(|w| self.scale.of_cell(w));
            }
        }
        grid
    }
}
