//! What the columns of tables and the arrays of archives mean: the right features and trials, or a
//! refusal that names the remedy.

use human_alignment::dataset::{Counting, TripletChunks, TripletFile, TripletSource};
use human_alignment::error::{FileError, JudgmentError};
use human_alignment::rdm::RdmFile;
use human_alignment::stimuli::{IdForm, Pairing};
use human_alignment::{
    AnchoredTask, FileSource, OddOneOutTask, Result, SimilarityDataset, Stimuli, Task,
    TrialParticipants,
};
use ndarray::{Array2, array};
use zip::CompressionMethod;

use crate::common::arrays::{npy, npz};
use crate::common::files::put;
use crate::common::refusals::assert_refused;

/// The message of an error, or the number of features if there is none.
fn features(name: &str, text: &str) -> std::result::Result<Array2<f64>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, name, text.as_bytes());
    let read = FileSource::open(&path).and_then(|source| source.read());
    let read = read.map_err(|error| error.report().to_string())?;
    Ok(read.features().to_f64().into_owned())
}

#[track_caller]
fn refused(text: &str, part: &str) {
    let message = features("a.csv", text).unwrap_err();
    assert!(message.contains(part), "{message}");
}

#[test]
fn labels_of_rows_are_no_features() {
    let expected = array![[0.5, 1.5], [0.25, 2.5], [0.75, 3.5], [0.125, 4.5]];
    for labels in [
        ["row", "0", "1", "2", "3"],
        ["idx", "1", "2", "3", "4"],
        ["stim_nr", "0.0", "1.0", "2.0", "3.0"],
        ["exemplar", "1", "2", "3", "4"],
        [",index", "0,0", "1,1", "2,2", "3,3"],
        [",Unnamed: 0,id", "0,7,cat", "1,3,dog", "2,9,hen", "3,4,cow"],
        ["id,image", "100,cat", "101,dog", "7,hen", "12,cow"],
    ] {
        let [header, a, b, c, d] = labels;
        let text =
            format!("{header},x,y\n{a},0.5,1.5\n{b},0.25,2.5\n{c},0.75,3.5\n{d},0.125,4.5\n");
        assert_eq!(features("a.csv", &text).unwrap(), expected, "{text}");
    }
    for labels in [
        ["stim_number", "100", "7", "3", "9"],
        ["class", "0", "1", "1", "0"],
        ["category,exemplar", "0,0", "0,1", "1,0", "1,1"],
        ["trial", "4", "8", "2", "1"],
        ["img_ids", "4", "8", "2", "1"],
        ["cluster_id", "1", "0", "2", "1"],
        ["class_label", "1", "0", "2", "1"],
        ["condition", "1", "0", "2", "1"],
    ] {
        let [header, a, b, c, d] = labels;
        let text = format!("{header},x\n{a},0.5\n{b},0.25\n{c},0.75\n{d},0.125\n");
        refused(&text, "--ignore-column");
    }
    // Classes behind decimals, but coordinates are features.
    for name in ["target", "y"] {
        let text = format!("id,a,b,{name}\ncat,0.5,1.5,1\ndog,0.25,2.5,0\n");
        let found = features("a.csv", &text).unwrap();
        assert_eq!(found, array![[0.5, 1.5], [0.25, 2.5]]);
        let text = format!("a,b,c,{name}\n0.5,1.5,3.5,1\n0.25,2.5,0.5,0\n");
        refused(&text, "--ignore-column");
    }
    let text = "id,a,x,y\ncat,5,1,1\ndog,2,2,0\n";
    let found = features("a.csv", text).unwrap();
    assert_eq!(found, array![[5.0, 1.0, 1.0], [2.0, 2.0, 0.0]]);
    // Decimals are features, whatever the name.
    let text = "id,index,x\ncat,0.5,1.5\ndog,0.25,2.5\n";
    let found = features("a.csv", text).unwrap();
    assert_eq!(found, array![[0.5, 1.5], [0.25, 2.5]]);
}

#[test]
fn fields_that_are_no_numbers_do_not_make_a_column_of_ids() {
    for field in [
        "?",
        "-",
        "#DIV/0!",
        "\"1,234.5\"",
        "12%",
        "1.0D+02",
        "0x1F",
        "err",
    ] {
        let text = format!("x,y,z\n0.5,1.5,2\n{field},2.5,3\n0.25,3.5,4\n");
        refused(&text, "line 3");
    }
    refused("x,y\n12%,1.5\n15%,2.5\n", "line 2");
    // Some ids are numbers.
    let text = "7,1.5\n7b,2.5\n12,3.5\n";
    assert_eq!(
        features("a.csv", text).unwrap(),
        array![[1.5], [2.5], [3.5]]
    );
}

#[test]
fn headers_have_the_fields_of_their_rows() {
    refused("id,a\ncat,0.5,1.5,2.5\ndog,1,2,3\n", "fields");
    refused("id,a,b\ncat,0.5,1.5,2.5,3\ndog,1,2,3,4\n", "fields");
    // Numbers above decimals, and the numbers of columns.
    let rows = "0.5,1.5,2.5,0.25,1.25\n0.75,2.5,3.5,1.5,0.5\n";
    for header in ["3,17,42,57,101", "400.0,410.0,420.0,430.0,440.0"] {
        let found = features("a.csv", &format!("{header}\n{rows}")).unwrap();
        assert_eq!(found.dim(), (2, 5), "{header}");
    }
    let found = features("a.csv", "0,1,2,3,4\n1,0,0,1,1\n0,1,1,0,1\n").unwrap();
    assert_eq!(found.dim(), (2, 5));
    // A first row of features that does not ascend, and one of whole numbers above others.
    for first in ["3,17,12,57,101", "1,2,3,4,5.5"] {
        let found = features("a.csv", &format!("{first}\n{rows}")).unwrap();
        assert_eq!(found.dim(), (3, 5), "{first}");
    }
}

#[test]
fn commas_are_separators_or_decimal_signs() {
    refused("1,19\n4,48\n5,08\n", "decimals");
    refused("x\n1,19\n4,48\n5,08\n", "decimals");
    refused("0,30,-0,60\n0,36,1,64\n", "decimals");
    refused("cat,5,694,2,382\ndog,6,012,1,405\n", "decimals");
    // Zero-padded ids, and whole numbers.
    assert_eq!(
        features("a.csv", "1,19\n4,48\n5,8\n").unwrap().dim(),
        (3, 2)
    );
    refused("a;b\n1,460;948\n1,502;1,598\n", "thousands");
    let found = features("a.csv", "a;b\n1,46;0\n1,502;1,5\n").unwrap();
    assert_eq!(found, array![[1.46, 0.0], [1.502, 1.5]]);
    let found = features("a.txt", "a|b\n1.5|2\n3|4.5\n").unwrap();
    assert_eq!(found, array![[1.5, 2.0], [3.0, 4.5]]);
}

#[test]
fn words_that_begin_with_a_hash_are_no_comments() {
    for (name, text) in [
        ("a.csv", "#cat,0.5,1.5\ndog,2.5,3.5\n"),
        ("a.txt", "cat 0.5 1.5\n# 2.5 3.5\n"),
        ("a.txt", "# 0.5 1.5\ndog 2.5 3.5\n"),
    ] {
        let found = features(name, text).unwrap();
        assert_eq!(found, array![[0.5, 1.5], [2.5, 3.5]], "{text}");
    }
    for (name, text) in [
        ("a.csv", "# by hand, in 2020\n0.5,1.5\n2.5,3.5\n"),
        ("a.txt", "# 0 1\n0.5 1.5\n# 7 8\n2.5 3.5\n"),
        ("a.txt", "#9.5 9.5\n0.5 1.5\n#7 8\n2.5 3.5\n"),
    ] {
        let found = features(name, text).unwrap();
        assert_eq!(found, array![[0.5, 1.5], [2.5, 3.5]], "{text}");
    }
}

#[test]
fn ids_beside_a_table_do_not_reorder_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = "id,x\ncat.jpg,0.5\nDog.jpg,1.5\n";
    let path = put(&folder, "a.csv", text.as_bytes());
    let read = |ids: [&str; 2]| {
        let ids = Stimuli::new(ids).unwrap();
        FileSource::open(&path).unwrap().with_ids(ids).read()
    };
    assert_eq!(
        read(["cat", "dog"]).unwrap().stimuli().ids(),
        ["cat", "dog"]
    );
    let message = read(["dog", "cat"]).unwrap_err().report().to_string();
    assert!(message.contains("another order"), "{message}");
}

fn trials<T: Task>(text: &str, stimuli: Stimuli) -> Result<TripletFile<T>> {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "t.csv", text.as_bytes());
    TripletSource::new(&path)?.read(&stimuli)
}

#[track_caller]
fn found<T: Task>(text: &str, expected: &[[u32; 3]]) -> TripletFile<T> {
    let file = trials::<T>(text, Stimuli::numbered(9)).unwrap();
    assert_eq!(file.judgments().as_slice(), expected, "{text}");
    file
}

