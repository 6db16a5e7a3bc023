//! People who write and read all the time, whatever happens to the system, and what must be true afterwards.

use super::history;
use super::people::{Answer, Person, Project};
use crate::pipeline::Scene;
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Clients that write.
const WRITERS: usize = 8;
/// Clients that read.
const READERS: usize = 4;
/// One command of so many is a reading with its passage, which is an atomic batch.
const READING_EVERY: usize = 4;
/// Readings about one incident; then the writer takes another one.
const READINGS_MAX: usize = 20;
/// Before a command or question is sent again.
const PAUSE: Duration = Duration::from_millis(20);

/// Where commands and questions go at present. A client that gets no answer tries the next address.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    pub writes: Vec<String>,
    pub reads: Vec<String>,
}

/// An acknowledged creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Acknowledged {
    position: u64,
    collection: &'static str,
    /// The incident, if it is a reading.
    incident: Option<Uuid>,
}

/// What was acknowledged, by id.
type Ledger = Arc<Mutex<BTreeMap<Uuid, Acknowledged>>>;

/// The clients, until they are told to stop.
pub struct Load {
    addresses: watch::Sender<Addresses>,
    stop: watch::Sender<bool>,
    ledger: Ledger,
    writers: Vec<JoinHandle<anyhow::Result<()>>>,
    readers: Vec<JoinHandle<anyhow::Result<Reads>>>,
}

/// How the readers fared.
#[derive(Debug, Default, Clone, Copy)]
pub struct Reads {
    pub answered: usize,
    /// 503 with `Retry-After`.
    pub refused: usize,
    /// Nobody took the question, or its taker died.
    pub unanswered: usize,
}

/// What the clients know once they have stopped.
#[derive(Debug)]
pub struct Outcome {
    ledger: BTreeMap<Uuid, Acknowledged>,
    pub reads: Reads,
}

impl Load {
    /// Lets the clients begin, all as the scene's first annotator.
    pub fn start(scene: &Scene, addresses: Addresses) -> Self {
        let (addresses, stop) = (watch::Sender::new(addresses), watch::Sender::new(false));
        let ledger = Ledger::default();
        let client = |n: usize| Client {
            n,
            tries: n,
            person: scene.project.annotators[0].clone(),
            project: scene.project.path(""),
            addresses: addresses.subscribe(),
            stop: stop.subscribe(),
            ledger: Arc::clone(&ledger),
        };
        let writers = (0..WRITERS).map(|n| tokio::spawn(client(n).write(scene.accusation())));
        let readers = (0..READERS).map(|n| tokio::spawn(client(n).read()));
        Self { writers: writers.collect(), readers: readers.collect(), addresses, stop, ledger }
    }

    /// Tells the clients that the system is elsewhere.
    pub fn moved(&self, addresses: Addresses) {
        self.addresses.send_replace(addresses);
    }

    /// Lets the clients end: none waits for an answer that does not come.
    pub async fn stop(self) -> anyhow::Result<Outcome> {
        self.stop.send_replace(true);
        for writer in self.writers {
            writer.await??;
        }
        let mut reads = Reads::default();
        for reader in self.readers {
            let more = reader.await??;
            reads.answered += more.answered;
            reads.refused += more.refused;
            reads.unanswered += more.unanswered;
        }
        let ledger = self.ledger.lock().map(|ledger| ledger.clone()).unwrap_or_default();
        Ok(Outcome { ledger, reads })
    }
}

/// One of the clients.
struct Client {
    n: usize,
    tries: usize,
    person: Person,
    project: String,
    addresses: watch::Receiver<Addresses>,
    stop: watch::Receiver<bool>,
    ledger: Ledger,
}

impl Client {
    fn is_over(&self) -> bool {
        *self.stop.borrow()
    }

    /// The person at the address that is next.
    fn here(&self) -> Person {
        let addresses = self.addresses.borrow();
        let one = |list: &[String]| list.get(self.tries % list.len().max(1)).cloned().unwrap_or_default();
        self.person.moved(&one(&addresses.writes)).reading_at(&one(&addresses.reads))
    }

