//! How freed memory goes back to the system, so that what a process holds is what it uses.

/// Bytes from which on what a run works with has pages of its own, which go when it is freed: fresh
/// pages cost time, so that smaller things are kept for the next layer. The largest, such as logits,
/// are few.
pub(super) const OWN_PAGES: u64 = 16 << 20;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(
    unsafe_code,
    reason = "the allocator of the C library is asked by functions of its own"
)]
mod glibc {
    /// The same while weights are loaded.
    const WHILE_LOADING: i32 = 256 << 10;
    const IN_RUNS: i32 = super::OWN_PAGES as i32;

    pub(in crate::run) fn settle() {
        // SAFETY: these set numbers of the allocator, at any time.
        unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, WHILE_LOADING) };
    }

    pub(in crate::run) fn give_back() {
        // SAFETY: as above; trimming only gives back what is free.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, IN_RUNS);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * IN_RUNS);
            libc::malloc_trim(0);
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(in crate::run) use glibc::{give_back, settle};

/// Before weights are loaded: what is freed on the way goes back at once.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(in crate::run) fn settle() {}

/// After that.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(in crate::run) fn give_back() {}
