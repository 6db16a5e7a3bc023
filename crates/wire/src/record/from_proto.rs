//! From protobuf messages to a record. Total: whatever the bytes say becomes a record or an error.
//!
//! Rules were checked when the record was written and are not checked again; only what the types cannot hold is refused.

use super::{Batch, Envelope, Error, Record, Reliance};
use crate::proto::event as proto;
use bytes::Bytes;
use domain::anchor::Found;
use domain::claim::{Certainty, Chain, Claim, Link, Proposition, Speaker, Target};
use domain::codebook::Codebook;
use domain::edtf::Edtf;
use domain::opinion::Opinion;
use domain::policy::{Evidence, Policy};
use domain::text::Text;
use domain::{
    Code, Event, Kind, actor, adjudication, annotation, assessment, derivation, document, identity, import, incident,
    project, reading, relation, source, task, user,
};
use proto::event::Of;
use std::collections::BTreeMap;
use uuid::Uuid;

type Result<T, E = Error> = std::result::Result<T, E>;

pub(super) fn record(record: proto::Record) -> Result<Record> {
    let proto::Record {
        record_id,
        log_id,
        project,
        kind,
        id,
        revision,
        previous_sha256,
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
        events,
    } = record;
    let envelope = envelope(&proto::Envelope {
        record_id,
        log_id,
        project,
        kind,
        id,
        revision,
        previous_sha256,
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
    })?;
    if events.is_empty() {
        return Err(Error::Field { field: "events" });
    }
    let events = events
        .into_iter()
        .enumerate()
        .map(|(index, one)| event(one.of.ok_or(Error::UnknownEvent { index })?))
        .collect::<Result<_>>()?;
    Ok(Record { envelope, events })
}

pub(super) fn envelope(envelope: &proto::Envelope) -> Result<Envelope> {
    let previous = &envelope.previous_sha256;
    let batch = envelope
        .batch
        .as_ref()
        .map(|batch| Ok::<_, Error>(Batch { id: id(&batch.id, "batch.id")?, index: batch.index, count: batch.count }));
    let relied_on = envelope.relied_on.iter().map(|on| {
        Ok(Reliance { kind: kind(on.kind, "relied_on.kind")?, id: id(&on.id, "relied_on.id")?, revision: on.revision })
    });
    Ok(Envelope {
        record_id: id(&envelope.record_id, "record_id")?,
        log_id: id(&envelope.log_id, "log_id")?,
        project: id(&envelope.project, "project")?,
        kind: kind(envelope.kind, "kind")?,
        id: id(&envelope.id, "id")?,
        revision: envelope.revision,
        previous: if previous.is_empty() { None } else { Some(array(previous, "previous_sha256")?) },
        author: id(&envelope.author, "author")?,
        credential: id(&envelope.credential, "credential")?,
        command_id: id(&envelope.command_id, "command_id")?,
        request_sha256: array(&envelope.request_sha256, "request_sha256")?,
        correlation_id: id(&envelope.correlation_id, "correlation_id")?,
        causation_id: id_optional(&envelope.causation_id, "causation_id")?,
        recorded_at_us: envelope.recorded_at_us,
        batch: batch.transpose()?,
        relied_on: relied_on.collect::<Result<_>>()?,
        schema_version: envelope.schema_version,
    })
}

fn kind(kind: i32, field: &'static str) -> Result<Kind> {
    Ok(match proto::Kind::try_from(kind) {
        Ok(proto::Kind::Project) => Kind::Project,
        Ok(proto::Kind::User) => Kind::User,
        Ok(proto::Kind::Source) => Kind::Source,
        Ok(proto::Kind::Document) => Kind::Document,
        Ok(proto::Kind::Incident) => Kind::Incident,
        Ok(proto::Kind::Actor) => Kind::Actor,
        Ok(proto::Kind::Relation) => Kind::Relation,
        Ok(proto::Kind::Annotation) => Kind::Annotation,
        Ok(proto::Kind::Reading) => Kind::Reading,
        Ok(proto::Kind::Derivation) => Kind::Derivation,
        Ok(proto::Kind::Assessment) => Kind::Assessment,
        Ok(proto::Kind::Identity) => Kind::Identity,
        Ok(proto::Kind::Adjudication) => Kind::Adjudication,
        Ok(proto::Kind::Task) => Kind::Task,
        Ok(proto::Kind::Import) => Kind::Import,
        Ok(proto::Kind::Unspecified) | Err(_) => return Err(Error::Field { field }),
    })
}

