//! What llama.cpp's converter made of known weights, in GGUF files.

use std::collections::BTreeMap;

use headlight::checkpoint::{BlockType, Checkpoint, Dtype, read_gguf_metadata};

use crate::gguf::bits;

/// A tensor of a Hugging Face checkpoint, in each form that llama.cpp's converter may give it.
fn forms(values: &[f32], shape: &[usize], heads: &[usize]) -> Vec<(&'static str, Vec<f32>)> {
    let columns: usize = shape[1..].iter().product();
    let rows = shape[0];
    let ordered = |order: &dyn Fn(usize) -> usize| -> Vec<f32> {
        (0..rows)
            .flat_map(|row| &values[order(row) * columns..][..columns])
            .copied()
            .collect()
    };
    let mut forms = vec![
        ("same", values.to_vec()),
        ("plus one", values.iter().map(|value| value + 1.0).collect()),
    ];
    if shape.len() == 2 {
        let transposed = (0..columns)
            .flat_map(|column| (0..rows).map(move |row| values[row * columns + column]));
        forms.push(("transposed", transposed.collect()));
    }
    for &heads in heads {
        if rows.is_multiple_of(2 * heads) {
            // The halves of a head, one row of each in turn, for rotation in neighbouring pairs.
            let d = rows / heads;
            let order = move |row: usize| row / d * d + row % 2 * (d / 2) + row % d / 2;
            forms.push(("paired", ordered(&order)));
        }
        if rows.is_multiple_of(3 * heads) {
            // [head, 3, d] to [3, head, d].
            let d = rows / heads / 3;
            let order = move |row: usize| {
                let (part, head) = (row / (heads * d), row / d % heads);
                (head * 3 + part) * d + row % d
            };
            forms.push(("regrouped", ordered(&order)));
        }
    }
    forms
}

#[test]
#[ignore = "reads ../shared"]
fn converted_weights_are_those_of_the_original() {
    let shared = crate::common::shared("reference");
    // Family, query and KV heads, and how many tensors have which form: all norms of Gemma are 1 larger, q and k of
    // Llama have their rows in pairs, GPT-2's matrices are transposed, GPT-NeoX has q, k, v one after the other.
    type Counts = &'static [(&'static str, usize)];
    let families: [(&str, &[usize], Counts); 8] = [
        ("llama", &[4, 2], &[("paired", 6), ("same", 24)]),
        ("qwen2", &[4, 2], &[("same", 38)]),
        ("gemma2", &[4, 2], &[("plus one", 17), ("same", 29)]),
        ("phi3", &[4, 2], &[("same", 21)]),
        ("stablelm", &[4, 2], &[("same", 46)]),
        ("starcoder2", &[4, 2], &[("same", 51)]),
        ("gpt2", &[4], &[("same", 29), ("transposed", 12)]),
        ("gpt_neox", &[4], &[("regrouped", 6), ("same", 34)]),
    ];
    for (family, heads, counts) in families {
        let gguf = Checkpoint::open(&shared.join(format!("gguf/{family}-f32/model.gguf"))).unwrap();
        let original = Checkpoint::open(&shared.join("families").join(family)).unwrap();
        let known: Vec<(Vec<usize>, Vec<f32>)> = original
            .tensors()
            .iter()
            .map(|(name, info)| (info.shape.clone(), original.read_f32(name).unwrap()))
            .collect();
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, info) in gguf.tensors() {
            // Computed by the converter from the configuration of the rotation.
            if name == "rope_freqs.weight" {
                continue;
            }
            let values = gguf.read_f32(name).unwrap();
            let form = known.iter().find_map(|(shape, original)| {
                forms(original, shape, heads)
                    .into_iter()
                    .filter(|(form, _)| match *form {
                        "transposed" => info.shape.iter().eq(shape.iter().rev()),
                        _ => info.shape == *shape,
                    })
                    .find_map(|(form, original)| (bits(&original) == bits(&values)).then_some(form))
            });
            let form = form.unwrap_or_else(|| panic!("{family}: {name} is no original tensor"));
            *found.entry(form).or_default() += 1;
        }
        assert_eq!(found, counts.iter().copied().collect(), "{family}");
    }
}

