//! The small vision transformer of MoCo v3, which has 12 heads.

use crate::extract::outline::Expected;
use crate::extract::weights::request::Request;

/// Checks whether a file has the modules or the setting of a training of the small network by MoCo v3.
pub(super) fn is_trained_by_moco(request: &Request<'_>, expected: &Expected<'_>) -> bool {
    let has = |module: &str| {
        let mut names = request.listing.keys();
        names.any(|name| name.split('.').any(|part| part == module))
    };
    let mut settings = request.training.settings.iter();
    // In no dictionary: DINO and iBOT have the same name for a network with 6 heads in their arguments.
    let is_named = settings.any(|setting| setting.name == "arch" && setting.value == "vit_small");
    let is_moco = is_named || has("momentum_encoder") && has("predictor");
    is_moco && expected.architecture().starts_with("vit_small_patch")
}

/// Checks whether positions, tokens × width, are those of MoCo v3, which training does not change: sines
/// and cosines first of the row and then of the column. Those of MAE begin with the column.
pub(super) fn are_of_moco(shape: &[usize], positions: &[f32]) -> bool {
    let &[1, n, width] = shape else {
        return false;
    };
    if n < 3 || width < 4 {
        return false;
    }
    let near = |found: &[f32], value: f32| found.iter().all(|found| (found - value).abs() < 1e-3);
    // That of the class token is 0; the second patch is in the first row and the second column.
    let second = &positions[2 * width..3 * width];
    let (row, column) = second.split_at(width / 2);
    let (sines, cosines) = row.split_at(width / 4);
    near(&positions[..width], 0.0)
        && near(sines, 0.0)
        && near(cosines, 1.0)
        && near(&column[..1], 1.0_f32.sin())
        && near(&column[width / 4..=width / 4], 1.0_f32.cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_by_row_are_those_of_moco() {
        let (quarter, shape) = (48, [1, 197, 4 * 48]);
        // As by `build_2d_sincos_position_embedding` of MoCo v3, and in the order of MAE.
        let positions = |is_by_row: bool| {
            let wave = |place: usize, f: fn(f64) -> f64| {
                (0..quarter).map(move |i| {
                    let omega = 1e4_f64.powf(-(i as f64) / quarter as f64);
                    f(place as f64 * omega) as f32
                })
            };
            let mut values = vec![0.0; 4 * quarter];
            for place in 0..196 {
                let (row, column) = (place / 14, place % 14);
                let places = if is_by_row {
                    [row, column]
                } else {
                    [column, row]
                };
                for place in places {
                    values.extend(wave(place, f64::sin).chain(wave(place, f64::cos)));
                }
            }
            values
        };
        assert!(are_of_moco(&shape, &positions(true)));
        assert!(!are_of_moco(&shape, &positions(false)));
        let mut learned = positions(true);
        learned[0] = 0.1;
        assert!(!are_of_moco(&shape, &learned));
    }
}
