//! Vocabularies that are a plain list: one character an entry, or one word, as from-scratch training scripts save them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::error::safe;
use super::{Error, Label, Scheme, Tokenizer};

/// Longest entry, in bytes, that is looked for in a text. Longer ones have their label only; they would make encoding
/// slow, and no text has them.
const MAX_MATCH: usize = 256;

/// Names of the entry that stands for whatever is not in the vocabulary.
const UNKNOWN: [&str; 5] = ["<unk>", "<|unk|>", "<UNK>", "[UNK]", "<|UNK|>"];

/// Entries that an error shows.
const SAMPLE: usize = 24;

/// A list of entries and how to find them in a text.
pub(super) struct Entries {
    ids: HashMap<String, u32>,
    texts: HashMap<u32, String>,
    kind: Kind,
    /// Bytes of the longest entry that is looked for.
    longest: usize,
    unknown: Option<u32>,
    source: String,
}

/// What the entries are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Single characters.
    Characters,
    /// Single characters and some longer entries; the longest that fits is taken.
    Pieces,
    /// Words and punctuation, found between spaces.
    Words,
}

impl Entries {
    pub(super) fn from_stoi(map: &Map<String, Value>, source: &str) -> Result<Entries, Error> {
        let entries = map.iter().map(|(text, value)| {
            let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
            id.map(|id| (text.as_str(), id)).ok_or_else(|| {
                let found = format!(
                    "the entry '{}' has {}",
                    shown(text),
                    shown(&value.to_string())
                );
                Error::malformed(source, format!("{found}; expected an id from 0 on"))
            })
        });
        Entries::new(entries, source)
    }

    pub(super) fn from_itos(map: &Map<String, Value>, source: &str) -> Result<Entries, Error> {
        let entries = map.iter().map(|(key, value)| match (key.parse(), value) {
            (Ok(id), Value::String(text)) => Ok((text.as_str(), id)),
            _ => {
                let found = format!(
                    "the entry '{}' has {}",
                    shown(key),
                    shown(&value.to_string())
                );
                Err(Error::malformed(
                    source,
                    format!("{found}; expected an id with its text"),
                ))
            }
        });
        Entries::new(entries, source)
    }

    fn new<'a>(
        entries: impl Iterator<Item = Result<(&'a str, u32), Error>>,
        source: &str,
    ) -> Result<Entries, Error> {
        let mut ids = HashMap::new();
        let mut texts = HashMap::new();
        for entry in entries {
            let (text, id) = entry?;
            ids.entry(text.to_owned()).or_insert(id);
            texts.entry(id).or_insert_with(|| text.to_owned());
        }
        if ids.is_empty() {
            return Err(Error::malformed(source, "its vocabulary is empty"));
        }
        let kind = Kind::of(&ids);
        let lengths = ids
            .keys()
            .map(String::len)
            .filter(|&length| length <= MAX_MATCH);
        Ok(Entries {
            longest: lengths.max().unwrap_or(0),
            unknown: UNKNOWN.iter().find_map(|name| ids.get(*name).copied()),
            source: safe(&format!("{} of {source}", kind.name())),
            ids,
            texts,
            kind,
        })
    }

    pub(super) fn into_tokenizer(self) -> Tokenizer {
        let source = self.source.clone();
        Tokenizer::new(self, &source)
    }

    /// The longest entry that the text begins with, and its length in bytes.
    fn longest_match(&self, text: &str, fits: impl Fn(&str) -> bool) -> Option<(u32, usize)> {
        (1..=self.longest.min(text.len())).rev().find_map(|end| {
            let entry = text.get(..end)?;
            let &id = self.ids.get(entry)?;
            fits(entry).then_some((id, end))
        })
    }

    /// The id for what no entry spells, or the error that shows it. `at` is in bytes.
    fn unknown(&self, text: &str, at: usize, part: &str) -> Result<u32, Error> {
        self.unknown.ok_or_else(|| {
            let position = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
            let mut ids: Vec<u32> = self.texts.keys().copied().collect();
            ids.sort_unstable();
            let sample = ids.iter().filter_map(|id| self.token_bytes(*id));
            not_in_vocabulary(part, position, &self.source, self.ids.len(), sample)
        })
    }

