//! The numbers of all heads, as a table.

use super::super::canvas::{Canvas, Span, Titles, measure as measure_spans};
use super::super::theme::Role;
use super::super::words::narrow;
use crate::capture::{Head, Layer};
use crate::token::Label;
use crate::view::{Area, AtlasPane, Column, State};

/// Cells between columns that are added at most where there is room.
const MOST_APART: usize = 4;

/// The table: the heads that the filter keeps, in the order that was asked for.
pub fn table(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let inner = area.inner();
    let listed = state.listed();
    let rows = state.rows_of_table();
    let first = state.table_scroll();
    let all = state.layers() * state.capture().map_or(0, |c| c.shape.heads);
    let left = titles(canvas, area.width, state, all);
    let right = match listed.len() > rows {
        true => vec![canvas.span(
            format!("{}–{}", first + 1, (first + rows).min(listed.len())),
            Role::Dim,
        )],
        false => Vec::new(),
    };
    let titles = Titles {
        left,
        right,
        ..Titles::default()
    };
    canvas.frame(area, state.atlas_pane() == AtlasPane::Table, &titles);
    // The mark of the chosen row, and a blank beside the frame.
    let room = usize::from(inner.width.saturating_sub(1));
    let columns = Column::fitting(room, state.sort().column);
    let used: usize = columns.iter().map(|column| column.width()).sum();
    // Columns stand a little apart where there is room.
    let apart = (room.saturating_sub(used) / columns.len().max(1)).min(MOST_APART);
    let header: Vec<Span> = columns
        .iter()
        .map(|&column| header(canvas, column, apart, state))
        .collect();
    canvas.line(inner.x + 1, inner.y, inner.width.saturating_sub(1), &header);
    let cursor = state.cursor();
    for (row, &(layer, head)) in listed.iter().skip(first).take(rows).enumerate() {
        let chosen = (layer, head) == (cursor.layer, cursor.head);
        let mark = if chosen { "▸" } else { " " };
        let mut line = vec![canvas.span(mark, Role::Accent)];
        let cells = columns.iter();
        line.extend(cells.map(|&column| cell(canvas, column, apart, (layer, head), chosen, state)));
        canvas.line(inner.x, inner.y + 1 + row as u16, inner.width, &line);
    }
    if listed.is_empty() && all > 0 {
        let text = [canvas.span(" no head is like that", Role::Dim)];
        canvas.line(inner.x, inner.y + 1, inner.width, &text);
    }
}

/// How many heads are listed, what they are filtered by, and by what they are sorted where no column
/// says it.
fn titles(canvas: &Canvas, width: u16, state: &State, all: usize) -> Vec<Span> {
    let listed = state.listed().len();
    let mut left = match state.filter() {
        "" => vec![canvas.span(format!("{all} heads"), Role::Strong)],
        filter => {
            let filter = Label::of_text(filter).clip(usize::from(width / 2));
            vec![
                canvas.span(format!("{listed} of {all} heads"), Role::Strong),
                canvas.span(format!(" · {filter}"), Role::Accent),
            ]
        }
    };
    let sort = state.sort();
    if let Column::Number(measure) = sort.column {
        let order = match sort.descending {
            true => "most",
            false => "least",
        };
        let words = canvas.span(format!(" · {order} {} first", measure.title()), Role::Dim);
        if measure_spans(&left) + measure_spans(std::slice::from_ref(&words)) + 20 <= width {
            left.push(words);
        }
    }
    left
}

/// What stands above a column: its name, and which way it is sorted.
fn header(canvas: &Canvas, column: Column, apart: usize, state: &State) -> Span {
    let sort = state.sort();
    let mark = match (column == sort.column, sort.descending) {
        (false, _) => "",
        (true, true) => "▼",
        (true, false) => "▲",
    };
    let role = match mark {
        "" => Role::Dim,
        _ => Role::Accent,
    };
    // The whole name where the column is wide enough for it.
    let whole = match column {
        Column::Number(measure) if measure.title().len() + 2 <= column.width() + apart => {
            measure.title()
        }
        _ => column.title(),
    };
    // A sorted number's name stays above its digits.
    let text = match (mark, column) {
        ("", Column::Number(_)) => format!("{whole} "),
        _ => format!("{whole}{mark}"),
    };
    canvas.span(placed(column, &text, apart), role)
}

/// A text in the width of its column: words begin at the left, numbers end at the right.
fn placed(column: Column, text: &str, apart: usize) -> String {
    let width = column.width() - 1;
    let width = match column {
        Column::Number(_) => width + apart,
        _ => width,
    };
    match column {
        Column::Kind => format!("{text:<width$} "),
        _ => format!("{text:>width$} "),
    }
}

/// One cell of the table.
fn cell(
    canvas: &Canvas,
    column: Column,
    apart: usize,
    (layer, head): (Layer, Head),
    chosen: bool,
    state: &State,
) -> Span {
    let kind = state.kind_of(layer, head);
    let (text, telling) = match column {
        Column::Layer => (layer.to_string(), true),
        Column::Head => (head.to_string(), true),
        Column::Kind => (
            kind.map_or_else(|| "·".to_owned(), ToString::to_string),
            kind.is_some(),
        ),
        Column::Number(measure) => {
            let numbers = state.numbers_of(layer, head);
            let value = numbers.and_then(|numbers| measure.of(numbers));
            let named = kind.is_some_and(|kind| kind.kind.measure() == measure);
            (
                format!("{} ", narrow(value, 5)),
                named || column == state.sort().column,
            )
        }
    };
    let role = match (chosen, telling) {
        (true, _) => Role::Accent,
        (false, true) => Role::Text,
        (false, false) => Role::Dim,
    };
    canvas.span(placed(column, &text, apart), role)
}
