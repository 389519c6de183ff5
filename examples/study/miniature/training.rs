//! How networks are trained, and how well that went.

use candle_core::{D, Device, Result, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss, ops};
use ndarray::{Array2, Axis};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::design::{Labels, Objective};
use super::network::{BATCH, Network};
use super::pictures::{Picture, Pictures};

/// The largest learning rate.
const LEARNING_RATE: f64 = 3e-3;

/// By how many pixels pictures are moved at most, another way each time.
const MOVED: i32 = 1;

/// The temperature of the contrastive loss.
const TEMPERATURE: f64 = 0.1;

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// The mean loss of the last epoch, in nats.
    pub loss: f64,
    /// The share of training pictures whose class is recognised.
    pub accuracy: f64,
    /// The share of the judged pictures, which no network was trained with.
    pub judged_accuracy: f64,
}

/// Trains a network: AdamW (Loshchilov & Hutter 2019), with a learning rate that rises over a tenth
/// of the steps and then falls to 0.
pub fn train(
    network: &Network,
    (labels, objective): (Labels, Objective),
    n_epochs: usize,
    training: &Pictures,
    judged: &Pictures,
    rng: &mut ChaCha8Rng,
) -> Result<Report> {
    let parameters = network.parameters().cloned().collect();
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
            let moved = pictures
                .iter()
                .map(|&picture| (picture, [pixels(), pixels()]));
            let outputs = network.forward(moved)?.pop().expect("there is a layer");
            let loss = objective.loss(&outputs, &classes(pictures, labels))?;
            optimizer.backward_step(&loss)?;
            sum += f64::from(loss.to_scalar::<f32>()?);
        }
        loss = sum / n_batches as f64;
    }
    let last = network.taps().len() - 1;
    let judged: Vec<&Picture> = judged.pictures.iter().collect();
    let known = (
        network.features(last, &pictures)?,
        classes(&pictures, labels),
    );
    let asked = (network.features(last, &judged)?, classes(&judged, labels));
    Ok(Report {
        loss,
        accuracy: objective.accuracy(&known, None),
        judged_accuracy: objective.accuracy(&asked, Some(&known)),
    })
}

fn classes(pictures: &[&Picture], labels: Labels) -> Vec<u32> {
    let class = |picture: &&Picture| labels.class(&picture.factors);
    pictures.iter().map(class).collect()
}

impl Objective {
    /// The mean loss of a batch of outputs, one row a picture, in nats.
    fn loss(self, outputs: &Tensor, classes: &[u32]) -> Result<Tensor> {
        match self {
            Objective::Softmax => {
                loss::cross_entropy(outputs, &Tensor::new(classes, &Device::Cpu)?)
            }
            Objective::Contrastive => contrastive(outputs, classes),
        }
    }

    /// How many outputs are recognised: by the largest logit, or by the class of the nearest other
    /// embedding that is known, by cosine.
    fn accuracy(
        self,
        (outputs, classes): &(Array2<f32>, Vec<u32>),
        known: Option<&(Array2<f32>, Vec<u32>)>,
    ) -> f64 {
        let recognised: Vec<u32> = match self {
            Objective::Softmax => {
                let largest = |row: ndarray::ArrayView1<f32>| largest(row.iter()) as u32;
                outputs.rows().into_iter().map(largest).collect()
            }
            Objective::Contrastive => {
                let (others, classes) =
                    known.map_or((outputs, classes), |known| (&known.0, &known.1));
                let mut cosines = normalised(outputs).dot(&normalised(others).t());
                if known.is_none() {
                    cosines.diag_mut().fill(f32::NEG_INFINITY);
                }
                let nearest = |row: ndarray::ArrayView1<f32>| classes[largest(row.iter())];
                cosines.rows().into_iter().map(nearest).collect()
            }
        };
        let right = recognised
            .iter()
            .zip(classes)
            .filter(|(found, class)| found == class);
        right.count() as f64 / classes.len() as f64
    }
}

/// The supervised contrastive loss (Khosla et al. 2020, its L_out): for each row, how unlikely rows of
/// the same class are under a softmax over all other rows, by cosine. Rows alone in their class are
/// left out.
fn contrastive(outputs: &Tensor, classes: &[u32]) -> Result<Tensor> {
    let n = classes.len();
    let lengths = (outputs.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    let directions = outputs.broadcast_div(&lengths)?;
    let cosines = directions.matmul(&directions.t()?)?;
    // A row is no candidate for itself.
    let mut itself = vec![0.0; n * n];
    let mut positives = vec![0.0; n * n];
    let mut n_anchors = 0;
    for (row, class) in classes.iter().enumerate() {
        itself[row * n + row] = -1e9;
        let alike = |&other: &usize| other != row && classes[other] == *class;
        let n_alike = (0..n).filter(alike).count();
        n_anchors += usize::from(n_alike > 0);
        for other in (0..n).filter(alike) {
            positives[row * n + other] = -1.0 / n_alike as f32;
        }
    }
    let square = |values: Vec<f32>| Tensor::from_vec(values, (n, n), &Device::Cpu);
    let logits = ((cosines / TEMPERATURE)? + square(itself)?)?;
    let log_probabilities = ops::log_softmax(&logits, D::Minus1)?;
    (log_probabilities * square(positives)?)?.sum_all()? / n_anchors.max(1) as f64
}

fn normalised(rows: &Array2<f32>) -> Array2<f32> {
    let lengths = rows.map_axis(Axis(1), |row| row.dot(&row).sqrt().max(f32::MIN_POSITIVE));
    rows / &lengths.insert_axis(Axis(1))
}

/// The position of the largest value.
fn largest<'a>(values: impl Iterator<Item = &'a f32>) -> usize {
    let by_value = |left: &(usize, &f32), right: &(usize, &f32)| left.1.total_cmp(right.1);
    values
        .enumerate()
        .max_by(by_value)
        .map_or(0, |(position, _)| position)
}
