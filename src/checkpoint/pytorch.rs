//! What `torch.save` writes, in its ZIP, legacy and TAR layouts, and plain pickles.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use pytorch_reader::{DType as Stored, PytorchReader, Tensor};
use serde_json::Value as Json;

use super::dtype::{Dtype, TensorInfo};
use super::error::{Error, listed, quoted, reason};
use super::format::{Format, Opened, Reader};
use super::pickle::{Value, unpickle};
use super::weights::{self, Unsorted};

/// The legacy layout's magic number, as pickle protocols 2 and up write it.
const LEGACY_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// How far into a legacy file the magic number may stand.
const LEGACY_WITHIN: usize = 64;

/// Where a TAR header has its magic.
const TAR_MAGIC: std::ops::Range<usize> = 257..262;

/// How much larger than its file a tensor may be. A view with stride 0 declares any number of elements, so
/// the file itself is no bound.
const EXPANSION: u64 = 16;

/// Most bytes that the dotted names of all tensors may have together: a long key before many tensors is in each
/// of their names.
const MAX_NAMES: usize = 64 << 20;

/// Tensors up to this many bytes are read whatever the size of the file.
const ALWAYS: u64 = 64 << 20;

/// Which of the PyTorch layouts begins so.
fn layout(head: &[u8]) -> Option<Format> {
    let early = head.get(..LEGACY_WITHIN).unwrap_or(head);
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Some(Format::PyTorchZip)
    } else if head.get(TAR_MAGIC) == Some(b"ustar") {
        Some(Format::PyTorchTar)
    } else if early
        .windows(LEGACY_MAGIC.len())
        .any(|bytes| bytes == LEGACY_MAGIC)
    {
        Some(Format::PyTorchLegacy)
    } else {
        None
    }
}

/// Whether a file that begins so is a container that `torch.save` has written.
pub(super) fn recognises(head: &[u8]) -> bool {
    layout(head).is_some()
}

/// Whether a file that begins so is a plain pickle: a protocol number, or how protocols 0 and 1 open the
/// containers that matter.
pub(super) fn recognises_pickle(head: &[u8]) -> bool {
    match head {
        [0x80, protocol, ..] => (2..=5).contains(protocol),
        _ => [b"(dp".as_slice(), b"(lp", b"}q", b"]q", b"ccollections\n"]
            .iter()
            .any(|start| head.starts_with(start)),
    }
}

/// Open a file: its pickle is parsed, and no storage is read (but for TAR, whose reader holds them all).
pub(super) fn open(path: &Path) -> Result<Opened, Error> {
    let broken = |format: Format, reason: String| Error::Broken {
        path: path.to_path_buf(),
        kind: format,
        reason,
    };
    let (format, size) = format_and_size(path)?;
    // First, because the limits on what a pickle may unfold to are narrower here.
    let root = values(path, format).map_err(|reason| broken(format, reason))?;
    if weights::names_length(&root, 0) > MAX_NAMES {
        return Err(broken(
            format,
            "the names of its tensors are too long".into(),
        ));
    }
    let mut all = HashMap::new();
    if format != Format::Pickle {
        let reader = PytorchReader::new(path).map_err(|error| broken(format, reason(error)))?;
        all = reader.into_tensors();
    }

    let rank = |name: &str| all.get(name).map_or(0, |tensor| tensor.shape().len());
    let sorted = weights::sort(&root, &rank).map_err(|error| match error {
        Unsorted::NoTensors(holds) => Error::NoTensors {
            path: path.to_path_buf(),
            kind: format,
            holds,
        },
        Unsorted::Ambiguous(keys) => Error::Ambiguous {
            path: path.to_path_buf(),
            names: listed(&keys),
        },
    })?;

    let prefix: String = sorted.path.iter().map(|key| format!("{key}.")).collect();
    let mut tensors = Vec::new();
    let mut kept = HashMap::new();
    for name in sorted.names {
        let Some(tensor) = all.remove(&format!("{prefix}{name}")) else {
            let name = quoted(&name);
            let reason = if format == Format::Pickle {
                format!("its tensor {name} was written by Python's pickle and not by torch.save")
            } else {
                // Two paths of keys with one dotted name; the first took the tensor.
                format!("two of its tensors are called {name}")
            };
            return Err(broken(format, reason));
        };
        tensors.push((
            name.clone(),
            TensorInfo {
                dtype: dtype(tensor.dtype()),
                shape: tensor.shape().to_vec(),
            },
        ));
        kept.insert(name, tensor);
    }
    // What is left in `all` is the training's and is dropped here, unread.
    Ok(Opened {
        format,
        tensors,
        aliases: Vec::new(),
        config: sorted.config,
        extra: sorted.extra,
        notes: sorted.notes,
        reader: Box::new(TorchReader {
            tensors: kept,
            limit: size.saturating_mul(EXPANSION).max(ALWAYS),
        }),
    })
}

