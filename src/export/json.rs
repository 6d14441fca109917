//! Everything about a run as one JSON object.

use std::cell::RefCell;
use std::io::Write;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::arrays::full_row;
use super::{ExportError, Request, made_by};
use crate::capture::{Capture, Head, Layer, LayerRecord, Prediction, Query, Token};
use crate::lens::{
    HeadKind, Numbers, Repeats, Scale, SeedFlow, TRUST_BUDGET, diagnosis, flow, head_kind, numbers,
    seed_flow, trust,
};
use crate::safe;

/// The version of `docs/export.schema.json` that [`json`] follows. It rises when a key changes its
/// meaning or goes; new keys leave it as it is.
pub const SCHEMA_VERSION: u32 = 1;

/// Writes one JSON object, row by row:
///
/// * `schema_version`: [`SCHEMA_VERSION`], the version of `docs/export.schema.json`;
/// * `made_by`, `recipe` (where the run came from), `text`, `shape` (the model's sizes), `scale`;
/// * `input_ids` `[n]`, and `tokens` with `id`, `label` (as on screen) and `text` (spaces as
///   spaces, unsafe characters spelled);
/// * `flow`, the means of every number over the heads of each layer, and the two series of
///   analyze_attention.py by its own definitions;
/// * `attention`: for each chosen layer, `layer` and `heads`; for each of them, `head`, `numbers`,
///   `kind` (what kind of head it is, with the number that says so, else null) and `weights`, `[n]`
///   rows of `[n]` keys, 0 where masked; null where the request leaves weights out, and
///   `weights_written` is false then;
/// * `predictions`: for each position the likeliest next tokens;
/// * `trust`: whether the numbers can be believed, layer by layer, and what was assumed;
/// * `diagnosis`: what the numbers say is wrong with the model, each with its figures and a
///   sentence; empty for nothing;
/// * `warnings`: those of the run, and where a weight is no number, which JSON can only call null.
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn json(capture: &Capture, request: &Request, out: &mut dyn Write) -> Result<(), ExportError> {
    let document = Document {
        capture,
        records: request.records(capture)?,
        heads: &request.heads,
        weights_written: request.has_weights(capture),
        repeats: Repeats::of(capture),
        broken: RefCell::default(),
    };
    safe::json(&document, false, out)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}

struct Document<'a> {
    capture: &'a Capture,
    records: Vec<&'a LayerRecord>,
    heads: &'a [Head],
    weights_written: bool,
    repeats: Repeats,
    /// Weights that were no number so far.
    broken: RefCell<Option<Broken>>,
}

struct Broken {
    count: u64,
    first: (Layer, Head, Query),
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let capture = self.capture;
        let ids: Vec<u32> = capture.tokens.iter().map(|token| token.id).collect();
        let tokens: Vec<_> = capture.tokens.iter().map(TokenEntry::new).collect();
        let flow: Vec<_> = {
            let layers = capture.layers.iter();
            layers.map(|l| FlowEntry::new(l, &self.repeats)).collect()
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema_version", &SCHEMA_VERSION)?;
        map.serialize_entry("made_by", &made_by(capture))?;
        map.serialize_entry("recipe", &*capture.origin)?;
        map.serialize_entry("text", &capture.text)?;
        map.serialize_entry("shape", &capture.shape)?;
        map.serialize_entry("scale", Scale::Raw.name())?;
        map.serialize_entry("input_ids", &ids)?;
        map.serialize_entry("tokens", &tokens)?;
        map.serialize_entry("flow", &flow)?;
        map.serialize_entry("weights_written", &self.weights_written)?;
        map.serialize_entry("attention", &Layers(self))?;
        map.serialize_entry("predictions", &Predictions(&capture.predictions))?;
        map.serialize_entry("trust", &trust(capture, TRUST_BUDGET))?;
        map.serialize_entry("diagnosis", &diagnosis(capture))?;
        map.serialize_entry("warnings", &self.warnings())?;
        map.end()
    }
}

