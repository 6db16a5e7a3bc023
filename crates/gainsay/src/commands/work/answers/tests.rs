use super::*;
use domain::claim::{Act, Certainty, Polarity};

const ID: &str = "017f0000-0000-7000-8000-0000000000d0";

#[test]
fn a_code_is_meant_by_all_of_it_or_by_a_beginning_that_it_has_alone() {
    assert_eq!(code("denies", Act::ALL), Ok(Act::Denies));
    assert_eq!(code("DENIES", Act::ALL), Ok(Act::Denies));
    assert_eq!(code("den", Act::ALL), Ok(Act::Denies));
    assert_eq!(code("claims responsibility", Act::ALL), Ok(Act::ClaimsResponsibility));
    assert_eq!(code("ct", Certainty::ALL), Ok(Certainty::Certain));
    assert_eq!(code("−", Polarity::ALL), Ok(Polarity::Minus));
    assert_eq!(code("p", Certainty::ALL), Err("`p` may be PR, PS".to_owned()));
    assert_eq!(code("x", Certainty::ALL), Err("`x` is none of CT, PR, PS, U".to_owned()));
    assert_eq!(code("", Certainty::ALL), Err("an answer is needed".to_owned()));
}

#[test]
fn a_word_that_another_begins_with_is_still_meant_by_itself() {
    assert_eq!(pick("post", &["poster", "post"]), Ok(1));
    assert_eq!(pick("poste", &["poster", "post"]), Ok(0));
}

#[test]
fn yes_and_no_have_beginnings_too() {
    assert_eq!(yes("y", None), Ok(true));
    assert_eq!(yes("No", None), Ok(false));
    assert_eq!(yes("", Some(true)), Ok(true));
    assert!(yes("", None).is_err());
    assert!(yes("perhaps", Some(true)).is_err());
}

#[test]
fn a_voice_is_an_actor_a_source_or_somebody_unidentified() {
    assert_eq!(Voice::parse("Banner Brigade"), Ok(Voice::Actor("Banner Brigade")));
    assert_eq!(Voice::parse("actor: Reports"), Ok(Voice::Actor("Reports")));
    assert_eq!(Voice::parse("source: River Wire"), Ok(Voice::Source("River Wire")));
    assert_eq!(Voice::parse("Brigade: North"), Ok(Voice::Actor("Brigade: North")));
    let officers = Voice::Unidentified(UnidentifiedKind::Officials, "two officers");
    assert_eq!(Voice::parse("officials: two officers"), Ok(officers));
    assert_eq!(Voice::parse("agentless:"), Ok(Voice::Unidentified(UnidentifiedKind::Agentless, "")));
    assert!(Voice::parse("source:").is_err());
    assert!(Voice::parse("").is_err());
}

#[test]
fn a_claim_is_about_an_incident_an_actor_a_relation_or_what_was_before() {
    assert_eq!(About::parse(""), Ok(About::Before));
    assert_eq!(About::parse("Rockets: May"), Ok(About::Incident("Rockets: May")));
    assert_eq!(About::parse("actor: Brigade"), Ok(About::Actor("Brigade")));
    assert_eq!(About::parse(&format!("relation: {ID}")), Ok(About::Relation(ID.parse().unwrap())));
    assert_eq!(About::parse("relation: that one"), Err("`that one` is no id".to_owned()));
}

#[test]
fn a_new_actor_has_a_name_and_a_kind() {
    assert!(registration("Brigade, North").is_none());
    let (name, kind) = registration("+Brigade, North, organisation").unwrap().unwrap();
    assert_eq!((name.as_str(), kind), ("Brigade, North", ActorKind::Organisation));
    assert!(registration("+Brigade").unwrap().unwrap_err().contains("placeholder"));
    assert!(registration("+Brigade, army").unwrap().unwrap_err().contains("`army` is none of"));
    assert!(registration("+, person").unwrap().is_err());
}

#[test]
fn names_and_others_are_told_apart() {
    assert_eq!(together(""), (vec![], false));
    assert_eq!(together("A ; B;"), (vec!["A", "B"], false));
    assert_eq!(together("A; others"), (vec!["A"], true));
}

#[test]
fn dates_and_ids_are_checked() {
    assert_eq!(date(""), Ok(None));
    assert_eq!(date("2021-05~").unwrap().unwrap().as_str(), "2021-05~");
    assert!(date("last May").is_err());
    assert_eq!(utterances(&format!("{ID}, {ID}")).unwrap().len(), 2);
    assert!(utterances("").is_err());
    assert_eq!(relation(""), Ok(None));
}
