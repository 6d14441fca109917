//! Every head of the layer as a small heatmap.

use std::ops::Range;

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
    // Spread over the width, with a gap of one to four columns.
    let columns = plan.columns.max(1) as u16;
    let stride = (inner.width / columns).clamp(plan.width + 1, plan.width + 4);
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
        let halves = if canvas.theme.has_colour() { 2 } else { 1 };
        let outline = match chosen && state.is_part() {
            true => Some(Outline::of(state, picture, halves)),
            false => None,
        };
        picture_of(canvas, picture, &pattern.thumbnail(Pool::Max), outline);
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

/// Where the window of the zoomed heatmap lies in the picture of its head, in cells of the picture.
#[derive(Clone, Debug)]
struct Outline {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Outline {
    /// The outline in a picture with `halves` cells in the height of one of the terminal's.
    fn of(state: &State, picture: Area, halves: u16) -> Self {
        let (tiles, n) = (state.tiles(), state.tokens());
        let part = |part: &Range<usize>, cells: u16| {
            let cells = usize::from(cells);
            let token = |cell: usize| (cell * tiles.tile).min(n.saturating_sub(1));
            let first = tile_of(token(part.start), n.max(1), cells);
            let last = tile_of(token(part.end.saturating_sub(1)), n.max(1), cells);
            first..last + 1
        };
        Self {
            rows: part(&tiles.rows, picture.height * halves),
            columns: part(&tiles.columns, picture.width),
        }
    }

    /// Whether a cell is on the outline.
    fn has(&self, row: usize, column: usize) -> bool {
        let edge = |part: &Range<usize>, at: usize| at == part.start || at + 1 == part.end;
        self.rows.contains(&row)
            && self.columns.contains(&column)
            && (edge(&self.rows, row) || edge(&self.columns, column))
    }
}

/// A whole pattern in a small area: the largest weight of each tile, or larger squares where there
/// are fewer weights than cells.
fn picture_of(canvas: &mut Canvas, area: Area, grid: &Grid, outline: Option<Outline>) {
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
    let outlined = |row: usize, column: usize| {
        let outline = outline.as_ref();
        outline.is_some_and(|outline| outline.has(row, column))
    };
    let accent = canvas.theme.style(Role::Accent);
    let colour = |canvas: &Canvas, row: usize, column: usize| match outlined(row, column) {
        true => canvas.theme.colour(Role::Accent),
        false => canvas.theme.level(level(canvas, row, column)),
    };
    for y in 0..area.height {
        for x in 0..area.width {
            let (px, py) = (area.x + x, area.y + y);
            let column = usize::from(x);
            if halves == 2 {
                let upper = colour(canvas, usize::from(y) * 2, column);
                let lower = colour(canvas, usize::from(y) * 2 + 1, column);
                pixels::colours(canvas, px, py, upper, lower);
            } else if outlined(usize::from(y), column) {
                canvas.text(px, py, 1, "o", accent);
            } else {
                let value = level(canvas, usize::from(y), column);
                pixels::solid(canvas, px, py, 1, value);
            }
        }
    }
}
