//! Where the cursor is in the heatmap: a frame or brackets around its cell, which keeps its colour, and
//! thin lines through what is empty.

use ratatui::style::{Color, Modifier, Style};

use super::super::canvas::Canvas;
use super::super::theme::Role;
use super::pixels;
use super::window::Window;
use crate::paint::Level;
use crate::view::Cell;

impl Window<'_> {
    /// Thin lines from the names of the chosen query and key through cells that are empty.
    pub(super) fn lines(&self, canvas: &mut Canvas) {
        let (row, column) = self.cursor();
        if row >= self.heat.rows || column >= self.heat.columns {
            return;
        }
        let field = self.plan.field;
        let style = canvas.theme.style(Role::Frame);
        let empty = |canvas: &Canvas, y: u16, column: usize| {
            self.levels(canvas, y, column) == [Level::Masked; 2]
        };
        let (across, _) = self.plan.cell.shape();
        let y = self.plan.middle(row);
        let columns = (0..self.heat.columns).rev();
        let right = columns.take_while(|c| empty(canvas, y - field.y, *c));
        if let Some(first) = right.last() {
            // A blank, or the frame of the cursor, stands between.
            let from = self.plan.left(first) + 1;
            for x in from..field.x + field.width {
                canvas.text(x, y, 1, "─", style);
            }
        }
        let x = self.plan.left(column) + (across - 1) / 2;
        let above = (0..field.height).take_while(|dy| empty(canvas, *dy, column));
        let above: Vec<u16> = above.collect();
        for dy in above {
            canvas.text(x, field.y + dy, 1, "│", style);
        }
    }

    /// The mark of the chosen cell.
    pub(super) fn mark(&self, canvas: &mut Canvas) {
        let (row, column) = self.cursor();
        if row >= self.heat.rows || column >= self.heat.columns {
            return;
        }
        match self.plan.cell {
            cell if cell.is_framed() && canvas.theme.has_colour() => {
                self.frame(canvas, row, column);
            }
            Cell::Half => self.half_brackets(canvas, row, column),
            Cell::Block { .. } | Cell::Single => self.brackets(canvas, row, column),
        }
    }

    /// A rounded frame in the edges of the cell's neighbours, on the ground's colour.
    fn frame(&self, canvas: &mut Canvas, row: usize, column: usize) {
        let (across, _) = self.plan.cell.shape();
        let rows = self.plan.full_rows(row);
        let (left, top) = (
            self.plan.left(column).saturating_sub(1),
            rows.start.saturating_sub(1),
        );
        let (right, bottom) = (left + across + 1, rows.end);
        let colour = canvas.theme.colour(Role::Accent);
        let mut put = |x: u16, y: u16, symbol: &str| {
            canvas.cell(x, y, symbol, colour, Color::Reset);
        };
        for x in left + 1..right {
            put(x, top, "─");
            put(x, bottom, "─");
        }
        for y in rows {
            put(left, y, "│");
            put(right, y, "│");
        }
        for (x, y, corner) in [
            (left, top, "╭"),
            (right, top, "╮"),
            (left, bottom, "╰"),
            (right, bottom, "╯"),
        ] {
            put(x, y, corner);
        }
    }

    /// The level of a neighbour of a cell in its row.
    fn beside(&self, canvas: &Canvas, row: usize, column: Option<usize>) -> Level {
        column.map_or(Level::Masked, |column| self.level(canvas, row, column))
    }

    /// Bars beside a cell of a row or more.
    fn brackets(&self, canvas: &mut Canvas, row: usize, column: usize) {
        let (across, _) = self.plan.cell.shape();
        let x = self.plan.left(column);
        let neighbours = [column.checked_sub(1), Some(column + 1)];
        let places = [x.saturating_sub(1), x + across];
        let symbols = [("▐", "["), ("▌", "]")];
        for ((at, neighbour), (bar, plain)) in places.into_iter().zip(neighbours).zip(symbols) {
            let level = self.beside(canvas, row, neighbour);
            let (fg, bg) = (canvas.theme.cursor_on(level), canvas.theme.level(level));
            for y in self.plan.full_rows(row) {
                match canvas.theme.has_colour() {
                    true => canvas.cell(at, y, bar, fg, bg),
                    false => {
                        let style = Style::new().add_modifier(Modifier::BOLD);
                        canvas.text(at, y, 1, plain, style);
                    }
                }
            }
        }
    }

    /// Marks in the same half row, at both sides of a cell of half a row.
    fn half_brackets(&self, canvas: &mut Canvas, row: usize, column: usize) {
        let x = self.plan.left(column);
        let y = self.plan.middle(row);
        let neighbours = [column.checked_sub(1), Some(column + 1)];
        let places = [x.saturating_sub(1), x + 1];
        for (at, neighbour) in places.into_iter().zip(neighbours) {
            let mut shown = [row & !1, row | 1].map(|r| {
                let level = match r < self.heat.rows {
                    true => self.beside(canvas, r, neighbour),
                    false => Level::Masked,
                };
                canvas.theme.level(level)
            });
            let level = self.beside(canvas, row, neighbour);
            shown[row % 2] = canvas.theme.cursor_on(level);
            pixels::colours(canvas, at, y, shown[0], shown[1]);
        }
    }
}
