//! The list above the command line: what can be done now, with the keys that do the same.

use ratatui::style::Modifier;

use super::super::canvas::{Canvas, Span, Titles, measure};
use super::super::theme::Role;
use crate::token::Label;
use crate::view::{Area, Ask, Choice, State};

/// Entries that are shown at once, at most.
const ROWS: usize = 12;

/// The list, while a command is asked for. `line` is where the line itself stands.
pub fn palette(canvas: &mut Canvas, line: Area, state: &State) {
    let asked = state
        .prompt()
        .is_some_and(|prompt| prompt.ask() == Ask::Command);
    if !asked || line.is_empty() {
        return;
    }
    let (choices, chosen) = (state.palette().choices(), state.palette().chosen());
    let room = usize::from(line.y.saturating_sub(2));
    let rows = choices.len().clamp(1, ROWS).min(room);
    if rows == 0 {
        return;
    }
    let area = Area {
        x: line.x,
        y: line.y - rows as u16 - 2,
        width: line.width.min(130),
        height: rows as u16 + 2,
    };
    canvas.clear(area);
    let first = chosen.map_or(0, |chosen| (chosen + 1).saturating_sub(rows));
    let counted = match choices.len() > rows {
        true => {
            let counted = match chosen {
                Some(chosen) => format!("{} of {}", chosen + 1, choices.len()),
                None => format!("{} of {}", rows, choices.len()),
            };
            vec![canvas.span(counted, Role::Dim)]
        }
        false => Vec::new(),
    };
    let titles = Titles {
        left: vec![canvas.span("commands", Role::Strong)],
        right: counted,
        bottom: vec![canvas.span("↑ ↓ choose · Tab completes · Enter does it", Role::Dim)],
    };
    canvas.frame(area, true, &titles);
    let inner = area.inner();
    if choices.is_empty() {
        let text = [canvas.span(" nothing is called that", Role::Dim)];
        canvas.line(inner.x, inner.y, inner.width, &text);
    }
    let count = |text: &str| Label::of_text(text).width() as u16;
    // Of all entries, so that the columns stay where they are while the list scrolls.
    let names = choices.iter().map(|choice| count(&choice.name)).max();
    let names = names.unwrap_or(0).min(inner.width / 2);
    let keys = choices.iter().map(|choice| count(&choice.keys)).max();
    let keys = keys.unwrap_or(0).min(inner.width / 4);
    for (row, (at, choice)) in choices
        .iter()
        .enumerate()
        .skip(first)
        .take(rows)
        .enumerate()
    {
        let y = inner.y + row as u16;
        let mark = if Some(at) == chosen { "▸ " } else { "  " };
        let mark = [canvas.span(mark, Role::Accent)];
        let mut x = inner.x + canvas.line(inner.x, y, inner.width, &mark);
        let name = name(canvas, choice, Some(at) == chosen);
        canvas.line(x, y, names, &name);
        x += names + 2;
        let left = |x: u16| (inner.x + inner.width).saturating_sub(x);
        let told = [canvas.span(choice.keys.as_str(), Role::Accent)];
        canvas.line(x, y, keys.min(left(x)), &told);
        x += keys + 2;
        let doc = [canvas.span(choice.doc.as_str(), Role::Dim)];
        if measure(&doc) <= left(x) {
            canvas.line(x, y, left(x), &doc);
        } else if left(x) > 8 {
            let cut: String = choice.doc.chars().take(usize::from(left(x)) - 1).collect();
            canvas.line(x, y, left(x), &[canvas.span(cut + "…", Role::Dim)]);
        }
    }
}

/// The name, its typed letters underlined.
fn name(canvas: &Canvas, choice: &Choice, chosen: bool) -> Vec<Span> {
    let role = if chosen { Role::Strong } else { Role::Text };
    let plain = canvas.theme.style(role);
    if choice.marks.is_empty() {
        return vec![(Label::of_text(&choice.name).text().to_owned(), plain)];
    }
    let letters = choice.name.chars().enumerate();
    letters
        .map(|(at, letter)| {
            let style = match choice.marks.contains(&at) {
                true => plain.add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
                false => plain,
            };
            (letter.to_string(), style)
        })
        .collect()
}
