//! Tensors as a pickle describes them: a window of a storage.

use std::sync::Arc;

use super::calls::string;
use super::value::Value;
use super::{Id, Node};
use crate::checkpoint::dtype::Dtype;

/// A storage that a pickle refers to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Storage {
    pub key: Arc<str>,
    /// The type of its elements; none where the tensors say it.
    pub dtype: Option<Dtype>,
    /// Elements, or bytes where it has no type.
    pub count: usize,
    /// The part of it that may be used, in elements.
    pub view: std::ops::Range<usize>,
}

/// A tensor: which elements of a storage, in which order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strided {
    pub storage: Arc<str>,
    pub dtype: Dtype,
    /// The first element.
    pub offset: usize,
    pub shape: Vec<usize>,
    pub stride: Vec<usize>,
    /// Elements of the storage from the first one to behind the last one that it uses.
    pub extent: usize,
}

/// A tensor, or a phrase that says why it can't be read.
pub(crate) type Described = Result<Strided, String>;

impl Storage {
    /// From `('storage', type, key, location, count[, view])`.
    pub(super) fn of(nodes: &[Node], id: Id) -> Result<Storage, String> {
        let Some(Node::List(fields)) = nodes.get(id) else {
            return Err("its pickle refers to a storage without saying which".into());
        };
        let &[tag, kind, key, _, count, ref view @ ..] = fields.as_slice() else {
            return Err("its pickle says too little of a storage".into());
        };
        if string(nodes, tag) != "storage" {
            return Err("its pickle refers to something that is not a storage".into());
        }
        let name = match nodes.get(kind) {
            Some(Node::Class(class)) => class.clone(),
            _ => string(nodes, kind),
        };
        let dtype = match name.rsplit('.').next().unwrap_or_default() {
            "UntypedStorage" => None,
            name => Some(of_storage(name).ok_or_else(|| unknown(&name))?),
        };
        let key = match nodes.get(key) {
            Some(Node::Plain(Value::Int(key))) => key.to_string(),
            _ => string(nodes, key),
        };
        let count = number(nodes, count)?;
        // Early files describe parts of a storage: their own key, where they begin, their length.
        let view = match view.first().and_then(|&view| nodes.get(view)) {
            Some(Node::List(view)) => {
                let &[_, start, length] = view.as_slice() else {
                    return Err("its pickle says too little of a part of a storage".into());
                };
                let start = number(nodes, start)?;
                let end = start.checked_add(number(nodes, length)?);
                let end = end.filter(|&end| end <= count);
                start..end.ok_or("its pickle has a part of a storage that lies outside of it")?
            }
            _ => 0..count,
        };
        Ok(Storage {
            key: key.into(),
            dtype,
            count,
            view,
        })
    }

    /// Bytes of an element.
    pub fn element(&self) -> usize {
        self.dtype.map_or(1, Dtype::size)
    }
}

/// What a call of `torch._utils._rebuild_...` makes of its arguments.
pub(super) fn rebuilt(nodes: &[Node], class: &str, arguments: &[Id]) -> Described {
    let dtype = match class.strip_prefix("torch._utils.").unwrap_or_default() {
        "_rebuild_tensor" | "_rebuild_tensor_v2" => None,
        "_rebuild_tensor_v3" => {
            let dtype = arguments.get(6).and_then(|&id| nodes.get(id));
            let Some(Node::Class(name)) = dtype else {
                return Err("its pickle does not say the type of a tensor".into());
            };
            let name = name.strip_prefix("torch.").unwrap_or_default();
            Some(of_torch(name).ok_or_else(|| unknown(&name))?)
        }
        _ => return Err(unknown(&class)),
    };
    let &[storage, offset, shape, stride, ..] = arguments else {
        return Err("its pickle says too little of a tensor".into());
    };
    let Some(Node::Storage(storage)) = nodes.get(storage) else {
        return Err("its pickle has a tensor without a storage".into());
    };
    let dtype = match (dtype, storage.dtype) {
        (Some(dtype), Some(stored)) if dtype != stored => {
            return Err("its pickle contradicts itself about the type of a tensor".into());
        }
        (Some(dtype), _) | (None, Some(dtype)) => dtype,
        (None, None) => return Err("its pickle does not say the type of a tensor".into()),
    };
    let offset = number(nodes, offset)?;
    let strided = Strided::new(
        storage,
        dtype,
        offset,
        numbers(nodes, shape)?,
        numbers(nodes, stride)?,
    );
    strided.ok_or_else(|| "its pickle has a tensor that does not fit its storage".into())
}

