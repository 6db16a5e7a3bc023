//! Operators' commands to running projectors, and what they answer.
//!
//! | subject | who takes commands from it |
//! |---|---|
//! | `gainsay.ctl.projector.<instance>` | one projector |
//! | `gainsay.ctl.projector` | every projector, and of commands [`Command::Status`] alone |
//!
//! An answer is a series of messages to the asker, each of which the asker confirms before the next is sent: a slow
//! reader slows the projector's answer and fills no memory, and one that went away is noticed. The bytes of a dump are
//! numbered, so that nothing is lost unnoticed.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use async_nats::subject::Subject;
use async_nats::{Client, HeaderMap, Message, Request, StatusCode, Subscriber};
use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

use crate::EventLog;
use crate::error::request_failure;

const SUBJECT: &str = "gainsay.ctl.projector";
const INSTANCE_LEN_MAX: usize = 64;
/// Bytes of a message of an answer: a message of the server holds 1 MiB.
pub const CHUNK_BYTES: usize = 256 * 1024;
/// How many messages with bytes came before this one.
const INDEX: &str = "Gainsay-Index";
/// Whether a message holds bytes of a dump or something said.
const FORM: &str = "Gainsay-Form";
const BYTES: &str = "bytes";
/// How long the asker may take with one message: people page through dumps.
const CONFIRM_TIMEOUT: Duration = Duration::from_mins(5);
/// How long a projector may be silent. One that works says so every [`PROGRESS_EVERY`].
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How often a projector says how far it is.
pub const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// How long the answers of all projectors are waited for: who is healthy answers within milliseconds.
const GATHER: Duration = Duration::from_secs(2);

/// The name of a projector: `[a-z0-9-]`, 1 to 64 of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Instance(String);

/// A text that is no name of a projector.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no name of a projector: it has 1 to 64 of the characters a-z, 0-9 and -")]
pub struct InstanceError(String);

impl FromStr for Instance {
    type Err = InstanceError;

    fn from_str(text: &str) -> Result<Self, InstanceError> {
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=INSTANCE_LEN_MAX).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InstanceError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Instance {
    type Error = InstanceError;

    fn try_from(text: String) -> Result<Self, InstanceError> {
        text.parse()
    }
}

impl From<Instance> for String {
    fn from(instance: Instance) -> Self {
        instance.0
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Instance {
    fn subject(&self) -> String {
        format!("{SUBJECT}.{self}")
    }
}

/// What a projector is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Say how it is.
    Status,
    /// Fill a new store from the log beside the one that answers, and put it in its place.
    Rebuild,
    /// Send the canonical dump of the store.
    Dump {
        /// As of this position; the newest when absent.
        at: Option<u64>,
    },
    /// Fill a new store from the log, compare its dump with that of the one that answers, and remove it.
    Compare,
}

/// How a projector is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its name.
    pub instance: Instance,
    /// Version of its program.
    pub version: String,
    /// The log that it follows.
    pub log_id: Uuid,
    /// The newest position in its store.
    pub position: u64,
    /// Where the log ends; none when the log does not answer.
    pub log_position: Option<u64>,
    /// Whether it answers questions.
    pub serving: bool,
    /// Version of the store's layout.
    pub schema: u32,
    /// Checksum of all records up to the position, in hexadecimal digits.
    pub checksum: String,
    /// What it is doing for an operator.
    pub work: Option<Work>,
}

impl Status {
    /// Records that are in the log and not yet in the store.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        self.log_position.map(|end| end.saturating_sub(self.position))
    }
}

/// How far a rebuild or a comparison is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// `rebuild` or `compare`.
    pub command: String,
    /// The newest position in the new store.
    pub position: u64,
    /// Where the log ended when it was looked at last.
    pub goal: u64,
    /// How many seconds it takes on at the rate so far; none when nothing can be said yet.
    #[serde(default)]
    pub seconds_left: Option<u64>,
}

/// What a rebuild took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// Records that were stored.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
}

/// How a store compares with one that was filled anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The position as of which both were dumped.
    pub at: u64,
    /// SHA-256 of the dump of the store that answers, in hexadecimal digits.
    pub live_sha256: String,
    /// SHA-256 of the dump of the new one.
    pub rebuilt_sha256: String,
}

impl Compared {
    /// Whether both stores hold the same.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.live_sha256 == self.rebuilt_sha256
    }
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// How the projector is.
    Status(Status),
    /// The new store answers.
    Rebuilt(Rebuilt),
    /// The dump was sent.
    Dumped,
    /// What the comparison showed.
    Compared(Compared),
}

/// A part of an answer that comes before its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The next bytes of a dump.
    Bytes(Bytes),
    /// How far it is.
    Progress(Work),
}

