//! How much memory a model needs, and how much is free.

use std::num::NonZeroUsize;

mod allocator;
mod free;
mod job;
mod report;
#[cfg(test)]
mod tests;
mod verdict;

use allocator::OWN_PAGES;
pub(super) use allocator::{give_back, settle};
pub(super) use free::free;
pub(super) use job::Job;
pub(super) use report::{OnDevice, report};

use super::prepare::Prepared;
use super::{RunError, picks};
use crate::capture::Shape;
use crate::checkpoint::Checkpoint;
use crate::cli::{Bytes, CaptureType, RunArgs};
use crate::export;
use crate::model::{
    BLOCK_ROWS, DeviceKind, Held, MlpSpec, Precision, block_bytes, held, thumbnail_side,
};

/// Bytes of a checkpoint's weights when they are held in `precision`.
pub(super) fn of_weights(checkpoint: &Checkpoint, precision: Precision) -> u64 {
    let infos = checkpoint.tensors().values();
    let floats = infos.filter(|info| info.dtype.is_float());
    let counts = floats.filter_map(|info| info.elements()).map(|n| n as u64);
    counts
        .fold(0u64, u64::saturating_add)
        .saturating_mul(precision.bytes() as u64)
}

/// What a block of attention may take of a device, in bytes: what is asked for, else 1 GiB, or half
/// of what is free where that is less.
pub(super) fn of_block(asked: Option<Bytes>, free: Option<u64>) -> u64 {
    match asked {
        Some(Bytes(asked)) => asked,
        None => free.map_or(GIB, |free| (free / 2).min(GIB)),
    }
}

const GIB: u64 = 1 << 30;

/// What a run takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// What the process has already: the program, the tokenizer, the text.
    pub process: u64,
    /// The weights, once for all runs.
    pub weights: u64,
    /// What is kept of the run.
    pub capture: u64,
    /// What is held beside that at most, while the model is loaded, while it runs, or while the
    /// output is written.
    pub work: u64,
    /// What a run on an edited text takes up: left out where there is no room.
    pub edits: u64,
}

/// The sizes that a run's need follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub shape: Shape,
    /// Width of the widest hidden layer, gates included.
    pub hidden: usize,
    /// What the weights take.
    pub weights: Held,
    /// What they would take in half precision, where that can be asked for.
    pub halved: Option<Held>,
    /// Bytes of a number of queries and keys: 4, or 2 in f16.
    pub number: u64,
    /// Layers that are kept.
    pub layers: usize,
    /// What is done with the run.
    pub job: Job,
    /// How many of the last queries are kept, where not all are.
    pub last: Option<usize>,
    /// Whether a device holds what a run works with.
    pub on_device: bool,
    /// Threads that compute.
    pub threads: usize,
    /// What the process has before the weights are loaded.
    pub process: u64,
}

/// Tables of `[H, n]` that are kept of a layer, of queries: log-sum-exps and nine numbers; and of
/// keys: received weights, norms of values.
const QUERY_TABLES: u64 = 10;
const KEY_TABLES: u64 = 2;
/// Such tables that the marks of a trail take, about: sixteen, on average half full.
const MARKS: u64 = 8;
/// Bytes of a token with its label and the likeliest that follow it.
const TOKEN: u64 = 1200;
/// Rows of a projection, of an MLP and of the logits that are computed at a time.
const PROJECTED_ROWS: u64 = 256;
const MLP_ROWS: u64 = 512;
const LOGIT_ROWS: u64 = 128;
/// Multiply-adds of attention between two looks at whether the run goes on.
const ATTENTION_WORK: u64 = 4_000_000_000;
/// Bytes of small things that every run takes: stacks of threads, lists, what allocators round up to.
const SMALL: u64 = 4 << 20;
/// The same where matrices are widened.
const SMALL_WIDENED: u64 = 8 << 20;
/// Bytes that the explorer takes beside the run.
const EXPLORER: u64 = 8 << 20;

