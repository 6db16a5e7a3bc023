//! Ledgers: whose lines they have, under which heading, and how they are paged and counted.

use super::*;
use domain::claim::{Chain, Facet, Link, Polarity, Role, Scope, Speaker, Stance, Target};
use domain::document;
use domain::edtf::Edtf;
use domain::relation::{Edge, RelationStance, RelationType};
use domain::text::Text;
use domain::{reading, relation};
use wire::view::{AskLedger, Ledger, LedgerLine};

fn ask(kind: &str, id: &impl ToString, limit: u32, after: u64) -> Question {
    Question::Ledger(AskLedger { kind: kind.to_owned(), id: id.to_string(), limit, after, quotes: 20 })
}

fn ledger(said: Said) -> Ledger {
    match said {
        Said::Ledger(ledger) => ledger,
        other => panic!("no ledger: {other:?}"),
    }
}

fn of_actor(fixture: &Fixture, actor: ActorId) -> Ledger {
    ledger(fixture.ask(ask("actor", &actor, 1_000, 0)))
}

/// The one line after a position.
fn page(fixture: &Fixture, actor: ActorId, after: u64) -> Ledger {
    ledger(fixture.ask(ask("actor", &actor, 1, after)))
}

fn of_source(fixture: &Fixture, source: SourceId) -> Ledger {
    ledger(fixture.ask(ask("source", &source, 1_000, 0)))
}

/// Part, heading and utterance of each line.
fn lines(ledger: &Ledger) -> Vec<(&str, &str, &str)> {
    ledger
        .lines
        .iter()
        .map(|line| {
            let said = line.said.as_ref().unwrap();
            (line.part.as_deref().unwrap_or_default(), line.heading.as_str(), said.utterance.as_str())
        })
        .collect()
}

fn relation_of(scene: &mut Scene, relation: RelationType, from: ActorId, to: ActorId, valid: Option<&str>) -> Uuid {
    let id = scene.history.id();
    let valid = valid.map(|valid| Edtf::recorded(valid.to_owned()));
    let edge = Edge { relation, from, to, stance: RelationStance::Held, evidence: vec![scene.annotation], valid };
    scene.history.add(scene.history.admin, id, [relation::Event::RelationRegistered(edge)]);
    id
}

/// A claim about what another claim is about, from a passage of its own.
fn apart(scene: &mut Scene, speaker: ActorId, act: Act) -> Claim {
    let passage = scene.history.annotation(user("a"), scene.document, 0, 9);
    Claim { evidence: vec![passage], ..scene.claim(speaker, act) }
}

#[test]
fn an_actor_s_ledger_has_what_it_says_and_what_is_said_of_it() {
    let mut scene = scene();
    let (state, group) = (scene.state, scene.group);
    let accused = scene.read(user("a"), state, Act::Accuses);
    let denial_claim = apart(&mut scene, group, Act::Denies);
    let denied = scene.history.reading(user("a"), denial_claim);
    let praise = apart(&mut scene, group, Act::Praises);
    let praised = scene.history.reading(user("a"), praise);
    let mut of_state = apart(&mut scene, group, Act::Accuses);
    of_state.proposition.actor = Some(state);
    let of_state = scene.history.reading(user("a"), of_state);
    let mut claims = apart(&mut scene, group, Act::ClaimsResponsibility);
    claims.proposition.role = Some(Role::Planned);
    let claimed = scene.history.reading(user("a"), claims);
    let mut victim = apart(&mut scene, state, Act::Reports);
    victim.proposition.role = Some(Role::Victim);
    let victim = scene.history.reading(user("a"), victim);
    let mut joint = apart(&mut scene, state, Act::Accuses);
    (joint.proposition.actor, joint.proposition.with) = (Some(state), vec![group]);
    let joint = scene.history.reading(user("a"), joint);
    let clears = apart(&mut scene, state, Act::Exonerates);
    let exonerated = scene.history.reading(user("a"), clears);
    let fixture = Fixture::new(scene.history);
    let ledger = of_actor(&fixture, group);
    let ids = [accused, denied, praised, of_state, claimed, victim, joint, exonerated].map(|id| id.to_string());
    let headings = [
        ("subject", "accused_of"),
        ("speaker", "denies"),
        ("speaker", "praises"),
        ("speaker", "accuses"),
        ("speaker", "claims"),
        ("subject", "stated_of"),
        ("subject", "accused_of"),
        ("subject", "denied_of"),
    ];
    let expected: Vec<_> = headings.iter().zip(&ids).map(|((part, heading), id)| (*part, *heading, &**id)).collect();
    assert_eq!(lines(&ledger), expected);
    assert_eq!(ledger.subject.as_ref().unwrap().name, "Group");
    assert_eq!((ledger.kind.as_str(), &ledger.same), ("actor", &vec![group.to_string()]));
    assert!(ledger.lines.iter().all(|line| line.tie.as_deref() == Some("direct") && line.through.is_none()));
    let first = &ledger.lines[0];
    assert_eq!(first.incident.as_ref().unwrap().name, "Attack on Ain al-Assad");
    assert_eq!((first.sign.as_deref(), first.said.as_ref().unwrap().act.as_str()), (Some("support"), "accuses"));
    let about = first.proposition.as_ref().unwrap();
    let board = fixture.board(scene.incident);
    let is_this = |on_board: &&wire::view::BoardProposition| {
        (&on_board.actor, &on_board.role, &on_board.facet) == (&about.actor, &about.role, &about.facet)
    };
    let on_board = board.propositions.iter().find(is_this).unwrap();
    assert_eq!((&about.status, &about.flags), (&on_board.status, &on_board.flags));
    assert_eq!(about.flags, ["denied_by_accused", "exonerated"]);
    let totals = ledger.totals.unwrap();
    assert_eq!((totals.lines, totals.withdrawn, totals.headings["accused_of"], totals.pieces), (8, 0, 2, None));
}