    /// Writes one thing after the other, each until it is acknowledged.
    async fn write(mut self, accusation: Value) -> anyhow::Result<()> {
        let (mut incident, mut readings) = (None, 0);
        for n in 0.. {
            let (collection, body, about) = if n % READING_EVERY == 1 {
                if readings == READINGS_MAX {
                    (incident, readings) = (None, 0);
                }
                let Some(about) = incident else {
                    let body = json!({"title": format!("Incident {}/{n}", self.n), "when": "2021-05-04"});
                    incident = self.create("incidents", &body, None).await?;
                    continue;
                };
                readings += 1;
                let mut body = accusation.clone();
                body["proposition"]["incident"] = json!(about);
                ("readings", body, Some(about))
            } else {
                let body = json!({"name": format!("Brigade {}/{n}", self.n), "kind": "organisation"});
                ("actors", body, None)
            };
            if self.create(collection, &body, about).await?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Creates something, with the same key until it is acknowledged; nothing once all is over.
    async fn create(
        &mut self,
        collection: &'static str,
        body: &Value,
        incident: Option<Uuid>,
    ) -> anyhow::Result<Option<Uuid>> {
        let (key, path) = (Uuid::new_v4(), format!("{}{collection}", self.project));
        while !self.is_over() {
            match self.here().post_as(key, &path, body).await {
                Ok(answer) if answer.status.as_u16() == 201 => {
                    let (id, position) = (answer.id().parse()?, answer.sequence());
                    let mut ledger = self.ledger.lock().map_err(|_| anyhow::anyhow!("a client panicked"))?;
                    let before = ledger.insert(id, Acknowledged { position, collection, incident });
                    ensure!(before.is_none(), "{id} was given twice");
                    return Ok(Some(id));
                }
                Ok(answer) => may_come_again(&answer)?,
                Err(_nobody) => self.tries += 1,
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(None)
    }

    /// Reads what was acknowledged, which must be there as of its position.
    async fn read(mut self) -> anyhow::Result<Reads> {
        let mut reads = Reads::default();
        for n in 0_usize.. {
            if self.is_over() {
                break;
            }
            let Some((id, known)) = self.some(n)? else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let wait = format!("at_least={}&wait_ms=2000", known.position);
            let path = match known.incident {
                Some(incident) => format!("{}incidents/{incident}/board?{wait}", self.project),
                None => format!("{}{}/{id}?{wait}", self.project, known.collection),
            };
            match self.here().get(&path).await {
                Ok(answer) if answer.status.as_u16() == 200 => {
                    let as_of: u64 = answer.header("gainsay-as-of").context("a position")?.parse()?;
                    ensure!(as_of >= known.position, "{path}: an answer as of {as_of}");
                    ensure!(answer.text.contains(&id.to_string()), "{path}: {id} is missing from {}", answer.text);
                    reads.answered += 1;
                }
                Ok(answer) => {
                    may_come_again(&answer).with_context(|| path.clone())?;
                    reads.refused += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(_nobody) => {
                    self.tries += 1;
                    reads.unanswered += 1;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        Ok(reads)
    }

    /// Something that was acknowledged: readings and other things in turn.
    fn some(&self, n: usize) -> anyhow::Result<Option<(Uuid, Acknowledged)>> {
        let ledger = self.ledger.lock().map_err(|_| anyhow::anyhow!("a client panicked"))?;
        let is_wanted = |known: &Acknowledged| known.incident.is_some() == n.is_multiple_of(2);
        let found = ledger.range(Uuid::new_v4()..).chain(ledger.iter()).find(|(_, known)| is_wanted(known));
        Ok(found.map(|(id, known)| (*id, *known)))
    }
}

/// Whether an answer that is no success is one that a client may get when something is down or full.
fn may_come_again(answer: &Answer) -> anyhow::Result<()> {
    let may = [503, 507].contains(&answer.status.as_u16()) && answer.header("retry-after").is_some();
    ensure!(may, "{} without its Retry-After: {}", answer.status, answer.text);
    Ok(())
}

impl Outcome {
    /// The last position that was acknowledged.
    pub fn last(&self) -> u64 {
        self.ledger.values().map(|known| known.position).max().unwrap_or_default()
    }

    /// Reads the whole log and checks it: each acknowledged creation stands there once and at its position, and no command
    /// had two effects. Gives the records, as the query service at `reads` tells them.
    pub async fn check(&self, project: &Project, reads: &str) -> anyhow::Result<Vec<Value>> {
        ensure!(!self.ledger.is_empty(), "nothing was acknowledged");
        let records = history::records_until(project, reads, self.last()).await?;
        history::check(&records)?;
        let mut stored: BTreeMap<Uuid, Vec<u64>> = BTreeMap::new();
        let mut names = BTreeSet::new();
        for record in &records {
            let id = record["id"].as_str().context("an id")?.parse()?;
            stored.entry(id).or_default().push(record["position"].as_u64().context("a position")?);
            for event in record["events"].as_array().into_iter().flatten() {
                if event["type"] == "ActorNameAsserted" {
                    ensure!(names.insert(event["name"].to_string()), "a command had two effects: {event}");
                }
            }
        }
        for (id, Acknowledged { position, .. }) in &self.ledger {
            let found = stored.get(id);
            ensure!(found == Some(&vec![*position]), "{id}: acknowledged at {position}, stored at {found:?}");
        }
        Ok(records)
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Reads { answered, refused, unanswered } = self.reads;
        let written = self.ledger.len();
        write!(
            f,
            "{WRITERS} writers: {written} acknowledged, {READERS} readers: {answered} answered, {refused} refused"
        )?;
        write!(f, " with Retry-After, {unanswered} unanswered")
    }
}
