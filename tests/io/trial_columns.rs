//! Tables of trials that can be read in several ways: the right trials, or a refusal with a remedy that works.

use human_alignment::dataset::{Counting, TripletChunks, TripletFile, TripletSource};
use human_alignment::{
    AnchoredTask, OddOneOutTask, Result, SimilarityDataset, Stimuli, Task, TrialParticipants,
};

use crate::common::arrays::{npy, npz};
use crate::common::files::put;

const IDS: [&str; 6] = ["cat", "dog", "cow", "pig", "owl", "hen"];

/// Reads a table of trials of six animals.
fn animals<T: Task>(text: &str) -> Result<Vec<[u32; 3]>> {
    read::<T>("t.csv", text, Stimuli::new(IDS).unwrap())
}

fn read<T: Task>(name: &str, text: &str, stimuli: Stimuli) -> Result<Vec<[u32; 3]>> {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, name, text.as_bytes());
    let file: TripletFile<T> = TripletSource::new(&path)?.read(&stimuli)?;
    Ok(file.judgments().as_slice().to_vec())
}

#[track_caller]
fn message<V: std::fmt::Debug>(found: Result<V>) -> String {
    found.unwrap_err().report().to_string()
}

#[track_caller]
fn refused<T: Task>(text: &str, part: &str) {
    let message = message(animals::<T>(text));
    assert!(message.contains(part), "{message}");
}

#[test]
fn answers_beside_named_roles_agree_with_them() {
    let in_order = [[0, 1, 2], [3, 4, 5]];
    for (roles, same, other) in [
        (
            "anchor,positive,negative,response",
            ["dog", "owl"],
            ["cow", "owl"],
        ),
        ("head,close,far,choice", ["1", "1"], ["1", "2"]),
        ("head,close,far,selected", ["0", "0"], ["0", "1"]),
        (
            "head,winner,loser,human_choice",
            ["winner", "winner"],
            ["loser", "winner"],
        ),
        ("head,winner,loser,odd", ["cow", "hen"], ["cow", "owl"]),
        ("anchor,positive,negative,correct", ["1", "1"], ["1", "0"]),
        (
            "anchor,positive,negative,agree",
            ["True", "True"],
            ["False", "True"],
        ),
        ("anchor,positive,negative,label", ["1", "1"], ["-1", "1"]),
        (
            "anchor,positive,negative,key_resp_2.corr",
            ["1", "1"],
            ["0", "1"],
        ),
        ("sample,match,distractor,Probe.ACC", ["1", "1"], ["0", "1"]),
        (
            "reference,positive,negative,chose_positive",
            ["True", "True"],
            ["False", "True"],
        ),
    ] {
        let text =
            |[one, other]: [&str; 2]| format!("{roles}\ncat,dog,cow,{one}\npig,owl,hen,{other}\n");
        assert_eq!(
            animals::<AnchoredTask>(&text(same)).unwrap(),
            in_order,
            "{roles}"
        );
        refused::<AnchoredTask>(&text(other), "whether the answers are those in column");
    }
    // The remedy.
    let text = "anchor,candidate1,candidate2,response\ncat,dog,cow,cow\npig,owl,hen,owl\n";
    assert_eq!(
        animals::<AnchoredTask>(text).unwrap(),
        [[0, 2, 1], [3, 4, 5]]
    );
    // What is no answer.
    let text = "anchor,positive,negative,label,RT\ncat,dog,cow,pet,7\npig,owl,hen,farm,0\n";
    assert_eq!(animals::<AnchoredTask>(text).unwrap(), in_order);
}

