//! The training of networks.

use candle_core::{D, Device, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::design::{Labels, N_OUTPUTS, Objective};
use super::network::{BATCH, Network};
use super::pictures::{Picture, Pictures};

/// Maximum of the learning rate.
const LEARNING_RATE: f64 = 3e-3;

/// Maximal random shift of pictures, in pixels.
const MOVED: i32 = 1;

/// Temperature of the similarities of pictures and captions.
const TEMPERATURE: f64 = 0.1;

/// The result of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Mean loss of the last epoch, in nats.
    pub loss: f64,
    /// Accuracy on the training pictures.
    pub accuracy: f64,
    /// Accuracy on the judged pictures, which are held out.
    pub judged_accuracy: f64,
}

/// Trains a network with AdamW (Loshchilov & Hutter 2019), whose learning rate increases during the
/// first tenth of the steps and then decreases to 0.
pub fn train(
    network: &Network,
    (labels, objective): (Labels, Objective),
    n_epochs: usize,
    training: &Pictures,
    judged: &Pictures,
    rng: &mut ChaCha8Rng,
) -> Result<Report> {
    let captions = match objective {
        Objective::Softmax => None,
        Objective::ImageText => Some(Captions::new(labels, rng)?),
    };
    let task = Task { labels, captions };
    let words = task.captions.iter().flat_map(|captions| &captions.words);
    let parameters = network.parameters().chain(words).cloned().collect();
    let mut optimizer = AdamW::new(parameters, ParamsAdamW::default())?;
    let mut pictures: Vec<&Picture> = training.pictures.iter().collect();
    let n_batches = pictures.len().div_ceil(BATCH);
    let n_steps = (n_epochs * n_batches) as f64;
    let mut loss = f64::NAN;
    for epoch in 0..n_epochs {
        pictures.shuffle(rng);
        let mut sum = 0.0;
        for (batch, pictures) in pictures.chunks(BATCH).enumerate() {
            let done = (epoch * n_batches + batch) as f64 / n_steps;
            let rate = LEARNING_RATE * (10.0 * done + 0.1).min(1.0) * (1.0 - done);
            optimizer.set_learning_rate(rate);
            let mut pixels = || rng.random_range(-MOVED..=MOVED);
            let moved: Vec<(&Picture, [i32; 2])> = pictures
                .iter()
                .map(|&picture| (picture, [pixels(), pixels()]))
                .collect();
            let classes = Tensor::new(task.classes(pictures), &Device::Cpu)?;
            let loss = loss::cross_entropy(&task.scores(network, moved)?, &classes)?;
            optimizer.backward_step(&loss)?;
            sum += f64::from(loss.to_scalar::<f32>()?);
        }
        loss = sum / n_batches as f64;
    }
    Ok(Report {
        loss,
        accuracy: task.accuracy(network, training)?,
        judged_accuracy: task.accuracy(network, judged)?,
    })
}

/// The task of a network: the class of a picture should have the highest score.
struct Task {
    labels: Labels,
    /// Captions; `None` if the outputs of the network are the scores.
    captions: Option<Captions>,
}

impl Task {
    /// Computes scores, `pictures × classes`.
    fn scores(&self, network: &Network, pictures: Vec<(&Picture, [i32; 2])>) -> Result<Tensor> {
        let outputs = network.forward(pictures)?.pop().expect("there is a layer");
        match &self.captions {
            None => Ok(outputs),
            Some(captions) => captions.scores(&outputs),
        }
    }

    /// Returns the proportion of pictures whose class has the highest score.
    fn accuracy(&self, network: &Network, pictures: &Pictures) -> Result<f64> {
        let pictures: Vec<&Picture> = pictures.pictures.iter().collect();
        let mut n_right = 0;
        for batch in pictures.chunks(BATCH) {
            let unmoved = batch.iter().map(|&picture| (picture, [0, 0])).collect();
            let highest = self.scores(network, unmoved)?.argmax(D::Minus1)?;
            let found = highest.to_vec1::<u32>()?.into_iter();
            n_right += found
                .zip(self.classes(batch))
                .filter(|(found, class)| found == class)
                .count();
        }
        Ok(n_right as f64 / pictures.len() as f64)
    }

    fn classes(&self, pictures: &[&Picture]) -> Vec<u32> {
        let class = |picture: &&Picture| self.labels.class(&picture.factors);
        pictures.iter().map(class).collect()
    }
}

/// The captions of all classes: sums of learned embeddings of their two words, so that captions
/// with a common word are similar at first.
struct Captions {
    words: [Var; 2],
}

impl Captions {
    fn new(labels: Labels, rng: &mut ChaCha8Rng) -> Result<Self> {
        let [first, second] = labels.n_words().map(|n_words| {
            let n_values = n_words * N_OUTPUTS;
            let values: Vec<f32> = rng.sample_iter(StandardNormal).take(n_values).collect();
            Var::from_vec(values, (n_words, N_OUTPUTS), &Device::Cpu)
        });
        Ok(Self {
            words: [first?, second?],
        })
    }

    /// Computes cosine similarities of pictures and captions, divided by a temperature: one
    /// direction of the contrastive loss of CLIP (Radford et al. 2021).
    fn scores(&self, embeddings: &Tensor) -> Result<Tensor> {
        let [first, second] = &self.words;
        let captions = first.unsqueeze(1)?.broadcast_add(&second.unsqueeze(0)?)?;
        let captions = directions(&captions.flatten_to(1)?)?;
        directions(embeddings)?.matmul(&captions.t()?)? / TEMPERATURE
    }
}

/// Scales rows to length 1.
fn directions(rows: &Tensor) -> Result<Tensor> {
    let lengths = (rows.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    rows.broadcast_div(&lengths)
}
