//! The record of one run: plain host memory, immutable, shared by `Arc`.
//!
//! Memory is linear in the number of tokens: queries, keys and one log-sum-exp a row are kept,
//! and any weight is computed from them when it is asked for.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub mod file;
mod notice;

pub use crate::model::{
    Dense, DenseType, Floats, Head, Key, Layer, LayerRecord, Map, Pool, Query, RowNumbers, Rule,
    THUMBNAIL_SIDE, Thumbnails, Trail, dot, thumbnail_side, thumbnail_tile, tile_of,
};
pub use crate::token::{Label, Letter};

use crate::token::join;
pub use notice::{Gravity, layers_look_ahead, text_was_cut, weights_are_random};

/// One run of a model on one text. While the run goes on, `layers` holds the blocks that are done.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Where everything came from.
    pub origin: Arc<Origin>,
    /// The text as it was given, cut to what was run.
    pub text: String,
    /// The tokens, `[n]`.
    pub tokens: Arc<Vec<Token>>,
    /// The model's sizes.
    pub shape: Shape,
    /// The layers that a complete run keeps: all, unless some are left out (`--layers`).
    pub kept: Arc<[Layer]>,
    /// The layers that are kept and done, in order; all of them when the run is complete.
    pub layers: Vec<Arc<LayerRecord>>,
    /// For each position, the likeliest next tokens, best first; empty until the run is complete.
    pub predictions: Arc<Vec<Vec<Prediction>>>,
    /// Logits of all positions, `[n, V]`, where they were asked for.
    pub logits: Option<Arc<Vec<f32>>>,
    /// The mean over the tokens but the first of `-ln p(token)`, in nats, as a run from the first
    /// token on predicts them; `None` for one token, and where a file does not hold it.
    pub loss: Option<f64>,
}

/// One token of the text.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its id in the model's vocabulary.
    pub id: u32,
    /// How it is shown.
    pub label: Label,
}

/// The tokens of a text with labels that show characters spread over several of them whole, on the
/// first of these; `None` where there is no such character.
pub fn whole_characters(tokens: &[Token]) -> Option<Vec<Token>> {
    let labels: Vec<_> = tokens.iter().map(|token| &token.label).collect();
    let joined = join(&labels);
    if joined.is_empty() {
        return None;
    }
    let mut tokens = tokens.to_vec();
    for (at, label) in joined {
        if let Some(token) = tokens.get_mut(at) {
            token.label = label;
        }
    }
    Some(tokens)
}

/// The sizes of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// `L`.
    pub layers: usize,
    /// `H`, query heads a layer.
    pub heads: usize,
    /// `H_kv`.
    pub kv_heads: usize,
    /// `d_head`.
    pub head_dim: usize,
    /// `d_model`.
    pub embedding: usize,
    /// `V`.
    pub vocabulary: usize,
    /// `n_ctx`.
    pub context: usize,
}

/// A likely next token.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// Its id.
    pub id: u32,
    /// How it is shown.
    pub label: Label,
    /// Its logit.
    pub logit: f32,
    /// Its probability under the softmax over the whole vocabulary.
    pub probability: f32,
}

/// Where a capture came from, to be said on screen and in outputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Short name for titles, safe to show.
    pub name: String,
    /// The file or folder as it was given; empty for the demo and for random weights.
    pub source: String,
    /// SHA-256 of the weights, in hex; empty for random weights.
    pub sha256: String,
    /// The container, in words: "safetensors", "PyTorch zip".
    pub format: String,
    /// The family: "gpt2", "nanogpt".
    pub family: String,
    /// What the numbers were computed in: "f32".
    pub dtype: String,
    /// What computed them: "cpu".
    pub device: String,
    /// Bytes that the weights take; 0 where there are none.
    pub weight_bytes: u64,
    /// What made ids out of text.
    pub tokenizer: String,
    /// The seed of random weights, where the model is untrained.
    pub untrained_seed: Option<u64>,
    /// What was assumed because nothing told it, one sentence each.
    pub assumed: Vec<String>,
    /// What the person must know, one sentence each: text that was cut, a device that is absent.
    pub warnings: Vec<String>,
    /// What of the file was left aside, one sentence each: values that could not be read.
    pub notes: Vec<String>,
    /// The command line that makes this run again.
    pub command: String,
    /// The version of headlight.
    pub version: String,
}

/// A number of bytes as people say it.
pub fn bytes_in_words(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            let amount = bytes as f64 / unit as f64;
            let digits = usize::from(amount < 10.0);
            return format!("{amount:.digits$} {name}");
        }
    }
    format!("{bytes} bytes")
}

impl Capture {
    /// `n`, the number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no token; never so for a run.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The ids of the tokens, `[n]`.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.tokens.iter().map(|token| token.id)
    }

    /// Whether every layer that is kept is done.
    pub fn is_complete(&self) -> bool {
        self.layers.len() == self.kept.len()
    }

    /// One layer, `None` while it is not done and where it is not kept.
    pub fn layer(&self, layer: Layer) -> Option<&LayerRecord> {
        let at = self
            .layers
            .binary_search_by_key(&layer, |record| record.layer);
        self.layers.get(at.ok()?).map(Arc::as_ref)
    }

    /// The label of the token at a position; empty outside of the text.
    pub fn label(&self, position: usize) -> Option<&Label> {
        self.tokens.get(position).map(|token| &token.label)
    }
}

#[cfg(test)]
mod tests {
    use super::bytes_in_words;

    #[test]
    fn bytes_are_said_as_people_say_them() {
        assert_eq!(bytes_in_words(12), "12 bytes");
        assert_eq!(bytes_in_words(474 << 20), "474 MiB");
        assert_eq!(bytes_in_words((5 << 30) / 2), "2.5 GiB");
    }
}
