//! Why the store does not answer.

use std::path::PathBuf;

/// Why the store does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed.
    #[error("the store's engine failed")]
    Engine(#[from] sled::Error),
    /// The store contradicts itself or its checkpoint.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A record does not follow the one before it.
    #[error("record {found} came where {expected} was due")]
    Gap {
        /// The position that was due.
        expected: u64,
        /// The position that came.
        found: u64,
    },
    /// Another process has the folder.
    #[error("another process uses `{}`", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {doing}")]
    Io {
        /// What was tried.
        doing: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// Whether a new store, filled from the log, mends it.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Engine(_) | Self::Damaged(_)) && !self.is_of_the_machine()
    }

    /// Whether a new store in the same place would fail alike, as on a full disk. The engine takes nothing more after
    /// such an error: the store is to be opened anew.
    #[must_use]
    pub fn is_of_the_machine(&self) -> bool {
        use std::io::ErrorKind::{OutOfMemory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        /// The process or the machine has too many files open.
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        let source = match self {
            Self::Engine(sled::Error::Io(source)) | Self::Io { source, .. } => source,
            Self::Engine(_) | Self::Damaged(_) | Self::Gap { .. } | Self::InUse { .. } => return false,
        };
        matches!(source.kind(), OutOfMemory | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
            || matches!(source.raw_os_error(), Some(ENFILE | EMFILE))
    }

    pub(crate) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged(detail.into())
    }

    pub(crate) fn io(doing: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { doing: doing.into(), source }
    }
}
