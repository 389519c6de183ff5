//! The study of trained networks and real participants.
//!
//! | data set | judgments |
//! |---|---|
//! | `objects92` | arrangements of 92 object images by 16 participants |
//! | `shoes` | odd-one-out choices among 85 shoes, derived from the anchored choices |
//! | `shoes, anchored` | 283,770 choices of the shoe that is more similar to a third |
//! | `things48` | dissimilarities from odd-one-out choices of all triples of 48 objects |
//! | `things2171` | 2,171 odd-one-out choices among 1,854 objects |

mod networks;

use std::path::{Path, PathBuf};

use human_alignment::concept::read_labels;
use human_alignment::dataset::{Kriegeskorte92, Things48, TripletFile};
use human_alignment::rdm::RdmFile;
use human_alignment::study::{Measures, Model, ModelFactors, Study};
use human_alignment::{
    AnchoredTask, FileSource, ImageFiles, OddOneOut, OddOneOutTask, Rdm, Representation, Result,
    SimilarityDataset, Stimuli,
};

pub const OBJECTS: &str = "objects92";
pub const SHOES: &str = "shoes";
pub const ANCHORED: &str = "shoes, anchored";
pub const THINGS48: &str = "things48";
pub const THINGS: &str = "things2171";

/// A folder of published data, as the README describes it.
pub struct Data {
    pub folder: PathBuf,
    pub objects: Kriegeskorte92,
    pub object_images: ImageFiles,
    pub shoe_images: ImageFiles,
}

