use runtime::parse_json;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Evidence, NewReading};
use crate::body::object::Object;

fn reading() -> Value {
    let id = Uuid::from_u128(7);
    json!({
        "speakers": [
            {"source": id, "stance": "relays"},
            {"unidentified": {"kind": "officials", "label": "officials", "of": id}},
        ],
        "act": "denies",
        "proposition": {"class": id, "facet": "who", "actor": id, "role": "ordered", "with_others": true},
        "polarity": "-",
        "certainty": "PR",
        "evidence": [id],
        "scope": "generic",
        "mode": "statement",
        "uttered": "2021-05~",
        "speaks_for": id,
    })
}

fn parsed(body: &Value) -> NewReading {
    let Object(body) = parse_json(body.to_string().as_bytes()).expect("the body is a reading");
    body
}

#[test]
fn a_claim_becomes_the_body_it_was_read_from() {
    for body in [
        reading(),
        json!({
            "speakers": [{"actor": Uuid::from_u128(1)}],
            "act": "condemns",
            "proposition": {"actor": Uuid::from_u128(2), "facet": "conduct", "value": "cowardly"},
            "polarity": "0",
            "certainty": "CT",
            "evidence": [Uuid::from_u128(3)],
        }),
        json!({
            "speakers": [{"actor": Uuid::from_u128(1)}],
            "act": "retracts",
            "proposition": {"relation": Uuid::from_u128(2)},
            "polarity": "0",
            "certainty": "CT",
            "evidence": [Uuid::from_u128(3)],
            "changes": [Uuid::from_u128(4)],
            "presupposed": true,
        }),
    ] {
        let claim = parsed(&body).claim(&[]).expect("the body is a claim");
        let again = serde_json::to_value(NewReading::of(&claim)).expect("a body serialises");
        assert_eq!(parsed(&again).claim(&[]), Ok(claim), "{again}");
    }
}

#[test]
fn evidence_is_an_id_or_a_passage() {
    let passage = json!({
        "document": Uuid::nil(), "revision": 1, "start": 0, "end": 3, "exact": "abc", "role": "content",
    });
    let mut body = reading();
    body["evidence"] = json!([Uuid::from_u128(7), passage]);
    let body = parsed(&body);
    assert!(matches!(body.evidence[..], [Evidence::Annotation(_), Evidence::Inline(_)]));
    let passages = body.passages().expect("there are not too many");
    assert_eq!(passages.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1]);
}
