//! Errors between text and ids.

use std::path::Path;

use super::Label;

/// Cells that an untrusted name or message may take inside an error.
const SHOWN: usize = 200;

/// Cells that the reason of an error may take, which may list what is known.
const REASON: usize = 800;

/// A tokenizer that can't be read, or a text that it can't spell. Every text inside is safe to print.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder that can't be opened or read.
    #[error("can't read {path}: {source}")]
    Read {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A path that is neither a file nor a folder.
    #[error(
        "{path} is not a regular file; expected tokenizer.json, vocab.json, tokenizer.model, tokenizer.bin or a folder with one of them"
    )]
    NotAFile {
        /// Which path.
        path: String,
    },
    /// A file larger than any vocabulary.
    #[error(
        "{path} is larger than {limit} bytes, more than any vocabulary; check that it is the right file"
    )]
    TooLarge {
        /// Which file.
        path: String,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// A file that holds something else than it should.
    #[error("{what} is not a usable tokenizer: {reason}")]
    Malformed {
        /// Which file or map.
        what: String,
        /// What was found and what was expected.
        reason: String,
    },
    /// A folder without a tokenizer.
    #[error("{folder} does not hold a tokenizer; expected {expected} in it")]
    NothingIn {
        /// Which folder.
        folder: String,
        /// The files that were looked for.
        expected: String,
    },
    /// One half of a vocab.json + merges.txt pair.
    #[error(
        "{found} is one half of a byte-level BPE, and {missing} is not beside it; put it there, or pass a tokenizer.json"
    )]
    MissingHalf {
        /// The file that is there.
        found: String,
        /// The file that is needed too.
        missing: String,
    },
    /// No text, so nothing to attend to.
    #[error(
        "the text is empty, but attention needs at least one token; pass a text with --text or --text-file"
    )]
    EmptyText,
    /// A part of the text that the vocabulary can't spell.
    #[error(
        "{part} (character {position} of the text) is not in the vocabulary ({source_name}), which has {entries} entries: \
         {sample}; change the text, or pass the model's tokenizer with --tokenizer PATH"
    )]
    NotInVocabulary {
        /// The character or word, and what it is.
        part: String,
        /// Where it begins, in characters counted from 1.
        position: usize,
        /// Where the vocabulary comes from.
        source_name: String,
        /// How many entries the vocabulary has.
        entries: usize,
        /// The first entries.
        sample: String,
    },
    /// A text that the tokenizer gave up on.
    #[error("the tokenizer ({source_name}) can't encode the text: {reason}")]
    Encode {
        /// Where the tokenizer comes from.
        source_name: String,
        /// What it said.
        reason: String,
    },
    /// A begin-of-text token that was asked for.
    #[error("the tokenizer ({source_name}) has no begin-of-text token; leave out --bos")]
    NoBos {
        /// Where the tokenizer comes from.
        source_name: String,
    },
    /// A token that the model has no embedding for.
    #[error(
        "token {token} (id {id}, token {position} of the text) is outside the model's vocabulary of {model_vocab} entries; the \
         tokenizer ({source_name}) has {tokenizer_vocab}: pass the model's own tokenizer with --tokenizer PATH"
    )]
    OutsideModel {
        /// The token, in quotes.
        token: String,
        /// Its id.
        id: u32,
        /// Which token of the text it is, counted from 1.
        position: usize,
        /// Entries of the model's embedding.
        model_vocab: usize,
        /// Entries of the tokenizer: its largest id plus one.
        tokenizer_vocab: usize,
        /// Where the tokenizer comes from.
        source_name: String,
    },
}

impl Error {
    pub(super) fn malformed(what: &str, reason: impl ToString) -> Error {
        Error::Malformed {
            what: safe(what),
            reason: Label::of_text(&reason.to_string()).clip(REASON),
        }
    }
}

/// Untrusted text as it may stand in a message.
pub(super) fn safe(text: &str) -> String {
    Label::of_text(text).clip(SHOWN)
}

/// A sentence of our own that may quote untrusted text.
pub(super) fn safe_sentence(text: &str) -> String {
    Label::of_text(text).text().to_owned()
}

pub(super) fn safe_path(path: &Path) -> String {
    safe(&path.to_string_lossy())
}
