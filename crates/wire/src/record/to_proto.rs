//! From a record to its protobuf messages.

use super::{Envelope, Record};
use crate::proto::event as proto;
use bytes::Bytes;
use domain::anchor::Found;
use domain::claim::{Chain, Claim, Link, Proposition, Speaker, Target};
use domain::codebook::Codebook;
use domain::edtf::Edtf;
use domain::id::{ActorId, RelationId};
use domain::opinion::Opinion;
use domain::policy::Policy;
use domain::text::Text;
use domain::{
    Code, Event, Kind, actor, adjudication, annotation, assessment, derivation, document, identity, import, incident,
    project, reading, relation, source, task, user,
};
use proto::event::Of;
use uuid::Uuid;

pub(super) fn record(record: &Record) -> proto::Record {
    let Record { envelope, events } = record;
    let Envelope {
        record_id,
        log_id,
        project,
        kind: aggregate,
        id: aggregate_id,
        revision,
        previous,
        author,
        credential,
        command_id,
        request_sha256,
        correlation_id,
        causation_id,
        recorded_at_us,
        batch,
        relied_on,
        schema_version,
    } = envelope;
    proto::Record {
        record_id: id(*record_id),
        log_id: id(*log_id),
        project: id(*project),
        kind: kind(*aggregate),
        id: id(*aggregate_id),
        revision: *revision,
        previous_sha256: previous.map_or_else(Bytes::new, |digest| bytes(&digest)),
        author: id(author.uuid()),
        credential: id(credential.uuid()),
        command_id: id(*command_id),
        request_sha256: bytes(request_sha256),
        correlation_id: id(*correlation_id),
        causation_id: id_optional(*causation_id),
        recorded_at_us: *recorded_at_us,
        batch: batch.map(|batch| proto::Batch { id: id(batch.id), index: batch.index, count: batch.count }),
        relied_on: relied_on
            .iter()
            .map(|on| proto::Reliance { kind: kind(on.kind), id: id(on.id), revision: on.revision })
            .collect(),
        schema_version: *schema_version,
        events: events.iter().map(|one| proto::Event { of: Some(event(one)) }).collect(),
    }
}

fn kind(kind: Kind) -> i32 {
    let kind = match kind {
        Kind::Project => proto::Kind::Project,
        Kind::User => proto::Kind::User,
        Kind::Source => proto::Kind::Source,
        Kind::Document => proto::Kind::Document,
        Kind::Incident => proto::Kind::Incident,
        Kind::Actor => proto::Kind::Actor,
        Kind::Relation => proto::Kind::Relation,
        Kind::Annotation => proto::Kind::Annotation,
        Kind::Reading => proto::Kind::Reading,
        Kind::Derivation => proto::Kind::Derivation,
        Kind::Assessment => proto::Kind::Assessment,
        Kind::Identity => proto::Kind::Identity,
        Kind::Adjudication => proto::Kind::Adjudication,
        Kind::Task => proto::Kind::Task,
        Kind::Import => proto::Kind::Import,
    };
    kind.into()
}

fn event(event: &Event) -> Of {
    match event {
        Event::Project(event) => of_project(event),
        Event::User(event) => of_user(event),
        Event::Source(event) => of_source(event),
        Event::Document(event) => of_document(event),
        Event::Incident(event) => of_incident(event),
        Event::Actor(event) => of_actor(event),
        Event::Relation(event) => of_relation(event),
        Event::Annotation(event) => of_annotation(event),
        Event::Reading(event) => of_reading(event),
        Event::Derivation(event) => of_derivation(event),
        Event::Assessment(event) => of_assessment(event),
        Event::Identity(event) => of_identity(event),
        Event::Adjudication(event) => of_adjudication(event),
        Event::Task(event) => of_task(event),
        Event::Import(event) => of_import(event),
    }
}

fn of_project(event: &project::Event) -> Of {
    use project::Event::{CodebookPublished, MemberRoleGranted, MemberRoleRevoked, PolicyPublished, ProjectCreated};
    match event {
        ProjectCreated { name, blind } => {
            Of::ProjectCreated(proto::ProjectCreated { name: Some(text(name)), blind: *blind })
        }
        CodebookPublished { version, codebook } => Of::CodebookPublished(of_codebook(*version, codebook)),
        PolicyPublished { version, policy } => Of::PolicyPublished(of_policy(*version, policy)),
        MemberRoleGranted { user, role } => {
            Of::MemberRoleGranted(proto::MemberRoleGranted { user: id(user.uuid()), role: code(*role) })
        }
        MemberRoleRevoked { user } => Of::MemberRoleRevoked(proto::MemberRoleRevoked { user: id(user.uuid()) }),
    }
}

