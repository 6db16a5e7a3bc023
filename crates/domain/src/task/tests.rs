use super::*;
use crate::Why;
use crate::testing::{any, cases, given, id, refused, text};
use proptest::collection::vec;
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;

fn terms(overlap: Overlap, assignees: &[u128]) -> Terms {
    let assignees = assignees.iter().map(|n| id(*n)).collect();
    Terms { document: id(7), revision: 1, overlap, lease_seconds: 60, priority: 0, assignees }
}

fn opened(overlap: u32) -> Event {
    Event::TaskOpened(terms(Overlap::Of(overlap), &[]))
}

fn leased(annotator: u128, until: i64) -> Event {
    Event::TaskLeased { annotator: id(annotator), until_us: until * SECOND }
}

fn renewed(annotator: u128, until: i64) -> Event {
    Event::LeaseRenewed { annotator: id(annotator), until_us: until * SECOND }
}

fn expired(annotator: u128) -> Event {
    Event::LeaseExpired { annotator: id(annotator) }
}

fn found() -> Submission {
    Submission { readings: vec![id(1)], ..Submission::default() }
}

fn submitted(annotator: u128) -> Event {
    Event::TaskSubmitted { annotator: id(annotator), submission: found() }
}

fn skipped(annotator: u128) -> Event {
    Event::TaskSkipped { annotator: id(annotator), reason: text("Not my language.") }
}

fn lease(annotator: u128, now: i64) -> Command {
    Command::Lease { annotator: id(annotator), now_us: now * SECOND }
}

fn renew(annotator: u128, now: i64) -> Command {
    Command::Renew { annotator: id(annotator), now_us: now * SECOND }
}

fn submit(annotator: u128, now: i64) -> Command {
    Command::Submit { annotator: id(annotator), submission: found(), now_us: now * SECOND }
}

fn skip(annotator: u128, now: i64) -> Command {
    Command::Skip { annotator: id(annotator), reason: text("Not my language."), now_us: now * SECOND }
}

fn after(events: impl IntoIterator<Item = Event>, command: Command) -> Result<Vec<Event>, Rejection> {
    given::<Task>(events).decide(command)
}

#[test]
fn a_task_is_opened_for_one_or_more_or_for_everyone() {
    for (overlap, assignees) in [(Overlap::Of(1), &[][..]), (Overlap::Of(2), &[1, 2]), (Overlap::Everyone, &[])] {
        let terms = terms(overlap, assignees);
        assert_eq!(after([], Command::Open(terms.clone())), Ok(vec![Event::TaskOpened(terms)]));
    }
    let refused_as = |terms: Terms, code: &str, pointer: &str| {
        refused(after([], Command::Open(terms)), Why::Invalid, code, pointer);
    };
    refused_as(terms(Overlap::Of(0), &[]), "overlap_invalid", "/overlap");
    refused_as(terms(Overlap::Of(1_001), &[]), "overlap_invalid", "/overlap");
    refused_as(terms(Overlap::Of(3), &[1, 2]), "overlap_exceeds_assignees", "/overlap");
    refused_as(terms(Overlap::Everyone, &[1, 2, 1]), "list_repeats", "/assignees/2");
    let anybody = terms(Overlap::Everyone, &[]);
    refused_as(Terms { lease_seconds: 0, ..anybody.clone() }, "lease_seconds_invalid", "/lease_seconds");
    refused_as(Terms { lease_seconds: 604_801, ..anybody.clone() }, "lease_seconds_invalid", "/lease_seconds");
    refused_as(Terms { priority: -1_001, ..anybody }, "priority_invalid", "/priority");
}

