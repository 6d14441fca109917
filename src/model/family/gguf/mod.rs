//! GGUF files: their metadata as a configuration of transformers, their tensors under the names
//! that llama.cpp gives them. The family itself is then the one that reads such configurations.

mod architecture;

use serde_json::{Map, Value};

use super::super::names::{Names, Order, Qkv};
use super::super::{Error, Hints, NormKind, Plan, Scaling};
use super::config::Config;
use super::hf::Reading;
use super::layout::{Layout, MlpParts, NONE, NormParts, Parts, QkvParts};
use crate::checkpoint::{Checkpoint, printable};

use architecture::KEYS;
pub use architecture::{ARCHITECTURES, Architecture};

/// Reads a GGUF file. A configuration of transformers that was given in place of the metadata says
/// more than that does.
pub(super) fn plan(
    checkpoint: &Checkpoint,
    hints: &Hints,
    config: &Map<String, Value>,
) -> Result<Plan, Error> {
    if let Some(model_type) = config.get("model_type").and_then(Value::as_str) {
        let row = ARCHITECTURES.iter().find(|a| a.model_type == model_type);
        let row = row.ok_or_else(|| unknown(model_type))?;
        return read(checkpoint, hints, config, row, Vec::new(), true);
    }
    let found = config.get("general.architecture").and_then(Value::as_str);
    let found = found.unwrap_or_default();
    // None are written as 0.
    let experts = config.get(&format!("{found}.expert_count"));
    let experts = experts.is_some_and(|count| count.as_u64() != Some(0));
    let row = ARCHITECTURES
        .iter()
        .find(|a| a.name == found && a.keys.iter().any(|(k, _)| *k == "expert_count") == experts)
        .ok_or_else(|| unknown(found))?;
    let (translated, mut said) = translate(checkpoint, config, row)?;
    if !row.proven {
        said.push(format!(
            "GGUF files of the architecture {found} were not held against a reference; \
             headlight check --reference does it"
        ));
    }
    read(checkpoint, hints, &translated, row, said, false)
}

fn unknown(found: &str) -> Error {
    Error::UnknownArchitecture {
        found: printable(found),
        known: super::listed(ARCHITECTURES.iter().map(|row| row.name)),
    }
}

