//! What was sought in the text, and how often it is there.

use super::super::canvas::{Canvas, Span};
use super::super::theme::Role;
use crate::token::Label;
use crate::view::{Screen, State, Wrapped};

/// Cells that the sought line takes at most.
const SOUGHT: usize = 24;

/// `3 of 17`, and where finding began anew.
pub(super) fn count(canvas: &Canvas, state: &State) -> Vec<Span> {
    let Some(found) = state.found() else {
        return Vec::new();
    };
    let told = match (found.of, found.at) {
        (0, _) => return vec![canvas.span("not found", Role::Bad)],
        (of, Some(at)) => format!("{at} of {of}"),
        (of, None) => format!("– of {of}"),
    };
    // Only of the place that finding went to.
    let from = match found.wrapped.filter(|_| found.at.is_some()) {
        None => "",
        Some(Wrapped::Top) => " · from the top",
        Some(Wrapped::Bottom) => " · from the bottom",
    };
    vec![
        canvas.span(told, Role::Accent),
        canvas.span(from, Role::Dim),
    ]
}

/// The same, after what was sought, where keys go on to the next place.
pub(super) fn sought(canvas: &Canvas, state: &State) -> Vec<Span> {
    let found = state.found().filter(|_| state.screen() != Screen::Atlas);
    let Some(found) = found else {
        return Vec::new();
    };
    let text = Label::of_text(found.sought).clip(SOUGHT);
    let mut line = vec![canvas.span(format!("/{text} "), Role::Text)];
    line.extend(count(canvas, state));
    line.push(canvas.span("  ", Role::Text));
    line
}