    fn encode_characters(&self, text: &str, special: bool) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::with_capacity(text.len());
        let mut at = 0;
        while let Some((rest, c)) = rest(text, at) {
            // A special entry that the text spells out is plain characters, unless told otherwise.
            let found = self.longest_match(rest, |entry| special || !is_special(entry));
            let (id, length) = match found {
                Some(found) => found,
                None => (
                    self.unknown(text, at, c.encode_utf8(&mut [0; 4]))?,
                    c.len_utf8(),
                ),
            };
            ids.push(id);
            at += length;
        }
        Ok(ids)
    }

    fn encode_words(&self, text: &str) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::new();
        let mut at = 0;
        while let Some((rest, c)) = rest(text, at) {
            if c.is_whitespace() {
                // Space between words is a token only where the vocabulary has it.
                let space =
                    self.longest_match(rest, |entry| entry.chars().all(char::is_whitespace));
                ids.extend(space.map(|(id, _)| id));
                at += space.map_or(c.len_utf8(), |(_, length)| length);
                continue;
            }
            let chunk = rest.split(char::is_whitespace).next().unwrap_or(rest);
            if let Some(&id) = self.ids.get(chunk) {
                ids.push(id);
                at += chunk.len();
                continue;
            }
            let word = chunk.split(|c| !is_word(c)).next().unwrap_or_default();
            let whole = |entry: &str| {
                let next = chunk
                    .get(entry.len()..)
                    .and_then(|rest| rest.chars().next());
                !(entry.ends_with(is_word) && next.is_some_and(is_word))
            };
            let (id, length) = match self.longest_match(chunk, whole) {
                Some(found) => found,
                None if word.is_empty() => (
                    self.unknown(text, at, c.encode_utf8(&mut [0; 4]))?,
                    c.len_utf8(),
                ),
                None => (self.unknown(text, at, word)?, word.len()),
            };
            ids.push(id);
            at += length;
        }
        Ok(ids)
    }
}

impl Scheme for Entries {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, Error> {
        match self.kind {
            Kind::Characters | Kind::Pieces => self.encode_characters(text, special),
            Kind::Words => self.encode_words(text),
        }
    }

    fn token_bytes(&self, id: u32) -> Option<Vec<u8>> {
        self.texts.get(&id).map(|text| text.as_bytes().to_vec())
    }

    fn vocab_size(&self) -> usize {
        self.texts.keys().max().map_or(0, |&id| id as usize + 1)
    }

    fn decode(&self, ids: &[u32]) -> String {
        let texts: Vec<&str> = ids
            .iter()
            .map(|id| self.texts.get(id).map_or("\u{FFFD}", String::as_str))
            .collect();
        let spaces_are_lost = self.kind == Kind::Words && !self.ids.contains_key(" ");
        texts.join(if spaces_are_lost { " " } else { "" })
    }
}

impl Kind {
    /// Words are told from pieces by their letters: a list of words has letters that are no entry, while pieces can all
    /// be spelled. A few odd entries make no list of words.
    fn of(ids: &HashMap<String, u32>) -> Kind {
        let is_long = |entry: &&String| entry.chars().nth(1).is_some() && !is_special(entry);
        let long: Vec<&String> = ids.keys().filter(is_long).collect();
        let spelled = |c: char| ids.contains_key(c.encode_utf8(&mut [0; 4]) as &str);
        if long.is_empty() {
            Kind::Characters
        } else if long.len() * 4 < ids.len() || long.iter().all(|entry| entry.chars().all(spelled))
        {
            Kind::Pieces
        } else {
            Kind::Words
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Characters => "characters",
            Kind::Pieces => "characters and pieces",
            Kind::Words => "words",
        }
    }
}

/// The error for a part of the text that has no id, with the first of the entries that there are.
pub(super) fn not_in_vocabulary(
    part: &str,
    position: usize,
    source: &str,
    entries: usize,
    sample: impl Iterator<Item = Vec<u8>>,
) -> Error {
    let mut sample: Vec<String> = sample
        .take(SAMPLE)
        .map(|bytes| Label::of_token(&bytes).clip(16))
        .collect();
    if entries > sample.len() {
        sample.push("…".to_owned());
    }
    let mut chars = part.chars();
    let what = match (chars.next(), chars.next()) {
        (Some(c), None) => format!("the character '{}' (U+{:04X})", shown(part), u32::from(c)),
        _ => format!("the word '{}'", shown(part)),
    };
    Error::NotInVocabulary {
        part: what,
        position,
        source_name: source.to_owned(),
        entries,
        sample: sample.join(" "),
    }
}

fn shown(text: &str) -> String {
    Label::of_token(text.as_bytes()).clip(40)
}

/// What is left of a text, and its first character.
fn rest(text: &str, at: usize) -> Option<(&str, char)> {
    let rest = text.get(at..)?;
    Some((rest, rest.chars().next()?))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `<pad>`, `<|endoftext|>`, `[CLS]`: entries that no text means.
fn is_special(entry: &str) -> bool {
    let inner = |open, close| entry.strip_prefix(open).and_then(|e| e.strip_suffix(close));
    inner('<', '>')
        .or(inner('[', ']'))
        .is_some_and(|name: &str| !name.is_empty())
}
