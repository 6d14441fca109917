//! The files of llama2.c, made here and by other people.

use headlight::checkpoint::{Checkpoint, Error, Format};

use crate::common::shared;
use crate::writer::file;

/// dim 4, hidden 3, 2 layers, 2 heads, 1 KV head, 5 tokens, context 7.
const NUMBERS: [i32; 7] = [4, 3, 2, 2, 1, 5, 7];

/// Floats of a file of these sizes but for its rotary tables: embedding, layers, norm.
const FLOATS: usize = 5 * 4 + 2 * (2 * 4 + 2 * 16 + 2 * 8 + 3 * 12) + 4;

/// A file whose floats count up from 0.
fn counted(header: &[u8], floats: usize) -> Vec<u8> {
    let mut out = header.to_vec();
    out.extend((0..floats).flat_map(|i| (i as f32).to_le_bytes()));
    out
}

fn legacy(numbers: [i32; 7], floats: usize) -> Vec<u8> {
    counted(&numbers.map(i32::to_le_bytes).concat(), floats)
}

fn versioned(version: i32, tied: bool, floats: usize) -> Vec<u8> {
    let mut header = 0x616b_3432u32.to_le_bytes().to_vec();
    header.extend(version.to_le_bytes());
    header.extend(NUMBERS.map(i32::to_le_bytes).concat());
    header.push(u8::from(tied));
    header.resize(256, 0);
    counted(&header, floats)
}

/// The first value of a tensor, which tells its place, and its shape.
fn first(checkpoint: &Checkpoint, name: &str) -> (f32, Vec<usize>) {
    let values = checkpoint.read_f32(name).unwrap();
    let shape = checkpoint.tensors()[name].shape.clone();
    assert_eq!(values.len(), shape.iter().product::<usize>(), "{name}");
    (values[0], shape)
}

#[test]
fn every_tensor_is_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    // The rotary tables are 2 x 7 x 1 floats, and stand before the head.
    let tied = Checkpoint::open(&file(
        folder.path(),
        "tied.bin",
        &legacy(NUMBERS, FLOATS + 14),
    ))
    .unwrap();
    assert_eq!(tied.format(), Format::Llama2c);
    assert_eq!(tied.tensors().len(), 2 * 9 + 2);
    assert_eq!(
        tied.config().unwrap(),
        &serde_json::json!({"dim": 4, "hidden_dim": 3, "n_layers": 2, "n_heads": 2, "n_kv_heads": 1,
            "vocab_size": 5, "max_seq_len": 7})
    );
    for (name, place, shape) in [
        ("tok_embeddings.weight", 0, vec![5, 4]),
        ("layers.0.attention_norm.weight", 20, vec![4]),
        ("layers.1.attention_norm.weight", 24, vec![4]),
        ("layers.0.attention.wq.weight", 28, vec![4, 4]),
        ("layers.1.attention.wq.weight", 44, vec![4, 4]),
        ("layers.0.attention.wk.weight", 60, vec![2, 4]),
        ("layers.1.attention.wv.weight", 84, vec![2, 4]),
        ("layers.0.attention.wo.weight", 92, vec![4, 4]),
        ("layers.1.ffn_norm.weight", 128, vec![4]),
        ("layers.0.feed_forward.w1.weight", 132, vec![3, 4]),
        ("layers.0.feed_forward.w2.weight", 156, vec![4, 3]),
        ("layers.1.feed_forward.w3.weight", 192, vec![3, 4]),
        ("norm.weight", 204, vec![4]),
    ] {
        assert_eq!(first(&tied, name), (place as f32, shape), "{name}");
    }

    let mut numbers = NUMBERS;
    numbers[5] = -5;
    let bytes = legacy(numbers, FLOATS + 14 + 20);
    let untied = Checkpoint::open(&file(folder.path(), "untied.bin", &bytes)).unwrap();
    assert_eq!(
        first(&untied, "output.weight"),
        ((FLOATS + 14) as f32, vec![5, 4])
    );
    assert_eq!(untied.config().unwrap()["vocab_size"], 5);

    let bytes = versioned(1, false, FLOATS + 20);
    let one = Checkpoint::open(&file(folder.path(), "one.bin", &bytes)).unwrap();
    for (name, place) in [
        ("layers.0.attention_norm.weight", 0),
        ("layers.0.ffn_norm.weight", 8),
        ("norm.weight", 16),
        ("tok_embeddings.weight", 20),
        ("layers.0.attention.wq.weight", 40),
        ("output.weight", FLOATS),
    ] {
        assert_eq!(first(&one, name).0, place as f32, "{name}");
    }
    let bytes = versioned(1, true, FLOATS);
    let one = Checkpoint::open(&file(folder.path(), "one.bin", &bytes)).unwrap();
    assert!(!one.tensors().contains_key("output.weight"));
}

