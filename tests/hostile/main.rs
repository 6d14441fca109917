//! Files that make trouble: an answer in time, little memory, and nothing that a terminal obeys.
//!
//! Each is opened by the program itself, in a process of its own.

#![cfg(test)]
#![cfg(target_os = "linux")]

mod files;
mod limits;

use limits::{Answer, opened};

/// A file of weights that other programs made is one that can be exported and checked, and not captured again.
const WAYS: [&[&str]; 3] = [
    &["export", "--format", "json", "--output", "-"],
    &["check"],
    &["capture", "--output"],
];

/// Opens a file with a text in every way.
fn every_way(name: &str, bytes: &[u8], text: Option<&str>) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    WAYS.iter()
        .map(|way| opened(&path, folder.path(), way, text))
        .collect()
}

/// The same with a model's folder.
fn every_way_of_a_model(tokenizer: &serde_json::Value, text: &str) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    std::fs::create_dir(&model).unwrap();
    files::model(&model, tokenizer);
    WAYS.iter()
        .map(|way| opened(&model, folder.path(), way, Some(text)))
        .collect()
}

#[test]
fn pickles_that_unpack_to_far_more_are_refused() {
    // A value put into the memo, marks, texts and classes, 64 MiB of each in 64 KiB.
    for part in [b"\x94".as_slice(), b"(", b"X\x01\0\0\0a", b"]", b"cm\nn\n"] {
        let mut pickle = b"\x80\x04N".to_vec();
        pickle.extend(part.repeat((64 << 20) / part.len()));
        pickle.push(b'.');
        let bytes = files::zip(&[("a/data.pkl", &pickle)], true);
        for answer in every_way("m.pt", &bytes, Some("Once ab")) {
            assert!(answer.status == 1, "{answer:?}");
        }
    }
}

#[test]
fn arrays_that_unpack_to_far_more_are_refused() {
    let square = files::npy("<f4", &[1, 1, 2, 2], &[0; 16]);
    let weights = files::npy("<f2", &[4096, 4096, 1, 1], &vec![0; 32 << 20]);
    let tokens = files::npy("<U8000000", &[2], &vec![0; 64_000_000]);
    for entries in [
        vec![("attention.npy", &weights)],
        vec![("attention.npy", &square), ("tokens.npy", &tokens)],
        vec![("attention.npy", &square), ("text.npy", &tokens)],
    ] {
        let entries: Vec<(&str, &[u8])> = entries.iter().map(|(n, b)| (*n, b.as_slice())).collect();
        let bytes = files::zip(&entries, true);
        for answer in every_way("m.npz", &bytes, None) {
            assert!([1, 2].contains(&answer.status), "{answer:?}");
        }
    }
}

#[test]
fn metadata_that_takes_far_more_than_its_file_is_refused() {
    for (kind, count, element) in [
        (7u32, 1 << 22, &[1u8][..]),
        (0, 1 << 22, &[1]),
        (2, 1 << 21, &[1, 0]),
    ] {
        let bytes = files::gguf_array(kind, element, count);
        for answer in every_way("m.gguf", &bytes, Some("Once ab")) {
            assert!(answer.status == 1, "{answer:?}");
        }
    }
}

#[test]
fn tokenizers_that_blow_up_are_refused() {
    for (what, tokenizer, text) in files::tokenizers() {
        for answer in every_way_of_a_model(&tokenizer, &text) {
            assert!([0, 1].contains(&answer.status), "{what}: {answer:?}");
        }
    }
}

#[test]
fn lists_of_very_many_values_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let numbers = format!("[{}1]", "1,".repeat(4 << 20));
    let entries: Vec<String> = (0..700_000).map(|i| format!("[\"{i:x}\",0]")).collect();
    let unigram = serde_json::json!({"type": "Unigram", "unk_id": 0, "vocab": "HERE"});
    let unigram = unigram
        .to_string()
        .replace("\"HERE\"", &format!("[{}]", entries.join(",")));
    for (name, text) in [
        (
            "config.json",
            format!(
                "{{\"model_type\":\"gpt2\",\"a\":[{}1]}}",
                "1,".repeat(2_000_000)
            ),
        ),
        ("config.json", format!("{{\"a\":{numbers}}}")),
        ("tokenizer_config.json", numbers.clone()),
        (
            "tokenizer.json",
            format!("{{\"model\":{{}},\"decoder\":{numbers}}}"),
        ),
        ("tokenizer.json", format!("{{\"model\":{unigram}}}")),
        (
            "model.safetensors.index.json",
            format!("{{\"weight_map\":{{}},\"metadata\":{numbers}}}"),
        ),
    ] {
        files::model(folder.path(), &files::plain_tokenizer());
        if name.contains("index") {
            std::fs::remove_file(at("model.safetensors")).unwrap();
        }
        std::fs::write(at(name), text).unwrap();
        let answer = opened(folder.path(), folder.path(), WAYS[0], Some("ab"));
        assert!([0, 1].contains(&answer.status), "{name}: {answer:?}");
        std::fs::remove_file(at(name)).unwrap();
    }
}

