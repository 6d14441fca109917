//! One block of a decoder, loaded.

use candle_core::Device;

use super::names;
use super::parts::{Half, Linear, Loader, Norm, Projection, ValueNorms};
use super::rotary::{Rotary, Scaling, Turns};
use super::spec::{LayerSpec, Spec};
use super::{Error, Rule};

/// One block.
pub(super) struct Block {
    pub attention_norms: Norms,
    pub qkv: Projection,
    /// Sink logits included.
    pub rule: Rule,
    rotary: Option<Rotary>,
    /// The divisors of its frequencies, where a tensor has them: `[dims / 2]`.
    divisors: Vec<f32>,
    pub out: Linear,
    pub value_norms: ValueNorms,
    pub mlp_norms: Norms,
    pub mlp: Half,
}

/// The norms of one half.
pub(super) struct Norms {
    pub before: Option<Norm>,
    pub out: Option<Norm>,
    pub after: Option<Norm>,
}

impl Norms {
    fn load(names: &names::Norms, spec: &Spec, loader: &Loader) -> Result<Self, Error> {
        let norm = |names| Norm::load_if(names, spec.embedding, spec, loader);
        Ok(Self {
            before: norm(&names.before)?,
            out: norm(&names.out)?,
            after: norm(&names.after)?,
        })
    }
}

impl Block {
    pub(super) fn load(
        spec: &Spec,
        layer: &LayerSpec,
        names: &names::Block,
        loader: &Loader,
    ) -> Result<Self, Error> {
        let Spec {
            embedding,
            heads,
            head_dim,
            ..
        } = *spec;
        let out = Linear::load(&names.out, heads * head_dim, embedding, loader)?;
        let mut rule = layer.rule.clone();
        if let Some(name) = &names.sinks {
            rule.sinks = loader.weights.read(name, &[heads])?;
        }
        let divisors = match &layer.rotary {
            Some(Rotary {
                scaling: Scaling::Tensor(name),
                dims,
                ..
            }) => loader.weights.read(name, &[dims / 2])?,
            _ => Vec::new(),
        };
        Ok(Self {
            attention_norms: Norms::load(&names.attention_norms, spec, loader)?,
            qkv: Projection::load(names, spec, loader)?,
            rule,
            rotary: layer.rotary.clone(),
            divisors,
            value_norms: ValueNorms::new(&out, spec)?,
            out,
            mlp_norms: Norms::load(&names.mlp_norms, spec, loader)?,
            mlp: Half::load(&names.mlp, &layer.mlp, spec, loader)?,
        })
    }

    /// Whether positions turn alike in texts of these numbers of tokens.
    pub(super) fn turns_alike(&self, a: usize, b: usize) -> bool {
        self.rotary.as_ref().is_none_or(|rotary| {
            rotary.frequencies(a, &self.divisors) == rotary.frequencies(b, &self.divisors)
        })
    }
}

/// The rotations that a text needs: blocks that rotate alike share one.
pub(super) struct TurnsOfText<'a> {
    tokens: usize,
    first: usize,
    device: &'a Device,
    known: Vec<(&'a Rotary, &'a [f32], Turns)>,
}

impl<'a> TurnsOfText<'a> {
    /// For the positions of a text of `tokens` tokens from `first` on.
    pub(super) fn new(tokens: usize, first: usize, device: &'a Device) -> Self {
        Self {
            tokens,
            first,
            device,
            known: Vec::new(),
        }
    }

    /// The rotation of a block, where it has one.
    pub(super) fn of(&mut self, block: &'a Block) -> Result<Option<&Turns>, Error> {
        let Some(rotary) = &block.rotary else {
            return Ok(None);
        };
        let divisors = block.divisors.as_slice();
        let known = |(r, d, _): &(&Rotary, &[f32], Turns)| *r == rotary && *d == divisors;
        let at = match self.known.iter().position(known) {
            Some(at) => at,
            None => {
                let turns = rotary.turns(self.first..self.tokens, divisors, self.device)?;
                self.known.push((rotary, divisors, turns));
                self.known.len() - 1
            }
        };
        Ok(self.known.get(at).map(|(.., turns)| turns))
    }
}
