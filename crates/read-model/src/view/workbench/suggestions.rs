//! What may be one: pairs that share something and on which nobody judged.

use super::{Judged, named};
use crate::subject::Subject;
use crate::view::scope::{Answer, Scope};
use domain::actor::Actor;
use domain::claim::{Claim, Key, Speaker, Target};
use domain::derivation::{Derivation, Standing};
use domain::edtf::{Bounds, Edtf};
use domain::identity::{self, Resolved};
use domain::incident::{Detail, Incident};
use domain::reading::Reading;
use domain::text::comparable;
use domain::{Aggregate, Kind};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::subject::Address;
use wire::view::Suggestion;

/// Of a kind, so many are compared: the first that were created. At some 20 µs each, under half a second.
const COMPARED_MAX: usize = 20_000;
/// Readings of one mark that are compared with those of another.
const READINGS_MAX: usize = 100;
/// Pairs of incidents whose dates meet that are looked at: a project may have thousands on one day.
const PAIRS_MAX: usize = 200_000;

/// A pair, the smaller id first, with what it shares.
type Pair = ((Uuid, Uuid), BTreeSet<&'static str>);
/// What two share, by the pair, the smaller id first.
type Shared = BTreeMap<(Uuid, Uuid), BTreeSet<&'static str>>;

/// The suggestions, those that share most first, then by ids.
pub(super) fn suggestions(scope: &Scope<'_>, subject: identity::Subject, resolved: &Resolved) -> Answer<Vec<Pair>> {
    let shared = match subject {
        identity::Subject::Actor => of_actors(scope)?,
        identity::Subject::Incident => of_incidents(scope)?,
        identity::Subject::Reading => of_readings(scope)?,
    };
    let judged = Judged::new(resolved);
    let mut pairs: Vec<Pair> =
        shared.into_iter().filter(|((left, right), _)| !judged.contains(*left, *right)).collect();
    pairs.sort_by_key(|(pair, shares)| (std::cmp::Reverse(shares.len()), *pair));
    Ok(pairs)
}

/// A suggestion as it is shown.
pub(super) fn shown(
    scope: &Scope<'_>,
    subject: identity::Subject,
    (left, right): (Uuid, Uuid),
    shares: BTreeSet<&str>,
) -> Answer<Suggestion> {
    Ok(Suggestion {
        left: Some(named(scope, subject, left)?),
        right: Some(named(scope, subject, right)?),
        shares: shares.into_iter().map(str::to_owned).collect(),
    })
}

fn share(shared: &mut Shared, a: Uuid, b: Uuid, what: &'static str) {
    if a != b {
        shared.entry((a.min(b), a.max(b))).or_default().insert(what);
    }
}

/// The first of each with every other of its group: pairs that judging them all would need.
fn share_in_groups<K: Ord>(shared: &mut Shared, groups: BTreeMap<K, BTreeSet<Uuid>>, what: &'static str) {
    for group in groups.into_values() {
        let mut members = group.into_iter();
        if let Some(first) = members.next() {
            members.for_each(|other| share(shared, first, other, what));
        }
    }
}

/// Every aggregate of a kind, up to so many.
fn every<A: Aggregate>(scope: &Scope<'_>, mut each: impl FnMut(Uuid, A)) -> Answer<()> {
    let created = Subject::created(scope.project, A::KIND);
    for position in scope.snapshot.positions(&created, 0, COMPARED_MAX)? {
        let id = scope.snapshot.envelope(position)?.id;
        if let Some(loaded) = scope.snapshot.load::<A>(scope.project, id)? {
            each(id, loaded.state);
        }
    }
    Ok(())
}

/// Actors who share a name, in comparable form.
fn of_actors(scope: &Scope<'_>) -> Answer<Shared> {
    let mut names: BTreeMap<String, BTreeSet<Uuid>> = BTreeMap::new();
    every(scope, |id, actor: Actor| {
        if let Actor::Known { kind: _, names: own } = &actor {
            for (_, name) in own {
                names.entry(comparable(name.name.as_str())).or_default().insert(id);
            }
        }
    })?;
    let mut shared = Shared::new();
    share_in_groups(&mut shared, names, "name");
    Ok(shared)
}

/// Incidents whose dates meet and which share a title, a place or a target. One of which no date is told meets all others
/// and shares no date with them; such pairs are looked at last, since there may be very many.
fn of_incidents(scope: &Scope<'_>) -> Answer<Shared> {
    let mut incidents: Vec<(Bounds, Uuid, Detail)> = Vec::new();
    every(scope, |id, incident: Incident| {
        if let Incident::Single(detail) = incident {
            incidents.push((detail.when.bounds(), id, detail));
        }
    })?;
    incidents.sort_by_key(|(bounds, id, _)| (bounds.tells_nothing(), bounds.first, *id));
    let dated = incidents.partition_point(|(bounds, ..)| !bounds.tells_nothing());
    let with_dates = (0..dated).flat_map(|at| {
        let (bounds, ..) = incidents[at];
        let rest = at + 1..dated;
        rest.take_while(|other| incidents[*other].0.first <= bounds.last)
            .map(move |other| (at, other))
            .collect::<Vec<_>>()
    });
    let without = (dated..incidents.len()).flat_map(|at| (0..at).map(move |other| (other, at)));
    let mut shared = Shared::new();
    for (one, other) in with_dates.chain(without).take(PAIRS_MAX) {
        let ((_, id, detail), (bounds, other_id, other)) = (&incidents[one], &incidents[other]);
        let same = common(detail, other);
        if !same.is_empty() {
            let date = (!bounds.tells_nothing()).then_some("date");
            same.into_iter().chain(date).for_each(|what| share(&mut shared, *id, *other_id, what));
        }
    }
    Ok(shared)
}

/// What two incidents have in common besides their dates.
fn common(one: &Detail, other: &Detail) -> Vec<&'static str> {
    let terms =
        |list: &[domain::text::Text]| list.iter().map(|term| comparable(term.as_str())).collect::<BTreeSet<_>>();
    let title = comparable(one.title.as_str()) == comparable(other.title.as_str());
    let place = !terms(&one.places).is_disjoint(&terms(&other.places));
    let target = one.targets.iter().any(|target| other.targets.contains(target));
    [("title", title), ("place", place), ("target", target)]
        .into_iter()
        .filter_map(|(what, is)| is.then_some(what))
        .collect()
}

