//! A command as it comes in: who sends it, under which key, against which revision, with which content.

use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, HeaderName, IF_MATCH};
use axum::http::{Extensions, HeaderMap};
use bearer::Bearer;
use domain::Rejection;
use domain::id::{ProjectId, derived};
use runtime::http::RequestId;
use runtime::{Json, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::object::Object;
use crate::execute::{Command, Loaded};
use crate::service::Service;
use wire::subject::Address;

/// The header that names a command.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A command with its content `T`.
#[derive(Debug)]
pub(crate) struct Ask<T> {
    /// Who sends it.
    pub caller: Bearer,
    /// What belongs to one undertaking has one correlation id.
    pub correlation: Uuid,
    /// The command id that the client chose.
    pub key: Option<Uuid>,
    /// Against which revision it is made.
    pub condition: Condition,
    /// The content.
    pub body: T,
    /// SHA-256 of the content in canonical form.
    pub body_sha256: [u8; 32],
}

/// No content: an empty body, or an object without members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// A command without content.
#[derive(Debug)]
pub(crate) struct Bare(pub Ask<Empty>);

impl<T: DeserializeOwned> FromRequest<Service> for Ask<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let head = Head::read(request.headers(), request.extensions(), service).await?;
        let json = <Json<Object<T>> as FromRequest<_>>::from_request(request, service).await?;
        let body_sha256 = Sha256::digest(json.canonical()).into();
        Ok(head.ask(json.value.0, body_sha256))
    }
}

impl FromRequest<Service> for Bare {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let head = Head::read(request.headers(), request.extensions(), service).await?;
        <Option<Json<Object<Empty>>> as FromRequest<_>>::from_request(request, service).await?;
        Ok(Self(head.ask(Empty {}, Sha256::digest(b"{}").into())))
    }
}

/// A command whose content may be left out.
#[derive(Debug)]
pub(crate) struct MaybeEmpty<T>(pub Ask<T>);

impl<T: DeserializeOwned + Default> FromRequest<Service> for MaybeEmpty<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let head = Head::read(request.headers(), request.extensions(), service).await?;
        Ok(Self(match <Option<Json<Object<T>>> as FromRequest<_>>::from_request(request, service).await? {
            Some(json) => {
                let body_sha256 = Sha256::digest(json.canonical()).into();
                head.ask(json.value.0, body_sha256)
            }
            None => head.ask(T::default(), Sha256::digest(b"{}").into()),
        }))
    }
}

/// A command whose content may be a whole document, with its turn to be worked on.
pub(crate) struct Large<T> {
    /// The command.
    pub ask: Ask<T>,
    /// Held while it is worked on; none for a content that is no larger than any other.
    _turn: Option<OwnedSemaphorePermit>,
}

/// Contents up to this many bytes are worked on without waiting for a turn.
pub(crate) const SMALL_LEN_MAX: usize = 1024 * 1024;

impl<T: DeserializeOwned> FromRequest<Service> for Large<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let head = Head::read(request.headers(), request.extensions(), service).await?;
        let announced = request.headers().get(CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse::<usize>().ok());
        let small = announced.is_some_and(|len| len <= SMALL_LEN_MAX);
        let turn = if small { None } else { Some(service.document_turn().await?) };
        let json = <Json<Object<T>> as FromRequest<_>>::from_request(request, service).await?;
        let body_sha256 = Sha256::digest(json.canonical()).into();
        Ok(Self { ask: head.ask(json.value.0, body_sha256), _turn: turn })
    }
}

/// What a request says before its body.
struct Head {
    caller: Bearer,
    correlation: Uuid,
    key: Option<Uuid>,
    condition: Condition,
}

impl Head {
    async fn read(headers: &HeaderMap, extensions: &Extensions, service: &Service) -> Result<Self, Problem> {
        let caller = service.tokens().required(headers).await?;
        let correlation = extensions.get().map_or_else(Uuid::now_v7, |RequestId(id)| *id);
        let key = key(headers)?;
        let condition = Condition::parse(headers)?;
        Ok(Self { caller, correlation, key, condition })
    }

    fn ask<T>(self, body: T, body_sha256: [u8; 32]) -> Ask<T> {
        let Self { caller, correlation, key, condition } = self;
        Ask { caller, correlation, key, condition, body, body_sha256 }
    }
}

