//! Files that are damaged, cut, newer, or made to deceive are refused with a sentence.

use std::path::Path;

use headlight::capture::file::FileError;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::{demo, open, save, try_open};

/// A capture's bytes, and a folder to put others into.
fn bytes() -> (Vec<u8>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = save(&demo(), folder.path());
    (std::fs::read(path).unwrap(), folder)
}

fn refused(bytes: &[u8], folder: &Path) -> FileError {
    let path = folder.join("other.headlight");
    std::fs::write(&path, bytes).unwrap();
    let error = try_open(&path).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("other.headlight") && !said.contains('\u{1b}'),
        "{said}"
    );
    error
}

/// The bytes with another header, its checksum made to fit.
fn forged(bytes: &[u8], change: impl Fn(String) -> String) -> Vec<u8> {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    let mut header = change(header.trim_end().to_owned());
    assert!(header.len() <= length);
    header.push_str(&" ".repeat(length - header.len()));
    let mut forged = bytes.to_vec();
    forged[8..8 + length].copy_from_slice(header.as_bytes());
    let value: serde_json::Value = serde_json::from_str(&header).unwrap();
    let Some(at) = value["checksums"]["data_offsets"][0].as_u64() else {
        return forged;
    };
    let sums = 8 + length + at as usize;
    let rows = forged.len() - sums - 32;
    let mut whole = Sha256::new();
    whole.update(&forged[..8 + length]);
    whole.update(&forged[sums..sums + rows]);
    forged[sums + rows..].copy_from_slice(&whole.finalize());
    forged
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let (bytes, folder) = bytes();
    let lengths = (100..bytes.len()).step_by(997).chain([bytes.len() - 1]);
    for length in lengths {
        let error = refused(&bytes[..length], folder.path());
        assert!(
            matches!(error, FileError::Damaged { .. } | FileError::Read { .. }),
            "{error}"
        );
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(matches!(
        refused(&longer, folder.path()),
        FileError::Damaged { .. }
    ));
}

#[test]
fn a_later_format_is_told_from_damage() {
    let (bytes, folder) = bytes();
    let later = forged(&bytes, |header| {
        header.replacen("capture\":\"2\"", "capture\":\"7\"", 1)
    });
    let error = refused(&later, folder.path());
    assert!(matches!(error, FileError::Newer { .. }));
    assert!(error.to_string().contains("format 7") && error.to_string().contains("reads 2"));
}

#[test]
fn every_byte_is_under_a_checksum() {
    let (bytes, folder) = bytes();
    let path = folder.path().join("other.headlight");
    for at in (60..bytes.len()).step_by(509) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        std::fs::write(&path, &flipped).unwrap();
        let refused = match try_open(&path) {
            Err(error) => error.to_string(),
            Ok(opened) => opened.unwrap().verify_all().unwrap_err().to_string(),
        };
        assert!(refused.contains("damaged"), "{at}: {refused}");
    }
}

#[test]
fn a_description_that_lies_is_refused() {
    let (bytes, folder) = bytes();
    // An honest forgery opens: the checksum is made right.
    let path = folder.path().join("same.headlight");
    std::fs::write(&path, forged(&bytes, |header| header)).unwrap();
    open(&path).verify_all().unwrap();
    let lies = [
        (r#"\"tokens\":7"#, r#"\"tokens\":8"#),
        (r#"\"tokens\":7"#, r#"\"tokens\":0"#),
        (r#"\"tokens\":7"#, r#"\"tokens\":-1"#),
        (r#"\"shape\":{\"layers\":4"#, r#"\"shape\":{\"layers\":3"#),
        (r#"{\"layer\":1,"#, r#"{\"layer\":0,"#),
        (r#"\"from\":0"#, r#"\"from\":7"#),
        (r#"\"from\":0"#, r#"\"from\":2"#),
        (
            r#"\"heads\":4,\"kv_heads\":4,\"head_dim\":32,\"t"#,
            r#"\"heads\":4,\"kv_heads\":3,\"head_dim\":32,\"t"#,
        ),
        (
            r#"\"heads\":4,\"kv_heads\":4,\"head_dim\":32,\"t"#,
            r#"\"heads\":4,\"kv_heads\":0,\"head_dim\":32,\"t"#,
        ),
        (r#"\"thumbnail_side\":7"#, r#"\"thumbnail_side\":6"#),
        (r#"\"window\":null"#, r#"\"window\":0"#),
        (r#""layers.0.q""#, r#""layers.0.x""#),
        (r#""input_ids""#, r#""input_idx""#),
        (r#""dtype":"I64""#, r#""dtype":"F64""#),
    ];
    for (from, to) in lies {
        let lie = forged(&bytes, |header| {
            assert!(header.contains(from), "{from}");
            header.replacen(from, to, 1)
        });
        let error = refused(&lie, folder.path());
        assert!(matches!(error, FileError::Damaged { .. }), "{to}: {error}");
    }
}

#[test]
fn lengths_that_no_file_has_allocate_nothing() {
    let (bytes, folder) = bytes();
    for length in [u64::MAX, 1 << 40, 100_000_001, bytes.len() as u64] {
        let mut huge = bytes.clone();
        huge[..8].copy_from_slice(&length.to_le_bytes());
        assert!(matches!(
            refused(&huge, folder.path()),
            FileError::Damaged { .. }
        ));
    }
    let huge = forged(&bytes, |header| {
        header.replacen(
            r#"\"head_dim\":32,\"t"#,
            r#"\"head_dim\":18446744073709551615,\"t"#,
            1,
        )
    });
    assert!(matches!(
        refused(&huge, folder.path()),
        FileError::Damaged { .. }
    ));
}

#[test]
fn texts_of_a_file_reach_no_terminal_as_they_are() {
    let (bytes, folder) = bytes();
    let path = folder.path().join("other.headlight");
    let evil = forged(&bytes, |header| {
        // JSON in JSON: an escape character, spelled.
        header
            .replacen(r#"a \\\"name\\\""#, "\\\\u001b[2J", 1)
            .replacen(r#"\"one\""#, "\"", 0)
    });
    std::fs::write(&path, evil).unwrap();
    let opened = open(&path);
    assert_eq!(opened.capture.origin.name, r"\u{1b}[2J");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        header_only: bool,
    ) {
        static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut bytes = BYTES.get_or_init(|| bytes().0).clone();
        let within = if header_only { 3000 } else { bytes.len() };
        for (at, value) in changes {
            bytes[at.index(within)] = value;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.headlight");
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(Some(opened)) = try_open(&path) {
            let _ = opened.verify_all();
        }
    }
}