impl Data {
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            objects: Kriegeskorte92::read(folder.join("kriegeskorte92"))?,
            object_images: ImageFiles::from_folder(folder.join("kriegeskorte92/images"))?,
            shoe_images: ImageFiles::from_folder(folder.join("zappos/images"))?,
            folder: folder.into(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Reads the objects of THINGS, in the order of its files.
    pub fn things(&self) -> Result<Stimuli> {
        Stimuli::read_column(self.path("things/things_concepts.tsv"), "uniqueID")
    }

    /// Reads the choices of participants or of a language model in 2,171 trials.
    pub fn choices(&self, who: &str, things: &Stimuli) -> Result<OddOneOut> {
        let path = self.path(&format!("things/2171trials_{who}.txt"));
        Ok(TripletFile::read(path, things.clone())?.into_judgments())
    }

    /// Reads the VICE embedding, whose rows are in the order of file names, and joins it with the
    /// trials.
    pub fn vice(&self, things: &Stimuli) -> Result<Representation> {
        let source = FileSource::open(self.path("things/vice_embedding.npy"))?;
        let names = Stimuli::read(self.path("things/vice_objects.txt"))?;
        source.with_ids(names).read()?.select(things)
    }

    /// Reads the category of each of the 92 objects.
    pub fn categories(&self) -> Result<Vec<(String, String)>> {
        let ids = self.objects.stimuli();
        let labels = read_labels(
            self.path("kriegeskorte92/stimuli.tsv"),
            "id",
            "category",
            ids,
        )?;
        Ok(ids.ids().iter().cloned().zip(labels).collect())
    }

    /// Creates the study, without a cache.
    pub fn study(&self, measures: Measures) -> Result<Study> {
        let things = self.things()?;
        let objects48 = self.path("things/spose_embedding66d_rescaled_48val_reordered.csv");
        let things48 = Things48::read(
            self.path("things/RDM48_triplet.mat"),
            Things48::objects(objects48)?,
        )?;
        let shoes = self.shoe_images.stimuli();
        let derived = self.path("zappos/odd_one_out_derived.npy");
        let anchored = self.path("zappos/anchored_triplets.npy");
        // The ids of the trials are the numbers of the shoes, which are the names of the images.
        let numbered = Stimuli::numbered(shoes.len() as u32);
        shoes.same_set_as(&numbered)?;
        let derived = TripletFile::<OddOneOutTask>::read(derived, numbered.clone())?;
        let anchored = TripletFile::<AnchoredTask>::read(anchored, numbered)?;

        let mut study = Study::new(measures)
            .with_dataset(OBJECTS, self.objects.judgments().clone())?
            .with_dataset(SHOES, derived.into_judgments())?
            .with_dataset(ANCHORED, anchored.into_judgments())?
            .with_dataset(THINGS48, things48.judgments().clone())?
            .with_dataset(THINGS, self.choices("humans", &things)?)?;
        let models = networks::all(self)?.into_iter();
        let models = models.chain(self.published_models()?);
        for model in models.chain(self.embeddings(&things, things48.stimuli())?) {
            study = study.with_model(model)?;
        }
        for (name, who) in [("GPT-4", "GPT_4"), ("ChatGPT", "ChatGPT_3.5")] {
            let model = Model::new(name).with_factors(factors("language model", Some("text")));
            study = study.with_model(model.on(THINGS, self.choices(who, &things)?))?;
        }
        Ok(study)
    }

    /// Reads the published RDMs and features of AlexNet, brain areas and theories.
    fn published_models(&self) -> Result<Vec<Model>> {
        let mut models = Vec::new();
        let alexnet = "alexnet_layer_rdms_condensed.npy";
        let layers = self.objects.models(alexnet, "alexnet_layer_rdms.json")?;
        for (depth, (layer, rdm)) in (1..).zip(layers) {
            // The probabilities are not a layer with weights.
            let model = match layer.as_str() {
                "prob" => Model::new("AlexNet, softmax"),
                _ => Model::new("AlexNet")
                    .with_factors(networks::alexnet())
                    .with_tap(layer, depth),
            };
            models.push(model.on(OBJECTS, rdm));
        }
        let shoes = FileSource::open(self.path("zappos/alexnet_fc_features.npy"))?.read()?;
        let shoes_of_alexnet = Model::new("AlexNet").with_factors(networks::alexnet());
        models.push(
            shoes_of_alexnet
                .with_tap("fc, 4096 features", 6)
                .on(SHOES, shoes.clone())
                .on(ANCHORED, shoes),
        );
        for (name, file) in [
            ("human IT", "human_it_rdm_condensed.npy"),
            ("monkey IT", "monkey_it_rdm_condensed.npy"),
        ] {
            let rdm = self.condensed(file)?;
            models.push(
                Model::new(name)
                    .with_factors(factors("brain", None))
                    .on(OBJECTS, rdm),
            );
        }
        let theories = "category_model_rdms.npy";
        for (name, rdm) in self.objects.models(theories, "category_model_rdms.json")? {
            // One of the models is a copy of the RDM of monkey IT.
            if name != "monkeyIT" {
                models.push(
                    Model::new(name)
                        .with_factors(factors("theory", None))
                        .on(OBJECTS, rdm),
                );
            }
        }
        Ok(models)
    }

    fn condensed(&self, file: &str) -> Result<Rdm> {
        let file = RdmFile::new(self.path("kriegeskorte92").join(file))?;
        let set = file.with_ids(self.objects.stimuli().clone()).read()?;
        Ok(set.rdms()[0].clone())
    }

    /// Reads the human embeddings of THINGS.
    fn embeddings(&self, things: &Stimuli, things48: &Stimuli) -> Result<[Model; 2]> {
        let vice = self.vice(things)?;
        let spose = self.spose("spose_embedding66d_rescaled.csv", things)?;
        let spose48 = self.spose("spose_embedding66d_rescaled_48val_reordered.csv", things48)?;
        let model = |name, whole: Representation, part: Representation| {
            let model =
                Model::new(name).with_factors(factors("human embedding", Some("human choices")));
            model.on(THINGS, whole).on(THINGS48, part).without_probes()
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

fn factors(family: &str, training_data: Option<&str>) -> ModelFactors {
    ModelFactors {
        family: Some(family.into()),
        training_data: training_data.map(str::to_owned),
        ..ModelFactors::default()
    }
}
