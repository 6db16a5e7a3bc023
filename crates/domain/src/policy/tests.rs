use super::*;
use crate::Why;
use crate::testing::{any, cases, id, refused};
use proptest::prelude::*;

#[test]
fn policy_0_is_the_one_of_the_design() {
    let policy = Policy::default();
    assert_eq!(policy.readings, Readings::Any);
    assert!((policy.theta - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(policy.generic, Generic::Count);
    assert!(policy.officials_include.is_empty() && policy.officials_exclude.is_empty());
    assert!(policy.trust.is_empty());
    let opinions: Vec<_> = policy.opinions.iter().map(|(code, e)| (*code, e.r, e.s)).collect();
    assert_eq!(opinions, [("CT", 8.0, 8.0), ("PR", 4.0, 4.0), ("PS", 2.0, 2.0), ("U", 1.0, 1.0)]);
    assert!((policy.base_rate - 0.5).abs() < 1e-12);
    assert_eq!(policy.check(), Ok(()));
}

fn with(change: impl FnOnce(&mut Policy)) -> Result<(), Rejection> {
    let mut policy = Policy::default();
    change(&mut policy);
    policy.check()
}

#[test]
fn a_majority_is_more_than_half() {
    for theta in [0.500_001, 2.0 / 3.0, 1.0] {
        assert_eq!(with(|policy| policy.theta = theta), Ok(()));
    }
    for theta in [-1.0, 0.0, 0.5, 1.000_001, f64::NAN, f64::INFINITY] {
        refused(with(|policy| policy.theta = theta), Why::Invalid, "policy_invalid", "/theta");
    }
}

#[test]
fn base_rate_and_trust_are_shares() {
    let someone = Uuid::from_u128(1);
    let pointer = format!("/trust/{someone}");
    for share in [0.0, 0.25, 1.0] {
        let set = |policy: &mut Policy| {
            policy.base_rate = share;
            policy.trust.insert(someone, share);
        };
        assert_eq!(with(set), Ok(()));
    }
    for share in [-0.1, 1.1, f64::NAN, f64::NEG_INFINITY] {
        refused(with(|policy| policy.base_rate = share), Why::Invalid, "policy_invalid", "/base_rate");
        let trust = |policy: &mut Policy| {
            policy.trust.insert(Uuid::from_u128(0), 1.0);
            policy.trust.insert(someone, share);
        };
        refused(with(trust), Why::Invalid, "policy_invalid", &pointer);
    }
}

#[test]
fn evidence_is_finite_not_negative_and_of_a_certainty() {
    for (r, s) in [(-1.0, 0.0), (0.0, -0.5), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        let set = |policy: &mut Policy| {
            policy.opinions.insert("PR", Evidence { r, s });
        };
        refused(with(set), Why::Invalid, "policy_invalid", "/opinions/PR");
    }
    let none = |policy: &mut Policy| {
        policy.opinions = BTreeMap::from([("U", Evidence { r: 0.0, s: 0.0 })]);
    };
    assert_eq!(with(none), Ok(()));
    let unknown = |policy: &mut Policy| {
        policy.opinions.insert("XX", Evidence { r: 1.0, s: 1.0 });
    };
    refused(with(unknown), Why::Invalid, "policy_invalid", "/opinions/XX");
}

#[test]
fn nobody_is_both_an_official_and_none() {
    let set = |policy: &mut Policy| {
        policy.officials_include = BTreeSet::from([id(1), id(2)]);
        policy.officials_exclude = BTreeSet::from([id(2), id(3)]);
    };
    refused(with(set), Why::Invalid, "policy_invalid", "/officials");
    let set = |policy: &mut Policy| {
        policy.officials_include = BTreeSet::from([id(1)]);
        policy.officials_exclude = BTreeSet::from([id(3)]);
    };
    assert_eq!(with(set), Ok(()));
}

#[test]
fn no_list_has_more_than_a_thousand_entries() {
    let many = |len: u128| (1..=len).map(id).collect::<BTreeSet<ActorId>>();
    let trust = |len: u128| (1..=len).map(|n| (Uuid::from_u128(n), 1.0)).collect::<BTreeMap<_, _>>();
    let set = |policy: &mut Policy| {
        policy.officials_include = many(1_000);
        policy.trust = trust(1_000);
    };
    assert_eq!(with(set), Ok(()));
    let code = "list_too_long";
    refused(with(|p| p.officials_include = many(1_001)), Why::Invalid, code, "/officials/include");
    refused(with(|p| p.officials_exclude = many(1_001)), Why::Invalid, code, "/officials/exclude");
    refused(with(|p| p.trust = trust(1_001)), Why::Invalid, code, "/trust");
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_policy_that_is_taken_has_all_numbers_in_range(policy in any::policy()) {
        if policy.check().is_ok() {
            prop_assert!(policy.theta > 0.5 && policy.theta <= 1.0);
            let shares = policy.trust.values().chain([&policy.base_rate]);
            prop_assert!(shares.into_iter().all(|share| *share >= 0.0 && *share <= 1.0));
            let evidence = policy.opinions.values().flat_map(|e| [e.r, e.s]);
            prop_assert!(evidence.into_iter().all(|x| x.is_finite() && x >= 0.0));
            prop_assert_eq!(&policy, &policy.clone(), "and equals itself");
        }
    }
}
