//! Files of RDMs of other people: the right numbers, or a refusal that names the remedy.

use human_alignment::Result;
use human_alignment::error::{FileError, RdmError};
use human_alignment::rdm::{RdmFile, RdmSet};
use human_alignment::stimuli::IdForm;
use zip::CompressionMethod;

use crate::common::arrays::{npy, npz};
use crate::common::files::put;
use crate::common::refusals::assert_refused;

/// The dissimilarities of five stimuli.
pub(crate) const VALUES: [f64; 10] = [2.1, 0.7, 3.3, 1.9, 4.2, 2.8, 0.4, 3.9, 1.2, 2.5];
pub(crate) const NAMES: [&str; 5] = ["zebra", "apple", "mouse", "chair", "boat"];

/// The stimuli of each pair, row by row of an upper triangle.
pub(crate) fn pairs() -> Vec<[usize; 2]> {
    let of = |first: usize| (first + 1..5).map(move |second| [first, second]);
    (0..5).flat_map(of).collect()
}

/// The order of the pairs of an upper triangle column by column.
pub(crate) fn by_column() -> Vec<usize> {
    let mut order: Vec<usize> = (0..10).collect();
    let pairs = pairs();
    order.sort_by_key(|&at| (pairs[at][1], pairs[at][0]));
    order
}

pub(crate) fn numbers(shape: &str, numbers: &[f64]) -> Vec<u8> {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
    npy("<f8", false, shape, &bytes.collect::<Vec<u8>>())
}

pub(crate) fn texts(shape: &str, texts: &[String]) -> Vec<u8> {
    let units = texts.iter().flat_map(|text| {
        let padded = text.chars().chain(std::iter::repeat('\0')).take(24);
        let units = padded.flat_map(|unit| u32::from(unit).to_le_bytes());
        units.collect::<Vec<u8>>()
    });
    npy("<U24", false, shape, &units.collect::<Vec<u8>>())
}

pub(crate) fn read(name: &str, content: impl AsRef<[u8]>) -> Result<RdmSet> {
    let folder = tempfile::tempdir().unwrap();
    RdmFile::new(put(&folder, name, content))?.read()
}

pub(crate) fn read_npz(members: &[(&str, Vec<u8>)]) -> Result<RdmSet> {
    read("a.npz", npz(CompressionMethod::Stored, members))
}

/// Checks that a file holds the dissimilarities of one participant.
#[track_caller]
pub(crate) fn assert_values(found: Result<RdmSet>) {
    let found = found.unwrap();
    assert_eq!(found.len(), 1);
    let rdm = &found.rdms()[0];
    let named = rdm.stimuli().is_named();
    for ([first, second], value) in pairs().into_iter().zip(VALUES) {
        let place = |at: usize| match named {
            true => rdm.stimuli().ids().iter().position(|id| id == NAMES[at]),
            false => Some(at),
        };
        let between = rdm.between(place(first).unwrap(), place(second).unwrap());
        assert_eq!(between, Some(value), "{first} {second}");
    }
}

fn rdm(order: &[usize]) -> (&'static str, Vec<u8>) {
    let values: Vec<f64> = order.iter().map(|&at| VALUES[at]).collect();
    ("rdm.npy", numbers("(10,)", &values))
}

