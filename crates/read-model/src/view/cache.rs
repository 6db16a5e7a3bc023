//! Boards and project states that were computed before, and what was read for them.

use super::agreement::Kept;
use super::case::{Gathered, Recollection, gather};
use super::queue::Tasks;
use crate::subject::Subject;
use crate::veil::VeilKey;
use crate::{Error, Loaded, Snapshot};
use domain::claim::Target;
use domain::id::ProjectId;
use domain::identity::{self, Identity, Judgements, Resolved};
use domain::project::Open;
use metrics::Counter;
use moka::sync::Cache;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use wire::subject::Address;
use wire::view::Board;

/// Bytes of boards that are kept: a board of some hundred utterances takes about 200 KB.
const BOARDS_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes of what was read for boards: some four hundred boards of a hundred readings. That of the largest incidents, of
/// ten thousand readings, has to fit in as well.
const RECOLLECTIONS_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// States of projects that are kept in each of two caches, which share the newest.
const PROJECTS_MAX: u64 = 1_000;
/// Sets of judgements that are kept: each may have ten thousand.
const JUDGEMENTS_MAX: u64 = 100;

/// Readings of projects that are kept for their reports on agreement, which take about a kilobyte each.
const CORPORA_READINGS_MAX: u64 = 100_000;

/// Tasks of projects that are kept for their queues, and leases of these, which take some hundred bytes each.
const TASKS_MAX: u64 = 500_000;

/// Boards that were here, and such as were computed. A recorder is asked for them once: to look one up takes as long as to
/// find a board.
static FROM_CACHE: LazyLock<Counter> = LazyLock::new(|| metrics::counter!("projector_boards_total", "from" => "cache"));
static FROM_RECORDS: LazyLock<Counter> =
    LazyLock::new(|| metrics::counter!("projector_boards_total", "from" => "records"));

/// The boards of one store that were computed before, each with what it depends on.
///
/// A board holds for every position from the last record that it depends on up to the next one. It is kept for the
/// newest positions asked for; older ones are computed again. Of projects older states are kept as well.
#[derive(Debug)]
pub struct BoardCache {
    boards: Cache<Key, Arc<Cached<Board>>>,
    /// What was read for the newest board of something: mostly the next one differs by a record.
    recollections: Cache<(ProjectId, Target), Arc<Recollection>>,
    /// Projects at the newest positions asked for.
    projects: Cache<ProjectId, Arc<Cached<Arc<Loaded<Open>>>>>,
    /// The judgements of projects at the newest positions asked for.
    judgements: Cache<(ProjectId, identity::Subject), Arc<Cached<Arc<Resolved>>>>,
    /// The same at any position, by their last records.
    judgements_past: Cache<(ProjectId, identity::Subject, u64), Arc<Resolved>>,
    /// Projects at any position, by their last records.
    projects_past: Cache<(ProjectId, u64), Arc<Loaded<Open>>>,
    /// The readings of projects at the newest positions asked for.
    corpora: Cache<ProjectId, Arc<Kept>>,
    /// The tasks of projects at the newest positions asked for.
    tasks: Cache<ProjectId, Arc<Tasks>>,
}

/// What tells boards apart. Who sees everything sees the same board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub project: ProjectId,
    /// What the board is about.
    pub subject: Target,
    pub policy: u32,
    /// What the viewer is kept from.
    pub veil: Option<VeilKey>,
}

/// What was computed and where it holds.
#[derive(Debug)]
pub(super) struct Cached<T> {
    pub content: T,
    /// The last record that it depends on.
    since: u64,
    /// What it depends on, ascending.
    subjects: Vec<Subject>,
    /// A position up to which none of them has a record later than `since`.
    until: AtomicU64,
}

impl<T> Cached<T> {
    pub(super) fn new(content: T, since: u64, subjects: Vec<Subject>, until: u64) -> Self {
        Self { content, since, subjects, until: AtomicU64::new(until) }
    }

