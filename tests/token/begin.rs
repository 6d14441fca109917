//! What stands before a text, by the model's own configuration.

use std::fs;

use headlight::token::{EncodeOptions, Error, Tokenizer};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::common::shared;

const AS_CONFIGURED: EncodeOptions = EncodeOptions {
    bos: None,
    special: false,
};

fn bos(bos: bool) -> EncodeOptions {
    EncodeOptions {
        bos: Some(bos),
        special: false,
    }
}

/// Characters, and three special tokens.
fn tokenizer_json(post_processor: &Value) -> Value {
    let special = ["<s>", "</s>", "[gMASK]"].iter().zip(3..).map(|(content, id)| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true})
    });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": special.collect::<Vec<_>>(),
        "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": post_processor, "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2}, "merges": []}
    })
}

/// `<s>` first and `</s>` last, as Llama's with an end of text.
fn template(before: &[(&str, u32)]) -> Value {
    let token = |name: &str| json!({"SpecialToken": {"id": name, "type_id": 0}});
    let text = json!({"Sequence": {"id": "A", "type_id": 0}});
    let before_text = before.iter().map(|(name, _)| token(name));
    let single: Vec<Value> = before_text.chain([text, token("</s>")]).collect();
    let mut special = json!({"</s>": {"id": "</s>", "ids": [4], "tokens": ["</s>"]}});
    for (name, id) in before {
        special[name] = json!({"id": name, "ids": [id], "tokens": [name]});
    }
    json!({"type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": special})
}

/// A tokenizer with this post-processor, and these files beside it.
fn beside(post_processor: &Value, files: &[(&str, Value)]) -> Tokenizer {
    let folder = tempdir().unwrap();
    let tokenizer = ("tokenizer.json", tokenizer_json(post_processor));
    for (name, content) in [tokenizer].iter().chain(files) {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    Tokenizer::beside(folder.path()).unwrap().unwrap()
}

fn ids(tokenizer: &Tokenizer, options: EncodeOptions) -> Vec<u32> {
    tokenizer.encode_with("ab", options).unwrap().ids
}

#[test]
fn a_post_processor_says_what_stands_first_and_its_end_is_left_out() {
    let llama = beside(&template(&[("<s>", 3)]), &[]);
    assert_eq!(ids(&llama, AS_CONFIGURED), [3, 0, 1]);
    assert_eq!(ids(&llama, bos(false)), [0, 1]);
    assert_eq!(llama.encode("ab").unwrap(), [0, 1]);
    assert_eq!(llama.encode_with("ab", AS_CONFIGURED).unwrap().before, 1);

    let several = beside(&template(&[("[gMASK]", 5), ("<s>", 3)]), &[]);
    assert_eq!(ids(&several, AS_CONFIGURED), [5, 3, 0, 1]);
    assert_eq!(several.encode_with("ab", AS_CONFIGURED).unwrap().before, 2);

    // As Llama 3 has it, and as RoBERTa's descendants.
    let bytes = json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true});
    let sequence = json!({"type": "Sequence", "processors": [bytes, template(&[("<s>", 3)])]});
    assert_eq!(ids(&beside(&sequence, &[]), AS_CONFIGURED), [3, 0, 1]);
    let roberta = json!({"type": "RobertaProcessing", "sep": ["</s>", 4], "cls": ["<s>", 3],
                         "trim_offsets": true, "add_prefix_space": false});
    assert_eq!(ids(&beside(&roberta, &[]), AS_CONFIGURED), [3, 0, 1]);

    let none = beside(&Value::Null, &[]);
    assert_eq!(ids(&none, AS_CONFIGURED), [0, 1]);
    assert!(matches!(
        none.encode_with("ab", bos(true)),
        Err(Error::NoBos { .. })
    ));
}

#[test]
fn the_configuration_beside_it_counts() {
    let named = |add: Value| {
        (
            "tokenizer_config.json",
            json!({"bos_token": "<s>", "add_bos_token": add}),
        )
    };
    let silent = (
        "tokenizer_config.json",
        json!({"bos_token": {"content": "<s>"}}),
    );

    // Named and not added: only where it is asked for.
    let known = beside(&Value::Null, std::slice::from_ref(&silent));
    assert_eq!(ids(&known, AS_CONFIGURED), [0, 1]);
    assert_eq!(ids(&known, bos(true)), [3, 0, 1]);
    assert_eq!(known.assumed(), None);
    let map = (
        "special_tokens_map.json",
        json!({"bos_token": {"content": "<s>"}}),
    );
    assert_eq!(ids(&beside(&Value::Null, &[map]), bos(true)), [3, 0, 1]);
    let by_id = beside(&Value::Null, &[("config.json", json!({"bos_token_id": 3}))]);
    assert_eq!(ids(&by_id, bos(true)), [3, 0, 1]);
    // Configurations have default ids that are ordinary tokens of small vocabularies.
    let ordinary = beside(&Value::Null, &[("config.json", json!({"bos_token_id": 1}))]);
    assert_eq!(ordinary.bos(), None);

    // Where the two files disagree, that is said.
    let added = beside(&Value::Null, &[named(json!(true))]);
    assert_eq!(ids(&added, AS_CONFIGURED), [3, 0, 1]);
    assert!(added.assumed().unwrap().contains("add_bos_token"));
    let off = beside(&template(&[("<s>", 3)]), &[named(json!(false))]);
    assert_eq!(ids(&off, AS_CONFIGURED), [0, 1]);
    assert_eq!(ids(&off, bos(true)), [3, 0, 1]);
    assert!(off.assumed().is_some());
    let rest = beside(
        &template(&[("[gMASK]", 5), ("<s>", 3)]),
        &[named(json!(false))],
    );
    assert_eq!(ids(&rest, AS_CONFIGURED), [5, 0, 1]);
    for agree in [silent, named(json!(true)), named(Value::Null)] {
        let agree = beside(&template(&[("<s>", 3)]), &[agree]);
        assert_eq!(ids(&agree, AS_CONFIGURED), [3, 0, 1]);
        assert_eq!(agree.assumed(), None);
    }
    let lost = json!({"bos_token": "<bos>", "add_bos_token": true});
    let lost = beside(&Value::Null, &[("tokenizer_config.json", lost)]);
    assert_eq!(ids(&lost, AS_CONFIGURED), [0, 1]);
    assert!(lost.assumed().unwrap().contains("does not have"));
}

