//! Command R (Cohere): one norm for both halves, which run in parallel.

use super::super::{Error, Pairs, QkNorm};
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, NormParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "cohere",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["cohere"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    mlp_norms: NormParts::before(&[]),
    ..LLAMA
};
const NORMED: Layout = Layout {
    q_norm: &["self_attn.q_norm"],
    k_norm: &["self_attn.k_norm"],
    ..LAYOUT
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("layer_norm_eps", 1e-5)?;
    spec.activation = c.activation(&["hidden_act"], "silu")?;
    spec.parallel = true;
    spec.qk_norm = QkNorm::EachHead;
    spec.logit_multiplier = c.positive_or("logit_scale", 0.0625)?;
    reading.rotate(&mut spec, "partial_rotary_factor", Pairs::Neighbours)?;
    let normed = c.flag("use_qk_norm", false)?;
    let layout = if normed { NORMED } else { LAYOUT };
    Ok(Draft::new(spec, reading.biased(layout, false)?, true))
}