fn of_codebook(version: u32, codebook: &Codebook) -> proto::CodebookPublished {
    let Codebook { guideline, kinds, modes, labels, acts, roles } = codebook;
    proto::CodebookPublished {
        version,
        guideline: Some(text(guideline)),
        kinds: texts(kinds),
        modes: texts(modes),
        labels: labels.iter().map(|(of, label)| (of.clone(), text(label))).collect(),
        acts: acts.iter().copied().map(code).collect(),
        roles: roles.iter().copied().map(code).collect(),
    }
}

fn of_policy(version: u32, policy: &Policy) -> proto::PolicyPublished {
    let Policy { readings, theta, generic, officials_include, officials_exclude, trust, opinions, base_rate } = policy;
    proto::PolicyPublished {
        version,
        readings: code(*readings),
        theta: *theta,
        generic: code(*generic),
        officials_include: officials_include.iter().map(|actor| id(actor.uuid())).collect(),
        officials_exclude: officials_exclude.iter().map(|actor| id(actor.uuid())).collect(),
        trust: trust.iter().map(|(&of, &value)| proto::Trust { id: id(of), value }).collect(),
        opinions: opinions
            .iter()
            .map(|(&certainty, evidence)| proto::CertaintyEvidence {
                certainty: certainty.to_owned(),
                r: evidence.r,
                s: evidence.s,
            })
            .collect(),
        base_rate: *base_rate,
    }
}

fn of_user(event: &user::Event) -> Of {
    use user::Event::{TokenIssued, TokenRevoked, UserRegistered};
    match event {
        UserRegistered { display_name } => {
            Of::UserRegistered(proto::UserRegistered { display_name: Some(text(display_name)) })
        }
        TokenIssued { token, expires_at_us, operator } => Of::TokenIssued(proto::TokenIssued {
            token: id(token.uuid()),
            expires_at_us: *expires_at_us,
            operator: *operator,
        }),
        TokenRevoked { token } => Of::TokenRevoked(proto::TokenRevoked { token: id(token.uuid()) }),
    }
}

fn of_source(event: &source::Event) -> Of {
    use source::Event::{SourceRegistered, SourceRelationAsserted};
    match event {
        SourceRegistered { name, kind } => {
            Of::SourceRegistered(proto::SourceRegistered { name: Some(text(name)), kind: code(*kind) })
        }
        SourceRelationAsserted { relation, to } => {
            Of::SourceRelationAsserted(proto::SourceRelationAsserted { relation: code(*relation), to: id(to.uuid()) })
        }
    }
}

fn of_document(event: &document::Event) -> Of {
    use document::Event::{
        DocumentRegistered, DocumentRevisionCaptured, DocumentTextErased, DocumentWithdrawnByPublisher,
    };
    match event {
        DocumentRegistered(document::Detail { title, source, url, published, language, sensitivity }) => {
            Of::DocumentRegistered(proto::DocumentRegistered {
                title: Some(text(title)),
                source: id(source.uuid()),
                url: url.as_ref().map(text),
                published: date_optional(published.as_ref()),
                language: language.as_ref().map(text),
                sensitivity: sensitivity.as_ref().map(text),
            })
        }
        DocumentRevisionCaptured(document::Revision {
            number,
            salt,
            sha256,
            bytes: bytes_len,
            code_points,
            captured_at,
        }) => Of::DocumentRevisionCaptured(proto::DocumentRevisionCaptured {
            number: *number,
            salt: salt.as_ref().map(|salt| bytes(salt)).unwrap_or_default(),
            sha256: bytes(sha256),
            bytes: *bytes_len,
            code_points: *code_points,
            captured_at: captured_at.as_ref().map(text),
        }),
        DocumentWithdrawnByPublisher => Of::DocumentWithdrawnByPublisher(proto::DocumentWithdrawnByPublisher {}),
        DocumentTextErased { number, reason } => {
            Of::DocumentTextErased(proto::DocumentTextErased { number: *number, reason: Some(text(reason)) })
        }
    }
}

