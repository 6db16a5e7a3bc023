//! The JSON of events.

use super::rfc3339;
use crate::view;
use domain::anchor::Found;
use domain::{
    Event, actor, adjudication, annotation, assessment, derivation, document, identity, import, incident, project,
    reading, relation, source, task, user,
};
use serde_json::{Value, json};

/// An event: its name as `type`, and its fields as a client sends them.
///
/// The type of a relation between actors is its `relation`, as `type` is taken.
pub(super) fn event(event: &Event) -> Value {
    let mut fields = match event {
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
    };
    leave_out_nulls(&mut fields);
    fields["type"] = event.name().into();
    fields
}

fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn of_project(event: &project::Event) -> Value {
    use project::Event::{CodebookPublished, MemberRoleGranted, MemberRoleRevoked, PolicyPublished, ProjectCreated};
    match event {
        ProjectCreated { name, blind } => json!({ "name": name, "blind": blind }),
        CodebookPublished { version, codebook } => json!(view::codebook(*version, codebook)),
        PolicyPublished { version, policy } => json!(view::policy(*version, policy)),
        MemberRoleGranted { user, role } => json!({ "user": user, "role": role }),
        MemberRoleRevoked { user } => json!({ "user": user }),
    }
}

fn of_user(event: &user::Event) -> Value {
    use user::Event::{TokenIssued, TokenRevoked, UserRegistered};
    match event {
        UserRegistered { display_name } => json!({ "display_name": display_name }),
        TokenIssued { token, expires_at_us, operator } => {
            json!({ "token": token, "expires_at": rfc3339(*expires_at_us), "operator": operator })
        }
        TokenRevoked { token } => json!({ "token": token }),
    }
}

fn of_source(event: &source::Event) -> Value {
    use source::Event::{SourceRegistered, SourceRelationAsserted};
    match event {
        SourceRegistered { name, kind } => json!({ "name": name, "kind": kind }),
        SourceRelationAsserted { relation, to } => json!({ "relation": relation, "to": to }),
    }
}

fn of_document(event: &document::Event) -> Value {
    use document::Event::{
        DocumentRegistered, DocumentRevisionCaptured, DocumentTextErased, DocumentWithdrawnByPublisher,
    };
    match event {
        DocumentRegistered(document::Detail { title, source, url, published, language, sensitivity }) => json!({
            "title": title,
            "source": source,
            "url": url,
            "published": published,
            "language": language,
            "sensitivity": sensitivity,
        }),
        DocumentRevisionCaptured(document::Revision { number, salt, sha256, bytes, code_points, captured_at }) => {
            json!({
                "number": number,
                "salt": salt.map(hex::encode),
                "sha256": hex::encode(sha256),
                "bytes": bytes,
                "code_points": code_points,
                "captured_at": captured_at,
            })
        }
        DocumentWithdrawnByPublisher => json!({}),
        DocumentTextErased { number, reason } => json!({ "number": number, "reason": reason }),
    }
}

fn of_incident(event: &incident::Event) -> Value {
    use incident::Event::{IncidentClassDefined, IncidentDetailRevised, IncidentRegistered};
    match event {
        IncidentRegistered(detail) | IncidentDetailRevised(detail) => {
            let incident::Detail { title, when, kind, places, targets } = detail;
            json!({ "title": title, "when": when, "kind": kind, "places": places, "targets": targets })
        }
        IncidentClassDefined(incident::Class { title, kinds, targets, places, actors, period }) => json!({
            "title": title,
            "class": { "kinds": kinds, "targets": targets, "places": places, "actors": actors, "period": period },
        }),
    }
}

fn of_actor(event: &actor::Event) -> Value {
    use actor::Event::{ActorNameAsserted, ActorNameWithdrawn, ActorRegistered, PlaceholderActorIntroduced};
    match event {
        ActorRegistered { kind } => json!({ "kind": kind }),
        PlaceholderActorIntroduced => json!({}),
        ActorNameAsserted { id, name: actor::Name { name, language, evidence } } => {
            json!({ "id": id, "name": name, "language": language, "evidence": evidence })
        }
        ActorNameWithdrawn { id } => json!({ "id": id }),
    }
}

fn of_relation(event: &relation::Event) -> Value {
    use relation::Event::{DisputeWithdrawn, RelationDisputed, RelationRegistered, RelationWithdrawn};
    match event {
        RelationRegistered(relation::Edge { relation, from, to, stance, evidence, valid }) => json!({
            "relation": relation,
            "from": from,
            "to": to,
            "stance": stance,
            "evidence": evidence,
            "valid": valid,
        }),
        RelationDisputed { reason } => json!({ "reason": reason }),
        DisputeWithdrawn | RelationWithdrawn => json!({}),
    }
}

fn of_derivation(event: &derivation::Event) -> Value {
    use derivation::Event::{DerivationConfirmed, DerivationRejected, DerivationSuggested, OriginDeclared};
    match event {
        DerivationSuggested(derivation::Edge { derivation, from, to }) => {
            json!({ "kind": derivation, "from": from, "to": to })
        }
        DerivationConfirmed { reason } | DerivationRejected { reason } => json!({ "reason": reason }),
        OriginDeclared { annotation, reason } => json!({ "annotation": annotation, "reason": reason }),
    }
}

