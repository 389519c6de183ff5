//! Figures in files: vector graphics (`.svg`) and images (`.png`).
//!
//! A figure is fed with names and numbers and knows nothing of where they come from. Each has a title,
//! names the unit of its axes and says what colours, marks and bands stand for; colours are those of
//! Okabe & Ito (2008) and viridis, and groups have different marks, too. Letters are those of DejaVu Sans,
//! which comes with the crate, so that figures look the same on machines without any fonts. The same
//! figure gives the same bytes.
//!
//! Numbers that cannot be drawn and figures without data are errors.

mod alignment_by_model;
mod axes;
mod color;
mod drawing;
mod font;
mod groups;
mod heading;
mod legend;
mod marker;
mod measured;
mod quantity;
mod render;
mod resample;
mod rows;
mod scale;

pub use alignment_by_model::AlignmentByModel;
pub use measured::Measured;
pub use quantity::Quantity;
pub use scale::Spacing;
