//! Keys of GGUF metadata that converters leave out where they equal a default or a whole.

use std::path::Path;

use headlight::checkpoint::Checkpoint;
use headlight::model::family::{ARCHITECTURES, plan};
use headlight::model::{Hints, Plan};

use crate::writer::{file, gguf, gguf_entry, gguf_string, gguf_tensor};

/// The value of a metadata entry.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    Size(u32),
    Number(f32),
    Flag(bool),
}

/// Keys without the architecture, and their values.
type Entries = Vec<(&'static str, Of)>;

const LAYERS: u32 = 2;
const HEADS: u32 = 4;

/// Parts of a block that all have, and those of one architecture alone, by the name of what was converted.
fn parts(model_type: &str) -> Vec<&'static str> {
    let (fused, separate) = (vec!["attn_qkv"], vec!["attn_q", "attn_k", "attn_v"]);
    let before = ["attn_norm", "ffn_norm"];
    let behind = ["post_attention_norm", "post_ffw_norm"];
    let normed = ["attn_q_norm", "attn_k_norm"];
    let mut parts = match model_type {
        "gpt2" | "gpt_neox" | "phi3" => fused,
        _ => separate,
    };
    parts.extend(["attn_output", "ffn_down"]);
    if model_type != "olmo2" {
        parts.extend(before);
    }
    if ["olmo2", "gemma2", "gemma3_text"].contains(&model_type) {
        parts.extend(behind);
    }
    if ["olmo2", "qwen3", "gemma3_text"].contains(&model_type) {
        parts.extend(normed);
    }
    match model_type {
        "mixtral" => {
            parts.pop();
            parts.pop();
            parts.extend(before);
            parts.retain(|part| *part != "ffn_down");
            parts.dedup();
            parts.extend([
                "ffn_gate_inp",
                "ffn_gate_exps",
                "ffn_up_exps",
                "ffn_down_exps",
            ]);
        }
        "gpt2" | "gpt_neox" | "phi3" | "starcoder2" => parts.push("ffn_up"),
        _ => parts.extend(["ffn_gate", "ffn_up"]),
    }
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// A file of an architecture with these entries and, beside its own tensors, `more`.
fn write(
    folder: &Path,
    (name, model_type): (&str, &str),
    entries: &[(&str, Of)],
    more: &[&str],
) -> Result<Plan, String> {
    let mut all = vec![gguf_entry(
        "general.architecture",
        8,
        &gguf_string(name.as_bytes()),
    )];
    for (key, value) in entries {
        let key = format!("{name}.{key}");
        all.push(match value {
            Of::Size(size) => gguf_entry(&key, 4, &size.to_le_bytes()),
            Of::Number(number) => gguf_entry(&key, 6, &number.to_le_bytes()),
            Of::Flag(flag) => gguf_entry(&key, 7, &[u8::from(*flag)]),
        });
    }
    let mut names = vec!["token_embd".to_owned(), "output_norm".to_owned()];
    if model_type == "gpt2" {
        names.push("position_embd".to_owned());
    }
    for layer in 0..LAYERS {
        let parts = parts(model_type).into_iter().chain(more.iter().copied());
        names.extend(parts.map(|part| format!("blk.{layer}.{part}")));
    }
    let tensors: Vec<Vec<u8>> = (0u64..)
        .zip(&names)
        .map(|(at, name)| gguf_tensor(&format!("{name}.weight"), &[8], 0, 32 * at))
        .collect();
    let data = vec![0; 32 * names.len()];
    let path = file(folder, "model.gguf", &gguf(3, &all, &tensors, &data));
    let checkpoint = Checkpoint::open(&path).map_err(|error| error.to_string())?;
    plan(&checkpoint, &Hints::default()).map_err(|error| error.to_string())
}

/// All keys that an architecture may leave out, with what they mean where they are absent, behind those that it needs.
fn explicit(model_type: &str) -> (Entries, Entries) {
    let epsilon = match model_type {
        "gpt2" | "gpt_neox" | "stablelm" | "starcoder2" => "attention.layer_norm_epsilon",
        _ => "attention.layer_norm_rms_epsilon",
    };
    let mut needed = vec![
        ("block_count", Of::Size(LAYERS)),
        ("context_length", Of::Size(64)),
        ("embedding_length", Of::Size(32)),
        ("feed_forward_length", Of::Size(64)),
        ("attention.head_count", Of::Size(HEADS)),
        (epsilon, Of::Number(1e-5)),
    ];
    let mut optional = vec![
        ("attention.head_count_kv", Of::Size(HEADS)),
        ("attention.key_length", Of::Size(8)),
        ("attention.value_length", Of::Size(8)),
        ("attention.causal", Of::Flag(true)),
    ];
    if model_type != "gpt2" {
        optional.push(("rope.freq_base", Of::Number(10_000.0)));
        optional.push(("rope.dimension_count", Of::Size(8)));
    }
    match model_type {
        "gemma2" => optional.extend([
            ("attention.sliding_window", Of::Size(4096)),
            ("attn_logit_softcapping", Of::Number(50.0)),
            ("final_logit_softcapping", Of::Number(30.0)),
        ]),
        "gemma3_text" => optional.push(("attention.sliding_window", Of::Size(0))),
        "phi3" | "starcoder2" => optional.push(("attention.sliding_window", Of::Size(0))),
        "mixtral" => needed.extend([
            ("expert_count", Of::Size(4)),
            ("expert_used_count", Of::Size(2)),
        ]),
        "gpt_neox" => optional.push(("use_parallel_residual", Of::Flag(true))),
        "stablelm" => optional.push(("use_parallel_residual", Of::Flag(false))),
        "granite" => optional.extend([
            ("embedding_scale", Of::Number(1.0)),
            ("residual_scale", Of::Number(1.0)),
            ("logit_scale", Of::Number(1.0)),
            ("attention.scale", Of::Number(1.0)),
        ]),
        _ => {}
    }
    if model_type != "mixtral" {
        optional.push(("expert_count", Of::Size(0)));
        optional.push(("expert_used_count", Of::Size(0)));
    }
    (needed, optional)
}

#[test]
fn what_equals_a_default_may_be_absent_in_every_architecture() {
    let folder = tempfile::tempdir().unwrap();
    for row in ARCHITECTURES {
        let of = (row.name, row.model_type);
        let (needed, optional) = explicit(row.model_type);
        let all = [needed.clone(), optional.clone()].concat();
        let whole = write(folder.path(), of, &all, &[]);
        let whole = whole.unwrap_or_else(|error| panic!("{}: {error}", row.model_type));
        assert_eq!(whole.spec.kv_heads, 4, "{}", row.model_type);
        assert_eq!(whole.spec.head_dim, 8, "{}", row.model_type);
        let rotary = whole.spec.layers[1].rotary.as_ref();
        assert_eq!(rotary.is_some(), row.model_type != "gpt2");
        assert!(rotary.is_none_or(|rotary| rotary.dims == 8 && rotary.theta == 10_000.0));
        for absent in optional.iter().map(Some).chain([None]) {
            let rest = all.iter().filter(|entry| match absent {
                Some(absent) => *entry != absent,
                // None of them is there.
                None => needed.contains(entry),
            });
            let rest: Vec<_> = rest.copied().collect();
            let found = write(folder.path(), of, &rest, &[]);
            let found =
                found.unwrap_or_else(|error| panic!("{} {absent:?}: {error}", row.model_type));
            assert_eq!(
                found.spec, whole.spec,
                "{} without {absent:?}",
                row.model_type
            );
            assert_eq!(
                found.names, whole.names,
                "{} without {absent:?}",
                row.model_type
            );
        }
    }
}

#[test]
fn any_number_of_rotary_dimensions_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    for head_dim in [6u32, 64, 80, 98, 110, 128, 196, 256] {
        for dims in (2..=head_dim).step_by(2) {
            let (mut entries, _) = explicit("gpt_neox");
            entries.retain(|(key, _)| *key != "embedding_length");
            entries.extend([
                ("embedding_length", Of::Size(HEADS * head_dim)),
                ("rope.dimension_count", Of::Size(dims)),
            ]);
            let plan = write(folder.path(), ("gptneox", "gpt_neox"), &entries, &[]).unwrap();
            let rotary = plan.spec.layers[0].rotary.as_ref().unwrap();
            assert_eq!(rotary.dims, dims as usize, "of {head_dim}");
        }
    }
}

