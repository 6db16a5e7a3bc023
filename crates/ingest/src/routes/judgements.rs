//! Judgements on what is one.
//!
//! One aggregate holds all judgements of a kind, so that two which contradict each other meet. To clients each is a
//! resource of its own: its revision is the number of its own records.

use std::sync::Arc;

use axum::extract::State;
use domain::access::Action;
use domain::id::{JudgementId, ProjectId};
use domain::identity::{Command as Ordered, Identity, Subject};
use domain::{Code, Kind, Rejection};
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::auth::Inside;
use crate::body::judgement::NewJudgement;
use crate::execute::{Command, Decision, Freshness, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Bare};
use crate::service::Service;

/// Where judgements stand.
const JUDGEMENTS: Collection = Collection { name: "judgements", kind: Kind::Identity };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_judgement)).routes(routes!(delete_judgement))
}

/// Judge whether two actors, incidents or readings are one. What contradicts the judgements in force is refused with the
/// `path` of judgements that stand in the way: 409 `judgement_contradicts`. Needs no `If-Match`: after a conflict it is
/// decided anew.
#[utoipa::path(
    post, path = "/v1/projects/{project}/judgements", tag = "judgements", params(InProject, Repeatable),
    request_body = NewJudgement, responses(Created<Written>), security(("token" = []))
)]
async fn post_judgement(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewJudgement>,
) -> Result<Answer, Problem> {
    Ok(judge(&service, path.project(), &ask).await?)
}

/// Records a judgement.
pub(super) async fn judge(service: &Service, project: ProjectId, ask: &Ask<NewJudgement>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    inside.check(Action::Create, JUDGEMENTS.kind)?;
    let body = &ask.body;
    let path = format!("projects/{project}/{}", JUDGEMENTS.name);
    let naming = ask.naming(project, body.id, &path);
    let address = inside.address(JUDGEMENTS.kind, body.kind.aggregate(project));
    let command = Command { against: None, ..ask.command(JUDGEMENTS.name, address, naming.command_id, &path) };
    let decide = |loaded: Arc<Loaded<Identity>>| async move {
        let asked = body.command(ask.caller.user, naming.id)?;
        check_free(service, inside, body.kind, JudgementId::new(naming.id), body.id.is_none()).await?;
        let mut relied_on = service.identified(inside, body.kind, body.left, body.right).await?;
        relied_on.push(inside.reliance());
        Ok(Decision::new(loaded.state.decide(asked)?, relied_on))
    };
    let outcome = service.change(&command, decide).await?;
    let made = Written { id: naming.id, revision: MADE, sequence: outcome.sequence };
    let created = Answer::created(&command, &outcome, &format!("{path}/{}", naming.id), &made);
    Ok(Answer { revision: Some(MADE), ..created })
}

/// The revision of a judgement that was made, and of one that was taken back.
const MADE: u64 = 1;
const WITHDRAWN: u64 = 2;

/// Take a judgement back: what it joined falls apart, and what it contested counts again.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/judgements/{id}", tag = "judgements", params(OneOf, Repeatable, Against),
    responses(Changed<Written>), security(("token" = []))
)]
async fn delete_judgement(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let (service, ask) = (&service, &ask);
    let project = path.project();
    let inside = &service.enter(&ask.caller, project).await?;
    let id = JudgementId::new(path.id);
    // Whoever may withdraw no judgement is not told which there are.
    inside.check(Action::Change { own: true }, JUDGEMENTS.kind).map_err(Failure::from)?;
    let kind = kind_of(service, inside, id).await?;
    let address = inside.address(JUDGEMENTS.kind, kind.aggregate(project));
    let about = format!("projects/{project}/{}/{id}", JUDGEMENTS.name);
    let command = Command { against: None, ..ask.change(JUDGEMENTS.name, address, &about) };
    let decide = |loaded: Arc<Loaded<Identity>>| async move {
        let judgement = loaded.state.judgement(id).ok_or_else(absent)?;
        inside.check(Action::Change { own: judgement.author == ask.caller.user }, JUDGEMENTS.kind)?;
        ask.condition.required_at(judgement.revision())?;
        Ok(Decision::new(loaded.state.decide(Ordered::Withdraw(id))?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    let withdrawn = Written { id: path.id, revision: WITHDRAWN, sequence: outcome.sequence };
    Ok(Answer { revision: Some(WITHDRAWN), ..Answer::changed(&command, &outcome, &withdrawn) })
}

/// Refuses an id that a judgement of another kind has: each kind has an aggregate of its own, which does not see it.
async fn check_free(
    service: &Service,
    inside: &Inside,
    kind: Subject,
    id: JudgementId,
    is_from_key: bool,
) -> Result<(), Failure> {
    for other in Subject::ALL.iter().filter(|other| **other != kind) {
        let address = inside.address(JUDGEMENTS.kind, other.aggregate(inside.project));
        let loaded = service.load::<Identity>(&address, Freshness::Now).await?;
        if loaded.state.judgement(id).is_some() {
            let taken = || Rejection::conflict("id_taken", "there is a judgement with this id").into();
            return Err(if is_from_key { Failure::reused() } else { taken() });
        }
    }
    Ok(())
}

/// What a judgement is about: its id does not tell in which aggregate it stands.
async fn kind_of(service: &Service, inside: &Inside, id: JudgementId) -> Result<Subject, Failure> {
    // A copy may lag behind a judgement that was just made.
    for freshness in [Freshness::Existing, Freshness::Leader] {
        for kind in Subject::ALL {
            let address = inside.address(JUDGEMENTS.kind, kind.aggregate(inside.project));
            let loaded = service.load::<Identity>(&address, freshness).await?;
            if loaded.state.judgement(id).is_some() {
                return Ok(*kind);
            }
        }
    }
    Err(absent().into())
}

fn absent() -> Rejection {
    Rejection::absent("not_found", "there is no such judgement")
}
