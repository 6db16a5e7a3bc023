//! Every status, flag and kind of dispute: the smallest history that gives it and the smallest variation that does
//! not. A code without a row fails the test. Propositions are about the group as perpetrator.

use super::given::*;
use crate::Code;
use crate::adjudication::{Outcome, Target};
use crate::attribution::{
    Board, DisputeKind, Flag, IncidentFlag, IncidentStatus, Omitted, Status, assess_without, without,
};
use crate::claim::{Act, Facet, Polarity, Role, Stance};
use crate::relation::RelationType;
use std::collections::BTreeSet;
use std::fmt::Debug;

/// A history that gives a code, and a variation that does not.
struct Row<C> {
    code: C,
    gives: fn(&mut Given),
    gives_not: fn(&mut Given),
}

fn row<C>(code: C, gives: fn(&mut Given), gives_not: fn(&mut Given)) -> Row<C> {
    Row { code, gives, gives_not }
}

/// Reads each saying as an utterance of its own.
fn all<const N: usize>(given: &mut Given, sayings: [Saying; N]) {
    for saying in sayings {
        given.read(saying);
    }
}

/// An accusation by a witness, retracted by somebody.
fn retracted_by(given: &mut Given, who: impl Named) {
    let accusation = given.read(accuses(WITNESS, GROUP));
    given.read(retracts(who, GROUP, &[accusation]));
}

/// These readings, and a facade of the group that somebody disputes.
fn open_facade(given: &mut Given, sayings: [Saying; 2]) {
    all(given, sayings);
    let facade = given.edge(RelationType::FrontOf, UNKNOWN, GROUP);
    given.dispute(facade);
}

/// One passage read by two annotators.
fn read_as(given: &mut Given, by_anna: Saying, by_bert: Saying) {
    given.read_together([(ANNA, by_anna), (BERT, by_bert)]);
}

/// Somebody states a fact about the incident.
fn tells(who: impl Named, facet: Facet, value: &str) -> Saying {
    says(who, Act::Reports, GROUP).facet(facet, Some(value))
}

/// Somebody speaks of whether it happened at all.
fn occurred(who: impl Named, act: Act) -> Saying {
    says(who, act, GROUP).facet(Facet::Occurred, None)
}

/// What is said, to be found on.
fn said(saying: Saying) -> Target {
    Target::Proposition(saying.claim.proposition)
}

