//! Which exit code a failure has.

use std::error::Error;

use event_log::{archive, control, server};
use runtime::ExitCode;

use crate::client;
use crate::commands::work::input::RefusedAnswer;

/// The command line asks for something that cannot be done as it stands.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub String);

/// The exit code of the first cause that has one.
pub(crate) fn code(error: &anyhow::Error) -> ExitCode {
    error.chain().find_map(of_cause).unwrap_or(ExitCode::Failure)
}

fn of_cause(cause: &(dyn Error + 'static)) -> Option<ExitCode> {
    if cause.is::<Usage>() || cause.is::<runtime::settings::Error>() || cause.is::<runtime::telemetry::Error>() {
        return Some(ExitCode::Usage);
    }
    if cause.is::<RefusedAnswer>() {
        return Some(ExitCode::Refused);
    }
    if let Some(error) = cause.downcast_ref::<client::Error>() {
        return Some(error.code());
    }
    if let Some(error) = cause.downcast_ref::<event_log::Error>() {
        return of_log(error);
    }
    if let Some(error) = cause.downcast_ref::<archive::Error>() {
        return match error {
            archive::Error::Refused(_) => Some(ExitCode::Refused),
            archive::Error::Damaged(_) => Some(ExitCode::VerificationFailed),
            archive::Error::Key(_) => Some(ExitCode::Usage),
            archive::Error::Append { .. } => Some(ExitCode::Unavailable),
            archive::Error::Log(error) => of_log(error),
            archive::Error::File { .. } => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<control::Error>() {
        return match error {
            control::Error::Absent(_) => Some(ExitCode::Unavailable),
            control::Error::Refused { .. } => Some(ExitCode::Refused),
            control::Error::Write(_) | control::Error::Log(_) => None,
        };
    }
    match cause.downcast_ref::<server::Error>()? {
        server::Error::InUse { .. } | server::Error::NotReady { .. } | server::Error::Full { .. } => {
            Some(ExitCode::Unavailable)
        }
        server::Error::Binary(_) | server::Error::Survivor { .. } | server::Error::File { .. } => None,
    }
}

fn of_log(error: &event_log::Error) -> Option<ExitCode> {
    match error {
        event_log::Error::Taken { .. } | event_log::Error::Importing { .. } | event_log::Error::Behind { .. } => {
            Some(ExitCode::Refused)
        }
        error => error.is_transient().then_some(ExitCode::Unavailable),
    }
}

#[cfg(test)]
mod tests;
