//! What a judgement would change on every board that it touches.

use super::{named, subject};
use crate::subject::Subject;
use crate::view::board::head;
use crate::view::case::{Gathered, gather};
use crate::view::judgements::judgements;
use crate::view::record::limit_of;
use crate::view::scope::{Answer, Scope, absent, id, invalid};
use domain::attribution::{Board, Case, assess};
use domain::claim::Target;
use domain::id::{IncidentId, JudgementId, UserId};
use domain::identity::{self, Command, Event, Identity, Judged, Judgements, Resolved, Verdict};
use domain::text::Text;
use domain::{Aggregate, Fact, Kind};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;
use wire::view::{AskPreview, BoardChange, Change, Named, Preview, PropositionChange};

/// Incidents that one page looks at; a page that looks at more ends early and names where to go on. At about a
/// millisecond each, half a second.
const INCIDENTS_MAX: usize = 500;

/// The preview that is asked for.
pub(in crate::view) fn preview(scope: &Scope<'_>, ask: &AskPreview) -> Answer<Preview> {
    let kind = subject(&ask.kind)?;
    let (left, right) = (there(scope, kind, &ask.left)?, there(scope, kind, &ask.right)?);
    if left == right {
        return Err(invalid("judgement_of_itself", "a judgement is about two"));
    }
    let before = judgements(scope)?;
    let (contradicts, after) = supposed(&before, kind, left, right);
    let resolution = &before.of(kind).resolution;
    let touched: BTreeSet<Uuid> = resolution.members(left).into_iter().chain(resolution.members(right)).collect();
    let limit = limit_of(ask.limit);
    let created = Subject::created(scope.project, Kind::Incident);
    let positions = scope.snapshot.positions(&created, ask.after, INCIDENTS_MAX + 1)?;
    let (mut boards, mut continue_after) = (Vec::new(), None);
    let mut last = ask.after;
    for (looked_at, position) in positions.into_iter().enumerate() {
        if boards.len() >= limit || looked_at >= INCIDENTS_MAX {
            continue_after = Some(last);
            break;
        }
        last = position;
        let incident = IncidentId::new(scope.snapshot.envelope(position)?.id);
        if let Some(change) = change(scope, kind, &before, &after, &touched, incident)? {
            boards.push(change);
        }
    }
    Ok(Preview {
        kind: kind.to_string(),
        left: Some(named(scope, kind, left)?),
        right: Some(named(scope, kind, right)?),
        as_of: scope.snapshot.at(),
        policy: scope.policy_version,
        blinded: scope.is_blinded(),
        contradicts,
        boards,
        next: None,
        continue_after,
    })
}

/// An id of something of the kind that is there.
fn there(scope: &Scope<'_>, kind: identity::Subject, text: &str) -> Answer<Uuid> {
    let id = id(text)?;
    let address = wire::subject::Address { project: scope.project.uuid(), kind: kind.kind(), id };
    match scope.snapshot.last_position(&Subject::own(&address))? {
        Some(_) => Ok(id),
        None => Err(absent()),
    }
}

/// The judgements that stand in the way of one that says the two are one, and all judgements with it: those in the way
/// contested by it.
fn supposed(before: &Judgements, kind: identity::Subject, left: Uuid, right: Uuid) -> (Vec<String>, Judgements) {
    let identity = &before.of(kind).identity;
    let judged = |against| Judged {
        // An id that no client makes.
        id: JudgementId::new(Uuid::nil()),
        subject: kind,
        left,
        right,
        reason: Text::recorded("supposed".to_owned()),
        against,
    };
    let author = UserId::new(Uuid::nil());
    let path = match identity.decide(Command::Judge { author, verdict: Verdict::Same, judged: judged(Vec::new()) }) {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal
            .facts
            .into_iter()
            .find_map(|(name, fact)| match fact {
                Fact::Texts(path) if name == "path" => Some(path),
                _ => None,
            })
            .unwrap_or_default(),
    };
    let parts = |id: &JudgementId| identity.judgement(*id).is_some_and(|one| one.verdict == Verdict::Distinct);
    let in_the_way: Vec<JudgementId> =
        path.iter().filter_map(|id| Uuid::try_parse(id).ok()).map(JudgementId::new).collect();
    let against = in_the_way.into_iter().filter(parts).collect();
    let identity: Identity = identity.clone().evolve(&Event::JudgedSame(judged(against)), author);
    let resolved = Arc::new(Resolved::from(identity));
    let after = match kind {
        identity::Subject::Actor => Judgements { actors: resolved, ..before.clone() },
        identity::Subject::Incident => Judgements { incidents: resolved, ..before.clone() },
        identity::Subject::Reading => Judgements { readings: resolved, ..before.clone() },
    };
    (path, after)
}

