//! `headlight check`: what it prints, what it compares, and its exit status.
#![cfg(test)]

mod common;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::data;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::Value;

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_headlight"))
        .arg("check")
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A reference of the built-in demo, taken from its own export: ids, attention [4, 4, n, n], logits [n, V].
struct Reference {
    ids: Vec<i64>,
    attention: Option<Vec<f32>>,
    logits: Option<Vec<f32>>,
}

const LAYERS: usize = 4;
const HEADS: usize = 4;

impl Reference {
    fn of_demo(folder: &Path) -> Self {
        let file = folder.join("run.safetensors");
        let output = Command::new(env!("CARGO_BIN_EXE_headlight"))
            .args(["export", "--format", "safetensors", "--logits", "--output"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let bytes = std::fs::read(file).unwrap();
        let run = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let floats = |name: &str| -> Vec<f32> {
            let data = run.tensor(name).unwrap().data();
            let chunks = data.as_chunks::<4>().0.iter();
            chunks.map(|b| f32::from_le_bytes(*b)).collect()
        };
        let ids = run.tensor("input_ids").unwrap();
        let wide = ids.dtype() == Dtype::I64;
        assert!(wide, "{:?}", ids.dtype());
        let ids = ids.data().as_chunks::<8>().0.iter();
        Self {
            ids: ids.map(|b| i64::from_le_bytes(*b)).collect(),
            attention: Some(floats("attention")),
            logits: Some(floats("logits")),
        }
    }

    fn save(&self, path: &Path) -> PathBuf {
        let n = self.ids.len();
        let bytes = |values: &[f32]| -> Vec<u8> {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        };
        let ids: Vec<u8> = self.ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        let attention = self.attention.as_deref().map(bytes);
        let logits = self.logits.as_deref().map(bytes);
        let mut tensors = vec![(
            "input_ids",
            TensorView::new(Dtype::I64, vec![n], &ids).unwrap(),
        )];
        if let Some(data) = &attention {
            let shape = vec![LAYERS, HEADS, n, n];
            tensors.push((
                "attention",
                TensorView::new(Dtype::F32, shape, data).unwrap(),
            ));
        }
        if let Some(data) = &logits {
            let shape = vec![n, data.len() / 4 / n];
            tensors.push(("logits", TensorView::new(Dtype::F32, shape, data).unwrap()));
        }
        let told = HashMap::from([("made_by".to_owned(), "the \u{1b}[31mtest".to_owned())]);
        serialize_to_file(tensors, Some(told), path).unwrap();
        path.to_owned()
    }
}

/// The demo against this reference.
fn against(reference: &Path) -> Output {
    check(&["--reference", reference.to_str().unwrap()])
}

#[test]
fn the_demo_holds_and_says_how_its_layers_attend() {
    let output = check(&["--text", "The cat sat on the mat. It was fluffy."]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    for part in [
        "layers 0-3: 4 heads, d_head 32, scale 0.1768, no window",
        "row sums: largest |sum - expected|",
        "look-ahead",
        "all 4 checks hold",
    ] {
        assert!(told.contains(part), "'{part}' is not in: {told}");
    }
    assert!(!told.contains("FAILED"));
    assert!(told.lines().all(|line| line == line.trim_end()));
}

#[test]
fn a_single_token_has_nothing_before_it() {
    let output = check(&["--text", "The"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("all 3 checks hold"), "{told}");
}

#[test]
fn its_own_export_agrees_and_a_changed_one_is_pinned_down() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reference.safetensors");
    let mut reference = Reference::of_demo(folder.path());
    let output = against(&reference.save(&path));
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("all 7 checks hold"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told:?}");

    let n = reference.ids.len();
    let cell = ((2 * HEADS + 3) * n + 5) * n + 4;
    reference.attention.as_mut().unwrap()[cell] += 0.01;
    let output = against(&reference.save(&path));
    let (told, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("FAILED  weights: largest |difference|"),
        "{told}"
    );
    assert!(told.contains("layer 2, head 3, query 5, key 4"), "{told}");
    assert!(said.contains("of 7 checks failed"), "{said}");

    // A weight where nothing may be seen counts as well.
    reference.attention.as_mut().unwrap()[cell] -= 0.01;
    reference.attention.as_mut().unwrap()[n - 1] = 0.5;
    let told = text(&against(&reference.save(&path)).stdout);
    assert!(
        told.contains(&format!("layer 0, head 0, query 0, key {}", n - 1)),
        "{told}"
    );

    // One that is no number fails, and does not hide in a maximum.
    reference.attention.as_mut().unwrap()[n - 1] = f32::NAN;
    let output = against(&reference.save(&path));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("NaN"));

    reference.attention = None;
    let row = reference.logits.as_ref().unwrap().len() / n;
    reference.logits.as_mut().unwrap()[3 * row + 17] += 1.0;
    let output = against(&reference.save(&path));
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("token 3, logit of id 17"), "{told}");
    assert!(told.contains("attention: not in the file"), "{told}");
}

#[test]
fn attention_or_logits_alone_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reference.safetensors");
    let whole = Reference::of_demo(folder.path());
    let only = Reference {
        logits: None,
        ids: whole.ids.clone(),
        attention: whole.attention,
    };
    let output = against(&only.save(&path));
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("logits: not in the file") && told.contains("all 6 checks hold"));
    let only = Reference {
        attention: None,
        logits: whole.logits,
        ids: whole.ids,
    };
    let output = against(&only.save(&path));
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("attention: not in the file") && told.contains("all 5 checks hold"));
}

