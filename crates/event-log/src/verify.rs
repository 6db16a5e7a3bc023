//! Proof of a log: everything is read, and every record must follow from the one before it.
//!
//! A server can call itself healthy, acknowledge, and yet have lost or changed what it holds. So
//! nothing that it says about itself counts here: positions must be contiguous, each record must
//! be of this log and at its own address, and each must carry the digest of its aggregate's
//! record before. Who changes a record and all that follow from it leaves nothing of that amiss; against an earlier head
//! of the log's Merkle tree it shows. Batches must be whole. With texts, each record's text must be there and have the digest that the
//! record says, and a text without a record is an orphan of a crash.

pub(crate) mod chain;

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;
use wire::record::TextRef;
use wire::subject::Address;
use wire::tree;

use self::chain::{Chains, NamedTexts};
use crate::texts::{Found, Key, Object, Texts};
use crate::{Error, EventLog, Head};

/// Faults that a report lists; beyond it they are only counted. A log with more is read no better.
const FAULTS_MAX: usize = 1000;
/// Texts that are read at the same time.
const TEXTS_IN_FLIGHT: usize = 8;
/// Records between two calls of the progress callback.
const PROGRESS_EVERY: u64 = 1000;

/// What to verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Read the texts too, each against its record.
    pub texts: bool,
    /// Remove orphans, when the log itself is whole.
    pub remove_orphans: bool,
    /// A text younger than this is no orphan yet: its record may be on the way.
    pub orphan_age: Duration,
    /// A read that gives nothing for this long has failed.
    pub stall: Duration,
    /// What was once read from the log, by whoever reads it all: the log must still hold that.
    pub known: Option<Known>,
    /// An earlier head, kept by whoever asks: the log must have begun with what it had then.
    pub since: Option<tree::Head>,
}

/// What was once read from a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The newest position that was read.
    pub position: u64,
    /// [`record::accumulate`](wire::record::accumulate) over all payloads up to there.
    pub checksum: [u8; 32],
}

impl Default for Options {
    fn default() -> Self {
        Self {
            texts: false,
            remove_orphans: false,
            orphan_age: Duration::from_hours(1),
            // A server that finds nothing at a position is silent; one that answers does so in milliseconds.
            stall: Duration::from_secs(10),
            known: None,
            since: None,
        }
    }
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Records are being read.
    Records {
        /// Read so far.
        read: u64,
        /// To be read.
        total: u64,
    },
    /// Texts are being read.
    Texts {
        /// Read so far.
        read: u64,
        /// To be read.
        total: u64,
    },
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// UUID of the log.
    pub log_id: Uuid,
    /// Where the log began and ended when the verification started.
    pub head: Head,
    /// Records that were read.
    pub records: u64,
    /// Aggregates among them.
    pub aggregates: u64,
    /// What the log amounts to; none where a record is missing or could not be read.
    pub tree: Option<tree::Head>,
    /// The first position that could not be read or proved.
    pub unproven: Option<u64>,
    /// The faults, in the order of the log, the first thousand of them.
    pub faults: Vec<Fault>,
    /// Number of all faults.
    pub faults_total: u64,
    /// What the texts gave, if they were asked for and the log was read to its end.
    pub texts: Option<TextReport>,
}

impl Report {
    /// Whether nothing is wrong. Orphans are no fault: they are what a crash leaves.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults_total == 0
    }

    fn fault(&mut self, position: u64, address: Option<Address>, what: What) {
        self.unproven = Some(self.unproven.map_or(position, |first| first.min(position)));
        self.faults_total += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { position, address, what });
        }
    }
}

/// What the texts gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextReport {
    /// Texts that records name and that were not erased.
    pub named: u64,
    /// Texts that were erased.
    pub erased: u64,
    /// Texts that are there.
    pub stored: u64,
    /// Texts without a record, old enough to be orphans.
    pub orphans: Vec<Object>,
    /// Orphans that were removed.
    pub removed: u64,
}

/// Something wrong at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The position; for a text, that of the record that names it.
    pub position: u64,
    /// The aggregate, when it can be told.
    pub address: Option<Address>,
    /// What is wrong.
    pub what: What,
}

