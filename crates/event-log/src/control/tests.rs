use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use uuid::Uuid;

use super::{CHUNK_BYTES, Command, Compared, Error, Instance, Outcome, Part, Status, Work};
use crate::EventLog;
use crate::testing::TestServer;

const DEADLINE: Duration = Duration::from_secs(20);

fn instance(name: &str) -> Instance {
    name.parse().unwrap()
}

fn status(name: &str) -> Status {
    Status {
        instance: instance(name),
        version: "0".to_owned(),
        log_id: Uuid::nil(),
        position: 3,
        log_position: Some(5),
        serving: true,
        schema: 1,
        checksum: "00".to_owned(),
        work: None,
    }
}

/// A projector that says how it is, dumps three chunks, and rebuilds nothing.
async fn projector(log: EventLog, name: &'static str) {
    let mut commands = log.take_commands(&instance(name)).await.unwrap();
    tokio::spawn(async move {
        while let Some(mut asked) = commands.next().await {
            match asked.command {
                Command::Status => asked.answer.done(Outcome::Status(status(name))).await,
                Command::Rebuild => asked.answer.refuse("the log is away").await,
                Command::Dump { at } => {
                    for chunk in 0..3 {
                        let bytes = Bytes::from(vec![chunk; CHUNK_BYTES]);
                        asked.answer.bytes(bytes).await.unwrap();
                    }
                    assert_eq!(at, Some(7));
                    asked.answer.done(Outcome::Dumped).await;
                }
                Command::Compare => {
                    let work = Work { command: "compare".to_owned(), position: 1, goal: 2, seconds_left: Some(3) };
                    asked.answer.progress(work).await.unwrap();
                    let same = "ab".to_owned();
                    let compared = Compared { at: 2, live_sha256: same.clone(), rebuilt_sha256: same };
                    asked.answer.done(Outcome::Compared(compared)).await;
                }
            }
        }
    });
}

#[test]
fn a_name_is_short_and_fits_into_a_subject() {
    for name in ["a", "projector-1", &"x".repeat(64)] {
        assert_eq!(instance(name).to_string(), name);
    }
    for name in ["", "A", "a.b", "a*", ">", "ä", "a b", &"x".repeat(65)] {
        assert!(name.parse::<Instance>().is_err(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_carried_out_by_the_projector_that_it_names() {
    let server = TestServer::start().await;
    let (log, asking) = (server.log().await, server.log().await);
    projector(log.clone(), "one").await;
    projector(log, "two").await;
    let ask = async |name, command, parts: &mut Vec<Part>| {
        let each = |part| {
            parts.push(part);
            Ok(())
        };
        asking.command(&instance(name), command, each).await
    };
    let mut parts = Vec::new();
    assert_eq!(ask("two", Command::Status, &mut parts).await.unwrap(), Outcome::Status(status("two")));
    assert!(parts.is_empty());
    let refused = ask("one", Command::Rebuild, &mut parts).await.unwrap_err();
    assert_eq!(refused.to_string(), "projector `one` says: the log is away");
    assert_eq!(ask("one", Command::Dump { at: Some(7) }, &mut parts).await.unwrap(), Outcome::Dumped);
    assert_eq!(parts.len(), 3);
    let bytes = |part: &Part| matches!(part, Part::Bytes(bytes) if bytes.len() == CHUNK_BYTES);
    assert!(parts.drain(..).all(|part| bytes(&part)));
    let compared = ask("one", Command::Compare, &mut parts).await.unwrap();
    assert!(matches!(compared, Outcome::Compared(compared) if compared.is_equal()));
    assert!(matches!(&parts[..], [Part::Progress(Work { position: 1, goal: 2, seconds_left: Some(3), .. })]));
    let absent = ask("three", Command::Status, &mut parts).await.unwrap_err();
    assert!(matches!(absent, Error::Absent(name) if name == instance("three")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_projector_says_how_it_is() {
    let server = TestServer::start().await;
    let log = server.log().await;
    assert!(log.projectors().await.unwrap().is_empty());
    projector(log.clone(), "two").await;
    projector(log.clone(), "one").await;
    let found = log.projectors().await.unwrap();
    assert_eq!(found, [status("one"), status("two")]);
    assert_eq!(found[0].lag(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_refused() {
    let server = TestServer::start().await;
    let log = server.log().await;
    projector(log.clone(), "one").await;
    let taken = log.take_commands(&instance("one")).await.unwrap_err();
    assert!(taken.to_string().contains("another projector is called `one`"), "{taken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_find_a_projector_again_after_the_server_was_away() {
    let server = TestServer::start().await;
    let log = server.log().await;
    projector(log.clone(), "one").await;
    server.restart().await;
    server.reconnected(&log).await;
    let deadline = Instant::now() + DEADLINE;
    while log.command(&instance("one"), Command::Status, |_| Ok(())).await.is_err() {
        assert!(Instant::now() < deadline, "the projector is not found again");
    }
}
