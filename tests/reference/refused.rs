//! What is not understood is refused by name: edited copies of the variants.

use std::collections::BTreeMap;
use std::path::Path;

use headlight::checkpoint::Checkpoint;
use headlight::model::Hints;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::measure::try_decoder;
use super::variants::{config, folder};

/// Makes the model of a variant whose configuration was edited; gives the error's message.
fn edited(variant: &str, edit: impl Fn(&mut Map<String, Value>)) -> Result<(), String> {
    let folder = folder(variant);
    let mut config = config(&folder.join("config.json"));
    edit(&mut config);
    let mut checkpoint = Checkpoint::open(&folder).unwrap();
    checkpoint.set_config(config);
    let made = try_decoder(&checkpoint, &Hints::default());
    made.map(|_| ()).map_err(|error| error.to_string())
}

/// The message about a configuration with this value.
fn with(variant: &str, key: &str, value: Value) -> Result<(), String> {
    edited(variant, |config| {
        config.insert(key.to_owned(), value.clone());
    })
}

/// Asserts that a configuration with this value is refused in words that hold all of these.
fn refused(variant: &str, key: &str, value: Value, words: &[&str]) {
    let said = with(variant, key, value.clone());
    let said = said.expect_err(&format!("{variant}: {key} = {value}"));
    for word in words {
        assert!(said.contains(word), "{variant}: {key} = {value}: {said}");
    }
}

#[test]
fn an_unknown_family_is_named_with_all_that_are_known() {
    let words = ["'mamba9'", "llama", "gpt_neox", "gpt_oss", "starcoder2"];
    refused("llama_plain", "model_type", json!("mamba9"), &words);
}

#[test]
fn a_key_that_may_change_the_numbers_is_refused() {
    let said = ["attn_new_scale = 2.0", "not understood"];
    refused("llama_plain", "attn_new_scale", json!(2.0), &said);
    for off in [json!(null), json!(false), json!([]), json!({})] {
        assert_eq!(with("llama_plain", "attn_new_scale", off), Ok(()));
    }
    // How text is generated changes no attention.
    for key in ["temperature", "top_k", "repetition_penalty"] {
        assert_eq!(with("llama_plain", key, json!(1.5)), Ok(()));
    }
    // Words that mostly stand in harmless keys excuse nothing.
    for key in [
        "token_embedding_scale",
        "output_multiplier",
        "softmax_temperature",
    ] {
        refused("llama_plain", key, json!(2.0), &[key, "not understood"]);
    }
    assert_eq!(with("llama_plain", "sep_token_id", json!(5)), Ok(()));
    let said = ["mlp_bias"];
    refused("mistral_window", "mlp_bias", json!(true), &said);
    let scaling = json!({"rope_type": "linear", "factor": 2.0, "alpha": 1000.0});
    let said = ["rope_scaling.alpha = 1000.0", "not understood"];
    refused("llama_plain", "rope_scaling", scaling, &said);
    // Around the text model as well as in it.
    let said = ["attention_shift"];
    refused("gemma3_pictures", "attention_shift", json!(1), &said);
}

#[test]
fn kinds_that_are_not_known_are_refused_by_name() {
    let kind = json!({"rope_type": "spiral", "factor": 2.0});
    let said = ["rope_type = spiral", "llama3", "longrope"];
    refused("llama_plain", "rope_scaling", kind, &said);
    let said = ["hidden_act", "xielu", "silu"];
    refused("llama_plain", "hidden_act", json!("xielu"), &said);
    let said = ["layer_types = chunked_attention", "full_attention"];
    let types = json!(["full_attention", "full_attention", "chunked_attention"]);
    refused("gemma2_odd_layers", "layer_types", types, &said);
    let types = json!(["full_attention"]);
    let said = ["layer_types = a list of 1", "3 were expected"];
    refused("gemma2_odd_layers", "layer_types", types, &said);
}

#[test]
fn quantised_weights_are_refused_by_their_method() {
    for method in ["gptq", "bitsandbytes", "awq", "fp8", "compressed-tensors"] {
        let quantised = json!({"quant_method": method, "bits": 4});
        let said = [method, "quantised", "GGUF"];
        for variant in ["llama_plain", "gpt_oss", "gemma3_pictures"] {
            refused(variant, "quantization_config", quantised.clone(), &said);
        }
    }
    let unnamed = json!({"load_in_4bit": true});
    refused(
        "llama_plain",
        "quantization_config",
        unnamed,
        &["an unnamed method"],
    );
}

