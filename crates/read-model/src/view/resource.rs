//! Single resources as they are shown.

use super::scope::{Answer, Scope};
use super::{board, status};
use crate::Loaded;
use crate::subject::Subject;
use domain::access::Role;
use domain::actor::{Actor, Name};
use domain::adjudication::Adjudication;
use domain::annotation::{self, Annotation};
use domain::assessment::Assessment;
use domain::derivation::{Derivation, DerivationType};
use domain::document::{self, Document};
use domain::edtf::Edtf;
use domain::id::{IncidentId, JudgementId, NameId, UserId};
use domain::identity;
use domain::import::{self, Import};
use domain::incident::{Class, Incident};
use domain::project::Open;
use domain::reading::Reading;
use domain::relation::Relation;
use domain::source::Source;
use domain::task::{self, Task};
use domain::text::Text;
use domain::{Code, Event, Kind};
use uuid::Uuid;
use wire::json::rfc3339;
use wire::subject::Address;
use wire::view::{self, Resource, resource::Of};

/// A message with what all aggregates have in common.
macro_rules! of_loaded {
    ($message:ident, $id:expr, $loaded:expr, $($field:tt)*) => {
        view::$message {
            id: $id.to_string(),
            revision: $loaded.revision,
            author: $loaded.author.to_string(),
            created_at: rfc3339($loaded.created_at_us),
            position: $loaded.created,
            $($field)*
        }
    };
}

fn resource(of: Of) -> Resource {
    Resource { of: Some(of) }
}

/// A count for a message: lists are bounded far below.
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

pub(super) fn project(id: Uuid, loaded: &Loaded<Open>) -> Resource {
    let open = &loaded.state;
    resource(Of::Project(of_loaded!(Project, id, loaded,
        name: text(&open.name),
        blind: open.blind,
        policy: open.policy_newest(),
        codebook: count(open.codebooks.len()),
        members: count(open.members.len()),
    )))
}

