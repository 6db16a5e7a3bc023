//! On which single things the statuses of a board hang: what they would be without each source, document or annotator.

use super::board::{Mapping, head, no_case};
use super::scope::{Answer, Scope, id, invalid};
use super::{case, without};
use crate::Loaded;
use domain::attribution::{Case, Omitted, Rests, Statuses, assess, marks_rest_on, rests_on, statuses};
use domain::claim::{Key, Target};
use domain::document::Document;
use domain::id::{DocumentId, IncidentId, SourceId};
use domain::source::Source;
use std::collections::{BTreeMap, BTreeSet};
use wire::view::{AskHangsOn, Change, Hanging, HangsOn, Named, PropositionChange};

/// Things that one question tries: each costs about as much as the statuses of the board.
const TRIED_MAX: usize = 100;
/// The readings of the case, times the things that are tried: a second or so.
const READINGS_TRIED_MAX: usize = 100_000;
/// The status of a proposition that is not there.
const NONE: &str = "none";

/// What the statuses of an incident's board hang on.
pub(super) fn hangs_on(scope: &Scope<'_>, ask: &AskHangsOn) -> Answer<HangsOn> {
    let incident = id(&ask.incident)?;
    if let Some(unknown) = ask.kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        let unknown: String = unknown.chars().take(64).collect();
        return Err(invalid(
            "unknown_kind",
            format!("statuses hang on a source, document or annotator, not `{unknown}`"),
        ));
    }
    let subject = Target::Incident(IncidentId::new(incident));
    let Some(whole) = scope.view.boards.case(&scope.snapshot, scope.project, subject)? else {
        return Err(no_case(scope, incident));
    };
    let omitted = scope.without.omitted();
    let now = without::rest(scope, &whole.case, omitted)?;
    let board = statuses(&now, scope.policy());
    let written: BTreeMap<Key, String> = assess(&now, scope.policy())
        .propositions
        .into_iter()
        .filter_map(|about| about.value.map(|value| (about.key, value)))
        .collect();
    let mut candidates = candidates(scope, (&whole.case, &now), &ask.kinds)?;
    candidates.retain(|(what, _)| !omitted.contains(what));
    let tried = TRIED_MAX.min(READINGS_TRIED_MAX / now.readings.len().max(1)).max(1);
    let mut items = Vec::new();
    for (what, name) in candidates.iter().take(tried) {
        let omitted: BTreeSet<Omitted> = omitted.iter().chain([what]).copied().collect();
        let then = statuses(&without::rest(scope, &whole.case, &omitted)?, scope.policy());
        items.extend(hanging(&now, &written, (&board, &then), what, name.clone()));
    }
    let untried = candidates.len().saturating_sub(tried);
    Ok(HangsOn {
        incident: head(&now),
        as_of: scope.snapshot.at(),
        policy: scope.policy_version,
        blinded: scope.is_blinded(),
        status: board.incident.to_string(),
        without: scope.without.told(),
        items,
        more: u32::try_from(untried).unwrap_or(u32::MAX),
    })
}

/// What may be tried, in its order.
const KINDS: [&str; 3] = ["source", "document", "annotator"];

/// What of these kinds the rest of a case rests on, with its name.
fn candidates(
    scope: &Scope<'_>,
    (whole, rest): (&Case, &Case),
    kinds: &[String],
) -> Answer<Vec<(Omitted, Option<String>)>> {
    let Rests { mut documents, mut roots, speakers: mut sources, annotators } = rests_on(whole, rest, scope.policy());
    // What a relation cites counts as well, since the relation goes with it.
    for edge in rest.relations.values().filter_map(|relation| relation.edge()) {
        let marks = case::marks(scope.snapshot, scope.project, edge.evidence.iter().copied().collect())?;
        let rests = marks_rest_on(&marks, scope.without.omitted());
        documents.extend(rests.documents);
        roots.extend(rests.roots);
    }
    let mut titles: BTreeMap<DocumentId, String> = BTreeMap::new();
    for id in documents.union(&roots) {
        let loaded: Option<Loaded<Document>> = scope.snapshot.load(scope.project, id.uuid())?;
        if let Some(Document::Registered { detail, .. }) = loaded.map(|loaded| loaded.state) {
            sources.insert(detail.source);
            if documents.contains(id) {
                titles.insert(*id, detail.title.as_str().to_owned());
            }
        }
    }
    let mut all = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| kinds.iter().any(|asked| asked == kind)) {
        match kind {
            "source" => {
                for source in &sources {
                    all.push((Omitted::Source(*source), source_name(scope, *source)?));
                }
            }
            "document" => {
                all.extend(titles.iter().map(|(id, title)| (Omitted::Document(*id), Some(title.clone()))));
            }
            _ => all.extend(annotators.iter().map(|author| (Omitted::Annotator(*author), None))),
        }
    }
    Ok(all)
}

fn source_name(scope: &Scope<'_>, source: SourceId) -> Answer<Option<String>> {
    let loaded: Option<Loaded<Source>> = scope.snapshot.load(scope.project, source.uuid())?;
    Ok(loaded.and_then(|loaded| match loaded.state {
        Source::Registered { name, .. } => Some(name.as_str().to_owned()),
        Source::Absent => None,
    }))
}

/// What would be another status, with the values as they are written now; none if none would.
fn hanging(
    case: &Case,
    written: &BTreeMap<Key, String>,
    (now, then): (&Statuses, &Statuses),
    what: &Omitted,
    name: Option<String>,
) -> Option<Hanging> {
    let keys: BTreeSet<&Key> = now.propositions.keys().chain(then.propositions.keys()).collect();
    let mapping = Mapping { case };
    let status = |of: &Statuses, key| of.propositions.get(key).map_or_else(|| NONE.to_owned(), ToString::to_string);
    let changed = keys.into_iter().filter_map(|key| {
        let (before, after) = (status(now, key), status(then, key));
        (before != after).then(|| PropositionChange {
            actor: key.actor.map(|actor| Named { id: actor.to_string(), name: mapping.actor(actor) }),
            role: key.role.map(|role| role.to_string()),
            facet: key.facet.map(|facet| facet.to_string()).unwrap_or_default(),
            value: written.get(key).or(key.value.as_ref()).cloned(),
            status: Some(Change { before, after }),
            into: None,
        })
    });
    let propositions: Vec<PropositionChange> = changed.collect();
    let status = (now.incident != then.incident)
        .then(|| Change { before: now.incident.to_string(), after: then.incident.to_string() });
    let (kind, id) = without::named(what);
    (status.is_some() || !propositions.is_empty()).then(|| Hanging {
        kind: kind.to_owned(),
        id: id.to_string(),
        name,
        status,
        propositions,
    })
}
