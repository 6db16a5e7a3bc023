//! Tokens that nobody may hear: malformed, forged, stale, meant for others, or too much of something.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::{Provider, Signer, now, part};

/// What `name` says with what is sent.
type Hostile = (String, String);

/// Tokens that nobody may hear, each with what is wrong with it. `published` is a key of the provider, `stranger` one that
/// it does not publish, and `trap` an address that nobody may ask.
#[must_use]
pub fn hostile(provider: &Provider, published: &Signer, stranger: &Signer, trap: &str) -> Vec<Hostile> {
    let mut all = algorithms(provider, published);
    all.extend(headers(provider, published, stranger, trap));
    all.extend(claims(provider, published));
    all.extend(shapes(provider, published));
    all.extend(lookalikes());
    all
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().expect("it is an object").remove(name);
    object
}

/// No signature, or one with the public key as the secret.
fn algorithms(provider: &Provider, published: &Signer) -> Vec<Hostile> {
    let claims = provider.claims("mallory");
    let body = part(claims.to_string().as_bytes());
    let mut all = Vec::new();
    for name in ["none", "None", "NONE", "nOnE", "", " none"] {
        let head = part(with(published.header(), "alg", json!(name)).to_string().as_bytes());
        all.push((format!("algorithm `{name}` without a signature"), format!("{head}.{body}.")));
        all.push((format!("algorithm `{name}` with a signature"), format!("{head}.{body}.c2lnbmF0dXJl")));
    }
    let jwk = published.jwk();
    let public = jwk["n"].as_str().or(jwk["x"].as_str()).unwrap_or_default().to_owned();
    for (algorithm, secret) in [
        (Algorithm::HS256, public.clone()),
        (Algorithm::HS256, jwk.to_string()),
        (Algorithm::HS384, public.clone()),
        (Algorithm::HS512, public),
        (Algorithm::HS256, String::new()),
    ] {
        let head = part(with(published.header(), "alg", json!(format!("{algorithm:?}"))).to_string().as_bytes());
        let message = format!("{head}.{body}");
        let key = EncodingKey::from_secret(secret.as_bytes());
        let mac = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).expect("any secret will do");
        all.push((format!("{algorithm:?} with the public key as its secret"), format!("{message}.{mac}")));
    }
    for name in ["RS384", "PS256", "ES256", "EdDSA", "ES384", "rs256", "RS256 ", "RS1", "dir"] {
        if name != published.algorithm() {
            let header = with(published.header(), "alg", json!(name));
            all.push((format!("a key for another algorithm, `{name}`"), published.token(&header, &claims)));
        }
    }
    all
}

