//! The windows of Swin transformers, whose size the buffers in a file show, but no shape of a parameter
//! in the second version.

use super::listing::n_elements;
use super::names::Composition;
use super::request::{Request, Selection};
use crate::error::{ExtractError, Result};
use crate::extract::outline::{Expected, Outline};

/// Checks that the stored buffers have the windows of the architecture.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check(
    request: &Request<'_>,
    selection: &Selection,
    outline: &Outline,
    expected: &Expected<'_>,
) -> Result<()> {
    if !expected.family().starts_with("Swin") {
        return Ok(());
    }
    let needed = outline.entries.iter().filter(|entry| entry.is_needed);
    for entry in needed {
        let stored = selection.compositions.get(&entry.key);
        let stored = stored.and_then(|stored: &Composition| stored.shape(request.listing));
        let sides = stored.and_then(|stored| {
            let usual = side(&entry.key, &entry.shape)?;
            Some((side(&entry.key, &stored)?, usual))
        });
        if let Some((found, usual)) = sides
            && found != usual
        {
            return Err(ExtractError::OtherConfiguration {
                architecture: expected.architecture(),
                setting: "window_size".to_owned(),
                found: format!("{found} ({})", entry.key),
                expected: usual.to_string(),
            }
            .into());
        }
    }
    Ok(())
}

/// Returns the side of the windows for which a buffer has a shape.
fn side(name: &str, shape: &[usize]) -> Option<usize> {
    match (name.rsplit('.').next()?, shape) {
        ("relative_coords_table", &[1, span, _, 2]) => Some(span.checked_add(1)? / 2),
        // A number for each pair of places.
        ("relative_position_index", shape) => Some(n_elements(shape).isqrt().isqrt()),
        _ => None,
    }
}
