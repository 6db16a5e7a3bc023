//! The agreement report.

use super::*;
use domain::access::Role;
use domain::adjudication::{self, Target};
use domain::codebook::Codebook;
use domain::reading::{self, Blank};
use domain::text::Text;
use std::collections::{BTreeMap, BTreeSet};
use wire::view::{Agreement, AgreementFigure, AgreementUnit, AskAgreement, AskFeedback};

fn all() -> AskAgreement {
    AskAgreement { limit: 100, ..AskAgreement::default() }
}

fn told(said: Said) -> Agreement {
    match said {
        Said::Agreement(agreement) => agreement,
        other => panic!("no agreement: {other:?}"),
    }
}

fn value(figure: Option<&AgreementFigure>) -> (Option<f64>, Option<&str>) {
    figure.map(|figure| (figure.value, figure.undefined.as_deref())).unwrap_or_default()
}

fn publish(scene: &mut Scene, version: u32) {
    let codebook = Codebook {
        guideline: Text::recorded("Read.".to_owned()),
        kinds: Vec::new(),
        modes: Vec::new(),
        labels: BTreeMap::new(),
        acts: Vec::new(),
        roles: Vec::new(),
    };
    let (admin, project) = (scene.history.admin, scene.history.project.uuid());
    scene.history.add(admin, project, [project::Event::CodebookPublished { version, codebook }]);
}

fn no_claim(scene: &mut Scene, author: UserId, (start, end): (u32, u32)) -> Uuid {
    let (id, document) = (scene.history.id(), scene.document);
    scene.history.add(author, id, [reading::Event::NoClaimFound(Blank { document, revision: 1, start, end })]);
    id
}

