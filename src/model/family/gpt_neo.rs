//! GPT-Neo (Black et al. 2021): scores are not scaled, every other layer has a window.

use super::super::Error;
use super::biases::Biases;
use super::hf::{Draft, Reading};
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::{Family, Kind};
use crate::checkpoint::printable;

pub(super) const FAMILY: Family = Family {
    name: "gpt_neo",
    writer: "Hugging Face transformers",
    kind: Kind::Configured {
        model_types: &["gpt_neo"],
        draft,
    },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    prefixes: &["transformer.", ""],
    tokens: &["wte"],
    positions: &["wpe"],
    blocks: "h",
    attention_norms: NormParts::before(&["ln_1"]),
    qkv: QkvParts::Separate([
        "attn.attention.q_proj",
        "attn.attention.k_proj",
        "attn.attention.v_proj",
    ]),
    out: &["attn.attention.out_proj"],
    mlp_norms: NormParts::before(&["ln_2"]),
    mlps: &[MlpParts::Plain {
        up: &["mlp.c_fc"],
        down: &["mlp.c_proj"],
    }],
    final_norm: &["ln_f"],
    head: &["lm_head"],
    biases: Some(Biases {
        qkv: false,
        ..Biases::BLOCKS
    }),
    ..NONE
};

fn draft(reading: &Reading) -> Result<Draft, Error> {
    let mut spec = reading.spec(FAMILY.name, &reading.sizes()?)?;
    let c = &reading.config;
    spec.norm_epsilon = c.positive_or("layer_norm_epsilon", 1e-5)?;
    spec.activation = c.activation(&["activation_function"], "gelu_new")?;
    let kinds = kinds(reading)?;
    if kinds.len() != spec.layers.len() {
        return Err(Error::Config {
            key: "attention_types".to_owned(),
            found: format!("kinds for {} layers", kinds.len()),
            expected: format!("there are {} layers", spec.layers.len()),
        });
    }
    let window = c.size_or("window_size", 256)?;
    for (layer, kind) in spec.layers.iter_mut().zip(kinds) {
        layer.rule.scale = 1.0;
        layer.rule.window = match kind.as_str() {
            "global" => None,
            "local" => Some(window),
            other => {
                return Err(Error::Config {
                    key: "attention_types".to_owned(),
                    found: printable(other),
                    expected: "global or local was expected".to_owned(),
                });
            }
        };
    }
    Ok(Draft::new(spec, LAYOUT, true))
}

/// The kind of each layer: `[[kinds, how often], ...]`, or the list that transformers unrolls it
/// to.
fn kinds(reading: &Reading) -> Result<Vec<String>, Error> {
    let c = &reading.config;
    if let Some(unrolled) = c.texts("attention_layers")? {
        c.ignore(&["attention_types"]);
        return Ok(unrolled.into_iter().map(str::to_owned).collect());
    }
    let Some(types) = c.get("attention_types") else {
        return Err(Error::NoKey("attention_types".to_owned()));
    };
    let mut all = Vec::new();
    for group in types.as_array().map(Vec::as_slice).unwrap_or_default() {
        let kinds = group.get(0).and_then(|kinds| kinds.as_array());
        let times = group.get(1).and_then(|times| times.as_u64());
        let (Some(kinds), Some(times @ 1..=MOST)) = (kinds, times) else {
            return Err(Error::Config {
                key: "attention_types".to_owned(),
                found: printable(&group.to_string()),
                expected: "a list of kinds and a number of times were expected".to_owned(),
            });
        };
        let kinds: Vec<&str> = kinds.iter().filter_map(|kind| kind.as_str()).collect();
        for _ in 0..times {
            all.extend(kinds.iter().map(|kind| (*kind).to_owned()));
        }
    }
    Ok(all)
}

/// More layers than any model has.
const MOST: u64 = 10_000;
