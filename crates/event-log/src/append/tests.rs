use std::time::SystemTime;

use domain::Kind;
use wire::subject::Address;

use super::*;
use crate::Settings;
use crate::testing::TestServer;
use crate::testing::plain::{cluster, clustered};
use crate::texts::Key;

pub(crate) fn address() -> Address {
    Address { project: Uuid::new_v4(), kind: Kind::Annotation, id: Uuid::new_v4() }
}

pub(crate) fn append_to(address: Address, expected_last: u64, payload: impl Into<Bytes>) -> Append {
    Append { address, expected_last, payload: payload.into(), headers: Vec::new(), command_id: Uuid::new_v4() }
}

#[tokio::test]
async fn an_append_takes_the_next_position() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let address = address();
    let first = log.append(append_to(address, 0, "one")).await.unwrap();
    let second = log.append(append_to(address, first, "two")).await.unwrap();
    assert_eq!((first, second), (1, 2));
    let head = log.head().await.unwrap();
    assert_eq!((head.first, head.last, head.messages), (1, 2, 2));
}

#[tokio::test]
async fn an_append_under_a_stale_expectation_is_a_conflict() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let address = address();
    let first = log.append(append_to(address, 0, "one")).await.unwrap();
    for expected_last in [0, first + 1] {
        let outcome = log.append(append_to(address, expected_last, "two")).await;
        assert!(matches!(outcome, Err(AppendError::Conflict)), "{outcome:?}");
    }
    assert_eq!(log.head().await.unwrap().last, first);
}

#[tokio::test]
async fn of_many_racing_appends_exactly_one_is_stored() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let address = address();
    let racers = (0..32).map(|racer| log.append(append_to(address, 0, format!("racer {racer}"))));
    let outcomes = futures::future::join_all(racers).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(AppendError::Conflict))).count(), 31);
}

#[tokio::test]
async fn headers_are_stored_and_an_unfit_one_is_left_out() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let headers = vec![("ce-type", "annotation.created".to_owned()), ("traceparent", "two\r\nlines".to_owned())];
    let position = log.append(Append { headers, ..append_to(address(), 0, "one") }).await.unwrap();
    let stream = log.inner.jetstream.get_stream(&log.inner.stream).await.unwrap();
    let message = stream.get_raw_message(position).await.unwrap();
    assert_eq!(message.headers.get("ce-type").unwrap().as_str(), "annotation.created");
    assert!(message.headers.get("traceparent").is_none());
}

#[tokio::test]
async fn a_record_above_the_limit_is_too_large() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let outcome = log.append(append_to(address(), 0, vec![0; 2 * 1024 * 1024])).await;
    assert!(matches!(outcome, Err(AppendError::TooLarge)), "{outcome:?}");
}

#[tokio::test]
async fn nothing_is_appended_while_the_clocks_differ_too_much() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let now = SystemTime::now();
    log.inner.clock.observe(now, now, now - Duration::from_secs(31));
    let outcome = log.append(append_to(address(), 0, "one")).await;
    assert!(matches!(outcome, Err(AppendError::ClockSkew(_))), "{outcome:?}");
    log.inner.clock.observe(now, now, now - Duration::from_secs(29));
    log.append(append_to(address(), 0, "one")).await.unwrap();
}

