//! Findings from a table: comparisons of models, drivers of alignment, effects of transforms and
//! layers, consistency of data sets.

mod comparisons;

use human_alignment::Result;
use human_alignment::inference::{Confidence, Estimate, Interval, Rank, benjamini_hochberg};
use human_alignment::study::{
    AlignmentConsistency, AlignmentCovariance, Contrast, DriverAnalysis, Drivers, LayerChoice,
    Metric, MetricQuantity, ModelFactors, StudyRow, StudyTable,
};
use rayon::prelude::*;
use serde::Serialize;

use super::panel::{Dimensions, Panel, PanelMetric, is_share, was_trained};
use super::real::ceilings::Ceiling;
#[allow(unused_imports)] // Tests do not use all of it.
pub use comparisons::{Comparison, Difference};

/// False discovery rate.
const LEVEL: f64 = 0.05;

/// All findings of a study.
#[derive(Serialize)]
pub struct Findings {
    pub comparisons: Vec<Comparison>,
    pub ceilings: Vec<Ceiling>,
    pub dimensions: Option<Dimensions>,
    pub drivers: Vec<Explanation>,
    pub changes: Vec<Change>,
    pub layers: Vec<BestLayers>,
    pub consistency: Option<AlignmentConsistency>,
}

/// The drivers of alignment on one data set.
#[derive(Serialize)]
pub struct Explanation {
    pub dataset: &'static str,
    pub metric: Metric,
    pub drivers: Option<Drivers>,
    /// Effects beyond chance.
    pub effects: Vec<Effect>,
    /// The networks, best aligned first; empty if the errors of their differences are not known.
    pub ranks: Vec<Ranked>,
    /// Reason why there are no drivers.
    pub silence: Option<String>,
}

/// A network and its ranks on a data set.
#[derive(Serialize)]
pub struct Ranked {
    pub network: String,
    pub value: f64,
    #[serde(flatten)]
    pub rank: Rank,
}

/// A coefficient that differs from 0, with the false discovery rate controlled.
#[derive(Serialize)]
pub struct Effect {
    pub name: String,
    pub difference: f64,
    pub interval: Interval,
    pub adjusted_p_value: f64,
}

/// A paired difference over the networks of a study.
#[derive(Serialize)]
pub struct Change {
    pub dataset: String,
    pub what: String,
    pub is_share: bool,
    pub n_networks: usize,
    pub mean: f64,
    /// Numbers of networks whose interval is above 0, and below 0.
    pub n_up: usize,
    pub n_down: usize,
}

/// The best aligned layers of networks.
#[derive(Serialize)]
pub struct BestLayers {
    pub dataset: &'static str,
    pub n_networks: usize,
    /// Number of networks whose last layer is the best aligned one.
    pub n_last: usize,
}

impl Findings {
    pub fn of(panel: &Panel, table: &StudyTable, seed: u64) -> Result<Self> {
        let both = [&panel.choices, &panel.distances];
        let all: Vec<&PanelMetric> = both.into_iter().chain(&panel.others).collect();
        let mut explained = table.clone();
        let is_explained = |row: &StudyRow| panel.explains_untrained || was_trained(row);
        explained.rows.retain(is_explained);
        let pair = both.map(|measurement| (measurement.dataset, &measurement.metrics[0]));
        Ok(Self {
            comparisons: comparisons::all(panel, table),
            ceilings: panel.ceilings.clone(),
            dimensions: panel.dimensions.clone(),
            drivers: all
                .par_iter()
                .map(|measurement| explanation(panel, measurement, table, seed))
                .collect::<Result<_>>()?,
            changes: changes(table),
            layers: all
                .iter()
                .map(|measurement| best_layers(measurement, table))
                .collect(),
            consistency: explained
                .consistency(pair, LayerChoice::Last, Confidence::default())
                .ok(),
        })
    }
}

fn explanation(
    panel: &Panel,
    measurement: &PanelMetric,
    table: &StudyTable,
    seed: u64,
) -> Result<Explanation> {
    let mut rows = measurement.networks(table);
    rows.retain(|row| row.factors.n_parameters.is_some());
    rows.retain(|row| panel.explains_untrained || was_trained(row));
    let mut explanation = Explanation {
        dataset: measurement.dataset,
        metric: measurement.metrics[0].clone(),
        drivers: None,
        effects: Vec::new(),
        ranks: Vec::new(),
        silence: None,
    };
    if !any_differs_from_chance(&rows, measurement.chance) {
        explanation.silence =
            Some("no network differs from chance, so that there is nothing to explain".into());
        return Ok(explanation);
    }
    rows.retain(|row| row.measured.is_some());
    let networks: Vec<(ModelFactors, f64)> = rows
        .iter()
        .filter_map(|row| Some((row.factors.clone(), row.value()?)))
        .collect();
    let analysis = DriverAnalysis::default()
        .with_factors(panel.factors.clone())?
        .with_seed(seed);
    let found = match measurement.metrics[0].quantity {
        MetricQuantity::Accuracy(_) => {
            let covariance = panel
                .study
                .accuracy_covariance(measurement.dataset, &rows)?;
            explanation.ranks = ranked(&rows, &covariance)?;
            analysis.run_with_covariance(&networks, &covariance)
        }
        // Other measures have no values of single trials.
        _ => analysis.run(&networks),
    };
    match found {
        Ok(drivers) => {
            explanation.effects = effects(&drivers);
            explanation.drivers = Some(drivers);
        }
        Err(error) => explanation.silence = Some(error.report().to_string()),
    }
    Ok(explanation)
}

