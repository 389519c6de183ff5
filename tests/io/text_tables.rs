//! One matrix in every layout of text that people write, read back to the same bits.

use std::fmt::Write;
use std::path::Path;

use human_alignment::dataset::TripletFile;
use human_alignment::formats::TextEncoding;
use human_alignment::rdm::{RdmFile, Scaling};
use human_alignment::{FileSource, OddOneOutTask, Rdm, Representation, SimilarityDataset, Stimuli};
use ndarray::Array2;
use proptest::prelude::*;

/// How a table is written.
#[derive(Debug, Clone, Copy)]
struct Style {
    separator: &'static str,
    decimal_comma: bool,
    has_header: bool,
    has_ids: bool,
    /// Whether the corner of a table with header and ids is left out.
    omits_corner: bool,
    ends_with_separator: bool,
    encoding: Encoding,
    line_end: &'static str,
    quotes: bool,
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Utf8,
    Marked,
    Utf16,
    Windows1252,
}

fn styles() -> impl Strategy<Value = Style> {
    let separators = prop::sample::select(vec![",", ";", "\t", " "]);
    let encodings = prop::sample::select(vec![
        Encoding::Utf8,
        Encoding::Marked,
        Encoding::Utf16,
        Encoding::Windows1252,
    ]);
    let ends = prop::sample::select(vec!["\n", "\r\n"]);
    (separators, encodings, ends, any::<[bool; 6]>()).prop_map(
        |(separator, encoding, line_end, flags)| {
            let [comma, header, ids, corner, trailing, quotes] = flags;
            Style {
                separator,
                // A comma can't be both, unless it is quoted.
                decimal_comma: comma && separator != ",",
                has_header: header,
                has_ids: ids,
                omits_corner: corner && header && ids,
                ends_with_separator: trailing && separator != " " && !(corner && header && ids),
                encoding,
                line_end,
                quotes,
            }
        },
    )
}

const IDS: [&str; 9] = ["é", "Ä b", "hen", "x-1", "ñ", "o.k", "zebra", "7b", "ü"];

impl Style {
    fn text(&self, values: &Array2<f64>, names: &[&str]) -> String {
        let mut text = String::new();
        let quote = |name: &str| match self.quotes || name.contains(' ') && self.separator == " " {
            true => format!("\"{name}\""),
            false => name.to_owned(),
        };
        let mut line = |fields: Vec<String>| {
            let end = if self.ends_with_separator {
                self.separator
            } else {
                ""
            };
            let _ = write!(
                text,
                "{}{end}{}",
                fields.join(self.separator),
                self.line_end
            );
        };
        if self.has_header {
            let corner = (self.has_ids && !self.omits_corner).then(|| quote("id"));
            line(
                corner
                    .into_iter()
                    .chain(names.iter().map(|name| quote(name)))
                    .collect(),
            );
        }
        for (row, id) in values.rows().into_iter().zip(IDS) {
            let id = self.has_ids.then(|| quote(id));
            let number = |value: &f64| {
                let digits = value.to_string();
                if self.decimal_comma {
                    digits.replace('.', ",")
                } else {
                    digits
                }
            };
            line(id.into_iter().chain(row.iter().map(number)).collect());
        }
        text
    }

    fn write(&self, path: &Path, text: &str) -> TextEncoding {
        let bytes = match self.encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Marked => format!("\u{feff}{text}").into_bytes(),
            Encoding::Utf16 => {
                let units = format!("\u{feff}{text}");
                units.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            // All letters here are in its range of Latin-1.
            Encoding::Windows1252 => text.chars().map(|letter| letter as u8).collect(),
        };
        std::fs::write(path, bytes).unwrap();
        match self.encoding {
            Encoding::Windows1252 => TextEncoding::WINDOWS_1252,
            _ => TextEncoding::UTF_8,
        }
    }
}