#[tokio::test]
async fn a_full_store_says_so() {
    let server = TestServer::start_with(|settings| settings.storage_limit_bytes = Some(64 * 1024)).await;
    let log = server.log().await;
    // The server compares what it has already, so the first record above the limit still fits.
    let outcome = loop {
        match log.append(append_to(address(), 0, vec![0; 32 * 1024])).await {
            Ok(position) => assert!(position < 10),
            Err(error) => break error,
        }
    };
    assert!(matches!(outcome, AppendError::Full(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_batch_is_stored_whole_and_in_order() {
    let server = TestServer::start().await;
    let log = server.log().await;
    log.append(append_to(address(), 0, "before")).await.unwrap();
    let addresses: Vec<_> = (0..BATCH_LEN_MAX).map(|_| address()).collect();
    let appends = addresses.iter().map(|address| append_to(*address, 0, address.to_string())).collect();
    let last = log.append_batch(appends).await.unwrap();
    assert_eq!(last, 1 + BATCH_LEN_MAX as u64);
    for (address, position) in addresses.iter().zip(2..) {
        let entry = log.read(position).await.unwrap().unwrap();
        assert_eq!((entry.subject, entry.payload), (address.subject(0), address.to_string().into()));
    }
}

#[tokio::test]
async fn a_batch_with_one_conflict_stores_nothing() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let taken = address();
    let head = log.append(append_to(taken, 0, "taken")).await.unwrap();
    let appends = [address(), taken, address()].map(|address| append_to(address, 0, "batch"));
    let outcome = log.append_batch(appends.to_vec()).await;
    assert!(matches!(outcome, Err(AppendError::Conflict)), "{outcome:?}");
    assert_eq!(log.head().await.unwrap().last, head);
}

#[tokio::test]
async fn a_batch_that_was_stored_already_is_a_conflict_and_its_last_record_tells() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let appends: Vec<_> = (0..3).map(|index| append_to(address(), 0, format!("{index}"))).collect();
    let stored = log.append_batch(appends.clone()).await.unwrap();
    // The answer got lost, so the same batch is tried again.
    let outcome = log.append_batch(appends.clone()).await;
    assert!(matches!(outcome, Err(AppendError::Conflict)), "{outcome:?}");
    let last = log.load_from_leader(&appends[2].address, 0).await.unwrap();
    assert_eq!(last.iter().map(|stored| stored.position).collect::<Vec<_>>(), [stored]);
}

#[tokio::test]
async fn a_batch_of_wrong_length_or_with_one_subject_twice_is_refused() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let many = (0..=BATCH_LEN_MAX).map(|_| append_to(address(), 0, "batch")).collect();
    let outcome = log.append_batch(many).await;
    assert!(matches!(outcome, Err(AppendError::TooLarge)), "{outcome:?}");
    let twice = append_to(address(), 0, "batch");
    let outcome = log.append_batch(vec![twice.clone(), twice]).await;
    assert!(matches!(outcome, Err(AppendError::Conflict)), "{outcome:?}");
    let outcome = log.append_batch(Vec::new()).await;
    assert!(matches!(outcome, Err(AppendError::TooLarge)), "{outcome:?}");
    assert_eq!(log.head().await.unwrap().last, 0);
}

#[tokio::test]
async fn a_batch_of_one_is_an_append() {
    let server = TestServer::start().await;
    let log = server.log().await;
    assert_eq!(log.append_batch(vec![append_to(address(), 0, "one")]).await.unwrap(), 1);
}

#[tokio::test]
async fn batches_beyond_what_the_server_admits_are_busy_and_store_nothing() {
    let server = TestServer::start_with(|settings| settings.batches_open = 1).await;
    let log = server.log().await;
    let batches =
        (0..BATCHES_OPEN).map(|_| log.append_batch((0..8).map(|_| append_to(address(), 0, "batch")).collect()));
    let outcomes = futures::future::join_all(batches).await;
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(AppendError::Busy))), "{outcomes:?}");
    assert!(stored > 0);
    assert_eq!(log.head().await.unwrap().messages, 8 * stored as u64);
}

