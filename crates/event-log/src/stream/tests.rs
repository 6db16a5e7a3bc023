use async_nats::jetstream::Context;
use futures::future::join_all;
use serde_json::json;

use super::*;
use crate::EventLog;
use crate::testing::TestServer;
use crate::testing::plain::{Plain, cluster, clustered};

async fn jetstream(server: &TestServer) -> Context {
    let log = server.log().await;
    log.inner.jetstream.clone()
}

/// Makes a stream that is right but for one change, in a log that has none yet.
async fn connect_to(server: &TestServer, log: u16, change: impl FnOnce(&mut Config)) -> Result<EventLog, Error> {
    let settings = Settings { log, ..server.settings() };
    let mut config = config(
        &settings,
        &wire::subject::stream(log),
        HashMap::from([(LOG_ID.to_owned(), Uuid::new_v4().to_string())]),
    );
    change(&mut config);
    jetstream(server).await.create_stream(config).await.expect("the server takes the configuration");
    EventLog::connect(&settings).await
}

#[tokio::test]
async fn the_stream_is_made_once_and_keeps_its_id() {
    let server = TestServer::start().await;
    let logs = join_all((0..8).map(|_| server.log())).await;
    assert!(logs.iter().all(|log| log.id() == logs[0].id()));
    server.restart().await;
    assert_eq!(server.log().await.id(), logs[0].id());
}

#[tokio::test]
async fn each_log_has_its_own_stream_and_id() {
    let server = TestServer::start().await;
    let zero = server.log().await;
    let one = EventLog::connect(&Settings { log: 1, ..server.settings() }).await.unwrap();
    assert_ne!(zero.id(), one.id());
    assert_eq!((zero.log(), one.log()), (0, 1));
}

#[tokio::test]
async fn a_right_stream_is_accepted_whatever_its_duplicate_window() {
    let server = TestServer::start().await;
    connect_to(&server, 1, |config| config.duplicate_window = Duration::from_mins(10)).await.unwrap();
}

