use super::*;
use crate::Why;
use crate::testing::{any, cases, given, id, refused, text};
use proptest::collection::vec;
use proptest::prelude::*;

const A: Uuid = Uuid::from_u128(0xa);
const B: Uuid = Uuid::from_u128(0xb);
const C: Uuid = Uuid::from_u128(0xc);
const D: Uuid = Uuid::from_u128(0xd);

fn judged(n: u128, left: Uuid, right: Uuid, against: &[u128]) -> Judged {
    let against = against.iter().map(|n| id(*n)).collect();
    Judged { id: id(n), subject: Subject::Actor, left, right, reason: text("the same flag"), against }
}

fn same(n: u128, left: Uuid, right: Uuid) -> Event {
    Event::JudgedSame(judged(n, left, right, &[]))
}

fn distinct(n: u128, left: Uuid, right: Uuid) -> Event {
    Event::JudgedDistinct(judged(n, left, right, &[]))
}

fn judge(verdict: Verdict, judged: Judged) -> Command {
    Command::Judge { author: id(7), verdict, judged }
}

fn path(rejection: &Rejection) -> Vec<JudgementId> {
    let path = rejection.facts.iter().find_map(|(name, fact)| match fact {
        crate::Fact::Texts(path) if *name == "path" => Some(path),
        _ => None,
    });
    path.expect("a path").iter().map(|text| JudgementId::new(Uuid::parse_str(text).unwrap())).collect()
}

fn members(identity: &Identity, of: Uuid) -> Vec<Uuid> {
    Resolution::of(identity).members(of).into_iter().collect()
}

fn standing(identity: &Identity, n: u128) -> Standing {
    identity.standings()[&id(n)]
}

#[test]
fn what_is_judged_same_is_one_and_the_smallest_id_stands_for_it() {
    let identity: Identity = given([same(1, C, B), same(2, B, D)]);
    let resolution = Resolution::of(&identity);
    for one in [B, C, D] {
        assert_eq!(resolution.canonical(one), B);
        assert_eq!(members(&identity, one), [B, C, D]);
    }
    assert_eq!(resolution.canonical(A), A);
    assert_eq!(resolution.clusters().count(), 1);
}

#[test]
fn a_merge_that_is_taken_back_leaves_nothing() {
    let identity: Identity = given([same(1, A, B), Event::JudgementWithdrawn(id(1))]);
    assert_eq!(Resolution::of(&identity), Resolution::default());
    assert_eq!(standing(&identity, 1), Standing::Withdrawn);
    assert_eq!(identity.judgement(id(1)).unwrap().revision(), 2);
}

#[test]
fn a_contradiction_of_the_closure_is_refused_with_the_path() {
    let identity: Identity = given([same(1, A, B), same(2, B, C), same(3, C, D)]);
    let result = identity.decide(judge(Verdict::Distinct, judged(9, A, D, &[])));
    let rejection = refused(result, Why::Conflict, "judgement_contradicts", "");
    assert_eq!(path(&rejection), [id(1), id(2), id(3)]);

    let identity: Identity = given([same(1, A, B), distinct(2, B, C), same(3, C, D)]);
    let rejection = refused(
        identity.decide(judge(Verdict::Same, judged(9, D, A, &[]))),
        Why::Conflict,
        "judgement_contradicts",
        "",
    );
    assert_eq!(path(&rejection), [id(3), id(2), id(1)]);
    // Two clusters that nothing parts may be joined.
    let apart: Identity = given([same(1, A, B), same(3, C, D)]);
    assert!(apart.decide(judge(Verdict::Same, judged(9, D, A, &[]))).is_ok());
}

