//! Values of the fields of a table.

/// Checks whether a field marks a missing value: empty, `.`, or one of `NA`, `N/A`, `#N/A`, `<NA>`,
/// `NaN`, `-NaN`, `null` and `None` in any case.
pub(crate) fn is_missing(field: &str) -> bool {
    let field = field.trim();
    let tokens = ["na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none"];
    field.is_empty() || field == "." || tokens.iter().any(|token| field.eq_ignore_ascii_case(token))
}

/// Parses the number in a field, with a decimal comma if `decimal_comma` is true.
pub(crate) fn number(field: &str, decimal_comma: bool) -> Option<f64> {
    let field = field.trim();
    if !decimal_comma {
        return field.parse().ok();
    }
    match field.contains('.') {
        true => None,
        false => field.replacen(',', ".", 1).parse().ok(),
    }
}

/// Checks whether a field is a number with a decimal comma, such as `0,52`.
pub(super) fn has_decimal_comma(field: &str) -> bool {
    field.contains(',') && !field.contains('.') && number(field, true).is_some()
}

/// Checks whether the comma in a field may be a thousands separator, as in `1,234`.
pub(super) fn may_be_thousands(field: &str) -> bool {
    let digits = field.trim().trim_start_matches(['+', '-']);
    match digits.split_once(',') {
        Some((before, after)) => {
            (1..=3).contains(&before.len())
                && !before.starts_with('0')
                && after.len() == 3
                && after.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_missing_values() {
        assert_eq!(number(" 1.5e3 ", false), Some(1500.0));
        assert_eq!(number("-0,25", true), Some(-0.25));
        assert_eq!(number("1.234,5", true), None);
        assert_eq!(number("1,2,3", true), None);
        assert_eq!(number("0,5", false), None);
        for field in ["", " ", "NA", "n/a", ".", "NaN", "null", "None", "#N/A"] {
            assert!(is_missing(field), "{field}");
        }
        for field in ["0", "nano", "x", "-"] {
            assert!(!is_missing(field), "{field}");
        }
        assert!(may_be_thousands("12,345") && !may_be_thousands("0,345"));
        assert!(!may_be_thousands("1,23"));
    }
}
