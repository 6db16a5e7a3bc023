//! What a command names besides its own aggregate, looked up in the log at the moment of the decision.
//!
//! What is once there stays and keeps its kind, so a kept state in which it exists is enough for that; what may have
//! been retracted, withdrawn or disputed since is looked up anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::actor::Actor;
use domain::adjudication::Target;
use domain::annotation::Annotation;
use domain::assessment;
use domain::claim::{self, Claim, Speaker};
use domain::document::{Document, Revision};
use domain::id::{ActorId, AnnotationId, DocumentId, IncidentId, ProjectId, ReadingId, RelationId, SourceId, UserId};
use domain::identity::Subject;
use domain::incident::Incident;
use domain::passage::Indexed;
use domain::reading::{Reading, Surroundings};
use domain::relation::Relation;
use domain::source::Source;
use domain::task::Submission;
use domain::{Kind, Rejection};
use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;
use wire::record::{Reliance, TextRef};
use wire::subject::Address;

use crate::auth::Inside;
use crate::execute::{Freshness, Kept, Loaded};
use crate::failure::Failure;
use crate::service::Service;

/// The code of a refusal of what needs a text that was erased.
pub(crate) const TEXT_ERASED: &str = "text_erased";

/// Aggregates of one command that are looked up at the same time.
const LOOKUPS_IN_FLIGHT: usize = 32;

/// Aggregates by id.
pub(crate) type Found<A> = BTreeMap<Uuid, Arc<Loaded<A>>>;

impl Service {
    /// Looks up aggregates of one kind.
    async fn look<A: Kept>(
        &self,
        inside: &Inside,
        ids: impl IntoIterator<Item = Uuid>,
        freshness: Freshness,
    ) -> Result<Found<A>, Failure> {
        let ids: BTreeSet<Uuid> = ids.into_iter().collect();
        let blind = &inside.blind();
        stream::iter(ids)
            .map(async |id| {
                let address = inside.address(A::KIND, id);
                let mut loaded = self.load::<A>(&address, freshness).await?;
                if loaded.revision == 0 {
                    // A copy may lag behind what was just acknowledged; the leader does not.
                    loaded = self.load(&address, Freshness::Leader).await?;
                }
                if self.is_kept_from(blind.as_ref(), &address, &loaded).await? {
                    loaded = Arc::default();
                }
                Ok::<_, Failure>((id, loaded))
            })
            .buffer_unordered(LOOKUPS_IN_FLIGHT)
            .try_collect()
            .await
    }

    /// Looks up the actors that a command names at these pointers; each must be there.
    pub(crate) async fn actors(&self, inside: &Inside, named: &[(ActorId, String)]) -> Result<Vec<Reliance>, Failure> {
        let found = self.look::<Actor>(inside, named.iter().map(|(id, _)| id.uuid()), Freshness::Existing).await?;
        for (id, pointer) in named {
            known(&found, id.uuid(), "actor", pointer)?;
        }
        Ok(reliances(&found).collect())
    }

    /// Looks up the two that a judgement is about; each must be there, and be of the kind.
    pub(crate) async fn identified(
        &self,
        inside: &Inside,
        kind: Subject,
        left: Uuid,
        right: Uuid,
    ) -> Result<Vec<Reliance>, Failure> {
        let sides = [(left, "/left"), (right, "/right")];
        match kind {
            Subject::Actor => {
                self.actors(inside, &sides.map(|(id, pointer)| (ActorId::new(id), pointer.to_owned()))).await
            }
            Subject::Incident => {
                let found = self.look::<Incident>(inside, [left, right], Freshness::Existing).await?;
                for (id, pointer) in sides {
                    if let Incident::Class(_) = known(&found, id, "incident", pointer)?.state {
                        let detail = "a judgement is about incidents: this is a class of them";
                        return Err(Rejection::invalid("not_an_incident", detail).at(pointer).into());
                    }
                }
                Ok(reliances(&found).collect())
            }
            Subject::Reading => {
                let found = self.look::<Reading>(inside, [left, right], Freshness::Existing).await?;
                for (id, pointer) in sides {
                    if let Reading::Blank { .. } | Reading::BlankRetracted { .. } =
                        known(&found, id, "reading", pointer)?.state
                    {
                        let detail = "a judgement is about readings of claims: here nothing was found to read";
                        return Err(Rejection::invalid("reading_without_claim", detail).at(pointer).into());
                    }
                }
                Ok(reliances(&found).collect())
            }
        }
    }