#[test]
fn who_names_what_it_contests_is_heard_and_both_are_disputed() {
    let identity: Identity = given([same(1, A, B), same(2, B, C)]);
    let events = identity.decide(judge(Verdict::Distinct, judged(9, A, C, &[2]))).unwrap();
    let identity = events.iter().fold(identity, |state, event| state.evolve(event, id(7)));
    assert_eq!(members(&identity, A), [A, B]);
    assert_eq!(members(&identity, C), [C]);
    assert_eq!(standing(&identity, 2), Standing::Disputed);
    assert_eq!(standing(&identity, 9), Standing::Live);
    // Taken the other way, the contested one joins and the one that contests it is left out.
    let taken = Resolution::taking(&identity, id(2)).unwrap();
    assert_eq!(taken.members(A), BTreeSet::from([A, B, C]));
    assert_eq!(Resolution::taking(&identity, id(1)), None);
    // The contested one joins again once the other is taken back.
    let identity = identity.evolve(&Event::JudgementWithdrawn(id(9)), id(7));
    assert_eq!(members(&identity, A), [A, B, C]);
}

#[test]
fn a_path_that_is_not_contested_still_stands_in_the_way() {
    let identity: Identity = given([same(1, A, B), same(2, B, C), same(3, A, C)]);
    let result = identity.decide(judge(Verdict::Distinct, judged(9, A, C, &[3])));
    let rejection = refused(result, Why::Conflict, "judgement_contradicts", "");
    assert_eq!(path(&rejection), [id(1), id(2)]);
    assert!(identity.decide(judge(Verdict::Distinct, judged(9, A, C, &[3, 1]))).is_ok());
}

#[test]
fn one_contests_what_stands_between_the_two_and_nothing_else() {
    let identity: Identity = given([same(1, A, B), distinct(2, A, D), Event::JudgementWithdrawn(id(2))]);
    let contest = |verdict, left, right, against| identity.decide(judge(verdict, judged(9, left, right, against)));
    refused(contest(Verdict::Distinct, C, D, &[1]), Why::Invalid, "against_irrelevant", "/against/0");
    refused(contest(Verdict::Same, A, B, &[1]), Why::Invalid, "against_irrelevant", "/against/0");
    refused(contest(Verdict::Same, A, D, &[2]), Why::Invalid, "reference_unknown", "/against/0");
    refused(contest(Verdict::Same, A, D, &[5]), Why::Invalid, "reference_unknown", "/against/0");
    refused(contest(Verdict::Distinct, A, B, &[1, 1]), Why::Invalid, "list_repeats", "/against/1");
}

#[test]
fn who_is_unsure_joins_nothing_and_may_be_taken_as_same() {
    let identity: Identity = given([Event::JudgedUnsure(judged(1, A, B, &[]))]);
    assert_eq!(members(&identity, A), [A]);
    assert_eq!(standing(&identity, 1), Standing::Live);
    assert_eq!(Resolution::taking(&identity, id(1)).unwrap().members(B), BTreeSet::from([A, B]));
    assert!(identity.decide(judge(Verdict::Distinct, judged(2, A, B, &[]))).is_ok());
}

#[test]
fn who_is_unsure_may_contest_a_merge() {
    let identity: Identity = given([same(1, A, B)]);
    let events = identity.decide(judge(Verdict::Unsure, judged(9, A, B, &[1]))).unwrap();
    let identity = events.iter().fold(identity, |state, event| state.evolve(event, id(7)));
    assert_eq!(members(&identity, A), [A]);
}

/// A `distinct` contests one of two ways by which its ends are the same; when what was contested returns by another
/// withdrawal, `same` joins and both are disputed.
#[test]
fn a_contradiction_that_a_withdrawal_leaves_is_disputed_on_both_sides() {
    let contests = Event::JudgedUnsure(judged(4, B, C, &[2]));
    let identity: Identity =
        given([same(1, A, B), same(2, B, C), contests, distinct(3, A, C), Event::JudgementWithdrawn(id(4))]);
    assert_eq!(members(&identity, A), [A, B, C]);
    for n in [1, 2, 3] {
        assert_eq!(standing(&identity, n), Standing::Disputed, "{n}");
    }
}

