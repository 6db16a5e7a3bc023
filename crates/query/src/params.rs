//! Query parameters. Each route has its own struct: what is not in it is refused as unknown.

use axum::http::{HeaderMap, HeaderName};
use runtime::Problem;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::IntoParams;
use wire::view::{Filter, Without};

use crate::answer::AsOf;
use crate::changes;
use crate::cursor::{Cursor, Scope};

/// Entries of a page.
const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
/// How long a read waits for `at_least`, in milliseconds.
const WAIT_DEFAULT_MS: u32 = 1000;
const WAIT_MAX_MS: u32 = 5000;
/// The last position that a log can have: clients read it as the signed number that `int64` describes.
pub(crate) const POSITION_MAX: u64 = i64::MAX as u64;
/// Where a stream is resumed.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Incidents or documents that a stream, or presence, is narrowed to.
const FILTERS_MAX: usize = 100;
/// Quotes shown for an utterance of a board.
const QUOTES_DEFAULT: u32 = 20;
pub(crate) const QUOTES_MAX: u32 = 1000;

/// Declares the parameters of routes, of which each has what it names of the shared ones:
///
/// - `page`: `limit` and `cursor`, of a list that comes in pages
/// - `as_of`: as of when the answer holds
/// - `wait`: `at_least` and `wait_ms`, for what was just written
/// - `policy`: under which policy
/// - `what_if`: `without` and `diff_to`, where they are honoured
/// - `unsupported`: the same, described and refused ([`refuse_unsupported`])
///
/// Fields and not a flattened struct, since a query is read by the fields of its struct.
macro_rules! params {
    ($($(#[$($doc:tt)*])* struct $name:ident { $($field:tt)* })+) => {
        $(params!(@ [$(#[$($doc)*])*] $name { $($field)* });)+
    };
    (@ $doc:tt $name:ident { page, $($field:tt)* } $($done:tt)*) => {
        params!(@ $doc $name { $($field)* } $($done)*
            /// Entries of a page, 1 to 1000.
            #[param(minimum = 1, maximum = 1000, default = 100)]
            pub limit: Option<u32>,
            /// Continue where the page ended that named this cursor.
            pub cursor: Option<String>,
        );
    };
    (@ $doc:tt $name:ident { as_of, $($field:tt)* } $($done:tt)*) => {
        params!(@ $doc $name { $($field)* } $($done)*
            /// Answer as of this position in the project's log, such as `1234`; or as of a time (RFC 3339), such as
            /// `2021-05-04T10:00:00Z` or `2021-05-04T12:00:00%2B02:00`: the last position that was known by then. A position
            /// that is not there yet is waited for, as with `at_least`; a time that has not come means the newest position.
            #[param(value_type = Option<u64>)]
            pub as_of: Option<String>,
        );
    };
    (@ $doc:tt $name:ident { wait, $($field:tt)* } $($done:tt)*) => {
        params!(@ $doc $name { $($field)* } $($done)*
            /// Wait until this position is known.
            pub at_least: Option<u64>,
            /// How long to wait at most, in milliseconds.
            #[param(maximum = 5000, default = 1000)]
            pub wait_ms: Option<u32>,
        );
    };
    (@ $doc:tt $name:ident { policy, $($field:tt)* } $($done:tt)*) => {
        params!(@ $doc $name { $($field)* } $($done)*
            /// The version of the policy; the newest as of the position when absent.
            pub policy: Option<u32>,
        );
    };
    (@ $doc:tt $name:ident { what_if, $($field:tt)* } $($done:tt)*) => {
        params!(@ $doc $name { $($field)* } $($done)*
            /// Answer what would be if this were not known: `source`, `actor`, `annotator`, `document` or `judgement`, a
            /// colon and its id; of an annotator, the handle will do. Several are left out together.
            #[serde(default)]
            #[param(example = json!(["source:018f2f6e-6c3a-7cc0-98f3-0242ac120002"]))]
            pub without: Vec<String>,
            /// Answer the difference from the view as of this position or time, of all that is known, to the one that is asked
            /// for.
            pub diff_to: Option<String>,
        );
    };
    (@ $doc:tt $name:ident { unsupported, $($field:tt)* } $($done:tt)*) => {
        params!(@ $doc $name { $($field)* } $($done)*
            /// Not supported yet, but of incidents: there it is as for their boards.
            #[serde(default)]
            pub without: Vec<String>,
            /// Not supported yet.
            pub diff_to: Option<String>,
        );
    };
    // A parameter of this route alone.
    (@ $doc:tt $name:ident { $(#[$($about:tt)*])* $own:ident: $type:ty, $($field:tt)* } $($done:tt)*) => {
        params!(@ $doc $name { $($field)* } $($done)* $(#[$($about)*])* pub $own: $type,);
    };
    (@ [$($doc:tt)*] $name:ident {} $($done:tt)*) => {
        $($doc)*
        #[derive(Debug, Default, Deserialize, IntoParams)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name { $($done)* }
    };
}

params! {
    /// Parameters of a list in a project.
    struct ListParams {
        /// Entries of a page, 1 to 1000.
        #[param(minimum = 1, maximum = 1000, default = 100)]
        limit: Option<u32>,
        /// Continue where the page ended that named this cursor; all other parameters but `limit` must be the same.
        cursor: Option<String>,
        as_of,
        wait,
        policy,
        unsupported,
        /// Only with this status.
        status: Option<String>,
        /// Only of this kind.
        kind: Option<String>,
        /// Only about this actor.
        #[param(format = Uuid)]
        actor: Option<String>,
        /// Only about this document.
        #[param(format = Uuid)]
        document: Option<String>,
        /// Only about this incident.
        #[param(format = Uuid)]
        incident: Option<String>,
        /// Only by this user: an id or a handle.
        #[param(pattern = "^[a-z0-9._-]{1,64}$")]
        author: Option<String>,
        /// Only with this in a name or title, in any case.
        q: Option<String>,
    }

    /// Parameters of the list of projects.
    struct ProjectsParams {
        page,
        wait,
    }

    /// Parameters of a single resource, or of a view of one subject.
    struct ResourceParams {
        as_of,
        wait,
        policy,
        unsupported,
    }

    /// Parameters of a board.
    struct BoardParams {
        /// Quotes shown for each utterance, 0 to 1000.
        #[param(maximum = 1000, default = 20)]
        quotes: Option<u32>,
        /// Answer on which single `source`, `document` or `annotator` the statuses of the board hang, and what they would be
        /// without it. Several kinds are tried one after the other. Goes with no `diff_to`.
        #[serde(default)]
        #[param(example = json!(["source"]))]
        hangs_on: Vec<String>,
        as_of,
        wait,
        policy,
        what_if,
    }

    /// Parameters of a timeline.
    struct TimelineParams {
        /// Quotes shown for each utterance, 0 to 1000.
        #[param(maximum = 1000, default = 20)]
        quotes: Option<u32>,
        as_of,
        wait,
        policy,
        what_if,
    }

    /// Parameters of the circular-reporting graph.
    struct OriginsParams {
        as_of,
        wait,
        policy,
        what_if,
    }

    /// Parameters of what is said about a relation.
    struct RelationParams {
        /// Quotes shown for each utterance, 0 to 1000.
        #[param(maximum = 1000, default = 20)]
        quotes: Option<u32>,
        as_of,
        wait,
        policy,
        what_if,
    }

    /// Parameters of the identity workbench.
    struct IdentityParams {
        page,
        as_of,
        wait,
        policy,
        unsupported,
    }

    /// Parameters of a ledger.
    struct LedgerParams {
        /// Entries of a page, 1 to 1000.
        #[param(minimum = 1, maximum = 1000, default = 100)]
        limit: Option<u32>,
        /// Continue where the page ended that named this cursor; `as_of`, `policy` and `without` must be the same. Goes with
        /// no `diff_to`.
        cursor: Option<String>,
        /// Quotes shown for each utterance, 0 to 1000.
        #[param(maximum = 1000, default = 20)]
        quotes: Option<u32>,
        as_of,
        wait,
        policy,
        what_if,
    }

    /// Parameters of the preview of a judgement.
    struct PreviewParams {
        /// The one.
        left: uuid::Uuid,
        /// The other.
        right: uuid::Uuid,
        page,
        as_of,
        wait,
        policy,
        unsupported,
    }

    /// Parameters of the agreement report.
    struct AgreementParams {
        /// Only on this document.
        #[param(format = Uuid)]
        document: Option<String>,
        /// Only by what was read under this version of the codebook; 0 is before the first.
        codebook: Option<u32>,
        /// Only units on which annotators differ (`differing`), or which two or more read the same (`unanimous`). Figures
        /// are of all units.
        status: Option<String>,
        /// Units of a page, 1 to 1000.
        #[param(minimum = 1, maximum = 1000, default = 100)]
        limit: Option<u32>,
        /// Continue where the page ended that named this cursor; all other parameters but `limit` must be the same.
        cursor: Option<String>,
        as_of,
        wait,
        policy,
        unsupported,
    }

    /// Parameters of a work list.
    struct WorkParams {
        /// Entries of a page, 1 to 1000.
        #[param(minimum = 1, maximum = 1000, default = 100)]
        limit: Option<u32>,
        /// Continue where the page ended that named this cursor; `as_of` and `policy` must be the same.
        cursor: Option<String>,
        as_of,
        wait,
        policy,
        unsupported,
    }

    /// Parameters of a history.
    struct HistoryParams {
        page,
        as_of,
        wait,
        unsupported,
    }

    /// Parameters of the stream of all records.
    struct EventsParams {
        /// Only records after this position.
        #[param(default = 0)]
        after: Option<u64>,
        /// Only records up to this position in the project's log, such as `1234`, or up to the last that was known at a time
        /// (RFC 3339), such as `2021-05-04T10:00:00Z`; up to the newest when absent.
        #[param(value_type = Option<u64>)]
        as_of: Option<String>,
        wait,
    }

    /// Parameters of the stream of changes.
    struct ChangesParams {
        /// Only records after this position; only those that are yet to come when absent.
        after: Option<u64>,
        /// Only records about any of these incidents: their own, and those of whatever names or named one.
        #[serde(default)]
        incident: Vec<uuid::Uuid>,
        /// Only records about any of these documents: their own, and those of whatever names or named one, or an
        /// annotation in one.
        #[serde(default)]
        document: Vec<uuid::Uuid>,
        /// Also who has which document open, of those that `document` names; `incident` does not narrow it. Needs a token.
        #[param(default = false)]
        presence: Option<bool>,
    }

    /// Parameters of who has which document open.
    struct PresenceParams {
        /// Only on any of these documents.
        #[serde(default)]
        document: Vec<uuid::Uuid>,
    }

    /// Parameters of a head of the log.
    struct LogHeadParams {
        as_of,
        wait,
    }

    /// Parameters of the path from a record to the root of the log.
    struct LogInclusionParams {
        /// The position of the record.
        #[param(minimum = 1)]
        position: u64,
        /// How many records the log has to whose root the path leads; all of them when absent.
        #[param(minimum = 1)]
        size: Option<u64>,
        wait,
    }

    /// Parameters of the proof that the log only grew.
    struct LogConsistencyParams {
        /// How many records the log had.
        #[param(minimum = 1)]
        from: u64,
        /// How many records the log has; all of them when absent.
        #[param(minimum = 1)]
        to: Option<u64>,
        wait,
    }

    /// Parameters of a text.
    struct TextParams {
        as_of,
        wait,
    }
}

/// As of when, how long to wait for it, and under which policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    pub as_of: Option<u64>,
    /// The time of which the position is meant, in microseconds since 1970, where no position is named.
    pub time_us: Option<i64>,
    /// Whether the query names the position or the time.
    pub is_named: bool,
    pub at_least: Option<u64>,
    pub wait_ms: u32,
    pub policy: Option<u32>,
}

impl Moment {
    /// Reads the three parameters that every read has.
    pub fn new(as_of: Option<&str>, at_least: Option<u64>, wait_ms: Option<u32>) -> Result<Self, Problem> {
        let named = as_of.map(When::parse).transpose()?;
        let (as_of, time_us) = match named {
            Some(When::Position(position)) => (Some(position), None),
            Some(When::Time(time_us)) => (None, Some(time_us)),
            None => (None, None),
        };
        let at_least = at_least.map(|at_least| within_log("at_least", at_least)).transpose()?;
        let wait_ms = wait_ms.unwrap_or(WAIT_DEFAULT_MS);
        if wait_ms > WAIT_MAX_MS {
            return Err(invalid("wait_ms", format!("at most {WAIT_MAX_MS} milliseconds can be waited")));
        }
        // A position past the head is waited for, as `at_least` is.
        Ok(Self { as_of, time_us, is_named: named.is_some(), at_least: at_least.max(as_of), wait_ms, policy: None })
    }

    /// Reads another parameter that names a moment, as `as_of` does.
    pub fn named(name: &'static str, text: &str, wait_ms: Option<u32>) -> Result<Self, Problem> {
        Self::new(Some(text), None, wait_ms)
            .map_err(|_| invalid(name, format!("`{text}` is neither a position of the log nor a time")))
    }

    /// As of the size of a log, which is its newest position.
    pub fn of_size(
        name: &'static str,
        size: Option<u64>,
        at_least: Option<u64>,
        wait_ms: Option<u32>,
    ) -> Result<Self, Problem> {
        let size = size.map(|size| counted(name, size)).transpose()?;
        let moment = Self::new(None, at_least, wait_ms)?;
        Ok(Self { as_of: size, at_least: moment.at_least.max(size), ..moment })
    }

    /// Under this version of the policy.
    pub fn under(self, policy: Option<u32>) -> Self {
        Self { policy, ..self }
    }
}

/// A page of a list, and how the next one is named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub limit: u32,
    /// The last entry of the page before; 0 at the beginning.
    pub after: u64,
    scope: Scope,
}

impl Page {
    /// Reads `limit` and `cursor`; the cursor moves the moment to the position at which the list began.
    pub fn new(limit: Option<u32>, cursor: Option<&str>, scope: Scope, moment: &mut Moment) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(invalid("limit", format!("a page has 1 to {LIMIT_MAX} entries")));
        }
        let after = match cursor {
            None => 0,
            Some(cursor) => {
                let Cursor { as_of, after } = Cursor::open(cursor, scope)?;
                moment.as_of = Some(as_of);
                moment.time_us = None;
                // A projector that restarted may be behind the one that gave the cursor.
                moment.at_least = moment.at_least.max(Some(as_of));
                after
            }
        };
        Ok(Self { limit, after, scope })
    }

    /// A page of another list.
    pub fn of(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// The cursor of the next page.
    pub fn next(&self, as_of: AsOf, after: u64) -> String {
        Cursor { as_of: as_of.position, after }.seal(self.scope)
    }
}

/// What must stay the same from page to page of a list that has no filters.
pub(crate) fn scope_of(path: &str, as_of: Option<&str>, policy: Option<u32>) -> Scope {
    let policy = policy.map(|policy| policy.to_string());
    Scope::new(path, [("as_of", as_of), ("policy", policy.as_deref())])
}

impl EventsParams {
    /// The position after which the records are wanted.
    pub fn after(&self) -> Result<u64, Problem> {
        within_log("after", self.after.unwrap_or(0))
    }
}

impl ChangesParams {
    /// The position after which the records are wanted, if one is named: by a client that comes again, or in the query.
    pub fn after(&self, headers: &HeaderMap) -> Result<Option<u64>, Problem> {
        let mut values = headers.get_all(LAST_EVENT_ID).iter();
        let Some(value) = values.next() else {
            return self.after.map(|after| within_log("after", after)).transpose();
        };
        let position = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|at| *at <= POSITION_MAX);
        let detail = "`Last-Event-ID` is the `id` of an event of this stream: a whole number of at least 0";
        position
            .filter(|_| values.next().is_none())
            .map(Some)
            .ok_or_else(|| Problem::bad_request("invalid_last_event_id", detail))
    }

    /// What the stream is filtered by.
    pub fn filter(self) -> Result<changes::Filter, Problem> {
        few("incident", &self.incident)?;
        few("document", &self.document)?;
        Ok(changes::Filter { incidents: self.incident, documents: self.document })
    }
}

impl PresenceParams {
    /// The documents that are asked for; all when there is none.
    pub fn documents(self) -> Result<Vec<uuid::Uuid>, Problem> {
        few("document", &self.document)?;
        Ok(self.document)
    }
}

fn few(name: &'static str, ids: &[uuid::Uuid]) -> Result<(), Problem> {
    if ids.len() > FILTERS_MAX {
        return Err(invalid(name, format!("at most {FILTERS_MAX} can be named")));
    }
    Ok(())
}

impl ListParams {
    /// What must stay the same from page to page.
    pub fn scope(&self, path: &str) -> Scope {
        let policy = self.policy.map(|policy| policy.to_string());
        let filters = [
            ("as_of", self.as_of.as_deref()),
            ("policy", policy.as_deref()),
            ("status", self.status.as_deref()),
            ("kind", self.kind.as_deref()),
            ("actor", self.actor.as_deref()),
            ("document", self.document.as_deref()),
            ("incident", self.incident.as_deref()),
            ("author", self.author.as_deref()),
            ("q", self.q.as_deref()),
        ];
        let without = self.without.iter().map(|without| ("without", Some(without.as_str())));
        Scope::new(path, filters.into_iter().chain(without))
    }

    /// What the list is filtered by.
    pub fn filter(self) -> Result<Filter, Problem> {
        Ok(Filter {
            status: self.status,
            kind: self.kind,
            actor: self.actor.map(|actor| uuid("actor", &actor)).transpose()?,
            document: self.document.map(|document| uuid("document", &document)).transpose()?,
            incident: self.incident.map(|incident| uuid("incident", &incident)).transpose()?,
            author: self.author.map(|author| user("author", &author)).transpose()?,
            q: self.q,
            targets: Vec::new(),
        })
    }
}

impl LedgerParams {
    /// What must stay the same from page to page.
    pub fn scope(&self, path: &str) -> Scope {
        let policy = self.policy.map(|policy| policy.to_string());
        let without = self.without.iter().map(|without| ("without", Some(without.as_str())));
        view_scope(path, self.as_of.as_deref(), policy.as_deref(), without)
    }

    /// The same of what a difference is from: all that was known then.
    pub fn scope_of_from(&self, path: &str) -> Scope {
        scope_of(path, self.diff_to.as_deref(), self.policy)
    }
}

/// What must stay the same from page to page of a view, besides what is asked of it.
pub(crate) fn view_scope<'a>(
    path: &str,
    as_of: Option<&'a str>,
    policy: Option<&'a str>,
    more: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Scope {
    Scope::new(path, [("as_of", as_of), ("policy", policy)].into_iter().chain(more))
}

/// How many quotes a board shows for each utterance.
pub(crate) fn quotes(quotes: Option<u32>) -> Result<u32, Problem> {
    let quotes = quotes.unwrap_or(QUOTES_DEFAULT);
    if quotes > QUOTES_MAX {
        return Err(invalid("quotes", format!("at most {QUOTES_MAX} quotes are shown for an utterance")));
    }
    Ok(quotes)
}

/// What is to be left out.
pub(crate) fn without(given: &[String]) -> Result<Vec<Without>, Problem> {
    let parsed = given.iter().map(|text| {
        let refused = |detail: String| invalid("without", detail);
        let (kind, id) = text.split_once(':').ok_or_else(|| {
            refused(format!("`{text}` names nothing to leave out: that is a kind, a colon and an id"))
        })?;
        let id = match kind {
            "annotator" => user("without", id)?,
            "source" | "actor" | "document" | "judgement" => uuid("without", id)?,
            _ => {
                let known = "source, actor, annotator, document and judgement";
                return Err(refused(format!("`{kind}` is no kind that can be left out; there are {known}")));
            }
        };
        Ok(Without { kind: kind.to_owned(), id })
    });
    parsed.collect()
}

/// What statuses may hang on.
pub(crate) const HANGS_ON: [&str; 3] = ["source", "document", "annotator"];

/// On things of which kinds it is asked whether statuses hang.
pub(crate) fn hangs_on(kinds: Vec<String>) -> Result<Vec<String>, Problem> {
    match kinds.iter().find(|kind| !HANGS_ON.contains(&kind.as_str())) {
        None => Ok(kinds),
        Some(other) => {
            let detail = format!("`{other}` is no kind that statuses hang on; there are {}", HANGS_ON.join(", "));
            Err(invalid("hangs_on", detail))
        }
    }
}

/// Refuses two parameters of which each asks for another answer: neither is malformed.
pub(crate) fn exclusive(name: &'static str, other: &'static str) -> Problem {
    let detail = format!("`{name}` goes with no `{other}`: each asks for another answer");
    Problem::unprocessable("exclusive_parameters", detail.clone()).parameter(name, detail)
}

/// The same as part of a URL, to be put behind other parameters.
pub(crate) fn without_query(without: &[Without]) -> String {
    without.iter().flat_map(|Without { kind, id }| ["&without=", kind, ":", id]).collect()
}

/// Refuses to tell a difference where that is not honoured.
pub(crate) fn refuse_diff_to(diff_to: Option<&str>) -> Result<(), Problem> {
    refuse_unsupported(&[], diff_to)
}

/// Refuses the parameters that are described and not honoured.
pub(crate) fn refuse_unsupported(without: &[String], diff_to: Option<&str>) -> Result<(), Problem> {
    if !without.is_empty() {
        return Err(not_supported_yet("without"));
    }
    if diff_to.is_some() {
        return Err(not_supported_yet("diff_to"));
    }
    Ok(())
}

/// The user id that an id or a handle stands for.
pub(crate) fn user_id(text: &str) -> Option<String> {
    // Only the form with hyphens is an id: 32 digits are a handle as well as any.
    if let (Ok(id), 36) = (uuid::Uuid::try_parse(text), text.len()) {
        return Some(id.to_string());
    }
    let handle = domain::id::Handle::parse(text)?;
    Some(domain::id::UserId::from_handle(&handle).to_string())
}

fn user(name: &'static str, text: &str) -> Result<String, Problem> {
    user_id(text).ok_or_else(|| invalid(name, "a user is a UUID or a handle of `a-z0-9._-`"))
}

pub(crate) fn uuid(name: &'static str, text: &str) -> Result<String, Problem> {
    match uuid::Uuid::try_parse(text) {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err(invalid(name, format!("`{text}` is not a UUID"))),
    }
}

/// How `as_of` names a moment.
#[derive(Clone, Copy, Debug)]
enum When {
    /// A position in the log.
    Position(u64),
    /// A time, in microseconds since 1970.
    Time(i64),
}

impl When {
    fn parse(text: &str) -> Result<Self, Problem> {
        if let Ok(position) = text.parse() {
            return within_log("as_of", position).map(Self::Position);
        }
        if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
            // Positions are known at whole microseconds: by the time itself as by the one before it.
            let time_us = time.unix_timestamp_nanos().div_euclid(1_000);
            return Ok(Self::Time(i64::try_from(time_us).expect("a year has four digits")));
        }
        let hint = if text.contains(' ') { "; a `+` is written `%2B` in a URL" } else { "" };
        let expected =
            "a position is a whole number of at least 0, and a time is RFC 3339, such as `2021-05-04T10:00:00Z`";
        Err(invalid("as_of", format!("`{text}` is neither a position nor a time: {expected}{hint}")))
    }
}

/// Refuses a position that no log ever reaches: to wait for it would be in vain.
fn within_log(name: &'static str, position: u64) -> Result<u64, Problem> {
    if position <= POSITION_MAX {
        return Ok(position);
    }
    Err(invalid(name, format!("a position is at most {POSITION_MAX}")))
}

/// Refuses what is no position of a record.
pub(crate) fn counted(name: &'static str, position: u64) -> Result<u64, Problem> {
    if position == 0 {
        return Err(invalid(name, "the first record has the position 1"));
    }
    within_log(name, position)
}

fn not_supported_yet(name: &'static str) -> Problem {
    let detail = format!("`{name}` is not supported yet");
    Problem::unprocessable("not_supported_yet", detail.clone()).parameter(name, detail)
}

fn invalid(name: &'static str, detail: impl Into<String>) -> Problem {
    let detail = detail.into();
    Problem::bad_request("invalid_parameter", format!("`{name}` in the query: {detail}")).parameter(name, detail)
}

#[cfg(test)]
mod tests;
