//! StableLM 2 (Stability AI).

use super::super::{Error, Pairs, QkNorm};
use super::biases::Biases;
use super::hf::{Draft, LLAMA, Reading};
use super::layout::{Layout, NormParts};
use super::{Family, Kind, rope};

pub(super) const FAMILY: Family = Family {
    name: "stablelm",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["stablelm"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    ..LLAMA
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("layer_norm_eps", 1e-5)?;
    spec.activation = c.activation(&["hidden_act"], "silu")?;
    spec.parallel = c.flag("use_parallel_residual", false)?;
    spec.qk_norm = QkNorm::EachHead;
    if rope::share(c, "partial_rotary_factor")?.is_none() {
        return Err(Error::NoKey("partial_rotary_factor".to_owned()));
    }
    reading.rotate(&mut spec, "partial_rotary_factor", Pairs::Halves)?;
    let mut layout = LAYOUT;
    layout.biases = Some(Biases {
        qkv: c.flag("use_qkv_bias", false)?,
        norms: true,
        ..Biases::NONE
    });
    if spec.parallel {
        layout.mlp_norms = NormParts::before(&[]);
    }
    if c.flag("qk_layernorm", false)? {
        layout.q_norm = &["self_attn.q_layernorm"];
        layout.k_norm = &["self_attn.k_layernorm"];
    }
    Ok(Draft::new(spec, layout, false))
}
