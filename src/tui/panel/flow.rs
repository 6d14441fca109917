//! How attention changes from layer to layer.

use ratatui::style::Modifier;

use super::super::canvas::{Canvas, Span, Titles, first_fitting, measure};
use super::super::theme::Role;
use super::super::words::{column, share};
use crate::lens::{Measure, Numbers, UNDEFINED, flow_sentences};
use crate::view::{Area, FlowPlan, Pane, State};

/// What is shown, and in what colour; each in 0..1.
const SERIES: [(Measure, Role); 4] = [
    (Measure::SelfWeight, Role::Own),
    (Measure::Previous, Role::Previous),
    (Measure::First, Role::First),
    (Measure::EntropyRelative, Role::Entropy),
];

/// The attention flow: a bar a layer in four groups, or in four rows where there is less room.
pub fn flow(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let inner = area.inner();
    let layers = state.layers();
    let plan = FlowPlan::new(inner, layers);
    canvas.frame(
        area,
        state.focus() == Pane::Flow,
        &titles(canvas, area.width, plan.as_ref()),
    );
    let Some(plan) = plan else { return };
    // A place for each layer, empty where it is not done or not kept.
    let mut points: Vec<Option<&Numbers>> = vec![None; layers];
    for (layer, point) in state.flow() {
        if let Some(place) = points.get_mut(layer.0) {
            *place = Some(point);
        }
    }
    let current = state.cursor().layer.0;
    let end = inner.y + inner.height;
    if plan.chart {
        axis(canvas, inner, &plan);
    }
    for (at, (measure, role)) in (0..).zip(SERIES) {
        let group = plan.group(at);
        if group.y >= end {
            break;
        }
        bars(canvas, group, &plan, (measure, role), &points);
        let room = match plan.chart {
            true => plan.pitch - 1,
            false => plan.plot.x - inner.x - 2,
        };
        let bold = canvas.theme.style(role).add_modifier(Modifier::BOLD);
        let name = [(name(measure, room).to_owned(), bold)];
        let ends = ends(canvas, &points, measure, role);
        if plan.chart {
            canvas.line(group.x, inner.y, room, &name);
            let below = group.y + group.height;
            numbers(canvas, group, below, room, &plan, current);
            canvas.line(group.x, below + 1, room, &short(&ends, room));
        } else {
            canvas.line(inner.x + 1, group.y, room, &name);
            let x = group.x + group.width + 1;
            let room = (inner.x + inner.width).saturating_sub(x + 1);
            canvas.line(x, group.y, room, &short(&ends, room));
        }
    }
    if !plan.chart && inner.height > 4 {
        let room = (inner.x + inner.width).saturating_sub(plan.plot.x);
        numbers(canvas, plan.plot, inner.y + 4, room, &plan, current);
    }
    let done: Vec<Option<Numbers>> = points.iter().map(|point| point.copied()).collect();
    let room = inner.width.saturating_sub(AXIS + 1);
    let sentences = flow_sentences(&done, usize::from(room));
    let below = sentences
        .into_iter()
        .take(usize::from(plan.words))
        .zip(end - plan.words..);
    for (sentence, y) in below {
        let line = [canvas.span(sentence, Role::Dim)];
        let left = if plan.chart { AXIS } else { 1 };
        canvas.line(
            inner.x + left,
            y,
            inner.width.saturating_sub(left + 1),
            &line,
        );
    }
}

/// Columns left of a chart.
const AXIS: u16 = 3;

/// The name of the pane, its unit, and how many layers a bar stands for where they are several.
fn titles(canvas: &Canvas, width: u16, plan: Option<&FlowPlan>) -> Titles {
    let by = " by layer";
    let tries = [("attention flow", by), ("flow", by), ("flow", "")];
    let title = |(name, by): (&str, &str)| {
        vec![canvas.span(name, Role::Strong), canvas.span(by, Role::Dim)]
    };
    let right = match plan {
        Some(plan) if plan.each > 1 => {
            vec![canvas.span(format!("{} layers a bar", plan.each), Role::Dim)]
        }
        _ => Vec::new(),
    };
    let fits = |left: &Vec<Span>| measure(left) + measure(&right) + 7 <= width;
    Titles {
        left: tries.map(title).into_iter().find(fits).unwrap_or_default(),
        right,
        bottom: vec![canvas.span("means over heads and queries", Role::Dim)],
    }
}

