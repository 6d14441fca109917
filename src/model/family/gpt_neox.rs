//! GPT-NeoX and Pythia (Black et al. 2022).

use super::super::{Error, Pairs};
use super::biases::Biases;
use super::hf::{Draft, Reading};
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::{Family, Kind, rope};

pub(super) const FAMILY: Family = Family {
    name: "gpt_neox",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gpt_neox"],
        draft,
    },
};

pub(super) const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    prefixes: &["gpt_neox.", ""],
    tokens: &["embed_in"],
    blocks: "layers",
    attention_norms: NormParts::before(&["input_layernorm"]),
    qkv: QkvParts::Grouped(&["attention.query_key_value"]),
    out: &["attention.dense"],
    mlp_norms: NormParts::before(&["post_attention_layernorm"]),
    mlps: &[MlpParts::Plain {
        up: &["mlp.dense_h_to_4h"],
        down: &["mlp.dense_4h_to_h"],
    }],
    final_norm: &["final_layer_norm"],
    head: &["embed_out"],
    ..NONE
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("layer_norm_eps", 1e-5)?;
    spec.activation = c.activation(&["hidden_act"], "gelu")?;
    spec.parallel = c.flag("use_parallel_residual", true)?;
    // Versions of transformers name these differently, and write both.
    let share = match rope::share(c, "partial_rotary_factor")? {
        Some(_) => "partial_rotary_factor",
        None => "rotary_pct",
    };
    if c.positive_if("rotary_pct")?.is_none() && share == "rotary_pct" {
        return Err(Error::NoKey(share.to_owned()));
    }
    let theta = c.positive_if("rotary_emb_base")?.unwrap_or(10_000.0);
    let dims = rope::partial(c, share, spec.head_dim)?;
    let rotary = rope::read_or(c, dims, Pairs::Halves, spec.context, theta)?;
    reading.rotate_all(&mut spec, &rotary);
    let attention = c.flag("attention_bias", true)?;
    let layout = Layout {
        biases: Some(Biases {
            norms: true,
            ..Biases::of(attention, true)
        }),
        ..LAYOUT
    };
    Ok(Draft::new(spec, layout, false))
}
