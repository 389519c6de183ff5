//! A study in miniature: pictures, a panel of networks that are trained on pictures, and simulated
//! participants who judge other pictures. No files are read.
//!
//! | module | what |
//! |---|---|
//! | [`factors`], [`raster`], [`pictures`] | pictures of figures, and their factors |
//! | [`design`] | designs of networks: architecture, size, labels, objective |
//! | [`layers`], [`network`], [`training`] | networks, with candle |
//! | [`panel`] | all networks, trained |
//! | [`source`] | a layer of a network as a source of representations |
//! | [`people`] | simulated participants: a human embedding, odd-one-out choices, arrangements |
//! | [`study`] | the miniature as a [`Study`](human_alignment::study::Study) |
//!
//! Participants judge by shape and texture, less by colour and size, and not by the background.
//! Networks classify the same pictures either by shape and texture or by colour and background, as
//! unrelated classes or by captions with common words. The alignment of the networks is a result of
//! the study.

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

/// The settings of the miniature.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Seed of all random numbers.
    pub seed: u64,
    /// Whether networks are trained; `false` is a negative control of the effects of training.
    pub trained: bool,
    /// Whether participants answer at random; `true` is a negative control of the effects of
    /// participants.
    ///
    /// Networks with the same training resemble one another, so that the noise of participants
    /// affects them together, which a regression over networks ignores: in 200 such controls its 95
    /// % interval for the training data excluded 0 in one half (choices) to two thirds
    /// (arrangements), although the effect was never above 2.2 points of accuracy or 0.012 of RSA.
    pub people_at_random: bool,
    /// Number of training pictures of each shape with each texture.
    pub n_training_variants: usize,
    /// Number of judged pictures of each shape with each texture.
    pub n_judged_variants: usize,
    /// Number of epochs of training.
    pub n_epochs: usize,
    /// Number of participants.
    pub n_people: usize,
    /// Number of trials that all participants answer.
    pub n_shared_questions: usize,
    /// Number of trials that only one participant answers, for each participant.
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
            n_own_questions: 2000,
        }
    }
}

/// The pictures, networks and participants of the miniature.
pub struct Miniature {
    /// Training pictures of the networks.
    #[allow(dead_code)] // Only tests, which share this file, use it.
    pub training: Pictures,
    /// Pictures that participants judge, which are held out from training.
    pub judged: Arc<Pictures>,
    pub networks: Vec<Arc<Trained>>,
    pub people: People,
}

impl Miniature {
    /// Draws the pictures, trains the networks and simulates the participants.
    ///
    /// The results depend on the settings and not on the number of threads. They may depend on the
    /// processor, as the order of sums in the products of candle does.
    pub fn new(settings: &Settings) -> Result<Self> {
        // The two sets have no name in common.
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

/// The purpose of a stream of random numbers.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    TrainingPictures,
    JudgedPictures,
    /// A random human embedding, and the trials.
    People,
    /// One participant.
    Person(usize),
    /// Initial weights of a network and order of its training pictures.
    Network(usize),
}

/// Creates the random number generator of a purpose.
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
