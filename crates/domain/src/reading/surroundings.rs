//! What a claim names, as it stands when the claim is recorded.

use crate::Rejection;
use crate::actor::{Actor, ActorKind};
use crate::annotation::Annotation;
use crate::claim::{Act, Claim, Speaker, Target};
use crate::edtf::{Bounds, Edtf};
use crate::id::{ActorId, AnnotationId, IncidentId, ReadingId, RelationId, SourceId};
use crate::incident::Incident;
use crate::reading::Reading;
use crate::relation::{Relation, RelationType};
use crate::source::Source;
use std::collections::BTreeMap;

/// The aggregates that a claim names, loaded from the log. What is not in a map does not exist in the project.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Cited annotations.
    pub annotations: BTreeMap<AnnotationId, Annotation>,
    /// Named actors.
    pub actors: BTreeMap<ActorId, Actor>,
    /// Named sources.
    pub sources: BTreeMap<SourceId, Source>,
    /// Named incidents and classes.
    pub incidents: BTreeMap<IncidentId, Incident>,
    /// Named relations.
    pub relations: BTreeMap<RelationId, Relation>,
    /// Readings named by a change act.
    pub readings: BTreeMap<ReadingId, Reading>,
}

impl Surroundings {
    /// Checks a claim against what it names: everything exists, at least one cited annotation is live (invariant 1),
    /// who claims responsibility may (6), and who changes an utterance is its speaker (7).
    pub fn check(&self, claim: &Claim) -> Result<(), Rejection> {
        self.check_speakers(claim)?;
        self.check_target(claim)?;
        self.check_evidence(claim)?;
        self.check_edge(claim)?;
        self.check_claimant(claim)?;
        self.check_changes(claim)
    }

