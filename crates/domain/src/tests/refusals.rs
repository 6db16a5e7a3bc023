//! Every refusal code of every module, each brought about once. The codes are found in the sources, so that a new one
//! without a row here, or a row without a code, is noticed.

use crate::access::{self, Action, Viewer};
use crate::actor::{self, Actor, ActorKind, Name};
use crate::adjudication::{self, Adjudication, Docket, Finding, Outcome, Rulings, Standard};
use crate::anchor::Lost;
use crate::annotation::{self, Annotation, Span, SpanRole};
use crate::assessment::{self, Assessment, Confidence, Content, Grade, Letter, Likelihood};
use crate::claim::{Act, Chain, Claim, Facet, Polarity, Role, Scope, Speaker, Stance, Target};
use crate::codebook::Codebook;
use crate::derivation::{self, Derivation, DerivationType, Verdict};
use crate::document::{self, Document};
use crate::edtf::Edtf;
use crate::identity::{self, Identity};
use crate::import::{self, Import};
use crate::incident::{self, Incident};
use crate::opinion::Opinion;
use crate::passage::{self, Indexed};
use crate::policy::Policy;
use crate::project::{self, Project};
use crate::reading::{self, Blank, Reading, Surroundings};
use crate::relation::{self, Edge, Relation, RelationStance, RelationType};
use crate::source::{self, Source, SourceKind, SourceRelation};
use crate::task::{self, Overlap, Submission, Task, Terms};
use crate::testing::{AUTHOR, accusation, edtf, given, id, refusal, text};
use crate::text::{self, Text};
use crate::user::{self, User};
use crate::{Aggregate, Kind, Rejection};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A file, a code in it, and what brings that refusal about.
type Row = (&'static str, &'static str, fn() -> Rejection);

