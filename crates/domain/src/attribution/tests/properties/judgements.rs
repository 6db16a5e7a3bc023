//! Judgements on who and what is one, in generated histories.

use super::*;
use crate::Fact;
use crate::id::JudgementId;
use crate::identity::{Command, Identity, Judged, Judgements, Resolved, Subject, Verdict};
use std::sync::Arc;

/// Who may be judged to be one.
const CAST: [ActorId; 6] = [GROUP, RIVAL, UNKNOWN, WITNESS, SPOKESMAN, ARMY];

/// A judgement before it is known what else there is.
#[derive(Debug, Clone)]
pub(super) struct Judging {
    subject: Subject,
    left: Index,
    right: Index,
    verdict: Verdict,
    /// Whether it contests what stands in its way.
    contests: bool,
    /// Whether it takes an earlier one back instead.
    withdraws: Option<Index>,
}

pub(super) fn judging() -> impl Strategy<Value = Judging> {
    let subject = select(vec![Subject::Actor, Subject::Actor, Subject::Actor, Subject::Incident, Subject::Reading]);
    let verdict = select(vec![Verdict::Same, Verdict::Same, Verdict::Distinct, Verdict::Unsure]);
    let withdraws = proptest::option::weighted(0.15, any::<Index>());
    (subject, any::<Index>(), any::<Index>(), verdict, any::<bool>(), withdraws).prop_map(
        |(subject, left, right, verdict, contests, withdraws)| Judging {
            subject,
            left,
            right,
            verdict,
            contests,
            withdraws,
        },
    )
}

impl History {
    /// The same with judgements of these kinds alone.
    pub(super) fn judging(mut self, subjects: &[Subject]) -> Self {
        self.judged.retain(|judging| subjects.contains(&judging.subject));
        self
    }
}

fn aggregate(subject: Subject) -> Uuid {
    subject.aggregate(crate::id::INSTALLATION)
}

/// The records of these judgements on the cast, two incidents and these readings; refused ones leave none.
pub(super) fn log(judged: &[Judging], readings: &[Uuid]) -> Vec<Record> {
    let mut states: BTreeMap<Uuid, Identity> = BTreeMap::new();
    let mut log = Vec::new();
    for (n, judging) in judged.iter().enumerate() {
        let id = aggregate(judging.subject);
        let state = states.entry(id).or_default();
        for event in decided(state, judging, readings, nth(6, n)) {
            *state = state.clone().evolve(&event, CARA);
            log.push(Record { id, author: CARA, event: event.into() });
        }
    }
    log
}

fn decided(state: &Identity, judging: &Judging, readings: &[Uuid], id: Uuid) -> Vec<crate::identity::Event> {
    let live: Vec<JudgementId> = state.live().map(|(id, _)| id).collect();
    if let Some(index) = judging.withdraws.filter(|_| !live.is_empty()) {
        return state.decide(Command::Withdraw(*index.get(&live))).unwrap_or_default();
    }
    let pool: Vec<Uuid> = match judging.subject {
        Subject::Actor => CAST.iter().map(|actor| actor.uuid()).collect(),
        Subject::Incident => vec![INCIDENT.uuid(), ELSEWHERE.uuid()],
        Subject::Reading => readings.to_vec(),
    };
    if pool.is_empty() {
        return Vec::new();
    }
    let judge = |against: Vec<JudgementId>| Command::Judge {
        author: CARA,
        verdict: judging.verdict,
        judged: Judged {
            id: id.into(),
            subject: judging.subject,
            left: *judging.left.get(&pool),
            right: *judging.right.get(&pool),
            reason: text("compared"),
            against,
        },
    };
    let refusal = match state.decide(judge(Vec::new())) {
        Ok(events) => return events,
        Err(refusal) => refusal,
    };
    let path = refusal.facts.iter().find_map(|(name, fact)| match fact {
        Fact::Texts(path) if *name == "path" && judging.contests => Some(path),
        _ => None,
    });
    let opposite = |id: &JudgementId| state.judgement(*id).is_some_and(|one| one.verdict != judging.verdict);
    let against = path.into_iter().flatten().filter_map(|id| Uuid::parse_str(id).ok()).map(JudgementId::new);
    state.decide(judge(against.filter(opposite).collect())).unwrap_or_default()
}

