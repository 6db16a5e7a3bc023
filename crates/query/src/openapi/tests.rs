use std::collections::{BTreeMap, BTreeSet};

use domain::id::{CredentialId, SourceId, UserId};
use domain::{Event, Kind, source};
use serde_json::Value;
use uuid::Uuid;
use wire::record::{Batch, Envelope, Record, Reliance};

use super::schemas_of;
use crate::routes;

fn document() -> Value {
    serde_json::to_value(crate::openapi()).unwrap()
}

/// A record as it is answered.
fn record() -> Value {
    let id = Uuid::from_u128(7);
    let record = Record {
        envelope: Envelope {
            record_id: id,
            log_id: id,
            project: id,
            kind: Kind::Source,
            id,
            revision: 2,
            previous: Some([0; 32]),
            author: UserId::new(id),
            credential: CredentialId::new(id),
            command_id: id,
            request_sha256: [0; 32],
            correlation_id: id,
            causation_id: None,
            recorded_at_us: 0,
            batch: Some(Batch { id, index: 0, count: 1 }),
            relied_on: vec![Reliance { kind: Kind::Project, id, revision: 1 }],
            schema_version: 1,
        },
        events: vec![Event::Source(source::Event::SourceRelationAsserted {
            relation: source::SourceRelation::WireOf,
            to: SourceId::new(id),
        })],
    };
    wire::json::record(3, &[0; 32], &record)
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        _ => {}
    }
}

#[test]
fn the_document_is_openapi_3_1() {
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn each_parameter_in_a_path_is_described_and_the_other_way_round() {
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array().unwrap();
        let of_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let described: BTreeSet<_> =
            of_path.map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap())).collect();
        let named: BTreeSet<_> = path.split('/').filter(|part| part.starts_with('{')).map(str::to_owned).collect();
        assert_eq!(described, named, "{path}");
    }
}

#[test]
fn every_operation_has_its_own_id_and_describes_problems() {
    let document = document();
    let operations: Vec<_> = document["paths"].as_object().unwrap().values().map(|item| &item["get"]).collect();
    let ids: BTreeSet<_> = operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len());
    for operation in operations {
        let answers = operation["responses"].as_object().unwrap();
        assert!(["400", "401", "404", "503"].iter().all(|status| answers.contains_key(*status)), "{answers:#?}");
        assert!(!answers.contains_key("default"), "an answer that is not described would go unnoticed");
    }
}

#[test]
fn a_record_is_described_with_all_its_members() {
    let document = document();
    let described = |name: &str, value: &Value| {
        let schema = &document["components"]["schemas"][name];
        let members: BTreeSet<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let properties: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let required: BTreeSet<_> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(properties, members, "{name}");
        assert_eq!(required, members, "{name}");
    };
    let record = record();
    described("Record", &record);
    described("Batch", &record["batch"]);
    described("Reliance", &record["relied_on"][0]);
    assert!(record["events"][0]["type"].is_string());
}

#[test]
fn no_parameter_is_ever_null() {
    let document = document();
    for item in document["paths"].as_object().unwrap().values() {
        for parameter in item["get"]["parameters"].as_array().unwrap() {
            let schema = &parameter["schema"];
            let forms = schema["oneOf"].as_array().map_or(std::slice::from_ref(schema), Vec::as_slice);
            assert!(forms.iter().all(|form| form["type"].is_string()), "{parameter}");
        }
    }
}

#[test]
fn what_is_answered_as_of_a_moment_may_be_asked_for_by_a_date() {
    let document = document();
    let mut dated = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["get"];
        let has = |name: &str| operation["parameters"].as_array().unwrap().iter().any(|given| given["name"] == name);
        assert_eq!(has("as_of"), has("Accept-Datetime"), "{path}");
        let headers = &operation["responses"]["200"]["headers"];
        for name in ["Memento-Datetime", "Content-Location", "Vary"] {
            assert_eq!(headers[name].is_object(), has("as_of"), "{path}");
        }
        dated += usize::from(has("as_of"));
    }
    assert!(dated > 20, "{dated} of the operations");
}

#[test]
fn no_name_stands_for_two_schemas() {
    let mut schemas = BTreeMap::new();
    let of_routes = routes::all().into_iter().flat_map(|route| route.schemas);
    for (name, schema) in schemas_of::<super::Record>().into_iter().chain(of_routes) {
        let other = schemas.insert(name.clone(), schema.clone());
        assert!(other.is_none_or(|other| other == schema), "{name}");
    }
}
