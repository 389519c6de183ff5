//! File formats for features, ids, trials and dissimilarities, including files written by other
//! programs.
//!
//! Properties of a file that its content determines (header, separator, decimal mark, encoding,
//! orientation) are detected. If the content does not determine a property, reading returns an
//! error that says how to specify it. What was detected is logged through the [`log`] crate, at the
//! levels `info` (how a file was interpreted) and `warn` (an interpretation that should be
//! checked). The example programs print the log to standard error.
//!
//! # Tables
//!
//! Files with the extensions `.csv`, `.tsv`, `.tab`, `.txt`, `.dat` and `.vec` are text tables. The
//! extension does not determine the separator:
//!
//! | property | detected by |
//! |---|---|
//! | separator: comma, semicolon, tab, spaces | all rows have the same number of fields, most of them numbers |
//! | header | text above numbers; or column numbers (from 0 or 1), as pandas writes them, above numbers that are not integers. Other numbers in the first line are data |
//! | decimal comma (`0,52`) | fields with a comma, and none with a point |
//! | thousands (`1.234` beside `987`) | an error if no number of the table shows that points mark decimals |
//! | missing corner field (as in R); separator at the end of each line | the number of fields |
//! | encoding | UTF-8, also if another one is given for a text with letters that are valid in it; UTF-16 by its byte order mark or its zero bytes; otherwise a given [`TextEncoding`] |
//! | a first line with the size of the table, as in word2vec files | the numbers of the following rows and fields |
//! | comments | lines that begin with `#` at the top, unless they are rows of a word and numbers; the last one may be the header, as with `numpy.savetxt` |
//! | missing values | an empty field, `.`, `NA`, `N/A`, `#N/A`, `<NA>`, `NaN`, `null`, `None`; allowed for pairs of an RDM if requested, otherwise an error that names the field |
//!
//! # Features
//!
//! [`FileSource`](crate::FileSource) reads arrays from `.npy`, `.npz`, `.safetensors` and `.mat`
//! files (level 5, `save -v7`), and tables. In a table, the ids are in a column named `id`,
//! `stimulus`, `image`, … or else in the first column with text. The words of an embedding may be numbers
//! (`0.5`) if most are not, and may have other spaces than the one between fields. A column without a name (or named
//! `index`, `Unnamed: 0`, `row` or `stim_nr`) that counts from 0 or 1 contains row numbers, and is
//! neither a feature nor an id. `True` and `False` are 1 and 0. Ids that are whole numbers may be
//! written as decimals (`7.0`).
//!
//! In an `.npz` or `.mat` file, the features are the only array that can be features, unless the
//! array is named. The ids are in another array of texts that are all different, whatever its name,
//! or, also in a `.safetensors` file, of whole numbers that are all different and not simply 0, 1,
//! 2, …, if its name is such as `ids`.
//!
//! What may be something else than a feature is an error that says how to read or ignore it. Where the
//! numbers can be features, [`FileSource::with_unchecked_content`](crate::FileSource::with_unchecked_content)
//! (`--unchecked`) reads them as such:
//!
//! - a field such as `?` or `12%`, which is not an id either, and numbers that appear to mark missing
//!   values (`-999`, or a single `-1` among ratings);
//! - columns of whole numbers with the name of a label, such as `class`, `trial` or `cluster_id`, or a
//!   first or last column `target` or `y` beside decimals;
//! - columns with names of their own beside columns that are numbered (`label` beside `f0` to `f6`), or
//!   that are named like a summary of others, their spread or a number of judgments (`total`, `n_ratings`,
//!   `size_sd` beside `size`, `VAL_N` beside `VAL_M`, `Percent_known`), or have the largest, smallest, mean or
//!   summed numbers of several others in every row;
//! - columns that number all rows beside decimals, in any order; a first column of whole numbers that
//!   are all different beside decimals; and a first or last column of an array that counts the rows;
//! - a second line of names or units, a first line of whole numbers that may number the columns, and a
//!   first or last row that is named like a summary (`mean`) or has the means or sums of the others;
//! - several arrays that can be the features, such as a matrix and a vector for as many stimuli; one
//!   that cannot be read, such as complex numbers; and one of which an array `mask` marks elements;
//! - other arrays of whole numbers that are all different, one for each row, as the rows may be in
//!   another order; arrays of Python objects, one for each row, which may be ids; names of classes beside
//!   numbers that count them (`classes` and `y`); and names of other stimuli than there are rows;
//! - a symmetric matrix with a diagonal of 0 whose array is named like dissimilarities.
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
//! The rows of an array without names beside it have no ids. They are
//! [stimuli without ids](crate::Stimuli::unnamed), not stimuli called `0`, `1`, …. They are matched
//! with other stimuli by position if both have the same number of rows; otherwise, or if the ids
//! count the rows in another order (`img1`, `img10`, `img2`), matching is an error.
//! [`Stimuli::pairing_with`](crate::Stimuli::pairing_with) returns how stimuli are matched. The ids
//! of rows can be given by a list ([`IdList`](crate::stimuli::IdList)): one id per line, or a
//! column of a table. A first line `id` or `stimulus` is the header of a list. Other first lines that are
//! named like stimuli (`image`), unlike most other lines, are an error, and so is a table with a column that
//! numbers its lines in another order. If two files write ids differently (folders, file extensions, case,
//! accents), the error shows an example of each and the [form](crate::stimuli::IdForm) in which they
//! would match.
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
//! and arrays of 3 columns (the odd one last) or 4 columns (the answer last), and archives with an
//! array of trials, one of answers and one of participants. Columns with the participant, the
//! response time and the type of the trial are kept. Three columns of which one is named after the
//! odd one (`odd`, `ooo`) may be in any order. The following are errors:
//!
//! - names of columns that are not known, an answer to another question (`most_similar_pair`), several
//!   possible answers, columns that tell whether one option was chosen (`choice_left`), answers of 1
//!   and −1, and a fourth stimulus;
//! - positions beside the order of the stimuli on the screen, in columns or in any text, such as HTML;
//! - answers beside columns such as `positive` and `negative` that are not the positive one in every
//!   row, and columns of any name whose fields are stimuli of their rows, beside trials in the order of
//!   the answer;
//! - many odd-one-out trials in which one of the three columns is never the odd one, as the head of
//!   anchored trials, and the odd one of a design (`odd` beside `correct`);
//! - numbers of equal answers (`count`) and weights;
//! - trials without answers in which all three stimuli are always in order, as in a list of questions,
//!   or the last two are, as if the odd one were first;
//! - a first line 0, 1, 2 that may number the columns;
//! - rows that are marked as practice (`trial_type`) or as excluded (`valid`, `timeout`), or that are of
//!   several loops of PsychoPy;
//! - several rows of each trial, which a column tells apart (`Zone Type`), and participants all of whose
//!   rows occur several times;
//! - two columns of participants that group the trials differently, labels of participants that differ
//!   only by leading zeros, `.0` or letter case, and labels that occur in several groups of people
//!   (`site`, `study`).
//!
//! Whether indices count from 0 or 1 is inferred from their range, or given by a
//! [`Counting`](crate::dataset::Counting). It has to be given if index 0 never occurs in trials that
//! would probably have it. If the stimuli have other numbers too, in a column beside
//! their ids or in ids such as `img10` that are in another order, indices are an error unless their
//! base is given.
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
//! and the same layouts as arrays, also participants × n × n, or transposed if the number of
//! stimuli determines this. One of the triangles may be empty; similarities are converted if
//! requested. Stimuli are matched by the labels of a table or by the names beside an array in an
//! `.npz` or `.mat` file. Numbers from 0 or 1 also match rows without ids, in the order of the
//! numbers. Arrays that name or list the pairs of an upper triangle give their order.
//!
//! A table with one row per pair may also have the pair in one column (`cat_dog`) or the judgments of each
//! person in one column (`P1`, `P2`). A diagonal of small judgments is left out. If no name tells whether
//! larger numbers mean less similar, they are read so, and this is noted.
//!
//! The following are errors unless similarities are converted: columns, arrays, labels of pairs
//! (`sim_cat_dog`), a first field or a comment that are named like similarities (`relatedness`, `r`);
//! and, if these names do not tell, a file named like similarities (`human_rsm`), a question such as `How
//! similar are cat and dog?`, and judgments of two words (`word1`, `word2`). The following are errors in any
//! case:
//!
//! - numbers that appear to mark missing judgments (the only negative one, or 99 or 77 far above all
//!   others), and stimuli that are least similar to themselves;
//! - columns or arrays that distinguish several rows of a pair (`task`), mark some judgments as practice,
//!   excluded or masked, or have several directions (`reversed`, or a `left_label` with `similar` and
//!   `different`);
//! - columns that number trials (`trial1`), raters or features of stimuli (`P1`, `dim1`) in place of pairs;
//! - an array with another order of the pairs, or with an order of the stimuli or pairs for each participant;
//!   lower triangles by name (`tril`, `rdm_lower`), except in `.mat` files; and symmetric matrices one below
//!   the other;
//! - an array that names the RDMs of a stack after layers, times, regions or the like (`layers`, `times`,
//!   `roi_names`), or a stack named so (`layer_rdms`), without an array of the participants;
//! - one column of judgments beside those of people (`P1`, `P2`), and participants that are means or
//!   sums of others or named unlike all others (`vgg16`);
//! - participants numbered from 1 in each `site` or `group`, or with labels such as `01` and `1`;
//! - as many participants as pairs without names of either, unless it is set that each row is a
//!   participant ([`RdmFile::with_condensed_rows`](crate::rdm::RdmFile::with_condensed_rows)).
//!
//! # Unsupported formats
//!
//! HDF5 (including MATLAB 7.3), pickles, spreadsheets, JSON, compressed files and similar formats are
//! rejected with an error that says how to convert them.

use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;

use crate::error::{Error, Result};

/// The character encoding of a text file. Default: UTF-8.
///
/// UTF-16 is recognized by its byte order mark or by its zero bytes, and does not have to be
/// specified. Any label of the WHATWG Encoding Standard can be parsed, such as `windows-1252` (also
/// called `latin1`), `shift_jis` or `macintosh`.
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
    /// The encoding UTF-8.
    pub const UTF_8: TextEncoding = TextEncoding(encoding_rs::UTF_8);

    /// The encoding Windows-1252, which older versions of Excel use for text tables.
    pub const WINDOWS_1252: TextEncoding = TextEncoding(encoding_rs::WINDOWS_1252);

    /// Returns the encoding, or `None` if it is UTF-8.
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