#[test]
fn lines_are_as_the_boards_have_them_and_follow_every_change() {
    let mut scene = scene();
    let (state, group) = (scene.state, scene.group);
    let dated = |claim: Claim, day: &str| Claim { uttered: Some(Edtf::recorded(day.to_owned())), ..claim };
    let accuses = dated(apart(&mut scene, state, Act::Accuses), "2021-05-05");
    let accusation = scene.history.reading(user("a"), accuses);
    let mut fixture = Fixture::new(scene.history);
    let at_first = fixture.history.position();
    let marks = |fixture: &Fixture| -> Vec<Vec<String>> {
        of_actor(fixture, group).lines.into_iter().map(|line| line.said.unwrap().marks).collect()
    };
    assert_eq!(marks(&fixture), [Vec::<String>::new()]);
    let passage = fixture.history.annotation(user("a"), scene.document, 0, 9);
    let denies = claim(scene.source, state, Act::Denies, scene.incident, group, passage);
    fixture.history.reading(user("a"), dated(denies, "2021-05-06"));
    fixture.catch_up();
    assert_eq!(marks(&fixture), [vec!["replaced".to_owned()], Vec::new()]);
    let status = of_actor(&fixture, group).lines[0].proposition.as_ref().unwrap().status.clone();
    assert_eq!(status, "withdrawn");
    let mut retracts = claim(scene.source, state, Act::Retracts, scene.incident, group, passage);
    (retracts.changes, retracts.polarity) = (vec![accusation], Polarity::Neutral);
    fixture.history.reading(user("a"), dated(retracts, "2021-05-07"));
    fixture.catch_up();
    assert_eq!(marks(&fixture)[0], ["withdrawn"]);
    assert_eq!(of_actor(&fixture, group).totals.unwrap().withdrawn, 1);
    // A reading that is taken back, or no longer about the actor, is no line.
    fixture.history.add(user("a"), accusation.uuid(), [reading::Event::ClaimReadingRetracted]);
    fixture.catch_up();
    assert_eq!(marks(&fixture).len(), 2);
    let past = ledger(fixture.ask_at(at_first, ask("actor", &group, 10, 0)));
    assert_eq!((past.as_of, past.lines.len(), past.lines[0].said.as_ref().unwrap().marks.len()), (at_first, 1, 0));
}

#[test]
fn an_utterance_that_several_read_is_one_line_on_each_proposition() {
    let mut scene = scene();
    let (state, group) = (scene.state, scene.group);
    let first = scene.read(user("a"), state, Act::Accuses);
    scene.read(user("b"), state, Act::Accuses);
    let mut ordered = scene.claim(state, Act::Accuses);
    ordered.proposition.role = Some(Role::Ordered);
    scene.history.reading(user("c"), ordered);
    let fixture = Fixture::new(scene.history);
    for actor in [state, group] {
        let ledger = of_actor(&fixture, actor);
        let roles: Vec<_> = ledger.lines.iter().map(|l| l.proposition.as_ref().unwrap().role.as_deref()).collect();
        assert_eq!(roles, [Some("perpetrator"), Some("ordered")]);
        assert!(lines(&ledger).iter().all(|(.., id)| *id == first.to_string()));
        // Each page has its own, whatever its length.
        let one = page(&fixture, actor, 0);
        let other = page(&fixture, actor, one.after.unwrap());
        assert_eq!([one.lines, other.lines].concat(), ledger.lines);
        assert_eq!((other.after, other.totals.unwrap().lines), (None, 2));
    }
}

