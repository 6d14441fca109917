//! Reusable f32 buffers.

use std::sync::{Mutex, PoisonError};

/// Buffers that nobody uses now. Fresh memory costs a page fault every 4 KiB.
#[derive(Debug, Default)]
pub(in crate::model) struct Spare(Mutex<Vec<Vec<f32>>>);

impl Spare {
    /// A buffer of `length` floats, which may hold anything.
    pub(in crate::model) fn take(&self, length: usize) -> Vec<f32> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The smallest that is large enough, else the largest.
        let fits = |buffer: &Vec<f32>| buffer.capacity() >= length;
        let order = |buffer: &Vec<f32>| match fits(buffer) {
            true => (0, buffer.capacity()),
            false => (1, usize::MAX - buffer.capacity()),
        };
        let at = (0..held.len()).min_by_key(|&at| held.get(at).map(order));
        let mut buffer = at.map_or_else(Vec::new, |at| held.swap_remove(at));
        drop(held);
        buffer.resize(length, 0.0);
        buffer
    }

    /// Keeps a buffer for later.
    pub(in crate::model) fn give(&self, buffer: Vec<f32>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(buffer);
    }
}
