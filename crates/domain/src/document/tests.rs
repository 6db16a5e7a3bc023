use super::*;
use crate::Why;
use crate::testing::{edtf, given, id, refused, text};

fn detail() -> Detail {
    Detail {
        title: text("Rockets hit base"),
        source: id(1),
        url: Some(text("https://example.org/1")),
        published: Some(edtf("2021-05-04")),
        language: Some(text("en")),
        sensitivity: None,
    }
}

fn revision(number: u32) -> Revision {
    let n = u8::try_from(number % 256).unwrap();
    Revision { number, salt: Some([n; 16]), sha256: [n; 32], bytes: 12, code_points: 11, captured_at: None }
}

fn registered() -> Vec<Event> {
    vec![Event::DocumentRegistered(detail()), Event::DocumentRevisionCaptured(revision(1))]
}

#[test]
fn a_document_is_registered_with_its_first_revision() {
    let register = Command::Register { detail: detail(), revision: revision(1) };
    let events = Document::Absent.decide(register.clone()).unwrap();
    assert_eq!(events, registered());
    let document: Document = given(events);
    let revisions = vec![revision(1)];
    assert_eq!(
        document,
        Document::Registered { detail: detail(), revisions, withdrawn: false, erased: BTreeMap::new() }
    );
    assert_eq!(document.revision(1), Some(&revision(1)));
    assert_eq!((document.revision(0), document.revision(2)), (None, None));
    refused(document.decide(register), Why::Conflict, "id_taken", "");
}

#[test]
fn the_first_revision_is_number_one() {
    for number in [0, 2] {
        let register = Command::Register { detail: detail(), revision: revision(number) };
        let refusal = refused(Document::Absent.decide(register), Why::Conflict, "revision_number", "");
        assert_eq!(refusal.facts, [("number", Fact::Number(1))]);
    }
}

#[test]
fn a_captured_text_is_the_next_revision_and_the_others_stay() {
    let document: Document = given(registered());
    assert_eq!((Document::Absent.revision_next(), document.revision_next()), (1, 2));
    let events = document.decide(Command::CaptureRevision(revision(2))).unwrap();
    assert_eq!(events, [Event::DocumentRevisionCaptured(revision(2))]);
    let document = document.evolve(&events[0], id(1));
    assert_eq!(document.revision(1), Some(&revision(1)));
    assert_eq!(document.revision(2), Some(&revision(2)));

    for number in [0, 1, 2, 4] {
        let result = document.decide(Command::CaptureRevision(revision(number)));
        let refusal = refused(result, Why::Conflict, "revision_number", "");
        assert_eq!(refusal.facts, [("number", Fact::Number(3))]);
    }
}

#[test]
fn a_text_beyond_the_limit_is_refused() {
    let long = Revision { bytes: TEXT_LEN_MAX as u64 + 1, ..revision(1) };
    let register = Command::Register { detail: detail(), revision: long.clone() };
    refused(Document::Absent.decide(register), Why::Invalid, "text_too_long", "/text");
    let capture = Command::CaptureRevision(Revision { number: 2, ..long.clone() });
    let document: Document = given(registered());
    refused(document.decide(capture), Why::Invalid, "text_too_long", "/text");

    let longest = Revision { bytes: TEXT_LEN_MAX as u64, ..long };
    let register = Command::Register { detail: detail(), revision: longest };
    assert!(Document::Absent.decide(register).is_ok());
}

#[test]
fn a_document_has_at_most_a_thousand_revisions() {
    let more = (2..=1_000).map(|number| Event::DocumentRevisionCaptured(revision(number)));
    let document: Document = given(registered().into_iter().chain(more));
    let result = document.decide(Command::CaptureRevision(revision(1_001)));
    refused(result, Why::Conflict, "revisions_full", "");
}

#[test]
fn a_publisher_withdraws_a_document_once_and_it_stays_readable() {
    let document: Document = given(registered());
    let events = document.decide(Command::Withdraw).unwrap();
    assert_eq!(events, [Event::DocumentWithdrawnByPublisher]);
    let document = document.evolve(&events[0], id(1));
    assert!(matches!(document, Document::Registered { withdrawn: true, .. }));
    assert_eq!(document.revision(1), Some(&revision(1)));
    refused(document.decide(Command::Withdraw), Why::Conflict, "already_withdrawn", "");
    assert!(document.decide(Command::CaptureRevision(revision(2))).is_ok(), "the notice of withdrawal, say");
}

#[test]
fn an_unknown_document_has_no_revisions() {
    let erase = Command::EraseText { number: 1, reason: text("A witness asked") };
    for command in [Command::CaptureRevision(revision(1)), Command::Withdraw, erase] {
        refused(Document::Absent.decide(command), Why::Absent, "not_found", "");
    }
    assert_eq!(Document::Absent.revision(1), None);
}

#[test]
fn events_out_of_place_change_nothing() {
    let erased = Event::DocumentTextErased { number: 1, reason: text("A witness asked") };
    let before = [Event::DocumentRevisionCaptured(revision(1)), Event::DocumentWithdrawnByPublisher, erased];
    assert_eq!(given::<Document>(before), Document::Absent);
    let again = Event::DocumentRegistered(Detail { title: text("Another"), ..detail() });
    assert_eq!(given::<Document>(registered().into_iter().chain([again])), given(registered()));
}

#[test]
fn a_text_is_erased_once_and_its_revision_stays() {
    let document = given::<Document>(registered());
    let erase = |number| Command::EraseText { number, reason: text("A witness asked") };
    refused(document.decide(erase(2)), Why::Absent, "not_found", "");
    let events = document.decide(erase(1)).unwrap();
    assert_eq!(events, [Event::DocumentTextErased { number: 1, reason: text("A witness asked") }]);
    let document = given::<Document>(registered().into_iter().chain(events));
    assert_eq!((document.is_erased(1), document.is_erased(2)), (true, false));
    assert_eq!(document.revision(1), Some(&revision(1)));
    refused(document.decide(erase(1)), Why::Conflict, "already_erased", "");
    assert_eq!(document.revision_next(), 2);
}
