//! Studies, and the modules of the `study` example.

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "extract")]
#[allow(dead_code)] // Tests do not use all of it.
#[path = "../../examples/study/findings/mod.rs"]
mod findings;
#[cfg(feature = "extract")]
#[allow(dead_code)] // Tests do not use all of it.
#[path = "../../examples/study/miniature/mod.rs"]
mod miniature;
#[cfg(feature = "extract")]
#[allow(dead_code)] // Tests do not use all of it.
#[path = "../../examples/study/panel/mod.rs"]
mod panel;
#[cfg(feature = "extract")]
#[allow(dead_code)] // Tests do not use all of it.
#[path = "../../examples/study/real/mod.rs"]
mod real;

#[cfg(feature = "extract")]
mod example_findings;
#[cfg(feature = "extract")]
mod example_miniature;
#[cfg(feature = "extract")]
mod example_things;
mod options;
mod runs;
