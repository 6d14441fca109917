//! Tensors whose blocks and scales lie apart, as gpt-oss is published.

use std::path::{Path, PathBuf};

use headlight::checkpoint::{BlockType, Checkpoint, Dtype};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::{Map, Value, json};

use crate::writer::file;

const NAME: &str = "model.layers.1.mlp.experts.gate_up_proj";

/// A tiny gpt-oss, made by `tests/reference/variants/make.py`.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/variants/gpt_oss_mxfp4")
}

#[test]
fn blocks_and_scales_are_one_tensor() {
    let checkpoint = Checkpoint::open(&folder()).unwrap();
    let info = &checkpoint.tensors()[NAME];
    assert_eq!(info.dtype, Dtype::Block(BlockType::MXFP4));
    assert_eq!(info.shape, [3, 64, 32]);
    let names: Vec<&String> = checkpoint.tensors().keys().collect();
    let apart = |name: &&&String| name.ends_with("_blocks") || name.ends_with("_scales");
    assert_eq!(names.iter().find(apart), None);

    let bytes = std::fs::read(folder().join("model.safetensors")).unwrap();
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let part = |end: &str| stored.tensor(&format!("{NAME}_{end}")).unwrap().data();
    let magnitudes = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
    let nibbles = part("blocks")
        .iter()
        .flat_map(|byte| [byte & 15, byte >> 4]);
    let expected: Vec<f32> = nibbles
        .enumerate()
        .map(|(at, code)| {
            let sign = if code < 8 { 1.0 } else { -1.0 };
            let scale = 2f32.powi(i32::from(part("scales")[at / 32]) - 127);
            sign * magnitudes[usize::from(code & 7)] * scale
        })
        .collect();
    assert_eq!(checkpoint.read_f32(NAME).unwrap(), expected);
    let bytes = checkpoint.read_bytes(NAME).unwrap();
    assert_eq!(Some(bytes.len()), info.bytes());
}

#[test]
fn they_may_lie_in_different_files() {
    let bytes = std::fs::read(folder().join("model.safetensors")).unwrap();
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let apart = tempfile::tempdir().unwrap();
    let mut map = Map::new();
    for (shard, scales) in [("a.safetensors", false), ("b.safetensors", true)] {
        let of_shard = |name: &str| name.ends_with("_scales") == scales;
        let tensors = stored.iter().filter(|(name, _)| of_shard(name));
        let tensors: Vec<(&str, TensorView)> = tensors.collect();
        for (name, _) in &tensors {
            map.insert((*name).to_owned(), json!(shard));
        }
        let bytes = safetensors::serialize(tensors, None).unwrap();
        file(apart.path(), shard, &bytes);
    }
    let index = json!({"weight_map": Value::Object(map)}).to_string();
    file(
        apart.path(),
        "model.safetensors.index.json",
        index.as_bytes(),
    );
    let whole = Checkpoint::open(&folder()).unwrap();
    let sharded = Checkpoint::open(apart.path()).unwrap();
    assert_eq!(whole.tensors(), sharded.tensors());
    assert_eq!(
        whole.read_f32(NAME).unwrap(),
        sharded.read_f32(NAME).unwrap()
    );
}

#[test]
fn what_does_not_fit_stays_apart_and_is_said() {
    let (blocks, scales) = ([0u8; 64], [127u8; 3]);
    let view = |shape: &[usize], data| {
        TensorView::new(safetensors::Dtype::U8, shape.to_vec(), data).unwrap()
    };
    let tensors = [
        ("w_blocks", view(&[2, 2, 16], &blocks)),
        ("w_scales", view(&[1, 3], &scales)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let bytes = safetensors::serialize(tensors, None).unwrap();
    let path = file(folder.path(), "m.safetensors", &bytes);
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.tensors().len(), 2);
    let said = "'w_blocks' [2, 2, 16] and 'w_scales' [1, 3] look like MXFP4";
    assert!(checkpoint.notes().iter().any(|note| note.contains(said)));
}
