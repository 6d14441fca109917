//! GPT-J (Wang & Komatsuzaki 2021): both halves in parallel after one norm.

use super::super::{Error, Pairs, Scaling};
use super::biases::Biases;
use super::hf::{Draft, Reading};
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::{Family, Kind, rope};

pub(super) const FAMILY: Family = Family {
    name: "gptj",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gptj"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    prefixes: &["transformer.", ""],
    tokens: &["wte"],
    blocks: "h",
    attention_norms: NormParts::before(&["ln_1"]),
    qkv: QkvParts::Separate(["attn.q_proj", "attn.k_proj", "attn.v_proj"]),
    out: &["attn.out_proj"],
    mlps: &[MlpParts::Plain {
        up: &["mlp.fc_in"],
        down: &["mlp.fc_out"],
    }],
    final_norm: &["ln_f"],
    head: &["lm_head"],
    biases: Some(Biases {
        mlp: true,
        norms: true,
        head: true,
        ..Biases::NONE
    }),
    ..NONE
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("layer_norm_epsilon", 1e-5)?;
    spec.activation = c.activation(&["activation_function"], "gelu_new")?;
    spec.parallel = true;
    c.refuse("rotary", &[true.into()], "only rotary positions are known")?;
    c.refuse(
        "scale_attn_weights",
        &[true.into()],
        "only scaled scores are known",
    )?;
    let dims = c.size_if("rotary_dim")?.unwrap_or(spec.head_dim);
    let rotary = rope::rotary(dims, Pairs::Neighbours, 10_000.0, Scaling::None)?;
    reading.rotate_all(&mut spec, &rotary);
    Ok(Draft::new(spec, LAYOUT, false))
}
