//! Boards that were given a moment ago.
//!
//! A board is a function of who asks, what is asked, and the position. So as long as the views are at the position of a
//! board that was given, the same question has the same answer, byte for byte. To ask where the views are is far less
//! work than to have a board copied, quoted and written again.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskBoard, AskProgress, Viewer};

use crate::App;
use crate::answer::{Rendered, ask};
use crate::params::Moment;

/// How long a board is kept: who asks again that soon will find the views at the same position more often than not, and
/// for everybody else a look at the position is one question too many.
const LIFE: Duration = Duration::from_millis(100);
/// Bytes of boards that are kept.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A question about a board as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub viewer: Viewer,
    pub project: Uuid,
    pub board: AskBoard,
    pub policy: Option<u32>,
}

/// The boards.
#[derive(Debug)]
pub(crate) struct Kept {
    boards: Cache<Asked, Arc<Rendered>>,
}

impl Default for Kept {
    fn default() -> Self {
        let weigher = |_: &Asked, given: &Arc<Rendered>| u32::try_from(given.body.len()).unwrap_or(u32::MAX);
        Self { boards: Cache::builder().max_capacity(BYTES_MAX).weigher(weigher).time_to_live(LIFE).build() }
    }
}

impl Kept {
    /// The answer to this question, if it was given a moment ago and still holds.
    pub async fn find(&self, app: &App, asked: &Asked, at_least: Option<u64>) -> Option<Arc<Rendered>> {
        let given = self.boards.get(asked)?;
        let question = Question::Progress(AskProgress {});
        let progress = ask(app, asked.viewer.clone(), None, Moment::default(), question).await;
        // Views that are not caught up do not answer, and neither does what they said before.
        let Ok((_, Answer::Progress(progress))) = progress else { return None };
        let holds = progress.caught_up && progress.position == given.as_of && at_least <= Some(given.as_of);
        holds.then_some(given)
    }

    /// Keeps an answer for a moment.
    pub fn keep(&self, asked: Asked, given: &Arc<Rendered>) {
        self.boards.insert(asked, Arc::clone(given));
    }
}