#[test]
fn nobody_judges_one_thing_with_itself_or_the_same_two_twice() {
    let identity = Identity::default().evolve(&same(1, A, B), id(7));
    let again = |verdict, n, left, right| identity.decide(judge(verdict, judged(n, left, right, &[])));
    refused(again(Verdict::Same, 2, C, C), Why::Invalid, "judgement_of_itself", "/right");
    refused(again(Verdict::Same, 2, B, A), Why::Conflict, "judgement_stands", "");
    refused(again(Verdict::Same, 1, C, D), Why::Conflict, "id_taken", "");
    let other = Command::Judge { author: id(8), verdict: Verdict::Same, judged: judged(2, B, A, &[]) };
    assert!(identity.decide(other).is_ok(), "another may say the same");
}

#[test]
fn a_judgement_is_withdrawn_once() {
    let identity: Identity = given([same(1, A, B), Event::JudgementWithdrawn(id(1))]);
    refused(identity.decide(Command::Withdraw(id(1))), Why::Conflict, "judgement_withdrawn", "");
    refused(identity.decide(Command::Withdraw(id(2))), Why::Absent, "not_found", "");
}

/// The judgements that are accepted, in the order in which they come.
fn accepted(commands: Vec<Command>) -> Vec<(Event, UserId)> {
    let mut identity = Identity::default();
    let mut events = Vec::new();
    for command in commands {
        let author = match &command {
            Command::Judge { author, .. } => *author,
            Command::Withdraw(_) => id(1),
        };
        for event in identity.decide(command).unwrap_or_default() {
            identity = identity.evolve(&event, author);
            events.push((event, author));
        }
    }
    events
}

fn folded(events: &[(Event, UserId)]) -> Identity {
    events.iter().fold(Identity::default(), |state, (event, author)| state.evolve(event, *author))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_closure_never_contradicts_a_judgement_unless_one_was_withdrawn(commands in vec(any::identity_command(), 0..20)) {
        let judged: Vec<_> = commands.into_iter().filter(|command| matches!(command, Command::Judge { .. })).collect();
        let identity = folded(&accepted(judged));
        let resolution = Resolution::of(&identity);
        let contested = identity.contested();
        for (id, judgement) in identity.live().filter(|(id, _)| !contested.contains(id)) {
            let are_one = resolution.canonical(judgement.left) == resolution.canonical(judgement.right);
            match judgement.verdict {
                Verdict::Same => prop_assert!(are_one, "{id}"),
                Verdict::Distinct => prop_assert!(!are_one, "{id}"),
                Verdict::Unsure => {}
            }
        }
    }

    #[test]
    fn a_judgement_and_its_withdrawal_leave_the_resolution_as_it_was(
        commands in vec(any::identity_command(), 0..20),
        last in any::identity_command(),
    ) {
        let before = folded(&accepted(commands));
        if let Ok(events) = before.decide(last)
            && let Some(Event::JudgedSame(judged) | Event::JudgedDistinct(judged) | Event::JudgedUnsure(judged)) = events.first()
        {
            let withdrawn = Event::JudgementWithdrawn(judged.id);
            let after = [&events[0], &withdrawn].into_iter().fold(before.clone(), |state, event| state.evolve(event, id(1)));
            prop_assert_eq!(Resolution::of(&after), Resolution::of(&before));
            let mut standings = after.standings();
            standings.remove(&judged.id);
            prop_assert_eq!(standings, before.standings());
        }
    }

    #[test]
    fn the_order_of_judgements_does_not_matter_to_what_they_amount_to(commands in vec(any::identity_command(), 0..20)) {
        let events = accepted(commands);
        let judged: Vec<_> = events.iter().filter(|(event, _)| event.judged().is_some()).cloned().collect();
        let withdrawn: Vec<_> = events.iter().filter(|(event, _)| event.judged().is_none()).cloned().collect();
        let forwards = folded(&judged.iter().chain(&withdrawn).cloned().collect::<Vec<_>>());
        let backwards = folded(&judged.iter().rev().chain(withdrawn.iter().rev()).cloned().collect::<Vec<_>>());
        prop_assert_eq!(Resolution::of(&forwards), Resolution::of(&folded(&events)));
        prop_assert_eq!(Resolution::of(&forwards), Resolution::of(&backwards));
        prop_assert_eq!(forwards.standings(), backwards.standings());
    }
}