#[test]
fn answers_in_columns_of_any_name_are_noticed() {
    let rows = |name: &str, [first, second]: [&str; 2]| {
        format!("stim1,stim2,stim3,{name}\ncat,dog,cow,{first}\npig,owl,hen,{second}\n")
    };
    let what = "whether the order of the stimuli is the answer";
    for (name, answers) in [
        ("participant_favourite", ["cat", "owl"]),
        ("rater1", ["cow", "pig"]),
        ("subject_1_says,subject_2_says", ["dog,dog", "hen,owl"]),
        ("rater1,rater2", ["dog,", "hen,owl"]),
    ] {
        refused::<OddOneOutTask>(&rows(name, answers), what);
    }
    for (name, answers) in [
        ("participant_pick", ["1", "2"]),
        ("user_vote", ["0", "2"]),
        ("response_sub01,response_sub02", ["dog,dog", "hen,owl"]),
    ] {
        refused::<OddOneOutTask>(&rows(name, answers), "which column holds the answer");
    }
    let rows_of = |name: &str, [first, second]: [&str; 2]| {
        format!("reference,positive,negative,{name}\ncat,dog,cow,{first}\npig,owl,hen,{second}\n")
    };
    for answers in [["dog", "hen"], ["negative", "positive"]] {
        refused::<AnchoredTask>(&rows_of("human", answers), what);
    }
    // The same one everywhere, what no participant answered, and stimuli in the order of the screen.
    let in_order = [[0, 1, 2], [3, 4, 5]];
    for (name, fields) in [
        ("participant", ["sub-01", "sub-02"]),
        ("user_model", ["cat", "owl"]),
        ("subject_group", ["cow", "hen"]),
        (
            "subj_left,subj_middle,subj_right",
            ["dog,cow,cat", "pig,hen,owl"],
        ),
    ] {
        let found = animals::<OddOneOutTask>(&rows(name, fields));
        assert_eq!(found.unwrap(), in_order, "{name}");
    }
    assert_eq!(
        animals::<AnchoredTask>(&rows_of("first_shown", ["cow", "owl"])).unwrap(),
        in_order
    );
    // Beside the odd one of a design.
    let text = "stim1,stim2,stim3,odd,user_pick\ncat,dog,cow,cow,cat\npig,owl,hen,pig,pig\n";
    refused::<OddOneOutTask>(text, "user_pick");
    let text = "stim1,stim2,stim3,odd,participant_vote\ncat,dog,cow,3,1\npig,owl,hen,1,3\n";
    refused::<OddOneOutTask>(text, "participant_vote");
    let text = "stim1,stim2,stim3,odd,correct\ncat,dog,cow,cow,0\npig,owl,hen,pig,1\n";
    refused::<OddOneOutTask>(text, "the odd ones of a design");
    for text in [
        "stim1,stim2,stim3,choice,correct\ncat,dog,cow,cow,0\npig,owl,hen,pig,1\n",
        "stim1,stim2,stim3,odd,correct\ncat,dog,cow,cow,1\npig,owl,hen,pig,1\n",
    ] {
        assert!(animals::<OddOneOutTask>(text).is_ok(), "{text}");
    }
}

#[test]
fn a_stimulus_that_is_never_the_odd_one_may_be_a_head() {
    let table = |names: &str, n_rows: usize, places: &[usize]| {
        let row = |row: usize| {
            let shown = [row, row + 1, row + 3].map(|place| IDS[place % IDS.len()]);
            let [a, b, c] = shown;
            format!("{a},{b},{c},{}\n", shown[places[row % places.len()]])
        };
        let rows: String = (0..n_rows).map(row).collect();
        format!("{names}\n{rows}")
    };
    for (names, n_rows, places) in [
        ("image1,image2,image3,choice", 30, &[1, 2][..]),
        ("word1,word2,word3,response", 30, &[2, 0]),
        ("Center,Left,Right,Answer", 12, &[1]),
        ("left,middle,right,choice", 12, &[0, 2]),
    ] {
        refused::<OddOneOutTask>(&table(names, n_rows, places), "is never the odd one");
    }
    for (names, n_rows, places) in [
        ("image1,image2,image3,choice", 30, &[2][..]),
        ("image1,image2,image3,choice", 12, &[1, 2]),
        ("image1,image2,image3,choice", 30, &[1, 2, 0]),
        ("left,middle,right,choice", 12, &[0, 2, 1]),
    ] {
        let found = animals::<OddOneOutTask>(&table(names, n_rows, places));
        assert_eq!(found.unwrap().len(), n_rows, "{names} {places:?}");
    }
    for names in ["head,b,c", "anchor,p,n"] {
        let text = format!("{names}\ncat,dog,cow\npig,owl,hen\n");
        refused::<OddOneOutTask>(&text, "read anchored trials");
    }
}

