//! What kind of head it is and what is wrong with a model, of real runs and of patterns made for it.
#![cfg(test)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::shared;
use serde_json::{Value, json};

fn run(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_headlight"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The JSON export of a model or a file, on a text where it has none.
fn export(model: Option<&Path>, text: Option<&str>) -> Value {
    let mut arguments = vec!["export"];
    arguments.extend(model.map(|path| path.to_str().unwrap()));
    arguments.extend(text.into_iter().flat_map(|text| ["--text", text]));
    arguments.extend(["--format", "json", "--output", "-"]);
    serde_json::from_str(&run(&arguments)).unwrap()
}

/// The heads of a kind, as (layer, head), with the number that says so.
fn heads_of_kind(json: &Value, name: &str) -> Vec<(usize, usize, f64)> {
    let mut found = Vec::new();
    for (l, layer) in json["attention"].as_array().unwrap().iter().enumerate() {
        for (h, head) in layer["heads"].as_array().unwrap().iter().enumerate() {
            let kind = &head["kind"];
            if kind["name"] == name {
                found.push((l, h, kind["value"].as_f64().unwrap()));
            }
        }
    }
    found
}

fn places(heads: &[(usize, usize, f64)]) -> Vec<(usize, usize)> {
    heads
        .iter()
        .map(|(layer, head, _)| (*layer, *head))
        .collect()
}

fn problems(json: &Value) -> Vec<&str> {
    let found = json["diagnosis"].as_array().unwrap();
    found
        .iter()
        .map(|d| d["problem"].as_str().unwrap())
        .collect()
}

fn demo(step: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints");
    folder.join(format!("{step}.safetensors"))
}

/// One head: the weight of a query on a key, with room for what is left of the row.
type Weight = fn(usize, usize) -> f32;

/// One layer of heads of 24 tokens, 12 words said twice, in a file.
fn layer_of(heads: &[Weight]) -> (tempfile::TempDir, std::path::PathBuf) {
    let n = 24;
    let mut data = Vec::new();
    for weight in heads {
        for i in 0..n {
            let row: Vec<f32> = (0..n)
                .map(|j| if j > i { 0.0 } else { weight(i, j) })
                .collect();
            let sum: f32 = row.iter().sum();
            data.extend(row.iter().flat_map(|w| (w / sum).to_le_bytes()));
        }
    }
    let tokens: Vec<String> = (0..n).map(|i| format!("w{}", i % 12)).collect();
    let header = json!({
        "__metadata__": {"tokens": serde_json::to_string(&tokens).unwrap()},
        "attention": {
            "dtype": "F32",
            "shape": [1, heads.len(), n, n],
            "data_offsets": [0, data.len()],
        },
    });
    write(&header, &data)
}

fn write(header: &Value, data: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Mostly here, a little everywhere.
fn mostly(here: bool) -> f32 {
    if here { 20.0 } else { 1.0 }
}

const UNIFORM: Weight = |_, _| 1.0;
const PREVIOUS: Weight = |i, j| mostly(j + 1 == i);
const ITSELF: Weight = |i, j| mostly(j == i);
const SINK: Weight = |_, j| mostly(j == 0);
/// On the first token, where nothing is repeated; else on what followed the word before.
const INDUCTION: Weight = |i, j| mostly(j == if i >= 12 { i - 11 } else { 0 });
const DUPLICATE: Weight = |i, j| mostly(j == i.saturating_sub(12));
/// Two places that no kind is named after.
const ODD: Weight = |i, j| mostly(j + 3 == i) + mostly(j + 5 == i);
const ALONE: Weight = |i, j| if j == i { 300.0 } else { 0.1 };
const PARKED: Weight = |_, j| if j == 0 { 300.0 } else { 0.1 };

#[test]
fn made_patterns_have_their_kinds() {
    let heads = [UNIFORM, PREVIOUS, ITSELF, SINK, INDUCTION, DUPLICATE, ODD];
    let (_folder, path) = layer_of(&heads);
    let json = export(Some(&path), None);
    let names = [
        "uniform",
        "previous",
        "self",
        "first",
        "induction",
        "duplicate",
    ];
    for (head, name) in names.into_iter().enumerate() {
        let found = heads_of_kind(&json, name);
        assert_eq!(places(&found), [(0, head)], "{name}");
        let kind = &json["attention"][0]["heads"][head]["kind"];
        let most = kind["most"].as_f64().unwrap();
        let copies = ["induction", "duplicate"].contains(&name);
        assert_eq!(most, if copies { 0.5 } else { 1.0 }, "{name}");
        assert!(found[0].2 <= most + 1e-6, "{name}");
    }
    assert!(json["attention"][0]["heads"][6]["kind"].is_null());
    assert_eq!(problems(&json), [""; 0]);
}

#[test]
#[ignore = "reads ../shared"]
fn induction_heads_of_gpt2_are_found() {
    let path = shared("vectors/circuitsvis/gpt2_attention_mock.json");
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let weights: Vec<Vec<Vec<f32>>> =
        serde_json::from_value(json["attention_head_q_k"].clone()).unwrap();
    let tokens = json["tokens"].as_array().unwrap();
    let all = weights.iter().flatten().flatten();
    let data: Vec<u8> = all.flat_map(|w| w.to_le_bytes()).collect();
    let header = json!({
        "__metadata__": {"tokens": json["tokens"].to_string()},
        "attention": {
            "dtype": "F32",
            "shape": [1, weights.len(), tokens.len(), tokens.len()],
            "data_offsets": [0, data.len()],
        },
    });
    let (_folder, path) = write(&header, &data);
    let json = export(Some(&path), None);
    let found = heads_of_kind(&json, "induction");
    assert_eq!(
        places(&found),
        [(0, 0), (0, 1), (0, 5), (0, 8)],
        "{found:?}"
    );
    assert_eq!(problems(&json), [""; 0]);
}

#[test]
fn the_demo_has_learned_and_its_first_step_has_not() {
    let json = export(None, None);
    assert_eq!(problems(&json), [""; 0]);
    let sinks = heads_of_kind(&json, "first");
    assert!(sinks.iter().any(|s| s.2 > 0.9), "{sinks:?}");
    assert_eq!(heads_of_kind(&json, "uniform"), []);

    let untrained = demo("step-00000");
    let json = export(Some(&untrained), None);
    assert_eq!(problems(&json), ["near-uniform"]);
    let found = &json["diagnosis"][0];
    assert_eq!((&found["heads"], &found["of"]), (&json!(16), &json!(16)));
    assert!(found["mean"].as_f64().unwrap() > 0.99, "{found}");
    assert!(found["sentence"].as_str().unwrap().contains("untrained"));
    assert_eq!(heads_of_kind(&json, "uniform").len(), 16);
    assert_eq!(problems(&export(Some(&demo("step-00400")), None)), [""; 0]);
}

#[test]
#[ignore = "reads ../shared"]
fn trained_models_are_not_diagnosed_and_their_heads_have_kinds() {
    let story = "Once upon a time, there was a little girl named Lily. She loved to play outside.";
    let rows = [
        (
            "models/stories260k/derived_hf",
            vec![(1, 3), (1, 6), (3, 6)],
        ),
        ("models/tinystories-656k-hf-f32", vec![]),
    ];
    for (model, previous) in rows {
        let path = shared(model);
        let json = export(Some(&path), Some(story));
        assert_eq!(problems(&json), [""; 0], "{model}");
        let found = places(&heads_of_kind(&json, "previous"));
        assert!(
            previous.iter().all(|head| found.contains(head)),
            "{model} {found:?}"
        );
    }
}

#[test]
#[ignore = "reads ../shared"]
fn a_model_that_has_learned_little_is_told_from_one_that_has_learned_nothing() {
    let ids = |ids: &[u32]| -> String {
        let words: Vec<String> = ids.iter().map(u32::to_string).collect();
        words.join(" ")
    };
    let of = |model: &Path, text: &str, more: &[&str]| -> Value {
        let mut arguments = vec!["export", model.to_str().unwrap(), "--tokenizer", "ids"];
        arguments.extend(["--text", text, "--format", "json", "--output", "-"]);
        arguments.extend(more);
        serde_json::from_str(&run(&arguments)).unwrap()
    };
    let nothing = shared("models/untrained-char/tiny_shakespeare.pt");
    let little = shared("models/nanogpt-byhand");
    let any: Vec<u32> = (0..40).map(|i| i * i % 65).collect();
    let json = of(&nothing, &ids(&any), &["--number-of-heads", "4"]);
    assert_eq!(problems(&json), ["near-uniform"]);
    // Its own training text, and words in an order that it has never seen.
    let model = little.join("ckpt.pt");
    let bytes = std::fs::read(little.join("train.bin")).unwrap();
    let seen: Vec<u32> = bytes.chunks(2).take(8).map(|b| u32::from(b[0])).collect();
    for words in [seen, (1..=8).collect()] {
        let json = of(&model, &ids(&words), &[]);
        assert_eq!(problems(&json), [""; 0], "{words:?}");
    }
}

#[test]
fn what_is_wrong_everywhere_is_a_diagnosis() {
    let nineteen = |most: Weight| [vec![most; 19], vec![ODD]].concat();
    let rows: [(Vec<Weight>, &[&str]); 8] = [
        (vec![UNIFORM; 3], &["near-uniform"]),
        (vec![ALONE; 3], &["self-only"]),
        (vec![PARKED; 3], &["first-only"]),
        // One head in three that does otherwise is enough, one in twenty is not.
        (vec![UNIFORM, UNIFORM, ODD], &[]),
        (vec![ALONE, PARKED, UNIFORM], &[]),
        (nineteen(PARKED), &["first-only"]),
        (nineteen(ALONE), &["self-only"]),
        // Heads that do something else a good part of the time.
        (vec![ITSELF, SINK, PREVIOUS], &[]),
    ];
    for (at, (heads, expected)) in rows.into_iter().enumerate() {
        let (_folder, path) = layer_of(&heads);
        let json = export(Some(&path), None);
        assert_eq!(problems(&json), expected, "row {at}");
    }
}

#[test]
fn analyze_ends_with_the_diagnosis() {
    let folder = tempfile::tempdir().unwrap();
    let plots = folder.path().to_str().unwrap();
    let told = run(&["analyze", "--top-k", "1", "--output-dir", plots]);
    assert!(!told.contains("Diagnosis"));
    let model = demo("step-00000");
    let told = run(&[
        "analyze",
        model.to_str().unwrap(),
        "--top-k",
        "1",
        "--output-dir",
        plots,
    ]);
    let last = told.lines().last().unwrap();
    assert!(
        last.starts_with("Diagnosis: near-uniform rows in all 16 heads"),
        "{last}"
    );
    assert!(last.contains("untrained"));
}
