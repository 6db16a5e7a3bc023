//! What would be if something were not known: the same rules over a case without it (domain.md, section 8, what-if).
//!
//! What is left out is worked out once, on the case as it is: who is one with whom, whose words an utterance is, and from
//! which documents a passage comes. Then it is taken out, and so is whatever rests on nothing else.

use super::assess::assess;
use super::lineage::Origin;
use super::resolve::{Ids, resolve};
use super::scene::Scene;
use super::utterance::{Utterance, content, utterances};
use super::{Board, Case, CaseReading, Flag, Generic, IncidentFlag, Proposition, Voice};
use crate::annotation::Annotation;
use crate::claim::{Claim, Speaker, Target};
use crate::derivation::Derivation;
use crate::document::Document;
use crate::id::{ActorId, AnnotationId, DocumentId, JudgementId, ReadingId, SourceId, UserId};
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

/// Where an annotation stands, and whose document that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The document.
    pub document: DocumentId,
    /// Its source, if it is known.
    pub source: Option<SourceId>,
}

/// The case without what is left out; several are left out as each of them would be.
///
/// `elsewhere` tells where annotations stand that a relation cites and no reading of the case: a relation whose evidence is
/// all left out goes with it.
#[must_use]
pub fn without(
    case: &Case,
    policy: &Policy,
    omitted: &BTreeSet<Omitted>,
    elsewhere: &BTreeMap<AnnotationId, Place>,
) -> Case {
    let gone = Gone::of(case, policy, omitted, elsewhere);
    let mut rest = case.clone();
    rest.documents.retain(|id, _| !gone.documents.contains(id));
    rest.annotations.retain(|id, _| !gone.annotations.contains(id));
    rest.readings.retain(|id, _| !gone.readings.contains(id));
    let rests_on_gone = |derivation: &Derivation| derivation.annotations().any(|id| gone.annotations.contains(&id));
    rest.derivations.retain(|_, derivation| !rests_on_gone(derivation));
    rest.relations.retain(|_, relation| match relation.edge() {
        Some(edge) => edge.evidence.is_empty() || !edge.evidence.iter().all(|id| gone.annotations.contains(id)),
        None => true,
    });
    rest.judgements = rest.judgements.without(&gone.judgements);
    rest.silent.extend(&gone.actors);
    rest
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
    fn of(
        case: &Case,
        policy: &Policy,
        omitted: &BTreeSet<Omitted>,
        elsewhere: &BTreeMap<AnnotationId, Place>,
    ) -> Self {
        let resolved = resolve(case, policy, &Ids::judged(&case.judgements));
        let scene = Scene::new(&resolved);
        let mut gone = Self::default();
        let (mut sources, mut annotators) = (BTreeSet::new(), BTreeSet::new());
        for what in omitted {
            match what {
                Omitted::Document(id) => drop(gone.documents.insert(*id)),
                Omitted::Source(id) => drop(sources.insert(*id)),
                Omitted::Actor(id) => {
                    let one = case.judgements.actors.resolution.members(id.uuid());
                    gone.actors.extend(one.into_iter().map(ActorId::new));
                }
                Omitted::Annotator(id) => drop(annotators.insert(*id)),
                Omitted::Judgement(id) => drop(gone.judgements.insert(*id)),
            }
        }
        for source in &sources {
            gone.leave_out_documents_of(case, &scene, *source);
        }
        let is_gone = |place: &Place| {
            gone.documents.contains(&place.document) || place.source.is_some_and(|source| sources.contains(&source))
        };
        let marks = case.annotations.iter();
        let in_documents = marks.filter(|(_, mark)| stands_in(mark).is_some_and(|id| gone.documents.contains(&id)));
        let mut annotations: BTreeSet<AnnotationId> = in_documents.map(|(id, _)| *id).collect();
        annotations.extend(elsewhere.iter().filter(|(_, place)| is_gone(place)).map(|(id, _)| *id));
        gone.annotations.extend(annotations);
        gone.leave_out_readings(case, &scene, &sources, &annotators);
        gone
    }

    /// The documents of a source, and the passages of which every origin is one of them.
    fn leave_out_documents_of(&mut self, case: &Case, scene: &Scene<'_>, source: SourceId) {
        let is_of = |document: &Document| match document {
            Document::Registered { detail, .. } => detail.source == source,
            Document::Absent => false,
        };
        let documents: BTreeSet<DocumentId> =
            case.documents.iter().filter(|(_, document)| is_of(document)).map(|(id, _)| *id).collect();
        let lineage = scene.lineage();
        let is_from = |origin: &Origin| match origin {
            Origin::Document(document) => documents.contains(document),
            Origin::Circle(_) => false,
        };
        for (passage, origins) in lineage.passages().iter().zip(lineage.origins_of_passages()) {
            if !origins.is_empty() && origins.iter().all(is_from) {
                self.annotations.extend(&passage.annotations);
            }
        }
        self.documents.extend(documents);
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
        let rests_on_gone =
            |claim: &Claim| !claim.evidence.is_empty() && claim.evidence.iter().all(|id| self.annotations.contains(id));
        // Where it is read from a source alone, the words that introduce it in a copy do not keep it.
        let is_from_gone = |claim: &Claim| {
            let mut passages = content(&case.annotations, claim).peekable();
            !sources.is_empty() && passages.peek().is_some() && passages.all(|id| self.annotations.contains(&id))
        };
        let is_gone = |CaseReading { author, written: _, claim }: &CaseReading| {
            annotators.contains(author) || speaks(claim) || rests_on_gone(claim) || is_from_gone(claim)
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

/// The document in which an annotation stands, retracted or not.
fn stands_in(annotation: &Annotation) -> Option<DocumentId> {
    annotation.span().map(|span| span.document)
}