#[track_caller]
fn unclear<T: Task>(text: &str) {
    let error = trials::<T>(text, Stimuli::numbered(9)).err().unwrap();
    let message = error.report().to_string();
    assert!(message.contains("cannot determine"), "{message}");
}

#[test]
fn columns_of_trials_are_named_by_whole_words() {
    for (header, rows) in [
        (
            "image1,image2,image3,response_correct,choice",
            "0,1,2,1,0\n3,4,5,0,4\n",
        ),
        (
            "image1,image2,image3,odd_trial,choice",
            "0,1,2,1,0\n3,4,5,0,4\n",
        ),
        (
            "image1,image2,image3,ChoiceRT,oddOneOut",
            "0,1,2,7,0\n3,4,5,8,4\n",
        ),
        (
            "category1,category2,category3,image1,image2,image3,choice",
            "7,8,6,0,1,2,0\n1,2,0,3,4,5,4\n",
        ),
    ] {
        found::<OddOneOutTask>(&format!("{header}\n{rows}"), &[[2, 1, 0], [3, 5, 4]]);
    }
    unclear::<OddOneOutTask>("image1,image2,image3,choice,answer\n0,1,2,0,1\n3,4,5,4,3\n");
    unclear::<OddOneOutTask>("a1,a2,a3,b1,b2,b3,choice\n0,1,2,6,7,8,0\n3,4,5,6,7,8,4\n");
    unclear::<OddOneOutTask>("choice,other1,other2\n0,1,2\n3,4,5\n");
    for header in ["ooo,same1,same2", "outlier,p,q", "odd_item,left,right"] {
        let text = format!("{header}\n0,1,2\n3,4,5\n");
        found::<OddOneOutTask>(&text, &[[1, 2, 0], [4, 5, 3]]);
    }
    for header in [
        "left,middle,right,choice",
        "stimL,stimM,stimR,choice",
        "imageA,imageB,imageC,choice",
        // Who answered may be a part of the name.
        "image1,image2,image3,participant_choice",
        "image1,image2,image3,subject_response",
        "image1,image2,image3,worker_answer_ids",
    ] {
        let text = format!("{header}\n0,1,2,0\n3,4,5,4\n");
        found::<OddOneOutTask>(&text, &[[2, 1, 0], [3, 5, 4]]);
    }
    // Neither places on the screen nor what is said of an answer tell which stimulus is the odd one.
    unclear::<OddOneOutTask>("left,middle,right,subject\n0,1,2,7\n3,4,5,7\n");
    unclear::<OddOneOutTask>("image1,image2,image3,response_valid\n0,1,2,1\n3,4,5,0\n");
    unclear::<OddOneOutTask>("image1,image2,image3,choice_1,choice_2,choice_3\n0,1,2,0,0,1\n");
    unclear::<AnchoredTask>("reference,left,right,choice_left\n0,1,2,1\n3,4,5,0\n");
    unclear::<OddOneOutTask>("image1,image2,image3,choice,count\n0,1,2,0,12\n3,4,5,4,3\n");
    found::<OddOneOutTask>(
        "image1,image2,image3,choice,n\n0,1,2,0,1\n3,4,5,4,2\n",
        &[[2, 1, 0], [3, 5, 4]],
    );
    for (header, expected) in [
        ("reference,not_chosen,chosen", [0, 2, 1]),
        ("chosen,unchosen,reference", [2, 0, 1]),
        ("anchor,distractor,target", [0, 2, 1]),
    ] {
        found::<AnchoredTask>(&format!("{header}\n0,1,2\n"), &[expected]);
    }
    let participants = |header: &str| {
        let text = format!("image1,image2,image3,choice,{header}\n0,1,2,0,20,A\n3,4,5,4,20,B\n");
        let file = found::<OddOneOutTask>(&text, &[[2, 1, 0], [3, 5, 4]]);
        let participants = file.judgments().participants();
        participants.map(|all| all.labels().to_vec())
    };
    for header in [
        "participant_age,participant_id",
        "worker_country,WorkerId",
        "n,pid",
        "x,subject_nr",
    ] {
        assert_eq!(participants(header).unwrap(), ["A", "B"], "{header}");
    }
    assert_eq!(participants("participant_age,x"), None);
}

#[test]
fn answers_to_other_questions_are_refused() {
    for answers in [
        "chosen_pair_index",
        "selected_as_most_similar",
        "answer,key_resp.keys",
        "pos1,pos2,pos3,choice",
    ] {
        let n_columns = answers.split(',').count();
        let row = ["1", "3", "2", "2"][4 - n_columns..].join(",");
        unclear::<OddOneOutTask>(&format!(
            "image1,image2,image3,{answers}\n4,5,6,{row}\n7,8,0,{row}\n"
        ));
    }
    for header in ["center,left,right,odd", "center,left,right,farther_choice"] {
        unclear::<AnchoredTask>(&format!("{header}\n4,5,6,5\n7,8,0,0\n"));
    }
    unclear::<AnchoredTask>("item,lower,higher\n4,5,6\n7,8,0\n");
}

#[test]
fn indicators_of_one_candidate_are_no_answers() {
    for (header, indicator) in [
        ("probe,left,right", "left_closer"),
        ("probe,left,right", "closer_is_left"),
        ("probe,left,right", "key_left"),
        ("probe,left,right", "left_pressed"),
        ("probe,left,right", "closer_votes"),
        ("probe,left,right", "winner_confidence"),
        ("anchor,a,b", "a_closer"),
        ("ref,image1,image2", "first_closer"),
        ("ref,image1,image2", "image1_closer"),
        ("ref,image1,image2", "response_first"),
    ] {
        unclear::<AnchoredTask>(&format!("{header},{indicator}\n4,5,6,1\n7,8,0,0\n"));
    }
    // Beside the answer they are not read.
    let text = "probe,left,right,choice,left_closer\n4,5,6,left,1\n7,8,0,right,0\n";
    found::<AnchoredTask>(text, &[[4, 5, 6], [7, 0, 8]]);
    let text = "probe,left,right,closer\n4,5,6,left\n7,8,0,right\n";
    found::<AnchoredTask>(text, &[[4, 5, 6], [7, 0, 8]]);
}

#[test]
fn properties_of_answers_are_no_answers() {
    for name in [
        "choice_certainty",
        "response_quality",
        "response_hand",
        "response_block",
        "odd_difficulty",
        "selected_category",
        "answer_set",
        "judgment_ease",
        "key_mapping",
        "gpt_choice",
    ] {
        unclear::<OddOneOutTask>(&format!("image1,image2,image3,{name}\n4,5,6,1\n7,8,0,3\n"));
    }
    for name in [
        "data.choice",
        "trial.response",
        "human_choice",
        "majority_choice",
        "selected_position",
        "odd_one_out",
    ] {
        let text = format!("image1,image2,image3,{name}\n4,5,6,1\n7,8,0,3\n");
        found::<OddOneOutTask>(&text, &[[6, 5, 4], [7, 8, 0]]);
    }
}

#[test]
fn columns_of_other_answers_are_not_passed_over() {
    let text = |header: &str, rows: [&str; 2]| {
        let [first, second] = rows;
        format!("image1,image2,image3,{header}\n4,5,6,{first}\n7,8,0,{second}\n")
    };
    for (header, rows) in [
        ("choice_x,choice_y", ["1,3", "3,1"]),
        ("response_x,response_y", ["4,5", "0,7"]),
        ("selected,selected2", ["4,5", "0,7"]),
        ("choice,second_choice", ["4,5", "0,7"]),
        ("choice,second_choice", ["1,3", "3,1"]),
        ("choice,choice_retest", ["1,1", "3,1"]),
    ] {
        unclear::<OddOneOutTask>(&text(header, rows));
    }
    for (header, rows) in [
        ("choice,choice_retest", ["1,1", "3,3"]),
        ("choice,choice_gpt4", ["1,3", "3,1"]),
        ("choice,correct_choice", ["1,3", "3,1"]),
    ] {
        found::<OddOneOutTask>(&text(header, rows), &[[6, 5, 4], [7, 8, 0]]);
    }
}

#[test]
fn numbers_of_equal_answers_are_not_left_out() {
    let text = |header: &str, numbers: [u8; 3]| {
        let [a, b, c] = numbers;
        format!("image1,image2,image3,choice,{header}\n0,1,2,0,{a}\n3,4,5,4,{b}\n6,7,8,7,{c}\n")
    };
    for name in [
        "n_participants",
        "num_participants",
        "no_subjects",
        "participants",
        "n_raters",
        "num_responses",
        "nresp",
        "total_votes",
        "choice_count",
        "times_chosen",
        "times",
        "occurrences",
        "repetitions",
        "Anzahl",
    ] {
        unclear::<OddOneOutTask>(&text(name, [9, 1, 5]));
    }
    let trials = [[2, 1, 0], [3, 5, 4], [6, 8, 7]];
    for (name, numbers) in [
        ("n_participants", [9, 9, 9]),
        ("trial_n", [9, 1, 5]),
        ("repetition", [2, 1, 2]),
        ("subject_nr", [9, 1, 5]),
        ("participants", [9, 9, 5]),
        ("response_times", [9, 1, 5]),
    ] {
        found::<OddOneOutTask>(&text(name, numbers), &trials);
    }
}