#[test]
fn ids_may_begin_with_a_hash() {
    let colours = Stimuli::new(["#F00", "#0F0", "#00F", "red"]).unwrap();
    for text in [
        "#F00,#0F0,#00F\n#0F0,red,#F00\n",
        "#F00,red,#00F\n#0F0,red,#F00\nred,#00F,#0F0\n",
        "# three colours each\n#F00,#0F0,#00F\n#0F0,red,#F00\n",
    ] {
        let n_trials = text.lines().filter(|line| !line.starts_with("# ")).count();
        let found = read::<OddOneOutTask>("t.csv", text, colours.clone()).unwrap();
        assert_eq!(found.len(), n_trials, "{text}");
        assert_eq!(found.last().unwrap().len(), 3);
    }
    let named = "#image1,image2,image3\ncat,dog,cow\npig,owl,hen\n";
    assert_eq!(
        animals::<OddOneOutTask>(named).unwrap(),
        [[0, 1, 2], [3, 4, 5]]
    );
}

/// Numbers are ids if most stimuli are numbered, also beside the names of a few practice stimuli.
#[test]
fn numbers_are_ids_beside_a_few_names() {
    let trials = |ids: &[&str], text: &str| {
        read::<OddOneOutTask>("t.csv", text, Stimuli::new(ids.iter().copied()).unwrap())
    };
    let ids = ["practice", "004", "001", "003", "002", "000"];
    for text in [
        "image1,image2,odd\n004,002,003\n000,001,002\n",
        "4,2,3\n0,1,2\n",
    ] {
        let found = trials(&ids, text).unwrap();
        assert_eq!(found, [[1, 4, 3], [5, 2, 4]], "{text}");
    }
    // Positions are no ids if some of them are not among the ids.
    let message = message(trials(&ids, "5,2,3\n0,1,2\n"));
    assert!(message.contains("--count-from"), "{message}");
    // Ids that are also positions, where the name comes first.
    let ids = ["practice", "1", "2", "3"];
    assert_eq!(
        trials(&ids, "1,2,3\n3,1,2\n").unwrap(),
        [[1, 2, 3], [3, 1, 2]]
    );
    assert_eq!(
        trials(&ids, "0,2,3\n3,1,2\n").unwrap(),
        [[0, 2, 3], [3, 1, 2]]
    );
    // Ids that are no positions, among names.
    let ids = ["107", "cat", "103", "119"];
    assert_eq!(trials(&ids, "103,119,107\n").unwrap(), [[2, 3, 0]]);
    // A few numbers among names are names, and indices count stimuli.
    let words = ["cat", "747", "dog", "owl", "2", "cow"];
    assert_eq!(
        trials(&words, "0,2,3\n4,5,1\n").unwrap(),
        [[0, 2, 3], [4, 5, 1]]
    );
}

#[test]
fn exports_of_programs_are_read() {
    let expected = [[1, 2, 0], [3, 5, 4]];
    let sorted = |text: &str| -> Vec<[u32; 3]> {
        let mut found = animals::<OddOneOutTask>(text).unwrap();
        found.iter_mut().for_each(|[a, b, _]| {
            if a > b {
                std::mem::swap(a, b);
            }
        });
        found
    };
    for text in [
        // The row names of R.
        "S1,S2,S3,odd\n1,cat,dog,cow,cat\n2,pig,owl,hen,owl\n",
        // E-Prime.
        "Stimulus1,Stimulus2,Stimulus3,Slide.CRESP,Probe.RESP\ncat,dog,cow,,cat\npig,owl,hen,,owl\n",
        // Gorilla.
        "Participant Public ID,Participant Private ID,Response,Image1,Image2,Image3,ANSWER\n\
         BLIND,sub7,cat,cat,dog,cow,\nBLIND,sub8,owl,pig,owl,hen,\n",
        "face1,face2,face3,face_odd\ncat,dog,cow,cat\npig,owl,hen,owl\n",
    ] {
        assert_eq!(sorted(text), expected, "{text}");
    }
    // A column of heads is no group of people, and names may stand beside numbers.
    let heads = "participant,center,left,right,answer\n\
                 1,cat,dog,cow,cow\n1,pig,owl,hen,owl\n2,pig,owl,hen,owl\n";
    assert_eq!(
        animals::<AnchoredTask>(heads).unwrap(),
        [[0, 2, 1], [3, 4, 5], [3, 4, 5]]
    );
    let numbers = "head,winner,loser,Center,Left,Right,Answer\n0,1,2,cat,cow,dog,dog\n\
                   3,4,5,pig,owl,hen,owl\n0,2,1,cat,cow,dog,cow\n5,1,3,hen,dog,pig,dog\n\
                   0,1,4,cat,dog,owl,dog\n";
    assert_eq!(
        animals::<AnchoredTask>(numbers).unwrap(),
        [[0, 1, 2], [3, 4, 5], [0, 2, 1], [5, 1, 3], [0, 1, 4]]
    );
    // The numbers count other stimuli than the names of the files.
    let renamed = numbers.replace("dog", "dog.jpg").replace("cow", "pig.jpg");
    refused::<AnchoredTask>(&renamed, "names others than those at these positions");
    let contradicting = numbers.replace("cow,dog,dog\n", "cow,dog,cow\n");
    refused::<AnchoredTask>(&contradicting, "whether the answers are those in column");
}

