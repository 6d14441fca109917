//! Small models that are really trained: they say what others saw them say.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use headlight::checkpoint::Checkpoint;
use headlight::lens::{Pattern, Scale, Select};
use headlight::model::{Decoder, Head, Hints, Key, LayerRecord, Probe, Query};
use headlight::token::{EncodeOptions, Tokenizer};
use serde_json::Value;

use super::common::shared;
use super::measure::{Errors, Run, decoder};

fn open(path: &str) -> (Checkpoint, Decoder) {
    let checkpoint = Checkpoint::open(&shared(&format!("models/{path}"))).unwrap();
    let (plan, decoder) = decoder(&checkpoint, &Hints::default());
    // A head that is the embedding by another name is nothing to tell of.
    let told = plan.assumed.iter().any(|said| said.contains("stored head"));
    assert!(!told, "{:?}", plan.assumed);
    (checkpoint, decoder)
}

/// What transformers gave for a prompt: its ids, and the weights of every layer, head and query.
struct Seen {
    ids: Vec<u32>,
    attention: Vec<f32>,
}

fn seen(path: &str) -> Seen {
    let name = format!("models/{path}/reference_attention_transformers4.57.json");
    let file: Value = serde_json::from_slice(&std::fs::read(shared(&name)).unwrap()).unwrap();
    fn flat(value: &Value, into: &mut Vec<f32>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| flat(value, into)),
            number => into.push(number.as_f64().unwrap() as f32),
        }
    }
    let mut attention = Vec::new();
    flat(&file["attentions_layer_head_q_k"], &mut attention);
    let ids = file["ids"].as_array().unwrap().iter();
    Seen {
        ids: ids.map(|id| id.as_u64().unwrap() as u32).collect(),
        attention,
    }
}

/// Largest difference of a weight from what was seen.
fn difference(decoder: &Decoder, seen: &Seen) -> f32 {
    let mut run = Run::default();
    decoder.forward(&seen.ids, &mut run).unwrap();
    let (n, heads) = (seen.ids.len(), decoder.spec().heads);
    assert_eq!(seen.attention.len(), run.layers.len() * heads * n * n);
    let mut expected = seen.attention.iter();
    let mut worst = 0f32;
    for layer in &run.layers {
        for head in 0..heads {
            let pattern = Pattern::new(layer, Select::Head(Head(head)), Scale::Raw);
            for i in 0..n {
                for j in 0..n {
                    let found = pattern.weight(Query(i), Key(j)).unwrap_or(0.0);
                    worst = worst.max((found - expected.next().unwrap()).abs());
                }
            }
        }
    }
    worst
}

/// How far llama2.c's model is from what transformers saw of its conversion: weights only.
pub fn errors() -> Errors {
    let (_, decoder) = open("stories260k/stories260K.bin");
    Errors {
        weight: difference(&decoder, &seen("stories260k/derived_hf")),
        logit: f32::NAN,
        ..Errors::default()
    }
}

/// The likeliest token after the last.
#[derive(Default)]
struct Last {
    logits: Vec<f32>,
}

impl Probe for Last {
    fn block(&mut self, _record: LayerRecord) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, rows: &[f32], vocabulary: usize) {
        self.logits = rows[rows.len() - vocabulary..].to_vec();
    }
}

/// Appends the likeliest token, over and over, up to `length` tokens or `end`.
fn greedy(decoder: &Decoder, ids: &[u32], length: usize, end: &[u32]) -> Vec<u32> {
    let mut ids = ids.to_vec();
    while ids.len() < length {
        let mut last = Last::default();
        decoder.forward(&ids, &mut last).unwrap();
        let likeliest = last.logits.iter().enumerate();
        let (next, _) = likeliest.max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        if end.contains(&(next as u32)) {
            break;
        }
        ids.push(next as u32);
    }
    ids
}

