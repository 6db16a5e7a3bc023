//! Lists of resources in the order of their creation, and single resources.

use super::filter::{Filter, Filtered};
use super::record::limit_of;
use super::scope::{Answer, Scope, absent, id, invalid, project_at, viewer};
use super::{View, filter, judgements, resource};
use crate::subject::Subject;
use crate::{Loaded, Snapshot};
use domain::Kind;
use domain::access::{self, Action};
use domain::actor::Actor;
use domain::adjudication::Adjudication;
use domain::annotation::Annotation;
use domain::assessment::Assessment;
use domain::derivation::Derivation;
use domain::document::Document;
use domain::id::ProjectId;
use domain::import::Import;
use domain::incident::Incident;
use domain::reading::Reading;
use domain::relation::Relation;
use domain::source::Source;
use domain::task::Task;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::subject::Address;
use wire::view::{Get, List, ListProjects, Page, Request, Resource};

/// What one page may cost, in aggregates looked at; a page that costs more ends early and names where to go on. At some
/// 20 µs each: half a second.
pub(super) const COST_MAX: usize = 20_000;
/// What a board costs beside an aggregate.
pub(super) const COST_OF_BOARD: usize = 50;
/// Bytes of records after which a page ends.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Mentions beyond which a filter is answered from all resources of the kind, not from the mentions.
const MENTIONS_MAX: usize = COST_MAX;

/// Every collection, with the kind of aggregate in which it stands.
pub(super) const COLLECTIONS: [(&str, Kind); 17] = [
    ("projects", Kind::Project),
    ("policies", Kind::Project),
    ("codebooks", Kind::Project),
    ("members", Kind::Project),
    ("sources", Kind::Source),
    ("documents", Kind::Document),
    ("incidents", Kind::Incident),
    ("actors", Kind::Actor),
    ("relations", Kind::Relation),
    ("annotations", Kind::Annotation),
    ("readings", Kind::Reading),
    ("derivations", Kind::Derivation),
    ("assessments", Kind::Assessment),
    ("judgements", Kind::Identity),
    ("adjudications", Kind::Adjudication),
    ("tasks", Kind::Task),
    ("imports", Kind::Import),
];

/// The kind of aggregate in which a collection stands.
pub(super) fn kind(collection: &str) -> Answer<Kind> {
    let known = COLLECTIONS.iter().find(|(name, _)| *name == collection);
    known.map(|(_, kind)| *kind).ok_or_else(|| {
        let unknown: String = collection.chars().take(64).collect();
        invalid("unknown_collection", format!("there is no collection `{unknown}`"))
    })
}

/// One resource.
pub(super) fn get(scope: &Scope<'_>, ask: &Get) -> Answer<Resource> {
    let open = &scope.open.state;
    let version = || ask.id.parse::<u32>().map_err(|_| absent());
    let found = match ask.collection.as_str() {
        "projects" => {
            (id(&ask.id)? == scope.project.uuid()).then(|| resource::project(scope.project.uuid(), &scope.open))
        }
        "policies" => open.policy(version()?).map(|policy| resource::policy(version().unwrap_or(0), policy)),
        "codebooks" => {
            let version = version()?;
            let at = version.checked_sub(1).map(|at| at as usize);
            at.and_then(|at| open.codebooks.get(at)).map(|codebook| resource::codebook(version, codebook))
        }
        "members" => {
            let user = filter::user(&ask.id).map_err(|_| absent())?;
            open.members.get(&user).map(|role| resource::member(user, *role))
        }
        "sources" => one::<Source>(scope, &ask.id)?,
        "documents" => one::<Document>(scope, &ask.id)?,
        "incidents" => one::<Incident>(scope, &ask.id)?,
        "actors" => one::<Actor>(scope, &ask.id)?,
        "relations" => one::<Relation>(scope, &ask.id)?,
        "annotations" => one::<Annotation>(scope, &ask.id)?,
        "readings" => one::<Reading>(scope, &ask.id)?,
        "derivations" => one::<Derivation>(scope, &ask.id)?,
        "assessments" => one::<Assessment>(scope, &ask.id)?,
        "judgements" => judgements::get(scope, &ask.id)?,
        "adjudications" => one::<Adjudication>(scope, &ask.id)?,
        "tasks" => one::<Task>(scope, &ask.id)?,
        "imports" => one::<Import>(scope, &ask.id)?,
        unknown => kind(unknown).map(|_| None)?,
    };
    found.ok_or_else(absent)
}

fn one<A: Listed>(scope: &Scope<'_>, text: &str) -> Answer<Option<Resource>> {
    let id = id(text)?;
    A::resource(scope, id, &scope.load(id)?)
}

