//! Sizes from the configuration and from tensor shapes, and what to do where they disagree.

use serde_json::Value;

use super::super::{Error, Hints};
use crate::checkpoint::Checkpoint;

/// Names under which scripts keep one size.
pub(super) const VOCABULARY: &[&str] = &["vocab_size"];
pub(super) const CONTEXT: &[&str] = &[
    "context_length",
    "block_size",
    "n_positions",
    "seq_length",
    "n_ctx",
];
pub(super) const EMBEDDING: &[&str] =
    &["embedding_dimension", "n_embd", "emb_dim", "dim_embedding"];
pub(super) const HEADS: &[&str] = &["number_of_heads", "n_head", "n_heads", "num_heads"];
pub(super) const LAYERS: &[&str] = &["number_of_layers", "n_layer", "n_layers", "num_layers"];
pub(super) const QKV_BIAS: &[&str] = &["use_attention_bias", "query_key_value_bias", "qkv_bias"];

/// The first of `keys` that the configuration has and that is not null.
pub(super) fn value<'a>(
    checkpoint: &'a Checkpoint,
    keys: &[&'static str],
) -> Option<(&'static str, &'a Value)> {
    let config = checkpoint.config()?;
    keys.iter()
        .find_map(|&key| Some((key, config.get(key).filter(|v| !v.is_null())?)))
}

/// A size from the configuration.
pub(super) fn size(
    checkpoint: &Checkpoint,
    keys: &[&'static str],
) -> Result<Option<(&'static str, usize)>, Error> {
    let Some((key, found)) = value(checkpoint, keys) else {
        return Ok(None);
    };
    match found.as_u64().and_then(|n| usize::try_from(n).ok()) {
        Some(n) if n > 0 => Ok(Some((key, n))),
        _ => Err(Error::Config {
            key: key.to_owned(),
            found: crate::checkpoint::printable(&found.to_string()),
            expected: "a positive whole number was expected".to_owned(),
        }),
    }
}

/// Holds the configuration to what the tensors say.
pub(super) fn agree(
    checkpoint: &Checkpoint,
    keys: &[&'static str],
    from_tensors: usize,
) -> Result<(), Error> {
    match size(checkpoint, keys)? {
        Some((key, found)) if found != from_tensors => Err(Error::Config {
            key: key.to_owned(),
            found: found.to_string(),
            expected: format!("the tensors say {from_tensors}"),
        }),
        _ => Ok(()),
    }
}

/// The head count: from the configuration, else from the person.
pub(super) fn heads(
    checkpoint: &Checkpoint,
    hints: &Hints,
    embedding: usize,
    warnings: &mut Vec<String>,
) -> Result<usize, Error> {
    let heads = match (size(checkpoint, HEADS)?, hints.heads) {
        (Some((key, found)), Some(given)) if given != found => {
            warnings.push(format!(
                "--number-of-heads {given} is not used: the checkpoint says {key} = {found}"
            ));
            found
        }
        (Some((_, found)), _) => found,
        (None, Some(given)) => given,
        (None, None) => {
            return Err(Error::heads_needed(embedding));
        }
    };
    if heads == 0 || !embedding.is_multiple_of(heads) {
        return Err(Error::heads_dont_divide(heads, embedding));
    }
    Ok(heads)
}
