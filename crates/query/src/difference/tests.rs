use super::*;
use wire::view::{GenericUtterance, Voice};

fn utterance(id: &str, act: &str, marks: &[&str]) -> Utterance {
    Utterance {
        utterance: id.to_owned(),
        act: act.to_owned(),
        polarity: "+".to_owned(),
        certainty: "CT".to_owned(),
        marks: marks.iter().map(|mark| (*mark).to_owned()).collect(),
        ..Utterance::default()
    }
}

fn about(actor: &str, status: &str, flags: &[&str], support: Vec<Utterance>) -> BoardProposition {
    BoardProposition {
        actor: Some(Named { id: actor.to_owned(), name: format!("The {actor}") }),
        role: Some("perpetrator".to_owned()),
        facet: "who".to_owned(),
        status: status.to_owned(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        support,
        ..BoardProposition::default()
    }
}

fn board(as_of: u64, status: &str, propositions: Vec<BoardProposition>) -> Board {
    Board { as_of, status: status.to_owned(), propositions, ..Board::default() }
}

/// What changed, in short: what, of whom, from what, to what.
type Told<'a> = (What, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn told(difference: &BoardDifference) -> Vec<Told<'_>> {
    difference.changes.iter().map(in_short).collect()
}

fn in_short(change: &Change) -> Told<'_> {
    let actor = change.proposition.as_ref().and_then(|about| about.actor.as_ref());
    (change.what, actor.map(|actor| actor.id.as_str()), change.from.as_deref(), change.to.as_deref())
}

#[test]
fn what_came_what_went_and_what_became_something_else_is_told_by_what_it_is_about() {
    let from =
        board(7, "accused", vec![about("group", "accused", &["media_only"], vec![utterance("a", "accuses", &[])])]);
    let to = board(
        9,
        "disputed",
        vec![
            about("group", "denied", &["denied_by_accused"], vec![utterance("a", "accuses", &["withdrawn"])]),
            about("rival", "suspected", &[], vec![utterance("b", "suspects", &[])]),
        ],
    );
    let difference = BoardDifference::between(&from, &to).unwrap();
    assert_eq!((difference.from.as_of, difference.to.as_of), (7, 9));
    assert_eq!(
        told(&difference),
        [
            (What::Status, None, Some("accused"), Some("disputed")),
            (What::Status, Some("group"), Some("accused"), Some("denied")),
            (What::Flag, Some("group"), Some("media_only"), None),
            (What::Flag, Some("group"), None, Some("denied_by_accused")),
            (What::Utterance, Some("group"), Some("support: accuses + CT"), Some("support: accuses + CT (withdrawn)")),
            (What::Status, Some("rival"), None, Some("suspected")),
            (What::Utterance, Some("rival"), None, Some("support: suspects + CT")),
        ]
    );
    // The way back says the same the other way round.
    let back = BoardDifference::between(&to, &from).unwrap();
    let mut turned: Vec<_> = told(&back).into_iter().map(|(what, of, from, to)| (what, of, to, from)).collect();
    let mut there = told(&difference);
    let order = |it: &Told<'_>| format!("{it:?}");
    turned.sort_by_key(order);
    there.sort_by_key(order);
    assert_eq!(turned, there);
}

#[test]
fn an_utterance_is_the_same_whichever_of_its_readings_it_is_called_by() {
    let said = |id: &str, readings: &[&str], marks: &[&str]| Utterance {
        readings: readings.iter().map(|reading| (*reading).to_owned()).collect(),
        ..utterance(id, "accuses", marks)
    };
    let on = |as_of, support| board(as_of, "accused", vec![about("group", "accused", &[], support)]);
    let one = on(7, vec![said("b", &["b"], &[])]);
    let two = on(9, vec![said("a", &["a", "b"], &[])]);
    for (from, to) in [(&one, &two), (&two, &one)] {
        assert_eq!(told(&BoardDifference::between(from, to).unwrap()), []);
    }
    // One that keeps its id stays itself where another takes over one of its readings.
    let split = on(11, vec![said("a", &["a"], &[]), said("b", &["b"], &["withdrawn"])]);
    assert_eq!(
        told(&BoardDifference::between(&two, &split).unwrap()),
        [(What::Utterance, Some("group"), None, Some("support: accuses + CT (withdrawn)"))]
    );
}

