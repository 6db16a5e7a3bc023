//! Timelines: what they tell, as of when, and under which policy.

use super::*;
use domain::claim::Facet;
use domain::edtf::Edtf;
use wire::view::{AskTimeline, Timeline, TimelineTotals};

fn ask(incident: IncidentId, quotes: u32) -> Question {
    Question::Timeline(AskTimeline { incident: incident.to_string(), quotes })
}

fn timeline(said: Said) -> Timeline {
    match said {
        Said::Timeline(timeline) => timeline,
        other => panic!("no timeline: {other:?}"),
    }
}

fn dated(claim: Claim, uttered: &str) -> Claim {
    Claim { uttered: Some(Edtf::recorded(uttered.to_owned())), ..claim }
}

#[test]
fn a_timeline_tells_what_was_said_when_and_what_it_replaces_and_withdraws() {
    let mut scene = scene();
    let (state, group) = (scene.state, scene.group);
    let late = scene.history.reading(user("a"), dated(scene.claim(state, Act::Accuses), "2021-05-06"));
    let early = scene.history.reading(user("a"), dated(scene.claim(state, Act::Denies), "2021-05-03"));
    let undated = scene.history.reading(user("a"), scene.claim(group, Act::Denies));
    let retracts = Claim { changes: vec![undated], ..dated(scene.claim(group, Act::Retracts), "2021-05-09/..") };
    let retraction = scene.history.reading(user("a"), retracts);
    let mut motive = dated(scene.claim(state, Act::Reports), "2021-05-07");
    (motive.proposition.facet, motive.proposition.role, motive.proposition.actor) = (Some(Facet::Motive), None, None);
    motive.proposition.value = Some(domain::text::Text::recorded("Revenge".to_owned()));
    let motive = scene.history.reading(user("a"), motive);
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let told = timeline(fixture.ask(ask(incident, 20)));
    assert_eq!((told.as_of, told.policy, told.blinded), (fixture.history.position(), 0, false));
    assert_eq!((told.earliest.as_deref(), told.latest.as_deref()), (Some("2021-05-04"), Some("2021-05-04")));
    assert_eq!(told.totals, Some(TimelineTotals { before: 1, after: 3, unknown: 1 }));
    let rows: Vec<_> = told
        .rows
        .iter()
        .map(|row| (row.said.as_ref().unwrap().utterance.clone(), row.order.as_str(), row.after, row.sign.as_deref()))
        .collect();
    assert_eq!(
        rows,
        [
            (early.to_string(), "before", 0, Some("opposition")),
            (undated.to_string(), "unknown", 0, Some("opposition")),
            (late.to_string(), "after", 2, Some("support")),
            (motive.to_string(), "after", 3, Some("support")),
            (retraction.to_string(), "after", 4, None),
        ]
    );
    assert_eq!((&told.rows[2].replaces, told.rows[2].replaces_total), (&vec![early.to_string()], 1));
    assert_eq!(told.rows[4].withdraws, [undated.to_string()]);
    let undated = told.rows[1].said.as_ref().unwrap();
    assert_eq!((&undated.uttered, &undated.earliest, undated.latest.as_deref()), (&None, &None, Some("2021-05-05")));
    assert_eq!(undated.marks, ["withdrawn"]);
    assert_eq!(undated.speaker.as_ref().unwrap().name, "Group");
    let about = told.rows[3].proposition.as_ref().unwrap();
    assert_eq!((about.facet.as_str(), about.value.as_deref()), ("motive", Some("Revenge")));
    assert_eq!(told.rows[0].proposition.as_ref().unwrap().actor.as_ref().unwrap().name, "Group");
    let quote = &told.rows[0].said.as_ref().unwrap().quotes[0];
    assert_eq!((quote.start, quote.end), (0, 28));

    let bare = timeline(fixture.ask(ask(incident, 0)));
    let said = bare.rows[0].said.as_ref().unwrap();
    assert_eq!((said.quotes.len(), said.quotes_total), (0, 1));
}

#[test]
fn a_timeline_is_as_of_a_position_and_has_the_generic_utterances_that_the_policy_lets_count() {
    let mut scene = scene();
    let class = scene.history.class("Attacks of May", Some("2021-05"));
    let before = scene.history.position();
    let mut generic = scene.claim(scene.group, Act::Denies);
    generic.scope = domain::claim::Scope::Generic;
    generic.proposition.target = domain::claim::Target::Class(class);
    scene.history.reading(user("a"), generic);
    let policy = domain::policy::Policy { generic: domain::policy::Generic::Ignore, ..Default::default() };
    let (admin, project) = (scene.history.admin, scene.history.project.uuid());
    scene.history.add(admin, project, [project::Event::PolicyPublished { version: 1, policy }]);
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    assert_eq!(timeline(fixture.ask_at(before, ask(incident, 20))).rows.len(), 0);
    let under = |policy| {
        let request = Request { policy: Some(policy), ..fixture.request(ask(incident, 20)) };
        timeline(fixture.answer(&request).answer.unwrap())
    };
    let rows = under(0).rows;
    assert_eq!((rows.len(), rows[0].said.as_ref().unwrap().generic), (1, true));
    assert_eq!(under(1).rows.len(), 0);
}

#[test]
fn a_timeline_of_a_class_or_of_nothing_is_refused() {
    let mut scene = scene();
    let class = scene.history.class("Attacks", None);
    let fixture = Fixture::new(scene.history);
    let refused = |id: IncidentId| fixture.refusal(&fixture.request(ask(id, 20)));
    assert_eq!(refused(class), (refusal::Why::Invalid, "not_an_incident".to_owned()));
    assert_eq!(refused(IncidentId::new(Uuid::nil())), (refusal::Why::Absent, "not_found".to_owned()));
}
