//! The measures of a study.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::input::Judgments;
use super::table::Measurement;
use crate::calibration::Bins;
use crate::error::{Error, Result};
use crate::inference::{Confidence, Correction, Resample};
use crate::metric::AlignmentMetric;
use crate::metric::cka::Cka;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::metric::rsa::{Comparator, RepresentationalSimilarity, RsaBootstrap};
use crate::probe::{Probe, ProbeCrossValidation};
use crate::rdm::{Dissimilarity, RdmSet};
use crate::representation::Representation;
use crate::ridge::Ridge;
use crate::similarity::Similarity;

/// The measures that a study computes for every model on every data set.
///
/// | setting | data sets | default |
/// |---|---|---|
/// | zero-shot accuracy | trials | cosine and dot product |
/// | RSA | RDMs | correlation, Spearman |
/// | bootstrap of RSA | RDMs | 1,000 replicates |
/// | ridge regression | human embeddings | penalties 10⁻² to 10⁴, 5 folds |
/// | calibration, probe, agreement between models | trials | none |
/// | transfers, CKA, comparisons of models, other metrics | all | none |
/// | correction of p-values for all differences of the study | all | Benjamini–Hochberg |
#[derive(Debug, Clone, Serialize)]
pub struct Measures {
    pub(super) zero_shot: Vec<ZeroShotOddOneOut>,
    pub(super) rsa: Vec<(Dissimilarity, Comparator)>,
    pub(super) n_replicates: usize,
    pub(super) ridge: Ridge,
    pub(super) n_ridge_folds: usize,
    pub(super) probe: Option<ProbeCrossValidation>,
    pub(super) transfers: Vec<(String, String)>,
    pub(super) comparisons: Vec<(String, String)>,
    pub(super) all_comparisons: bool,
    pub(super) correction: Correction,
    pub(super) cka: Option<Cka>,
    pub(super) calibration: Option<Bins>,
    pub(super) agreement: bool,
    pub(super) metrics: Vec<NamedMetric>,
}

impl Default for Measures {
    fn default() -> Self {
        let similarities = [Similarity::Cosine, Similarity::Dot];
        let penalties = (-2..=4).map(|exponent| 10f64.powi(exponent));
        Self {
            zero_shot: similarities.map(ZeroShotOddOneOut::new).to_vec(),
            rsa: vec![(Dissimilarity::Correlation, Comparator::Spearman)],
            n_replicates: 1000,
            ridge: Ridge::new(penalties).expect("positive penalties"),
            n_ridge_folds: 5,
            probe: None,
            transfers: Vec::new(),
            comparisons: Vec::new(),
            all_comparisons: false,
            correction: Correction::default(),
            cka: None,
            calibration: None,
            agreement: false,
            metrics: Vec::new(),
        }
    }
}

/// A metric of a user.
///
/// Its score is `None` for judgments of another kind than its own.
#[derive(Clone, Serialize)]
pub(super) struct NamedMetric {
    pub name: String,
    /// The name under which results are cached, if they are.
    pub key: Option<String>,
    /// Returns true for judgments of the kind that the metric scores.
    #[serde(skip)]
    pub is_for: fn(&Judgments) -> bool,
    #[serde(skip)]
    pub score: Arc<Scorer>,
}

type Scorer = dyn Fn(&Representation, &Judgments) -> Option<Result<Measurement>> + Send + Sync;

impl fmt::Debug for NamedMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NamedMetric").field(&self.name).finish()
    }
}

impl Measures {
    /// Sets the zero-shot metrics. The first metric is the baseline of probes and transfers, and
    /// is also used to compare layers. The confidence of the metrics is set to 95 %.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if two metrics have the same similarity, as their
    /// rows would have the same name.
    pub fn with_zero_shot(
        mut self,
        metrics: impl IntoIterator<Item = ZeroShotOddOneOut>,
    ) -> Result<Self> {
        let of_95 = |metric: ZeroShotOddOneOut| metric.with_confidence(Confidence::default());
        self.zero_shot = metrics.into_iter().map(of_95).collect();
        for (position, metric) in self.zero_shot.iter().enumerate() {
            let similarity = metric.similarity();
            let mut others = self.zero_shot[..position].iter();
            if others.any(|other| other.similarity() == similarity) {
                let what = "similarities of the zero-shot metrics";
                let found = format_args!("{similarity} twice");
                return Err(Error::parameter(what, "different", found));
            }
        }
        Ok(self)
    }

