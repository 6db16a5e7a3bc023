//! Work lists: orphans, and what asks for attention.

use super::*;
use domain::claim::{Facet, Target};
use domain::relation::RelationType;
use domain::text::Text;
use domain::{annotation, reading, relation};
use wire::view::{AskInbox, AskOrphans, Gone, Inbox, Orphans};

fn orphans_after(fixture: &Fixture, limit: u32, after: u64) -> Orphans {
    match fixture.ask(Question::Orphans(AskOrphans { limit, after })) {
        Said::Orphans(orphans) => orphans,
        other => panic!("no orphans: {other:?}"),
    }
}

fn inbox_after(fixture: &Fixture, limit: u32, after: u64) -> Inbox {
    match fixture.ask(Question::Inbox(AskInbox { limit, after })) {
        Said::Inbox(inbox) => inbox,
        other => panic!("no inbox: {other:?}"),
    }
}

fn gone(kind: &str, id: &impl ToString, status: &str) -> Gone {
    Gone { kind: kind.to_owned(), id: id.to_string(), status: status.to_owned() }
}

#[test]
fn a_reading_is_an_orphan_while_it_cites_nothing_live() {
    let mut scene = scene();
    let second = scene.history.annotation(user("a"), scene.document, 0, 9);
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let claim = Claim { evidence: vec![scene.annotation, second], ..scene.claim(scene.group, Act::Denies) };
    let cites_two = scene.history.reading(user("a"), claim);
    let (annotation, state) = (scene.annotation, scene.state);
    let mut fixture = Fixture::new(scene.history);
    assert_eq!(orphans_after(&fixture, 10, 0).items, []);
    fixture.history.add(user("a"), annotation.uuid(), [annotation::Event::AnnotationRetracted]);
    fixture.catch_up();
    let [orphan] = &orphans_after(&fixture, 10, 0).items[..] else { panic!("one orphan") };
    assert_eq!(orphan.reading.as_ref().unwrap().id, reading.to_string());
    assert_eq!(orphan.reading.as_ref().unwrap().status, "orphan");
    assert_eq!(orphan.reasons, ["not_live"]);
    assert_eq!(orphan.gone, [gone("annotation", &annotation, "retracted")]);
    fixture.history.add(user("a"), second.uuid(), [annotation::Event::AnnotationRetracted]);
    fixture.catch_up();
    assert_eq!(orphans_after(&fixture, 10, 0).items.len(), 2);
    // Who takes the reading back, or cites something else, has no orphan any more.
    fixture.history.add(user("a"), cites_two.uuid(), [reading::Event::ClaimReadingRetracted]);
    let document = fixture.history.document(domain::id::SourceId::new(Uuid::nil()), "Another", TEXT);
    let live = fixture.history.annotation(user("a"), document, 0, 9);
    let first = &orphans_after(&fixture, 10, 0).items[0];
    assert_eq!(first.reading.as_ref().unwrap().claim.as_ref().unwrap().act, "accuses");
    let incident = IncidentId::new(Uuid::nil());
    let moved = claim_about(incident, state, live);
    fixture.history.add(user("a"), reading.uuid(), [reading::Event::ClaimReadingRevised(moved)]);
    fixture.catch_up();
    let [orphan] = &orphans_after(&fixture, 10, 0).items[..] else { panic!("one orphan") };
    assert_eq!(orphan.reasons, ["no_target", "unknown_source"]);
    let nobody = Uuid::nil();
    assert_eq!(orphan.gone, [gone("incident", &incident, "missing"), gone("source", &nobody, "missing")]);
}

fn claim_about(incident: IncidentId, actor: ActorId, evidence: AnnotationId) -> Claim {
    claim(SourceId::new(Uuid::nil()), actor, Act::Accuses, incident, actor, evidence)
}

