//! The one error type of the crate.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::images::IMAGE_FILES;
use crate::stimuli::NearMiss;

mod report;
mod short;

use short::{List, Numbers, Sample, Short, on_one_line};
pub(crate) use short::{NAMED_IDS, Quoted};

/// What every fallible function of the crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a library underneath (a parser, an archive reader), kept as the source.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong, with the values that show where.
///
/// As is the convention of the standard library, the text of an error does not repeat that of its
/// [`source`](std::error::Error::source); [`report`](Self::report) says everything on one line.
///
/// Indices are 0-based positions of rows, columns and trials; lines of text files are 1-based, as
/// editors count them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// A file could not be written; what was there before is untouched.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// The content of a file was refused for the reason given by `source`.
    #[error("{}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        source: Box<Error>,
    },

    /// A file is not of the format that its name promises.
    #[error("not a readable {format} file")]
    Malformed {
        /// The format that was expected, such as `npy`.
        format: &'static str,
        /// What the parser said.
        source: BoxedError,
    },

    /// The ending of a file name is none that the crate reads.
    #[error("cannot tell the format of {} from its name (expected {expected})", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// The endings that are read.
        expected: &'static str,
    },

    /// A file is of a known format that the crate doesn't read.
    #[error("{} is {format}, which is not read: {remedy}", path.display())]
    ForeignFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: &'static str,
        /// How to convert it.
        remedy: &'static str,
    },

    /// The elements of an array have a type that can't be read as numbers here.
    #[error(
        "elements of type {} cannot be read (expected {expected})",
        Short(found)
    )]
    UnsupportedElement {
        /// The types that are read.
        expected: &'static str,
        /// The type that the file declares.
        found: String,
    },

    /// An array has another shape than it needs.
    #[error("{what} has shape {} (expected {expected})", Numbers(found))]
    Shape {
        /// Which array.
        what: &'static str,
        /// The shape in words.
        expected: String,
        /// The shape that came.
        found: Vec<u64>,
    },

    /// A file ends before the data that its header declares.
    #[error("the header declares {expected} bytes of data, but only {found} are there")]
    Truncated {
        /// Bytes of data that the header declares (saturating).
        expected: u64,
        /// Bytes of data that the file holds.
        found: u64,
    },

    /// An image ends before all of it is there.
    #[error("the {format} image is cut short: its end is missing")]
    ImageCutShort {
        /// The format of the image.
        format: &'static str,
    },

    /// An image has no pixels, or more than are allowed; it was not decoded.
    #[error(
        "the image has {width}×{height} pixels (expected 1 to {limit}, and no side longer than {longest})"
    )]
    ImageSize {
        /// Its width in pixels.
        width: u64,
        /// Its height in pixels.
        height: u64,
        /// The most pixels that are allowed.
        limit: u64,
        /// The longest side that is allowed.
        longest: u64,
    },

    /// More memory would be needed than can be had.
    #[error("{what} would need {bytes} bytes of memory, which cannot be had")]
    OutOfMemory {
        /// What was to be held.
        what: &'static str,
        /// How many bytes it needs (saturating).
        bytes: u64,
    },

    /// An archive holds no array of that name, or several where one was to be chosen.
    #[error("{} (there are: {})", no_array(name), List(available))]
    NoSuchArray {
        /// The name that was asked for; empty where none was given.
        name: String,
        /// The names that are there.
        available: Vec<String>,
    },

    /// One of the arrays of a file was refused for the reason given by `source`.
    #[error("array {}", Quoted(name))]
    InArray {
        /// The name of the array.
        name: String,
        /// What is wrong with it.
        source: Box<Error>,
    },

    /// A table has no such column.
    #[error("no column {} (there are: {})", Quoted(name), List(available))]
    NoSuchColumn {
        /// The name that was asked for.
        name: String,
        /// The names in the header.
        available: Vec<String>,
    },

    /// A row of a text file has more or fewer fields than it should.
    #[error("line {line} has {found} fields (expected {expected}, as in the rows above it)")]
    RaggedRow {
        /// The line, counted from 1.
        line: u64,
        /// Fields that were expected.
        expected: usize,
        /// Fields that are there.
        found: usize,
    },

    /// A text file is not in the encoding that it is read in.
    #[error(
        "line {line}: the byte 0x{byte:02X} is not UTF-8; the file may be in Windows-1252, as older \
         versions of Excel save it: name its encoding (--encoding windows-1252), or save it as UTF-8"
    )]
    Encoding {
        /// The line, counted from 1.
        line: u64,
        /// The byte.
        byte: u8,
    },

    /// A value is missing where all are needed.
    #[error(
        "line {line}, {}: the value is missing ({found:?})",
        field_name(*field, column)
    )]
    MissingValue {
        /// The line, counted from 1.
        line: u64,
        /// The field, counted from 1.
        field: usize,
        /// The name of its column; empty where it has none.
        column: String,
        /// The text that is there.
        found: String,
    },

    /// A feature is missing.
    #[error("every stimulus needs all features: leave its row out, or fill the value in")]
    MissingFeature {
        /// Which.
        source: Box<Error>,
    },

    /// The content of a file can be read in more than one way.
    #[error("it does not show {}: {remedy}", on_one_line(what))]
    Ambiguous {
        /// What it does not show.
        what: String,
        /// How to say it.
        remedy: &'static str,
    },

    /// Rows without ids can't be matched, because there are not as many of both.
    #[error(
        "{available} cannot be matched with {needed}: rows without ids are matched by position, which \
         takes as many of both; give the ids of the rows (--ids)"
    )]
    NotPaired {
        /// What was to be matched.
        needed: String,
        /// What it was to be matched with.
        available: String,
    },

    /// There are more or fewer ids than rows.
    #[error(
        "there are {n_rows} rows, and other ids than that: {ids}; the list needs one id a row, and no \
         header"
    )]
    IdCount {
        /// The ids, in words.
        ids: String,
        /// The rows.
        n_rows: usize,
    },

    /// A field of a text file is not the number it should be.
    #[error("line {line}, {}: {} is not {expected}", field_name(*field, column), Quoted(found))]
    NotANumber {
        /// The line, counted from 1.
        line: u64,
        /// The field, counted from 1.
        field: usize,
        /// The name of its column; empty where it has none.
        column: String,
        /// What kind of number was expected.
        expected: &'static str,
        /// The text that is there.
        found: String,
    },

    /// The description beside a matrix belongs to another matrix: one of the two files is stale.
    #[error("{} describes a matrix with SHA-256 {}, but the matrix beside it has {}; \
         one of the two is stale", sidecar.display(), Short(expected), Short(found))]
    StaleSidecar {
        /// The file with ids and provenance.
        sidecar: PathBuf,
        /// The digest that it records.
        expected: String,
        /// The digest of the matrix.
        found: String,
    },

    /// A feature is NaN or infinite.
    #[error(
        "row {row} ({}), column {column}: {value} is not finite",
        Quoted(stimulus)
    )]
    NotFinite {
        /// The row, counted from 0.
        row: usize,
        /// The stimulus of that row.
        stimulus: String,
        /// The column, counted from 0.
        column: usize,
        /// The value.
        value: f64,
    },

    /// A feature is larger than an `f32` can be.
    #[error(
        "row {row} ({stimulus:?}), column {column}: {value:e} is beyond ±3.4e38, the largest size of a feature; divide the features by a constant"
    )]
    FeatureOutOfRange {
        /// The row, counted from 0.
        row: usize,
        /// The stimulus of that row.
        stimulus: String,
        /// The column, counted from 0.
        column: usize,
        /// The value.
        value: f64,
    },

    /// A row of features has another length than the first.
    #[error("row {row} ({stimulus:?}) has {found} features where row 0 has {expected}")]
    RaggedFeatures {
        /// The row, counted from 0.
        row: usize,
        /// The stimulus of that row.
        stimulus: String,
        /// Features of the first row.
        expected: usize,
        /// Features of this row.
        found: usize,
    },

    /// Two rows of a set of stimuli carry the same id.
    #[error("stimulus {} stands twice, at {first} and {second}", Quoted(id))]
    DuplicateStimulus {
        /// The id.
        id: String,
        /// Position of its first occurrence, counted from 0.
        first: usize,
        /// Position of the second.
        second: usize,
    },

    /// Two image files carry the name of one stimulus.
    #[error("stimulus {} has two images: {} and {}", Quoted(id), first.display(), second.display())]
    DuplicateImage {
        /// The id.
        id: String,
        /// Its first image.
        first: PathBuf,
        /// The second.
        second: PathBuf,
    },

    /// A folder holds no images.
    #[error(
        "there are no images (expected {IMAGE_FILES} files){}",
        other_files(*n_ignored, ignored)
    )]
    NoImages {
        /// How many other files there are.
        n_ignored: usize,
        /// The names of the first few.
        ignored: Vec<String>,
    },

    /// A folder holds images beside folders of images, so that it is not clear which are meant.
    #[error(
        "it holds {n_own} images, and {n_inner} in folders within it ({}): name one of these folders, or \
         read all images (ImageFiles::in_tree, --recursive)",
        List(folders)
    )]
    MixedFolder {
        /// Images in the folder itself.
        n_own: usize,
        /// Images in folders within it.
        n_inner: usize,
        /// The names of the first few of these folders, in order.
        folders: Vec<String>,
    },

    /// Symbolic links lead to one folder on two ways.
    #[error(
        "{} and {} are one folder by a symbolic link: remove the link, or list the files",
        first.display(),
        second.display()
    )]
    SameFolder {
        /// One way to it.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },

    /// A stimulus has no id.
    #[error("the stimulus at {position} has an empty id")]
    EmptyStimulusId {
        /// Its position, counted from 0.
        position: usize,
    },

    /// A stimulus index lies beyond the set.
    #[error("stimulus index {index} is out of range: there are {n_stimuli} stimuli")]
    StimulusOutOfRange {
        /// The index.
        index: usize,
        /// Stimuli in the set.
        n_stimuli: usize,
    },

    /// Stimuli that are needed are not there.
    #[error(
        "{n_missing} of {n_needed} stimuli{} are missing{}: {}{near_miss}",
        of(near_miss.needed_by.as_deref()),
        hint(*n_missing, *n_needed),
        Sample { ids, total: *n_missing }
    )]
    MissingStimuli {
        /// The first few missing ids, in order.
        ids: Vec<String>,
        /// How many are missing in all.
        n_missing: usize,
        /// How many were needed.
        n_needed: usize,
        /// What the ids on both sides look like.
        near_miss: Box<NearMiss>,
    },

    /// Stimuli are there that should not be.
    #[error("{n_extra} stimuli are not among those expected: {}", Sample { ids, total: *n_extra })]
    ExtraStimuli {
        /// The first few extra ids, in order.
        ids: Vec<String>,
        /// How many are extra in all.
        n_extra: usize,
    },

    /// Trials show stimuli that are not represented.
    #[error(
        "{n_trials} of {n_total} trials show stimuli without features; they can be dropped \
         (--drop-missing)"
    )]
    TrialsOfOthers {
        /// Trials that show such stimuli.
        n_trials: usize,
        /// All trials.
        n_total: usize,
        /// Which stimuli those are.
        source: Box<Error>,
    },

    /// The answer of a trial refers to none of its stimuli.
    #[error(
        "trial {trial}: the answer {answer} is neither one of its stimuli nor the position or column of one"
    )]
    UnknownAnswer {
        /// The trial, counted from 0.
        trial: u64,
        /// The answer.
        answer: String,
    },

    /// A trial is not one that people could have answered.
    #[error("trial {trial}: {problem}")]
    InvalidTrial {
        /// The trial, counted from 0.
        trial: u64,
        /// What is wrong with it.
        problem: TrialProblem,
    },

    /// The frequencies of the pairs of a question are none that choices can have.
    #[error(
        "question {question}: {found:?} are no frequencies of its pairs (expected finite numbers, none \
         negative and one positive, of pairs that can be chosen)"
    )]
    InvalidFrequencies {
        /// The question, counted from 0.
        question: usize,
        /// The frequencies.
        found: [f64; 3],
    },

    /// An object has less than nothing of a concept.
    #[error(
        "stimulus {} has {value} of dimension {dimension}: no concept can be there less than not \
         at all",
        Quoted(stimulus)
    )]
    NegativeConcept {
        /// The stimulus.
        stimulus: String,
        /// The dimension, counted from 0.
        dimension: usize,
        /// The value.
        value: f64,
    },

    /// A source of choices has no answer to the question of a trial.
    #[error("trial {trial}: its question is not answered, or not so often")]
    Unanswered {
        /// The trial, counted from 0.
        trial: usize,
    },

    /// The probabilities of the pairs of a question are none.
    #[error(
        "question {question}: {} are no probabilities of its pairs (expected numbers in [0, 1] that \
         sum to 1)",
        Numbers(found)
    )]
    InvalidProbabilities {
        /// The question, counted from 0.
        question: usize,
        /// The probabilities.
        found: Vec<f64>,
    },

    /// In every question, all pairs are equally similar.
    #[error(
        "all pairs of every question are equally similar: no temperature makes choices more probable than \
         another"
    )]
    EqualSimilarities,

    /// The loss of a learner is not finite.
    #[error("the loss became {loss}, which is not finite")]
    LossNotFinite {
        /// The loss.
        loss: f64,
    },

    /// There are no trials (or none is left) to say anything about.
    #[error("there are no trials")]
    NoTrials,

    /// More trials than one tally can count without overflow.
    #[error("{found} trials are more than one tally can hold ({limit})")]
    TooManyTrials {
        /// The most that it holds.
        limit: u64,
        /// How many there are.
        found: u64,
    },

    /// One of several arrangements of stimuli was refused for the reason given by `source`.
    #[error("arrangement {trial}")]
    InTrial {
        /// The trial, counted from 0.
        trial: usize,
        /// What is wrong with it.
        source: Box<Error>,
    },

    /// Two arrangements share no pair of stimuli, not even through other ones.
    #[error(
        "arrangements {first} and {second} share no pair of stimuli, not even through other \
         arrangements: the scale between them is undefined"
    )]
    Disconnected {
        /// One trial, counted from 0.
        first: usize,
        /// The other.
        second: usize,
    },

    /// An iteration did not end.
    #[error("{what} did not converge")]
    NotConverged {
        /// The iteration.
        what: &'static str,
    },

    /// A zero vector has no direction, so its cosine is undefined.
    #[error(
        "stimulus {} is a zero vector: its cosine similarity is undefined",
        Quoted(stimulus)
    )]
    ZeroVector {
        /// The stimulus.
        stimulus: String,
    },

    /// A row whose features are all equal has no variance, so its correlation is undefined.
    #[error(
        "the features of stimulus {} are all equal: its correlation is undefined",
        Quoted(stimulus)
    )]
    ConstantRow {
        /// The stimulus.
        stimulus: String,
    },

    /// The dissimilarity of two stimuli (or of one with itself) is not what it has to be.
    #[error("pair ({}, {}): {problem}", Quoted(first), Quoted(second))]
    InvalidPair {
        /// One stimulus.
        first: String,
        /// The other.
        second: String,
        /// What is wrong with their dissimilarity.
        problem: PairProblem,
    },

    /// A matrix reads like similarities where dissimilarities are needed.
    #[error(
        "these look like similarities ({evidence}), and dissimilarities are needed: say so to have \
         them converted (--similarities)"
    )]
    LooksLikeSimilarities {
        /// What speaks for it.
        evidence: String,
    },

    /// A number of dissimilarities is not that of all pairs of any number of stimuli.
    #[error("{found} dissimilarities are not those of all pairs, n(n−1)/2, of any n stimuli")]
    NotAllPairs {
        /// How many there are.
        found: usize,
    },

    /// The dissimilarities don't vary, so that what was asked of them is undefined.
    #[error("the dissimilarities do not vary: {undefined} is undefined")]
    ConstantRdm {
        /// What is undefined.
        undefined: &'static str,
    },

    /// The dissimilarities are a linear combination of those held constant, so that nothing is left
    /// of them.
    #[error(
        "the dissimilarities are a linear combination of those held constant: {undefined} is \
         undefined"
    )]
    CollinearRdm {
        /// What is undefined.
        undefined: &'static str,
    },

    /// One of several dissimilarity matrices was refused for the reason given by `source`.
    #[error("RDM of {}", Short(name))]
    InRdm {
        /// The person or the model.
        name: String,
        /// What is wrong with it.
        source: Box<Error>,
    },

    /// The same person (in the same session) stands twice in a set.
    #[error(
        "participant {} stands twice, at {first} and {second}",
        Quoted(participant)
    )]
    DuplicateParticipant {
        /// The person and session.
        participant: String,
        /// Position of the first occurrence, counted from 0.
        first: usize,
        /// Position of the second.
        second: usize,
    },

    /// A target has the same value for all stimuli that it is scored on.
    #[error("target {target} does not vary: its R² is undefined")]
    ConstantTarget {
        /// The target, counted from 0.
        target: usize,
    },

    /// A fit passes through the target of a stimulus whatever it is, so that its error says nothing.
    #[error(
        "with penalty {penalty:e} the fit passes through the target of stimulus {} \
         whatever it is: the error of leaving it out is undefined",
        Quoted(stimulus)
    )]
    FullLeverage {
        /// The stimulus.
        stimulus: String,
        /// The penalty.
        penalty: f64,
    },

    /// One of several folds was refused for the reason given by `source`.
    #[error("fold {fold}")]
    InFold {
        /// The fold, counted from 0.
        fold: usize,
        /// What is wrong with it.
        source: Box<Error>,
    },

    /// One of several candidates was refused for the reason given by `source`.
    #[error("candidate {candidate}")]
    InCandidate {
        /// Its position, counted from 0.
        candidate: usize,
        /// What is wrong with it.
        source: Box<Error>,
    },

    /// Training ended in an epoch for the reason given by `source`.
    #[error("epoch {epoch}")]
    InEpoch {
        /// The epoch, counted from 1.
        epoch: usize,
        /// What went wrong in it.
        source: Box<Error>,
    },

    /// A network could not be computed.
    #[error("the network cannot be computed")]
    Computation {
        /// What the layer or the library underneath said.
        source: BoxedError,
    },

    /// A device that isn't there, or that the crate was built without.
    #[error("there is no device {}", Short(device))]
    NoDevice {
        /// The device.
        device: String,
        /// What the library underneath said.
        source: BoxedError,
    },

    /// An extraction was broken off; the same one goes on where it was.
    #[error("interrupted after {n_done} of {n_needed} images")]
    Interrupted {
        /// Images that are done.
        n_done: usize,
        /// Images that there are.
        n_needed: usize,
    },

    /// An unfinished extraction of something else lies where one is to go on.
    #[error(
        "{} is of an unfinished extraction with another network, weights, tap, preprocessing or images: \
         finish that one, or remove it and the .partial files beside it",
        path.display()
    )]
    OtherExtraction {
        /// The record of the other one.
        path: PathBuf,
    },

    /// A file that is no part of an extraction.
    #[error("this is no shard of an extraction")]
    NoShard,

    /// A part that doesn't belong to the others.
    #[error("shard {} is {what}", Short(shard))]
    ShardMismatch {
        /// The part.
        shard: String,
        /// Why it doesn't belong to them.
        what: &'static str,
    },

    /// Parts of an extraction that are not there.
    #[error("{n_missing} shards are missing: {}{}", shards.join(", "), if shards.len() < *n_missing { ", …" } else { "" })]
    MissingShards {
        /// How many.
        n_missing: usize,
        /// The first of them.
        shards: Vec<String>,
    },

    /// Published weights that are not on the hub under the names that the crate has.
    #[error("{} are not on the hub: read them from a file", Short(weights))]
    NotOnHub {
        /// The weights.
        weights: String,
    },

    /// A file of the hub that is not to be had.
    #[error("cannot have {file} of {} from the hub", Short(repository))]
    NotFetched {
        /// The repository.
        repository: String,
        /// The file.
        file: &'static str,
        /// What went wrong.
        source: BoxedError,
    },

    /// A name of something that isn't there.
    #[error("there is no {what} {}{}", Quoted(name), or_else(nearest))]
    UnknownName {
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
        /// The most similar names that there are.
        nearest: Vec<String>,
    },

    /// Parameters that are not those of a network.
    #[error(
        "not the parameters of this network: {}",
        mismatch(missing, unexpected, misshapen)
    )]
    WeightsMismatch {
        /// Parameters of the network that are not there.
        missing: Vec<String>,
        /// Parameters that are there and that the network hasn't.
        unexpected: Vec<String>,
        /// Parameters of another shape.
        misshapen: Vec<MisshapenTensor>,
    },

    /// All models are equally aligned, so that nothing can explain why one is more so than another.
    #[error("all models are equally aligned: what drives alignment is undefined")]
    EqualAlignment,

    /// There are fewer of something than a method needs.
    #[error("{found} {what} are too few (needed: {needed})")]
    TooFew {
        /// What there are too few of.
        what: &'static str,
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },

    /// The rows of a representation are all equal, so it tells no two stimuli apart.
    #[error(
        "the rows of representation {representation} are all equal: its alignment is undefined"
    )]
    ConstantRepresentation {
        /// Its position among those that are compared, counted from 0.
        representation: usize,
    },

    /// More than half of all pairs of rows are equal, so that the median distance sets no bandwidth.
    #[error(
        "the median distance between rows of representation {representation} is 0: \
         the bandwidth of its kernel is undefined"
    )]
    ZeroMedianDistance {
        /// Its position among those that are compared, counted from 0.
        representation: usize,
    },

    /// An estimate of a representation's dependence on itself, which has to divide others, is not
    /// positive.
    #[error(
        "the HSIC of representation {representation} with itself is {hsic:e}, not positive beyond \
         rounding: its CKA is undefined"
    )]
    HsicNotPositive {
        /// Its position among those that are compared, counted from 0.
        representation: usize,
        /// The estimate.
        hsic: f64,
    },

    /// A number that has no place in a figure: not finite, beyond ±1e150, or not positive on a
    /// logarithmic axis.
    #[error("the {what} of {} is {value}, which cannot be drawn", Quoted(of))]
    NotDrawable {
        /// Which number.
        what: &'static str,
        /// The model, the concept or the point that has it.
        of: String,
        /// The number.
        value: f64,
    },

    /// A figure that the library underneath could not draw.
    #[error("the figure cannot be drawn")]
    Drawing {
        /// What it said.
        source: BoxedError,
    },

    /// A parameter is outside its range.
    #[error("{name} must be {expected}, not {}", Short(found))]
    InvalidParameter {
        /// The parameter.
        name: &'static str,
        /// Its range in words.
        expected: &'static str,
        /// The value that came.
        found: String,
    },

    /// Two things that belong together have different lengths.
    #[error("{what}: {found} (expected {expected})")]
    LengthMismatch {
        /// Which count.
        what: &'static str,
        /// The count that was expected.
        expected: usize,
        /// The count that came.
        found: usize,
    },

    /// Two tallies, or two parts of one thing, do not belong together.
    #[error("cannot merge: {what} differs ({} and {})", Short(left), Short(right))]
    Incompatible {
        /// What differs.
        what: &'static str,
        /// Its value on one side.
        left: String,
        /// Its value on the other.
        right: String,
    },
}

