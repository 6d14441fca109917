//! GGUF files that are cut off, damaged or lie: an error that says so, and nothing more is allocated than they hold.

use headlight::checkpoint::{Checkpoint, read_gguf_metadata};
use proptest::prelude::*;

use crate::hostile::read_all;
use crate::writer::{
    file, gguf, gguf_array, gguf_entry, gguf_string, gguf_tensor, six, small_gguf,
};

fn refused(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.gguf", bytes);
    assert!(!read_all(&path));
    Checkpoint::open(&path).unwrap_err().to_string()
}

/// Refused with a reason that contains `words`.
fn says(bytes: &[u8], words: &str) {
    let error = refused(bytes);
    assert!(
        error.contains("looks like a GGUF file") && error.contains(words),
        "expected '{words}': {error}"
    );
}

fn with_entry(entry: Vec<u8>) -> Vec<u8> {
    gguf(3, &[entry], &[gguf_tensor("a", &[3, 2], 0, 0)], &six(1.0))
}

fn with_tensor(tensor: Vec<u8>) -> Vec<u8> {
    gguf(3, &[], &[tensor], &six(1.0))
}

#[test]
fn every_truncation_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = small_gguf(3);
    assert!(read_all(&file(folder.path(), "m.gguf", &whole)));
    for length in 0..whole.len() {
        let path = file(folder.path(), "m.gguf", &whole[..length]);
        assert!(Checkpoint::open(&path).is_err(), "cut at {length}");
        assert!(read_gguf_metadata(&path).is_err(), "cut at {length}");
        read_all(&path);
    }
}

#[test]
fn counts_and_lengths_are_checked_before_they_are_believed() {
    for count in [u64::MAX, 1 << 62, 1 << 40, 1000] {
        for at in [8, 16] {
            let mut bytes = small_gguf(3);
            bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
            refused(&bytes);
        }
        let length = count.to_le_bytes();
        says(&with_entry(length.to_vec()), "cut off");
        says(
            &with_entry(gguf_entry("text", 8, &length)),
            "in its metadata entry 'text', at byte",
        );
        for kind in 0..13 {
            says(
                &with_entry(gguf_entry("list", 9, &gguf_array(kind, count, &[]))),
                "'list'",
            );
        }
        says(&with_tensor(length.to_vec()), "cut off");
    }
    // More than any model has, in a file that is large enough.
    let folder = tempfile::tempdir().unwrap();
    let bytes = with_entry(gguf_entry("text", 8, &(300u64 << 20).to_le_bytes()));
    let path = file(folder.path(), "m.gguf", &bytes);
    let open = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    open.set_len(1 << 30).unwrap();
    let error = Checkpoint::open(&path).unwrap_err().to_string();
    assert!(
        error.contains("its metadata is larger than 256 MiB"),
        "{error}"
    );
    let bytes = with_entry(gguf_entry(
        "list",
        9,
        &gguf_array(0, 5 << 20, &vec![0; 5 << 20]),
    ));
    says(&bytes, "far more memory than a file of its size");
    let many: Vec<Vec<u8>> = (0..100_001).map(|_| gguf_tensor("a", &[1], 0, 0)).collect();
    says(&gguf(3, &[], &many, &six(1.0)), "more than 100000");
}

#[test]
fn shapes_may_not_be_larger_than_the_data() {
    for dimensions in [
        &[1 << 62][..],
        &[(1 << 62) + 4],
        &[1 << 32, 1 << 32],
        &[16, (1 << 60) + 1],
        &[1 << 16, 1 << 16, 1 << 16, 1 << 16],
        &[u64::MAX],
    ] {
        for kind in [0, 1, 2, 14, 24, 28, 30] {
            refused(&with_tensor(gguf_tensor("a", dimensions, kind, 0)));
        }
    }
    says(
        &with_tensor(gguf_tensor("a", &[1 << 62], 0, 0)),
        "too large",
    );
    says(&with_tensor(gguf_tensor("a", &[7], 0, 0)), "cut off");
    says(
        &with_tensor(gguf_tensor("a", &[0, 1 << 62], 0, 0)),
        "no element",
    );
    says(
        &with_tensor(gguf_tensor("a", &[1; 5], 0, 0)),
        "5 dimensions",
    );
    says(
        &with_tensor(gguf_tensor("a", &[16, 2], 8, 0)),
        "not whole blocks of 32 elements of its type q8_0",
    );
    says(
        &with_tensor(gguf_tensor("a", &[1], 0, u64::MAX - 31)),
        "cut off",
    );
    says(&with_tensor(gguf_tensor("a", &[1], 99, 1 << 40)), "cut off");
}

