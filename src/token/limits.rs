//! How much a `tokenizer.json` may make of a text: its normalizer can set any text before, or for each match of a pattern.

use serde_json::Value;

/// Most normalizers or decoders one after the other; those in use have up to about ten.
const MAX_STEPS: usize = 64;

/// Most bytes that one byte of text may become. Compatibility forms (NFKC) and a replacement after them need some hundred.
const MAX_FACTOR: f64 = 4096.0;

/// Most bytes that may be added once.
const MAX_ADDED: f64 = 4096.0;

/// Most bytes that a text may become whose real growth nobody looked at. The library takes some fifty times as many.
const UNSEEN: f64 = (1 << 20) as f64;

/// Most bytes that each byte of a text may become on average, and that a short text may become.
const MAX_MEAN: usize = 16;
const SHORT: usize = 256 << 10;

/// Bytes of the parts of a text whose growth is looked at one by one.
const PART: usize = 64;

/// Longest added token. The longest in use have a few hundred bytes.
const MAX_TOKEN: usize = 4096;

/// Most bytes of all added tokens together in a file of any size, and how many bytes of a file allow one more: the
/// library takes some seventy for each to find them.
const MAX_TOKENS: usize = 512 << 10;
const TOKENS_SHARE: usize = 4;

/// The most steps that WordPiece may take through a text: the time goes with the third power of its words' lengths.
const MAX_STEPS_OF_WORDS: f64 = 4e9;

/// The most that a text may become: `factor` bytes a byte, and `added` bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    factor: f64,
    added: f64,
}

impl Growth {
    /// Nothing is changed.
    pub(super) const NONE: Growth = Growth {
        factor: 1.0,
        added: 0.0,
    };

    /// The growth by a `normalizer` or `decoder`; the error says why it is refused.
    pub(super) fn of(part: &Value) -> Result<Growth, String> {
        let mut steps = 0;
        let growth = growth(part, &mut steps)?;
        if growth.factor > MAX_FACTOR || growth.added > MAX_ADDED {
            return Err(format!(
                "it may turn each byte of a text into {:.0} bytes and add {:.0}; at most {MAX_FACTOR} and {MAX_ADDED} are \
                 taken",
                growth.factor, growth.added
            ));
        }
        Ok(growth)
    }

    /// Whether a text stays within bounds: in the worst case, or else by its parts, of which `length` gives the bytes
    /// that they become. The error says why not.
    pub(super) fn check(
        self,
        text: &str,
        length: impl Fn(&str) -> Result<usize, String>,
    ) -> Result<(), String> {
        if text.len() as f64 * self.factor + self.added <= UNSEEN {
            return Ok(());
        }
        let most = text.len().saturating_mul(MAX_MEAN).saturating_add(SHORT);
        let (mut rest, mut total) = (text, self.added as usize);
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(rest.floor_char_boundary(PART));
            // What is added once is added to each part.
            total += length(part)?.saturating_sub(self.added as usize);
            if total > most {
                return Err(format!(
                    "its normalizer turns {} bytes of text into more than {most}",
                    text.len()
                ));
            }
            rest = behind;
        }
        Ok(())
    }

    fn then(self, next: Growth) -> Growth {
        Growth {
            factor: self.factor * next.factor,
            added: self.added * next.factor + next.added,
        }
    }

    fn by(factor: f64) -> Growth {
        Growth { factor, added: 0.0 }
    }
}

fn growth(part: &Value, steps: &mut usize) -> Result<Growth, String> {
    *steps += 1;
    if *steps > MAX_STEPS {
        return Err(format!(
            "it has more than {MAX_STEPS} normalizers or decoders in a row"
        ));
    }
    let bytes = |key: &str| part.get(key).and_then(Value::as_str).map_or(0, str::len) as f64;
    // Factors of Unicode's forms are the largest there are in UTF-8.
    Ok(match part.get("type").and_then(Value::as_str) {
        Some("Sequence") => {
            let list = part.get("normalizers").or_else(|| part.get("decoders"));
            let list = list.and_then(Value::as_array).into_iter().flatten();
            let mut all = Growth::NONE;
            for part in list {
                all = all.then(growth(part, steps)?);
            }
            all
        }
        Some("Prepend") => Growth {
            factor: 1.0,
            added: bytes("prepend"),
        },
        Some("Replace") => {
            let content = bytes("content");
            let pattern = part
                .get("pattern")
                .and_then(|pattern| pattern.get("String"));
            match pattern.and_then(Value::as_str).map_or(0, str::len) {
                // A pattern may match nothing, before every character and at the end.
                0 => Growth {
                    factor: 1.0 + content,
                    added: content,
                },
                matched => Growth::by((content / matched as f64).max(1.0)),
            }
        }
        Some("NFC" | "NFD") => Growth::by(3.0),
        Some("NFKC" | "NFKD") => Growth::by(11.0),
        Some("BertNormalizer") => Growth::by(9.0),
        Some("Lowercase" | "ByteLevel") => Growth::by(2.0),
        Some("Precompiled") => {
            let map = part.get("precompiled_charsmap").and_then(Value::as_str);
            Growth::by(longest_replacement(map.unwrap_or_default())?)
        }
        // Decoders that set a text behind or before each token.
        Some("BPEDecoder" | "CTC" | "WordPiece") => Growth {
            factor: 2.0,
            added: bytes("suffix") + bytes("prefix") + bytes("word_delimiter_token"),
        },
        _ => Growth::NONE,
    })
}

