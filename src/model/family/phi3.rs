//! Phi 3 and 4 (Abdin et al. 2024): Llama with fused layers.

use super::super::Error;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, MlpParts, QkvParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "phi3",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["phi3"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    qkv: QkvParts::Fused(&["self_attn.qkv_proj"]),
    mlps: &[MlpParts::Fused {
        gate_up: &["mlp.gate_up_proj"],
        down: &["mlp.down_proj"],
    }],
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    let c = &reading.config;
    let window = c.size_if("sliding_window")?;
    reading.windows(&mut spec, window, |_| true)?;
    // Only LongRoPE looks at it.
    c.ignore(&["original_max_position_embeddings"]);
    Ok(Draft::new(spec, LAYOUT, false))
}
