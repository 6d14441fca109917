//! The switches that describe a decoder: plain data. Every family is some setting of them.

use super::rotary::Rotary;
use super::{Names, Rule};

/// A decoder, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The family that it was read as: "gpt2", "nanogpt".
    pub family: String,
    /// `V`, rows of the token embedding.
    pub vocabulary: usize,
    /// `n_ctx`, the most tokens it can read.
    pub context: usize,
    /// `d_model`.
    pub embedding: usize,
    /// Width of the token embedding's rows: `d_model`, unless they are projected to it.
    pub token_width: usize,
    /// Rows of the position embedding before that of the first token.
    pub position_offset: usize,
    /// `H`.
    pub heads: usize,
    /// `H_kv`.
    pub kv_heads: usize,
    /// `d_head`.
    pub head_dim: usize,
    /// What every norm computes.
    pub norm: NormKind,
    /// Added to the variance, or to the mean square, in a norm.
    pub norm_epsilon: f64,
    /// Between the two layers of the MLP.
    pub activation: Activation,
    /// Whether attention and MLP read the same residual stream instead of one after the other
    /// (GPT-J).
    pub parallel: bool,
    /// Whether the residual is taken after the norm of a half instead of before it (BLOOM).
    pub residual_from_norm: bool,
    /// Queries, keys and values are clamped to plus and minus this.
    pub clip_qkv: Option<f64>,
    /// What a norm of queries and keys runs over.
    pub qk_norm: QkNorm,
    /// The token embedding is multiplied by this.
    pub embedding_multiplier: f64,
    /// What a half of a block adds to the residual stream is multiplied by this.
    pub residual_multiplier: f64,
    /// Logits are multiplied by this.
    pub logit_multiplier: f64,
    /// Soft-cap `c` of the logits: they become `c * tanh(logit / c)`, after the multiplier.
    pub logit_softcap: Option<f64>,
    /// What may differ from block to block: `L` of them.
    pub layers: Vec<LayerSpec>,
}

/// The sizes that every decoder has.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// `V`.
    pub vocabulary: usize,
    /// `n_ctx`.
    pub context: usize,
    /// `d_model`.
    pub embedding: usize,
    /// `H`, at least 1.
    pub heads: usize,
    /// `L`.
    pub layers: usize,
}

impl Spec {
    /// A decoder with the switches of GPT-2 (Radford et al. 2019), where other families start from.
    pub fn gpt2(family: &str, sizes: &Sizes) -> Self {
        let head_dim = sizes.embedding / sizes.heads.max(1);
        let layer = LayerSpec {
            rule: Rule::scaled(1.0 / (head_dim as f32).sqrt()),
            rotary: None,
            mlp: MlpSpec::Dense {
                hidden: 4 * sizes.embedding,
            },
        };
        Self {
            family: family.to_owned(),
            vocabulary: sizes.vocabulary,
            context: sizes.context,
            embedding: sizes.embedding,
            token_width: sizes.embedding,
            position_offset: 0,
            heads: sizes.heads,
            kv_heads: sizes.heads,
            head_dim,
            norm: NormKind::Layer,
            norm_epsilon: 1e-5,
            activation: Activation::GeluTanh,
            parallel: false,
            residual_from_norm: false,
            clip_qkv: None,
            qk_norm: QkNorm::Head,
            embedding_multiplier: 1.0,
            residual_multiplier: 1.0,
            logit_multiplier: 1.0,
            logit_softcap: None,
            layers: vec![layer; sizes.layers],
        }
    }
}

/// What may differ from block to block.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSpec {
    /// How scores are made. Sink logits are weights: the decoder fills them in.
    pub rule: Rule,
    /// How queries and keys are rotated by their position, where they are.
    pub rotary: Option<Rotary>,
    /// The second half of the block.
    pub mlp: MlpSpec,
}

/// The second half of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MlpSpec {
    /// One MLP.
    Dense {
        /// Width of its hidden layer.
        hidden: usize,
    },
    /// Several, of which each token goes to a few (Shazeer et al. 2017).
    Experts {
        /// How many.
        count: usize,
        /// How many a token goes to: those with the highest router logits.
        per_token: usize,
        /// Width of an expert's hidden layer.
        hidden: usize,
        /// Whether the softmax of the router is taken over the chosen experts only, instead of
        /// over all.
        normalised: bool,
        /// Width of the hidden layer of the expert that every token goes to; 0 where there is none.
        shared: usize,
    },
}

/// What a norm computes from a row `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// `(x - mean) / sqrt(variance + epsilon) * w + b`, the variance biased (Ba et al. 2016).
    Layer,
    /// `x / sqrt(mean square + epsilon) * w` (Zhang & Sennrich 2019).
    Rms,
    /// The same with `1 + w` (Gemma).
    RmsPlusOne,
}

/// What a norm of queries and keys runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QkNorm {
    /// A head; all heads share the weights, `[d_head]`.
    Head,
    /// A head; each has weights of its own, `[H, d_head]`.
    EachHead,
    /// The whole projection, `[H * d_head]`.
    Whole,
}

/// The function between the two layers of an MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// GELU by the error function (Hendrycks & Gimpel 2016).
    Gelu,
    /// GELU by its tanh approximation, as GPT-2 has it.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
    /// `x * sigmoid(x)`.
    Silu,
    /// `g * sigmoid(1.702 g)` times `u + 1`, where the gate `g` is clamped from above and `u` from
    /// both sides to 7 (gpt-oss). Only where the MLP is gated.
    ClampedSwiglu,
}

/// What a family makes of a checkpoint.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The decoder.
    pub spec: Spec,
    /// Where its tensors lie.
    pub names: Names,
    /// What was assumed because nothing told it, one sentence each.
    pub assumed: Vec<String>,
    /// What the person must know, one sentence each.
    pub warnings: Vec<String>,
}

/// Values given by the user because the checkpoint does not record them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    /// `--number-of-heads`.
    pub heads: Option<usize>,
    /// `--attention-scale`.
    pub scale: Option<ScaleBy>,
}

/// What scores are divided by the square root of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleBy {
    /// `d_head` (Vaswani et al. 2017).
    HeadDim,
    /// `d_model`, as some lecture codes do.
    Embedding,
}