pub(super) fn source(id: Uuid, loaded: &Loaded<Source>) -> Option<Resource> {
    let Source::Registered { name, kind, relations } = &loaded.state else { return None };
    let relations = relations
        .iter()
        .map(|(relation, to)| view::SourceRelation { r#type: relation.to_string(), to: to.to_string() });
    Some(resource(Of::Source(of_loaded!(Source, id, loaded,
        name: text(name),
        kind: kind.to_string(),
        relations: relations.collect(),
    ))))
}

pub(super) fn document(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Document>) -> Answer<Option<Resource>> {
    let Document::Registered { detail, revisions, withdrawn, .. } = &loaded.state else { return Ok(None) };
    let erased = scope.erased(id)?;
    let revisions = revisions.iter().map(|of| revision(of, erased.get(&of.number))).collect();
    Ok(Some(resource(Of::Document(of_loaded!(Document, id, loaded,
        title: text(&detail.title),
        source: detail.source.to_string(),
        url: detail.url.as_ref().map(text),
        published: detail.published.as_ref().map(date),
        language: detail.language.as_ref().map(text),
        sensitivity: detail.sensitivity.as_ref().map(text),
        revisions,
        withdrawn: *withdrawn,
    )))))
}

fn revision(revision: &document::Revision, erased: Option<&Text>) -> view::DocumentRevision {
    view::DocumentRevision {
        revision: revision.number,
        bytes: revision.bytes,
        code_points: revision.code_points,
        sha256: hexadecimal(&revision.sha256),
        salt: revision.salt.as_ref().map(|salt| hexadecimal(salt)),
        erased: erased.map(|reason| view::TextErased { reason: text(reason) }),
        captured_at: revision.captured_at.as_ref().map(text),
    }
}

pub(super) fn incident(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Incident>) -> Answer<Option<Resource>> {
    let mut incident = of_loaded!(Incident, id, loaded, ..view::Incident::default());
    match &loaded.state {
        Incident::Absent => return Ok(None),
        Incident::Single(detail) => {
            incident.title = text(&detail.title);
            incident.when = Some(date(&detail.when));
            incident.kind = detail.kind.as_ref().map(text);
            incident.places = texts(&detail.places);
            incident.targets = codes(&detail.targets);
            incident.status = Some(board::status(scope, IncidentId::new(id))?);
        }
        Incident::Class(defined) => {
            incident.title = text(&defined.title);
            incident.class = Some(class(defined));
        }
    }
    Ok(Some(resource(Of::Incident(incident))))
}

fn class(class: &Class) -> view::Class {
    view::Class {
        kinds: texts(&class.kinds),
        targets: codes(&class.targets),
        places: texts(&class.places),
        actors: codes(&class.actors),
        period: class.period.as_ref().map(date),
    }
}

pub(super) fn actor(id: Uuid, loaded: &Loaded<Actor>) -> Option<Resource> {
    let Actor::Known { kind, names } = &loaded.state else { return None };
    Some(resource(Of::Actor(of_loaded!(Actor, id, loaded,
        kind: kind.to_string(),
        name: loaded.state.name().map(text).unwrap_or_default(),
        names: names.iter().map(name).collect(),
    ))))
}

fn name((id, name): &(NameId, Name)) -> view::ActorName {
    view::ActorName {
        id: id.to_string(),
        name: text(&name.name),
        language: name.language.as_ref().map(text),
        evidence: codes(&name.evidence),
    }
}

pub(super) fn relation(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Relation>) -> Answer<Option<Resource>> {
    let Some(edge) = loaded.state.edge() else { return Ok(None) };
    let disputed_by = match &loaded.state {
        Relation::Live { edge: _, disputed_by } => codes(disputed_by),
        Relation::Absent | Relation::Withdrawn(_) => Vec::new(),
    };
    Ok(Some(resource(Of::Relation(of_loaded!(Relation, id, loaded,
        r#type: edge.relation.to_string(),
        from: edge.from.to_string(),
        to: edge.to.to_string(),
        stance: edge.stance.to_string(),
        evidence: codes(&edge.evidence),
        valid: edge.valid.as_ref().map(date),
        status: status::of_relation(scope, id, &loaded.state)?.to_owned(),
        disputed_by,
    )))))
}

pub(super) fn annotation(id: Uuid, loaded: &Loaded<Annotation>) -> Option<Resource> {
    let (span, anchoring) = (loaded.state.span()?, loaded.state.anchoring()?);
    Some(resource(Of::Annotation(of_loaded!(Annotation, id, loaded,
        document: span.document.to_string(),
        erased: false,
        document_revision: span.revision,
        start: span.start,
        end: span.end,
        role: span.role.to_string(),
        note: span.note.as_ref().map(text),
        status: status::of_annotation(&loaded.state).to_owned(),
        exact: None,
        anchor: anchoring.rating.map(rating),
        lost: anchoring.lost.map(|lost| view::AnchorLoss { revision: lost.revision, reason: lost.reason.to_string() }),
        earlier: anchoring.earlier.iter().map(anchor).collect(),
    ))))
}

fn rating(rating: annotation::Rating) -> view::AnchorRating {
    view::AnchorRating { score: rating.score, method: rating.method.to_string() }
}

fn anchor(anchor: &annotation::Anchor) -> view::Anchor {
    view::Anchor {
        revision: anchor.revision,
        start: anchor.range.start,
        end: anchor.range.end,
        rating: anchor.rating.map(rating),
    }
}

pub(super) fn reading(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Reading>) -> Answer<Option<Resource>> {
    let (claim, passage) = match &loaded.state {
        Reading::Absent => return Ok(None),
        Reading::Claim { author: _, claim } | Reading::Retracted { author: _, claim } => {
            (Some(wire::view::claim(claim)), None)
        }
        Reading::Blank { author: _, blank } | Reading::BlankRetracted { author: _, blank } => {
            (None, Some(wire::view::passage(blank)))
        }
    };
    Ok(Some(resource(Of::Reading(of_loaded!(Reading, id, loaded,
        kind: kind_of_reading(&loaded.state).to_owned(),
        status: status::of_reading(scope, id, &loaded.state)?.to_owned(),
        claim,
        passage,
    )))))
}

/// The kinds of readings.
pub(super) const KINDS_OF_READINGS: [&str; 2] = ["claim", "no_claim"];

pub(super) fn kind_of_reading(reading: &Reading) -> &'static str {
    match reading {
        Reading::Absent | Reading::Claim { .. } | Reading::Retracted { .. } => "claim",
        Reading::Blank { .. } | Reading::BlankRetracted { .. } => "no_claim",
    }
}

pub(super) fn derivation(id: Uuid, loaded: &Loaded<Derivation>) -> Option<Resource> {
    let kind = kind_of_derivation(&loaded.state)?.to_owned();
    let status = status::of_derivation(&loaded.state)?.to_owned();
    let mut derivation = of_loaded!(Derivation, id, loaded, kind, status, ..view::Derivation::default());
    match &loaded.state {
        Derivation::Absent => return None,
        Derivation::Edge { edge, standing: _, reason } => {
            derivation.from = Some(edge.from.to_string());
            derivation.to = Some(edge.to.to_string());
            derivation.reason = reason.as_ref().map(text);
        }
        Derivation::Origin { annotation, reason } => {
            derivation.annotation = Some(annotation.to_string());
            derivation.reason = Some(text(reason));
        }
    }
    Some(resource(Of::Derivation(derivation)))
}

/// The kind of a passage that is declared to be an origin.
const ORIGIN: &str = "origin";

/// The kinds of derivations: their types, and that of an origin.
pub(super) fn kinds_of_derivations() -> Vec<&'static str> {
    DerivationType::ALL.iter().map(|derivation| derivation.as_str()).chain([ORIGIN]).collect()
}

