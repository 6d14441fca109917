//! A reader for the values of a pickle that runs none of its code.
//!
//! All values lie in one arena and refer to one another by number, so that sharing costs nothing and only the
//! last step, the unfolding, recurses, to a limit. What arena and tree take of memory is bounded by the size of
//! the file: a few bytes of a pickle can ask for any number of values, and a compressed one can be of any length.

mod calls;
mod input;
mod machine;
mod tensor;
#[cfg(test)]
mod tests;
mod unfold;
mod value;

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

pub(super) use tensor::Described;
use tensor::Storage;
pub(super) use value::Value;

/// Bytes that the values of any pickle may take.
const ALWAYS: usize = 16 << 20;

/// Bytes that they may take further for each byte of the file. A vocabulary takes about 8: short texts and
/// small numbers, and their places in a dictionary.
const EACH: u64 = 12;

/// Deepest nesting that is unfolded.
const MAX_DEPTH: usize = 200;

/// The result of a step; an error is a phrase that says what is wrong with the pickle.
type Step<T = ()> = Result<T, String>;

/// A value's number in the arena.
type Id = usize;

/// A value in the arena.
enum Node {
    Plain(Value),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A class or function, as `module.name`.
    Class(String),
    Object(Box<Object>),
    Storage(Box<Storage>),
    Tensor(Arc<Described>),
}

/// An instance: its class, what it was made from, its items and its attributes.
struct Object {
    class: String,
    args: Option<Id>,
    items: Vec<(Id, Id)>,
    state: Option<Id>,
}

/// What a pickle holds.
pub(super) struct Pickle {
    pub root: Value,
    /// Every storage that it refers to, by its key: bytes of an element, and elements.
    pub storages: HashMap<Arc<str>, (usize, usize)>,
}

/// Read one pickle of a file of `size` bytes, leaving the reader behind its end.
///
/// # Errors
/// A phrase that says what is wrong with it.
pub(super) fn unpickle(reader: &mut impl BufRead, size: u64) -> Result<Pickle, String> {
    let most = usize::try_from(size.saturating_mul(EACH)).unwrap_or(usize::MAX);
    let most = most.saturating_add(ALWAYS);
    let mut machine = machine::Machine::new(reader, most);
    let root = machine.run()?;
    Ok(Pickle {
        root: unfold::unfold(&machine.nodes, root, most)?,
        storages: machine.storages,
    })
}

/// Why a pickle is refused that would take too much memory.
const UNFOLDS: &str = "its pickle unfolds to far more than the file holds";