    /// Looks up a source that a command names; it must be there.
    pub(crate) async fn source(&self, inside: &Inside, id: SourceId, pointer: &str) -> Result<Reliance, Failure> {
        let found = self.look::<Source>(inside, [id.uuid()], Freshness::Existing).await?;
        known(&found, id.uuid(), "source", pointer).map(|source| source.reliance(id.uuid()))
    }

    /// Looks up the annotations that a command cites; each must be there, and one of them live where it cites any.
    pub(crate) async fn evidence(&self, inside: &Inside, cited: &[AnnotationId]) -> Result<Vec<Reliance>, Failure> {
        let found = self.look::<Annotation>(inside, cited.iter().map(|id| id.uuid()), Freshness::Now).await?;
        for (at, id) in cited.iter().enumerate() {
            known(&found, id.uuid(), "annotation", &format!("/evidence/{at}"))?;
        }
        if !cited.is_empty() && found.values().all(|loaded| loaded.state.live().is_none()) {
            let detail = "every cited annotation was retracted";
            return Err(Rejection::invalid("evidence_not_live", detail).at("/evidence").into());
        }
        Ok(reliances(&found).collect())
    }

    /// Looks up the annotations that a command joins or names at these pointers; each must be there and live.
    pub(crate) async fn live_annotations(
        &self,
        inside: &Inside,
        named: &[(AnnotationId, &str)],
    ) -> Result<Vec<Reliance>, Failure> {
        let found = self.look::<Annotation>(inside, named.iter().map(|(id, _)| id.uuid()), Freshness::Now).await?;
        for (id, pointer) in named {
            if known(&found, id.uuid(), "annotation", pointer)?.state.live().is_none() {
                return Err(Rejection::invalid("evidence_not_live", "the annotation was retracted")
                    .at(*pointer)
                    .into());
            }
        }
        Ok(reliances(&found).collect())
    }

    /// Looks up what an adjudication is to be about; each must be there, and be what it is named as.
    /// Their pointers begin with what `place` says of each.
    pub(crate) async fn targets(
        &self,
        inside: &Inside,
        targets: &[Target],
        place: impl Fn(usize) -> String + Send,
    ) -> Result<Vec<Reliance>, Failure> {
        let (mut actors, mut incidents, mut relations) = (Vec::new(), Vec::new(), Vec::new());
        for target in targets {
            match target {
                Target::Reading(_) => {}
                Target::Incident(id) => incidents.push(id.uuid()),
                Target::Proposition(about) => {
                    actors.extend(about.actor.map(ActorId::uuid));
                    match about.target {
                        claim::Target::Incident(id) | claim::Target::Class(id) => incidents.push(id.uuid()),
                        claim::Target::Relation(id) => relations.push(id.uuid()),
                        claim::Target::Actor(id) => actors.push(id.uuid()),
                    }
                }
            }
        }
        let (readings, incidents, actors, relations) = futures::try_join!(
            self.readings_of(inside, targets),
            self.look::<Incident>(inside, incidents, Freshness::Existing),
            self.look::<Actor>(inside, actors, Freshness::Existing),
            self.look::<Relation>(inside, relations, Freshness::Existing),
        )?;
        let incident = |id: IncidentId, pointer: &str| match &known(&incidents, id.uuid(), "incident", pointer)?.state {
            Incident::Single(_) => Ok(()),
            Incident::Class(_) | Incident::Absent => {
                let detail = "this is a class: what is found on a class is found on a proposition about it";
                Err(Failure::from(Rejection::invalid("not_an_incident", detail).at(pointer)))
            }
        };
        for (at, target) in targets.iter().enumerate() {
            let pointer = |member: &str| format!("{}/{member}", place(at));
            match target {
                Target::Reading(id) => {
                    let pointer = pointer("reading");
                    match &known(&readings, id.uuid(), "reading", &pointer)?.state {
                        Reading::Claim { .. } | Reading::Blank { .. } => {}
                        Reading::Absent | Reading::Retracted { .. } | Reading::BlankRetracted { .. } => {
                            let detail = "the reading was retracted";
                            return Err(Rejection::invalid("reading_retracted", detail).at(pointer).into());
                        }
                    }
                }
                Target::Incident(id) => incident(*id, &pointer("incident"))?,
                Target::Proposition(about) => {
                    match about.target {
                        claim::Target::Incident(id) => incident(id, &pointer("proposition/incident"))?,
                        claim::Target::Class(id) => {
                            let pointer = pointer("proposition/class");
                            if let Incident::Single(_) = &known(&incidents, id.uuid(), "class", &pointer)?.state {
                                let detail = "this is one incident: name it in `incident`";
                                return Err(Rejection::invalid("not_a_class", detail).at(pointer).into());
                            }
                        }
                        claim::Target::Relation(id) => {
                            known(&relations, id.uuid(), "relation", &pointer("proposition/relation"))?;
                        }
                        claim::Target::Actor(id) => {
                            known(&actors, id.uuid(), "actor", &pointer("proposition/actor"))?;
                        }
                    }
                    if let Some(actor) = about.actor {
                        known(&actors, actor.uuid(), "actor", &pointer("proposition/actor"))?;
                    }
                }
            }
        }
        let named = reliances(&readings).chain(reliances(&incidents)).chain(reliances(&actors));
        Ok(named.chain(reliances(&relations)).collect())
    }

