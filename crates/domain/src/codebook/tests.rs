use super::*;
use crate::Why;
use crate::testing::{accusation, refused, text};

fn codebook() -> Codebook {
    Codebook {
        guideline: text("Read what it says, not what you know."),
        kinds: vec![text("rocket attack")],
        modes: vec![text("statement"), text("Café talk")],
        labels: BTreeMap::from([("accuses".to_owned(), text("beschuldigt"))]),
        acts: vec![Act::Accuses, Act::Denies],
        roles: vec![Role::Perpetrator],
    }
}

#[test]
fn a_codebook_lists_at_most_five_hundred_terms_of_a_kind() {
    assert_eq!(codebook().check(), Ok(()));
    let terms = |len: usize| (0..len).map(|n| text(&format!("term {n}"))).collect::<Vec<_>>();
    let labels = |len: usize| (0..len).map(|n| (n.to_string(), text("x"))).collect::<BTreeMap<_, _>>();
    let full = Codebook { kinds: terms(500), modes: terms(500), labels: labels(500), ..codebook() };
    assert_eq!(full.check(), Ok(()));
    let code = "list_too_long";
    refused(Codebook { kinds: terms(501), ..codebook() }.check(), Why::Invalid, code, "/kinds");
    refused(Codebook { modes: terms(501), ..codebook() }.check(), Why::Invalid, code, "/modes");
    refused(Codebook { labels: labels(501), ..codebook() }.check(), Why::Invalid, code, "/labels");
}

#[test]
fn a_codebook_picks_each_act_and_role_once() {
    let acts = vec![Act::Denies, Act::Accuses, Act::Denies];
    refused(Codebook { acts, ..codebook() }.check(), Why::Invalid, "list_repeats", "/acts/2");
    let roles = vec![Role::Victim, Role::Victim];
    refused(Codebook { roles, ..codebook() }.check(), Why::Invalid, "list_repeats", "/roles/1");
}

#[test]
fn a_codebook_fits_into_a_record() {
    let long = text(&"x".repeat(Text::LEN_MAX));
    let kinds = vec![long.clone(); 50];
    assert_eq!(Codebook { kinds: kinds.clone(), ..codebook() }.check(), Ok(()));
    let modes = vec![long; 50];
    refused(Codebook { kinds, modes, ..codebook() }.check(), Why::Invalid, "texts_too_long", "");
    let labels = BTreeMap::from([("x".repeat(1 << 20), text("x"))]);
    refused(Codebook { labels, ..codebook() }.check(), Why::Invalid, "texts_too_long", "");
}

#[test]
fn terms_outside_the_codebook_are_told_not_refused() {
    let mut claim = accusation();
    claim.mode = Some(text("statement"));
    assert_eq!(codebook().remarks(&claim), [""; 0]);

    claim.act = Act::Reports;
    claim.proposition.role = Some(Role::Ordered);
    claim.mode = Some(text("video"));
    let remarks = ["act_not_in_codebook", "role_not_in_codebook", "mode_not_in_codebook"];
    assert_eq!(codebook().remarks(&claim), remarks);
}

#[test]
fn modes_are_compared_like_values() {
    let mut claim = accusation();
    for mode in ["Statement", " STATEMENT ", "cafe\u{301} talk"] {
        claim.mode = Some(text(mode));
        assert_eq!(codebook().remarks(&claim), [""; 0], "{mode}");
    }
}

#[test]
fn an_empty_list_means_any() {
    let codebook = Codebook { modes: vec![], acts: vec![], roles: vec![], ..codebook() };
    let mut claim = accusation();
    claim.act = Act::Reports;
    claim.mode = Some(text("video"));
    assert_eq!(codebook.remarks(&claim), [""; 0]);
    claim.mode = None;
    claim.proposition.role = None;
    assert_eq!(codebook.remarks(&claim), [""; 0]);
}
