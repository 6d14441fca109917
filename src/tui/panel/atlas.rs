//! All heads of all layers, as pictures or as one number each.

use super::super::canvas::{Canvas, Titles};
use super::super::theme::Role;
use crate::view::{Area, State};

/// The heads.
pub fn atlas(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let titles = Titles {
        left: vec![canvas.span(
            format!("all heads of {} layers", state.layers()),
            Role::Strong,
        )],
        ..Titles::default()
    };
    canvas.frame(area, true, &titles);
}
