//! What would be without something is what a log without its records gives.

use super::*;
use crate::attribution::{IncidentFlag, Omitted, Statuses, assess_without, statuses, without};
use crate::claim::Speaker;
use crate::id::{DocumentId, SourceId};
use crate::identity;
use std::collections::BTreeSet;

/// The board without something, but for what a log without it cannot tell.
fn board_without(case: &Case, policy: &Policy, omitted: Omitted) -> Board {
    let rest = without(case, policy, &BTreeSet::from([omitted]), &BTreeSet::new());
    let board = assess_without(case, &rest, policy);
    let propositions = board.propositions.iter().map(|about| (about.key.clone(), about.status)).collect();
    assert_eq!(statuses(&rest, policy), Statuses { incident: board.status, propositions });
    unmarked(board)
}

fn unmarked(board: Board) -> Board {
    let mut board = timeless(board);
    let generic = board.generic.iter_mut().chain(&mut board.possible).map(|generic| &mut generic.about);
    for about in board.propositions.iter_mut().chain(generic) {
        about.flags.retain(|flag| *flag != Flag::BasisChanged);
    }
    board.flags.retain(|flag| *flag != IncidentFlag::BasisChanged);
    board
}

/// The board of a log of which only these records were ever written.
fn board_of(history: &History, log: &[Record], keeps: impl Fn(&Record) -> bool) -> Board {
    timeless(assess(&history.case(log.iter().filter(|record| keeps(record))), &history.policy))
}

/// The claims that were ever read, by the ids of their readings.
fn claims(log: &[Record]) -> BTreeMap<Uuid, Vec<&Claim>> {
    let mut claims: BTreeMap<Uuid, Vec<&Claim>> = BTreeMap::new();
    for record in log {
        if let Event::Reading(reading::Event::ClaimRead(claim) | reading::Event::ClaimReadingRevised(claim)) =
            &record.event
        {
            claims.entry(record.id).or_default().push(claim);
        }
    }
    claims
}

#[test]
fn without_an_annotator_the_board_is_that_of_a_log_in_which_they_read_nothing() {
    check("without an annotator", histories(), |history| {
        let (log, case) = (history.log(), history.case(&history.log()));
        for annotator in [ANNA, BERT, CARA] {
            // Nobody but its author writes to a reading.
            let keeps = |record: &Record| record.event.kind() != Kind::Reading || record.author != annotator;
            let found = board_without(&case, &history.policy, Omitted::Annotator(annotator));
            prop_assert_eq!(found, board_of(&history, &log, keeps));
        }
        Ok(())
    });
}

#[test]
fn without_a_judgement_the_board_is_that_of_a_log_in_which_it_was_never_made() {
    check("without a judgement", histories(), |history| {
        let (log, case) = (history.log(), history.case(&history.log()));
        let judged = log.iter().filter_map(|record| match &record.event {
            Event::Identity(event) => event.judged().map(|(_, judged)| judged.id),
            _ => None,
        });
        for judgement in judged.collect::<Vec<_>>() {
            let keeps = |record: &Record| match &record.event {
                Event::Identity(event) => identity::Event::judgement(event) != judgement,
                _ => true,
            };
            let found = board_without(&case, &history.policy, Omitted::Judgement(judgement));
            prop_assert_eq!(found, board_of(&history, &log, keeps));
        }
        Ok(())
    });
}

/// The annotations that stand in a document.
fn marks_in(log: &[Record], document: DocumentId) -> BTreeSet<AnnotationId> {
    let created = log.iter().filter_map(|record| match &record.event {
        Event::Annotation(annotation::Event::AnnotationCreated(span)) if span.document == document => {
            Some(record.id.into())
        }
        _ => None,
    });
    created.collect()
}

/// Whether a record is of a document, of something in it, or of what rests on it alone; each reading of these histories
/// cites one annotation.
fn is_of(log: &[Record], document: DocumentId) -> impl Fn(&Record) -> bool {
    let marks = marks_in(log, document);
    let readings: BTreeSet<Uuid> = claims(log)
        .into_iter()
        .filter(|(_, claims)| claims.iter().all(|claim| claim.evidence.iter().all(|id| marks.contains(id))))
        .map(|(id, _)| id)
        .collect();
    let derivations: BTreeSet<Uuid> = log
        .iter()
        .filter(|record| match &record.event {
            Event::Derivation(derivation::Event::DerivationSuggested(edge)) => {
                marks.contains(&edge.from) || marks.contains(&edge.to)
            }
            Event::Derivation(derivation::Event::OriginDeclared { annotation, .. }) => marks.contains(annotation),
            _ => false,
        })
        .map(|record| record.id)
        .collect();
    move |record| match record.event.kind() {
        Kind::Document => record.id == document.uuid(),
        Kind::Annotation => marks.contains(&record.id.into()),
        Kind::Reading => readings.contains(&record.id),
        Kind::Derivation => derivations.contains(&record.id),
        _ => false,
    }
}

