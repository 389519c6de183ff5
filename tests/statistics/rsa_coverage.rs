//! Intervals of the bootstrap cover the truth as often as they say or more often, and tests reject a
//! true null as rarely.

#[path = "../../examples/coverage/rsa.rs"]
mod rsa;

use human_alignment::inference::Resample;
use human_alignment::metric::rsa::Comparator;
use rsa::Design;

fn check(resample: Resample, comparator: Comparator) {
    let design = Design {
        n_stimuli: 30,
        n_people: 12,
        comparator,
        resample,
        n_replicates: 200,
    };
    let rates = design.simulate(400, 1).unwrap();
    for coverage in [rates.model, rates.mean_person, rates.against_ceiling] {
        assert!(coverage >= 0.93, "{resample}: {rates:?}");
    }
    assert!(rates.false_differences <= 0.07, "{resample}: {rates:?}");
}

#[test]
fn over_stimuli() {
    check(Resample::Stimuli, Comparator::Pearson);
}

#[test]
fn over_people() {
    check(Resample::People, Comparator::Pearson);
}

#[test]
fn over_both() {
    check(Resample::Both, Comparator::Pearson);
}
