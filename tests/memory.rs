//! What reading a tensor takes at its peak. A program of its own: the peak is the process's.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

use headlight::checkpoint::Checkpoint;

#[path = "checkpoint/writer.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod writer;

/// Elements of the tensor: 128 MiB of f32.
const ELEMENTS: usize = 32 << 20;

/// A line of `/proc/self/status`, in MiB.
fn status(key: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<usize>()
        .unwrap()
        >> 10
}

/// MiB that reading the tensor `name` adds at the peak, and that are held afterwards.
fn peak(path: &Path, name: &str) -> (usize, usize) {
    let checkpoint = Checkpoint::open(path).unwrap();
    // Sets the peak back to what is resident now.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS");
    let values = checkpoint.read_f32(name).unwrap();
    assert_eq!((values.len(), values[ELEMENTS - 1]), (ELEMENTS, 1.5));
    let (peak, held) = (status("VmHWM") - before, status("VmRSS") - before);
    println!("{}: {peak} MiB at the peak, {held} held", path.display());
    (peak, held)
}

#[test]
fn a_large_tensor_is_not_held_twice() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, width, last) in [
        ("F32", 4, 1.5f32.to_le_bytes()[..].to_vec()),
        ("BF16", 2, vec![0xc0, 0x3f]),
    ] {
        let length = ELEMENTS * width;
        let header = format!(
            r#"{{"a":{{"dtype":"{kind}","shape":[{ELEMENTS}],"data_offsets":[0,{length}]}}}}"#
        );
        let path = folder.path().join(format!("{kind}.safetensors"));
        let mut file = File::create(&path).unwrap();
        file.write_all(&writer::safetensors(&header, b"")).unwrap();
        file.seek_relative((length - width) as i64).unwrap();
        file.write_all(&last).unwrap();
        let (peak, held) = peak(&path, "a");
        assert!(
            held >= 120 && peak < 128 + 16,
            "{kind}: {peak} MiB at the peak, {held} held"
        );
    }
    let model = writer::Py::Dict(vec![(
        "a.weight",
        writer::Py::Tensor("0", ELEMENTS as u32, vec![ELEMENTS as u32]),
    )]);
    let mut storage = vec![1; ELEMENTS * 4 - 4];
    storage.extend(1.5f32.to_le_bytes());
    let path = folder.path().join("model.pt");
    std::fs::write(&path, writer::torch_zip(&model, &[("0", storage)])).unwrap();
    let (peak, held) = peak(&path, "a.weight");
    assert!(
        held >= 120 && peak < 128 + 48,
        "PyTorch: {peak} MiB at the peak, {held} held"
    );
}
