//! The same records give the same board.

use super::*;
use crate::id::ReadingId;
use crate::identity::Subject;
use std::collections::BTreeSet;

#[test]
fn the_same_case_gives_the_same_board_in_whatever_order_it_is_put_together() {
    check("determinism", histories(), |history| {
        let case = history.case(&history.log());
        let mut reversed = Case {
            readings: BTreeMap::new(),
            annotations: BTreeMap::new(),
            derivations: BTreeMap::new(),
            relations: BTreeMap::new(),
            adjudications: BTreeMap::new(),
            ..case.clone()
        };
        reversed.readings.extend(case.readings.clone().into_iter().rev());
        reversed.annotations.extend(case.annotations.clone().into_iter().rev());
        reversed.derivations.extend(case.derivations.clone().into_iter().rev());
        reversed.relations.extend(case.relations.clone().into_iter().rev());
        reversed.adjudications.extend(case.adjudications.clone().into_iter().rev());
        let board = assess(&case, &history.policy);
        prop_assert_eq!(&board, &assess(&case, &history.policy));
        prop_assert_eq!(&board, &assess(&reversed, &history.policy));
        Ok(())
    });
}

/// Puts a log into another order that respects causation: the records of one aggregate keep theirs, so do the
/// readings of one author, and what a reading names comes before it.
fn reordered(log: &[Record], priorities: &[u16]) -> Vec<Record> {
    let is_reading = |record: &Record| record.event.kind() == Kind::Reading;
    let names = |later: &Record, earlier: &Record| match &later.event {
        Event::Reading(reading::Event::ClaimRead(claim) | reading::Event::ClaimReadingRevised(claim)) => {
            claim.evidence.iter().any(|id| id.uuid() == earlier.id)
                || claim.changes.iter().any(|id| id.uuid() == earlier.id)
        }
        Event::Derivation(event) => match event {
            derivation::Event::DerivationSuggested(edge) => {
                [edge.from, edge.to].map(AnnotationId::uuid).contains(&earlier.id)
            }
            derivation::Event::OriginDeclared { annotation, .. } => annotation.uuid() == earlier.id,
            derivation::Event::DerivationConfirmed { .. } | derivation::Event::DerivationRejected { .. } => false,
        },
        _ => false,
    };
    let goes_before = |earlier: &Record, later: &Record| {
        earlier.id == later.id
            || (is_reading(earlier) && is_reading(later) && earlier.author == later.author)
            || (names(later, earlier)
                && !matches!(earlier.event, Event::Annotation(annotation::Event::AnnotationRetracted)))
    };
    let mut left: Vec<usize> = (0..log.len()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let ready = |at: &&usize| left.iter().take_while(|b| *b < *at).all(|b| !goes_before(&log[*b], &log[**at]));
        let next = *left.iter().filter(ready).min_by_key(|at| (priorities[**at % priorities.len()], **at)).unwrap();
        left.retain(|at| *at != next);
        order.push(log[next].clone());
    }
    order
}

#[test]
fn records_of_different_aggregates_in_another_order_give_the_same_board() {
    let inputs = (histories(), vec(any::<u16>(), 64));
    check("reordering", inputs, |(history, priorities)| {
        let log = history.log();
        let other = reordered(&log, &priorities);
        prop_assert_eq!(log.len(), other.len());
        let board = |log: &[Record]| timeless(assess(&history.case(log), &history.policy));
        prop_assert_eq!(board(&log), board(&other));
        Ok(())
    });
}

/// The aggregates as they stand, record by record.
#[derive(Default)]
struct Live {
    readings: BTreeMap<Uuid, (Reading, u64)>,
    annotations: BTreeMap<Uuid, Annotation>,
    derivations: BTreeMap<Uuid, Derivation>,
    documents: BTreeMap<Uuid, Document>,
    relations: BTreeMap<Uuid, Relation>,
    identities: BTreeMap<Uuid, Identity>,
    adjudications: BTreeMap<Uuid, Adjudication>,
}

impl Live {
    fn apply(&mut self, position: u64, record: &Record) {
        fn step<A: Aggregate>(states: &mut BTreeMap<Uuid, A>, record: &Record) {
            if let Some(event) = A::own(&record.event) {
                let state = states.remove(&record.id).unwrap_or_default();
                states.insert(record.id, state.evolve(event, record.author));
            }
        }
        step(&mut self.annotations, record);
        step(&mut self.derivations, record);
        step(&mut self.documents, record);
        step(&mut self.relations, record);
        step(&mut self.identities, record);
        step(&mut self.adjudications, record);
        if let Event::Reading(event) = &record.event {
            let (state, _) = self.readings.remove(&record.id).unwrap_or_default();
            self.readings.insert(record.id, (state.evolve(event, record.author), position));
        }
    }

