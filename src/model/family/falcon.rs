//! Falcon (Almazrouei et al. 2023), its old and its new architecture.

use super::super::{Error, MlpSpec, Pairs, Sizes};
use super::biases::Biases;
use super::hf::{Draft, Reading};
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::switches::{alibi_slopes, each};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "falcon",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["falcon"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    prefixes: &["transformer.", ""],
    tokens: &["word_embeddings"],
    blocks: "h",
    attention_norms: NormParts::before(&["input_layernorm"]),
    qkv: QkvParts::Grouped(&["self_attention.query_key_value"]),
    out: &["self_attention.dense"],
    mlps: &[MlpParts::Plain {
        up: &["mlp.dense_h_to_4h"],
        down: &["mlp.dense_4h_to_h"],
    }],
    final_norm: &["ln_f"],
    head: &["lm_head"],
    ..NONE
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let c = &reading.config;
    let sizes = Sizes {
        context: c.size_or("max_position_embeddings", 2048)?,
        vocabulary: c.size("vocab_size")?,
        embedding: c.size("hidden_size")?,
        heads: c.size_of(&["num_attention_heads", "n_head"])?,
        layers: c.size_of(&["num_hidden_layers", "n_layer"])?,
    };
    let mut spec = reading.spec(FAMILY.name, &sizes)?;
    spec.norm_epsilon = c.positive_or("layer_norm_epsilon", 1e-5)?;
    spec.activation = c.activation(&["activation"], "gelu")?;
    if let Some(hidden) = c.size_if("ffn_hidden_size")? {
        each(&mut spec, |layer| layer.mlp = MlpSpec::Dense { hidden });
    }
    let new = c.flag("new_decoder_architecture", false)?;
    let multi_query = c.flag("multi_query", true)?;
    let kv_heads = c.size_if("num_kv_heads")?.unwrap_or(spec.heads);
    spec.kv_heads = match (new, multi_query) {
        (true, _) => kv_heads,
        (false, true) => 1,
        (false, false) => spec.heads,
    };
    reading.grouped(&spec)?;
    spec.parallel = new || c.flag("parallel_attn", true)?;
    c.ignore(&["parallel_attn"]);
    let norms = c.size_if("num_ln_in_parallel_attn")?.unwrap_or(2);
    let mut layout = LAYOUT;
    let bias = c.flag("bias", false)?;
    layout.biases = Some(Biases {
        norms: true,
        ..Biases::of(bias, bias)
    });
    if new && norms == 2 {
        layout.attention_norms = NormParts::before(&["ln_attn"]);
        layout.mlp_norms = NormParts::before(&["ln_mlp"]);
    } else if !spec.parallel {
        layout.mlp_norms = NormParts::before(&["post_attention_layernorm"]);
    }
    if c.flag("alibi", false)? {
        // Here the bias is scaled with the score, and slopes are rounded to bf16.
        let scale = 1.0 / (spec.head_dim as f32).sqrt();
        let slopes = alibi_slopes(spec.heads).into_iter();
        let slopes: Vec<f32> = slopes
            .map(|s| half::bf16::from_f32(s).to_f32() * scale)
            .collect();
        each(&mut spec, |layer| layer.rule.slopes.clone_from(&slopes));
        c.ignore(&["rope_theta", "rope_scaling", "rope_parameters"]);
        reading.say(
            "ALiBi is slope times distance, added once; transformers rounds it to bf16, and version \
             4.57 adds it twice where it computes attention eagerly",
        );
    } else {
        reading.rotate(&mut spec, "partial_rotary_factor", Pairs::Halves)?;
    }
    Ok(Draft::new(spec, layout, true))
}
