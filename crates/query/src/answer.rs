//! Asking the views, and what every answer has in common: position, validator, media type.

use std::fmt;
use std::future::{Ready, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::handler::Handler;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::future::Either;
use runtime::Problem;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::view::refusal::Why;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::resource::Of;
use wire::view::{Refusal, Reply, Request, Resource, Viewer, Without};

use crate::App;
use crate::memento::{Dated, MEMENTO_DATETIME, Memento, http_date};
use crate::params::Moment;

/// The position as of which an answer holds.
pub(crate) const AS_OF: HeaderName = HeaderName::from_static("gainsay-as-of");
/// The media type of most answers.
pub(crate) const JSON: &str = "application/json";
/// The media type of a stream of records.
pub(crate) const NDJSON: &str = "application/x-ndjson";
/// The media type of a stream of events.
pub(crate) const SSE: &str = "text/event-stream";
/// The media type of a text.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// Whoever may see an answer may keep it, and asks before using it again: what is hidden later must not be shown from
/// a copy.
const CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Seconds after which a position that is not known yet is worth asking for again.
const RETRY_AFTER_SECONDS: u64 = 1;
/// How long the views may take beyond the wait that was asked for; a board takes milliseconds.
const ASK_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a content hash that make a validator: two of one URL's answers never share them by chance.
const HASH_LEN: usize = 16;

/// As of when an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AsOf {
    /// The position in the log.
    pub position: u64,
    /// When it was known, in microseconds since 1970, where the request named the moment.
    pub known_at_us: Option<i64>,
}

/// A position that was not named.
impl From<u64> for AsOf {
    fn from(position: u64) -> Self {
        Self { position, known_at_us: None }
    }
}

/// The position.
impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.position.fmt(f)
    }
}

/// Asks the views; a refusal becomes a problem.
pub(crate) async fn ask(
    app: &App,
    viewer: Viewer,
    project: Option<Uuid>,
    moment: Moment,
    question: Question,
) -> Result<(AsOf, Answer), Problem> {
    ask_without(app, viewer, project, moment, Vec::new(), question).await
}

/// Asks what would be without some of what is known.
pub(crate) async fn ask_without(
    app: &App,
    viewer: Viewer,
    project: Option<Uuid>,
    moment: Moment,
    without: Vec<Without>,
    question: Question,
) -> Result<(AsOf, Answer), Problem> {
    let request = Request {
        viewer: Some(viewer),
        project: project.map(|project| project.to_string()).unwrap_or_default(),
        as_of: moment.as_of,
        as_of_time_us: moment.time_us,
        at_least: moment.at_least,
        wait_ms: moment.wait_ms,
        policy: moment.policy,
        without,
        question: Some(question),
    };
    let timeout = ASK_TIMEOUT + Duration::from_millis(moment.wait_ms.into());
    let Ok(Reply { as_of, known_at_us, answer }) = tokio::time::timeout(timeout, app.parts.views.ask(request)).await
    else {
        return Err(Problem::unavailable(
            "unavailable",
            "the views did not answer in time; try again",
            RETRY_AFTER_SECONDS,
        ));
    };
    match answer {
        Some(Answer::Refusal(refusal)) => Err(refused(refusal).header(AS_OF, HeaderValue::from(as_of))),
        // A question that had to be repeated names a position whether or not its asker did.
        Some(answer) => Ok((AsOf { position: as_of, known_at_us: known_at_us.filter(|_| moment.is_named) }, answer)),
        None => Err(mismatched()),
    }
}

/// The views answered something else than was asked: a fault of ours.
pub(crate) fn mismatched() -> Problem {
    tracing::error!("the views answered something else than was asked");
    Problem::internal()
}

fn refused(Refusal { why, code, detail }: Refusal) -> Problem {
    match Why::try_from(why) {
        Ok(Why::Absent) => Problem::new(StatusCode::NOT_FOUND, code, detail),
        Ok(Why::Forbidden) => Problem::new(StatusCode::FORBIDDEN, code, detail),
        Ok(Why::Invalid) => Problem::unprocessable(code, detail),
        Ok(Why::Behind | Why::Unavailable) => Problem::unavailable(code, detail, RETRY_AFTER_SECONDS),
        Ok(Why::Unspecified) | Err(_) => {
            tracing::error!(code, why, "the views refused without saying why");
            Problem::internal()
        }
    }
}

/// By what an answer is recognised.
pub(crate) enum Validator {
    /// The revision of a resource that consists of its own records: the same revision is the same answer.
    Revision(u64),
    /// The revision of a resource of which a part depends on other records: the tag serves `If-Match`, and says nothing
    /// about whether a copy is still good.
    RevisionOfChanging(u64),
    /// A digest that is known beforehand.
    Digest(String),
    /// A hash of what is answered.
    Content,
}

