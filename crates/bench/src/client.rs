//! A light HTTP client: one connection that stays open, one request at a time.

use anyhow::{Context, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, IF_MATCH};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// A listener, and who one is to it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its address.
    pub address: SocketAddr,
    /// The token that is sent, if any.
    pub token: Option<String>,
}

impl Target {
    /// The same listener with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..*self }
    }

    /// As many connections as there are clients, the tokens dealt in turn.
    pub async fn clients(&self, tokens: &[String], count: usize) -> anyhow::Result<Vec<Client>> {
        let mut clients = Vec::with_capacity(count);
        for token in tokens.iter().cycle().take(count) {
            clients.push(Client::connect(&self.with_token(token)).await?);
        }
        Ok(clients)
    }
}

/// A connection.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    bearer: Option<HeaderValue>,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The position that a write answers with.
    pub sequence: Option<u64>,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The answer, if it has this status.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(
            self.status == status,
            "expected {status}, got {}: {}",
            self.status,
            String::from_utf8_lossy(&self.body[..self.body.len().min(500)])
        );
        Ok(self)
    }

    /// What was created, or nothing where the service had too much to do: that is counted and not the end of a run.
    pub fn unless_busy(self) -> anyhow::Result<Option<Self>> {
        if self.status == 503 { Ok(None) } else { self.expect(201).map(Some) }
    }

    /// The position of a write.
    pub fn sequence(&self) -> anyhow::Result<u64> {
        self.sequence.context("the answer to a write has no Gainsay-Sequence")
    }

    /// A text of a JSON body.
    pub fn text(&self, member: &str) -> anyhow::Result<String> {
        let value: Value = serde_json::from_slice(&self.body)?;
        Ok(value[member].as_str().with_context(|| format!("no `{member}` in {value}"))?.to_owned())
    }
}

impl Client {
    /// Opens a connection.
    pub async fn connect(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Its end shows as an error of the next request.
        tokio::spawn(connection);
        let bearer = target.token.as_ref().map(|token| HeaderValue::try_from(format!("Bearer {token}")));
        Ok(Self { sender, host: HeaderValue::try_from(target.address.to_string())?, bearer: bearer.transpose()? })
    }

    /// Reads.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, None, None).await
    }

    /// Writes JSON.
    pub async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, None, Some(body)).await
    }

    /// Sets JSON.
    pub async fn put(&mut self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::PUT, path, None, Some(body)).await
    }

    /// Deletes what has this revision.
    pub async fn delete(&mut self, path: &str, revision: &str) -> anyhow::Result<Answer> {
        self.send(Method::DELETE, path, Some(revision), None).await
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        revision: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if let Some(bearer) = &self.bearer {
            request = request.header(AUTHORIZATION, bearer);
        }
        if let Some(revision) = revision {
            request = request.header(IF_MATCH, revision);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        self.sender.ready().await?;
        let answer = self.sender.send_request(request.body(Full::new(body))?).await?;
        let status = answer.status().as_u16();
        let sequence = answer.headers().get("gainsay-sequence").and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer { status, sequence, body: answer.into_body().collect().await?.to_bytes() })
    }
}
