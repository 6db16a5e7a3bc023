//! The claim timeline: what is said about an incident, in the order in which it was said (domain.md, section 8, view 4).

use super::assess::{evidence_absent, flags, heard, matters, status_by, utterance, written_value};
use super::class::memberships;
use super::dispute::Matter;
use super::position::Weighed;
use super::resolve::{Ids, resolve};
use super::scene::Scene;
use super::{Case, Flag, Mark, Order, Timeline, TimelineRow};
use crate::edtf::{Bounds, Day};
use crate::id::ReadingId;
use crate::policy::Policy;

/// Works out the timeline of an incident under a policy: every utterance on every proposition of its board.
///
/// An utterance is before another if its last day is earlier than the other's first. Rows stand in the order of their
/// last days, so that what is certainly earlier comes first, and what a row is certainly after is a beginning of the
/// list; where the dates do not tell, the order of the rows says nothing.
#[must_use]
pub fn timeline(case: &Case, policy: &Policy) -> Timeline {
    let resolved = resolve(case, policy, &Ids::judged(&case.judgements));
    let scene = Scene::new(&resolved);
    let utterances = heard(&scene);
    let memberships = memberships(scene.case, &utterances);
    let matters = matters(&scene, &memberships, &utterances);
    let noted = evidence_absent(&scene, &matters);
    let mut rows: Vec<TimelineRow> =
        matters.iter().flat_map(|matter| said_on(&scene, matter, &flags(&scene, &noted, matter))).collect();
    rows.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.key.cmp(&b.key)));
    let last_days: Vec<Day> = rows.iter().map(|row| row.utterance.time.last).collect();
    for row in &mut rows {
        row.after = last_days.partition_point(|last| *last < row.utterance.time.first);
    }
    Timeline { when: scene.when, rows }
}

fn place(row: &TimelineRow) -> (Day, Day, ReadingId) {
    (row.utterance.time.last, row.utterance.time.first, row.utterance.id)
}

/// The rows of one proposition, in no order.
fn said_on(scene: &Scene<'_>, matter: &Matter<'_>, flags: &[Flag]) -> Vec<TimelineRow> {
    let value = written_value(scene, &matter.bearings).map(|value| value.as_str().to_owned());
    let mut rows = Vec::new();
    for spoken in matter.evaluation.spoken() {
        let succession = Succession::of(spoken);
        for item in spoken {
            let replaced = succession.replaced_by(item);
            rows.push(TimelineRow {
                key: matter.key.clone(),
                value: value.clone(),
                status: matter.finding.as_ref().map_or(matter.evaluation.status, status_by),
                flags: flags.to_vec(),
                utterance: utterance(scene, item),
                order: order(item.time(), scene.when),
                after: 0,
                replaces: replaced[replaced.len().saturating_sub(TimelineRow::REPLACES_MAX)..].to_vec(),
                replaces_total: replaced.len(),
                withdraws: item.bearing.utterance.withdraws.iter().copied().collect(),
            });
        }
    }
    rows
}

fn order(time: Bounds, when: Bounds) -> Order {
    if time.is_before(when) {
        Order::Before
    } else if when.is_before(time) {
        Order::After
    } else {
        Order::Unknown
    }
}

/// What one speaker says on a proposition that makes a position, or made one until it was replaced, by last days.
struct Succession {
    ids: Vec<ReadingId>,
    last_days: Vec<Day>,
    /// The latest first day of these up to here.
    first_days: Vec<Day>,
}

impl Succession {
    fn of(spoken: &[Weighed<'_>]) -> Self {
        let mut items: Vec<_> = spoken.iter().filter(|item| takes_part(item)).collect();
        items.sort_unstable_by_key(|item| (item.time().last, item.time().first, item.bearing.utterance.id));
        let latest = |latest: &mut Day, item: &&Weighed<'_>| {
            *latest = item.time().first.max(*latest);
            Some(*latest)
        };
        Self {
            ids: items.iter().map(|item| item.bearing.utterance.id).collect(),
            last_days: items.iter().map(|item| item.time().last).collect(),
            first_days: items.iter().scan(Day::Past, latest).collect(),
        }
    }

    /// What an utterance of the speaker is certainly after, with nothing certainly in between.
    fn replaced_by(&self, item: &Weighed<'_>) -> &[ReadingId] {
        if !takes_part(item) {
            return &[];
        }
        let until = self.last_days.partition_point(|last| *last < item.time().first);
        let Some(latest) = until.checked_sub(1).map(|at| self.first_days[at]) else { return &[] };
        let from = self.last_days[..until].partition_point(|last| *last < latest);
        &self.ids[from..until]
    }
}

fn takes_part(item: &Weighed<'_>) -> bool {
    item.value.is_some() && matches!(item.mark, None | Some(Mark::Replaced))
}
