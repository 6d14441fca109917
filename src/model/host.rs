//! The numbers of a tensor that lies in host memory.

use std::ops::{Deref, Range};
use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, InplaceOp1, Layout, Storage, Tensor};

use super::Error;

/// The numbers of a contiguous f32 tensor of the processor; `None` where it is on another device,
/// of another type or not contiguous.
pub(super) fn host(tensor: &Tensor) -> Option<impl Deref<Target = [f32]>> {
    let (storage, layout) = tensor.storage_and_layout();
    let (from, to) = layout.contiguous_offsets()?;
    match &*storage {
        Storage::Cpu(CpuStorage::F32(values)) if to <= values.len() => Some(Host {
            storage,
            range: from..to,
        }),
        _ => None,
    }
}

/// The numbers of a tensor that nobody shares, row-major; those of an f32 tensor of the processor
/// are moved and not copied.
pub(super) fn into_vec(tensor: Tensor) -> Result<Vec<f32>, Error> {
    if host(&tensor).is_none() {
        return Ok(tensor.flatten_all()?.to_vec1()?);
    }
    let taken = Take(Mutex::default());
    tensor.inplace_op1(&taken)?;
    Ok(taken.0.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Takes the numbers out of a tensor, which is empty then.
struct Take(Mutex<Vec<f32>>);

impl InplaceOp1 for Take {
    fn name(&self) -> &'static str {
        "take"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (CpuStorage::F32(values), Some((from, to))) = (storage, layout.contiguous_offsets())
        {
            *taken = match (from, to == values.len()) {
                (0, true) => std::mem::take(values),
                _ => values.get(from..to).unwrap_or(&[]).to_vec(),
            };
        }
        Ok(())
    }
}

struct Host<S> {
    storage: S,
    range: Range<usize>,
}

impl<S: Deref<Target = Storage>> Deref for Host<S> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(values)) => values.get(self.range.clone()).unwrap_or(&[]),
            _ => &[],
        }
    }
}
