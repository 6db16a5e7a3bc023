//! Restoring a log from an archive.
//!
//! Nothing is written before the log was compared with the archive, and the archive's records were found to follow from those of
//! the log. Then the stream gets the archive's log id and a mark that an import is under way, which is removed in the end, or
//! when no record was sent. While it is there nothing else opens the log, so that no record is ever decided on half of it.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::{mpsc, watch};
use wire::record;
use wire::subject::Address;

use super::check::as_in_log;
use super::manifest::{Manifest, Reached};
use super::part::Entry;
use super::{Error, read};
use crate::append::{ACK_TIMEOUT, AppendError};
use crate::stream::{self, Opening};
use crate::texts::{Key, SALT_LEN};
use crate::verify::chain::Chains;
use crate::verify::{Options, Progress, What};
use crate::{EventLog, Inner, Settings, load};

/// Records that are sent ahead of their acknowledgements: throughput with write-through is flat from 64 on.
const IN_FLIGHT_LEN: usize = 256;
/// Bytes that are sent ahead, which a server that does not read holds up in this process.
const IN_FLIGHT_BYTES: usize = 8 * 1024 * 1024;
/// Texts that are put at the same time.
const TEXTS_IN_FLIGHT: usize = 4;
/// Bytes of texts that were read and are not put yet: two of the largest that ingest takes. An import runs in a container of
/// 512 MiB.
const TEXTS_BYTES: u32 = 32 * 1024 * 1024;
/// How often it is tried to go on without any record being appended.
const TRIES_MAX: u32 = 10;
/// Pause before it is tried to go on.
const PAUSE: Duration = Duration::from_secs(1);
/// Records between two calls of the progress callback.
const PROGRESS_EVERY: u64 = 100;

/// What an import gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Records that were appended; fewer than the archive has where an import that broke off went on.
    pub records: u64,
    /// Texts of the archive, those that were there included.
    pub texts: u64,
    /// The last position of the log, which is that of the archive.
    pub last: u64,
}

impl EventLog {
    /// Connects to a log that is to be restored from an archive with this manifest, and makes its stream.
    ///
    /// Refuses a log that has records, but for one whose import broke off, one that has all of the archive, and one that ends
    /// where the archive begins.
    pub async fn connect_to_import(settings: &Settings, manifest: &Manifest) -> Result<Self, crate::Error> {
        let Manifest { log, first, last, .. } = *manifest;
        Self::connect_as(settings, &Opening::Import { log, first, last }).await
    }

