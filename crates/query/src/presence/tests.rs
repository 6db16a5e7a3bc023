use super::hub::Seen;
use super::*;
use serde_json::{Value, json};

/// Somebody with a document open, both by number, since this many seconds.
fn there(document: u128, user: u128, since: i64) -> Present {
    let place = Place { project: Uuid::nil(), document: Uuid::from_u128(document), user: Uuid::from_u128(user) };
    Present { place, right: Right::Membership, since_us: since * 1_000_000, until_us: (since + 30) * 1_000_000 }
}

fn seen(present: &[Present]) -> Seen {
    Seen::Present(present.into())
}

/// What is said, each event as its data; none of them has an id.
fn said(told: &mut Told, seen: &Seen, documents: &[Uuid]) -> Vec<Value> {
    let piece = told.tell(&Veil::default(), seen, documents).unwrap_or_default();
    let text = String::from_utf8(piece.to_vec()).unwrap();
    let events = text.split_terminator("\n\n").map(|event| {
        let data = event.strip_prefix("event: presence\ndata: ").unwrap_or_else(|| panic!("{event}"));
        assert!(!data.contains('\n'), "{data}");
        serde_json::from_str(data).unwrap()
    });
    events.collect()
}

fn item(document: u128, user: u128, since: &str) -> Value {
    json!({"document": Uuid::from_u128(document), "user": Uuid::from_u128(user), "since": since})
}

const FIRST: &str = "1970-01-01T00:00:01.000000Z";
const SECOND: &str = "1970-01-01T00:00:02.000000Z";

#[test]
fn a_stream_is_told_the_whole_and_then_each_change_once() {
    let mut told = Told::Nothing;
    assert_eq!(said(&mut told, &Seen::Nothing, &[]), [] as [Value; 0]);
    let whole = json!({"change": "all", "items": [item(1, 7, FIRST)]});
    assert_eq!(said(&mut told, &seen(&[there(1, 7, 1)]), &[]), [whole]);
    let now = seen(&[there(1, 8, 2), there(2, 7, 2)]);
    let mut came = [item(1, 8, SECOND), item(2, 7, SECOND)];
    for item in &mut came {
        item["change"] = json!("came");
    }
    let left = json!({"change": "left", "document": Uuid::from_u128(1), "user": Uuid::from_u128(7)});
    assert_eq!(said(&mut told, &now, &[]), [left, came[0].clone(), came[1].clone()]);
    // A heartbeat moves only the end.
    let later = Present { until_us: i64::MAX, ..there(1, 8, 2) };
    assert_eq!(said(&mut told, &seen(&[later, there(2, 7, 2)]), &[]), [] as [Value; 0]);
}

#[test]
fn who_came_again_between_two_looks_came() {
    let mut told = Told::Nothing;
    said(&mut told, &seen(&[there(1, 7, 1)]), &[]);
    let mut came = item(1, 7, SECOND);
    came["change"] = json!("came");
    assert_eq!(said(&mut told, &seen(&[there(1, 7, 2)]), &[]), [came]);
}

#[test]
fn what_cannot_be_told_is_said_once_and_then_the_whole_again() {
    let mut told = Told::Nothing;
    assert_eq!(said(&mut told, &Seen::Unknown, &[]), [json!({"change": "unknown"})]);
    assert_eq!(said(&mut told, &Seen::Unknown, &[]), [] as [Value; 0]);
    let now = seen(&[there(1, 7, 1)]);
    let whole = json!({"change": "all", "items": [item(1, 7, FIRST)]});
    let whole = [whole];
    assert_eq!(said(&mut told, &now, &[]), whole);
    said(&mut told, &Seen::Unknown, &[]);
    assert_eq!(said(&mut told, &now, &[]), whole);
}

#[test]
fn a_stream_about_documents_is_told_of_these_alone() {
    let about = [Uuid::from_u128(1)];
    let mut told = Told::Nothing;
    let nobody = json!({"change": "all", "items": []});
    assert_eq!(said(&mut told, &seen(&[there(2, 7, 1)]), &about), [nobody]);
    let mut came = item(1, 7, FIRST);
    came["change"] = json!("came");
    assert_eq!(said(&mut told, &seen(&[there(1, 7, 1)]), &about), [came]);
}

#[test]
fn who_else_has_a_document_open_that_is_read_blind_is_not_shown() {
    let veil = Veil { own: Some(Uuid::from_u128(7)), documents: [Uuid::from_u128(1)].into() };
    let present = [there(1, 7, 1), there(1, 8, 1), there(2, 8, 1)];
    assert_eq!(veil.shown(&present), [present[0], present[2]]);
    assert_eq!(Veil::default().shown(&present), present);
}
