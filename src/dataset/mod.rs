//! Human similarity judgments: the stimuli that were shown, and what people said about them.
//!
//! | data set | judgments |
//! |---|---|
//! | [`Things`] | odd-one-out trials of the THINGS objects, in their published layout |
//! | [`TripletFile`] | trials of any stimuli in a file; [`TripletChunks`] streams one |
//! | [`Things48`] | the RDM of 48 THINGS objects |
//! | [`MultiArrangement`], [`FreeArrangement`] | RDMs of people who arranged images, as published |
//! | [`Peterson`] | similarity ratings of images, as published |
//! | [`Meadows`] | RDMs and raw arrangements of the Meadows platform |
//! | [`Kriegeskorte92`] | RDMs of 16 people over 92 images, and models beside them |
//! | [`RdmStack`] | RDMs in any file that [`RdmFile`](crate::rdm::RdmFile) reads |
//! | [`LabelTriplets`] | odd-one-out trials generated from labels: no people |
//! | [`Simulated`] | trials that a [`SimulatedObserver`] answered: no people |

mod free_arrangement;
mod kriegeskorte92;
mod labelled;
mod meadows;
mod multi_arrangement;
mod peterson;
mod rdm_stack;
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
pub use rdm_stack::RdmStack;
pub use simulated::{Simulated, SimulatedObserver};
pub use things::{Things, ThingsTriplets};
pub use things48::Things48;
pub use triplet_chunks::TripletChunks;
pub use triplet_file::{Counting, TripletFile, TripletSource};

use crate::stimuli::Stimuli;

/// Stimuli and what people said about them.
pub trait SimilarityDataset {
    /// What people said, such as [`OddOneOut`](crate::OddOneOut) trials or an
    /// [`RdmSet`](crate::RdmSet).
    type Judgments;

    /// A short name for tables and figures; simulated data say there that they are simulated.
    fn name(&self) -> &str;

    /// The stimuli, in the order that the judgments count them.
    fn stimuli(&self) -> &Stimuli;

    /// What people said.
    fn judgments(&self) -> &Self::Judgments;
}
