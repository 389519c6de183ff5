//! A pass over questions: from similarities of pairs to the loss and its derivatives.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::judgment::{ChoiceFrequencies, Task};
use crate::softmax::{GROUP, Softmax, SoftmaxGroup};

/// Number of questions processed together, such that their data stay in the first-level cache.
const BLOCK: usize = 256;

/// Questions grouped in tiles of neighbouring first objects and, within a tile, sorted by their
/// second object. A pass then accesses few columns of a matrix at a time (those of the tile and
/// that of a second object), and no two tasks write the same column.
pub(crate) struct Questions {
    n_objects: usize,
    n_pairs: usize,
    /// The objects of each question.
    objects: Vec<[u32; 3]>,
    /// The frequency of each pair, pair by pair; the sum over all questions is 1.
    frequencies: [Vec<f64>; 3],
    /// Number of first objects per tile.
    tile: usize,
    /// The start of the questions of each tile, and the end of the last.
    starts: Vec<usize>,
    /// The questions sorted by their second object; empty if the pair of the second and third
    /// objects cannot be chosen.
    by_second: Vec<u32>,
    second_starts: Vec<usize>,
}

impl Questions {
    /// Creates the questions, with the `shown` stimuli as objects.
    pub fn new<T: Task>(choices: &ChoiceFrequencies<T>) -> Self {
        let mut object_of = vec![0u32; choices.stimuli().len()];
        for (object, &stimulus) in (0..).zip(choices.shown()) {
            object_of[stimulus as usize] = object;
        }
        let n_objects = choices.shown().len();
        let total: f64 = choices.by_pair().iter().flatten().sum();
        let questions = choices
            .questions()
            .par_iter()
            .zip(choices.by_pair())
            .map(|(question, frequencies)| {
                let objects = question.map(|stimulus| object_of[stimulus as usize]);
                ascending::<T>(objects, frequencies.map(|x| x / total))
            })
            .collect();
        Self::sorted(n_objects, T::N_PAIRS, questions)
    }

    /// Sorts questions, each with the frequencies of the choices of its pairs.
    fn sorted(n_objects: usize, n_pairs: usize, mut questions: Vec<([u32; 3], [f64; 3])>) -> Self {
        // The columns of a tile should fit in the second-level cache, but with few objects there
        // should still be enough tiles for all threads.
        let tile = (n_objects / 64).clamp(1, 16);
        // Stable, so that equal questions keep their order.
        questions.par_sort_by_key(|&([a, b, c], _)| (a as usize / tile, b, a, c));
        let frequencies = [0, 1, 2].map(|pair| questions.iter().map(|(_, of)| of[pair]).collect());
        let objects: Vec<[u32; 3]> = questions.into_iter().map(|(objects, _)| objects).collect();
        let tiles = objects.iter().map(|objects| objects[0] as usize / tile);
        let starts = starts(tiles, n_objects.div_ceil(tile));
        let (mut by_second, mut second_starts) = (Vec::new(), Vec::new());
        if n_pairs == 3 {
            by_second = (0..objects.len() as u32).collect();
            by_second.par_sort_by_key(|&question| objects[question as usize][1]);
            let seconds = by_second.iter();
            let seconds = seconds.map(|&question| objects[question as usize][1] as usize);
            second_starts = self::starts(seconds, n_objects);
        }
        Self {
            n_objects,
            n_pairs,
            objects,
            frequencies,
            tile,
            starts,
            by_second,
            second_starts,
        }
    }

    pub fn len(&self) -> usize {
        self.objects.len()
    }

    pub fn n_objects(&self) -> usize {
        self.n_objects
    }

    /// Returns true if the pass also reads similarities above the diagonal.
    pub fn reads_both_triangles(&self) -> bool {
        self.n_pairs == 2
    }