    /// Sets the dissimilarities and comparators of RSA; the first pair is used for transfers and
    /// layers.
    #[must_use]
    pub fn with_rsa(mut self, ways: impl IntoIterator<Item = (Dissimilarity, Comparator)>) -> Self {
        self.rsa = ways.into_iter().collect();
        self
    }

    /// Sets the number of replicates of the bootstrap for the intervals of RSA; 0 for no intervals.
    ///
    /// The bootstrap is over stimuli and participants; over stimuli for a single participant, and
    /// over participants for whitened comparators.
    ///
    /// # Errors
    /// Returns an error under the conditions of [`RsaBootstrap::new`], except for 0.
    pub fn with_bootstrap(mut self, n_replicates: usize) -> Result<Self> {
        if n_replicates > 0 {
            RsaBootstrap::new(n_replicates, 0)?;
        }
        self.n_replicates = n_replicates;
        Ok(self)
    }

    /// Sets the ridge regression of [human embeddings](Judgments::Concepts) on features, and the
    /// number of random folds of stimuli by which R² is estimated.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` for fewer than two folds.
    pub fn with_ridge(mut self, ridge: Ridge, n_folds: usize) -> Result<Self> {
        if n_folds < 2 {
            return Err(Error::parameter("folds", "at least 2", n_folds));
        }
        (self.ridge, self.n_ridge_folds) = (ridge, n_folds);
        Ok(self)
    }

    /// Adds the cross-validated probe on data sets of trials. The first zero-shot metric of the
    /// study takes the place of the zero-shot metric of the cross-validation.
    #[must_use]
    pub fn with_probe(mut self, validation: ProbeCrossValidation) -> Self {
        self.probe = Some(validation);
        self
    }

    /// Adds the evaluation on one data set of the transform that a probe learns from all trials of
    /// another. The probe is that of [`Measures::with_probe`], or a probe with penalty 0.001.
    ///
    /// The results are about a transfer only if the two data sets share no judgments.
    /// [`Study::run`](super::Study::run) checks that the study has the two data sets.
    #[must_use]
    pub fn with_transfer(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        let transfer = (from.into(), to.into());
        if !self.transfers.contains(&transfer) {
            self.transfers.push(transfer);
        }
        self
    }

    /// Adds the difference between two models, given by their labels, on each data set of trials or
    /// RDMs for which both have features: of the accuracy by the first zero-shot metric, or of RSA
    /// by the first dissimilarity and comparator.
    ///
    /// [`Study::run`](super::Study::run) checks that the study has the two models.
    #[must_use]
    pub fn with_comparison(mut self, model: impl Into<String>, other: impl Into<String>) -> Self {
        let comparison = (model.into(), other.into());
        if !self.comparisons.contains(&comparison) {
            self.comparisons.push(comparison);
        }
        self
    }

    /// Adds the differences between all pairs of networks, at their last layers, as
    /// [`Measures::with_comparison`] does. [`StudyTable::ranks`](super::StudyTable::ranks) ranks
    /// the networks by these differences.
    #[must_use]
    pub fn with_all_comparisons(mut self) -> Self {
        self.all_comparisons = true;
        self
    }

    /// Sets the correction of the p-values of the differences in the table of the study, which are
    /// one family over models, layers and data sets
    /// ([`StudyTable::adjust`](super::StudyTable::adjust)). Default: Benjamini–Hochberg.
    #[must_use]
    pub fn with_correction(mut self, correction: Correction) -> Self {
        self.correction = correction;
        self
    }

    /// Adds the fitted temperature of the first zero-shot metric, and the calibration of its
    /// probabilities at the fitted temperature with these bins.
    #[must_use]
    pub fn with_calibration(mut self, bins: Bins) -> Self {
        self.calibration = Some(bins);
        self
    }

    /// Adds Cohen's κ and the error consistency of the choices of each pair of models, and Cohen's
    /// κ with participants. Choices are those of the first zero-shot metric and, for networks, of
    /// the last layer.
    #[must_use]
    pub fn with_agreement(mut self) -> Self {
        self.agreement = true;
        self
    }

    /// Adds centred kernel alignment of each pair of models with features on a data set.
    #[must_use]
    pub fn with_cka(mut self, cka: Cka) -> Self {
        self.cka = Some(cka);
        self
    }

