//! The covariance of the errors of accuracies in a study.

use ndarray::Array2;

use super::cache::{Cache, Key};
use super::evaluate::features;
use super::{AlignmentCovariance, Judgments, Metric, MetricQuantity, ModelOutput};
use super::{Study, StudyRow};
use crate::error::{Error, Result};
use crate::inference::Credit;
use crate::judgment::{Task, Trials};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::RepresentationSource;

impl Study {
    /// Estimates the covariance of the errors of zero-shot accuracies on a data set of trials, from
    /// the credits of the models in the same trials, for
    /// [`DriverAnalysis::run_with_covariance`](super::DriverAnalysis::run_with_covariance). `rows`
    /// are rows of the table of this study. The covariance is read from the
    /// [cache](Study::with_cache), or computed from the features of the models and written there.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the data set has no trials, if a row is not an
    /// accuracy of features of this study on the data set, or if it was measured on other trials.
    /// If the covariance is not cached, returns it also if a row was measured from other features,
    /// and returns the errors of the sources and those of [`AlignmentCovariance::of_trials`].
    pub fn accuracy_covariance(
        &self,
        dataset: &str,
        rows: &[&StudyRow],
    ) -> Result<AlignmentCovariance> {
        match self.dataset(dataset) {
            Some(Judgments::OddOneOut(trials)) => self.covariance_on(dataset, trials, rows),
            Some(Judgments::Anchored(trials)) => self.covariance_on(dataset, trials, rows),
            _ => {
                let expected = "a data set of trials of the study";
                Err(Error::parameter(
                    "data set of a covariance",
                    expected,
                    dataset,
                ))
            }
        }
    }

    fn covariance_on<T: Task>(
        &self,
        dataset: &str,
        trials: &Trials<T>,
        rows: &[&StudyRow],
    ) -> Result<AlignmentCovariance> {
        let cache = Cache::open(self.cache.as_deref())?;
        let fingerprint = trials.fingerprint();
        let accuracies = rows.iter().map(|row| {
            let is_of_dataset = row.dataset == dataset && row.data_hash == fingerprint;
            let accuracy = self.accuracy_of(row).filter(|_| is_of_dataset);
            accuracy.ok_or_else(|| not_of_study(row))
        });
        let accuracies = accuracies.collect::<Result<Vec<_>>>()?;
        let parts = accuracies.iter().zip(rows);
        let parts = parts.map(|((_, metric), row)| (metric, &row.content_hash));
        let key = Key::of(
            "covariance of accuracies",
            (parts.collect::<Vec<_>>(), &fingerprint),
        );
        let compute = || {
            let values = accuracies.iter().zip(rows).map(|(&(source, metric), row)| {
                let features = features(source, trials.stimuli(), &cache)?;
                if features.fingerprint() != row.content_hash {
                    return Err(not_of_study(row));
                }
                let outcomes = metric.outcomes(&features, trials)?;
                let credits = outcomes.credits().iter().copied();
                Ok(credits.map(Credit::value).collect())
            });
            let values: Vec<Vec<f64>> = values.collect::<Result<_>>()?;
            let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
            let found = AlignmentCovariance::of_trials(trials, &values)?;
            let elements: Vec<f64> = found.matrix().iter().copied().collect();
            Ok((elements, found.degrees_of_freedom()))
        };
        let (elements, degrees_of_freedom) = cache.numbers(&key, compute)?;
        let matrix = Array2::from_shape_vec((rows.len(), rows.len()), elements);
        let matrix = matrix.expect("a row and a column for each model");
        AlignmentCovariance::new(matrix, degrees_of_freedom)
    }

    /// Returns the source of the features and the metric of a row; `None` if it is no accuracy of
    /// features of this study.
    fn accuracy_of(
        &self,
        row: &StudyRow,
    ) -> Option<(&dyn RepresentationSource, ZeroShotOddOneOut)> {
        let label = row.label();
        let model = self.models.iter().find(|model| model.label() == label)?;
        let mut metrics = self.measures.zero_shot.iter();
        let metric = metrics.find(|metric| {
            let accuracy = MetricQuantity::Accuracy(metric.similarity());
            row.metric == Some(Metric::of(accuracy))
        })?;
        match model.outputs.get(&row.dataset)? {
            ModelOutput::Source(source) => Some((source.as_ref(), *metric)),
            _ => None,
        }
    }
}

fn not_of_study(row: &StudyRow) -> Error {
    let expected = "an accuracy of features of the study on the data set of the covariance";
    Error::parameter("row of a study", expected, row.label())
}
