//! Normal forms of ids, for matching lists of ids that are written differently.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::io::text::without_leading_zeros;
use crate::names::named;

/// A normal form of ids, for matching files that write the same ids differently.
///
/// ```
/// use human_alignment::Stimuli;
/// use human_alignment::stimuli::IdForm;
///
/// let files = Stimuli::new(["images/aardvark/aardvark_01b.jpg", "images/abacus/abacus_01b.jpg"])?;
/// assert_eq!(files.in_form(IdForm::Folder)?.ids(), ["aardvark", "abacus"]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum IdForm {
    /// Unicode normalization form C: a combining accent is composed with its letter.
    Nfc,
    /// Lower case.
    LowerCase,
    /// The name of a file without its folders: `images/cat.jpg` becomes `cat.jpg`.
    FileName,
    /// The name of a file without folders and extension: `images/cat.jpg` becomes `cat`.
    FileStem,
    /// The path of a file without its extension: `animals/cat.jpg` becomes `animals/cat`.
    WithoutEnding,
    /// The name of the folder that contains a file: `images/cat/cat_01b.jpg` becomes `cat`.
    Folder,
    /// Numbers without zeros before them: `img_007` becomes `img_7`.
    WithoutZeros,
    /// The name that R makes of an id: `X7` of `7`, and `hot.dog` of `hot dog`.
    RName,
}

impl IdForm {
    /// Converts an id to several forms, one after another.
    pub(crate) fn convert<'i>(forms: &[IdForm], id: &'i str) -> Cow<'i, str> {
        let of = |id: Cow<'i, str>, form: &IdForm| Cow::Owned(form.of(&id));
        forms.iter().fold(Cow::Borrowed(id), of)
    }

    /// Converts an id to this form; an id without such a part is unchanged.
    pub fn of(self, id: &str) -> String {
        let path = |id: &str| id.replace('\\', "/");
        match self {
            IdForm::Nfc => id.nfc().collect(),
            IdForm::LowerCase => id.to_lowercase(),
            IdForm::FileName => file_name(&path(id)).to_owned(),
            IdForm::FileStem => without_ending(file_name(&path(id))).to_owned(),
            IdForm::WithoutEnding => without_ending(&path(id)).to_owned(),
            IdForm::Folder => match path(id).rsplit_once('/') {
                Some((folder, _)) => file_name(folder).to_owned(),
                None => id.to_owned(),
            },
            IdForm::WithoutZeros => without_leading_zeros(id),
            IdForm::RName => name_in_r(id),
        }
    }

    /// Returns a phrase for the difference between ids that are equal only in this form.
    pub(super) fn difference(self) -> &'static str {
        match self {
            IdForm::Nfc => "in their Unicode form",
            IdForm::LowerCase => "in upper and lower case",
            IdForm::FileName => "by their folder",
            IdForm::FileStem => "by folder and ending",
            IdForm::WithoutEnding => "by their ending",
            IdForm::Folder => "by folder and ending",
            IdForm::WithoutZeros => "by zeros before numbers",
            IdForm::RName => "as R makes names of texts (X before numbers, points for other marks)",
        }
    }
}

/// Returns the name that `make.names` of R makes of a text.
fn name_in_r(text: &str) -> String {
    let is_valid = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
    let mut name: String = text
        .chars()
        .map(|c| if is_valid(c) { c } else { '.' })
        .collect();
    let rest = name.strip_prefix('.').unwrap_or(&name);
    let begins_like_a_number = rest.starts_with(char::is_numeric);
    if begins_like_a_number || !name.starts_with(|c: char| c.is_alphabetic() || c == '.') {
        name.insert(0, 'X');
    }
    name
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn without_ending(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, ending)) if !file_name(stem).is_empty() && !ending.contains('/') => stem,
        _ => path,
    }
}

named! {
    IdForm, "form of ids":
    Nfc = "nfc",
    LowerCase = "lower-case",
    FileName = "file-name",
    FileStem = "file-stem",
    WithoutEnding = "without-ending",
    Folder = "folder",
    WithoutZeros = "without-zeros",
    RName = "r-name",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths() {
        let path = r"images\Café/Cafe\u{301}_01.tar.jpg".replace("\\u{301}", "\u{301}");
        for (form, expected) in [
            (IdForm::FileName, "Cafe\u{301}_01.tar.jpg"),
            (IdForm::FileStem, "Cafe\u{301}_01.tar"),
            (IdForm::WithoutEnding, "images/Café/Cafe\u{301}_01.tar"),
            (IdForm::Folder, "Café"),
        ] {
            assert_eq!(form.of(&path), expected, "{form}");
        }
        assert_eq!(IdForm::Nfc.of("e\u{301}"), "é");
        assert_eq!(IdForm::LowerCase.of("Äpfel"), "äpfel");
        for form in [IdForm::FileName, IdForm::FileStem, IdForm::Folder] {
            assert_eq!(form.of("cat"), "cat");
        }
        assert_eq!(IdForm::FileStem.of(".hidden"), ".hidden");
        assert_eq!(IdForm::WithoutZeros.of("img_007_00.png"), "img_7_0.png");
        for (id, name) in [
            ("7", "X7"),
            ("X7", "X7"),
            ("hot dog", "hot.dog"),
            (".5", "X.5"),
            ("_a", "X_a"),
        ] {
            assert_eq!(IdForm::RName.of(id), name);
        }
        for &form in IdForm::ALL {
            assert_eq!(form.name().parse::<IdForm>().unwrap(), form);
        }
    }
}
