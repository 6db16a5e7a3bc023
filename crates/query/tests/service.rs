//! The read side as a service of its own, on a real log.

use std::time::{Duration, Instant};

use bearer::Tokens;
use event_log::EventLog;
use event_log::testing::TestServer;
use query::{Config, Origins, Parts};
use runtime::{Health, Shutdown};

const PATIENCE: Duration = Duration::from_secs(30);
const ORIGIN: &str = "https://example.org";

#[tokio::test(flavor = "multi_thread")]
async fn the_read_side_serves_its_routes_its_description_and_its_health_until_it_is_asked_to_end() {
    let nats = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let event_log = EventLog::connect(&nats.settings()).await.unwrap();
    let (texts, credentials) = (event_log.texts().await.unwrap(), event_log.credentials().await.unwrap());
    let (health, shutdown) = (Health::new(), Shutdown::new());
    let config = projector::Config::new(folder.path());
    let presence = event_log.presence();
    let projector = projector::start(config, event_log, texts.clone(), shutdown.clone(), health.clone()).await.unwrap();
    let parts = Parts { views: projector.views(), tokens: Tokens::new(credentials, None), texts, presence };
    let origins = Origins::parse(&[ORIGIN.to_owned()]).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let running = query::start(listen, Config::default(), &origins, parts, &health, shutdown.clone()).await.unwrap();
    let base = format!("http://{}", running.address);

    let ready = async || reqwest::get(format!("{base}/readyz")).await.unwrap().status().is_success();
    let deadline = Instant::now() + PATIENCE;
    while !ready().await {
        assert!(Instant::now() < deadline, "the service did not become ready: {:?}", health.failures(None));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let described = reqwest::get(format!("{base}/openapi.json")).await.unwrap().text().await.unwrap();
    assert!(described.contains("/v1/projects/{project}/incidents/{id}/board"));
    let client = reqwest::Client::new();
    let refused = client.get(format!("{base}/v1/projects")).header("origin", ORIGIN).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
    assert_eq!(refused.headers()["access-control-allow-origin"], ORIGIN, "a page can read problems too");
    assert!(refused.headers().contains_key("www-authenticate"));
    let exposed = refused.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(["memento-datetime", "content-location", "link"].iter().all(|name| exposed.contains(name)), "{exposed}");
    assert!(refused.text().await.unwrap().contains("token_missing"));

    let board = format!("{base}/v1/projects/{0}/incidents/{0}/board", uuid::Uuid::nil());
    let asked = client.request(reqwest::Method::OPTIONS, &board).header("origin", ORIGIN);
    let asked = asked.header("access-control-request-method", "GET");
    let allowed = asked.header("access-control-request-headers", "accept-datetime").send().await.unwrap();
    let allowed = allowed.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("accept-datetime"), "a page may ask by time: {allowed}");

    shutdown.trigger();
    running.ended().await.unwrap();
    projector.ended().await;
}