const ROWS: &[Row] = &[
    ("adjudication.rs", "adjudication_overturned", || refusal(overturned().decide(find(finding())))),
    ("adjudication.rs", "already_adjudicated", || {
        let open = adjudication::Command::Open { docket: of_readings(), taken: Some((0, id(7))) };
        refusal(Adjudication::Absent.decide(open))
    }),
    ("adjudication.rs", "already_ruled", || refusal(ruled().decide(rule(rulings())))),
    ("adjudication.rs", "based_on_ahead", || {
        refusal(before_readings().decide(rule(Rulings { based_on: 10, ..rulings() })))
    }),
    ("adjudication.rs", "based_on_invalid", || {
        refusal(before_readings().decide(rule(Rulings { based_on: 0, ..rulings() })))
    }),
    ("adjudication.rs", "id_taken", || refusal(ruled().decide(open(of_readings())))),
    ("adjudication.rs", "list_repeats", || {
        refusal(Adjudication::Absent.decide(open(docket(vec![adjudication::Target::Reading(id(1)); 2]))))
    }),
    ("adjudication.rs", "list_too_long", || {
        let many = (0..65).map(|n| adjudication::Target::Reading(id(n))).collect();
        refusal(Adjudication::Absent.decide(open(docket(many))))
    }),
    ("adjudication.rs", "not_a_target", || {
        refusal(before_readings().decide(rule(Rulings { uphold: vec![id(9)], ..rulings() })))
    }),
    ("adjudication.rs", "not_found", || refusal(Adjudication::Absent.decide(rule(rulings())))),
    ("adjudication.rs", "nothing_ruled", || {
        refusal(before_readings().decide(adjudication::Command::Reopen { reason: text("no") }))
    }),
    ("adjudication.rs", "own_reading", || {
        refusal(before_readings().decide(adjudication::Command::Rule { rulings: rulings(), head: 9, own: true }))
    }),
    ("adjudication.rs", "ruled_twice", || {
        refusal(before_readings().decide(rule(Rulings { reject: vec![id(1)], ..rulings() })))
    }),
    ("adjudication.rs", "rulings_incomplete", || {
        refusal(before_readings().decide(rule(Rulings { reject: Vec::new(), ..rulings() })))
    }),
    ("adjudication.rs", "target_is_reading", || {
        let target = adjudication::Target::Reading(id(1));
        refusal(before_readings().decide(find(Finding { target, ..finding() })))
    }),
    ("adjudication.rs", "targets_missing", || refusal(Adjudication::Absent.decide(open(docket(Vec::new()))))),
    ("adjudication.rs", "targets_mixed", || {
        let targets = vec![adjudication::Target::Reading(id(1)), adjudication::Target::Incident(id(1))];
        refusal(Adjudication::Absent.decide(open(docket(targets))))
    }),
    ("adjudication.rs", "targets_not_readings", || {
        let incident: Adjudication = given([adjudication::Event::AdjudicationOpened(docket(vec![finding().target]))]);
        refusal(incident.decide(rule(rulings())))
    }),
    ("access.rs", "forbidden", || {
        refusal(access::check(&viewer(Some(access::Role::Reader)), Action::Create, Kind::Reading))
    }),
    ("access.rs", "not_found", || refusal(access::check(&viewer(None), Action::Read, Kind::Reading))),
    ("actor.rs", "id_taken", || refusal(known_actor().decide(register_actor()))),
    ("actor.rs", "last_name", || refusal(known_actor().decide(actor::Command::WithdrawName { id: id(1) }))),
    ("actor.rs", "names_full", || refusal(full_actor().decide(assert_name(1_000)))),
    ("actor.rs", "not_found", || refusal(Actor::Absent.decide(assert_name(1)))),
    ("annotation.rs", "annotation_in_use", || refusal(mark().decide(&annotation::Command::Retract { in_use: true }))),
    ("annotation.rs", "annotation_moved", || refusal(revise_mark(Span { revision: 0, ..span() }))),
    ("annotation.rs", "anchor_settled", || {
        let reanchor = annotation::Command::Reanchor { revision: 1, found: Err(Lost::NotFound) };
        refusal(mark().decide(&reanchor))
    }),
    ("annotation.rs", "annotation_retracted", || {
        refusal(retracted_mark().decide(&annotation::Command::Retract { in_use: false }))
    }),
    ("annotation.rs", "id_taken", || refusal(create_mark(&mark()))),
    ("annotation.rs", "not_found", || {
        refusal(Annotation::Absent.decide(&annotation::Command::Retract { in_use: false }))
    }),
    ("annotation.rs", "quote_missing", || refusal(revise_mark(Span { end: 3, ..span() }))),
    ("claim.rs", "changes_missing", || claim(|claim| (claim.act, claim.polarity) = (Act::Retracts, Polarity::Neutral))),
    ("claim.rs", "changes_unexpected", || claim(|claim| claim.changes = vec![id(1)])),
    ("claim.rs", "evidence_missing", || claim(|claim| claim.evidence = Vec::new())),
    ("claim.rs", "generic_without_class", || claim(|claim| claim.scope = Scope::Generic)),
    ("claim.rs", "list_repeats", || claim(|claim| claim.evidence = vec![id(1), id(1)])),
    ("claim.rs", "list_too_long", || claim(|claim| claim.evidence = (0..65).map(id).collect())),
    ("claim/act.rs", "act_polarity_mismatch", || claim(|claim| claim.polarity = Polarity::Minus)),
    ("claim/chain.rs", "chain_length", || refusal(Chain::parse(Vec::new()))),
    ("claim/chain.rs", "chain_repeats", || refusal(Chain::parse(vec![link(1, true), link(1, false)]))),
    ("claim/chain.rs", "stance_missing", || refusal(Chain::parse(vec![link(1, false), link(2, false)]))),
    ("claim/chain.rs", "stance_unexpected", || refusal(Chain::parse(vec![link(1, true)]))),
    ("claim/proposition.rs", "facet_mismatch", || claim(|claim| claim.proposition.facet = Some(Facet::Conduct))),
    ("claim/proposition.rs", "facet_missing", || claim(|claim| claim.proposition.facet = None)),
    ("claim/proposition.rs", "proposition_incomplete", || claim(|claim| claim.proposition.role = None)),
    ("claim/proposition.rs", "proposition_overfull", || claim(|claim| claim.proposition.value = Some(text("x")))),
    ("assessment.rs", "assessment_moved", || {
        let other = Content { target: assessment::Target::Source(id(2)), ..assessed(likely()) };
        refusal(Assessment::Live(assessed(likely())).decide(assessment::Command::Revise(other)))
    }),
    ("assessment.rs", "assessment_withdrawn", || {
        refusal(Assessment::Withdrawn(assessed(likely())).decide(assessment::Command::Withdraw))
    }),
    ("assessment.rs", "digit_invalid", || {
        let grade = Grade::Admiralty { letter: Letter::A, digit: 7 };
        refusal(Assessment::Absent.decide(assessment::Command::Record(assessed(grade))))
    }),
    ("assessment.rs", "id_taken", || {
        refusal(Assessment::Live(assessed(likely())).decide(assessment::Command::Record(assessed(likely()))))
    }),
    ("assessment.rs", "not_found", || refusal(Assessment::Absent.decide(assessment::Command::Withdraw))),
    ("assessment.rs", "opinion_invalid", || {
        let opinion = Opinion { belief: 1.0, disbelief: 0.0, uncertainty: 0.0, base_rate: 0.5 };
        refusal(Assessment::Absent.decide(assessment::Command::Record(assessed(Grade::Opinion(opinion)))))
    }),
    ("claim/proposition.rs", "target_not_findable", || {
        let mut about = accusation().proposition;
        about.target = Target::Actor(id(1));
        refusal(Adjudication::Absent.decide(open(docket(vec![adjudication::Target::Proposition(about)]))))
    }),
    ("claim/proposition.rs", "with_repeats_actor", || claim(|claim| claim.proposition.with = vec![id(2)])),
    ("claim/proposition.rs", "with_without_actor", || claim(praise_of_whoever_and_others)),
    ("codebook.rs", "list_too_long", || refusal(Codebook { kinds: vec![text("x"); 501], ..codebook() }.check())),
    ("derivation.rs", "derivation_to_itself", || {
        refusal(Derivation::Absent.decide(derivation::Command::Suggest(derivation::Edge { to: id(1), ..derived() })))
    }),
    ("derivation.rs", "id_taken", || refusal(confirmed().decide(derivation::Command::Suggest(derived())))),
    ("derivation.rs", "not_a_derivation", || refusal(origin().decide(confirm()))),
    ("derivation.rs", "not_found", || refusal(Derivation::Absent.decide(confirm()))),
    ("derivation.rs", "verdict_stands", || refusal(confirmed().decide(confirm()))),
    ("document.rs", "already_erased", || refusal(erased_document().decide(erase_text()))),
    ("document.rs", "already_withdrawn", || refusal(withdrawn_document().decide(document::Command::Withdraw))),
    ("document.rs", "text_too_long", || refusal(Document::Absent.decide(register_document(1, u64::MAX)))),
    ("document.rs", "id_taken", || refusal(withdrawn_document().decide(register_document(1, 1)))),
    ("document.rs", "not_found", || refusal(Document::Absent.decide(document::Command::Withdraw))),
    ("document.rs", "revision_number", || refusal(Document::Absent.decide(register_document(2, 1)))),
    ("document.rs", "revisions_full", || {
        refusal(full_document().decide(document::Command::CaptureRevision(revision(1_001, 1))))
    }),
    ("edtf.rs", "edtf_invalid", || refusal(Edtf::parse("once", ""))),
    ("edtf.rs", "edtf_reversed", || refusal(Edtf::parse("2021/2020", ""))),
    ("identity.rs", "against_irrelevant", || refusal(merged().decide(judge(judged(2, 8, 9, &[1]))))),
    ("identity.rs", "id_taken", || refusal(merged().decide(judge(judged(1, 8, 9, &[]))))),
    ("identity.rs", "judgement_contradicts", || refusal(merged().decide(judge(judged(2, 5, 4, &[]))))),
    ("identity.rs", "judgement_of_itself", || refusal(merged().decide(judge(judged(2, 8, 8, &[]))))),
    ("identity.rs", "judgement_stands", || {
        let verdict = identity::Verdict::Same;
        let again = identity::Command::Judge { author: AUTHOR, verdict, judged: judged(2, 5, 4, &[]) };
        refusal(merged().decide(again))
    }),
    ("identity.rs", "judgement_withdrawn", || {
        let withdrawn = identity::Event::JudgementWithdrawn(id(1));
        refusal(merged().evolve(&withdrawn, AUTHOR).decide(identity::Command::Withdraw(id(1))))
    }),
    ("identity.rs", "not_found", || refusal(Identity::default().decide(identity::Command::Withdraw(id(1))))),
    ("identity.rs", "reference_unknown", || refusal(merged().decide(judge(judged(2, 5, 4, &[3]))))),
    ("import.rs", "id_taken", || refusal(started_import().decide(import::Command::Start { name: None }))),
    ("import.rs", "import_completed", || {
        let lines = import::Lines { lines: 1, refused: 0 };
        let completed: Import = given([import_started(), import::Event::ImportBatchCompleted(lines)]);
        refusal(completed.decide(import::Command::Complete(lines)))
    }),
    ("import.rs", "import_reverted", || {
        let reverted = import::Reverted { reverted: 1, kept: 0 };
        let gone: Import = given([import_started(), import::Event::ImportBatchReverted(reverted)]);
        refusal(gone.check_open())
    }),
    ("import.rs", "not_found", || refusal(Import::Absent.check_open())),
    ("incident.rs", "id_taken", || {
        refusal(Incident::Single(incident()).decide(incident::Command::Register(incident())))
    }),
    ("incident.rs", "list_too_long", || refusal(Incident::Absent.decide(incident::Command::Register(wide_incident())))),
    ("incident.rs", "not_a_class", || {
        refusal(Incident::Single(incident()).decide(incident::Command::RedefineClass(class())))
    }),
    ("incident.rs", "not_an_incident", || {
        refusal(Incident::Class(class()).decide(incident::Command::Revise(incident())))
    }),
    ("incident.rs", "not_found", || refusal(Incident::Absent.decide(incident::Command::Revise(incident())))),
    ("passage.rs", "quote_mismatch", || refusal(passage::check_quote(&source_text(), 0, 4, "Rock"))),
    ("passage.rs", "span_empty", || refusal(passage::check_span(1, 1, 5))),
    ("passage.rs", "span_outside_text", || refusal(passage::check_span(1, 6, 5))),
    ("policy.rs", "list_too_long", || {
        refusal(Policy { officials_include: (0..1_001).map(id).collect(), ..Policy::default() }.check())
    }),
    ("policy.rs", "policy_invalid", || refusal(Policy { theta: 0.0, ..Policy::default() }.check())),
    ("project.rs", "id_taken", || refusal(project().decide(create_project()))),
    ("project.rs", "members_full", || refusal(full_project().decide(grant(10_001)))),
    ("project.rs", "not_found", || refusal(Project::Absent.decide(grant(1)))),
    ("project.rs", "versions_full", || {
        refusal(published_out().decide(project::Command::PublishPolicy(Policy::default())))
    }),
    ("reading.rs", "id_taken", || refusal(blank().decide(find_none()))),
    ("reading.rs", "not_found", || refusal(Reading::Absent.decide(reading::Command::Retract))),
    ("reading.rs", "reading_retracted", || refusal(retracted_blank().decide(reading::Command::Retract))),
    ("reading.rs", "reading_without_claim", || {
        refusal(blank().decide(reading::Command::Revise { claim: accusation(), surroundings: &surroundings() }))
    }),
    ("reading/surroundings.rs", "change_of_other_speaker", || {
        around(|claim| {
            (claim.act, claim.polarity, claim.changes) = (Act::Retracts, Polarity::Neutral, vec![id(1)]);
        })
    }),
    ("reading/surroundings.rs", "edge_mismatch", || around(|claim| claim.speaks_for = Some(id(1)))),
    ("reading/surroundings.rs", "evidence_not_live", || around(|claim| claim.evidence = vec![id(2)])),
    ("reading/surroundings.rs", "not_a_class", || around(|claim| claim.proposition.target = Target::Class(id(1)))),
    ("reading/surroundings.rs", "not_an_incident", || {
        around(|claim| claim.proposition.target = Target::Incident(id(2)))
    }),
    ("reading/surroundings.rs", "not_the_claimant", || around(|claim| claim.act = Act::ClaimsResponsibility)),
    ("reading/surroundings.rs", "reference_unknown", || refusal(Surroundings::default().check(&accusation()))),
    ("rejection.rs", "revision_conflict", || Rejection::stale(1, 2)),
    ("rejection.rs", "revision_required", || Rejection::unconditional(2)),
    ("relation.rs", "already_disputed", || refusal(disputed_relation().decide(dispute(AUTHOR)))),
    ("relation.rs", "evidence_missing", || {
        refusal(Relation::Absent.decide(relation::Command::Register(Edge { evidence: Vec::new(), ..edge() })))
    }),
    ("relation.rs", "id_taken", || refusal(disputed_relation().decide(relation::Command::Register(edge())))),
    ("relation.rs", "not_disputed", || {
        refusal(disputed_relation().decide(relation::Command::WithdrawDispute { author: id(9) }))
    }),
    ("relation.rs", "not_found", || refusal(Relation::Absent.decide(relation::Command::Withdraw))),
    ("relation.rs", "relation_to_itself", || {
        refusal(Relation::Absent.decide(relation::Command::Register(Edge { to: id(1), ..edge() })))
    }),
    ("relation.rs", "relation_withdrawn", || refusal(Relation::Withdrawn(edge()).decide(relation::Command::Withdraw))),
    ("source.rs", "id_taken", || refusal(known_source().decide(register_source()))),
    ("source.rs", "not_found", || refusal(Source::Absent.decide(relate_source(2)))),
    ("source.rs", "relation_known", || refusal(known_source().decide(relate_source(2)))),
    ("source.rs", "relation_to_itself", || refusal(known_source().decide(relate_source(1)))),
    ("source.rs", "relations_full", || refusal(full_source().decide(relate_source(2_000)))),
    ("task.rs", "already_submitted", || refusal(submitted().decide(lease(1, 0)))),
    ("task.rs", "id_taken", || refusal(task(terms()).decide(task::Command::Open(terms())))),
    ("task.rs", "lease_held", || refusal(leased().decide(lease(1, 0)))),
    ("task.rs", "lease_lost", || {
        let full: Task = given([
            task::Event::TaskOpened(Terms { overlap: Overlap::Of(1), ..terms() }),
            task::Event::TaskLeased { annotator: id(1), until_us: 10 },
            task::Event::LeaseExpired { annotator: id(1) },
            task::Event::TaskLeased { annotator: id(2), until_us: 100 },
        ]);
        refusal(full.decide(task::Command::Renew { annotator: id(1), now_us: 20 }))
    }),
    ("task.rs", "lease_seconds_invalid", || {
        refusal(Task::Absent.decide(task::Command::Open(Terms { lease_seconds: 0, ..terms() })))
    }),
    ("task.rs", "no_lease", || refusal(task(terms()).decide(submit(1, Submission::default())))),
    ("task.rs", "not_assigned", || {
        refusal(task(Terms { assignees: vec![id(2), id(3)], ..terms() }).decide(lease(1, 0)))
    }),
    ("task.rs", "not_found", || refusal(Task::Absent.decide(lease(1, 0)))),
    ("task.rs", "nothing_found_contradicted", || {
        refusal(leased().decide(submit(1, Submission { readings: vec![id(1)], nothing_found: true, ..found() })))
    }),
    ("task.rs", "nothing_submitted", || refusal(leased().decide(submit(1, Submission::default())))),
    ("task.rs", "overlap_exceeds_assignees", || {
        refusal(Task::Absent.decide(task::Command::Open(Terms { assignees: vec![id(1)], ..terms() })))
    }),
    ("task.rs", "overlap_invalid", || {
        refusal(Task::Absent.decide(task::Command::Open(Terms { overlap: Overlap::Of(0), ..terms() })))
    }),
    ("task.rs", "priority_invalid", || {
        refusal(Task::Absent.decide(task::Command::Open(Terms { priority: i32::MIN, ..terms() })))
    }),
    ("task.rs", "task_abandoned", || refusal(leased().decide(lease(1, 1_000)))),
    ("task.rs", "task_closed", || {
        let closed: Task = given([task::Event::TaskOpened(terms()), task::Event::TaskClosed]);
        refusal(closed.decide(lease(1, 0)))
    }),
    ("task.rs", "task_full", || refusal(leased_by_two().decide(lease(3, 0)))),
    ("task.rs", "task_skipped", || {
        let skipped: Task = given([
            task::Event::TaskOpened(terms()),
            task::Event::TaskSkipped { annotator: id(1), reason: text("too long") },
        ]);
        refusal(skipped.decide(lease(1, 0)))
    }),
    ("text.rs", "text_blank", || refusal(Text::parse(" ", ""))),
    ("text.rs", "text_control_character", || refusal(Text::parse("a\0", ""))),
    ("text.rs", "text_too_long", || refusal(Text::parse("x".repeat(10_000), ""))),
    ("text.rs", "texts_too_long", || refusal(text::check_total(vec![source_text().text(); 200_000]))),
    ("user.rs", "id_taken", || refusal(user().decide(issue(1)))),
    ("user.rs", "not_found", || refusal(user().decide(user::Command::RevokeToken { token: id(2) }))),
];

