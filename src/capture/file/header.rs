//! The header of a safetensors file, of which captures are one kind.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use safetensors::tensor::{Dtype, Metadata};

use super::error::safe;

/// Largest header that the format allows.
const MAX_HEADER: u64 = 100_000_000;

/// What stands where in a safetensors file.
pub(super) struct Header {
    /// The header's bytes, with the eight of its length.
    pub bytes: Vec<u8>,
    /// Bytes of the file.
    pub length: u64,
    tensors: Metadata,
}

/// One tensor.
pub(super) struct Tensor {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Its bytes in the file.
    pub at: Range<usize>,
}

/// Why a header can't be used.
pub(super) enum HeaderError {
    Read(io::Error),
    /// What does not fit, safe to show.
    Wrong(String),
}

impl Header {
    /// Reads the header. What it says of tensors is known to lie in the file then, without overlap
    /// and without a gap.
    pub(super) fn read(file: &mut File) -> Result<Self, HeaderError> {
        use HeaderError::{Read, Wrong};
        let length = file.metadata().map_err(Read)?.len();
        let mut eight = [0; 8];
        file.seek(SeekFrom::Start(0)).map_err(Read)?;
        file.read_exact(&mut eight).map_err(Read)?;
        let header = u64::from_le_bytes(eight);
        // Bounds the allocation by what the file holds.
        if header > MAX_HEADER || header > length.saturating_sub(8) {
            return Err(Wrong(format!(
                "its header takes {header} bytes, and the file has {length}"
            )));
        }
        let mut bytes = eight.to_vec();
        file.take(header).read_to_end(&mut bytes).map_err(Read)?;
        let json = bytes.get(8..).unwrap_or_default();
        let tensors: Metadata = serde_json::from_slice(json)
            .map_err(|error| Wrong(format!("its header: {}", safe(&error.to_string()))))?;
        let expected = (bytes.len() as u64).saturating_add(tensors.data_len() as u64);
        if expected != length {
            return Err(Wrong(format!(
                "its header describes {expected} bytes, and the file has {length}"
            )));
        }
        Ok(Self {
            bytes,
            length,
            tensors,
        })
    }

    /// A text of the metadata.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.tensors
            .metadata()
            .as_ref()?
            .get(key)
            .map(String::as_str)
    }

    /// A tensor.
    pub(super) fn tensor(&self, name: &str) -> Option<Tensor> {
        let info = self.tensors.info(name)?;
        let (start, end) = info.data_offsets;
        let data = self.bytes.len();
        Some(Tensor {
            dtype: info.dtype,
            shape: info.shape.clone(),
            at: data.checked_add(start)?..data.checked_add(end)?,
        })
    }

    /// The names of all tensors, in the order of their bytes.
    pub(super) fn names(&self) -> Vec<String> {
        self.tensors.offset_keys()
    }
}
