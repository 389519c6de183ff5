//! Suggestions for unknown names.

/// Maximum number of suggestions.
const OFFERED: usize = 3;

/// Returns the names that are most similar to `name`, by decreasing Jaro–Winkler similarity.
pub(in crate::extract) fn nearest<S: AsRef<str>>(
    name: &str,
    names: impl IntoIterator<Item = S>,
) -> Vec<String> {
    let similarity = |other: S| {
        let other = other.as_ref();
        (strsim::jaro_winkler(name, other), other.to_owned())
    };
    let mut similar: Vec<(f64, String)> = names.into_iter().map(similarity).collect();
    similar.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    similar.truncate(OFFERED);
    similar.into_iter().map(|(_, name)| name).collect()
}
