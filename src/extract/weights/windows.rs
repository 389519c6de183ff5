//! The windows of Swin transformers. In the second version, buffers in a file show their size and that of
//! the windows of a pretraining, but no shape of a parameter does.

use super::listing::n_elements;
use super::names::Composition;
use super::opened::Opened;
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

/// Checks that the coordinates of Swin V2 are not those of a pretraining with other windows.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`], or the errors of reading the values.
pub(super) fn check_coordinates(opened: &Opened<'_>, expected: &Expected<'_>) -> Result<()> {
    if expected.family() != "Swin V2" {
        return Ok(());
    }
    let mut entries = expected.published.entries.iter();
    let table = entries.find(|entry| entry.key.ends_with("relative_coords_table"));
    let Some(table) = table else {
        return Ok(());
    };
    let Some((shape, values)) = opened.stored(&table.key)? else {
        return Ok(());
    };
    match window_of_pretraining(&shape, &values) {
        Some(window) => {
            let other = ExtractError::OtherConfiguration {
                architecture: expected.architecture(),
                setting: "pretrained_window_size".to_owned(),
                found: format!("{window} (relative_coords_table)"),
                expected: "0 or that of the network".to_owned(),
            };
            Err(opened.locate(other.into()))
        }
        None => Ok(()),
    }
}

/// Returns the side of the windows of a pretraining by which a table of coordinates was divided, if the
/// stored one is such a table, but not that of the network.
fn window_of_pretraining(shape: &[usize], table: &[f32]) -> Option<u16> {
    /// Largest side of the windows of published networks.
    const MAX_WINDOW: u16 = 64;

    let &[1, span, _, 2] = shape else {
        return None;
    };
    let offset = (span as f64 - 1.0) / 2.0;
    // Liu et al. (2022), equation 4, for the offset d: sign(d) log2(1 + |8 d / (w − 1)|) / 3.
    let is_of = |window: u16| {
        let along = |place: usize| {
            let distance = 8.0 * (place as f64 - offset) / (f64::from(window) - 1.0);
            distance.signum() * (1.0 + distance.abs()).log2() / 3.0
        };
        let places = (0..span * span).flat_map(|place| [place / span, place % span]);
        let mut pairs = places.zip(table);
        pairs.all(|(place, &value)| (along(place) - f64::from(value)).abs() < 1e-3)
    };
    let own = (span as u16).div_ceil(2);
    let mut windows = (2..=MAX_WINDOW).filter(|&window| window != own);
    windows.find(|&window| is_of(window))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_show_the_windows_of_pretraining() {
        let window = |pretrained: f32| {
            let along = |place: f32| {
                let offset = 8.0 * (place - 7.0) / (pretrained - 1.0);
                offset.signum() * (offset.abs() + 1.0).log2() / 3.0
            };
            let places = (0..15 * 15).map(|place| [place / 15, place % 15]);
            let values = places.flat_map(|places| places.map(|place| along(place as f32)));
            window_of_pretraining(&[1, 15, 15, 2], &values.collect::<Vec<f32>>())
        };
        assert_eq!(window(8.0), None);
        assert_eq!(window(6.0), Some(6));
        assert_eq!(window(12.0), Some(12));
        // Other values, such as those that are not read.
        assert_eq!(window(f32::NAN), None);
    }
}
