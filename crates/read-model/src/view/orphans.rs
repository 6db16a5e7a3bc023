//! Readings that take no part in any view, or whose passage was not found again, and what they lack.

use super::scope::{Answer, Scope};
use super::walk::{self, Budget};
use super::{case, resource};
use crate::Loaded;
use domain::actor::Actor;
use domain::annotation::Annotation;
use domain::claim::{Claim, Speaker, Target};
use domain::incident::Incident;
use domain::reading::Reading;
use domain::relation::Relation;
use domain::source::Source;
use domain::{Aggregate, Kind};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::view::resource::Of;
use wire::view::{AskOrphans, Gone, Orphan, Orphans};

const MISSING: &str = "missing";
/// Of an annotation that was not found in the newest revision of its document.
const LOST: &str = "lost";
const RETRACTED: &str = "retracted";
const WITHDRAWN: &str = "withdrawn";

/// The page that is asked for.
pub(super) fn orphans(scope: &Scope<'_>, ask: &AskOrphans) -> Answer<Orphans> {
    let mut known = Known { scope, fates: BTreeMap::new() };
    let (items, after) =
        walk::page(scope, Kind::Reading, (ask.limit, ask.after), |id, budget| orphan(&mut known, id, budget))?;
    Ok(Orphans { as_of: scope.snapshot.at(), items, next: None, after })
}

/// A reading with what it lacks; none where it lacks nothing.
fn orphan(known: &mut Known<'_>, id: Uuid, budget: &mut Budget) -> Answer<Option<Orphan>> {
    let scope = known.scope;
    let Some(loaded) = scope.snapshot.load::<Reading>(scope.project, id)? else { return Ok(None) };
    // A reading that was retracted lacks nothing: it was taken back. One without a claim cites nothing.
    let Reading::Claim { author: _, claim } = &loaded.state else { return Ok(None) };
    let (reasons, gone) = lacks(known, claim, budget)?;
    if reasons.is_empty() {
        return Ok(None);
    }
    let Some(Of::Reading(reading)) = resource::reading(scope, id, &loaded)?.and_then(|resource| resource.of) else {
        return Ok(None);
    };
    let reasons = reasons.into_iter().map(str::to_owned).collect();
    Ok(Some(Orphan { reading: Some(reading), reasons, gone }))
}

/// Why a claim takes no part, and what it lacks.
fn lacks(known: &mut Known<'_>, claim: &Claim, budget: &mut Budget) -> Answer<(BTreeSet<&'static str>, Vec<Gone>)> {
    let (mut reasons, mut gone) = (BTreeSet::new(), Vec::new());
    let mut fates = Vec::new();
    for annotation in &claim.evidence {
        fates.extend(known.fate::<Annotation>(annotation.uuid(), budget)?);
    }
    let (lost, dead): (Vec<_>, Vec<_>) = fates.into_iter().partition(|fate| fate.status == LOST);
    // One that cites another annotation that is live takes part.
    if dead.len() == claim.evidence.len() {
        reasons.insert("not_live");
        gone.extend(dead);
    }
    // A passage that the newest revision lacks still says what it said; somebody has to look whether that matters.
    if !lost.is_empty() {
        reasons.insert("anchor_lost");
        gone.extend(lost);
    }
    for (kind, id) in named(claim) {
        let (reason, fate) = match kind {
            Named::Target(target) => ("no_target", known.fate_of(target, budget)?),
            Named::Actor => ("unknown_actor", known.fate::<Actor>(id, budget)?),
            Named::Source => ("unknown_source", known.fate::<Source>(id, budget)?),
        };
        if let Some(fate) = fate {
            reasons.insert(reason);
            gone.push(fate);
        }
    }
    Ok((reasons, gone))
}

/// What a claim names, each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Target(Target),
    Actor,
    Source,
}

fn named(claim: &Claim) -> BTreeSet<(Named, Uuid)> {
    let about = &claim.proposition;
    let mut named = BTreeSet::from([(Named::Target(about.target), case::aggregate(about.target).1)]);
    for speaker in claim.speakers.everyone() {
        match speaker {
            Speaker::Actor(actor) => drop(named.insert((Named::Actor, actor.uuid()))),
            Speaker::Source(source) => drop(named.insert((Named::Source, source.uuid()))),
            Speaker::Unidentified { kind: _, label: _, of } => named.extend(of.map(|of| (Named::Actor, of.uuid()))),
        }
    }
    named.extend(about.actor.iter().chain(&about.with).map(|actor| (Named::Actor, actor.uuid())));
    named
}

/// An aggregate that a reading needs.
trait Needed: Aggregate {
    /// Why it cannot be counted on; none where it can.
    fn fate(&self) -> Option<&'static str>;
}

impl Needed for Annotation {
    fn fate(&self) -> Option<&'static str> {
        match self {
            Self::Absent => Some(MISSING),
            Self::Live { anchoring, .. } => anchoring.lost.as_ref().map(|_| LOST),
            Self::Retracted { .. } => Some(RETRACTED),
        }
    }
}

impl Needed for Incident {
    fn fate(&self) -> Option<&'static str> {
        match self {
            Self::Absent => Some(MISSING),
            Self::Single(_) | Self::Class(_) => None,
        }
    }
}

impl Needed for Relation {
    fn fate(&self) -> Option<&'static str> {
        match self {
            Self::Absent => Some(MISSING),
            Self::Live { .. } => None,
            Self::Withdrawn(_) => Some(WITHDRAWN),
        }
    }
}

impl Needed for Actor {
    fn fate(&self) -> Option<&'static str> {
        match self {
            Self::Absent => Some(MISSING),
            Self::Known { .. } => None,
        }
    }
}

impl Needed for Source {
    fn fate(&self) -> Option<&'static str> {
        match self {
            Self::Absent => Some(MISSING),
            Self::Registered { .. } => None,
        }
    }
}

/// What was looked at for this page: many readings name the same.
struct Known<'a> {
    scope: &'a Scope<'a>,
    fates: BTreeMap<(Kind, Uuid), Option<&'static str>>,
}

impl Known<'_> {
    fn fate_of(&mut self, target: Target, budget: &mut Budget) -> Answer<Option<Gone>> {
        match target {
            Target::Incident(id) | Target::Class(id) => self.fate::<Incident>(id.uuid(), budget),
            Target::Relation(id) => self.fate::<Relation>(id.uuid(), budget),
            Target::Actor(id) => self.fate::<Actor>(id.uuid(), budget),
        }
    }

    fn fate<A: Needed>(&mut self, id: Uuid, budget: &mut Budget) -> Answer<Option<Gone>> {
        let fate = if let Some(fate) = self.fates.get(&(A::KIND, id)) {
            *fate
        } else {
            budget.spend(1);
            let loaded: Option<Loaded<A>> = self.scope.snapshot.load(self.scope.project, id)?;
            let fate = loaded.map(|loaded| loaded.state).unwrap_or_default().fate();
            self.fates.insert((A::KIND, id), fate);
            fate
        };
        Ok(fate.map(|status| Gone { kind: A::KIND.to_string(), id: id.to_string(), status: status.to_owned() }))
    }
}
