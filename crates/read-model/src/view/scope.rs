//! What a question is answered within: a project up to a position, a viewer, a policy, what is left out.

use super::without::named;
use super::{View, queue};
use crate::subject::Subject;
use crate::veil::Veil;
use crate::{Error, Loaded, Snapshot};
use domain::access::{self, Action, Role, Viewer};
use domain::attribution::Omitted;
use domain::document::Document;
use domain::id::{JudgementId, ProjectId, UserId};
use domain::policy::Policy;
use domain::project::{Open, Project};
use domain::text::Text;
use domain::{Aggregate, Kind, Rejection, Why};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;
use wire::subject::Address;
use wire::view::{self, Refusal, Request, refusal};

/// An answer, or why there is none.
pub(super) type Answer<T> = Result<T, Stop>;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// The asker may not, or means nothing.
    Refused(Refusal),
    /// The store failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        let why = match rejection.why {
            Why::Absent => refusal::Why::Absent,
            Why::Forbidden => refusal::Why::Forbidden,
            Why::Invalid | Why::Stale | Why::Unconditional | Why::Conflict => refusal::Why::Invalid,
        };
        Self::Refused(Refusal { why: why.into(), code: rejection.code.to_owned(), detail: rejection.detail })
    }
}

/// It does not exist, or not for this viewer.
pub(super) fn absent() -> Stop {
    Rejection::absent("not_found", "there is nothing here that you can see").into()
}

/// The question means nothing.
pub(super) fn invalid(code: &'static str, detail: impl Into<String>) -> Stop {
    Rejection::invalid(code, detail).into()
}

/// An id of the path: what is no id names nothing.
pub(super) fn id(text: &str) -> Answer<Uuid> {
    Uuid::try_parse(text).map_err(|_| absent())
}

/// Things that one question leaves out: each costs a look into the records, and nobody reads what is without so much.
const WITHOUT_MAX: usize = 20;

/// What is folded without; nothing, mostly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Without(BTreeSet<Omitted>);

impl Without {
    pub(super) fn parse(without: &[view::Without]) -> Answer<Self> {
        if without.len() > WITHOUT_MAX {
            return Err(invalid("too_many_without", format!("at most {WITHOUT_MAX} things can be left out")));
        }
        let parsed = without.iter().map(|view::Without { kind, id }| {
            let unknown = || unknown_without(kind, id);
            let id = Uuid::try_parse(id).map_err(|_| unknown())?;
            Ok(match kind.as_str() {
                "source" => Omitted::Source(id.into()),
                "actor" => Omitted::Actor(id.into()),
                "annotator" => Omitted::Annotator(id.into()),
                "document" => Omitted::Document(id.into()),
                "judgement" => Omitted::Judgement(id.into()),
                _ => return Err(unknown()),
            })
        });
        Ok(Self(parsed.collect::<Answer<_>>()?))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn omitted(&self) -> &BTreeSet<Omitted> {
        &self.0
    }

    /// The judgements among it.
    pub(super) fn judgements(&self) -> BTreeSet<JudgementId> {
        let judgement = |omitted: &Omitted| match omitted {
            Omitted::Judgement(id) => Some(*id),
            Omitted::Document(_) | Omitted::Source(_) | Omitted::Actor(_) | Omitted::Annotator(_) => None,
        };
        self.0.iter().filter_map(judgement).collect()
    }

    /// As an answer tells it.
    pub(super) fn told(&self) -> Vec<view::Without> {
        let told = |omitted: &Omitted| {
            let (kind, id) = named(omitted);
            view::Without { kind: kind.to_owned(), id: id.to_string() }
        };
        self.0.iter().map(told).collect()
    }

    /// Refuses what the viewer does not see anything of at this position: to leave it out would say nothing.
    fn check(&self, snapshot: &Snapshot<'_>, project: ProjectId) -> Answer<()> {
        for omitted in &self.0 {
            let (kind, id) = named(omitted);
            let own = |kind| Subject::own(&Address { project: project.uuid(), kind, id });
            let subject = match omitted {
                Omitted::Document(_) => own(Kind::Document),
                Omitted::Source(_) => own(Kind::Source),
                Omitted::Actor(_) => own(Kind::Actor),
                Omitted::Annotator(user) => Subject::commands(project, *user),
                Omitted::Judgement(_) => {
                    let judgement = Address { project: project.uuid(), kind: Kind::Identity, id };
                    Subject::mention(&judgement, Kind::Identity)
                }
            };
            if snapshot.positions(&subject, 0, 1)?.is_empty() {
                return Err(unknown_without(kind, &id.to_string()));
            }
        }
        Ok(())
    }
}

fn unknown_without(kind: &str, id: &str) -> Stop {
    let detail = format!(
        "there is no {kind} {id} at this position that you can see; `without` takes sources, actors, \
                          annotators, documents and judgements"
    );
    invalid("unknown_without", detail)
}

/// A project up to a position, which the viewer may read, under one policy.
///
/// What the viewer is kept from is not in the snapshot: see [`Veil`].
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub view: &'a View<'a>,
    pub snapshot: Snapshot<'a>,
    pub project: ProjectId,
    /// Who asks, with the role that the project gives now.
    pub viewer: Viewer,
    /// The project's state at the position.
    pub open: Arc<Loaded<Open>>,
    /// The version of the policy under which a view is computed.
    pub policy_version: u32,
    /// Whether the question names it; else it is the newest one at the position.
    pub is_policy_named: bool,
    pub without: Without,
}

