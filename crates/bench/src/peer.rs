//! The peer of boards: a bare axum route that answers bytes which are there already.
//!
//! It is the route of `runtime` that serves a description, given one of the wanted length: no shell, no middleware, no
//! look-up. It stands in a process of its own and is asked by the same client as gainsay.

use anyhow::{Context, ensure};
use runtime::Shutdown;
use runtime::http::DRAIN_TIMEOUT_DEFAULT;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::TcpListener;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

/// The route.
pub const PATH: &str = "/openapi.json";

/// Serves a description of so many bytes until it is asked to end.
pub async fn serve(listen: SocketAddr, port_file: &Path, bytes: usize) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let listener = TcpListener::bind(listen).await?;
    let routes = runtime::http::openapi(&document(bytes)?);
    let address = listener.local_addr()?.to_string();
    // Under another name first, so that nobody reads half of it.
    let fresh = port_file.with_extension("new");
    std::fs::write(&fresh, address)?;
    std::fs::rename(fresh, port_file)?;
    runtime::http::serve(listener, routes, &shutdown, DRAIN_TIMEOUT_DEFAULT).await.context("cannot serve")
}

/// A description of exactly so many bytes.
fn document(bytes: usize) -> anyhow::Result<OpenApi> {
    let titled = |title: String| OpenApiBuilder::new().info(InfoBuilder::new().title(title).build()).build();
    let least = titled(String::new()).to_json()?.len();
    ensure!(bytes >= least, "a description has at least {least} bytes");
    Ok(titled("x".repeat(bytes - least)))
}

#[cfg(test)]
mod tests;
