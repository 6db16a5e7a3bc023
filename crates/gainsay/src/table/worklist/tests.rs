use wire::view::{
    BoardIncident, Claim, Feedback, FeedbackItem, FeedbackRuling, Finding, Gone, Inbox, InboxInconsistency, InboxItem,
    InboxStale, InconsistentSpeaker, Named, Orphan, Orphans, PropositionHead, Reading, Task, TaskLease, TaskSubmission,
    Voice,
};

use super::{feedback, inbox, orphans, tasks};
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 160 };

#[test]
fn orphans_say_why_they_take_no_part_and_what_is_not_there() {
    let gone = Gone { kind: "annotation".to_owned(), id: "n1".to_owned(), status: "retracted".to_owned() };
    let reading = Reading { id: "r1".to_owned(), author: "u1".to_owned(), ..Reading::default() };
    let orphan = Orphan { reading: Some(reading), reasons: vec!["not_live".to_owned()], gone: vec![gone] };
    let text = orphans(&Orphans { items: vec![orphan], next: Some("c".to_owned()), ..Orphans::default() }, PLAIN);
    for part in ["r1", "by u1", "not live", "annotation n1 retracted", "--cursor c"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(orphans(&Orphans::default(), PLAIN).contains("Every reading takes part."));
}

#[test]
fn the_inbox_names_who_says_both_and_on_what() {
    let voice = |name: &str| Voice { name: name.to_owned(), ..Voice::default() };
    let inconsistency = InboxInconsistency {
        proposition: Some(PropositionHead {
            actor: Some(Named { id: "a".to_owned(), name: "Brigade".to_owned() }),
            role: Some("perpetrator".to_owned()),
            facet: "who".to_owned(),
            ..PropositionHead::default()
        }),
        by: Some(InconsistentSpeaker {
            speakers: vec![voice("Brigade"), voice("Spokes\x1b[2Jman")],
            accused: true,
            utterances: vec!["u1".to_owned(), "u2".to_owned()],
        }),
    };
    let incident = BoardIncident {
        id: "i".to_owned(),
        title: "Erbil".to_owned(),
        when: "2021-02-15".to_owned(),
        ..BoardIncident::default()
    };
    let stale = InboxStale {
        proposition: inconsistency.proposition.clone(),
        finding: Some(Finding { outcome: "rejected".to_owned(), based_on: 11, ..Finding::default() }),
    };
    let item = InboxItem {
        incident: Some(incident),
        status: "disputed".to_owned(),
        inconsistent: vec![inconsistency],
        stale: vec![stale],
    };
    let text = inbox(&Inbox { items: vec![item], ..Inbox::default() }, PLAIN);
    assert!(text.contains("Erbil  disputed"), "{text}");
    assert!(
        text.contains("Brigade, Spokes [2Jman (the accused) says both in 2 utterances: Brigade as perpetrator"),
        "{text}"
    );
    assert!(text.contains("was found rejected on the records up to 11; more was read since"), "{text}");
    assert!(inbox(&Inbox::default(), PLAIN).contains("Nothing asks for attention."));
}

#[test]
fn feedback_sets_own_readings_beside_what_was_upheld() {
    let reading = |id: &str, act: &str| {
        let claim =
            Claim { act: act.to_owned(), polarity: "+".to_owned(), certainty: "PR".to_owned(), ..Claim::default() };
        Reading { id: id.to_owned(), claim: Some(claim), ..Reading::default() }
    };
    let ruling = FeedbackRuling {
        question: "Accused\x1b[2J or suspected?".to_owned(),
        verdict: "rejected".to_owned(),
        reason: "It says probably.".to_owned(),
        upheld: vec![reading("r2", "suspects")],
        ..FeedbackRuling::default()
    };
    let item = FeedbackItem { reading: Some(reading("r1", "accuses")), rulings: vec![ruling] };
    let text = feedback(&Feedback { items: vec![item], ..Feedback::default() }, PLAIN);
    for part in ["r1", "accuses + PR", "rejected: Accused", "It says probably.", "suspects + PR"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains('\x1b'), "{text}");
    assert!(feedback(&Feedback::default(), PLAIN).contains("Nothing was ruled on your readings yet."));
}

#[test]
fn tasks_say_how_far_they_are_and_break_no_id() {
    let (id, document) = ("0190a0a0-0000-7000-8000-000000000001", "0190a0a0-0000-7000-8000-000000000002");
    let task = |overlap| Task {
        id: id.to_owned(),
        document: document.to_owned(),
        document_revision: 2,
        overlap,
        status: "open".to_owned(),
        leases: vec![TaskLease { until: "2021-05-04T12:00:00Z".to_owned(), ..TaskLease::default() }],
        submissions: vec![TaskSubmission::default()],
        ..Task::default()
    };
    let text = tasks(&[task(3)], Some(&"c".to_owned()), Terminal { width: 90, ..PLAIN });
    for part in [id, document, "revision 2", "1 of 3", "open", "--cursor c"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(tasks(&[task(0)], None, PLAIN).contains("1 of everyone"));
    assert!(tasks(&[], None, PLAIN).contains("No tasks."));
}
