//! The stream behind the log: its configuration, its state, and whether its server is safe.
//!
//! Nothing in a log may ever be dropped or replaced, so every limit is off, deletes and purges
//! are denied and roll-ups are not allowed. The configuration is written when the stream is made
//! and compared, field by field, whenever a process connects.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use async_nats::jetstream::stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType};
use futures::future::join_all;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::api::Api;
use crate::{Error, Settings};

/// Key in the stream's metadata that holds the log's UUID.
const LOG_ID: &str = "gainsay_log_id";
/// Key in the stream's metadata that holds the last position of an archive, while the log is restored from it.
const IMPORTING: &str = "gainsay_importing";
/// A monitoring endpoint that takes longer is as good as none.
const MONITOR_TIMEOUT: Duration = Duration::from_secs(5);
/// JetStream's error for a stream that does not exist.
const STREAM_NOT_FOUND: u64 = 10059;
/// JetStream's error for a stream that exists with another configuration.
pub(crate) const STREAM_NAME_IN_USE: u64 = 10058;
/// JetStream's error of a cluster that has too few peers for the copies that are asked for, so far.
const NO_PEERS: u64 = 10005;
/// Copies in a cluster from which on the log outlives any one node.
const REPLICAS_SAFE: usize = 3;

/// What `STREAM.INFO` and `STREAM.CREATE` answer, as far as the log reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Info {
    config: Config,
    pub state: State,
    ts: String,
    cluster: Option<Cluster>,
}

/// Positions of the stream.
#[derive(Debug, Deserialize)]
pub(crate) struct State {
    pub messages: u64,
    pub first_seq: u64,
    pub last_seq: u64,
    pub bytes: u64,
}

#[derive(Debug, Deserialize)]
struct Cluster {
    /// Absent on a server that stands alone.
    name: Option<String>,
    /// Name of the node that leads the stream.
    leader: Option<String>,
    /// The other nodes that keep a copy.
    #[serde(default)]
    replicas: Vec<Peer>,
}

#[derive(Debug, Deserialize)]
struct Peer {
    name: String,
}

impl Info {
    /// Names of the nodes that keep the stream; `None` when its server stands alone.
    fn nodes(&self) -> Option<Vec<String>> {
        let cluster = self.cluster.as_ref().filter(|cluster| cluster.name.is_some())?;
        let others = cluster.replicas.iter().map(|peer| &peer.name);
        Some(cluster.leader.iter().chain(others).cloned().collect())
    }

    /// The server's clock when it answered.
    pub fn server_time(&self) -> Option<SystemTime> {
        OffsetDateTime::parse(&self.ts, &Rfc3339).ok().map(SystemTime::from)
    }
}

/// Reads the state of a stream.
pub(crate) async fn info(api: &Api, stream: &str) -> Result<Info, Error> {
    api.request("read the state of the log", &format!("$JS.API.STREAM.INFO.{stream}"), &()).await
}

/// Whether JetStream may only need a moment.
pub(crate) fn may_become_ready(error: &Error) -> bool {
    error.is_transient() || error.code() == Some(NO_PEERS)
}

/// What a log is opened for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Opening {
    /// To be read and appended to.
    Use,
    /// To be restored from an archive.
    Import {
        /// The archive's log.
        log: Uuid,
        /// The archive's first position.
        first: u64,
        /// The archive's last position.
        last: u64,
    },
}

impl Opening {
    /// Refuses an archive that begins only after what would have to be imported first.
    fn goes_on_from(&self, last: u64) -> Result<(), Error> {
        match *self {
            Self::Import { first, .. } if last + 1 < first => Err(Error::Behind { first, last }),
            Self::Use | Self::Import { .. } => Ok(()),
        }
    }
}

/// Finds the stream of the log or makes it, checks it, and tells the log's UUID; to be restored, that of the archive.
pub(crate) async fn open(api: &Api, settings: &Settings, opening: &Opening) -> Result<Uuid, Error> {
    let stream = wire::subject::stream(settings.log);
    let found = match info(api, &stream).await {
        Err(error) if error.code() == Some(STREAM_NOT_FOUND) => {
            opening.goes_on_from(0)?;
            create(api, settings, &stream).await?
        }
        other => other?,
    };
    check(&found.config, &config(settings, &stream, HashMap::new()))?;
    if !settings.allow_unsafe_log {
        check_durability(api, settings, &found).await?;
    }
    let told = |key| found.config.metadata.get(key);
    let id = told(LOG_ID).and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(|| Error::Configuration {
        stream: stream.clone(),
        field: "metadata.gainsay_log_id",
        expected: "a UUID".to_owned(),
        found: format!("{:?}", told(LOG_ID)),
    })?;
    let importing = told(IMPORTING).map(|last| last.parse().unwrap_or(u64::MAX));
    match *opening {
        Opening::Use => importing.map_or(Ok(id), |last| Err(Error::Importing { last })),
        Opening::Import { log, first, last } => {
            let end = found.state.last_seq;
            opening.goes_on_from(end)?;
            // An archive may go on where a log ends; one that is there already is compared, and nothing else.
            let may_begin = end == 0 || (id == log && (importing.is_some() || end == last || end + 1 == first));
            if may_begin { Ok(log) } else { Err(Error::Taken { log: id, last: end }) }
        }
    }
}

