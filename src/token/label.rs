//! On-screen token text: safe to print, every character visible, of known width.
//!
//! Bytes of a vocabulary, a prompt or a file name are untrusted. A [`Label`] is the only way that they reach a screen, a
//! file or stdout. It is cut into `Piece`s (see `piece.rs`, which decides what is safe), and every form of the label is
//! written from the same pieces.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::join::{PART, Shared};
use super::piece::{self, Piece, Unit};

/// Longest part of a token or text that a label keeps, in bytes; what is longer ends with `…`.
const MAX_BYTES: usize = 4096;

/// What ends a text that was cut; one cell.
const CUT: &str = "…";

/// Printable text for a token, a name or a message whose bytes come from outside.
///
/// In [`text`](Label::text) a token's space is `·`, its newline `⏎` and its tab `⇥`, so that `·cat` (a word's start) and
/// `cat` (its continuation) differ. Control, format, zero-width, private and unassigned characters are `\u{202e}`, bytes
/// that are no UTF-8 are `<E4>`, and an empty token is `∅`. A special token (`<s>`) is `⟨s⟩`, in [`plain`](Label::plain), too.
/// These marks never stand for themselves: a token that holds a literal `·` shows `\u{b7}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    bytes: Arc<[u8]>,
    text: Arc<str>,
    width: u32,
    style: Style,
    cut: bool,
    /// What it shares with the labels beside it.
    shared: Shared,
}

/// How spaces and emptiness look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Style {
    /// Spaces are marked.
    Token,
    /// As `Token`, but the one leading space is not written.
    Bare,
    /// As `Token`, in `⟨ ⟩` instead of its own angle brackets.
    Special,
    /// Spaces stay spaces.
    Text,
}

/// Every style, in the order of [`Label::kind`].
const STYLES: [Style; 4] = [Style::Token, Style::Bare, Style::Special, Style::Text];

/// Set in [`Label::kind`] where the bytes were cut.
const CUT_BIT: u8 = 1 << 7;

/// What a special token stands in.
const BRACKETS: [&str; 2] = ["⟨", "⟩"];

/// Characters that mean something in the label of a token.
const MARKS: [char; 7] = ['·', '⏎', '⇥', '∅', '⟨', '⟩', '↳'];

impl Label {
    /// The label of a token, from the raw bytes that it stands for.
    pub fn of_token(bytes: &[u8]) -> Label {
        Label::new(bytes, Style::Token)
    }

    /// The label of a token that means something else than its text, as `<s>` or `<|endoftext|>`: told apart from the same
    /// characters in a text by the brackets that it stands in, `⟨s⟩` and `⟨|endoftext|⟩`.
    pub fn of_special(bytes: &[u8]) -> Label {
        Label::new(bytes, Style::Special)
    }

    /// The label of any other untrusted text (a file name, a model's name, a message): as for a token, but spaces stay
    /// spaces and nothing stays nothing.
    pub fn of_text(text: &str) -> Label {
        Label::new(text.as_bytes(), Style::Text)
    }

    fn new(bytes: &[u8], style: Style) -> Label {
        let kept = piece::clip_bytes(bytes, MAX_BYTES);
        Label::write(kept, style, kept.len() < bytes.len(), Shared::default())
    }

    fn write(bytes: &[u8], style: Style, cut: bool, shared: Shared) -> Label {
        let mut label = Label {
            bytes: bytes.into(),
            text: Arc::from(""),
            width: 0,
            style,
            cut,
            shared,
        };
        let mut text = String::with_capacity(bytes.len() + 4);
        let mut width = 0;
        if label.is_plain() {
            // What nearly all tokens are, without the search for clusters; a test compares both.
            let marked = style == Style::Token;
            text.extend(
                bytes
                    .iter()
                    .map(|&b| if marked && b == b' ' { '·' } else { b.into() }),
            );
            width = bytes.len();
        } else {
            for unit in label.units() {
                width += unit.width;
                text.push_str(&unit.text);
            }
        }
        label.text = text.into();
        label.width = u32::try_from(width).unwrap_or(u32::MAX);
        label
    }

    /// All but the bytes as one number, so that a file can keep a label.
    pub fn kind(&self) -> u8 {
        let cut = if self.cut { CUT_BIT } else { 0 };
        cut | STYLES.iter().position(|&s| s == self.style).unwrap_or(0) as u8
    }

    /// The label that has these [`bytes`](Label::bytes) and this [`kind`](Label::kind); `None` where there is no such kind.
    pub fn of_kind(bytes: &[u8], kind: u8) -> Option<Label> {
        let style = *STYLES.get(usize::from(kind & !CUT_BIT))?;
        let kept = piece::clip_bytes(bytes, MAX_BYTES);
        let cut = kind & CUT_BIT != 0 || kept.len() < bytes.len();
        Some(Label::write(kept, style, cut, Shared::default()))
    }

    /// The bytes of a token's label that may share a character with those beside it; `None` where
    /// it is another's or not whole.
    pub(super) fn shareable(&self) -> Option<&[u8]> {
        (self.style == Style::Token && !self.cut).then_some(&self.bytes)
    }

