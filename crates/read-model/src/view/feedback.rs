//! What was ruled on the viewer's own readings.

use super::scope::{Answer, Scope};
use super::{resource, walk};
use crate::subject::Subject;
use domain::adjudication::{Adjudication, Rulings};
use domain::id::ReadingId;
use domain::reading::Reading;
use domain::{Kind, Rejection};
use uuid::Uuid;
use wire::subject::Address;
use wire::view::resource::Of;
use wire::view::{self, AskFeedback, Feedback, FeedbackItem, FeedbackRuling};

/// Other upheld readings that a ruling lists: an adjudication of more names them itself.
const UPHELD_MAX: usize = 20;

/// The page that is asked for.
pub(super) fn feedback(scope: &Scope<'_>, ask: &AskFeedback) -> Answer<Feedback> {
    let Some(user) = scope.viewer.user else {
        let detail = "feedback is about your own readings: ask with a token";
        return Err(Rejection::forbidden("not_a_user", detail).into());
    };
    let own = Subject::author(scope.project, Kind::Reading, user);
    let (items, after) = walk::page_of(scope, own, (ask.limit, ask.after), |id, budget| {
        let Some(loaded) = scope.snapshot.load::<Reading>(scope.project, id)? else { return Ok(None) };
        let rulings = rulings(scope, id, budget)?;
        if rulings.is_empty() {
            return Ok(None);
        }
        let Some(Of::Reading(reading)) = resource::reading(scope, id, &loaded)?.and_then(|resource| resource.of) else {
            return Ok(None);
        };
        Ok(Some(FeedbackItem { reading: Some(reading), rulings }))
    })?;
    Ok(Feedback { as_of: scope.snapshot.at(), blinded: scope.is_blinded(), items, next: None, after })
}

/// The rulings on a reading that count, by adjudication.
fn rulings(scope: &Scope<'_>, id: Uuid, budget: &mut walk::Budget) -> Answer<Vec<FeedbackRuling>> {
    let address = Address { project: scope.project.uuid(), kind: Kind::Reading, id };
    let mut adjudications = scope.snapshot.aggregates(&Subject::mention(&address, Kind::Adjudication))?;
    adjudications.sort_unstable();
    let mut rulings = Vec::new();
    for adjudication in adjudications {
        budget.spend(1);
        let state = scope.load::<Adjudication>(adjudication)?.state;
        if let (Some(ruled), Some(docket)) = (state.rulings(), state.docket()) {
            let question = docket.question.as_str().to_owned();
            rulings.extend(ruling(scope, ReadingId::new(id), (adjudication, question), ruled, budget)?);
        }
    }
    Ok(rulings)
}

fn ruling(
    scope: &Scope<'_>,
    reading: ReadingId,
    (adjudication, question): (Uuid, String),
    Rulings { uphold, reject, reason, based_on }: &Rulings,
    budget: &mut walk::Budget,
) -> Answer<Option<FeedbackRuling>> {
    let verdict = match (uphold.contains(&reading), reject.contains(&reading)) {
        (true, _) => "upheld",
        (false, true) => "rejected",
        (false, false) => return Ok(None),
    };
    let mut upheld = Vec::new();
    for other in uphold.iter().filter(|other| **other != reading).take(UPHELD_MAX) {
        budget.spend(1);
        upheld.extend(shown(scope, *other)?);
    }
    Ok(Some(FeedbackRuling {
        adjudication: adjudication.to_string(),
        question,
        verdict: verdict.to_owned(),
        reason: reason.as_str().to_owned(),
        based_on: *based_on,
        upheld,
    }))
}

fn shown(scope: &Scope<'_>, id: ReadingId) -> Answer<Option<view::Reading>> {
    let id = id.uuid();
    let Some(loaded) = scope.snapshot.load::<Reading>(scope.project, id)? else { return Ok(None) };
    Ok(resource::reading(scope, id, &loaded)?.and_then(|resource| match resource.of {
        Some(Of::Reading(reading)) => Some(reading),
        _ => None,
    }))
}
