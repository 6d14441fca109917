//! Finds the second half of a block.

use super::super::Error;
use super::super::names::{Each, Experts, Half, Linear, Mlp, Order, Up};
use super::finder::Finder;
use super::layout::{MlpParts, Shared};
use crate::checkpoint::Dtype;

impl Finder<'_> {
    /// The first kind of MLP that a block has; where it has none, what the first lacks is named.
    pub(super) fn mlp(&mut self, at: &str) -> Result<Half, Error> {
        let kinds = self.layout.mlps;
        let found = kinds.iter().find(|kind| self.has(at, kind.sign()));
        match found.or(kinds.first()) {
            Some(kind) => self.half(at, kind),
            None => Err(Error::Missing(at.to_owned())),
        }
    }

    fn half(&mut self, at: &str, parts: &MlpParts) -> Result<Half, Error> {
        let dense = |up: Up, down: Linear| Half::Dense(Mlp { up, down });
        Ok(match *parts {
            MlpParts::Plain { up, down } => {
                dense(Up::Plain(self.linear(at, up)?), self.linear(at, down)?)
            }
            MlpParts::Gated { gate, up, down } => {
                let up = Up::Gated(self.linear(at, gate)?, self.linear(at, up)?);
                dense(up, self.linear(at, down)?)
            }
            MlpParts::Fused { gate_up, down } => {
                dense(Up::Fused(self.linear(at, gate_up)?), self.linear(at, down)?)
            }
            MlpParts::Experts {
                router,
                place,
                each,
                shared,
            } => Half::Experts(Box::new(Experts {
                router: self.linear(at, router)?,
                each: Each::Separate(self.experts(&format!("{at}{place}."), each)?),
                shared: self.shared(at, shared)?,
            })),
            MlpParts::Stacked {
                router,
                gate,
                up,
                down,
            } => Half::Experts(Box::new(Experts {
                router: self.linear(at, router)?,
                each: Each::Stacked(Mlp {
                    up: Up::Gated(self.linear(at, gate)?, self.linear(at, up)?),
                    down: self.linear(at, down)?,
                }),
                shared: None,
            })),
            MlpParts::StackedInterleaved {
                router,
                gate_up,
                down,
            } => {
                // In blocks they lie the other way round: those run along what is summed over.
                let tensors = self.checkpoint.tensors();
                let in_out = |linear: Linear| Linear {
                    order: match tensors.get(&linear.weight).map(|info| info.dtype) {
                        Some(Dtype::Block(_)) => Order::OutIn,
                        _ => Order::InOut,
                    },
                    ..linear
                };
                Half::Experts(Box::new(Experts {
                    router: self.linear(at, router)?,
                    each: Each::Stacked(Mlp {
                        up: Up::Interleaved(in_out(self.linear(at, gate_up)?)),
                        down: in_out(self.linear(at, down)?),
                    }),
                    shared: None,
                }))
            }
        })
    }

    fn experts(&mut self, place: &str, [gate, up, down]: [&str; 3]) -> Result<Vec<Mlp>, Error> {
        let count = self.count(&format!("{}{place}", self.prefix))?;
        let name = |expert: usize, part: &str| format!("{place}{expert}.{part}");
        // Where there is none, what the first lacks is named.
        let experts = (0..count.max(1)).map(|at| {
            Ok(Mlp {
                up: Up::Gated(
                    self.linear(&name(at, gate), &[""])?,
                    self.linear(&name(at, up), &[""])?,
                ),
                down: self.linear(&name(at, down), &[""])?,
            })
        });
        experts.collect()
    }

    fn shared(
        &mut self,
        at: &str,
        shared: Option<Shared>,
    ) -> Result<Option<(Mlp, Option<Linear>)>, Error> {
        let Some(Shared {
            gate,
            up,
            down,
            router,
        }) = shared
        else {
            return Ok(None);
        };
        let up = Up::Gated(self.linear(at, &[gate])?, self.linear(at, &[up])?);
        let down = self.linear(at, &[down])?;
        Ok(Some((Mlp { up, down }, Some(self.linear(at, &[router])?))))
    }
}
