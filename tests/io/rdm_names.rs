//! Names in files of RDMs: similarities, participants beside models, marks and directions of judgments.

use human_alignment::Result;
use human_alignment::error::{FileError, RdmError};
use human_alignment::rdm::{RdmFile, RdmSet, Similarities};
use zip::CompressionMethod;

use crate::common::arrays::npz;
use crate::common::files::put;
use crate::common::refusals::assert_refused;
use crate::rdm_files::{
    NAMES, VALUES, assert_values, by_column, numbers, pairs, read, table, texts,
};

/// A table with the label of a pair and these fields in each row.
fn labelled(header: &str, fields: impl Fn(usize) -> String) -> String {
    table(header, |at, [one, two]| {
        vec![format!("{}_{},{}", NAMES[one], NAMES[two], fields(at))]
    })
}

/// Returns an `.npz` file of arrays with these names.
pub(crate) fn archive(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let named = arrays
        .iter()
        .map(|(name, bytes)| (format!("{name}.npy"), bytes.clone()));
    let named: Vec<(String, Vec<u8>)> = named.collect();
    let members: Vec<(&str, Vec<u8>)> = named
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    npz(CompressionMethod::Stored, &members)
}

/// Reads an `.npz` file of arrays with these names.
pub(crate) fn read_arrays(arrays: &[(&str, Vec<u8>)]) -> Result<RdmSet> {
    read("a.npz", archive(arrays))
}

/// Ratings of a participant.
fn rating(person: usize, at: usize) -> usize {
    1 + (3 * at + person * (at + 2)) % 7
}

