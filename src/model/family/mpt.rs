//! MPT (MosaicML 2023): ALiBi, no biases.

use super::super::{Activation, Error, MlpSpec, Sizes};
use super::biases::Biases;
use super::config::Config;
use super::hf::{Draft, Reading};
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::switches::each;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "mpt",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["mpt"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    prefixes: &["transformer.", ""],
    tokens: &["wte"],
    blocks: "blocks",
    attention_norms: NormParts::before(&["norm_1"]),
    qkv: QkvParts::Fused(&["attn.Wqkv"]),
    out: &["attn.out_proj"],
    mlp_norms: NormParts::before(&["norm_2"]),
    mlps: &[MlpParts::Plain {
        up: &["ffn.up_proj"],
        down: &["ffn.down_proj"],
    }],
    final_norm: &["norm_f"],
    head: &["lm_head"],
    biases: Some(Biases::NONE),
    ..NONE
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let c = &reading.config;
    let sizes = Sizes {
        vocabulary: c.size("vocab_size")?,
        context: c.size("max_seq_len")?,
        embedding: c.size("d_model")?,
        heads: c.size("n_heads")?,
        layers: c.size("n_layers")?,
    };
    let mut spec = reading.spec(FAMILY.name, &sizes)?;
    spec.norm_epsilon = c.positive_or("layer_norm_epsilon", 1e-5)?;
    spec.activation = Activation::Gelu;
    let hidden = c
        .size_or("expansion_ratio", 4)?
        .saturating_mul(spec.embedding);
    each(&mut spec, |layer| layer.mlp = MlpSpec::Dense { hidden });
    c.refuse(
        "no_bias",
        &[true.into()],
        "only layers without biases are known",
    )?;
    c.refuse(
        "logit_scale",
        &[1.0.into()],
        "only logits as they are are known",
    )?;
    c.refuse("embedding_fraction", &[1.0.into()], "only 1.0 is known")?;
    let layer_norms = ["low_precision_layernorm".into(), "layernorm".into()];
    c.refuse("norm_type", &layer_norms, "only LayerNorm is known")?;
    // Transformers has no learned positions here, whatever this says.
    c.ignore(&["learned_pos_emb", "attn_impl", "ffn_config", "fc_type"]);

    let empty = serde_json::Map::new();
    let attention = Config::new(c.map("attn_config")?.unwrap_or(&empty));
    let a = &attention;
    a.refuse("alibi", &[true.into()], "only ALiBi is known")?;
    a.refuse(
        "prefix_lm",
        &[false.into()],
        "only causal attention is known",
    )?;
    a.refuse(
        "qk_ln",
        &[false.into()],
        "norms of queries and keys are not known here",
    )?;
    a.refuse(
        "attn_type",
        &["multihead_attention".into()],
        "only this is known: multihead_attention",
    )?;
    let max = a.positive_if("alibi_bias_max")?.unwrap_or(BIAS_MAX);
    if max != BIAS_MAX {
        reading.say(&format!(
            "ALiBi's slopes are made for alibi_bias_max = {max}, as its authors make them; \
             transformers takes {BIAS_MAX} for every model"
        ));
    }
    let slopes = slopes(spec.heads, max);
    let scale = a.positive_if("softmax_scale")?;
    spec.clip_qkv = a.positive_if("clip_qkv")?;
    a.ignore(&[
        "attn_impl",
        "attn_uses_sequence_id",
        "rope",
        "rope_theta",
        "rope_impl",
    ]);
    a.ignore(&[
        "attn_pdrop",
        "model_type",
        "softmax_scale",
        "clip_qkv",
        "alibi_bias_max",
    ]);
    each(&mut spec, |layer| {
        layer.rule.slopes.clone_from(&slopes);
        if let Some(scale) = scale {
            layer.rule.scale = scale as f32;
        }
    });
    attention.finish()?;
    Ok(Draft::new(spec, LAYOUT, true))
}

/// The usual `alibi_bias_max`.
const BIAS_MAX: f64 = 8.0;

/// Slopes in MPT's order where the heads are no power of two.
fn slopes(heads: usize, max: f64) -> Vec<f32> {
    let full = heads.next_power_of_two();
    let slope = |step: usize| 2f64.powf(-max * step as f64 / full as f64) as f32;
    let all: Vec<f32> = (1..=full).map(slope).collect();
    if full == heads {
        return all;
    }
    let odd = all.iter().skip(1).step_by(2);
    odd.chain(all.iter().step_by(2))
        .copied()
        .take(heads)
        .collect()
}
