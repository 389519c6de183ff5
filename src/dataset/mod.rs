//! Data sets of human similarity judgments: stimuli and the judgments of participants.
//!
//! | data set | judgments |
//! |---|---|
//! | [`Things`] | odd-one-out trials of the THINGS objects, in their published layout |
//! | [`TripletFile`] | trials of any stimuli in a file; [`TripletChunks`] streams a file |
//! | [`Things48`] | the RDM of 48 THINGS objects |
//! | [`MultiArrangement`], [`FreeArrangement`] | RDMs of participants who arranged images, as published |
//! | [`Peterson`] | similarity ratings of images, as published |
//! | [`Meadows`] | RDMs and raw arrangements exported by the Meadows platform |
//! | [`Kriegeskorte92`] | RDMs of 16 participants over 92 images, and model RDMs |
//! | [`LabelTriplets`] | odd-one-out trials generated from labels (no participants) |
//! | [`Simulated`] | trials answered by a [`SimulatedObserver`] (no participants) |

mod free_arrangement;
mod kriegeskorte92;
mod labelled;
mod meadows;
mod multi_arrangement;
mod peterson;
mod simulated;
mod things;
mod things48;
mod triplet_chunks;
mod triplet_file;

pub use free_arrangement::{FreeArrangement, FreeArrangementSet};
pub use kriegeskorte92::Kriegeskorte92;
pub use labelled::LabelTriplets;
pub use meadows::Meadows;
pub use multi_arrangement::MultiArrangement;
pub use peterson::Peterson;
pub use simulated::{Simulated, SimulatedObserver};
pub use things::{Things, ThingsTriplets};
pub use things48::Things48;
pub use triplet_chunks::TripletChunks;
pub use triplet_file::{Counting, TripletFile, TripletSource};

use crate::stimuli::Stimuli;

/// A data set of stimuli and human similarity judgments of them.
pub trait SimilarityDataset {
    /// The type of the judgments, such as [`OddOneOut`](crate::OddOneOut) trials or an
    /// [`RdmSet`](crate::RdmSet).
    type Judgments;

    /// Returns a short name for tables and figures. The name of simulated data says that they are
    /// simulated.
    fn name(&self) -> &str;

    /// Returns the stimuli, in the order to which the judgments refer.
    fn stimuli(&self) -> &Stimuli;

    /// Returns the judgments.
    fn judgments(&self) -> &Self::Judgments;
}
