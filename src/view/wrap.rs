//! The text in lines: where each token stands when it is wrapped by word.

use std::ops::Range;
use std::sync::Arc;

use crate::capture::{Letter, Token};

/// Where every token of a text stands in lines of a width. Lines break after spaces, beside letters
/// of two cells, and where a token holds a newline; what is longer than a line breaks anywhere.
#[derive(Clone, Debug)]
pub struct Wrap {
    tokens: Arc<Vec<Token>>,
    width: u16,
    /// The first letter of each line: its token, and its place in it.
    lines: Vec<(usize, usize)>,
    /// Line and column of each token's first letter that is no space, or of its first.
    places: Vec<(usize, u16)>,
}

/// Punctuation that does not begin a line.
const CLOSING: &str = "、。，．！？：；）」』】》〉”’…,.!?:;)]}";

impl Wrap {
    /// The lines of the tokens, `width` cells wide. The last cell is for spaces and newlines alone.
    pub(super) fn new(tokens: Arc<Vec<Token>>, width: u16) -> Self {
        let mut pen = Pen::new(usize::from(width.saturating_sub(1)).max(1), tokens.len());
        for (at, token) in tokens.iter().enumerate() {
            pen.token(at, &token.label.letters());
        }
        pen.flush();
        let Pen { lines, places, .. } = pen;
        Self {
            tokens,
            width,
            lines,
            places,
        }
    }

    /// Whether it is of these tokens at this width.
    pub(super) fn is_of(&self, tokens: &Arc<Vec<Token>>, width: u16) -> bool {
        Arc::ptr_eq(&self.tokens, tokens) && self.width == width
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// The tokens of a line, each with those of its letters that stand on it.
    pub fn line(&self, line: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
        let none = (self.tokens.len(), 0);
        let first = self.lines.get(line).copied().unwrap_or(none);
        let end = self.lines.get(line + 1).copied().unwrap_or(none);
        let last = end.0 + usize::from(end.1 > 0);
        (first.0..last).map(move |token| {
            let from = if token == first.0 { first.1 } else { 0 };
            let to = if token == end.0 { end.1 } else { usize::MAX };
            (token, from..to)
        })
    }

    /// The tokens that have a letter on these lines.
    pub fn tokens(&self, lines: Range<usize>) -> Range<usize> {
        let none = (self.tokens.len(), 0);
        let first = self.lines.get(lines.start).copied().unwrap_or(none);
        let end = self.lines.get(lines.end).copied().unwrap_or(none);
        first.0..end.0 + usize::from(end.1 > 0)
    }

    /// The line and the column where a token stands.
    pub fn place(&self, token: usize) -> (usize, u16) {
        self.places.get(token).copied().unwrap_or_default()
    }

    /// The token of a line that stands at a column, or nearest before it, or first; `None` where
    /// the line is the middle of a long token.
    pub fn at(&self, line: usize, column: u16) -> Option<usize> {
        let on_line = |token: &usize| self.place(*token).0 == line && *token < self.places.len();
        let after = self.places.partition_point(|at| *at <= (line, column));
        let before = after.checked_sub(1).filter(on_line);
        before.or(Some(after).filter(on_line))
    }
}

/// A letter whose line is not decided.
#[derive(Clone, Copy)]
struct Piece {
    token: usize,
    letter: usize,
    width: usize,
    space: bool,
}

/// Writes letters into lines.
struct Pen {
    room: usize,
    /// Cells that are used of the line.
    used: usize,
    /// Whether the next letter begins a line.
    ended: bool,
    /// Letters that stay together.
    word: Vec<Piece>,
    word_width: usize,
    /// Whether the word ends with a letter of two cells.
    wide: bool,
    /// Whether all letters of the last placed token were spaces.
    blank: bool,
    lines: Vec<(usize, usize)>,
    places: Vec<(usize, u16)>,
}

impl Pen {
    fn new(room: usize, tokens: usize) -> Self {
        Self {
            room,
            used: 0,
            ended: true,
            word: Vec::new(),
            word_width: 0,
            wide: false,
            blank: false,
            lines: Vec::new(),
            places: Vec::with_capacity(tokens),
        }
    }

    fn token(&mut self, token: usize, letters: &[Letter]) {
        if letters.is_empty() {
            // It has a place all the same.
            self.word.push(Piece {
                token,
                letter: 0,
                width: 0,
                space: false,
            });
        }
        for (at, letter) in letters.iter().enumerate() {
            let piece = Piece {
                token,
                letter: at,
                width: letter.width,
                space: letter.is_space(),
            };
            if letter.is_space() || letter.is_newline() {
                self.flush();
                self.put(piece, 1);
                self.ended |= letter.is_newline();
                continue;
            }
            let wide = letter.width == 2;
            if (wide || self.wide) && !CLOSING.contains(letter.text.as_ref()) {
                self.flush();
            }
            self.word.push(piece);
            self.word_width += letter.width;
            self.wide = wide;
        }
    }

    /// Puts the word where it fits.
    fn flush(&mut self) {
        // What is longer than a line goes on where it is.
        let fits_below = self.word_width <= self.room;
        if self.used > 0 && fits_below && self.used + self.word_width > self.room {
            self.ended = true;
        }
        let word = std::mem::take(&mut self.word);
        word.iter().for_each(|piece| self.put(*piece, 0));
        self.word = word;
        self.word.clear();
        self.word_width = 0;
        self.wide = false;
    }

