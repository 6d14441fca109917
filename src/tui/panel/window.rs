//! The visible part of the heatmap: its cells and their numbers.

use ratatui::style::{Modifier, Style};

use super::super::canvas::Canvas;
use super::super::words::in_cell;
use super::pixels;
use crate::lens::Grid;
use crate::paint::Level;
use crate::view::{Cell, MapPlan, State};

/// The visible part of a pattern.
pub(super) struct Window<'a> {
    pub plan: MapPlan,
    /// The first visible row and column, in cells.
    pub row: usize,
    pub column: usize,
    pub state: &'a State,
    pub heat: &'a Grid,
}

impl Window<'_> {
    /// The level of a visible cell, by its place in the window.
    pub(super) fn level(&self, canvas: &Canvas, row: usize, column: usize) -> Level {
        canvas.theme.ramp().level(self.heat.get(row, column))
    }

    /// The cursor's place in the window.
    pub(super) fn cursor(&self) -> (usize, usize) {
        let (cursor, tile) = (self.state.cursor(), self.plan.tile);
        (
            (cursor.query.0 / tile).wrapping_sub(self.row),
            (cursor.key.0 / tile).wrapping_sub(self.column),
        )
    }

    /// The levels of the two halves of a terminal cell: its row in the field and a column of cells.
    pub(super) fn levels(&self, canvas: &Canvas, y: u16, column: usize) -> [Level; 2] {
        [0, 1].map(|half| {
            let row = self.plan.row_at(2 * usize::from(y) + half);
            row.map_or(Level::Masked, |row| self.level(canvas, row, column))
        })
    }

    /// All cells, with their numbers where they have room for them.
    pub(super) fn cells(&self, canvas: &mut Canvas) {
        let field = self.plan.field;
        let (across, _) = self.plan.cell.shape();
        for dy in 0..field.height {
            let row = |half| self.plan.row_at(2 * usize::from(dy) + half);
            let whole = row(0) == row(1) && self.plan.cell != Cell::Half;
            for column in 0..self.heat.columns {
                let levels = self.levels(canvas, dy, column);
                let (x, y) = (self.plan.left(column), field.y + dy);
                match (levels, whole || !canvas.theme.has_colour()) {
                    ([Level::Masked, _], true) => {}
                    ([level, _], true) => pixels::solid(canvas, x, y, across, level),
                    (levels, false) => {
                        let [top, bottom] = levels.map(|level| canvas.theme.level(level));
                        for dx in 0..across {
                            pixels::colours(canvas, x + dx, y, top, bottom);
                        }
                    }
                }
            }
        }
        self.numbers(canvas);
    }

    /// The numbers in the cells, those of the chosen row and column bold.
    fn numbers(&self, canvas: &mut Canvas) {
        let Some(weights) = self.state.weights() else {
            return;
        };
        let (across, _) = self.plan.cell.shape();
        let (row, column) = self.cursor();
        for r in 0..self.heat.rows {
            for c in 0..self.heat.columns {
                let Some(value) = weights.get(r, c) else {
                    continue;
                };
                let text = in_cell(value, usize::from(across) - 2);
                if text.is_empty() {
                    continue;
                }
                let level = self.level(canvas, r, c);
                let style = match (r == row || c == column, canvas.theme.has_colour()) {
                    (true, true) => canvas.theme.ink_on(level).add_modifier(Modifier::BOLD),
                    (false, true) => canvas.theme.soft_ink_on(level),
                    (true, false) => Style::new().add_modifier(Modifier::BOLD),
                    (false, false) => Style::new(),
                };
                let width = text.len() as u16;
                let (x, y) = (self.plan.left(c), self.plan.middle(r));
                let pad = across.saturating_sub(width).div_ceil(2);
                if !canvas.theme.has_colour() {
                    // Glyphs beside digits would be read as some.
                    let blank = " ".repeat(usize::from(width) + 2);
                    canvas.text(
                        x + pad.saturating_sub(1),
                        y,
                        width + 2,
                        &blank,
                        Style::new(),
                    );
                }
                canvas.text(x + pad, y, width, &text, style);
            }
        }
    }
}
