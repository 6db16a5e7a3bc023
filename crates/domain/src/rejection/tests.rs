use super::*;

#[test]
fn a_refusal_is_shown_with_its_code() {
    let refusal = Rejection::invalid("span_empty", "the span 3..3 has no text");
    assert_eq!(refusal.to_string(), "span_empty: the span 3..3 has no text");
}

#[test]
fn each_kind_of_refusal_has_its_constructor() {
    assert_eq!(Rejection::invalid("x", "y").why, Why::Invalid);
    assert_eq!(Rejection::absent("x", "y").why, Why::Absent);
    assert_eq!(Rejection::forbidden("x", "y").why, Why::Forbidden);
    assert_eq!(Rejection::conflict("x", "y").why, Why::Conflict);
    assert_eq!(Rejection::stale(1, 2).why, Why::Stale);
    assert_eq!(Rejection::unconditional(2).why, Why::Unconditional);
}

#[test]
fn a_stale_or_unconditional_change_is_answered_with_the_current_revision() {
    let stale = Rejection::stale(3, 5);
    assert_eq!(stale.code, "revision_conflict");
    assert_eq!(stale.facts, [("revision", Fact::Number(5))]);
    assert!(stale.detail.contains("revision 3") && stale.detail.contains("is 5"), "{stale}");
    let unconditional = Rejection::unconditional(5);
    assert_eq!(unconditional.code, "revision_required");
    assert_eq!(unconditional.facts, [("revision", Fact::Number(5))]);
    assert!(unconditional.detail.contains("If-Match"), "{unconditional}");
}

#[test]
fn a_pointer_is_set_and_put_below_another() {
    let refusal = Rejection::invalid("x", "y").at("/0/actor").below("/speakers");
    assert_eq!(refusal.pointer, "/speakers/0/actor");
    assert_eq!(Rejection::invalid("x", "y").below("/evidence/1").pointer, "/evidence/1");
}

#[test]
fn facts_are_kept_in_order() {
    let refusal = Rejection::conflict("x", "y")
        .with("a", Fact::Text("1".to_owned()))
        .with("b", Fact::Texts(vec!["2".to_owned()]))
        .with("c", Fact::Number(3));
    let names: Vec<_> = refusal.facts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}
