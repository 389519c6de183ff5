//! The names of architectures that timm and open_clip store in a checkpoint, and settings of their
//! networks.

use serde_json::Value as Json;

use super::Checkpoint;
use super::settings::json;
use super::value::Id;
use crate::extract::weights::listing::NamedArchitecture;

impl Checkpoint {
    /// Returns the name of the architecture that timm stores in checkpoints, unless it is the name of a
    /// class, or that in the name of a training by open_clip.
    pub fn named_architectures(&self) -> Vec<NamedArchitecture> {
        let items = self.pickle.items(self.pickle.root());
        let by_timm = self.pickle.item(items, "version").is_some();
        let named = match self.text_of(items, "arch").filter(|_| by_timm) {
            Some(name) => has_digit(name).then(|| NamedArchitecture {
                setting: "arch".to_owned(),
                name: name.to_owned(),
                by_timm,
                arguments: self.arguments_of_timm(items),
            }),
            None => self.text_of(items, "name").and_then(model_of_run),
        };
        named.into_iter().collect()
    }

    /// Returns the arguments of the network in the settings of a training by timm.
    fn arguments_of_timm(&self, items: &[(Id, Id)]) -> Vec<(String, Json)> {
        let pickle = &self.pickle;
        let settings = pickle.item(items, "args");
        let settings = settings.map_or(&[][..], |settings| pickle.attributes(settings));
        let direct = [("gp", "global_pool"), ("bn_eps", "bn_eps")];
        let direct = direct.into_iter().filter_map(|(setting, argument)| {
            Some((
                argument.to_owned(),
                json(pickle, pickle.item(settings, setting)?)?,
            ))
        });
        let others = pickle.item(settings, "model_kwargs");
        let others = others.map_or(&[][..], |others| pickle.items(others)).iter();
        let others = others.filter_map(|&(name, value)| {
            Some((pickle.text(name)?.to_owned(), json(pickle, value)?))
        });
        direct.chain(others).collect()
    }

    fn text_of(&self, items: &[(Id, Id)], name: &str) -> Option<&str> {
        self.pickle.text(self.pickle.item(items, name)?)
    }
}

fn has_digit(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_digit())
}

/// Returns the architecture in the name that open_clip gives to a training, such as
/// `2024_01_01-00_00_00-model_ViT-B-32-lr_0.0005-b_8-j_4-p_amp`.
fn model_of_run(name: &str) -> Option<NamedArchitecture> {
    let (_, model) = name.split_once("-model_")?;
    let (model, _) = model.split_once("-lr_")?;
    Some(NamedArchitecture::new("name", model))
}
