use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_nats::{HeaderMap, Message, Subscriber};
use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use futures::{FutureExt, StreamExt};
use tokio::time::Instant;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskProgress, AskRecords, Progress, Records, Refusal, Request, StoredRecord, Viewer};

use super::chunk::CHUNK_BYTES;
use super::remote::Limits;
use super::*;
use crate::testing::TestServer;

/// Long enough for a test on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);
/// What is never waited for in full by a test that passes.
const LONG: Duration = Duration::from_mins(5);

/// Views that say what a function says, and remember what they were asked.
struct Told<F> {
    asked: Mutex<Vec<Request>>,
    tell: F,
}

impl<F: Fn(Request) -> BoxFuture<'static, Reply> + Send + Sync + 'static> Told<F> {
    fn new(tell: F) -> Arc<Self> {
        Arc::new(Self { asked: Mutex::default(), tell })
    }
}

impl<F> Told<F> {
    fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

impl<F: Fn(Request) -> BoxFuture<'static, Reply> + Send + Sync + 'static> Views for Told<F> {
    fn ask(&self, request: Request) -> BoxFuture<'_, Reply> {
        self.asked.lock().unwrap().push(request.clone());
        (self.tell)(request)
    }
}

fn ready(reply: Reply) -> BoxFuture<'static, Reply> {
    std::future::ready(reply).boxed()
}

/// Tells what it was asked: an answer that belongs to one question.
fn echo(request: Request) -> BoxFuture<'static, Reply> {
    let progress = Progress { log_id: request.project, position: 7, caught_up: true };
    ready(Reply { as_of: 7, known_at_us: None, answer: Some(Answer::Progress(progress)) })
}

fn question(project: &str) -> Request {
    Request {
        viewer: Some(Viewer { operator: true, ..Viewer::default() }),
        project: project.to_owned(),
        question: Some(Question::Records(AskRecords { limit: 1000, after: 0 })),
        ..Request::default()
    }
}

/// An answer of so many records of 100 kB.
fn records(as_of: u64, len: u8) -> Reply {
    let items = (1..=len).map(|n| StoredRecord { position: n.into(), payload: vec![n; 100_000] }).collect();
    Reply {
        as_of,
        known_at_us: None,
        answer: Some(Answer::Records(Records { items, next: Some(len.into()), blinded: false })),
    }
}

fn refusal(reply: Reply) -> Refusal {
    match reply.answer {
        Some(Answer::Refusal(refusal)) => refusal,
        other => panic!("no refusal: {other:?}"),
    }
}

fn echoed(reply: Reply) -> String {
    match reply.answer {
        Some(Answer::Progress(progress)) => progress.log_id,
        other => panic!("no answer: {other:?}"),
    }
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// A server, who asks on a connection, and who answers on others.
struct Fixture {
    server: TestServer,
    remote: RemoteViews,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(Limits { allowance: LONG, silence: LONG, stall: LONG, ..Limits::default() }).await
    }

    async fn with(limits: Limits) -> Self {
        let server = TestServer::start().await;
        let remote = RemoteViews::connect(&server.log().await, limits).await.unwrap();
        Self { server, remote }
    }

    /// A member of the group, once it is one.
    async fn answering(&self, views: Arc<dyn Views>) -> Member {
        self.answering_at_most(views, answering::ANSWERS_MAX).await
    }

    async fn answering_at_most(&self, views: Arc<dyn Views>, answers_max: usize) -> Member {
        let log = self.server.log().await;
        let (serving, watched) = watch::channel(true);
        let answering = Answering::start(&log, views, watched, answers_max).await.unwrap();
        eventually("somebody answers", async || self.members().await > 0).await;
        Member { answering, serving }
    }

    /// Subscriptions to the subject of questions, as the server sees them.
    async fn members(&self) -> usize {
        let url = format!("{}/connz?subs=1", self.server.settings().monitor_url.unwrap());
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        text.matches("\"gainsay.views.0\"").count()
    }

    /// Questions as they come, for a test that answers with the plain client.
    async fn questions(&self) -> (async_nats::Client, Subscriber) {
        let client = self.server.log().await.inner.api.client().clone();
        let questions = client.queue_subscribe("gainsay.views.0", GROUP.to_owned()).await.unwrap();
        eventually("the test answers", async || self.members().await > 0).await;
        (client, questions)
    }
}

