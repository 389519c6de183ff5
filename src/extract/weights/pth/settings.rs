//! The settings of a training in a checkpoint.

use serde_json::{Map, Value as Json};

use super::Checkpoint;
use super::pickle::Pickle;
use super::value::{Id, Object, Value};
use crate::extract::weights::listing::Setting;
use crate::extract::weights::training::settings::collect;
use crate::extract::weights::words::is_state_or_result;

/// How many dictionaries may be nested.
const MAX_DEPTH: usize = 8;

/// The most values that are considered.
const MAX_VALUES: usize = 1 << 18;

/// Length of the longest list that is a setting.
const MAX_LENGTH: usize = 1 << 10;

impl Checkpoint {
    /// Returns the settings of the training beside the parameters: texts, numbers, truth values and
    /// lists of these, with the names of nested dictionaries and objects.
    pub fn settings(&self) -> Vec<Setting> {
        let mut reader = Reader {
            pickle: &self.pickle,
            n_left: MAX_VALUES,
        };
        let mut found = Vec::new();
        if let Some(settings) = reader.read(self.pickle.root(), MAX_DEPTH) {
            collect("", &settings, &mut found);
        }
        found
    }
}

/// A reader of settings.
struct Reader<'p> {
    pickle: &'p Pickle,
    /// How many values may still be considered.
    n_left: usize,
}

impl Reader<'_> {
    /// Converts a value, without tensors and states of the training. Returns `None` if nothing is
    /// left.
    fn read(&mut self, id: Id, depth: usize) -> Option<Json> {
        self.n_left = self.n_left.checked_sub(1)?;
        let pickle = self.pickle;
        let id = inner(pickle, id);
        if let Some(bytes) = bytes(pickle, id) {
            return String::from_utf8(bytes).ok().map(Json::from);
        }
        match pickle.value(id) {
            Value::Object(object) => match self.of_object(object, depth) {
                Some(value) => Some(value),
                None => self.items(pickle.attributes(id), depth),
            },
            Value::Dict(items) => self.items(items, depth),
            Value::Tuple(parts) | Value::List(parts) => {
                if parts.len() > MAX_LENGTH || depth == 0 {
                    return None;
                }
                let parts = parts.iter().map(|&part| self.read(part, depth - 1));
                let parts = parts.map(|part| part.unwrap_or("another value".into()));
                Some(parts.collect())
            }
            _ => json(pickle, id),
        }
    }

    /// Converts the items of a dictionary, or the attributes of an object.
    fn items(&mut self, items: &[(Id, Id)], depth: usize) -> Option<Json> {
        let mut found = Map::new();
        for &(name, value) in items.iter().filter(|_| depth > 0) {
            let name = self.pickle.text(name);
            let Some(name) = name.filter(|name| !is_state_or_result(name)) else {
                continue;
            };
            if let Some(value) = self.read(value, depth - 1) {
                found.insert(name.to_owned(), value);
            }
        }
        (!found.is_empty()).then_some(Json::Object(found))
    }

    /// Converts a module of PyTorch to the name of its class, a function with given arguments to a
    /// dictionary, and a member of an enumeration to its value.
    fn of_object(&mut self, object: &Object, depth: usize) -> Option<Json> {
        let pickle = self.pickle;
        let class = pickle.global(object.callable)?;
        if class.starts_with("torch.nn.modules.") {
            return Some(class.into());
        }
        let arguments = pickle.tuple(object.arguments);
        match (class, arguments) {
            ("numpy.core.multiarray.scalar" | "numpy._core.multiarray.scalar", &[kind, data]) => {
                scalar(pickle, kind, &bytes(pickle, data)?)
            }
            ("functools.partial", &[function]) => {
                let mut found = Map::new();
                found.insert("_target_".to_owned(), json(pickle, function)?);
                let &[_, _, named, _] = pickle.tuple(object.state?) else {
                    return Some(Json::Object(found));
                };
                if let Some(Json::Object(named)) = self.read(named, depth.checked_sub(1)?) {
                    found.extend(named);
                }
                Some(Json::Object(found))
            }
            (_, &[value]) if object.items.is_empty() && object.state.is_none() => {
                json(pickle, value)
            }
            _ => None,
        }
    }
}

