//! Tasks: shown, listed, and in which order somebody may lease them.

use super::*;
use domain::task::{Event, Overlap, Submission, Terms};
use wire::view::{AskQueue, Queue};

/// When everybody asks, in microseconds since 1970.
const NOW: i64 = 1_620_136_800_000_000;
const LATER: i64 = NOW + 1;

fn terms(document: DocumentId, overlap: Overlap, priority: i32) -> Terms {
    Terms { document, revision: 1, overlap, lease_seconds: 60, priority, assignees: Vec::new() }
}

fn leased(annotator: UserId) -> Event {
    Event::TaskLeased { annotator, until_us: LATER }
}

fn ask(annotator: UserId, command: Uuid, now_us: i64) -> Question {
    Question::Queue(AskQueue { annotator: annotator.to_string(), now_us, command: command.to_string(), limit: 100 })
}

impl Fixture {
    fn queue(&self, annotator: UserId, command: Uuid, now_us: i64) -> Queue {
        match self.ask(ask(annotator, command, now_us)) {
            Said::Queue(queue) => queue,
            other => panic!("no queue: {other:?}"),
        }
    }

    /// What somebody may lease who never asked before, by the places of the tasks in the list.
    fn free(&self, annotator: UserId, all: &[Uuid]) -> Vec<usize> {
        let tasks = self.queue(annotator, Uuid::nil(), NOW).tasks;
        tasks.iter().map(|id| all.iter().position(|task| task.to_string() == *id).unwrap()).collect()
    }
}

/// Four tasks on documents of their own: of a low priority, two of a middle one, and of a high one for one person.
fn tasks(history: &mut History) -> (Vec<DocumentId>, Vec<Uuid>) {
    let source = history.source("Agency");
    let documents: Vec<_> = (0..4).map(|n| history.document(source, &format!("Report {n}"), "Text.")).collect();
    let kinds = [(Overlap::Of(2), -1), (Overlap::Of(2), 0), (Overlap::Of(2), 0), (Overlap::Of(1), 5)];
    let opened = documents.iter().zip(kinds).map(|(document, (overlap, priority))| {
        let id = history.id();
        history.add(user("curator"), id, [Event::TaskOpened(terms(*document, overlap, priority))]);
        id
    });
    let tasks = opened.collect();
    (documents, tasks)
}

#[test]
fn tasks_are_offered_by_priority_the_least_covered_first_the_oldest_first() {
    let mut history = History::new(1);
    let (_, all) = tasks(&mut history);
    let mut fixture = Fixture::new(history);
    let (a, b, c) = (user("a"), user("b"), user("c"));
    assert_eq!(fixture.free(a, &all), [3, 1, 2, 0]);

    // Brought up to date, the kept tasks are those that are read anew.
    let mut then = |id: Uuid, by: UserId, events: Vec<Event>, expected: &[(UserId, &[usize])]| {
        let position = fixture.history.add(by, id, events);
        fixture.catch_up();
        let empty = BoardCache::default();
        let anew = View::new(&fixture.store, &empty, true);
        for (annotator, free) in expected {
            assert_eq!(fixture.free(*annotator, &all), *free, "{annotator}");
            let request = fixture.request(ask(*annotator, Uuid::nil(), NOW));
            assert_eq!(anew.answer(&request).unwrap(), fixture.answer(&request));
        }
        position
    };
    let position = then(all[3], a, vec![leased(a)], &[(a, &[1, 2, 0]), (b, &[1, 2, 0])]);
    then(all[1], b, vec![leased(b)], &[(c, &[2, 1, 0])]);
    then(all[1], c, vec![leased(c)], &[(a, &[2, 0])]);
    let nothing = Submission { nothing_found: true, ..Submission::default() };
    let submitted = Event::TaskSubmitted { annotator: c, submission: nothing };
    then(all[1], c, vec![submitted], &[(c, &[2, 0]), (a, &[2, 0])]);
    then(all[0], user("curator"), vec![Event::TaskClosed], &[(a, &[2])]);

    // Who holds a lease is told so as long as it lasts; which command leased it, for ever.
    let command = fixture.store.snapshot(None).envelope(position).unwrap().command_id;
    let held = Some(all[3].to_string());
    let queue = fixture.queue(a, command, NOW);
    assert_eq!((&queue.answered, &queue.held), (&held, &held));
    let queue = fixture.queue(a, command, LATER);
    assert_eq!((&queue.answered, &queue.held), (&held, &None));
    assert_eq!(fixture.queue(b, command, NOW).answered, None, "it was somebody else's command");
    // A lease that ran out is a free place, though not for who let it run out.
    assert!(fixture.queue(c, Uuid::nil(), LATER).tasks.contains(&all[3].to_string()));
    assert!(!fixture.queue(a, Uuid::nil(), LATER).tasks.contains(&all[3].to_string()));
}

#[test]
fn no_second_task_on_a_document_is_offered_while_somebody_reads_it() {
    let mut history = History::new(1);
    let (documents, all) = tasks(&mut history);
    let second = history.id();
    history.add(user("curator"), second, [Event::TaskOpened(terms(documents[1], Overlap::Everyone, 9))]);
    let all = [all, vec![second]].concat();
    history.add(user("a"), all[1], [leased(user("a"))]);
    let fixture = Fixture::new(history);
    assert_eq!(fixture.free(user("a"), &all), [3, 2, 0]);
    assert_eq!(fixture.free(user("b"), &all), [4, 3, 2, 1, 0]);
}

#[test]
fn tasks_are_shown_and_listed_by_status_and_document() {
    let mut history = History::new(1);
    let (documents, all) = tasks(&mut history);
    let (a, b) = (user("a"), user("b"));
    history.add(a, all[1], [leased(a)]);
    let reason = domain::text::Text::recorded("Not mine.".to_owned());
    history.add(b, all[1], [Event::LeaseExpired { annotator: a }, leased(b)]);
    history.add(b, all[1], [Event::TaskSkipped { annotator: b, reason }]);
    history.add(user("curator"), all[0], [Event::TaskClosed]);
    let fixture = Fixture::new(history);
    let check = |filter: Filter, expected: &[usize]| {
        let expected: Vec<_> = expected.iter().map(|at| all[*at].to_string()).collect();
        assert_eq!(fixture.ids("tasks", filter.clone()), expected, "{filter:?}");
    };
    check(Filter::default(), &[0, 1, 2, 3]);
    check(Filter { status: Some("closed".to_owned()), ..Filter::default() }, &[0]);
    check(Filter { status: Some("open".to_owned()), ..Filter::default() }, &[1, 2, 3]);
    check(Filter { document: Some(documents[2].to_string()), ..Filter::default() }, &[2]);
    check(Filter { author: Some("a".to_owned()), ..Filter::default() }, &[]);
    let Some(Of::Task(task)) = fixture.get("tasks", &all[1]).of else { panic!("no task") };
    assert_eq!((task.status.as_str(), task.revision, task.overlap), ("open", 4, 2));
    assert!(task.leases.is_empty() && task.submissions.is_empty());
    assert_eq!(task.abandoned, [a.to_string()]);
    assert_eq!((task.skips[0].annotator.clone(), task.skips[0].reason.as_str()), (b.to_string(), "Not mine."));
}
