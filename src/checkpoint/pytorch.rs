//! What `torch.save` writes, in its ZIP, legacy and TAR layouts, and plain pickles.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use pytorch_reader::{DType as Stored, PytorchReader, Tensor};
use serde_json::Value as Json;

use super::dtype::{Dtype, TensorInfo};
use super::error::{Error, listed, printable, quoted, reason};
use super::format::{Format, Opened, Reader};
use super::pickle::{Described, Value, unpickle};
use super::storage::{self, Storages};
use super::weights::{self, Unsorted};

/// The legacy layout's magic number, as pickle protocols 2 and up write it.
const LEGACY_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// How far into a legacy file the magic number may stand.
const LEGACY_WITHIN: usize = 64;

/// Where a TAR header has its magic.
const TAR_MAGIC: std::ops::Range<usize> = 257..262;

/// How much larger than the file its tensors may be, together. A view with stride 0 declares any number of
/// elements, so the file itself is no bound; tensors that share a storage count each.
const EXPANSION: u64 = 8;

/// Tensors up to this many bytes are read whatever the size of the file.
const ALWAYS: u64 = 4 << 20;

/// Bytes that the dotted names of all tensors may have together for each byte of the file: a long key before many
/// tensors is in each of their names.
const NAMES: u64 = 4;

/// Names up to this many bytes are read whatever the size of the file.
const FEW_NAMES: u64 = 4 << 20;

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
    let content = content(path, format, size).map_err(|reason| broken(format, reason))?;
    let root = &content.root;
    if weights::names_length(root, 0) as u64 > size.saturating_mul(NAMES).max(FEW_NAMES) {
        return Err(broken(
            format,
            "the names of its tensors are too long".into(),
        ));
    }
    let mut all = HashMap::new();
    match (format, content.tar) {
        (Format::PyTorchTar, tar) => {
            let tensors = tar.into_iter();
            all.extend(tensors.map(|(name, tensor)| (name, Place::Tar(tensor))));
        }
        (Format::Pickle, _) => {}
        _ => weights::each_tensor(root, &mut |name, tensor| {
            all.insert(name.to_owned(), Place::Window(tensor.clone()));
        }),
    }

    let rank = |name: &str| all.get(name).map_or(0, Place::rank);
    let sorted = weights::sort(root, &rank).map_err(|error| match error {
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
    let mut total = 0u64;
    for name in sorted.names {
        let Some(place) = all.remove(&format!("{prefix}{name}")) else {
            let name = quoted(&name);
            let reason = if format == Format::Pickle {
                format!("its tensor {name} was written by Python's pickle and not by torch.save")
            } else {
                // Two paths of keys with one dotted name; the first took the tensor.
                format!("two of its tensors are called {name}")
            };
            return Err(broken(format, reason));
        };
        let info = place.info().map_err(|reason| {
            broken(
                format,
                format!("its tensor {} can't be read: {reason}", quoted(&name)),
            )
        })?;
        total = total.saturating_add(place.bytes());
        tensors.push((name.clone(), info));
        kept.insert(name, place);
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
            storages: content.storages,
            total,
            limit: size.saturating_mul(EXPANSION).max(ALWAYS),
        }),
    })
}

/// What a file holds, but for the bytes of its tensors.
struct Content {
    root: Value,
    /// Where the windows of its tensors lie; none in plain pickles and TAR archives.
    storages: Option<Storages>,
    /// The tensors of a TAR archive.
    tar: HashMap<String, Tensor>,
}

/// A tensor and where it lies.
enum Place {
    Window(Arc<Described>),
    Tar(Tensor),
}

impl Place {
    fn rank(&self) -> usize {
        match self {
            Place::Window(window) => window.as_ref().as_ref().map_or(0, |w| w.shape.len()),
            Place::Tar(tensor) => tensor.shape().len(),
        }
    }

    fn info(&self) -> Result<TensorInfo, String> {
        Ok(match self {
            Place::Window(window) => {
                let window = window.as_ref().as_ref().map_err(Clone::clone)?;
                TensorInfo {
                    dtype: window.dtype,
                    shape: window.shape.clone(),
                }
            }
            Place::Tar(tensor) => TensorInfo {
                dtype: dtype(tensor.dtype()),
                shape: tensor.shape().to_vec(),
            },
        })
    }

