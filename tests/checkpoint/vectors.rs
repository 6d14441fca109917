//! Every tensor of the reader vectors and of the real checkpoints, against what PyTorch reads.

use std::collections::BTreeSet;

use headlight::checkpoint::{Checkpoint, Dtype, Format};
use serde_json::Value;

use crate::common::{data, shared};

fn expected_dtype(name: &str) -> Dtype {
    match name {
        "float64" => Dtype::F64,
        "float32" => Dtype::F32,
        "float16" => Dtype::F16,
        "bfloat16" => Dtype::BF16,
        "int64" => Dtype::I64,
        "int32" => Dtype::I32,
        "int16" => Dtype::I16,
        "int8" => Dtype::I8,
        "uint8" => Dtype::U8,
        "bool" => Dtype::Bool,
        other => panic!("unknown dtype {other}"),
    }
}

/// A number of the expectations, which may be written as "nan" or "inf".
fn number(value: &Value) -> f64 {
    match value {
        Value::Number(n) => n.as_f64().unwrap(),
        Value::String(s) => s.parse().unwrap(),
        other => panic!("not a number: {other}"),
    }
}

#[test]
#[ignore = "reads ../shared"]
fn tensors_equal_what_pytorch_reads() {
    let shared = shared("");
    let text = std::fs::read_to_string(shared.join("vectors/expected_tensors.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let (mut files, mut tensors) = (0, 0);
    for (file, expected) in all.as_object().unwrap() {
        let path = shared.join(file);
        if let Some(error) = expected.get("torch_error") {
            let ours = Checkpoint::open(&path).unwrap_err().to_string();
            println!("{file}: torch: {error}, ours: {ours}");
            continue;
        }
        let checkpoint = Checkpoint::open(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
        // What a training script saves beside the model.
        let outside = ["optimizer.", "optimizer_state_dict.", "best_val_loss"];
        let expected: Vec<(&String, &Value)> = expected["tensors"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| !outside.iter().any(|o| name.starts_with(o)))
            .collect();
        let alias = usize::from(file.contains("tinystories-656k-hf-f32"));
        assert_eq!(checkpoint.tensors().len(), expected.len() + alias, "{file}");
        for (full, want) in expected {
            // The expectations' names carry the key of the wrapper.
            let (name, info) = checkpoint
                .tensors()
                .iter()
                .filter(|(name, _)| full == *name || full.ends_with(&format!(".{name}")))
                .max_by_key(|(name, _)| name.len())
                .unwrap_or_else(|| panic!("{file}: {full} is missing"));
            assert_eq!(
                info.dtype,
                expected_dtype(want["dtype"].as_str().unwrap()),
                "{file} {full}"
            );
            let shape: Vec<usize> = serde_json::from_value(want["shape"].clone()).unwrap();
            assert_eq!(info.shape, shape, "{file} {full}");
            let values = checkpoint.read_f32(name).unwrap();
            let first = want["first"].as_array().unwrap();
            for (ours, want) in values.iter().zip(first) {
                let want = number(want);
                assert!(
                    *ours == want as f32 || ours.is_nan() && want.is_nan(),
                    "{file} {full}: {ours} for {want}"
                );
            }
            let sum: f64 = values.iter().map(|&v| f64::from(v)).sum();
            let scale: f64 = values.iter().map(|&v| f64::from(v).abs()).sum();
            match want["sum"].as_f64() {
                Some(want) => {
                    let close = (sum - want).abs() <= 1e-6 * scale.max(1.0);
                    assert!(close || scale > 1e30, "{file} {full}: sum {sum} for {want}");
                }
                None => assert!(
                    values.is_empty() || !sum.is_finite(),
                    "{file} {full}: sum {sum}"
                ),
            }
            tensors += 1;
        }
        files += 1;
    }
    println!("{files} files, {tensors} tensors");
    assert!(
        files >= 55 && tensors >= 350,
        "{files} files, {tensors} tensors"
    );
}

#[test]
#[ignore = "reads ../shared"]
fn the_broken_vector_is_a_clear_error() {
    let shared = shared("");
    let path = shared.join("vectors/burn-pt/src__pytorch__tests__reader__test_data__broken.pt");
    let error = Checkpoint::open(&path).unwrap_err().to_string();
    assert!(
        error.contains("is not a checkpoint: it is text that begins with 'abc'"),
        "{error}"
    );
}

/// Names, configuration and format of each case of `tests/data`.
#[test]
fn checkpoints_open_with_names_and_configuration() {
    let folder = data("");
    let n_head = ["n_head", "number_of_heads"];
    for (file, format, tensors, name, heads) in [
        (
            "scripts/gpt_from_scratch/best_model.pt",
            Format::PyTorchZip,
            33,
            "token_embedding.weight",
            Some(4),
        ),
        (
            "scripts/gpt_from_scratch_bias/best_model.pt",
            Format::PyTorchZip,
            39,
            "transformer_blocks.0.attention.W_query.bias",
            Some(4),
        ),
        (
            "scripts/gpt_from_scratch_no_config/best_model.pt",
            Format::PyTorchZip,
            33,
            "transformer_blocks.1.attention.mask",
            None,
        ),
        (
            "scripts/llms_from_scratch/model.pth",
            Format::PyTorchZip,
            33,
            "trf_blocks.0.att.W_query.weight",
            None,
        ),
        (
            "scripts/nanogpt/ckpt.pt",
            Format::PyTorchZip,
            16,
            "transformer.h.1.attn.c_attn.weight",
            Some(4),
        ),
        (
            "scripts/nanogpt_bias/ckpt.pt",
            Format::PyTorchZip,
            29,
            "transformer.h.1.attn.c_attn.bias",
            Some(4),
        ),
        (
            "hub/gpt2_bin",
            Format::PyTorchZip,
            29,
            "transformer.h.0.attn.c_attn.weight",
            Some(4),
        ),
        (
            "hub/gpt2_f16",
            Format::Safetensors,
            28,
            "transformer.h.0.attn.c_attn.weight",
            Some(4),
        ),
        (
            "hub/gpt2_bf16",
            Format::Safetensors,
            28,
            "transformer.h.0.attn.c_attn.weight",
            Some(4),
        ),
        (
            "hub/gpt2_sharded",
            Format::ShardedSafetensors,
            28,
            "transformer.h.0.attn.c_attn.weight",
            Some(4),
        ),
        (
            "hub/gpt2_sharded/model-00002-of-00002.safetensors",
            Format::ShardedSafetensors,
            28,
            "transformer.wte.weight",
            Some(4),
        ),
        (
            "hub/gpt2_sharded/model.safetensors.index.json",
            Format::ShardedSafetensors,
            28,
            "transformer.wte.weight",
            Some(4),
        ),
        (
            "hub/gpt2_f16/model.safetensors",
            Format::Safetensors,
            28,
            "transformer.wte.weight",
            Some(4),
        ),
    ] {
        let checkpoint =
            Checkpoint::open(&folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(checkpoint.format(), format, "{file}");
        assert_eq!(
            checkpoint.tensors().len(),
            tensors,
            "{file}: {:?}",
            checkpoint.tensors().keys()
        );
        assert!(checkpoint.tensors().contains_key(name), "{file}: {name}");
        let found = checkpoint
            .config()
            .and_then(|config| n_head.iter().find_map(|key| config.get(key)))
            .and_then(Value::as_u64);
        assert_eq!(found, heads, "{file}");
        assert_eq!(
            checkpoint.folder().unwrap(),
            folder.join(file.split('/').take(2).collect::<Vec<_>>().join("/")),
            "{file}"
        );
        for (name, info) in checkpoint.tensors() {
            assert_eq!(
                checkpoint.read_f32(name).unwrap().len(),
                info.elements().unwrap(),
                "{file} {name}"
            );
        }
    }
    let open = |file: &str| Checkpoint::open(&folder.join(file)).unwrap();
    // nanoGPT: model_args is the model's, config the training run's.
    let nano = open("scripts/nanogpt/ckpt.pt");
    assert_eq!(nano.config().unwrap()["block_size"], 64);
    assert_eq!(nano.extra()["config"]["dataset"], "shakespeare_char");
    assert_eq!(nano.extra()["iter_num"], 2000);
    assert!(!nano.extra().contains_key("optimizer"));
    assert_eq!(
        open("scripts/gpt_from_scratch_bias/best_model.pt")
            .config()
            .unwrap()["query_key_value_bias"],
        true
    );
    assert_eq!(
        open("scripts/gpt_from_scratch/best_model.pt").extra()["val_loss"],
        2.456
    );
    for (file, name) in [
        ("hub/gpt2_f16", "gpt2_f16"),
        ("hub/gpt2_f16/model.safetensors", "gpt2_f16"),
        (
            "hub/gpt2_sharded/model-00002-of-00002.safetensors",
            "gpt2_sharded",
        ),
        ("scripts/nanogpt/ckpt.pt", "ckpt"),
    ] {
        assert_eq!(open(file).name(), name);
    }
    // The same weights in one file, in half precision and in shards.
    let (whole, sharded, half) = (
        open("hub/gpt2_bin"),
        open("hub/gpt2_sharded"),
        open("hub/gpt2_f16"),
    );
    assert_eq!(sharded.files().count(), 2);
    for name in half.tensors().keys() {
        let expected = whole.read_f32(name).unwrap();
        assert_eq!(sharded.read_f32(name).unwrap().len(), expected.len());
        for (ours, want) in half.read_f32(name).unwrap().iter().zip(&expected) {
            assert!((ours - want).abs() <= 1e-3 * want.abs().max(1.0), "{name}");
        }
    }
}

#[test]
#[ignore = "reads ../shared"]
fn real_models_open_with_their_vocabularies() {
    let shared = shared("");
    let open = |file: &str| Checkpoint::open(&shared.join("models").join(file)).unwrap();
    let slm = open("charlm-slm4096/ckpt.pt");
    assert_eq!(slm.config().unwrap()["n_head"], 4);
    assert_eq!(slm.extra()["stoi"]["A"], 10);
    assert_eq!(slm.extra()["itos"]["10"], "A");
    assert_eq!(slm.extra()["stoi"].as_object().unwrap().len(), 54);
    let byhand = open("nanogpt-byhand/ckpt.pt");
    assert_eq!(byhand.config().unwrap()["num_heads"], 2);
    assert!(byhand.tensors().contains_key("transformer.h.1.ln_2.gamma"));
    assert!(
        byhand
            .notes()
            .iter()
            .any(|note| note.contains("best_val_loss")),
        "{:?}",
        byhand.notes()
    );
    assert!(
        open("untrained-char/tiny_shakespeare.pt")
            .config()
            .is_none()
    );
    assert_eq!(open("rnn-not-a-transformer/model.pt").tensors().len(), 6);
    assert_eq!(
        open("stories260k/derived_hf/model.safetensors")
            .config()
            .unwrap()["model_type"],
        "llama"
    );

    // The embedding is stored once and named as an alias in the metadata.
    let tied = open("tinystories-656k-hf-f32");
    let (a, b) = ("model.embed_tokens.weight", "lm_head.weight");
    assert_eq!(tied.tensors()[a], tied.tensors()[b]);
    assert_eq!(tied.read_f32(a).unwrap(), tied.read_f32(b).unwrap());
    assert!(!tied.extra().contains_key(a));

    // The families and every other folder with a config.json open as well.
    let mut opened = BTreeSet::new();
    for family in std::fs::read_dir(shared.join("reference/families")).unwrap() {
        let path = family.unwrap().path();
        let checkpoint = Checkpoint::open(&path).unwrap();
        assert!(checkpoint.config().unwrap()["model_type"].is_string());
        opened.insert(checkpoint.name());
    }
    assert_eq!(opened.len(), 29, "{opened:?}");
}

#[test]
#[ignore = "reads ../shared"]
fn a_hash_is_over_the_weight_files() {
    let shared = shared("");
    // From SOURCE.txt beside the file.
    let slm = Checkpoint::open(&shared.join("models/charlm-slm4096/ckpt.pt")).unwrap();
    assert_eq!(
        slm.sha256().unwrap(),
        "95c66b8c8bffa05c0d7992d29add046d400eef3add4bc1eecd7a0b6abb3e3601"
    );
    assert_eq!(slm.bytes_on_disk(), 1_126_529);
}
