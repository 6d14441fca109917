//! OPT (Zhang et al. 2022).

use super::super::{Error, MlpSpec};
use super::biases::Biases;
use super::hf::{Draft, Reading};
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::switches::each;
use super::{Family, Kind};

pub(super) const FAMILY: Family = Family {
    name: "opt",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["opt"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    prefixes: &["model.decoder.", "decoder.", ""],
    tokens: &["embed_tokens"],
    positions: &["embed_positions"],
    blocks: "layers",
    attention_norms: NormParts::before(&["self_attn_layer_norm"]),
    qkv: QkvParts::Separate(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    out: &["self_attn.out_proj"],
    mlp_norms: NormParts::before(&["final_layer_norm"]),
    mlps: &[MlpParts::Plain {
        up: &["fc1"],
        down: &["fc2"],
    }],
    final_norm: &["final_layer_norm"],
    head: &["lm_head"],
    ..NONE
};

/// The position embedding keeps two rows for padding.
const OFFSET: usize = 2;

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let c = &reading.config;
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    spec.position_offset = OFFSET;
    spec.activation = c.activation(&["activation_function"], "relu")?;
    let hidden = c.size("ffn_dim")?;
    each(&mut spec, |layer| layer.mlp = MlpSpec::Dense { hidden });
    let bias = c.flag("enable_bias", true)?;
    let mut layout = LAYOUT;
    layout.biases = Some(Biases {
        norms: true,
        ..Biases::of(bias, bias)
    });
    if !c.flag("do_layer_norm_before", true)? {
        let after = |after| NormParts {
            before: &[],
            out: &[],
            after,
        };
        layout.attention_norms = after(&["self_attn_layer_norm"]);
        layout.mlp_norms = after(&["final_layer_norm"]);
        layout.final_norm = &[];
    }
    if c.flag("_remove_final_layer_norm", false)? {
        layout.final_norm = &[];
    }
    let width = c.size_if("word_embed_proj_dim")?.unwrap_or(spec.embedding);
    if width != spec.embedding {
        spec.token_width = width;
        layout.project_in = &["project_in"];
        layout.project_out = &["project_out"];
    }
    let bare_norms = !c.flag("layer_norm_elementwise_affine", true)?;
    if bare_norms {
        if layout.final_norm.is_empty() {
            return Err(Error::Config {
                key: "layer_norm_elementwise_affine".to_owned(),
                found: "false".to_owned(),
                expected: "this is only known with norms before each half and at the end"
                    .to_owned(),
            });
        }
        layout.attention_norms = NormParts::before(&[]);
        layout.mlp_norms = NormParts::before(&[]);
        layout.final_norm = &[];
    }
    Ok(Draft {
        bare_norms,
        ..Draft::new(spec, layout, true)
    })
}