fn of_assessment(event: &assessment::Event) -> Value {
    use assessment::Event::{AssessmentRecorded, AssessmentRevised, AssessmentWithdrawn};
    match event {
        AssessmentRecorded(assessment::Content { target, grade, reason }) => json!({
            "target": view::assessed(target),
            "scale": grade.scale(),
            "value": view::grade(grade),
            "reason": reason,
        }),
        AssessmentRevised { grade, reason } => {
            json!({ "scale": grade.scale(), "value": view::grade(grade), "reason": reason })
        }
        AssessmentWithdrawn => json!({}),
    }
}

fn of_identity(event: &identity::Event) -> Value {
    use identity::Event::{JudgedDistinct, JudgedSame, JudgedUnsure, JudgementWithdrawn};
    match event {
        JudgedSame(judged) | JudgedDistinct(judged) | JudgedUnsure(judged) => {
            let identity::Judged { id, subject, left, right, reason, against } = judged;
            json!({
                "judgement": id,
                "kind": subject,
                "left": left,
                "right": right,
                "reason": reason,
                "against": against,
            })
        }
        JudgementWithdrawn(id) => json!({ "judgement": id }),
    }
}

fn of_adjudication(event: &adjudication::Event) -> Value {
    use adjudication::Event::{
        AdjudicationOpened, AdjudicationOverturned, AdjudicationReopened, FindingRecorded, ReadingsRuled,
    };
    match event {
        AdjudicationOpened(adjudication::Docket { question, targets }) => {
            let targets: Vec<_> = targets.iter().map(view::target).collect();
            json!({ "question": question, "targets": targets })
        }
        ReadingsRuled(rulings) => json!(view::rulings(rulings)),
        FindingRecorded(finding) => json!(view::finding(finding)),
        AdjudicationReopened { reason } | AdjudicationOverturned { reason } => json!({ "reason": reason }),
    }
}

fn of_task(event: &task::Event) -> Value {
    use task::Event::{LeaseExpired, LeaseRenewed, TaskClosed, TaskLeased, TaskOpened, TaskSkipped, TaskSubmitted};
    match event {
        TaskOpened(task::Terms { document, revision, overlap, lease_seconds, priority, assignees }) => json!({
            "document": document,
            "revision": revision,
            "overlap": view::Overlap::from(*overlap),
            "lease_seconds": lease_seconds,
            "priority": priority,
            "assignees": assignees,
        }),
        TaskLeased { annotator, until_us } | LeaseRenewed { annotator, until_us } => {
            json!({ "annotator": annotator, "until": rfc3339(*until_us) })
        }
        LeaseExpired { annotator } => json!({ "annotator": annotator }),
        TaskSubmitted { annotator, submission: task::Submission { readings, no_claims, nothing_found } } => json!({
            "annotator": annotator,
            "readings": readings,
            "no_claims": no_claims,
            "nothing_found": nothing_found,
        }),
        TaskSkipped { annotator, reason } => json!({ "annotator": annotator, "reason": reason }),
        TaskClosed => json!({}),
    }
}

fn of_import(event: &import::Event) -> Value {
    use import::Event::{ImportBatchCompleted, ImportBatchReverted, ImportBatchStarted};
    match event {
        ImportBatchStarted { name } => json!({ "name": name }),
        ImportBatchCompleted(import::Lines { lines, refused }) => json!({ "lines": lines, "refused": refused }),
        ImportBatchReverted(import::Reverted { reverted, kept }) => json!({ "reverted": reverted, "kept": kept }),
    }
}

fn of_annotation(event: &annotation::Event) -> Value {
    use annotation::Event::{
        AnnotationAnchorLost, AnnotationCreated, AnnotationReanchored, AnnotationRetracted, AnnotationRevised,
    };
    match event {
        AnnotationCreated(span) | AnnotationRevised(span) => {
            let annotation::Span { document, revision, start, end, role, note } = span;
            json!({
                "document": document,
                "revision": revision,
                "start": start,
                "end": end,
                "role": role,
                "note": note,
            })
        }
        AnnotationRetracted => json!({}),
        AnnotationReanchored(annotation::Reanchored { revision, found: Found { start, end, score, method } }) => {
            json!({ "revision": revision, "start": start, "end": end, "score": score, "method": method })
        }
        AnnotationAnchorLost(annotation::Loss { revision, reason }) => {
            json!({ "revision": revision, "reason": reason })
        }
    }
}

fn of_reading(event: &reading::Event) -> Value {
    use reading::Event::{ClaimRead, ClaimReadingRetracted, ClaimReadingRevised, NoClaimFound};
    match event {
        ClaimRead(claim) | ClaimReadingRevised(claim) => json!({ "claim": view::claim(claim) }),
        ClaimReadingRetracted => json!({}),
        NoClaimFound(reading::Blank { document, revision, start, end }) => {
            json!({ "document": document, "revision": revision, "start": start, "end": end })
        }
    }
}
