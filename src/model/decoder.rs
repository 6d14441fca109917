//! The one forward pass.

mod ends;

use std::ops::ControlFlow;

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::attention::{Buffers, Inputs, attend};
use super::block::{Block, TurnsOfText};
use super::fetch::Landing;
use super::host::host;
use super::kernel::{self, Spare};
use super::parts::{Linear, Loader, Norm, Run};
use super::resume::{Begun, Earlier};
use super::row::Repeats;
use super::spec::{Plan, Spec};
use super::{Error, Layer, LayerRecord, Precision, Weights, names};

/// Elements that are worth a thread of their own.
const PIECE: usize = 1 << 16;

/// Sees a run as it goes.
pub trait Probe {
    /// Whether a layer's record is wanted; without it, attention leaves no numbers behind.
    fn keeps(&self, _layer: Layer) -> bool {
        true
    }

    /// A block that is kept is done. `Break` ends the run.
    fn block(&mut self, record: LayerRecord) -> ControlFlow<()>;

    /// Logits `[rows, V]` of the positions from `first` on.
    fn logits(&mut self, first: usize, rows: &[f32], vocabulary: usize);

    /// Asked between pieces of work; `true` ends the run.
    fn cancelled(&self) -> bool {
        false
    }
}

/// How a text is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The first query that is kept.
    pub from: usize,
    /// Whether a run on an edited text shall take this one up: records keep a trail then.
    pub trail: bool,
    /// The run that this one takes up as far as both texts begin alike.
    pub earlier: Option<Earlier<'a>>,
}

/// A decoder, ready to run.
pub struct Decoder {
    spec: Spec,
    device: Device,
    /// `[V, W]`, where it is not the head
    tokens: Option<Tensor>,
    project_in: Option<Linear>,
    positions: Option<Tensor>, // [offset + n_ctx, D]
    embedding_norm: Option<Norm>,
    blocks: Vec<Block>,
    final_norm: Option<Norm>,
    project_out: Option<Linear>,
    head: Linear, // W -> V
    block_rows: Option<usize>,
    device_floats: usize,
    landing: Landing,
}

