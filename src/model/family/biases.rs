//! Which parts of a family have biases. A bias that should be there and is not, or the other way
//! round, would otherwise pass in silence.

use super::super::Error;
use super::super::names::{Each, Half, Linear, Mlp, Names, Norm, Norms, Qkv, Up};
use crate::checkpoint::printable;

/// Which parts have biases.
#[derive(Clone, Copy)]
pub(super) struct Biases {
    /// Queries, keys and values.
    pub qkv: bool,
    /// The output projection of attention.
    pub out: bool,
    /// The MLP, with its router where it has one; what every token goes to has none.
    pub mlp: bool,
    /// The norms, but for those of queries and keys.
    pub norms: bool,
    pub head: bool,
}

impl Biases {
    pub(super) const NONE: Self = Self {
        qkv: false,
        out: false,
        mlp: false,
        norms: false,
        head: false,
    };
    /// All but the head.
    pub(super) const BLOCKS: Self = Self {
        qkv: true,
        out: true,
        mlp: true,
        norms: true,
        head: false,
    };

    /// Those of attention and of the MLP where a configuration says so, and no other.
    pub(super) const fn of(attention: bool, mlp: bool) -> Self {
        Self {
            qkv: attention,
            out: attention,
            mlp,
            ..Self::NONE
        }
    }

    /// Returns an error for the first bias that is missing or unexpected.
    pub(super) fn check(&self, family: &str, names: &Names) -> Result<(), Error> {
        let check = |expected, weight: &str, bias: &Option<String>| match (expected, bias) {
            (true, None) => Err(Error::Missing(printable(&format!(
                "{}.bias",
                weight.trim_end_matches(".weight")
            )))),
            (false, Some(name)) => Err(Error::UnknownTensors {
                family: family.to_owned(),
                names: printable(name),
            }),
            _ => Ok(()),
        };
        let linear = |expected, linear: &Linear| check(expected, &linear.weight, &linear.bias);
        let norm = |norm: &Option<Norm>| match norm {
            // One without weights has no bias either.
            Some(Norm { weight, bias }) => weight
                .iter()
                .try_for_each(|weight| check(self.norms, weight, bias)),
            None => Ok(()),
        };
        let norms = |norms: &Norms| {
            let mut all = [&norms.before, &norms.out, &norms.after].into_iter();
            all.try_for_each(norm)
        };
        let mlp = |mlp: &Mlp| {
            match &mlp.up {
                Up::Gated(gate, up) => {
                    linear(self.mlp, gate)?;
                    linear(self.mlp, up)?;
                }
                Up::Plain(up) | Up::Fused(up) | Up::Interleaved(up) => linear(self.mlp, up)?,
            }
            linear(self.mlp, &mlp.down)
        };
        for block in &names.blocks {
            norms(&block.attention_norms)?;
            norms(&block.mlp_norms)?;
            match &block.qkv {
                Qkv::Fused(all) | Qkv::Grouped(all) => linear(self.qkv, all)?,
                Qkv::Separate(each) => each.iter().try_for_each(|each| linear(self.qkv, each))?,
            }
            linear(self.out, &block.out)?;
            match &block.mlp {
                Half::Dense(dense) => mlp(dense)?,
                Half::Experts(experts) => {
                    linear(self.mlp, &experts.router)?;
                    match &experts.each {
                        Each::Separate(each) => each.iter().try_for_each(mlp)?,
                        Each::Stacked(stacked) => mlp(stacked)?,
                    }
                }
            }
        }
        norm(&names.embedding_norm)?;
        norm(&names.final_norm)?;
        match &names.head {
            Some(head) => linear(self.head, head),
            None => Ok(()),
        }
    }
}
