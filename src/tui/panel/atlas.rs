//! All heads of all layers, as pictures or as one number each.

use ratatui::style::Modifier;

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
    let look = Look::new(state, &plan);
    let titles = titles(canvas, area.width, state, &look);
    canvas.frame(area, state.atlas_pane() == AtlasPane::Heads, &titles);
    if state.capture().is_none() {
        return;
    }
    names(canvas, area, state, &plan);
    for row in 0..plan.rows {
        let layer = Layer(first_layer + row);
        if layer.0 >= layers {
            break;
        }
        for column in 0..plan.columns {
            let at = (layer, Head(first_head + column));
            if at.1.0 < heads {
                head(canvas, plan.place(row, column), at, state, &look);
            }
        }
        if let Shown::Number(measure) = look.shown {
            mean(canvas, state, &plan, (row, layer), measure);
        }
    }
    if state.is_cursor_listed() {
        mark(canvas, state, &plan);
    }
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

/// What is shown of the heads, its scale, and which heads are in sight where not all are.
fn titles(canvas: &Canvas, width: u16, state: &State, look: &Look) -> Titles {
    let (plan, first_layer, first_head) = state.atlas_plan();
    let shape = state.capture().map(|capture| capture.shape);
    let (layers, heads) = shape.map_or((0, 0), |shape| (shape.layers, shape.heads));
    let part = |name: &str, first: usize, shown: usize, all: usize, brief: bool| {
        let last = (first + shown).min(all).saturating_sub(1);
        let told = match brief {
            true => format!("{}{first}–{last}", name.get(..1)?.to_uppercase()),
            false => format!("{name} {first}–{last} of {all}"),
        };
        (shown < all).then_some(told)
    };
    let range = |brief: bool| -> Vec<String> {
        let parts = [
            part("layers", first_layer, plan.rows, layers, brief),
            part("heads", first_head, plan.columns, heads, brief),
        ];
        parts.into_iter().flatten().collect()
    };
    let scale = format!("{} scale", look.scale.name());
    let rights = match range(false).is_empty() {
        true => [scale, look.scale.name().to_owned()],
        false => [range(false).join(", "), range(true).join(" ")],
    };
    let unit = match (look.shown, plan.digits()) {
        (Shown::Picture, _) | (_, None) => String::new(),
        (Shown::Number(measure), Some(digits)) => {
            let unit = if digits == 1 { "tenths" } else { "hundredths" };
            match measure.is_share() {
                true => format!(" in {unit}"),
                false => format!(" in {unit} of {}", narrow(Some(look.highest), 5)),
            }
        }
    };
    let left = |brief: bool| {
        let mut left = Vec::new();
        if !brief {
            left.push(canvas.span("all heads", Role::Strong));
            left.push(canvas.span(" · ", Role::Dim));
        }
        left.push(canvas.span(look.shown.name(), Role::Strong));
        left.push(canvas.span(unit.as_str(), Role::Dim));
        left
    };
    // What is shown, and which part of it, before any words.
    let tries = [false, true].map(|brief| rights.each_ref().map(|right| (left(brief), right)));
    let mut tries = tries.into_iter().flatten();
    let fits = |left: &[Span], right: &str| {
        usize::from(measure(left)) + right.chars().count() + 8 <= usize::from(width)
    };
    let (mut left, right) = tries
        .find(|(left, right)| fits(left, right))
        .unwrap_or_else(|| (left(true), &rights[1]));
    if let Shown::Number(measure) = look.shown {
        let words = canvas.span(format!(" · {}", measure.doc()), Role::Dim);
        let with = [left.as_slice(), std::slice::from_ref(&words)].concat();
        if fits(&with, right) {
            left = with;
        }
    }
    let right = vec![canvas.span(right.as_str(), Role::Dim)];
    let bottom = match state.is_atlas_crowded() {
        true => {
            let all = layers * heads;
            vec![canvas.span(format!("{all} heads are too small for pictures"), Role::Dim)]
        }
        false => Vec::new(),
    };
    Titles {
        left,
        right,
        bottom,
    }
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
    /// Digits of a share, where the number itself has no room.
    digits: Option<usize>,
}

