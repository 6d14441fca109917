//! The GGUF format of llama.cpp, versions 2 and 3: metadata, a list of tensors, then their bytes.
//!
//! Defined in GGML's `docs/gguf.md`. Shapes are given outermost dimension first, as everywhere else here.

mod block;
mod directory;
mod input;
mod metadata;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value};

use super::error::{Error, printable, quoted};
use super::format::{Format, Opened};
use super::ranges::Ranges;

pub use block::BlockType;
use directory::Stored;
use input::Input;

const MAGIC: [u8; 4] = *b"GGUF";

/// Where tensors are aligned that say nothing else.
const ALIGNMENT: u64 = 32;

/// Whether a file begins like GGUF.
pub(super) fn recognises(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// Open a file: metadata and the list of tensors are read.
///
/// The configuration is the metadata under the file's own keys (`general.architecture`, `llama.block_count`),
/// without the arrays of `tokenizer.ggml`; everything under `tokenizer.` is among the extra values.
pub(super) fn open(path: &Path) -> Result<Opened, Error> {
    let (file, header) = header(path)?;
    let mut config = Map::new();
    let mut extra = Map::new();
    for (key, value) in header.metadata {
        if key.starts_with("tokenizer.") {
            if key.starts_with("tokenizer.ggml.") && !value.is_array() {
                config.insert(key.clone(), value.clone());
            }
            extra.insert(key, value);
        } else {
            config.insert(key, value);
        }
    }
    let parts = config.get("split.count").and_then(Value::as_u64);
    if let Some(parts @ 2..) = parts {
        return Err(broken(
            path,
            format!(
                "it is one of {parts} parts of a model; join them with 'llama-gguf-split --merge'"
            ),
        ));
    }
    if header.tensors.is_empty() {
        let architecture = config.get("general.architecture").and_then(Value::as_str);
        return Err(broken(
            path,
            format!(
                "it holds metadata of the architecture {} and no tensor; give the file with the weights",
                quoted(architecture.unwrap_or("unknown"))
            ),
        ));
    }
    let mut tensors = Vec::new();
    let mut places = HashMap::new();
    for stored in header.tensors {
        tensors.push((stored.name.clone(), stored.info));
        places.insert(stored.name, (stored.offset, stored.length));
    }
    Ok(Opened {
        format: Format::Gguf,
        tensors,
        aliases: Vec::new(),
        config: Some(config),
        extra,
        notes: header.notes,
        reader: Box::new(Ranges::of_file(file, places)),
    })
}

/// Read all the metadata of a GGUF file, of one without tensors as well: some hold a vocabulary alone.
///
/// # Errors
/// Where the file can't be read or is not a sound GGUF file.
pub fn read_gguf_metadata(path: &Path) -> Result<Map<String, Value>, Error> {
    header(path).map(|(_, header)| header.metadata)
}

fn broken(path: &Path, reason: String) -> Error {
    Error::Broken {
        path: path.to_path_buf(),
        kind: Format::Gguf,
        reason,
    }
}

/// What stands in front of the data.
struct Header {
    metadata: Map<String, Value>,
    notes: Vec<String>,
    tensors: Vec<Stored>,
}

fn header(path: &Path) -> Result<(File, Header), Error> {
    let file = File::open(path).map_err(|error| Error::io(path, error))?;
    let size = file
        .metadata()
        .map_err(|error| Error::io(path, error))?
        .len();
    let mut input = Input::new(BufReader::new(&file), size);
    let header = parse(&mut input, size).map_err(|reason| broken(path, reason))?;
    Ok((file, header))
}

fn parse<R: Read>(input: &mut Input<R>, size: u64) -> Result<Header, String> {
    if input.array()? != MAGIC {
        return Err("it does not begin with GGUF".into());
    }
    match input.u32()? {
        2 | 3 => {}
        // The same number with its bytes the other way round.
        version if version != 0 && version & 0xffff == 0 => {
            return Err(
                "its numbers are big-endian; convert the model again for a little-endian machine"
                    .into(),
            );
        }
        version => {
            return Err(format!(
                "its version is {version} where 2 and 3 are known; convert the model again with a present llama.cpp"
            ));
        }
    }
    let tensor_count = input.u64()?;
    let entry_count = input.u64()?;
    let (metadata, notes) = metadata::read(input, entry_count)?;
    let alignment = match metadata.get("general.alignment") {
        None => ALIGNMENT,
        Some(value) => value
            .as_u64()
            .filter(|alignment| alignment.is_power_of_two())
            .ok_or_else(|| {
                let found: String = value.to_string().chars().take(40).collect();
                format!(
                    "its general.alignment is {}, but a power of two is expected",
                    printable(&found)
                )
            })?,
    };
    let mut tensors = directory::read(input, tensor_count)?;
    let start = input
        .position()
        .checked_next_multiple_of(alignment)
        .ok_or_else(|| format!("its alignment {alignment} is too large"))?;
    directory::place(&mut tensors, start, alignment, size)?;
    Ok(Header {
        metadata,
        notes,
        tensors,
    })
}
