//! Brackets over the text that link the chosen token with those it attends to most.

use ratatui::style::Style;

use super::super::canvas::Canvas;
use super::super::theme::Role;
use crate::view::{State, Wrap};

/// One end of a bracket.
struct End {
    /// The line of the text, and the column of the screen.
    line: usize,
    x: u16,
    weight: f32,
    /// Whether it is the other end of the readout.
    other: bool,
}

/// The brackets: those of the chosen token's line directly above it, those of other lines over one
/// line at the left that branches.
pub(super) fn brackets(canvas: &mut Canvas, state: &State, wrap: &Wrap) {
    let plan = state.text_plan();
    let first = state.text_lines().start;
    let row = |line: usize| plan.row(line.saturating_sub(first));
    let (line, x) = middle(state, wrap, state.chosen());
    let end = |position: usize, weight: f32| {
        let (line, x) = middle(state, wrap, position);
        End {
            line,
            x,
            weight,
            other: position == state.other_end(),
        }
    };
    let mut ends: Vec<End> = state
        .brackets()
        .map(|entry| end(entry.position, entry.weight))
        .collect();
    ends.sort_by_key(|end| (end.line, end.x));
    let style = canvas.theme.style(Role::Query);
    let far = ends.iter().any(|end| end.line != line);
    let mut rest = ends.as_slice();
    while let Some(head) = rest.first() {
        let count = rest.iter().take_while(|end| end.line == head.line).count();
        let (group, after) = rest.split_at(count);
        let y = row(head.line) - 1;
        match head.line == line {
            true => near(canvas, group, (x, y), far, style),
            false => branch(canvas, group, (plan.gutter, y), style),
        }
        rest = after;
    }
    if far {
        let near = ends.iter().any(|end| end.line == line);
        let mut rows: Vec<u16> = ends
            .iter()
            .filter(|end| end.line != line)
            .map(|end| row(end.line) - 1)
            .collect();
        rows.push(row(line) - 2);
        trunk(canvas, &mut rows, plan.gutter, style);
        let y = row(line) - 2;
        across(canvas, (plan.gutter + 1, x), y, style);
        canvas.text(x, y, 1, "╮", style);
        if !near {
            canvas.text(x, y + 1, 1, "│", style);
        }
    }
}

/// The line of a token, and the column of the screen over the middle of its word.
fn middle(state: &State, wrap: &Wrap, token: usize) -> (usize, u16) {
    let field = state.text_plan().field;
    let (line, column) = wrap.place(token);
    let label = state.capture().and_then(|capture| capture.label(token));
    let letters = label.map(|label| label.letters()).unwrap_or_default();
    let word = letters.iter().skip_while(|letter| letter.is_space());
    let width: usize = word.map(|letter| letter.width).sum();
    let last = field.width.saturating_sub(1);
    let width = u16::try_from(width.max(1))
        .unwrap_or(u16::MAX)
        .min(last.saturating_sub(column) + 1);
    (line, field.x + (column + (width - 1) / 2).min(last))
}

/// Ends on the line of the chosen token, at `x`.
fn near(canvas: &mut Canvas, group: &[End], (x, y): (u16, u16), far: bool, style: Style) {
    let (Some(left), Some(right)) = (group.first(), group.last()) else {
        return;
    };
    let (from, to) = (left.x.min(x), right.x.max(x));
    across(canvas, (from, to + 1), y, style);
    for end in group {
        let part = match (end.x == from, end.x == to) {
            (true, true) => "│",
            (true, false) => "╭",
            (false, true) => "╮",
            (false, false) => "┬",
        };
        canvas.text(end.x, y, 1, part, own(canvas, end, style));
    }
    let taken = group.iter().map(|end| end.x).chain([x]).collect();
    labels(canvas, group, taken, y, |end| end.x < x, style);
    let part = match (x == from, far) {
        _ if from == to => "│",
        (true, false) => "╭",
        (true, true) => "├",
        (false, false) => "╮",
        (false, true) => "┤",
    };
    canvas.text(x, y, 1, part, style);
}

/// Ends on another line, over a line from the gutter.
fn branch(canvas: &mut Canvas, group: &[End], (gutter, y): (u16, u16), style: Style) {
    let Some(last) = group.last() else { return };
    across(canvas, (gutter + 1, last.x), y, style);
    for end in group {
        let part = if end.x == last.x { "╮" } else { "┬" };
        canvas.text(end.x, y, 1, part, own(canvas, end, style));
    }
    let taken = group.iter().map(|end| end.x).chain([gutter]).collect();
    labels(canvas, group, taken, y, |_| false, style);
}

/// The line that links the lines of the text, with a branch in each of some rows.
fn trunk(canvas: &mut Canvas, rows: &mut [u16], x: u16, style: Style) {
    rows.sort_unstable();
    let (Some(&top), Some(&bottom)) = (rows.first(), rows.last()) else {
        return;
    };
    for y in top..=bottom {
        let part = match rows.binary_search(&y) {
            Err(_) => "│",
            Ok(_) if y == top => "╭",
            Ok(_) if y == bottom => "╰",
            Ok(_) => "├",
        };
        canvas.text(x, y, 1, part, style);
    }
}

/// A line over the columns from one to before another.
fn across(canvas: &mut Canvas, (from, to): (u16, u16), y: u16, style: Style) {
    for x in from..to {
        canvas.text(x, y, 1, "─", style);
    }
}

/// The style of an end: that of the readout's token stands out.
fn own(canvas: &Canvas, end: &End, style: Style) -> Style {
    match end.other {
        true => canvas.theme.style(Role::Accent),
        false => style,
    }
}

/// The weights of ends beside them on their line, the highest first, as far as there is room: on the
/// right where that side is the `inner` one, else on the left, else on the other side. `taken` are
/// the columns of all ends, which bound the line.
fn labels(
    canvas: &mut Canvas,
    group: &[End],
    mut taken: Vec<u16>,
    y: u16,
    inner: impl Fn(&End) -> bool,
    style: Style,
) {
    let mut order: Vec<&End> = group.iter().collect();
    order.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    for end in order {
        let text = format!("{:.2}", end.weight);
        let text = text.strip_prefix('0').unwrap_or(&text);
        let width = text.len() as u16;
        let right = taken.iter().filter(|x| **x > end.x).min().copied();
        let left = taken.iter().filter(|x| **x < end.x).max().copied();
        // Free cells on a side, none beyond the line.
        let free = |on_right: bool| match on_right {
            true => right.map_or(0, |x| x - end.x - 1),
            false => left.map_or(0, |x| end.x - x - 1),
        };
        let first = inner(end);
        let sides = [(first, 2), (first, 0), (!first, 2), (!first, 0)];
        // With a blank on both sides and a cell of the line, or with the line alone.
        let room = |blanks: u16| width + if blanks > 0 { 2 * blanks } else { 1 };
        let Some((on_right, blanks)) = sides
            .into_iter()
            .find(|&(side, blanks)| free(side) >= room(blanks))
        else {
            continue;
        };
        let shown = match blanks {
            0 => text.to_owned(),
            _ => format!(" {text} "),
        };
        let gap = u16::from(blanks > 0);
        let cells = shown.len() as u16;
        let x = match on_right {
            true => end.x + 1 + gap,
            false => end.x - gap - cells,
        };
        canvas.text(x, y, cells, &shown, own(canvas, end, style));
        taken.extend(x..x + cells);
    }
}
