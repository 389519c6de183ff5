//! Dissimilarities of other people's files through the `rsa` example: the right number, or a refusal that
//! names the remedy.

use serde_json::Value;
use tempfile::TempDir;

use crate::common;
use crate::common::arrays::{npy, npz};
use crate::common::files::{put, write};

/// The dissimilarities of six stimuli, whose order is that of the ids.
const VALUES: [f64; 15] = [
    2.1, 0.7, 3.3, 1.9, 4.2, 2.8, 0.4, 3.9, 1.2, 2.5, 3.1, 0.9, 1.6, 4.8, 3.6,
];

/// The order in which the pairs and stimuli of a shuffled file are written.
const ORDER: [usize; 15] = [7, 3, 11, 0, 14, 5, 9, 1, 13, 2, 10, 6, 4, 12, 8];
const ROWS: [usize; 6] = [4, 1, 5, 0, 3, 2];

const NAMES: [&str; 6] = ["zebra", "apple", "mouse", "chair", "boat", "violin"];

fn pairs() -> Vec<(usize, usize, f64)> {
    let pairs = (0..6).flat_map(|first| (first + 1..6).map(move |second| (first, second)));
    pairs
        .zip(VALUES)
        .map(|((first, second), value)| (first, second, value))
        .collect()
}

fn between(first: usize, second: usize) -> f64 {
    let found = pairs()
        .into_iter()
        .find(|&(one, two, _)| (one, two) == (first.min(second), first.max(second)));
    found.map_or(0.0, |(_, _, value)| value)
}

/// Writes the rows of a table of pairs in another order.
fn shuffled(header: &str, row: impl Fn(usize, usize, f64) -> String) -> String {
    let pairs = pairs();
    let rows = ORDER.map(|at| {
        let (first, second, value) = pairs[at];
        row(first, second, value)
    });
    format!("{header}{}\n", rows.join("\n"))
}

/// Writes a square matrix with labels of rows and columns.
fn square(order: &[usize], label: impl Fn(usize) -> String) -> String {
    let header = order.iter().map(|&column| label(column));
    let mut lines = vec![format!(",{}", header.collect::<Vec<_>>().join(","))];
    for &row in order {
        let fields = order.iter().map(|&column| between(row, column).to_string());
        lines.push(format!(
            "{},{}",
            label(row),
            fields.collect::<Vec<_>>().join(",")
        ));
    }
    lines.join("\n") + "\n"
}

/// A folder with models of the same dissimilarities, for which the right correlation is 1.
struct Models(TempDir);

impl Models {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, human: &str, model: &str, more: &[&str]) -> std::process::Output {
        let human = write(&self.0, "human.csv", human);
        let model = write(&self.0, "model.csv", model);
        let arguments = ["--model-rdm", &model, "--human", &human, "--json"];
        common::example("rsa", &[&arguments, more].concat())
    }

    fn value(&self, human: &str, model: &str, more: &[&str]) -> Value {
        let output = self.run(human, model, more);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{human}{message}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[track_caller]
    fn right(&self, human: &str, model: &str, paired_by: &str) {
        let found = self.value(human, model, &[]);
        let value = found["value"].as_f64().unwrap();
        assert!((value - 1.0).abs() < 1e-9, "{human}{found}");
        assert_eq!(found["paired_by"], paired_by, "{human}");
    }

    #[track_caller]
    fn refused(&self, human: &str, model: &str, more: &[&str], remedy: &str) {
        let output = self.run(human, model, more);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{human}{message}");
        assert!(message.contains(remedy), "{message}");
    }
}

fn named(label: impl Fn(usize) -> String) -> String {
    square(&ROWS, label)
}

/// A model without ids: one row of pairs.
fn unnamed() -> String {
    let values = VALUES.map(|value| value.to_string());
    values.join(",") + "\n"
}

const LONG: &str = "item1,item2,dissimilarity\n";