/// The command id that a client chose.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<Uuid>, Problem> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (first, more) = (given.next(), given.next().is_some());
    let Some(first) = first else { return Ok(None) };
    let text = first.to_str().ok().map(|text| text.trim_matches('"'));
    match text.and_then(|text| Uuid::try_parse(text).ok()) {
        Some(key) if !more && !key.is_nil() => Ok(Some(key)),
        _ => {
            let detail = "`Idempotency-Key` is one UUID, made anew for each command";
            Err(Problem::bad_request("idempotency_key_invalid", detail))
        }
    }
}

/// Against which revision a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Not said.
    None,
    /// Whichever there is.
    Any,
    /// This one.
    Revision(u64),
}

impl Condition {
    fn parse(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut given = headers.get_all(IF_MATCH).iter();
        let (first, more) = (given.next(), given.next().is_some());
        let Some(first) = first else { return Ok(Self::None) };
        let revision = match first.to_str().map(str::trim) {
            Ok("*") if !more => return Ok(Self::Any),
            Ok(tag) if !more => tag
                .strip_prefix('"')
                .and_then(|tag| tag.strip_suffix('"'))
                .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|digits| digits.parse().ok()),
            _ => None,
        };
        revision.map(Self::Revision).ok_or_else(|| {
            let detail = "`If-Match` is the `ETag` of the resource, such as \"3\", or *";
            Problem::bad_request("if_match_invalid", detail)
        })
    }

    /// Checks a change that may say against which revision it is made.
    pub fn optional<A>(self, loaded: &Loaded<A>) -> Result<(), Rejection> {
        self.optional_at(loaded.revision)
    }

    fn optional_at(self, current: u64) -> Result<(), Rejection> {
        match self {
            Self::Revision(given) if given != current => Err(Rejection::stale(given, current)),
            Self::None | Self::Any | Self::Revision(_) => Ok(()),
        }
    }

    /// Checks a change that must say against which revision it is made (invariant 3).
    pub fn required<A>(self, loaded: &Loaded<A>) -> Result<(), Rejection> {
        self.required_at(loaded.revision)
    }

    /// The same of what has this revision within its aggregate.
    pub fn required_at(self, current: u64) -> Result<(), Rejection> {
        match self {
            Self::None => Err(Rejection::unconditional(current)),
            Self::Any | Self::Revision(_) => self.optional_at(current),
        }
    }
}

/// The id of what a command creates, and of the command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming {
    /// What is created.
    pub id: Uuid,
    /// The command.
    pub command_id: Uuid,
}

impl<T> Ask<T> {
    /// SHA-256 of the canonical request: what it is about, its content, and its condition. The method plays no part.
    fn request_sha256(&self, path: &str) -> [u8; 32] {
        let condition = match self.condition {
            Condition::None => String::new(),
            Condition::Any => "*".to_owned(),
            Condition::Revision(revision) => revision.to_string(),
        };
        Sha256::new()
            .chain_update(path)
            .chain_update(b"\n")
            .chain_update(self.body_sha256)
            .chain_update(condition)
            .finalize()
            .into()
    }

    /// Names what a command creates at `path` (a collection), and the command.
    ///
    /// Without an id the key makes it, so a repetition arrives at the same aggregate and finds itself there. Without a
    /// key the content makes it, so a repetition under the same id is the same command, and another content is not.
    pub fn naming(&self, project: ProjectId, id: Option<Uuid>, path: &str) -> Naming {
        let user = self.caller.user;
        match (id, self.key) {
            (Some(id), Some(command_id)) => Naming { id, command_id },
            (Some(id), None) => {
                let content = hex::encode(self.request_sha256(path));
                let command_id = Uuid::new_v5(&project.uuid(), format!("{user}/{content}").as_bytes());
                Naming { id, command_id }
            }
            (None, key) => {
                let command_id = key.unwrap_or_else(Uuid::now_v7);
                Naming { id: derived(project, user, command_id, 0), command_id }
            }
        }
    }

    /// The command on this aggregate; `path` is what the request is about.
    pub fn command(&self, resource: &'static str, address: Address, command_id: Uuid, path: &str) -> Command {
        Command {
            resource,
            address,
            author: self.caller.user,
            credential: self.caller.credential,
            id: command_id,
            request_sha256: self.request_sha256(path),
            correlation: self.correlation,
            against: match self.condition {
                Condition::Revision(revision) => Some(revision),
                Condition::None | Condition::Any => None,
            },
            causation: None,
            blind: None,
        }
    }

    /// The command that changes this aggregate, under the client's key or a fresh one.
    pub fn change(&self, resource: &'static str, address: Address, path: &str) -> Command {
        self.command(resource, address, self.key.unwrap_or_else(Uuid::now_v7), path)
    }
}