#[track_caller]
fn check<C: Code + Debug>(rows: &[Row<C>], has: impl Fn(&Given, C) -> bool) {
    let history = |told: fn(&mut Given)| {
        let mut given = Given::new();
        given.class(ATTACKS, |_| {});
        told(&mut given);
        given
    };
    for (at, Row { code, gives, gives_not }) in rows.iter().enumerate() {
        let given = history(*gives);
        assert!(has(&given, *code), "row {at} gives {code:?}; it gives {}", given.summary());
        let given = history(*gives_not);
        let summary = given.summary();
        assert!(!has(&given, *code), "the variation of row {at} does not give {code:?}; it gives {summary}");
    }
    for code in C::ALL {
        assert!(rows.iter().any(|row| row.code == *code), "{code:?} has no row");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
fn every_status_of_a_proposition() {
    check(
        &[
            row(
                Status::FindingConfirmed,
                |g| {
                    g.find(GROUP, Outcome::Confirmed);
                },
                |g| {
                    g.find(RIVAL, Outcome::Confirmed);
                },
            ),
            row(
                Status::FindingConfirmed,
                |g| {
                    all(g, [accuses(WITNESS, GROUP), denies(GROUP, GROUP)]);
                    g.find(GROUP, Outcome::Confirmed);
                },
                |g| {
                    all(g, [accuses(WITNESS, GROUP), denies(GROUP, GROUP)]);
                    g.find(GROUP, Outcome::Confirmed);
                    g.find(GROUP, Outcome::Rejected);
                },
            ),
            row(
                Status::FindingRejected,
                |g| {
                    g.find(GROUP, Outcome::Rejected);
                },
                |g| {
                    g.find_on(Target::Incident(INCIDENT), Outcome::Rejected);
                },
            ),
            row(
                Status::FindingUndetermined,
                |g| {
                    g.find(GROUP, Outcome::Undetermined);
                },
                |g| {
                    g.find(GROUP, Outcome::Rejected);
                },
            ),
            row(
                Status::FindingUndetermined,
                |g| {
                    g.find(GROUP, Outcome::Confirmed);
                    g.find(GROUP, Outcome::Rejected);
                },
                |g| {
                    g.find(GROUP, Outcome::Confirmed);
                    g.find(GROUP, Outcome::Confirmed);
                },
            ),
            row(Status::Withdrawn, |g| retracted_by(g, WITNESS), |g| retracted_by(g, BYSTANDER)),
            row(
                Status::Withdrawn,
                |g| retracted_by(g, WITNESS),
                |g| {
                    retracted_by(g, WITNESS);
                    g.read(accuses(BYSTANDER, GROUP).probably());
                },
            ),
            row(
                Status::Withdrawn,
                |g| all(g, [accuses(WITNESS, GROUP).on("2021-05-05"), denies(WITNESS, GROUP).on("2021-05-06")]),
                |g| all(g, [accuses(WITNESS, GROUP).on("2021-05-05"), denies(WITNESS, GROUP).on("2021-05-05")]),
            ),
            row(
                Status::Withdrawn,
                |g| retracted_by(g, WITNESS),
                |g| {
                    retracted_by(g, WITNESS);
                    all(g, [claims(GROUP), denies(GROUP, GROUP)]);
                },
            ),
            row(
                Status::Inconsistent,
                |g| all(g, [claims(GROUP), denies(GROUP, GROUP)]),
                |g| all(g, [claims(GROUP).on("2021-05-04"), denies(GROUP, GROUP).on("2021-05-06")]),
            ),
            row(
                Status::Inconsistent,
                |g| all(g, [accuses(ARMY, GROUP), denies(ARMY, GROUP)]),
                |g| all(g, [accuses(WITNESS, GROUP), denies(WITNESS, GROUP)]),
            ),
            row(
                Status::Inconsistent,
                |g| all(g, [accuses(ARMY, GROUP), denies(ARMY, GROUP)]),
                |g| all(g, [accuses(ARMY, GROUP), denies(ARMY, GROUP), accuses(WITNESS, GROUP)]),
            ),
            row(
                Status::Contested,
                |g| all(g, [accuses(WITNESS, GROUP), denies(BYSTANDER, GROUP)]),
                |g| all(g, [accuses(WITNESS, GROUP), denies(BYSTANDER, GROUP).probably()]),
            ),
            row(
                Status::Contested,
                |g| all(g, [claims(GROUP), denies(BYSTANDER, GROUP)]),
                |g| all(g, [claims(GROUP), doubts(BYSTANDER, GROUP)]),
            ),
            row(
                Status::Denied,
                |g| all(g, [accuses(WITNESS, GROUP), denies(GROUP, GROUP)]),
                |g| all(g, [accuses(WITNESS, GROUP), denies(GROUP, GROUP).probably()]),
            ),
            row(
                Status::Acknowledged,
                |g| all(g, [accuses(WITNESS, GROUP), claims(GROUP)]),
                |g| all(g, [accuses(WITNESS, GROUP).probably(), claims(GROUP)]),
            ),
            row(
                Status::Claimed,
                |g| all(g, [claims(GROUP)]),
                |g| all(g, [says(WITNESS, Act::ClaimsResponsibility, GROUP)]),
            ),
            row(
                Status::Claimed,
                |g| {
                    g.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
                    all(g, [accuses(SPOKESMAN, GROUP)]);
                },
                |g| {
                    g.edge(RelationType::PartOf, SPOKESMAN, GROUP);
                    all(g, [accuses(SPOKESMAN, GROUP)]);
                },
            ),
            row(
                Status::OfficiallyAttributed,
                |g| all(g, [accuses(ARMY, GROUP)]),
                |g| all(g, [says(WITNESS, Act::AttributesOfficially, GROUP)]),
            ),
            row(
                Status::OfficiallyAttributed,
                |g| all(g, [accuses(ARMY, GROUP)]),
                |g| all(g, [accuses(ARMY, GROUP).probably(), accuses(WITNESS, GROUP)]),
            ),
            row(
                Status::Accused,
                |g| all(g, [accuses(WITNESS, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Suspects, GROUP)]),
            ),
            row(
                Status::SuspectedContested,
                |g| all(g, [says(WITNESS, Act::Infers, GROUP), denies(BYSTANDER, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Infers, GROUP), doubts(BYSTANDER, GROUP)]),
            ),
            row(
                Status::SuspectedContested,
                |g| all(g, [says(WITNESS, Act::Infers, GROUP), denies(GROUP, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Infers, GROUP), praises(GROUP, GROUP)]),
            ),
            row(
                Status::Suspected,
                |g| all(g, [accuses(WITNESS, GROUP).probably()]),
                |g| all(g, [accuses(WITNESS, GROUP)]),
            ),
            row(
                Status::Suspected,
                |g| all(g, [accuses(WITNESS, GROUP).of_class(ATTACKS)]),
                |g| all(g, [accuses(WITNESS, GROUP).of_class(RAIDS)]),
            ),
            row(
                Status::DeniedUnaccused,
                |g| all(g, [denies(GROUP, GROUP)]),
                |g| all(g, [denies(GROUP, GROUP).probably()]),
            ),
            row(
                Status::DeniedUnaccused,
                |g| all(g, [denies(WITNESS, GROUP)]),
                |g| all(g, [denies(WITNESS, GROUP), says(BYSTANDER, Act::Suspects, GROUP)]),
            ),
            row(Status::None, |g| all(g, [praises(WITNESS, GROUP)]), |g| all(g, [accuses(WITNESS, GROUP)])),
            row(
                Status::None,
                |g| all(g, [accuses(WITNESS, GROUP), denies(WITNESS, GROUP)]),
                |g| all(g, [accuses(ARMY, GROUP), denies(ARMY, GROUP)]),
            ),
        ],
        |given, status| given.status(GROUP) == status,
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, read row by row")]
fn every_flag_of_a_proposition() {
    check(
        &[
            row(Flag::DeniedByAccused, |g| all(g, [denies(GROUP, GROUP)]), |g| all(g, [denies(WITNESS, GROUP)])),
            row(Flag::Opposed, |g| all(g, [denies(WITNESS, GROUP)]), |g| all(g, [denies(GROUP, GROUP)])),
            row(Flag::Doubted, |g| all(g, [doubts(WITNESS, GROUP)]), |g| all(g, [denies(WITNESS, GROUP)])),
            row(Flag::Doubted, |g| all(g, [denies(GROUP, GROUP).probably()]), |g| all(g, [denies(GROUP, GROUP)])),
            row(
                Flag::Doubted,
                |g| all(g, [denies(WITNESS, GROUP).chain(&[(PAPER.speaker(), Stance::Adopts)])]),
                |g| all(g, [denies(WITNESS, GROUP).chain(&[(PAPER.speaker(), Stance::Relays)])]),
            ),
            row(
                Flag::Reversed,
                |g| all(g, [denies(WITNESS, GROUP).on("2021-05-05"), accuses(WITNESS, GROUP).on("2021-05-06")]),
                |g| all(g, [denies(WITNESS, GROUP).on("2021-05-05"), accuses(BYSTANDER, GROUP).on("2021-05-06")]),
            ),
            row(
                Flag::Reversed,
                |g| all(g, [denies(WITNESS, GROUP).on("2021-05-05"), accuses(WITNESS, GROUP).on("2021-05-06")]),
                |g| all(g, [denies(WITNESS, GROUP).on("2021-05-05"), accuses(WITNESS, GROUP).on("2021-05")]),
            ),
            row(
                Flag::StrengthVaries,
                |g| all(g, [accuses(WITNESS, GROUP), accuses(WITNESS, GROUP).probably()]),
                |g| all(g, [accuses(WITNESS, GROUP), accuses(BYSTANDER, GROUP).probably()]),
            ),
            row(
                Flag::Distanced,
                |g| all(g, [accuses(WITNESS, GROUP).through(RADIO, Stance::Distances)]),
                |g| all(g, [accuses(WITNESS, GROUP).through(RADIO, Stance::Relays)]),
            ),
            row(
                Flag::HearsayOnly,
                |g| all(g, [claims(GROUP).through(ARMY, Stance::Relays)]),
                |g| all(g, [claims(GROUP).through(RADIO, Stance::Relays)]),
            ),
            row(
                Flag::HearsayOnly,
                |g| all(g, [claims(GROUP).through(ARMY, Stance::Relays)]),
                |g| all(g, [claims(GROUP).through(ARMY, Stance::Relays), accuses(WITNESS, GROUP)]),
            ),
            row(
                Flag::MediaOnly,
                |g| all(g, [says(PAPER, Act::Reports, GROUP)]),
                |g| all(g, [says(GAZETTE, Act::Reports, GROUP)]),
            ),
            row(
                Flag::MediaOnly,
                |g| all(g, [accuses(RADIO, GROUP), accuses(WITNESS, GROUP).probably()]),
                |g| all(g, [accuses(RADIO, GROUP), accuses(WITNESS, GROUP)]),
            ),
            row(
                Flag::Convicted,
                |g| all(g, [says(COURT, Act::Convicts, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Convicts, GROUP)]),
            ),
            row(
                Flag::Exonerated,
                |g| all(g, [says(COURT, Act::Exonerates, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Exonerates, GROUP)]),
            ),
            row(
                Flag::Released,
                |g| all(g, [says(WITNESS, Act::Releases, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Releases, RIVAL)]),
            ),
            row(
                Flag::EvidenceAbsentNoted,
                |g| all(g, [says(WITNESS, Act::EvidenceAbsent, GROUP)]),
                |g| all(g, [says(WITNESS, Act::EvidenceOffered, GROUP)]),
            ),
            row(
                Flag::EvidenceAbsentNoted,
                |g| all(g, [accuses(ARMY, GROUP), says(WITNESS, Act::EvidenceAbsent, GROUP).about_evidence()]),
                |g| all(g, [accuses(ARMY, GROUP), says(WITNESS, Act::EvidenceAbsent, RIVAL).about_evidence()]),
            ),
            row(
                Flag::PresupposedOnly,
                |g| all(g, [accuses(PAPER, GROUP).presupposed()]),
                |g| all(g, [accuses(PAPER, GROUP).presupposed(), says(WITNESS, Act::Suspects, GROUP)]),
            ),
            row(
                Flag::GenericOnly,
                |g| all(g, [denies(GROUP, GROUP).of_class(ATTACKS)]),
                |g| all(g, [denies(GROUP, GROUP).of_class(ATTACKS), doubts(WITNESS, GROUP)]),
            ),
            row(
                Flag::Predates,
                |g| all(g, [denies(GROUP, GROUP).of_class(ATTACKS).on("2021-05-03")]),
                |g| all(g, [denies(GROUP, GROUP).of_class(ATTACKS).on("2021-05-04")]),
            ),
            row(
                Flag::Predates,
                |g| all(g, [denies(GROUP, GROUP).of_class(ATTACKS).on("2021-05-03")]),
                |g| all(g, [denies(GROUP, GROUP).on("2021-05-03")]),
            ),
            row(
                Flag::NoConsensus,
                |g| read_as(g, accuses(WITNESS, GROUP), praises(WITNESS, GROUP)),
                |g| read_as(g, accuses(WITNESS, GROUP), accuses(WITNESS, GROUP).probably()),
            ),
            row(
                Flag::Stale,
                |g| {
                    g.find(GROUP, Outcome::Confirmed);
                    g.read(accuses(WITNESS, GROUP));
                },
                |g| {
                    g.read(accuses(WITNESS, GROUP));
                    g.find(GROUP, Outcome::Confirmed);
                },
            ),
            row(
                Flag::Stale,
                |g| {
                    g.find(GROUP, Outcome::Confirmed);
                    g.read(doubts(WITNESS, GROUP));
                },
                |g| {
                    g.find(GROUP, Outcome::Confirmed);
                    g.read(praises(WITNESS, GROUP));
                },
            ),
            row(
                Flag::BasisChanged,
                |g| {
                    g.read(accuses(WITNESS, GROUP).read_by(CARA));
                    g.find(GROUP, Outcome::Confirmed);
                },
                |g| {
                    g.read(accuses(WITNESS, RIVAL).read_by(CARA));
                    g.find(GROUP, Outcome::Confirmed);
                },
            ),
        ],
        |given, flag| {
            let unread = on(&board_without_cara(given), &perpetrator(GROUP)).flags;
            given.flags(GROUP).contains(&flag) || unread.contains(&flag)
        },
    );
}

/// The board as if one annotator, whom few histories have, had read nothing.
fn board_without_cara(given: &Given) -> Board {
    let omitted = BTreeSet::from([Omitted::Annotator(CARA)]);
    let rest = without(&given.case, &given.policy, &omitted, &BTreeSet::new());
    assess_without(&given.case, &rest, &given.policy)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, a row for each history")]
fn every_kind_of_dispute() {
    check(
        &[
            row(
                DisputeKind::RivalAccused,
                |g| all(g, [accuses(WITNESS, GROUP), accuses(BYSTANDER, RIVAL)]),
                |g| all(g, [accuses(WITNESS, GROUP), accuses(WITNESS, RIVAL)]),
            ),
            row(
                DisputeKind::RivalAccused,
                |g| all(g, [accuses(WITNESS, GROUP), claims(RIVAL)]),
                |g| all(g, [claims(GROUP), claims(RIVAL)]),
            ),
            row(
                DisputeKind::RivalClaims,
                |g| all(g, [claims(GROUP), claims(RIVAL)]),
                |g| all(g, [claims(GROUP), accuses(WITNESS, RIVAL)]),
            ),
            row(
                DisputeKind::RivalClaims,
                |g| all(g, [claims(GROUP), claims(RIVAL)]),
                |g| all(g, [claims(GROUP), claims(RIVAL).with(&[GROUP])]),
            ),
            row(
                DisputeKind::Denied,
                |g| all(g, [says(WITNESS, Act::Suspects, GROUP), denies(GROUP, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Suspects, GROUP), denies(GROUP, GROUP).probably()]),
            ),
            row(
                DisputeKind::Denied,
                |g| all(g, [accuses(WITNESS, GROUP).role(Role::Ordered), denies(GROUP, GROUP).role(Role::Ordered)]),
                |g| all(g, [accuses(WITNESS, GROUP).role(Role::Planned), denies(GROUP, GROUP).role(Role::Planned)]),
            ),
            row(
                DisputeKind::Opposed,
                |g| all(g, [claims(GROUP), denies(WITNESS, GROUP)]),
                |g| all(g, [claims(GROUP), doubts(WITNESS, GROUP)]),
            ),
            row(
                DisputeKind::Opposed,
                |g| all(g, [says(WITNESS, Act::Suspects, GROUP), denies(BYSTANDER, GROUP)]),
                |g| all(g, [denies(BYSTANDER, GROUP)]),
            ),
            row(
                DisputeKind::Inconsistent,
                |g| all(g, [claims(GROUP), denies(GROUP, GROUP)]),
                |g| all(g, [accuses(WITNESS, GROUP), denies(WITNESS, GROUP)]),
            ),
            row(
                DisputeKind::Identity,
                |g| open_facade(g, [accuses(WITNESS, GROUP), claims(UNKNOWN)]),
                |g| open_facade(g, [accuses(WITNESS, GROUP), praises(UNKNOWN, GROUP)]),
            ),
            row(
                DisputeKind::Identity,
                |g| open_facade(g, [accuses(WITNESS, GROUP), claims(UNKNOWN)]),
                |g| {
                    all(g, [accuses(WITNESS, GROUP), claims(UNKNOWN)]);
                    g.edge(RelationType::FrontOf, UNKNOWN, GROUP);
                },
            ),
            row(
                DisputeKind::Reading,
                |g| read_as(g, accuses(WITNESS, GROUP), accuses(WITNESS, GROUP).probably()),
                |g| {
                    read_as(g, accuses(WITNESS, GROUP), accuses(WITNESS, GROUP).probably());
                    g.read(accuses(BYSTANDER, GROUP));
                },
            ),
            row(
                DisputeKind::Facts,
                |g| all(g, [occurred(WITNESS, Act::Reports), occurred(BYSTANDER, Act::Denies)]),
                |g| all(g, [occurred(WITNESS, Act::Reports), occurred(BYSTANDER, Act::Doubts)]),
            ),
            row(
                DisputeKind::Facts,
                |g| all(g, [tells(WITNESS, Facet::Where, "Erbil"), tells(BYSTANDER, Facet::Where, "Balad")]),
                |g| all(g, [tells(WITNESS, Facet::Where, "Erbil"), tells(WITNESS, Facet::Where, "Balad")]),
            ),
            row(
                DisputeKind::Facts,
                |g| all(g, [tells(WITNESS, Facet::When, "2021-05-04"), tells(BYSTANDER, Facet::When, "2021-05-05")]),
                |g| all(g, [tells(WITNESS, Facet::When, "2021-05-04"), tells(BYSTANDER, Facet::When, "2021-05")]),
            ),
            row(
                DisputeKind::Facts,
                |g| all(g, [tells(WITNESS, Facet::Means, "rockets"), tells(BYSTANDER, Facet::Means, "drones")]),
                |g| all(g, [tells(WITNESS, Facet::Means, "rockets"), tells(BYSTANDER, Facet::Means, "Rockets")]),
            ),
            row(
                DisputeKind::Facts,
                |g| all(g, [tells(WITNESS, Facet::Motive, "revenge"), tells(BYSTANDER, Facet::Motive, "profit")]),
                |g| all(g, [tells(WITNESS, Facet::Motive, "revenge"), tells(BYSTANDER, Facet::Legality, "profit")]),
            ),
            row(
                DisputeKind::Facts,
                |g| {
                    let lawful = tells(WITNESS, Facet::Legality, "lawful");
                    all(g, [lawful, tells(BYSTANDER, Facet::Legality, "lawful").polarity(Polarity::Minus)]);
                },
                |g| all(g, [tells(WITNESS, Facet::Legality, "lawful"), tells(BYSTANDER, Facet::Legality, "unlawful")]),
            ),
        ],
        |given, kind| given.kinds().contains(&kind),
    );
}

#[test]
fn every_status_of_an_incident() {
    check(
        &[
            row(
                IncidentStatus::Adjudicated,
                |g| {
                    g.find(GROUP, Outcome::Confirmed);
                },
                |g| {
                    g.find(GROUP, Outcome::Undetermined);
                },
            ),
            row(
                IncidentStatus::Adjudicated,
                |g| {
                    g.find_on(said(accuses(WITNESS, GROUP).role(Role::Ordered)), Outcome::Confirmed);
                },
                |g| {
                    g.find_on(said(accuses(WITNESS, GROUP).role(Role::Planned)), Outcome::Confirmed);
                },
            ),
            row(
                IncidentStatus::Adjudicated,
                |g| {
                    g.find_on(Target::Incident(INCIDENT), Outcome::Undetermined);
                },
                |g| {
                    g.find_on(Target::Incident(ATTACKS), Outcome::Undetermined);
                },
            ),
            row(
                IncidentStatus::Disputed,
                |g| all(g, [claims(GROUP), denies(WITNESS, GROUP)]),
                |g| all(g, [claims(GROUP), denies(WITNESS, RIVAL)]),
            ),
            row(
                IncidentStatus::Disputed,
                |g| {
                    all(g, [accuses(WITNESS, GROUP), accuses(BYSTANDER, RIVAL)]);
                    g.find(GROUP, Outcome::Undetermined);
                },
                |g| {
                    all(g, [accuses(WITNESS, GROUP), accuses(BYSTANDER, RIVAL)]);
                    g.find(GROUP, Outcome::Rejected);
                },
            ),
            row(
                IncidentStatus::Acknowledged,
                |g| all(g, [claims(GROUP), accuses(WITNESS, GROUP), says(ARMY, Act::Suspects, RIVAL)]),
                |g| all(g, [claims(GROUP), accuses(WITNESS, GROUP).role(Role::Planned)]),
            ),
            row(
                IncidentStatus::Claimed,
                |g| all(g, [claims(GROUP), accuses(ARMY, RIVAL).role(Role::Ordered)]),
                |g| all(g, [claims(GROUP).role(Role::Planned), accuses(ARMY, RIVAL).role(Role::Ordered)]),
            ),
            row(
                IncidentStatus::OfficiallyAttributed,
                |g| all(g, [accuses(WITNESS, GROUP), accuses(ARMY, RIVAL).role(Role::Ordered)]),
                |g| all(g, [accuses(WITNESS, GROUP), accuses(ARMY, RIVAL).role(Role::Enabled)]),
            ),
            row(
                IncidentStatus::Accused,
                |g| all(g, [accuses(WITNESS, GROUP), says(ARMY, Act::Suspects, RIVAL)]),
                |g| all(g, [accuses(WITNESS, GROUP), accuses(ARMY, RIVAL).role(Role::Ordered)]),
            ),
            row(
                IncidentStatus::Accused,
                |g| {
                    all(g, [accuses(WITNESS, GROUP), claims(RIVAL).role(Role::Ordered)]);
                    g.find_on(said(claims(RIVAL).role(Role::Ordered)), Outcome::Rejected);
                },
                |g| {
                    all(g, [accuses(WITNESS, GROUP), claims(RIVAL).role(Role::Ordered)]);
                    g.find_on(said(claims(RIVAL).role(Role::Ordered)), Outcome::Undetermined);
                },
            ),
            row(
                IncidentStatus::Suspected,
                |g| all(g, [says(WITNESS, Act::Suspects, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Suspects, GROUP).role(Role::InvolvedIn)]),
            ),
            row(
                IncidentStatus::Unattributed,
                |g| all(g, [doubts(WITNESS, GROUP)]),
                |g| all(g, [says(WITNESS, Act::Suspects, GROUP)]),
            ),
            row(
                IncidentStatus::Unattributed,
                |g| {
                    all(g, [claims(GROUP), accuses(WITNESS, GROUP)]);
                    g.find(GROUP, Outcome::Rejected);
                },
                |g| {
                    all(g, [claims(GROUP), accuses(WITNESS, GROUP)]);
                    g.find(RIVAL, Outcome::Rejected);
                },
            ),
        ],
        |given, status| given.board().status == status,
    );
}

#[test]
fn every_flag_of_an_incident() {
    check(
        &[
            row(
                IncidentFlag::FormerlyAttributed,
                |g| retracted_by(g, WITNESS),
                |g| {
                    retracted_by(g, WITNESS);
                    g.read(accuses(BYSTANDER, RIVAL));
                },
            ),
            row(
                IncidentFlag::FormerlyAttributed,
                |g| retracted_by(g, WITNESS),
                |g| {
                    retracted_by(g, WITNESS);
                    g.find(GROUP, Outcome::Rejected);
                },
            ),
            row(
                IncidentFlag::PreEmptiveDenial,
                |g| all(g, [denies(GROUP, GROUP)]),
                |g| all(g, [denies(WITNESS, GROUP)]),
            ),
            row(
                IncidentFlag::PreEmptiveDenial,
                |g| all(g, [denies(GROUP, GROUP)]),
                |g| all(g, [denies(GROUP, GROUP), accuses(WITNESS, RIVAL)]),
            ),
            row(
                IncidentFlag::OtherRolesOnly,
                |g| all(g, [accuses(WITNESS, GROUP).role(Role::Planned)]),
                |g| all(g, [accuses(WITNESS, GROUP).role(Role::Planned), claims(RIVAL)]),
            ),
            row(
                IncidentFlag::OtherRolesOnly,
                |g| all(g, [accuses(WITNESS, GROUP).role(Role::Planned)]),
                |g| all(g, [denies(WITNESS, GROUP).role(Role::Planned)]),
            ),
            row(
                IncidentFlag::GenericOnly,
                |g| all(g, [denies(GROUP, GROUP).of_class(ATTACKS), accuses(WITNESS, GROUP).of_class(ATTACKS)]),
                |g| all(g, [denies(GROUP, GROUP).of_class(ATTACKS), accuses(WITNESS, GROUP)]),
            ),
            row(
                IncidentFlag::BasisChanged,
                |g| {
                    g.read(accuses(WITNESS, GROUP).read_by(CARA));
                    g.find_on(Target::Incident(INCIDENT), Outcome::Confirmed);
                },
                |g| {
                    g.read(accuses(WITNESS, GROUP).read_by(BERT));
                    g.find_on(Target::Incident(INCIDENT), Outcome::Confirmed);
                },
            ),
        ],
        |given, flag| given.board().flags.contains(&flag) || board_without_cara(given).flags.contains(&flag),
    );
}