/// A page of a collection.
pub(super) fn list(scope: &Scope<'_>, ask: &List) -> Answer<Page> {
    match ask.collection.as_str() {
        "sources" => listed::<Source>(scope, ask),
        "documents" => listed::<Document>(scope, ask),
        "incidents" => listed::<Incident>(scope, ask),
        "actors" => listed::<Actor>(scope, ask),
        "relations" => listed::<Relation>(scope, ask),
        "annotations" => listed::<Annotation>(scope, ask),
        "readings" => listed::<Reading>(scope, ask),
        "derivations" => listed::<Derivation>(scope, ask),
        "assessments" => listed::<Assessment>(scope, ask),
        "judgements" => judgements::list(scope, ask),
        "adjudications" => listed::<Adjudication>(scope, ask),
        "tasks" => listed::<Task>(scope, ask),
        "imports" => listed::<Import>(scope, ask),
        _ => numbered(scope, ask),
    }
}

/// Versions and members: the entries of the project, by their number.
fn numbered(scope: &Scope<'_>, ask: &List) -> Answer<Page> {
    let open = &scope.open.state;
    let has_filter = ask.filter.as_ref().is_some_and(|filter| *filter != wire::view::Filter::default());
    if has_filter {
        return Err(invalid("filter_not_applicable", format!("{} cannot be filtered", ask.collection)));
    }
    let entries: Vec<Resource> = match ask.collection.as_str() {
        "policies" => (0..=open.policy_newest())
            .filter_map(|version| open.policy(version).map(|policy| resource::policy(version, policy)))
            .collect(),
        "codebooks" => {
            (1..).zip(&open.codebooks).map(|(version, codebook)| resource::codebook(version, codebook)).collect()
        }
        "members" => open.members.iter().map(|(user, role)| resource::member(*user, *role)).collect(),
        other => return Err(invalid("unknown_collection", format!("`{other}` cannot be listed within a project"))),
    };
    let (limit, total) = (limit_of(ask.limit), entries.len());
    let after = usize::try_from(ask.after).unwrap_or(usize::MAX).min(total);
    let items: Vec<_> = entries.into_iter().skip(after).take(limit).collect();
    let last = after + items.len();
    Ok(Page { next: (last < total).then_some(last as u64), items })
}

/// An aggregate that is a resource of a collection.
pub(super) trait Listed: Filtered {
    /// It as it is shown.
    fn resource(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Self>) -> Answer<Option<Resource>>;

