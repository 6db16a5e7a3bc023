//! The identity workbench: what is one, by which judgements, and what else may be.

mod preview;
mod suggestions;

pub(super) use preview::preview;

use super::judgements::{Standings, judgements, made};
use super::record::limit_of;
use super::resource;
use super::scope::{Answer, Scope, invalid};
use domain::actor::Actor;
use domain::identity::{Cluster, Subject, Verdict};
use domain::incident::Incident;
use domain::reading::Reading;
use domain::{Code, identity};
use std::collections::BTreeSet;
use uuid::Uuid;
use wire::view::resource::Of;
use wire::view::{AskIdentity, Identity, IdentityCluster, IdentityTotals, Judgement, Named};

/// The workbench that is asked for.
pub(super) fn identity(scope: &Scope<'_>, ask: &AskIdentity) -> Answer<Identity> {
    let subject = subject(&ask.kind)?;
    let all = judgements(scope)?;
    let resolved = all.of(subject);
    let (limit, after) = (limit_of(ask.limit), usize::try_from(ask.after).unwrap_or(usize::MAX));
    let clusters: Vec<&Cluster> = resolved.resolution.clusters().collect();
    let edges: Vec<_> = resolved.identity.live().collect();
    let suggestions = suggestions::suggestions(scope, subject, resolved)?;
    let totals = [clusters.len(), edges.len(), suggestions.len()];
    let standings = Standings::default();
    let mut shown_clusters = Vec::new();
    for cluster in clusters.into_iter().skip(after).take(limit) {
        shown_clusters.push(shown(scope, subject, cluster)?);
    }
    let mut shown_edges: Vec<Judgement> = Vec::new();
    for (id, judgement) in edges.into_iter().skip(after).take(limit) {
        let Some((position, created_at_us)) = made(scope, id)? else { continue };
        let standing = standings.of(&all, subject, id);
        let resource = resource::judgement(id, subject, judgement, standing, position, created_at_us);
        shown_edges.extend(match resource.of {
            Some(Of::Judgement(judgement)) => Some(judgement),
            _ => None,
        });
    }
    let judged = shown_edges.iter().flat_map(|edge| [&edge.left, &edge.right]);
    let judged: BTreeSet<Uuid> = judged.filter_map(|id| Uuid::try_parse(id).ok()).collect();
    let mut judged_names = Vec::new();
    for id in judged {
        judged_names.push(named(scope, subject, id)?);
    }
    let mut shown_suggestions = Vec::new();
    for (pair, shares) in suggestions.into_iter().skip(after).take(limit) {
        shown_suggestions.push(suggestions::shown(scope, subject, pair, shares)?);
    }
    let end = after.saturating_add(limit);
    let [clusters_total, edges_total, suggestions_total] = totals.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Ok(Identity {
        kind: subject.to_string(),
        as_of: scope.snapshot.at(),
        policy: scope.policy_version,
        blinded: scope.is_blinded(),
        clusters: shown_clusters,
        edges: shown_edges,
        named: judged_names,
        suggestions: shown_suggestions,
        totals: Some(IdentityTotals { clusters: clusters_total, edges: edges_total, suggestions: suggestions_total }),
        next: None,
        continue_after: totals.iter().any(|total| *total > end).then_some(end as u64),
    })
}

fn subject(code: &str) -> Answer<Subject> {
    Subject::from_code(code).map_err(|_| {
        let kinds: Vec<_> = Subject::ALL.iter().map(|subject| subject.as_str()).collect();
        invalid("unknown_kind", format!("identity is of one of: {}", kinds.join(", ")))
    })
}

fn shown(scope: &Scope<'_>, subject: Subject, cluster: &Cluster) -> Answer<IdentityCluster> {
    let members = cluster.members.iter().map(|id| named(scope, subject, *id)).collect::<Answer<_>>()?;
    Ok(IdentityCluster { canonical: cluster.canonical.to_string(), members })
}

/// Something that is judged, as people recognise it: an actor by its name, an incident by its title, a reading by its act.
fn named(scope: &Scope<'_>, subject: Subject, id: Uuid) -> Answer<Named> {
    let name = match subject {
        Subject::Actor => {
            let actor = scope.snapshot.load::<Actor>(scope.project, id)?;
            actor.and_then(|actor| actor.state.name().map(|name| name.as_str().to_owned()))
        }
        Subject::Incident => {
            let incident = scope.snapshot.load::<Incident>(scope.project, id)?;
            incident.and_then(|incident| incident.state.title().map(|title| title.as_str().to_owned()))
        }
        Subject::Reading => {
            let reading = scope.snapshot.load::<Reading>(scope.project, id)?;
            reading.and_then(|reading| reading.state.claim().map(|claim| claim.act.to_string()))
        }
    };
    Ok(Named { id: id.to_string(), name: name.unwrap_or_else(|| id.to_string()) })
}

/// The pairs of clusters of which a live judgement says that they are two, or that nobody can tell.
struct Judged<'a> {
    resolved: &'a identity::Resolved,
    pairs: BTreeSet<(Uuid, Uuid)>,
}

impl<'a> Judged<'a> {
    fn new(resolved: &'a identity::Resolved) -> Self {
        let canonical = |id| resolved.resolution.canonical(id);
        let apart = resolved.identity.live().filter(|(_, judgement)| judgement.verdict != Verdict::Same);
        let pair = |(_, judgement): (_, &identity::Judgement)| {
            let (a, b) = (canonical(judgement.left), canonical(judgement.right));
            (a.min(b), a.max(b))
        };
        Self { resolved, pairs: apart.map(pair).collect() }
    }

    /// Whether it is known what the two are: then nothing is suggested of them.
    fn contains(&self, left: Uuid, right: Uuid) -> bool {
        let canonical = |id| self.resolved.resolution.canonical(id);
        let (a, b) = (canonical(left), canonical(right));
        a == b || self.pairs.contains(&(a.min(b), a.max(b)))
    }
}
