//! What listed resources have in common.

use super::judgements::judgements;
use super::resource::{KINDS_OF_READINGS, kind_of_derivation, kind_of_reading, kinds_of_derivations};
use super::scope::{Answer, Scope, invalid};
use super::{board, status};
use crate::Loaded;
use domain::actor::{Actor, ActorKind};
use domain::adjudication::{self, Adjudication, TargetKind};
use domain::annotation::{Annotation, SpanRole};
use domain::assessment::{self, Assessment};
use domain::claim::{Claim, Speaker, Target};
use domain::derivation::Derivation;
use domain::document::Document;
use domain::id::{ActorId, DocumentId, Handle, IncidentId, ReadingId, UserId};
use domain::identity;
use domain::import::Import;
use domain::incident::Incident;
use domain::reading::Reading;
use domain::relation::{Relation, RelationType};
use domain::source::{Source, SourceKind};
use domain::task::Task;
use domain::text::{Text, comparable};
use domain::{Aggregate, Code};
use std::collections::BTreeSet;
use uuid::Uuid;
use wire::view;

/// A filter whose values have been understood; an absent field admits all.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub status: Option<String>,
    pub kind: Option<String>,
    /// The one that is asked for, with all that are judged to be one with it.
    pub actor: Option<BTreeSet<Uuid>>,
    pub document: Option<DocumentId>,
    /// The same of incidents.
    pub incident: Option<BTreeSet<Uuid>>,
    pub author: Option<UserId>,
    /// In comparable form.
    pub q: Option<String>,
    /// What is to be among those that it is about; empty for no matter what.
    pub targets: Vec<Uuid>,
}

/// What a collection can be filtered by, besides `author`.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// The statuses, if it has any.
    pub status: Vec<&'static str>,
    /// The kinds, if it has any.
    pub kind: Kinds,
    /// Which of `actor`, `document`, `incident`, `q` and `targets` it has.
    pub others: &'static [&'static str],
}

/// The kinds of a collection.
#[derive(Debug, Default)]
pub(super) enum Kinds {
    /// It has none.
    #[default]
    None,
    /// A closed vocabulary.
    Codes(Vec<&'static str>),
    /// Terms of the codebook.
    Terms,
}

/// By what adjudications are asked for within the system.
const TARGETS: &str = "targets";

fn all<C: Code>() -> Kinds {
    Kinds::Codes(C::ALL.iter().map(|code| code.as_str()).collect())
}

impl Filter {
    /// Understands a filter of a collection that has these fields.
    pub(super) fn parse(
        scope: &Scope<'_>,
        filter: Option<&view::Filter>,
        collection: &str,
        fields: &Fields,
    ) -> Answer<Self> {
        let Some(view::Filter { status, kind, actor, document, incident, author, q, targets }) = filter else {
            return Ok(Self::default());
        };
        let has = |has: bool, given: bool, name: &str| {
            let detail = || format!("{collection} cannot be filtered by `{name}`");
            if has || !given { Ok(()) } else { Err(invalid("filter_not_applicable", detail())) }
        };
        has(!fields.status.is_empty(), status.is_some(), "status")?;
        has(!matches!(fields.kind, Kinds::None), kind.is_some(), "kind")?;
        for (given, name) in [(actor, "actor"), (document, "document"), (incident, "incident"), (q, "q")] {
            has(fields.others.contains(&name), given.is_some(), name)?;
        }
        has(fields.others.contains(&TARGETS), !targets.is_empty(), TARGETS)?;
        check_code("status", status.as_deref(), &fields.status)?;
        if let Kinds::Codes(codes) = &fields.kind {
            check_code("kind", kind.as_deref(), codes)?;
        }
        Ok(Self {
            status: status.clone(),
            kind: kind.as_deref().map(comparable),
            actor: all_of(scope, identity::Subject::Actor, parse_id("actor", actor.as_deref())?)?,
            document: parse_id("document", document.as_deref())?.map(DocumentId::new),
            incident: all_of(scope, identity::Subject::Incident, parse_id("incident", incident.as_deref())?)?,
            author: author.as_deref().map(user).transpose()?,
            q: q.as_deref().map(comparable),
            targets: targets
                .iter()
                .filter_map(|target| parse_id(TARGETS, Some(target)).transpose())
                .collect::<Answer<_>>()?,
        })
    }

    /// Whether one of these texts contains what is looked for.
    fn finds<'a>(&self, texts: impl IntoIterator<Item = &'a Text>) -> bool {
        let Some(q) = &self.q else { return true };
        texts.into_iter().any(|text| comparable(text.as_str()).contains(q.as_str()))
    }