    /// Restores the log from an archive that was [checked](fn@super::check): texts first, then the records in order, each on the
    /// condition that the one before it is the newest. In the end all is read back and compared.
    ///
    /// What the log has must be the archive's, or what the archive goes on from. An import that broke off goes on where the
    /// log ends when it is repeated.
    pub async fn import(
        &self,
        folder: &Path,
        manifest: &Manifest,
        mut progress: impl FnMut(Progress),
    ) -> Result<Imported, Error> {
        let begun = self.head().await?.last;
        let (reached, chains) = self.compare(folder, manifest, begun).await?;
        self.follows(folder, manifest, begun, reached, chains).await?;
        let Inner { api, stream, .. } = &*self.inner;
        // A log that has all of it may be in use. The id of an empty one is another still.
        let unmarked = if begun < manifest.last || begun == 0 {
            Some(stream::begin_import(api, stream, manifest.log, manifest.last).await?)
        } else {
            None
        };
        let mut sent = false;
        let texts = match self.restore(folder, manifest, begun, &mut sent, &mut progress).await {
            Ok(texts) => texts,
            Err(error) => {
                if let Some(unmarked) = unmarked.filter(|_| !sent)
                    && let Err(error) = stream::take_back_import(api, stream, unmarked).await
                {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "nothing was imported, and the log stays closed until an import of it has ended"
                    );
                }
                return Err(error);
            }
        };
        let reached = self.compare(folder, manifest, manifest.last).await.map_err(too_late)?.0;
        if reached.head() != manifest.head {
            return Err(Error::Damaged("the head of the log's tree is not that of the archive".to_owned()));
        }
        stream::end_import(api, stream).await?;
        Ok(Imported { records: manifest.last - begun.min(manifest.last), texts, last: manifest.last })
    }

    /// Reads the log up to a position, and finds there what the archive has, or goes on from; each record must follow from
    /// those before.
    async fn compare(&self, folder: &Path, manifest: &Manifest, last: u64) -> Result<(Reached, Chains), Error> {
        if last > manifest.last {
            return Err(Error::Refused(format!(
                "the log ends at position {last}, beyond the archive's last, {}",
                manifest.last
            )));
        }
        let mut reached = Reached::start();
        let mut chains = Chains::new(self.log(), manifest.log, &Options::default());
        let mut archived = read::of_archive(folder, manifest, manifest.first);
        let mut records = read::of_log(self, 1, last);
        while let Some(entry) = records.next().await? {
            let position = entry.position;
            reached.push(&entry.payload);
            let differs = if position < manifest.first {
                position == manifest.before.size && reached.head() != manifest.before
            } else {
                let Some(archived) = archived.recv().await.transpose()? else { break };
                archived.position != position || archived.bytes != entry.payload
            };
            if differs {
                return Err(Error::Refused(format!(
                    "position {position} of the log is not that of the archive: it is another log, or was written to"
                )));
            }
            if let Some(what) = fault(&mut chains, &entry) {
                return Err(Error::Damaged(format!(
                    "position {position} of the log {what}; `gainsay verify` says more"
                )));
            }
        }
        Ok((reached, chains))
    }

    /// Finds that what the log does not have yet follows from what it has: of an archive that goes on from another, its own
    /// records do not tell.
    async fn follows(
        &self,
        folder: &Path,
        manifest: &Manifest,
        last: u64,
        mut reached: Reached,
        mut chains: Chains,
    ) -> Result<(), Error> {
        let mut archived = read::of_archive(folder, manifest, last + 1);
        while let Some(entry) = archived.recv().await.transpose()? {
            let position = entry.position;
            reached.push(&entry.bytes);
            let what = match as_in_log(entry, self.log(), manifest.log) {
                Ok(entry) => fault(&mut chains, &entry),
                Err(what) => Some(what),
            };
            if let Some(what) = what {
                return Err(Error::Refused(format!(
                    "the archive does not go on from the log: position {position} {what}"
                )));
            }
        }
        if reached.head() != manifest.head {
            return Err(Error::Refused(
                "the archive's records do not give the head that its manifest names".to_owned(),
            ));
        }
        Ok(())
    }

    /// Puts what the log does not have yet into it. Says whether any record was sent before it comes to an end.
    async fn restore(
        &self,
        folder: &Path,
        manifest: &Manifest,
        begun: u64,
        sent: &mut bool,
        progress: &mut impl FnMut(Progress),
    ) -> Result<u64, Error> {
        // Until the log was marked, others could open it.
        let last = self.head().await?.last;
        if last != begun {
            return Err(Error::Refused(format!("the log was written to meanwhile, and ends at position {last}")));
        }
        let texts = self.put_texts(folder, manifest, progress).await?;
        self.append_records(folder, manifest, begun, sent, progress).await?;
        Ok(texts)
    }

    async fn put_texts(
        &self,
        folder: &Path,
        manifest: &Manifest,
        progress: &mut impl FnMut(Progress),
    ) -> Result<u64, Error> {
        let total = manifest.texts.parts.iter().map(|part| part.entries).sum();
        let texts = self.texts().await?;
        let archived = read::texts_of_archive(folder, manifest, TEXTS_BYTES);
        let archived = futures::stream::unfold(archived, async |mut archived| {
            let entry = archived.recv().await?;
            Some((entry, archived))
        });
        let put = archived.map_ok(|text| {
            let texts = &texts;
            async move {
                let (key, salt) = name(&text.entry)?;
                Ok(texts.put(&key, &salt, &text.entry.bytes).await?)
            }
        });
        let mut put = put.try_buffer_unordered(TEXTS_IN_FLIGHT).boxed();
        let mut read = 0;
        while let Some(()) = put.try_next().await? {
            read += 1;
            progress(Progress::Texts { read, total });
        }
        Ok(read)
    }

    /// Appends what the log does not have yet. After any doubt the log is asked where it ends.
    async fn append_records(
        &self,
        folder: &Path,
        manifest: &Manifest,
        begun: u64,
        sent: &mut bool,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), Error> {
        let (mut last, mut tries) = (begun, 0);
        while last < manifest.last {
            let mut archived = read::of_archive(folder, manifest, last + 1);
            let mut sender = Sender::open(self, last).await?;
            let outcome = sender.send_all(&mut archived, manifest.last, progress).await;
            *sent |= sender.acknowledged > last || !sender.in_flight.is_empty();
            let Err(error) = outcome else { break };
            let position = sender.acknowledged + 1;
            tries = if sender.acknowledged > last { 0 } else { tries + 1 };
            let error = match error {
                Stopped::Archive(error) => return Err(error),
                Stopped::Append(error) => error,
            };
            let is_final = matches!(
                error,
                AppendError::Full(_) | AppendError::TooLarge | AppendError::ClockSkew(_) | AppendError::Damaged(_)
            );
            if is_final || tries == TRIES_MAX {
                return Err(Error::append(position, error));
            }
            tracing::warn!(
                position,
                error = &error as &dyn std::error::Error,
                "reading where the log ends, to go on there"
            );
            tokio::time::sleep(PAUSE).await;
            last = self.ends_within(folder, manifest).await?;
        }
        Ok(())
    }

    /// Where the log ends, once it answers; its last record must be the archive's.
    async fn ends_within(&self, folder: &Path, manifest: &Manifest) -> Result<u64, Error> {
        let mut tries = 0;
        let last = loop {
            match self.head().await {
                Ok(head) => break head.last,
                Err(error) if !error.is_transient() || tries == TRIES_MAX => return Err(error.into()),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(PAUSE).await;
        };
        if last >= manifest.first {
            let archived = read::of_archive(folder, manifest, last).recv().await.transpose()?;
            let stored = self.read(last).await?;
            if stored.map(|entry| entry.payload) != archived.map(|entry| entry.bytes) {
                return Err(Error::Damaged(format!(
                    "position {last} of the log is not that of the archive: somebody else wrote to it meanwhile"
                )));
            }
        }
        Ok(last)
    }
}

