//! Imports, shown and listed, and what is asked to take something back.

use super::*;
use domain::import::{Event, Lines, Reverted};
use domain::reading;
use domain::text::Text;
use wire::view::ask_traces::Of as By;
use wire::view::{AskTraces, Traced};

fn started(name: Option<&str>) -> Event {
    Event::ImportBatchStarted { name: name.map(|name| Text::recorded(name.to_owned())) }
}

#[test]
fn imports_are_shown_and_listed_by_what_became_of_them() {
    let mut scene = scene();
    let ids = [0; 3].map(|_| scene.history.id());
    let lines = Lines { lines: 12, refused: 2 };
    let reverted = Reverted { reverted: 9, kept: 1 };
    scene.history.add(user("a"), ids[0], [started(None)]);
    scene.history.add(user("b"), ids[1], [started(Some("First corpus"))]);
    let completed = scene.history.add(user("b"), ids[1], [Event::ImportBatchCompleted(lines)]);
    scene.history.add(user("b"), ids[2], [started(Some("Second corpus"))]);
    scene.history.add(user("b"), ids[2], [Event::ImportBatchCompleted(lines)]);
    let gone = scene.history.add(user("c"), ids[2], [Event::ImportBatchReverted(reverted)]);
    let fixture = Fixture::new(scene.history);
    let ids = ids.map(|id| id.to_string());
    let check = |filter: Filter, expected: &[usize]| {
        let expected: Vec<_> = expected.iter().map(|at| ids[*at].clone()).collect();
        assert_eq!(fixture.ids("imports", filter.clone()), expected, "{filter:?}");
    };
    let status = |status: &str| Filter { status: Some(status.to_owned()), ..Filter::default() };
    check(Filter::default(), &[0, 1, 2]);
    check(status("started"), &[0]);
    check(status("completed"), &[1]);
    check(status("reverted"), &[2]);
    check(Filter { author: Some("a".to_owned()), ..Filter::default() }, &[0]);
    check(Filter { q: Some("CORPUS".to_owned()), ..Filter::default() }, &[1, 2]);
    let shown = |id: &String| match fixture.get("imports", id).of {
        Some(Of::Import(shown)) => shown,
        other => panic!("no import: {other:?}"),
    };
    let open = shown(&ids[0]);
    assert_eq!((open.status.as_str(), open.name, open.lines, open.completed_position), ("started", None, None, None));
    let second = shown(&ids[1]);
    assert_eq!((second.lines, second.refused, second.completed_position), (Some(12), Some(2), Some(completed)));
    assert_eq!((second.reverted, second.reverted_position, second.revision), (None, None, 2));
    let third = shown(&ids[2]);
    assert_eq!((third.reverted, third.kept, third.reverted_position), (Some(9), Some(1), Some(gone)));
    assert_eq!(third.author, user("b").to_string(), "the author is who imported it");
}

#[test]
fn traces_are_found_newest_first_and_for_who_runs_the_installation_alone() {
    let mut scene = scene();
    let first = scene.read(user("a"), scene.state, Act::Accuses);
    let read = scene.history.position();
    scene.read(user("b"), scene.state, Act::Accuses);
    let revised = reading::Event::ClaimReadingRevised(scene.claim(scene.state, Act::Suspects));
    let revised = scene.history.add(user("a"), first.uuid(), [revised]);
    let again = reading::Event::ClaimReadingRevised(scene.claim(scene.state, Act::Accuses));
    let by = scene.history.take_back(user("a"), first.uuid(), revised, [again]);
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let ask = |of: By, limit, before| {
        let ask = Question::Traces(AskTraces { of: Some(of), limit, before });
        let operator = Some(Viewer { operator: true, ..Viewer::default() });
        match fixture.answer(&Request { viewer: operator, ..fixture.request(ask) }).answer {
            Some(Said::Records(Records { items, next, .. })) => {
                (items.iter().map(|item| item.position).collect::<Vec<_>>(), next)
            }
            other => panic!("no records: {other:?}"),
        }
    };
    let own = || By::Author(user("a").to_string());
    let (mine, next) = ask(own(), 2, 0);
    assert_eq!((mine.as_slice(), next), (&[revised, read][..], Some(read)), "but for what took something back");
    assert!(!ask(own(), 100, read).0.contains(&read));
    assert_eq!(ask(own(), 100, revised).0.first(), Some(&read));
    assert_eq!(ask(By::Command(Uuid::from_u128(u128::from(by)).to_string()), 9, 0), (vec![by], None));
    assert_eq!(ask(By::Command(Uuid::from_u128(u128::from(read)).to_string()), 9, 0), (Vec::new(), None));
    let named = |kind: &str, id: String| By::Named(Traced { kind: kind.to_owned(), id });
    let (naming, _) = ask(named("incident", incident.to_string()), 3, 0);
    assert_eq!(naming, [by, revised, revised - 1]);
    let asked = fixture.request(Question::Traces(AskTraces { of: Some(own()), limit: 9, before: 0 }));
    assert_eq!(fixture.refusal(&asked), (refusal::Why::Absent, "not_found".to_owned()));
}
