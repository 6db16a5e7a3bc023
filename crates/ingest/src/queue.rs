//! Which tasks somebody may lease, as the read side finds them: each is then looked up in the log.

use domain::id::{ProjectId, UserId};
use runtime::Problem;
use uuid::Uuid;
use wire::record;
use wire::subject::Address;
use wire::view::{AskQueue, Refusal, Reply, Request, Viewer, reply, request};

use crate::execute::now_us;
use crate::failure::Failure;
use crate::service::Service;

/// Tasks asked for at a time: that so many are taken between question and lease is rare.
const LEN: u32 = 32;
/// How long the read side may take to fold in what was recorded before the question.
const WAIT_MS: u32 = 2_000;

/// What the read side knows.
pub(crate) struct Queue {
    /// The task that this command leased before.
    pub answered: Option<Uuid>,
    /// A task of which they hold a lease.
    pub held: Option<Uuid>,
    /// Those that they may lease, in order.
    pub tasks: Vec<Uuid>,
}

impl Service {
    /// The position of the newest record of a task by this annotator: what others recorded on it since is not theirs to know.
    pub(crate) async fn position_of(&self, task: &Address, annotator: UserId) -> Result<u64, Failure> {
        let mut position = 0;
        for stored in self.log().load_from_leader(task, 0).await? {
            let envelope = record::decode_envelope(&stored.payload).map_err(|error| Failure::damaged(task, &error))?;
            if envelope.author == annotator {
                position = stored.position;
            }
        }
        Ok(position)
    }

    /// What an annotator may lease now, after all that was recorded before: a repetition finds what the command did.
    pub(crate) async fn queue(&self, project: ProjectId, annotator: UserId, command: Uuid) -> Result<Queue, Failure> {
        let head = self.log().head().await?.last;
        let ask =
            AskQueue { annotator: annotator.to_string(), now_us: now_us(), command: command.to_string(), limit: LEN };
        let request = Request {
            // Whether the annotator may was checked; who holds which lease is for this service alone.
            viewer: Some(Viewer { operator: true, ..Viewer::default() }),
            project: project.to_string(),
            at_least: Some(head),
            wait_ms: WAIT_MS,
            question: Some(request::Question::Queue(ask)),
            ..Request::default()
        };
        let Reply { answer, .. } = self.views().ask(request).await;
        match answer {
            Some(reply::Answer::Queue(queue)) => {
                let id = |text: &String| Uuid::try_parse(text).ok();
                Ok(Queue {
                    answered: queue.answered.as_ref().and_then(id),
                    held: queue.held.as_ref().and_then(id),
                    tasks: queue.tasks.iter().filter_map(id).collect(),
                })
            }
            Some(reply::Answer::Refusal(Refusal { code, .. })) => {
                tracing::warn!(code, "the read side did not say which tasks there are");
                Err(unanswered())
            }
            _ => Err(unanswered()),
        }
    }
}

fn unanswered() -> Failure {
    let detail = "it cannot be told now which tasks there are; nothing was stored, try again";
    Problem::unavailable("views_unavailable", detail, 1).into()
}