impl<'a> Scope<'a> {
    /// Finds the project, checks that the viewer may read what is of this kind there, and finds the policy.
    ///
    /// Permissions are those of the newest position, whatever the question's: who was a member once sees no more.
    pub(super) fn open(
        view: &'a View<'a>,
        request: &Request,
        as_of: u64,
        without: Without,
        kind: Kind,
        veil: &'a OnceCell<Option<Veil>>,
    ) -> Answer<Self> {
        let asker = Asker::find(view, request, kind)?;
        let veiled = asker.veil()?;
        asker.scope(request, as_of, without, veil.get_or_init(|| veiled).as_ref())
    }

    /// The same for whom it is known already that nothing is hidden from them; none for who has to be looked up, or is
    /// kept from something.
    pub(super) fn unveiled(
        view: &'a View<'a>,
        request: &Request,
        as_of: u64,
        without: Without,
        kind: Kind,
    ) -> Answer<Option<Self>> {
        if !without.is_empty() {
            return Ok(None);
        }
        let asker = Asker::find(view, request, kind)?;
        if asker.may_be_blinded() && !queue::is_known_to_be_empty(view, &asker.newest, asker.project) {
            return Ok(None);
        }
        asker.scope(request, as_of, without, None).map(Some)
    }

    /// Whether the viewer may read anything of the project.
    pub(super) fn is_open(view: &View<'_>, request: &Request) -> Result<bool, Error> {
        match Asker::find(view, request, Kind::Incident) {
            Ok(_) => Ok(true),
            Err(Stop::Refused(_)) => Ok(false),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// Whether something may be hidden from the viewer. It does not tell whether something is.
    pub(super) fn is_blinded(&self) -> bool {
        self.snapshot.veil().is_some()
    }

    /// The documents that the viewer reads blind.
    pub(super) fn veiled(&self) -> view::Veil {
        let documents = self.snapshot.veiled().map(|document| document.to_string()).collect();
        view::Veil { documents }
    }

    /// The policy under which a view is computed.
    pub(super) fn policy(&self) -> &Policy {
        self.open.state.policy(self.policy_version).expect("the scope was opened under a version that is there")
    }

    /// The texts of a document that were erased, by the revision, and why. An erasure holds as of every position.
    pub(super) fn erased(&self, document: Uuid) -> Answer<BTreeMap<u32, Text>> {
        let loaded: Option<Loaded<Document>> = self.view.store.snapshot(None).load(self.project, document)?;
        Ok(match loaded.map(|loaded| loaded.state) {
            Some(Document::Registered { erased, .. }) => erased,
            Some(Document::Absent) | None => BTreeMap::new(),
        })
    }

    /// An aggregate of the project that has a record.
    pub(super) fn load<A: Aggregate>(&self, id: Uuid) -> Answer<Loaded<A>> {
        self.snapshot.load(self.project, id)?.ok_or_else(absent)
    }
}

/// Who asks, in the project as it is now.
struct Asker<'a> {
    view: &'a View<'a>,
    newest: Snapshot<'a>,
    project: ProjectId,
    now: Arc<Loaded<Open>>,
    viewer: Viewer,
}

impl<'a> Asker<'a> {
    fn find(view: &'a View<'a>, request: &Request, kind: Kind) -> Answer<Self> {
        let project = ProjectId::new(id(&request.project)?);
        let newest = view.store.snapshot(None);
        let now = project_at(view, &newest, project)?.ok_or_else(absent)?;
        let viewer = viewer(request.viewer.as_ref(), project, &now.state)?;
        access::check(&viewer, Action::Read, kind)?;
        Ok(Self { view, newest, project, now, viewer })
    }