#[test]
fn what_no_key_says_is_told_by_tensors() {
    let folder = tempfile::tempdir().unwrap();
    // Norms of queries and keys have no key in StableLM.
    let (needed, _) = explicit("stablelm");
    let of = ("stablelm", "stablelm");
    let plan = write(folder.path(), of, &needed, &["attn_q_norm", "attn_k_norm"]).unwrap();
    let names = &plan.names.blocks[0];
    assert!(names.q_norm.is_some() && names.k_norm.is_some());

    // A window of Gemma 3 is of five layers in six; without one there is none.
    let (needed, _) = explicit("gemma3_text");
    let window = ("attention.sliding_window", Of::Size(16));
    let of = ("gemma3", "gemma3_text");
    let plan = write(
        folder.path(),
        of,
        &[needed.clone(), vec![window]].concat(),
        &[],
    )
    .unwrap();
    assert_eq!(plan.spec.layers[0].rule.window, Some(16));
    let plan = write(folder.path(), of, &needed, &[]).unwrap();
    assert!(
        plan.spec
            .layers
            .iter()
            .all(|layer| layer.rule.window.is_none())
    );

    // A factor without a kind is a linear one.
    let (needed, _) = explicit("llama");
    let of = ("llama", "llama");
    let with = |entries: &[(&'static str, Of)]| {
        let entries = [needed.clone(), entries.to_vec()].concat();
        write(folder.path(), of, &entries, &[]).unwrap().spec
    };
    let plain = with(&[]);
    for key in ["rope.scaling.factor", "rope.scale_linear"] {
        assert_eq!(with(&[(key, Of::Number(1.0))]), plain);
        assert_eq!(with(&[(key, Of::Number(0.0))]), plain);
        let stretched = with(&[(key, Of::Number(4.0))]);
        assert_eq!(stretched.context, 4 * plain.context, "{key}");
    }

    // A model that sees later tokens is none of these.
    let entries = [needed, vec![("attention.causal", Of::Flag(false))]].concat();
    let error = write(folder.path(), of, &entries, &[]).unwrap_err();
    assert!(error.contains("attention.causal"), "{error}");
}