#[test]
fn as_many_lease_a_task_as_are_to_read_it_and_nobody_twice() {
    assert_eq!(after([opened(2)], lease(1, 0)), Ok(vec![leased(1, 60)]));
    assert_eq!(after([opened(2), leased(1, 60)], lease(2, 1)), Ok(vec![leased(2, 61)]));
    refused(after([opened(2), leased(1, 60)], lease(1, 1)), Why::Conflict, "lease_held", "");
    refused(after([opened(2), leased(1, 60), leased(2, 60)], lease(3, 1)), Why::Conflict, "task_full", "");
    refused(after([opened(2), leased(1, 60), submitted(1)], lease(1, 1)), Why::Conflict, "already_submitted", "");
    // A place that was submitted stays taken.
    refused(after([opened(1), leased(1, 60), submitted(1)], lease(2, 99)), Why::Conflict, "task_full", "");
}

#[test]
fn a_lease_that_ran_out_is_given_to_others_and_noted_with_what_comes_next() {
    let held = [opened(1), leased(1, 60)];
    refused(after(held.clone(), lease(2, 59)), Why::Conflict, "task_full", "");
    assert_eq!(after(held.clone(), lease(2, 60)), Ok(vec![expired(1), leased(2, 120)]));
    // Whose lease it was is not given it again unasked, but may renew it as long as the place is free.
    refused(after(held.clone(), lease(1, 60)), Why::Conflict, "task_abandoned", "");
    assert_eq!(after(held.clone(), renew(1, 60)), Ok(vec![renewed(1, 120)]));
    assert_eq!(after(held.clone(), submit(1, 60)), Ok(vec![submitted(1), Event::TaskClosed]));
    let given_away = [opened(1), leased(1, 60), expired(1), leased(2, 120)];
    refused(after(given_away.clone(), lease(1, 61)), Why::Conflict, "task_abandoned", "");
    for command in [renew(1, 61), submit(1, 61)] {
        refused(after(given_away.clone(), command), Why::Conflict, "lease_lost", "");
    }
    // The other one let it run out as well.
    assert_eq!(after(given_away.clone(), renew(1, 120)), Ok(vec![expired(2), renewed(1, 180)]));
    let given_back = given_away.into_iter().chain([expired(2), renewed(1, 180)]);
    assert_eq!(given::<Task>(given_back).opened().unwrap().abandoned, BTreeSet::from([id(2)]));
}

#[test]
fn only_who_holds_a_lease_renews_submits_or_skips() {
    for command in [renew(1, 0), submit(1, 0), skip(1, 0)] {
        refused(after([opened(2), leased(2, 60)], command), Why::Conflict, "no_lease", "");
    }
    assert_eq!(after([opened(2), leased(1, 60)], renew(1, 59)), Ok(vec![renewed(1, 119)]));
    for command in [renew(1, 0), submit(1, 0), skip(1, 0)] {
        let history = [opened(2), leased(1, 60), submitted(1)];
        refused(after(history, command), Why::Conflict, "already_submitted", "");
    }
}

#[test]
fn the_last_submission_closes_a_task() {
    let held = [opened(2), leased(1, 60), leased(2, 60)];
    assert_eq!(after(held.clone(), submit(1, 1)), Ok(vec![submitted(1)]));
    let history = held.into_iter().chain([submitted(1)]);
    let last = after(history.clone(), submit(2, 2)).unwrap();
    assert_eq!(last, [submitted(2), Event::TaskClosed]);
    let closed = history.chain(last).collect::<Vec<_>>();
    assert_eq!(given::<Task>(closed.clone()).stage(), Some(Stage::Closed));
    for command in [lease(3, 3), renew(1, 3), submit(1, 3), skip(1, 3), Command::Close] {
        refused(after(closed.clone(), command), Why::Conflict, "task_closed", "");
    }
    // One that everyone may read is closed by hand.
    let everyone = [Event::TaskOpened(terms(Overlap::Everyone, &[])), leased(1, 60)];
    assert_eq!(after(everyone.clone(), submit(1, 1)), Ok(vec![submitted(1)]));
    assert_eq!(after(everyone, Command::Close), Ok(vec![Event::TaskClosed]));
}