/// What a stream's metadata was before an import changed it.
pub(crate) struct Unmarked(HashMap<String, String>);

/// Gives the log the id of an archive, and keeps everything but an import from opening it.
pub(crate) async fn begin_import(api: &Api, stream: &str, log: Uuid, last: u64) -> Result<Unmarked, Error> {
    let Info { config, .. } = info(api, stream).await?;
    let before = Unmarked(config.metadata.clone());
    let mut metadata = config.metadata.clone();
    metadata.extend([(LOG_ID.to_owned(), log.to_string()), (IMPORTING.to_owned(), last.to_string())]);
    update(api, Config { metadata, ..config }).await?;
    Ok(before)
}

/// Makes a log what it was before an import that wrote nothing to it.
pub(crate) async fn take_back_import(api: &Api, stream: &str, before: Unmarked) -> Result<(), Error> {
    let Info { config, .. } = info(api, stream).await?;
    update(api, Config { metadata: before.0, ..config }).await
}

/// Lets a log that was restored be used.
pub(crate) async fn end_import(api: &Api, stream: &str) -> Result<(), Error> {
    let Info { mut config, .. } = info(api, stream).await?;
    match config.metadata.remove(IMPORTING) {
        Some(_) => update(api, config).await,
        None => Ok(()),
    }
}

async fn update(api: &Api, config: Config) -> Result<(), Error> {
    let subject = format!("$JS.API.STREAM.UPDATE.{}", config.name);
    api.request::<Info>("note the import in the stream of the log", &subject, &config).await.map(drop)
}

async fn create(api: &Api, settings: &Settings, stream: &str) -> Result<Info, Error> {
    let metadata = HashMap::from([(LOG_ID.to_owned(), Uuid::new_v4().to_string())]);
    let config = config(settings, stream, metadata);
    let subject = format!("$JS.API.STREAM.CREATE.{stream}");
    match api.request::<Info>("create the stream of the log", &subject, &config).await {
        // Another process was faster, and its log id counts.
        Err(error) if error.code() == Some(STREAM_NAME_IN_USE) => info(api, stream).await,
        other => other,
    }
}

fn config(settings: &Settings, stream: &str, metadata: HashMap<String, String>) -> Config {
    Config {
        name: stream.to_owned(),
        description: Some("gainsay: the record of everything".to_owned()),
        subjects: vec![wire::subject::filter(settings.log)],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        max_bytes: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_message_size: -1,
        max_consumers: -1,
        max_age: Duration::ZERO,
        storage: StorageType::File,
        num_replicas: settings.replicas,
        duplicate_window: settings.duplicate_window,
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        allow_atomic_publish: true,
        metadata,
        ..Config::default()
    }
}

/// Compares what is with what must be. The duplicate window may differ: the log does not rely on it.
fn check(found: &Config, wanted: &Config) -> Result<(), Error> {
    let same = Comparison { stream: &wanted.name };
    same.field("subjects", &found.subjects, &wanted.subjects)?;
    same.field("retention", &found.retention, &wanted.retention)?;
    same.field("discard", &found.discard, &wanted.discard)?;
    same.field("storage", &found.storage, &wanted.storage)?;
    same.field("num_replicas", &found.num_replicas, &wanted.num_replicas)?;
    same.field("max_bytes", &unlimited(found.max_bytes), &-1)?;
    same.field("max_msgs", &unlimited(found.max_messages), &-1)?;
    same.field("max_msgs_per_subject", &unlimited(found.max_messages_per_subject), &-1)?;
    same.field("max_msg_size", &unlimited(i64::from(found.max_message_size)), &-1)?;
    same.field("max_age", &found.max_age, &Duration::ZERO)?;
    same.field("deny_delete", &found.deny_delete, &true)?;
    same.field("deny_purge", &found.deny_purge, &true)?;
    same.field("allow_rollup_hdrs", &found.allow_rollup, &false)?;
    same.field("allow_direct", &found.allow_direct, &true)?;
    same.field("allow_atomic", &found.allow_atomic_publish, &true)?;
    same.field("allow_msg_ttl", &found.allow_message_ttl, &false)?;
    same.field("allow_msg_counter", &found.allow_message_counter, &false)?;
    same.field("allow_msg_schedules", &found.allow_message_schedules, &false)?;
    same.field("no_ack", &found.no_ack, &false)?;
    same.field("sealed", &found.sealed, &false)?;
    same.field("mirror", &found.mirror.is_some(), &false)?;
    same.field("sources", &found.sources.is_some(), &false)?;
    same.field("subject_transform", &found.subject_transform.is_some(), &false)?;
    // Asynchronous persistence acknowledges before the write.
    same.field("persist_mode", &matches!(found.persist_mode, Some(PersistenceMode::Async)), &false)
}

