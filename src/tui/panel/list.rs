//! What a token attends to, or who attends to it.

use super::super::canvas::{Canvas, Titles, first_fitting};
use super::super::theme::Role;
use super::super::words::{bar, quoted, weight};
use crate::lens::Select;
use crate::view::{Area, Direction, LONGEST_LIST, Pane, State};

/// The list of the highest weights.
pub fn list(canvas: &mut Canvas, area: Area, state: &State) {
    if area.is_empty() {
        return;
    }
    let cursor = state.cursor();
    let focused = state.focus() == Pane::List;
    // What is asked is said whole, and the token as far as there is room.
    let room = usize::from(area.width)
        .saturating_sub(24)
        .clamp(5, usize::from(area.width / 3).max(5));
    let label = |position: usize| {
        let capture = state.capture()?;
        capture.label(position)
    };
    let subject = quoted(Some(&state.subject_label()), room);
    let left = match state.direction() {
        Direction::Attends => vec![
            canvas.span(subject, Role::Query),
            canvas.span(" attends most to", Role::Strong),
        ],
        Direction::Attended => vec![
            canvas.span("who attends to ", Role::Strong),
            canvas.span(subject, Role::Accent),
        ],
    };
    // How several tokens are taken as one is said in as many words as there is room for.
    let how = state.span().map(|span| {
        let how = match state.direction() {
            Direction::Attends => "mean",
            Direction::Attended => "sum",
        };
        [
            format!(" · {how} of {} tokens", span.len()),
            format!(" · {how}"),
        ]
    });
    let [long, short] = how.unwrap_or_default();
    let heads = match state.select() {
        Select::Mean => " · mean of heads",
        Select::Head(_) => "",
    };
    let with = |how: &str, heads: &str| {
        let notes = [how, heads].map(|note| canvas.span(note, Role::Dim));
        [left.as_slice(), notes.as_slice()].concat()
    };
    let tries = [with(&long, heads), with(&long, ""), with(&short, "")];
    let left = first_fitting(tries, area.width.saturating_sub(6));
    let inner = area.inner();
    let rows = usize::from(inner.height);
    let ranked = state.ranked();
    let first = (state.entry() + 1).saturating_sub(rows);
    // Of a long text only the best are ranked.
    let more = match ranked.len() == LONGEST_LIST && state.tokens() > LONGEST_LIST {
        true => "+",
        false => "",
    };
    let right = match ranked.len() > rows {
        true => vec![canvas.span(
            format!("{}–{} of {}{more}", first + 1, first + rows, ranked.len()),
            Role::Dim,
        )],
        false => Vec::new(),
    };
    canvas.frame(
        area,
        focused,
        &Titles {
            left,
            right,
            ..Titles::default()
        },
    );
    let shown = ranked.iter().enumerate().skip(first).take(rows);
    let widest = shown
        .clone()
        .filter_map(|(_, entry)| Some(label(entry.position)?.bare().width()))
        .max();
    let name_width = widest
        .unwrap_or(0)
        .clamp(4, usize::from(inner.width / 3).max(4));
    let show_position = inner.width >= 34;
    for (row, (at, entry)) in shown.enumerate() {
        let y = inner.y + row as u16;
        let chosen = match state.direction() {
            Direction::Attends => entry.position == cursor.key.0,
            Direction::Attended => entry.position == cursor.query.0,
        };
        let name =
            label(entry.position).map_or_else(String::new, |l| l.bare().pad_right(name_width));
        let marked = focused && at == state.entry();
        let name_role = match (chosen, marked) {
            (true, _) => Role::Strong,
            (false, true) => Role::Query,
            (false, false) => Role::Text,
        };
        let mut line = vec![
            canvas.span(if marked { "▸" } else { " " }, Role::Accent),
            canvas.span(format!("{:>2} ", at + 1), Role::Dim),
            canvas.span(name, name_role),
        ];
        if show_position {
            // The colour of the weight that follows: a change of colour costs bytes on every row.
            line.push(canvas.span(format!(" {:>4}", entry.position), Role::Dim));
        }
        let number = format!("  {:<6}", weight(entry.weight));
        let role = if chosen { Role::Accent } else { Role::Dim };
        line.push(canvas.span(number, role));
        let used = canvas.line(inner.x, y, inner.width, &line);
        let rest = inner.width.saturating_sub(used + 2);
        let length = bar(f64::from(entry.weight), rest);
        let role = if chosen { Role::Accent } else { Role::Own };
        let style = canvas.theme.style(role);
        canvas.text(inner.x + used + 1, y, rest, &length, style);
    }
    if ranked.is_empty() && state.capture().is_some() {
        let text = [canvas.span(" nothing yet", Role::Dim)];
        canvas.line(inner.x, inner.y, inner.width, &text);
    }
}
