//! Captures in files: headlight's own, and weights that other programs captured.
//!
//! A capture file is a safetensors file, so that any tool can read its arrays. It begins with a
//! magic of its own (the first metadata key), says the version of its format, and ends with the
//! SHA-256 of every array and of the header. Opening it checks the header, that the file is as long
//! as the header says, and everything that is small; queries, keys and numbers of the layers are
//! mapped. Their checksums are taken by [`Opened::verify`], a layer at a time.
//!
//! Weights of other programs are `attention` `[L, H, n, n]` in safetensors or npz.

mod error;
mod foreign;
mod header;
mod labels;
mod layout;
mod npz;
mod read;
mod tensors;
mod tokens;
mod write;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

pub use self::error::FileError;
pub use self::layout::VERSION;
pub use self::write::{Writer, save};

use self::header::{Header, HeaderError};
use super::{Capture, Layer, Map};
use crate::token::Label;

/// The most heads in all layers together that a file may have.
const MOST_HEADS: usize = 1 << 18;

/// How a file of captures is opened.
pub struct How<'a> {
    /// Bytes that may be taken for arrays that can't be mapped because they are compressed; `None`
    /// for any number.
    pub memory: Option<u64>,
    /// Is told the layers that are read and the layers in all.
    pub progress: &'a mut dyn FnMut(usize, usize),
}

/// A capture out of a file.
#[derive(Debug)]
pub struct Opened {
    /// The capture; what of it is large lies in the file.
    pub capture: Arc<Capture>,
    /// What wrote it, safe to show.
    pub made_by: String,
    name: String,
    map: Arc<Map>,
    /// The arrays of each layer; empty for another program's file, which has no checksums.
    layers: Vec<LayerSums>,
}

/// The checksums of a layer's arrays, and whether they hold, once that is known.
#[derive(Debug, Default)]
struct LayerSums {
    layer: Layer,
    arrays: Vec<Sum>,
    holds: OnceLock<bool>,
}

/// An array and the SHA-256 that it must have.
#[derive(Debug)]
struct Sum {
    at: std::ops::Range<usize>,
    sha256: [u8; 32],
}

impl Sum {
    fn holds(&self, map: &Map) -> bool {
        let bytes = map.bytes().get(self.at.clone());
        bytes.is_some_and(|bytes| Sha256::digest(bytes).as_slice() == self.sha256)
    }
}

impl Opened {
    /// Whether the file holds checksums: headlight's own do.
    pub fn has_checksums(&self) -> bool {
        !self.layers.is_empty()
    }

    /// Leaves all layers aside but those that are wanted.
    pub fn keep(&mut self, wanted: impl Fn(Layer) -> bool) {
        let mut capture = (*self.capture).clone();
        capture.layers.retain(|record| wanted(record.layer));
        capture.kept = capture.layers.iter().map(|record| record.layer).collect();
        self.capture = Arc::new(capture);
        self.layers.retain(|sums| wanted(sums.layer));
    }

    /// Reads the arrays of a layer and compares them with their checksums; once, then it is known.
    ///
    /// # Errors
    /// [`FileError::Damaged`] where one does not hold.
    pub fn verify(&self, at: Layer) -> Result<(), FileError> {
        let Some(layer) = self.layers.iter().find(|sums| sums.layer == at) else {
            return Ok(());
        };
        let holds = layer.holds.get_or_init(|| {
            let arrays = layer.arrays.par_iter();
            arrays.all(|sum| sum.holds(&self.map))
        });
        match holds {
            true => Ok(()),
            false => Err(FileError::Damaged {
                name: self.name.clone(),
                what: format!("the arrays of layer {at} do not match their checksums"),
            }),
        }
    }

    /// All layers.
    ///
    /// # Errors
    /// As [`Opened::verify`].
    pub fn verify_all(&self) -> Result<(), FileError> {
        self.layers
            .iter()
            .try_for_each(|sums| self.verify(sums.layer))
    }
}

/// Opens a file that holds a capture; `None` where it is something else, such as a model, or can't
/// be read.
///
/// # Errors
/// A capture that is damaged or of a later format; another program's weights that are laid out in
/// another way.
pub fn open(path: &Path, how: How) -> Result<Option<Opened>, FileError> {
    // Looked at before it is opened: to open a pipe would wait for its other end.
    if !fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return Ok(None);
    }
    let Ok(mut file) = File::open(path) else {
        return Ok(None);
    };
    let name = Label::of_text(&path.display().to_string()).to_string();
    let mut begin = Vec::new();
    let wanted = 8 + layout::MAGIC.len();
    let read = Read::by_ref(&mut file)
        .take(wanted as u64)
        .read_to_end(&mut begin);
    if read.is_err() {
        return Ok(None);
    }
    if begin.get(8..) == Some(layout::MAGIC.as_bytes()) {
        return read::open(name, file).map(Some);
    }
    if begin.starts_with(b"PK") {
        return npz::open(name, file, path, how);
    }
    // A model's header is read once more, which takes no time beside its weights.
    if begin.get(8) == Some(&b'{') {
        return tensors::open(name, file, path, how);
    }
    Ok(None)
}

/// Maps the whole of a file whose header was read.
fn map(name: &str, file: &mut File, length: u64) -> Result<Arc<Map>, FileError> {
    let map = Map::of_file(file, length).map_err(|error| unread(name, error))?;
    Ok(Arc::new(map))
}

fn unread(name: &str, error: io::Error) -> FileError {
    FileError::Read {
        name: name.to_owned(),
        error,
    }
}
