use std::collections::BTreeMap;
use wire::view::{
    Agreement, AgreementFigure, AgreementFigures, AgreementMeasures, AgreementRating, AgreementUnit, Quote,
};

use super::agreement;
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 160 };

fn rating(act: &str) -> AgreementRating {
    AgreementRating { act: act.to_owned(), ..AgreementRating::default() }
}

#[test]
fn a_report_says_what_is_defined_why_the_rest_is_not_and_who_differs_where() {
    let act = AgreementMeasures {
        ratings: 2,
        alpha: Some(AgreementFigure { value: Some(0.25), undefined: None }),
        fleiss: Some(AgreementFigure { value: None, undefined: Some("uneven_ratings".to_owned()) }),
    };
    let overall =
        AgreementFigures { units: 1, compared: 1, annotators: 2, act: Some(act), ..AgreementFigures::default() };
    let unit = AgreementUnit {
        quote: Some(Quote { exact: Some("It was\x1b[2J them".to_owned()), ..Quote::default() }),
        differs: vec!["act".to_owned()],
        ratings: vec![rating("no_claim"), rating("attributes_officially")],
        posterior: BTreeMap::from([("no_claim".to_owned(), 0.1), ("attributes_officially".to_owned(), 0.9)]),
        ..AgreementUnit::default()
    };
    let report = Agreement { as_of: 7, overall: Some(overall), units: vec![unit], ..Agreement::default() };
    let text = agreement(&report, PLAIN);
    for part in
        ["as of position 7", "2 annotators read 1 unit", "0.25", "uneven ratings", "no claim", "officially 0.90"]
    {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn without_readings_it_says_so() {
    assert!(agreement(&Agreement::default(), PLAIN).contains("Nothing is read yet."));
}