struct Member {
    answering: Answering,
    serving: watch::Sender<bool>,
}

/// A message of an answer.
type Part = (HeaderMap, Bytes);

/// The messages of an answer.
fn messages(reply: u64, said: &Reply) -> Vec<Part> {
    let bytes = said.to_bytes();
    chunk::cut(reply, said.as_of, &bytes).map(|(chunk, part)| (chunk.headers(), part)).collect()
}

async fn send(client: &async_nats::Client, to: &Message, messages: impl IntoIterator<Item = Part>) {
    for (headers, part) in messages {
        let to = to.reply.clone().unwrap();
        client.publish_with_headers(to, headers, part).await.unwrap();
    }
}

fn asked(question: &Message) -> Request {
    Request::from_bytes(question.payload.clone()).unwrap()
}

#[tokio::test]
async fn a_question_and_its_answer_arrive_as_they_were_sent() {
    let fixture = Fixture::new().await;
    let views = Told::new(echo);
    let _member = fixture.answering(views.clone()).await;
    let request = Request { at_least: Some(4), as_of: Some(5), wait_ms: 1_234, policy: Some(2), ..question("p") };
    let reply = fixture.remote.ask(request.clone()).await;
    assert_eq!(reply, echo(request.clone()).await);
    assert_eq!(views.asked(), [request]);
    assert_eq!(fixture.remote.waiting(), 0);
}

#[tokio::test]
async fn an_answer_of_many_parts_is_the_same() {
    let fixture = Fixture::new().await;
    let _member = fixture.answering(Told::new(|_request| ready(records(9, 80)))).await;
    let reply = fixture.remote.ask(question("p")).await;
    assert!(reply.to_bytes().len() > 30 * CHUNK_BYTES);
    assert_eq!(reply, records(9, 80));
}

