//! The empty triangle of the heatmap: the head's card where the map is large, a loupe where its cells
//! are small.

use ratatui::style::{Modifier, Style};

use super::super::canvas::{Canvas, Titles, measure};
use super::super::theme::Role;
use super::super::words::{bar, in_cell};
use super::pixels;
use super::window::Window;
use crate::capture::{Key, Query};
use crate::lens::{Measure, Scale, Select, UNDEFINED};
use crate::paint::Level;
use crate::view::Area;

/// Columns of the card's names, numbers and bars.
const CARD: (u16, u16, u16) = (18, 8, 12);

/// What the card tells, with the colours that these numbers have elsewhere.
const TOLD: [(Measure, Role); 6] = [
    (Measure::SelfWeight, Role::Own),
    (Measure::Previous, Role::Previous),
    (Measure::First, Role::First),
    (Measure::EntropyRelative, Role::Entropy),
    (Measure::Duplicate, Role::Dim),
    (Measure::Induction, Role::Dim),
];

/// Columns and rows of the loupe, its frame included.
const LOUPE: (u16, u16) = (17, 5);

impl Window<'_> {
    /// What the corner has room for.
    pub(super) fn corner(&self, canvas: &mut Canvas, inner: Area) {
        if self.plan.cell.is_numbered() {
            self.card(canvas);
        } else {
            self.loupe(canvas, inner);
        }
    }

    /// Whether nothing but empty cells lies under an area and a blank around it.
    fn is_empty(&self, canvas: &Canvas, area: Area) -> bool {
        let field = self.plan.field;
        let (across, _) = self.plan.cell.shape();
        let columns = |x: u16| usize::from(x.saturating_sub(field.x) / across.max(1));
        let first = columns(area.x.saturating_sub(2));
        (area.y..=area.y + area.height).all(|y| {
            let Some(dy) = y.checked_sub(field.y).filter(|dy| *dy < field.height) else {
                return true;
            };
            (first..=columns(area.x + area.width))
                .all(|column| self.levels(canvas, dy, column) == [Level::Masked; 2])
        })
    }

    /// What kind of head it is and its numbers.
    fn card(&self, canvas: &mut Canvas) {
        let (state, field, at) = (self.state, self.plan.field, self.state.cursor());
        let shown = state.select() == Select::Head(at.head) && !state.is_part();
        let Some(numbers) = state.numbers_of(at.layer, at.head).filter(|_| shown) else {
            return;
        };
        let kind = match state.kind_of(at.layer, at.head) {
            Some(kind) => kind.kind.name(),
            None => "no single kind",
        };
        let mut title = vec![canvas.span(kind, Role::Strong)];
        if let Some(distance) = Measure::Distance.of(numbers).filter(|d| d.is_finite()) {
            let told = format!(" · looks {distance:.1} tokens back");
            title.push(canvas.span(told, Role::Dim));
        }
        let width = measure(&title).max(CARD.0 + CARD.1 + CARD.2);
        let height = 2 + TOLD.len() as u16;
        let area = Area {
            x: (field.x + field.width).saturating_sub(width + 1),
            y: field.y + 1,
            width,
            height,
        };
        if area.x <= field.x || !self.is_empty(canvas, area) {
            return;
        }
        canvas.clear(area);
        canvas.line(area.x, area.y, width, &title);
        for ((measure, role), y) in TOLD.into_iter().zip(area.y + 2..) {
            let value = measure.of(numbers);
            let number = value.map_or_else(|| UNDEFINED.to_owned(), |value| format!("{value:.3}"));
            let line = [
                canvas.span(
                    format!("{:<w$}", measure.title(), w = usize::from(CARD.0)),
                    Role::Dim,
                ),
                canvas.span(format!("{number:<w$}", w = usize::from(CARD.1)), Role::Text),
                canvas.span(bar(value.unwrap_or(0.0), CARD.2), role),
            ];
            canvas.line(area.x, y, width, &line);
        }
    }

    /// The nine weights around the cursor as numbers: with it small cells lose no exactness.
    fn loupe(&self, canvas: &mut Canvas, inner: Area) {
        let (field, cursor) = (self.plan.field, self.state.cursor());
        let end = match self.plan.entropy {
            0 => (inner.x + inner.width).saturating_sub(1),
            _ => field.x + field.width,
        };
        let area = Area {
            x: end.saturating_sub(LOUPE.0),
            y: field.y,
            width: LOUPE.0,
            height: LOUPE.1,
        };
        let fits = area.x > field.x && field.height >= 2 * LOUPE.1;
        // Among cells that are empty there is nothing to look at.
        let some = cursor.key.0 <= cursor.query.0 + 2;
        let Some(pattern) = self.state.pattern().filter(|_| fits && some) else {
            return;
        };
        if !self.is_empty(canvas, area) {
            return;
        }
        canvas.clear(area);
        let titles = Titles {
            left: vec![canvas.span("nearby", Role::Dim)],
            ..Titles::default()
        };
        canvas.frame(area, false, &titles);
        let inside = area.inner();
        for (dy, row) in (0..3u16).zip(inside.y..) {
            for dx in 0..3u16 {
                let query = (cursor.query.0 + usize::from(dy)).checked_sub(1);
                let key = (cursor.key.0 + usize::from(dx)).checked_sub(1);
                let (Some(query), Some(key)) = (query, key) else {
                    continue;
                };
                let x = inside.x + 5 * dx;
                let n = self.state.tokens();
                let weight = (query < n && key < n)
                    .then(|| pattern.weight(Query(query), Key(key)))
                    .flatten();
                let Some(weight) = weight else { continue };
                let scale = match self.state.scale() {
                    scale if scale.needs_row() => Scale::Raw,
                    scale => scale,
                };
                let level = canvas.theme.ramp().level(Some(scale.of_cell(weight)));
                let text = match in_cell(weight, 3) {
                    empty if empty.is_empty() && !weight.is_nan() => ".00".to_owned(),
                    text => text,
                };
                let mut style = canvas.theme.ink_on(level);
                if canvas.theme.has_colour() {
                    pixels::solid(canvas, x, row, 5, level);
                } else {
                    style = Style::new();
                }
                if (dx, dy) == (1, 1) {
                    style = style.add_modifier(Modifier::BOLD);
                }
                canvas.text(x + 1, row, 3, &text, style);
            }
        }
        self.loupe_brackets(canvas, (inside.x + 5, inside.y + 1));
    }

    /// Brackets beside the number in the middle of the loupe.
    fn loupe_brackets(&self, canvas: &mut Canvas, (x, y): (u16, u16)) {
        let style = canvas.theme.style(Role::Accent);
        let [left, right] = match canvas.theme.has_colour() {
            true => ["▐", "▌"],
            false => ["[", "]"],
        };
        canvas.text(x - 1, y, 1, left, style);
        canvas.text(x + 5, y, 1, right, style);
    }
}
