use super::*;
use crate::testing::{accusation, any, cases, edtf, id, refused, text};
use crate::{Code, Why};
use proptest::prelude::*;

/// Every act with what it gives for `+`, `-` and `0`, each for CT, PR, PS and U: `S` strong, `w` weak, `.` no position,
/// `x` refused. The sign is that of the polarity. Written from the table of domain.md, section 2.
const ACTS: [(&str, [&str; 3]); 27] = [
    ("accuses", ["Swww", "xxxx", "xxxx"]),
    ("attributes_officially", ["Swww", "xxxx", "xxxx"]),
    ("attributes_technically", ["Swww", "xxxx", "xxxx"]),
    ("charges", ["Swww", "xxxx", "xxxx"]),
    ("convicts", ["Swww", "xxxx", "xxxx"]),
    ("claims_responsibility", ["Swww", "xxxx", "xxxx"]),
    ("confirms", ["Swww", "Swww", "xxxx"]),
    ("reports", ["Swww", "Swww", "xxxx"]),
    ("suspects", ["wwww", "wwww", "xxxx"]),
    ("infers", ["wwww", "wwww", "xxxx"]),
    ("implies_attribution", ["wwww", "wwww", "xxxx"]),
    ("denies", ["xxxx", "Swww", "xxxx"]),
    ("disputes", ["xxxx", "Swww", "xxxx"]),
    ("exonerates", ["xxxx", "Swww", "xxxx"]),
    ("doubts", ["xxxx", "wwww", "xxxx"]),
    ("retracts", ["....", "....", "...."]),
    ("corrects", ["Swww", "Swww", "...."]),
    ("narrows", ["Swww", "Swww", "...."]),
    ("amends_strength", ["Swww", "Swww", "...."]),
    ("praises", ["....", "....", "...."]),
    ("condemns", ["....", "....", "...."]),
    ("justifies", ["....", "....", "...."]),
    ("threatens", ["....", "....", "...."]),
    ("declines_comment", ["....", "....", "...."]),
    ("releases", ["....", "....", "...."]),
    ("evidence_offered", ["....", "....", "...."]),
    ("evidence_absent", ["....", "....", "...."]),
];

const POLARITIES: [(&str, Option<Sign>); 3] = [("+", Some(Sign::Support)), ("-", Some(Sign::Opposition)), ("0", None)];
const CERTAINTIES: [&str; 4] = ["CT", "PR", "PS", "U"];

/// A claim by this act that breaks no rule.
fn claim_by(act: Act, polarity: Polarity, certainty: Certainty) -> Claim {
    let changes = if act.is_change() { vec![id(9)] } else { Vec::new() };
    Claim { act, polarity, certainty, changes, ..accusation() }
}

#[test]
fn every_act_admits_its_polarities_and_weighs_as_the_table_says() {
    for (act, row) in ACTS {
        let act: Act = act.parse().unwrap();
        for ((polarity, sign), cell) in POLARITIES.into_iter().zip(row) {
            let polarity: Polarity = polarity.parse().unwrap();
            assert_eq!(cell.len(), 4);
            for (certainty, mark) in CERTAINTIES.into_iter().zip(cell.chars()) {
                let claim = claim_by(act, polarity, certainty.parse().unwrap());
                if mark == 'x' {
                    refused(claim.check(), Why::Invalid, "act_polarity_mismatch", "/polarity");
                    continue;
                }
                assert_eq!(claim.check(), Ok(()), "{act} {polarity} {certainty}");
                let strength = match mark {
                    'S' => Some(Strength::Strong),
                    'w' => Some(Strength::Weak),
                    '.' => None,
                    other => panic!("{other} is no mark of this table"),
                };
                let expected = strength.map(|strength| (sign.unwrap(), strength));
                assert_eq!(claim.value(), expected, "{act} {polarity} {certainty}");
            }
        }
    }
}