#[test]
fn every_row_brings_its_code_about() {
    for (file, code, bring_about) in ROWS {
        let refusal = bring_about();
        assert_eq!(refusal.code, *code, "{file}: {refusal}");
        assert!(refusal.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
    }
}

#[test]
fn every_code_in_the_sources_has_its_row() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    scan(&sources, &sources, &mut found);
    let rows: BTreeSet<_> = ROWS.iter().map(|(file, code, _)| (file.to_string(), code.to_string())).collect();
    assert_eq!(rows.len(), ROWS.len(), "a row stands twice");
    let without_row: Vec<_> = found.difference(&rows).collect();
    let without_code: Vec<_> = rows.difference(&found).collect();
    assert!(without_row.is_empty() && without_code.is_empty(), "{without_row:?} {without_code:?}");
}

/// How a refusal is written in the sources: the code follows, but where it is a parameter.
const CONSTRUCTORS: [&str; 7] = [
    "Rejection::invalid(",
    "Rejection::absent(",
    "Rejection::forbidden(",
    "Rejection::conflict(",
    "refused(",
    "Why::Stale,",
    "Why::Unconditional,",
];

/// Collects the codes of the files below a folder, by the file's path, leaving out tests.
fn scan(root: &Path, folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if ["tests", "testing"].iter().any(|skipped| path.file_stem().unwrap() == *skipped) {
            continue;
        }
        if path.is_dir() {
            scan(root, &path, found);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for constructor in CONSTRUCTORS {
            for (at, _) in source.match_indices(constructor) {
                let rest = source[at + constructor.len()..].trim_start();
                if let Some((code, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                    found.insert((name.clone(), code.to_owned()));
                } else {
                    let parameter = ["code: ", "code, ", "why: "].iter().any(|start| rest.starts_with(start));
                    assert!(parameter, "{name}: {constructor} is followed by no code");
                }
            }
        }
    }
}

fn claim(change: fn(&mut Claim)) -> Rejection {
    let mut claim = accusation();
    change(&mut claim);
    refusal(claim.check())
}

fn praise_of_whoever_and_others(claim: &mut Claim) {
    claim.act = Act::Praises;
    claim.proposition.actor = None;
    claim.proposition.with_others = true;
}

/// Actors 1 and 2, incident 1, class 2, a reading by actor 2, relation 1 between others, annotation 1 live, 2 retracted.
fn surroundings() -> Surroundings {
    let said_by_2 = Claim { speakers: Chain::parse(vec![link(2, false)]).unwrap(), ..accusation() };
    Surroundings {
        annotations: [(id(1), mark()), (id(2), retracted_mark())].into(),
        actors: [(id(1), known_actor()), (id(2), known_actor())].into(),
        sources: BTreeMap::new(),
        incidents: [(id(1), Incident::Single(incident())), (id(2), Incident::Class(class()))].into(),
        relations: [(id(1), Relation::Live { edge: edge(), disputed_by: [].into() })].into(),
        readings: [(id(1), given([reading::Event::ClaimRead(said_by_2)]))].into(),
    }
}

fn around(change: fn(&mut Claim)) -> Rejection {
    let mut claim = accusation();
    change(&mut claim);
    claim.check().unwrap();
    refusal(surroundings().check(&claim))
}

fn link(actor: u128, outer: bool) -> (Speaker, Option<Stance>) {
    (Speaker::Actor(id(actor)), outer.then_some(Stance::Relays))
}

fn viewer(role: Option<access::Role>) -> Viewer {
    Viewer { user: Some(AUTHOR), operator: false, role }
}

fn name() -> Name {
    Name { name: text("Group A"), language: None, evidence: Vec::new() }
}

fn register_actor() -> actor::Command {
    actor::Command::Register { kind: ActorKind::Organisation, id: id(1), name: name() }
}

fn assert_name(n: u128) -> actor::Command {
    actor::Command::AssertName { id: id(n), name: name() }
}

fn known_actor() -> Actor {
    given(Actor::Absent.decide(register_actor()).unwrap())
}

fn full_actor() -> Actor {
    Actor::Known { kind: ActorKind::Person, names: (0..500).map(|n| (id(n), name())).collect() }
}

fn source_text() -> Indexed {
    Indexed::new("rocket".to_owned())
}

fn span() -> Span {
    Span { document: id(1), revision: 1, start: 0, end: 6, role: SpanRole::Content, note: None }
}

fn mark() -> Annotation {
    given([annotation::Event::AnnotationCreated(span())])
}

fn retracted_mark() -> Annotation {
    given([annotation::Event::AnnotationCreated(span()), annotation::Event::AnnotationRetracted])
}

fn create_mark(state: &Annotation) -> Result<Vec<annotation::Event>, Rejection> {
    let create = annotation::Command::Create { span: span(), exact: "rocket", text: &source_text() };
    state.decide(&create)
}

fn revise_mark(span: Span) -> Result<Vec<annotation::Event>, Rejection> {
    mark().decide(&annotation::Command::Revise { span, exact: None, text: &source_text() })
}

fn codebook() -> Codebook {
    Codebook {
        guideline: text("Read."),
        kinds: Vec::new(),
        modes: Vec::new(),
        labels: BTreeMap::new(),
        acts: Vec::new(),
        roles: vec![Role::Perpetrator],
    }
}

fn revision(number: u32, bytes: u64) -> document::Revision {
    document::Revision { number, salt: None, sha256: [0; 32], bytes, code_points: 1, captured_at: None }
}

fn register_document(number: u32, bytes: u64) -> document::Command {
    let detail = document::Detail {
        title: text("A report"),
        source: id(1),
        url: None,
        published: None,
        language: None,
        sensitivity: None,
    };
    document::Command::Register { detail, revision: revision(number, bytes) }
}

fn withdrawn_document() -> Document {
    let mut events = Document::Absent.decide(register_document(1, 1)).unwrap();
    events.push(document::Event::DocumentWithdrawnByPublisher);
    given(events)
}

fn erase_text() -> document::Command {
    document::Command::EraseText { number: 1, reason: text("A witness asked") }
}

fn erased_document() -> Document {
    let registered = Document::Absent.decide(register_document(1, 1)).unwrap();
    let erased = given::<Document>(registered.clone()).decide(erase_text()).unwrap();
    given(registered.into_iter().chain(erased))
}

fn full_document() -> Document {
    let mut events = Document::Absent.decide(register_document(1, 1)).unwrap();
    events.extend((2..=1_000).map(|n| document::Event::DocumentRevisionCaptured(revision(n, 1))));
    given(events)
}

fn incident() -> incident::Detail {
    incident::Detail {
        title: text("An attack"),
        when: edtf("2021-05-04"),
        kind: None,
        places: Vec::new(),
        targets: Vec::new(),
    }
}

fn wide_incident() -> incident::Detail {
    incident::Detail { places: vec![text("x"); 201], ..incident() }
}

fn class() -> incident::Class {
    incident::Class {
        title: text("Attacks"),
        kinds: Vec::new(),
        targets: Vec::new(),
        places: Vec::new(),
        actors: Vec::new(),
        period: None,
    }
}

fn create_project() -> project::Command {
    project::Command::Create { name: text("A project"), blind: true, creator: AUTHOR }
}

fn project() -> Project {
    given(Project::Absent.decide(create_project()).unwrap())
}

fn grant(user: u128) -> project::Command {
    project::Command::GrantRole { user: id(user), role: access::Role::Reader }
}

fn full_project() -> Project {
    let role = access::Role::Reader;
    (0..10_000)
        .map(|user| project::Event::MemberRoleGranted { user: id(user), role })
        .fold(project(), |project, event| crate::Aggregate::evolve(project, &event, AUTHOR))
}

fn published_out() -> Project {
    (1..=1_000)
        .map(|version| project::Event::PolicyPublished { version, policy: Policy::default() })
        .fold(project(), |project, event| crate::Aggregate::evolve(project, &event, AUTHOR))
}

fn find_none() -> reading::Command<'static> {
    let blank = Blank { document: id(1), revision: 1, start: 0, end: 1 };
    reading::Command::FindNone { blank, code_points: 1 }
}