#[tokio::test]
async fn an_append_without_a_server_is_unavailable_and_sends_nothing() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let mut disconnects = log.inner.disconnects.clone();
    disconnects.mark_unchanged();
    drop(server);
    disconnects.changed().await.unwrap();
    let outcome = log.append(append_to(address(), 0, "one")).await;
    assert!(matches!(outcome, Err(AppendError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn of_an_uncertain_append_and_its_repetition_one_is_stored() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let address = address();
    server.pause(true);
    let outcome = log.append(append_to(address, 0, "one")).await;
    assert!(matches!(outcome, Err(AppendError::Uncertain(_))), "{outcome:?}");
    server.pause(false);
    // The leader may answer before it gets to the append, so what counts is the next attempt.
    let outcome = log.append(append_to(address, 0, "again")).await;
    assert!(matches!(outcome, Err(AppendError::Conflict)), "{outcome:?}");
    let stored = log.load_from_leader(&address, 0).await.unwrap();
    assert_eq!(stored.iter().map(|stored| &stored.payload[..]).collect::<Vec<_>>(), [b"one"]);
}

#[tokio::test]
async fn a_connection_lost_under_an_append_is_uncertain_at_once() {
    let server = TestServer::start().await;
    let log = server.log().await;
    server.pause(true);
    let append = tokio::spawn({
        let log = log.clone();
        async move { log.append(append_to(address(), 0, "one")).await }
    });
    let batch = tokio::spawn({
        let log = log.clone();
        async move { log.append_batch((0..3).map(|_| append_to(address(), 0, "batch")).collect()).await }
    });
    // Both are on their way once they hold their permits and have yielded.
    while log.inner.appends.available_permits() == APPENDS_IN_FLIGHT
        || log.inner.batches.available_permits() == BATCHES_OPEN
    {
        tokio::task::yield_now().await;
    }
    server.restart().await;
    let (append, batch) = (append.await.unwrap(), batch.await.unwrap());
    assert!(matches!(append, Err(AppendError::Uncertain(_))), "{append:?}");
    // A batch that was not committed is not stored.
    assert!(matches!(batch, Err(AppendError::Unavailable(_))), "{batch:?}");
    server.reconnected(&log).await;
    log.append(append_to(address(), 0, "after")).await.unwrap();
}

#[tokio::test]
async fn acknowledged_records_survive_crashes_under_load() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let mut stored = Vec::new();
    for _ in 0..3 {
        let appends = (0..200).map(|_| {
            let (log, address) = (log.clone(), address());
            async move { (address, log.append(append_to(address, 0, address.to_string())).await) }
        });
        let appends = tokio::spawn(futures::future::join_all(appends));
        server.restart().await;
        server.reconnected(&log).await;
        let acknowledged = appends.await.unwrap().into_iter();
        stored.extend(acknowledged.filter_map(|(address, outcome)| Some((address, outcome.ok()?))));
    }
    for (address, position) in stored {
        let entry = log.read(position).await.unwrap().expect("an acknowledged record is there");
        assert_eq!((entry.subject, entry.payload), (address.subject(0), address.to_string().into()));
    }
}

#[tokio::test]
async fn three_nodes_keep_the_same_promises() {
    let nodes = cluster(["always"; 3]).await;
    let log = EventLog::connect(&Settings { servers: nodes[0].settings().servers, ..clustered(&nodes) }).await.unwrap();
    let other =
        EventLog::connect(&Settings { servers: nodes[1].settings().servers, ..clustered(&nodes) }).await.unwrap();
    let address = address();
    // Racers on two nodes: the leader of three tells a lost race by another code than a single node.
    let racers = [&log, &other].into_iter().cycle().take(32);
    let outcomes = futures::future::join_all(racers.map(|log| log.append(append_to(address, 0, "racer")))).await;
    let (stored, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(stored.len(), 1);
    assert!(lost.iter().all(|outcome| matches!(outcome, Err(AppendError::Conflict))), "{lost:?}");
    let codes = codes_of_a_race(&other).await;
    assert!(codes.contains(&10164) && codes.iter().all(|code| [10071, 10164].contains(code)), "{codes:?}");
    let position = stored[0].as_ref().unwrap();
    let found = other.load_from_leader(&address, 0).await.unwrap();
    assert_eq!(found.iter().map(|stored| &stored.position).collect::<Vec<_>>(), [position]);

    let appends: Vec<_> = (0..BATCH_LEN_MAX).map(|_| append_to(self::address(), 0, "batch")).collect();
    let end = log.append_batch(appends.clone()).await.unwrap();
    let outcome = other.append_batch(appends).await;
    assert!(matches!(outcome, Err(AppendError::Conflict)), "{outcome:?}");
    assert_eq!(other.head().await.unwrap().last, end);

    let texts = log.texts().await.unwrap();
    let key = Key { project: Uuid::new_v4(), document: Uuid::new_v4(), revision: 1, sha256: [0; 32] };
    texts.put(&key, &[7; 16], &vec![7; 300_000]).await.unwrap();
    assert_eq!(other.texts().await.unwrap().object(&key).await.unwrap().unwrap(), vec![7; 300_016]);
}

/// The codes by which the server refuses the losers of a race, as it sends them.
async fn codes_of_a_race(log: &EventLog) -> Vec<u64> {
    let append = append_to(address(), 0, "racer");
    let racers = (0..32).map(|_| {
        let request = Request::new().headers(log.headers(&append)).payload(append.payload.clone());
        log.inner.api.client().send_request(append.address.subject(log.log()), request)
    });
    let answers = futures::future::join_all(racers).await.into_iter();
    let acks = answers.map(|answer| serde_json::from_slice::<PubAck>(&answer.unwrap().payload).unwrap());
    acks.filter_map(|ack| Some(ack.error?.err_code)).collect()
}