#[test]
fn similarities_are_known_by_their_name_in_all_layouts() {
    let square = |corner: &str| {
        let header = format!("{corner},{}\n", NAMES.join(","));
        let row = |one: usize| {
            let value = |two: usize| {
                let is_pair = |pair: &[usize; 2]| *pair == [one.min(two), one.max(two)];
                let at = pairs().iter().position(is_pair);
                at.map_or(0.0, |at| VALUES[at]).to_string()
            };
            let values: Vec<String> = (0..5).map(value).collect();
            format!("{},{}\n", NAMES[one], values.join(","))
        };
        header + &(0..5).map(row).collect::<String>()
    };
    let wide = |before: &str| {
        let label = |[one, two]: [usize; 2]| format!("{before}{}_{}", NAMES[one], NAMES[two]);
        let labels: Vec<String> = pairs().into_iter().map(label).collect();
        let row = |person: usize| {
            let values = VALUES.map(|value| (value + person as f64).to_string());
            format!("P{person},{}", values.join(","))
        };
        format!(",{}\n{}\n{}\n", labels.join(","), row(1), row(2))
    };
    let one = |at: usize| VALUES[at].to_string();
    let two = |at: usize| format!("{},{}", VALUES[at], VALUES[9 - at]);
    let column = |header: &str| format!("{header}\n{}\n", VALUES.map(|x| x.to_string()).join("\n"));
    for (name, text) in [
        ("a.csv", labelled("pair,similarity", one)),
        ("a.csv", labelled("pair,relatedness", one)),
        ("a.csv", labelled("pair,Ähnlichkeit", one)),
        ("a.csv", labelled(",similarity", one)),
        ("a.csv", labelled("pair,P1_similarity,P2_similarity", two)),
        ("a.csv", labelled("pair,sim_P1,sim_P2", two)),
        ("a.csv", wide("sim_")),
        ("a.csv", square("similarity")),
        ("a.csv", column("similarity")),
        ("a.txt", column("# similarity")),
    ] {
        assert_refused!(
            read(name, &text),
            Rdm(RdmError::LooksLikeSimilarities { .. }),
            "{text}"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = RdmFile::new(put(&folder, name, &text)).unwrap();
        let file = file.with_similarities(Similarities::default());
        assert!(file.read().is_ok(), "{text}");
    }
    for array in ["similarity", "similarities", "RSM"] {
        let file = [(array, numbers("(10,)", &VALUES))];
        assert_refused!(
            read_arrays(&file),
            Rdm(RdmError::LooksLikeSimilarities { .. }),
            "{array}"
        );
    }
    for (name, text) in [
        ("a.csv", labelled("pair,dissimilarity", one)),
        ("a.csv", labelled("pair,rating", one)),
        ("a.csv", square("animal")),
        ("a.txt", column("# dissimilarity")),
    ] {
        assert_values(read(name, text));
    }
    assert!(read("a.csv", wide("")).is_ok());
    assert!(read_arrays(&[("rdm_correlation", numbers("(10,)", &VALUES))]).is_ok());
}

#[test]
fn columns_of_people_are_not_left_out_beside_another_one() {
    let people = |at: usize| format!("{},{},{}", rating(1, at), rating(2, at), rating(3, at));
    for other in [
        "dist",
        "distance",
        "dissimilarity",
        "rating",
        "similarity",
        "mean_rating",
        "vgg16",
        "model",
    ] {
        for header in ["pair,P1,P2,P3", "pair,0,1,2", "pair,sub-01,sub-02,sub-03"] {
            let text = labelled(&format!("{header},{other}"), |at| {
                format!("{},{}", people(at), VALUES[at])
            });
            assert_refused!(
                read("a.csv", &text),
                File(FileError::Ambiguous { .. }),
                "{header},{other}"
            );
        }
    }
    let text = table("item1,item2,distance,P1,P2,P3", |at, [one, two]| {
        vec![format!(
            "{},{},{},{}",
            NAMES[one],
            NAMES[two],
            VALUES[at],
            people(at)
        )]
    });
    assert_refused!(read("a.csv", &text), File(FileError::Ambiguous { .. }));
    let alone = read("a.csv", labelled("pair,P1,P2,P3", people)).unwrap();
    assert_eq!(alone.n_participants(), 3);
}

#[test]
fn columns_beside_labels_of_pairs_are_checked() {
    for (header, [few, others]) in [
        ("pair,dissimilarity,reversed", ["1", "0"]),
        ("pair,dissimilarity,practice", ["1", "0"]),
        ("pair,dissimilarity,excluded", ["1", "0"]),
        ("pair,P1,P2,excluded", ["3,1", "4,0"]),
        ("pair,dissimilarity_rating,similarity_rating", ["3", "5"]),
        ("pair,rating,similarity", ["0.5", "-0.25"]),
        ("pair,rating,distance", ["0.5", "0.25"]),
        ("pair,response,task", ["similarity", "similarity"]),
        ("pair,response,question", ["How similar?", "How similar?"]),
    ] {
        let text = labelled(header, |at| {
            format!("{},{}", VALUES[at], if at < 3 { few } else { others })
        });
        assert_refused!(
            read("a.csv", &text),
            File(FileError::Ambiguous { .. }),
            "{header}"
        );
    }
    for (header, other) in [
        ("pair,dissimilarity,rt", "904"),
        ("pair,dissimilarity,subject", "a"),
        ("pair,dissimilarity,task", "similarity"),
        ("pair,dissimilarity,category", "animals"),
    ] {
        assert_values(read(
            "a.csv",
            labelled(header, |at| format!("{},{other}", VALUES[at])),
        ));
    }
}

#[test]
fn arrays_beside_dissimilarities_are_checked_like_columns() {
    let people = [VALUES, VALUES.map(|x| 5.0 - x), VALUES.map(|x| x * x)].concat();
    let text =
        |texts: &[&str]| -> Vec<String> { texts.iter().map(|&text| text.to_owned()).collect() };
    let order: Vec<f64> = by_column().into_iter().map(|at| at as f64).collect();
    let mask: Vec<f64> = (0..10).map(|at| f64::from(u8::from(at < 4))).collect();
    for (name, content) in [
        ("reversed", numbers("(3,)", &[0.0, 0.0, 1.0])),
        ("excluded", numbers("(3,)", &[0.0, 0.0, 1.0])),
        ("mask", numbers("(10,)", &mask)),
        ("order", numbers("(10,)", &order)),
        ("task", texts("(3,)", &text(&["diss", "sim", "diss"]))),
        ("kind", texts("()", &text(&["similarity"]))),
        ("type", texts("(1,)", &text(&["similarity"]))),
        ("isSimilarity", numbers("(1,1)", &[1.0])),
        ("names", texts("(3,)", &text(&["P1", "P2", "vgg16"]))),
    ] {
        let file = [("rdms", numbers("(3,10)", &people)), (name, content)];
        assert_refused!(
            read_arrays(&file),
            File(FileError::Ambiguous { .. }),
            "{name}"
        );
    }
    for (name, content) in [
        ("age", numbers("(3,)", &[20.0, 31.0, 25.0])),
        ("excluded", numbers("(3,)", &[0.0, 0.0, 0.0])),
        (
            "order",
            numbers("(10,)", &[0., 1., 2., 3., 4., 5., 6., 7., 8., 9.]),
        ),
        ("kind", texts("()", &text(&["dissimilarity"]))),
        ("task", texts("()", &text(&["similarity"]))),
        ("participants", texts("(3,)", &text(&["P1", "P2", "P3"]))),
    ] {
        let file = [("rdms", numbers("(3,10)", &people)), (name, content)];
        assert!(read_arrays(&file).is_ok(), "{name}");
    }
}

#[test]
fn two_arrays_name_the_stimuli_of_pairs_whatever_their_names() {
    let order = by_column();
    let values: Vec<f64> = order.iter().map(|&at| VALUES[at]).collect();
    let of = |side: usize| -> Vec<String> {
        order
            .iter()
            .map(|&at| NAMES[pairs()[at][side]].to_owned())
            .collect()
    };
    for [first, second] in [
        ["rows", "cols"],
        ["ref", "comp"],
        ["u", "v"],
        ["lhs", "rhs"],
    ] {
        assert_values(read_arrays(&[
            ("dissim", numbers("(10,)", &values)),
            (first, texts("(10,)", &of(0))),
            (second, texts("(10,)", &of(1))),
        ]));
    }
    let categories =
        |name: &str| -> Vec<String> { (0..10).map(|at| format!("{name}{}", at % 3)).collect() };
    assert_refused!(
        read_arrays(&[
            ("dissim", numbers("(10,)", &values)),
            ("u", texts("(10,)", &categories("a"))),
            ("v", texts("(10,)", &categories("b"))),
        ]),
        File(FileError::Ambiguous { .. })
    );
}

#[test]
fn labels_of_a_scale_that_was_turned_for_some_people_are_refused() {
    let with = |name: &str, [one, two]: [&str; 2]| {
        table(
            &format!("participant,item1,item2,dissimilarity,{name}"),
            |at, [first, second]| {
                let row = |(person, label): (usize, &str)| {
                    let rating = rating(person, at);
                    format!(
                        "P{person},{},{},{rating},{label}",
                        NAMES[first], NAMES[second]
                    )
                };
                [(1, one), (2, two)].map(row).to_vec()
            },
        )
    };
    for (name, labels) in [
        ("left_label", ["similar", "different"]),
        ("lowLabel", ["same", "different"]),
        ("key_map", ["1=same", "7=same"]),
        ("sens", ["normal", "inverse"]),
    ] {
        assert_refused!(
            read("a.csv", with(name, labels)),
            File(FileError::Ambiguous { .. }),
            "{name}"
        );
    }
    assert!(read("a.csv", with("group", ["old", "young"])).is_ok());
}

#[test]
fn fields_that_are_no_numbers_have_a_remedy() {
    let text = labelled("pair,dissimilarity", |at| format!("{}%", VALUES[at]));
    let error = read("a.csv", text).unwrap_err().report().to_string();
    assert!(
        error.contains("\"dissimilarity\"") && error.contains("without units"),
        "{error}"
    );
}
