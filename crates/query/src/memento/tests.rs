use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LOCATION, LINK, VARY};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::{ACCEPT_DATETIME, MEMENTO_DATETIME, Memento, http_date, parse_http_date};
use crate::answer::{AsOf, NDJSON, link_next, streamed};

fn request(uri: &str, dates: &[&str]) -> Request {
    let request = Request::builder().uri(uri);
    dates.iter().fold(request, |request, date| request.header(ACCEPT_DATETIME, *date)).body(Body::empty()).unwrap()
}

/// An answer as of position 9, known on 4 May 2021.
fn answer() -> Response {
    streamed(AsOf { position: 9, known_at_us: Some(1_620_122_400_999_999) }, NDJSON, Body::empty())
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

fn uri(uri: &str) -> Uri {
    uri.parse().unwrap()
}

#[test]
fn a_date_is_read_as_it_is_written() {
    for (text, time_us) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 04 May 2021 10:00:00 GMT", 1_620_122_400_000_000),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1_000_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799_000_000),
    ] {
        let read = parse_http_date(text).unwrap();
        assert_eq!(read.unix_timestamp_nanos(), i128::from(time_us) * 1_000, "{text}");
        // Whatever is below a second is left out.
        for more in [0, 999_999] {
            assert_eq!(http_date(time_us + more).unwrap(), text);
        }
    }
    for time_us in [i64::MIN, i64::MAX] {
        assert_eq!(http_date(time_us), None);
    }
}

#[test]
fn what_is_no_date_of_http_is_not_read() {
    for text in [
        "",
        "now",
        "2021-05-04T10:00:00Z",
        "1620122400",
        "Tue, 04 May 2021 10:00:00",
        "Tue, 04 May 2021 10:00:00 UTC",
        "Tue, 04 May 2021 10:00:00 +0000",
        "Tue, 4 May 2021 10:00:00 GMT",
        "tue, 04 may 2021 10:00:00 gmt",
        "Wed, 04 May 2021 10:00:00 GMT",
        "Tue, 32 May 2021 10:00:00 GMT",
        "Tue, 04 May 2021 25:00:00 GMT",
        "Tuesday, 04-May-21 10:00:00 GMT",
        "Tue May  4 10:00:00 2021",
        "Tue, 04 May 2021 10:00:00 GMT, Tue, 04 May 2021 10:00:00 GMT",
    ] {
        assert!(parse_http_date(text).is_none(), "{text}");
    }
}

#[test]
fn the_time_of_the_header_is_asked_for_in_the_url() {
    for (asked, expected) in [
        ("/v1/b", "/v1/b?as_of=2021-05-04T10:00:00Z"),
        ("/v1/b?", "/v1/b?as_of=2021-05-04T10:00:00Z"),
        ("/v1/b?quotes=3&q=a%20b", "/v1/b?quotes=3&q=a%20b&as_of=2021-05-04T10:00:00Z"),
    ] {
        let mut request = request(asked, &["Tue, 04 May 2021 10:00:00 GMT"]);
        assert_eq!(Memento::of(&mut request).unwrap(), Memento::ByHeader(uri(asked)));
        assert_eq!(request.uri(), expected);
    }
}

#[test]
fn the_header_is_ignored_where_the_url_names_a_moment_or_continues_a_list() {
    for (asked, expected) in [
        ("/v1/b?as_of=3", Memento::InUrl(uri("/v1/b?as_of=3"))),
        ("/v1/b?as_of=3&cursor=C", Memento::InUrl(uri("/v1/b?as_of=3&cursor=C"))),
        ("/v1/b?cursor=C", Memento::Unnamed),
    ] {
        let mut request = request(asked, &["Tue, 04 May 2021 10:00:00 GMT"]);
        assert_eq!(Memento::of(&mut request).unwrap(), expected);
        assert_eq!(request.uri(), asked);
    }
    for asked in ["/v1/b?as_of=3", "/v1/b?cursor=C"] {
        assert!(Memento::of(&mut request(asked, &["yesterday"])).is_ok());
    }
}

