//! Texts that lie over the screen: the help, the numbers, and where the capture came from.

use ratatui::style::{Modifier, Style};

use super::super::canvas::{Canvas, Span, Titles};
use super::super::theme::Role;
use super::links::links;
use crate::token::Label;
use crate::view::{Ink, Page, PageLine, Popup, State};

/// The text that is open, if any.
pub fn popup(canvas: &mut Canvas, state: &State) {
    if let Some((Popup::Links, scroll)) = state.popup() {
        return links(canvas, state, scroll);
    }
    let Some(page) = state.page() else { return };
    canvas.clear(page.area);
    let shown = page.columns * page.rows;
    let right = match page.lines.len() > shown {
        true => {
            let last = (page.first + shown).min(page.lines.len());
            let told = format!("{}–{last} of {}", page.first + 1, page.lines.len());
            vec![canvas.span(told, Role::Dim)]
        }
        false => Vec::new(),
    };
    let titles = Titles {
        left: vec![canvas.span(page.title, Role::Strong)],
        right,
        bottom: searched(canvas, state),
    };
    canvas.frame(page.area, true, &titles);
    let inner = page.area.inner();
    // The last column ends before the frame, whatever the terminal's width leaves over.
    let step = match page.columns {
        1 => 0,
        columns => inner.width.saturating_sub(2 + page.width) / (columns as u16 - 1),
    };
    for (at, line) in page.lines.iter().skip(page.first).take(shown).enumerate() {
        let (column, row) = ((at / page.rows) as u16, (at % page.rows) as u16);
        let x = inner.x + 1 + column * step;
        let spans = spans(canvas, &page, line);
        canvas.line(x, inner.y + row, page.width, &spans);
    }
}

/// The pieces of a line; what is sought is marked in the rows that hold it.
fn spans(canvas: &Canvas, page: &Page, line: &PageLine) -> Vec<Span> {
    let (hits, at) = &page.hits;
    let mark = |style: Style| match (hits.contains(&line.row), *at == Some(line.row)) {
        (true, true) => style.add_modifier(Modifier::BOLD | Modifier::REVERSED),
        (true, false) => style.add_modifier(Modifier::UNDERLINED),
        _ => style,
    };
    let piece = |(ink, text): &(Ink, String)| {
        let (role, marked) = match ink {
            Ink::Heading => (Role::Strong, true),
            Ink::Name => (Role::Accent, true),
            Ink::Holds => (Role::Own, false),
            Ink::Fails => (Role::Bad, false),
            Ink::Text => (Role::Text, false),
        };
        let style = canvas.theme.style(role);
        (text.clone(), if marked { mark(style) } else { style })
    };
    line.pieces.iter().map(piece).collect()
}

/// What is sought, and how often it is there.
fn searched(canvas: &Canvas, state: &State) -> Vec<Span> {
    let Some((sought, at, of)) = state.searched() else {
        return Vec::new();
    };
    let text = Label::of_text(sought).clip(24);
    let told = match (at, of) {
        (_, 0) => return vec![canvas.span(format!("/{text} not found"), Role::Bad)],
        (Some(at), of) => format!("/{text} {at} of {of}"),
        (None, of) => format!("/{text} {of} places"),
    };
    vec![canvas.span(told, Role::Accent)]
}
