//! Words in the names of columns that summarize others, or the judgments behind them.

/// Words for a mean.
pub(super) const MEANS: [&str; 23] = [
    "mean",
    "average",
    "avg",
    "ave",
    "mn",
    "overall",
    "mittelwert",
    "mittel",
    "mw",
    "moyenne",
    "moy",
    "media",
    "média",
    "promedio",
    "gemiddelde",
    "gem",
    "medel",
    "średnia",
    "srednia",
    "среднее",
    "平均",
    "均值",
    "평균",
];

/// Words for a standard deviation, also within a word (`valsd`).
pub(super) const DEVIATIONS: [&str; 18] = [
    "sd",
    "std",
    "stdev",
    "stddev",
    "sdev",
    "standardabweichung",
    "標準偏差",
    "标准差",
    "표준편차",
    "standard deviation",
    "std dev",
    "écart type",
    "ecart type",
    "desviación típica",
    "desviación estándar",
    "desvio padrão",
    "deviazione standard",
    "со",
];

/// Words for another spread or a number of judgments, after the name of what was judged.
pub(super) const SPREADS: [&str; 8] = ["se", "sem", "stderr", "var", "ci", "lower", "upper", "n"];

/// Words for a spread, a number of judgments or a summary beside one for a mean. Otherwise, they may mean
/// something else.
pub(super) const BESIDE_MEANS: [&str; 41] = [
    "median",
    "med",
    "md",
    "mdn",
    "mode",
    "min",
    "max",
    "minimum",
    "maximum",
    "sum",
    "total",
    "range",
    "iqr",
    "mad",
    "variance",
    "skew",
    "skewness",
    "kurtosis",
    "sa",
    "dt",
    "de",
    "ds",
    "dp",
    "et",
    "count",
    "cnt",
    "num",
    "nobs",
    "obs",
    "rat",
    "ratings",
    "raters",
    "responses",
    "votes",
    "ste",
    "standard error",
    "std error",
    "std err",
    "q 1",
    "q 2",
    "q 3",
];

/// Words for a number or share of raters beside one such as `known`.
const SHARES: [&str; 9] = [
    "n",
    "num",
    "total",
    "list",
    "percent",
    "perc",
    "pct",
    "prop",
    "proportion",
];

/// Returns whether one of the words is known.
pub(super) fn has(words: &[String], known: &[&str]) -> bool {
    words.iter().any(|word| known.contains(&word.as_str()))
}

/// Names in tables of norms that have other meanings in other tables.
pub(super) struct Conspicuous {
    /// Whether a column has the number or share of raters who know a word.
    known: bool,
    /// Whether a column has the strength of the strongest feature.
    strengths: bool,
    /// Whether a single column is a mean.
    one_mean: bool,
}

impl Conspicuous {
    pub(super) fn of(names: &[Vec<String>]) -> Self {
        let is_known = |words: &Vec<String>| has(words, &["known", "occur"]) && has(words, &SHARES);
        let is_mean = |words: &&Vec<String>| has(words, &MEANS);
        Self {
            known: names.iter().any(is_known),
            strengths: names.iter().any(|words| is_strength(words)),
            one_mean: names.iter().filter(is_mean).count() == 1,
        }
    }

    /// Checks whether a name is conspicuous in its table.
    pub(super) fn has(&self, words: &[String]) -> bool {
        let is_list = has(words, &["list"]) && has(words, &["n"]);
        // The mean correlation of raters.
        let is_agreement = matches!(words, [mean, r] if mean == "mean" && r == "r");
        self.known && (is_list || has(words, &["known", "unknown", "dunno", "occur"]))
            || self.strengths && (is_strength(words) || has(words, &["exclusivity"]))
            || self.one_mean && is_agreement
    }
}

/// Checks whether a name is that of a summary of strengths.
fn is_strength(words: &[String]) -> bool {
    has(words, &["minkowski"]) || has(words, &["max"]) && has(words, &["strength"])
}
