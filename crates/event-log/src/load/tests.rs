use futures::future::try_join_all;

use super::*;
use crate::append::tests::{address, append_to};
use crate::testing::TestServer;

/// Appends `len` records to one aggregate, with others in between.
async fn fill(log: &EventLog, address: Address, len: usize) -> Vec<Stored> {
    let mut records: Vec<Stored> = Vec::new();
    for index in 0..len {
        let payload = format!("record {index}");
        let expected_last = records.last().map_or(0, |stored| stored.position);
        let position = log.append(append_to(address, expected_last, payload.clone())).await.unwrap();
        records.push(Stored { position, payload: payload.into() });
        if index % 10 == 0 {
            log.append(append_to(crate::append::tests::address(), 0, "other")).await.unwrap();
        }
    }
    records
}

#[tokio::test]
async fn an_aggregate_without_records_is_empty() {
    let server = TestServer::start().await;
    let log = server.log().await;
    assert_eq!(log.load(&address(), 0).await.unwrap(), []);
    assert_eq!(log.load_from_leader(&address(), 0).await.unwrap(), []);
}

#[tokio::test]
async fn both_ways_load_the_same_records_across_batches() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let address = address();
    let records = fill(&log, address, LOAD_BATCH * 2 + 10).await;
    assert_eq!(log.load(&address, 0).await.unwrap(), records);
    assert_eq!(log.load_from_leader(&address, 0).await.unwrap(), records);
    for after in [1, LOAD_BATCH, records.len() - 1, records.len()] {
        let position = records[after - 1].position;
        assert_eq!(log.load(&address, position).await.unwrap(), records[after..]);
        assert_eq!(log.load_from_leader(&address, position).await.unwrap(), records[after..]);
    }
}

#[tokio::test]
async fn large_records_are_loaded_in_several_parts() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let address = address();
    let mut last = 0;
    for index in 0..20_u8 {
        last = log.append(append_to(address, last, vec![index; 900 * 1024])).await.unwrap();
    }
    let loaded = log.load(&address, 0).await.unwrap();
    assert_eq!(loaded.len(), 20);
    assert!(loaded.iter().zip(0_u8..).all(|(stored, index)| stored.payload.iter().all(|byte| *byte == index)));
}

#[tokio::test]
async fn many_aggregates_come_in_the_order_of_the_questions() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let addresses: Vec<_> = (0..100).map(|_| address()).collect();
    let appends = addresses.iter().map(|address| log.append(append_to(*address, 0, address.to_string())));
    let positions = try_join_all(appends).await.unwrap();
    let questions: Vec<_> = addresses.iter().map(|address| (*address, 0)).collect();
    let answers = log.load_many(&questions).await.unwrap();
    for ((address, position), answer) in addresses.iter().zip(positions).zip(answers) {
        assert_eq!(answer, [Stored { position, payload: address.to_string().into() }]);
    }
}

#[tokio::test]
async fn a_position_is_read_with_its_subject_and_time() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let address = address();
    let before = SystemTime::now();
    let position = log.append(append_to(address, 0, &b"\0binary\xff"[..])).await.unwrap();
    let entry = log.read(position).await.unwrap().unwrap();
    assert_eq!((entry.subject, entry.payload), (address.subject(0), Bytes::from_static(b"\0binary\xff")));
    assert!(entry.stored_at >= before);
    assert_eq!(log.read(position + 1).await.unwrap(), None);
}

#[tokio::test]
async fn the_canary_tells_a_readable_position_from_a_missing_one() {
    let server = TestServer::start().await;
    let log = server.log().await;
    log.canary(0).await.unwrap();
    let position = log.append(append_to(address(), 0, "one")).await.unwrap();
    log.canary(position).await.unwrap();
    log.canary(position + 1).await.unwrap_err();
}