#[test]
fn names_beside_numbers_are_those_of_the_stimuli() {
    let ids = ["cat", "dog", "hen", "cow", "pig", "owl"];
    let read = |text: &str| trials::<OddOneOutTask>(text, Stimuli::new(ids).unwrap());
    let rows = [[0, 1, 2], [5, 4, 3], [1, 3, 0], [2, 5, 4]];
    let choices = [2, 1, 1, 3];
    // The numbers count the ids, or another list.
    let of = |header: &str, list: [&str; 6]| {
        let row = |(row, choice): ([usize; 3], usize)| {
            let shown = match header {
                "chosen_name" => vec![row[choice - 1]],
                "left_name" => vec![row[0]],
                _ => row.to_vec(),
            };
            let names: Vec<&str> = shown.into_iter().map(|at| list[at]).collect();
            let [a, b, c] = row;
            format!("{a},{b},{c},{choice},{}\n", names.join(","))
        };
        let rows: String = rows.into_iter().zip(choices).map(row).collect();
        format!("image1,image2,image3,choice,{header}\n{rows}")
    };
    let other = ["hen", "cat", "owl", "dog", "cow", "pig"];
    for header in [
        "name1,name2,name3",
        "label_first,label_second,label_third",
        "chosen_name",
        "left_name",
    ] {
        let message = read(&of(header, other)).err().unwrap().report().to_string();
        assert!(message.contains("names others"), "{header}: {message}");
        let file = read(&of(header, ids)).unwrap();
        assert_eq!(file.judgments().as_slice()[0], [0, 2, 1], "{header}");
    }
    // Ids that have nothing to do with the numbers.
    let text = "image1,image2,image3,choice,before\n0,1,2,2,hen\n5,4,3,3,pig\n1,3,0,1,owl\n\
                0,2,5,2,dog\n1,4,5,3,cow\n5,2,4,1,cat\n";
    assert!(read(text).is_ok());
    let text = "head,winner,loser,head_object,winner_object,loser_object\n\
                0,1,2,hen,cat,owl\n5,4,3,pig,cow,dog\n1,3,0,cat,dog,hen\n";
    let refused = trials::<AnchoredTask>(text, Stimuli::new(ids).unwrap());
    assert_refused!(refused, File(FileError::Ambiguous { .. }));
}

#[test]
fn rows_of_other_questions_are_no_trials() {
    let text = |header: &str, values: [&str; 2]| {
        let [first, second] = values;
        format!("image1,image2,image3,choice,{header}\n0,1,2,0,{first}\n3,4,5,4,{second}\n")
    };
    for (name, values) in [
        ("question", ["odd one out", "most similar"]),
        ("task", ["odd", "similar"]),
        ("instruction", ["Which differs?", "Which two match?"]),
        ("condition", ["odd one out", "most similar"]),
    ] {
        unclear::<OddOneOutTask>(&text(name, values));
    }
    for (name, values) in [
        ("question", ["odd one out", "odd one out"]),
        ("question", ["1", "2"]),
        ("block", ["first", "second"]),
        ("condition", ["similar", "different"]),
    ] {
        found::<OddOneOutTask>(&text(name, values), &[[2, 1, 0], [3, 5, 4]]);
    }
}

#[test]
fn ids_may_be_larger_than_indices() {
    let ids = ["52345766009", "52345734333", "52345789766"];
    let expected = [[2, 1, 0], [0, 2, 1]];
    let read = |name: &str, bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        let source = TripletSource::<OddOneOutTask>::new(put(&folder, name, bytes)).unwrap();
        let file = source.read(&Stimuli::new(ids).unwrap())?;
        Ok::<_, human_alignment::Error>(file.judgments().as_slice().to_vec())
    };
    let line =
        |[a, b, c]: [usize; 3], more: &str| format!("{},{},{}{more}\n", ids[a], ids[b], ids[c]);
    let rows = line([2, 1, 0], "") + &line([0, 2, 1], "");
    assert_eq!(read("t.csv", rows.as_bytes()).unwrap(), expected);
    let named = format!("image1,image2,image3\n{rows}");
    assert_eq!(read("t.csv", named.as_bytes()).unwrap(), expected);
    let answered = line([0, 1, 2], ",1") + &line([0, 2, 1], ",3");
    let answered = format!("image1,image2,image3,choice\n{answered}");
    assert_eq!(read("t.csv", answered.as_bytes()).unwrap(), expected);
    let numbers = [[2, 1, 0], [0, 2, 1]].concat().into_iter();
    let bytes: Vec<u8> = numbers
        .flat_map(|at: usize| ids[at].parse::<i64>().unwrap().to_le_bytes())
        .collect();
    let array = npy("<i8", false, "(2, 3)", &bytes);
    assert_eq!(read("t.npy", &array).unwrap(), expected);
    let refused = read("t.csv", rows.replace(ids[1], "99345734333").as_bytes());
    let message = refused.unwrap_err().report().to_string();
    assert!(
        message.contains("99345734333") && !message.contains("4294967295"),
        "{message}"
    );
}

#[test]
fn names_of_columns_that_are_not_known_are_no_trial() {
    let animals = Stimuli::new(["cat", "dog", "cow", "pig"]).unwrap();
    let text = "odd,sim1,sim2\ncat,dog,cow\npig,cat,dog\n";
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "t.csv", text);
    let source = TripletSource::<OddOneOutTask>::new(&path)
        .unwrap()
        .without_unknown();
    let file = source.read(&animals).unwrap();
    assert_eq!(file.judgments().as_slice(), [[1, 2, 0], [0, 1, 3]]);
    assert_eq!(file.n_unknown(), 0);
    let text = text.replace("odd,sim1,sim2", "ref,dissimilar,similar");
    let anchored = put(&folder, "a.csv", text);
    let source = TripletSource::<AnchoredTask>::new(&anchored)
        .unwrap()
        .without_unknown();
    assert_refused!(source.read(&animals), File(FileError::Ambiguous { .. }));
}

#[test]
fn ids_keep_their_digits() {
    let ids = ["1e10", "0045", "9e99", "inf", "7b", "none"];
    let text = "image1,image2,image3,choice\n1e10,0045,9e99,0045\ninf,none,7b,7b\n";
    let file = trials::<OddOneOutTask>(text, Stimuli::new(ids).unwrap()).unwrap();
    assert_eq!(file.judgments().as_slice(), [[0, 2, 1], [3, 5, 4]]);
    // Whole numbers that pandas wrote as decimals.
    let features = "id,x,y\n3.0,0.5,1.5\n1.0,0.25,2.5\n2.0,1.0,0.5\n";
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "f.csv", features);
    let features = FileSource::open(&path).unwrap().read().unwrap();
    assert_eq!(features.stimuli().ids(), ["3", "1", "2"]);
}

#[test]
fn numbers_of_stimuli_beside_their_names_are_no_positions() {
    let folder = tempfile::tempdir().unwrap();
    let numbered = "id,name,x\n2,cat,0.5\n1,dog,1.5\n3,cow,2.5\n";
    let path = put(&folder, "f.csv", numbered);
    let read = |source: FileSource| source.read().unwrap().stimuli().clone();
    let source = FileSource::open(&path).unwrap();
    let named = read(source.clone());
    assert_eq!(named.ids(), ["cat", "dog", "cow"]);
    let text = "1,2,3\n3,2,1\n";
    assert_refused!(
        trials::<OddOneOutTask>(text, named.clone()),
        File(FileError::Ambiguous { .. })
    );
    let by_number = source.clone().with_id_column("id").unwrap();
    let numbered = read(by_number.with_ignored_column("name").unwrap());
    let file = trials::<OddOneOutTask>(text, numbered.clone()).unwrap();
    assert_eq!(file.judgments().as_slice(), [[1, 0, 2], [2, 0, 1]]);
    let ignored = read(source.with_ignored_column("id").unwrap());
    assert!(trials::<OddOneOutTask>(text, ignored).is_ok());
    // A stream cannot look at all numbers first.
    let path = put(&folder, "t.txt", "1 2 3\n3 2 1\n");
    for stimuli in [named, numbered] {
        let stream = |stimuli| TripletChunks::<OddOneOutTask>::open(&path, stimuli, 9).unwrap();
        let refused = stream(stimuli.clone()).next().unwrap();
        assert_refused!(refused, File(FileError::Ambiguous { .. }));
        let counted = stream(stimuli).with_counting(Counting::One).next().unwrap();
        assert_eq!(counted.unwrap().as_slice(), [[0, 1, 2], [2, 1, 0]]);
    }
    // Positions with leading zeros are read in chunks.
    let path = put(&folder, "p.txt", "0 1 2\n2 1 0\n");
    let padded = Stimuli::new(["00", "01", "02"]).unwrap();
    let mut stream = TripletChunks::<OddOneOutTask>::open(&path, padded.clone(), 9).unwrap();
    assert!(stream.next().unwrap().is_ok());
    let whole = TripletFile::<OddOneOutTask>::read(&path, padded).unwrap();
    assert_eq!(whole.pairing(), Pairing::Id);
    // Names that count, in the order of a folder.
    let files = Stimuli::new((0..12).map(|n| format!("{}.jpg", (5 * n) % 12))).unwrap();
    assert_refused!(
        trials::<OddOneOutTask>(text, files),
        File(FileError::Ambiguous { .. })
    );
}