impl Error {
    /// Returns the message followed by those of its sources, separated by `: `, on one line.
    ///
    /// ```
    /// use human_alignment::Stimuli;
    ///
    /// let error = Stimuli::read_column("missing.tsv", "id").unwrap_err();
    /// assert_eq!(error.to_string(), "cannot read missing.tsv");
    /// assert!(error.report().to_string().starts_with("cannot read missing.tsv: "));
    /// ```
    pub fn report(&self) -> impl fmt::Display + use<'_> {
        report::Report(self)
    }

    /// Wraps the error with the file it was found in.
    pub(crate) fn in_file(self, path: impl Into<PathBuf>) -> Self {
        match self {
            // These name their file already.
            Error::Read { .. }
            | Error::Write { .. }
            | Error::InFile { .. }
            | Error::ForeignFormat { .. }
            | Error::UnknownFormat { .. } => self,
            source => Error::InFile {
                path: path.into(),
                source: Box::new(source),
            },
        }
    }

    /// Puts the number of stimuli into an error of a reader that doesn't know it.
    pub(crate) fn among(mut self, n: usize) -> Self {
        let error = match &mut self {
            Error::InFile { source, .. } => source.as_mut(),
            error => error,
        };
        if let Error::InvalidTrial { problem, .. } = error
            && let TrialProblem::OutOfRange { n_stimuli, .. } = problem
        {
            *n_stimuli = n;
        }
        self
    }

    /// Wraps the error with the array of a file that it is about.
    pub(crate) fn in_array(self, name: &str) -> Self {
        match self {
            // The file could not be had at all.
            Error::Read { .. } => self,
            source => Error::InArray {
                name: name.into(),
                source: Box::new(source),
            },
        }
    }

    /// Wraps the error with whose dissimilarities it is about.
    pub(crate) fn in_rdm(self, name: impl fmt::Display) -> Self {
        Error::InRdm {
            name: name.to_string(),
            source: Box::new(self),
        }
    }

    /// Wraps the error with the fold of a cross-validation that it is about.
    pub(crate) fn in_fold(self, fold: usize) -> Self {
        Error::InFold {
            fold,
            source: Box::new(self),
        }
    }

    /// Wraps the error with the candidate that it is about.
    pub(crate) fn in_candidate(self, candidate: usize) -> Self {
        Error::InCandidate {
            candidate,
            source: Box::new(self),
        }
    }

    /// Wraps the error with the epoch of a training that it is about.
    pub(crate) fn in_epoch(self, epoch: usize) -> Self {
        Error::InEpoch {
            epoch,
            source: Box::new(self),
        }
    }

    /// A parameter outside its range.
    pub(crate) fn parameter(
        name: &'static str,
        expected: &'static str,
        found: impl fmt::Display,
    ) -> Self {
        Error::InvalidParameter {
            name,
            expected,
            found: found.to_string(),
        }
    }
}

