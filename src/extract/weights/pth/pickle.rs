//! A reader for the subset of the pickle format that PyTorch checkpoints use.
//!
//! A pickle is a program for a stack machine. This machine only creates values; it does not import
//! or call anything. Values are stored in a list and refer to each other by index, so deep or
//! repeated nesting does not cost more than the bytes that describe it. The number of values is
//! limited.

use std::collections::HashMap;

use super::value::{Id, Value};
use crate::error::BoxedError;

/// Largest number of values in a pickle. A checkpoint has a few dozen for each tensor.
const MAX_VALUES: usize = 1 << 20;

/// The values of a pickle.
pub(super) struct Pickle {
    values: Vec<Value>,
    root: Id,
}

type Result<T> = std::result::Result<T, BoxedError>;

impl Pickle {
    /// Reads a pickle.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut machine = Machine {
            bytes,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        while let Some(operation) = machine.next_operation()? {
            machine.run(operation)?;
        }
        let root = machine.pop()?;
        Ok(Self {
            values: machine.values,
            root,
        })
    }

    pub fn root(&self) -> Id {
        self.root
    }

    pub fn value(&self, id: Id) -> &Value {
        &self.values[id.0 as usize]
    }

    /// Returns the parts of a tuple; nothing for other values.
    pub fn tuple(&self, id: Id) -> &[Id] {
        match self.value(id) {
            Value::Tuple(parts) => parts,
            _ => &[],
        }
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the `module.name` of a class or function.
    pub fn global(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Global(name) => Some(name),
            _ => None,
        }
    }

    /// Returns a non-negative integer.
    pub fn size(&self, id: Id) -> Option<usize> {
        match self.value(id) {
            &Value::Integer(value) => value.try_into().ok(),
            _ => None,
        }
    }
}

