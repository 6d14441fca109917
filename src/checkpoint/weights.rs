//! Which entry of an unpickled checkpoint is the model, and what the other entries are.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::error::{listed, quoted};
use super::pickle::{Described, Value};

/// Keys under which training scripts save the model's state dict.
const WRAPPERS: [&str; 16] = [
    "model_state_dict",
    "model_state",
    "model",
    "state_dict",
    "module",
    "net",
    "network",
    "net_state_dict",
    "weights",
    "params",
    "parameters",
    "model_weights",
    "model_params",
    "gpt",
    "transformer_state_dict",
    "model_dict",
];

/// Keys under which they save the model's configuration, the surest first: nanoGPT's `config` holds the
/// options of the training run and its `model_args` the model's.
const CONFIGS: [&str; 11] = [
    "model_args",
    "model_config",
    "gpt_config",
    "config",
    "hyper_parameters",
    "hparams",
    "hyperparameters",
    "model_kwargs",
    "cfg",
    "args",
    "params",
];

/// Words in a key that tell that an entry is the training's and not the model's.
const TRAINING: [&str; 17] = [
    "optimizer",
    "optimizers",
    "optim",
    "optims",
    "opt",
    "scheduler",
    "schedulers",
    "sched",
    "scaler",
    "rng",
    "adam",
    "adamw",
    "sgd",
    "momentum",
    "amp",
    "callbacks",
    "loops",
];

/// Words that tell that an entry is a second copy of the model.
const COPIES: [&str; 3] = ["ema", "averaged", "swa"];

/// What an unpickled file comes down to.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Keys that lead from the root to the state dict; empty where the root is the state dict.
    pub path: Vec<String>,
    /// Dotted names of the tensors in the state dict, without the path.
    pub names: Vec<String>,
    pub config: Option<Map<String, Json>>,
    pub extra: Map<String, Json>,
    pub notes: Vec<String>,
}

/// Why no entry could be chosen.
#[derive(Debug)]
pub(super) enum Unsorted {
    /// No tensor anywhere but in the training's state; what there is, in words.
    NoTensors(String),
    /// The keys that could each be the model.
    Ambiguous(Vec<String>),
}

type Entry = (String, Value);

/// Find the state dict, the configuration and the rest. `rank` gives the number of dimensions of the tensor
/// with a dotted name, counted from the root: scalars beside a state dict are measurements.
pub(super) fn sort(root: &Value, rank: &dyn Fn(&str) -> usize) -> Result<Sorted, Unsorted> {
    let Value::Dict(root) = root else {
        return Err(Unsorted::NoTensors(format!(
            "it holds {}, but a dictionary is expected",
            root.kind()
        )));
    };
    let mut out = Sorted::default();
    let mut configs = Vec::new();
    let mut entries: &[Entry] = root;
    // A wrapper in a wrapper ({"state": {"model": .., "optimizer": ..}}) is taken off as well.
    loop {
        let chosen = choose(entries, &out.path, rank)?;
        sift(entries, chosen, &mut configs, &mut out);
        let Some((key, Value::Dict(inner))) = chosen else {
            break;
        };
        out.path.push(key.clone());
        entries = inner;
        if !wraps(inner) {
            break;
        }
    }
    for (key, value) in entries {
        if !is(key, &TRAINING) {
            leaves(value, key, &mut out.names);
        }
    }
    // The surest key wins; the others are still worth keeping.
    configs.sort_by_key(|(order, ..)| *order);
    let mut configs = configs.into_iter();
    out.config = configs.next().map(|(_, _, config)| config);
    for (_, key, config) in configs {
        out.extra.entry(key).or_insert(Json::Object(config));
    }
    Ok(out)
}

