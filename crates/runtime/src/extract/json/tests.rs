use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Json, body_limit, canonical_json, parse_json};
use crate::problem::Problem;

#[derive(Debug, Deserialize, PartialEq)]
struct Span {
    start: u32,
    end: u32,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Part {
    Whole { exact: String },
    Gap,
}

fn refused(text: &str) -> Problem {
    parse_json::<Span>(text.as_bytes()).unwrap_err()
}

fn pointers(problem: &Problem) -> Vec<&str> {
    problem.faults().iter().map(|fault| fault.pointer.as_deref().unwrap()).collect()
}

#[test]
fn a_fitting_body_is_parsed() {
    let text = br#"{"start": 1, "end": 2, "parts": ["gap", {"whole": {"exact": "a"}}]}"#;
    let span: Span = parse_json(text).unwrap();
    assert_eq!(span.end, 2);
    assert_eq!(span.parts, [Part::Gap, Part::Whole { exact: "a".to_owned() }]);
}

#[test]
fn an_unknown_field_is_refused_without_the_type_saying_so() {
    let problem = refused(r#"{"start": 1, "end": 2, "strt": 3, "stop/it": 4}"#);
    assert_eq!((problem.status(), problem.code()), (StatusCode::UNPROCESSABLE_ENTITY, "unknown_field"));
    assert_eq!(pointers(&problem), ["/stop~1it", "/strt"]);
}

#[test]
fn an_unknown_field_deep_inside_has_its_pointer() {
    let problem = refused(r#"{"start": 1, "end": 2, "parts": ["gap", {"whole": {"exact": "a", "more": 1}}]}"#);
    assert_eq!(problem.code(), "unknown_field");
    assert!(pointers(&problem)[0].ends_with("/more"), "{problem:?}");
    assert!(pointers(&problem)[0].starts_with("/parts/1"), "{problem:?}");
}

#[test]
fn an_unknown_field_of_a_type_that_denies_them_is_the_same() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "inner")]
        _inner: Inner,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {}
    let problem = parse_json::<Outer>(br#"{"inner": {"x": 1}}"#).unwrap_err();
    assert_eq!(problem.code(), "unknown_field");
    assert_eq!(pointers(&problem), ["/inner/x"]);
}

#[test]
fn a_missing_field_is_named_by_its_pointer() {
    let problem = refused(r#"{"start": 1}"#);
    assert_eq!((problem.status(), problem.code()), (StatusCode::UNPROCESSABLE_ENTITY, "missing_field"));
    assert_eq!(pointers(&problem), ["/end"]);
    let problem = refused(r#"{"start": 1, "end": 2, "parts": [{"whole": {}}]}"#);
    assert_eq!(pointers(&problem), ["/parts/0/whole/exact"]);
}

#[test]
fn a_wrong_type_is_named_by_its_pointer() {
    let problem = refused(r#"{"start": 1, "end": "two"}"#);
    assert_eq!((problem.status(), problem.code()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid_value"));
    assert_eq!(pointers(&problem), ["/end"]);
    assert!(problem.detail().contains("expected u32"), "{problem}");
    assert_eq!(pointers(&refused(r#"{"start": 1, "end": 2, "labels": {"a/b~c": 1}}"#)), ["/labels/a~1b~0c"]);
    assert_eq!(pointers(&refused(r#"{"start": 1, "end": 2, "parts": ["gape"]}"#)), ["/parts/0"]);
    assert_eq!(pointers(&refused("[]")), [""]);
}

#[test]
fn a_duplicate_key_is_refused_at_any_depth() {
    let problem = refused(r#"{"start": 1, "end": 2, "parts": [1, {"b": 1, "b": 2}]}"#);
    assert_eq!((problem.status(), problem.code()), (StatusCode::BAD_REQUEST, "duplicate_key"));
    assert_eq!(pointers(&problem), ["/parts/1/b"]);
}

#[test]
fn broken_json_is_refused_with_line_and_column() {
    let problem = refused("{\"start\": 1,\n \"end\" 2}");
    assert_eq!((problem.status(), problem.code()), (StatusCode::BAD_REQUEST, "malformed_json"));
    assert_eq!(problem.extension("line"), Some(&json!(2)));
    assert_eq!(problem.extension("column"), Some(&json!(8)));
    assert_eq!(refused(r#"{"start": 1, "end": 2} trailing"#).code(), "malformed_json");
    assert_eq!(refused(r#"{"start": 1e999, "end": 2}"#).code(), "malformed_json");
    assert_eq!(refused(&"[".repeat(100_000)).code(), "malformed_json");
    assert_eq!(refused(r#"{"start": "\ud800"}"#).code(), "malformed_json");
}

#[test]
fn invalid_utf_8_is_refused_with_its_offset() {
    let problem = parse_json::<Span>(b"{\"start\": \"\xff\"}").unwrap_err();
    assert_eq!((problem.status(), problem.code()), (StatusCode::BAD_REQUEST, "invalid_utf8"));
    assert_eq!(problem.extension("offset"), Some(&json!(11)));
}

#[test]
fn an_empty_body_is_refused_as_such() {
    assert_eq!(refused("").code(), "empty_body");
}

#[test]
fn a_refused_value_is_not_repeated_whole() {
    let problem = refused(&format!(r#"{{"start": "{}"}}"#, "ü".repeat(1_000_000)));
    assert_eq!(problem.code(), "invalid_value");
    assert!(problem.to_json().len() < 4_000);
}

#[test]
fn the_canonical_form_depends_on_the_meaning_alone() {
    let left = canonical_json(br#"{"b": [1, {"y": null, "x": "\u00e9"}], "a": 1.5}"#).unwrap();
    let right = canonical_json(b"{ \"a\":1.5,\n\"b\":[1,{\"x\":\"\xc3\xa9\",\"y\":null}] }").unwrap();
    assert_eq!(left, right);
    assert_eq!(left, r#"{"a":1.5,"b":[1,{"x":"é","y":null}]}"#.as_bytes());
}

#[test]
fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
    let span: Span = parse_json(br#"{"start": 3.0, "end": 4e2}"#).unwrap();
    assert_eq!((span.start, span.end), (3, 400));
    assert_eq!(parse_json::<f64>(b"8.0").unwrap().to_bits(), 8.0_f64.to_bits());
    assert_eq!(canonical_json(b"[8.0, -0.0, 1e300]").unwrap(), b"[8,0,1e+300]");
    for text in ["3.5", "-1.0", "9007199254740993.0", "1e300"] {
        let problem = parse_json::<u32>(text.as_bytes()).unwrap_err();
        assert_eq!(problem.code(), "invalid_value", "{text}");
    }
}

async fn send(request: Request<Body>) -> (StatusCode, Value) {
    let routes = Router::new()
        .route("/", post(async |body: Json<Span>| body.value.end.to_string()))
        .route("/optional", post(async |body: Option<Json<Span>>| body.is_some().to_string()))
        .layer(body_limit(64));
    let response = routes.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn request(path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let builder = Request::post(path);
    let builder = match content_type {
        Some(content_type) => builder.header("content-type", content_type),
        None => builder,
    };
    builder.body(body.into()).unwrap()
}

const FITTING: &str = r#"{"start": 1, "end": 2}"#;

#[tokio::test]
async fn every_json_media_type_is_taken() {
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/ld+json"] {
        assert_eq!(send(request("/", Some(kind), FITTING)).await, (StatusCode::OK, json!(2)));
    }
}

#[tokio::test]
async fn another_media_type_is_refused() {
    for kind in [None, Some("text/plain"), Some("application/x-ndjson"), Some("text/x+json")] {
        let (status, problem) = send(request("/", kind, FITTING)).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind:?}");
        assert_eq!(problem["code"], "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_or_not_its_length_is_announced() {
    let long = format!(r#"{{"start": 1, "end": 2, "x": "{}"}}"#, "x".repeat(100));
    let chunks = futures::stream::iter([(); 3].map(|()| Ok::<_, std::io::Error>(FITTING)));
    for body in [Body::from(long), Body::from_stream(chunks)] {
        let (status, problem) = send(request("/", Some("application/json"), body)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(problem["code"], "body_too_large");
        assert_eq!(problem["limit"], 64);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let chunks = futures::stream::iter([Ok("{"), Err(std::io::Error::other("reset"))]);
    let (status, problem) = send(request("/", Some("application/json"), Body::from_stream(chunks))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("body_incomplete")));
}

#[tokio::test]
async fn an_optional_body_may_be_empty_and_is_else_held_to_the_same_rules() {
    let json_type = Some("application/json");
    assert_eq!(send(request("/optional", None, "")).await, (StatusCode::OK, json!(false)));
    assert_eq!(send(request("/optional", json_type, FITTING)).await, (StatusCode::OK, json!(true)));
    assert_eq!(send(request("/optional", json_type, "{}")).await.1["code"], "missing_field");
    assert_eq!(send(request("/optional", None, FITTING)).await.1["code"], "unsupported_media_type");
}

#[test]
fn the_canonical_form_of_an_extracted_body_is_at_hand() {
    let body = Json { value: (), raw: r#"{"b":1, "a":2}"#.into() };
    assert_eq!(body.canonical(), br#"{"a":2,"b":1}"#);
}
