//! What asks for somebody's attention, by incident.

use super::board;
use super::judgements::judgements;
use super::ledger::proposition_head;
use super::list::COST_OF_BOARD;
use super::scope::{Answer, Scope};
use super::walk;
use domain::attribution::Flag;
use domain::claim::Target;
use domain::id::IncidentId;
use domain::{Code, Kind};
use wire::view::{AskInbox, Board, BoardProposition, Inbox, InboxInconsistency, InboxItem, InboxStale};

/// The page that is asked for.
pub(super) fn inbox(scope: &Scope<'_>, ask: &AskInbox) -> Answer<Inbox> {
    let judgements = judgements(scope)?;
    let (items, after) = walk::page(scope, Kind::Incident, (ask.limit, ask.after), |id, budget| {
        // Of incidents that are one, the one that stands for all.
        if judgements.incidents.resolution.canonical(id) != id {
            return Ok(None);
        }
        budget.spend(COST_OF_BOARD);
        let board = board::cached(scope, Target::Incident(IncidentId::new(id)))?;
        Ok(board.and_then(|board| item(&board.content)))
    })?;
    Ok(Inbox {
        as_of: scope.snapshot.at(),
        policy: scope.policy_version,
        blinded: scope.is_blinded(),
        items,
        next: None,
        after,
    })
}

/// What an incident's board asks for; none where it asks for nothing.
fn item(board: &Board) -> Option<InboxItem> {
    let inconsistent: Vec<_> = board
        .propositions
        .iter()
        .flat_map(|about| about.inconsistent.iter().map(move |by| (about, by)))
        .map(|(about, by)| InboxInconsistency { proposition: Some(proposition_head(about)), by: Some(by.clone()) })
        .collect();
    let is_stale = |about: &&BoardProposition| about.flags.iter().any(|flag| flag == Flag::Stale.as_str());
    let stale: Vec<_> = board
        .propositions
        .iter()
        .filter(is_stale)
        .map(|about| InboxStale { proposition: Some(proposition_head(about)), finding: about.finding.clone() })
        .collect();
    if inconsistent.is_empty() && stale.is_empty() {
        return None;
    }
    Some(InboxItem { incident: board.incident.clone(), status: board.status.clone(), inconsistent, stale })
}
