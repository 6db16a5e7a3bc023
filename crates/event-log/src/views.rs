//! Questions about views over the network: from whoever asks to any projector that answers, and back.
//!
//! A question goes to `gainsay.views.<log>`, where the projectors that serve form one queue group, so that one of them
//! gets it. The answer comes back as 1 to n messages of at most 256 KiB, each of which says which answer it belongs to,
//! which part it is, and of how many. What holds here:
//!
//! - **One snapshot.** Parts of two answers are never put together. When a part is lost, repeated or out of order, the
//!   question is asked again, as of the position of the answer that was spoiled.
//! - **An end.** A question carries the time that is left for it. Past it nobody computes or waits any longer.
//! - **Bounded.** Questions that wait, answers under way, the bytes of either and how often is asked have limits.
//!   What is over one is refused at once.

mod answering;
mod chunk;
mod remote;

#[cfg(test)]
mod tests;

pub use answering::Answering;
pub use remote::RemoteViews;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use wire::view::refusal::Why;
use wire::view::{Reply, Views};

use crate::{Error, EventLog};

/// The queue group of those who answer.
const GROUP: &str = "projectors";
/// Milliseconds that are left for the question. A time span and no instant: clocks of machines differ.
const REMAINING_MS: &str = "Gainsay-Remaining-Ms";
/// Bytes of a question; the largest that an edge makes takes a few kilobytes.
const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// The longest wait for a position that a question may ask for.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Time that an answer may take beyond the wait that the question asks for. A board takes milliseconds; a page of a
/// thousand resources on a busy machine takes seconds.
const ALLOWANCE: Duration = Duration::from_secs(25);

/// The code of a refusal of somebody who cannot answer now.
const UNAVAILABLE: &str = "views_unavailable";

impl EventLog {
    /// The views of whichever projectors answer on this log.
    pub async fn remote_views(&self) -> Result<RemoteViews, Error> {
        RemoteViews::connect(self, remote::Limits::default()).await
    }

    /// Answers questions about views as one of the projectors, for as long as `serving` says so.
    ///
    /// While it does not, questions go to the others.
    pub async fn answer_views(
        &self,
        views: Arc<dyn Views>,
        serving: watch::Receiver<bool>,
    ) -> Result<Answering, Error> {
        Answering::start(self, views, serving, answering::ANSWERS_MAX).await
    }

    fn views_subject(&self) -> String {
        format!("gainsay.views.{}", self.inner.log)
    }
}

fn unavailable(detail: &str) -> Reply {
    Reply::refused(0, Why::Unavailable, UNAVAILABLE, detail)
}
