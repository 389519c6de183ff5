//! Content that is refused because it may not be what the file is for, and is read if the user says so.

use human_alignment::FileSource;
use human_alignment::error::FileError;
use human_alignment::rdm::RdmFile;
use ndarray::{Array2, Axis, concatenate};

use crate::common::arrays::npy;
use crate::common::files::put;
use crate::common::refusals::assert_refused;

/// Features of twelve stimuli.
fn decimals() -> Array2<f64> {
    Array2::from_shape_fn((12, 3), |(row, column)| {
        (((row + 2) * (row + 3 * column + 1)) % 17) as f64 / 8.0 + 0.0625
    })
}

/// Returns a column for [`decimals`].
fn column(of: impl Fn(usize) -> f64) -> Array2<f64> {
    Array2::from_shape_fn((12, 1), |(row, _)| of(row))
}

/// Checks that features are refused with the flag as the remedy, and read without checks.
#[track_caller]
fn check(name: &str, bytes: &[u8], expected: &Array2<f64>) {
    let folder = tempfile::tempdir().unwrap();
    let source = FileSource::open(put(&folder, name, bytes)).unwrap();
    let refused = source.read();
    assert_refused!(refused, File(FileError::Ambiguous { .. }));
    let message = refused.unwrap_err().report().to_string();
    assert!(message.contains("`--unchecked`"), "{message}");
    let read = source.with_unchecked_content().read().unwrap();
    assert_eq!(read.features().to_f64(), expected, "{message}");
}

/// Returns a table with these names of columns.
fn table(header: &str, features: &Array2<f64>) -> String {
    let rows = features.rows().into_iter().map(|row| {
        let fields: Vec<String> = row.iter().map(f64::to_string).collect();
        fields.join(",")
    });
    let lines: Vec<String> = std::iter::once(header.to_owned()).chain(rows).collect();
    lines.join("\n") + "\n"
}

#[test]
fn columns_that_may_be_no_features_are_read_on_request() {
    let features = decimals();
    let with = |of: &dyn Fn(usize) -> f64| {
        concatenate(Axis(1), &[features.view(), column(of).view()]).unwrap()
    };
    let all = with(&|row| features.row(row).sum());
    check("a.csv", table("x,y,z,w", &all).as_bytes(), &all);
    let all = with(&|row| 1.0 + row as f64 / 8.0);
    check("a.csv", table("x,x_sd,z,w", &all).as_bytes(), &all);
    let all = with(&|row| ((5 * row) % 12) as f64);
    check("a.csv", table("x,y,z,w", &all).as_bytes(), &all);
    check("a.csv", table("f0,f1,f2,weight", &all).as_bytes(), &all);
    let bytes: Vec<u8> = all.iter().flat_map(|x| x.to_le_bytes()).collect();
    check("a.npy", &npy("<f8", false, "(12, 4)", &bytes), &all);
}

#[test]
fn rows_and_numbers_that_may_be_no_features_are_read_on_request() {
    let features = decimals();
    let means = features.mean_axis(Axis(0)).unwrap().insert_axis(Axis(0));
    let all = concatenate(Axis(0), &[features.view(), means.view()]).unwrap();
    check("a.csv", table("x,y,z", &all).as_bytes(), &all);

    let mut all = features;
    all[[4, 1]] = 999.0;
    check("a.csv", table("x,y,z", &all).as_bytes(), &all);
}

#[test]
fn judgments_that_may_be_none_are_read_on_request() {
    let check = |people: &[Vec<f64>]| {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = people
            .iter()
            .flatten()
            .flat_map(|x| x.to_le_bytes())
            .collect();
        let shape = format!("({}, {})", people.len(), people[0].len());
        let path = put(&folder, "a.npy", npy("<f8", false, &shape, &bytes));
        let file = RdmFile::new(path).unwrap().with_condensed_rows();
        let refused = file.read();
        assert_refused!(refused, File(FileError::Ambiguous { .. }));
        let message = refused.unwrap_err().report().to_string();
        assert!(message.contains("`--unchecked-human`"), "{message}");
        let read = file.with_unchecked_content().read().unwrap();
        let read: Vec<Vec<f64>> = (read.rdms().iter())
            .map(|rdm| rdm.values().to_vec())
            .collect();
        assert_eq!(read, people);
    };
    let ratings = |k: usize| -> Vec<f64> {
        (0..15)
            .map(|pair| (1 + k * (pair + k) % 7) as f64)
            .collect()
    };
    let mut people: Vec<Vec<f64>> = [3, 5, 9].map(ratings).to_vec();
    people.push(
        (0..15)
            .map(|pair| (people[0][pair] + people[1][pair] + people[2][pair]) / 3.0)
            .collect(),
    );
    check(&people);
    people.truncate(3);
    people[1][4] = 99.0;
    check(&people);
}
