//! Files of RDMs of which something else than a column of judgments tells what the numbers mean: questions,
//! names of files, labels of raters, diagonals and other layouts of pairs.

use human_alignment::Result;
use human_alignment::error::{FileError, RdmError};
use human_alignment::rdm::{RdmFile, RdmSet, Similarities};

use crate::common::files::put;
use crate::common::refusals::assert_refused;
use crate::rdm_files::{
    NAMES, VALUES, assert_values, numbers, pairs, read, read_npz, table, texts,
};

fn similarities(name: &str, text: &str) -> Result<RdmSet> {
    let folder = tempfile::tempdir().unwrap();
    let file = RdmFile::new(put(&folder, name, text))?;
    file.with_similarities(Similarities::default()).read()
}

fn message(found: Result<RdmSet>) -> String {
    found.unwrap_err().report().to_string()
}

/// A table with two stimuli and these fields in each row.
fn listed(header: &str, fields: impl Fn(usize, [&str; 2]) -> String) -> String {
    table(header, |at, pair| {
        let [one, two] = pair.map(|at| NAMES[at]);
        vec![format!("{one},{two},{}", fields(at, [one, two]))]
    })
}

/// A square matrix with labels, of which `diagonal` returns the diagonal.
fn square(diagonal: impl Fn(usize) -> f64) -> String {
    let row = |one: usize| {
        let value = |two: usize| {
            let is_pair = |pair: &[usize; 2]| *pair == [one.min(two), one.max(two)];
            let at = pairs().iter().position(is_pair);
            at.map_or_else(|| diagonal(one), |at| VALUES[at])
                .to_string()
        };
        let values: Vec<String> = (0..5).map(value).collect();
        format!("{},{}\n", NAMES[one], values.join(","))
    };
    format!(",{}\n", NAMES.join(",")) + &(0..5).map(row).collect::<String>()
}

#[test]
fn questions_that_name_the_stimuli_are_seen() {
    let with = |header: &str, text: &dyn Fn([&str; 2]) -> String| {
        listed(header, |at, pair| {
            format!("{},\"{}\"", VALUES[at], text(pair))
        })
    };
    let similar = |[one, two]: [&str; 2]| format!("How similar are {one} and {two}?");
    let html = |[one, two]: [&str; 2]| {
        format!("<p>Rate the similarity</p><img src='{one}.png'><img src='{two}.png'>")
    };
    for name in ["stimulus", "prompt", "question"] {
        for text in [&similar as &dyn Fn([&str; 2]) -> String, &html] {
            let text = with(&format!("item1,item2,response,{name}"), text);
            assert_refused!(
                read("a.csv", &text),
                File(FileError::Ambiguous { .. }),
                "{text}"
            );
            assert!(similarities("a.csv", &text).is_ok(), "{text}");
        }
    }
    let different = |[one, two]: [&str; 2]| format!("How different are {one} and {two}?");
    let path = |[one, two]: [&str; 2]| format!("my data/similarity study/{one}_{two}.png");
    assert_values(read(
        "a.csv",
        with("item1,item2,dissimilarity,stimulus", &similar),
    ));
    assert_values(read(
        "a.csv",
        with("item1,item2,response,stimulus", &different),
    ));
    assert_values(read(
        "a.csv",
        with("item1,item2,response,screenshot", &path),
    ));
}

#[test]
fn names_of_files_tell_similarities() {
    let matrix = square(|_| 0.0);
    for name in [
        "human_rsm.csv",
        "similarity_matrix.csv",
        "RSM.csv",
        "cooccurrence.csv",
        "confusion_matrix.csv",
        "simmat.csv",
    ] {
        assert_refused!(
            read(name, &matrix),
            File(FileError::Ambiguous { .. }),
            "{name}"
        );
        assert!(similarities(name, &matrix).is_ok(), "{name}");
    }
    for name in [
        "dissimilarity.csv",
        "similarity_judgments_rdm.csv",
        "similarity_task.csv",
        "human.csv",
    ] {
        assert_values(read(name, &matrix));
    }
    let named = listed("item1,item2,dissimilarity", |at, _| VALUES[at].to_string());
    assert_values(read("similarity.csv", named));
    for array in ["simmat", "simi", "gram", "cooc"] {
        let file = read_npz(&[(&format!("{array}.npy"), numbers("(10,)", &VALUES))]);
        assert_refused!(file, Rdm(RdmError::LooksLikeSimilarities { .. }), "{array}");
    }
}

