//! Makes the files.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A ZIP archive.
pub fn zip(entries: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
    let method = match deflated {
        true => zip::CompressionMethod::Deflated,
        false => zip::CompressionMethod::Stored,
    };
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An array of NumPy.
pub fn npy(dtype: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// A GGUF file whose only entry is an array of `count` times `element`.
pub fn gguf_array(kind: u32, element: &[u8], count: usize) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3u32.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.extend(1u64.to_le_bytes());
    bytes.extend(1u64.to_le_bytes());
    bytes.push(b'a');
    bytes.extend(9u32.to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend((count as u64).to_le_bytes());
    bytes.extend(element.repeat(count));
    bytes
}

/// A capture with another header, whose checksums hold.
pub fn forged(bytes: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    let mut header = change(header.trim_end());
    assert!(header.len() <= length, "no room");
    header.push_str(&" ".repeat(length - header.len()));
    let mut forged = bytes.to_vec();
    forged[8..8 + length].copy_from_slice(header.as_bytes());
    let value: Value = serde_json::from_str(&header).unwrap();
    let at = value["checksums"]["data_offsets"][0].as_u64().unwrap() as usize;
    let sums = 8 + length + at;
    let rows = forged.len() - sums - 32;
    let mut whole = Sha256::new();
    whole.update(&forged[..8 + length]);
    whole.update(&forged[sums..sums + rows]);
    forged[sums + rows..].copy_from_slice(&whole.finalize());
    forged
}

const WIDTH: usize = 4;
const WORDS: usize = 16;

/// A small GPT-2 of one layer with a tokenizer.
pub fn model(folder: &Path, tokenizer: &Value) {
    let mut header = Map::new();
    let mut end = 0;
    for (name, shape) in [
        ("wte.weight", vec![WORDS, WIDTH]),
        ("wpe.weight", vec![WORDS, WIDTH]),
        ("h.0.ln_1.weight", vec![WIDTH]),
        ("h.0.ln_1.bias", vec![WIDTH]),
        ("h.0.attn.c_attn.weight", vec![WIDTH, 3 * WIDTH]),
        ("h.0.attn.c_attn.bias", vec![3 * WIDTH]),
        ("h.0.attn.c_proj.weight", vec![WIDTH, WIDTH]),
        ("h.0.attn.c_proj.bias", vec![WIDTH]),
        ("h.0.ln_2.weight", vec![WIDTH]),
        ("h.0.ln_2.bias", vec![WIDTH]),
        ("h.0.mlp.c_fc.weight", vec![WIDTH, 4 * WIDTH]),
        ("h.0.mlp.c_fc.bias", vec![4 * WIDTH]),
        ("h.0.mlp.c_proj.weight", vec![4 * WIDTH, WIDTH]),
        ("h.0.mlp.c_proj.bias", vec![WIDTH]),
        ("ln_f.weight", vec![WIDTH]),
        ("ln_f.bias", vec![WIDTH]),
    ] {
        let bytes = 4 * shape.iter().product::<usize>();
        let entry = json!({"dtype": "F32", "shape": shape, "data_offsets": [end, end + bytes]});
        header.insert(name.to_owned(), entry);
        end += bytes;
    }
    let header = Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    let data = (0..end / 4).flat_map(|i| (i as f32 * 0.7).sin().to_le_bytes());
    bytes.extend(data);
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
    let config = json!({
        "model_type": "gpt2", "n_layer": 1, "n_head": 2, "n_embd": WIDTH, "n_positions": WORDS,
        "vocab_size": WORDS, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new",
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

/// Puts a value into the configuration of a model.
pub fn configure(folder: &Path, key: &str, value: &Value) {
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    config[key] = value.clone();
    std::fs::write(path, config.to_string()).unwrap();
}

/// A tokenizer of two letters.
pub fn plain_tokenizer() -> Value {
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": null,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1, "##a": 2, "b": 3, "##b": 4},
        },
    })
}

fn added(content: &str, normalized: bool) -> Value {
    json!([{
        "id": 10, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": normalized, "special": false,
    }])
}

/// Tokenizers that make the library take very much time or memory, or give up, each with a text.
pub fn tokenizers() -> Vec<(&'static str, Value, String)> {
    let with = |changes: &[(&str, Value)]| {
        let mut tokenizer = plain_tokenizer();
        for (key, value) in changes {
            tokenizer[key] = value.clone();
        }
        tokenizer
    };
    let everywhere =
        |content: &str| json!({"type": "Replace", "pattern": {"Regex": ""}, "content": content});
    let doubled = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aaaa"});
    let word = |most: u64| {
        let mut model = plain_tokenizer()["model"].clone();
        model["max_input_chars_per_word"] = json!(most);
        model
    };
    let precompiled = json!({"type": "Precompiled", "precompiled_charsmap": "BAAAAP////9hAA=="});
    let many: Vec<Value> = (0..40_000)
        .map(|i| {
            let mut token = added(&format!("{i:040}"), true)[0].clone();
            token["id"] = json!(10 + i);
            token
        })
        .collect();
    let short = "a".to_owned();
    vec![
        (
            "an added token that grows",
            with(&[
                ("added_tokens", added(&"a".repeat(60_000), true)),
                ("normalizer", everywhere(&"x".repeat(4000))),
            ]),
            short.clone(),
        ),
        (
            "a short added token that grows",
            with(&[
                ("added_tokens", added(&"a".repeat(4000), true)),
                ("normalizer", everywhere(&"x".repeat(4000))),
            ]),
            short.clone(),
        ),
        (
            "an added token of a megabyte",
            with(&[("added_tokens", added(&"a".repeat(1 << 20), false))]),
            short.clone(),
        ),
        (
            "many added tokens",
            with(&[("added_tokens", json!(many))]),
            short.clone(),
        ),
        (
            "a text that grows",
            with(&[("normalizer", everywhere(&"x".repeat(4000)))]),
            "ab ".repeat(3000),
        ),
        (
            "a text that grows in steps",
            with(&[(
                "normalizer",
                json!({"type": "Sequence", "normalizers": vec![doubled; 6]}),
            )]),
            "a".repeat(10_000),
        ),
        (
            "a table that contradicts itself",
            with(&[("normalizer", precompiled)]),
            "ae\u{301}b".to_owned(),
        ),
        (
            "a word of ten thousand letters",
            with(&[("model", word(10_000))]),
            "a".repeat(10_000),
        ),
        (
            "words without end",
            with(&[("model", word(u64::from(u32::MAX)))]),
            "a".repeat(100_000),
        ),
        (
            "many long words",
            with(&[("model", word(2000))]),
            format!("{} ", "a".repeat(1900)).repeat(30),
        ),
    ]
}
