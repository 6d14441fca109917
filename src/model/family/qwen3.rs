//! Qwen 3 (Yang et al. 2025): queries and keys are normed a head at a time.

use super::super::Error;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::Layout;
use super::qwen2::slide;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "qwen3",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["qwen3"],
        draft,
    },
};

pub(super) const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    q_norm: &["self_attn.q_norm"],
    k_norm: &["self_attn.k_norm"],
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    slide(reading, &mut spec)?;
    Ok(Draft::new(spec, reading.biased(LAYOUT, false)?, false))
}