    /// Adds a metric under a name: any [`AlignmentMetric`] of trials, RDMs or human embeddings
    /// whose score converts into a [`Measurement`], as `f64` and
    /// [`Estimate`](crate::inference::Estimate) do.
    ///
    /// The metric scores the models with features on the data sets of its kind `J`. It is computed
    /// in each run; see [`Measures::with_cached_metric`].
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if another metric has the name.
    pub fn with_metric<J, M>(self, name: impl Into<String>, metric: M) -> Result<Self>
    where
        M: AlignmentMetric<J, Score: Into<Measurement>> + Send + Sync + 'static,
        for<'j> &'j J: TryFrom<&'j Judgments>,
    {
        self.with_scorer(name.into(), None, metric)
    }

    /// Adds a metric as [`Measures::with_metric`] does, whose results are kept in the cache of the
    /// study.
    ///
    /// Cached results are identified by the key and the data: change the key whenever the code or
    /// the settings of the metric change.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if another metric has the name.
    pub fn with_cached_metric<J, M>(
        self,
        name: impl Into<String>,
        key: impl Into<String>,
        metric: M,
    ) -> Result<Self>
    where
        M: AlignmentMetric<J, Score: Into<Measurement>> + Send + Sync + 'static,
        for<'j> &'j J: TryFrom<&'j Judgments>,
    {
        self.with_scorer(name.into(), Some(key.into()), metric)
    }

    fn with_scorer<J, M>(mut self, name: String, key: Option<String>, metric: M) -> Result<Self>
    where
        M: AlignmentMetric<J, Score: Into<Measurement>> + Send + Sync + 'static,
        for<'j> &'j J: TryFrom<&'j Judgments>,
    {
        if self.metrics.iter().any(|other| other.name == name) {
            let expected = "different from the names of other metrics";
            return Err(Error::parameter("name of a metric", expected, name));
        }
        let score = move |features: &Representation, judgments: &Judgments| {
            let kind: &J = judgments.try_into().ok()?;
            Some(metric.score(features, kind).map(Into::into))
        };
        self.metrics.push(NamedMetric {
            name,
            key,
            is_for: |judgments| <&J>::try_from(judgments).is_ok(),
            score: Arc::new(score),
        });
        Ok(self)
    }

    /// Returns the metric of representations without probe and transfer.
    pub(super) fn first_zero_shot(&self) -> ZeroShotOddOneOut {
        self.zero_shot.first().copied().unwrap_or_default()
    }

    /// Returns the probe with the first zero-shot metric.
    pub(super) fn probe(&self) -> Option<ProbeCrossValidation> {
        let validation = self.probe.clone()?;
        Some(validation.with_zero_shot(self.first_zero_shot()))
    }

    /// Returns the probe that learns the transforms of transfers.
    pub(super) fn transfer_probe(&self) -> Result<ProbeCrossValidation> {
        match &self.probe {
            Some(validation) => Ok(validation.clone()),
            None => Ok(ProbeCrossValidation::new(Probe::new(1e-3)?)),
        }
    }

    /// Returns the metric of RSA with a bootstrap that suits the participants, and the seed of the
    /// bootstrap, if any; without a dissimilarity for a model that is an RDM.
    pub(super) fn rsa_metric(
        &self,
        dissimilarity: Option<Dissimilarity>,
        comparator: Comparator,
        people: &RdmSet,
        seed: u64,
    ) -> Result<(RepresentationalSimilarity, Option<u64>)> {
        let dissimilarity = dissimilarity.unwrap_or(Dissimilarity::Correlation);
        let metric = RepresentationalSimilarity::new(dissimilarity, comparator);
        let is_whitened = matches!(
            comparator,
            Comparator::WhitenedPearson | Comparator::WhitenedCosine
        );
        let over = match people.n_participants() {
            // Copies of a stimulus have no dissimilarity that could be weighted.
            1 if is_whitened => return Ok((metric, None)),
            1 => Resample::Stimuli,
            _ if is_whitened => Resample::People,
            _ => Resample::Both,
        };
        match self.n_replicates {
            0 => Ok((metric, None)),
            n => {
                let bootstrap = RsaBootstrap::new(n, seed)?.over(over);
                Ok((metric.with_bootstrap(bootstrap), Some(seed)))
            }
        }
    }
}
