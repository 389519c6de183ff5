//! The study of trained networks and real participants.
//!
//! | data set | judgments |
//! |---|---|
//! | `things` | 127,304 odd-one-out choices among 1,854 objects by 264 participants |
//! | `things with images` | the choices among the 1,845 objects of which networks have seen an image |
//! | `objects92` | arrangements of 92 object images by 16 participants |
//! | `shoes` | odd-one-out choices among 85 shoes, derived from the anchored choices |
//! | `shoes, anchored` | 283,770 choices of the shoe that is more similar to a third |
//! | `materials` | 92,892 choices of the one of 100 materials that is more similar to a third |
//! | `things48` | dissimilarities from odd-one-out choices of all triples of 48 objects |
//! | `things2171` | 2,171 odd-one-out choices among 1,854 objects |
//!
//! The folder of the data, `--data DIR`, has these files:
//!
//! | file | content | published by |
//! |---|---|---|
//! | `things/things_concepts.tsv`, `RDM48_triplet.mat`, `spose_embedding66d_rescaled*.csv` | objects, dissimilarities of 48 of them, SPoSE | Hebart et al. 2020 |
//! | `things/human_triplets.npy`, `human_triplets_participant.npy`, `crossed_*.npy`, `repeated_triplets.tsv` | trials and their participants, from 0, the odd one last | Hebart et al. 2023 |
//! | `things/vice_embedding.npy`, `vice_objects.txt` | VICE and the names of its rows | Muttenthaler et al. 2022 |
//! | `things/2171trials_humans.txt`, `…_GPT_4.txt`, `…_ChatGPT_3.5.txt` | trials answered by people and language models | Du et al. 2025 |
//! | `things_features/*.npy`, `objects_with_image.txt` | features of models, a row for each object (with an image) | your own extraction |
//! | `kriegeskorte92/images`, `human_behaviour_rdms.npy`, `stimuli.tsv`, … | images, arrangements of 16 people, categories, RDMs of brains and AlexNet | the demos of rsatoolbox |
//! | `zappos/images`, `anchored_triplets.npy`, `odd_one_out_derived.npy`, `alexnet_fc_features.npy` | images, choices and features of shoes | Heim et al. 2015 |
//! | `materials/images`, `stimuli.txt`, `triplets_train.npy`, `votes_train.npy` | images and votes | Lagunas et al. 2019 |
//! | `weights/*.safetensors` | trained networks | their authors |

pub mod ceilings;
mod dequantized;
mod materials;
mod networks;
mod published;
mod things;

use std::path::{Path, PathBuf};

use human_alignment::concept::read_labels;
use human_alignment::dataset::{Kriegeskorte92, Things48, TripletFile};
use human_alignment::error::Context;
use human_alignment::inference::Interval;
use human_alignment::study::{Measures, Model, ModelFactors, Study};
use human_alignment::{
    AnchoredTask, Error, FileSource, ImageFiles, OddOneOutTask, Representation, Result,
    SimilarityDataset, Stimuli,
};
use ndarray::Array2;

pub const THINGS: &str = "things";
pub const PICTURED: &str = "things with images";
pub const OBJECTS: &str = "objects92";
pub const SHOES: &str = "shoes";
pub const ANCHORED: &str = "shoes, anchored";
pub const MATERIALS: &str = "materials";
pub const THINGS48: &str = "things48";
pub const THINGS2171: &str = "things2171";

/// Number of shoes that the trials show.
const N_SHOES: usize = 85;

/// A folder of published data.
pub struct Data {
    pub folder: PathBuf,
    pub things: things::Objects,
    pub objects: Kriegeskorte92,
    pub object_images: ImageFiles,
    pub shoe_images: ImageFiles,
    pub material_images: ImageFiles,
    /// Whether the probes of all networks are learned from THINGS, not only those of three, and
    /// untrained networks are probed.
    pub all_probed: bool,
}

