//! The JSON of a board, which is written once and given at many positions.

use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use runtime::Problem;
use uuid::Uuid;
use wire::view::{Board, Known};

use crate::answer::{AsOf, Rendered, Validator, content_digest};
use crate::rest::Rest;

/// Two positions of one length that differ in every digit. Where the JSON of a board at one of them differs from that at
/// the other, its position stands; no quoted text can pass for that place.
const STAND_INS: [u64; 2] = [1_111_111_111_111_111_111, 2_222_222_222_222_222_222];
const STAND_IN_LEN: usize = 19;

/// A board as JSON, with gaps where its position belongs.
#[derive(Debug)]
pub(crate) struct Written {
    /// What the board was computed from.
    pub known: Known,
    /// Where the gaps are, in bytes of the JSON without the positions.
    gaps: Vec<usize>,
    /// Validates the JSON without the positions.
    digest: String,
    /// The JSON as of the position at which it was given last: mostly the one that is asked for next.
    last: Mutex<Rendered>,
}

impl Written {
    /// Writes a board that was asked for with so many quotes for each utterance, and without this, as a URL says it.
    pub fn new(project: Uuid, mut board: Board, quotes: u32, without: &str) -> Result<Self, Problem> {
        let known = Known { since: board.since, policy: board.policy };
        let [one, other] = STAND_INS.map(|as_of| json(project, &mut board, as_of, quotes, without));
        let (one, other) = (one?, other?);
        let gaps = gaps(&one, &other);
        let digest = content_digest(pieces(&one, &gaps, STAND_IN_LEN));
        let last = Mutex::new(rendered(&digest, STAND_INS[0].into(), one.into()));
        Ok(Self { known, gaps, digest, last })
    }

    /// The answer as of a position at which the board is this one.
    pub fn at(&self, as_of: AsOf) -> Rendered {
        let mut last = self.last().clone();
        if last.as_of.position == as_of.position {
            last.as_of = as_of;
            return last;
        }
        let position = as_of.to_string();
        let mut body = Vec::with_capacity(last.body.len() + self.gaps.len() * position.len());
        for (number, piece) in pieces(&last.body, &self.gaps, last.as_of.to_string().len()).enumerate() {
            if number > 0 {
                body.extend_from_slice(position.as_bytes());
            }
            body.extend_from_slice(piece);
        }
        let rendered = rendered(&self.digest, as_of, body.into());
        *self.last() = rendered.clone();
        rendered
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> u32 {
        let bytes = self.last().body.len() + self.gaps.len() * size_of::<usize>() + size_of::<Self>();
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    fn last(&self) -> MutexGuard<'_, Rendered> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rendered(digest: &str, as_of: AsOf, body: Bytes) -> Rendered {
    Rendered::from_body(as_of, &Validator::Digest(format!("{digest}-{as_of}")), body)
}

/// The places where the two differ, in bytes without what differs.
fn gaps(one: &[u8], other: &[u8]) -> Vec<usize> {
    let (mut gaps, mut at) = (Vec::new(), 0);
    while at < one.len() {
        if one[at] == other[at] {
            at += 1;
        } else {
            gaps.push(at - gaps.len() * STAND_IN_LEN);
            at += STAND_IN_LEN;
        }
    }
    gaps
}

/// What stands before, between and after the gaps, each of which is filled with so many bytes.
fn pieces<'a>(json: &'a [u8], gaps: &'a [usize], filling: usize) -> impl Iterator<Item = &'a [u8]> {
    let starts = iter::once(0).chain(gaps.iter().enumerate().map(move |(number, gap)| gap + (number + 1) * filling));
    let ends = gaps.iter().enumerate().map(move |(number, gap)| gap + number * filling).chain([json.len()]);
    starts.zip(ends).map(|(start, end)| &json[start..end])
}

/// Makes a board that of a position: says so, and links to the quotes that it does not show.
pub(crate) fn place(project: Uuid, board: &mut Board, as_of: u64, quotes: u32, without: &str) {
    let incident = board.incident.as_ref().map(|incident| incident.id.as_str()).unwrap_or_default();
    let policy = board.policy;
    let base = format!("/v1/projects/{project}/incidents/{incident}/board?as_of={as_of}&policy={policy}{without}");
    Rest { base, shown: quotes }.link(board);
    board.as_of = as_of;
}

/// The JSON of a board as of a position.
fn json(project: Uuid, board: &mut Board, as_of: u64, quotes: u32, without: &str) -> Result<Vec<u8>, Problem> {
    place(project, board, as_of, quotes, without);
    serde_json::to_vec(board).map_err(|error| {
        tracing::error!(%error, "a board does not serialise");
        Problem::internal()
    })
}

#[cfg(test)]
mod tests;