/// Returns bytes, which older pickles store as a text.
fn bytes(pickle: &Pickle, id: Id) -> Option<Vec<u8>> {
    match pickle.value(id) {
        Value::Bytes(bytes) => Some(bytes.to_vec()),
        Value::Object(object) if pickle.global(object.callable) == Some("_codecs.encode") => {
            let &[text, _] = pickle.tuple(object.arguments) else {
                return None;
            };
            let mut letters = pickle.text(text)?.chars();
            letters.try_fold(Vec::new(), |mut bytes, c| {
                bytes.push(u8::try_from(u32::from(c)).ok()?);
                Some(bytes)
            })
        }
        _ => None,
    }
}

/// Converts a number of NumPy: its type, such as `i8`, and its bytes from the last to the first.
fn scalar(pickle: &Pickle, kind: Id, data: &[u8]) -> Option<Json> {
    let Value::Object(kind) = pickle.value(kind) else {
        return None;
    };
    let kind = pickle.text(*pickle.tuple(kind.arguments).first()?)?;
    Some(match kind {
        "f2" => half::f16::from_le_bytes(data.try_into().ok()?)
            .to_f64()
            .into(),
        "f4" => f32::from_le_bytes(data.try_into().ok()?).into(),
        "f8" => f64::from_le_bytes(data.try_into().ok()?).into(),
        "b1" => (*data.first()? != 0).into(),
        kind if kind.starts_with(['i', 'u']) && (1..=8).contains(&data.len()) => {
            // The sign is that of the last byte.
            let is_negative = kind.starts_with('i') && data.last()? >> 7 == 1;
            let mut all = [if is_negative { 0xff } else { 0 }; 8];
            all[..data.len()].copy_from_slice(data);
            i64::from_le_bytes(all).into()
        }
        _ => return None,
    })
}

/// Returns the value in a node of OmegaConf, or the value itself.
fn inner(pickle: &Pickle, value: Id) -> Id {
    let items = pickle.attributes(value);
    let parts = ["_content", "_val"].into_iter();
    let mut parts = parts.filter_map(|part| pickle.item(items, part));
    parts.next().unwrap_or(value)
}

/// Converts a text, a number, a truth value, or the name of a class or a function.
pub(super) fn json(pickle: &Pickle, id: Id) -> Option<Json> {
    Some(match pickle.value(id) {
        Value::Text(text) | Value::Global(text) => text.as_ref().into(),
        &Value::Integer(number) => number.into(),
        &Value::Float(number) => number.into(),
        Value::None => Json::Null,
        Value::True => true.into(),
        Value::False => false.into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the value of a pickle.
    fn read(pickle: &[u8]) -> Option<Json> {
        let (pickle, _) = Pickle::read(pickle).unwrap();
        let mut reader = Reader {
            pickle: &pickle,
            n_left: MAX_VALUES,
        };
        reader.read(pickle.root(), MAX_DEPTH)
    }

    #[test]
    fn bytes_and_numbers_of_numpy_are_read() {
        assert_eq!(read(b"C\x03a:1."), Some("a:1".into()));
        // Protocol 2 has letters for bytes.
        let encoded = b"c_codecs\nencode\nX\x03\x00\x00\x00a:1X\x06\x00\x00\x00latin1\x86R.";
        assert_eq!(read(encoded), Some("a:1".into()));
        let scalar = |module: &str, kind: &str, data: &[u8]| {
            let class = format!("c{module}.multiarray\nscalar\ncnumpy\ndtype\nU\x02{kind}");
            let length = [b'C', data.len() as u8];
            let parts = [class.as_bytes(), b"\x85R", &length, data, b"\x86R."];
            read(&parts.concat())
        };
        let eight = 8_i64.to_le_bytes();
        assert_eq!(scalar("numpy.core", "i8", &eight), Some(8.into()));
        assert_eq!(scalar("numpy._core", "u1", &[255]), Some(255.into()));
        assert_eq!(scalar("numpy.core", "i2", &[254, 255]), Some((-2).into()));
        let half = 0.5_f64.to_le_bytes();
        assert_eq!(scalar("numpy.core", "f8", &half), Some(0.5.into()));
        assert_eq!(scalar("numpy.core", "b1", &[1]), Some(true.into()));
        assert_eq!(scalar("numpy.core", "f8", &[1]), None);
    }
}
