//! Reads a capture file.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use safetensors::tensor::Dtype;
use sha2::{Digest, Sha256};

use super::MOST_HEADS;
use super::error::{safe, sentence, sentences};
use super::labels::labels;
use super::layout::{
    ABOUT_KEY, About, CHECKSUMS, LayerAbout, VERSION, VERSION_KEY, names, of_layer,
};
use super::tokens::Labelled;
use super::{FileError, Header, HeaderError, LayerSums, Opened, Sum, map, unread};
use crate::capture::{
    Capture, Floats, Layer, LayerRecord, Map, Origin, RowNumbers, Rule, Thumbnails, Token,
    thumbnail_side,
};

/// Opens a file that begins as a capture does.
pub(super) fn open(name: String, mut file: File) -> Result<Opened, FileError> {
    let damaged = |what: &str| FileError::Damaged {
        name: name.clone(),
        what: what.to_owned(),
    };
    let header = Header::read(&mut file).map_err(|error| match error {
        HeaderError::Read(error) => unread(&name, error),
        HeaderError::Wrong(what) => damaged(&what),
    })?;
    let version = header.text(VERSION_KEY).unwrap_or_default();
    match version.parse::<u32>() {
        Ok(VERSION) => {}
        Ok(found) if found > VERSION => {
            let found = found.to_string();
            return Err(FileError::Newer { name, found });
        }
        _ => return Err(damaged("its header names no version of the format")),
    }
    let map = map(&name, &mut file, header.length)?;
    let sums = checksums(&header, &map).map_err(|what| damaged(&what))?;
    let arrays = Arrays {
        header: &header,
        map: &map,
    };
    let about = header.text(ABOUT_KEY).unwrap_or_default();
    let about: About = serde_json::from_str(about)
        .map_err(|error| damaged(&format!("its description: {}", safe(&error.to_string()))))?;
    let (layers, rest) = by_layer(sums, about.layers.iter().map(|layer| Layer(layer.layer)));
    // What is small, and is read at once, is compared at once.
    if !rest.iter().all(|sum| sum.holds(&map)) {
        return Err(damaged("its tokens do not match their checksums"));
    }
    let capture = arrays.capture(about).map_err(|what| damaged(&what))?;
    Ok(Opened {
        capture: Arc::new(capture),
        made_by: safe(header.text("made_by").unwrap_or_default()),
        name,
        map,
        layers,
    })
}

/// The checksum of every array, once that of the header and of all checksums holds.
fn checksums(header: &Header, map: &Map) -> Result<Vec<(String, Sum)>, String> {
    let wrong = || "its list of checksums does not fit its arrays".to_owned();
    let mut names = header.names();
    let sums = header.tensor(CHECKSUMS).ok_or_else(wrong)?;
    let last = names.pop().ok_or_else(wrong)?;
    let shape = [names.len() + 1, 32];
    if last != CHECKSUMS || sums.dtype != Dtype::U8 || sums.shape != shape {
        return Err(wrong());
    }
    let bytes = map.bytes().get(sums.at).ok_or_else(wrong)?;
    let (rows, whole) = bytes.split_at_checked(32 * names.len()).ok_or_else(wrong)?;
    let mut found = Sha256::new();
    found.update(&header.bytes);
    found.update(rows);
    if found.finalize().as_slice() != whole {
        return Err("its header does not match its checksum".to_owned());
    }
    let rows = rows.as_chunks::<32>().0;
    let sums = names.into_iter().zip(rows).map(|(name, sha256)| {
        let at = header.tensor(&name).ok_or_else(wrong)?.at;
        let sha256 = *sha256;
        Ok((name, Sum { at, sha256 }))
    });
    sums.collect()
}