#[test]
#[ignore = "reads ../shared"]
fn llama2c_says_what_its_own_program_says() {
    let (_, decoder) = open("stories260k/stories260K.bin");
    let folder = shared("models/stories260k");
    let vocabulary = decoder.spec().vocabulary;
    let tokenizer = Tokenizer::llama2c_beside(&folder, vocabulary)
        .unwrap()
        .unwrap();
    let begin = tokenizer.bos().unwrap().ids.clone();
    // The program takes 200 steps and stops at another begin of text, whose token it does not print.
    let ids = greedy(&decoder, &begin, begin.len() + 200, &begin);
    let said = tokenizer.decode(&ids[begin.len()..]);
    let said = said.strip_prefix(' ').unwrap_or(&said);
    let source = folder.join("llama2c_test_all.expected_stdout.py.txt");
    let source = std::fs::read_to_string(source).unwrap();
    let literal = source.split("expected_stdout = b'").nth(1).unwrap();
    let literal = literal.lines().next().unwrap().strip_suffix('\'').unwrap();
    let expected = literal.replace("\\n", "\n").replace("\\'", "'");
    assert_eq!(expected.len(), 464);
    assert_eq!(said, expected);
}

#[test]
#[ignore = "reads ../shared"]
fn llama2c_and_its_conversions_see_the_same() {
    let seen = seen("stories260k/derived_hf");
    // Largest differences that the types of the weights allow.
    let forms = [
        ("stories260K.bin", 5e-5),
        ("derived_hf/model.safetensors", 5e-5),
        ("derived_hf/stories260K-f32.gguf", 5e-5),
        ("derived_hf/stories260K-f16.gguf", 5e-3),
        ("derived_hf/stories260K-bf16.gguf", 4e-2),
        ("derived_hf/stories260K-q8_0.gguf", 6e-2),
        ("derived_hf/stories260K-q5_0.gguf", 0.5),
        ("derived_hf/stories260K-q4_1.gguf", 0.5),
        ("derived_hf/stories260K-q4_0.gguf", 0.5),
    ];
    for (form, most) in forms {
        let (_, decoder) = open(&format!("stories260k/{form}"));
        let found = difference(&decoder, &seen);
        println!("{form:36} weights {found:.1e}");
        assert!(found <= most, "{form}: {found}");
    }
}

const TINY: [&str; 3] = [
    "tinystories-656k-hf-f32",
    "tinystories-656k-hf-bf16",
    "tinystories-656k-gguf",
];

#[test]
#[ignore = "reads ../shared"]
fn three_forms_of_one_model_see_what_transformers_saw() {
    for (form, read_by) in [(TINY[0], TINY[0]), (TINY[1], TINY[0]), (TINY[2], TINY[2])] {
        let (seen, (_, decoder)) = (seen(read_by), open(form));
        let found = difference(&decoder, &seen);
        println!("{form:28} weights {found:.1e}");
        assert!(found <= 5e-5, "{form}: {found}");
    }
    // Eight bits a weight against the original.
    let found = difference(&open(TINY[2]).1, &seen(TINY[0]));
    println!("{:28} weights {found:.1e} from the original", TINY[2]);
    assert!(found <= 2e-2);
}

/// The words of a text, in lower case.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphabetic() && c != '\'');
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[test]
#[ignore = "reads ../shared"]
fn three_forms_of_one_model_tell_a_story() {
    let books = shared("corpora/gutenberg-oz");
    let mut known = BTreeSet::new();
    for book in std::fs::read_dir(books).unwrap() {
        let text = std::fs::read(book.unwrap().path()).unwrap();
        known.extend(words(&String::from_utf8_lossy(&text)));
    }
    let mut stories = Vec::new();
    for form in TINY {
        let (checkpoint, decoder) = open(form);
        let tokenizer = match Tokenizer::from_gguf(checkpoint.extra()).unwrap() {
            Some(tokenizer) => tokenizer,
            None => of_folder(checkpoint.folder().unwrap()),
        };
        let prompt = "Once upon a time, there was a little girl";
        let encoded = tokenizer.encode_with(prompt, EncodeOptions::default());
        let encoded = encoded.unwrap();
        let ids = greedy(&decoder, &encoded.ids, 90, &[0, 1, 2]);
        let story = tokenizer.decode(&ids[encoded.before..]);
        println!("{form}:\n{story}\n");
        let said = words(&story);
        assert!(said.len() >= 25, "it repeats itself: {story}");
        // Most are simple words, which a book for children has too.
        let strange: Vec<&String> = said.difference(&known).collect();
        assert!(strange.len() * 4 <= said.len(), "{strange:?} in {story}");
        stories.push(story);
    }
    assert_eq!(stories[0], stories[1], "bf16 is the same weights");
}

fn of_folder(folder: &Path) -> Tokenizer {
    Tokenizer::beside(folder).unwrap().unwrap()
}
