//! Operators' commands to a projector that follows and answers.

use super::*;
use event_log::control::{Command, Outcome, Part};
use std::sync::atomic::{AtomicBool, Ordering};

const BOARDS: usize = 40;

fn instance() -> Instance {
    "one".parse().unwrap()
}

async fn command(log: &EventLog, command: Command) -> (Outcome, Vec<u8>) {
    let mut bytes = Vec::new();
    let each = |part| {
        if let Part::Bytes(chunk) = part {
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    let outcome = log.command(&instance(), command, each).await.unwrap();
    (outcome, bytes)
}

/// Asks for a board until told to stop: every answer is there, and no position is before one that was seen.
async fn watch(views: Arc<LocalViews>, request: Request, stop: Arc<AtomicBool>) -> usize {
    let (mut answers, mut seen) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let reply = views.ask(request.clone()).await;
        assert!(reply.as_of >= seen, "{} after {seen}", reply.as_of);
        seen = reply.as_of;
        assert_eq!(status(reply), "officially_attributed");
        answers += 1;
        tokio::task::yield_now().await;
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_goes_on_answering_and_following() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let mut running = fixture.start().await;
    running.projector.take_commands(instance()).await.unwrap();
    running.ready().await;
    let stop = Arc::new(AtomicBool::new(false));
    let request = fixture.request(board(scene.incident));
    let watching = tokio::spawn(watch(running.projector.views(), request, Arc::clone(&stop)));
    let log = fixture.server.log().await;
    let rebuilding = tokio::spawn(async move {
        for _ in 0..5 {
            let (outcome, _) = command(&log, Command::Rebuild).await;
            assert!(matches!(outcome, Outcome::Rebuilt(_)), "{outcome:?}");
        }
    });
    while !rebuilding.is_finished() {
        for n in 0..BOARDS {
            fixture.history.source(&format!("Source {n}"));
        }
        fixture.write().await;
    }
    rebuilding.await.unwrap();
    running.reach(fixture.history.position()).await;
    stop.store(true, Ordering::Relaxed);
    assert!(watching.await.unwrap() > 0);
    running.ready().await;

    let log = fixture.server.log().await;
    let (compared, _) = command(&log, Command::Compare).await;
    assert!(
        matches!(&compared, Outcome::Compared(it) if it.is_equal() && it.at == fixture.history.position()),
        "{compared:?}"
    );
    let (_, dumped) = command(&log, Command::Dump { at: None }).await;
    running.stop().await;
    assert_eq!(String::from_utf8(dumped).unwrap(), fixture.dump());
    rebuild(&fixture.config(), &fixture.log).await.unwrap();
    assert!(compare(&fixture.config(), &fixture.log).await.unwrap().is_equal());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_differs_from_the_log_is_told_and_replaced() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    // The store of another history of the same log and length.
    let mut other = History::in_log(2, fixture.log.id());
    while other.position() < fixture.history.position() {
        other.source("Another agency");
    }
    {
        let generations = Generations::lock(&fixture.config().data).unwrap();
        generations.open(fixture.log.id()).unwrap().store.append(other.entries()).unwrap();
    }
    let mut running = fixture.start().await;
    running.projector.take_commands(instance()).await.unwrap();
    running.reach(fixture.history.position()).await;
    let (compared, _) = command(&fixture.log, Command::Compare).await;
    assert!(matches!(&compared, Outcome::Compared(it) if !it.is_equal()), "{compared:?}");
    command(&fixture.log, Command::Rebuild).await;
    assert_eq!(status(running.ask(fixture.request(board(scene.incident))).await), "officially_attributed");
    let (compared, _) = command(&fixture.log, Command::Compare).await;
    assert!(matches!(&compared, Outcome::Compared(it) if it.is_equal()), "{compared:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_says_how_it_is() {
    let mut fixture = Fixture::new().await;
    fixture.scene().await;
    let mut running = fixture.start().await;
    running.projector.take_commands(instance()).await.unwrap();
    running.ready().await;
    let (Outcome::Status(status), _) = command(&fixture.log, Command::Status).await else { panic!("no status") };
    assert_eq!((status.position, status.lag(), status.serving), (fixture.history.position(), Some(0), true));
    assert_eq!((status.instance, status.log_id, status.work), (instance(), fixture.log.id(), None));
    assert_eq!(status.schema, SCHEMA);
    let beyond = Command::Dump { at: Some(1_000_000) };
    let refused = fixture.log.command(&instance(), beyond, |_| Ok(())).await.unwrap_err();
    assert!(refused.to_string().contains("there is no dump at 1000000"), "{refused}");
    running.stop().await;
}