    /// Looks up what is assessed; it must be there, and an utterance have a reading with a claim.
    pub(crate) async fn assessed(
        &self,
        inside: &Inside,
        target: &assessment::Target,
    ) -> Result<Vec<Reliance>, Failure> {
        match target {
            assessment::Target::Source(id) => Ok(vec![self.source(inside, *id, "/target/source").await?]),
            assessment::Target::Document(id) => {
                let found = self.look::<Document>(inside, [id.uuid()], Freshness::Existing).await?;
                let document = known(&found, id.uuid(), "document", "/target/document")?;
                Ok(vec![document.reliance(id.uuid())])
            }
            assessment::Target::Utterance(id) => {
                let pointer = "/target/utterance";
                let found = self.look::<Reading>(inside, [id.uuid()], Freshness::Now).await?;
                let reading = known(&found, id.uuid(), "reading", pointer)?;
                if reading.state.live().is_none() {
                    let detail = "the reading holds no claim, or was retracted";
                    return Err(Rejection::invalid("reading_not_live", detail).at(pointer).into());
                }
                Ok(vec![reading.reliance(id.uuid())])
            }
            assessment::Target::Proposition(about) => {
                let about = [Target::Proposition(about.clone())];
                self.targets(inside, &about, |_| "/target".to_owned()).await
            }
        }
    }

    /// Looks up what somebody submits of a document; each is there, live and their own, and stands in it.
    pub(crate) async fn submitted(
        &self,
        inside: &Inside,
        document: DocumentId,
        annotator: UserId,
        submission: &Submission,
    ) -> Result<Vec<Reliance>, Failure> {
        let named = submission.readings.iter().chain(&submission.no_claims).map(|id| id.uuid());
        let found = self.look::<Reading>(inside, named, Freshness::Now).await?;
        let own = |id: ReadingId, pointer: &str| {
            let loaded = known(&found, id.uuid(), "reading", pointer)?;
            if loaded.creator == Some(annotator) {
                return Ok(&loaded.state);
            }
            let detail = "somebody else recorded it: what is submitted is your own";
            Err(Failure::from(Rejection::invalid("not_own_reading", detail).at(pointer)))
        };
        let elsewhere = |pointer: &str| -> Failure {
            let detail = "it stands in another document than the one of the task";
            Rejection::invalid("other_document", detail).at(pointer).into()
        };
        for (at, id) in submission.no_claims.iter().enumerate() {
            let pointer = format!("/no_claims/{at}");
            let Reading::Blank { blank, .. } = own(*id, &pointer)? else {
                let detail = "it is no span without a claim, or was retracted";
                return Err(Rejection::invalid("reading_not_live", detail).at(pointer).into());
            };
            if blank.document != document {
                return Err(elsewhere(&pointer));
            }
        }
        let mut cited = BTreeMap::new();
        for (at, id) in submission.readings.iter().enumerate() {
            let pointer = format!("/readings/{at}");
            let Some(claim) = own(*id, &pointer)?.live() else {
                let detail = "it holds no claim, or was retracted";
                return Err(Rejection::invalid("reading_not_live", detail).at(pointer).into());
            };
            cited.insert(pointer, &claim.evidence);
        }
        let annotations = cited.values().flat_map(|evidence| evidence.iter()).map(|id| id.uuid());
        // What their own readings cite need not be theirs.
        let knowing = &inside.knowing(found.values().filter_map(|loaded| loaded.state.live()));
        let annotations = self.look::<Annotation>(knowing, annotations, Freshness::Existing).await?;
        let stands = |id: &AnnotationId| {
            let span = annotations.get(&id.uuid()).and_then(|loaded| loaded.state.span());
            span.is_some_and(|span| span.document == document)
        };
        if let Some((pointer, _)) = cited.iter().find(|(_, evidence)| !evidence.iter().any(stands)) {
            return Err(elsewhere(pointer));
        }
        Ok(reliances(&found).collect())
    }

