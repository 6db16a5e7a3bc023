//! The process shell that every service shares: problems, extractors, settings, logs, metrics,
//! health and shutdown.
//!
//! This crate knows nothing of gainsay's domain. What must hold here:
//! - every error that leaves over HTTP is an RFC 9457 problem, also those of extractors, of the
//!   router and of panics;
//! - no body, token, query string or raw path reaches a log;
//! - everything process-wide (log subscriber, metrics recorder) is installed once, however many
//!   services run here.

pub mod exit;
pub mod extract;
pub mod health;
pub mod http;
pub mod metrics;
pub mod problem;
pub mod settings;
pub mod shutdown;
pub mod telemetry;

pub use exit::Code as ExitCode;
pub use extract::{Json, Path, Query, parse_json};
pub use health::Health;
pub use problem::Problem;
pub use shutdown::Shutdown;
