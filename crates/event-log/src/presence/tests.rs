use super::*;
use crate::EventLog;
use crate::testing::TestServer;
use tokio::time::Instant;

/// Short, but longer than any step of a test.
const SHORT: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_mins(1);

fn place(project: Uuid) -> Place {
    Place { project, document: Uuid::now_v7(), user: Uuid::new_v4() }
}

async fn places(presence: &Presence, project: Uuid) -> Vec<Place> {
    let present = presence.present(project).await.unwrap().unwrap();
    present.into_iter().map(|present| present.place).collect()
}

/// Waits until nobody else is there than these, in order.
async fn until(presence: &Presence, project: Uuid, expected: &[Place]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match presence.present(project).await {
            Ok(found) if found.iter().flatten().map(|present| &present.place).eq(expected) => return,
            found => assert!(Instant::now() < deadline, "{found:?} instead of {expected:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_opens_a_document_is_there_for_every_process_of_its_log_and_project_alone() {
    let server = TestServer::start().await;
    let (one, other) = (server.log().await.presence(), server.log().await.presence());
    let project = Uuid::now_v7();
    assert!(places(&other, project).await.is_empty());
    let here = place(project);
    let opened = one.open(here, Right::Membership).await.unwrap();
    let found = other.present(project).await.unwrap().unwrap();
    let [found] = found[..] else { panic!("{found:?}") };
    assert_eq!((found.place, found.right, found.since_us), (here, Right::Membership, opened.since_us));
    assert!(places(&other, Uuid::now_v7()).await.is_empty());
    let settings = crate::Settings { log: 7, ..server.settings() };
    let elsewhere = EventLog::connect(&settings).await.unwrap().presence();
    assert!(places(&elsewhere, project).await.is_empty());
}

#[tokio::test]
async fn a_heartbeat_keeps_since_and_moves_until() {
    let server = TestServer::start().await;
    let presence = server.log().await.presence();
    let here = place(Uuid::now_v7());
    presence.open(here, Right::Membership).await.unwrap();
    let first = presence.present(here.project).await.unwrap().unwrap()[0];
    // Another connection: nothing of it is remembered by the process.
    server.log().await.presence().open(here, Right::Token).await.unwrap();
    let second = presence.present(here.project).await.unwrap().unwrap()[0];
    assert_eq!(second.since_us, first.since_us);
    assert!(second.until_us > first.until_us, "{first:?} {second:?}");
    assert_eq!(second.right, Right::Token);
}

#[tokio::test]
async fn what_is_closed_is_gone_at_once_and_may_be_opened_and_closed_again() {
    let server = TestServer::start().await;
    let presence = server.log().await.presence();
    let here = place(Uuid::now_v7());
    presence.close(here).await.unwrap();
    for _ in 0..2 {
        presence.open(here, Right::Membership).await.unwrap();
        assert_eq!(places(&presence, here.project).await, [here]);
        presence.close(here).await.unwrap();
        assert!(places(&presence, here.project).await.is_empty());
    }
}

#[tokio::test]
async fn who_sends_no_more_heartbeats_goes_and_who_does_stays() {
    let server = TestServer::start().await;
    let presence = server.log().await.presence_of(SHORT);
    let project = Uuid::now_v7();
    let (silent, alive) = (place(project), place(project));
    presence.open(silent, Right::Membership).await.unwrap();
    let first = presence.open(alive, Right::Membership).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while places(&presence, project).await != [alive] {
        assert!(Instant::now() < deadline);
        let again = presence.open(alive, Right::Membership).await.unwrap();
        assert_eq!(again.since_us, first.since_us, "it was never gone");
        tokio::time::sleep(SHORT / 10).await;
    }
    until(&presence, project, &[]).await;
}

#[tokio::test]
async fn another_expiry_changes_the_bucket_that_is_there() {
    let server = TestServer::start().await;
    let here = place(Uuid::now_v7());
    server.log().await.presence().open(here, Right::Membership).await.unwrap();
    let presence = server.log().await.presence_of(SHORT);
    until(&presence, here.project, &[]).await;
}

#[tokio::test]
async fn a_user_has_so_many_open_in_a_project_and_no_more() {
    let server = TestServer::start().await;
    let presence = server.log().await.presence();
    let project = Uuid::now_v7();
    let user = Uuid::new_v4();
    let documents: Vec<_> = (0..=DOCUMENTS_MAX).map(|_| Place { project, document: Uuid::now_v7(), user }).collect();
    // At the same moment: still one after the other.
    let opened =
        futures::future::join_all(documents.iter().map(|place| presence.open(*place, Right::Membership))).await;
    let refused: Vec<_> = opened.iter().filter_map(|opened| opened.as_ref().err()).collect();
    assert!(matches!(refused[..], [OpenError::TooMany]), "{refused:?}");
    let open = places(&presence, project).await;
    assert_eq!(open.len(), DOCUMENTS_MAX);
    // Those that are open are refreshed, others may open theirs, and a closed one makes room.
    presence.open(open[0], Right::Membership).await.unwrap();
    presence.open(place(project), Right::Membership).await.unwrap();
    presence.open(Place { project: Uuid::now_v7(), ..open[0] }, Right::Membership).await.unwrap();
    presence.close(open[0]).await.unwrap();
    presence.open(Place { document: Uuid::now_v7(), ..open[0] }, Right::Membership).await.unwrap();
}

#[tokio::test]
async fn who_opens_and_closes_without_end_is_held_up() {
    let server = TestServer::start().await;
    let presence = server.log().await.presence();
    let here = place(Uuid::now_v7());
    for _ in 0..RECENT_MAX {
        let next = Place { document: Uuid::now_v7(), ..here };
        presence.open(next, Right::Membership).await.unwrap();
        presence.close(next).await.unwrap();
    }
    let refused = presence.open(here, Right::Membership).await;
    assert!(matches!(refused, Err(OpenError::TooFast)), "{refused:?}");
}

#[tokio::test]
async fn a_project_is_read_in_pages() {
    let server = TestServer::start().await;
    let presence = server.log().await.presence();
    let project = Uuid::now_v7();
    let many: Vec<_> = (0..PAGE_LEN + PAGE_LEN / 2).map(|_| place(project)).collect();
    for some in many.chunks(100) {
        let opened = futures::future::join_all(some.iter().map(|place| presence.open(*place, Right::Membership)));
        assert!(opened.await.iter().all(Result::is_ok));
    }
    let found = places(&presence, project).await;
    assert_eq!(found.len(), many.len());
    assert!(many.iter().all(|place| found.contains(place)));
}

#[tokio::test]
async fn news_tell_what_is_opened_refreshed_and_closed_in_the_project() {
    let server = TestServer::start().await;
    let (presence, other) = (server.log().await.presence(), server.log().await.presence());
    let here = place(Uuid::now_v7());
    let mut news = presence.news(here.project).await.unwrap();
    other.open(place(Uuid::now_v7()), Right::Membership).await.unwrap();
    let opened = other.open(here, Right::Membership).await.unwrap();
    other.open(here, Right::Membership).await.unwrap();
    other.close(here).await.unwrap();
    for since_us in [Some(opened.since_us), Some(opened.since_us), None] {
        let next = tokio::time::timeout(PATIENCE, news.next()).await.unwrap();
        assert_eq!(next, Some(News { place: here, since_us }));
    }
}

#[tokio::test]
async fn a_server_that_is_killed_forgets_and_heartbeats_bring_presence_back() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let (presence, reader) = (log.presence(), server.log().await.presence());
    let here = place(Uuid::now_v7());
    presence.open(here, Right::Membership).await.unwrap();
    let mut news = reader.news(here.project).await.unwrap();
    server.restart().await;
    server.reconnected(&log).await;
    // Who reads first makes the bucket, which is empty.
    until(&reader, here.project, &[]).await;
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = presence.open(here, Right::Membership).await {
        assert!(Instant::now() < deadline, "{error:?}");
    }
    until(&reader, here.project, &[here]).await;
    let next = tokio::time::timeout(PATIENCE, news.next()).await.unwrap().unwrap();
    assert_eq!(next.place, here);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let server = TestServer::start().await;
    let presence = server.log().await.presence();
    let here = place(Uuid::now_v7());
    presence.open(here, Right::Membership).await.unwrap();
    server.pause(true);
    let (read, opened, closed) =
        tokio::join!(presence.present(here.project), presence.open(here, Right::Membership), presence.close(here));
    server.pause(false);
    assert!(read.unwrap_err().is_transient());
    assert!(matches!(opened, Err(OpenError::Log(error)) if error.is_transient()));
    assert!(closed.unwrap_err().is_transient());
}
