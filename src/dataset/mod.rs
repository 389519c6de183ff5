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
//! | [`LabelTriplets`] | odd-one-out trials generated from labels (not human judgments) |
//! | [`Simulated`] | trials answered by a [`SimulatedObserver`] (not human judgments) |

/// Implements [`SimilarityDataset`] for a type whose judgments are in a field, with an expression
/// for its name.
macro_rules! data_set {
    ($type:ident$(<$task:ident>)?, $judgments:ident: $of:ty, |$set:ident| $name:expr) => {
        impl$(<$task: $crate::judgment::Task>)? $crate::dataset::SimilarityDataset for $type$(<$task>)? {
            type Judgments = $of;

            fn name(&self) -> &str {
                let $set = self;
                $name
            }

            fn stimuli(&self) -> &$crate::stimuli::Stimuli {
                self.$judgments.stimuli()
            }

            fn judgments(&self) -> &$of {
                &self.$judgments
            }
        }
    };
}

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

pub use crate::judgment::similarity_dataset::SimilarityDataset;
