//! Ten thousand readings on one incident, in the shapes in which work that grows with their square would show as tests
//! that take minutes. Such work is left in four places, where it stays small: between the passages of one utterance,
//! between the actors who are strongly accused in one role, between the values that are told of one facet, and between one speaker's utterances on one proposition on
//! which annotators differ.

use super::given::*;
use crate::attribution::{DisputeKind, Flag, Mark, Status};
use crate::claim::{Act, Facet, Stance};
use crate::id::{ActorId, IncidentId, ReadingId};
use crate::relation::RelationType;
use uuid::Uuid;

const READINGS: u128 = 10_000;

fn somebody(n: u128) -> ActorId {
    Uuid::from_u128((1 << 64) + n).into()
}

fn reading(n: u128) -> ReadingId {
    Uuid::from_u128((2 << 64) + n).into()
}

/// The n-th of a row of days, in months of 28.
fn day(n: u128) -> String {
    format!("{:04}-{:02}-{:02}", 1900 + n / 336, n / 28 % 12 + 1, n % 28 + 1)
}

#[test]
fn many_speakers_on_one_proposition() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    for n in 0..READINGS / 2 {
        let told = accuses(somebody(n), GROUP).through(somebody(n + 1), Stance::Adopts);
        given.read(told.through(ARMY, Stance::Relays));
        given.read(denies(somebody(n), GROUP).of_class(ATTACKS));
    }
    let about = given.on(GROUP);
    assert_eq!((about.status, about.n_support), (Status::Suspected, 5_000));
    assert!(about.opposition.iter().all(|utterance| utterance.marks == [Mark::Overridden]));
}

#[test]
fn many_utterances_of_one_speaker() {
    let mut given = Given::new();
    for n in 0..READINGS {
        let saying = if n % 2 == 0 { accuses(WITNESS, GROUP) } else { denies(WITNESS, GROUP) };
        given.read(saying.on(&day(n)));
    }
    let about = given.on(GROUP);
    assert_eq!((about.status, &about.flags[..]), (Status::Withdrawn, &[Flag::Opposed, Flag::Reversed][..]));
    let current = about.support.iter().chain(&about.opposition).filter(|utterance| utterance.marks.is_empty());
    assert_eq!(current.count(), 1);
}

#[test]
fn many_utterances_on_which_annotators_differ() {
    let mut given = Given::new();
    for n in 0..READINGS / 2 {
        let who = somebody(n);
        given.read_together([(ANNA, says(who, Act::Suspects, GROUP)), (BERT, denies(who, GROUP))]);
    }
    assert_eq!(given.flags(GROUP), [Flag::NoConsensus]);
    let dispute = &of_kind(&given.board(), DisputeKind::Reading)[0];
    assert_eq!(dispute.because.len(), 5_000);
}

#[test]
fn many_annotators_differ_on_words_of_one_speaker() {
    let mut given = Given::of([accuses(ARMY, GROUP)]);
    for n in 0..READINGS / 10 {
        let [denial, accusation] = [denies(WITNESS, GROUP), accuses(WITNESS, GROUP)].map(|told| told.on(&day(n)));
        given.read_together([(ANNA, denial), (BERT, accusation)]);
    }
    assert_eq!(given.kinds(), [DisputeKind::Reading]);
}

#[test]
fn a_long_chain_of_changes() {
    for upward in [true, false] {
        let id = |n: u128| reading(if upward { n } else { READINGS - n });
        let mut given = Given::new();
        given.read_as(id(0), accuses(WITNESS, GROUP));
        for n in 1..READINGS {
            given.read_as(id(n), retracts(WITNESS, GROUP, &[id(n - 1)]));
        }
        assert_eq!(given.status(GROUP), Status::Withdrawn);
    }
}

#[test]
fn many_changes_of_one_utterance() {
    let mut given = Given::new();
    given.read_as(reading(0), accuses(WITNESS, GROUP));
    for n in 1..READINGS {
        given.read_as(reading(n), retracts(WITNESS, GROUP, &[reading(n / 2)]));
    }
    assert_eq!(given.status(GROUP), Status::Withdrawn);
}

#[test]
fn many_accused_by_one_speaker_and_by_one_each() {
    let mut given = Given::new();
    for n in 0..READINGS / 10 {
        given.read(accuses(PAPER, somebody(n)));
        given.read(accuses(somebody(n + READINGS), somebody(n)));
        given.edge(RelationType::PartOf, somebody(n), GROUP);
    }
    let board = given.board();
    assert_eq!(board.propositions.len(), 1_000);
    let dispute = &of_kind(&board, DisputeKind::RivalAccused)[0];
    assert_eq!(dispute.because.len(), 1_000, "the paper accuses all, the others one each");
}

#[test]
fn many_who_speak_for_others() {
    let mut given = Given::new();
    for n in 0..READINGS / 10 {
        given.edge_during(RelationType::SpeaksFor, somebody(n), somebody(n + READINGS), Some("2021"));
    }
    for n in 0..READINGS {
        given.read(accuses(somebody(n % (READINGS / 10)), GROUP).published("2021-05-05"));
    }
    assert_eq!(given.on(GROUP).n_support, 1_000);
}

#[test]
fn many_readings_in_one_document() {
    let mut given = Given::new();
    let passage = given.passage();
    for n in 0..u32::try_from(READINGS).unwrap() {
        let annotator = if n % 2 == 0 { ANNA } else { BERT };
        given.read(accuses(WITNESS, GROUP).read_by(annotator).at(passage.part(n..n + 2)));
    }
    assert_eq!(given.clusters(GROUP)[0].len(), 10_000, "each overlaps the next");
}

#[test]
fn one_passage_read_thousands_of_times() {
    let mut given = Given::new();
    let passage = given.passage();
    for n in 0..READINGS / 5 {
        let annotator = if n % 2 == 0 { ANNA } else { BERT };
        given.read(accuses(WITNESS, GROUP).read_by(annotator).at(passage));
    }
    assert_eq!(given.clusters(GROUP).len(), 1);
}

#[test]
fn many_classes() {
    let mut given = Given::new();
    for n in 0..READINGS / 10 {
        let class = IncidentId::new(Uuid::from_u128((3 << 64) + n));
        given.class(class, |class| class.actors = (0..100).map(|m| somebody(n + m)).collect());
        given.read(denies(somebody(n), somebody(n)).of_class(class));
        given.read(accuses(WITNESS, somebody(n)));
    }
    let board = given.board();
    assert_eq!((board.generic.len(), board.propositions.len()), (1_000, 1_000));
    assert_eq!(of_kind(&board, DisputeKind::Denied)[0].because.len(), 2_000);
}

#[test]
fn many_values_of_one_facet() {
    let mut given = Given::new();
    for n in 0..READINGS - 1 {
        given.read(says(WITNESS, Act::Reports, GROUP).facet(Facet::Means, Some(&format!("means {n}"))));
    }
    assert_eq!(given.kinds(), []);
    given.read(says(BYSTANDER, Act::Reports, GROUP).facet(Facet::Means, Some("means 0")));
    assert_eq!(of_kind(&given.board(), DisputeKind::Facts)[0].because.len(), 9_999);
}
