//! Gemma 3 (Gemma Team 2025), the text model alone or out of the one that also sees pictures.

use serde_json::Value;

use super::super::{Error, Pairs, Scaling, Spec};
use super::config::Defaults;
use super::gemma2::caps;
use super::hf::{Draft, Reading};
use super::layout::Layout;
use super::switches::each;
use super::{Family, Kind, gemma, gemma2, rope};

pub(super) const FAMILY: Family = Family {
    name: "gemma3",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gemma3_text", "gemma3"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    prefixes: &[
        "model.",
        "language_model.model.",
        "model.language_model.",
        "",
    ],
    q_norm: &["self_attn.q_norm"],
    k_norm: &["self_attn.k_norm"],
    head: &["lm_head", "language_model.lm_head"],
    ..gemma2::LAYOUT
};

/// Beginnings of the tensors that see.
const PICTURES: &[&str] = &[
    "vision_tower.",
    "multi_modal_projector.",
    "model.vision_tower.",
    "model.multi_modal_projector.",
];

/// What the published models that see leave out of the configuration of their text model, as
/// transformers has it.
const DEFAULTS: Defaults = &[
    ("vocab_size", 262_208.0),
    ("hidden_size", 2304.0),
    ("intermediate_size", 9216.0),
    ("num_hidden_layers", 26.0),
    ("num_attention_heads", 8.0),
    ("num_key_value_heads", 4.0),
    ("head_dim", 256.0),
    ("max_position_embeddings", 131_072.0),
    ("query_pre_attn_scalar", 256.0),
    ("sliding_window", 4096.0),
];

fn draft(reading: &Reading) -> Result<Draft, Error> {
    reading.config.set_defaults(DEFAULTS);
    let mut spec = gemma::spec(reading, FAMILY.name)?;
    let c = &reading.config;
    let alone = "every token would see later ones";
    c.refuse("use_bidirectional_attention", &[Value::Bool(false)], alone)?;
    let pattern = match c.size_if("sliding_window_pattern")? {
        Some(pattern) => pattern,
        None => c.size_if("_sliding_window_pattern")?.unwrap_or(6),
    };
    let window = c.size("sliding_window")?;
    let slides = |layer: usize| !(layer + 1).is_multiple_of(pattern);
    reading.windows(&mut spec, Some(window), slides)?;
    caps(reading, &mut spec)?;
    rotate(reading, &mut spec)?;
    Ok(Draft {
        left_out: PICTURES,
        ..Draft::new(spec, reading.biased(LAYOUT, false)?, true)
    })
}

/// Layers with a window turn faster, and without the scaling of the others. The context of the
/// configuration is the stretched one.
fn rotate(reading: &Reading, spec: &mut Spec) -> Result<(), Error> {
    let c = &reading.config;
    // From version 5 on transformers has one entry for each kind of layer.
    let kinds = c.map("rope_parameters")?;
    let of_kind = |kind: &str| kinds.and_then(|map| map.get(kind)?.as_object());
    let (dims, context) = (spec.head_dim, spec.context);
    let (whole, local) = match (of_kind("full_attention"), of_kind("sliding_attention")) {
        (Some(whole), Some(local)) => {
            let of = |map| rope::of_parameters(map, dims, Pairs::Halves, context);
            (of(whole)?, of(local)?)
        }
        _ => {
            let theta = c.positive_or("rope_local_base_freq", 10_000.0)?;
            (
                rope::read_or(c, dims, Pairs::Halves, context, 1_000_000.0)?,
                rope::rotary(dims, Pairs::Halves, theta, Scaling::None)?,
            )
        }
    };
    each(spec, |layer| {
        let slides = layer.rule.window.is_some();
        layer.rotary = Some(if slides { local.clone() } else { whole.clone() });
    });
    Ok(())
}
