//! The numbers of all heads, as a table.

use super::super::canvas::{Canvas, Titles};
use super::super::theme::Role;
use crate::view::{Area, State};

/// The table.
pub fn table(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let titles = Titles {
        left: vec![canvas.span(format!("{} layers", state.layers()), Role::Strong)],
        ..Titles::default()
    };
    canvas.frame(area, false, &titles);
}
