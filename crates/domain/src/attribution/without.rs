//! What would be if something were not known: the same rules over a case without it (domain.md, section 8, what-if).
//!
//! What is left out is worked out once, on the case as it is: who is one with whom, whose words an utterance is, and from
//! which documents a passage comes. Then it is taken out, and so is whatever rests on nothing else.

use super::assess::assess;
use super::lineage::{self, Lineage, Origin};
use super::resolve::{Ids, resolve};
use super::scene::Scene;
use super::utterance::{Utterance, utterances};
use super::{Board, Case, CaseReading, Flag, Generic, IncidentFlag, Proposition, Voice};
use crate::annotation::{Annotation, SpanRole};
use crate::claim::{Claim, Speaker, Target};
use crate::derivation::{Derivation, Standing};
use crate::document::Document;
use crate::id::{
    ActorId, AnnotationId, DerivationId, DocumentId, JudgementId, ReadingId, RelationId, SourceId, UserId,
};
use crate::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Omitted {
    /// A document: its revisions, annotations, readings and derivations.
    Document(DocumentId),
    /// A source: all its documents, every utterance of its own, and passages that come from its documents alone.
    Source(SourceId),
    /// Somebody's words: every utterance of the actor, and of those judged to be one with it, and the positions that they
    /// take by adopting others' words. What is said of them stays.
    Actor(ActorId),
    /// An annotator's readings. Their marks, judgements and findings stay.
    Annotator(UserId),
    /// A judgement, as if it had never been made. What it blocked does not come back.
    Judgement(JudgementId),
}

/// Annotations that are asked about by themselves, and what tells from which documents they come.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// Those that are asked about. Where they overlap they are one passage.
    pub of: BTreeSet<AnnotationId>,
    /// These, and those over which they are derived.
    pub annotations: BTreeMap<AnnotationId, Annotation>,
    /// The derivations that lead on from them.
    pub derivations: BTreeMap<DerivationId, Derivation>,
    /// The documents of all these annotations.
    pub documents: BTreeMap<DocumentId, Document>,
}

/// Whether everything that is asked about goes with what is left out, and so what rests on nothing else.
#[must_use]
pub fn all_go_without(marks: &Marks, omitted: &BTreeSet<Omitted>) -> bool {
    let evidence: Vec<AnnotationId> = marks.of.iter().copied().collect();
    let from_source = omitted.iter().any(|omitted| matches!(omitted, Omitted::Source(_)));
    rests_on_nothing_but(&marks_without(marks, omitted), &evidence, &marks.annotations, from_source)
}

/// The annotations that go with what is left out: those in its documents and, with a source, passages that come from its
/// documents alone. They are told of all that the marks derive from as well.
#[must_use]
pub fn marks_without(marks: &Marks, omitted: &BTreeSet<Omitted>) -> BTreeSet<AnnotationId> {
    let mut gone = Gone::default();
    gone.leave_out_marks(&marks.annotations, &marks.documents, &lineage_of(marks), omitted);
    gone.annotations
}

fn lineage_of(Marks { of, annotations, derivations, documents: _ }: &Marks) -> Lineage {
    let passages = of.iter().filter(|id| is_content(annotations, id)).copied().collect();
    Lineage::of_marks(lineage::Marks { annotations, derivations }, passages)
}

/// What something rests on: left out, each might change it.
#[derive(Debug, Clone, Default)]
pub struct Rests {
    /// The documents in which what is cited stands.
    pub documents: BTreeSet<DocumentId>,
    /// Documents from which it comes in the end, wherever it stands: their sources count.
    pub roots: BTreeSet<DocumentId>,
    /// Sources that speak themselves.
    pub speakers: BTreeSet<SourceId>,
    /// Who reads it.
    pub annotators: BTreeSet<UserId>,
}

