//! Where tests find checkpoints and references.

use std::path::{Path, PathBuf};

/// A path under `tests/data`, whose files `make.py` there writes.
#[allow(dead_code, reason = "not every test binary reads files of the project")]
pub fn data(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/data").join(path)
}

/// A path under `../shared`, the larger references beside the project. A test that reads one is
/// marked `#[ignore = "reads ../shared"]`; `cargo test -- --ignored` runs it.
///
/// # Panics
/// If the path is not there.
#[allow(
    dead_code,
    reason = "not every test binary reads the larger references"
)]
pub fn shared(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../shared").join(path);
    assert!(path.exists(), "{} is not there", path.display());
    path
}
