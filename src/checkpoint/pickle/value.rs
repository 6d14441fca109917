//! Plain values of a pickle and their JSON form.

use std::sync::Arc;

use pytorch_reader::PickleValue;
use serde_json::{Map, Value as Json};

use super::tensor::Described;
use crate::checkpoint::error::{printable, quoted};

/// A value as a pickle describes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    /// Keys are strings; integer keys stand in decimal.
    Dict(Vec<(String, Value)>),
    Tensor(Arc<Described>),
    /// An object that is not interpreted, by the name of its Python type.
    Other(String),
}

/// Deepest nesting that becomes JSON.
const MAX_DEPTH: usize = 64;

impl Value {
    /// A tensor of which nothing is known.
    pub fn tensor() -> Value {
        Value::Tensor(Arc::new(Err("its place is not known".into())))
    }

    /// The value under a key of a dictionary.
    pub fn entry(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Dict(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// What a value is, in Python's words.
    pub fn kind(&self) -> &str {
        match self {
            Value::None => "None",
            Value::Bool(_) => "a bool",
            Value::Int(_) => "an int",
            Value::Float(_) => "a float",
            Value::Str(_) => "a string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "a list",
            Value::Dict(_) => "a dictionary",
            Value::Tensor(_) => "a tensor",
            Value::Other(_) => "an object",
        }
    }

    /// A short form for a dictionary's key: what Python prints for simple values and tuples of them.
    pub fn repr(&self) -> String {
        match self {
            Value::None => "None".into(),
            Value::Bool(true) => "True".into(),
            Value::Bool(false) => "False".into(),
            Value::Int(i) => i.to_string(),
            Value::Float(f) => f.to_string(),
            Value::Str(s) => s.clone(),
            Value::Bytes(bytes) => format!("b'{}'", bytes.escape_ascii()),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::repr).collect();
                format!("({})", items.join(", "))
            }
            other => other.kind().into(),
        }
    }

    /// The value as JSON, called `name`. What JSON can't say is left out and noted. Floats that are not finite
    /// become strings.
    pub fn to_json(&self, name: &str, notes: &mut Vec<String>) -> Option<Json> {
        let mut path = vec![Part::Key(name)];
        let mut skipped = Skipped {
            notes,
            left: MAX_NOTES,
        };
        self.json_below(&mut path, &mut skipped)
    }

    fn json_below<'a>(&'a self, path: &mut Vec<Part<'a>>, skipped: &mut Skipped) -> Option<Json> {
        if path.len() > MAX_DEPTH {
            return skipped.note(path, "is nested too deep");
        }
        match self {
            Value::None => Some(Json::Null),
            Value::Bool(b) => Some(Json::Bool(*b)),
            Value::Int(i) => Some(Json::from(*i)),
            Value::Float(f) => Some(match serde_json::Number::from_f64(*f) {
                Some(number) => Json::Number(number),
                None => Json::String(f.to_string()),
            }),
            Value::Str(s) => Some(Json::String(s.clone())),
            Value::Bytes(bytes) => Some(Json::from(bytes.as_slice())),
            Value::List(items) => {
                let mut out = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    path.push(Part::Index(index));
                    // A gap would shift the items behind it, so what has no JSON form is null in a list.
                    out.push(item.json_below(path, skipped).unwrap_or(Json::Null));
                    path.pop();
                }
                Some(Json::Array(out))
            }
            Value::Dict(entries) => {
                let mut out = Map::new();
                for (key, item) in entries {
                    path.push(Part::Key(key));
                    if let Some(json) = item.json_below(path, skipped) {
                        out.insert(key.clone(), json);
                    }
                    path.pop();
                }
                Some(Json::Object(out))
            }
            Value::Tensor(_) => skipped.note(path, "is a tensor"),
            Value::Other(kind) => {
                skipped.note(path, &format!("is an object of type {}", quoted(kind)))
            }
        }
    }
}

/// A step on the way to a value.
enum Part<'a> {
    Key(&'a str),
    Index(usize),
}

/// What was left out, to a number that a person may still read.
struct Skipped<'a> {
    notes: &'a mut Vec<String>,
    left: usize,
}

/// Most notes about the parts of one value.
const MAX_NOTES: usize = 20;

impl Skipped<'_> {
    fn note(&mut self, path: &[Part], what: &str) -> Option<Json> {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            let names: Vec<String> = path
                .iter()
                .map(|part| match part {
                    Part::Key(key) => printable(key),
                    Part::Index(index) => index.to_string(),
                })
                .collect();
            self.notes.push(format!(
                "The value '{}' {what} and is left out.",
                names.join(".")
            ));
            if left == 0 {
                self.notes.push("More values are left out.".into());
            }
        }
        None
    }
}

/// The TAR layout's values, which `pytorch-reader` alone unpacks.
impl From<PickleValue> for Value {
    fn from(value: PickleValue) -> Value {
        match value {
            PickleValue::None => Value::None,
            PickleValue::Bool(b) => Value::Bool(b),
            PickleValue::Int(i) => Value::Int(i),
            PickleValue::Float(f) => Value::Float(f),
            PickleValue::String(s) => Value::Str(s),
            PickleValue::Bytes(b) => Value::Bytes(b),
            PickleValue::List(items) => Value::List(items.into_iter().map(Value::from).collect()),
            PickleValue::Dict(entries) => {
                let mut entries: Vec<(String, Value)> = entries
                    .into_iter()
                    .map(|(key, value)| (key, Value::from(value)))
                    .collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Dict(entries)
            }
            PickleValue::Unsupported(kind) if kind == "torch.Tensor" => Value::tensor(),
            PickleValue::Unsupported(kind) => Value::Other(kind),
        }
    }
}
