//! Compiles the kernels of a GPU where it is built for one.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    match std::env::var_os("CARGO_FEATURE_CUDA") {
        Some(_) => cuda(),
        None => Ok(()),
    }
}

/// `src/model/on_device/attention.cu` to PTX, which a driver compiles for whatever GPU is there.
fn cuda() -> Result<(), Box<dyn Error>> {
    let source = "src/model/on_device/attention.cu";
    println!("cargo::rerun-if-changed={source}");
    println!("cargo::rerun-if-env-changed=CUDA_HOME");
    let home = std::env::var_os("CUDA_HOME").map(PathBuf::from);
    let nvcc = home.map_or("nvcc".into(), |home| home.join("bin/nvcc"));
    let compiled = Command::new(&nvcc)
        .args(["--ptx", "--gpu-architecture=compute_75", "-O3"])
        .args([source, "-o"])
        .arg(Path::new(&std::env::var("OUT_DIR")?).join("attention.ptx"))
        .status()
        .map_err(|error| {
            let nvcc = nvcc.display();
            format!("{nvcc}: {error}; the feature `cuda` needs CUDA's compiler")
        })?;
    match compiled.success() {
        true => Ok(()),
        false => Err(format!("{} failed on {source}: {compiled}", nvcc.display()).into()),
    }
}