    pub(super) fn is_kind(&self, kind: &str) -> bool {
        self.kind.as_deref().is_none_or(|asked| asked == kind)
    }

    pub(super) fn is_status(&self, status: &str) -> bool {
        self.status.as_deref().is_none_or(|asked| asked == status)
    }

    fn is_author(&self, author: UserId) -> bool {
        self.author.is_none_or(|asked| asked == author)
    }

    fn names(&self, mut actors: impl Iterator<Item = ActorId>) -> bool {
        self.actor.as_ref().is_none_or(|asked| actors.any(|actor| asked.contains(&actor.uuid())))
    }
}

fn check_code(name: &str, given: Option<&str>, known: &[&str]) -> Answer<()> {
    match given {
        Some(given) if !known.contains(&given) => {
            let given: String = given.chars().take(64).collect();
            Err(invalid("filter_invalid", format!("`{name}` has no value `{given}`; known: {}", known.join(", "))))
        }
        Some(_) | None => Ok(()),
    }
}

/// What is one with this by the judgements at the position.
fn all_of(scope: &Scope<'_>, kind: identity::Subject, id: Option<Uuid>) -> Answer<Option<BTreeSet<Uuid>>> {
    let Some(id) = id else { return Ok(None) };
    Ok(Some(judgements(scope)?.of(kind).resolution.members(id)))
}

fn parse_id(name: &str, given: Option<&str>) -> Answer<Option<Uuid>> {
    let parse = |text| Uuid::try_parse(text).map_err(|_| invalid("filter_invalid", format!("`{name}` is no UUID")));
    given.map(parse).transpose()
}

/// A user by id or handle.
pub(super) fn user(text: &str) -> Answer<UserId> {
    let id = Uuid::try_parse(text).ok().map(UserId::new);
    let user = id.or_else(|| Handle::parse(text).map(|handle| UserId::from_handle(&handle)));
    user.ok_or_else(|| invalid("filter_invalid", "a user is named by a UUID or a handle `[a-z0-9._-]{1,64}`"))
}

/// What can be listed and filtered.
pub(super) trait Filtered: Aggregate {
    /// By what it can be filtered.
    fn fields() -> Fields;

    /// Whether the filter admits it.
    fn is_admitted(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool>;
}

impl Filtered for Source {
    fn fields() -> Fields {
        Fields { kind: all::<SourceKind>(), others: &["q"], ..Fields::default() }
    }

    fn is_admitted(_: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        Ok(match &loaded.state {
            Self::Absent => false,
            Self::Registered { name, kind, relations: _ } => {
                filter.is_author(loaded.author) && filter.is_kind(kind.as_str()) && filter.finds([name])
            }
        })
    }
}

impl Filtered for Document {
    fn fields() -> Fields {
        Fields { others: &["q"], ..Fields::default() }
    }

    fn is_admitted(_: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        Ok(match &loaded.state {
            Self::Absent => false,
            Self::Registered { detail, .. } => filter.is_author(loaded.author) && filter.finds([&detail.title]),
        })
    }
}

impl Filtered for Incident {
    fn fields() -> Fields {
        Fields { status: status::of_incidents(), kind: Kinds::Terms, others: &["actor", "q"] }
    }

    fn is_admitted(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        let is_term = |mut terms: std::slice::Iter<'_, Text>| {
            filter.kind.as_deref().is_none_or(|asked| terms.any(|term| comparable(term.as_str()) == asked))
        };
        let named = match &loaded.state {
            Self::Absent => return Ok(false),
            Self::Single(detail) => {
                is_term(detail.kind.as_slice().iter()) && filter.names(detail.targets.iter().copied())
            }
            Self::Class(class) => {
                let actors = class.targets.iter().chain(&class.actors);
                // A class has no board, thus no status.
                filter.status.is_none() && is_term(class.kinds.iter()) && filter.names(actors.copied())
            }
        };
        if !(named && filter.is_author(loaded.author) && filter.finds(loaded.state.title())) {
            return Ok(false);
        }
        // The board comes last: it is what costs.
        match &filter.status {
            Some(asked) => Ok(board::status(scope, IncidentId::new(id))? == *asked),
            None => Ok(true),
        }
    }
}

impl Filtered for Actor {
    fn fields() -> Fields {
        Fields { kind: all::<ActorKind>(), others: &["q"], ..Fields::default() }
    }

