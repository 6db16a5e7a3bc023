//! Who is one with whom, and what hangs on it.

use super::given::*;
use crate::attribution::{DisputeKind, Edge, IncidentStatus, Status};
use crate::claim::{Act, Target};
use crate::id::{ActorId, IncidentId, JudgementId, ReadingId};
use crate::identity::{Event, Identity, Judged, Resolved, Subject};
use crate::incident::Detail;
use crate::relation::RelationType;
use crate::testing::{edtf, text};
use crate::{Aggregate, actor::ActorKind};
use std::sync::Arc;
use uuid::Uuid;

/// Another report of the incident, of the same day.
const DOUBLE: IncidentId = IncidentId::new(Uuid::from_u128(0xd9));

impl Given {
    fn judge(&mut self, subject: Subject, event: &Event) {
        let judgements = &mut self.case.judgements;
        let of = match subject {
            Subject::Actor => &mut judgements.actors,
            Subject::Incident => &mut judgements.incidents,
            Subject::Reading => &mut judgements.readings,
        };
        let identity: Identity = of.identity.clone().evolve(event, ANNA);
        *of = Arc::new(Resolved::from(identity));
    }

    fn judged(&mut self, subject: Subject, left: Uuid, right: Uuid, of: impl Fn(Judged) -> Event) -> JudgementId {
        self.judged_against(subject, left, right, &[], of)
    }

    fn judged_against(
        &mut self,
        subject: Subject,
        left: Uuid,
        right: Uuid,
        against: &[JudgementId],
        of: impl Fn(Judged) -> Event,
    ) -> JudgementId {
        self.id_last += 1;
        let id = Uuid::from_u128(self.id_last).into();
        let judged = Judged { id, subject, left, right, reason: text("one emblem"), against: against.to_vec() };
        self.judge(subject, &of(judged));
        id
    }

    fn same(&mut self, a: ActorId, b: ActorId) -> JudgementId {
        self.judged(Subject::Actor, a.uuid(), b.uuid(), Event::JudgedSame)
    }

    fn distinct_against(&mut self, a: ActorId, b: ActorId, against: JudgementId) -> JudgementId {
        self.judged_against(Subject::Actor, a.uuid(), b.uuid(), &[against], Event::JudgedDistinct)
    }

    fn unsure(&mut self, a: ActorId, b: ActorId) -> JudgementId {
        self.judged(Subject::Actor, a.uuid(), b.uuid(), Event::JudgedUnsure)
    }

    fn withdraw(&mut self, subject: Subject, judgement: JudgementId) {
        self.judge(subject, &Event::JudgementWithdrawn(judgement));
    }

    /// What would change, and to which status of the incident.
    fn alternatives(&self) -> Vec<(Edge, IncidentStatus)> {
        self.board().alternatives.iter().map(|alternative| (alternative.edge, alternative.status)).collect()
    }

    fn is_disputed_by_identity(&self) -> bool {
        self.kinds().contains(&DisputeKind::Identity)
    }
}

#[test]
fn speakers_who_are_one_are_one_speaker_and_actors_who_are_one_have_one_proposition() {
    let mut given = Given::of([accuses(WITNESS, GROUP), accuses(BYSTANDER, RIVAL), denies(RIVAL, RIVAL)]);
    given.same(RIVAL, GROUP);
    given.same(WITNESS, BYSTANDER);
    assert_eq!(given.status(GROUP), Status::Denied, "what is denied of the one is denied of both");
    assert_eq!(given.status(RIVAL), Status::None, "it goes by the smaller id");
    assert_eq!(given.on(GROUP).n_support, 1);
    assert_eq!(given.kinds(), [DisputeKind::Denied]);
}

#[test]
fn a_claim_by_a_facade_is_the_claim_of_whom_it_is_one_with() {
    let mut given = Given::of([accuses(WITNESS, GROUP), claims(UNKNOWN)]);
    assert_eq!(given.kinds(), [DisputeKind::RivalAccused]);
    given.same(UNKNOWN, GROUP);
    assert_eq!(given.status(GROUP), Status::Acknowledged);
    assert_eq!(given.board().status, IncidentStatus::Acknowledged);
}

#[test]
fn what_is_one_with_a_state_body_is_official_whatever_its_own_kind() {
    let mut given = Given::of([accuses(WITNESS, GROUP)]);
    assert_eq!(given.status(GROUP), Status::Accused);
    given.same(WITNESS, ARMY);
    assert_eq!(given.status(GROUP), Status::OfficiallyAttributed);
    assert_eq!(given.case.actors[&WITNESS].kind(), Some(ActorKind::Person));
}

