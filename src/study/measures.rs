//! What a study measures.

use crate::calibration::Bins;
use crate::error::{Error, Result};
use crate::inference::{Confidence, Resample};
use crate::metric::cka::Cka;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::metric::rsa::{Comparator, RepresentationalSimilarity, RsaBootstrap};
use crate::probe::{Probe, ProbeCrossValidation};
use crate::rdm::{Dissimilarity, RdmSet};
use crate::similarity::Similarity;

/// What is measured of every model on every data set that it has something to say about.
///
/// | setting | default |
/// |---|---|
/// | zero-shot | cosine and dot product |
/// | RSA | correlation, Spearman |
/// | bootstrap of RSA | 1,000 replicates |
/// | calibration, probe, transfers, agreement between models, CKA | none |
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    pub(super) zero_shot: Vec<ZeroShotOddOneOut>,
    pub(super) rsa: Vec<(Dissimilarity, Comparator)>,
    pub(super) n_replicates: usize,
    pub(super) probe: Option<ProbeCrossValidation>,
    pub(super) transfers: Vec<(String, String)>,
    pub(super) cka: Option<Cka>,
    pub(super) calibration: Option<Bins>,
    pub(super) agreement: bool,
}

impl Default for Measures {
    fn default() -> Self {
        let similarities = [Similarity::Cosine, Similarity::Dot];
        Self {
            zero_shot: similarities.map(ZeroShotOddOneOut::new).to_vec(),
            rsa: vec![(Dissimilarity::Correlation, Comparator::Spearman)],
            n_replicates: 1000,
            probe: None,
            transfers: Vec::new(),
            cka: None,
            calibration: None,
            agreement: false,
        }
    }
}

impl Measures {
    /// Sets the zero-shot metrics; the first is that of representations as they are beside probes
    /// and transfers, and of comparisons of layers. Their intervals are of 95 %, as all of a study.
    ///
    /// # Errors
    /// `ArgumentError::InvalidParameter` for two of the same similarity, which no row would tell
    /// apart.
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
                let expected = "each of another similarity";
                return Err(Error::parameter("zero-shot metrics", expected, similarity));
            }
        }
        Ok(self)
    }

    /// Sets how dissimilarities are made and compared; the first is that of transfers.
    #[must_use]
    pub fn with_rsa(mut self, ways: impl IntoIterator<Item = (Dissimilarity, Comparator)>) -> Self {
        self.rsa = ways.into_iter().collect();
        self
    }

    /// Sets the replicates of the bootstrap over stimuli and people that RSA's intervals come from; with 0
    /// there are no intervals. Where there is one person it is over stimuli, and whitened comparisons are over
    /// people alone.
    ///
    /// # Errors
    /// As for [`RsaBootstrap::new`], except for 0.
    pub fn with_bootstrap(mut self, n_replicates: usize) -> Result<Self> {
        if n_replicates > 0 {
            RsaBootstrap::new(n_replicates, 0)?;
        }
        self.n_replicates = n_replicates;
        Ok(self)
    }

    /// Adds the probe on data sets of trials. It is held against the first zero-shot metric of the study,
    /// whatever its own is.
    #[must_use]
    pub fn with_probe(mut self, validation: ProbeCrossValidation) -> Self {
        self.probe = Some(validation);
        self
    }

    /// Takes the transform that a probe learns from all trials of one data set to another data set. The probe
    /// is that of [`Measures::with_probe`], or one of penalty 0.01.
    ///
    /// What is found is about a transfer only where the two data sets share no judgments. A pair that the
    /// study doesn't have is refused when it runs.
    #[must_use]
    pub fn with_transfer(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        let transfer = (from.into(), to.into());
        if !self.transfers.contains(&transfer) {
            self.transfers.push(transfer);
        }
        self
    }

    /// Adds, for the first zero-shot metric, the temperature that suits people's choices best, and how far
    /// probabilities can be believed then, with these bins.
    #[must_use]
    pub fn with_calibration(mut self, bins: Bins) -> Self {
        self.calibration = Some(bins);
        self
    }

    /// Adds Cohen's κ and error consistency of the choices of every two models, and Cohen's κ with people; by
    /// the first zero-shot metric, and of networks by the last layer.
    #[must_use]
    pub fn with_agreement(mut self) -> Self {
        self.agreement = true;
        self
    }

    /// Adds centred kernel alignment between every two models that have features of a data set.
    #[must_use]
    pub fn with_cka(mut self, cka: Cka) -> Self {
        self.cka = Some(cka);
        self
    }

    /// The metric of representations as they are beside probe and transfer.
    pub(super) fn first_zero_shot(&self) -> ZeroShotOddOneOut {
        self.zero_shot.first().copied().unwrap_or_default()
    }

    /// The probe beside the first zero-shot metric.
    pub(super) fn probe(&self) -> Option<ProbeCrossValidation> {
        let validation = self.probe.clone()?;
        Some(validation.with_zero_shot(self.first_zero_shot()))
    }

    /// What learns the transforms of transfers.
    pub(super) fn transfer_probe(&self) -> Result<ProbeCrossValidation> {
        match &self.probe {
            Some(validation) => Ok(validation.clone()),
            None => Ok(ProbeCrossValidation::new(Probe::new(0.01)?)),
        }
    }

    /// The metric of an RDM that is made in this way or is there already, with a bootstrap that suits the
    /// people.
    pub(super) fn rsa_metric(
        &self,
        dissimilarity: Option<Dissimilarity>,
        comparator: Comparator,
        people: &RdmSet,
        seed: u64,
    ) -> Result<RepresentationalSimilarity> {
        let dissimilarity = dissimilarity.unwrap_or(Dissimilarity::Correlation);
        let metric = RepresentationalSimilarity::new(dissimilarity, comparator);
        let is_whitened = matches!(
            comparator,
            Comparator::WhitenedPearson | Comparator::WhitenedCosine
        );
        let over = match people.len() {
            // Copies of a stimulus have no dissimilarity that could be weighed.
            1 if is_whitened => return Ok(metric),
            1 => Resample::Stimuli,
            _ if is_whitened => Resample::People,
            _ => Resample::Both,
        };
        match self.n_replicates {
            0 => Ok(metric),
            n => Ok(metric.with_bootstrap(RsaBootstrap::new(n, seed)?.over(over))),
        }
    }
}
