use axum::http::header::{ACCEPT, ETAG, IF_NONE_MATCH, LINK};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use wire::view::Refusal;
use wire::view::refusal::Why;

use super::{AS_OF, JSON, TEXT, Validator, accepts, is_unchanged, json, link_next, refused};

fn headers(name: axum::http::HeaderName, value: &str) -> HeaderMap {
    [(name, HeaderValue::from_str(value).unwrap())].into_iter().collect()
}

fn answer(request: &HeaderMap, validator: &Validator) -> Response {
    json(request, 9, validator, &["x"]).unwrap()
}

#[test]
fn an_answer_names_its_position_and_its_tag() {
    let response = answer(&HeaderMap::new(), &Validator::Revision(3));
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[ETAG], "\"3\"");
    assert_eq!(response.headers()[AS_OF], "9");
}

#[test]
fn a_copy_that_is_still_good_is_answered_with_304() {
    for known in ["\"3\"", "W/\"3\"", "\"2\", \"3\"", "*"] {
        let response = answer(&headers(IF_NONE_MATCH, known), &Validator::Revision(3));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(response.headers()[ETAG], "\"3\"");
    }
    assert_eq!(answer(&headers(IF_NONE_MATCH, "\"2\""), &Validator::Revision(3)).status(), StatusCode::OK);
}

#[test]
fn a_resource_that_changes_with_others_is_always_answered_whole() {
    let response = answer(&headers(IF_NONE_MATCH, "\"3\""), &Validator::RevisionOfChanging(3));
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[ETAG], "\"3\"");
}

#[test]
fn a_view_is_recognised_by_its_content() {
    let tag = |value: &[&str]| json(&HeaderMap::new(), 9, &Validator::Content, &value).unwrap().headers()[ETAG].clone();
    assert_eq!(tag(&["x"]), tag(&["x"]));
    assert_ne!(tag(&["x"]), tag(&["y"]));
    assert!(is_unchanged(&headers(IF_NONE_MATCH, tag(&["x"]).to_str().unwrap()), &tag(&["x"])));
}

#[test]
fn the_most_specific_range_of_accept_decides() {
    let cases = [
        (JSON, "application/json", true),
        (JSON, "text/html, */*;q=0.1", true),
        (JSON, "application/*", true),
        (JSON, "text/html", false),
        (JSON, "*/*, application/json;q=0", false),
        (JSON, "application/json;q=0.5, */*;q=0", true),
        (TEXT, "text/plain", true),
        (TEXT, "Text/*;q=0.2", true),
        (TEXT, "application/json", false),
    ];
    for (media, accept, expected) in cases {
        assert_eq!(accepts(&headers(ACCEPT, accept), media), expected, "{media} for {accept}");
    }
    assert!(accepts(&HeaderMap::new(), JSON));
}

#[test]
fn the_next_page_is_the_same_request_with_another_cursor() {
    let link = |uri: &str| {
        let response = link_next(StatusCode::OK.into_response(), &uri.parse().unwrap(), "NEW");
        response.headers()[LINK].to_str().unwrap().to_owned()
    };
    assert_eq!(link("/v1/projects"), "</v1/projects?cursor=NEW>; rel=\"next\"");
    assert_eq!(
        link("/v1/projects?limit=2&cursor=OLD&q=a%20b"),
        "</v1/projects?limit=2&q=a%20b&cursor=NEW>; rel=\"next\""
    );
}

#[test]
fn each_refusal_has_its_status() {
    let cases = [
        (Why::Absent, 404),
        (Why::Forbidden, 403),
        (Why::Invalid, 422),
        (Why::Behind, 503),
        (Why::Unavailable, 503),
        (Why::Unspecified, 500),
    ];
    for (why, status) in cases {
        let refusal = Refusal { why: why.into(), code: "some_code".to_owned(), detail: "why".to_owned() };
        let response = refused(refusal).into_response();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers().contains_key("retry-after"), status == 503);
    }
}
