//! Columns that summarize other columns, or the judgments that features are the means of.

use std::collections::HashMap;

use ndarray::{ArrayView1, ArrayView2};

use super::summary_names::{BESIDE_MEANS, Conspicuous, DEVIATIONS, MEANS, SPREADS, has};
use crate::error::{FileError, List, Quoted, Result};
use crate::io::text::{JUDGMENTS, is_count, is_summary, may_be_summary, words};

/// Checks that no column is named like a summary of others, their spread or a number of judgments, if other
/// columns are not.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one is.
pub(super) fn refuse_accompanying(names: &[&str], features: ArrayView2<'_, f64>) -> Result<()> {
    // Columns may be named by the letters of the alphabet, or by chemical elements.
    let is_symbol = |name: &&str| {
        let mut letters = name.trim().chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_none_or(char::is_lowercase)
            && letters.next().is_none()
    };
    let are_letters =
        names.iter().all(|name| name.trim().chars().count() == 1) || names.iter().all(is_symbol);
    let accompanying = match are_letters {
        true => Vec::new(),
        false => accompanying(names, features),
    };
    if !accompanying.is_empty() && accompanying.len() < names.len() {
        let what = "named like a summary of others, their spread or a number of judgments";
        return Err(FileError::Ambiguous {
            what: match &accompanying[..] {
                [name] => format!("whether column {} is a feature: it is {what}", Quoted(name)),
                all => format!("whether columns {} are features: they are {what}", List(all)),
            },
            remedy: "ignore each that is none (`FileSource::with_ignored_column`, `--ignore-column`); if all \
                     are features, read the file without checks \
                     (`FileSource::with_unchecked_content`, `--unchecked`)",
        }
        .into());
    }
    Ok(())
}

/// A column that another may accompany: itself, or one whose name has a word for a mean, or `m` as a word or
/// as its first or last letter.
#[derive(Clone, Copy)]
enum Judged {
    Itself,
    Mean,
    Word,
    Letter,
}

/// Returns the names of columns that accompany others.
fn accompanying(names: &[&str], features: ArrayView2<'_, f64>) -> Vec<String> {
    let split: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
    // The columns by what is left of their names without the word for a mean.
    let mut judged: HashMap<String, Vec<(Judged, usize)>> = HashMap::new();
    let is_long = |mean: &&str| mean.len() > 3 || ["avg", "mn"].contains(mean);
    let long_means: Vec<&str> = MEANS.into_iter().filter(is_long).collect();
    for (column, words) in split.iter().enumerate() {
        let mut add = |of: String, kind| judged.entry(of).or_default().push((kind, column));
        add(words.concat(), Judged::Itself);
        for (part, of) in parts(words).chain(parts_of_words(words, &long_means)) {
            match part.as_str() {
                "m" => add(of, Judged::Word),
                part if MEANS.contains(&part) => add(of, Judged::Mean),
                part if JUDGMENTS.contains(&part) => add(of, Judged::Itself),
                _ => {}
            }
        }
        for (_, of) in parts_of_words(words, &["m"]) {
            add(of, Judged::Letter);
        }
    }
    let is_beside = |column: usize, part: &str, of: &String| {
        let is_last = split[column].last().is_some_and(|last| last == part);
        let is_deviation = DEVIATIONS.contains(&part);
        let is_interval = part.strip_prefix("ci ").is_some_and(|rest| {
            let mut words = rest.split(' ');
            words.all(|word| SPREADS.contains(&word) || word.parse::<u32>().is_ok())
        });
        let is_of_any = is_deviation || is_interval || is_last && SPREADS.contains(&part);
        let may_count = part.contains(' ') || part.starts_with('n');
        let is_of_means = is_of_any || SPREADS.contains(&part) || BESIDE_MEANS.contains(&part);
        let is_of_means = is_of_means || may_count && is_count(part, &[&JUDGMENTS]);
        let is_meant = |&(kind, other): &(Judged, usize)| match kind {
            Judged::Itself => is_of_any,
            Judged::Letter => is_deviation,
            // Two letters may also be for two things.
            Judged::Word if part == "n" => {
                is_whole(features.column(column)) && !is_whole(features.column(other))
            }
            Judged::Mean | Judged::Word => is_of_means,
        };
        judged
            .get(of)
            .is_some_and(|others| others.iter().any(is_meant))
    };
    let tables = Conspicuous::of(&split);
    let accompanies = |&column: &usize| {
        let (name, words) = (names[column], &split[column]);
        let is_spread =
            |word: &String| SPREADS.contains(&&word[..]) || DEVIATIONS.contains(&&word[..]);
        is_summary(name)
            || may_be_summary(name)
            || words.len() > 1 && is_count(name, &[&JUDGMENTS])
            || !words.is_empty() && words.iter().all(is_spread)
            || tables.has(words)
            || !has(words, &MEANS)
                && parts(words)
                    .chain(parts_of_words(words, &DEVIATIONS))
                    .any(|(part, of)| is_beside(column, &part, &of))
    };
    let columns = (0..names.len()).filter(accompanies);
    columns.map(|column| names[column].to_owned()).collect()
}

/// Returns each one, two or three words of a name, with what is left of the name without them.
fn parts(words: &[String]) -> impl Iterator<Item = (String, String)> {
    let ranges = (0..words.len()).flat_map(|at| (1..=3).map(move |n| at..at + n));
    let fitting = ranges.filter(|range| range.end <= words.len() && range.len() < words.len());
    fitting.map(|range| {
        let of = [&words[..range.start], &words[range.end..]].concat();
        (words[range].join(" "), of.concat())
    })
}

