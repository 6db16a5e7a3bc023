//! Which utterances stand in a ledger, and under which heading.

use super::ties::{Tie, Ties};
use super::{Entries, Found, actor_name, named, readings_about};
use crate::subject::Subject;
use crate::view::same;
use crate::view::scope::{Answer, Scope};
use domain::Kind;
use domain::claim::{Role, Speaker, Stance, Target};
use domain::edtf::{Bounds, Day};
use domain::id::{ActorId, SourceId};
use std::collections::BTreeSet;
use uuid::Uuid;
use wire::view::{Named, Utterance};

/// How an utterance stands in a ledger.
#[derive(Debug)]
pub(super) struct Entry {
    pub heading: &'static str,
    pub part: Option<&'static str>,
    pub tie: Option<&'static str>,
    pub through: Option<Named>,
}

/// The ledger of a source.
#[derive(Debug)]
pub(super) struct OfSource {
    pub sources: BTreeSet<SourceId>,
}

impl OfSource {
    /// Where its readings are found.
    pub fn readings(&self, scope: &Scope<'_>) -> Vec<Subject> {
        self.sources.iter().map(|id| readings_about(scope, Kind::Source, id.uuid())).collect()
    }
}

impl Entries for OfSource {
    fn entry(&self, found: &Found<'_>) -> Answer<Option<Entry>> {
        let is_this = |speaker: &Speaker| matches!(speaker, Speaker::Source(id) if self.sources.contains(id));
        let chain = &found.first.speakers;
        let heading = if is_this(chain.speaker()) {
            "reports"
        } else {
            // Who stands twice in a chain is the nearer to the speaker.
            match chain.links().iter().rev().find(|link| is_this(&link.speaker)).map(|link| link.stance) {
                Some(Stance::Adopts) => "adopts",
                Some(Stance::Relays) => "relays",
                Some(Stance::Distances) => "distances",
                None => return Ok(None),
            }
        };
        Ok(Some(Entry { heading, part: None, tie: None, through: None }))
    }
}

/// The ledger of an actor.
#[derive(Debug)]
pub(super) struct OfActor<'a> {
    scope: &'a Scope<'a>,
    ties: Ties,
}

impl<'a> OfActor<'a> {
    pub fn new(scope: &'a Scope<'a>, own: BTreeSet<ActorId>) -> Answer<Self> {
        Ok(Self { scope, ties: Ties::new(scope, own)? })
    }

    /// Where its readings are found: those that name it, its parts and fronts, or who speaks for one of them, and those
    /// about a relation of one of them.
    pub fn readings(&self, scope: &Scope<'_>) -> Answer<Vec<Subject>> {
        let mut everybody = self.ties.actors.clone();
        everybody.extend(&self.ties.voices);
        let mut ids = BTreeSet::new();
        for actor in everybody {
            // A reading may name any id of an actor.
            ids.extend(same::actor(scope, actor)?.ids);
        }
        let actors = ids.iter().map(|id| readings_about(scope, Kind::Actor, id.uuid()));
        let relations = self.ties.relations.iter().map(|id| readings_about(scope, Kind::Relation, id.uuid()));
        Ok(actors.chain(relations).collect())
    }

    /// The nearest of these actors that belongs to the one whose ledger it is.
    fn nearest(&self, actors: impl IntoIterator<Item = ActorId>, time: Bounds) -> Answer<Option<(Tie, ActorId)>> {
        let mut nearest = None;
        for actor in actors {
            let canonical = same::actor(self.scope, actor)?.canonical;
            let found = self.ties.of(canonical, time).or_else(|| self.ties.of(actor, time)).map(|tie| (tie, canonical));
            nearest = [nearest, found].into_iter().flatten().min();
        }
        Ok(nearest)
    }
}

