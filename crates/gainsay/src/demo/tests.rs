use std::collections::BTreeSet;

use super::{FILES, plan};

#[test]
fn the_plan_names_the_files_that_are_embedded() {
    let named: BTreeSet<String> = plan().files.into_iter().map(|file| file.file).collect();
    let embedded: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named, embedded);
}

#[test]
fn each_file_is_imported_by_a_member() {
    let plan = plan();
    let members: BTreeSet<&str> = plan.members.iter().map(|member| member.user.as_str()).collect();
    assert!(plan.files.iter().all(|file| members.contains(file.user.as_str())));
}

#[test]
fn the_incident_to_look_at_is_in_the_corpus() {
    let incident = plan().look_at.incident.to_string();
    assert!(FILES.iter().any(|(_, content)| content.contains(&incident)));
}

#[test]
fn each_verdict_is_on_a_derivation_of_the_corpus_by_somebody_who_imports() {
    let plan = plan();
    let users: BTreeSet<&str> = plan.files.iter().map(|file| file.user.as_str()).collect();
    for verdict in &plan.verdicts {
        let derivation = verdict.derivation.to_string();
        assert!(FILES.iter().any(|(_, content)| content.contains(&derivation)), "{derivation}");
        assert!(users.contains(verdict.user.as_str()), "{}", verdict.user);
    }
}