    /// The same bytes, shown as what they are beside others.
    pub(super) fn with_shared(&self, shared: Shared) -> Label {
        Label::write(&self.bytes, self.style, self.cut, shared)
    }

    /// The raw bytes that the label is of, the first 4096 of them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The safe text. No control, format or zero-width character is in it, and no character that would join with a
    /// neighbour into something of another width.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Terminal cells that [`text`](Label::text) takes: the sum over its graphemes, by the `unicode-width` crate.
    pub fn width(&self) -> usize {
        self.width as usize
    }

    /// The same label without the leading-space mark, for places where every cell counts: `·cat` becomes `cat`. A token
    /// that is nothing but a space, or begins with two, keeps its marks.
    pub fn bare(&self) -> Label {
        let one_space = self.style == Style::Token
            && self.bytes.len() > 1
            && self.bytes.starts_with(b" ")
            && !self.bytes.starts_with(b"  ");
        if one_space {
            Label::write(&self.bytes, Style::Bare, self.cut, self.shared)
        } else {
            self.clone()
        }
    }

    /// Cells of the label without its leading space, and letters of it from top to bottom (see
    /// [`Label::columns`]), at most `most`.
    pub fn extent(&self, most: usize) -> (usize, usize) {
        let bytes = match self.style {
            Style::Token => self.bytes.strip_prefix(b" ").unwrap_or(&self.bytes),
            Style::Bare | Style::Text => &self.bytes,
            Style::Special => &[],
        };
        // Most tokens are words of ASCII, and there may be many.
        if !self.cut && !bytes.is_empty() && bytes.iter().all(u8::is_ascii_graphic) {
            return (bytes.len(), bytes.len().min(most));
        }
        let bare = self.bare();
        (bare.width(), bare.columns(most).len())
    }

    /// The text in at most `width` cells. It ends with `…` where it was cut, and is cut between graphemes only; an escape
    /// is kept whole or not at all.
    pub fn clip(&self, width: usize) -> String {
        if self.width() <= width {
            return self.text.to_string();
        }
        if width == 0 {
            return String::new();
        }
        let mut text = String::new();
        let mut used = 0;
        for unit in self.units() {
            if used + unit.width > width - 1 {
                break;
            }
            used += unit.width;
            text.push_str(&unit.text);
        }
        text.push_str(CUT);
        text
    }

    /// The text clipped to `width` cells and moved to their right end by spaces on its left: exactly `width` cells.
    pub fn pad_left(&self, width: usize) -> String {
        let text = self.clip(width);
        let spaces = width - piece::width(&text).min(width);
        format!("{}{text}", " ".repeat(spaces))
    }

    /// The text clipped to `width` cells and filled up with spaces on its right: exactly `width` cells.
    pub fn pad_right(&self, width: usize) -> String {
        let mut text = self.clip(width);
        let spaces = width - piece::width(&text).min(width);
        text.extend(std::iter::repeat_n(' ', spaces));
        text
    }

    /// The text from top to bottom for a vertical axis: one grapheme of one or two cells each, at most `max_height` of
    /// them, the last one `…` where the text is longer.
    pub fn columns(&self, max_height: usize) -> Vec<String> {
        let mut rows: Vec<String> = Vec::new();
        for unit in self.units() {
            // Marks and escapes are letters that may stand below each other; a cluster is one.
            if unit.whole {
                rows.push(unit.text);
            } else {
                rows.extend(unit.text.chars().map(String::from));
            }
            if rows.len() > max_height {
                break;
            }
        }
        if rows.len() > max_height {
            rows.truncate(max_height);
            if let Some(last) = rows.last_mut() {
                *last = CUT.to_owned();
            }
        }
        rows
    }

    /// The text in ASCII alone: `_` for a token's space (and `\_` for an underscore), `\n`, `\t`, `\r`, `\u{e9}`, `<E4>`,
    /// `<<s>>` for the special token `<s>`.
    pub fn ascii(&self) -> String {
        let marked = self.style != Style::Text;
        let special = self.style == Style::Special;
        let mut text = String::from(if special { "<<" } else { "" });
        for piece in self.pieces() {
            match piece {
                Piece::Space if marked => text.push('_'),
                Piece::Space => text.push(' '),
                Piece::Newline => text.push_str("\\n"),
                Piece::Tab => text.push_str("\\t"),
                Piece::Part => text.push_str("<part>"),
                Piece::Cluster(cluster) => {
                    for c in cluster.chars() {
                        match c {
                            '_' if marked => text.push_str("\\_"),
                            c if c.is_ascii() => text.push(c),
                            c => text.push_str(&piece::escape(c)),
                        }
                    }
                }
                Piece::Alef(c) | Piece::Mark(c) | Piece::Escape(c) => {
                    text.push_str(&piece::escape(c))
                }
                Piece::Byte(byte) => text.push_str(&piece::byte(byte)),
            }
        }
        if text.is_empty() && marked {
            text.push_str("<empty>");
        }
        if self.cut {
            text.push_str("...");
        }
        text.push_str(if special { ">>" } else { "" });
        text
    }

