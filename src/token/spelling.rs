//! How the vocabulary of a `tokenizer.json` spells the bytes that its entries stand for.

use serde::Deserialize;
use serde_json::Value;

use super::limits::Growth;
use super::{bos, byte_level};
use crate::json_size::Count;

/// What SentencePiece writes for a space.
pub(super) const METASPACE: char = '▁';
pub(super) const METASPACE_TEXT: &str = "▁";

/// How the entries of a vocabulary are read.
pub(super) enum Spelling {
    /// GPT-2's alphabet, one character a byte.
    ByteLevel,
    /// `▁` for a space, and `<0xE4>` for a byte that is no character.
    Metaspace,
    /// A prefix (`##`) before entries that go on with a word; the others begin one.
    WordPiece { prefix: String },
    /// A suffix (`</w>`) behind entries that end a word.
    WordEnd { suffix: String },
    /// As it stands.
    Plain,
}

/// The parts of a `tokenizer.json` that say how entries are spelled. Reading them first also finds broken JSON, which
/// the library does not survive inside these parts.
#[derive(Deserialize)]
pub(super) struct Outline {
    model: ModelOutline,
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    normalizer: Option<Value>,
    #[serde(default)]
    pre_tokenizer: Option<Value>,
    #[serde(default)]
    post_processor: Option<Value>,
    #[serde(default)]
    decoder: Option<Value>,
}

/// How many values the parts of a `tokenizer.json` have, which is known before any is made.
#[derive(Deserialize)]
struct Parts {
    model: ModelParts,
    #[serde(default)]
    normalizer: Count,
    #[serde(default)]
    pre_tokenizer: Count,
    #[serde(default)]
    post_processor: Count,
    #[serde(default)]
    decoder: Count,
}

#[derive(Deserialize)]
struct ModelParts {
    #[serde(default)]
    vocab: Count,
    #[serde(default)]
    merges: Count,
}

/// Most values in what is done before and after the model.
const MAX_VALUES: u64 = 100_000;

/// Bytes that the library takes for a value of a vocabulary, about; and those that it may take in all for a file of
/// any size, and for each byte of it.
const VALUE: u64 = 220;
const ALWAYS: u64 = 90 << 20;
const EACH: u64 = 18;

impl Parts {
    /// Refuses far more values than a file of `size` bytes may have.
    fn check(&self, size: usize) -> Result<(), String> {
        let Self { model, .. } = self;
        let around = [
            self.normalizer,
            self.pre_tokenizer,
            self.post_processor,
            self.decoder,
        ];
        let around = around.iter().map(|part| part.0).sum::<u64>();
        if around > MAX_VALUES {
            return Err(format!(
                "what it does before and after its model has {around} values; at most {MAX_VALUES} are taken"
            ));
        }
        let values = model.vocab.0 + model.merges.0;
        let most = ALWAYS.saturating_add(EACH.saturating_mul(size as u64)) / VALUE;
        match values <= most {
            true => Ok(()),
            false => Err(format!(
                "its vocabulary has {values} values; at most {most} are taken in a file of its size"
            )),
        }
    }
}

/// A token that is taken from the text before it is cut.
#[derive(Deserialize)]
struct Added {
    #[serde(default)]
    content: String,
    #[serde(default)]
    normalized: Option<bool>,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct ModelOutline {
    #[serde(default)]
    unk_token: Option<String>,
    #[serde(default)]
    dropout: Option<f32>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
}

impl Outline {
    /// Reads the outline of a `tokenizer.json`; the error says what is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Outline, String> {
        let parts: Parts = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        parts.check(bytes.len())?;
        let outline: Outline = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        outline.decoder.as_ref().map(Growth::of).transpose()?;
        Ok(outline)
    }

    /// The most that the normalizer makes of a text.
    pub(super) fn growth(&self) -> Result<Growth, String> {
        let normalizer = self.normalizer.as_ref();
        normalizer.map_or(Ok(Growth::NONE), Growth::of)
    }

    /// The normalizer.
    pub(super) fn normalizer(&self) -> Option<&Value> {
        self.normalizer.as_ref()
    }