impl Look {
    fn new(state: &State, plan: &AtlasPlan) -> Self {
        Self {
            shown: state.atlas_drawn(),
            scale: pictured(state.scale()),
            highest: match state.atlas_drawn() {
                Shown::Number(measure) if !measure.is_share() => state.highest(measure),
                _ => 1.0,
            },
            digits: plan.digits(),
        }
    }

    /// A number as a part of the highest.
    fn part(&self, value: f64) -> f64 {
        match self.highest > 0.0 {
            true => value / self.highest,
            false => value,
        }
    }

    /// The level of a number.
    fn level(&self, canvas: &Canvas, value: Option<f64>) -> Level {
        let part = value.map(|value| self.scale.of_cell(self.part(value) as f32));
        canvas.theme.ramp().level(part)
    }

    /// A number as it is written in `width` cells: a dot for what rounds to nothing, `1.` for what
    /// rounds to all.
    fn written(&self, value: Option<f64>, width: usize) -> String {
        let Some((value, digits)) = value.zip(self.digits) else {
            return narrow(value, width.min(4));
        };
        let part = self.part(value);
        if part.is_nan() {
            return "×".to_owned();
        }
        let most = 10u32.pow(digits as u32);
        match (part * f64::from(most)).round() {
            0.0 => "·".to_owned(),
            whole if whole < f64::from(most) => format!("{whole:.0}"),
            _ if digits > 1 => "1.".to_owned(),
            _ => "1".to_owned(),
        }
    }
}

/// One head; nothing where the filter hides it.
fn head(canvas: &mut Canvas, area: Area, at: (Layer, Head), state: &State, look: &Look) {
    let Some(numbers) = state.numbers_of(at.0, at.1) else {
        return;
    };
    if !state.is_listed(at.0, at.1) {
        return;
    }
    match look.shown {
        Shown::Picture => {
            if let Some(grid) = state.atlas_picture(at.0, at.1) {
                picture::draw(canvas, area, grid, look.scale, None);
            }
        }
        Shown::Number(measure) => {
            let chosen = at == (state.cursor().layer, state.cursor().head);
            number(canvas, area, measure.of(numbers), look, chosen);
        }
    }
}

/// A number on its colour; what is undefined has none.
fn number(canvas: &mut Canvas, area: Area, value: Option<f64>, look: &Look, chosen: bool) {
    let text = look.written(value, usize::from(area.width));
    let mut style = canvas.theme.style(Role::Dim);
    if value.is_some() {
        let level = look.level(canvas, value);
        if canvas.theme.has_colour() {
            for y in area.y..area.y + area.height {
                pixels::solid(canvas, area.x, y, area.width, level);
            }
        }
        style = canvas.theme.ink_on(level);
    }
    if chosen {
        style = style.add_modifier(Modifier::BOLD);
    }
    let width = text.chars().count() as u16;
    let free = area.width.saturating_sub(width);
    // Digits end at the right end of a chip, and stand in the middle of what is larger.
    let x = match look.digits {
        Some(_) => area.x + free,
        None => area.x + free.div_ceil(2),
    };
    let y = area.y + area.height.saturating_sub(1) / 2;
    canvas.text(x, y, area.width, &text, style);
}

/// The mean of a layer's heads, with a bar where there is room.
fn mean(
    canvas: &mut Canvas,
    state: &State,
    plan: &AtlasPlan,
    (row, layer): (usize, Layer),
    measure: Measure,
) {
    if plan.mean == 0 {
        return;
    }
    let place = plan.place(row, plan.columns.saturating_sub(1));
    let (x, room) = (place.x + place.width + 1, plan.mean);
    if row == 0 && plan.field.y > 0 {
        let title = [canvas.span("  mean", Role::Dim)];
        canvas.line(x, plan.field.y - 1, room, &title);
    }
    let Some(value) = state.mean_of_layer(layer, measure) else {
        return;
    };
    let role = match layer == state.cursor().layer && state.is_cursor_listed() {
        true => Role::Accent,
        false => Role::Dim,
    };
    let y = place.y + plan.height.saturating_sub(1) / 2;
    let text = [canvas.span(format!("{:>6}", narrow(Some(value), 4)), role)];
    canvas.line(x, y, room, &text);
    let most = state.highest_mean(measure);
    if room > 8 && value > 0.0 && most > 0.0 {
        let cells = (value / most * f64::from(room - 7)).ceil().max(1.0) as usize;
        let style = canvas.theme.style(match role {
            Role::Accent => Role::Accent,
            _ => Role::Frame,
        });
        canvas.text(x + 7, y, room - 7, &"━".repeat(cells), style);
    }
}