#[test]
fn a_policy_names_an_actor_by_any_of_its_ids() {
    let mut given = Given::of([accuses(WITNESS, GROUP)]);
    given.policy.officials_include.insert(BYSTANDER);
    assert_eq!(given.status(GROUP), Status::Accused);
    given.same(WITNESS, BYSTANDER);
    assert_eq!(given.status(GROUP), Status::OfficiallyAttributed);
}

#[test]
fn a_merge_that_is_taken_back_leaves_the_board_as_it_was() {
    let mut given = Given::of([accuses(WITNESS, GROUP), claims(UNKNOWN), denies(GROUP, GROUP)]);
    let before = given.board();
    let merge = given.same(UNKNOWN, GROUP);
    assert_ne!(given.board(), before);
    given.withdraw(Subject::Actor, merge);
    assert_eq!(given.board(), before);
}

/// A second report of the incident, of which GROUP is accused.
fn two_reports() -> Given {
    let mut given = Given::of([accuses(WITNESS, GROUP), denies(GROUP, GROUP).of_incident(DOUBLE)]);
    let own = given.case.detail.clone().unwrap();
    let detail = Detail { title: text("rockets at night"), when: edtf("2021-05-04"), ..own };
    given.case.others.insert(DOUBLE, detail);
    given
}

#[test]
fn incidents_that_are_one_have_one_board() {
    let mut given = two_reports();
    assert_eq!(given.board().status, IncidentStatus::Accused);
    let same = given.judged(Subject::Incident, DOUBLE.uuid(), INCIDENT.uuid(), Event::JudgedSame);
    assert_eq!(given.kinds(), [DisputeKind::Denied]);
    assert_eq!(given.board().subject, Target::Incident(INCIDENT));
    // Seen from the other, it is the same board.
    let mut other = two_reports();
    other.case.others = [(INCIDENT, other.case.detail.clone().unwrap())].into();
    other.case.detail = Some(given.case.others[&DOUBLE].clone());
    other.case.subject = Target::Incident(DOUBLE);
    other.case.judgements = given.case.judgements.clone();
    assert_eq!(other.board(), given.board());
    given.withdraw(Subject::Incident, same);
    assert_eq!(given.board().status, IncidentStatus::Accused);
}

#[test]
fn an_unsure_judgement_on_incidents_is_a_dispute_where_it_matters() {
    let mut given = two_reports();
    let unsure = given.judged(Subject::Incident, DOUBLE.uuid(), INCIDENT.uuid(), Event::JudgedUnsure);
    assert_eq!(given.kinds(), [DisputeKind::Identity]);
    assert_eq!(given.alternatives(), [(Edge::Judgement(unsure), IncidentStatus::Disputed)]);
}

/// Two readings by different people, of passages that do not meet.
fn apart() -> (Given, [ReadingId; 2]) {
    let mut given = Given::new();
    let (one, other) = (given.passage(), given.passage());
    let a = given.read(accuses(WITNESS, GROUP).read_by(ANNA).at(one));
    let b = given.read(denies(WITNESS, GROUP).read_by(BERT).at(other));
    (given, [a, b])
}

#[test]
fn readings_that_are_judged_same_are_of_one_utterance() {
    let (mut given, [a, b]) = apart();
    assert_eq!(given.clusters(GROUP), [vec![a], vec![b]]);
    given.judged(Subject::Reading, a.uuid(), b.uuid(), Event::JudgedSame);
    assert_eq!(given.clusters(GROUP), [vec![a, b]]);
}

#[test]
fn readings_of_different_incidents_that_are_one_utterance_count_for_each_what_was_read_of_it() {
    let (mut given, _) = apart();
    let (a, b) = (
        given.read(accuses(BYSTANDER, RIVAL)),
        given.read(accuses(BYSTANDER, RIVAL).of_incident(DOUBLE).read_by(BERT)),
    );
    given.judged(Subject::Reading, a.uuid(), b.uuid(), Event::JudgedSame);
    // One of its two annotators reads nothing on this incident, and so differs.
    assert_eq!(given.utterance(RIVAL, a).votes.len(), 2);
    assert_eq!(given.utterance(RIVAL, a).value, None);
}

#[test]
fn readings_that_are_judged_distinct_stay_apart_where_they_overlap() {
    let mut given = Given::new();
    let ids = given.read_together([
        (ANNA, accuses(WITNESS, GROUP)),
        (BERT, accuses(WITNESS, GROUP)),
        (CARA, accuses(WITNESS, GROUP)),
    ]);
    assert_eq!(given.clusters(GROUP), std::slice::from_ref(&ids));
    given.judged(Subject::Reading, ids[0].uuid(), ids[2].uuid(), Event::JudgedDistinct);
    // The first edge, that of the smaller ids, is taken; those that would unite the pair are left out.
    assert_eq!(given.clusters(GROUP), [vec![ids[0], ids[1]], vec![ids[2]]]);
}

