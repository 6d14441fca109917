//! A reader for the values of a pickle that runs none of its code.
//!
//! The tensors come from the crate `pytorch-reader`; this reads what stands beside them, which that crate
//! keeps only in part: objects with attributes (a configuration saved as a dataclass or a namespace), NumPy
//! scalars and the order of dictionaries. All values lie in one arena and refer to one another by number, so
//! that sharing costs nothing and only the last step, the unfolding, recurses, to a limit.

mod calls;
mod input;
mod machine;
#[cfg(test)]
mod tests;
mod unfold;
mod value;

use std::io::BufRead;

pub(super) use value::Value;

/// Most values in a pickle, and in the tree that it unfolds to.
const MAX_NODES: usize = 4_000_000;

/// Most bytes of text and of lists that a pickle may make, in the arena and in the tree.
const MAX_TEXT: usize = 256 << 20;

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
    /// An instance: its class, what it was made from, its items and its attributes.
    Object {
        class: String,
        args: Option<Id>,
        items: Vec<(Id, Id)>,
        state: Option<Id>,
    },
    Storage,
    Tensor,
}

/// Read one pickle, leaving the reader behind its end.
///
/// # Errors
/// A phrase that says what is wrong with it.
pub(super) fn unpickle(reader: &mut impl BufRead) -> Result<Value, String> {
    let mut machine = machine::Machine::new(reader);
    let root = machine.run()?;
    unfold::unfold(&machine.nodes, root)
}
