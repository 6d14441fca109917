//! Errors about a checkpoint, worded so that a person can act on them.

use std::path::{Path, PathBuf};

use thiserror::Error as ThisError;

/// Why a checkpoint could not be opened or a tensor could not be read. Every message is one or two
/// sentences without control characters, whatever the file holds.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Nothing lies at the path.
    #[error("{} is not a file or folder.", show(.path))]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// A name that is neither a path nor a model with usable weights in the Hugging Face cache.
    #[error("{message}")]
    NotCached {
        /// The name.
        name: Box<super::hub::HubName>,
        /// Where it was looked for, what is there and how to fetch it.
        message: String,
    },
    /// A model that could not be fetched.
    #[cfg(feature = "hub")]
    #[error("The model '{name}' could not be downloaded: {reason}.")]
    Download {
        /// The name.
        name: Box<super::hub::HubName>,
        /// What the server or the system said.
        reason: String,
    },
    /// The path names a device, a pipe or a socket.
    #[error("{} is neither a regular file nor a folder; give a checkpoint file or a model folder.", show(.path))]
    NotAFile {
        /// The path as given.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{} could not be read: {source}.", show(.path))]
    Io {
        /// The file that was being read.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{} is not a checkpoint: it is {found}. Expected a PyTorch (.pt, .pth, .bin, .ckpt), safetensors, GGUF or llama2.c file.", show(.path))]
    NotACheckpoint {
        /// The file.
        path: PathBuf,
        /// What it holds instead, as a noun phrase.
        found: String,
    },
    /// The folder holds no checkpoint.
    #[error("The folder {} holds no checkpoint: {seen}. Expected model.safetensors, pytorch_model.bin or one checkpoint file.", show(.path))]
    NoCheckpoint {
        /// The folder.
        path: PathBuf,
        /// What lies in it, in words.
        seen: String,
    },
    /// The folder holds several checkpoints.
    #[error("The folder {} holds several checkpoints: {names}. Name the file to open.", show(.path))]
    SeveralCheckpoints {
        /// The folder.
        path: PathBuf,
        /// Their names.
        names: String,
    },
    /// A JSON file does not parse or is not what it should be.
    #[error("{} is not a usable {what}: {reason}.", show(.path))]
    Json {
        /// The file.
        path: PathBuf,
        /// What it should have been.
        what: &'static str,
        /// What is wrong, with line and column where there are any.
        reason: String,
    },
    /// The file is of a known kind and broken, or of a variant that is not read.
    #[error("{} looks like a {kind} file but can't be opened: {reason}.", show(.path))]
    Broken {
        /// The file.
        path: PathBuf,
        /// The kind that its first bytes promise.
        kind: super::Format,
        /// What is wrong with it.
        reason: String,
    },
    /// The file has no tensors at all.
    #[error("{} is a readable {kind} file without any model tensor ({holds}). Expected a state dict, or a dictionary that holds one.", show(.path))]
    NoTensors {
        /// The file.
        path: PathBuf,
        /// Its format.
        kind: super::Format,
        /// What it holds instead.
        holds: String,
    },
    /// More than one entry of the file could be the model.
    #[error("{} holds more than one set of weights ({names}), and it is not clear which is the model. Save one of them to a separate file.", show(.path))]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// The candidates' keys.
        names: String,
    },
    /// Asked for a tensor that is not there.
    #[error("There is no tensor {} in {}.", quoted(.name), show(.path))]
    NoTensor {
        /// The checkpoint.
        path: PathBuf,
        /// The name asked for.
        name: String,
    },
    /// The tensor's element type is not converted.
    #[error("The tensor {} in {} has elements of type {dtype}, which is not read. Expected f32, f16, bf16, f64, an integer type, or q4_0, q4_1, q5_0, q5_1, q8_0, mxfp4 or q2_k to q6_k of GGUF.", quoted(.name), show(.path))]
    Dtype {
        /// The checkpoint.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its type's name.
        dtype: &'static str,
    },
    /// The tensor's bytes are missing, cut off, corrupt or too many.
    #[error("The tensor {} in {} could not be read: {reason}.", quoted(.name), show(.path))]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    pub(super) fn io(path: &Path, source: std::io::Error) -> Error {
        Error::Io {
            path: path.to_path_buf(),
            source,
        }
    }
}

pub use crate::safe::printable;

/// A path for a message.
pub(super) fn show(path: &Path) -> String {
    format!("'{}'", printable(&path.to_string_lossy()))
}

/// A name from a file for a message.
pub(super) fn quoted(name: &str) -> String {
    format!("'{}'", printable(name))
}

/// A library's message as the end of one of our sentences: printable, no full stop.
pub(super) fn reason(error: impl std::fmt::Display) -> String {
    printable(error.to_string().trim().trim_end_matches('.'))
}

/// Up to eight names for a message, and how many more there are.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 8;
    let mut out: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|n| quoted(n.as_ref()))
        .collect();
    if names.len() > SHOWN {
        out.push(format!("{} more", names.len() - SHOWN));
    }
    out.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_files_cannot_drive_a_terminal() {
        let error = Error::NoTensor {
            path: PathBuf::from("a\u{1b}[2Jb"),
            name: "x\n\u{202e}\u{200b}\u{9b}y".into(),
        };
        let text = error.to_string();
        assert_eq!(
            text,
            "There is no tensor 'x\\n\\u{202e}\\u{200b}\\u{9b}y' in 'a\\u{1b}[2Jb'."
        );
    }
}
