//! Orders of the pairs, and of what is along the axes of a stack of RDMs, that other arrays or names tell.

use human_alignment::Result;
use human_alignment::error::FileError;
use human_alignment::rdm::{RdmFile, RdmSet};

use crate::common::files::put;
use crate::common::refusals::assert_refused;
use crate::rdm_files::{NAMES, VALUES, assert_values, by_column, numbers, pairs, read, texts};
use crate::rdm_names::{archive, read_arrays};

/// Reads one array of an `.npz` file of several.
fn read_array_of(arrays: &[(&str, Vec<u8>)], name: &str) -> Result<RdmSet> {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "a.npz", archive(arrays));
    RdmFile::new(path)?.with_array(name).read()
}

/// Dissimilarities of three people.
fn of_people() -> (&'static str, Vec<u8>) {
    let people = [VALUES, VALUES.map(|x| 5.0 - x), VALUES.map(|x| x * x)].concat();
    ("rdms", numbers("(3,10)", &people))
}

#[test]
fn orders_of_each_participant_are_refused() {
    let as_texts = |numbers: &[f64]| -> Vec<String> {
        numbers
            .iter()
            .map(|&at| NAMES[at as usize].to_owned())
            .collect()
    };
    let own = [0., 1., 2., 3., 4., 2., 0., 1., 4., 3., 4., 3., 1., 0., 2.];
    let turned: Vec<f64> = (0..15).map(|at| own[at % 3 * 5 + at / 3]).collect();
    let same = [0., 1., 2., 3., 4.].repeat(3);
    let ten: Vec<f64> = (0..10).map(f64::from).collect();
    let by_column: Vec<f64> = by_column().into_iter().map(|at| at as f64).collect();
    let orders = [&ten[..], &by_column, &ten].concat();
    let lists: Vec<f64> = [&ten, &by_column, &ten]
        .iter()
        .flat_map(|order| order.iter().flat_map(|&at| pairs()[at as usize]))
        .map(|at| at as f64)
        .collect();
    let in_order: Vec<f64> = pairs().iter().flatten().map(|&at| at as f64).collect();
    for (name, content) in [
        ("stimuli", texts("(3,5)", &as_texts(&own))),
        ("shown", texts("(3,5)", &as_texts(&own))),
        ("stimuli", texts("(5,3)", &as_texts(&turned))),
        ("order", numbers("(3,5)", &own)),
        ("conditions", numbers("(5,3)", &turned)),
        ("presented", numbers("(3,5)", &own.map(|at| at + 1.0))),
        ("pair_id", numbers("(3,10)", &orders)),
        ("trial", numbers("(10,)", &by_column)),
        (
            "triu_idx",
            numbers(
                "(10,)",
                &by_column.iter().map(|at| at * 3.0).collect::<Vec<f64>>(),
            ),
        ),
        (
            "flat",
            numbers("(10,)", &[5., 10., 11., 15., 16., 17., 20., 21., 22., 23.]),
        ),
        ("pairs", numbers("(3,10,2)", &lists)),
    ] {
        let found = read_array_of(&[of_people(), (name, content)], "rdms");
        assert_refused!(found, File(FileError::Ambiguous { .. }), "{name}");
    }
    for (name, content) in [
        ("order", numbers("(3,5)", &same)),
        (
            "naming",
            texts(
                "(3,5)",
                &["a", "a", "b", "c", "d"]
                    .repeat(3)
                    .concat()
                    .chars()
                    .map(String::from)
                    .collect::<Vec<String>>(),
            ),
        ),
        (
            "rt",
            numbers(
                "(10,)",
                &[812., 640., 701., 933., 514., 777., 689., 845., 590., 602.],
            ),
        ),
        ("rank", numbers("(10,)", &by_column)),
        (
            "flat",
            numbers("(10,)", &[1., 2., 3., 4., 7., 8., 9., 13., 14., 19.]),
        ),
        ("pairs", numbers("(3,10,2)", &in_order.repeat(3))),
        (
            "sessions",
            numbers(
                "(3,10,2)",
                &in_order
                    .repeat(3)
                    .iter()
                    .map(|x| x % 3.0)
                    .collect::<Vec<f64>>(),
            ),
        ),
    ] {
        let found = read_array_of(&[of_people(), (name, content)], "rdms");
        assert!(found.is_ok(), "{name}");
    }
}

