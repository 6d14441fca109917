//! Every head of the layer as a small heatmap.

use super::super::canvas::{Canvas, Titles};
use super::super::theme::Role;
use super::super::words::share;
use super::pixels;
use crate::capture::{Head, Pool, tile_of};
use crate::lens::{Grid, Pattern, Scale, Select};
use crate::paint::Level;
use crate::view::{Area, GridPlan, Pane, State};

/// The grid of heads, all at one scale so that they compare.
pub fn grid(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let cursor = state.cursor();
    let heads = state.heads();
    let (plan, first_row) = state.grid_plan();
    let first = first_row * plan.columns;
    let last = (first + plan.rows * plan.columns).min(heads);
    let count = match last - first.min(last) < heads {
        true => format!("{first}–{} of {heads}", last.saturating_sub(1)),
        false => heads.to_string(),
    };
    // Small pictures hold no rows, so scales that need them fall back to the weights.
    let count = match state.scale().needs_row() {
        true => format!("{} · {count}", Scale::Raw.name()),
        false => count,
    };
    let titles = Titles {
        left: vec![
            canvas.span("heads of ", Role::Strong),
            canvas.span(format!("layer {}", cursor.layer), Role::Strong),
        ],
        right: vec![canvas.span(count, Role::Dim)],
        ..Titles::default()
    };
    canvas.frame(area, state.focus() == Pane::Grid, &titles);
    let Some(layer) = state.layer() else { return };
    let inner = area.inner();
    let stride = plan.step(inner);
    for head in first..last {
        let at = head - first;
        let x = inner.x + 1 + (at % plan.columns) as u16 * stride;
        let y = inner.y + (at / plan.columns) as u16 * plan.stride();
        if y + plan.stride() > inner.y + inner.height + plan.numbers {
            break;
        }
        let x = x.min((inner.x + inner.width).saturating_sub(plan.width));
        let chosen = state.select() == Select::Head(Head(head));
        let under = cursor.head.0 == head;
        let name = match (chosen, under) {
            (true, _) => [
                canvas.span(head.to_string(), Role::Accent),
                canvas.span(" ●", Role::Accent),
            ],
            (false, true) => [
                canvas.span(head.to_string(), Role::Accent),
                canvas.span(" ○", Role::Accent),
            ],
            (false, false) => [
                canvas.span(head.to_string(), Role::Dim),
                canvas.span("", Role::Dim),
            ],
        };
        canvas.line(x, y, plan.width, &name);
        let pattern = Pattern::new(layer, Select::Head(Head(head)), state.scale());
        let picture = Area {
            x,
            y: y + 1,
            width: plan.width,
            height: plan.height,
        };
        picture_of(canvas, picture, &pattern.thumbnail(Pool::Max));
        if plan.numbers > 0 {
            numbers(canvas, x, y + 1 + plan.height, &plan, state, Head(head));
        }
    }
}

/// What a head does most, below its picture.
fn numbers(canvas: &mut Canvas, x: u16, y: u16, plan: &GridPlan, state: &State, head: Head) {
    let Some(numbers) = state.numbers(head) else {
        return;
    };
    let shown = [
        ("prev", numbers.previous),
        ("self", numbers.self_weight),
        ("1st", numbers.first),
    ];
    let most = shown.iter().map(|(_, v)| *v).fold(0.0, f64::max);
    for (row, (name, value)) in shown.into_iter().enumerate() {
        let role = if value == most && value >= 0.3 {
            Role::Accent
        } else {
            Role::Text
        };
        let mut number = share(value);
        if plan.width < 9 {
            number = number.trim_start_matches('0').to_owned();
        }
        let line = [
            canvas.span(format!("{name:<5}"), Role::Dim),
            canvas.span(number, role),
        ];
        canvas.line(x, y + row as u16, plan.width, &line);
    }
}

/// A whole pattern in a small area: the largest weight of each tile, or larger squares where there
/// are fewer weights than cells.
fn picture_of(canvas: &mut Canvas, area: Area, grid: &Grid) {
    let halves = if canvas.theme.has_colour() { 2 } else { 1 };
    let (rows, columns) = (usize::from(area.height * halves), usize::from(area.width));
    let mut tiles: Vec<Option<f32>> = vec![None; rows * columns];
    let pool = |old: Option<f32>, new: Option<f32>| match (old, new) {
        (None, value) | (value, None) => value,
        (Some(a), Some(b)) if a.is_nan() || b.is_nan() => Some(f32::NAN),
        (Some(a), Some(b)) => Some(a.max(b)),
    };
    // Each tile of the picture covers these of the thumbnail, at least one.
    let span = |tile: usize, tiles: usize, all: usize| {
        let from = tile_of(tile, tiles, all);
        from..tile_of(tile + 1, tiles, all).max(from + 1).min(all)
    };
    for (at, tile) in tiles.iter_mut().enumerate() {
        for r in span(at / columns.max(1), rows, grid.rows) {
            for c in span(at % columns.max(1), columns, grid.columns) {
                *tile = pool(*tile, grid.get(r, c));
            }
        }
    }
    let level = |canvas: &Canvas, row: usize, column: usize| -> Level {
        let value = tiles.get(row * columns + column).copied().flatten();
        canvas.theme.ramp().level(value)
    };
    for y in 0..area.height {
        for x in 0..area.width {
            let (px, py) = (area.x + x, area.y + y);
            let column = usize::from(x);
            if halves == 2 {
                let upper = level(canvas, usize::from(y) * 2, column);
                let lower = level(canvas, usize::from(y) * 2 + 1, column);
                pixels::pair(canvas, px, py, upper, lower);
            } else {
                let value = level(canvas, usize::from(y), column);
                pixels::solid(canvas, px, py, 1, value);
            }
        }
    }
}
