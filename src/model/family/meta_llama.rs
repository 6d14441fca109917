//! Llama under the names that Meta gives its tensors: llama2.c's files and checkpoints, and
//! `consolidated.00.pth` with its `params.json`.

use serde_json::Map;

use super::super::{Activation, Error, Hints, MlpSpec, NormKind, Pairs, Plan, Scaling, Sizes};
use super::hf::{Draft, Reading};
use super::layout::{Layout, MlpParts, NONE, NormParts, QkvParts};
use super::switches::each;
use super::{Family, Kind, rope};
use crate::checkpoint::Checkpoint;

pub(super) const FAMILY: Family = Family {
    name: "meta-llama",
    writer: "llama2.c and Meta's Llama",
    kind: Kind::Recognised { recognises, read },
};

const LAYOUT: Layout = Layout {
    family: FAMILY.name,
    tokens: &["tok_embeddings"],
    blocks: "layers",
    attention_norms: NormParts::before(&["attention_norm"]),
    qkv: QkvParts::Separate(["attention.wq", "attention.wk", "attention.wv"]),
    out: &["attention.wo"],
    mlp_norms: NormParts::before(&["ffn_norm"]),
    mlps: &[MlpParts::Gated {
        gate: &["feed_forward.w1"],
        up: &["feed_forward.w3"],
        down: &["feed_forward.w2"],
    }],
    final_norm: &["norm"],
    head: &["output"],
    ..NONE
};

fn recognises(checkpoint: &Checkpoint) -> bool {
    let names = ["tok_embeddings.weight", "layers.0.attention.wq.weight"];
    names
        .iter()
        .all(|name| checkpoint.tensors().contains_key(*name))
}

fn read(checkpoint: &Checkpoint, hints: &Hints) -> Result<Plan, Error> {
    let empty = Map::new();
    let config = checkpoint.config().and_then(|config| config.as_object());
    let reading = Reading::new(checkpoint, config.unwrap_or(&empty), hints)?;
    let c = &reading.config;
    let rows = |name: &str| -> Result<(usize, usize), Error> {
        let info = checkpoint.tensors().get(name);
        match info.map(|info| info.shape.as_slice()) {
            Some(&[rows, columns]) if rows > 0 && columns > 0 => Ok((rows, columns)),
            Some(_) | None => Err(Error::Missing(name.to_owned())),
        }
    };
    let (vocabulary, embedding) = rows("tok_embeddings.weight")?;
    let heads = match (c.size_if("n_heads")?, hints.heads) {
        (Some(heads), _) | (None, Some(heads)) => heads,
        (None, None) => return Err(Error::heads_needed(embedding)),
    };
    if heads == 0 || !embedding.is_multiple_of(heads) {
        return Err(Error::heads_dont_divide(heads, embedding));
    }
    let sizes = Sizes {
        vocabulary,
        context: c.size_or("max_seq_len", 2048)?,
        embedding,
        heads,
        layers: c.size_or("n_layers", layers(checkpoint))?,
    };
    let mut spec = reading.spec(FAMILY.name, &sizes)?;
    let (keys, _) = rows("layers.0.attention.wk.weight")?;
    spec.kv_heads = match c.size_if("n_kv_heads")? {
        Some(heads) => heads,
        None => (keys / spec.head_dim).max(1),
    };
    reading.grouped(&spec)?;
    spec.norm = NormKind::Rms;
    spec.norm_epsilon = c.positive_if("norm_eps")?.unwrap_or(1e-5);
    spec.activation = Activation::Silu;
    let (hidden, _) = rows("layers.0.feed_forward.w1.weight")?;
    each(&mut spec, |layer| layer.mlp = MlpSpec::Dense { hidden });
    let theta = c.positive_if("rope_theta")?.unwrap_or(10_000.0);
    c.refuse(
        "use_scaled_rope",
        &[false.into()],
        "only plain frequencies are known here",
    )?;
    let rotary = rope::rotary(spec.head_dim, Pairs::Neighbours, theta, Scaling::None)?;
    reading.rotate_all(&mut spec, &rotary);
    // What the tensors say.
    c.ignore(&["dim", "hidden_dim", "multiple_of", "ffn_dim_multiplier"]);
    let tied = !checkpoint.tensors().contains_key("output.weight");
    reading.plan(Draft::new(spec, LAYOUT, tied))
}

/// One more than the largest number of a block.
fn layers(checkpoint: &Checkpoint) -> usize {
    let names = checkpoint.tensors().keys();
    let numbers = names.filter_map(|name| {
        let number = name.strip_prefix("layers.")?.split('.').next()?;
        number.parse::<usize>().ok()
    });
    numbers.max().map_or(0, |last| last.saturating_add(1))
}
