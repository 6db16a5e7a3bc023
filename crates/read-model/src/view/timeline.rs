//! The claim timeline of an incident.

use super::board::{Mapping, codes, head, no_case};
use super::scope::{Answer, Scope, id};
use super::without;
use domain::attribution::{self, Order, TimelineRow};
use domain::claim::Target;
use domain::id::IncidentId;
use wire::view::{self, AskTimeline, Timeline};

/// The timeline that is asked for.
pub(super) fn timeline(scope: &Scope<'_>, ask: &AskTimeline) -> Answer<Timeline> {
    let incident = id(&ask.incident)?;
    let subject = Target::Incident(IncidentId::new(incident));
    let Some(case) = without::case(scope, subject)? else {
        return Err(no_case(scope, incident));
    };
    let timeline = attribution::timeline(&case, scope.policy());
    let mapping = Mapping { case: &case };
    let quotes = usize::try_from(ask.quotes).unwrap_or(usize::MAX);
    Ok(Timeline {
        incident: head(&case),
        as_of: scope.snapshot.at(),
        policy: scope.policy_version,
        blinded: scope.is_blinded(),
        without: scope.without.told(),
        earliest: timeline.when.first.date(),
        latest: timeline.when.last.date(),
        totals: Some(totals(&timeline.rows)),
        rows: timeline.rows.iter().map(|row| shown(&mapping, row, quotes)).collect(),
    })
}

fn totals(rows: &[TimelineRow]) -> view::TimelineTotals {
    let count = |order| number(rows.iter().filter(|row| row.order == order).count());
    view::TimelineTotals { before: count(Order::Before), after: count(Order::After), unknown: count(Order::Unknown) }
}

fn shown(mapping: &Mapping<'_>, row: &TimelineRow, quotes: usize) -> view::TimelineRow {
    let mut said = mapping.utterance(&row.utterance);
    said.quotes.truncate(quotes);
    view::TimelineRow {
        proposition: Some(view::PropositionHead {
            actor: row.key.actor.map(|actor| view::Named { id: actor.to_string(), name: mapping.actor(actor) }),
            role: row.key.role.map(|role| role.to_string()),
            facet: row.key.facet.map(|facet| facet.to_string()).unwrap_or_default(),
            value: row.value.clone(),
            status: row.status.to_string(),
            flags: codes(&row.flags),
        }),
        sign: row.utterance.value.map(|(sign, _)| sign.to_string()),
        order: row.order.to_string(),
        after: number(row.after),
        replaces: codes(&row.replaces),
        replaces_total: number(row.replaces_total),
        withdraws: codes(&row.withdraws),
        said: Some(said),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