#[test]
fn a_reading_about_a_relation_that_was_withdrawn_or_about_nobody_is_an_orphan() {
    let mut scene = scene();
    let relation = scene.history.relation(RelationType::FrontOf, scene.group, scene.state, scene.annotation);
    let mut about_relation = scene.claim(scene.state, Act::Confirms);
    let about = &mut about_relation.proposition;
    (about.target, about.facet, about.role, about.actor) = (Target::Relation(relation), None, None, None);
    scene.history.reading(user("a"), about_relation);
    let nobody = ActorId::new(Uuid::nil());
    let mut conduct = scene.claim(scene.state, Act::Accuses);
    let about = &mut conduct.proposition;
    (about.target, about.facet) = (Target::Actor(nobody), Some(Facet::Conduct));
    (about.role, about.actor, about.value) = (None, None, Some(Text::recorded("reckless".to_owned())));
    scene.history.reading(user("a"), conduct);
    let mut fixture = Fixture::new(scene.history);
    let found: Vec<_> = orphans_after(&fixture, 10, 0).items.into_iter().map(|orphan| orphan.gone).collect();
    assert_eq!(found, [[gone("actor", &nobody, "missing")]]);
    let live = fixture.history.position();
    fixture.history.add(fixture.history.admin, relation.uuid(), [relation::Event::RelationWithdrawn]);
    fixture.catch_up();
    let page = orphans_after(&fixture, 1, 0);
    assert_eq!(page.items[0].gone, [gone("relation", &relation, "withdrawn")]);
    assert_eq!(page.items[0].reasons, ["no_target"]);
    let rest = orphans_after(&fixture, 1, page.after.unwrap());
    assert_eq!((rest.items[0].gone.clone(), rest.after), (vec![gone("actor", &nobody, "missing")], None));
    let Said::Orphans(past) = fixture.ask_at(live, Question::Orphans(AskOrphans { limit: 10, after: 0 })) else {
        panic!("no orphans")
    };
    assert_eq!((past.items.len(), past.as_of), (1, live));
}

#[test]
fn the_inbox_names_speakers_who_say_both_by_incident_a_page_at_a_time() {
    let mut scene = scene();
    let other = scene.history.incident("Another attack");
    let quiet = scene.history.incident("A third one");
    scene.read(user("a"), scene.group, Act::Denies);
    for incident in [scene.incident, other] {
        let witness = scene.history.actor(ActorKind::Person, "Witness");
        for act in [Act::Accuses, Act::Denies] {
            let passage = scene.history.annotation(user("a"), scene.document, 0, 9);
            let mut claim = claim(scene.source, witness, act, incident, scene.group, passage);
            claim.uttered = Some(domain::edtf::Edtf::recorded("2021-05-05".to_owned()));
            scene.history.reading(user("a"), claim);
        }
    }
    let incident = scene.incident;
    // The accused says both in a third incident.
    for act in [Act::Accuses, Act::Denies] {
        let passage = scene.history.annotation(user("a"), scene.document, 0, 9);
        let claim = claim(scene.source, scene.group, act, quiet, scene.group, passage);
        scene.history.reading(user("a"), claim);
    }
    let fixture = Fixture::new(scene.history);
    let first = inbox_after(&fixture, 1, 0);
    let [item] = &first.items[..] else { panic!("one item") };
    assert_eq!(item.incident.as_ref().unwrap().id, incident.to_string());
    let [inconsistency] = &item.inconsistent[..] else { panic!("one speaker") };
    let by = inconsistency.by.as_ref().unwrap();
    assert_eq!((by.speakers[0].name.as_str(), by.accused, by.utterances.len()), ("Witness", false, 2));
    assert_eq!(inconsistency.proposition.as_ref().unwrap().role.as_deref(), Some("perpetrator"));
    let second = inbox_after(&fixture, 1, first.after.unwrap());
    assert_eq!(second.items[0].incident.as_ref().unwrap().id, other.to_string());
    let third = inbox_after(&fixture, 1, second.after.unwrap());
    assert_eq!((third.items[0].incident.as_ref().unwrap().id.clone(), third.after), (quiet.to_string(), None));
    assert!(third.items[0].inconsistent[0].by.as_ref().unwrap().accused);
    assert_eq!(third.items[0].status, "disputed");
    let all = inbox_after(&fixture, 10, 0);
    assert_eq!(all.items, [first.items, second.items, third.items].concat());
}

#[test]
fn the_inbox_names_findings_after_which_more_was_read() {
    let mut scene = scene();
    scene.read(user("a"), scene.state, Act::Accuses);
    let target = scene.target();
    let id = scene.history.adjudication(user("c"), vec![target.clone()]);
    let based_on = scene.history.position();
    scene.history.finding(user("c"), id, target, domain::adjudication::Outcome::Rejected, based_on);
    let found = scene.history.position();
    scene.read(user("b"), scene.state, Act::Accuses);
    let fixture = Fixture::new(scene.history);
    let Said::Inbox(before) = fixture.ask_at(found, Question::Inbox(AskInbox { limit: 10, after: 0 })) else {
        panic!("no inbox")
    };
    assert_eq!(before.items, []);
    let after = inbox_after(&fixture, 10, 0);
    let [item] = &after.items[..] else { panic!("one item: {after:?}") };
    let [stale] = &item.stale[..] else { panic!("one finding: {item:?}") };
    let finding = stale.finding.as_ref().unwrap();
    assert_eq!((finding.outcome.as_str(), finding.based_on), ("rejected", based_on));
}
