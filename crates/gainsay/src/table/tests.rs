use wire::view::{Board, BoardIncident, BoardProposition, Dispute, Dissent, Finding, Named, Quote, Utterance, Voice};

use super::board;
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 100 };

fn example() -> Board {
    let denial = Utterance {
        utterance: "u1".to_owned(),
        speakers: vec!["Tigris Wire".to_owned(), "Kataib\x1b[2J Hezbollah".to_owned()],
        speaker: Some(Voice { kind: "actor".to_owned(), id: None, name: "Kataib Hezbollah".to_owned() }),
        act: "denies".to_owned(),
        polarity: "-".to_owned(),
        certainty: "CT".to_owned(),
        strength: Some("strong".to_owned()),
        generic: true,
        readings: vec!["u1".to_owned()],
        quotes: vec![
            Quote { exact: Some("we had no part\r\nin it".to_owned()), ..Quote::default() },
            Quote { exact: None, erased: true, ..Quote::default() },
        ],
        quotes_total: 5,
        ..Utterance::default()
    };
    let proposition = BoardProposition {
        actor: Some(Named { id: "a".to_owned(), name: "Kataib Hezbollah".to_owned() }),
        role: Some("perpetrator".to_owned()),
        facet: "who".to_owned(),
        status: "denied".to_owned(),
        flags: vec!["denied_by_accused".to_owned()],
        opposition: vec![denial],
        ..BoardProposition::default()
    };
    let incident = BoardIncident {
        id: "i".to_owned(),
        title: "Ain al-Assad".to_owned(),
        when: "2021-05-04".to_owned(),
        same_as: Vec::new(),
    };
    Board {
        incident: Some(incident),
        as_of: 12,
        status: "disputed".to_owned(),
        disputes: vec![Dispute { kind: "denied".to_owned(), generic: true, because: vec!["u1".to_owned()] }],
        propositions: vec![proposition],
        ..Board::default()
    }
}

#[test]
fn a_board_says_what_is_disputed_and_by_whom() {
    let text = board(&example(), PLAIN);
    for part in [
        "Ain al-Assad",
        "disputed",
        "the accused deny what others say",
        "Kataib Hezbollah: denies, Kataib Hezbollah as perpetrator, of a class",
        "Kataib Hezbollah as perpetrator",
        "denied_by_accused",
        "“we had no part in it”",
        "(erased)",
        "… and 3 more",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn words_that_several_annotators_marked_are_shown_once() {
    let mut wide = example();
    let quote = |exact: &str| Quote { exact: Some(exact.to_owned()), ..Quote::default() };
    let quotes = vec![quote("no part"), quote("we had no part in it"), quote("no part"), quote("or so they say")];
    wide.propositions[0].opposition[0].quotes = quotes;
    wide.propositions[0].opposition[0].quotes_total = 4;
    let text = board(&wide, PLAIN);
    assert_eq!(text.matches("no part").count(), 1, "{text}");
    assert!(text.contains("“or so they say”") && !text.contains("more"), "{text}");
}

#[test]
fn nothing_in_a_board_can_steer_the_terminal() {
    assert!(!board(&example(), PLAIN).contains('\x1b'));
}

#[test]
fn a_table_keeps_to_the_width_of_the_terminal() {
    for width in [60, 80, 160] {
        let text = board(&example(), Terminal { colour: false, width });
        let longest = text.lines().filter(|line| line.starts_with(['┌', '│'])).map(|line| line.chars().count()).max();
        assert!(longest.unwrap() <= width.into(), "{width} in\n{text}");
    }
}

#[test]
fn an_incident_about_which_nobody_spoke_says_so() {
    let empty = Board { propositions: Vec::new(), disputes: Vec::new(), ..example() };
    assert!(board(&empty, PLAIN).contains("Nobody has said anything"));
}

#[test]
fn propositions_of_every_facet_are_named_by_it_and_what_it_asks_for() {
    let actor = || Some(Named { id: "a".to_owned(), name: "Banner Brigade".to_owned() });
    let about = |facet: &str, actor: Option<Named>, role: Option<&str>, value: Option<&str>| BoardProposition {
        actor,
        role: role.map(str::to_owned),
        facet: facet.to_owned(),
        value: value.map(str::to_owned),
        status: "contested".to_owned(),
        ..BoardProposition::default()
    };
    let facts = Dispute { kind: "facts".to_owned(), generic: false, because: Vec::new() };
    let propositions = vec![
        about("occurred", None, None, None),
        about("when", None, None, Some("2021-05-04")),
        about("where", None, None, Some("Erbil")),
        about("means", None, None, Some("rockets")),
        about("motive", actor(), None, Some("revenge")),
        about("legality", None, None, Some("self-defence")),
        about("evidence", actor(), Some("perpetrator"), None),
        about("who", None, Some("perpetrator"), None),
    ];
    let text = board(&Board { propositions, disputes: vec![facts], ..example() }, PLAIN);
    for part in [
        "facts  what happened is contested, not only who did it",
        "\noccurred  contested",
        "\nwhen: 2021-05-04  contested",
        "\nwhere: Erbil  contested",
        "\nmeans: rockets  contested",
        "\nmotive: revenge (Banner Brigade)  contested",
        "\nlegality: self-defence  contested",
        "\nevidence: Banner Brigade as perpetrator  contested",
        "\nnobody named as perpetrator  contested",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

fn finding(reason: Option<&str>, also: &[&str]) -> Finding {
    Finding {
        adjudication: "adj".to_owned(),
        outcome: "rejected".to_owned(),
        standard: "beyond_doubt".to_owned(),
        reason: reason.map(str::to_owned),
        based_on: 11,
        dissent: vec![Dissent { by: "u9".to_owned(), text: "It was\x1b[2J proven.".to_owned() }],
        also: also.iter().map(|id| (*id).to_owned()).collect(),
    }
}

#[test]
fn a_finding_stands_with_its_reason_its_dissent_and_what_is_said() {
    let mut found = example();
    found.finding = Some(finding(None, &["other"]));
    let about = &mut found.propositions[0];
    about.finding = Some(finding(Some("The fragments\nare others'."), &[]));
    (about.status, about.status_without_finding) = ("finding:rejected".to_owned(), "denied".to_owned());
    let text = board(&found, PLAIN);
    for part in [
        "rejected by the standard beyond doubt, on the records up to 11 (adjudication adj and 1 other)",
        "for adjudications contradict each other",
        "Kataib Hezbollah as perpetrator  finding:rejected",
        "(adjudication adj)",
        "because: The fragments are others'.",
        "but u9: It was",
        "by what is said alone: denied",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains('\x1b'));
    assert!(!board(&example(), PLAIN).contains("by what is said alone"));
}
