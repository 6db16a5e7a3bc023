//! Which other aggregates an event names.

use crate::claim::{Claim, Proposition, Speaker, Target};
use crate::{
    Event, Kind, actor, adjudication, annotation, assessment, derivation, document, identity, import, incident,
    project, reading, relation, source, task, user,
};
use uuid::Uuid;

/// Calls `name` for every other aggregate of the project that the event names.
pub fn each(event: &Event, name: impl FnMut(Kind, Uuid)) {
    match event {
        Event::Project(event) => in_project(event),
        Event::User(event) => in_user(event),
        Event::Source(event) => in_source(event, name),
        Event::Document(event) => in_document(event, name),
        Event::Incident(event) => in_incident(event, name),
        Event::Actor(event) => in_actor(event, name),
        Event::Relation(event) => in_relation(event, name),
        Event::Annotation(event) => in_annotation(event, name),
        Event::Reading(event) => in_reading(event, name),
        Event::Derivation(event) => in_derivation(event, name),
        Event::Assessment(event) => in_assessment(event, name),
        Event::Identity(event) => in_identity(event, name),
        Event::Adjudication(event) => in_adjudication(event, name),
        Event::Task(event) => in_task(event, name),
        Event::Import(event) => in_import(event),
    }
}

fn in_project(event: &project::Event) {
    match event {
        project::Event::ProjectCreated { .. }
        | project::Event::CodebookPublished { .. }
        | project::Event::PolicyPublished { .. }
        | project::Event::MemberRoleGranted { .. }
        | project::Event::MemberRoleRevoked { .. } => {}
    }
}

fn in_user(event: &user::Event) {
    match event {
        user::Event::UserRegistered { .. } | user::Event::TokenIssued { .. } | user::Event::TokenRevoked { .. } => {}
    }
}

fn in_source(event: &source::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        source::Event::SourceRegistered { .. } => {}
        source::Event::SourceRelationAsserted { relation: _, to } => name(Kind::Source, to.uuid()),
    }
}

fn in_document(event: &document::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        document::Event::DocumentRegistered(detail) => name(Kind::Source, detail.source.uuid()),
        document::Event::DocumentRevisionCaptured(_)
        | document::Event::DocumentWithdrawnByPublisher
        | document::Event::DocumentTextErased { .. } => {}
    }
}

fn in_incident(event: &incident::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        incident::Event::IncidentRegistered(detail) | incident::Event::IncidentDetailRevised(detail) => {
            detail.targets.iter().for_each(|actor| name(Kind::Actor, actor.uuid()));
        }
        incident::Event::IncidentClassDefined(class) => {
            class.targets.iter().chain(&class.actors).for_each(|actor| name(Kind::Actor, actor.uuid()));
        }
    }
}

fn in_actor(event: &actor::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        actor::Event::ActorNameAsserted { id: _, name: asserted } => {
            asserted.evidence.iter().for_each(|annotation| name(Kind::Annotation, annotation.uuid()));
        }
        actor::Event::ActorRegistered { .. }
        | actor::Event::PlaceholderActorIntroduced
        | actor::Event::ActorNameWithdrawn { .. } => {}
    }
}

fn in_relation(event: &relation::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        relation::Event::RelationRegistered(edge) => {
            name(Kind::Actor, edge.from.uuid());
            name(Kind::Actor, edge.to.uuid());
            edge.evidence.iter().for_each(|annotation| name(Kind::Annotation, annotation.uuid()));
        }
        relation::Event::RelationDisputed { .. }
        | relation::Event::DisputeWithdrawn
        | relation::Event::RelationWithdrawn => {}
    }
}

fn in_annotation(event: &annotation::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        annotation::Event::AnnotationCreated(span) | annotation::Event::AnnotationRevised(span) => {
            name(Kind::Document, span.document.uuid());
        }
        annotation::Event::AnnotationRetracted
        | annotation::Event::AnnotationReanchored(_)
        | annotation::Event::AnnotationAnchorLost(_) => {}
    }
}

fn in_reading(event: &reading::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        reading::Event::ClaimRead(claim) | reading::Event::ClaimReadingRevised(claim) => in_claim(claim, name),
        reading::Event::NoClaimFound(blank) => name(Kind::Document, blank.document.uuid()),
        reading::Event::ClaimReadingRetracted => {}
    }
}

fn in_derivation(event: &derivation::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        derivation::Event::DerivationSuggested(edge) => {
            name(Kind::Annotation, edge.from.uuid());
            name(Kind::Annotation, edge.to.uuid());
        }
        derivation::Event::OriginDeclared { annotation, reason: _ } => name(Kind::Annotation, annotation.uuid()),
        derivation::Event::DerivationConfirmed { .. } | derivation::Event::DerivationRejected { .. } => {}
    }
}