fn blank() -> Reading {
    given(Reading::Absent.decide(find_none()).unwrap())
}

fn retracted_blank() -> Reading {
    crate::Aggregate::evolve(blank(), &reading::Event::ClaimReadingRetracted, AUTHOR)
}

fn edge() -> Edge {
    Edge {
        relation: RelationType::PartOf,
        from: id(1),
        to: id(2),
        stance: RelationStance::Held,
        evidence: vec![id(1)],
        valid: None,
    }
}

fn dispute(author: crate::id::UserId) -> relation::Command {
    relation::Command::Dispute { author, reason: text("no") }
}

fn disputed_relation() -> Relation {
    Relation::Live { edge: edge(), disputed_by: [AUTHOR].into() }
}

fn likely() -> Grade {
    Grade::Icd203 { likelihood: Likelihood::Likely, confidence: Confidence::High }
}

fn assessed(grade: Grade) -> Content {
    Content { target: assessment::Target::Source(id(1)), grade, reason: text("so it is") }
}

fn judged(n: u128, left: u128, right: u128, against: &[u128]) -> identity::Judged {
    let against = against.iter().map(|n| id(*n)).collect();
    let subject = identity::Subject::Actor;
    identity::Judged { id: id(n), subject, left: id(left), right: id(right), reason: text("one emblem"), against }
}