/// Bytes of the longest text that a table of character rules (base64) holds: after its trie, whose size comes first, the
/// texts end with a zero byte each.
fn longest_replacement(base64: &str) -> Result<f64, String> {
    let wrong = || "its precompiled_charsmap is shorter than it says".to_owned();
    let map = decode(base64).ok_or_else(wrong)?;
    let (size, rest) = map.split_first_chunk::<4>().ok_or_else(wrong)?;
    let texts = rest
        .get(u32::from_le_bytes(*size) as usize..)
        .ok_or_else(wrong)?;
    let longest = texts.split(|&byte| byte == 0).map(<[u8]>::len).max();
    Ok(longest.unwrap_or(0).max(1) as f64)
}

/// The bytes that base64 text stands for, with or without padding.
fn decode(base64: &str) -> Option<Vec<u8>> {
    let digits = base64.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 3);
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for at in 0..4 {
            let value = match group.get(at).copied() {
                Some(digit @ b'A'..=b'Z') => digit - b'A',
                Some(digit @ b'a'..=b'z') => digit - b'a' + 26,
                Some(digit @ b'0'..=b'9') => digit - b'0' + 52,
                Some(b'+') => 62,
                Some(b'/') => 63,
                None => 0,
                Some(_) => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, whole @ ..] = bits.to_be_bytes();
        bytes.extend(whole.iter().take(group.len().saturating_sub(1)));
    }
    Some(bytes)
}

/// Refuses added tokens for whose texts the library would take far more memory than a file of `size` bytes has.
/// `normalized` are those that go through the normalizer, `plain` those that don't; `length` gives the bytes that one
/// becomes.
pub(super) fn check_added<'a>(
    plain: impl Iterator<Item = &'a str>,
    normalized: impl Iterator<Item = &'a str>,
    growth: Growth,
    size: usize,
    length: impl Fn(&str) -> Result<usize, String>,
) -> Result<(), String> {
    let most = MAX_TOKENS.saturating_add(size / TOKENS_SHARE);
    let mut total = 0usize;
    let all = plain.map(|text| (text, false));
    for (text, grows) in all.chain(normalized.map(|text| (text, true))) {
        if text.len() > MAX_TOKEN {
            return Err(format!(
                "it has an added token of {} bytes; at most {MAX_TOKEN} are taken",
                text.len()
            ));
        }
        total += match grows {
            true => {
                growth.check(text, &length)?;
                length(text)?
            }
            false => text.len(),
        };
        if total > most {
            return Err(format!(
                "its added tokens have more than {most} bytes together, which is too much for its size"
            ));
        }
    }
    Ok(())
}

/// Refuses texts that WordPiece would take very long for, which looks at words of up to `most` letters. `cut` says
/// whether words end at spaces at least.
pub(super) fn check_words(text: &str, most: usize, cut: bool) -> Result<(), String> {
    let cost = |word: &str| match word.chars().count() {
        letters if letters > most => 0.0,
        letters => (letters as f64).powi(3),
    };
    let (cost, longest) = match cut {
        true => text
            .split_whitespace()
            .fold((0.0, 0), |(sum, longest), word| {
                (sum + cost(word), longest.max(word.chars().count()))
            }),
        // Any part of the text may be a word.
        false => {
            let letters = text.chars().count();
            let word = letters.min(most);
            let words = letters.div_ceil(word.max(1));
            ((word as f64).powi(3) * words as f64, word)
        }
    };
    match cost <= MAX_STEPS_OF_WORDS {
        true => Ok(()),
        false => Err(format!(
            "it looks at words of up to {most} letters, and one of {longest} would take it very long"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn base64_of_every_length() {
        assert_eq!(decode("AAEAAAAA").unwrap(), [0, 1, 0, 0, 0, 0]);
        assert_eq!(decode("/////wA=").unwrap(), [255, 255, 255, 255, 0]);
        assert_eq!(decode("YWI=").unwrap(), b"ab");
        assert_eq!(decode("YWJj").unwrap(), b"abc");
        assert_eq!(decode("a b"), None);
    }

    #[test]
    fn steps_multiply() {
        let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
        let of = |list: Vec<Value>| Growth::of(&json!({"type": "Sequence", "normalizers": list}));
        assert_eq!(of(vec![double.clone(); 3]).unwrap().factor, 8.0);
        assert!(
            of(vec![double.clone(); 13])
                .unwrap_err()
                .contains("8192 bytes")
        );
        assert!(
            of(vec![json!({"type": "Strip"}); 100])
                .unwrap_err()
                .contains("64")
        );
        let before = json!({"type": "Prepend", "prepend": "ab"});
        let both = of(vec![before, double]).unwrap();
        assert_eq!(
            both,
            Growth {
                factor: 2.0,
                added: 4.0
            }
        );
        let doubled = |part: &str| Ok(part.len() * 2 + 4);
        let hundredfold = |part: &str| Ok(part.len() * 100);
        let long = "a".repeat(1 << 20);
        assert!(both.check(&long, doubled).is_ok());
        assert!(both.check(&long, hundredfold).is_err());
        assert!(both.check(&long[..1000], hundredfold).is_ok());
        let anywhere =
            json!({"type": "Replace", "pattern": {"Regex": "x*"}, "content": "y".repeat(99)});
        assert_eq!(of(vec![anywhere]).unwrap().factor, 100.0);
    }

    #[test]
    fn tables_of_character_rules() {
        // A trie of four bytes, then "a" and "abc".
        let of = |map: &str| {
            growth(
                &json!({"type": "Precompiled", "precompiled_charsmap": map}),
                &mut 0,
            )
        };
        assert_eq!(of("BAAAAAAAAABhAGFiYwA=").unwrap().factor, 3.0);
        assert!(of("/////wAA").is_err() && of("AAAA").is_err());
    }
}
