//! What holds of every history.

use super::*;
use crate::testing::{cases, detail, span};
use crate::{Entry, dump};
use domain::adjudication::Outcome;
use domain::id::JudgementId;
use domain::identity::{Subject, Verdict};
use domain::relation::RelationType;
use domain::text::Text;
use domain::{adjudication, annotation, derivation, incident, reading, relation};
use proptest::prelude::*;
use wire::view::{AskAgreement, AskLedger};

fn dumped(store: &Store, at: u64) -> String {
    let mut lines = Vec::new();
    dump(store, Some(at), &mut lines).unwrap();
    String::from_utf8(lines).unwrap()
}

/// The group of every scene.
fn scene_group() -> ActorId {
    scene().group
}

/// What happens to the scene of a random history.
pub(super) fn happen(scene: &mut Scene, what: u8, who: u8) {
    let reader = [user("a"), user("b"), user("c")][usize::from(who % 3)];
    let speaker = if who.is_multiple_of(2) { scene.state } else { scene.group };
    match what % 16 {
        0 => drop(scene.read(reader, speaker, Act::Accuses)),
        1 => drop(scene.read(reader, speaker, Act::Denies)),
        2 => {
            let claim = Claim { act: Act::Suspects, ..scene.claim(speaker, Act::Accuses) };
            let reading = scene.read(reader, speaker, Act::Reports);
            scene.history.add(reader, reading.uuid(), [reading::Event::ClaimReadingRevised(claim)]);
        }
        3 => {
            let reading = scene.read(reader, speaker, Act::Infers);
            scene.history.add(reader, reading.uuid(), [reading::Event::ClaimReadingRetracted]);
        }
        4 => {
            let annotation = scene.history.annotation(reader, scene.document, 1, 9);
            let moved = annotation::Event::AnnotationRevised(span(scene.document, 2, 9));
            scene.history.add(reader, annotation.uuid(), [moved]);
        }
        5 => drop(scene.history.relation(RelationType::HoldsOffice, scene.group, scene.state, scene.annotation)),
        6 => drop(scene.history.class("Attacks of May", Some("2021-05"))),
        7 => {
            // Of this passage or of one that overlaps it, in another document or in the same.
            let other = scene.history.document(scene.source, "Another report", TEXT);
            let (from, to) = (u32::from(who % 25), u32::from(who % 40));
            let place = if who.is_multiple_of(3) { scene.document } else { other };
            let copy = scene.history.annotation(reader, scene.document, from, from + 6);
            let original = scene.history.annotation(reader, place, to, to + 6);
            let derivation = scene.history.derivation(reader, copy, original);
            let reason = Text::recorded("Compared.".to_owned());
            match who % 4 {
                0 => {}
                1 => drop(scene.history.add(
                    reader,
                    derivation.uuid(),
                    [derivation::Event::DerivationRejected { reason }],
                )),
                _ => drop(scene.history.add(
                    reader,
                    derivation.uuid(),
                    [derivation::Event::DerivationConfirmed { reason }],
                )),
            }
            if who.is_multiple_of(7) {
                scene.history.origin(original);
            }
        }
        8 => {
            let moved = annotation::Event::AnnotationRevised(span(scene.document, u32::from(who % 28), 28));
            scene.history.add(user("a"), scene.annotation.uuid(), [moved]);
        }
        9 => {
            let disputed = relation::Event::RelationDisputed { reason: Text::recorded("No.".to_owned()) };
            let relation = scene.history.relation(RelationType::SpeaksFor, scene.group, scene.state, scene.annotation);
            scene.history.add(reader, relation.uuid(), [disputed]);
        }
        10 => {
            let detail = incident::Event::IncidentDetailRevised(detail(if who > 99 { "Attack" } else { "Rockets" }));
            scene.history.add(reader, scene.incident.uuid(), [detail]);
        }
        11 => drop(scene.history.incident("Another attack")),
        12 => judge(scene, reader, who),
        13 => {
            if let Some((subject, judgement)) = judgements(scene).pop() {
                scene.history.withdraw(reader, subject, judgement);
            }
        }
        14 => {
            let target = match who % 3 {
                0 => Target::Incident(scene.incident),
                1 => Target::Proposition(Proposition { actor: Some(scene.state), ..scene.proposition() }),
                _ => scene.target(),
            };
            let outcome = [Outcome::Confirmed, Outcome::Rejected, Outcome::Undetermined][usize::from(who / 3 % 3)];
            let id = scene.history.adjudication(reader, vec![target.clone()]);
            scene.history.finding(reader, id, target, outcome, u64::from(who));
            if who.is_multiple_of(5) {
                let reason = Text::recorded("Wrong.".to_owned());
                scene.history.add(reader, id.uuid(), [adjudication::Event::AdjudicationOverturned { reason }]);
            }
        }
        _ => {
            let reading = scene.read(reader, speaker, Act::Accuses);
            let id = scene.history.adjudication(user("c"), vec![Target::Reading(reading)]);
            let (uphold, reject) = if who > 99 { (vec![reading], vec![]) } else { (vec![], vec![reading]) };
            scene.history.rulings(user("c"), id, uphold, reject);
            if who.is_multiple_of(5) {
                let reason = Text::recorded("Again.".to_owned());
                scene.history.add(reader, id.uuid(), [adjudication::Event::AdjudicationReopened { reason }]);
            }
        }
    }
}

