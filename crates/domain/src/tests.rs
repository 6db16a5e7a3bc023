//! What holds for the whole crate.

mod refusals;
