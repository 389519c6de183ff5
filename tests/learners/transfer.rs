//! Transforms that were learned from one data set, scored on others.

use approx::assert_relative_eq;
use human_alignment::dataset::SimulatedObserver;
use human_alignment::error::ArgumentError;
use human_alignment::metric::rsa::{Comparator, RsaBootstrap};
use human_alignment::{
    AlignmentMetric, Dissimilarity, Representation, RepresentationalSimilarity, Similarity,
    Stimuli, ZeroShotOddOneOut, transfer, transfer_across,
};
use ndarray::Array2;

use crate::common::refusals::assert_refused;
use crate::common::seen::{N, arrangements, features, seen};

#[test]
fn what_people_see_helps_with_their_choices_and_their_arrangements() {
    let (features, transform) = (features(), seen());
    let people = SimulatedObserver::new(transform.apply(&features).unwrap()).unwrap();
    let people = people.with_temperature(0.3).unwrap();
    let trials = people.odd_one_out(6000, 1).unwrap().into_judgments();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let moved = transfer(&transform, &features, &trials, &metric).unwrap();
    // Both scores are those of the metric, and the difference is theirs.
    let transformed = transform.apply(&features).unwrap();
    assert_eq!(moved.before, metric.score(&features, &trials).unwrap());
    assert_eq!(moved.after, metric.score(&transformed, &trials).unwrap());
    let difference = moved.difference.unwrap();
    assert_relative_eq!(
        difference.difference.value,
        moved.after.accuracy - moved.before.accuracy,
        max_relative = 1e-12
    );
    assert!(difference.interval.lower > 0.0, "{difference:?}");

    let cosine = ZeroShotOddOneOut::new(Similarity::Cosine);
    let across = transfer_across(&transform, &features, &trials, [&cosine, &metric]).unwrap();
    assert_eq!(across.before, cosine.score(&features, &trials).unwrap());
    assert_eq!(across.after, moved.after);

    let people = arrangements();
    let geometry = RepresentationalSimilarity::new(Dissimilarity::Euclidean, Comparator::Spearman)
        .with_bootstrap(RsaBootstrap::new(300, 1).unwrap());
    let moved = transfer(&transform, &features, &people, &geometry).unwrap();
    let alone = geometry.score(&transformed, &people).unwrap();
    assert_relative_eq!(moved.after.value, alone.value, max_relative = 1e-12);
    let difference = moved.difference.unwrap();
    assert_relative_eq!(
        difference.difference.value,
        moved.after.mean_per_person - moved.before.mean_per_person,
        max_relative = 1e-12
    );
    assert!(difference.interval.lower > 0.0, "{difference:?}");
    // Without a bootstrap there are scores, and no difference with an interval.
    let plain = RepresentationalSimilarity::new(Dissimilarity::Euclidean, Comparator::Spearman);
    let moved = transfer(&transform, &features, &people, &plain).unwrap();
    assert!(moved.difference.is_none());
}

#[test]
fn a_transform_for_other_features_is_refused() {
    let narrow =
        Representation::new(Stimuli::numbered(N as u32), Array2::<f32>::ones((N, 3))).unwrap();
    let people = arrangements();
    let metric = RepresentationalSimilarity::default();
    assert_refused!(
        transfer(&seen(), &narrow, &people, &metric),
        Argument(ArgumentError::LengthMismatch {
            expected: 6,
            found: 3,
            ..
        })
    );
}