/// Fails with status 1, prints no report, and says this.
fn refused(reference: &Path, said: &str) {
    let output = against(reference);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(output.stdout.is_empty());
    assert!(error.contains(said), "'{said}' is not in: {error}");
    assert!(
        !error.contains("panicked") && !error.contains('\u{1b}'),
        "{error}"
    );
}

#[test]
fn the_json_export_says_whether_it_can_be_trusted() {
    let output = Command::new(env!("CARGO_BIN_EXE_headlight"))
        .args(["export", "--format", "json", "--output", "-"])
        .output()
        .unwrap();
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    let trust = &run["trust"];
    assert_eq!(
        (&trust["holds"], &trust["dtype"]),
        (&true.into(), &"f32".into())
    );
    let layer = &trust["layers"][3];
    assert_eq!(layer["layer"], 3);
    assert_eq!(layer["attention"]["kv_heads"], HEADS);
    assert_eq!(layer["outside"], 0);
    assert_eq!(layer["not_finite"]["queries"], 0);
}

#[test]
fn references_of_other_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reference.safetensors");
    let good = || Reference::of_demo(folder.path());
    let saved = |change: &dyn Fn(&mut Reference)| {
        let mut reference = good();
        change(&mut reference);
        reference.save(&path)
    };
    refused(&saved(&|r| r.ids[2] = 3072), "token id 3072");
    refused(&saved(&|r| r.ids[2] = -1), "-1 for a token id");
    refused(
        &saved(&|r| {
            r.logits.as_mut().unwrap().truncate(11 * 100);
            r.attention = None;
        }),
        "logits [11, 100] and this model gives [11, 3072]",
    );
    refused(
        &saved(&|r| {
            r.attention = None;
            r.logits = None;
        }),
        "has neither",
    );
    refused(
        &saved(&|r| {
            r.ids = vec![1; 200];
            r.attention = None;
            r.logits = Some(vec![0.0; 200]);
        }),
        "has 200 tokens, but this model reads at most 128",
    );
    refused(
        &saved(&|r| {
            r.ids.clear();
            r.attention = Some(Vec::new());
            r.logits = None;
        }),
        "no token",
    );
}

#[test]
fn broken_references_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reference.safetensors");
    refused(&path, "can't be read");
    refused(folder.path(), "is not a regular file");
    let good = std::fs::read(Reference::of_demo(folder.path()).save(&path)).unwrap();
    let mut long = good.clone();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut header = good.clone();
    header[8..40].fill(b'\x1b');
    let described = |json: &str| {
        let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
        bytes.extend(json.bytes());
        bytes
    };
    let huge = format!(
        r#"{{"input_ids":{{"dtype":"I64","shape":[{}],"data_offsets":[0,{}]}}}}"#,
        1u64 << 40,
        1u64 << 43
    );
    let wrong = r#"{"input_ids":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"logits":{"dtype":"I32","shape":[1,3072],"data_offsets":[4,12292]}}"#;
    let mut wrong = described(wrong);
    wrong.extend(vec![0; 12292]);
    let cases: [(&[u8], &str); 7] = [
        (b"", "can't be read"),
        (b"\x08\0\0\0\0\0\0\0{}", "not a complete safetensors file"),
        (&good[..good.len() - 1], "cut off"),
        (&long, "not a complete safetensors file"),
        (&header, "is not a safetensors file"),
        (&described(&huge), "cut off"),
        (&wrong, "input_ids [1] in F32"),
    ];
    for (bytes, said) in cases {
        std::fs::write(&path, bytes).unwrap();
        refused(&path, said);
    }
}

