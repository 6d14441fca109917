//! Where a decoder's tensors lie in a checkpoint: plain data. What is `None` is not there.

/// Order of a linear layer's weight in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `[out, in]`, as `torch.nn.Linear` has it.
    OutIn,
    /// `[in, out]`, as the Conv1D of GPT-2 has it.
    InOut,
    /// `[out, in]`, where within each of so many heads the two halves of the rows are interleaved,
    /// as llama.cpp stores the queries and keys of Llama.
    Paired(usize),
}

/// A linear layer's tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linear {
    /// Name of the weight.
    pub weight: String,
    /// Name of the bias, where there is one.
    pub bias: Option<String>,
    /// Order of the weight.
    pub order: Order,
}

/// A norm's tensors. One with neither only normalises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Norm {
    /// Names of the weight: one, or one a head, to be stacked.
    pub weight: Vec<String>,
    /// Name of the bias, where there is one.
    pub bias: Option<String>,
}

/// How queries, keys and values are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Qkv {
    /// One layer whose output is `[q | k | v]`.
    Fused(Linear),
    /// One layer whose output is, for each KV head, its queries, its key and its value.
    Grouped(Linear),
    /// A layer each.
    Separate([Linear; 3]),
}

/// The first layer of an MLP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Up {
    /// No gate.
    Plain(Linear),
    /// Gate and up; the activation of the gate multiplies the other (Shazeer 2020).
    Gated(Linear, Linear),
    /// Both in one layer, whose output is `[gate | up]`.
    Fused(Linear),
    /// Both in one layer, their outputs interleaved.
    Interleaved(Linear),
}

/// One MLP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mlp {
    /// First layer.
    pub up: Up,
    /// Second layer.
    pub down: Linear,
}

/// The experts of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experts {
    /// `d_model` to one logit an expert.
    pub router: Linear,
    /// The experts.
    pub each: Each,
    /// The expert that every token goes to, and the layer to one logit that gates it.
    pub shared: Option<(Mlp, Option<Linear>)>,
}

/// How experts are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Each {
    /// Tensors of their own.
    Separate(Vec<Mlp>),
    /// Tensors with one more dimension in front.
    Stacked(Mlp),
}

/// The second half of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Half {
    /// One MLP.
    Dense(Mlp),
    /// Several.
    Experts(Box<Experts>),
}

/// The norms of one half of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Norms {
    /// Of what it reads.
    pub before: Option<Norm>,
    /// Of what it gives, before that is added to the residual stream.
    pub out: Option<Norm>,
    /// Of the residual stream after that.
    pub after: Option<Norm>,
}

/// The tensors of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Norms around attention.
    pub attention_norms: Norms,
    /// Queries, keys and values.
    pub qkv: Qkv,
    /// Norm of the queries.
    pub q_norm: Option<Norm>,
    /// Norm of the keys.
    pub k_norm: Option<Norm>,
    /// Sink logits, `[H]`.
    pub sinks: Option<String>,
    /// The output projection `W_O`.
    pub out: Linear,
    /// Norms around the MLP. In a parallel block without one of its own before it, it reads what
    /// attention reads.
    pub mlp_norms: Norms,
    /// The MLP.
    pub mlp: Half,
}

/// The names of all of a decoder's tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Token embedding, `[V, token_width]`.
    pub tokens: String,
    /// From `token_width` to `d_model`.
    pub project_in: Option<Linear>,
    /// Position embedding, `[offset + n_ctx, d_model]`.
    pub positions: Option<String>,
    /// Norm of the embedding.
    pub embedding_norm: Option<Norm>,
    /// The blocks, in order.
    pub blocks: Vec<Block>,
    /// The norm after the last block.
    pub final_norm: Option<Norm>,
    /// From `d_model` to `token_width`.
    pub project_out: Option<Linear>,
    /// The head; `None` where it is tied to the token embedding.
    pub head: Option<Linear>,
}
