//! The rules of gainsay: aggregates, commands, events, rejections, value types, permissions and status rules.
//!
//! Everything here is pure and total: no I/O, no async, no clock, no randomness. Time and ids arrive as arguments.
//! A command on an aggregate is decided by its `decide` (which holds every rule) and applied by `evolve` (which holds
//! none and cannot fail). What the readings of an incident amount to is worked out in [`attribution`].

pub mod access;
pub mod actor;
pub mod adjudication;
mod aggregate;
pub mod agreement;
pub mod anchor;
pub mod annotation;
pub mod assessment;
pub mod attribution;
pub mod claim;
mod code;
pub mod codebook;
pub mod derivation;
pub mod document;
pub mod edtf;
pub mod id;
pub mod identity;
pub mod import;
pub mod incident;
pub mod mentions;
pub mod opinion;
pub mod passage;
pub mod policy;
pub mod project;
pub mod reading;
mod rejection;
pub mod relation;
pub mod reversal;
pub mod similar;
pub mod source;
pub mod task;
pub mod text;
pub mod user;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use aggregate::{Aggregate, Event, Kind, fold};
pub use code::{Code, UnknownCode};
pub use rejection::{Fact, Rejection, Why};