    /// The readings among the targets of an adjudication.
    pub(crate) async fn readings_of(&self, inside: &Inside, targets: &[Target]) -> Result<Found<Reading>, Failure> {
        let readings = targets.iter().filter_map(|target| match target {
            Target::Reading(id) => Some(id.uuid()),
            Target::Proposition(_) | Target::Incident(_) => None,
        });
        self.look(inside, readings, Freshness::Now).await
    }

    /// Refuses what needs a text that was erased.
    async fn check_there(&self, project: ProjectId, id: DocumentId, number: u32) -> Result<(), Failure> {
        let address = Address { project: project.uuid(), kind: Kind::Document, id: id.uuid() };
        let loaded = self.load::<Document>(&address, Freshness::Leader).await?;
        if loaded.state.is_erased(number) { Err(erased(number).into()) } else { Ok(()) }
    }

    /// Looks up a document's revision; pointers are those of `document` and `revision` side by side.
    pub(crate) async fn revision(
        &self,
        project: ProjectId,
        id: DocumentId,
        number: u32,
    ) -> Result<(Revision, Reliance), Failure> {
        let address = Address { project: project.uuid(), kind: Kind::Document, id: id.uuid() };
        let kept = self.load::<Document>(&address, Freshness::Existing).await?;
        if kept.state.is_erased(number) {
            return Err(erased(number).into());
        }
        if let Some(revision) = kept.state.revision(number) {
            return Ok((revision.clone(), kept.reliance(id.uuid())));
        }
        let loaded = self.load::<Document>(&address, Freshness::Leader).await?;
        if loaded.revision == 0 {
            return Err(unknown("document", "/document").into());
        }
        let Some(revision) = loaded.state.revision(number) else {
            let detail = format!("the document has no revision {number}");
            return Err(Rejection::invalid("reference_unknown", detail).at("/revision").into());
        };
        if loaded.state.is_erased(number) {
            return Err(erased(number).into());
        }
        Ok((revision.clone(), loaded.reliance(id.uuid())))
    }

    /// The text of a document's revision, with marks into it.
    pub(crate) async fn passages(
        &self,
        project: ProjectId,
        document: DocumentId,
        number: u32,
    ) -> Result<(Arc<Indexed>, Reliance), Failure> {
        let (revision, reliance) = self.revision(project, document, number).await?;
        let named = TextRef::of(project.uuid(), document.uuid(), &revision);
        match self.texts().indexed(&named).await {
            Ok(text) => Ok((text, reliance)),
            // The state at hand may be from before an erasure.
            Err(failure) => match self.check_there(project, document, number).await {
                Ok(()) => Err(failure),
                Err(erased) => Err(erased),
            },
        }
    }

    /// Looks up everything that a claim names. `marked` are annotations that are made along with the reading.
    pub(crate) async fn surroundings(
        &self,
        inside: &Inside,
        claim: &Claim,
        marked: BTreeMap<AnnotationId, Annotation>,
    ) -> Result<(Surroundings, Vec<Reliance>), Failure> {
        let named = Named::by(claim);
        let cited = claim.evidence.iter().filter(|id| !marked.contains_key(id)).map(|id| id.uuid());
        let changed = claim.changes.iter().map(|id| id.uuid());
        let mut relations = self.look::<Relation>(inside, named.relations, Freshness::Now).await?;
        // For whom the speaker speaks decides whether it is an official, so that actor is looked at as well.
        let edge = claim.speaks_for.and_then(|id| relations.get(&id.uuid())?.state.edge());
        let actors = named.actors.into_iter().chain(edge.map(|edge| edge.to.uuid()));
        let (actors, sources, incidents, annotations, readings) = futures::try_join!(
            self.look::<Actor>(inside, actors, Freshness::Existing),
            self.look::<Source>(inside, named.sources, Freshness::Existing),
            self.look::<Incident>(inside, named.incidents, Freshness::Existing),
            self.look::<Annotation>(inside, cited, Freshness::Now),
            self.look::<Reading>(inside, changed, Freshness::Now),
        )?;
        // Whose voice a changed utterance is depends on the edge that its reading names.
        let edges = readings.values().filter_map(|loaded| loaded.state.claim()?.speaks_for).map(RelationId::uuid);
        let edges: Vec<_> = edges.filter(|id| !relations.contains_key(id)).collect();
        relations.extend(self.look::<Relation>(inside, edges, Freshness::Now).await?);
        let relied_on = reliances(&actors)
            .chain(reliances(&sources))
            .chain(reliances(&incidents))
            .chain(reliances(&annotations))
            .chain(reliances(&readings))
            .chain(reliances(&relations))
            .collect();
        let mut annotations: BTreeMap<AnnotationId, Annotation> = states(&annotations);
        annotations.extend(marked);
        let surroundings = Surroundings {
            annotations,
            actors: states(&actors),
            sources: states(&sources),
            incidents: states(&incidents),
            relations: states(&relations),
            readings: states(&readings),
        };
        Ok((surroundings, relied_on))
    }

