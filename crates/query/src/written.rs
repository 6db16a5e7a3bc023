//! The JSON of a board, which is written once and given at many positions.

use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use runtime::Problem;
use serde_json::Value;
use uuid::Uuid;
use wire::view::{Board, Known, Utterance};

use crate::answer::{Rendered, Validator, content_digest};
use crate::params::QUOTES_MAX;

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
    /// Writes a board that was asked for with so many quotes for each utterance.
    pub fn new(project: Uuid, board: &Board, quotes: u32) -> Result<Self, Problem> {
        let known = Known { since: board.since, policy: board.policy };
        let [one, other] = STAND_INS.map(|as_of| json(project, &Board { as_of, ..board.clone() }, quotes));
        let (one, other) = (one?, other?);
        let gaps = gaps(&one, &other);
        let digest = content_digest(pieces(&one, &gaps, STAND_IN_LEN));
        let last = Mutex::new(rendered(&digest, STAND_INS[0], one.into()));
        Ok(Self { known, gaps, digest, last })
    }

    /// The answer as of a position at which the board is this one.
    pub fn at(&self, as_of: u64) -> Rendered {
        let last = self.last().clone();
        if last.as_of == as_of {
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

fn rendered(digest: &str, as_of: u64, body: Bytes) -> Rendered {
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

fn json(project: Uuid, board: &Board, quotes: u32) -> Result<Vec<u8>, Problem> {
    let failed = |error: serde_json::Error| {
        tracing::error!(%error, "a board does not serialise");
        Problem::internal()
    };
    // To go through a board as values takes several times as long as to write it.
    if !utterances(board).any(|utterance| utterance.quotes_total as usize > utterance.quotes.len()) {
        return serde_json::to_vec(board).map_err(failed);
    }
    let incident = board.incident.as_ref().map(|incident| incident.id.as_str()).unwrap_or_default();
    let (as_of, policy) = (board.as_of, board.policy);
    let rest = Rest {
        base: format!("/v1/projects/{project}/incidents/{incident}/board?as_of={as_of}&policy={policy}"),
        shown: quotes,
    };
    let mut body = serde_json::to_value(board).map_err(failed)?;
    rest.link(&mut body);
    serde_json::to_vec(&body).map_err(failed)
}

fn utterances(board: &Board) -> impl Iterator<Item = &Utterance> {
    let generic = board.generic.iter().chain(&board.possible_members).filter_map(|generic| generic.about.as_ref());
    let propositions = board.propositions.iter().chain(generic);
    propositions.flat_map(|about| about.support.iter().chain(&about.opposition).chain(&about.neutral))
}

/// Links from each utterance to the quotes that are not shown.
pub(crate) struct Rest {
    /// The URL of the same answer, with a query that says as of when it holds, and nothing of quotes.
    pub base: String,
    /// How many are shown for each.
    pub shown: u32,
}

impl Rest {
    /// Puts `quotes_next` into each utterance, at whatever depth, of which not all quotes are shown.
    pub fn link(&self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.link(value)),
            Value::Object(members) => {
                members.values_mut().for_each(|value| self.link(value));
                let total = members.get("quotes_total").and_then(Value::as_u64);
                let shown = members.get("quotes").and_then(Value::as_array).map(Vec::len);
                if let (Some(total), Some(shown)) = (total, shown)
                    && total > shown as u64
                {
                    members.insert("quotes_next".to_owned(), self.url(total).into());
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// The same answer with all quotes of an utterance that has so many; nothing where more are never shown.
    fn url(&self, total: u64) -> Option<String> {
        let quotes = total.min(QUOTES_MAX.into());
        (quotes > u64::from(self.shown)).then(|| format!("{}&quotes={quotes}", self.base))
    }
}

#[cfg(test)]
mod tests;
