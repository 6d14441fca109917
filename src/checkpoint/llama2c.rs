//! The `.bin` files of llama2.c: a header of seven numbers, then the weights of a Llama in f32, the same part of
//! all layers together (`legacy_export` and `version1_export` of its `export.py`).
//!
//! Tensors get the names that the model has in PyTorch, which are Meta's, in the layout `[out, in]`. Queries
//! and keys are in the order of interleaved rotary pairs. Without `output.weight` the head is the embedding.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use super::dtype::{Dtype, TensorInfo};
use super::error::Error;
use super::format::{Format, Opened};
use super::ranges::{Places, Ranges};

/// `ak42` as a little-endian number.
const MAGIC: &[u8] = b"24ka";

/// Bytes of the header from version 1 on.
const HEADER: u64 = 256;

/// Bytes of the legacy header: the seven numbers.
const LEGACY_HEADER: u64 = 28;

/// Names of the seven numbers, as llama2.c's `Config` has them, and the largest that is believed.
const KEYS: [(&str, u32); 7] = [
    ("dim", 1 << 20),
    ("hidden_dim", 1 << 22),
    ("n_layers", 1 << 10),
    ("n_heads", 1 << 14),
    ("n_kv_heads", 1 << 14),
    ("vocab_size", 1 << 24),
    ("max_seq_len", 1 << 24),
];

/// What a header says.
struct Header {
    version: u32,
    /// In the order of [`KEYS`].
    numbers: [usize; 7],
    /// Whether the head is the embedding.
    tied: bool,
}

/// Where a piece of the file belongs: a tensor's name and shape, or a table that is left out.
type Piece = (Option<String>, Vec<usize>);

impl Header {
    /// Read one of any version; `None` where it is none, or its numbers can't be a model's.
    fn read(head: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(i32::from_le_bytes(*head.get(at..)?.first_chunk()?));
        let (version, at) = match head.starts_with(MAGIC) {
            true => (u32::try_from(number(4)?).ok()?, 8),
            false => (0, 0),
        };
        let mut numbers = [0; KEYS.len()];
        let mut tied = true;
        for (index, (slot, (key, largest))) in numbers.iter_mut().zip(KEYS).enumerate() {
            let value = number(at + 4 * index)?;
            // The legacy format says by the sign whether there is a head.
            if version == 0 && key == "vocab_size" {
                tied = value > 0;
            } else if value <= 0 {
                return None;
            }
            let value = value.unsigned_abs();
            if value == 0 || value > largest {
                return None;
            }
            *slot = value as usize;
        }
        if version > 0 {
            tied = *head.get(at + 4 * KEYS.len())? != 0;
        }
        let [dim, _, _, heads, kv_heads, ..] = numbers;
        let fits = dim.is_multiple_of(heads)
            && (dim / heads).is_multiple_of(2)
            && heads.is_multiple_of(kv_heads);
        fits.then_some(Self {
            version,
            numbers,
            tied,
        })
    }

    /// The pieces of the file after the header, in their order.
    fn pieces(&self) -> Vec<Piece> {
        let [dim, hidden, layers, heads, kv_heads, vocabulary, context] = self.numbers;
        let kv = dim / heads * kv_heads;
        let one =
            |name: &str, shape: &[usize]| vec![(Some(format!("{name}.weight")), shape.to_vec())];
        let each = |name: &str, shape: &[usize]| -> Vec<Piece> {
            (0..layers)
                .map(|layer| {
                    (
                        Some(format!("layers.{layer}.{name}.weight")),
                        shape.to_vec(),
                    )
                })
                .collect()
        };
        let embedding = one("tok_embeddings", &[vocabulary, dim]);
        let attention_norm = each("attention_norm", &[dim]);
        let projections = [
            each("attention.wq", &[dim, dim]),
            each("attention.wk", &[kv, dim]),
            each("attention.wv", &[kv, dim]),
            each("attention.wo", &[dim, dim]),
        ]
        .concat();
        let mlp_norm = each("ffn_norm", &[dim]);
        let mlp = [
            each("feed_forward.w1", &[hidden, dim]),
            each("feed_forward.w2", &[dim, hidden]),
            each("feed_forward.w3", &[hidden, dim]),
        ]
        .concat();
        let norm = one("norm", &[dim]);
        let head = match self.tied {
            true => Vec::new(),
            false => one("output", &[vocabulary, dim]),
        };
        match self.version {
            0 => {
                // Cosines and sines of the rotary positions, which follow from the sizes.
                let rotary = vec![(None, vec![context, dim / heads / 2]); 2];
                [
                    embedding,
                    attention_norm,
                    projections,
                    mlp_norm,
                    mlp,
                    norm,
                    rotary,
                    head,
                ]
                .concat()
            }
            _ => [
                attention_norm,
                mlp_norm,
                norm,
                embedding,
                projections,
                mlp,
                head,
            ]
            .concat(),
        }
    }

