use domain::id::{ProjectId, UserId, derived};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Line, Touches};

const PROJECT: ProjectId = ProjectId::new(Uuid::from_u128(1));
const USER: UserId = UserId::new(Uuid::from_u128(2));

fn touches(resource: &str, key: u128, body: Value) -> Touches {
    let line = Line { resource: resource.to_owned(), key: None, body };
    Touches::of(&line, Uuid::from_u128(key), false, PROJECT, USER)
}

fn concern(a: &Touches, b: &Touches) -> bool {
    assert_eq!(a.concerns(b), b.concerns(a), "who waits for whom is a matter of order alone");
    a.concerns(b)
}

#[test]
fn a_line_waits_for_one_that_creates_what_it_names() {
    let id = Uuid::from_u128(9);
    let document = touches("documents", 10, json!({"id": id}));
    let annotation = touches("annotations", 11, json!({"document": id}));
    let nested = touches("readings", 12, json!({"evidence": [{"document": id}], "speakers": [{"actor": "x"}]}));
    let other = touches("annotations", 13, json!({"document": Uuid::from_u128(8)}));
    assert!(concern(&document, &annotation));
    assert!(concern(&document, &nested));
    assert!(!concern(&annotation, &nested), "both only name it");
    assert!(!concern(&document, &other));
}

#[test]
fn a_line_waits_for_one_that_changes_what_it_changes_or_names() {
    let id = Uuid::from_u128(9);
    let name = touches(&format!("actors/{id}/names"), 10, json!({"name": "A"}));
    let another = touches(&format!("actors/{id}/names"), 11, json!({"name": "B"}));
    let reading = touches("readings", 12, json!({"proposition": {"actor": id}}));
    assert!(concern(&name, &another));
    assert!(concern(&name, &reading));
}

#[test]
fn a_line_waits_for_one_with_its_key_or_whose_key_makes_what_it_names() {
    let first = touches("sources", 10, json!({}));
    let second = touches("sources", 10, json!({}));
    let made = touches("documents", 11, json!({"source": derived(PROJECT, USER, Uuid::from_u128(10), 0)}));
    assert!(concern(&first, &second));
    assert!(concern(&first, &made));
}

#[test]
fn what_governs_the_project_is_carried_out_alone() {
    assert!(concern(&touches("codebooks", 10, json!({})), &touches("sources", 11, json!({}))));
}
