//! What the tests of all aggregates share: short values, given and then, and generators.

pub mod any;

use crate::claim::{Act, Certainty, Chain, Claim, Facet, Polarity, Proposition, Role, Scope, Speaker, Target};
use crate::edtf::Edtf;
use crate::id::{AnnotationId, UserId};
use crate::text::Text;
use crate::{Aggregate, Rejection, Why};
use proptest::test_runner::Config;
use uuid::Uuid;

/// The n-th id of a type.
pub fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

pub fn text(text: &str) -> Text {
    Text::parse(text, "").unwrap()
}

pub fn edtf(date: &str) -> Edtf {
    Edtf::parse(date, "").unwrap()
}

/// The author of events where it does not matter who wrote them.
pub const AUTHOR: UserId = UserId::new(Uuid::from_u128(0xa));

/// The state after these events of one author.
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> A {
    events.into_iter().fold(A::default(), |state, event| state.evolve(&event, AUTHOR))
}

/// The refusal of a command.
#[track_caller]
pub fn refusal<T: std::fmt::Debug>(result: Result<T, Rejection>) -> Rejection {
    let rejection = result.expect_err("the command is refused");
    assert!(!rejection.detail.is_empty(), "a refusal says what to do");
    assert!(rejection.pointer.is_empty() || rejection.pointer.starts_with('/'), "{rejection:?}");
    rejection
}

/// Asserts how a command is refused: its kind, its code and where it points to.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(result: Result<T, Rejection>, why: Why, code: &str, pointer: &str) -> Rejection {
    let rejection = refusal(result);
    assert_eq!((rejection.why, rejection.code, rejection.pointer.as_str()), (why, code, pointer));
    rejection
}

/// 256 cases, or 10,000 in a soak.
pub fn cases() -> Config {
    let soak = std::env::var_os("GAINSAY_SOAK").is_some_and(|value| value == "1");
    Config::with_cases(if soak { 10_000 } else { 256 })
}

/// Actor 1 accuses actor 2 of incident 1, citing annotation 1.
pub fn accusation() -> Claim {
    Claim {
        speakers: Chain::parse(vec![(Speaker::Actor(id(1)), None)]).unwrap(),
        act: Act::Accuses,
        proposition: Proposition {
            target: Target::Incident(id(1)),
            facet: Some(Facet::Who),
            actor: Some(id(2)),
            role: Some(Role::Perpetrator),
            value: None,
            with: Vec::new(),
            with_others: false,
        },
        polarity: Polarity::Plus,
        certainty: Certainty::Certain,
        evidence: vec![id::<AnnotationId>(1)],
        scope: Scope::Specific,
        presupposed: false,
        mode: None,
        uttered: None,
        changes: Vec::new(),
        speaks_for: None,
    }
}
