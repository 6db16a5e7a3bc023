use super::{Error, Format, init};

#[test]
fn starting_twice_changes_nothing() {
    init(Format::Json, Some("warn")).unwrap();
    init(Format::Human, Some("debug")).unwrap();
    tracing::warn!(answer = 42, "logged once");
}

#[test]
fn a_filter_that_does_not_parse_is_refused() {
    let error = init(Format::Auto, Some("runtime=loud")).unwrap_err();
    assert!(matches!(error, Error::Filter { filter, .. } if filter == "runtime=loud"));
}

#[test]
fn formats_are_read_by_name() {
    assert_eq!("json".parse::<Format>().unwrap(), Format::Json);
    assert_eq!("human".parse::<Format>().unwrap(), Format::Human);
    assert!("xml".parse::<Format>().unwrap_err().to_string().contains("auto, human, json"));
}
