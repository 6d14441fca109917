//! Captures in files: what is opened is what was captured, and nothing else is taken for it.

#![cfg(test)]

#[path = "../common/mod.rs"]
mod common;
mod foreign;
mod hostile;
mod round;

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::Device;
use headlight::capture::file::{self, FileError, How, Opened};
use headlight::capture::{Capture, LayerRecord, Origin, Prediction, Shape, Token};
use headlight::checkpoint::Checkpoint;
use headlight::model::{Decoder, Hints, Precision, Probe, family};
use headlight::token::Label;
use safetensors::SafeTensors;

/// Records a run.
#[derive(Default)]
struct Run {
    layers: Vec<Arc<LayerRecord>>,
    predictions: Vec<Vec<Prediction>>,
}

impl Probe for Run {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.layers.push(Arc::new(record));
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, rows: &[f32], vocabulary: usize) {
        for row in rows.chunks(vocabulary) {
            let likely = (0..2).map(|id| Prediction {
                id,
                label: label(id),
                logit: row[id as usize],
                probability: 0.25,
            });
            self.predictions.push(likely.collect());
        }
    }
}

/// Labels of every kind.
fn label(id: u32) -> Label {
    match id % 5 {
        0 => Label::of_token(format!(" word{id}").as_bytes()),
        1 => Label::of_token(&[0xe4, id as u8]),
        2 => Label::of_special(format!("<s{id}>").as_bytes()),
        3 => Label::of_token(b""),
        _ => Label::of_token("long ".repeat(id as usize * 20).as_bytes()),
    }
}

/// The run of a folder with a reference.
fn case(case: &Path) -> Capture {
    let checkpoint = Checkpoint::open(case).unwrap();
    let bytes = std::fs::read(case.join("reference.safetensors")).unwrap();
    let reference = SafeTensors::deserialize(&bytes).unwrap();
    let ids = reference.tensor("input_ids").unwrap();
    let ids = ids.data().as_chunks::<8>().0.iter();
    let ids: Vec<u32> = ids.map(|b| i64::from_le_bytes(*b) as u32).collect();
    capture(&checkpoint, &ids)
}

fn capture(checkpoint: &Checkpoint, ids: &[u32]) -> Capture {
    let plan = family::plan(checkpoint, &Hints::default()).unwrap();
    let device = Device::Cpu;
    let decoder = Decoder::load(&plan, checkpoint, &device, Precision::F32, &mut |_, _| {});
    let decoder = decoder.unwrap();
    let mut run = Run::default();
    decoder.forward(ids, &mut run).unwrap();
    let spec = decoder.spec();
    let tokens = ids.iter().map(|&id| Token {
        id,
        label: label(id),
    });
    Capture {
        origin: Arc::new(Origin {
            name: "a \"name\"".to_owned(),
            command: "headlight --text 'ä\\'".to_owned(),
            untrained_seed: Some(u64::MAX),
            warnings: vec!["one".to_owned(), "two".to_owned()],
            ..Origin::default()
        }),
        text: "any text,\nof lines\u{202e}".to_owned(),
        tokens: Arc::new(tokens.collect()),
        shape: Shape {
            layers: spec.layers.len(),
            heads: spec.heads,
            kv_heads: spec.kv_heads,
            head_dim: spec.head_dim,
            embedding: spec.embedding,
            vocabulary: spec.vocabulary,
            context: spec.context,
        },
        kept: run.layers.iter().map(|record| record.layer).collect(),
        layers: run.layers,
        predictions: Arc::new(run.predictions),
        logits: None,
        loss: None,
    }
}

fn demo() -> Capture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/demo.safetensors");
    capture(&Checkpoint::open(&path).unwrap(), &[5, 6, 7, 5, 6, 7, 9])
}

fn save(capture: &Capture, folder: &Path) -> PathBuf {
    let path = folder.join("run.headlight");
    file::save(capture, File::create(&path).unwrap()).unwrap();
    path
}

fn try_open(path: &Path) -> Result<Option<Opened>, FileError> {
    let how = How {
        memory: None,
        progress: &mut |_, _| {},
    };
    file::open(path, how)
}

fn open(path: &Path) -> Opened {
    try_open(path).unwrap().unwrap()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}