#[test]
fn parts_and_fronts_stand_in_the_ledger_at_the_times_of_their_edges() {
    let mut scene = scene();
    let (state, group) = (scene.state, scene.group);
    let umbrella = scene.history.actor(ActorKind::Organisation, "Umbrella");
    let patron = scene.history.actor(ActorKind::Organisation, "Patron");
    relation_of(&mut scene, RelationType::PartOf, group, umbrella, Some("2021-05"));
    let front = relation_of(&mut scene, RelationType::FrontOf, umbrella, patron, None);
    relation_of(&mut scene, RelationType::Commands, state, patron, None);
    for day in ["2021-05-05", "2021-06-05"] {
        let claim = Claim { uttered: Some(Edtf::recorded(day.to_owned())), ..apart(&mut scene, state, Act::Accuses) };
        scene.history.reading(user("a"), claim);
    }
    let mut fixture = Fixture::new(scene.history);
    let ties = |fixture: &Fixture, actor| -> Vec<(String, String)> {
        let line = |line: LedgerLine| (line.tie.unwrap(), line.through.map(|one| one.name).unwrap_or_default());
        of_actor(fixture, actor).lines.into_iter().map(line).collect()
    };
    let told = |tie: &str, through: &str| (tie.to_owned(), through.to_owned());
    assert_eq!(ties(&fixture, group), [told("direct", ""), told("direct", "")]);
    assert_eq!(ties(&fixture, umbrella), [told("via_part_of", "Group")], "only in May");
    assert_eq!(
        ties(&fixture, patron),
        [told("via_front_of", "Group")],
        "a part of a front; whom it commands is neither"
    );
    let disputed = relation::Event::RelationDisputed { reason: Text::recorded("No.".to_owned()) };
    fixture.history.add(user("b"), front, [disputed]);
    fixture.catch_up();
    assert_eq!(ties(&fixture, patron), [], "an edge that is open is not held");
    assert_eq!(ties(&fixture, umbrella).len(), 1);
}

#[test]
fn who_speaks_for_an_actor_speaks_in_its_ledger() {
    let mut scene = scene();
    let spokesman = scene.history.actor(ActorKind::Person, "Spokesman");
    let denial_claim = apart(&mut scene, spokesman, Act::Denies);
    let denial = scene.history.reading(user("a"), denial_claim).to_string();
    let (group, before) = (scene.group, scene.history.position());
    relation_of(&mut scene, RelationType::SpeaksFor, spokesman, group, None);
    let fixture = Fixture::new(scene.history);
    assert_eq!(lines(&of_actor(&fixture, group)), [("speaker", "denies", denial.as_str())]);
    assert_eq!(lines(&of_actor(&fixture, spokesman)), [], "the voice is the group's");
    let past = ledger(fixture.ask_at(before, ask("actor", &group, 10, 0)));
    assert_eq!(lines(&past), [("subject", "denied_of", denial.as_str())]);
}

