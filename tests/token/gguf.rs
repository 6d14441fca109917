//! Tokenizers of GGUF files, against the ids that llama.cpp found.

use std::time::{Duration, Instant};

use headlight::token::{EncodeOptions, Error, Tokenizer};
use serde_json::{Map, Value, json};

use crate::common::shared;

/// Reads the metadata of a GGUF file; for tests, of files that are sound.
fn metadata(bytes: &[u8]) -> Map<String, Value> {
    let mut rest = &bytes[8..];
    let _tensors = take::<8>(&mut rest);
    let count = u64::from_le_bytes(take(&mut rest));
    (0..count)
        .map(|_| {
            let key = text(&mut rest);
            let kind = u32::from_le_bytes(take(&mut rest));
            (key, value(kind, &mut rest))
        })
        .collect()
}

fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (taken, after) = rest.split_first_chunk().unwrap();
    *rest = after;
    *taken
}

fn text(rest: &mut &[u8]) -> String {
    let length = u64::from_le_bytes(take(rest)) as usize;
    let (taken, after) = rest.split_at(length);
    *rest = after;
    String::from_utf8_lossy(taken).into_owned()
}

fn value(kind: u32, rest: &mut &[u8]) -> Value {
    match kind {
        0 => take::<1>(rest)[0].into(),
        1 => (take::<1>(rest)[0] as i8).into(),
        2 => u16::from_le_bytes(take(rest)).into(),
        3 => i16::from_le_bytes(take(rest)).into(),
        4 => u32::from_le_bytes(take(rest)).into(),
        5 => i32::from_le_bytes(take(rest)).into(),
        6 => f32::from_le_bytes(take(rest)).into(),
        7 => (take::<1>(rest)[0] != 0).into(),
        8 => text(rest).into(),
        9 => {
            let kind = u32::from_le_bytes(take(rest));
            let count = u64::from_le_bytes(take(rest));
            (0..count).map(|_| value(kind, rest)).collect()
        }
        10 => u64::from_le_bytes(take(rest)).into(),
        11 => i64::from_le_bytes(take(rest)).into(),
        12 => f64::from_le_bytes(take(rest)).into(),
        other => panic!("type {other}"),
    }
}

fn shared_metadata(path: &str) -> Map<String, Value> {
    metadata(&std::fs::read(shared(path)).unwrap())
}

fn open(parts: Value) -> Result<Option<Tokenizer>, Error> {
    let keys = parts.as_object().unwrap();
    let named = keys
        .iter()
        .map(|(key, value)| (format!("tokenizer.ggml.{key}"), value.clone()));
    Tokenizer::from_gguf(&named.collect())
}

/// A byte-level BPE with the bytes of ASCII and these tokens and merges on top.
fn byte_level(pre: &str, tokens: &[&str], merges: &[&str]) -> Tokenizer {
    let ascii = (b'!'..=b'~').map(|byte| char::from(byte).to_string());
    let more = ["Ġ", "Ċ"]
        .iter()
        .chain(tokens)
        .map(|token| (*token).to_owned());
    let tokens: Vec<String> = ascii.chain(more).collect();
    open(json!({"model": "gpt2", "pre": pre, "tokens": tokens, "merges": merges}))
        .unwrap()
        .unwrap()
}

fn pieces(tokenizer: &Tokenizer, text: &str, options: EncodeOptions) -> Vec<String> {
    let ids = tokenizer.encode_with(text, options).unwrap().ids;
    ids.iter()
        .map(|&id| tokenizer.label(id).text().to_owned())
        .collect()
}

const SPECIAL: EncodeOptions = EncodeOptions {
    bos: None,
    special: true,
};

