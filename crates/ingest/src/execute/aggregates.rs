//! The folded aggregates that this process keeps, and how they are brought up to date.
//!
//! Nothing here is an authority: a state that is behind leads to a conflict in the log, never to a wrong record.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::Aggregate;
use domain::actor::Actor;
use domain::adjudication::Adjudication;
use domain::annotation::Annotation;
use domain::assessment::Assessment;
use domain::derivation::Derivation;
use domain::document::Document;
use domain::id::UserId;
use domain::identity::Identity;
use domain::import::Import;
use domain::incident::Incident;
use domain::project::Project;
use domain::reading::Reading;
use domain::relation::Relation;
use domain::source::Source;
use domain::task::Task;
use domain::user::User;
use event_log::{EventLog, Stored};
use moka::sync::Cache;
use uuid::Uuid;
use wire::subject::Address;

use super::loaded::{Commands, Damage, Loaded, Stand};
use crate::failure::Failure;

/// How long a command waits for those before it on the same aggregate.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);
/// Commands of one aggregate that wait at the same time: at a millisecond or two each, they are through within
/// [`TURN_TIMEOUT`].
const TURN_WAITING_MAX: usize = 1_024;

/// How new a state has to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Freshness {
    /// Any state in which it exists: for what never changes once it is there.
    Existing,
    /// At most this old.
    Within(Duration),
    /// What a copy of the log knows now.
    Now,
    /// Everything that was acknowledged before.
    Leader,
}

/// A kind of aggregate that is kept.
pub(crate) trait Kept: Aggregate {
    /// Those of its kind.
    fn kept(aggregates: &Aggregates) -> &Cache<Address, Arc<Slot<Self>>>;
}

