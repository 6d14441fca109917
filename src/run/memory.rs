//! How much memory a model needs, and how much is free.

use std::num::NonZeroUsize;

mod free;
mod report;
#[cfg(test)]
mod tests;

pub(super) use free::free;
pub(super) use report::{OnDevice, report};

use super::{RunError, picks};
use crate::capture::{Shape, bytes_in_words};
use crate::checkpoint::Checkpoint;
use crate::cli::{Bytes, CaptureType, RunArgs};
use crate::model::{BLOCK_ROWS, MlpSpec, Precision, Spec, block_bytes};

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

/// Refuses weights that do not fit what is free.
///
/// # Errors
/// The numbers, and the flag that would make it fit.
pub(super) fn check(need: u64, precision: Precision, free: Option<u64>) -> Result<(), RunError> {
    let Some(free) = free.filter(|free| need > *free) else {
        return Ok(());
    };
    let less = match precision {
        Precision::F32 => format!(
            "; --dtype bf16 needs {}{}",
            bytes_in_words(need / 2),
            if need / 2 > free {
                ", still too much"
            } else {
                ""
            }
        ),
        Precision::Bf16 | Precision::F16 => String::new(),
    };
    Err(RunError::Memory(format!(
        "the weights need {} in {} and {} are free{less}",
        bytes_in_words(need),
        precision.name(),
        bytes_in_words(free),
    )))
}

/// What a run takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// The weights, once for all runs.
    pub weights: u64,
    /// What is kept of the run.
    pub capture: u64,
    /// What is held while it runs.
    pub work: u64,
    /// What a run on an edited text takes up: left out where there is no room.
    pub edits: u64,
}

/// The sizes that a run's need follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub shape: Shape,
    /// Width of the widest hidden layer.
    pub hidden: usize,
    /// Bytes of the weights.
    pub weights: u64,
    /// Bytes of a number of queries and keys: 4, or 2 in f16.
    pub number: u64,
    /// Layers that are kept at a time.
    pub layers: usize,
    /// Whether all logits are kept.
    pub logits: bool,
    /// How many of the last queries are kept, where not all are.
    pub last: Option<usize>,
    /// Whether a device holds what a run works with.
    pub on_device: bool,
}

/// Tables of `[H, n]` that are kept of a layer, of queries: log-sum-exps and nine numbers; and of
/// keys: received weights, norms of values.
const QUERY_TABLES: u64 = 10;
const KEY_TABLES: u64 = 2;
/// Such tables that the marks of a trail take, about: sixteen, on average half full.
const MARKS: u64 = 8;
/// Cells of a head's two thumbnails.
const THUMBNAILS: u64 = 2 * 64 * 64;
/// Tensors of `[n, d_model]` that are alive at a time while a block runs.
const STREAMS: u64 = 6;
/// Bytes of the scores of a block of rows, twice.
const SCORES: u64 = 64 << 20;
/// Bytes of a device below which blocks of attention are too small to be worth an offer.
const LEAST_BLOCK: u64 = 16 << 20;
/// Rows of an MLP and of the logits that are computed at a time.
const MLP_ROWS: u64 = 512;
const LOGIT_ROWS: u64 = 128;

impl Sizes {
    /// The sizes of a run of a model that is opened.
    pub(super) fn of(spec: &Spec, shape: Shape, weights: u64) -> Self {
        let hidden = spec.layers.iter().map(|layer| match layer.mlp {
            MlpSpec::Dense { hidden } => hidden,
            MlpSpec::Experts { hidden, shared, .. } => hidden.max(shared),
        });
        Self {
            shape,
            hidden: hidden.max().unwrap_or(0),
            weights,
            number: 4,
            layers: shape.layers,
            logits: false,
            last: None,
            on_device: false,
        }
    }

    /// With what the command line says of the capture.
    pub(super) fn asked(self, args: &RunArgs) -> Result<Self, RunError> {
        Ok(Self {
            number: if args.capture_dtype == Some(CaptureType::F16) {
                2
            } else {
                4
            },
            layers: picks::kept(args, self.shape.layers)?.len(),
            last: args.last.map(NonZeroUsize::get),
            ..self
        })
    }

    /// What `tokens` tokens take.
    pub(super) fn need(&self, tokens: usize) -> Need {
        let [n, heads, kv_heads, d, embedding, vocabulary, hidden, layers] = [
            tokens,
            self.shape.heads,
            self.shape.kv_heads,
            self.shape.head_dim,
            self.shape.embedding,
            self.shape.vocabulary,
            self.hidden,
            self.layers,
        ]
        .map(|size| size as u64);
        let queries = self.last.map_or(n, |last| n.min(last as u64));
        let vectors = (heads * queries + kv_heads * n) * d * self.number;
        let tables = heads * (QUERY_TABLES * queries + KEY_TABLES * n + THUMBNAILS) * 4;
        let logits = if self.logits { n * vocabulary * 4 } else { 0 };
        let streams = STREAMS * n * embedding + 2 * n * (heads + 2 * kv_heads) * d;
        let blocks = 3 * MLP_ROWS.min(n) * hidden + 2 * LOGIT_ROWS.min(n) * vocabulary;
        Need {
            weights: self.weights,
            capture: layers * (vectors + tables) + logits,
            work: (streams + blocks) * 4 + SCORES,
            edits: match self.keeps_all() {
                true => layers * n * (kv_heads * d + MARKS * heads) * 4,
                false => 0,
            },
        }
    }

