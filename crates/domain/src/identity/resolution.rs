//! What the judgements amount to: clusters, and how each judgement stands.

use super::{Graph, Identity, Judgement, Subject, Verdict};
use crate::code::codes;
use crate::id::JudgementId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

codes! {
    /// How a judgement stands among the others.
    pub enum Standing as "standing of a judgement" {
        /// Nothing contradicts it.
        Live = "live",
        /// A live judgement contests it, or it contradicts others since one was withdrawn.
        Disputed = "disputed",
        /// It was taken back.
        Withdrawn = "withdrawn",
    }
}

/// Those that are judged to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The smallest id, which stands for all.
    pub canonical: Uuid,
    /// All ids, two at least.
    pub members: BTreeSet<Uuid>,
}

/// Which ids are one, by the judgements in force.
///
/// A judgement is in force unless it was taken back or a live one contests it. Of those in force `same` joins; `unsure`
/// and `distinct` do not, and a `distinct` within a cluster (left by a withdrawal) is disputed, as is what joins its ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// By every id that is one with another.
    clusters: BTreeMap<Uuid, Arc<Cluster>>,
}

impl Resolution {
    /// The resolution by these judgements.
    #[must_use]
    pub fn of(identity: &Identity) -> Self {
        let contested = identity.contested();
        Self::joining(identity, |id, _| !contested.contains(&id))
    }

    /// The resolution if one judgement were taken the other way: an `unsure` one as `same`, a contested one as in force
    /// with those that contest it left out. None for a judgement that is neither.
    #[must_use]
    pub fn taking(identity: &Identity, taken: JudgementId) -> Option<Self> {
        let contested = identity.contested();
        let judgement = identity.judgement(taken).filter(|judgement| !judgement.withdrawn)?;
        let is_contested = contested.contains(&taken);
        if !is_contested && judgement.verdict != Verdict::Unsure {
            return None;
        }
        let mut without = contested;
        without.remove(&taken);
        without.extend(identity.live().filter(|(_, other)| other.against.contains(&taken)).map(|(id, _)| id));
        let mut resolution = Self::joining(identity, |id, _| !without.contains(&id));
        if judgement.verdict == Verdict::Unsure {
            resolution.join(judgement.left, judgement.right);
        }
        Some(resolution)
    }

    /// The same, with these two as one.
    #[must_use]
    pub fn joined(&self, left: Uuid, right: Uuid) -> Self {
        let mut joined = self.clone();
        joined.join(left, right);
        joined
    }

    fn joining(identity: &Identity, joins: impl Fn(JudgementId, &Judgement) -> bool) -> Self {
        let mut graph: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        let same =
            |(id, judgement): &(JudgementId, &Judgement)| judgement.verdict == Verdict::Same && joins(*id, judgement);
        for (_, judgement) in identity.live().filter(same) {
            graph.entry(judgement.left).or_default().push(judgement.right);
            graph.entry(judgement.right).or_default().push(judgement.left);
        }
        Self { clusters: clusters(&graph) }
    }

    fn join(&mut self, left: Uuid, right: Uuid) {
        let members: BTreeSet<Uuid> = self.members(left).into_iter().chain(self.members(right)).collect();
        if let (true, Some(canonical)) = (members.len() > 1, members.first().copied()) {
            let cluster = Arc::new(Cluster { canonical, members: members.clone() });
            self.clusters.extend(members.into_iter().map(|id| (id, Arc::clone(&cluster))));
        }
    }

    /// The id that stands for this one: the smallest of its cluster.
    #[must_use]
    pub fn canonical(&self, id: Uuid) -> Uuid {
        self.clusters.get(&id).map_or(id, |cluster| cluster.canonical)
    }

    /// Everything that is one with this, itself included.
    #[must_use]
    pub fn members(&self, id: Uuid) -> BTreeSet<Uuid> {
        self.clusters.get(&id).map_or_else(|| BTreeSet::from([id]), |cluster| cluster.members.clone())
    }

    /// The clusters of two and more, by canonical id.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        let first = |(id, cluster): &(&Uuid, &Arc<Cluster>)| **id == cluster.canonical;
        self.clusters.iter().filter(first).map(|(_, cluster)| cluster.as_ref())
    }

    /// Whether every id stands for itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }
}

/// Judgements of one kind, with what they amount to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The judgements.
    pub identity: Identity,
    /// What is one by those in force.
    pub resolution: Resolution,
    /// The judgements on each, whatever they say, those that were taken back as well.
    touching: BTreeMap<Uuid, Vec<JudgementId>>,
    /// The judgements that contest each, or did.
    contested_by: BTreeMap<JudgementId, Vec<JudgementId>>,
}

impl From<Identity> for Resolved {
    fn from(identity: Identity) -> Self {
        let mut touching: BTreeMap<Uuid, Vec<JudgementId>> = BTreeMap::new();
        let mut contested_by: BTreeMap<JudgementId, Vec<JudgementId>> = BTreeMap::new();
        for (id, judgement) in identity.judgements() {
            touching.entry(judgement.left).or_default().push(id);
            touching.entry(judgement.right).or_default().push(id);
            for contested in &judgement.against {
                contested_by.entry(*contested).or_default().push(id);
            }
        }
        Self { resolution: Resolution::of(&identity), identity, touching, contested_by }
    }
}

