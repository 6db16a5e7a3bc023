//! Structured logs on standard error.

use std::io::IsTerminal;
use std::str::FromStr;
use std::sync::Once;

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `human` on a terminal, `json` elsewhere.
    #[default]
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(Error::Format(text.to_owned())),
        }
    }
}

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The format is not one of those there are.
    #[error("`{0}` is not a log format; there are: auto, human, json")]
    Format(String),
    /// The filter cannot be parsed.
    #[error("cannot use the log filter `{filter}`")]
    Filter {
        /// The filter as given.
        filter: String,
        /// Why.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
}

/// Starts logging, and logs panics; the second and later calls in a process change nothing.
///
/// `filter` is a list of directives as in `RUST_LOG` (`info,projector=debug`); without one
/// `RUST_LOG` holds, else `info`. A process whose subscriber is set already keeps it.
pub fn init(format: Format, filter: Option<&str>) -> Result<(), Error> {
    static STARTED: Once = Once::new();
    let filter = match filter {
        Some(filter) => filter.to_owned(),
        None => std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default(),
    };
    let filter = if filter.is_empty() { "info".to_owned() } else { filter };
    let directives = EnvFilter::builder().parse(&filter).map_err(|source| Error::Filter { filter, source })?;
    STARTED.call_once(|| {
        subscribe(format, directives);
        log_panics();
    });
    Ok(())
}

fn subscribe(format: Format, directives: EnvFilter) {
    let on_terminal = std::io::stderr().is_terminal();
    let json = match format {
        Format::Auto => !on_terminal,
        Format::Human => false,
        Format::Json => true,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(on_terminal);
    let registry = tracing_subscriber::registry().with(directives);
    // A subscriber that is there already was set by a test harness: its choice stands.
    let _ =
        if json { registry.with(lines.json().flatten_event(true)).try_init() } else { registry.with(lines).try_init() };
}

/// A panic is logged like everything else, with its place, instead of being printed between the
/// lines.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a panic without a message");
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        let backtrace = std::backtrace::Backtrace::capture();
        let backtrace = (backtrace.status() == std::backtrace::BacktraceStatus::Captured).then_some(backtrace);
        tracing::error!(
            panic.message = message,
            panic.location = location,
            panic.backtrace = backtrace.map(tracing::field::display),
            "panicked"
        );
    }));
}

#[cfg(test)]
mod tests;
