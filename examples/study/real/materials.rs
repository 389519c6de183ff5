//! Materials: the votes of participants for the more similar of two of 100 rendered materials.

use std::iter::repeat_n;

use human_alignment::dataset::TripletFile;
use human_alignment::stimuli::IdForm;
use human_alignment::{Anchored, AnchoredTask, Result, Stimuli};

use super::Data;

/// Largest number of votes for a question that is not a mistake.
const MANY_VOTES: f64 = 1e4;

impl Data {
    /// Reads the materials, in the order of features and trials; ids are the names of images
    /// without extension.
    pub(super) fn materials(&self) -> Result<Stimuli> {
        Stimuli::read(self.path("materials/stimuli.txt"))?.in_form(IdForm::FileStem)
    }

    /// Reads the votes as anchored trials, one for each vote: a question with three votes for one
    /// material and one vote for the other is four trials.
    ///
    /// The accuracy is then the share of votes, and repeated questions give its noise ceiling.
    pub fn material_votes(&self) -> Result<Anchored> {
        let questions = self.path("materials/triplets_train.npy");
        let questions = TripletFile::<AnchoredTask>::read(questions, self.materials()?)?;
        let questions = questions.into_judgments();
        let shape = [Some(questions.len()), Some(2)];
        let votes = self.counts("materials/votes_train.npy", shape, MANY_VOTES)?;
        let mut trials = Vec::new();
        for (&[head, one, other], votes) in questions.as_slice().iter().zip(votes.rows()) {
            trials.extend(repeat_n([head, one, other], votes[0] as usize));
            trials.extend(repeat_n([head, other, one], votes[1] as usize));
        }
        Anchored::new(questions.stimuli().clone(), trials)
    }
}
