//! The text being edited in rows that break between words, and where the cursor is in them.

use unicode_segmentation::UnicodeSegmentation;

use super::edit::Editor;
use super::state::State;
use crate::capture::Label;

/// Code points that are looked at around the cursor: the rest of a long text is never shown with it.
const PART: usize = 8192;

/// Columns of the editor's text at most.
const WIDEST: u16 = 96;

/// One character of a row as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditLetter {
    /// Its place in the text, in code points.
    pub at: usize,
    /// What is shown, safe.
    pub text: String,
    /// Its cells.
    pub width: usize,
}

/// The rows around the cursor.
#[derive(Clone, Debug, Default)]
pub struct EditRows {
    /// The rows; a blank after the end of the text is where the cursor stands there.
    pub rows: Vec<Vec<EditLetter>>,
    /// The cursor's row and its place in that.
    pub cursor: (usize, usize),
}

impl State {
    /// Cells that a row of the edited text may take.
    pub fn edit_columns(&self) -> usize {
        usize::from(self.size.0.saturating_sub(8).clamp(2, WIDEST))
    }
}

impl EditRows {
    /// The rows of what is edited, of at most `columns` cells.
    pub fn of(editor: &Editor, columns: usize) -> Self {
        let (text, start, cursor) = part(editor.text(), editor.cursor());
        let mut rows: Vec<Vec<EditLetter>> = vec![Vec::new()];
        let (mut used, mut at) = (0, start);
        for grapheme in text.graphemes(true).chain([" "]) {
            let label = Label::of_text(grapheme);
            let letter = EditLetter {
                at,
                text: label.clip(columns),
                width: label.width().min(columns),
            };
            at += grapheme.chars().count();
            let is_space = grapheme.chars().all(char::is_whitespace);
            if used + letter.width > columns {
                // The word that does not fit goes to the next row, where it does not fill one.
                let row = rows.last_mut();
                let word = row.filter(|_| !is_space).and_then(|row| {
                    let space = row.iter().rposition(|letter| letter.text == " ")?;
                    Some(row.split_off(space + 1))
                });
                let word = word.unwrap_or_default();
                used = word.iter().map(|letter| letter.width).sum();
                rows.push(word);
                if used + letter.width > columns {
                    rows.push(Vec::new());
                    used = 0;
                }
            }
            used += letter.width;
            if let Some(row) = rows.last_mut() {
                row.push(letter);
            }
            if grapheme.ends_with('\n') {
                rows.push(Vec::new());
                used = 0;
            }
        }
        let row = rows
            .iter()
            .rposition(|row| row.first().is_some_and(|letter| letter.at <= cursor))
            .unwrap_or(0);
        let letters = rows.get(row).map_or(&[][..], Vec::as_slice);
        let letter = letters.iter().rposition(|letter| letter.at <= cursor);
        Self {
            cursor: (row, letter.unwrap_or(0)),
            rows,
        }
    }

    /// Where the cursor goes `by` rows on, in code points of the text; `None` beyond the rows.
    pub(super) fn beside(&self, by: isize) -> Option<usize> {
        let (row, letter) = self.cursor;
        let before = self.rows.get(row)?.iter().take(letter);
        let goal: usize = before.map(|letter| letter.width).sum();
        let to = self.rows.get(row.checked_add_signed(by)?)?;
        let mut x = 0;
        let under = to.iter().find(|letter| {
            x += letter.width;
            x > goal
        });
        Some(under.or(to.last())?.at)
    }
}

/// The part of a text around the cursor, its first code point, and the cursor. It begins where the
/// text does or a whole number of parts later, so that rows don't move with every letter.
fn part(text: &str, cursor: usize) -> (&str, usize, usize) {
    let start = (cursor / PART).saturating_sub(1) * PART;
    let byte = |point: usize| {
        text.char_indices()
            .nth(point)
            .map_or(text.len(), |(at, _)| at)
    };
    let range = byte(start)..byte(cursor + PART);
    (text.get(range).unwrap_or(text), start, cursor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::action::Act;
    use super::super::recall::Lines;
    use super::*;

    fn lines(text: &str, columns: usize) -> Vec<String> {
        let rows = EditRows::of(&Editor::new(text, &Lines::default()), columns).rows;
        let line = |row: &Vec<EditLetter>| row.iter().map(|l| l.text.as_str()).collect();
        rows.iter().map(line).collect()
    }

    #[test]
    fn rows_break_between_words() {
        assert_eq!(lines("The cat sat", 8), ["The cat ", "sat "]);
        assert_eq!(lines("abcdefghij", 4), ["abcd", "efgh", "ij "]);
        assert_eq!(lines("a\nb", 8), ["a⏎", "b "]);
        assert_eq!(lines("", 8), [" "]);
    }

    #[test]
    fn the_part_of_a_long_text_holds_the_cursor_and_what_is_around() {
        let text: String = (0..50_000)
            .map(|at| if at % 3 == 0 { 'é' } else { 'a' })
            .collect();
        for cursor in [0, 1, PART - 1, PART, 2 * PART, 30_001, 50_000] {
            let (part, start, _) = part(&text, cursor);
            let count = part.chars().count();
            assert!(part.chars().eq(text.chars().skip(start).take(count)));
            assert!(cursor - start >= cursor.min(PART) && count <= 3 * PART);
            assert!(start + count - cursor >= (50_000 - cursor).min(PART));
        }
        assert_eq!(part("", 0), ("", 0, 0));
    }

    proptest! {
        #[test]
        fn every_letter_is_in_one_row_that_fits_and_the_cursor_is_seen(
            text in "[a-c猫\\n\u{1b} ]{0,80}",
            columns in 8..30usize,
            back in 0..80usize,
        ) {
            let mut editor = Editor::new(&text, &Lines::default());
            for _ in 0..back {
                editor.act(Act::TextLeft, columns);
            }
            let rows = EditRows::of(&editor, columns);
            let letters: Vec<&EditLetter> = rows.rows.iter().flatten().collect();
            prop_assert!(letters.is_sorted_by(|a, b| a.at < b.at));
            let shown: usize = text.graphemes(true).count() + 1;
            prop_assert_eq!(letters.len(), shown);
            for row in &rows.rows {
                prop_assert!(row.iter().map(|letter| letter.width).sum::<usize>() <= columns);
            }
            let (row, letter) = rows.cursor;
            prop_assert_eq!(rows.rows[row][letter].at, editor.cursor());
            // Down and up again is the same row.
            if let Some(below) = rows.beside(1) {
                prop_assert!(rows.rows[row + 1].iter().any(|letter| letter.at == below));
            }
        }
    }
}
