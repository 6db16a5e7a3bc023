//! Archives: a log as files, for a copy elsewhere and for a way back.
//!
//! A folder with `manifest.json`, numbered parts of records in `segments/`, and parts of documents' texts in `texts/`. Each
//! part is one zstd frame of entries; the manifest has the digests of every part and, over all payloads, the
//! accumulated checksum and the head of the [tree](wire::tree). What holds here:
//!
//! - **An archive is what its manifest says.** It is written beside and renamed last, after everything that it names is
//!   written through. What an export that broke off left behind is known by its name, and the older archive is whole.
//! - **Parts never change.** An archive grows by further parts.
//! - **A flipped bit is found and located**: by file through the manifest, and by position through the check that every
//!   entry carries.
//! - **A text that is missing is told.** It keeps no archive from being written or imported: the manifest names it.
//! - **A log is imported whole or refused.** Everything is checked before the first append, and a log whose import has not
//!   ended is opened by nothing but its import.

mod check;
mod export;
mod import;
mod manifest;
mod part;
mod read;

use std::io;
use std::path::{Path, PathBuf};

use crate::append::AppendError;
use crate::error::Cause;

pub use self::check::{Flaw, Report, Wrong, check};
pub use self::export::{ExportOptions, Exported, Limits};
pub use self::import::Imported;
pub use self::manifest::{ErasedText, Head, Lack, Manifest, MissingText, Part, TextParts};

/// Why an archive was not written, or a log not restored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder of the archive cannot be read or written.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The archive or the log is not what this may be done with. Nothing was written.
    #[error("{0}")]
    Refused(String),
    /// The log or the archive is damaged; `verify` says more.
    #[error("{0}")]
    Damaged(String),
    /// The key is none, or cannot sign.
    #[error("the key cannot be used: {0}")]
    Key(String),
    /// The log does not answer, or not as it must.
    #[error(transparent)]
    Log(#[from] crate::Error),
    /// A record was not appended, again and again. What was appended stays; the import goes on when it is repeated.
    #[error("cannot append position {position}")]
    Append {
        /// The record.
        position: u64,
        /// Why not.
        #[source]
        source: Cause,
    },
}

impl Error {
    fn file(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { doing, path, source }
    }

    fn append(position: u64, error: AppendError) -> Self {
        Self::Append { position, source: error.into() }
    }
}

#[cfg(test)]
mod tests;
