//! How far a run is from a reference file.

use std::ops::ControlFlow;
use std::path::Path;

use candle_core::Device;
use headlight::checkpoint::Checkpoint;
use headlight::lens::{Pattern, Scale, Select};
use headlight::model::{
    Decoder, Error, Head, Hints, Key, LayerRecord, Plan, Precision, Probe, Query, family,
};
use safetensors::SafeTensors;

const WEIGHT: f32 = 5e-5;
const MEAN: f64 = 2e-6;
const LOGIT: f32 = 5e-4;
const ROW_SUM: f32 = 1e-5;

/// What a run of the model gives.
#[derive(Default)]
pub struct Run {
    pub layers: Vec<LayerRecord>,
    pub logits: Vec<f32>,
}

impl Probe for Run {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.layers.push(record);
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, rows: &[f32], _vocabulary: usize) {
        self.logits.extend(rows);
    }
}

/// A reference file.
pub struct Reference {
    pub ids: Vec<u32>,
    attention: Vec<f32>,
    logits: Vec<f32>,
}

impl Reference {
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let floats = |name: &str| -> Vec<f32> {
            let data = file.tensor(name).unwrap().data();
            let chunks = data.as_chunks::<4>().0.iter();
            chunks.map(|b| f32::from_le_bytes(*b)).collect()
        };
        let ids = file.tensor("input_ids").unwrap();
        let ids = ids.data().as_chunks::<8>().0.iter();
        Self {
            ids: ids.map(|b| i64::from_le_bytes(*b) as u32).collect(),
            attention: floats("attention"),
            logits: floats("logits"),
        }
    }
}

/// A plan of a checkpoint and the model that it makes.
pub fn decoder(checkpoint: &Checkpoint, hints: &Hints) -> (Plan, Decoder) {
    let made = try_decoder(checkpoint, hints);
    made.unwrap_or_else(|e| panic!("{}: {e}", checkpoint.path().display()))
}

/// The same, of a checkpoint that may be refused.
pub fn try_decoder(checkpoint: &Checkpoint, hints: &Hints) -> Result<(Plan, Decoder), Error> {
    let plan = family::plan(checkpoint, hints)?;
    let decoder = Decoder::load(
        &plan,
        checkpoint,
        &Device::Cpu,
        Precision::F32,
        &mut |_, _| {},
    )?;
    Ok((plan, decoder))
}

/// How far a run is from its reference.
#[derive(Clone, Copy, Debug, Default)]
pub struct Errors {
    /// Largest difference of a weight.
    pub weight: f32,
    /// Mean difference of the weights that a query sees.
    pub mean: f64,
    /// Largest difference of a row's sum from 1 less the sink's share.
    pub row: f32,
    /// Largest difference of a logit.
    pub logit: f32,
}

impl Errors {
    /// Compares; what is not a question of precision is asserted.
    pub fn of(name: &str, decoder: &Decoder, reference: &Reference) -> Self {
        let mut run = Run::default();
        decoder.forward(&reference.ids, &mut run).unwrap();
        let n = reference.ids.len();
        let heads = decoder.spec().heads;
        let cells = run.layers.len() * heads * n * n;
        assert_eq!(reference.attention.len(), cells, "{name}");
        assert_eq!(run.logits.len(), reference.logits.len(), "{name}");
        let mut errors = Self::default();
        let mut seen = 0usize;
        let mut expected = reference.attention.iter();
        for layer in &run.layers {
            for head in 0..heads {
                let pattern = Pattern::new(layer, Select::Head(Head(head)), Scale::Raw);
                for i in 0..n {
                    let lse = layer.lse[head * n + i];
                    let sink = layer.rule.sink(head).map_or(0.0, |sink| (sink - lse).exp());
                    let mut sum = 0.0;
                    for j in 0..n {
                        let expected = *expected.next().unwrap();
                        let found = pattern.weight(Query(i), Key(j));
                        let visible = layer.rule.visible(i).contains(&j);
                        assert!(!visible || j <= i, "{name}: causality");
                        assert_eq!(found.is_some(), visible, "{name}: {i} {j}");
                        let found = found.unwrap_or(0.0);
                        let error = (found - expected).abs();
                        errors.weight = errors.weight.max(error);
                        sum += found;
                        if visible {
                            errors.mean += f64::from(error);
                            seen += 1;
                        }
                    }
                    errors.row = errors.row.max((sum - (1.0 - sink)).abs());
                }
            }
        }
        errors.mean /= seen as f64;
        let logits = run.logits.iter().zip(&reference.logits);
        errors.logit = logits.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!(
            "{name:32} weights {:.1e}, mean {:.1e}  rows {:.1e}  logits {:.1e}",
            errors.weight, errors.mean, errors.row, errors.logit
        );
        errors
    }

    /// What is past its limit; NaN is.
    pub fn too_large(&self) -> Vec<String> {
        let within = [
            ("weights", self.weight <= WEIGHT),
            ("mean of the weights", self.mean <= MEAN),
            ("rows", self.row <= ROW_SUM),
            ("logits", self.logit <= LOGIT),
        ];
        let past = within.iter().filter(|(_, within)| !within);
        past.map(|(what, _)| (*what).to_owned()).collect()
    }
}