    /// What is odd about a claim, though nothing forbids it.
    #[must_use]
    pub fn remarks(&self, claim: &Claim) -> Vec<&'static str> {
        let official = match claim.speakers.speaker() {
            Speaker::Actor(actor) => {
                let is = |actor: ActorId| {
                    self.actors
                        .get(&actor)
                        .and_then(Actor::kind)
                        .is_some_and(|kind| matches!(kind, ActorKind::StateBody | ActorKind::Office))
                };
                is(*actor) || self.spoken_for(claim).is_some_and(is)
            }
            Speaker::Source(_) | Speaker::Unidentified { .. } => false,
        };
        // An official act by somebody else counts as its plain one.
        if claim.act.is_official() && !official { vec!["speaker_not_official"] } else { Vec::new() }
    }

    fn check_speakers(&self, claim: &Claim) -> Result<(), Rejection> {
        for (at, speaker) in claim.speakers.everyone().enumerate() {
            match speaker {
                Speaker::Actor(actor) => self.actor(*actor, &format!("/speakers/{at}/actor"))?,
                Speaker::Source(source) => {
                    let known = matches!(self.sources.get(source), Some(Source::Registered { .. }));
                    found(known, "source", &format!("/speakers/{at}/source"))?;
                }
                Speaker::Unidentified { of: Some(actor), .. } => {
                    self.actor(*actor, &format!("/speakers/{at}/unidentified/of"))?;
                }
                Speaker::Unidentified { of: None, .. } => {}
            }
        }
        Ok(())
    }

    fn check_target(&self, claim: &Claim) -> Result<(), Rejection> {
        let proposition = &claim.proposition;
        match proposition.target {
            Target::Incident(id) => match self.incidents.get(&id) {
                Some(Incident::Single(_)) => {}
                Some(Incident::Class(_)) => {
                    return Err(Rejection::invalid("not_an_incident", "this is a class: name it in `class`")
                        .at("/proposition/incident"));
                }
                Some(Incident::Absent) | None => found(false, "incident", "/proposition/incident")?,
            },
            Target::Class(id) => match self.incidents.get(&id) {
                Some(Incident::Class(_)) => {}
                Some(Incident::Single(_)) => {
                    return Err(Rejection::invalid("not_a_class", "this is one incident: name it in `incident`")
                        .at("/proposition/class"));
                }
                Some(Incident::Absent) | None => found(false, "class", "/proposition/class")?,
            },
            Target::Relation(id) => {
                let known = self.relations.get(&id).is_some_and(|relation| relation.edge().is_some());
                found(known, "relation", "/proposition/relation")?;
            }
            Target::Actor(id) => found(self.knows(id), "actor", "/proposition/actor")?,
        }
        if let Some(actor) = proposition.actor {
            self.actor(actor, "/proposition/actor")?;
        }
        for (at, actor) in proposition.with.iter().enumerate() {
            self.actor(*actor, &format!("/proposition/with/{at}"))?;
        }
        Ok(())
    }

    fn check_evidence(&self, claim: &Claim) -> Result<(), Rejection> {
        let mut live = false;
        for (at, id) in claim.evidence.iter().enumerate() {
            let annotation = self.annotations.get(id);
            found(annotation.is_some_and(|a| a.span().is_some()), "annotation", &format!("/evidence/{at}"))?;
            live |= annotation.is_some_and(|a| a.live().is_some());
        }
        if live {
            return Ok(());
        }
        Err(Rejection::invalid("evidence_not_live", "every cited annotation was retracted").at("/evidence"))
    }

    /// The named edge leads from the speaker, and is one by which people speak for others.
    fn check_edge(&self, claim: &Claim) -> Result<(), Rejection> {
        let Some(id) = claim.speaks_for else { return Ok(()) };
        let edge = self.relations.get(&id).and_then(Relation::edge);
        found(edge.is_some(), "relation", "/speaks_for")?;
        let fits = edge.is_some_and(|edge| {
            matches!(edge.relation, RelationType::SpeaksFor | RelationType::HoldsOffice)
                && *claim.speakers.speaker() == Speaker::Actor(edge.from)
        });
        if fits {
            return Ok(());
        }
        let detail = "`speaks_for` names an edge speaks_for or holds_office that leads from the speaker";
        Err(Rejection::invalid("edge_mismatch", detail).at("/speaks_for"))
    }

    fn check_claimant(&self, claim: &Claim) -> Result<(), Rejection> {
        if claim.act != Act::ClaimsResponsibility {
            return Ok(());
        }
        let subject = claim.proposition.actor;
        let speaker = match claim.speakers.speaker() {
            Speaker::Actor(actor) => Some(*actor),
            Speaker::Source(_) | Speaker::Unidentified { .. } => None,
        };
        if subject.is_some() && (speaker == subject || self.spoken_for(claim) == subject) {
            return Ok(());
        }
        let detail = "responsibility is claimed by the actor itself, or by one who holds a held edge speaks_for or \
                      holds_office to it, named in `speaks_for`; otherwise it is `accuses`";
        Err(Rejection::invalid("not_the_claimant", detail).at("/speakers"))
    }

    fn check_changes(&self, claim: &Claim) -> Result<(), Rejection> {
        for (at, id) in claim.changes.iter().enumerate() {
            let pointer = format!("/changes/{at}");
            let changed = self.readings.get(id).and_then(Reading::claim);
            found(changed.is_some(), "reading", &pointer)?;
            let Some(changed) = changed else { continue };
            let same = match (self.voice(claim), self.voice(changed)) {
                // A spokesperson may change what another said for the same actor, and what it said itself.
                (Some(own), Some(other)) => own == other || claim.speakers.speaker() == changed.speakers.speaker(),
                _ => false,
            };
            if !same {
                let detail = "a change act names utterances of its own speaker";
                return Err(Rejection::invalid("change_of_other_speaker", detail).at(pointer));
            }
        }
        Ok(())
    }

    /// For whom a claim's speaker speaks, by the edge that the claim names, if it is held when it is uttered.
    fn spoken_for(&self, claim: &Claim) -> Option<ActorId> {
        let time = claim.uttered.as_ref().map_or(Bounds::ALWAYS, Edtf::bounds);
        self.relations.get(&claim.speaks_for?)?.held_at(time).map(|edge| edge.to)
    }

    /// Whose voice a claim is: an unidentified speaker has none that could be met again.
    fn voice(&self, claim: &Claim) -> Option<Speaker> {
        match claim.speakers.speaker() {
            Speaker::Unidentified { .. } => None,
            identified => Some(self.spoken_for(claim).map_or_else(|| identified.clone(), Speaker::Actor)),
        }
    }

    fn knows(&self, id: ActorId) -> bool {
        self.actors.get(&id).is_some_and(|actor| actor.kind().is_some())
    }

    fn actor(&self, id: ActorId, pointer: &str) -> Result<(), Rejection> {
        found(self.knows(id), "actor", pointer)
    }
}

fn found(known: bool, what: &str, pointer: &str) -> Result<(), Rejection> {
    if known {
        return Ok(());
    }
    Err(Rejection::invalid("reference_unknown", format!("the project has no such {what}")).at(pointer))
}

#[cfg(test)]
pub(super) mod tests;
