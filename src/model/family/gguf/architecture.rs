//! The architectures of GGUF files: what llama.cpp's converter makes of each family.

/// What llama.cpp's converter makes of one `model_type`.
pub struct Architecture {
    /// `general.architecture`.
    pub name: &'static str,
    /// The `model_type` that was converted.
    pub model_type: &'static str,
    /// The key under which the family's configuration has the epsilon of its norms.
    pub(super) epsilon: &'static str,
    /// Whether the rows of queries and keys are interleaved.
    pub(super) paired: bool,
    /// Whether the 1 of `1 + w` is already added to norms.
    pub(super) one_added: bool,
    /// What the metadata does not say.
    pub(super) fixed: &'static [(&'static str, f64)],
    /// What llama.cpp takes where a key is absent and transformers takes something else, under the
    /// names of both.
    pub(super) absent: &'static [(&'static str, &'static str, f64)],
    /// Whether the family's configuration must say how much of a head is rotated.
    pub(super) rotated_share: bool,
    /// Where queries are scaled by a number that is not in the file: the layers of the one model
    /// where that is not the length of keys.
    pub(super) largest: Option<usize>,
    /// What llama.cpp computes between the layers of an MLP.
    pub(super) activation: Option<(&'static str, &'static str)>,
    /// Further keys, and what transformers calls them.
    pub(super) keys: &'static [(&'static str, &'static str)],
    /// Whether its reading was held against a reference.
    pub proven: bool,
}

const PLAIN: Architecture = Architecture {
    name: "",
    model_type: "",
    epsilon: "rms_norm_eps",
    paired: false,
    one_added: false,
    fixed: &[],
    absent: &[],
    rotated_share: false,
    largest: None,
    activation: SILU,
    keys: &[],
    proven: false,
};

const SILU: Option<(&str, &str)> = Some(("hidden_act", "silu"));
const GEMMA: Option<(&str, &str)> = Some(("hidden_activation", "gelu_pytorch_tanh"));

/// Every architecture; another is refused.
pub static ARCHITECTURES: &[Architecture] = &[
    Architecture {
        name: "llama",
        model_type: "llama",
        paired: true,
        proven: true,
        ..PLAIN
    },
    Architecture {
        name: "llama",
        model_type: "mixtral",
        paired: true,
        keys: &[
            ("expert_count", "num_local_experts"),
            ("expert_used_count", "num_experts_per_tok"),
        ],
        ..PLAIN
    },
    Architecture {
        name: "qwen2",
        model_type: "qwen2",
        proven: true,
        ..PLAIN
    },
    Architecture {
        name: "qwen3",
        model_type: "qwen3",
        ..PLAIN
    },
    Architecture {
        name: "gemma",
        activation: GEMMA,
        model_type: "gemma",
        one_added: true,
        ..PLAIN
    },
    Architecture {
        name: "gemma2",
        largest: Some(46),
        activation: GEMMA,
        model_type: "gemma2",
        one_added: true,
        keys: &[
            ("attn_logit_softcapping", "attn_logit_softcapping"),
            ("final_logit_softcapping", "final_logit_softcapping"),
        ],
        // Files from before these keys were there.
        absent: &[
            ("attention.sliding_window", "sliding_window", 4096.0),
            ("attn_logit_softcapping", "attn_logit_softcapping", 50.0),
            ("final_logit_softcapping", "final_logit_softcapping", 30.0),
        ],
        proven: true,
        ..PLAIN
    },
    Architecture {
        name: "gemma3",
        largest: Some(62),
        activation: GEMMA,
        model_type: "gemma3_text",
        one_added: true,
        fixed: &[("rope_local_base_freq", 10_000.0)],
        keys: &[
            ("rope.freq_base_swa", "rope_local_base_freq"),
            ("final_logit_softcapping", "final_logit_softcapping"),
        ],
        absent: &[
            ("rope.freq_base", "rope_theta", 10_000.0),
            // Without a window every layer sees all.
            ("attention.sliding_window", "sliding_window_pattern", 1.0),
        ],
        ..PLAIN
    },
    Architecture {
        name: "phi3",
        model_type: "phi3",
        proven: true,
        ..PLAIN
    },
    Architecture {
        name: "stablelm",
        model_type: "stablelm",
        epsilon: "layer_norm_eps",
        keys: &[("use_parallel_residual", "use_parallel_residual")],
        rotated_share: true,
        proven: true,
        ..PLAIN
    },
    Architecture {
        name: "starcoder2",
        activation: Some(("hidden_act", "gelu_pytorch_tanh")),
        model_type: "starcoder2",
        epsilon: "norm_epsilon",
        proven: true,
        ..PLAIN
    },
    Architecture {
        name: "gpt2",
        activation: Some(("activation_function", "gelu_new")),
        model_type: "gpt2",
        epsilon: "layer_norm_epsilon",
        proven: true,
        ..PLAIN
    },
    Architecture {
        name: "gptneox",
        // The exact GELU in the models and its approximation in llama.cpp: it is said.
        activation: None,
        model_type: "gpt_neox",
        epsilon: "layer_norm_eps",
        keys: &[("use_parallel_residual", "use_parallel_residual")],
        rotated_share: true,
        proven: true,
        ..PLAIN
    },
    Architecture {
        name: "olmo2",
        model_type: "olmo2",
        ..PLAIN
    },
    Architecture {
        name: "granite",
        model_type: "granite",
        paired: true,
        keys: &[
            ("attention.scale", "attention_multiplier"),
            ("embedding_scale", "embedding_multiplier"),
            ("residual_scale", "residual_multiplier"),
            ("logit_scale", "logits_scaling"),
        ],
        ..PLAIN
    },
];

/// Keys that all architectures have in common.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("block_count", "num_hidden_layers"),
    ("context_length", "max_position_embeddings"),
    ("embedding_length", "hidden_size"),
    ("feed_forward_length", "intermediate_size"),
    ("attention.head_count", "num_attention_heads"),
    ("attention.head_count_kv", "num_key_value_heads"),
    ("attention.key_length", "head_dim"),
    ("rope.freq_base", "rope_theta"),
];
