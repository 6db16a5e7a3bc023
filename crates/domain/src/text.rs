//! Free text that people type: bounded, and free of characters that no view could show.

use crate::Rejection;

/// The most bytes of free text in one record: with ids and envelope it stays below a message's 1 MiB.
pub const RECORD_LEN_MAX: usize = 768 * 1024;

/// Free text of a record: a title, a name, a note, a reason, a label. At most [`Text::LEN_MAX`] code points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// The longest free text in code points: 17 texts of this length and a full reading stay below a message's 1 MiB.
    pub const LEN_MAX: usize = 8_192;

    /// Accepts text that is not blank, not too long and has no control character but tab and line ends.
    pub fn parse(text: impl Into<String>, pointer: &str) -> Result<Self, Rejection> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(Rejection::invalid("text_blank", "the text is blank").at(pointer));
        }
        let len = text.chars().count();
        if len > Self::LEN_MAX {
            let detail = format!("the text has {len} code points, at most {} are taken", Self::LEN_MAX);
            return Err(Rejection::invalid("text_too_long", detail).at(pointer));
        }
        if let Some(at) = text.chars().position(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            let detail = format!("the text has a control character at code point {at}");
            return Err(Rejection::invalid("text_control_character", detail).at(pointer));
        }
        Ok(Self(text))
    }

    /// Text of a record in the log, which was checked when it was written.
    #[must_use]
    pub fn recorded(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses a text that may be absent.
pub fn optional(text: Option<String>, pointer: &str) -> Result<Option<Text>, Rejection> {
    text.map(|text| Text::parse(text, pointer)).transpose()
}

/// The form in which short texts are compared: NFC, trimmed, lower case.
#[must_use]
pub fn comparable(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfc().collect::<String>().trim().to_lowercase()
}

/// Checks that the texts of a record with lists fit into a message together.
pub fn check_total<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<(), Rejection> {
    let len: usize = texts.into_iter().map(str::len).sum();
    if len <= RECORD_LEN_MAX {
        return Ok(());
    }
    let detail = format!("the texts have {len} bytes together, at most {RECORD_LEN_MAX} are taken");
    Err(Rejection::invalid("texts_too_long", detail))
}

#[cfg(test)]
mod tests;
