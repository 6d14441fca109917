//! Texts that lie over the screen: the help, and where the capture came from.

use super::super::canvas::{Canvas, Span, Titles, measure};
use super::super::draw::middle;
use super::super::theme::Role;
use super::links::links;
use crate::token::Label;
use crate::view::{Popup, Row, State, help_rows};

/// The text that is open, if any.
pub fn popup(canvas: &mut Canvas, state: &State) {
    let Some((popup, scroll)) = state.popup() else {
        return;
    };
    let (title, rows) = match popup {
        Popup::Help => ("keys", help_rows(state.keymap())),
        Popup::Origin => ("trust and origin", state.origin_rows()),
        Popup::Links => return links(canvas, state, scroll),
    };
    let name_width = |row: &Row| match row {
        Row::Entry(name, _) => Label::of_text(name).width(),
        Row::Check(_, name, _) => Label::of_text(name).width(),
        Row::Heading(_) => 0,
    };
    let names = rows.iter().map(name_width).max().unwrap_or(0) as u16 + 1;
    let screen = state.size();
    let width = screen.0.saturating_sub(4).min(100);
    let names = names.min(width / 3);
    // A column of marks stands between names and texts where something was checked.
    let checked = rows.iter().any(|row| matches!(row, Row::Check(..)));
    let marks = if checked { 2 } else { 0 };
    let text = width.saturating_sub(names + 6 + marks);
    let mut lines: Vec<Vec<Span>> = Vec::new();
    for row in &rows {
        let (name, mark, value) = match row {
            Row::Heading(heading) => {
                if !lines.is_empty() {
                    lines.push(Vec::new());
                }
                lines.push(vec![canvas.span(*heading, Role::Strong)]);
                continue;
            }
            Row::Entry(name, value) => (name.as_str(), canvas.span(" ", Role::Dim), value),
            Row::Check(true, name, value) => (*name, canvas.span("✓", Role::Own), value),
            Row::Check(false, name, value) => (*name, canvas.span("▲", Role::Bad), value),
        };
        let name = Label::of_text(name).pad_left(usize::from(names));
        let blank = canvas.span(" ".repeat(usize::from(names + marks)), Role::Dim);
        let mut start = vec![canvas.span(name, Role::Accent)];
        if marks > 0 {
            start.extend([canvas.span(" ", Role::Dim), mark]);
        }
        for part in wrap(value, usize::from(text)) {
            let mut line = std::mem::replace(&mut start, vec![blank.clone()]);
            line.push(canvas.span(format!("  {part}"), Role::Text));
            lines.push(line);
        }
    }
    let widest = lines.iter().map(|line| measure(line)).max().unwrap_or(0);
    let width = width.min(widest.max(30) + 4);
    let height = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let area = middle(screen, width, height.min(screen.1.saturating_sub(2)));
    canvas.clear(area);
    let inner = area.inner();
    let rows = usize::from(inner.height);
    let first = scroll.min(lines.len().saturating_sub(rows));
    let right = match lines.len() > rows {
        true => vec![canvas.span(
            format!(
                "{}–{} of {}",
                first + 1,
                (first + rows).min(lines.len()),
                lines.len()
            ),
            Role::Dim,
        )],
        false => Vec::new(),
    };
    let titles = Titles {
        left: vec![canvas.span(title, Role::Strong)],
        right,
        ..Titles::default()
    };
    canvas.frame(area, true, &titles);
    for (y, line) in lines.iter().skip(first).take(rows).enumerate() {
        let width = inner.width.saturating_sub(2);
        canvas.line(inner.x + 1, inner.y + y as u16, width, line);
    }
}

/// Code points of a text that are shown.
const PAGES: usize = 16_000;

/// A text in lines of at most `width` cells, made safe, broken at spaces where there are any. A
/// text of many pages is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let end = text
        .char_indices()
        .nth(PAGES)
        .map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or(text);
    for word in text.split_inclusive([' ', '\n']) {
        let label = Label::of_text(word);
        if used > 0 && used + Label::of_text(word.trim_end()).width() > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if label.width() <= width {
            line.push_str(label.text());
            used += label.width();
            continue;
        }
        // A word longer than a line, letter by letter.
        for c in word.chars() {
            let letter = Label::of_text(c.encode_utf8(&mut [0; 4]));
            if used + letter.width() > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(letter.text());
            used += letter.width();
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}
