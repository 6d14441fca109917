//! Small JSON files beside the weights, read with a limit on their size.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use super::error::{Error, reason};
use crate::json_size;

/// Largest `config.json`: real ones are a few KiB.
pub(super) const CONFIG_LIMIT: u64 = 4 << 20;

/// Largest index of a sharded checkpoint: real ones are at most a few MiB.
pub(super) const INDEX_LIMIT: u64 = 64 << 20;

/// Read `path` as a JSON object of at most `limit` bytes; `what` names it in errors.
pub(super) fn read_object(
    path: &Path,
    what: &'static str,
    limit: u64,
) -> Result<Map<String, Value>, Error> {
    let wrong = |reason: String| Error::Json {
        path: path.to_path_buf(),
        what,
        reason,
    };
    let mut text = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut text))
        .map_err(|error| Error::io(path, error))?;
    if text.len() as u64 > limit {
        return Err(wrong(format!("it is larger than {} MiB", limit >> 20)));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    json_size::check(text).map_err(wrong)?;
    match serde_json::from_slice(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => Err(wrong(format!(
            "it holds {}, but a JSON object is expected",
            kind(&other)
        ))),
        Err(error) => Err(wrong(reason(error))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
