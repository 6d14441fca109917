//! Times the forward pass with everything that it captures, one run for each line of standard input.
//!
//! `forward_time MODEL THREADS`: a line is a number of tokens; the answer is the milliseconds that the
//! run took and the most memory in KiB that the process ever held.

use std::io::{BufRead, Write};
use std::ops::ControlFlow;
use std::time::Instant;

use candle_core::Device;
use headlight::checkpoint::Checkpoint;
use headlight::model::{Decoder, Hints, LayerRecord, Precision, Probe, family};

/// Keeps what a capture keeps: the records, and of the logits nothing.
#[derive(Default)]
struct Keep {
    layers: Vec<LayerRecord>,
    logits: usize,
}

impl Probe for Keep {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.layers.push(record);
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, rows: &[f32], _vocabulary: usize) {
        self.logits += rows.len();
    }
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words = line.and_then(|line| line.split_whitespace().nth(1));
    words.unwrap_or("0").to_owned()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(model), Some(threads)) = (args.next(), args.next()) else {
        return Err("usage: forward_time MODEL THREADS".into());
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?);
    pool.build_global()?;
    let checkpoint = Checkpoint::open(model.as_ref())?;
    let plan = family::plan(&checkpoint, &Hints::default())?;
    let decoder = Decoder::load(
        &plan,
        &checkpoint,
        &Device::Cpu,
        Precision::F32,
        &mut |_, _| {},
    )?;
    drop(checkpoint);
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {}", peak())?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let n: usize = line?.trim().parse()?;
        // Ids as a linear congruence gives them: the same in every process.
        let vocabulary = decoder.spec().vocabulary as u64;
        let ids: Vec<u32> = (0..n as u64)
            .map(|i| ((i * 7919 + 13) % vocabulary) as u32)
            .collect();
        let mut keep = Keep::default();
        let start = Instant::now();
        decoder.forward(&ids, &mut keep)?;
        let took = start.elapsed().as_secs_f64() * 1e3;
        assert_eq!(keep.layers.len(), decoder.spec().layers.len());
        assert_eq!(keep.logits as u64, n as u64 * vocabulary);
        writeln!(out, "{took:.3} {}", peak())?;
        out.flush()?;
    }
    Ok(())
}
