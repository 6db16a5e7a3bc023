use futures::TryStreamExt;
use futures::future::try_join_all;

use super::*;
use crate::append::tests::{address, append_to};
use crate::testing::TestServer;

const DEADLINE: Duration = Duration::from_mins(1);

async fn fill(log: &EventLog, len: usize) {
    for _ in (0..len).step_by(100) {
        let appends = (0..100.min(len)).map(|_| log.append(append_to(address(), 0, vec![7; 500])));
        try_join_all(appends).await.unwrap();
    }
}

async fn positions(stream: impl Stream<Item = Result<Followed, Error>> + Unpin, len: usize) -> Vec<u64> {
    let positions = stream.take(len).map_ok(|followed| followed.entry.position).try_collect();
    tokio::time::timeout(DEADLINE, positions).await.expect("the log is followed in time").unwrap()
}

#[tokio::test]
async fn every_record_is_followed_once_in_order_from_any_position() {
    let server = TestServer::start().await;
    let log = server.log().await;
    fill(&log, 11_000).await;
    assert_eq!(positions(log.follow(1), 11_000).await, (1..=11_000).collect::<Vec<_>>());
    assert_eq!(positions(log.follow(10_501), 500).await, (10_501..=11_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_followed_record_carries_what_was_appended_and_the_lag() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let address = address();
    log.append(append_to(address, 0, "one")).await.unwrap();
    log.append(append_to(address, 1, "two")).await.unwrap();
    let followed = log.follow(1).next().await.unwrap().unwrap();
    assert_eq!(followed.entry, log.read(1).await.unwrap().unwrap());
    assert_eq!(followed.pending, 1);
}

#[tokio::test]
async fn a_record_appended_later_is_followed_too() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let mut followed = log.follow(1);
    for position in 1..=3 {
        log.append(append_to(address(), 0, "late")).await.unwrap();
        assert_eq!(positions(&mut followed, 1).await, [position]);
    }
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let server = TestServer::start().await;
    let log = server.log().await;
    fill(&log, 1_000).await;
    let mut followed = log.follow(1);
    let mut seen = Vec::new();
    while seen.len() < 1_000 {
        // Ready at once or dropped.
        tokio::select! {
            biased;
            item = followed.next() => seen.push(item.unwrap().unwrap().entry.position),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(seen, (1..=1_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn following_survives_a_restart_of_the_server() {
    let server = TestServer::start().await;
    let log = server.log().await;
    fill(&log, 5_000).await;
    let mut followed = log.follow(1);
    let mut seen = positions(&mut followed, 2_500).await;
    server.restart().await;
    server.reconnected(&log).await;
    fill(&log, 5_000).await;
    seen.extend(positions(&mut followed, 7_500).await);
    assert_eq!(seen, (1..=10_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_log_that_is_shorter_than_the_checkpoint_is_an_error() {
    let server = TestServer::start().await;
    let log = server.log().await;
    fill(&log, 100).await;
    let mut followed = log.follow(1_000);
    let error = followed.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Ahead { position: 1_000, last: 100 }), "{error:?}");
}

#[tokio::test]
async fn the_position_after_the_last_is_waited_for() {
    let server = TestServer::start().await;
    let log = server.log().await;
    fill(&log, 100).await;
    let mut followed = log.follow(101);
    assert!(futures::poll!(followed.next()).is_pending());
    log.append(append_to(address(), 0, "new")).await.unwrap();
    assert_eq!(positions(&mut followed, 1).await, [101]);
}