#[test]
fn pairs_of_words_have_a_direction() {
    let text = |header: &str| listed(header, |at, _| VALUES[at].to_string());
    for header in [
        "word1,word2,score",
        "Word 1,Word 2,Human (mean)",
        "word_a,word_b,MEN",
    ] {
        let text = text(header);
        assert_refused!(
            read("a.csv", &text),
            File(FileError::Ambiguous { .. }),
            "{header}"
        );
        assert!(similarities("a.csv", &text).is_ok(), "{header}");
    }
    assert_values(read("a.csv", text("word1,word2,dissimilarity")));
    assert_values(read("a.csv", text("item1,item2,score")));
    // Without a header, and with a pair of each word too few to be all pairs.
    let rows: String = (0..4)
        .map(|at| format!("{} {}a {}\n", NAMES[at], NAMES[at], VALUES[at]))
        .collect();
    assert!(message(read("a.txt", rows)).contains("item1, item2, similarity"));
}

#[test]
fn the_column_that_is_read_may_be_either() {
    let both = listed("item1,item2,dissimilarity,similarity", |at, _| {
        format!("{},{}", VALUES[at], 8.0 - VALUES[at])
    });
    assert_values(read("a.csv", &both));
    let converted = similarities("a.csv", &both).unwrap();
    let original = read("a.csv", &both).unwrap();
    let shift = converted.rdms()[0].values()[0] - original.rdms()[0].values()[0];
    let pairs = converted.rdms()[0].values().iter();
    for (one, other) in pairs.zip(original.rdms()[0].values()) {
        assert!((one - other - shift).abs() < 1e-9);
    }
    let several = |header: &str| listed(header, |at, _| format!("{},{}", VALUES[at], at));
    let text = several("item1,item2,rating_a,rating_b");
    let refused = message(read("a.csv", &text));
    assert!(
        refused.contains("\"similarity\" if larger means more similar"),
        "{refused}"
    );
    let refused = message(similarities("a.csv", &text));
    assert!(refused.contains("name it \"similarity\""), "{refused}");
    // Either remedy is accepted, and neither turns the sign.
    let named = listed("item1,item2,similarity", |at, _| VALUES[at].to_string());
    assert_refused!(
        read("a.csv", &named),
        Rdm(RdmError::LooksLikeSimilarities { .. })
    );
    assert!(similarities("a.csv", &named).is_ok());
}

#[test]
fn numbers_of_trials_and_raters_are_no_pairs() {
    let wide = |corner: &str, row: &dyn Fn(usize) -> String, column: &dyn Fn(usize) -> String| {
        let columns: Vec<String> = (1..11).map(column).collect();
        let rows = (0..5).map(|at| {
            let values = VALUES.map(|value| (value + at as f64).to_string());
            format!("{},{}\n", row(at), values.join(","))
        });
        format!(
            "{corner},{}\n{}",
            columns.join(","),
            rows.collect::<String>()
        )
    };
    let person = |at: usize| format!("s{at}");
    let stimulus = |at: usize| NAMES[at].to_owned();
    let name = |word: &'static str| move |at: usize| format!("{word}{at}");
    for text in [
        wide("participant", &person, &name("trial")),
        wide("", &stimulus, &name("P")),
        wide("item", &stimulus, &name("rater_")),
        wide("", &stimulus, &name("dim")),
    ] {
        assert_refused!(
            read("a.csv", &text),
            File(FileError::Ambiguous { .. }),
            "{text}"
        );
    }
    for text in [
        wide("participant", &person, &name("pair")),
        wide("participant", &person, &name("")),
        wide("participant", &stimulus, &name("P")),
        wide("", &person, &name("P")),
    ] {
        assert_eq!(read("a.csv", &text).unwrap().len(), 5, "{text}");
    }
}

#[test]
fn diagonals_of_judgments_are_left_out_if_they_are_small() {
    assert_values(read("a.csv", square(|at| 0.01 * at as f64)));
    assert_refused!(
        read("a.csv", square(|at| 1.0 + 0.5 * at as f64)),
        Rdm(RdmError::InvalidPair { .. })
    );
    assert_refused!(
        read("a.csv", square(|at| 3.5 + 0.1 * at as f64)),
        Rdm(RdmError::LooksLikeSimilarities { .. })
    );
}

