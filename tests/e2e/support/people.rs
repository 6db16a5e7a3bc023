//! People with tokens, and what they ask over HTTP.

use super::system::System;
use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// Somebody who asks over HTTP.
#[derive(Clone)]
pub struct Person {
    http: reqwest::Client,
    base: String,
    /// Where they read, if not there.
    reads: Option<String>,
    token: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null where it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The stable code of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The position that a write answers with.
    pub fn sequence(&self) -> u64 {
        self.header("gainsay-sequence").and_then(|n| n.parse().ok()).unwrap_or_default()
    }

    /// The id that a creation answers with.
    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_default().to_owned()
    }

    /// The answer, if it has this status.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status.as_u16() == status, "expected {status}, got {}: {}", self.status, self.text);
        Ok(self)
    }
}

impl Person {
    /// Somebody at this address.
    pub fn at(base: &str, token: Option<String>) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_mins(1)).build().expect("a plain client builds");
        Self { http, base: base.to_owned(), reads: None, token }
    }

    /// The same person at another address.
    pub fn moved(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same person, who reads at an address of its own, as behind a gateway that routes by method.
    pub fn reading_at(&self, base: &str) -> Self {
        Self { reads: Some(base.to_owned()), ..self.clone() }
    }

    /// Asks with headers and a body as it stands.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> anyhow::Result<Answer> {
        let reads = self.reads.as_ref().filter(|_| method == Method::GET || method == Method::HEAD);
        let base = reads.unwrap_or(&self.base);
        let mut request = self.http.request(method, format!("{base}{path}"));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                request = request.header("content-type", "application/json");
            }
            request = request.body(body);
        }
        let answer = request.send().await?;
        Ok(Answer { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await? })
    }

    /// Begins to read an answer that need not end.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<reqwest::Response> {
        let base = self.reads.as_ref().unwrap_or(&self.base);
        let mut request = reqwest::Client::new().get(format!("{base}{path}"));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(request.send().await?)
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.ask(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.ask(Method::POST, path, &[], Some(body.to_string())).await
    }

    /// Posts under an idempotency key.
    pub async fn post_as(&self, key: Uuid, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.ask(Method::POST, path, &[("idempotency-key", &key.to_string())], Some(body.to_string())).await
    }

    /// Patches against a revision.
    pub async fn patch(&self, path: &str, revision: u64, body: &Value) -> anyhow::Result<Answer> {
        self.ask(Method::PATCH, path, &[("if-match", &format!("\"{revision}\""))], Some(body.to_string())).await
    }
}

/// A project with its people.
pub struct Project {
    pub id: String,
    pub operator: Person,
    pub curator: Person,
    pub annotators: Vec<Person>,
}

impl Project {
    /// Makes a project with a curator and some annotators.
    pub async fn make(system: &System, annotators: usize) -> anyhow::Result<Self> {
        Self::make_by(&Person::at(system.base(), Some(system.operator()?)), annotators).await
    }

    /// Makes a project as this operator; its people ask where the operator does.
    pub async fn make_by(operator: &Person, annotators: usize) -> anyhow::Result<Self> {
        let answer =
            operator.post("/v1/projects", &json!({"name": "Attacks of 2021", "blind": false})).await?.expect(201)?;
        let id = answer.id();
        let mut people = Vec::new();
        for (at, role) in std::iter::once("curator").chain(std::iter::repeat_n("annotator", annotators)).enumerate() {
            let handle = format!("person-{at}");
            let token = operator.post("/v1/tokens", &json!({"user": handle, "ttl_days": 1})).await?.expect(201)?.json();
            let token = token["token"].as_str().context("a token")?.to_owned();
            let path = format!("/v1/projects/{id}/members/{handle}");
            let granted = operator.ask(Method::PUT, &path, &[], Some(json!({"role": role}).to_string())).await?;
            ensure!(granted.status.is_success(), "{}", granted.text);
            people.push(Person { token: Some(token), ..operator.clone() });
        }
        let curator = people.remove(0);
        Ok(Self { id, operator: operator.clone(), curator, annotators: people })
    }

    /// A path below the project.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/projects/{}/{rest}", self.id)
    }

    /// Creates something as the curator and gives its id.
    pub async fn create(&self, collection: &str, body: &Value) -> anyhow::Result<String> {
        Ok(self.curator.post(&self.path(collection), body).await?.expect(201)?.id())
    }
}

/// A quote as evidence: where it stands in the text, in code points.
pub fn quote(document: &str, text: &str, exact: &str, role: &str) -> Value {
    let at = text.find(exact).unwrap_or_else(|| panic!("the text has no `{exact}`"));
    let start = text[..at].chars().count();
    let end = start + exact.chars().count();
    json!({"document": document, "revision": 1, "start": start, "end": end, "exact": exact, "role": role})
}
