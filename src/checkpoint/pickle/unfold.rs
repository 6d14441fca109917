//! From the arena of values to a tree of them.

use std::collections::{HashMap, HashSet};

use super::value::Value;
use super::{Id, MAX_DEPTH, Node, UNFOLDS};

/// The tree of the value `root`, which takes at most `most` bytes.
pub(super) fn unfold(nodes: &[Node], root: Id, most: usize) -> Result<Value, String> {
    let mut unfold = Unfold {
        nodes,
        open: HashSet::new(),
        taken: 0,
        most,
    };
    unfold.value(root)
}

/// Turns the arena into a tree, within limits: a small pickle can share values so that its tree is endless.
struct Unfold<'a> {
    nodes: &'a [Node],
    /// The values that are being unfolded, to notice one that holds itself.
    open: HashSet<Id>,
    /// Bytes of the tree, about.
    taken: usize,
    most: usize,
}

/// The tables that every `torch.nn.Module` has among its attributes.
const MODULE: [&str; 3] = ["_parameters", "_buffers", "_modules"];

impl Unfold<'_> {
    fn value(&mut self, id: Id) -> Result<Value, String> {
        self.taken += size_of::<Value>();
        if self.taken > self.most {
            return Err(UNFOLDS.into());
        }
        if self.open.len() >= MAX_DEPTH {
            return Ok(Value::Other(format!(
                "anything nested deeper than {MAX_DEPTH} levels"
            )));
        }
        if !self.open.insert(id) {
            return Ok(Value::Other("a value that holds itself".into()));
        }
        let value = self.unfolded(id);
        self.open.remove(&id);
        value
    }

    fn unfolded(&mut self, id: Id) -> Result<Value, String> {
        let nodes = self.nodes;
        Ok(match nodes.get(id) {
            None => Value::None,
            Some(Node::Plain(value)) => {
                self.taken += match value {
                    Value::Str(text) => text.len(),
                    Value::Bytes(bytes) => bytes.len(),
                    _ => 0,
                };
                value.clone()
            }
            Some(Node::List(items)) => {
                let mut out = Vec::new();
                for &item in items {
                    out.push(self.value(item)?);
                }
                Value::List(out)
            }
            Some(Node::Dict(items)) => Value::Dict(self.entries(items)?),
            // An element type: its bare name is what configurations in JSON say.
            Some(Node::Class(class)) => match self.name(class).strip_prefix("torch.") {
                Some(name)
                    if name.starts_with(|c: char| c.is_ascii_lowercase())
                        && !name.contains('.') =>
                {
                    Value::Str(name.to_string())
                }
                _ => Value::Other(class.clone()),
            },
            Some(Node::Object(object)) => {
                let mut out = match &object.state {
                    Some(state) => match self.value(*state)? {
                        Value::Dict(attributes) => attributes,
                        // Classes with slots pickle a pair of dictionaries.
                        Value::List(pair) => pair
                            .into_iter()
                            .flat_map(|part| match part {
                                Value::Dict(attributes) => attributes,
                                _ => Vec::new(),
                            })
                            .collect(),
                        _ => Vec::new(),
                    },
                    None => Vec::new(),
                };
                out.extend(self.entries(&object.items)?);
                if MODULE
                    .iter()
                    .all(|table| out.iter().any(|(key, _)| key == table))
                {
                    state_dict(out)
                } else if out.is_empty() {
                    Value::Other(self.name(&object.class).to_string())
                } else {
                    Value::Dict(out)
                }
            }
            Some(Node::Storage(_)) => Value::Other("torch.Storage".into()),
            Some(Node::Tensor(tensor)) => Value::Tensor(tensor.clone()),
        })
    }

    /// A class's name, counted as text.
    fn name<'n>(&mut self, class: &'n str) -> &'n str {
        self.taken += class.len();
        class
    }

    fn entries(&mut self, items: &[(Id, Id)]) -> Result<Vec<(String, Value)>, String> {
        let mut out: Vec<(String, Value)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for &(key, value) in items {
            let key = match self.value(key)? {
                Value::Str(key) => key,
                Value::Int(key) => key.to_string(),
                other => other.repr(),
            };
            // The key stands in the table of places, too.
            self.taken += key.len() + 2 * size_of::<(String, usize)>();
            let value = self.value(value)?;
            // The last of equal keys wins and stands where the first stood, as in Python.
            match places.get(&key).and_then(|&at| out.get_mut(at)) {
                Some(entry) => entry.1 = value,
                None => {
                    places.insert(key.clone(), out.len());
                    out.push((key, value));
                }
            }
        }
        Ok(out)
    }
}

/// A pickled module as its `state_dict()`: parameters, persistent buffers and children under their names.
fn state_dict(attributes: Vec<(String, Value)>) -> Value {
    let fleeting: Vec<String> = attributes
        .iter()
        .filter(|(key, _)| key == "_non_persistent_buffers_set")
        .filter_map(|(_, value)| match value {
            Value::List(names) => Some(names),
            _ => None,
        })
        .flatten()
        .map(|name| match name {
            Value::Str(name) => name.clone(),
            other => other.repr(),
        })
        .collect();
    let mut out = Vec::new();
    for (table, value) in attributes {
        if let (true, Value::Dict(entries)) = (MODULE.contains(&table.as_str()), value) {
            out.extend(entries.into_iter().filter(|(name, value)| {
                !matches!(value, Value::None) && (table != "_buffers" || !fleeting.contains(name))
            }));
        }
    }
    Value::Dict(out)
}
