use wire::view::{Corroboration, Named, OriginDerivation, OriginPassage, Origins, Quote};

use super::origins;
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 100 };

fn passage(name: &str, utterances: &[&str]) -> OriginPassage {
    OriginPassage {
        passage: name.to_owned(),
        document: Some(Named { id: name.to_owned(), name: format!("The {name}") }),
        quote: Some(Quote { exact: Some(format!("words of the {name}")), ..Quote::default() }),
        utterances: utterances.iter().map(|id| (*id).to_owned()).collect(),
        ..OriginPassage::default()
    }
}

fn copies(from: &str, to: &str, status: &str) -> OriginDerivation {
    OriginDerivation {
        kind: "near_duplicate".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        status: status.to_owned(),
        ..OriginDerivation::default()
    }
}

fn graph(kind: &str, passages: Vec<OriginPassage>, derivations: Vec<OriginDerivation>) -> Origins {
    let corroboration = Some(Corroboration { kind: kind.to_owned(), origins: 1 });
    Origins { corroboration, passages, derivations, ..Origins::default() }
}

#[test]
fn a_copy_stands_above_what_it_derives_from() {
    let wire = OriginPassage { origin: true, ..passage("wire", &[]) };
    let text = origins(
        &graph("single_origin", vec![passage("paper", &["u1"]), wire], vec![copies("paper", "wire", "confirmed")]),
        PLAIN,
    );
    let (paper, wire) = (text.find("The paper").unwrap(), text.find("The wire  (origin)").unwrap());
    assert!(paper < wire, "{text}");
    assert!(text.contains("└─ near duplicate\n") && text.contains("“words of the wire”"), "{text}");
}

#[test]
fn a_suggestion_says_that_it_is_not_counted() {
    let text = origins(
        &graph(
            "single_origin",
            vec![passage("paper", &["u1"]), passage("wire", &[])],
            vec![copies("paper", "wire", "suggested")],
        ),
        PLAIN,
    );
    assert!(text.contains("(suggested, not counted)"), "{text}");
}

#[test]
fn a_circle_is_followed_once_around() {
    let circle = vec![copies("paper", "wire", "confirmed"), copies("wire", "paper", "confirmed")];
    let text = origins(&graph("circular", vec![passage("paper", &["u1"]), passage("wire", &[])], circle), PLAIN);
    assert!(text.contains("The paper: back where it began"), "{text}");
    assert!(text.contains("circular"), "{text}");
}

#[test]
fn a_passage_to_which_two_ways_lead_is_followed_once() {
    let ways = vec![
        copies("paper", "wire", "confirmed"),
        copies("radio", "wire", "confirmed"),
        copies("wire", "witness", "confirmed"),
    ];
    let passages =
        vec![passage("paper", &["u1"]), passage("radio", &["u2"]), passage("wire", &[]), passage("witness", &[])];
    let text = origins(&graph("single_origin", passages, ways), PLAIN);
    assert_eq!(text.matches("The witness").count(), 1, "{text}");
    assert_eq!(text.matches("as above").count(), 1, "{text}");
}

#[test]
fn a_long_chain_is_cut() {
    let name = |n: usize| format!("paper {n}");
    let passages = (0..200).map(|n| passage(&name(n), if n == 0 { &["u1"] } else { &[] })).collect();
    let chain = (0..199).map(|n| copies(&name(n), &name(n + 1), "suggested")).collect();
    let text = origins(&graph("single_origin", passages, chain), PLAIN);
    assert!(text.contains("paper 20") && !text.contains("paper 30"), "{text}");
    assert!(text.contains("… and further"), "{text}");
}
