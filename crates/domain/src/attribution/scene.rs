//! What the rules look at: the case, the policy, the held edges by the actor from whom they lead, and the lineage of
//! passages.

use super::Case;
use super::decisions::Decisions;
use super::lineage::Lineage;
use super::resolve::Resolved;
use crate::actor::ActorKind;
use crate::edtf::{Bounds, Edtf};
use crate::id::{ActorId, ReadingId, RelationId};
use crate::policy::Policy;
use crate::relation::{Edge, Relation, RelationType};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// The edges by which one speaks for another.
pub(super) const SPEAKS: &[RelationType] = &[RelationType::SpeaksFor];
/// The edges that make one speaker of two, or an official of a person.
pub(super) const SPEAKS_OR_HOLDS: &[RelationType] = &[RelationType::SpeaksFor, RelationType::HoldsOffice];
/// The edges between actors who are no rivals of each other.
pub(super) const TIES: &[RelationType] = &[RelationType::PartOf, RelationType::FrontOf, RelationType::AliasUsedBy];

/// A case under a policy. Relations are indexed and dates parsed once, since every utterance asks for them.
pub(super) struct Scene<'a> {
    pub case: &'a Case,
    pub policy: &'a Policy,
    /// When the incident happened; what is no incident is at no time.
    pub when: Bounds,
    /// Readings that are judged to be of one utterance, and of two.
    pub same: &'a [(ReadingId, ReadingId)],
    pub distinct: &'a [(ReadingId, ReadingId)],
    kinds: &'a BTreeMap<ActorId, BTreeSet<ActorKind>>,
    /// Worked out when it is asked for: a status needs none.
    lineage: OnceCell<Lineage>,
    /// What was decided.
    pub decisions: &'a Decisions,
    held: BTreeMap<ActorId, Vec<HeldEdge>>,
}

struct HeldEdge {
    relation: RelationType,
    to: ActorId,
    valid: Bounds,
}

impl<'a> Scene<'a> {
    pub fn new(resolved: &'a Resolved<'_>) -> Self {
        let Resolved { case, policy, kinds, same, distinct, decisions } = resolved;
        let mut held: BTreeMap<ActorId, Vec<HeldEdge>> = BTreeMap::new();
        let counts = |(id, relation): (&RelationId, &'a Relation)| {
            relation.held_as_found(decisions.on_relation(*id), Bounds::ALWAYS)
        };
        for edge in case.relations.iter().filter_map(counts) {
            let valid = edge.valid.as_ref().map_or(Bounds::ALWAYS, Edtf::bounds);
            let edges = held.entry(edge.from).or_default();
            edges.push(HeldEdge { relation: edge.relation, to: edge.to, valid });
        }
        let when = case.detail.as_ref().map_or(Bounds::ALWAYS, |detail| detail.when.bounds());
        Self { case, policy, when, same, distinct, kinds, lineage: OnceCell::new(), decisions, held }
    }

    /// What the passages of the case derive from.
    pub fn lineage(&self) -> &Lineage {
        self.lineage.get_or_init(|| Lineage::new(self.case))
    }

    /// Where the edges of these types lead that are held from this actor at that time.
    pub fn held<'s>(
        &'s self,
        from: ActorId,
        types: &'static [RelationType],
        time: Bounds,
    ) -> impl Iterator<Item = ActorId> + 's {
        let edges = self.held.get(&from).map_or(&[][..], Vec::as_slice);
        let fits = move |edge: &&HeldEdge| types.contains(&edge.relation) && edge.valid.overlaps(time);
        edges.iter().filter(fits).map(|edge| edge.to)
    }

    /// Whether the actor is of one of these kinds: what is one with it, is it as well.
    pub fn is_any(&self, actor: ActorId, kinds: &[ActorKind]) -> bool {
        self.kinds.get(&actor).is_some_and(|of| kinds.iter().any(|kind| of.contains(kind)))
    }

    /// The edge, if it is held at that time.
    pub fn edge(&self, relation: RelationId, time: Bounds) -> Option<&'a Edge> {
        self.case.relations.get(&relation)?.held_as_found(self.decisions.on_relation(relation), time)
    }
}
