//! The tensors in the dictionaries of a pickle, by name.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::pickle::Pickle;
use super::tensor::{MAX_NAME_BYTES, Tensor, shape_without_values};
use super::value::{Id, Value};

/// Largest number of tensors.
const MAX_TENSORS: usize = 1 << 17;

/// All tensors in nested dictionaries.
#[derive(Debug, Default)]
pub(super) struct StateDict {
    /// The value of each tensor, and the number of the dictionary that it is in. The names of
    /// nested dictionaries are joined with dots.
    pub tensors: BTreeMap<String, (Id, usize)>,
    /// The shapes of tensors whose values cannot be read, and the numbers of their dictionaries.
    pub without_values: BTreeMap<String, (Vec<usize>, usize)>,
    /// Class of an object with parameters, such as a whole module, if there is one.
    pub module: Option<String>,
}

impl StateDict {
    /// Finds all tensors. A dictionary that is stored under several names is found under the first.
    pub fn find(pickle: &Pickle) -> Result<Self, String> {
        let mut found = Self::default();
        let mut paths = Paths::new(pickle);
        let mut modules = Modules::default();
        let mut seen = HashSet::new();
        let mut open = vec![(pickle.root(), None)];
        // A list of dictionaries, such as of those of a network and an optimizer.
        if let Value::List(parts) | Value::Tuple(parts) = pickle.value(pickle.root()) {
            let parts = parts.iter().enumerate().rev();
            let parts = parts.filter(|(_, part)| !pickle.items(**part).is_empty());
            open = parts
                .map(|(number, &part)| (part, paths.add(None, Part::Number(number))))
                .collect();
        }
        while let Some((id, path)) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if let Some(class) = modules.class(pickle, id) {
                found.module.get_or_insert_with(|| class.to_owned());
                continue;
            }
            let dictionary = seen.len();
            let mut inner = Vec::new();
            let mut own = HashSet::new();
            for &(key, value) in pickle.items(id) {
                if !matches!(pickle.value(key), Value::Text(_) | Value::Integer(_)) {
                    continue;
                }
                if Tensor::is(pickle, value) {
                    found.insert(paths.name(path, key)?, (value, dictionary))?;
                } else if let Some(shape) = shape_without_values(pickle, value) {
                    if let Ok(name) = paths.name(path, key)
                        && found.without_values.len() < MAX_TENSORS
                    {
                        found.without_values.insert(name, (shape, dictionary));
                    }
                } else if matches!(pickle.value(value), Value::Dict(_) | Value::Object(_))
                    && !seen.contains(&value)
                    && own.insert(value)
                    && let Some(path) = paths.add(path, Part::Key(key))
                {
                    inner.push((value, Some(path)));
                }
            }
            // The last dictionary is opened first.
            open.extend(inner.into_iter().rev());
        }
        Ok(found)
    }

    fn insert(&mut self, name: String, tensor: (Id, usize)) -> Result<(), String> {
        if self.tensors.len() >= MAX_TENSORS {
            return Err(format!("it has more than {MAX_TENSORS} tensors"));
        }
        match self.tensors.contains_key(&name) {
            true => Err(format!("duplicate parameter {name:?}")),
            false => {
                self.tensors.insert(name, tensor);
                Ok(())
            }
        }
    }

    /// Returns what the file holds instead of tensors by name, and what to do.
    pub fn without_tensors(&self, pickle: &Pickle) -> String {
        const SAVE: &str = "save the parameters with torch.save(model.state_dict(), …)";

        if let Some(class) = &self.module {
            return match class.starts_with(TORCH_SCRIPT) {
                true => "it is a TorchScript module: save its parameters with \
                         torch.save(torch.jit.load(…).state_dict(), …)"
                    .to_owned(),
                false => format!(
                    "it is a whole module of the class {class}, whose code is not read: load it in \
                     PyTorch, and {SAVE}"
                ),
            };
        }
        match pickle.value(pickle.root()) {
            Value::List(values) | Value::Tuple(values) => format!(
                "it is a list of {} values, which have no names: {SAVE}",
                values.len()
            ),
            Value::Dict(items) if items.is_empty() => {
                format!("it is an empty dictionary and holds no tensors: {SAVE}")
            }
            _ => format!("it holds no tensors by name: {SAVE}"),
        }
    }
}

/// Beginning of the names of the classes of TorchScript.
const TORCH_SCRIPT: &str = "__torch__";

/// The names of nested dictionaries, each as a part after those of another one, so that memory does
/// not grow with their lengths.
struct Paths<'p> {
    pickle: &'p Pickle,
    nodes: Vec<Node>,
}

/// The number of a path.
type Path = u32;

struct Node {
    before: Option<Path>,
    part: Part,
    /// Length of the whole path with a dot at its end, in bytes.
    n_bytes: usize,
}

/// A part of a name.
#[derive(Clone, Copy)]
enum Part {
    /// A key in the pickle, a text or an integer.
    Key(Id),
    /// The number of an element of a list.
    Number(usize),
}

impl<'p> Paths<'p> {
    fn new(pickle: &'p Pickle) -> Self {
        Self {
            pickle,
            nodes: Vec::new(),
        }
    }

    /// Adds a path, or returns `None` if it is too long.
    fn add(&mut self, before: Option<Path>, part: Part) -> Option<Path> {
        let n_bytes = self.n_bytes(before) + self.text(part).len() + 1;
        let number = Path::try_from(self.nodes.len()).ok()?;
        (n_bytes <= MAX_NAME_BYTES).then(|| {
            self.nodes.push(Node {
                before,
                part,
                n_bytes,
            });
            number
        })
    }

    /// Returns the name of a value with this key.
    ///
    /// # Errors
    /// Returns an error if it is too long.
    fn name(&self, mut path: Option<Path>, key: Id) -> Result<String, String> {
        let last = self.text(Part::Key(key));
        let n_bytes = self.n_bytes(path) + last.len();
        if n_bytes > MAX_NAME_BYTES {
            return Err(format!("a parameter has a name of {n_bytes} bytes"));
        }
        let mut parts = vec![last];
        while let Some(number) = path {
            let node = &self.nodes[number as usize];
            parts.push(self.text(node.part));
            path = node.before;
        }
        parts.reverse();
        Ok(parts.join("."))
    }

    fn n_bytes(&self, path: Option<Path>) -> usize {
        path.map_or(0, |path| self.nodes[path as usize].n_bytes)
    }

    fn text(&self, part: Part) -> Cow<'p, str> {
        match part {
            Part::Number(number) => number.to_string().into(),
            Part::Key(key) => match self.pickle.value(key) {
                Value::Text(text) => text.as_ref().into(),
                Value::Integer(number) => number.to_string().into(),
                _ => "".into(),
            },
        }
    }
}

/// Which objects have parameters, by their attributes, which several objects may share.
#[derive(Default)]
struct Modules(HashMap<Id, bool>);

impl Modules {
    /// Returns the class of an object with parameters.
    fn class<'p>(&mut self, pickle: &'p Pickle, id: Id) -> Option<&'p str> {
        let Value::Object(object) = pickle.value(id) else {
            return None;
        };
        let class = pickle.global(object.callable)?;
        let mut has_parameters = |state: Id| {
            let attributes = pickle.items(state);
            let has = |name| pickle.item(attributes, name).is_some();
            let is_known = self.0.entry(state);
            *is_known.or_insert_with(|| has("_parameters") && has("_modules"))
        };
        let is_module =
            class.starts_with(TORCH_SCRIPT) || object.state.is_some_and(&mut has_parameters);
        is_module.then_some(class)
    }
}
