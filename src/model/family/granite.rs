//! Granite (IBM): Llama with multipliers on embedding, residual stream, scores and logits.

use super::super::Error;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::Layout;
use super::switches::each;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "granite",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["granite"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    let c = &reading.config;
    let scale = c.positive_or("attention_multiplier", 1.0)? as f32;
    each(&mut spec, |layer| layer.rule.scale = scale);
    spec.embedding_multiplier = c.positive_or("embedding_multiplier", 1.0)?;
    spec.residual_multiplier = c.positive_or("residual_multiplier", 1.0)?;
    spec.logit_multiplier = 1.0 / c.positive_or("logits_scaling", 1.0)?;
    Ok(Draft::new(spec, reading.biased(LAYOUT, true)?, false))
}
