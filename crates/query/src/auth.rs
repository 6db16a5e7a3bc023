//! Who asks: from the bearer token, or nobody.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use bearer::Bearer;
use runtime::Problem;
use uuid::Uuid;
use wire::view::{Grant, Viewer};

use crate::App;

/// Whoever sent the request.
pub(crate) struct Caller {
    bearer: Option<Bearer>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(&parts.headers, app).await
    }
}

impl Caller {
    /// Whoever sends these headers now: a token that was good may have been revoked or have expired.
    pub async fn of(headers: &HeaderMap, app: &App) -> Result<Self, Problem> {
        Ok(Self { bearer: app.parts.tokens.bearer(headers).await? })
    }

    /// The viewer of a project's views.
    pub fn of_project(&self, app: &App, project: Uuid) -> Result<Viewer, Problem> {
        match &self.bearer {
            None if app.config.anonymous_reader.contains(&project) => {
                Ok(Viewer { anonymous_reader: true, ..Viewer::default() })
            }
            _ => self.of_installation(),
        }
    }

    /// The viewer of what belongs to no project.
    pub fn of_installation(&self) -> Result<Viewer, Problem> {
        let bearer = self.bearer.as_ref().ok_or_else(bearer::missing)?;
        let grants = bearer.grants.iter();
        let grants = grants.map(|(project, role)| Grant { project: project.to_string(), role: role.to_string() });
        Ok(Viewer {
            user: bearer.user.to_string(),
            operator: bearer.operator,
            anonymous_reader: false,
            grants: grants.collect(),
        })
    }
}
