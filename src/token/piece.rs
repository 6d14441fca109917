//! What in untrusted bytes may be shown as it is, and what must be spelled out.
//!
//! Shown: letters, digits, signs and symbols that every terminal draws in the number of cells that `unicode-width` says,
//! alone or with a few marks on them. Spelled out: whatever is invisible, commands a terminal, or has a width that
//! depends on the terminal or on its neighbours (emoji joined by U+200D, variation selectors, flags, skin tones,
//! conjoining jamo, letters that ligate).

use crate::safe::is_unsafe;
use unicode_general_category::{GeneralCategory as Category, get_general_category};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Marks that one letter may carry; scripts in use need up to four, and what follows is a flood.
const MAX_MARKS: usize = 4;

/// What a mark without a letter is shown on, as in the Unicode charts.
const DOTTED_CIRCLE: char = '◌';

/// One indivisible part of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// U+0020.
    Space,
    /// U+000A.
    Newline,
    /// U+0009.
    Tab,
    /// A letter or symbol with its marks, shown as it is: one or two cells.
    Cluster(&'a str),
    /// An alef after a lam, shown in its isolated form so that the two stay two cells.
    Alef(char),
    /// A mark that has no letter, shown on a dotted circle.
    Mark(char),
    /// A character that must not or can't be shown.
    Escape(char),
    /// A byte that belongs to no UTF-8 character.
    Byte(u8),
    /// Later bytes of a character that begins in a token before.
    Part,
}

/// A part of the text that is cut as a whole.
pub(super) struct Unit {
    pub text: String,
    pub width: usize,
    /// One grapheme; otherwise ASCII letters, of one cell each, that a vertical label may break.
    pub whole: bool,
}

impl Unit {
    pub(super) fn whole(text: &str) -> Unit {
        Unit {
            width: width(text),
            text: text.to_owned(),
            whole: true,
        }
    }

    pub(super) fn spelled(text: String) -> Unit {
        Unit {
            width: text.len(),
            text,
            whole: false,
        }
    }
}

/// How one character takes part.
enum Kind {
    Space,
    Newline,
    Tab,
    Base,
    /// Nonspacing: drawn over the letter before it, in its cell.
    Mark,
    /// Spacing: drawn in a cell of its own beside the letter, as vowel signs of Devanagari.
    SpacingMark,
    Escape,
}

/// Cells of a text that is made of pieces.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `\u{202e}`; a carriage return is `\r`.
pub(super) fn escape(c: char) -> String {
    match c {
        '\r' => "\\r".to_owned(),
        c => c.escape_unicode().to_string(),
    }
}

/// `<E4>`.
pub(super) fn byte(byte: u8) -> String {
    format!("<{byte:02X}>")
}

/// Writes a mark on its dotted circle.
pub(super) fn push_mark(text: &mut String, mark: char) {
    text.push(DOTTED_CIRCLE);
    text.push(mark);
}

/// The form of an Arabic alef that does not ligate with a lam before it, which some terminals draw in one cell and some
/// in two.
pub(super) fn isolated(alef: char) -> Option<&'static str> {
    match alef {
        'آ' => Some("\u{FE81}"),
        'أ' => Some("\u{FE83}"),
        'إ' => Some("\u{FE87}"),
        'ا' => Some("\u{FE8D}"),
        _ => None,
    }
}

/// The first bytes, at most `max` of them, without cutting a UTF-8 character in two.
pub(super) fn clip_bytes(bytes: &[u8], max: usize) -> &[u8] {
    let Some(kept) = bytes.get(..max) else {
        return bytes;
    };
    if bytes.get(max).is_none_or(|&next| !is_continuation(next)) {
        return kept;
    }
    // A character is at most four bytes long, so its start is among the last three.
    let back = kept
        .iter()
        .rev()
        .take(3)
        .position(|&byte| !is_continuation(byte));
    let end = back.map_or(max, |back| max - back - 1);
    kept.get(..end).unwrap_or(kept)
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Cuts bytes into pieces, in order.
pub(super) fn pieces(bytes: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut found = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text_pieces(chunk.valid(), &mut found);
        found.extend(chunk.invalid().iter().copied().map(Piece::Byte));
    }
    found.into_iter()
}

