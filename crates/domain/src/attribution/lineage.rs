//! Lineage: from which documents the words of utterances come, over confirmed derivations (domain.md, section 7).
//!
//! Overlapping content annotations of one document are one passage, as they stand on the newest revision that they share.
//! A passage from which no confirmed derivation leads on is a root, and so is one that is declared an origin; the *document* of a root is the origin of
//! whatever derives from it. Copies of one report are thus one origin, however many papers print it.
//!
//! The ends of derivations join no passages: a mark around a whole article says where its passages come from, and leaves
//! them what they are. Nothing that is merely suggested changes what counts.

use super::utterance::{Utterance, content};
use super::{Case, Voice};
use crate::annotation::{Annotation, Span};
use crate::claim::{Speaker, Target, UnidentifiedKind};
use crate::derivation::{Derivation, Standing};
use crate::id::{ActorId, AnnotationId, DerivationId, DocumentId, ReadingId};
use crate::text::comparable;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

/// Passages, and what each is derived from.
pub(super) struct Lineage {
    passages: Vec<Passage>,
    by_annotation: BTreeMap<AnnotationId, usize>,
    links: Vec<Link>,
    /// What each passage comes from; shared along a chain, which may be long.
    sources: Vec<Rc<BTreeSet<Origin>>>,
    circles: Vec<Vec<usize>>,
}

/// Annotations, and the derivations between them.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    pub annotations: &'a BTreeMap<AnnotationId, Annotation>,
    pub derivations: &'a BTreeMap<DerivationId, Derivation>,
}

/// What overlapping annotations of one document revision mark together.
pub(super) struct Passage {
    pub document: DocumentId,
    pub revision: u32,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// Ascending.
    pub annotations: BTreeSet<AnnotationId>,
    /// Whether it is declared an origin, whatever it derives from.
    pub declared: bool,
    /// Whether nothing that counts leads on from it.
    pub root: bool,
}

/// A derivation between passages, by their numbers.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub derivation: DerivationId,
    pub from: usize,
    pub to: usize,
    pub standing: Standing,
}

/// Where words come from in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A document that has them from nowhere else.
    Document(DocumentId),
    /// Nowhere: passages that derive from each other, told by the smallest annotation among them.
    Circle(AnnotationId),
}

/// What somebody unidentified is called. The same words are one origin, wherever they stand: "reports" in two papers
/// may well be the same reports.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Wording(UnidentifiedKind, Option<String>, Option<ActorId>);

impl Lineage {
    /// Of what is cited of the subject and of classes. What is read of other incidents makes no passage, so that it cannot
    /// join two of this one's.
    pub fn new(case: &Case) -> Self {
        let is_about = |target: Target| match target {
            target if target == case.subject => true,
            Target::Class(id) => case.classes.contains_key(&id),
            Target::Incident(_) | Target::Relation(_) | Target::Actor(_) => false,
        };
        let claims = case.readings.values().map(|reading| &reading.claim);
        let cited = claims
            .filter(|claim| is_about(claim.proposition.target))
            .flat_map(|claim| content(&case.annotations, claim));
        Self::of_marks(Marks { annotations: &case.annotations, derivations: &case.derivations }, cited.collect())
    }

    /// Of these marks, whatever cites them.
    pub fn of_marks(marks: Marks<'_>, of: BTreeSet<AnnotationId>) -> Self {
        let mut passages = Passages { list: Vec::new(), by_annotation: BTreeMap::new(), by_place: BTreeMap::new() };
        passages.unite(marks, of);
        let by_annotation = passages.by_annotation.clone();
        let links = links(marks, &mut passages);
        let mut lineage =
            Self { sources: Vec::new(), circles: Vec::new(), passages: passages.list, by_annotation, links };
        lineage.trace();
        lineage
    }

