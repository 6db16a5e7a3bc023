//! What never changes a status, and what hangs together on a board.

use super::*;
use crate::attribution::change::mark_withdrawn;
use crate::attribution::class::{bearings, memberships};
use crate::attribution::position::Bearing;
use crate::attribution::resolve::{Ids, resolve};
use crate::attribution::scene::Scene;
use crate::attribution::status::evaluate;
use crate::attribution::utterance::utterances;
use crate::attribution::{DisputeKind, IncidentStatus, Proposition, Status, Voice};
use crate::claim::{Key, Sign, Strength, Value};
use crate::edtf::Edtf;
use std::collections::BTreeSet;

/// Somebody who speaks in no generated history.
const STRANGER: ActorId = ActorId::new(Uuid::from_u128(0xae));

/// An utterance of its own: in a document where nobody reads anything else.
fn added(case: &Case, claims: impl IntoIterator<Item = (UserId, Claim)>) -> Case {
    let mut given = Given { case: case.clone(), ..Given::new() };
    for (n, (annotator, claim)) in claims.into_iter().enumerate() {
        let saying = Saying { claim, ..praises(STRANGER, GROUP).read_by(annotator) };
        given.read_as(Uuid::from_u128((9 << 100) + n as u128).into(), saying);
    }
    given.case
}

/// The statuses of all propositions, silence being no status.
fn statuses(board: &Board) -> BTreeMap<Key, Status> {
    let statuses = board.propositions.iter().map(|about| (about.key.clone(), about.status));
    statuses.filter(|(_, status)| *status != Status::None).collect()
}

fn incident_and_statuses(case: &Case, policy: &Policy) -> (IncidentStatus, BTreeMap<Key, Status>) {
    let board = assess(case, policy);
    (board.status, statuses(&board))
}

#[test]
fn weak_opposition_by_one_who_says_nothing_else_changes_no_status() {
    let weak = (claim(), select(vec![Act::Doubts, Act::Denies, Act::Suspects, Act::Reports]));
    check("weak opposition", (histories_by(&[ANNA, BERT, CARA]), weak), |(history, (mut claim, act))| {
        claim.speakers = Chain::recorded(Vec::new(), Speaker::Actor(STRANGER));
        claim.act = act;
        claim.polarity = *act.polarities().last().unwrap();
        claim.certainty = Certainty::Possible;
        let case = history.case(&history.log());
        let more = added(&case, [(ANNA, claim)]);
        prop_assert_eq!(incident_and_statuses(&case, &history.policy), incident_and_statuses(&more, &history.policy));
        Ok(())
    });
}

fn neutral() -> impl Strategy<Value = Claim> {
    let acts: Vec<Act> = <Act as crate::Code>::ALL.iter().copied().filter(|act| act.is_neutral()).collect();
    (claim(), select(acts), any::<Index>()).prop_map(|(claim, act, polarity)| {
        let polarity = *polarity.get(act.polarities());
        Claim { act, polarity, ..claim }
    })
}

#[test]
fn neutral_acts_as_utterances_of_their_own_change_no_status() {
    check("neutral acts", (histories(), vec(neutral(), 1..4)), |(history, neutral)| {
        let case = history.case(&history.log());
        let more = added(&case, neutral.into_iter().map(|claim| (BERT, claim)));
        prop_assert_eq!(incident_and_statuses(&case, &history.policy), incident_and_statuses(&more, &history.policy));
        Ok(())
    });
}

#[test]
fn praise_never_changes_a_position() {
    let praise = claim().prop_map(|claim| Claim {
        act: Act::Praises,
        speakers: Chain::recorded(Vec::new(), claim.speakers.speaker().clone()),
        ..claim
    });
    check("praise", (histories(), praise), |(history, praise)| {
        let case = history.case(&history.log());
        let before = assess(&case, &history.policy);
        let after = assess(&added(&case, [(CARA, praise)]), &history.policy);
        let without_neutral = |about: Proposition| {
            // Where only rulings count, words on which nobody ruled have no value.
            let by_ruling = history.policy.readings == Readings::Adjudicated;
            let is_noise = |flag: &Flag| *flag == Flag::Predates || (by_ruling && *flag == Flag::NoConsensus);
            let flags = about.flags.into_iter().filter(|flag| !is_noise(flag)).collect();
            Proposition { neutral: Vec::new(), flags, ..about }
        };
        for about in before.propositions {
            let same = on(&after, &about.key);
            prop_assert_eq!(without_neutral(about), without_neutral(same));
        }
        prop_assert_eq!(before.disputes, after.disputes);
        Ok(())
    });
}

