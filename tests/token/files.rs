//! Vocabulary files that are not what they should be.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use headlight::token::{Error, Tokenizer};
use serde_json::{Value, json};
use tempfile::tempdir;

/// A small `tokenizer.json`: byte-level BPE with five bytes and one merge.
fn small() -> Value {
    json!({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "a"},
        "added_tokens": [{"id": 6, "content": "<|end|>", "single_word": false, "lstrip": false, "rstrip": false,
                          "normalized": false, "special": true}],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "dropout": 0.5, "unk_token": null, "continuing_subword_prefix": null,
                  "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                  "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "<": 4, ">": 5}, "merges": ["a b"]}
    })
}

fn open_text(text: impl AsRef<[u8]>) -> Result<Tokenizer, Error> {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file.json");
    fs::write(&path, text).unwrap();
    Tokenizer::from_path(&path)
}

/// Opens a file that must be refused, and says how.
fn refusal(text: impl AsRef<[u8]>) -> String {
    let said = open_text(text).unwrap_err().to_string();
    assert!(!said.contains(char::is_control), "{said:?}");
    said
}

#[test]
fn nothing_of_a_tokenizer_json_changes_the_text() {
    let tokenizer = open_text(small().to_string()).unwrap();
    assert_eq!(tokenizer.source(), "file.json");
    assert_eq!(tokenizer.vocab_size(), 7);
    for _ in 0..20 {
        assert_eq!(tokenizer.encode("ab ab ab").unwrap(), [3, 2, 3, 2, 3]);
    }
    assert_eq!(tokenizer.token_bytes(6).unwrap(), b"<|end|>");
}

#[test]
fn a_byte_that_the_vocabulary_lacks_is_no_silent_loss() {
    let tokenizer = open_text(small().to_string()).unwrap();
    let error = tokenizer.encode("ab zb").unwrap_err();
    let Error::NotInVocabulary { position, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*position, 4);
    assert!(error.to_string().contains("'z'"), "{error}");
    assert!(
        tokenizer.encode("<|end|>").is_err(),
        "a special token was taken from the text"
    );
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let whole = small().to_string();
    for end in 0..whole.len() {
        refusal(&whole.as_bytes()[..end]);
    }
}

#[test]
fn a_changed_file_never_panics() {
    let whole = small().to_string().into_bytes();
    for at in 0..whole.len() {
        for with in ["0", "\"", "{", "-", "null", "\u{1b}", ""] {
            let changed = [&whole[..at], with.as_bytes(), &whole[at + 1..]].concat();
            match open_text(&changed) {
                Ok(tokenizer) => {
                    let _ = tokenizer.encode("ab a <|end|> b");
                    let _ = tokenizer.decode(&[0, 3, 7, u32::MAX]);
                }
                Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
            }
        }
    }
}

#[test]
fn other_files_are_named() {
    assert!(refusal("").contains("file.json"));
    assert!(refusal("not json").contains("expected"));
    assert!(refusal("[1, 2]").contains("expected a JSON map"));
    assert!(refusal("{}").contains("empty"));
    assert!(refusal("{\"a\": \"b\"}").contains("expected an id"));
    assert!(refusal("\u{1b}]52;c;aGk=\u{7}").contains("file.json"));
    assert!(refusal("{\"Ġcat\": 0, \"model\": 1}").contains("merges.txt"));
    assert!(refusal("#version: 0.2\na b\n").contains("vocab.json"));
    let missing = Tokenizer::from_path(Path::new("/nowhere/\u{1b}[31m.json"))
        .unwrap_err()
        .to_string();
    assert!(missing.contains("/nowhere/\\u{1b}[31m.json"), "{missing}");
}

#[test]
fn folders_are_searched_in_order() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    assert!(Tokenizer::beside(path).unwrap().is_none());
    let said = Tokenizer::from_path(path).unwrap_err().to_string();
    assert!(
        said.contains("tokenizer.json, or vocab.json with merges.txt"),
        "{said}"
    );

    fs::write(
        path.join("vocab.json"),
        "{\"a\": 0, \"b\": 1, \"Ġ\": 2, \"Ġa\": 3, \"model\": 4}",
    )
    .unwrap();
    assert!(
        Tokenizer::beside(path).unwrap().is_none(),
        "half a tokenizer"
    );
    fs::write(path.join("merges.txt"), "#version: 0.2\nĠ a\n\n").unwrap();
    let pair = Tokenizer::beside(path).unwrap().unwrap();
    assert_eq!(pair.source(), "vocab.json + merges.txt");
    assert_eq!(pair.encode("a ab").unwrap(), [0, 3, 1]);
    assert_eq!(
        Tokenizer::from_path(&path.join("vocab.json"))
            .unwrap()
            .vocab_size(),
        5
    );

    fs::write(path.join("tokenizer.json"), small().to_string()).unwrap();
    assert_eq!(
        Tokenizer::beside(path).unwrap().unwrap().source(),
        "tokenizer.json"
    );
}

