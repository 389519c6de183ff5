//! The `recovery` example as scripts use it: output and messages.

use human_alignment::{Representation, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::{json_of, refused};

const N: usize = 36;

fn features() -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let features = Array2::from_shape_simple_fn((N, 9), || rng.random_range(-1.5..1.5f32));
    Representation::new(Stimuli::numbered(N as u32), features).unwrap()
}

#[test]
fn the_command_line_simulates_and_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let figure = path("curve.svg");
    let simulated = ["--replicates", "1", "--json", "--figure"];
    let report = json_of("recovery", &[&simulated[..], &[&figure]].concat());
    let drawn = std::fs::read_to_string(&figure).unwrap();
    for text in [
        "by accuracy",
        "by cross-entropy",
        "Number of simulated trials",
    ] {
        assert!(drawn.contains(text), "{text}");
    }
    for wrong in [path("curve.pdf"), path("none/curve.svg")] {
        refused("recovery", &[&simulated[..], &[&wrong]].concat());
    }
    let wins = report["wins"].as_array().unwrap();
    assert_eq!(
        (wins.len(), report["replicates"].as_array().unwrap().len()),
        (3, 3)
    );
    assert!(
        report["candidates"][0]["effective_dimensionality"]
            .as_f64()
            .unwrap()
            > 1.0
    );
    assert!((0.0..=1.0).contains(&report["rate"].as_f64().unwrap()));
    let curve = report["curve"].as_array().unwrap();
    let sizes: Vec<u64> = curve
        .iter()
        .map(|at| at["n_trials"].as_u64().unwrap())
        .collect();
    assert_eq!(sizes, [375, 750, 1500, 3000]);
    assert_eq!(curve[3]["rate"], report["rate"]);
    assert_eq!(report["fewer_trials"].as_array().unwrap().len(), 9);

    let (features_file, triplets) = (path("one.npy"), path("trials.txt"));
    features().write_npy(&features_file).unwrap();
    std::fs::write(&triplets, "0 1 2\n3 4 5\n6 7 8\n").unwrap();
    let one = ["--features", &features_file, "--triplets", &triplets];
    assert!(refused("recovery", &one).contains("candidates"));
    let two = [&one[..], &["--features", &features_file]].concat();
    // Three trials do not fill three folds of objects.
    assert!(refused("recovery", &two).contains("model 0: fold"));
}
