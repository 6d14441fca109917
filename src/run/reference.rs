//! A reference file: what somebody else's code computed for a model, to compare with.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use super::RunError;
use crate::capture::Shape;
use crate::checkpoint::printable;

/// Largest header that the format allows.
const MAX_HEADER: u64 = 100_000_000;

/// A safetensors file with `input_ids` `[n]` and `attention` `[L, H, n, n]` or `logits` `[n, V]`
/// or both. Only the ids are in memory; the rest is read row by row.
pub(super) struct Reference {
    name: String,
    file: File,
    /// Where the tensors begin.
    start: u64,
    header: Metadata,
    /// The tokens that were run, `[n]`.
    pub ids: Vec<u32>,
    /// What made it, safe to show; empty where the file does not tell.
    pub made_by: String,
}

/// A tensor of floats, read from its beginning to its end.
pub(super) struct Rows<'a> {
    reference: &'a mut Reference,
    info: TensorInfo,
    name: &'static str,
    at: u64,
}

impl Reference {
    /// Opens a file and reads its ids.
    ///
    /// # Errors
    /// [`RunError::Reference`] where it can't be read, is no safetensors file, or has no ids or
    /// nothing to compare with.
    pub(super) fn open(path: &Path) -> Result<Self, RunError> {
        let name = printable(&path.display().to_string());
        let wrong = |what: String| RunError::Reference(format!("the reference '{name}' {what}"));
        let unread = |error: std::io::Error| wrong(format!("can't be read: {error}"));
        // To open a pipe would wait for its other end.
        let found = std::fs::metadata(path).map_err(unread)?;
        if !found.is_file() {
            return Err(wrong("is not a regular file".to_owned()));
        }
        let mut file = File::open(path).map_err(unread)?;
        let size = found.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(unread)?;
        let length = u64::from_le_bytes(length);
        // Bounds the allocation below by what the file can hold.
        if length > MAX_HEADER || length > size.saturating_sub(8) {
            return Err(wrong("is not a complete safetensors file".to_owned()));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(unread)?;
        let header: Metadata = serde_json::from_slice(&header).map_err(|error| {
            let said = printable(&error.to_string());
            wrong(format!("is not a safetensors file: {said}"))
        })?;
        let start = 8 + length;
        let expected = start.saturating_add(header.data_len() as u64);
        if expected != size {
            return Err(wrong(format!(
                "is cut off or damaged: it describes {expected} bytes and has {size}"
            )));
        }
        let told = header.metadata().as_ref();
        let made_by = told.and_then(|map| map.get("made_by"));
        let mut reference = Self {
            made_by: made_by.map_or_else(String::new, |text| printable(text)),
            name,
            file,
            start,
            header,
            ids: Vec::new(),
        };
        if !reference.has("attention") && !reference.has("logits") {
            let what = "has neither 'attention' [L, H, n, n] nor 'logits' [n, V]";
            return Err(reference.wrong(what));
        }
        reference.ids = reference.read_ids()?;
        Ok(reference)
    }

    /// Whether it holds a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.header.info(name).is_some()
    }

    /// Refuses tokens that the model can't run.
    pub(super) fn check_ids(&self, model: &Shape) -> Result<(), RunError> {
        let (n, context) = (self.ids.len(), model.context);
        if n > context {
            return Err(self.wrong(&format!(
                "has {n} tokens, but this model reads at most {context}; it was made with another \
                 model, or its text is too long"
            )));
        }
        match self.ids.iter().find(|&&id| id as usize >= model.vocabulary) {
            Some(id) => Err(self.wrong(&format!(
                "has the token id {id} and this model's vocabulary {} entries: it was made with \
                 another model",
                model.vocabulary
            ))),
            None => Ok(()),
        }
    }

    /// Refuses a capture of other tokens.
    pub(super) fn check_same_ids(
        &self,
        ids: impl ExactSizeIterator<Item = u32>,
    ) -> Result<(), RunError> {
        let (found, expected) = (ids.len(), self.ids.len());
        if !ids.eq(self.ids.iter().copied()) {
            return Err(self.wrong(&format!(
                "has other tokens than the capture ({expected} and {found}): it was made of another \
                 text"
            )));
        }
        Ok(())
    }