    /// Whether open tasks keep the viewer from anything: in a blind project those who are below curator.
    fn may_be_blinded(&self) -> bool {
        self.now.state.blind && !self.viewer.operator && self.viewer.role < Some(Role::Curator)
    }

    /// What the viewer is kept from, while there are open tasks.
    fn veil(&self) -> Answer<Option<Veil>> {
        if !self.may_be_blinded() {
            return Ok(None);
        }
        let documents = queue::documents(self.view, &self.newest, self.project)?;
        Ok((!documents.is_empty()).then(|| Veil::new(self.project, self.viewer.user, documents)))
    }

    fn scope(self, request: &Request, as_of: u64, without: Without, veil: Option<&'a Veil>) -> Answer<Scope<'a>> {
        let Self { view, newest: _, project, now, viewer } = self;
        let snapshot = view.store.snapshot(Some(as_of)).under(veil);
        let is_past = as_of < view.store.checkpoint().position;
        let open = if is_past { project_at(view, &snapshot, project)?.ok_or_else(absent)? } else { now };
        let newest = open.state.policy_newest();
        let policy_version = request.policy.unwrap_or(newest);
        if open.state.policy(policy_version).is_none() {
            let detail =
                format!("there is no policy version {policy_version} at this position; the newest is {newest}");
            return Err(invalid("unknown_policy", detail));
        }
        without.check(&snapshot, project)?;
        let is_policy_named = request.policy.is_some();
        Ok(Scope { view, snapshot, project, viewer, open, policy_version, is_policy_named, without })
    }
}

/// A project's state at a position; none when it was not created yet.
pub(super) fn project_at(
    view: &View<'_>,
    snapshot: &Snapshot<'_>,
    project: ProjectId,
) -> Answer<Option<Arc<Loaded<Open>>>> {
    Ok(view.boards.project(snapshot, project, || {
        let Some(loaded) = snapshot.load::<Project>(project, project.uuid())? else { return Ok(None) };
        let Loaded { state, revision, author, created_at_us, created, last, bytes } = loaded;
        Ok(match state {
            Project::Absent => None,
            Project::Open(state) => Some(Loaded { state, revision, author, created_at_us, created, last, bytes }),
        })
    })?)
}

/// Who asks, with the highest role that the project or the credential gives.
pub(super) fn viewer(viewer: Option<&view::Viewer>, project: ProjectId, open: &Open) -> Answer<Viewer> {
    let Some(viewer) = viewer else { return Err(absent()) };
    let user = user(viewer)?;
    let member = user.and_then(|user| open.members.get(&user).copied());
    let role = member.max(granted(viewer, project)?).or(viewer.anonymous_reader.then_some(Role::Reader));
    Ok(Viewer { user, operator: viewer.operator, role })
}

/// The role that the credential gives in this project.
fn granted(viewer: &view::Viewer, project: ProjectId) -> Answer<Option<Role>> {
    if viewer.grants.is_empty() {
        return Ok(None);
    }
    let project = project.to_string();
    let here = viewer.grants.iter().filter(|grant| grant.project == project);
    let roles = here.map(|grant| {
        grant.role.parse().map_err(|_| invalid("viewer_invalid", "the viewer's role is none that there is"))
    });
    Ok(roles.collect::<Answer<Vec<_>>>()?.into_iter().max())
}

fn user(viewer: &view::Viewer) -> Answer<Option<UserId>> {
    if viewer.user.is_empty() {
        return Ok(None);
    }
    let user = Uuid::try_parse(&viewer.user).map_err(|_| invalid("viewer_invalid", "the viewer's user is no UUID"))?;
    Ok(Some(UserId::new(user)))
}
