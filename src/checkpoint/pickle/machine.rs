//! The opcodes of a pickle, as Python's `pickletools` describes them.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use super::calls::{call, string};
use super::input::Input;
use super::tensor::Storage;
use super::value::Value;
use super::{Id, Node, Step, UNFOLDS};

/// The stack machine that a pickle is a program for.
pub(super) struct Machine<'a, R> {
    input: Input<'a, R>,
    pub nodes: Vec<Node>,
    stack: Vec<Id>,
    /// Heights of the stack at each open mark.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    /// Every storage that is referred to: bytes of an element, and elements.
    pub storages: HashMap<Arc<str>, (usize, usize)>,
    /// Bytes that the values of the arena hold: a call copies what it is given, and may be repeated.
    held: usize,
    /// The most bytes that arena, stack and memo may take.
    most: usize,
}

/// Bytes of an entry of the memo, with what a table keeps free.
const MEMO: usize = 2 * size_of::<(u64, Id)>();

impl<'a, R: BufRead> Machine<'a, R> {
    pub fn new(reader: &'a mut R, most: usize) -> Self {
        Machine {
            input: Input {
                reader,
                longest: most,
            },
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            storages: HashMap::new(),
            held: 0,
            most,
        }
    }

    /// Bytes that are taken.
    fn taken(&self) -> usize {
        let nodes = self.nodes.len() * size_of::<Node>();
        let stack = (self.stack.len() + self.marks.len()) * size_of::<Id>();
        self.held + nodes + stack + self.memo.len() * MEMO
    }

    /// Run to the end and give the value that is left.
    pub fn run(&mut self) -> Step<Id> {
        loop {
            let [opcode] = self.input.bytes()?;
            if self.taken() > self.most {
                return Err(UNFOLDS.into());
            }
            match opcode {
                b'.' => return self.pop(),
                0x80 => {
                    let [protocol] = self.input.bytes()?;
                    if protocol > 5 {
                        return Err(format!("its pickle protocol {protocol} is not known"));
                    }
                }
                0x95 => {
                    self.input.bytes::<8>()?;
                }
                b'(' => self.marks.push(self.stack.len()),
                b'0' => {
                    if self.marks.last() == Some(&self.stack.len()) {
                        self.marks.pop();
                    } else {
                        self.pop()?;
                    }
                }
                b'1' => {
                    self.above_mark()?;
                }
                b'2' => {
                    let top = self.top()?;
                    self.stack.push(top);
                }
                b'h' | b'j' | b'g' => {
                    let key = self.memo_key(opcode)?;
                    let id = *self
                        .memo
                        .get(&key)
                        .ok_or("its pickle refers to a value that is not there")?;
                    self.stack.push(id);
                }
                b'q' | b'r' | b'p' | 0x94 => {
                    let key = self.memo_key(opcode)?;
                    let top = self.top()?;
                    self.memo.insert(key, top);
                }
                _ => {
                    if let Some(value) = self.input.scalar(opcode)? {
                        self.push(Node::Plain(value));
                    } else if !self.collection(opcode)? && !self.object(opcode)? {
                        return Err(format!(
                            "its pickle has the opcode 0x{opcode:02x}, which is not known"
                        ));
                    }
                }
            }
        }
    }

    fn memo_key(&mut self, opcode: u8) -> Step<u64> {
        Ok(match opcode {
            b'h' | b'q' => u64::from(u8::from_le_bytes(self.input.bytes()?)),
            b'j' | b'r' => u64::from(u32::from_le_bytes(self.input.bytes()?)),
            0x94 => self.memo.len() as u64,
            _ => self.input.number()?,
        })
    }

