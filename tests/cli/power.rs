//! The `power` example as scripts use it: output and messages.

use human_alignment::{Representation, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::{json_of, refused};

#[test]
fn the_command_line_plans_and_refuses() {
    let report = json_of("power", &["--people", "10,40", "--json"]);
    let designs = report["designs"].as_array().unwrap();
    assert_eq!(designs.len(), 8);
    let power = |row: usize| designs[row]["power"].as_f64().unwrap();
    // More objects, and more participants.
    assert!(power(0) < power(3) && power(3) < power(7), "{report}");
    assert_eq!(report["n_pilot_participants"], 12);
    assert!(report["components"]["residual"].as_f64().unwrap() > 0.0);

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (one, other, triplets) = (path("one.npy"), path("other.npy"), path("trials.txt"));
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for file in [&one, &other] {
        let features = Array2::from_shape_simple_fn((9, 4), || rng.random_range(-1.5..1.5f32));
        let features = Representation::new(Stimuli::numbered(9), features).unwrap();
        features.write_npy(file).unwrap();
    }
    std::fs::write(&triplets, "0 1 2\n3 4 5\n6 7 8\n0 4 8\n").unwrap();
    let files = ["--features", &one, "--triplets", &triplets];
    assert!(refused("power", &files).contains("twice"));
    let files = [&files[..], &["--features", &other]].concat();
    let report = json_of("power", &[&files[..], &["--json"]].concat());
    assert_eq!(report["n_pilot_trials"], 4);
    assert_eq!(report["components"]["participants"], 0.0);
    let message = refused("power", &["--objects", "3"]);
    assert!(message.contains("objects must be at least 6"), "{message}");
}
