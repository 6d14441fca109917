//! The committed checkpoints of the demo model hold what the program needs of them.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use safetensors::{Dtype, SafeTensors};
    use serde_json::Value;
    use tokenizers::Tokenizer;

    /// What every checkpoint in the repository may weigh at most.
    const LIMIT: u64 = 3_000_000;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints")
    }

    struct Checkpoint {
        name: String,
        bytes: Vec<u8>,
        metadata: BTreeMap<String, String>,
    }

    impl Checkpoint {
        fn json(&self, key: &str) -> Value {
            serde_json::from_str(&self.metadata[key]).unwrap()
        }

        fn tokenizer(&self) -> Tokenizer {
            self.metadata["tokenizer"].parse().unwrap()
        }
    }

    fn checkpoints() -> Vec<Checkpoint> {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
            .collect();
        paths.sort();
        let open = |path: PathBuf| {
            let bytes = fs::read(&path).unwrap();
            let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
            let metadata = header.metadata().clone().unwrap().into_iter().collect();
            Checkpoint {
                name: path.file_name().unwrap().to_string_lossy().into_owned(),
                bytes,
                metadata,
            }
        };
        paths.into_iter().map(open).collect()
    }

    fn demo() -> Checkpoint {
        checkpoints()
            .into_iter()
            .find(|c| c.name == "demo.safetensors")
            .unwrap()
    }

    fn encode(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
        tokenizer
            .encode_fast(text, false)
            .unwrap()
            .get_ids()
            .to_vec()
    }

    #[test]
    fn there_is_a_first_a_last_and_some_between() {
        let all = checkpoints();
        let steps: Vec<u64> = all
            .iter()
            .map(|c| c.json("training")["step"].as_u64().unwrap())
            .collect();
        let last = demo().json("training")["step"].as_u64().unwrap();
        assert!(all.len() >= 4, "{steps:?}");
        assert!(steps.contains(&0), "{steps:?}");
        assert_eq!(steps.iter().max(), Some(&last));
        for (checkpoint, step) in all
            .iter()
            .zip(steps)
            .filter(|(c, _)| c.name != "demo.safetensors")
        {
            assert_eq!(checkpoint.name, format!("step-{step:05}.safetensors"));
        }
    }

    #[test]
    fn tensors_are_those_of_gpt2_in_half_precision() {
        for checkpoint in checkpoints() {
            assert!(
                checkpoint.bytes.len() as u64 <= LIMIT,
                "{}",
                checkpoint.name
            );
            let config = checkpoint.json("config");
            let size = |key: &str| config[key].as_u64().unwrap() as usize;
            let (c, layers) = (size("n_embd"), size("n_layer"));
            assert_eq!(config["model_type"], "gpt2");
            assert_eq!(config["activation_function"], "gelu_new");
            assert_eq!(config["layer_norm_epsilon"], 1e-5);
            assert_eq!(config["tie_word_embeddings"], true);
            assert_eq!(c % size("n_head"), 0);
            assert!(size("n_positions") >= 128);
            let file = SafeTensors::deserialize(&checkpoint.bytes).unwrap();
            let shape = |name: &str| {
                let tensor = file.tensor(name).unwrap();
                assert_eq!(tensor.dtype(), Dtype::F16, "{name}");
                for half in tensor.data().chunks_exact(2) {
                    assert!(
                        half::f16::from_le_bytes([half[0], half[1]]).is_finite(),
                        "{name}"
                    );
                }
                tensor.shape().to_vec()
            };
            assert_eq!(shape("wte.weight"), [size("vocab_size"), c]);
            assert_eq!(shape("wpe.weight"), [size("n_positions"), c]);
            for layer in 0..layers {
                for (name, expected) in [
                    ("attn.c_attn", [c, 3 * c]),
                    ("attn.c_proj", [c, c]),
                    ("mlp.c_fc", [c, 4 * c]),
                    ("mlp.c_proj", [4 * c, c]),
                ] {
                    assert_eq!(shape(&format!("h.{layer}.{name}.weight")), expected);
                    assert_eq!(shape(&format!("h.{layer}.{name}.bias")), [expected[1]]);
                }
                for name in ["ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias"] {
                    assert_eq!(shape(&format!("h.{layer}.{name}")), [c]);
                }
            }
            assert_eq!(shape("ln_f.weight"), [c]);
            assert_eq!(shape("ln_f.bias"), [c]);
            assert_eq!(
                file.len(),
                2 + 12 * layers + 2,
                "{}: no tensor more",
                checkpoint.name
            );
        }
    }

    #[test]
    fn any_text_survives_the_tokenizer() {
        for checkpoint in checkpoints() {
            let tokenizer = checkpoint.tokenizer();
            let vocab = checkpoint.json("config")["vocab_size"].as_u64().unwrap() as usize;
            assert_eq!(tokenizer.get_vocab_size(true), vocab, "{}", checkpoint.name);
            for text in [
                "The cat sat on the mat. It was fluffy.",
                "fn main() {\n\tprintln!(\"{}\", 42);\n}\n",
                "  two  spaces, trailing ",
                "猫がマットの上に座った。",
                "😺👩‍👩‍👧 naïve café — Здравствуй",
                "\u{1b}[31mred\u{0}\u{200b}",
            ] {
                let ids = encode(&tokenizer, text);
                assert!(ids.iter().all(|&id| (id as usize) < vocab));
                assert_eq!(tokenizer.decode(&ids, false).unwrap(), text);
            }
        }
    }

    #[test]
    fn common_words_are_one_token() {
        let tokenizer = demo().tokenizer();
        let text = "The cat sat on the mat. It was fluffy.";
        assert_eq!(encode(&tokenizer, text).len(), 11);
        let words = "the a an and or but not in on under to of with from by is are was were has had have will would can \
                 could should I you he she it we they him her them my your his their this that these those what who \
                 where when why how all some many one two three no yes said went go see saw like love want know think \
                 come came make made take took give gave find found good big small little old new red blue green \
                 black white happy sad cat cats dog dogs bird horse mouse boy girl man woman king queen mother father \
                 friend house tree door table chair box key keys cabinet ball book car train boat flower apple cake \
                 milk water bread tea school park home garden Anna Tom Mary John purred barked rolled sang heavy light \
                 hungry tired fluffy rusty wooden round fast day night morning time people";
        for word in words.split_whitespace() {
            assert_eq!(encode(&tokenizer, &format!(" {word}")).len(), 1, "{word}");
        }
        for word in [
            "The", "It", "They", "He", "She", "Anna", "Tom", "My", "A", "I", "There",
        ] {
            assert_eq!(encode(&tokenizer, word).len(), 1, "{word}");
        }
    }
}