#[test]
#[ignore = "reads ../shared"]
fn vocabularies_of_llama_cpp_give_its_ids() {
    let folder = shared("tokenizers/ggml-vocab");
    let mut vectors = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "gguf") {
            continue;
        }
        let tokenizer = Tokenizer::from_gguf(&metadata(&std::fs::read(&path).unwrap()));
        let tokenizer = tokenizer.unwrap().unwrap();
        let Ok(texts) = std::fs::read_to_string(path.with_extension("gguf.inp")) else {
            continue;
        };
        let expected = std::fs::read_to_string(path.with_extension("gguf.out")).unwrap();
        let texts: Vec<&str> = texts.split("\n__ggml_vocab_test__\n").collect();
        let lines: Vec<&str> = expected.split('\n').collect();
        assert_eq!(texts.len(), lines.len(), "{}", path.display());
        for (text, line) in texts.iter().zip(lines) {
            let ids = line.split_whitespace().map(|id| id.parse().unwrap());
            let found = tokenizer.encode(text).unwrap();
            assert_eq!(
                found,
                ids.collect::<Vec<u32>>(),
                "{text:?} by {}",
                path.display()
            );
            assert_eq!(&tokenizer.decode(&found), text, "{}", path.display());
            vectors += 1;
        }
    }
    assert!(vectors >= 3 * 47, "{vectors} vectors");
}

#[test]
#[ignore = "reads ../shared"]
fn what_is_assumed_is_said() {
    let neox = shared_metadata("tokenizers/ggml-vocab/ggml-vocab-gpt-neox.gguf");
    let neox = Tokenizer::from_gguf(&neox).unwrap().unwrap();
    assert!(
        neox.assumed()
            .unwrap()
            .contains("names no pre-tokenizer; gpt-2")
    );
    assert_eq!(neox.source(), "byte-level BPE (gpt-2) of the GGUF file");
    assert_eq!(neox.vocab_size(), 50432);
    assert_eq!(
        neox.decode(&neox.encode("The cat\n\n  sat.").unwrap()),
        "The cat\n\n  sat."
    );

    // All scores of this file are the same.
    let flat = "models/tinystories-656k-gguf/TinyStories-656K-Q8_0.gguf";
    let flat = Tokenizer::from_gguf(&shared_metadata(flat))
        .unwrap()
        .unwrap();
    assert!(
        flat.assumed().unwrap().contains("scores"),
        "{:?}",
        flat.assumed()
    );
    let own = shared("models/tinystories-656k-hf-f32");
    let own = Tokenizer::beside(&own).unwrap().unwrap();
    let story = shared("corpora/tinystories/tinystories_sample.txt");
    let story = std::fs::read_to_string(story).unwrap();
    let ids = flat.encode(&story).unwrap();
    assert!(ids.len() > 500, "{} tokens", ids.len());
    assert_eq!(ids, own.encode(&story).unwrap());
    let bos = flat.bos().unwrap();
    assert!(bos.by_default);
    assert_eq!(flat.label(bos.ids[0]).text(), "⟨|start_story|⟩");

    // Its unknown token is marked as a control token.
    assert_eq!(
        pieces(&flat, "aä\u{1F9FF}", EncodeOptions::default())[2..],
        ["⟨unk⟩"]
    );

    let llama = "tokenizers/ggml-vocab/ggml-vocab-llama-spm.gguf";
    let llama = Tokenizer::from_gguf(&shared_metadata(llama))
        .unwrap()
        .unwrap();
    assert_eq!(llama.assumed(), None);
    assert_eq!(pieces(&llama, "Hi <s>", EncodeOptions::default())[0], "⟨s⟩");
}

#[test]
#[ignore = "reads ../shared"]
fn the_same_vocabulary_in_gguf_and_in_tokenizer_json() {
    let folder = shared("models/stories260k/derived_hf");
    let json = Tokenizer::beside(&folder).unwrap().unwrap();
    let gguf = shared_metadata("models/stories260k/derived_hf/stories260K-f32.gguf");
    let gguf = Tokenizer::from_gguf(&gguf).unwrap().unwrap();
    let story = shared("corpora/tinystories");
    let mut compared = 0;
    for file in std::fs::read_dir(story).unwrap() {
        let Ok(text) = std::fs::read_to_string(file.unwrap().path()) else {
            continue;
        };
        for line in text.lines().take(500) {
            assert_eq!(
                gguf.encode(line).unwrap(),
                json.encode(line).unwrap(),
                "{line:?}"
            );
            compared += 1;
        }
    }
    assert!(compared > 10, "{compared} lines");
    for id in 0..512 {
        assert_eq!(gguf.token_bytes(id), json.token_bytes(id), "{id}");
        assert_eq!(gguf.label(id), json.label(id), "{id}");
    }
}