    /// The texts of added tokens that go through the normalizer, or of those that don't.
    pub(super) fn added(&self, normalized: bool) -> impl Iterator<Item = &str> {
        let tokens = self.added_tokens.iter();
        tokens
            .filter(move |token| token.normalized.unwrap_or(!token.special) == normalized)
            .map(|token| token.content.as_str())
    }

    /// Whether words end at spaces at least, whatever else cuts them.
    pub(super) fn cuts_at_spaces(&self) -> bool {
        let kind = |part: &Option<Value>| {
            let kind = part.as_ref()?.get("type")?.as_str()?;
            Some(kind.to_owned())
        };
        let keeps = matches!(
            kind(&self.normalizer).as_deref(),
            None | Some("BertNormalizer" | "Lowercase")
        );
        let cuts = matches!(
            kind(&self.pre_tokenizer).as_deref(),
            Some("BertPreTokenizer" | "Whitespace" | "WhitespaceSplit")
        );
        keeps && cuts
    }

    /// The ids that stand before every text.
    pub(super) fn before_text(&self) -> Vec<u32> {
        let processor = self.post_processor.as_ref();
        processor.map(bos::of_post_processor).unwrap_or_default()
    }

    /// Whether merges are left out by chance, as in training.
    pub(super) fn drops_merges(&self) -> bool {
        self.model.dropout.is_some_and(|dropout| dropout > 0.0)
    }

    /// Whether the tokens of a text hold its bytes, all of them and no others.
    pub(super) fn is_lossless(&self) -> bool {
        let bytes_alone = |pre: &Value| pre.get("type").is_some_and(|kind| kind == "ByteLevel");
        self.model.unk_token.is_none()
            && self.normalizer.is_none()
            && self.pre_tokenizer.as_ref().is_some_and(bytes_alone)
    }

    /// How entries are spelled, by what the parts before and after the model do; `word_piece` says what the model is.
    pub(super) fn spelling(&self, word_piece: bool) -> Spelling {
        let parts = [&self.normalizer, &self.pre_tokenizer, &self.decoder];
        let any =
            |test: &dyn Fn(&str) -> bool| parts.into_iter().flatten().any(|part| says(part, test));
        let prefix = self
            .model
            .continuing_subword_prefix
            .as_deref()
            .unwrap_or("##");
        let suffix = self.model.end_of_word_suffix.as_deref().unwrap_or_default();
        if any(&|word| word == "ByteLevel") {
            Spelling::ByteLevel
        } else if any(&|word| word.contains(METASPACE) || word == "Metaspace") {
            Spelling::Metaspace
        } else if word_piece {
            Spelling::WordPiece {
                prefix: prefix.to_owned(),
            }
        } else if !suffix.is_empty() {
            Spelling::WordEnd {
                suffix: suffix.to_owned(),
            }
        } else {
            Spelling::Plain
        }
    }
}

impl Spelling {
    /// The bytes that an entry stands for.
    pub(super) fn bytes(&self, entry: &str) -> Vec<u8> {
        match self {
            Spelling::ByteLevel => byte_level::to_bytes(entry),
            Spelling::Metaspace => match spelled_byte(entry) {
                Some(byte) => vec![byte],
                None => entry.replace(METASPACE, " ").into_bytes(),
            },
            Spelling::WordPiece { prefix } => match entry.strip_prefix(prefix.as_str()) {
                Some(rest) => rest.as_bytes().to_vec(),
                None => format!(" {entry}").into_bytes(),
            },
            Spelling::WordEnd { suffix } => match entry.strip_suffix(suffix.as_str()) {
                Some(word) => format!("{word} ").into_bytes(),
                None => entry.as_bytes().to_vec(),
            },
            Spelling::Plain => entry.as_bytes().to_vec(),
        }
    }
}

/// The byte of `<0xE4>`.
pub(super) fn spelled_byte(entry: &str) -> Option<u8> {
    let digits = entry.strip_prefix("<0x")?.strip_suffix('>')?;
    (digits.len() == 2)
        .then(|| u8::from_str_radix(digits, 16).ok())
        .flatten()
}

/// Whether a text anywhere in the value passes a test.
fn says(value: &Value, test: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => test(text),
        Value::Array(values) => values.iter().any(|value| says(value, test)),
        Value::Object(map) => map.values().any(|value| says(value, test)),
        _ => false,
    }
}
