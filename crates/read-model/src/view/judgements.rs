//! Judgements on what is one: single ones, and lists in the order in which they were made.
//!
//! One aggregate holds all of a kind, so they are found by the records that make them, and shown from its state.

use super::filter::{Fields, Filter, Kinds};
use super::record::limit_of;
use super::resource;
use super::scope::{Answer, Scope, id};
use crate::subject::Subject;
use domain::id::{JudgementId, UserId};
use domain::identity::{self, Judged, Judgement, Judgements, Standing};
use domain::{Code, Event, Kind};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::subject::Address;
use wire::view::{List, Page, Resource};

/// Records that one page looks at; a page that looks at more ends early and names where to go on.
const RECORDS_MAX: usize = 20_000;

/// The record that made a judgement.
struct Made {
    position: u64,
    created_at_us: i64,
    subject: identity::Subject,
}

/// A judgement of this id.
pub(super) fn get(scope: &Scope<'_>, text: &str) -> Answer<Option<Resource>> {
    let id = JudgementId::new(id(text)?);
    let Some((made, _)) = making(scope, id)? else { return Ok(None) };
    Ok(shown(&judgements(scope)?, &Standings::default(), id, &made))
}

/// Where and when a judgement was made, in microseconds since 1970.
pub(super) fn made(scope: &Scope<'_>, id: JudgementId) -> Answer<Option<(u64, i64)>> {
    Ok(making(scope, id)?.map(|(made, _)| (made.position, made.created_at_us)))
}

/// The first record that names a judgement makes it.
fn making(scope: &Scope<'_>, id: JudgementId) -> Answer<Option<(Made, Judged)>> {
    let address = Address { project: scope.project.uuid(), kind: Kind::Identity, id: id.uuid() };
    let named = Subject::mention(&address, Kind::Identity);
    let Some(position) = scope.snapshot.positions(&named, 0, 1)?.first().copied() else { return Ok(None) };
    Ok(made_at(scope, position)?.into_iter().find(|(_, judged)| judged.id == id))
}

/// A page of them.
pub(super) fn list(scope: &Scope<'_>, ask: &List) -> Answer<Page> {
    let fields = Fields {
        status: Standing::ALL.iter().map(|standing| standing.as_str()).collect(),
        kind: Kinds::Codes(identity::Subject::ALL.iter().map(|subject| subject.as_str()).collect()),
        others: &["actor", "incident"],
    };
    let filter = Filter::parse(scope, ask.filter.as_ref(), &ask.collection, &fields)?;
    let (judgements, standings) = (judgements(scope)?, Standings::default());
    let subject = match filter.author {
        Some(author) => Subject::author(scope.project, Kind::Identity, author),
        None => Subject::created(scope.project, Kind::Identity),
    };
    let (limit, mut after, mut items) = (limit_of(ask.limit), ask.after, Vec::new());
    for _ in 0..RECORDS_MAX {
        let Some(position) = scope.snapshot.positions(&subject, after, 1)?.first().copied() else {
            return Ok(Page { items, next: None });
        };
        for (made, judged) in made_at(scope, position)? {
            let Some(judgement) = judgements.of(judged.subject).identity.judgement(judged.id) else { continue };
            if !admits(&filter, judgement, &judged, standings.of(&judgements, judged.subject, judged.id)) {
                continue;
            }
            if items.len() >= limit {
                return Ok(Page { items, next: Some(after) });
            }
            items.extend(shown(&judgements, &standings, judged.id, &made));
        }
        after = position;
    }
    Ok(Page { items, next: Some(after) })
}

/// The judgements of the project at the position.
pub(super) fn judgements(scope: &Scope<'_>) -> Answer<Judgements> {
    let judgements = scope.view.boards.judgements(&scope.snapshot, scope.project)?;
    Ok(judgements.without(&scope.without.judgements()))
}

fn made_at(scope: &Scope<'_>, position: u64) -> Answer<Vec<(Made, Judged)>> {
    let record = scope.snapshot.record(position)?;
    let made = |event: &Event| match event {
        Event::Identity(event) => event.judged().map(|(_, judged)| judged.clone()),
        _ => None,
    };
    let created_at_us = record.envelope.recorded_at_us;
    let made = record.events.iter().filter_map(made);
    Ok(made.map(|judged| (Made { position, created_at_us, subject: judged.subject }, judged)).collect())
}

fn admits(filter: &Filter, judgement: &Judgement, judged: &Judged, standing: Standing) -> bool {
    let names = |subject, asked: Option<&std::collections::BTreeSet<Uuid>>| {
        asked.is_none_or(|asked| {
            judged.subject == subject && [judged.left, judged.right].iter().any(|id| asked.contains(id))
        })
    };
    let by = |author: UserId| filter.author.is_none_or(|asked| asked == author);
    by(judgement.author)
        && filter.is_kind(judged.subject.as_str())
        && filter.is_status(standing.as_str())
        && names(identity::Subject::Actor, filter.actor.as_ref())
        && names(identity::Subject::Incident, filter.incident.as_ref())
}

/// How the judgements stand, worked out for the kinds that are asked for.
#[derive(Default)]
pub(super) struct Standings([std::cell::OnceCell<BTreeMap<JudgementId, Standing>>; 3]);

impl Standings {
    pub(super) fn of(&self, judgements: &Judgements, subject: identity::Subject, id: JudgementId) -> Standing {
        let at = match subject {
            identity::Subject::Actor => 0,
            identity::Subject::Incident => 1,
            identity::Subject::Reading => 2,
        };
        let standings = self.0[at].get_or_init(|| judgements.of(subject).identity.standings());
        standings.get(&id).copied().unwrap_or(Standing::Withdrawn)
    }
}

fn shown(judgements: &Judgements, standings: &Standings, id: JudgementId, made: &Made) -> Option<Resource> {
    let judgement = judgements.of(made.subject).identity.judgement(id)?;
    let standing = standings.of(judgements, made.subject, id);
    Some(resource::judgement(id, made.subject, judgement, standing, made.position, made.created_at_us))
}