    /// Follows the confirmed derivations from every passage to what it comes from.
    fn trace(&mut self) {
        let mut graph = DiGraph::<(), ()>::with_capacity(self.passages.len(), self.links.len());
        let nodes: Vec<NodeIndex> = self.passages.iter().map(|_| graph.add_node(())).collect();
        for link in self.links.iter().filter(|link| link.standing == Standing::Confirmed) {
            // Whatever a declared origin derives from, its words count as its own.
            if !self.passages[link.from].declared {
                graph.add_edge(nodes[link.from], nodes[link.to], ());
            }
        }
        self.sources = vec![Rc::default(); self.passages.len()];
        // Components come in reverse topological order: what a passage leads to was traced before it.
        for component in kosaraju_scc(&graph) {
            let mut members: Vec<usize> = component.iter().map(|node| node.index()).collect();
            members.sort_unstable();
            let onward: BTreeSet<usize> =
                component.iter().flat_map(|node| graph.neighbors(*node)).map(NodeIndex::index).collect();
            let sources = self.sources_of_component(&members, &onward);
            for member in &members {
                self.sources[*member] = Rc::clone(&sources);
            }
            if members.len() > 1 {
                self.circles.push(members);
            }
        }
        self.circles.sort_unstable();
    }

    fn sources_of_component(&mut self, members: &[usize], onward: &BTreeSet<usize>) -> Rc<BTreeSet<Origin>> {
        match (members, onward.len()) {
            ([root], 0) => {
                let root = &mut self.passages[*root];
                root.root = true;
                Rc::new(BTreeSet::from([Origin::Document(root.document)]))
            }
            ([_], 1) => onward.first().map_or_else(Rc::default, |next| Rc::clone(&self.sources[*next])),
            _ => {
                let mut sources: BTreeSet<Origin> =
                    onward.iter().flat_map(|next| self.sources[*next].iter()).copied().collect();
                if members.len() > 1 {
                    sources.extend(self.first_annotation(members).map(Origin::Circle));
                }
                Rc::new(sources)
            }
        }
    }

    fn first_annotation(&self, passages: &[usize]) -> Option<AnnotationId> {
        passages.iter().filter_map(|passage| self.passages[*passage].annotations.first()).min().copied()
    }

    /// Every passage: what is cited, then what that derives from.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// What each passage comes from, in the order of the passages.
    pub fn origins_of_passages(&self) -> impl Iterator<Item = &BTreeSet<Origin>> {
        self.sources.iter().map(Rc::as_ref)
    }

    /// The documents from which the passages come in the end in which these annotations are.
    pub fn roots_of(&self, annotations: &BTreeSet<AnnotationId>) -> BTreeSet<DocumentId> {
        let passages = self.passages.iter().zip(self.origins_of_passages());
        let of_these = passages.filter(|(passage, _)| passage.annotations.iter().any(|id| annotations.contains(id)));
        let documents = of_these.flat_map(|(_, origins)| origins).filter_map(|origin| match origin {
            Origin::Document(document) => Some(*document),
            Origin::Circle(_) => None,
        });
        documents.collect()
    }

    /// Every derivation between two passages, confirmed ones first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Passages that derive from each other, each circle ascending.
    pub fn circles(&self) -> &[Vec<usize>] {
        &self.circles
    }

    /// The passages in which an utterance stands.
    pub fn of<'s>(&'s self, utterance: &'s Utterance) -> impl Iterator<Item = usize> + 's {
        utterance.passages.iter().filter_map(|annotation| self.by_annotation.get(annotation)).copied()
    }