/// The entry that holds the model, or `None` where the entries are themselves the state dict.
fn choose<'a>(
    entries: &'a [Entry],
    path: &[String],
    rank: &dyn Fn(&str) -> usize,
) -> Result<Option<&'a Entry>, Unsorted> {
    let dotted = |key: &str| {
        path.iter()
            .map(|part| format!("{part}."))
            .collect::<String>()
            + key
    };
    let loose = entries
        .iter()
        .filter(|(key, value)| matches!(value, Value::Tensor(_)) && !is(key, &TRAINING))
        .count();
    let measurements = entries
        .iter()
        .filter(|(key, value)| matches!(value, Value::Tensor(_)) && rank(&dotted(key)) == 0)
        .count();
    let (copies, holders): (Vec<&Entry>, Vec<&Entry>) = entries
        .iter()
        .filter(|(key, value)| {
            !matches!(value, Value::Tensor(_)) && tensors(value) > 0 && !is(key, &TRAINING)
        })
        .partition(|(key, _)| is(key, &COPIES));
    // A file that was saved for its averaged weights alone.
    let holders = if holders.is_empty() && loose == 0 {
        copies
    } else {
        holders
    };
    let loose_weights = loose.saturating_sub(measurements);

    let wrapper = |entry: &&&Entry| WRAPPERS.contains(&entry.0.to_ascii_lowercase().as_str());
    let state_dicts: Vec<&Entry> = holders
        .iter()
        .copied()
        .filter(|e| is_state_dict(&e.1))
        .collect();
    let customary: Vec<&Entry> = state_dicts.iter().filter(wrapper).copied().collect();
    let ambiguous = |list: &[&Entry]| {
        Err(Unsorted::Ambiguous(
            list.iter().map(|(key, _)| key.clone()).collect(),
        ))
    };
    match (customary.as_slice(), state_dicts.as_slice()) {
        ([one], _) => return Ok(Some(one)),
        ([_, _, ..], _) => return ambiguous(&customary),
        // Under a key of its own, with at most a few loose tensors beside it.
        ([], [one]) if loose_weights < tensors(&one.1) => return Ok(Some(one)),
        ([], [_, _, ..]) if loose_weights == 0 => return ambiguous(&state_dicts),
        _ => {}
    }
    // No dictionary with dotted names: nested dictionaries, as of a whole pickled module, or a bare state dict.
    let modules: Vec<&Entry> = holders.iter().filter(wrapper).copied().collect();
    match (holders.as_slice(), modules.as_slice()) {
        ([], _) if loose == 0 => Err(Unsorted::NoTensors(holds(entries))),
        ([one], _) if loose_weights == 0 => Ok(Some(one)),
        // A module under a customary key, in a file that has a training's entries as well.
        (_, [one]) if entries.iter().any(|(key, _)| is(key, &TRAINING)) => Ok(Some(one)),
        _ => Ok(None),
    }
}

/// A configuration that was found: its place in [`CONFIGS`], its key and itself.
type Found = (usize, String, Map<String, Json>);

/// Sort the entries that are no weights into configurations, extra values and notes.
fn sift(entries: &[Entry], chosen: Option<&Entry>, configs: &mut Vec<Found>, out: &mut Sorted) {
    for (key, value) in entries {
        if is(key, &TRAINING) || chosen.is_some_and(|(chosen, _)| chosen == key) {
            continue;
        }
        if tensors(value) > 0 {
            if chosen.is_some() {
                let what = if matches!(value, Value::Tensor(_)) {
                    "is a tensor"
                } else {
                    "holds tensors"
                };
                out.notes.push(format!(
                    "The entry {} {what} beside the model and is left out.",
                    quoted(key)
                ));
            }
            continue;
        }
        let json = value.to_json(key, &mut out.notes);
        let order = CONFIGS
            .iter()
            .position(|name| key.eq_ignore_ascii_case(name));
        match (order, json) {
            (Some(order), Some(Json::Object(config))) => configs.push((order, key.clone(), config)),
            (Some(order), Some(Json::String(text))) => match serde_json::from_str(&text) {
                Ok(Json::Object(config)) => configs.push((order, key.clone(), config)),
                _ => {
                    out.extra.insert(key.clone(), Json::String(text));
                }
            },
            (_, Some(json)) => {
                out.extra.insert(key.clone(), json);
            }
            (_, None) => {}
        }
    }
}

