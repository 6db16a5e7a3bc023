use super::*;
use crate::policy::Policy;
use crate::testing::cases;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

mod oracle;

fn evidence(r: f64, s: f64) -> Evidence {
    Evidence { r, s }
}

fn opinion(belief: f64, disbelief: f64, uncertainty: f64) -> Opinion {
    Opinion { belief, disbelief, uncertainty, base_rate: 0.5 }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn alike(a: Opinion, b: Opinion) -> bool {
    close(a.belief, b.belief)
        && close(a.disbelief, b.disbelief)
        && close(a.uncertainty, b.uncertainty)
        && close(a.base_rate, b.base_rate)
}

fn same_evidence(a: Evidence, b: Evidence) -> bool {
    close(a.r, b.r) && close(a.s, b.s)
}

#[test]
fn an_opinion_weighs_evidence_against_two_pieces_of_knowing_nothing() {
    let cases = [
        (evidence(0.0, 0.0), (0.0, 0.0, 1.0), 0.5),
        (evidence(2.0, 0.0), (0.5, 0.0, 0.5), 0.75),
        (evidence(8.0, 0.0), (0.8, 0.0, 0.2), 0.9),
        (evidence(0.0, 8.0), (0.0, 0.8, 0.2), 0.1),
        (evidence(4.0, 2.0), (0.5, 0.25, 0.25), 0.625),
    ];
    for (given, (b, d, u), probability) in cases {
        let found = Opinion::from_evidence(given, 0.5);
        assert!(alike(found, opinion(b, d, u)), "{given:?}: {found:?}");
        assert!(close(found.expectation(), probability), "{given:?}: {}", found.expectation());
        assert!(same_evidence(found.evidence(), given), "{given:?}: {:?}", found.evidence());
    }
}

#[test]
fn the_base_rate_decides_where_nothing_is_known() {
    for base_rate in [0.0, 0.3, 1.0] {
        assert!(close(Opinion::from_evidence(NONE, base_rate).expectation(), base_rate));
    }
}

#[test]
fn trust_leaves_its_share_of_belief_and_disbelief() {
    let half = opinion(0.6, 0.2, 0.2).discounted(0.5);
    assert!(alike(half, opinion(0.3, 0.1, 0.6)), "{half:?}");
    assert!(same_evidence(half.evidence(), evidence(1.0, 1.0 / 3.0)));
    let twice = half.discounted(0.5);
    assert!(alike(twice, opinion(0.15, 0.05, 0.8)), "{twice:?}");
}

#[test]
fn without_trust_nothing_is_left_and_with_all_of_it_everything() {
    let certain = Opinion::from_evidence(evidence(f64::MAX, 1e300), 0.5);
    assert_eq!(certain.discounted(0.0), opinion(0.0, 0.0, 1.0));
    assert_eq!(certain.discounted(0.0).evidence(), NONE);
    assert_eq!(certain.discounted(1.0), certain);
}

#[test]
fn copies_in_one_origin_add_nothing_and_in_several_they_do() {
    let copies = [evidence(8.0, 1.0); 3];
    assert_eq!(average(copies), evidence(8.0, 1.0));
    assert_eq!(sum(copies), evidence(24.0, 3.0));
    assert!(same_evidence(average([evidence(8.0, 0.0), evidence(1.0, 0.0), evidence(0.0, 6.0)]), evidence(3.0, 2.0)));
}

#[test]
fn nothing_said_is_no_evidence() {
    for found in [average([]), sum([])] {
        assert_eq!(found, NONE);
        assert!(found.r.is_sign_positive() && found.s.is_sign_positive());
    }
}

#[test]
fn conflict_wants_two_who_are_certain_and_far_apart() {
    let (yes, no, unknown) = (opinion(0.8, 0.0, 0.2), opinion(0.0, 0.8, 0.2), opinion(0.0, 0.0, 1.0));
    assert!(close(yes.conflict(no), 0.8 * 0.8 * 0.8));
    assert!(close(no.conflict(yes), 0.8 * 0.8 * 0.8));
    assert!(close(yes.conflict(yes), 0.0));
    assert!(close(yes.conflict(unknown), 0.0));
    assert!(close(opinion(1.0, 0.0, 0.0).conflict(opinion(0.0, 1.0, 0.0)), 1.0));
}

#[test]
fn shares_are_shown_with_six_digits_half_away_from_zero() {
    let cases = [
        (0.0, "0"),
        (-0.0, "0"),
        (-1e-9, "0"),
        (1.0, "1"),
        (1.0 / 3.0, "0.333333"),
        (2.0 / 3.0, "0.666667"),
        (0.000_000_5, "0.000001"),
        (-0.000_000_5, "-0.000001"),
        (0.000_000_499, "0"),
        (0.062_500_5, "0.062501"),
        (0.999_999_5, "1"),
    ];
    for (share, shown) in cases {
        assert_eq!(rounded(share).to_string(), shown, "{share}");
    }
    let thirds = opinion(1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0).rounded();
    assert_eq!(thirds, opinion(0.333_333, 0.333_333, 0.333_333));
    let unsigned = Opinion::from_evidence(evidence(-0.0, -0.0), -0.0).rounded();
    assert!([unsigned.belief, unsigned.disbelief, unsigned.base_rate].into_iter().all(f64::is_sign_positive));
}

/// All that a policy takes as evidence for or against, the greatest and the least often.
fn weight() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![
        0.0..20.0,
        POSITIVE | NORMAL | SUBNORMAL | ZERO,
        prop::sample::select(vec![0.0, -0.0, f64::from_bits(1), f64::MIN_POSITIVE, f64::MAX / 2.0, f64::MAX]),
    ]
}

