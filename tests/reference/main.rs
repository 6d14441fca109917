//! Every checkpoint of the reference agrees with somebody else's code, computed in float64.
//!
//! The cases are folders with a `reference.safetensors`: `input_ids` [n], `attention` [L, H, n, n]
//! and `logits` [n, V]. A case that is added is tested without a line of code.

#![cfg(test)]

#[path = "../common/mod.rs"]
mod common;
mod measure;
mod mingpt;
mod mutated;
mod refused;
mod stories;
mod table;
mod variants;

use std::path::{Path, PathBuf};

use common::{data, shared};
use headlight::checkpoint::Checkpoint;
use headlight::model::{Decoder, Hints, Precision, ScaleBy, family};
use measure::{Errors, Reference, decoder};

/// The checkpoint of a case: the one file of a training script in it, else the folder itself.
fn checkpoint_of(case: &Path) -> Checkpoint {
    let files = [
        "best_model.pt",
        "consolidated.00.pth",
        "ckpt.pt",
        "model.pth",
        "model.pt",
        "model.gguf",
    ];
    let file = files.iter().map(|name| case.join(name));
    let file = file.into_iter().find(|path| path.exists());
    Checkpoint::open(&file.unwrap_or_else(|| case.to_owned())).unwrap()
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

/// A folder of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cases {
    /// What training scripts write: small ones of the project.
    Scripts,
    /// GPT-2 in the forms of the Hugging Face Hub: small ones of the project.
    Hub,
    /// Files whose own configuration says more than sizes: small ones of the project.
    Own,
    /// Tiny models of every family, with unusual switches: of the project.
    Variants,
    /// Every family, of ../shared.
    Families,
    /// What public training code writes, of ../shared.
    Checkpoints,
    /// What llama.cpp's converter writes, of ../shared.
    Gguf,
}

impl Cases {
    fn folder(self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        match self {
            Self::Scripts => data("scripts"),
            Self::Hub => data("hub"),
            Self::Own => data("own"),
            Self::Variants => root.join("tests/reference/variants"),
            Self::Families => shared("reference/families"),
            Self::Checkpoints => shared("reference/checkpoints"),
            Self::Gguf => shared("reference/gguf"),
        }
    }
}

/// The cases of a folder, in the order of their names.
fn cases(of: Cases) -> Vec<PathBuf> {
    let folder = of.folder();
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("reference.safetensors").exists())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// What only the person knows of a bare state dict.
fn hints(name: &str) -> Hints {
    let bare = ["gpt_from_scratch_no_config", "llms_from_scratch", "mingpt"];
    Hints {
        heads: bare.contains(&name).then_some(4),
        scale: None,
    }
}

fn errors(case: &Path, checkpoint: &Checkpoint, block_rows: Option<usize>) -> Errors {
    let name = name(case);
    let reference = Reference::read(&case.join("reference.safetensors"));
    let (_, mut decoder) = decoder(checkpoint, &hints(&name));
    if let Some(rows) = block_rows {
        decoder.set_block_rows(rows);
    }
    Errors::of(&name, &decoder, &reference)
}

/// Asserts that all cases agree, after all have been measured.
fn assert_agree(measured: Vec<(String, Errors)>) {
    let past = measured.iter().filter_map(|(name, errors)| {
        let what = errors.too_large();
        (!what.is_empty()).then(|| format!("{name}: {} ({errors:?})", what.join(", ")))
    });
    let past: Vec<String> = past.collect();
    assert!(past.is_empty(), "{}", past.join("\n"));
}

/// A GGUF case with the configuration that was converted.
fn converted(case: &Path) -> Checkpoint {
    let name = name(case);
    let family = name.split('-').next().unwrap();
    let config = shared(&format!("reference/families/{family}/config.json"));
    let config = serde_json::from_str(&std::fs::read_to_string(config).unwrap()).unwrap();
    let mut checkpoint = checkpoint_of(case);
    checkpoint.set_config(config);
    checkpoint
}

fn measure(of: Cases) -> Vec<(String, Errors)> {
    let cases = cases(of).into_iter();
    cases
        .map(|case| (name(&case), errors(&case, &checkpoint_of(&case), None)))
        .collect()
}

#[test]
fn checkpoints_of_training_scripts_agree() {
    assert_agree(measure(Cases::Scripts));
}

#[test]
fn forms_of_the_hub_agree() {
    assert_agree(measure(Cases::Hub));
}

#[test]
fn what_a_configuration_says_beside_sizes_is_used() {
    assert_agree(measure(Cases::Own));
}

