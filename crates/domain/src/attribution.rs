//! What the readings of an incident amount to: utterances, positions, statuses and disputes (domain.md, sections 3, 6, 7).
//!
//! [`assess`] is a pure function of a [`Case`] and a [`Policy`]. It holds no identity of its own: whatever the case
//! calls one actor is one actor.

mod assess;
mod board;
mod case;
mod change;
mod class;
mod dispute;
mod position;
mod scene;
mod status;
mod utterance;

#[cfg(test)]
mod tests;

pub use assess::assess;
pub use board::{
    Adopted, Board, Dispute, DisputeKind, Flag, Generic, IncidentFlag, IncidentStatus, Mark, Proposition, Status,
    Utterance, Voice, Vote,
};
pub use case::{Case, CaseReading};
