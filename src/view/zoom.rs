//! How many tokens a cell of the heatmap stands for.

use super::map_plan::Cell;
use crate::lens::base_tile;

/// How close the heatmap looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zoom {
    /// The whole head, as large as it fits.
    #[default]
    Fit,
    /// The smallest cells, each of so many queries and keys.
    Tile(usize),
    /// A cell of so many columns and half rows for each weight.
    Block(u16, u16),
}

/// The cells that zooming goes through, in columns and half rows.
const BLOCKS: [(u16, u16); 4] = [(2, 2), (5, 4), (7, 6), (9, 8)];

/// Tiles up to this side are computed from weights; larger ones come from a pyramid, so they are
/// multiples of its base.
const DIRECT: usize = 8;

/// Whether cells of `tile` tokens are one of the steps: every number up to 8, then four steps
/// between powers of two, as far as a pyramid has them.
fn is_step(tile: usize, tokens: usize) -> bool {
    let step = (tile.max(1).ilog2()).saturating_sub(2);
    let round = (tile >> step) << step == tile;
    tile <= DIRECT || (round && tile.is_multiple_of(base_tile(tokens)))
}

/// The smallest step at which `tokens` fit into `rows x columns` cells.
pub(super) fn fitting(tokens: usize, rows: usize, columns: usize) -> usize {
    let least = tokens.div_ceil(rows.min(columns).max(1)).max(1);
    (least..)
        .find(|&tile| is_step(tile, tokens))
        .unwrap_or(least)
}

/// The next closer look: half as many tokens a cell, then larger cells.
pub(super) fn closer(cell: Cell, tile: usize, tokens: usize) -> Option<Zoom> {
    if tile > 1 {
        let half = (1..=tile / 2).rev().find(|&tile| is_step(tile, tokens));
        return half.map(Zoom::Tile);
    }
    let (_, halves) = cell.shape();
    let larger = |at: &(u16, u16)| cell == Cell::Single || at.1 > halves;
    let (columns, halves) = BLOCKS.into_iter().find(larger)?;
    Some(Zoom::Block(columns, halves))
}

/// The next wider look. `smallest` is the smallest cell of the screen.
pub(super) fn wider(cell: Cell, tile: usize, tokens: usize, smallest: Cell) -> Zoom {
    let (_, halves) = cell.shape();
    let smaller = BLOCKS.into_iter().rev().find(|at| at.1 < halves);
    match (cell, smaller) {
        (Cell::Block { .. }, Some((columns, halves))) => Zoom::Block(columns, halves),
        (Cell::Block { .. }, None) if smallest != cell => Zoom::Tile(1),
        _ => {
            let twice = (2 * tile..).find(|&tile| is_step(tile, tokens));
            twice.map_or(Zoom::Fit, Zoom::Tile)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitting_wastes_little_and_steps_go_down_to_single_cells() {
        for tokens in [1, 2, 100, 700, 4096, 5000, 16384, 65536, 1 << 20] {
            for room in [1, 7, 34, 100, 250] {
                let mut tile = fitting(tokens, room, 300);
                let cells = tokens.div_ceil(tile);
                assert!(cells <= room);
                if tile > 2 * base_tile(tokens) {
                    assert!(5 * (cells + 1) >= 3 * room, "{tokens} {room} {tile}");
                }
                let mut steps = 0;
                while let Some(Zoom::Tile(closer)) = closer(Cell::Half, tile, tokens) {
                    assert!(closer <= tile / 2 && (8 * closer >= tile || closer == DIRECT));
                    tile = closer;
                    steps += 1;
                }
                assert_eq!(tile, 1);
                assert!(steps <= 20);
            }
        }
    }

    #[test]
    fn wider_undoes_closer_in_kind() {
        let mut zoom = Zoom::Block(9, 8);
        let mut seen = Vec::new();
        while zoom != Zoom::Fit && seen.len() < 12 {
            seen.push(zoom);
            let (cell, tile) = match zoom {
                Zoom::Block(columns, halves) => (Cell::Block { columns, halves }, 1),
                Zoom::Tile(tile) => (Cell::Half, tile),
                Zoom::Fit => (Cell::Half, 1),
            };
            zoom = wider(cell, tile, 4096, Cell::Half);
        }
        let blocks = BLOCKS.map(|(columns, halves)| Zoom::Block(columns, halves));
        assert!(seen[..4].iter().rev().eq(&blocks));
        assert_eq!(seen[4..8], [1, 2, 4, 8].map(Zoom::Tile));
    }
}