impl Validator {
    /// The tag as it is sent.
    fn tag(&self, body: &[u8]) -> HeaderValue {
        let tag = match self {
            Self::Revision(revision) | Self::RevisionOfChanging(revision) => format!("\"{revision}\""),
            Self::Digest(digest) => format!("\"{digest}\""),
            Self::Content => format!("\"{}\"", content_digest([body])),
        };
        HeaderValue::try_from(tag).expect("a tag is made of visible ASCII")
    }
}

/// A digest of what is answered, in pieces.
pub(crate) fn content_digest<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    pieces.into_iter().for_each(|piece| hash.update(piece));
    hex::encode(&hash.finalize()[..HASH_LEN])
}

/// What a request says about copies that its sender has.
pub(crate) fn is_unchanged(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let values = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    // The weak comparison of RFC 9110, section 8.8.3.2.
    tags.any(|known| known == "*" || tag == known.strip_prefix("W/").unwrap_or(known))
}

/// An answer in JSON, or 304 when the sender has it already.
pub(crate) fn json(
    request: &HeaderMap,
    as_of: impl Into<AsOf>,
    validator: &Validator,
    value: &impl Serialize,
) -> Result<Response, Problem> {
    let rendered = Rendered::new(as_of.into(), validator, value)?;
    if matches!(validator, Validator::RevisionOfChanging(_)) {
        return Ok(rendered.whole());
    }
    Ok(rendered.response(request))
}

/// An answer in JSON as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub as_of: AsOf,
    pub body: Bytes,
    tag: HeaderValue,
}

impl Rendered {
    /// Writes an answer.
    pub fn new(as_of: AsOf, validator: &Validator, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(|error| {
            tracing::error!(%error, "an answer does not serialise");
            Problem::internal()
        })?;
        Ok(Self::from_body(as_of, validator, body.into()))
    }

    /// An answer that is written already.
    pub fn from_body(as_of: AsOf, validator: &Validator, body: Bytes) -> Self {
        Self { as_of, tag: validator.tag(&body), body }
    }

    /// The answer, or 304 when the sender has it already.
    pub fn response(&self, request: &HeaderMap) -> Response {
        if is_unchanged(request, &self.tag) { not_modified(self.as_of, self.tag.clone()) } else { self.whole() }
    }

    fn whole(&self) -> Response {
        with_validator(
            self.as_of,
            self.tag.clone(),
            ([(CONTENT_TYPE, HeaderValue::from_static(JSON))], self.body.clone()),
        )
    }
}

/// A digest that is known beforehand as a tag.
pub(crate) fn digest_tag(digest: &str) -> HeaderValue {
    Validator::Digest(digest.to_owned()).tag(&[])
}

/// 304.
pub(crate) fn not_modified(as_of: AsOf, tag: HeaderValue) -> Response {
    with_validator(as_of, tag, StatusCode::NOT_MODIFIED)
}

/// An answer with its moment and its tag.
pub(crate) fn with_validator(as_of: AsOf, tag: HeaderValue, answer: impl IntoResponse) -> Response {
    dated(as_of, ([(ETAG, tag), (CACHE_CONTROL, CACHE)], answer))
}

/// A streamed answer, which has no tag: its end is not known when it begins.
pub(crate) fn streamed(as_of: impl Into<AsOf>, media: &'static str, body: Body) -> Response {
    dated(as_of.into(), ([(CONTENT_TYPE, HeaderValue::from_static(media)), (CACHE_CONTROL, CACHE)], body))
}

fn dated(as_of: AsOf, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    headers.insert(AS_OF, HeaderValue::from(as_of.position));
    if let Some(date) = as_of.known_at_us.and_then(http_date) {
        headers.insert(MEMENTO_DATETIME, date);
    }
    response
}

/// Adds the link to the next page: the request's own URL with another cursor.
pub(crate) fn link_next(mut response: Response, uri: &axum::http::Uri, cursor: &str) -> Response {
    let query = query_without(uri, &["cursor"]);
    let separator = if query.is_empty() { "" } else { "&" };
    let link = format!("<{}?{query}{separator}cursor={cursor}>; rel=\"next\"", uri.path());
    let link = HeaderValue::try_from(link).expect("a URI and base64url are visible ASCII");
    response.headers_mut().insert(LINK, link);
    response
}

/// The query of a URL without these parameters.
pub(crate) fn query_without(uri: &axum::http::Uri, parameters: &[&str]) -> String {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.filter(|pair| !parameters.contains(&pair.split('=').next().unwrap_or(pair))).collect::<Vec<_>>().join("&")
}

/// A resource as JSON: its fields, without the name of its kind around them.
pub(crate) struct Item(pub Of);

impl Item {
    /// The resource of an answer.
    pub fn new(resource: Resource) -> Result<Self, Problem> {
        resource.of.map(Self).ok_or_else(mismatched)
    }

