//! The canonical dump: what a store holds, as lines that two stores of the same records agree in.

use crate::snapshot::decode;
use crate::store::Checkpoint;
use crate::view::{BoardCache, View};
use crate::{Error, SCHEMA, Store};
use domain::Kind;
use std::fmt::Write as _;
use std::io::{self, Write};
use wire::record;
use wire::subject::Address;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskBoard, Get, Request, Resource, Viewer, resource::Of};

/// Why there is no dump.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] Error),
    /// The lines cannot be written.
    #[error("cannot write the dump")]
    Write(#[from] io::Error),
    /// The position is beyond the checkpoint.
    #[error("the store is at position {head}, there is no dump at {at}")]
    Beyond {
        /// The position asked for.
        at: u64,
        /// The store's.
        head: u64,
    },
}

/// Writes the dump at a position, or at the newest one: the checkpoint and the root of the tree; each record's digest and the time at which its
/// position was known; each subject's positions; each resource as JSON, and each incident's board under the newest
/// policy, as an operator sees them.
///
/// The lines are sorted within each part and do not depend on how the store is packed, so that a store rebuilt from the
/// log and one that lived through it give the same bytes.
pub fn dump(store: &Store, at: Option<u64>, out: &mut impl Write) -> Result<(), DumpError> {
    let head = store.checkpoint().position;
    let at = at.unwrap_or(head);
    if at > head {
        return Err(DumpError::Beyond { at, head });
    }
    records(store, at, out)?;
    subjects(store, at, out)?;
    views(store, at, out)?;
    out.flush()?;
    Ok(())
}

fn records(store: &Store, at: u64, out: &mut impl Write) -> Result<(), DumpError> {
    let mut reached = Checkpoint::start(store.checkpoint().log);
    for position in 1..=at {
        let payload = store.payload(position)?;
        let digest = record::digest(&payload);
        reached = reached.after(&digest, decode(position, &payload)?.envelope.recorded_at_us);
        writeln!(out, "record {position:020} {} {}", hex(&digest), reached.known_at_us)?;
    }
    writeln!(out, "checkpoint {} {at} {SCHEMA} {}", reached.log, hex(&reached.checksum))?;
    // The root and no tiles: it is a function of the records, how it is made of tiles is how the store is packed.
    writeln!(out, "tree {at} {}", hex(&store.root(at)?))?;
    Ok(())
}

fn subjects(store: &Store, at: u64, out: &mut impl Write) -> Result<(), DumpError> {
    for subject in store.subjects() {
        let subject = subject?;
        let positions = store.positions(&subject, 0, at, usize::MAX)?;
        if positions.is_empty() {
            continue;
        }
        let positions: Vec<_> = positions.iter().map(u64::to_string).collect();
        writeln!(out, "subject {subject} {}", positions.join(","))?;
    }
    Ok(())
}

fn views(store: &Store, at: u64, out: &mut impl Write) -> Result<(), DumpError> {
    let boards = BoardCache::default();
    let view = View::new(store, &boards, true);
    for subject in store.subjects() {
        let subject = subject?;
        let Some(address) = subject.as_own() else { continue };
        let Some(collection) = collection(address.kind) else { continue };
        if store.positions(&subject, 0, at, 1)?.is_empty() {
            continue;
        }
        let get = Question::Get(Get { collection: collection.to_owned(), id: address.id.to_string() });
        let resource = view.answer(&ask(&address, at, get))?.answer;
        let is_incident =
            matches!(&resource, Some(Answer::Resource(Resource { of: Some(Of::Incident(i)) })) if i.class.is_none());
        writeln!(out, "resource {address} {}", json(resource.as_ref()))?;
        if is_incident {
            let board = Question::Board(AskBoard { incident: address.id.to_string(), quotes: u32::MAX, known: None });
            writeln!(out, "board {address} {}", json(view.answer(&ask(&address, at, board))?.answer.as_ref()))?;
        }
    }
    Ok(())
}

/// Where a kind's resources are; users have no view.
fn collection(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Project => Some("projects"),
        Kind::User => None,
        Kind::Source => Some("sources"),
        Kind::Document => Some("documents"),
        Kind::Incident => Some("incidents"),
        Kind::Actor => Some("actors"),
        Kind::Relation => Some("relations"),
        Kind::Annotation => Some("annotations"),
        Kind::Reading => Some("readings"),
        Kind::Derivation => Some("derivations"),
        Kind::Assessment => Some("assessments"),
        Kind::Identity => Some("judgements"),
        Kind::Adjudication => Some("adjudications"),
        Kind::Task => Some("tasks"),
        Kind::Import => Some("imports"),
    }
}

fn ask(address: &Address, at: u64, question: Question) -> Request {
    Request {
        viewer: Some(Viewer { operator: true, ..Viewer::default() }),
        project: address.project.to_string(),
        as_of: Some(at),
        question: Some(question),
        ..Request::default()
    }
}

fn json(answer: Option<&Answer>) -> String {
    serde_json::to_string(&answer).expect("a message has string keys alone")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every write");
        text
    })
}