#[test]
fn the_words_of_third_parties_never_become_a_claim_of_the_accused() {
    check("no borrowed claims", histories(), |history| {
        let case = history.case(&history.log());
        let actors = &case.judgements.actors.resolution;
        let one = |actor: ActorId| ActorId::new(actors.canonical(actor.uuid()));
        let resolved = resolve(&case, &history.policy, &Ids::judged(&case.judgements));
        let scene = Scene::new(&resolved);
        let speaks_for = |voice: &Voice, accused: ActorId, uttered: &Option<Edtf>| match voice {
            Voice::Actor(actor) if *actor == accused => true,
            Voice::Actor(actor) => case.relations.keys().any(|relation| {
                let time = uttered.as_ref().map_or(crate::edtf::Bounds::ALWAYS, Edtf::bounds);
                scene.edge(*relation, time).is_some_and(|edge| {
                    (one(edge.from), one(edge.to)) == (*actor, accused)
                        && matches!(edge.relation, RelationType::SpeaksFor | RelationType::HoldsOffice)
                })
            }),
            Voice::Source(_) | Voice::Unidentified(_) => false,
        };
        for about in assess(&case, &history.policy).propositions {
            if matches!(about.status_without_finding, Status::Claimed | Status::Acknowledged) {
                let accused = about.key.actor.unwrap();
                let own = about.support.iter().any(|utterance| {
                    utterance.marks.is_empty() && speaks_for(&utterance.voice, accused, &utterance.uttered)
                });
                prop_assert!(own, "{about:#?}");
            }
        }
        Ok(())
    });
}

// What hangs together

#[test]
fn a_status_worked_out_from_what_one_value_changes_is_that_of_the_whole() {
    const VALUES: [Value; 5] = [
        None,
        Some((Sign::Support, Strength::Weak)),
        Some((Sign::Support, Strength::Strong)),
        Some((Sign::Opposition, Strength::Weak)),
        Some((Sign::Opposition, Strength::Strong)),
    ];
    check("one value more", histories(), |history| {
        let case = history.case(&history.log());
        let resolved = resolve(&case, &history.policy, &Ids::judged(&case.judgements));
        let scene = Scene::new(&resolved);
        let mut utterances = utterances(&scene);
        mark_withdrawn(&scene, &mut utterances);
        let memberships = memberships(scene.case, &utterances);
        for (key, bearings) in bearings(&scene, &memberships, &utterances) {
            let evaluation = evaluate(&scene, &key, &bearings);
            for at in 0..bearings.len() {
                for value in VALUES {
                    let mut changed = bearings.clone();
                    changed[at] = Bearing { value: Some(value), ..bearings[at] };
                    let whole = evaluate(&scene, &key, &changed).status;
                    prop_assert_eq!(evaluation.status_if(&scene, &key, changed[at]), whole);
                }
            }
        }
        Ok(())
    });
}

#[test]
fn a_board_hangs_together() {
    check("coherence", histories(), |history| {
        let board = history.board();
        let found = board.finding.is_some()
            || board.propositions.iter().any(|about| {
                about.status == Status::FindingConfirmed
                    && matches!(about.key.role, Some(Role::Perpetrator | Role::Ordered))
            });
        prop_assert_eq!(board.status == IncidentStatus::Adjudicated, found);
        prop_assert_eq!(board.status == IncidentStatus::Disputed, !found && !board.disputes.is_empty());
        let listed: BTreeSet<ReadingId> = board
            .propositions
            .iter()
            .flat_map(|about| about.support.iter().chain(&about.opposition).chain(&about.neutral))
            .map(|utterance| utterance.id)
            .collect();
        // If another incident were the same, what is said of it would count as well.
        let here = board.disputes.iter().filter(|dispute| dispute.kind != DisputeKind::Identity);
        for dispute in here {
            // Of `identity` a finding on another incident may be all that makes it.
            prop_assert!(!dispute.because.is_empty());
            // What the policy does not count may still make a dispute of its readings.
            let all_listed = dispute.because.iter().all(|id| listed.contains(id));
            prop_assert!(all_listed || history.policy.generic == policy::Generic::OppositionOnly);
        }
        for about in &board.propositions {
            for utterance in about.support.iter().chain(&about.opposition).chain(&about.neutral) {
                prop_assert_eq!(utterance.id, utterance.readings[0]);
                prop_assert!(utterance.readings.is_sorted());
                prop_assert!(utterance.marks.len() <= 1);
            }
            let live = about.support.iter().filter(|utterance| utterance.marks.is_empty()).count();
            prop_assert!(usize::try_from(about.n_support).unwrap() <= live);
            prop_assert!(about.flags.is_sorted());
            prop_assert_eq!(about.finding.is_none(), about.status == about.status_without_finding);
            prop_assert!(!about.flags.contains(&Flag::Stale) || about.finding.is_some());
        }
        Ok(())
    });
}