/// The files of people have the same name in a folder for each.
#[test]
fn people_in_folders_of_the_same_file_name_are_different() {
    let models = Models::new();
    let people: Vec<String> = (1..4)
        .map(|person| {
            let folder = models.0.path().join(format!("sub-0{person}"));
            std::fs::create_dir(&folder).unwrap();
            let path = folder.join("rdm.csv");
            std::fs::write(&path, unnamed()).unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect();
    let model = write(&models.0, "model.csv", &unnamed());
    let mut arguments = vec!["--model-rdm", &model, "--json"];
    for person in &people {
        arguments.extend(["--human", person]);
    }
    let found = common::json_of("rsa", &arguments);
    assert_eq!(found["per_person"].as_array().unwrap().len(), 3);
}

#[test]
fn ids_that_count_are_matched_by_id() {
    let models = Models::new();
    let forms: [fn(usize) -> String; 5] = [
        |n| format!("img{}", n + 1),
        |n| format!("s{n}"),
        |n| format!("{:02}", n + 1),
        |n| format!("imgs/{n}.png"),
        |n| (n + 1).to_string(),
    ];
    for label in forms {
        let long = shuffled(LONG, |a, b, value| {
            format!("{},{},{value}", label(a), label(b))
        });
        models.right(&long, &named(label), "id");
        // Rows without ids are in the order of the numbers.
        models.right(&long, &unnamed(), "position");
    }
    // Some of the stimuli.
    let long = |n: usize| {
        let pairs = pairs().into_iter().filter(|&(_, second, _)| second < n);
        let rows = pairs.map(|(a, b, value)| format!("s{a},s{b},{value}\n"));
        format!("{LONG}{}", rows.collect::<String>())
    };
    let model = named(|n| format!("s{n}"));
    assert!(models.run(&long(6), &model, &[]).status.success());
    let features = "id,a,b\ns5,1,2.5\ns3,0.5,1\ns0,2,0.1\ns1,0.3,0.9\ns4,0,1\ns2,3,1.5\n";
    let features = write(&models.0, "features.csv", features);
    let human = write(&models.0, "human.csv", &long(4));
    let arguments = ["--features", &features, "--human", &human, "--json"];
    let found = common::json_of(
        "rsa",
        &[&arguments[..], &["--dissimilarity", "euclidean"]].concat(),
    );
    assert_eq!(
        (&found["stimuli"], &found["paired_by"]),
        (&4.into(), &"id".into())
    );
}

#[test]
fn numbers_are_no_positions_among_other_ids() {
    let models = Models::new();
    let long = shuffled(LONG, |a, b, value| format!("{a},{b},{value}"));
    models.refused(&long, &named(|n| NAMES[n].into()), &[], "missing");
    models.refused(&long, &named(|n| (n + 1).to_string()), &[], "missing");
    let in_order = square(&[0, 1, 2, 3, 4, 5], |n| n.to_string());
    models.right(&long, &in_order, "id");
    // Ids from 1 in another order are not the rows 0 to 5.
    models.refused(&named(|n| (n + 1).to_string()), &in_order, &[], "--ids");
    models.refused(&named(|n| format!("{:02}", n)), &in_order, &[], "--ids");
    let names = square(&[0, 1, 2, 3, 4, 5], |n| NAMES[n].into());
    models.right(&in_order, &names, "position");
}

#[test]
fn numbers_of_rows_in_another_order_are_sorted() {
    let models = Models::new();
    models.right(&named(|n| n.to_string()), &unnamed(), "position");
    models.right(&named(|n| (n + 1).to_string()), &unnamed(), "position");
}

#[test]
fn ids_by_flag_do_not_replace_labels() {
    let models = Models::new();
    let label = |n: usize| NAMES[n].to_owned();
    let long = shuffled(LONG, |a, b, value| {
        format!("{},{},{value}", label(a), label(b))
    });
    let ids = write(&models.0, "ids.txt", &format!("{}\n", NAMES.join("\n")));
    let own = "labels of its own";
    models.refused(&long, &named(label), &["--human-ids", &ids], own);
    models.refused(&named(label), &named(label), &["--human-ids", &ids], own);
    models.refused(&named(label), &named(label), &["--ids", &ids], own);
    // The same ids in the same order, and labels that only count.
    let in_order = square(&[0, 1, 2, 3, 4, 5], label);
    for human in [
        in_order,
        square(&[0, 1, 2, 3, 4, 5], |n| n.to_string()),
        square(&[0, 1, 2, 3, 4, 5], |n| format!("V{}", n + 1)),
        shuffled(LONG, |a, b, value| format!("{},{},{value}", a + 1, b + 1)),
    ] {
        let found = models.value(&human, &named(label), &["--human-ids", &ids]);
        assert!(found["value"].as_f64().unwrap() > 0.999_999, "{human}");
        assert_eq!(found["paired_by"], "id");
    }
}

#[test]
fn squares_may_have_labels_such_as_those_of_pairs() {
    let models = Models::new();
    for labels in [
        ["a", "b", "c", "d", "e", "f"],
        ["i", "j", "x", "y", "u", "v"],
        ["left", "right", "up", "down", "in", "out"],
        ["bat1", "bat2", "cat", "dog", "hen", "cow"],
        ["hot dog", "hotdog", "cat", "dog", "hen", "cow"],
        ["zebra", "Zebra", "row", "col", "first", "second"],
    ] {
        let label = |n: usize| labels[n].to_owned();
        let model = named(label);
        models.right(&square(&[2, 5, 0, 1, 4, 3], label), &model, "id");
        // Without labels of the rows.
        let labelled = square(&[0, 1, 2, 3, 4, 5], label);
        let rows = labelled.lines().map(|line| line.split_once(',').unwrap().1);
        models.right(&(rows.collect::<Vec<_>>().join("\n") + "\n"), &model, "id");
    }
}

#[test]
fn tables_of_pairs_need_no_names_of_columns() {
    let models = Models::new();
    for header in ["", "V1,V2,V3\n", "0,1,2\n", "thing,other,quantity\n"] {
        let numbers = shuffled(header, |a, b, value| format!("{a},{b},{value}"));
        models.right(&numbers, &unnamed(), "position");
        let names = shuffled(header, |a, b, value| {
            format!("{},{},{value}", NAMES[a], NAMES[b])
        });
        models.right(&names, &named(|n| NAMES[n].into()), "id");
    }
    let spaces = shuffled("", |a, b, value| format!("{} {} {value}", a + 1, b + 1));
    models.right(&spaces, &unnamed(), "position");
    // With missing pairs, or with other columns, it is ambiguous.
    let numbers = shuffled("", |a, b, value| format!("{a},{b},{value}"));
    let (some, _) = numbers.trim_end().rsplit_once('\n').unwrap();
    models.refused(some, &unnamed(), &[], "in a header");
    let people = shuffled("", |a, b, value| format!("{a},{b},{value},{}", value + 0.5));
    models.refused(&people, &unnamed(), &[], "in a header");
}

#[test]
fn labels_of_pairs_give_their_order() {
    let models = Models::new();
    let name = |a: usize, b: usize| format!("{}_{}", NAMES[a], NAMES[b]);
    let model = named(|n| NAMES[n].into());
    let rows = |header: &str, label: &dyn Fn(usize, usize) -> String| {
        shuffled(header, |a, b, value| {
            format!("{},{value},{value}", label(a, b))
        })
    };
    models.right(&rows(",S1,S2\n", &name), &model, "id");
    models.right(&rows("pair,S1,S2\n", &|a, b| name(b, a)), &model, "id");
    models.right(
        &rows(",S1,S2\n", &|a, b| format!("{}-{}", a + 1, b + 1)),
        &unnamed(),
        "position",
    );
    let single = shuffled("pair,dissimilarity\n", |a, b, value| {
        format!("{a}-{b},{value}")
    });
    models.right(&single, &unnamed(), "position");
    let timed = shuffled("pair,rating,rt\n", |a, b, value| {
        format!("{a}-{b},{value},{}", 900 + a)
    });
    models.right(&timed, &unnamed(), "position");
    let columns = |label: &dyn Fn(usize, usize) -> String| {
        let pairs = pairs();
        let labels = ORDER.map(|at| label(pairs[at].0, pairs[at].1)).join(",");
        let values = ORDER.map(|at| pairs[at].2.to_string()).join(",");
        format!("person,{labels}\nS1,{values}\nS2,{values}\n")
    };
    models.right(&columns(&name), &model, "id");
    models.right(&columns(&|a, b| format!("{a}_{b}")), &unnamed(), "position");
    // Whole numbers are judgments, too.
    for label in [
        "a_b,a_c,b_c",
        "0_1,0_2,1_2",
        "img1_img2,img1_img3,img2_img3",
    ] {
        let human = format!("subject,{label}\nS1,3,1,2\nS2,6,2,4\n");
        let found = models.value(&human, "1,2,3\n", &[]);
        assert_eq!(found["people"], 2, "{label}");
    }
    // Numbers of pairs in another order, and labels that name no stimuli.
    let numbers = |header: &str| {
        let rows = ORDER.map(|at| format!("{},{}", at + 1, VALUES[at]));
        format!("{header}{}\n", rows.join("\n"))
    };
    for header in ["pair,dissimilarity\n", "number,dissimilarity\n", ""] {
        models.refused(&numbers(header), &unnamed(), &[], "upper triangle");
    }
    models.refused(
        &columns(&|a, b| format!("q{a}{b}")),
        &unnamed(),
        &[],
        "such as cat_dog",
    );
    // An index in order is neither a person nor an obstacle.
    let in_order: String = (0..15).map(|at| format!("{at},{}\n", VALUES[at])).collect();
    let found = models.value(&format!("pair,rating\n{in_order}"), &unnamed(), &[]);
    assert_eq!(
        (&found["people"], &found["value"]),
        (&1.into(), &1.0.into())
    );
}

#[test]
fn the_column_of_dissimilarities_is_known_by_whole_words() {
    let models = Models::new();
    let model = named(|n| NAMES[n].into());
    let table = |header: &str| {
        shuffled(&format!("item1,item2,{header}\n"), |a, b, value| {
            format!("{},{},{value},{}", NAMES[a], NAMES[b], (3 * a + b) % 4)
        })
    };
    for header in [
        "rating,distractor",
        "mean_rating,n_ratings",
        "rating_mean,rating_sd",
        "rating,screen_distance",
        "dissimilarity,distance_on_screen",
        "response,responseTime",
    ] {
        models.right(&table(header), &model, "id");
    }
    for header in ["rating_min,rating_max", "distance,similarity", "alpha,beta"] {
        models.refused(&table(header), &model, &[], "name it \"dissimilarity\"");
    }
}

#[test]
fn people_are_told_by_the_column_that_identifies_them() {
    let models = Models::new();
    let model = named(|n| NAMES[n].into());
    let table = |header: &str, person: &dyn Fn(usize) -> String| {
        let rows = (0..3).map(|number| {
            shuffled("", |a, b, value| {
                let value = value + number as f64 * ((a * b) % 3) as f64;
                format!("{},{},{value},{}", NAMES[a], NAMES[b], person(number))
            })
        });
        format!(
            "item1,item2,dissimilarity,{header}\n{}",
            rows.collect::<String>()
        )
    };
    let both = |number: usize| format!("{},P{number}", 20 + number % 2);
    for header in [
        "subject_age,subject",
        "participant_gender,participant_id",
        "age,pid",
        "age,ID",
        "age,sub",
        "age,ppt",
        "age,user_id",
        "age,workerId",
    ] {
        let found = models.value(&table(header, &both), &model, &[]);
        assert_eq!(found["people"], 3, "{header}");
    }
    let unknown = table("who", &|number| format!("P{number}"));
    models.refused(&unknown, &model, &[], "\"who\"");
    let repeated = table("repetition", &|number| number.to_string());
    assert_eq!(models.value(&repeated, &model, &[])["people"], 1);
    let two = table("subject,worker", &|number| {
        format!("P{number},{}", number / 2)
    });
    models.refused(&two, &model, &[], "keep only one");
}

/// A variable of a MATLAB file: an array of class 6 (double) or 4 (characters).
fn variable(class: u8, rows: usize, columns: usize, name: &str, data: &[u8]) -> Vec<u8> {
    let element = |kind: u32, data: &[u8]| {
        let mut bytes = [kind, data.len() as u32].map(u32::to_le_bytes).concat();
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let shape = [rows as i32, columns as i32].map(i32::to_le_bytes).concat();
    let parts = [
        element(6, &[class, 0, 0, 0, 0, 0, 0, 0]),
        element(5, &shape),
        element(1, name.as_bytes()),
        element(if class == 6 { 9 } else { 16 }, data),
    ];
    element(14, &parts.concat())
}

#[test]
fn names_beside_an_array_are_its_ids() {
    let models = Models::new();
    let order = ROWS;
    let pairs = (0..6).flat_map(|first| (first + 1..6).map(move |second| (first, second)));
    let values = pairs.flat_map(|(a, b)| between(order[a], order[b]).to_le_bytes());
    let values: Vec<u8> = values.collect();
    let letter = |name: &str, at: usize| name.as_bytes().get(at).copied().unwrap_or(b' ');
    let letters = (0..6).flat_map(|at| order.map(|row| letter(NAMES[row], at)));
    let mut file = vec![b' '; 124];
    file[..19].copy_from_slice(b"MATLAB 5.0 MAT-file");
    file.extend([0, 1, b'I', b'M']);
    file.extend(variable(6, 1, 15, "rdmutv", &values));
    file.extend(variable(4, 6, 6, "stimuli", &letters.collect::<Vec<u8>>()));
    let texts = order.iter().flat_map(|&row| {
        let letters = (0..6).map(move |at| NAMES[row].as_bytes().get(at).copied().unwrap_or(0));
        letters.flat_map(|letter| u32::from(letter).to_le_bytes())
    });
    let archive = npz(
        zip::CompressionMethod::Stored,
        &[
            ("rdm.npy", npy("<f8", false, "(15,)", &values)),
            (
                "labels.npy",
                npy("<U6", false, "(6,)", &texts.collect::<Vec<u8>>()),
            ),
        ],
    );
    let model = write(
        &models.0,
        "model.csv",
        &square(&[0, 1, 2, 3, 4, 5], |n| NAMES[n].into()),
    );
    for (name, content) in [("human.mat", file), ("human.npz", archive)] {
        let human = put(&models.0, name, content).display().to_string();
        let found = common::json_of("rsa", &["--model-rdm", &model, "--human", &human, "--json"]);
        assert!(
            found["value"].as_f64().unwrap() > 0.999_999,
            "{name}: {found}"
        );
        assert_eq!(found["paired_by"], "id");
    }
}

#[test]
fn files_of_people_that_are_joined_by_position_are_noted() {
    let models = Models::new();
    let model = named(|n| NAMES[n].into());
    let in_order = square(&[0, 1, 2, 3, 4, 5], |n| NAMES[n].into());
    let [first, second] = [("a.csv", in_order), ("b.csv", unnamed())]
        .map(|(name, content)| write(&models.0, name, &content));
    let model = write(&models.0, "model.csv", &model);
    for [one, two] in [[&first, &second], [&second, &first]] {
        let arguments = [
            "--model-rdm",
            &model,
            "--human",
            one,
            "--human",
            two,
            "--json",
        ];
        let output = common::example("rsa", &arguments);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(found["mean_per_person"].as_f64().unwrap() > 0.999_999);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("matched by position"), "{message}");
    }
    // Files in different orders do not tell that of the rows without ids.
    let reversed = square(&[5, 4, 3, 2, 1, 0], |n| NAMES[n].into());
    let third = write(&models.0, "c.csv", &reversed);
    let mut arguments = vec!["--model-rdm", &model, "--json"];
    for human in [&first, &third, &second] {
        arguments.extend(["--human", human]);
    }
    let message = common::refused("rsa", &arguments);
    assert!(message.contains("--human-ids"), "{message}");
}

#[test]
fn messages_name_the_fault() {
    let models = Models::new();
    let blank = (0..6).map(|row| {
        let field = |column: usize| match row == column {
            true => String::new(),
            false => between(row, column).to_string(),
        };
        (0..6).map(field).collect::<Vec<_>>().join(",") + "\n"
    });
    models.right(&blank.collect::<String>(), &unnamed(), "position");
    let commas = shuffled(LONG, |a, b, value| {
        format!("{a},{b},{}", value.to_string().replace('.', ","))
    });
    models.refused(&commas, &unnamed(), &[], "decimal commas");
    let subjects = VALUES.map(|value| value.to_string()).join(",");
    let columns: Vec<String> = (0..15).map(|pair| pair.to_string()).collect();
    let subjects = format!(
        "subject,{}\n101,{subjects}\n102,{subjects}\n",
        columns.join(",")
    );
    let found = models.value(&subjects, &unnamed(), &[]);
    assert_eq!(found["people"], 2);
    // Two judgments of each of many participants, of stimuli of their own.
    let rows = (0..2000).map(|row| format!("{row},a{row},b{row},1.5\n"));
    let sparse = format!(
        "participant,item1,item2,dissimilarity\n{}",
        rows.collect::<String>()
    );
    models.refused(&sparse, &unnamed(), &[], "2000 participants");
    let similar = named(|n| NAMES[n].into());
    let similar = similar.replace(",0,", ",9,").replace(",0\n", ",9\n");
    models.refused(
        &unnamed(),
        &similar,
        &["--similarities"],
        "of a model in its file",
    );
}

/// There are as many people as pairs of four stimuli.
#[test]
fn names_tell_people_from_as_many_pairs() {
    let models = Models::new();
    let model = ",a,b,c,d\na,0,1,2,3\nb,1,0,4,5\nc,2,4,0,6\nd,3,5,6,0\n";
    // The dissimilarities of a person, in a column, are those of the model plus errors of the person.
    let number = |pair: usize, person: usize| (10 * (pair + 1) + (pair * person) % 7).to_string();
    let lines = |label: &dyn Fn(usize) -> String, is_transposed: bool| -> String {
        let line = |one: usize| -> String {
            let fields = (0..6).map(|other| match is_transposed {
                true => number(other, one),
                false => number(one, other),
            });
            label(one) + &fields.collect::<Vec<_>>().join(",") + "\n"
        };
        (0..6).map(line).collect()
    };
    let columns = lines(&|_| String::new(), false);
    let rows = lines(&|_| String::new(), true);
    let value = |human: &str| {
        let found = models.value(human, model, &["--compare", "pearson"]);
        assert_eq!(found["people"], 6);
        found["mean_per_person"].as_f64().unwrap()
    };
    let expected = value(&format!("s0,s1,s2,s3,s4,s5\n{columns}"));
    for (names, index) in [
        ("sub-01,sub-02,sub-03,sub-04,sub-05,sub-06", false),
        ("ann,ben,cem,dan,eva,fay", false),
        (",P1,P2,P3,P4,P5,P6", true),
    ] {
        let columns = match index {
            true => lines(&|row| format!("{row},"), false),
            false => columns.clone(),
        };
        assert!(
            (value(&format!("{names}\n{columns}")) - expected).abs() < 1e-9,
            "{names}"
        );
    }
    let pairs = format!("a_b,a_c,a_d,b_c,b_d,c_d\n{rows}");
    assert!((value(&pairs) - expected).abs() < 1e-9);
    models.refused(&columns, model, &[], "--condensed-rows");
    models.refused(
        &format!("V1,V2,V3,V4,V5,V6\n{columns}"),
        model,
        &[],
        "--condensed-rows",
    );
    let flags = ["--compare", "pearson", "--condensed-rows"];
    for rows in [rows.clone(), format!("V1,V2,V3,V4,V5,V6\n{rows}")] {
        let found = models.value(&rows, model, &flags);
        let found = found["mean_per_person"].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-9);
    }
}

/// The files of the sessions of a person are named after both.
#[test]
fn files_of_sessions_are_of_one_person() {
    let models = Models::new();
    let model = write(&models.0, "model.csv", &unnamed());
    let run = |names: &[&str], more: &[&str]| {
        let files = names.iter().enumerate().map(|(at, name)| {
            let path = models.0.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let values = VALUES.map(|value| judged(at, value).to_string());
            std::fs::write(&path, values.join(",") + "\n").unwrap();
            path.to_str().unwrap().to_owned()
        });
        let files: Vec<String> = files.collect();
        let mut arguments = vec!["--model-rdm", &model, "--json"];
        for file in &files {
            arguments.extend(["--human", file]);
        }
        arguments.extend(more);
        common::example("rsa", &arguments)
    };
    for (names, n_people) in [
        (
            [
                "sub-01_ses-1_rdm.csv",
                "sub-01_ses-2_rdm.csv",
                "sub-02_ses-1_rdm.csv",
            ],
            2,
        ),
        (["S1_run1.csv", "S2_run1.csv", "S2_run2.csv"], 2),
        (
            [
                "sub-01/ses-1/rdm.csv",
                "sub-01/ses-2/rdm.csv",
                "sub-02/ses-1/rdm.csv",
            ],
            2,
        ),
        (
            ["sub-01_ses-1.csv", "sub-02_ses-1.csv", "sub-03_ses-2.csv"],
            3,
        ),
        (["ann.csv", "ben.csv", "cem.csv"], 3),
    ] {
        let output = run(&names, &[]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&found["people"], &found["rdms"]),
            (&n_people.into(), &3.into()),
            "{names:?}"
        );
    }
    let names = ["run-1.csv", "run-2.csv", "run-3.csv"];
    let output = run(&names, &[]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && message.contains("--human-participants"),
        "{message}"
    );
    let people = write(&models.0, "people.txt", "ann\nann\nben\n");
    let output = run(&names, &["--human-participants", &people]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["people"], 2);
    // Labels that are written in two ways.
    for labels in ["01\n1\n2\n", "S1\ns1\nS2\n", "1\n1.0\n2\n"] {
        let people = write(&models.0, "people.txt", labels);
        let output = run(&names, &["--human-participants", &people]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && message.contains("the same person"),
            "{labels}{message}"
        );
    }
}