/// What may be one, and the judgements on which that hangs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Everything that may be one with where one started, that included.
    pub ids: BTreeSet<Uuid>,
    /// The judgements on these, those that contest them, and those that they contest, taken back or not. No other has or
    /// had a say on what is one with these: what depends on the records that name one of them depends on all that matter,
    /// also after one was taken back.
    pub judgements: BTreeSet<JudgementId>,
}

impl Resolved {
    /// What may be one with these: over live judgements `same` and `unsure`, contested or not.
    #[must_use]
    pub fn neighbours(&self, of: impl IntoIterator<Item = Uuid>) -> Neighbours {
        let mut found = Neighbours::default();
        let mut pending: Vec<Uuid> = of.into_iter().collect();
        while let Some(at) = pending.pop() {
            if !found.ids.insert(at) {
                continue;
            }
            for id in self.touching.get(&at).into_iter().flatten() {
                found.judgements.insert(*id);
                found.judgements.extend(self.contested_by.get(id).into_iter().flatten());
                let Some(judgement) = self.identity.judgement(*id) else { continue };
                found.judgements.extend(&judgement.against);
                if !judgement.withdrawn && judgement.verdict != Verdict::Distinct {
                    pending.extend([judgement.left, judgement.right]);
                }
            }
        }
        found
    }
}

/// The judgements of a project by kind. They are shared: many views at one position need the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgements {
    /// On actors.
    pub actors: Arc<Resolved>,
    /// On incidents.
    pub incidents: Arc<Resolved>,
    /// On readings.
    pub readings: Arc<Resolved>,
}

impl Judgements {
    /// Those of one kind.
    #[must_use]
    pub fn of(&self, subject: Subject) -> &Resolved {
        match subject {
            Subject::Actor => &self.actors,
            Subject::Incident => &self.incidents,
            Subject::Reading => &self.readings,
        }
    }

    /// As if some of them had never been made.
    #[must_use]
    pub fn without(mut self, ids: &BTreeSet<JudgementId>) -> Self {
        for kind in [&mut self.actors, &mut self.incidents, &mut self.readings] {
            if ids.iter().any(|id| kind.identity.judgement(*id).is_some()) {
                *kind = Arc::new(Resolved::from(kind.identity.without(ids)));
            }
        }
        self
    }
}

fn clusters(graph: &BTreeMap<Uuid, Vec<Uuid>>) -> BTreeMap<Uuid, Arc<Cluster>> {
    let mut clusters = BTreeMap::new();
    for id in graph.keys() {
        if clusters.contains_key(id) {
            continue;
        }
        let mut members = BTreeSet::from([*id]);
        let mut pending = vec![*id];
        while let Some(at) = pending.pop() {
            pending.extend(graph.get(&at).into_iter().flatten().filter(|next| members.insert(**next)).copied());
        }
        // The ids come ascending, so the first of a cluster is its smallest.
        let cluster = Arc::new(Cluster { canonical: *id, members: members.clone() });
        clusters.extend(members.into_iter().map(|member| (member, Arc::clone(&cluster))));
    }
    clusters
}

impl Identity {
    /// How every judgement stands.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<JudgementId, Standing> {
        let contested = self.contested();
        let graph = Graph::of(self, &BTreeSet::new());
        // What a withdrawal left: a `distinct` in force within a cluster, and what joins its ends.
        let mut disputed = contested;
        for (id, judgement) in &graph.distinct {
            if let Some(path) = graph.path(judgement.left, judgement.right) {
                disputed.insert(*id);
                disputed.extend(path);
            }
        }
        let standing = |(id, judgement): (JudgementId, &Judgement)| {
            let standing = match () {
                () if judgement.withdrawn => Standing::Withdrawn,
                () if disputed.contains(&id) => Standing::Disputed,
                () => Standing::Live,
            };
            (id, standing)
        };
        self.judgements().map(standing).collect()
    }

    /// The pairs that a judgement in force says are two.
    pub fn distinct(&self) -> impl Iterator<Item = (Uuid, Uuid)> {
        let graph = Graph::of(self, &BTreeSet::new());
        let pairs: Vec<_> = graph.distinct.iter().map(|(_, judgement)| (judgement.left, judgement.right)).collect();
        pairs.into_iter()
    }

    /// The same if this judgement were in force and these were not.
    pub fn distinct_taking(
        &self,
        taken: JudgementId,
        without: &BTreeSet<JudgementId>,
    ) -> impl Iterator<Item = (Uuid, Uuid)> {
        let contested = self.contested();
        let counts = |id: JudgementId| id == taken || !(contested.contains(&id) || without.contains(&id));
        let pair = |(id, judgement): (JudgementId, &Judgement)| {
            (judgement.verdict == Verdict::Distinct && counts(id)).then_some((judgement.left, judgement.right))
        };
        let pairs: Vec<_> = self.live().filter_map(pair).collect();
        pairs.into_iter()
    }
}
