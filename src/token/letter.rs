//! A label as running text: letters of known width, spaces and line breaks told apart.

use std::borrow::Cow;

use super::Label;
use super::join::PART;

/// A part of a running text that stays together; safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter<'a> {
    /// What is shown.
    pub text: Cow<'a, str>,
    /// Terminal cells that it takes.
    pub width: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Space,
    Newline,
    Mark,
}

/// A tab in running text: as wide as code is mostly indented.
const TAB: &str = "⇥   ";

impl Letter<'_> {
    /// Whether it is a space or a tab, after which a line may end.
    pub fn is_space(&self) -> bool {
        self.kind == Kind::Space
    }

    /// Whether the line ends with it.
    pub fn is_newline(&self) -> bool {
        self.kind == Kind::Newline
    }

    /// Whether it stands for something that has no letter: a newline, a tab, an empty token.
    pub fn is_mark(&self) -> bool {
        matches!(self.kind, Kind::Newline | Kind::Mark) || self.text == TAB
    }
}

impl Label {
    /// The label as running text: as [`text`](Label::text), but a token's spaces are spaces, and
    /// tabs are as wide as they look.
    pub fn letters(&self) -> Vec<Letter<'_>> {
        if self.is_plain() {
            let letters = self.bytes().chunks(1);
            return letters
                .map(|byte| Letter {
                    text: Cow::Borrowed(str::from_utf8(byte).unwrap_or_default()),
                    width: 1,
                    kind: match byte {
                        b" " => Kind::Space,
                        _ => Kind::Plain,
                    },
                })
                .collect();
        }
        let token = self.is_token();
        let letters = self.units().map(|unit| {
            // In a token these marks never stand for themselves.
            let (text, kind) = match unit.text.as_str() {
                "·" if token => (Cow::Borrowed(" "), Kind::Space),
                " " => (Cow::Borrowed(" "), Kind::Space),
                "⏎" if token => (Cow::Borrowed("⏎"), Kind::Newline),
                "⇥" if token => (Cow::Borrowed(TAB), Kind::Space),
                "∅" if token => (Cow::Borrowed("∅"), Kind::Mark),
                PART if token => (Cow::Borrowed(PART), Kind::Mark),
                _ => (Cow::Owned(unit.text), Kind::Plain),
            };
            let width = match kind {
                Kind::Plain => unit.width,
                _ => text.chars().count(),
            };
            Letter { text, width, kind }
        });
        letters.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> Vec<(String, usize)> {
        let label = Label::of_token(bytes);
        let letters = label.letters().into_iter();
        letters
            .map(|l| (l.text.into_owned(), l.width))
            .collect::<Vec<_>>()
    }

    fn pairs(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
        let owned = |(text, width): &(&str, usize)| ((*text).to_owned(), *width);
        expected.iter().map(owned).collect()
    }

    #[test]
    fn letters_are_of_known_width_and_safe() {
        type Row<'a> = (&'a [u8], &'a [(&'a str, usize)]);
        let rows: [Row; 6] = [
            (b" at", &[(" ", 1), ("a", 1), ("t", 1)]),
            ("e\u{301}猫".as_bytes(), &[("e\u{301}", 1), ("猫", 2)]),
            (b"a\n\t", &[("a", 1), ("⏎", 1), ("⇥   ", 4)]),
            ("\u{202e}·".as_bytes(), &[("\\u{202e}", 8), ("\\u{b7}", 6)]),
            (b"\xe4", &[("<E4>", 4)]),
            (b"", &[("∅", 1)]),
        ];
        for (bytes, expected) in rows {
            assert_eq!(shown(bytes), pairs(expected), "{bytes:?}");
        }
    }

    #[test]
    fn what_ends_a_line_or_a_word_is_told() {
        let label = Label::of_token(b"a \n\t");
        let letters = label.letters();
        let told: Vec<_> = letters
            .iter()
            .map(|l| (l.is_space(), l.is_newline(), l.is_mark()))
            .collect();
        let expected = [
            (false, false, false),
            (true, false, false),
            (false, true, true),
            (true, false, true),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn plain_letters_are_as_if_they_were_not() {
        let printable: Vec<u8> = (b' '..=b'~').collect();
        let plain = Label::of_token(&printable);
        let spelled = Label::of_token(&[printable.as_slice(), b"\n"].concat());
        let mut expected = spelled.letters();
        expected.pop();
        assert_eq!(plain.letters(), expected);
    }
}
