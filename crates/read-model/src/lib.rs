//! What the log amounts to: the store of records and their indexes, and the views that are folded from it.
//!
//! This crate alone names sled. What holds here:
//!
//! - **One commit.** Records and the checkpoint are written in one atomic batch; a record that comes again changes
//!   nothing.
//! - **Rebuildable.** Everything in a [`Store`] follows from the log. A store that cannot be opened, that panics or
//!   that does not match its own checkpoint is put aside whole by [`generation`], and a new one is filled.
//! - **Pure views.** A view is a function of the records up to a position, the policy, the viewer and what is left out:
//!   [`View::answer`] at a position gives the same answer for ever, however the store is compacted.
//! - **References as written.** Which records concern a subject is a pure function of the one record
//!   ([`subject::of`]); views check what they find on the folded state.

mod dump;
mod entry;
mod error;
pub mod generation;
mod snapshot;
mod store;
pub mod subject;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod veil;
mod view;

pub use dump::{DumpError, dump};
pub use entry::Entry;
pub use error::Error;
pub use generation::Generations;
pub use snapshot::{Loaded, Snapshot};
pub use store::{Checkpoint, Payload, SCHEMA, Store};
pub use view::{BoardCache, View};