#[test]
fn votes_beside_trials_agree_with_their_order() {
    let array = |shape: &str, values: &[f64]| {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        npy("<f8", false, shape, &bytes)
    };
    let read = |votes: [f64; 4]| {
        let members = [
            (
                "triplets.npy",
                array("(2, 3)", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
            ),
            ("votes.npy", array("(2, 2)", &votes)),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = put(
            &folder,
            "t.npz",
            npz(zip::CompressionMethod::Stored, &members),
        );
        let file = TripletFile::<AnchoredTask>::read(&path, Stimuli::numbered(6))?;
        Ok(file.judgments().as_slice().to_vec())
    };
    assert_eq!(read([7.0, 2.0, 5.0, 4.0]).unwrap(), [[0, 1, 2], [3, 4, 5]]);
    assert!(message(read([7.0, 2.0, 4.0, 5.0])).contains("\"votes\""));
}

/// Many trials of these stimuli, without index 0.
fn without_zero(n_stimuli: u32, n_trials: u32) -> Vec<[u32; 3]> {
    let index = |at: u32| 1 + (7 * at) % n_stimuli;
    let trial = |at: u32| [index(at), index(at + 1 + at % 2), index(at + 3 + at % 3)];
    (0..n_trials).map(trial).collect()
}

fn lines(trials: &[[u32; 3]], separator: &str) -> String {
    let line = |trial: &[u32; 3]| trial.map(|index| index.to_string()).join(separator) + "\n";
    trials.iter().map(line).collect()
}

#[test]
fn index_0_is_not_absent_by_chance_in_many_trials() {
    let text = lines(&without_zero(11, 60), " ");
    let stimuli = || Stimuli::unnamed(24);
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "t.txt", text.as_bytes());
    let whole = |counting| {
        let source = TripletSource::<OddOneOutTask>::new(&path)?.with_counting(counting);
        Ok(source.read(&stimuli())?.judgments().as_slice()[0])
    };
    assert!(message(whole(Counting::Inferred)).contains("--count-from 1"));
    assert_eq!(whole(Counting::One).unwrap(), [0, 7, 10]);
    let stream = TripletChunks::<OddOneOutTask>::open(&path, stimuli(), 7).unwrap();
    let found: Result<Vec<_>> = stream.collect();
    assert!(message(found).contains("--count-from 1"));
    // Answers that count from 1 tell it too.
    let text = "image1,image2,image3,choice\n4,19,2,1\n7,16,9,3\n2,12,21,2\n";
    let found = read::<OddOneOutTask>("t.csv", text, stimuli());
    assert!(message(found).contains("answers are positions that count from 1"));
    let text = text.replace("19", "0");
    assert!(read::<OddOneOutTask>("t.csv", &text, stimuli()).is_ok());
}

#[test]
fn numbers_of_columns_are_no_trial() {
    let rows = [
        [7, 2, 0],
        [3, 1, 8],
        [2, 10, 11],
        [0, 6, 1],
        [5, 9, 3],
        [11, 4, 7],
        [1, 0, 9],
        [8, 3, 2],
        [10, 6, 4],
        [4, 5, 8],
    ];
    let stimuli = || Stimuli::unnamed(12);
    for separator in [",", "\t", ";"] {
        let rows = lines(&rows, separator);
        for header in [[0, 1, 2], [1, 2, 3]].map(|first| lines(&[first], separator)) {
            let text = format!("{header}{rows}");
            for name in ["t.csv", "t.txt"] {
                let message = message(read::<OddOneOutTask>(name, &text, stimuli()));
                assert!(message.contains("image1,image2,image3"), "{message}");
                assert!(read::<AnchoredTask>(name, &text, stimuli()).is_err());
            }
            // The remedies.
            let named = format!("{}\n{text}", ["image1", "image2", "image3"].join(separator));
            assert_eq!(
                read::<OddOneOutTask>("t.csv", &named, stimuli())
                    .unwrap()
                    .len(),
                11
            );
            assert_eq!(
                read::<AnchoredTask>("t.csv", &named, stimuli())
                    .unwrap()
                    .len(),
                11
            );
            assert_eq!(
                read::<OddOneOutTask>("t.csv", &rows, stimuli())
                    .unwrap()
                    .len(),
                10
            );
        }
    }
    let spaces = lines(&[&[[0, 1, 2]][..], &rows].concat(), " ");
    assert_eq!(
        read::<OddOneOutTask>("t.txt", &spaces, stimuli())
            .unwrap()
            .len(),
        11
    );
    // In a stream, and the remedy.
    let folder = tempfile::tempdir().unwrap();
    let stream = |trials: &[[u32; 3]]| {
        let path = put(&folder, "s.csv", lines(trials, ",").as_bytes());
        let chunks = TripletChunks::<OddOneOutTask>::open(&path, stimuli(), 3).unwrap();
        chunks.collect::<Result<Vec<_>>>()
    };
    let with_first = [&[[0, 1, 2]][..], &rows].concat();
    assert!(message(stream(&with_first)).contains("below another one"));
    let mut moved = with_first.clone();
    moved.swap(0, 1);
    assert_eq!(stream(&moved).unwrap().len(), 4);
    // Above names, and with answers.
    let names = "0,1,2\ncat,dog,cow\npig,owl,hen\ncow,cat,owl\n";
    refused::<OddOneOutTask>(names, "its first line, 0,1,2,");
    assert_eq!(animals::<OddOneOutTask>(&names[6..]).unwrap().len(), 3);
    let answered =
        |row: [u32; 3]| format!("{},{}\n", row.map(|at| at.to_string()).join(","), row[1]);
    let answered: String = rows.into_iter().map(answered).collect();
    let found = read::<OddOneOutTask>("t.csv", &format!("0,1,2,3\n{answered}"), stimuli());
    assert!(message(found).contains("its first line, 0,1,2,3,"));
    assert_eq!(
        read::<OddOneOutTask>("t.csv", &answered, stimuli())
            .unwrap()
            .len(),
        10
    );
}

#[test]
fn labels_of_participants_are_not_those_of_others() {
    let table = |labels: [&str; 2]| {
        let [one, other] = labels;
        format!(
            "participant,image1,image2,image3,choice\n{one},cat,dog,cow,cat\n{other},pig,owl,hen,owl\n"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let list = |labels: [&str; 2]| {
        let text = labels.map(|label| label.to_owned() + "\n").concat();
        TrialParticipants::read(put(&folder, "p.txt", text.as_bytes()))
    };
    for labels in [
        ["01", "1"],
        ["4.0", "4"],
        ["SUB-01", "sub-01"],
        ["s1", "s01"],
    ] {
        refused::<OddOneOutTask>(&table(labels), "the same person");
        assert!(message(list(labels)).contains("the same person"));
    }
    for labels in [["01", "02"], ["1", "10"], ["a", "a"]] {
        assert_eq!(animals::<OddOneOutTask>(&table(labels)).unwrap().len(), 2);
        assert!(list(labels).is_ok());
    }
}

#[test]
fn people_numbered_within_groups_are_different_people() {
    let table = |name: &str, groups: [&str; 4]| {
        let row =
            |(group, person): (&str, usize)| format!("{group},{},cat,dog,cow,cat\n", person % 2);
        let rows: String = groups.into_iter().zip(0..).map(row).collect();
        format!("{name},subject,image1,image2,image3,choice\n{rows}")
    };
    for name in ["site", "group", "Experiment", "country"] {
        refused::<OddOneOutTask>(&table(name, ["A", "A", "B", "B"]), "the same person");
        assert!(animals::<OddOneOutTask>(&table(name, ["A", "B", "A", "B"])).is_ok());
    }
    assert!(animals::<OddOneOutTask>(&table("block", ["A", "A", "B", "B"])).is_ok());
    let folder = tempfile::tempdir().unwrap();
    let list = put(&folder, "p.csv", "site,subject\nA,0\nA,1\nB,0\nB,1\n");
    assert!(message(TrialParticipants::read(list)).contains("the same person"));
}

#[test]
fn rows_that_are_excluded_are_no_judgments() {
    for (name, marked, other) in [
        ("excluded", "yes", "no"),
        ("valid", "0", "1"),
        ("timed_out", "True", "False"),
        ("status", "timeout", "ok"),
        ("note", "skipped", ""),
        ("trial_type", "practice", "main"),
        ("catch", "1", "0"),
        ("block", "practice", "main"),
        ("rt", "timeout", "512"),
        ("attention_check_passed", "0", "1"),
        ("warm-up", "yes", "no"),
        ("trialType", "tutorial", "main"),
        ("type", "foil", "test"),
        ("status", "no response", "ok"),
        ("Phase", "Übungsphase", "Haupt"),
        ("gültig", "nein", "ja"),
        ("qc_pass", "0", "1"),
        ("trial_category", "check", "random"),
        ("is_check", "TRUE", "FALSE"),
        ("有效", "否", "是"),
    ] {
        let table = |last: &str| {
            format!(
                "image1,image2,image3,choice,{name}\ncat,dog,cow,cat,{other}\npig,owl,hen,owl,{other}\n\
                 cow,hen,dog,cow,{last}\n"
            )
        };
        let message = message(animals::<OddOneOutTask>(&table(marked)));
        assert!(
            message.contains("1 row") && message.contains(name),
            "{message}"
        );
        assert_eq!(
            animals::<OddOneOutTask>(&table(other)).unwrap().len(),
            3,
            "{name}"
        );
    }
}

#[test]
fn rows_of_other_loops_are_no_judgments() {
    // PsychoPy counts the trials of each loop in columns of its own.
    let table = |names: &str, rows: [&str; 3]| {
        let [first, second, third] = rows;
        format!(
            "image1,image2,image3,choice,{names}\ncat,dog,cow,cat,{first}\npig,owl,hen,owl,{second}\n\
             cow,hen,dog,cow,{third}\n"
        )
    };
    for (names, rows) in [
        ("warmup.thisN,trials.thisN", ["0,", ",0", ",1"]),
        ("trials.thisN", ["", "0", "1"]),
        ("practice.thisTrialN", ["0", "", ""]),
    ] {
        refused::<OddOneOutTask>(&table(names, rows), "in a loop of PsychoPy");
    }
    for (names, rows) in [
        ("warmup.thisN,trials.thisN", [",0", ",1", ",2"]),
        ("blocks.thisN,trials.thisN", ["0,0", "0,1", "1,0"]),
    ] {
        assert!(animals::<OddOneOutTask>(&table(names, rows)).is_ok());
    }
}

#[test]
fn trials_with_several_rows_are_refused() {
    let trials = [
        "cat,dog,cow,cat",
        "pig,owl,hen,owl",
        "cow,hen,dog,cow",
        "pig,cat,dog,pig",
        "owl,cow,cat,cat",
    ];
    let table = |name: &str, values: [&str; 2]| {
        let of_trial = |trial: &&str| values.map(|value| format!("{trial},{value}\n")).concat();
        let rows: String = trials.iter().map(of_trial).collect();
        format!("image1,image2,image3,choice,{name}\n{rows}")
    };
    for (name, values) in [
        ("Zone Type", ["image", "slider"]),
        ("attempt", ["1", "2"]),
        ("trial_type", ["odd", "confidence"]),
    ] {
        refused::<OddOneOutTask>(&table(name, values), "why trials have several rows");
    }
    for (name, values) in [
        ("repetition", ["1", "2"]),
        ("participant", ["a", "b"]),
        ("group", ["x", "x"]),
    ] {
        assert!(
            animals::<OddOneOutTask>(&table(name, values)).is_ok(),
            "{name}"
        );
    }
    let saved_twice = table("participant", ["a", "a"]);
    refused::<OddOneOutTask>(&saved_twice, "occurs several times");
}

#[test]
fn an_order_on_the_screen_in_any_text_is_noticed() {
    let table = |name: &str, orders: [&str; 2]| {
        let [first, second] = orders;
        format!(
            "image1,image2,image3,response,{name}\ncat,dog,cow,1,\"{first}\"\npig,owl,hen,3,\"{second}\"\n"
        )
    };
    for orders in [
        [
            "<img src='dog.jpg'><img src='cat.jpg'><img src='cow.jpg'>",
            "<img src='pig.jpg'><img src='hen.jpg'><img src='owl.jpg'>",
        ],
        ["dog|cow|cat", "owl|pig|hen"],
    ] {
        refused::<OddOneOutTask>(&table("html", orders), "positions on the screen");
    }
    let same = table("html", ["cat, dog or cow", "pig, owl or hen"]);
    assert!(animals::<OddOneOutTask>(&same).is_ok());
    let places = "image1,image2,image3,image1_position,image2_position,image3_position,response\n\
                  cat,dog,cow,right,middle,left,1\npig,owl,hen,left,right,middle,3\n";
    refused::<OddOneOutTask>(places, "positions on the screen");
}

#[test]
fn weights_of_trials_are_refused() {
    for text in [
        "anchor,positive,negative,weight\ncat,dog,cow,0.5\npig,owl,hen,0.7\n",
        "head,winner,loser,weighting\ncat,dog,cow,0.5\npig,owl,hen,0.7\n",
    ] {
        refused::<AnchoredTask>(text, "count equally");
    }
}

#[test]
fn remedies_name_what_to_write() {
    let counted = "image1,image2,image3,n\ncat,dog,cow,1\npig,owl,hen,4\n";
    refused::<OddOneOutTask>(counted, "repeat each row as many times");
    // Positions from 1, and 0 for no answer.
    let text =
        "image1,image2,image3,choice\ncat,dog,cow,0\npig,owl,hen,3\ncow,hen,dog,1\ncow,pig,dog,3\n";
    refused::<OddOneOutTask>(text, "trial 0: the answer 0");
    let text =
        "reference,left,right,choice\ncat,dog,cow,1\npig,owl,hen,0\ncow,hen,dog,2\ncow,pig,dog,2\n";
    refused::<AnchoredTask>(text, "trial 1: the answer 0");
    let text = "X,A,B,response\ncat,dog,cow,B\npig,owl,hen,A\n";
    assert_eq!(
        animals::<AnchoredTask>(text).unwrap(),
        [[0, 2, 1], [3, 4, 5]]
    );
    refused::<OddOneOutTask>("[cat, dog, cow]\n[pig, owl, hen]\n", "brackets");
    // Whether the left one was chosen is not the place of the chosen one.
    for name in ["left_chosen", "chose_left"] {
        let text = format!("reference,left,right,{name}\ncat,dog,cow,1\npig,owl,hen,0\n");
        refused::<AnchoredTask>(
            &text,
            "write the closer candidate, or the name of its column",
        );
    }
    let text = "reference,left,right,choice\ncat,dog,cow,left\npig,owl,hen,right\n";
    assert_eq!(
        animals::<AnchoredTask>(text).unwrap(),
        [[0, 1, 2], [3, 5, 4]]
    );
    let folder = tempfile::tempdir().unwrap();
    let list = |text: &str| TrialParticipants::read(put(&folder, "p.csv", text)).unwrap();
    for text in [
        "participant,prolific_id\nsub-01,x0\nsub-02,x1\nsub-01,x0\n",
        "\"\",\"x\"\n\"1\",\"sub-01\"\n\"2\",\"sub-02\"\n\"3\",\"sub-01\"\n",
    ] {
        assert_eq!(list(text).labels(), ["sub-01", "sub-02"]);
    }
}
