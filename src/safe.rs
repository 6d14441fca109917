//! Untrusted text, made safe for the place that it goes to.
//!
//! Names, texts and values come from files, command lines and vocabularies of others. What draws
//! nothing, commands a terminal or changes the direction of a line is spelled out on its way:
//!
//! | to | by |
//! | --- | --- |
//! | one value inside a message | [`printable`] |
//! | standard error: a whole message | [`sentence`] |
//! | standard output, the clipboard: lines of text | [`lines`] |
//! | JSON, on standard output, in files and inside pictures | [`json`] |
//! | a command line for a shell | [`shell_word`] |
//! | a cell of the screen, SVG, a picture, a label | [`crate::token::Label`], by the same table |

use std::ffi::OsStr;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// Longest value that a message repeats, in characters.
const LONGEST_VALUE: usize = 300;

/// Longest message, in characters: of a longer one the beginning and the end are kept.
const LONGEST_MESSAGE: usize = 2_000;

/// Characters of the end that a message keeps.
const END: usize = 400;

/// Whether a character must not reach a terminal as it is: it commands it (control characters),
/// turns or hides text (format characters, among them all of the bidirectional ones), ends a line
/// (line and paragraph separators), or stands for nothing that everyone draws alike (surrogates,
/// private and unassigned characters, variation selectors that can carry hidden data).
pub fn is_unsafe(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        get_general_category(c),
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::PrivateUse
            | Category::Unassigned
            | Category::LineSeparator
            | Category::ParagraphSeparator
    ) || matches!(c, '\u{e0100}'..='\u{e01ef}')
}

/// A value for a message: unsafe characters become escapes such as `\u{202e}`, and what is longer
/// than 300 characters is clipped with an ellipsis.
pub fn printable(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST_VALUE {
            out.push('…');
            break;
        }
        push(&mut out, c);
    }
    out
}

/// A whole message, on one line: unsafe characters become escapes, and of more than 2,000
/// characters the beginning and the end are kept.
pub fn sentence(text: &str) -> String {
    let count = text.chars().count();
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if count > LONGEST_MESSAGE && at == LONGEST_MESSAGE - END {
            out.push_str(" … ");
        }
        if count <= LONGEST_MESSAGE || at < LONGEST_MESSAGE - END || at >= count - END {
            push(&mut out, c);
        }
    }
    out
}

/// Lines of text: line ends and tabs stay, other unsafe characters become escapes.
pub fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c => push(&mut out, c),
        }
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        c if !is_unsafe(c) => out.push(c),
        '\n' | '\t' | '\r' => out.extend(c.escape_default()),
        c => out.extend(c.escape_unicode()),
    }
}

/// Writes a value as JSON in which unsafe characters of strings are `\u202e`, so that the text is
/// safe to show and every string is read back as it was. `pretty` puts every value on a line.
///
/// # Errors
/// What serialising reports, and what `out` does.
pub fn json(
    value: &impl Serialize,
    pretty: bool,
    out: &mut dyn Write,
) -> Result<(), serde_json::Error> {
    match pretty {
        true => value.serialize(&mut Serializer::with_formatter(
            out,
            Escaping(PrettyFormatter::new()),
        )),
        false => value.serialize(&mut Serializer::with_formatter(
            out,
            Escaping(CompactFormatter),
        )),
    }
}

/// A value as [`json`] on one line.
///
/// # Errors
/// What serialising reports.
pub fn json_text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = Vec::new();
    json(value, false, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Writes JSON as another formatter does, but for unsafe characters.
struct Escaping<F>(F);

/// Methods that are the other formatter's own.
macro_rules! as_inside {
    ($($name:ident($($first:ident)?)),*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, out: &mut W $(, $first: bool)?) -> io::Result<()> {
            self.0.$name(out $(, $first)?)
        }
    )*};
}

impl<F: Formatter> Formatter for Escaping<F> {
    as_inside!(
        begin_array(),
        end_array(),
        begin_array_value(first),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first),
        end_object_key(),
        begin_object_value(),
        end_object_value()
    );

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut shown = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_unsafe(*c)) {
            out.write_all(fragment.get(shown..at).unwrap_or_default().as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            shown = at + c.len_utf8();
        }
        out.write_all(fragment.get(shown..).unwrap_or_default().as_bytes())
    }
}

/// A word of a command line as bash and zsh take it: as it is, in single quotes, or with unsafe
/// characters and bytes that are not UTF-8 spelled out in `$'...'`.
pub fn shell_word(word: &OsStr) -> String {
    let bytes = word.as_encoded_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./=:,@+".contains(byte);
    let text = std::str::from_utf8(bytes).ok();
    match text.filter(|text| !text.contains(is_unsafe)) {
        Some(text) if !text.is_empty() && bytes.iter().all(plain) => text.to_owned(),
        Some(text) => format!("'{}'", text.replace('\'', "'\\''")),
        None => spelled(bytes),
    }
}

