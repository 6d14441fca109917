//! Tensors that lie in one piece each, at an offset of a file. [`super::safetensors`] says why they are read and not
//! mapped.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use super::dtype::{self, Dtype, PIECE};
use super::error::reason;
use super::format::Reader;

/// Offset in the file and length in bytes of each tensor, checked against the file's size.
pub(super) type Places = HashMap<String, (u64, usize)>;

/// Where the file's bytes lie.
enum Bytes {
    File(Mutex<File>),
    Memory(&'static [u8]),
}

/// Reads tensors by their place.
pub(super) struct Ranges {
    bytes: Bytes,
    places: Places,
}

impl Ranges {
    /// Over an open file.
    pub(super) fn of_file(file: File, places: Places) -> Self {
        let bytes = Bytes::File(Mutex::new(file));
        Self { bytes, places }
    }

    /// Over bytes in memory.
    pub(super) fn of_memory(bytes: &'static [u8], places: Places) -> Self {
        let bytes = Bytes::Memory(bytes);
        Self { bytes, places }
    }

    fn place(&self, name: &str) -> Result<(u64, usize), String> {
        let place = self.places.get(name).ok_or("the file has no such tensor")?;
        Ok(*place)
    }

    /// Hand a tensor's bytes on, in pieces of whole elements of `size` bytes.
    fn each_piece(
        &self,
        name: &str,
        size: usize,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), String> {
        let (offset, length) = self.place(name)?;
        let most = PIECE - PIECE % size.max(1);
        let file = match &self.bytes {
            Bytes::File(file) => file,
            Bytes::Memory(bytes) => {
                let range = usize::try_from(offset)
                    .ok()
                    .and_then(|from| bytes.get(from..from.checked_add(length)?))
                    .ok_or("it lies past the end of the bytes")?;
                range.chunks(most).for_each(take);
                return Ok(());
            }
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset)).map_err(reason)?;
        let mut piece = vec![0; length.min(most)];
        let mut left = length;
        while left > 0 {
            let part = piece.get_mut(..left.min(most)).unwrap_or_default();
            file.read_exact(part).map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => {
                    "the file became shorter after it was opened".to_owned()
                }
                _ => reason(error),
            })?;
            take(part);
            left -= part.len();
        }
        Ok(())
    }
}

impl Reader for Ranges {
    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let (_, length) = self.place(name)?;
        let mut out = Vec::new();
        out.try_reserve_exact(length)
            .map_err(|_| format!("there is not enough memory for its {length} bytes"))?;
        self.each_piece(name, 1, |piece| out.extend_from_slice(piece))?;
        Ok(out)
    }

    /// A piece at a time: the stored bytes are never in memory as a whole.
    fn read_f32(&self, name: &str, dtype: Dtype) -> Result<Vec<f32>, String> {
        let (_, length) = self.place(name)?;
        let size = dtype.size();
        let blocks = length.checked_div(size).unwrap_or(0);
        if blocks * size != length {
            return Err(format!(
                "{length} bytes are not a whole number of {dtype} elements"
            ));
        }
        let mut out = dtype::room(blocks.saturating_mul(dtype.block()))?;
        self.each_piece(name, size, |piece| {
            dtype::extend_f32(dtype, piece, &mut out)
        })?;
        Ok(out)
    }
}
