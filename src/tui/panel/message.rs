//! The row for messages, above the last one.

use super::super::canvas::{Canvas, Span, measure};
use super::super::fit::Line;
use super::super::theme::Role;
use crate::lens::Measure;
use crate::token::Label;
use crate::view::{Act, Area, Message, State};

/// The message, or what is useful to know where there is none.
pub fn message(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let (mark, text, more) = match state.message() {
        Message::Wrong(text) => (canvas.span(" ! ", Role::Bad), text, String::new()),
        Message::Done(text) => (canvas.span(" ✓ ", Role::Own), text, String::new()),
        Message::Notice(text, 0) => (notice(canvas), text, " i tells all ".to_owned()),
        Message::Notice(text, more) => {
            let more = format!(" +{more} more, i tells all ");
            (notice(canvas), text, more)
        }
        Message::Rest => {
            let room = area.width.saturating_sub(2);
            let line = at_rest(canvas, state, room);
            canvas.line(area.x + 1, area.y, room, &line);
            return;
        }
    };
    let more = [canvas.span(more, Role::Dim)];
    let room = area.width.saturating_sub(measure(&more));
    let text = Label::of_text(&text).clip(usize::from(room).saturating_sub(4));
    let line = [mark, canvas.span(text, Role::Text)];
    let used = canvas.line(area.x, area.y, room, &line);
    canvas.line(area.x + used, area.y, area.width - used, &more);
}

fn notice(canvas: &Canvas) -> Span {
    canvas.span(" ▲ ", Role::Accent)
}

/// What kind of head is shown, and the key that explains the screen.
fn at_rest(canvas: &Canvas, state: &State, room: u16) -> Vec<Span> {
    let mut line = Line::default();
    let at = state.cursor();
    let dim = canvas.theme.style(Role::Dim);
    if let Some(numbers) = state.numbers_of(at.layer, at.head) {
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
