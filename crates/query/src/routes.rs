//! The routes: each with its handler and its description, so that neither is ever without the other.

mod board;
mod collections;
mod events;
mod history;
mod identity;
mod ledgers;
mod origins;
mod projects;
mod records;
mod relation;
mod text;
mod timeline;
mod work;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::routing::MethodRouter;
use utoipa::openapi::path::Operation;

use crate::App;
use crate::answer::negotiate;

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
    fn new(path: impl Into<String>, media: &'static str, operation: Operation, handler: MethodRouter<App>) -> Self {
        let negotiate = middleware::from_fn(move |request: Request, next: Next| negotiate(media, request, next));
        Self { path: path.into(), operation, handler: handler.route_layer(negotiate), schemas: Vec::new() }
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
        relation::route(),
        history::route(),
        events::route(),
    ]);
    routes.extend(ledgers::routes());
    routes.extend(work::routes());
    routes
}
