//! Requests to the server: one form for JSON answers, errors and deadlines.

use std::time::Duration;

use async_nats::{Client, Request, StatusCode};
use bytes::Bytes;
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::request_failure;

/// Deadline of a read from the server. A healthy one answers in milliseconds; the rest is for a
/// leader election.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// An error in an answer of JetStream.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ApiError {
    #[serde(default)]
    pub code: u64,
    #[serde(default)]
    pub err_code: u64,
    #[serde(default)]
    pub description: String,
}

/// An answer of JetStream that is an error.
#[derive(Deserialize)]
struct Failure {
    error: ApiError,
}

/// The connection, with the ways in which this crate asks.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: Client,
}

impl Api {
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Identity of the server that this client is connected to.
    pub fn server_id(&self) -> String {
        self.client.server_info().server_id
    }

    /// One request, one JSON answer.
    pub async fn request<T: DeserializeOwned>(
        &self,
        doing: &str,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(|error| Error::malformed(doing, error.to_string()))?;
        let request = Request::new().payload(body.into()).timeout(Some(READ_TIMEOUT));
        let answer = self
            .client
            .send_request(subject.to_owned(), request)
            .await
            .map_err(|error| Error::unavailable(doing, request_failure(&error)))?;
        parse(doing, &answer.payload)
    }

    /// One request, many answers, until one with a status ends them.
    ///
    /// `each` is called for every message that carries data. The status that ended the answer is
    /// returned with its headers.
    pub async fn request_many(
        &self,
        doing: &str,
        subject: &str,
        body: &impl Serialize,
        mut each: impl FnMut(async_nats::Message) -> Result<(), Error>,
    ) -> Result<async_nats::Message, Error> {
        let body = serde_json::to_vec(body).map_err(|error| Error::malformed(doing, error.to_string()))?;
        let inbox = self.client.new_inbox();
        let mut answers =
            self.client.subscribe(inbox.clone()).await.map_err(|error| Error::unavailable(doing, error))?;
        self.client
            .publish_with_reply(subject.to_owned(), inbox, Bytes::from(body))
            .await
            .map_err(|error| Error::unavailable(doing, error))?;
        loop {
            let answer = tokio::time::timeout(READ_TIMEOUT, answers.next())
                .await
                .map_err(|_elapsed| Error::unavailable(doing, "no answer in time"))?
                .ok_or_else(|| Error::unavailable(doing, "the connection is closed"))?;
            match answer.status {
                None | Some(StatusCode::OK) => each(answer)?,
                Some(StatusCode::NO_RESPONDERS) => {
                    return Err(Error::unavailable(doing, "nobody listens: JetStream or the stream is away"));
                }
                Some(_) => return Ok(answer),
            }
        }
    }
}

/// Reads an answer of JetStream, which is either the thing asked for or an error.
pub(crate) fn parse<T: DeserializeOwned>(doing: &str, payload: &[u8]) -> Result<T, Error> {
    if let Ok(Failure { error }) = serde_json::from_slice(payload) {
        return Err(Error::Refused { doing: doing.to_owned(), code: error.err_code, description: error.description });
    }
    serde_json::from_slice(payload).map_err(|error| Error::malformed(doing, error.to_string()))
}
