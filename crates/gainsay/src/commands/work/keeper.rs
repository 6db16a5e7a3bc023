//! What goes on while somebody reads: the lease is renewed, and others see who has the document open.

use std::time::Duration;

use runtime::ExitCode;
use serde::Deserialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::service::Service;
use crate::client::Error;
use crate::terminal::plain;

/// How much of a time of RFC 3339 tells the minute.
const MINUTE_LEN: usize = "2021-05-04T12:00".len();

/// Before it is said again that a document is open, where that was never heard.
const PRESENCE_RETRY: Duration = Duration::from_secs(10);

/// The lease of a task.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Lease {
    /// The task.
    pub id: Uuid,
    /// Who holds it.
    pub annotator: Uuid,
    /// What is to be read.
    pub document: Uuid,
    /// Its revision.
    pub document_revision: u32,
    /// When it ends, as the service tells it.
    pub until: String,
}

impl Lease {
    /// Leases the next task; none where there is none.
    pub async fn next(service: &Service) -> Result<Option<Self>, Error> {
        match service.write(Uuid::now_v7(), "tasks/next", None).await {
            Ok(answer) => Ok(Some(service.understood("tasks/next", answer)?)),
            Err(Error::Problem(problem)) if problem.code() == "no_task" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same lease for its whole time from now on.
    pub async fn renewed(&self, service: &Service) -> Result<Self, Error> {
        let path = format!("tasks/{}/renew", self.id);
        let answer = service.write(Uuid::now_v7(), &path, None).await?;
        service.understood(&path, answer)
    }
}

/// The answer to who says that a document is open.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Presence {
    /// When it has to be said again, at the latest.
    expires_in_seconds: u64,
}

/// Keeps a lease and the presence on its document until [`Keeper::end`].
pub(super) struct Keeper {
    service: Service,
    document: Uuid,
    renewing: JoinHandle<()>,
    present: JoinHandle<()>,
    /// Until when the lease holds; nothing once it is lost.
    until: watch::Receiver<Option<String>>,
}

impl Keeper {
    /// Begins. That the lease is lost goes to `notices`.
    pub fn start(service: &Service, lease: &Lease, lease_seconds: u32, notices: mpsc::Sender<String>) -> Self {
        let (held, until) = watch::channel(Some(lease.until.clone()));
        // A second renewal still comes in time where the first finds nobody.
        let third = Duration::from_secs(lease_seconds.into()) / 3;
        let renewing = tokio::spawn(renew(service.clone(), lease.clone(), third, held, notices));
        let present = tokio::spawn(stay(service.clone(), lease.document));
        Self { service: service.clone(), document: lease.document, renewing, present, until }
    }

    /// Until when the lease holds, to the minute; nothing once it is lost.
    pub fn until(&self) -> Option<String> {
        let until = self.until.borrow();
        let minute = until.as_deref()?.get(..MINUTE_LEN)?;
        Some(format!("{} UTC", minute.replace('T', " ")))
    }

    /// Renews no more, and says that the document is open no more.
    pub async fn end(self) {
        self.renewing.abort();
        self.present.abort();
        // Nobody is helped by hearing that it was not heard: it expires by itself.
        let _ = self.service.close(self.document).await;
    }
}

/// Renews a lease again and again, until it is lost.
async fn renew(
    service: Service,
    lease: Lease,
    third: Duration,
    held: watch::Sender<Option<String>>,
    notices: mpsc::Sender<String>,
) {
    loop {
        tokio::time::sleep(third).await;
        match lease.renewed(&service).await {
            Ok(renewed) => drop(held.send_replace(Some(renewed.until))),
            // Only the service itself knows that the lease is lost; whoever stands before it does not.
            Err(error) if error.code() != ExitCode::Refused => {}
            Err(error) => {
                held.send_replace(None);
                let notice =
                    format!("Your lease is lost: {}.\nWhat you recorded stays yours.", plain(&error.to_string()));
                let _ = notices.send(notice).await;
                return;
            }
        }
    }
}

/// Says again and again that a document is open.
async fn stay(service: Service, document: Uuid) {
    let mut pause = PRESENCE_RETRY;
    loop {
        // Whatever goes wrong, the next time may go well: nobody reads less for not being seen.
        if let Ok(Presence { expires_in_seconds }) = service.open(document).await {
            pause = Duration::from_secs(expires_in_seconds) / 3;
        }
        tokio::time::sleep(pause).await;
    }
}
