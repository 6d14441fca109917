//! The table of file formats: how each is recognised and opened.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use super::dtype::{self, Dtype, TensorInfo};
use super::error::{Error, printable};
use super::{gguf, llama2c, pytorch, safetensors};

/// How a checkpoint is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// One safetensors file.
    Safetensors,
    /// Several safetensors files and an index.
    ShardedSafetensors,
    /// `torch.save` since PyTorch 1.6: a ZIP archive.
    PyTorchZip,
    /// Several PyTorch files and an index.
    ShardedPyTorch,
    /// `torch.save` of PyTorch 0.1.10 to 1.5: pickles followed by the storages.
    PyTorchLegacy,
    /// `torch.save` before PyTorch 0.1.10: a TAR archive.
    PyTorchTar,
    /// The `.bin` files of llama2.c, versions 0 and 1.
    Llama2c,
    /// A plain Python pickle, which holds values and no tensors.
    Pickle,
    /// The format of llama.cpp: one file with the tokenizer inside, often quantised.
    Gguf,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Format::Safetensors => "safetensors",
            Format::ShardedSafetensors => "sharded safetensors",
            Format::PyTorchZip => "PyTorch",
            Format::ShardedPyTorch => "sharded PyTorch",
            Format::PyTorchLegacy => "PyTorch (legacy)",
            Format::PyTorchTar => "PyTorch (tar)",
            Format::Llama2c => "llama2.c",
            Format::Pickle => "Python pickle",
            Format::Gguf => "GGUF",
        })
    }
}

/// What a format's reader hands over: everything but the tensors' bytes.
pub(super) struct Opened {
    pub format: Format,
    /// Stored name and description of every tensor of the model.
    pub tensors: Vec<(String, TensorInfo)>,
    /// Other names of stored tensors: (name, stored name).
    pub aliases: Vec<(String, String)>,
    pub config: Option<Map<String, Value>>,
    pub extra: Map<String, Value>,
    /// What was left out and why, a sentence each.
    pub notes: Vec<String>,
    pub reader: Box<dyn Reader>,
}

/// Reads the bytes of tensors from one open file.
pub(super) trait Reader: Send + Sync {
    /// The elements of the tensor stored as `name`, contiguous, row-major and little-endian.
    ///
    /// # Errors
    /// A phrase that ends the sentence "the tensor could not be read: ...".
    fn read(&self, name: &str) -> Result<Vec<u8>, String>;

    /// The same tensor, whose elements are of type `dtype`, as `f32`; a large one is not held in both forms.
    ///
    /// # Errors
    /// As [`Reader::read`].
    fn read_f32(&self, name: &str, dtype: Dtype) -> Result<Vec<f32>, String> {
        dtype::into_f32(dtype, self.read(name)?)
    }
}

/// A row of the table: a format is one file with these two functions.
struct Row {
    /// Whether a file with this beginning and of this size in bytes is meant to be of the format.
    recognises: fn(&[u8], u64) -> bool,
    open: fn(&Path) -> Result<Opened, Error>,
    /// Whether such a file can be the one model of a folder; plain pickles hold vocabularies.
    in_folders: bool,
}

static ROWS: [Row; 5] = [
    Row {
        recognises: |head, _| safetensors::recognises(head),
        open: safetensors::open,
        in_folders: true,
    },
    Row {
        recognises: |head, _| pytorch::recognises(head),
        open: pytorch::open,
        in_folders: true,
    },
    Row {
        recognises: llama2c::recognises,
        open: llama2c::open,
        in_folders: true,
    },
    Row {
        recognises: |head, _| pytorch::recognises_pickle(head),
        open: pytorch::open,
        in_folders: false,
    },
    Row {
        recognises: |head, _| gguf::recognises(head),
        open: gguf::open,
        in_folders: true,
    },
];

/// Enough of a file's beginning for every row of the table (a TAR magic ends at byte 262).
const HEAD: u64 = 512;

/// A file's beginning, and its size in bytes.
fn head(path: &Path) -> Result<(Vec<u8>, u64), Error> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| {
            let size = file.metadata()?.len();
            file.take(HEAD).read_to_end(&mut head)?;
            Ok((head, size))
        })
        .map_err(|error| Error::io(path, error))
}

/// The row for a file.
fn row(head: &[u8], size: u64) -> Option<&'static Row> {
    ROWS.iter().find(|row| (row.recognises)(head, size))
}

/// Open a file by what it holds, whatever its name.
pub(super) fn open(path: &Path) -> Result<Opened, Error> {
    let (head, size) = head(path)?;
    match row(&head, size) {
        Some(row) => (row.open)(path),
        None => Err(Error::NotACheckpoint {
            path: path.to_path_buf(),
            found: describe(&head, size),
        }),
    }
}

/// Whether the file's beginning is that of a checkpoint. Unreadable files are not.
pub(super) fn is_checkpoint(path: &Path) -> bool {
    head(path).is_ok_and(|(head, size)| row(&head, size).is_some_and(|row| row.in_folders))
}

/// Beginnings of files that people take for checkpoints, and what they are.
const KNOWN: [(&[u8], &str); 13] = [
    (
        b"version https://git-lfs",
        "a Git LFS pointer and not the file itself (run 'git lfs pull' in the clone)",
    ),
    (b"ggml", "a GGML file, which is not supported"),
    (b"\x89HDF", "an HDF5 file (Keras or TensorFlow weights)"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "gzip-compressed data (unpack it first)"),
    (
        b"\x28\xb5\x2f\xfd",
        "zstd-compressed data (unpack it first)",
    ),
    (b"\xfd7zXZ", "xz-compressed data (unpack it first)"),
    (b"BZh", "bzip2-compressed data (unpack it first)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive (unpack it first)"),
    (b"Rar!", "a RAR archive (unpack it first)"),
    (b"\x7fELF", "a program"),
    (b"\x89PNG", "a PNG picture"),
    (b"%PDF", "a PDF document"),
];

/// Say what a file is that no row of the table recognises, as a noun phrase.
fn describe(head: &[u8], size: u64) -> String {
    if head.is_empty() {
        return "an empty file".into();
    }
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return (*what).into();
    }
    // The last character may be cut in two.
    let text = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => head
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok()),
        Err(_) => None,
    };
    let is_text = |text: &&str| !text.chars().any(|c| c.is_control() && !c.is_whitespace());
    match text.filter(is_text).map(str::trim_start) {
        Some(text) => {
            let lower = text.to_ascii_lowercase();
            if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
                "an HTML page (a download link often leads to a page and not to the file)".into()
            } else if text.starts_with('{') || text.starts_with('[') {
                "JSON text (give the model's folder, or the file with the weights)".into()
            } else {
                let start: String = text.lines().next().unwrap_or("").chars().take(40).collect();
                format!("text that begins with '{}'", printable(&start))
            }
        }
        None => {
            if let Some(expected) = llama2c::legacy_size(head) {
                return format!(
                    "almost a legacy llama2.c file, but its header requires {expected} bytes and it has {size}"
                );
            }
            let start: Vec<String> = head.iter().take(8).map(|b| format!("{b:02x}")).collect();
            format!("data of an unknown kind (first bytes {})", start.join(" "))
        }
    }
}