/// What two readings must agree in to be of one utterance.
type Words = (Speaker, Target, Key);

fn words(claim: &Claim) -> Option<Words> {
    let speaker = claim.speakers.speaker();
    // Whoever is unidentified is somebody else in each utterance.
    let is_identified = !matches!(speaker, Speaker::Unidentified { .. });
    is_identified.then(|| (speaker.clone(), claim.proposition.target, claim.proposition.key(|actor| actor)))
}

/// Readings of the same words of one speaker on one date, and those in passages of which one may derive from the other.
fn of_readings(scope: &Scope<'_>) -> Answer<Shared> {
    let mut claims: BTreeMap<Uuid, Claim> = BTreeMap::new();
    every(scope, |id, reading: Reading| {
        if let Some(claim) = reading.live() {
            claims.insert(id, claim.clone());
        }
    })?;
    let mut said: Vec<(Words, String, Uuid)> = Vec::new();
    for (id, claim) in &claims {
        if let (Some(words), Some(uttered)) = (words(claim), &claim.uttered) {
            said.push((words, Edtf::as_str(uttered).to_owned(), *id));
        }
    }
    let mut groups: BTreeMap<(String, String), BTreeSet<Uuid>> = BTreeMap::new();
    for (words, uttered, id) in said {
        groups.entry((format!("{words:?}"), uttered)).or_default().insert(id);
    }
    let mut shared = Shared::new();
    share_in_groups(&mut shared, groups, "date");
    for pair in shared.values_mut() {
        pair.insert("speaker");
    }
    let mut edges = Vec::new();
    every(scope, |_, derivation: Derivation| {
        if let Derivation::Edge { edge, standing: Standing::Suggested | Standing::Confirmed, reason: _ } = derivation {
            edges.push(edge);
        }
    })?;
    for edge in edges {
        let reading = |annotation: Uuid| {
            let address = Address { project: scope.project.uuid(), kind: Kind::Annotation, id: annotation };
            scope.snapshot.aggregates(&Subject::mention(&address, Kind::Reading))
        };
        let (copies, originals) = (reading(edge.from.uuid())?, reading(edge.to.uuid())?);
        let (copies, originals) = (copies.iter().take(READINGS_MAX), originals.iter().take(READINGS_MAX));
        for (copy, original) in copies.flat_map(|copy| originals.clone().map(move |original| (copy, original))) {
            let both = claims.get(copy).zip(claims.get(original));
            if both.is_some_and(|(a, b)| words(a).is_some() && words(a) == words(b)) {
                share(&mut shared, *copy, *original, "passage");
                share(&mut shared, *copy, *original, "speaker");
            }
        }
    }
    Ok(shared)
}
