use super::*;
use crate::testing::{id, refusal};
use crate::{Code, Why};
use Action::{Change, Contest, Create, Govern, Read, Work};

const OWN: Action = Change { own: true };
const OTHERS: Action = Change { own: false };

/// Who may do what, written out: `y` allowed, `n` forbidden, `h` hidden, for a stranger, a reader, an annotator, a
/// curator, an admin and an operator.
const MATRIX: [(Kind, Action, &str); 82] = [
    (Kind::Project, Read, "hyyyyy"),
    (Kind::Project, Create, "nnnnny"),
    (Kind::Project, OWN, "hnnnyy"),
    (Kind::Project, OTHERS, "hnnnyy"),
    (Kind::Project, Govern, "hnnnyy"),
    (Kind::User, Read, "nnnnny"),
    (Kind::User, Create, "nnnnny"),
    (Kind::User, OWN, "nnnnny"),
    (Kind::User, OTHERS, "nnnnny"),
    (Kind::User, Govern, "nnnnny"),
    (Kind::Source, Read, "hyyyyy"),
    (Kind::Source, Create, "hnyyyy"),
    (Kind::Source, OWN, "hnnyyy"),
    (Kind::Source, OTHERS, "hnnyyy"),
    (Kind::Source, Govern, "hnnnyy"),
    (Kind::Document, Read, "hyyyyy"),
    (Kind::Document, Create, "hnyyyy"),
    (Kind::Document, OWN, "hnnyyy"),
    (Kind::Document, OTHERS, "hnnyyy"),
    (Kind::Document, Govern, "hnnnyy"),
    (Kind::Incident, Read, "hyyyyy"),
    (Kind::Incident, Create, "hnyyyy"),
    (Kind::Incident, OWN, "hnyyyy"),
    (Kind::Incident, OTHERS, "hnnyyy"),
    (Kind::Incident, Govern, "hnnnyy"),
    (Kind::Actor, Read, "hyyyyy"),
    (Kind::Actor, Create, "hnyyyy"),
    (Kind::Actor, OWN, "hnyyyy"),
    (Kind::Actor, OTHERS, "hnnyyy"),
    (Kind::Actor, Govern, "hnnnyy"),
    (Kind::Relation, Read, "hyyyyy"),
    (Kind::Relation, Create, "hnyyyy"),
    (Kind::Relation, OWN, "hnyyyy"),
    (Kind::Relation, OTHERS, "hnnyyy"),
    (Kind::Relation, Govern, "hnnnyy"),
    (Kind::Relation, Contest, "hnyyyy"),
    // Invariant 2: nobody but the author changes an annotation or a reading, an operator neither.
    (Kind::Annotation, Read, "hyyyyy"),
    (Kind::Annotation, Create, "hnyyyy"),
    (Kind::Annotation, OWN, "hnyyyy"),
    (Kind::Annotation, OTHERS, "hnnnnn"),
    (Kind::Annotation, Govern, "hnnnyy"),
    (Kind::Reading, Read, "hyyyyy"),
    (Kind::Reading, Create, "hnyyyy"),
    (Kind::Reading, OWN, "hnyyyy"),
    (Kind::Reading, OTHERS, "hnnnnn"),
    (Kind::Reading, Govern, "hnnnyy"),
    // Everybody suggests, and nobody judges the own suggestion without being a curator.
    (Kind::Derivation, Read, "hyyyyy"),
    (Kind::Derivation, Create, "hnyyyy"),
    (Kind::Derivation, OWN, "hnnyyy"),
    (Kind::Derivation, OTHERS, "hnnyyy"),
    (Kind::Derivation, Govern, "hnnnyy"),
    (Kind::Assessment, Read, "hyyyyy"),
    (Kind::Assessment, Create, "hnyyyy"),
    (Kind::Assessment, OWN, "hnyyyy"),
    (Kind::Assessment, OTHERS, "hnnnnn"),
    (Kind::Assessment, Govern, "hnnnyy"),
    (Kind::Identity, Read, "hyyyyy"),
    (Kind::Identity, Create, "hnnyyy"),
    (Kind::Identity, OWN, "hnnyyy"),
    (Kind::Identity, OTHERS, "hnnyyy"),
    (Kind::Identity, Govern, "hnnnyy"),
    // Who decides is a curator, and any curator decides again.
    (Kind::Adjudication, Read, "hyyyyy"),
    (Kind::Adjudication, Create, "hnnyyy"),
    (Kind::Adjudication, OWN, "hnnyyy"),
    (Kind::Adjudication, OTHERS, "hnnyyy"),
    (Kind::Adjudication, Govern, "hnnnyy"),
    (Kind::Adjudication, Contest, "hnnyyy"),
    // Who hands out work is a curator; whoever annotates may take it.
    (Kind::Task, Read, "hyyyyy"),
    (Kind::Task, Create, "hnnyyy"),
    (Kind::Task, OWN, "hnnyyy"),
    (Kind::Task, OTHERS, "hnnyyy"),
    (Kind::Task, Govern, "hnnnyy"),
    (Kind::Task, Work, "hnyyyy"),
    (Kind::Reading, Work, "hnyyyy"),
    (Kind::Project, Work, "hnnnyy"),
    // An import is taken back by whoever made it, and by curators.
    (Kind::Import, Read, "hyyyyy"),
    (Kind::Import, Create, "hnyyyy"),
    (Kind::Import, OWN, "hnyyyy"),
    (Kind::Import, OTHERS, "hnnyyy"),
    (Kind::Import, Govern, "hnnnyy"),
    // What cannot be contested is at least no way around the roles.
    (Kind::Reading, Contest, "hnyyyy"),
    (Kind::User, Contest, "nnnnny"),
];