#[test]
fn a_triangle_beside_a_matrix_is_not_left_out() {
    let in_order: Vec<usize> = (0..10).collect();
    let listed: Vec<f64> = pairs().iter().flatten().map(|&at| at as f64).collect();
    let across: Vec<f64> = [0, 1]
        .iter()
        .flat_map(|&at| pairs().into_iter().map(move |pair| pair[at] as f64))
        .collect();
    // Whole numbers that list all pairs are no dissimilarities.
    for (shape, list) in [("(10, 2)", &listed), ("(2, 10)", &across)] {
        let pairs = || ("pairs.npy", numbers(shape, list));
        assert_values(read_npz(&[rdm(&in_order), pairs()]));
        assert_refused!(read_npz(&[pairs()]), File(FileError::Ambiguous { .. }));
    }
    let of = |n: usize| (0..n).map(|at| 0.1 + at as f64).collect::<Vec<f64>>();
    let square: Vec<f64> = (0..25)
        .map(|at| f64::from(u8::from(at / 5 != at % 5)))
        .collect();
    for (name, other) in [
        ("ci.npy", numbers("(10, 2)", &of(20))),
        ("ci.npy", numbers("(2, 10)", &of(20))),
        ("bootstrap.npy", numbers("(20, 10)", &of(200))),
        ("model.npy", numbers("(5, 5)", &square)),
    ] {
        let refused = read_npz(&[rdm(&in_order), (name, other)]);
        assert_refused!(refused, File(FileError::NoSuchArray { available, .. }) if available.len() == 2);
    }
    for (name, other) in [
        ("alpha.npy", numbers("()", &[0.5])),
        ("coords.npy", numbers("(5, 2)", &of(10))),
        ("weights.npy", numbers("(7,)", &of(7))),
    ] {
        assert_values(read_npz(&[rdm(&in_order), (name, other)]));
    }
    // A property of each of ten participants.
    let people = numbers("(10, 10)", &of(100));
    assert!(read_npz(&[("rdms.npy", people)]).is_err());
    let people = ("rdms.npy", numbers("(3, 10)", &of(30)));
    let ages = ("years.npy", numbers("(3,)", &of(3)));
    assert_eq!(read_npz(&[people, ages]).unwrap().len(), 3);
}

#[test]
fn arrays_that_are_not_read_are_named() {
    let square: Vec<f64> = (0..25)
        .map(|at| f64::from(u8::from(at / 5 != at % 5)))
        .collect();
    let model = ("model.npy", numbers("(5, 5)", &square));
    let complex = npy("<c16", false, "(5, 5)", &[0; 400]);
    let objects = npy("|O", false, "(5, 5)", b"\x80\x04.");
    let fields = npy("|O", false, "()", b"\x80\x04.");
    for (name, other) in [
        ("human.npy", complex.clone()),
        ("z.npy", complex),
        ("z.npy", objects),
        ("rdm.npy", fields.clone()),
    ] {
        let refused = read_npz(&[model.clone(), (name, other)]);
        assert_refused!(refused, File(FileError::Ambiguous { .. }), "{name}");
    }
    assert!(read_npz(&[model, ("info.npy", fields)]).is_ok());
}

#[test]
fn pairs_beside_a_triangle_give_its_order() {
    let order = by_column();
    let pairs = pairs();
    let label = |at: &usize| pairs[*at].map(|stimulus| NAMES[stimulus]);
    let joined: Vec<String> = order.iter().map(|at| label(at).join("_")).collect();
    let two: Vec<String> = order.iter().flat_map(label).map(str::to_owned).collect();
    let side = |side: usize| -> Vec<String> {
        order.iter().map(|at| label(at)[side].to_owned()).collect()
    };
    let listed: Vec<f64> = order
        .iter()
        .flat_map(|&at| pairs[at].map(|stimulus| 1.0 + stimulus as f64))
        .collect();
    for labels in [
        vec![("pairs.npy", texts("(10,)", &joined))],
        vec![("pairs.npy", texts("(10, 2)", &two))],
        vec![
            ("item1.npy", texts("(10,)", &side(0))),
            ("item2.npy", texts("(10,)", &side(1))),
        ],
        vec![("pairs.npy", numbers("(10, 2)", &listed))],
    ] {
        assert_values(read_npz(&[&[rdm(&order)][..], &labels].concat()));
    }
    let mut repeated = joined;
    repeated[0] = repeated[1].clone();
    let refused = read_npz(&[rdm(&order), ("pairs.npy", texts("(10,)", &repeated))]);
    assert_refused!(refused, File(FileError::Ambiguous { .. }));
}

