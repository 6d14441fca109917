//! Beside the heatmap: the entropy of each row, and what each column receives.

use ratatui::style::Modifier;

use super::super::canvas::Canvas;
use super::super::fit::Line;
use super::super::theme::Role;
use super::super::words::{bar, column, in_cell, narrow, share};
use super::window::Window;
use crate::lens::{TokenNumber, UNDEFINED};
use crate::view::Area;

/// Columns of an entropy's number.
const NUMBER: u16 = 5;

impl Window<'_> {
    /// The entropy of each row at the right: a number, and a bar against the most that the last row can
    /// have.
    pub(super) fn entropies(&self, canvas: &mut Canvas, inner: Area) {
        let Some(layer) = self.state.layer().filter(|_| self.plan.entropy > 0) else {
            return;
        };
        let select = self.state.select();
        let x = self.plan.field.x + self.plan.field.width + 1;
        let end = (inner.x + inner.width).saturating_sub(1);
        let heading = canvas
            .theme
            .style(Role::Entropy)
            .add_modifier(Modifier::BOLD);
        let y = (inner.y + self.plan.top).saturating_sub(1);
        if self.plan.top > 0 {
            canvas.text(
                x,
                y,
                end.saturating_sub(x),
                TokenNumber::Entropy.name(),
                heading,
            );
        }
        let most = layer.rule.visible(layer.tokens.saturating_sub(1)).len() as f64;
        let room = end.saturating_sub(x + NUMBER + 1);
        for row in 0..self.heat.rows {
            let at = self.row + row;
            let chosen = at == self.state.cursor().query.0;
            let value = f64::from(TokenNumber::Entropy.of(layer, select, at));
            let told = self.state.share_of_number(TokenNumber::Entropy, at);
            let number = match told {
                Some(_) => narrow(Some(value), 4),
                None => UNDEFINED.to_owned(),
            };
            let (text, line) = match chosen {
                true => (Role::Query, Role::Query),
                false => (Role::Dim, Role::Entropy),
            };
            let y = self.plan.middle(row);
            let style = canvas.theme.style(text);
            canvas.text(
                x,
                y,
                NUMBER,
                &format!("{number:>w$}", w = usize::from(NUMBER)),
                style,
            );
            if self.plan.bars && told.is_some() && most > 1.0 {
                let style = canvas.theme.style(line);
                let length = bar(value / most.ln(), room);
                canvas.text(x + NUMBER + 1, y, room, &length, style);
            }
        }
    }

    /// What each key receives of a query that can see it: bars against the largest, and numbers.
    pub(super) fn received(&self, canvas: &mut Canvas, inner: Area) {
        let Some(layer) = self.state.layer().filter(|_| self.plan.received > 0) else {
            return;
        };
        let field = self.plan.field;
        let (across, _) = self.plan.cell.shape();
        let top = field.y + field.height + self.plan.edge + 1;
        // Numbers stand below cells that have theirs.
        let numbered = self.plan.cell.is_numbered();
        let bars = self.plan.received - 1 - u16::from(numbered);
        let of = |at: usize| TokenNumber::Received.of(layer, self.state.select(), at);
        let values: Vec<f32> = (0..self.heat.columns)
            .map(|c| of(self.column + c))
            .collect();
        let most = values.iter().copied().fold(0.0, f32::max);
        for (at, value) in values.into_iter().enumerate() {
            let chosen = self.column + at == self.state.cursor().key.0;
            let role = if chosen { Role::Accent } else { Role::Dim };
            let style = canvas.theme.style(role);
            let x = self.plan.left(at);
            for row in 0..bars {
                let part = column(f64::from(value / most), bars, row);
                let wide = if numbered {
                    1..across - 1
                } else {
                    0..(across - 1).max(1)
                };
                for dx in wide {
                    canvas.text(x + dx, top + bars - 1 - row, 1, part, style);
                }
            }
            if !numbered {
                continue;
            }
            let text = in_cell(value, usize::from(across) - 2);
            let width = text.len() as u16;
            let pad = across.saturating_sub(width).div_ceil(2);
            canvas.text(x + pad, top + bars, width, &text, style);
        }
        let name = TokenNumber::Received.name();
        let room = usize::from(self.plan.gutter.saturating_sub(3));
        if name.len() <= room {
            let style = canvas.theme.style(Role::Dim);
            let y = top + bars.max(1) - 1;
            canvas.text(
                inner.x + 1,
                y,
                room as u16,
                &format!("{name:>room$}"),
                style,
            );
        }
    }

    /// The same numbers of the chosen row and column, where there is no room for margins.
    pub(super) fn figures(&self, canvas: &mut Canvas, area: Area) {
        // They are those of one token, not of a name that is taken as one.
        let Some(layer) = self.state.layer().filter(|_| self.state.span().is_none()) else {
            return;
        };
        let (cursor, select) = (self.state.cursor(), self.state.select());
        let received = f64::from(TokenNumber::Received.of(layer, select, cursor.key.0));
        let entropy = f64::from(TokenNumber::Entropy.of(layer, select, cursor.query.0));
        let known = self
            .state
            .share_of_number(TokenNumber::Entropy, cursor.query.0);
        let dim = canvas.theme.style(Role::Dim);
        let text = canvas.theme.style(Role::Text);
        let entropy = share(known.map(|_| entropy));
        let room = area.width.saturating_sub(2);
        let line = Line::default()
            .part(1, format!("{} ", TokenNumber::Received.name()), dim)
            .part(1, share(Some(received)), text)
            .part(1, "   ", dim)
            .part(2, format!("{} ", TokenNumber::Entropy.name()), dim)
            .part(0, "of the row ", dim)
            .part(2, entropy, text)
            .fit(room);
        canvas.line(area.x + 1, area.y, room, &line);
    }
}