#[test]
fn sizes_that_do_not_fit_each_other_are_refused() {
    refused(
        "llama_biases",
        "num_key_value_heads",
        json!(3),
        &["num_key_value_heads = 3", "4 heads"],
    );
    refused(
        "llama_head_dim",
        "head_dim",
        json!(5),
        &["the rotary dimensions = 5", "even"],
    );
    refused("gptj_whole_heads", "rotary_dim", json!(3), &["= 3", "even"]);
    refused(
        "gptj_whole_heads",
        "rotary_dim",
        json!(8),
        &["= 8", "a head has 4"],
    );
    refused(
        "phi_qk_norm",
        "partial_rotary_factor",
        json!(1.5),
        &["1.5", "at most 1"],
    );
    refused(
        "phi_qk_norm",
        "partial_rotary_factor",
        json!(null),
        &["has no 'partial_rotary_factor'"],
    );
    refused(
        "mixtral_tied",
        "num_experts_per_tok",
        json!(4),
        &["per token = 4", "3 experts"],
    );
    refused(
        "mixtral_tied",
        "num_local_experts",
        json!(2),
        &["experts = 2", "tensors have 3"],
    );
    refused(
        "gpt_oss",
        "num_experts_per_tok",
        json!(4),
        &["per token = 4", "3 experts"],
    );
    refused(
        "qwen2_moe_mixed",
        "mlp_only_layers",
        json!([0, 1, 3]),
        &["has one MLP", "layers.3.mlp"],
    );
    refused(
        "llama_plain",
        "num_hidden_layers",
        json!(3),
        &["layers = 3", "tensors have 2"],
    );
    refused(
        "llama_plain",
        "num_hidden_layers",
        json!(1),
        &["layers = 1", "tensors have 2"],
    );
    refused(
        "gpt_neo_mixed",
        "attention_layers",
        json!(["local"]),
        &["1 layers", "3 layers"],
    );
    refused("gpt2_by_layer", "n_head", json!(5), &["5 heads", "16"]);
}

/// The published models that see leave out of `text_config` what is as the class has it.
#[test]
fn what_gemma3_leaves_out_is_as_transformers_has_it() {
    let without = |key: &str| {
        edited("gemma3_pictures", |config| {
            config["text_config"].as_object_mut().unwrap().remove(key);
        })
    };
    for (key, words) in [
        ("vocab_size", "[262208, 16]"),
        ("hidden_size", "[32, 2304]"),
        ("intermediate_size", "[9216, 16]"),
        ("num_hidden_layers", "26 were expected"),
        ("num_attention_heads", "[16, 64]"),
        ("num_key_value_heads", "[32, 16]"),
        ("head_dim", "[16, 1024]"),
    ] {
        let said = without(key).expect_err(key);
        assert!(said.contains(words), "{key}: {said}");
    }
    for key in [
        "max_position_embeddings",
        "query_pre_attn_scalar",
        "sliding_window",
    ] {
        assert_eq!(without(key), Ok(()));
    }
}

#[test]
fn biases_are_those_that_the_configuration_says() {
    let missing = ["model.layers.0.self_attn.q_proj.bias", "missing"];
    refused("llama_plain", "attention_bias", json!(true), &missing);
    let missing = ["model.layers.0.mlp.gate_proj.bias", "missing"];
    refused("llama_plain", "mlp_bias", json!(true), &missing);
    let unknown = ["model.layers.0.self_attn.q_proj.bias", "does not know"];
    refused("llama_biases", "attention_bias", json!(false), &unknown);
    let unknown = ["h.0.attn.c_attn.bias", "does not know"];
    // The same tensors as another family, which has no biases.
    let said = edited("starcoder2_window", |config| {
        config.insert("use_bias".to_owned(), json!(false));
    });
    assert!(said.unwrap_err().contains("q_proj.bias"));
    let said = changed("gpt2_by_layer", |tensors| {
        tensors.retain(|name, _| !name.ends_with("attn.c_attn.bias"));
    });
    assert!(said.unwrap_err().contains(unknown[0]));
}

/// Keys of configurations that are sizes.
const SIZES: &[&str] = &[
    "vocab_size",
    "hidden_size",
    "n_embd",
    "d_model",
    "n_embed",
    "num_hidden_layers",
    "n_layer",
    "n_layers",
    "num_layers",
    "num_attention_heads",
    "n_head",
    "n_heads",
    "num_heads",
    "num_key_value_heads",
    "num_kv_heads",
    "head_dim",
    "intermediate_size",
    "n_inner",
    "ffn_dim",
    "ffn_hidden_size",
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "sliding_window",
    "window_size",
    "num_experts",
    "num_local_experts",
    "num_experts_per_tok",
    "moe_intermediate_size",
    "shared_expert_intermediate_size",
    "word_embed_proj_dim",
    "expansion_ratio",
];

/// Sizes that nothing needs to be as the tensors are.
const FREE: &[&str] = &[
    "max_position_embeddings",
    "max_seq_len",
    "sliding_window",
    "window_size",
];