#[test]
fn repeated_participants_beside_a_stack_are_sessions() {
    let stack: Vec<f64> = (0..40).map(|at| 0.1 + f64::from(at * at % 17)).collect();
    let stack = || ("rdms.npy", numbers("(4, 10)", &stack));
    let of = |labels: Vec<u8>| read_npz(&[stack(), ("subjects.npy", labels)]);
    let names = ["a", "a", "b", "b"].map(str::to_owned);
    for labels in [
        texts("(4,)", &names),
        numbers("(4,)", &[1.0, 1.0, 2.0, 2.0]),
    ] {
        let found = of(labels).unwrap();
        assert_eq!((found.len(), found.n_participants()), (4, 2));
    }
    let found = of(numbers("(4,)", &[1.0, 2.0, 3.0, 4.0])).unwrap();
    assert_eq!(found.n_participants(), 4);
}

#[test]
fn two_lines_of_headers_name_pairs() {
    let order = by_column();
    let pairs = pairs();
    let line = |label: &dyn Fn(usize, usize) -> String| {
        order
            .iter()
            .map(|&at| label(at, 0))
            .collect::<Vec<String>>()
            .join(",")
    };
    let row = line(&|at, _| VALUES[at].to_string());
    let count = |side: usize, from: usize| line(&|at, _| (from + pairs[at][side]).to_string());
    let name = |side: usize| line(&|at, _| NAMES[pairs[at][side]].to_owned());
    for text in [
        format!("{}\n{}\n{row}\n", count(0, 0), count(1, 0)),
        format!("{}\n{}\n{row}\n", count(0, 1), count(1, 1)),
        format!(",{}\n,{}\ns1,{row}\n", count(0, 0), count(1, 0)),
        format!("i,{}\nj,{}\n0,{row}\n", count(0, 0), count(1, 0)),
        format!(
            "i,{}\nj,{}\nwho,,,,,,,,,,\n0,{row}\n",
            count(0, 0),
            count(1, 0)
        ),
        format!(
            ",{}\n,{}\n,{}\ns1,{row}\n",
            line(&|_, _| "rating".into()),
            count(0, 0),
            count(1, 0)
        ),
        format!("{}\n{}\n{row}\n", name(0), name(1)),
        format!("item1,{}\nitem2,{}\ns1,{row}\n", name(0), name(1)),
    ] {
        assert_values(read("h.csv", &text));
    }
    let twice = format!("{}\n{}\n{row}\n", name(0), name(0));
    assert_refused!(read("h.csv", &twice), File(FileError::Ambiguous { .. }));
}

/// Returns the lines of a square matrix, after fields at the beginning of each.
fn square(begin: &str, header: &str, ending: &str) -> String {
    let mut lines = vec![format!(
        "{header},{}",
        NAMES.map(|name| format!("{name}{ending}")).join(",")
    )];
    let at = |one: usize, two: usize| {
        pairs()
            .iter()
            .position(|pair| *pair == [one.min(two), one.max(two)])
    };
    for (row, name) in NAMES.iter().enumerate() {
        let fields = (0..5).map(|column| at(row, column).map_or(0.0, |at| VALUES[at]).to_string());
        lines.push(format!(
            "{begin}{name},{}",
            fields.collect::<Vec<String>>().join(",")
        ));
    }
    lines.join("\n") + "\n"
}

#[test]
fn matrices_one_below_the_other_are_those_of_participants() {
    let first = square("ann,", "participant,item", "");
    let second = square("bob,", "participant,item", "");
    let (_, second) = second.split_once('\n').unwrap();
    for text in [
        format!("{first}{second}"),
        format!("{first}{second}").replace("participant,item", ","),
    ] {
        let found = read("h.csv", &text).unwrap();
        assert_eq!(found.len(), 2);
        for rdm in found.rdms() {
            assert_eq!(rdm.values(), VALUES);
            assert_eq!(rdm.stimuli().ids(), NAMES);
        }
    }
}

#[test]
fn labels_of_rows_and_columns_are_compared_in_the_form_of_ids() {
    let folder = tempfile::tempdir().unwrap();
    let file = |text: &str| RdmFile::new(put(&folder, "h.csv", text)).unwrap();
    for (text, form) in [
        (square("", "", ".jpg"), IdForm::FileStem),
        (
            square("", "", "").replacen("zebra,apple", "Zebra,APPLE", 1),
            IdForm::LowerCase,
        ),
    ] {
        assert!(file(&text).read().is_err());
        assert_values(file(&text).with_id_form(form).read());
    }
}

