//! One small file a family: how its configuration and tensor names become a [`Plan`].
//!
//! A new family is one file and one line in [`FAMILIES`].

mod biases;
mod bloom;
mod cohere;
mod config;
mod dialect;
mod falcon;
mod finder;
mod gemma;
mod gemma2;
mod gemma3;
mod gguf;
mod gpt2;
mod gpt_bigcode;
mod gpt_from_scratch;
mod gpt_neo;
mod gpt_neox;
mod gpt_oss;
mod gptj;
mod granite;
mod halves;
mod hf;
mod keys;
mod layout;
mod llama;
mod llms_from_scratch;
mod meta_llama;
mod mingpt;
mod mistral;
mod mixtral;
mod mpt;
mod nanogpt;
mod olmo;
mod olmo2;
mod opt;
mod own;
mod phi;
mod phi3;
mod plain;
mod qwen2;
mod qwen2_moe;
mod qwen3;
mod qwen3_moe;
mod rope;
mod sizes;
mod smollm3;
mod stablelm;
mod starcoder2;
mod switches;

use serde_json::Value;

use super::{Error, Hints, Plan};
use crate::checkpoint::{Checkpoint, Format, printable};
pub use gguf::{ARCHITECTURES, Architecture};
use hf::{Draft, Reading};

/// One family.
pub struct Family {
    /// Its name, on screen and in outputs.
    pub name: &'static str,
    /// Whose files these are, for the README.
    pub writer: &'static str,
    kind: Kind,
}

/// Makes a spec of a configuration.
type Drafter = fn(&Reading) -> Result<Draft, Error>;

/// How a family is known.
enum Kind {
    /// By its tensors: the files of training scripts.
    Recognised {
        /// Whether a checkpoint without a `model_type` is of this family.
        recognises: fn(&Checkpoint) -> bool,
        read: fn(&Checkpoint, &Hints) -> Result<Plan, Error>,
    },
    /// By its configuration.
    Configured {
        /// What `model_type` may be.
        model_types: &'static [&'static str],
        draft: Drafter,
    },
}

impl Family {
    /// Under which `model_type` configurations name it; none for the files of training scripts.
    pub fn model_types(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Recognised { .. } => &[],
            Kind::Configured { model_types, .. } => model_types,
        }
    }
}

/// Every family; of those that recognise a checkpoint the most particular first.
pub static FAMILIES: &[Family] = &[
    gpt_from_scratch::FAMILY,
    llms_from_scratch::FAMILY,
    gpt2::FAMILY,
    gpt2::BARE,
    mingpt::FAMILY,
    nanogpt::FAMILY,
    meta_llama::FAMILY,
    plain::FAMILY,
    bloom::FAMILY,
    cohere::FAMILY,
    falcon::FAMILY,
    gemma::FAMILY,
    gemma2::FAMILY,
    gemma3::FAMILY,
    gpt_bigcode::FAMILY,
    gpt_neo::FAMILY,
    gpt_neox::FAMILY,
    gpt_oss::FAMILY,
    gptj::FAMILY,
    granite::FAMILY,
    llama::FAMILY,
    mistral::FAMILY,
    mixtral::FAMILY,
    mpt::FAMILY,
    olmo::FAMILY,
    olmo2::FAMILY,
    opt::FAMILY,
    phi::FAMILY,
    phi3::FAMILY,
    qwen2::FAMILY,
    qwen2_moe::FAMILY,
    qwen3::FAMILY,
    qwen3_moe::FAMILY,
    smollm3::FAMILY,
    stablelm::FAMILY,
    starcoder2::FAMILY,
];

/// Reads a checkpoint as the family that its configuration names, or else that recognises it.
///
/// # Errors
/// An unknown `model_type`, no attention at all, a head count that stands nowhere, a configuration
/// key that is not understood, and every tensor that is missing, unknown or of the wrong shape.
pub fn plan(checkpoint: &Checkpoint, hints: &Hints) -> Result<Plan, Error> {
    let config = checkpoint.config().and_then(Value::as_object);
    let text = |key: &str| config.and_then(|c| c.get(key)).and_then(Value::as_str);
    if let (Some(config), Format::Gguf) = (config, checkpoint.format()) {
        return gguf::plan(checkpoint, hints, config);
    }
    let model_type = text("model_type").filter(|found| !mingpt::is_size(found));
    if let (Some(config), Some(model_type)) = (config, model_type) {
        let draft = drafter(model_type)?;
        let reading = Reading::new(checkpoint, config, hints)?;
        let drafted = draft(&reading)?;
        return reading.plan(drafted);
    }
    for family in FAMILIES {
        if let Kind::Recognised { recognises, read } = family.kind
            && recognises(checkpoint)
        {
            return read(checkpoint, hints);
        }
    }
    Err(no_attention(checkpoint))
}

/// What drafts a spec for a `model_type`.
fn drafter(model_type: &str) -> Result<Drafter, Error> {
    let find = |family: &Family| match family.kind {
        Kind::Configured { model_types, draft } if model_types.contains(&model_type) => Some(draft),
        _ => None,
    };
    FAMILIES
        .iter()
        .find_map(find)
        .ok_or_else(|| unknown(model_type))
}

fn unknown(found: &str) -> Error {
    let known = FAMILIES.iter().flat_map(Family::model_types);
    Error::UnknownFamily {
        found: printable(found),
        known: listed(known.copied()),
    }
}

fn no_attention(checkpoint: &Checkpoint) -> Error {
    let names: Vec<String> = checkpoint.tensors().keys().map(|n| printable(n)).collect();
    let more = if names.len() > 6 { ", ..." } else { "" };
    Error::NoAttention {
        count: names.len(),
        sample: names.iter().take(6).cloned().collect::<Vec<_>>().join(", ") + more,
        known: listed(FAMILIES.iter().map(|family| family.name)),
    }
}

/// Names in a sentence; one that stands for several rows of a table is there once.
fn listed(names: impl Iterator<Item = &'static str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.dedup();
    names.join(", ")
}
