//! Finds the tensors of a layout in a checkpoint, and sees that none is missing or left over.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::super::Error;
use super::super::names::{Block, Linear, Names, Norm, Norms, Order, Qkv};
use super::layout::{Layout, MlpParts, NormParts, Parts, QkvParts};
use crate::checkpoint::{Checkpoint, printable};

const WEIGHTS: Parts = &[".weight", ""];
const BIASES: Parts = &[".bias", "_bias"];
const NORM_WEIGHTS: Parts = &[".weight", ".scale", ".gamma"];
const NORM_BIASES: Parts = &[".bias", ".shift", ".beta"];

/// Looks names up and remembers which were used.
pub(super) struct Finder<'a> {
    pub(super) layout: &'a Layout,
    pub(super) checkpoint: &'a Checkpoint,
    pub(super) prefix: &'static str,
    used: BTreeSet<String>,
    /// A head that is stored where the configuration says that the token embedding is the head.
    pub(super) unused_head: Option<String>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(layout: &'a Layout, checkpoint: &'a Checkpoint) -> Self {
        let has = |prefix: &str| {
            let mut names = layout.tokens.iter();
            names.any(|n| {
                let name = format!("{prefix}{n}.weight");
                checkpoint.tensors().contains_key(&name)
            })
        };
        let mut prefixes = layout.prefixes.iter().copied();
        // Without a token embedding the blocks tell, so that the right name is said to be missing.
        let blocks = |prefix: &&str| {
            let block = format!("{prefix}{}.0.", layout.blocks);
            checkpoint
                .tensors()
                .keys()
                .any(|name| name.starts_with(&block))
        };
        let prefix = prefixes
            .find(|p| has(p))
            .or_else(|| layout.prefixes.iter().copied().find(blocks));
        Self {
            layout,
            checkpoint,
            prefix: prefix.unwrap_or_default(),
            used: BTreeSet::new(),
            unused_head: None,
        }
    }

    /// The place with the first of these endings that is there.
    fn find(&mut self, place: &str, endings: Parts) -> Option<String> {
        let name = endings
            .iter()
            .map(|ending| format!("{place}{ending}"))
            .find(|name| self.checkpoint.tensors().contains_key(name))?;
        self.used.insert(name.clone());
        Some(name)
    }

    /// The first of the places that has a tensor, and the tensor's name.
    fn need(&mut self, places: &[String], endings: Parts) -> Result<(String, String), Error> {
        for place in places {
            if let Some(name) = self.find(place, endings) {
                return Ok((place.clone(), name));
            }
        }
        let first = places.first().map(String::as_str).unwrap_or_default();
        let ending = endings.first().copied().unwrap_or_default();
        Err(Error::Missing(format!("{first}{ending}")))
    }

    fn places(&self, before: &str, names: &[&str]) -> Vec<String> {
        let prefix = self.prefix;
        names
            .iter()
            .map(|n| format!("{prefix}{before}{n}"))
            .collect()
    }

    /// A norm, where the layout has one. One with weights for each head is a list of norms.
    fn norm(&mut self, before: &str, names: &[&str]) -> Result<Option<Norm>, Error> {
        if names.is_empty() {
            return Ok(None);
        }
        let places = self.places(before, names);
        let mut each = Vec::new();
        for place in &places {
            for head in 0..self.count(&format!("{place}.norms."))? {
                let head = [format!("{place}.norms.{head}")];
                each.push(self.need(&head, WEIGHTS)?.1);
            }
        }
        if !each.is_empty() {
            return Ok(Some(Norm {
                weight: each,
                bias: None,
            }));
        }
        let (place, weight) = self.need(&places, NORM_WEIGHTS)?;
        Ok(Some(Norm {
            weight: vec![weight],
            bias: self.find(&place, NORM_BIASES),
        }))
    }

    fn norms(&mut self, before: &str, names: &NormParts) -> Result<Norms, Error> {
        Ok(Norms {
            before: self.norm(before, names.before)?,
            out: self.norm(before, names.out)?,
            after: self.norm(before, names.after)?,
        })
    }

    pub(super) fn linear(&mut self, before: &str, names: &[&str]) -> Result<Linear, Error> {
        let (place, weight) = self.need(&self.places(before, names), WEIGHTS)?;
        Ok(Linear {
            weight,
            bias: self.find(&place, BIASES),
            order: self.layout.order,
        })
    }

    fn linear_if(&mut self, names: &[&str]) -> Result<Option<Linear>, Error> {
        match names {
            [] => Ok(None),
            names => self.linear("", names).map(Some),
        }
    }

    fn tensor_if(&mut self, before: &str, names: &[&str]) -> Result<Option<String>, Error> {
        if names.is_empty() {
            return Ok(None);
        }
        let (_, name) = self.need(&self.places(before, names), WEIGHTS)?;
        Ok(Some(name))
    }

    pub(super) fn has(&self, before: &str, names: &[&str]) -> bool {
        let tensors = self.checkpoint.tensors();
        let mut places = self.places(before, names).into_iter();
        places.any(|place| {
            let mut endings = WEIGHTS.iter();
            endings.any(|ending| tensors.contains_key(&format!("{place}{ending}")))
        })
    }

    fn block(&mut self, layer: usize) -> Result<Block, Error> {
        let l = self.layout;
        let at = format!("{}.{layer}.", l.blocks);
        Ok(Block {
            attention_norms: self.norms(&at, &l.attention_norms)?,
            qkv: match &l.qkv {
                QkvParts::Fused(names) => Qkv::Fused(self.linear(&at, names)?),
                QkvParts::Grouped(names) => Qkv::Grouped(self.linear(&at, names)?),
                QkvParts::Separate([q, k, v]) => Qkv::Separate([
                    self.linear(&at, &[q])?,
                    self.linear(&at, &[k])?,
                    self.linear(&at, &[v])?,
                ]),
            },
            q_norm: self.norm(&at, l.q_norm)?,
            k_norm: self.norm(&at, l.k_norm)?,
            sinks: self.tensor_if(&at, l.sinks)?,
            out: self.linear(&at, l.out)?,
            mlp_norms: self.norms(&at, &l.mlp_norms)?,
            mlp: self.mlp(&at)?,
        })
    }

    /// One more than the largest number that follows `place` in a name: every lower number has
    /// tensors of its own, or one of those is missing.
    pub(super) fn count(&self, place: &str) -> Result<usize, Error> {
        let tensors = self.checkpoint.tensors();
        // Names are in order: only those that begin so are looked at.
        let below = tensors.range::<str, _>((Bound::Included(place), Bound::Unbounded));
        let below = below.map_while(|(name, _)| name.strip_prefix(place));
        let numbers = below.filter_map(|rest| rest.split('.').next()?.parse::<usize>().ok());
        let count = numbers.max().map_or(0, |last| last.saturating_add(1));
        if count > tensors.len() {
            return Err(Error::Missing(printable(&format!("{place}0"))));
        }
        Ok(count)
    }

    /// The names of all parts. `tied` says whether the head is the token embedding; where nothing
    /// says it, a head that is stored counts.
    pub(super) fn names(&mut self, tied: Option<bool>) -> Result<Names, Error> {
        let l = self.layout;
        let (_, tokens) = self.need(&self.places("", l.tokens), WEIGHTS)?;
        let layers = self.count(&format!("{}{}.", self.prefix, l.blocks))?;
        let project_in = self.linear_if(l.project_in)?;
        let positions = self.tensor_if("", l.positions)?;
        let embedding_norm = self.norm("", l.embedding_norm)?;
        let blocks = (0..layers)
            .map(|layer| self.block(layer))
            .collect::<Result<Vec<_>, _>>()?;
        let final_norm = self.norm("", l.final_norm)?;
        let project_out = self.linear_if(l.project_out)?;
        let head = self.head(tied)?;
        self.same_parts(layers)?;
        Ok(Names {
            tokens,
            project_in,
            positions,
            embedding_norm,
            blocks,
            final_norm,
            project_out,
            head,
        })
    }

    fn head(&mut self, tied: Option<bool>) -> Result<Option<Linear>, Error> {
        // The head stands outside of the prefix where there is one.
        let mut places: Vec<String> = self.layout.head.iter().map(|n| (*n).to_owned()).collect();
        places.extend(self.places("", self.layout.head));
        let stored = self.need(&places, WEIGHTS);
        let (place, weight) = match (stored, tied) {
            // Mostly a copy of the embedding that was saved with it.
            (Ok((_, weight)), Some(true)) => {
                self.unused_head = Some(weight);
                return Ok(None);
            }
            (Err(_), Some(true) | None) => return Ok(None),
            (Err(missing), Some(false)) => return Err(missing),
            (Ok(found), _) => found,
        };
        Ok(Some(Linear {
            weight,
            bias: self.find(&place, BIASES),
            order: Order::OutIn,
        }))
    }

    /// What one block has, every block must have: a bias that only one lacks is a loss. The second
    /// half may differ from block to block.
    fn same_parts(&self, layers: usize) -> Result<(), Error> {
        let before = format!("{}{}.", self.prefix, self.layout.blocks);
        let mut halves = self.layout.mlps.iter().map(MlpParts::sign);
        let several = halves.len() > 1;
        let half = move |part: &str| {
            let top = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
            several && halves.any(|sign| sign.iter().any(|s| top(s) == top(part)))
        };
        let mut own = vec![BTreeSet::new(); layers];
        for name in &self.used {
            let part = name.strip_prefix(&before).and_then(|r| r.split_once('.'));
            let Some((layer, part)) = part.filter(|(_, part)| !half.clone()(part)) else {
                continue;
            };
            if let Some(own) = layer.parse::<usize>().ok().and_then(|at| own.get_mut(at)) {
                own.insert(part);
            }
        }
        let mut all = BTreeSet::new();
        own.iter()
            .for_each(|parts| all.extend(parts.iter().copied()));
        for (layer, own) in own.iter().enumerate() {
            if let Some(part) = all.iter().find(|part| !own.contains(*part)) {
                let name = format!("{before}{layer}.{part}");
                return Err(Error::Missing(printable(&name)));
            }
        }
        Ok(())
    }

    /// Counts tensors as used that begin so, and tells how many there are.
    pub(super) fn leave_out(&mut self, beginning: &str) -> usize {
        let names = self.checkpoint.tensors().keys();
        let found: Vec<String> = names
            .filter(|name| name.starts_with(beginning))
            .cloned()
            .collect();
        let count = found.len();
        self.used.extend(found);
        count
    }

    /// Refuses tensors that nothing reads, buffers aside.
    pub(super) fn nothing_left(&self) -> Result<(), Error> {
        let left: Vec<String> = self
            .checkpoint
            .tensors()
            .iter()
            .filter(|(name, info)| {
                let square = matches!(*info.shape.as_slice(), [.., a, b] if a == b);
                let mask = MASKS.iter().any(|m| name.ends_with(m));
                let buffer = mask && (square || info.shape.is_empty());
                let buffer = buffer || name.ends_with(".rotary_emb.inv_freq");
                !self.used.contains(*name) && !buffer && info.dtype.is_float()
            })
            .map(|(name, _)| printable(name))
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let more = match left.len() {
            0..=5 => String::new(),
            n => format!(" and {} more", n - 5),
        };
        Err(Error::UnknownTensors {
            family: self.layout.family.to_owned(),
            names: left.into_iter().take(5).collect::<Vec<_>>().join(", ") + &more,
        })
    }
}

/// How causal masks are called when a script saves them beside the weights.
const MASKS: &[&str] = &[
    ".mask",
    ".attn.bias",
    ".attn.masked_bias",
    ".attention.bias",
    ".attention.masked_bias",
    ".tril",
    ".causal_mask",
];
