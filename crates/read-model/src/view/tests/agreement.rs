//! The agreement report.

use super::*;
use domain::codebook::Codebook;
use domain::reading::{self, Blank};
use domain::text::Text;
use std::collections::{BTreeMap, BTreeSet};
use wire::view::{Agreement, AgreementFigure, AgreementUnit, AskAgreement};

fn all() -> AskAgreement {
    AskAgreement { document: None, codebook: None, limit: 100, after: 0 }
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

    // Pages.
    let first = ask(AskAgreement { limit: 2, ..all() });
    let rest = ask(AskAgreement { limit: 2, after: first.after.unwrap(), ..all() });
    assert_eq!((first.units.len(), rest.units.len(), rest.after), (2, 1, None));

    let refused = |ask| fixture.refusal(&fixture.request(Question::Agreement(ask)));
    let absent = AskAgreement { document: Some(Uuid::nil().to_string()), ..all() };
    assert_eq!(refused(absent), (refusal::Why::Absent, "not_found".to_owned()));
    let unknown = AskAgreement { codebook: Some(2), ..all() };
    assert_eq!(refused(unknown), (refusal::Why::Invalid, "unknown_codebook".to_owned()));
}