/// The metadata under the keys of transformers, and sentences about what nothing read.
fn translate(
    checkpoint: &Checkpoint,
    metadata: &Map<String, Value>,
    row: &Architecture,
) -> Result<(Map<String, Value>, Vec<String>), Error> {
    let before = format!("{}.", row.name);
    let own = metadata.iter().filter_map(|(key, value)| {
        let key = key.strip_prefix(&before)?;
        Some((key.to_owned(), one_for_all(value).clone()))
    });
    let own: Map<String, Value> = own.collect();
    let c = Config::new(&own);
    let mut config = Map::new();
    let mut said = Vec::new();
    for (key, value) in row.fixed {
        config.insert((*key).to_owned(), Value::from(*value));
    }
    for (key, to) in KEYS.iter().chain(row.keys) {
        if let Some(value) = c.get(key) {
            config.insert((*to).to_owned(), value.clone());
        }
    }
    if let Some((key, name)) = row.activation {
        config.insert(key.to_owned(), Value::from(name));
    }
    for key in [
        "attention.layer_norm_rms_epsilon",
        "attention.layer_norm_epsilon",
    ] {
        if let Some(value) = c.get(key) {
            config.insert(row.epsilon.to_owned(), value.clone());
        }
    }
    // No window is written as 0.
    if let Some(window) = c.get("attention.sliding_window")
        && window.as_u64() != Some(0)
    {
        config.insert("sliding_window".to_owned(), window.clone());
    }
    for (key, to, value) in row.absent {
        if c.get(key).is_none_or(|found| found.as_u64() == Some(0)) {
            // Sizes must be whole numbers in JSON, too.
            config.insert(
                (*to).to_owned(),
                match value.fract() == 0.0 {
                    true => Value::from(*value as u64),
                    false => Value::from(*value),
                },
            );
            said.push(format!(
                "the GGUF file does not say {before}{key}: {to} = {value} is taken, as llama.cpp takes it"
            ));
        }
    }
    let tensors = checkpoint.tensors();
    let tied = !tensors.contains_key("output.weight");
    config.insert("tie_word_embeddings".to_owned(), Value::Bool(tied));
    if let Some(info) = tensors.get("token_embd.weight") {
        let rows = info.shape.first().copied().unwrap_or_default();
        config.insert("vocab_size".to_owned(), Value::from(rows));
    }
    let heads = c.size("attention.head_count")?;
    let head_dim = match c.size_if("attention.key_length")? {
        Some(dim) => dim,
        None => c.size("embedding_length")? / heads,
    };
    // Families differ in what they take where these are absent, and llama.cpp does not.
    config.entry("head_dim").or_insert(Value::from(head_dim));
    let kv_heads = config.entry("num_key_value_heads");
    kv_heads.or_insert(Value::from(heads));
    if let Some(values) = c.size_if("attention.value_length")?
        && values != head_dim
    {
        return Err(Error::Config {
            key: format!("{before}attention.value_length"),
            found: values.to_string(),
            expected: format!("it must be the length of keys, {head_dim}"),
        });
    }
    let dims = c.size_if("rope.dimension_count")?.unwrap_or(head_dim);
    if dims != head_dim || row.rotated_share {
        let share = share(dims, head_dim);
        config.insert("partial_rotary_factor".to_owned(), Value::from(share));
    }
    // Norms of queries and keys are told by their tensors alone.
    if row.name == "stablelm" {
        let normed = tensors.contains_key("blk.0.attn_q_norm.weight");
        config.insert("qk_layernorm".to_owned(), Value::Bool(normed));
        // A parallel block has no norm of its own before the MLP.
        let parallel = !tensors.contains_key("blk.0.ffn_norm.weight");
        let parallel = Value::Bool(parallel);
        config.entry("use_parallel_residual").or_insert(parallel);
    }
    c.refuse(
        "attention.causal",
        &[Value::Bool(true)],
        "every token would see later ones",
    )?;
    if row.keys.iter().all(|(key, _)| *key != "expert_count") {
        // 0 where there are none.
        c.ignore(&["expert_count", "expert_used_count"]);
    }
    if let Some(largest) = row.largest {
        // llama.cpp tells the largest model of the family by its number of layers.
        let layers = c.size("block_count")?;
        let scalar = match layers == largest {
            true => c.size("embedding_length")? / heads,
            false => head_dim,
        };
        config.insert("query_pre_attn_scalar".to_owned(), Value::from(scalar));
        said.push(format!(
            "the GGUF file does not say by what scores are scaled: 1/sqrt({scalar}) is taken, as \
             llama.cpp takes it (--model-config with the model's config.json tells)"
        ));
    }
    let scaling = scaling(&c)?;
    if let Some(scaling) = scaling {
        config.insert("rope_scaling".to_owned(), scaling);
    }
    // What a file is for, and sizes that tensors have.
    c.ignore(&["vocab_size"]);
    said.extend(c.finish()?);
    Ok((config, said))
}

/// The number that a list has for every layer, where it is one.
fn one_for_all(value: &Value) -> &Value {
    match value.as_array().map(Vec::as_slice) {
        Some([first, rest @ ..]) if first.is_number() && rest.iter().all(|v| v == first) => first,
        _ => value,
    }
}

/// The share of `dims` of `head_dim` dimensions, so that families find `dims` again, who cut what
/// is behind the point.
fn share(dims: usize, head_dim: usize) -> f64 {
    let share = dims as f64 / head_dim as f64;
    match (head_dim as f64 * share) as usize == dims {
        true => share,
        false => share.next_up(),
    }
}

/// What stretches rotary frequencies, as transformers writes it.
fn scaling(c: &Config) -> Result<Option<Value>, Error> {
    let original = c.size_if("rope.scaling.original_context_length")?;
    let mut scaling = Map::new();
    match c.text("rope.scaling.type")? {
        Some("none") => return Ok(None),
        // llama.cpp takes a factor for a linear one where no kind is named, and 0 for none.
        None => {
            let factor = c.number_if("rope.scaling.factor")?.unwrap_or(0.0);
            let older = c.number_if("rope.scale_linear")?.unwrap_or(0.0);
            let factor = if factor == 0.0 { older } else { factor };
            if factor == 0.0 || factor == 1.0 {
                return Ok(None);
            }
            scaling.insert("rope_type".to_owned(), Value::from("linear"));
            scaling.insert("factor".to_owned(), Value::from(factor));
            return Ok(Some(Value::Object(scaling)));
        }
        Some(kind @ ("linear" | "yarn")) => {
            scaling.insert("rope_type".to_owned(), Value::from(kind));
        }
        Some(other) => {
            return Err(Error::Config {
                key: "rope.scaling.type".to_owned(),
                found: printable(other),
                expected: "none, linear or yarn was expected".to_owned(),
            });
        }
    }
    let factor = c.positive("rope.scaling.factor")?;
    scaling.insert("factor".to_owned(), Value::from(factor));
    if let Some(original) = original {
        let key = "original_max_position_embeddings".to_owned();
        scaling.insert(key, Value::from(original));
    }
    c.ignore(&["rope.scaling.finetuned"]);
    Ok(Some(Value::Object(scaling)))
}