fn of_incident(event: &incident::Event) -> Of {
    use incident::Event::{IncidentClassDefined, IncidentDetailRevised, IncidentRegistered};
    match event {
        IncidentRegistered(detail) => {
            Of::IncidentRegistered(proto::IncidentRegistered { detail: Some(incident_detail(detail)) })
        }
        IncidentDetailRevised(detail) => {
            Of::IncidentDetailRevised(proto::IncidentDetailRevised { detail: Some(incident_detail(detail)) })
        }
        IncidentClassDefined(incident::Class { title, kinds, targets, places, actors, period }) => {
            Of::IncidentClassDefined(proto::IncidentClassDefined {
                title: Some(text(title)),
                kinds: texts(kinds),
                targets: targets.iter().map(|actor| id(actor.uuid())).collect(),
                places: texts(places),
                actors: actors.iter().map(|actor| id(actor.uuid())).collect(),
                period: date_optional(period.as_ref()),
            })
        }
    }
}

fn incident_detail(detail: &incident::Detail) -> proto::IncidentDetail {
    let incident::Detail { title, when, kind, places, targets } = detail;
    proto::IncidentDetail {
        title: Some(text(title)),
        when: when.as_str().to_owned(),
        kind: kind.as_ref().map(text),
        places: texts(places),
        targets: targets.iter().map(|actor| id(actor.uuid())).collect(),
    }
}

fn of_actor(event: &actor::Event) -> Of {
    use actor::Event::{ActorNameAsserted, ActorNameWithdrawn, ActorRegistered, PlaceholderActorIntroduced};
    match event {
        ActorRegistered { kind } => Of::ActorRegistered(proto::ActorRegistered { kind: code(*kind) }),
        PlaceholderActorIntroduced => Of::PlaceholderActorIntroduced(proto::PlaceholderActorIntroduced {}),
        ActorNameAsserted { id: assertion, name: actor::Name { name, language, evidence } } => {
            Of::ActorNameAsserted(proto::ActorNameAsserted {
                id: id(assertion.uuid()),
                name: Some(text(name)),
                language: language.as_ref().map(text),
                evidence: evidence.iter().map(|annotation| id(annotation.uuid())).collect(),
            })
        }
        ActorNameWithdrawn { id: assertion } => {
            Of::ActorNameWithdrawn(proto::ActorNameWithdrawn { id: id(assertion.uuid()) })
        }
    }
}

fn of_relation(event: &relation::Event) -> Of {
    use relation::Event::{DisputeWithdrawn, RelationDisputed, RelationRegistered, RelationWithdrawn};
    match event {
        RelationRegistered(relation::Edge { relation, from, to, stance, evidence, valid }) => {
            Of::RelationRegistered(proto::RelationRegistered {
                r#type: code(*relation),
                from: id(from.uuid()),
                to: id(to.uuid()),
                stance: code(*stance),
                evidence: evidence.iter().map(|annotation| id(annotation.uuid())).collect(),
                valid: date_optional(valid.as_ref()),
            })
        }
        RelationDisputed { reason } => Of::RelationDisputed(proto::RelationDisputed { reason: Some(text(reason)) }),
        DisputeWithdrawn => Of::DisputeWithdrawn(proto::DisputeWithdrawn {}),
        RelationWithdrawn => Of::RelationWithdrawn(proto::RelationWithdrawn {}),
    }
}

fn of_identity(event: &identity::Event) -> Of {
    use identity::Event::{JudgedDistinct, JudgedSame, JudgedUnsure, JudgementWithdrawn};
    match event {
        JudgedSame(of) => Of::JudgedSame(proto::JudgedSame { judged: Some(judged(of)) }),
        JudgedDistinct(of) => Of::JudgedDistinct(proto::JudgedDistinct { judged: Some(judged(of)) }),
        JudgedUnsure(of) => Of::JudgedUnsure(proto::JudgedUnsure { judged: Some(judged(of)) }),
        JudgementWithdrawn(judgement) => {
            Of::JudgementWithdrawn(proto::JudgementWithdrawn { judgement: id(judgement.uuid()) })
        }
    }
}

fn judged(judged: &identity::Judged) -> proto::Judged {
    let identity::Judged { id: judgement, subject, left, right, reason, against } = judged;
    proto::Judged {
        judgement: id(judgement.uuid()),
        kind: code(*subject),
        left: id(*left),
        right: id(*right),
        reason: Some(text(reason)),
        against: against.iter().map(|contested| id(contested.uuid())).collect(),
    }
}

