//! Figures in files: vector graphics (`.svg`) and images (`.png`).
//!
//! A figure is fed with names and numbers and knows nothing of where they come from. Each has a title,
//! names the unit of its axes and says what colours, marks and bands stand for; colours are those of
//! Okabe & Ito (2008) and viridis, and groups have different marks, too. Letters are those of DejaVu Sans,
//! which comes along (by the crate `dejavu`, under the free licence of Bitstream Vera), so that figures look
//! the same on machines without any fonts. The same
//! figure gives the same bytes.
//!
//! Numbers that cannot be drawn and figures without data are errors.

mod alignment_against;
mod alignment_by_model;
mod axes;
mod color;
mod dimension_bars;
mod drawing;
pub(crate) mod error;
mod font;
mod gains;
mod groups;
mod heading;
mod labels;
mod layer_curves;
mod legend;
mod marker;
mod measured;
mod places;
mod quantity;
mod rdm_heat_map;
mod reliability_figure;
mod render;
mod resample;
mod rows;
mod scale;
mod stimulus_map;
mod thumbnail;
mod triplet_page;

pub use alignment_against::AlignmentAgainst;
pub use alignment_by_model::AlignmentByModel;
pub use dimension_bars::DimensionBars;
pub use gains::Gains;
pub use layer_curves::LayerCurves;
pub use measured::Measured;
pub use quantity::Quantity;
pub use rdm_heat_map::RdmHeatMap;
pub use reliability_figure::ReliabilityFigure;
pub use scale::Spacing;
pub use stimulus_map::StimulusMap;
pub use thumbnail::Thumbnail;
pub use triplet_page::TripletPage;