#[test]
fn whole_numbers_beside_decimals_may_be_ids() {
    refused("101,0.5,1.5\n102,0.25,2.5\n103,0.75,3.5\n", "add a header");
    refused("2,0.5,1.5\n0,0.25,2.5\n1,0.75,3.5\n", "add a header");
    let expected = array![[3.0, 0.5], [3.0, 2.5], [1.0, 3.5]];
    assert_eq!(
        features("a.csv", "3,0.5\n3,2.5\n1,3.5\n").unwrap(),
        expected
    );
}

#[test]
fn the_first_trial_is_not_a_header() {
    let letters = Stimuli::new(["a", "b", "c", "d", "e"]).unwrap();
    let file = trials::<OddOneOutTask>("a,b,c\nb,e,d\nd,c,a\n", letters.clone()).unwrap();
    assert_eq!(file.judgments().len(), 3);
    let images = Stimuli::new((1..6).map(|n| format!("img{n}"))).unwrap();
    let text = "img1,img2,img3\nimg2,img5,img4\n";
    assert_eq!(
        trials::<OddOneOutTask>(text, images)
            .unwrap()
            .judgments()
            .len(),
        2
    );
    let file = trials::<OddOneOutTask>("i,j,k\nb,e,d\nd,c,a\n", letters).unwrap();
    assert_eq!(file.judgments().len(), 2);
    // Ids that look like names of columns and occur only once could be either.
    let images = Stimuli::new((1..7).map(|n| format!("img{n}"))).unwrap();
    assert_refused!(
        trials::<OddOneOutTask>("img1,img2,img3\nimg4,img5,img6\n", images.clone()),
        File(FileError::Ambiguous { .. })
    );
    let text = "image1,image2,image3\nimg1,img2,img3\nimg4,img5,img6\n";
    let file = trials::<OddOneOutTask>(text, images).unwrap();
    assert_eq!(file.judgments().len(), 2);
}

#[test]
fn numbers_are_ids_where_ids_are_numbers() {
    let stimuli = Stimuli::new(["11", "08", "5", "2"]).unwrap();
    let file = trials::<OddOneOutTask>("11,8,2\n5,2,08\n", stimuli.clone()).unwrap();
    assert_eq!(file.judgments().as_slice(), [[0, 1, 3], [2, 3, 1]]);
    assert_eq!(file.pairing(), Pairing::Id);
    // Not all are ids: they are positions, or refused.
    let file = trials::<OddOneOutTask>("0,1,2\n1,2,3\n", stimuli.clone()).unwrap();
    assert_eq!(file.pairing(), Pairing::Position);
    let error = trials::<OddOneOutTask>("11,7,2\n5,2,8\n", stimuli.clone()).unwrap_err();
    assert!(error.report().to_string().contains("\"7\""), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "t.txt", b"1 2 3\n2 3 4\n");
    let counted = TripletSource::<OddOneOutTask>::new(&path).unwrap();
    let counted = counted.with_counting(Counting::One).read(&stimuli).unwrap();
    assert_eq!(counted.judgments().as_slice(), [[0, 1, 2], [1, 2, 3]]);
}

#[test]
fn a_missing_id_does_not_make_ids_positions() {
    // The stimulus 3 is missing, and all numbers are positions of the others.
    let stimuli = Stimuli::new(["0", "1", "2", "4", "5", "6"]).unwrap();
    let text = "0,1,2\n4,5,3\n2,4,1\n";
    let error = trials::<OddOneOutTask>(text, stimuli.clone()).unwrap_err();
    assert!(error.report().to_string().contains("\"3\""), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "t.csv", text.as_bytes());
    let known = TripletSource::<OddOneOutTask>::new(&path).unwrap();
    let known = known.without_unknown().read(&stimuli).unwrap();
    assert_eq!(known.judgments().as_slice(), [[0, 1, 2], [2, 3, 1]]);
    assert_eq!((known.n_unknown(), known.pairing()), (1, Pairing::Id));
    let dropped = trials::<OddOneOutTask>(text, stimuli).unwrap_err();
    assert!(
        dropped.report().to_string().contains("--drop-missing"),
        "{dropped}"
    );
    // No stimulus is missing: the numbers may be positions, or ids that count from 0.
    let shuffled = Stimuli::new(["3", "1", "4", "2"]).unwrap();
    assert_refused!(
        trials::<OddOneOutTask>("0,1,2\n1,2,3\n", shuffled),
        File(FileError::Ambiguous { .. })
    );
    // Ids that count from 1, and positions from 0.
    let counted = Stimuli::new(["1", "2", "3", "4"]).unwrap();
    let file = trials::<OddOneOutTask>("0,1,2\n1,2,3\n", counted).unwrap();
    assert_eq!(file.pairing(), Pairing::Position);
}

#[test]
fn answers_may_be_names_of_columns() {
    let letters = Stimuli::new(["a", "b", "c", "d"]).unwrap();
    let text = "image1,image2,image3,choice\na,b,c,image1\nb,c,d,image3\n";
    let file = trials::<OddOneOutTask>(text, letters.clone()).unwrap();
    assert_eq!(file.judgments().as_slice(), [[2, 1, 0], [1, 2, 3]]);
    let text = "center,left,right,answer\na,b,c,left\nb,c,d,right\n";
    let file = trials::<AnchoredTask>(text, letters).unwrap();
    assert_eq!(file.judgments().as_slice(), [[0, 1, 2], [1, 3, 2]]);
}

#[test]
fn decimal_commas_do_not_separate_fields() {
    let letters = Stimuli::new(["a", "b", "c", "d"]).unwrap();
    for separator in [";", "\t"] {
        let text = "image1;image2;image3;choice;rt\na;b;c;a;0,500\nb;c;d;d;1,250\n";
        let text = text.replace(';', separator);
        let file = trials::<OddOneOutTask>(&text, letters.clone()).unwrap();
        assert_eq!(file.judgments().as_slice(), [[2, 1, 0], [1, 2, 3]]);
    }
}

#[test]
fn a_stream_counts_as_the_whole_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "t.txt", b"1 2 3\n4 1 2\n3 4 1\n");
    let chunks =
        |n: u32| TripletChunks::<OddOneOutTask>::open(&path, Stimuli::numbered(n), 2).unwrap();
    let error = chunks(5).find_map(Result::err).unwrap();
    assert!(
        error.report().to_string().contains("--count-from"),
        "{error}"
    );
    assert!(whole(&path, 5).is_err());
    let counted = chunks(4).with_counting(Counting::One);
    let counted: Vec<[u32; 3]> = counted
        .flat_map(|chunk| chunk.unwrap().as_slice().to_vec())
        .collect();
    assert_eq!(counted, [[0, 1, 2], [3, 0, 1], [2, 3, 0]]);
    assert_eq!(whole(&path, 4).unwrap().judgments().as_slice(), counted);
    let from_zero = put(&folder, "z.txt", b"1 2 3\n0 1 2\n");
    let mut chunks =
        TripletChunks::<OddOneOutTask>::open(&from_zero, Stimuli::numbered(4), 1).unwrap();
    assert!(chunks.next().unwrap().is_ok());
    let mut chunks = chunks.with_counting(Counting::One);
    assert!(chunks.next().unwrap().is_err());
}

fn whole(path: &std::path::Path, n: u32) -> Result<TripletFile<OddOneOutTask>> {
    TripletSource::new(path)?.read(&Stimuli::numbered(n))
}

#[test]
fn a_fourth_column_that_ascends_is_not_read_as_answers() {
    let trial = |k: usize| format!("{},{},{},{}\n", k % 7, k % 7 + 1, 8, k / 5);
    let text: String = (0..15).map(trial).collect();
    unclear::<OddOneOutTask>(&text);
}

#[test]
fn answers_in_another_form_than_the_stimuli_name_the_conversion() {
    let folder = tempfile::tempdir().unwrap();
    let stimuli = Stimuli::new(["cat", "dog", "hen"]).unwrap();
    for answer in ["CAT", "cat", "other/Cat.png"] {
        let text = format!("image1,image2,image3,choice\na/dog.jpg,a/cat.jpg,a/hen.jpg,{answer}\n");
        let source =
            TripletSource::<OddOneOutTask>::new(put(&folder, "t.csv", text.as_bytes())).unwrap();
        let message = source.read(&stimuli).unwrap_err().report().to_string();
        assert!(message.contains("--match-ids"), "{message}");
        let source = source
            .with_id_form(IdForm::FileStem)
            .with_id_form(IdForm::LowerCase);
        let trials = source.read(&stimuli).unwrap().into_judgments();
        assert_eq!(trials.as_slice()[0][2], 0, "{answer}");
    }
}

