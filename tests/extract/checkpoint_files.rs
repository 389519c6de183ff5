//! A writer of checkpoints as PyTorch writes them: pickles of protocol 2 or 4, in a zip archive or in
//! the format before version 1.6.

use std::io::{Cursor, Write};

use ndarray::ArrayD;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A value in a checkpoint.
#[derive(Clone)]
pub enum Item {
    /// A tensor of f32 that is stored in row-major order.
    Tensor(ArrayD<f32>),
    /// A tensor whose stored order of axes is reversed.
    Reversed(ArrayD<f32>),
    /// A tensor with one stored value, which fills this shape.
    Filled(Vec<usize>, f32),
    /// A tensor whose negative bit is set: the stored values have the opposite signs.
    Negated(ArrayD<f32>),
    /// A quantized tensor of this shape.
    Quantized(Vec<usize>),
    /// A sparse tensor of this shape.
    Sparse(Vec<usize>),
    /// A tensor of one integer of 64 bits.
    Count(i64),
    /// A tensor of this shape that is filled with an integer of 8 bits.
    Bytes(Vec<usize>, i8),
    /// A tensor of this shape that is filled with `true`.
    Trues(Vec<usize>),
    Dict(Vec<(String, Item)>),
    /// A dictionary of a class of its own.
    Subclass(Vec<(String, Item)>),
    List(Vec<Item>),
    Number(i32),
    Real(f32),
    Flag(bool),
    None,
    Text(&'static str),
    /// An object of a class with attributes.
    Object(&'static str, Vec<(String, Item)>),
    /// An object of a class with `__slots__`.
    Slots(&'static str, Vec<(String, Item)>),
}

/// Returns a dictionary of tensors by name.
pub fn tensors(parameters: &[(String, ArrayD<f32>)]) -> Item {
    let tensors = parameters.iter();
    Item::Dict(
        tensors
            .map(|(name, values)| (name.clone(), Item::Tensor(values.clone())))
            .collect(),
    )
}

/// Returns a dictionary of items by name.
pub fn dict<const N: usize>(items: [(&str, Item); N]) -> Item {
    Item::Dict(items.map(|(name, item)| (name.into(), item)).into())
}

/// A file format, with the protocol of its pickles.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    Zip(u8),
    Legacy(u8),
}

/// Encodes a checkpoint.
pub fn checkpoint(item: &Item, format: Format) -> Vec<u8> {
    checkpoint_in_folder("archive", item, format)
}

/// Encodes a checkpoint whose archive has a folder with this name, as PyTorch names it after the file.
pub fn checkpoint_in_folder(folder: &str, item: &Item, format: Format) -> Vec<u8> {
    let (Format::Zip(protocol) | Format::Legacy(protocol)) = format;
    let mut writer = Writer {
        protocol,
        bytes: Vec::new(),
        storages: Vec::new(),
    };
    let pickle = writer.pickle(|writer| writer.item(item));
    match format {
        Format::Zip(_) => {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            let options =
                SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            let mut add = |name: &str, content: &[u8]| {
                zip.start_file(format!("{folder}/{name}"), options).unwrap();
                zip.write_all(content).unwrap();
            };
            add("data.pkl", &pickle);
            add("byteorder", b"little");
            for (name, storage) in writer.storages.iter().enumerate() {
                add(&format!("data/{name}"), &storage.bytes);
            }
            add("version", b"3\n");
            with_long_directory(zip.finish().unwrap().into_inner())
        }
        Format::Legacy(_) => {
            const MAGIC: &[u8] = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19";

            let mut file = writer.pickle(|writer| writer.bytes.extend(MAGIC));
            file.extend(writer.pickle(|writer| writer.bytes.extend(b"M\xe9\x03")));
            let system = dict([("protocol_version", Item::Number(1001))]);
            file.extend(writer.pickle(|writer| writer.item(&system)));
            file.extend(pickle);
            let n = writer.storages.len();
            file.extend(writer.pickle(|writer| {
                writer.bytes.extend(b"](");
                (0..n).for_each(|name| writer.text(&name.to_string()));
                writer.bytes.push(b'e');
            }));
            for storage in &writer.storages {
                file.extend(storage.n_elements.to_le_bytes());
                file.extend(&storage.bytes);
            }
            file
        }
    }
}

/// Adds the records of a directory with numbers of 64 bits, which PyTorch always writes.
fn with_long_directory(mut zip: Vec<u8>) -> Vec<u8> {
    let end = zip.split_off(zip.len() - 22);
    let number = |at: usize, n: usize| -> u64 {
        let bytes = end[at..at + n].iter().rev();
        bytes.fold(0, |number, &byte| number << 8 | u64::from(byte))
    };
    let (n_members, size, start) = (number(10, 2), number(12, 4), number(16, 4));
    let at = zip.len() as u64;
    zip.extend(b"PK\x06\x06");
    zip.extend(44u64.to_le_bytes());
    zip.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [n_members, n_members, size, start] {
        zip.extend(number.to_le_bytes());
    }
    zip.extend(b"PK\x06\x07\0\0\0\0");
    zip.extend(at.to_le_bytes());
    zip.extend(1u32.to_le_bytes());
    zip.extend(&end);
    zip
}

struct Storage {
    bytes: Vec<u8>,
    n_elements: u64,
}

struct Writer {
    protocol: u8,
    bytes: Vec<u8>,
    storages: Vec<Storage>,
}

impl Writer {
    /// Writes a pickle of what `write` writes.
    fn pickle(&mut self, write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let outer = std::mem::take(&mut self.bytes);
        write(self);
        self.bytes.push(b'.');
        let content = std::mem::replace(&mut self.bytes, outer);
        let mut pickle = vec![0x80, self.protocol];
        if self.protocol >= 4 {
            pickle.push(0x95);
            pickle.extend((content.len() as u64).to_le_bytes());
        }
        pickle.extend(content);
        pickle
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Tensor(values) => {
                let shape = values.shape();
                let strides = strides(shape);
                let values: Vec<f32> = values.iter().copied().collect();
                self.tensor(&values, shape, &strides);
            }
            Item::Reversed(values) => {
                let reversed: Vec<usize> = values.shape().iter().rev().copied().collect();
                let mut strides = strides(&reversed);
                strides.reverse();
                let stored: Vec<f32> = values.t().iter().copied().collect();
                self.tensor(&stored, values.shape(), &strides);
            }
            Item::Filled(shape, value) => self.tensor(&[*value], shape, &vec![0; shape.len()]),
            Item::Negated(values) => {
                self.item(&Item::Tensor(values.mapv(|value| -value)));
                // The call gets one more argument.
                let end = self.bytes.split_off(self.bytes.len() - 2);
                self.bytes.push(b'}');
                self.text("neg");
                self.bytes.extend(b"\x88s");
                self.bytes.extend(end);
            }
            // The values do not matter.
            Item::Quantized(shape) => {
                self.global("torch._utils", "_rebuild_qtensor");
                self.bytes.extend(b"(NK\x00");
                self.sizes(shape);
                self.sizes(&strides(shape));
                self.bytes.extend(b"NtR");
            }
            Item::Sparse(shape) => {
                self.global("torch._utils", "_rebuild_sparse_tensor");
                self.bytes.extend(b"(N(NN");
                self.global("torch", "Size");
                self.sizes(shape);
                self.bytes.extend(b"\x85RttR");
            }
            Item::Count(value) => {
                self.storage(value.to_le_bytes().into(), 1, "LongStorage", &[], &[])
            }
            Item::Bytes(shape, value) => {
                let n = shape.iter().product();
                let bytes = vec![*value as u8; n];
                self.storage(bytes, n, "CharStorage", shape, &strides(shape));
            }
            Item::Trues(shape) => {
                let n = shape.iter().product();
                self.storage(vec![1; n], n, "BoolStorage", shape, &strides(shape));
            }
            Item::Dict(items) => {
                self.global("collections", "OrderedDict");
                self.bytes.extend(b")R");
                self.items(items);
            }
            Item::Subclass(items) => {
                self.global("lightning.utilities", "AttributeDict");
                self.bytes.extend(b")\x81");
                self.items(items);
            }
            Item::List(items) => {
                self.bytes.extend(b"](");
                items.iter().for_each(|item| self.item(item));
                self.bytes.push(b'e');
            }
            Item::Number(value) => {
                self.bytes.push(b'J');
                self.bytes.extend(value.to_le_bytes());
            }
            Item::Real(value) => {
                self.bytes.push(b'G');
                // As Python reads the decimals of the number.
                let value: f64 = value.to_string().parse().unwrap();
                self.bytes.extend(value.to_be_bytes());
            }
            Item::Flag(value) => self.bytes.push(if *value { 0x88 } else { 0x89 }),
            Item::None => self.bytes.push(b'N'),
            Item::Text(text) => self.text(text),
            Item::Object(class, attributes) => {
                self.instance(class);
                self.bytes.push(b'}');
                self.items(attributes);
                self.bytes.push(b'b');
            }
            Item::Slots(class, attributes) => {
                self.instance(class);
                self.bytes.extend(b"N}");
                self.items(attributes);
                self.bytes.extend(b"\x86b");
            }
        }
    }

    /// Adds an object of a class to the stack, without attributes.
    fn instance(&mut self, class: &str) {
        let (module, name) = class.rsplit_once('.').unwrap();
        self.global(module, name);
        self.bytes.extend(b")\x81");
    }

    /// Sets the items of the dictionary on the stack.
    fn items(&mut self, items: &[(String, Item)]) {
        self.bytes.push(b'(');
        for (name, item) in items {
            self.text(name);
            self.item(item);
        }
        self.bytes.push(b'u');
    }

    fn tensor(&mut self, stored: &[f32], shape: &[usize], strides: &[usize]) {
        let bytes = stored.iter().flat_map(|value| value.to_le_bytes());
        self.storage(
            bytes.collect(),
            stored.len(),
            "FloatStorage",
            shape,
            strides,
        );
    }

    fn storage(
        &mut self,
        bytes: Vec<u8>,
        n: usize,
        class: &str,
        shape: &[usize],
        strides: &[usize],
    ) {
        let name = self.storages.len().to_string();
        self.storages.push(Storage {
            bytes,
            n_elements: n as u64,
        });
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.bytes.extend(b"((");
        self.text("storage");
        self.global("torch", class);
        self.text(&name);
        self.text("cpu");
        self.item(&Item::Number(n as i32));
        self.bytes.extend(b"tQK\x00");
        self.sizes(shape);
        self.sizes(strides);
        self.bytes.push(0x89);
        self.global("collections", "OrderedDict");
        self.bytes.extend(b")RtR");
    }

    fn sizes(&mut self, sizes: &[usize]) {
        self.bytes.push(b'(');
        for &size in sizes {
            self.item(&Item::Number(size as i32));
        }
        self.bytes.push(b't');
    }

    fn text(&mut self, text: &str) {
        match self.protocol {
            4.. => self.bytes.extend([0x8c, text.len() as u8]),
            _ => {
                self.bytes.push(b'X');
                self.bytes.extend((text.len() as u32).to_le_bytes());
            }
        }
        self.bytes.extend(text.as_bytes());
        // What is stored is put into the memo, as Python does.
        if self.protocol >= 4 {
            self.bytes.push(0x94);
        }
    }

    fn global(&mut self, module: &str, name: &str) {
        match self.protocol {
            4.. => {
                self.text(module);
                self.text(name);
                self.bytes.push(0x93);
            }
            _ => self.bytes.extend(format!("c{module}\n{name}\n").as_bytes()),
        }
    }
}

fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len())
        .map(|axis| shape[axis + 1..].iter().product())
        .collect()
}
