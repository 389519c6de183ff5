//! The stack machine that a pickle is a program for. It only creates values.

use std::collections::HashMap;

use super::pickle::Result;
use super::value::{Id, Object, Value};

/// Largest number of values in a pickle, and of items of its dictionaries. A checkpoint has a few
/// dozen for each tensor.
const MAX_VALUES: usize = 1 << 21;

/// A machine without side effects.
pub(super) struct Machine<'b> {
    /// Bytes that are not yet executed.
    bytes: &'b [u8],
    pub(super) values: Vec<Value>,
    pub(super) stack: Vec<Id>,
    /// Height of the stack at each mark that is not yet used.
    pub(super) marks: Vec<usize>,
    pub(super) memo: HashMap<u32, Id>,
    /// Number of items of all dictionaries.
    n_items: usize,
}

impl<'b> Machine<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            n_items: 0,
        }
    }

    /// Returns all values, and the bytes after the pickle.
    pub fn finish(self) -> (Vec<Value>, &'b [u8]) {
        (self.values, self.bytes)
    }

    /// Reads the next operation. Returns `None` for the operation that ends the pickle.
    pub(super) fn next_operation(&mut self) -> Result<Option<u8>> {
        let [operation] = self.take()?;
        Ok((operation != b'.').then_some(operation))
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(CUT_SHORT)?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub(super) fn take_slice(&mut self, length: usize) -> Result<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(CUT_SHORT)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// Reads a length of 8 bytes.
    pub(super) fn length(&mut self) -> Result<usize> {
        Ok(usize::try_from(u64::from_le_bytes(self.take()?))?)
    }

    pub(super) fn line(&mut self) -> Result<&'b str> {
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or(CUT_SHORT)?;
        let line = str::from_utf8(&self.bytes[..end])?;
        self.bytes = &self.bytes[end + 1..];
        Ok(line)
    }

    pub(super) fn check_number(&self, n: usize) -> Result<()> {
        match n < MAX_VALUES {
            true => Ok(()),
            false => Err(format!(
                "its pickle has more than {MAX_VALUES} values: save the state_dict alone with torch.save"
            )
            .into()),
        }
    }

    pub(super) fn push(&mut self, value: Value) -> Result<()> {
        self.check_number(self.values.len())?;
        let id = Id(self.values.len() as u32);
        self.values.push(value);
        self.push_id(id)
    }

    pub(super) fn push_id(&mut self, id: Id) -> Result<()> {
        self.check_number(self.stack.len())?;
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn push_integer(&mut self, length: usize) -> Result<()> {
        let value = integer(self.take_slice(length)?);
        self.push(value.map_or(Value::Other, Value::Integer))
    }

    pub(super) fn push_text(&mut self, length: usize) -> Result<()> {
        let text = String::from_utf8_lossy(self.take_slice(length)?).into();
        self.push(Value::Text(text))
    }

    pub(super) fn push_bytes(&mut self, length: usize) -> Result<()> {
        /// The most bytes that may be settings.
        const MAX_BYTES: usize = 1 << 20;

        let bytes = self.take_slice(length)?;
        let is_short = length <= MAX_BYTES;
        let value = is_short.then(|| Value::Bytes(bytes.into()));
        self.push(value.unwrap_or(Value::Other))
    }

    pub(super) fn push_tuple(&mut self, length: usize) -> Result<()> {
        let start = self.stack.len().checked_sub(length);
        let start = start.filter(|&start| start >= self.floor());
        let parts = self.stack.split_off(start.ok_or(EMPTY_STACK)?);
        self.push(Value::Tuple(parts))
    }

    /// Returns the height of the stack at the last mark, or 0.
    pub(super) fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn pop(&mut self) -> Result<Id> {
        let popped = (self.stack.len() > self.floor()).then(|| self.stack.pop());
        popped.flatten().ok_or_else(|| EMPTY_STACK.into())
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().ok_or("its pickle lacks a mark")?;
        Ok(self.stack.split_off(mark))
    }

    fn last(&mut self) -> Result<&mut Value> {
        let id = self.stack.last().ok_or(EMPTY_STACK)?;
        Ok(&mut self.values[id.0 as usize])
    }

    pub(super) fn append(&mut self, items: &[Id]) -> Result<()> {
        match self.last()? {
            Value::List(list) => list.extend(items),
            // An instance of a list subclass, or a deque.
            Value::Object(_) => {}
            _ => return Err("its pickle appends to a value that is not a list".into()),
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, items: &[Id]) -> Result<()> {
        let (pairs, rest) = items.as_chunks::<2>();
        if !rest.is_empty() {
            return Err("its pickle has a key without a value".into());
        }
        self.n_items += pairs.len();
        self.check_number(self.n_items)?;
        let to = match self.last()? {
            Value::Dict(items) => items,
            // An instance of a dictionary subclass.
            Value::Object(object) => &mut object.items,
            _ => return Err("its pickle sets items of a value that is not a dictionary".into()),
        };
        to.extend(pairs.iter().map(|&[key, value]| (key, value)));
        Ok(())
    }

    pub(super) fn call(&mut self, callable: Id, arguments: Id) -> Result<()> {
        let is_dict = matches!(
            &self.values[callable.0 as usize],
            Value::Global(name) if matches!(&**name, "collections.OrderedDict" | "collections.defaultdict")
        );
        if is_dict {
            self.push(Value::Dict(Vec::new()))?;
            return self.insert_arguments(arguments);
        }
        self.push(Value::Object(Box::new(Object {
            callable,
            arguments,
            items: Vec::new(),
            state: None,
        })))
    }

    /// Inserts the items of a dictionary that is created from a list of pairs, as by protocols 0
    /// and 1.
    fn insert_arguments(&mut self, arguments: Id) -> Result<()> {
        let Value::Tuple(arguments) = &self.values[arguments.0 as usize] else {
            return Ok(());
        };
        let [list] = arguments[..] else {
            return Ok(());
        };
        let Value::List(pairs) = &self.values[list.0 as usize] else {
            return Ok(());
        };
        let pair = |&pair: &Id| match &self.values[pair.0 as usize] {
            Value::List(pair) | Value::Tuple(pair) => pair.as_slice(),
            _ => &[],
        };
        let n_items = pairs.len();
        let items: Vec<Id> = pairs.iter().flat_map(pair).copied().collect();
        if items.len() != 2 * n_items {
            return Err("its pickle creates a dictionary from values that are not pairs".into());
        }
        self.insert(&items)
    }

    /// Executes the operation BUILD.
    pub(super) fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        match self.last()? {
            Value::Object(object) => object.state = Some(state),
            // Attributes of a dictionary, such as the _metadata of a state_dict, are ignored.
            Value::Dict(_) => {}
            _ => return Err("its pickle builds a value that is not an object".into()),
        }
        Ok(())
    }

    pub(super) fn put(&mut self, name: u32) -> Result<()> {
        self.check_number(self.memo.len())?;
        let id = *self.stack.last().ok_or(EMPTY_STACK)?;
        self.memo.insert(name, id);
        Ok(())
    }

    pub(super) fn get(&mut self, name: u32) -> Result<()> {
        let id = self.memo.get(&name).copied();
        self.push_id(id.ok_or("its pickle fetches a value that was never put")?)
    }
}

pub(super) const EMPTY_STACK: &str = "its pickle pops from an empty stack";

const CUT_SHORT: &str = "its pickle is cut short";

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
