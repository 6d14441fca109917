//! How many values a JSON text holds, counted before any of them is made: two bytes of a text may stand for a value
//! of some eighty bytes of memory.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Bytes that values take in memory for a text of any size, and for each byte of it.
const ALWAYS: u64 = 40 << 20;
const EACH: u64 = 12;

/// Bytes of a value, about.
const VALUE: u64 = 80;

/// Whether the values of a JSON text take no more memory than a file of its size may take. What is not JSON is left
/// to its reader.
///
/// # Errors
/// A phrase that says how many values there are.
pub(crate) fn check(text: &[u8]) -> Result<(), String> {
    let most = ALWAYS.saturating_add(EACH.saturating_mul(text.len() as u64)) / VALUE;
    match serde_json::from_slice::<Count>(text) {
        Ok(Count(count)) if count > most => Err(format!(
            "it has {count} values, far more than a file of its size may have"
        )),
        _ => Ok(()),
    }
}

/// The number of values in a value, itself included; a key counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count(pub u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Counter)
    }
}

struct Counter;

impl<'de> Visitor<'de> for Counter {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Count, E> {
        Ok(Count(1))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Count, E> {
        Ok(Count(1))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Count, E> {
        Ok(Count(1))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Count, E> {
        Ok(Count(1))
    }

    fn visit_str<E>(self, _: &str) -> Result<Count, E> {
        Ok(Count(1))
    }

    fn visit_unit<E>(self) -> Result<Count, E> {
        Ok(Count(1))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Count, A::Error> {
        let mut all = 1;
        while let Some(Count(count)) = list.next_element()? {
            all += count;
        }
        Ok(Count(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
        let mut all = 1;
        while let Some((IgnoredAny, Count(count))) = map.next_entry()? {
            all += count + 1;
        }
        Ok(Count(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_counts() {
        let count = |text: &str| serde_json::from_str::<Count>(text).unwrap().0;
        assert_eq!(count("null"), 1);
        assert_eq!(count(r#"[1, -1, 2.5, "a", true, [], {}]"#), 8);
        assert_eq!(count(r#"{"a": 1, "b": [2, 3]}"#), 1 + 2 + 4);
    }

    #[test]
    fn lists_of_very_many_numbers_are_refused_and_vocabularies_are_not() {
        let numbers = format!("[{}1]", "1,".repeat(4 << 20));
        assert!(
            check(numbers.as_bytes())
                .unwrap_err()
                .contains("4194306 values")
        );
        let words: Vec<String> = (0..300_000).map(|i| format!("\"word{i}\": {i}")).collect();
        check(format!("{{{}}}", words.join(", ")).as_bytes()).unwrap();
        check(b"[1, 2").unwrap();
    }
}