    /// The safe text with spaces as spaces, newline as `\n`, tab as `\t` and nothing for an empty token: for sentences
    /// that quote a token, as `' cat' attends most to:`.
    pub fn plain(&self) -> String {
        let [open, close] = self.brackets();
        let token = self.is_token();
        let mut text = String::with_capacity(self.text.len());
        text.push_str(open);
        for piece in self.pieces() {
            match piece {
                Piece::Space => text.push(' '),
                Piece::Newline => text.push_str("\\n"),
                Piece::Tab => text.push_str("\\t"),
                Piece::Part => text.push_str(PART),
                Piece::Cluster(cluster) if token && BRACKETS.contains(&cluster) => {
                    text.extend(cluster.chars().map(piece::escape));
                }
                Piece::Cluster(cluster) => text.push_str(cluster),
                Piece::Alef(c) => text.push_str(piece::isolated(c).unwrap_or_default()),
                Piece::Mark(c) => piece::push_mark(&mut text, c),
                Piece::Escape(c) => text.push_str(&piece::escape(c)),
                Piece::Byte(byte) => text.push_str(&piece::byte(byte)),
            }
        }
        if self.cut {
            text.push_str(CUT);
        }
        text.push_str(close);
        text
    }

    fn brackets(&self) -> [&'static str; 2] {
        match self.style {
            Style::Special => BRACKETS,
            _ => [""; 2],
        }
    }

    fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let skip = usize::from(self.style == Style::Bare);
        let own = match self.style {
            Style::Special => self.bytes.strip_prefix(b"<"),
            _ => None,
        };
        let inner = own.and_then(|rest| rest.strip_suffix(b">"));
        let shown = inner.filter(|inner| !inner.is_empty());
        let shown = shown.unwrap_or(&self.bytes);
        let Shared { lead, tail } = &self.shared;
        let end = shown.len() - tail.map_or(0, |(own, _)| own).min(shown.len());
        let own = shown.get((*lead).min(end)..end).unwrap_or_default();
        let before = (*lead > 0).then_some(Piece::Part);
        let whole = tail.as_ref().map_or(&[][..], |(_, whole)| whole.bytes());
        let pieces = piece::pieces(own).chain(piece::pieces(whole));
        before.into_iter().chain(pieces).skip(skip)
    }

    /// Whether it is a token's, so that spaces and emptiness are marked.
    pub(super) fn is_token(&self) -> bool {
        self.style != Style::Text
    }

    /// Whether each byte is one cell, and nothing is added.
    pub(super) fn is_plain(&self) -> bool {
        let shown = |b: &u8| b.is_ascii_graphic() || *b == b' ';
        let style = matches!(self.style, Style::Token | Style::Text);
        style && !self.cut && !self.bytes.is_empty() && self.bytes.iter().all(shown)
    }

    /// What `text` is made of, in order; nothing of it may be split.
    pub(super) fn units(&self) -> impl Iterator<Item = Unit> {
        let token = self.is_token();
        let [open, close] = self.brackets();
        let bracket = |bracket: &str| (!bracket.is_empty()).then(|| Unit::whole(bracket));
        let empty = (token && self.bytes.is_empty()).then(|| Unit::whole("∅"));
        let cut = self.cut.then(|| Unit::whole(CUT));
        let body = self.pieces().map(move |piece| match piece {
            Piece::Space if token => Unit::whole("·"),
            Piece::Space => Unit::whole(" "),
            Piece::Newline => Unit::whole("⏎"),
            Piece::Tab => Unit::whole("⇥"),
            Piece::Part => Unit::whole(PART),
            // The marks above mean only what they stand for.
            Piece::Cluster(cluster) if token && cluster.starts_with(MARKS) => {
                Unit::spelled(cluster.chars().map(piece::escape).collect())
            }
            Piece::Cluster(cluster) => Unit::whole(cluster),
            Piece::Alef(c) => Unit::whole(piece::isolated(c).unwrap_or_default()),
            Piece::Mark(c) => {
                let mut text = String::new();
                piece::push_mark(&mut text, c);
                Unit::whole(&text)
            }
            Piece::Escape(c) => Unit::spelled(piece::escape(c)),
            Piece::Byte(byte) => Unit::spelled(piece::byte(byte)),
        });
        let before = bracket(open).into_iter().chain(empty);
        before.chain(body).chain(cut).chain(bracket(close))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_labels_are_as_if_they_were_not() {
        let printable: Vec<u8> = (b' '..=b'~').collect();
        let pairs = printable
            .iter()
            .flat_map(|&a| printable.iter().map(move |&b| vec![a, b]));
        for bytes in pairs.chain([printable.clone()]) {
            for style in [Style::Token, Style::Text] {
                let label = Label::write(&bytes, style, false, Shared::default());
                assert!(label.is_plain());
                let text: String = label.units().map(|unit| unit.text).collect();
                let width: usize = label.units().map(|unit| unit.width).sum();
                assert_eq!((label.text(), label.width()), (text.as_str(), width));
            }
        }
    }
}