/// The server writes "no limit" as 0 or as -1, by field and version.
fn unlimited(limit: i64) -> i64 {
    if limit <= 0 { -1 } else { limit }
}

struct Comparison<'a> {
    stream: &'a str,
}

impl Comparison<'_> {
    fn field<T: PartialEq + Debug>(&self, field: &'static str, found: &T, expected: &T) -> Result<(), Error> {
        if found == expected {
            return Ok(());
        }
        Err(Error::Configuration {
            stream: self.stream.to_owned(),
            field,
            expected: format!("{expected:?}"),
            found: format!("{found:?}"),
        })
    }
}

/// What `/varz` answers, as far as durability is concerned.
#[derive(Debug, Deserialize)]
struct Monitor {
    server_id: String,
    server_name: String,
    #[serde(default)]
    jetstream: MonitorJetStream,
}

#[derive(Debug, Default, Deserialize)]
struct MonitorJetStream {
    config: Option<MonitorConfig>,
}

#[derive(Debug, Deserialize)]
struct MonitorConfig {
    /// Absent when false.
    #[serde(default)]
    sync_always: bool,
}

impl Monitor {
    fn writes_through(&self) -> bool {
        self.jetstream.config.as_ref().is_some_and(|config| config.sync_always)
    }
}

/// Refuses a log whose acknowledged records a power loss may take.
///
/// A server must write through before it acknowledges. A client sees that only on the monitoring
/// endpoint, since the JetStream API has no answer that tells it. Three copies are no substitute:
/// an acknowledgement needs two, and when one of these forgets the record in a power loss, it and
/// the third elect a leader that never had it. So no node may be seen that does not write through.
///
/// A node that does not answer takes part in no acknowledgement. As long as the majority is seen,
/// it is a warning, or no process could start while one node is repaired.
async fn check_durability(api: &Api, settings: &Settings, info: &Info) -> Result<(), Error> {
    let refuse = |reason: String| Err(Error::Unsafe { reason });
    let (keepers, identify): (Vec<String>, fn(Monitor) -> String) = match info.nodes() {
        Some(_) if settings.replicas < REPLICAS_SAFE => {
            return refuse(format!("the stream has {} copies in a cluster, not {REPLICAS_SAFE}", settings.replicas));
        }
        Some(nodes) => (nodes, |monitor| monitor.server_name),
        None => (vec![api.server_id()], |monitor| monitor.server_id),
    };
    let Some(urls) = &settings.monitor_url else {
        return refuse("there is no monitoring endpoint to observe whether the server writes through".to_owned());
    };
    let mut seen = HashSet::new();
    let mut others = Vec::new();
    for (url, answer) in join_all(urls.split(',').map(str::trim).map(read_monitor)).await {
        match answer {
            Ok(monitor) if !monitor.writes_through() => {
                return refuse(format!("the server of {url} acknowledges before it writes through"));
            }
            Ok(monitor) => {
                let name = identify(monitor);
                if keepers.contains(&name) {
                    seen.insert(name);
                } else {
                    others.push(format!("; the monitoring endpoint {url} is that of another server"));
                }
            }
            Err(error) => others.push(format!("; the monitoring endpoint {url} does not tell: {error}")),
        }
    }
    if seen.len() * 2 <= keepers.len() {
        return refuse(format!(
            "of {} servers that keep it, {} were seen to write through{}",
            keepers.len(),
            seen.len(),
            others.concat()
        ));
    }
    for node in keepers.iter().filter(|node| !seen.contains(*node)) {
        tracing::warn!(nats.server = %node, "a server that keeps the log was not seen to write through");
    }
    Ok(())
}

async fn read_monitor(url: &str) -> (&str, Result<Monitor, reqwest::Error>) {
    let read = async {
        let client = reqwest::Client::builder().timeout(MONITOR_TIMEOUT).no_proxy().build()?;
        client.get(format!("{}/varz", url.trim_end_matches('/'))).send().await?.error_for_status()?.json().await
    };
    (url, read.await)
}

/// Refuses a bucket that is kept in another number of copies than the log.
///
/// Buckets are made with as many as the log, but only the log's stream may have been given more
/// since then, and a bucket on one node is away when that node is.
pub(crate) async fn check_copies(api: &Api, stream: &str, replicas: usize) -> Result<(), Error> {
    let found = info(api, stream).await?;
    Comparison { stream }.field("num_replicas", &found.config.num_replicas, &replicas)
}

#[cfg(test)]
mod tests;
