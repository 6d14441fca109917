//! StarCoder 2 (Lozhkov et al. 2024).

use super::super::{Error, Pairs};
use super::biases::Biases;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, MlpParts};
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "starcoder2",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["starcoder2"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    mlps: &[MlpParts::Plain {
        up: &["mlp.c_fc"],
        down: &["mlp.c_proj"],
    }],
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("norm_epsilon", 1e-5)?;
    spec.activation = c.activation(&["hidden_act"], "gelu_pytorch_tanh")?;
    c.refuse(
        "norm_type",
        &["layer_norm".into()],
        "only layer_norm is known",
    )?;
    c.refuse("mlp_type", &["default".into()], "only default is known")?;
    let window = c.size_if("sliding_window")?;
    reading.windows(&mut spec, window, |_| true)?;
    reading.rotate(&mut spec, "partial_rotary_factor", Pairs::Halves)?;
    let bias = c.flag("use_bias", true)?;
    let layout = Layout {
        biases: Some(Biases {
            norms: true,
            ..Biases::of(bias, bias)
        }),
        ..LAYOUT
    };
    Ok(Draft::new(spec, layout, true))
}