    fn case(&self, history: &History) -> Case {
        let reading = |(id, (reading, written)): (&Uuid, &(Reading, u64))| {
            let (author, claim) = (reading.author()?, reading.live()?.clone());
            Some(((*id).into(), CaseReading { author, written: *written, claim }))
        };
        history.around(Case {
            readings: self.readings.iter().filter_map(reading).collect(),
            annotations: self.annotations.iter().map(|(id, state)| ((*id).into(), state.clone())).collect(),
            derivations: self.derivations.iter().map(|(id, state)| ((*id).into(), state.clone())).collect(),
            documents: self.documents.iter().map(|(id, state)| ((*id).into(), state.clone())).collect(),
            relations: self.relations.iter().map(|(id, state)| ((*id).into(), state.clone())).collect(),
            judgements: judgements::of(self.identities.clone()),
            adjudications: self.adjudications.iter().map(|(id, state)| ((*id).into(), state.clone())).collect(),
            ..Given::new().case
        })
    }
}

#[test]
fn the_board_as_of_a_position_is_that_of_the_log_cut_there() {
    check("as of", histories(), |history| {
        let log = history.log();
        let mut live = Live::default();
        for (record, position) in log.iter().zip(1_u64..) {
            live.apply(position, record);
            let (as_of, cut) = (live.case(&history), history.case(&log[..usize::try_from(position).unwrap()]));
            prop_assert_eq!(format!("{as_of:?}"), format!("{cut:?}"));
            prop_assert_eq!(assess(&as_of, &history.policy), assess(&cut, &history.policy));
        }
        Ok(())
    });
}

/// The readings that a case is to hold: about the incident or its classes, changes of these, and readings that may be
/// of one utterance with one of these.
fn connected(case: &Case) -> BTreeMap<ReadingId, CaseReading> {
    let actors = &case.judgements.actors.resolution;
    let actor = |id: ActorId| ActorId::new(actors.canonical(id.uuid()));
    let may_be_one = case.judgements.incidents.neighbours([INCIDENT.uuid()]).ids;
    let is_near = |claim: &Claim| match claim.proposition.target {
        Target::Incident(id) => may_be_one.contains(&id.uuid()),
        Target::Class(id) => case.classes.contains_key(&id),
        Target::Relation(_) | Target::Actor(_) => false,
    };
    let same_words = |claim: &Claim| {
        let about = &claim.proposition;
        let speaker = match claim.speakers.speaker() {
            Speaker::Actor(id) => Speaker::Actor(actor(*id)),
            other => other.clone(),
        };
        (speaker, about.target, about.facet, about.actor.map(actor))
    };
    let mut near: BTreeSet<ReadingId> = BTreeSet::new();
    loop {
        let words: BTreeSet<_> = near.iter().map(|id| same_words(&case.readings[id].claim)).collect();
        let known = near.len();
        for (id, CaseReading { claim, .. }) in &case.readings {
            let is_change = claim.changes.iter().any(|changed| near.contains(changed));
            let beside = case.judgements.readings.neighbours([id.uuid()]).ids;
            let is_judged = beside.iter().any(|other| near.contains(&ReadingId::new(*other)));
            if is_near(claim) || is_change || is_judged || words.contains(&same_words(claim)) {
                near.insert(*id);
            }
        }
        if near.len() == known {
            return case.readings.clone().into_iter().filter(|(id, _)| near.contains(id)).collect();
        }
    }
}

#[test]
fn readings_about_something_else_that_change_nothing_are_of_no_account() {
    check("connected readings", histories(), |history| {
        let case = history.case(&history.log());
        let readings = connected(&case);
        let mut named: BTreeSet<AnnotationId> =
            readings.values().flat_map(|reading| reading.claim.evidence.clone()).collect();
        named.extend(case.derivations.values().flat_map(Derivation::annotations));
        let mut annotations = case.annotations.clone();
        annotations.retain(|id, _| named.contains(id));
        let near = Case { readings, annotations, ..case.clone() };
        prop_assert_eq!(assess(&near, &history.policy), assess(&case, &history.policy));
        Ok(())
    });
}

