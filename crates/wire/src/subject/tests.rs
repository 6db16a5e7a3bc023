use super::*;
use domain::Code;

fn address(kind: Kind) -> Address {
    Address { project: Uuid::from_u128(1), kind, id: Uuid::from_u128(0xabc) }
}

const ANNOTATION: &str =
    "gainsay.ev.0.00000000-0000-0000-0000-000000000001.annotation.00000000-0000-0000-0000-000000000abc";

#[test]
fn a_subject_names_log_project_kind_and_id() {
    assert_eq!(address(Kind::Annotation).subject(0), ANNOTATION);
    assert_eq!(
        address(Kind::Annotation).to_string(),
        "00000000-0000-0000-0000-000000000001.annotation.00000000-0000-0000-0000-000000000abc"
    );
}

#[test]
fn every_address_is_read_back_from_its_subject() {
    for &kind in Kind::ALL {
        for log in [0, 7, u16::MAX] {
            assert_eq!(Address::parse(&address(kind).subject(log)), Some((log, address(kind))));
        }
    }
}

#[test]
fn a_subject_lies_within_the_filter_and_the_stream_of_its_log() {
    let filter = filter(3);
    let prefix = filter.strip_suffix('>').unwrap();
    assert!(address(Kind::Reading).subject(3).starts_with(prefix));
    assert!(!address(Kind::Reading).subject(30).starts_with(prefix));
    assert_eq!(stream(3), "GAINSAY_EV_3");
}

#[test]
fn other_subjects_are_no_addresses() {
    let id = "00000000-0000-0000-0000-000000000abc";
    for subject in [
        String::new(),
        "gainsay.ev.0".to_owned(),
        format!("gainsay.ctl.0.{id}.annotation.{id}"),
        format!("gainsay.ev.65536.{id}.annotation.{id}"),
        format!("gainsay.ev.-1.{id}.annotation.{id}"),
        format!("gainsay.ev.0.{id}.annotations.{id}"),
        format!("gainsay.ev.0.{id}.annotation"),
        format!("gainsay.ev.0.{id}.annotation.{id}."),
        format!("gainsay.ev.0.{id}.annotation.{id}.more"),
        format!("gainsay.ev.0.*.annotation.{id}"),
        format!("{ANNOTATION}0"),
    ] {
        assert_eq!(Address::parse(&subject), None, "{subject}");
    }
}

#[test]
fn only_the_spelling_that_is_written_is_read() {
    for subject in [
        ANNOTATION.replace(".0.", ".+0."),
        ANNOTATION.replace(".0.", ".00."),
        ANNOTATION.replace("000abc", "000ABC"),
        ANNOTATION.replace("00000000-0000-0000-0000-000000000abc", "00000000000000000000000000000abc"),
    ] {
        assert_eq!(Address::parse(&subject), None, "{subject}");
    }
}
