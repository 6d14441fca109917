//! The shared reference and test vectors, where they are at hand.

use std::path::PathBuf;

/// A path under `../shared`, or `None` (and a line that says so) where it is not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ../shared is not here");
    None
}
