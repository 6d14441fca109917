//! OLMo 2 (OLMo Team 2024): norms after each half, and of whole queries and keys.

use super::super::{Error, QkNorm};
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, NormParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "olmo2",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["olmo2"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    attention_norms: NormParts {
        before: &[],
        out: &["post_attention_layernorm"],
        after: &[],
    },
    mlp_norms: NormParts {
        before: &[],
        out: &["post_feedforward_layernorm"],
        after: &[],
    },
    q_norm: &["self_attn.q_norm"],
    k_norm: &["self_attn.k_norm"],
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    spec.qk_norm = QkNorm::Whole;
    Ok(Draft::new(spec, reading.biased(LAYOUT, false)?, false))
}
