use domain::access::Role;
use domain::id::{ProjectId, UserId};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::fetch::Tls;
use super::provider::Pace;
use super::roles::Path;
use super::{ALGORITHMS_DEFAULT, Providers, Settings, SettingsError};
use crate::refusal::Refusal;
use crate::testing::{self, AUDIENCE, Signer, hostile};

fn settings(server: &testing::Provider) -> Settings {
    let audience = Some(AUDIENCE.to_owned());
    Settings { issuers: vec![server.issuer()], audience, ..Settings::default() }
}

fn providers(settings: &Settings) -> Providers {
    Providers::with(settings, Pace::default(), &Tls::system()).unwrap().unwrap()
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

#[tokio::test]
async fn a_token_speaks_for_its_subject_whatever_key_signs_it() {
    let signers = [Signer::rsa("a"), Signer::p256("b"), Signer::ed25519("c")];
    let server = testing::Provider::start(&signers.each_ref()).await;
    let providers = providers(&settings(&server));
    let mut credentials = Vec::new();
    for signer in &signers {
        let bearer = providers.check(&server.token(signer, "layla")).await.unwrap();
        assert_eq!(bearer.user, UserId::from_subject(&server.issuer(), "layla"));
        assert!(!bearer.operator && bearer.grants.iter().next().is_none());
        credentials.push(bearer.credential);
    }
    credentials.sort_unstable();
    credentials.dedup();
    assert_eq!(credentials.len(), 3, "tokens are told apart");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_a_token_may_say_in_several_ways_is_heard_in_each() {
    let signer = Signer::ed25519("key");
    let server = testing::Provider::start(&[&signer]).await;
    let providers = providers(&settings(&server));
    let claims = server.claims("layla");
    let (now, exact) = (claims["iat"].as_u64().unwrap(), claims["iat"].as_f64().unwrap());
    for claims in [
        with(claims.clone(), "aud", json!(["others", AUDIENCE])),
        with(claims.clone(), "exp", json!(exact + 60.5)),
        with(claims.clone(), "exp", json!(now - 10)),
        with(claims.clone(), "nbf", json!(now + 10)),
        with(claims.clone(), "sub", json!("é".repeat(255))),
        with(claims.clone(), "realm_access", json!({"roles": 7})),
        json!({"iss": claims["iss"], "sub": "layla", "aud": AUDIENCE, "exp": claims["exp"]}),
    ] {
        assert!(providers.check(&signer.token(&signer.header(), &claims)).await.is_ok(), "{claims}");
    }
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
        let header = with(signer.header(), "typ", json!(typ));
        assert!(providers.check(&signer.token(&header, &claims)).await.is_ok(), "{typ}");
    }
    for header in [
        json!({"alg": "EdDSA"}),
        with(signer.header(), "x5t", json!("AAAA")),
        with(signer.header(), "cty", json!("JWT")),
    ] {
        assert!(providers.check(&signer.token(&header, &claims)).await.is_ok(), "{header}");
    }
    let credential =
        async |claims: Value| providers.check(&signer.token(&signer.header(), &claims)).await.unwrap().credential;
    let named = with(claims.clone(), "jti", json!("7"));
    let first = credential(named.clone()).await;
    assert_eq!(first, credential(with(named.clone(), "iat", json!(now - 1))).await, "a token is known by its own id");
    assert_ne!(first, credential(with(named, "jti", json!("8"))).await);
}

#[tokio::test]
async fn no_hostile_token_is_heard_and_none_leads_anywhere() {
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", trap.local_addr().unwrap());
    let (stranger, other) = (Signer::ed25519("stranger"), Signer::rsa("other"));
    for published in [Signer::ed25519("key"), Signer::rsa("key"), Signer::p256("key")] {
        let server = testing::Provider::start(&[&published, &other]).await;
        let providers = providers(&settings(&server));
        let tokens = hostile(&server, &published, &stranger, &address);
        assert!(tokens.len() >= 60, "{}", tokens.len());
        for (what, token) in tokens {
            let heard = providers.check(&token).await;
            assert!(!matches!(heard, Ok(_) | Err(Refusal::Away)), "{what}: {heard:?}");
        }
        assert!(providers.check(&server.token(&published, "layla")).await.is_ok());
        assert_eq!(server.requests().len(), 2, "the made-up names of keys are within one pause");
    }
    let caught = tokio::time::timeout(std::time::Duration::from_millis(50), trap.accept()).await;
    assert!(caught.is_err(), "somebody asked the trap");
}

#[tokio::test]
async fn algorithms_that_are_not_in_the_list_are_refused() {
    let signer = Signer::ed25519("key");
    let server = testing::Provider::start(&[&signer]).await;
    let token = server.token(&signer, "layla");
    let only = |algorithm: &str| Settings { algorithms: vec![algorithm.to_owned()], ..settings(&server) };
    assert!(providers(&only("EdDSA")).check(&token).await.is_ok());
    assert_eq!(providers(&only("RS256")).check(&token).await, Err(Refusal::Algorithm));
}

#[tokio::test]
async fn an_issuer_speaks_for_its_own_subjects_alone() {
    let (one, two) = (Signer::ed25519("key"), Signer::ed25519("key"));
    let (first, second) = (testing::Provider::start(&[&one]).await, testing::Provider::start(&[&two]).await);
    let issuers = vec![first.issuer(), second.issuer()];
    let providers = providers(&Settings { issuers, ..settings(&first) });
    let [layla, other] =
        [providers.check(&first.token(&one, "layla")).await, providers.check(&second.token(&two, "layla")).await];
    assert_ne!(layla.unwrap().user, other.unwrap().user);
    let forged = two.token(&two.header(), &first.claims("layla"));
    assert_eq!(providers.check(&forged).await, Err(Refusal::Signature));
}

#[tokio::test]
async fn roles_come_from_the_claim_that_is_named() {
    let signer = Signer::ed25519("key");
    let server = testing::Provider::start(&[&signer]).await;
    let project = Uuid::from_u128(7);
    let roles = json!(["offline_access", "operator", format!("gainsay:{project}:curator"), "gainsay:nobody:reader"]);
    let claims = with(server.claims("layla"), "realm_access", json!({"roles": roles}));
    let token = signer.token(&signer.header(), &claims);
    let silent = providers(&settings(&server)).check(&token).await.unwrap();
    assert_eq!(silent.grants.role(ProjectId::new(project)), None);
    let named = Settings { roles_claim: Some("realm_access.roles".to_owned()), ..settings(&server) };
    let named = providers(&named);
    let bearer = named.check(&token).await.unwrap();
    assert_eq!(bearer.grants.role(ProjectId::new(project)), Some(Role::Curator));
    assert!(!bearer.operator, "a role of this name may be anybody's");
    let operator = with(server.claims("layla"), "realm_access", json!({"roles": "gainsay:operator"}));
    assert!(named.check(&signer.token(&signer.header(), &operator)).await.unwrap().operator);
    for roles in [json!(7), json!({"gainsay:operator": true}), json!(["gainsay:operator", 7]), json!(null)] {
        let odd = with(server.claims("layla"), "realm_access", json!({"roles": roles}));
        assert_eq!(named.check(&signer.token(&signer.header(), &odd)).await, Err(Refusal::Roles));
    }
}

#[test]
fn a_claim_is_named_by_names_or_by_a_pointer() {
    let claims =
        json!({"a": {"b": ["gainsay:operator"]}, "https://x/y": ["gainsay:operator"], "c~": "gainsay:operator"});
    for (path, operator) in [
        ("a.b", true),
        ("/a/b", true),
        ("/https:~1~1x~1y", true),
        ("c~", true),
        ("/c~0", true),
        ("a.c", false),
        ("a.b.0", false),
        ("missing", false),
    ] {
        assert_eq!(Path::parse(path).unwrap().roles(&claims).unwrap().operator, operator, "{path}");
    }
    for path in ["", ".", "a.", ".a", "a..b", "/", "/a/"] {
        assert_eq!(Path::parse(path), None, "{path}");
    }
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let good = Settings {
        issuers: vec!["https://id.example.org/realms/a".to_owned()],
        audience: Some("gainsay".to_owned()),
        ..Settings::default()
    };
    assert!(good.check().unwrap().is_some());
    assert!(Settings::default().check().unwrap().is_none());
    let refused = |settings: Settings| settings.check().err().unwrap();
    for issuer in
        ["http://id.example.org", "id.example.org", "https://id.example.org/?a=b", "https://id.example.org/#a"]
    {
        let issuers = vec![issuer.to_owned()];
        assert_eq!(refused(Settings { issuers, ..good.clone() }), SettingsError::Issuer(issuer.to_owned()));
    }
    assert_eq!(refused(Settings { audience: None, ..good.clone() }), SettingsError::Audience);
    for name in ["none", "None", "HS256", "HS384", "HS512", "rs256", ""] {
        let algorithms = vec!["RS256".to_owned(), name.to_owned()];
        assert_eq!(refused(Settings { algorithms, ..good.clone() }), SettingsError::Algorithm(name.to_owned()));
    }
    let twice = vec![good.issuers[0].clone(), good.issuers[0].clone()];
    assert!(matches!(refused(Settings { issuers: twice, ..good.clone() }), SettingsError::Repeated(_)));
    let jwks_uri = Some("https://id.example.org/keys".to_owned());
    let two = vec![good.issuers[0].clone(), "https://other.example.org".to_owned()];
    assert_eq!(
        refused(Settings { issuers: two, jwks_uri: jwks_uri.clone(), ..good.clone() }),
        SettingsError::JwksUriOfSeveral
    );
    assert_eq!(refused(Settings { jwks_uri, ..Settings::default() }), SettingsError::WithoutIssuer("oidc_jwks_uri"));
    let plain = Some("http://id.example.org/keys".to_owned());
    assert!(matches!(refused(Settings { jwks_uri: plain, ..good.clone() }), SettingsError::JwksUri(_)));
    let roles_claim = Some("a..b".to_owned());
    assert!(matches!(refused(Settings { roles_claim, ..good }), SettingsError::RolesClaim(_)));
    for name in ALGORITHMS_DEFAULT {
        assert!(super::settings::algorithm(name).is_some());
    }
}
