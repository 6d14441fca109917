//! The sequence that asks a terminal to take a text into its clipboard (OSC 52). It only ever
//! writes: what is in the clipboard is nobody's business.

use crate::safe::lines;

/// The digits of base64.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What is sent for a text, which is made safe to paste. In tmux it is sent twice: to tmux itself, which takes it where
/// `set-clipboard` is on, and past it, which works where `allow-passthrough` is on.
pub(super) fn sequence(text: &str, in_tmux: bool) -> Vec<u8> {
    let plain = format!("\x1b]52;c;{}\x1b\\", base64(lines(text).as_bytes()));
    let past = match in_tmux {
        true => format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        false => String::new(),
    };
    (plain + &past).into_bytes()
}

/// Bytes in base64 (RFC 4648), padded.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(match digit <= chunk.len() {
                true => char::from(DIGITS[value as usize]),
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        // The test vectors of RFC 4648.
        let rows = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, expected) in rows {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn nothing_of_the_text_is_in_the_sequence_and_what_is_pasted_is_safe() {
        let hostile = "\x1b]0;title\x07\n";
        let safe = "XHV7MWJ9XTA7dGl0bGVcdXs3fQo=";
        assert_eq!(base64(b"\\u{1b}]0;title\\u{7}\n"), safe);
        let sent = sequence(hostile, false);
        assert_eq!(sent, format!("\x1b]52;c;{safe}\x1b\\").into_bytes());
        let in_tmux = sequence(hostile, true);
        let past = format!("\x1bPtmux;\x1b\x1b]52;c;{safe}\x1b\x1b\\\x1b\\");
        assert_eq!(in_tmux[sent.len()..], *past.as_bytes());
    }
}