struct Machine<'b> {
    /// Bytes that are not yet executed.
    bytes: &'b [u8],
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Height of the stack at each mark that is not yet used.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'b> Machine<'b> {
    /// Reads the next operation. Returns `None` for the operation that ends the pickle.
    fn next_operation(&mut self) -> Result<Option<u8>> {
        let [operation] = self.take()?;
        Ok((operation != b'.').then_some(operation))
    }

    fn run(&mut self, operation: u8) -> Result<()> {
        match operation {
            // PROTO
            0x80 => self.take::<1>().map(drop),
            // MARK
            b'(' => {
                self.check_number(self.marks.len())?;
                self.marks.push(self.stack.len());
                Ok(())
            }
            // NONE, NEWTRUE, NEWFALSE, EMPTY_SET
            b'N' | 0x88 | 0x89 | 0x8f => self.push(Value::Other),
            // BININT, BININT1, BININT2, LONG1
            b'J' => {
                let value = i32::from_le_bytes(self.take()?);
                self.push(Value::Integer(value.into()))
            }
            b'K' => {
                let [value] = self.take()?;
                self.push(Value::Integer(value.into()))
            }
            b'M' => {
                let value = u16::from_le_bytes(self.take()?);
                self.push(Value::Integer(value.into()))
            }
            0x8a => {
                let [length] = self.take()?;
                let value = integer(self.take_slice(length.into())?);
                self.push(value.map_or(Value::Other, Value::Integer))
            }
            // BINFLOAT
            b'G' => {
                self.take::<8>()?;
                self.push(Value::Other)
            }
            // BINUNICODE, SHORT_BINSTRING
            b'X' => {
                let length = u32::from_le_bytes(self.take()?);
                self.push_text(length as usize)
            }
            b'U' => {
                let [length] = self.take()?;
                self.push_text(length.into())
            }
            // GLOBAL
            b'c' => {
                let module = self.line()?;
                let name = self.line()?;
                self.push(Value::Global(format!("{module}.{name}").into()))
            }
            // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
            b')' => self.push_tuple(0),
            0x85..=0x87 => self.push_tuple(usize::from(operation - 0x84)),
            b't' => {
                let parts = self.pop_to_mark()?;
                self.push(Value::Tuple(parts))
            }
            // EMPTY_LIST, EMPTY_DICT, DICT
            b']' => self.push(Value::List(Vec::new())),
            b'}' => self.push(Value::Dict(Vec::new())),
            b'd' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Dict(Vec::new()))?;
                self.insert(&items)
            }
            // APPEND, APPENDS
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(&items)
            }
            // SETITEM, SETITEMS
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.insert(&[key, value])
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.insert(&items)
            }
            // ADDITEMS
            0x90 => self.pop_to_mark().map(drop),
            // REDUCE, NEWOBJ
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let callable = self.pop()?;
                self.call(callable, arguments)
            }
            b'b' => self.build(),
            // BINPERSID
            b'Q' => {
                let name = self.pop()?;
                self.push(Value::Persistent(name))
            }
            // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
            b'q' => {
                let [name] = self.take()?;
                self.put(name.into())
            }
            b'r' => {
                let name = u32::from_le_bytes(self.take()?);
                self.put(name)
            }
            b'h' => {
                let [name] = self.take()?;
                self.get(name.into())
            }
            b'j' => {
                let name = u32::from_le_bytes(self.take()?);
                self.get(name)
            }
            other => {
                Err(format!("its pickle has the operation {other:#04x}, which is unknown").into())
            }
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self
            .bytes
            .split_first_chunk()
            .ok_or("its pickle is cut short")?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn take_slice(&mut self, length: usize) -> Result<&'b [u8]> {
        let split = self.bytes.split_at_checked(length);
        let (taken, rest) = split.ok_or("its pickle is cut short")?;
        self.bytes = rest;
        Ok(taken)
    }

    fn line(&mut self) -> Result<&'b str> {
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or("its pickle is cut short")?;
        let line = str::from_utf8(&self.bytes[..end])?;
        self.bytes = &self.bytes[end + 1..];
        Ok(line)
    }

    fn check_number(&self, n: usize) -> Result<()> {
        match n < MAX_VALUES {
            true => Ok(()),
            false => Err(format!(
                "its pickle has more than {MAX_VALUES} values: save the state_dict alone with torch.save"
            )
            .into()),
        }
    }

    fn push(&mut self, value: Value) -> Result<()> {
        self.check_number(self.values.len())?;
        let id = Id(self.values.len() as u32);
        self.values.push(value);
        self.push_id(id)
    }

    fn push_id(&mut self, id: Id) -> Result<()> {
        self.check_number(self.stack.len())?;
        self.stack.push(id);
        Ok(())
    }

    fn push_text(&mut self, length: usize) -> Result<()> {
        let text = String::from_utf8_lossy(self.take_slice(length)?).into();
        self.push(Value::Text(text))
    }

    fn push_tuple(&mut self, length: usize) -> Result<()> {
        let start = self.stack.len().checked_sub(length);
        let start = start.filter(|&start| start >= self.floor());
        let parts = self.stack.split_off(start.ok_or(EMPTY_STACK)?);
        self.push(Value::Tuple(parts))
    }

    /// Returns the height of the stack at the last mark, or 0.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Id> {
        let popped = (self.stack.len() > self.floor()).then(|| self.stack.pop());
        popped.flatten().ok_or_else(|| EMPTY_STACK.into())
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().ok_or("its pickle lacks a mark")?;
        Ok(self.stack.split_off(mark))
    }

    fn last(&mut self) -> Result<&mut Value> {
        let id = self.stack.last().ok_or(EMPTY_STACK)?;
        Ok(&mut self.values[id.0 as usize])
    }

    fn append(&mut self, items: &[Id]) -> Result<()> {
        match self.last()? {
            Value::List(list) => list.extend(items),
            // An instance of a list subclass.
            Value::Call { .. } | Value::Built { .. } => {}
            _ => return Err("its pickle appends to a value that is not a list".into()),
        }
        Ok(())
    }

    fn insert(&mut self, items: &[Id]) -> Result<()> {
        let (pairs, rest) = items.as_chunks::<2>();
        if !rest.is_empty() {
            return Err("its pickle has a key without a value".into());
        }
        match self.last()? {
            Value::Dict(dict) => dict.extend(pairs.iter().map(|&[key, value]| (key, value))),
            // An instance of a dictionary subclass.
            Value::Call { .. } | Value::Built { .. } => {}
            _ => return Err("its pickle sets items of a value that is not a dictionary".into()),
        }
        Ok(())
    }

    fn call(&mut self, callable: Id, arguments: Id) -> Result<()> {
        let is_dict = matches!(
            &self.values[callable.0 as usize],
            Value::Global(name) if matches!(&**name, "collections.OrderedDict" | "collections.defaultdict")
        );
        self.push(match is_dict {
            true => Value::Dict(Vec::new()),
            false => Value::Call {
                callable,
                arguments,
            },
        })
    }

    /// Executes the operation BUILD.
    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let object = self.pop()?;
        match &self.values[object.0 as usize] {
            // Attributes of a dictionary, such as the _metadata of a state_dict, are ignored.
            Value::Dict(_) => self.push_id(object),
            _ => self.push(Value::Built { object, state }),
        }
    }

    fn put(&mut self, name: u32) -> Result<()> {
        self.check_number(self.memo.len())?;
        let id = *self.stack.last().ok_or(EMPTY_STACK)?;
        self.memo.insert(name, id);
        Ok(())
    }

    fn get(&mut self, name: u32) -> Result<()> {
        let id = self.memo.get(&name).copied();
        self.push_id(id.ok_or("its pickle fetches a value that was never put")?)
    }
}

const EMPTY_STACK: &str = "its pickle pops from an empty stack";

/// Decodes a little-endian signed integer of any length. Returns `None` if it is longer than 64
/// bits.
fn integer(bytes: &[u8]) -> Option<i64> {
    let fill = match bytes.last() {
        Some(last) if last & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let mut value = [fill; 8];
    value.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(value))
}
