//! The routes: each with its handler and its description, so that neither is ever without the other.

mod agreement;
mod board;
mod changes;
mod collections;
mod difference;
mod events;
mod history;
mod identity;
mod ledgers;
mod log;
mod origins;
mod presence;
mod projects;
pub(crate) mod records;
mod relation;
mod text;
mod timeline;
mod work;

use axum::Extension;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get};
use utoipa::openapi::path::Operation;

use crate::App;
use crate::answer::Negotiated;
use crate::memento;

/// A path that answers GET and HEAD.
pub(crate) struct Route {
    pub path: String,
    pub operation: Operation,
    pub handler: MethodRouter<App>,
    /// Schemas that the description refers to.
    pub schemas: Vec<crate::openapi::Named>,
}

impl Route {
    /// A route with one media type.
    fn new<T: 'static>(
        path: impl Into<String>,
        media: &'static str,
        operation: Operation,
        handler: impl Handler<T, App>,
    ) -> Self {
        let handler = get(Negotiated { media, is_dated: memento::is_dated(&operation), handler });
        Self { path: path.into(), operation, handler, schemas: Vec::new() }
    }

    /// Gives this to the handler with each request.
    fn given(mut self, extension: impl Clone + Send + Sync + 'static) -> Self {
        self.handler = self.handler.layer(Extension(extension));
        self
    }

    fn schemas(mut self, schemas: Vec<crate::openapi::Named>) -> Self {
        self.schemas = schemas;
        self
    }
}

/// Every route.
pub(crate) fn all() -> Vec<Route> {
    let mut routes = Vec::from(projects::routes());
    routes.extend(collections::routes());
    routes.extend(identity::routes());
    routes.extend([
        text::route(),
        board::route(),
        origins::route(),
        timeline::route(),
        agreement::route(),
        relation::route(),
        history::route(),
        events::route(),
        changes::route(),
        presence::route(),
    ]);
    routes.extend(ledgers::routes());
    routes.extend(log::routes());
    routes.extend(work::routes());
    routes
}
