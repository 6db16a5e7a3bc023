//! Differences between two answers of one view.

use axum::http::HeaderMap;
use axum::response::Response;
use runtime::Problem;
use wire::view::Without;

use crate::answer::{AsOf, Validator, json};
use crate::difference::{Compared, ViewDifference};
use crate::params::Moment;

/// As of when a view is asked for, and without what.
pub(super) struct Sought {
    pub moment: Moment,
    pub without: Vec<Without>,
    /// Whether it is what a difference is from, and not what the rest of the query names.
    pub is_from: bool,
}

impl Sought {
    /// What is asked for where no difference is.
    pub fn only(moment: Moment, without: Vec<Without>) -> Self {
        Self { moment, without, is_from: false }
    }
}

/// Between which answers: from one of all that is known, to one that may leave something out.
pub(super) struct Between {
    pub from: Sought,
    pub to: Sought,
}

impl Between {
    /// What `diff_to` asks for, if it is there.
    pub fn asked(
        diff_to: Option<&str>,
        wait_ms: Option<u32>,
        to: Moment,
        without: &[Without],
    ) -> Result<Option<Self>, Problem> {
        let Some(diff_to) = diff_to else { return Ok(None) };
        let from = Moment::named("diff_to", diff_to, wait_ms)?.under(to.policy);
        let from = Sought { moment: from, without: Vec::new(), is_from: true };
        Ok(Some(Self { from, to: Sought::only(to, without.to_vec()) }))
    }
}

/// Answers the difference of a view, of which each answer has the links that it has by itself.
pub(super) fn answer<V: Compared>(
    (_, before): (AsOf, V),
    (as_of, after): (AsOf, V),
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let difference = ViewDifference::between(&before, &after).map_err(|error| {
        tracing::error!(%error, "a difference does not serialise");
        Problem::internal()
    })?;
    json(headers, as_of, &Validator::Content, &difference)
}
