//! Which actors, incidents and readings are one: judgements by people, and what they amount to.
//!
//! References are never rewritten: a view resolves the ids that it finds by a [`Resolution`], which is worked out anew
//! from the judgements, so that every one of them can be taken back.

mod resolution;

pub use resolution::{Cluster, Judgements, Neighbours, Resolution, Resolved, Standing};

use crate::aggregate::aggregate_of;
use crate::code::codes;
use crate::id::{JudgementId, ProjectId, UserId};
use crate::text::Text;
use crate::{Aggregate, Kind, Rejection};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

codes! {
    /// What is judged to be one or not.
    pub enum Subject as "kind of identity" {
        /// Actors.
        Actor = "actor",
        /// Incidents.
        Incident = "incident",
        /// Readings: whether they are of one utterance.
        Reading = "reading",
    }
}

codes! {
    /// What a judgement says of two.
    pub enum Verdict as "verdict of a judgement" {
        /// They are one.
        Same = "same",
        /// They are two.
        Distinct = "distinct",
        /// One cannot tell.
        Unsure = "unsure",
    }
}

impl Subject {
    /// The kind of aggregate that is judged.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Actor => Kind::Actor,
            Self::Incident => Kind::Incident,
            Self::Reading => Kind::Reading,
        }
    }

    /// The id of the project's aggregate that holds the judgements of this kind: there is one, so nobody chooses it.
    #[must_use]
    pub fn aggregate(self, project: ProjectId) -> Uuid {
        Uuid::new_v5(&project.uuid(), format!("identity/{self}").as_bytes())
    }
}

/// A judgement as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Its id.
    pub id: JudgementId,
    /// What is judged.
    pub subject: Subject,
    /// The one.
    pub left: Uuid,
    /// The other.
    pub right: Uuid,
    /// Why.
    pub reason: Text,
    /// The judgements that it contests.
    pub against: Vec<JudgementId>,
}

/// What happened to the judgements of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Two were judged to be one.
    JudgedSame(Judged),
    /// Two were judged to be two.
    JudgedDistinct(Judged),
    /// Somebody could not tell.
    JudgedUnsure(Judged),
    /// A judgement was taken back.
    JudgementWithdrawn(JudgementId),
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::JudgedSame(_) => "JudgedSame",
            Self::JudgedDistinct(_) => "JudgedDistinct",
            Self::JudgedUnsure(_) => "JudgedUnsure",
            Self::JudgementWithdrawn(_) => "JudgementWithdrawn",
        }
    }

    /// The judgement that it makes, with its verdict.
    #[must_use]
    pub fn judged(&self) -> Option<(Verdict, &Judged)> {
        match self {
            Self::JudgedSame(judged) => Some((Verdict::Same, judged)),
            Self::JudgedDistinct(judged) => Some((Verdict::Distinct, judged)),
            Self::JudgedUnsure(judged) => Some((Verdict::Unsure, judged)),
            Self::JudgementWithdrawn(_) => None,
        }
    }

    /// The judgement that it is about.
    #[must_use]
    pub fn judgement(&self) -> JudgementId {
        match self {
            Self::JudgedSame(judged) | Self::JudgedDistinct(judged) | Self::JudgedUnsure(judged) => judged.id,
            Self::JudgementWithdrawn(id) => *id,
        }
    }
}

/// What is asked of the judgements of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Judge two.
    Judge {
        /// Who.
        author: UserId,
        /// What of them.
        verdict: Verdict,
        /// The judgement.
        judged: Judged,
    },
    /// Take a judgement back.
    Withdraw(JudgementId),
}

/// A judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Who judged.
    pub author: UserId,
    /// What.
    pub verdict: Verdict,
    /// The one.
    pub left: Uuid,
    /// The other.
    pub right: Uuid,
    /// Why.
    pub reason: Text,
    /// The judgements that it contests.
    pub against: Vec<JudgementId>,
    /// Whether it was taken back.
    pub withdrawn: bool,
}

impl Judgement {
    /// The number of its records: 1, and 2 once it was taken back. Clients name it in `If-Match`.
    #[must_use]
    pub fn revision(&self) -> u64 {
        if self.withdrawn { 2 } else { 1 }
    }

    /// Whether it is about these two, in either order.
    fn is_about(&self, a: Uuid, b: Uuid) -> bool {
        (self.left, self.right) == (a, b) || (self.left, self.right) == (b, a)
    }
}

/// All judgements of one kind in a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// By id; those that were taken back stay. They are shared, since a state is copied at each new one.
    judgements: BTreeMap<JudgementId, Arc<Judgement>>,
}

impl Identity {
    /// The most judgements that one contests.
    pub const AGAINST_MAX: usize = 100;

    /// A judgement, taken back or not.
    #[must_use]
    pub fn judgement(&self, id: JudgementId) -> Option<&Judgement> {
        self.judgements.get(&id).map(Arc::as_ref)
    }