/// Writes a table of pairs with the columns of each.
pub(crate) fn table(header: &str, rows: impl Fn(usize, [usize; 2]) -> Vec<String>) -> String {
    let rows = pairs()
        .into_iter()
        .enumerate()
        .flat_map(|(at, pair)| rows(at, pair));
    format!("{header}\n{}\n", rows.collect::<Vec<String>>().join("\n"))
}

#[test]
fn rows_that_were_given_several_times_are_not_averaged() {
    let histogram = |header: &str, counts: [u8; 2]| {
        let [few, many] = counts;
        table(header, |_, pair| {
            let [one, two] = pair.map(|at| NAMES[at]);
            vec![
                format!("{one},{two},1,{few}"),
                format!("{one},{two},5,{many}"),
            ]
        })
    };
    for name in [
        "n",
        "count",
        "freq",
        "0",
        "n_responses",
        "votes",
        "weight",
        "num_participants",
    ] {
        let text = histogram(&format!("item1,item2,rating,{name}"), [3, 7]);
        assert_refused!(
            read("h.csv", &text),
            File(FileError::Ambiguous { .. }),
            "{name}"
        );
    }
    assert!(read("h.csv", histogram("item1,item2,rating,n", [4, 4])).is_ok());
    let timed = histogram("item1,item2,dissimilarity,time", [1, 2]);
    assert_refused!(read("h.csv", &timed), File(FileError::Ambiguous { .. }));
    assert!(
        read(
            "h.csv",
            histogram("item1,item2,dissimilarity,trial", [1, 2])
        )
        .is_ok()
    );
}

#[test]
fn columns_of_stimuli_are_told_from_those_of_their_properties() {
    let with = |header: &str, other: &dyn Fn([usize; 2]) -> String| {
        table(
            &format!("{header},item1,item2,dissimilarity"),
            |at, pair| {
                let [one, two] = pair.map(|at| NAMES[at]);
                vec![format!("{},{one},{two},{}", other(pair), VALUES[at])]
            },
        )
    };
    let half = |[one, two]: [usize; 2]| format!("{},{}", one / 2, two / 2);
    let code = |[one, two]: [usize; 2]| format!("{},{}", (3 * one) % 5, (3 * two) % 5);
    for text in [
        with("category1,category2", &half),
        with("length1,length2", &half),
        with("index1,index2", &code),
        with("x1,x2", &|[one, two]| format!("{},{}", 7 * one + two, two)),
        with("i,j", &code),
    ] {
        assert_values(read("h.csv", &text));
    }
    let two = table("item1,item2,image1,image2,dissimilarity", |at, pair| {
        let [one, two] = pair;
        vec![format!(
            "{one},{two},{},{},{}",
            (3 * one) % 5,
            (3 * two) % 5,
            VALUES[at]
        )]
    });
    assert_refused!(read("h.csv", &two), File(FileError::Ambiguous { .. }));
}

#[test]
fn names_of_columns_tell_similarities_from_their_complement() {
    let text = |name: &str| {
        table(&format!("item1,item2,{name}"), |at, pair| {
            let [one, two] = pair.map(|at| NAMES[at]);
            vec![format!("{one},{two},{}", VALUES[at])]
        })
    };
    for name in [
        "1-r",
        "1 - cos",
        "one_minus_similarity",
        "\"rating (1 = very similar, 7 = very different)\"",
    ] {
        assert_values(read("h.csv", text(name)));
        let folder = tempfile::tempdir().unwrap();
        let file = RdmFile::new(put(&folder, "h.csv", text(name))).unwrap();
        assert!(
            file.with_similarities(Default::default()).read().is_err(),
            "{name}"
        );
    }
    for name in ["r", "1 - distance"] {
        assert_refused!(
            read("h.csv", text(name)),
            Rdm(RdmError::LooksLikeSimilarities { .. })
        );
    }
    let refused = read("h.csv", text("inverse_similarity"));
    assert_refused!(refused, File(FileError::Ambiguous { .. }));
}
