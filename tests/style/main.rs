//! The style of documentation, comments and messages that CONTRIBUTING.md asks for, and the size of files.

use std::fs;
use std::path::Path;

/// The verbs that the documentation of a function may begin with.
const VERBS: &str = "\
    Adds Allocates Allows Analyses Appends Applies Assigns Averages Bins Bootstraps Borrows Bounds \
    Breaks Builds Calls Centers Checks Chooses Clamps Collects Compares Composes Computes Concatenates \
    Consumes Converts Copies Counts Creates Crops Cuts Deals Declares Decodes Decomposes Describes \
    Detects Determines Disables Divides Draws Drops Embeds Enables Encodes Ends Estimates Evaluates \
    Excludes Executes Explains Extracts Fails Fetches Fills Filters Finds Fits Flattens Folds \
    Formats Gathers Generates Gives Groups Hashes Ignores Includes Initializes Inserts Interpolates \
    Inverts Iterates Joins Keeps Learns Leaves Limits Lists Loads Locates Looks Lowers Makes Maps \
    Marks Matches Measures Merges Minimizes Moves Multiplies Names Normalizes Notes \
    Numbers Opens Orders Pads Parses Passes Performs Permutes Places Pools Predicts Prepares Prints \
    Projects Puts Raises Ranks Rates Reads Records Reduces Refuses Registers Rejects Removes \
    Renames Reorders Repeats Replaces Reports Requires Resamples Reserves Resizes Resolves \
    Retrieves Returns Rotates Rounds Runs Samples Scales Scores Searches Selects Sets Shortens \
    Shows Shuffles Simulates Skips Solves Sorts Splits Starts Stops Stores Subtracts Sums Swaps \
    Takes Tallies Tests Tiles Trains Transforms Transposes Treats Truncates Turns Unpacks Updates \
    Validates Verifies Visits Waits Widens Wraps Writes Yields";

/// Phrases that the documentation, comments and messages avoid.
const FORBIDDEN: &[&str] = &[
    "as it is",
    "as people have them",
    "came of",
    "can be had",
    "cannot be had",
    "cannot have",
    "could be had",
    "gone through",
    "holds good",
    "how alike",
    "in force",
    "is held against",
    "is said",
    "means nothing",
    "minimises",
    "namesake",
    "normalisation",
    "normalised",
    "not to be had",
    "of which each",
    "optimisation",
    "passed over",
    "people said",
    "recognised",
    "say so",
    "stand twice",
    "standardisation",
    "standardised",
    "stands twice",
    "summarise",
    "the rest of the crate",
    "thereof",
    "to be had",
    "what comes out",
    "whence",
    "whoever",
    "whom",
    "whose each",
];

/// The most lines that a file may have.
const MAX_LINES: usize = 400;

/// A file, and its path from the root of the repository.
struct Source {
    path: String,
    text: String,
}

/// Reads all `.rs` files in a folder of the repository.
fn sources(folder: &str) -> Vec<Source> {
    fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
        let entries = fs::read_dir(folder).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                collect(root, &path, sources);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root).unwrap().display().to_string();
                sources.push(Source { path, text });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    collect(root, &root.join(folder), &mut sources);
    assert!(!sources.is_empty(), "no files in {folder}");
    sources
}

/// The first paragraph of the documentation of a function.
#[derive(Debug, PartialEq)]
struct Summary {
    /// The line where the paragraph begins, from 1.
    line: usize,
    paragraph: String,
}

/// Returns the summaries of the documented functions in a file, except those of tests, whose documentation
/// states what is tested.
fn summaries(text: &str) -> Vec<Summary> {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let is_doc = |line: &str| line.starts_with("///") && !line.starts_with("////");
    let mut summaries = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if !is_doc(lines[at]) {
            at += 1;
            continue;
        }
        let first = at;
        while at < lines.len() && is_doc(lines[at]) {
            at += 1;
        }
        let docs = lines[first..at].iter().map(|line| line[3..].trim());
        let paragraph: Vec<&str> = docs.take_while(|line| !line.is_empty()).collect();
        let mut depth = 0;
        let mut is_test = false;
        while at < lines.len() {
            let is_attribute = depth > 0 || lines[at].starts_with("#[");
            if !is_attribute && !lines[at].starts_with("// ") {
                break;
            }
            is_test |= lines[at].starts_with("#[test]");
            if is_attribute {
                depth += lines[at].matches('[').count();
                depth -= lines[at].matches(']').count();
            }
            at += 1;
        }
        if lines.get(at).is_some_and(|line| is_function(line)) && !is_test {
            summaries.push(Summary {
                line: first + 1,
                paragraph: paragraph.join(" "),
            });
        }
    }
    summaries
}

