//! The line that is asked for, in place of the footer.

use ratatui::style::Modifier;
use unicode_segmentation::UnicodeSegmentation;

use super::super::canvas::Canvas;
use super::super::theme::Role;
use super::found::count;
use crate::token::Label;
use crate::view::{Area, Ask, State};

/// The line, if one is asked for.
pub fn prompt(canvas: &mut Canvas, area: Area, state: &State) {
    let Some(prompt) = state.prompt().filter(|_| !area.is_empty()) else {
        return;
    };
    canvas.clear(area);
    let sign = [canvas.span(format!(" {}", prompt.ask().sign()), Role::Accent)];
    let start = canvas.line(area.x, area.y, area.width, &sign);
    let mut told = match prompt.ask() {
        Ask::Find => count(canvas, state),
        Ask::Search | Ask::Filter | Ask::Command | Ask::Save => Vec::new(),
    };
    told.push(canvas.span(" ", Role::Text));
    let end = canvas.line_right(area.x, area.y, area.width, &told);
    let room = area.width.saturating_sub(start + 2 + end);
    // A space after the end is where the cursor stands there.
    let mut points = 0;
    let mut letters: Vec<(Label, bool)> = Vec::new();
    for grapheme in prompt.line().graphemes(true).chain([" "]) {
        let count = grapheme.chars().count();
        let here = (points..points + count).contains(&prompt.cursor());
        letters.push((Label::of_text(grapheme), here));
        points += count;
    }
    // What is left of the cursor is cut where the line is longer than its room.
    let at = letters.iter().position(|(_, here)| *here).unwrap_or(0);
    let mut first = at;
    let mut width = letters.get(at).map_or(0, |(letter, _)| letter.width());
    while first > 0 && width + letters[first - 1].0.width() <= usize::from(room) {
        first -= 1;
        width += letters[first].0.width();
    }
    let style = canvas.theme.style(Role::Text);
    let mut x = area.x + start;
    for (letter, here) in letters.iter().skip(first) {
        let style = match here {
            true => style.add_modifier(Modifier::REVERSED),
            false => style,
        };
        let left = (area.x + area.width).saturating_sub(x + end);
        if letter.width() > usize::from(left) {
            break;
        }
        x += canvas.text(x, area.y, left, letter.text(), style);
    }
    // What is to be said about the line stands at its right, where there is room.
    if let Some(note) = state.prompt_note() {
        let left = (area.x + area.width).saturating_sub(x + 2);
        let note = Label::of_text(note).clip(usize::from(left).saturating_sub(1));
        let note = [canvas.span(format!("{note} "), Role::Dim)];
        canvas.line_right(x + 2, area.y, left, &note);
    }
}
