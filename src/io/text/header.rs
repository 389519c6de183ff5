//! Detection of headers, and known names of columns.

use std::collections::HashSet;

use super::cell::{is_missing, number, truth};
use super::names::{is_one_of, is_participant, plain, words};

/// Names of columns with ids of stimuli, in lower case without separators. Earlier names take
/// precedence.
const ID_NAMES: [&str; 29] = [
    "id",
    "ids",
    "uniqueid",
    "stimulusid",
    "stimid",
    "imageid",
    "itemid",
    "objectid",
    "conceptid",
    "stimulus",
    "stimuli",
    "stim",
    "image",
    "imagename",
    "imagepath",
    "imagefile",
    "img",
    "file",
    "filename",
    "path",
    "concept",
    "object",
    "item",
    "word",
    "name",
    "label",
    "key",
    "rowname",
    "rownames",
];

/// Names of columns with numbers that label rows, in lower case without separators.
const LABEL_NAMES: [&str; 7] = [
    "row",
    "rowid",
    "trial",
    "exemplar",
    "classid",
    "participant",
    "subject",
];

/// Names of columns that may also be features, unless their numbers count the rows or are all different.
const ROW_NUMBER_NAMES: [&str; 6] = ["nr", "no", "n", "num", "number", "run"];

/// What such names end with after the name of a stimulus.
pub(crate) const NUMBERS: [&str; 6] = ["number", "num", "nr", "no", "index", "idx"];

/// Returns the rank of a column name among the names of id columns (0 is the best), or `None` if it
/// is not one of them.
pub(crate) fn id_rank(name: &str) -> Option<usize> {
    let name = plain(name);
    ID_NAMES.iter().position(|known| *known == name)
}

/// Checks whether the first line of a list of ids is its header: a name that is unlikely to be an
/// id.
pub(crate) fn is_header_of_ids(line: &str) -> bool {
    let name = plain(line);
    name.ends_with("id") && id_rank(line).is_some()
        || [
            "ids",
            "stimulus",
            "stimuli",
            "filename",
            "imagename",
            "rowname",
            "rownames",
        ]
        .contains(&name.as_str())
}

/// Checks whether the first line of a list of participants is its header, and not a label such as
/// `sub-01`.
pub(crate) fn is_header_of_participants(line: &str) -> bool {
    is_header_of_ids(line) || is_participant(line) && !line.contains(char::is_numeric)
}

/// Checks whether a name is that of a column of row numbers, such as the index of pandas.
pub(crate) fn is_index_name(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let is_numbered = |prefix: &str| {
        let number = name.strip_prefix(prefix);
        number.is_some_and(|rest| rest.parse::<f64>().is_ok())
    };
    name.is_empty() || name == "index" || is_numbered("unnamed: ") || is_numbered("level_")
}

/// Checks whether whole numbers in a column with this name are labels of rows, rather than a
/// feature.
pub(crate) fn is_label_name(name: &str) -> bool {
    let (name, words) = (plain(name), words(name));
    let is_number_of_stimulus = |ending: &&str| {
        let stimulus = name.strip_suffix(*ending);
        stimulus.is_some_and(|stimulus| stimulus == "row" || id_rank(stimulus).is_some())
    };
    LABEL_NAMES.contains(&name.as_str())
        || NUMBERS.iter().any(is_number_of_stimulus)
        || are_label_words(&words)
}

/// Checks whether whole numbers in a column with this name, the first or last one beside decimals, are
/// classes.
pub(crate) fn is_target_name(name: &str) -> bool {
    ["target", "y"].contains(&plain(name).as_str())
}

