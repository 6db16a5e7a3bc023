//! Liveness and readiness, as the parts of the process report them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use crate::metrics::{self, Metrics};
use crate::problem::Problem;

/// Seconds after which a failing check is worth another look.
const RETRY_AFTER_SECONDS: u64 = 1;

/// The paths of [`Health::router`], which monitors call all the time.
pub const PATHS: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// What a failing check means for the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The process cannot serve now, and may recover by itself.
    Readiness,
    /// The process is beyond recovery and should be restarted; it is not ready either.
    Liveness,
}

/// The named checks of a process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Health {
    checks: Arc<Mutex<BTreeMap<String, Entry>>>,
}

#[derive(Clone, Debug)]
struct Entry {
    kind: Kind,
    /// Why the check fails; `None` when it is well.
    failure: Option<String>,
}

/// The handle by which a part of the process reports one check. Clones report the same check.
#[derive(Clone, Debug)]
pub struct Check {
    health: Health,
    name: String,
}

impl Health {
    /// No checks yet: alive and ready.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A readiness check, failing with "starting" until it is reported well. A name that exists is
    /// taken up as it is.
    #[must_use]
    pub fn check(&self, name: impl Into<String>) -> Check {
        self.register(name.into(), Kind::Readiness, Some("starting".to_owned()))
    }

    /// A liveness check, well until it is reported failing. A name that exists is taken up as it
    /// is.
    #[must_use]
    pub fn liveness_check(&self, name: impl Into<String>) -> Check {
        self.register(name.into(), Kind::Liveness, None)
    }

    fn register(&self, name: String, kind: Kind, failure: Option<String>) -> Check {
        self.entries().entry(name.clone()).or_insert(Entry { kind, failure });
        Check { health: self.clone(), name }
    }

    /// Whether every check is well.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.failures(None).is_empty()
    }

    /// The failing checks and why, in order of name; of one kind, or of both.
    #[must_use]
    pub fn failures(&self, kind: Option<Kind>) -> Vec<(String, String)> {
        let entries = self.entries();
        let of_kind = entries.iter().filter(|(_, entry)| kind.is_none_or(|kind| kind == entry.kind));
        of_kind.filter_map(|(name, entry)| Some((name.clone(), entry.failure.clone()?))).collect()
    }

    /// `GET /livez`, `/readyz` and `/metrics`; installs the metrics recorder.
    pub fn router(&self) -> Router {
        let metrics = metrics::install();
        Router::new()
            .route("/livez", get(async |State(health): State<Health>| health.answer(Some(Kind::Liveness))))
            .route("/readyz", get(async |State(health): State<Health>| health.answer(None)))
            .route("/metrics", get(async move || render(&metrics)))
            .with_state(self.clone())
    }

    fn answer(&self, kind: Option<Kind>) -> Response {
        let failures = self.failures(kind);
        let checks = self.report(kind);
        if failures.is_empty() {
            let body = axum::Json(Report { status: "ok", checks });
            return ([(CACHE_CONTROL, "no-store")], body).into_response();
        }
        let failing: Vec<_> = failures.into_iter().map(|(name, reason)| format!("{name} ({reason})")).collect();
        let code = if kind == Some(Kind::Liveness) { "not_alive" } else { "not_ready" };
        let checks = serde_json::to_value(checks).expect("a map with string keys serialises");
        let problem = Problem::unavailable(code, format!("failing: {}", failing.join(", ")), RETRY_AFTER_SECONDS);
        ([(CACHE_CONTROL, "no-store")], problem.with("checks", checks)).into_response()
    }

    fn report(&self, kind: Option<Kind>) -> BTreeMap<String, CheckReport> {
        let entries = self.entries();
        let of_kind = entries.iter().filter(|(_, entry)| kind.is_none_or(|kind| kind == entry.kind));
        of_kind
            .map(|(name, Entry { failure, .. })| {
                let status = if failure.is_none() { "ok" } else { "failing" };
                (name.clone(), CheckReport { status, reason: failure.clone() })
            })
            .collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Every change under the lock is a single assignment, so a panic elsewhere leaves nothing
        // half done.
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Check {
    /// Reports the check as well.
    pub fn ok(&self) {
        self.set(None);
    }

    /// Reports the check as failing. The reason is public: no secrets, no personal data.
    pub fn fail(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    fn set(&self, failure: Option<String>) {
        let changed = {
            let mut entries = self.health.entries();
            let entry = entries.get_mut(&self.name).expect("a check is registered before its handle exists");
            let changed = entry.failure != failure;
            entry.failure.clone_from(&failure);
            changed
        };
        let well = if failure.is_none() { 1.0 } else { 0.0 };
        ::metrics::gauge!("health_check_ok", "check" => self.name.clone()).set(well);
        match failure {
            Some(reason) if changed => {
                tracing::warn!(check = self.name, reason, "health check fails");
            }
            None if changed => tracing::info!(check = self.name, "health check is well"),
            _ => {}
        }
    }
}

fn render(metrics: &Metrics) -> Response {
    ([(CONTENT_TYPE, metrics::MEDIA_TYPE)], metrics.render()).into_response()
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    checks: BTreeMap<String, CheckReport>,
}

#[derive(Serialize)]
struct CheckReport {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[cfg(test)]
mod tests;