    /// All judgements by id.
    pub fn judgements(&self) -> impl Iterator<Item = (JudgementId, &Judgement)> {
        self.judgements.iter().map(|(id, judgement)| (*id, judgement.as_ref()))
    }

    /// The judgements that were not taken back, by id.
    pub fn live(&self) -> impl Iterator<Item = (JudgementId, &Judgement)> {
        self.judgements().filter(|(_, judgement)| !judgement.withdrawn)
    }

    /// The judgements as if some of them had never been made.
    #[must_use]
    pub fn without(&self, ids: &BTreeSet<JudgementId>) -> Self {
        let others = self.judgements.iter().filter(|(id, _)| !ids.contains(id));
        Self { judgements: others.map(|(id, judgement)| (*id, Arc::clone(judgement))).collect() }
    }

    /// The live judgements that a live one contests.
    #[must_use]
    pub fn contested(&self) -> BTreeSet<JudgementId> {
        self.live().flat_map(|(_, judgement)| &judgement.against).copied().collect()
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Judge { author, verdict, judged } => {
                self.check(author, verdict, &judged)?;
                Ok(vec![match verdict {
                    Verdict::Same => Event::JudgedSame(judged),
                    Verdict::Distinct => Event::JudgedDistinct(judged),
                    Verdict::Unsure => Event::JudgedUnsure(judged),
                }])
            }
            Command::Withdraw(id) => match self.judgement(id) {
                None => Err(Rejection::absent("not_found", "there is no such judgement")),
                Some(judgement) if judgement.withdrawn => {
                    Err(Rejection::conflict("judgement_withdrawn", "the judgement was withdrawn"))
                }
                Some(_) => Ok(vec![Event::JudgementWithdrawn(id)]),
            },
        }
    }

    fn check(&self, author: UserId, verdict: Verdict, judged: &Judged) -> Result<(), Rejection> {
        let Judged { id, subject: _, left, right, reason: _, against } = judged;
        if self.judgements.contains_key(id) {
            return Err(Rejection::conflict("id_taken", "there is a judgement with this id"));
        }
        if left == right {
            return Err(Rejection::invalid("judgement_of_itself", "a judgement is about two").at("/right"));
        }
        let stands = |judgement: &Judgement| {
            judgement.author == author && judgement.verdict == verdict && judgement.is_about(*left, *right)
        };
        if let Some((standing, _)) = self.live().find(|(_, judgement)| stands(judgement)) {
            let detail = format!("you judge these two {verdict} already, by {standing}");
            return Err(Rejection::conflict("judgement_stands", detail)
                .with("judgement", crate::Fact::Text(standing.to_string())));
        }
        self.check_against(verdict, judged)?;
        self.check_closure(verdict, *left, *right, &against.iter().copied().collect())
    }

    /// What is contested is live, and stands between the two: who merges two actors takes no say on others.
    fn check_against(&self, verdict: Verdict, judged: &Judged) -> Result<(), Rejection> {
        let Judged { left, right, against, .. } = judged;
        crate::claim::check_list(against, Self::AGAINST_MAX, "/against")?;
        let in_force = Graph::of(self, &BTreeSet::new());
        let (lefts, rights) = (in_force.reached(*left), in_force.reached(*right));
        for (at, id) in against.iter().enumerate() {
            let pointer = format!("/against/{at}");
            let Some(contested) = self.judgement(*id).filter(|judgement| !judgement.withdrawn) else {
                let detail = format!("there is no live judgement {id} of this kind");
                return Err(Rejection::invalid("reference_unknown", detail).at(pointer));
            };
            let joins = contested.verdict == Verdict::Same && verdict != Verdict::Same;
            let parts = contested.verdict == Verdict::Distinct && verdict != Verdict::Distinct;
            let ends = (contested.left, contested.right);
            let is_within = |set: &BTreeSet<Uuid>| set.contains(&ends.0) && set.contains(&ends.1);
            let lies_between = |a: &BTreeSet<Uuid>, b: &BTreeSet<Uuid>| a.contains(&ends.0) && b.contains(&ends.1);
            let stands_between = contested.is_about(*left, *right)
                || (joins && is_within(&lefts) && rights == lefts)
                || (parts && (lies_between(&lefts, &rights) || lies_between(&rights, &lefts)));
            if !(joins || parts) || !stands_between {
                let detail = format!("judgement {id} says nothing that contradicts this one");
                return Err(Rejection::invalid("against_irrelevant", detail).at(pointer));
            }
        }
        Ok(())
    }

    /// Refuses what contradicts the closure of the judgements in force, those contested left out (invariant 8).
    fn check_closure(
        &self,
        verdict: Verdict,
        left: Uuid,
        right: Uuid,
        against: &BTreeSet<JudgementId>,
    ) -> Result<(), Rejection> {
        let graph = Graph::of(self, against);
        let path = match verdict {
            Verdict::Unsure => None,
            Verdict::Distinct => graph.path(left, right),
            Verdict::Same => graph.between(left, right),
        };
        let Some(path) = path else { return Ok(()) };
        let opposite = if verdict == Verdict::Same { "distinct" } else { "the same" };
        let detail = format!(
            "judgements that are in force make these two {opposite}: withdraw one of them, or name in `against` those \
             that you contest"
        );
        let path = path.iter().map(JudgementId::to_string).collect();
        Err(Rejection::conflict("judgement_contradicts", detail).with("path", crate::Fact::Texts(path)))
    }
}

