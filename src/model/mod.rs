//! Ids to logits, calling a [`Probe`] once a block.
//!
//! A [`family`] reads a checkpoint's configuration and names into a [`Plan`]; [`Decoder`] is the
//! one forward pass; attention is the one place where weights exist.

mod attention;
mod block;
mod decoder;
mod dense;
mod device;
mod error;
pub mod family;
mod fetch;
mod floats;
mod held;
mod host;
mod index;
mod kernel;
mod map;
mod names;
mod on_device;
mod parts;
mod record;
mod resume;
mod rotary;
mod row;
mod rule;
mod spec;
mod weights;

pub use candle_core::Device;
pub use decoder::{Decoder, Probe, Wanted};
pub use dense::{Dense, DenseType};
pub use device::{DeviceKind, Precision};
pub use error::Error;
pub use floats::Floats;
pub use held::{Held, held};
pub use index::{Head, Key, Layer, Query};
pub use map::Map;
pub use names::Names;
pub use on_device::{BLOCK_ROWS, block_bytes};
pub use record::{
    LayerRecord, Pool, RowNumbers, THUMBNAIL_SIDE, Thumbnails, dot, thumbnail_side, thumbnail_tile,
    tile_of,
};
pub use resume::{Earlier, Trail};
pub use rotary::{Pairs, Rotary, Scaling};
pub use row::log_sum_exp;
pub use rule::Rule;
pub use spec::{
    Activation, Hints, LayerSpec, MlpSpec, NormKind, Plan, QkNorm, ScaleBy, Sizes, Spec,
};
pub use weights::{Untrained, Weights, untrained};

#[cfg(test)]
mod tests;