impl Document<'_> {
    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.capture.origin.warnings.clone();
        if let Some(broken) = &*self.broken.borrow() {
            let (layer, head, query) = broken.first;
            warnings.push(format!(
                "{} weights are not finite and are null here; the first is in layer {layer}, head \
                 {head}, query {query}",
                broken.count
            ));
        }
        warnings
    }

    fn count(&self, row: &[f32], first: (Layer, Head, Query)) {
        let count = row.iter().filter(|weight| !weight.is_finite()).count() as u64;
        if count > 0 {
            let mut broken = self.broken.borrow_mut();
            broken.get_or_insert(Broken { count: 0, first }).count += count;
        }
    }
}

#[derive(Serialize)]
struct TokenEntry<'a> {
    id: u32,
    label: &'a str,
    text: String,
}

impl<'a> TokenEntry<'a> {
    fn new(token: &'a Token) -> Self {
        Self {
            id: token.id,
            label: token.label.text(),
            text: token.label.plain(),
        }
    }
}

#[derive(Serialize)]
struct FlowEntry {
    layer: usize,
    #[serde(flatten)]
    means: Numbers,
    #[serde(flatten)]
    seed: SeedFlow,
}

impl FlowEntry {
    fn new(record: &LayerRecord, repeats: &Repeats) -> Self {
        Self {
            layer: record.layer.0,
            means: flow(record, repeats),
            seed: seed_flow(record),
        }
    }
}

struct Layers<'a>(&'a Document<'a>);

impl Serialize for Layers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.0;
        serializer.collect_seq(document.records.iter().map(|record| {
            LayerEntry {
                layer: record.layer.0,
                heads: document
                    .heads
                    .iter()
                    .map(|&head| HeadEntry::new(document, record, head))
                    .collect(),
            }
        }))
    }
}

#[derive(Serialize)]
struct LayerEntry<'a> {
    layer: usize,
    heads: Vec<HeadEntry<'a>>,
}

#[derive(Serialize)]
struct HeadEntry<'a> {
    head: usize,
    numbers: Numbers,
    kind: Option<HeadKind>,
    weights: Option<Rows<'a>>,
}

impl<'a> HeadEntry<'a> {
    fn new(document: &'a Document<'a>, record: &'a LayerRecord, head: Head) -> Self {
        let numbers = numbers(record, head, &document.repeats);
        Self {
            head: head.0,
            kind: head_kind(record, head, &numbers, &document.repeats),
            numbers,
            weights: document.weights_written.then_some(Rows {
                document,
                record,
                head,
            }),
        }
    }
}

/// The rows of a head, each computed when it is written.
struct Rows<'a> {
    document: &'a Document<'a>,
    record: &'a LayerRecord,
    head: Head,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.record.tokens))?;
        for query in (0..self.record.tokens).map(Query) {
            if query.0 < self.record.rule.from {
                // Not kept, which is not 0.
                rows.serialize_element(&None::<f32>)?;
                continue;
            }
            let row = full_row(self.record, self.head, query);
            self.document
                .count(&row, (self.record.layer, self.head, query));
            rows.serialize_element(&row)?;
        }
        rows.end()
    }
}

struct Predictions<'a>(&'a [Vec<Prediction>]);

#[derive(Serialize)]
struct PredictionEntry<'a> {
    id: u32,
    label: &'a str,
    text: String,
    logit: f32,
    probability: f32,
}

impl Serialize for Predictions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let positions = self.0.iter();
        serializer.collect_seq(
            positions.map(|best| best.iter().map(PredictionEntry::new).collect::<Vec<_>>()),
        )
    }
}

impl<'a> PredictionEntry<'a> {
    fn new(prediction: &'a Prediction) -> Self {
        Self {
            id: prediction.id,
            label: prediction.label.text(),
            text: prediction.label.plain(),
            logit: prediction.logit,
            probability: prediction.probability,
        }
    }
}