fn of_import(event: &import::Event) -> Of {
    use import::Event::{ImportBatchCompleted, ImportBatchReverted, ImportBatchStarted};
    match event {
        ImportBatchStarted { name } => {
            Of::ImportBatchStarted(proto::ImportBatchStarted { name: name.as_ref().map(text) })
        }
        ImportBatchCompleted(import::Lines { lines, refused }) => {
            Of::ImportBatchCompleted(proto::ImportBatchCompleted { lines: *lines, refused: *refused })
        }
        ImportBatchReverted(import::Reverted { reverted, kept }) => {
            Of::ImportBatchReverted(proto::ImportBatchReverted { reverted: *reverted, kept: *kept })
        }
    }
}

fn of_derivation(event: &derivation::Event) -> Of {
    use derivation::Event::{DerivationConfirmed, DerivationRejected, DerivationSuggested, OriginDeclared};
    match event {
        DerivationSuggested(derivation::Edge { derivation, from, to }) => {
            Of::DerivationSuggested(proto::DerivationSuggested {
                kind: code(*derivation),
                from: id(from.uuid()),
                to: id(to.uuid()),
            })
        }
        DerivationConfirmed { reason } => {
            Of::DerivationConfirmed(proto::DerivationConfirmed { reason: Some(text(reason)) })
        }
        DerivationRejected { reason } => {
            Of::DerivationRejected(proto::DerivationRejected { reason: Some(text(reason)) })
        }
        OriginDeclared { annotation, reason } => {
            Of::OriginDeclared(proto::OriginDeclared { annotation: id(annotation.uuid()), reason: Some(text(reason)) })
        }
    }
}

fn of_assessment(event: &assessment::Event) -> Of {
    use assessment::Event::{AssessmentRecorded, AssessmentRevised, AssessmentWithdrawn};
    use proto::assessment_recorded::Target as To;
    match event {
        AssessmentRecorded(assessment::Content { target, grade: graded, reason }) => {
            let target = match target {
                assessment::Target::Utterance(reading) => To::Utterance(id(reading.uuid())),
                assessment::Target::Proposition(about) => To::Proposition(proposition(about)),
                assessment::Target::Document(document) => To::Document(id(document.uuid())),
                assessment::Target::Source(source) => To::Source(id(source.uuid())),
            };
            Of::AssessmentRecorded(proto::AssessmentRecorded {
                target: Some(target),
                grade: Some(grade(*graded)),
                reason: Some(text(reason)),
            })
        }
        AssessmentRevised { grade: graded, reason } => {
            Of::AssessmentRevised(proto::AssessmentRevised { grade: Some(grade(*graded)), reason: Some(text(reason)) })
        }
        AssessmentWithdrawn => Of::AssessmentWithdrawn(proto::AssessmentWithdrawn {}),
    }
}

fn grade(grade: assessment::Grade) -> proto::Grade {
    use proto::grade::Scale as By;
    let scale = match grade {
        assessment::Grade::Admiralty { letter, digit } => {
            By::Admiralty(proto::Admiralty { letter: code(letter), digit: digit.into() })
        }
        assessment::Grade::Icd203 { likelihood, confidence } => {
            By::Icd203(proto::Icd203 { likelihood: code(likelihood), confidence: code(confidence) })
        }
        assessment::Grade::Opinion(Opinion { belief, disbelief, uncertainty, base_rate }) => {
            By::Opinion(proto::Opinion { belief, disbelief, uncertainty, base_rate })
        }
    };
    proto::Grade { scale: Some(scale) }
}

