//! What stands beside the cells of the heatmap: labels of queries and keys.

use ratatui::style::Modifier;

use super::super::canvas::{Canvas, measure};
use super::super::theme::Role;
use super::super::words::quoted;
use super::window::Window;
use crate::paint::round_step;
use crate::token::Label;
use crate::view::{Area, Cell};

/// How a token that was found differs.
const FOUND: Modifier = Modifier::UNDERLINED;

impl Window<'_> {
    fn label(&self, position: usize) -> Option<&Label> {
        self.state.capture()?.label(position)
    }

    /// The labels of the queries, right-aligned to the map, and the mark of the chosen one. Where a
    /// cell stands for several queries, positions at round numbers.
    pub(super) fn query_labels(&self, canvas: &mut Canvas, inner: Area) {
        let (cursor, field, tile) = (self.state.cursor(), self.plan.field, self.plan.tile);
        let (per_row, height) = match self.plan.cell {
            Cell::Square(k) => (1, k),
            Cell::Half => (2, 1),
            Cell::Single => (1, 1),
        };
        // The last column stands between label and map, and the first, if any, before the label.
        let width = self.plan.gutter - 1;
        let step = round_step(2 * per_row * tile);
        for at in (0..self.heat.rows).step_by(per_row) {
            let y = field.y + (at / per_row) as u16 * height + (height - 1) / 2;
            if y >= inner.y + inner.height {
                break;
            }
            let first = (self.row + at) * tile;
            let queries = first..(first + per_row * tile).min(self.state.tokens());
            let chosen = queries.contains(&cursor.query.0);
            let name = |position: usize| {
                self.label(position).map_or_else(String::new, |label| {
                    label.bare().pad_left(usize::from(width))
                })
            };
            let number = first.next_multiple_of(step);
            let (text, role) = match (chosen, tile) {
                (true, _) => (name(cursor.query.0), Role::Query),
                (false, 1) => (name(first), Role::Dim),
                _ if queries.contains(&number) => {
                    (format!("{number:>w$}", w = usize::from(width)), Role::Frame)
                }
                _ => continue,
            };
            let style = canvas.theme.style(role);
            canvas.text(inner.x, y, width, &text, style);
            let named = if chosen { cursor.query.0 } else { first };
            if self.state.is_hit(named) && (chosen || tile == 1) {
                // The name alone, without what it is padded with.
                let padding = text.chars().take_while(|c| *c == ' ').count() as u16;
                let name = text.trim_start_matches(' ');
                let style = style.add_modifier(FOUND);
                canvas.text(
                    inner.x + padding,
                    y,
                    width.saturating_sub(padding),
                    name,
                    style,
                );
            }
            if chosen {
                canvas.text(field.x + field.width + 1, y, 1, "◂", style);
                if !canvas.theme.has_colour() {
                    canvas.text(inner.x + width, y, 1, ">", style);
                }
            }
        }
    }

    /// The labels of the keys, where each has a square of its own; else a ruler.
    pub(super) fn key_labels(&self, canvas: &mut Canvas, inner: Area) {
        match self.plan.cell {
            Cell::Square(k) if self.plan.tile == 1 => self.names(canvas, inner, 2 * k),
            Cell::Square(k) => self.ruler(canvas, inner, 2 * k),
            Cell::Half | Cell::Single => self.ruler(canvas, inner, 1),
        }
    }

    /// The labels of the keys: beside each other where all fit their columns, else downwards.
    fn names(&self, canvas: &mut Canvas, inner: Area, cell: u16) {
        let cursor = self.state.cursor();
        let top = self.plan.top;
        let fits = (0..self.heat.columns).all(|at| {
            let label = self.label(self.column + at);
            label.is_none_or(|label| label.bare().width() < usize::from(cell))
        });
        for at in 0..self.heat.columns {
            let position = self.column + at;
            let Some(label) = self.label(position).map(Label::bare) else {
                continue;
            };
            let role = match (position == cursor.key.0, position == cursor.query.0) {
                (true, _) => Role::Accent,
                (_, true) => Role::Query,
                _ => Role::Dim,
            };
            let mut style = canvas.theme.style(role);
            if self.state.is_hit(position) {
                style = style.add_modifier(FOUND);
            }
            let x = self.plan.field.x + at as u16 * cell;
            if fits || (top == 1 && cell >= 6) {
                let text = label.clip(usize::from(cell) - 1);
                let pad = (usize::from(cell).saturating_sub(label.width()) / 2) as u16;
                canvas.text(x + pad, inner.y + top - 1, cell - pad, &text, style);
                continue;
            }
            let letters = label.columns(usize::from(top));
            let from = inner.y + top - (letters.len() as u16).min(top);
            for (row, letter) in letters.iter().enumerate() {
                let pad = (cell - 1) / 2;
                canvas.text(x + pad, from + row as u16, cell - pad, letter, style);
            }
        }
    }

    /// The chosen key's label above its column, and round numbers above others.
    fn ruler(&self, canvas: &mut Canvas, inner: Area, cell: u16) {
        if self.plan.top == 0 {
            return;
        }
        let (field, tile) = (self.plan.field, self.plan.tile);
        let (_, chosen) = self.cursor();
        let y = inner.y + self.plan.top - 1;
        let right = inner.x + inner.width;
        let text = quoted(self.label(self.state.cursor().key.0), 18);
        let mut mark = vec![canvas.span(format!("▾{text}"), Role::Accent)];
        let width = measure(&mark);
        let mut x = field.x + chosen.min(self.heat.columns) as u16 * cell;
        if x + width > right {
            mark = vec![canvas.span(format!("{text}▾"), Role::Accent)];
            x = (x + 1).saturating_sub(width);
        }
        let style = canvas.theme.style(Role::Frame);
        let keys = self.column * tile..(self.column + self.heat.columns) * tile;
        let digits = 1 + keys.end.max(1).ilog10() as usize;
        let step = round_step((digits + 4).max(8) * tile / usize::from(cell));
        let first = keys.start.div_ceil(step) * step;
        for position in (first..keys.end.min(self.state.tokens())).step_by(step) {
            let at = field.x + (position / tile - self.column) as u16 * cell;
            let number = position.to_string();
            let end = at + number.len() as u16;
            if end < x || at > x + width {
                canvas.text(at, y, right.saturating_sub(at), &number, style);
            }
        }
        canvas.line(x, y, right.saturating_sub(x), &mark);
    }
}
