//! NumPy's npz: a ZIP of `.npy` entries.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use zip::read::{ArchiveOffset, Config};
use zip::{CompressionMethod, ZipArchive};

use super::foreign::{ATTENTION, Found, IDS, RECIPE, TEXT, TOKENS};
use super::{FileError, How, Opened, map};
use crate::capture::{DenseType, Map, bytes_in_words};

/// The most bytes of an entry that is not the weights, and the most further ones for each byte of the file.
const SMALL_ENTRY: u64 = 4 << 20;
const SMALL_EACH: u64 = 4;
/// The most bytes of an array's own header.
const MAX_HEADER: usize = 1 << 16;

/// What an array says of itself.
struct Npy {
    /// NumPy's code: `<f4`.
    dtype: String,
    fortran: bool,
    shape: Vec<usize>,
    /// Bytes of the header.
    length: usize,
}

/// Opens a ZIP with `attention.npy`; `None` where there is none.
pub(super) fn open(
    name: String,
    mut file: File,
    path: &Path,
    how: How,
) -> Result<Option<Opened>, FileError> {
    let Ok(length) = file.metadata().map(|found| found.len()) else {
        return Ok(None);
    };
    // Left to itself, the reader guesses where an archive begins that begins where the file does.
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let zip = file.try_clone().ok();
    let Some(mut zip) = zip.and_then(|file| ZipArchive::with_config(config, file).ok()) else {
        return Ok(None);
    };
    let small = SMALL_ENTRY.saturating_add(length.saturating_mul(SMALL_EACH));
    let entry = format!("{ATTENTION}.npy");
    if zip.index_for_name(&entry).is_none() {
        return Ok(None);
    }
    let unsuited = |what: String| FileError::Unsuited {
        name: name.clone(),
        what,
    };
    let of_zip =
        |error: zip::result::ZipError| unsuited(error.to_string().escape_debug().to_string());
    let mut weights = zip.by_name(&entry).map_err(of_zip)?;
    let size = weights.size();
    let mut begin = Vec::new();
    let head = Read::by_ref(&mut weights)
        .take(MAX_HEADER as u64)
        .read_to_end(&mut begin);
    head.map_err(|error| unsuited(format!("'attention' can't be read: {error}")))?;
    let npy = Npy::parse(&begin).map_err(|what| unsuited(format!("'attention' {what}")))?;
    let dtype = match npy.dtype.as_str() {
        "<f2" => DenseType::F16,
        "<f4" => DenseType::F32,
        "<f8" => DenseType::F64,
        other => {
            return Err(unsuited(format!(
                "'attention' is '{}', and little-endian f2, f4 or f8 was expected",
                other.escape_debug()
            )));
        }
    };
    if npy.fortran {
        return Err(unsuited(
            "'attention' is in Fortran order: save numpy.ascontiguousarray of it".to_owned(),
        ));
    }
    let cells = npy
        .shape
        .iter()
        .try_fold(dtype.bytes(), |n, &side| n.checked_mul(side));
    let expected = cells.and_then(|bytes| bytes.checked_add(npy.length));
    if expected.map(|bytes| bytes as u64) != Some(size) {
        let shape = &npy.shape;
        let what = format!("'attention' is {shape:?}, and its entry has {size} bytes");
        return Err(unsuited(what));
    }
    let stored = weights.compression() == CompressionMethod::Stored;
    let unpacked = if stored { 0 } else { size };
    let limit = super::foreign::limit(length);
    if super::foreign::needed(&npy.shape).saturating_add(unpacked) > limit {
        let shape = &npy.shape;
        return Err(unsuited(format!(
            "'attention' is {shape:?}, which takes more than {} in a file of {}{}",
            bytes_in_words(limit),
            bytes_in_words(length),
            match stored {
                true => "",
                false => ": save it with numpy.savez instead of savez_compressed",
            }
        )));
    }
    let (map, start) = if stored {
        let start = weights.data_start().unwrap_or(u64::MAX);
        drop(weights);
        (map(&name, &mut file, length)?, start)
    } else {
        drop(weights);
        if how.memory.is_some_and(|free| size > free) {
            return Err(unsuited(format!(
                "'attention' is compressed and takes {} once it is read, and {} are free: save it \
                 with numpy.savez instead of savez_compressed",
                bytes_in_words(size),
                bytes_in_words(how.memory.unwrap_or(0)),
            )));
        }
        (inflated(&mut zip, &entry, size).map_err(unsuited)?, 0)
    };
    let start = usize::try_from(start)
        .ok()
        .and_then(|s| s.checked_add(npy.length));
    let found = Found {
        shape: npy.shape,
        dtype,
        map,
        start: start.unwrap_or(usize::MAX),
        ids: ids(&mut zip, small).map_err(unsuited)?,
        tokens: strings(&mut zip, TOKENS, small).map_err(unsuited)?,
        text: strings(&mut zip, TEXT, small)
            .map_err(unsuited)?
            .and_then(|all| all.into_iter().next()),
        recipe: strings(&mut zip, RECIPE, small)
            .map_err(unsuited)?
            .and_then(|all| all.into_iter().next()),
        format: "npz, weights",
    };
    found.open(name, path, how).map(Some)
}

/// An entry that is compressed, as it is without.
fn inflated(zip: &mut ZipArchive<File>, entry: &str, size: u64) -> Result<Arc<Map>, String> {
    let wrong = |error: io::Error| format!("'attention' can't be read: {error}");
    let length = usize::try_from(size).map_err(|_| "'attention' is too large".to_owned())?;
    let mut entry = zip.by_name(entry).map_err(|error| error.to_string())?;
    let map = Map::filled(length, |bytes| entry.read_exact(bytes));
    Ok(Arc::new(map.map_err(wrong)?))
}