/// Headers that name other keys, bring their own, or ask for another reading.
fn headers(provider: &Provider, published: &Signer, stranger: &Signer, trap: &str) -> Vec<Hostile> {
    let claims = provider.claims("mallory");
    let own = |header: Value| published.token(&header, &claims);
    let forged = |header: Value| stranger.token(&header, &claims);
    let header = || with(stranger.header(), "kid", json!(published.id));
    let extra = |name: &str, value: Value| with(published.header(), name, value);
    let named = |what: &str, token: String| (what.to_owned(), token);
    let mut all = vec![
        named("a key that nobody published", forged(stranger.header())),
        named("a key that nobody published, under the name of one", forged(header())),
        named("no name of a key, although there are several", own(without(published.header(), "kid"))),
        named("the name of no key", own(extra("kid", json!("no-such-key")))),
        named("the empty name", own(extra("kid", json!("")))),
        named("a name that is a path", own(extra("kid", json!("../../../../dev/null")))),
        named("a name that is a query", own(extra("kid", json!("' OR 1=1 --")))),
        named("a name that is an address", own(extra("kid", json!(trap)))),
        named("a name that is a number", own(extra("kid", json!(1)))),
        named("a name that is null", own(extra("kid", Value::Null))),
        named("a name that is too long", own(extra("kid", json!("k".repeat(1_000))))),
        named("a critical extension", own(extra("crit", json!(["exp"])))),
        named("no critical extension, but a list of them", own(extra("crit", json!([])))),
        named("critical null", own(extra("crit", Value::Null))),
        named("a payload that is not encoded", own(with(extra("b64", json!(false)), "crit", json!(["b64"])))),
        named("a payload that may not be encoded", own(extra("b64", json!(false)))),
        named("a compressed payload", own(extra("zip", json!("DEF")))),
        named("an encrypted payload", own(extra("enc", json!("A128GCM")))),
        named("another type", own(extra("typ", json!("dpop+jwt")))),
        named("a logout token", own(extra("typ", json!("logout+jwt")))),
        named("a type that is a number", own(extra("typ", json!(7)))),
        named("no algorithm", own(without(published.header(), "alg"))),
        named("an algorithm that is a list", own(extra("alg", json!(["RS256"])))),
        named("a header that is a list", own(json!([published.header()]))),
        named("a header that is a text", own(json!("RS256"))),
        named("a header that is no JSON", published.sign(b"{alg: RS256}", claims.to_string().as_bytes())),
        named("a header that is not UTF-8", published.sign(b"{\"alg\":\"\xff\xfe\"}", claims.to_string().as_bytes())),
        named(
            "two algorithms",
            published.sign(
                format!(r#"{{"alg":"none","alg":"{}","kid":"{}"}}"#, published.algorithm(), published.id).as_bytes(),
                claims.to_string().as_bytes(),
            ),
        ),
    ];
    for (name, value) in [
        ("jku", json!(format!("{trap}/keys"))),
        ("x5u", json!(format!("{trap}/certificate"))),
        ("jwk", stranger.jwk()),
        ("x5c", json!(["MIIB"])),
    ] {
        all.push((format!("forged, with the key in `{name}`"), forged(with(stranger.header(), name, value.clone()))));
        all.push((format!("genuine, with another key in `{name}`"), own(extra(name, value))));
    }
    all
}

/// Claims of others, of another time, or of another type.
fn claims(provider: &Provider, published: &Signer) -> Vec<Hostile> {
    let now = now();
    let claims = || provider.claims("mallory");
    let token = |claims: &Value| published.token(&published.header(), claims);
    let changed = |name: &str, value: Value| token(&with(claims(), name, value));
    let issuer = provider.issuer();
    let mut all = Vec::new();
    for name in ["iss", "sub", "aud", "exp"] {
        all.push((format!("no `{name}`"), token(&without(claims(), name))));
        for value in [Value::Null, json!(true), json!({"a": 1}), json!([[1]])] {
            all.push((format!("`{name}` is {value}"), changed(name, value.clone())));
        }
    }
    for (name, value) in [
        ("iss", json!("https://somebody.else.example")),
        ("iss", json!(format!("{issuer}/"))),
        ("iss", json!(issuer.to_uppercase())),
        ("iss", json!([issuer])),
        ("aud", json!("somebody-else")),
        ("aud", json!([])),
        ("aud", json!("")),
        ("aud", json!(["somebody-else", "others"])),
        ("aud", json!("gainsay-test-2")),
        ("aud", json!("GAINSAY-TEST")),
        ("exp", json!(now - 60)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!((now + 600).to_string())),
        ("nbf", json!(now + 300)),
        ("nbf", json!("tomorrow")),
        ("nbf", Value::Null),
        ("iat", json!(now + 300)),
        ("iat", json!({})),
        ("sub", json!("")),
        ("sub", json!("s".repeat(256))),
        ("sub", json!(42)),
        ("jti", json!(42)),
    ] {
        let shown: String = value.to_string().chars().take(40).collect();
        all.push((format!("`{name}` is {shown}"), changed(name, value)));
    }
    let genuine = claims();
    let (plain, end) = (genuine.to_string(), format!("\"exp\":{}", genuine["exp"]));
    let raw = |what: &str, body: String| {
        (what.to_owned(), published.sign(published.header().to_string().as_bytes(), body.as_bytes()))
    };
    all.extend([
        raw("two issuers", format!(r#"{{"iss":"https://somebody.else.example",{}"#, &plain[1..])),
        raw("two subjects", format!(r#"{{"sub":"admin",{}"#, &plain[1..])),
        raw("an end beyond all numbers", plain.replacen(&end, "\"exp\":1e999", 1)),
        raw("an end that is not a number", plain.replacen(&end, "\"exp\":NaN", 1)),
        raw("claims that break off", plain[..plain.len() - 1].to_owned()),
        raw("claims and more", format!("{plain}{{}}")),
        raw("claims that are a list", format!("[{plain}]")),
        raw("genuine claims that are too long", format!(r#"{{"long":"{}",{}"#, "x".repeat(7_000), &plain[1..])),
        raw("no claims", "{}".to_owned()),
        raw("null", "null".to_owned()),
        raw("deep JSON", format!(r#"{{"deep":{}{},{}"#, "[".repeat(2_000), "]".repeat(2_000), &plain[1..])),
        raw("deep JSON in the audience", format!(r#"{{"aud":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000))),
    ]);
    let mut bytes = plain.into_bytes();
    let at = bytes.len() - 2;
    bytes.splice(at..at, *b",\"x\":\"\xff\"");
    all.push((
        "claims that are not UTF-8".to_owned(),
        published.sign(published.header().to_string().as_bytes(), &bytes),
    ));
    all
}

/// A genuine token with something done to it.
fn shapes(provider: &Provider, published: &Signer) -> Vec<Hostile> {
    let genuine = provider.token(published, "mallory");
    let parts: Vec<&str> = genuine.split('.').collect();
    let [head, body, signature] = parts[..] else { panic!("a token has three parts") };
    let admin = part(with(provider.claims("mallory"), "sub", json!("admin")).to_string().as_bytes());
    let flipped = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("letters stay letters")
    };
    let zeros = part(&vec![0; 256]);
    [
        ("a changed payload", format!("{head}.{admin}.{signature}")),
        ("a flipped bit at the start of the signature", format!("{head}.{body}.{}", flipped(signature, 0))),
        (
            "a flipped bit in the middle of the signature",
            format!("{head}.{body}.{}", flipped(signature, signature.len() / 2)),
        ),
        ("a flipped bit in the payload", format!("{head}.{}.{signature}", flipped(body, body.len() / 2))),
        ("a signature of zeros", format!("{head}.{body}.{zeros}")),
        ("half a signature", format!("{head}.{body}.{}", &signature[..signature.len() / 2])),
        ("a doubled signature", format!("{head}.{body}.{signature}{signature}")),
        ("no signature", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("one part", head.to_owned()),
        ("four parts", format!("{genuine}.{signature}")),
        ("five parts", format!("{head}.{body}.{body}.{body}.{signature}")),
        ("no header", format!(".{body}.{signature}")),
        ("no payload", format!("{head}..{signature}")),
        ("dots", "..".to_owned()),
        ("padding", format!("{head}.{body}.{signature}==")),
        ("padding within", format!("{head}=.{body}.{signature}")),
        ("the other base64", format!("{head}.{body}.+/{}", &signature[2..])),
        ("a space within", format!("{head}. {body}.{signature}")),
        ("two tokens", format!("{genuine} {genuine}")),
        ("a quoted token", format!("\"{genuine}\"")),
        ("the scheme twice", format!("Bearer {genuine}")),
        ("a token that breaks off", genuine[..genuine.len() - 5].to_owned()),
        ("a huge token", format!("{head}.{}.{signature}", "A".repeat(100_000))),
        ("a token just too long", format!("{head}.{}.{signature}", "A".repeat(8 * 1024))),
        ("JSON in place of a token", r#"{"payload":"","signatures":[]}"#.to_owned()),
    ]
    .map(|(name, token)| (name.to_owned(), token))
    .into()
}

/// What looks like a token of the installation itself.
fn lookalikes() -> Vec<Hostile> {
    let id = "0191f0c0a5b87e3f9a6d1c2b3a495867";
    let secret = "A".repeat(43);
    [
        ("a token that nobody issued", format!("gainsay_{id}_{secret}")),
        ("a token without a secret", format!("gainsay_{id}_")),
        ("a token without an id", format!("gainsay__{secret}")),
        ("a token in capitals", format!("GAINSAY_{}_{secret}", id.to_uppercase())),
        ("a token with dots", format!("gainsay_{id}.{secret}.{secret}")),
        ("a secret that is too long", format!("gainsay_{id}_{secret}A")),
        ("a token with a path", format!("gainsay_../../{id}_{secret}")),
        ("a token with a wildcard", format!("gainsay_>_{secret}")),
        ("nothing", String::new()),
        ("a word", "nonsense".to_owned()),
    ]
    .map(|(name, token)| (name.to_owned(), token))
    .into()
}