#[test]
fn judged_same_outweighs_what_overlap_would_do_to_a_pair_judged_distinct() {
    let mut given = Given::new();
    let ids = given.read_together([
        (ANNA, accuses(WITNESS, GROUP)),
        (BERT, accuses(WITNESS, GROUP)),
        (CARA, accuses(WITNESS, GROUP)),
    ]);
    given.judged(Subject::Reading, ids[0].uuid(), ids[2].uuid(), Event::JudgedDistinct);
    given.judged(Subject::Reading, ids[1].uuid(), ids[2].uuid(), Event::JudgedSame);
    assert_eq!(given.clusters(GROUP), [vec![ids[0]], vec![ids[1], ids[2]]]);
}

#[test]
fn an_open_facade_is_a_dispute_on_identity_and_a_held_one_is_none() {
    let mut given = Given::of([accuses(WITNESS, GROUP), claims(UNKNOWN)]);
    let facade = given.edge(RelationType::FrontOf, UNKNOWN, GROUP);
    assert_eq!(given.kinds(), [], "a held facade makes no rivals");
    assert_eq!(given.alternatives(), []);
    given.dispute(facade);
    assert_eq!(given.kinds(), [DisputeKind::RivalAccused, DisputeKind::Identity]);
    // As one actor, it is accused and says so itself.
    assert_eq!(given.alternatives(), [(Edge::Relation(facade), IncidentStatus::Acknowledged)]);
}

#[test]
fn an_open_relation_that_changes_no_status_is_no_dispute() {
    for relation in [RelationType::AlliedWith, RelationType::Controls, RelationType::Overlaps, RelationType::PartOf] {
        let mut given = Given::of([accuses(WITNESS, GROUP)]);
        let edge = given.edge(relation, GROUP, RIVAL);
        given.dispute(edge);
        assert!(!given.is_disputed_by_identity(), "{relation}");
    }
}

#[test]
fn an_open_edge_to_a_state_is_a_dispute_where_the_office_makes_the_status() {
    for relation in [RelationType::SpeaksFor, RelationType::HoldsOffice] {
        let mut given = Given::of([accuses(SPOKESMAN, GROUP)]);
        let edge = given.edge(relation, SPOKESMAN, MINISTRY);
        assert_eq!(given.status(GROUP), Status::OfficiallyAttributed, "{relation}");
        given.dispute(edge);
        assert_eq!(given.status(GROUP), Status::Accused, "{relation}");
        assert_eq!(given.kinds(), [DisputeKind::Identity], "{relation}");
        assert_eq!(given.alternatives(), [(Edge::Relation(edge), IncidentStatus::OfficiallyAttributed)], "{relation}");
    }
}

#[test]
fn an_unsure_judgement_is_a_dispute_where_it_matters() {
    let mut given = Given::of([accuses(WITNESS, GROUP), claims(UNKNOWN)]);
    let unsure = given.unsure(UNKNOWN, GROUP);
    assert!(given.is_disputed_by_identity());
    assert_eq!(given.alternatives(), [(Edge::Judgement(unsure), IncidentStatus::Acknowledged)]);
    given.withdraw(Subject::Actor, unsure);
    assert!(!given.is_disputed_by_identity());
    // Of somebody who plays no part, it does not.
    given.unsure(RIVAL, PROSECUTOR);
    assert!(!given.is_disputed_by_identity());
}

#[test]
fn a_contested_judgement_is_a_dispute_and_counts_on_neither_side() {
    let mut given = Given::of([accuses(WITNESS, GROUP), claims(UNKNOWN)]);
    let same = given.same(UNKNOWN, GROUP);
    let distinct = given.distinct_against(UNKNOWN, GROUP, same);
    assert_eq!(given.status(GROUP), Status::Accused, "a contested judgement does not join");
    assert_eq!(given.kinds(), [DisputeKind::RivalAccused, DisputeKind::Identity]);
    assert_eq!(given.alternatives(), [(Edge::Judgement(same), IncidentStatus::Acknowledged)]);
    // The other way round: the merge contests the distinction, and joins.
    let mut given = Given::of([accuses(WITNESS, GROUP), claims(UNKNOWN)]);
    let apart = given.judged(Subject::Actor, UNKNOWN.uuid(), GROUP.uuid(), Event::JudgedDistinct);
    given.judged_against(Subject::Actor, UNKNOWN.uuid(), GROUP.uuid(), &[apart], Event::JudgedSame);
    assert_eq!(given.status(GROUP), Status::Acknowledged);
    assert_eq!(given.kinds(), [DisputeKind::Identity]);
    assert_eq!(given.alternatives(), [(Edge::Judgement(apart), IncidentStatus::Disputed)]);
    assert_ne!(distinct, apart);
}

