//! Files of representations, data sets and transforms: reading, writing, and what is refused.

#[path = "../common/mod.rs"]
mod common;

mod archives;
mod columns;
mod dissimilarity_datasets;
mod image_files;
mod rdm_directions;
mod rdm_files;
mod rdm_names;
mod rdm_stacks;
mod representation_files;
mod stimuli;
mod text_tables;
mod transform_files;
mod trial_columns;
mod trial_datasets;
mod unchecked_content;
