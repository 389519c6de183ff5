//! Simulated participants, who judge pictures by their factors.

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

/// Weights of the factors in the judgments; the background has none.
const SHAPE: f32 = 1.6;
const TEXTURE: f32 = 1.3;
const COLOUR: f32 = 0.9;
const SIZE: f32 = 0.6;

/// Standard deviation, over participants, of the logarithms of weights.
const DIFFERENCES: f32 = 0.3;

/// Proportion of random answers.
const LAPSES: f64 = 0.05;

/// Temperature of choices.
const TEMPERATURE: f64 = 0.5;

/// Standard deviation of the noise of dissimilarities, whose maximum is about 3.
const NOISE: f64 = 0.5;

/// The embedding of simulated participants and their judgments.
pub struct People {
    /// Human embedding: the weight of each concept for each picture.
    pub embedding: ConceptEmbedding,
    /// Odd-one-out trials, of which all participants answered some.
    pub trials: OddOneOut,
    /// Dissimilarities of all pairs of pictures, one RDM for each participant.
    pub arrangements: RdmSet,
}

impl People {
    /// Simulates the judgments of participants, whose weights of the concepts differ.
    ///
    /// With [`Settings::people_at_random`], choices, dissimilarities and the embedding are noise.
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

/// Returns the names of the concepts.
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

/// Returns the weights of the concepts, `pictures × concepts`.
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

/// Draws three different stimuli.
fn question(n_stimuli: u32, rng: &mut impl Rng) -> [u32; 3] {
    loop {
        let [a, b, c] = std::array::from_fn(|_| rng.random_range(0..n_stimuli));
        if a != b && a != c && b != c {
            return [a, b, c];
        }
    }
}
