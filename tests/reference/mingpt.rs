//! minGPT's gpt-nano that sorts, against the activations that its own code saved for three inputs.

use std::path::PathBuf;

use headlight::checkpoint::Checkpoint;
use headlight::lens::{Pattern, Scale, Select};
use headlight::model::{Decoder, Head, Hints, Key, Query, family};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use crate::common::shared;
use crate::measure::{Errors, Run, decoder};

const HEADS: usize = 3;
const TOKENS: usize = 11;
const INPUTS: usize = 3;

fn json(name: &str) -> Value {
    let text = std::fs::read(shared(&format!("models/mingpt-sort/{name}"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The bytes of a base64 text without line breaks.
fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{c} is no digit"),
    };
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for c in text.bytes().filter(|&c| c != b'=') {
        bits = bits << 6 | u32::from(digit(c));
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}

fn floats(value: &Value) -> Vec<f32> {
    let bytes = base64(value["data"].as_str().unwrap());
    let chunks = bytes.as_chunks::<4>().0.iter();
    chunks.map(|b| f32::from_le_bytes(*b)).collect()
}

/// The model as a safetensors file, with or without its configuration.
fn checkpoint(folder: &tempfile::TempDir, model: &Value, config: Option<&Value>) -> PathBuf {
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = model
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "config")
        .map(|(name, value)| {
            let shape = serde_json::from_value(value["shape"].clone()).unwrap();
            (name.clone(), shape, base64(value["data"].as_str().unwrap()))
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (
            name,
            TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap(),
        )
    });
    let metadata = config.map(|config| [("config".to_owned(), config.to_string())].into());
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, safetensors::serialize(views, metadata).unwrap()).unwrap();
    path
}

/// How far a decoder is from what was saved.
fn against(decoder: &Decoder, partials: &Value) -> Errors {
    let ids = floats(&partials["idx"]);
    let (weights, logits) = (floats(&partials["attSm"]), floats(&partials["lm_head"]));
    assert_eq!(weights.len(), INPUTS * HEADS * TOKENS * TOKENS);
    let (mut worst, mut worst_logit) = (0f32, 0f32);
    for input in 0..INPUTS {
        let ids: Vec<u32> = ids[input * TOKENS..][..TOKENS]
            .iter()
            .map(|&id| id as u32)
            .collect();
        let mut run = Run::default();
        decoder.forward(&ids, &mut run).unwrap();
        for head in 0..HEADS {
            let pattern = Pattern::new(&run.layers[0], Select::Head(Head(head)), Scale::Raw);
            for i in 0..TOKENS {
                for j in 0..TOKENS {
                    let weight = pattern.weight(Query(i), Key(j)).unwrap_or(0.0);
                    let at = ((input * HEADS + head) * TOKENS + i) * TOKENS + j;
                    worst = worst.max((weight - weights[at]).abs());
                }
            }
        }
        let theirs = &logits[input * run.logits.len()..][..run.logits.len()];
        for (mine, theirs) in run.logits.iter().zip(theirs) {
            worst_logit = worst_logit.max((mine - theirs).abs());
        }
    }
    Errors {
        weight: worst,
        logit: worst_logit,
        ..Errors::default()
    }
}

/// How far the model is from what minGPT saved.
pub fn errors() -> Errors {
    let model = json("gpt-nano-sort-model.json");
    let folder = tempfile::tempdir().unwrap();
    let path = checkpoint(&folder, &model, Some(&model["config"]));
    let (_, decoder) = decoder(&Checkpoint::open(&path).unwrap(), &Hints::default());
    against(&decoder, &json("gpt-nano-sort-t0-partials.json"))
}

#[test]
#[ignore = "reads ../shared"]
fn the_partials_of_other_people_agree() {
    let model = json("gpt-nano-sort-model.json");
    let partials = json("gpt-nano-sort-t0-partials.json");
    let folder = tempfile::tempdir().unwrap();
    let bare = Hints {
        heads: Some(HEADS),
        scale: None,
    };
    // As minGPT's configuration is before the model fills it in.
    let mut unfilled = model["config"].clone();
    unfilled["n_head"] = Value::Null;
    for (config, hints) in [
        (Some(&model["config"]), Hints::default()),
        (Some(&unfilled), Hints::default()),
        (None, bare),
    ] {
        let path = checkpoint(&folder, &model, config);
        let (plan, decoder) = decoder(&Checkpoint::open(&path).unwrap(), &hints);
        assert_eq!(
            (plan.spec.family.as_str(), plan.spec.heads),
            ("mingpt", HEADS)
        );
        assert_eq!(
            plan.assumed.is_empty(),
            config.is_some(),
            "{:?}",
            plan.assumed
        );
        let errors = against(&decoder, &partials);
        let (worst, worst_logit) = (errors.weight, errors.logit);
        println!("mingpt                       weights {worst:.1e}  logits {worst_logit:.1e}");
        assert!(
            worst <= 1e-6 && worst_logit <= 1e-5,
            "{worst} {worst_logit}"
        );
    }
}

#[test]
#[ignore = "reads ../shared"]
fn the_sizes_decide_nothing_in_silence() {
    let model = json("gpt-nano-sort-model.json");
    let folder = tempfile::tempdir().unwrap();
    let path = checkpoint(&folder, &model, None);
    let opened = Checkpoint::open(&path).unwrap();
    let error = family::plan(&opened, &Hints::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("--number-of-heads"), "{error}");
}