    /// The subjects by which those are found that a filter admits; none when all have to be looked at.
    fn mentions(scope: &Scope<'_>, filter: &Filter) -> Answer<Option<Vec<Subject>>>;

    /// What one that is looked at costs.
    const COST: usize = 1;
}

macro_rules! listed {
    ($aggregate:ident, $resource:expr, $mentions:expr $(, $cost:expr)?) => {
        impl Listed for $aggregate {
            fn resource(scope: &Scope<'_>, id: Uuid, loaded: &Loaded<Self>) -> Answer<Option<Resource>> {
                $resource(scope, id, loaded)
            }

            fn mentions(scope: &Scope<'_>, filter: &Filter) -> Answer<Option<Vec<Subject>>> {
                $mentions(scope, filter)
            }

            $(const COST: usize = $cost;)?
        }
    };
}

listed!(Source, |_, id, loaded| Ok(resource::source(id, loaded)), |_, _| Ok(None));
listed!(Document, |scope, id, loaded| resource::document(scope, id, loaded), |_, _| Ok(None));
listed!(Incident, resource::incident, |scope, filter| Ok(by_actor(scope, filter, Kind::Incident)), 1 + COST_OF_BOARD);
listed!(Actor, |_, id, loaded| Ok(resource::actor(id, loaded)), |_, _| Ok(None));
listed!(Relation, resource::relation, |scope, filter| { Ok(by_actor(scope, filter, Kind::Relation)) });
listed!(Annotation, |_, id, loaded| Ok(resource::annotation(id, loaded)), |scope, filter| {
    Ok(by_document(scope, filter, Kind::Annotation))
});
listed!(Reading, resource::reading, by_anything);
listed!(Derivation, |_, id, loaded| Ok(resource::derivation(id, loaded)), |_, _| Ok(None));
listed!(Assessment, |_, id, loaded| Ok(resource::assessment(id, loaded)), |scope, filter: &Filter| {
    match by_document(scope, filter, Kind::Assessment) {
        Some(subjects) => Ok(Some(subjects)),
        None => by_incident(scope, filter, Kind::Assessment),
    }
});
listed!(Import, resource::import, |_, _| Ok(None));
listed!(Adjudication, |_, id, loaded| Ok(resource::adjudication(id, loaded)), by_target);
listed!(Task, |_, id, loaded| Ok(resource::task(id, loaded)), |scope, filter| {
    Ok(by_document(scope, filter, Kind::Task))
});

fn mention(scope: &Scope<'_>, kind: Kind, id: Uuid, mentioning: Kind) -> Subject {
    Subject::mention(&Address { project: scope.project.uuid(), kind, id }, mentioning)
}

fn by_actor(scope: &Scope<'_>, filter: &Filter, mentioning: Kind) -> Option<Vec<Subject>> {
    let actors = filter.actor.as_ref()?;
    Some(actors.iter().map(|actor| mention(scope, Kind::Actor, *actor, mentioning)).collect())
}

fn by_document(scope: &Scope<'_>, filter: &Filter, mentioning: Kind) -> Option<Vec<Subject>> {
    filter.document.map(|document| vec![mention(scope, Kind::Document, document.uuid(), mentioning)])
}

/// Readings by incident, by actor, or by document: these name it or one of its annotations.
fn by_anything(scope: &Scope<'_>, filter: &Filter) -> Answer<Option<Vec<Subject>>> {
    if let Some(incidents) = &filter.incident {
        return Ok(Some(incidents.iter().map(|id| mention(scope, Kind::Incident, *id, Kind::Reading)).collect()));
    }
    let (Some(document), None) = (filter.document, &filter.actor) else {
        return Ok(by_actor(scope, filter, Kind::Reading));
    };
    let annotations = mention(scope, Kind::Document, document.uuid(), Kind::Annotation);
    if scope.snapshot.positions(&annotations, 0, MENTIONS_MAX + 1)?.len() > MENTIONS_MAX {
        return Ok(None);
    }
    let annotations = scope.snapshot.aggregates(&annotations)?;
    let mut subjects = vec![mention(scope, Kind::Document, document.uuid(), Kind::Reading)];
    subjects.extend(annotations.into_iter().map(|id| mention(scope, Kind::Annotation, id, Kind::Reading)));
    Ok(Some(subjects))
}

/// Adjudications by what they are about: by targets, or by an incident, by which those are found as well that are about a
/// reading on it.
fn by_target(scope: &Scope<'_>, filter: &Filter) -> Answer<Option<Vec<Subject>>> {
    const KINDS: [Kind; 3] = [Kind::Reading, Kind::Incident, Kind::Relation];
    let named = |id: &Uuid| {
        let id = *id;
        KINDS.map(|kind| mention(scope, kind, id, Kind::Adjudication))
    };
    if !filter.targets.is_empty() {
        return Ok(Some(filter.targets.iter().flat_map(named).collect()));
    }
    by_incident(scope, filter, Kind::Adjudication)
}

/// What is about an incident, or about a reading on it.
fn by_incident(scope: &Scope<'_>, filter: &Filter, mentioning: Kind) -> Answer<Option<Vec<Subject>>> {
    let Some(incidents) = &filter.incident else { return Ok(None) };
    let mut subjects = Vec::new();
    for incident in incidents {
        let readings = mention(scope, Kind::Incident, *incident, Kind::Reading);
        if scope.snapshot.positions(&readings, 0, MENTIONS_MAX + 1)?.len() > MENTIONS_MAX {
            return Ok(None);
        }
        let readings = scope.snapshot.aggregates(&readings)?;
        subjects.push(mention(scope, Kind::Incident, *incident, mentioning));
        subjects.extend(readings.into_iter().map(|id| mention(scope, Kind::Reading, id, mentioning)));
    }
    Ok(Some(subjects))
}

fn listed<A: Listed>(scope: &Scope<'_>, ask: &List) -> Answer<Page> {
    let filter = Filter::parse(scope, ask.filter.as_ref(), &ask.collection, &A::fields())?;
    let mut page =
        PageInProgress { scope, filter: &filter, limit: limit_of(ask.limit), cost: 0, bytes: 0, items: Vec::new() };
    if let Some(candidates) = mentioned::<A>(scope, &filter)? {
        for (created, id) in candidates.into_iter().filter(|(created, _)| *created > ask.after) {
            if let Some(next) = page.add::<A>(created, id)? {
                return Ok(page.end(Some(next)));
            }
        }
        return Ok(page.end(None));
    }
    let subject = match filter.author {
        Some(author) => Subject::author(scope.project, A::KIND, author),
        None => Subject::created(scope.project, A::KIND),
    };
    let mut after = ask.after;
    loop {
        // A few at a time: a page seldom needs more than its length.
        let positions = scope.snapshot.positions(&subject, after, page.limit + 1)?;
        for position in &positions {
            let id = scope.snapshot.envelope(*position)?.id;
            if let Some(next) = page.add::<A>(*position, id)? {
                return Ok(page.end(Some(next)));
            }
        }
        match positions.last() {
            Some(last) => after = *last,
            None => return Ok(page.end(None)),
        }
    }
}

/// The aggregates that a filter's mentions name, by the position of their creation; none when there are no such
/// mentions, or too many.
fn mentioned<A: Listed>(scope: &Scope<'_>, filter: &Filter) -> Answer<Option<BTreeMap<u64, Uuid>>> {
    let Some(subjects) = A::mentions(scope, filter)? else { return Ok(None) };
    let mut ids = BTreeSet::new();
    let mut mentions = 0;
    for subject in &subjects {
        mentions += scope.snapshot.positions(subject, 0, MENTIONS_MAX + 1)?.len();
        if mentions > MENTIONS_MAX {
            return Ok(None);
        }
        ids.extend(scope.snapshot.aggregates(subject)?);
    }
    let mut created = BTreeMap::new();
    for id in ids {
        let own = Subject::own(&Address { project: scope.project.uuid(), kind: A::KIND, id });
        if let Some(position) = scope.snapshot.positions(&own, 0, 1)?.first() {
            created.insert(*position, id);
        }
    }
    Ok(Some(created))
}

struct PageInProgress<'a> {
    scope: &'a Scope<'a>,
    filter: &'a Filter,
    limit: usize,
    cost: usize,
    bytes: usize,
    items: Vec<(u64, Resource)>,
}