/// What is wrong with the next record, if anything is.
fn fault(chains: &mut Chains, entry: &load::Entry) -> Option<What> {
    let mut found = None;
    chains.check(entry, |_address, what| found = found.take().or(Some(what)));
    found
}

/// A refusal after records were appended is none.
fn too_late(error: Error) -> Error {
    match error {
        Error::Refused(detail) => Error::Damaged(detail),
        other => other,
    }
}

/// The key of a text's entry.
fn name(entry: &Entry) -> Result<(Key, [u8; SALT_LEN]), Error> {
    let name = entry.name.split_last_chunk();
    let name = name.and_then(|(key, salt)| Some((Key::parse(std::str::from_utf8(key).ok()?)?, *salt)));
    name.ok_or_else(|| Error::Damaged(format!("the text of position {} has no name", entry.position)))
}

/// Why no more was sent.
enum Stopped {
    Archive(Error),
    Append(AppendError),
}

impl From<AppendError> for Stopped {
    fn from(error: AppendError) -> Self {
        Self::Append(error)
    }
}

/// Sends records in order, some ahead of their acknowledgements, which come in the same order.
struct Sender<'a> {
    log: &'a EventLog,
    acks: Subscriber,
    inbox: String,
    disconnects: watch::Receiver<u64>,
    /// The last position that the log acknowledged.
    acknowledged: u64,
    /// The lengths of what was sent since then.
    in_flight: VecDeque<usize>,
    in_flight_bytes: usize,
}

impl<'a> Sender<'a> {
    /// Sends after this position.
    async fn open(log: &'a EventLog, last: u64) -> Result<Self, Error> {
        let client = log.inner.api.client();
        let inbox = client.new_inbox();
        let mut disconnects = log.inner.disconnects.clone();
        disconnects.mark_unchanged();
        let acks = client.subscribe(inbox.clone()).await;
        let acks = acks.map_err(|error| crate::Error::unavailable("append to the log", error))?;
        let in_flight = VecDeque::with_capacity(IN_FLIGHT_LEN);
        Ok(Self { log, acks, inbox, disconnects, acknowledged: last, in_flight, in_flight_bytes: 0 })
    }

    async fn send_all(
        &mut self,
        archived: &mut mpsc::Receiver<Result<Entry, Error>>,
        goal: u64,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), Stopped> {
        self.log.check_ready()?;
        while let Some(entry) = archived.recv().await.transpose().map_err(Stopped::Archive)? {
            self.send(entry).await?;
            while self.in_flight.len() >= IN_FLIGHT_LEN || self.in_flight_bytes >= IN_FLIGHT_BYTES {
                self.hear(goal, progress).await?;
            }
        }
        while !self.in_flight.is_empty() {
            self.hear(goal, progress).await?;
        }
        Ok(())
    }

    async fn send(&mut self, entry: Entry) -> Result<(), Stopped> {
        let damaged = |error: record::Error| {
            Stopped::Archive(Error::Damaged(format!("position {} is no record: {error}", entry.position)))
        };
        let record = record::decode(&entry.bytes).map_err(damaged)?;
        let address: Address = record::address(&record.envelope);
        let len = entry.bytes.len();
        // The headers are a copy for other tools, made of the record as they were at first, without what its request was traced by.
        let headers = record.headers(None);
        self.log.publish_in_order(&address, &headers, entry.position - 1, self.inbox.clone(), entry.bytes).await?;
        self.in_flight.push_back(len);
        self.in_flight_bytes += len;
        Ok(())
    }

    /// Waits for the next acknowledgement.
    async fn hear(&mut self, goal: u64, progress: &mut impl FnMut(Progress)) -> Result<(), Stopped> {
        let due = self.acknowledged + 1;
        let uncertain = |reason: &str| Err(Stopped::Append(AppendError::Uncertain(reason.into())));
        let ack: Message = tokio::select! {
            ack = self.acks.next() => match ack {
                Some(ack) => ack,
                None => return uncertain("the connection is closed"),
            },
            _ = self.disconnects.changed() => return uncertain("the connection was lost"),
            () = tokio::time::sleep(ACK_TIMEOUT) => return uncertain("no acknowledgement in time"),
        };
        let position = self.log.acknowledged(&ack)?;
        if position != due {
            return uncertain("another position was acknowledged than the one that was due");
        }
        self.acknowledged = position;
        self.in_flight_bytes -= self.in_flight.pop_front().unwrap_or_default();
        if position.is_multiple_of(PROGRESS_EVERY) || position == goal {
            progress(Progress::Records { read: position, total: goal });
        }
        Ok(())
    }
}