    /// Where each of these utterances comes from: documents, or circles if no document is reached.
    ///
    /// Who says it unidentified is told by wording alone, and the same wording may be the same source in every document.
    /// So it adds no origin where one of its documents is an origin already by somebody identified; else all documents
    /// that such wordings connect are one.
    pub fn origins<'u>(
        &self,
        case: &Case,
        utterances: impl IntoIterator<Item = &'u Utterance>,
    ) -> BTreeMap<ReadingId, BTreeSet<Origin>> {
        let mut origins: BTreeMap<ReadingId, BTreeSet<Origin>> = BTreeMap::new();
        let mut worded: Vec<(ReadingId, Wording)> = Vec::new();
        for utterance in utterances {
            origins.insert(utterance.id, self.sources_of(utterance));
            worded.extend(wording(case, utterance).map(|wording| (utterance.id, wording)));
        }
        let unidentified: BTreeSet<ReadingId> = worded.iter().map(|(id, _)| *id).collect();
        let identified: BTreeSet<Origin> =
            origins.iter().filter(|(id, _)| !unidentified.contains(id)).flat_map(|(_, from)| from).copied().collect();
        let mut standing: BTreeMap<&Wording, BTreeSet<Origin>> = BTreeMap::new();
        for (id, wording) in &worded {
            standing.entry(wording).or_default().extend(&origins[id]);
        }
        let shared = connected(standing.values().filter(|origins| origins.is_disjoint(&identified)));
        for (id, wording) in &worded {
            let (own, anywhere) = (&origins[id] & &identified, &standing[wording] & &identified);
            let from = match (own.is_empty(), anywhere.is_empty()) {
                (false, _) => own,
                (true, false) => anywhere,
                (true, true) => origins[id].iter().filter_map(|origin| shared.get(origin)).copied().collect(),
            };
            origins.insert(*id, from);
        }
        origins
    }

    fn sources_of(&self, utterance: &Utterance) -> BTreeSet<Origin> {
        let all: BTreeSet<Origin> =
            self.of(utterance).flat_map(|passage| self.sources[passage].iter()).copied().collect();
        let is_document = |origin: &Origin| matches!(origin, Origin::Document(_));
        if all.iter().any(is_document) { all.into_iter().filter(is_document).collect() } else { all }
    }
}

/// For each origin the one that stands for all with which these sets connect it: the smallest.
fn connected<'s>(sets: impl Iterator<Item = &'s BTreeSet<Origin>>) -> BTreeMap<Origin, Origin> {
    let sets: Vec<&BTreeSet<Origin>> = sets.collect();
    let all: BTreeSet<Origin> = sets.iter().copied().flatten().copied().collect();
    let numbers: BTreeMap<Origin, usize> = all.into_iter().zip(0..).collect();
    let mut unions = UnionFind::new(numbers.len());
    for set in sets {
        let mut members = set.iter().map(|origin| numbers[origin]);
        if let Some(first) = members.next() {
            for other in members {
                unions.union(first, other);
            }
        }
    }
    let mut smallest: BTreeMap<usize, Origin> = BTreeMap::new();
    let origins = numbers.iter();
    origins.map(|(origin, number)| (*origin, *smallest.entry(unions.find(*number)).or_insert(*origin))).collect()
}

fn wording(case: &Case, utterance: &Utterance) -> Option<Wording> {
    let Voice::Unidentified(_) = utterance.voice else { return None };
    match case.readings.get(&utterance.lead)?.claim.speakers.speaker() {
        Speaker::Unidentified { kind, label, of } => {
            Some(Wording(*kind, label.as_ref().map(|label| comparable(label.as_str())), *of))
        }
        Speaker::Actor(_) | Speaker::Source(_) => None,
    }
}

/// Passages in the making.
struct Passages {
    list: Vec<Passage>,
    /// In which passage each annotation lies that makes one.
    by_annotation: BTreeMap<AnnotationId, usize>,
    /// By where they stand or stood.
    by_place: BTreeMap<(DocumentId, u32), Vec<usize>>,
}

/// Where marks stand in one revision, each with its number.
type Stands = Vec<(Range<u32>, usize)>;

impl Passages {
    /// Adds passages of these annotations, one for those that overlap.
    fn unite(&mut self, known: Marks<'_>, annotations: BTreeSet<AnnotationId>) {
        let live = |id: AnnotationId| {
            let mark = known.annotations.get(&id)?;
            Some((id, mark, mark.live()?))
        };
        let marks: Vec<(AnnotationId, &Annotation, &Span)> = annotations.into_iter().filter_map(live).collect();
        let mut places: BTreeMap<(DocumentId, u32), Stands> = BTreeMap::new();
        for (number, (_, mark, span)) in marks.iter().enumerate() {
            for (revision, range) in mark.stands() {
                places.entry((span.document, revision)).or_default().push((range, number));
            }
        }
        let mut unions = UnionFind::new(marks.len());
        for spans in places.values_mut() {
            spans.sort_unstable_by_key(|(range, number)| (range.start, range.end, *number));
            for (at, (range, a)) in spans.iter().enumerate() {
                for (_, b) in spans[at + 1..].iter().take_while(|(other, _)| other.start < range.end) {
                    if !unions.equiv(*a, *b) && marks[*a].1.overlaps(marks[*b].1) {
                        unions.union(*a, *b);
                    }
                }
            }
        }
        let mut together: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for number in 0..marks.len() {
            together.entry(unions.find(number)).or_default().push(number);
        }
        let passage =
            |numbers: Vec<usize>| passage_of(&numbers.into_iter().map(|number| marks[number]).collect::<Vec<_>>());
        let mut passages: Vec<Passage> = together.into_values().map(passage).collect();
        passages.sort_by_key(|passage| {
            (passage.document, passage.revision, passage.start, passage.end, passage.annotations.first().copied())
        });
        for passage in passages {
            let number = self.list.len();
            for id in &passage.annotations {
                self.by_annotation.insert(*id, number);
                for (revision, _) in known.annotations[id].stands() {
                    let near = self.by_place.entry((passage.document, revision)).or_default();
                    if near.last() != Some(&number) {
                        near.push(number);
                    }
                }
            }
            self.list.push(passage);
        }
    }

