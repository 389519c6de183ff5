//! A whole study in miniature: pictures, a panel of networks trained on them, and simulated people
//! who judge others of them. Nothing is read from anywhere.
//!
//! | module | what |
//! |---|---|
//! | [`factors`], [`raster`], [`pictures`] | pictures of figures, and what they are made of |
//! | [`design`] | how networks differ: architecture, size, labels, objective |
//! | [`layers`], [`network`], [`training`] | networks, with candle |
//! | [`panel`] | all networks, trained |
//! | [`source`] | a layer of a network as a source of representations |
//! | [`people`] | simulated people: a human embedding, odd-one-out choices, arrangements |
//! | [`study`] | all of it as a [`Study`](human_alignment::study::Study) |
//!
//! What is put in: people judge by shape and texture, less by colour and size, and not at all by the
//! background. Networks see the same pictures and learn to tell apart either shapes with textures or
//! colours with backgrounds, as unrelated classes or by captions that share words. How human that
//! makes them is not put in: it has to come out.

pub mod design;
pub mod factors;
pub mod layers;
pub mod network;
pub mod panel;
pub mod people;
pub mod pictures;
pub mod raster;
pub mod source;
pub mod study;
pub mod training;

use std::sync::Arc;

use human_alignment::Result;
use panel::Trained;
use people::People;
use pictures::Pictures;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What is built.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Seed of everything random.
    pub seed: u64,
    /// Whether networks are trained; the negative control of what training does is `false`.
    pub trained: bool,
    /// Whether people answer without looking, as the other negative control.
    ///
    /// Networks that learned the same resemble each other, and the noise of people favours or disfavours
    /// them together. A regression over networks doesn't see that: in 200 such controls its 95 % interval
    /// for the training data excluded 0 in half (choices) to two thirds (arrangements), though
    /// the effect was never above 2.2 points of accuracy or 0.012 of RSA.
    pub people_at_random: bool,
    /// Training pictures of each shape with each texture.
    pub n_training_variants: usize,
    /// Pictures of each shape with each texture that people judge.
    pub n_judged_variants: usize,
    /// How often networks see each training picture.
    pub n_epochs: usize,
    /// People.
    pub n_people: usize,
    /// Questions that all people answer.
    pub n_shared_questions: usize,
    /// Questions that each person answers alone.
    pub n_own_questions: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            trained: true,
            people_at_random: false,
            n_training_variants: 40,
            n_judged_variants: 4,
            n_epochs: 16,
            n_people: 10,
            n_shared_questions: 200,
            n_own_questions: 400,
        }
    }
}

/// All that a study is about.
pub struct Miniature {
    /// The pictures that networks are trained with.
    #[allow(dead_code)] // Only tests look at it, which share this file.
    pub training: Pictures,
    /// The pictures that people judge, which no network has seen.
    pub judged: Arc<Pictures>,
    pub networks: Vec<Arc<Trained>>,
    pub people: People,
}

impl Miniature {
    /// Draws the pictures, trains the networks and asks the people.
    ///
    /// The same settings give the same bits on any number of threads (not on any processor: candle's
    /// products add up in the order that suits its caches).
    pub fn new(settings: &Settings) -> Result<Self> {
        // No picture of one set has the name of one of the other.
        let first = 1 + settings.n_judged_variants;
        let judged = Pictures::draw(
            1..first,
            &mut generator(settings.seed, Purpose::JudgedPictures),
        )?;
        let training = Pictures::draw(
            first..first + settings.n_training_variants,
            &mut generator(settings.seed, Purpose::TrainingPictures),
        )?;
        let networks = panel::train(settings, &training, &judged)?;
        let people = People::simulate(settings, &judged)?;
        Ok(Self {
            training,
            judged: Arc::new(judged),
            networks,
            people,
        })
    }
}

/// What is drawn from a stream of random numbers of its own.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    TrainingPictures,
    JudgedPictures,
    /// The human embedding, where it is random, and the questions.
    People,
    /// One person.
    Person(usize),
    /// The initial weights of a network and the order of its pictures.
    Network(usize),
}

/// The random numbers for a purpose.
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let stream = match purpose {
        Purpose::TrainingPictures => 0,
        Purpose::JudgedPictures => 1,
        Purpose::People => 2,
        Purpose::Person(number) => (1 << 32) + number as u64,
        Purpose::Network(number) => (2 << 32) + number as u64,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}