#[test]
#[ignore = "reads ../shared"]
fn the_reference_models_have_the_ids_of_their_text() {
    let folder = shared("reference/gguf");
    let mut cases = 0;
    for case in std::fs::read_dir(folder).unwrap() {
        let folder = case.unwrap().path();
        let found = Tokenizer::from_gguf(&metadata(
            &std::fs::read(folder.join("model.gguf")).unwrap(),
        ));
        let bytes = std::fs::read(folder.join("reference.safetensors")).unwrap();
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        let text = &header.metadata().as_ref().unwrap()["text"];
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let ids = tensors.tensor("input_ids").unwrap();
        let ids = ids.data().as_chunks::<8>().0;
        let expected: Vec<u32> = ids
            .iter()
            .map(|id| i64::from_le_bytes(*id) as u32)
            .collect();
        assert_eq!(
            found.unwrap().unwrap().encode(text).unwrap(),
            expected,
            "{}",
            folder.display()
        );
        cases += 1;
    }
    assert!(cases >= 20, "{cases} cases");
}

#[test]
fn each_pre_tokenizer_cuts_in_its_own_way() {
    let tokens = ["12", "123", "1234", "'S", "a1", "aB", "..", "..Ċ", "'s"];
    let merges = [
        "1 2", "12 3", "123 4", "' S", "a 1", "a B", ". .", ".. Ċ", "' s",
    ];
    for (pre, expected) in [
        ("gpt-2", ["1234", "a 1", "..|⏎", "'|S", "aB"]),
        ("llama-bpe", ["123|4", "a 1", "..⏎", "'S", "aB"]),
        ("qwen2", ["1|2|3|4", "a 1", "..⏎", "'S", "aB"]),
        ("starcoder", ["1|2|3|4", "a 1", "..|⏎", "'|S", "aB"]),
        ("gpt-4o", ["123|4", "a 1", "..⏎", "'S", "a|B"]),
        ("tekken", ["1|2|3|4", "a 1", "..⏎", "'S", "a|B"]),
        ("falcon", ["123|4", "a 1", "..|⏎", "'|S", "aB"]),
        ("bloom", ["1234", "a1", "..⏎", "'S", "aB"]),
    ] {
        let tokenizer = byte_level(pre, &tokens, &merges);
        for (text, expected) in ["1234", "a1", "..\n", "'S", "aB"].iter().zip(expected) {
            let found = pieces(&tokenizer, text, EncodeOptions::default()).join("|");
            let expected = expected.replace("a 1", "a|1");
            assert_eq!(found, expected, "{text:?} by {pre}");
        }
    }
}

#[test]
fn special_tokens_in_the_text_are_text_unless_asked_for() {
    let tokens = [
        "<unk>", "<s>", "</s>", "<0x3C>", "▁", "a", "<", "s", ">", "▁a", "<u>", "<s",
    ];
    let scores = vec![0.0; 12];
    let kinds = [2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 4, 1];
    let keys = json!({"model": "llama", "tokens": tokens, "scores": scores, "token_type": kinds});
    let tokenizer = open(keys).unwrap().unwrap();
    let plain = EncodeOptions::default();
    assert_eq!(
        pieces(&tokenizer, "a<s>a", plain),
        ["⟨s⟩", "·a", "<s", ">", "a"]
    );
    assert_eq!(
        pieces(&tokenizer, "a<s>a", SPECIAL),
        ["⟨s⟩", "·a", "⟨s⟩", "·a"]
    );
    // What the user defined is always a token.
    assert_eq!(
        pieces(&tokenizer, "a<u>a", plain),
        ["⟨s⟩", "·a", "<u>", "a"]
    );
    // A begin that the text spells is not put there twice, unless it is asked for.
    assert_eq!(pieces(&tokenizer, "<s>a", SPECIAL), ["⟨s⟩", "·a"]);
    let twice = EncodeOptions {
        bos: Some(true),
        special: true,
    };
    assert_eq!(pieces(&tokenizer, "<s>a", twice), ["⟨s⟩", "⟨s⟩", "·a"]);
    let none = EncodeOptions {
        bos: Some(false),
        special: false,
    };
    assert_eq!(pieces(&tokenizer, "a", none), ["·a"]);
    let ids = tokenizer.encode_with("a<s>a", SPECIAL).unwrap();
    assert_eq!(tokenizer.decode(&ids.ids[ids.before..]), "a<s>a");
    // What has no piece and no bytes is unknown, a run of it once.
    assert_eq!(pieces(&tokenizer, "xyza", none), ["·", "⟨unk⟩", "a"]);
}