/// The command that judges two to be two.
fn judge(judged: identity::Judged) -> identity::Command {
    identity::Command::Judge { author: AUTHOR, verdict: identity::Verdict::Distinct, judged }
}

/// Two actors, 4 and 5, are one.
fn merged() -> Identity {
    given([identity::Event::JudgedSame(judged(1, 4, 5, &[]))])
}

fn docket(targets: Vec<adjudication::Target>) -> Docket {
    Docket { question: text("who?"), targets }
}

fn of_readings() -> Docket {
    docket(vec![adjudication::Target::Reading(id(1)), adjudication::Target::Reading(id(2))])
}

fn rulings() -> Rulings {
    Rulings { uphold: vec![id(1)], reject: vec![id(2)], reason: text("so it says"), based_on: 9 }
}

fn finding() -> Finding {
    Finding {
        target: adjudication::Target::Incident(id(1)),
        outcome: Outcome::Confirmed,
        standard: Standard::Balance,
        reason: text("so it is"),
        based_on: 9,
        dissent: Vec::new(),
    }
}

fn open(docket: Docket) -> adjudication::Command {
    adjudication::Command::Open { docket, taken: None }
}

fn rule(rulings: Rulings) -> adjudication::Command {
    adjudication::Command::Rule { rulings, head: 9, own: false }
}

