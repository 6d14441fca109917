//! A file as memory.

#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use memmap2::{Mmap, MmapMut};

/// Files of at most this many bytes are read as a whole: nothing that happens to the file later
/// reaches what was read.
const SMALL: u64 = 16 << 20;

/// Bytes of a file, from its first to its last. A small file is read, a large one is mapped, so
/// that opening it costs nothing and only what is looked at is read.
#[derive(Debug)]
pub struct Map(Mmap);

impl Map {
    /// The first `length` bytes of a file, which must be all of it.
    ///
    /// # Errors
    /// A file of another length; what the system reports.
    pub fn of_file(file: &mut File, length: u64) -> io::Result<Self> {
        let found = file.metadata()?.len();
        if found != length {
            let said = format!("it has {found} bytes now, and {length} were expected");
            return Err(io::Error::new(ErrorKind::UnexpectedEof, said));
        }
        if length > SMALL {
            // SAFETY: a map is sound as long as nobody changes the file under it. headlight never
            // does: it writes captures beside their place and renames them there, and its maps are
            // read-only. What another program does to the file in place can't be ruled out by any
            // program: bytes that change are read as other numbers (every bit pattern is a number,
            // and nothing was decided by bytes that are read again later), and a file that is cut
            // off ends the process with SIGBUS when the missing part is looked at.
            return Ok(Self(unsafe { Mmap::map(&*file)? }));
        }
        let length = usize::try_from(length).map_err(|_| ErrorKind::OutOfMemory)?;
        file.seek(SeekFrom::Start(0))?;
        Self::filled(length, |bytes| file.read_exact(bytes))
    }

    /// Memory of `length` bytes that `fill` writes; aligned to a page.
    ///
    /// # Errors
    /// What `fill` reports; a system without that much memory.
    pub fn filled(
        length: usize,
        fill: impl FnOnce(&mut [u8]) -> io::Result<()>,
    ) -> io::Result<Self> {
        // A map of no bytes is refused by the system.
        let mut memory = MmapMut::map_anon(length.max(1))?;
        fill(memory.get_mut(..length).unwrap_or_default())?;
        Ok(Self(memory.make_read_only()?))
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