/// Checks a number by which others are divided.
pub(crate) fn with_inverse(name: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() && value.recip().is_finite() {
        Ok(value)
    } else {
        // 1/MAX and MAX: the inverse of what is smaller overflows.
        let expected = "positive and finite, with a finite inverse (5.6e-309 to 1.8e308)";
        // Not with hundreds of zeros.
        Err(Error::parameter(name, expected, format_args!("{value:?}")))
    }
}

/// A parameter of another shape than a network needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisshapenTensor {
    /// The parameter.
    pub name: String,
    /// The shape that the network needs.
    pub expected: Vec<usize>,
    /// The shape that is there.
    pub found: Vec<usize>,
}

/// Such as ` (is it "resnet50", "resnet34"?)`.
fn or_else(nearest: &[String]) -> String {
    let quoted: Vec<String> = nearest
        .iter()
        .take(NAMED_IDS)
        .map(|name| Quoted(name).to_string())
        .collect();
    match quoted.is_empty() {
        true => String::new(),
        false => format!(" (is it {}?)", quoted.join(", ")),
    }
}

/// Such as `3 missing (fc.weight, …), 1 of another shape (conv1.weight: [64, 3, 7, 7], not [3])`.
fn mismatch(missing: &[String], unexpected: &[String], misshapen: &[MisshapenTensor]) -> String {
    /// How many are named.
    const NAMED: usize = 4;

    let few = |kind: &str, names: Vec<String>| match names.len() {
        0 => None,
        n => {
            let more = if n > NAMED { ", …" } else { "" };
            let named: Vec<String> = names[..n.min(NAMED)]
                .iter()
                .map(|name| Short(name).to_string())
                .collect();
            let named = named.join(", ");
            Some(format!("{n} {kind} ({named}{more})"))
        }
    };
    let shapes = misshapen.iter().map(|tensor| {
        let MisshapenTensor {
            name,
            expected,
            found,
        } = tensor;
        format!("{name}: {}, not {}", Numbers(found), Numbers(expected))
    });
    let parts = [
        few("missing", missing.to_vec()),
        few("unexpected", unexpected.to_vec()),
        few("of another shape", shapes.collect()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Why a trial is refused.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum TrialProblem {
    /// An index lies beyond the stimuli.
    OutOfRange {
        /// The index.
        index: u64,
        /// Stimuli in the set.
        n_stimuli: usize,
    },
    /// An index is below zero.
    Negative {
        /// The value.
        value: f64,
    },
    /// An index is no whole number.
    NotAnInteger {
        /// The value.
        value: f64,
    },
    /// An index is below the one that counting begins with.
    BelowFirst {
        /// The index.
        index: u32,
        /// Where counting begins.
        first: u32,
    },
    /// A stimulus stands in the trial more than once.
    Repeated {
        /// The index.
        index: u32,
    },
}

impl fmt::Display for TrialProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrialProblem::OutOfRange { index, n_stimuli } => {
                write!(
                    f,
                    "index {index} is out of range: there are {n_stimuli} stimuli"
                )?;
                match *index == *n_stimuli as u64 {
                    true => write!(f, " (if counting begins at 1, say so: --count-from 1)"),
                    false => Ok(()),
                }
            }
            TrialProblem::BelowFirst { index, first } => {
                write!(f, "index {index} is below {first}, where counting begins")
            }
            TrialProblem::Negative { value } => write!(f, "index {value} is negative"),
            TrialProblem::NotAnInteger { value } => write!(f, "index {value} is no whole number"),
            TrialProblem::Repeated { index } => write!(
                f,
                "stimulus {index} occurs twice; trials that show one twice can be dropped \
                 (--drop-repeated)"
            ),
        }
    }
}