#[test]
fn answers_name_the_side_of_the_candidate() {
    let folder = tempfile::tempdir().unwrap();
    let stimuli = Stimuli::new(["cat", "dog", "hen"]).unwrap();
    for (header, left, right) in [
        (
            "reference_image,left_image,right_image,response",
            "left",
            "right",
        ),
        ("ref,stim1,stim2,resp", "stim1", "stim2"),
        ("head,left,right,winner", "dog", "hen"),
        ("probe,option_a,option_b,choice", "a", "b"),
        ("head,left,right,response", "ArrowLeft", "ArrowRight"),
        ("head,left,right,response", "L", "R"),
        ("head,option1,option2,response", "first", "second"),
    ] {
        let text = format!("{header}\ncat,dog,hen,{left}\ncat,dog,hen,{right}\n");
        let path = put(&folder, "t.csv", text.as_bytes());
        let source = TripletSource::<AnchoredTask>::new(path).unwrap();
        let trials = source.read(&stimuli).unwrap().into_judgments();
        assert_eq!(trials.as_slice(), [[0, 1, 2], [0, 2, 1]], "{header}");
    }
}

#[test]
fn answers_that_may_be_either_candidate_are_refused() {
    for header in ["head,left,right,answer", "head,option1,option2,answer"] {
        unclear::<AnchoredTask>(&format!("{header}\n0,1,2,1\n0,1,2,-1\n"));
    }
    // Places on a screen are no columns with numbers.
    for answers in [["ArrowLeft", "ArrowRight"], ["L", "R"]] {
        let [one, two] = answers;
        let text = format!("head,option1,option2,answer\n0,1,2,{one}\n0,1,2,{two}\n");
        let refused = trials::<AnchoredTask>(&text, Stimuli::numbered(9));
        assert_refused!(refused, Judgment(JudgmentError::UnknownAnswer { .. }));
    }
}

#[test]
fn rows_without_stimuli_are_no_trials() {
    let text = "trial,image1,image2,image3,choice\n0,,,,\n1,1,2,3,2\n";
    let refused = trials::<OddOneOutTask>(text, Stimuli::numbered(9));
    assert_refused!(refused, Judgment(JudgmentError::Incomplete { .. }));
}

#[test]
fn the_mean_of_all_people_is_no_participant() {
    let folder = tempfile::tempdir().unwrap();
    let read = |last: &str| {
        let people = "2,2,3,5,4,6\n1,2,3,4,5,6\n1,3,2,4,6,7\n";
        let path = put(&folder, "r.csv", format!("{people}{last}\n").as_bytes());
        RdmFile::new(path)?.read()
    };
    let mean = read("1.333,2.333,2.667,4.333,5,6.333");
    assert_refused!(mean, File(FileError::Ambiguous { .. }));
    assert_eq!(read("1.333,2.333,2.667,4.333,5,6.5").unwrap().len(), 4);
}

#[test]
fn judgments_of_several_directions_are_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let read = |header: &str, column: [&str; 3]| {
        let [a, b, c] = column;
        let text = format!("item1,item2,rating,{header}\na,b,1,{a}\na,c,2,{b}\nb,c,3,{c}\n");
        RdmFile::new(put(&folder, "r.csv", text.as_bytes()))?.read()
    };
    for (header, column) in [
        ("reversed", ["0", "1", "0"]),
        ("reverse_coded", ["yes", "no", "no"]),
        ("scale", ["1-7", "1-7", "0-100"]),
        ("question", ["similarity", "dissimilarity", "similarity"]),
    ] {
        assert_refused!(read(header, column), File(FileError::Ambiguous { .. }));
    }
    assert!(read("reversed", ["0", "0", "0"]).is_ok());
    assert!(read("label", ["similar", "different", "different"]).is_ok());
}

#[test]
fn lines_of_separators_below_a_table_are_no_rows() {
    let expected = array![[0.5, 1.5], [0.25, 2.5]];
    let text = "id,x,y\ncat,0.5,1.5\ndog,0.25,2.5\n,,\n,,\n";
    assert_eq!(features("a.csv", text).unwrap(), expected);
    let folder = tempfile::tempdir().unwrap();
    let text = "image1,image2,image3,choice\ncat,dog,hen,hen\n,,,\n";
    let source =
        TripletSource::<OddOneOutTask>::new(put(&folder, "t.csv", text.as_bytes())).unwrap();
    let stimuli = Stimuli::new(["cat", "dog", "hen"]).unwrap();
    assert_eq!(source.read(&stimuli).unwrap().judgments().len(), 1);
}

#[test]
fn truth_values_are_features() {
    let text = "id,is_alive,is_red\ncat,True,False\ndog,TRUE,true\ncar,false,FALSE\n";
    let expected = array![[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]];
    assert_eq!(features("a.csv", text).unwrap(), expected);
}

#[test]
fn word_embeddings_begin_with_their_size() {
    let text = "2 3\ncat 0.5 1.5 2.0\ndog 0.25 2.5 4.0\n";
    let expected = array![[0.5, 1.5, 2.0], [0.25, 2.5, 4.0]];
    assert_eq!(features("words.txt", text).unwrap(), expected);
    let other = text.replace("2 3", "4 3");
    assert!(features("words.txt", &other).is_err());
}

#[test]
fn lists_of_participants_name_each() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| TrialParticipants::read(put(&folder, "p.txt", text.as_bytes()));
    assert_eq!(
        read("sub 01\nsub 02\r\nsub 01\n").unwrap().by_trial(),
        [0, 1, 0]
    );
    for header in ["participant", "subj", "Subject ID", "PROLIFIC_PID"] {
        let list = read(&format!("{header}\nA\nB\n")).unwrap();
        assert_eq!(list.labels(), ["A", "B"], "{header}");
    }
    // A table has a column of participants; their ages are none.
    let table = "trial,participant_age,participant\n0,30,A\n1,30,A\n2,40,B\n";
    assert_eq!(read(table).unwrap().by_trial(), [0, 0, 1]);
    let table = "participant,trial_duration\nA,3.5\nA,1.5\nB,2.5\n";
    assert_eq!(read(table).unwrap().by_trial(), [0, 0, 1]);
    let each_begins_at_0 = "participant,trial\nA,0\nA,1\nB,0\nB,1\n";
    assert_eq!(read(each_begins_at_0).unwrap().by_trial(), [0, 0, 1, 1]);
    for (table, remedy) in [
        ("trial_nr,participant\n1,A\n0,A\n2,B\n", "sort the rows"),
        ("subject,worker\nA,B\nB,C\n", "name one of them"),
        ("1,A\n2,B\n", "name one of them"),
    ] {
        let message = read(table).unwrap_err().report().to_string();
        assert!(message.contains(remedy), "{message}");
    }
    // As numpy.save writes an array of names.
    let npy = |names: &[&str]| {
        let header = format!(
            "{{'descr': '|S3', 'fortran_order': False, 'shape': ({},), }}",
            names.len()
        );
        let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        bytes.extend(format!("{header:117}\n").bytes());
        names.iter().for_each(|name| bytes.extend(name.bytes()));
        TrialParticipants::read(put(&folder, "p.npy", &bytes))
    };
    let list = npy(&["ann", "bob", "ann"]).unwrap();
    assert_eq!(
        (list.labels(), list.by_trial()),
        (&["ann".into(), "bob".into()][..], &[0, 1, 0][..])
    );
    let message = npy(&["ann", "nan"]).unwrap_err().report().to_string();
    assert!(message.contains("trial 1"), "{message}");
    for missing in ["None", "NULL", "N/A", ""] {
        let message = read(&format!("A\n{missing}\nB\n"))
            .unwrap_err()
            .report()
            .to_string();
        assert!(message.contains("trial 1"), "{message}");
    }
}

#[test]
fn a_first_row_of_numbers_in_a_matrix_is_data() {
    let folder = tempfile::tempdir().unwrap();
    for text in [
        "0,1,3,7\n1,0,0.5,1.5\n3,0.5,0,2.5\n7,1.5,2.5,0\n",
        "0,1,3,7\n0,0,0.5,1.5\n0,0,0,2.5\n0,0,0,0\n",
        "0,1,3,7\n,0,0.5,1.5\n,,0,2.5\n,,,0\n",
    ] {
        let path = put(&folder, "rdm.csv", text.as_bytes());
        let file = RdmFile::new(&path).unwrap().with_missing_pairs();
        let set = file.read().unwrap();
        let values: Vec<f64> = set.rdms()[0].values().to_vec();
        assert_eq!(values, [1.0, 3.0, 7.0, 0.5, 1.5, 2.5], "{text}");
    }
}

