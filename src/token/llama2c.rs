//! llama2.c's `tokenizer.bin`: a SentencePiece vocabulary as one list of scores and texts.
//!
//! Little-endian, after `tokenizer.py` of llama2.c: u32, the bytes of the longest text; then for each id an f32 score, an
//! i32 length and the text, up to the end of the file. Ids 1 and 2 are begin and end of text.

use super::sentencepiece::{Kind, Piece, SentencePiece, Spaces};
use super::spelling::{METASPACE_TEXT, spelled_byte};
use super::{Bos, Error, Tokenizer};

/// The id that stands before every text.
const BEGIN: u32 = 1;

/// The first tokens of every such file, which merging never makes.
const SPECIAL: [(Kind, &str); 3] = [
    (Kind::Unknown, "<unk>"),
    (Kind::Control, "<s>"),
    (Kind::Control, "</s>"),
];

/// Whether a file is one, by its whole structure.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    entries(bytes).is_some()
}

/// Reads a file for which [`is_one`] holds.
pub(super) fn open(bytes: &[u8], source: &str) -> Result<Tokenizer, Error> {
    let entries = entries(bytes).ok_or_else(|| {
        let expected = "expected the length of the longest text, then a score, a length and a text for each token";
        Error::malformed(source, expected)
    })?;
    let pieces = entries.iter().enumerate().map(|(id, &(score, text))| {
        let (kind, text) = match SPECIAL.get(id) {
            Some(&(kind, name)) => (kind, name.to_owned()),
            None if spelled_byte(text).is_some() => (Kind::Byte, text.to_owned()),
            // Written with spaces, where SentencePiece has marks.
            None => (Kind::Normal, text.replace(' ', METASPACE_TEXT)),
        };
        Piece { text, score, kind }
    });
    let spaces = Spaces {
        prefix: true,
        collapse: false,
    };
    let scheme = SentencePiece::new(pieces.collect(), spaces, source)?;
    Ok(Tokenizer::new(scheme, source).with_bos(Some(Bos::one(BEGIN, true))))
}

/// The scores and texts; `None` if the file is something else.
fn entries(bytes: &[u8]) -> Option<Vec<(f32, &str)>> {
    let (longest, mut rest) = bytes.split_first_chunk::<4>()?;
    let longest = u32::from_le_bytes(*longest) as usize;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (score, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_le_bytes(*length)).ok()?;
        let (text, after) = after.split_at_checked(length)?;
        if length > longest {
            return None;
        }
        entries.push((f32::from_le_bytes(*score), std::str::from_utf8(text).ok()?));
        rest = after;
    }
    let special = entries.get(..SPECIAL.len())?.iter().zip(SPECIAL);
    special
        .into_iter()
        .all(|((_, text), (_, name))| text.trim() == name)
        .then_some(entries)
}
