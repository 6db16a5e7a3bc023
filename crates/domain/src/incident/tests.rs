use super::*;
use crate::Why;
use crate::testing::{any, cases, edtf, given, id, refused, text};
use proptest::prelude::*;

fn detail() -> Detail {
    Detail {
        title: text("Ain al-Assad, 4 May 2021"),
        when: edtf("2021-05-04"),
        kind: Some(text("rocket attack")),
        places: vec![text("Ain al-Assad"), text("Anbar")],
        targets: vec![id(1), id(2)],
    }
}

fn class() -> Class {
    Class {
        title: text("Attacks on bases"),
        kinds: Vec::new(),
        targets: Vec::new(),
        places: Vec::new(),
        actors: Vec::new(),
        period: None,
    }
}

fn terms(len: usize) -> Vec<Text> {
    (0..len).map(|n| text(&format!("term {n}"))).collect()
}

fn actors(len: usize) -> Vec<ActorId> {
    (0..len).map(|n| id(n as u128)).collect()
}

mod commands {
    use super::*;

    #[test]
    fn an_incident_is_registered_and_revised() {
        let events = Incident::Absent.decide(Command::Register(detail())).unwrap();
        assert_eq!(events, [Event::IncidentRegistered(detail())]);
        let incident: Incident = given(events);
        assert_eq!(incident, Incident::Single(detail()));
        assert_eq!(incident.title(), Some(&text("Ain al-Assad, 4 May 2021")));

        let revised = Detail { when: edtf("2021-05-03/2021-05-04"), kind: None, ..detail() };
        let events = incident.decide(Command::Revise(revised.clone())).unwrap();
        assert_eq!(events, [Event::IncidentDetailRevised(revised.clone())]);
        assert_eq!(incident.evolve(&events[0], id(1)), Incident::Single(revised));
    }

    #[test]
    fn a_class_is_defined_and_defined_anew() {
        let events = Incident::Absent.decide(Command::DefineClass(class())).unwrap();
        assert_eq!(events, [Event::IncidentClassDefined(class())]);
        let incident: Incident = given(events);
        assert_eq!(incident, Incident::Class(class()));
        assert_eq!(incident.title(), Some(&text("Attacks on bases")));

        let redefined = Class { period: Some(edtf("2021")), ..class() };
        let events = incident.decide(Command::RedefineClass(redefined.clone())).unwrap();
        assert_eq!(events, [Event::IncidentClassDefined(redefined.clone())]);
        assert_eq!(incident.evolve(&events[0], id(1)), Incident::Class(redefined));
    }

    #[test]
    fn an_id_is_taken_by_an_incident_or_a_class() {
        for taken in [Incident::Single(detail()), Incident::Class(class())] {
            for command in [Command::Register(detail()), Command::DefineClass(class())] {
                refused(taken.decide(command), Why::Conflict, "id_taken", "");
            }
        }
    }

    #[test]
    fn what_does_not_exist_is_not_revised() {
        for command in [Command::Revise(detail()), Command::RedefineClass(class())] {
            refused(Incident::Absent.decide(command), Why::Absent, "not_found", "");
        }
        assert_eq!(Incident::Absent.title(), None);
    }

    #[test]
    fn an_incident_does_not_become_a_class_nor_a_class_an_incident() {
        let result = Incident::Single(detail()).decide(Command::RedefineClass(class()));
        refused(result, Why::Invalid, "not_a_class", "/class");
        let result = Incident::Class(class()).decide(Command::Revise(detail()));
        refused(result, Why::Invalid, "not_an_incident", "");
    }

    #[test]
    fn no_list_has_more_than_two_hundred_entries() {
        let code = "list_too_long";
        let full = Detail { places: terms(200), targets: actors(200), ..detail() };
        assert!(Incident::Absent.decide(Command::Register(full)).is_ok());
        for (detail, pointer) in [
            (Detail { places: terms(201), ..detail() }, "/places"),
            (Detail { targets: actors(201), ..detail() }, "/targets"),
        ] {
            let register = Command::Register(detail.clone());
            refused(Incident::Absent.decide(register), Why::Invalid, code, pointer);
            let revise = Command::Revise(detail.clone());
            refused(Incident::Single(detail).decide(revise), Why::Invalid, code, pointer);
        }
        for (class, pointer) in [
            (Class { kinds: terms(201), ..class() }, "/class/kinds"),
            (Class { targets: actors(201), ..class() }, "/class/targets"),
            (Class { places: terms(201), ..class() }, "/class/places"),
            (Class { actors: actors(201), ..class() }, "/class/actors"),
        ] {
            let define = Command::DefineClass(class.clone());
            refused(Incident::Absent.decide(define), Why::Invalid, code, pointer);
            let redefine = Command::RedefineClass(class.clone());
            refused(Incident::Class(class).decide(redefine), Why::Invalid, code, pointer);
        }
    }

