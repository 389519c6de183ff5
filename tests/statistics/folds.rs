//! Tests of folds.

use human_alignment::inference::Folds;

#[test]
fn every_thing_is_held_out_once() {
    for folds in [
        Folds::contiguous(11, 3).unwrap(),
        Folds::random(11, 3, 5).unwrap(),
        Folds::new(vec![2, 0, 1, 1, 0, 2, 2]).unwrap(),
    ] {
        let n = folds.assignments().len();
        let mut seen = vec![0; n];
        for fold in 0..folds.n_folds() {
            let (held_out, training) = (folds.held_out(fold), folds.training(fold));
            assert_eq!(held_out.len() + training.len(), n);
            assert!(training.iter().all(|position| !held_out.contains(position)));
            held_out.iter().for_each(|&position| seen[position] += 1);
        }
        assert_eq!(seen, vec![1; n]);
    }
}

#[test]
fn contiguous_folds_are_those_of_scikit_learn() {
    // [len(test) for _, test in KFold(5).split(np.zeros(13))]
    let folds = Folds::contiguous(13, 5).unwrap();
    let sizes: Vec<usize> = (0..5).map(|fold| folds.held_out(fold).len()).collect();
    assert_eq!(sizes, [3, 3, 3, 2, 2]);
    assert!(folds.assignments().is_sorted());
}

#[test]
fn refuses_what_is_no_partition() {
    for of in [vec![], vec![0, 0, 0], vec![0, 2, 0], vec![0, 9]] {
        assert!(Folds::new(of).is_err());
    }
    assert!(Folds::contiguous(3, 1).is_err());
    assert!(Folds::contiguous(usize::MAX, 2).is_err());
    assert!(Folds::random(3, 4, 0).is_err());
    assert!(serde_json::from_str::<Folds>("[0, 0]").is_err());
    let folds = Folds::contiguous(4, 2).unwrap();
    let beyond = std::panic::catch_unwind(|| folds.training(2));
    assert!(beyond.is_err());
    assert_eq!(
        serde_json::from_str::<Folds>("[0, 1]").unwrap().n_folds(),
        2
    );
}
