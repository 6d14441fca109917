//! SentencePiece's BPE: neighbours whose union is a piece are merged, the best score first (Kudo & Richardson 2018).
//!
//! GGUF files of kind `llama`, llama2.c's `tokenizer.bin` and SentencePiece's own `tokenizer.model` hold such a vocabulary;
//! each reader makes a list of [`Piece`]s of it.

use std::collections::HashMap;

use super::error::safe;
use super::spelled::Spelled;
use super::spelling::{METASPACE, METASPACE_TEXT, spelled_byte};
use super::{Error, Scheme, entries, merge};

/// Longest piece, in bytes. Those in use have up to some hundred; looking up longer ones would make encoding slow.
const MAX_PIECE: usize = 1024;

/// An entry of the vocabulary. Spaces are written as `▁`.
pub(super) struct Piece {
    pub text: String,
    pub score: f32,
    pub kind: Kind,
}

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Found by merging.
    Normal,
    /// Stands for what can't be spelled.
    Unknown,
    /// Means something else than its text, as `<s>`.
    Control,
    /// Taken from the text before anything is merged.
    UserDefined,
    /// `<0xE4>`: a byte of a character that is no piece.
    Byte,
}

impl Kind {
    /// The kind by its number in SentencePiece's and in GGUF files. What was left undefined (0) or unused (5) is a piece like
    /// any other.
    pub(super) fn from_number(number: u64) -> Option<Kind> {
        match number {
            0 | 1 | 5 => Some(Kind::Normal),
            2 => Some(Kind::Unknown),
            3 => Some(Kind::Control),
            4 => Some(Kind::UserDefined),
            6 => Some(Kind::Byte),
            _ => None,
        }
    }
}

/// What happens to spaces before the text is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spaces {
    /// One is set before the first word.
    pub prefix: bool,
    /// Those around the text go, and runs of them become one.
    pub collapse: bool,
}

/// A vocabulary of pieces with scores.
pub(super) struct SentencePiece {
    pieces: Vec<Piece>,
    /// What merging may end in.
    ids: HashMap<Box<str>, u32>,
    bytes: Vec<Option<u32>>,
    unknown: Option<u32>,
    user: Spelled,
    control: Spelled,
    spaces: Spaces,
    source: String,
}

impl SentencePiece {
    pub(super) fn new(pieces: Vec<Piece>, spaces: Spaces, source: &str) -> Result<Self, Error> {
        let malformed = |reason: String| Error::malformed(source, reason);
        if pieces.is_empty() || u32::try_from(pieces.len()).is_err() {
            return Err(malformed(format!("it has {} pieces", pieces.len())));
        }
        let mut ids = HashMap::with_capacity(pieces.len());
        let (mut user, mut control) = (Vec::new(), Vec::new());
        let mut bytes = vec![None; 256];
        let mut unknown = None;
        for (id, piece) in (0_u32..).zip(&pieces) {
            if piece.text.len() > MAX_PIECE {
                let found = piece.text.len();
                return Err(malformed(format!(
                    "piece {id} has {found} bytes; pieces have at most {MAX_PIECE}"
                )));
            }
            if piece.score.is_nan() {
                return Err(malformed(format!(
                    "the score of piece {id} is not a number"
                )));
            }
            match piece.kind {
                Kind::Normal if piece.text.is_empty() => {}
                Kind::Normal => {
                    ids.entry(piece.text.as_str().into()).or_insert(id);
                }
                Kind::UserDefined => user.push((piece.text.replace(' ', METASPACE_TEXT), id)),
                Kind::Control => control.push((piece.text.clone(), id)),
                Kind::Unknown => {
                    control.push((piece.text.clone(), id));
                    unknown = unknown.or(Some(id));
                }
                Kind::Byte => {
                    let byte = spelled_byte(&piece.text).ok_or_else(|| {
                        let found = safe(&piece.text);
                        malformed(format!(
                            "piece {id} is '{found}'; expected a byte such as <0x0A>"
                        ))
                    })?;
                    if let Some(slot) = bytes.get_mut(usize::from(byte)) {
                        *slot = Some(id);
                    }
                }
            }
        }
        Ok(SentencePiece {
            pieces,
            ids,
            bytes,
            unknown,
            user: Spelled::new(user).map_err(malformed)?,
            control: Spelled::new(control).map_err(malformed)?,
            spaces,
            source: safe(source),
        })
    }