fn viewer(role: Option<Role>, operator: bool) -> Viewer {
    Viewer { user: Some(id(1)), operator, role }
}

fn viewers() -> [Viewer; 6] {
    [
        viewer(None, false),
        viewer(Some(Role::Reader), false),
        viewer(Some(Role::Annotator), false),
        viewer(Some(Role::Curator), false),
        viewer(Some(Role::Admin), false),
        viewer(None, true),
    ]
}

#[test]
fn the_permissions_are_those_of_the_matrix() {
    for (kind, action, row) in MATRIX {
        assert_eq!(row.len(), 6);
        for (viewer, mark) in viewers().iter().zip(row.chars()) {
            let expected = match mark {
                'y' => Verdict::Allowed,
                'n' => Verdict::Forbidden,
                'h' => Verdict::Hidden,
                other => panic!("{other} is no mark of this matrix"),
            };
            assert_eq!(permit(viewer, action, kind), expected, "{viewer:?} {action:?} {kind}");
        }
    }
}

#[test]
fn the_matrix_has_every_kind_with_every_action() {
    for kind in Kind::ALL {
        for action in [Read, Create, OWN, OTHERS, Govern] {
            let rows = MATRIX.iter().filter(|(k, a, _)| k == kind && *a == action).count();
            assert_eq!(rows, 1, "{kind} {action:?}");
        }
    }
}

#[test]
fn an_operator_may_everything_whatever_the_own_role_in_the_project() {
    for role in Role::ALL.iter().copied().map(Some).chain([None]) {
        for (kind, action, row) in MATRIX {
            let allowed = row.ends_with('y');
            let verdict = permit(&viewer(role, true), action, kind);
            assert_eq!(verdict == Verdict::Allowed, allowed, "{role:?} {action:?} {kind}");
        }
    }
}

#[test]
fn each_role_includes_what_the_ones_before_it_may() {
    for (kind, action, _) in MATRIX {
        let allowed: Vec<bool> = Role::ALL
            .iter()
            .map(|role| permit(&viewer(Some(*role), false), action, kind) == Verdict::Allowed)
            .collect();
        assert!(allowed.is_sorted(), "{action:?} {kind}: {allowed:?}");
    }
}

#[test]
fn somebody_without_a_token_reads_as_the_role_that_was_given() {
    let nobody = Viewer { user: None, operator: false, role: Some(Role::Reader) };
    assert_eq!(permit(&nobody, Read, Kind::Incident), Verdict::Allowed);
    assert_eq!(permit(&nobody, Create, Kind::Incident), Verdict::Forbidden);
    let nobody = Viewer { role: None, ..nobody };
    assert_eq!(permit(&nobody, Read, Kind::Incident), Verdict::Hidden);
}

#[test]
fn what_is_hidden_is_refused_as_absent_and_what_is_forbidden_openly() {
    let [stranger, reader, annotator, ..] = viewers();
    let hidden = refusal(check(&stranger, Read, Kind::Incident));
    assert_eq!((hidden.why, hidden.code), (Why::Absent, "not_found"));
    let forbidden = refusal(check(&reader, Create, Kind::Reading));
    assert_eq!((forbidden.why, forbidden.code), (Why::Forbidden, "forbidden"));
    assert_eq!(check(&annotator, Create, Kind::Reading), Ok(()));
}

#[test]
fn the_roles_are_those_of_the_interface() {
    let roles: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
    assert_eq!(roles, ["reader", "annotator", "curator", "admin"]);
}