#[test]
fn merges_that_do_not_fit_are_refused() {
    let folder = tempdir().unwrap();
    let [vocab, merges] = ["vocab.json", "merges.txt"].map(|name| folder.path().join(name));
    fs::write(&vocab, "{\"a\": 0, \"b\": 1}").unwrap();
    for (bad, found) in [("ab\n", "line 1 is 'ab'"), ("a b\n", "ab"), ("a c\n", "c")] {
        fs::write(&merges, bad).unwrap();
        let said = Tokenizer::from_vocab_merges(&vocab, &merges)
            .unwrap_err()
            .to_string();
        assert!(said.contains(found), "{said}");
    }
    fs::write(&merges, [0xFF, 0xFE]).unwrap();
    assert!(Tokenizer::from_vocab_merges(&vocab, &merges).is_err());
}

#[test]
fn lists_in_a_json_file() {
    let stoi =
        open_text(r#"{"vocab_size": 2, "stoi": {"a": 0, "b": 1}, "itos": {"0": "a", "1": "b"}}"#)
            .unwrap();
    assert_eq!(stoi.source(), "characters of file.json");
    let itos = open_text(r#"{"itos": ["a", "b"]}"#).unwrap();
    let plain = open_text(r#"{"0": "a", "1": "b"}"#).unwrap();
    for tokenizer in [stoi, itos, plain] {
        assert_eq!(tokenizer.encode("ba").unwrap(), [1, 0]);
    }
}

#[cfg(unix)]
#[test]
fn devices_and_huge_files_are_not_read() {
    let said = Tokenizer::from_path(Path::new("/dev/zero"))
        .unwrap_err()
        .to_string();
    assert!(said.contains("not a regular file"), "{said}");
    let folder = tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    // Sparse: takes no room on disk.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let said = Tokenizer::from_path(&path).unwrap_err().to_string();
    assert!(said.contains("larger than 268435456 bytes"), "{said}");
}

#[test]
fn long_runs_are_encoded_in_time() {
    let start = Instant::now();
    let gpt2 = Tokenizer::gpt2().unwrap();
    for text in ["a", " ", "\n", "!", "é", "a "] {
        let long = text.repeat(200_000) + "b";
        match gpt2.encode(&long) {
            Ok(ids) => assert_eq!(gpt2.decode(&ids), long),
            Err(error) => panic!("{text:?}: {error}"),
        }
    }
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn normalizers_that_explode_are_refused() {
    let with = |normalizer: Value| {
        let mut whole = small();
        whole["normalizer"] = normalizer;
        open_text(whole.to_string())
    };
    let replace = |pattern: Value, content: &str| json!({"type": "Replace", "pattern": pattern, "content": content});
    let doubling = replace(json!({"String": "a"}), "aa");
    let sequence = |list: Vec<Value>| with(json!({"type": "Sequence", "normalizers": list}));
    for steps in [13, 40, 1000] {
        let error = sequence(vec![doubling.clone(); steps])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("file.json") && error.contains("normalizer") || error.contains("bytes"),
            "{error}"
        );
    }
    let long = "a".repeat(1 << 20);
    assert!(with(json!({"type": "Prepend", "prepend": long})).is_err());
    assert!(with(replace(json!({"Regex": ""}), &long)).is_err());
    // What may only become too much with a long text is refused with the text.
    let tokenizer = sequence(vec![doubling; 10]).unwrap();
    assert_eq!(tokenizer.encode("a").unwrap().len(), 1024);
    let error = tokenizer.encode(&"a".repeat(1 << 20)).unwrap_err();
    assert!(matches!(error, Error::Encode { .. }), "{error}");
    let mut decoding = small();
    decoding["decoder"] = replace(json!({"String": ""}), &long);
    assert!(open_text(decoding.to_string()).is_err());
    let mut words = small();
    words["model"] = json!({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                            "max_input_chars_per_word": 1_000_000_000_u64, "vocab": {"[UNK]": 0}});
    // Words that it would look through for minutes are refused with the text, and others are not.
    let words = open_text(words.to_string()).unwrap();
    assert_eq!(words.encode("aa").unwrap(), [0]);
    let error = words.encode(&"a".repeat(100_000)).unwrap_err().to_string();
    assert!(error.contains("words of up to"), "{error}");
}
