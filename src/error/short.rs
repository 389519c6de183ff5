//! What an error shows of names, lists and shapes, which come from files and can be of any length.

use std::fmt;

/// The most characters that are shown of a name.
const MAX_CHARS: usize = 120;

/// The most axes that are shown of a shape, and numbers of a list.
const MAX_NUMBERS: usize = 8;

/// The largest number of ids that an error names.
pub(crate) const NAMED_IDS: usize = 8;

/// Returns the beginning of a text, and an ellipsis if there is more.
fn beginning(text: &str, max_chars: usize) -> (&str, &'static str) {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => (&text[..end], "…"),
        None => (text, ""),
    }
}

/// A text.
pub(crate) struct Short<'a>(pub &'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, more) = beginning(self.0, MAX_CHARS);
        write!(f, "{text}{more}")
    }
}

/// A name in quotation marks.
pub(crate) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, more) = beginning(self.0, MAX_CHARS);
        write!(f, "{text:?}{more}")
    }
}

/// Numbers, such as the lengths of axes.
pub(crate) struct Numbers<'a, T>(pub &'a [T]);

impl<T: fmt::Debug> fmt::Display for Numbers<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0.len();
        if n <= MAX_NUMBERS {
            return write!(f, "{:?}", self.0);
        }
        let shown: Vec<String> = self.0[..MAX_NUMBERS]
            .iter()
            .map(|x| format!("{x:?}"))
            .collect();
        write!(f, "[{}, … ({n} in all)]", shown.join(", "))
    }
}

/// All names, where they are few.
pub(crate) struct List<'a>(pub &'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The largest number of names that are shown.
        const NAMED: usize = 24;

        let n = self.0.len();
        if n == 0 {
            return f.write_str("none");
        }
        write_joined(f, &self.0[..n.min(NAMED)])?;
        match n > NAMED {
            true => write!(f, ", … ({n} in all)"),
            false => Ok(()),
        }
    }
}

/// The first few of `total` names.
pub(crate) struct Sample<'a> {
    pub(crate) ids: &'a [String],
    pub(crate) total: usize,
}

impl fmt::Display for Sample<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = &self.ids[..self.ids.len().min(NAMED_IDS)];
        write_joined(f, ids)?;
        if self.total > ids.len() {
            write!(f, ", …")?;
        }
        Ok(())
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, items: &[String]) -> fmt::Result {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            write!(f, ", ")?;
        }
        write!(f, "{}", Quoted(item))?;
    }
    Ok(())
}

/// Returns a text of another library on one line.
pub(crate) fn on_one_line(text: &str) -> String {
    /// The largest number of characters that are shown.
    const MAX_CHARS: usize = 1000;

    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let text = lines.join(" ");
    let (text, more) = beginning(&text, MAX_CHARS);
    format!("{text}{more}")
}
