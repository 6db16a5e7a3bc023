//! Following: every record from a position on, in order, for as long as it is wanted.
//!
//! A pull consumer without acknowledgements: where a reader stands is in its own checkpoint. The
//! consumer lives in the server's memory and is made anew, from the next position, whenever
//! anything about it is in doubt: a lost connection, a missed heartbeat, a message out of order.

use std::time::Duration;

use async_nats::jetstream::consumer::pull::{self, MessagesErrorKind};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::stream::ConsumerErrorKind;
use futures::{Stream, StreamExt};
use tokio::sync::watch;

use crate::load::Entry;
use crate::{Error, EventLog};

/// Records that the server may send ahead.
const AHEAD_LEN: usize = 4096;
/// Bytes that the server may send ahead: the bound on a reader's memory. Holds several of the
/// largest records.
const AHEAD_BYTES: usize = 8 * 1024 * 1024;
/// The server shows a sign of life this often; after two without, the consumer is made anew.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Life of one request for records.
const PULL_EXPIRES: Duration = Duration::from_secs(30);
/// The server forgets a consumer that nobody has used for so long.
const CONSUMER_LIFE: Duration = Duration::from_mins(1);
/// Pauses between attempts to make a consumer.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LAST: Duration = Duration::from_secs(2);

/// A record that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The record.
    pub entry: Entry,
    /// Records of the log that come after it, as of its delivery: the lag of this reader.
    pub pending: u64,
}

impl EventLog {
    /// Streams all records from position `from` (1 is the first), then each new one as it comes.
    ///
    /// Positions ascend. A gap between two of them is passed on as it is: whether it is explained
    /// is for the reader to judge. A lost connection or a restarted server is waited for; an
    /// error is an answer that waiting does not mend, such as a stream that is gone or a log that
    /// is shorter than `from` says. Polling on after an error tries again.
    ///
    /// Dropping the stream, or a pending `next` of it, loses nothing: positions advance only with
    /// what was handed out.
    pub fn follow(&self, from: u64) -> impl Stream<Item = Result<Followed, Error>> + Send + Unpin + use<> {
        let follower = Follower {
            disconnects: self.inner.disconnects.clone(),
            log: self.clone(),
            next: from.max(1),
            delivered: 0,
            messages: None,
            retry: RETRY_FIRST,
        };
        futures::stream::unfold(follower, |mut follower| async move {
            let item = follower.next().await;
            Some((item, follower))
        })
        .boxed()
    }
}

struct Follower {
    log: EventLog,
    disconnects: watch::Receiver<u64>,
    /// The position to hand out next, or a later one if there is none.
    next: u64,
    /// Messages that the present consumer has delivered; the server numbers them from 1.
    delivered: u64,
    messages: Option<pull::Stream>,
    retry: Duration,
}

impl Follower {
    async fn next(&mut self) -> Result<Followed, Error> {
        loop {
            let Some(messages) = &mut self.messages else {
                self.open().await?;
                continue;
            };
            let message = tokio::select! {
                biased;
                message = messages.next() => message,
                _ = self.disconnects.changed() => {
                    self.messages = None;
                    continue;
                }
            };
            match message {
                Some(Ok(message)) => {
                    if let Some(followed) = self.take(message)? {
                        return Ok(followed);
                    }
                }
                Some(Err(error)) if error.kind() == MessagesErrorKind::Pull => {
                    tracing::debug!(error = %error, "following again");
                    self.messages = None;
                }
                Some(Err(error)) => {
                    tracing::warn!(error = %error, position = self.next, "following again from a new consumer");
                    self.messages = None;
                }
                None => self.messages = None,
            }
        }
    }

    /// Takes a message over, or drops the consumer when the message is not the one that is due.
    fn take(&mut self, message: async_nats::jetstream::Message) -> Result<Option<Followed>, Error> {
        const DOING: &str = "follow the log";
        let info = message.info().map_err(|error| Error::malformed(DOING, error.to_string()))?;
        if info.consumer_sequence != self.delivered + 1 {
            tracing::warn!(position = self.next, "a message was lost on its way, following from a new consumer");
            self.messages = None;
            return Ok(None);
        }
        self.delivered += 1;
        let position = info.stream_sequence;
        if position < self.next {
            self.messages = None;
            return Err(Error::malformed(
                DOING,
                format!("position {position} came where {} or a later one was due", self.next),
            ));
        }
        self.next = position + 1;
        let pending = info.pending;
        let stored_at = info.published.into();
        let (message, _acker) = message.split();
        let entry = Entry { position, subject: message.subject.into_string(), payload: message.payload, stored_at };
        Ok(Some(Followed { entry, pending }))
    }

    /// Makes a consumer that starts at the next position.
    async fn open(&mut self) -> Result<(), Error> {
        match self.try_open().await {
            Ok(messages) => {
                self.delivered = 0;
                self.retry = RETRY_FIRST;
                self.messages = Some(messages);
                Ok(())
            }
            Err(error) => {
                tokio::time::sleep(self.retry).await;
                self.retry = (self.retry * 2).min(RETRY_LAST);
                if error.is_transient() {
                    tracing::warn!(error = &error as &dyn std::error::Error, "cannot follow the log yet");
                    Ok(())
                } else {
                    Err(error)
                }
            }
        }
    }

    async fn try_open(&mut self) -> Result<pull::Stream, Error> {
        const DOING: &str = "follow the log";
        self.disconnects.mark_unchanged();
        metrics::counter!("gainsay_log_follow_consumers_total").increment(1);
        // The server would accept a start beyond the end and stay silent until the log gets there.
        let last = self.log.head().await?.last;
        if self.next > last + 1 {
            return Err(Error::Ahead { position: self.next, last });
        }
        let config = pull::Config {
            description: Some("gainsay: follows the log".to_owned()),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: self.next },
            ack_policy: AckPolicy::None,
            inactive_threshold: CONSUMER_LIFE,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let consumer: Consumer<pull::Config> =
            self.log.inner.jetstream.create_consumer_on_stream(config, self.log.inner.stream.as_str()).await.map_err(
                |error| match error.kind() {
                    ConsumerErrorKind::JetStream(error) => Error::Refused {
                        doing: DOING.to_owned(),
                        code: error.error_code().0,
                        description: error.to_string(),
                    },
                    _ => Error::unavailable(DOING, error),
                },
            )?;
        consumer
            .stream()
            .max_messages_per_batch(AHEAD_LEN)
            .max_bytes_per_batch(AHEAD_BYTES)
            .expires(PULL_EXPIRES)
            .heartbeat(HEARTBEAT)
            .messages()
            .await
            .map_err(|error| Error::unavailable(DOING, error))
    }
}

#[cfg(test)]
mod tests;
