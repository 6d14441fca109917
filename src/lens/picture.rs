//! A head as a small picture.

use super::Grid;
use super::pyramid::larger;
use crate::capture::{Head, LayerRecord, Pool, tile_of};

/// A whole head in `rows x columns` places: the largest weight of each, or larger squares where
/// there are fewer weights than places. From the thumbnail, so at once at any length.
pub fn picture(layer: &LayerRecord, head: Head, rows: usize, columns: usize) -> Grid {
    let side = layer.thumbnails.side;
    let mut grid = Grid::masked(rows, columns);
    // Each place covers these tiles of the thumbnail, at least one.
    let span = |place: usize, places: usize| {
        let from = tile_of(place, places, side);
        from..tile_of(place + 1, places, side).max(from + 1).min(side)
    };
    for (at, place) in grid.cells.iter_mut().enumerate() {
        for row in span(at / columns.max(1), rows) {
            for column in span(at % columns.max(1), columns) {
                let tile = layer.thumbnails.tile(head, row, column, Pool::Max);
                *place = match (*place, tile) {
                    (held, None) => held,
                    (None, tile) => tile,
                    (Some(held), Some(tile)) => Some(larger(held, tile)),
                };
            }
        }
    }
    grid
}
