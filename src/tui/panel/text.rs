//! The text itself, each token on the colour of its weight.

use super::super::canvas::{Canvas, Titles};
use super::super::theme::Role;
use crate::view::{Area, State};

/// The text.
pub fn text(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let titles = Titles {
        left: vec![canvas.span("text", Role::Strong)],
        ..Titles::default()
    };
    canvas.frame(area, true, &titles);
    let Some(capture) = state.capture() else {
        return;
    };
    let inner = area.inner();
    canvas.text(
        inner.x,
        inner.y,
        inner.width,
        &format!("{}", capture.len()),
        ratatui::style::Style::new(),
    );
}