/// What would change on an incident's board; none if nothing would, or if another incident stands for it.
fn change(
    scope: &Scope<'_>,
    kind: identity::Subject,
    before: &Judgements,
    after: &Judgements,
    touched: &BTreeSet<Uuid>,
    incident: IncidentId,
) -> Answer<Option<BoardChange>> {
    if before.incidents.resolution.canonical(incident.uuid()) != incident.uuid() {
        return Ok(None);
    }
    let Some(Gathered { case, .. }) =
        scope.view.boards.case(&scope.snapshot, scope.project, Target::Incident(incident))?
    else {
        return Ok(None);
    };
    let is_touched = match kind {
        identity::Subject::Actor => case.actors.keys().any(|id| touched.contains(&id.uuid())),
        identity::Subject::Incident => touched.contains(&incident.uuid()),
        identity::Subject::Reading => case.readings.keys().any(|id| touched.contains(&id.uuid())),
    };
    if !is_touched {
        return Ok(None);
    }
    let gathered = gather(scope.snapshot, scope.project, Target::Incident(incident), after.clone(), None)?;
    let Some((Gathered { case: supposed, .. }, _)) = gathered else { return Ok(None) };
    let boards = [assess(&case, scope.policy()), assess(&supposed, scope.policy())];
    Ok(difference(&case, &supposed, &boards))
}

fn difference(case: &Case, supposed: &Case, [before, after]: &[Board; 2]) -> Option<BoardChange> {
    let name = |actor: domain::id::ActorId| {
        let known = supposed.actors.get(&actor).or_else(|| case.actors.get(&actor));
        let name = known.and_then(domain::actor::Actor::name).map(|name| name.as_str().to_owned());
        Named { id: actor.to_string(), name: name.unwrap_or_else(|| actor.to_string()) }
    };
    let resolution = &supposed.judgements.actors.resolution;
    let mut propositions = Vec::new();
    for about in &before.propositions {
        let mut key = about.key.clone();
        key.actor = key.actor.map(|actor| resolution.canonical(actor.uuid()).into());
        let then = after.propositions.iter().find(|other| other.key == key);
        let status = then.map_or_else(|| "none".to_owned(), |then| then.status.to_string());
        if key != about.key || status != about.status.to_string() {
            propositions.push(PropositionChange {
                actor: about.key.actor.map(name),
                role: about.key.role.map(|role| role.to_string()),
                facet: about.key.facet.map(|facet| facet.to_string()).unwrap_or_default(),
                value: about.value.clone(),
                status: Some(Change { before: about.status.to_string(), after: status }),
                into: key.actor.filter(|_| key.actor != about.key.actor).map(name),
            });
        }
    }
    let kinds = |board: &Board| {
        let kinds: BTreeSet<String> = board.disputes.iter().map(|dispute| dispute.kind.to_string()).collect();
        kinds.into_iter().collect::<Vec<_>>()
    };
    let (disputes_before, disputes_after) = (kinds(before), kinds(after));
    let is_changed = before.status != after.status
        || before.subject != after.subject
        || disputes_before != disputes_after
        || !propositions.is_empty()
        || before.propositions.len() != after.propositions.len();
    is_changed.then(|| BoardChange {
        incident: head(case),
        status: Some(Change { before: before.status.to_string(), after: after.status.to_string() }),
        disputes_before,
        disputes_after,
        propositions,
    })
}