/// Whether a dictionary holds a state dict under a customary key and no weights of its own.
fn wraps(entries: &[Entry]) -> bool {
    let wrapped = |(key, value): &Entry| {
        WRAPPERS.contains(&key.to_ascii_lowercase().as_str()) && is_state_dict(value)
    };
    let foreign = |(key, value): &Entry| {
        tensors(value) == 0 || is(key, &TRAINING) || is(key, &COPIES) || is_state_dict(value)
    };
    entries.iter().any(wrapped) && entries.iter().all(foreign)
}

/// Whether one of a key's words (between `_`, `-` and spaces, in any case) is in the list. A dotted key is a
/// tensor's name and has no such words.
fn is(key: &str, words: &[&str]) -> bool {
    !key.contains('.')
        && key
            .to_ascii_lowercase()
            .split(['_', '-', ' '])
            .any(|part| words.contains(&part))
}

/// Whether a value is a state dict: tensors directly under dotted names.
fn is_state_dict(value: &Value) -> bool {
    match value {
        Value::Dict(entries) => entries
            .iter()
            .any(|(key, value)| matches!(value, Value::Tensor(_)) && key.contains('.')),
        _ => false,
    }
}

/// How many tensors a value holds.
fn tensors(value: &Value) -> usize {
    match value {
        Value::Tensor(_) => 1,
        Value::List(items) => items.iter().map(tensors).sum(),
        Value::Dict(entries) => entries.iter().map(|(_, value)| tensors(value)).sum(),
        _ => 0,
    }
}

/// Bytes of the dotted names of all tensors in a value, whose own name has `prefix` bytes.
pub(super) fn names_length(value: &Value, prefix: usize) -> usize {
    match value {
        Value::Tensor(_) => prefix,
        Value::List(items) => items
            .iter()
            .map(|item| names_length(item, prefix + 2))
            .fold(0, usize::saturating_add),
        Value::Dict(entries) => entries
            .iter()
            .map(|(key, item)| names_length(item, prefix + key.len() + 1))
            .fold(0, usize::saturating_add),
        _ => 0,
    }
}

/// Hands on each tensor with its dotted name, counted from the root.
pub(super) fn each_tensor(root: &Value, take: &mut impl FnMut(&str, &Arc<Described>)) {
    fn walk(value: &Value, name: &mut String, take: &mut impl FnMut(&str, &Arc<Described>)) {
        let before = name.len();
        let mut below = |key: &dyn std::fmt::Display, item: &Value| {
            let dot = if before == 0 { "" } else { "." };
            name.push_str(&format!("{dot}{key}"));
            walk(item, name, take);
            name.truncate(before);
        };
        match value {
            Value::Tensor(tensor) => take(name, tensor),
            Value::List(items) => items
                .iter()
                .enumerate()
                .for_each(|(i, item)| below(&i, item)),
            Value::Dict(entries) => entries.iter().for_each(|(key, item)| below(key, item)),
            _ => {}
        }
    }
    walk(root, &mut String::new(), take);
}

/// Dotted names of the tensors in a value, as PyTorch's `state_dict()` would name them.
fn leaves(value: &Value, name: &str, names: &mut Vec<String>) {
    match value {
        Value::Tensor(_) => names.push(name.to_string()),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{name}.{index}"), names);
            }
        }
        Value::Dict(entries) => {
            for (key, item) in entries {
                leaves(item, &format!("{name}.{key}"), names);
            }
        }
        _ => {}
    }
}

/// What a dictionary without a model holds, for a message.
fn holds(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "an empty dictionary".into();
    }
    let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
    format!("its keys: {}", listed(&keys))
}

#[cfg(test)]
mod tests;