#[test]
fn captures_that_claim_far_more_than_they_hold_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sound = limits::capture(folder.path());
    for (from, to) in [
        (
            r#"\"shape\":{\"layers\":4"#,
            r#"\"shape\":{\"layers\":1000000000"#,
        ),
        (
            r#"\"kv_heads\":4,\"head_dim\":32,\"embedding\""#,
            r#"\"kv_heads\":400000000,\"head_dim\":32,\"embedding\""#,
        ),
        (
            r#"\"vocabulary\":3072"#,
            r#"\"vocabulary\":18446744073709551615"#,
        ),
        (r#"\"context\":128"#, r#"\"context\":18446744073709551615"#),
    ] {
        let bytes = files::forged(&sound, |header| {
            assert!(header.contains(from), "{header}");
            header.replacen(from, to, 1)
        });
        for answer in every_way("m.headlight", &bytes, None) {
            assert!([0, 1, 2].contains(&answer.status), "{answer:?}");
        }
    }
}

#[test]
fn what_is_not_a_file_of_weights_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // A link to itself, two that go in a circle, a pipe, a folder in a file's place, holes.
    std::os::unix::fs::symlink(at("self"), at("self")).unwrap();
    std::os::unix::fs::symlink(at("there"), at("back")).unwrap();
    std::os::unix::fs::symlink(at("back"), at("there")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipe"))
        .status();
    assert!(made.unwrap().success());
    std::fs::create_dir_all(at("folder/model.safetensors")).unwrap();
    let holes = std::fs::File::create(at("holes.pt")).unwrap();
    holes.set_len(1 << 40).unwrap();
    std::fs::create_dir(at("pipes")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipes/model.safetensors"))
        .status();
    assert!(made.unwrap().success());
    for name in ["self", "there", "pipe", "folder", "holes.pt", "pipes"] {
        for way in WAYS {
            let answer = opened(&at(name), folder.path(), way, Some("Once ab"));
            assert!([1, 2].contains(&answer.status), "{name}: {answer:?}");
        }
    }
}

#[test]
fn absurd_sizes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (key, value) in [
        ("n_layer", serde_json::json!(1_000_000_000)),
        ("n_layer", serde_json::json!(0)),
        ("n_head", serde_json::json!(0)),
        ("n_head", serde_json::json!(1_000_000_000)),
        ("n_embd", serde_json::json!(u64::MAX)),
        ("n_inner", serde_json::json!(u64::MAX)),
        ("vocab_size", serde_json::json!(u64::MAX)),
        ("n_positions", serde_json::json!(u64::MAX)),
        ("n_positions", serde_json::json!(2_000_000_000)),
        ("n_positions", serde_json::json!(-1)),
        ("layer_norm_epsilon", serde_json::json!("1e999")),
        ("model_type", serde_json::json!("x".repeat(200_000))),
        (
            "activation_function",
            serde_json::json!("x".repeat(200_000)),
        ),
    ] {
        files::model(folder.path(), &files::plain_tokenizer());
        files::configure(folder.path(), key, &value);
        for way in WAYS {
            let answer = opened(folder.path(), folder.path(), way, Some("ab"));
            assert!([1, 2].contains(&answer.status), "{key}: {answer:?}");
        }
    }
    // Brackets in brackets, for the parsers.
    let deep = "[".repeat(1 << 20);
    for name in [
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.json",
    ] {
        files::model(folder.path(), &files::plain_tokenizer());
        std::fs::write(folder.path().join(name), &deep).unwrap();
        let answer = opened(folder.path(), folder.path(), WAYS[0], Some("ab"));
        assert!([0, 1, 2].contains(&answer.status), "{name}: {answer:?}");
    }
}
