//! A whole head in a few terminal cells.

use std::ops::Range;

use super::super::canvas::Canvas;
use super::super::theme::Role;
use super::pixels;
use crate::capture::tile_of;
use crate::lens::{Grid, Scale};
use crate::paint::Level;
use crate::view::{Area, State};

/// Where the window of the zoomed heatmap lies in the picture of its head, in values of the picture.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Outline {
    /// The outline in a picture with `halves` values in the height of a terminal cell.
    pub(super) fn of(state: &State, picture: Area, halves: u16) -> Self {
        let (tiles, n) = (state.tiles(), state.tokens());
        let part = |part: &Range<usize>, values: u16| {
            let values = usize::from(values);
            let token = |cell: usize| (cell * tiles.tile).min(n.saturating_sub(1));
            let first = tile_of(token(part.start), n.max(1), values);
            let last = tile_of(token(part.end.saturating_sub(1)), n.max(1), values);
            first..last + 1
        };
        Self {
            rows: part(&tiles.rows, picture.height * halves),
            columns: part(&tiles.columns, picture.width),
        }
    }

    /// Whether a value is on the outline.
    fn has(&self, row: usize, column: usize) -> bool {
        let edge = |part: &Range<usize>, at: usize| at == part.start || at + 1 == part.end;
        self.rows.contains(&row)
            && self.columns.contains(&column)
            && (edge(&self.rows, row) || edge(&self.columns, column))
    }
}

/// Values that a terminal cell shows above each other.
pub(super) fn halves(canvas: &Canvas) -> u16 {
    if canvas.theme.has_colour() { 2 } else { 1 }
}

/// Draws weights at a scale that acts on each alone: a column of terminal cells a column, one or
/// two rows a row of terminal cells; over them an outline, where there is one.
pub(super) fn draw(
    canvas: &mut Canvas,
    area: Area,
    weights: &Grid,
    scale: Scale,
    outline: Option<&Outline>,
) {
    let halves = usize::from(halves(canvas));
    let level = |canvas: &Canvas, row: usize, column: usize| -> Level {
        let value = weights.get(row, column);
        canvas.theme.ramp().level(value.map(|w| scale.of_cell(w)))
    };
    for y in 0..area.height {
        for x in 0..area.width {
            let (px, py) = (area.x + x, area.y + y);
            let (row, column) = (usize::from(y) * halves, usize::from(x));
            let outlined = |row| outline.is_some_and(|outline| outline.has(row, column));
            let colour = |canvas: &Canvas, row: usize| match outlined(row) {
                true => canvas.theme.colour(Role::Accent),
                false => canvas.theme.level(level(canvas, row, column)),
            };
            if halves == 2 {
                let (upper, lower) = (colour(canvas, row), colour(canvas, row + 1));
                pixels::colours(canvas, px, py, upper, lower);
            } else if outlined(row) {
                let style = canvas.theme.style(Role::Accent);
                canvas.text(px, py, 1, "o", style);
            } else {
                let value = level(canvas, row, column);
                pixels::solid(canvas, px, py, 1, value);
            }
        }
    }
}
