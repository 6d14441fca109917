//! Compiles the kernels of a GPU where it is built for one.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_CUDA").is_some() {
        cuda();
    }
}

/// `src/model/on_device/attention.cu` to PTX, which a driver compiles for whatever GPU is there.
fn cuda() {
    use std::path::Path;
    use std::process::Command;

    let source = "src/model/on_device/attention.cu";
    println!("cargo::rerun-if-changed={source}");
    println!("cargo::rerun-if-env-changed=CUDA_HOME");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let nvcc = match std::env::var("CUDA_HOME") {
        Ok(home) => Path::new(&home).join("bin/nvcc"),
        Err(_) => "nvcc".into(),
    };
    let compiled = Command::new(&nvcc)
        .args([
            "--ptx",
            "--gpu-architecture=compute_75",
            "-O3",
            source,
            "-o",
        ])
        .arg(Path::new(&out).join("attention.ptx"))
        .status();
    match compiled {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{} failed on {source}: {status}", nvcc.display()),
        Err(error) => panic!(
            "{}: {error}; the feature `cuda` needs CUDA's compiler",
            nvcc.display()
        ),
    }
}
