//! How attention changes from layer to layer.

use super::super::canvas::{Canvas, Span, Titles};
use super::super::theme::Role;
use super::super::words::{column, share};
use crate::capture::tile_of;
use crate::lens::{Measure, Numbers};
use crate::view::{Area, FlowPlan, Pane, State};

/// What is shown, from top to bottom, and how it is drawn; each in 0..1.
const SERIES: [(Measure, Role); 4] = [
    (Measure::SelfWeight, Role::Own),
    (Measure::Previous, Role::Earlier),
    (Measure::First, Role::First),
    (Measure::EntropyRelative, Role::Entropy),
];

/// The attention flow: one row of columns a series, one column a layer.
pub fn flow(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let titles = Titles {
        left: vec![
            canvas.span("attention flow", Role::Strong),
            canvas.span(" by layer", Role::Dim),
        ],
        bottom: vec![canvas.span("means over heads and queries", Role::Dim)],
        ..Titles::default()
    };
    canvas.frame(area, state.focus() == Pane::Flow, &titles);
    let inner = area.inner();
    let layers = state.layers();
    let Some(plan) = FlowPlan::new(inner, layers) else {
        return;
    };
    let FlowPlan {
        each,
        plot,
        slots,
        stride,
        ..
    } = plan;
    let axis = u16::from(inner.height >= 5);
    let gap = u16::from(each >= 3);
    // A place for each layer, empty where it is not done or not kept.
    let mut points: Vec<Option<&Numbers>> = vec![None; layers];
    for (layer, point) in state.flow() {
        if let Some(place) = points.get_mut(layer.0) {
            *place = Some(point);
        }
    }
    let narrow = FlowPlan::is_narrow(inner);
    let thick = if stride >= 3 { stride - 1 } else { stride };
    let current = state.cursor().layer.0;
    for (at, (measure, role)) in SERIES.into_iter().enumerate() {
        let top = inner.y + at as u16 * each;
        let base = top + each - 1;
        if base >= inner.y + inner.height {
            break;
        }
        let name = [canvas.span(format!(" {}", measure.heading()), Role::Dim)];
        canvas.line(inner.x, base, plot.x - inner.x, &name);
        for slot in 0..slots {
            let of_slot = |layer: &usize| tile_of(*layer, layers, slots) == slot;
            let done = (0..layers).filter(of_slot).filter_map(|l| points[l]);
            let done = done.filter_map(|point| measure.of(point));
            let (sum, count) = done.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
            let here = tile_of(current, layers, slots) == slot;
            let x = plot.x + slot as u16 * stride;
            for row in 0..each - gap.min(each - 1) {
                let part = match count {
                    0 if row == 0 => "·",
                    0 => " ",
                    _ => column(sum / f64::from(count), each - gap.min(each - 1), row),
                };
                let role = match (count, here) {
                    (0, _) => Role::Frame,
                    (_, true) => Role::Strong,
                    _ => role,
                };
                let style = canvas.theme.style(role);
                for dx in 0..thick {
                    canvas.text(x + dx, base - row, 1, part, style);
                }
            }
        }
        let spans = told(canvas, &points, measure, current, narrow);
        let x = plot.x + plot.width + 1;
        if each == 1 {
            let mut line = vec![spans.0];
            line.push((" ".to_owned(), ratatui::style::Style::new()));
            line.extend(spans.1);
            canvas.line(x, base, inner.width.saturating_sub(x - inner.x), &line);
        } else {
            canvas.line(
                x,
                base - 1,
                inner.width.saturating_sub(x - inner.x),
                &[spans.0],
            );
            canvas.line(x, base, inner.width.saturating_sub(x - inner.x), &spans.1);
        }
    }
    if axis > 0 {
        let y = inner.y + 4 * each;
        numbers(canvas, plot, y, layers, (slots, stride, thick), current);
    }
}

/// The value of the current layer, and the first and the last value.
fn told(
    canvas: &Canvas,
    points: &[Option<&Numbers>],
    measure: Measure,
    current: usize,
    narrow: bool,
) -> (Span, Vec<Span>) {
    let now = match points.get(current).copied().flatten() {
        Some(point) => share(measure.of(point)),
        None => String::new(),
    };
    let mut done = points.iter().flatten();
    let ends = match (done.next(), done.next_back()) {
        (Some(first), Some(last)) => {
            let arrow = if narrow { "→" } else { " → " };
            let ends = [first, last].map(|point| share(measure.of(point)));
            ends.join(arrow)
        }
        _ => String::new(),
    };
    (
        canvas.span(now, Role::Strong),
        vec![canvas.span(ends, Role::Dim)],
    )
}

/// The numbers of the layers below their columns, as many as fit.
fn numbers(
    canvas: &mut Canvas,
    plot: Area,
    y: u16,
    layers: usize,
    (slots, stride, thick): (usize, u16, u16),
    current: usize,
) {
    let digits = layers.saturating_sub(1).to_string().len() as u16;
    let every = usize::from((digits + 1).div_ceil(stride).max(1));
    let here = tile_of(current, layers, slots);
    let place = |slot: usize| plot.x + slot as u16 * stride + (thick.saturating_sub(1)) / 2;
    let first_of = |slot: usize| (0..layers).find(|l| tile_of(*l, layers, slots) == slot);
    for slot in (0..slots).step_by(every) {
        let near = place(slot).abs_diff(place(here)) <= digits;
        if let Some(layer) = first_of(slot).filter(|_| !near) {
            let number = [canvas.span(layer.to_string(), Role::Dim)];
            canvas.line(place(slot), y, digits, &number);
        }
    }
    let number = [canvas.span(current.to_string(), Role::Accent)];
    canvas.line(place(here), y, digits, &number);
}