/// Somebody judges two actors, incidents or readings, and may contest what was judged before.
fn judge(scene: &mut Scene, reader: UserId, who: u8) {
    let subject = match who % 8 {
        0 | 1 => Subject::Incident,
        2 => Subject::Reading,
        _ => Subject::Actor,
    };
    let verdict = [Verdict::Same, Verdict::Same, Verdict::Distinct, Verdict::Unsure][usize::from(who / 8 % 4)];
    let kind = subject.kind();
    let pool = created(scene, kind);
    let pick = |n: u8| pool.get(usize::from(n) % pool.len().max(1)).copied();
    let (Some(left), Some(right)) = (pick(who), pick(who / 3)) else { return };
    let earlier = judgements(scene).into_iter().filter(|(of, _)| *of == subject).map(|(_, id)| id);
    let against: Vec<_> = earlier.filter(|_| who.is_multiple_of(5)).take(1).collect();
    scene.history.judge(reader, subject, verdict, (left, right), &against);
}

/// What was created of a kind; of incidents, the single ones.
fn created(scene: &Scene, kind: Kind) -> Vec<Uuid> {
    let records = scene.history.entries().iter().map(|entry| wire::record::decode(&entry.payload).unwrap());
    let is_class = |record: &wire::record::Record| {
        matches!(record.events[0], domain::Event::Incident(incident::Event::IncidentClassDefined(_)))
    };
    let of_kind = records.filter(|record| record.envelope.kind == kind && record.envelope.revision == 1);
    of_kind.filter(|record| !is_class(record)).map(|record| record.envelope.id).collect()
}

fn judgements(scene: &Scene) -> Vec<(Subject, JudgementId)> {
    let records = scene.history.entries().iter().map(|entry| wire::record::decode(&entry.payload).unwrap());
    let judged = records.flat_map(|record| record.events).filter_map(|event| match event {
        domain::Event::Identity(event) => event.judged().map(|(_, judged)| (judged.subject, judged.id)),
        _ => None,
    });
    judged.collect()
}