/// What the readings that are left of a case rest on.
///
/// Origins and voices are those of the whole case: what is left out besides is worked out on it as well.
#[must_use]
pub fn rests_on(case: &Case, left: &Case, policy: &Policy) -> Rests {
    let resolved = resolve(case, policy, &Ids::judged(&case.judgements));
    let scene = Scene::new(&resolved);
    let mut cited: BTreeSet<AnnotationId> = BTreeSet::new();
    let mut rests = Rests::default();
    for CaseReading { author, written: _, claim } in left.readings.values() {
        rests.annotators.insert(*author);
        cited.extend(&claim.evidence);
        if let Speaker::Source(source) = claim.speakers.speaker() {
            rests.speakers.insert(*source);
        }
    }
    for utterance in utterances(&scene) {
        if let Voice::Source(source) = utterance.voice
            && utterance.readings.iter().any(|id| left.readings.contains_key(id))
        {
            rests.speakers.insert(source);
        }
    }
    let stand = cited.iter().filter_map(|id| case.annotations.get(id)).filter_map(stands_in);
    Rests { documents: stand.collect(), roots: scene.lineage().roots_of(&cited), ..rests }
}

/// The same of marks by themselves, as far as something of them is left.
#[must_use]
pub fn marks_rest_on(marks: &Marks, omitted: &BTreeSet<Omitted>) -> Rests {
    let left: BTreeSet<AnnotationId> = marks.of.difference(&marks_without(marks, omitted)).copied().collect();
    let stand = left.iter().filter_map(|id| marks.annotations.get(id)).filter_map(stands_in);
    Rests { documents: stand.collect(), roots: lineage_of(marks).roots_of(&left), ..Rests::default() }
}

/// The case without what is left out; several are left out as each of them would be.
///
/// `relations` are those that go, since all that they cite does ([`all_go_without`]). Their own evidence tells it, and not the
/// passages of a case, so that a relation goes from every case or from none.
#[must_use]
pub fn without(case: &Case, policy: &Policy, omitted: &BTreeSet<Omitted>, relations: &BTreeSet<RelationId>) -> Case {
    let gone = Gone::of(case, policy, omitted);
    let mut rest = case.clone();
    rest.documents.retain(|id, _| !gone.documents.contains(id));
    rest.annotations.retain(|id, _| !gone.annotations.contains(id));
    rest.readings.retain(|id, _| !gone.readings.contains(id));
    let rests_on_gone = |derivation: &Derivation| derivation.annotations().any(|id| gone.annotations.contains(&id));
    rest.derivations.retain(|_, derivation| !rests_on_gone(derivation));
    let reached = reached(&rest);
    rest.derivations.retain(|id, _| reached.contains(id));
    rest.relations.retain(|id, _| !relations.contains(id));
    rest.judgements = rest.judgements.without(&gone.judgements);
    rest.silent.extend(&gone.actors);
    rest
}

/// The derivations over which what is cited is derived, as far as they lead: those that such a case has. One beyond a
/// suggestion is known while its own passage is cited as well, and no longer once that citation is gone.
fn reached(case: &Case) -> BTreeSet<DerivationId> {
    let mut marks: BTreeMap<DocumentId, Vec<(AnnotationId, &Annotation)>> = BTreeMap::new();
    for (id, mark) in &case.annotations {
        if let Some(span) = mark.live() {
            marks.entry(span.document).or_default().push((*id, mark));
        }
    }
    let mut onward: BTreeMap<AnnotationId, Vec<(DerivationId, &Derivation)>> = BTreeMap::new();
    for (id, derivation) in &case.derivations {
        let from = match derivation {
            Derivation::Absent => continue,
            Derivation::Edge { edge, .. } => edge.from,
            Derivation::Origin { annotation, .. } => *annotation,
        };
        onward.entry(from).or_default().push((*id, derivation));
    }
    let cited = case.readings.values().flat_map(|reading| &reading.claim.evidence);
    let mut pending: Vec<AnnotationId> = cited.filter(|id| is_content(&case.annotations, id)).copied().collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = pending.pop() {
        let Some(passage) = case.annotations.get(&id) else { continue };
        let Some(beside) = passage.live().and_then(|span| marks.get_mut(&span.document)) else { continue };
        for (mark, _) in beside.extract_if(.., |(_, mark)| mark.overlaps(passage)) {
            for (id, derivation) in onward.get(&mark).into_iter().flatten() {
                reached.insert(*id);
                if let Derivation::Edge { edge, standing: Standing::Confirmed, .. } = derivation {
                    pending.push(edge.to);
                }
            }
        }
    }
    reached
}