#[test]
fn without_a_document_the_board_is_that_of_a_log_that_never_had_it() {
    check("without a document", histories(), |history| {
        let (log, case) = (history.log(), history.case(&history.log()));
        for document in [nth(1, 0), nth(1, 1)].map(DocumentId::new) {
            let is_gone = is_of(&log, document);
            let found = board_without(&case, &history.policy, Omitted::Document(document));
            prop_assert_eq!(found, board_of(&history, &log, |record| !is_gone(record)));
        }
        Ok(())
    });
}

/// The log with another source of the second document.
fn of_two_sources(history: &History, source: SourceId) -> Vec<Record> {
    let mut log = history.log();
    for record in &mut log {
        if let Event::Document(document::Event::DocumentRegistered(detail)) = &mut record.event
            && record.id == nth(1, 1)
        {
            detail.source = source;
        }
    }
    log
}

#[test]
fn without_a_source_the_board_is_that_of_a_log_without_its_documents_and_words() {
    // What its documents pass on is told by examples; here nothing derives from anything.
    let histories = histories().prop_map(|history| History { descents: Vec::new(), ..history });
    check("without a source", histories, |history| {
        let log = of_two_sources(&history, GAZETTE);
        let case = history.case(&log);
        let said: BTreeSet<Uuid> = case
            .readings
            .iter()
            .filter(|(_, reading)| *reading.claim.speakers.speaker() == Speaker::Source(GAZETTE))
            .map(|(id, _)| id.uuid())
            .collect();
        let is_gone = is_of(&log, nth(1, 1).into());
        let keeps = |record: &Record| !is_gone(record) && !said.contains(&record.id);
        let found = board_without(&case, &history.policy, Omitted::Source(GAZETTE));
        prop_assert_eq!(found, board_of(&history, &log, keeps));
        Ok(())
    });
}

#[test]
fn without_an_actor_the_board_is_that_of_a_log_without_its_words() {
    // Whose words they are, edges and merges tell as well: that is told by examples.
    let histories = histories().prop_map(|history| {
        let edges = Vec::new();
        History { edges, ..history }.judging(&[identity::Subject::Incident, identity::Subject::Reading])
    });
    check("without an actor", histories, |history| {
        let log: Vec<Record> = history.log().into_iter().map(relaying).collect();
        let case = history.case(&log);
        for actor in [GROUP, RIVAL, WITNESS] {
            let said: BTreeSet<Uuid> = case
                .readings
                .iter()
                .filter(|(_, reading)| *reading.claim.speakers.speaker() == Speaker::Actor(actor))
                .map(|(id, _)| id.uuid())
                .collect();
            // Who is judged to read the same utterance reads it of the same speaker, whatever they wrote.
            if history.judged.is_empty() {
                let keeps = |record: &Record| !said.contains(&record.id);
                let found = board_without(&case, &history.policy, Omitted::Actor(actor));
                prop_assert_eq!(found, board_of(&history, &log, keeps));
            }
        }
        Ok(())
    });
}

/// The record with actors who pass words on instead of making them their own.
fn relaying(mut record: Record) -> Record {
    if let Event::Reading(reading::Event::ClaimRead(claim) | reading::Event::ClaimReadingRevised(claim)) =
        &mut record.event
    {
        let links = claim.speakers.links().iter().map(|link| match (&link.speaker, link.stance) {
            (Speaker::Actor(_), Stance::Adopts) => Link { stance: Stance::Relays, ..link.clone() },
            _ => link.clone(),
        });
        claim.speakers = Chain::recorded(links.collect(), claim.speakers.speaker().clone());
    }
    record
}

#[test]
fn without_several_is_without_one_after_the_other_and_without_nothing_is_what_is() {
    check("without several", histories(), |history| {
        let (case, policy) = (history.case(&history.log()), &history.policy);
        let nothing = without(&case, policy, &BTreeSet::new(), &BTreeSet::new());
        prop_assert_eq!(assess_without(&case, &nothing, policy), assess(&case, policy));
        let (annotator, document) = (Omitted::Annotator(BERT), Omitted::Document(nth(1, 0).into()));
        let both = without(&case, policy, &BTreeSet::from([annotator, document]), &BTreeSet::new());
        let one = without(&case, policy, &BTreeSet::from([document]), &BTreeSet::new());
        let other = without(&one, policy, &BTreeSet::from([annotator]), &BTreeSet::new());
        prop_assert_eq!(assess(&both, policy), assess(&other, policy));
        Ok(())
    });
}
