//! Resources one by one, in lists, and filtered.

use super::*;
use crate::testing::detail;
use domain::relation::RelationType;
use domain::text::Text;
use domain::{annotation, derivation, incident, policy, reading, relation};

#[test]
fn a_resource_is_shown_with_its_revision_author_and_creation() {
    let mut scene = scene();
    let created =
        scene.history.add(user("b"), Uuid::from_u128(9), [incident::Event::IncidentRegistered(detail("First"))]);
    scene.history.add(user("c"), Uuid::from_u128(9), [incident::Event::IncidentDetailRevised(detail("Second"))]);
    let fixture = Fixture::new(scene.history);
    let Some(Of::Incident(incident)) = fixture.get("incidents", &Uuid::from_u128(9)).of else { panic!("no incident") };
    assert_eq!((incident.title.as_str(), incident.revision, incident.position), ("Second", 2, created));
    assert_eq!(incident.author, user("b").to_string());
    assert_eq!(
        incident.created_at,
        wire::json::rfc3339(1_620_086_400_000_000 + i64::try_from(created).unwrap() * 1_000_000)
    );
    assert_eq!(incident.status.as_deref(), Some("unattributed"));
    let Said::Resource(earlier) = fixture.ask_at(created, get("incidents", &Uuid::from_u128(9))) else {
        panic!("none")
    };
    let Some(Of::Incident(earlier)) = earlier.of else { panic!("no incident") };
    assert_eq!((earlier.title.as_str(), earlier.revision), ("First", 1));
}

#[test]
fn every_collection_lists_and_gets_what_was_created_in_its_order() {
    let mut scene = scene();
    let relation = scene.history.relation(RelationType::SpeaksFor, scene.state, scene.group, scene.annotation);
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let class = scene.history.class("Attacks", None);
    let original = scene.history.annotation(user("b"), scene.document, 30, 48);
    let derivation = scene.history.derivation(user("b"), scene.annotation, original);
    let origin = scene.history.origin(original);
    scene.history.grant(user("reader"), Role::Reader);
    let policy = project::Event::PolicyPublished { version: 1, policy: policy::Policy::default() };
    scene.history.add(scene.history.admin, scene.history.project.uuid(), [policy]);
    let expected = [
        ("sources", vec![scene.source.to_string()]),
        ("documents", vec![scene.document.to_string()]),
        ("incidents", vec![scene.incident.to_string(), class.to_string()]),
        ("actors", vec![scene.state.to_string(), scene.group.to_string()]),
        ("relations", vec![relation.to_string()]),
        ("annotations", vec![scene.annotation.to_string(), original.to_string()]),
        ("readings", vec![reading.to_string()]),
        ("derivations", vec![derivation.to_string(), origin.to_string()]),
        ("policies", vec!["0".to_owned(), "1".to_owned()]),
        ("codebooks", vec![]),
    ];
    let fixture = Fixture::new(scene.history);
    for (collection, ids) in expected {
        let page = fixture.list(list(collection, 100, 0));
        assert_eq!(page.items.iter().map(id_of).collect::<Vec<_>>(), ids, "{collection}");
        assert_eq!(page.next, None);
        for (id, listed) in ids.iter().zip(&page.items) {
            assert_eq!(&fixture.get(collection, id), listed);
        }
    }
    let mut members = [fixture.history.admin, user("reader")];
    members.sort_unstable();
    assert_eq!(fixture.ids("members", Filter::default()), members.map(|user| user.to_string()));
    assert_eq!(id_of(&fixture.get("projects", &fixture.history.project)), fixture.history.project.to_string());
}

