//! Named groups of models or stimuli, such as training objectives, each with a colour and a marker.

use super::color::Color;
use super::legend::Key;
use super::marker::Marker;

/// Names of groups, in order of first occurrence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Groups {
    names: Vec<String>,
}

impl Groups {
    /// Returns the 0-based position of a group, and adds the group if its name is new.
    pub fn position(&mut self, name: &str) -> usize {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        })
    }

    /// Returns the legend entries of all groups with a name.
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