fn text_pieces<'a>(text: &'a str, found: &mut Vec<Piece<'a>>) {
    let mut cluster: Option<Cluster<'a>> = None;
    for (at, c) in text.char_indices() {
        let kind = kind(c);
        if let Some(open) = &mut cluster {
            if open.take(c, &kind) {
                continue;
            }
            found.push(open.piece());
        }
        let before = cluster.take();
        match kind {
            Kind::Space => found.push(Piece::Space),
            Kind::Newline => found.push(Piece::Newline),
            Kind::Tab => found.push(Piece::Tab),
            Kind::Base => {
                let own = Cluster::new(text, at, c);
                if before.is_some_and(|before| before.joins(&own)) {
                    found.push(match isolated(c) {
                        Some(_) => Piece::Alef(c),
                        None => Piece::Escape(c),
                    });
                } else {
                    cluster = Some(own);
                }
            }
            Kind::Mark | Kind::SpacingMark => {
                let mut alone = String::new();
                push_mark(&mut alone, c);
                let cells = 1 + c.width().unwrap_or(0);
                found.push(if width(&alone) == cells {
                    Piece::Mark(c)
                } else {
                    Piece::Escape(c)
                });
            }
            Kind::Escape => found.push(Piece::Escape(c)),
        }
    }
    found.extend(cluster.map(|cluster| cluster.piece()));
}

/// A letter that is still taking marks.
struct Cluster<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    marks: usize,
    width: usize,
}

impl<'a> Cluster<'a> {
    fn new(text: &'a str, start: usize, base: char) -> Cluster<'a> {
        Cluster {
            text,
            start,
            end: start + base.len_utf8(),
            marks: 0,
            width: base.width().unwrap_or(0),
        }
    }

    fn slice(&self) -> &'a str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    fn piece(&self) -> Piece<'a> {
        Piece::Cluster(self.slice())
    }

    /// Adds a mark, if the letter may carry it and the cells add up.
    fn take(&mut self, c: char, kind: &Kind) -> bool {
        let cells = match kind {
            Kind::Mark => 0,
            Kind::SpacingMark => 1,
            _ => return false,
        };
        let end = self.end + c.len_utf8();
        let whole = self.text.get(self.start..end).unwrap_or_default();
        let fits =
            self.marks < MAX_MARKS && self.width + cells <= 2 && width(whole) == self.width + cells;
        if fits {
            self.marks += 1;
            self.end = end;
            self.width += cells;
        }
        fits
    }

    /// Whether this cluster and the next one, side by side, would take other cells than each alone.
    fn joins(&self, next: &Cluster<'a>) -> bool {
        let both = self.text.get(self.start..next.end).unwrap_or_default();
        width(both) != self.width + next.width
    }
}

fn kind(c: char) -> Kind {
    match c {
        ' ' => return Kind::Space,
        '\n' => return Kind::Newline,
        '\t' => return Kind::Tab,
        '!'..='~' => return Kind::Base,
        _ if is_unsafe(c) || is_blank_or_unstable(c) => return Kind::Escape,
        _ => {}
    }
    match (get_general_category(c), c.width()) {
        (Category::SpaceSeparator | Category::EnclosingMark, _) => Kind::Escape,
        (Category::NonspacingMark, Some(0)) => Kind::Mark,
        (Category::NonspacingMark, _) => Kind::Escape,
        // Of the spacing marks that unicode-width counts as nothing, terminals make one cell.
        (Category::SpacingMark, Some(1)) => Kind::SpacingMark,
        (Category::SpacingMark, _) => Kind::Escape,
        (_, Some(1 | 2)) => Kind::Base,
        _ => Kind::Escape,
    }
}

/// Characters whose category says letter, mark or symbol, but that draw nothing, or that terminals disagree about.
fn is_blank_or_unstable(c: char) -> bool {
    matches!(c,
        // Ignorable marks: grapheme joiner, Khmer inherent vowels, variation selectors.
        '\u{34F}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180D}' | '\u{180F}'
        | '\u{FE00}'..='\u{FE0F}'
        // Makes of the consonant after it a sign below the one before.
        | '\u{17D2}'
        // Fillers and blanks.
        | '\u{115F}' | '\u{1160}' | '\u{17A4}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}' | '\u{1D159}'
        // Flags and skin tones change what stands before them.
        | '\u{1F1E6}'..='\u{1F1FF}' | '\u{1F3FB}'..='\u{1F3FF}')
}