fn spelled(bytes: &[u8]) -> String {
    let mut out = String::from("$'");
    let push_byte = |out: &mut String, byte: &u8| out.push_str(&format!("\\x{byte:02x}"));
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                // A digit that follows must not be taken for a part of the escape.
                c if is_unsafe(c) || c == '\'' || c == '\\' => {
                    let mut utf8 = [0; 4];
                    c.encode_utf8(&mut utf8)
                        .bytes()
                        .for_each(|byte| push_byte(&mut out, &byte));
                }
                c => out.push(c),
            }
        }
        chunk
            .invalid()
            .iter()
            .for_each(|byte| push_byte(&mut out, byte));
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character.
    fn all() -> impl Iterator<Item = char> {
        (0..=0x10_ffff).filter_map(char::from_u32)
    }

    /// Those that no sink may let through: by category, and by the list of bidirectional controls.
    fn dangerous() -> &'static [char] {
        static FOUND: std::sync::OnceLock<Vec<char>> = std::sync::OnceLock::new();
        FOUND.get_or_init(find_dangerous)
    }

    fn find_dangerous() -> Vec<char> {
        use Category::{Control, Format, LineSeparator, ParagraphSeparator, Surrogate};
        let bad = [
            Control,
            Format,
            LineSeparator,
            ParagraphSeparator,
            Surrogate,
        ];
        let mut found: Vec<char> = all()
            .filter(|c| bad.contains(&get_general_category(*c)))
            .collect();
        let bidirectional = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter();
        let bidirectional = bidirectional.chain('\u{202a}'..='\u{202e}');
        found.extend(bidirectional.chain('\u{2066}'..='\u{2069}'));
        assert!(found.len() > 200);
        found
    }

    fn has_none(text: &str, kept: &[char]) -> bool {
        let dangerous = dangerous();
        let bad = |c: char| dangerous.contains(&c) && !kept.contains(&c);
        !text.contains(bad)
    }

    #[test]
    fn no_sink_lets_a_dangerous_character_through() {
        for part in dangerous().chunks(50) {
            let text: String = part.iter().flat_map(|&c| ['a', c, 'b']).collect();
            for shown in [printable(&text), sentence(&text), json_text(&text).unwrap()] {
                assert!(has_none(&shown, &[]), "{shown:?}");
            }
            assert!(has_none(&lines(&text), &['\n', '\t']));
            assert!(has_none(&shell_word(text.as_ref()), &[]));
            let label = crate::token::Label::of_token(text.as_bytes());
            for shown in [label.text().to_owned(), label.plain(), label.ascii()] {
                assert!(has_none(&shown, &[]), "{shown:?}");
            }
        }
    }

    #[test]
    fn json_is_read_back_as_it_was_and_escapes_nothing_else() {
        let text: String = all().collect();
        let written = json_text(&text).unwrap();
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        let mut pretty = Vec::new();
        let value = serde_json::json!({"a\u{9b}": ["é", 1.5, null], "b": "\u{e0001}"});
        json(&value, true, &mut pretty).unwrap();
        let pretty = String::from_utf8(pretty).unwrap();
        let expected = serde_json::to_string_pretty(&value).unwrap();
        let expected = expected.replace('\u{9b}', "\\u009b");
        assert_eq!(pretty, expected.replace('\u{e0001}', "\\udb40\\udc01"));
    }

    #[test]
    fn messages_are_bounded_and_keep_their_end() {
        let long = format!("begin {} end", "é".repeat(200_000));
        let said = sentence(&long);
        assert!(
            said.chars().count() <= LONGEST_MESSAGE + 3,
            "{}",
            said.len()
        );
        assert!(said.starts_with("begin ") && said.ends_with(" end"));
        assert_eq!(sentence("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        let value = printable(&long);
        assert!(value.chars().count() == LONGEST_VALUE + 1 && value.ends_with('…'));
    }

    #[cfg(unix)]
    #[test]
    #[ignore = "needs bash"]
    fn a_shell_reads_the_word_that_was_typed() {
        use std::os::unix::ffi::OsStrExt;
        let controls: String = (1..0x20).chain([0x7f]).filter_map(char::from_u32).collect();
        let words: [&[u8]; 8] = [
            b"plain-word.pt",
            b"",
            b"It's a $(cat) `x` \"y\" \\n !",
            "caf\u{e9} \u{202e}1\u{9b}2".as_bytes(),
            b"not UTF-8: \xff\xfea'b\\",
            b"two\nlines\tand a tab",
            b"-n",
            controls.as_bytes(),
        ];
        let mut command = String::from("printf '%s\\0'");
        for word in words {
            command += &format!(" {}", shell_word(OsStr::from_bytes(word)));
        }
        assert!(has_none(&command, &[]), "{command:?}");
        let output = std::process::Command::new("bash")
            .args(["-c", &command])
            .output()
            .unwrap();
        let read: Vec<&[u8]> = output.stdout.split(|byte| *byte == 0).collect();
        assert_eq!(read[..words.len()], words);
    }
}