#[test]
fn a_task_that_is_assigned_is_read_by_those_alone_and_ends_with_the_last_of_them() {
    let all = [Event::TaskOpened(terms(Overlap::Everyone, &[1, 2])), leased(1, 60)];
    refused(after(all.clone(), lease(3, 0)), Why::Conflict, "not_assigned", "");
    assert_eq!(after(all.clone(), submit(1, 1)), Ok(vec![submitted(1)]));
    let rest = all.into_iter().chain([submitted(1), leased(2, 60)]);
    assert_eq!(after(rest.clone(), submit(2, 2)), Ok(vec![submitted(2), Event::TaskClosed]));
    assert_eq!(after(rest, skip(2, 2)), Ok(vec![skipped(2), Event::TaskClosed]));
}

#[test]
fn who_skips_a_task_frees_the_place_and_is_not_given_it_again() {
    let held = [opened(1), leased(1, 60)];
    assert_eq!(after(held.clone(), skip(1, 1)), Ok(vec![skipped(1)]));
    let free = held.into_iter().chain([skipped(1)]);
    refused(after(free.clone(), lease(1, 2)), Why::Conflict, "task_skipped", "");
    assert_eq!(after(free, lease(2, 2)), Ok(vec![leased(2, 62)]));
}

#[test]
fn who_submits_nothing_says_that_there_is_nothing() {
    let submit = |submission| {
        after([opened(2), leased(1, 60)], Command::Submit { annotator: id(1), submission, now_us: SECOND })
    };
    refused(submit(Submission::default()), Why::Invalid, "nothing_submitted", "/nothing_found");
    assert!(submit(Submission { nothing_found: true, ..Submission::default() }).is_ok());
    assert!(submit(Submission { no_claims: vec![id(1)], ..Submission::default() }).is_ok());
    let both = Submission { nothing_found: true, ..found() };
    refused(submit(both), Why::Invalid, "nothing_found_contradicted", "/nothing_found");
    let twice = Submission { readings: vec![id(1), id(2), id(1)], ..Submission::default() };
    refused(submit(twice), Why::Invalid, "list_repeats", "/readings/2");
    let many = Submission { no_claims: (0..1_001).map(id).collect(), ..Submission::default() };
    refused(submit(many), Why::Invalid, "list_too_long", "/no_claims");
}

proptest! {
    #![proptest_config(cases())]

    /// Whatever is asked of a task and in whichever order of times, a clock that goes back included.
    #[test]
    fn places_are_never_taken_twice(
        overlap in 1_u32..4,
        assigned in any::<bool>(),
        commands in vec(any::task_command(), 1..60),
    ) {
        let assignees: &[u128] = if assigned { &[1, 2, 3] } else { &[] };
        let terms = terms(Overlap::Of(overlap), assignees);
        let mut task: Task = given([Event::TaskOpened(terms)]);
        let mut submitted = BTreeSet::new();
        for command in commands {
            let now_us = match &command {
                Command::Lease { now_us, .. } | Command::Renew { now_us, .. } | Command::Submit { now_us, .. }
                | Command::Skip { now_us, .. } => *now_us,
                Command::Open(_) | Command::Close => 0,
            };
            let Ok(events) = task.decide(command) else { continue };
            for event in &events {
                if let Event::TaskSubmitted { annotator, .. } = event {
                    prop_assert!(submitted.insert(*annotator), "nobody submits twice");
                }
            }
            task = events.iter().fold(task, |task, event| task.evolve(event, id(9)));
            let opened = task.opened().unwrap();
            // By what is written, whatever the clock says: who reads the log needs none.
            prop_assert!(opened.submissions.len() + opened.leases.len() <= overlap as usize, "{opened:?}");
            prop_assert!(opened.taken(now_us) <= overlap as usize);
            prop_assert!(opened.leases.keys().all(|holder| !opened.submissions.contains_key(holder)));
            prop_assert!(opened.abandoned.iter().all(|one| !opened.leases.contains_key(one)));
            if assigned {
                prop_assert!(opened.submissions.keys().chain(opened.leases.keys()).all(|who| assignees.iter().any(|n| id::<UserId>(*n) == *who)));
            }
        }
        prop_assert_eq!(submitted, task.opened().unwrap().submissions.keys().copied().collect());
    }
}
