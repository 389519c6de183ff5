//! The operations of pickles.

use super::machine::{EMPTY_STACK, Machine};
use super::pickle::Result;
use super::value::{Id, Value};

impl Machine<'_> {
    /// Executes an operation. The names in the comments are those of Python's `pickle` module.
    pub fn run(&mut self, operation: u8) -> Result<()> {
        match operation {
            // PROTO, FRAME
            0x80 => self.take::<1>().map(drop),
            0x95 => self.take::<8>().map(drop),
            // MARK
            b'(' => {
                self.check_number(self.marks.len())?;
                self.marks.push(self.stack.len());
                Ok(())
            }
            // POP, POP_MARK, DUP
            b'0' => match self.stack.len() > self.floor() {
                true => self.pop().map(drop),
                false => self.pop_to_mark().map(drop),
            },
            b'1' => self.pop_to_mark().map(drop),
            b'2' => {
                let top = *self.stack.last().ok_or(EMPTY_STACK)?;
                self.push_id(top)
            }
            // NONE, NEWTRUE, NEWFALSE, EMPTY_SET
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::True),
            0x8f => self.push(Value::Other),
            0x89 => self.push(Value::False),
            // BININT, BININT1, BININT2, LONG1, LONG4, INT, LONG
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
                self.push_integer(length.into())
            }
            0x8b => {
                let length = u32::from_le_bytes(self.take()?);
                self.push_integer(length as usize)
            }
            b'I' | b'L' => {
                let value = self.line()?.trim_end_matches('L').parse();
                self.push(value.map_or(Value::Other, Value::Integer))
            }
            // BINFLOAT, FLOAT
            b'G' => {
                let value = f64::from_be_bytes(self.take()?);
                self.push(Value::Float(value))
            }
            b'F' => {
                let value = self.line()?.parse();
                self.push(value.map_or(Value::Other, Value::Float))
            }
            // BINUNICODE, BINSTRING, SHORT_BINUNICODE, SHORT_BINSTRING, BINUNICODE8, UNICODE
            b'X' | b'T' => {
                let length = u32::from_le_bytes(self.take()?);
                self.push_text(length as usize)
            }
            0x8c | b'U' => {
                let [length] = self.take()?;
                self.push_text(length.into())
            }
            0x8d => {
                let length = self.length()?;
                self.push_text(length)
            }
            b'V' => {
                let text = self.line()?.into();
                self.push(Value::Text(text))
            }
            // STRING
            b'S' => {
                let text = self.line()?.trim_matches(['\'', '"']).into();
                self.push(Value::Text(text))
            }
            // BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8
            b'B' => {
                let length = u32::from_le_bytes(self.take()?);
                self.push_bytes(length as usize)
            }
            b'C' => {
                let [length] = self.take()?;
                self.push_bytes(length.into())
            }
            0x8e | 0x96 => {
                let length = self.length()?;
                self.push_bytes(length)
            }
            // GLOBAL, STACK_GLOBAL
            b'c' => {
                let module = self.line()?;
                let name = self.line()?;
                self.push(Value::Global(format!("{module}.{name}").into()))
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let text = |id: Id| match &self.values[id.0 as usize] {
                    Value::Text(text) => Ok(text),
                    _ => Err("its pickle names a class by a value that is not text"),
                };
                let global = format!("{}.{}", text(module)?, text(name)?);
                self.push(Value::Global(global.into()))
            }
            // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
            b')' => self.push_tuple(0),
            0x85..=0x87 => self.push_tuple(usize::from(operation - 0x84)),
            b't' => {
                let parts = self.pop_to_mark()?;
                self.push(Value::Tuple(parts))
            }
            // EMPTY_LIST, LIST, EMPTY_DICT, DICT
            b']' => self.push(Value::List(Vec::new())),
            b'l' => {
                let items = self.pop_to_mark()?;
                self.push(Value::List(items))
            }
            b'}' => self.push(Value::Dict(Vec::new())),
            b'd' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Dict(Vec::new()))?;
                self.insert(&items)
            }
            // FROZENSET
            0x91 => {
                self.pop_to_mark()?;
                self.push(Value::Other)
            }
            // APPEND, APPENDS, ADDITEMS
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(&items)
            }
            0x90 => self.pop_to_mark().map(drop),
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
            // REDUCE, NEWOBJ, NEWOBJ_EX
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let callable = self.pop()?;
                self.call(callable, arguments)
            }
            0x92 => {
                self.pop()?;
                let arguments = self.pop()?;
                let callable = self.pop()?;
                self.call(callable, arguments)
            }
            // BUILD
            b'b' => self.build(),
            // BINPERSID
            b'Q' => {
                let name = self.pop()?;
                self.push(Value::Persistent(name))
            }
            // BINPUT, LONG_BINPUT, PUT, MEMOIZE, BINGET, LONG_BINGET, GET
            b'q' => {
                let [name] = self.take()?;
                self.put(name.into())
            }
            b'r' => {
                let name = u32::from_le_bytes(self.take()?);
                self.put(name)
            }
            b'p' => {
                let name = self.line()?.parse()?;
                self.put(name)
            }
            0x94 => {
                let name = u32::try_from(self.memo.len())?;
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
            b'g' => {
                let name = self.line()?.parse()?;
                self.get(name)
            }
            other => Err(format!(
                "its pickle has the operation {other:#04x}, which PyTorch does not use: load it with \
                 torch.load and save the state_dict alone with torch.save"
            )
            .into()),
        }
    }
}
