//! How a layer attends.

use std::fmt;

use serde::Serialize;

use crate::capture::LayerRecord;

/// How a layer attends, as its rule tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttentionKind {
    /// `H`.
    pub heads: usize,
    /// `H_kv`.
    pub kv_heads: usize,
    /// `d_head`.
    pub head_dim: usize,
    /// Factor on the dot product.
    pub scale: f32,
    /// Keys that a query sees at most, itself included.
    pub window: Option<usize>,
    /// Soft-cap of the scores.
    pub softcap: Option<f32>,
    /// Lowest and highest ALiBi slope.
    pub alibi: Option<(f32, f32)>,
    /// Lowest and highest sink logit.
    pub sinks: Option<(f32, f32)>,
    /// What weights are stored in, where another program computed them and nothing else is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<&'static str>,
}

impl AttentionKind {
    /// How a layer attends.
    pub fn of(layer: &LayerRecord) -> Self {
        let rule = &layer.rule;
        let range = |values: &[f32]| {
            let low = values.iter().copied().reduce(f32::min)?;
            Some((low, values.iter().copied().reduce(f32::max)?))
        };
        Self {
            heads: layer.heads,
            kv_heads: layer.kv_heads,
            head_dim: layer.head_dim,
            scale: rule.scale,
            window: rule.window,
            softcap: rule.softcap,
            alibi: range(&rule.slopes),
            sinks: range(&rule.sinks),
            stored: layer.dense.as_ref().map(|dense| dense.dtype().name()),
        }
    }
}

impl fmt::Display for AttentionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            heads,
            kv_heads,
            head_dim,
            scale,
            ..
        } = self;
        write!(f, "{heads} heads")?;
        if let Some(stored) = self.stored {
            return write!(f, ", weights of another program in {stored}");
        }
        if kv_heads != heads {
            write!(f, " on {kv_heads} KV heads")?;
        }
        write!(f, ", d_head {head_dim}, scale {scale:.4}")?;
        match self.window {
            Some(window) => write!(f, ", window {window}")?,
            None => write!(f, ", no window")?,
        }
        if let Some(cap) = self.softcap {
            write!(f, ", soft-cap {cap}")?;
        }
        if let Some((low, high)) = self.alibi {
            write!(f, ", ALiBi slopes {low:.4} to {high:.4}")?;
        }
        if let Some((low, high)) = self.sinks {
            write!(f, ", sink logits {low:.2} to {high:.2}")?;
        }
        Ok(())
    }
}
