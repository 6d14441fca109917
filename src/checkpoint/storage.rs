//! The storages of a PyTorch file: the bytes that its tensors are windows of.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use zip::read::{ArchiveOffset, Config, ZipFile, ZipReadOptions};
use zip::{CompressionMethod, ZipArchive};

use super::error::reason;

/// A ZIP archive in a file of its own.
pub(super) type Archive = ZipArchive<BufReader<File>>;

/// Opens a ZIP archive that begins where the file does. Left to itself, the `zip` crate guesses where an
/// archive begins, and a whole file whose first entry has a name of a certain length is taken for one that
/// begins later.
///
/// # Errors
/// A phrase that says what is wrong with it.
pub(super) fn archive(file: File) -> Result<Archive, String> {
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    // A zip's directory is its last part: without it the end of the file is missing.
    ZipArchive::with_config(config, BufReader::new(file)).map_err(|error| {
        format!(
            "the directory at its end is missing or damaged, so the file is cut off or was still being \
             written; copy or save it again ({})",
            reason(error)
        )
    })
}

/// The directory inside the archive that holds `data.pkl`, with its slash; empty for the archive's own root.
///
/// # Errors
/// Where there is none.
pub(super) fn root(archive: &Archive) -> Result<String, String> {
    let names: Vec<_> = archive
        .file_names()
        .collect::<Result<_, _>>()
        .map_err(reason)?;
    let roots = names
        .iter()
        .filter_map(|name| name.strip_suffix("data.pkl"));
    let root = roots
        .filter(|root| root.is_empty() || root.ends_with('/'))
        .min_by_key(|root| root.len());
    root.map(str::to_owned)
        .ok_or_else(|| "it is a ZIP archive without data.pkl".into())
}

/// Where storages lie.
pub(super) enum Storages {
    /// Each is an entry of a ZIP archive, below `root`.
    Zip {
        archive: Mutex<Archive>,
        /// Read at offsets alone.
        file: File,
        root: String,
    },
    /// One after the other, each behind the number of its elements.
    Legacy {
        file: File,
        /// Of each storage the place of its number of elements, that number, and bytes of an element.
        places: HashMap<Arc<str>, (u64, usize, usize)>,
    },
}

impl Storages {
    /// Those of the archive `archive`, which is in `file`.
    pub(super) fn zip(archive: Archive, file: File, root: String) -> Self {
        Storages::Zip {
            archive: Mutex::new(archive),
            file,
            root,
        }
    }

    /// Those that follow one another from `start` on in the order of `keys`; `sizes` are the bytes of an
    /// element and the number of elements of each.
    ///
    /// # Errors
    /// Where they do not lie in the file.
    pub(super) fn legacy(
        file: File,
        start: u64,
        keys: &[String],
        sizes: &HashMap<Arc<str>, (usize, usize)>,
    ) -> Result<Self, String> {
        let length = file.metadata().map_err(reason)?.len();
        let mut places = HashMap::new();
        let mut at = start;
        for key in keys {
            let (key, &(element, count)) = sizes
                .get_key_value(key.as_str())
                .ok_or("its list of storages has one that no tensor uses")?;
            let end = element.checked_mul(count);
            let end = end.and_then(|bytes| at.checked_add(8)?.checked_add(bytes as u64));
            let end = end.filter(|&end| end <= length);
            places.insert(key.clone(), (at, count, element));
            at = end.ok_or("a storage lies outside of the file; it is cut off or damaged")?;
        }
        Ok(Storages::Legacy { file, places })
    }

    /// `length` bytes from `start` on of the storage `key`.
    ///
    /// # Errors
    /// A phrase that ends the sentence "the tensor could not be read: ...".
    pub(super) fn read(&self, key: &str, start: usize, length: usize) -> Result<Vec<u8>, String> {
        match self {
            Storages::Zip {
                archive,
                file,
                root,
            } => {
                let mut archive = archive.lock().unwrap_or_else(PoisonError::into_inner);
                entry(
                    &mut archive,
                    file,
                    &format!("{root}data/{key}"),
                    start,
                    length,
                )
            }
            Storages::Legacy { file, places } => {
                let &(at, count, element) = places
                    .get(key)
                    .ok_or("the file does not hold its storage")?;
                let mut stored = [0; 8];
                file.read_exact_at(&mut stored, at).map_err(shorter)?;
                if i64::from_le_bytes(stored) != count as i64 {
                    return Err("its storage has another length than the pickle says".into());
                }
                let end = start.checked_add(length);
                if end.is_none_or(|end| end > count.saturating_mul(element)) {
                    return Err(OUTSIDE.into());
                }
                exactly(file, at + 8 + start as u64, length)
            }
        }
    }
}