    fn bytes(&self) -> u64 {
        match self {
            Place::Window(window) => window.as_ref().as_ref().map_or(0, |w| w.bytes() as u64),
            Place::Tar(tensor) => tensor.byte_len() as u64,
        }
    }
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

/// The file's main pickle and its storages.
fn content(path: &Path, format: Format, size: u64) -> Result<Content, String> {
    let file = || File::open(path).map_err(reason);
    let values = |root| Content {
        root,
        storages: None,
        tar: HashMap::new(),
    };
    match format {
        Format::PyTorchZip => {
            let file = file()?;
            let mut archive = storage::archive(file.try_clone().map_err(reason)?)?;
            let root = storage::root(&archive)?;
            little_endian(&mut archive, &root)?;
            let entry = storage::open_entry(&mut archive, &format!("{root}data.pkl"), size)?;
            let mut reader = BufReader::new(entry);
            let pickle = unpickle(&mut reader, size)?;
            // The checksum is compared at the end.
            std::io::copy(&mut reader, &mut std::io::sink()).map_err(reason)?;
            drop(reader);
            Ok(Content {
                storages: Some(Storages::zip(archive, file, root)),
                ..values(pickle.root)
            })
        }
        Format::PyTorchLegacy => {
            let mut reader = BufReader::new(file()?);
            // Magic number, protocol version and system information stand before the main pickle.
            unpickle(&mut reader, size)?;
            let version = unpickle(&mut reader, size)?.root;
            if version != Value::Int(LEGACY_VERSION) {
                return Err(format!(
                    "its protocol version is {} where {LEGACY_VERSION} is known",
                    printable(&version.repr())
                ));
            }
            let system = unpickle(&mut reader, size)?.root;
            if system.entry("little_endian") == Some(&Value::Bool(false)) {
                return Err(BIG_ENDIAN.into());
            }
            let pickle = unpickle(&mut reader, size)?;
            let Value::List(keys) = unpickle(&mut reader, size)?.root else {
                return Err("it has no list of its storages".into());
            };
            let keys: Vec<String> = keys.iter().map(Value::repr).collect();
            let start = reader.stream_position().map_err(reason)?;
            let storages = Storages::legacy(file()?, start, &keys, &pickle.storages)?;
            Ok(Content {
                storages: Some(storages),
                ..values(pickle.root)
            })
        }
        Format::PyTorchTar => {
            if storage::has_holes(path).map_err(reason)? {
                return Err("it has an entry with holes, which torch.save does not write".into());
            }
            let root = PytorchReader::read_pickle_data(path, None).map_err(reason)?;
            let tensors = PytorchReader::new(path).map_err(reason)?.into_tensors();
            Ok(Content {
                tar: tensors,
                ..values(Value::from(root))
            })
        }
        _ => Ok(values(unpickle(&mut BufReader::new(file()?), size)?.root)),
    }
}

/// The protocol version of legacy files.
const LEGACY_VERSION: i64 = 1001;

const BIG_ENDIAN: &str =
    "its numbers are big-endian; save the model again on a little-endian machine";

/// Refuses an archive that says that its numbers are big-endian.
fn little_endian(archive: &mut storage::Archive, root: &str) -> Result<(), String> {
    let Some(index) = archive.index_for_name(&format!("{root}byteorder")) else {
        return Ok(());
    };
    let entry = archive.by_index(index).map_err(reason)?;
    let mut order = String::new();
    entry.take(16).read_to_string(&mut order).map_err(reason)?;
    match order.trim() {
        "little" => Ok(()),
        "big" => Err(BIG_ENDIAN.into()),
        other => Err(format!(
            "its byteorder is {} where 'little' or 'big' is known",
            quoted(other)
        )),
    }
}

/// Read a plain pickle (nanoGPT's `meta.pkl`) as JSON: integer keys of dictionaries become decimal strings,
/// tuples and sets become arrays, objects become dictionaries of their attributes, and what JSON can't say is
/// left out.
///
/// # Errors
/// Where the file can't be read, is no pickle, or holds nothing that JSON can say.
pub fn read_pickle_value(path: &Path) -> Result<Json, Error> {
    let (format, size) = format_and_size(path)?;
    let broken = |reason: String| Error::Broken {
        path: path.to_path_buf(),
        kind: format,
        reason,
    };
    let mut skipped = Vec::new();
    content(path, format, size)
        .map_err(broken)?
        .root
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
    tensors: HashMap<String, Place>,
    storages: Option<Storages>,
    /// Bytes of all tensors.
    total: u64,
    /// Most bytes, of one tensor and of all, that a file of this size can honestly hold.
    limit: u64,
}

impl Reader for TorchReader {
    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let place = self
            .tensors
            .get(name)
            .ok_or("the file has no such tensor")?;
        let bytes = place.bytes();
        if bytes > self.limit {
            return Err(format!(
                "it needs {bytes} bytes, far more than the file holds"
            ));
        }
        if self.total > self.limit {
            return Err(format!(
                "it and the others need {} bytes, far more than the file holds",
                self.total
            ));
        }
        let window = match place {
            Place::Tar(tensor) => return tensor.read().map_err(reason),
            Place::Window(window) => window.as_ref().as_ref().map_err(Clone::clone)?,
        };
        let storages = self.storages.as_ref();
        let storages = storages.ok_or("the file has no storages")?;
        let size = window.dtype.size();
        // No larger than the storage, as was seen when the pickle was read.
        let (start, length) = (window.offset * size, window.extent * size);
        let stored = storages.read(&window.storage, start, length)?;
        let mut elements = window.gather(stored);
        if window.dtype == Dtype::Bool {
            elements
                .iter_mut()
                .for_each(|byte| *byte = u8::from(*byte != 0));
        }
        Ok(elements)
    }
}