impl PageInProgress<'_> {
    /// Looks at the next candidate; answers where the next page starts when this one ends before it.
    fn add<A: Listed>(&mut self, created: u64, id: Uuid) -> Answer<Option<u64>> {
        if self.cost > COST_MAX || self.bytes > BYTES_MAX {
            return Ok(Some(created - 1));
        }
        self.cost += A::COST;
        let Some(loaded) = self.scope.snapshot.load::<A>(self.scope.project, id)? else { return Ok(None) };
        if !A::is_admitted(self.scope, id, &loaded, self.filter)? {
            return Ok(None);
        }
        if let (true, Some((last, _))) = (self.items.len() >= self.limit, self.items.last()) {
            return Ok(Some(*last));
        }
        if let Some(resource) = A::resource(self.scope, id, &loaded)? {
            self.bytes += loaded.bytes;
            self.items.push((created, resource));
        }
        Ok(None)
    }

    fn end(self, next: Option<u64>) -> Page {
        Page { items: self.items.into_iter().map(|(_, resource)| resource).collect(), next }
    }
}

/// The projects that the viewer can see.
pub(super) fn projects(view: &View<'_>, request: &Request, as_of: u64, ask: &ListProjects) -> Answer<Page> {
    let (now, snapshot) = (view.store.snapshot(None), view.store.snapshot(Some(as_of)));
    let limit = limit_of(ask.limit);
    let mut items: Vec<(u64, Resource)> = Vec::new();
    let mut after = ask.after;
    for _ in 0..COST_MAX {
        let Some(created) = snapshot.positions(&Subject::projects(), after, 1)?.first().copied() else {
            return Ok(page_of(items, None));
        };
        let project = ProjectId::new(snapshot.envelope(created)?.id);
        if let Some(shown) = visible(view, request, &now, &snapshot, project)? {
            if items.len() >= limit {
                let last = items.last().map(|(position, _)| *position);
                return Ok(page_of(items, last));
            }
            items.push((created, shown));
        }
        after = created;
    }
    Ok(page_of(items, Some(after)))
}

fn page_of(items: Vec<(u64, Resource)>, next: Option<u64>) -> Page {
    Page { items: items.into_iter().map(|(_, resource)| resource).collect(), next }
}

fn visible(
    view: &View<'_>,
    request: &Request,
    now: &Snapshot<'_>,
    snapshot: &Snapshot<'_>,
    project: ProjectId,
) -> Answer<Option<Resource>> {
    let Some(open) = project_at(view, now, project)? else { return Ok(None) };
    let mut asker = request.viewer.clone();
    // Who reads without a membership reads the one project that the request names.
    if let Some(asker) = asker.as_mut().filter(|_| request.project != project.to_string()) {
        asker.anonymous_reader = false;
    }
    let viewer = viewer(asker.as_ref(), project, &open.state)?;
    if access::check(&viewer, Action::Read, Kind::Project).is_err() {
        return Ok(None);
    }
    Ok(project_at(view, snapshot, project)?.map(|open| resource::project(project.uuid(), &open)))
}