#[test]
fn people_judge_pairs_in_rows() {
    let value = |person: usize, at: usize| 1 + (3 * at + person * (at + 2)) % 7;
    let check = |text: &str| {
        let found = read("a.csv", text).unwrap();
        assert_eq!(found.len(), 3, "{text}");
        for (person, rdm) in found.rdms().iter().enumerate() {
            for (at, pair) in pairs().into_iter().enumerate() {
                let [one, two] = pair.map(|at| rdm.stimuli().position(NAMES[at]).unwrap());
                let between = rdm.between(one, two);
                assert_eq!(between, Some(value(person, at) as f64), "{text}");
            }
        }
    };
    let rows = |header: &str, join: &dyn Fn([&str; 2]) -> String| {
        table(header, |at, pair| {
            let label = join(pair.map(|at| NAMES[at]));
            let row = |person: usize| format!("P{person},{label},{}", value(person, at));
            (0..3).map(row).collect()
        })
    };
    check(&rows("subj,pair,resp", &|pair| pair.join("-")));
    check(&rows("subject,stimulus,rating", &|[one, two]| {
        format!("\"[\"\"{one}\"\",\"\"{two}\"\"]\"")
    }));
    let several = |header: &str| {
        listed(header, |at, _| {
            format!("{},{},{}", value(0, at), value(1, at), value(2, at))
        })
    };
    for people in ["P1,P2,P3", "sub1,sub2,sub3", "rater_1,rater_2,rater_3"] {
        check(&several(&format!("item1,item2,{people}")));
    }
    for others in ["P1,P2,mean", "x,y,z", "rating_1,rating_2,rating_3"] {
        let refused = read("a.csv", several(&format!("item1,item2,{others}")));
        assert!(refused.is_err(), "{others}");
    }
    let with_empty = rows("subj,pair,resp", &|pair| pair.join("-"));
    check(&with_empty.replacen("resp\n", "resp\nP0,,\n", 1));
    let listed = listed("item1,item2,rating", |at, _| VALUES[at].to_string());
    assert_values(read(
        "a.csv",
        listed.replacen("rating\n", "rating\n,,\n", 1),
    ));
    assert!(read("a.csv", listed.replacen("rating\n", "rating\nzebra,,\n", 1)).is_err());
}

#[test]
fn matrices_without_some_elements_have_a_remedy() {
    let full = square(|_| 0.0);
    let cells: Vec<Vec<&str>> = full.lines().map(|line| line.split(',').collect()).collect();
    let shifted = |row: usize| {
        let line = |at: usize| {
            let mut fields = cells[at].clone();
            fields.remove(if row == 0 { 1 } else { 5 });
            fields.join(",")
        };
        let lines = (0..6).filter(|&at| at != if row == 0 { 5 } else { 1 });
        lines.map(line).collect::<Vec<String>>().join("\n") + "\n"
    };
    for text in [shifted(0), shifted(5)] {
        let refused = message(read("a.csv", &text));
        assert!(refused.contains("without its diagonal"), "{refused}");
    }
    let mut upper = cells.clone();
    upper[2][1] = "";
    let lines = upper.iter().map(|line| line.join(","));
    let refused = message(read("a.csv", lines.collect::<Vec<String>>().join("\n")));
    assert!(refused.contains("missing below"), "{refused}");
}

#[test]
fn labels_of_a_scale_are_no_stimuli() {
    let text = listed(
        "left_img,right_img,dissimilarity,left_label,right_label",
        |at, _| format!("{},very similar,very different", VALUES[at]),
    );
    assert_values(read("a.csv", text));
    // The label at the end of a slider is that of large numbers.
    for (name, label, are_similarities) in [
        ("label_right", "identical", true),
        ("right_label", "very similar", true),
        ("slider_label_max", "the same", true),
        ("label_left", "identical", false),
        ("left_label", "very similar", false),
        ("label_right", "very different", false),
    ] {
        let text = listed(&format!("item1,item2,rating,{name}"), |at, _| {
            format!("{},{label}", VALUES[at])
        });
        match are_similarities {
            true => assert!(
                message(read("a.csv", text)).contains("holds similarities"),
                "{name}"
            ),
            false => assert_values(read("a.csv", text)),
        }
    }
}

#[test]
fn arrays_of_each_matrix_end_like_it() {
    let names: Vec<String> = NAMES.iter().map(|&name| name.to_owned()).collect();
    let others: Vec<String> = names.iter().rev().cloned().collect();
    let folder = tempfile::tempdir().unwrap();
    let file = crate::common::arrays::npz(
        zip::CompressionMethod::Stored,
        &[
            ("rdmutv_ann.npy", numbers("(10,)", &VALUES)),
            ("rdmutv_bob.npy", numbers("(10,)", &[0.5; 10])),
            ("stimuli_ann.npy", texts("(5,)", &names)),
            ("stimuli_bob.npy", texts("(5,)", &others)),
        ],
    );
    let file = RdmFile::new(put(&folder, "a.npz", file)).unwrap();
    assert_values(file.with_array("rdmutv_ann").read());
}
