//! A model that is loaded and can be run on one text after another.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::command_line::{self, command_line};
use super::explore::Loading;
use super::memory::{self, Job};
use super::picks::kept;
use super::prepare::Prepared;
use super::recorder::Recorder;
use super::{RunError, input};
use crate::capture::{Capture, Layer, Origin, Shape, Token, text_was_cut};
use crate::checkpoint::Checkpoint;
use crate::cli::{CaptureType, RunArgs};
use crate::model::{Decoder, Device, DeviceKind, Earlier, Untrained, Wanted, Weights};
use crate::token::{self, EncodeOptions, Encoded, Tokenizer};

/// A model, its tokenizer and where both came from.
pub(super) struct Session {
    decoder: Decoder,
    tokenizer: Tokenizer,
    encode: EncodeOptions,
    origin: Origin,
    shape: Shape,
    checkpoint: Option<Checkpoint>,
    /// The text that the command line gives.
    given: String,
    /// The line that the explorer opened it by, where it is not the command line's.
    opened: Option<String>,
    /// Whether queries and keys are kept as f16.
    half: bool,
    /// The layers that are kept, ascending.
    kept: Vec<usize>,
    /// How many of the last queries are kept, where not all are.
    last: Option<usize>,
    /// What the need of a run follows from.
    sizes: memory::Sizes,
    /// What was found to fit before the weights were loaded.
    found_to_fit: FoundToFit,
    /// Where it runs, where that is not the processor.
    device: Option<Device>,
    /// Bytes that a block of attention may take of a device.
    block: u64,
}

/// Runs that were found to fit with their weights, before those were loaded: what the system says is
/// free right after that would give another answer.
struct FoundToFit {
    tokens: usize,
    runs: AtomicUsize,
}

impl FoundToFit {
    /// Whether a run on so many tokens is one of them; it counts as made then.
    fn takes(&self, tokens: usize) -> bool {
        let one = |left: usize| left.checked_sub(1);
        let order = Ordering::Relaxed;
        tokens <= self.tokens && self.runs.fetch_update(order, order, one).is_ok()
    }
}

/// What of a run is kept beside the capture contract.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keep<'a> {
    /// All logits, `[n, V]`.
    pub logits: bool,
    /// Layers after they have been seen; without, a capture never holds more than one.
    pub layers_seen: bool,
    /// What a run on an edited text takes up, where memory allows it.
    pub trail: bool,
    /// A run of this session that this one takes up.
    pub earlier: Option<&'a Capture>,
}

impl Default for Keep<'_> {
    fn default() -> Self {
        Self {
            logits: false,
            layers_seen: true,
            trail: false,
            earlier: None,
        }
    }
}

impl Session {
    /// Opens what the command line names, for the text that it gives; `progress` is told the blocks that are loaded and the
    /// blocks in all.
    pub(super) fn open(
        args: &RunArgs,
        given: &str,
        job: Job,
        progress: &mut dyn FnMut(Loading),
    ) -> Result<Self, RunError> {
        if let Some(threads) = args.threads {
            input::set_threads(threads)?;
        }
        memory::settle();
        let prepared = Prepared::new(args)?;
        let shape = prepared.shape();
        let sizes = memory::Sizes::of(&prepared, args, job)?;
        // A text that can't be read is told where it is run.
        let encoded = prepared
            .tokenizer
            .encode_with(given, input::encode_options(args));
        let tokens = encoded.map_or(1, |encoded| encoded.ids.len());
        let tokens = tokens.clamp(1, shape.context);
        sizes.check(tokens)?;
        let Prepared {
            plan,
            tokenizer,
            mut origin,
            checkpoint,
            device,
            kind,
            precision,
        } = prepared;
        if input::is_piped(args) && given.len() <= MOST_NAMED {
            origin.command = command_line(Some(given));
        }
        let free = || match kind {
            DeviceKind::Cpu => memory::free(),
            DeviceKind::Cuda | DeviceKind::Metal => DeviceKind::free_memory(&device),
        };
        progress(Loading::Weights(origin.weight_bytes));
        let seeded = Untrained { seed: args.seed };
        let weights: &dyn Weights = match &checkpoint {
            Some(checkpoint) => checkpoint,
            None => &seeded,
        };
        let mut decoder = Decoder::load(&plan, weights, &device, precision, &mut |done, total| {
            progress(Loading::Blocks(done, total));
        })?;
        memory::give_back();
        let block = memory::of_block(args.device_memory, free());
        decoder.set_device_memory(block);
        let kept = kept(args, shape.layers)?;
        let half = args.capture_dtype == Some(CaptureType::F16);
        Ok(Self {
            shape,
            sizes,
            found_to_fit: FoundToFit {
                tokens,
                runs: AtomicUsize::new(if job.twice { 2 } else { 1 }),
            },
            decoder,
            tokenizer,
            encode: input::encode_options(args),
            origin,
            checkpoint,
            given: given.to_owned(),
            opened: None,
            half,
            kept,
            last: args.last.map(NonZeroUsize::get),
            device: (kind != DeviceKind::Cpu).then_some(device),
            block,
        })
    }

    /// The text that the command line gives.
    pub(super) fn given(&self) -> &str {
        &self.given
    }