impl Data {
    pub fn open(folder: &Path) -> Result<Self> {
        let concepts = folder.join("things/things_concepts.tsv");
        let pictured = folder.join("things_features/objects_with_image.txt");
        Ok(Self {
            things: things::Objects {
                all: Stimuli::read_column(concepts, "uniqueID")?,
                pictured: Stimuli::read(pictured)?,
            },
            objects: Kriegeskorte92::read(folder.join("kriegeskorte92"))?,
            object_images: ImageFiles::from_folder(folder.join("kriegeskorte92/images"))?,
            shoe_images: ImageFiles::from_folder(folder.join("zappos/images"))?,
            material_images: ImageFiles::from_folder(folder.join("materials/images"))?,
            folder: folder.into(),
            all_probed: false,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Adds the file to the error of what was computed from it, unless the error names a file.
    fn in_file<R>(&self, name: &str, result: Result<R>) -> Result<R> {
        result.map_err(|error| match error.path() {
            Some(_) => error,
            None => error.with_context(Context::File(self.path(name))),
        })
    }

    /// Reads features with a row for each of `rows`. They are read before anything is measured, so that
    /// an error ends the study at once.
    fn features(&self, name: &str, rows: &Stimuli) -> Result<Representation> {
        let source = FileSource::open(self.path(name))?;
        source.with_ids(rows.clone()).read()
    }

    /// Reads a matrix of whole numbers from 0 to `largest`, of which there are as many as the shape
    /// says.
    fn counts(&self, name: &str, shape: [Option<usize>; 2], largest: f64) -> Result<Array2<f64>> {
        let path = self.path(name);
        let counts = FileSource::open(&path)?.read()?.features().to_f64();
        let found = [counts.nrows(), counts.ncols()];
        let fits = shape
            .iter()
            .zip(found)
            .all(|(expected, n)| expected.is_none_or(|e| e == n));
        if !fits {
            let [rows, columns] =
                shape.map(|n| n.map_or("any number of".into(), |n| n.to_string()));
            let [n_rows, n_columns] = found;
            return Err(Error::other(format!(
                "{}: {n_rows} rows and {n_columns} columns (expected {rows} rows and {columns} columns)",
                path.display()
            )));
        }
        let is_count = |value: &f64| value.fract() == 0.0 && (0.0..=largest).contains(value);
        match counts.indexed_iter().find(|(_, value)| !is_count(value)) {
            None => Ok(counts),
            Some(((row, column), value)) => Err(Error::other(format!(
                "{}: row {row}, column {column} is {value} (expected a whole number from 0 to {largest})",
                path.display()
            ))),
        }
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

    /// Restricts the probes of a model to the data sets that they are learned on.
    fn probed(&self, model: Model) -> Model {
        let is_probed = self.all_probed || PROBED_ON_THINGS.contains(&model.label().as_str());
        let small = [SHOES, MATERIALS].into_iter();
        match is_probed {
            true => model.with_probes_on(small.chain([PICTURED])),
            false => model.with_probes_on(small),
        }
    }

    /// Creates the study, without a cache. `ceiling` is the noise ceiling of the trials of THINGS, of
    /// which none is repeated.
    pub fn study(&self, measures: Measures, ceiling: Interval) -> Result<Study> {
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
        if shoes.len() != N_SHOES {
            return Err(Error::other(format!(
                "{}: {} images (expected {N_SHOES}, from 0.jpg to {}.jpg)",
                self.path("zappos/images").display(),
                shoes.len(),
                N_SHOES - 1
            )));
        }
        let derived = TripletFile::<OddOneOutTask>::read(derived, numbered.clone())?;
        let anchored = TripletFile::<AnchoredTask>::read(anchored, numbered)?;
        let (pictured, _) = self.pictured_trials()?;

        let mut study = Study::new(measures)
            .with_dataset(THINGS, self.human_trials()?)?
            .with_dataset(PICTURED, pictured)?
            .with_dataset(OBJECTS, self.objects.judgments().clone())?
            .with_dataset(SHOES, derived.into_judgments())?
            .with_dataset(ANCHORED, anchored.into_judgments())?
            .with_dataset(MATERIALS, self.material_votes()?)?
            .with_dataset(THINGS48, things48.judgments().clone())?
            .with_dataset(THINGS2171, self.choices("humans")?)?
            .with_ceiling(THINGS, ceiling)?
            .with_ceiling(PICTURED, ceiling)?;
        for model in [
            networks::all(self)?,
            dequantized::all(self)?,
            published::all(self)?,
            self.models_of_things(things48.stimuli())?,
        ]
        .into_iter()
        .flatten()
        {
            study = study.with_model(model)?;
        }
        Ok(study)
    }
}

/// Labels of the models whose probes are learned from THINGS, which has the most trials, unless
/// all are.
const PROBED_ON_THINGS: [&str; 3] = [
    "squeezenet1_1 features.12@mean",
    "mobilenet_v1_025 stage3@mean",
    "resnet20_cifar10 layer3@mean",
];

fn factors(family: &str, training_data: Option<&str>) -> ModelFactors {
    ModelFactors {
        family: Some(family.into()),
        training_data: training_data.map(str::to_owned),
        ..ModelFactors::default()
    }
}
