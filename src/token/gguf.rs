//! The tokenizer inside a GGUF file, from its metadata.
//!
//! Keys after the GGUF specification: `tokenizer.ggml.model`, `.tokens`, `.scores`, `.token_type`, `.merges`, `.pre`,
//! `.bos_token_id`, `.unknown_token_id`, `.add_bos_token`, `.add_space_prefix`. What a key that is absent means is as in llama.cpp.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tokenizers::AddedToken;

use super::error::safe;
use super::hub::{ByteLevelRules, Hub};
use super::sentencepiece::{Kind, Piece, SentencePiece, Spaces};
use super::{Bos, Error, Scheme, Tokenizer, pre};

const SOURCE: &str = "the GGUF file";

/// What to do about a kind that can't be read.
const INSTEAD: &str = "give the model's tokenizer.json with --tokenizer PATH";

/// Reads the tokenizer that the metadata describe; `None` where they describe none.
pub(super) fn open(metadata: &Map<String, Value>) -> Result<Option<Tokenizer>, Error> {
    let keys = Keys(metadata);
    let Some(model) = keys.text("model")? else {
        return Ok(None);
    };
    match model {
        "llama" => sentencepiece(&keys).map(Some),
        "gpt2" => byte_level(&keys).map(Some),
        "none" | "no_vocab" => Ok(None),
        other => {
            let known_as = match other {
                "bert" => " (WordPiece)",
                "t5" => " (SentencePiece unigram)",
                _ => "",
            };
            Err(malformed(format!(
                "its kind is '{}'{known_as}; expected gpt2 (byte-level BPE) or llama (SentencePiece BPE): {INSTEAD}",
                safe(other)
            )))
        }
    }
}

fn sentencepiece(keys: &Keys<'_>) -> Result<Tokenizer, Error> {
    let tokens = keys.tokens()?;
    let scores = keys
        .array("scores", tokens.len())?
        .ok_or_else(|| malformed("tokenizer.ggml.scores is missing".to_owned()))?;
    let kinds = keys.kinds(tokens.len())?;
    // Some files say of the unknown token only that it is a control token.
    let unknown = keys.id("unknown_token_id", tokens.len())?;
    let mut pieces = Vec::with_capacity(tokens.len());
    for ((id, text), score) in tokens.iter().enumerate().zip(scores) {
        let score = score
            .as_f64()
            .ok_or_else(|| malformed(format!("the score of token {id} is not a number")))?;
        pieces.push(Piece {
            text: (*text).to_owned(),
            score: score as f32,
            kind: match kinds.get(id) {
                Some(Kind::Control) if unknown.is_some_and(|u| u as usize == id) => Kind::Unknown,
                kind => kind.copied().unwrap_or(Kind::Normal),
            },
        });
    }
    let mut normal: Vec<(usize, &mut Piece)> = pieces
        .iter_mut()
        .enumerate()
        .filter(|(_, piece)| piece.kind == Kind::Normal)
        .collect();
    let first = normal.first().map(|(_, piece)| piece.score);
    let flat = normal.iter().all(|(_, piece)| Some(piece.score) == first);
    if flat {
        // Training gives ids in the order in which pieces are made, so the lowest was merged first.
        for (id, piece) in &mut normal {
            piece.score = -(*id as f32);
        }
    }
    let assumed = flat.then(|| {
        "the scores in the GGUF file are all the same, so pieces are merged in the order of their ids; with the model's \
         own tokenizer.json (--tokenizer PATH) nothing needs to be assumed"
            .to_owned()
    });
    let spaces = Spaces {
        prefix: keys.flag("add_space_prefix")?.unwrap_or(true),
        collapse: keys.flag("remove_extra_whitespaces")?.unwrap_or(false),
    };
    let scheme = SentencePiece::new(pieces, spaces, SOURCE)?;
    let bos = match keys.id("bos_token_id", tokens.len())? {
        Some(id) => Some(id),
        None => scheme.is_special(1).then_some(1),
    };
    let by_default = keys.flag("add_bos_token")?.unwrap_or(true);
    let tokenizer = Tokenizer::new(scheme, &format!("SentencePiece of {SOURCE}"));
    Ok(tokenizer
        .with_bos(bos.map(|id| Bos::one(id, by_default)))
        .with_assumed(assumed))
}