    /// Where the model came from, without what only a text brings.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Tells that the explorer opened the model, by this line: the recipes of its runs name it
    /// and not what the command line does.
    pub(super) fn set_opened(&mut self, line: String) {
        self.origin.command = command_line::opened(&line, &self.given);
        self.opened = Some(line);
    }

    /// The model's sizes.
    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// The layers that are kept, ascending.
    pub(super) fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// Computes the hash of the weights, for recipes; it reads the whole file.
    pub(super) fn hash(&mut self) -> Result<(), RunError> {
        if let Some(checkpoint) = &self.checkpoint {
            self.origin.sha256 = checkpoint.sha256()?;
        }
        Ok(())
    }

    /// The ids of a text with its special tokens, all of them inside the model's vocabulary.
    pub(super) fn ids(&self, text: &str) -> Result<Encoded, RunError> {
        let encoded = self.tokenizer.encode_with(text, self.encode)?;
        if encoded.ids.is_empty() {
            return Err(token::Error::EmptyText.into());
        }
        self.tokenizer
            .check_fits(&encoded.ids, self.shape.vocabulary)?;
        Ok(encoded)
    }

    /// Runs on a text. `on_block` sees the capture as it grows.
    pub(super) fn run(
        &self,
        text: &str,
        keep: Keep,
        cancelled: &dyn Fn() -> bool,
        on_block: &mut dyn FnMut(&Capture),
    ) -> Result<Capture, RunError> {
        let Encoded { mut ids, before } = self.ids(text)?;
        let mut origin = self.origin.clone();
        let begin = ids.iter().take(before);
        let begin: Vec<String> = begin.map(|&id| self.tokenizer.label(id).plain()).collect();
        if !begin.is_empty() {
            origin.tokenizer = format!("{}, {} before the text", origin.tokenizer, begin.concat());
        } else if self.encode.bos == Some(false) {
            origin.tokenizer += ", nothing before the text";
        }
        if text != self.given {
            origin.command = match &self.opened {
                Some(line) => command_line::opened(line, text),
                None => command_line(Some(text)),
            };
        }
        let mut text = text.to_owned();
        let (found, context) = (ids.len(), self.shape.context);
        if found > context {
            ids.truncate(context);
            text = self.tokenizer.decode(ids.get(before..).unwrap_or_default());
            origin.warnings.push(text_was_cut(found, context));
        }
        self.forward(&ids, (text, origin), keep, cancelled, on_block)
    }

    /// Runs on token ids, all of them inside the model's vocabulary and no more than its context.
    pub(super) fn run_ids(&self, ids: &[u32], keep: Keep) -> Result<Capture, RunError> {
        let about = (self.tokenizer.decode(ids), self.origin.clone());
        self.forward(ids, about, keep, &|| false, &mut |_| {})
    }

    fn forward(
        &self,
        ids: &[u32],
        (text, origin): (String, Origin),
        keep: Keep,
        cancelled: &dyn Fn() -> bool,
        on_block: &mut dyn FnMut(&Capture),
    ) -> Result<Capture, RunError> {
        let sizes = memory::Sizes {
            job: Job {
                logits: keep.logits,
                // The other is there already, or is seen to when its turn comes.
                twice: false,
                ..self.sizes.job
            },
            ..self.sizes
        };
        if !self.found_to_fit.takes(ids.len()) {
            sizes.check_run(ids.len())?;
        }
        if let Some(device) = &self.device {
            sizes.check_device(ids.len(), self.block, DeviceKind::free_memory(device))?;
        }
        let whole = self.kept.len() == self.shape.layers && self.last.is_none();
        let trail = keep.trail && whole && !self.half && sizes.has_room_for_edits(ids.len());
        let before: Vec<u32> = keep.earlier.iter().flat_map(|run| run.ids()).collect();
        let wanted = Wanted {
            from: self.last.map_or(0, |last| ids.len().saturating_sub(last)),
            trail,
            earlier: keep.earlier.map(|run| Earlier {
                ids: &before,
                layers: &run.layers,
            }),
        };
        let rows = self.decoder.taken_up(ids, &wanted);
        let mut predictions = Vec::with_capacity(ids.len());
        let known = keep.earlier.iter().flat_map(|run| run.predictions.iter());
        predictions.extend(known.take(rows).cloned());
        let tokens = ids.iter().map(|&id| Token {
            id,
            label: self.tokenizer.label(id),
        });
        let mut recorder = Recorder {
            capture: Capture {
                origin: Arc::new(origin),
                text,
                tokens: Arc::new(tokens.collect()),
                shape: self.shape,
                kept: self.kept.iter().copied().map(Layer).collect(),
                layers: Vec::with_capacity(self.kept.len()),
                predictions: Arc::default(),
                logits: None,
                loss: None,
            },
            tokenizer: &self.tokenizer,
            keep,
            half: self.half,
            on_block,
            cancelled,
            predictions,
            logits: Vec::with_capacity(match keep.logits {
                true => ids.len() * self.shape.vocabulary,
                false => 0,
            }),
            losses: Vec::new(),
        };
        self.decoder.forward_as(ids, &wanted, &mut recorder)?;
        if !self.sizes.job.explores {
            // No other run follows soon, and what writes the output needs room of its own.
            memory::give_back();
        }
        Ok(recorder.finish())
    }
}

/// Bytes of a text that a command line names in place of the pipe that it came from; systems take
/// about twice as many in a word.
const MOST_NAMED: usize = 64 << 10;