    fn is_admitted(_: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        Ok(match &loaded.state {
            Self::Absent => false,
            Self::Known { kind, names } => {
                let names = names.iter().map(|(_, name)| &name.name);
                filter.is_author(loaded.author) && filter.is_kind(kind.as_str()) && filter.finds(names)
            }
        })
    }
}

impl Filtered for Relation {
    fn fields() -> Fields {
        Fields { status: status::of_relations(), kind: all::<RelationType>(), others: &["actor"] }
    }

    fn is_admitted(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        let Some(edge) = loaded.state.edge() else { return Ok(false) };
        Ok(filter.is_author(loaded.author)
            && filter.is_kind(edge.relation.as_str())
            && filter.names([edge.from, edge.to].into_iter())
            && (filter.status.is_none() || filter.is_status(status::of_relation(scope, id, &loaded.state)?)))
    }
}

impl Filtered for Annotation {
    fn fields() -> Fields {
        Fields { status: status::ANNOTATION.to_vec(), kind: all::<SpanRole>(), others: &["document"] }
    }

    fn is_admitted(_: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        let Some(span) = loaded.state.span() else { return Ok(false) };
        Ok(filter.is_author(loaded.author)
            && filter.is_kind(span.role.as_str())
            && filter.is_status(status::of_annotation(&loaded.state))
            && filter.document.is_none_or(|asked| asked == span.document))
    }
}

impl Filtered for Reading {
    fn fields() -> Fields {
        let kind = Kinds::Codes(KINDS_OF_READINGS.to_vec());
        Fields { status: status::READING.to_vec(), kind, others: &["actor", "document", "incident"] }
    }

    fn is_admitted(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        if !filter.is_author(loaded.author) || !filter.is_kind(kind_of_reading(&loaded.state)) {
            return Ok(false);
        }
        let admitted = match &loaded.state {
            Self::Absent => false,
            Self::Claim { author: _, claim } | Self::Retracted { author: _, claim } => {
                filter.names(actors_of(claim)) && is_about(filter, claim) && cites(scope, filter, claim)?
            }
            Self::Blank { author: _, blank } | Self::BlankRetracted { author: _, blank } => {
                filter.actor.is_none()
                    && filter.incident.is_none()
                    && filter.document.is_none_or(|asked| asked == blank.document)
            }
        };
        Ok(admitted && (filter.status.is_none() || filter.is_status(status::of_reading(scope, id, &loaded.state)?)))
    }
}

impl Filtered for Derivation {
    fn fields() -> Fields {
        let kind = Kinds::Codes(kinds_of_derivations());
        Fields { status: status::of_derivations(), kind, ..Fields::default() }
    }

    fn is_admitted(_: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        let state = &loaded.state;
        let (Some(kind), Some(status)) = (kind_of_derivation(state), status::of_derivation(state)) else {
            return Ok(false);
        };
        Ok(filter.is_author(loaded.author) && filter.is_kind(kind) && filter.is_status(status))
    }
}

impl Filtered for Assessment {
    fn fields() -> Fields {
        let kind = all::<assessment::TargetKind>();
        Fields { status: status::ASSESSMENT.to_vec(), kind, others: &["document", "incident"] }
    }

    fn is_admitted(scope: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        let Some(assessment::Content { target, grade: _, reason: _ }) = loaded.state.content() else {
            return Ok(false);
        };
        let is_plain = filter.is_author(loaded.author)
            && filter.is_kind(target.kind().as_str())
            && filter.is_status(status::of_assessment(&loaded.state));
        let is_document = |asked| *target == assessment::Target::Document(asked);
        if !is_plain || !filter.document.is_none_or(is_document) {
            return Ok(false);
        }
        match (&filter.incident, target) {
            (None, _) => Ok(true),
            (Some(_), assessment::Target::Document(_) | assessment::Target::Source(_)) => Ok(false),
            (Some(asked), assessment::Target::Proposition(about)) => Ok(is_about_incident(about.target, asked)),
            (Some(asked), assessment::Target::Utterance(reading)) => reads_about(scope, *reading, asked),
        }
    }
}

impl Filtered for Adjudication {
    fn fields() -> Fields {
        Fields { status: status::of_adjudications(), kind: all::<TargetKind>(), others: &["incident", TARGETS] }
    }

