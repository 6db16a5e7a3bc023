//! What the readings of an incident amount to: utterances, positions, statuses and disputes (domain.md, sections 3, 6, 7).
//!
//! [`assess`] is a pure function of a [`Case`] and a [`Policy`]. It first gives every actor and incident the one id of
//! its cluster (`resolve`): for all other rules, what has one id is one.

mod alternatives;
mod assess;
mod belief;
mod board;
mod case;
mod change;
mod class;
mod corpus;
mod decisions;
mod dispute;
mod lineage;
mod origins;
mod position;
mod resolve;
mod scene;
mod sets;
mod status;
mod timeline;
mod utterance;
mod without;

#[cfg(test)]
mod tests;

pub use assess::{Statuses, assess, statuses};
pub use board::{
    Adopted, Alternative, Board, Corroboration, CorroborationKind, Derived, Dispute, DisputeKind, Edge, Finding, Flag,
    Generic, IncidentFlag, IncidentStatus, Inconsistent, Mark, Order, Origins, Passage, Proposition, Status, Timeline,
    TimelineRow, Utterance, Voice, Vote,
};
pub use case::{Case, CaseReading};
pub use corpus::{CaseBlank, Corpus, Unit, units};
pub use origins::origins;
pub use timeline::timeline;
pub use without::{
    Marks, Omitted, Rests, all_go_without, assess_without, marks_rest_on, marks_without, rests_on, without,
};