#[test]
#[ignore = "reads ../shared"]
fn smaller_types_are_as_near_as_they_can_be() {
    let shared = crate::common::shared("reference/gguf");
    for family in ["llama", "qwen2", "gemma2", "phi3", "stablelm", "starcoder2"] {
        let open = |kind: &str| {
            Checkpoint::open(&shared.join(format!("{family}-{kind}/model.gguf"))).unwrap()
        };
        let exact = open("f32");
        for kind in ["f16", "q8_0"] {
            let checkpoint = open(kind);
            let mut rounded = 0;
            assert!(checkpoint.tensors().keys().eq(exact.tensors().keys()));
            for (name, info) in checkpoint.tensors() {
                let (values, exact) = (
                    checkpoint.read_f32(name).unwrap(),
                    exact.read_f32(name).unwrap(),
                );
                // Half a unit in the last place, or half a step of the block's scale, itself rounded.
                let bound = |row: &[f32], value: f32| match info.dtype {
                    Dtype::F32 => 0.0,
                    Dtype::F16 => value.abs() / 2048.0 + 2f32.powi(-25),
                    Dtype::Block(BlockType::Q8_0) => {
                        let largest = row.iter().fold(0f32, |most, value| most.max(value.abs()));
                        largest / 127.0 * 0.5 + largest / 2048.0
                    }
                    other => panic!("{name}: {other}"),
                };
                for (found, exact) in values
                    .chunks(32.min(values.len()))
                    .zip(exact.chunks(32.min(values.len())))
                {
                    for (f, e) in found.iter().zip(exact) {
                        assert!(
                            (f - e).abs() <= bound(exact, *e) * 1.0001,
                            "{family} {name}: {f} {e}"
                        );
                    }
                }
                rounded += usize::from(info.dtype.name() == kind);
            }
            assert!(rounded >= 3, "{family} {kind}");
        }
    }
}

#[test]
#[ignore = "reads ../shared"]
fn a_trained_model_agrees_with_its_other_form() {
    let models = crate::common::shared("models");
    let gguf = Checkpoint::open(&models.join("tinystories-656k-gguf")).unwrap();
    let exact = Checkpoint::open(&models.join("tinystories-656k-hf-f32")).unwrap();
    assert_eq!(gguf.config().unwrap()["llama.attention.head_count_kv"], 4);
    assert_eq!(gguf.config().unwrap()["tokenizer.ggml.add_bos_token"], true);
    let extra = gguf.extra();
    assert_eq!(
        extra["tokenizer.ggml.tokens"].as_array().unwrap().len(),
        2048
    );
    assert_eq!(extra["tokenizer.ggml.scores"][0], -1000.0);
    assert_eq!(gguf.tensors()["token_embd.weight"].shape, [2048, 128]);
    for (name, original) in [
        ("token_embd.weight", "model.embed_tokens.weight"),
        (
            "blk.1.attn_output.weight",
            "model.layers.1.self_attn.o_proj.weight",
        ),
        (
            "blk.0.ffn_down.weight",
            "model.layers.0.mlp.down_proj.weight",
        ),
    ] {
        let (found, exact) = (
            gguf.read_f32(name).unwrap(),
            exact.read_f32(original).unwrap(),
        );
        assert_eq!(found.len(), exact.len());
        for (found, exact) in found.chunks(32).zip(exact.chunks(32)) {
            let largest = exact.iter().fold(0f32, |most, value| most.max(value.abs()));
            for (f, e) in found.iter().zip(exact) {
                assert!((f - e).abs() <= largest / 127.0 * 0.57, "{name}: {f} {e}");
            }
        }
    }
}

#[test]
#[ignore = "reads ../shared"]
fn vocabularies_without_a_model_are_read() {
    let folder = crate::common::shared("tokenizers/ggml-vocab");
    for (name, model, tokens, merges) in [
        ("gpt-2", "gpt2", 50257, Some(50000)),
        ("gpt-neox", "gpt2", 50432, Some(50009)),
        ("llama-spm", "llama", 32000, None),
        ("phi-3", "llama", 32064, None),
    ] {
        let path = folder.join(format!("ggml-vocab-{name}.gguf"));
        let metadata = read_gguf_metadata(&path).unwrap();
        let length = |key: &str| {
            metadata
                .get(&format!("tokenizer.ggml.{key}"))
                .map(|value| value.as_array().unwrap().len())
        };
        assert_eq!(metadata["tokenizer.ggml.model"], model);
        assert_eq!(length("tokens"), Some(tokens));
        assert_eq!(length("token_type"), Some(tokens));
        assert_eq!(length("merges"), merges);
        assert_eq!(length("scores"), merges.is_none().then_some(tokens));
        assert!(Checkpoint::open(&path).is_err());
    }
}
