//! Values that tell of another network with the same names and shapes.

use super::heads;
use super::listing::Training;
use super::opened::Opened;
use crate::error::{ExtractError, Result};
use crate::extract::builder::{Init, Parameters};
use crate::extract::outline::Expected;

/// Checks that the positions of a small vision transformer are not those of MoCo v3, unless a setting
/// says how many heads it has, and that the windows of Swin V2 have the coordinates of the architecture.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`], or the errors of reading the values.
pub(super) fn check(
    opened: &Opened<'_>,
    training: &Training,
    expected: &Expected<'_>,
) -> Result<()> {
    let architecture = expected.architecture();
    let other = |setting: &str, found: String, expected: String| {
        let setting = setting.to_owned();
        let other = ExtractError::OtherConfiguration {
            architecture,
            setting,
            found,
            expected,
        };
        Err(opened.locate(other.into()))
    };
    if heads::may_be_twelve(expected) && heads::stated(training, expected).is_none() {
        let parameters = opened.parameters()?;
        let are_of_moco = are_of_moco(&*parameters).map_err(|error| opened.locate(error))?;
        if let (true, Some(usual)) = (are_of_moco, expected.published.n_heads.first()) {
            let found = "12 (pos_embed has the positions of MoCo v3)".to_owned();
            let usual =
                format!("{usual} (unless `num_heads: {usual}` in args.yaml beside them says so)");
            return other("num_heads", found, usual);
        }
    }
    if expected.family() == "Swin V2" {
        let parameters = opened.parameters()?;
        let window = window_of_pretraining(&*parameters, expected);
        if let Some(window) = window.map_err(|error| opened.locate(error))? {
            let found = format!("{window} (relative_coords_table)");
            return other(
                "pretrained_window_size",
                found,
                "0 or that of the network".to_owned(),
            );
        }
    }
    Ok(())
}

/// Checks whether positions are those of MoCo v3, which training does not change: sines and cosines
/// first of the row and then of the column. Those of MAE begin with the column.
fn are_of_moco(parameters: &dyn Parameters) -> Result<bool> {
    const NAME: &str = "pos_embed";

    let Some(shape) = parameters.stored_shape(NAME) else {
        return Ok(false);
    };
    let &[1, n, width] = &shape[..] else {
        return Ok(false);
    };
    if n < 3 || width < 4 {
        return Ok(false);
    }
    let values = parameters.values(NAME, &shape, Init::Zeros)?;
    let near = |found: &[f32], value: f32| found.iter().all(|found| (found - value).abs() < 1e-3);
    // That of the class token is 0; the second patch is in the first row and the second column.
    let second = &values[2 * width..3 * width];
    let (row, column) = second.split_at(width / 2);
    let (sines, cosines) = row.split_at(width / 4);
    let first_of_column = [column[0], column[width / 4]];
    Ok(near(&values[..width], 0.0)
        && near(sines, 0.0)
        && near(cosines, 1.0)
        && near(&first_of_column[..1], 1.0_f32.sin())
        && near(&first_of_column[1..], 1.0_f32.cos()))
}

/// Returns the side of the windows of a pretraining by which a table of coordinates was divided, if the
/// stored one is such a table, but not that of the network.
fn window_of_pretraining(
    parameters: &dyn Parameters,
    expected: &Expected<'_>,
) -> Result<Option<u16>> {
    /// Largest side of the windows of published networks.
    const MAX_WINDOW: u16 = 64;

    let mut entries = expected.published.entries.iter();
    let table = entries.find(|entry| entry.key.ends_with("relative_coords_table"));
    let Some((name, shape)) = table.and_then(|entry| {
        let shape = parameters.stored_shape(&entry.key)?;
        Some((&entry.key, shape))
    }) else {
        return Ok(None);
    };
    let &[1, span, _, 2] = &shape[..] else {
        return Ok(None);
    };
    // NaN, and therefore no such table, if no tap depends on it.
    let values = parameters.values(name, &shape, Init::Zeros)?;
    let offset = (span as f64 - 1.0) / 2.0;
    // Liu et al. (2022), equation 4, for the offset d: sign(d) log2(1 + |8 d / (w − 1)|) / 3.
    let is_of = |window: u16| {
        let along = |place: usize| {
            let distance = 8.0 * (place as f64 - offset) / (f64::from(window) - 1.0);
            distance.signum() * (1.0 + distance.abs()).log2() / 3.0
        };
        let places = (0..span * span).flat_map(|place| [place / span, place % span]);
        let mut pairs = places.zip(&values);
        pairs.all(|(place, &value)| (along(place) - f64::from(value)).abs() < 1e-3)
    };
    let own = (span as u16).div_ceil(2);
    let mut windows = (2..=MAX_WINDOW).filter(|&window| window != own);
    Ok(windows.find(|&window| is_of(window)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Architecture;

    /// One stored tensor.
    struct Stored {
        name: &'static str,
        shape: Vec<usize>,
        values: Vec<f32>,
    }

    impl Parameters for Stored {
        fn values(&self, _: &str, _: &[usize], _: Init) -> Result<Vec<f32>> {
            Ok(self.values.clone())
        }

        fn stored_shape(&self, key: &str) -> Option<Vec<usize>> {
            (key == self.name).then(|| self.shape.clone())
        }
    }

    #[test]
    fn positions_by_row_are_those_of_moco() {
        // As by `build_2d_sincos_position_embedding` of MoCo v3, and in the order of MAE.
        let positions = |is_by_row: bool| {
            let quarter = 48;
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
            Stored {
                name: "pos_embed",
                shape: vec![1, 197, 4 * quarter],
                values,
            }
        };
        assert!(are_of_moco(&positions(true)).unwrap());
        assert!(!are_of_moco(&positions(false)).unwrap());
        let mut learned = positions(true);
        learned.values[0] = 0.1;
        assert!(!are_of_moco(&learned).unwrap());
    }

    #[test]
    fn coordinates_show_the_windows_of_pretraining() {
        let architecture = Architecture::named("swin_v2_t").unwrap();
        let expected = Expected::new(&architecture, &[]).unwrap();
        let window = |pretrained: f32| {
            let along = |place: f32| {
                let offset = 8.0 * (place - 7.0) / (pretrained - 1.0);
                offset.signum() * (offset.abs() + 1.0).log2() / 3.0
            };
            let places = (0..15 * 15).map(|place| [place / 15, place % 15]);
            let values = places.flat_map(|places| places.map(|place| along(place as f32)));
            let table = Stored {
                name: "features.1.0.attn.relative_coords_table",
                shape: vec![1, 15, 15, 2],
                values: values.collect(),
            };
            window_of_pretraining(&table, &expected).unwrap()
        };
        assert_eq!(window(8.0), None);
        assert_eq!(window(6.0), Some(6));
        assert_eq!(window(12.0), Some(12));
        // Other values, such as those that are not read.
        assert_eq!(window(f32::NAN), None);
    }
}