#[test]
fn what_is_suggested_or_rejected_changes_nothing_and_derivations_never_a_status() {
    check("derivations", histories(), |history| {
        let case = history.case(&history.log());
        let keeping = |keep: fn(&Derivation) -> bool| {
            let mut case = case.clone();
            case.derivations.retain(|_, derivation| keep(derivation));
            assess(&case, &history.policy)
        };
        let board = assess(&case, &history.policy);
        let unjudged =
            |d: &Derivation| !matches!(d, Derivation::Edge { standing: Standing::Suggested | Standing::Rejected, .. });
        prop_assert_eq!(&board, &keeping(unjudged));
        let statuses = |board: &Board| {
            let about = board.propositions.iter().map(|p| (p.key.clone(), p.status, p.flags.clone(), p.n_support));
            (board.status, board.flags.clone(), board.disputes.clone(), about.collect::<Vec<_>>())
        };
        prop_assert_eq!(statuses(&board), statuses(&keeping(|_| false)));
        Ok(())
    });
}

/// The same adjudication of other targets.
fn retargeted(
    state: Adjudication,
    target: impl Fn(adjudication::Target) -> adjudication::Target,
    reading: impl Fn(ReadingId) -> ReadingId,
) -> Adjudication {
    let Adjudication::Pending(mut pending) = state else { return state };
    pending.docket.targets = pending.docket.targets.into_iter().map(&target).collect();
    if let Some(rulings) = &mut pending.rulings {
        for list in [&mut rulings.uphold, &mut rulings.reject] {
            for id in list {
                *id = reading(*id);
            }
        }
    }
    for finding in &mut pending.findings {
        finding.target = target(finding.target.clone());
    }
    Adjudication::Pending(pending)
}

/// The same history about another incident, told by others in other documents.
fn elsewhere(history: &History) -> Case {
    const FAR: u128 = 1 << 100;
    let far = |id: Uuid| Uuid::from_u128(id.as_u128() | FAR);
    let actor = |id: ActorId| ActorId::new(far(id.uuid()));
    let speaker = |speaker: &Speaker| match speaker {
        Speaker::Actor(id) => Speaker::Actor(actor(*id)),
        other => other.clone(),
    };
    let case = history.case(&history.log());
    let moved = |reading: CaseReading| {
        let mut claim = reading.claim;
        let links = claim.speakers.links().iter();
        let links = links.map(|link| Link { speaker: speaker(&link.speaker), stance: link.stance });
        claim.speakers = Chain::recorded(links.collect(), speaker(claim.speakers.speaker()));
        claim.proposition.target = Target::Incident(ELSEWHERE);
        claim.proposition.actor = claim.proposition.actor.map(actor);
        claim.proposition.with = claim.proposition.with.into_iter().map(actor).collect();
        claim.evidence = claim.evidence.into_iter().map(|id| far(id.uuid()).into()).collect();
        claim.changes = claim.changes.into_iter().map(|id| far(id.uuid()).into()).collect();
        claim.speaks_for = claim.speaks_for.map(|id| far(id.uuid()).into());
        CaseReading { claim, ..reading }
    };
    let annotation = |annotation: Annotation| match annotation {
        Annotation::Live { author, span, anchoring } => {
            let span = Span { document: far(span.document.uuid()).into(), ..span };
            Annotation::Live { author, span, anchoring }
        }
        other => other,
    };
    let mark = |id: AnnotationId| AnnotationId::new(far(id.uuid()));
    let derivation = |derivation: Derivation| match derivation {
        Derivation::Absent => Derivation::Absent,
        Derivation::Edge { edge, standing, reason } => Derivation::Edge {
            edge: derivation::Edge { from: mark(edge.from), to: mark(edge.to), ..edge },
            standing,
            reason,
        },
        Derivation::Origin { annotation, reason } => Derivation::Origin { annotation: mark(annotation), reason },
    };
    let relation = |relation: Relation| match relation {
        Relation::Live { edge, disputed_by } => {
            Relation::Live { edge: Edge { from: actor(edge.from), to: actor(edge.to), ..edge }, disputed_by }
        }
        other => other,
    };
    let target = |target: adjudication::Target| match target {
        adjudication::Target::Reading(id) => adjudication::Target::Reading(far(id.uuid()).into()),
        adjudication::Target::Incident(_) => adjudication::Target::Incident(ELSEWHERE),
        adjudication::Target::Proposition(about) => {
            let target = match about.target {
                Target::Relation(id) => Target::Relation(far(id.uuid()).into()),
                Target::Incident(_) | Target::Class(_) | Target::Actor(_) => Target::Incident(ELSEWHERE),
            };
            let actor = about.actor.map(actor);
            adjudication::Target::Proposition(crate::claim::Proposition { target, actor, ..about })
        }
    };
    let adjudication = |state| retargeted(state, target, |id| far(id.uuid()).into());
    Case {
        adjudications: case.adjudications.into_iter().map(|(id, a)| (far(id.uuid()).into(), adjudication(a))).collect(),
        readings: case.readings.into_iter().map(|(id, r)| (far(id.uuid()).into(), moved(r))).collect(),
        annotations: case.annotations.into_iter().map(|(id, a)| (far(id.uuid()).into(), annotation(a))).collect(),
        derivations: case.derivations.into_iter().map(|(id, d)| (far(id.uuid()).into(), derivation(d))).collect(),
        documents: case.documents.into_iter().map(|(id, d)| (far(id.uuid()).into(), d)).collect(),
        relations: case.relations.into_iter().map(|(id, r)| (far(id.uuid()).into(), relation(r))).collect(),
        actors: case.actors.into_iter().map(|(id, a)| (actor(id), a)).collect(),
        ..Given::new().case
    }
}

