//! OLMo (Groeneveld et al. 2024): LayerNorm without weights.

use super::super::{Error, Pairs};
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, NormParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "olmo",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["olmo"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    attention_norms: NormParts::before(&[]),
    mlp_norms: NormParts::before(&[]),
    final_norm: &[],
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.activation = c.activation(&["hidden_act"], "silu")?;
    spec.clip_qkv = c.positive_if("clip_qkv")?;
    reading.rotate(&mut spec, "partial_rotary_factor", Pairs::Halves)?;
    Ok(Draft {
        bare_norms: true,
        ..Draft::new(spec, reading.biased(LAYOUT, false)?, false)
    })
}
