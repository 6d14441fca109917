//! A whole head in a few terminal cells.

use super::super::canvas::Canvas;
use super::pixels;
use crate::lens::{Grid, Scale};
use crate::paint::Level;
use crate::view::Area;

/// Values that a terminal cell shows above each other.
pub(super) fn halves(canvas: &Canvas) -> u16 {
    if canvas.theme.has_colour() { 2 } else { 1 }
}

/// Draws weights at a scale that acts on each alone: a column of terminal cells a column, one or
/// two rows a row of terminal cells.
pub(super) fn draw(canvas: &mut Canvas, area: Area, weights: &Grid, scale: Scale) {
    let halves = usize::from(halves(canvas));
    let level = |canvas: &Canvas, row: usize, column: usize| -> Level {
        let value = weights.get(row, column);
        canvas.theme.ramp().level(value.map(|w| scale.of_cell(w)))
    };
    for y in 0..area.height {
        for x in 0..area.width {
            let (px, py) = (area.x + x, area.y + y);
            let (row, column) = (usize::from(y) * halves, usize::from(x));
            let upper = level(canvas, row, column);
            if halves == 2 {
                let lower = level(canvas, row + 1, column);
                pixels::pair(canvas, px, py, upper, lower);
            } else {
                pixels::solid(canvas, px, py, 1, upper);
            }
        }
    }
}
