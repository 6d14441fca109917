//! A block of rows on an NVIDIA GPU: between the two products, one kernel that reads a row once and
//! leaves its weights and numbers.

#![allow(unsafe_code)]

mod products;

use std::sync::{Mutex, PoisonError};

use candle_core::cuda_backend::cudarc::driver::{CudaSlice, LaunchConfig, PushKernelArg};
use candle_core::{
    CpuStorage, CudaDevice, CudaStorage, DType, InplaceOp1, InplaceOp2, Layout, Tensor,
};

use super::{Block, NUMBERS, Scratch};
use crate::model::attention::Inputs;
use crate::model::fetch::Fetch;
use crate::model::fetch::cuda::failed;
use crate::model::record::{THUMBNAIL_SIDE, thumbnail_tile};
use crate::model::{Error, Rule};
use products::Products;

/// The kernels, compiled with the program.
const PTX: &str = include_str!(concat!(env!("OUT_DIR"), "/attention.ptx"));

/// Threads that share a row.
const THREADS: u32 = 256;

/// What is the same for all blocks of a layer, on the GPU.
pub(super) struct Shared {
    device: CudaDevice,
    ids: CudaSlice<u32>,
    /// One a head, or one that nobody reads.
    slopes: CudaSlice<f32>,
    sinks: CudaSlice<f32>,
    tile: usize,
    /// Where the scores of every block are, flat.
    scores: Tensor,
}

impl Shared {
    /// Copies it to the GPU, where there is one; for blocks of at most `rows` rows of `n` tokens.
    ///
    /// # Errors
    /// The driver's.
    pub fn new(
        inputs: &Inputs,
        (n, rows): (usize, usize),
        scratch: &mut Scratch,
    ) -> Result<Option<Self>, Error> {
        let candle_core::Device::Cuda(device) = inputs.q.device() else {
            return Ok(None);
        };
        let stream = device.cuda_stream();
        let per_head = |values: &[f32]| {
            let values = if values.is_empty() { &[0.0] } else { values };
            stream.clone_htod(values).map_err(failed)
        };
        let (heads, m, _) = inputs.q.dims3()?;
        let most = heads * rows.min(m) * n;
        let scores = scratch.scores.take();
        let scores = match scores.filter(|scores| scores.elem_count() >= most) {
            Some(scores) => scores,
            None => Tensor::zeros(most, DType::F32, inputs.q.device())?,
        };
        scratch.scores = Some(scores.clone());
        Ok(Some(Self {
            ids: stream.clone_htod(inputs.repeats.ids()).map_err(failed)?,
            slopes: per_head(&inputs.rule.slopes)?,
            sinks: per_head(&inputs.rule.sinks)?,
            tile: thumbnail_tile(n),
            device: device.clone(),
            scores,
        }))
    }

    /// Products of queries `[H_kv, m, d]` and keys `[H_kv, w, d]`: `[H_kv, m, w]`, until the next ones
    /// take their place.
    ///
    /// # Errors
    /// The driver's.
    pub fn products(&self, q: &Tensor, k: &Tensor) -> Result<Tensor, Error> {
        let (kv_heads, m, _) = q.dims3()?;
        let width = k.dim(1)?;
        let products = self.scores.narrow(0, 0, kv_heads * m * width)?;
        products.inplace_op3(q, k, &Products)?;
        Ok(products.reshape((kv_heads, m, width))?)
    }
}

/// What is left behind: `[NUMBERS, H, r]`, and `[H, R, tiles]` twice, for R tiles of rows.
struct Left {
    numbers: CudaSlice<f32>,
    largest: CudaSlice<f32>,
    sums: CudaSlice<f32>,
}

/// Turns products of queries and keys into weights.
struct Rows<'a> {
    shared: &'a Shared,
    rule: &'a Rule,
    block: Block,
    heads: usize,
    left: Mutex<Option<Left>>,
}

/// Turns products `[H, r, w]` into weights in their place, and begins to copy the numbers and tiles
/// of the rows where they are kept.
///
/// # Errors
/// The driver's.
pub(super) fn weigh(
    scores: &Tensor,
    shared: &Shared,
    block: Block,
    (inputs, kept): (&Inputs, bool),
) -> Result<Option<[Fetch; 3]>, Error> {
    let rows = Rows {
        shared,
        rule: inputs.rule,
        block,
        heads: scores.dim(0)?,
        left: Mutex::default(),
    };
    scores.inplace_op1(&rows)?;
    let left = rows
        .left
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let left = left.ok_or_else(|| candle_core::Error::Msg("a kernel did not run".to_owned()))?;
    if !kept {
        return Ok(None);
    }
    let begin = |slice| inputs.landing.begin_slice(&shared.device, slice);
    Ok(Some([
        begin(left.numbers)?,
        begin(left.largest)?,
        begin(left.sums)?,
    ]))
}

/// Adds the weights that keys receive from a block to `[H, n]`.
///
/// # Errors
/// The driver's.
pub(super) fn receive(received: &Tensor, weights: &Tensor, block: Block) -> Result<(), Error> {
    Ok(received.inplace_op2(weights, &Receive(block))?)
}

