//! What a caller is kept from while documents are read blind: to a command it is not there.
//!
//! The read side decides, as it does for whoever reads. It is asked only about what is there, what others recorded, and for
//! callers who may be kept from something, so that a command costs nothing more where nobody reads blind.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::Kind;
use domain::id::UserId;
use runtime::Problem;
use uuid::Uuid;
use wire::subject::Address;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskHistory, Records, Refusal, Reply, Request, Viewer, refusal};

use crate::auth::Inside;
use crate::execute::Loaded;
use crate::failure::Failure;
use crate::service::Service;

/// How long the read side may take to fold in what the command names.
const WAIT_MS: u32 = 2_000;
/// Seconds after which another try is worth it.
const RETRY_AFTER_SECONDS: u64 = 1;

/// A caller who may be kept from something.
#[derive(Debug, Clone)]
pub(crate) struct Blind {
    user: UserId,
    viewer: Viewer,
    /// What their own record names already, which stays there for them.
    known: Arc<BTreeSet<Uuid>>,
}

impl Blind {
    /// A caller in a blind project, as the read side knows them.
    pub fn new(user: UserId, viewer: Viewer, known: Arc<BTreeSet<Uuid>>) -> Self {
        Self { user, viewer, known }
    }
}

impl Service {
    /// Whether something is kept from the caller.
    pub(crate) async fn is_kept_from<A>(
        &self,
        caller: Option<&Blind>,
        address: &Address,
        loaded: &Loaded<A>,
    ) -> Result<bool, Failure> {
        let Some(Blind { user, known, .. }) = caller else { return Ok(false) };
        if loaded.revision == 0 || loaded.creator == Some(*user) || known.contains(&address.id) {
            return Ok(false);
        }
        self.is_hidden_from(caller, address, loaded.last).await
    }

    /// Whether something that another recorded, up to this position, is kept from the caller.
    pub(crate) async fn is_hidden_from(
        &self,
        caller: Option<&Blind>,
        address: &Address,
        at_least: u64,
    ) -> Result<bool, Failure> {
        let Some(Blind { viewer, .. }) = caller else { return Ok(false) };
        let may_be_hidden = matches!(
            address.kind,
            Kind::Annotation | Kind::Reading | Kind::Derivation | Kind::Assessment | Kind::Adjudication | Kind::Import
        );
        if !may_be_hidden {
            return Ok(false);
        }
        let history = AskHistory {
            kind: address.kind.to_string(),
            id: address.id.to_string(),
            limit: 1,
            ..AskHistory::default()
        };
        let request = Request {
            viewer: Some(viewer.clone()),
            project: address.project.to_string(),
            at_least: Some(at_least),
            wait_ms: WAIT_MS,
            question: Some(Question::History(history)),
            ..Request::default()
        };
        let Reply { answer, .. } = self.views().ask(request).await;
        match answer {
            Some(Answer::Records(Records { items, .. })) => Ok(items.is_empty()),
            Some(Answer::Refusal(Refusal { why, .. })) if why == refusal::Why::Absent as i32 => Ok(true),
            Some(Answer::Refusal(Refusal { code, .. })) => {
                tracing::warn!(code, "the read side did not say what the caller may see");
                Err(unanswered())
            }
            _ => Err(unanswered()),
        }
    }
}

impl Inside {
    /// The caller, if they may be kept from something here.
    pub fn blind(&self) -> Option<Blind> {
        let open = self.loaded.state.open().ok()?;
        let (user, viewer) = self.reader()?;
        open.blind.then(|| Blind::new(user, viewer, self.known()))
    }
}

fn unanswered() -> Failure {
    let detail = "what you may see of what the command names cannot be told at the moment; try again";
    Problem::unavailable("views_unavailable", detail, RETRY_AFTER_SECONDS).into()
}
