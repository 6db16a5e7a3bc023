//! Which tasks somebody may lease, in which order.

use super::View;
use super::record::limit_of;
use super::scope::{Answer, Scope, invalid};
use crate::subject::Subject;
use crate::veil::Documents;
use crate::{Error, Snapshot};
use domain::id::{DocumentId, ProjectId, UserId};
use domain::task::{self, Opened, Task};
use domain::{Aggregate, Event, Kind};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;
use wire::subject::Address;
use wire::view::{AskQueue, Queue};

/// Records that kept tasks are brought up to date with; after more they are read anew, which costs about the same.
const CHANGES_MAX: usize = 10_000;

/// The tasks of a project, which hold from the last record that changed one.
#[derive(Debug)]
pub(super) struct Tasks {
    /// Those that are open.
    open: BTreeMap<Uuid, Arc<OpenTask>>,
    /// Their documents.
    documents: Arc<Documents>,
    /// By who leased a task and by which command, the task: a command leases one task, for ever.
    leased: HashMap<(UserId, Uuid), Uuid>,
    since: u64,
    /// A position up to which no later record changes a task.
    until: AtomicU64,
}

/// A project up to a position, whoever asks.
struct At<'a> {
    snapshot: &'a Snapshot<'a>,
    project: ProjectId,
}

#[derive(Debug)]
struct OpenTask {
    /// The position of its first record.
    created: u64,
    opened: Opened,
}

impl Tasks {
    pub fn weight(&self) -> u32 {
        u32::try_from(self.open.len() + self.leased.len() + 1).unwrap_or(u32::MAX)
    }

    pub fn is_before(&self, other: &Self) -> bool {
        self.since < other.since
    }
}

/// What somebody may lease.
pub(super) fn queue(scope: &Scope<'_>, ask: &AskQueue) -> Answer<Queue> {
    let named = |text: &str| Uuid::try_parse(text).map_err(|_| invalid("queue_invalid", "an id is no UUID"));
    let (annotator, command) = (UserId::new(named(&ask.annotator)?), named(&ask.command)?);
    let (tasks, now) = (tasks(scope.view, &scope.snapshot, scope.project)?, ask.now_us);
    let held: Vec<_> = tasks.open.iter().filter(|(_, task)| task.opened.is_held(annotator, now)).collect();
    let documents: BTreeSet<DocumentId> = held.iter().map(|(_, task)| task.opened.terms.document).collect();
    let may_lease = |task: &OpenTask| {
        !documents.contains(&task.opened.terms.document) && task.opened.check_leasable(annotator, now).is_ok()
    };
    let rank = |task: &OpenTask| (Reverse(task.opened.terms.priority), task.opened.taken(now), task.created);
    let mut free: Vec<_> = tasks.open.iter().filter(|(_, task)| may_lease(task)).collect();
    free.sort_unstable_by_key(|(_, task)| rank(task));
    let held = held.iter().min_by_key(|(_, task)| rank(task));
    Ok(Queue {
        answered: tasks.leased.get(&(annotator, command)).map(ToString::to_string),
        held: held.map(|(id, _)| id.to_string()),
        tasks: free.into_iter().take(limit_of(ask.limit)).map(|(id, _)| id.to_string()).collect(),
    })
}

/// The documents of which a task is open.
pub(super) fn documents(view: &View<'_>, snapshot: &Snapshot<'_>, project: ProjectId) -> Result<Arc<Documents>, Error> {
    Ok(Arc::clone(&tasks(view, snapshot, project)?.documents))
}

/// Whether it is known, without reading anything, that no task is open at the snapshot's position.
pub(super) fn is_known_to_be_empty(view: &View<'_>, snapshot: &Snapshot<'_>, project: ProjectId) -> bool {
    view.boards.tasks(project).is_some_and(|kept| {
        let holds = kept.since..=kept.until.load(Ordering::Relaxed);
        holds.contains(&snapshot.at()) && kept.documents.is_empty()
    })
}

/// The tasks of the project at the snapshot's position.
fn tasks(view: &View<'_>, snapshot: &Snapshot<'_>, project: ProjectId) -> Result<Arc<Tasks>, Error> {
    let (boards, at, scope) = (view.boards, snapshot.at(), &At { snapshot, project });
    let kept = match boards.tasks(project).filter(|kept| kept.since <= at) {
        Some(kept) => match changed(scope, kept.until.load(Ordering::Relaxed))? {
            Some(changed) if changed.is_empty() => {
                kept.until.fetch_max(at, Ordering::Relaxed);
                return Ok(kept);
            }
            Some(changed) => gather(scope, kept.open.clone(), kept.leased.clone(), changed)?,
            None => read(scope)?,
        },
        None => read(scope)?,
    };
    let kept = Arc::new(kept);
    boards.keep_tasks(project, Arc::clone(&kept));
    Ok(kept)
}

/// All of them.
fn read(scope: &At<'_>) -> Result<Tasks, Error> {
    let ids = scope.snapshot.aggregates(&Subject::created(scope.project, Kind::Task))?;
    gather(scope, BTreeMap::new(), HashMap::new(), ids.into_iter().collect())
}

/// The tasks that changed after a position up to the scope's; none when there are too many records.
fn changed(scope: &At<'_>, position: u64) -> Result<Option<BTreeSet<Uuid>>, Error> {
    let mut changed = BTreeSet::new();
    if position >= scope.snapshot.at() {
        return Ok(Some(changed));
    }
    let positions = scope.snapshot.positions(&Subject::project(scope.project), position, CHANGES_MAX + 1)?;
    if positions.len() > CHANGES_MAX {
        return Ok(None);
    }
    for position in positions {
        let envelope = scope.snapshot.envelope(position)?;
        if envelope.kind == Kind::Task {
            changed.insert(envelope.id);
        }
    }
    Ok(Some(changed))
}

/// Reads these tasks anew.
fn gather(
    scope: &At<'_>,
    mut open: BTreeMap<Uuid, Arc<OpenTask>>,
    mut leased: HashMap<(UserId, Uuid), Uuid>,
    ids: BTreeSet<Uuid>,
) -> Result<Tasks, Error> {
    for id in ids {
        let own = Subject::own(&Address { project: scope.project.uuid(), kind: Kind::Task, id });
        let (mut state, mut created) = (Task::default(), None);
        for position in scope.snapshot.positions(&own, 0, usize::MAX)? {
            created.get_or_insert(position);
            let record = scope.snapshot.record(position)?;
            for event in &record.events {
                let Event::Task(event) = event else { continue };
                if let task::Event::TaskLeased { annotator, .. } = event {
                    leased.insert((*annotator, record.envelope.command_id), id);
                }
                state = state.evolve(event, record.envelope.author);
            }
        }
        match (state, created) {
            (Task::Opened(opened), Some(created)) if !opened.closed => {
                open.insert(id, Arc::new(OpenTask { created, opened }));
            }
            _ => drop(open.remove(&id)),
        }
    }
    let at = scope.snapshot.at();
    let documents = Arc::new(Documents::new(open.values().map(|task| task.opened.terms.document).collect()));
    Ok(Tasks { open, documents, leased, since: at, until: AtomicU64::new(at) })
}
