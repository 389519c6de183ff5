//! Quantities on axes.

use crate::error::{FigureError, Result};

/// The quantity on an axis: its name, its unit, and the format of its values.
///
/// ```
/// use human_alignment::figure::Quantity;
///
/// // Values in [0, 1] are drawn as percentages.
/// let accuracy = Quantity::percent("Accuracy");
/// assert_eq!(accuracy.title(), "Accuracy (%)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    name: String,
    unit: Unit,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Unit {
    None,
    Percent,
    Count,
    Named(String),
}

impl Quantity {
    /// Creates a quantity without a unit, such as a correlation.
    pub fn plain(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            unit: Unit::None,
        }
    }

    /// Creates a quantity whose values in [0, 1] are written as percentages.
    pub fn percent(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            unit: Unit::Percent,
        }
    }

    /// Creates a count, written in short form: 25 M for 25,000,000.
    pub fn count(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            unit: Unit::Count,
        }
    }

    /// Creates a quantity with a unit, which is written in parentheses.
    pub fn in_unit(name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            unit: Unit::Named(unit.into()),
        }
    }

    /// Returns the title of the axis: the name, and the unit in parentheses.
    pub fn title(&self) -> String {
        match &self.unit {
            Unit::None | Unit::Count => self.name.clone(),
            Unit::Percent => format!("{} (%)", self.name),
            Unit::Named(unit) => format!("{} ({unit})", self.name),
        }
    }

    /// Formats the label of a tick, where ticks are `step` apart.
    pub(super) fn tick(&self, value: f64, step: f64) -> String {
        match self.unit {
            Unit::Percent => decimal(100.0 * value, decimals_of(100.0 * step)),
            Unit::Count => short_count(value),
            _ => decimal(value, decimals_of(step)),
        }
    }

    /// Formats a value for text, with a short unit; `span` is the range of the axis and sets the
    /// number of decimals.
    pub(super) fn written(&self, value: f64, span: f64) -> String {
        match self.unit {
            Unit::Percent => format!("{} %", decimal(100.0 * value, 1)),
            Unit::Count => short_count(value),
            _ if value == 0.0 => "0".into(),
            // To about 1/200 of the span.
            _ => decimal(value, (2.3 - span.log10()).ceil().clamp(0.0, 9.0) as usize),
        }
    }

    /// Formats a range for text.
    pub(super) fn written_range(&self, [lower, upper]: [f64; 2], span: f64) -> String {
        match self.unit {
            Unit::Percent => format!(
                "{}–{} %",
                decimal(100.0 * lower, 1),
                decimal(100.0 * upper, 1)
            ),
            _ => format!(
                "{}–{}",
                self.written(lower, span),
                self.written(upper, span)
            ),
        }
    }

    /// Formats a difference for text, with its sign; differences of percentages are in percentage
    /// points.
    pub(super) fn written_difference(&self, difference: f64, span: f64) -> String {
        let written = match self.unit {
            Unit::Percent => decimal(100.0 * difference, 1),
            _ => self.written(difference, span),
        };
        // A difference that rounds to 0 has no sign.
        let is_zero = written.chars().all(|c| matches!(c, '0' | '.'));
        match difference > 0.0 && !is_zero {
            true => format!("+{written}"),
            false => written,
        }
    }
}

/// Returns the value if it is not NaN and within ±1e150, otherwise an error.
pub(super) fn drawable(value: f64, what: &'static str, of: &str) -> Result<f64> {
    match value.abs() < 1e150 {
        true => Ok(value),
        false => Err(FigureError::NotDrawable {
            what,
            of: of.into(),
            value,
        }
        .into()),
    }
}

/// Formats a number with the given decimals, a minus sign (U+2212), and commas between thousands.
pub(super) fn decimal(value: f64, n_decimals: usize) -> String {
    if value != 0.0 && !(1e-9..1e15).contains(&value.abs()) {
        return format!("{value:.2e}").replace('-', "−");
    }
    let text = format!("{:.n_decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    format!("{sign}{grouped}{rest}")
}

/// Returns the number of decimals that tell numbers apart that differ by `step`.
fn decimals_of(step: f64) -> usize {
    (0..9)
        .find(|&n| {
            let scaled = step * 10f64.powi(n);
            scaled >= 0.999 && (scaled - scaled.round()).abs() < 1e-6 * scaled || scaled >= 9.999
        })
        .unwrap_or(9) as usize
}

/// Formats a count with a letter for thousands, millions or billions.
fn short_count(value: f64) -> String {
    let (divided, letter) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, " B"),
        size if size >= 1e6 => (value / 1e6, " M"),
        size if size >= 1e3 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    // At most three digits, without trailing zeros.
    let n_decimals = if divided.abs() < 10.0 {
        2
    } else {
        usize::from(divided.abs() < 100.0)
    };
    let text = decimal(divided, n_decimals);
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(decimal(1234567.5, 1), "1,234,567.5");
        assert_eq!(decimal(-0.25, 2), "−0.25");
        assert_eq!(decimal(-0.001, 1), "0.0");
        assert_eq!(short_count(25_557_032.0), "25.6 M");
        assert_eq!(short_count(2e5), "200 k");
        assert_eq!(short_count(1e9), "1 B");
        let accuracy = Quantity::percent("Accuracy");
        assert_eq!(accuracy.tick(0.55, 0.05), "55");
        assert_eq!(accuracy.tick(0.525, 0.025), "52.5");
        assert_eq!(accuracy.written(0.6601, 1.0), "66.0 %");
        assert_eq!(accuracy.written_difference(-0.0511, 1.0), "−5.1");
        assert_eq!(accuracy.written_difference(0.0001, 1.0), "0.0");
        let correlation = Quantity::plain("Correlation");
        assert_eq!(correlation.tick(-0.05, 0.05), "−0.05");
        assert_eq!(correlation.written(0.4153, 0.6), "0.415");
        assert_eq!(
            correlation.written_range([0.477, 0.577], 0.6),
            "0.477–0.577"
        );
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_by_name() {
        for value in [f64::NAN, f64::INFINITY, -1e200] {
            let error = drawable(value, "value", "vgg16");
            assert_refused!(error, Figure(FigureError::NotDrawable { of, .. }) if of == "vgg16");
        }
    }
}