    /// The rows of a tensor that must have this shape.
    pub(super) fn rows(
        &mut self,
        name: &'static str,
        shape: &[usize],
    ) -> Result<Rows<'_>, RunError> {
        let Some(info) = self.header.info(name).cloned() else {
            return Err(self.wrong(&format!("has no '{name}'")));
        };
        if info.shape != shape {
            return Err(self.wrong(&format!(
                "has {name} {:?} and this model gives {shape:?}: it was made with another model",
                info.shape
            )));
        }
        if width(info.dtype).is_none() {
            return Err(self.wrong(&format!(
                "has {name} in {:?}: F32, F64, F16 or BF16 was expected",
                info.dtype
            )));
        }
        Ok(Rows {
            at: info.data_offsets.0 as u64,
            reference: self,
            info,
            name,
        })
    }

    fn read_ids(&mut self) -> Result<Vec<u32>, RunError> {
        let Some(info) = self.header.info("input_ids").cloned() else {
            return Err(self.wrong("has no 'input_ids' [n]"));
        };
        let bytes = match (info.dtype, info.shape.as_slice()) {
            (_, [0]) => return Err(self.wrong("has no token in its input_ids")),
            (Dtype::I64, [n]) => n.saturating_mul(8),
            (Dtype::I32, [n]) => n.saturating_mul(4),
            (dtype, shape) => {
                return Err(self.wrong(&format!(
                    "has input_ids {shape:?} in {dtype:?}: [n] in I64 or I32 was expected"
                )));
            }
        };
        let bytes = self.read(info.data_offsets.0 as u64, bytes)?;
        let ids: Vec<i64> = match info.dtype {
            Dtype::I64 => {
                let numbers = bytes.as_chunks().0.iter();
                numbers.map(|b| i64::from_le_bytes(*b)).collect()
            }
            _ => {
                let numbers = bytes.as_chunks().0.iter();
                numbers.map(|b| i64::from(i32::from_le_bytes(*b))).collect()
            }
        };
        let ids = ids.into_iter().map(|id| {
            u32::try_from(id).map_err(|_| self.wrong(&format!("has {id} for a token id")))
        });
        ids.collect()
    }

    /// Bytes of the tensors; the caller has bounded `count` by the header, and so by the file.
    fn read(&mut self, at: u64, count: usize) -> Result<Vec<u8>, RunError> {
        let mut bytes = vec![0; count];
        let read = self
            .file
            .seek(SeekFrom::Start(self.start.saturating_add(at)))
            .and_then(|_| self.file.read_exact(&mut bytes));
        match read {
            Ok(()) => Ok(bytes),
            Err(error) => Err(self.wrong(&format!("can't be read: {error}"))),
        }
    }

    fn wrong(&self, what: &str) -> RunError {
        RunError::Reference(format!("the reference '{}' {what}", self.name))
    }
}

impl Rows<'_> {
    /// The next `count` floats.
    pub(super) fn next(&mut self, count: usize) -> Result<Vec<f32>, RunError> {
        let bytes = count.saturating_mul(width(self.info.dtype).unwrap_or(1));
        let end = self.at.saturating_add(bytes as u64);
        if end > self.info.data_offsets.1 as u64 {
            return Err(self.reference.wrong(&format!("ends within {}", self.name)));
        }
        let bytes = self.reference.read(self.at, bytes)?;
        self.at = end;
        Ok(match self.info.dtype {
            Dtype::F64 => {
                let numbers = bytes.as_chunks().0.iter();
                numbers.map(|b| f64::from_le_bytes(*b) as f32).collect()
            }
            Dtype::F16 => {
                let numbers = bytes.as_chunks().0.iter();
                numbers
                    .map(|b| half::f16::from_le_bytes(*b).to_f32())
                    .collect()
            }
            Dtype::BF16 => {
                let numbers = bytes.as_chunks().0.iter();
                numbers
                    .map(|b| half::bf16::from_le_bytes(*b).to_f32())
                    .collect()
            }
            _ => {
                let numbers = bytes.as_chunks().0.iter();
                numbers.map(|b| f32::from_le_bytes(*b)).collect()
            }
        })
    }
}

/// Bytes of a float; `None` for what is none of the four that are read.
fn width(dtype: Dtype) -> Option<usize> {
    match dtype {
        Dtype::F64 => Some(8),
        Dtype::F32 => Some(4),
        Dtype::F16 | Dtype::BF16 => Some(2),
        _ => None,
    }
}