/// What can be wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// From this position on, so many are not there.
    Gap {
        /// How many positions are missing.
        missing: u64,
    },
    /// This position and those after it were in the log once, up to a later one.
    Lost {
        /// The newest position that was once read.
        known: u64,
    },
    /// Each record is sound, but some up to here are not those that were once read.
    Replaced,
    /// The earlier head is of another log.
    OtherLog {
        /// UUID of the log that it is of.
        head: Uuid,
    },
    /// The log ends before this position, and had records up to a later one at the earlier head.
    Shorter {
        /// How many records it had.
        size: u64,
    },
    /// A record up to here was changed, removed or moved since the earlier head.
    Rewritten,
    /// The server counts other messages than its first and last position say.
    Count {
        /// What it counts.
        messages: u64,
        /// What the positions say.
        expected: u64,
    },
    /// The server did not deliver this position in time, nor anything after it.
    Unreadable(String),
    /// The subject is none of this log.
    Subject(String),
    /// The bytes are no record that this version understands.
    Undecodable(String),
    /// The record belongs to another log.
    ForeignLog(Uuid),
    /// The record says that it belongs to another aggregate than its subject.
    Misplaced(Address),
    /// The revision is not the next one of the aggregate.
    Revision {
        /// The next one.
        expected: u64,
        /// What the record says.
        found: u64,
    },
    /// The record does not follow from the aggregate's record before: one of both was changed.
    Chain,
    /// The record is not the next one of its batch, or the batch before it is incomplete.
    Batch,
    /// The record's text is not there.
    TextMissing(Key),
    /// The record's text is another one than the record says.
    TextChanged(Key),
    /// The record's text cannot be read.
    TextUnreadable(Key, String),
    /// The record's text was erased, and is there.
    TextNotErased(Key),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { missing } => write!(f, "{missing} positions are missing from here on"),
            Self::Lost { known } => {
                write!(
                    f,
                    "is lost, with all from here on: the log ends before, and the views had read it up to {known}"
                )
            }
            Self::Replaced => f.write_str("the records up to here are not those that the views had read"),
            Self::OtherLog { head } => write!(f, "the earlier head is of another log, {head}"),
            Self::Shorter { size } => {
                write!(
                    f,
                    "is lost, with all from here on: the log ends before, and had {size} records at the earlier head"
                )
            }
            Self::Rewritten => f.write_str(
                "a record up to here was changed, removed or moved since the earlier head: their root is another",
            ),
            Self::Count { messages, expected } => {
                write!(f, "count {messages} != last - first + 1 = {expected}: the server counts other records")
            }
            Self::Unreadable(reason) => write!(f, "cannot be read: {reason}"),
            Self::Subject(subject) => write!(f, "`{subject}` is no subject of this log"),
            Self::Undecodable(reason) => write!(f, "is no record: {reason}"),
            Self::ForeignLog(log) => write!(f, "belongs to the log {log}"),
            Self::Misplaced(address) => write!(f, "says that it belongs to {address}"),
            Self::Revision { expected, found } => write!(f, "is revision {found} where {expected} was due"),
            Self::Chain => f.write_str("does not follow from the record before: one of both was changed"),
            Self::Batch => f.write_str("is not what is due in its batch, or the batch before it is incomplete"),
            Self::TextMissing(key) => {
                write!(f, "its text is missing (document {}, revision {})", key.document, key.revision)
            }
            Self::TextChanged(key) => {
                write!(f, "its text was changed (document {}, revision {})", key.document, key.revision)
            }
            Self::TextNotErased(key) => {
                write!(
                    f,
                    "its text was erased and is still stored (document {}, revision {}): repeat the erasure",
                    key.document, key.revision
                )
            }
            Self::TextUnreadable(key, reason) => {
                write!(f, "its text cannot be read (document {}, revision {}): {reason}", key.document, key.revision)
            }
        }
    }
}

/// A text that a record names.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub position: u64,
    address: Address,
    pub text: TextRef,
}

impl Named {
    pub fn key(&self) -> Key {
        Key::from(&self.text)
    }
}

impl EventLog {
    /// Reads the whole log, up to its end as of now, and reports what is wrong with it.
    ///
    /// An error means that nothing can be said, because the server does not answer at all.
    pub async fn verify(&self, options: &Options, mut progress: impl FnMut(Progress)) -> Result<Report, Error> {
        let head = self.head().await?;
        let mut report = Report {
            log_id: self.id(),
            head,
            records: 0,
            aggregates: 0,
            tree: None,
            unproven: None,
            faults: Vec::new(),
            faults_total: 0,
            texts: None,
        };
        // Listed before the log is read: a text that is put meanwhile is not taken for an orphan.
        let texts = if options.texts { Some(self.texts().await?) } else { None };
        let objects = match &texts {
            Some(texts) => list(texts).await?,
            None => Vec::new(),
        };
        let named = self.verify_records(options, &mut report, &mut progress).await;
        if let (Some(texts), Some(named)) = (texts, named) {
            verify_texts(&texts, named, objects, options, &mut report, &mut progress).await?;
        }
        report.faults.sort_by_key(|fault| fault.position);
        Ok(report)
    }

    /// Reads the records; `None` when they could not be read to the end.
    async fn verify_records(
        &self,
        options: &Options,
        report: &mut Report,
        progress: &mut impl FnMut(Progress),
    ) -> Option<NamedTexts> {
        let Head { first, last, messages, .. } = report.head;
        let total = if last == 0 { 0 } else { (last + 1).saturating_sub(first) };
        let named = self.read_records(options, total, report, progress).await;
        if let Some(known) = options.known.filter(|known| known.position > last) {
            report.fault(last + 1, None, What::Lost { known: known.position });
        }
        match options.since {
            Some(since) if since.log != self.id() => report.fault(1, None, What::OtherLog { head: since.log }),
            Some(since) if since.size == 0 && since.root != tree::Frontier::default().root() => {
                report.fault(1, None, What::Rewritten);
            }
            Some(since) if since.size > last => {
                report.fault(last + 1, None, What::Shorter { size: since.size });
            }
            Some(_) | None => {}
        }
        // The count says that something is missing, not where: that is what reading told.
        if messages != total {
            report.fault(report.unproven.unwrap_or(first), None, What::Count { messages, expected: total });
        }
        named
    }