#[test]
fn impossible_sizes_are_refused_and_make_nothing_large() {
    let before = peak();
    let mut tried = 0;
    for variant in super::cases(super::Cases::Variants) {
        let name = super::name(&variant);
        let keys = config(&variant.join("config.json"));
        for key in SIZES {
            // Where it is null something else stands for it.
            let Some(stated) = keys.get(*key).filter(|value| !value.is_null()) else {
                continue;
            };
            tried += 1;
            for wrong in [
                json!(-1),
                json!(1e18),
                json!(1_000_000_000_000_000_000u64),
                json!("16"),
                json!(2.5),
                json!([4]),
            ] {
                let said = with(&name, key, wrong.clone());
                let unused = said.is_ok() && keys.get("use_sliding_window") == Some(&json!(false));
                let said = said.err().unwrap_or_default();
                assert!(
                    said.contains(key) || unused,
                    "{name}: {key} = {wrong}: {said}"
                );
            }
            for huge in [1_000_000_000u64, (1 << 31) - 1] {
                let said = with(&name, key, json!(huge));
                let bound = stated.is_u64() && !FREE.contains(key);
                // Only one of Falcon's architectures looks at it; GPT-J rotates; a layer with
                // experts has another size.
                let old = keys.get("new_decoder_architecture") == Some(&json!(false));
                let free = (old && *key == "num_kv_heads")
                    || (keys.contains_key("moe_intermediate_size") && *key == "intermediate_size")
                    || (name.starts_with("gptj") && *key == "n_positions");
                assert!(said.is_err() || !bound || free, "{name}: {key} = {huge}");
            }
        }
        let said = with(&name, "num_hidden_layers", json!(0));
        let used = keys.contains_key("num_hidden_layers");
        assert!(
            !used || said.unwrap_err().contains("num_hidden_layers"),
            "{name}"
        );
    }
    assert!(tried > 300, "{tried}");
    let grown = peak().saturating_sub(before);
    assert!(grown < 1 << 20, "{grown} kB more of address space");
}

/// The largest address space of this process so far, in kB; 0 where the system does not tell.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

/// Tensors by name: dtype, shape and bytes.
type Tensors = BTreeMap<String, (safetensors::Dtype, Vec<usize>, Vec<u8>)>;

/// As a variant's file has them.
fn tensors(folder: &Path) -> Tensors {
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let read = SafeTensors::deserialize(&bytes).unwrap();
    let all = read.iter().map(|(name, view)| {
        let parts = (view.dtype(), view.shape().to_vec(), view.data().to_vec());
        (name.to_owned(), parts)
    });
    all.collect()
}

/// Makes the model of a variant whose tensors were edited.
fn changed(variant: &str, edit: impl Fn(&mut Tensors)) -> Result<(), String> {
    let from = folder(variant);
    let mut tensors = tensors(&from);
    edit(&mut tensors);
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    let to = TempDir::new().unwrap();
    let bytes = safetensors::serialize(views, None).unwrap();
    std::fs::write(to.path().join("model.safetensors"), bytes).unwrap();
    copy(&from, to.path(), "config.json");
    let checkpoint = Checkpoint::open(to.path()).unwrap();
    let made = try_decoder(&checkpoint, &Hints::default());
    made.map(|_| ()).map_err(|error| error.to_string())
}

fn copy(from: &Path, to: &Path, name: &str) {
    std::fs::copy(from.join(name), to.join(name)).unwrap();
}

/// Every tensor of every variant in turn is left out, doubled under another name, or cut short.
#[test]
fn a_tensor_that_is_missing_unknown_or_of_another_shape_is_named() {
    for variant in super::cases(super::Cases::Variants) {
        let variant = super::name(&variant);
        let names: Vec<String> = tensors(&folder(&variant)).into_keys().collect();
        let pictures = |name: &&String| !name.contains("vision") && !name.contains("multi_modal");
        for name in names.iter().filter(pictures).step_by(3) {
            let said = changed(&variant, |tensors| {
                tensors.remove(name);
            });
            // Without the last block's tensors, or an expert's first, another count is found.
            let said = said.expect_err(&format!("{variant} without {name}"));
            let counted = said.contains("the tensors have");
            let stem = name.trim_end_matches("_blocks").trim_end_matches("_scales");
            assert!(
                said.contains(stem) || counted,
                "{variant} without {name}: {said}"
            );

            let said = changed(&variant, |tensors| {
                let (dtype, mut shape, mut data) = tensors[name].clone();
                let row = data.len() / shape[0];
                data.truncate(row * (shape[0] - 1));
                shape[0] -= 1;
                tensors.insert(name.clone(), (dtype, shape, data));
            });
            let said = said.expect_err(&format!("{variant} with less of {name}"));
            assert!(said.contains(stem), "{variant} with less of {name}: {said}");
        }
        let said = changed(&variant, |tensors| {
            let any = tensors.values().next().unwrap().clone();
            tensors.insert("model.strange_gate.weight".to_owned(), any);
        });
        let said = said.expect_err(&variant);
        assert!(
            said.contains("model.strange_gate.weight"),
            "{variant}: {said}"
        );
    }
}