/// A message of an answer, but for bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Progress(Work),
    Done(Outcome),
    Refused(String),
}

/// Why a command had no outcome.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody of this name listens.
    #[error("no projector called `{0}` answers; `gainsay projector status --all` lists those that do")]
    Absent(Instance),
    /// The projector would not, or could not.
    #[error("projector `{instance}` says: {detail}")]
    Refused {
        /// Which.
        instance: Instance,
        /// Its words.
        detail: String,
    },
    /// What was answered could not be written.
    #[error("cannot write the answer")]
    Write(#[from] io::Error),
    /// The connection failed.
    #[error("the answer did not come")]
    Log(#[from] crate::Error),
}

impl EventLog {
    /// Has one projector carry out a command; `each` takes the parts of its answer as they come.
    pub async fn command(
        &self,
        instance: &Instance,
        command: Command,
        mut each: impl FnMut(Part) -> io::Result<()>,
    ) -> Result<Outcome, Error> {
        const DOING: &str = "command a projector";
        let client = self.inner.api.client();
        let mut answers = ask(client, instance.subject(), command).await?;
        let mut expected = 0;
        loop {
            let message = tokio::time::timeout(SILENCE_MAX, answers.next())
                .await
                .map_err(|_elapsed| crate::Error::unavailable(DOING, "no answer in time"))?
                .ok_or_else(|| crate::Error::unavailable(DOING, "the connection is closed"))?;
            if message.status == Some(StatusCode::NO_RESPONDERS) {
                return Err(Error::Absent(instance.clone()));
            }
            let (index, said) = read(&message)?;
            if index != expected {
                return Err(crate::Error::unavailable(DOING, "a part of the answer was lost").into());
            }
            match said {
                Heard::Bytes => {
                    expected += 1;
                    each(Part::Bytes(message.payload.clone()))?;
                }
                Heard::Said(Said::Progress(work)) => each(Part::Progress(work))?,
                Heard::Said(Said::Done(outcome)) => {
                    confirm(client, &message).await?;
                    return Ok(outcome);
                }
                Heard::Said(Said::Refused(detail)) => {
                    confirm(client, &message).await?;
                    return Err(Error::Refused { instance: instance.clone(), detail });
                }
            }
            confirm(client, &message).await?;
        }
    }

    /// How every projector is that answers, by name.
    pub async fn projectors(&self) -> Result<Vec<Status>, Error> {
        let client = self.inner.api.client();
        let mut answers = ask(client, SUBJECT.to_owned(), Command::Status).await?;
        let deadline = Instant::now() + GATHER;
        let mut found = Vec::new();
        while let Ok(Some(message)) = tokio::time::timeout_at(deadline, answers.next()).await {
            if message.status == Some(StatusCode::NO_RESPONDERS) {
                break;
            }
            confirm(client, &message).await?;
            if let (_, Heard::Said(Said::Done(Outcome::Status(status)))) = read(&message)? {
                found.push(status);
            }
        }
        found.sort_by(|one: &Status, other| one.instance.cmp(&other.instance));
        Ok(found)
    }

    /// Takes commands to a projector of this name. Refuses a name that another projector has.
    pub async fn take_commands(&self, instance: &Instance) -> Result<Commands, crate::Error> {
        const DOING: &str = "take operators' commands";
        let client = self.inner.api.client().clone();
        let other = tokio::time::timeout(GATHER, self.command(instance, Command::Status, |_| Ok(())));
        if let Ok(Ok(_) | Err(Error::Refused { .. })) = other.await {
            return Err(crate::Error::malformed(DOING, format!("another projector is called `{instance}`")));
        }
        // Else nobody has the name, or one whose connection broke and which the server has not missed yet.
        let subscribe = async |subject: String| {
            client.subscribe(subject).await.map_err(|error| crate::Error::unavailable(DOING, error))
        };
        let (own, all) = (subscribe(instance.subject()).await?, subscribe(SUBJECT.to_owned()).await?);
        // To flush only sends them. What one tells oneself comes back once the server has taken the subscriptions before it:
        // from then on a command finds this projector.
        let echo = client.new_inbox();
        let mut heard = subscribe(echo.clone()).await?;
        client.publish(echo, Bytes::new()).await.map_err(|error| crate::Error::unavailable(DOING, error))?;
        match tokio::time::timeout(SILENCE_MAX, heard.next()).await {
            Ok(Some(_)) => {}
            Ok(None) => return Err(crate::Error::unavailable(DOING, "the connection is closed")),
            Err(_elapsed) => return Err(crate::Error::unavailable(DOING, "no answer in time")),
        }
        Ok(Commands { client, own, all })
    }
}

async fn ask(client: &Client, subject: String, command: Command) -> Result<Subscriber, crate::Error> {
    const DOING: &str = "command a projector";
    let inbox = client.new_inbox();
    let answers = client.subscribe(inbox.clone()).await.map_err(|error| crate::Error::unavailable(DOING, error))?;
    let body = serde_json::to_vec(&command).expect("a command is plain JSON");
    client
        .publish_with_reply(subject, inbox, body.into())
        .await
        .map_err(|error| crate::Error::unavailable(DOING, error))?;
    Ok(answers)
}

/// What a message of an answer holds.
enum Heard {
    Bytes,
    Said(Said),
}

fn read(message: &Message) -> Result<(u64, Heard), crate::Error> {
    let malformed = |detail: &str| crate::Error::malformed("understand a projector's answer", detail);
    let header = |name| Some(message.headers.as_ref()?.get(name)?.as_str());
    let index = header(INDEX).and_then(|index| index.parse().ok()).ok_or_else(|| malformed("it has no number"))?;
    if header(FORM) == Some(BYTES) {
        return Ok((index, Heard::Bytes));
    }
    let said = serde_json::from_slice(&message.payload).map_err(|error| malformed(&error.to_string()))?;
    Ok((index, Heard::Said(said)))
}

async fn confirm(client: &Client, message: &Message) -> Result<(), crate::Error> {
    let Some(reply) = message.reply.clone() else { return Ok(()) };
    let confirmed = client.publish(reply, Bytes::new()).await;
    confirmed.map_err(|error| crate::Error::unavailable("confirm a projector's answer", error))
}

/// Commands to one projector, as they come.
#[derive(Debug)]
pub struct Commands {
    client: Client,
    own: Subscriber,
    all: Subscriber,
}

/// A command and where its answer goes.
#[derive(Debug)]
pub struct Asked {
    /// What is to be done.
    pub command: Command,
    /// Where to say what came of it.
    pub answer: Answer,
}

impl Commands {
    /// The next command; none when the connection is closed for good. What is no command is answered here.
    pub async fn next(&mut self) -> Option<Asked> {
        loop {
            let (message, is_for_all) = tokio::select! {
                message = self.own.next() => (message?, false),
                message = self.all.next() => (message?, true),
            };
            let Some(inbox) = message.reply else { continue };
            let answer = Answer { client: self.client.clone(), inbox, index: 0 };
            match serde_json::from_slice(&message.payload) {
                Ok(command) if !is_for_all || command == Command::Status => return Some(Asked { command, answer }),
                Ok(_) => answer.refuse("name the projector that is to do this").await,
                Err(error) => answer.refuse(format!("this is no command: {error}")).await,
            }
        }
    }
}

/// Where the parts of an answer go.
#[derive(Debug)]
pub struct Answer {
    client: Client,
    inbox: Subject,
    /// Messages with bytes so far.
    index: u64,
}

impl Answer {
    /// Sends bytes of a dump, at most [`CHUNK_BYTES`], and waits until the asker has them.
    pub async fn bytes(&mut self, bytes: Bytes) -> Result<(), crate::Error> {
        self.send(bytes, Some(BYTES)).await?;
        self.index += 1;
        Ok(())
    }

    /// Says how far it is.
    pub async fn progress(&mut self, work: Work) -> Result<(), crate::Error> {
        self.say(&Said::Progress(work)).await
    }

    /// Says what came of it. That nobody hears it changes nothing.
    pub async fn done(mut self, outcome: Outcome) {
        self.end(&Said::Done(outcome)).await;
    }

    /// Says why nothing came of it.
    pub async fn refuse(mut self, detail: impl Into<String>) {
        self.end(&Said::Refused(detail.into())).await;
    }

    async fn end(&mut self, said: &Said) {
        if let Err(error) = self.say(said).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "the operator did not hear the answer");
        }
    }

    async fn say(&mut self, said: &Said) -> Result<(), crate::Error> {
        let body = serde_json::to_vec(said).expect("what is said is plain JSON");
        self.send(body.into(), None).await
    }

    async fn send(&mut self, payload: Bytes, form: Option<&'static str>) -> Result<(), crate::Error> {
        let mut headers = HeaderMap::new();
        headers.insert(INDEX, self.index.to_string());
        if let Some(form) = form {
            headers.insert(FORM, form);
        }
        let request = Request::new().payload(payload).headers(headers).timeout(Some(CONFIRM_TIMEOUT));
        let confirmed = self.client.send_request(self.inbox.clone(), request).await;
        confirmed.map(drop).map_err(|error| crate::Error::unavailable("answer an operator", request_failure(&error)))
    }
}

#[cfg(test)]
mod tests;