/// Checks whether a name ends with a word for an index, such as `cluster_id`, or consists of words
/// for groups, such as `class label`.
fn are_label_words(words: &[String]) -> bool {
    const INDICES: [&str; 6] = ["id", "idx", "index", "indices", "uid", "nr"];
    const GROUPS: [&str; 12] = [
        "class",
        "code",
        "category",
        "label",
        "cluster",
        "condition",
        "group",
        "session",
        "fold",
        "block",
        "order",
        "split",
    ];

    // A column `nr` may be a feature.
    let is_index = |word: &String| is_one_of(word, &INDICES) && (word != "nr" || words.len() > 1);
    words.last().is_some_and(is_index)
        || !words.is_empty() && words.iter().all(|word| is_one_of(word, &GROUPS))
}

/// Checks whether `first` is a header of the records that follow it.
///
/// A record of numbers is data, unless it numbers its columns (from 0 or 1) above values that are
/// not whole, as for columns without names in pandas, or its whole numbers ascend above records of
/// decimals, or its first field is empty and those of the other records are not. A record with text
/// is a header if there is text above a column of numbers, if it numbers all columns after those of texts,
/// or if its first field is a name of id columns.
pub(super) fn is_header(first: &[String], sample: &[Vec<String>], decimal_comma: bool) -> bool {
    let is_number = |field: &String| number(field, decimal_comma).is_some();
    let is_number_or_missing = |field: &String| is_number(field) || is_missing(field);
    let first_is_empty = first.first().is_some_and(String::is_empty);
    let Some(n_columns) = sample.first().map(Vec::len) else {
        // A single record of text is a header without rows.
        return !first.iter().all(is_number_or_missing) || first_is_empty;
    };
    if first.len() + 1 == n_columns {
        return true;
    }
    let has_name_for_ids = first_is_empty
        && sample
            .iter()
            .all(|row| row.first().is_some_and(|field| !field.is_empty()));
    if has_name_for_ids {
        return true;
    }
    if first.iter().all(is_number_or_missing) {
        if begins_symmetric(first, sample) {
            return false;
        }
        let is_whole =
            |field: &String| number(field, decimal_comma).is_none_or(|x| x.fract() == 0.0);
        let all_whole = sample.iter().flatten().all(is_whole);
        let numbers_columns = are_plain(first)
            && counts(first).is_some()
            && first.len() >= 3
            && (!all_whole || first.len() >= 5);
        return numbers_columns || is_ascending_above_decimals(first, sample, decimal_comma);
    }
    let n_texts = first.iter().take_while(|field| !is_number(field)).count();
    let numbers = &first[n_texts..];
    if n_texts > 0
        && numbers.len() > n_texts.min(2)
        && are_plain(numbers)
        && counts(numbers).is_some()
    {
        return true;
    }
    if first.first().is_some_and(|name| id_rank(name).is_some()) {
        return true;
    }
    let is_value = |field: &String| is_number(field) || truth(field).is_some();
    let is_value_or_missing = |field: &String| is_value(field) || is_missing(field);
    (0..first.len().min(n_columns)).any(|column| {
        let mut fields = sample.iter().filter_map(|row| row.get(column)).peekable();
        let is_numeric = fields.any(is_value) && {
            let all = |row: &Vec<String>| row.get(column).is_none_or(is_value_or_missing);
            sample.iter().all(all)
        };
        is_numeric && !is_value_or_missing(&first[column])
    })
}

/// Checks whether no two fields are the same.
pub(crate) fn are_different(fields: &[String]) -> bool {
    let different: HashSet<&String> = fields.iter().collect();
    different.len() == fields.len()
}

/// Checks whether no field has a decimal point.
pub(crate) fn are_plain(fields: &[String]) -> bool {
    !fields.iter().any(|field| field.contains('.'))
}

/// Checks whether a record is the first row of a square matrix, and also its first column, as in an
/// RDM without labels.
fn begins_symmetric(first: &[String], sample: &[Vec<String>]) -> bool {
    let below = first.iter().skip(1).zip(sample);
    first.len() == sample.len() + 1
        && below
            .into_iter()
            .all(|(field, record)| record.first().map(|field| field.trim()) == Some(field.trim()))
}

