//! Writes a capture, layer by layer.

use std::io::{self, Seek, SeekFrom, Write};

use half::slice::HalfFloatSliceExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::labels::Table;
use super::layout::{
    ABOUT_KEY, About, CHECKSUMS, LayerAbout, MAGIC, VERSION, VERSION_KEY, names, of_layer,
};
use crate::capture::{Capture, Floats, LayerRecord, RowNumbers};

/// Arrays of a layer begin at multiples of this.
const ALIGNMENT: u64 = 64;
/// Bytes of the header that a layer takes at most: 22 arrays of at most 180 bytes, and its rule.
const LAYER_HEADER: usize = 5 << 10;
/// Bytes of the header that everything else but the origin takes at most.
const REST_HEADER: usize = 16 << 10;
/// Values that are turned into bytes at a time.
const BLOCK: usize = 1 << 14;

/// A capture file that is being written. Layers are handed over one by one, so that no more than
/// one need be in memory; the header's place is kept free and it is written at the end.
pub struct Writer<W> {
    out: W,
    /// Bytes that the header's place has, its length included.
    reserved: u64,
    /// Bytes of arrays so far.
    end: u64,
    /// What is known of each array, in the order of their bytes.
    arrays: Vec<(String, Value)>,
    sums: Vec<u8>,
    layers: Vec<LayerAbout>,
}

impl<W: Write + Seek> Writer<W> {
    /// Begins a file for a capture; of it, only the origin and the number of layers count here.
    ///
    /// # Errors
    /// What `out` reports; one that can't seek is refused.
    pub fn new(mut out: W, capture: &Capture) -> io::Result<Self> {
        let origin = serde_json::to_string(&*capture.origin)?.len();
        // Quotes of JSON within JSON double, and so do their escapes.
        let header = REST_HEADER + 4 * origin + capture.shape.layers * LAYER_HEADER;
        let reserved = (8 + header as u64).next_multiple_of(ALIGNMENT);
        out.seek(SeekFrom::Start(0))?;
        io::copy(&mut io::Read::take(io::repeat(b' '), reserved), &mut out)?;
        Ok(Self {
            out,
            reserved,
            end: 0,
            arrays: Vec::new(),
            sums: Vec::new(),
            layers: Vec::new(),
        })
    }

    /// Writes the next layer.
    ///
    /// # Errors
    /// What the file reports; a layer of another program's weights, whose file is the capture.
    pub fn layer(&mut self, record: &LayerRecord) -> io::Result<()> {
        if record.dense.is_some() {
            let said = "weights of another program are not captured again: keep their file";
            return Err(io::Error::new(io::ErrorKind::Unsupported, said));
        }
        let at = record.layer.0;
        let (heads, n, d) = (record.heads, record.tokens, record.head_dim);
        let kept = n - record.rule.from;
        let name = |array: &str| of_layer(at, array);
        let (table, rows) = ([heads, n], [heads, kept]);
        self.floats(&name("lse"), &rows, &record.lse)?;
        let numbers = RowNumbers::<Floats>::NAMES.iter();
        for (array, values) in numbers.zip(record.rows.each()) {
            self.floats(&name(array), &rows, values)?;
        }
        self.floats(&name("received"), &table, &record.received)?;
        self.floats(&name("value_norms"), &table, &record.value_norms)?;
        self.floats(&name("slopes"), &[heads], &record.rule.slopes)?;
        self.floats(&name("sinks"), &[heads], &record.rule.sinks)?;
        let thumbnails = &record.thumbnails;
        let tiles = [heads, thumbnails.side, thumbnails.side];
        self.floats(&name("thumbnails.max"), &tiles, &thumbnails.max)?;
        self.floats(&name("thumbnails.mean"), &tiles, &thumbnails.mean)?;
        self.vectors(&name("q"), &[heads, kept, d], &record.q)?;
        self.vectors(&name("k"), &[record.kv_heads, n, d], &record.k)?;
        self.align(&name("padding"))?;
        self.layers.push(LayerAbout::of(record));
        Ok(())
    }

