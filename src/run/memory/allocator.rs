//! How freed memory goes back to the system, so that what a process holds is what it uses.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(
    unsafe_code,
    reason = "the allocator of the C library is asked by functions of its own"
)]
mod glibc {
    /// What is at least so large has pages of its own, which go when it is freed.
    const OWN_PAGES: i32 = 256 << 10;
    /// The same while a model runs: fresh pages cost time, so that what it works with is kept for
    /// the next layer. It is what the C library comes to by itself.
    const OWN_PAGES_IN_RUNS: i32 = 32 << 20;

    pub(in crate::run) fn settle() {
        // SAFETY: these set numbers of the allocator, at any time.
        unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES) };
    }

    pub(in crate::run) fn give_back() {
        // SAFETY: as above; trimming only gives back what is free.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES_IN_RUNS);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * OWN_PAGES_IN_RUNS);
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
