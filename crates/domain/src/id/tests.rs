use super::*;
use crate::testing::cases;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn uuid(text: &str) -> Uuid {
    Uuid::parse_str(text).unwrap()
}

#[test]
fn handles_are_short_lower_case_names() {
    let longest = "a".repeat(64);
    for handle in ["a", "0", "curator.one-2_3", ".", "-", "_", longest.as_str()] {
        assert_eq!(Handle::parse(handle).map(|h| h.as_str().to_owned()).as_deref(), Some(handle));
    }
}

#[test]
fn what_is_no_handle_is_none() {
    let too_long = "a".repeat(65);
    for text in ["", "A", "a b", " a", "a\n", "é", "ａ", "a/b", "a@b", "a*", "a>", "a\0", too_long.as_str()] {
        assert_eq!(Handle::parse(text), None, "{text:?}");
    }
}

// The values of this and the next test were computed by another implementation of UUIDv5 (RFC 9562, section 5.5).
#[test]
fn a_handle_names_the_same_user_for_ever() {
    for (handle, user) in [
        ("a", "d08de9f4-4e5e-58e2-a56c-7c640bf295cd"),
        ("operator", "b3b9f536-92d7-5304-ac42-24e3ea9315f4"),
        ("curator.one-2_3", "24daacf2-16a9-5b5e-b807-4b4b387b823d"),
    ] {
        assert_eq!(UserId::from_handle(&Handle::parse(handle).unwrap()).uuid(), uuid(user));
    }
}

#[test]
fn a_command_creates_under_the_same_ids_for_ever() {
    let project = ProjectId::new(uuid("01890a5d-ac96-774b-bcce-b302099a8057"));
    let user = UserId::new(uuid("3d813cbb-47fb-32ba-91df-831e1593ac29"));
    let key = uuid("6fa459ea-ee8a-3ca4-894e-db77e160355e");
    for (n, id) in [
        (0, "b6ea97c2-2fa2-5f02-be90-2b124ca26a42"),
        (1, "c38f3709-ee00-5fe8-bc78-98370d288f62"),
        (16, "54d2ce60-eb89-5c62-b07e-4c9a632ec823"),
    ] {
        assert_eq!(derived(project, user, key, n), uuid(id));
    }
}

#[test]
fn the_installation_is_the_nil_project() {
    assert_eq!(INSTALLATION.to_string(), "00000000-0000-0000-0000-000000000000");
}

#[test]
fn an_id_is_written_as_a_bare_uuid() {
    let text = "6fa459ea-ee8a-3ca4-894e-db77e160355e";
    let id = ReadingId::from(uuid(text));
    assert_eq!((id.to_string(), id.uuid()), (text.to_owned(), uuid(text)));
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<ReadingId>(&json).unwrap(), id);
    assert!(serde_json::from_str::<ReadingId>("\"6fa459ea\"").is_err());
}

#[test]
fn derived_ids_differ_by_project_user_key_and_place() {
    let at = |p, u, k, n| {
        let [p, u, k] = [p, u, k].map(Uuid::from_u128);
        derived(p.into(), u.into(), k, n)
    };
    let ids: BTreeSet<Uuid> =
        [at(1, 2, 3, 0), at(1, 2, 3, 1), at(1, 2, 4, 0), at(1, 3, 3, 0), at(2, 2, 3, 0), at(1, 3, 2, 0)].into();
    assert_eq!(ids.len(), 6);
}

#[test]
fn a_subject_of_an_issuer_is_a_user_of_its_own() {
    let user = UserId::from_subject("https://id.example.org", "248289761001");
    // As anybody computes it: UUIDv5 of `22:https://id.example.org248289761001` in the namespace.
    assert_eq!(user.uuid(), uuid("d6c64ac8-7852-5db2-8cf6-b500d6207585"));
    // Where one ends and the other begins is part of the name.
    let pairs = [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc"), ("1:a", "bc"), ("a", "1:abc")];
    let users: BTreeSet<UserId> = pairs.map(|(issuer, subject)| UserId::from_subject(issuer, subject)).into();
    assert_eq!(users.len(), pairs.len());
    let handle = Handle::parse("c").unwrap();
    assert!(!users.contains(&UserId::from_handle(&handle)));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_handle_is_what_the_pattern_says(text in "[a-zA-Z0-9._\\-é /]{0,70}") {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        let expected = (1..=64).contains(&text.chars().count()) && text.chars().all(allowed);
        prop_assert_eq!(Handle::parse(&text).is_some(), expected);
    }
}
