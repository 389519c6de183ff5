//! Values of the fields of a table.

/// Checks whether a field marks a missing value: empty, `.`, or one of `NA`, `N/A`, `#N/A`, `<NA>`,
/// `NaN`, `-NaN`, `null`, `#NULL!` and `None` in any case.
pub(crate) fn is_missing(field: &str) -> bool {
    let field = field.trim();
    let tokens = [
        "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "#null!", "none",
    ];
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

/// Parses a truth value, as pandas and R write them: 1 if it is true, and 0 otherwise.
pub(super) fn truth(field: &str) -> Option<f64> {
    match field.trim() {
        "True" | "TRUE" | "true" => Some(1.0),
        "False" | "FALSE" | "false" => Some(0.0),
        _ => None,
    }
}

/// Checks whether a field is a number with a decimal comma, such as `0,52`.
pub(super) fn has_decimal_comma(field: &str) -> bool {
    field.contains(',') && !field.contains('.') && number(field, true).is_some()
}

/// Checks whether a mark may separate the thousands of a whole number, as in `1,234` and
/// `12,345,678`.
pub(super) fn is_grouped(field: &str, mark: char) -> bool {
    let mut groups = field.trim().trim_start_matches(['+', '-']).split(mark);
    let first = groups.next().unwrap_or_default();
    let are_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut others = groups.peekable();
    (1..=3).contains(&first.len())
        && are_digits(first)
        && !first.starts_with('0')
        && others.peek().is_some()
        && others.all(|group| group.len() == 3 && are_digits(group))
}

/// Checks whether a field that is not a number resembles one: it is in another notation (`1,234.5`,
/// `12%`, `1.0D+02`, `0x1F`, `−5`), has no letters or digits (`?`), or is an error of a spreadsheet
/// (`#DIV/0!`).
pub(crate) fn resembles_number(field: &str) -> bool {
    let field = field.trim();
    let is_missing = ["#N/A", "#N/D", "#NV"].contains(&field);
    let is_error = is_missing || field.starts_with('#') && field.ends_with(['!', '?']);
    if is_error || !field.contains(|c: char| c.is_alphanumeric()) {
        return true;
    }
    let signs = [
        '+', '-', '\u{2212}', '\u{2013}', '$', '€', '£', '<', '>', '=', '~', ' ',
    ];
    let digits = field.trim_start_matches(signs);
    if digits.starts_with("0x") || digits.starts_with("0X") {
        return digits[2..].bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let is_in_number = |c: char| {
        c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’' | '%' | '#') || c.is_whitespace()
    };
    let rest = digits.trim_start_matches(is_in_number);
    let is_begun = digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    let exponent = rest.strip_prefix(['d', 'D', 'e', 'E']);
    let is_exponent = exponent.is_some_and(|power| {
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        !power.is_empty() && power.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_quiet = ["QNAN", "SNAN", "INF", "IND"].contains(&rest);
    is_begun && (rest.is_empty() || is_exponent || is_quiet)
}

/// Writes ids that are all whole numbers, some of them as decimals (`7.0` or `7.000e+00`, as pandas
/// and numpy do), without fractions and exponents.
pub(crate) fn without_fractions(ids: &mut [String]) {
    let whole = |id: &String| {
        let field = id.trim();
        let is_decimal = field
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_digit());
        let number: f64 = field.parse().ok().filter(|_| is_decimal)?;
        // All whole numbers below are exact.
        (number.fract() == 0.0 && number < 2f64.powi(53)).then_some(number)
    };
    let is_plain = |id: &String| id.bytes().all(|byte| byte.is_ascii_digit());
    let has_point = |id: &String| is_plain(id) || id.contains('.');
    if ids.iter().all(is_plain) || !ids.iter().all(has_point) {
        return;
    }
    if let Some(numbers) = ids.iter().map(whole).collect::<Option<Vec<f64>>>() {
        let written = numbers.into_iter().map(|number| number.to_string());
        ids.iter_mut()
            .zip(written)
            .for_each(|(id, number)| *id = number);
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
        for field in [
            "", " ", "NA", "n/a", ".", "NaN", "null", "None", "#N/A", "#NULL!",
        ] {
            assert!(is_missing(field), "{field}");
        }
        for field in ["0", "nano", "x", "-"] {
            assert!(!is_missing(field), "{field}");
        }
        assert!(is_grouped("12,345", ',') && !is_grouped("0,345", ','));
        assert!(!is_grouped("1,23", ',') && is_grouped("-1.234.567", '.'));
    }

    #[test]
    fn fractions_of_whole_ids_are_dropped() {
        let written = |ids: &[&str]| {
            let mut ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
            without_fractions(&mut ids);
            ids
        };
        assert_eq!(written(&["9.0", "10.0"]), ["9", "10"]);
        assert_eq!(written(&["9.000e+00", "1.000e+01"]), ["9", "10"]);
        for ids in [
            &["007", "12"][..],
            &["1.5", "2.0"],
            &["7.0", "b"],
            &["1e3", "2e5"],
        ] {
            assert_eq!(written(ids), ids);
        }
    }

    #[test]
    fn what_resembles_a_number_and_what_does_not() {
        for field in [
            "?",
            "-",
            "--",
            "1,234.5",
            "12%",
            "1.0D+02",
            "0x1F",
            "\u{2212}5",
            "#DIV/0!",
            "#REF!",
            "1.#QNAN",
            "$3.50",
            "1'234",
            "1\u{202f}234",
            "12,34,567",
            "<0.1",
            "0,5",
        ] {
            assert!(resembles_number(field), "{field}");
        }
        for field in [
            "cat", "7b", "001.jpg", "1d", "12_3", "e5", "12-34", "img1", "5 apples",
        ] {
            assert!(!resembles_number(field), "{field}");
        }
    }
}