impl Entries for OfActor<'_> {
    fn entry(&self, found: &Found<'_>) -> Answer<Option<Entry>> {
        let uttered = days(found.said);
        let subjects: BTreeSet<ActorId> = subjects(found).collect();
        let speaker = self.nearest(voice(found.said), uttered)?;
        let subject = self.nearest(subjects, uttered)?;
        // Who speaks of itself stands there as speaker; of two ways the nearer one.
        let (part, (tie, through)) = match (speaker, subject) {
            (Some(speaker), Some(subject)) if subject.0 < speaker.0 => ("subject", subject),
            (Some(speaker), _) => ("speaker", speaker),
            (None, Some(subject)) => ("subject", subject),
            (None, None) => return Ok(None),
        };
        let of_itself = speaker.is_some() && speaker.map(|(_, actor)| actor) == subject.map(|(_, actor)| actor);
        let through = match tie {
            Tie::Direct => None,
            Tie::PartOf | Tie::FrontOf => Some(named(through.uuid(), &actor_name(self.scope, through)?)),
        };
        let heading = if part == "speaker" { said_by(found, of_itself) } else { said_of(found) };
        Ok(Some(Entry { heading, part: Some(part), tie: Some(tie.as_str()), through }))
    }
}

/// The actor in whose voice it is.
fn voice(said: &Utterance) -> Option<ActorId> {
    let voice = said.speaker.as_ref().filter(|voice| voice.kind == "actor")?;
    voice.id.as_deref().and_then(|id| Uuid::try_parse(id).ok()).map(ActorId::new)
}

/// Of whom it is: the actor of the proposition and those said to have acted with it, the ends of a relation, or the actor
/// whose conduct it is about.
fn subjects<'f>(found: &'f Found<'_>) -> impl Iterator<Item = ActorId> + 'f {
    let target = match found.target {
        Target::Actor(actor) => Some(actor),
        Target::Incident(_) | Target::Class(_) | Target::Relation(_) => None,
    };
    let edge = found.relation.and_then(|relation| relation.edge());
    let ends = edge.into_iter().flat_map(|edge| [edge.from, edge.to]);
    let named = found.claims.iter().map(|claim| &claim.proposition);
    let named = named.flat_map(|about| about.actor.iter().chain(&about.with)).copied();
    target.into_iter().chain(ends).chain(named)
}

/// Under what an utterance stands as the speaker's.
fn said_by(found: &Found<'_>, of_itself: bool) -> &'static str {
    match (found.sign, found.said.act.as_str()) {
        (Some("support"), _) if !is_blamed(found) => "states",
        (Some("support"), _) if of_itself => "claims",
        (Some("support"), _) => "accuses",
        (Some(_), _) => "denies",
        (None, "praises") => "praises",
        (None, _) => "other",
    }
}

/// Under what it stands as said of the subject.
fn said_of(found: &Found<'_>) -> &'static str {
    match (found.sign, found.said.act.as_str()) {
        (Some("support"), _) if is_blamed(found) => "accused_of",
        (Some("support"), _) => "stated_of",
        (Some(_), _) => "denied_of",
        (None, "praises") => "praised",
        (None, _) => "other",
    }
}

/// Whether the proposition lays a part in an incident to somebody.
fn is_blamed(found: &Found<'_>) -> bool {
    let role = found.about.role.as_deref().and_then(|role| role.parse().ok());
    let is_part = match role {
        Some(Role::Perpetrator | Role::Ordered | Role::Planned | Role::InvolvedIn | Role::Enabled | Role::Incited) => {
            true
        }
        Some(Role::Target | Role::Victim | Role::Participant) | None => false,
    };
    is_part && found.about.facet == "who"
}

/// The days between which it was uttered.
fn days(said: &Utterance) -> Bounds {
    let day = |date: &Option<String>| date.as_deref().and_then(Day::from_date);
    Bounds { first: day(&said.earliest).unwrap_or(Day::Past), last: day(&said.latest).unwrap_or(Day::Future) }
}