/// The whole of a small entry with its header; `None` where there is none.
fn entry(
    zip: &mut ZipArchive<File>,
    name: &str,
    most: u64,
) -> Result<Option<(Npy, Vec<u8>)>, String> {
    let file = format!("{name}.npy");
    if zip.index_for_name(&file).is_none() {
        return Ok(None);
    }
    let entry = zip.by_name(&file).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = entry.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("'{name}' can't be read: {error}"))?;
    if bytes.len() as u64 > most {
        return Err(format!(
            "'{name}' has more than {}, which is too much for a file of this size",
            bytes_in_words(most)
        ));
    }
    let npy = Npy::parse(&bytes).map_err(|what| format!("'{name}' {what}"))?;
    let data = bytes.split_off(npy.length.min(bytes.len()));
    Ok(Some((npy, data)))
}

/// The ids, `[n]` or `[1, n]`.
fn ids(zip: &mut ZipArchive<File>, most: u64) -> Result<Option<Vec<i64>>, String> {
    let Some((npy, bytes)) = entry(zip, IDS, most)? else {
        return Ok(None);
    };
    let ids = match (npy.dtype.as_str(), npy.shape.as_slice()) {
        ("<i8", [_] | [1, _]) => {
            let numbers = bytes.as_chunks().0.iter();
            numbers.map(|b| i64::from_le_bytes(*b)).collect()
        }
        ("<i4", [_] | [1, _]) => {
            let numbers = bytes.as_chunks().0.iter();
            numbers.map(|b| i32::from_le_bytes(*b).into()).collect()
        }
        (dtype, shape) => {
            return Err(format!(
                "'input_ids' is '{}' {shape:?}, and i8 or i4 [n] was expected",
                dtype.escape_debug()
            ));
        }
    };
    Ok(Some(ids))
}

/// Strings as NumPy keeps them: UTF-32, each filled with zeros to the longest.
fn strings(
    zip: &mut ZipArchive<File>,
    name: &str,
    most: u64,
) -> Result<Option<Vec<String>>, String> {
    let Some((npy, bytes)) = entry(zip, name, most)? else {
        return Ok(None);
    };
    let longest = npy
        .dtype
        .strip_prefix("<U")
        .and_then(|n| n.parse::<usize>().ok());
    let Some(longest) = longest else {
        return Err(format!(
            "'{name}' is '{}', and strings (<U) were expected: save numpy.array(list, dtype=str)",
            npy.dtype.escape_debug()
        ));
    };
    let count = npy
        .shape
        .iter()
        .try_fold(1usize, |n, &side| n.checked_mul(side));
    let each = longest
        .max(1)
        .checked_mul(4)
        .filter(|_| npy.shape.len() < 2);
    let fits = each
        .zip(count)
        .and_then(|(each, count)| each.checked_mul(count));
    if longest == 0 || fits != Some(bytes.len()) {
        let shape = &npy.shape;
        let found = bytes.len();
        return Err(format!(
            "'{name}' is {shape:?} of {longest} characters in {found} bytes"
        ));
    }
    let texts = bytes.chunks_exact(4 * longest).map(|text| {
        let characters = text.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b));
        let mut characters: Vec<u32> = characters.collect();
        let end = characters
            .iter()
            .rposition(|&c| c != 0)
            .map_or(0, |last| last + 1);
        characters.truncate(end);
        let known = |c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
        characters.into_iter().map(known).collect()
    });
    Ok(Some(texts.collect()))
}

impl Npy {
    /// Reads the header that an array begins with. What does not fit is told in words.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let wrong = || "is not a NumPy array".to_owned();
        let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or_else(wrong)?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(wrong)?;
        let (length, rest, before) = match version {
            [1, _] => {
                let (length, rest) = rest.split_first_chunk().ok_or_else(wrong)?;
                (usize::from(u16::from_le_bytes(*length)), rest, 10)
            }
            _ => {
                let (length, rest) = rest.split_first_chunk().ok_or_else(wrong)?;
                let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| wrong())?;
                (length, rest, 12)
            }
        };
        let header = rest.get(..length).ok_or_else(wrong)?;
        let header = std::str::from_utf8(header).map_err(|_| wrong())?;
        let value = |key: &str| {
            let (_, after) = header.split_once(&format!("'{key}':"))?;
            Some(after.trim_start())
        };
        let quoted = |text: &str| Some(text.strip_prefix('\'')?.split_once('\'')?.0.to_owned());
        let dtype = value("descr").ok_or_else(wrong)?;
        let dtype = quoted(dtype).ok_or("is an array of records, and numbers were expected")?;
        let fortran = value("fortran_order")
            .ok_or_else(wrong)?
            .starts_with("True");
        let shape = value("shape").and_then(|text| text.strip_prefix('('));
        let (sides, _) = shape
            .and_then(|text| text.split_once(')'))
            .ok_or_else(wrong)?;
        let sides = sides
            .split(',')
            .map(str::trim)
            .filter(|side| !side.is_empty());
        let shape: Result<Vec<usize>, _> = sides.map(str::parse).collect();
        Ok(Self {
            dtype,
            fortran,
            shape: shape.map_err(|_| wrong())?,
            length: before + length,
        })
    }
}
