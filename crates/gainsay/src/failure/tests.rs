use anyhow::Context;
use runtime::{ExitCode, Problem};

use super::{Usage, code};
use crate::client;

#[test]
fn the_cause_decides_and_not_what_was_being_done() {
    let usage = Err::<(), _>(Usage("no".to_owned())).context("doing this").context("doing that").unwrap_err();
    assert_eq!(code(&usage), ExitCode::Usage);
}

#[test]
fn a_refusal_an_outage_and_a_fault_of_the_service_differ() {
    let of = |problem: Problem| code(&client::Error::from(problem).into());
    assert_eq!(of(Problem::not_found("no")), ExitCode::Refused);
    assert_eq!(of(Problem::unauthorized("token_missing", "no")), ExitCode::Refused);
    assert_eq!(of(Problem::unavailable("behind", "no", 1)), ExitCode::Unavailable);
    assert_eq!(of(Problem::internal()), ExitCode::Failure);
}

#[test]
fn anything_else_is_a_failure() {
    assert_eq!(code(&anyhow::anyhow!("what is this")), ExitCode::Failure);
}
