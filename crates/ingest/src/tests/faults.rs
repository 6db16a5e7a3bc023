//! What happens when acknowledgements are lost, and when several services write at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::world::{World, id};

/// A proxy before the nats-server that can lose one acknowledgement, and the connection with it.
struct Proxy {
    url: String,
    lose: Arc<AtomicBool>,
}

impl Proxy {
    async fn start(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("nats://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port is there");
        let url = format!("nats://{}", listener.local_addr().expect("a listener has an address"));
        let lose = Arc::new(AtomicBool::new(false));
        let losing = Arc::clone(&lose);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&upstream).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let losing = Arc::clone(&losing);
                tokio::spawn(async move {
                    tokio::select! {
                        () = pump(from_client, to_server, None) => {}
                        () = pump(from_server, to_client, Some(losing)) => {}
                    }
                });
            }
        });
        Self { url, lose }
    }
}

/// Passes bytes on; ends, and the connection with it, instead of passing on an acknowledgement that is to be lost.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, lose: Option<Arc<AtomicBool>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(len @ 1..) = from.read(&mut buffer).await {
        let acknowledges = buffer[..len].windows(6).any(|window| window == b"\"seq\":");
        if acknowledges && lose.as_ref().is_some_and(|lose| lose.swap(false, Ordering::SeqCst)) {
            return;
        }
        if to.write_all(&buffer[..len]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_acknowledgement_is_found_out_and_the_effect_is_one() {
    let mut lose = None;
    let world = World::through(async |settings| {
        let proxy = Proxy::start(&settings.servers).await;
        settings.servers.clone_from(&proxy.url);
        lose = Some(proxy.lose);
    })
    .await;
    let lose = lose.expect("the proxy was started");
    let scene = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let creations = [
        ("annotations", scene.passage("rockets"), 1),
        ("sources", json!({"name": "A", "kind": "outlet"}), 1),
        ("readings", scene.reading(&json!([scene.passage("May"), scene.passage("hit")])), 3),
        ("documents", json!({"title": "T", "source": scene.source, "text": "A text"}), 1),
    ];
    for (path, body, records) in creations {
        let head = world.head().await;
        let key = id();
        let headers = [("idempotency-key", key.as_str())];
        lose.store(true, Ordering::SeqCst);
        let first = scene.annotator.post_with(&scene.at(path), &headers, &body).await;
        assert_eq!(first.status, 201, "{path}: {}", first.body);
        assert!(!lose.load(Ordering::SeqCst), "{path}: an acknowledgement was lost");
        let again = scene.annotator.post_with(&scene.at(path), &headers, &body).await.created();
        assert_eq!(again.body, first.body);
        assert_eq!(world.head().await, head + records, "{path}: one effect");
    }
    let path = scene.at(&format!("annotations/{annotation}"));
    for revision in 1..4 {
        lose.store(true, Ordering::SeqCst);
        let note = json!({"note": format!("Note {revision}")});
        let changed = scene.annotator.patch(&path, &format!("\"{revision}\""), &note).await.ok();
        assert_eq!(changed.body["revision"], revision + 1);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_services_write_to_one_aggregate_and_lose_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let head = world.head().await;
    let sent = (0..45).map(|n: usize| {
        let operator = replicas[n % replicas.len()].clone();
        let path = scene.at(&format!("members/user-{n}"));
        tokio::spawn(async move { operator.send(Method::PUT, &path, &[], Some(&json!({"role": "reader"}))).await })
    });
    let answers = futures::future::try_join_all(sent).await.expect("no request panics");
    let mut revisions: Vec<u64> =
        answers.into_iter().map(|answer| answer.ok().body["revision"].as_u64().expect("a revision")).collect();
    revisions.sort_unstable();
    revisions.dedup();
    assert_eq!(revisions.len(), 45, "each change made a revision of its own");
    assert_eq!(world.head().await, head + 45);
    // The same creation through all of them has one effect.
    let (key, body) = (id(), json!({"name": "A", "kind": "outlet"}));
    let sent = replicas.iter().map(|operator| {
        let (operator, path, key, body) = (operator.clone(), scene.at("sources"), key.clone(), body.clone());
        tokio::spawn(async move { operator.post_with(&path, &[("idempotency-key", &key)], &body).await })
    });
    let answers = futures::future::try_join_all(sent).await.expect("no request panics");
    let first = answers[0].clone().created();
    assert!(answers.iter().all(|answer| answer.body == first.body));
    assert_eq!(world.head().await, head + 46);
    world.end().await;
}
