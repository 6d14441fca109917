//! Where a run stands: its state file and its checkpoints.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use color_eyre::eyre::{Result, bail, eyre};
use serde_json::json;
use tokenizers::Tokenizer;

use super::adamw::AdamW;
use super::gpt::{Gpt, Size};
use super::store;
use super::train::Plan;

/// Where a run stands.
pub struct Run {
    /// The model.
    pub gpt: Gpt,
    /// Its optimizer.
    pub adamw: AdamW,
    /// Steps done.
    pub step: usize,
    /// Mean over about the last fifty steps.
    pub loss: f64,
}

impl Run {
    /// Writes the state; `fingerprint` says which run it is of.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn store(&self, path: &Path, fingerprint: &str) -> Result<()> {
        let mut tensors = self.weights();
        for (name, (first, second)) in &self.adamw.moments {
            for (prefix, moment) in [("first", first), ("second", second)] {
                let tensor = Tensor::new(moment.as_slice(), &Device::Cpu)?;
                tensors.insert(format!("{prefix}.{name}"), tensor);
            }
        }
        let metadata = BTreeMap::from([
            ("step".to_string(), self.step.to_string()),
            ("loss".to_string(), self.loss.to_bits().to_string()),
            ("plan".to_string(), fingerprint.to_string()),
        ]);
        store::write(path, &tensors, &metadata, false)
    }

    /// Reads the state of the run that `fingerprint` says.
    ///
    /// # Errors
    /// A file that is not there, is no state or is of another run.
    pub fn load(path: &Path, size: Size, fingerprint: &str) -> Result<Self> {
        let (mut tensors, metadata) = store::read(path)?;
        let field = |name: &str| {
            metadata
                .get(name)
                .ok_or_else(|| eyre!("{} is no training state: it has no {name}", path.display()))
        };
        if field("plan")? != fingerprint {
            bail!(
                "{} is of another run ({}), expected {fingerprint}",
                path.display(),
                field("plan")?
            );
        }
        let gpt = Gpt::from_tensors(size, &tensors)?;
        let mut adamw = AdamW::default();
        for name in gpt.vars.keys() {
            let mut moment = |prefix: &str| -> Result<Vec<f32>> {
                let key = format!("{prefix}.{name}");
                let tensor = tensors
                    .remove(&key)
                    .ok_or_else(|| eyre!("{} has no {key}", path.display()))?;
                Ok(tensor.to_vec1()?)
            };
            adamw
                .moments
                .insert(name.clone(), (moment("first")?, moment("second")?));
        }
        Ok(Self {
            gpt,
            adamw,
            step: field("step")?.parse()?,
            loss: f64::from_bits(field("loss")?.parse()?),
        })
    }

    fn weights(&self) -> BTreeMap<String, Tensor> {
        self.gpt
            .vars
            .iter()
            .map(|(name, var)| (name.clone(), var.as_tensor().clone()))
            .collect()
    }
}

/// Writes the weights as a checkpoint; the last is `demo.safetensors`.
///
/// # Errors
/// What the file system reports.
pub fn save(plan: &Plan, tokenizer: &Tokenizer, run: &Run) -> Result<()> {
    let name = match run.step == plan.steps {
        true => "demo.safetensors".to_string(),
        false => format!("step-{:05}.safetensors", run.step),
    };
    let training = json!({
        "step": run.step,
        "seed": plan.seed,
        "tokens_seen": run.step * plan.rows * plan.size.context,
        "loss": (run.loss * 1e4).round() / 1e4,
    });
    let metadata = BTreeMap::from([
        ("config".to_string(), plan.size.config().to_string()),
        ("format".to_string(), "pt".to_string()),
        (
            "tokenizer".to_string(),
            tokenizer.to_string(false).map_err(|e| eyre!("{e}"))?,
        ),
        ("training".to_string(), training.to_string()),
    ]);
    store::write(&plan.output.join(name), &run.weights(), &metadata, true)
}
