//! GPT-2 checkpoints of any size that take no time to write: their weights are a hole in the file,
//! which reads as zeros.

use std::fs::File;
use std::io::Write;
use std::path::Path;

/// The sizes of a GPT-2.
#[derive(Clone, Copy, Debug)]
pub struct Gpt2 {
    pub vocabulary: u64,
    pub context: u64,
    pub width: u64,
    pub layers: u64,
    pub heads: u64,
}

impl Gpt2 {
    /// Names and shapes of all tensors, as Hugging Face writes them.
    pub fn tensors(&self) -> Vec<(String, Vec<u64>)> {
        let d = self.width;
        let mut tensors = vec![
            (
                "transformer.wte.weight".to_owned(),
                vec![self.vocabulary, d],
            ),
            ("transformer.wpe.weight".to_owned(), vec![self.context, d]),
        ];
        for layer in 0..self.layers {
            for (name, shape) in [
                ("ln_1.weight", vec![d]),
                ("ln_1.bias", vec![d]),
                ("attn.c_attn.weight", vec![d, 3 * d]),
                ("attn.c_attn.bias", vec![3 * d]),
                ("attn.c_proj.weight", vec![d, d]),
                ("attn.c_proj.bias", vec![d]),
                ("ln_2.weight", vec![d]),
                ("ln_2.bias", vec![d]),
                ("mlp.c_fc.weight", vec![d, 4 * d]),
                ("mlp.c_fc.bias", vec![4 * d]),
                ("mlp.c_proj.weight", vec![4 * d, d]),
                ("mlp.c_proj.bias", vec![d]),
            ] {
                tensors.push((format!("transformer.h.{layer}.{name}"), shape));
            }
        }
        tensors.push(("transformer.ln_f.weight".to_owned(), vec![d]));
        tensors.push(("transformer.ln_f.bias".to_owned(), vec![d]));
        tensors
    }

    /// Its `config.json`.
    pub fn config(&self) -> String {
        format!(
            r#"{{"model_type": "gpt2", "vocab_size": {}, "n_positions": {}, "n_embd": {},
            "n_layer": {}, "n_head": {}}}"#,
            self.vocabulary, self.context, self.width, self.layers, self.heads
        )
    }

    /// Writes it as safetensors; `dtype` is `F32`, `BF16` or `F16`.
    pub fn safetensors(&self, path: &Path, dtype: &str) {
        let width = if dtype == "F32" { 4 } else { 2 };
        let mut end = 0;
        let entries: Vec<String> = self
            .tensors()
            .into_iter()
            .map(|(name, shape)| {
                let start = end;
                end += shape.iter().product::<u64>() * width;
                format!(
                    r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{start},{end}]}}"#
                )
            })
            .collect();
        let header = format!("{{{}}}", entries.join(","));
        let mut file = File::create(path).unwrap();
        let length = (header.len() as u64).to_le_bytes();
        file.write_all(&length).unwrap();
        file.write_all(header.as_bytes()).unwrap();
        file.set_len(8 + header.len() as u64 + end).unwrap();
    }
}
