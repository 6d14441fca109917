//! The text being edited, in a box over the screen.

use ratatui::style::Modifier;

use super::super::canvas::{Canvas, Span, Titles};
use super::super::fit::Line;
use super::super::theme::Role;
use crate::view::{Act, Area, EditRows, Place, State};

/// The editor, if the text is edited: as high as its rows, as far as the screen goes.
pub fn editor(canvas: &mut Canvas, state: &State) {
    let Some(editor) = state.editor() else { return };
    let screen = state.size();
    let columns = state.edit_columns();
    let EditRows { rows, cursor } = EditRows::of(editor, columns);
    let most = usize::from(screen.1.saturating_sub(4)).max(1);
    let shown = rows.len().clamp(2, most.max(2));
    let (width, height) = (columns as u16 + 4, shown as u16 + 2);
    let area = Area {
        x: screen.0.saturating_sub(width) / 2,
        // The first row stays where it is while the text grows, as long as there is room below.
        y: (screen.1 / 4).min(screen.1.saturating_sub(height + 2)),
        width: width.min(screen.0),
        height: height.min(screen.1),
    };
    canvas.clear(area);
    let first = (cursor.0 + 1).saturating_sub(shown);
    let counted = match rows.len() > shown {
        true => vec![canvas.span(format!("row {} of {}", cursor.0 + 1, rows.len()), Role::Dim)],
        false => Vec::new(),
    };
    let titles = Titles {
        left: vec![canvas.span("text", Role::Strong)],
        right: counted,
        bottom: keys(canvas, state, area.width),
    };
    canvas.frame(area, true, &titles);
    let inner = area.inner();
    let style = canvas.theme.style(Role::Text);
    for (y, (at, row)) in rows.iter().enumerate().skip(first).take(shown).enumerate() {
        let y = inner.y + y as u16;
        let mut x = inner.x + 1;
        for (place, letter) in row.iter().enumerate() {
            let style = match (at, place) == cursor {
                true => style.add_modifier(Modifier::REVERSED),
                false => style,
            };
            let room = (inner.x + inner.width).saturating_sub(x);
            x += canvas.text(x, y, room, &letter.text, style);
        }
    }
}

/// What the keys that leave the editor do.
fn keys(canvas: &Canvas, state: &State, width: u16) -> Vec<Span> {
    let (accent, dim) = (
        canvas.theme.style(Role::Accent),
        canvas.theme.style(Role::Dim),
    );
    let told = [
        (4, Act::Run, " runs it"),
        (1, Act::NewLine, " begins a line"),
        (2, Act::EditOutside, " opens your editor"),
        (3, Act::Abandon, " abandons"),
    ];
    let mut line = Line::default();
    for (worth, act, what) in told {
        if let Some(key) = state.keymap().key_in(Place::Editor, act) {
            let gap = if worth == 4 { "" } else { " · " };
            line = line.part(worth, gap, dim).part(worth, key.name(), accent);
            line = line.part(worth, what, dim);
        }
    }
    line.fit(width.saturating_sub(6))
}
