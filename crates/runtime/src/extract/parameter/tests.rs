use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use super::never_null;

#[derive(IntoParams)]
#[expect(dead_code, reason = "described alone")]
struct Parameters {
    limit: Option<u32>,
    q: Option<String>,
    at_least: u64,
    without: Vec<String>,
}

fn described() -> Vec<Value> {
    let mut parameters = Parameters::into_params(|| Some(ParameterIn::Query));
    parameters.iter_mut().for_each(never_null);
    parameters.iter().map(|parameter| serde_json::to_value(&parameter.schema).unwrap()).collect()
}

#[test]
fn a_parameter_that_may_be_absent_is_never_null() {
    assert_eq!(described()[0], json!({ "type": "integer", "format": "int32", "minimum": 0 }));
    assert_eq!(described()[1], json!({ "type": "string" }));
}

#[test]
fn another_parameter_stays_as_it_is() {
    assert_eq!(described()[2], json!({ "type": "integer", "format": "int64", "minimum": 0 }));
    assert_eq!(described()[3], json!({ "type": "array", "items": { "type": "string" } }));
}
