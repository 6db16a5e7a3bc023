//! Answers as of a moment, as Memento has them (RFC 7089): a URL without `as_of` chooses by `Accept-Datetime` among its own
//! past answers, and an answer as of a moment says when its position was known.
//!
//! A time means the last position that was known by then. `Accept-Datetime` names a second, and means its beginning, as the
//! same time in `as_of` does; `Memento-Datetime` is the second within which the position was known. The two therefore need
//! not lead to the same answer: `Content-Location` does.

use std::future::{Ready, ready};

use axum::extract::Request;
use axum::http::header::{CONTENT_LOCATION, HeaderMap, HeaderName, HeaderValue, LINK, VARY};
use axum::http::uri::{PathAndQuery, Uri};
use axum::response::Response;
use futures::future::{FutureExt, Join, Map, join};
use runtime::Problem;
use time::format_description::StaticFormatDescription;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcDateTime};
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{Header, HeaderBuilder, RefOr, Required, Schema};

use crate::answer::{AS_OF, query_without};

/// The time as of which a URL that names no moment is to answer.
pub(crate) const ACCEPT_DATETIME: HeaderName = HeaderName::from_static("accept-datetime");
/// When the position was known as of which an answer holds.
pub(crate) const MEMENTO_DATETIME: HeaderName = HeaderName::from_static("memento-datetime");

/// The parameter of a moment.
const PARAMETER: &str = "as_of";
/// The parameter that continues a list as of the position at which it began, whatever the time.
const CURSOR: &str = "cursor";
/// The parameter of the moment that a difference begins at.
const SINCE: &str = "diff_to";
/// What an answer depends on that chooses by the header.
const VARIES: HeaderValue = HeaderValue::from_static("accept-datetime");

/// A date of HTTP, such as `Tue, 04 May 2021 10:00:00 GMT`.
const HTTP_DATE: StaticFormatDescription = format_description!(
    version = 2,
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// A handler's answer with the headers of its moment.
pub(crate) type Dated<F> = Map<Join<F, Ready<Memento>>, fn((Response, Memento)) -> Response>;

/// How a request names the moment as of which it is answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Memento {
    /// Its route answers as of now alone.
    Never,
    /// Not at all, or by the cursor of a list that began so.
    Unnamed,
    /// In its URL.
    InUrl(Uri),
    /// By `Accept-Datetime`, at this URL.
    ByHeader(Uri),
}

impl Memento {
    /// Reads how a request names its moment. That of the header is put into the URL, where the route finds it.
    ///
    /// 400 `invalid_accept_datetime` where the header is no date.
    pub fn of(request: &mut Request) -> Result<Self, Problem> {
        let uri = request.uri();
        if names(uri, PARAMETER) {
            return Ok(Self::InUrl(uri.clone()));
        }
        if names(uri, CURSOR) {
            return Ok(Self::Unnamed);
        }
        let Some(time) = accepted(request.headers())? else { return Ok(Self::Unnamed) };
        let asked = uri.clone();
        *request.uri_mut() =
            with_as_of(&asked, &time).ok_or_else(|| invalid("the URL is too long to be asked by time"))?;
        Ok(Self::ByHeader(asked))
    }

    /// Puts its headers on the answer that comes.
    pub fn date<F: Future<Output = Response>>(self, answer: F) -> Dated<F> {
        join(answer, ready(self)).map(|(answer, memento)| memento.on(answer))
    }

    /// Puts its headers on an answer.
    pub fn on(self, mut answer: Response) -> Response {
        let headers = answer.headers_mut();
        if matches!(self, Self::Unnamed | Self::ByHeader(_)) {
            headers.append(VARY, VARIES);
        }
        // What is refused is no answer as of a moment.
        if !headers.contains_key(MEMENTO_DATETIME) {
            return answer;
        }
        match self {
            Self::Never | Self::Unnamed => {}
            Self::InUrl(uri) => link_original(headers, &uri),
            Self::ByHeader(uri) => {
                link_original(headers, &uri);
                let position = headers.get(AS_OF).and_then(|position| position.to_str().ok());
                let location = position.and_then(|position| with_as_of(&uri, position));
                if let Some(location) = location.and_then(|uri| HeaderValue::try_from(uri.to_string()).ok()) {
                    headers.insert(CONTENT_LOCATION, location);
                }
            }
        }
        answer
    }
}

