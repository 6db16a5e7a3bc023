use axum::http::StatusCode;
use serde::Deserialize;

use super::parse_query;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize, PartialEq)]
struct View {
    limit: Option<u16>,
    at_least: Option<u64>,
    #[serde(default)]
    without: Vec<String>,
    q: Option<String>,
    status: Option<Status>,
    exact: Option<bool>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Status {
    Claimed,
    DeniedUnaccused,
}

fn refused(query: &str) -> Problem {
    let problem = parse_query::<View>(query).unwrap_err();
    assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
    problem
}

#[test]
fn parameters_are_parsed_by_the_types_of_their_fields() {
    let view: View = parse_query("limit=5&at_least=12&q=a+b%2Bc%20%C3%A9&status=denied_unaccused&exact=true").unwrap();
    assert_eq!(
        view,
        View {
            limit: Some(5),
            at_least: Some(12),
            q: Some("a b+c é".to_owned()),
            status: Some(Status::DeniedUnaccused),
            exact: Some(true),
            ..View::default()
        }
    );
}

#[test]
fn a_list_takes_repeated_parameters_in_their_order() {
    let view: View = parse_query("without=source:1&limit=2&without=actor:2").unwrap();
    assert_eq!(view.without, ["source:1", "actor:2"]);
    assert_eq!(parse_query::<View>("").unwrap().without, [""; 0]);
    assert_eq!(parse_query::<View>("without=x").unwrap().without, ["x"]);
}

#[test]
fn text_that_looks_like_a_number_stays_text() {
    assert_eq!(parse_query::<View>("q=007").unwrap().q.as_deref(), Some("007"));
}

#[test]
fn an_unknown_parameter_is_refused_by_name() {
    let problem = refused("limit=1&lmit=2");
    assert_eq!(problem.code(), "unknown_parameter");
    assert_eq!(problem.faults()[0].parameter.as_deref(), Some("lmit"));
    assert!(problem.detail().contains("at_least"), "{problem}");
}

#[test]
fn a_parameter_given_twice_for_one_value_is_refused() {
    let problem = refused("limit=1&limit=2");
    assert_eq!(problem.code(), "repeated_parameter");
    assert_eq!(problem.faults()[0].parameter.as_deref(), Some("limit"));
}

#[test]
fn a_value_that_does_not_fit_is_refused() {
    for (query, name) in [
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
        ("limit=70000", "limit"),
        ("limit=", "limit"),
        ("status=unheard", "status"),
        ("exact=1", "exact"),
    ] {
        let problem = refused(query);
        assert_eq!(problem.code(), "invalid_parameter", "{query}");
        assert_eq!(problem.faults()[0].parameter.as_deref(), Some(name), "{problem}");
    }
}

#[test]
fn a_route_without_parameters_refuses_each() {
    parse_query::<()>("").unwrap();
    assert_eq!(parse_query::<()>("limit=1").unwrap_err().code(), "unknown_parameter");
}

#[test]
fn a_missing_parameter_is_refused_by_name() {
    #[derive(Debug, Deserialize)]
    struct Preview {
        #[serde(rename = "left")]
        _left: String,
    }
    let problem = parse_query::<Preview>("").unwrap_err();
    assert_eq!(problem.code(), "missing_parameter");
    assert_eq!(problem.faults()[0].parameter.as_deref(), Some("left"));
}

#[test]
fn invalid_utf_8_is_refused() {
    assert_eq!(refused("q=%ff").code(), "invalid_utf8");
}