    /// Opcodes that make or fill lists, tuples, sets and dictionaries. Whether this was one.
    fn collection(&mut self, opcode: u8) -> Step<bool> {
        match opcode {
            b']' | b')' | 0x8f => self.push(Node::List(Vec::new())),
            b'l' | b't' | 0x91 => {
                let items = self.above_mark()?;
                self.push(Node::List(items));
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let from = self.stack.len().checked_sub(count).ok_or(UNDERFLOW)?;
                let items = self.stack.split_off(from);
                self.push(Node::List(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])?;
            }
            b'e' | 0x90 => {
                let items = self.above_mark()?;
                self.extend(items)?;
            }
            b'}' => self.push(Node::Dict(Vec::new())),
            b'd' => {
                let items = self.above_mark()?;
                self.push(Node::Dict(pairs(&items)));
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.insert(vec![(key, value)])?;
            }
            b'u' => {
                let items = self.above_mark()?;
                self.insert(pairs(&items))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Opcodes that name classes and make objects. Nothing is called: an object remembers what it would have
    /// been made from. Whether this was one.
    fn object(&mut self, opcode: u8) -> Step<bool> {
        match opcode {
            b'c' => {
                let class = format!("{}.{}", self.input.line()?, self.input.line()?);
                self.push(Node::Class(class));
            }
            0x93 => {
                let name = self.pop()?;
                let module = self.pop()?;
                let class = format!(
                    "{}.{}",
                    string(&self.nodes, module),
                    string(&self.nodes, name)
                );
                self.push(Node::Class(class));
            }
            b'R' | 0x81 => {
                let args = self.pop()?;
                let class = self.pop()?;
                self.call(class, args);
            }
            0x92 => {
                self.pop()?;
                let args = self.pop()?;
                let class = self.pop()?;
                self.call(class, args);
            }
            b'i' => {
                let class = format!("{}.{}", self.input.line()?, self.input.line()?);
                let items = self.above_mark()?;
                let args = self.add(Node::List(items));
                let class = self.add(Node::Class(class));
                self.call(class, args);
            }
            b'o' => {
                let mut items = self.above_mark()?;
                if items.is_empty() {
                    return Err(UNDERFLOW.into());
                }
                let class = items.remove(0);
                let args = self.add(Node::List(items));
                self.call(class, args);
            }
            b'b' => {
                let attributes = self.pop()?;
                let top = self.top()?;
                if let Some(Node::Object(object)) = self.nodes.get_mut(top) {
                    object.state = Some(attributes);
                }
            }
            b'Q' => {
                let id = self.pop()?;
                let storage = Storage::of(&self.nodes, id)?;
                let size = (storage.element(), storage.count);
                match self.storages.get(&storage.key) {
                    Some(known) if *known != size => {
                        return Err("its pickle gives one storage two lengths".into());
                    }
                    Some(_) => {}
                    None => {
                        self.held += MEMO + size_of::<Storage>() + storage.key.len();
                        self.storages.insert(storage.key.clone(), size);
                    }
                }
                self.push(Node::Storage(Box::new(storage)));
            }
            b'P' => {
                self.input.line()?;
                let said = "its pickle refers to a tensor that is not in the file";
                self.push(Node::Tensor(Arc::new(Err(said.into()))));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn call(&mut self, class: Id, args: Id) {
        let node = call(&self.nodes, class, args);
        self.push(node);
    }

    fn add(&mut self, node: Node) -> Id {
        self.held += match &node {
            Node::Plain(Value::Str(text)) => text.len(),
            Node::Plain(Value::Bytes(bytes)) => bytes.len(),
            Node::Class(class) => class.len(),
            Node::Object(object) => size_of::<super::Object>() + object.class.len(),
            Node::Storage(storage) => size_of::<Storage>() + storage.key.len(),
            Node::Tensor(tensor) => {
                let dims = tensor.as_ref().as_ref().map_or(0, |t| t.shape.len());
                size_of::<super::Described>() + 2 * dims * size_of::<usize>()
            }
            Node::List(items) => items.len() * size_of::<Id>(),
            Node::Dict(items) => items.len() * size_of::<(Id, Id)>(),
            _ => 0,
        };
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn push(&mut self, node: Node) {
        let id = self.add(node);
        self.stack.push(id);
    }

    fn pop(&mut self) -> Step<Id> {
        if self
            .marks
            .last()
            .is_some_and(|&mark| mark >= self.stack.len())
        {
            return Err(UNDERFLOW.into());
        }
        self.stack.pop().ok_or(UNDERFLOW.into())
    }

    fn top(&self) -> Step<Id> {
        self.stack.last().copied().ok_or(UNDERFLOW.into())
    }

    fn above_mark(&mut self) -> Step<Vec<Id>> {
        let mark = self
            .marks
            .pop()
            .filter(|&mark| mark <= self.stack.len())
            .ok_or(UNDERFLOW)?;
        Ok(self.stack.split_off(mark))
    }

    fn extend(&mut self, more: Vec<Id>) -> Step {
        let top = self.top()?;
        if let Some(Node::List(items)) = self.nodes.get_mut(top) {
            self.held += more.len() * size_of::<Id>();
            items.extend(more);
        }
        Ok(())
    }

    fn insert(&mut self, more: Vec<(Id, Id)>) -> Step {
        let top = self.top()?;
        let items = match self.nodes.get_mut(top) {
            Some(Node::Dict(items)) => items,
            Some(Node::Object(object)) => &mut object.items,
            _ => return Ok(()),
        };
        self.held += more.len() * size_of::<(Id, Id)>();
        items.extend(more);
        Ok(())
    }
}

const UNDERFLOW: &str = "its pickle takes more values than it gave";

fn pairs(items: &[Id]) -> Vec<(Id, Id)> {
    items
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&[key, value]| (key, value))
        .collect()
}
