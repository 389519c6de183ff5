//! Figures as files: vector graphics (`.svg`) and images (`.png`).
//!
//! | figure | shows |
//! |---|---|
//! | [`AlignmentByModel`] | the alignment of models, sorted |
//! | [`AlignmentAgainst`] | the alignment of models against their size or any other number |
//! | [`AlignmentCurves`] | alignment along an axis, such as the layers of networks |
//! | [`Gains`] | the alignment of models before and after a transform |
//! | [`DimensionBars`] | a value for each human dimension or concept |
//! | [`DimensionPage`] | the objects with the largest weights in a dimension, by name or image |
//! | [`ReliabilityDiagram`] | predicted probabilities against observed frequencies of choices |
//! | [`RdmHeatMap`] | the dissimilarities of all pairs of stimuli |
//! | [`StimulusMap`] | stimuli in two dimensions, by multidimensional scaling |
//! | [`TripletPage`] | odd-one-out trials with the choices of participants and of a model |
//!
//! Most figures are built from names and numbers, wherever these come from. Each figure has a
//! title, names and units of its axes, and a legend of its colours, markers and bands. Colours are
//! those of Okabe & Ito (2008) and viridis; groups also differ in their markers. Text is set in
//! DejaVu Sans, which is included (by the crate `dejavu`, under the free licence of Bitstream
//! Vera), so that figures look the same on all machines. The same figure gives the same bytes.
//!
//! Values that cannot be drawn and figures without data are errors.

mod alignment_against;
mod alignment_by_model;
mod alignment_curves;
mod axes;
mod color;
mod dimension_bars;
mod dimension_page;
mod drawing;
pub(crate) mod error;
mod font;
mod gains;
mod groups;
mod heading;
mod labels;
mod legend;
mod marker;
mod places;
mod plotted_value;
mod quantity;
mod rdm_heat_map;
mod reliability_diagram;
mod render;
mod resample;
mod rows;
mod scale;
mod stimulus_map;
mod thumbnail;
mod triplet_page;

pub use alignment_against::AlignmentAgainst;
pub use alignment_by_model::AlignmentByModel;
pub use alignment_curves::AlignmentCurves;
pub use dimension_bars::DimensionBars;
pub use dimension_page::DimensionPage;
pub use gains::Gains;
pub use plotted_value::PlottedValue;
pub use quantity::Quantity;
pub use rdm_heat_map::RdmHeatMap;
pub use reliability_diagram::ReliabilityDiagram;
pub use scale::Spacing;
pub use stimulus_map::StimulusMap;
pub use thumbnail::Thumbnail;
pub use triplet_page::TripletPage;