/// Checks whether a record of whole numbers that ascend, such as wavelengths or the numbers of units,
/// stands above at least two records none of which is of whole numbers.
fn is_ascending_above_decimals(
    first: &[String],
    sample: &[Vec<String>],
    decimal_comma: bool,
) -> bool {
    let numbers = |fields: &[String]| -> Option<Vec<f64>> {
        fields
            .iter()
            .map(|field| number(field, decimal_comma))
            .collect()
    };
    let is_whole = |fields: &[String]| {
        numbers(fields).is_some_and(|numbers| numbers.iter().all(|x| x.fract() == 0.0))
    };
    let ascends =
        numbers(first).is_some_and(|numbers| numbers.is_sorted_by(|left, right| left < right));
    first.len() >= 4
        && sample.len() >= 2
        && ascends
        && is_whole(first)
        && !sample.iter().any(|record| is_whole(record))
}

/// Checks whether whole numbers in a column with this name are labels if they count the rows, or are all
/// different.
pub(crate) fn is_row_number_name(name: &str) -> bool {
    ROW_NUMBER_NAMES.contains(&plain(name).as_str())
}

/// Returns the first number, 0 or 1, if the fields are consecutive whole numbers that begin with
/// it, without leading zeros (`7`, `7.0` or `7.0e+00`).
pub(crate) fn counts(fields: &[String]) -> Option<u64> {
    let whole = |field: &String| {
        let field = field.trim();
        let digits = field.bytes().take_while(u8::is_ascii_digit).count();
        let has_leading_zero = digits > 1 && field.starts_with('0');
        let is_plain = digits > 0 && !has_leading_zero;
        is_plain.then(|| field.parse::<f64>().ok()).flatten()
    };
    let start = match whole(fields.first()?)? {
        0.0 => 0,
        1.0 => 1,
        _ => return None,
    };
    let is_next = |(field, expected): (&String, u64)| whole(field) == Some(expected as f64);
    fields.iter().zip(start..).all(is_next).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> bool {
        let mut lines = text.lines().map(|line| {
            let fields = line.split(',').map(str::to_owned);
            fields.collect::<Vec<_>>()
        });
        let first = lines.next().unwrap();
        is_header(&first, &lines.collect::<Vec<_>>(), false)
    }

    #[test]
    fn numbers_are_data_and_names_are_not() {
        for data in [
            "0.5,1,2\n1,2,3",
            "0,1,2\n1,2,0\n3,1,2",
            "cat,0.5,1\ndog,1,2",
            "True,False\nFalse,False",
            "NA,1.5,2\n1,2,3",
            "1,2.5\n0,1.5",
            "alligator,aardvark,almond\nairboat,album,accordion",
            "0,1,2,3,4\n1,0,1,2,3\n2,1,0,1,2\n3,2,1,0,1\n4,3,2,1,0",
            "0.0,1.0,2.0\n1.0,0.0,1.5\n2.0,1.5,0.0",
            "0,1,3,7\n1,0,0.5,1\n3,0.5,0,1.5\n7,1,1.5,0",
        ] {
            assert!(!header(data), "{data}");
        }
        for named in [
            "id,a,b\ncat,1,2",
            ",0,1,2\ncat,0.5,1,2",
            ",1,2,3\n1,0,0.5,2",
            "0,1,2\n0.5,1,2",
            "0,1,2,3,4\n1,0,1,0,1\n2,1,0,1,1",
            "3,17,42,57\n0.5,1,2,3\n1.5,2,3,4",
            "1,2,3\n0.5,1,2",
            "concept,0,1,2\ncat,1,2,3",
            "category,image,0,1,2\na,cat,0.5,1,2\na,dog,1.5,2,3",
            "a,b\n1,2\n3,4",
            "\"cat\",\"dog\"\ncat,0,1\ndog,1,0",
            "image1,image2,image3\n1,2,3",
            "id\no0\no1",
            "animal,food\nTrue,False\nFalse,False",
        ] {
            assert!(header(named), "{named}");
        }
    }
}
