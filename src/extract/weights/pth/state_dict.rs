//! The tensors in the dictionaries of a pickle, by name.

use std::collections::{BTreeMap, HashSet};

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
        let mut seen = HashSet::new();
        let mut open = vec![(pickle.root(), String::new())];
        // A list of dictionaries, such as of those of a network and an optimiser.
        if let Value::List(parts) | Value::Tuple(parts) = pickle.value(pickle.root()) {
            let parts = parts.iter().enumerate().rev();
            let parts = parts.filter(|(_, part)| !pickle.items(**part).is_empty());
            open = parts
                .map(|(number, &part)| (part, format!("{number}.")))
                .collect();
        }
        while let Some((id, path)) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if let Some(class) = module(pickle, id) {
                found.module.get_or_insert_with(|| class.to_owned());
                continue;
            }
            let dictionary = seen.len();
            // The last dictionary is opened first.
            for &(key, value) in pickle.items(id).iter().rev() {
                let name = match pickle.value(key) {
                    Value::Text(name) => format!("{path}{name}"),
                    Value::Integer(name) => format!("{path}{name}"),
                    _ => continue,
                };
                if Tensor::is(pickle, value) {
                    found.insert(name, (value, dictionary))?;
                } else if let Some(shape) = shape_without_values(pickle, value) {
                    if name.len() <= MAX_NAME_BYTES && found.without_values.len() < MAX_TENSORS {
                        found.without_values.insert(name, (shape, dictionary));
                    }
                } else if name.len() < MAX_NAME_BYTES {
                    open.push((value, name + "."));
                }
            }
        }
        Ok(found)
    }

    fn insert(&mut self, name: String, tensor: (Id, usize)) -> Result<(), String> {
        if name.len() > MAX_NAME_BYTES {
            return Err(format!("a parameter has a name of {} bytes", name.len()));
        }
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

/// Returns the class of an object with parameters.
fn module(pickle: &Pickle, id: Id) -> Option<&str> {
    let (class, attributes) = pickle.object(id)?;
    let has = |name| pickle.item(attributes, name).is_some();
    let is_module = class.starts_with(TORCH_SCRIPT) || has("_parameters") && has("_modules");
    is_module.then_some(class)
}
