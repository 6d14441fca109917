//! StarCoder and SantaCoder (Allal et al. 2023): GPT-2 with one head of keys and values.

use super::super::Error;
use super::biases::Biases;
use super::hf::{Draft, Reading};
use super::layout::{Layout, QkvParts};
use super::switches::each;
use super::{Family, Kind, nanogpt};

pub(super) const FAMILY: Family = Family {
    name: "gpt_bigcode",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gpt_bigcode"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    biases: Some(Biases::BLOCKS),
    ..nanogpt::DIALECT.layout
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("layer_norm_epsilon", 1e-5)?;
    spec.activation = c.activation(&["activation_function"], "gelu_pytorch_tanh")?;
    if !c.flag("scale_attn_weights", true)? {
        each(&mut spec, |layer| layer.rule.scale = 1.0);
    }
    c.refuse(
        "add_cross_attention",
        &[false.into()],
        "there is no encoder",
    )?;
    let mut layout = LAYOUT;
    if c.flag("multi_query", true)? {
        spec.kv_heads = 1;
    } else {
        spec.kv_heads = spec.heads;
        layout.qkv = QkvParts::Grouped(&["attn.c_attn"]);
    }
    Ok(Draft::new(spec, layout, true))
}
