//! SentencePiece's `tokenizer.model`: a protocol buffer with the pieces and how the text is prepared.
//!
//! Field numbers after `sentencepiece_model.proto`. Only models of type BPE whose normalizer changes nothing are read, which
//! is what Llama, Mistral and Gemma have.

use super::sentencepiece::{Kind, Piece, SentencePiece, Spaces};
use super::{Bos, Error, Tokenizer};

/// `TrainerSpec.model_type`.
const UNIGRAM: u64 = 1;
const BPE: u64 = 2;

/// Whether a file begins as one: with a piece that has a text.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let first = Fields(bytes).next();
    matches!(first, Some(Some((1, Field::Bytes(piece))))
        if matches!(Fields(piece).next(), Some(Some((1, Field::Bytes(text)))) if std::str::from_utf8(text).is_ok()))
}

/// What of the file counts here, with SentencePiece's defaults for what is not written.
struct Model {
    pieces: Vec<Piece>,
    kind: u64,
    bos: u64,
    charsmap: bool,
    escape: bool,
    spaces: Spaces,
    suffix: bool,
}

/// Reads a model; a begin-of-text token stands before every text unless `add_bos` says otherwise.
pub(super) fn open(bytes: &[u8], add_bos: Option<bool>, source: &str) -> Result<Tokenizer, Error> {
    let malformed = |reason: &str| Error::malformed(source, reason);
    let model = read(bytes).ok_or_else(|| {
        malformed("it is cut off, or no SentencePiece model; expected protocol buffer fields")
    })?;
    let instead = "give a tokenizer.json, which transformers can make of it";
    match model.kind {
        BPE => {}
        UNIGRAM => {
            return Err(malformed(&format!(
                "its type is unigram; expected BPE: {instead}"
            )));
        }
        kind => {
            return Err(malformed(&format!(
                "its type is {kind}; expected BPE (2): {instead}"
            )));
        }
    }
    if model.charsmap || !model.escape || model.suffix {
        let what = "its normalizer replaces characters or treats spaces in a way of its own";
        return Err(malformed(&format!("{what}: {instead}")));
    }
    let begin = u32::try_from(model.bos).ok();
    let begin = begin.filter(|&id| (id as usize) < model.pieces.len());
    let scheme = SentencePiece::new(model.pieces, model.spaces, source)?;
    let bos = begin.map(|id| Bos::one(id, add_bos.unwrap_or(true)));
    Ok(Tokenizer::new(scheme, source).with_bos(bos))
}

fn read(bytes: &[u8]) -> Option<Model> {
    let mut model = Model {
        pieces: Vec::new(),
        kind: UNIGRAM,
        bos: 1,
        charsmap: false,
        escape: true,
        spaces: Spaces {
            prefix: true,
            collapse: true,
        },
        suffix: false,
    };
    for field in Fields(bytes) {
        match field? {
            (1, Field::Bytes(piece)) => model.pieces.push(read_piece(piece)?),
            (2, Field::Bytes(trainer)) => {
                for field in Fields(trainer) {
                    match field? {
                        (3, Field::Number(kind)) => model.kind = kind,
                        (24, Field::Number(suffix)) => model.suffix = suffix != 0,
                        // A negative number says that there is none.
                        (41, Field::Number(bos)) => model.bos = bos,
                        _ => {}
                    }
                }
            }
            (3, Field::Bytes(normalizer)) => {
                for field in Fields(normalizer) {
                    match field? {
                        (2, Field::Bytes(map)) => model.charsmap = !map.is_empty(),
                        (3, Field::Number(prefix)) => model.spaces.prefix = prefix != 0,
                        (4, Field::Number(collapse)) => model.spaces.collapse = collapse != 0,
                        (5, Field::Number(escape)) => model.escape = escape != 0,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Some(model)
}

fn read_piece(bytes: &[u8]) -> Option<Piece> {
    let mut piece = Piece {
        text: String::new(),
        score: 0.0,
        kind: Kind::Normal,
    };
    for field in Fields(bytes) {
        match field? {
            (1, Field::Bytes(text)) => piece.text = std::str::from_utf8(text).ok()?.to_owned(),
            (2, Field::Float(score)) => piece.score = score,
            (3, Field::Number(kind)) => piece.kind = Kind::from_number(kind)?,
            _ => {}
        }
    }
    Some(piece)
}

/// A value of a protocol buffer.
enum Field<'a> {
    Number(u64),
    Float(f32),
    Bytes(&'a [u8]),
    Other,
}

/// The fields of a message by their numbers; `None` as an item, and the end, where the bytes make no sense.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Field::Number(self.varint()?),
            1 => {
                self.take(8)?;
                Field::Other
            }
            2 => {
                let length = self.varint()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Float(f32::from_le_bytes(*self.take(4)?.first_chunk()?)),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}