fn find(finding: Finding) -> adjudication::Command {
    adjudication::Command::Find { finding, head: 9 }
}

fn before_readings() -> Adjudication {
    given([adjudication::Event::AdjudicationOpened(of_readings())])
}

fn ruled() -> Adjudication {
    given([adjudication::Event::AdjudicationOpened(of_readings()), adjudication::Event::ReadingsRuled(rulings())])
}

fn overturned() -> Adjudication {
    given([
        adjudication::Event::AdjudicationOpened(of_readings()),
        adjudication::Event::AdjudicationOverturned { reason: text("no") },
    ])
}

fn import_started() -> import::Event {
    import::Event::ImportBatchStarted { name: None }
}

fn started_import() -> Import {
    given([import_started()])
}

fn derived() -> derivation::Edge {
    derivation::Edge { derivation: DerivationType::Quotes, from: id(1), to: id(2) }
}

fn confirm() -> derivation::Command {
    derivation::Command::Judge { verdict: Verdict::Confirmed, reason: text("yes") }
}

fn confirmed() -> Derivation {
    given([
        derivation::Event::DerivationSuggested(derived()),
        derivation::Event::DerivationConfirmed { reason: text("yes") },
    ])
}

fn origin() -> Derivation {
    given([derivation::Event::OriginDeclared { annotation: id(1), reason: text("yes") }])
}