/// The board without what is left out. A finding stays, and is marked where what was read on its proposition, or for one
/// on the incident what was read at all, is not all there any more.
#[must_use]
pub fn assess_without(case: &Case, rest: &Case, policy: &Policy) -> Board {
    let (whole, mut board) = (assess(case, policy), assess(rest, policy));
    let before = read_on(&whole);
    let now = read_on(&board);
    let changed = |about: &(Target, crate::claim::Key)| before.get(about) != now.get(about);
    let subject = board.subject;
    for proposition in board.propositions.iter_mut().filter(|proposition| proposition.finding.is_some()) {
        if changed(&(subject, proposition.key.clone())) {
            proposition.flags.push(Flag::BasisChanged);
        }
    }
    for Generic { class, about } in board.generic.iter_mut().chain(&mut board.possible) {
        if about.finding.is_some() && changed(&(Target::Class(*class), about.key.clone())) {
            about.flags.push(Flag::BasisChanged);
        }
    }
    if board.finding.is_some() && before != now {
        board.flags.push(IncidentFlag::BasisChanged);
    }
    board
}

/// The readings on each proposition of a board, neutral ones included.
fn read_on(board: &Board) -> BTreeMap<(Target, crate::claim::Key), BTreeSet<ReadingId>> {
    let readings = |about: &Proposition| {
        let sides = [&about.support, &about.opposition, &about.neutral];
        sides.into_iter().flatten().flat_map(|utterance| utterance.readings.iter().copied()).collect::<BTreeSet<_>>()
    };
    let own = board.propositions.iter().map(|about| ((board.subject, about.key.clone()), readings(about)));
    let generic = board.generic.iter().chain(&board.possible);
    let generic = generic.map(|Generic { class, about }| ((Target::Class(*class), about.key.clone()), readings(about)));
    own.chain(generic).filter(|(_, readings)| !readings.is_empty()).collect()
}

/// What is left out of a case.
#[derive(Debug, Default)]
struct Gone {
    documents: BTreeSet<DocumentId>,
    annotations: BTreeSet<AnnotationId>,
    readings: BTreeSet<ReadingId>,
    judgements: BTreeSet<JudgementId>,
    /// By every id of theirs.
    actors: BTreeSet<ActorId>,
}

impl Gone {
    fn of(case: &Case, policy: &Policy, omitted: &BTreeSet<Omitted>) -> Self {
        let resolved = resolve(case, policy, &Ids::judged(&case.judgements));
        let scene = Scene::new(&resolved);
        let mut gone = Self::default();
        let (mut sources, mut annotators) = (BTreeSet::new(), BTreeSet::new());
        for what in omitted {
            match what {
                Omitted::Document(_) => {}
                Omitted::Source(id) => drop(sources.insert(*id)),
                Omitted::Actor(id) => {
                    let one = case.judgements.actors.resolution.members(id.uuid());
                    gone.actors.extend(one.into_iter().map(ActorId::new));
                }
                Omitted::Annotator(id) => drop(annotators.insert(*id)),
                Omitted::Judgement(id) => drop(gone.judgements.insert(*id)),
            }
        }
        gone.leave_out_marks(&case.annotations, &case.documents, scene.lineage(), omitted);
        gone.leave_out_readings(case, &scene, &sources, &annotators);
        gone
    }