#[test]
fn alignment_is_a_power_of_two_and_kept() {
    let alignment = |kind, value: &[u8]| with_entry(gguf_entry("general.alignment", kind, value));
    for (kind, value) in [
        (4, 0u32.to_le_bytes().to_vec()),
        (4, 3u32.to_le_bytes().to_vec()),
        (5, (-32i32).to_le_bytes().to_vec()),
        (6, 32f32.to_le_bytes().to_vec()),
        (8, gguf_string(b"32")),
        (9, gguf_array(8, 1, &gguf_string(&[b'x'; 5000]))),
    ] {
        says(&alignment(kind, &value), "a power of two is expected");
    }
    says(&alignment(10, &(1u64 << 63).to_le_bytes()), "cut off");
    says(
        &with_tensor(gguf_tensor("a", &[1], 0, 4)),
        "not a multiple of the alignment 32",
    );
    // A small one puts the data and each tensor closer.
    let entry = gguf_entry("general.alignment", 4, &8u32.to_le_bytes());
    let tensors = [gguf_tensor("a", &[2], 0, 0), gguf_tensor("b", &[4], 0, 8)];
    let mut bytes = gguf(3, &[entry], &tensors, &[]);
    let header = 24 + (8 + 17 + 4 + 4) + 2 * (8 + 1 + 4 + 8 + 4 + 8);
    bytes.truncate(header);
    bytes.resize(header.next_multiple_of(8), 0);
    bytes.extend(six(1.0));
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = Checkpoint::open(&file(folder.path(), "m.gguf", &bytes)).unwrap();
    assert_eq!(checkpoint.read_f32("b").unwrap(), [3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn nothing_may_be_there_twice() {
    let entry = || gguf_entry("same", 4, &[0; 4]);
    says(
        &gguf(3, &[entry(), entry()], &[], &[]),
        "two metadata entries 'same'",
    );
    let tensor = |name, offset| gguf_tensor(name, &[2], 0, offset);
    let data = [six(1.0), six(1.0)].concat();
    says(
        &gguf(3, &[], &[tensor("a", 0), tensor("a", 32)], &data),
        "two tensors 'a'",
    );
    says(
        &gguf(3, &[], &[tensor("a", 0), tensor("b", 0)], &data),
        "'a', 'b' share bytes",
    );
    let long = gguf_tensor("long", &[12], 0, 0);
    says(
        &gguf(3, &[], &[tensor("b", 32), long], &data),
        "'long', 'b' share bytes",
    );
}

#[test]
fn damaged_values_are_refused_without_a_control_character() {
    says(
        &with_entry(gguf_entry("flag", 7, &[2])),
        "is 2 where 0 or 1 is expected",
    );
    says(
        &with_entry(gguf_entry("x", 13, &[0; 8])),
        "type 13 where 0 to 12 are known",
    );
    says(
        &with_entry(gguf_entry("x", 9, &gguf_array(13, 1, &[0; 8]))),
        "type 13",
    );
    let mut deep = gguf_array(0, 1, &[0]);
    for _ in 0..100_000 {
        deep = [gguf_array(9, 1, &[]), deep].concat();
        if deep.len() > 4000 {
            break;
        }
    }
    says(
        &with_entry(gguf_entry("x", 9, &deep)),
        "nested more than 4 deep",
    );
    says(
        &with_entry(gguf_string(b"\xff\xfe").into_iter().chain([0; 9]).collect()),
        "not UTF-8",
    );
    says(
        &with_tensor(gguf_tensor("\u{1b}[2J", &[7], 0, 0)),
        "\\u{1b}[2J",
    );
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = small_gguf(3);
    let path = file(folder.path(), "m.gguf", &whole);
    let checkpoint = Checkpoint::open(&path).unwrap();
    let open = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    open.set_len(whole.len() as u64 - 10).unwrap();
    for error in [
        checkpoint.read_f32("b").unwrap_err(),
        checkpoint.read_bytes("b").unwrap_err(),
    ] {
        assert!(error.to_string().contains("became shorter"), "{error}");
    }
    assert_eq!(checkpoint.read_f32("a").unwrap().len(), 6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn flipped_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = small_gguf(3);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let path = file(folder.path(), "m.gguf", &bytes);
        read_all(&path);
        let _ = read_gguf_metadata(&path);
    }
}