    /// Computes the mean −ln p of the choices with p = softmax(similarity), and its derivatives
    /// with respect to the logit of each pair. Both matrices are objects × objects, and each pair
    /// is in the column of one of its objects; `third` is a buffer with one number per question.
    pub fn pass(&self, similarities: &[f64], derivatives: &mut [f64], third: &mut [f64]) -> f64 {
        let n = self.n_objects;
        let arch = Arch::new();
        let rows = split(third, &self.starts);
        let losses: Vec<f64> = derivatives
            .par_chunks_mut(self.tile * n)
            .zip(rows)
            .enumerate()
            .map_init(Room::new, |room, (tile, (derivatives, third))| {
                derivatives.fill(0.0);
                let mut loss = 0.0;
                let mut start = self.starts[tile];
                let first_of_tile = tile * self.tile;
                for third in third.chunks_mut(BLOCK) {
                    let questions = start..start + third.len();
                    start = questions.end;
                    self.gather(questions.clone(), similarities, &mut room.similarities);
                    loss += arch.dispatch(Derive {
                        similarities: &room.similarities,
                        frequencies: self.frequencies_of(questions.clone()),
                        first: &mut room.first,
                        second: &mut room.second,
                        third,
                    });
                    let of_pairs = room.first.iter().zip(&room.second);
                    for (&[a, b, c], (ab, ac)) in self.objects[questions].iter().zip(of_pairs) {
                        let column = (a as usize - first_of_tile) * n;
                        derivatives[column + b as usize] += ab;
                        derivatives[column + c as usize] += ac;
                    }
                }
                loss
            })
            .collect();
        if self.n_pairs == 3 {
            let third = &*third;
            let columns = derivatives.par_chunks_mut(n).enumerate();
            columns.for_each(|(second, derivatives)| {
                let range = self.second_starts[second]..self.second_starts[second + 1];
                for &question in &self.by_second[range] {
                    let [_, _, c] = self.objects[question as usize];
                    derivatives[c as usize] += third[question as usize];
                }
            });
        }
        losses.iter().sum()
    }

    /// Computes the mean entropy of the choices θ p + (1 − θ) y, between the probabilities p and
    /// the choices y of the participants.
    pub fn mixed_entropy(&self, similarities: &[f64], theta: f64) -> f64 {
        let entropies: Vec<f64> = self
            .starts
            .par_windows(2)
            .map(|ends| {
                let questions = ends[0]..ends[1];
                let mut sum = 0.0;
                let mut of_pairs = [[0.0; BLOCK]; 3];
                for start in questions.clone().step_by(BLOCK) {
                    let block = start..questions.end.min(start + BLOCK);
                    self.gather(block.clone(), similarities, &mut of_pairs);
                    let frequencies = self.frequencies_of(block.clone());
                    for question in 0..block.len() {
                        let similarities = of_pairs.each_ref().map(|pair| pair[question]);
                        let frequencies = frequencies.map(|pair| pair[question]);
                        sum += mixed_entropy(similarities, frequencies, theta);
                    }
                }
                sum
            })
            .collect();
        entropies.iter().sum()
    }

    /// Collects the similarities of the pairs of questions.
    fn gather(&self, questions: Range<usize>, similarities: &[f64], out: &mut [[f64; BLOCK]; 3]) {
        let objects = &self.objects[questions];
        gather(objects, self.n_pairs, similarities, self.n_objects, out);
    }

    fn frequencies_of(&self, questions: Range<usize>) -> [&[f64]; 3] {
        self.frequencies
            .each_ref()
            .map(|pair| &pair[questions.clone()])
    }
}

/// Adds the derivatives of Σ −ln p over trials, in which the first pair was chosen, and returns the
/// sum. The trials are in any order; each pair is added in one of its two positions.
///
/// Slower than [`Questions::pass`], because successive trials access other columns. Sorting them by
/// their first object for one pass takes as long as it saves. `similarities` must have both triangles.
pub(crate) fn add_trials<T: Task>(
    trials: &[[u32; 3]],
    similarities: &[f64],
    n_objects: usize,
    derivatives: &mut [f64],
) -> f64 {
    let arch = Arch::new();
    let mut room = Room::new();
    let mut third = [0.0; BLOCK];
    let (chosen, other) = ([1.0; BLOCK], [0.0; BLOCK]);
    let mut loss = 0.0;
    for trials in trials.chunks(BLOCK) {
        gather(
            trials,
            T::N_PAIRS,
            similarities,
            n_objects,
            &mut room.similarities,
        );
        loss += arch.dispatch(Derive {
            similarities: &room.similarities,
            frequencies: [&chosen, &other, &other],
            first: &mut room.first,
            second: &mut room.second,
            third: &mut third[..trials.len()],
        });
        let of_pairs = room.first.iter().zip(&room.second).zip(&third);
        for (&[a, b, c], ((ab, ac), bc)) in trials.iter().zip(of_pairs) {
            let column = a as usize * n_objects;
            derivatives[column + b as usize] += ab;
            derivatives[column + c as usize] += ac;
            if T::N_PAIRS == 3 {
                derivatives[b as usize * n_objects + c as usize] += bc;
            }
        }
    }
    loss
}