const OUTSIDE: &str = "it lies outside of its storage";

fn shorter(error: std::io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "the file became shorter after it was opened".to_owned(),
        _ => reason(error),
    }
}

fn room(length: usize) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    out.try_reserve_exact(length)
        .map_err(|_| format!("there is no memory for its {length} bytes"))?;
    Ok(out)
}

fn exactly(file: &File, at: u64, length: usize) -> Result<Vec<u8>, String> {
    let end = at.checked_add(length as u64);
    let size = file.metadata().map_err(reason)?.len();
    if end.is_none_or(|end| end > size) {
        return Err("it lies behind the end of the file".into());
    }
    let mut out = room(length)?;
    out.resize(length, 0);
    file.read_exact_at(&mut out, at).map_err(shorter)?;
    Ok(out)
}

/// An entry, whose checksum is compared at its end, but for one of 0: `torch.save` writes that where it is told
/// to compute none.
///
/// # Errors
/// Where there is none, or it unpacks to far more than the file holds.
pub(super) fn open_entry<'a>(
    archive: &'a mut Archive,
    name: &str,
    size: u64,
) -> Result<ZipFile<'a, BufReader<File>>, String> {
    let index = archive
        .index_for_name(name)
        .ok_or("the file does not hold its storage")?;
    let checked = archive.by_index_raw(index).map_err(reason)?.crc32() != 0;
    let options = ZipReadOptions::new().ignore_crc32(!checked);
    let entry = archive
        .by_index_with_options(index, options)
        .map_err(reason)?;
    let stored = entry.compression() == CompressionMethod::Stored;
    if !stored && entry.size() > size.saturating_mul(PACKED) {
        return Err("it is compressed and unpacks to far more than the file holds".into());
    }
    Ok(entry)
}

/// How many bytes a byte of a file may unpack to. `torch.save` compresses nothing.
const PACKED: u64 = 64;

/// A part of an entry; of a whole one the checksum is compared.
fn entry(
    archive: &mut Archive,
    file: &File,
    name: &str,
    start: usize,
    length: usize,
) -> Result<Vec<u8>, String> {
    let held = file.metadata().map_err(reason)?.len();
    let mut entry = open_entry(archive, name, held)?;
    let size = entry.size();
    let end = start.checked_add(length);
    if end.is_none_or(|end| end as u64 > size) {
        return Err(format!(
            "its storage has {size} bytes, and it needs {} from byte {start} on",
            length
        ));
    }
    let stored = entry.compression() == CompressionMethod::Stored;
    let whole = length as u64 == size;
    if stored && !whole {
        let at = entry.data_start().ok_or(OUTSIDE)?;
        return exactly(file, at + start as u64, length);
    }
    std::io::copy(&mut (&mut entry).take(start as u64), &mut std::io::sink()).map_err(reason)?;
    // An entry can claim any length: the buffer grows with what is there.
    let mut out = room(length.min(held as usize))?;
    (&mut entry)
        .take(length as u64)
        .read_to_end(&mut out)
        .map_err(reason)?;
    // The end of the entry is where its checksum is compared.
    let more = whole && entry.read(&mut [0]).map_err(reason)? != 0;
    if more || out.len() < length {
        return Err("its storage has another length than its archive says".into());
    }
    Ok(out)
}

/// Whether a TAR archive has an entry that is longer than its place in the file (a sparse file).
pub(super) fn has_holes(path: &Path) -> std::io::Result<bool> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut header = [0; 512];
    let mut at = 0u64;
    while at + 512 <= length {
        file.read_exact_at(&mut header, at)?;
        if header.get(156) == Some(&b'S') {
            return Ok(true);
        }
        let digits = header.get(124..136).unwrap_or_default();
        let digits = digits.iter().skip_while(|b| **b == b' ');
        let digits = digits.take_while(|b| (b'0'..=b'7').contains(*b));
        let size = digits.fold(0u64, |n, b| n.saturating_mul(8) + u64::from(b - b'0'));
        at = at
            .saturating_add(512)
            .saturating_add(size.next_multiple_of(512));
    }
    Ok(false)
}