fn read(
    checkpoint: &Checkpoint,
    hints: &Hints,
    config: &Map<String, Value>,
    row: &Architecture,
    said: Vec<String>,
    given: bool,
) -> Result<Plan, Error> {
    let reading = Reading::new(checkpoint, config, hints)?;
    let draft = super::drafter(row.model_type)?;
    let mut draft = draft(&reading)?;
    draft.layout = layout(&draft.layout);
    if row.one_added {
        draft.spec.norm = NormKind::Rms;
    }
    for sentence in &said {
        reading.say(sentence);
    }
    if checkpoint.tensors().contains_key(DIVISORS) {
        draft.read_elsewhere = &[DIVISORS];
        if given {
            reading.say("rope_freqs is not used: the configuration that was given says more");
        } else {
            for layer in &mut draft.spec.layers {
                if let Some(rotary) = &mut layer.rotary {
                    rotary.scaling = Scaling::Tensor(DIVISORS.to_owned());
                }
            }
        }
    }
    let mut plan = reading.plan(draft)?;
    if row.paired {
        pair(&mut plan.names, plan.spec.heads, plan.spec.kv_heads);
    }
    Ok(plan)
}

/// The divisors of rotary frequencies.
const DIVISORS: &str = "rope_freqs.weight";

/// Says that the rows of queries and keys are interleaved.
fn pair(names: &mut Names, heads: usize, kv_heads: usize) {
    for block in &mut names.blocks {
        if let Qkv::Separate([q, k, _]) = &mut block.qkv {
            q.order = Order::Paired(heads);
            k.order = Order::Paired(kv_heads);
        }
    }
}

/// The names of llama.cpp for the parts that a family has.
fn layout(family: &Layout) -> Layout {
    let of = |parts: Parts, name: Parts| if parts.is_empty() { parts } else { name };
    let norms = |norms: &NormParts, before: Parts, out: Parts| NormParts {
        before: of(norms.before, before),
        out: of(norms.out, out),
        after: norms.after,
    };
    Layout {
        family: family.family,
        tokens: &["token_embd"],
        positions: of(family.positions, &["position_embd"]),
        embedding_norm: of(family.embedding_norm, &["token_embd_norm"]),
        blocks: "blk",
        attention_norms: norms(
            &family.attention_norms,
            &["attn_norm"],
            &["post_attention_norm"],
        ),
        qkv: match family.qkv {
            QkvParts::Separate(_) => QkvParts::Separate(["attn_q", "attn_k", "attn_v"]),
            // The converter puts grouped projections in this order.
            QkvParts::Fused(_) | QkvParts::Grouped(_) => QkvParts::Fused(&["attn_qkv"]),
        },
        q_norm: of(family.q_norm, &["attn_q_norm"]),
        k_norm: of(family.k_norm, &["attn_k_norm"]),
        sinks: of(family.sinks, &["attn_sinks"]),
        out: &["attn_output"],
        mlp_norms: norms(&family.mlp_norms, &["ffn_norm"], &["post_ffw_norm"]),
        mlps: match family.mlps.first() {
            Some(MlpParts::Plain { .. }) | None => PLAIN_MLP,
            Some(MlpParts::Gated { .. }) => GATED_MLP,
            Some(MlpParts::Fused { .. }) => FUSED_MLP,
            Some(
                MlpParts::Experts { .. }
                | MlpParts::Stacked { .. }
                | MlpParts::StackedInterleaved { .. },
            ) => EXPERTS,
        },
        final_norm: of(family.final_norm, &["output_norm"]),
        head: &["output"],
        ..NONE
    }
}

const UP: Parts = &["ffn_up"];
const DOWN: Parts = &["ffn_down"];
const PLAIN_MLP: &[MlpParts] = &[MlpParts::Plain { up: UP, down: DOWN }];
const GATED_MLP: &[MlpParts] = &[MlpParts::Gated {
    gate: &["ffn_gate"],
    up: UP,
    down: DOWN,
}];
const FUSED_MLP: &[MlpParts] = &[MlpParts::Fused {
    gate_up: UP,
    down: DOWN,
}];
const EXPERTS: &[MlpParts] = &[MlpParts::Stacked {
    router: &["ffn_gate_inp"],
    gate: &["ffn_gate_exps"],
    up: &["ffn_up_exps"],
    down: &["ffn_down_exps"],
}];