#[test]
fn what_is_not_understood_is_refused() {
    let said = |keys: Value| open(keys).unwrap_err().to_string();
    assert!(open(json!({})).unwrap().is_none());
    assert!(open(json!({"model": "none"})).unwrap().is_none());
    assert!(said(json!({"model": "bert"})).contains("'bert' (WordPiece)"));
    assert!(said(json!({"model": "t5"})).contains("unigram"));
    assert!(said(json!({"model": "\u{1b}[31m"})).contains("\\u{1b}"));
    assert!(said(json!({"model": 1})).contains("model is not a text"));
    assert!(said(json!({"model": "llama"})).contains("tokens is missing"));
    assert!(said(json!({"model": "llama", "tokens": ["a"]})).contains("scores is missing"));
    assert!(
        said(json!({"model": "llama", "tokens": ["a"], "scores": [1, 2]})).contains("list of 1")
    );
    assert!(said(json!({"model": "llama", "tokens": [], "scores": []})).contains("0 pieces"));
    assert!(said(json!({"model": "llama", "tokens": [7], "scores": [1]})).contains("is not text"));
    let kinds = json!({"model": "llama", "tokens": ["a"], "scores": [1], "token_type": [9]});
    assert!(said(kinds).contains("type 9"));
    let bytes = json!({"model": "llama", "tokens": ["a"], "scores": [1], "token_type": [6]});
    assert!(said(bytes).contains("<0x0A>"));
    let bos = json!({"model": "llama", "tokens": ["a"], "scores": [1], "bos_token_id": 1});
    assert!(said(bos).contains("bos_token_id"));
    let long = json!({"model": "llama", "tokens": ["a".repeat(5000)], "scores": [1]});
    assert!(said(long).contains("5000 bytes"));
    let unknown = said(json!({"model": "gpt2", "tokens": ["a"], "merges": [], "pre": "new-one"}));
    assert!(
        unknown.contains("'new-one' is not known") && unknown.contains("llama-bpe"),
        "{unknown}"
    );
    assert!(said(json!({"model": "gpt2", "tokens": ["a"]})).contains("merges is missing"));
    let merge = json!({"model": "gpt2", "tokens": ["a"], "merges": ["aa"], "pre": "gpt-2"});
    assert!(said(merge).contains("merge 0"));
    let outside = json!({"model": "gpt2", "tokens": ["a"], "merges": ["a a"], "pre": "gpt-2"});
    let outside = said(outside);
    assert!(outside.contains("aa"), "{outside}");
}

#[test]
fn long_texts_are_encoded_in_time() {
    // Every run of "a" up to 512 is a piece, and all scores are the same: the most merging that there can be.
    let runs: Vec<String> = (1..512)
        .map(|n| "a".repeat(n))
        .chain(["▁".into()])
        .collect();
    let scores: Vec<f32> = (0..512).map(|n| n as f32).collect();
    let keys = json!({"model": "llama", "tokens": runs, "scores": scores});
    let tokenizer = open(keys).unwrap().unwrap();
    let start = Instant::now();
    let text = "a".repeat(400_000);
    let ids = tokenizer.encode(&text).unwrap();
    assert_eq!(tokenizer.decode(&ids), text);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn many_tokens_of_the_user_take_no_longer() {
    // Each is the start of the next one, and the text has all of them at every place.
    let mut tokens = vec!["<unk>".to_owned()];
    tokens.extend((1..1000).map(|n| "a".repeat(n)));
    let kinds: Vec<u32> = [2].into_iter().chain([4; 999]).collect();
    let scores = vec![0.0; tokens.len()];
    let keys = json!({"model": "llama", "tokens": tokens, "scores": scores, "token_type": kinds,
                      "add_space_prefix": false});
    let tokenizer = open(keys).unwrap().unwrap();
    let start = Instant::now();
    let text = "a".repeat(999 * 1000) + "b";
    let ids = tokenizer.encode(&text).unwrap();
    assert_eq!(ids, [[999; 1000].as_slice(), &[0]].concat());
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}