fn of_adjudication(event: &adjudication::Event) -> Of {
    use adjudication::Event::{
        AdjudicationOpened, AdjudicationOverturned, AdjudicationReopened, FindingRecorded, ReadingsRuled,
    };
    match event {
        AdjudicationOpened(adjudication::Docket { question, targets }) => {
            Of::AdjudicationOpened(proto::AdjudicationOpened {
                question: Some(text(question)),
                targets: targets.iter().map(target).collect(),
            })
        }
        ReadingsRuled(adjudication::Rulings { uphold, reject, reason, based_on }) => {
            Of::ReadingsRuled(proto::ReadingsRuled {
                uphold: uphold.iter().map(|reading| id(reading.uuid())).collect(),
                reject: reject.iter().map(|reading| id(reading.uuid())).collect(),
                reason: Some(text(reason)),
                based_on: *based_on,
            })
        }
        FindingRecorded(adjudication::Finding { target: on, outcome, standard, reason, based_on, dissent }) => {
            let dissent = dissent.iter().map(|adjudication::Dissent { by, text: other }| proto::Dissent {
                by: id(by.uuid()),
                text: Some(text(other)),
            });
            Of::FindingRecorded(proto::FindingRecorded {
                target: Some(target(on)),
                outcome: code(*outcome),
                standard: code(*standard),
                reason: Some(text(reason)),
                based_on: *based_on,
                dissent: dissent.collect(),
            })
        }
        AdjudicationReopened { reason } => {
            Of::AdjudicationReopened(proto::AdjudicationReopened { reason: Some(text(reason)) })
        }
        AdjudicationOverturned { reason } => {
            Of::AdjudicationOverturned(proto::AdjudicationOverturned { reason: Some(text(reason)) })
        }
    }
}

fn of_task(event: &task::Event) -> Of {
    use task::Event::{LeaseExpired, LeaseRenewed, TaskClosed, TaskLeased, TaskOpened, TaskSkipped, TaskSubmitted};
    match event {
        TaskOpened(task::Terms { document, revision, overlap, lease_seconds, priority, assignees }) => {
            Of::TaskOpened(proto::TaskOpened {
                document: id(document.uuid()),
                revision: *revision,
                overlap: match overlap {
                    task::Overlap::Of(overlap) => *overlap,
                    task::Overlap::Everyone => 0,
                },
                lease_seconds: *lease_seconds,
                priority: *priority,
                assignees: assignees.iter().map(|user| id(user.uuid())).collect(),
            })
        }
        TaskLeased { annotator, until_us } => {
            Of::TaskLeased(proto::TaskLeased { annotator: id(annotator.uuid()), until_us: *until_us })
        }
        LeaseRenewed { annotator, until_us } => {
            Of::LeaseRenewed(proto::LeaseRenewed { annotator: id(annotator.uuid()), until_us: *until_us })
        }
        LeaseExpired { annotator } => Of::LeaseExpired(proto::LeaseExpired { annotator: id(annotator.uuid()) }),
        TaskSubmitted { annotator, submission: task::Submission { readings, no_claims, nothing_found } } => {
            Of::TaskSubmitted(proto::TaskSubmitted {
                annotator: id(annotator.uuid()),
                readings: readings.iter().map(|reading| id(reading.uuid())).collect(),
                no_claims: no_claims.iter().map(|reading| id(reading.uuid())).collect(),
                nothing_found: *nothing_found,
            })
        }
        TaskSkipped { annotator, reason } => {
            Of::TaskSkipped(proto::TaskSkipped { annotator: id(annotator.uuid()), reason: Some(text(reason)) })
        }
        TaskClosed => Of::TaskClosed(proto::TaskClosed {}),
    }
}

fn target(target: &adjudication::Target) -> proto::AdjudicationTarget {
    use proto::adjudication_target::Of as To;
    let of = match target {
        adjudication::Target::Reading(reading) => To::Reading(id(reading.uuid())),
        adjudication::Target::Proposition(about) => To::Proposition(proposition(about)),
        adjudication::Target::Incident(incident) => To::Incident(id(incident.uuid())),
    };
    proto::AdjudicationTarget { of: Some(of) }
}

fn of_annotation(event: &annotation::Event) -> Of {
    use annotation::Event::{
        AnnotationAnchorLost, AnnotationCreated, AnnotationReanchored, AnnotationRetracted, AnnotationRevised,
    };
    match event {
        AnnotationCreated(marked) => Of::AnnotationCreated(proto::AnnotationCreated { span: Some(span(marked)) }),
        AnnotationRevised(marked) => Of::AnnotationRevised(proto::AnnotationRevised { span: Some(span(marked)) }),
        AnnotationRetracted => Of::AnnotationRetracted(proto::AnnotationRetracted {}),
        AnnotationReanchored(annotation::Reanchored { revision, found }) => {
            let Found { start, end, score, method } = *found;
            let method = code(method);
            Of::AnnotationReanchored(proto::AnnotationReanchored { revision: *revision, start, end, score, method })
        }
        AnnotationAnchorLost(annotation::Loss { revision, reason }) => {
            Of::AnnotationAnchorLost(proto::AnnotationAnchorLost { revision: *revision, reason: code(*reason) })
        }
    }
}