fn byte_level(keys: &Keys<'_>) -> Result<Tokenizer, Error> {
    let tokens = keys.tokens()?;
    let kinds = keys.kinds(tokens.len())?;
    let (name, assumed) = match keys.text("pre")? {
        Some(name) => (name, None),
        None => (
            pre::ASSUMED,
            Some(format!(
                "the GGUF file names no pre-tokenizer; {} is taken",
                pre::ASSUMED
            )),
        ),
    };
    let pre = pre::named(name).ok_or_else(|| {
        malformed(format!(
            "its pre-tokenizer '{}' is not known; known are {}: {INSTEAD}",
            safe(name),
            pre::names()
        ))
    })?;
    let mut vocab = HashMap::with_capacity(tokens.len());
    let mut added = Vec::new();
    for ((id, text), position) in (0_u32..).zip(&tokens).zip(0..) {
        vocab.entry((*text).to_owned()).or_insert(id);
        match kinds.get(position) {
            Some(Kind::Control | Kind::Unknown) => added.push(AddedToken::from(*text, true)),
            Some(Kind::UserDefined) => {
                added.push(AddedToken::from(*text, false).normalized(false));
            }
            _ => {}
        }
    }
    let merges = keys
        .array("merges", usize::MAX)?
        .ok_or_else(|| malformed("tokenizer.ggml.merges is missing".to_owned()))?;
    let pair = |(at, merge): (usize, &Value)| {
        let pair = merge.as_str().and_then(|merge| merge.split_once(' '));
        let (left, right) = pair.ok_or_else(|| {
            malformed(format!(
                "merge {at} is {}; expected two tokens with a space between",
                safe(&merge.to_string())
            ))
        })?;
        Ok((left.to_owned(), right.to_owned()))
    };
    let merges = merges
        .iter()
        .enumerate()
        .map(pair)
        .collect::<Result<_, Error>>()?;
    let rules = ByteLevelRules {
        patterns: pre.patterns,
        ignore_merges: pre.ignore_merges,
        compose: pre.compose,
        added,
    };
    let hub = Hub::byte_level(vocab, merges, rules, SOURCE)?;
    let by_default = keys.flag("add_bos_token")?.unwrap_or(pre.bos);
    let bos = keys.id("bos_token_id", tokens.len())?;
    let source = format!("byte-level BPE ({}) of {SOURCE}", safe(name));
    Ok(Tokenizer::new(hub, &source)
        .with_bos(bos.map(|id| Bos::one(id, by_default)))
        .with_assumed(assumed))
}

/// The metadata under `tokenizer.ggml`.
struct Keys<'a>(&'a Map<String, Value>);

impl<'a> Keys<'a> {
    fn get<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.0.get(&format!("tokenizer.ggml.{key}")) else {
            return Ok(None);
        };
        read(value)
            .map(Some)
            .ok_or_else(|| malformed(format!("tokenizer.ggml.{key} is not {expected}")))
    }

    fn text(&self, key: &str) -> Result<Option<&'a str>, Error> {
        self.get(key, "a text", Value::as_str)
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, Error> {
        self.get(key, "true or false", Value::as_bool)
    }

    /// An id that is one of `entries`.
    fn id(&self, key: &str, entries: usize) -> Result<Option<u32>, Error> {
        self.get(key, "the id of a token", |value| {
            let id = value.as_u64().filter(|&id| id < entries as u64)?;
            u32::try_from(id).ok()
        })
    }

    /// An array with `length` values, or any number where `length` is `usize::MAX`.
    fn array(&self, key: &str, length: usize) -> Result<Option<&'a [Value]>, Error> {
        let expected = match length {
            usize::MAX => "a list".to_owned(),
            _ => format!("a list of {length} values, one for each token"),
        };
        self.get(key, &expected, |value| {
            let values = value.as_array()?;
            (length == usize::MAX || values.len() == length).then_some(values.as_slice())
        })
    }

    fn tokens(&self) -> Result<Vec<&'a str>, Error> {
        let tokens = self
            .array("tokens", usize::MAX)?
            .ok_or_else(|| malformed("tokenizer.ggml.tokens is missing".to_owned()))?;
        let texts = tokens.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        texts.ok_or_else(|| malformed("a token is not text".to_owned()))
    }

    /// The kind of each token; empty where the file does not say.
    fn kinds(&self, tokens: usize) -> Result<Vec<Kind>, Error> {
        let Some(types) = self.array("token_type", tokens)? else {
            return Ok(Vec::new());
        };
        let kind = |value: &Value| {
            let kind = value.as_u64().and_then(Kind::from_number);
            kind.ok_or_else(|| {
                let found = safe(&value.to_string());
                malformed(format!("a token has type {found}; expected 0 to 6"))
            })
        };
        types.iter().map(kind).collect()
    }
}

fn malformed(reason: String) -> Error {
    Error::malformed(&format!("the tokenizer of {SOURCE}"), reason)
}