    /// Writes what belongs to the whole run, and the header.
    ///
    /// # Errors
    /// What the file reports.
    pub fn finish(mut self, capture: &Capture) -> io::Result<()> {
        let n = capture.len();
        let mut table = Table::default();
        let tokens = capture.tokens.iter();
        let ids: Vec<i64> = tokens.clone().map(|token| token.id.into()).collect();
        let labels: Vec<i64> = tokens.map(|token| table.index(&token.label)).collect();
        self.integers(names::IDS, &ids)?;
        self.integers(names::TOKEN_LABELS, &labels)?;
        let counts = capture.predictions.iter().map(|best| best.len() as i64);
        self.integers(names::PREDICTED_COUNTS, &counts.collect::<Vec<_>>())?;
        let all = || capture.predictions.iter().flatten();
        let ids: Vec<i64> = all().map(|p| p.id.into()).collect();
        let labels: Vec<i64> = all().map(|p| table.index(&p.label)).collect();
        self.integers(names::PREDICTED_IDS, &ids)?;
        self.integers(names::PREDICTED_LABELS, &labels)?;
        let logits: Vec<f32> = all().map(|p| p.logit).collect();
        let shares: Vec<f32> = all().map(|p| p.probability).collect();
        self.floats(names::PREDICTED_LOGITS, &[logits.len()], &logits)?;
        self.floats(names::PREDICTED_SHARES, &[shares.len()], &shares)?;
        self.integers(names::LABEL_ENDS, &table.ends)?;
        self.bytes(names::LABEL_BYTES, &table.bytes)?;
        self.bytes(names::LABEL_KINDS, &table.kinds)?;
        self.bytes(names::TEXT, capture.text.as_bytes())?;

        let about = About {
            origin: (*capture.origin).clone(),
            shape: capture.shape,
            tokens: n,
            layers: std::mem::take(&mut self.layers),
        };
        let rows = self.arrays.len() + 1;
        self.add(CHECKSUMS, "U8", &[rows, 32], 32 * rows as u64)?;
        let header = self.header(&about, capture)?;
        let mut whole = Sha256::new();
        whole.update(&header);
        whole.update(&self.sums);
        self.sums.extend_from_slice(&whole.finalize());
        self.out.write_all(&self.sums)?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header)?;
        self.out.seek(SeekFrom::End(0))?;
        self.out.flush()
    }

    /// The header with its length, as long as the place that was kept for it.
    fn header(&mut self, about: &About, capture: &Capture) -> io::Result<Vec<u8>> {
        let metadata = json!({
            VERSION_KEY: VERSION.to_string(),
            "made_by": format!("headlight {}", capture.origin.version),
            ABOUT_KEY: serde_json::to_string(about)?,
        });
        let mut all = serde_json::Map::new();
        all.insert("__metadata__".into(), metadata);
        all.extend(std::mem::take(&mut self.arrays));
        let mut json = Value::Object(all).to_string().into_bytes();
        let room = (self.reserved - 8) as usize;
        if json.len() > room || !json.starts_with(MAGIC.as_bytes()) {
            let said = format!("its header of {} bytes has a place of {room}", json.len());
            return Err(io::Error::other(said));
        }
        json.resize(room, b' ');
        let mut header = (room as u64).to_le_bytes().to_vec();
        header.extend(json);
        Ok(header)
    }

    /// Notes an array that begins where the last ended.
    fn add(&mut self, name: &str, dtype: &str, shape: &[usize], bytes: u64) -> io::Result<()> {
        let start = self.end;
        let end = start.checked_add(bytes);
        self.end = end.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [start, self.end]});
        self.arrays.push((name.to_owned(), entry));
        Ok(())
    }

    /// Writes an array whose bytes come in blocks. An empty one is left out.
    fn array<T>(
        &mut self,
        (name, dtype): (&str, &str),
        shape: &[usize],
        values: &[T],
        to_bytes: impl Fn(&T, &mut Vec<u8>),
    ) -> io::Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let mut hash = Sha256::new();
        let mut bytes = Vec::with_capacity(8 * BLOCK);
        let mut written = 0;
        for block in values.chunks(BLOCK) {
            bytes.clear();
            block.iter().for_each(|value| to_bytes(value, &mut bytes));
            hash.update(&bytes);
            self.out.write_all(&bytes)?;
            written += bytes.len() as u64;
        }
        if shape.iter().product::<usize>() != values.len() {
            let said = format!("{name} has {} values for {shape:?}", values.len());
            return Err(io::Error::other(said));
        }
        self.add(name, dtype, shape, written)?;
        self.sums.extend_from_slice(&hash.finalize());
        Ok(())
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> io::Result<()> {
        self.array((name, "F32"), shape, values, |value, bytes| {
            bytes.extend_from_slice(&value.to_le_bytes());
        })
    }

    /// Writes vectors as they are stored, f32 or f16.
    fn vectors(&mut self, name: &str, shape: &[usize], values: &Floats) -> io::Result<()> {
        match values.halves() {
            Some(halves) => {
                let bits: &[u16] = halves.reinterpret_cast();
                self.array((name, "F16"), shape, bits, |value, bytes| {
                    bytes.extend_from_slice(&value.to_le_bytes());
                })
            }
            None => self.floats(name, shape, values),
        }
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> io::Result<()> {
        self.array((name, "I64"), &[values.len()], values, |value, bytes| {
            bytes.extend_from_slice(&value.to_le_bytes());
        })
    }

    fn bytes(&mut self, name: &str, values: &[u8]) -> io::Result<()> {
        self.array((name, "U8"), &[values.len()], values, |value, bytes| {
            bytes.push(*value)
        })
    }

    /// Fills up to where the next layer may begin.
    fn align(&mut self, name: &str) -> io::Result<()> {
        let missing = self.end.next_multiple_of(ALIGNMENT) - self.end;
        self.bytes(name, &vec![0; missing as usize])
    }
}

/// Writes a capture that is whole.
///
/// # Errors
/// What `out` reports.
pub fn save<W: Write + Seek>(capture: &Capture, out: W) -> io::Result<()> {
    let mut writer = Writer::new(out, capture)?;
    capture
        .layers
        .iter()
        .try_for_each(|layer| writer.layer(layer))?;
    writer.finish(capture)
}
