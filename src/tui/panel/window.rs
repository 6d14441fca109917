//! The visible part of the heatmap: its cells.

use ratatui::style::{Modifier, Style};

use super::super::canvas::Canvas;
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
    fn level(&self, canvas: &Canvas, row: usize, column: usize) -> Level {
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

    /// All cells, and the mark of the chosen one.
    pub(super) fn cells(&self, canvas: &mut Canvas) {
        match self.plan.cell {
            Cell::Square(k) => self.squares(canvas, k),
            Cell::Half => self.halves(canvas),
            Cell::Single => self.singles(canvas),
        }
    }

    /// One cell in `2 k` columns and `k` rows.
    fn squares(&self, canvas: &mut Canvas, k: u16) {
        let field = self.plan.field;
        let (row, column) = self.cursor();
        for r in 0..self.heat.rows {
            for c in 0..self.heat.columns {
                let level = self.level(canvas, r, c);
                let x = field.x + c as u16 * 2 * k;
                let y = field.y + r as u16 * k;
                for dy in 0..k {
                    if level != Level::Masked {
                        pixels::solid(canvas, x, y + dy, 2 * k, level);
                    }
                }
                if (r, c) == (row, column) {
                    self.square_cursor(canvas, (x, y), k, level);
                }
            }
        }
    }

    /// A bar inside of a small square, a frame inside of a large one.
    fn square_cursor(&self, canvas: &mut Canvas, (x, y): (u16, u16), k: u16, level: Level) {
        let (width, height) = (2 * k, k);
        let ground = canvas.theme.level(level);
        let colour = canvas.theme.cursor_on(level);
        if !canvas.theme.has_colour() {
            let style = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
            for dy in 0..height {
                canvas.text(x, y + dy, 1, "[", style);
                canvas.text(x + width - 1, y + dy, 1, "]", style);
            }
            return;
        }
        if k == 1 {
            canvas.cell(x, y, "▐", colour, ground);
            canvas.cell(x + 1, y, "▌", colour, ground);
            return;
        }
        for dy in 0..height {
            for dx in 0..width {
                let (left, right) = (dx == 0, dx == width - 1);
                let (top, bottom) = (dy == 0, dy == height - 1);
                let symbol = match (left, right, top, bottom) {
                    (true, _, true, _) => "▛",
                    (_, true, true, _) => "▜",
                    (true, _, _, true) => "▙",
                    (_, true, _, true) => "▟",
                    (_, _, true, _) => "▀",
                    (_, _, _, true) => "▄",
                    (true, ..) => "▌",
                    (_, true, ..) => "▐",
                    _ => continue,
                };
                canvas.cell(x + dx, y + dy, symbol, colour, ground);
            }
        }
    }

    /// Two rows in one terminal cell.
    fn halves(&self, canvas: &mut Canvas) {
        let field = self.plan.field;
        let (row, column) = self.cursor();
        for y in 0..self.heat.rows.div_ceil(2) {
            for c in 0..self.heat.columns {
                let levels = [
                    self.level(canvas, 2 * y, c),
                    self.level(canvas, 2 * y + 1, c),
                ];
                let mut shown = levels.map(|level| canvas.theme.level(level));
                if c == column && row / 2 == y {
                    shown[row % 2] = canvas.theme.cursor_on(levels[row % 2]);
                }
                let (px, py) = (field.x + c as u16, field.y + y as u16);
                pixels::colours(canvas, px, py, shown[0], shown[1]);
            }
        }
    }

    /// One cell in one terminal cell.
    fn singles(&self, canvas: &mut Canvas) {
        let field = self.plan.field;
        for r in 0..self.heat.rows {
            for c in 0..self.heat.columns {
                let level = self.level(canvas, r, c);
                let (x, y) = (field.x + c as u16, field.y + r as u16);
                pixels::solid(canvas, x, y, 1, level);
                if (r, c) == self.cursor() {
                    let style = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
                    canvas.text(x, y, 1, "◆", style);
                }
            }
        }
    }
}
