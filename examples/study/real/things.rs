//! THINGS: the choices of 264 participants, and the models with features of its objects.

use human_alignment::dataset::{TripletFile, TripletSource};
use human_alignment::study::{Model, ModelFactors};
use human_alignment::{
    FileSource, OddOneOut, OddOneOutTask, Representation, Result, Stimuli, TrialParticipants,
};

use super::{Data, PICTURED, THINGS, THINGS48, THINGS2171, factors};

/// The objects of THINGS.
pub struct Objects {
    /// All 1,854 objects, in the order of the trials and of features of all objects.
    pub all: Stimuli,
    /// The 1,845 objects with an image, in the order of features of networks.
    pub pictured: Stimuli,
}

/// A model with features of all objects, from the images or names of the objects.
struct Published {
    name: &'static str,
    file: &'static str,
    family: &'static str,
    training_data: &'static str,
    objective: &'static str,
    /// Cluster of related networks, if there are others.
    cluster: Option<&'static str>,
    /// Numbers of parameters and of layers of the network that computes the features, if they are
    /// known.
    size: Option<(u64, u32)>,
}

const PUBLISHED: [Published; 6] = [
    Published {
        name: "CLIP ViT-B/32",
        file: "clip_vit_b32_things",
        family: "ViT",
        training_data: "image–text pairs",
        objective: "image–text",
        cluster: Some("CLIP"),
        size: Some((87_849_216, 50)),
    },
    Published {
        name: "CLIP ViT-B/32, other images",
        file: "clip_vit_b32_cc0",
        family: "ViT",
        training_data: "image–text pairs",
        objective: "image–text",
        cluster: Some("CLIP"),
        size: None,
    },
    Published {
        name: "BLIP",
        file: "blip_cc0",
        family: "ViT",
        training_data: "image–text pairs",
        objective: "image–text",
        cluster: None,
        size: None,
    },
    Published {
        name: "CVCL",
        file: "cvcl_cc0",
        family: "ResNeXt",
        training_data: "a child's video",
        objective: "image–text",
        cluster: None,
        size: Some((24_028_992, 50)),
    },
    Published {
        name: "word2vec",
        file: "word2vec",
        family: "words",
        training_data: "text",
        objective: "words in context",
        cluster: None,
        size: None,
    },
    Published {
        name: "MiniLM",
        file: "minilm_l6_word",
        family: "words",
        training_data: "text",
        objective: "sentence pairs",
        cluster: None,
        size: None,
    },
];

impl Data {
    /// Reads all trials, with their participants.
    pub fn human_trials(&self) -> Result<OddOneOut> {
        let participants = self.path("things/human_triplets_participant.npy");
        let source = TripletSource::<OddOneOutTask>::new(self.path("things/human_triplets.npy"))?
            .with_participants(TrialParticipants::read(participants)?);
        Ok(source.read(&self.things.all)?.into_judgments())
    }

    /// Reads the trials whose objects all have an image, and returns the number of other trials.
    pub fn pictured_trials(&self) -> Result<(OddOneOut, usize)> {
        self.human_trials()?.restrict_to(&self.things.pictured)
    }

    /// Reads the choices of participants or of a language model in 2,171 trials.
    pub fn choices(&self, who: &str) -> Result<OddOneOut> {
        let path = self.path(&format!("things/2171trials_{who}.txt"));
        Ok(TripletFile::read(path, self.things.all.clone())?.into_judgments())
    }

    /// Reads the VICE embedding, whose rows are in the order of file names, and joins it with the
    /// trials.
    pub fn vice(&self) -> Result<Representation> {
        let source = FileSource::open(self.path("things/vice_embedding.npy"))?;
        let names = Stimuli::read(self.path("things/vice_objects.txt"))?;
        source.with_ids(names).read()?.select(&self.things.all)
    }

    /// Reads a file of features of the objects, by its name without the extension.
    pub(super) fn features_of_things(&self, file: &str, rows: &Stimuli) -> Result<Representation> {
        self.features(&format!("things_features/{file}.npy"), rows)
    }

    /// Creates the models with features of all objects, the human embeddings and the language
    /// models that answered trials.
    pub(super) fn models_of_things(&self, things48: &Stimuli) -> Result<Vec<Model>> {
        let mut models = Vec::new();
        for published in &PUBLISHED {
            let features = self.features_of_things(published.file, &self.things.all)?;
            let factors = ModelFactors {
                objective: Some(published.objective.into()),
                n_parameters: published.size.map(|(n_parameters, _)| n_parameters),
                n_layers: published.size.map(|(_, n_layers)| n_layers),
                cluster: published.cluster.map(str::to_owned),
                ..factors(published.family, Some(published.training_data))
            };
            let model = Model::new(published.name).with_factors(factors);
            let model = model.on(THINGS, features.clone()).on(PICTURED, features);
            models.push(self.probed(model));
        }
        models.extend(self.embeddings(things48)?);
        for (name, who) in [("GPT-4", "GPT_4"), ("ChatGPT", "ChatGPT_3.5")] {
            let factors = ModelFactors {
                cluster: Some("GPT".into()),
                ..factors("language model", Some("text"))
            };
            let model = Model::new(name).with_factors(factors);
            models.push(model.on(THINGS2171, self.choices(who)?));
        }
        Ok(models)
    }

    /// Reads the human embeddings.
    fn embeddings(&self, things48: &Stimuli) -> Result<[Model; 2]> {
        let vice = self.vice()?;
        let spose = self.spose("spose_embedding66d_rescaled.csv", &self.things.all)?;
        let spose48 = self.spose("spose_embedding66d_rescaled_48val_reordered.csv", things48)?;
        let model = |name, whole: Representation, part: Representation| {
            Model::new(name)
                .with_factors(factors("human embedding", Some("human choices")))
                .on(THINGS, whole.clone())
                .on(PICTURED, whole.clone())
                .on(THINGS2171, whole)
                .on(THINGS48, part)
                .without_probes()
        };
        let vice48 = vice.select(things48)?;
        Ok([model("VICE", vice, vice48), model("SPoSE", spose, spose48)])
    }

    /// Reads a table of SPoSE, whose first two columns are not dimensions.
    fn spose(&self, file: &str, ids: &Stimuli) -> Result<Representation> {
        let source = FileSource::open(self.path("things").join(file))?;
        let source = source.with_ids(ids.clone()).with_ignored_column("")?;
        source.with_ignored_column("image_name")?.read()
    }
}
