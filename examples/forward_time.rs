//! Times the forward pass with everything that it captures, one task for each line of standard input.
//!
//! `forward_time MODEL THREADS [cpu|cuda|metal]`; the answer to a line is milliseconds, the most memory in KiB that the
//! process ever held, and how much more than the loaded model it has held since. The lines:
//!
//! * `1024`: a run on so many tokens;
//! * `append 1024`: a run on so many tokens that takes up a run on one less;
//! * `stop 4096`: the longest that a run took to end, of eight that were asked to at moments spread
//!   over it.

use std::io::{BufRead, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use headlight::checkpoint::Checkpoint;
use headlight::model::{
    Decoder, DeviceKind, Earlier, Error, Hints, LayerRecord, Precision, Probe, Wanted, family,
};

type Failure = Box<dyn std::error::Error>;

/// Keeps what a capture keeps: the records, and of the logits nothing.
#[derive(Default)]
struct Keep {
    layers: Vec<Arc<LayerRecord>>,
    logits: usize,
    /// When the run is asked to end.
    end: Option<Instant>,
}

impl Probe for Keep {
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()> {
        self.layers.push(Arc::new(record));
        ControlFlow::Continue(())
    }

    fn logits(&mut self, _first: usize, rows: &[f32], _vocabulary: usize) {
        self.logits += rows.len();
    }

    fn cancelled(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let word = line.and_then(|line| line.split_whitespace().nth(1));
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// A whole run, timed; `rows` logits must come.
fn run(decoder: &Decoder, ids: &[u32], wanted: &Wanted, rows: usize) -> Result<(Keep, f64), Error> {
    let mut keep = Keep::default();
    let start = Instant::now();
    decoder.forward_as(ids, wanted, &mut keep)?;
    let took = start.elapsed().as_secs_f64() * 1e3;
    assert_eq!(keep.layers.len(), decoder.spec().layers.len());
    assert_eq!(keep.logits, rows * decoder.spec().vocabulary);
    Ok((keep, took))
}

/// A run on `ids` that takes up one on all but the last.
fn append(decoder: &Decoder, ids: &[u32]) -> Result<f64, Failure> {
    let trail = Wanted {
        trail: true,
        ..Wanted::default()
    };
    let (_, before) = ids.split_last().ok_or("no tokens")?;
    let (earlier, _) = run(decoder, before, &trail, before.len())?;
    let wanted = Wanted {
        earlier: Some(Earlier {
            ids: before,
            layers: &earlier.layers,
        }),
        ..trail
    };
    // All of them where a rotation depends on the length of the text.
    let rows = ids.len() - decoder.taken_up(ids, &wanted);
    Ok(run(decoder, ids, &wanted, rows)?.1)
}

/// The longest that a run took to end after it was asked to.
fn stop(decoder: &Decoder, ids: &[u32]) -> Result<f64, Failure> {
    let (_, whole) = run(decoder, ids, &Wanted::default(), ids.len())?;
    let mut longest = 0f64;
    for part in 0..8 {
        let after = Duration::from_secs_f64(whole / 1e3 * (f64::from(part) + 0.5) / 8.0);
        let end = Instant::now() + after;
        let mut keep = Keep {
            end: Some(end),
            ..Keep::default()
        };
        match decoder.forward(ids, &mut keep) {
            Err(Error::Cancelled) => longest = longest.max(end.elapsed().as_secs_f64() * 1e3),
            // It was through before.
            Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(longest)
}

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let (Some(model), Some(threads)) = (args.next(), args.next()) else {
        return Err("usage: forward_time MODEL THREADS [cpu|cuda|metal]".into());
    };
    let kind = match args.next().as_deref() {
        None | Some("cpu") => DeviceKind::Cpu,
        Some("cuda") => DeviceKind::Cuda,
        Some("metal") => DeviceKind::Metal,
        Some(other) => return Err(format!("no device is called '{other}'").into()),
    };
    let (device, _, absent) = kind.open();
    if let Some(absent) = absent {
        return Err(absent.into());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?);
    pool.build_global()?;
    let checkpoint = Checkpoint::open(model.as_ref())?;
    let plan = family::plan(&checkpoint, &Hints::default())?;
    let decoder = Decoder::load(&plan, &checkpoint, &device, Precision::F32, &mut |_, _| {})?;
    drop(checkpoint);
    let mut out = std::io::stdout().lock();
    let loading = peak();
    writeln!(out, "ready {loading}")?;
    out.flush()?;
    // Loading holds more than the model; from here on the peak is that of the runs.
    let reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let loaded = if reset { peak() } else { loading };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (task, n) = line.trim().rsplit_once(' ').unwrap_or(("", line.trim()));
        // Ids as a linear congruence gives them: the same in every process.
        let vocabulary = decoder.spec().vocabulary as u64;
        let ids = (0..n.parse()?).map(|i: u64| ((i * 7919 + 13) % vocabulary) as u32);
        let ids: Vec<u32> = ids.collect();
        let took = match task {
            "" => run(&decoder, &ids, &Wanted::default(), ids.len())?.1,
            "append" => append(&decoder, &ids)?,
            "stop" => stop(&decoder, &ids)?,
            other => return Err(format!("no task is called '{other}'").into()),
        };
        let held = peak();
        writeln!(out, "{took:.3} {} {}", held.max(loading), held - loaded)?;
        out.flush()?;
    }
    Ok(())
}
