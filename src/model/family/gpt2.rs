//! GPT-2 (Radford et al. 2019) as Hugging Face transformers saves it: Conv1D order, with or without
//! `transformer.`.

use super::super::names::Order;
use super::super::{Activation, Error};
use super::biases::Biases;
use super::dialect::Dialect;
use super::hf::{Draft, Reading};
use super::layout::Layout;
use super::{Family, Kind, nanogpt};
use crate::checkpoint::Checkpoint;

pub(super) const FAMILY: Family = Family {
    name: "gpt2",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gpt2"],
        draft,
    },
};

/// The same without a `model_type`.
pub(super) const BARE: Family = Family {
    name: "gpt2",
    writer: "Hugging Face transformers, without config.json",
    kind: Kind::Recognised {
        recognises,
        read: |checkpoint, hints| DIALECT.plan(checkpoint, hints),
    },
};

/// nanoGPT took its names from here; order and activation are what differs.
const DIALECT: Dialect = Dialect {
    layout: Layout {
        family: FAMILY.name,
        order: Order::InOut,
        ..nanogpt::DIALECT.layout
    },
    activation: Activation::GeluTanh,
    known: true,
};

/// The order of the fused projection tells the two apart.
fn recognises(checkpoint: &Checkpoint) -> bool {
    let conv1d = DIALECT.fused_shape(checkpoint);
    DIALECT.fits(checkpoint) && matches!(conv1d, Some([rows, columns]) if rows < columns)
}

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("layer_norm_epsilon", 1e-5)?;
    spec.activation = c.activation(&["activation_function"], "gelu_new")?;
    c.refuse(
        "add_cross_attention",
        &[false.into()],
        "there is no encoder",
    )?;
    let scaled = c.flag("scale_attn_weights", true)?;
    let by_layer = c.flag("scale_attn_by_inverse_layer_idx", false)?;
    for (at, layer) in spec.layers.iter_mut().enumerate() {
        if !scaled {
            layer.rule.scale = 1.0;
        }
        if by_layer {
            layer.rule.scale /= (at + 1) as f32;
        }
    }
    // An older name of n_positions.
    c.ignore(&["n_ctx"]);
    let layout = Layout {
        biases: Some(Biases::BLOCKS),
        ..DIALECT.layout
    };
    Ok(Draft::new(spec, layout, true))
}
