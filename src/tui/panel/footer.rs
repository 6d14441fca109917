//! The line at the bottom: what keys do now.

use super::super::canvas::{Canvas, measure};
use super::super::theme::Role;
use super::found::sought;
use crate::view::{Area, State};

/// What was found, and what keys do now, as many as fit; the last, which leave, stay.
pub fn footer(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let hints: Vec<_> = state
        .hints()
        .into_iter()
        .map(|(keys, word)| {
            [
                canvas.span(keys, Role::Accent),
                canvas.span(format!(" {word}  "), Role::Dim),
            ]
        })
        .collect();
    let keep = hints.len().saturating_sub(2);
    let tail: u16 = hints.iter().skip(keep).map(|hint| measure(hint)).sum();
    let room = area.width.saturating_sub(1);
    let mut x = area.x + 1;
    x += canvas.line(x, area.y, room, &sought(canvas, state));
    for (at, hint) in hints.iter().enumerate() {
        let reserved = if at < keep { tail } else { 0 };
        let used = x - area.x - 1;
        if used + measure(hint) + reserved > room + 2 {
            continue;
        }
        x += canvas.line(x, area.y, area.width.saturating_sub(used + 1), hint);
    }
}
