//! Records and texts.

use super::*;
use domain::reading;
use wire::view::AskText;

#[test]
fn a_history_is_every_record_of_the_aggregate_in_order() {
    let mut scene = scene();
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let revised = reading::Event::ClaimReadingRevised(scene.claim(scene.state, Act::Suspects));
    let created = scene.history.position();
    let position = scene.history.add(user("a"), reading.uuid(), [revised]);
    scene.read(user("b"), scene.state, Act::Accuses);
    let fixture = Fixture::new(scene.history);
    let history = |limit, after| {
        let ask = AskHistory { kind: "reading".to_owned(), id: reading.to_string(), limit, after };
        match fixture.ask(Question::History(ask)) {
            Said::Records(Records { items, next, .. }) => {
                (items.iter().map(|item| item.position).collect::<Vec<_>>(), next)
            }
            other => panic!("no records: {other:?}"),
        }
    };
    assert_eq!(history(10, 0), (vec![created, position], None));
    assert_eq!(history(1, 0), (vec![created], Some(created)));
    assert_eq!(history(1, created), (vec![position], None));
    let unknown = AskHistory { kind: "nonsense".to_owned(), ..AskHistory::default() };
    let refused = fixture.refusal(&fixture.request(Question::History(unknown)));
    assert_eq!(refused, (refusal::Why::Invalid, "unknown_kind".to_owned()));
}

#[test]
fn a_users_history_is_for_operators() {
    let mut scene = scene();
    let id = user("a").uuid();
    let registered = domain::user::Event::UserRegistered { display_name: domain::text::Text::recorded("A".to_owned()) };
    scene.history.add(user("a"), id, [registered]);
    let fixture = Fixture::new(scene.history);
    let ask = Question::History(AskHistory { kind: "user".to_owned(), id: id.to_string(), limit: 10, after: 0 });
    let request = fixture.request(ask);
    assert_eq!(fixture.refusal(&request), (refusal::Why::Absent, "not_found".to_owned()));
    let operator = Request { viewer: Some(Viewer { operator: true, ..Viewer::default() }), ..request };
    assert!(matches!(fixture.answer(&operator).answer, Some(Said::Records(Records { items, .. })) if items.len() == 1));
}

#[test]
fn the_records_of_a_project_are_its_part_of_the_log_as_it_stands() {
    let scene = scene();
    let fixture = Fixture::new(scene.history);
    let (mut after, mut read) = (0, Vec::new());
    loop {
        let Said::Records(Records { items, next, .. }) = fixture.ask(Question::Records(AskRecords { limit: 3, after }))
        else {
            panic!("no records")
        };
        read.extend(items.into_iter().map(|item| (item.position, item.payload)));
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let log: Vec<_> = fixture.history.entries().iter().map(|entry| (entry.position, entry.payload.to_vec())).collect();
    assert_eq!(read, log);
}

#[test]
fn a_text_that_may_be_read_is_named_with_its_digest() {
    let scene = scene();
    let fixture = Fixture::new(scene.history);
    let ask = |revision| Question::Text(AskText { document: scene.document.to_string(), revision });
    let Said::Text(grant) = fixture.ask(ask(1)) else { panic!("no grant") };
    assert_eq!((grant.bytes, grant.sha256.len()), (TEXT.len() as u64, 64));
    assert_eq!(fixture.refusal(&fixture.request(ask(2))), (refusal::Why::Absent, "not_found".to_owned()));
}
