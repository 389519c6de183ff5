//! Arguments for reading text files and ids.

use std::path::Path;

use clap::Args;
use human_alignment::formats::TextEncoding;
use human_alignment::stimuli::{IdForm, IdList};
use human_alignment::{Result, Stimuli};

/// Options of text files and ids.
#[derive(Args)]
pub struct Reading {
    /// Encoding of text files, such as utf-8 or windows-1252.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub encoding: TextEncoding,
    /// Transformation of all ids before they are matched: nfc (Unicode NFC), lower-case, file-name
    /// (a/cat.jpg becomes cat.jpg), file-stem (cat), without-ending (a/cat), folder (a), without-zeros
    /// (img_007 becomes img_7) or r-name (hot dog becomes hot.dog). Repeat the flag to apply several in
    /// turn.
    #[arg(long, value_name = "FORM")]
    pub match_ids: Vec<IdForm>,
}

impl Reading {
    /// Reads a list of ids from a file.
    pub fn list(&self, path: &Path) -> Result<Stimuli> {
        IdList::new(path).with_encoding(self.encoding).read()
    }

    /// Applies the transformations of --match-ids.
    pub fn in_form(&self, stimuli: Stimuli) -> Result<Stimuli> {
        let mut forms = self.match_ids.iter().copied();
        forms.try_fold(stimuli, |stimuli, form| stimuli.in_form(form))
    }
}
