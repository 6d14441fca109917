//! minGPT: a bare state dict under GPT-2's names, in Linear order, with biases, the tanh GELU, and a head apart from
//! the embedding.

use super::super::{Activation, Error, Hints, Plan};
use super::dialect::Dialect;
use super::layout::Layout;
use super::{Family, Kind, nanogpt};
use crate::checkpoint::Checkpoint;

pub(super) const FAMILY: Family = Family {
    name: "mingpt",
    writer: "minGPT",
    kind: Kind::Recognised { recognises, read },
};

/// nanoGPT took its names from here; the activation is what differs.
const DIALECT: Dialect = Dialect {
    layout: Layout {
        family: FAMILY.name,
        ..nanogpt::DIALECT.layout
    },
    activation: Activation::GeluTanh,
    ..nanogpt::DIALECT
};

/// The sizes that minGPT names by `model_type`, but for two that other families' configurations have, and their
/// heads.
const SIZES: [(&str, usize); 7] = [
    ("gpt2-medium", 16),
    ("gpt2-large", 20),
    ("gpt2-xl", 25),
    ("gopher-44m", 16),
    ("gpt-mini", 6),
    ("gpt-micro", 4),
    ("gpt-nano", 3),
];

/// Whether a `model_type` is a size of minGPT's and not a family.
pub(super) fn is_size(model_type: &str) -> bool {
    SIZES.iter().any(|(name, _)| *name == model_type)
}

/// The heads of the size that the configuration names.
fn named_heads(checkpoint: &Checkpoint) -> Option<usize> {
    let model_type = checkpoint.config()?.get("model_type")?.as_str()?;
    let (_, heads) = SIZES.iter().find(|(name, _)| *name == model_type)?;
    Some(*heads)
}

/// What the configuration tells: by its size, or by its dropouts, of which nanoGPT has only one.
fn told(checkpoint: &Checkpoint) -> Option<bool> {
    let config = checkpoint.config()?;
    let has = |keys: &[&str]| keys.iter().any(|key| config.get(key).is_some());
    if named_heads(checkpoint).is_some() || has(&["embd_pdrop", "resid_pdrop", "attn_pdrop"]) {
        return Some(true);
    }
    has(&["dropout", "bias"]).then_some(false)
}

fn recognises(checkpoint: &Checkpoint) -> bool {
    let linear = matches!(DIALECT.fused_shape(checkpoint), Some([rows, columns]) if rows > columns);
    DIALECT.fits(checkpoint) && linear && told(checkpoint).unwrap_or_else(|| is_untied(checkpoint))
}

/// Whether there are masks and biases as minGPT always saves them, and a head that is not the embedding,
/// which nanoGPT's always is.
fn is_untied(checkpoint: &Checkpoint) -> bool {
    let saved = |name: &str| {
        DIALECT.layout.prefixes.iter().any(|prefix| {
            checkpoint
                .tensors()
                .contains_key(&format!("{prefix}{name}"))
        })
    };
    let parts = ["h.0.attn.bias", "h.0.attn.c_attn.bias", "lm_head.weight"];
    let embedding = DIALECT
        .layout
        .prefixes
        .iter()
        .find_map(|prefix| checkpoint.read_bytes(&format!("{prefix}wte.weight")).ok());
    let head = || checkpoint.read_bytes("lm_head.weight").ok();
    parts.iter().all(|name| saved(name))
        && embedding.is_some_and(|embedding| head().is_some_and(|head| head != embedding))
}

fn read(checkpoint: &Checkpoint, hints: &Hints) -> Result<Plan, Error> {
    let hints = Hints {
        heads: hints.heads.or(named_heads(checkpoint)),
        scale: hints.scale,
    };
    let mut plan = DIALECT.plan(checkpoint, &hints)?;
    if told(checkpoint).is_none() {
        plan.assumed.push(
            "the model is taken for minGPT's, with the tanh GELU, because its head is not its embedding"
                .to_owned(),
        );
    }
    Ok(plan)
}