    /// The actors and relations that the remarks on a claim depend on, as they stood when it was decided: remarks are
    /// about official acts alone.
    pub(crate) async fn surroundings_then(
        &self,
        project: ProjectId,
        claim: &Claim,
        relied_on: &[Reliance],
    ) -> Result<Surroundings, Failure> {
        let mut surroundings = Surroundings::default();
        if !claim.act.is_official() {
            return Ok(surroundings);
        }
        for reliance in relied_on {
            let address = Address { project: project.uuid(), kind: reliance.kind, id: reliance.id };
            match reliance.kind {
                Kind::Actor => {
                    let actor = self.load_at::<Actor>(&address, reliance.revision).await?.state;
                    surroundings.actors.insert(reliance.id.into(), actor);
                }
                Kind::Relation => {
                    let relation = self.load_at::<Relation>(&address, reliance.revision).await?.state;
                    surroundings.relations.insert(reliance.id.into(), relation);
                }
                Kind::Project
                | Kind::User
                | Kind::Source
                | Kind::Document
                | Kind::Incident
                | Kind::Annotation
                | Kind::Reading
                | Kind::Derivation
                | Kind::Assessment
                | Kind::Identity
                | Kind::Adjudication
                | Kind::Task
                | Kind::Import => {}
            }
        }
        Ok(surroundings)
    }
}

/// The ids in a claim, by kind; annotations and readings stand in lists of their own.
#[derive(Default)]
struct Named {
    actors: Vec<Uuid>,
    sources: Vec<Uuid>,
    incidents: Vec<Uuid>,
    relations: Vec<Uuid>,
}

impl Named {
    fn by(claim: &Claim) -> Self {
        let mut named = Self::default();
        for speaker in claim.speakers.everyone() {
            match speaker {
                Speaker::Actor(id) | Speaker::Unidentified { of: Some(id), .. } => named.actors.push(id.uuid()),
                Speaker::Source(id) => named.sources.push(id.uuid()),
                Speaker::Unidentified { of: None, .. } => {}
            }
        }
        match claim.proposition.target {
            claim::Target::Incident(id) | claim::Target::Class(id) => named.incidents.push(id.uuid()),
            claim::Target::Relation(id) => named.relations.push(id.uuid()),
            claim::Target::Actor(id) => named.actors.push(id.uuid()),
        }
        named.actors.extend(claim.proposition.actor.map(ActorId::uuid));
        named.actors.extend(claim.proposition.with.iter().map(|id| id.uuid()));
        named.relations.extend(claim.speaks_for.map(RelationId::uuid));
        named
    }
}

fn states<I: From<Uuid> + Ord, A: Clone>(found: &Found<A>) -> BTreeMap<I, A> {
    found.iter().map(|(id, loaded)| (I::from(*id), loaded.state.clone())).collect()
}

/// A command that names what does not exist is refused, so that no record relies on revision 0.
fn reliances<A: Kept>(found: &Found<A>) -> impl Iterator<Item = Reliance> {
    found.iter().map(|(id, loaded)| loaded.reliance(*id))
}

fn known<'a, A: Kept>(found: &'a Found<A>, id: Uuid, what: &str, pointer: &str) -> Result<&'a Loaded<A>, Failure> {
    match found.get(&id) {
        Some(loaded) if loaded.revision > 0 => Ok(loaded),
        _ => Err(unknown(what, pointer).into()),
    }
}

fn unknown(what: &str, pointer: &str) -> Rejection {
    Rejection::invalid("reference_unknown", format!("the project has no such {what}")).at(pointer)
}

/// The refusal of a passage in a text that was erased.
fn erased(number: u32) -> Rejection {
    let detail = format!("the text of revision {number} was erased, so nothing in it can be marked any more");
    Rejection::conflict(TEXT_ERASED, detail).at("/revision")
}