#[test]
fn a_header_that_is_no_date_or_stands_there_twice_is_refused() {
    let date = "Tue, 04 May 2021 10:00:00 GMT";
    let long = format!("/v1/b?q={}", "x".repeat(65_500));
    for (uri, dates) in [("/v1/b", &["yesterday"][..]), ("/v1/b", &[date, date]), ("/v1/b", &[""]), (&long, &[date])] {
        let problem = Memento::of(&mut request(uri, dates)).unwrap_err();
        assert_eq!((problem.status(), problem.code()), (StatusCode::BAD_REQUEST, "invalid_accept_datetime"));
    }
}

#[test]
fn an_answer_as_of_a_moment_links_to_that_as_of_now() {
    let asked = uri("/v1/b?limit=2&as_of=2021-05-04T10:00:00Z&cursor=C");
    let response = Memento::InUrl(asked.clone()).on(link_next(answer(), &asked, "N"));
    assert_eq!(header(&response, "memento-datetime"), Some("Tue, 04 May 2021 10:00:00 GMT"));
    let next = "</v1/b?limit=2&as_of=2021-05-04T10:00:00Z&cursor=N>; rel=\"next\"";
    let expected = format!("{next}, </v1/b?limit=2>; rel=\"original timegate\"");
    assert_eq!(response.headers().get_all(LINK).iter().collect::<Vec<_>>(), [&expected]);
    // Nor is a link lost to letters that are not escaped.
    let asked = Uri::from_maybe_shared("/v1/b?q=\u{e9}&as_of=9".as_bytes()).unwrap();
    let unescaped = Memento::InUrl(asked.clone()).on(link_next(answer(), &asked, "N"));
    let expected = "</v1/b?q=\u{e9}&as_of=9&cursor=N>; rel=\"next\", </v1/b?q=\u{e9}>; rel=\"original timegate\"";
    assert_eq!(unescaped.headers()[LINK].as_bytes(), expected.as_bytes());
    // It does not depend on the header.
    assert!(!response.headers().contains_key(VARY) && !response.headers().contains_key(CONTENT_LOCATION));
}

#[test]
fn an_answer_that_the_header_chose_says_where_it_stays() {
    for (asked, original, location) in
        [("/v1/b", "/v1/b", "/v1/b?as_of=9"), ("/v1/b?quotes=3", "/v1/b?quotes=3", "/v1/b?quotes=3&as_of=9")]
    {
        let response = Memento::ByHeader(uri(asked)).on(answer());
        assert_eq!(header(&response, "memento-datetime"), Some("Tue, 04 May 2021 10:00:00 GMT"));
        assert_eq!(header(&response, "link"), Some(&*format!("<{original}>; rel=\"original timegate\"")));
        assert_eq!(header(&response, "content-location"), Some(location));
        assert_eq!(header(&response, "vary"), Some("accept-datetime"));
    }
}

#[test]
fn other_answers_say_only_what_they_depend_on() {
    let plain = || streamed(9, NDJSON, Body::empty());
    for (memento, vary) in [
        (Memento::Never, None),
        (Memento::Unnamed, Some("accept-datetime")),
        (Memento::InUrl(uri("/v1/b?as_of=9")), None),
    ] {
        let response = memento.on(plain());
        assert_eq!(header(&response, "vary"), vary);
        for absent in [MEMENTO_DATETIME, LINK, CONTENT_LOCATION] {
            assert!(!response.headers().contains_key(absent));
        }
    }
    let refused = Memento::ByHeader(uri("/v1/b")).on(StatusCode::NOT_FOUND.into_response());
    assert_eq!(header(&refused, "vary"), Some("accept-datetime"));
    assert!(!refused.headers().contains_key(LINK) && !refused.headers().contains_key(CONTENT_LOCATION));
}