    /// Documents, and those of sources; what stands in them; and with each source the passages of which every origin is a
    /// document of its own.
    fn leave_out_marks(
        &mut self,
        annotations: &BTreeMap<AnnotationId, Annotation>,
        documents: &BTreeMap<DocumentId, Document>,
        lineage: &Lineage,
        omitted: &BTreeSet<Omitted>,
    ) {
        for what in omitted {
            match what {
                Omitted::Document(id) => drop(self.documents.insert(*id)),
                Omitted::Source(source) => {
                    let is_of = |document: &Document| match document {
                        Document::Registered { detail, .. } => detail.source == *source,
                        Document::Absent => false,
                    };
                    let own: BTreeSet<DocumentId> =
                        documents.iter().filter(|(_, document)| is_of(document)).map(|(id, _)| *id).collect();
                    self.leave_out_passages_from(&own, lineage);
                    self.documents.extend(own);
                }
                Omitted::Actor(_) | Omitted::Annotator(_) | Omitted::Judgement(_) => {}
            }
        }
        let is_gone = |mark: &Annotation| stands_in(mark).is_some_and(|id| self.documents.contains(&id));
        let marks: Vec<AnnotationId> =
            annotations.iter().filter(|(_, mark)| is_gone(mark)).map(|(id, _)| *id).collect();
        self.annotations.extend(marks);
    }

    /// The passages of which every origin is one of these documents.
    fn leave_out_passages_from(&mut self, documents: &BTreeSet<DocumentId>, lineage: &Lineage) {
        let is_from = |origin: &Origin| match origin {
            Origin::Document(document) => documents.contains(document),
            Origin::Circle(_) => false,
        };
        for (passage, origins) in lineage.passages().iter().zip(lineage.origins_of_passages()) {
            if !origins.is_empty() && origins.iter().all(is_from) {
                self.annotations.extend(&passage.annotations);
            }
        }
    }

    /// Readings by annotators who are left out, those of utterances of whom is left out, and those whose evidence is gone.
    fn leave_out_readings(
        &mut self,
        case: &Case,
        scene: &Scene<'_>,
        sources: &BTreeSet<SourceId>,
        annotators: &BTreeSet<UserId>,
    ) {
        let speaks = |claim: &Claim| match claim.speakers.speaker() {
            Speaker::Actor(actor) => self.actors.contains(actor),
            Speaker::Source(source) => sources.contains(source),
            Speaker::Unidentified { .. } => false,
        };
        let speaks_in = |utterance: &Utterance| match utterance.voice {
            Voice::Actor(actor) => self.actors.contains(&actor),
            Voice::Source(source) => sources.contains(&source),
            Voice::Unidentified(_) => false,
        };
        let from_source = !sources.is_empty();
        let rests_on_gone =
            |claim: &Claim| rests_on_nothing_but(&self.annotations, &claim.evidence, &case.annotations, from_source);
        let is_gone = |CaseReading { author, written: _, claim }: &CaseReading| {
            annotators.contains(author) || speaks(claim) || rests_on_gone(claim)
        };
        let mut readings: BTreeSet<ReadingId> =
            case.readings.iter().filter(|(_, reading)| is_gone(reading)).map(|(id, _)| *id).collect();
        if !self.actors.is_empty() || !sources.is_empty() {
            let spoken = utterances(scene).into_iter().filter(speaks_in);
            readings.extend(spoken.flat_map(|utterance| utterance.readings));
        }
        self.readings = readings;
    }
}

/// Whether all that is cited goes with these annotations. Where what is cited comes from a source alone, the words that introduce
/// it in a copy do not keep it.
fn rests_on_nothing_but(
    gone: &BTreeSet<AnnotationId>,
    evidence: &[AnnotationId],
    annotations: &BTreeMap<AnnotationId, Annotation>,
    from_source: bool,
) -> bool {
    let is_content = |id: &&AnnotationId| is_content(annotations, id);
    let mut passages = evidence.iter().filter(is_content).peekable();
    let is_from_gone = from_source && passages.peek().is_some() && passages.all(|id| gone.contains(id));
    is_from_gone || !evidence.is_empty() && evidence.iter().all(|id| gone.contains(id))
}

/// Whether an annotation is a live content passage.
fn is_content(annotations: &BTreeMap<AnnotationId, Annotation>, id: &AnnotationId) -> bool {
    annotations.get(id).and_then(Annotation::live).is_some_and(|span| span.role == SpanRole::Content)
}

/// The document in which an annotation stands, retracted or not.
fn stands_in(annotation: &Annotation) -> Option<DocumentId> {
    annotation.span().map(|span| span.document)
}