/// Why the dissimilarity of a pair is refused.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum PairProblem {
    /// It is NaN or infinite.
    NotFinite {
        /// The value.
        value: f64,
    },
    /// It is missing where all pairs are needed.
    Missing,
    /// It is outside the scale on which people judged.
    OffScale {
        /// The value.
        value: f64,
        /// The lowest value of the scale.
        lowest: f64,
        /// The highest.
        highest: f64,
    },
    /// It is below 0 where that is undefined.
    Negative {
        /// The value.
        value: f64,
    },
    /// The two elements of a square matrix differ.
    Asymmetric {
        /// The element above the diagonal.
        upper: f64,
        /// The element below the diagonal.
        lower: f64,
        /// How far they may be apart.
        tolerance: f64,
    },
    /// The dissimilarity of a stimulus with itself is not 0.
    Diagonal {
        /// The value.
        value: f64,
        /// How far it may be from 0.
        tolerance: f64,
    },
}

impl fmt::Display for PairProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PairProblem::NotFinite { value } => write!(f, "{value} is not finite"),
            PairProblem::Missing => write!(
                f,
                "its dissimilarity is missing; where pairs may be missing, say so (--missing)"
            ),
            PairProblem::OffScale {
                value,
                lowest,
                highest,
            } => write!(f, "{value} is not on the scale from {lowest} to {highest}"),
            PairProblem::Negative { value } => write!(f, "{value} is negative"),
            PairProblem::Asymmetric {
                upper,
                lower,
                tolerance,
            } => write!(
                f,
                "the matrix is not symmetric: {upper} above the diagonal, {lower} below (tolerance \
                 {tolerance}); if both are judgments of the pair, average them (--average-triangles)"
            ),
            PairProblem::Diagonal { value, tolerance } => {
                write!(f, "the diagonal is {value}, not 0 (tolerance {tolerance})")
            }
        }
    }
}