#[tokio::test]
async fn a_wrong_stream_is_refused_by_the_name_of_its_field() {
    type Change = fn(&mut Config);
    let server = TestServer::start().await;
    let changes: &[(&str, Change)] = &[
        ("subjects", |config| config.subjects = vec![format!("{}.more", config.subjects[0].trim_end_matches(".>"))]),
        ("retention", |config| config.retention = RetentionPolicy::Interest),
        ("discard", |config| config.discard = DiscardPolicy::Old),
        ("storage", |config| config.storage = StorageType::Memory),
        ("max_bytes", |config| config.max_bytes = 1_000_000),
        ("max_msgs", |config| config.max_messages = 1_000),
        ("max_msgs_per_subject", |config| config.max_messages_per_subject = 1),
        ("max_msg_size", |config| config.max_message_size = 1_000),
        ("max_age", |config| config.max_age = Duration::from_hours(1)),
        ("deny_delete", |config| config.deny_delete = false),
        ("deny_purge", |config| config.deny_purge = false),
        ("allow_rollup_hdrs", |config| {
            config.allow_rollup = true;
            // The server refuses both together.
            config.deny_purge = false;
        }),
        ("allow_direct", |config| config.allow_direct = false),
        ("allow_atomic", |config| config.allow_atomic_publish = false),
        ("allow_msg_ttl", |config| config.allow_message_ttl = true),
        ("metadata.gainsay_log_id", |config| config.metadata.clear()),
        ("persist_mode", |config| {
            config.persist_mode = Some(PersistenceMode::Async);
            // The server refuses both together.
            config.allow_atomic_publish = false;
        }),
    ];
    for (log, (field, change)) in (1..).zip(changes) {
        let error = connect_to(&server, log, change).await.map(|_| ()).unwrap_err();
        // Some wrong fields need a second one, which may be named instead.
        let fields: &[&str] = match *field {
            "allow_rollup_hdrs" => &["deny_purge"],
            "persist_mode" => &["allow_atomic"],
            _ => &[field],
        };
        assert!(matches!(&error, Error::Configuration { field, .. } if fields.contains(field)), "{field}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_write_through_is_refused_unless_allowed() {
    let server = Plain::start("2m", &json!({})).await;
    let settings = server.settings();
    let error = EventLog::connect(&settings).await.unwrap_err();
    assert!(matches!(&error, Error::Unsafe { reason } if reason.contains("before it writes through")), "{error}");
    EventLog::connect(&Settings { allow_unsafe_log: true, ..settings }).await.unwrap();
}

#[tokio::test]
async fn durability_that_cannot_be_observed_is_refused() {
    let server = TestServer::start().await;
    let other = TestServer::start().await;
    let cases = [
        (None, "no monitoring endpoint"),
        (Some("http://127.0.0.1:1".to_owned()), "does not tell"),
        (other.settings().monitor_url, "another server"),
    ];
    for (monitor_url, expected) in cases {
        let error = EventLog::connect(&Settings { monitor_url, ..server.settings() }).await.unwrap_err();
        assert!(matches!(&error, Error::Unsafe { reason } if reason.contains(expected)), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_reported_after_the_time_out() {
    let settings = Settings {
        servers: "nats://127.0.0.1:1".to_owned(),
        connect_timeout: Duration::from_millis(200),
        ..Settings::default()
    };
    let error = EventLog::connect(&settings).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_url_with_a_login_is_refused_and_not_repeated() {
    let settings = Settings { servers: "nats://me:secret@127.0.0.1:1".to_owned(), ..Settings::default() };
    let error = EventLog::connect(&settings).await.unwrap_err();
    assert!(!error.is_transient() && !error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let server = TestServer::start().await;
    let settings =
        Settings { login: crate::Login::Anonymous, connect_timeout: Duration::from_millis(200), ..server.settings() };
    EventLog::connect(&settings).await.unwrap_err();
}

#[tokio::test]
async fn fewer_than_three_copies_in_a_cluster_are_refused_for_the_log_and_for_what_is_beside_it() {
    let nodes = cluster(["always"; 3]).await;
    let settings = clustered(&nodes);
    let one = Settings { replicas: 1, ..settings.clone() };
    let error = EventLog::connect(&Settings { log: 1, ..one.clone() }).await.unwrap_err();
    assert!(matches!(&error, Error::Unsafe { reason } if reason.contains("1 copies in a cluster")), "{error}");

    let beside = EventLog::connect(&Settings { log: 2, allow_unsafe_log: true, ..one.clone() }).await.unwrap();
    beside.credentials().await.unwrap();
    beside.texts().await.unwrap();
    let log = EventLog::connect(&settings).await.unwrap();
    let error = EventLog::connect(&Settings { allow_unsafe_log: true, ..one }).await.unwrap_err();
    assert!(matches!(error, Error::Configuration { field: "num_replicas", .. }), "{error}");
    let error = log.credentials().await.unwrap_err();
    assert!(matches!(error, Error::Configuration { field: "num_replicas", .. }), "{error}");
    log.texts().await.unwrap();
}

#[tokio::test]
async fn a_cluster_is_refused_while_any_node_is_seen_that_does_not_write_through() {
    let nodes = cluster(["always", "always", "2m"]).await;
    let settings = clustered(&nodes);
    let error = EventLog::connect(&settings).await.unwrap_err();
    assert!(matches!(&error, Error::Unsafe { reason } if reason.contains("before it writes through")), "{error}");
    EventLog::connect(&Settings { allow_unsafe_log: true, ..settings }).await.unwrap();
}

#[tokio::test]
async fn most_nodes_of_a_cluster_must_be_seen_to_write_through() {
    let mut nodes = cluster(["always"; 3]).await;
    let settings = clustered(&nodes);
    EventLog::connect(&settings).await.unwrap();
    let alone = Settings { monitor_url: nodes[0].settings().monitor_url, ..settings.clone() };
    let error = EventLog::connect(&alone).await.unwrap_err();
    assert!(matches!(&error, Error::Unsafe { reason } if reason.contains("of 3 servers")), "{error}");
    // The node that is away may be the leader, so that another one is elected first.
    nodes.remove(0);
    EventLog::connect(&Settings { connect_timeout: Duration::from_mins(1), ..settings }).await.unwrap();
}