    #[test]
    fn the_terms_of_an_incident_fit_into_a_record() {
        let long = vec![text(&"x".repeat(Text::LEN_MAX)); 100];
        let register = Command::Register(Detail { places: long.clone(), ..detail() });
        refused(Incident::Absent.decide(register), Why::Invalid, "texts_too_long", "");
        let define = Command::DefineClass(Class { kinds: long, ..class() });
        refused(Incident::Absent.decide(define), Why::Invalid, "texts_too_long", "");
    }
}

mod membership {
    use super::*;
    use Membership::{Member, Outside, Possible};

    fn of(class: &Class) -> Membership {
        class.membership(&detail(), &[id(7), id(8)])
    }

    #[test]
    fn a_class_without_lists_has_every_incident() {
        assert_eq!(of(&class()), Member);
    }

    #[test]
    fn every_given_list_meets_the_incidents_own() {
        let cases = [
            (Class { kinds: vec![text("Rocket Attack "), text("bombing")], ..class() }, Member),
            (Class { kinds: vec![text("bombing")], ..class() }, Outside),
            (Class { places: vec![text("ANBAR")], ..class() }, Member),
            (Class { places: vec![text("Erbil")], ..class() }, Outside),
            (Class { targets: vec![id(9), id(2)], ..class() }, Member),
            (Class { targets: vec![id(9)], ..class() }, Outside),
            (Class { actors: vec![id(8)], ..class() }, Member),
            // Targets and actors are not mixed up.
            (Class { actors: vec![id(1)], ..class() }, Outside),
            (Class { targets: vec![id(7)], ..class() }, Outside),
            // One list that does not meet is enough.
            (Class { kinds: vec![text("rocket attack")], places: vec![text("Erbil")], ..class() }, Outside),
        ];
        for (class, membership) in cases {
            assert_eq!(of(&class), membership, "{class:?}");
        }
    }

    #[test]
    fn an_incident_without_a_kind_or_actors_meets_no_list_of_them() {
        let bare = Detail { kind: None, places: Vec::new(), targets: Vec::new(), ..detail() };
        assert_eq!(class().membership(&bare, &[]), Member);
        for class in [
            Class { kinds: vec![text("rocket attack")], ..class() },
            Class { places: vec![text("Anbar")], ..class() },
            Class { targets: vec![id(1)], ..class() },
            Class { actors: vec![id(7)], ..class() },
        ] {
            assert_eq!(class.membership(&bare, &[]), Outside);
        }
    }

    #[test]
    fn a_date_within_the_period_makes_a_member_and_one_that_overlaps_a_possible_one() {
        let cases = [
            ("2021-05-04", "2021", Member),
            ("2021-05-04", "2021-05-04", Member),
            ("2021-05-04~", "2021-05", Member),
            ("2021-05", "2021-05-04", Possible),
            ("2021-05", "2021-05-04/2021-06", Possible),
            ("2020/2022", "2021", Possible),
            ("2021-05-04/", "2021", Possible),
            ("2021-05-04/..", "2021/..", Member),
            ("202X", "2021", Possible),
            ("2021-05-04", "2020", Outside),
            ("2021-05-04", "../2020", Outside),
            ("2021-05-04", "../2021", Member),
            ("2021-12-31", "2022/..", Outside),
        ];
        for (when, period, membership) in cases {
            let class = Class { period: Some(edtf(period)), ..class() };
            let incident = Detail { when: edtf(when), ..detail() };
            assert_eq!(class.membership(&incident, &[]), membership, "{when} in {period}");
        }
        let class = Class { period: Some(edtf("2021")), kinds: vec![text("bombing")], ..class() };
        assert_eq!(of(&class), Outside, "the date alone is not enough");
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn a_wider_class_loses_no_member(class in any::incident_class(), incident in any::incident_detail()) {
            let actors = [id(1), id(2)];
            let membership = class.membership(&incident, &actors);
            let wider = [
                Class { kinds: Vec::new(), ..class.clone() },
                Class { targets: Vec::new(), ..class.clone() },
                Class { places: Vec::new(), ..class.clone() },
                Class { actors: Vec::new(), ..class.clone() },
                Class { period: None, ..class.clone() },
            ];
            let rank = |membership| match membership {
                Outside => 0,
                Possible => 1,
                Member => 2,
            };
            for wider in wider {
                prop_assert!(rank(wider.membership(&incident, &actors)) >= rank(membership));
            }
        }
    }
}