impl Decoder {
    /// Reads the weights to a device, one tensor after the other, and holds matrices in
    /// `precision`; `progress` is told the blocks done and the blocks in all.
    ///
    /// # Errors
    /// A tensor that is missing, of the wrong shape or unreadable; a device out of memory.
    pub fn load(
        plan: &Plan,
        weights: &dyn Weights,
        device: &Device,
        precision: Precision,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, Error> {
        let (spec, names) = (&plan.spec, &plan.names);
        let (embedding, width) = (spec.embedding, spec.token_width);
        let loader = Loader {
            weights,
            device,
            dtype: precision.dtype(),
        };
        let linear = |names: &Option<names::Linear>, from, to| match names {
            Some(names) => Linear::load(names, from, to, &loader).map(Some),
            None => Ok(None),
        };
        let norm = |names| Norm::load_if(names, embedding, spec, &loader);
        let tokens = loader.matrix(&names.tokens, &[spec.vocabulary, width])?;
        // First, and not beside all others: while it is packed it is there twice.
        let (head, tokens) = match linear(&names.head, width, spec.vocabulary)? {
            Some(head) => (head, Some(tokens)),
            None => (Linear::tied(tokens)?, None),
        };
        let positions = match &names.positions {
            Some(name) => {
                let rows = spec.position_offset + spec.context;
                Some(loader.matrix(name, &[rows, embedding])?)
            }
            None => None,
        };
        let mut blocks = Vec::with_capacity(names.blocks.len());
        for (done, (block, layer)) in names.blocks.iter().zip(&spec.layers).enumerate() {
            progress(done, names.blocks.len());
            blocks.push(Block::load(spec, layer, block, &loader)?);
        }
        let decoder = Self {
            spec: spec.clone(),
            device: device.clone(),
            tokens,
            project_in: linear(&names.project_in, width, embedding)?,
            positions,
            embedding_norm: norm(&names.embedding_norm)?,
            blocks,
            final_norm: norm(&names.final_norm)?,
            project_out: linear(&names.project_out, embedding, width)?,
            head,
            block_rows: None,
            device_floats: usize::MAX,
            landing: Landing::default(),
        };
        progress(names.blocks.len(), names.blocks.len());
        // Another thread, with a queue of its own on the device, may run what is loaded here.
        device.synchronize()?;
        Ok(decoder)
    }

    /// What it is.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Takes attention in blocks of this many rows instead of what fits; the values do not depend
    /// on it.
    pub fn set_block_rows(&mut self, rows: usize) {
        self.block_rows = Some(rows.max(1));
    }

    /// Lets a block of attention take this many bytes of a device, instead of what a block of the most
    /// rows needs; the values do not depend on it.
    pub fn set_device_memory(&mut self, bytes: u64) {
        let floats = usize::try_from(bytes / 4).unwrap_or(usize::MAX);
        self.device_floats = floats.max(1);
    }

    /// Runs on `n` token ids; the probe sees every block and all logits.
    ///
    /// # Errors
    /// No token, more than the context length, an id outside of the vocabulary, a device that
    /// fails, [`Error::Cancelled`].
    pub fn forward(&self, ids: &[u32], probe: &mut dyn Probe) -> Result<(), Error> {
        self.forward_as(ids, &Wanted::default(), probe)
    }

    /// The rows of [`Wanted::earlier`] that a run on these ids takes up.
    pub fn taken_up(&self, ids: &[u32], wanted: &Wanted) -> usize {
        let Some(earlier) = wanted.earlier.filter(|_| wanted.from == 0) else {
            return 0;
        };
        let (before, now) = (earlier.ids.len(), ids.len());
        let alike = |block: &Block| block.turns_alike(before, now);
        match self.blocks.iter().all(alike) {
            true => earlier.rows(ids, self.blocks.len()),
            false => 0,
        }
    }

    /// Runs with options. The probe sees the logits of the rows that are computed: those
    /// from [`Decoder::taken_up`] on.
    ///
    /// # Errors
    /// As [`Decoder::forward`].
    pub fn forward_as(
        &self,
        ids: &[u32],
        wanted: &Wanted,
        probe: &mut dyn Probe,
    ) -> Result<(), Error> {
        self.check(ids)?;
        let spec = &self.spec;
        let first = self.taken_up(ids, wanted);
        let repeats = Repeats::new(ids);
        let (spare, mut buffers) = (Spare::default(), Buffers::default());
        let mut turns = TurnsOfText::new(ids.len(), first, &self.device);
        let cancelled = || probe.cancelled();
        let mut x = self.embed(
            ids,
            first,
            &Run {
                cancelled: &cancelled,
                spare: &spare,
            },
        )?; // [m, D]: the rows from `first` on, of n
        for (layer, block) in self.blocks.iter().enumerate() {
            let cancelled = || probe.cancelled();
            let run = Run {
                cancelled: &cancelled,
                spare: &spare,
            };
            let turns = turns.of(block)?;
            let read = norm(&block.attention_norms.before, &x)?; // [m, D]
            let (q, k, v) = block.qkv.forward(&read, spec, &run)?; // [H, m, d], [H_kv, m, d] twice
            let (q, k) = match turns {
                Some(turns) => (turns.apply(q)?, turns.apply(k)?),
                None => (q, k),
            };
            let kept = probe.keeps(Layer(layer));
            let begun = wanted.earlier.and_then(|earlier| earlier.layers.get(layer));
            let begun = begun.and_then(|record| Begun::new(record, first));
            let norms = match kept {
                true => block.value_norms.of(&v, spec, &run)?, // [H * m]
                false => Vec::new(),
            };
            let inputs = Inputs {
                layer: Layer(layer),
                q,
                k,
                v,
                rule: &block.rule,
                repeats: &repeats,
                begun,
                from: if kept {
                    wanted.from.min(ids.len() - 1)
                } else {
                    ids.len()
                },
                trail: wanted.trail && wanted.from == 0,
                block_rows: self.block_rows,
                landing: &self.landing,
                device_floats: self.device_floats,
            };
            let (attended, record) = attend(inputs, &mut buffers, &run)?; // [m, H*d]
            let attended = block.out.forward(&attended, &run)?; // [m, D]
            let attended = norm(&block.attention_norms.out, &attended)?; // [m, D]

            let residual = if spec.residual_from_norm { &read } else { &x };
            let after = self.add(residual, &attended)?; // [m, D]
            let after = norm(&block.attention_norms.after, &after)?; // [m, D]
            let read = match (&block.mlp_norms.before, spec.parallel) {
                (Some(norm), true) => norm.forward(&x)?,
                (None, true) => read,
                (before, false) => norm(before, &after)?,
            }; // [m, D]
            let fed = block.mlp.forward(&read, &run)?; // [m, D]
            let fed = norm(&block.mlp_norms.out, &fed)?; // [m, D]
            let whole = spec.residual_from_norm && !spec.parallel;
            let residual = if whole { &read } else { &after };
            x = self.add(residual, &fed)?; // [m, D]
            x = norm(&block.mlp_norms.after, &x)?; // [m, D]
            // By now a device has the rest of the block to do.
            let ended = match record {
                Some(kept) => {
                    let mut record = kept.finish(&self.landing)?;
                    let norms = begun.map_or(norms.clone(), |begun| begun.value_norms(&norms));
                    record.value_norms = norms.into(); // [H * n]
                    probe.block(record).is_break()
                }
                None => false,
            };
            if ended || probe.cancelled() {
                return Err(Error::Cancelled);
            }
        }
        let x = norm(&self.final_norm, &x)?; // [m, D]
        let done = self.logits(&x, first, &spare, probe);
        self.landing.trim();
        done
    }

    /// Adds what a half of a block gives, `[n, D]` both.
    fn add(&self, residual: &Tensor, given: &Tensor) -> Result<Tensor, Error> {
        if let (Some(a), Some(b)) = (host(residual), host(given)) {
            let mut sum = a.to_vec();
            let pieces = sum.par_chunks_mut(PIECE).zip(b.par_chunks(PIECE));
            let multiplier = self.spec.residual_multiplier as f32;
            pieces.for_each(|(a, b)| kernel::add(a, b, multiplier));
            return Ok(Tensor::from_vec(sum, residual.shape(), &self.device)?);
        }
        Ok(match self.spec.residual_multiplier {
            1.0 => (residual + given)?,
            multiplier => (residual + (given * multiplier)?)?,
        })
    }

    fn check(&self, ids: &[u32]) -> Result<(), Error> {
        let Spec {
            vocabulary,
            context,
            ..
        } = self.spec;
        if ids.is_empty() {
            return Err(Error::Empty);
        }
        if ids.len() > context {
            return Err(Error::TooLong {
                tokens: ids.len(),
                context,
            });
        }
        match ids.iter().find(|&&id| id as usize >= vocabulary) {
            Some(&id) => Err(Error::OutsideVocabulary { id, vocabulary }),
            None => Ok(()),
        }
    }
}

/// `[rows, D]` to the same, through a norm where there is one.
fn norm(norm: &Option<Norm>, x: &Tensor) -> Result<Tensor, Error> {
    match norm {
        Some(norm) => norm.forward(x),
        None => Ok(x.clone()),
    }
}
