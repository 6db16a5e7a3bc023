//! What travels and what stays: the record format, subjects, and the messages between query and projector.
//!
//! Stored bytes are never decoded, changed and encoded again. Event types that this version does not know are an
//! error; unknown fields are fine.

pub mod json;
pub mod record;
pub mod subject;
pub mod tree;
pub mod view;

#[cfg(test)]
mod golden;

/// The protobuf types as generated, for what reads and writes them in this crate.
#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated code; its documentation stands in proto/")]
pub(crate) mod proto {
    pub(crate) mod event {
        include!(concat!(env!("OUT_DIR"), "/gainsay.event.v1.rs"));
    }
}