#[test]
fn a_text_and_a_reference_are_a_usage_error() {
    let output = check(&["--reference", "x.safetensors", "--text", "a"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[test]
fn json_holds_the_same() {
    let output = check(&["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["holds"], true);
    assert_eq!(report["checks"].as_array().unwrap().len(), 4);
    let layers = report["trust"]["layers"].as_array().unwrap();
    assert_eq!(layers.len(), LAYERS);
    assert_eq!(layers[2]["attention"]["heads"], HEADS);
    assert!(layers[2]["row_sum"]["error"].as_f64().unwrap() < 1e-5);
}

#[test]
fn references_of_other_peoples_code_agree() {
    for name in [
        "hub/gpt2_bf16",
        "hub/gpt2_sharded",
        "scripts/nanogpt/ckpt.pt",
        "scripts/gpt_from_scratch/best_model.pt",
    ] {
        let model = data(name);
        let folder = if model.is_dir() {
            &model
        } else {
            model.parent().unwrap()
        };
        let reference = folder.join("reference.safetensors");
        let arguments = [
            model.to_str().unwrap(),
            "--reference",
            reference.to_str().unwrap(),
        ];
        let output = check(&arguments);
        let told = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{name}: {told}");
        assert!(told.contains("all 7 checks hold"), "{name}: {told}");
    }
}

#[test]
fn weights_that_are_no_numbers_fail_on_their_own() {
    let model = data("hub/gpt2_bf16/model.safetensors");
    let folder = tempfile::tempdir().unwrap();
    let from = model.parent().unwrap();
    for name in ["config.json", "tokenizer.json"] {
        std::fs::copy(from.join(name), folder.path().join(name)).unwrap();
    }
    let mut bytes = std::fs::read(model).unwrap();
    let last = bytes.len() - 2;
    // The end of the last tensor in the file; one NaN spreads from wherever that is used.
    bytes[last..].copy_from_slice(&half::bf16::NAN.to_le_bytes());
    std::fs::write(folder.path().join("model.safetensors"), bytes).unwrap();
    let path = folder.path().to_str().unwrap();
    let output = check(&[path]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("FAILED  values: NaN or infinite"), "{told}");

    let plots = folder.path().join("plots");
    let output = Command::new(env!("CARGO_BIN_EXE_headlight"))
        .args(["analyze", path, "--output-dir", plots.to_str().unwrap()])
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("NaN or infinite"), "{said}");
}

#[test]
fn the_diagnosis_and_the_loss_of_the_text_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = Reference::of_demo(folder.path());
    let logits = run.logits.unwrap();
    let rows = logits.chunks(logits.len() / run.ids.len());
    // The mean over the tokens after the first of the log-sum-exp less the token's own logit.
    let losses = rows.zip(&run.ids[1..]).map(|(row, &next)| {
        let sum: f64 = row.iter().map(|&logit| f64::from(logit).exp()).sum();
        sum.ln() - f64::from(row[next as usize])
    });
    let loss = losses.sum::<f64>() / (run.ids.len() - 1) as f64;

    let told = text(&check(&[]).stdout);
    let line = format!("loss of the text: {loss:.3} nats a token, a uniform guess has ln 3072");
    assert!(told.contains(&line), "{line} is not in: {told}");
    assert!(told.contains("diagnosis: nothing is wrong"), "{told}");
    let report: Value = serde_json::from_slice(&check(&["--json"]).stdout).unwrap();
    assert!((report["loss"].as_f64().unwrap() - loss).abs() < 1e-4);
    assert!((report["uniform_loss"].as_f64().unwrap() - 3072f64.ln()).abs() < 1e-9);
    assert_eq!(report["diagnosis"].as_array().unwrap().len(), 0);

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let untrained = root.join("checkpoints/step-00000.safetensors");
    let untrained = untrained.to_str().unwrap();
    let output = check(&[untrained]);
    assert_eq!(output.status.code(), Some(0), "the numbers are right");
    let told = text(&output.stdout);
    assert!(told.contains("diagnosis: near-uniform rows in all 16 heads"));
    assert!(told.contains("the numbers are right, the model is not"));
    let report: Value = serde_json::from_slice(&check(&[untrained, "--json"]).stdout).unwrap();
    assert_eq!(report["diagnosis"][0]["problem"], "near-uniform");
}
