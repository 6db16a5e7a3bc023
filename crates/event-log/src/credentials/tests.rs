use super::*;
use crate::testing::TestServer;

fn grant() -> Grant {
    Grant { credential: Uuid::new_v4(), user: Uuid::new_v4(), operator: false, expires_at: None }
}

/// Id and secret of a token.
fn halves(token: &Token) -> (&str, &str) {
    token.expose().strip_prefix(PREFIX).unwrap().split_once('_').unwrap()
}

#[tokio::test]
async fn a_token_speaks_for_whom_it_was_issued() {
    let server = TestServer::start().await;
    let credentials = server.log().await.credentials().await.unwrap();
    for operator in [false, true] {
        let grant = Grant { operator, ..grant() };
        let token = credentials.issue(grant).await.unwrap();
        let identity = credentials.check(token.expose()).await.unwrap();
        assert_eq!(identity, Some(Identity { user: grant.user, credential: grant.credential, operator }));
    }
}

#[tokio::test]
async fn another_connection_knows_the_token_and_the_bucket_not_the_secret() {
    let server = TestServer::start().await;
    let grant = grant();
    let issuer = server.log().await.credentials().await.unwrap();
    let token = issuer.issue(grant).await.unwrap();
    let checker = server.log().await.credentials().await.unwrap();
    assert!(checker.check(token.expose()).await.unwrap().is_some());
    let stored = checker.store.get(key(grant.credential)).await.unwrap().unwrap();
    let (_, secret) = halves(&token);
    assert!(!str::from_utf8(&stored).unwrap().contains(secret));
}

#[tokio::test]
async fn a_revoked_token_is_worthless_at_once() {
    let server = TestServer::start().await;
    let credentials = server.log().await.credentials().await.unwrap();
    let grant = grant();
    let token = credentials.issue(grant).await.unwrap();
    assert!(credentials.check(token.expose()).await.unwrap().is_some());
    credentials.revoke(grant.credential).await.unwrap();
    assert_eq!(credentials.check(token.expose()).await.unwrap(), None);
    credentials.revoke(grant.credential).await.unwrap();
}

#[tokio::test]
async fn an_expired_token_is_worthless_from_the_cache_too() {
    let server = TestServer::start().await;
    let credentials = server.log().await.credentials().await.unwrap();
    let expires_at = Some(SystemTime::now() + Duration::from_secs(2));
    let token = credentials.issue(Grant { expires_at, ..grant() }).await.unwrap();
    assert!(credentials.check(token.expose()).await.unwrap().is_some());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(4);
    while credentials.check(token.expose()).await.unwrap().is_some() {
        assert!(tokio::time::Instant::now() < deadline, "the token outlives its expiry");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let past = Some(SystemTime::now() - Duration::from_secs(1));
    let token = credentials.issue(Grant { expires_at: past, ..grant() }).await.unwrap();
    assert_eq!(credentials.check(token.expose()).await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_secret_or_an_unknown_id_is_nobody() {
    let server = TestServer::start().await;
    let credentials = server.log().await.credentials().await.unwrap();
    let ours = credentials.issue(grant()).await.unwrap();
    let theirs = credentials.issue(grant()).await.unwrap();
    let ((id, _), (_, secret)) = (halves(&ours), halves(&theirs));
    assert_eq!(credentials.check(&format!("gainsay_{id}_{secret}")).await.unwrap(), None);
    let unknown = Uuid::new_v4().simple();
    assert_eq!(credentials.check(&format!("gainsay_{unknown}_{secret}")).await.unwrap(), None);
}

#[tokio::test]
async fn an_id_is_issued_once() {
    let server = TestServer::start().await;
    let credentials = server.log().await.credentials().await.unwrap();
    let grant = grant();
    let token = credentials.issue(grant).await.unwrap();
    credentials.issue(grant).await.unwrap_err();
    assert!(credentials.check(token.expose()).await.unwrap().is_some());
}

#[test]
fn only_the_exact_form_is_a_token() {
    let secret = URL_SAFE_NO_PAD.encode([0xa5; SECRET_BYTES]);
    let id = Uuid::from_u128(0xabcd).simple().to_string();
    assert!(parse(&format!("gainsay_{id}_{secret}")).is_some());
    let upper = id.to_uppercase();
    let hyphenated = Uuid::from_u128(0xabcd).to_string();
    for token in [
        String::new(),
        "gainsay_".to_owned(),
        format!("gainsay_{id}"),
        format!("gainsay_{id}_"),
        format!("gainsay_{upper}_{secret}"),
        format!("gainsay_{hyphenated}_{secret}"),
        format!("gainsay_{id}_{secret}="),
        format!("gainsay_{id}_{}", &secret[1..]),
        format!("gainsay_{id}_{secret}A"),
        format!("gainsay_{id}_{}+", &secret[1..]),
        // The last character carries two bits that must be zero.
        format!("gainsay_{id}_{}B", &secret[..SECRET_CHARS - 1]),
        format!("gainsay_{id}_{}", "ä".repeat(21)),
        format!("other_{id}_{secret}"),
        format!(" gainsay_{id}_{secret}"),
        "gainsay_\0_\u{10ffff}".to_owned(),
    ] {
        assert_eq!(parse(&token), None, "{token:?}");
    }
}

#[test]
fn a_token_does_not_show_in_debug_output() {
    assert_eq!(format!("{:?}", Token("gainsay_secret".to_owned())), "Token(..)");
}