/// The judgements of these aggregates.
pub(super) fn of(identities: impl IntoIterator<Item = (Uuid, Identity)>) -> Judgements {
    let mut judgements = Judgements::default();
    for (id, identity) in identities {
        let resolved = Arc::new(Resolved::from(identity));
        match id {
            id if id == aggregate(Subject::Actor) => judgements.actors = resolved,
            id if id == aggregate(Subject::Incident) => judgements.incidents = resolved,
            id if id == aggregate(Subject::Reading) => judgements.readings = resolved,
            other => panic!("{other} holds judgements"),
        }
    }
    judgements
}

fn one_more(case: &Case, judging: &Judging) -> Option<(Case, JudgementId)> {
    let readings: Vec<Uuid> = case.readings.keys().map(|id| id.uuid()).collect();
    let identity = &case.judgements.of(judging.subject).identity;
    let id = nth(7, 0);
    let event = decided(identity, judging, &readings, id).into_iter().find(|event| event.judged().is_some())?;
    Some((with(case, judging.subject, &event), id.into()))
}

fn with(case: &Case, subject: Subject, event: &crate::identity::Event) -> Case {
    let mut case = case.clone();
    let judgements = &mut case.judgements;
    let of = match subject {
        Subject::Actor => &mut judgements.actors,
        Subject::Incident => &mut judgements.incidents,
        Subject::Reading => &mut judgements.readings,
    };
    *of = Arc::new(Resolved::from(of.identity.clone().evolve(event, CARA)));
    case
}

#[test]
fn a_judgement_that_is_taken_back_leaves_the_board_as_it_was() {
    check("merge and un-merge", (histories(), judging()), |(history, judging)| {
        let case = history.case(&history.log());
        if let Some((judged, id)) = one_more(&case, &judging) {
            let back = with(&judged, judging.subject, &crate::identity::Event::JudgementWithdrawn(id));
            let boards = [assess(&case, &history.policy), assess(&back, &history.policy)];
            prop_assert_eq!(&boards[0], &boards[1]);
            prop_assert_eq!(format!("{:?}", boards[0]), format!("{:?}", boards[1]));
        }
        Ok(())
    });
}

#[test]
fn the_order_of_independent_judgements_does_not_matter() {
    check("order of judgements", (histories(), judging(), judging()), |(history, one, other)| {
        let case = history.case(&history.log());
        let other_id = |judged: &Case, judging: &Judging| {
            let readings: Vec<Uuid> = case.readings.keys().map(|id| id.uuid()).collect();
            let identity = &judged.judgements.of(judging.subject).identity;
            let judging = Judging { contests: false, withdraws: None, ..judging.clone() };
            decided(identity, &judging, &readings, nth(8, 0)).into_iter().next()
        };
        let (one, other) = (
            Judging { contests: false, withdraws: None, ..one },
            Judging { contests: false, withdraws: None, ..other },
        );
        let Some((first, _)) = one_more(&case, &one) else { return Ok(()) };
        let Some(second) = other_id(&case, &other) else { return Ok(()) };
        // Both were accepted on the same state; independent are those of which neither makes the other refused.
        if other_id(&first, &other).is_none() {
            return Ok(());
        }
        let one_then_other = with(&first, other.subject, &second);
        let other_first = with(&case, other.subject, &second);
        let Some((other_then_one, _)) = one_more(&other_first, &one) else { return Ok(()) };
        prop_assert_eq!(assess(&one_then_other, &history.policy), assess(&other_then_one, &history.policy));
        Ok(())
    });
}