#[test]
fn records_about_another_incident_never_change_the_board() {
    check("independence", (histories(), histories()), |(history, other)| {
        // A judgement that makes one of the two incidents connects them.
        let history = history.judging(&[Subject::Actor, Subject::Reading]);
        let mut case = history.case(&history.log());
        let board = assess(&case, &history.policy);
        let other = elsewhere(&other);
        case.readings.extend(other.readings);
        case.annotations.extend(other.annotations);
        case.derivations.extend(other.derivations);
        case.documents.extend(other.documents);
        case.relations.extend(other.relations);
        case.actors.extend(other.actors);
        case.adjudications.extend(other.adjudications);
        prop_assert_eq!(board, assess(&case, &history.policy));
        Ok(())
    });
}

// Ids and positions

/// The same case with other reading ids.
fn relabelled(case: &Case, label: impl Fn(ReadingId) -> ReadingId) -> Case {
    let relabel = |(id, reading): (&ReadingId, &CaseReading)| {
        let mut reading = reading.clone();
        reading.written = reading.written * 3 + 1;
        reading.claim.changes = reading.claim.changes.iter().map(|id| label(*id)).collect();
        (label(*id), reading)
    };
    let target = |target: adjudication::Target| match target {
        adjudication::Target::Reading(id) => adjudication::Target::Reading(label(id)),
        other => other,
    };
    let adjudications =
        case.adjudications.iter().map(|(id, state)| (*id, retargeted(state.clone(), target, &label))).collect();
    Case { readings: case.readings.iter().map(relabel).collect(), adjudications, ..case.clone() }
}

#[test]
fn other_reading_ids_in_the_same_order_give_the_same_board_under_these_ids() {
    check("relabelling", histories(), |history| {
        let history = history.judging(&[Subject::Actor, Subject::Incident]);
        let case = history.case(&history.log());
        let label = |id: ReadingId| ReadingId::new(Uuid::from_u128((id.uuid().as_u128() << 8) | 0xf));
        let relabelled = timeless(assess(&relabelled(&case, label), &history.policy));
        let mut told = format!("{:?}", timeless(assess(&case, &history.policy)));
        for id in case.readings.keys() {
            told = told.replace(&id.to_string(), &label(*id).to_string());
        }
        prop_assert_eq!(told, format!("{relabelled:?}"));
        Ok(())
    });
}

#[test]
fn where_one_annotator_reads_ids_play_no_part() {
    check("relabelling of one annotator", (histories_by(&[ANNA]), any::<u32>()), |(history, key)| {
        let history = history.judging(&[Subject::Actor, Subject::Incident]);
        let case = history.case(&history.log());
        let scattered = |id: ReadingId| {
            let n = id.uuid().as_u128();
            ReadingId::new(Uuid::from_u128((n ^ u128::from(key)).reverse_bits()))
        };
        let told = |case: &Case| {
            let board = timeless(assess(case, &history.policy));
            let about = board.propositions.into_iter().map(|p| (p.key, p.status, p.flags, p.n_support));
            let disputes = board.disputes.into_iter().map(|d| (d.kind, d.generic, d.because.len()));
            (board.status, board.flags, about.collect::<Vec<_>>(), disputes.collect::<Vec<_>>())
        };
        prop_assert_eq!(told(&case), told(&relabelled(&case, scattered)));
        Ok(())
    });
}
