//! How the entries of each kind of `tokenizer.json` become bytes.

use headlight::token::{Error, Tokenizer};
use serde_json::{Value, json};

fn tokenizer(parts: Value) -> Result<Tokenizer, Error> {
    let mut whole = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": null
    });
    for (key, value) in parts.as_object().unwrap() {
        whole[key] = value.clone();
    }
    Tokenizer::from_tokenizer_json(whole.to_string().as_bytes(), "tokenizer.json")
}

fn labels(tokenizer: &Tokenizer, text: &str) -> Vec<String> {
    let ids = tokenizer.encode(text).unwrap();
    ids.iter()
        .map(|&id| tokenizer.label(id).text().to_owned())
        .collect()
}

#[test]
fn wordpiece_continuations_differ_from_words() {
    let tokenizer = tokenizer(json!({
        "pre_tokenizer": {"type": "Whitespace"},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": false},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "play": 1, "##ing": 2, "cat": 3}}
    }))
    .unwrap();
    assert_eq!(labels(&tokenizer, "cat playing"), ["·cat", "·play", "ing"]);
    assert_eq!(tokenizer.decode(&[3, 1, 2]), "cat playing");
}

#[test]
fn word_ends_become_spaces() {
    let tokenizer = tokenizer(json!({
        "pre_tokenizer": {"type": "Whitespace"},
        "decoder": {"type": "BPEDecoder", "suffix": "</w>"},
        "model": {"type": "BPE", "end_of_word_suffix": "</w>", "unk_token": null,
                  "vocab": {"a": 0, "b": 1, "b</w>": 2, "ab</w>": 3}, "merges": ["a b</w>"]}
    }))
    .unwrap();
    assert_eq!(labels(&tokenizer, "ab"), ["ab·"]);
}

#[test]
fn unigram_pieces_and_whole_words() {
    let unigram = tokenizer(json!({
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
                  "vocab": [["<unk>", 0.0], ["▁cat", -1.0], ["s", -2.0], ["▁", -3.0]]}
    }))
    .unwrap();
    assert_eq!(labels(&unigram, "cats cat"), ["·cat", "s", "·cat"]);
    assert_eq!(
        unigram.decode(&unigram.encode("cats cat").unwrap()),
        "cats cat"
    );

    let words = tokenizer(json!({
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "the": 1, "cat": 2}}
    }))
    .unwrap();
    assert_eq!(labels(&words, "the cat sat"), ["the", "cat", "<unk>"]);
}

#[test]
fn added_tokens_stand_for_their_text() {
    let tokenizer = tokenizer(json!({
        "added_tokens": [
            {"id": 3, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "special": true},
            {"id": 4, "content": "Ġ\u{202e}", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
             "special": false}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                           {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
                           "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": {"a": 0, "Ġ": 1, "Ġa": 2}, "merges": ["Ġ a"]}
    }))
    .unwrap();
    // No begin-of-text token is added, and a space that the tokenizer sets first is no loss.
    assert_eq!(tokenizer.encode("a a").unwrap(), [2, 2]);
    assert_eq!(tokenizer.token_bytes(3).unwrap(), b"<s>");
    assert_eq!(tokenizer.label(4).text(), "Ġ\\u{202e}");
}

#[test]
fn a_token_that_swallows_spaces_is_no_loss() {
    let tokenizer = tokenizer(json!({
        "added_tokens": [{"id": 3, "content": "<mask>", "single_word": false, "lstrip": true, "rstrip": true,
                          "normalized": false, "special": false}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": {"a": 0, "Ġ": 1, "Ġa": 2}, "merges": ["Ġ a"]}
    }))
    .unwrap();
    assert_eq!(tokenizer.encode("a a <mask> a").unwrap(), [0, 2, 3, 0]);
}

#[test]
fn a_map_that_contradicts_itself_is_an_error() {
    // An empty table of character rules, which the library indexes all the same.
    let broken = tokenizer(json!({
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAAAA=="},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.0]]}
    }));
    match broken {
        Ok(tokenizer) => assert!(matches!(tokenizer.encode("a"), Err(Error::Encode { .. }))),
        Err(error) => assert!(matches!(error, Error::Malformed { .. })),
    }
    // A table that says it has a thousand million entries, and has none.
    let bomb = tokenizer(json!({
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": "/////wAAAAA="}]},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.0]]}
    }));
    assert!(
        bomb.unwrap_err()
            .to_string()
            .contains("precompiled_charsmap")
    );
}