#[test]
fn positions_on_the_screen_are_not_columns() {
    let message = |text: &str| {
        let error = trials::<OddOneOutTask>(text, Stimuli::numbered(9))
            .err()
            .unwrap();
        error.report().to_string()
    };
    let text = |header: &str, [first, second]: [&str; 2]| {
        format!("image1,image2,image3,{header}\n4,5,6,{first}\n7,8,0,{second}\n")
    };
    // The order of the stimuli, as a list and in columns.
    for (header, rows) in [
        ("choice,display_order", ["1,3-1-2", "3,2-1-3"]),
        (
            "choice,display_order",
            ["1,\"[2, 0, 1]\"", "3,\"[0, 1, 2]\""],
        ),
        ("choice,layout", ["1,CAB", "3,ABC"]),
        ("choice,shown", ["1,\"4,5,6\"", "3,\"8,7,0\""]),
        ("choice,x1,x2,x3", ["1,-300,0,300", "3,0,-300,300"]),
        ("choice,key_map", ["1,A", "3,B"]),
    ] {
        let message = message(&text(header, rows));
        assert!(
            message.contains("positions on the screen"),
            "{header}: {message}"
        );
    }
    for (header, rows) in [
        ("response,chosen_image", ["1,5", "3,7"]),
        ("response,label", ["1,4", "3,8"]),
    ] {
        let message = message(&text(header, rows));
        assert!(message.contains("other stimuli"), "{header}: {message}");
    }
    for (header, rows) in [
        ("choice,display_order", ["5,3-1-2", "0,2-1-3"]),
        ("choice,display_order", ["2,1-2-3", "3,1-2-3"]),
        ("response,chosen_image", ["2,5", "3,0"]),
        ("response,correct_image", ["2,4", "3,7"]),
    ] {
        found::<OddOneOutTask>(&text(header, rows), &[[4, 6, 5], [7, 8, 0]]);
    }
    for (header, rows) in [
        ("choice,flipped", ["1,0", "2,1"]),
        ("choice,pos1,pos2", ["1,1,2", "2,2,1"]),
        ("choice,option1_side", ["1,left", "2,right"]),
    ] {
        let [first, second] = rows;
        let text = format!("reference,option1,option2,{header}\n4,5,6,{first}\n7,8,0,{second}\n");
        let error = trials::<AnchoredTask>(&text, Stimuli::numbered(9))
            .err()
            .unwrap();
        let message = error.report().to_string();
        assert!(
            message.contains("positions on the screen"),
            "{header}: {message}"
        );
    }
    let text = "ref,left,right,left_vote,choice\n4,5,6,1,0\n7,8,0,0,1\n";
    found::<AnchoredTask>(text, &[[4, 5, 6], [7, 0, 8]]);
    // The sign of the side on the left is not known.
    let text = "center,left,right,choice\n4,5,6,1\n7,8,0,-1\n";
    let error = trials::<AnchoredTask>(text, Stimuli::numbered(9))
        .err()
        .unwrap();
    assert!(error.report().to_string().contains("1 or −1"));
}

#[test]
fn tables_that_are_not_one_trial_a_line_are_refused() {
    unclear::<OddOneOutTask>("image1,image2,image3,image4,choice\n0,1,2,3,1\n3,4,5,6,4\n");
    let text =
        "subject,image1,image2,image3,choice\nA,0,1,2,1\nsubject,image1,image2,image3,choice\n";
    let error = trials::<OddOneOutTask>(text, Stimuli::numbered(9))
        .err()
        .unwrap();
    let message = error.report().to_string();
    assert!(message.contains("line 3 repeats the names"), "{message}");
    // Ids that are named like columns.
    let ids = Stimuli::new(["image1", "image2", "image9", "image4"]).unwrap();
    let text =
        "image1,image2,image3,choice\nimage1,image2,image9,image9\nimage4,image2,image1,image2\n";
    let file = trials::<OddOneOutTask>(text, ids).unwrap();
    assert_eq!(file.judgments().as_slice(), [[0, 1, 2], [3, 0, 1]]);
    // Columns of participants that tell other people apart, unless one is named so.
    let text = "image1,image2,image3,uid,subject\n0,1,2,1,A\n3,4,5,2,A\n6,7,8,3,B\n";
    unclear::<OddOneOutTask>(text);
    let named = text.replace("subject", "participant");
    let file = found::<OddOneOutTask>(&named, &[[0, 1, 2], [3, 4, 5], [6, 7, 8]]);
    assert_eq!(
        file.judgments().participants().unwrap().labels(),
        ["A", "B"]
    );
    // A design without answers.
    let of = |last: &str| {
        let rows = (0..25).map(|at| format!("{},{},{}\n", at % 5, 5 + at % 2, 7 + at % 2));
        format!("image1,image2,image3\n{}{last}", rows.collect::<String>())
    };
    unclear::<OddOneOutTask>(&of(""));
    assert!(trials::<OddOneOutTask>(&of("0,2,1\n"), Stimuli::numbered(9)).is_ok());
}

#[test]
fn quotation_marks_that_are_not_closed_are_noticed() {
    let with = |comment: &str, other: &str| {
        format!(
            "image1,image2,image3,choice,comment\n0,1,2,1,{comment}\n3,4,5,4,fine\n6,7,8,7,{other}\n"
        )
    };
    let read = |text: &str| trials::<OddOneOutTask>(text, Stimuli::numbered(9));
    for (comment, other) in [("\"hm", "ok"), ("\"hm", "\"so"), ("\"hm", "so\"")] {
        let error = read(&with(comment, other)).err().unwrap();
        let message = error.report().to_string();
        assert!(message.contains("quotation mark"), "{message}");
    }
    let file = read(&with("\"well,\nI think, a, b, c\"", "5\" wide")).unwrap();
    assert_eq!(file.judgments().len(), 3);
}

/// Trials of nine stimuli in no order, with the odd one last.
fn mixed(n: usize) -> Vec<[usize; 3]> {
    let trial = |at: usize| {
        let [a, b, c] = [at % 9, (2 * at + 4) % 9, (5 * at + 7) % 9];
        let (b, c) = (if b == a { (b + 1) % 9 } else { b }, c);
        let free = |taken: [usize; 2]| (0..9).find(|stimulus| !taken.contains(stimulus));
        let c = if c == a || c == b {
            free([a, b]).unwrap()
        } else {
            c
        };
        [a, b, c]
    };
    (0..n).map(trial).collect()
}

fn lines(trials: &[[usize; 3]]) -> String {
    let line = |[a, b, c]: &[usize; 3]| format!("{a},{b},{c}\n");
    trials.iter().map(line).collect()
}

#[test]
fn the_odd_one_is_not_first() {
    let read = |text: &str| trials::<OddOneOutTask>(text, Stimuli::numbered(9));
    let trials = mixed(30);
    assert!(read(&lines(&trials)).is_ok());
    let pairs = |order: [usize; 3]| {
        let rows = trials.iter().map(|&[a, b, c]| [a.min(b), a.max(b), c]);
        let rows: Vec<_> = rows.map(|row| order.map(|place| row[place])).collect();
        lines(&rows)
    };
    assert!(read(&pairs([0, 1, 2])).is_ok() && read(&pairs([1, 0, 2])).is_ok());
    for order in [[2, 0, 1], [2, 1, 0], [0, 2, 1]] {
        let text = pairs(order);
        let message = read(&text).err().unwrap().report().to_string();
        assert!(
            message.contains("stimulus of every trial are in order"),
            "{message}"
        );
        let header = format!("image1,image2,image3\n{text}");
        assert!(read(&header).is_err());
        // A stream does not know before its end.
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "t.csv", text.as_bytes());
        let chunks = TripletChunks::<OddOneOutTask>::open(&path, Stimuli::numbered(9), 8).unwrap();
        let chunks: Result<Vec<_>> = chunks.collect();
        assert_refused!(chunks, File(FileError::Ambiguous { .. }));
    }
    // Candidates in order, as in a design.
    let design = pairs([2, 0, 1]);
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "t.csv", design.as_bytes());
    let read = TripletFile::<AnchoredTask>::read(&path, Stimuli::numbered(9));
    assert_refused!(read, File(FileError::Ambiguous { .. }));
}

#[test]
fn a_first_line_of_numbers_may_be_that_of_columns() {
    let read = |text: &str| trials::<OddOneOutTask>(text, Stimuli::numbered(9));
    let rows = lines(&mixed(30)[5..]);
    for header in ["0,1,2", "1,2,3"] {
        let message = read(&format!("{header}\n{rows}")).err().unwrap();
        let message = message.report().to_string();
        assert!(message.contains("its first line"), "{message}");
    }
    // The first of enumerated trials.
    let mut enumerated = mixed(30)[5..].to_vec();
    enumerated.sort_unstable();
    assert!(read(&format!("0,1,2\n0,3,1\n{}", lines(&enumerated))).is_ok());
    // Features that are whole numbers.
    let rows = "3,0,5\n1,1,4\n0,2,2\n";
    refused(&format!("0,1,2\n{rows}"), "its first line numbers");
    // Two levels of names of pandas.
    let decimals = "0.5,1,2.5,4\n1.5,0,2,3\n".repeat(3);
    refused(&format!("a,a,b,b\n0,1,0,1\n{decimals}"), "its second line");
    refused("label\n3\n1\n", "which column holds values");
    for (first, n_rows) in [("0.0,1.0,2.0\n", 4), ("2,0,1\n", 4), ("a,b,c\n0,1,2\n", 4)] {
        let found = features("a.csv", &format!("{first}{rows}")).unwrap();
        assert_eq!(found.dim(), (n_rows, 3), "{first}");
    }
}

