//! Text files and the ids in them, as command lines name them.

use std::path::Path;

use clap::Args;
use human_alignment::formats::TextEncoding;
use human_alignment::stimuli::{IdForm, IdList};
use human_alignment::{Result, Stimuli};

/// How text files and ids are read.
#[derive(Args)]
pub struct Reading {
    /// The encoding of text files, such as windows-1252.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub encoding: TextEncoding,
    /// Match ids in this form: nfc, lower-case, file-name, file-stem, without-ending or folder; may be given
    /// several times.
    #[arg(long, value_name = "FORM")]
    pub match_ids: Vec<IdForm>,
}

impl Reading {
    /// Reads a list of ids.
    pub fn list(&self, path: &Path) -> Result<Stimuli> {
        IdList::open(path).with_encoding(self.encoding).read()
    }

    /// Puts ids into the form in which they are matched.
    pub fn in_form(&self, stimuli: Stimuli) -> Result<Stimuli> {
        let mut forms = self.match_ids.iter().copied();
        forms.try_fold(stimuli, |stimuli, form| stimuli.in_form(form))
    }
}
