//! Metadata: typed values under dotted keys, as JSON.

use std::io::Read;

use serde_json::{Map, Number, Value};

use super::input::Input;
use crate::checkpoint::error::quoted;

/// Most bytes that entries and the elements of all arrays may take together, in a file of any size and for each
/// byte of it. An element takes some seventy bytes of memory and may take one of the file; those of a vocabulary take
/// about ten.
const ALWAYS: u64 = 32 << 20;
const EACH: u64 = 14;

/// How deep arrays may lie in arrays.
const MAX_DEPTH: usize = 4;

/// Bytes of the smallest entry: the length of its key, its type and one byte.
const SMALLEST: u64 = 8 + 4 + 1;

/// The entries in the file's order, and what a person should know of them, a sentence each.
pub(super) fn read<R: Read>(
    input: &mut Input<R>,
    count: u64,
) -> Result<(Map<String, Value>, Vec<String>), String> {
    let mut entries = Map::new();
    let mut values = Values {
        left: ALWAYS.saturating_add(input.size().saturating_mul(EACH)),
        not_finite: false,
        not_text: false,
    };
    let mut notes = Vec::new();
    for _ in 0..input.fits(count, SMALLEST)? {
        let key = input.name()?;
        let kind = input.u32()?;
        // An entry of a table takes about twice what its key and value do.
        values.take(2, (size_of::<String>() + size_of::<Value>()) as u64)?;
        values.take(1, key.len() as u64)?;
        let value = values
            .read(input, kind, 0)
            .map_err(|reason| format!("in its metadata entry {}, {reason}", quoted(&key)))?;
        if std::mem::take(&mut values.not_finite) {
            notes.push(format!(
                "The metadata entry {} holds numbers that are not finite; they are taken as missing.",
                quoted(&key)
            ));
        }
        if std::mem::take(&mut values.not_text) {
            notes.push(format!(
                "The metadata entry {} holds text that is not UTF-8; invalid bytes are replaced by U+FFFD.",
                quoted(&key)
            ));
        }
        if entries.contains_key(&key) {
            return Err(format!("it has two metadata entries {}", quoted(&key)));
        }
        entries.insert(key, value);
    }
    Ok((entries, notes))
}

/// Reads values and counts what is in arrays.
struct Values {
    /// Bytes that may still be taken.
    left: u64,
    not_finite: bool,
    not_text: bool,
}

impl Values {
    /// A value of the type with the number `kind`, inside `depth` arrays. `f32` becomes the same number in
    /// `f64`, and a number that JSON does not have becomes null.
    fn read<R: Read>(
        &mut self,
        input: &mut Input<R>,
        kind: u32,
        depth: usize,
    ) -> Result<Value, String> {
        Ok(match kind {
            0 => u8::from_le_bytes(input.array()?).into(),
            1 => i8::from_le_bytes(input.array()?).into(),
            2 => u16::from_le_bytes(input.array()?).into(),
            3 => i16::from_le_bytes(input.array()?).into(),
            4 => input.u32()?.into(),
            5 => i32::from_le_bytes(input.array()?).into(),
            6 => self.number(f64::from(f32::from_le_bytes(input.array()?))),
            7 => match input.array()? {
                [0] => false.into(),
                [1] => true.into(),
                [other] => {
                    return Err(format!("a truth value is {other} where 0 or 1 is expected"));
                }
            },
            8 => self.text(input.string()?),
            9 => self.array(input, depth)?,
            10 => input.u64()?.into(),
            11 => i64::from_le_bytes(input.array()?).into(),
            12 => self.number(f64::from_le_bytes(input.array()?)),
            other => {
                return Err(format!(
                    "a value has the type {other} where 0 to 12 are known"
                ));
            }
        })
    }

    /// Counts `count` parts of `each` bytes.
    fn take(&mut self, count: u64, each: u64) -> Result<(), String> {
        let left = self.left.checked_sub(count.saturating_mul(each));
        self.left =
            left.ok_or("what it holds takes far more memory than a file of its size may take")?;
        Ok(())
    }

    fn number(&mut self, value: f64) -> Value {
        match Number::from_f64(value) {
            Some(number) => Value::Number(number),
            None => {
                self.not_finite = true;
                Value::Null
            }
        }
    }

    fn text(&mut self, bytes: Vec<u8>) -> Value {
        Value::String(String::from_utf8(bytes).unwrap_or_else(|error| {
            self.not_text = true;
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        }))
    }

    fn array<R: Read>(&mut self, input: &mut Input<R>, depth: usize) -> Result<Value, String> {
        if depth == MAX_DEPTH {
            return Err(format!("arrays are nested more than {MAX_DEPTH} deep"));
        }
        let kind = input.u32()?;
        let smallest = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            9 => 4 + 8,
            _ => 8,
        };
        let count = input.u64()?;
        let length = input.fits(count, smallest)?;
        self.take(count, size_of::<Value>() as u64)?;
        let mut items = Vec::new();
        items
            .try_reserve_exact(length)
            .map_err(|_| format!("there is not enough memory for an array of {length} elements"))?;
        for _ in 0..length {
            items.push(self.read(input, kind, depth + 1)?);
        }
        Ok(Value::Array(items))
    }
}
