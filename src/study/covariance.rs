//! The covariance of the errors of accuracies in a study.

use super::evaluate::features;
use super::{AlignmentCovariance, Cache, Judgments, Metric, MetricQuantity, ModelOutput};
use super::{Study, StudyRow};
use crate::error::{Error, Result};
use crate::inference::Credit;
use crate::judgment::{Task, Trials};

impl Study {
    /// Estimates the covariance of the errors of zero-shot accuracies on a data set of trials, from
    /// the credits of the models in the same trials, for
    /// [`DriverAnalysis::run_with_covariance`](super::DriverAnalysis::run_with_covariance). `rows`
    /// are rows of the table of this study, whose features are computed again or read from the
    /// [cache](Study::with_cache).
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the data set has no trials or is not that of a
    /// row, or a row is no accuracy of features of this study; the errors of the sources; and those
    /// of [`AlignmentCovariance::of_trials`].
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
        let values = rows.iter().map(|row| -> Result<Vec<f64>> {
            let label = row.label();
            let mut models = self.models.iter();
            let model = models.find(|model| model.label() == label);
            let output = model.and_then(|model| model.outputs.get(dataset));
            let mut metrics = self.measures.zero_shot.iter();
            let metric = metrics.find(|metric| {
                let accuracy = MetricQuantity::Accuracy(metric.similarity());
                row.dataset == dataset && row.metric == Some(Metric::of(accuracy))
            });
            let (Some(ModelOutput::Source(source)), Some(metric)) = (output, metric) else {
                let expected = "an accuracy of features on the data set of the covariance";
                return Err(Error::parameter("row of a study", expected, label));
            };
            let features = features(source.as_ref(), trials.stimuli(), &cache)?;
            let outcomes = metric.outcomes(&features, trials)?;
            let credits = outcomes.credits().iter().copied();
            Ok(credits.map(Credit::value).collect())
        });
        let values = values.collect::<Result<Vec<_>>>()?;
        let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        AlignmentCovariance::of_trials(trials, &values)
    }
}
