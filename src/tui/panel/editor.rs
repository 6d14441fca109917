//! The text being edited, in a box over the screen.

use ratatui::style::Modifier;
use unicode_segmentation::UnicodeSegmentation;

use super::super::canvas::{Canvas, Titles};
use super::super::draw::middle;
use super::super::theme::Role;
use crate::token::Label;
use crate::view::State;

/// Rows of text that are shown at once.
const ROWS: usize = 8;

/// Code points that are looked at around the cursor: the rest of a long text is never shown with it.
const PART: usize = 8192;

/// The part of a text around the cursor, and the cursor in it. It begins where the text does or a
/// whole number of parts later, so that rows don't move with every letter.
fn part(text: &str, cursor: usize) -> (&str, usize) {
    let start = (cursor / PART).saturating_sub(1) * PART;
    let byte = |point: usize| {
        text.char_indices()
            .nth(point)
            .map_or(text.len(), |(at, _)| at)
    };
    let range = byte(start)..byte(cursor + PART);
    (text.get(range).unwrap_or(text), cursor - start)
}

/// The editor, if the text is edited.
pub fn editor(canvas: &mut Canvas, state: &State) {
    let Some(editor) = state.editor() else { return };
    let screen = state.size();
    let width = screen.0.saturating_sub(4).min(84);
    let columns = usize::from(width.saturating_sub(4)).max(2);
    let (text, cursor) = part(editor.text(), editor.cursor());
    let (rows, cursor) = wrap(text, cursor, columns);
    let shown = rows.len().clamp(2, ROWS);
    let area = middle(screen, width, shown as u16 + 2);
    canvas.clear(area);
    let titles = Titles {
        left: vec![canvas.span("text", Role::Strong)],
        bottom: vec![canvas.span("Enter runs it, Esc abandons", Role::Dim)],
        ..Titles::default()
    };
    canvas.frame(area, true, &titles);
    let inner = area.inner();
    let first = (cursor.0 + 1).saturating_sub(shown);
    let style = canvas.theme.style(Role::Text);
    for (y, row) in rows.iter().skip(first).take(shown).enumerate() {
        let y = inner.y + y as u16;
        let mut x = inner.x + 1;
        for (at, letter) in row.iter().enumerate() {
            let here = (y - inner.y) as usize + first == cursor.0 && at == cursor.1;
            let style = match here {
                true => style.add_modifier(Modifier::REVERSED),
                false => style,
            };
            x += canvas.text(x, y, inner.width.saturating_sub(x - inner.x), letter, style);
        }
    }
}

/// A text as rows of safe letters of at most `columns` cells, with a space after its end for the
/// cursor, and the cursor's row and letter. `cursor` is in code points.
fn wrap(text: &str, cursor: usize, columns: usize) -> (Vec<Vec<String>>, (usize, usize)) {
    let mut rows: Vec<Vec<String>> = vec![Vec::new()];
    let mut at = (0, 0);
    let mut used = 0;
    let mut points = 0;
    for grapheme in text.graphemes(true).chain([" "]) {
        let label = Label::of_text(grapheme);
        let letter = label.clip(columns);
        let width = label.width().min(columns);
        if used + width > columns {
            rows.push(Vec::new());
            used = 0;
        }
        let row = rows.len() - 1;
        if points <= cursor {
            at = (row, rows[row].len());
        }
        rows[row].push(letter);
        used += width;
        points += grapheme.chars().count();
        if grapheme == "\n" {
            rows.push(Vec::new());
            used = 0;
        }
    }
    (rows, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_a_long_text_holds_the_cursor_and_what_is_around() {
        let text: String = (0..50_000)
            .map(|at| if at % 3 == 0 { 'é' } else { 'a' })
            .collect();
        for cursor in [0, 1, PART - 1, PART, 2 * PART, 30_001, 50_000] {
            let (part, at) = part(&text, cursor);
            let start = cursor - at;
            assert!(
                part.chars()
                    .eq(text.chars().skip(start).take(part.chars().count()))
            );
            assert!(at >= cursor.min(PART) && part.chars().count() <= 3 * PART);
            assert!(part.chars().count() - at >= (50_000 - cursor).min(PART));
        }
        assert_eq!(part("", 0), ("", 0));
    }
}
