//! What is in a capture file: the names of its arrays, and its description.

use serde::{Deserialize, Serialize};

use crate::capture::{LayerRecord, Origin, Rule, Shape};

/// The version of the format; a reader refuses a higher one.
pub const VERSION: u32 = 2;

/// What a capture's header begins with, after the eight bytes of its length: the format's magic.
pub(super) const MAGIC: &str = r#"{"__metadata__":{"headlight.capture":""#;

/// The key of the version, as in [`MAGIC`].
pub(super) const VERSION_KEY: &str = "headlight.capture";
/// The key of the description.
pub(super) const ABOUT_KEY: &str = "about";

/// SHA-256 of every array in the order of their bytes, and at last of the header and all of these:
/// `[arrays + 1, 32]`, behind all other arrays.
pub(super) const CHECKSUMS: &str = "checksums";

/// Arrays of the whole run.
pub(super) mod names {
    pub(in super::super) const IDS: &str = "input_ids";
    pub(in super::super) const TEXT: &str = "text";
    pub(in super::super) const TOKEN_LABELS: &str = "token_labels";
    pub(in super::super) const LABEL_BYTES: &str = "labels.bytes";
    pub(in super::super) const LABEL_ENDS: &str = "labels.ends";
    pub(in super::super) const LABEL_KINDS: &str = "labels.kinds";
    pub(in super::super) const PREDICTED_COUNTS: &str = "predictions.counts";
    pub(in super::super) const PREDICTED_IDS: &str = "predictions.ids";
    pub(in super::super) const PREDICTED_LABELS: &str = "predictions.labels";
    pub(in super::super) const PREDICTED_LOGITS: &str = "predictions.logits";
    pub(in super::super) const PREDICTED_SHARES: &str = "predictions.probabilities";
}

/// The name of an array of a layer.
pub(super) fn of_layer(at: usize, array: &str) -> String {
    format!("layers.{at}.{array}")
}

/// The description of a capture, JSON in the metadata.
#[derive(Serialize, Deserialize)]
pub(super) struct About {
    pub origin: Origin,
    pub shape: Shape,
    pub tokens: usize,
    pub layers: Vec<LayerAbout>,
}

/// What of a layer is no array. Floats are f64, which JSON keeps to the last bit of an f32.
#[derive(Serialize, Deserialize)]
pub(super) struct LayerAbout {
    pub layer: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub thumbnail_side: usize,
    pub scale: f64,
    pub softcap: Option<f64>,
    pub window: Option<usize>,
    /// The first query that is kept.
    pub from: usize,
}

impl LayerAbout {
    pub(super) fn of(record: &LayerRecord) -> Self {
        let Rule {
            scale,
            softcap,
            window,
            from,
            ..
        } = record.rule;
        Self {
            layer: record.layer.0,
            heads: record.heads,
            kv_heads: record.kv_heads,
            head_dim: record.head_dim,
            thumbnail_side: record.thumbnails.side,
            scale: scale.into(),
            softcap: softcap.map(f64::from),
            window,
            from,
        }
    }
}