/// Returns a table of pairs in which two people of each of two groups judged all pairs.
fn in_groups(column: &str, participant: impl Fn(char, usize) -> String) -> String {
    let header = format!("{column},participant,item1,item2,dissimilarity");
    let mut lines = vec![header];
    for (at, (group, person)) in [('A', 1), ('A', 2), ('B', 1), ('B', 2)]
        .into_iter()
        .enumerate()
    {
        let who = participant(group, person);
        for (first, second, value) in pairs() {
            let (first, second) = (NAMES[first], NAMES[second]);
            lines.push(format!(
                "{group},{who},{first},{second},{}",
                judged(at, value)
            ));
        }
    }
    lines.join("\n") + "\n"
}

/// Returns the judgment of a person, which differs a little from the dissimilarity.
fn judged(person: usize, value: f64) -> f64 {
    value + 0.1 * ((person + 1) as f64 * value).sin()
}

#[test]
fn participants_are_not_numbered_afresh_in_each_group() {
    let models = Models::new();
    let model = named(|n| NAMES[n].to_owned());
    for column in ["site", "group", "Experiment", "list_id"] {
        let again = in_groups(column, |_, person| person.to_string());
        models.refused(&again, &model, &[], "write both in the label");
        let unique = in_groups(column, |group, person| format!("{group}-{person}"));
        assert_eq!(models.value(&unique, &model, &[])["people"], 4, "{column}");
    }
}

