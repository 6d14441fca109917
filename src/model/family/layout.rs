//! How a family calls the parts of a decoder: a table of names, from which [`Names`] are found.

use super::super::names::Order;
use super::biases::Biases;

/// Names that a part may have, the likeliest first; none where a family has no such part.
pub(super) type Parts = &'static [&'static str];

/// The names of a family. A part that has names must be there.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// On screen and in errors.
    pub family: &'static str,
    /// What may stand before every name.
    pub prefixes: Parts,
    pub tokens: Parts,
    pub project_in: Parts,
    pub positions: Parts,
    pub embedding_norm: Parts,
    /// What stands before a block's number.
    pub blocks: &'static str,
    pub attention_norms: NormParts,
    pub qkv: QkvParts,
    pub q_norm: Parts,
    pub k_norm: Parts,
    pub sinks: Parts,
    pub out: Parts,
    pub mlp_norms: NormParts,
    /// The first that a block has counts.
    pub mlps: &'static [MlpParts],
    pub final_norm: Parts,
    pub project_out: Parts,
    pub head: Parts,
    /// Of every linear layer but the head.
    pub order: Order,
    /// Where the family tells; else what is there counts.
    pub biases: Option<Biases>,
}

/// The norms of one half of a block.
#[derive(Clone, Copy)]
pub(super) struct NormParts {
    pub before: Parts,
    pub out: Parts,
    pub after: Parts,
}

impl NormParts {
    /// Only one before.
    pub(super) const fn before(before: Parts) -> Self {
        Self {
            before,
            out: &[],
            after: &[],
        }
    }
}

/// Queries, keys and values.
#[derive(Clone, Copy)]
pub(super) enum QkvParts {
    /// One tensor, `[q | k | v]`.
    Fused(Parts),
    /// One tensor, a KV head after the other.
    Grouped(Parts),
    /// Three.
    Separate([&'static str; 3]),
}

/// The second half of a block.
#[derive(Clone, Copy)]
pub(super) enum MlpParts {
    Plain {
        up: Parts,
        down: Parts,
    },
    Gated {
        gate: Parts,
        up: Parts,
        down: Parts,
    },
    /// `[gate | up]` in one.
    Fused {
        gate_up: Parts,
        down: Parts,
    },
    /// Experts with tensors of their own, numbered after `place`.
    Experts {
        router: Parts,
        place: &'static str,
        /// Gate, up and down of an expert.
        each: [&'static str; 3],
        shared: Option<Shared>,
    },
    /// Experts stacked in tensors with one more dimension.
    Stacked {
        router: Parts,
        gate: Parts,
        up: Parts,
        down: Parts,
    },
    /// Experts stacked, gate and up interleaved in one tensor, weights as `[in, out]`.
    StackedInterleaved {
        router: Parts,
        gate_up: Parts,
        down: Parts,
    },
}

impl MlpParts {
    /// Names by which a block shows that it has this kind.
    pub(super) fn sign(&self) -> Parts {
        match self {
            Self::Plain { up, .. } => up,
            Self::Gated { gate, .. } => gate,
            Self::Fused { gate_up, .. } => gate_up,
            Self::Experts { router, .. }
            | Self::Stacked { router, .. }
            | Self::StackedInterleaved { router, .. } => router,
        }
    }
}

/// The expert that every token goes to.
#[derive(Clone, Copy)]
pub(super) struct Shared {
    pub gate: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    /// The layer to one logit that gates it.
    pub router: &'static str,
}

/// No part at all, for `..NONE`.
pub(super) const NONE: Layout = Layout {
    family: "",
    prefixes: &[""],
    tokens: &[],
    project_in: &[],
    positions: &[],
    embedding_norm: &[],
    blocks: "",
    attention_norms: NormParts::before(&[]),
    qkv: QkvParts::Fused(&[]),
    q_norm: &[],
    k_norm: &[],
    sinks: &[],
    out: &[],
    mlp_norms: NormParts::before(&[]),
    mlps: &[],
    final_norm: &[],
    project_out: &[],
    head: &[],
    order: Order::OutIn,
    biases: None,
};
