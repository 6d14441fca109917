//! The legend below the heatmap, and the readout beside it.

use super::super::canvas::{Canvas, Span, measure};
use super::super::fit::Line;
use super::super::theme::Role;
use super::super::words::weight;
use super::pixels;
use crate::lens::{Grid, Scale};
use crate::paint::Level;
use crate::view::{Area, State};

/// Cells that are left for the readout before the legend says more than its ends.
const READOUT: u16 = 36;

/// The colours from least to most, and the exact weight under the cursor.
pub(super) fn legend(canvas: &mut Canvas, area: Area, state: &State, heat: &Grid) {
    let nan = heat.cells.iter().any(|cell| cell.is_some_and(f32::is_nan));
    let (low, high) = ends(state.scale());
    let mut used = scale(canvas, area, (&low, &high), nan);
    let name = ways(canvas, state);
    if used + measure(&name) + READOUT < area.width {
        used += canvas.line(area.x + used, area.y, area.width, &name);
    }
    // A blank stays beside the frame.
    let room = area.width.saturating_sub(used + 4);
    let line = readout(canvas, state, room);
    canvas.line(area.x + used + 3, area.y, room, &line);
}

/// What the lowest and the highest value stand for.
pub(super) fn ends(scale: Scale) -> (String, String) {
    let (low, high) = scale.ends();
    (low.to_owned(), high.to_owned())
}

/// The colours from least to most between what the ends stand for; tells the cells used.
pub(super) fn scale(canvas: &mut Canvas, area: Area, (low, high): (&str, &str), nan: bool) -> u16 {
    let levels = u16::from(canvas.theme.ramp().levels());
    let cells = match levels {
        24 if area.width >= 90 => 24,
        24 if area.width >= 46 => 12,
        24 => 6,
        few => few,
    };
    let mut x = area.x;
    let style = canvas.theme.style(Role::Dim);
    x += canvas.text(x, area.y, area.width, &format!(" {low} "), style);
    for at in 0..cells {
        let level = |part: u16| {
            let of = match cells < levels {
                // Two levels a cell, from the lowest to the highest.
                true => (2 * at + part) * (levels - 1) / (2 * cells - 1),
                false => at,
            };
            Level::Value(of as u8)
        };
        if cells < levels {
            let (left, right) = (canvas.theme.level(level(0)), canvas.theme.level(level(1)));
            canvas.cell(x + at, area.y, "▌", left, right);
        } else {
            pixels::solid(canvas, x + at, area.y, 1, level(0));
        }
    }
    x += cells;
    x += canvas.text(x, area.y, area.width, &format!(" {high}"), style);
    if nan {
        x += canvas.text(x, area.y, 2, "  ", style);
        pixels::solid(canvas, x, area.y, 1, Level::Nan);
        x += 1 + canvas.text(x + 1, area.y, 4, " NaN", style);
    }
    x - area.x
}

/// The scale and the colour map by name.
fn ways(canvas: &Canvas, state: &State) -> [Span; 1] {
    let scale = state.scale().name();
    let name = match canvas.theme.has_colour() {
        true => format!("  {scale} · {}", canvas.theme.ramp().palette().map.name()),
        false => format!("  {scale}"),
    };
    [canvas.span(name, Role::Dim)]
}

/// `'It' → 'cat' 0.985`: the exact weight, whatever the scale.
pub(super) fn readout(canvas: &Canvas, state: &State, room: u16) -> Vec<Span> {
    let cursor = state.cursor();
    let [query, key] = state.ends();
    let (value, role) = match state.readout() {
        Some(value) if value.is_nan() => ("NaN".to_owned(), Role::Bad),
        Some(value) => (weight(value), Role::Accent),
        None if !state.keeps(cursor.query) => ("not kept".to_owned(), Role::Dim),
        None if cursor.key.0 > cursor.query.0 => ("masked: comes later".to_owned(), Role::Dim),
        None => ("masked: outside the window".to_owned(), Role::Dim),
    };
    let dim = canvas.theme.style(Role::Dim);
    let names = [Role::Query, Role::Strong].map(|role| canvas.theme.style(role));
    Line::default()
        .name(3, Some(&query.label), 24, names[0])
        .part(2, format!("({})", query.position), dim)
        .part(3, " → ", dim)
        .name(3, Some(&key.label), 24, names[1])
        .part(2, format!("({})", key.position), dim)
        .part(3, "  ", dim)
        .part(4, value, canvas.theme.style(role))
        .fit(room)
}