#[test]
fn classes_relations_and_conduct_have_lines() {
    let mut scene = scene();
    let (state, group) = (scene.state, scene.group);
    let class = scene.history.class("Attacks of May", Some("2021-05"));
    let relation = scene.history.relation(RelationType::FrontOf, group, state, scene.annotation);
    let mut of_class = apart(&mut scene, state, Act::Accuses);
    (of_class.scope, of_class.proposition.target) = (Scope::Generic, Target::Class(class));
    scene.history.reading(user("a"), of_class);
    let mut of_relation = apart(&mut scene, group, Act::Denies);
    let about = &mut of_relation.proposition;
    (about.target, about.facet, about.role, about.actor) = (Target::Relation(relation), None, None, None);
    scene.history.reading(user("a"), of_relation);
    let mut of_conduct = apart(&mut scene, state, Act::Reports);
    let about = &mut of_conduct.proposition;
    (about.target, about.facet, about.role) = (Target::Actor(group), Some(Facet::Conduct), None);
    (about.actor, about.value) = (None, Some(Text::recorded("Reckless".to_owned())));
    scene.history.reading(user("a"), of_conduct);
    let mut of_others = apart(&mut scene, state, Act::Denies);
    let about = &mut of_others.proposition;
    (about.target, about.facet, about.role, about.actor) = (Target::Relation(relation), None, None, None);
    scene.history.reading(user("a"), of_others);
    let fixture = Fixture::new(scene.history);
    let ledger = of_actor(&fixture, group);
    let headings: Vec<_> = lines(&ledger).iter().map(|(part, heading, _)| (*part, *heading)).collect();
    assert_eq!(
        headings,
        [("subject", "accused_of"), ("speaker", "denies"), ("subject", "stated_of"), ("subject", "denied_of")]
    );
    let [of_class, of_relation, of_conduct, _] = &ledger.lines[..] else { panic!("four lines") };
    assert_eq!(of_class.class.as_ref().unwrap().name, "Attacks of May");
    assert_eq!(
        of_class.proposition.as_ref().unwrap().status,
        "officially_attributed",
        "as it bears on the class itself"
    );
    let head = of_relation.relation.as_ref().unwrap();
    assert_eq!((head.r#type.as_str(), head.from.as_ref().unwrap().name.as_str()), ("front_of", "Group"));
    assert_eq!(of_conduct.actor.as_ref().unwrap().name, "Group");
    assert_eq!(of_conduct.proposition.as_ref().unwrap().value.as_deref(), Some("Reckless"));
    assert!(ledger.lines.iter().all(|line| line.incident.is_none()));
}

#[test]
fn a_source_s_ledger_tells_what_it_reports_adopts_relays_and_distances_and_how_much_it_copies() {
    let mut scene = scene();
    let (source, state) = (scene.source, scene.state);
    let mut ids = Vec::new();
    for stance in [Stance::Relays, Stance::Adopts, Stance::Distances] {
        let mut claim = apart(&mut scene, state, Act::Accuses);
        let link = Link { speaker: Speaker::Source(source), stance };
        claim.speakers = Chain::recorded(vec![link], Speaker::Actor(state));
        ids.push(scene.history.reading(user("a"), claim).to_string());
    }
    let mut own = apart(&mut scene, state, Act::Reports);
    own.speakers = Chain::recorded(Vec::new(), Speaker::Source(source));
    ids.push(scene.history.reading(user("a"), own).to_string());
    let wire = scene.history.source("Wire");
    let original = scene.history.document(wire, "Wire report", TEXT);
    let original = scene.history.annotation(user("a"), original, 0, 9);
    let mut fixture = Fixture::new(scene.history);
    let found = of_source(&fixture, source);
    let headings = ["relays", "adopts", "distances", "reports"];
    let expected: Vec<_> = headings.iter().zip(&ids).map(|(heading, id)| ("", *heading, id.as_str())).collect();
    assert_eq!(lines(&found), expected);
    assert!(found.lines.iter().all(|line| line.tie.is_none()));
    let pieces = |fixture: &Fixture| {
        let pieces = of_source(fixture, source).totals.unwrap().pieces.unwrap();
        (pieces.documents, pieces.derived, pieces.derived_share, pieces.withdrawn)
    };
    assert_eq!(pieces(&fixture), (1, 0, 0.0, 0));
    let unmarked = fixture.history.document(source, "Nothing is marked in it", TEXT);
    let second = fixture.history.document(source, "Second", TEXT);
    let marked = fixture.history.annotation(user("a"), second, 0, 9);
    let derivation = fixture.history.derivation(user("a"), marked, original);
    fixture.catch_up();
    assert_eq!(pieces(&fixture), (2, 0, 0.0, 0), "what is only suggested does not count");
    let reason = Text::recorded("The same words.".to_owned());
    let confirmed = domain::derivation::Event::DerivationConfirmed { reason };
    fixture.history.add(user("c"), derivation.uuid(), [confirmed]);
    for document in [unmarked, second] {
        fixture.history.add(fixture.history.admin, document.uuid(), [document::Event::DocumentWithdrawnByPublisher]);
    }
    fixture.catch_up();
    assert_eq!(pieces(&fixture), (2, 1, 0.5, 1));
    let of_wire = of_source(&fixture, wire);
    assert_eq!((of_wire.lines.len(), of_wire.totals.unwrap().pieces.unwrap().derived), (0, 0));
}

#[test]
fn a_ledger_over_more_boards_than_are_counted_at_once_comes_whole_in_pages() {
    let mut scene = scene();
    let (state, group) = (scene.state, scene.group);
    let mut expected = Vec::new();
    for number in 0..230 {
        let incident = scene.history.incident(&format!("Attack {number}"));
        let claim = claim(scene.source, state, Act::Accuses, incident, group, scene.annotation);
        expected.push(scene.history.reading(user("a"), claim).to_string());
    }
    let fixture = Fixture::new(scene.history);
    let (mut found, mut after, mut pages) = (Vec::new(), 0, 0);
    loop {
        let page = ledger(fixture.ask(ask("actor", &group, 100, after)));
        assert_eq!(page.totals, None);
        found.extend(page.lines.into_iter().map(|line| line.said.unwrap().utterance));
        pages += 1;
        match page.after {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!((found, pages), (expected, 3));
}

#[test]
fn ledgers_of_nobody_and_of_other_things_are_refused() {
    let scene = scene();
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let refused = |kind: &str, id: Uuid| fixture.refusal(&fixture.request(ask(kind, &id, 10, 0)));
    assert_eq!(refused("actor", Uuid::nil()), (refusal::Why::Absent, "not_found".to_owned()));
    assert_eq!(refused("source", incident.uuid()), (refusal::Why::Absent, "not_found".to_owned()));
    assert_eq!(refused("incident", incident.uuid()), (refusal::Why::Invalid, "unknown_ledger".to_owned()));
}