#[test]
fn switches_of_a_script_are_used_or_refused_by_name() {
    let with = |key: &str, value: serde_json::Value| {
        let mut checkpoint = Checkpoint::open(&data("scripts/nanogpt/ckpt.pt")).unwrap();
        let mut config = checkpoint.config().unwrap().as_object().unwrap().clone();
        config.insert(key.to_owned(), value);
        checkpoint.set_config(config);
        family::plan(&checkpoint, &Hints::default())
    };
    use headlight::model::Activation;
    for (name, activation) in [
        ("gelu", Activation::Gelu),
        ("gelu_tanh", Activation::GeluTanh),
        ("nn.ReLU", Activation::Relu),
    ] {
        let plan = with("activation", name.into()).unwrap();
        assert_eq!((plan.spec.activation, plan.assumed.len()), (activation, 0));
    }
    assert_eq!(
        with("layer_norm_eps", 1e-3.into())
            .unwrap()
            .spec
            .norm_epsilon,
        1e-3
    );
    for (key, value) in [
        ("logit_softcap", serde_json::json!(30.0)),
        ("attn_logit_softcapping", serde_json::json!(50.0)),
        ("use_alibi", serde_json::json!(true)),
        ("n_kv_head", serde_json::json!(2)),
        ("rope_theta", serde_json::json!(10000.0)),
        ("qk_norm", serde_json::json!(true)),
        ("sliding_window", serde_json::json!(16)),
        ("causal", serde_json::json!(false)),
        ("activation", serde_json::json!("mish")),
        ("layer_norm_eps", serde_json::json!("small")),
    ] {
        let said = with(key, value.clone()).unwrap_err().to_string();
        assert!(said.contains(key), "{key} = {value}: {said}");
    }
    for (key, value) in [
        ("logit_softcap", serde_json::Value::Null),
        ("use_alibi", serde_json::json!(false)),
        ("n_kv_head", serde_json::json!(4)),
        ("causal", serde_json::json!(true)),
        ("learning_rate", serde_json::json!(3e-4)),
        ("grad_clip", serde_json::json!(1.0)),
    ] {
        assert!(with(key, value.clone()).is_ok(), "{key} = {value}");
    }
}

#[test]
#[ignore = "reads ../shared"]
fn checkpoints_of_public_training_code_agree() {
    assert_agree(measure(Cases::Checkpoints));
}

#[test]
#[ignore = "reads ../shared"]
fn families_agree() {
    assert_agree(measure(Cases::Families));
}

/// What llama.cpp's converter does not write down: the references of these were computed with the
/// configuration that was converted, which says more than the file. (Llama's `rope_freqs` are made
/// for a training context of 8192 tokens, whatever the configuration says; Gemma 2's scale of
/// scores is not in its metadata.)
const LOST: &[&str] = &["llama", "gemma2"];

#[test]
#[ignore = "reads ../shared"]
fn gguf_files_agree() {
    let mut measured = Vec::new();
    for case in cases(Cases::Gguf) {
        let name = name(&case);
        let family = name.split('-').next().unwrap();
        if !LOST.contains(&family) {
            measured.push((name, errors(&case, &checkpoint_of(&case), None)));
        }
    }
    assert_agree(measured);
}

#[test]
#[ignore = "reads ../shared"]
fn gguf_files_with_the_configuration_that_was_converted_agree() {
    let mut measured = Vec::new();
    for case in cases(Cases::Gguf) {
        measured.push((name(&case), errors(&case, &converted(&case), None)));
    }
    assert_agree(measured);
}

#[test]
fn weights_held_as_they_are_stored_lose_nothing() {
    let case = data("hub/gpt2_bf16");
    let checkpoint = checkpoint_of(&case);
    let plan = family::plan(&checkpoint, &Hints::default()).unwrap();
    let device = candle_core::Device::Cpu;
    let load =
        |precision| Decoder::load(&plan, &checkpoint, &device, precision, &mut |_, _| {}).unwrap();
    let reference = Reference::read(&case.join("reference.safetensors"));
    let held = Errors::of("held in bf16", &load(Precision::Bf16), &reference);
    assert_agree(vec![("held in bf16".to_owned(), held)]);
    // Weights that need more digits lose them.
    let case = case.with_file_name("gpt2_bin");
    let checkpoint = checkpoint_of(&case);
    let load =
        |precision| Decoder::load(&plan, &checkpoint, &device, precision, &mut |_, _| {}).unwrap();
    let reference = Reference::read(&case.join("reference.safetensors"));
    let held = Errors::of("f32 held in bf16", &load(Precision::Bf16), &reference);
    assert!(held.weight > 1e-4 && held.weight < 5e-2, "{held:?}");
}

#[test]
fn values_do_not_depend_on_the_block_size() {
    for (of, name) in [(Cases::Scripts, "nanogpt"), (Cases::Variants, "gpt_oss")] {
        let case = of.folder().join(name);
        let checkpoint = checkpoint_of(&case);
        let rows = [1, 2, 7, 19, 20, 100].into_iter();
        let measured = rows.map(|rows| {
            let errors = errors(&case, &checkpoint, Some(rows));
            (format!("{name} in blocks of {rows}"), errors)
        });
        assert_agree(measured.collect());
    }
}

#[test]
fn the_person_tells_what_no_tensor_tells() {
    let path = data("scripts/llms_from_scratch/model.pth");
    let checkpoint = Checkpoint::open(&path).unwrap();
    let scale = |heads, scale| {
        let hints = Hints {
            heads: Some(heads),
            scale,
        };
        decoder(&checkpoint, &hints).1.spec().layers[0].rule.scale
    };
    assert_eq!(scale(4, None), 1.0 / 4f32.sqrt());
    assert_eq!(scale(8, Some(ScaleBy::HeadDim)), 1.0 / 2f32.sqrt());
    assert_eq!(scale(4, Some(ScaleBy::Embedding)), 1.0 / 16f32.sqrt());
}