/// Returns each known word that is a part of the letters of a name, with the others, at least three
/// bytes. A single letter is only known at the beginning and the end.
fn parts_of_words(words: &[String], known: &[&str]) -> impl Iterator<Item = (String, String)> {
    let text = words.concat();
    let mut found = Vec::new();
    for &part in known {
        for (at, _) in text.match_indices(part) {
            let (before, after) = (&text[..at], &text[at + part.len()..]);
            let is_outer = before.is_empty() || after.is_empty();
            let of = [before, after].concat();
            if of.len() >= 3 && (is_outer || part.len() > 1) {
                found.push((part.to_owned(), of));
            }
        }
    }
    found.into_iter()
}

fn is_whole(numbers: ArrayView1<'_, f64>) -> bool {
    numbers.iter().all(|number| number.fract() == 0.0)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    /// Checks columns of decimals, and of whole numbers where the names are for numbers of judgments.
    fn refused(names: &[&str]) -> Option<String> {
        let features = Array2::from_shape_fn((4, names.len()), |(row, column)| {
            let is_whole = words(names[column]).contains(&"n".to_owned());
            let number = ((row + 2) * (column + 3) * 7 % 11) as f64;
            if is_whole { number } else { number + 0.25 }
        });
        let error = refuse_accompanying(names, features.view()).err()?;
        Some(error.report().to_string())
    }

    #[test]
    fn columns_that_accompany_features_are_known_by_name() {
        for name in [
            "total",
            "n_ratings",
            "n_raters",
            "N",
            "sd",
            "size_SD",
            "se",
            "lower",
        ] {
            assert!(refused(&["size", "danger", name]).is_some(), "{name}");
        }
        assert!(refused(&["mean_size", "size_n"]).is_some());
        for names in [
            &["size", "weight", "frequency"][..],
            &["mean", "sd", "max"],
            &["l", "m", "n"],
            &["mean_size", "mean_danger"],
            &["b_lower", "a_upper"],
            &["n"],
        ] {
            assert!(refused(names).is_none(), "{names:?}");
        }
    }

    #[test]
    fn spreads_and_numbers_are_known_beside_means_of_any_name() {
        for (mean, others) in [
            ("V.Mean.Sum", &["V.SD.Sum", "V.Rat.Sum"][..]),
            ("AROU_M", &["AROU_SD", "AROU_N"]),
            ("Val_mn", &["Val_sd"]),
            ("Dom1mn", &["Dom1sd"]),
            ("valmn", &["valsd"]),
            ("valm", &["valsd"]),
            ("VMeanSum", &["VSDSum"]),
            ("valence", &["SD valence", "valencesd"]),
            ("M Val", &["SD Val", "N Val", "Mdn Val", "Min Val"]),
            ("Conc.M", &["Conc.SD"]),
            ("Rating (M)", &["Rating (SD)"]),
            (
                "size_mean",
                &["size_median", "size_n_raters", "size_max", "size_range"],
            ),
            ("Valenz_Mittelwert", &["Valenz_Standardabweichung"]),
            ("Valencia_Media", &["Valencia_DT"]),
            ("效价均值", &["效价标准差"]),
            ("ValenceMoyenne", &["ValenceEcartType"]),
            (
                "Valence Mean",
                &["Valence Standard Deviation", "Valence q1"],
            ),
            ("V.Mean", &["V.CI95lower", "V_ci_upper", "V_nraters"]),
            ("valence_score", &["valence_std"]),
            ("Rating.Mean", &["OccurTotal", "OccurNum"]),
        ] {
            for other in others {
                let found = refused(&[mean, "danger", other]).unwrap_or_default();
                assert!(
                    found.contains(&format!("column {other:?}")),
                    "{other}: {found}"
                );
            }
        }
        let all = refused(&["A.M", "A.SD", "A.N", "B.M", "B.SD", "B.N"]).unwrap();
        assert!(
            all.contains(r#"columns "A.SD", "A.N", "B.SD", "B.N""#),
            "{all}"
        );
        let names = ["Visual.mean", "N_known.p", "List_N.p", "Percent_known.p"];
        assert!(
            refused(&names)
                .unwrap()
                .contains(r#""N_known.p", "List_N.p", "Percent_known.p""#)
        );
        let names = [
            "Visual.mean",
            "Max_strength.p",
            "Minkowski3.p",
            "Exclusivity.p",
        ];
        assert!(
            refused(&names)
                .unwrap()
                .contains(r#""Minkowski3.p", "Exclusivity.p""#)
        );
        assert!(refused(&["Vision", "Bright", "Mean R"]).is_some());
        for names in [
            &["f_n", "f_max", "size"][..],
            &["animal", "animal_rat", "animal_de", "body", "lower_body"],
            &["price", "exclusivity", "strength"],
            &["material_wood", "material_unknown", "known"],
            &["mean_r", "mean_g", "mean_b"],
            &["wisdom", "lsd", "l"],
            &["Na", "K", "Se", "N"],
            &["form", "for_min", "gemstone", "stone_max"],
            &["val_m", "val_f", "aro_m"],
            &["V.Mean.Sum", "A.Mean.Sum", "V.Mean.M"],
            &["Ortho_N", "n_letters", "length"],
        ] {
            assert_eq!(refused(names), None, "{names:?}");
        }
        // The letters are those of two features.
        let both = array![[0.5, 1.5], [2.5, 0.25], [1.0, 3.0]];
        assert!(refuse_accompanying(&["f_m", "f_n", "size"][..2], both.view()).is_ok());
    }
}
