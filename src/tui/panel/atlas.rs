//! All heads of all layers, as pictures or as one number each.

use super::super::canvas::{Canvas, Span, Titles, measure};
use super::super::theme::Role;
use super::super::words::narrow;
use super::{picture, pixels};
use crate::capture::{Head, Layer};
use crate::lens::{Measure, Scale};
use crate::paint::{Level, round_step};
use crate::view::{Area, AtlasPane, AtlasPlan, Shown, State};

/// The heads, all at one scale so that they compare.
pub fn atlas(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let (plan, first_layer, first_head) = state.atlas_plan();
    let shape = state.capture().map(|capture| capture.shape);
    let (layers, heads) = shape.map_or((0, 0), |shape| (shape.layers, shape.heads));
    let last_layer = (first_layer + plan.rows).min(layers);
    let last_head = (first_head + plan.columns).min(heads);
    let mut part = Vec::new();
    if last_layer - first_layer.min(last_layer) < layers {
        part.push(format!(
            "layers {first_layer}–{}",
            last_layer.saturating_sub(1)
        ));
    }
    if last_head - first_head.min(last_head) < heads {
        part.push(format!(
            "heads {first_head}–{}",
            last_head.saturating_sub(1)
        ));
    }
    let titles = Titles {
        left: title(canvas, area.width, state),
        right: match part.is_empty() {
            true => Vec::new(),
            false => vec![canvas.span(part.join(", "), Role::Dim)],
        },
        ..Titles::default()
    };
    canvas.frame(area, state.atlas_pane() == AtlasPane::Heads, &titles);
    if state.capture().is_none() {
        return;
    }
    names(canvas, area, state, &plan);
    let look = Look::new(state);
    for row in 0..plan.rows {
        for column in 0..plan.columns {
            let at = (Layer(first_layer + row), Head(first_head + column));
            if at.0.0 < layers && at.1.0 < heads {
                head(canvas, plan.place(row, column), at, state, &look);
            }
        }
    }
    mark(canvas, state, &plan);
    if plan.legend {
        let inner = area.inner();
        let row = Area {
            y: inner.y + inner.height.saturating_sub(1),
            height: 1,
            ..inner
        };
        legend(canvas, row, state, &look);
    }
}

/// What is shown of the heads, and its scale.
fn title(canvas: &Canvas, width: u16, state: &State) -> Vec<Span> {
    let mut title = vec![
        canvas.span("all heads", Role::Strong),
        canvas.span(format!(" · {}", state.atlas_shown().name()), Role::Strong),
    ];
    let more = match state.atlas_shown() {
        Shown::Picture => pictured(state.scale()).name(),
        Shown::Number(measure) => measure.doc(),
    };
    let more = canvas.span(format!(" · {more}"), Role::Dim);
    if measure(&title) + measure(std::slice::from_ref(&more)) + 6 <= width {
        title.push(more);
    }
    title
}

/// Small pictures hold no rows, so scales that need them fall back to the weights.
fn pictured(scale: Scale) -> Scale {
    match scale.needs_row() {
        true => Scale::Raw,
        false => scale,
    }
}

/// What is drawn of every head.
struct Look {
    shown: Shown,
    scale: Scale,
    /// The value that is shown as the highest.
    highest: f64,
}

impl Look {
    fn new(state: &State) -> Self {
        Self {
            shown: state.atlas_shown(),
            scale: pictured(state.scale()),
            highest: match state.atlas_shown() {
                Shown::Picture => 1.0,
                Shown::Number(measure) => state.highest(measure),
            },
        }
    }

    /// The level of a number, against the highest of all heads.
    fn level(&self, canvas: &Canvas, value: Option<f64>) -> Level {
        let part = value.map(|value| match self.highest > 0.0 {
            true => (value / self.highest) as f32,
            false => value as f32,
        });
        canvas.theme.ramp().level(part)
    }
}

/// One head.
fn head(canvas: &mut Canvas, area: Area, at: (Layer, Head), state: &State, look: &Look) {
    let Some(numbers) = state.numbers_of(at.0, at.1) else {
        return;
    };
    if !state.is_listed(at.0, at.1) {
        let style = canvas.theme.style(Role::Frame);
        let (x, y) = (area.x + area.width / 2, area.y + area.height / 2);
        canvas.text(x, y, area.width.min(1), "·", style);
        return;
    }
    match look.shown {
        Shown::Picture => {
            if let Some(grid) = state.atlas_picture(at.0, at.1) {
                picture::draw(canvas, area, grid, look.scale, None);
            }
        }
        Shown::Number(measure) => {
            let value = measure.of(numbers);
            number(canvas, area, value, look.level(canvas, value));
        }
    }
}

/// A number on its colour; the colour alone where there is no room for digits.
fn number(canvas: &mut Canvas, area: Area, value: Option<f64>, level: Level) {
    let told = area.width >= 3;
    if !told || canvas.theme.has_colour() {
        for y in area.y..area.y + area.height {
            pixels::solid(canvas, area.x, y, area.width, level);
        }
    }
    if told {
        let text = narrow(value, usize::from(area.width.min(4)));
        let width = text.chars().count() as u16;
        let x = area.x + (area.width.saturating_sub(width)).div_ceil(2);
        let y = area.y + area.height.saturating_sub(1) / 2;
        let style = canvas.theme.ink_on(level);
        canvas.text(x, y, area.width, &text, style);
    }
}