impl Sizes {
    /// The sizes of a run of a model that is opened.
    pub(super) fn of(prepared: &Prepared, args: &RunArgs, job: Job) -> Result<Self, RunError> {
        let spec = &prepared.plan.spec;
        let shape = prepared.shape();
        let hidden = spec.layers.iter().map(|layer| match layer.mlp {
            MlpSpec::Dense { hidden } => hidden,
            MlpSpec::Experts { hidden, shared, .. } => hidden.max(shared),
        });
        let on_device = prepared.kind != DeviceKind::Cpu;
        let weights = held(&prepared.plan, prepared.precision);
        let all_f32 = prepared.precision == Precision::F32;
        let halved = (all_f32 && !on_device).then(|| held(&prepared.plan, Precision::Bf16));
        let half = args.capture_dtype == Some(CaptureType::F16);
        Ok(Self {
            shape,
            hidden: hidden.max().unwrap_or(0),
            weights,
            halved,
            number: if half { 2 } else { 4 },
            layers: picks::kept(args, shape.layers)?.len(),
            job,
            last: args.last.map(NonZeroUsize::get),
            on_device,
            threads: threads(args),
            process: free::private().unwrap_or(0),
        })
    }

    /// What `tokens` tokens take.
    pub(super) fn need(&self, tokens: usize) -> Need {
        let capture = self.capture(tokens);
        let all = self.all(tokens);
        let weights = if self.on_device {
            0
        } else {
            self.weights.bytes
        };
        Need {
            process: self.process,
            weights: self.weights.bytes,
            capture,
            work: all.saturating_sub(capture + weights),
            edits: self.edits(tokens),
        }
    }

    /// Tokens, heads, KV heads, dimensions of a head, of the residual stream, of the logits and of an
    /// MLP.
    fn widths(&self, tokens: usize) -> [u64; 7] {
        let shape = &self.shape;
        [
            tokens,
            shape.heads,
            shape.kv_heads,
            shape.head_dim,
            shape.embedding,
            shape.vocabulary,
            self.hidden,
        ]
        .map(|size| size as u64)
    }

    /// Numbers of queries and keys of one layer, `[H + H_kv, n, d]`; and of the queries that are kept.
    fn vectors(&self, tokens: usize) -> (u64, u64) {
        let Shape {
            heads,
            kv_heads,
            head_dim,
            ..
        } = self.shape;
        let kept = self.last.map_or(tokens, |last| tokens.min(last));
        let floats = |queries: usize| ((heads * queries + kv_heads * tokens) * head_dim) as u64;
        (floats(tokens), floats(kept))
    }

    /// What is kept of a run.
    fn capture(&self, tokens: usize) -> u64 {
        let (n, heads) = (tokens as u64, self.shape.heads as u64);
        let queries = self.last.map_or(n, |last| n.min(last as u64));
        let side = thumbnail_side(tokens) as u64;
        let tables = heads * (QUERY_TABLES * queries + KEY_TABLES * n + 2 * side * side) * 4;
        let layer = self.vectors(tokens).1 * self.number + tables;
        let layers = match self.job.streams {
            true => self.layers.min(2),
            false => self.layers,
        };
        let kept = layers as u64 * layer + n * TOKEN;
        // The second run finds the first one between what it could use again.
        let kept = if self.job.twice {
            2 * kept + kept / 4
        } else {
            kept
        };
        let logits = match self.job.logits {
            true => 4 * n * self.shape.vocabulary as u64,
            false => 0,
        };
        kept + logits
    }

    /// What is held beside that while the model runs.
    fn work(&self, tokens: usize) -> u64 {
        let [n, heads, kv_heads, d, embedding, vocabulary, hidden] = self.widths(tokens);
        let threads = self.threads as u64;
        let (wide, narrow) = (heads * d, kv_heads * d);
        // Rows of a block of attention, as it chooses them.
        let rows = 1 << ((1 << 18) / n.max(1)).clamp(16, 64).ilog2();
        let scores = threads * rows.min(n) * n.next_multiple_of(32);
        let at_once = ATTENTION_WORK / (2 * rows * n * wide).max(1);
        let blocks = n.div_ceil(rows);
        let in_flight = 3 * heads * (at_once.max(1) * n).min(blocks * n.div_ceil(2));
        let packed =
            narrow * (n.next_multiple_of(32) + n) + kv_heads * n * (d.next_multiple_of(32) - d);
        // The residual stream, what is read of it, the output, values; numbers of rows, twice.
        let attention = n * (2 * embedding + wide + narrow) + in_flight + 24 * heads * n;
        // What went before stays until the block is done; what is freed between is not all used again.
        let mlp = n * (9 * embedding + wide);
        let buffers = |mlp_rows: u64| {
            let projected = PROJECTED_ROWS.min(n) * (wide + 2 * narrow);
            let logits = LOGIT_ROWS.min(n) * vocabulary;
            let fed = mlp_rows * hidden;
            projected.max(logits).max(fed) + fed.min(projected.max(logits)) + scores
        };
        let (whole, kept) = self.vectors(tokens);
        let as_kept = self.layers == self.shape.layers && self.number == 4 && whole == kept;
        // A layer's queries and keys, before they are what is kept of them.
        let unkept = if as_kept { 0 } else { whole };
        let floats = match self.weights.packed {
            true => {
                // They stay until the block is done where they are rounded then.
                let rounded = if self.number < 4 { whole } else { 0 };
                let most = (attention + unkept).max(mlp + rounded);
                packed + most + buffers(MLP_ROWS.min(n))
            }
            // Matrices are widened when they are multiplied with.
            false => {
                let project = n * (2 * embedding + 2 * (wide + 2 * narrow)) + self.weights.widest;
                let mlp = mlp + n * embedding + 3 * MLP_ROWS.min(n) * hidden + self.weights.widest;
                // Those of the rows before are taken while the next are computed.
                let pieces = if n > LOGIT_ROWS { 3 } else { 1 };
                let logits = 2 * n * embedding + pieces * LOGIT_ROWS.min(n) * vocabulary;
                let logits = logits + self.weights.head;
                let most = project.max(attention).max(mlp).max(logits);
                unkept + packed + most + scores
            }
        };
        4 * floats + self.small()
    }