    /// Whether it holds at the snapshot's position.
    fn holds(&self, snapshot: &Snapshot<'_>) -> Result<bool, Error> {
        let (at, until) = (snapshot.at(), self.until.load(Ordering::Relaxed));
        if at < self.since {
            return Ok(false);
        }
        if at <= until {
            return Ok(true);
        }
        let depends =
            |subjects: &[Subject]| subjects.iter().any(|subject| self.subjects.binary_search(subject).is_ok());
        let is_stale = match snapshot.store().concerns(until, at, depends) {
            Some(is_stale) => is_stale,
            // Too much came since: each subject tells whether it is concerned.
            None => self.has_records_after(until, snapshot)?,
        };
        if !is_stale {
            self.until.fetch_max(at, Ordering::Relaxed);
        }
        Ok(!is_stale)
    }

    fn has_records_after(&self, position: u64, snapshot: &Snapshot<'_>) -> Result<bool, Error> {
        for subject in &self.subjects {
            if snapshot.last_position(subject)?.is_some_and(|last| last > position) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Default for BoardCache {
    fn default() -> Self {
        let boards =
            Cache::builder().max_capacity(BOARDS_BYTES_MAX).weigher(|_, cached: &Arc<Cached<Board>>| weight(cached));
        let recollections = Cache::builder()
            .max_capacity(RECOLLECTIONS_BYTES_MAX)
            .weigher(|_, recollection: &Arc<Recollection>| recollection.weight());
        let (projects, projects_past) = (Cache::new(PROJECTS_MAX), Cache::new(PROJECTS_MAX));
        let (judgements, judgements_past) = (Cache::new(JUDGEMENTS_MAX), Cache::new(JUDGEMENTS_MAX));
        let corpora = Cache::builder().max_capacity(CORPORA_READINGS_MAX).weigher(|_, kept: &Arc<Kept>| kept.weight());
        let tasks = Cache::builder().max_capacity(TASKS_MAX).weigher(|_, tasks: &Arc<Tasks>| tasks.weight());
        Self {
            boards: boards.build(),
            recollections: recollections.build(),
            projects,
            projects_past,
            judgements,
            judgements_past,
            corpora: corpora.build(),
            tasks: tasks.build(),
        }
    }
}

impl BoardCache {
    /// The board at the snapshot's position, if it is here.
    pub(super) fn get(&self, key: &Key, snapshot: &Snapshot<'_>) -> Result<Option<Arc<Cached<Board>>>, Error> {
        match self.boards.get(key) {
            Some(cached) if cached.holds(snapshot)? => {
                FROM_CACHE.increment(1);
                Ok(Some(cached))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Keeps a board, unless a newer one is here.
    pub(super) fn put(&self, key: Key, cached: Arc<Cached<Board>>) {
        FROM_RECORDS.increment(1);
        if self.boards.get(&key).is_none_or(|held| held.since <= cached.since) {
            self.boards.insert(key, cached);
        }
    }

    /// The case of an incident, a class, a relation or an actor; none when there is no such thing at the snapshot's
    /// position.
    pub(super) fn case(
        &self,
        snapshot: &Snapshot<'_>,
        project: ProjectId,
        subject: Target,
    ) -> Result<Option<Gathered>, Error> {
        let judgements = self.judgements(snapshot, project)?;
        if snapshot.veil().is_some() {
            return Ok(gather(*snapshot, project, subject, judgements, None)?.map(|(gathered, _)| gathered));
        }
        let key = (project, subject);
        let earlier = self.recollections.get(&key);
        let Some((gathered, recollection)) = gather(*snapshot, project, subject, judgements, earlier.as_deref())?
        else {
            return Ok(None);
        };
        if earlier.is_none_or(|earlier| earlier.at() <= recollection.at()) {
            self.recollections.insert(key, Arc::new(recollection));
        }
        Ok(Some(gathered))
    }

    /// The readings of a project at some position.
    pub(super) fn corpus(&self, project: ProjectId) -> Option<Arc<Kept>> {
        self.corpora.get(&project)
    }

    /// The tasks of a project at some position.
    pub(super) fn tasks(&self, project: ProjectId) -> Option<Arc<Tasks>> {
        self.tasks.get(&project)
    }

    /// Keeps the tasks of a project, unless newer ones are here.
    pub(super) fn keep_tasks(&self, project: ProjectId, tasks: Arc<Tasks>) {
        if self.tasks.get(&project).is_none_or(|held| !tasks.is_before(&held)) {
            self.tasks.insert(project, tasks);
        }
    }

    /// Keeps the readings of a project, unless newer ones are here.
    pub(super) fn keep_corpus(&self, project: ProjectId, kept: Arc<Kept>) {
        if self.corpora.get(&project).is_none_or(|held| !kept.is_before(&held)) {
            self.corpora.insert(project, kept);
        }
    }

    /// The judgements of a project at the snapshot's position.
    pub(super) fn judgements(&self, snapshot: &Snapshot<'_>, project: ProjectId) -> Result<Judgements, Error> {
        Ok(Judgements {
            actors: self.judgements_on(snapshot, project, identity::Subject::Actor)?,
            incidents: self.judgements_on(snapshot, project, identity::Subject::Incident)?,
            readings: self.judgements_on(snapshot, project, identity::Subject::Reading)?,
        })
    }

    fn judgements_on(
        &self,
        snapshot: &Snapshot<'_>,
        project: ProjectId,
        kind: identity::Subject,
    ) -> Result<Arc<Resolved>, Error> {
        if let Some(veil) = snapshot.under_veil() {
            return veil.judgements(kind, || {
                let loaded: Option<Loaded<Identity>> = snapshot.load(project, kind.aggregate(project))?;
                Ok(Arc::new(loaded.map_or_else(Resolved::default, |loaded| Resolved::from(loaded.state))))
            });
        }
        let newest = self.judgements.get(&(project, kind));
        if let Some(cached) = &newest
            && cached.holds(snapshot)?
        {
            return Ok(Arc::clone(&cached.content));
        }
        let id = kind.aggregate(project);
        let address = Address { project: project.uuid(), kind: domain::Kind::Identity, id };
        let last = snapshot.last_position(&Subject::own(&address))?.unwrap_or(0);
        let resolved = if let Some(resolved) = self.judgements_past.get(&(project, kind, last)) {
            resolved
        } else {
            let loaded: Option<Loaded<Identity>> = snapshot.load(project, id)?;
            let resolved = Arc::new(loaded.map_or_else(Resolved::default, |loaded| Resolved::from(loaded.state)));
            self.judgements_past.insert((project, kind, last), Arc::clone(&resolved));
            resolved
        };
        if newest.is_none_or(|newest| newest.since <= last) {
            let cached = Cached::new(Arc::clone(&resolved), last, vec![Subject::own(&address)], snapshot.at());
            self.judgements.insert((project, kind), Arc::new(cached));
        }
        Ok(resolved)
    }

    /// The state of a project at the snapshot's position, from its records if it is not here.
    pub(super) fn project(
        &self,
        snapshot: &Snapshot<'_>,
        project: ProjectId,
        load: impl FnOnce() -> Result<Option<Loaded<Open>>, Error>,
    ) -> Result<Option<Arc<Loaded<Open>>>, Error> {
        let newest = self.projects.get(&project);
        if let Some(cached) = &newest
            && cached.holds(snapshot)?
        {
            return Ok(Some(Arc::clone(&cached.content)));
        }
        let address = Address { project: project.uuid(), kind: domain::Kind::Project, id: project.uuid() };
        let subject = Subject::own(&address);
        let Some(last) = snapshot.last_position(&subject)? else { return Ok(None) };
        let open = if let Some(open) = self.projects_past.get(&(project, last)) {
            open
        } else {
            let Some(open) = load()?.map(Arc::new) else { return Ok(None) };
            self.projects_past.insert((project, last), Arc::clone(&open));
            open
        };
        if newest.is_none_or(|newest| newest.since < last) {
            let cached = Cached::new(Arc::clone(&open), last, vec![subject], snapshot.at());
            self.projects.insert(project, Arc::new(cached));
        }
        Ok(Some(open))
    }
}

fn weight(cached: &Cached<Board>) -> u32 {
    // The length on the wire is near what the strings of the message take.
    let bytes = cached.content.bytes_len() + cached.subjects.len() * size_of::<Subject>();
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
