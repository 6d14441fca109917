//! Bytes on disk to named tensors and metadata. Knows file formats, no model family.
//!
//! [`Checkpoint::open`] reads headers and pickles only; [`Checkpoint::read_f32`] then reads one tensor.
//! No code of a pickle is run, and every length that a file declares is checked against what it holds.

mod dtype;
mod error;
mod folder;
mod format;
mod gguf;
pub mod hub;
mod inputs;
mod json;
mod llama2c;
mod mxfp4;
mod open;
mod pickle;
mod pytorch;
mod ranges;
mod safetensors;
mod storage;
mod weights;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use dtype::{Dtype, TensorInfo};
pub use error::{Error, printable};
pub use format::Format;
pub use gguf::{BlockType, read_gguf_metadata};
pub use inputs::{find, input_files};
pub use pytorch::read_pickle_value;

use format::Reader;

/// A model's weights with what was saved beside them. Opening it reads no weights.
pub struct Checkpoint {
    path: PathBuf,
    folder: Option<PathBuf>,
    name: String,
    format: Format,
    config: Option<Value>,
    extra: Map<String, Value>,
    notes: Vec<String>,
    tensors: BTreeMap<String, TensorInfo>,
    places: BTreeMap<String, Place>,
    parts: Vec<Part>,
}

/// Where a tensor lies.
struct Place {
    stored: Stored,
    /// Where the scales of its blocks lie, where that is apart.
    scales: Option<Stored>,
}

/// A tensor of a file.
struct Stored {
    part: usize,
    name: String,
}

impl Place {
    fn of(part: usize, name: String) -> Self {
        Self {
            stored: Stored { part, name },
            scales: None,
        }
    }
}

/// One file of weights.
struct Part {
    source: Source,
    reader: Box<dyn Reader>,
}

/// The bytes that a part was opened from.
enum Source {
    File(PathBuf),
    Memory(&'static [u8]),
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkpoint")
            .field("path", &self.path)
            .field("format", &self.format)
            .field("tensors", &self.tensors.len())
            .finish_non_exhaustive()
    }
}

impl Checkpoint {
    /// The path that the user named, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Short display name: the folder's name, the file's stem, or `org/model` in the Hugging Face cache.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// The folder where files beside the weights (`tokenizer.json`, `meta.pkl`) lie; none in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// How the weights are stored.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The model's own configuration, always a JSON object: from the checkpoint itself, else `config.json`.
    pub fn config(&self) -> Option<&Value> {
        self.config.as_ref()
    }

    /// Takes another configuration in place of the model's own.
    pub fn set_config(&mut self, config: Map<String, Value>) {
        self.config = Some(Value::Object(config));
    }

    /// The other values saved beside the weights: vocabularies, counters, losses, safetensors metadata.
    /// The state of the training (optimizer, scheduler, random numbers) is left out.
    pub fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    /// What was found and left out, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The model's tensors: names without the key that the state dict was saved under and without
    /// `_orig_mod.` or `module.` where every name has it. Buffers are among them.
    pub fn tensors(&self) -> &BTreeMap<String, TensorInfo> {
        &self.tensors
    }

