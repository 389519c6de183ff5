//! The names of architectures in a checkpoint, and settings of their networks.

use serde_json::Value as Json;

use super::Checkpoint;
use super::settings::json;
use super::value::Id;
use crate::extract::ModelName;
use crate::extract::weights::listing::NamedArchitecture;

impl Checkpoint {
    /// Returns the name of the architecture that timm and other programs store in checkpoints, unless
    /// it is the name of a class, or else the names in the settings of the training.
    pub fn named_architectures(&self) -> Vec<NamedArchitecture> {
        let items = self.pickle.items(self.pickle.root());
        let mut named = Vec::new();
        let Some(name) = self.text_of(items, "arch") else {
            match self.text_of(items, "name").and_then(model_of_run) {
                Some(of_open_clip) => named.push(of_open_clip),
                None => named.extend(self.architectures_in_settings(items)),
            }
            return named;
        };
        let by_timm = self.pickle.item(items, "version").is_some();
        let is_name = !by_timm || has_digit(name);
        named.extend(is_name.then(|| match by_timm {
            true => NamedArchitecture {
                name: name.to_owned(),
                by_timm,
                arguments: self.arguments_of_timm(items),
            },
            false => NamedArchitecture::new(name),
        }));
        named
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
                json(pickle, pickle.item(settings, setting)?),
            ))
        });
        let others = pickle.item(settings, "model_kwargs");
        let others = others.map_or(&[][..], |others| pickle.items(others)).iter();
        let others = others.filter_map(|&(name, value)| {
            Some((pickle.text(name)?.to_owned(), json(pickle, value)))
        });
        direct.chain(others).collect()
    }

    /// Returns the first known name in the settings of the training, and all names that may be those
    /// of other architectures: names with a number, which names of classes and methods do not have.
    fn architectures_in_settings(&self, items: &[(Id, Id)]) -> Vec<NamedArchitecture> {
        const SETTINGS: [&str; 6] = [
            "hyper_parameters",
            "hparams",
            "args",
            "config",
            "cfg",
            "opt",
        ];
        const NAMES: [&str; 8] = [
            "arch",
            "architecture",
            "model_name",
            "model",
            "backbone",
            "encoder_name",
            "encoder",
            "net",
        ];

        let settings = SETTINGS.iter().filter_map(|s| self.pickle.item(items, s));
        let names = settings.flat_map(|settings| {
            let settings = self.pickle.attributes(settings);
            let names = NAMES.iter();
            names.filter_map(move |name| self.text_of(settings, name))
        });
        let (known, others): (Vec<&str>, Vec<&str>) =
            names.partition(|name| name.parse::<ModelName>().is_ok());
        let others = others.into_iter().filter(|name| has_digit(name));
        let all = known.into_iter().take(1).chain(others);
        all.map(NamedArchitecture::new).collect()
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
    Some(NamedArchitecture::new(model))
}
