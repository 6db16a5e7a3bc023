use super::*;
use crate::Why;
use crate::claim::Act;
use crate::policy::Readings;
use crate::testing::{given, id, refused, text};

fn created() -> Event {
    Event::ProjectCreated { name: text("Iraq 2021"), blind: true }
}

fn granted(user: u128, role: Role) -> Event {
    Event::MemberRoleGranted { user: id(user), role }
}

fn codebook() -> Codebook {
    Codebook {
        guideline: text("Read."),
        kinds: vec![],
        modes: vec![],
        labels: BTreeMap::new(),
        acts: vec![],
        roles: vec![],
    }
}

fn majority() -> Policy {
    Policy { readings: Readings::Majority, ..Policy::default() }
}

#[test]
fn whoever_creates_a_project_becomes_its_admin() {
    let create = Command::Create { name: text("Iraq 2021"), blind: true, creator: id(1) };
    let events = Project::Absent.decide(create.clone()).unwrap();
    assert_eq!(events, [created(), granted(1, Role::Admin)]);

    let project: Project = given(events);
    let open = project.open().unwrap();
    assert_eq!((open.name.as_str(), open.blind), ("Iraq 2021", true));
    assert_eq!(open.members, BTreeMap::from([(id(1), Role::Admin)]));
    refused(project.decide(create), Why::Conflict, "id_taken", "");
}

#[test]
fn a_project_that_does_not_exist_refuses_everything_else() {
    for command in [
        Command::PublishCodebook(codebook()),
        Command::PublishPolicy(majority()),
        Command::GrantRole { user: id(1), role: Role::Reader },
        Command::RevokeRole { user: id(1) },
    ] {
        refused(Project::Absent.decide(command), Why::Absent, "not_found", "");
    }
    refused(Project::Absent.open(), Why::Absent, "not_found", "");
}

#[test]
fn published_policies_are_numbered_from_one_and_zero_is_built_in() {
    let project: Project = given([created()]);
    let first = project.decide(Command::PublishPolicy(majority())).unwrap();
    assert_eq!(first, [Event::PolicyPublished { version: 1, policy: majority() }]);
    let project = project.evolve(&first[0], id(1));
    let second = project.decide(Command::PublishPolicy(Policy::default())).unwrap();
    assert_eq!(second, [Event::PolicyPublished { version: 2, policy: Policy::default() }]);

    let open = project.open().unwrap();
    assert_eq!(open.policy(0), Some(&Policy::default()));
    assert_eq!(open.policy(1), Some(&majority()));
    assert_eq!(open.policy(2), None);
    assert_eq!(open.policy(u32::MAX), None);
    assert_eq!(open.policy_newest(), 1);
    assert_eq!(given::<Project>([created()]).open().unwrap().policy_newest(), 0);
}

#[test]
fn published_codebooks_are_numbered_from_one() {
    let published = |version| Event::CodebookPublished { version, codebook: codebook() };
    let project: Project = given([created()]);
    assert_eq!(project.decide(Command::PublishCodebook(codebook())), Ok(vec![published(1)]));
    let project: Project = given([created(), published(1)]);
    assert_eq!(project.decide(Command::PublishCodebook(codebook())), Ok(vec![published(2)]));
    assert_eq!(project.open().unwrap().codebooks, [codebook()]);
}

#[test]
fn what_is_published_is_checked() {
    let project: Project = given([created()]);
    let policy = Policy { theta: 0.4, ..Policy::default() };
    refused(project.decide(Command::PublishPolicy(policy)), Why::Invalid, "policy_invalid", "/theta");
    let codebook = Codebook { acts: vec![Act::Denies, Act::Denies], ..codebook() };
    refused(project.decide(Command::PublishCodebook(codebook)), Why::Invalid, "list_repeats", "/acts/1");
}

#[test]
fn a_project_publishes_at_most_a_thousand_versions() {
    let policies = (1..=1_000).map(|version| Event::PolicyPublished { version, policy: majority() });
    let project: Project = given([created()].into_iter().chain(policies));
    refused(project.decide(Command::PublishPolicy(majority())), Why::Conflict, "versions_full", "");
    assert!(project.decide(Command::PublishCodebook(codebook())).is_ok(), "codebooks count on their own");

    let codebooks = (1..=1_000).map(|version| Event::CodebookPublished { version, codebook: codebook() });
    let project: Project = given([created()].into_iter().chain(codebooks));
    refused(project.decide(Command::PublishCodebook(codebook())), Why::Conflict, "versions_full", "");
    assert!(project.decide(Command::PublishPolicy(majority())).is_ok());
}

#[test]
fn a_granted_role_replaces_the_one_before() {
    let project: Project = given([created(), granted(2, Role::Reader)]);
    let events = project.decide(Command::GrantRole { user: id(2), role: Role::Curator }).unwrap();
    assert_eq!(events, [granted(2, Role::Curator)]);
    let project = project.evolve(&events[0], id(1));
    assert_eq!(project.open().unwrap().members, BTreeMap::from([(id(2), Role::Curator)]));
}

#[test]
fn a_revoked_role_ends_the_membership() {
    let project: Project = given([created(), granted(2, Role::Reader)]);
    let revoke = Command::RevokeRole { user: id(2) };
    let events = project.decide(revoke.clone()).unwrap();
    assert_eq!(events, [Event::MemberRoleRevoked { user: id(2) }]);
    let project = project.evolve(&events[0], id(1));
    assert!(project.open().unwrap().members.is_empty());
    refused(project.decide(revoke), Why::Absent, "not_found", "");
}

#[test]
fn a_full_project_changes_roles_but_takes_nobody_more() {
    let members = (0..10_000).map(|user| granted(user, Role::Reader));
    let project: Project = given([created()].into_iter().chain(members));
    let grant = |user| project.decide(Command::GrantRole { user: id(user), role: Role::Admin });
    refused(grant(10_000), Why::Conflict, "members_full", "");
    assert_eq!(grant(9_999), Ok(vec![granted(9_999, Role::Admin)]));
}

#[test]
fn events_before_the_creation_and_a_second_creation_change_nothing() {
    let before = [granted(1, Role::Admin), Event::MemberRoleRevoked { user: id(1) }];
    assert_eq!(given::<Project>(before), Project::Absent);
    let again = Event::ProjectCreated { name: text("Another"), blind: false };
    let project: Project = given([created(), granted(1, Role::Admin)]);
    assert_eq!(project.clone().evolve(&again, id(1)).open().unwrap().members.len(), 1);
}