#[test]
fn what_makes_a_dispute_on_identity_is_what_was_said_of_those_concerned() {
    let mut given = Given::new();
    let (accused, claimed) = (given.read(accuses(WITNESS, GROUP)), given.read(claims(UNKNOWN)));
    given.read(praises(BYSTANDER, GROUP));
    let facade = given.edge(RelationType::AliasUsedBy, UNKNOWN, GROUP);
    given.dispute(facade);
    let disputes = of_kind(&given.board(), DisputeKind::Identity);
    assert_eq!(disputes.len(), 1);
    assert_eq!(disputes[0].because, [accused, claimed]);
}

#[test]
fn whose_voice_somebody_is_may_be_in_doubt_as_well() {
    let mut given = Given::of([accuses(SPOKESMAN, GROUP)]);
    given.edge(RelationType::SpeaksFor, SPOKESMAN, RIVAL);
    assert_eq!(given.board().status, IncidentStatus::Accused);
    let unsure = given.unsure(RIVAL, MINISTRY);
    assert_eq!(given.kinds(), [DisputeKind::Identity]);
    assert_eq!(given.alternatives(), [(Edge::Judgement(unsure), IncidentStatus::OfficiallyAttributed)]);
}

#[test]
fn one_utterance_about_an_incident_and_its_class_bears_on_the_incident_once() {
    let mut given = Given::new();
    let class = given.class(ATTACKS, |_| {});
    let specific = given.read(accuses(WITNESS, GROUP).read_by(ANNA));
    let generic = given.read(accuses(WITNESS, GROUP).of_class(class).read_by(ANNA));
    given.judged(Subject::Reading, specific.uuid(), generic.uuid(), Event::JudgedSame);
    assert_eq!(given.on(GROUP).support.len(), 1);
}

#[test]
fn what_an_utterance_says_of_one_class_stands_whatever_it_says_of_another() {
    let mut given = Given::new().majority();
    let accusation = |class| accuses(WITNESS, GROUP).of_class(class);
    given.class(ATTACKS, |_| {});
    given.class(RAIDS, |_| {});
    let [attacks, raids] = [ATTACKS, RAIDS].map(accusation);
    let first = given.read_together([(ANNA, attacks.clone()), (BERT, attacks.clone()), (CARA, attacks)]);
    let other = given.read_together([(ANNA, raids.clone()), (BERT, raids)]);
    given.judged(Subject::Reading, first[0].uuid(), other[0].uuid(), Event::JudgedSame);
    let about = given.on(GROUP);
    assert_eq!((about.status, about.support.len()), (Status::Suspected, 2));
    assert_eq!(given.kinds(), [], "that one of them does not read it of the raids changes nothing");
}

#[test]
fn which_of_two_ids_is_smaller_plays_no_part() {
    for (facade, group) in [(GROUP, UNKNOWN), (UNKNOWN, GROUP)] {
        let mut given = Given::of([accuses(WITNESS, group)]);
        let edge = given.edge(RelationType::FrontOf, facade, group);
        given.dispute(edge);
        assert_eq!(given.kinds(), [], "of one of the two nobody says anything");
        let mut given = Given::of([accuses(WITNESS, group), claims(facade)]);
        let edge = given.edge(RelationType::FrontOf, facade, group);
        given.dispute(edge);
        assert_eq!(given.alternatives(), [(Edge::Relation(edge), IncidentStatus::Acknowledged)]);
    }
}

#[test]
fn a_doubt_about_somebody_else_makes_no_dispute_of_whether_the_two_are_one() {
    let mut given = Given::of([claims(GROUP), doubts(BYSTANDER, RIVAL)]);
    given.unsure(GROUP, RIVAL);
    assert_eq!(given.kinds(), []);
    given.read(denies(BYSTANDER, RIVAL));
    assert_eq!(given.kinds(), [DisputeKind::Identity], "a flat denial is a status that would change");
}

#[test]
fn praise_changes_nothing_that_hangs_on_an_open_edge() {
    let mut given = Given::of([accuses(WITNESS, GROUP), claims(UNKNOWN)]);
    let facade = given.edge(RelationType::FrontOf, UNKNOWN, GROUP);
    given.dispute(facade);
    let (alternatives, status) = (given.alternatives(), given.board().status);
    given.read(says(GROUP, Act::Praises, UNKNOWN));
    assert_eq!((given.alternatives(), given.board().status), (alternatives, status));
}
