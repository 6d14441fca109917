//! What the calls in a pickle stand for. Nothing is called.

use std::sync::Arc;

use super::tensor::rebuilt;
use super::value::Value;
use super::{Id, Node, Object};

/// What a call of `class` with `args` stands for.
pub(super) fn call(nodes: &[Node], class: Id, args: Id) -> Node {
    let class = match nodes.get(class) {
        Some(Node::Class(class)) => class.clone(),
        _ => "object".to_string(),
    };
    let arguments: &[Id] = match nodes.get(args) {
        Some(Node::List(items)) => items,
        _ => &[],
    };
    let first = arguments.first().and_then(|&id| nodes.get(id));
    match class.as_str() {
        "collections.OrderedDict"
        | "collections.defaultdict"
        | "builtins.dict"
        | "__builtin__.dict" => {
            let items = match first {
                Some(Node::List(items)) => items.as_slice(),
                _ => &[],
            };
            let pair = |&id: &Id| match nodes.get(id) {
                Some(Node::List(pair)) => Some((*pair.first()?, *pair.get(1)?)),
                _ => None,
            };
            Node::Dict(items.iter().filter_map(pair).collect())
        }
        "builtins.set"
        | "builtins.frozenset"
        | "builtins.list"
        | "builtins.tuple"
        | "__builtin__.set"
        | "__builtin__.frozenset"
        | "torch.Size" => match first {
            Some(Node::List(items)) => Node::List(items.clone()),
            _ => Node::List(Vec::new()),
        },
        "torch.device" => match first {
            Some(Node::Plain(device)) => Node::Plain(device.clone()),
            _ => Node::Plain(Value::Other(class)),
        },
        "_codecs.encode" => match first {
            // Bytes as protocol 2 has to write them.
            Some(Node::Plain(Value::Str(text))) => {
                Node::Plain(Value::Bytes(text.chars().map(|c| c as u32 as u8).collect()))
            }
            _ => Node::Plain(Value::Other(class)),
        },
        "numpy.core.multiarray.scalar" | "numpy._core.multiarray.scalar" => {
            let number = numpy_scalar(nodes, arguments);
            Node::Plain(number.unwrap_or(Value::Other(class)))
        }
        _ if class.starts_with("pathlib.") => {
            let parts: Vec<String> = arguments.iter().map(|&id| string(nodes, id)).collect();
            Node::Plain(Value::Str(parts.join("/").replace("//", "/")))
        }
        "copy_reg._reconstructor" | "copyreg._reconstructor" | "copyreg.__newobj__" => {
            let class = match first {
                Some(Node::Class(class)) => class.clone(),
                _ => class,
            };
            object(class, None)
        }
        // (function, type, arguments, state): a subclass, made by another function.
        "torch._tensor._rebuild_from_type_v2" => {
            let inner = match arguments {
                &[function, _, inner, ..] => {
                    let name = match nodes.get(function) {
                        Some(Node::Class(name)) => name.as_str(),
                        _ => "",
                    };
                    match nodes.get(inner) {
                        Some(Node::List(inner)) => rebuilt(nodes, name, inner),
                        _ => rebuilt(nodes, name, &[]),
                    }
                }
                _ => rebuilt(nodes, &class, &[]),
            };
            Node::Tensor(Arc::new(inner))
        }
        _ if class.starts_with("torch._utils._rebuild_") => {
            match (first, class.contains("_rebuild_parameter")) {
                (Some(Node::Tensor(tensor)), true) => Node::Tensor(tensor.clone()),
                _ => Node::Tensor(Arc::new(rebuilt(nodes, &class, arguments))),
            }
        }
        _ => object(class, Some(args)),
    }
}

fn object(class: String, args: Option<Id>) -> Node {
    Node::Object(Box::new(Object {
        class,
        args,
        items: Vec::new(),
        state: None,
    }))
}

/// A NumPy scalar from its dtype object and its little-endian bytes.
fn numpy_scalar(nodes: &[Node], arguments: &[Id]) -> Option<Value> {
    let [dtype, bytes] = arguments else {
        return None;
    };
    let Node::Object(object) = nodes.get(*dtype)? else {
        return None;
    };
    let (class, args) = (&object.class, &object.args?);
    let (Node::List(args), Node::Plain(Value::Bytes(bytes))) =
        (nodes.get(*args)?, nodes.get(*bytes)?)
    else {
        return None;
    };
    if class != "numpy.dtype" {
        return None;
    }
    let mut wide = [0u8; 8];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let unsigned = u64::from_le_bytes(wide);
    let shift = 64 - 8 * u32::try_from(bytes.len()).ok()?;
    let code = string(nodes, *args.first()?);
    Some(match (code.as_str(), bytes.len()) {
        ("f8", 8) => Value::Float(f64::from_bits(unsigned)),
        ("f4", 4) => Value::Float(f64::from(f32::from_bits(unsigned as u32))),
        ("f2", 2) => Value::Float(half::f16::from_bits(unsigned as u16).to_f64()),
        ("b1", 1) => Value::Bool(unsigned != 0),
        ("i8" | "i4" | "i2" | "i1", 1..) => Value::Int(((unsigned << shift) as i64) >> shift),
        ("u8" | "u4" | "u2" | "u1", 1..) => Value::Int(i64::try_from(unsigned).ok()?),
        _ => return None,
    })
}

/// The text that a value is, empty where it is none.
pub(super) fn string(nodes: &[Node], id: Id) -> String {
    match nodes.get(id) {
        Some(Node::Plain(Value::Str(text))) => text.clone(),
        _ => String::new(),
    }
}
