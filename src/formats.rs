//! What files may look like.

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