pub(super) fn kind_of_derivation(derivation: &Derivation) -> Option<&'static str> {
    match derivation {
        Derivation::Absent => None,
        Derivation::Edge { edge, .. } => Some(edge.derivation.as_str()),
        Derivation::Origin { .. } => Some(ORIGIN),
    }
}

pub(super) fn assessment(id: Uuid, loaded: &Loaded<Assessment>) -> Option<Resource> {
    let content = loaded.state.content()?;
    Some(resource(Of::Assessment(of_loaded!(Assessment, id, loaded,
        kind: content.target.kind().to_string(),
        status: status::of_assessment(&loaded.state).to_owned(),
        target: Some(view::assessed(&content.target)),
        scale: content.grade.scale().to_string(),
        value: Some(view::grade(&content.grade)),
        reason: text(&content.reason),
    ))))
}

pub(super) fn judgement(
    id: JudgementId,
    subject: identity::Subject,
    judgement: &identity::Judgement,
    standing: identity::Standing,
    position: u64,
    created_at_us: i64,
) -> Resource {
    let identity::Judgement { author, verdict, left, right, reason, against, withdrawn: _ } = judgement;
    resource(Of::Judgement(view::Judgement {
        id: id.to_string(),
        revision: judgement.revision(),
        author: author.to_string(),
        created_at: rfc3339(created_at_us),
        position,
        kind: subject.to_string(),
        left: left.to_string(),
        right: right.to_string(),
        verdict: verdict.to_string(),
        reason: text(reason),
        against: codes(against),
        status: standing.to_string(),
    }))
}

pub(super) fn adjudication(id: Uuid, loaded: &Loaded<Adjudication>) -> Option<Resource> {
    let (state, docket) = (&loaded.state, loaded.state.docket()?);
    let reason = match state {
        Adjudication::Absent => None,
        Adjudication::Pending(pending) => pending.reopened.as_ref(),
        Adjudication::Overturned { reason, .. } => Some(reason),
    };
    Some(resource(Of::Adjudication(of_loaded!(Adjudication, id, loaded,
        kind: docket.targets.first()?.kind().to_string(),
        status: state.stage()?.to_string(),
        question: text(&docket.question),
        targets: docket.targets.iter().map(view::target).collect(),
        rulings: state.rulings().map(view::rulings),
        findings: state.findings().iter().map(view::finding).collect(),
        reason: reason.map(text),
    ))))
}

