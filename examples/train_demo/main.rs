//! Trains the demo model and measures it.
//!
//!     cargo run --release --example train_demo                train, writing checkpoints/
//!     cargo run --release --example train_demo -- --resume    take up a run that was stopped
//!     cargo run --release --example train_demo -- --evaluate  measure every checkpoint in checkpoints/

mod adamw;
mod cases;
mod daily;
mod data;
mod evaluate;
mod gpt;
mod lists;
mod ops;
mod phrase;
mod random;
mod run;
mod sentence;
mod store;
mod story;
mod talk;
mod train;
mod verbs;
mod vocabulary;
mod words;

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::Command;

use clap::Parser;
use color_eyre::eyre::{Result, bail};

/// Tells rayon, and with it candle, how many threads to use.
const THREADS: &str = "RAYON_NUM_THREADS";

/// Train the demo model on stories in which grammar decides the next word, or measure its checkpoints.
#[derive(Debug, Parser)]
struct Args {
    /// Measure the checkpoints instead of training
    #[arg(long)]
    evaluate: bool,
    /// Take up the run of the state file
    #[arg(long)]
    resume: bool,
    /// Stop after this step, to be taken up later
    #[arg(long, value_name = "STEP")]
    stop_after: Option<usize>,
    /// Print this many stories and stop
    #[arg(long, value_name = "N")]
    stories: Option<u64>,
    /// Seed of the text and of the first weights
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps of the whole run
    #[arg(long, default_value_t = 5000)]
    steps: usize,
    /// Rows of a step
    #[arg(long, default_value_t = 16)]
    rows: usize,
    /// Highest learning rate
    #[arg(long, default_value_t = 2.5e-3)]
    rate: f64,
    /// Blocks
    #[arg(long, default_value_t = 4)]
    layers: usize,
    /// Heads of a block
    #[arg(long, default_value_t = 4)]
    heads: usize,
    /// Width of the residual stream
    #[arg(long, default_value_t = 128)]
    embd: usize,
    /// Context length, in tokens
    #[arg(long, default_value_t = 128)]
    context: usize,
    /// Entries of the vocabulary
    #[arg(long, default_value_t = 3072)]
    vocab: usize,
    /// Steps whose weights are written, besides the last
    #[arg(long, value_delimiter = ',', default_value = "0,400,800,1500")]
    save: Vec<usize>,
    /// Folder of the checkpoints
    #[arg(long, default_value = "checkpoints")]
    output: PathBuf,
    /// File of the state that a stopped run is taken up from
    #[arg(long, default_value = "target/train_demo.safetensors")]
    state: PathBuf,
}

fn main() -> Result<()> {
    color_eyre::install()?;
    let args = Args::parse();
    if let Some(count) = args.stories {
        for index in 0..count {
            writeln!(stdout(), "{}", story::document(args.seed, index))?;
        }
        return Ok(());
    }
    if args.evaluate {
        return evaluate::evaluate(&args.output, &mut stdout().lock());
    }
    // Two workers keep two cores busy; threads of the matrix product below them would only wait for each other,
    // and their number can be set in no other way than the environment of a process.
    if std::env::var_os(THREADS).is_none() {
        let status = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(THREADS, "1")
            .status()?;
        std::process::exit(status.code().unwrap_or(1));
    }
    let size = gpt::Size {
        layers: args.layers,
        heads: args.heads,
        embd: args.embd,
        context: args.context,
        vocab: args.vocab,
    };
    if size.heads == 0 || !size.embd.is_multiple_of(size.heads) || args.rows < 2 || args.context < 2
    {
        bail!("expected --heads to divide --embd, and at least 2 for --rows and --context");
    }
    let plan = train::Plan {
        seed: args.seed,
        steps: args.steps,
        rows: args.rows,
        rate: args.rate,
        size,
        save: args.save,
        output: args.output,
        state: args.state,
    };
    train::train(&plan, args.resume, args.stop_after.unwrap_or(args.steps))
}
