use super::*;

fn refused(code: u64) -> Error {
    Error::Refused { doing: "follow the log".to_owned(), code, description: String::new() }
}

#[test]
fn a_cluster_that_elects_a_leader_is_worth_another_try_and_a_missing_stream_is_not() {
    assert!(refused(10008).is_transient());
    assert!(!refused(10059).is_transient());
}