pub(super) fn task(id: Uuid, loaded: &Loaded<Task>) -> Option<Resource> {
    let task::Opened { terms, leases, submissions, skipped, abandoned, closed: _ } = loaded.state.opened()?;
    let lease =
        |(holder, until): (&UserId, &i64)| view::TaskLease { annotator: holder.to_string(), until: rfc3339(*until) };
    let submission = |(annotator, submission): (&UserId, &task::Submission)| view::TaskSubmission {
        annotator: annotator.to_string(),
        readings: submission.readings.iter().map(ToString::to_string).collect(),
        no_claims: submission.no_claims.iter().map(ToString::to_string).collect(),
        nothing_found: submission.nothing_found,
    };
    let skip = |(annotator, reason): (&UserId, &Text)| view::TaskSkip {
        annotator: annotator.to_string(),
        reason: text(reason),
    };
    Some(resource(Of::Task(of_loaded!(Task, id, loaded,
        status: loaded.state.stage()?.to_string(),
        document: terms.document.to_string(),
        document_revision: terms.revision,
        overlap: view::overlap::number(terms.overlap),
        lease_seconds: terms.lease_seconds,
        priority: terms.priority,
        assignees: terms.assignees.iter().map(ToString::to_string).collect(),
        leases: leases.iter().map(lease).collect(),
        submissions: submissions.iter().map(submission).collect(),
        skips: skipped.iter().map(skip).collect(),
        abandoned: abandoned.iter().map(ToString::to_string).collect(),
    ))))
}

pub(super) fn import(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Import>) -> Answer<Option<Resource>> {
    let Some(batch) = loaded.state.batch() else { return Ok(None) };
    let mut import = of_loaded!(Import, id, loaded,
        name: batch.name.as_ref().map(text),
        status: status::of_import(batch).to_owned(),
        lines: batch.completed.map(|completed| completed.lines),
        refused: batch.completed.map(|completed| completed.refused),
        reverted: batch.reverted.map(|reverted| reverted.reverted),
        kept: batch.reverted.map(|reverted| reverted.kept),
        ..view::Import::default()
    );
    let own = Subject::own(&Address { project: scope.project.uuid(), kind: Kind::Import, id });
    for position in scope.snapshot.positions(&own, 0, RECORDS_OF_IMPORT_MAX)? {
        for event in scope.snapshot.record(position)?.events {
            match event {
                Event::Import(import::Event::ImportBatchCompleted(_)) => import.completed_position = Some(position),
                Event::Import(import::Event::ImportBatchReverted(_)) => import.reverted_position = Some(position),
                _ => {}
            }
        }
    }
    Ok(Some(resource(Of::Import(import))))
}

/// An import is started, completed and reverted once each.
const RECORDS_OF_IMPORT_MAX: usize = 3;

pub(super) fn policy(version: u32, policy: &domain::policy::Policy) -> Resource {
    resource(Of::Policy(wire::view::policy(version, policy)))
}

pub(super) fn codebook(version: u32, codebook: &domain::codebook::Codebook) -> Resource {
    resource(Of::Codebook(wire::view::codebook(version, codebook)))
}

pub(super) fn member(user: UserId, role: Role) -> Resource {
    resource(Of::Member(view::Member { user: user.to_string(), role: role.to_string() }))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every write");
        text
    })
}

fn text(text: &Text) -> String {
    text.as_str().to_owned()
}

fn texts(list: &[Text]) -> Vec<String> {
    list.iter().map(text).collect()
}

fn codes<T: ToString>(list: impl IntoIterator<Item = T>) -> Vec<String> {
    list.into_iter().map(|one| one.to_string()).collect()
}

fn date(date: &Edtf) -> String {
    date.as_str().to_owned()
}
