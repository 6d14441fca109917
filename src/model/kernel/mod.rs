//! The arithmetic of the forward pass on the processor, on plain slices.
//!
//! Every kernel is written once over [`pulp::Simd`] and compiled for the vector units that a
//! processor may have; which of them runs is found out at run time. The instance for
//! [`pulp::Scalar`] is the portable twin that the tests compare with.

mod grid;
mod math;
mod multiply;
mod panels;
mod rows;
mod softmax;
mod spare;
#[cfg(test)]
mod tests;
pub(super) use grid::{Tile, tiles};
pub(super) use multiply::{Product, multiply};
pub(super) use panels::{NARROW, Panels};
pub(super) use rows::{
    Elementwise, add, elementwise, gated, layer_norm, log_sum_exp, product_sums, rms_norm,
};
pub(super) use softmax::{Columns, RowSums, Softmax};
pub(super) use spare::Spare;

use std::sync::OnceLock;

use pulp::{Arch, WithSimd};

/// Runs a kernel with the widest vectors that the processor has.
pub(super) fn run<K: WithSimd>(kernel: K) -> K::Output {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    ARCH.get_or_init(Arch::new).dispatch(kernel)
}
