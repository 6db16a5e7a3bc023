//! Judgements as resources, and what they do to lists and boards.

use super::*;
use crate::testing::detail;
use domain::edtf::Edtf;
use domain::id::JudgementId;
use domain::identity::{Subject, Verdict};
use domain::incident::{self, Detail};
use wire::view::{AskIdentity, Judgement};

fn judgement(fixture: &Fixture, id: JudgementId) -> Judgement {
    match fixture.get("judgements", &id).of {
        Some(Of::Judgement(judgement)) => judgement,
        other => panic!("no judgement: {other:?}"),
    }
}

fn by(field: &str, value: &impl ToString) -> Filter {
    let value = Some(value.to_string());
    match field {
        "status" => Filter { status: value, ..Filter::default() },
        "kind" => Filter { kind: value, ..Filter::default() },
        "actor" => Filter { actor: value, ..Filter::default() },
        "incident" => Filter { incident: value, ..Filter::default() },
        _ => Filter { author: value, ..Filter::default() },
    }
}

#[test]
fn a_judgement_is_shown_with_how_it_stands_and_is_found_by_what_it_is_about() {
    let mut scene = scene();
    let second = scene.history.incident("Rockets at night");
    let same = scene.history.merge(scene.group, scene.state);
    let incidents = (second.uuid(), scene.incident.uuid());
    let unsure = scene.history.judge(user("b"), Subject::Incident, Verdict::Unsure, incidents, &[]);
    let pair = (scene.group.uuid(), scene.state.uuid());
    let distinct = scene.history.judge(user("a"), Subject::Actor, Verdict::Distinct, pair, &[same]);
    let withdrawn = scene.history.judge(user("a"), Subject::Actor, Verdict::Unsure, pair, &[]);
    scene.history.withdraw(user("a"), Subject::Actor, withdrawn);
    let (group, incident) = (scene.group, scene.incident);
    let fixture = Fixture::new(scene.history);
    let shown = judgement(&fixture, distinct);
    assert_eq!((shown.kind.as_str(), shown.verdict.as_str(), shown.status.as_str()), ("actor", "distinct", "live"));
    assert_eq!((shown.revision, &shown.against[..]), (1, &[same.to_string()][..]));
    assert_eq!((shown.left, shown.right), (pair.0.to_string(), pair.1.to_string()));
    assert_eq!(judgement(&fixture, same).status, "disputed");
    let taken_back = judgement(&fixture, withdrawn);
    assert_eq!((taken_back.status.as_str(), taken_back.revision), ("withdrawn", 2));
    let check = |filter: Filter, expected: &[JudgementId]| {
        let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(fixture.ids("judgements", filter.clone()), expected, "{filter:?}");
    };
    check(Filter::default(), &[same, unsure, distinct, withdrawn]);
    check(by("status", &"live"), &[unsure, distinct]);
    check(by("status", &"disputed"), &[same]);
    check(by("status", &"withdrawn"), &[withdrawn]);
    check(by("kind", &"incident"), &[unsure]);
    check(by("kind", &"reading"), &[]);
    check(by("actor", &group), &[same, distinct, withdrawn]);
    check(by("incident", &incident), &[unsure]);
    check(by("author", &"a"), &[distinct, withdrawn]);
    // Page by page it is the same list.
    let (mut after, mut paged) = (0, Vec::new());
    loop {
        let page = fixture.list(list("judgements", 1, after));
        paged.extend(page.items.iter().map(id_of));
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(paged, [same, unsure, distinct, withdrawn].map(|id| id.to_string()));
    let absent = fixture.refusal(&fixture.request(get("judgements", &group)));
    assert_eq!(absent, (refusal::Why::Absent, "not_found".to_owned()), "an actor's id names no judgement");
}

#[test]
fn a_judgement_is_as_it_stood_at_the_position() {
    let mut scene = scene();
    let same = scene.history.merge(scene.group, scene.state);
    let made = scene.history.position();
    scene.history.withdraw(user("admin"), Subject::Actor, same);
    let fixture = Fixture::new(scene.history);
    let status = |at| match fixture.ask_at(at, get("judgements", &same)) {
        Said::Resource(Resource { of: Some(Of::Judgement(shown)) }) => shown.status,
        other => panic!("no judgement: {other:?}"),
    };
    assert_eq!([status(made), status(made + 1)], ["live", "withdrawn"]);
    let before = fixture.answer(&Request { as_of: Some(made - 1), ..fixture.request(get("judgements", &same)) });
    assert!(matches!(before.answer, Some(Said::Refusal(refusal)) if refusal.why() == refusal::Why::Absent));
}

#[test]
fn who_asks_for_one_is_shown_what_is_said_of_all_that_are_one_with_it() {
    let mut scene = scene();
    let facade = scene.history.actor(ActorKind::Placeholder, "Facade");
    let about_facade = claim(scene.source, facade, Act::Reports, scene.incident, facade, scene.annotation);
    let claims = scene.history.reading(user("a"), about_facade);
    let accuses = scene.read(user("b"), scene.state, Act::Accuses);
    let merge = scene.history.merge(facade, scene.group);
    let merged = scene.history.position();
    scene.history.withdraw(user("admin"), Subject::Actor, merge);
    let (group, incident) = (scene.group, scene.incident);
    let fixture = Fixture::new(scene.history);
    let ids = |at, actor: &ActorId| {
        let filter = Filter { actor: Some(actor.to_string()), ..Filter::default() };
        let list = List { collection: "readings".to_owned(), limit: 10, after: 0, filter: Some(filter) };
        match fixture.ask_at(at, Question::List(list)) {
            Said::Page(page) => page.items.iter().map(id_of).collect::<Vec<_>>(),
            other => panic!("no page: {other:?}"),
        }
    };
    for actor in [facade, group] {
        assert_eq!(ids(merged, &actor), [claims.to_string(), accuses.to_string()]);
    }
    assert_eq!(ids(merged - 1, &facade), [claims.to_string()]);
    assert_eq!(ids(merged + 1, &facade), [claims.to_string()]);
    let board = |at| match fixture.ask_at(at, board(incident)) {
        Said::Board(board) => board,
        other => panic!("no board: {other:?}"),
    };
    let one = board(merged);
    assert_eq!(one.propositions.len(), 1);
    assert_eq!(one.propositions[0].actor.as_ref().unwrap().id, group.to_string());
    let apart = |at| Board { as_of: 0, since: 0, ..board(at) };
    assert_eq!(apart(merged + 1), apart(merged - 1), "what is taken back leaves nothing");
}

#[test]
fn incidents_that_are_one_show_one_board_under_either_id() {
    let mut scene = scene();
    let second = scene.history.incident("Rockets at night");
    scene.read(user("a"), scene.state, Act::Accuses);
    let denies = claim(scene.source, scene.group, Act::Denies, second, scene.group, scene.annotation);
    scene.history.reading(user("a"), denies);
    let pair = (second.uuid(), scene.incident.uuid());
    scene.history.judge(user("admin"), Subject::Incident, Verdict::Same, pair, &[]);
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let (one, other) = (fixture.board(incident), fixture.board(second));
    assert_eq!(one, other);
    assert_eq!(one.status, "disputed");
    let head = one.incident.unwrap();
    assert_eq!((head.id, head.same_as), (incident.to_string(), vec![second.to_string()]));
    let disputed = Filter { status: Some("disputed".to_owned()), ..Filter::default() };
    assert_eq!(fixture.ids("incidents", disputed), [incident.to_string(), second.to_string()]);
    let readings = Filter { incident: Some(second.to_string()), ..Filter::default() };
    assert_eq!(fixture.ids("readings", readings).len(), 2);
}

#[test]
fn a_board_says_what_would_change_it() {
    let mut scene = scene();
    let facade = scene.history.actor(ActorKind::Placeholder, "Facade");
    scene.read(user("a"), scene.state, Act::Accuses);
    let claims = claim(scene.source, facade, Act::ClaimsResponsibility, scene.incident, facade, scene.annotation);
    scene.history.reading(user("a"), claims);
    let pair = (facade.uuid(), scene.group.uuid());
    let unsure = scene.history.judge(user("b"), Subject::Actor, Verdict::Unsure, pair, &[]);
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let board = fixture.board(incident);
    assert!(board.disputes.iter().any(|dispute| dispute.kind == "identity"));
    let would = board.would_change_if.unwrap();
    assert_eq!((would.items.len(), would.more), (1, 0));
    assert_eq!(would.items[0].judgement, Some(unsure.to_string()));
    assert_eq!((would.items[0].relation.as_ref(), would.items[0].status.as_str()), (None, "acknowledged"));
}

#[test]
fn a_merge_of_two_leaves_the_boards_of_others_in_the_cache() {
    let mut scene = scene();
    let (other, third) =
        (scene.history.actor(ActorKind::Organisation, "Other"), scene.history.actor(ActorKind::Organisation, "Third"));
    scene.read(user("a"), scene.state, Act::Accuses);
    // From the second judgement on it is told apart whom it concerns.
    scene.history.merge(other, third);
    let incident = scene.incident;
    let (group, state) = (scene.group, scene.state);
    let mut fixture = Fixture::new(scene.history.clone());
    let since = fixture.board(incident).since;
    let fourth = scene.history.actor(ActorKind::Organisation, "Fourth");
    let merge = scene.history.merge(third, fourth);
    fixture.history = scene.history.clone();
    fixture.catch_up();
    let known = Known { since, policy: 0 };
    assert!(matches!(fixture.ask(board_unless(incident, known)), Said::Unchanged(_)));
    scene.history.withdraw(user("admin"), Subject::Actor, merge);
    let merge = scene.history.merge(group, state);
    fixture.history = scene.history.clone();
    fixture.catch_up();
    assert!(matches!(fixture.ask(board_unless(incident, known)), Said::Board(_)));
    // A merge that is taken back is news as well, though the board is the one before it.
    let merged = fixture.board(incident);
    scene.history.withdraw(user("admin"), Subject::Actor, merge);
    fixture.history = scene.history.clone();
    fixture.catch_up();
    let known = Known { since: merged.since, policy: 0 };
    assert!(matches!(fixture.ask(board_unless(incident, known)), Said::Board(_)));
    assert!(fixture.board(incident).since > merged.since);
    let past = match fixture.ask_at(merged.as_of, board(incident)) {
        Said::Board(board) => board,
        other => panic!("no board: {other:?}"),
    };
    assert_eq!(past, merged);
}

#[test]
fn incidents_without_a_date_share_none_and_do_not_crowd_out_those_with_one() {
    let mut history = scene().history;
    let mut incident = |title: &str, when: &str| {
        let id = history.id();
        let detail = Detail { when: Edtf::recorded(when.to_owned()), ..detail(title) };
        history.add(history.admin, id, [incident::Event::IncidentRegistered(detail)]);
        id.to_string()
    };
    let first = incident("Rockets at the gate", "2021-05-04");
    let second = incident("Rockets at the gate", "2021-05");
    let later = incident("Rockets at the gate", "2021-06");
    // So many that their pairs alone are more than are looked at.
    let undated: Vec<_> = (0..650).map(|n| incident("Undated", ["XXXX", "../.."][n % 2])).collect();
    let fixture = Fixture::new(history);
    let ask = AskIdentity { kind: "incident".to_owned(), limit: 1_000, after: 0 };
    let Said::Identity(told) = fixture.ask(Question::Identity(ask)) else { panic!("no workbench") };
    let shared = |one: &str, other: &str| {
        let found = told.suggestions.iter().find(|pair| {
            let ids = [&pair.left, &pair.right].map(|side| side.as_ref().unwrap().id.clone());
            ids.contains(&one.to_owned()) && ids.contains(&other.to_owned())
        });
        found.map(|pair| pair.shares.clone())
    };
    assert_eq!(shared(&first, &second).unwrap(), ["date", "place", "title"]);
    assert_eq!(shared(&first, &later), None, "their dates do not meet");
    let dated: Vec<_> = told.suggestions.iter().filter(|pair| pair.shares.contains(&"date".to_owned())).collect();
    // The scene has an incident of the same day and place.
    assert_eq!(dated.len(), 3, "{dated:?}");
    assert!(told.suggestions.iter().any(|pair| undated.contains(&pair.left.as_ref().unwrap().id)));
}