    /// What small things take that every run needs.
    fn small(&self) -> u64 {
        match self.weights.packed {
            true => SMALL,
            false => SMALL_WIDENED,
        }
    }

    /// What is held while it runs and what comes of it is written or shown, all in all.
    fn running(&self, tokens: usize) -> u64 {
        let beside = match self.on_device {
            true => self.output(tokens) + self.small(),
            false => self.work(tokens).max(self.output(tokens)),
        };
        self.capture(tokens) + beside
    }

    /// What is held beside the capture while the output is written, or shown.
    fn output(&self, tokens: usize) -> u64 {
        let heads = self.job.picture.map(|heads| heads.min(self.shape.heads));
        // What the last logits took is given back only where it had pages of its own.
        let logits = 4 * LOGIT_ROWS.min(tokens as u64) * self.shape.vocabulary as u64;
        let logits = Some(logits).filter(|taken| *taken < OWN_PAGES);
        let logits = logits.unwrap_or(0);
        let picture = heads.map_or(0, |heads| export::picture_bytes(tokens, heads) + logits);
        picture + if self.job.explores { EXPLORER } else { 0 }
    }

    /// What a run on an edited text takes up.
    fn edits(&self, tokens: usize) -> u64 {
        let Shape {
            heads,
            kv_heads,
            head_dim,
            ..
        } = self.shape;
        match self.keeps_all() && self.job.explores {
            true => {
                let floats = kv_heads as u64 * head_dim as u64 + MARKS * heads as u64;
                self.layers as u64 * tokens as u64 * floats * 4
            }
            false => 0,
        }
    }

    /// Whether a run keeps all queries of all layers as they are, so that an edit can take it up.
    fn keeps_all(&self) -> bool {
        self.last.is_none() && self.layers == self.shape.layers && self.number == 4
    }

    /// What a run takes of a device beside the weights, a block of attention `block` bytes at most.
    fn on_device(&self, tokens: usize, block: u64) -> u64 {
        let [n, heads, kv_heads, d, embedding, vocabulary, hidden] = self.widths(tokens);
        let streams = 6 * n * embedding + 2 * n * (heads + 2 * kv_heads) * d;
        let pieces = 3 * MLP_ROWS.min(n) * hidden + 2 * LOGIT_ROWS.min(n) * vocabulary;
        let most = block_bytes(self.shape.heads, tokens);
        // A block is a row at least.
        let block = block.clamp(most / BLOCK_ROWS as u64, most);
        4 * (streams + pieces) + block
    }

    /// What a run takes of the host beside the weights.
    fn run(&self, tokens: usize) -> u64 {
        rounded_up(self.running(tokens))
    }

    /// What loading the weights and running take of the host.
    fn all(&self, tokens: usize) -> u64 {
        rounded_up(match self.on_device {
            true => {
                let largest = self.weights.widest.max(self.weights.head);
                self.running(tokens).max(4 * largest)
            }
            false => {
                let running = self.weights.bytes + self.running(tokens);
                running.max(self.weights.peak + self.small())
            }
        })
    }
}

/// What so many bytes take of memory: a fiftieth more, for what allocators leave between them.
fn rounded_up(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 50)
}

/// Threads that compute.
fn threads(args: &RunArgs) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    args.threads.map_or_else(all, NonZeroUsize::get)
}
