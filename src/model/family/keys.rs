//! What keys and values of configurations are known by.

use super::super::Activation;

/// Activations by the names that transformers gives them.
pub(super) const ACTIVATIONS: &[(&str, Activation)] = &[
    ("gelu", Activation::Gelu),
    ("gelu_python", Activation::Gelu),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_fast", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("relu", Activation::Relu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
];

/// Parts of keys that change no number of a forward pass.
pub(super) const HARMLESS: &[&str] = &[
    "_name_or_path",
    "architectures",
    "auto_map",
    "chunk_size",
    "dropout",
    "dtype",
    "fp32",
    "id2label",
    "label2id",
    "layerdrop",
    "model_type",
    "pdrop",
    "pretraining_tp",
    "problem_type",
    "return_dict",
    "slow_but_exact",
    "summary_",
    "task_specific",
    "transformers_version",
    "unsloth",
    "upcast",
    "verbose",
    "vocab_size",
    "attn_implementation",
];

/// Whole keys of how text is generated, which older versions of transformers write among the rest.
pub(super) const GENERATION: &[&str] = &[
    "temperature",
    "tie_encoder_decoder",
    "cross_attention_hidden_size",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "repetition_penalty",
    "top_k",
    "top_p",
    "typical_p",
];

/// The same, but for keys that also have one of [`LOUD`].
pub(super) const OFTEN_HARMLESS: &[&str] = &["cache", "init", "loss", "output_", "token"];
pub(super) const LOUD: &[&str] = &[
    "bias",
    "cap",
    "clip",
    "embed",
    "multiplier",
    "norm",
    "scal",
    "temperature",
];

/// Parts of keys that may change the numbers.
pub(super) const TELLING: &[&str] = &[
    "act",
    "alibi",
    "attention",
    "attn",
    "bias",
    "cap",
    "clip",
    "embed",
    "eps",
    "expert",
    "head",
    "layer",
    "logit",
    "mlp",
    "moe",
    "multiplier",
    "norm",
    "parallel",
    "position",
    "quant",
    "residual",
    "rope",
    "rotary",
    "router",
    "scal",
    "sink",
    "softmax",
    "temperature",
    "theta",
    "tie",
    "window",
];
