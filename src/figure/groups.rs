//! The groups that colours stand for, such as the training objective of models.

use super::color::Color;
use super::legend::Key;
use super::marker::Marker;

/// Names of groups, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Groups {
    names: Vec<String>,
}

impl Groups {
    /// The position of a group, which is a new one where the name is new.
    pub fn position(&mut self, name: &str) -> usize {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        })
    }

    /// What the legend says of them; nothing where there is one without a name.
    pub fn keys(&self) -> Vec<(Key, String)> {
        let named = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, name)| !name.is_empty());
        let key = |(group, name): (usize, &String)| {
            let key = Key::Marker(Marker::of_group(group), Color::of_group(group));
            (key, name.clone())
        };
        named.map(key).collect()
    }
}
