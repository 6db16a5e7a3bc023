//! The routes over a real socket, on a real nats-server.

mod access;
mod adjudications;
mod assessments;
mod batches;
mod changes;
mod creations;
mod derivations;
mod faults;
mod imports;
mod input;
mod judgements;
mod readings;
mod revisions;
mod tasks;
mod undo;
mod world;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::openapi;

#[test]
fn the_description_lists_every_operation_with_its_answers() {
    let document = serde_json::to_value(openapi()).expect("a description serialises");
    let paths = document["paths"].as_object().expect("there are paths");
    let operations: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().into_iter().flatten().map(move |(method, _)| format!("{method} {path}"))
        })
        .collect();
    for operation in [
        "post /v1/projects",
        "put /v1/projects/{project}/members/{user}",
        "delete /v1/projects/{project}/members/{user}",
        "post /v1/tokens",
        "delete /v1/tokens/{id}",
        "post /v1/projects/{project}/policies",
        "post /v1/projects/{project}/codebooks",
        "post /v1/projects/{project}/sources",
        "post /v1/projects/{project}/sources/{id}/relations",
        "post /v1/projects/{project}/documents",
        "post /v1/projects/{project}/documents/{id}/withdraw",
        "post /v1/projects/{project}/documents/{id}/revisions",
        "post /v1/projects/{project}/incidents",
        "patch /v1/projects/{project}/incidents/{id}",
        "post /v1/projects/{project}/actors",
        "post /v1/projects/{project}/actors/{id}/names",
        "delete /v1/projects/{project}/actors/{id}/names/{name}",
        "post /v1/projects/{project}/relations",
        "post /v1/projects/{project}/relations/{id}/dispute",
        "delete /v1/projects/{project}/relations/{id}/dispute",
        "delete /v1/projects/{project}/relations/{id}",
        "post /v1/projects/{project}/annotations",
        "patch /v1/projects/{project}/annotations/{id}",
        "delete /v1/projects/{project}/annotations/{id}",
        "post /v1/projects/{project}/readings",
        "patch /v1/projects/{project}/readings/{id}",
        "delete /v1/projects/{project}/readings/{id}",
        "post /v1/projects/{project}/no-claims",
        "delete /v1/projects/{project}/no-claims/{id}",
        "post /v1/projects/{project}/derivations",
        "put /v1/projects/{project}/derivations/{id}/verdict",
        "post /v1/projects/{project}/origins",
        "post /v1/projects/{project}/assessments",
        "patch /v1/projects/{project}/assessments/{id}",
        "delete /v1/projects/{project}/assessments/{id}",
        "post /v1/projects/{project}/adjudications",
        "post /v1/projects/{project}/adjudications/{id}/rulings",
        "post /v1/projects/{project}/adjudications/{id}/findings",
        "post /v1/projects/{project}/adjudications/{id}/reopen",
        "post /v1/projects/{project}/adjudications/{id}/overturn",
        "post /v1/projects/{project}/tasks",
        "post /v1/projects/{project}/tasks/next",
        "post /v1/projects/{project}/tasks/{id}/renew",
        "post /v1/projects/{project}/tasks/{id}/submit",
        "post /v1/projects/{project}/tasks/{id}/skip",
        "post /v1/projects/{project}/tasks/{id}/close",
        "post /v1/projects/{project}/imports",
    ] {
        assert!(operations.contains(operation), "{operation} is not described; there are {operations:#?}");
    }
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("a path has operations") {
            let answers = operation["responses"].as_object().expect("an operation has answers");
            assert!(answers.contains_key("422"), "{method} {path} describes no problem");
            assert!(!answers.contains_key("default"), "{method} {path}: what is not described would go unnoticed");
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        }
    }
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().expect("there are paths");
    paths.values().flat_map(|item| item.as_object().expect("a path has operations").values())
}

#[test]
fn every_operation_has_its_own_id() {
    let document = serde_json::to_value(openapi()).expect("a description serialises");
    let mut ids = BTreeSet::new();
    for operation in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().expect("an operation has an id")), "{operation}");
    }
}

#[test]
fn no_parameter_is_ever_null() {
    let document = serde_json::to_value(openapi()).expect("a description serialises");
    for parameter in operations(&document).filter_map(|operation| operation["parameters"].as_array()).flatten() {
        assert!(parameter["schema"]["type"].is_string(), "{parameter}");
    }
}

#[test]
fn an_operation_that_needs_a_revision_says_what_it_answers_without() {
    let document = serde_json::to_value(openapi()).expect("a description serialises");
    for operation in operations(&document) {
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let condition = parameters.iter().find(|parameter| parameter["name"] == "If-Match");
        let needed = condition.is_some_and(|condition| condition["required"] == true);
        assert_eq!(operation["responses"]["412"].is_object(), condition.is_some(), "{operation}");
        assert_eq!(operation["responses"]["428"].is_object(), needed, "{operation}");
    }
}

#[test]
fn every_reference_of_the_description_leads_to_a_schema() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    match member.as_str() {
                        Some(target) if key == "$ref" => drop(found.insert(target)),
                        _ => references(member, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = serde_json::to_value(openapi()).expect("a description serialises");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for target in found {
        let pointer = target.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
    }
}

#[test]
fn the_description_names_the_values_of_vocabularies() {
    let document = serde_json::to_value(openapi()).expect("a description serialises");
    let act = &document["components"]["schemas"]["Act"];
    let acts = act["enum"].as_array().expect("the acts are listed");
    assert!(acts.contains(&Value::from("claims_responsibility")), "{act}");
    let field = &document["components"]["schemas"]["NewReading"]["properties"]["act"];
    assert_eq!(field["$ref"], "#/components/schemas/Act", "{field}");
    assert!(field["description"].is_string(), "{field}");
    let patch = &document["components"]["schemas"]["ReadingPatch"];
    assert!(patch["properties"]["act"].is_object(), "{patch}");
    assert!(patch["required"].is_null(), "a patch requires nothing: {patch}");
}
