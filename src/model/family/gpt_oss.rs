//! gpt-oss (OpenAI 2025): experts, sink logits, a window in every other layer.

use super::super::{Activation, Error, MlpSpec};
use super::biases::Biases;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, MlpParts};
use super::switches::each;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "gpt_oss",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gpt_oss"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    sinks: &["self_attn.sinks"],
    mlps: &[MlpParts::StackedInterleaved {
        router: &["mlp.router"],
        gate_up: &["mlp.experts.gate_up_proj"],
        down: &["mlp.experts.down_proj"],
    }],
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    let c = &reading.config;
    let mlp = MlpSpec::Experts {
        count: c.size("num_local_experts")?,
        per_token: c.size_of(&["num_experts_per_tok", "experts_per_token"])?,
        hidden: c.size("intermediate_size")?,
        normalised: true,
        shared: 0,
    };
    c.ignore(&["experts_per_token", "initial_context_length"]);
    let limit = [serde_json::Value::from(7.0)];
    c.refuse("swiglu_limit", &limit, "only a limit of 7 is known")?;
    // The configuration says silu; the experts clamp, whatever it says.
    spec.activation = Activation::ClampedSwiglu;
    each(&mut spec, |layer| layer.mlp = mlp);
    let window = c.size("sliding_window")?;
    reading.windows(&mut spec, Some(window), |layer| layer.is_multiple_of(2))?;
    let attention = c.flag("attention_bias", true)?;
    let layout = Layout {
        biases: Some(Biases::of(attention, true)),
        ..LAYOUT
    };
    Ok(Draft::new(spec, layout, false))
}