/// The judgements in force: by id, those that are live and not contested.
struct Graph<'a> {
    /// Who is the same as whom, and by which judgement.
    same: BTreeMap<Uuid, Vec<(JudgementId, Uuid)>>,
    distinct: Vec<(JudgementId, &'a Judgement)>,
}

impl<'a> Graph<'a> {
    fn of(identity: &'a Identity, left_out: &BTreeSet<JudgementId>) -> Self {
        let contested = identity.contested();
        let mut graph = Self { same: BTreeMap::new(), distinct: Vec::new() };
        for (id, judgement) in identity.live() {
            if contested.contains(&id) || left_out.contains(&id) {
                continue;
            }
            match judgement.verdict {
                Verdict::Same => {
                    graph.same.entry(judgement.left).or_default().push((id, judgement.right));
                    graph.same.entry(judgement.right).or_default().push((id, judgement.left));
                }
                Verdict::Distinct => graph.distinct.push((id, judgement)),
                Verdict::Unsure => {}
            }
        }
        graph
    }

    /// Everything that is the same as this, itself included.
    fn reached(&self, from: Uuid) -> BTreeSet<Uuid> {
        let mut reached = BTreeSet::from([from]);
        let mut pending = vec![from];
        while let Some(at) = pending.pop() {
            let next = self.same.get(&at).into_iter().flatten();
            pending.extend(next.filter(|(_, to)| reached.insert(*to)).map(|(_, to)| *to));
        }
        reached
    }

    /// The judgements of a shortest path that makes the two one; of several the one with the smaller ids first.
    fn path(&self, from: Uuid, to: Uuid) -> Option<Vec<JudgementId>> {
        let mut came: BTreeMap<Uuid, Option<(JudgementId, Uuid)>> = BTreeMap::from([(from, None)]);
        let mut pending = VecDeque::from([from]);
        while let Some(at) = pending.pop_front() {
            if at == to {
                let mut path = Vec::new();
                let mut at = to;
                while let Some((judgement, before)) = came[&at] {
                    path.push(judgement);
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            for (judgement, next) in self.same.get(&at).into_iter().flatten() {
                if !came.contains_key(next) {
                    came.insert(*next, Some((*judgement, at)));
                    pending.push_back(*next);
                }
            }
        }
        None
    }

    /// The judgements that make the two distinct: from the one to an end of a `distinct`, that one, and on to the other.
    fn between(&self, left: Uuid, right: Uuid) -> Option<Vec<JudgementId>> {
        let (lefts, rights) = (self.reached(left), self.reached(right));
        self.distinct.iter().find_map(|(id, judgement)| {
            let Judgement { left: a, right: b, .. } = judgement;
            let (near, far) = match () {
                () if lefts.contains(a) && rights.contains(b) => (*a, *b),
                () if lefts.contains(b) && rights.contains(a) => (*b, *a),
                () => return None,
            };
            let mut path = self.path(left, near)?;
            path.push(*id);
            path.extend(self.path(far, right)?);
            Some(path)
        })
    }
}

impl Aggregate for Identity {
    aggregate_of!(Identity);

    fn evolve(mut self, event: &Event, author: UserId) -> Self {
        match event {
            Event::JudgedSame(judged) => self.add(author, Verdict::Same, judged),
            Event::JudgedDistinct(judged) => self.add(author, Verdict::Distinct, judged),
            Event::JudgedUnsure(judged) => self.add(author, Verdict::Unsure, judged),
            Event::JudgementWithdrawn(id) => {
                if let Some(judgement) = self.judgements.get_mut(id) {
                    Arc::make_mut(judgement).withdrawn = true;
                }
            }
        }
        self
    }
}

impl Identity {
    fn add(&mut self, author: UserId, verdict: Verdict, judged: &Judged) {
        let Judged { id, subject: _, left, right, reason, against } = judged.clone();
        let judgement = Judgement { author, verdict, left, right, reason, against, withdrawn: false };
        self.judgements.entry(id).or_insert_with(|| Arc::new(judgement));
    }
}

#[cfg(test)]
mod tests;
