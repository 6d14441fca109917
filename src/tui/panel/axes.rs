//! The labels of the heatmap's rows and columns.

use std::ops::Range;

use ratatui::style::{Modifier, Style};

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
        let (cursor, tile) = (self.state.cursor(), self.plan.tile);
        let per_row = if self.plan.cell == Cell::Half { 2 } else { 1 };
        // A blank before the name; the last column holds the mark.
        let (x, width) = (inner.x + 1, self.plan.gutter.saturating_sub(2));
        let width = if width > 10 || self.plan.gutter >= 4 {
            width - 1
        } else {
            width
        };
        let step = round_step(2 * per_row * tile);
        for at in (0..self.heat.rows).step_by(per_row) {
            let y = self.plan.middle(at);
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
            canvas.text(x, y, width, &text, style);
            let named = if chosen { cursor.query.0 } else { first };
            if self.state.is_hit(named) && (chosen || tile == 1) {
                // The name alone, without what it is padded with.
                let padding = text.chars().take_while(|c| *c == ' ').count() as u16;
                let name = text.trim_start_matches(' ');
                let style = style.add_modifier(FOUND);
                canvas.text(x + padding, y, width.saturating_sub(padding), name, style);
            }
            if chosen {
                let mark = if canvas.theme.has_colour() {
                    "▸"
                } else {
                    ">"
                };
                let at = (inner.x + self.plan.gutter).saturating_sub(1);
                canvas.text(at, y, 1, mark, style);
            }
        }
    }

    /// The labels of the keys, where each has a cell of its own; else a ruler.
    pub(super) fn key_labels(&self, canvas: &mut Canvas, inner: Area) {
        match self.plan.cell {
            Cell::Block { columns: 3.., .. } if self.plan.tile == 1 => {
                self.names_across(canvas, inner);
            }
            Cell::Block { .. } if self.plan.tile == 1 => self.names_down(canvas, inner),
            _ => self.ruler(canvas, inner),
        }
    }

    /// How the label of a key looks.
    fn key_style(&self, canvas: &Canvas, position: usize) -> Style {
        let cursor = self.state.cursor();
        let role = match (position == cursor.key.0, position == cursor.query.0) {
            (true, _) => Role::Accent,
            (_, true) => Role::Query,
            _ => Role::Dim,
        };
        let style = canvas.theme.style(role);
        match self.state.is_hit(position) {
            true => style.add_modifier(FOUND),
            false => style,
        }
    }

    /// The labels of the keys beside each other: those that fit their cells in the lowest row, longer
    /// ones above, those of the chosen tokens first.
    fn names_across(&self, canvas: &mut Canvas, inner: Area) {
        let (across, _) = self.plan.cell.shape();
        let cursor = self.state.cursor();
        let end = (inner.x + inner.width).saturating_sub(1);
        let first = (inner.y + self.plan.top).saturating_sub(1);
        let mut rows = Rows::new(self.plan.top);
        if self.plan.entropy > 0 {
            rows.take(0, self.plan.field.x + self.plan.field.width..end);
        }
        let mut positions: Vec<usize> = (self.column..self.column + self.heat.columns).collect();
        let width = |at: usize| self.label(at).map_or(0, |label| label.bare().width());
        let rank = |at: &usize| match (*at == cursor.key.0, *at == cursor.query.0) {
            (true, _) => 0,
            (_, true) => 1,
            _ if width(*at) < usize::from(across) => 2,
            _ => 3,
        };
        positions.sort_by_key(rank);
        for position in positions {
            let Some(label) = self.label(position).map(Label::bare) else {
                continue;
            };
            let style = self.key_style(canvas, position);
            let left = self.plan.left(position - self.column);
            let chosen = rank(&position) < 2;
            // Whole in a row where it is free, else as much as the cell holds.
            let room = end.saturating_sub(inner.x + 1);
            let whole = label.width().min(usize::from(room)) as u16;
            let short = across.saturating_sub(1);
            let long = whole >= across;
            let mut places: Vec<(u16, u16)> = Vec::new();
            match (long, self.plan.top) {
                (true, 2..) => places.extend((1..self.plan.top).map(|row| (row, whole))),
                (true, _) if chosen => places.push((0, whole)),
                (true, _) => {}
                (false, _) => places.push((0, whole)),
            }
            if long && short >= 4 {
                places.push((0, short));
            }
            let place = |width: u16| {
                let x = match left.checked_add(across / 2) {
                    Some(middle) if width > across => middle.saturating_sub(width / 2),
                    _ => left + (across.saturating_sub(width)).div_ceil(2),
                };
                let x = x.min(end.saturating_sub(width)).max(inner.x + 1);
                x..x + width
            };
            let found = places
                .into_iter()
                .find(|(row, width)| rows.is_free(*row, &place(*width)));
            if let Some((row, width)) = found {
                let at = place(width);
                let text = label.clip(usize::from(width));
                canvas.text(at.start, first.saturating_sub(row), width, &text, style);
                rows.take(row, at);
            }
        }
    }

    /// The labels of the keys written downwards.
    fn names_down(&self, canvas: &mut Canvas, inner: Area) {
        let top = self.plan.top;
        for at in 0..self.heat.columns {
            let position = self.column + at;
            let Some(label) = self.label(position).map(Label::bare) else {
                continue;
            };
            let style = self.key_style(canvas, position);
            let letters = label.columns(usize::from(top));
            let from = inner.y + top - (letters.len() as u16).min(top);
            for (row, letter) in letters.iter().enumerate() {
                canvas.text(self.plan.left(at), from + row as u16, 2, letter, style);
            }
        }
    }

    /// The chosen key's label above its column, and round numbers above others, the last whole.
    fn ruler(&self, canvas: &mut Canvas, inner: Area) {
        if self.plan.top == 0 {
            return;
        }
        let tile = self.plan.tile;
        let (cell, _) = self.plan.cell.shape();
        let (_, chosen) = self.cursor();
        let y = inner.y + self.plan.top - 1;
        let right = (inner.x + inner.width).saturating_sub(1);
        let text = quoted(self.label(self.state.cursor().key.0), 18);
        let mut mark = vec![canvas.span(format!("▾{text}"), Role::Accent)];
        let width = measure(&mark);
        let mut x = self.plan.left(chosen.min(self.heat.columns));
        if x + width > right {
            mark = vec![canvas.span(format!("{text}▾"), Role::Accent)];
            x = (x + 1).saturating_sub(width);
        }
        let style = canvas.theme.style(Role::Frame);
        let keys =
            self.column * tile..((self.column + self.heat.columns) * tile).min(self.state.tokens());
        let digits = 1 + keys.end.max(1).ilog10() as usize;
        let step = round_step((digits + 4).max(8) * tile / usize::from(cell));
        let mut rows = Rows::new(1);
        rows.take(0, x..x + width);
        let last = keys.end.saturating_sub(1);
        let round = (keys.start.div_ceil(step) * step..keys.end).step_by(step);
        for position in std::iter::once(last).chain(round) {
            let number = position.to_string();
            let length = number.len() as u16;
            // The last ends where its column does.
            let at = match position == last {
                true => {
                    (self.plan.left(position / tile - self.column) + cell).saturating_sub(length)
                }
                false => self.plan.left(position / tile - self.column),
            };
            let at = at.max(inner.x + 1);
            let place = at..at + length;
            if place.end <= right && rows.is_free(0, &place) {
                canvas.text(at, y, length, &number, style);
                rows.take(0, place);
            }
        }
        canvas.line(x, y, right.saturating_sub(x), &mark);
    }
}

/// What of some rows is written on already.
struct Rows(Vec<Vec<Range<u16>>>);

impl Rows {
    fn new(rows: u16) -> Self {
        Self(vec![Vec::new(); usize::from(rows)])
    }

    /// Whether a place and a blank at both its sides are free.
    fn is_free(&self, row: u16, place: &Range<u16>) -> bool {
        let row = self.0.get(usize::from(row));
        row.is_some_and(|row| {
            row.iter()
                .all(|t| place.end < t.start || t.end < place.start)
        })
    }

    fn take(&mut self, row: u16, place: Range<u16>) {
        if let Some(row) = self.0.get_mut(usize::from(row)) {
            row.push(place);
        }
    }
}