#[test]
fn what_is_not_exactly_such_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused =
        |bytes: &[u8]| Checkpoint::open(&file(folder.path(), "model.bin", bytes)).unwrap_err();
    let whole = legacy(NUMBERS, FLOATS + 14);
    for bytes in [&whole[..whole.len() - 1], &[&whole[..], &[0]].concat()] {
        let error = refused(bytes);
        assert!(matches!(error, Error::NotACheckpoint { .. }));
        let said = format!(
            "almost a legacy llama2.c file, but its header requires {} bytes",
            whole.len()
        );
        assert!(error.to_string().contains(&said), "{error}");
    }
    // Numbers that no model has, in a file of any size.
    for (at, number) in [
        (0, 0),
        (0, -4),
        (0, 6),
        (2, 1 << 20),
        (3, 3),
        (4, 3),
        (5, 0),
        (6, i32::MAX),
        (5, i32::MIN),
    ] {
        let mut numbers = NUMBERS;
        numbers[at] = number;
        let error = refused(&legacy(numbers, FLOATS + 14)).to_string();
        assert!(
            error.contains("is not a checkpoint"),
            "{at} {number}: {error}"
        );
    }
    for (bytes, said) in [
        (versioned(1, true, FLOATS - 1), "its header asks for"),
        (versioned(2, true, FLOATS), "it is of version 2"),
        (
            versioned(1, true, FLOATS)[..30].to_vec(),
            "can't be a model's",
        ),
        (b"24ka".to_vec(), "can't be a model's"),
    ] {
        let error = refused(&bytes).to_string();
        assert!(
            error.contains("looks like a llama2.c file") && error.contains(said),
            "{error}"
        );
    }
}

#[test]
#[ignore = "reads ../shared"]
fn stories_are_the_tensors_of_their_conversion() {
    let own = shared("models/stories260k/stories260K.bin");
    let converted = shared("models/stories260k/derived_hf");
    let own = Checkpoint::open(&own).unwrap();
    let converted = Checkpoint::open(&converted.join("model.safetensors")).unwrap();
    let same = |mine: &str, theirs: &str| {
        assert_eq!(
            own.read_f32(mine).unwrap(),
            converted.read_f32(theirs).unwrap(),
            "{mine}"
        );
    };
    same("tok_embeddings.weight", "model.embed_tokens.weight");
    same("norm.weight", "model.norm.weight");
    for layer in 0..5 {
        // Queries and keys are left out: the conversion puts their rows in another order.
        for (mine, theirs) in [
            ("attention_norm", "input_layernorm"),
            ("attention.wv", "self_attn.v_proj"),
            ("attention.wo", "self_attn.o_proj"),
            ("ffn_norm", "post_attention_layernorm"),
            ("feed_forward.w1", "mlp.gate_proj"),
            ("feed_forward.w2", "mlp.down_proj"),
            ("feed_forward.w3", "mlp.up_proj"),
        ] {
            same(
                &format!("layers.{layer}.{mine}.weight"),
                &format!("model.layers.{layer}.{theirs}.weight"),
            );
        }
    }
    assert_eq!(own.tensors().len(), 5 * 9 + 2);
}
