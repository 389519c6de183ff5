//! Odd-one-out trials generated from class labels.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result, same_length};
use crate::judgment::OddOneOut;
use crate::linalg::reserve;
use crate::stimuli::Stimuli;

/// Odd-one-out trials generated from class labels: two stimuli of one class and, as the odd one, a
/// stimulus of another class. They are not judgments of participants.
///
/// The published evaluation makes such trials from CIFAR-100 and its coarse labels; this type makes
/// them from any labelled set. The trials are balanced:
/// - every class with at least two stimuli provides the pair equally often (up to one trial);
/// - the class of the odd one is drawn uniformly from the other classes;
/// - the stimuli of a class are drawn without replacement until all were drawn, so that they occur
///   equally often (up to one occurrence).
///
/// ```
/// use human_alignment::dataset::LabelTriplets;
/// use human_alignment::{SimilarityDataset, Stimuli};
///
/// let stimuli = Stimuli::new(["cat", "dog", "car", "bus", "sun"])?;
/// let labels = ["animal", "animal", "vehicle", "vehicle", "star"];
/// let triplets = LabelTriplets::new(stimuli, &labels, 100, 1)?;
/// for &[a, b, odd] in triplets.judgments().as_slice() {
///     assert_eq!(labels[a as usize], labels[b as usize]);
///     assert_ne!(labels[a as usize], labels[odd as usize]);
/// }
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LabelTriplets {
    name: String,
    trials: OddOneOut,
}

impl LabelTriplets {
    /// Generates `n_trials` trials from the label of each stimulus, in the order of the stimuli.
    /// The same seed gives the same trials.
    ///
    /// A class with a single stimulus can only provide the odd one.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of labels differs from the number of
    /// stimuli, `ArgumentError::InvalidParameter` if there are fewer than two classes or no class
    /// has two stimuli, `JudgmentError::NoTrials` if `n_trials` is 0, and
    /// `ComputationError::OutOfMemory` if the trials do not fit in memory.
    pub fn new(
        stimuli: Stimuli,
        labels: &[impl AsRef<str>],
        n_trials: usize,
        seed: u64,
    ) -> Result<Self> {
        same_length("labels of stimuli", stimuli.len(), labels.len())?;
        let mut classes = classes_of(labels);
        if classes.len() < 2 {
            let expected = "of at least two classes";
            let found = format_args!("of {}", classes.len());
            return Err(Error::parameter("labels", expected, found));
        }
        let of_pairs = (0..).zip(&classes).filter(|(_, deck)| deck.cards.len() > 1);
        let mut of_pairs = Deck::new(of_pairs.map(|(class, _)| class).collect());
        if of_pairs.cards.is_empty() {
            let expected = "equal for at least two stimuli";
            return Err(Error::parameter("labels", expected, "all different"));
        }

        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut trials = Vec::new();
        reserve(&mut trials, n_trials, "the trials")?;
        for _ in 0..n_trials {
            let class = of_pairs.draw(&mut rng, None);
            let other = rng.random_range(0..classes.len() as u32 - 1);
            let other = other + u32::from(other >= class);
            let pair = &mut classes[class as usize];
            let first = pair.draw(&mut rng, None);
            let second = pair.draw(&mut rng, Some(first));
            let odd = classes[other as usize].draw(&mut rng, None);
            trials.push([first, second, odd]);
        }
        Ok(Self {
            name: GENERATED.into(),
            trials: OddOneOut::new(stimuli, trials)?,
        })
    }

    /// Sets the name of the labels. The name of the data set adds "(generated from labels)".
    ///
    /// ```
    /// # use human_alignment::dataset::LabelTriplets;
    /// # use human_alignment::{SimilarityDataset, Stimuli};
    /// # let triplets = LabelTriplets::new(Stimuli::numbered(3), &["a", "a", "b"], 1, 1)?;
    /// let triplets = triplets.with_name("CIFAR-100 coarse");
    /// assert_eq!(triplets.name(), "CIFAR-100 coarse (generated from labels)");
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    #[must_use]
    pub fn with_name(mut self, name: impl std::fmt::Display) -> Self {
        self.name = format!("{name} ({GENERATED})");
        self
    }

    /// Converts the data set into its trials.
    pub fn into_judgments(self) -> OddOneOut {
        self.trials
    }
}

const GENERATED: &str = "generated from labels";

data_set!(LabelTriplets, trials: OddOneOut, |set| &set.name);

/// Returns the stimuli of each class; classes are in the order of their first stimuli.
fn classes_of(labels: &[impl AsRef<str>]) -> Vec<Deck> {
    let mut classes: Vec<Vec<u32>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (stimulus, label) in (0..).zip(labels) {
        let class = *known.entry(label.as_ref()).or_insert_with(|| {
            classes.push(Vec::new());
            classes.len() - 1
        });
        classes[class].push(stimulus);
    }
    classes.into_iter().map(Deck::new).collect()
}

/// A deck of cards dealt in random order, each once before any card is dealt again.
struct Deck {
    cards: Vec<u32>,
    n_dealt: usize,
}

impl Deck {
    fn new(cards: Vec<u32>) -> Self {
        let n_dealt = cards.len();
        Self { cards, n_dealt }
    }

    /// Deals a card other than `last`; if `last` is given, the deck must have at least two cards.
    fn draw(&mut self, rng: &mut ChaCha8Rng, last: Option<u32>) -> u32 {
        let n_cards = self.cards.len() as u32;
        if self.n_dealt == self.cards.len() {
            self.n_dealt = 0;
            for end in (1..n_cards).rev() {
                let card = rng.random_range(0..=end);
                self.cards.swap(end as usize, card as usize);
            }
            // The last card of one round may be the first of the next.
            if Some(self.cards[0]) == last {
                self.cards.swap(0, rng.random_range(1..n_cards) as usize);
            }
        }
        self.n_dealt += 1;
        self.cards[self.n_dealt - 1]
    }
}
