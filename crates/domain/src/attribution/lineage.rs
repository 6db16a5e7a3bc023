//! Lineage: from which documents the words of utterances come, over confirmed derivations (domain.md, section 7).
//!
//! Overlapping content annotations of one document revision are one passage. A passage from which no confirmed
//! derivation leads on is a root, and so is one that is declared an origin; the *document* of a root is the origin of
//! whatever derives from it. Copies of one report are thus one origin, however many papers print it.

use super::utterance::{Utterance, content};
use super::{Case, Voice};
use crate::annotation::Span;
use crate::claim::{Speaker, Target, UnidentifiedKind};
use crate::derivation::{Derivation, Standing};
use crate::id::{ActorId, AnnotationId, DerivationId, DocumentId, ReadingId};
use crate::text::comparable;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// Passages, and what each is derived from.
pub(super) struct Lineage {
    passages: Vec<Passage>,
    by_annotation: BTreeMap<AnnotationId, usize>,
    links: Vec<Link>,
    /// What each passage comes from.
    sources: Vec<BTreeSet<Origin>>,
    circles: Vec<Vec<usize>>,
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
    pub fn new(case: &Case) -> Self {
        let (mut passages, by_annotation) = passages(case);
        let links = links(case, &by_annotation, &mut passages);
        let mut lineage = Self { sources: Vec::new(), circles: Vec::new(), passages, by_annotation, links };
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
                graph.update_edge(nodes[link.from], nodes[link.to], ());
            }
        }
        self.sources = vec![BTreeSet::new(); self.passages.len()];
        // Components come in reverse topological order: what a passage leads to was traced before it.
        for component in kosaraju_scc(&graph) {
            let mut members: Vec<usize> = component.iter().map(|node| node.index()).collect();
            members.sort_unstable();
            let onward: BTreeSet<usize> =
                component.iter().flat_map(|node| graph.neighbors(*node)).map(NodeIndex::index).collect();
            let mut sources: BTreeSet<Origin> = onward.iter().flat_map(|next| &self.sources[*next]).copied().collect();
            if members.len() > 1 {
                sources.extend(self.first_annotation(&members).map(Origin::Circle));
                self.circles.push(members.clone());
            } else if onward.is_empty() {
                let root = &mut self.passages[members[0]];
                root.root = true;
                sources.insert(Origin::Document(root.document));
            }
            for member in members {
                self.sources[member].clone_from(&sources);
            }
        }
        self.circles.sort_unstable();
    }

    fn first_annotation(&self, passages: &[usize]) -> Option<AnnotationId> {
        passages.iter().filter_map(|passage| self.passages[*passage].annotations.first()).min().copied()
    }

    /// Every passage, by document, revision and place.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Every derivation between two passages, by id.
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
    /// Who says it is unidentified shares the origin of all who are called by the same words: the smallest one.
    pub fn origins<'u>(
        &self,
        case: &Case,
        utterances: impl IntoIterator<Item = &'u Utterance>,
    ) -> BTreeMap<ReadingId, BTreeSet<Origin>> {
        let utterances: Vec<&Utterance> = utterances.into_iter().collect();
        let mut origins: BTreeMap<ReadingId, BTreeSet<Origin>> =
            utterances.iter().map(|utterance| (utterance.id, self.sources_of(utterance))).collect();
        let worded: Vec<(ReadingId, Wording)> =
            utterances.iter().filter_map(|utterance| Some((utterance.id, wording(case, utterance)?))).collect();
        let mut shared: BTreeMap<&Wording, Origin> = BTreeMap::new();
        for (id, wording) in &worded {
            if let Some(first) = origins[id].first() {
                shared.entry(wording).and_modify(|least| *least = (*least).min(*first)).or_insert(*first);
            }
        }
        for (id, wording) in &worded {
            origins.insert(*id, shared.get(wording).copied().into_iter().collect());
        }
        origins
    }

    fn sources_of(&self, utterance: &Utterance) -> BTreeSet<Origin> {
        let all: BTreeSet<Origin> = self.of(utterance).flat_map(|passage| &self.sources[passage]).copied().collect();
        let is_document = |origin: &Origin| matches!(origin, Origin::Document(_));
        if all.iter().any(is_document) { all.into_iter().filter(is_document).collect() } else { all }
    }
}

fn wording(case: &Case, utterance: &Utterance) -> Option<Wording> {
    let Voice::Unidentified(_) = utterance.voice else { return None };
    match case.readings.get(&utterance.id)?.claim.speakers.speaker() {
        Speaker::Unidentified { kind, label, of } => {
            Some(Wording(*kind, label.as_ref().map(|label| comparable(label.as_str())), *of))
        }
        Speaker::Actor(_) | Speaker::Source(_) => None,
    }
}

/// The passages of a case, and in which each annotation lies.
///
/// What is read of other incidents makes no passage, so that it cannot join two of this one's.
fn passages(case: &Case) -> (Vec<Passage>, BTreeMap<AnnotationId, usize>) {
    let is_about = |target: Target| match target {
        Target::Incident(id) => id == case.incident,
        Target::Class(id) => case.classes.contains_key(&id),
        Target::Relation(_) | Target::Actor(_) => false,
    };
    let claims = case.readings.values().map(|reading| &reading.claim);
    let cited = claims.filter(|claim| is_about(claim.proposition.target)).flat_map(|claim| content(case, claim));
    let named: BTreeSet<AnnotationId> =
        cited.chain(case.derivations.values().flat_map(Derivation::annotations)).collect();
    let live = |id: AnnotationId| Some((id, case.annotations.get(&id)?.live()?));
    let mut spans: Vec<(AnnotationId, &Span)> = named.into_iter().filter_map(live).collect();
    spans.sort_unstable_by_key(|(id, span)| (span.document, span.revision, span.start, span.end, *id));
    let mut passages: Vec<Passage> = Vec::new();
    let mut by_annotation = BTreeMap::new();
    for (id, span) in spans {
        match passages.last_mut() {
            Some(last) if (last.document, last.revision) == (span.document, span.revision) && span.start < last.end => {
                last.end = last.end.max(span.end);
                last.annotations.insert(id);
            }
            Some(_) | None => passages.push(Passage {
                document: span.document,
                revision: span.revision,
                start: span.start,
                end: span.end,
                annotations: BTreeSet::from([id]),
                declared: false,
                root: false,
            }),
        }
        by_annotation.insert(id, passages.len() - 1);
    }
    (passages, by_annotation)
}

/// The derivations between two different passages; declared origins are marked.
fn links(case: &Case, by_annotation: &BTreeMap<AnnotationId, usize>, passages: &mut [Passage]) -> Vec<Link> {
    let mut links = Vec::new();
    for (id, derivation) in &case.derivations {
        match derivation {
            Derivation::Absent => {}
            Derivation::Origin { annotation, .. } => {
                if let Some(passage) = by_annotation.get(annotation) {
                    passages[*passage].declared = true;
                }
            }
            Derivation::Edge { edge, standing, .. } => {
                let ends = (by_annotation.get(&edge.from), by_annotation.get(&edge.to));
                if let (Some(from), Some(to)) = ends
                    && from != to
                {
                    links.push(Link { derivation: *id, from: *from, to: *to, standing: *standing });
                }
            }
        }
    }
    links
}