    /// Puts a letter, with so many cells past the end of the line that it may use.
    fn put(&mut self, piece: Piece, past: usize) {
        let full = self.used > 0 && self.used + piece.width > self.room + past;
        if self.ended || full {
            self.lines.push((piece.token, piece.letter));
            self.used = 0;
            self.ended = false;
        }
        let place = (
            self.lines.len() - 1,
            u16::try_from(self.used).unwrap_or(u16::MAX),
        );
        if piece.letter == 0 {
            self.places.push(place);
            self.blank = piece.space;
        } else if self.blank && !piece.space {
            if let Some(last) = self.places.last_mut() {
                *last = place;
            }
            self.blank = false;
        }
        self.used += piece.width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::fixture::Recipe;

    fn wrap(tokens: &[&str], width: u16) -> Wrap {
        let recipe = Recipe {
            tokens: tokens.iter().map(|token| (*token).to_owned()).collect(),
            layers: 1,
            heads: 1,
            ..Recipe::default()
        };
        Wrap::new(recipe.capture().tokens, width)
    }

    /// The lines as they are drawn.
    fn lines(wrap: &Wrap) -> Vec<String> {
        let line = |line| {
            let pieces = wrap.line(line).flat_map(|(token, letters)| {
                let label = &wrap.tokens[token].label;
                let all = label.letters().into_iter();
                let kept = all.skip(letters.start).take(letters.len());
                kept.map(|l| l.text.into_owned()).collect::<Vec<_>>()
            });
            pieces.collect()
        };
        (0..wrap.lines()).map(line).collect()
    }

    #[test]
    fn lines_break_by_word_and_where_a_token_says() {
        type Row<'a> = (&'a [&'a str], u16, &'a [&'a str]);
        let rows: [Row; 10] = [
            (&["The", " cat", " sat"], 20, &["The cat sat"]),
            // A word of several tokens stays together; its space hangs at the end of the line.
            (
                &["The", " flu", "ffy", " cat"],
                9,
                &["The ", "fluffy ", "cat"],
            ),
            (&["ab", " cd"], 3, &["ab ", "cd"]),
            (&["a", "\n", "\n", "b"], 9, &["a⏎", "⏎", "b"]),
            (&["a\n\nb c"], 9, &["a⏎", "⏎", "b c"]),
            (&["a", "\n"], 9, &["a⏎"]),
            // What is longer than a line breaks anywhere.
            (&["x", " abcdefgh"], 5, &["x ab", "cdef", "gh"]),
            // Wide letters break anywhere, but not before what closes.
            (&["猫猫", "猫。", "猫"], 7, &["猫猫", "猫。猫"]),
            (&["", "a"], 9, &["∅a"]),
            // Indentation that is longer than a line is kept.
            (&["        x"], 5, &["     ", "   x"]),
        ];
        for (tokens, width, expected) in rows {
            assert_eq!(lines(&wrap(tokens, width)), expected, "{tokens:?} {width}");
        }
    }

    #[test]
    fn a_token_stands_where_its_word_does() {
        let wrap = wrap(&["The", " flu", "ffy", " cat", "\n", " \u{1b}[2J", "z"], 9);
        let places: Vec<_> = (0..7).map(|token| wrap.place(token)).collect();
        // The escape takes 6 cells.
        let expected = [(0, 0), (1, 0), (1, 3), (2, 0), (2, 3), (3, 1), (4, 2)];
        assert_eq!(places, expected, "{:?}", lines(&wrap));
        assert_eq!(wrap.at(1, 0), Some(1));
        assert_eq!(wrap.at(1, 2), Some(1));
        assert_eq!(wrap.at(1, 99), Some(2));
        assert_eq!(wrap.tokens(1..2), 1..4);
        assert_eq!(wrap.tokens(0..99), 0..7);
    }

    #[test]
    fn every_letter_stands_on_one_line_that_is_no_wider_than_told() {
        let tokens = [
            "The",
            " fluffy猫",
            "\n",
            "\u{202e}",
            "",
            "   ",
            " naïve",
            "\t",
            "猫。",
        ];
        for width in 1..30 {
            let wrap = wrap(&tokens, width);
            let mut seen = Vec::new();
            for line in 0..wrap.lines() {
                let mut used = 0;
                for (token, letters) in wrap.line(line) {
                    let all = wrap.tokens[token].label.letters();
                    let all = all.iter().enumerate().skip(letters.start);
                    for (at, letter) in all.take(letters.len()) {
                        seen.push((token, at));
                        used += letter.width;
                    }
                }
                let widest = usize::from(width).max(8);
                assert!(used <= widest, "{width}: {used}");
            }
            let all = wrap.tokens.iter().enumerate();
            let letters =
                all.flat_map(|(at, token)| (0..token.label.letters().len()).map(move |l| (at, l)));
            assert_eq!(seen, letters.collect::<Vec<_>>());
            assert!(wrap.places.is_sorted() && wrap.places.len() == tokens.len());
        }
    }
}