#[tokio::test]
async fn an_answer_of_any_length_is_the_same() {
    let fixture = Fixture::new().await;
    let views = Told::new(|request: Request| {
        let payload = vec![1; request.wait_ms as usize];
        let records = Records { items: vec![StoredRecord { position: 1, payload }], next: None, blinded: false };
        ready(Reply { as_of: 3, known_at_us: None, answer: Some(Answer::Records(records)) })
    });
    let _member = fixture.answering(views).await;
    for bytes in [0, CHUNK_BYTES - 100, CHUNK_BYTES - 20, CHUNK_BYTES, 2 * CHUNK_BYTES - 17, 2 * CHUNK_BYTES] {
        let reply = fixture.remote.ask(Request { wait_ms: bytes.try_into().unwrap(), ..question("p") }).await;
        let Some(Answer::Records(records)) = reply.answer else { panic!("no records") };
        assert_eq!(records.items[0].payload.len(), bytes);
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    let fixture = Fixture::new().await;
    let views = Told::new(|_request| {
        let items = vec![StoredRecord { position: 1, payload: vec![0; chunk::REPLY_BYTES_MAX] }];
        ready(Reply {
            as_of: 3,
            known_at_us: None,
            answer: Some(Answer::Records(Records { items, next: None, blinded: false })),
        })
    });
    let _member = fixture.answering(views).await;
    let refused = refusal(fixture.remote.ask(question("p")).await);
    assert_eq!((refused.why(), refused.code.as_str()), (Why::Invalid, "answer_too_large"));
}

#[tokio::test]
async fn an_answer_for_which_there_is_no_room_is_refused_and_leaves_room_for_others() {
    let fixture = Fixture::with(Limits { collected_bytes: 3 * CHUNK_BYTES, ..Limits::default() }).await;
    let views =
        Told::new(|request: Request| if request.project == "large" { ready(records(5, 20)) } else { echo(request) });
    let _member = fixture.answering(views).await;
    for _ in 0..5 {
        let refused = refusal(fixture.remote.ask(question("large")).await);
        assert_eq!((refused.why(), refused.code.as_str()), (Why::Unavailable, UNAVAILABLE));
        assert!(refused.detail.contains("too many answers"), "{}", refused.detail);
        assert_eq!(echoed(fixture.remote.ask(question("small")).await), "small");
    }
    assert_eq!(fixture.remote.waiting(), 0);
}

#[tokio::test]
async fn projectors_share_the_questions_and_one_that_stops_serving_gets_none() {
    let fixture = Fixture::new().await;
    let (first, second) = (Told::new(echo), Told::new(echo));
    let (one, two) = (fixture.answering(first.clone()).await, fixture.answering(second.clone()).await);
    eventually("there are two members", async || fixture.members().await == 2).await;
    for n in 0..200 {
        assert_eq!(echoed(fixture.remote.ask(question(&n.to_string())).await), n.to_string());
    }
    let (firsts, seconds) = (first.asked().len(), second.asked().len());
    assert_eq!(firsts + seconds, 200);
    assert!(firsts > 0 && seconds > 0, "{firsts} and {seconds}");

    one.serving.send_replace(false);
    eventually("one member is left", async || fixture.members().await == 1).await;
    for n in 0..100 {
        assert_eq!(echoed(fixture.remote.ask(question(&n.to_string())).await), n.to_string());
    }
    assert_eq!((first.asked().len(), second.asked().len()), (firsts, seconds + 100));

    one.serving.send_replace(true);
    eventually("it is a member again", async || fixture.members().await == 2).await;
    two.answering.end().await;
    assert_eq!(fixture.members().await, 1);
    assert_eq!(echoed(fixture.remote.ask(question("last")).await), "last");
    assert_eq!(first.asked().len(), firsts + 1);
    drop(one.answering);
    eventually("nobody is left", async || fixture.members().await == 0).await;
}

#[tokio::test]
async fn a_projector_that_is_gone_is_no_member() {
    let fixture = Fixture::new().await;
    let Member { answering, serving } = fixture.answering(Told::new(echo)).await;
    drop(serving);
    eventually("it has left the group", async || fixture.members().await == 0).await;
    answering.end().await;
    assert_eq!(refusal(fixture.remote.ask(question("p")).await).why(), Why::Unavailable);
}

#[tokio::test]
async fn questions_are_answered_while_projectors_come_and_go() {
    let fixture = Fixture::with(Limits { silence: Duration::from_millis(200), ..Limits::default() }).await;
    let _steady = fixture.answering(Told::new(echo)).await;
    let fickle = fixture.answering(Told::new(echo)).await;
    let asking = async {
        for n in 0..300 {
            let asked = (0..8).map(|m| fixture.remote.ask(question(&format!("{n}.{m}"))));
            for (m, reply) in join_all(asked).await.into_iter().enumerate() {
                assert_eq!(echoed(reply), format!("{n}.{m}"));
            }
            fickle.serving.send_modify(|serving| *serving = !*serving);
        }
    };
    tokio::time::timeout(DEADLINE, asking).await.expect("all questions are answered");
}

#[tokio::test]
async fn where_nobody_answers_a_question_is_refused() {
    let fixture = Fixture::new().await;
    let refused = refusal(fixture.remote.ask(question("p")).await);
    assert_eq!((refused.why(), refused.code.as_str()), (Why::Unavailable, UNAVAILABLE));
    assert!(refused.detail.contains("no projector answers at the moment"), "{}", refused.detail);
}

#[tokio::test]
async fn past_the_deadline_nobody_waits_or_computes() {
    let short = Duration::from_millis(100);
    let fixture = Fixture::with(Limits { allowance: short, silence: short, ..Limits::default() }).await;
    let computing = Arc::new(());
    let held = Arc::clone(&computing);
    let views = Told::new(move |_request| {
        let held = Arc::clone(&held);
        async move {
            std::future::pending::<()>().await;
            drop(held);
            unavailable("never")
        }
        .boxed()
    });
    let _member = fixture.answering(views.clone()).await;
    let refused = refusal(fixture.remote.ask(question("p")).await);
    assert_eq!((refused.why(), refused.code.as_str()), (Why::Unavailable, UNAVAILABLE));
    assert!(refused.detail.contains("in time"), "{}", refused.detail);
    eventually("it was asked", async || !views.asked().is_empty()).await;
    // The function holds one, and the test.
    eventually("the answer is given up", async || Arc::strong_count(&computing) == 2).await;
}

#[tokio::test]
async fn a_question_that_was_lost_is_asked_again() {
    let fixture = Fixture::with(Limits { silence: Duration::from_millis(50), ..Limits::default() }).await;
    let (client, mut questions) = fixture.questions().await;
    let answer = async {
        let lost = asked(&questions.next().await.unwrap());
        let repeated = questions.next().await.unwrap();
        assert_eq!((asked(&repeated).as_of, asked(&repeated).question), (None, lost.question));
        send(&client, &repeated, messages(1, &records(5, 1))).await;
    };
    let (reply, ()) = tokio::join!(fixture.remote.ask(question("p")), answer);
    assert_eq!(reply, records(5, 1));
}

#[tokio::test]
async fn an_answer_with_a_lost_part_is_asked_for_again_at_the_same_position() {
    let spoil: [fn(&mut Vec<Part>); 4] = [
        |messages| drop(messages.remove(0)),
        |messages| drop(messages.remove(1)),
        |messages| messages.swap(1, 2),
        |messages| messages.insert(1, messages[1].clone()),
    ];
    let fixture = Fixture::new().await;
    let (client, mut questions) = fixture.questions().await;
    for spoil in spoil {
        let answer = async {
            let mut damaged = messages(1, &records(5, 10));
            assert_eq!(damaged.len(), 4);
            spoil(&mut damaged);
            send(&client, &questions.next().await.unwrap(), damaged).await;
            let repeated = questions.next().await.unwrap();
            assert_eq!(asked(&repeated).as_of, Some(5));
            assert!(asked(&repeated).wait_ms > 0, "the position may be new to another projector");
            send(&client, &repeated, messages(2, &records(5, 10))).await;
        };
        let (reply, ()) = tokio::join!(fixture.remote.ask(question("p")), answer);
        assert_eq!(reply, records(5, 10));
    }
}

#[tokio::test]
async fn an_answer_whose_end_was_lost_is_asked_for_again() {
    let fixture = Fixture::with(Limits { stall: Duration::from_millis(500), ..Limits::default() }).await;
    let (client, mut questions) = fixture.questions().await;
    let answer = async {
        let mut damaged = messages(1, &records(5, 10));
        damaged.truncate(3);
        send(&client, &questions.next().await.unwrap(), damaged).await;
        let repeated = questions.next().await.unwrap();
        assert_eq!(asked(&repeated).as_of, Some(5));
        send(&client, &repeated, messages(2, &records(5, 10))).await;
    };
    let (reply, ()) = tokio::join!(fixture.remote.ask(question("p")), answer);
    assert_eq!(reply, records(5, 10));
}

#[tokio::test]
async fn a_position_that_was_asked_for_stays_and_progress_has_none() {
    let fixture = Fixture::new().await;
    let (client, mut questions) = fixture.questions().await;
    let pinned = Request { as_of: Some(4), ..question("p") };
    let progress = Request { question: Some(Question::Progress(AskProgress {})), ..question("p") };
    for (request, as_of) in [(pinned, Some(4)), (progress, None)] {
        let answer = async {
            send(&client, &questions.next().await.unwrap(), messages(1, &records(5, 10)).into_iter().skip(1)).await;
            let repeated = questions.next().await.unwrap();
            assert_eq!(asked(&repeated).as_of, as_of);
            send(&client, &repeated, messages(2, &records(5, 1))).await;
        };
        let (reply, ()) = tokio::join!(fixture.remote.ask(request), answer);
        assert_eq!(reply, records(5, 1));
    }
}

#[tokio::test]
async fn an_answer_as_of_a_time_is_asked_for_again_at_the_position_that_the_time_meant() {
    let fixture = Fixture::new().await;
    let (client, mut questions) = fixture.questions().await;
    let request = Request { as_of_time_us: Some(1_620_086_400_000_000), ..question("p") };
    let whole = Reply { known_at_us: Some(1_620_086_399_000_000), ..records(5, 10) };
    let answer = async {
        let first = questions.next().await.unwrap();
        assert_eq!(asked(&first), request);
        send(&client, &first, messages(1, &whole).into_iter().skip(1)).await;
        let repeated = questions.next().await.unwrap();
        assert_eq!((asked(&repeated).as_of, asked(&repeated).as_of_time_us), (Some(5), None));
        send(&client, &repeated, messages(2, &whole)).await;
    };
    let (reply, ()) = tokio::join!(fixture.remote.ask(request.clone()), answer);
    assert_eq!(reply, whole);
}

#[tokio::test]
async fn an_answer_that_is_damaged_every_time_is_refused() {
    let fixture = Fixture::new().await;
    let (client, mut questions) = fixture.questions().await;
    let answered = AtomicUsize::new(0);
    let answer = async {
        while let Some(question) = questions.next().await {
            answered.fetch_add(1, Ordering::Relaxed);
            send(&client, &question, messages(1, &records(5, 10)).into_iter().skip(1)).await;
        }
    };
    let reply = tokio::select! {
        reply = fixture.remote.ask(question("p")) => reply,
        () = answer => panic!("the client is closed"),
    };
    let refused = refusal(reply);
    assert_eq!((refused.why(), refused.code.as_str()), (Why::Unavailable, UNAVAILABLE));
    assert_eq!(answered.into_inner(), 3);
}

#[tokio::test]
async fn parts_of_two_answers_are_never_put_together() {
    let fixture = Fixture::new().await;
    let (client, mut questions) = fixture.questions().await;
    let answer = async {
        let question = questions.next().await.unwrap();
        // As many parts, and nearly the same.
        let (one, other) = (messages(1, &records(5, 10)), messages(2, &records(6, 10)));
        send(&client, &question, one.into_iter().zip(other).flat_map(|(one, other)| [one, other])).await;
    };
    let (reply, ()) = tokio::join!(fixture.remote.ask(question("p")), answer);
    assert_eq!(reply, records(5, 10));
}

#[tokio::test]
async fn what_is_no_answer_is_refused() {
    let fixture = Fixture::new().await;
    let (client, mut questions) = fixture.questions().await;
    let one = messages(1, &records(5, 1)).remove(0);
    let garbage = Bytes::from_static(&[0xff; 40]);
    for message in [(HeaderMap::new(), one.1), (one.0, garbage)] {
        let answer = async { send(&client, &questions.next().await.unwrap(), [message]).await };
        let (reply, ()) = tokio::join!(fixture.remote.ask(question("p")), answer);
        assert_eq!(refusal(reply).why(), Why::Unavailable);
    }
}

#[tokio::test]
async fn a_projector_that_cannot_answer_is_not_the_last_word_but_one_that_is_behind_is() {
    let fixture = Fixture::new().await;
    let count = AtomicUsize::new(0);
    let views = Told::new(move |request: Request| match (&*request.project, count.fetch_add(1, Ordering::Relaxed)) {
        ("behind", _) => ready(Reply::refused(3, Why::Behind, "behind", "not yet")),
        ("text", _) => ready(Reply::refused(3, Why::Unavailable, "text_missing", "a text is missing")),
        ("never", _) | (_, 0) => ready(unavailable("not up to date")),
        _ => echo(request),
    });
    let _member = fixture.answering(views.clone()).await;
    let asked = async |project: &str| {
        let before = views.asked().len();
        let reply = fixture.remote.ask(question(project)).await;
        (reply, views.asked().len() - before)
    };
    assert_eq!(asked("once").await, (echo(question("once")).await, 2));
    assert_eq!(asked("never").await, (unavailable("not up to date"), 2));
    assert_eq!(asked("behind").await.1, 1);
    assert_eq!(asked("text").await.1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_get_their_own_answers() {
    let fixture = Fixture::new().await;
    let views = Told::new(|request: Request| {
        let n: u8 = request.project.parse().unwrap();
        // One and more parts.
        async move {
            tokio::task::yield_now().await;
            Reply { as_of: n.into(), ..records(n.into(), n % 7) }
        }
        .boxed()
    });
    let _one = fixture.answering(views.clone()).await;
    let _two = fixture.answering(views).await;
    let replies = join_all((0..200_u8).map(|n| {
        let remote = fixture.remote.clone();
        tokio::spawn(async move { remote.ask(question(&n.to_string())).await })
    }));
    for (n, reply) in (0..200_u8).zip(replies.await) {
        assert_eq!(reply.unwrap(), records(n.into(), n % 7));
    }
    assert_eq!(fixture.remote.waiting(), 0);
}

#[tokio::test]
async fn a_dropped_question_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    let _member = fixture.answering(Told::new(|_request| std::future::pending().boxed())).await;
    let mut asking = fixture.remote.ask(question("p"));
    assert!(futures::poll!(&mut asking).is_pending());
    eventually("it waits", async || {
        assert!(futures::poll!(&mut asking).is_pending());
        fixture.remote.waiting() == 1
    })
    .await;
    drop(asking);
    assert_eq!(fixture.remote.waiting(), 0);
}

#[tokio::test]
async fn more_questions_than_are_answered_at_a_time_are_refused() {
    let fixture = Fixture::new().await;
    let views = Told::new(|request: Request| match &*request.project {
        "slow" => std::future::pending().boxed(),
        _ => echo(request),
    });
    let _member = fixture.answering_at_most(views.clone(), 1).await;
    let mut slow = fixture.remote.ask(question("slow"));
    eventually("one is under way", async || {
        assert!(futures::poll!(&mut slow).is_pending());
        !views.asked().is_empty()
    })
    .await;
    let refused = refusal(fixture.remote.ask(question("p")).await);
    assert_eq!((refused.why(), refused.code.as_str()), (Why::Unavailable, UNAVAILABLE));
    assert!(refused.detail.contains("too many"), "{}", refused.detail);
}

#[tokio::test]
async fn a_malformed_question_is_refused_and_changes_nothing() {
    let fixture = Fixture::new().await;
    let _member = fixture.answering(Told::new(echo)).await;
    let client = fixture.server.log().await.inner.api.client().clone();
    let headers = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(REMAINING_MS, value);
        headers
    };
    let garbage = Bytes::from_static(&[0xff; 40]);
    let malformed = [
        (HeaderMap::new(), question("p").to_bytes()),
        (headers("soon"), question("p").to_bytes()),
        (headers("60000"), garbage.clone()),
        (headers("60000"), vec![0; REQUEST_BYTES_MAX + 1].into()),
    ];
    for (headers, payload) in malformed {
        let answer = client.request_with_headers("gainsay.views.0", headers, payload).await.unwrap();
        let refused = refusal(Reply::from_bytes(answer.payload).unwrap());
        assert_eq!((refused.why(), refused.code.as_str()), (Why::Invalid, "request_malformed"));
    }
    // Without anybody who waits for the answer.
    client.publish_with_headers("gainsay.views.0", headers("60000"), garbage).await.unwrap();
    client.flush().await.unwrap();
    assert_eq!(echoed(fixture.remote.ask(question("p")).await), "p");
    let large = Request { project: "p".repeat(REQUEST_BYTES_MAX), ..question("p") };
    assert_eq!(refusal(fixture.remote.ask(large).await).code, "request_too_large");
}

#[tokio::test]
async fn an_answer_that_panics_is_refused() {
    let fixture = Fixture::new().await;
    let views = Told::new(|request: Request| match &*request.project {
        "panic" => async { panic!("on purpose") }.boxed(),
        _ => echo(request),
    });
    let _member = fixture.answering(views).await;
    assert_eq!(refusal(fixture.remote.ask(question("panic")).await).why(), Why::Unavailable);
    assert_eq!(echoed(fixture.remote.ask(question("p")).await), "p");
}

#[tokio::test]
async fn a_lost_connection_refuses_what_waits_and_is_found_again() {
    let fixture = Fixture::new().await;
    let views = Told::new(|request: Request| match &*request.project {
        "slow" => std::future::pending().boxed(),
        _ => echo(request),
    });
    let _member = fixture.answering(views.clone()).await;
    let mut slow = fixture.remote.ask(question("slow"));
    eventually("one is under way", async || {
        assert!(futures::poll!(&mut slow).is_pending());
        !views.asked().is_empty()
    })
    .await;
    fixture.server.restart().await;
    assert_eq!(refusal(slow.await).why(), Why::Unavailable);
    eventually("questions are answered again", async || {
        let reply = fixture.remote.ask(question("p")).await;
        matches!(reply.answer, Some(Answer::Progress(_)))
    })
    .await;
}

#[tokio::test]
async fn what_is_under_way_at_the_end_is_answered() {
    let fixture = Fixture::new().await;
    let (open, opened) = watch::channel(false);
    let views = Told::new(move |request| {
        let mut opened = opened.clone();
        async move {
            opened.wait_for(|open| *open).await.unwrap();
            echo(request).await
        }
        .boxed()
    });
    let member = fixture.answering(views.clone()).await;
    let mut asking = fixture.remote.ask(question("p"));
    eventually("one is under way", async || {
        assert!(futures::poll!(&mut asking).is_pending());
        !views.asked().is_empty()
    })
    .await;
    let ending = tokio::spawn(member.answering.end());
    eventually("it has left the group", async || fixture.members().await == 0).await;
    open.send_replace(true);
    assert_eq!(echoed(asking.await), "p");
    ending.await.unwrap();
}
