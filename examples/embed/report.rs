//! The result of a run as JSON and as text.

use human_alignment::embedding::{Embedding, LambdaCandidate};
use serde::Serialize;

/// The report of a run.
#[derive(Serialize)]
pub struct Report {
    pub dimensions: usize,
    /// Accuracy on held-out questions.
    pub accuracy: Option<f64>,
    /// Cross-entropy of held-out questions, in nats.
    pub cross_entropy: Option<f64>,
    /// The weight of the penalty of SPoSE.
    pub lambda: Option<f64>,
    pub seconds: f64,
    /// Cross-validation of each λ, if one was chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<LambdaCandidate>,
    pub objects: usize,
    pub trials: usize,
    /// Number of different questions; unknown if the trials are streamed.
    pub questions: Option<usize>,
    /// Number of held-out questions, or of held-out trials if they are streamed.
    pub test_questions: usize,
    pub iterations: usize,
    pub converged: bool,
    /// The end of a fit of SPoSE.
    #[serde(flatten)]
    pub end: Option<End>,
}

/// The end of a fit of SPoSE.
#[derive(Serialize)]
pub struct End {
    pub objective: f64,
    pub loss: f64,
    pub passes: usize,
    pub relative_change: f64,
    pub kkt_residual: f64,
}

impl End {
    pub fn of(embedding: &Embedding) -> Self {
        Self {
            objective: embedding.objective(),
            loss: embedding.loss(),
            passes: embedding.n_passes(),
            relative_change: embedding.relative_change(),
            kkt_residual: embedding.kkt_residual(),
        }
    }
}

impl Report {
    /// Returns the report as text.
    pub fn table(&self) -> String {
        let mut lines = Vec::new();
        if !self.path.is_empty() {
            lines.push(format!(
                "{:>10} {:>14} {:>10} {:>11}",
                "lambda", "cross-entropy", "accuracy", "dimensions"
            ));
        }
        for at in &self.path {
            lines.push(format!(
                "{:>10} {:>14.4} {:>8.2} % {:>11.1}",
                at.lambda,
                at.cross_entropy,
                100.0 * at.accuracy,
                at.n_dimensions
            ));
        }
        let of = match (self.lambda, &self.end) {
            (Some(lambda), Some(end)) => format!("lambda {lambda}, loss {:.4} nats: ", end.loss),
            _ => String::new(),
        };
        lines.push(format!(
            "{of}{} dimensions of {} objects, {} iterations, {:.1} s",
            self.dimensions, self.objects, self.iterations, self.seconds
        ));
        if let (Some(accuracy), Some(cross_entropy)) = (self.accuracy, self.cross_entropy) {
            lines.push(format!(
                "{} held-out questions: accuracy {:.2} %, cross-entropy {:.4} nats",
                self.test_questions,
                100.0 * accuracy,
                cross_entropy
            ));
        }
        lines.join("\n")
    }
}