#[test]
fn the_vocabularies_of_claims_are_those_of_the_design() {
    fn codes<T: Code>() -> Vec<&'static str> {
        T::ALL.iter().map(|value| value.as_str()).collect()
    }
    assert_eq!(codes::<Act>(), ACTS.map(|(act, _)| act));
    assert_eq!(codes::<Polarity>(), POLARITIES.map(|(polarity, _)| polarity));
    assert_eq!(codes::<Certainty>(), CERTAINTIES);
    assert_eq!(codes::<Sign>(), ["support", "opposition"]);
    assert_eq!(codes::<Strength>(), ["weak", "strong"]);
    assert_eq!(codes::<Stance>(), ["adopts", "relays", "distances"]);
    assert_eq!(codes::<Scope>(), ["specific", "generic"]);
    let kinds = ["officials", "people", "sources", "reports", "widely", "agentless"];
    assert_eq!(codes::<UnidentifiedKind>(), kinds);
    let facets = ["who", "occurred", "when", "where", "means", "motive", "legality", "evidence", "conduct"];
    assert_eq!(codes::<Facet>(), facets);
    let roles =
        ["perpetrator", "ordered", "planned", "involved_in", "enabled", "incited", "target", "victim", "participant"];
    assert_eq!(codes::<Role>(), roles);
}

#[test]
fn change_acts_and_acts_of_officials_are_the_ones_of_the_design() {
    let that = |is: fn(Act) -> bool| -> Vec<&str> {
        Act::ALL.iter().filter(|act| is(**act)).map(|act| act.as_str()).collect()
    };
    assert_eq!(that(Act::is_change), ["retracts", "corrects", "narrows", "amends_strength"]);
    assert_eq!(that(Act::is_official), ["attributes_officially", "charges", "convicts", "exonerates"]);
    let neutral = [
        "praises",
        "condemns",
        "justifies",
        "threatens",
        "declines_comment",
        "releases",
        "evidence_offered",
        "evidence_absent",
    ];
    assert_eq!(that(Act::is_neutral), neutral);
}

#[test]
fn a_refused_polarity_is_answered_with_those_that_the_act_admits() {
    let claim = claim_by(Act::Confirms, Polarity::Neutral, Certainty::Certain);
    let refusal = refused(claim.check(), Why::Invalid, "act_polarity_mismatch", "/polarity");
    assert_eq!(refusal.detail, "`confirms` admits polarity `+` or `-`, not `0`");
}

mod propositions {
    use super::*;
    use crate::id::ActorId;

    /// What a target and a facet ask of role, actor and value: `r` required, `o` optional, `-` forbidden, `n` required
    /// but in neutral acts. Facets that are not listed are refused. Written from domain.md, section 2.
    const FIELDS: [(&str, Option<&str>, [char; 3]); 18] = [
        ("incident", Some("who"), ['r', 'n', '-']),
        ("incident", Some("occurred"), ['-', '-', '-']),
        ("incident", Some("when"), ['-', 'o', 'r']),
        ("incident", Some("where"), ['-', 'o', 'r']),
        ("incident", Some("means"), ['-', 'o', 'r']),
        ("incident", Some("motive"), ['-', 'o', 'r']),
        ("incident", Some("legality"), ['-', 'o', 'r']),
        ("incident", Some("evidence"), ['r', 'r', '-']),
        ("class", Some("who"), ['r', 'n', '-']),
        ("class", Some("occurred"), ['-', '-', '-']),
        ("class", Some("when"), ['-', 'o', 'r']),
        ("class", Some("where"), ['-', 'o', 'r']),
        ("class", Some("means"), ['-', 'o', 'r']),
        ("class", Some("motive"), ['-', 'o', 'r']),
        ("class", Some("legality"), ['-', 'o', 'r']),
        ("class", Some("evidence"), ['r', 'r', '-']),
        ("relation", None, ['-', '-', '-']),
        ("actor", Some("conduct"), ['-', '-', 'r']),
    ];