#[test]
fn pages_of_any_length_make_up_the_list() {
    let mut history = History::new(1);
    let expected: Vec<_> = (0..23).map(|n| history.source(&format!("Source {n}")).to_string()).collect();
    let fixture = Fixture::new(history);
    for limit in [1, 2, 5, 22, 23, 24] {
        let (mut after, mut ids, mut pages) = (0, Vec::new(), 0);
        loop {
            let page = fixture.list(list("sources", limit, after));
            assert!(page.items.len() <= limit as usize);
            ids.extend(page.items.iter().map(id_of));
            pages += 1;
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        assert_eq!(ids, expected);
        assert_eq!(pages, 23_u32.div_ceil(limit));
    }
}

#[test]
fn a_filter_admits_what_has_all_it_asks_for() {
    let mut scene = scene();
    let (other, second) = (scene.history.actor(ActorKind::Person, "Spokesman"), scene.history.incident("Drone attack"));
    let (accuses, denies) =
        (scene.read(user("a"), scene.state, Act::Accuses), scene.read(user("b"), scene.group, Act::Denies));
    let about_second = claim(scene.source, other, Act::Reports, second, scene.group, scene.annotation);
    let reports = scene.history.reading(user("a"), about_second);
    let retracted = scene.read(user("b"), scene.state, Act::Suspects);
    scene.history.add(user("b"), retracted.uuid(), [reading::Event::ClaimReadingRetracted]);
    let relation = scene.history.relation(RelationType::SpeaksFor, other, scene.group, scene.annotation);
    scene.history.add(user("b"), relation.uuid(), [relation::Event::RelationWithdrawn]);
    let (document, annotation) = (scene.document, scene.annotation);
    let second_annotation = scene.history.annotation(user("b"), document, 30, 48);
    let suggested = scene.history.derivation(user("a"), annotation, second_annotation);
    let judged = scene.history.derivation(user("b"), annotation, second_annotation);
    scene.history.add(scene.history.admin, judged.uuid(), [derivation::Event::DerivationRejected { reason: reason() }]);
    let declared = scene.history.origin(second_annotation);
    let fixture = Fixture::new(scene.history);
    let one = |field: &str, value: &dyn ToString| {
        let value = Some(value.to_string());
        match field {
            "status" => Filter { status: value, ..Filter::default() },
            "kind" => Filter { kind: value, ..Filter::default() },
            "actor" => Filter { actor: value, ..Filter::default() },
            "document" => Filter { document: value, ..Filter::default() },
            "incident" => Filter { incident: value, ..Filter::default() },
            "author" => Filter { author: value, ..Filter::default() },
            _ => Filter { q: value, ..Filter::default() },
        }
    };
    let ids = |ids: &[&dyn ToString]| ids.iter().map(|id| id.to_string()).collect::<Vec<_>>();
    let check = |collection: &str, field: &str, value: &dyn ToString, expected: &[&dyn ToString]| {
        assert_eq!(fixture.ids(collection, one(field, value)), ids(expected), "{collection} by {field}");
    };
    check("actors", "kind", &"person", &[&other]);
    check("actors", "q", &"SPOKES", &[&other]);
    check("sources", "q", &"agen", &[&scene.source]);
    check("sources", "kind", &"outlet", &[]);
    check("documents", "q", &"report", &[&document]);
    check("incidents", "q", &"drone", &[&second]);
    check("incidents", "kind", &"Rocket Attack", &[&scene.incident, &second]);
    check("incidents", "status", &"disputed", &[&scene.incident]);
    check("incidents", "status", &"accused", &[&second]);
    check("incidents", "actor", &scene.state, &[]);
    check("relations", "status", &"dropped", &[&relation]);
    check("relations", "status", &"held", &[]);
    check("relations", "actor", &other, &[&relation]);
    check("relations", "kind", &"speaks_for", &[&relation]);
    check("annotations", "document", &document, &[&annotation, &second_annotation]);
    check("annotations", "kind", &"content", &[&annotation, &second_annotation]);
    check("annotations", "status", &"retracted", &[]);
    check("readings", "author", &user("b"), &[&denies, &retracted]);
    check("readings", "author", &"b", &[&denies, &retracted]);
    check("readings", "incident", &second, &[&reports]);
    check("readings", "actor", &scene.state, &[&accuses, &retracted]);
    check("readings", "document", &document, &[&accuses, &denies, &reports, &retracted]);
    check("readings", "status", &"retracted", &[&retracted]);
    check("readings", "kind", &"no_claim", &[]);
    check("derivations", "status", &"suggested", &[&suggested]);
    check("derivations", "status", &"confirmed", &[]);
    check("derivations", "status", &"rejected", &[&judged]);
    check("derivations", "status", &"declared", &[&declared]);
    check("derivations", "kind", &"translates", &[&suggested, &judged]);
    check("derivations", "kind", &"origin", &[&declared]);
    check("derivations", "author", &"b", &[&judged]);
    let both = Filter { status: Some("live".to_owned()), author: Some("b".to_owned()), ..Filter::default() };
    assert_eq!(fixture.ids("readings", both), ids(&[&denies]));
}

fn reason() -> Text {
    Text::recorded("Compared.".to_owned())
}

#[test]
fn a_derivation_is_shown_with_what_is_thought_of_it_and_an_origin_with_why() {
    use derivation::Event::{DerivationConfirmed, DerivationRejected};
    let mut scene = scene();
    let original = scene.history.annotation(user("b"), scene.document, 30, 48);
    let derivation = scene.history.derivation(user("b"), scene.annotation, original);
    let origin = scene.history.origin(original);
    let admin = scene.history.admin;
    let confirmed = scene.history.add(admin, derivation.uuid(), [DerivationConfirmed { reason: reason() }]);
    let again = Text::recorded("Compared again.".to_owned());
    scene.history.add(admin, derivation.uuid(), [DerivationRejected { reason: again }]);
    let annotation = scene.annotation;
    let fixture = Fixture::new(scene.history);
    let shown = |said: Said| match said {
        Said::Resource(Resource { of: Some(Of::Derivation(shown)) }) => shown,
        other => panic!("no derivation: {other:?}"),
    };

    let newest = shown(fixture.ask(get("derivations", &derivation)));
    assert_eq!((newest.kind.as_str(), newest.status.as_str(), newest.revision), ("translates", "rejected", 3));
    assert_eq!((newest.from, newest.to), (Some(annotation.to_string()), Some(original.to_string())));
    assert_eq!((newest.annotation, newest.reason.as_deref()), (None, Some("Compared again.")));
    assert_eq!(newest.author, user("b").to_string());
    let earlier = shown(fixture.ask_at(confirmed, get("derivations", &derivation)));
    assert_eq!((earlier.status.as_str(), earlier.reason.as_deref()), ("confirmed", Some("Compared.")));
    let first = shown(fixture.ask_at(confirmed - 1, get("derivations", &derivation)));
    assert_eq!((first.status.as_str(), first.reason), ("suggested", None));

    let origin = shown(fixture.ask(get("derivations", &origin)));
    assert_eq!((origin.kind.as_str(), origin.status.as_str()), ("origin", "declared"));
    assert_eq!((origin.from, origin.to, origin.annotation), (None, None, Some(original.to_string())));
    assert_eq!(origin.reason.as_deref(), Some("Its reporter was there."));
}

#[test]
fn a_reading_without_a_live_annotation_is_an_orphan() {
    let mut scene = scene();
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    scene.history.add(user("a"), scene.annotation.uuid(), [annotation::Event::AnnotationRetracted]);
    let fixture = Fixture::new(scene.history);
    let Some(Of::Reading(shown)) = fixture.get("readings", &reading).of else { panic!("no reading") };
    assert_eq!(shown.status, "orphan");
    assert_eq!(fixture.board(scene.incident).status, "unattributed");
}

#[test]
fn a_filter_that_means_nothing_is_refused() {
    let fixture = Fixture::new(scene().history);
    let refused = |collection: &str, filter: Filter| {
        let list = List { filter: Some(filter), ..list(collection, 10, 0) };
        fixture.refusal(&fixture.request(Question::List(list)))
    };
    let text = || Some("nonsense".to_owned());
    let invalid = |code: &str| (refusal::Why::Invalid, code.to_owned());
    assert_eq!(refused("incidents", Filter { status: text(), ..Filter::default() }), invalid("filter_invalid"));
    assert_eq!(refused("actors", Filter { kind: text(), ..Filter::default() }), invalid("filter_invalid"));
    assert_eq!(refused("readings", Filter { actor: text(), ..Filter::default() }), invalid("filter_invalid"));
    assert_eq!(refused("sources", Filter { document: text(), ..Filter::default() }), invalid("filter_not_applicable"));
    assert_eq!(refused("derivations", Filter { status: text(), ..Filter::default() }), invalid("filter_invalid"));
    assert_eq!(refused("derivations", Filter { kind: text(), ..Filter::default() }), invalid("filter_invalid"));
    assert_eq!(refused("derivations", Filter { q: text(), ..Filter::default() }), invalid("filter_not_applicable"));
    assert_eq!(refused("members", Filter { q: text(), ..Filter::default() }), invalid("filter_not_applicable"));
    assert_eq!(
        refused("sources", Filter { author: Some("No One".to_owned()), ..Filter::default() }),
        invalid("filter_invalid")
    );
}