impl Strided {
    /// `None` where it does not lie in its storage.
    fn new(
        storage: &Storage,
        dtype: Dtype,
        offset: usize,
        shape: Vec<usize>,
        stride: Vec<usize>,
    ) -> Option<Strided> {
        let size = dtype.size();
        let offset = offset.checked_add(storage.view.start)?;
        let count = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))?;
        count.checked_mul(size)?;
        let mut last = offset;
        if count > 0 {
            for (&dim, &step) in shape.iter().zip(&stride) {
                last = last.checked_add((dim - 1).checked_mul(step)?)?;
            }
            last = last.checked_add(1)?;
        }
        let bytes = storage.view.end.checked_mul(storage.element())?;
        let fits = shape.len() == stride.len() && last.checked_mul(size)? <= bytes;
        fits.then(|| Strided {
            storage: storage.key.clone(),
            dtype,
            offset,
            shape,
            stride,
            extent: last - offset,
        })
    }

    /// Bytes of all elements.
    pub fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.size()
    }

    /// The elements one after the other, of the window of the storage that they lie in.
    pub fn gather(&self, mut window: Vec<u8>) -> Vec<u8> {
        if self.is_contiguous() {
            window.truncate(self.bytes());
            return window;
        }
        let size = self.dtype.size();
        let mut out = Vec::with_capacity(self.bytes());
        let mut at = vec![0usize; self.shape.len()];
        let mut index = 0usize;
        for _ in 0..self.bytes() / size.max(1) {
            let start = index * size;
            out.extend_from_slice(window.get(start..start + size).unwrap_or_default());
            // Counts up, the last dimension first.
            for ((at, &dim), &step) in at.iter_mut().zip(&self.shape).zip(&self.stride).rev() {
                *at += 1;
                if *at < dim {
                    index += step;
                    break;
                }
                index -= (*at - 1) * step;
                *at = 0;
            }
        }
        out
    }

    /// Whether elements follow each other in the storage.
    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        let dims = self.shape.iter().zip(&self.stride).rev();
        dims.into_iter().all(|(&dim, &step)| {
            let fits = dim == 1 || step == expected;
            expected *= dim;
            fits
        })
    }
}

fn unknown(kind: &dyn std::fmt::Display) -> String {
    let kind = crate::checkpoint::error::quoted(&kind.to_string());
    format!("it is of the kind {kind}, which is not known")
}

/// A whole number from 0 on.
fn number(nodes: &[Node], id: Id) -> Result<usize, String> {
    match nodes.get(id) {
        Some(Node::Plain(Value::Int(number))) => usize::try_from(*number).ok(),
        _ => None,
    }
    .ok_or_else(|| "its pickle has a tensor with a size that is not a whole number".to_owned())
}

fn numbers(nodes: &[Node], id: Id) -> Result<Vec<usize>, String> {
    match nodes.get(id) {
        Some(Node::List(items)) => items.iter().map(|&id| number(nodes, id)).collect(),
        _ => Err("its pickle has a tensor without a shape".into()),
    }
}

/// The type of a storage class.
fn of_storage(name: &str) -> Option<Dtype> {
    Some(match name {
        "FloatStorage" => Dtype::F32,
        "DoubleStorage" => Dtype::F64,
        "HalfStorage" => Dtype::F16,
        "BFloat16Storage" => Dtype::BF16,
        "LongStorage" => Dtype::I64,
        "IntStorage" => Dtype::I32,
        "ShortStorage" => Dtype::I16,
        "CharStorage" => Dtype::I8,
        "ByteStorage" => Dtype::U8,
        "BoolStorage" => Dtype::Bool,
        _ => return None,
    })
}

/// A type by its name in `torch`.
fn of_torch(name: &str) -> Option<Dtype> {
    Some(match name {
        "float64" | "double" => Dtype::F64,
        "float32" | "float" => Dtype::F32,
        "float16" | "half" => Dtype::F16,
        "bfloat16" => Dtype::BF16,
        "int64" | "long" => Dtype::I64,
        "int32" | "int" => Dtype::I32,
        "int16" | "short" => Dtype::I16,
        "int8" => Dtype::I8,
        "uint64" => Dtype::U64,
        "uint32" => Dtype::U32,
        "uint16" => Dtype::U16,
        "uint8" => Dtype::U8,
        "bool" => Dtype::Bool,
        _ => return None,
    })
}