#[test]
fn codes_of_missing_values_are_no_features() {
    let table = |value: &str, code: &str| {
        let rows = (0..12).map(|row| {
            let last = if row == 5 {
                code.to_owned()
            } else {
                format!("{}", row % 5 + 1)
            };
            format!(
                "id{row}x,{}.25,{}\n",
                row % 3,
                if row == 2 { value } else { &last }
            )
        });
        format!("id,size,rating\n{}", rows.collect::<String>())
    };
    for code in ["-999", "9999", "-99", "-1"] {
        refused(&table("3", code), "marks missing values");
    }
    for (value, code) in [
        ("0", "-1"),
        ("-2", "-1"),
        ("-999", "999"),
        ("3", "98"),
        ("30", "99"),
    ] {
        let found = features("a.csv", &table(value, code)).unwrap();
        assert_eq!(found.dim(), (12, 2), "{code}");
    }
}

#[test]
fn judgments_of_practice_are_not_averaged_with_others() {
    let names = ["cat", "dog", "hen", "cow"];
    let pairs = (0..4).flat_map(|a| (a + 1..4).map(move |b| (a, b)));
    let rows: String = pairs
        .map(|(a, b)| format!("{},{},{}.5,main,0\n", names[a], names[b], a + b))
        .collect();
    let read = |more: &str| {
        let text = format!("item1,item2,dissimilarity,trial_type,is_catch\n{rows}{more}");
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "a.csv", text.as_bytes());
        RdmFile::new(path).unwrap().read()
    };
    assert!(read("").is_ok());
    assert!(read("cat,cat,0,catch,1\n").is_ok());
    for more in [
        "cat,dog,7,catch,0\n",
        "cat,dog,7,main,1\n",
        "cat,dog,7,check,0\ncat,hen,7,check,0\n",
    ] {
        assert_refused!(read(more), File(FileError::Ambiguous { .. }), "{more}");
    }
    // Participants with and without training.
    let text = "participant,item1,item2,dissimilarity,training\n\
                P1,a,b,1,yes\nP1,a,c,2,yes\nP1,b,c,3,yes\nP2,a,b,2,no\nP2,a,c,3,no\nP2,b,c,1,no\n";
    let read = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "a.csv", text.as_bytes());
        RdmFile::new(path).unwrap().read()
    };
    assert_eq!(read(text).unwrap().len(), 2);
    assert!(read(&text.replace("P2,b,c,1,no", "P2,b,c,1,yes")).is_err());
}

#[test]
fn matrices_below_each_other_are_no_triangles() {
    // Six stimuli, whose matrix has as many columns as four stimuli have pairs.
    let matrix = |seed: usize| {
        let row = |a: usize| {
            let number = |b: usize| if a == b { 0 } else { seed + a * b + a + b };
            let fields: Vec<String> = (0..6).map(|b| number(b).to_string()).collect();
            fields.join(",") + "\n"
        };
        (0..6).map(row).collect::<String>()
    };
    let read = |text: &str, n: Option<usize>| {
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "a.csv", text.as_bytes());
        let file = RdmFile::new(path).unwrap();
        let file = match n {
            Some(n) => file.with_n_stimuli(n),
            None => file,
        };
        file.read().map_err(|error| error.report().to_string())
    };
    let both = format!("{}{}", matrix(1), matrix(3));
    let message = read(&both, None).unwrap_err();
    assert!(
        message.contains("2 symmetric matrices of 6 stimuli"),
        "{message}"
    );
    assert!(read(&both, Some(6)).unwrap_err().contains("reshape"));
    assert!(read(&both, Some(4)).is_err());
    assert_eq!(read(&matrix(1), None).unwrap().stimuli().len(), 6);
}

#[test]
fn triangles_with_a_diagonal_are_refused() {
    // The triangles of five stimuli with the diagonal have as many numbers as those of six without.
    let of = |own: f64, is_lower: bool| {
        let places = (0..5).flat_map(|a| (0..5).map(move |b| (a, b)));
        let filled = places.filter(|&(a, b)| if is_lower { b <= a } else { b >= a });
        let number = |(a, b): (usize, usize)| match a == b {
            true => own,
            false => 0.125 * (1 + a * b + 3 * a.max(b)) as f64,
        };
        filled
            .map(|place| number(place).to_string() + "\n")
            .collect::<String>()
    };
    let read = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "a.csv", text.as_bytes());
        RdmFile::new(path).unwrap().read()
    };
    for (own, is_lower) in [(0.0, false), (0.0, true), (7.0, false), (1e-3, true)] {
        assert_refused!(
            read(&of(own, is_lower)),
            File(FileError::Ambiguous { .. }),
            "{own}"
        );
    }
    // A number that also occurs elsewhere.
    assert!(read(&of(0.5, false)).is_ok());
}

#[test]
fn the_mean_of_the_others_is_no_participant() {
    let people = [[0.123, 1.52, 0.5], [0.456, 2.25, 0.75], [0.789, 0.76, 1.0]];
    let mean = [0.456, 1.51, 0.75];
    let read = |rows: &[[f64; 3]]| {
        let line = |row: &[f64; 3]| format!("{},{},{}\n", row[0], row[1], row[2]);
        let text: String = rows.iter().map(line).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "a.csv", text.as_bytes());
        RdmFile::new(path).unwrap().with_n_stimuli(3).read()
    };
    let message = |rows: &[[f64; 3]]| read(rows).unwrap_err().report().to_string();
    assert!(message(&[&people[..], &[mean]].concat()).contains("its last RDM"));
    assert!(message(&[&[mean], &people[..]].concat()).contains("its first RDM"));
    assert!(read(&[&people[..2], &[mean], &people[2..]].concat()).is_ok());
}

#[test]
fn lists_of_ids_are_not_numbered_in_another_order() {
    let read = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        Stimuli::read(put(&folder, "ids.csv", text.as_bytes()))
    };
    for name in ["code", "k", "number", "anything"] {
        let text = format!("name,{name}\ndog,2\ncat,1\nhen,0\n");
        assert_refused!(read(&text), File(FileError::Ambiguous { .. }), "{name}");
    }
    assert!(read("name,code\ndog,2\ncat,1\nhen,3\n").is_err());
    assert!(read("name,frequency\ndog,20\ncat,10\nhen,30\n").is_ok());
    assert!(read("name,frequency_rank\ndog,2\ncat,1\nhen,3\n").is_ok());
    // The lines are in the order of another column.
    assert!(read("no,name,code\n0,dog,2\n1,cat,1\n2,hen,3\n").is_ok());
}

/// Writes a table of seven rows with a column before or behind two of decimals.
fn beside_decimals(name: &str, numbers: [i32; 7], is_first: bool, has_header: bool) -> String {
    let line = |field: &str, [x, y]: [&str; 2]| match is_first {
        true => format!("{field},{x},{y}\n"),
        false => format!("{x},{y},{field}\n"),
    };
    let header = if has_header {
        line(name, ["width", "depth"])
    } else {
        String::new()
    };
    let rows = numbers.iter().enumerate().map(|(row, number)| {
        let [x, y] = [1, 3].map(|step| (0.37 * (row * step) as f64 + 0.11).to_string());
        line(&number.to_string(), [&x, &y])
    });
    header + &rows.collect::<String>()
}