fn register_source() -> source::Command {
    source::Command::Register { name: text("Agency A"), kind: SourceKind::Agency }
}

fn relate_source(to: u128) -> source::Command {
    source::Command::AssertRelation { own: id(1), relation: SourceRelation::WireOf, to: id(to) }
}

fn source_with(relations: Vec<(SourceRelation, crate::id::SourceId)>) -> Source {
    Source::Registered { name: text("Agency A"), kind: SourceKind::Agency, relations }
}

fn known_source() -> Source {
    source_with(vec![(SourceRelation::WireOf, id(2))])
}

fn full_source() -> Source {
    source_with((10..1_010).map(|n| (SourceRelation::WireOf, id(n))).collect())
}

fn issue(token: u128) -> user::Command {
    user::Command::IssueToken { display_name: text("Reader A"), token: id(token), expires_at_us: 0, operator: false }
}

fn user() -> User {
    given(User::Absent.decide(issue(1)).unwrap())
}

fn terms() -> Terms {
    Terms {
        document: id(1),
        revision: 1,
        overlap: Overlap::Of(2),
        lease_seconds: 60,
        priority: 0,
        assignees: Vec::new(),
    }
}

fn task(terms: Terms) -> Task {
    given([task::Event::TaskOpened(terms)])
}

fn leased() -> Task {
    given([task::Event::TaskOpened(terms()), task::Event::TaskLeased { annotator: id(1), until_us: 10 }])
}

fn leased_by_two() -> Task {
    given([
        task::Event::TaskOpened(terms()),
        task::Event::TaskLeased { annotator: id(1), until_us: 10 },
        task::Event::TaskLeased { annotator: id(2), until_us: 10 },
    ])
}

fn submitted() -> Task {
    given([
        task::Event::TaskOpened(terms()),
        task::Event::TaskLeased { annotator: id(1), until_us: 10 },
        task::Event::TaskSubmitted { annotator: id(1), submission: found() },
    ])
}

fn found() -> Submission {
    Submission { nothing_found: true, ..Submission::default() }
}

fn lease(annotator: u128, now_us: i64) -> task::Command {
    task::Command::Lease { annotator: id(annotator), now_us }
}

fn submit(annotator: u128, submission: Submission) -> task::Command {
    task::Command::Submit { annotator: id(annotator), submission, now_us: 0 }
}
