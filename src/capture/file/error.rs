//! Why a capture file can't be written or read.

use std::io;

use crate::token::Label;

/// Why a file is no capture that can be used; the message is safe to show.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read.
    #[error("the capture '{name}' can't be read: {error}")]
    Read {
        /// The file, safe to show.
        name: String,
        /// What the system reported.
        error: io::Error,
    },
    /// It was written by a later version.
    #[error(
        "the capture '{name}' is of format {found} and this headlight reads {}: open it with a newer \
         headlight",
        super::VERSION
    )]
    Newer {
        /// The file, safe to show.
        name: String,
        /// The version of its format, safe to show.
        found: String,
    },
    /// It is not what was written.
    #[error("the capture '{name}' is damaged: {what}; capture it again, or copy it again")]
    Damaged {
        /// The file, safe to show.
        name: String,
        /// What does not fit, safe to show.
        what: String,
    },
    /// Another program's file that is not laid out as is read here.
    #[error("the weights in '{name}' can't be shown: {what}")]
    Unsuited {
        /// The file, safe to show.
        name: String,
        /// What was found and what was expected, safe to show.
        what: String,
    },
    /// It could not be written.
    #[error("the capture can't be written: {0}")]
    Write(#[from] io::Error),
}

/// A text out of a file, made safe to show, whatever its length.
pub(super) fn safe(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    // A label keeps 4096 bytes, and so 1024 characters.
    let parts = characters.chunks(1024);
    parts
        .map(|part| Label::of_text(&part.iter().collect::<String>()).to_string())
        .collect()
}

/// The most characters of a sentence, and the most sentences of a kind, that are taken from a file.
const LONGEST: usize = 1000;
const MOST: usize = 64;

/// A sentence or a name out of a file, made safe to show and not too long to read.
pub(super) fn sentence(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    safe(&cut) + more
}

/// Sentences out of a file, as [`sentence`]s; of very many the first.
pub(super) fn sentences(texts: Vec<String>) -> Vec<String> {
    let more = texts.len().saturating_sub(MOST);
    let mut all: Vec<String> = texts.iter().take(MOST).map(|text| sentence(text)).collect();
    if more > 0 {
        all.push(format!(
            "and {more} more of these sentences stand in the file"
        ));
    }
    all
}
