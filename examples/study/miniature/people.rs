//! Simulated people, who judge pictures by what they are made of.

use human_alignment::dataset::SimulatedObserver;
use human_alignment::rdm::Participant;
use human_alignment::{
    ConceptEmbedding, Dissimilarity, OddOneOut, OddOneOutTask, Provenance, Rdm, RdmSet,
    Representation, Result, SimilarityDataset,
};
use ndarray::Array2;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::factors::{Colour, Factors, Shape, Texture};
use super::pictures::Pictures;
use super::{Purpose, Settings, generator};

/// How much people care about a shape or a texture, and how much about a colour or the size. They
/// don't care about the background at all.
const SHAPE: f32 = 1.6;
const TEXTURE: f32 = 1.3;
const COLOUR: f32 = 0.9;
const SIZE: f32 = 0.6;

/// How far people differ: the standard deviation of the logarithms of their weights.
const DIFFERENCES: f32 = 0.3;

/// How often people answer without having looked.
const LAPSES: f64 = 0.05;

/// The temperature of their choices.
const TEMPERATURE: f64 = 0.5;

/// Standard deviation of the noise of a dissimilarity; the largest is about 3.
const NOISE: f64 = 0.5;

/// What all people have in common, and what each of them said.
pub struct People {
    /// The human embedding: how far each concept applies to each picture.
    pub embedding: ConceptEmbedding,
    /// Which of three pictures is the odd one; some questions were put to all people.
    pub trials: OddOneOut,
    /// How unlike any two pictures are, to each of the people.
    pub arrangements: RdmSet,
}

impl People {
    /// Asks the people about the pictures. Each weighs the concepts in their own way.
    ///
    /// At random, all choices are lapses, all dissimilarities noise, and the embedding, which would
    /// have been learned from them, is noise as well.
    pub fn simulate(settings: &Settings, pictures: &Pictures) -> Result<Self> {
        let mut rng = generator(settings.seed, Purpose::People);
        let mut seen = seen(pictures);
        let stimuli = &pictures.stimuli;
        let n_stimuli = stimuli.len() as u32;
        let mut questions =
            |n| -> Vec<[u32; 3]> { (0..n).map(|_| question(n_stimuli, &mut rng)).collect() };
        let shared = questions(settings.n_shared_questions);
        let mut trials = Vec::new();
        let mut who = Vec::new();
        let mut names = Vec::new();
        let mut rdms = Vec::new();
        for number in 1..=settings.n_people {
            let mut rng = generator(settings.seed, Purpose::Person(number));
            let name = format!("person {number}");
            let mut own = seen.clone();
            for mut column in own.columns_mut() {
                let normal: f32 = rng.sample(StandardNormal);
                column *= (DIFFERENCES * normal).exp();
            }
            let own = Representation::new(stimuli.clone(), own)?;
            let rdm = Dissimilarity::Euclidean.rdm(&own)?;
            let weight = if settings.people_at_random { 0.0 } else { 1.0 };
            let arranged = rdm.values().iter().map(|distance| {
                let noise: f64 = rng.sample(StandardNormal);
                (weight * distance + NOISE * noise).abs()
            });
            rdms.push(Rdm::new(stimuli.clone(), arranged.collect())?);
            let lapses = if settings.people_at_random {
                1.0
            } else {
                LAPSES
            };
            let observer = SimulatedObserver::new(own)?
                .with_temperature(TEMPERATURE)?
                .with_lapse_rate(lapses)?;
            let mut asked = shared.clone();
            asked.extend(questions(settings.n_own_questions));
            let answers = observer.answer::<OddOneOutTask>(&asked, rng.random())?;
            trials.extend(answers.judgments().as_slice());
            who.extend(asked.iter().map(|_| name.clone()));
            names.push(Participant::new(name));
        }
        if settings.people_at_random {
            seen.mapv_inplace(|_| rng.random());
        }
        let embedding = Representation::new(stimuli.clone(), seen)?
            .with_provenance(Provenance::default().with_model("simulated people"));
        Ok(Self {
            embedding: ConceptEmbedding::new(embedding)?.with_names(concepts())?,
            trials: OddOneOut::new(stimuli.clone(), trials)?.with_participants(who)?,
            arrangements: RdmSet::new(names, rdms)?,
        })
    }
}

/// The names of the concepts.
fn concepts() -> Vec<String> {
    let shapes = Shape::ALL.map(Shape::name);
    let textures = Texture::ALL.map(Texture::name);
    let colours = Colour::ALL.map(Colour::name);
    let all = shapes
        .into_iter()
        .chain(textures)
        .chain(colours)
        .chain(["large"]);
    all.map(String::from).collect()
}

/// How far each concept applies to each picture.
fn seen(pictures: &Pictures) -> Array2<f32> {
    let of = |factors: &Factors| {
        let is = |one, weight| if one { weight } else { 0.0 };
        let shapes = Shape::ALL.map(|shape| is(shape == factors.shape, SHAPE));
        let textures = Texture::ALL.map(|texture| is(texture == factors.texture, TEXTURE));
        let colours = Colour::ALL.map(|colour| is(colour == factors.colour, COLOUR));
        let size = [SIZE * factors.size];
        let all = shapes
            .into_iter()
            .chain(textures)
            .chain(colours)
            .chain(size);
        all.collect::<Vec<f32>>()
    };
    let rows: Vec<f32> = pictures
        .pictures
        .iter()
        .flat_map(|picture| of(&picture.factors))
        .collect();
    let shape = (pictures.pictures.len(), concepts().len());
    Array2::from_shape_vec(shape, rows).expect("a weight for each concept")
}

/// Three different stimuli.
fn question(n_stimuli: u32, rng: &mut impl Rng) -> [u32; 3] {
    loop {
        let [a, b, c] = std::array::from_fn(|_| rng.random_range(0..n_stimuli));
        if a != b && a != c && b != c {
            return [a, b, c];
        }
    }
}
