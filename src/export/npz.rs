//! Arrays as numpy's npz: a ZIP of `.npy` entries.

use std::io::{Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::arrays::{self, attention_bytes, attention_shape};
use super::failed_once::FailedOnce;
use super::{ExportError, Request};
use crate::capture::Capture;

/// Entries from this size on have 64-bit sizes; headers are far smaller than the difference.
const LARGE: u64 = u32::MAX as u64 - 65_536;

/// Writes `input_ids` i64 `[n]`, `attention` f32 `[L, H, n, n]` (chosen layers and heads, 0 where
/// masked) and, where the capture has them, `logits` f32 `[n, V]`; beside them, as strings,
/// `tokens` `[n]` (the shown text of each), and `text` and `recipe` (JSON) without dimensions.
/// `numpy.load` reads it without pickle.
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn npz<W: Write + Seek>(
    capture: &Capture,
    request: &Request,
    out: &mut W,
) -> Result<(), ExportError> {
    let records = request.records(capture)?;
    let attention = attention_bytes(capture, request)?;
    let recipe = arrays::recipe(capture, request)?;
    let logits = arrays::logits(capture);

    let mut zip = ZipWriter::new(FailedOnce::new(out));
    let n = capture.len();
    start(&mut zip, "input_ids", "<i8", &[n], 8 * n as u64)?;
    arrays::write_ids(capture, &mut zip)?;
    let shape = attention_shape(capture, request);
    start(&mut zip, "attention", "<f4", &shape, attention)?;
    arrays::write_attention(&records, &request.heads, &mut zip)?;
    if let Some((values, shape)) = logits {
        start(&mut zip, "logits", "<f4", &shape, 4 * values.len() as u64)?;
        arrays::write_floats(values, &mut zip)?;
    }
    strings(&mut zip, "tokens", &[n], &arrays::labels(capture))?;
    strings(&mut zip, "text", &[], &[&capture.text])?;
    strings(&mut zip, "recipe", &[], &[&recipe])?;
    zip.finish()?.flush()?;
    Ok(())
}

/// Begins an entry, with its npy header (format 1.0).
fn start<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    name: &str,
    dtype: &str,
    shape: &[usize],
    bytes: u64,
) -> Result<(), ExportError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(bytes >= LARGE);
    zip.start_file(format!("{name}.npy"), options)?;
    // Python writes a tuple of one with a comma.
    let sides: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let mut header =
        format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({sides}), }}");
    // Magic, version and length take 10 bytes; data begins at a multiple of 64.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    header.extend(std::iter::repeat_n(' ', length - 1 - header.len()));
    header.push('\n');
    zip.write_all(b"\x93NUMPY\x01\x00")?;
    zip.write_all(&(length as u16).to_le_bytes())?;
    zip.write_all(header.as_bytes())?;
    Ok(())
}

/// Writes strings as one array of UTF-32, each padded with zeros to the longest.
fn strings<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    name: &str,
    shape: &[usize],
    strings: &[&str],
) -> Result<(), ExportError> {
    let lengths = strings.iter().map(|s| s.chars().count());
    let longest = lengths.max().unwrap_or(0).max(1);
    let bytes = 4 * longest as u64 * strings.len() as u64;
    start(zip, name, &format!("<U{longest}"), shape, bytes)?;
    for string in strings {
        let characters = string.chars().map(u32::from);
        let padded = characters.chain(std::iter::repeat(0)).take(longest);
        let bytes: Vec<u8> = padded.flat_map(u32::to_le_bytes).collect();
        zip.write_all(&bytes)?;
    }
    Ok(())
}
