//! What files may look like: features, ids, trials and dissimilarities that other programs wrote.
//!
//! A file is looked at before it is believed. What its content shows is found out (header, separator,
//! decimals, encoding, orientation); what it doesn't show is an error that says how to tell; and what was
//! found out is logged, through the [`log`] crate, at the levels `info` (how a file was understood) and `warn`
//! (what to check). The example programs print that on standard error, beside the answer.
//!
//! # Tables
//!
//! Files ending in `.csv`, `.tsv`, `.tab`, `.txt` and `.dat` are tables of text, whatever the ending says of
//! the separator:
//!
//! | what | is told by |
//! |---|---|
//! | separator: comma, semicolon, tab, white space | under which of them all rows have as many fields, most of them numbers |
//! | header | text above numbers; or numbers that count the columns (from 0 or 1), as pandas writes them, above numbers that are not whole. A first line of other numbers is data |
//! | decimal comma (`0,52`) | fields so written, and none with a point |
//! | the corner that R leaves out; a separator at the end of each line | the number of fields |
//! | encoding | UTF-8; UTF-16 by its byte order mark or its zero bytes; others by a [`TextEncoding`] |
//! | comments | lines that begin with `#` at the top; the last one may be the header, as of `numpy.savetxt` |
//! | missing values | an empty field, `.`, `NA`, `N/A`, `#N/A`, `<NA>`, `NaN`, `null`, `None`; allowed for pairs of an RDM where that is asked for, else an error that names the field |
//!
//! # Features
//!
//! [`FileSource`](crate::FileSource) reads arrays from `.npy`, `.npz`, `.safetensors` and `.mat` files (level
//! 5, `save -v7`), and tables. In a table, the column of ids is one named `id`, `stimulus`, `image`, … or else the
//! first with text; a column without a name (or named `index` or `Unnamed: 0`) that counts from 0 or 1 numbers
//! the rows, and is neither a feature nor an id.
//!
//! ```text
//! id,weight,size          0.12 0.93 4.1          ;0;1               "cat" "dog"
//! cat,4.2,0.3             0.55 0.20 3.9          cat;0,25;1,5       "w" 4.2 9.1
//! dog,9.1,0.6                                    dog;0,75;2,5       "s" 0.3 0.6
//!
//! with ids                numpy.savetxt          decimal commas     R write.table
//! ```
//!
//! # Rows without ids
//!
//! The rows of an array have no names, and are not the stimuli `0`, `1`, …: they are
//! [stimuli without ids](crate::Stimuli::unnamed), which are matched by position, where there are as many of
//! both, and otherwise refused. [`Stimuli::pairing_with`](crate::Stimuli::pairing_with) tells which it was. Ids for
//! rows come in a list ([`IdList`](crate::stimuli::IdList)): one id a line, or a column of a table. Where two files
//! write ids differently (folders, endings, case, accents), the error shows one of each and the
//! [form](crate::stimuli::IdForm) in which they would match.
//!
//! # Trials
//!
//! [`TripletSource`](crate::dataset::TripletSource) reads
//!
//! ```text
//! 0 1 2        image1,image2,image3,choice      head,winner,loser     center,left,right,answer
//! 2 3 1        cat,dog,car,car                  cat,dog,car           cat,car,dog,right
//!
//! the odd      ids or indices; the answer by    the order is the      an answer by value, position
//! one last     value or position                answer                or name of the column
//! ```
//!
//! and arrays of 3 columns (the odd one last) or 4 (the answer last), and archives with an array of queries and one
//! of responses. Columns with the participant, the response time and the type of the trial are kept. Where indices
//! count from is told by their range, or by a [`Counting`](crate::dataset::Counting).
//!
//! # Dissimilarities
//!
//! [`RdmFile`](crate::rdm::RdmFile) reads
//!
//! ```text
//! ,cat,dog,hen       0    0.1  0.8       0.1 0.8 0.9        item1,item2,dissimilarity,participant
//! cat,0,0.1,0.8      0.1  0    0.9       0.3 0.7 0.8        cat,dog,0.1,P1
//! dog,0.1,0,0.9      0.8  0.9  0                            cat,hen,0.8,P1
//! hen,0.8,0.9,0                                             dog,hen,0.9,P1
//!
//! square, with       square              a participant      a pair a row
//! labels                                 a row
//! ```
//!
//! and the same as arrays, also participants × n × n and transposed, where the number of stimuli tells. One of
//! the triangles may be empty; similarities are converted where that is asked for.
//!
//! # What is not read
//!
//! HDF5 (MATLAB 7.3 among it), pickles, spreadsheets and the like are refused by name, with a line of Python or R that
//! converts them.

use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;

use crate::error::{Error, Result};

/// The encoding of the letters in a text file. Default: UTF-8.
///
/// UTF-16 is recognised by its byte order mark, or by its zero bytes, and need not be named. Any name
/// of the Encoding Standard of the WHATWG can be, such as `windows-1252` (which `latin1` is a name for,
/// too), `shift_jis` or `macintosh`.
///
/// ```
/// use human_alignment::formats::TextEncoding;
///
/// let encoding: TextEncoding = "latin1".parse()?;
/// assert_eq!(encoding.to_string(), "windows-1252");
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// UTF-8.
    pub const UTF_8: TextEncoding = TextEncoding(encoding_rs::UTF_8);

    /// Windows-1252, which older versions of Excel save tables in.
    pub const WINDOWS_1252: TextEncoding = TextEncoding(encoding_rs::WINDOWS_1252);

    /// Returns the encoding, unless it is UTF-8.
    pub(crate) fn other_than_utf8(self) -> Option<&'static Encoding> {
        (self.0 != encoding_rs::UTF_8).then_some(self.0)
    }
}

impl Default for TextEncoding {
    fn default() -> Self {
        Self::UTF_8
    }
}

impl FromStr for TextEncoding {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let encoding = Encoding::for_label_no_replacement(name.as_bytes());
        encoding.map(Self).ok_or_else(|| {
            let expected = "the name of an encoding, such as utf-8 or windows-1252";
            Error::parameter("encoding", expected, name)
        })
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name().to_ascii_lowercase())
    }
}
