//! Results of a device on their way to the host.
//!
//! A copy begins behind the work that gives its numbers, and nobody waits for it until the numbers
//! are needed: meanwhile the device is given more work.

#![cfg_attr(feature = "cuda", allow(unsafe_code))]

use candle_core::Tensor;

use super::Error;

/// Memory that copies go to, kept for the next ones.
#[derive(Default)]
pub(super) struct Landing {
    #[cfg(feature = "cuda")]
    free: std::sync::Mutex<Vec<cuda::Pinned>>,
}

/// A copy under way.
pub(super) struct Fetch(Way);

enum Way {
    /// Copied when it is waited for.
    Later(Tensor),
    #[cfg(feature = "cuda")]
    Cuda(cuda::Copy),
}

impl Landing {
    /// Begins to copy an f32 tensor.
    ///
    /// # Errors
    /// The device's.
    pub fn begin(&self, tensor: &Tensor) -> Result<Fetch, Error> {
        #[cfg(feature = "cuda")]
        if let Some(copy) = self.begin_cuda(tensor)? {
            return Ok(Fetch(Way::Cuda(copy)));
        }
        Ok(Fetch(Way::Later(tensor.clone())))
    }

    /// Waits for a copy and hands its numbers out, row-major.
    ///
    /// # Errors
    /// The device's.
    pub fn end<T>(&self, fetch: Fetch, take: impl FnOnce(&[f32]) -> T) -> Result<T, Error> {
        match fetch.0 {
            Way::Later(tensor) => Ok(take(&tensor.flatten_all()?.to_vec1::<f32>()?)),
            #[cfg(feature = "cuda")]
            Way::Cuda(copy) => self.end_cuda(copy, take),
        }
    }
}

#[cfg(not(feature = "cuda"))]
impl Landing {
    /// Gives back what the next run hardly needs.
    pub fn trim(&self) {}
}

#[cfg(feature = "cuda")]
pub(super) mod cuda {
    //! Through memory that stays in place, which a GPU writes to at the speed of its bus while the
    //! host goes on.

    use std::sync::PoisonError;

    use candle_core::cuda_backend::cudarc::driver::{CudaEvent, CudaSlice, PinnedHostSlice};
    use candle_core::{CudaDevice, Storage, Tensor};

    use super::{Error, Fetch, Landing, Way};

    pub type Pinned = PinnedHostSlice<f32>;

    /// A copy under way, and what it copies from.
    pub struct Copy {
        pinned: Option<Pinned>,
        /// When it is there. The memory's own event is not recorded where all work is on one stream.
        there: CudaEvent,
        _source: Source,
    }

    impl Drop for Copy {
        fn drop(&mut self) {
            // Memory that is being written to must not go. A driver that fails writes no more.
            let _ = self.there.synchronize();
        }
    }

    enum Source {
        Tensor(#[expect(dead_code, reason = "held until the copy is there")] Tensor),
        Slice(#[expect(dead_code, reason = "held until the copy is there")] CudaSlice<f32>),
    }

    /// An error of the driver.
    pub fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
        candle_core::Error::wrap(error).into()
    }

    impl Landing {
        pub(super) fn begin_cuda(&self, tensor: &Tensor) -> Result<Option<Copy>, Error> {
            if !tensor.device().is_cuda() {
                return Ok(None);
            }
            let tensor = tensor.contiguous()?;
            let mut begun = None;
            {
                let (storage, layout) = tensor.storage_and_layout();
                if let Storage::Cuda(storage) = &*storage {
                    let slice = storage.as_cuda_slice::<f32>()?;
                    let (from, count) = (layout.start_offset(), tensor.elem_count());
                    let mut landing = self.pinned(&storage.device, count)?;
                    let stream = storage.device.cuda_stream();
                    let view = slice.slice(from..from + count);
                    stream.memcpy_dtoh(&view, &mut landing).map_err(failed)?;
                    begun = Some((landing, stream.record_event(None).map_err(failed)?));
                }
            }
            Ok(begun.map(|(pinned, there)| Copy {
                pinned: Some(pinned),
                there,
                _source: Source::Tensor(tensor),
            }))
        }

        /// Begins to copy numbers that are no tensor.
        ///
        /// # Errors
        /// The driver's.
        pub fn begin_slice(
            &self,
            device: &CudaDevice,
            slice: CudaSlice<f32>,
        ) -> Result<Fetch, Error> {
            let mut pinned = self.pinned(device, slice.len())?;
            let stream = device.cuda_stream();
            stream.memcpy_dtoh(&slice, &mut pinned).map_err(failed)?;
            Ok(Fetch(Way::Cuda(Copy {
                pinned: Some(pinned),
                there: stream.record_event(None).map_err(failed)?,
                _source: Source::Slice(slice),
            })))
        }

        pub(super) fn end_cuda<T>(
            &self,
            mut copy: Copy,
            take: impl FnOnce(&[f32]) -> T,
        ) -> Result<T, Error> {
            copy.there.synchronize().map_err(failed)?;
            let numbers = match &copy.pinned {
                Some(pinned) => pinned.as_slice().map_err(failed)?,
                None => &[],
            };
            let taken = take(numbers);
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.extend(copy.pinned.take());
            Ok(taken)
        }

        /// Gives back what the next run hardly needs.
        pub fn trim(&self) {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            let mut held = 0;
            free.retain(|pinned| {
                held += pinned.num_bytes();
                held <= KEPT_BYTES
            });
        }

        /// Memory for exactly so many numbers: a copy fills what it is given.
        fn pinned(&self, device: &CudaDevice, count: usize) -> Result<Pinned, Error> {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = free.iter().position(|pinned| pinned.len() == count) {
                return Ok(free.swap_remove(at));
            }
            // What texts of other lengths left behind is given back.
            if free.len() > KEPT {
                free.clear();
            }
            let stream = device.cuda_stream();
            // SAFETY: what is not set is not read: the one copy that follows fills all of it, and
            // reading waits for that copy.
            unsafe { stream.context().alloc_pinned_with_flags(count, 0) }.map_err(failed)
        }
    }

    /// Bytes that are kept between runs: such memory is nobody else's.
    const KEPT_BYTES: usize = 256 << 20;

    /// Pieces of memory that are kept at a time: more than a layer takes, whose blocks leave pieces of
    /// up to 64 sizes, four of a size at a time.
    const KEPT: usize = 512;
}