/// All that a policy takes as a trust or a base rate.
fn share() -> impl Strategy<Value = f64> {
    prop_oneof![
        0.0..=1.0,
        prop::sample::select(vec![
            0.0,
            -0.0,
            f64::from_bits(1),
            f64::MIN_POSITIVE,
            f64::EPSILON,
            1.0 - f64::EPSILON,
            1.0
        ]),
    ]
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    (weight(), weight()).prop_map(|(r, s)| evidence(r, s))
}

/// Evidence that a board may come to have, and opinions on it.
fn usual_evidence() -> impl Strategy<Value = Evidence> {
    (0.0..1e6, 0.0..1e6).prop_map(|(r, s)| evidence(r, s))
}

fn assert_sound(found: Opinion) {
    let Opinion { belief, disbelief, uncertainty, base_rate } = found;
    for share in [belief, disbelief, uncertainty, base_rate, found.expectation()] {
        assert!((0.0..=1.0).contains(&share), "{found:?}");
    }
    assert!(close(belief + disbelief + uncertainty, 1.0), "{found:?}");
    assert!(uncertainty > 0.0, "{found:?}");
}

fn assert_finite(found: Evidence) {
    assert!(found.r.is_finite() && found.r >= 0.0 && found.s.is_finite() && found.s >= 0.0, "{found:?}");
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn whatever_a_policy_lets_pass_gives_numbers(
        origins in prop::collection::vec(
            prop::collection::vec((any_evidence(), prop::collection::vec(share(), 0..9)), 1..5),
            0..5,
        ),
        base_rate in share(),
    ) {
        let mut opinions = Vec::new();
        let fused = sum(origins.iter().map(|origin| average(origin.iter().map(|(evidence, trusts)| {
            let policy = Policy {
                base_rate,
                opinions: BTreeMap::from([("CT", *evidence)]),
                trust: trusts.iter().enumerate().map(|(n, trust)| (Uuid::from_u128(n as u128), *trust)).collect(),
                ..Policy::default()
            };
            assert_eq!(policy.check(), Ok(()), "the policy is one that is taken");
            let said = Opinion::from_evidence(*evidence, base_rate);
            let heard = trusts.iter().fold(said, |opinion, trust| opinion.discounted(*trust));
            opinions.extend([said, heard]);
            assert_finite(heard.evidence());
            heard.evidence()
        }))));
        assert_finite(fused);
        opinions.push(Opinion::from_evidence(fused, base_rate));
        for one in &opinions {
            assert_sound(*one);
            let shown = one.rounded();
            prop_assert!((shown.belief + shown.disbelief + shown.uncertainty - 1.0).abs() < 2e-6);
            prop_assert_eq!(shown.rounded(), shown);
            for other in &opinions {
                prop_assert!((0.0..=1.0).contains(&one.conflict(*other)));
                prop_assert!(close(one.conflict(*other), other.conflict(*one)));
            }
        }
    }

    #[test]
    fn the_evidence_behind_an_opinion_is_what_it_was_made_of(given in usual_evidence(), base_rate in share()) {
        let found = Opinion::from_evidence(given, base_rate).evidence();
        prop_assert!(same_evidence(found, given), "{:?}", found);
    }

    #[test]
    fn two_links_discount_like_one_of_the_product(given in any_evidence(), first in share(), second in share()) {
        let said = Opinion::from_evidence(given, 0.5);
        prop_assert!(alike(said.discounted(first).discounted(second), said.discounted(first * second)));
    }

    #[test]
    fn discounting_is_one_less_what_is_left_of_belief_and_disbelief(given in any_evidence(), trust in share()) {
        let heard = Opinion::from_evidence(given, 0.5).discounted(trust);
        prop_assert!(close(heard.uncertainty, 1.0 - heard.belief - heard.disbelief));
    }

    #[test]
    fn an_average_lies_among_its_members_and_as_often_as_they_are_it_is_their_sum(
        members in prop::collection::vec(usual_evidence(), 1..20),
    ) {
        let mean = average(members.iter().copied());
        let (least, most) = members.iter().fold((f64::MAX, 0.0_f64), |(least, most), e| (least.min(e.r), most.max(e.r)));
        prop_assert!(least - 1e-6 <= mean.r && mean.r <= most + 1e-6);
        let total = sum(members.iter().copied());
        prop_assert!(same_evidence(sum(vec![mean; members.len()]), total));
    }

    #[test]
    fn the_order_of_evidence_does_not_matter(mut members in prop::collection::vec(usual_evidence(), 0..20)) {
        let (mean, total) = (average(members.iter().copied()), sum(members.iter().copied()));
        members.reverse();
        prop_assert!(same_evidence(average(members.iter().copied()), mean));
        prop_assert!(same_evidence(sum(members), total));
    }

    #[test]
    fn more_support_raises_the_probability(given in usual_evidence(), more in 0.0..1e3, base_rate in share()) {
        let before = Opinion::from_evidence(given, base_rate).expectation();
        let after = Opinion::from_evidence(evidence(given.r + more, given.s), base_rate).expectation();
        prop_assert!(after >= before - 1e-12);
    }
}