    /// The passages that an annotation overlaps.
    fn at(&self, marks: Marks<'_>, annotation: AnnotationId) -> Vec<usize> {
        let Some(mark) = marks.annotations.get(&annotation) else { return Vec::new() };
        let Some(span) = mark.live() else { return Vec::new() };
        let near = |(revision, _)| self.by_place.get(&(span.document, revision)).map_or(&[][..], Vec::as_slice);
        let near: BTreeSet<usize> = mark.stands().flat_map(near).copied().collect();
        let overlaps = |passage: &Passage| passage.annotations.iter().any(|id| marks.annotations[id].overlaps(mark));
        near.into_iter().filter(|number| overlaps(&self.list[*number])).collect()
    }

    /// Adds passages for those ends of derivations that overlap none.
    fn extend(&mut self, marks: Marks<'_>, ends: impl Iterator<Item = AnnotationId>) {
        let beyond: BTreeSet<AnnotationId> = ends.filter(|end| self.at(marks, *end).is_empty()).collect();
        self.unite(marks, beyond);
    }
}

/// The passage of marks that overlap: as it stands on the newest revision that one of them stands on.
fn passage_of(marks: &[(AnnotationId, &Annotation, &Span)]) -> Passage {
    let (_, _, newest) = marks.iter().max_by_key(|(_, _, span)| span.revision).expect("a passage has a mark");
    let stand = |mark: &Annotation| mark.stands().find(|(revision, _)| *revision == newest.revision);
    let there = marks.iter().filter_map(|(_, mark, _)| stand(mark));
    let whole = there.fold(newest.range(), |whole, (_, range)| whole.start.min(range.start)..whole.end.max(range.end));
    Passage {
        document: newest.document,
        revision: newest.revision,
        start: whole.start,
        end: whole.end,
        annotations: marks.iter().map(|(id, ..)| *id).collect(),
        declared: false,
        root: false,
    }
}

/// The derivations between different passages; declared origins are marked. Rejected ones are none.
fn links(marks: Marks<'_>, passages: &mut Passages) -> Vec<Link> {
    let counts = |derivation: &&Derivation| match derivation {
        Derivation::Absent => false,
        Derivation::Edge { standing, .. } => *standing == Standing::Confirmed,
        Derivation::Origin { .. } => true,
    };
    passages.extend(marks, marks.derivations.values().filter(counts).flat_map(Derivation::annotations));
    let mut links = Vec::new();
    for wanted in [Standing::Confirmed, Standing::Suggested] {
        for (id, derivation) in marks.derivations {
            match derivation {
                Derivation::Edge { edge, standing, .. } if *standing == wanted => {
                    // What is suggested comes after all that counts, and finds its passages as they are.
                    passages.extend(marks, [edge.from, edge.to].into_iter());
                    for from in passages.at(marks, edge.from) {
                        let onward = passages.at(marks, edge.to).into_iter().filter(|to| *to != from);
                        links.extend(onward.map(|to| Link { derivation: *id, from, to, standing: wanted }));
                    }
                }
                Derivation::Origin { annotation, .. } => {
                    for declared in passages.at(marks, *annotation) {
                        passages.list[declared].declared = true;
                    }
                }
                Derivation::Absent | Derivation::Edge { .. } => {}
            }
        }
    }
    links
}