    fn piece(&self, id: u32) -> Option<&Piece> {
        self.pieces.get(id as usize)
    }

    /// The ids of a text without control tokens in it. `text` is the whole text, for errors.
    fn encode_section(&self, section: &str, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        let marked = self.mark_spaces(section);
        for (between, user) in self.user.split(&marked) {
            self.merge(between, text, ids)?;
            ids.extend(user);
        }
        Ok(())
    }

    fn mark_spaces(&self, section: &str) -> String {
        let section = match self.spaces.collapse {
            true => section.trim_matches(' '),
            false => section,
        };
        let mut marked = String::with_capacity(section.len() + section.len() / 2);
        if self.spaces.prefix && !section.is_empty() {
            marked.push(METASPACE);
        }
        let mut before = None;
        for c in section.chars() {
            let again = c == ' ' && before == Some(' ');
            before = Some(c);
            match c {
                ' ' if again && self.spaces.collapse => {}
                ' ' => marked.push(METASPACE),
                c => marked.push(c),
            }
        }
        marked
    }

    /// Merges characters to pieces, and looks up what is left.
    fn merge(&self, marked: &str, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        let score = |union: &str| Some(self.piece(*self.ids.get(union)?)?.score);
        let parts = merge::merge(marked, MAX_PIECE, score).ok_or_else(|| Error::Encode {
            source_name: self.source.clone(),
            reason: "it has more than 4 GiB".to_owned(),
        })?;
        let mut after_unknown = false;
        for part in parts {
            let spelled = self.spell(part);
            // A run of what is unknown is one unknown token.
            let unknown = spelled.is_empty();
            if !unknown {
                ids.extend(spelled);
            } else if !after_unknown {
                ids.push(self.unknown(part, text)?);
            }
            after_unknown = unknown;
        }
        Ok(())
    }

    /// The piece of this text, else its bytes; empty where it has neither.
    fn spell(&self, piece: &str) -> Vec<u32> {
        if let Some(&id) = self.ids.get(piece) {
            return vec![id];
        }
        let byte = |byte: u8| self.bytes.get(usize::from(byte)).copied().flatten();
        let spelled: Option<Vec<u32>> = piece.bytes().map(byte).collect();
        spelled.unwrap_or_default()
    }

    fn unknown(&self, piece: &str, text: &str) -> Result<u32, Error> {
        self.unknown.ok_or_else(|| {
            let part = piece.replace(METASPACE, " ");
            let at = text.find(&part).unwrap_or(0);
            let position = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
            let sample = (0..).map_while(|id| self.token_bytes(id));
            entries::not_in_vocabulary(&part, position, &self.source, self.pieces.len(), sample)
        })
    }
}

impl Scheme for SentencePiece {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::new();
        if !special {
            self.encode_section(text, text, &mut ids)?;
            return Ok(ids);
        }
        // Each part between control tokens is a text of its own, as in llama.cpp.
        for (between, control) in self.control.split(text) {
            self.encode_section(between, text, &mut ids)?;
            ids.extend(control);
        }
        Ok(ids)
    }

    fn token_bytes(&self, id: u32) -> Option<Vec<u8>> {
        let piece = self.piece(id)?;
        Some(match piece.kind {
            Kind::Control | Kind::Unknown => piece.text.clone().into_bytes(),
            Kind::Byte => spelled_byte(&piece.text).into_iter().collect(),
            Kind::Normal | Kind::UserDefined => piece.text.replace(METASPACE, " ").into_bytes(),
        })
    }

    fn vocab_size(&self) -> usize {
        self.pieces.len()
    }

    fn is_special(&self, id: u32) -> bool {
        let kind = self.piece(id).map(|piece| piece.kind);
        matches!(kind, Some(Kind::Control | Kind::Unknown))
    }

    fn token_id(&self, text: &str) -> Option<u32> {
        let taken = self.control.id(text).or_else(|| self.user.id(text));
        taken.or_else(|| self.ids.get(text).copied())
    }

    fn decode(&self, ids: &[u32]) -> String {
        let mut bytes = Vec::new();
        let mut first = self.spaces.prefix;
        for &id in ids {
            let token = self.token_bytes(id).unwrap_or_else(|| "\u{FFFD}".into());
            match token.split_first() {
                Some((b' ', rest)) if first => bytes.extend(rest),
                _ => bytes.extend(token),
            }
            first = self.spaces.prefix && self.is_special(id);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
