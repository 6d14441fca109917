//! The alphabet of byte-level BPE: every byte has a printable character that stands for it in vocabulary files.
//!
//! After `bytes_to_unicode` of GPT-2 (Radford et al. 2019): printable Latin-1 bytes stand for themselves, the other 68
//! are counted from U+0100 on.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The byte of each of the 256 characters.
static BYTES: LazyLock<HashMap<char, u8>> = LazyLock::new(|| {
    let mut moved = 0x100..;
    (0..=u8::MAX)
        .filter_map(|byte| match byte {
            b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => Some((char::from(byte), byte)),
            _ => Some((char::from_u32(moved.next()?)?, byte)),
        })
        .collect()
});

/// What a space is written as.
pub(super) const SPACE: char = 'Ġ';

/// The bytes that a vocabulary entry stands for; an entry that is not in the alphabet stands for itself.
pub(super) fn to_bytes(entry: &str) -> Vec<u8> {
    entry
        .chars()
        .map(|c| BYTES.get(&c).copied())
        .collect::<Option<Vec<u8>>>()
        .unwrap_or_else(|| entry.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_every_byte_once() {
        let mut bytes: Vec<u8> = BYTES.values().copied().collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=u8::MAX).collect::<Vec<_>>());
    }

    #[test]
    fn entries_of_gpt2() {
        assert_eq!(to_bytes("Ġcat"), b" cat");
        assert_eq!(to_bytes("Ċ"), b"\n");
        assert_eq!(to_bytes("Ã¤"), "ä".as_bytes());
        assert_eq!(to_bytes("<日>"), "<日>".as_bytes());
        assert_eq!(to_bytes(&SPACE.to_string()), b" ");
    }
}
