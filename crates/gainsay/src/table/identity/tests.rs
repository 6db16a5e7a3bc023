use super::*;
use wire::view::{BoardIncident, IdentityCluster, IdentityTotals, PropositionChange, Suggestion};

const PLAIN: Terminal = Terminal { width: 100, colour: false };

fn named(id: &str, name: &str) -> Named {
    Named { id: id.to_owned(), name: name.to_owned() }
}

#[test]
fn the_workbench_names_what_is_one_and_says_how_much_is_left_out() {
    let shown = Identity {
        kind: "actor".to_owned(),
        clusters: vec![IdentityCluster {
            canonical: "a".to_owned(),
            members: vec![named("a", "The\u{1b}[31m Group"), named("b", "Facade")],
        }],
        edges: vec![Judgement {
            id: "j".to_owned(),
            left: "a".to_owned(),
            right: "z".to_owned(),
            verdict: "distinct".to_owned(),
            status: "disputed".to_owned(),
            reason: "Another valley.".to_owned(),
            against: vec!["k".to_owned()],
            ..Judgement::default()
        }],
        named: vec![named("z", "Kahf")],
        suggestions: vec![Suggestion {
            left: Some(named("c", "Ashab")),
            right: Some(named("d", "ashab")),
            shares: vec!["name".to_owned()],
        }],
        totals: Some(IdentityTotals { clusters: 1, edges: 7, suggestions: 1 }),
        ..Identity::default()
    };
    let text = identity(&shown, PLAIN);
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.contains("Group = Facade"), "{text}");
    assert!(text.contains(" distinct Kahf, against k (disputed)"), "{text}");
    assert!(text.contains("(1 of 7; `--limit` shows more)"), "{text}");
    assert!(text.contains("Ashab and ashab share: name"), "{text}");
}

#[test]
fn a_preview_says_what_would_change_and_what_stands_in_the_way() {
    let moved = |before: &str, after: &str| Some(Change { before: before.to_owned(), after: after.to_owned() });
    let shown = Preview {
        left: Some(named("a", "Group")),
        right: Some(named("b", "Facade")),
        contradicts: vec!["j".to_owned()],
        boards: vec![BoardChange {
            incident: Some(BoardIncident { title: "Attack".to_owned(), ..BoardIncident::default() }),
            status: moved("disputed", "acknowledged"),
            disputes_before: vec!["rival_accused".to_owned()],
            disputes_after: Vec::new(),
            propositions: vec![PropositionChange {
                actor: Some(named("b", "Facade")),
                role: Some("perpetrator".to_owned()),
                facet: "who".to_owned(),
                value: None,
                status: moved("claimed", "acknowledged"),
                into: Some(named("a", "Group")),
            }],
        }],
        ..Preview::default()
    };
    let text = preview(&shown, PLAIN);
    assert!(text.contains("If Group and Facade were one"), "{text}");
    assert!(text.contains("disputed → acknowledged"), "{text}");
    assert!(text.contains("rival_accused → none"), "{text}");
    assert!(text.contains("Facade, perpetrator, as Group: claimed → acknowledged"), "{text}");
    assert!(text.contains("contest one of them"), "{text}");
    let nothing = preview(&Preview::default(), PLAIN);
    assert!(nothing.contains("No board would change."), "{nothing}");
}