/// The names of layers at the left and of heads on top, the chosen ones marked.
fn names(canvas: &mut Canvas, area: Area, state: &State, plan: &AtlasPlan) {
    let (_, first_layer, first_head) = state.atlas_plan();
    let cursor = state.cursor();
    let inner = area.inner();
    let role = |chosen: bool| if chosen { Role::Accent } else { Role::Dim };
    for row in 0..plan.rows {
        let place = plan.place(row, 0);
        let layer = first_layer + row;
        let name = format!("L{layer}");
        let name = [canvas.span(
            format!("{name:>width$}", width = usize::from(plan.gutter)),
            role(layer == cursor.layer.0),
        )];
        let y = place.y + place.height.saturating_sub(1) / 2;
        canvas.line(inner.x, y, plan.gutter, &name);
    }
    if plan.field.y == inner.y {
        return;
    }
    // Names that need more room than a head has stand at every second, fifth or tenth only.
    let digits = 1 + (first_head + plan.columns).max(1).ilog10() as usize;
    let step = round_step((digits + 1).div_ceil(usize::from(plan.width) + 1));
    for column in 0..plan.columns {
        let head = first_head + column;
        let chosen = head == cursor.head.0;
        if head % step != 0 && !chosen {
            continue;
        }
        let place = plan.place(0, column);
        let name = match plan.width >= 5 {
            true => format!("H{head}"),
            false => head.to_string(),
        };
        let x = place.x + plan.width.saturating_sub(name.len() as u16) / 2;
        let style = canvas.theme.style(role(chosen));
        canvas.text(x, inner.y, inner.x + inner.width - x, &name, style);
    }
}

/// Bars at both sides of the chosen head.
fn mark(canvas: &mut Canvas, state: &State, plan: &AtlasPlan) {
    let (_, first_layer, first_head) = state.atlas_plan();
    let cursor = state.cursor();
    let row = cursor.layer.0.checked_sub(first_layer);
    let column = cursor.head.0.checked_sub(first_head);
    let (Some(row), Some(column)) = (row, column) else {
        return;
    };
    if row >= plan.rows || column >= plan.columns {
        return;
    }
    let place = plan.place(row, column);
    let style = canvas.theme.style(Role::Accent);
    for y in place.y..place.y + place.height {
        canvas.text(place.x.saturating_sub(1), y, 1, "▐", style);
        canvas.text(place.x + place.width, y, 1, "▌", style);
    }
}

/// The colours from least to most, and what is known of the chosen head.
fn legend(canvas: &mut Canvas, area: Area, state: &State, look: &Look) {
    let style = canvas.theme.style(Role::Dim);
    let (low, high) = match look.shown {
        Shown::Picture => look.scale.ends(),
        Shown::Number(_) => ("0", ""),
    };
    let high = match look.shown {
        Shown::Picture => high.to_owned(),
        Shown::Number(_) => narrow(Some(look.highest), 4),
    };
    let levels = u16::from(canvas.theme.ramp().levels()).clamp(1, 12);
    let mut x = area.x + canvas.text(area.x, area.y, area.width, &format!(" {low} "), style);
    for at in 0..levels {
        let part = f32::from(at) / f32::from(levels.saturating_sub(1).max(1));
        let level = canvas.theme.ramp().level(Some(part));
        pixels::solid(canvas, x + at, area.y, 1, level);
    }
    x += levels;
    let end = area.x + area.width;
    x += canvas.text(x, area.y, end.saturating_sub(x), &format!(" {high}"), style);
    let room = end.saturating_sub(x + 4);
    let line = readout(canvas, state, room);
    canvas.line(x + 3, area.y, room, &line);
}

/// `L2 H1  previous 0.49  looks at the token before`: what kind of head it is, else its numbers.
fn readout(canvas: &Canvas, state: &State, room: u16) -> Vec<Span> {
    let at = state.cursor();
    let mut line = vec![canvas.span(format!("L{} H{}", at.layer, at.head), Role::Accent)];
    let Some(numbers) = state.numbers_of(at.layer, at.head) else {
        line.push(canvas.span("  not computed", Role::Dim));
        return line;
    };
    let mut add = |span: Span| {
        let fits = measure(&line) + measure(std::slice::from_ref(&span)) <= room;
        if fits {
            line.push(span);
        }
    };
    let told = |measure: Measure| {
        let value = narrow(measure.of(numbers), 4);
        canvas.span(format!("  {} {value}", measure.title()), Role::Dim)
    };
    if let Shown::Number(measure) = state.atlas_shown() {
        add(told(measure));
    }
    match state.kind_of(at.layer, at.head) {
        Some(kind) => {
            add(canvas.span(format!("  {kind}"), Role::Strong));
            if kind.most < 1.0 {
                add(canvas.span(format!(" of {:.2}", kind.most), Role::Dim));
            }
            add(canvas.span(format!("  {}", kind.kind.doc()), Role::Dim));
        }
        None => {
            add(canvas.span("  no kind stands out", Role::Dim));
            let rest = [Measure::Previous, Measure::First, Measure::SelfWeight].into_iter();
            let rest = rest.filter(|m| state.atlas_shown() != Shown::Number(*m));
            rest.map(told).for_each(add);
        }
    }
    line
}