    fn is_admitted(scope: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        let (Some(docket), Some(stage)) = (loaded.state.docket(), loaded.state.stage()) else { return Ok(false) };
        let is_kind = docket.targets.first().is_some_and(|target| filter.is_kind(target.kind().as_str()));
        if !(is_kind && filter.is_author(loaded.author) && filter.is_status(stage.as_str())) {
            return Ok(false);
        }
        let is_asked = |target: &adjudication::Target| match target {
            adjudication::Target::Reading(id) => filter.targets.contains(&id.uuid()),
            adjudication::Target::Incident(id) => filter.targets.contains(&id.uuid()),
            adjudication::Target::Proposition(about) => match about.target {
                Target::Incident(id) | Target::Class(id) => filter.targets.contains(&id.uuid()),
                Target::Relation(id) => filter.targets.contains(&id.uuid()),
                Target::Actor(id) => filter.targets.contains(&id.uuid()),
            },
        };
        if !filter.targets.is_empty() && !docket.targets.iter().any(is_asked) {
            return Ok(false);
        }
        let Some(asked) = &filter.incident else { return Ok(true) };
        for target in &docket.targets {
            if concerns(scope, target, asked)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Filtered for Task {
    fn fields() -> Fields {
        Fields { status: status::of_tasks(), others: &["document"], ..Fields::default() }
    }

    fn is_admitted(_: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        let (Some(opened), Some(stage)) = (loaded.state.opened(), loaded.state.stage()) else { return Ok(false) };
        Ok(filter.is_author(loaded.author)
            && filter.is_status(stage.as_str())
            && filter.document.is_none_or(|asked| asked == opened.terms.document))
    }
}

impl Filtered for Import {
    fn fields() -> Fields {
        Fields { status: status::IMPORT.to_vec(), others: &["q"], ..Fields::default() }
    }

    fn is_admitted(_: &Scope<'_>, _: Uuid, loaded: &Loaded<Self>, filter: &Filter) -> Answer<bool> {
        let Some(batch) = loaded.state.batch() else { return Ok(false) };
        Ok(filter.is_author(loaded.author)
            && filter.is_status(status::of_import(batch))
            && filter.finds(batch.name.as_slice()))
    }
}

/// Whether a target is an incident, or about one, or a reading about one.
fn concerns(scope: &Scope<'_>, target: &adjudication::Target, asked: &BTreeSet<Uuid>) -> Answer<bool> {
    match target {
        adjudication::Target::Incident(id) => Ok(asked.contains(&id.uuid())),
        adjudication::Target::Proposition(about) => Ok(is_about_incident(about.target, asked)),
        adjudication::Target::Reading(id) => reads_about(scope, *id, asked),
    }
}

fn is_about_incident(target: Target, asked: &BTreeSet<Uuid>) -> bool {
    matches!(target, Target::Incident(id) | Target::Class(id) if asked.contains(&id.uuid()))
}

/// Whether what a reading says, or said last, is about an incident.
fn reads_about(scope: &Scope<'_>, reading: ReadingId, asked: &BTreeSet<Uuid>) -> Answer<bool> {
    let reading: Option<Loaded<Reading>> = scope.snapshot.load(scope.project, reading.uuid())?;
    let claim = reading.as_ref().and_then(|reading| reading.state.claim());
    Ok(claim.is_some_and(|claim| is_about_incident(claim.proposition.target, asked)))
}

/// Every actor whom a claim names: as speaker, as subject, as target.
fn actors_of(claim: &Claim) -> impl Iterator<Item = ActorId> {
    let speakers = claim.speakers.everyone().filter_map(|speaker| match speaker {
        Speaker::Actor(actor) => Some(*actor),
        Speaker::Unidentified { kind: _, label: _, of } => *of,
        Speaker::Source(_) => None,
    });
    let target = match claim.proposition.target {
        Target::Actor(actor) => Some(actor),
        Target::Incident(_) | Target::Class(_) | Target::Relation(_) => None,
    };
    let subjects = claim.proposition.actor.into_iter().chain(claim.proposition.with.iter().copied());
    speakers.chain(target).chain(subjects)
}

fn is_about(filter: &Filter, claim: &Claim) -> bool {
    filter.incident.as_ref().is_none_or(|asked| match claim.proposition.target {
        Target::Incident(id) | Target::Class(id) => asked.contains(&id.uuid()),
        Target::Relation(_) | Target::Actor(_) => false,
    })
}

/// Whether the claim cites a passage of the document.
fn cites(scope: &Scope<'_>, filter: &Filter, claim: &Claim) -> Answer<bool> {
    let Some(asked) = filter.document else { return Ok(true) };
    for id in &claim.evidence {
        let annotation: Option<Loaded<Annotation>> = scope.snapshot.load(scope.project, id.uuid())?;
        if annotation.is_some_and(|annotation| annotation.state.span().is_some_and(|span| span.document == asked)) {
            return Ok(true);
        }
    }
    Ok(false)
}