/// Checks whether a line declares a function.
fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let qualifiers = [
        "pub", "const", "async", "unsafe", "extern", "\"C\"", "default",
    ];
    let is_qualifier =
        |word: &&str| qualifiers.contains(word) || word.starts_with("pub(") || word.ends_with(')');
    words.find(|word| !is_qualifier(word)) == Some("fn")
}

/// Returns what is wrong with the first paragraph of the documentation of a function.
fn fault(paragraph: &str) -> Option<&'static str> {
    let first = paragraph.split(' ').next().unwrap_or_default();
    let first = first.trim_end_matches([',', '.', ':']);
    if VERBS.split(' ').all(|verb| verb != first) {
        return Some(
            "does not begin with a verb in the third person (or the verb is not in VERBS)",
        );
    }
    let is_end = |(at, _): (usize, &str)| {
        let rest = &paragraph[at + 1..];
        rest.is_empty() || rest.starts_with([' ', ')'])
    };
    match paragraph.match_indices(['.', ':']).any(is_end) {
        true => None,
        false => Some("has no full stop or colon at the end of the first sentence"),
    }
}

/// Comments or a string literal: its words, each with its line, from 1.
type Prose = Vec<(String, usize)>;

/// Returns the prose in a file: consecutive line comments together, block comments, and string literals.
fn prose(text: &str) -> Vec<Prose> {
    let chars: Vec<char> = text.chars().collect();
    let starts = |at: usize, pattern: &str| {
        let mut pattern = pattern.chars().enumerate();
        pattern.all(|(offset, c)| chars.get(at + offset) == Some(&c))
    };
    let mut all: Vec<Prose> = Vec::new();
    // Where the last line comment ends, but for white space.
    let mut after_comment = None;
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let begin = at;
        let first_line = line;
        let is_in_name = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        if starts(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
            let content: String = chars[begin..at].iter().collect();
            let content = content.trim_start_matches(['/', '!']);
            let words = content.split_whitespace();
            let words = words.map(|word| (word.to_owned(), first_line));
            let is_blank = content.trim().is_empty();
            match all.last_mut() {
                Some(last) if after_comment == Some(begin) && !is_blank => last.extend(words),
                _ => all.push(words.collect()),
            }
            let mut next = at;
            while next < chars.len() && chars[next].is_whitespace() {
                line += usize::from(chars[next] == '\n');
                next += 1;
            }
            at = next;
            after_comment = (!is_blank).then_some(at);
            continue;
        }
        let end = if starts(at, "/*") {
            let mut depth = 0;
            let mut end = at;
            while end < chars.len() {
                if starts(end, "/*") {
                    depth += 1;
                    end += 2;
                } else if starts(end, "*/") {
                    depth -= 1;
                    end += 2;
                    if depth == 0 {
                        break;
                    }
                } else {
                    end += 1;
                }
            }
            Some((at + 2, end))
        } else if let Some(hashes) = (!is_in_name).then(|| raw_string(&chars[at..])).flatten() {
            let opened = at + hashes.prefix;
            let close = format!("\"{}", "#".repeat(hashes.count));
            let mut end = opened;
            while end < chars.len() && !starts(end, &close) {
                end += 1;
            }
            Some((opened, end + 1 + hashes.count))
        } else if chars[at] == '"' {
            let mut end = at + 1;
            while end < chars.len() && chars[end] != '"' {
                end += 1 + usize::from(chars[end] == '\\');
            }
            Some((at + 1, end + 1))
        } else {
            None
        };
        match end {
            Some((opened, end)) => {
                let end = end.min(chars.len());
                let content: String = chars[opened..end].iter().collect();
                let numbered = content.split('\n').enumerate();
                let words = numbered.flat_map(|(offset, part)| {
                    let words = part.trim_end_matches('\\').split_whitespace();
                    words.map(move |word| (word.to_owned(), first_line + offset))
                });
                all.push(words.collect());
                line += content.matches('\n').count();
                at = end;
            }
            // A character or a lifetime.
            None if chars[at] == '\'' && starts(at + 1, "\\") => {
                at += 3;
                while at < chars.len() && chars[at] != '\'' {
                    at += 1;
                }
                at += 1;
            }
            None if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') => {
                line += usize::from(chars[at + 1] == '\n');
                at += 3;
            }
            None => {
                line += usize::from(chars[at] == '\n');
                at += 1;
            }
        }
    }
    all
}

/// The beginning of a raw string literal.
struct RawString {
    /// Number of characters before its content.
    prefix: usize,
    /// Number of `#`.
    count: usize,
}

/// Parses the beginning of a raw string literal, if there is one.
fn raw_string(chars: &[char]) -> Option<RawString> {
    let r = chars.iter().take(2).position(|&c| c == 'r')?;
    if r == 1 && !matches!(chars[0], 'b' | 'c') {
        return None;
    }
    let count = chars[r + 1..].iter().take_while(|&&c| c == '#').count();
    let quote = r + 1 + count;
    (chars.get(quote) == Some(&'"')).then_some(RawString {
        prefix: quote + 1,
        count,
    })
}

