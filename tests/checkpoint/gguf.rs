//! GGUF files: what is read of them.

use std::path::Path;

use headlight::checkpoint::{BlockType, Checkpoint, Dtype, Format, read_gguf_metadata};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::writer::{
    file, gguf, gguf_array, gguf_entry, gguf_string, gguf_tensor, six, small_gguf,
};

/// A file written by the package `gguf`, with each type's blocks beside their values.
fn blocks() -> Checkpoint {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoint/blocks.gguf");
    Checkpoint::open(&path).unwrap()
}

/// For comparisons in which zeros of different signs differ.
pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Each quantised type with its number in files, and where its blocks have half-precision numbers.
const TYPES: [(BlockType, u32, &[usize]); 11] = [
    (BlockType::Q4_0, 2, &[0]),
    (BlockType::Q4_1, 3, &[0, 2]),
    (BlockType::Q5_0, 6, &[0]),
    (BlockType::Q5_1, 7, &[0, 2]),
    (BlockType::Q8_0, 8, &[0]),
    (BlockType::Q2_K, 10, &[80, 82]),
    (BlockType::Q3_K, 11, &[108]),
    (BlockType::Q4_K, 12, &[0, 2]),
    (BlockType::Q5_K, 13, &[0, 2]),
    (BlockType::Q6_K, 14, &[208]),
    (BlockType::MXFP4, 39, &[]),
];

#[test]
fn every_type_decodes_to_the_last_bit() {
    let checkpoint = blocks();
    let mut types = Vec::new();
    for (name, info) in checkpoint.tensors() {
        if name.ends_with(".f32") {
            continue;
        }
        assert_eq!(info.dtype.name(), name);
        assert!(info.dtype.is_float());
        types.push(info.dtype);
        let found = checkpoint.read_f32(name).unwrap();
        let expected = checkpoint.read_f32(&format!("{name}.f32")).unwrap();
        assert!(expected.len() >= 2 && expected.iter().any(|&value| value != 0.0));
        assert_eq!(bits(&found), bits(&expected), "{name}");
    }
    for (block, ..) in TYPES {
        assert!(types.contains(&Dtype::Block(block)), "{block:?}");
    }
    assert_eq!(types.len(), TYPES.len() + 2);
    // Single-precision metadata keep every bit on their way through JSON.
    let values = checkpoint.config().unwrap()["blocks.values"]
        .as_array()
        .unwrap();
    let values: Vec<f32> = values.iter().map(|v| v.as_f64().unwrap() as f32).collect();
    assert_eq!(bits(&values), bits(&[0.1, -1e-45, f32::MAX]));
}

#[test]
fn a_tensor_of_many_pieces_has_no_seam() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = blocks();
    for (block, kind, _) in TYPES {
        let raw = checkpoint.read_bytes(block.name()).unwrap();
        let values = checkpoint.read_f32(block.name()).unwrap();
        // Between two and three MiB, which no block divides.
        let times = (5 << 19) / raw.len();
        let extents = [values.len() as u64, times as u64];
        let bytes = gguf(
            3,
            &[],
            &[gguf_tensor("w", &extents, kind, 0)],
            &raw.repeat(times),
        );
        let many = Checkpoint::open(&file(folder.path(), "m.gguf", &bytes)).unwrap();
        assert_eq!(many.tensors()["w"].shape, [times, values.len()]);
        let many = many.read_f32("w").unwrap();
        assert_eq!(many.len(), times * values.len());
        assert!(
            many.chunks(values.len())
                .all(|row| bits(row) == bits(&values))
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn scales_of_zero_leave_zeros(which in 0usize..TYPES.len(), seed in prop::collection::vec(any::<u8>(), 210)) {
        let (block, kind, halves) = TYPES[which];
        prop_assume!(!halves.is_empty());
        let mut raw = seed[..block.bytes()].to_vec();
        for at in halves {
            raw[*at..at + 2].fill(0);
        }
        let folder = tempfile::tempdir().unwrap();
        let bytes = gguf(3, &[], &[gguf_tensor("w", &[block.elements() as u64], kind, 0)], &raw);
        let values = Checkpoint::open(&file(folder.path(), "m.gguf", &bytes)).unwrap().read_f32("w").unwrap();
        prop_assert_eq!(values, vec![0.0; block.elements()]);
    }
}

#[test]
fn tensors_and_metadata_are_read_in_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    for version in [2, 3] {
        let path = file(folder.path(), "weights.gguf", &small_gguf(version));
        let checkpoint = Checkpoint::open(&path).unwrap();
        assert_eq!(checkpoint.format(), Format::Gguf);
        assert_eq!(checkpoint.format().to_string(), "GGUF");
        assert_eq!(checkpoint.name(), "weights");
        assert_eq!(
            checkpoint.config().unwrap(),
            &json!({"general.architecture": "llama", "llama.block_count": 2, "tokenizer.ggml.bos_token_id": 1})
        );
        assert_eq!(
            Value::Object(checkpoint.extra().clone()),
            json!({"tokenizer.ggml.tokens": ["x", "é"], "tokenizer.ggml.bos_token_id": 1, "tokenizer.chat_template": "{{x}}"})
        );
        assert_eq!(checkpoint.notes(), [] as [String; 0]);
        assert_eq!(checkpoint.tensors()["a"].shape, [2, 3]);
        assert_eq!(
            checkpoint.read_f32("a").unwrap(),
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        );
        assert_eq!(checkpoint.read_bytes("a").unwrap(), six(1.0));
        let halves: Vec<f32> = (0..32).map(|i| i as f32 / 2.0).collect();
        assert_eq!(checkpoint.read_f32("b").unwrap(), halves);
        assert_eq!(checkpoint.read_bytes("b").unwrap().len(), 34);
        // A folder with one such file, too.
        let checkpoint = Checkpoint::open(folder.path()).unwrap();
        assert_eq!(checkpoint.read_f32("b").unwrap(), halves);
    }
}