    /// Bytes of a whole file. No product of numbers within the limits of [`KEYS`] leaves 128 bits.
    fn size(&self) -> u128 {
        let [dim, hidden, layers, heads, kv_heads, vocabulary, context] =
            self.numbers.map(|number| number as u128);
        let kv = dim / heads * kv_heads;
        let layer = 2 * dim + 2 * dim * dim + 2 * kv * dim + 3 * hidden * dim;
        let matrices = if self.tied { 1 } else { 2 };
        let floats = layers * layer + dim + matrices * vocabulary * dim;
        match self.version {
            0 => u128::from(LEGACY_HEADER) + 4 * (floats + context * (dim / heads)),
            _ => u128::from(HEADER) + 4 * floats,
        }
    }
}

/// Whether a file of `size` bytes that begins so is llama2.c's: by its magic number, or, as the legacy
/// format has none, by plausible numbers that give exactly this size.
pub(super) fn recognises(head: &[u8], size: u64) -> bool {
    head.starts_with(MAGIC) || legacy_size(head) == Some(u128::from(size))
}

/// The size that a legacy header asks for, where it can be one.
pub(super) fn legacy_size(head: &[u8]) -> Option<u128> {
    let header = Header::read(head)?;
    (header.version == 0).then(|| header.size())
}

/// Open a file; only its header is read.
pub(super) fn open(path: &Path) -> Result<Opened, Error> {
    let io = |error| Error::io(path, error);
    let broken = |reason: String| Error::Broken {
        path: path.to_path_buf(),
        kind: Format::Llama2c,
        reason,
    };
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut head = Vec::new();
    (&mut file)
        .take(HEADER)
        .read_to_end(&mut head)
        .map_err(io)?;
    let header = Header::read(&head)
        .ok_or_else(|| broken("the numbers in its header can't be a model's".into()))?;
    if header.version > 1 {
        return Err(broken(format!(
            "it is of version {}, and only the f32 versions 0 and 1 are read; export it again with --version 1",
            header.version
        )));
    }
    let expected = header.size();
    if expected != u128::from(size) {
        return Err(broken(format!(
            "its header asks for {expected} bytes but the file has {size}"
        )));
    }

    // From here on everything fits the file, and so a u64.
    let mut offset = match header.version {
        0 => LEGACY_HEADER,
        _ => HEADER,
    };
    let mut tensors = Vec::new();
    let mut places = Places::new();
    for (name, shape) in header.pieces() {
        let length = 4 * shape.iter().product::<usize>();
        if let Some(name) = name {
            places.insert(name.clone(), (offset, length));
            tensors.push((
                name,
                TensorInfo {
                    dtype: Dtype::F32,
                    shape,
                },
            ));
        }
        offset += length as u64;
    }
    let config = KEYS
        .iter()
        .zip(header.numbers)
        .map(|((key, _), number)| ((*key).to_owned(), Value::from(number)))
        .collect();
    Ok(Opened {
        format: Format::Llama2c,
        tensors,
        aliases: Vec::new(),
        config: Some(config),
        extra: Map::new(),
        notes: Vec::new(),
        reader: Box::new(Ranges::of_file(file, places)),
    })
}
