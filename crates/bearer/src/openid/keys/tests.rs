use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::{Found, KeySet};
use crate::testing::Signer;

fn set(keys: &[Value]) -> KeySet {
    KeySet::read(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

fn with(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}

#[test]
fn a_key_is_found_by_name_and_kind() {
    let (one, two) = (Signer::p256("one"), Signer::ed25519("two"));
    let keys = set(&[one.jwk(), two.jwk()]);
    assert!(matches!(keys.find(Some("one"), Algorithm::ES256), Found::Key(_)));
    assert!(matches!(keys.find(Some("two"), Algorithm::EdDSA), Found::Key(_)));
    assert!(matches!(keys.find(Some("one"), Algorithm::EdDSA), Found::Unfit), "a key is for its own kind alone");
    assert!(matches!(keys.find(Some("two"), Algorithm::HS256), Found::Unfit));
    assert!(matches!(keys.find(Some("three"), Algorithm::ES256), Found::Unknown));
    assert!(matches!(keys.find(None, Algorithm::ES256), Found::Unnamed), "one of several has to be named");
    assert!(matches!(set(&[one.jwk()]).find(None, Algorithm::ES256), Found::Key(_)));
    assert!(matches!(set(&[]).find(None, Algorithm::ES256), Found::Unknown));
    let twins = set(&[one.jwk(), Signer::p256("one").jwk()]);
    assert!(matches!(twins.find(Some("one"), Algorithm::ES256), Found::Unfit), "which of the two is not said");
}

#[test]
fn what_cannot_check_signatures_is_passed_over() {
    let (curve, edwards) = (Signer::p256("k").jwk(), Signer::ed25519("k").jwk());
    let rsa = |n: &str, e: &str| json!({"kty": "RSA", "kid": "k", "n": n, "e": e});
    for key in [
        json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0", "alg": "HS256"}),
        json!(null),
        json!("key"),
        json!({"kid": "k"}),
        with(curve.clone(), "use", json!("enc")),
        with(curve.clone(), "key_ops", json!(["sign"])),
        with(curve.clone(), "alg", json!("HS256")),
        with(curve.clone(), "alg", json!("none")),
        with(curve.clone(), "alg", json!("RS256")),
        with(curve.clone(), "crv", json!("P-384")),
        with(curve.clone(), "crv", json!("secp256k1")),
        with(curve.clone(), "x", json!("AAAA")),
        with(curve.clone(), "x", json!("=")),
        with(curve.clone(), "y", Value::Null),
        with(edwards.clone(), "x", json!("AAAA")),
        with(edwards.clone(), "x", json!("")),
        with(edwards, "crv", json!("X25519")),
        rsa("AQAB", "AQAB"),
        rsa(&"A".repeat(100_000), "AQAB"),
        rsa(&"q".repeat(342), ""),
        rsa(&"q".repeat(342), &"A".repeat(100)),
    ] {
        assert_eq!(set(std::slice::from_ref(&key)).len(), 0, "{key}");
        assert_eq!(set(&[key, curve.clone()]).len(), 1, "the others count");
    }
}

#[test]
fn keys_that_make_no_sense_check_nothing_and_break_nothing() {
    let zeros = |count: usize| "A".repeat(count);
    let keys = set(&[
        json!({"kty": "EC", "kid": "ec", "crv": "P-256", "x": zeros(43), "y": zeros(43)}),
        json!({"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "_".repeat(42) + "8"}),
        json!({"kty": "RSA", "kid": "even", "n": "q".repeat(342), "e": "Ag"}),
        json!({"kty": "RSA", "kid": "large", "n": "_".repeat(683), "e": "__________8"}),
    ]);
    for (id, algorithm) in [
        ("ec", Algorithm::ES256),
        ("ed", Algorithm::EdDSA),
        ("even", Algorithm::RS256),
        ("even", Algorithm::PS256),
        ("large", Algorithm::RS256),
    ] {
        if let Found::Key(key) = keys.find(Some(id), algorithm) {
            for signature in ["", "AAAA", &zeros(86), &zeros(342), &zeros(684)] {
                assert!(!key.verify(signature, b"message", algorithm), "{id}");
            }
        }
    }
}

#[test]
fn no_more_keys_are_read_than_a_provider_has() {
    let key = Signer::ed25519("k").jwk();
    let keys: Vec<Value> = (0..1_000).map(|n| with(key.clone(), "kid", json!(n.to_string()))).collect();
    assert_eq!(set(&keys).len(), 100);
    for text in ["", "{}", "[]", r#"{"keys": {}}"#, r#"{"keys": "#, "<html>"] {
        assert!(KeySet::read(text.as_bytes()).is_none(), "{text}");
    }
}
