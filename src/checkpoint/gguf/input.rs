//! What stands in front of the tensors' data, read with every length checked before it is believed.

use std::io::Read;

use crate::checkpoint::error::reason;

/// Most bytes in front of the tensors' data: a vocabulary of 250 000 tokens with merges takes about 16 MiB.
const MAX_HEADER: u64 = 256 << 20;

/// Reads little-endian numbers and strings. Errors are phrases about the file ("it is ...").
pub(super) struct Input<R> {
    inner: R,
    position: u64,
    size: u64,
}

impl<R: Read> Input<R> {
    /// Read from the beginning of a file of `size` bytes.
    pub fn new(inner: R, size: u64) -> Input<R> {
        Input {
            inner,
            position: 0,
            size,
        }
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Check that `count` items of at least `each` bytes can follow, and give the count.
    pub fn fits(&self, count: u64, each: u64) -> Result<usize, String> {
        let needed = count.checked_mul(each);
        let end = needed.and_then(|needed| needed.checked_add(self.position));
        if end.is_none_or(|end| end > self.size) {
            return Err(format!(
                "at byte {} it declares {count} items of at least {each} bytes but the whole file has {} bytes; \
                 it is cut off or damaged",
                self.position, self.size
            ));
        }
        if end.is_none_or(|end| end > MAX_HEADER) {
            return Err(format!(
                "its metadata is larger than {} MiB",
                MAX_HEADER >> 20
            ));
        }
        usize::try_from(count).map_err(reason)
    }

    /// A number's bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.fits(1, N as u64)?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes).map_err(reason)?;
        self.position += N as u64;
        Ok(bytes)
    }

    pub fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A string's bytes, behind their number.
    pub fn string(&mut self) -> Result<Vec<u8>, String> {
        let length = self.u64()?;
        let length = self.fits(length, 1)?;
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length)
            .map_err(|_| format!("there is not enough memory for a string of {length} bytes"))?;
        bytes.resize(length, 0);
        self.inner.read_exact(&mut bytes).map_err(reason)?;
        self.position += length as u64;
        Ok(bytes)
    }

    /// The name of a tensor or of a metadata entry.
    pub fn name(&mut self) -> Result<String, String> {
        String::from_utf8(self.string()?)
            .map_err(|_| "a name in it is not UTF-8; it is damaged".to_string())
    }
}