#[expect(clippy::too_many_lines, reason = "a list with one arm for each event type")]
fn event(of: Of) -> Result<Event> {
    Ok(match of {
        Of::ProjectCreated(event) => {
            project::Event::ProjectCreated { name: text(event.name, "ProjectCreated.name")?, blind: event.blind }.into()
        }
        Of::CodebookPublished(event) => {
            project::Event::CodebookPublished { version: event.version, codebook: codebook(event)? }.into()
        }
        Of::PolicyPublished(event) => {
            project::Event::PolicyPublished { version: event.version, policy: policy(&event)? }.into()
        }
        Of::MemberRoleGranted(event) => project::Event::MemberRoleGranted {
            user: id(&event.user, "MemberRoleGranted.user")?,
            role: code(&event.role, "MemberRoleGranted.role")?,
        }
        .into(),
        Of::MemberRoleRevoked(event) => {
            project::Event::MemberRoleRevoked { user: id(&event.user, "MemberRoleRevoked.user")? }.into()
        }
        Of::UserRegistered(event) => {
            user::Event::UserRegistered { display_name: text(event.display_name, "UserRegistered.display_name")? }
                .into()
        }
        Of::TokenIssued(event) => user::Event::TokenIssued {
            token: id(&event.token, "TokenIssued.token")?,
            expires_at_us: event.expires_at_us,
            operator: event.operator,
        }
        .into(),
        Of::TokenRevoked(event) => user::Event::TokenRevoked { token: id(&event.token, "TokenRevoked.token")? }.into(),
        Of::SourceRegistered(event) => source::Event::SourceRegistered {
            name: text(event.name, "SourceRegistered.name")?,
            kind: code(&event.kind, "SourceRegistered.kind")?,
        }
        .into(),
        Of::SourceRelationAsserted(event) => source::Event::SourceRelationAsserted {
            relation: code(&event.relation, "SourceRelationAsserted.relation")?,
            to: id(&event.to, "SourceRelationAsserted.to")?,
        }
        .into(),
        Of::DocumentRegistered(event) => document::Event::DocumentRegistered(document::Detail {
            title: text(event.title, "DocumentRegistered.title")?,
            source: id(&event.source, "DocumentRegistered.source")?,
            url: text_optional(event.url, "DocumentRegistered.url")?,
            published: date_optional(event.published),
            language: text_optional(event.language, "DocumentRegistered.language")?,
            sensitivity: text_optional(event.sensitivity, "DocumentRegistered.sensitivity")?,
        })
        .into(),
        Of::DocumentRevisionCaptured(event) => document::Event::DocumentRevisionCaptured(document::Revision {
            number: event.number,
            salt: if event.salt.is_empty() { None } else { Some(array(&event.salt, "DocumentRevisionCaptured.salt")?) },
            sha256: array(&event.sha256, "DocumentRevisionCaptured.sha256")?,
            bytes: event.bytes,
            code_points: event.code_points,
            captured_at: text_optional(event.captured_at, "DocumentRevisionCaptured.captured_at")?,
        })
        .into(),
        Of::DocumentWithdrawnByPublisher(proto::DocumentWithdrawnByPublisher {}) => {
            document::Event::DocumentWithdrawnByPublisher.into()
        }
        Of::DocumentTextErased(event) => document::Event::DocumentTextErased {
            number: event.number,
            reason: text(event.reason, "DocumentTextErased.reason")?,
        }
        .into(),
        Of::IncidentRegistered(event) => incident::Event::IncidentRegistered(incident_detail(event.detail)?).into(),
        Of::IncidentDetailRevised(event) => {
            incident::Event::IncidentDetailRevised(incident_detail(event.detail)?).into()
        }
        Of::IncidentClassDefined(event) => incident::Event::IncidentClassDefined(incident::Class {
            title: text(event.title, "IncidentClassDefined.title")?,
            kinds: texts(event.kinds, "IncidentClassDefined.kinds")?,
            targets: ids(&event.targets, "IncidentClassDefined.targets")?,
            places: texts(event.places, "IncidentClassDefined.places")?,
            actors: ids(&event.actors, "IncidentClassDefined.actors")?,
            period: date_optional(event.period),
        })
        .into(),
        Of::ActorRegistered(event) => {
            actor::Event::ActorRegistered { kind: code(&event.kind, "ActorRegistered.kind")? }.into()
        }
        Of::PlaceholderActorIntroduced(proto::PlaceholderActorIntroduced {}) => {
            actor::Event::PlaceholderActorIntroduced.into()
        }
        Of::ActorNameAsserted(event) => actor::Event::ActorNameAsserted {
            id: id(&event.id, "ActorNameAsserted.id")?,
            name: actor::Name {
                name: text(event.name, "ActorNameAsserted.name")?,
                language: text_optional(event.language, "ActorNameAsserted.language")?,
                evidence: ids(&event.evidence, "ActorNameAsserted.evidence")?,
            },
        }
        .into(),
        Of::ActorNameWithdrawn(event) => {
            actor::Event::ActorNameWithdrawn { id: id(&event.id, "ActorNameWithdrawn.id")? }.into()
        }
        Of::RelationRegistered(event) => relation::Event::RelationRegistered(relation::Edge {
            relation: code(&event.r#type, "RelationRegistered.type")?,
            from: id(&event.from, "RelationRegistered.from")?,
            to: id(&event.to, "RelationRegistered.to")?,
            stance: code(&event.stance, "RelationRegistered.stance")?,
            evidence: ids(&event.evidence, "RelationRegistered.evidence")?,
            valid: date_optional(event.valid),
        })
        .into(),
        Of::RelationDisputed(event) => {
            relation::Event::RelationDisputed { reason: text(event.reason, "RelationDisputed.reason")? }.into()
        }
        Of::DisputeWithdrawn(proto::DisputeWithdrawn {}) => relation::Event::DisputeWithdrawn.into(),
        Of::RelationWithdrawn(proto::RelationWithdrawn {}) => relation::Event::RelationWithdrawn.into(),
        Of::JudgedSame(event) => identity::Event::JudgedSame(judged(event.judged)?).into(),
        Of::JudgedDistinct(event) => identity::Event::JudgedDistinct(judged(event.judged)?).into(),
        Of::JudgedUnsure(event) => identity::Event::JudgedUnsure(judged(event.judged)?).into(),
        Of::JudgementWithdrawn(event) => {
            identity::Event::JudgementWithdrawn(id(&event.judgement, "JudgementWithdrawn.judgement")?).into()
        }
        Of::DerivationSuggested(event) => derivation::Event::DerivationSuggested(derivation::Edge {
            derivation: code(&event.kind, "DerivationSuggested.kind")?,
            from: id(&event.from, "DerivationSuggested.from")?,
            to: id(&event.to, "DerivationSuggested.to")?,
        })
        .into(),
        Of::DerivationConfirmed(event) => {
            derivation::Event::DerivationConfirmed { reason: text(event.reason, "DerivationConfirmed.reason")? }.into()
        }
        Of::DerivationRejected(event) => {
            derivation::Event::DerivationRejected { reason: text(event.reason, "DerivationRejected.reason")? }.into()
        }
        Of::OriginDeclared(event) => derivation::Event::OriginDeclared {
            annotation: id(&event.annotation, "OriginDeclared.annotation")?,
            reason: text(event.reason, "OriginDeclared.reason")?,
        }
        .into(),
        Of::AssessmentRecorded(event) => assessment::Event::AssessmentRecorded(assessed(event)?).into(),
        Of::AssessmentRevised(event) => assessment::Event::AssessmentRevised {
            grade: grade(event.grade)?,
            reason: text(event.reason, "AssessmentRevised.reason")?,
        }
        .into(),
        Of::AssessmentWithdrawn(proto::AssessmentWithdrawn {}) => assessment::Event::AssessmentWithdrawn.into(),
        Of::AdjudicationOpened(event) => adjudication::Event::AdjudicationOpened(adjudication::Docket {
            question: text(event.question, "AdjudicationOpened.question")?,
            targets: event.targets.into_iter().map(target).collect::<Result<_>>()?,
        })
        .into(),
        Of::ReadingsRuled(event) => adjudication::Event::ReadingsRuled(adjudication::Rulings {
            uphold: ids(&event.uphold, "ReadingsRuled.uphold")?,
            reject: ids(&event.reject, "ReadingsRuled.reject")?,
            reason: text(event.reason, "ReadingsRuled.reason")?,
            based_on: event.based_on,
        })
        .into(),
        Of::FindingRecorded(event) => adjudication::Event::FindingRecorded(finding(event)?).into(),
        Of::AdjudicationReopened(event) => {
            adjudication::Event::AdjudicationReopened { reason: text(event.reason, "AdjudicationReopened.reason")? }
                .into()
        }
        Of::AdjudicationOverturned(event) => {
            adjudication::Event::AdjudicationOverturned { reason: text(event.reason, "AdjudicationOverturned.reason")? }
                .into()
        }
        Of::TaskOpened(event) => task::Event::TaskOpened(task::Terms {
            document: id(&event.document, "TaskOpened.document")?,
            revision: event.revision,
            overlap: match event.overlap {
                0 => task::Overlap::Everyone,
                overlap => task::Overlap::Of(overlap),
            },
            lease_seconds: event.lease_seconds,
            priority: event.priority,
            assignees: ids(&event.assignees, "TaskOpened.assignees")?,
        })
        .into(),
        Of::TaskLeased(event) => task::Event::TaskLeased {
            annotator: id(&event.annotator, "TaskLeased.annotator")?,
            until_us: event.until_us,
        }
        .into(),
        Of::LeaseRenewed(event) => task::Event::LeaseRenewed {
            annotator: id(&event.annotator, "LeaseRenewed.annotator")?,
            until_us: event.until_us,
        }
        .into(),
        Of::LeaseExpired(event) => {
            task::Event::LeaseExpired { annotator: id(&event.annotator, "LeaseExpired.annotator")? }.into()
        }
        Of::TaskSubmitted(event) => task::Event::TaskSubmitted {
            annotator: id(&event.annotator, "TaskSubmitted.annotator")?,
            submission: task::Submission {
                readings: ids(&event.readings, "TaskSubmitted.readings")?,
                no_claims: ids(&event.no_claims, "TaskSubmitted.no_claims")?,
                nothing_found: event.nothing_found,
            },
        }
        .into(),
        Of::TaskSkipped(event) => task::Event::TaskSkipped {
            annotator: id(&event.annotator, "TaskSkipped.annotator")?,
            reason: text(event.reason, "TaskSkipped.reason")?,
        }
        .into(),
        Of::TaskClosed(proto::TaskClosed {}) => task::Event::TaskClosed.into(),
        Of::ImportBatchStarted(event) => {
            import::Event::ImportBatchStarted { name: text_optional(event.name, "ImportBatchStarted.name")? }.into()
        }
        Of::ImportBatchCompleted(event) => {
            let lines = import::Lines { lines: event.lines, refused: event.refused };
            import::Event::ImportBatchCompleted(lines).into()
        }
        Of::ImportBatchReverted(event) => {
            let reverted = import::Reverted { reverted: event.reverted, kept: event.kept };
            import::Event::ImportBatchReverted(reverted).into()
        }
        Of::AnnotationCreated(event) => annotation::Event::AnnotationCreated(span(event.span)?).into(),
        Of::AnnotationRevised(event) => annotation::Event::AnnotationRevised(span(event.span)?).into(),
        Of::AnnotationRetracted(proto::AnnotationRetracted {}) => annotation::Event::AnnotationRetracted.into(),
        Of::AnnotationReanchored(event) => annotation::Event::AnnotationReanchored(annotation::Reanchored {
            revision: event.revision,
            found: Found {
                start: event.start,
                end: event.end,
                score: event.score,
                method: code(&event.method, "AnnotationReanchored.method")?,
            },
        })
        .into(),
        Of::AnnotationAnchorLost(event) => annotation::Event::AnnotationAnchorLost(annotation::Loss {
            revision: event.revision,
            reason: code(&event.reason, "AnnotationAnchorLost.reason")?,
        })
        .into(),
        Of::ClaimRead(event) => reading::Event::ClaimRead(claim(event.claim)?).into(),
        Of::ClaimReadingRevised(event) => reading::Event::ClaimReadingRevised(claim(event.claim)?).into(),
        Of::ClaimReadingRetracted(proto::ClaimReadingRetracted {}) => reading::Event::ClaimReadingRetracted.into(),
        Of::NoClaimFound(event) => reading::Event::NoClaimFound(reading::Blank {
            document: id(&event.document, "NoClaimFound.document")?,
            revision: event.revision,
            start: event.start,
            end: event.end,
        })
        .into(),
    })
}

fn codebook(event: proto::CodebookPublished) -> Result<Codebook> {
    let label = |(of, label)| Ok((of, text(Some(label), "CodebookPublished.labels")?));
    Ok(Codebook {
        guideline: text(event.guideline, "CodebookPublished.guideline")?,
        kinds: texts(event.kinds, "CodebookPublished.kinds")?,
        modes: texts(event.modes, "CodebookPublished.modes")?,
        labels: event.labels.into_iter().map(label).collect::<Result<_>>()?,
        acts: codes(&event.acts, "CodebookPublished.acts")?,
        roles: codes(&event.roles, "CodebookPublished.roles")?,
    })
}

fn policy(event: &proto::PolicyPublished) -> Result<Policy> {
    let trust = event.trust.iter().map(|trust| {
        Ok((id::<Uuid>(&trust.id, "PolicyPublished.trust.id")?, number(trust.value, "PolicyPublished.trust.value")?))
    });
    let opinions = event.opinions.iter().map(|opinion| {
        let certainty: Certainty = code(&opinion.certainty, "PolicyPublished.opinions.certainty")?;
        let r = number(opinion.r, "PolicyPublished.opinions.r")?;
        let s = number(opinion.s, "PolicyPublished.opinions.s")?;
        Ok((certainty.as_str(), Evidence { r, s }))
    });
    Ok(Policy {
        readings: code(&event.readings, "PolicyPublished.readings")?,
        theta: number(event.theta, "PolicyPublished.theta")?,
        generic: code(&event.generic, "PolicyPublished.generic")?,
        officials_include: ids(&event.officials_include, "PolicyPublished.officials_include")?,
        officials_exclude: ids(&event.officials_exclude, "PolicyPublished.officials_exclude")?,
        trust: trust.collect::<Result<BTreeMap<_, _>>>()?,
        opinions: opinions.collect::<Result<BTreeMap<_, _>>>()?,
        base_rate: number(event.base_rate, "PolicyPublished.base_rate")?,
    })
}

/// A finite number: a policy is compared, and printed as JSON, which has no other numbers.
fn number(number: f64, field: &'static str) -> Result<f64> {
    if number.is_finite() { Ok(number) } else { Err(Error::Field { field }) }
}

fn assessed(event: proto::AssessmentRecorded) -> Result<assessment::Content> {
    use proto::assessment_recorded::Target as To;
    let target = match event.target.ok_or(Error::Field { field: "AssessmentRecorded.target" })? {
        To::Utterance(reading) => assessment::Target::Utterance(id(&reading, "AssessmentRecorded.utterance")?),
        To::Proposition(about) => assessment::Target::Proposition(proposition(Some(about))?),
        To::Document(document) => assessment::Target::Document(id(&document, "AssessmentRecorded.document")?),
        To::Source(source) => assessment::Target::Source(id(&source, "AssessmentRecorded.source")?),
    };
    let reason = text(event.reason, "AssessmentRecorded.reason")?;
    Ok(assessment::Content { target, grade: grade(event.grade)?, reason })
}

fn grade(grade: Option<proto::Grade>) -> Result<assessment::Grade> {
    use proto::grade::Scale as By;
    Ok(match grade.and_then(|grade| grade.scale).ok_or(Error::Field { field: "Grade.scale" })? {
        By::Admiralty(proto::Admiralty { letter, digit }) => assessment::Grade::Admiralty {
            letter: code(&letter, "Admiralty.letter")?,
            digit: u8::try_from(digit).map_err(|_| Error::Field { field: "Admiralty.digit" })?,
        },
        By::Icd203(proto::Icd203 { likelihood, confidence }) => assessment::Grade::Icd203 {
            likelihood: code(&likelihood, "Icd203.likelihood")?,
            confidence: code(&confidence, "Icd203.confidence")?,
        },
        By::Opinion(proto::Opinion { belief, disbelief, uncertainty, base_rate }) => {
            assessment::Grade::Opinion(Opinion {
                belief: number(belief, "Opinion.belief")?,
                disbelief: number(disbelief, "Opinion.disbelief")?,
                uncertainty: number(uncertainty, "Opinion.uncertainty")?,
                base_rate: number(base_rate, "Opinion.base_rate")?,
            })
        }
    })
}

fn target(target: proto::AdjudicationTarget) -> Result<adjudication::Target> {
    use proto::adjudication_target::Of as To;
    Ok(match target.of.ok_or(Error::Field { field: "AdjudicationTarget.of" })? {
        To::Reading(reading) => adjudication::Target::Reading(id(&reading, "AdjudicationTarget.reading")?),
        To::Proposition(about) => adjudication::Target::Proposition(proposition(Some(about))?),
        To::Incident(incident) => adjudication::Target::Incident(id(&incident, "AdjudicationTarget.incident")?),
    })
}

fn finding(event: proto::FindingRecorded) -> Result<adjudication::Finding> {
    let dissent = |dissent: proto::Dissent| {
        Ok(adjudication::Dissent { by: id(&dissent.by, "Dissent.by")?, text: text(dissent.text, "Dissent.text")? })
    };
    Ok(adjudication::Finding {
        target: target(event.target.ok_or(Error::Field { field: "FindingRecorded.target" })?)?,
        outcome: code(&event.outcome, "FindingRecorded.outcome")?,
        standard: code(&event.standard, "FindingRecorded.standard")?,
        reason: text(event.reason, "FindingRecorded.reason")?,
        based_on: event.based_on,
        dissent: event.dissent.into_iter().map(dissent).collect::<Result<_>>()?,
    })
}

fn incident_detail(detail: Option<proto::IncidentDetail>) -> Result<incident::Detail> {
    let detail = detail.ok_or(Error::Field { field: "IncidentDetail" })?;
    Ok(incident::Detail {
        title: text(detail.title, "IncidentDetail.title")?,
        when: date_optional(detail.when).ok_or(Error::Field { field: "IncidentDetail.when" })?,
        kind: text_optional(detail.kind, "IncidentDetail.kind")?,
        places: texts(detail.places, "IncidentDetail.places")?,
        targets: ids(&detail.targets, "IncidentDetail.targets")?,
    })
}

fn span(span: Option<proto::Span>) -> Result<annotation::Span> {
    let span = span.ok_or(Error::Field { field: "Span" })?;
    Ok(annotation::Span {
        document: id(&span.document, "Span.document")?,
        revision: span.revision,
        start: span.start,
        end: span.end,
        role: code(&span.role, "Span.role")?,
        note: text_optional(span.note, "Span.note")?,
    })
}

fn claim(claim: Option<proto::Claim>) -> Result<Claim> {
    let claim = claim.ok_or(Error::Field { field: "Claim" })?;
    Ok(Claim {
        speakers: chain(claim.speakers)?,
        act: code(&claim.act, "Claim.act")?,
        proposition: proposition(claim.proposition)?,
        polarity: code(&claim.polarity, "Claim.polarity")?,
        certainty: code(&claim.certainty, "Claim.certainty")?,
        evidence: ids(&claim.evidence, "Claim.evidence")?,
        scope: code(&claim.scope, "Claim.scope")?,
        presupposed: claim.presupposed,
        mode: text_optional(claim.mode, "Claim.mode")?,
        uttered: date_optional(claim.uttered),
        changes: ids(&claim.changes, "Claim.changes")?,
        speaks_for: id_optional(&claim.speaks_for, "Claim.speaks_for")?,
    })
}

fn chain(mut links: Vec<proto::Link>) -> Result<Chain> {
    let last = links.pop().ok_or(Error::Field { field: "Claim.speakers" })?;
    let outer = links.into_iter().map(|link| {
        let stance = code(&link.stance, "Link.stance")?;
        Ok(Link { speaker: speaker(link.who)?, stance })
    });
    let outer = outer.collect::<Result<_>>()?;
    if !last.stance.is_empty() {
        return Err(Error::Field { field: "Link.stance" });
    }
    Ok(Chain::recorded(outer, speaker(last.who)?))
}

fn speaker(who: Option<proto::link::Who>) -> Result<Speaker> {
    use proto::link::Who;
    Ok(match who.ok_or(Error::Field { field: "Link.who" })? {
        Who::Actor(actor) => Speaker::Actor(id(&actor, "Link.actor")?),
        Who::Source(source) => Speaker::Source(id(&source, "Link.source")?),
        Who::Unidentified(unidentified) => Speaker::Unidentified {
            kind: code(&unidentified.kind, "Unidentified.kind")?,
            label: text_optional(unidentified.label, "Unidentified.label")?,
            of: id_optional(&unidentified.of, "Unidentified.of")?,
        },
    })
}

fn proposition(proposition: Option<proto::Proposition>) -> Result<Proposition> {
    use proto::proposition::Target as To;
    let proposition = proposition.ok_or(Error::Field { field: "Claim.proposition" })?;
    let target = match proposition.target.ok_or(Error::Field { field: "Proposition.target" })? {
        To::Incident(incident) => Target::Incident(id(&incident, "Proposition.incident")?),
        To::Class(class) => Target::Class(id(&class, "Proposition.class")?),
        To::Relation(relation) => Target::Relation(id(&relation, "Proposition.relation")?),
        To::TargetActor(actor) => Target::Actor(id(&actor, "Proposition.target_actor")?),
    };
    Ok(Proposition {
        target,
        facet: code_optional(&proposition.facet, "Proposition.facet")?,
        actor: id_optional(&proposition.actor, "Proposition.actor")?,
        role: code_optional(&proposition.role, "Proposition.role")?,
        value: text_optional(proposition.value, "Proposition.value")?,
        with: ids(&proposition.with, "Proposition.with")?,
        with_others: proposition.with_others,
    })
}

fn text(text: Option<proto::Text>, field: &'static str) -> Result<Text> {
    match text.and_then(|text| text.form) {
        Some(proto::text::Form::Plain(plain)) => Ok(Text::recorded(plain)),
        Some(proto::text::Form::Sealed(_)) => Err(Error::Sealed { field }),
        None => Err(Error::Field { field }),
    }
}

fn text_optional(given: Option<proto::Text>, field: &'static str) -> Result<Option<Text>> {
    given.map(|given| text(Some(given), field)).transpose()
}

fn texts(list: Vec<proto::Text>, field: &'static str) -> Result<Vec<Text>> {
    list.into_iter().map(|one| text(Some(one), field)).collect()
}

fn judged(judged: Option<proto::Judged>) -> Result<identity::Judged> {
    let proto::Judged { judgement, kind, left, right, reason, against } =
        judged.ok_or(Error::Field { field: "Judged" })?;
    Ok(identity::Judged {
        id: id(&judgement, "Judged.judgement")?,
        subject: code(&kind, "Judged.kind")?,
        left: id(&left, "Judged.left")?,
        right: id(&right, "Judged.right")?,
        reason: text(reason, "Judged.reason")?,
        against: ids(&against, "Judged.against")?,
    })
}

fn date_optional(date: String) -> Option<Edtf> {
    (!date.is_empty()).then(|| Edtf::recorded(date))
}

fn code<T: Code>(code: &str, field: &'static str) -> Result<T> {
    T::from_code(code).map_err(|_| Error::Field { field })
}

fn code_optional<T: Code>(given: &str, field: &'static str) -> Result<Option<T>> {
    if given.is_empty() { Ok(None) } else { code(given, field).map(Some) }
}

fn codes<T: Code>(list: &[String], field: &'static str) -> Result<Vec<T>> {
    list.iter().map(|one| code(one, field)).collect()
}

fn id<T: From<Uuid>>(bytes: &Bytes, field: &'static str) -> Result<T> {
    array(bytes, field).map(|bytes| Uuid::from_bytes(bytes).into())
}

fn id_optional<T: From<Uuid>>(bytes: &Bytes, field: &'static str) -> Result<Option<T>> {
    if bytes.is_empty() { Ok(None) } else { id(bytes, field).map(Some) }
}

fn ids<T: From<Uuid>, L: FromIterator<T>>(list: &[Bytes], field: &'static str) -> Result<L> {
    list.iter().map(|one| id(one, field)).collect()
}

fn array<const N: usize>(bytes: &Bytes, field: &'static str) -> Result<[u8; N]> {
    bytes.as_ref().try_into().map_err(|_| Error::Field { field })
}
