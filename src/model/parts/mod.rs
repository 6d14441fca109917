//! The parts of a block, loaded from a checkpoint and run on a device.

mod experts;
mod linear;
mod mlp;
mod norm;
mod projection;
mod value_norms;

pub(super) use linear::Linear;
pub(super) use mlp::Half;
pub(super) use norm::Norm;
pub(super) use projection::Projection;
pub(super) use value_norms::ValueNorms;

use candle_core::{DType, Device, Tensor};

use super::kernel::Spare;
use super::{Error, Weights};

/// Where parts are loaded from and to.
pub(super) struct Loader<'a> {
    pub weights: &'a dyn Weights,
    pub device: &'a Device,
    /// What linear layers are held in.
    pub dtype: DType,
}

impl Loader<'_> {
    /// A tensor that is multiplied with, in the type that those are held in.
    pub(super) fn matrix(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        Ok(self.vector(name, shape)?.to_dtype(self.dtype)?)
    }

    /// A tensor in f32: norms and biases are small and always exact.
    pub(super) fn vector(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        let values = self.weights.read(name, shape)?;
        Ok(Tensor::from_vec(values, shape, self.device)?)
    }
}

/// What goes along with a run.
pub(super) struct Run<'a> {
    /// Asked between pieces of work; `true` ends the run.
    pub cancelled: &'a dyn Fn() -> bool,
    pub spare: &'a Spare,
}

impl Run<'_> {
    /// An error where the run was cancelled.
    pub(super) fn go_on(&self) -> Result<(), Error> {
        match (self.cancelled)() {
            true => Err(Error::Cancelled),
            false => Ok(()),
        }
    }
}

/// What goes along with a run that nobody stops.
#[cfg(test)]
pub(super) fn going(spare: &Spare) -> Run<'_> {
    Run {
        cancelled: &|| false,
        spare,
    }
}