#[test]
fn what_is_said_of_a_class_and_what_is_adopted_is_told_too() {
    let class = Named { id: "attacks".to_owned(), name: "The attacks".to_owned() };
    let of_class =
        |support| GenericUtterance { class: Some(class.clone()), about: Some(about("group", "accused", &[], support)) };
    let by_rival = |counts| Adopted {
        speaker: Some(Voice { kind: "actor".to_owned(), id: Some("rival".to_owned()), name: "The rival".to_owned() }),
        utterance: "a".to_owned(),
        sign: "+".to_owned(),
        counts,
    };
    let adopting =
        |adopted| BoardProposition { adopted, ..about("group", "accused", &[], vec![utterance("a", "accuses", &[])]) };
    let from =
        Board { generic: vec![of_class(Vec::new())], ..board(7, "accused", vec![adopting(vec![by_rival(true)])]) };
    let to = Board {
        possible_members: vec![of_class(vec![utterance("b", "accuses", &[])])],
        ..board(9, "accused", vec![adopting(vec![by_rival(false)])])
    };
    let difference = BoardDifference::between(&from, &to).unwrap();
    assert_eq!(
        told(&difference),
        [
            (What::Adopted, Some("group"), Some("+"), Some("+ (not counted)")),
            (What::Status, Some("group"), Some("accused"), None),
            (What::Status, Some("group"), None, Some("accused")),
            (What::Utterance, Some("group"), None, Some("support: accuses + CT")),
        ]
    );
    let classes: Vec<_> = difference.changes.iter().map(|change| change.class.as_ref()).collect();
    assert_eq!(classes, [None, Some(&class), Some(&class), Some(&class)]);
    assert_eq!(difference.changes[0].utterance.as_ref().unwrap().name, "The rival");
}

#[test]
fn lines_of_a_ledger_that_propose_the_same_of_different_things_are_told_apart() {
    let line = |incident: &str, act| LedgerLine {
        heading: "accused_of".to_owned(),
        incident: Some(Named { id: incident.to_owned(), name: incident.to_uppercase() }),
        proposition: Some(head(&about("group", "accused", &[], Vec::new()))),
        said: Some(utterance("a", act, &[])),
        ..LedgerLine::default()
    };
    let ledger = |lines| Ledger { lines, ..Ledger::default() };
    let (from, to) = (
        ledger(vec![line("raid", "accuses"), line("siege", "accuses")]),
        ledger(vec![line("raid", "suspects"), line("siege", "accuses")]),
    );
    let difference = ViewDifference::between(&from, &to).unwrap();
    let [change] = &difference.changes[..] else { panic!("one line changed: {difference:?}") };
    assert_eq!((change.about.as_ref().map(|about| &*about.name), &change.class), (Some("RAID"), &None));
    assert_eq!(
        in_short(change),
        (What::Utterance, Some("group"), Some("accused_of: accuses + CT"), Some("accused_of: suspects + CT"))
    );
}

#[test]
fn a_patch_makes_the_one_board_the_other() {
    let boards = [
        board(1, "unattributed", Vec::new()),
        board(7, "accused", vec![about("group", "accused", &[], vec![utterance("a", "accuses", &[])])]),
        board(
            9,
            "disputed",
            vec![about("rival", "denied", &["opposed"], vec![utterance("b", "denies", &["replaced"])])],
        ),
    ];
    for from in &boards {
        for to in &boards {
            let difference = BoardDifference::between(from, to).unwrap();
            let mut patched = serde_json::to_value(from).unwrap();
            let patch: json_patch::Patch = serde_json::from_value(difference.patch.clone()).unwrap();
            json_patch::patch(&mut patched, &patch).unwrap();
            assert_eq!(patched, serde_json::to_value(to).unwrap());
            assert_eq!(difference.changes.is_empty(), from == to);
        }
    }
}