#[test]
fn every_metadata_type_becomes_json() {
    let folder = tempfile::tempdir().unwrap();
    let nested = gguf_array(5, 2, &[(-1i32).to_le_bytes(), 7i32.to_le_bytes()].concat());
    let entries = [
        gguf_entry("u8", 0, &[255]),
        gguf_entry("i8", 1, &[255]),
        gguf_entry("u16", 2, &u16::MAX.to_le_bytes()),
        gguf_entry("i16", 3, &i16::MIN.to_le_bytes()),
        gguf_entry("u32", 4, &u32::MAX.to_le_bytes()),
        gguf_entry("i32", 5, &i32::MIN.to_le_bytes()),
        gguf_entry("f32", 6, &0.1f32.to_le_bytes()),
        gguf_entry("true", 7, &[1]),
        gguf_entry("text", 8, &gguf_string("naïve".as_bytes())),
        gguf_entry("empty", 9, &gguf_array(8, 0, &[])),
        gguf_entry("nested", 9, &gguf_array(9, 1, &nested)),
        gguf_entry("u64", 10, &u64::MAX.to_le_bytes()),
        gguf_entry("i64", 11, &i64::MIN.to_le_bytes()),
        gguf_entry("f64", 12, &0.1f64.to_le_bytes()),
        gguf_entry("nan", 6, &f32::NAN.to_le_bytes()),
        gguf_entry("broken text", 8, &gguf_string(b"a\xffb")),
    ];
    let path = file(folder.path(), "m.gguf", &gguf(3, &entries, &[], &[]));
    assert_eq!(
        Value::Object(read_gguf_metadata(&path).unwrap()),
        json!({
            "u8": 255, "i8": -1, "u16": 65535, "i16": -32768, "u32": u32::MAX, "i32": i32::MIN,
            "f32": f64::from(0.1f32), "true": true, "text": "naïve", "empty": [], "nested": [[-1, 7]],
            "u64": u64::MAX, "i64": i64::MIN, "f64": 0.1, "nan": null, "broken text": "a\u{fffd}b",
        })
    );
    let tensors = [gguf_tensor("a", &[1], 0, 0)];
    let whole = gguf(3, &entries, &tensors, &[0; 4]);
    let checkpoint = Checkpoint::open(&file(folder.path(), "m.gguf", &whole)).unwrap();
    let notes = checkpoint.notes().join("\n");
    assert!(
        notes.contains("'nan' holds numbers that are not finite"),
        "{notes}"
    );
    assert!(
        notes.contains("'broken text' holds text that is not UTF-8"),
        "{notes}"
    );
}

#[test]
fn what_is_not_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = [
        gguf_tensor("a", &[3, 2], 0, 0),
        gguf_tensor("b", &[256], 23, 32),
        gguf_tensor("c", &[5], 99, 64),
    ];
    let bytes = gguf(3, &[], &tensors, &[six(1.0), vec![0; 300]].concat());
    let checkpoint = Checkpoint::open(&file(folder.path(), "m.gguf", &bytes)).unwrap();
    assert_eq!(checkpoint.read_f32("a").unwrap().len(), 6);
    for (name, kind) in [("b", "type iq4_xs"), ("c", "an unknown type")] {
        let error = checkpoint.read_f32(name).unwrap_err().to_string();
        assert!(
            error.contains(kind) && error.contains("q2_k to q6_k"),
            "{error}"
        );
        assert_eq!(
            checkpoint.read_bytes(name).unwrap_err().to_string(),
            error,
            "{name}"
        );
    }

    let refused = |bytes: &[u8]| {
        Checkpoint::open(&file(folder.path(), "m.gguf", bytes))
            .unwrap_err()
            .to_string()
    };
    let architecture = gguf_entry("general.architecture", 8, &gguf_string(b"llama"));
    let error = refused(&gguf(3, &[architecture], &[], &[]));
    assert!(
        error.contains("metadata of the architecture 'llama' and no tensor"),
        "{error}"
    );
    let error = refused(&small_gguf(1));
    assert!(
        error.contains("version is 1 where 2 and 3 are known"),
        "{error}"
    );
    let error = refused(&small_gguf(3u32.swap_bytes()));
    assert!(error.contains("big-endian"), "{error}");
    let split = gguf_entry("split.count", 2, &3u16.to_le_bytes());
    let error = refused(&gguf(3, &[split], &tensors, &[0; 400]));
    assert!(
        error.contains("one of 3 parts") && error.contains("--merge"),
        "{error}"
    );
}
