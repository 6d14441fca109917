//! Ids that other programs found for the same texts.

use std::path::Path;

use headlight::token::{EncodeOptions, Tokenizer};
use serde_json::Value;

use crate::common::{data, shared};

/// GPT-2's vocabulary in each of the ways that it is read.
fn gpt2_in_every_form(folder: &Path) -> Vec<Tokenizer> {
    let [vocab, merges] = ["vocab.json", "merges.txt"].map(|name| folder.join(name));
    vec![
        Tokenizer::gpt2().unwrap(),
        Tokenizer::from_path(folder).unwrap(),
        Tokenizer::from_path(&folder.join("gpt2_tokenizer_compact.json")).unwrap(),
        Tokenizer::from_path(&vocab).unwrap(),
        Tokenizer::from_path(&merges).unwrap(),
        Tokenizer::from_vocab_merges(&vocab, &merges).unwrap(),
    ]
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    let id = |id: &Value| u32::try_from(id.as_u64().unwrap()).unwrap();
    value.as_array().unwrap().iter().map(id).collect()
}

#[test]
#[ignore = "reads ../shared"]
fn gpt2_agrees_with_swift_transformers() {
    let folder = shared("tokenizers/gpt2");
    let vector = json(&folder.join("gpt2_encoded_tokens.json"));
    let text = vector["text"].as_str().unwrap();
    for tokenizer in gpt2_in_every_form(&folder) {
        assert_eq!(tokenizer.vocab_size(), 50257, "{tokenizer:?}");
        let found = tokenizer.encode(text).unwrap();
        assert_eq!(found, ids(&vector["token_ids"]), "{tokenizer:?}");
        assert_eq!(tokenizer.decode(&found), text, "{tokenizer:?}");
    }
}

#[test]
#[ignore = "reads ../shared"]
fn gpt2_agrees_with_llama_cpp() {
    let folder = shared("tokenizers/ggml-vocab");
    let texts = std::fs::read_to_string(folder.join("ggml-vocab-gpt-2.gguf.inp")).unwrap();
    let expected = std::fs::read_to_string(folder.join("ggml-vocab-gpt-2.gguf.out")).unwrap();
    let texts: Vec<&str> = texts.split("\n__ggml_vocab_test__\n").collect();
    let expected: Vec<Vec<u32>> = expected
        .split('\n')
        .map(|line| {
            line.split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect()
        })
        .collect();
    assert_eq!((texts.len(), expected.len()), (47, 47));
    for tokenizer in gpt2_in_every_form(&shared("tokenizers/gpt2")) {
        for (text, expected) in texts.iter().zip(&expected) {
            let found = tokenizer.encode(text).unwrap();
            assert_eq!(&found, expected, "{text:?} by {tokenizer:?}");
            assert_eq!(&tokenizer.decode(&found), text, "{tokenizer:?}");
            let bytes: Vec<u8> = found
                .iter()
                .flat_map(|&id| tokenizer.token_bytes(id).unwrap())
                .collect();
            assert_eq!(bytes, text.as_bytes(), "{tokenizer:?}");
        }
    }
}

#[test]
#[ignore = "reads ../shared"]
fn every_form_of_gpt2_has_the_same_bytes() {
    let folder = shared("tokenizers/gpt2");
    let forms = gpt2_in_every_form(&folder);
    for id in 0..50257 {
        let bytes = forms[0].token_bytes(id);
        assert!(bytes.is_some(), "{id}");
        for form in &forms {
            assert_eq!(form.token_bytes(id), bytes, "{id} of {form:?}");
        }
    }
    for form in &forms {
        assert_eq!(form.token_bytes(50257), None);
        assert_eq!(form.token_bytes(u32::MAX), None);
        assert_eq!(form.label(50256).text(), "⟨|endoftext|⟩");
        assert_eq!(form.label(3797).text(), "·cat");
        assert_eq!(form.label(50257).text(), "<id 50257>");
    }
}

/// Asserts that each case of a folder has the ids of its text, and counts them.
fn cases_with_their_ids(folder: &Path) -> usize {
    let mut cases = 0;
    for case in std::fs::read_dir(folder).unwrap() {
        let folder = case.unwrap().path();
        let Some(tokenizer) = Tokenizer::beside(&folder).unwrap() else {
            continue;
        };
        assert_eq!(tokenizer.source(), "tokenizer.json");
        let bytes = std::fs::read(folder.join("reference.safetensors")).unwrap();
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        let text = &header.metadata().as_ref().unwrap()["text"];
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        // These tiny models were run without a begin-of-text token.
        let data = tensors.tensor("input_ids").unwrap();
        let expected = data.data().as_chunks::<8>().0.iter();
        let expected: Vec<u32> = expected
            .map(|id| u32::try_from(i64::from_le_bytes(*id)).unwrap())
            .collect();
        let found = tokenizer.encode(text).unwrap();
        assert_eq!(found, expected, "{}", folder.display());
        assert_eq!(&tokenizer.decode(&found), text);
        cases += 1;
    }
    cases
}

#[test]
fn every_case_has_the_ids_of_its_text() {
    assert!(cases_with_their_ids(&data("scripts")) >= 7);
    assert!(cases_with_their_ids(&data("hub")) >= 4);
}

#[test]
#[ignore = "reads ../shared"]
fn every_case_of_the_references_has_the_ids_of_its_text() {
    let groups = ["families", "checkpoints"].map(|group| shared("reference").join(group));
    let cases: usize = groups.iter().map(|group| cases_with_their_ids(group)).sum();
    assert!(cases >= 39, "{cases} cases");
}

#[test]
#[ignore = "reads ../shared"]
fn sentencepiece_vocabularies_have_spaces_and_bytes() {
    let models = ["tinystories-656k-hf-f32", "stories260k/derived_hf"];
    for model in models {
        let folder = shared(&format!("models/{model}"));
        let tokenizer = Tokenizer::beside(&folder).unwrap().unwrap();
        let reference = json(&folder.join("reference_attention_transformers4.57.json"));
        let prompt = reference["prompt"].as_str().unwrap();
        let mut expected = ids(&reference["ids"]);
        let mut found = tokenizer.encode(prompt).unwrap();
        // One of the references begins with a begin-of-text token, which `encode` never adds.
        if tokenizer.label(expected[0]).text() == "⟨s⟩" {
            let bos = EncodeOptions {
                bos: Some(true),
                special: false,
            };
            let with = tokenizer.encode_with(prompt, bos).unwrap();
            assert_eq!((with.ids, with.before), (expected.clone(), 1));
            expected.remove(0);
        }
        assert_eq!(found, expected, "{model}");
        assert_eq!(tokenizer.decode(&found), prompt);
        let first = tokenizer.token_bytes(found[0]).unwrap();
        assert!(first.starts_with(b" "), "{first:?}");

        // What is no entry is spelled in bytes, where the vocabulary has bytes.
        found = tokenizer.encode("ä\u{1F9FF}").unwrap();
        let labels: Vec<String> = found
            .iter()
            .map(|&id| tokenizer.label(id).text().to_owned())
            .collect();
        if model.starts_with("stories") {
            assert_eq!(
                labels,
                ["·", "<C3>", "<A4>", "<F0>", "<9F>", "<A7>", "<BF>"]
            );
            assert_eq!(tokenizer.decode(&found), "ä\u{1F9FF}");
        } else {
            assert_eq!(labels, ["·", "⟨unk⟩"]);
        }
    }
}