/// Collects the similarities of the pairs of questions.
fn gather(
    objects: &[[u32; 3]],
    n_pairs: usize,
    similarities: &[f64],
    n_objects: usize,
    out: &mut [[f64; BLOCK]; 3],
) {
    let [ab, ac, bc] = out;
    for (&[a, b, c], (ab, ac)) in objects.iter().zip(ab.iter_mut().zip(ac)) {
        *ab = similarities[a as usize * n_objects + b as usize];
        *ac = similarities[a as usize * n_objects + c as usize];
    }
    if n_pairs == 3 {
        for (&[_, b, c], bc) in objects.iter().zip(bc) {
            *bc = similarities[b as usize * n_objects + c as usize];
        }
    } else {
        bc.fill(f64::NEG_INFINITY);
    }
}

/// Sorts the objects of an odd-one-out question in ascending order, so that all pairs lie below the
/// diagonal; returns an anchored question unchanged.
fn ascending<T: Task>(objects: [u32; 3], frequencies: [f64; 3]) -> ([u32; 3], [f64; 3]) {
    if T::N_PAIRS == 2 {
        return (objects, frequencies);
    }
    // Sort the frequency of a pair with the object that is not in the pair.
    let [ab, ac, bc] = frequencies;
    let mut left_out = [(objects[0], bc), (objects[1], ac), (objects[2], ab)];
    left_out.sort_unstable_by_key(|&(object, _)| object);
    let [(a, bc), (b, ac), (c, ab)] = left_out;
    ([a, b, c], [ab, ac, bc])
}

/// Returns the start of each number in an ascending list, and the end of the last.
fn starts(ascending: impl Iterator<Item = usize>, n: usize) -> Vec<usize> {
    let mut starts = vec![0; n + 1];
    for number in ascending {
        starts[number + 1] += 1;
    }
    for number in 0..n {
        starts[number + 1] += starts[number];
    }
    starts
}

/// Splits a slice into the parts between the starts.
fn split<'a>(mut all: &'a mut [f64], starts: &[usize]) -> Vec<&'a mut [f64]> {
    let lens = starts.windows(2).map(|ends| ends[1] - ends[0]);
    lens.map(|len| {
        let (part, rest) = std::mem::take(&mut all).split_at_mut(len);
        all = rest;
        part
    })
    .collect()
}

/// Computes the weight of a question times the entropy of θ p + (1 − θ) y.
fn mixed_entropy(similarities: [f64; 3], frequencies: [f64; 3], theta: f64) -> f64 {
    let weight: f64 = frequencies.iter().sum();
    let probabilities = Softmax::new(similarities, 1.0).probabilities();
    let mut entropy = 0.0;
    for (p, frequency) in probabilities.into_iter().zip(frequencies) {
        let q = theta * p + (1.0 - theta) * frequency / weight;
        if q > 0.0 {
            entropy -= q * q.ln();
        }
    }
    weight * entropy
}

/// The buffers of a task.
struct Room {
    similarities: [[f64; BLOCK]; 3],
    first: [f64; BLOCK],
    second: [f64; BLOCK],
}

impl Room {
    fn new() -> Self {
        Self {
            similarities: [[0.0; BLOCK]; 3],
            first: [0.0; BLOCK],
            second: [0.0; BLOCK],
        }
    }
}

/// The computation of the loss and its derivatives for a block of questions. A type rather than a
/// function, because vector instructions are dispatched by type.
struct Derive<'a> {
    similarities: &'a [[f64; BLOCK]; 3],
    frequencies: [&'a [f64]; 3],
    first: &'a mut [f64; BLOCK],
    second: &'a mut [f64; BLOCK],
    third: &'a mut [f64],
}

impl WithSimd for Derive<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let len = self.third.len();
        let [ab, ac, bc] = self.similarities.each_ref().map(|pair| &pair[..len]);
        let [x, y, z] = self.frequencies.map(|pair| &pair[..len]);
        let (first, second) = (&mut self.first[..len], &mut self.second[..len]);
        let third = &mut self.third[..len];
        let mut losses = [0.0; BLOCK];
        let losses = &mut losses[..len];
        let mut group = SoftmaxGroup::new();
        for start in (0..len).step_by(GROUP) {
            let questions = start..len.min(start + GROUP);
            group.compute([ab, ac, bc].map(|pair| &pair[questions.clone()]), 1.0);
            for question in questions {
                let (x, y, z) = (x[question], y[question], z[question]);
                let weight = x + y + z;
                let softmax = group.at(question - start);
                let [p, q, r] = softmax.probabilities();
                first[question] = weight * p - x;
                second[question] = weight * q - y;
                third[question] = weight * r - z;
                // The third pair of an anchored question has infinite cost, and is never chosen.
                let of_third = if z > 0.0 {
                    z * softmax.surprisal(2)
                } else {
                    0.0
                };
                losses[question] = x * softmax.surprisal(0) + y * softmax.surprisal(1) + of_third;
            }
        }
        losses.iter().sum()
    }
}
