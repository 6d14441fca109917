//! Every head of the layer as a small heatmap.

use super::super::canvas::{Canvas, Titles};
use super::super::theme::Role;
use super::super::words::share;
use super::picture::{self, Outline};
use crate::capture::Head;
use crate::lens::{self, Measure, Scale, Select};
use crate::view::{Area, GridPlan, Pane, Screen, State};

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
    let (count, scale) = match state.scale().needs_row() {
        true => (format!("{} · {count}", Scale::Raw.name()), Scale::Raw),
        false => (count, state.scale()),
    };
    // That some heads are out of sight is said before what they are.
    let name = format!("heads of layer {}", cursor.layer);
    let fits = name.len() + count.chars().count() + 8 <= usize::from(area.width);
    let name = if fits { name } else { "heads".to_owned() };
    let titles = Titles {
        left: vec![canvas.span(name, Role::Strong)],
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
        if y + plan.stride() > inner.y + inner.height {
            break;
        }
        let x = x.min((inner.x + inner.width).saturating_sub(plan.width));
        let chosen = state.select() == Select::Head(Head(head));
        let under = cursor.head.0 == head;
        // A name says what it is of where there is room for the word.
        let name = match plan.width >= 16 {
            true => format!("head {head}"),
            false => head.to_string(),
        };
        let (role, mark) = match (chosen, under) {
            (true, _) => (Role::Accent, " ●"),
            (false, true) => (Role::Accent, " ○"),
            (false, false) => (Role::Dim, ""),
        };
        let name = [canvas.span(name, role), canvas.span(mark, role)];
        canvas.line(x, y, plan.width, &name);
        let area = Area {
            x,
            y: y + 1,
            width: plan.width,
            height: plan.height,
        };
        let (rows, columns) = plan.values;
        let weights = lens::picture(layer, Head(head), rows, columns);
        let outline = match chosen && state.screen() == Screen::Heads && state.is_part() {
            true => Some(Outline::of(state, area, picture::halves(canvas))),
            false => None,
        };
        picture::draw(canvas, area, &weights, scale, outline.as_ref());
        let place = Area {
            y,
            width: stride
                .saturating_sub(2)
                .min((inner.x + inner.width).saturating_sub(x + 1)),
            height: plan.stride(),
            ..area
        };
        numbers(canvas, place, &plan, state, Head(head));
    }
}

/// What a head does, in the empty triangle of its picture and right of it: as many numbers as leave
/// the picture free.
fn numbers(canvas: &mut Canvas, place: Area, plan: &GridPlan, state: &State, head: Head) {
    let Some(numbers) = state.numbers(head) else {
        return;
    };
    // Cells of the place that the picture takes in a row of it, and its name in the first one.
    let taken = |row: u16| match row {
        0 if plan.width >= 16 => 10,
        0 => 6,
        row => (2 * row).min(plan.width),
    };
    for (row, measure) in (0..place.height).zip(TOLD) {
        let number = share(measure.of(numbers));
        let number = match number.strip_prefix("0.") {
            Some(digits) => format!(".{digits}"),
            None => number,
        };
        let name = measure.title().split(' ').next().unwrap_or_default();
        let needed = (name.len() + 1 + number.len()) as u16;
        if taken(row) + 1 + needed > place.width {
            break;
        }
        let line = [
            canvas.span(format!("{name} "), Role::Dim),
            canvas.span(number, Role::Text),
        ];
        canvas.line(place.x + place.width - needed, place.y + row, needed, &line);
    }
}

/// The numbers of a head that are told beside its picture, while there is room.
const TOLD: [Measure; 4] = [
    Measure::EntropyRelative,
    Measure::First,
    Measure::Previous,
    Measure::SelfWeight,
];
