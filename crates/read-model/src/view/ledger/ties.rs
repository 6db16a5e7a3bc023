//! Through whom an actor is spoken of: its parts and its fronts.

use crate::subject::Subject;
use crate::view::scope::{Answer, Scope};
use crate::view::{same, status, without};
use domain::Kind;
use domain::edtf::{Bounds, Edtf};
use domain::id::{ActorId, RelationId};
use domain::relation::{Relation, RelationType};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wire::subject::Address;

/// How an actor belongs to the one whose ledger it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// It is that one.
    Direct,
    /// It is a part of it, or of a part of it.
    PartOf,
    /// It is a front of it, or on the way there is one.
    FrontOf,
}

impl Tie {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::PartOf => "via_part_of",
            Self::FrontOf => "via_front_of",
        }
    }
}

/// The held edges by which actors belong to one, directly or through others.
#[derive(Debug)]
pub(super) struct Ties {
    own: BTreeSet<ActorId>,
    /// Who belongs to an actor by an edge, how and when.
    below: BTreeMap<ActorId, Vec<(ActorId, Tie, Bounds)>>,
    /// Every actor that belongs to it at some time, and every relation of these and of its own ids.
    pub actors: BTreeSet<ActorId>,
    pub relations: BTreeSet<RelationId>,
    /// Who speaks for one of these, by a held edge.
    pub voices: BTreeSet<ActorId>,
    /// Who belongs to it at a time, since many utterances are of one day.
    at: RefCell<HashMap<Bounds, BTreeMap<ActorId, Tie>>>,
}

impl Ties {
    pub fn new(scope: &Scope<'_>, own: BTreeSet<ActorId>) -> Answer<Self> {
        let mut ties = Self {
            actors: own.clone(),
            own,
            below: BTreeMap::new(),
            relations: BTreeSet::new(),
            voices: BTreeSet::new(),
            at: RefCell::default(),
        };
        let mut pending: Vec<ActorId> = ties.actors.iter().copied().collect();
        while let Some(actor) = pending.pop() {
            let address = Address { project: scope.project.uuid(), kind: Kind::Actor, id: actor.uuid() };
            for id in scope.snapshot.aggregates(&Subject::mention(&address, Kind::Relation))? {
                let relation = scope.load::<Relation>(id)?.state;
                if without::lacks_relation(scope, &relation)? {
                    continue;
                }
                ties.relations.insert(RelationId::new(id));
                let found = status::found_on(scope, id)?;
                let edge = relation.held_as_found(found, Bounds::ALWAYS).filter(|edge| edge.to == actor);
                let Some(edge) = edge else { continue };
                let tie = match edge.relation {
                    RelationType::PartOf => Tie::PartOf,
                    RelationType::FrontOf => Tie::FrontOf,
                    RelationType::SpeaksFor | RelationType::HoldsOffice => {
                        ties.voices.insert(edge.from);
                        continue;
                    }
                    RelationType::AliasUsedBy
                    | RelationType::SplinterOf
                    | RelationType::Commands
                    | RelationType::Controls
                    | RelationType::AlliedWith
                    | RelationType::Overlaps => continue,
                };
                let valid = edge.valid.as_ref().map_or(Bounds::ALWAYS, Edtf::bounds);
                // Any id of an actor stands for all of them.
                for below in same::actor(scope, edge.from)?.ids {
                    ties.below.entry(actor).or_default().push((below, tie, valid));
                    if ties.actors.insert(below) {
                        pending.push(below);
                    }
                }
            }
        }
        Ok(ties)
    }

    /// How an actor belongs to the one whose ledger it is at a time; of several ways the nearest kind.
    pub fn of(&self, actor: ActorId, time: Bounds) -> Option<Tie> {
        if self.own.contains(&actor) {
            return Some(Tie::Direct);
        }
        if !self.actors.contains(&actor) {
            return None;
        }
        self.at.borrow_mut().entry(time).or_insert_with(|| self.all_at(time)).get(&actor).copied()
    }

    fn all_at(&self, time: Bounds) -> BTreeMap<ActorId, Tie> {
        let mut found: BTreeMap<ActorId, Tie> = self.own.iter().map(|actor| (*actor, Tie::Direct)).collect();
        let mut pending: Vec<ActorId> = self.own.iter().copied().collect();
        while let Some(actor) = pending.pop() {
            let above = found[&actor];
            let edges = self.below.get(&actor).into_iter().flatten();
            for (below, by, _) in edges.filter(|(.., valid)| valid.overlaps(time)) {
                let way = above.max(*by);
                // A way over parts alone is nearer than one over a front, whichever was found first.
                if found.get(below).is_none_or(|known| way < *known) {
                    found.insert(*below, way);
                    pending.push(*below);
                }
            }
        }
        found
    }
}
