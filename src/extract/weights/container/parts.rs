//! Parameters that are divided into several files.

use std::collections::BTreeMap;

use super::Container;
use crate::error::{FileError, Result};
use crate::extract::weights::listing::{Listing, Training};

/// The files of divided parameters.
pub(in crate::extract) struct Parts {
    /// Names and contents.
    pub files: Vec<(String, Container)>,
    /// Name of the file of each parameter.
    pub weight_map: BTreeMap<String, String>,
}

impl Parts {
    /// Checks whether the index names another file for a parameter, so that this one has a copy.
    pub fn is_copy(&self, parameter: &str, file: &str) -> bool {
        let named = self.weight_map.get(parameter);
        named.is_some_and(|named| named != file)
    }

    /// Returns the names and shapes of all parameters, each in the file that the index names, and what
    /// the files say about their training.
    pub fn list(&self) -> Result<(Listing, Training)> {
        let (mut all, mut training) = (Listing::new(), Training::default());
        let mut copies = Vec::new();
        for (file, part) in &self.files {
            let listed = part.list_alone().map_err(|error| part.locate(error))?;
            let (listing, of_part) = listed;
            training.named.extend(of_part.named);
            training.settings.extend(of_part.settings);
            for (name, mut tensor) in listing {
                if self.is_copy(&name, file) {
                    copies.push((name, file));
                    continue;
                }
                tensor.place = None;
                if all.insert(name.clone(), tensor).is_some() {
                    let reason = format!(
                        "the parameter {name:?} is in several files, and the index does not say in which \
                         one: name its file in the index, or download or save all files again"
                    );
                    return Err(FileError::malformed("weights", reason));
                }
            }
        }
        match copies.into_iter().find(|(name, _)| !all.contains_key(name)) {
            None => Ok((all, training)),
            Some((name, file)) => {
                let reason = format!(
                    "the parameter {name:?} is in {file:?}, but the index says that it is in {:?}, which \
                     does not have it: correct the index, or download or save all files again",
                    self.weight_map[&name]
                );
                Err(FileError::malformed("weights", reason))
            }
        }
    }
}
