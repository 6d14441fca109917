//! Cut-off, flipped and lying files: always an error or a value, never a panic or a huge allocation.

use std::path::Path;

use headlight::checkpoint::{Checkpoint, read_pickle_value};
use proptest::prelude::*;

use crate::writer::{
    Py, file, pickle, raw_zip, safetensors, six, small_safetensors, torch_zip, weights,
};

/// Open a file and read all that it offers.
pub fn read_all(path: &Path) -> bool {
    match Checkpoint::open(path) {
        Ok(checkpoint) => {
            checkpoint
                .tensors()
                .keys()
                .filter(|name| checkpoint.read_f32(name).is_ok())
                .count()
                > 0
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.contains(char::is_control), "{text:?}");
            assert!(text.chars().count() < 1500, "{text}");
            false
        }
    }
}

fn checkpoint() -> Vec<u8> {
    let root = Py::Dict(vec![
        ("model", weights()),
        ("config", Py::Dict(vec![("n_head", Py::Int(2))])),
        (
            "optimizer",
            Py::Dict(vec![("state", Py::Tensor("2", 6, vec![6]))]),
        ),
    ]);
    torch_zip(&root, &[("0", six(1.0)), ("1", six(7.0)), ("2", six(0.0))])
}

#[test]
fn every_truncation_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for (name, whole) in [
        ("m.safetensors", small_safetensors()),
        ("m.pt", checkpoint()),
    ] {
        assert!(read_all(&file(folder.path(), name, &whole)));
        for length in 0..whole.len() {
            let path = file(folder.path(), name, &whole[..length]);
            assert!(Checkpoint::open(&path).is_err(), "{name} cut at {length}");
            read_all(&path);
        }
    }
    let whole = pickle(&Py::Dict(vec![("stoi", Py::Dict(vec![("a", Py::Int(0))]))]));
    for length in 0..whole.len() {
        assert!(read_pickle_value(&file(folder.path(), "meta.pkl", &whole[..length])).is_err());
    }
}

#[test]
#[ignore = "reads ../shared"]
fn a_legacy_file_cut_anywhere_does_not_panic() {
    let shared = crate::common::shared("");
    let folder = tempfile::tempdir().unwrap();
    let name = "vectors/burn-pt/src__pytorch__tests__reader__test_data__legacy_with_offsets.pt";
    let whole = std::fs::read(shared.join(name)).unwrap();
    for length in 0..whole.len() {
        read_all(&file(folder.path(), "legacy.pt", &whole[..length]));
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = small_safetensors();
    let path = file(folder.path(), "m.safetensors", &whole);
    let checkpoint = Checkpoint::open(&path).unwrap();
    let open = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    open.set_len(whole.len() as u64 - 10).unwrap();
    let error = checkpoint.read_f32("a").unwrap_err().to_string();
    assert!(error.contains("became shorter"), "{error}");
}

#[test]
fn headers_that_lie_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let entry = |dtype: &str, shape: &str, offsets: &str| {
        format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
    };
    for (header, data) in [
        (entry("F32", "[2]", "[0,4]"), 4),
        (entry("F32", "[1]", "[0,4]"), 8),
        (entry("F32", "[1]", "[4,8]"), 8),
        (entry("F32", "[1]", "[4,0]"), 4),
        (entry("F32", "[4611686018427387904]", "[0,0]"), 0),
        (entry("F32", "[4611686018427387904,4]", "[0,4]"), 4),
        (entry("F32", "[-1]", "[0,4]"), 4),
        (entry("F32", "[1]", "[0,18446744073709551615]"), 4),
        (entry("NEW", "[1]", "[0,4]"), 4),
        ("{".into(), 0),
        ("{}".into(), 0),
        (format!("{{\"a\":{}", "[".repeat(100_000)), 0),
    ] {
        let path = file(
            folder.path(),
            "m.safetensors",
            &safetensors(&header, &vec![0; data]),
        );
        let shown: String = header.chars().take(80).collect();
        assert!(Checkpoint::open(&path).is_err(), "{shown}");
        read_all(&path);
    }
    let mut long = (99_999_999u64).to_le_bytes().to_vec();
    long.extend(b"{}");
    assert!(Checkpoint::open(&file(folder.path(), "m.safetensors", &long)).is_err());
}

#[test]
fn hostile_pickles_in_a_checkpoint_are_refused_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let mut doubling = b"\x80\x02)q\x01".to_vec();
    for _ in 0..60 {
        doubling.extend(b"h\x01h\x01\x86q\x01");
    }
    doubling.push(b'.');
    let mut deep = b"\x80\x02)".to_vec();
    deep.extend(vec![0x85; 1_000_000]);
    deep.push(b'.');
    for data in [
        doubling,
        deep,
        b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.".to_vec(),
    ] {
        assert!(Checkpoint::open(&file(folder.path(), "m.pt", &raw_zip(&data, &[]))).is_err());
        read_all(&file(folder.path(), "m.pkl", &data));
    }
    // A key of a megabyte before 100 000 tensors: their names would have 100 GB.
    let mut named = b"\x80\x02}X\0\0\x10\0".to_vec();
    named.extend(vec![b'x'; 1 << 20]);
    let tensor = pickle(&Py::Tensor("0", 6, vec![6]));
    named.push(b'(');
    named.extend(&tensor[2..tensor.len() - 1]);
    named.extend(b"q\x01");
    named.extend(b"h\x01".repeat(100_000));
    named.extend(b"ls.");
    let error = Checkpoint::open(&file(folder.path(), "m.pt", &raw_zip(&named, &[])))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("names of its tensors are too long"),
        "{error}"
    );
    for shape in [vec![1 << 31, 1 << 31], vec![1 << 20, 1 << 20]] {
        let root = Py::Dict(vec![("a.b", Py::Tensor("0", 6, shape))]);
        assert!(!read_all(&file(
            folder.path(),
            "m.pt",
            &torch_zip(&root, &[("0", six(0.0))])
        )));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn flipped_bytes_never_panic(which in 0usize..3, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = match which {
            0 => small_safetensors(),
            1 => checkpoint(),
            _ => pickle(&Py::Dict(vec![("stoi", Py::Dict(vec![("a", Py::Int(0))])), ("n", Py::Float(0.5))])),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let path = file(folder.path(), "m", &bytes);
        read_all(&path);
        let _ = read_pickle_value(&path);
    }

    #[test]
    fn changed_pickles_in_a_sound_archive_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let mut data = pickle(&Py::Dict(vec![("model", weights()), ("config", Py::Object("m\nC", vec![("n_head", Py::Int(2))]))]));
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        read_all(&file(folder.path(), "m.pt", &raw_zip(&data, &[("0", six(1.0)), ("1", six(7.0))])));
    }
}