#[test]
fn rows_are_not_marked_as_excluded() {
    let models = Models::new();
    let model = named(|n| NAMES[n].to_owned());
    let table = |column: &str, excluded: &str, other: &str| {
        let row = |first: usize, second: usize, value: f64| {
            let mark = if first == 0 { excluded } else { other };
            format!("{},{},{mark},{value}", NAMES[first], NAMES[second])
        };
        shuffled(&format!("item1,item2,{column},dissimilarity\n"), row)
    };
    for (column, excluded, other) in [
        ("excluded", "yes", "no"),
        ("timed_out", "true", "false"),
        ("status", "timeout", "ok"),
        ("valid", "0", "1"),
    ] {
        models.refused(
            &table(column, excluded, other),
            &model,
            &[],
            "remove these rows",
        );
        models.right(&table(column, other, other), &model, "id");
    }
    let asked = table("question", "most_alike", "most_different");
    models.refused(&asked, &model, &[], "keep one kind of row");
}

#[test]
fn names_of_columns_tell_the_direction_or_are_refused() {
    let models = Models::new();
    let model = named(|n| NAMES[n].to_owned());
    let table = |columns: &str, more: &str| {
        let row = |first: usize, second: usize, value: f64| {
            format!("{},{},{value}{more}", NAMES[first], NAMES[second])
        };
        shuffled(&format!("item1,item2,{columns}\n"), row)
    };
    for name in ["simrating", "aehnlichkeit", "correl", "cosine"] {
        models.refused(&table(name, ""), &model, &[], "--similarities");
    }
    // That of a model beside the judgments.
    let both = table("dissimilarity,response", ",3");
    models.refused(&both, &model, &[], "remove the other columns");
    models.right(&table("dissimilarity,response_time", ",3"), &model, "id");
}

