//! BLOOM (Scao et al. 2022): ALiBi, a norm of the embedding.

use super::super::{Activation, Error, Sizes};
use super::biases::Biases;
use super::hf::{Draft, Reading};
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::switches::{alibi_slopes, each};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "bloom",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["bloom"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    prefixes: &["transformer.", ""],
    tokens: &["word_embeddings"],
    embedding_norm: &["word_embeddings_layernorm"],
    blocks: "h",
    attention_norms: NormParts::before(&["input_layernorm"]),
    qkv: QkvParts::Grouped(&["self_attention.query_key_value"]),
    out: &["self_attention.dense"],
    mlp_norms: NormParts::before(&["post_attention_layernorm"]),
    mlps: &[MlpParts::Plain {
        up: &["mlp.dense_h_to_4h"],
        down: &["mlp.dense_4h_to_h"],
    }],
    final_norm: &["ln_f"],
    head: &["lm_head"],
    biases: Some(Biases::BLOCKS),
    ..NONE
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let c = &reading.config;
    let sizes = Sizes {
        vocabulary: c.size("vocab_size")?,
        context: match c.size_if("seq_length")? {
            Some(length) => length,
            // ALiBi has no last position.
            None => c.size_or("seq_length", 1 << 20)?,
        },
        embedding: c.size_of(&["hidden_size", "n_embed"])?,
        heads: c.size_of(&["n_head", "num_attention_heads"])?,
        layers: c.size_of(&["n_layer", "num_hidden_layers"])?,
    };
    c.ignore(&["n_embed", "num_attention_heads", "num_hidden_layers"]);
    let mut spec = reading.spec(FAMILY.name, &sizes)?;
    spec.norm_epsilon = c.positive_or("layer_norm_epsilon", 1e-5)?;
    spec.activation = Activation::GeluTanh;
    spec.residual_from_norm = c.flag("apply_residual_connection_post_layernorm", false)?;
    let slopes = alibi_slopes(spec.heads);
    each(&mut spec, |layer| layer.rule.slopes.clone_from(&slopes));
    c.ignore(&[
        "masked_softmax_fusion",
        "bias_dropout_fusion",
        "offset_alibi",
        "skip_bias_add",
    ]);
    c.ignore(&[
        "skip_bias_add_qkv",
        "attention_softmax_in_fp32",
        "unk_token_id",
        "n_inner",
    ]);
    Ok(Draft::new(spec, LAYOUT, true))
}