    /// By what the resource is recognised.
    pub fn validator(&self) -> Validator {
        match &self.0 {
            Of::Project(project) => Validator::Revision(project.revision),
            Of::Source(source) => Validator::Revision(source.revision),
            Of::Document(document) => Validator::Revision(document.revision),
            // With its status, which depends on everybody's readings.
            Of::Incident(incident) => Validator::RevisionOfChanging(incident.revision),
            // With the evidence for its names, of which some may be hidden for a while.
            Of::Actor(actor) => Validator::RevisionOfChanging(actor.revision),
            // With its status, which depends on what was found on it.
            Of::Relation(relation) => Validator::RevisionOfChanging(relation.revision),
            Of::Annotation(annotation) => Validator::Revision(annotation.revision),
            // With its status, which depends on the annotations that it cites and on rulings.
            Of::Reading(reading) => Validator::RevisionOfChanging(reading.revision),
            Of::Policy(policy) => Validator::Revision(policy.version.into()),
            Of::Codebook(codebook) => Validator::Revision(codebook.version.into()),
            Of::Member(_) => Validator::Content,
            Of::Derivation(derivation) => Validator::Revision(derivation.revision),
            Of::Assessment(assessment) => Validator::Revision(assessment.revision),
            Of::Task(task) => Validator::Revision(task.revision),
            Of::Import(import) => Validator::Revision(import.revision),
            // With its status, which depends on the other judgements.
            Of::Judgement(judgement) => Validator::RevisionOfChanging(judgement.revision),
            Of::Adjudication(adjudication) => Validator::Revision(adjudication.revision),
        }
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Of::Project(project) => project.serialize(serializer),
            Of::Source(source) => source.serialize(serializer),
            Of::Document(document) => document.serialize(serializer),
            Of::Incident(incident) => incident.serialize(serializer),
            Of::Actor(actor) => actor.serialize(serializer),
            Of::Relation(relation) => relation.serialize(serializer),
            Of::Annotation(annotation) => annotation.serialize(serializer),
            Of::Reading(reading) => reading.serialize(serializer),
            Of::Policy(policy) => policy.serialize(serializer),
            Of::Codebook(codebook) => codebook.serialize(serializer),
            Of::Member(member) => member.serialize(serializer),
            Of::Derivation(derivation) => derivation.serialize(serializer),
            Of::Assessment(assessment) => assessment.serialize(serializer),
            Of::Task(task) => task.serialize(serializer),
            Of::Import(import) => import.serialize(serializer),
            Of::Judgement(judgement) => judgement.serialize(serializer),
            Of::Adjudication(adjudication) => adjudication.serialize(serializer),
        }
    }
}

/// A page of a list as JSON.
#[derive(Serialize)]
pub(crate) struct PageOf<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// A handler that answers one media type, and puts the headers of its moment on the answer. A request that does not take
/// the media type is refused: 406 `not_acceptable`.
///
/// It is a handler and no layer: a layer would be boxed, and cloned for each request with all that it goes around.
#[derive(Debug, Clone)]
pub(crate) struct Negotiated<H> {
    pub media: &'static str,
    /// Whether it answers as of a moment that is named.
    pub is_dated: bool,
    pub handler: H,
}

impl<T, H: Handler<T, App>> Handler<T, App> for Negotiated<H> {
    type Future = Either<Ready<Response>, Dated<H::Future>>;

    fn call(self, mut request: HttpRequest, app: App) -> Self::Future {
        let Self { media, is_dated, handler } = self;
        if !accepts(request.headers(), media) {
            let detail = format!("this answers `{media}`, which `Accept` does not admit");
            let refused = Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail);
            return Either::Left(ready(refused.into_response()));
        }
        match if is_dated { Memento::of(&mut request) } else { Ok(Memento::Never) } {
            Ok(memento) => Either::Right(memento.date(handler.call(request, app))),
            Err(refused) => Either::Left(ready(Memento::Unnamed.on(refused.into_response()))),
        }
    }
}

/// Whether `Accept` admits the media type; the most specific range that names it decides.
fn accepts(request: &HeaderMap, media: &str) -> bool {
    let values: Vec<&str> = request.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() {
        return true;
    }
    let essence = media.split(';').next().unwrap_or(media);
    let kind = essence.split('/').next().unwrap_or(essence);
    let any_of_kind = format!("{kind}/*");
    let ranges = values.iter().flat_map(|value| value.split(','));
    let matching = ranges.filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specificity = [essence, &any_of_kind, "*/*"].iter().rev().position(|known| **known == name)?;
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let refused = weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0));
        Some((specificity, !refused))
    });
    matching.max().is_some_and(|(_, admitted)| admitted)
}

#[cfg(test)]
mod tests;
