//! The training loop.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use color_eyre::eyre::{Result, bail, eyre};
use serde_json::json;
use tokenizers::Tokenizer;

use super::adamw::AdamW;
use super::gpt::{Gpt, Size};
use super::run::{Run, save};
use super::{data, ops, vocabulary};

/// What decides a run; a resumed run must be given the same.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Of the text and of the first weights.
    pub seed: u64,
    /// Steps in all; the learning rate falls to a tenth at the last.
    pub steps: usize,
    /// Rows a step.
    pub rows: usize,
    /// Highest learning rate.
    pub rate: f64,
    /// Sizes of the model.
    pub size: Size,
    /// Steps whose weights are written.
    pub save: Vec<usize>,
    /// Folder of the checkpoints.
    pub output: PathBuf,
    /// File of the state that a run is taken up from.
    pub state: PathBuf,
}

/// Rows are shared out over this many threads; fixed, as it decides the order of sums.
const WORKERS: usize = 2;
const WARMUP: usize = 200;
/// Steps between two writes of the state.
const STATE_EVERY: usize = 500;

/// Trains as planned, from the state file if `resume`, until the last step or step `stop`.
///
/// # Errors
/// Files that cannot be written or read, a state of another run.
pub fn train(plan: &Plan, resume: bool, stop: usize) -> Result<()> {
    let tokenizer = vocabulary::train(plan.seed, plan.size.vocab).map_err(|e| eyre!("{e}"))?;
    if tokenizer.get_vocab_size(true) != plan.size.vocab {
        bail!(
            "the vocabulary has {} entries, expected {}",
            tokenizer.get_vocab_size(true),
            plan.size.vocab
        );
    }
    let fingerprint = json!({
        "seed": plan.seed, "steps": plan.steps, "rows": plan.rows, "rate": plan.rate, "config": plan.size.config(),
    })
    .to_string();
    let mut run = if resume {
        Run::load(&plan.state, plan.size, &fingerprint)?
    } else {
        Run {
            gpt: Gpt::new(plan.size, plan.seed)?,
            adamw: AdamW::default(),
            step: 0,
            loss: 0.0,
        }
    };
    let pools = (0..WORKERS)
        .map(|_| rayon::ThreadPoolBuilder::new().num_threads(1).build())
        .collect::<Result<Vec<_>, _>>()?;
    let first = run.step;
    let start = Instant::now();
    if run.step == 0 {
        run.loss = mean_loss(&run.gpt, &tokenizer, plan)?;
        println!("step 0  loss {:.4}", run.loss);
        save(plan, &tokenizer, &run)?;
    }
    while run.step < plan.steps.min(stop) {
        let step = run.step + 1;
        let (loss, grads) = gradients(&run.gpt, &tokenizer, plan, step, &pools)?;
        let norm = run
            .adamw
            .step(&run.gpt.vars, &grads, step, rate(plan, step))?;
        if !(loss.is_finite() && norm.is_finite()) {
            bail!("the loss is {loss} at step {step}: lower --rate");
        }
        run.step = step;
        run.loss = if step == 1 {
            loss
        } else {
            0.98 * run.loss + 0.02 * loss
        };
        progress(plan, &run, step - first, start);
        if step.is_multiple_of(STATE_EVERY) || step == plan.steps.min(stop) {
            run.store(&plan.state, &fingerprint)?;
        }
        if plan.save.contains(&step) || step == plan.steps {
            save(plan, &tokenizer, &run)?;
        }
    }
    eprintln!();
    println!(
        "trained {} steps in {:.0} s",
        run.step - first,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Linear warm-up, then a cosine to a tenth.
fn rate(plan: &Plan, step: usize) -> f32 {
    let warm = (step as f64 / WARMUP as f64).min(1.0);
    let done =
        (step.saturating_sub(WARMUP)) as f64 / plan.steps.saturating_sub(WARMUP).max(1) as f64;
    let cosine = 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos());
    (plan.rate * warm * (0.1 + 0.9 * cosine)) as f32
}

/// Inputs and targets of a worker's rows of a step.
fn batch(
    tokenizer: &Tokenizer,
    plan: &Plan,
    step: usize,
    worker: usize,
) -> Result<(Vec<u32>, Vec<u32>)> {
    let t = plan.size.context;
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for index in (worker..plan.rows).step_by(WORKERS) {
        let encode = |text: &str| vocabulary::encode(tokenizer, text);
        let row = data::row(encode, plan.seed, step, index, t).map_err(|e| eyre!("{e}"))?;
        inputs.extend(&row[..t]);
        targets.extend(&row[1..]);
    }
    Ok((inputs, targets))
}

/// Mean loss of a step and its gradients; each worker takes its rows, and the sums are made in the workers' order.
fn gradients(
    gpt: &Gpt,
    tokenizer: &Tokenizer,
    plan: &Plan,
    step: usize,
    pools: &[rayon::ThreadPool],
) -> Result<(f64, BTreeMap<String, Vec<f32>>)> {
    let work = |worker: usize| -> Result<(f64, BTreeMap<String, Vec<f32>>)> {
        let (inputs, targets) = batch(tokenizer, plan, step, worker)?;
        let share = targets.len() as f64 / (plan.rows * plan.size.context) as f64;
        let logits = gpt.forward(&inputs, plan.size.context)?;
        let loss = (ops::cross_entropy(&logits, targets)? * share)?;
        let grads = loss.backward()?;
        let mut all = BTreeMap::new();
        for (name, var) in &gpt.vars {
            let grad = grads
                .get(var)
                .ok_or_else(|| eyre!("{name} has no gradient"))?;
            all.insert(name.clone(), grad.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok((f64::from(loss.to_scalar::<f32>()?), all))
    };
    let work = &work;
    let parts = thread::scope(|scope| {
        let handles: Vec<_> = pools
            .iter()
            .enumerate()
            .map(|(worker, pool)| scope.spawn(move || pool.install(|| work(worker))))
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().map_err(|_| eyre!("a worker stopped"))?)
            .collect::<Result<Vec<_>>>()
    })?;
    let mut parts = parts.into_iter();
    let (mut loss, mut grads) = parts.next().ok_or_else(|| eyre!("no worker"))?;
    for (other, more) in parts {
        loss += other;
        for (name, grad) in more {
            if let Some(sum) = grads.get_mut(&name) {
                sum.iter_mut().zip(grad).for_each(|(sum, g)| *sum += g);
            }
        }
    }
    Ok((loss, grads))
}

fn mean_loss(gpt: &Gpt, tokenizer: &Tokenizer, plan: &Plan) -> Result<f64> {
    let (inputs, targets) = batch(tokenizer, plan, 0, 0)?;
    let logits = gpt.forward(&inputs, plan.size.context)?;
    Ok(f64::from(
        ops::cross_entropy(&logits, targets)?.to_scalar::<f32>()?,
    ))
}

/// A bar on a terminal, a line now and then elsewhere.
fn progress(plan: &Plan, run: &Run, done: usize, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let speed = (done * plan.rows * plan.size.context) as f64 / seconds;
    let left = seconds / done as f64 * (plan.steps - run.step) as f64;
    let status = format!(
        "step {}/{}  loss {:.4}  {:.0} tokens/s  {:.0}:{:02.0} left",
        run.step,
        plan.steps,
        run.loss,
        speed,
        (left / 60.0).floor(),
        left % 60.0
    );
    if std::io::stderr().is_terminal() {
        const WIDTH: usize = 24;
        let full = WIDTH * run.step / plan.steps;
        eprint!(
            "\r{}{}  {status}  ",
            "█".repeat(full),
            "░".repeat(WIDTH - full)
        );
        let _ = std::io::stderr().flush();
    } else if run.step.is_multiple_of(50) {
        eprintln!("{status}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_same_seed_gives_the_same_files_with_and_without_a_stop() {
        let folder = tempfile::tempdir().unwrap();
        let plan = |name: &str, seed: u64| Plan {
            seed,
            steps: 6,
            rows: 3,
            rate: 1e-3,
            size: Size {
                layers: 1,
                heads: 2,
                embd: 16,
                context: 24,
                vocab: 400,
            },
            save: vec![0, 2],
            output: folder.path().join(name),
            state: folder.path().join(name).join("state"),
        };
        train(&plan("whole", 3), false, 6).unwrap();
        train(&plan("parts", 3), false, 4).unwrap();
        train(&plan("parts", 3), true, 6).unwrap();
        train(&plan("other", 4), false, 6).unwrap();
        let bytes = |run: &str, file: &str| fs::read(folder.path().join(run).join(file)).unwrap();
        for file in [
            "step-00000.safetensors",
            "step-00002.safetensors",
            "demo.safetensors",
            "state",
        ] {
            assert!(bytes("whole", file) == bytes("parts", file), "{file}");
            assert!(bytes("whole", file) != bytes("other", file), "{file}");
        }
        assert!(bytes("whole", "demo.safetensors") != bytes("whole", "step-00002.safetensors"));
        assert!(
            train(&plan("parts", 5), true, 6).is_err(),
            "the state is of another run"
        );
    }
}