#[test]
fn labels_that_r_made_names_of_are_those_of_the_rows() {
    let models = Models::new();
    for [label, name] in [["7 dogs", "X7.dogs"], ["hot dog", "hot.dog"], ["", "X"]] {
        let numbered = |text: &str, n: usize| format!("{text}{}", n + 1);
        let model = named(|n| numbered(label, n));
        let own = square(&ROWS, |n| numbered(label, n));
        let header = ROWS.map(|n| numbered(name, n)).join(",");
        let body = own.split_once('\n').unwrap().1;
        models.right(&format!(",{header}\n{body}"), &model, "id");
    }
    // Ids that differ only so are matched by a form that the error names.
    let padded = named(|n| format!("img_0{n}"));
    let plain = named(|n| format!("img_{n}"));
    models.refused(&plain, &padded, &[], "--match-ids without-zeros");
    let found = models.value(&plain, &padded, &["--match-ids", "without-zeros"]);
    assert!((found["value"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    let in_r = named(|n| format!("hot.dog.{}", NAMES[n]));
    let spaced = named(|n| format!("hot dog {}", NAMES[n]));
    models.refused(&in_r, &spaced, &[], "--match-ids r-name");
    let found = models.value(&in_r, &spaced, &["--match-ids", "r-name"]);
    assert!((found["value"].as_f64().unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn columns_beside_those_of_pairs_or_stimuli_are_named() {
    let models = Models::new();
    let model = named(|n| NAMES[n].to_owned());
    let own = named(|n| NAMES[n].to_owned());
    let mut lines = own.lines();
    let mut more = format!("{},n_raters\n", lines.next().unwrap());
    lines.for_each(|line| more += &format!("{line},20\n"));
    models.refused(&more, &model, &[], "column \"n_raters\"");
    let names = pairs().into_iter();
    let names: Vec<String> = names
        .map(|(one, two, _)| format!("{}_{}", NAMES[one], NAMES[two]))
        .collect();
    let people = |header: &str, own: [&str; 2]| {
        let line = |at: usize| {
            let values = VALUES.map(|value| judged(at, value).to_string());
            format!("{},{}\n", own[at], values.join(","))
        };
        format!("{header},{}\n{}{}", names.join(","), line(0), line(1))
    };
    models.refused(
        &people("participant,session", ["s0,1", "s0,2"]),
        &model,
        &[],
        "column \"session\"",
    );
    let found = models.value(&people("participant", ["s0", "s0"]), &model, &[]);
    assert_eq!((&found["people"], &found["rdms"]), (&1.into(), &2.into()));
    // Stimuli that the model lacks, and a triangle.
    let fewer = square(&[0, 1, 2, 3, 4], |n| NAMES[n].to_owned());
    models.refused(
        &own,
        &fewer,
        &[],
        "leave them out of the file that has them",
    );
    models.refused(
        "a,b,c,d\na,0\nb,1,0\nc,2,3,0\n",
        &model,
        &[],
        "a triangle of a matrix in full",
    );
}

#[test]
fn each_file_has_its_own_encoding() {
    let models = Models::new();
    let name = |n: usize| format!("caf\u{e9}{}", NAMES[n]);
    let model = write(&models.0, "model.csv", &named(name));
    let latin: Vec<u8> = named(name).chars().map(|c| c as u8).collect();
    let human = put(&models.0, "human.csv", latin).display().to_string();
    let arguments = [
        "--model-rdm",
        &model,
        "--human",
        &human,
        "--json",
        "--encoding",
        "latin1",
    ];
    let found = common::json_of("rsa", &arguments);
    assert!((found["value"].as_f64().unwrap() - 1.0).abs() < 1e-9);
}
