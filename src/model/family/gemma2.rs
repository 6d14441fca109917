//! Gemma 2 (Gemma Team 2024): norms before and after each half, soft-caps, a window in every other layer.

use super::super::{Error, Pairs, Spec};
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, NormParts};
use super::switches::each;
use super::{Family, Kind, gemma};

pub(super) const FAMILY: Family = Family {
    name: "gemma2",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gemma2"],
        draft,
    },
};

pub(super) const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    attention_norms: NormParts {
        before: &["input_layernorm"],
        out: &["post_attention_layernorm"],
        after: &[],
    },
    mlp_norms: NormParts {
        before: &["pre_feedforward_layernorm"],
        out: &["post_feedforward_layernorm"],
        after: &[],
    },
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = gemma::spec(reading, FAMILY.name)?;
    reading.rotate(&mut spec, "partial_rotary_factor", Pairs::Halves)?;
    let window = reading.config.size("sliding_window")?;
    reading.windows(&mut spec, Some(window), |layer| layer.is_multiple_of(2))?;
    caps(reading, &mut spec)?;
    Ok(Draft::new(spec, reading.biased(LAYOUT, false)?, true))
}

/// Soft-caps and the scale of scores.
pub(super) fn caps(reading: &Reading, spec: &mut Spec) -> Result<(), Error> {
    let c = &reading.config;
    let scale = c.positive("query_pre_attn_scalar")?.powf(-0.5) as f32;
    let cap = c.positive_if("attn_logit_softcapping")?;
    each(spec, |layer| {
        layer.rule.scale = scale;
        layer.rule.softcap = cap.map(|cap| cap as f32);
    });
    spec.logit_softcap = c.positive_if("final_logit_softcapping")?;
    Ok(())
}