fn matrices(n: usize, p: usize) -> impl Strategy<Value = Array2<f64>> {
    // Not whole, so that a row that counts its columns can't be mistaken for a header.
    let number = (-1e6..1e6f64).prop_map(|value| value.trunc() + 0.5 + value.fract() / 4.0);
    prop::collection::vec(number, n * p)
        .prop_map(move |values| Array2::from_shape_vec((n, p), values).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn features_are_read_back_to_the_same_bits(
        values in (3usize..9, 2usize..7).prop_flat_map(|(n, p)| matrices(n, p)),
        style in styles(),
        ending in prop::sample::select(vec!["csv", "tsv", "txt"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("features.{ending}"));
        let names: Vec<String> = (0..values.ncols()).map(|column| format!("f{column}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let text = style.text(&values, &names);
        let encoding = style.write(&path, &text);
        let found = FileSource::open(&path).unwrap().with_encoding(encoding).read();
        let found = found.map_err(|error| format!("{}\n{text}", error.report())).unwrap();
        prop_assert_eq!(found.features().to_f64(), values.view(), "{}", text);
        prop_assert_eq!(found.stimuli().is_named(), style.has_ids);
        if style.has_ids {
            prop_assert_eq!(found.stimuli().ids(), &IDS[..values.nrows()]);
        }
    }

    #[test]
    fn dissimilarities_are_read_back_to_the_same_bits(
        values in prop::collection::vec(0.001..5.0f64, 36),
        n in 3usize..9,
        style in styles(),
        filled in prop::sample::select(vec!["both", "upper", "lower"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        let rdm = Rdm::new(Stimuli::unnamed(n as u32), values[..n * (n - 1) / 2].to_vec()).unwrap();
        let mut square = rdm.to_square().unwrap();
        for ((row, column), value) in square.indexed_iter_mut() {
            if filled == "upper" && row > column || filled == "lower" && row < column {
                *value = 0.0;
            }
        }
        let text = style.text(&square, &IDS[..n]);
        let encoding = style.write(&path, &text);
        let found = RdmFile::new(&path).unwrap().with_encoding(encoding).read();
        let found = found.map_err(|error| format!("{}\n{text}", error.report())).unwrap();
        let found = found.mean(Scaling::None).unwrap();
        prop_assert_eq!(found.values(), rdm.values(), "{}", text);
        prop_assert_eq!(found.stimuli().is_named(), style.has_ids || style.has_header);
    }

    #[test]
    fn trials_are_the_same_in_every_layout(
        trials in prop::collection::vec((0u32..7, 1u32..7, 1u32..6), 12..40),
        first in 0u32..2,
        by_name in any::<bool>(),
        layout in 0usize..5,
    ) {
        // Three different stimuli of eight, each shown at least once.
        let mut trials: Vec<[u32; 3]> = trials
            .into_iter()
            .map(|(a, b, c)| {
                let b = (a + b) % 8;
                let mut others = (0..8).filter(|&other| other != a && other != b);
                [a, b, others.nth(c as usize).unwrap()]
            })
            .collect();
        trials.extend([[0, 1, 2], [3, 4, 5], [6, 7, 0]]);
        // A first line 0, 1, 2 may number the columns.
        trials.insert(0, [0, 7, 5]);
        let stimuli = Stimuli::new(IDS[..8].to_vec()).unwrap();
        let name = |index: u32| match by_name {
            true => IDS[index as usize].to_owned(),
            false => (index + first).to_string(),
        };
        let mut text = match layout {
            0 => String::new(),
            1 => "image1,image2,image3\n".into(),
            2 => "stim_1;stim_2;stim_3;choice;subject_id;RT\n".into(),
            3 => "choice\timage3\timage2\timage1\n".into(),
            _ => "trial,item0,item1,item2,response\n".into(),
        };
        for (number, trial) in trials.iter().enumerate() {
            let [a, b, odd] = trial.map(name);
            let line = match (layout, number % 3) {
                (0 | 1, _) => format!("{a},{b},{odd}"),
                (2, 0) => format!("{odd};{a};{b};{odd};p{number};321.5"),
                (2, 1) => format!("{a};{odd};{b};{odd};p{number};321.5"),
                (2, _) => format!("{a};{b};{odd};{odd};p{number};321.5"),
                (3, 0) => format!("3\t{odd}\t{a}\t{b}"),
                (3, 1) => format!("1\t{a}\t{b}\t{odd}"),
                (3, _) => format!("2\t{a}\t{odd}\t{b}"),
                (_, 0) => format!("{number},{odd},{a},{b},item0"),
                (_, 1) => format!("{number},{a},{odd},{b},item1"),
                _ => format!("{number},{a},{b},{odd},item2"),
            };
            text.push_str(&line);
            text.push('\n');
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials.csv");
        std::fs::write(&path, &text).unwrap();
        let found = TripletFile::<OddOneOutTask>::read(&path, stimuli);
        let found = found.map_err(|error| format!("{}\n{text}", error.report())).unwrap();
        let question = |&[a, b, odd]: &[u32; 3]| (a.min(b), a.max(b), odd);
        let found: Vec<_> = found.judgments().as_slice().iter().map(question).collect();
        let expected: Vec<_> = trials.iter().map(question).collect();
        prop_assert_eq!(found, expected, "{}", text);
    }
}

#[test]
fn arrays_of_every_kind_hold_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let stimuli = Stimuli::new(["a", "b", "c"]).unwrap();
    let values = ndarray::array![[0.1, 1e7 + 0.3], [2.0, -5.0], [1e-9, 3.0]];
    let features = Representation::new(stimuli, values).unwrap();
    for name in ["f.npy", "f.safetensors"] {
        let path = folder.path().join(name);
        features.write(&path).unwrap();
        assert_eq!(FileSource::open(&path).unwrap().read().unwrap(), features);
    }
    // Without ids, a file has rows without ids, before and after it is written.
    let unnamed = features.with_stimuli(Stimuli::unnamed(3)).unwrap();
    for name in ["g.npy", "g.safetensors"] {
        let path = folder.path().join(name);
        unnamed.write(&path).unwrap();
        let found = FileSource::open(&path).unwrap().read().unwrap();
        assert!(!found.stimuli().is_named());
        assert_eq!(found, unnamed);
    }
}
