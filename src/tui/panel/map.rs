//! The heatmap: rows attend, columns are attended to.

use std::ops::Range;

use super::super::canvas::{Canvas, Titles, measure};
use super::super::theme::Role;
use super::super::words::safe;
use super::legend::legend;
use super::window::Window;
use crate::capture::Pool;
use crate::lens::Select;
use crate::token::Label;
use crate::view::{Area, Pane, State};

/// The heatmap with its labels, legend and readout.
pub fn map(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let (plan, row, column) = state.map_plan();
    let shown = state.layer().is_some();
    let focused = state.focus() == Pane::Map;
    let titles = titles(canvas, area.width, state);
    canvas.frame(area, focused, &titles);
    let inner = area.inner();
    let Some(heat) = state.heat().filter(|_| shown) else {
        return nothing(canvas, inner, state);
    };
    let window = Window {
        plan,
        row,
        column,
        state,
        heat,
    };
    if state.is_part() {
        scroll_marks(canvas, area, state, measure(&titles.bottom));
    }
    window.cells(canvas);
    window.lines(canvas);
    window.corner(canvas, inner);
    window.entropies(canvas, inner);
    window.received(canvas, inner);
    window.query_labels(canvas, inner);
    window.key_labels(canvas, inner);
    window.mark(canvas);
    let bottom = inner.y + inner.height - 1;
    let row = |y| Area {
        y,
        height: 1,
        ..inner
    };
    if plan.figures {
        window.figures(canvas, row(bottom));
    }
    if plan.legend {
        let y = bottom - u16::from(plan.figures);
        legend(canvas, row(y), state, heat);
    }
}

/// Which pattern, at which zoom and scale, and what part of it. In a narrow frame words are left
/// out before the scale is.
fn titles(canvas: &Canvas, width: u16, state: &State) -> Titles {
    let cursor = state.cursor();
    let (what, brief) = match state.select() {
        Select::Head(head) => (format!("head {head}"), format!("head {head}")),
        Select::Mean => (
            format!("mean of {} heads", state.heads()),
            "mean".to_owned(),
        ),
    };
    let (scale, zoom) = (state.scale().name(), zoom(state));
    let titled = |what: String, scale: String| Titles {
        left: vec![
            canvas.span(format!("layer {}", cursor.layer), Role::Strong),
            canvas.span(" · ", Role::Dim),
            canvas.span(what, Role::Strong),
        ],
        right: vec![
            canvas.span(zoom.clone(), Role::Accent),
            canvas.span(scale, Role::Dim),
        ],
        bottom: Vec::new(),
    };
    let mut titles = titled(what, format!("{scale} scale"));
    if measure(&titles.left) + measure(&titles.right) + 12 > width {
        titles = titled(brief, scale.to_owned());
    }
    let n = state.tokens();
    let tiles = state.tiles();
    titles.bottom = if state.layer().is_some() && state.is_part() {
        let part = |tokens: Range<usize>| format!("{}–{}", tokens.start, tokens.end.max(1) - 1);
        let (rows, columns) = (part(tiles.queries(n)), part(tiles.keys(n)));
        vec![canvas.span(format!("rows {rows} · keys {columns} of {n}"), Role::Accent)]
    } else {
        vec![canvas.span("rows attend to columns", Role::Dim)]
    };
    titles
}

/// How many tokens a cell stands for and what it shows of them; empty where every weight has its
/// cell and all are shown.
fn zoom(state: &State) -> String {
    let tile = state.tiles().tile;
    let pool = match (state.is_exact(), state.pool()) {
        (false, _) => "coarse",
        (true, Pool::Max) => "max",
        (true, Pool::Mean) => "mean",
    };
    match (tile, state.is_part(), state.is_exact()) {
        (1, false, true) => String::new(),
        (1, true, true) => "1:1 · ".to_owned(),
        _ => format!("1:{tile} {pool} · "),
    }
}

/// Marks in the frame where the visible part is: on the right of all rows, at the bottom of all
/// keys. `text` is the width of what stands at the bottom.
fn scroll_marks(canvas: &mut Canvas, area: Area, state: &State, text: u16) {
    let n = state.tokens().max(1);
    let tiles = state.tiles();
    let style = canvas.theme.style(Role::Strong);
    let [vertical, horizontal] = match canvas.theme.has_colour() {
        true => ["┃", "━"],
        false => ["█", "█"],
    };
    // The cells of a track that a range of tokens covers, at least one.
    let covered = |range: Range<usize>, track: u16| {
        let track = usize::from(track);
        let first = (range.start * track / n).min(track.saturating_sub(1));
        let end = (range.end * track)
            .div_ceil(n)
            .clamp(first + 1, track.max(first + 1));
        first as u16..end as u16
    };
    let inner = area.inner();
    for at in covered(tiles.queries(n), inner.height) {
        let (x, y) = (area.x + area.width - 1, inner.y + at);
        canvas.text(x, y, 1, vertical, style);
    }
    let track = inner.width.saturating_sub(text + 5);
    for at in covered(tiles.keys(n), track) {
        if at < track {
            let (x, y) = (inner.x + 1 + at, area.y + area.height - 1);
            canvas.text(x, y, 1, horizontal, style);
        }
    }
}

/// What stands in place of a map that is not there.
pub(super) fn nothing(canvas: &mut Canvas, area: Area, state: &State) {
    let text = match (state.capture(), state.running()) {
        (None, Some(running)) => match running.total {
            0 => format!("{} …", safe(running.stage)),
            total => format!("{} {}/{total} …", safe(running.stage), running.done),
        },
        (None, None) => "nothing has run yet: e edits the text".to_owned(),
        (Some(_), _) => format!("layer {} is not computed yet", state.cursor().layer),
    };
    let line = [canvas.span(
        Label::of_text(&text).clip(usize::from(area.width)),
        Role::Dim,
    )];
    let x = area.x + area.width.saturating_sub(measure(&line)) / 2;
    canvas.line(x, area.y + area.height / 2, area.width, &line);
}