/// Such as `; 3 other files are ignored ("a.heic", "b.heic", "c.heic")`.
fn other_files(n: usize, names: &[String]) -> String {
    match n {
        0 => String::new(),
        _ => format!(
            "; {n} other files are ignored: {}",
            Sample {
                ids: names,
                total: n
            }
        ),
    }
}

/// Such as ` of human.csv`.
fn of(place: Option<&str>) -> String {
    place.map_or(String::new(), |place| format!(" of {place}"))
}

/// Such as `field 3 ("weight")`.
fn field_name(field: usize, column: &str) -> String {
    match column.is_empty() {
        true => format!("field {field}"),
        false => format!("field {field} ({})", Quoted(column)),
    }
}

fn no_array(name: &str) -> String {
    if name.is_empty() {
        "it is not said which array holds the matrix".into()
    } else {
        format!("there is no array {}", Quoted(name))
    }
}

fn hint(n_missing: usize, n_needed: usize) -> &'static str {
    if n_missing == n_needed {
        " (no id is common to both: are these ids of the same stimuli?)"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crosses_threads() {
        fn crosses<T: Send + Sync + 'static>() {}
        crosses::<Error>();
    }

    #[test]
    fn names_what_is_missing() {
        let error = Error::MissingStimuli {
            ids: vec!["aardvark".into(), "abacus".into()],
            n_missing: 3,
            n_needed: 4,
            near_miss: Box::default(),
        };
        assert_eq!(
            error.to_string(),
            "3 of 4 stimuli are missing: \"aardvark\", \"abacus\", …"
        );
    }
}