#[test]
fn two_arrays_with_the_pairs_of_each_participant_are_refused() {
    let orders = [(0..10).collect(), by_column(), (0..10).collect()];
    let side = |side: usize| -> Vec<f64> {
        let of_person = |order: &Vec<usize>| -> Vec<f64> {
            order.iter().map(|&at| pairs()[at][side] as f64).collect()
        };
        orders.iter().flat_map(of_person).collect()
    };
    let with = |first: Vec<f64>, second: Vec<f64>, [one, two]: [&str; 2]| {
        let arrays = [
            of_people(),
            (one, numbers("(3,10)", &first)),
            (two, numbers("(3,10)", &second)),
        ];
        read_array_of(&arrays, "rdms")
    };
    for names in [["stim1", "stim2"], ["i", "j"], ["left", "right"]] {
        let found = with(side(0), side(1), names);
        assert_refused!(found, File(FileError::Ambiguous { .. }), "{names:?}");
    }
    // Other measures of the same pairs.
    let of = |k: usize| {
        (0..30)
            .map(|at| ((at * k) % 5) as f64)
            .collect::<Vec<f64>>()
    };
    assert!(with(of(2), of(3), ["rt_1", "rt_2"]).is_ok());
}

#[test]
fn stacks_of_layers_or_times_are_no_people() {
    let text =
        |texts: &[&str]| -> Vec<String> { texts.iter().map(|&text| text.to_owned()).collect() };
    let layers = || texts("(3,)", &text(&["conv1", "conv2", "conv3"]));
    for (name, content) in [
        ("layer_names", layers()),
        ("layers", layers()),
        ("ROI", layers()),
        ("models", layers()),
        ("condition", layers()),
        ("times", numbers("(3,)", &[0.0, 0.1, 0.2])),
        ("time_ms", numbers("(3,)", &[-100.0, 0.0, 100.0])),
        ("epochs", numbers("(3,)", &[1.0, 10.0, 100.0])),
    ] {
        let with = |name| [of_people(), (name, content.clone())];
        assert_refused!(
            read_arrays(&with(name)),
            File(FileError::Ambiguous { .. }),
            "{name}"
        );
        // People in an order of layers are people.
        let people = (
            "participants",
            texts("(3,)", &text(&["anna", "ben", "carl"])),
        );
        let [rdms, list] = with(name);
        assert!(read_arrays(&[rdms, list, people]).is_ok(), "{name}");
    }
    for (name, is_refused) in [
        ("layer_rdms", true),
        ("rdms_by_time", true),
        ("roiRDMs", true),
        ("layer3_rdms", false),
        ("rdms_roi_V1", false),
        ("rdms_condition", false),
    ] {
        let found = read_arrays(&[(name, of_people().1)]);
        assert_eq!(found.is_err(), is_refused, "{name}");
    }
    for (name, content) in [
        ("condition", texts("(3,)", &text(&["old", "young", "old"]))),
        ("group", layers()),
        ("model", texts("()", &text(&["resnet"]))),
        (
            "start_time",
            texts("(3,)", &text(&["9:12", "9:14", "9:40"])),
        ),
        ("time", numbers("(3,)", &[304.0, 411.5, 287.0])),
        ("session", numbers("(3,)", &[1.0, 2.0, 3.0])),
        ("layers", texts("(2,)", &text(&["conv1", "conv2"]))),
    ] {
        assert!(
            read_arrays(&[of_people(), (name, content)]).is_ok(),
            "{name}"
        );
    }
}

#[test]
fn lower_triangles_by_name_are_refused() {
    let array = |name: &str| read_arrays(&[(name, numbers("(10,)", &VALUES))]);
    for name in [
        "lower_tri",
        "lowerTri",
        "rdm_tril",
        "tril",
        "rdm_lower",
        "lower_triangle",
        "lowertriangular",
        "half_lower",
    ] {
        assert_refused!(array(name), File(FileError::Ambiguous { .. }), "{name}");
    }
    for name in [
        "triu",
        "upper_tri",
        "rdm_low",
        "rdm_lowerlevel",
        "lower_visual_rdm",
        "rdm",
    ] {
        assert_values(array(name));
    }
    let listed: Vec<f64> = pairs().iter().flatten().map(|&at| at as f64).collect();
    let listed = ("pairs", numbers("(10,2)", &listed));
    assert_values(read_arrays(&[("tril", numbers("(10,)", &VALUES)), listed]));
    let file = numbers("(10,)", &VALUES);
    assert_refused!(
        read("rdm_tril.npy", &file),
        File(FileError::Ambiguous { .. })
    );
    assert_values(read("rdm_triu.npy", &file));
    // Matrices have both triangles.
    let square: Vec<f64> = (0..25)
        .map(|at| f64::from(u8::from(at / 5 != at % 5)))
        .collect();
    assert!(read("rdm_lower.npy", numbers("(5,5)", &square)).is_ok());
}
