use std::path::Path;

use super::document;

/// Set to `write` to take the document over into the repository.
const GOLDEN: &str = "GAINSAY_GOLDEN";

#[test]
fn the_document_in_the_repository_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let mut current = document().to_pretty_json().unwrap();
    current.push('\n');
    if std::env::var(GOLDEN).is_ok_and(|golden| golden == "write") {
        std::fs::write(&path, &current).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == current, "openapi.json differs from the code: run the tests with {GOLDEN}=write and commit it");
}

#[test]
fn no_name_stands_for_two_schemas() {
    let (reads, writes) = (query::openapi(), ingest::openapi());
    let writes = writes.components.unwrap();
    for (name, schema) in &reads.components.unwrap().schemas {
        if let Some(other) = writes.schemas.get(name) {
            let same = serde_json::to_value(schema).unwrap() == serde_json::to_value(other).unwrap();
            assert!(same, "{name}");
        }
    }
}

#[test]
fn the_two_sides_name_a_path_in_the_same_way() {
    let blank = |path: &str| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let (reads, writes) = (query::openapi(), ingest::openapi());
    for path in reads.paths.paths.keys() {
        let same = writes.paths.paths.keys().find(|other| blank(other) == blank(path));
        assert!(same.is_none_or(|other| other == path), "{path} is {same:?} for writes");
    }
}