    fn targets() -> [(&'static str, Target); 4] {
        [
            ("incident", Target::Incident(id(1))),
            ("class", Target::Class(id(1))),
            ("relation", Target::Relation(id(1))),
            ("actor", Target::Actor(id(3))),
        ]
    }

    fn fits(ask: char, given: bool, act: Act) -> bool {
        match ask {
            'r' => given,
            'o' => true,
            '-' => !given,
            'n' => given || act == Act::Praises,
            other => panic!("{other} is no mark of this table"),
        }
    }

    fn about(target: Target, facet: Option<Facet>) -> Claim {
        let mut claim = accusation();
        claim.proposition = Proposition { target, facet, actor: None, role: None, value: None, ..claim.proposition };
        claim
    }

    /// A claim about incident 1 with a facet and what it asks for.
    fn facet(facet: Facet) -> Claim {
        about(Target::Incident(id(1)), Some(facet))
    }

    fn who(actor: u128) -> Claim {
        let mut claim = facet(Facet::Who);
        claim.proposition.role = Some(Role::Perpetrator);
        claim.proposition.actor = Some(id(actor));
        claim
    }

    fn when(value: &str) -> Claim {
        let mut claim = facet(Facet::When);
        claim.proposition.value = Some(text(value));
        claim
    }

    #[test]
    fn every_target_and_facet_takes_the_fields_of_the_table_and_no_others() {
        let facets: Vec<_> = Facet::ALL.iter().copied().map(Some).chain([None]).collect();
        let mut admitted = 0;
        for (name, target) in targets() {
            for facet in &facets {
                let asks = FIELDS
                    .iter()
                    .find(|(t, f, _)| *t == name && *f == facet.map(Code::as_str))
                    .map(|(_, _, asks)| asks);
                for given in 0..8 {
                    let [role, actor, value] = [1, 2, 4].map(|bit| given & bit != 0);
                    for act in [Act::Accuses, Act::Praises] {
                        let mut claim = about(target, *facet);
                        claim.act = act;
                        claim.proposition.role = role.then_some(Role::Ordered);
                        claim.proposition.actor = actor.then(|| id(2));
                        claim.proposition.value = value.then(|| text("2021-05-04"));
                        let fit = asks.is_some_and(|[r, a, v]| {
                            fits(*r, role, act) && fits(*a, actor, act) && fits(*v, value, act)
                        });
                        let code = claim.check().err().map(|refusal| refusal.code);
                        let expected = match (fit, asks) {
                            (true, _) => &[None][..],
                            (false, Some(_)) => &[Some("proposition_incomplete"), Some("proposition_overfull")],
                            (false, None) if name == "relation" => &[Some("proposition_overfull")],
                            (false, None) => &[Some("facet_missing"), Some("facet_mismatch")],
                        };
                        assert!(expected.contains(&code), "{code:?} for {:?} {act}", claim.proposition);
                        admitted += usize::from(fit);
                    }
                }
            }
        }
        // Two `who` with 1 + 2, `occurred`, five with a value, `evidence`; the relation and the conduct; for two acts.
        assert_eq!(admitted, 2 * (3 + 2 + 5 * 4 + 2) + 2 + 2);
    }

    #[test]
    fn a_missing_facet_is_refused() {
        for target in [Target::Incident(id(1)), Target::Class(id(1))] {
            let claim = about(target, None);
            refused(claim.check(), Why::Invalid, "facet_missing", "/proposition/facet");
        }
    }

    #[test]
    fn conduct_is_about_actors_and_actors_have_only_conduct() {
        let pointer = "/proposition/facet";
        refused(facet(Facet::Conduct).check(), Why::Invalid, "facet_mismatch", pointer);
        for other in [None, Some(Facet::Who), Some(Facet::Legality)] {
            let claim = about(Target::Actor(id(1)), other);
            refused(claim.check(), Why::Invalid, "facet_mismatch", pointer);
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        let code = "proposition_incomplete";
        refused(facet(Facet::Who).check(), Why::Invalid, code, "/proposition/role");
        let mut claim = facet(Facet::Who);
        claim.proposition.role = Some(Role::Victim);
        let refusal = refused(claim.check(), Why::Invalid, code, "/proposition/actor");
        assert_eq!(refusal.detail, "the facet `who` requires `actor`");
        refused(facet(Facet::Means).check(), Why::Invalid, code, "/proposition/value");
        let claim = about(Target::Actor(id(1)), Some(Facet::Conduct));
        refused(claim.check(), Why::Invalid, code, "/proposition/value");

        let code = "proposition_overfull";
        let mut claim = facet(Facet::Occurred);
        claim.proposition.actor = Some(id(1));
        refused(claim.check(), Why::Invalid, code, "/proposition/actor");
        claim.proposition.role = Some(Role::Planned);
        refused(claim.check(), Why::Invalid, code, "/proposition/role");
        let mut claim = who(2);
        claim.proposition.value = Some(text("rockets"));
        refused(claim.check(), Why::Invalid, code, "/proposition/value");
        let claim = about(Target::Relation(id(1)), Some(Facet::Who));
        let refusal = refused(claim.check(), Why::Invalid, code, "/proposition/facet");
        assert_eq!(refusal.detail, "a proposition about a relation takes no `facet`");
    }

    #[test]
    fn the_value_of_when_is_a_date_whose_end_is_not_before_its_start() {
        for date in ["2021-05-04", "2021-05~", "2021-02-26/2021-06-27", "../2020"] {
            assert_eq!(when(date).check(), Ok(()), "{date}");
        }
        let pointer = "/proposition/value";
        refused(when("4 May 2021").check(), Why::Invalid, "edtf_invalid", pointer);
        refused(when("2021/2020").check(), Why::Invalid, "edtf_reversed", pointer);
        let mut claim = when("4 May 2021");
        claim.proposition.facet = Some(Facet::Where);
        assert_eq!(claim.check(), Ok(()), "only `when` is a date");
    }

    #[test]
    fn those_who_joined_are_others_and_each_is_named_once() {
        let mut claim = who(2);
        claim.proposition.with = vec![id(3), id(4)];
        claim.proposition.with_others = true;
        assert_eq!(claim.check(), Ok(()));

        claim.proposition.with = vec![id(3), id(2)];
        refused(claim.check(), Why::Invalid, "with_repeats_actor", "/proposition/with");
        claim.proposition.with = vec![id(3), id(4), id(3)];
        refused(claim.check(), Why::Invalid, "list_repeats", "/proposition/with/2");
        claim.proposition.with = (0..=Proposition::WITH_MAX).map(|n| id(n as u128 + 10)).collect();
        refused(claim.check(), Why::Invalid, "list_too_long", "/proposition/with");
        claim.proposition.with.pop();
        assert_eq!(claim.check(), Ok(()));
    }

    #[test]
    fn nobody_joins_where_no_actor_is_named() {
        let pointer = "/proposition/with";
        for act in [Act::Accuses, Act::Praises] {
            let mut claim = if act == Act::Praises { who(1) } else { when("2021") };
            claim.act = act;
            claim.proposition.actor = None;
            claim.proposition.with_others = true;
            refused(claim.check(), Why::Invalid, "with_without_actor", pointer);
            claim.proposition.with_others = false;
            claim.proposition.with = vec![id(0)];
            refused(claim.check(), Why::Invalid, "with_without_actor", pointer);
        }
    }

    #[test]
    fn identity_is_facet_actor_role_and_comparable_value() {
        let same = |actor: ActorId| actor;
        let mut claim = when("x");
        claim.proposition.facet = Some(Facet::Where);
        let key = |value: &str| {
            let mut proposition = claim.proposition.clone();
            proposition.value = Some(text(value));
            proposition.key(same)
        };
        assert_eq!(key("Café"), key("  CAFE\u{301} \n"));
        assert_ne!(key("Café"), key("Cafe"));
        assert_ne!(key("Ain al-Assad"), key("Ain  al-Assad"), "inner blanks are kept");
        assert_eq!(key("Ain al-Assad").value.as_deref(), Some("ain al-assad"));

        let base = who(2).proposition;
        let mut joint = base.clone();
        joint.with = vec![id(5)];
        joint.with_others = true;
        assert_eq!(base.key(same), joint.key(same), "who joined is no part of the identity");
        assert_ne!(base.key(same), who(3).proposition.key(same));
        assert_eq!(base.key(|_| id(7)), who(3).proposition.key(|_| id(7)), "actors are resolved");
        let mut ordered = base.clone();
        ordered.role = Some(Role::Ordered);
        assert_ne!(base.key(same), ordered.key(same));
        let mut evidence = base.clone();
        evidence.facet = Some(Facet::Evidence);
        assert_ne!(base.key(same), evidence.key(same));
    }
}

mod chains {
    use super::*;

    fn actor(n: u128) -> Speaker {
        Speaker::Actor(id(n))
    }

    fn unidentified(kind: UnidentifiedKind) -> Speaker {
        Speaker::Unidentified { kind, label: None, of: None }
    }

    /// Links with a stance each but the last.
    fn links(speakers: impl IntoIterator<Item = Speaker>) -> Vec<(Speaker, Option<Stance>)> {
        let mut links: Vec<_> = speakers.into_iter().map(|speaker| (speaker, Some(Stance::Relays))).collect();
        if let Some(last) = links.last_mut() {
            last.1 = None;
        }
        links
    }

    #[test]
    fn a_chain_has_one_to_eight_links_and_the_last_is_the_speaker() {
        for len in 1..=8 {
            let chain = Chain::parse(links((1..=len).map(actor))).unwrap();
            assert_eq!(chain.speaker(), &actor(len));
            assert_eq!(chain.links().len() as u128, len - 1);
            assert!(chain.everyone().cloned().eq((1..=len).map(actor)));
        }
        for len in [0, 9, 100] {
            refused(Chain::parse(links((1..=len).map(actor))), Why::Invalid, "chain_length", "/speakers");
        }
    }

    #[test]
    fn nobody_stands_twice_in_a_row() {
        let source = Speaker::Source(id(1));
        let cases = [
            (vec![actor(1), actor(1)], Some(1)),
            (vec![actor(2), actor(1), actor(1)], Some(2)),
            (vec![source.clone(), source.clone(), actor(1)], Some(1)),
            (vec![actor(1), actor(2), actor(1)], None),
            (vec![source, actor(1)], None),
        ];
        for (speakers, at) in cases {
            let result = Chain::parse(links(speakers));
            match at {
                Some(at) => {
                    let pointer = format!("/speakers/{at}");
                    refused(result, Why::Invalid, "chain_repeats", &pointer);
                }
                None => assert!(result.is_ok()),
            }
        }
    }

    #[test]
    fn unidentified_speakers_are_never_the_same() {
        let reports = || unidentified(UnidentifiedKind::Reports);
        assert!(Chain::parse(links([reports(), reports(), reports()])).is_ok());
    }

    #[test]
    fn every_link_but_the_last_has_a_stance() {
        for missing in 0..3 {
            let mut chain = links((1..=4).map(actor));
            chain[missing].1 = None;
            let pointer = format!("/speakers/{missing}/stance");
            refused(Chain::parse(chain), Why::Invalid, "stance_missing", &pointer);
        }
        for stance in [Stance::Adopts, Stance::Relays, Stance::Distances] {
            let chain = vec![(actor(1), Some(stance)), (actor(2), Some(stance))];
            refused(Chain::parse(chain), Why::Invalid, "stance_unexpected", "/speakers/1/stance");
            let chain = vec![(actor(1), Some(stance)), (actor(2), None)];
            assert_eq!(Chain::parse(chain).unwrap().links()[0].stance, stance);
        }
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn a_parsed_chain_is_what_was_sent_and_equals_the_recorded_one(links in any::links()) {
            if let Ok(chain) = Chain::parse(links.clone()) {
                let mut back: Vec<_> =
                    chain.links().iter().map(|link| (link.speaker.clone(), Some(link.stance))).collect();
                back.push((chain.speaker().clone(), None));
                prop_assert_eq!(&back, &links);
                prop_assert_eq!(Chain::recorded(chain.links().to_vec(), chain.speaker().clone()), chain);
            }
        }
    }
}

#[test]
fn a_generic_claim_is_about_a_class() {
    let mut claim = accusation();
    claim.scope = Scope::Generic;
    refused(claim.check(), Why::Invalid, "generic_without_class", "/scope");
    claim.proposition.target = Target::Class(id(1));
    assert_eq!(claim.check(), Ok(()));
    claim.scope = Scope::Specific;
    assert_eq!(claim.check(), Ok(()));
}

#[test]
fn a_reading_cites_one_to_sixty_four_annotations_each_once() {
    let mut claim = accusation();
    claim.evidence = Vec::new();
    refused(claim.check(), Why::Invalid, "evidence_missing", "/evidence");
    claim.evidence = vec![id(1), id(2), id(1)];
    refused(claim.check(), Why::Invalid, "list_repeats", "/evidence/2");
    claim.evidence = (0..65).map(id).collect();
    refused(claim.check(), Why::Invalid, "list_too_long", "/evidence");
    claim.evidence.pop();
    assert_eq!(claim.check(), Ok(()));
}

#[test]
fn change_acts_alone_name_what_they_change() {
    for act in Act::ALL.iter().copied() {
        let mut claim = claim_by(act, act.polarities()[0], Certainty::Certain);
        claim.changes = Vec::new();
        if act.is_change() {
            refused(claim.check(), Why::Invalid, "changes_missing", "/changes");
        }
        claim.changes = vec![id(1)];
        if act.is_change() {
            assert_eq!(claim.check(), Ok(()));
        } else {
            refused(claim.check(), Why::Invalid, "changes_unexpected", "/changes");
        }
    }
}

#[test]
fn changed_utterances_are_named_once_and_at_most_sixty_four() {
    let mut claim = claim_by(Act::Retracts, Polarity::Neutral, Certainty::Certain);
    claim.changes = vec![id(1), id(1)];
    refused(claim.check(), Why::Invalid, "list_repeats", "/changes/1");
    claim.changes = (0..65).map(id).collect();
    refused(claim.check(), Why::Invalid, "list_too_long", "/changes");
    claim.changes.pop();
    assert_eq!(claim.check(), Ok(()));
}

#[test]
fn what_is_said_in_passing_and_how_and_when_changes_no_rule() {
    let mut claim = accusation();
    claim.presupposed = true;
    claim.mode = Some(text("statement"));
    claim.uttered = Some(edtf("2021-05~"));
    assert_eq!(claim.check(), Ok(()));
    assert_eq!(claim.value(), Some((Sign::Support, Strength::Strong)), "presupposed counts like its act");
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_claim_is_checked_without_panic_and_a_hedge_is_never_strong(claim in any::claim()) {
        let checked = claim.check();
        if let Some((_, Strength::Strong)) = claim.value() {
            prop_assert_eq!(claim.certainty, Certainty::Certain);
        }
        if let Err(refusal) = checked {
            prop_assert_eq!(refusal.why, Why::Invalid);
            prop_assert!(refusal.pointer.starts_with('/'));
        }
    }
}