/// The names of layers at the left and of heads on top, the chosen ones marked.
fn names(canvas: &mut Canvas, area: Area, state: &State, plan: &AtlasPlan) {
    let (_, first_layer, first_head) = state.atlas_plan();
    let cursor = state.cursor();
    let inner = area.inner();
    let lit = state.is_cursor_listed();
    let role = |chosen: bool| {
        if chosen && lit {
            Role::Accent
        } else {
            Role::Dim
        }
    };
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
    let digits = 1
        + (first_head + plan.columns)
            .saturating_sub(1)
            .max(1)
            .ilog10() as usize;
    let pitch = usize::from(plan.width) + 1;
    let step = round_step((digits + 1).div_ceil(pitch));
    for column in 0..plan.columns {
        let head = first_head + column;
        let chosen = head == cursor.head.0 && lit;
        // The chosen one's name takes the place of those beside it.
        let near = lit && head.abs_diff(cursor.head.0) * pitch <= digits;
        if !chosen && (head % step != 0 || near) {
            continue;
        }
        let place = plan.place(0, column);
        let name = match plan.width >= 5 {
            true => format!("H{head}"),
            false => head.to_string(),
        };
        let width = name.len() as u16;
        let x = match plan.digits() {
            Some(_) => (place.x + plan.width).saturating_sub(width),
            None => place.x + plan.width.saturating_sub(width) / 2,
        };
        let style = canvas.theme.style(role(chosen));
        canvas.text(x, inner.y, inner.x + inner.width - x, &name, style);
    }
}

/// A frame around the chosen head, in the gaps between heads, so that it hides nothing.
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
    let (left, right) = (place.x.saturating_sub(1), place.x + place.width);
    let (top, bottom) = (place.y.saturating_sub(1), place.y + place.height);
    for y in place.y..bottom {
        canvas.text(left, y, 1, "│", style);
        canvas.text(right, y, 1, "│", style);
    }
    let end = plan.field.y + plan.field.height;
    for (y, corners) in [(top, ["╭", "╮"]), (bottom, ["╰", "╯"])] {
        if y + 1 < plan.field.y || y >= end {
            continue;
        }
        let free = |canvas: &Canvas, x: u16| canvas.is_blank(x, y);
        // Names of heads may need the gap.
        if !free(canvas, left) || !free(canvas, right) {
            continue;
        }
        for (x, corner) in [left, right].into_iter().zip(corners) {
            canvas.text(x, y, 1, corner, style);
        }
        // A layer above or below has cells there where layers have no gap.
        let gap = plan.gap > 0 || y < plan.field.y;
        for x in place.x..right {
            if gap && free(canvas, x) {
                canvas.text(x, y, 1, "─", style);
            }
        }
    }
}

/// The colours from least to most, and what is known of the chosen head.
fn legend(canvas: &mut Canvas, area: Area, state: &State, look: &Look) {
    let style = canvas.theme.style(Role::Dim);
    let (low, high) = look.scale.ends();
    let (low, high) = match look.shown {
        Shown::Number(measure) if !measure.is_share() => {
            let low = match look.scale {
                Scale::Log => narrow(Some(look.highest * 1e-4), 5),
                _ => low.to_owned(),
            };
            (low, narrow(Some(look.highest), 4))
        }
        _ => (low.to_owned(), high.to_owned()),
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
    // A blank stays beside the frame.
    let room = end.saturating_sub(x + 4);
    let line = match state.is_cursor_listed() {
        true => readout(canvas, state, look, room),
        false => vec![canvas.span("no head is like that", Role::Dim)],
    };
    canvas.line(x + 3, area.y, room, &line);
}

/// `L2 H1  previous 0.49  looks at the token before`: what kind of head it is, else its numbers.
fn readout(canvas: &Canvas, state: &State, look: &Look, room: u16) -> Vec<Span> {
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
    if let Shown::Number(measure) = look.shown {
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
            add(canvas.span("  no single kind", Role::Dim));
            let rest = [Measure::Previous, Measure::First, Measure::SelfWeight].into_iter();
            let rest = rest.filter(|m| look.shown != Shown::Number(*m));
            rest.map(told).for_each(add);
        }
    }
    line
}