/// Which layout a file has, and its length in bytes.
fn format_and_size(path: &Path) -> Result<(Format, u64), Error> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(|error| Error::io(path, error))?;
    let size = file
        .metadata()
        .map_err(|error| Error::io(path, error))?
        .len();
    file.take(TAR_MAGIC.end as u64)
        .read_to_end(&mut head)
        .map_err(|error| Error::io(path, error))?;
    Ok((layout(&head).unwrap_or(Format::Pickle), size))
}

/// The values of the file's main pickle.
fn values(path: &Path, format: Format) -> Result<Value, String> {
    let file = || File::open(path).map(BufReader::new).map_err(reason);
    match format {
        Format::PyTorchZip => {
            // A zip's directory is its last part: without it the end of the file is missing.
            let mut archive = zip::ZipArchive::new(file()?).map_err(|error| {
                format!(
                    "the directory at its end is missing or damaged, so the file is cut off or was \
                     still being written; copy or save it again ({})",
                    reason(error)
                )
            })?;
            // As PyTorch: the directory that holds `data.pkl` is the archive's root.
            let names: Vec<_> = archive
                .file_names()
                .collect::<Result<_, _>>()
                .map_err(reason)?;
            let index = names
                .iter()
                .filter(|name| **name == "data.pkl" || name.ends_with("/data.pkl"))
                .min_by_key(|name| name.len())
                .and_then(|name| archive.index_for_name(name))
                .ok_or("it is a ZIP archive without data.pkl")?;
            // The checksum is verified when the tensors are listed.
            let options = zip::read::ZipReadOptions::new().ignore_crc32(true);
            let entry = archive
                .by_index_with_options(index, options)
                .map_err(reason)?;
            unpickle(&mut BufReader::new(
                entry.take(pytorch_reader::MAX_PICKLE_SIZE),
            ))
        }
        Format::PyTorchLegacy => {
            let mut file = file()?;
            // Magic number, protocol version and system information stand before the main pickle.
            for _ in 0..3 {
                unpickle(&mut file)?;
            }
            unpickle(&mut file)
        }
        Format::PyTorchTar => PytorchReader::read_pickle_data(path, None)
            .map(Value::from)
            .map_err(reason),
        _ => unpickle(&mut file()?),
    }
}

/// Read a plain pickle (nanoGPT's `meta.pkl`) as JSON: integer keys of dictionaries become decimal strings,
/// tuples and sets become arrays, objects become dictionaries of their attributes, and what JSON can't say is
/// left out.
///
/// # Errors
/// Where the file can't be read, is no pickle, or holds nothing that JSON can say.
pub fn read_pickle_value(path: &Path) -> Result<Json, Error> {
    let (format, _) = format_and_size(path)?;
    let broken = |reason: String| Error::Broken {
        path: path.to_path_buf(),
        kind: format,
        reason,
    };
    let mut skipped = Vec::new();
    values(path, format)
        .map_err(broken)?
        .to_json("root", &mut skipped)
        .ok_or_else(|| {
            broken(format!(
                "it holds a value without a JSON form: {}",
                skipped.join(" ")
            ))
        })
}

fn dtype(stored: Stored) -> Dtype {
    match stored {
        Stored::F64 => Dtype::F64,
        Stored::F32 => Dtype::F32,
        Stored::F16 => Dtype::F16,
        Stored::BF16 => Dtype::BF16,
        Stored::I64 => Dtype::I64,
        Stored::I32 => Dtype::I32,
        Stored::I16 => Dtype::I16,
        Stored::I8 => Dtype::I8,
        Stored::U64 => Dtype::U64,
        Stored::U32 => Dtype::U32,
        Stored::U16 => Dtype::U16,
        Stored::U8 => Dtype::U8,
        Stored::Bool => Dtype::Bool,
    }
}

struct TorchReader {
    tensors: HashMap<String, Tensor>,
    /// Largest tensor, in bytes, that a file of this size can honestly hold.
    limit: u64,
}

impl Reader for TorchReader {
    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let tensor = self
            .tensors
            .get(name)
            .ok_or("the file has no such tensor")?;
        let bytes = tensor.byte_len() as u64;
        if bytes > self.limit {
            return Err(format!(
                "its shape {:?} needs {bytes} bytes, far more than the file holds",
                tensor.shape()
            ));
        }
        tensor.read().map_err(reason)
    }
}
