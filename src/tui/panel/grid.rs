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
        let area = Area {
            x,
            y: y + 1,
            width: plan.width,
            height: plan.height,
        };
        let rows = usize::from(plan.height * picture::halves(canvas));
        let weights = lens::picture(layer, Head(head), rows, usize::from(plan.width));
        let outline = match chosen && state.screen() == Screen::Heads && state.is_part() {
            true => Some(Outline::of(state, area, picture::halves(canvas))),
            false => None,
        };
        picture::draw(canvas, area, &weights, scale, outline.as_ref());
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
    let shown = [Measure::Previous, Measure::SelfWeight, Measure::First];
    let values = shown.map(|measure| measure.of(numbers));
    let most = values.into_iter().flatten().fold(0.0, f64::max);
    for (row, (measure, value)) in shown.into_iter().zip(values).enumerate() {
        let role = if value == Some(most) && most >= 0.3 {
            Role::Accent
        } else {
            Role::Text
        };
        let mut number = share(value);
        let heading = measure.heading();
        let room = usize::from(plan.width).saturating_sub(heading.len() + 1);
        if number.len() > room {
            number = number.trim_start_matches('0').to_owned();
        }
        let line = [
            canvas.span(format!("{heading} "), Role::Dim),
            canvas.span(format!("{number:>room$}"), role),
        ];
        canvas.line(x, y + row as u16, plan.width, &line);
    }
}
