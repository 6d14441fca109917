//! Phi 1 to 2 (Microsoft): both halves in parallel after one norm.

use super::super::{Error, Pairs};
use super::biases::Biases;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, MlpParts, NormParts};
use super::{Family, Kind, rope};

pub(super) const FAMILY: Family = Family {
    name: "phi",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["phi"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    out: &["self_attn.dense"],
    mlp_norms: NormParts::before(&[]),
    mlps: &[MlpParts::Plain {
        up: &["mlp.fc1"],
        down: &["mlp.fc2"],
    }],
    final_norm: &["final_layernorm"],
    biases: Some(Biases {
        head: true,
        ..Biases::BLOCKS
    }),
    ..LLAMA
};
const NORMED: Layout = Layout {
    q_norm: &["self_attn.q_layernorm"],
    k_norm: &["self_attn.k_layernorm"],
    ..LAYOUT
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("layer_norm_eps", 1e-5)?;
    spec.activation = c.activation(&["hidden_act"], "gelu_new")?;
    spec.parallel = true;
    if rope::share(c, "partial_rotary_factor")?.is_none() {
        return Err(Error::NoKey("partial_rotary_factor".to_owned()));
    }
    reading.rotate(&mut spec, "partial_rotary_factor", Pairs::Halves)?;
    let normed = c.flag("qk_layernorm", false)?;
    Ok(Draft::new(
        spec,
        if normed { NORMED } else { LAYOUT },
        false,
    ))
}
