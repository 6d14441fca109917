//! The bytes of a pickle: numbers, strings and lines.

use std::io::{BufRead, Read};

use super::value::Value;
use super::{Step, UNFOLDS};

const CUT_OFF: &str = "its pickle is cut off";

/// Reads the arguments of opcodes, never more than arrive.
pub(super) struct Input<'a, R> {
    pub reader: &'a mut R,
    /// Bytes of the longest text.
    pub longest: usize,
}

impl<R: BufRead> Input<'_, R> {
    /// The value that an opcode pushes, where it is one of those for a number, a string or bytes.
    pub fn scalar(&mut self, opcode: u8) -> Step<Option<Value>> {
        Ok(Some(match opcode {
            b'N' => Value::None,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'K' => Value::Int(i64::from(u8::from_le_bytes(self.bytes()?))),
            b'M' => Value::Int(i64::from(u16::from_le_bytes(self.bytes()?))),
            b'J' => Value::Int(i64::from(i32::from_le_bytes(self.bytes()?))),
            b'G' => Value::Float(f64::from_be_bytes(self.bytes()?)),
            b'I' => match self.line()?.as_str() {
                "00" => Value::Bool(false),
                "01" => Value::Bool(true),
                text => integer(text)?,
            },
            b'L' => integer(self.line()?.trim_end_matches('L'))?,
            b'F' => Value::Float(self.number()?),
            0x8a => {
                let [length] = self.bytes()?;
                long(&self.block(u64::from(length))?)
            }
            0x8b => {
                let length = u32::from_le_bytes(self.bytes()?);
                long(&self.block(u64::from(length))?)
            }
            b'X' => {
                let length = u32::from_le_bytes(self.bytes()?);
                self.text(u64::from(length))?
            }
            0x8c => {
                let [length] = self.bytes()?;
                self.text(u64::from(length))?
            }
            0x8d => {
                let length = u64::from_le_bytes(self.bytes()?);
                self.text(length)?
            }
            b'V' => Value::Str(raw_unicode_escape(&self.raw_line()?)),
            b'S' => Value::Str(self.line()?.trim_matches(['\'', '"']).to_string()),
            b'U' => {
                let [length] = self.bytes()?;
                python2(self.block(u64::from(length))?)
            }
            b'T' => {
                let length = u32::from_le_bytes(self.bytes()?);
                python2(self.block(u64::from(length))?)
            }
            b'C' => {
                let [length] = self.bytes()?;
                Value::Bytes(self.block(u64::from(length))?)
            }
            b'B' => {
                let length = u32::from_le_bytes(self.bytes()?);
                Value::Bytes(self.block(u64::from(length))?)
            }
            0x8e | 0x96 => {
                let length = u64::from_le_bytes(self.bytes()?);
                Value::Bytes(self.block(length)?)
            }
            _ => return Ok(None),
        }))
    }

    /// Exactly `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> Step<[u8; N]> {
        let mut out = [0; N];
        self.reader.read_exact(&mut out).map_err(|_| CUT_OFF)?;
        Ok(out)
    }

    /// As many bytes as the pickle announces; the buffer grows with what arrives.
    fn block(&mut self, length: u64) -> Step<Vec<u8>> {
        if length > self.longest as u64 {
            return Err(self.too_long());
        }
        let mut out = Vec::new();
        (&mut *self.reader)
            .take(length)
            .read_to_end(&mut out)
            .map_err(crate::checkpoint::error::reason)?;
        if (out.len() as u64) < length {
            return Err(CUT_OFF.into());
        }
        Ok(out)
    }

    /// A text of which not even the beginning is read: it may be longer than the pickle.
    fn too_long(&mut self) -> String {
        let most = self.longest as u64;
        let there = std::io::copy(&mut (&mut *self.reader).take(most), &mut std::io::sink());
        match there.is_ok_and(|there| there < most) {
            true => CUT_OFF.into(),
            false => UNFOLDS.into(),
        }
    }

    fn text(&mut self, length: u64) -> Step<Value> {
        Ok(Value::Str(lossy(self.block(length)?)))
    }

    fn raw_line(&mut self) -> Step<Vec<u8>> {
        let mut out = Vec::new();
        (&mut *self.reader)
            .take(self.longest as u64)
            .read_until(b'\n', &mut out)
            .map_err(crate::checkpoint::error::reason)?;
        if out.pop() != Some(b'\n') {
            if out.len() + 1 >= self.longest {
                return Err(UNFOLDS.into());
            }
            return Err(CUT_OFF.into());
        }
        Ok(out)
    }

    /// A line as text.
    pub fn line(&mut self) -> Step<String> {
        Ok(lossy(self.raw_line()?))
    }

    /// A line that is a number.
    pub fn number<T: std::str::FromStr>(&mut self) -> Step<T> {
        let line = self.line()?;
        line.trim()
            .parse()
            .map_err(|_| "its pickle has an invalid number".into())
    }
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A `str` of Python 2: text, or bytes where it is not.
fn python2(bytes: Vec<u8>) -> Value {
    match String::from_utf8(bytes) {
        Ok(text) => Value::Str(text),
        Err(error) => Value::Bytes(error.into_bytes()),
    }
}

fn integer(text: &str) -> Step<Value> {
    let text = text.trim();
    match text.parse() {
        Ok(number) => Ok(Value::Int(number)),
        Err(_)
            if text
                .trim_start_matches('-')
                .bytes()
                .all(|b| b.is_ascii_digit()) =>
        {
            Ok(wide())
        }
        Err(_) => Err("its pickle has an invalid number".into()),
    }
}

/// A little-endian two's complement number of any length.
fn long(bytes: &[u8]) -> Value {
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut out = [if negative { 0xff } else { 0 }; 8];
    match out.get_mut(..bytes.len()) {
        Some(low) => {
            low.copy_from_slice(bytes);
            Value::Int(i64::from_le_bytes(out))
        }
        None => wide(),
    }
}

fn wide() -> Value {
    Value::Other("int of more than 64 bits".into())
}

/// Protocol 0 text: Latin-1 in which `\uXXXX` and `\UXXXXXXXX` stand for the other characters.
fn raw_unicode_escape(text: &[u8]) -> String {
    let text: String = text.iter().map(|&byte| char::from(byte)).collect();
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let digits = match from.as_bytes().get(1) {
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        let character = from
            .get(2..2 + digits)
            .filter(|_| digits > 0)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        match character {
            Some(c) => {
                out.push(c);
                rest = from.get(2 + digits..).unwrap_or_default();
            }
            None => {
                out.push('\\');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}