/// Finds the phrases that a piece of prose contains, each with its line.
fn forbidden(prose: &Prose) -> Vec<(&'static str, usize)> {
    let mut text = String::from(" ");
    let mut begins = Vec::new();
    for (word, line) in prose {
        begins.push((text.len(), *line));
        text.push_str(&word.to_lowercase());
        text.push(' ');
    }
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let mut found = Vec::new();
    for phrase in FORBIDDEN {
        for (at, _) in text.match_indices(phrase) {
            let before = text[..at].chars().next_back();
            let after = text[at + phrase.len()..].chars().next();
            if is_apart(before) && is_apart(after) {
                let word = begins.partition_point(|&(begin, _)| begin <= at) - 1;
                found.push((*phrase, begins[word].1));
            }
        }
    }
    found
}

/// Fails with all violations, one a line.
#[track_caller]
fn require_none(violations: &[String], what: &str) {
    assert!(
        violations.is_empty(),
        "{} {what} (see CONTRIBUTING.md):\n{}",
        violations.len(),
        violations.join("\n")
    );
}

#[test]
fn functions_begin_with_a_verb_and_a_sentence() {
    let mut n_functions = 0;
    let mut violations = Vec::new();
    for source in sources("src") {
        for summary in summaries(&source.text) {
            n_functions += 1;
            if let Some(fault) = fault(&summary.paragraph) {
                let Summary { line, paragraph } = summary;
                violations.push(format!("{}:{line}: {paragraph:?} {fault}", source.path));
            }
        }
    }
    assert!(n_functions > 1000, "{n_functions}");
    require_none(&violations, "first lines");
}

#[test]
fn no_phrase_is_forbidden() {
    let mut violations = Vec::new();
    for source in ["src", "examples"].into_iter().flat_map(sources) {
        for (phrase, line) in prose(&source.text).iter().flat_map(forbidden) {
            violations.push(format!("{}:{line}: {phrase:?}", source.path));
        }
    }
    require_none(&violations, "phrases");
}

#[test]
fn files_are_short() {
    let sources = sources("src").into_iter();
    let with_length = sources.map(|source| (source.text.lines().count(), source.path));
    let violations: Vec<String> = with_length
        .filter(|&(n_lines, _)| n_lines > MAX_LINES)
        .map(|(n_lines, path)| format!("{path}: {n_lines} lines"))
        .collect();
    require_none(
        &violations,
        &format!("files of more than {MAX_LINES} lines"),
    );
}

// The checks themselves

#[test]
fn summaries_are_those_of_functions() {
    let text = r##"
/// A type.
struct Type;

impl Type {
    /// Returns one,
    /// or two.
    ///
    /// More.
    #[doc(alias = "one",
          alias = "two")]
    // Why.
    pub(crate) const fn one() {}
}

/// What is tested.
#[test]
fn test() {}

trait Trait {
    /// The length
    fn length(&self);
}
"##;
    let summary = |line, paragraph: &str| Summary {
        line,
        paragraph: paragraph.into(),
    };
    assert_eq!(
        summaries(text),
        [
            summary(6, "Returns one, or two."),
            summary(21, "The length")
        ]
    );
}

#[test]
fn summaries_have_a_verb_and_an_end() {
    for right in [
        "Returns 1.5 of x².",
        "Reads R² of: a file.",
        "Returns one of",
        "Sets n (see [`n`].)",
    ] {
        assert_eq!(fault(right).is_none(), right != "Returns one of", "{right}");
    }
    for wrong in [
        "",
        "The length.",
        "Return it.",
        "Returns",
        "Returns 1.5",
        "Rows of a file.",
    ] {
        assert!(fault(wrong).is_some(), "{wrong}");
    }
}

#[test]
fn phrases_are_found_in_prose_only() {
    let found =
        |text: &str| -> Vec<(&str, usize)> { prose(text).iter().flat_map(forbidden).collect() };
    assert_eq!(found("/// To Whom?"), [("whom", 1)]);
    assert_eq!(
        found("\n// These are passed\n    // over."),
        [("passed over", 2)]
    );
    assert_eq!(
        found("a(\"x\", 'y', \"cat stands \\\n twice\")"),
        [("stands twice", 1)]
    );
    assert_eq!(found("let q = '\"'; /* one\n whence */"), [("whence", 2)]);
    assert_eq!(found("r#\"\"whoever\" said\"#"), [("whoever", 1)]);
    assert_eq!(
        found("let x: &'a str = \"\\\"\"; // say so"),
        [("say so", 1)]
    );
    for fine in [
        "let whom = 1;",
        "// It is passed.\n\n// Over it.",
        "// These are passed\nlet over = 1;",
        "/// whomever, is_said",
        "f(\"passed\", \"over\")",
    ] {
        assert_eq!(found(fine), [], "{fine}");
    }
}