/// The name of a number in so many cells.
fn name(measure: Measure, room: u16) -> &'static str {
    let names = [measure.title(), measure.heading()];
    let fits = |name: &&str| name.len() <= usize::from(room);
    let word = measure.title().split(' ').next().unwrap_or_default();
    names.into_iter().find(fits).unwrap_or(word)
}

/// The axis of a chart, from 0 to 1.
fn axis(canvas: &mut Canvas, inner: Area, plan: &FlowPlan) {
    let (plot, frame) = (plan.plot, canvas.theme.style(Role::Frame));
    let last = plot.height.saturating_sub(1);
    for row in 0..plot.height {
        canvas.text(inner.x + 2, plot.y + row, 1, "│", frame);
    }
    let style = canvas.theme.style(Role::Dim);
    canvas.text(inner.x + 1, plot.y, 1, "1", style);
    canvas.text(inner.x + 1, plot.y + last, 1, "0", style);
    if plot.height >= 7 && plot.height % 2 == 1 {
        canvas.text(inner.x, plot.y + last / 2, 2, ".5", style);
    }
}

/// The bars of one series: the mean over the layers of each, a dot where none is done.
fn bars(
    canvas: &mut Canvas,
    group: Area,
    plan: &FlowPlan,
    (measure, role): (Measure, Role),
    points: &[Option<&Numbers>],
) {
    let (style, frame) = (canvas.theme.style(role), canvas.theme.style(Role::Frame));
    for bar in 0..plan.bars {
        let done = points.get(plan.layers_of(bar)).unwrap_or_default();
        let values = done.iter().flatten().filter_map(|point| measure.of(point));
        let (sum, count) = values.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
        let x = group.x + bar as u16 * plan.stride;
        let base = group.y + group.height - 1;
        if count == 0 {
            canvas.text(x, base, 1, "·", frame);
            continue;
        }
        for row in 0..group.height {
            let part = column(sum / f64::from(count), group.height, row);
            for dx in 0..plan.thick() {
                canvas.text(x + dx, base - row, 1, part, style);
            }
        }
    }
}

/// The values of the first and the last layer that are done.
fn ends(canvas: &Canvas, points: &[Option<&Numbers>], measure: Measure, role: Role) -> [Span; 3] {
    let mut done = points.iter().flatten();
    let told = |point: Option<&&Numbers>| match point.and_then(|point| measure.of(point)) {
        Some(value) => share(Some(value)),
        None => UNDEFINED.to_owned(),
    };
    let first = done.next();
    let last = done.next_back().or(first);
    [
        canvas.span(told(first), Role::Dim),
        canvas.span(" → ", Role::Dim),
        canvas.span(told(last), role),
    ]
}

/// Two values as widely as there is room: `0.13 → 0.19`, `.13→.19`; the last alone where both don't fit.
fn short(ends: &[Span; 3], room: u16) -> Vec<Span> {
    if measure(ends) <= room {
        return ends.to_vec();
    }
    let bare = |span: &Span| {
        let text = span.0.trim();
        let text = text
            .strip_prefix("0.")
            .map_or(text.to_owned(), |rest| format!(".{rest}"));
        (text, span.1)
    };
    let both: Vec<Span> = ends.iter().map(bare).collect();
    let last = vec![bare(&ends[2])];
    first_fitting([both, last], room)
}

/// The numbers of the layers below their bars, as many as fit; the chosen one always.
fn numbers(canvas: &mut Canvas, group: Area, y: u16, room: u16, plan: &FlowPlan, current: usize) {
    let here = plan.bar_of(current);
    let last = plan.bars.saturating_sub(1);
    let place = |bar: usize, text: &str| {
        let x = bar as u16 * plan.stride;
        x.min(room.saturating_sub(text.len() as u16))
    };
    let mut taken: Vec<(u16, u16)> = Vec::new();
    let rest = (0..plan.bars).filter(|bar| *bar != here && *bar != last && *bar != 0);
    let order = [here, 0, last].into_iter().chain(rest);
    let mut written = Vec::new();
    for bar in order {
        if written.contains(&bar) {
            continue;
        }
        let chosen = bar == here;
        let layer = if chosen { current } else { bar * plan.each };
        let text = layer.to_string();
        let x = place(bar, &text);
        let (from, to) = (x, x + text.len() as u16);
        if taken.iter().any(|&(start, end)| from <= end && to >= start) {
            continue;
        }
        taken.push((from, to));
        written.push(bar);
        let role = if chosen { Role::Accent } else { Role::Dim };
        let number = [canvas.span(text, role)];
        canvas.line(group.x + x, y, room.saturating_sub(x), &number);
    }
}