/// A number as kernels take it; sizes of texts are far smaller.
fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl InplaceOp1 for Rows<'_> {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn cpu_fwd(&self, _: &mut CpuStorage, _: &Layout) -> candle_core::Result<()> {
        candle_core::bail!("a kernel of a GPU was asked to run on the processor")
    }

    fn cuda_fwd(&self, storage: &mut CudaStorage, layout: &Layout) -> candle_core::Result<()> {
        let Self {
            shared,
            rule,
            block,
            heads,
            ..
        } = self;
        let driver = candle_core::Error::wrap;
        let offset = layout.start_offset();
        let mut scores = storage.as_cuda_slice_mut::<f32>()?.slice_mut(offset..);
        let tiles = block.tiles(shared.tile);
        let stream = shared.device.cuda_stream();
        let zeros = |count| stream.alloc_zeros::<f32>(count).map_err(driver);
        let cells = heads * block.count * tiles.len();
        let (mut largest, mut sums) = (zeros(cells)?, zeros(cells)?);
        let row_tiles = block.row_tiles(shared.tile).len();
        let pooled = heads * row_tiles * tiles.len();
        let mut left = Left {
            numbers: zeros(NUMBERS * heads * block.count)?,
            largest: zeros(pooled)?,
            sums: zeros(pooled)?,
        };
        let kernel = shared
            .device
            .get_or_load_custom_func("rows", "attention", PTX)?;
        let numbers = [
            block.count,
            block.width,
            block.from,
            block.start,
            rule.window.unwrap_or(0),
            usize::from(!rule.slopes.is_empty()),
            usize::from(!rule.sinks.is_empty()),
        ]
        .map(int);
        let floats = [rule.scale, rule.softcap.unwrap_or(0.0)];
        let of_tiles = [shared.tile, tiles.start, tiles.len()].map(int);
        let mut launch = kernel.builder();
        launch
            .arg(&mut scores)
            .arg(&shared.ids)
            .arg(&shared.slopes)
            .arg(&shared.sinks)
            .arg(&mut left.numbers)
            .arg(&mut largest)
            .arg(&mut sums);
        for number in &numbers {
            launch.arg(number);
        }
        for float in &floats {
            launch.arg(float);
        }
        for number in &of_tiles {
            launch.arg(number);
        }
        let grid = LaunchConfig {
            grid_dim: (block.count as u32, *heads as u32, 1),
            block_dim: (THREADS, 1, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: the arguments are those of the kernel, in its order. It reads and writes
        // `[H, r, w]` scores, reads ids of all n positions, and writes `[NUMBERS, H, r]` and twice
        // `[H, r, tiles]` numbers: what was allocated above and what the shapes say.
        unsafe { launch.launch(grid) }.map_err(driver)?;
        let kernel = shared
            .device
            .get_or_load_custom_func("pool", "attention", PTX)?;
        let numbers = [block.count, block.start, shared.tile, tiles.len()].map(int);
        let mut launch = kernel.builder();
        launch
            .arg(&largest)
            .arg(&sums)
            .arg(&mut left.largest)
            .arg(&mut left.sums);
        for number in &numbers {
            launch.arg(number);
        }
        let grid = LaunchConfig {
            grid_dim: (row_tiles as u32, *heads as u32, 1),
            block_dim: (THUMBNAIL_SIDE as u32, 1, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: as above. It reads twice `[H, r, tiles]` and writes twice `[H, R, tiles]`.
        unsafe { launch.launch(grid) }.map_err(driver)?;
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
        Ok(())
    }
}

/// Adds what keys receive.
struct Receive(Block);

impl InplaceOp2 for Receive {
    fn name(&self) -> &'static str {
        "receive"
    }

    fn cpu_fwd(
        &self,
        _: &mut CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> candle_core::Result<()> {
        candle_core::bail!("a kernel of a GPU was asked to run on the processor")
    }

    fn cuda_fwd(
        &self,
        received: &mut CudaStorage,
        of_received: &Layout,
        weights: &CudaStorage,
        of_weights: &Layout,
    ) -> candle_core::Result<()> {
        let block = self.0;
        let device = weights.device.clone();
        let (heads, n) = of_received.shape().dims2()?;
        let weights = weights
            .as_cuda_slice::<f32>()?
            .slice(of_weights.start_offset()..);
        let mut received = received
            .as_cuda_slice_mut::<f32>()?
            .slice_mut(of_received.start_offset()..);
        let kernel = device.get_or_load_custom_func("receive", "attention", PTX)?;
        let numbers = [block.count, block.width, block.from, n].map(int);
        let mut launch = kernel.builder();
        launch.arg(&mut received).arg(&weights);
        for number in &numbers {
            launch.arg(number);
        }
        let grid = LaunchConfig {
            grid_dim: ((block.width as u32).div_ceil(THREADS), heads as u32, 1),
            block_dim: (THREADS, 1, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: the arguments are those of the kernel, in its order. It reads `[H, r, w]` weights
        // and adds to columns `from..from + w` of `[H, n]`, which end by n.
        unsafe { launch.launch(grid) }.map_err(candle_core::Error::wrap)?;
        Ok(())
    }
}