macro_rules! aggregates {
    ($($(#[$meta:meta])* $field:ident: $aggregate:ident, $len_max:literal);+ $(;)?) => {
        /// The aggregates that are kept, by kind.
        pub(crate) struct Aggregates {
            $($field: Cache<Address, Arc<Slot<$aggregate>>>),+
        }

        impl Default for Aggregates {
            fn default() -> Self {
                Self { $($(#[$meta])* $field: Cache::new($len_max)),+ }
            }
        }

        $(impl Kept for $aggregate {
            fn kept(aggregates: &Aggregates) -> &Cache<Address, Arc<Slot<Self>>> {
                &aggregates.$field
            }
        })+
    };
}

// The numbers hold what a project in work names again and again. Most entries have some hundred bytes, so that all
// caches full take some 200 MB.
aggregates! {
    projects: Project, 1_000;
    users: User, 1_000;
    sources: Source, 10_000;
    documents: Document, 50_000;
    incidents: Incident, 50_000;
    actors: Actor, 50_000;
    relations: Relation, 20_000;
    annotations: Annotation, 100_000;
    readings: Reading, 50_000;
    derivations: Derivation, 20_000;
    // Three of a project; each may hold some thousand judgements.
    identities: Identity, 300;
    assessments: Assessment, 20_000;
    adjudications: Adjudication, 20_000;
    tasks: Task, 20_000;
    imports: Import, 1_000;
}

impl Aggregates {
    /// The place of this aggregate, made when there is none.
    pub fn slot<A: Kept>(&self, address: &Address) -> Arc<Slot<A>> {
        A::kept(self).get_with(*address, Arc::default)
    }
}

/// What is known of one aggregate.
pub(crate) struct Slot<A> {
    /// Held by the command that is being decided.
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
    /// Held while records are read, so that many who ask at once read once.
    loading: tokio::sync::Mutex<()>,
    known: Mutex<Known<A>>,
}

struct Known<A> {
    loaded: Arc<Loaded<A>>,
    commands: Commands,
    /// When the newest reading of records began.
    as_of: Option<Instant>,
}

impl<A: Aggregate> Default for Slot<A> {
    fn default() -> Self {
        let known = Known { loaded: Arc::default(), commands: Commands::new(), as_of: None };
        Self {
            turn: tokio::sync::Mutex::default(),
            waiting: AtomicUsize::new(0),
            loading: tokio::sync::Mutex::default(),
            known: Mutex::new(known),
        }
    }
}

impl<A: Aggregate> Slot<A> {
    /// Waits until it is this command's turn on the aggregate.
    ///
    /// The log decides every race by itself; taking turns spares those that would lose it in this process.
    pub async fn turn(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Failure> {
        let waiting = Waiting::new(&self.waiting);
        if waiting.before >= TURN_WAITING_MAX {
            return Err(Failure::busy());
        }
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turn.lock()).await;
        turn.map_err(|_elapsed| Failure::busy())
    }

    /// The state, at least as new as asked.
    pub async fn load(
        &self,
        log: &EventLog,
        address: &Address,
        freshness: Freshness,
    ) -> Result<Arc<Loaded<A>>, Failure> {
        let asked = Instant::now();
        if let Some(loaded) = self.fresh(freshness, asked) {
            return Ok(loaded);
        }
        let _loading = self.loading.lock().await;
        // What another began to read after this was asked for is as new as what would be read now.
        if let Some(loaded) = self.fresh(freshness, asked) {
            return Ok(loaded);
        }
        let after = self.known().loaded.last;
        let began = Instant::now();
        let records = match freshness {
            Freshness::Existing | Freshness::Within(_) | Freshness::Now => log.load(address, after).await?,
            Freshness::Leader => log.load_from_leader(address, after).await?,
        };
        let mut known = self.known();
        known.apply(log.id(), address, &records).map_err(|damage| Failure::damaged(address, &damage))?;
        known.as_of = Some(began);
        Ok(Arc::clone(&known.loaded))
    }

    /// Takes in a record that this process appended.
    pub fn advance(&self, log_id: Uuid, address: &Address, position: u64, payload: Bytes) {
        let record = Stored { position, payload };
        if let Err(damage) = self.known().apply(log_id, address, &[record]) {
            // The record is in the log; who needs the state reads it there and sees what is wrong.
            tracing::debug!(%damage, "a record was not taken over into the kept state");
        }
    }

    /// The newest revision that is known.
    pub fn revision(&self) -> u64 {
        self.known().loaded.revision
    }

    /// Where the answer to a command stands, if it is among the records that are known.
    pub fn answered(&self, author: UserId, command_id: Uuid) -> Option<Stand> {
        self.known().commands.get(&(author, command_id)).copied()
    }

    fn fresh(&self, freshness: Freshness, asked: Instant) -> Option<Arc<Loaded<A>>> {
        let known = self.known();
        let fresh = match freshness {
            Freshness::Existing => known.loaded.revision > 0,
            Freshness::Within(age_max) => {
                known.as_of.is_some_and(|as_of| asked.saturating_duration_since(as_of) < age_max)
            }
            Freshness::Now => known.as_of.is_some_and(|as_of| as_of >= asked),
            Freshness::Leader => false,
        };
        fresh.then(|| Arc::clone(&known.loaded))
    }

    fn known(&self) -> MutexGuard<'_, Known<A>> {
        // A state is put in place whole, so a panic elsewhere leaves nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Aggregate> Known<A> {
    fn apply(&mut self, log_id: Uuid, address: &Address, records: &[Stored]) -> Result<(), Damage> {
        let last = self.loaded.last;
        let mut news = records.iter().filter(|record| record.position > last).peekable();
        if news.peek().is_none() {
            return Ok(());
        }
        let mut loaded = Loaded::clone(&self.loaded);
        for record in news {
            let answered = loaded.apply(log_id, address, record)?;
            self.commands.insert(answered.command, answered.result);
        }
        self.loaded = Arc::new(loaded);
        Ok(())
    }
}

/// Counts a waiting command until it is dropped, which is also when its client goes away.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { count, before: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
