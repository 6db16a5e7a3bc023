use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;

use super::{Pace, Provider};
use crate::openid::fetch::Tls;
use crate::openid::settings::Settings;
use crate::refusal::Refusal;
use crate::testing::{self, AUDIENCE, Mood, Signer};

const QUICK: Pace = Pace {
    fresh: Duration::from_mins(1),
    kept: Duration::from_mins(2),
    pause: Duration::ZERO,
    timeout: Duration::from_millis(300),
};
const NEVER: Duration = Duration::from_hours(1);

fn provider(issuer: &str, pace: Pace) -> Arc<Provider> {
    let audience = Some(AUDIENCE.to_owned());
    let settings = Settings { issuers: vec![issuer.to_owned()], audience, ..Settings::default() };
    let mut checked = settings.check().unwrap().unwrap();
    Arc::new(Provider::new(checked.issuers.remove(0), pace, Tls::system()))
}

async fn has(provider: &Arc<Provider>, id: &str) -> Result<(), Refusal> {
    provider.key(Some(id), Algorithm::EdDSA).await.map(drop)
}

#[tokio::test]
async fn a_new_key_is_found_and_one_that_was_taken_back_is_not() {
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let server = testing::Provider::start(&[&old]).await;
    let provider = provider(&server.issuer(), QUICK);
    assert_eq!(has(&provider, "old").await, Ok(()));
    assert_eq!(server.requests().len(), 2, "the description and the keys");
    assert_eq!(has(&provider, "old").await, Ok(()));
    assert_eq!(server.requests().len(), 2, "keys that are there are used");
    server.publish(vec![new.jwk()]);
    assert_eq!(has(&provider, "new").await, Ok(()));
    assert_eq!(has(&provider, "old").await, Err(Refusal::Key));
}

#[tokio::test]
async fn made_up_names_of_keys_do_not_have_the_provider_asked_again() {
    let signer = Signer::ed25519("key");
    let server = testing::Provider::start(&[&signer]).await;
    let provider = provider(&server.issuer(), Pace { pause: NEVER, ..QUICK });
    let ask = |id: String| {
        let provider = Arc::clone(&provider);
        tokio::spawn(async move { has(&provider, &id).await })
    };
    let asked: Vec<_> = (0..200).map(|n| ask(format!("made-up-{n}"))).collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap(), Err(Refusal::Key));
    }
    assert_eq!(server.requests().len(), 2);
    assert_eq!(has(&provider, "key").await, Ok(()));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn keys_outlast_a_provider_that_is_away_for_as_long_as_is_said() {
    let (signer, other) = (Signer::ed25519("key"), Signer::ed25519("other"));
    let server = testing::Provider::start(&[&signer]).await;
    let kept = Duration::from_millis(1_500);
    let provider = provider(&server.issuer(), Pace { fresh: Duration::ZERO, kept, ..QUICK });
    assert_eq!(has(&provider, "key").await, Ok(()));
    let moods =
        [Mood::Gone, Mood::Garbage, Mood::Failing, Mood::Redirecting, Mood::Endless, Mood::Foreign, Mood::Silent];
    // Nothing of what it says now is believed.
    server.publish(vec![signer.jwk(), other.jwk()]);
    for mood in moods {
        server.mood(mood);
        let known = has(&provider, "key").await;
        assert_eq!(known, Ok(()), "{mood:?}");
        assert_eq!(has(&provider, "other").await, Err(Refusal::Key), "{mood:?}");
    }
    tokio::time::sleep(kept).await;
    assert_eq!(has(&provider, "key").await, Err(Refusal::Away));
    server.mood(Mood::Well);
    assert_eq!(has(&provider, "key").await, Ok(()));
    assert_eq!(has(&provider, "other").await, Ok(()));
    assert!(!server.requests().contains(&"/elsewhere".to_owned()), "redirections are not followed");
}

#[tokio::test]
async fn a_provider_that_says_nothing_holds_up_no_token_with_a_known_key() {
    let signer = Signer::ed25519("key");
    let server = testing::Provider::start(&[&signer]).await;
    let provider = provider(&server.issuer(), Pace { timeout: Duration::from_secs(30), ..QUICK });
    assert_eq!(has(&provider, "key").await, Ok(()));
    server.mood(Mood::Silent);
    let waiting = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { has(&provider, "new").await }
    });
    while server.requests().len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let known = tokio::time::timeout(Duration::from_secs(5), has(&provider, "key")).await;
    assert_eq!(known, Ok(Ok(())));
    waiting.abort();
}

#[tokio::test]
async fn who_goes_away_while_keys_are_fetched_does_not_end_the_fetch() {
    let signer = Signer::ed25519("key");
    let server = testing::Provider::start(&[&signer]).await;
    let provider = provider(&server.issuer(), Pace { pause: NEVER, ..QUICK });
    server.mood(Mood::Slow);
    // Asks and is dropped, as when a client closes its connection.
    let left = tokio::time::timeout(Duration::from_millis(100), has(&provider, "key")).await;
    assert!(left.is_err() && server.requests().len() == 1, "the description is on its way");
    assert_eq!(has(&provider, "key").await, Ok(()));
    assert_eq!(server.requests().len(), 2);
}
