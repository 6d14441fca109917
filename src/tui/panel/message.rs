//! The row for messages, above the last one.

use super::super::canvas::{Canvas, Span, measure};
use super::super::fit::Line;
use super::super::theme::Role;
use crate::lens::Measure;
use crate::token::Label;
use crate::view::{Act, Area, Message, Place, State};

/// The message, or what is useful to know where there is none.
pub fn message(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    // The key that shows a message whole, where it is alive.
    let key = state.keymap().key_of(Act::Origin);
    let key = key.filter(|_| state.places().contains(&Place::Screens));
    let key = key.map_or_else(String::new, |key| key.name());
    let message = state.message();
    let has_details = matches!(message, Message::Notice(..));
    let (mark, text, more) = match message {
        Message::Wrong(text) => (canvas.span(" ! ", Role::Bad), text, String::new()),
        Message::Done(text) => (canvas.span(" ✓ ", Role::Own), text, String::new()),
        Message::Notice(text, more) => {
            let more = match (more, key.is_empty()) {
                (0, _) => String::new(),
                (more, true) => format!(" +{more} more"),
                (more, false) => format!(" +{more} more,"),
            };
            (notice(canvas), text, more)
        }
        Message::Rest => {
            let room = area.width.saturating_sub(2);
            let line = at_rest(canvas, state, room);
            canvas.line(area.x + 1, area.y, room, &line);
            return;
        }
    };
    let label = Label::of_text(&text);
    let is_cut = label.width() + 4 + more.len() > usize::from(area.width);
    let mut more = vec![canvas.span(more, Role::Dim)];
    if !key.is_empty() && (is_cut || has_details) {
        more.push(canvas.span(format!(" {key}"), Role::Accent));
        more.push(canvas.span(
            if is_cut {
                " shows it whole "
            } else {
                " shows all "
            },
            Role::Dim,
        ));
    }
    let room = area.width.saturating_sub(measure(&more));
    let text = label.clip(usize::from(room).saturating_sub(4));
    let line = [mark, canvas.span(text, Role::Text)];
    let used = canvas.line(area.x, area.y, room, &line);
    canvas.line(area.x + used, area.y, area.width - used, &more);
}

fn notice(canvas: &Canvas) -> Span {
    canvas.span(" ▲ ", Role::Accent)
}

/// Why the explorer opened where it did, else what kind of head is shown, and the key that explains the screen.
fn at_rest(canvas: &Canvas, state: &State, room: u16) -> Vec<Span> {
    let mut line = Line::default();
    let at = state.cursor();
    let dim = canvas.theme.style(Role::Dim);
    if let Some(opened) = state.opening_sentence() {
        let (why, cell) = opened.split_once(": ").unwrap_or(("", &opened));
        if !why.is_empty() {
            line = line.part(2, format!("{why}: "), dim);
        }
        line = line.part(4, cell, dim).part(4, "   ", dim);
    } else if let Some(numbers) = state.numbers_of(at.layer, at.head) {
        line = line.part(3, format!("layer {} head {}: ", at.layer, at.head), dim);
        line = match state.kind_of(at.layer, at.head) {
            Some(kind) => {
                line.part(4, kind.to_string(), dim)
                    .part(2, format!(", {}", kind.kind.doc()), dim)
            }
            None => line.part(4, "no single kind", dim),
        };
        if let Some(distance) = Measure::Distance.of(numbers).filter(|d| d.is_finite()) {
            let told = format!(" · looks {distance:.1} tokens back");
            line = line.part(1, told, dim);
        }
        line = line.part(4, "   ", dim);
    }
    if let Some(key) = state.keymap().key_of(Act::Help) {
        line = line
            .part(5, key.name(), canvas.theme.style(Role::Accent))
            .part(5, " explains the screen", dim);
    }
    line.fit(room)
}
