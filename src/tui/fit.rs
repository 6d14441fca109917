//! Lines that fit a width: the least important part goes first, names end in an ellipsis, and
//! numbers are shown whole or not at all.

use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::canvas::{Span, measure};
use crate::token::Label;

/// Cells that a name keeps, quotes included, before a part of less worth goes for it.
const EASY: usize = 9;

/// Cells of the shortest name that still tells something: a letter, an ellipsis and the quotes.
const LEAST: usize = 4;

/// A line of parts, each of a worth.
#[derive(Clone, Debug, Default)]
pub struct Line {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    /// Parts of more worth stay longer; those of the same go together.
    worth: u8,
    what: What,
    style: Style,
}

#[derive(Clone, Debug)]
enum What {
    /// Shown whole or not at all.
    Whole(String),
    /// A token in quotes, in at most so many cells.
    Name(Label, usize),
}

impl Line {
    /// Adds a part that is shown whole or not at all.
    #[must_use]
    pub fn part(mut self, worth: u8, text: impl Into<String>, style: Style) -> Self {
        let what = What::Whole(text.into());
        self.parts.push(Part { worth, what, style });
        self
    }

    /// Adds the name of a token in quotes, in at most `most` cells with them.
    #[must_use]
    pub fn name(mut self, worth: u8, label: Option<&Label>, most: usize, style: Style) -> Self {
        let label = label.map_or_else(|| Label::of_text(""), Label::bare);
        let what = What::Name(label, most);
        self.parts.push(Part { worth, what, style });
        self
    }

    /// The parts that fit `room` cells; none where not even those of the most worth do.
    pub fn fit(&self, room: u16) -> Vec<Span> {
        let mut worths: Vec<u8> = self.parts.iter().map(|part| part.worth).collect();
        worths.sort_unstable();
        worths.dedup();
        for (at, &worth) in worths.iter().enumerate() {
            let parts: Vec<&Part> = self.parts.iter().filter(|p| p.worth >= worth).collect();
            let named = |part: &&&Part| matches!(part.what, What::Name(..));
            // Names become as short as they can before they go, and before the last of all goes.
            let going = parts.iter().filter(|part| part.worth == worth);
            let short = at + 1 == worths.len() || going.clone().any(|part| named(&part));
            let least = if short { LEAST } else { EASY };
            if let Some(spans) = spans(&parts, usize::from(room), least) {
                return spans;
            }
        }
        Vec::new()
    }
}

/// The parts, where they fit `room` with names of `least` cells or more.
fn spans(parts: &[&Part], room: usize, least: usize) -> Option<Vec<Span>> {
    let whole: usize = parts
        .iter()
        .filter_map(|part| match &part.what {
            What::Whole(text) => Some(usize::from(measure(&[(text.clone(), part.style)]))),
            What::Name(..) => None,
        })
        .sum();
    let wanted: Vec<usize> = parts
        .iter()
        .filter_map(|part| match &part.what {
            What::Name(label, most) => Some((label.width() + 2).min(*most)),
            What::Whole(_) => None,
        })
        .collect();
    let free = room.checked_sub(whole)?;
    if wanted
        .iter()
        .map(|wanted| least.min(*wanted))
        .sum::<usize>()
        > free
    {
        return None;
    }
    // The longest names become shorter until all fit.
    let used = |cap: usize| wanted.iter().map(|wanted| cap.min(*wanted)).sum::<usize>();
    let longest = wanted.iter().copied().max().unwrap_or(0);
    let cap = (least.min(longest)..=longest)
        .rev()
        .find(|cap| used(*cap) <= free)?;
    let span = |part: &&Part| match &part.what {
        What::Whole(text) => (text.clone(), part.style),
        What::Name(label, most) => {
            let inner = cap.min(*most).saturating_sub(2);
            (format!("'{}'", label.clip(inner)), part.style)
        }
    };
    Some(parts.iter().map(span).collect())
}

