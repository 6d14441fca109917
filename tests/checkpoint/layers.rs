//! The time that a model's description takes goes with its layers.

use std::time::{Duration, Instant};

use headlight::checkpoint::Checkpoint;
use headlight::model::Hints;
use headlight::model::family::plan;
use serde_json::{Map, Value, json};

use crate::writer::{file, safetensors};

/// A GPT-2 of so many layers of two dimensions, in a folder of its own.
fn deep(layers: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut header = Map::new();
    let mut end = 0;
    let mut add = |name: String, shape: &[usize]| {
        let bytes = 4 * shape.iter().product::<usize>();
        let entry = json!({"dtype": "F32", "shape": shape, "data_offsets": [end, end + bytes]});
        header.insert(name, entry);
        end += bytes;
    };
    add("wte.weight".into(), &[4, 2]);
    add("wpe.weight".into(), &[4, 2]);
    for layer in 0..layers {
        for (part, weight, bias) in [
            ("ln_1", &[2][..], 2),
            ("attn.c_attn", &[2, 6], 6),
            ("attn.c_proj", &[2, 2], 2),
            ("ln_2", &[2], 2),
            ("mlp.c_fc", &[2, 8], 8),
            ("mlp.c_proj", &[8, 2], 2),
        ] {
            add(format!("h.{layer}.{part}.weight"), weight);
            add(format!("h.{layer}.{part}.bias"), &[bias]);
        }
    }
    add("ln_f.weight".into(), &[2]);
    add("ln_f.bias".into(), &[2]);
    let data = vec![0; end];
    let header = Value::Object(header).to_string();
    file(
        folder.path(),
        "model.safetensors",
        &safetensors(&header, &data),
    );
    let config = json!({
        "model_type": "gpt2", "n_layer": layers, "n_head": 1, "n_embd": 2, "n_positions": 4,
        "vocab_size": 4, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new",
    });
    file(folder.path(), "config.json", config.to_string().as_bytes());
    folder
}

#[test]
fn time_goes_with_the_layers_and_not_with_their_square() {
    let least = |layers| {
        let folder = deep(layers);
        let once = |_| {
            let start = Instant::now();
            let checkpoint = Checkpoint::open(folder.path()).unwrap();
            let plan = plan(&checkpoint, &Hints::default()).unwrap();
            assert_eq!(plan.names.blocks.len(), layers);
            start.elapsed()
        };
        (0..3).map(once).min().unwrap()
    };
    let (few, many) = (least(400), least(3200));
    // What goes with the square takes 64 times as long.
    assert!(
        many < few * 28 + Duration::from_millis(50),
        "{few:?}, {many:?}"
    );
}