/// The checksums of each layer's arrays, and those of the rest.
fn by_layer(
    sums: Vec<(String, Sum)>,
    layers: impl Iterator<Item = Layer>,
) -> (Vec<LayerSums>, Vec<Sum>) {
    let of = |layer| LayerSums {
        layer,
        ..LayerSums::default()
    };
    let mut layers: Vec<LayerSums> = layers.map(of).collect();
    let mut rest = Vec::new();
    for (name, sum) in sums {
        let at = name.strip_prefix("layers.").and_then(|r| r.split_once('.'));
        let at = at.and_then(|(at, _)| at.parse::<usize>().ok());
        match at.and_then(|at| layers.iter_mut().find(|sums| sums.layer.0 == at)) {
            Some(layer) => layer.arrays.push(sum),
            None => rest.push(sum),
        }
    }
    (layers, rest)
}

/// The arrays of a file. What does not fit is told in words.
pub(super) struct Arrays<'a> {
    header: &'a Header,
    map: &'a Arc<Map>,
}

impl Arrays<'_> {
    /// Where an array lies that must have this type and shape. An empty one is not in the file.
    fn at(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<Range<usize>, String> {
        if shape.contains(&0) {
            return Ok(0..0);
        }
        let found = self.header.tensor(name);
        let found = found.ok_or_else(|| format!("it has no array {name}"))?;
        if found.dtype != dtype || found.shape != shape {
            return Err(format!(
                "the array {name} is {:?} {:?}, and {dtype:?} {shape:?} was expected",
                found.dtype, found.shape
            ));
        }
        Ok(found.at)
    }

    pub(super) fn floats(&self, name: &str, shape: &[usize]) -> Result<Floats, String> {
        Ok(Floats::mapped(self.map, self.at(name, Dtype::F32, shape)?))
    }

    /// An array that may be absent.
    fn floats_if(&self, name: &str, shape: &[usize]) -> Result<Floats, String> {
        match self.header.tensor(name) {
            Some(_) => self.floats(name, shape),
            None => Ok(Floats::default()),
        }
    }

    /// Vectors as they are stored, f32 or f16.
    fn vectors(&self, name: &str, shape: &[usize]) -> Result<Floats, String> {
        match self.header.tensor(name) {
            Some(found) if found.dtype == Dtype::F16 => {
                let at = self.at(name, Dtype::F16, shape)?;
                Ok(Floats::mapped_half(self.map, at))
            }
            _ => self.floats(name, shape),
        }
    }

    /// A list of any length.
    fn bytes(&self, name: &str) -> Result<&[u8], String> {
        let length = self.length(name);
        let at = self.at(name, Dtype::U8, &[length])?;
        Ok(self.map.bytes().get(at).unwrap_or_default())
    }

    pub(super) fn integers(&self, name: &str) -> Result<Vec<i64>, String> {
        let at = self.at(name, Dtype::I64, &[self.length(name)])?;
        let bytes = self.map.bytes().get(at).unwrap_or_default();
        let numbers = bytes.as_chunks().0.iter();
        Ok(numbers.map(|b| i64::from_le_bytes(*b)).collect())
    }

    fn length(&self, name: &str) -> usize {
        let found = self.header.tensor(name);
        found
            .and_then(|found| found.shape.first().copied())
            .unwrap_or(0)
    }

    fn capture(&self, about: About) -> Result<Capture, String> {
        let (n, shape) = (about.tokens, about.shape);
        let wide = about.layers.iter().map(|layer| layer.heads).max();
        let ascending = about.layers.is_sorted_by(|a, b| a.layer < b.layer);
        let inside = about.layers.iter().all(|layer| layer.layer < shape.layers);
        let heads = shape.layers.checked_mul(shape.heads);
        if heads.is_none_or(|heads| heads > MOST_HEADS) {
            return Err(format!(
                "it claims {} layers of {} heads, and {MOST_HEADS} heads in all are the most",
                shape.layers, shape.heads
            ));
        }
        if n == 0 || !ascending || !inside || wide != Some(shape.heads) {
            return Err("its description contradicts itself".to_owned());
        }
        let labels = labels(
            self.bytes(names::LABEL_BYTES)?,
            &self.integers(names::LABEL_ENDS)?,
            self.bytes(names::LABEL_KINDS)?,
        );
        let labels = labels.ok_or("its labels do not fit each other")?;
        let tokens = Labelled {
            ids: self.integers(names::IDS)?,
            labels: self.integers(names::TOKEN_LABELS)?,
            all: &labels,
        };
        if tokens.ids.len() != n || tokens.labels.len() != n {
            return Err(format!("it has no id and label for each of its {n} tokens"));
        }
        let all: Option<Vec<Token>> = (0..n)
            .map(|i| tokens.at(i).map(|(id, label)| Token { id, label }))
            .collect();
        let text = std::str::from_utf8(self.bytes(names::TEXT)?);
        let text = text.map_err(|_| "its text is not UTF-8")?;
        let layers = about.layers.iter();
        let layers: Result<Vec<_>, String> = layers
            .map(|layer| Ok(Arc::new(self.layer(layer, n)?)))
            .collect();
        Ok(Capture {
            origin: Arc::new(safe_origin(about.origin)),
            text: text.to_owned(),
            tokens: Arc::new(all.ok_or("a token has no label")?),
            shape,
            kept: about.layers.iter().map(|l| Layer(l.layer)).collect(),
            layers: layers?,
            predictions: Arc::new(self.predictions(n, &labels)?),
            logits: None,
            loss: None,
        })
    }

    fn layer(&self, about: &LayerAbout, n: usize) -> Result<LayerRecord, String> {
        let &LayerAbout {
            layer: at,
            heads,
            kv_heads,
            head_dim: d,
            thumbnail_side: side,
            from,
            ..
        } = about;
        let fits = heads > 0 && kv_heads > 0 && d > 0 && heads.is_multiple_of(kv_heads);
        if !fits || side != thumbnail_side(n) || about.window == Some(0) || from >= n {
            return Err(format!("the description of layer {at} contradicts itself"));
        }
        let name = |array: &str| of_layer(at, array);
        let (table, kept) = ([heads, n], [heads, n - from]);
        let tiles = [heads, side, side];
        let mut rows: [Floats; 9] = Default::default();
        for (numbers, array) in rows.iter_mut().zip(RowNumbers::<Floats>::NAMES) {
            *numbers = self.floats(&name(array), &kept)?;
        }
        Ok(LayerRecord {
            layer: Layer(at),
            heads,
            kv_heads,
            tokens: n,
            head_dim: d,
            q: self.vectors(&name("q"), &[heads, n - from, d])?,
            k: self.vectors(&name("k"), &[kv_heads, n, d])?,
            lse: self.floats(&name("lse"), &kept)?,
            rule: Rule {
                scale: about.scale as f32,
                softcap: about.softcap.map(|cap| cap as f32),
                window: about.window,
                slopes: self.floats_if(&name("slopes"), &[heads])?.to_vec(),
                sinks: self.floats_if(&name("sinks"), &[heads])?.to_vec(),
                from,
            },
            rows: RowNumbers::of(rows),
            received: self.floats(&name("received"), &table)?,
            thumbnails: Thumbnails {
                side,
                max: self.floats(&name("thumbnails.max"), &tiles)?.to_vec(),
                mean: self.floats(&name("thumbnails.mean"), &tiles)?.to_vec(),
            },
            value_norms: self.floats_if(&name("value_norms"), &table)?,
            dense: None,
            trail: None,
        })
    }
}

/// An origin whose texts can be shown.
fn safe_origin(origin: Origin) -> Origin {
    Origin {
        name: sentence(&origin.name),
        source: sentence(&origin.source),
        sha256: sentence(&origin.sha256),
        format: sentence(&origin.format),
        family: sentence(&origin.family),
        dtype: sentence(&origin.dtype),
        device: sentence(&origin.device),
        tokenizer: sentence(&origin.tokenizer),
        command: safe(&origin.command),
        version: sentence(&origin.version),
        assumed: sentences(origin.assumed),
        warnings: sentences(origin.warnings),
        notes: sentences(origin.notes),
        weight_bytes: origin.weight_bytes,
        untrained_seed: origin.untrained_seed,
    }
}
