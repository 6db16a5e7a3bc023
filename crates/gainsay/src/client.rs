//! Speaking to the service over HTTP, as people's commands do.

use std::io;
use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt};
use reqwest::header::{CONTENT_TYPE, IF_MATCH};
use reqwest::{Body, Method, RequestBuilder, Response, StatusCode};
use runtime::{ExitCode, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncBufReadExt;
use tokio_stream::wrappers::LinesStream;
use tokio_util::io::StreamReader;
use uuid::Uuid;

use crate::settings::Settings;

/// Where `serve` listens unless it is told otherwise.
const SERVER_DEFAULT: &str = "http://127.0.0.1:7180";
/// How long a connection may take; the service is near or not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the service may be silent; the longest wait that a read may ask for is far below.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// Why the service did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No connection, or it broke.
    #[error("cannot reach {url}; is it running? `gainsay doctor` says more")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// The stream of the answer broke off.
    #[error("the answer of {url} broke off")]
    BrokenOff {
        /// What was asked.
        url: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The service answered with a problem.
    #[error("{0}")]
    Problem(Problem),
    /// The service answered with something that it should not.
    #[error("{url} answered {status} with something that is not understood; is it gainsay?")]
    NotUnderstood {
        /// What was asked.
        url: String,
        /// The status of the answer.
        status: StatusCode,
    },
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Error {
    /// The exit code of a command that ends with it.
    pub fn code(&self) -> ExitCode {
        match self {
            Self::Unreachable { .. } | Self::BrokenOff { .. } => ExitCode::Unavailable,
            Self::NotUnderstood { .. } => ExitCode::Failure,
            Self::Problem(problem) => match problem.status() {
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => ExitCode::Unavailable,
                status if status.is_client_error() => ExitCode::Refused,
                _ => ExitCode::Failure,
            },
        }
    }
}

/// A way to the service.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    /// Without a slash at its end.
    server: String,
    token: Option<String>,
}

impl Client {
    /// A client of this server, with this token or none.
    pub fn new(server: &str, token: Option<String>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // A service that is slow to take an import's lines is no dead one; silence is what ends a request.
            .tcp_user_timeout(None)
            .user_agent(concat!("gainsay/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, server: server.trim_end_matches('/').to_owned(), token })
    }

    /// A client as the settings say, with the operator's token of the data folder where no other is given.
    pub fn from_settings(settings: &Settings) -> anyhow::Result<Self> {
        let token = settings.token.clone().or_else(|| {
            let token = std::fs::read_to_string(settings.operator_token()).ok()?;
            Some(token.trim().to_owned())
        });
        let serving = || std::fs::read_to_string(settings.server_url()).ok();
        let server = settings.server.clone().or_else(serving).unwrap_or_else(|| SERVER_DEFAULT.to_owned());
        Self::new(server.trim(), token)
    }

    /// The same server with another token.
    pub fn with_token(&self, token: String) -> Self {
        Self { token: Some(token), ..self.clone() }
    }

    /// Whether it has a token.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }

    /// Reads.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Response, Error> {
        self.send(path, self.request(Method::GET, path).query(query)).await
    }

    /// Reads JSON.
    pub async fn get_json<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, Error> {
        self.understand(path, self.get(path, query).await?).await
    }

    /// Reads text.
    pub async fn get_text(&self, path: &str, query: &[(&str, String)]) -> Result<String, Error> {
        self.get(path, query).await?.text().await.map_err(|source| self.unreachable(path, source))
    }

    /// Sets what needs no content and reads JSON.
    pub async fn put<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let response = self.send(path, self.request(Method::PUT, path)).await?;
        self.understand(path, response).await
    }

    /// Writes JSON and reads JSON.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Error> {
        let response = self.send(path, self.request(Method::POST, path).json(body)).await?;
        self.understand(path, response).await
    }

    /// Writes JSON, or nothing, under a command id and reads JSON.
    pub async fn command<T: DeserializeOwned>(
        &self,
        command: Uuid,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Error> {
        let request = self.request(Method::POST, path).header("idempotency-key", command.to_string());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.understand(path, self.send(path, request).await?).await
    }

    /// Creates under a command id, so that a repetition changes nothing.
    pub async fn post_as(&self, command: Uuid, path: &str, body: &impl Serialize) -> Result<(), Error> {
        self.write_as(command, Method::POST, path, body).await
    }

    /// Sets under a command id, so that a repetition changes nothing.
    pub async fn put_as(&self, command: Uuid, path: &str, body: &impl Serialize) -> Result<(), Error> {
        self.write_as(command, Method::PUT, path, body).await
    }

    /// Sets what has this revision, under a command id; answers the position of the record.
    pub async fn put_against(
        &self,
        revision: u64,
        command: Uuid,
        path: &str,
        body: &impl Serialize,
    ) -> Result<u64, Error> {
        let request = self.request(Method::PUT, path).header(IF_MATCH, format!("\"{revision}\""));
        let request = request.header("idempotency-key", command.to_string()).json(body);
        let response = self.send(path, request).await?;
        let sequence = response.headers().get("gainsay-sequence").and_then(|value| value.to_str().ok()?.parse().ok());
        sequence.ok_or_else(|| Error::NotUnderstood { url: self.url(path), status: response.status() })
    }

    async fn write_as(&self, command: Uuid, method: Method, path: &str, body: &impl Serialize) -> Result<(), Error> {
        let request = self.request(method, path).header("idempotency-key", command.to_string()).json(body);
        self.send(path, request).await.map(drop)
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Result<(), Error> {
        self.send(path, self.request(Method::DELETE, path)).await.map(drop)
    }

    /// Deletes for a reason, under a command id, and reads JSON.
    pub async fn delete_as<T: DeserializeOwned>(
        &self,
        command: Uuid,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        let request = self.request(Method::DELETE, path).header("idempotency-key", command.to_string()).json(body);
        self.understand(path, self.send(path, request).await?).await
    }

    /// Sends a stream of lines, under a command id where there is one.
    pub async fn post_lines(
        &self,
        path: &str,
        query: &[(&str, String)],
        command: Option<Uuid>,
        lines: impl Into<Body>,
    ) -> Result<Response, Error> {
        let request = self.request(Method::POST, path).query(query).header(CONTENT_TYPE, "application/x-ndjson");
        let request = match command {
            Some(command) => request.header("idempotency-key", command.to_string()),
            None => request,
        };
        self.send(path, request.body(lines)).await
    }

    /// Asks for a change of what has this revision; the answer is read as it comes.
    pub async fn post_against(&self, revision: u64, path: &str) -> Result<Response, Error> {
        self.send(path, self.request(Method::POST, path).header(IF_MATCH, format!("\"{revision}\""))).await
    }

    /// The lines of an answer, as they come.
    pub fn lines(&self, path: &str, response: Response) -> impl Stream<Item = Result<String, Error>> + Unpin + use<> {
        let url = self.url(path);
        let bytes = response.bytes_stream().map_err(io::Error::other);
        let lines = LinesStream::new(StreamReader::new(bytes).lines());
        lines.map_err(move |source| Error::BrokenOff { url: url.clone(), source }).boxed()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, path: &str, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|source| self.unreachable(path, source))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|source| self.unreachable(path, source))?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(problem.into()),
            Err(_) => Err(Error::NotUnderstood { url: self.url(path), status }),
        }
    }

    async fn understand<T: DeserializeOwned>(&self, path: &str, response: Response) -> Result<T, Error> {
        let status = response.status();
        let body = response.bytes().await.map_err(|source| self.unreachable(path, source))?;
        serde_json::from_slice(&body).map_err(|_| Error::NotUnderstood { url: self.url(path), status })
    }

    fn unreachable(&self, path: &str, source: reqwest::Error) -> Error {
        // The URL stands in our message; a second one in the cause would only repeat it.
        Error::Unreachable { url: self.url(path), source: source.without_url() }
    }
}
