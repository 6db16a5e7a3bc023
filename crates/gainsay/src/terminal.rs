//! Writing for people: colour, width, and text that does to a terminal only what text does.

use std::fmt::Display;
use std::io::IsTerminal;

/// Columns where the terminal does not tell.
const WIDTH_DEFAULT: u16 = 100;
/// Below this a table is a column of letters.
const WIDTH_MIN: u16 = 40;

/// How output looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Whether to use colour.
    pub colour: bool,
    /// Columns.
    pub width: u16,
}

impl Terminal {
    /// Standard output: colour on a terminal unless `NO_COLOR` is set (no-color.org).
    pub fn stdout() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let colour = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = comfy_table::Table::new().width().filter(|_| is_terminal).or(columns).unwrap_or(WIDTH_DEFAULT);
        Self { colour, width: width.max(WIDTH_MIN) }
    }

    /// For headings.
    pub fn bold(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    /// For what matters less.
    pub fn dim(self, text: impl Display) -> String {
        self.paint("2", text)
    }

    /// For what is well.
    pub fn green(self, text: impl Display) -> String {
        self.paint("32", text)
    }

    /// For what deserves a look.
    pub fn yellow(self, text: impl Display) -> String {
        self.paint("33", text)
    }

    /// For what is amiss.
    pub fn red(self, text: impl Display) -> String {
        self.paint("31", text)
    }

    fn paint(self, code: &str, text: impl Display) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// Text from elsewhere on one line: control characters become spaces, and marks that reorder what stands around them
/// go. A quote must not move the cursor.
pub(crate) fn plain(text: &str) -> String {
    let reorders = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let letters = text.chars().filter(|letter| !reorders(*letter));
    let spaced: String = letters.map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text, with an ellipsis where it goes on.
pub(crate) fn shorten(text: &str, len_max: usize) -> String {
    match text.char_indices().nth(len_max) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