/// Ranks networks by their alignment.
fn ranked(rows: &[&StudyRow], covariance: &AlignmentCovariance) -> Result<Vec<Ranked>> {
    let values: Vec<f64> = rows.iter().filter_map(|row| row.value()).collect();
    let ranks = covariance.ranks(&values, Confidence::default())?;
    let networks = rows.iter().zip(values).zip(ranks.models);
    let ranked = networks.map(|((row, value), rank)| Ranked {
        network: row.model.clone(),
        value,
        rank,
    });
    let mut ranked: Vec<Ranked> = ranked.collect();
    ranked.sort_by_key(|network| network.rank.rank);
    Ok(ranked)
}

/// Returns true if any network differs from chance, with the false discovery rate controlled.
fn any_differs_from_chance(rows: &[&StudyRow], chance: f64) -> bool {
    let p_values: Vec<f64> = rows
        .iter()
        .filter_map(|row| row.measured)
        .filter_map(|measured| {
            let estimate = measured.estimate()?;
            let above = Estimate {
                value: estimate.value - chance,
                ..estimate
            };
            Some(above.p_value())
        })
        .collect();
    benjamini_hochberg(&p_values)
        .iter()
        .any(|&p_value| p_value < LEVEL)
}

fn effects(drivers: &Drivers) -> Vec<Effect> {
    let p_values: Vec<f64> = drivers
        .coefficients
        .iter()
        .map(|found| found.p_value)
        .collect();
    let adjusted = benjamini_hochberg(&p_values);
    let all = drivers.coefficients.iter().zip(adjusted);
    all.filter(|&(_, adjusted_p_value)| adjusted_p_value < LEVEL)
        .map(|(found, adjusted_p_value)| Effect {
            name: found.name.clone(),
            difference: found.estimate.value,
            interval: found.interval,
            adjusted_p_value,
        })
        .collect()
}

/// Returns the paired differences of trained networks, by data set and metric.
fn changes(table: &StudyTable) -> Vec<Change> {
    let mut changes = Vec::new();
    for (dataset, metric) in table.measurements() {
        let is_change = matches!(
            metric.contrast,
            Some(Contrast::Unlearned | Contrast::Similarity(_))
        );
        if is_change {
            let rows = table.networks(dataset, metric, LayerChoice::Last);
            changes.extend(change(dataset, metric.to_string(), metric, &rows));
        }
    }
    changes
}

fn change(dataset: &str, what: String, metric: &Metric, rows: &[&StudyRow]) -> Option<Change> {
    let trained = rows.iter().filter(|row| was_trained(row));
    let measured: Vec<_> = trained.filter_map(|row| row.measured).collect();
    let how_many = |is: fn(Interval) -> bool| {
        let intervals = measured.iter().filter_map(|measured| measured.interval);
        intervals.filter(|&interval| is(interval)).count()
    };
    let sum: f64 = measured.iter().map(|measured| measured.value).sum();
    (!measured.is_empty()).then(|| Change {
        dataset: dataset.to_owned(),
        what,
        is_share: is_share(metric),
        n_networks: measured.len(),
        mean: sum / measured.len() as f64,
        n_up: how_many(|interval| interval.lower > 0.0),
        n_down: how_many(|interval| interval.upper < 0.0),
    })
}

fn best_layers(measurement: &PanelMetric, table: &StudyTable) -> BestLayers {
    let curves = measurement.metrics.iter();
    let curves = curves.flat_map(|metric| table.layer_curves(measurement.dataset, metric));
    let trained: Vec<Vec<&StudyRow>> = curves.filter(|curve| was_trained(curve[0])).collect();
    let is_last_best = |curve: &&Vec<&StudyRow>| {
        let last = curve[curve.len() - 1].value();
        curve.iter().all(|row| row.value() <= last)
    };
    BestLayers {
        dataset: measurement.dataset,
        n_networks: trained.len(),
        n_last: trained.iter().filter(is_last_best).count(),
    }
}