/// Links to the URL that answers as of now and chooses by time, beside the links that are there.
fn link_original(headers: &mut HeaderMap, uri: &Uri) {
    // A cursor belongs to the moment that is taken out.
    let query = query_without(uri, &[PARAMETER, CURSOR]);
    let separator = if query.is_empty() { "" } else { "?" };
    let original = format!("<{}{separator}{query}>; rel=\"original timegate\"", uri.path());
    // As bytes: a query may have come with letters that are not escaped, and so have the other links.
    let link = match headers.get(LINK) {
        Some(others) => [others.as_bytes(), b", ", original.as_bytes()].concat(),
        None => original.into_bytes(),
    };
    headers.insert(LINK, HeaderValue::from_bytes(&link).expect("a URI has no control characters"));
}

fn names(uri: &Uri, parameter: &str) -> bool {
    let pairs = uri.query().unwrap_or_default().split('&');
    pairs.into_iter().any(|pair| pair.split('=').next() == Some(parameter))
}

/// The URL's path and query as of this moment; none where that is too long for a URL.
fn with_as_of(uri: &Uri, moment: &str) -> Option<Uri> {
    let query = query_without(uri, &[]);
    let separator = if query.is_empty() { "" } else { "&" };
    let path = PathAndQuery::try_from(format!("{}?{query}{separator}{PARAMETER}={moment}", uri.path())).ok()?;
    Some(Uri::from(path))
}

/// The time that `Accept-Datetime` names, as `as_of` takes it.
fn accepted(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(ACCEPT_DATETIME).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid("it is given more than once"));
    }
    let time = value.to_str().ok().and_then(parse_http_date);
    let time = time.and_then(|time| time.format(&Rfc3339).ok());
    time.map(Some).ok_or_else(|| invalid("it is a date such as `Tue, 04 May 2021 10:00:00 GMT`"))
}

fn invalid(detail: &str) -> Problem {
    Problem::bad_request("invalid_accept_datetime", format!("`Accept-Datetime`: {detail}"))
}

/// Reads a date as RFC 7089 has it, with the right day of the week.
fn parse_http_date(text: &str) -> Option<OffsetDateTime> {
    let time = PrimitiveDateTime::parse(text, HTTP_DATE).ok()?.assume_utc();
    (time.format(HTTP_DATE).ok()? == text).then_some(time)
}

/// The second within which something was, in microseconds since 1970; none before the year 0 and after 9999.
pub(crate) fn http_date(time_us: i64) -> Option<HeaderValue> {
    let time = UtcDateTime::from_unix_timestamp(time_us.div_euclid(1_000_000)).ok().filter(|time| time.year() >= 0)?;
    HeaderValue::try_from(time.format(HTTP_DATE).ok()?).ok()
}

/// Whether an operation takes the parameter of a moment.
pub(crate) fn is_dated(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == PARAMETER))
}

/// The header by which the URL of an operation chooses a moment.
fn accept_datetime() -> Parameter {
    let description = "Answer as of the last position that was known when this second began; ignored where `as_of` or \
                       `cursor` is given.";
    ParameterBuilder::new()
        .name("Accept-Datetime")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(String::schema()))
        .example(Some("Tue, 04 May 2021 10:00:00 GMT".into()))
        .build()
}

/// The schema of a moment: a position or a time.
fn schema() -> RefOr<Schema> {
    let time = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .examples(["2021-05-04T10:00:00Z"]);
    Schema::from(OneOfBuilder::new().item(u64::schema()).item(time).build()).into()
}

/// Describes what all have in common that answer as of a moment: its parameters, which are numbers or times, the header that
/// stands for the first, and the headers of the answer.
pub(crate) fn describe(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    for parameter in parameters.iter_mut() {
        if let RefOr::T(parameter) = parameter
            && [PARAMETER, SINCE].contains(&parameter.name.as_str())
        {
            parameter.schema = Some(schema());
        }
    }
    parameters.push(accept_datetime().into());
    let header = |description: &str| -> RefOr<Header> {
        HeaderBuilder::new().schema(Some(String::schema())).description(Some(description)).build().into()
    };
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
        let known = "The second within which the position was known; of an answer as of a moment that was named.";
        response.headers.insert("Memento-Datetime".to_owned(), header(known));
        let location = "The same answer by its position; of one that `Accept-Datetime` chose.";
        response.headers.insert("Content-Location".to_owned(), header(location));
        response.headers.insert("Vary".to_owned(), header("`accept-datetime`, but where `as_of` is given."));
        let original =
            "To the URL without `as_of`, `rel=\"original timegate\"`, from an answer as of a moment that was named.";
        let link = match response.headers.get("Link") {
            Some(RefOr::T(Header { description: Some(next), .. })) => format!("{next} {original}"),
            Some(_) | None => original.to_owned(),
        };
        response.headers.insert("Link".to_owned(), header(&link));
    }
}

#[cfg(test)]
mod tests;
