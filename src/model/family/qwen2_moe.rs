//! Qwen 1.5 and 2 with experts: one of them is for every token and has a gate of its own.

use super::super::{Error, MlpSpec, Spec};
use super::biases::Biases;
use super::hf::{Draft, GATED, LLAMA, Reading};
use super::layout::{Layout, MlpParts, Shared};
use super::{Family, Kind, qwen2};

pub(super) const FAMILY: Family = Family {
    name: "qwen2_moe",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["qwen2_moe"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    mlps: &[
        MlpParts::Experts {
            router: &["mlp.gate"],
            place: "mlp.experts",
            each: ["gate_proj", "up_proj", "down_proj"],
            shared: Some(Shared {
                gate: "mlp.shared_expert.gate_proj",
                up: "mlp.shared_expert.up_proj",
                down: "mlp.shared_expert.down_proj",
                router: "mlp.shared_expert_gate",
            }),
        },
        GATED,
    ],
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.llama(FAMILY.name)?;
    let shared = reading.config.size("shared_expert_intermediate_size")?;
    experts(reading, &mut spec, shared)?;
    let window = qwen2::window(reading)?;
    let c = &reading.config;
    if window.is_some() && c.get("layer_types").is_none() {
        reading.say(
            "every layer is taken to have the sliding window, as in transformers 4; later versions \
             give it to some of them",
        );
    }
    c.ignore(&["max_window_layers"]);
    reading.windows(&mut spec, window, |_| true)?;
    let layout = Layout {
        biases: Some(Biases {
            qkv: c.flag("qkv_bias", true)?,
            ..Biases::NONE
        }),
        ..LAYOUT
    };
    Ok(Draft::new(spec, layout, false))
}

/// Experts in every layer that the configuration does not except.
pub(super) fn experts(reading: &Reading, spec: &mut Spec, shared: usize) -> Result<(), Error> {
    let c = &reading.config;
    let step = c.size_or("decoder_sparse_step", 1)?;
    let dense = c.numbers("mlp_only_layers")?.unwrap_or_default();
    let mlp = MlpSpec::Experts {
        count: c.size_of(&["num_experts", "num_local_experts"])?,
        per_token: c.size("num_experts_per_tok")?,
        hidden: c.size("moe_intermediate_size")?,
        normalised: c.flag("norm_topk_prob", false)?,
        shared,
    };
    for (at, layer) in spec.layers.iter_mut().enumerate() {
        if (at + 1).is_multiple_of(step) && !dense.contains(&(at as f64)) {
            layer.mlp = mlp;
        }
    }
    Ok(())
}