/// The bytes of a text that `width` cells can show without cutting a number: a number that would
/// lose digits, or the letter that is its unit, is left out whole.
pub fn whole_numbers(text: &str, width: usize) -> usize {
    let mut cut = text.len();
    let mut used = 0;
    for (at, letter) in text.grapheme_indices(true) {
        used += letter.width();
        if used > width {
            cut = at;
            break;
        }
    }
    let (head, tail) = text.split_at(cut);
    let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == ',' || c == '%';
    let in_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | 'e');
    let follows = tail.chars().next().is_some_and(goes_on)
        // A full stop at the end of a sentence is no part of a number.
        && !matches!(tail.as_bytes(), [b'.' | b','] | [b'.' | b',', b' ', ..]);
    let exponent = head.ends_with('e') && tail.starts_with(['-', '+']);
    if !follows && !exponent {
        return cut;
    }
    let begin = head.trim_end_matches(in_number);
    let number = &head[begin.len()..];
    match number.contains(|c: char| c.is_ascii_digit()) || digits_begin(number, tail) {
        true => begin.len(),
        false => cut,
    }
}

/// Whether a number begins with a sign or a point before the cut and goes on behind it.
fn digits_begin(head: &str, tail: &str) -> bool {
    !head.is_empty() && tail.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_left_out_whole() {
        let rows = [
            ("4000", 3, ""),
            ("4000", 4, "4000"),
            ("row 4000", 6, "row "),
            ("0.911 of 3", 4, ""),
            ("0.911 of 3", 5, "0.911"),
            ("0.911 of 3", 7, "0.911 o"),
            ("x -3", 3, "x "),
            ("4e-4", 2, ""),
            ("12k", 2, ""),
            ("3 of 17.", 7, "3 of 17"),
            ("one 猫 2", 5, "one "),
            ("plain", 3, "pla"),
        ];
        for (text, width, shown) in rows {
            assert_eq!(&text[..whole_numbers(text, width)], shown, "{text} {width}");
        }
    }

    #[test]
    fn the_least_important_part_goes_first() {
        let style = Style::new();
        let (cat, long) = (Label::of_text("cat"), Label::of_text("incomprehensible"));
        let line = Line::default()
            .name(3, Some(&long), 24, style)
            .part(1, "(7)", style)
            .part(3, " → ", style)
            .name(3, Some(&cat), 24, style)
            .part(1, "(1)", style)
            .part(4, "  0.911", style);
        let told = |room| -> String { line.fit(room).into_iter().map(|(text, _)| text).collect() };
        assert_eq!(told(60), "'incomprehensible'(7) → 'cat'(1)  0.911");
        assert_eq!(told(33), "'incompreh…'(7) → 'cat'(1)  0.911");
        assert_eq!(told(28), "'incomprehe…' → 'cat'  0.911");
        assert_eq!(told(18), "'i…' → 'c…'  0.911");
        assert_eq!(told(17), "  0.911");
        assert_eq!(told(6), "");
    }

    proptest! {
        #[test]
        fn a_line_takes_no_more_than_its_room_and_loses_worth_in_order(
            parts in prop::collection::vec((0u8..5, "[a-z0-9. ]{1,9}|猫{1,3}", any::<bool>()), 0..9),
            room in 0u16..60,
        ) {
            let mut line = Line::default();
            for (worth, text, name) in &parts {
                line = match name {
                    true => line.name(*worth, Some(&Label::of_text(text)), 20, Style::new()),
                    false => line.part(*worth, text.as_str(), Style::new()),
                };
            }
            let fitting = line.fit(room);
            prop_assert!(measure(&fitting) <= room);
            let kept = fitting.len();
            // What is shown is all parts from some worth on.
            let whole = (0..6u8).any(|least| parts.iter().filter(|p| p.0 >= least).count() == kept);
            prop_assert!(whole);
        }
    }
}
