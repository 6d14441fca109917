//! The line on top: what is shown, and what runs.

use ratatui::style::Modifier;

use super::super::canvas::{Canvas, measure};
use super::super::theme::Role;
use super::super::words::{bar, safe};
use crate::token::Label;
use crate::view::{Area, State};

/// The model, its sizes, and the run that goes on.
pub fn header(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let mut right = Vec::new();
    if let Some(running) = state.running() {
        let mut text = safe(running.stage);
        if running.total > 0 {
            text.push_str(&format!(" {}/{}", running.done, running.total));
        }
        right.push(canvas.span(text, Role::Accent));
        if running.total > 0 {
            let done = running.done as f64 / running.total as f64;
            let done = bar(done, 10);
            let rest = 10usize.saturating_sub(done.chars().count());
            right.push(canvas.span(format!(" {done}"), Role::Own));
            right.push(canvas.span("·".repeat(rest), Role::Frame));
        }
        right.push(canvas.span("  Esc", Role::Accent));
        right.push(canvas.span(" cancels ", Role::Dim));
    }
    right.extend(state.tabs().into_iter().map(|(screen, words)| {
        let style = canvas.theme.style(Role::Accent);
        match screen == state.screen() {
            true => (words, style.add_modifier(Modifier::REVERSED)),
            false => canvas.span(words, Role::Dim),
        }
    }));
    if !state.problems().is_empty() {
        right.insert(0, canvas.span("▲ don't trust ", Role::Bad));
        right.insert(1, canvas.span("i", Role::Accent));
        right.insert(2, canvas.span(" tells  ", Role::Dim));
    }
    let room = area.width.saturating_sub(measure(&right) + 2);
    let mut left = vec![canvas.span(" headlight ", Role::Accent)];
    let name = Label::of_text(state.model()).clip(usize::from(area.width / 3));
    left.push(canvas.span(name, Role::Strong));
    if let Some(capture) = state.capture() {
        let (shape, origin) = (&capture.shape, &capture.origin);
        let mut facts = Vec::new();
        if state.from_file() {
            facts.push("capture".to_owned());
        }
        facts.extend([
            format!(
                "{} × {}",
                counted(shape.layers, "layer"),
                counted(shape.heads, "head")
            ),
            counted(capture.len(), "token"),
            safe(format!("{} {}", origin.dtype, origin.device).trim()),
        ]);
        for fact in facts {
            let fact = canvas.span(format!("  ·  {fact}"), Role::Dim);
            if measure(&left) + measure(std::slice::from_ref(&fact)) > room {
                break;
            }
            left.push(fact);
        }
    }
    canvas.line(area.x, area.y, room, &left);
    canvas.line_right(area.x, area.y, area.width, &right);
}

/// A number and what it counts.
fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