fn span(span: &annotation::Span) -> proto::Span {
    let annotation::Span { document, revision, start, end, role, note } = span;
    proto::Span {
        document: id(document.uuid()),
        revision: *revision,
        start: *start,
        end: *end,
        role: code(*role),
        note: note.as_ref().map(text),
    }
}

fn of_reading(event: &reading::Event) -> Of {
    use reading::Event::{ClaimRead, ClaimReadingRetracted, ClaimReadingRevised, NoClaimFound};
    match event {
        ClaimRead(read) => Of::ClaimRead(proto::ClaimRead { claim: Some(claim(read)) }),
        ClaimReadingRevised(read) => Of::ClaimReadingRevised(proto::ClaimReadingRevised { claim: Some(claim(read)) }),
        ClaimReadingRetracted => Of::ClaimReadingRetracted(proto::ClaimReadingRetracted {}),
        NoClaimFound(reading::Blank { document, revision, start, end }) => Of::NoClaimFound(proto::NoClaimFound {
            document: id(document.uuid()),
            revision: *revision,
            start: *start,
            end: *end,
        }),
    }
}

fn claim(claim: &Claim) -> proto::Claim {
    let Claim {
        speakers,
        act,
        proposition: about,
        polarity,
        certainty,
        evidence,
        scope,
        presupposed,
        mode,
        uttered,
        changes,
        speaks_for,
    } = claim;
    proto::Claim {
        speakers: chain(speakers),
        act: code(*act),
        proposition: Some(proposition(about)),
        polarity: code(*polarity),
        certainty: code(*certainty),
        evidence: evidence.iter().map(|annotation| id(annotation.uuid())).collect(),
        scope: code(*scope),
        presupposed: *presupposed,
        mode: mode.as_ref().map(text),
        uttered: date_optional(uttered.as_ref()),
        changes: changes.iter().map(|reading| id(reading.uuid())).collect(),
        speaks_for: id_optional(speaks_for.map(RelationId::uuid)),
    }
}

fn chain(chain: &Chain) -> Vec<proto::Link> {
    let outer = chain.links().iter().map(|Link { speaker, stance }| link(speaker, code(*stance)));
    outer.chain([link(chain.speaker(), String::new())]).collect()
}

fn link(speaker: &Speaker, stance: String) -> proto::Link {
    use proto::link::Who;
    let who = match speaker {
        Speaker::Actor(actor) => Who::Actor(id(actor.uuid())),
        Speaker::Source(source) => Who::Source(id(source.uuid())),
        Speaker::Unidentified { kind, label, of } => Who::Unidentified(proto::Unidentified {
            kind: code(*kind),
            label: label.as_ref().map(text),
            of: id_optional(of.map(ActorId::uuid)),
        }),
    };
    proto::Link { who: Some(who), stance }
}

fn proposition(proposition: &Proposition) -> proto::Proposition {
    use proto::proposition::Target as To;
    let Proposition { target, facet, actor, role, value, with, with_others } = proposition;
    let target = match target {
        Target::Incident(incident) => To::Incident(id(incident.uuid())),
        Target::Class(class) => To::Class(id(class.uuid())),
        Target::Relation(relation) => To::Relation(id(relation.uuid())),
        Target::Actor(actor) => To::TargetActor(id(actor.uuid())),
    };
    proto::Proposition {
        target: Some(target),
        facet: facet.map_or_else(String::new, code),
        actor: id_optional(actor.map(ActorId::uuid)),
        role: role.map_or_else(String::new, code),
        value: value.as_ref().map(text),
        with: with.iter().map(|actor| id(actor.uuid())).collect(),
        with_others: *with_others,
    }
}

fn text(text: &Text) -> proto::Text {
    proto::Text { form: Some(proto::text::Form::Plain(text.as_str().to_owned())) }
}

fn texts(list: &[Text]) -> Vec<proto::Text> {
    list.iter().map(text).collect()
}

fn date_optional(date: Option<&Edtf>) -> String {
    date.map_or_else(String::new, |date| date.as_str().to_owned())
}

fn code(value: impl Code) -> String {
    value.as_str().to_owned()
}

fn id(id: Uuid) -> Bytes {
    bytes(id.as_bytes())
}

fn id_optional(of: Option<Uuid>) -> Bytes {
    of.map_or_else(Bytes::new, id)
}

fn bytes(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
