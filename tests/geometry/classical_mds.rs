//! Tests of classical mds.

use human_alignment::error::ArgumentError;
use human_alignment::error::RdmError;
use human_alignment::rdm::ClassicalMds;
use human_alignment::rdm::Rdm;
use human_alignment::stimuli::Stimuli;

use crate::common::refusals::assert_refused;

fn rdm(points: &[[f64; 3]]) -> Rdm {
    let n = points.len();
    let distance = |a: [f64; 3], b: [f64; 3]| {
        let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let values = pairs.map(|(i, j)| distance(points[i], points[j]));
    Rdm::new(Stimuli::numbered(n as u32), values.collect()).unwrap()
}

#[test]
fn euclidean_distances_are_found_again() {
    let points: Vec<[f64; 3]> = (0..20)
        .map(|i| [1.0, 2.0, 3.0].map(|f: f64| (f * 1.7 * i as f64 + f).sin() * 3.0 / f))
        .collect();
    let rdm = rdm(&points);
    let mds = ClassicalMds::new(&rdm, 4).unwrap();
    assert!((mds.variance_shown() - 1.0).abs() < 1e-12);
    for i in 0..20 {
        for j in 0..i {
            let difference = &mds.positions.row(i) - &mds.positions.row(j);
            let distance = difference.dot(&difference).sqrt();
            assert!((distance - rdm.between(i, j).unwrap()).abs() < 1e-7);
        }
    }
    // Two dimensions explain less than three, in descending order.
    let shown = mds.variance_by_dimension();
    assert!(shown[0] >= shown[1] && shown[1] >= shown[2] && shown[2] > 0.0 && shown[3] < 1e-12);
    let flat = ClassicalMds::new(&rdm, 2).unwrap();
    assert!((flat.variance_shown() - shown[0] - shown[1]).abs() < 1e-12);
    for column in mds.positions.columns() {
        assert!(column.sum().abs() < 1e-9);
    }
}

#[test]
fn what_has_no_map_is_refused() {
    let three = Stimuli::numbered(3);
    let zero = Rdm::new(three.clone(), vec![0.0; 3]).unwrap();
    assert_refused!(ClassicalMds::new(&zero, 2), Rdm(RdmError::Constant { .. }));
    let negative = Rdm::new(three.clone(), vec![1.0, -1.0, 1.0]).unwrap();
    assert_refused!(
        ClassicalMds::new(&negative, 2),
        Rdm(RdmError::InvalidPair { .. })
    );
    let missing = Rdm::with_missing(three.clone(), vec![1.0, f64::NAN, 1.0]).unwrap();
    assert_refused!(
        ClassicalMds::new(&missing, 2),
        Rdm(RdmError::InvalidPair { .. })
    );
    let fine = Rdm::new(three, vec![1.0; 3]).unwrap();
    for n in [0, 4] {
        assert_refused!(
            ClassicalMds::new(&fine, n),
            Argument(ArgumentError::InvalidParameter { .. })
        );
    }
}