    /// Whether a run keeps all queries of all layers as they are, so that an edit can take it up.
    fn keeps_all(&self) -> bool {
        self.last.is_none() && self.layers == self.shape.layers && self.number == 4
    }

    /// Whether there is room for what a run on an edited text takes up, the weights being loaded.
    pub(super) fn has_room_for_edits(&self, tokens: usize) -> bool {
        let need = self.run(tokens) + self.need(tokens).edits;
        self.keeps_all() && free().is_none_or(|free| need <= free)
    }

    /// Refuses a run that does not fit what is free, its weights being loaded.
    ///
    /// # Errors
    /// The numbers, and what would fit.
    pub(super) fn check(&self, tokens: usize) -> Result<(), RunError> {
        self.fits(tokens, free())
    }

    fn fits(&self, tokens: usize, free: Option<u64>) -> Result<(), RunError> {
        let Some(free) = free.filter(|free| self.run(tokens) > *free) else {
            return Ok(());
        };
        let mut said = format!(
            "a run on {tokens} tokens needs {} beside the weights and {} are free",
            bytes_in_words(self.run(tokens)),
            bytes_in_words(free)
        );
        let offers = self.offers(tokens, free);
        if !offers.is_empty() {
            said.push_str(&format!("; {} makes it fit", offers.join(" or ")));
        }
        let shorter = most(tokens, |n| self.run(n) <= free);
        if shorter > 0 {
            said.push_str(&format!("; {shorter} tokens fit"));
        }
        Err(RunError::Memory(said))
    }

    /// Refuses a run that does not fit what is free on the device it runs on, its weights being loaded
    /// and `block` bytes a block of attention's.
    ///
    /// # Errors
    /// The numbers, and what would fit.
    pub(super) fn check_device(
        &self,
        tokens: usize,
        block: u64,
        free: Option<u64>,
    ) -> Result<(), RunError> {
        let need = |tokens| self.on_device(tokens, block);
        let Some(free) = free.filter(|free| need(tokens) > *free) else {
            return Ok(());
        };
        let mut said = format!(
            "a run on {tokens} tokens needs {} of the device beside the weights and {} are free",
            bytes_in_words(need(tokens)),
            bytes_in_words(free)
        );
        let row = block_bytes(self.shape.heads, tokens) / BLOCK_ROWS as u64;
        let left = (free + row).saturating_sub(self.on_device(tokens, 0));
        if left >= LEAST_BLOCK.max(row) {
            let mebibytes = left >> 20;
            said.push_str(&format!("; --device-memory {mebibytes}MiB makes it fit"));
        }
        let shorter = most(tokens, |n| need(n) <= free);
        if shorter > 0 {
            said.push_str(&format!("; {shorter} tokens fit"));
        }
        Err(RunError::Memory(said))
    }

    /// What a run takes of a device beside the weights, a block of attention `block` bytes at most.
    fn on_device(&self, tokens: usize, block: u64) -> u64 {
        let most = block_bytes(self.shape.heads, tokens);
        // A block is a row at least.
        let block = block.clamp(most / BLOCK_ROWS as u64, most);
        self.need(tokens).work - SCORES + block
    }

    /// What a run takes of the host beside the weights.
    fn run(&self, tokens: usize) -> u64 {
        let need = self.need(tokens);
        match self.on_device {
            true => need.capture,
            false => need.capture + need.work,
        }
    }

    /// The flags of which each makes a run fit; two together where none does.
    fn offers(&self, tokens: usize, free: u64) -> Vec<String> {
        let half = (self.number > 2).then_some(Self { number: 2, ..*self });
        let last = |sizes: Self| {
            let fit = |last| sizes.keeping(last).run(tokens) <= free;
            Some(most(sizes.last.unwrap_or(tokens).min(tokens), fit)).filter(|last| *last > 0)
        };
        let layers = most(self.layers, |layers| {
            Self { layers, ..*self }.run(tokens) <= free
        });
        let offers = [
            half.filter(|half| half.run(tokens) <= free)
                .map(|_| "--capture-dtype f16".to_owned()),
            last(*self).map(|last| format!("--last {last}")),
            match layers {
                0 => None,
                1 => Some("--layers 0".to_owned()),
                layers => Some(format!("--layers 0-{}", layers - 1)),
            },
        ];
        let mut offers: Vec<String> = offers.into_iter().flatten().collect();
        if offers.is_empty() {
            let both = half.and_then(last);
            offers.extend(both.map(|last| format!("--capture-dtype f16 with --last {last}")));
        }
        offers
    }

    fn keeping(self, last: usize) -> Self {
        Self {
            last: Some(last),
            ..self
        }
    }
}

/// The largest number below `end` for which something holds that holds for all below it; 0 where
/// it holds for none.
fn most(end: usize, holds: impl Fn(usize) -> bool) -> usize {
    let mut holding = 0..end;
    while holding.len() > 1 {
        let middle = holding.start + holding.len() / 2;
        match holds(middle) {
            true => holding.start = middle,
            false => holding.end = middle,
        }
    }
    holding.start
}