fn in_assessment(event: &assessment::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        assessment::Event::AssessmentRecorded(content) => match &content.target {
            assessment::Target::Utterance(reading) => name(Kind::Reading, reading.uuid()),
            assessment::Target::Proposition(about) => in_proposition(about, name),
            assessment::Target::Document(document) => name(Kind::Document, document.uuid()),
            assessment::Target::Source(source) => name(Kind::Source, source.uuid()),
        },
        assessment::Event::AssessmentRevised { .. } | assessment::Event::AssessmentWithdrawn => {}
    }
}

/// A judgement names what it is about, itself and what it contests: whoever depends on it finds its records by its id.
fn in_identity(event: &identity::Event, mut name: impl FnMut(Kind, Uuid)) {
    name(Kind::Identity, event.judgement().uuid());
    if let Some((_, judged)) = event.judged() {
        name(judged.subject.kind(), judged.left);
        name(judged.subject.kind(), judged.right);
        judged.against.iter().for_each(|contested| name(Kind::Identity, contested.uuid()));
    }
}

fn in_adjudication(event: &adjudication::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        adjudication::Event::AdjudicationOpened(docket) => {
            docket.targets.iter().for_each(|target| in_target(target, &mut name));
        }
        adjudication::Event::ReadingsRuled(rulings) => {
            rulings.uphold.iter().chain(&rulings.reject).for_each(|reading| name(Kind::Reading, reading.uuid()));
        }
        adjudication::Event::FindingRecorded(finding) => in_target(&finding.target, &mut name),
        adjudication::Event::AdjudicationReopened { .. } | adjudication::Event::AdjudicationOverturned { .. } => {}
    }
}

fn in_task(event: &task::Event, mut name: impl FnMut(Kind, Uuid)) {
    match event {
        task::Event::TaskOpened(terms) => name(Kind::Document, terms.document.uuid()),
        task::Event::TaskSubmitted { annotator: _, submission } => {
            submission.readings.iter().chain(&submission.no_claims).for_each(|id| name(Kind::Reading, id.uuid()));
        }
        task::Event::TaskLeased { .. }
        | task::Event::LeaseRenewed { .. }
        | task::Event::LeaseExpired { .. }
        | task::Event::TaskSkipped { .. }
        | task::Event::TaskClosed => {}
    }
}

/// What a batch recorded names it by the correlation of its records, not the other way about.
fn in_import(event: &import::Event) {
    match event {
        import::Event::ImportBatchStarted { .. }
        | import::Event::ImportBatchCompleted(_)
        | import::Event::ImportBatchReverted(_) => {}
    }
}

fn in_target(target: &adjudication::Target, mut name: impl FnMut(Kind, Uuid)) {
    match target {
        adjudication::Target::Reading(reading) => name(Kind::Reading, reading.uuid()),
        adjudication::Target::Proposition(about) => in_proposition(about, name),
        adjudication::Target::Incident(incident) => name(Kind::Incident, incident.uuid()),
    }
}

fn in_proposition(proposition: &Proposition, mut name: impl FnMut(Kind, Uuid)) {
    match proposition.target {
        Target::Incident(id) | Target::Class(id) => name(Kind::Incident, id.uuid()),
        Target::Relation(relation) => name(Kind::Relation, relation.uuid()),
        Target::Actor(actor) => name(Kind::Actor, actor.uuid()),
    }
    proposition.actor.iter().chain(&proposition.with).for_each(|actor| name(Kind::Actor, actor.uuid()));
}

fn in_claim(claim: &Claim, mut name: impl FnMut(Kind, Uuid)) {
    for speaker in claim.speakers.everyone() {
        match speaker {
            Speaker::Source(source) => name(Kind::Source, source.uuid()),
            Speaker::Actor(actor) | Speaker::Unidentified { kind: _, label: _, of: Some(actor) } => {
                name(Kind::Actor, actor.uuid());
            }
            Speaker::Unidentified { kind: _, label: _, of: None } => {}
        }
    }
    in_proposition(&claim.proposition, &mut name);
    claim.evidence.iter().for_each(|annotation| name(Kind::Annotation, annotation.uuid()));
    claim.changes.iter().for_each(|changed| name(Kind::Reading, changed.uuid()));
    if let Some(relation) = claim.speaks_for {
        name(Kind::Relation, relation.uuid());
    }
}