#[test]
fn readers_of_one_passage_are_compared_and_spans_without_a_claim_are_ratings() {
    let mut scene = scene();
    // Three read the accusation: two alike, the third finds no claim. Two read the denial otherwise.
    let accused = scene.read(user("a"), scene.state, Act::Accuses);
    publish(&mut scene, 1);
    scene.read(user("b"), scene.state, Act::Accuses);
    no_claim(&mut scene, user("c"), (20, 25));
    let passage = scene.history.annotation(user("a"), scene.document, 29, 49);
    for (author, act) in [("a", Act::Denies), ("b", Act::Doubts)] {
        let claim = Claim { evidence: vec![passage], ..scene.claim(scene.group, act) };
        scene.history.reading(user(author), claim);
    }
    let other = scene.history.document(scene.source, "Another", TEXT);
    let alone = scene.history.annotation(user("c"), other, 0, 9);
    let claim = Claim { evidence: vec![alone], ..scene.claim(scene.state, Act::Suspects) };
    scene.history.reading(user("c"), claim);
    let (document, before) = (scene.document, scene.history.position());
    scene.history.add(user("a"), accused.uuid(), [reading::Event::ClaimReadingRetracted]);
    let fixture = Fixture::new(scene.history);

    let report = told(fixture.ask_at(before, Question::Agreement(all())));
    let overall = report.overall.as_ref().unwrap();
    assert_eq!((overall.units, overall.compared, overall.unanimous, overall.annotators), (3, 2, 0, 3));
    let acts = |unit: &AgreementUnit| unit.ratings.iter().map(|rating| rating.act.clone()).collect::<BTreeSet<_>>();
    let acts: Vec<Vec<String>> = report.units.iter().map(|unit| acts(unit).into_iter().collect()).collect();
    assert_eq!(acts, [vec!["accuses", "no_claim"], vec!["denies", "doubts"], vec!["suspects"]]);
    assert_eq!(report.units[0].ratings.len(), 3);
    assert_eq!(report.units[0].unit, accused.to_string());
    assert_eq!(report.units[0].differs, ["act"]);
    assert!(report.units.iter().all(|unit| (unit.posterior.values().sum::<f64>() - 1.0).abs() < 1e-4));
    let polarity = overall.polarity.as_ref().unwrap();
    assert_eq!(value(polarity.alpha.as_ref()), (Some(1.0), None));
    assert_eq!(value(overall.certainty.as_ref().unwrap().alpha.as_ref()), (None, Some("one_category")));
    assert_eq!(report.codebooks.iter().map(|of| of.version).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((report.documents_total, report.pairs_total), (2, 3));

    // What was retracted counts no more; a document and a version leave out the rest.
    let ask = |ask: AskAgreement| told(fixture.ask(Question::Agreement(ask)));
    let rated = |report: &Agreement| report.units.iter().map(|unit| unit.ratings.len()).sum::<usize>();
    assert_eq!(rated(&ask(all())) + 1, rated(&report));
    assert_eq!(ask(AskAgreement { document: Some(document.to_string()), ..all() }).units.len(), 2);
    let older = told(fixture.ask_at(before, Question::Agreement(AskAgreement { codebook: Some(0), ..all() })));
    assert_eq!((older.units.len(), rated(&older)), (1, 1));

    // Those on which annotators differ; a page is one of these.
    let differing = ask(AskAgreement { status: Some("differing".to_owned()), limit: 1, ..all() });
    assert_eq!((differing.units.len(), differing.units[0].differs.clone()), (1, vec!["act".to_owned()]));
    let after = differing.after.unwrap();
    let other = ask(AskAgreement { status: Some("differing".to_owned()), limit: 1, after, ..all() });
    assert_eq!((other.units.len(), other.after), (1, None));
    assert_eq!(differing.overall, ask(all()).overall);
    assert_eq!(ask(AskAgreement { status: Some("unanimous".to_owned()), ..all() }).units, []);

    // Pages.
    let first = ask(AskAgreement { limit: 2, ..all() });
    let rest = ask(AskAgreement { limit: 2, after: first.after.unwrap(), ..all() });
    assert_eq!((first.units.len(), rest.units.len(), rest.after), (2, 1, None));

    let refused = |ask| fixture.refusal(&fixture.request(Question::Agreement(ask)));
    let absent = AskAgreement { document: Some(Uuid::nil().to_string()), ..all() };
    assert_eq!(refused(absent), (refusal::Why::Absent, "not_found".to_owned()));
    let unknown = AskAgreement { codebook: Some(2), ..all() };
    assert_eq!(refused(unknown), (refusal::Why::Invalid, "unknown_codebook".to_owned()));
    let nonsense = AskAgreement { status: Some("nonsense".to_owned()), ..all() };
    assert_eq!(refused(nonsense), (refusal::Why::Invalid, "invalid_parameter".to_owned()));
}

#[test]
fn who_reads_is_told_what_was_ruled_on_own_readings_and_what_was_upheld() {
    let mut scene = scene();
    for who in ["a", "b"] {
        let granted = project::Event::MemberRoleGranted { user: user(who), role: Role::Annotator };
        scene.history.add(scene.history.admin, scene.history.project.uuid(), [granted]);
    }
    let own = scene.read(user("a"), scene.state, Act::Accuses);
    let other = scene.read(user("b"), scene.state, Act::Suspects);
    let unruled = scene.read(user("a"), scene.group, Act::Denies);
    let targets = vec![Target::Reading(own), Target::Reading(other)];
    let adjudication = scene.history.adjudication(user("c"), targets);
    let before = scene.history.position();
    scene.history.rulings(user("c"), adjudication, vec![other], vec![own]);
    let ruled = scene.history.position();
    let again = scene.history.adjudication(user("c"), vec![Target::Reading(unruled)]);
    scene.history.rulings(user("c"), again, vec![unruled], Vec::new());
    let reason = Text::recorded("Wrong.".to_owned());
    let overturned = [adjudication::Event::AdjudicationOverturned { reason }];
    scene.history.add(user("c"), adjudication.uuid(), overturned);
    let fixture = Fixture::new(scene.history);
    let ask = |who: &str, at: Option<u64>, limit, after| {
        let viewer = Some(wire::view::Viewer { user: user(who).to_string(), ..wire::view::Viewer::default() });
        let question = Question::Feedback(AskFeedback { limit, after });
        match fixture.answer(&Request { as_of: at, viewer, ..fixture.request(question) }).answer {
            Some(Said::Feedback(feedback)) => feedback,
            other => panic!("no feedback: {other:?}"),
        }
    };
    assert_eq!(ask("a", Some(before), 10, 0).items, []);
    let rejected = ask("a", Some(ruled), 10, 0);
    let [item] = &rejected.items[..] else { panic!("one: {rejected:?}") };
    assert_eq!(item.reading.as_ref().unwrap().id, own.to_string());
    let [ruling] = &item.rulings[..] else { panic!("one: {item:?}") };
    assert_eq!((ruling.verdict.as_str(), ruling.adjudication.as_str()), ("rejected", &*adjudication.to_string()));
    let upheld: Vec<_> = ruling.upheld.iter().map(|reading| reading.id.clone()).collect();
    assert_eq!(upheld, [other.to_string()]);
    let theirs = ask("b", Some(ruled), 10, 0);
    assert_eq!((theirs.items[0].rulings[0].verdict.as_str(), theirs.items[0].rulings[0].upheld.len()), ("upheld", 0));
    // What was overturned counts no more.
    let now = ask("a", None, 10, 0);
    assert_eq!(
        now.items.iter().map(|item| item.reading.as_ref().unwrap().id.clone()).collect::<Vec<_>>(),
        [unruled.to_string()]
    );
    // While an adjudication stands, the unit names it.
    let report = told(fixture.ask_at(before, Question::Agreement(all())));
    assert_eq!(report.units[0].adjudications, [adjudication.to_string()]);
    assert_eq!(told(fixture.ask(Question::Agreement(all()))).units[0].adjudications, [] as [String; 0]);
    // A page ends after one that is shown, and somebody who is nobody has no readings.
    assert_eq!(ask("a", None, 1, 0).after, None);
    let anonymous = wire::view::Viewer { anonymous_reader: true, ..wire::view::Viewer::default() };
    let request =
        Request { viewer: Some(anonymous), ..fixture.request(Question::Feedback(AskFeedback { limit: 10, after: 0 })) };
    assert_eq!(fixture.refusal(&request), (refusal::Why::Forbidden, "not_a_user".to_owned()));
}