    async fn read_records(
        &self,
        options: &Options,
        total: u64,
        report: &mut Report,
        progress: &mut impl FnMut(Progress),
    ) -> Option<NamedTexts> {
        let last = report.head.last;
        let mut chains = Chains::new(self.log(), self.id(), options);
        let mut followed = self.follow(1);
        let mut due = 1;
        while due <= last {
            let item = tokio::time::timeout(options.stall, followed.next()).await;
            let entry = match item {
                Ok(Some(Ok(followed))) => followed.entry,
                Ok(Some(Err(error))) => {
                    report.fault(due, None, What::Unreadable(error.to_string()));
                    return None;
                }
                // A server is silent at a position that it has lost, and where it cannot read on. Asked for the one
                // position it says which.
                Ok(None) | Err(_) => match self.read_on(due).await {
                    Ok(rest) if rest.is_empty() => {
                        report.fault(due, None, What::Gap { missing: last + 1 - due });
                        break;
                    }
                    answer => {
                        let silence = format!("nothing came within {} s", options.stall.as_secs());
                        let reason = answer.err().map_or(silence, |error| error.to_string());
                        report.fault(due, None, What::Unreadable(reason));
                        return None;
                    }
                },
            };
            if entry.position > due {
                report.fault(due, None, What::Gap { missing: entry.position.min(last + 1) - due });
            }
            if entry.position > last {
                break;
            }
            due = entry.position + 1;
            report.records += 1;
            chains.check(&entry, |address, what| report.fault(entry.position, address, what));
            if report.records.is_multiple_of(PROGRESS_EVERY) || due > last {
                progress(Progress::Records { read: report.records, total });
            }
        }
        report.aggregates = chains.aggregates();
        let (size, root) = chains.tree();
        report.tree = (size == last).then_some(tree::Head { log: self.id(), size, root });
        Some(chains.into_texts())
    }
}

async fn list(texts: &Texts) -> Result<Vec<Object>, Error> {
    texts.list().await?.try_collect().await
}

/// Reads every named text against its record, then sorts out what no record names.
async fn verify_texts(
    texts: &Texts,
    named: NamedTexts,
    objects: Vec<Object>,
    options: &Options,
    report: &mut Report,
    progress: &mut impl FnMut(Progress),
) -> Result<(), Error> {
    let (named, erased) = named.parted();
    let (total, stored) = (named.len() as u64, objects.len() as u64);
    let mut outcome = TextReport { named: total, erased: erased.len() as u64, stored, ..TextReport::default() };
    let mut unnamed: HashMap<String, Object> =
        objects.into_iter().map(|object| (object.name.clone(), object)).collect();
    for named in &named {
        unnamed.remove(&named.key().to_string());
    }
    for named in erased {
        if unnamed.remove(&named.key().to_string()).is_some() {
            report.fault(named.position, Some(named.address), What::TextNotErased(named.key()));
        }
    }
    let mut checks = futures::stream::iter(named)
        .map(|named| async move {
            let what = verify_text(texts, &named).await;
            (named, what)
        })
        .buffer_unordered(TEXTS_IN_FLIGHT);
    let mut read = 0;
    while let Some((named, what)) = checks.next().await {
        read += 1;
        if let Some(what) = what {
            report.fault(named.position, Some(named.address), what);
        }
        progress(Progress::Texts { read, total });
    }
    let now = SystemTime::now();
    let is_old = |object: &Object| {
        let age = object.stored_at.and_then(|stored_at| now.duration_since(stored_at).ok());
        age.is_some_and(|age| age >= options.orphan_age)
    };
    outcome.orphans = unnamed.into_values().filter(is_old).collect();
    outcome.orphans.sort_by(|one, other| one.name.cmp(&other.name));
    // A record that cannot be read may name any text, so nothing is removed from a faulty log.
    if options.remove_orphans && report.is_sound() {
        for orphan in &outcome.orphans {
            texts.erase_object(&orphan.name).await?;
            outcome.removed += 1;
        }
    }
    report.texts = Some(outcome);
    Ok(())
}

async fn verify_text(texts: &Texts, named: &Named) -> Option<What> {
    let key = named.key();
    match texts.get(&named.text).await {
        Ok(Found::Missing) => Some(What::TextMissing(key)),
        Ok(Found::Changed) => Some(What::TextChanged(key)),
        Ok(Found::Whole(_)) => None,
        Err(error) => Some(What::TextUnreadable(key, error.to_string())),
    }
}

#[cfg(test)]
pub(crate) mod tests;
