//! Gemma (Gemma Team 2024): norms with `1 + w`, the embedding scaled by the root of its width.

use super::super::{Error, NormKind, Pairs, Spec};
use super::hf::{Draft, LLAMA, Reading};
use super::layout::Layout;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "gemma",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gemma"],
        draft,
    },
};

pub(super) const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = spec(reading, FAMILY.name)?;
    let c = &reading.config;
    if let (Some(one), Some(other)) = (c.text("hidden_activation")?, c.text("hidden_act")?)
        && one != other
    {
        reading.say(
            "the activation is hidden_activation, as documented; transformers 4.57 \
             takes that of hidden_act",
        );
    }
    reading.rotate(&mut spec, "partial_rotary_factor", Pairs::Halves)?;
    Ok(Draft::new(spec, reading.biased(LAYOUT, false)?, true))
}

/// What all of Gemma has in common; not yet rotated.
pub(super) fn spec(reading: &Reading, family: &str) -> Result<Spec, Error> {
    let mut spec = reading.llama_with(family, &["hidden_activation", "hidden_act"], GELU)?;
    spec.norm = NormKind::RmsPlusOne;
    spec.embedding_multiplier = (spec.embedding as f64).sqrt();
    Ok(spec)
}

const GELU: &str = "gelu_pytorch_tanh";