#[test]
fn a_configuration_that_is_no_json_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    fs::write(
        path.join("tokenizer.json"),
        tokenizer_json(&Value::Null).to_string(),
    )
    .unwrap();
    fs::write(path.join("tokenizer_config.json"), "{").unwrap();
    let said = Tokenizer::beside(path).unwrap_err().to_string();
    assert!(said.contains("tokenizer_config.json"), "{said}");
}

#[test]
fn special_tokens_that_are_spelled_are_told_apart() {
    let tokenizer = beside(&template(&[("<s>", 3)]), &[]);
    let spelled = EncodeOptions {
        bos: None,
        special: true,
    };
    let found = tokenizer.encode_with("a</s>b", spelled).unwrap();
    assert_eq!((found.ids.as_slice(), found.before), (&[3, 0, 4, 1][..], 1));
    assert_eq!(tokenizer.decode(&found.ids[1..]), "a</s>b");
    let own = tokenizer.encode_with("<s>a", spelled).unwrap();
    assert_eq!((own.ids.as_slice(), own.before), (&[3, 0][..], 0));
    assert!(
        tokenizer.encode("a</s>b").is_err(),
        "there are no letters for it"
    );
    assert_eq!(tokenizer.label(3).text(), "⟨s⟩");
}

#[test]
fn gpt2_has_one_and_does_not_put_it() {
    let gpt2 = Tokenizer::gpt2().unwrap();
    assert_eq!(gpt2.encode_with("cat", AS_CONFIGURED).unwrap().before, 0);
    assert_eq!(
        gpt2.encode_with("cat", bos(true)).unwrap().ids,
        [50256, 9246]
    );
    let special = EncodeOptions {
        bos: None,
        special: true,
    };
    let text = "cat<|endoftext|>cat";
    assert_eq!(
        gpt2.encode_with(text, special).unwrap().ids,
        [9246, 50256, 9246]
    );
    assert!(gpt2.encode_with(text, AS_CONFIGURED).unwrap().ids.len() > 3);
}

#[test]
#[ignore = "reads ../shared"]
fn files_of_gpt2_begin_as_the_built_in_one_does() {
    let gpt2 = Tokenizer::gpt2().unwrap();
    let special = EncodeOptions {
        bos: None,
        special: true,
    };
    let text = "cat<|endoftext|>cat";
    let folder = shared("tokenizers/gpt2");
    for form in ["tokenizer.json", "vocab.json"] {
        // In the first, it is found between spaces only.
        let options = [AS_CONFIGURED, bos(true), special];
        let options = &options[..if form == "vocab.json" { 3 } else { 2 }];
        let form = Tokenizer::from_path(&folder.join(form)).unwrap();
        for &options in options {
            let expected = gpt2.encode_with(text, options).unwrap();
            assert_eq!(
                form.encode_with(text, options).unwrap(),
                expected,
                "{form:?}"
            );
        }
    }
}

#[test]
#[ignore = "reads ../shared"]
fn models_of_other_people_begin_as_they_were_trained() {
    let folder = shared("models/tinystories-656k-hf-bf16");
    let tokenizer = Tokenizer::beside(&folder).unwrap().unwrap();
    let found = tokenizer
        .encode_with("Once upon a time", AS_CONFIGURED)
        .unwrap();
    assert_eq!(found.before, 1);
    assert_eq!(tokenizer.label(found.ids[0]).text(), "⟨|start_story|⟩");
    assert_eq!(tokenizer.assumed(), None);
    // Typed, it is other tokens.
    let typed = tokenizer
        .encode_with("<|start_story|>", bos(false))
        .unwrap();
    assert!(!typed.ids.contains(&found.ids[0]), "{typed:?}");
}

#[test]
fn two_files_without_a_post_processor_follow_the_configuration() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    fs::write(
        path.join("vocab.json"),
        "{\"a\": 0, \"b\": 1, \"</s>\": 2, \"ab\": 3}",
    )
    .unwrap();
    fs::write(path.join("merges.txt"), "a b\n").unwrap();
    // As OPT has it.
    let config = "{\"add_bos_token\": true, \"bos_token\": {\"content\": \"</s>\"}}";
    fs::write(path.join("tokenizer_config.json"), config).unwrap();
    let opt = Tokenizer::beside(path).unwrap().unwrap();
    assert_eq!(ids(&opt, AS_CONFIGURED), [2, 3]);
    assert_eq!(opt.label(2).text(), "⟨/s⟩");
    assert_eq!(opt.assumed(), None);
    let special = EncodeOptions {
        bos: Some(false),
        special: true,
    };
    assert_eq!(opt.encode_with("ab</s>a", special).unwrap().ids, [3, 2, 0]);
}