    /// The weight files, in name order; none in memory.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().filter_map(|part| match &part.source {
            Source::File(path) => Some(path.as_path()),
            Source::Memory(_) => None,
        })
    }

    /// Read a tensor as `f32`, row-major, as many values as its shape has elements.
    ///
    /// # Errors
    /// Where there is no such tensor, its type is not converted, or its bytes are missing or damaged.
    pub fn read_f32(&self, name: &str) -> Result<Vec<f32>, Error> {
        let (info, place) = self.locate(name)?;
        let values = match &place.scales {
            None => {
                let reader = self.reader(name, &place.stored)?;
                reader.read_f32(&place.stored.name, info.dtype)
            }
            Some(scales) => {
                let bytes = self.joined(name, &place.stored, scales)?;
                dtype::into_f32(info.dtype, bytes)
            }
        };
        let values = values.map_err(|reason| self.broken_tensor(name, reason))?;
        if Some(values.len()) != info.elements() {
            return Err(self.wrong_length(name, info, values.len(), "elements"));
        }
        Ok(values)
    }

    /// Read a tensor's elements as they are stored: row-major, little-endian, without gaps.
    ///
    /// # Errors
    /// As [`Checkpoint::read_f32`].
    pub fn read_bytes(&self, name: &str) -> Result<Vec<u8>, Error> {
        let (info, place) = self.locate(name)?;
        let bytes = match &place.scales {
            None => self.stored_bytes(name, &place.stored)?,
            Some(scales) => self.joined(name, &place.stored, scales)?,
        };
        if Some(bytes.len()) != info.bytes() {
            return Err(self.wrong_length(name, info, bytes.len(), "bytes"));
        }
        Ok(bytes)
    }

    /// What reads a stored tensor.
    fn reader(&self, name: &str, stored: &Stored) -> Result<&dyn Reader, Error> {
        let part = self.parts.get(stored.part);
        let part = part.ok_or_else(|| self.no_tensor(name))?;
        Ok(part.reader.as_ref())
    }

    fn stored_bytes(&self, name: &str, stored: &Stored) -> Result<Vec<u8>, Error> {
        let bytes = self.reader(name, stored)?.read(&stored.name);
        bytes.map_err(|reason| self.broken_tensor(name, reason))
    }

    /// Blocks and their scales that lie apart.
    fn joined(&self, name: &str, blocks: &Stored, scales: &Stored) -> Result<Vec<u8>, Error> {
        let blocks = self.stored_bytes(name, blocks)?;
        let joined = mxfp4::join(&blocks, &self.stored_bytes(name, scales)?);
        joined.map_err(|reason| self.broken_tensor(name, reason))
    }

    /// A tensor that can be read, and where it lies.
    fn locate(&self, name: &str) -> Result<(&TensorInfo, &Place), Error> {
        let info = self.info(name)?;
        if let Dtype::Other(dtype) = info.dtype {
            return Err(Error::Dtype {
                path: self.path.clone(),
                name: name.to_string(),
                dtype,
            });
        }
        if info.bytes().is_none() {
            let reason = format!("its shape {:?} is too large", info.shape);
            return Err(self.broken_tensor(name, reason));
        }
        let place = self.places.get(name);
        let place = place.ok_or_else(|| self.no_tensor(name))?;
        Ok((info, place))
    }

    /// Whether two names stand for one stored tensor.
    pub fn is_alias(&self, one: &str, other: &str) -> bool {
        match (self.places.get(one), self.places.get(other)) {
            (Some(one), Some(other)) => {
                let (one, other) = (&one.stored, &other.stored);
                one.part == other.part && one.name == other.name
            }
            _ => false,
        }
    }

    /// SHA-256 over the weight files in name order, in hexadecimal. Reads them whole, a block at a time.
    ///
    /// # Errors
    /// Where a file can't be read any more.
    pub fn sha256(&self) -> Result<String, Error> {
        let mut hash = Sha256::new();
        for part in &self.parts {
            match &part.source {
                Source::Memory(bytes) => hash.update(bytes),
                Source::File(path) => {
                    let mut file =
                        std::fs::File::open(path).map_err(|error| Error::io(path, error))?;
                    let mut block = vec![0; 1 << 20];
                    loop {
                        match file.read(&mut block) {
                            Ok(0) => break,
                            Ok(read) => hash.update(block.get(..read).unwrap_or_default()),
                            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                            Err(error) => return Err(Error::io(path, error)),
                        }
                    }
                }
            }
        }
        Ok(hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect())
    }

    /// Size of the weight files together, in bytes.
    pub fn bytes_on_disk(&self) -> u64 {
        self.parts
            .iter()
            .map(|part| match &part.source {
                Source::Memory(bytes) => bytes.len() as u64,
                Source::File(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
            })
            .sum()
    }

    fn info(&self, name: &str) -> Result<&TensorInfo, Error> {
        self.tensors.get(name).ok_or_else(|| self.no_tensor(name))
    }

    fn no_tensor(&self, name: &str) -> Error {
        Error::NoTensor {
            path: self.path.clone(),
            name: name.to_string(),
        }
    }

    fn wrong_length(&self, name: &str, info: &TensorInfo, found: usize, unit: &str) -> Error {
        let reason = format!(
            "its shape {:?} of {} does not fit the {found} {unit} that are stored",
            info.shape, info.dtype
        );
        self.broken_tensor(name, reason)
    }

    fn broken_tensor(&self, name: &str, reason: String) -> Error {
        Error::Tensor {
            path: self.path.clone(),
            name: name.to_string(),
            reason,
        }
    }
}