proptest! {
    #![proptest_config(cases(12, 10_000))]

    #[test]
    fn a_rebuilt_store_dumps_the_same_bytes_as_one_that_lived(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..40),
        parts in prop::collection::vec((1..20_usize, any::<bool>()), 1..20),
        at in 1..60_u64,
    ) {
        let mut scene = scene();
        for (what, who) in steps {
            happen(&mut scene, what, who);
        }
        let entries: &[Entry] = scene.history.entries();
        let (live_folder, rebuilt_folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let live = Store::create(&live_folder.path().join("gen-1"), scene.history.log).unwrap();
        let mut rest = entries;
        for (len, compact) in parts.iter().cycle() {
            let (part, left) = rest.split_at((*len).min(rest.len()));
            live.append(part).unwrap();
            if *compact {
                live.compact(1).unwrap();
            }
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        let rebuilt = Store::create(&rebuilt_folder.path().join("gen-1"), scene.history.log).unwrap();
        rebuilt.append(entries).unwrap();
        rebuilt.compact(1).unwrap();
        let head = entries.len() as u64;
        prop_assert_eq!(dumped(&live, head), dumped(&rebuilt, head));
        // A dump of the past is the dump of a store that ends there.
        let at = at.min(head);
        let past_folder = TempDir::new().unwrap();
        let past = Store::create(&past_folder.path().join("gen-1"), scene.history.log).unwrap();
        past.append(&entries[..usize::try_from(at).unwrap()]).unwrap();
        prop_assert_eq!(dumped(&live, at), dumped(&past, at));
    }
}

proptest! {
    #![proptest_config(cases(12, 500))]

    #[test]
    fn a_ledger_has_what_the_boards_have_from_a_cache_or_from_the_records_whole_or_in_pages(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..30),
        limit in 1..4_u32,
    ) {
        let mut fixture = Fixture::new(scene().history);
        let mut scene = scene();
        let ask = |limit, after| {
            let id = scene_group().to_string();
            Question::Ledger(AskLedger { kind: "actor".to_owned(), id, limit, after, quotes: 20 })
        };
        for (what, who) in steps {
            happen(&mut scene, what, who);
            fixture.history = scene.history.clone();
            fixture.catch_up();
            let Said::Ledger(whole) = fixture.ask(ask(1_000, 0)) else { panic!("no ledger") };
            let fresh = BoardCache::default();
            let answer = View::new(&fixture.store, &fresh, true).answer(&fixture.request(ask(1_000, 0))).unwrap().answer;
            prop_assert_eq!(Some(Said::Ledger(whole.clone())), answer);
            // Everything on the board is about the group.
            let mut on_board = Vec::new();
            for about in fixture.board(scene.incident).propositions {
                let said = about.support.into_iter().chain(about.opposition).chain(about.neutral);
                on_board.extend(said.map(|said| (about.role.clone(), about.status.clone(), said)));
            }
            let mut in_ledger: Vec<_> = whole.lines.iter().map(|line| {
                let about = line.proposition.clone().unwrap();
                (about.role, about.status, line.said.clone().unwrap())
            }).collect();
            on_board.sort_by(|a, b| (&a.2.utterance, &a.0).cmp(&(&b.2.utterance, &b.0)));
            in_ledger.sort_by(|a, b| (&a.2.utterance, &a.0).cmp(&(&b.2.utterance, &b.0)));
            prop_assert_eq!(on_board, in_ledger);
            let (mut paged, mut after) = (Vec::new(), Some(0));
            while let Some(at) = after {
                let Said::Ledger(page) = fixture.ask(ask(limit, at)) else { panic!("no ledger") };
                prop_assert!(page.lines.len() <= limit as usize);
                paged.extend(page.lines);
                after = page.after;
            }
            prop_assert_eq!(paged, whole.lines);
        }
    }

    #[test]
    fn a_kept_report_on_agreement_is_that_of_the_records(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..30),
    ) {
        let mut fixture = Fixture::new(scene().history);
        let mut scene = scene();
        let ask = || Question::Agreement(AskAgreement { limit: 1_000, ..AskAgreement::default() });
        for (what, who) in steps {
            happen(&mut scene, what, who);
            fixture.history = scene.history.clone();
            fixture.catch_up();
            let kept = fixture.ask(ask());
            let fresh = BoardCache::default();
            let answer = View::new(&fixture.store, &fresh, true).answer(&fixture.request(ask())).unwrap().answer;
            prop_assert_eq!(Some(&kept), answer.as_ref());
            // What was kept is of no earlier position.
            let earlier = fixture.store.checkpoint().position - 1;
            let past = fixture.ask_at(earlier, ask());
            let request = Request { as_of: Some(earlier), ..fixture.request(ask()) };
            let answer = View::new(&fixture.store, &BoardCache::default(), true).answer(&request).unwrap().answer;
            prop_assert_eq!(Some(past), answer);
        }
    }

    #[test]
    fn a_cached_board_is_the_board_of_the_records(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..30),
    ) {
        let mut fixture = Fixture::new(scene().history);
        let mut scene = scene();
        let mut had = fixture.board(scene.incident);
        for (what, who) in steps {
            happen(&mut scene, what, who);
            fixture.history = scene.history.clone();
            fixture.catch_up();
            let again = fixture.ask(board_unless(scene.incident, Known { since: had.since, policy: had.policy }));
            let cached = fixture.board(scene.incident);
            let fresh = BoardCache::default();
            let request = fixture.request(board(scene.incident));
            let answer = View::new(&fixture.store, &fresh, true).answer(&request).unwrap().answer;
            prop_assert_eq!(Some(Said::Board(cached.clone())), answer);
            // Who has the board already is told so, and then it is that board.
            match again {
                Said::Unchanged(_) => prop_assert_eq!(&Board { as_of: cached.as_of, ..had }, &cached),
                again => {
                    prop_assert_eq!(&again, &Said::Board(cached.clone()));
                    prop_assert!(had.since < cached.since);
                }
            }
            had = cached;
        }
    }
}
