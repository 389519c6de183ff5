//! Flags that have no effect are refused before any file is read.

use crate::common::refused;

fn assert_refused(command: &str, flag: &str) {
    let mut words = command.split(' ');
    let program = words.next().unwrap();
    let message = refused(program, &words.collect::<Vec<_>>());
    let expected = format!("{flag} has no effect");
    assert!(message.contains(&expected), "{command}: {message}");
}

#[test]
fn flags_without_effect_are_refused() {
    for (command, flag) in [
        (
            "transfer --transform t.npz --features f.npy --human h.npy --stimuli s.txt",
            "--stimuli",
        ),
        (
            "transfer --transform t.npz --features f.npy --human h.npy --participants p.txt",
            "--participants",
        ),
        (
            "transfer --transform t.npz --features f.npy --human h.npy --margin 0.1",
            "--margin",
        ),
        (
            "transfer --transform t.npz --features f.npy --triplets t.npy --bootstrap 10",
            "--bootstrap",
        ),
        (
            "transfer --transform t.npz --features f.npy --triplets t.npy --human-ids i.txt",
            "--human-ids",
        ),
        ("transfer --similarity dot", "--similarity"),
        ("power --participants p.npy", "--participants"),
        ("power --array layer4", "--array"),
        ("recovery --drop-missing", "--drop-missing"),
        ("odd_one_out --participants p.npy", "--participants"),
        ("odd_one_out --ceiling", "--ceiling"),
        (
            "odd_one_out --features f.npy --triplets t.npy --margin 0.1",
            "--margin",
        ),
        (
            "probe --features f.npy --triplets t.npy --lambda 1 --hold-out trials-sharing-objects",
            "--hold-out",
        ),
    ] {
        assert_refused(command, flag);
    }
}

#[cfg(all(feature = "extract", feature = "figures"))]
#[test]
fn flags_of_other_methods_are_refused() {
    for (command, flag) in [
        (
            "embed --triplets t.npy --out e.npy --method vice --folds 3",
            "--folds",
        ),
        (
            "embed --triplets t.npy --out e.npy --method vice --tolerance 1",
            "--tolerance",
        ),
        (
            "embed --triplets t.npy --out e.npy --lambda 0.01 --folds 3",
            "--folds",
        ),
        ("extract --model resnet18 --random 1 --key teacher", "--key"),
        (
            "extract --model resnet18 --random 1 --without fc.",
            "--without",
        ),
        ("extract --list-models --json", "--json"),
        ("study --untrained --penalty trace", "--penalty"),
        ("study --people-at-random --probe-all", "--probe-all"),
    ] {
        assert_refused(command, flag);
    }
}

#[test]
fn programs_without_options_have_none() {
    for program in ["shards", "compare_representations"] {
        let message = refused(program, &["--features", "f.npy"]);
        assert!(message.contains("'--features'"), "{message}");
    }
}