#[test]
fn numbers_of_all_rows_are_no_feature_beside_decimals() {
    let shuffled = [3, 7, 1, 6, 2, 5, 4];
    let from_zero = shuffled.map(|number| number - 1);
    for name in [
        "nr",
        "num",
        "pos",
        "bild",
        "photo",
        "x",
        "V1",
        "rank",
        "unit_code",
    ] {
        for (numbers, is_first) in [(shuffled, true), (from_zero, true), (shuffled, false)] {
            refused(
                &beside_decimals(name, numbers, is_first, true),
                "--id-column",
            );
        }
    }
    refused(
        &beside_decimals("bild", [1, 2, 3, 4, 5, 6, 7], false, true),
        "--ignore-column",
    );
    for (numbers, is_first) in [
        (shuffled, true),
        (from_zero, false),
        ([0, 1, 2, 3, 4, 5, 6], false),
    ] {
        refused(
            &beside_decimals("", numbers, is_first, false),
            "add a header",
        );
    }
    // Whole numbers that are all different may be ids, by their name or their place.
    let gaps = [103, 107, 101, 116, 102, 105, 104];
    for (name, is_first) in [
        ("nr", true),
        ("number", false),
        ("bild", true),
        ("serial", true),
    ] {
        refused(&beside_decimals(name, gaps, is_first, true), "--id-column");
    }
    refused(&beside_decimals("", gaps, false, false), "add a header");

    // Other whole numbers are features, and so are those beside whole numbers.
    let n_features = |text: &str| features("a.csv", text).unwrap().ncols();
    for (name, numbers, is_first) in [
        ("size", [3, 7, 1, 6, 3, 5, 4], true),
        ("bild", gaps, false),
        ("frequency", gaps, true),
        ("change", [-3, 7, 1, 6, 2, 5, 4], true),
    ] {
        assert_eq!(
            n_features(&beside_decimals(name, numbers, is_first, true)),
            3,
            "{name}"
        );
    }
    assert_eq!(n_features("a,b\n3,1\n1,1\n2,5\n5,4\n4,2\n"), 2);
    let tenth = beside_decimals("bild", shuffled, true, true);
    let tenth = tenth.lines().map(|line| match line.starts_with("bild") {
        true => format!("{line}\n"),
        false => format!("0.{line}\n"),
    });
    assert_eq!(n_features(&tenth.collect::<String>()), 3);
    // Those of a name for row numbers in order are labels.
    assert_eq!(
        n_features(&beside_decimals("nr", [1, 2, 3, 4, 5, 6, 7], false, true)),
        2
    );
}

#[test]
fn the_columns_of_ids_and_ignored_columns_can_be_named() {
    let text = beside_decimals("bild", [3, 7, 1, 6, 2, 5, 4], true, true);
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "a.csv", text.as_bytes());
    let source = || FileSource::open(&path).unwrap();
    let with_ids = source().with_id_column("bild").unwrap().read().unwrap();
    assert_eq!(with_ids.stimuli().ids()[..2], ["3", "7"]);
    assert_eq!(with_ids.n_features(), 2);
    let ignored = source()
        .with_ignored_column("bild")
        .unwrap()
        .read()
        .unwrap();
    assert_eq!(
        (ignored.n_features(), ignored.stimuli().is_named()),
        (2, false)
    );
}

#[test]
fn columns_beside_features_are_known_by_name() {
    for name in [
        "total",
        "n_ratings",
        "N",
        "n_raters",
        "sd",
        "width_SD",
        "se",
        "lower",
        "category_code",
    ] {
        let text = beside_decimals(name, [1, 0, 1, 2, 2, 0, 1], false, true);
        refused(&text, "--ignore-column");
    }
    // Classes are the first or the last column.
    let rows = "0,0.5,1.5,2.5\n1,1.25,2.25,0.5\n0,0.75,0.5,1.5\n";
    refused(&format!("y,a,b,c\n{rows}"), "--ignore-column");
    assert_eq!(
        features("a.csv", &format!("w,a,b,c\n{rows}"))
            .unwrap()
            .ncols(),
        4
    );
    let transposed = "layer,cat,dog,hen\nunit0,0.5,1.5,2.5\nunit1,1.5,2.5,0.5\n";
    refused(transposed, "transpose the table");
}

#[test]
fn spreads_and_numbers_of_judgments_are_no_features() {
    let rows = |n_columns: usize| -> String {
        (0..6)
            .map(|row| {
                let number = |column: usize| {
                    let number = (row * 7 + column * 5 + row * column * 3) % 19;
                    match column % 3 {
                        2 => format!(",{}", 20 + number),
                        _ => format!(",{}.{row}5", number % 7),
                    }
                };
                let numbers: String = (0..n_columns).map(number).collect();
                format!("w{row}{numbers}\n")
            })
            .collect()
    };
    for names in [
        "V.Mean.Sum,V.SD.Sum,V.Rat.Sum",
        "AROU_M,AROU_SD,AROU_N",
        "Dom1mn,Dom1sd,Dom1n",
        "Conc (M),Conc (SD),Conc (N)",
        "EMO_MEAN,EMO_STD,EMO_N",
    ] {
        let text = format!("word,{names}\n{}", rows(3));
        refused(&text, "whether columns");
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, "a.csv", text.as_bytes());
        let mut source = FileSource::open(&path).unwrap();
        for name in names.split(',').skip(1) {
            source = source.with_ignored_column(name).unwrap();
        }
        assert_eq!(source.read().unwrap().n_features(), 1, "{names}");
    }
    let text = format!("word,f_m,g_m,f_n\n{}", rows(3));
    refused(&text, "\"f_n\"");
    for names in ["f_n,f_m,g_n", "gene_sd1,gene_m,gene_k", "val,arou,dom"] {
        let text = format!("word,{names}\n{}", rows(3));
        assert_eq!(features("a.csv", &text).unwrap().ncols(), 3, "{names}");
    }
    // The largest of the other numbers in every row.
    let text = "word,a,b,peak\nw0,0.35,1.25,1.25\nw1,2.15,0.45,2.15\nw2,3.55,3.85,3.85\nw3,0.95,0.15,0.95\n\
                w4,1.45,1.85,1.85\nw5,2.65,0.75,2.65\n";
    refused(text, "largest");
    assert_eq!(
        features("a.csv", &text.replace("3.85,3.85", "3.85,3.95"))
            .unwrap()
            .ncols(),
        3
    );
}

#[test]
fn the_words_of_embeddings_may_be_numbers_and_have_spaces() {
    let row = |word: &str, row: usize| format!("{word} 0.{row}5 -1.{row} 2.{row}25\n");
    let read = |name: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = put(&folder, name, text.as_bytes());
        FileSource::open(&path).unwrap().read()
    };
    for words in [
        ["cat", "0.5", "dog", "hen"],
        ["1.5", "cat", "dog", "hen"],
        ["cat", "1e5", "hen", "dog"],
        ["nan", "cat", "dog", "hen"],
        ["cat", "a\u{3000}b", "a\u{a0}b", "dog"],
        ["\u{a0}", "cat", "\u{2009}dog", "hen\u{85}"],
        ["{", "##ing", "[CLS]", "duck|NOUN"],
    ] {
        let rows: String = words
            .iter()
            .zip(1..)
            .map(|(word, n)| row(word, n))
            .collect();
        for text in [rows.clone(), format!("4 3\n{rows}")] {
            for name in ["a.txt", "a.vec"] {
                let found = read(name, &text).unwrap();
                assert_eq!(found.stimuli().ids(), words, "{text}");
                assert_eq!(found.n_features(), 3);
            }
        }
        if words[0] != "\u{a0}" {
            let table = format!(",x,y,z\n{}", rows.replace(' ', ","));
            assert_eq!(read("a.csv", &table).unwrap().n_features(), 3, "{table}");
        }
    }
    // Numbers come first in alphabetical order.
    let numbers = (0..300).map(|n| row(&format!("0.{n}"), n % 9));
    let words = (0..400).map(|n| row(&format!("w{n}"), n % 9));
    let text: String = numbers.chain(words).collect();
    assert_eq!(read("a.txt", &text).unwrap().n_features(), 3);
    // A column of numbers with a text among them is none of words.
    assert!(
        read(
            "a.txt",
            &["0.5", "0.6", "err", "0.8"]
                .map(|word| row(word, 1))
                .concat()
        )
        .is_err()
    );
    assert!(read("a.csv", "x,y\nbad,0.5\n0.5,1.5\nbad,2.5\n").is_err());
}

#[test]
fn columns_named_like_the_stimuli_of_the_other_side_are_named() {
    let table = "feature,cat,dog,hen\ndoes_eat,1,2,3.5\nis_red,0,1.5,1\nhas_legs,2,4,0.5\n";
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "a.csv", table.as_bytes());
    let found = FileSource::open(&path).unwrap().read().unwrap();
    let stimuli = Stimuli::new(["cat", "dog", "hen"]).unwrap();
    let error = found.select(&stimuli).unwrap_err();
    assert!(error.report().to_string().contains("transpose"));
    let other = Stimuli::new(["cow", "pig", "hen"]).unwrap();
    let error = found.select(&other).unwrap_err();
    assert!(!error.report().to_string().contains("transpose"));
}

#[test]
fn masked_arrays_have_missing_values() {
    let data = [0.5f32, 1.5, 2.5, 0.25, 1.25, 2.25]
        .map(f32::to_le_bytes)
        .concat();
    let archive = |mask: [u8; 6]| {
        npz(
            CompressionMethod::Stored,
            &[
                ("data.npy", npy("<f4", false, "(3, 2)", &data)),
                ("mask.npy", npy("|b1", false, "(3, 2)", &mask)),
            ],
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "masked.npz", archive([0, 0, 1, 0, 0, 0]));
    let source = || FileSource::open(&path).unwrap().with_array("data").unwrap();
    let error = source().read().unwrap_err().report().to_string();
    assert!(
        error.contains("1 elements, which its array \"mask\" marks"),
        "{error}"
    );
    put(&folder, "masked.npz", archive([0; 6]));
    assert_eq!(source().read().unwrap().n_features(), 2);
}
